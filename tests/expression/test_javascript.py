"""Expressions printed as JavaScript: the numbers that Python has, and an error where it has one."""

import json
import math
import random
import subprocess
from collections.abc import Sequence
from typing import Any

import pytest

from sheetgd.expression.functions import rounded
from sheetgd.expression.javascript import Functions, literal, primitives
from sheetgd.expression.numbers import evaluate
from sheetgd.expression.python import same_on_arrays
from sheetgd.expression.sheet_cells import (
    all_of,
    any_of,
    compared,
    failed,
    if_error,
    is_number,
    joined,
    told,
    unplaced,
    value_of,
    when,
)
from sheetgd.expression.sheet_functions import is_error
from sheetgd.expression.tree import Expression, Number, Operation, Symbol
from tests.support.expressions import NAMES, random_expression
from tests.support.node_descents import needs_node

VALUES = (0.0, -0.0, 1.0, -1.5, 0.5, 3.0, 1e200, -1e200, 1e-200, math.inf, -math.inf, math.nan)
_READ = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def computed(functions: Functions, rows: Sequence[Sequence[float | str]]) -> list[Any]:
    """What Node makes of each function with the values of its row in the slots."""
    given = ",".join(f"[{','.join(map(literal, row))}]" for row in rows)
    script = (
        f"{primitives()}\nconst f=[{','.join(functions.texts)}],g=[{given}];"
        "console.log(JSON.stringify(f.map((e,at)=>e(g[at])),"
        "(_,e)=>typeof e==='number'&&!Number.isFinite(e)?String(e):Object.is(e,-0)?'-0':e))"
    )
    done = subprocess.run(["node", "-"], input=script, capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr[-600:]
    found = json.loads(done.stdout, parse_int=float)
    return [_READ.get(each, -0.0 if each == "-0" else each) for each in found]


@needs_node
def test_numbers_are_pythons() -> None:
    generator, functions = random.Random(11), Functions()  # noqa: S311  no secret
    for name in NAMES:
        functions.slot(name)
    cases: dict[int, tuple[Expression, list[float]]] = {}
    while len(cases) < 1500:
        expression = random_expression(generator, 4)
        values = [generator.choice(VALUES) for _ in NAMES]
        cases[functions.number(expression)] = expression, values
    found, unlike = computed(functions, [values for _, values in cases.values()]), 0
    for (expression, values), one in zip(cases.values(), found, strict=True):
        other = evaluate(expression, NAMES, values)
        if same_on_arrays(expression):
            assert one == other or (math.isnan(one) and math.isnan(other)), (expression, values)
        else:
            unlike += one != pytest.approx(other, rel=1e-9, abs=1e-12, nan_ok=True)
    # An ulp of a huge angle is another angle, and past the largest number there is none.
    assert unlike <= len(found) / 100


@needs_node
def test_whole_powers_round_as_pythons() -> None:
    generator, functions = random.Random(3), Functions()  # noqa: S311  no secret
    functions.number(Operation("^", (Symbol("base"), Symbol("exponent"))))
    pairs = [(generator.uniform(-5, 5), float(generator.randint(-9, 9))) for _ in range(2000)]
    pairs += [(0.999, float(each)) for each in range(2000)] + [(1e150, 3.0), (-1e150, 3.0)]
    functions = Functions()
    for at, _ in enumerate(pairs):
        base, exponent = Symbol("base"), Symbol("exponent")
        functions.number(Operation("+", (Operation("^", (base, exponent)), Number(at * 0.0 + at))))
    found = computed(functions, pairs)
    wrong = [
        pair
        for at, (pair, one) in enumerate(zip(pairs, found, strict=True))
        if one != evaluate(Operation("^", (Number(pair[0]), Number(pair[1]))), (), [0.0]) + at
    ]
    # What is exactly between two numbers may go either way.
    assert len(wrong) <= len(pairs) / 500


@needs_node
def test_rounding_is_of_the_number_that_is_shown() -> None:
    generator = random.Random(5)  # noqa: S311  no secret
    numbers = [1.0005, -2.5, 2.5, -0.0, -0.0002, 1e-7, 1.23456e20, 5e-324, 2.0**60, math.nan]
    numbers += [generator.uniform(-1000, 1000) for _ in range(500)]
    numbers += [generator.randint(-10_000, 10_000) / 1000 + 0.0005 for _ in range(500)]
    functions = Functions()
    for at, _ in enumerate(numbers):
        value = Operation("rounded", (Symbol("value"), Number(3.0)))
        functions.number(when(1.0, value, float(at)))
    found = computed(functions, [[each] for each in numbers])
    assert [*map(repr, found)] == [repr(rounded(each, 3)) for each in numbers]


@needs_node
def test_what_sheets_say_is_said() -> None:
    given: list[float | str] = [1.0, 0.0, -2.0, math.nan, "B", "b", "", 227.38293, 1.23e-5, 3.1e12]
    trees: list[Expression] = []
    rows: list[list[float | str]] = []
    own: list[Any] = []
    for one in given:
        for other in given:
            made = _made(Symbol("one"), Symbol("other"), len(rows))
            trees += made
            rows += [[one, other]] * len(made)
            own += map(value_of, _made(unplaced(one), unplaced(other), len(rows) - len(made)))
    functions = Functions({"one": 0, "other": 1})
    assert [functions.number(each) for each in trees] == [*range(len(trees))]
    for found, expected, row in zip(computed(functions, rows), own, rows, strict=True):
        same = is_error(found) if is_error(expected) else found == expected
        assert same, (row, found, expected)


def _made(one: Expression, other: Expression, at: int) -> list[Expression]:
    """Some of everything that verdicts and notes are made of; the number makes them different."""
    signs = [compared(one, sign, other) for sign in ("=", "<>", "<", "<=", ">", ">=")]
    made = [
        *signs,
        when(compared(one, "<", other), "below", 3.5),
        all_of(*signs[:2]),
        any_of(*signs[2:4]),
        if_error(signs[0], "wrong"),
        failed(one),
        is_number(one),
        joined("a<b ", one, other),
        # Arithmetic on texts is never asked for.
        told(when(is_number(one), one, float("nan")), 4),
    ]
    return [when(compared(float(at), ">=", 0), each, "") for each in made]


def test_what_stands_there_twice_is_computed_once() -> None:
    functions, x = Functions(), Symbol("x")
    twice = Operation("exp", (x,))
    functions.number(twice * twice + Symbol("m"))
    assert functions.texts == ["v=>{const c0=exp(v[0]);return ((c0*c0)+v[1])}"]


def test_no_name_and_no_tag_gets_into_a_script() -> None:
    functions = Functions()
    functions.number(when(compared(Symbol("</script>"), ">", 1), "</script><!--", ""))
    assert "<" not in functions.texts[0].replace("c<", "").replace("=>", "")
    assert functions.slots == ["</script>"]


def test_what_is_taken_over_rows_is_found() -> None:
    functions, y, rows = Functions(), Symbol("y"), Symbol("rows")
    mean = Operation("total", (y,)) / rows
    deviation = Operation("total", ((y - mean) * (y - mean),))
    steps = functions.over_rows(Operation("sqrt", (deviation / rows,)))
    assert [len(each) for each in steps] == [3, 3, 2]
    assert functions.texts[0] == "v=>v[0]"
