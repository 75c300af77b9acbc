"""Undetermined parameters: which parameters of a model no data can tell.

Some formulas have parameters that no data can determine, or only together with others: of
(a + b)*x only the sum. There the predictions do not change when some parameters change together,
so no data tell one choice from another. The partials of the predictions, for inputs and parameters
at random, show it: then some combination of their columns is 0 in all rows. With 60 digits that
cannot be mistaken for columns that are merely much alike.
"""

import math
import random
from collections.abc import Callable, Mapping, Sequence
from decimal import Context, Decimal, DecimalException, DivisionByZero, InvalidOperation, Overflow
from decimal import localcontext as _localcontext
from functools import lru_cache
from typing import Final

from sheetgd.descent.model import Model
from sheetgd.expression.tree import Expression, Number, Operation, Symbol

MANY_FIT = "many choices of them fit equally well, and the descent ends at one of these"

_CERTAIN_DIGITS: Final = 60
_NOTHING: Final = Decimal("1e-30")
"""What is smaller than this beside the largest of its column is rounding."""

_ROWS_MORE: Final = 12
_SCALES: Final = ("0.001", "0.1", "1", "1", "1", "10", "1000", "1e6", "1e12")
"""How large x may be: some formulas change only far out."""

_STARTS: Final = ((0.3, 1.7), (-2.0, 2.0), (0.5, 5.0), (-1.0, 0.0))
"""Between what the parameters are drawn; a formula such as ln(a*x) takes some of them only."""

_SEED: Final = 1
_PI: Final = Decimal("3.14159265358979323846264338327950288419716939937510582097494459230781640629")
_CONTEXT: Final = Context(prec=_CERTAIN_DIGITS, traps=[DivisionByZero, InvalidOperation, Overflow])

_Row = list[Decimal]


@lru_cache(maxsize=256)
def undetermined(model: Model) -> tuple[tuple[str, ...], ...]:
    """Find the parameters that no data can determine: each alone, or some that change together.

    >>> from sheetgd.descent.model import model_of
    >>> undetermined(model_of("(a + b)*x + c")), undetermined(model_of("a*x - a*x + b"))
    ((('a', 'b'),), (('a',),))
    >>> undetermined(model_of("polynomial 20"))
    ()
    """
    generator = random.Random(_SEED)  # noqa: S311  no secret
    found: list[set[tuple[str, ...]]] = []
    with _localcontext(_CONTEXT):
        for low, high in _STARTS:
            rows = _partials(model, generator, low, high)
            # Of some formulas, hardly any such parameters have a value.
            if len(rows) >= len(model.parameters):
                found.append({_named(model, each) for each in _free_directions(rows)})
                if not found[-1]:
                    return ()
    # Of min(a, b) one makes no difference, but not always the same.
    always = set.intersection(*found) if found else set()
    return tuple(sorted(always, key=lambda names: model.parameters.index(names[0])))


def _named(model: Model, direction: _Row) -> tuple[str, ...]:
    return tuple(name for name, part in zip(model.parameters, direction, strict=True) if part)


def _partials(model: Model, generator: random.Random, low: float, high: float) -> list[_Row]:
    """Evaluate rows of partials, each divided by its largest, at parameters drawn in a range."""
    values = {name: Decimal(generator.uniform(low, high)) for name in model.parameters}
    rows: list[_Row] = []
    for number in range(2 * len(model.parameters) + _ROWS_MORE):
        scale = Decimal(_SCALES[number % len(_SCALES)])
        for name in model.inputs:
            values[name] = scale * Decimal(generator.uniform(0.2, 3) * generator.choice((1, 1, -1)))
        try:
            row = [_value(partial, values) for partial in model.partials]
        except (DecimalException, ArithmeticError, ValueError):
            continue
        largest = max(map(abs, row))
        if largest:
            rows.append([each / largest for each in row])
    return rows


def _free_directions(rows: Sequence[_Row]) -> list[_Row]:
    """Find the directions along which all rows are 0, by elimination."""
    left = [list(row) for row in rows]
    columns = range(len(left[0]))
    pivots: list[int] = []
    for column in columns:
        at = len(pivots)
        best = max(range(at, len(left)), key=lambda each: abs(left[each][column]), default=None)
        if best is None or abs(left[best][column]) < _NOTHING:
            continue
        left[at], left[best] = left[best], left[at]
        head = left[at][column]
        left[at] = [each / head for each in left[at]]
        for other, row in enumerate(left):
            if other != at and (factor := row[column]):
                left[other] = [one - factor * two for one, two in zip(row, left[at], strict=True)]
        pivots.append(column)
    free: list[_Row] = []
    for column in columns:
        if column in pivots:
            continue
        direction = [Decimal(int(each == column)) for each in columns]
        for at, pivot in enumerate(pivots):
            part = left[at][column]
            direction[pivot] = -part if abs(part) >= _NOTHING else Decimal(0)
        free.append(direction)
    return free


def _value(expression: Expression, values: Mapping[str, Decimal]) -> Decimal:
    if isinstance(expression, Number):
        return _PI if expression.value == math.pi else Decimal(expression.value)
    if isinstance(expression, Symbol):
        return values[expression.name]
    assert isinstance(expression, Operation)  # noqa: S101  there is no other kind
    operands = [_value(each, values) for each in expression.operands]
    return _FUNCTIONS[expression.function](*operands)


def _sine(value: Decimal) -> Decimal:
    """Compute the sine by its series around 0."""
    angle = value.remainder_near(2 * _PI)
    term = total = angle
    place = 1
    while term and abs(term) > _NOTHING * _NOTHING:
        place += 2
        term = -term * angle * angle / (place * (place - 1))
        total += term
    return total


def _tanh(value: Decimal) -> Decimal:
    if abs(value) > 2 * _CERTAIN_DIGITS:
        return Decimal(1).copy_sign(value)
    once = (2 * value).exp()
    return (once - 1) / (once + 1)


def _power(base: Decimal, exponent: Decimal) -> Decimal:
    if base == 0 and exponent == 0:
        return Decimal(1)
    return base**exponent


_FUNCTIONS: Mapping[str, Callable[..., Decimal]] = {
    "+": lambda one, other: one + other,
    "-": lambda one, other: one - other,
    "*": lambda one, other: one * other,
    "/": lambda one, other: one / other,
    "^": _power,
    "negative": lambda one: -one,
    "exp": Decimal.exp,
    "ln": Decimal.ln,
    "sqrt": Decimal.sqrt,
    "abs": abs,
    "sin": _sine,
    "cos": lambda one: _sine(one + _PI / 2),
    "tanh": _tanh,
    "sigmoid": lambda value: (1 + _tanh(value / 2)) / 2,
    "softplus": lambda value: max(value, Decimal(0)) + (1 + (-abs(value)).exp()).ln(),
    "max": max,
    "min": min,
    "sign": lambda one: Decimal(0) if one == 0 else Decimal(1).copy_sign(one),
    "when=": lambda one, other, then, otherwise: then if one == other else otherwise,
    "when>=": lambda one, other, then, otherwise: then if one >= other else otherwise,
}


def undetermined_told(model: Model, names: Sequence[str]) -> str:
    """Say which parameters no data can determine, and what to do."""
    if len(names) == 1:
        return (
            f"the prediction of {model.name} does not change with {names[0]}: leave that "
            "parameter out"
        )
    listed = f"{', '.join(names[:-1])} and {names[-1]}"
    return (
        f"no data can determine {listed} in {model.name}, as they can change together without a "
        f"change of the prediction: {MANY_FIT}; one parameter less would do"
    )
