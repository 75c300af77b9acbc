"""Infinity, which a spreadsheet does not have: there an overflow is an error, and remains one.

Left to themselves, Python and NumPy say that 1/(1 + exp(1000)) is 0 and that tanh of an infinity
is 1. A spreadsheet shows an error for both, as EXP(1000) is one already.
"""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LOSE_INFINITY: Final = frozenset({"/", "^", "exp", "sign", "tanh", "max", "min"})
"""Functions that make a number of some infinity, by their names in `sheetgd.maths.evaluation`."""


def unless_infinite(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of arrays that is NaN where one of them is infinite.

    >>> import numpy as np
    >>> unless_infinite(np.exp)(np.array([0.0, -np.inf])).tolist()
    [1.0, nan]
    """
    import numpy as np  # noqa: PLC0415  floats and formulas do without NumPy

    def careful(*values: Any, **out: Any) -> Any:  # noqa: ANN401  what the function takes
        infinite = [np.isinf(value) for value in values]
        if not any(each.any() for each in infinite):
            return function(*values, **out)
        # Before the function is called, for the array to fill may be one of those it reads.
        where = np.logical_or.reduce(np.broadcast_arrays(*infinite))
        found = np.asarray(function(*values, **out))
        found[where] = math.nan
        return found

    return careful


def quotient(
    dividend: Any,  # noqa: ANN401  an array or a number
    divisor: Any,  # noqa: ANN401  the same
    out: "NDArray[np.float64] | None" = None,
) -> Any:  # noqa: ANN401  the same
    """The quotient of numbers or arrays; NaN where the divisor is 0 or infinite.

    >>> import numpy as np
    >>> quotient(1.0, np.array([4.0, np.inf])).tolist()
    [0.25, nan]
    >>> quotient(np.array([1.0, 2.0]), np.array([[np.inf], [4.0]])).tolist()
    [[nan, nan], [0.25, 0.5]]
    """
    if isinstance(dividend, int | float) and isinstance(divisor, int | float):
        return math.nan if divisor == 0 or math.isinf(divisor) else dividend / divisor
    import numpy as np  # noqa: PLC0415  the same

    if isinstance(divisor, int | float) and divisor != 0 and math.isfinite(divisor):
        return np.divide(dividend, divisor, out=out)
    # First, for `out` may be the divisor.
    wrong = [np.equal(divisor, 0.0), np.isinf(divisor)]
    found: NDArray[np.float64] = np.asarray(np.divide(dividend, divisor, out=out))
    for where in wrong:
        if where.any():
            found[np.broadcast_to(where, found.shape)] = math.nan
    return found


def raised(
    base: Any,  # noqa: ANN401  an array or a number
    exponent: Any,  # noqa: ANN401  the same
    out: "NDArray[np.float64] | None" = None,
) -> Any:  # noqa: ANN401  the same
    """base^exponent of numbers or arrays; NaN where either is infinite.

    >>> raised(2.0, 3.0), raised(math.inf, -1.0)
    (8.0, nan)
    """
    if isinstance(base, int | float) and isinstance(exponent, int | float):
        endless = math.isinf(base) or math.isinf(exponent)
        return math.nan if endless else safely(math.pow, base, exponent)
    import numpy as np  # noqa: PLC0415  the same

    return unless_infinite(np.power)(base, exponent, out=out)


def chosen(
    holds: Callable[[Any, Any], Any],
    one: Any,  # noqa: ANN401  an array or a number
    other: Any,  # noqa: ANN401  the same
    then: Any,  # noqa: ANN401  the same
    otherwise: Any,  # noqa: ANN401  the same
) -> Any:  # noqa: ANN401  the same
    """One of two values, as a comparison holds or not; NaN where what it compares is not finite.

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
    import numpy as np  # noqa: PLC0415  the same

    found = np.where(holds(one, other), then, otherwise)
    numbers = np.isfinite(one) & np.isfinite(other)
    return found if numbers.all() else np.where(numbers, found, math.nan)


def safely(function: Callable[..., float], *values: float) -> float:
    """What a function returns; infinite where it overflows, NaN where it has no answer.

    >>> safely(math.exp, 1000.0), safely(math.log, -1.0)
    (inf, nan)
    """
    try:
        return function(*values)
    except OverflowError:
        return math.inf
    except (ValueError, ZeroDivisionError):
        return math.nan
