"""Telling that a run diverges, in which way, and since which epoch."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sheetgd.lesson import Lesson

GROWN_FACTOR = 1000.0
"""A run whose rmse is past so many times the start's counts as grown."""


class Ending(StrEnum):
    """The three ways a diverging run shows."""

    GROWN = "grown"
    FROZEN = "frozen"
    NON_FINITE = "non-finite"


@dataclass(frozen=True, slots=True)
class Divergence:
    """One way in which a run diverges, and the first epoch whose log line shows it."""

    ending: Ending
    epoch: int

    def __str__(self) -> str:
        meaning = {
            Ending.GROWN: f"the rmse has grown past {GROWN_FACTOR:,.0f} times that of the start",
            Ending.FROZEN: "the numbers are so large that the nudge is lost to rounding: every "
            "derivative is 0 and nothing moves any more",
            Ending.NON_FINITE: "a number is too large to be one any more",
        }[self.ending]
        return f"diverges ({self.ending}) at epoch {self.epoch}: {meaning}"


def find_divergence(
    lesson: Lesson,
    columns: Mapping[str, Sequence[float]],
    states: Sequence[tuple[float, ...]],
    rmse: Sequence[float],
    start_rmse: float,
) -> tuple[Divergence, ...]:
    """Every way in which a run diverges, with the first epoch where it shows.

    Args:
        lesson: what was run.
        columns: the step columns over all passes.
        states: the parameters after each epoch, from epoch 0.
        rmse: for each of these, the rmse of the next pass.
        start_rmse: the rmse of the start, with the parameters held still: in the first
            pass they move, and may fly off already.

    Returns:
        At most one finding an ending, in the order of their epochs. *Grown*: the rmse is
        past 1000 times the start's (or, if the start fits perfectly, the first that is
        above 0). *Frozen*: with errors as large as at the start or larger, nudging
        changes none of them, so that every derivative of the pass is 0. *Non-finite*: a
        parameter, or the rmse, is infinite or not a number.
    """
    start = next((value for value in (start_rmse, *rmse) if value > 0), math.inf)
    firsts = {
        Ending.GROWN: (value > GROWN_FACTOR * start for value in rmse),
        Ending.FROZEN: (
            start <= value < math.inf and _stands_still(lesson, columns, epoch)
            for epoch, value in enumerate(rmse)
        ),
        Ending.NON_FINITE: (
            not all(map(math.isfinite, (*state, value)))
            for state, value in zip(states, rmse, strict=True)
        ),
    }
    found = [
        Divergence(ending, next(epoch for epoch, shows in enumerate(shown) if shows))
        for ending, shown in ((ending, list(shown)) for ending, shown in firsts.items())
        if any(shown)
    ]
    return tuple(sorted(found, key=lambda divergence: divergence.epoch))


def _stands_still(lesson: Lesson, columns: Mapping[str, Sequence[float]], epoch: int) -> bool:
    """Whether every derivative of the pass after `epoch` is 0."""
    passed = slice(epoch * lesson.rows, (epoch + 1) * lesson.rows)
    return not any(
        any(columns[f"de/d{parameter}"][passed]) for parameter in lesson.model.parameters
    )
