"""How far a nudge leads finite differences astray, and one that suits the data.

A forward difference of a squared error with nudge h is the derivative plus h times the square of
how fast the prediction changes with the parameter. So descent does not come to rest at the best
fit, but beside it by -h/2 * inverse(J'J) * diag(J'J): the larger the nudge, the further. The
smaller the nudge, the more of the difference is lost to rounding.
"""

import math
from typing import TYPE_CHECKING

from sheetgd.lesson import Lesson
from sheetgd.surface import best_parameters

if TYPE_CHECKING:
    from sheetgd.maths.quantity import FloatArray

USUAL = 0.01
"""The nudge where the data tell nothing."""

ASTRAY = 1e-4
"""A chosen nudge leads no parameter further astray than by this part of its size."""

VISIBLE = 0.05
"""A line is visibly off when its predictions are by this part of the spread of y."""

TAKEN = 1e-3
"""Where rounding takes more than this part of a difference, and what is led astray is as much,
the parameter is given up."""

_MOST_TAKEN = 0.01
"""Of the parameter that sways the prediction most it takes no more, however far that leads."""

_RANK = 1e-12
_SAME_POWER = 1e-9


def resting_shift(lesson: Lesson) -> "FloatArray":
    """How far beside the best fit forward differences rest, for a nudge of 1.

    For models that are not linear in their parameters it is what holds close to the best fit.
    NaN where there is none.

    >>> resting_shift(Lesson(x=(0,), y=(0,), model="w")).tolist()
    [-0.5]
    """
    import numpy as np  # noqa: PLC0415  `sheetgd --help` does without NumPy

    even, sizes = _columns(lesson)
    with np.errstate(all="ignore"):
        if not np.isfinite(even).all():
            return np.full(len(sizes), math.nan)
        matrix = even.T @ even
        pulled = np.linalg.pinv(matrix, rcond=_RANK, hermitian=True) @ (sizes * np.diag(matrix))
        shift: FloatArray = -pulled / sizes / 2
    return shift


def _columns(lesson: Lesson) -> "tuple[FloatArray, FloatArray]":
    """How fast predictions change with each parameter, in columns of one size, and these sizes.

    The squares of columns of different sizes would drown each other.
    """
    import numpy as np  # noqa: PLC0415  the same

    with np.errstate(all="ignore"):
        jacobian = lesson.form.jacobian(lesson.arrays.x, _fit(lesson))
        sizes: FloatArray = abs(jacobian).max(axis=0)
        return jacobian / sizes, sizes


def chosen_nudge(lesson: Lesson) -> float:
    """A power of ten that leads hardly astray and loses little to rounding.

    Where both cannot be had, as much is lost one way as the other; but what rounding takes of the
    parameters that hardly sway the prediction is given up first, and then the resting point.

    >>> chosen_nudge(Lesson(x=(1000, 2000, 3000), y=(0.2, 0.3, 0.5), start=(0, 0)))
    1e-09
    >>> chosen_nudge(Lesson(x=(1, 2, 3), y=(3e6, 5e6, 7e6)))
    10.0
    """
    import numpy as np  # noqa: PLC0415  the same

    x, y = lesson.arrays.x, lesson.arrays.y
    even, typical = _columns(lesson)
    with np.errstate(all="ignore"):
        typical = typical * np.sqrt((even * even).mean(axis=0))
        sizes = np.maximum(abs(np.array(_fit(lesson))), _spread(lesson) / typical)
        astray = float(np.nanmax(abs(resting_shift(lesson)) / sizes, initial=0.0))
        predicted = lesson.form.predict(x, [np.full(len(x), each) for each in lesson.start])
        largest = max(float(abs(np.broadcast_to(predicted, len(x))).max()), float(abs(y).max()))
        # What rounding takes of each parameter's difference, times the nudge.
        taken = float(np.finfo(float).eps) * largest / typical
        if not 0 < astray < math.inf or not np.isfinite(taken).all():
            return USUAL
        fitting = [each for each in taken.tolist() if each * astray <= TAKEN * TAKEN]
    rounding = max(fitting, default=float(taken.min()))
    wanted = ASTRAY / astray
    least = max(math.sqrt(rounding / astray), float(taken.min()) / _MOST_TAKEN)
    if wanted >= least:
        return _power_of_ten(math.floor(math.log10(wanted) + _SAME_POWER))
    return _power_of_ten(round(math.log10(least)))


