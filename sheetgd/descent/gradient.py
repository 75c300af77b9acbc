"""Gradient rules: ways to get the partial derivatives of a row's loss, one by each parameter."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

from sheetgd.descent.loss import Loss, closed_form
from sheetgd.descent.model import Model
from sheetgd.expression.derivative import derivative, times
from sheetgd.expression.functions import (
    ROUNDING,
    absolute,
    added,
    count,
    larger,
    sign,
    total,
    when_at_least,
)
from sheetgd.expression.numbers import Program, Q, program_of
from sheetgd.expression.tree import Expression, Operation, Symbol


def nudged_error(model: Model, loss: Loss, cells: Mapping[str, Q], which: int, moved: Q) -> Q:
    """Compute the loss of a row with one parameter moved to another value.

    >>> from sheetgd.descent.loss import LOSSES
    >>> from sheetgd.descent.model import LINE
    >>> cells = {"x": 7.0, "y": 44.0, "m": 2.051, "b": 25.075}
    >>> round(nudged_error(LINE, LOSSES["mse"], cells, 0, cells["m"] + 0.01), 3)  # err_m1
    20.232
    """
    values = [moved if place == which else cells[p] for place, p in enumerate(model.parameters)]
    inputs = [cells[name] for name in model.inputs]
    return loss.bound(cells).of_row(model, inputs, cells["y"], values)


def forward_difference(error_above: Q, error: Q, nudge: Q) -> Q:
    """Compute (loss(p + nudge) - loss(p)) / nudge.

    Of a squared error, with a model that is linear in p, it is the derivative plus nudge times
    the square of what p is multiplied by.

    >>> forward_difference(7.01**2, 7.0**2, 0.01)  # (7p)^2 at 1 has the slope 98
    14.0...
    """
    return (error_above - error) / nudge


def central_difference(error_above: Q, error_below: Q, nudge: Q) -> Q:
    """Compute (loss(p + nudge) - loss(p - nudge)) / (2 * nudge): exact for squares.

    >>> central_difference(2.1**2, 1.9**2, 0.1)  # the slope of p^2 at 2
    4.0...
    """
    return (error_above - error_below) / (2 * nudge)


def slope_of_column(model: Model, loss: Loss, column: str) -> Program:
    """Differentiate a row's loss by a column of the model, by the chain rule.

    It is the sum, over the columns that read it, of the derivative by that column, which stands in
    the row already, times how fast that column follows; by y_pred, or the logit, the derivative of
    the loss.
    """
    if column != loss.reads:
        return program_of(_chained(model, column))
    read, y, named = Symbol(column), Symbol("y"), loss.named
    slope = named.slope(read, y) if named.slope else derivative(named.error(read, y), column)
    return program_of(slope)


def chain_columns(model: Model, loss: Loss) -> tuple[str, ...]:
    """List the columns of the model that a loss has derivatives by, from the loss back.

    >>> from sheetgd.descent.loss import LOSSES
    >>> from sheetgd.descent.model import classifying, model_of
    >>> chain_columns(model_of("net 1 relu"), LOSSES["mse"])
    ('y_pred', 'h1')
    >>> chain_columns(classifying(model_of("net 1 relu")), LOSSES["log-loss"])
    ('logit', 'h1')
    """
    names = [*model.columns]
    return tuple(reversed(names[: names.index(loss.reads) + 1]))


def _chained(model: Model, name: str) -> Expression:
    """Write the chain rule for a column, or a parameter, from the derivatives by what reads it."""
    later = [(each, formula) for each, formula in model.columns.items() if name in formula.names]
    terms = [times(Symbol(f"de/d{each}"), derivative(formula, name)) for each, formula in later]
    found: Expression = added(terms)
    return found


@lru_cache(maxsize=256)
def _backwards(model: Model, name: str) -> Program:
    return program_of(_chained(model, name))


def _backprop(model: Model, loss: Loss, cells: Mapping[str, Q], which: int) -> Q:  # noqa: ARG001  called alike
    return _backwards(model, model.parameters[which]).read(cells)


def biases(model: Model) -> tuple[str, ...]:
    """List the parameters that only ever stand alone as a summand, of the model or in a function.

    >>> from sheetgd.descent.model import model_of
    >>> [biases(model_of(each)) for each in ("m*x + b", "w*tanh(a*x + b) - c", "(m + b)*x")]
    [('b',), ('b', 'c'), ()]
    """
    found = list(_summed(model.expression, alone=True))
    return tuple(each for each in model.parameters if (each, False) not in found)


def _summed(tree: Expression, *, alone: bool) -> Iterator[tuple[str, bool]]:
    """Yield every symbol, and whether it stands alone as a summand there."""
    if isinstance(tree, Symbol):
        yield tree.name, alone
    elif isinstance(tree, Operation):
        inside = tree.function not in {"*", "/", "^"}
        kept = alone if tree.function in {"+", "-", "negative"} else inside
        for operand in tree.operands:
            yield from _summed(operand, alone=kept)


def penalty_slope(parameter: Q, settings: Mapping[str, Q]) -> Q:
    """Compute the slope of a parameter's penalty, l2/2 * p^2 + l1 * |p|: l2 * p + l1 * sign(p).

    It is exact, by whatever rule the loss is differentiated; at 0 that of |p| is 0.

    >>> penalty_slope(-3.0, {"l2": 0.5, "l1": 0.25}), penalty_slope(0.0, {"l2": 0.5, "l1": 0.25})
    (-1.75, 0.0)
    """
    return settings["l2"] * parameter + settings["l1"] * sign(parameter)


class Derivative(Protocol):
    """The derivative of a row's loss by the parameter at `which`.

    `cells` holds the row so far by column name: the inputs, y, the parameters, y_pred, the loss
    and the nudged loss; and the setting nudge.
    """

    def __call__(self, model: Model, loss: Loss, cells: Mapping[str, Q], which: int) -> Q:
        """Return de/dp."""
        ...


def _forward(model: Model, loss: Loss, cells: Mapping[str, Q], which: int) -> Q:
    above = cells[f"err_{model.parameters[which]}1"]
    return forward_difference(above, cells[loss.column], cells["nudge"])


def _central(model: Model, loss: Loss, cells: Mapping[str, Q], which: int) -> Q:
    name = model.parameters[which]
    below = nudged_error(model, loss, cells, which, cells[name] - cells["nudge"])
    return central_difference(cells[f"err_{name}1"], below, cells["nudge"])


def _closed_form(model: Model, loss: Loss, cells: Mapping[str, Q], which: int) -> Q:
    # It predicts anew, as the original's captions have it, and does not read the column
    # y_pred: LibreOffice 7.4 takes a column that all derivatives depend on for a circle
    # (Err:522).
    return closed_form(model, loss.name)[which].read(cells)


def _swapped_closed_form(model: Model, loss: Loss, cells: Mapping[str, Q], which: int) -> Q:
    return _closed_form(model, loss, cells, len(model.parameters) - 1 - which)


@dataclass(frozen=True, kw_only=True)
class GradientRule:
    """A gradient rule by the name that lessons give it.

    `summary` names it in a phrase, `text` tells a learner how it finds a derivative.
    `nudges` tells whether a row shows its loss with each parameter nudged.
    `carry_decimals` is the number of decimals to which the parameters are rounded
    between epochs; None carries them in full.
    `chains` tells whether a row shows the derivatives by y_pred and by the model's columns.
    """

    name: str
    summary: str
    text: str
    derivative: Derivative
    nudges: bool = True
    carry_decimals: int | None = None
    chains: bool = False


GRADIENT_RULES: Mapping[str, GradientRule] = {
    rule.name: rule
    for rule in (
        GradientRule(
            name="forward",
            summary="forward difference: nudge a parameter up and see how the loss changes",
            text="Nudge a parameter up by a tiny amount (the cell nudge) and see how the row's "
            "loss changes: that change, divided by the nudge, is close to the derivative.",
            derivative=_forward,
        ),
        GradientRule(
            name="central",
            summary="central difference: nudge a parameter up and down",
            text="Nudge a parameter up by a tiny amount (the cell nudge), then down by the same: "
            "the difference of the two losses, divided by twice the nudge, is close to the "
            "derivative, and of a squared error of a line it is the derivative itself.",
            derivative=_central,
        ),
        GradientRule(
            name="analytic",
            summary="closed form: the derivative by the rules of calculus",
            text="The rules of calculus give the derivative at once, without any nudging.",
            derivative=_closed_form,
            nudges=False,
        ),
        GradientRule(
            name="backprop",
            summary="backpropagation: the chain rule, column by column, from the loss back",
            text="The chain rule goes from the loss back through the model, a column at a time: "
            "the derivative by y_pred, then by each column before it, then by each parameter, "
            "each a product of what stands beside it.",
            derivative=_backprop,
            nudges=False,
            chains=True,
        ),
        GradientRule(
            name="swapped",
            summary="as the original computes: closed form, the derivatives in each "
            "other's places, parameters carried between epochs with three decimals",
            text="The rules of calculus give the derivatives, but each stands in the other's "
            "place. Between epochs the parameters are rounded to three decimals.",
            derivative=_swapped_closed_form,
            carry_decimals=3,
        ),
    )
}
"""The gradient rules by name, the default first."""


WAYS = ("forward", "central", "analytic")
"""The rules that find one and the same derivative in different ways."""


def three_ways(model: Model, loss: Loss, cells: Mapping[str, Q], which: int) -> tuple[Q, ...]:
    """Find the derivative by a parameter in three ways: forward, central, and in closed form.

    `cells` holds the inputs, y, the parameters and the loss of a row, and the settings.

    >>> from sheetgd.descent.loss import LOSSES
    >>> from sheetgd.descent.model import LINE
    >>> cells = {"x": 7.0, "y": 44.0, "m": 1.0, "b": 1.0, "error_sq": 1296.0, "nudge": 0.01}
    >>> [round(each, 6) for each in three_ways(LINE, LOSSES["mse"], cells, 0)]
    [-503.51, -504.0, -504.0]
    """
    name = model.parameters[which]
    above = nudged_error(model, loss, cells, which, cells[name] + cells["nudge"])
    row = {**cells, f"err_{name}1": above}
    return tuple(GRADIENT_RULES[way].derivative(model, loss, row, which) for way in WAYS)


def mean_of_ways(
    model: Model,
    loss: Loss,
    inputs: Sequence[Any],
    y: Any,  # noqa: ANN401  the same
    cells: Mapping[str, Any],
    *,
    mean: Callable[[Any], Any] | None = None,
) -> list[tuple[Any, ...]]:
    """Average the gradient over all rows, for each parameter in the three ways.

    `cells` holds the parameters and the settings; `mean` takes the mean over the rows, by default
    over all of them.

    >>> import numpy as np
    >>> from sheetgd.descent.loss import LOSSES
    >>> from sheetgd.descent.model import LINE
    >>> x, y = np.array([1.0, 3.0]), np.array([2.0, 4.0])
    >>> slopes = mean_of_ways(LINE, LOSSES["mse"], [x], y, {"m": 1.0, "b": 1.0, "nudge": 0.5})
    >>> [[float(each) for each in ways] for ways in slopes]
    [[2.5, 0.0, 0.0], [0.5, 0.0, 0.0]]
    """
    held = [cells[name] for name in model.parameters]
    error = loss.bound(cells).of_row(model, inputs, y, held)
    row = {**dict(zip(model.inputs, inputs, strict=True)), "y": y, loss.column: error, **cells}
    taken = mean or (lambda slopes: total(slopes) / count(inputs[0]))
    return [
        tuple(map(taken, three_ways(model, loss, row, which)))
        for which in range(len(model.parameters))
    ]


def apart(one: Q, other: Q) -> Q:
    """Subtract two derivatives; 0 where the difference is nothing but rounding.

    Less than a billionth of them is: how much of it is left depends on who computes it.

    >>> from sheetgd.expression.sheet_cells import formula_of
    >>> from sheetgd.expression.tree import Symbol
    >>> apart(-503.51, -504.0), apart(100.00000000001, 100.0)
    (0.4900..., 0.0)
    >>> str(formula_of(apart(Symbol("forward"), Symbol("exact"))))
    'IF(ABS(forward-exact)>=0.000000001*MAX(ABS(forward),ABS(exact)),forward-exact,0)'
    """
    difference = one - other
    least = ROUNDING * larger(absolute(one), absolute(other))
    return when_at_least(absolute(difference), least, difference, 0.0)
