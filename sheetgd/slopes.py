"""Slopes as numbers: a lesson's gradient in three ways, and where each of them comes to rest."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sheetgd.lesson import Lesson
from sheetgd.maths.gradient import mean_of_ways, three_ways
from sheetgd.maths.resting import forward_shift, normal_equations, solution, steady_determinant

if TYPE_CHECKING:
    from sheetgd.maths.quantity import FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Resting:
    """Where descents by a lesson's squared errors come to rest: see `sheetgd.maths.resting`.

    Attributes:
        matrix: the lines of A.
        right: B.
        divisor: the determinant of A.
        best: the best fit, where central differences and the closed form rest.
    """

    matrix: tuple[tuple[float, ...], ...]
    right: tuple[float, ...]
    divisor: float
    best: tuple[float, ...]

    def shift(self, nudge: float) -> tuple[float, ...]:
        """How far beside it forward differences rest."""
        return tuple(forward_shift(self.matrix, nudge, self.divisor))

    def forward(self, nudge: float) -> tuple[float, ...]:
        """Where they rest."""
        shifts = zip(self.best, self.shift(nudge), strict=True)
        return tuple(best + shift for best, shift in shifts)


def resting_of(lesson: Lesson) -> Resting:
    """Where a lesson comes to rest whose model is linear in its parameters.

    >>> found = resting_of(Lesson(x=(1, 2, 3), y=(3, 5, 7)))
    >>> found.best, [round(each, 3) for each in found.shift(0.01)]
    ((2.0, 1.0), [-0.02, 0.035])
    """
    matrix, right = normal_equations(lesson.form, *_arrays(lesson))
    # Python's own numbers divide by 0 without a warning.
    lines = tuple(tuple(float(each) for each in line) for line in matrix)
    sums = tuple(float(each) for each in right)
    divisor = float(steady_determinant(lines))
    best = tuple(solution(lines, sums, divisor))
    return Resting(matrix=lines, right=sums, divisor=divisor, best=best)


def row_slopes(
    lesson: Lesson, row: int, state: Sequence[float], nudge: float
) -> list[tuple[float, ...]]:
    """The derivatives of a row's loss, for each parameter in the three ways.

    Args:
        lesson: the lesson; its own nudge does not matter.
        row: the row, counted from 0.
        state: the parameters.
        nudge: how far differences move them.
    """
    model, loss = lesson.form, lesson.method.row_loss
    x, y = lesson.x[row], lesson.y[row]
    cells = {"x": x, "y": y, "nudge": nudge, loss.column: loss.of_row(model, x, y, state)}
    cells |= dict(zip(model.parameters, state, strict=True))
    return [three_ways(model, loss, cells, which) for which in range(len(state))]


def mean_slopes(lesson: Lesson, state: Sequence[float], nudge: float) -> list[tuple[float, ...]]:
    """The gradient of the mean loss over all rows, in the same ways.

    >>> lesson = Lesson(x=(1, 3), y=(2, 4))
    >>> mean_slopes(lesson, (1.0, 1.0), 0.5)
    [(2.5, 0.0, 0.0), (0.5, 0.0, 0.0)]
    """
    import numpy as np  # noqa: PLC0415  `sheetgd --help` does without NumPy

    x, y = _arrays(lesson)
    cells = {**dict(zip(lesson.form.parameters, state, strict=True)), "nudge": nudge}
    with np.errstate(all="ignore"):
        found = mean_of_ways(lesson.form, lesson.method.row_loss, x, y, cells)
    return [tuple(float(each) for each in ways) for ways in found]


def _arrays(lesson: Lesson) -> "tuple[FloatArray, FloatArray]":
    import numpy as np  # noqa: PLC0415  the same

    return np.array(lesson.x), np.array(lesson.y)
