"""Metrics, the one number that an epoch is judged by, and stopping early by it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sheetgd.descent.loss import LOSSES
from sheetgd.expression.functions import Q, root, total, when_at_least


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A metric by the name that lessons give it.

    Attributes:
        name: its name.
        loss: the loss whose row errors it sums up.
        averaged: whether the sum is divided by the number of rows.
        rooted: whether the root is taken in the end.
        label: what it is called in tables.
        summary: what it is, in a phrase.
    """

    name: str
    loss: str
    averaged: bool
    rooted: bool
    label: str
    summary: str

    def of(self, errors: Any, rows: Any) -> Any:  # noqa: ANN401  formulas in, a formula out
        """Compute the metric of some rows.

        Args:
            errors: what each row adds to it, a squared or an absolute error: a sequence, an
                array (summed along its first axis), or the formula of a range.
            rows: how many there are: a number or a formula.

        >>> errors = [1296.0, 1444.0, 3249.0, 3481.0, 6241.0]  # rows 27-31, shown as 125
        >>> METRICS["root_sse"].of(errors, 5), METRICS["mse"].of(errors, 5)
        (125.3435..., 3142.2)
        """
        return self.of_sum(total(errors), rows)

    def of_sum(self, figure: Any, rows: Any) -> Any:  # noqa: ANN401  formulas in, a formula out
        """Compute the metric from the sum over the rows.

        >>> METRICS["rmse"].of_sum(18.0, 2)
        3.0
        """
        if self.averaged:
            figure = figure / rows
        return root(figure) if self.rooted else figure


METRICS: Mapping[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric(
            name="rmse",
            loss="mse",
            averaged=True,
            rooted=True,
            label="rmse",
            summary="the root of the mean of the squared errors, in the unit of y",
        ),
        *(
            Metric(
                name=loss.name,
                loss=loss.name,
                averaged=True,
                rooted=False,
                label=loss.name,
                summary=loss.mean,
            )
            for loss in LOSSES.values()
        ),
        Metric(
            name="root_sse",
            loss="mse",
            averaged=False,
            rooted=True,
            label="root_sse",
            summary="the root of the SUM of the squared errors, not divided by the number of rows",
        ),
    )
}
"""The metrics by name, the default first; the mean of each loss is one."""


def best_so_far(best: Q, metric: Q, tolerance: Q) -> Q:
    """Return the metric if it is better than the best by more than the tolerance, else the best.

    >>> best_so_far(10.0, 9.0, 0.5), best_so_far(10.0, 9.5, 0.5)
    (9.0, 10.0)
    """
    return when_at_least(tolerance, best - metric, best, metric)


def epochs_waited(waited: Q, best: Q, metric: Q, tolerance: Q) -> Q:
    """Count the epochs waited: 0 after one better than the best by more than the tolerance.

    >>> epochs_waited(3.0, 10.0, 9.0, 0.5), epochs_waited(3.0, 10.0, 9.5, 0.5)
    (0, 4.0)
    """
    return when_at_least(tolerance, best - metric, waited + 1, 0)
