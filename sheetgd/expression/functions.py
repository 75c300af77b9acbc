"""Elementary functions that know numbers, arrays and expressions alike.

All of `sheetgd.descent` is built from these and from ``+ - *``. Where arithmetic has
no answer (a division by zero, the logarithm of a negative number), a number becomes NaN,
where it overflows, infinite: a spreadsheet shows an error in both cases.

What is made of an error is an error, too. Left to themselves, Python and NumPy say that
1/(1 + exp(1000)) is 0 and that tanh of an infinity is 1, where a spreadsheet shows errors, as
EXP(1000) is one already. So nothing here makes a number of an infinity.
"""

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any, Final, TypeVar, overload

import numpy as np

from sheetgd.expression.tree import Expression, Number, Operation

FloatArray = np.ndarray[Any, np.dtype[np.float64]]
"""An array of floats of any shape."""

ROUNDING: Final = 1e-9
"""Numbers that are apart by less than this part of them are the same. Ours: it leaves room for sums
that programs add up in another order."""

NOTHING: Final = 1e-12
"""What is a smaller part than this of the numbers that it is made of is nothing but rounding, which
is a part of 1E-16. Ours."""

NOTHING_OF_SQUARES: Final = 1e-26
"""The same for sums of squares: of what is compared there itself it is a part of 1E-13. Ours."""

LOSE_INFINITY: Final = frozenset({"/", "^", "exp", "sign", "tanh", "max", "min"})
"""Functions that make a number of some infinity, by their names in `sheetgd.expression.numbers`."""


def unless_infinite(function: Callable[..., Any]) -> Callable[..., Any]:
    """Make a function of arrays return NaN where one of them is infinite.

    >>> import numpy as np
    >>> unless_infinite(np.exp)(np.array([0.0, -np.inf])).tolist()
    [1.0, nan]
    """

    def careful(*values: Any) -> Any:  # noqa: ANN401  what the function takes
        infinite = [np.isinf(value) for value in values]
        found = function(*values)
        if not any(each.any() for each in infinite):
            return found
        return np.where(np.logical_or.reduce(np.broadcast_arrays(*infinite)), math.nan, found)

    return careful


def quotient(
    dividend: Any,  # noqa: ANN401  an array or a number
    divisor: Any,  # noqa: ANN401  the same
) -> Any:  # noqa: ANN401  the same
    """Divide numbers or arrays; NaN where the divisor is 0 or infinite.

    >>> import numpy as np
    >>> quotient(1.0, np.array([4.0, np.inf])).tolist()
    [0.25, nan]
    >>> quotient(np.array([1.0, 2.0]), np.array([[np.inf], [4.0]])).tolist()
    [[nan, nan], [0.25, 0.5]]
    """
    if isinstance(divisor, int | float):
        return math.nan * dividend if divisor == 0 or math.isinf(divisor) else dividend / divisor
    found = np.divide(dividend, divisor)
    wrong = (divisor == 0.0) | np.isinf(divisor)
    return np.where(wrong, math.nan, found) if np.any(wrong) else found


def raised(
    base: Any,  # noqa: ANN401  an array or a number
    exponent: Any,  # noqa: ANN401  the same
) -> Any:  # noqa: ANN401  the same
    """Raise numbers or arrays to a power; NaN where base or exponent is infinite.

    A square is a product, for ``x**2`` differs from ``x*x`` by one rounding now and then, and a
    spreadsheet's ``^2`` is the product. In the same way a power of a half is the root, and of -1
    the quotient.

    >>> raised(2.0, 3.0), raised(math.inf, -1.0), raised(2.25, 0.5), raised(-1.0, 0.5)
    (8.0, nan, 1.5, nan)
    """
    single = isinstance(base, int | float)
    if isinstance(exponent, int | float):
        if exponent == _SQUARE:
            return base * base
        if exponent == _ROOT:
            endless = single and math.isinf(base)
            return (
                math.nan
                if endless
                else _apply("sqrt", [base])
                if single
                else (unless_infinite(np.sqrt)(base))
            )
        if exponent == _INVERSE:
            return quotient(1.0, base)
        if single:
            endless = math.isinf(base) or math.isinf(exponent)
            return math.nan if endless else safely(math.pow, base, exponent)
    return unless_infinite(np.power)(base, exponent)


_SQUARE, _ROOT, _INVERSE = 2.0, 0.5, -1.0


