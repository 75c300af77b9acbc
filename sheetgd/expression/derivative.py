"""Derivatives of expressions by the rules of calculus, and degrees read off their structure.

The rules below are all there are. SymPy would do as well, and judges them in the tests; but it
rearranges what it is given (and with it the order of rounding), reads texts by evaluating
them as Python, and takes long to import.

The slope of an absolute value is a sign. A residual that is 0 by algebra is computed as 0 by one
program and as 4E-16 by another: LibreOffice makes the difference of two nearly equal numbers 0.
Its sign would be 1 here and 0 there, a whole step apart. So the sign is 0 wherever
rounding might decide it: see `steady_sign`.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from sheetgd.expression.functions import (
    NOTHING,
    absolute,
    added,
    cosine,
    logarithm,
    power,
    sigmoid,
    sign,
    sine,
    square,
    when_at_least,
)
from sheetgd.expression.numbers import Q
from sheetgd.expression.tree import Expression, Number, Operation, Symbol


def steady_sign(value: Q, terms: Sequence[Q]) -> Q:
    """Return the sign of a sum, -1, 0 or 1; 0 where the sum is nothing but rounding.

    Args:
        value: the sum or difference.
        terms: what it is made of, in any sign: their sizes say how large its rounding may be.

    >>> steady_sign(-3.0, (2.0, 5.0)), steady_sign(0.1 + 0.2 - 0.3, (0.1, 0.2, 0.3))
    (-1.0, 0.0)
    >>> from sheetgd.expression.sheet_cells import formula_of
    >>> y_pred, y = Symbol("y_pred"), Symbol("y")
    >>> str(formula_of(steady_sign(y_pred - y, (y_pred, y))))
    'IF(ABS(y_pred-y)>=0.000000000001*(ABS(y_pred)+ABS(y)),SIGN(y_pred-y),0)'
    """
    least: Q = NOTHING * added([absolute(each) for each in terms])
    return when_at_least(absolute(value), least, sign(value), 0.0)


def direction(expression: Expression) -> Expression:
    """Return the slope of the expression's absolute value by the expression itself.

    >>> from sheetgd.expression.numbers import evaluate
    >>> from sheetgd.expression.tree import Symbol
    >>> x, y, z = map(Symbol, "xyz")
    >>> evaluate(direction(x + y - z), ("x", "y", "z"), (0.1, 0.2, 0.3))
    0.0
    """
    terms = list(_terms(expression))
    return sign(expression) if len(terms) == 1 else steady_sign(expression, terms)


def _terms(expression: Expression) -> Iterator[Expression]:
    """Yield what a sum adds and subtracts, without signs."""
    if isinstance(expression, Operation) and expression.function in {"+", "-", "negative"}:
        for operand in expression.operands:
            yield from _terms(operand)
    elif expression != Number(0.0):
        yield expression


ZERO, ONE = Number(0.0), Number(1.0)


def derivative(expression: Expression, name: str) -> Expression:
    """Differentiate an expression by one of its symbols.

    At a kink (of abs, max or min) it is one of the slopes that meet there: 0 for abs,
    the first operand's for max and min.

    >>> from sheetgd.expression.numbers import evaluate
    >>> w = Symbol("w")
    >>> evaluate(derivative(square(w), "w"), ("w",), (3.0,))
    6.0
    """
    if isinstance(expression, Symbol):
        return ONE if expression.name == name else ZERO
    if not isinstance(expression, Operation) or name not in expression.names:
        return ZERO
    slopes = [derivative(operand, name) for operand in expression.operands]
    return _RULES[expression.function](expression, *expression.operands, *slopes)


def at_zero(expression: Expression, names: Collection[str]) -> Expression:
    """Set some symbols of an expression to 0, and reduce its sums and products.

    >>> m, x = Symbol("m"), Symbol("x")
    >>> at_zero(m * x + 5, {"m"}), at_zero(m * x, {"m"})
    (Number(value=5.0), Number(value=0.0))
    """
    if isinstance(expression, Symbol):
        return ZERO if expression.name in names else expression
    if not isinstance(expression, Operation):
        return expression
    operands = [at_zero(operand, names) for operand in expression.operands]
    reduce = _REDUCED.get(expression.function)
    return reduce(*operands) if reduce else Operation(expression.function, tuple(operands))


def _plus(one: Expression, other: Expression) -> Expression:
    if ZERO in (one, other):
        return other if one == ZERO else one
    return one + other


def minus(one: Expression, other: Expression) -> Expression:
    """Subtract, reduced where an operand is 0."""
    if other == ZERO:
        return one
    return -other if one == ZERO else one - other


def times(one: Expression, other: Expression) -> Expression:
    """Multiply, reduced where a factor is 0 or 1."""
    if ZERO in (one, other):
        return ZERO
    if ONE in (one, other):
        return other if one == ONE else one
    return one * other


def _over(one: Expression, other: Expression) -> Expression:
    return one if one == ZERO or other == ONE else one / other


def _power_slope(
    whole: Expression,
    base: Expression,
    exponent: Expression,
    dbase: Expression,
    dexponent: Expression,
) -> Expression:
    """Differentiate a power: (u^v)' = v * u^(v-1) * u' + u^v * ln(u) * v'."""
    through_base = times(times(exponent, _lowered(base, exponent)), dbase)
    if dexponent == ZERO:
        return through_base
    return _plus(through_base, times(times(whole, logarithm(base)), dexponent))


