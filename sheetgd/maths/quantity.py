"""Elementary functions that know numbers, arrays and formulas alike.

The rest of `sheetgd.maths` is built from these and from ``+ - * /``.
"""

import math
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any, TypeVar, overload

from sheetgd.maths.formula import Formula

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

Q = TypeVar("Q", float, "FloatArray", Formula)
"""A quantity: a float, an array of floats, or the formula of a cell."""


def square(value: Q) -> Q:
    """value^2.

    Numbers are multiplied, for ``x**2`` differs from ``x*x`` by one rounding now and
    then, and a spreadsheet's ``^2`` is the product.

    >>> square(3.0), str(square(Formula.name("x")))
    (9.0, 'x^2')
    """
    if isinstance(value, Formula):
        return value.to_power(2)
    return value * value


def root(value: Q) -> Q:
    """The square root.

    >>> root(2.25), str(root(Formula.name("loss")))
    (1.5, 'SQRT(loss)')
    """
    if isinstance(value, Formula):
        return Formula.call("SQRT", value)
    if isinstance(value, float):
        return math.sqrt(value)
    import numpy as np  # noqa: PLC0415  floats and formulas do without NumPy

    return np.sqrt(value)


@overload
def total(values: Formula) -> Formula: ...
@overload
def total(values: "FloatArray") -> "FloatArray": ...
@overload
def total(values: Sequence[float]) -> float: ...
def total(values: Any) -> Any:
    """The sum of the values, in their order; of an array, along its first axis.

    A range on its own becomes SUM, arithmetic on ranges SUMPRODUCT, which every
    spreadsheet evaluates element by element. Numbers are added one after the other:
    `sum` compensates its rounding from Python 3.12 on, and NumPy adds pairwise.

    >>> total([1.0, 2.0, 3.5])
    6.5
    >>> from sheetgd.cells import Address
    >>> x, y = (Formula.range(Address(2, c), Address(9, c)) for c in (1, 2))
    >>> str(total(x)), str(total(square(x - y)))
    ('SUM($A$2:$A$9)', 'SUMPRODUCT(($A$2:$A$9-$B$2:$B$9)^2)')
    """
    if isinstance(values, Formula):
        alone = len(values.parts) == 1
        return Formula.call("SUM" if alone else "SUMPRODUCT", values)
    result = 0.0
    for value in values:
        result = result + value
    return result


def rounded(value: Q, decimals: int) -> Q:
    """The value as it is displayed with so many decimals: halves go away from zero.

    A spreadsheet rounds the decimal number that it shows, not the binary one that it
    holds, so 1.0005 becomes 1.001. Infinities and NaN stay what they are.

    >>> rounded(1.0005, 3), rounded(-2.5, 0), str(rounded(Formula.name("m"), 3))
    (1.001, -3.0, 'ROUND(m,3)')
    """
    if isinstance(value, Formula):
        return Formula.call("ROUND", value, decimals)
    if isinstance(value, float):
        if not math.isfinite(value):
            return value
        exact = Decimal(repr(value))
        step = Decimal(1).scaleb(-decimals)
        # A double of 2^53 and more has no decimals left to round away.
        return float(exact.quantize(step, ROUND_HALF_UP)) if abs(value) < 2**53 else value
    import numpy as np  # noqa: PLC0415  floats and formulas do without NumPy

    each = [rounded(number, decimals) for number in value.ravel().tolist()]
    return np.array(each, dtype=np.float64).reshape(value.shape)


@overload
def count(values: Formula) -> Formula: ...
@overload
def count(values: "Sequence[float] | FloatArray") -> float: ...
def count(values: Any) -> Any:
    """How many values there are.

    >>> from sheetgd.cells import Address
    >>> str(count(Formula.range(Address(2, 1), Address(9, 1))))
    'COUNT($A$2:$A$9)'
    """
    if isinstance(values, Formula):
        return Formula.call("COUNT", values)
    return float(len(values))
