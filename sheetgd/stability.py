"""The largest learning rate that can be right, worked out from the data alone.

Where the model is linear in its parameters and the loss is the mean of squares, an epoch
of plain or momentum steps is a linear map of what it starts from. If that map stretches
any direction, the run diverges from almost every start, however long it seems well.
"""

from typing import TYPE_CHECKING

from sheetgd.lesson import Lesson

if TYPE_CHECKING:
    from sheetgd.maths.quantity import FloatArray

_BISECTIONS = 60
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
    curvatures = _curvatures(lesson)
    steepest = max(_largest_eigenvalue(each) for each in curvatures)
    if not 0 < steepest < float("inf"):
        return None
    # The first rate that stretches lies between one that does not and one that does.
    rate = 2.0 / steepest / 64
    if _radius(lesson, curvatures, rate) >= 1:
        return None
    for _ in range(2000):
        if _radius(lesson, curvatures, rate * _SMALLEST_STEP) > 1:
            break
        rate *= _SMALLEST_STEP
    low, high = rate, rate * _SMALLEST_STEP
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        low, high = (middle, high) if _radius(lesson, curvatures, middle) <= 1 else (low, middle)
    return low


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


def _curvatures(lesson: Lesson) -> list["FloatArray"]:
    """The second derivatives of each batch's loss: 2 * J'J / rows, J the partials by row."""
    import numpy as np  # noqa: PLC0415  `sheetgd --help` does without NumPy

    jacobian = lesson.form.jacobian(np.array(lesson.x), lesson.start)
    size = lesson.batch_size
    batches = (jacobian[first : first + size] for first in range(0, lesson.rows, size))
    return [2 * batch.T @ batch / len(batch) for batch in batches]


def _largest_eigenvalue(curvature: "FloatArray") -> float:
    import numpy as np  # noqa: PLC0415  the same

    return float(np.linalg.eigvalsh(curvature)[-1])


def _radius(lesson: Lesson, curvatures: list["FloatArray"], rate: float) -> float:
    """By how much an epoch stretches the direction that it stretches most."""
    import numpy as np  # noqa: PLC0415  the same

    mover = lesson.method.mover
    count = len(lesson.form.parameters)
    numbers = {**lesson.settings, "learn": rate}
    settings = {name: np.array(number) for name, number in numbers.items()}
    # Each column of the identity is a state of parameters (and velocities) to be moved.
    state = np.eye(count * (1 + len(mover.states)))
    for curvature in curvatures:
        parameters, memories = state[:count], state[count:]
        gradient = curvature @ parameters
        after = {
            letter: remember(memories, gradient, settings)
            for letter, remember in mover.states.items()
        }
        moved = mover.move(parameters, gradient, after, settings)
        state = np.vstack([moved, *after.values()])
    return float(max(abs(np.linalg.eigvals(state))))