def _lowered(base: Expression, exponent: Expression) -> Expression:
    """Return base^(exponent - 1)."""
    if not isinstance(exponent, Number):
        return power(base, exponent - 1)
    if exponent == ONE:
        return ONE
    return base if exponent.value == 2 else power(base, exponent.value - 1)  # noqa: PLR2004  u^1


def _raised(base: Expression, exponent: Expression) -> Expression:
    positive = isinstance(exponent, Number) and exponent.value > 0
    return ZERO if base == ZERO and positive else Operation("^", (base, exponent))


def _chosen(comparison: str) -> Callable[..., Expression]:
    """Return a rule for a choice; one between 0 and 0 is 0."""

    def choose(
        one: Expression, other: Expression, then: Expression, otherwise: Expression
    ) -> Expression:
        if then == otherwise == ZERO:
            return ZERO
        return Operation(comparison, (one, other, then, otherwise))

    return choose


_REDUCED: Mapping[str, Callable[..., Expression]] = {
    "+": _plus,
    "-": minus,
    "*": times,
    "/": _over,
    "^": _raised,
    "negative": lambda one: one if one == ZERO else -one,
    "when=": _chosen("when="),
    "when>=": _chosen("when>="),
}
_RULES: Mapping[str, Callable[..., Expression]] = {
    "+": lambda _, _u, _v, du, dv: _plus(du, dv),
    "-": lambda _, _u, _v, du, dv: minus(du, dv),
    "*": lambda _, u, v, du, dv: _plus(times(v, du), times(u, dv)),
    # (u/v)' = (u' - u/v * v') / v
    "/": lambda whole, _u, v, du, dv: _over(minus(du, times(whole, dv)), v),
    "^": _power_slope,
    "negative": lambda _, _u, du: -du,
    "exp": lambda whole, _u, du: times(whole, du),
    "ln": lambda _, u, du: _over(du, u),
    "sqrt": lambda whole, _u, du: _over(du, 2 * whole),
    "abs": lambda _, u, du: times(direction(u), du),
    "sin": lambda _, u, du: times(cosine(u), du),
    "cos": lambda _, u, du: times(-sine(u), du),
    "tanh": lambda whole, _u, du: times(1 - square(whole), du),
    "max": lambda _, u, v, du, dv: when_at_least(u, v, du, dv),
    "min": lambda _, u, v, du, dv: when_at_least(v, u, du, dv),
    "sigmoid": lambda whole, _u, du: times(times(whole, 1 - whole), du),
    "softplus": lambda _, u, du: times(sigmoid(u), du),
    "sign": lambda *_: ZERO,
    # Where the choice changes there is no slope; everywhere else it is that of what is chosen.
    "when=": lambda whole, *each: _chosen("when=")(*whole.operands[:2], *each[-2:]),
    "when>=": lambda whole, *each: _chosen("when>=")(*whole.operands[:2], *each[-2:]),
}
"""The slope of each function from itself, its operands and the operands' slopes."""
