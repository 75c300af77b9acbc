"""By how much an epoch multiplies the distance from the resting point, and up to which rate.

Where the model is linear in its parameters and the loss is the mean of squares, an epoch of
plain or momentum steps in a fixed order is a linear map of what it starts from. Its spectral
radius is the *epoch factor*: in the long run an epoch multiplies the distance from the resting
point by it. Below 1 the run converges, above 1 it diverges from almost every start.

Directions that no row of the data moves are left out of all this, as nothing happens there.
"""

import math
from itertools import islice
from typing import TYPE_CHECKING

from sheetgd.engine.epochmap import EpochMap, epoch_map
from sheetgd.lesson import Lesson
from sheetgd.maths.chance import orders
from sheetgd.maths.spectrum import STABLE_BELOW

if TYPE_CHECKING:
    from collections.abc import Callable

    from sheetgd.maths.quantity import FloatArray

_MOST_BATCHES = 1000
"""With more batches an epoch, trying rates would take longer than it is worth."""

_MOST_PRODUCTS = 200_000_000
"""An epoch of more multiplications is not looked at."""

SHUFFLED_EPOCHS = 25
"""Over so many epochs the factor of shuffled rows is taken."""

_COARSE, _AT_ONCE = 0.02, 64
_MOST_TRIALS = 60_000
_FINER, _ROUNDS = 16, 4
_NEAR = -0.75
"""A peak of the factor below 1/2 does not hide another one above 1."""

_SMALL = 1 / 4096
"""Momentum may go wrong below the rate at which a single step does, but not so far below."""

_MOMENTUM = ("momentum", "momentum-averaged")


def has_epoch_factor(lesson: Lesson) -> bool:
    """Whether an epoch is a linear map, the same in every epoch: see the module."""
    return _is_linear(lesson) and (lesson.shuffle is None or lesson.batch_size == lesson.rows)


def _is_linear(lesson: Lesson) -> bool:
    return (
        lesson.loss == "mse"
        and lesson.form.linear
        and lesson.optimizer in ("plain", *_MOMENTUM)
        and lesson.gradient != "published"
    )


def epoch_factor(lesson: Lesson, rate: float | None = None) -> float | None:
    """By how much an epoch multiplies the distance from the resting point, in the long run.

    It is the spectral radius of the epoch's map: with H the second derivatives of a batch's
    loss, 2 * J'J / n, the product of I - rate*H over the batches. Momentum doubles the state.
    Below 1 the run converges, above 1 it diverges from almost every start. Directions that no
    row moves are left out. It may be above 1 at one rate and below 1 at a larger one.

    Args:
        lesson: the lesson.
        rate: the learning rate; None takes the lesson's own.

    Returns:
        None where it is not known: for other losses, models that are not linear in their
        parameters, steps scaled by their history, the published rule, rows shuffled into
        batches, data that move nothing.

    >>> lesson = Lesson(x=(1, 3), y=(2, 6), model="w*x", gradient="exact")
    >>> [round(epoch_factor(lesson, rate), 9) for rate in (0.1, 0.2, 0.5)]
    [0.64, 1.56, 0.0]
    """
    found = _map_of(lesson)
    if found is None:
        return None
    return float(found.radii([lesson.learn if rate is None else rate])[0])


def shuffled_factor(lesson: Lesson, rate: float) -> float | None:
    """By how much an epoch of shuffled rows multiplies the distance between two runs, on average.

    It is taken over the orders of the first epochs, 25 of them: the root, for their number, of
    the spectral radius of their product. Below 1 runs from different starts come together, though
    they do not come to rest.

    Returns:
        None where an epoch is no linear map, or none but the same.

    >>> lesson = Lesson(x=(1, 3), y=(2, 6), model="w*x", gradient="exact", shuffle=1)
    >>> round(shuffled_factor(lesson, 0.1), 9)
    0.64
    """
    found = None if has_epoch_factor(lesson) or not _is_linear(lesson) else _linear_map(lesson)
    if found is None or lesson.shuffle is None:
        return None
    return found.mean_radius(rate, islice(orders(lesson.rows, lesson.shuffle), SHUFFLED_EPOCHS))


def is_stable(lesson: Lesson, rate: float | None = None) -> bool | None:
    """Whether the epoch factor is below 1, told exactly where it is all but 1.

    >>> lesson = Lesson(x=(1e8, 2e8), y=(1, 2), gradient="exact")
    >>> epoch_factor(lesson, 1e-17), is_stable(lesson, 1e-17), is_stable(lesson, 1e-15)
    (1.0, True, False)
    """
    found = _map_of(lesson)
    if found is None:
        return None
    return bool(found.excess([lesson.learn if rate is None else rate])[0] < 0)


