"""Cells as leaves of expressions: one expression gives a cell's value and its formula.

A `Leaf` is a cell or a range that knows what it holds. What is computed from leaves with the
operators, the functions of `sheetgd.expression.functions` and those here is a tree; `value_of`
computes it as a spreadsheet would, errors included, and `formula_of` prints it.

>>> from sheetgd.expression.excel import Address
>>> column = cells(Formula.range(Address(2, 3), Address(4, 3)), (227.4, 66.6, 98.1))
>>> lowest = minimum(column)
>>> value_of(lowest), str(formula_of(lowest))
(66.6, 'MIN($C$2:$C$4)')
>>> epoch = match(lowest, column) - 1
>>> value_of(epoch), str(formula_of(epoch))
(1.0, 'MATCH(MIN($C$2:$C$4),$C$2:$C$4,0)-1')
"""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import cache, reduce
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np

from sheetgd.expression import functions as quantity
from sheetgd.expression.excel import PRINTED, Address, ErrorValue, Formula, Value, called
from sheetgd.expression.numbers import on_numbers
from sheetgd.expression.sheet_functions import (
    FUNCTIONS,
    arithmetic,
    as_error,
    cell_by_cell,
    is_error,
    is_range,
    on_arrays_of_numbers,
)
from sheetgd.expression.tree import Expression, Leaf, Number, Operation, Symbol, Text

if TYPE_CHECKING:
    from sheetgd.expression.numbers import FloatArray

Given = Expression | float | str
"""What a function here takes: a tree, or a constant."""

TOO_LARGE_TO_TELL: Final = "beyond all bounds"
"""How a sentence tells a number that is none any more."""

_CONSTANTS = (Leaf, Number, Text)
_UNKNOWN: Any = object()
"""The value of a cell that formulas only refer to."""

_NUMBERS = {float}
_ABOVE_ALL_POWERS: Final = 400.0
"""No number's power of ten is as low as below 0 by that."""

_SMALLEST_WRITTEN_OUT, _LARGEST_WRITTEN_OUT = 0.0001, 1e9
"""Between these a sentence writes a number out, beyond them with a power of ten."""


def cell(
    place: Formula | Address, value: Value = _UNKNOWN, *, fixed: bool = False, sheet: str = ""
) -> Leaf:
    """Return a cell as a leaf.

    Args:
        place: its address, or how formulas refer to it: by a defined name, for instance.
        value: what it holds. Without it, what is made of the cell can be printed but not computed:
            a pattern for many rows, or a condition.
        fixed: whether formulas have dollars before its row and its column.
        sheet: the sheet that it is on, where that is another one.
    """
    if isinstance(place, Address):
        place = Formula.cell(place, fixed_row=fixed, fixed_column=fixed, sheet=sheet)
    return Leaf(place, value)


def cells(formula: Formula, values: "Sequence[Value] | FloatArray" = _UNKNOWN) -> Leaf:
    """Return a range as a leaf, its values in the order of its cells; without them as `cell`.

    An array, which is computed with at once, stands for cells that are all numbers.
    """
    held = values if values is _UNKNOWN or is_range(values) else tuple(values)
    return Leaf(formula, held)


def unplaced(values: "Value | Sequence[Value]") -> Leaf:
    """Return values that stand on no sheet as a leaf, to compute with them as a sheet does."""
    alone = values is None or isinstance(values, float | int | str) or is_range(values)
    held = values if alone else tuple(cast("Sequence[Value]", values))
    return Leaf(Formula.name("values"), held)


def constant(value: Given) -> Expression:
    """Return a number or a text as an expression; an expression stays as it is."""
    if isinstance(value, Expression):
        return value
    return Text(value) if isinstance(value, str) else Number(float(value))


def _call(function: str, *operands: Given) -> Expression:
    return Operation(function, tuple(map(constant, operands)))


def minimum(*values: Given) -> Expression:
    """Return the lowest number of some cells; 0 where there is none, as in a sheet."""
    return _call("minimum", *values)


def maximum(*values: Given) -> Expression:
    """Return the highest number of some cells; 0 where there is none, as in a sheet."""
    return _call("maximum", *values)


def compared(one: Given, sign: str, other: Given) -> Expression:
    """Compare two values; `sign` is one of ``= <> < <= > >=``. An error stays an error.

    >>> value_of(compared(2.0, "<", 3.0)), str(formula_of(compared(2.0, "<", 3.0)))
    (True, '2<3')
    """
    return _call(sign, one, other)


