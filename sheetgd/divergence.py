"""Telling that a run diverges, and in which way."""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from sheetgd.maths.quantity import FloatArray

    BoolArray = NDArray[np.bool_]

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
        lost = (
            "the nudge is too small for these numbers, and adding it changes nothing"
            if self.epoch == 0
            else "the numbers are so large that the nudge is lost to rounding"
        )
        meaning = {
            Ending.GROWN: f"the {self.figure} has grown past {GROWN_FACTOR:,.0f} times that of "
            "the start",
            Ending.FROZEN: f"{lost}: every derivative is 0 and nothing moves any more",
            Ending.NON_FINITE: "a number is too large to be one any more",
        }[self.ending]
        return f"diverges ({self.ending}) at epoch {self.epoch}: {meaning}"


def endings(
    states: "FloatArray", figures: "FloatArray", starts: "FloatArray", still: "BoolArray"
) -> "Mapping[Ending, BoolArray]":
    """The ways of diverging that epochs show.

    Args:
        states: the parameters after each epoch, a line for each.
        figures: the figure of the next pass.
        starts: the figure of the start with the parameters held still (in the first pass
            they move, and may fly off already); if the start fits perfectly, the first
            figure above 0; 0 before there is one.
        still: whether every derivative of the next pass is 0.

    Returns:
        For each ending, which epochs show it.
        *Grown*: the figure is past 1000 times the start's. *Frozen*: with errors as large
        as at the start or larger, nothing moves. *Non-finite*: a parameter, or the
        figure, is infinite or not a number.
    """
    import numpy as np  # noqa: PLC0415  `sheetgd --help` does without NumPy

    begun = starts > 0
    return {
        Ending.GROWN: begun & (figures > GROWN_FACTOR * starts),
        Ending.FROZEN: still & begun & (starts <= figures) & (figures < math.inf),
        # By number, as these lie side by side in memory.
        Ending.NON_FINITE: ~(np.isfinite(states.T).all(axis=0) & np.isfinite(figures)),
    }
