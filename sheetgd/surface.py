"""The error surface: the root of the summed squared errors over a grid of parameters."""

import math
from typing import TYPE_CHECKING

from sheetgd.errors import LessonError
from sheetgd.lesson import Lesson
from sheetgd.maths.least_squares import intercept, slope
from sheetgd.maths.loss import root_of_sum, row_error

if TYPE_CHECKING:
    import pandas as pd

GRID_SIZE = (8, 11)
"""How many values a chosen grid has down and across, as many as the original's."""

_NICE_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


def best_parameters(lesson: Lesson) -> tuple[float, ...]:
    """The least-squares line through the lesson's data: NaN where all x are equal.

    >>> best_parameters(Lesson(x=(1, 2, 3), y=(3, 5, 7), start=(0, 0)))
    (2.0, 1.0)
    """
    import numpy as np  # noqa: PLC0415  `sheetgd --help` does without NumPy

    x, y = np.array(lesson.x), np.array(lesson.y)
    m = slope(x, y)
    return float(m), float(intercept(x, y, m))


def grid_of(lesson: Lesson) -> tuple[tuple[float, ...], ...]:
    """The values along the sides of the error grid: the lesson's own, or chosen.

    Chosen values are round numbers that hold both the start and the best parameters.

    >>> grid_of(Lesson(x=(1, 2, 3), y=(30, 50, 70), start=(0, 0)))[0]
    (-5.0, 0.0, 5.0, 10.0, 15.0, 20.0, 25.0, 30.0)
    """
    if lesson.grid:
        return tuple(map(tuple, lesson.grid))
    ends = zip(lesson.start, best_parameters(lesson), GRID_SIZE, strict=True)
    return tuple(_round_values(start, best, count) for start, best, count in ends)


def _round_values(start: float, best: float, count: int) -> tuple[float, ...]:
    best = best if math.isfinite(best) else start
    low, high = min(start, best), max(start, best)
    # Where the start is the best already, the grid spans some way around it.
    span = (high - low) or max(abs(best), 1.0)
    smallest = span * 1.2 / (count - 2)
    unit = 10.0 ** math.floor(math.log10(smallest))
    step = next(nice * unit for nice in _NICE_STEPS if nice * unit >= smallest)
    middle = round((low + high) / 2 / step)
    first = middle - (count - 1) // 2
    decimals = max(0, 2 - math.floor(math.log10(step)))
    return tuple(round((first + place) * step, decimals) for place in range(count))


def surface_values(lesson: Lesson) -> list[list[float]]:
    """The error at every point of the grid, a list for each value of the first parameter.

    Each is the root of the summed squared errors with the parameters held at these
    values, over all rows or over the lesson's sample.

    Raises:
        LessonError: when the model has not two parameters.
    """
    if len(lesson.model.parameters) != len(GRID_SIZE):
        raise LessonError("an error surface needs a model of two parameters")
    import numpy as np  # noqa: PLC0415  `sheetgd --help` does without NumPy

    rows = lesson.rows if lesson.grid_over_all else lesson.shown
    x, y = (np.array(values[:rows])[:, np.newaxis, np.newaxis] for values in (lesson.x, lesson.y))
    first, second = (np.array(side) for side in grid_of(lesson))
    parameters = (first[:, np.newaxis], second[np.newaxis, :])
    with np.errstate(over="ignore"):
        values: list[list[float]] = root_of_sum(row_error(lesson.model, x, y, parameters)).tolist()
    return values


def surface_table(lesson: Lesson) -> "pd.DataFrame":
    """The error grid as a table.

    Returns:
        float64; the first parameter's values down the index (named after it), the
        second's across the columns (likewise); cells as `surface_values` says.

    Raises:
        LessonError: when the model has not two parameters.
    """
    import pandas as pd  # noqa: PLC0415  building a workbook needs no pandas

    down, across = grid_of(lesson)
    first, second = lesson.model.parameters
    return pd.DataFrame(
        surface_values(lesson),
        index=pd.Index(down, name=first),
        columns=pd.Index(across, name=second),
    )