def when(condition: Given, then: Given, otherwise: Given) -> Expression:
    """Return one of two values; the other one may be an error without harm.

    >>> value_of(when(compared(1.0, ">", 2.0), not_available(), "no"))
    'no'
    """
    return _call("when", condition, then, otherwise)


def all_of(*conditions: Given) -> Expression:
    """Tell whether all conditions hold; an error in any of them is an error."""
    return _call("all_of", *conditions)


def any_of(*conditions: Given) -> Expression:
    """Tell whether any condition holds; an error in any of them is an error."""
    return _call("any_of", *conditions)


def if_error(value: Given, otherwise: Given) -> Expression:
    """Return a value, or another where it is an error."""
    return _call("if_error", value, otherwise)


def failed(value: Given) -> Expression:
    """Tell whether a value is an error."""
    return _call("is_error", value)


def is_number(value: Given) -> Expression:
    """Tell whether a value is a number: neither an error nor a text nor blank."""
    return _call("is_number", value)


def match(value: Given, among: Given) -> Expression:
    """Return the place of a value in a range, counted from 1; #N/A where it is not there."""
    return _call("match", value, among)


def index(among: Given, place: Given) -> Expression:
    """Return the value at a place of a row or a column of cells, counted from 1."""
    return _call("index", among, place)


def total_where(values: Given, taken: Given) -> Expression:
    """Return the sum of those values whose other cell is 1 and not 0.

    >>> from sheetgd.expression.excel import Address
    >>> one, other = (
    ...     cells(Formula.range(Address(2, column), Address(3, column)), values)
    ...     for column, values in ((1, (5.0, 7.0)), (2, (1.0, 0.0)))
    ... )
    >>> value_of(total_where(one, other)), str(formula_of(total_where(one * 2, other)))
    (5.0, 'SUMPRODUCT($A$2:$A$3*2,$B$2:$B$3)')
    """
    return _call("total_where", values, taken)


def count_filled(among: Given) -> Expression:
    """Count the cells that are not blank, whatever they hold."""
    return _call("count_filled", among)


def row_number(address: Address, *, sheet: str = "") -> Expression:
    """Return the number of the sheet's row that a cell stands in, now and after rows are inserted.

    >>> str(formula_of(row_number(Address(94, 2))))
    'ROW(B94)'
    """
    return Leaf(called("ROW", Formula.cell(address, sheet=sheet)), float(address.row))


def row_count(first: Address, last: Address) -> Expression:
    """Return how many rows there are from a cell to another, now and after rows are inserted.

    >>> value_of(row_count(Address(90, 2), Address(109, 2)))
    20.0
    """
    return Leaf(called("ROWS", Formula.range(first, last)), last.row - first.row + 1.0)


def count_if(among: Given, condition: str) -> Expression:
    """Count the cells that fulfil a condition such as ``diverging`` or ``>0``."""
    return _call("count_if", among, condition)


def rounded(value: Given, decimals: Given) -> Expression:
    """Round a number; `decimals` may be below 0."""
    return _call("rounded", value, decimals)


def log10(value: Given) -> Expression:
    """Return the decimal logarithm."""
    return _call("log10", value)


def decimal_power(size: Given) -> Expression:
    """Return the power of ten of the first digit of a number above 0.

    The logarithm is rounded, for programs differ in its last digits, and INT is given numbers above
    0 only: HyperFormula's cuts off the decimals of others.

    >>> [value_of(decimal_power(each)) for each in (227.4, 0.01, 0.0099, 1000.0)]
    [2.0, -2.0, -3.0, 3.0]
    """
    return quantity.floored(rounded(log10(size), 12) + _ABOVE_ALL_POWERS) - _ABOVE_ALL_POWERS


def joined(*pieces: Given) -> Expression:
    """Join texts and numbers into one text.

    >>> value_of(joined("m is ", 2.5)), str(formula_of(joined("m is ", 2.5)))
    ('m is 2.5', '"m is "&2.5')
    """
    return _call("joined", *pieces)


def not_available() -> Expression:
    """Return ``#N/A``, at which the line of a chart ends."""
    return Leaf(called("NA"), ErrorValue.NOT_AVAILABLE)


