"""Elementary functions that know numbers, arrays and expressions alike.

All of `sheetgd.descent` is built from these and from ``+ - *``. Of expressions each makes a node
of a tree, by its name in the tables of all printers; of numbers and arrays it computes, as
`sheetgd.expression.numbers` says.
"""

import math
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any, Final, overload

import numpy as np

from sheetgd.expression.numbers import FloatArray, Q, applied
from sheetgd.expression.tree import Expression

ROUNDING: Final = 1e-9
"""Numbers that are apart by less than this part of them are the same. Ours: it leaves room for sums
that programs add up in another order."""

NOTHING: Final = 1e-12
"""What is a smaller part than this of the numbers that it is made of is nothing but rounding, which
is a part of 1E-16. Ours."""

NOTHING_OF_SQUARES: Final = 1e-26
"""The same for sums of squares: of what is compared there itself it is a part of 1E-13. Ours."""

_ALL_DIGITS: Final = Context(prec=400)
"""The largest double has 309 digits before the point."""


def power(base: Q, exponent: "Q | float") -> Q:
    """Raise to a power; a root of a negative number is NaN.

    A square is a product, for ``x**2`` differs from ``x*x`` by one rounding now and then, and a
    spreadsheet's ``^2`` is the product. In the same way a power of a half is the root, and of -1
    the quotient.

    >>> power(2.0, 3.0), power(-1.0, 0.5), power(2.25, 0.5)
    (8.0, nan, 1.5)
    """
    return applied("^", base, exponent)


def square(value: Q) -> Q:
    """Square a value.

    >>> square(3.0)
    9.0
    """
    return power(value, 2.0)


def divided(dividend: Q, divisor: Q) -> Q:
    """Divide; NaN where the divisor is 0 or infinite.

    >>> divided(1.0, 4.0), divided(1.0, 0.0)
    (0.25, nan)
    """
    return applied("/", dividend, divisor)


def root(value: Q) -> Q:
    """Take the square root.

    >>> root(2.25)
    1.5
    """
    return applied("sqrt", value)


def exponential(value: Q) -> Q:
    """Apply the exponential function, e^value.

    >>> exponential(0.0), exponential(1000.0)
    (1.0, inf)
    """
    return applied("exp", value)


def logarithm(value: Q) -> Q:
    """Take the natural logarithm.

    >>> logarithm(1.0), logarithm(0.0)
    (0.0, nan)
    """
    return applied("ln", value)


def absolute(value: Q) -> Q:
    """Drop the sign.

    >>> absolute(-2.0)
    2.0
    """
    return applied("abs", value)


def sign(value: Q) -> Q:
    """Return -1, 0 or 1 as the value is below, at or above 0: the slope of `absolute`.

    >>> sign(-2.0), sign(0.0)
    (-1.0, 0.0)
    """
    return applied("sign", value)


def sine(value: Q) -> Q:
    """Take the sine of an angle in radians.

    >>> sine(0.0)
    0.0
    """
    return applied("sin", value)


def cosine(value: Q) -> Q:
    """Take the cosine of an angle in radians.

    >>> cosine(0.0)
    1.0
    """
    return applied("cos", value)


def tanh(value: Q) -> Q:
    """Take the hyperbolic tangent.

    >>> tanh(0.0)
    0.0
    """
    return applied("tanh", value)


def relu(value: Q) -> Q:
    """Keep what is above 0, max(0, value); its derivative at 0 is 0.

    >>> relu(-2.0), relu(3.0)
    (0.0, 3.0)
    """
    return applied("max", 0.0, value)


def sigmoid(value: Q) -> Q:
    """Press any number between 0 and 1, 1 / (1 + e^-value), as (1 + tanh(value/2)) / 2.

    The power of e would be beyond all numbers from -710 on.

    >>> sigmoid(0.0), sigmoid(-1000.0)
    (0.5, 0.0)
    """
    return applied("sigmoid", value)


def softplus(value: Q) -> Q:
    """Round off the corner of `relu`, ln(1 + e^value), as max(value, 0) + ln(1 + e^-abs(value)).

    Its derivative is `sigmoid`.

    >>> softplus(0.0), softplus(1000.0)
    (0.6931471805599453, 1000.0)
    """
    return applied("softplus", value)


def step(value: Q) -> Q:
    """Return 1 above 0, else 0: its derivative is 0, at the jump, too.

    >>> step(0.0), step(0.1)
    (0.0, 1.0)
    """
    return applied("when>=", 0.0, value, 0.0, 1.0)


def floored(value: Q) -> Q:
    """Round down to a whole number.

    >>> floored(2.7), floored(-0.5)
    (2.0, -1.0)
    """
    return applied("floor", value)


def larger(first: Q, second: Q) -> Q:
    """Return the larger of two values.

    >>> larger(1.0, 2.0)
    2.0
    """
    return applied("max", first, second)


def smaller(first: Q, second: Q) -> Q:
    """Return the smaller of two values.

    >>> smaller(1.0, 2.0)
    1.0
    """
    return applied("min", first, second)


