"""The best line: the m and b with the smallest sum of squared errors."""

from typing import TYPE_CHECKING, Any, overload

from sheetgd.maths.formula import Formula
from sheetgd.maths.quantity import count, divided, total

if TYPE_CHECKING:
    from sheetgd.maths.quantity import FloatArray


@overload
def slope(x: Formula, y: Formula) -> Formula: ...
@overload
def slope(x: "FloatArray", y: "FloatArray") -> float: ...
def slope(x: Any, y: Any) -> Any:
    """The m of the best line: sum((x - mean(x)) * (y - mean(y))) / sum((x - mean(x))^2).

    NaN where all x are equal, for which a spreadsheet shows ``#DIV/0!``, and where they are so far
    apart that their squares overflow, for which it shows ``#NUM!``.

    >>> import numpy as np
    >>> slope(np.array([7.0, 9.0, 28.0]), np.array([44.0, 48.0, 86.0]))
    2.0
    >>> slope(np.array([7.0, 7.0]), np.array([44.0, 48.0]))
    nan
    >>> slope(np.array([0.0, 1e200]), np.array([44.0, 48.0]))
    nan
    >>> str(slope(Formula.name("x"), Formula.name("y")))
    'SLOPE(y,x)'
    """
    if isinstance(x, Formula):
        return Formula.call("SLOPE", y, x)
    import numpy as np  # noqa: PLC0415  formulas do without NumPy

    from_mean = x - total(x) / count(x)
    with np.errstate(all="ignore"):
        return divided(
            float(total(from_mean * (y - total(y) / count(y)))),
            float(total(from_mean * from_mean)),
        )


@overload
def intercept(x: Formula, y: Formula, m: Formula) -> Formula: ...
@overload
def intercept(x: "FloatArray", y: "FloatArray", m: float) -> float: ...
def intercept(x: Any, y: Any, m: Any) -> Any:
    """The b of the best line, mean(y) - m * mean(x): it runs through the points' centre.

    >>> import numpy as np
    >>> float(intercept(np.array([7.0, 9.0]), np.array([44.0, 48.0]), 2.0))
    30.0
    """
    return total(y) / count(y) - m * total(x) / count(x)
