"""The best fit, by which a run can be judged."""

import math
from dataclasses import dataclass
from typing import Any

from sheetgd.lesson import Lesson
from sheetgd.surface import best_parameters, figures_at

_ROUNDING = 1e-12
"""A metric below this part of that of predicting 0 is nothing but rounding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BestFit:
    """The parameters with the least squares, and the metric there.

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


def best_fit(lesson: Lesson) -> BestFit | None:
    """Find the best fit: the least squares, whatever the loss is.

    Returns:
        None where there is none: all x alike, for instance.

    >>> print(best_fit(Lesson(x=(1, 2, 3), y=(3, 5, 8))))
    best fit: m 2.5, b 0.333333, rmse 0.235702
    >>> print(best_fit(Lesson(x=(1, 2, 3), y=(3, 5, 8), loss="mae", metric="mae")))
    least squares fit: m 2.5, b 0.333333, mae 0.222222
    >>> best_fit(Lesson(x=(2, 2), y=(3, 5))) is None
    True
    """
    import numpy as np  # noqa: PLC0415  `sheetgd --help` does without NumPy

    parameters = best_parameters(lesson)
    if not all(map(math.isfinite, parameters)):
        return None
    points = [np.array([value]) for value in parameters]
    metric = float(figures_at(lesson, points)[0])
    if not math.isfinite(metric):
        return None
    with np.errstate(all="ignore"):
        size: Any = lesson.method.figure_loss.error(lesson.arrays.y, lesson.arrays.y * 0)
        whole = float(lesson.method.figure.of(size, lesson.rows))
    if whole < math.inf and metric <= _ROUNDING * whole:
        metric = 0.0
    title = "best fit" if lesson.form.linear else "best fit found"
    return BestFit(
        parameters=parameters,
        names=lesson.form.parameters,
        metric=metric,
        metric_name=lesson.metric_name,
        title=title if lesson.loss == "mse" and lesson.metric != "mae" else "least squares fit",
    )
