"""Where descents come to rest, and slopes there, in numbers: what pages show as expressions."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sheetgd.descent.gradient import mean_of_ways, three_ways
from sheetgd.descent.stationary_point import (
    forward_shift,
    normal_equations,
    solution,
    steady_determinant,
)
from sheetgd.lesson.lesson import Lesson


@dataclass(frozen=True, slots=True, kw_only=True)
class StationaryPoints:
    """Where descents by a lesson's squared errors come to rest.

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
        """Compute how far from the best fit forward differences rest."""
        return tuple(forward_shift(self.matrix, nudge, self.divisor))

    def forward(self, nudge: float) -> tuple[float, ...]:
        """Compute where forward differences rest."""
        shifts = zip(self.best, self.shift(nudge), strict=True)
        return tuple(best + shift for best, shift in shifts)


def stationary_points_of(lesson: Lesson) -> StationaryPoints:
    """Find where a lesson rests whose model is linear in its parameters."""
    matrix, right = normal_equations(lesson.model, lesson.arrays.inputs, lesson.arrays.y)
    # Python's own numbers divide by 0 without a warning.
    lines = tuple(tuple(float(each) for each in line) for line in matrix)
    sums = tuple(float(each) for each in right)
    divisor = float(steady_determinant(lines))
    best = tuple(solution(lines, sums, divisor))
    return StationaryPoints(matrix=lines, right=sums, divisor=divisor, best=best)


def epoch_s_own(lesson: Lesson) -> tuple[float, float]:
    """The m and b that an epoch of the original's steps, row by row, leads back to.

    With forward differences it is an affine map, whose fixed point that is.
    """
    turn, shift = np.eye(2), np.zeros(2)
    for x, y in zip(lesson.data.x, lesson.data.y, strict=True):
        column = np.array([x, 1.0])
        factor = np.eye(2) - 2e-4 * np.outer(column, column)
        turn = factor @ turn
        shift = factor @ shift + 2e-4 * y * column - 1e-4 * 0.01 * column**2
    m, b = np.linalg.solve(np.eye(2) - turn, shift).tolist()
    return m, b


def row_slopes(
    lesson: Lesson, row: int, state: Sequence[float], nudge: float
) -> list[tuple[float, ...]]:
    """Differentiate a row's loss, by each parameter in the three ways.

    Args:
        lesson: the lesson; its own nudge does not matter.
        row: the row, counted from 0.
        state: the parameters.
        nudge: how far differences move them.
    """
    model, loss = lesson.model, lesson.step.loss_function
    x, y = lesson.data.x[row], lesson.data.y[row]
    cells = {"x": x, "y": y, "nudge": nudge, loss.column: loss.of_row(model, [x], y, state)}
    cells |= dict(zip(model.parameters, state, strict=True))
    return [three_ways(model, loss, cells, which) for which in range(len(state))]


def mean_slopes(lesson: Lesson, state: Sequence[float], nudge: float) -> list[tuple[float, ...]]:
    """Differentiate the mean loss over all rows, in the same ways."""
    cells = {**dict(zip(lesson.model.parameters, state, strict=True)), "nudge": nudge}
    with np.errstate(all="ignore"):
        found = mean_of_ways(
            lesson.model, lesson.step.loss_function, lesson.arrays.inputs, lesson.arrays.y, cells
        )
    return [tuple(float(each) for each in ways) for ways in found]
