"""Scaling: input columns made alike in size, and what that means in the data's own units.

A scaled column is (x - centre) / spread. Where all inputs are alike in size, the valley of the loss
is about as wide as long, and one learning rate suits all directions.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sheetgd.descent.model import LOGIT, Model
from sheetgd.expression.derivative import derivative
from sheetgd.expression.functions import (
    count,
    divided,
    root,
    squared_deviations,
    total,
    when_equal,
)
from sheetgd.expression.numbers import Q, evaluate
from sheetgd.expression.sheet_cells import maximum, minimum
from sheetgd.expression.tree import Expression

Column = Any
"""All values of a column: an array, or an expression of a range."""


def mean(values: Column) -> Any:  # noqa: ANN401  a number, or a tree
    """Compute the mean of a column, sum / n.

    >>> import numpy as np
    >>> mean(np.array([1.0, 2.0, 6.0]))
    3.0
    """
    return total(values) / count(values)


def deviation(values: Column) -> Any:  # noqa: ANN401  the same
    """Compute the standard deviation over n, root(sum (x - mean)^2 / n), as scikit-learn does.

    >>> import numpy as np
    >>> deviation(np.array([1.0, 5.0]))
    2.0
    """
    return root(squared_deviations(values) / count(values))


def sample_deviation(values: Column) -> Any:  # noqa: ANN401  the same
    """Compute the standard deviation over n - 1, as a sheet's STDEV and many courses do.

    >>> import numpy as np
    >>> sample_deviation(np.array([1.0, 3.0, 5.0]))
    2.0
    """
    return root(divided(squared_deviations(values), count(values) - 1))


def lowest(values: Column) -> Any:  # noqa: ANN401  the same
    """Return the smallest value of a column.

    >>> import numpy as np
    >>> lowest(np.array([3.0, 1.0]))
    1.0
    """
    return minimum(values) if isinstance(values, Expression) else float(values.min())


def reach(values: Column) -> Any:  # noqa: ANN401  the same
    """Compute the largest value minus the smallest.

    >>> import numpy as np
    >>> reach(np.array([3.0, 1.0]))
    2.0
    """
    highest = maximum(values) if isinstance(values, Expression) else float(values.max())
    return highest - lowest(values)


@dataclass(frozen=True, kw_only=True)
class Scale:
    """A way to scale by the name that lessons give it.

    Attributes:
        name: its name.
        summary: what it is, in a phrase.
        centre: what is taken away from a column, and what that is called.
        spread: what the rest is divided by, and what that is called.
    """

    name: str
    summary: str
    centre: tuple[str, Callable[[Column], Any]]
    spread: tuple[str, Callable[[Column], Any]]


NO_SCALE = "none"
"""Columns stay as they are."""

SCALES: Mapping[str, Scale] = {
    scale.name: scale
    for scale in (
        Scale(
            name="standard",
            summary="less the mean, over the standard deviation (over n)",
            centre=("mean", mean),
            spread=("deviation", deviation),
        ),
        Scale(
            name="sample",
            summary="less the mean, over the sample's standard deviation (over n - 1)",
            centre=("mean", mean),
            spread=("deviation", sample_deviation),
        ),
        Scale(
            name="minmax",
            summary="from 0 at the smallest value to 1 at the largest",
            centre=("smallest", lowest),
            spread=("largest - smallest", reach),
        ),
    )
}
"""The ways to scale by name."""


def scaled(value: Q, centre: Q, spread: Q) -> Q:
    """Compute (x - centre) / spread; where a column does not vary, it is 0.

    >>> scaled(7.0, 5.0, 4.0), scaled(5.0, 5.0, 0.0)
    (0.5, 0.0)
    """
    return (value - centre) / _not_zero(spread)


def _not_zero(spread: Q) -> Q:
    return when_equal(spread, 0, 1, spread)


def in_data_units(
    model: Model, parameters: Sequence[Q], centres: Sequence[Q], spreads: Sequence[Q]
) -> tuple[list[Any], Any] | None:
    """Tell a model of scaled inputs in the units of the data: a slope for each, and a constant.

    Of w*(x - mean)/s + b they are w/s and b - w*mean/s; so of any model that is linear in its
    inputs, and of the logit of a model of classes.

    Args:
        model: the model.
        parameters: the parameters' values, for scaled inputs.
        centres: what was taken away from each input.
        spreads: what each was divided by.

    Returns:
        The slopes in the order of the inputs, and the constant; None for a model that is not
        linear in its inputs.

    >>> from sheetgd.descent.model import LINE
    >>> in_data_units(LINE, [6.0, 5.0], [10.0], [2.0])
    ([3.0], -25.0)
    """
    told = model.score if LOGIT in model.hidden else model
    slopes = [derivative(told.expression, name) for name in model.inputs]
    if any(not set(model.inputs).isdisjoint(slope.names) for slope in slopes):
        return None
    names = model.parameters
    values: list[Any] = list(parameters)
    at_once = list(zip(slopes, centres, spreads, strict=True))
    units = [
        divided(evaluate(slope, names, values), _not_zero(spread)) for slope, _, spread in at_once
    ]
    nothing: list[Any] = [centre * 0 for centre in centres]
    constant: Any = told.predict(nothing, values)
    for unit, centre in zip(units, centres, strict=True):
        constant = constant - unit * centre
    return units, constant
