"""Doubts: what to warn of before a lesson is run or built, as it is hardly meant."""

from collections.abc import Iterator, Sequence

from sheetgd.descent.model import CONSTANT, meant_otherwise
from sheetgd.descent.undetermined import MANY_FIT, undetermined, undetermined_told
from sheetgd.lesson.checks import counted
from sheetgd.lesson.lesson import Lesson


def doubts_of(lesson: Lesson, columns: Sequence[str] = ()) -> Iterator[str]:
    """Find what to warn of before a lesson is run or built.

    Args:
        lesson: the lesson.
        columns: what all columns of the table are called that its data came from.

    >>> list(doubts_of(Lesson.of({"x": (1, 2), "y": (3, 5), "model": "a*x - a*x + b"})))
    ['the prediction of a*x - a*x + b does not change with a: leave that parameter out']
    """
    model = lesson.model
    uses_x = not {*model.inputs}.isdisjoint(model.expression.names)
    meant = list(meant_otherwise(model))
    if not uses_x and model.name != CONSTANT and min(lesson.data.x) < max(lesson.data.x):
        meant.append(
            f"the model {model.name} does not use x, so its prediction is the same in every row: "
            "write x where it should follow the data"
        )
    if uses_x:
        meant += [
            f"{name} is a column of the data, but in the model a parameter, which is learned: "
            f"{_for_input(lesson, name)}"
            for name in sorted(
                {lesson.data.x_name, lesson.data.y_name, *columns}.intersection(model.parameters)
            )
            # Short ones are as likely meant as parameters: a table may have the columns a and b.
            if len(name) > 1
        ]
    # The columns of a net can nearly always change together.
    free = () if model.hidden else undetermined(model)
    yield from meant or (undetermined_told(model, names) for names in free)
    if lesson.data.classes and not lesson.step.classifies:
        yield (
            f"{lesson.data.y_name} is one of two classes, {' or '.join(lesson.data.classes)}: the "
            "loss log-loss is made for that, and the predictions are then probabilities"
        )
    needed = len(model.parameters)
    if lesson.n_rows < needed:
        yield (
            f"the data has {counted(lesson.n_rows, 'row')} and the model "
            f"{counted(needed, 'parameter')}: {MANY_FIT}; give {counted(needed, 'row')} or more, "
            "or take a model with fewer parameters"
        )


def _for_input(lesson: Lesson, name: str) -> str:
    """Say how a column that a model names becomes an input."""
    if not lesson.data.further:
        return f"the one input is x; for several name all their columns, as in x=[..., {name!r}]"
    every = ", ".join(map(repr, (*lesson.data.named, name)))
    return f"to make it an input, name it with the others: x=[{every}]"
