"""Figures that a lesson is known to give, and which of them hold for it when it is changed."""

from collections.abc import Sequence
from dataclasses import dataclass

from sheetgd.maths.step import Method, given_columns, step_columns


@dataclass(frozen=True, kw_only=True)
class Expected:
    """A number that the lesson is known to give, for the page Check.

    Attributes:
        what: what it is, in words.
        column: a column of the log, or of the steps where `row` names one.
        epoch: how many epochs have been run; of the steps, those of the pass after it.
        row: the row of that pass, counted from 1; 0 is the log's line.
        value: the number.
        tolerance: how far off it may be.
    """

    what: str
    column: str
    epoch: int
    value: float
    tolerance: float
    row: int = 0


def still_known(expected: Sequence[Expected], before: Method, now: Method) -> tuple[Expected, ...]:
    """The known numbers whose columns are still there in a lesson that makes the same steps.

    Args:
        expected: the numbers.
        before: the choices of a step that they are known for.
        now: those of the lesson now.
    """
    gone = _columns(before) - _columns(now)
    return tuple(each for each in expected if (bool(each.row), each.column) not in gone)


def _columns(method: Method) -> set[tuple[bool, str]]:
    """The columns of the steps, with True, and those of the log that are not always there."""
    steps = (*given_columns(method.model), *(each.name for each in step_columns(method)))
    return {(False, method.figure.label), *((True, name) for name in steps)}
