"""Losses, which steps are to lower, and metrics, by which an epoch is judged."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from typing import Any

from sheetgd.descent.model import LOGIT, Y_PRED, Model
from sheetgd.expression.derivative import derivative, times
from sheetgd.expression.functions import (
    absolute,
    divided,
    larger,
    logarithm,
    root,
    sigmoid,
    smaller,
    softplus,
    square,
    total,
    when_at_least,
    when_equal,
)
from sheetgd.expression.numbers import Program, Q
from sheetgd.expression.tree import Expression, Symbol


def squared_error(y_pred: Q, y: Q) -> Q:
    """Compute the squared error of a row: (y_pred - y)^2.

    >>> squared_error(39.0, 44.0)
    25.0
    """
    return square(y_pred - y)


def absolute_error(y_pred: Q, y: Q) -> Q:
    """Compute the absolute error of a row: abs(y_pred - y).

    >>> absolute_error(39.0, 44.0)
    5.0
    """
    return absolute(y_pred - y)


def huber_error(y_pred: Q, y: Q, delta: Q) -> Q:
    """Compute Huber's error of a row: half the square of y_pred - y; beyond delta, its tangent.

    That is delta*(abs(y_pred - y) - delta/2): see torch.nn.HuberLoss.

    >>> huber_error(2.0, 1.5, 1.0), huber_error(5.0, 1.0, 1.0)
    (0.125, 3.5)
    """
    off = absolute(y_pred - y)
    return when_at_least(delta, off, square(y_pred - y) / 2, delta * (off - delta / 2))


def huber_slope(y_pred: Q, y: Q, delta: Q) -> Q:
    """Differentiate Huber's error by y_pred: the error pressed between -delta and delta.

    >>> huber_slope(2.0, 1.5, 1.0), huber_slope(1.0, 5.0, 1.0)
    (0.5, -1.0)
    """
    return larger(-delta, smaller(delta, y_pred - y))


def log_loss(logit: Q, y: Q) -> Q:
    """Compute the log loss of a row, binary cross-entropy: softplus(logit) - y*logit.

    With p = sigmoid(logit) it is -ln(p) where y is 1 and -ln(1 - p) where y is 0, but a number
    also where p is rounded to 0 or 1: see torch.nn.BCEWithLogitsLoss.

    >>> log_loss(0.0, 1.0), log_loss(-1000.0, 1.0), log_loss(1000.0, 1.0)
    (0.6931471805599453, 1000.0, 0.0)
    """
    return softplus(logit) - y * logit


def log_slope(logit: Q, y: Q) -> Q:
    """Differentiate the log loss by the logit: the prediction less y.

    >>> log_slope(0.0, 1.0), log_slope(1000.0, 0.0)
    (-0.5, 1.0)
    """
    return sigmoid(logit) - y


@dataclass(frozen=True, kw_only=True)
class Loss:
    """A loss by the name that lessons give it.

    Attributes:
        name: its name.
        column: the header of the column that holds a row's loss.
        error: a row's loss from y_pred and y.
        summary: what it is, in a phrase.
        mean: what the metric of its name is, its mean over all rows, in a phrase.
        meaning: what the column holds, in a sentence for a learner.
        squared: whether its unit is that of y squared, not that of y.
        hyper: its hyperparameters and their usual values; `error` takes them, too: see `bound`.
        slope: its derivative by y_pred, where that is shorter than what the rules make of it.
        of_logit: whether `error` and `slope` take the logit, of which y_pred is the sigmoid; y is
            0 or 1 then.
        words: what it is in the names of columns, where `error` computes it otherwise.
    """

    name: str
    column: str
    error: Callable[..., Any]
    summary: str
    mean: str
    meaning: str
    squared: bool = False
    hyper: Mapping[str, float] = field(default_factory=dict)
    slope: Callable[..., Any] | None = None
    of_logit: bool = False
    words: str = ""

    def bound(self, settings: Mapping[str, Any]) -> "Loss":
        """Return the loss with its hyperparameters as these settings have them.

        >>> LOSSES["huber"].bound({"delta": 2.0}).error(6.0, 1.0)
        8.0
        """
        if not self.hyper:
            return self
        taken = {name: settings[name] for name in self.hyper}
        slope = None if self.slope is None else partial(self.slope, **taken)
        return replace(self, error=partial(self.error, **taken), slope=slope)

    @property
    def reads(self) -> str:
        """The column that `error` takes: y_pred, or the logit."""
        return LOGIT if self.of_logit else Y_PRED

    @property
    def named(self) -> "Loss":
        """The loss with its hyperparameters by their names."""
        return self.bound({name: Symbol(name) for name in self.hyper})

    def of_row(self, model: Model, inputs: Sequence[Q], y: Q, parameters: Sequence[Q]) -> Q:
        """Compute the loss of a row (or of many, in arrays or ranges) at given parameters.

        >>> from sheetgd.descent.model import LINE
        >>> LOSSES["mse"].of_row(LINE, [7.0], 44.0, (1.0, 1.0))
        1296.0
        """
        told = model.score if self.of_logit else model
        found: Q = self.error(told.predict(inputs, parameters), y)
        return found

    def of_mean(self, mean: Q, y: Q) -> Q:
        """Compute the loss of a row for which the mean of all y is predicted.

        Where all y are alike, a logit for it would be endless: 0 is taken.

        >>> LOSSES["log-loss"].of_mean(0.5, 1.0), LOSSES["mse"].of_mean(0.5, 1.0)
        (0.6931471805599453, 0.25)
        """
        if self.of_logit:
            odds = divided(mean, 1 - mean)
            mean = when_equal(mean * (1 - mean), 0, 0.0, logarithm(odds))
        found: Q = self.error(mean, y)
        return found


LOSSES: Mapping[str, Loss] = {
    loss.name: loss
    for loss in (
        Loss(
            name="mse",
            column="error_sq",
            error=squared_error,
            summary="squared error: large misses count for much more than small ones",
            mean="the mean of the squared errors",
            meaning="The squared error of the prediction.",
            squared=True,
        ),
        Loss(
            name="mae",
            column="error_abs",
            error=absolute_error,
            summary="absolute error: every unit of a miss counts alike",
            mean="the mean of the absolute errors, in the unit of y",
            meaning="The absolute error of the prediction.",
        ),
        Loss(
            name="huber",
            column="error_huber",
            error=huber_error,
            summary="Huber's error: squares for small misses, and beyond delta every unit alike",
            mean="the mean of Huber's errors",
            meaning="Half the squared error of the prediction; beyond delta it grows straight on.",
            squared=True,
            hyper={"delta": 1.0},
            slope=huber_slope,
        ),
        Loss(
            name="log-loss",
            column="log_loss",
            error=log_loss,
            summary="log loss: the surer a wrong prediction, the larger it is, without end",
            mean="the mean of the log losses (binary cross-entropy)",
            meaning="-ln(y_pred) where y is 1, -ln(1 - y_pred) where y is 0, computed from the "
            "logit so that it is a number for any.",
            slope=log_slope,
            of_logit=True,
            words="-ln(y_pred) where y=1, -ln(1-y_pred) where y=0",
        ),
    )
}
"""The losses by name, the default first."""


@lru_cache(maxsize=256)
def closed_form(model: Model, loss: str) -> tuple[Program, ...]:
    """Differentiate a row's loss by each parameter, as functions of a row's given columns.

    >>> from sheetgd.descent.model import LINE
    >>> from sheetgd.expression.sheet_cells import formula_of
    >>> [str(formula_of(slope.expression)) for slope in closed_form(LINE, "mse")]
    ['2*(m*x+b-y)*x', '2*(m*x+b-y)']
    >>> str(formula_of(closed_form(LINE, "huber")[0].expression))
    'MAX((-delta),MIN(delta,m*x+b-y))*x'
    """
    parameters: list[Expression] = [Symbol(name) for name in model.parameters]
    inputs: list[Expression] = [Symbol(name) for name in model.inputs]
    names = (*model.inputs, "y", *model.parameters, *LOSSES[loss].hyper)
    taken = LOSSES[loss].named
    if taken.slope is not None:
        told = model.score if taken.of_logit else model
        slope = taken.slope(told.expression, Symbol("y"))
        return tuple(Program(times(slope, partial), names) for partial in told.partials)
    whole = taken.of_row(model, inputs, Symbol("y"), parameters)
    return tuple(Program(derivative(whole, name), names) for name in model.parameters)


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A metric by the name that lessons give it.

    Attributes:
        name: its name.
        loss: the loss whose row errors it sums up.
        averaged: whether the sum is divided by the number of rows.
        rooted: whether the root is taken in the end.
        summary: what it is, in a phrase.
    """

    name: str
    loss: str
    averaged: bool
    rooted: bool
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

    def of_sum(self, summed: Any, rows: Any) -> Any:  # noqa: ANN401  formulas in, a formula out
        """Compute the metric from the sum over the rows.

        >>> METRICS["rmse"].of_sum(18.0, 2)
        3.0
        """
        if self.averaged:
            summed = summed / rows
        return root(summed) if self.rooted else summed


