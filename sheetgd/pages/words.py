"""A lesson's choices in words, for the texts that explain it."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from sheetgd.cells import Address
from sheetgd.lesson import Lesson
from sheetgd.maths.formula import Formula
from sheetgd.maths.step import given_columns, step_columns

LONGEST_LABEL: Final = 14
"""So many characters the name of a column of the data may have to head it."""

_WORD: Final = re.compile(r"[^\W\d]\w*")


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


def data_labels(lesson: Lesson) -> Mapping[str, str]:
    """What columns of x and y are headed with: the data's own names, made one word.

    Where a published page is mirrored, and where a name is too long or means something else in
    the sheet, they are x and y.

    >>> lesson = Lesson(x=(1, 2), y=(3, 5), x_name="floor area", y_name="price")
    >>> data_labels(lesson), data_labels(lesson.changed(y_name="m"))["y"]
    ({'x': 'floor_area', 'y': 'price'}, 'y')
    """
    method = lesson.method
    columns = [*given_columns(method.model), *(each.name for each in step_columns(method))]
    taken = {"row", "order", "nudge", "learn", "rows", *columns}
    labels = {"x": "x", "y": "y"}
    if lesson.metric_label is not None:
        return labels
    for header, name in (("x", lesson.x_name), ("y", lesson.y_name)):
        word = re.sub(r"\W+", "_", name).strip("_")
        others = {each.casefold() for each in (*taken, *labels.values()) if each != header}
        fits = _WORD.fullmatch(word) and len(word) <= LONGEST_LABEL
        if fits and word.casefold() not in others:
            labels[header] = word
    return labels


def listed(names: Sequence[str]) -> str:
    """Names in a sentence.

    >>> listed(["m"]), listed(["m", "b"]), listed(["a", "b", "c"])
    ('m', 'm and b', 'a, b and c')
    """
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


def both(first: Address, last: Address) -> str:
    """Name some cells below each other, in words.

    >>> both(Address(84, 6), Address(85, 6)), both(Address(84, 6), Address(86, 6))
    ('F84 and F85', 'F84 to F86')
    """
    if first == last:
        return str(first)
    return f"{first} {'and' if last.row == first.row + 1 else 'to'} {last}"


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
        "All rows are one batch"
        if lesson.batch_size == lesson.rows
        else f"{lesson.batch_size} rows make a batch"
    )
    return (
        f"{size}, unless you change the cell batch: the derivatives of a batch are added up (sum) "
        "and divided by their number (g), and only in its last row, where ends is 1, a step is "
        "made by that mean." + shuffled
    )
