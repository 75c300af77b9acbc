"""What a run that diverges or stands still shows, and since when."""

import math
from dataclasses import dataclass
from enum import StrEnum

from sheetgd.maths.divergence import FACTOR
from sheetgd.maths.rate_verdict import STILL_FALLING


class Ending(StrEnum):
    """The three ways a diverging run shows."""

    GROWN = "grown"
    NON_FINITE = "non-finite"
    RISING = "rising"


_MEANINGS = {
    Ending.GROWN: f"the loss has grown past {FACTOR:,.0f} times that of the start",
    Ending.NON_FINITE: "a number is too large to be one any more",
    Ending.RISING: "the {metric} ends above the start's, at its highest, and has risen by more "
    f"than {STILL_FALLING:.0%} of the loss since half way",
}


@dataclass(frozen=True, slots=True)
class Divergence:
    """One way in which a run diverges, and the first epoch whose log line shows it.

    `metric` is what the epoch's metric is called.
    """

    ending: Ending
    epoch: int
    metric: str = "rmse"

    def __str__(self) -> str:
        meaning = _MEANINGS[self.ending].format(metric=self.metric)
        return f"diverges ({self.ending}) at epoch {self.epoch}: {meaning}"


@dataclass(frozen=True, slots=True)
class Standstill:
    """The first epoch after which every derivative is 0 although the model does not fit.

    Attributes:
        epoch: that epoch.
        lost: the parameters that the nudge does not change, as it is too small beside them.
        nudge: that nudge.
        for_good: whether nothing moves any more; what an optimiser remembers may go on moving.
    """

    epoch: int
    lost: tuple[str, ...] = ()
    nudge: float = math.nan
    for_good: bool = True

    def __str__(self) -> str:
        told = f"stands still at epoch {self.epoch}: every derivative is 0"
        if self.lost:
            names = ", ".join(self.lost)
            told += (
                f", for the nudge {self.nudge:g} is too small beside {names}: adding it changes "
                "nothing"
            )
        return f"{told}; nothing moves any more" if self.for_good else told