METRICS: Mapping[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric(
            name="rmse",
            loss="mse",
            averaged=True,
            rooted=True,
            summary="the root of the mean of the squared errors, in the unit of y",
        ),
        *(
            Metric(
                name=loss.name,
                loss=loss.name,
                averaged=True,
                rooted=False,
                summary=loss.mean,
            )
            for loss in LOSSES.values()
        ),
        Metric(
            name="root_sse",
            loss="mse",
            averaged=False,
            rooted=True,
            summary="the root of the SUM of the squared errors, not divided by the number of rows",
        ),
    )
}
"""The metrics by name, the default first; the mean of each loss is one."""


def r2_score(y_pred: Q, y: Q, rows: Q, summed: Callable[[Any], Any] = total) -> Q:
    """Compute R^2, what part of y's spread is explained: 1 - sum((y_pred-y)^2)/sum((y-mean)^2).

    1 for a perfect fit, 0 for the mean of y in every row; NaN, or an error, where all y are alike.

    >>> import numpy as np
    >>> float(r2_score(np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 6.0]), np.array(3.0)))
    0.357142857142857...
    """
    spread = summed(square(y - summed(y) / rows))
    found: Q = 1 - divided(summed(square(y_pred - y)), spread)
    return found


def accuracy(score: Q, y: Q, rows: Q, bound: Q, summed: Callable[[Any], Any] = total) -> Q:
    """Compute what part of the rows is told right: those above the bound are told to be 1.

    Args:
        score: the prediction, or its logit.
        y: the classes, 0 or 1.
        rows: how many rows there are.
        bound: the threshold, or its logit.
        summed: takes the sum over the rows.

    >>> import numpy as np
    >>> float(accuracy(np.array([0.2, 0.9, 0.5]), np.array([0.0, 1.0, 1.0]), 3.0, 0.5))
    0.666666666666666...
    """
    found: Q = summed(when_at_least(bound, score, 1 - y, y)) / rows
    return found


