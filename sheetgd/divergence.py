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

    `lost` names the parameters that a nudge does not change any more, as it is too small beside
    them; `nudge` is that nudge.
    """

    epoch: int
    nudge: float = math.nan
    lost: tuple[str, ...] = ()

    def __str__(self) -> str:
        start = f"stands still from epoch {self.epoch} on: every derivative is 0"
        if not self.lost:
            return f"{start}, so nothing moves any more"
        names = ", ".join(self.lost)
        return (
            f"{start}, for the nudge {self.nudge:g} is too small beside {names}: adding it changes "
            "nothing"
        )
