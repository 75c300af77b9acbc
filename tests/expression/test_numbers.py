"""Computing expressions: on floats, on arrays, and with symbols again."""

import math
import random

import numpy as np
import pytest

from sheetgd.expression.numbers import evaluate, on_numbers
from sheetgd.expression.parser import parse_formula
from sheetgd.expression.tree import Number, Operation, Symbol
from tests.support.expressions import NAMES, random_expression


def test_computed_with_expressions_an_expression_is_one_again() -> None:
    found = evaluate(parse_formula("max(2, a) + pi"), ("a",), (Symbol("b"),))
    largest = Operation("max", (Number(2.0), Symbol("b")))
    assert found == Operation("+", (largest, Number(math.pi)))


@pytest.mark.parametrize(
    ("function", "python"),
    [
        ("+", "a + b"),
        ("-", "a - b"),
        ("*", "a * b"),
        ("/", "a / b"),
        ("^", "a ** b"),
        ("negative", "-a"),
        ("abs", "abs(a)"),
        ("remainder", "a % b"),
        ("max", "max(a, b)"),
        ("min", "min(a, b)"),
        ("sqrt", "math.sqrt(a)"),
        ("exp", "math.exp(a)"),
        ("ln", "math.log(a)"),
        ("sin", "math.sin(a)"),
        ("cos", "math.cos(a)"),
        ("tanh", "math.tanh(a)"),
        ("sigmoid", "1 / (1 + math.exp(-a))"),
        ("softplus", "math.log(1 + math.exp(a))"),
        ("sign", "1.0"),
    ],
)
def test_operations_on_numbers_and_on_arrays_are_python_s(function: str, python: str) -> None:
    pairs = [(2.5, 1.5), (0.5, 3.0), (3.0, 3.0)]
    expected = [eval(python, {"math": math, "a": a, "b": b}) for a, b in pairs]  # noqa: S307  as above
    count = 2 if "b" in python.replace("abs", "") else 1
    assert [on_numbers(function)(*pair[:count]) for pair in pairs] == pytest.approx(expected)
    columns = np.array(pairs).T[:count]
    assert on_numbers(function)(*columns) == pytest.approx(np.array(expected), rel=1e-15)


@pytest.mark.parametrize(("function", "holds"), [("when=", [0, 0, 1]), ("when>=", [1, 0, 1])])
def test_a_choice_is_made_alike_on_numbers_and_on_arrays(function: str, holds: list[int]) -> None:
    one, other = np.array([2.5, 0.5, 3.0]), np.array([1.5, 3.0, 3.0])
    assert on_numbers(function)(one, other, 1, 0).tolist() == holds
    chosen = [on_numbers(function)(a, b, 1, 0) for a, b in ((2.5, 1.5), (0.5, 3.0), (3.0, 3.0))]
    assert chosen == holds


def test_floats_and_arrays_agree() -> None:
    generator = random.Random(5)  # noqa: S311  no secret
    for _ in range(200):
        expression = random_expression(generator, 3)
        rows = [[generator.uniform(0.4, 1.8) for _ in NAMES] for _ in range(4)]
        one_by_one = [evaluate(expression, NAMES, row) for row in rows]
        with np.errstate(all="ignore"):
            together = evaluate(expression, NAMES, list(np.array(rows).T))
        expected = np.array([value if math.isfinite(value) else np.nan for value in one_by_one])
        found = np.broadcast_to(together, expected.shape)
        usable = np.isfinite(expected)
        np.testing.assert_allclose(found[usable], expected[usable], rtol=1e-12)
