"""How an epoch of a lesson multiplies the distance from the stationary point: where that is known.

`sheetgd.descent.stability` says what the *epoch factor* is, and how it is computed.
"""

import math
from itertools import islice

import numpy as np

from sheetgd.descent.stability import EpochMap, epoch_map, epochs_at_factor, first_crossing
from sheetgd.descent.stationary_point import STABLE_BELOW
from sheetgd.expression.sheet_cells import value_of
from sheetgd.lesson.data import orders
from sheetgd.lesson.lesson import Lesson

_MOST_BATCHES = 1000
"""With more batches an epoch, trying rates would take longer than it is worth."""

_MOST_PRODUCTS = 200_000_000
"""An epoch of more multiplications is not looked at."""

SHUFFLED_EPOCHS = 25
"""Over how many epochs the factor of shuffled rows is taken."""

_SMALL = 1 / 4096
"""Momentum may go wrong below the rate at which a single step does, but not so far below."""

_MOMENTUM = ("momentum", "momentum-ema")


def has_epoch_factor(lesson: Lesson) -> bool:
    """Tell whether an epoch is a linear map, the same in every epoch: see the module."""
    return (
        _is_linear(lesson)
        and not lesson.step.schedule_rule.varies
        and not lesson.step.penalized
        and (lesson.method.shuffle is None or lesson.batch_size == lesson.n_rows)
    )


def _is_linear(lesson: Lesson) -> bool:
    return (
        lesson.method.loss == "mse"
        and lesson.model.linear
        and lesson.method.optimizer in ("sgd", *_MOMENTUM)
        and lesson.method.gradient != "swapped"
    )


def epoch_factor(lesson: Lesson, rate: float | None = None) -> float | None:
    """Compute how an epoch multiplies the distance from the stationary point in the long run.

    It is the spectral radius of the epoch's map: with H the second derivatives of a batch's
    loss, 2 * J'J / n, the product of I - rate*H over the batches. Momentum doubles the state.
    Below 1 the run converges, above 1 it diverges from almost every start. Directions that no
    row moves are left out. It may be above 1 at one rate and below 1 at a larger one.

    Args:
        lesson: the lesson.
        rate: the learning rate; None takes the lesson's own.

    Returns:
        None where it is not known: for rates that a schedule changes, penalties, other losses,
        models that are not linear in their parameters, steps scaled by their history, the
        published rule, rows shuffled into batches, data that move nothing.

    Examples:
        >>> lesson = Lesson(x=(1, 3), y=(2, 6), model="w*x", gradient="analytic")
        >>> [round(epoch_factor(lesson, rate), 9) for rate in (0.1, 0.2, 0.5)]
        [0.64, 1.56, 0.0]
    """
    found = _map_of(lesson)
    if found is None:
        return None
    return float(found.radii([lesson.training.learning_rate if rate is None else rate])[0])


def shuffled_factor(lesson: Lesson, rate: float) -> float | None:
    """Compute how an epoch of shuffled rows multiplies two runs' distance, on average.

    It is taken over the orders of the first epochs, 25 of them: the root, for their number, of
    the spectral radius of their product. Below 1 runs from different starts come together, though
    they do not come to rest.

    Returns:
        None where an epoch is no linear map, or none but the same.

    >>> lesson = Lesson(x=(1, 3), y=(2, 6), model="w*x", gradient="analytic", shuffle=1)
    >>> round(shuffled_factor(lesson, 0.1), 9)
    0.64
    """
    step = lesson.step
    other = has_epoch_factor(lesson) or step.schedule_rule.varies or step.penalized
    if other or not _is_linear(lesson):
        return None
    found = _linear_map(lesson)
    if found is None or lesson.method.shuffle is None:
        return None
    return found.mean_radius(
        rate, islice(orders(lesson.n_rows, lesson.method.shuffle), SHUFFLED_EPOCHS)
    )


