"""Losses of one row, and the figure that sums up many."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, overload

from sheetgd.maths.formula import Formula
from sheetgd.maths.model import Model
from sheetgd.maths.quantity import Q, root, square, total

if TYPE_CHECKING:
    from sheetgd.maths.quantity import FloatArray


def squared_error(y_pred: Q, y: Q) -> Q:
    """The squared error of a row: (y_pred - y)^2.

    >>> squared_error(39.0, 44.0), str(squared_error(Formula.name("F90"), Formula.name("C90")))
    (25.0, '(F90-C90)^2')
    """
    return square(y_pred - y)


def row_error(model: Model, x: Q, y: Q, parameters: Sequence[Q]) -> Q:
    """The squared error of a row (or of many, in arrays or ranges) at given parameters.

    >>> from sheetgd.maths.model import LINE
    >>> row_error(LINE, 7.0, 44.0, (1.0, 1.0))
    1296.0
    """
    return squared_error(model.predict(x, parameters), y)


def squared_error_slope(y_pred: Q, y: Q) -> Q:
    """The derivative of the squared error by the prediction: 2*(y_pred - y).

    >>> squared_error_slope(39.0, 44.0)
    -10.0
    """
    return 2 * (y_pred - y)


@overload
def root_of_sum(errors: Formula) -> Formula: ...
@overload
def root_of_sum(errors: "FloatArray") -> "FloatArray": ...
@overload
def root_of_sum(errors: Sequence[float]) -> float: ...
def root_of_sum(errors: Any) -> Any:
    """The square root of the sum of squared errors, which the original calls "rmse".

    The sum is not divided by the number of rows: that would be the true RMSE, smaller
    by the factor sqrt(n).

    >>> root_of_sum([1296.0, 1444.0, 3249.0, 3481.0, 6241.0])  # rows 27-31, shown as 125
    125.3435...
    """
    return root(total(errors))