def chosen(
    holds: Callable[[Any, Any], Any],
    one: Any,  # noqa: ANN401  an array or a number
    other: Any,  # noqa: ANN401  the same
    then: Any,  # noqa: ANN401  the same
    otherwise: Any,  # noqa: ANN401  the same
) -> Any:  # noqa: ANN401  the same
    """Choose by a comparison between two values; NaN where what is compared is not finite.

    >>> import operator
    >>> import numpy as np
    >>> chosen(operator.ge, 3.0, 2.0, 1.0, 0.0), chosen(operator.ge, math.nan, 2.0, 1.0, 0.0)
    (1.0, nan)
    >>> chosen(operator.ge, np.array([3.0, 1.0, np.nan]), 2.0, 1.0, 0.0).tolist()
    [1.0, 0.0, nan]
    """
    if isinstance(one, int | float) and isinstance(other, int | float):
        if not (math.isfinite(one) and math.isfinite(other)):
            return math.nan
        return then if holds(one, other) else otherwise

    found = np.where(holds(one, other), then, otherwise)
    numbers = np.isfinite(one) & np.isfinite(other)
    return found if numbers.all() else np.where(numbers, found, math.nan)


def safely(function: Callable[..., float], *values: float) -> float:
    """Call a function; return infinity where it overflows, and NaN where it has no answer.

    >>> safely(math.exp, 1000.0), safely(math.log, -1.0)
    (inf, nan)
    """
    try:
        return function(*values)
    except OverflowError:
        return math.inf
    except (ValueError, ZeroDivisionError):
        return math.nan


Q = TypeVar("Q", float, "FloatArray", Expression)
"""A quantity: a float, an array of floats, or an expression."""

_ALL_DIGITS: Final = Context(prec=400)
"""The largest double has 309 digits before the point."""


def power(base: Q, exponent: "Q | float") -> Q:
    """Raise to a power; a root of a negative number is NaN.

    >>> power(2.0, 3.0), power(-1.0, 0.5)
    (8.0, nan)
    """
    if isinstance(base, Expression):
        power_of = exponent if isinstance(exponent, Expression) else Number(float(exponent))
        return Operation("^", (base, power_of))
    result: Q = raised(base, exponent)
    return result


def square(value: Q) -> Q:
    """Square a value: a product, as `raised` says.

    >>> square(3.0)
    9.0
    """
    return power(value, 2) if isinstance(value, Expression) else value * value


def divided(dividend: Q, divisor: Q) -> Q:
    """Divide; NaN where the divisor is 0 or infinite.

    >>> divided(1.0, 4.0), divided(1.0, 0.0)
    (0.25, nan)
    """
    if isinstance(dividend, Expression) or isinstance(divisor, Expression):
        return dividend / divisor
    result: Q = quotient(dividend, divisor)
    return result


def root(value: Q) -> Q:
    """Take the square root.

    >>> root(2.25)
    1.5
    """
    return _applied("sqrt", value)


def exponential(value: Q) -> Q:
    """Apply the exponential function, e^value.

    >>> exponential(0.0), exponential(1000.0)
    (1.0, inf)
    """
    return _applied("exp", value)


def logarithm(value: Q) -> Q:
    """Take the natural logarithm.

    >>> logarithm(1.0), logarithm(0.0)
    (0.0, nan)
    """
    return _applied("ln", value)


def absolute(value: Q) -> Q:
    """Drop the sign.

    >>> absolute(-2.0)
    2.0
    """
    return _applied("abs", value)


def sign(value: Q) -> Q:
    """Return -1, 0 or 1 as the value is below, at or above 0: the slope of `absolute`.

    >>> sign(-2.0), sign(0.0)
    (-1.0, 0.0)
    """
    return _applied("sign", value)


def sine(value: Q) -> Q:
    """Take the sine of an angle in radians.

    >>> sine(0.0)
    0.0
    """
    return _applied("sin", value)


def cosine(value: Q) -> Q:
    """Take the cosine of an angle in radians.

    >>> cosine(0.0)
    1.0
    """
    return _applied("cos", value)


def tanh(value: Q) -> Q:
    """Take the hyperbolic tangent.

    >>> tanh(0.0)
    0.0
    """
    return _applied("tanh", value)


def larger(first: Q, second: Q) -> Q:
    """Return the larger of two values.

    >>> larger(1.0, 2.0)
    2.0
    """
    return _applied("max", first, second)


def smaller(first: Q, second: Q) -> Q:
    """Return the smaller of two values.

    >>> smaller(1.0, 2.0)
    1.0
    """
    return _applied("min", first, second)


def remainder(dividend: Q, divisor: Q) -> Q:
    """Return what is left of a whole number after dividing it by another.

    >>> remainder(7.0, 3.0)
    1.0
    """
    return _applied("remainder", dividend, divisor)