def told(value: Given, digits: Expression | float = 6) -> Expression:
    """Return a number as a sentence writes it: in a few significant digits.

    >>> [value_of(told(each, 4)) for each in (227.38293, 0.0000123456, -2.0, 0.0, 3.1e12)]
    ['227.4', '1.235E-5', '-2', '0', '3.1E12']
    >>> value_of(told(Leaf(Formula.name("m"), ErrorValue.NUMBER)))
    'beyond all bounds'
    """
    tree = constant(value)
    size = quantity.absolute(tree)
    power = decimal_power(size)
    # Of two powers, as that of a very small number alone is beyond all bounds.
    half = quantity.floored(power / 2.0)
    mantissa = (
        tree / quantity.power(Number(10.0), half) / quantity.power(Number(10.0), power - half)
    )
    written = when(
        compared(size, "=", 0),
        "0",
        when(
            all_of(
                compared(size, ">=", _SMALLEST_WRITTEN_OUT),
                compared(size, "<", _LARGEST_WRITTEN_OUT),
            ),
            joined(rounded(tree, digits - 1 - power), ""),
            joined(rounded(mantissa, digits - 1), "E", power),
        ),
    )
    return if_error(written, TOO_LARGE_TO_TELL)


def value_of(expression: Given) -> Any:  # noqa: ANN401  a cell's value, or a tuple of a range's
    """Compute an expression as a spreadsheet does.

    Returns:
        A number, text, truth or `ErrorValue`; of a range, and of arithmetic on ranges, what each
        of its cells comes to.
    """
    if isinstance(expression, Operation):
        try:
            return expression.shown
        except AttributeError:
            return expression.keep("shown", _computed(expression))
    tree = constant(expression)
    assert isinstance(tree, _CONSTANTS)  # noqa: S101  symbols are no cells
    assert tree.value is not _UNKNOWN  # noqa: S101  what is only to be printed is not computed
    # A sheet has neither infinity nor NaN.
    lost = isinstance(tree.value, float) and not math.isfinite(tree.value)
    return ErrorValue.NUMBER if lost else tree.value


def _computed(tree: Operation) -> Any:  # noqa: ANN401  as value_of
    if tree.function in _LAZY:
        return _LAZY[tree.function](*tree.operands)
    if tree.function in _CHOICES and not any(
        is_range(value_of(each)) for each in tree.operands[:2]
    ):
        one, other, *values = tree.operands
        return _when(compared(one, _CHOICES[tree.function], other), *values)
    values = [value_of(operand) for operand in tree.operands]
    if tree.function in FUNCTIONS:
        return FUNCTIONS[tree.function](*values)
    if {*map(type, values)} == _NUMBERS:
        return arithmetic(tree.function)(*values)
    if tree.function in _EAGER and not any(map(is_range, values)):
        # Of cells, MAX and MIN pass texts and blanks by, as over a range; of ranges, they are
        # arithmetic.
        return _EAGER[tree.function](*values)
    found = on_arrays_of_numbers(tree.function, values)
    # Of a choice for each cell, what is not chosen may be an error without harm.
    compute = _EAGER[tree.function] if tree.function in _CHOICES else arithmetic(tree.function)
    return cell_by_cell(compute, values) if found is None else found


def column_of(expression: Expression, columns: "Mapping[str, FloatArray]") -> Any:  # noqa: ANN401  an array
    """Compute an expression for many rows at once, as a formula that is filled down.

    Args:
        expression: symbols stand for the row's own cells, leaves for cells that stay in place.
        columns: for each symbol the cells of all rows; what is no number is an error.

    Returns:
        An array with what each row comes to: of floats, or of whatever cells hold.

    >>> ends = cells(Formula.range(Address(2, 1), Address(4, 1)), (3.0, 1.0, 2.0))
    >>> mark = when(compared(Symbol("end"), "=", minimum(ends)), "best", Symbol("end") * 2.0)
    >>> column_of(mark, {"end": np.array([3.0, 1.0, np.inf])}).tolist()
    [6.0, 'best', <ErrorValue.NUMBER: '#NUM!'>]
    """
    found: dict[int, Any] = {}

    def column(tree: Expression) -> Any:  # noqa: ANN401  a value, or an array
        if not tree.names:
            return value_of(tree)
        if isinstance(tree, Symbol):
            return columns[tree.name]
        assert isinstance(tree, Operation)  # noqa: S101  there is no other kind
        if id(tree) not in found:
            found[id(tree)] = _filled_down(tree.function, [column(each) for each in tree.operands])
        return found[id(tree)]

    with np.errstate(all="ignore"):
        return column(expression)


