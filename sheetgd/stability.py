"""The largest learning rate that can be right, worked out from the data alone.

Where the model is linear in its parameters and the loss is the mean of squares, an epoch
of plain or momentum steps is a linear map of what it starts from. If that map stretches
any direction, the run diverges from almost every start, however long it seems well.
"""

import math
from collections.abc import Sequence

from sheetgd.lesson import Lesson
from sheetgd.maths.affinity import step_map

_PARTS = 16
_AT_ONCE = 64
_MOST_WIDENINGS = 30
_SAFETY = 0.9
_SMALLEST_STEP = 1.05
_MOST_BATCHES = 1000
"""With more batches an epoch, working the rate out would take longer than it is worth."""

_LINEAR_OPTIMIZERS = ("plain", "momentum", "momentum-averaged")


def has_stable_rate(lesson: Lesson) -> bool:
    """Whether an epoch is a linear map, the same in every epoch: see the module."""
    return (
        lesson.loss == "mse"
        and lesson.form.linear
        and lesson.optimizer in _LINEAR_OPTIMIZERS
        and lesson.gradient != "published"
        and lesson.shuffle is None
    )


def largest_stable_rate(lesson: Lesson) -> float | None:
    """The learning rate above which the lesson's run must diverge.

    With H the second derivatives of a batch's loss, 2 * J'J / n, a plain step multiplies
    the distance from the lowest point by I - learn * H; an epoch by the product over its
    batches. The rate is where the spectral radius of that product reaches 1 (for a full
    batch and plain steps: 2 / the largest eigenvalue of H). Momentum doubles the state.

    Returns:
        None where it is not known: for other losses, models that are not linear in their
        parameters, steps scaled by their history, the published rule, shuffled rows, more
        than 1000 batches an epoch, and where the data leave a direction undetermined.

    >>> lesson = Lesson(x=(1, 2, 3), y=(3, 5, 7), batch="all", gradient="exact")
    >>> largest_stable_rate(lesson)
    0.1802...
    """
    if not has_stable_rate(lesson) or lesson.rows > _MOST_BATCHES * lesson.batch_size:
        return None
    # The figure that is shown, and how derivatives are found, make no difference.
    lesson = lesson.changed(metric="rmse", gradient="exact")
    if step_map(lesson.method) is None:
        return None
    steepest = _steepest(lesson)
    if not 0 < steepest < math.inf:
        return None
    # The first rate that stretches lies between one that does not and one that does.
    low = 2.0 / steepest / 64
    if _radii(lesson, [low])[0] >= 1:
        return None
    for _ in range(_MOST_WIDENINGS):
        rates = [low * _SMALLEST_STEP**step for step in range(_AT_ONCE + 1)]
        above = next(
            (place for place, each in enumerate(_radii(lesson, rates)) if each > 1), _AT_ONCE
        )
        low, high = rates[above - 1], rates[above]
        if above < _AT_ONCE:
            break
    while True:
        rates = [low + (high - low) * step / _PARTS for step in range(1, _PARTS)]
        if not low < rates[0] < high:
            return low
        above = sum(1 for each in _radii(lesson, rates) if each <= 1)
        low, high = [low, *rates][above], [*rates, high][above]


def advice(lesson: Lesson) -> str | None:
    """A warning if the lesson's learning rate must make it diverge, with a rate that does not.

    >>> advice(Lesson(x=(1, 2, 3), y=(3, 5, 7), batch="all", learn=0.5, gradient="exact"))
    'learn 0.5 must diverge: for this data the largest stable learning rate is 0.18; try 0.16'
    """
    largest = largest_stable_rate(lesson)
    if largest is None or lesson.learn <= largest:
        return None
    return (
        f"learn {lesson.learn:g} must diverge: for this data the largest stable learning rate is "
        f"{largest:.3g}; try {_SAFETY * largest:.2g}"
    )


def _steepest(lesson: Lesson) -> float:
    """The largest second derivative of any batch's loss: 2 * J'J / rows, J the partials by row.

    Infinity where the squares of the data are too large to be numbers.
    """
    import numpy as np  # noqa: PLC0415  `sheetgd --help` does without NumPy

    size = lesson.batch_size
    with np.errstate(all="ignore"):
        jacobian = lesson.form.jacobian(lesson.arrays.x, lesson.start)
        batches = (jacobian[first : first + size] for first in range(0, lesson.rows, size))
        curvatures = np.array([2 * batch.T @ batch / len(batch) for batch in batches])
    if not np.isfinite(curvatures).all():
        return math.inf
    return float(np.linalg.eigvalsh(curvatures)[:, -1].max())


def _radii(lesson: Lesson, rates: Sequence[float]) -> list[float]:
    """By how much an epoch stretches the direction that it stretches most, for each rate."""
    import numpy as np  # noqa: PLC0415  the same

    from sheetgd.engine.blocks import blocks_of  # noqa: PLC0415  the same

    blocks = blocks_of(lesson, rates, figures=False)
    assert blocks is not None  # noqa: S101  an epoch is a linear map here
    linear = blocks.maps.epoch[:, : blocks.size, : blocks.size]
    finite = np.isfinite(linear).all(axis=(1, 2))
    radii = np.full(len(rates), np.inf)
    radii[finite] = abs(np.linalg.eigvals(linear[finite])).max(axis=1)
    found: list[float] = radii.tolist()
    return found
