"""Telling that a run diverges, and in which way."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

GROWN_FACTOR = 1000.0
"""A run whose figure is past so many times the start's counts as grown."""


class Ending(StrEnum):
    """The three ways a diverging run shows."""

    GROWN = "grown"
    FROZEN = "frozen"
    NON_FINITE = "non-finite"


@dataclass(frozen=True, slots=True)
class Divergence:
    """One way in which a run diverges, and the first epoch whose log line shows it.

    `figure` is what the epoch's figure is called.
    """

    ending: Ending
    epoch: int
    figure: str = "rmse"

    def __str__(self) -> str:
        meaning = {
            Ending.GROWN: f"the {self.figure} has grown past {GROWN_FACTOR:,.0f} times that of "
            "the start",
            Ending.FROZEN: "the numbers are so large that the nudge is lost to rounding: every "
            "derivative is 0 and nothing moves any more",
            Ending.NON_FINITE: "a number is too large to be one any more",
        }[self.ending]
        return f"diverges ({self.ending}) at epoch {self.epoch}: {meaning}"


def endings(
    state: Sequence[float], figure: float, start: float, *, still: bool
) -> Iterator[Ending]:
    """The ways of diverging that an epoch shows.

    Args:
        state: the parameters after the epoch.
        figure: the figure of the next pass.
        start: the figure of the start with the parameters held still (in the first pass
            they move, and may fly off already); if the start fits perfectly, the first
            figure above 0.
        still: whether every derivative of the next pass is 0.

    Yields:
        *Grown*: the figure is past 1000 times the start's. *Frozen*: with errors as large
        as at the start or larger, nothing moves. *Non-finite*: a parameter, or the
        figure, is infinite or not a number.
    """
    if figure > GROWN_FACTOR * start:
        yield Ending.GROWN
    if still and 0 < start <= figure < math.inf:
        yield Ending.FROZEN
    if not all(map(math.isfinite, (*state, figure))):
        yield Ending.NON_FINITE