@dataclass(frozen=True, kw_only=True)
class Score:
    """A metric of which more is better: it is shown, and epochs are judged by the loss.

    Attributes:
        name: its name.
        summary: what it is, in a phrase.
    """

    name: str
    summary: str

    def note(self, metric: str) -> str:
        """Say that another metric judges."""
        return f"of {self.name} more is better: epochs are judged by {metric}"

    def of(
        self,
        model: Model,
        inputs: Sequence[Any],
        y: Any,  # noqa: ANN401  arrays, or ranges
        parameters: Sequence[Any],
        *,
        rows: Any,  # noqa: ANN401  the same
        summed: Callable[[Any], Any] = total,
    ) -> Any:  # noqa: ANN401  the same
        """Compute it with the parameters held, over some rows.

        >>> import numpy as np
        >>> from sheetgd.descent.model import LINE
        >>> x, y = [np.array([1.0, 2.0])], np.array([0.0, 1.0])
        >>> tuple(float(each.of(LINE, x, y, (1.0, -1.0), rows=2.0)) for each in SCORES.values())
        (1.0, 1.0)
        """
        if self.name == "r2":
            return r2_score(model.predict(inputs, parameters), y, rows, summed)
        score = model.score.predict(inputs, parameters)
        return accuracy(score, y, rows, bound_of(model, 0.5), summed)


def bound_of(model: Model, threshold: Q) -> Q:
    """Return the threshold that the model's score is compared with: its logit after a sigmoid.

    >>> from sheetgd.descent.model import LINE, classifying
    >>> bound_of(LINE, 0.25), bound_of(classifying(LINE), 0.5)
    (0.25, 0.0)
    """
    return logarithm(divided(threshold, 1 - threshold)) if model.ends_in_sigmoid else threshold


SCORES: Mapping[str, Score] = {
    each.name: each
    for each in (
        Score(name="r2", summary="R^2, what part of y's spread the predictions explain"),
        Score(
            name="accuracy",
            summary="what part of the rows is put into its class by a threshold of 0.5",
        ),
    )
}
"""Metrics of which more is better, by name."""


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
