"""Schedules: the learning rate of each pass, from the lesson's own and the passes before it.

The rules and the names of their parameters are PyTorch's. An epoch has one rate, as after
``scheduler.step()`` at the end of the one before.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from sheetgd.expression.functions import cosine, floored, larger, power, when_at_least, when_equal
from sheetgd.expression.numbers import Q


class Rate(Protocol):
    """The rate of a pass from learn, how many epochs are done before it, and the settings."""

    def __call__(self, learn: Q, epochs: Q, settings: Mapping[str, Q]) -> Q:
        """Return the rate."""
        ...


def stepped_rate(learn: Q, epochs: Q, settings: Mapping[str, Q]) -> Q:
    """Multiply by gamma after every step_size epochs: learn * gamma^floor(epochs / step_size).

    >>> stepped_rate(0.5, 9.0, {"step_size": 4.0, "gamma": 0.1})
    0.005000...
    """
    return learn * power(settings["gamma"], floored(epochs / settings["step_size"]))


def exponential_rate(learn: Q, epochs: Q, settings: Mapping[str, Q]) -> Q:
    """Multiply by gamma after every epoch: learn * gamma^epochs.

    >>> exponential_rate(0.5, 2.0, {"gamma": 0.5})
    0.125
    """
    return learn * power(settings["gamma"], epochs)


def cosine_rate(learn: Q, epochs: Q, settings: Mapping[str, Q]) -> Q:
    """Go from learn to eta_min within T_max epochs along half a cosine, then back, and so on.

    eta_min + (learn - eta_min) * (1 + cos(pi * epochs / T_max)) / 2.

    >>> [cosine_rate(0.5, epochs, {"T_max": 4.0, "eta_min": 0.0}) for epochs in (0.0, 4.0)]
    [0.5, 0.0]
    """
    least = settings["eta_min"]
    return least + (learn - least) * (1 + cosine(math.pi * epochs / settings["T_max"])) / 2


def lowest_watched(lowest: Q, watched: Q, settings: Mapping[str, Q]) -> Q:
    """Return what is watched if it is below the lowest, by the threshold's part, else the lowest.

    >>> [lowest_watched(10.0, each, {"rate_threshold": 0.1}) for each in (8.5, 9.5)]
    [8.5, 10.0]
    """
    return when_at_least(watched, lowest * (1 - settings["rate_threshold"]), lowest, watched)


def epochs_no_lower(waits: Q, lowest: Q, watched: Q, settings: Mapping[str, Q]) -> Q:
    """Count the epochs that have not been lower, since the last that was or that cut the rate.

    >>> settings = {"rate_threshold": 0.0, "rate_patience": 1.0}
    >>> [epochs_no_lower(waits, 10.0, 11.0, settings) for waits in (0.0, 1.0, 2.0)]
    [1.0, 2.0, 1.0]
    >>> epochs_no_lower(1.0, 10.0, 9.0, settings)
    0.0
    """
    waited = when_at_least(settings["rate_patience"], waits, waits, 0.0)
    return when_at_least(watched, lowest * (1 - settings["rate_threshold"]), waited + 1, 0.0)


def plateau_rate(rate: Q, waits: Q, settings: Mapping[str, Q]) -> Q:
    """Multiply the rate by factor after more than patience epochs that were not lower.

    >>> settings = {"factor": 0.5, "rate_patience": 1.0, "min_lr": 0.0}
    >>> plateau_rate(0.5, 1.0, settings), plateau_rate(0.5, 2.0, settings)
    (0.5, 0.25)
    """
    cut = larger(rate * settings["factor"], settings["min_lr"])
    return when_at_least(settings["rate_patience"], waits, rate, cut)


def until_watched(epoch: Q, begin: "Q | float", otherwise: Q) -> Q:
    """Return what begins, up to the second pass, before which the first epoch is watched.

    >>> until_watched(2.0, 0.0, 7.0), until_watched(3.0, 0.0, 7.0)
    (0.0, 7.0)
    """
    return when_at_least(epoch, 3.0, otherwise, begin)


def rate_of_pass(epoch: Q, learn: Q, otherwise: Q) -> Q:
    """Return learn in the first pass, else the other rate.

    >>> rate_of_pass(1.0, 0.5, 0.25), rate_of_pass(2.0, 0.5, 0.25)
    (0.5, 0.25)
    """
    return when_equal(epoch, 1.0, learn, otherwise)


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """A schedule by the name that lessons give it.

    Attributes:
        name: its name.
        summary: what it is, in a phrase.
        rate: the rate by the number of epochs; None where it is constant, or goes by what an
            epoch has come to.
        parameters: its parameters and their usual values; None where one has to be given.
        watches: whether it goes by the metric held.
    """

    name: str
    summary: str
    rate: Rate | None = None
    parameters: Mapping[str, float | None] = field(default_factory=dict)
    watches: bool = False

    @property
    def varies(self) -> bool:
        """Whether the rate ever changes."""
        return self.watches or self.rate is not None


CONSTANT = "constant"

SCHEDULES: Mapping[str, Schedule] = {
    schedule.name: schedule
    for schedule in (
        Schedule(name=CONSTANT, summary="the same rate in every epoch"),
        Schedule(
            name="StepLR",
            summary="times gamma after every step_size epochs",
            rate=stepped_rate,
            parameters={"step_size": None, "gamma": 0.1},
        ),
        Schedule(
            name="ExponentialLR",
            summary="times gamma after every epoch",
            rate=exponential_rate,
            parameters={"gamma": None},
        ),
        Schedule(
            name="CosineAnnealingLR",
            summary="along half a cosine, down to eta_min after T_max epochs, and up again",
            rate=cosine_rate,
            parameters={"T_max": None, "eta_min": 0.0},
        ),
        Schedule(
            name="ReduceLROnPlateau",
            summary="times factor after more than patience epochs in which the metric held was "
            "not below its lowest",
            parameters={"factor": 0.5, "patience": 0.0, "threshold": 0.0, "min_lr": 0.0},
            watches=True,
        ),
    )
}
"""The schedules by name, the default first."""


def schedule_setting(parameter: str) -> str:
    """Return what cells call a schedule's parameter: patience is that of the stop rules there.

    >>> schedule_setting("gamma"), schedule_setting("patience")
    ('gamma', 'rate_patience')
    """
    return f"rate_{parameter}" if parameter in {"patience", "threshold"} else parameter
