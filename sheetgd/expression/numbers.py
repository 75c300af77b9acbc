"""Computing an expression: with floats, arrays, or symbols again."""

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sheetgd.expression import functions as quantity
from sheetgd.expression.functions import Q
from sheetgd.expression.tree import Expression, Number, Operation, Symbol, lifted

FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "exp": quantity.exponential,
    "ln": quantity.logarithm,
    "sqrt": quantity.root,
    "abs": quantity.absolute,
    "sin": quantity.sine,
    "cos": quantity.cosine,
    "tanh": quantity.tanh,
    "max": quantity.larger,
    "min": quantity.smaller,
}
"""The functions that a formula of one's own may call."""

_OPERATIONS: Mapping[str, Callable[..., Any]] = {
    **FUNCTIONS,
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": quantity.divided,
    "^": quantity.power,
    "negative": operator.neg,
    "sign": quantity.sign,
    "floor": quantity.floored,
    "remainder": quantity.remainder,
    "when=": quantity.when_equal,
    "when>=": quantity.when_at_least,
}
_Evaluator = Callable[[Sequence[Any]], Any]


class Program:
    """An expression made ready to be computed for many rows.

    Args:
        expression: what to compute.
        names: the symbols that it may hold, in the order in which their values are given.

    >>> line = Program(Symbol("m") * Symbol("x") + Symbol("b"), ("x", "m", "b"))
    >>> line((7.0, 2.0, 30.0))
    44.0
    """

    def __init__(self, expression: Expression, names: tuple[str, ...]) -> None:
        """Keep the expression: nothing is prepared before it is needed."""
        self.expression = expression
        self.names = names
        self._evaluators: dict[type, _Evaluator] = {}

    def __call__(self, values: Sequence[Q]) -> Q:
        """Evaluate the expression with values that are all of one kind."""
        kind = Expression if isinstance(values[-1], Expression) else float
        if kind not in self._evaluators:
            lift = lifted if kind is Expression else float
            self._evaluators[kind] = _evaluator(self.expression, self.names, lift)
        result: Q = self._evaluators[kind](values)
        return result


def evaluate(expression: Expression, names: tuple[str, ...], values: Sequence[Q]) -> Q:
    """Evaluate an expression this once: see `Program`.

    >>> evaluate(Symbol("m") * Symbol("x"), ("x", "m"), (7.0, 2.0))
    14.0
    """
    return Program(expression, names)(values)


def on_numbers(function: str) -> Callable[..., Any]:
    """Return the function of an operation on floats, or on arrays.

    >>> on_numbers("/")(1.0, 0.0), on_numbers("sqrt")(4.0)
    (nan, 2.0)
    """
    return _OPERATIONS[function]


def _evaluator(
    expression: Expression, names: tuple[str, ...], lift: Callable[[float], Any]
) -> _Evaluator:
    """Build a function of the symbols' values; `lift` makes a quantity of a constant."""
    if isinstance(expression, Number):
        number = lift(expression.value)
        return lambda _: number
    if isinstance(expression, Symbol):
        return operator.itemgetter(names.index(expression.name))
    assert isinstance(expression, Operation)  # noqa: S101  there is no other kind
    function = _OPERATIONS[expression.function]
    operands = [_evaluator(operand, names, lift) for operand in expression.operands]
    if len(operands) == 1:
        (only,) = operands
        return lambda values: function(only(values))
    if len(operands) == 2:  # noqa: PLR2004  the usual case, and the fastest
        first, second = operands
        return lambda values: function(first(values), second(values))
    return lambda values: function(*[operand(values) for operand in operands])