def quickest_rate(lesson: Lesson) -> float | None:
    """Find the rate that goes fastest in the worst direction: 2 / (smallest + largest eigenvalue).

    Those are the eigenvalues of H, all rows being one batch. An epoch then leaves
    (largest - smallest) / (largest + smallest) of what is left of the way.

    Returns:
        None where the epoch's map is not known, and for momentum or several batches.

    >>> lesson = Lesson(x=(1, 2, 3), y=(3, 5, 7), scale="standard", batch="all", lr=1)
    >>> round(quickest_rate(lesson), 9)
    0.5
    """
    found = _map_of(lesson)
    if found is None or found.batches > 1 or found.momentum is not None:
        return None
    own = found.own_rates[np.isfinite(found.own_rates)]
    rate = 2 / float(1 / own[0] + 1 / own[-1])
    return rate if 0 < rate < math.inf else None


def epochs_needed(lesson: Lesson, rate: float | None = None) -> int | None:
    """Compute after how many epochs a hundredth of the way is left: see `epochs_at_factor`.

    Returns:
        None where the factor is not known or not below 1.

    >>> lesson = Lesson(x=(1, 2, 3), y=(3, 5, 7), scale="standard", batch="all", lr=0.25)
    >>> epochs_needed(lesson), epochs_needed(lesson, 0.5), epochs_needed(lesson, 2.0)
    (7, 1, None)
    """
    steps = math.ceil(lesson.n_rows / lesson.batch_size)
    factor = None if steps > _MOST_BATCHES else epoch_factor(lesson, rate)
    if factor is None or not factor < 1:
        return None
    return int(value_of(epochs_at_factor(factor)))


def is_stable(lesson: Lesson, rate: float | None = None) -> bool | None:
    """Tell whether the epoch factor is below 1, exactly where it is all but 1.

    >>> lesson = Lesson(x=(1e8, 2e8), y=(1, 2), gradient="analytic")
    >>> epoch_factor(lesson, 1e-17), is_stable(lesson, 1e-17), is_stable(lesson, 1e-15)
    (1.0, True, False)
    """
    found = _map_of(lesson)
    if found is None:
        return None
    return bool(found.excess([lesson.training.learning_rate if rate is None else rate])[0] < 0)


def largest_stable_rate(lesson: Lesson) -> float | None:
    """Find the largest rate below which every rate is stable: its epoch factor is below 1.

    For a full batch and plain steps it is 2 / the largest eigenvalue of H, and every larger
    rate diverges. With several batches an epoch it is the first rate at which the factor
    reaches 1. Larger ones may be stable again: `epoch_factor` tells.

    Returns:
        None where the factor is not known, and for more than 1000 batches an epoch.

    Examples:
        >>> lesson = Lesson(x=(1, 2, 3), y=(3, 5, 7), batch="all", gradient="analytic")
        >>> largest_stable_rate(lesson)
        0.1802...
    """
    found = _map_of(lesson)
    if found is None or found.batches > _MOST_BATCHES:
        return None
    own = found.own_rates
    if found.batches == 1:
        # 1 / the largest eigenvalue is at hand, so that nothing overflows.
        rate = float(STABLE_BELOW[lesson.method.optimizer](lesson.method.hyperparameters) * own[0])
    elif found.momentum is None:
        # Up to here no step stretches any direction.
        rate = first_crossing(found, 2 * float(own[0]))
    else:
        rate = first_crossing(found, 2 * float(own[0]) * _SMALL)
    return rate if 0 < rate < math.inf else None


def _map_of(lesson: Lesson) -> EpochMap | None:
    return _linear_map(lesson) if has_epoch_factor(lesson) else None


def _linear_map(lesson: Lesson) -> EpochMap | None:
    steps = math.ceil(lesson.n_rows / lesson.batch_size)
    if steps * len(lesson.model.parameters) ** 3 > _MOST_PRODUCTS:
        return None
    partials = lesson.model.jacobian(lesson.arrays.inputs, lesson.training.start)
    beta = lesson.method.hyperparameters.get("beta", 0.0)
    momentum = beta if lesson.method.optimizer in _MOMENTUM else None
    taken = 1 - beta if lesson.method.optimizer == "momentum-ema" else 1.0
    return epoch_map(partials, lesson.batch_size, momentum=momentum, taken=taken)
