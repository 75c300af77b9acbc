"""What can be done, but is hardly meant: warnings of a lesson's model and data."""

from collections.abc import Iterator, Sequence

from sheetgd.checks import counted
from sheetgd.lesson import Lesson
from sheetgd.maths.determined import undetermined
from sheetgd.maths.expression import Expression, Number, Operation, Symbol
from sheetgd.maths.model import Model

_CONSTANT = "polynomial 0"
"""Whoever asks for it wants a prediction that is the same for every x."""

_EULER = Symbol("e")
_MANY = "many choices of them fit equally well, and the descent ends at one of these"


def doubts_of(lesson: Lesson, columns: Sequence[str] = ()) -> Iterator[str]:
    """What to warn of before a lesson is run or built.

    Args:
        lesson: the lesson.
        columns: what all columns of the table are called that its data came from.

    >>> list(doubts_of(Lesson(x=(1, 2), y=(3, 5), model="a*x - a*x + b")))
    ['the prediction of a*x - a*x + b does not change with a: leave that parameter out']
    """
    model = lesson.form
    uses_x = "x" in model.expression.names
    meant = list(_meant_otherwise(model))
    if not uses_x and model.name != _CONSTANT and min(lesson.x) < max(lesson.x):
        meant.append(
            f"the model {model.name} does not use x, so its prediction is the same in every row: "
            "write x where it should follow the data"
        )
    if uses_x:
        meant += [
            f"{name} is a column of the data, but in the model a parameter, which is learned: a "
            "model has one input, and that is x"
            for name in sorted(
                {lesson.x_name, lesson.y_name, *columns}.intersection(model.parameters)
            )
            # Short ones are as likely meant as parameters: a table may have the columns a and b.
            if len(name) > 1
        ]
    yield from meant or (_of_undetermined(model, names) for names in undetermined(model))
    needed = len(model.parameters)
    if lesson.rows < needed:
        yield (
            f"the data has {counted(lesson.rows, 'row')} and the model "
            f"{counted(needed, 'parameter')}: {_MANY}; give {counted(needed, 'row')} or more, or "
            "take a model with fewer parameters"
        )


def _meant_otherwise(model: Model) -> Iterator[str]:
    """Names that mean something else where formulas are written by hand."""
    for name in model.like_products:
        yield f"{name} is one parameter here: if a product is meant, write {'*'.join(name)}"
    if any(map(_is_exponential, _parts(model.expression))):
        yield "e is a parameter here, which is learned: for a power of the number e, write exp(...)"


def _of_undetermined(model: Model, names: Sequence[str]) -> str:
    if len(names) == 1:
        return (
            f"the prediction of {model.name} does not change with {names[0]}: leave that "
            "parameter out"
        )
    listed = f"{', '.join(names[:-1])} and {names[-1]}"
    return (
        f"no data can determine {listed} in {model.name}, as they can change together without a "
        f"change of the prediction: {_MANY}; one parameter less would do"
    )


def _parts(expression: Expression) -> Iterator[Expression]:
    """The expression and all within it."""
    left = [expression]
    while left:
        each = left.pop()
        yield each
        if isinstance(each, Operation):
            left.extend(each.operands)


def _is_exponential(part: Expression) -> bool:
    """Whether it is a power of e, as the number e is written."""
    return (
        isinstance(part, Operation)
        and part.function == "^"
        and part.operands[0] == _EULER
        and not isinstance(part.operands[1], Number)
    )
