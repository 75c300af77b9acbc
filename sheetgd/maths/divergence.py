"""When a run diverges: past so many times the loss it starts with.

A run is judged by its metric held: the parameters fixed after an epoch, over all rows. Where the
metric is a root (rmse), its square stands for the loss, so that one factor means the same for mse
and rmse.
"""

import math
from collections.abc import Callable
from typing import Any, Final

from sheetgd.maths.loss import Loss
from sheetgd.maths.metric import Metric
from sheetgd.maths.quantity import Q, total, when_at_least, when_equal

FACTOR: Final = 1000.0
"""A run past so many times the start's loss diverges. Ours: the transient of a stable run, as row
by row steps have it, stays well below that in every lesson measured."""

NEARLY_PERFECT: Final = 1e-4
"""A start whose loss is below this share of the data's own is nearly perfect. Ours: errors of 1 %
of the data's spread, which no chart shows."""

FITTED: Final = 1e-19
"""A loss below this share of the one that a run is measured against is rounding: the model fits.
Ours: errors of less than a billionth."""

_ROUNDING: Final = 1e-12
"""A spread below this share of the data's size is rounding: all y are alike."""


def share_of_metric(share_of_loss: float, metric: Metric) -> float:
    """Return what a share of losses is for metrics: its root where the metric is a root.

    >>> from sheetgd.maths.metric import METRICS
    >>> share_of_metric(1e-4, METRICS["rmse"]), share_of_metric(1e-4, METRICS["mse"])
    (0.01, 0.0001)
    """
    return math.sqrt(share_of_loss) if metric.rooted else share_of_loss


def data_scale(
    metric: Metric, loss: Loss, y: Q, rows: Q, summed: Callable[[Any], Any] = total
) -> Q:
    """Return the metric of predicting the mean of y in every row.

    Where all y are alike, it is the metric of predicting 0; where all are 0, it is 1.

    Args:
        metric: the metric.
        loss: the loss whose row errors it sums up.
        y: all y.
        rows: how many there are.
        summed: takes the sum over the rows, by default over all of them.

    >>> import numpy as np
    >>> from sheetgd.maths.loss import LOSSES
    >>> from sheetgd.maths.metric import METRICS
    >>> float(data_scale(METRICS["rmse"], LOSSES["mse"], np.array([1.0, 3.0]), 2.0))
    1.0
    """
    spread = metric.of_sum(summed(loss.error(summed(y) / rows, y)), rows)
    size = metric.of_sum(summed(loss.error(0.0 * y, y)), rows)
    found: Q = when_at_least(_ROUNDING * size, spread, when_equal(size, 0, 1.0, size), spread)
    return found


def reference(metric: Metric, start: Q, scale: Q) -> Q:
    """Return what a run is measured against: the start's metric.

    Near a perfect start, against which anything would be large, it is the data's scale.

    >>> from sheetgd.maths.metric import METRICS
    >>> [reference(METRICS["rmse"], start, 20.0) for start in (227.4, 0.1)]
    [227.4, 20.0]
    """
    nearly = share_of_metric(NEARLY_PERFECT, metric) * scale
    found: Q = when_at_least(nearly, start, scale, start)
    return found


def divergence_bound(metric: Metric, start: Q, scale: Q) -> Q:
    """Return the metric beyond which a run diverges.

    >>> from sheetgd.maths.metric import METRICS
    >>> divergence_bound(METRICS["mse"], 2.25, 1.0)
    2250.0
    """
    return reference(metric, start, scale) * share_of_metric(FACTOR, metric)


def fitted_bound(metric: Metric, divergence: Q) -> Q:
    """Return the metric up to which a model fits but for rounding.

    Where it fits, derivatives of 0 are no standstill.

    Args:
        metric: the metric.
        divergence: the metric beyond which the run diverges.

    >>> from sheetgd.maths.metric import METRICS
    >>> fitted_bound(METRICS["mse"], divergence_bound(METRICS["mse"], 2.0, 1.0))
    2e-19
    """
    return divergence * share_of_metric(FITTED / FACTOR, metric)
