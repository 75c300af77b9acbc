"""Where a slope jumps: which way a difference points, when it may be nothing but rounding.

A residual that is 0 by algebra is computed as 0 by one program and as 4E-16 by another:
LibreOffice takes what is left of two nearly equal numbers for nothing. Of its sign that would make
1 here and 0 there, a whole step apart. So the sign is 0 wherever rounding might decide it.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from sheetgd.maths.expression import Expression, Number, Operation
from sheetgd.maths.quantity import Q, absolute, added, sign, when_at_least

ROUNDING: Final = 1e-12
"""A sum that is a smaller part of its terms is nothing but rounding, which is a part of 1E-16."""


def steady_sign(value: Q, terms: Sequence[Q]) -> Q:
    """The sign of a sum, -1, 0 or 1; 0 where the sum is nothing but rounding.

    Args:
        value: the sum or difference.
        terms: what it is made of, in any sign: their sizes say how large its rounding may be.

    >>> steady_sign(-3.0, (2.0, 5.0)), steady_sign(0.1 + 0.2 - 0.3, (0.1, 0.2, 0.3))
    (-1.0, 0.0)
    >>> from sheetgd.maths.formula import Formula
    >>> y_pred, y = Formula.name("y_pred"), Formula.name("y")
    >>> str(steady_sign(y_pred - y, (y_pred, y)))
    'IF(ABS(y_pred-y)>=0.000000000001*(ABS(y_pred)+ABS(y)),SIGN(y_pred-y),0)'
    """
    least: Q = ROUNDING * added([absolute(each) for each in terms])
    return when_at_least(absolute(value), least, sign(value), 0.0)


def direction(expression: Expression) -> Expression:
    """The slope of the expression's absolute value by the expression itself.

    >>> from sheetgd.maths.evaluation import evaluate
    >>> from sheetgd.maths.expression import Symbol
    >>> x, y, z = map(Symbol, "xyz")
    >>> evaluate(direction(x + y - z), ("x", "y", "z"), (0.1, 0.2, 0.3))
    0.0
    """
    terms = list(_terms(expression))
    return sign(expression) if len(terms) == 1 else steady_sign(expression, terms)


def _terms(expression: Expression) -> Iterator[Expression]:
    """What a sum adds and subtracts, without signs."""
    if isinstance(expression, Operation) and expression.function in {"+", "-", "negative"}:
        for operand in expression.operands:
            yield from _terms(operand)
    elif expression != Number(0.0):
        yield expression
