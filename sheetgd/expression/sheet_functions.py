"""What a spreadsheet's functions come to, errors included.

Blanks, texts and errors are treated as spreadsheets treat them: arithmetic takes a blank for 0 and
makes an error of a text; functions over cells pass texts by; an error stays an error.
"""

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, Final

import numpy as np

from sheetgd.expression import functions as quantity
from sheetgd.expression.excel import ErrorValue, Value
from sheetgd.expression.numbers import on_numbers

_FLOATS = {float}


@cache
def arithmetic(function: str) -> Callable[..., Value]:
    """Return an operation on single values, with a sheet's errors.

    >>> arithmetic("/")(1.0, 0.0), arithmetic("+")(1.0, None), arithmetic("+")(1.0, "one")
    (<ErrorValue.DIVISION: '#DIV/0!'>, 1.0, <ErrorValue.VALUE: '#VALUE!'>)
    """
    compute, divides = on_numbers(function), function == "/"

    def careful(*values: Value) -> Value:
        numbers: Sequence[Any] = values
        if {*map(type, values)} != _FLOATS:
            numbers = [_number(value) for value in values]
            for number in numbers:
                if isinstance(number, ErrorValue):
                    return number
        if divides and numbers[1] == 0:
            return ErrorValue.DIVISION
        found = float(compute(*numbers))
        return found if math.isfinite(found) else ErrorValue.NUMBER

    return careful


def _number(value: Value) -> float | ErrorValue:
    """Take a value as arithmetic does: a blank is 0, a text an error."""
    if isinstance(value, ErrorValue):
        return value
    if isinstance(value, str):
        return ErrorValue.VALUE
    number = 0.0 if value is None else float(value)
    return number if math.isfinite(number) else ErrorValue.NUMBER


_ALONE = frozenset((float, int, bool, str, ErrorValue, type(None)))
"""What a single cell holds; to ask by type is quick, and it is asked for every operand."""


def is_range(value: object) -> bool:
    """Tell whether a value is that of a range: a tuple, or an array where all are numbers."""
    return type(value) not in _ALONE and isinstance(value, tuple | np.ndarray)


def on_arrays_of_numbers(function: str, values: Sequence[Any]) -> Any:  # noqa: ANN401  an array
    """Compute an operation on arrays at once; None where not all of the values are numbers.

    Cells that come to no number are NaN or infinite in it.
    """
    if not any(hasattr(value, "dtype") for value in values):
        return None
    if any(isinstance(value, tuple | str) or value is None for value in values):
        return None
    if function == "/" and not np.all(values[1]):
        # A division by 0 is an error of its own.
        return None
    with np.errstate(all="ignore"):
        return on_numbers(function)(*values)


def cell_by_cell(compute: Callable[..., Value], values: Sequence[Any]) -> Any:  # noqa: ANN401  as value_of
    """Apply a function of single values, to each cell where some are ranges."""
    lengths = {len(value) for value in values if is_range(value)}
    if not lengths:
        return compute(*values)
    (length,) = lengths
    columns = [value if is_range(value) else (value,) * length for value in values]
    return tuple(compute(*row) for row in zip(*columns, strict=True))


def _flat(values: Sequence[Any]) -> list[Value]:
    return [each for value in values for each in (value if is_range(value) else (value,))]


def _over_numbers(compute: Callable[[list[float]], float]) -> Callable[..., Value]:
    """Lift a function to the numbers among some cells; an error spoils it, a text does not."""

    def careful(*values: Any) -> Value:  # noqa: ANN401  cells and ranges
        if len(values) == 1 and hasattr(values[0], "dtype"):
            # What overflows is an error in a sheet, and no warning.
            with np.errstate(all="ignore"):
                found = float(compute(values[0]))
            return found if math.isfinite(found) else ErrorValue.NUMBER
        flat = _flat(values)
        numbers: list[float] = []
        for value in flat:
            if isinstance(value, ErrorValue):
                return value
            if isinstance(value, float | int) and not isinstance(value, bool):
                if not math.isfinite(value):
                    return ErrorValue.NUMBER
                numbers.append(float(value))
        found = float(compute(numbers))
        return found if math.isfinite(found) else ErrorValue.NUMBER

    return careful


def _total_where(values: Any, taken: Any) -> Value:  # noqa: ANN401  ranges
    """Add up the values that are taken, each times 1; the others count for 0."""
    if hasattr(values, "dtype"):
        return _over_numbers(quantity.total)(values * taken)
    # A text counts for 0 here, in whatever column it stands.
    columns = [[0.0 if _is_text(each) else each for each in column] for column in (values, taken)]
    return _over_numbers(quantity.total)(cell_by_cell(arithmetic("*"), list(map(tuple, columns))))


def _slope(y: Any, x: Any) -> Value:  # noqa: ANN401  ranges
    """Take the slope of the pairs of numbers; others are passed by, but for errors."""
    if not (hasattr(y, "dtype") and hasattr(x, "dtype")):
        wrong = next(filter(is_error, (*y, *x)), None)
        if wrong is not None:
            return as_error(wrong)
        pairs = [pair for pair in zip(y, x, strict=True) if all(map(_is_number, pair))]
        y, x = np.array(pairs, dtype=np.float64).reshape(-1, 2).T
    return arithmetic("/")(*quantity.slope_of(y, x))


def _is_text(value: Value) -> bool:
    return isinstance(value, str) and not isinstance(value, ErrorValue)


def _is_number(value: Value) -> bool:
    if not isinstance(value, float | int) or isinstance(value, bool):
        return False
    return math.isfinite(value)