def _filled_down(function: str, values: Sequence[Any]) -> Any:  # noqa: ANN401  arrays
    """Apply a function row by row to columns, and to values that are the same in every row."""
    if function in _ON_COLUMNS and all(map(_holds_numbers, values)):
        numbers = reduce(np.logical_and, map(np.isfinite, values))
        return np.where(numbers, reduce(_ON_COLUMNS[function], values), math.nan)
    if function == "is_number" and _holds_numbers(values[0]):
        return np.isfinite(values[0]).astype(float)
    if function == "when" and _holds_numbers(values[0]):
        condition, *ways = values
        chosen = np.where(condition != 0, *(_as_objects(each) for each in ways))
        return np.where(np.isnan(condition), _NUMBER_ERROR, chosen)
    if function == "if_error" and isinstance(values[0], np.ndarray):
        value, otherwise = map(_as_objects, values)
        return np.where(_ARE_ERRORS(value).astype(bool), otherwise, value)
    if function not in FUNCTIONS and function not in _LAZY and all(map(_holds_numbers, values)):
        return on_numbers(function)(*values)
    compute = _EAGER.get(function) or FUNCTIONS.get(function) or arithmetic(function)
    # A range is one operand and no column.
    ranges = {at: each for at, each in enumerate(values) if isinstance(each, tuple)}

    @cache
    def row(*cells: Any) -> Any:  # noqa: ANN401  what cells hold
        given = iter(cells)
        return compute(*(ranges[at] if at in ranges else next(given) for at in range(len(values))))

    columns = [_as_objects(each) for at, each in enumerate(values) if at not in ranges]
    return np.frompyfunc(row, len(columns), 1)(*columns)


def _holds_numbers(value: Any) -> bool:  # noqa: ANN401  a value, or an array
    if isinstance(value, np.ndarray):
        return bool(value.dtype != object)
    return isinstance(value, float | int)


def _as_objects(value: Any) -> Any:  # noqa: ANN401  the same
    """Return a way of a choice with errors as cells hold them."""
    if not isinstance(value, np.ndarray):
        return np.array(value, dtype=object)
    if value.dtype == object:
        return value
    return np.where(np.isfinite(value), value.astype(object), _NUMBER_ERROR)


def formula_of(expression: Given) -> Formula:
    """Print an expression as a spreadsheet's formula; a symbol is printed as its name."""
    if isinstance(expression, Leaf):
        return expression.formula
    if isinstance(expression, Operation):
        try:
            return expression.printed
        except AttributeError:
            printed = PRINTED[expression.function](*map(formula_of, expression.operands))
            kept: Formula = expression.keep("printed", printed)
            return kept
    tree = constant(expression)
    if isinstance(tree, Symbol):
        return Formula.name(tree.name)
    assert isinstance(tree, Number | Text)  # noqa: S101  there is no other kind
    return Formula.literal(tree.value)


def _when(condition: Expression, then: Expression, otherwise: Expression) -> Any:  # noqa: ANN401  as value_of
    holds = value_of(condition)
    if is_error(holds):
        return as_error(holds)
    return value_of(then if holds else otherwise)


def _if_error(value: Expression, otherwise: Expression) -> Any:  # noqa: ANN401  as value_of
    found = value_of(value)
    return value_of(otherwise) if is_error(found) else found


_LAZY: Final[Mapping[str, Callable[..., Any]]] = {"when": _when, "if_error": _if_error}
"""Functions that compute only those of their operands that they need."""

_EAGER: Final[Mapping[str, Callable[..., Any]]] = {
    "when": lambda holds, then, otherwise: (
        as_error(holds) if is_error(holds) else then if holds else otherwise
    ),
    "if_error": lambda value, otherwise: otherwise if is_error(value) else value,
    "when=": lambda one, other, *ways: _EAGER["when"](FUNCTIONS["="](one, other), *ways),
    "when>=": lambda one, other, *ways: _EAGER["when"](FUNCTIONS[">="](one, other), *ways),
    "max": FUNCTIONS["maximum"],
    "min": FUNCTIONS["minimum"],
}
"""The same, and others, of operands that are all computed."""

_ON_COLUMNS: Final[Mapping[str, Callable[..., Any]]] = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "=": np.equal,
    "<>": np.not_equal,
    "all_of": np.logical_and,
    "any_of": np.logical_or,
}
"""Truths about columns of numbers, as 1 and 0."""

_ARE_ERRORS: Final = np.frompyfunc(is_error, 1, 1)
_NUMBER_ERROR: Final = np.array(ErrorValue.NUMBER, dtype=object)

_CHOICES: Final = {"when=": "=", "when>=": ">="}
"""So do these, which compare two values to choose one of two more, unless they compare ranges."""
