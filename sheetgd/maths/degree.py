"""Of which degree an expression is in some of its symbols, read off its structure."""

import math
from collections.abc import Callable, Mapping, Sequence

from sheetgd.maths.expression import Expression, Number, Operation, Symbol

NOT_POLYNOMIAL = math.inf
"""The degree of what is no polynomial."""


def degree(expression: Expression, degrees: Mapping[str, float]) -> float:
    """The highest degree that an expression can have as a polynomial.

    What cancels is not seen: the degree is never too low, but may be too high.

    Args:
        expression: the expression.
        degrees: the degree of each symbol; of those left out it is 0.

    >>> m, x, y = map(Symbol, ("m", "x", "y"))
    >>> from sheetgd.maths.quantity import absolute, square
    >>> degree(square(m * x - y), {"m": 1, "y": 1}), degree(absolute(m), {"m": 1})
    (2.0, inf)
    """
    if isinstance(expression, Symbol):
        return degrees.get(expression.name, 0)
    if not isinstance(expression, Operation):
        return 0
    each = [degree(operand, degrees) for operand in expression.operands]
    return _RULES.get(expression.function, _unknown)(each, expression) if any(each) else 0


def _unknown(_each: Sequence[float], _whole: Operation) -> float:
    return NOT_POLYNOMIAL


def _of_power(each: Sequence[float], whole: Operation) -> float:
    exponent = whole.operands[1]
    if isinstance(exponent, Number) and exponent.value >= 0 and float(exponent.value).is_integer():
        return each[0] * exponent.value
    return NOT_POLYNOMIAL


def _highest(each: Sequence[float], _whole: Operation) -> float:
    return max(each)


def _of_choice(each: Sequence[float], _whole: Operation) -> float:
    return NOT_POLYNOMIAL if any(each[:2]) else max(each[2:])


_RULES: Mapping[str, Callable[[Sequence[float], Operation], float]] = {
    "+": _highest,
    "-": _highest,
    "negative": _highest,
    "*": lambda each, _: sum(each),
    "/": lambda each, _: NOT_POLYNOMIAL if each[1] else each[0],
    "^": _of_power,
    "when=": _of_choice,
    "when>=": _of_choice,
}
"""The degree of each operation from those of its operands."""