def nudge_advice(lesson: Lesson) -> str | None:
    """A warning if a nudge is lost to rounding, or leads visibly astray; None if neither.

    >>> print(nudge_advice(Lesson(x=(1, 2, 4), y=(1, 2, 3), nudge=1e-300)))
    nudge 1e-300 is too small: m + nudge is m, so the error does not change and nothing moves; \
take a larger one, such as 1e-05
    >>> print(nudge_advice(Lesson(x=(1000, 2000, 3000), y=(0.2, 0.3, 0.5), nudge=0.01)))
    nudge 0.01 is too large: forward differences come to rest at m -0.034835, b 69.9983, and the \
best fit is m 0.00015, b 0.0333333; take a smaller one, such as 1e-08, or central differences
    >>> nudge_advice(Lesson(x=(1, 2, 4), y=(1, 2, 3), nudge=1e-5))
    """
    if not lesson.method.rule.nudges or lesson.gradient == "published":
        return None
    lost = lost_nudge(lesson)
    if lost is not None:
        return (
            f"nudge {lesson.nudge:g} is too small: {lost} + nudge is {lost}, so the error does not "
            f"change and nothing moves; take a larger one, such as {chosen_nudge(lesson):g}"
        )
    if lesson.gradient != "forward" or lesson.loss != "mse" or not lesson.form.linear:
        return None
    import numpy as np  # noqa: PLC0415  the same

    fit = np.array(best_parameters(lesson))
    with np.errstate(all="ignore"):
        shift = lesson.nudge * resting_shift(lesson)
        moved = lesson.form.jacobian(lesson.arrays.x, lesson.start) @ shift
        off = math.sqrt(float((moved * moved).mean()))
    if not off > VISIBLE * _spread(lesson) or not np.isfinite(fit).all():
        return None
    rests, best = (_named(lesson, values.tolist()) for values in (fit + shift, fit))
    better = chosen_nudge(lesson)
    smaller = f"take a smaller one, such as {better:g}, or " if better < lesson.nudge else "take "
    return (
        f"nudge {lesson.nudge:g} is too large: forward differences come to rest at {rests}, and "
        f"the best fit is {best}; {smaller}central differences"
    )


def lost_nudge(lesson: Lesson) -> str | None:
    """The first parameter that a nudge does not change at the start; None where it changes all.

    >>> lost_nudge(Lesson(x=(1, 2), y=(1, 2), start=(0, 5), nudge=1e-17))
    'b'
    """
    named = zip(lesson.form.parameters, lesson.start, strict=True)
    return next((name for name, value in named if value + lesson.nudge == value), None)


def _fit(lesson: Lesson) -> tuple[float, ...]:
    """The best fit, or the start where there is none."""
    best = best_parameters(lesson)
    return best if all(map(math.isfinite, best)) else tuple(lesson.start)


def _spread(lesson: Lesson) -> float:
    """By how much y varies; where it does not, its size."""
    import numpy as np  # noqa: PLC0415  the same

    y = lesson.arrays.y
    with np.errstate(all="ignore"):
        return float(y.std()) or float(abs(y).max()) or 1.0


def _power_of_ten(power: int) -> float:
    return float(f"1e{power}")


def _named(lesson: Lesson, values: list[float]) -> str:
    named = zip(lesson.form.parameters, values, strict=True)
    return ", ".join(f"{name} {value:g}" for name, value in named)
