"""How large a lesson's workbook will be, told before any of it is made."""

from typing import Final

from sheetgd.lesson import LEAST_RATE_EPOCHS, Lesson
from sheetgd.maths.step import given_columns, lasting_columns, step_columns
from sheetgd.pages.inlined import epochs_with_room
from sheetgd.pages.walks import EPOCHS
from sheetgd.rates import epochs_for, formulas_of, number_of_rates

SLOW_FORMULAS: Final = 500_000
"""A workbook with more than this takes some seconds to open."""

_EACH: Final = 8e-6
"""Seconds that LibreOffice 7.4 took to open a formula with its value, on a small computer."""

_USED = 6
"""The cells of a row of the page Rows."""

_WALKED = 6
"""The cells of a row of the page Two descents steps: x and y, and two for each of the two."""


def about_formulas(lesson: Lesson) -> int:
    """About how many formulas a lesson's workbook will have; nothing is computed.

    It counts the long tables: every row of every epoch and of the next pass, for the lesson,
    its variants and what was published, the steps of the rates that are compared, and those
    of the two descents.

    >>> about_formulas(Lesson(x=(1, 2, 3), y=(3, 5, 7), capacity=1000, rates=(0.01,)))
    47114
    """
    lessons = [lesson, *(lesson.varied(variant) for variant in lesson.variants)]
    found = sum(_of_steps(each) for each in lessons)
    if lesson.published is not None:
        found += _of_steps(lesson.published.changed(capacity=lesson.room), compact=True)
    found += _USED * lesson.rows * (1 + (lesson.published is not None))
    rates = number_of_rates(lesson)
    epochs = epochs_for(lesson, rates)
    if epochs >= LEAST_RATE_EPOCHS and not lesson.two_descents:
        found += formulas_of(lesson, rates, epochs)
    if lesson.two_descents:
        found += _WALKED * lesson.rows * (epochs_with_room(lesson, EPOCHS) + 1)
    return found


def _of_steps(lesson: Lesson, *, compact: bool = False) -> int:
    """The formulas of the page of all steps, of the log, and of the next pass on the main page."""
    columns = every = len(given_columns(lesson.form)) + len(step_columns(lesson.method))
    if compact:
        # x, y and the error, and what the next row reads.
        columns = 3 + len(lasting_columns(lesson.method))
    # The data are numbers there.
    next_pass = lesson.rows * (every - len(("x", "y")))
    # The parameters, learn, the metric held and of a pass, and the note; and what charts read.
    log = 2 * len(lesson.form.parameters) + 6
    return (lesson.room + 1) * (lesson.rows * columns + log) + next_pass


def slowness(lesson: Lesson, smaller: str) -> str | None:
    """A word on a workbook that will be slow to open; None where it will not.

    Args:
        lesson: what will be built.
        smaller: what the reader can do to have a smaller one.

    >>> slowness(Lesson(x=range(100), y=range(100), capacity=1000), "take less")
    'the workbook will have about 1,233,000 formulas: opening it takes some 10 seconds; take less'
    """
    formulas = about_formulas(lesson)
    if formulas <= SLOW_FORMULAS:
        return None
    return (
        f"the workbook will have about {round(formulas, -3):,} formulas: opening it takes some "
        f"{formulas * _EACH:.0f} seconds; {smaller}"
    )
