"""The settings among the controls: what each accepts, and what is wrong with what was typed in."""

from collections.abc import Mapping, Sequence
from typing import Final

from sheetgd.cells import named_in_sheets
from sheetgd.maths.expression import Expression
from sheetgd.maths.formula import Formula
from sheetgd.maths.quantity import count, floored
from sheetgd.maths.worksheet import (
    all_of,
    cell,
    cells,
    compared,
    constant,
    if_error,
    is_number,
    joined,
    when,
)
from sheetgd.pages.page import Accepts
from sheetgd.pages.section import PROBLEM, Section

MESSAGES: Final[Mapping[str, tuple[Accepts, str, str]]] = {
    "epochs": (
        Accepts.COUNT,
        "Epochs a click",
        "How many epochs one click runs: a whole number, 0 or more.",
    ),
    "clicks": (
        Accepts.COUNT,
        "Clicks",
        "How often Run Epoch has been clicked. Add 1 to run on, set 0 to reset.",
    ),
    "learn": (
        Accepts.ABOVE_ZERO,
        "Learning rate",
        "How far each step goes: too small is slow, too large makes the loss grow.",
    ),
    "nudge": (
        Accepts.ABOVE_ZERO,
        "Nudge",
        "How far a parameter is moved to see how the loss changes.",
    ),
    "batch": (
        Accepts.COUNTING,
        "Batch",
        "After how many rows a step is made: 1 for every row, the number of rows for all at once.",
    ),
    "beta": (Accepts.SHARE, "beta", "How much of the last v is kept: from 0 to below 1."),
    "rho": (Accepts.SHARE, "rho", "How much of the last s is kept: from 0 to below 1."),
    "beta1": (Accepts.SHARE, "beta_1", "How much of the last v is kept: from 0 to below 1."),
    "beta2": (Accepts.SHARE, "beta_2", "How much of the last s is kept: from 0 to below 1."),
    "eps": (
        Accepts.NOT_NEGATIVE,
        "eps",
        "A tiny number that keeps the step from being divided by 0.",
    ),
    "tolerance": (
        Accepts.NOT_NEGATIVE,
        "Tolerance",
        "The metric must fall by more than this to count as better.",
    ),
    "patience": (
        Accepts.COUNTING,
        "Patience",
        "The run stops after so many epochs without a better metric.",
    ),
}
"""What each setting accepts, and the title and text of its message."""

EXAMPLE: Final = 0.5
"""A number with a decimal point or comma, whichever the program that computes the sheet takes."""

_UNTIL_THEN: Final = " Nothing is run until then."


def settings_problem(section: Section) -> Expression:
    """Return what is wrong with the settings or the start, the first of it; else an empty text.

    A decimal point where a program wants a comma, or the other way round, makes a text of a
    number: it is told how decimals are written here.
    """
    starts = _starts(section)
    missing = compared(count(starts), "<", len(section.lesson.form.parameters))
    places = section.explained("{start}")
    text = joined(f"start: type a number in {places}, decimals like ", EXAMPLE, f".{_UNTIL_THEN}")
    word = when(missing, text, "")
    for name, value in reversed(list(section.settings.items())):
        leaf = cell(section.name(name), value)
        accepts, label = MESSAGES[name][0], named_in_sheets(name)
        wrong = f"{label}: type {accepts}.{_UNTIL_THEN}"
        text = joined(
            f"{label} is text: type {accepts}, decimals like ", EXAMPLE, f".{_UNTIL_THEN}"
        )
        if accepts in {Accepts.COUNT, Accepts.COUNTING}:
            text = constant(f"{label} is text: type {accepts}.{_UNTIL_THEN}")
        no_number = if_error(when(compared(leaf, "=", ""), wrong, text), wrong)
        conditions = _conditions(leaf, accepts)
        fits = all_of(*conditions) if len(conditions) > 1 else conditions[0]
        word = when(is_number(leaf), when(fits, word, wrong), no_number)
    if section.base is not None:
        base = cell(section.base.name(PROBLEM), "")
        elsewhere = f"Look at the page {section.base.main}: something there is to be put right."
        word = when(compared(base, "=", ""), word, elsewhere)
    return word


def steps_ready(section: Section) -> Expression:
    """Return 1 where all that steps are computed from is a number as it should be, else 0.

    How many epochs are run does not matter to them: so a click does not compute them anew.
    """
    conditions = [
        compared(
            count(_starts(section, sheet=section.main)), "=", len(section.lesson.form.parameters)
        )
    ]
    for name, value in section.lesson.settings.items():
        leaf = cell(section.name(name), value)
        conditions += [is_number(leaf), *_conditions(leaf, MESSAGES[name][0])]
    # INT of a text is an error.
    return if_error(when(all_of(*conditions), 1, 0), 0)


def _starts(section: Section, *, sheet: str = "") -> Expression:
    values: Sequence[float] = section.lesson.start
    ends = section.start(0), section.start(len(values) - 1)
    return cells(Formula.range(*ends, sheet=sheet), values)


def _conditions(value: Expression, accepts: Accepts) -> list[Expression]:
    """What a number must fulfil to be accepted."""
    whole = compared(floored(value), "=", value)
    return {
        Accepts.COUNT: [compared(value, ">=", 0), whole],
        Accepts.COUNTING: [compared(value, ">=", 1), whole],
        Accepts.ABOVE_ZERO: [compared(value, ">", 0)],
        Accepts.NOT_NEGATIVE: [compared(value, ">=", 0)],
        Accepts.SHARE: [compared(value, ">=", 0), compared(value, "<", 1)],
    }[accepts]
