"""The error surface: the metric over parameters, its lowest point, and where to look."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sheetgd.descent.stationary_point import least_squares, likeliest
from sheetgd.errors import LessonError
from sheetgd.expression.functions import NOTHING, ROUNDING
from sheetgd.lesson.lesson import Lesson
from sheetgd.lesson.values import USUAL_STEPS

if TYPE_CHECKING:
    import pandas as pd

    from sheetgd.expression.numbers import FloatArray


GRID_SIZES = {1: (41,), 2: (8, 11)}
"""How many values a chosen grid has along each side, by the number of parameters.

For two they are as many as the original's; one parameter gets a curve.
"""

_NICE_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


def best_parameters(lesson: Lesson, held: Mapping[str, float] | None = None) -> tuple[float, ...]:
    """Find the parameters with the smallest sum of squared errors: see `least_squares`.

    Where the loss is the log loss, they are those with the smallest of it: see `likeliest`.

    Args:
        lesson: the data, the model and the start.
        held: parameters that stay at these values, while the others are sought.

    >>> best_parameters(Lesson(x=(1, 2, 3), y=(3, 5, 7)), {"m": 1.0})
    (1.0, 3.0)
    """
    arrays, found = lesson.arrays, likeliest if lesson.step.classifies else least_squares
    return found(lesson.model, arrays.inputs, arrays.y, lesson.training.start, held or {})


def grid_of(lesson: Lesson) -> tuple[tuple[float, ...], ...]:
    """Return the values along the sides of the heat map: the lesson's own, or chosen.

    Chosen values are round numbers that hold both the start and the best parameters.
    A model of more than two parameters has no grid.

    >>> grid_of(Lesson(x=(1, 2, 3), y=(30, 50, 70), start=(0, 0)))[0]
    (-5.0, 0.0, 5.0, 10.0, 15.0, 20.0, 25.0, 30.0)
    """
    if lesson.display.grid:
        return tuple(map(tuple, lesson.display.grid))
    sizes = GRID_SIZES.get(len(lesson.model.parameters))
    if sizes is None:
        return ()
    ends = zip(lesson.training.start, best_parameters(lesson), sizes, strict=True)
    return tuple(round_values(start, best, count) for start, best, count in ends)


def round_values(start: float, best: float, count: int) -> tuple[float, ...]:
    """Choose evenly spaced round numbers with both values among or between them.

    >>> round_values(0.0, 3.0, 7)
    (-1.0, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0)
    """
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
    """Compute the metric over the grid, a list for each value of the first parameter.

    Each is the lesson's metric with the parameters held at these values, over all rows or
    over the lesson's sample. A model of one parameter has lists of one value.

    Raises:
        LessonError: when the model has more than two parameters.
    """
    parameters = len(lesson.model.parameters)
    if parameters not in GRID_SIZES:
        raise LessonError("a heat map needs a model of one or two parameters")

    sides = [np.array(side) for side in grid_of(lesson)]
    points = [sides[0][:, np.newaxis], *(side[np.newaxis, :] for side in sides[1:])]
    rows = lesson.n_rows if lesson.display.grid_over_all else lesson.shown
    values: list[list[float]] = metric_at(lesson, points, rows=rows).tolist()
    return values


def most_sensitive(lesson: Lesson) -> tuple[str, ...]:
    """Return the two parameters that a surface is over, unless others are asked for.

    Of a model with more they are those whose start costs most: with all others at the best fit,
    the metric is highest with this one where it starts.

    Returns:
        Two names in the model's order; all that there are of a model with fewer.

    >>> most_sensitive(Lesson(x=(1, 2, 3), y=(1, 4, 9), model="quadratic", start=(0, 0, 1)))
    ('a', 'c')
    """
    names, best = lesson.model.parameters, best_parameters(lesson)
    costs = [0.0] * len(names)
    if len(names) > 2 and all(map(math.isfinite, best)):  # noqa: PLR2004  a surface has two sides
        points = [
            (*best[:each], lesson.training.start[each], *best[each + 1 :])
            for each in range(len(names))
        ]
        found = [_metric_held(lesson, point) for point in points]
        costs = [cost if math.isfinite(cost) else math.inf for cost in found]
    taken = sorted(range(len(names)), key=lambda each: -costs[each])[:2]
    return tuple(names[each] for each in sorted(taken))


def _metric_held(lesson: Lesson, parameters: Sequence[float]) -> float:
    return float(metric_at(lesson, [np.array([value]) for value in parameters])[0])


def metric_at(
    lesson: Lesson, points: Sequence["FloatArray"], *, rows: int | None = None
) -> "FloatArray":
    """Compute the lesson's metric with the parameters held at many points.

    Args:
        lesson: the data, the model and the metric.
        points: for each parameter an array of its values; together they broadcast to the
            shape of the result.
        rows: how many of the first rows to take; None is all of them.

    Returns:
        A metric for each point; infinite or NaN where the model has no value.

    >>> import numpy as np
    >>> lesson = Lesson(x=(1, 2), y=(3, 5), metric="mse")
    >>> metric_at(lesson, [np.array([2.0, 2.0]), np.array([1.0, 2.0])]).tolist()
    [0.0, 1.0]
    """
    rows = lesson.n_rows if rows is None else rows
    # NumPy itself broadcasts no more than 64 arrays at a time.
    apart = (slice(None), *[np.newaxis] * max(np.ndim(each) for each in points))
    *inputs, y = (each[:rows][apart] for each in (*lesson.arrays.inputs, lesson.arrays.y))
    method = lesson.step
    with np.errstate(all="ignore"):
        errors = lesson.step.metric_loss.bound(lesson.settings).of_row(
            lesson.model, inputs, y, points
        )
        metrics: FloatArray = method.metric_function.of(errors, rows)
    return metrics


_AT_ONCE = 1_000_000
"""So many predictions are looked at at once."""


def score_at(lesson: Lesson, states: "FloatArray") -> list[float]:
    """Compute the score a lesson shows with the parameters held at some states; else nothing."""
    score, count = lesson.step.score, len(lesson.model.parameters)
    if score is None:
        return []
    inputs, y = [each[:, None] for each in lesson.arrays.inputs], lesson.arrays.y[:, None]
    piece, found = max(1, _AT_ONCE // lesson.n_rows), []
    with np.errstate(all="ignore"):
        for first in range(0, len(states), piece):
            held = [each + 0 * y for each in states[first : first + piece, :count].T]
            values = score.of(lesson.model, inputs, y, held, rows=float(lesson.n_rows))
            found += np.broadcast_to(values, held[0].shape[1]).tolist()
    return found


def surface_table(lesson: Lesson) -> "pd.DataFrame":
    """Return the heat map as a table.

    Returns:
        float64; the first parameter's values down the index (named after it), the
        second's across the columns (likewise; with one parameter the only column is the
        metric); cells as `surface_values` says.

    Raises:
        LessonError: when the model has more than two parameters.
    """
    import pandas as pd  # noqa: PLC0415  building a workbook needs no pandas

    values = surface_values(lesson)
    sides, names = grid_of(lesson), lesson.model.parameters
    across = pd.Index(sides[1], name=names[1]) if len(sides) > 1 else [lesson.metric_name]
    return pd.DataFrame(values, index=pd.Index(sides[0], name=names[0]), columns=across)


_FAR = 3.0
"""Steps further away than this many times the distance to the best fit are left out."""


def ranges_of(
    lesson: Lesson, states: Sequence[Sequence[float]] = ()
) -> tuple[tuple[float, float], ...]:
    """Return the ends of each parameter's range: the lesson's own, or round numbers.

    Chosen ranges hold the start, the best parameters and, as far as it does not fly off,
    the descent.

    Args:
        lesson: the lesson.
        states: the parameters after each epoch.

    >>> ranges_of(Lesson(x=(1, 2, 3), y=(30, 50, 70), start=(0, 0)), [(5.0, 2.0)])
    ((-5.0, 25.0), (-3.0, 13.0))
    """
    own = lesson.display.surface.ranges
    found = []
    for which, best in enumerate(best_parameters(lesson)):
        name = lesson.model.parameters[which]
        if name in own:
            low, high = own[name]
        else:
            seen = [
                *_worth_seeing(lesson.training.start[which], best, [each[which] for each in states])
            ]
            values = round_values(min(seen), max(seen), USUAL_STEPS[which % 2] + 1)
            low, high = values[0], values[-1]
        found.append((float(low), float(high)))
    return tuple(found)


def _worth_seeing(start: float, best: float, states: Sequence[float]) -> Iterator[float]:
    """Yield the values of a parameter that the range has to hold."""
    yield start
    if math.isfinite(best):
        yield best
    reach = _FAR * abs(best - start)
    for value in states:
        if abs(value - start) <= reach:
            yield value


@dataclass(frozen=True, slots=True)
class BestFit:
    """The parameters with the least sum of squared errors, and the metric there.

    Attributes:
        parameters: the values in the model's order.
        names: the parameters' names.
        metric: the lesson's metric with them held.
        metric_name: what that is called.
        title: what kind of fit it is, in words.
    """

    parameters: tuple[float, ...]
    names: tuple[str, ...]
    metric: float
    metric_name: str
    title: str

    def __str__(self) -> str:
        values = [*zip(self.names, self.parameters, strict=True), (self.metric_name, self.metric)]
        return f"{self.title}: {', '.join(f'{name} {value:.6g}' for name, value in values)}"


NO_BEST_FIT = (
    "no best fit: a boundary parts the two classes, and the log loss falls without end as the "
    "parameters grow"
)


def separable(lesson: Lesson) -> bool:
    """Tell whether a boundary parts the classes, so that there is no best fit.

    >>> apart = Lesson(x=(1, 2, 3, 4), y=(0, 0, 1, 1), loss="log-loss", lr=0.1)
    >>> separable(apart), separable(apart.changed(y=(0, 1, 0, 1)))
    (True, False)
    """
    return lesson.step.classifies and not all(map(math.isfinite, best_parameters(lesson)))


def falls_without_end(lesson: Lesson) -> bool:
    """Tell whether what steps are to lower has no lowest value: a penalty would give it one.

    >>> apart = Lesson(x=(1, 2, 3, 4), y=(0, 0, 1, 1), loss="log-loss", lr=0.1)
    >>> falls_without_end(apart), falls_without_end(apart.changed(l2=0.1))
    (True, False)
    """
    return not lesson.step.penalized and separable(lesson)


def penalized_fit(lesson: Lesson) -> BestFit | None:
    """Find where squared errors and the penalty l2 together are lowest: ridge, in closed form.

    Returns:
        None without a penalty, with l1, which has no such form, and for other losses or a model
        that is not linear in its parameters.

    >>> print(penalized_fit(Lesson(x=(1, 2, 3), y=(3, 5, 8), l2=0.5)))
    lowest penalised loss: m 1.81818, b 1.69697, rmse 0.604544
    """
    step, arrays, start = lesson.step, lesson.arrays, lesson.training.start
    if not step.penalized or lesson.method.l1 or step.loss != "mse" or not lesson.model.linear:
        return None
    weights = dict.fromkeys(step.penalized, lesson.n_rows * lesson.method.l2 / 2)
    found = least_squares(lesson.model, arrays.inputs, arrays.y, start, {}, weights=weights)
    return _fit(lesson, found, _metric_held(lesson, found), "lowest penalised loss")


def _fit(lesson: Lesson, found: tuple[float, ...], metric: float, title: str) -> BestFit:
    return BestFit(found, lesson.model.parameters, metric, lesson.metric_name, title)


def best_fit(lesson: Lesson, reached: float | None = None) -> BestFit | None:
    """Find the best fit: the least squares, whatever the loss is.

    Of a model that is not linear in its parameters it is searched for, from the start: there is
    no saying that it is the best of all.

    Args:
        lesson: the lesson.
        reached: the lowest metric that a run has come to. Where the search ends above that, it has
            found no best fit.

    Returns:
        None where there is none: all x alike, for instance.

    >>> print(best_fit(Lesson(x=(1, 2, 3), y=(3, 5, 8))))
    best fit: m 2.5, b 0.333333, rmse 0.235702
    >>> print(best_fit(Lesson(x=(1, 2, 3), y=(3, 5, 8), loss="mae", metric="mae")))
    least squares fit: m 2.5, b 0.333333, mae 0.222222
    >>> best_fit(Lesson(x=(2, 2), y=(3, 5))) is None
    True
    """
    parameters = best_parameters(lesson)
    if not all(map(math.isfinite, parameters)):
        return None
    metric = _metric_held(lesson, parameters)
    if not math.isfinite(metric):
        return None
    with np.errstate(all="ignore"):
        size: Any = lesson.step.metric_loss.bound(lesson.settings).error(
            lesson.arrays.y, lesson.arrays.y * 0
        )
        whole = float(lesson.step.metric_function.of(size, lesson.n_rows))
    if whole < math.inf and metric <= NOTHING * whole:
        metric = 0.0
    linear = lesson.model.score.linear
    if not linear and reached is not None and metric > reached * (1 + ROUNDING):
        return None
    title = "best fit" if linear else "best fit found"
    squares = lesson.method.loss == lesson.step.metric_loss.name == "mse"
    if not (lesson.step.classifies or squares):
        title = "least squares fit"
    return _fit(lesson, parameters, metric, title)
