"""No function makes a number of an infinity: in a sheet that is an error, and remains one."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from sheetgd.expression.numbers import Filler, on_numbers
from sheetgd.expression.python import MATHEMATICS, Statements
from sheetgd.expression.tree import Operation, Symbol

INF = math.inf
# What a sheet shows an error for, although arithmetic with infinities has an answer.
ERRORS = [
    ("/", (1.0, INF)),
    ("/", (INF, INF)),
    ("/", (1.0, 0.0)),
    ("^", (INF, -1.0)),
    ("^", (0.5, INF)),
    ("^", (INF, 0.0)),
    ("exp", (-INF,)),
    ("sign", (INF,)),
    ("sign", (-INF,)),
    ("tanh", (INF,)),
    ("max", (-INF, 1.0)),
    ("max", (1.0, -INF)),
    ("max", (math.nan, 1.0)),
    ("max", (1.0, math.nan)),
    ("min", (INF, 1.0)),
    ("min", (1.0, INF)),
    ("min", (math.nan, 1.0)),
    ("min", (1.0, math.nan)),
    ("when>=", (math.nan, 1.0, 2.0, 3.0)),
    ("when>=", (1.0, math.nan, 2.0, 3.0)),
    ("when>=", (INF, 1.0, 2.0, 3.0)),
    ("when>=", (1.0, -INF, 2.0, 3.0)),
    ("when>=", (INF, -INF, 2.0, 3.0)),
    ("when=", (INF, INF, 2.0, 3.0)),
    ("when=", (math.nan, math.nan, 2.0, 3.0)),
]
NUMBERS = [
    ("/", (1.0, 4.0), 0.25),
    ("^", (2.0, 3.0), 8.0),
    ("exp", (0.0,), 1.0),
    ("sign", (-5.0,), -1.0),
    ("tanh", (0.0,), 0.0),
    ("max", (2.0, 1.0), 2.0),
    ("min", (2.0, 1.0), 1.0),
    ("when>=", (1.0, 1.0, 2.0, 3.0), 2.0),
    ("when>=", (-1e308, 1e308, 2.0, 3.0), 3.0),
    ("when=", (1.0, 2.0, 2.0, 3.0), 3.0),
]


def printed(operation: Operation, values: Sequence[float]) -> float:
    """What the statements for a loop say."""
    made = Statements([operation])
    made.put("p", operation)
    given = [f"{made.variable(f's{at}')} = {value!r}" for at, value in enumerate(values)]
    names: dict[str, Any] = {**MATHEMATICS}
    exec("\n".join([*given, *made.before, *made.lines]), names)  # noqa: S102  numbers of this file
    found: float = names[made.variable("p")]
    return found


def every_way(name: str, values: Sequence[float]) -> list[float]:
    """What a function of numbers gives: of floats, of arrays, of both, printed."""
    function: Any = on_numbers(name)
    arrays = [np.array([value, 0.5]) for value in values]
    symbols = [f"s{place}" for place in range(len(values))]
    operation = Operation(name, tuple(Symbol(each) for each in symbols))
    fill, out = Filler({"p": operation}), {"p": np.empty(2)}
    with np.errstate(all="ignore"):
        fill(dict(zip(symbols, arrays, strict=True)), out)
        found = [function(*values), function(*arrays)[0], out["p"][0], printed(operation, values)]
        for place in range(len(values) if len(values) > 1 else 0):
            mixed = [arrays[each] if each == place else values[each] for each in range(len(values))]
            found.append(np.broadcast_to(function(*mixed), 2)[0])
    return [float(each) for each in found]


@pytest.mark.parametrize(("name", "values"), ERRORS, ids=str)
def test_an_error_stays_one(name: str, values: Sequence[float]) -> None:
    assert all(map(math.isnan, every_way(name, values)))


@pytest.mark.parametrize(("name", "values", "result"), NUMBERS, ids=str)
def test_numbers_are_computed(name: str, values: Sequence[float], result: float) -> None:
    found = every_way(name, values)
    assert found == [result] * len(found)


def test_only_the_rows_that_are_infinite_are_lost() -> None:
    rows, one = np.array([1.0, INF, 4.0]), np.array([8.0])
    for name, values, found in (
        ("/", (one, rows), [8, math.nan, 2]),
        ("/", (rows, 2.0), [0.5, INF, 2]),
        ("^", (rows, 2.0), [1, INF, 16]),
        ("^", (rows, 0.5), [1, math.nan, 2]),
        ("^", (rows, -1.0), [1, math.nan, 0.25]),
        ("^", (2.0, rows), [2, math.nan, 16]),
        ("max", (rows, 2.0), [2, math.nan, 4]),
        ("when>=", (np.array([1.0, math.nan, 4.0]), 2.0, 5.0, 6.0), [6, math.nan, 5]),
    ):
        with np.errstate(all="ignore"):
            np.testing.assert_array_equal(on_numbers(name)(*values), found)


def test_what_has_no_answer() -> None:
    assert on_numbers("exp")(1000.0) == INF
    for name, values in (("sqrt", (-1.0,)), ("/", (1.0, 0.0)), ("ln", (0.0,)), ("^", (-8.0, 0.3))):
        assert math.isnan(on_numbers(name)(*values))
