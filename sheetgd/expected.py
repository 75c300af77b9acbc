"""Figures that a lesson is known to give, and which of them hold for it when it is changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sheetgd.maths.step import Method, given_columns, step_columns


@dataclass(frozen=True, kw_only=True)
class Expected:
    """A figure that the lesson is known to give, for the page Check.

    Attributes:
        what: what it is, in words.
        column: a column of the log, or of the steps where `row` names one.
        epoch: how many epochs have been run; of the steps, those of the pass after it.
        row: the row of that pass, counted from 1; 0 is the log's line.
        value: the figure.
        tolerance: how far off it may be.
    """

    what: str
    column: str
    epoch: int
    value: float
    tolerance: float
    row: int = 0


def still_known(
    expected: Sequence[Expected], method: Method, names: Mapping[str, str]
) -> tuple[Expected, ...]:
    """The figures whose columns are still there in a lesson that makes the same steps.

    Args:
        expected: the figures.
        method: the choices of a step now.
        names: what the epoch's figure was called, and what the same one is called now; empty
            if it is another one now.
    """
    steps = {*given_columns(method.model), *(each.name for each in step_columns(method))}
    log = {*method.model.parameters, *names.values()}
    now = [
        each if each.row else replace(each, column=names.get(each.column, each.column))
        for each in expected
    ]
    return tuple(each for each in now if each.column in (steps if each.row else log))