def floored(value: Q) -> Q:
    """Round down to a whole number.

    >>> floored(2.7), floored(-0.5)
    (2.0, -1.0)
    """
    return _applied("floor", value)


def when_equal(one: Q, other: "Q | float", then: "Q | float", otherwise: "Q | float") -> Q:
    """Choose between two values, as two others are equal or not.

    >>> when_equal(3.0, 3.0, 1.0, 0.0)
    1.0
    """
    result: Q = _chosen("=", one, other, then, otherwise)
    return result


def when_at_least(one: Q, other: "Q | float", then: "Q | float", otherwise: "Q | float") -> Q:
    """Choose between two values, as another reaches a bound or not.

    >>> when_at_least(2.0, 3.0, 1.0, 0.0)
    0.0
    """
    result: Q = _chosen(">=", one, other, then, otherwise)
    return result


@overload
def total(values: Expression) -> Expression: ...
@overload
def total(values: "FloatArray") -> "FloatArray": ...
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
        return Operation("total", (values,))
    if isinstance(values, int | float):
        return values
    if not isinstance(values, list | tuple):
        # One after the other, too.
        return _running_sum(values)
    result = 0.0
    for value in values:
        result = result + value
    return result


def _running_sum(values: "FloatArray") -> "FloatArray":

    if not len(values):
        return np.zeros(values.shape[1:])
    last: FloatArray = np.add.accumulate(values, axis=0)[-1]
    return last


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
    if isinstance(values, Expression):
        return Operation("count", (values,))
    return float(len(values))


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
    return Operation("slope", (y, x)) if isinstance(x, Expression) else divided(*slope_of(y, x))


def slope_of(y: FloatArray, x: FloatArray) -> tuple[float, float]:
    """Return the two sums whose quotient that is."""
    with np.errstate(all="ignore"):
        from_mean = x - total(x) / count(x)
        return (
            float(total(from_mean * (y - total(y) / count(y)))),
            float(total(from_mean * from_mean)),
        )


def array_function(name: str) -> Callable[..., Any]:
    """Return the NumPy function by its name here; none makes a number of an infinity.

    >>> float(array_function("ln")(1.0))
    0.0
    """
    found: np.ufunc = getattr(np, _SPELLINGS[name][1])
    return unless_infinite(found) if name in LOSE_INFINITY else found


def _applied(name: str, *values: Q) -> Q:
    """Apply a function, by its name here, to any kind of quantity."""
    result: Q = _apply(name, values)
    return result


def _apply(name: str, values: Sequence[Any]) -> Any:  # noqa: ANN401  as many kinds out as in
    if isinstance(values[0], Expression):
        return Operation(name, tuple(values))
    if all(isinstance(value, int | float) for value in values):
        if name in LOSE_INFINITY and any(map(math.isinf, values)):
            return math.nan
        return safely(_SPELLINGS[name][0], *values)
    return array_function(name)(*values)


def _sign(value: float) -> float:
    return math.nan if math.isnan(value) else float((value > 0) - (value < 0))


def _unless_nan(function: Callable[..., float], one: float, other: float) -> float:
    """Return NaN where an operand is NaN: Python's max and min look past it, a sheet does not."""
    return function(one, other) if one == one and other == other else math.nan  # noqa: PLR0124  NaN


def _chosen(
    comparison: str,
    one: Any,  # noqa: ANN401  any kind of quantity, as when_equal says
    other: Any,  # noqa: ANN401  the same
    then: Any,  # noqa: ANN401  the same
    otherwise: Any,  # noqa: ANN401  the same
) -> Any:  # noqa: ANN401  the same
    if isinstance(one, Expression):
        operands = (one, other, then, otherwise)
        lifted = (each if isinstance(each, Expression) else Number(each) for each in operands)
        return Operation(f"when{comparison}", tuple(lifted))
    holds = operator.eq if comparison == "=" else operator.ge
    return chosen(holds, one, other, then, otherwise)


_SPELLINGS: Mapping[str, tuple[Callable[..., float], str]] = {
    "sqrt": (math.sqrt, "sqrt"),
    "exp": (math.exp, "exp"),
    "ln": (math.log, "log"),
    "abs": (abs, "abs"),
    "sign": (_sign, "sign"),
    "sin": (math.sin, "sin"),
    "cos": (math.cos, "cos"),
    "tanh": (math.tanh, "tanh"),
    "max": (lambda one, other: _unless_nan(max, one, other), "maximum"),
    "min": (lambda one, other: _unless_nan(min, one, other), "minimum"),
    "floor": (lambda value: float(math.floor(value)), "floor"),
    "remainder": (lambda dividend, divisor: dividend % divisor, "mod"),
}
"""A function for floats, and its name in NumPy."""