def remainder(dividend: Q, divisor: Q) -> Q:
    """Return what is left of a whole number after dividing it by another.

    >>> remainder(7.0, 3.0)
    1.0
    """
    return applied("remainder", dividend, divisor)


def when_equal(one: Q, other: "Q | float", then: "Q | float", otherwise: "Q | float") -> Q:
    """Choose between two values, as two others are equal or not.

    >>> when_equal(3.0, 3.0, 1.0, 0.0)
    1.0
    """
    return applied("when=", one, other, then, otherwise)


def when_at_least(one: Q, other: "Q | float", then: "Q | float", otherwise: "Q | float") -> Q:
    """Choose between two values, as another reaches a bound or not.

    >>> when_at_least(2.0, 3.0, 1.0, 0.0)
    0.0
    """
    return applied("when>=", one, other, then, otherwise)


@overload
def total(values: Expression) -> Expression: ...
@overload
def total(values: FloatArray) -> FloatArray: ...
@overload
def total(values: float) -> float: ...
@overload
def total(values: Sequence[float]) -> float: ...
def total(values: Any) -> Any:
    """Add the values up in their order; those of an array along its first axis.

    The sum of a single number is that number. Numbers are added one after the other: `sum`
    compensates its rounding from Python 3.12 on, and NumPy adds pairwise.

    >>> total([1.0, 2.0, 3.5])
    6.5
    """
    if isinstance(values, Expression):
        return applied("total", values)
    array = np.asarray(values, dtype=np.float64)
    if not array.ndim:
        return values
    if not len(array):
        return np.zeros(array.shape[1:])[()]
    last = np.add.accumulate(array, axis=0)[-1]
    return last if last.ndim else last.item()


def added(quantities: Sequence[Any]) -> Any:  # noqa: ANN401  any kind of quantity
    """Add some quantities up, one after the other.

    >>> added([1.0, 2.5])
    3.5
    """
    first, *others = quantities
    for each in others:
        first = first + each
    return first


def rounded(value: Q, decimals: int) -> Q:
    """Round to this many decimals as a spreadsheet displays it: halves go away from zero.

    A spreadsheet rounds the decimal number that it shows, not the binary one that it
    holds, so 1.0005 becomes 1.001. Infinities and NaN stay what they are.

    >>> rounded(1.0005, 3), rounded(-2.5, 0)
    (1.001, -3.0)
    >>> rounded(1.23456e20, -18), rounded(4e15, -16)
    (1.23e+20, 0.0)
    """
    if isinstance(value, Expression):
        raise TypeError("an expression cannot be rounded: nothing is rounded before it is computed")
    if isinstance(value, float):
        if not math.isfinite(value):
            return value
        # A double of 2^53 and more has no decimals left to round away, only digits before them.
        if abs(value) >= 2**53 and decimals >= 0:
            return value
        step = Decimal(1).scaleb(-decimals)
        return float(Decimal(repr(value)).quantize(step, ROUND_HALF_UP, _ALL_DIGITS))

    each = [rounded(number, decimals) for number in value.ravel().tolist()]
    return np.array(each, dtype=np.float64).reshape(value.shape)


@overload
def count(values: Expression) -> Expression: ...
@overload
def count(values: "Sequence[float] | FloatArray") -> float: ...
def count(values: Any) -> Any:
    """Count the values.

    >>> count([1.0, 2.0])
    2.0
    """
    return applied("count", values) if isinstance(values, Expression) else float(len(values))


@overload
def squared_deviations(values: Expression) -> Expression: ...
@overload
def squared_deviations(values: "FloatArray") -> float: ...
def squared_deviations(values: Any) -> Any:
    """Sum the squares of how far numbers are from their mean: sum((x - mean(x))^2).

    >>> squared_deviations(np.array([1.0, 2.0, 6.0]))
    14.0
    """
    if isinstance(values, Expression):
        return applied("squared_deviations", values)
    return slope_of(values, values)[1]


@overload
def slope(x: Expression, y: Expression) -> Expression: ...
@overload
def slope(x: "FloatArray", y: "FloatArray") -> float: ...
def slope(x: Any, y: Any) -> Any:
    """Compute the best line's m: sum((x - mean(x)) * (y - mean(y))) / sum((x - mean(x))^2).

    NaN where all x are equal, for which a spreadsheet shows ``#DIV/0!``, and where they are so far
    apart that their squares overflow, for which it shows ``#NUM!``.

    >>> slope(np.array([7.0, 9.0, 28.0]), np.array([44.0, 48.0, 86.0]))
    2.0
    >>> slope(np.array([7.0, 7.0]), np.array([44.0, 48.0]))
    nan
    >>> slope(np.array([0.0, 1e200]), np.array([44.0, 48.0]))
    nan
    """
    return applied("slope", y, x) if isinstance(x, Expression) else divided(*slope_of(y, x))


def slope_of(y: FloatArray, x: FloatArray) -> tuple[float, float]:
    """Return the two sums whose quotient that is."""
    with np.errstate(all="ignore"):
        from_mean = x - total(x) / count(x)
        return (
            float(total(from_mean * (y - total(y) / count(y)))),
            float(total(from_mean * from_mean)),
        )