def largest_stable_rate(lesson: Lesson) -> float | None:
    """The learning rate such that every smaller rate is stable: its epoch factor is below 1.

    For a full batch and plain steps it is 2 / the largest eigenvalue of H, and every larger
    rate diverges. With several batches an epoch it is the first rate at which the factor
    reaches 1. Larger ones may be stable again: `epoch_factor` tells.

    Returns:
        None where the factor is not known, and for more than 1000 batches an epoch.

    >>> lesson = Lesson(x=(1, 2, 3), y=(3, 5, 7), batch="all", gradient="exact")
    >>> largest_stable_rate(lesson)
    0.1802...
    """
    found = _map_of(lesson)
    if found is None or found.batches > _MOST_BATCHES:
        return None
    own = found.own_rates
    if found.batches == 1:
        # 1 / the largest eigenvalue is at hand, so that nothing overflows.
        rate = float(STABLE_BELOW[lesson.optimizer](lesson.hyper) * own[0])
    elif found.kept is None:
        # Up to here no step stretches any direction.
        rate = _first_crossing(found, 2 * float(own[0]), _COARSE)
    else:
        rate = _first_crossing(found, 2 * float(own[0]) * _SMALL, _COARSE)
    return rate if 0 < rate < math.inf else None


def _map_of(lesson: Lesson) -> EpochMap | None:
    return _linear_map(lesson) if has_epoch_factor(lesson) else None


def _linear_map(lesson: Lesson) -> EpochMap | None:
    steps = math.ceil(lesson.rows / lesson.batch_size)
    if steps * len(lesson.form.parameters) ** 3 > _MOST_PRODUCTS:
        return None
    partials = lesson.form.jacobian(lesson.arrays.x, lesson.start)
    beta = lesson.hyper.get("beta", 0.0)
    kept = beta if lesson.optimizer in _MOMENTUM else None
    taken = 1 - beta if lesson.optimizer == "momentum-averaged" else 1.0
    return epoch_map(partials, lesson.batch_size, kept=kept, taken=taken)


def _first_crossing(found: EpochMap, low: float, step: float) -> float:
    """The first rate above `low` at which the factor reaches 1.

    Rates a small step apart are tried, upwards; where the factor has a peak between them, it
    is looked at more closely. The more batches, the more often it may go up and down.
    """
    step = min(step, 1 / found.batches)
    if not found.excess([low])[0] <= 0 and found.kept is not None:
        return math.nan
    rates = [low]
    for _ in range(_MOST_TRIALS // _AT_ONCE):
        first = rates[-2:]
        rates = [*first, *(first[-1] * (1 + step) ** each for each in range(1, _AT_ONCE + 1))]
        over = found.excess(rates)
        if len(first) == 1:
            # At the bound itself the factor may be 1, but for rounding.
            over[0] = min(over[0], 0.0)
        bracket = _bracket(found.excess, rates, over)
        if bracket is not None:
            return _narrowed(found.excess, *bracket)
    return math.nan


def _bracket(
    excess: "Callable[[list[float]], FloatArray]", rates: list[float], over: "FloatArray"
) -> tuple[float, float] | None:
    """The first two neighbours, the factor of one of them at most 1, that of the other above."""
    above = [place for place, each in enumerate(over) if each > 0]
    end = above[0] if above else len(rates) - 1
    for place in range(1, end):
        peak = over[place - 1] < over[place] >= over[place + 1]
        if peak and _NEAR < over[place] <= 0:
            high = _above_at_peak(excess, rates[place - 1], rates[place + 1])
            if high is not None and (not above or high < rates[above[0]]):
                return rates[place - 1], high
    return (rates[end - 1], rates[end]) if above else None


def _above_at_peak(
    excess: "Callable[[list[float]], FloatArray]", low: float, high: float
) -> float | None:
    """A rate at which a peak between two rates is above 1, if it is."""
    for _ in range(_ROUNDS):
        rates = [low + (high - low) * each / _FINER for each in range(_FINER + 1)]
        over = excess(rates)
        above = next((rate for rate, each in zip(rates, over, strict=True) if each > 0), None)
        if above is not None:
            return above
        top = min(max(int(over.argmax()), 1), _FINER - 1)
        low, high = rates[top - 1], rates[top + 1]
    return None


def _narrowed(excess: "Callable[[list[float]], FloatArray]", low: float, high: float) -> float:
    """Where the factor reaches 1 first; at `low` it is not above 1, at `high` it is."""
    while True:
        rates = [low + (high - low) * each / _FINER for each in range(1, _FINER)]
        if not low < rates[0] < high:
            return low
        over = excess(rates)
        above = next((place for place, each in enumerate(over) if each > 0), len(rates))
        low, high = [low, *rates][above], [*rates, high][above]
