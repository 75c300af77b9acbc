"""Expressions printed as Python: computed once, and never so that an error is raised."""

import math
import random

import numpy as np
import pytest

from sheetgd.expression.numbers import Filler, evaluate
from sheetgd.expression.python import MATHEMATICS, Statements, safely_raised
from sheetgd.expression.tree import Number, Operation, Symbol
from tests.support.bits import bits
from tests.support.expressions import NAMES, random_expression

ROOT_2 = math.sqrt(2)
VALUES = (0.0, -0.0, 1.0, -1.5, 0.5, 3.0, 1e200, -1e200, 1e-200, math.inf, -math.inf, math.nan)


def test_statements_say_what_the_functions_say_to_the_bit_and_raise_nothing() -> None:
    generator = random.Random(11)  # noqa: S311  no secret
    ends = 0
    for _ in range(400):
        expression = random_expression(generator, 4)
        made = Statements([expression])
        made.put("found", expression)
        values = [generator.choice(VALUES) for _ in NAMES]
        given = {made.variable(name): value for name, value in zip(NAMES, values, strict=True)}
        given |= made.constants
        names = {**MATHEMATICS, **given}
        exec("\n".join([*made.before, *made.lines]), names)  # noqa: S102  made here
        found = float(names[made.variable("found")])
        plain = float(evaluate(expression, NAMES, values))
        assert bits([found]) == bits([plain]), (expression, values)
        ends += not math.isfinite(found)
    assert 50 < ends < 350, "some end in numbers, some do not"


def test_what_stands_twice_is_computed_once_and_what_never_changes_before() -> None:
    m, x, beta = map(Symbol, ("m", "x", "beta"))
    twice = m * x
    made = Statements([twice, twice + (1.0 - beta)], fixed={"beta"})
    made.put("one", twice)
    made.put("other", twice + (1.0 - beta))
    assert sum("*" in line for line in made.lines) == 1
    assert [line.partition(" = ")[2] for line in made.before] == [f"(1.0-{made.variable('beta')})"]


def test_a_compiler_sees_no_exponent_but_a_square() -> None:
    x = Symbol("x")
    for exponent, written in ((2.0, "*"), (0.5, "sqrt"), (-1.0, "1.0/"), (3.0, "power(")):
        made = Statements([Operation("^", (x, Number(exponent)))])
        made.put("y", Operation("^", (x, Number(exponent))))
        assert written in made.lines[-1]
        assert [*made.constants.values()] == ([exponent] if written == "power(" else [])
        assert "3.0" not in made.lines[-1]


@pytest.mark.parametrize(
    ("base", "exponent", "found"),
    [
        (2.0, 3.0, 8.0),
        (2.0, 2000.0, math.inf),
        (-10.0, 309.0, math.inf),
        (-2.0, 0.25, math.nan),
        (0.0, -3.0, math.nan),
        (math.inf, 3.0, math.nan),
        (math.inf, 2.0, math.inf),
        (2.0, 0.5, ROOT_2),
    ],
)
def test_powers_have_the_answers_of_a_sheet(base: float, exponent: float, found: float) -> None:
    assert bits([MATHEMATICS["power"](base, exponent)]) == bits([found])


def test_the_primitive_power_never_raises() -> None:
    assert math.isnan(safely_raised(-1.0, 0.3))
    assert safely_raised(1e300, 2.5) == math.inf


def test_columns_are_filled_only_where_they_are_wanted() -> None:
    m, x = Symbol("m"), Symbol("x")
    fill = Filler({"p": m * x, "q": Symbol("p") * Symbol("p")}, {"m"})
    out = {"q": np.empty(2)}
    fill({"m": 3.0, "x": np.array([1.0, 2.0])}, out)
    assert out["q"].tolist() == [9.0, 36.0]
    assert fill.given == ("m", "x")
