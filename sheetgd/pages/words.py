"""A lesson's choices in words, for the texts that explain it."""

from collections.abc import Mapping, Sequence

from sheetgd.lesson import Lesson
from sheetgd.maths.formula import Formula


def fillings(lesson: Lesson) -> Mapping[str, str]:
    """What texts may mention in braces, and the words for it.

    {x} and {y} are what these columns are called where the data comes from; {model} is
    the formula, {parameters} their names, {derivatives} those of the derivatives;
    {loss} a row's loss and {metric} the metric's name; {story}, {batch_story},
    {optimizer_story}, {loss_story}, {metric_story} tell what the choices do.
    """
    method = lesson.method
    y_pred, y = Formula.name("y_pred"), Formula.name("y")
    return {
        "x": lesson.x_name,
        "y": lesson.y_name,
        "model": method.model.text,
        "parameters": listed(method.model.parameters),
        "derivatives": listed([f"de/d{name}" for name in method.model.parameters]),
        "loss": str(method.row_loss.error(y_pred, y)),
        "metric": lesson.metric_name,
        "loss_story": method.row_loss.summary,
        "metric_story": method.figure.summary,
        "story": method.rule.story,
        "batch_story": _batch_story(lesson),
        "optimizer_story": method.mover.story,
    }


def listed(names: Sequence[str]) -> str:
    """Names in a sentence.

    >>> listed(["m"]), listed(["m", "b"]), listed(["a", "b", "c"])
    ('m', 'm and b', 'a, b and c')
    """
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


def _batch_story(lesson: Lesson) -> str:
    shuffled = (
        ""
        if lesson.shuffle is None
        else " In every epoch the rows come in another order, drawn once and shown in the column "
        "order."
    )
    if not lesson.method.batched:
        return (
            "A step is made after every row, and the next row starts from the new values."
            + shuffled
        )
    size = (
        "all rows are one batch"
        if lesson.batch_size == lesson.rows
        else f"{lesson.batch_size} rows make a batch"
    )
    return (
        f"Here {size} (see the cell batch): the derivatives of its rows are added up (sum), "
        "divided by their number (g), and only in its last row, where ends is 1, a step is made "
        "by that mean." + shuffled
    )