def is_error(value: Value) -> bool:
    """Tell whether a value is an error in a sheet, as an infinity is."""
    return isinstance(value, ErrorValue) or (isinstance(value, float) and not math.isfinite(value))


def as_error(value: Value) -> ErrorValue:
    """Return the error that a value is."""
    return value if isinstance(value, ErrorValue) else ErrorValue.NUMBER


def _comparison(holds: Callable[[Any, Any], bool]) -> Callable[..., Any]:
    def compare(one: Value, other: Value) -> Value:
        for value in (one, other):
            if is_error(value):
                return as_error(value)
        # A blank is as good as 0, or as an empty text.
        left = ("" if isinstance(other, str) else 0.0) if one is None else one
        right = ("" if isinstance(one, str) else 0.0) if other is None else other
        if isinstance(left, str) != isinstance(right, str):
            # Any text is above any number.
            return holds(int(isinstance(left, str)), int(isinstance(right, str)))
        if isinstance(left, str) and isinstance(right, str):
            return holds(left.casefold(), right.casefold())
        return holds(left, right)

    return lambda *values: cell_by_cell(compare, values)


def _logical(decide: Callable[[list[bool]], bool]) -> Callable[..., Value]:
    def careful(*values: Any) -> Value:  # noqa: ANN401  cells and ranges
        flat = _flat(values)
        wrong = next((value for value in flat if is_error(value)), None)
        return decide(list(map(bool, flat))) if wrong is None else as_error(wrong)

    return careful


def _match(value: Value, among: Sequence[Value]) -> Value:
    if is_error(value):
        return as_error(value)
    sought, *there = (
        each.casefold() if isinstance(each, str) else each for each in (value, *among)
    )
    # A blank is as good as 0 here, but no 0 that could be found.
    sought = 0.0 if sought is None else sought
    found = next((place for place, each in enumerate(there, start=1) if each == sought), None)
    return ErrorValue.NOT_AVAILABLE if found is None else float(found)


def _index(among: Sequence[Value], place: Value) -> Value:
    number = _number(place)
    if isinstance(number, ErrorValue):
        return number
    at = int(number)
    if at < 1:
        return ErrorValue.VALUE
    if at > len(among):
        return ErrorValue.REFERENCE
    found = among[at - 1]
    return float(found) if isinstance(found, np.floating) else found


_SIGNS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "<>": operator.ne,
    "<=": operator.le,
    ">=": operator.ge,
    "=": operator.eq,
    "<": operator.lt,
    ">": operator.gt,
}


def _count_if(among: Sequence[Value], condition: str) -> float:
    sign = next((each for each in _SIGNS if condition.startswith(each)), "")
    bound: Value = condition.removeprefix(sign)
    holds = _SIGNS[sign or "="]
    if sign and isinstance(bound, str) and bound:
        bound = float(bound)
    matching = (type(each) is type(bound) and holds(each, bound) for each in among)
    return float(sum(matching))


def _rounded(value: Value, decimals: Value) -> Value:
    numbers = [_number(each) for each in (value, decimals)]
    wrong = next((each for each in numbers if isinstance(each, ErrorValue)), None)
    if wrong is not None:
        return wrong
    return float(quantity.rounded(float(numbers[0]), int(numbers[1])))


def _log10(value: Value) -> Value:
    number = _number(value)
    if isinstance(number, ErrorValue):
        return number
    return math.log10(number) if number > 0 else ErrorValue.NUMBER


def _joined(*values: Value) -> Value:
    wrong = next((value for value in values if is_error(value)), None)
    return "".join(map(_written, values)) if wrong is None else as_error(wrong)


def _written(value: Value) -> str:
    """Write a value within a text, as a sheet puts it there."""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float | int):
        short = f"{value:.15g}"
        return "0" if short == "-0" else short.upper()
    return "" if value is None else str(value)


def _lowest(numbers: Any) -> float:  # noqa: ANN401  a list or an array
    # NumPy's own is an error where one of them is, which Python's is not.
    return float(numbers.min()) if hasattr(numbers, "dtype") else min(numbers, default=0.0)


def _highest(numbers: Any) -> float:  # noqa: ANN401  a list or an array
    return float(numbers.max()) if hasattr(numbers, "dtype") else max(numbers, default=0.0)


def _count(*values: Any) -> Value:  # noqa: ANN401  cells and ranges
    if len(values) == 1 and hasattr(values[0], "dtype"):
        return float(np.isfinite(values[0]).sum())
    return float(sum(map(_is_number, _flat(values))))


def _count_filled(among: Sequence[Value]) -> float:
    return float(sum(each is not None for each in among))


FUNCTIONS: Final[Mapping[str, Callable[..., Any]]] = {
    "minimum": _over_numbers(_lowest),
    "maximum": _over_numbers(_highest),
    "total": _over_numbers(quantity.total),
    "total_where": _total_where,
    "count": _count,
    "all_of": _logical(all),
    "any_of": _logical(any),
    "slope": _slope,
    "squared_deviations": _over_numbers(
        lambda values: quantity.squared_deviations(np.asarray(values))
    ),
    "is_error": is_error,
    "is_number": _is_number,
    "match": _match,
    "index": _index,
    "count_filled": _count_filled,
    "count_if": _count_if,
    "rounded": _rounded,
    "log10": _log10,
    "joined": _joined,
    **{sign: _comparison(holds) for sign, holds in _SIGNS.items()},
}
"""By the names that `sheetgd.expression.sheet_cells` has for them."""
