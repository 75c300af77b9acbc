"""The tree that the operators of Python build."""

import pytest

from sheetgd.expression.numbers import evaluate
from sheetgd.expression.parser import parse_formula
from sheetgd.expression.sheet_cells import formula_of
from sheetgd.expression.tree import Expression, Symbol
from tests.support.expressions import NAMES


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        (2 + Symbol("x"), "2+x"),
        (2 - Symbol("x"), "2-x"),
        (2 * Symbol("x"), "2*x"),
        (2 / Symbol("x"), "2/x"),
        (Symbol("x") + 2, "x+2"),
        (Symbol("x") - 2, "x-2"),
        (Symbol("x") * 2, "x*2"),
        (Symbol("x") / 2, "x/2"),
        (-Symbol("x"), "(-x)"),
    ],
)
def test_a_number_may_stand_on_either_side(expression: Expression, text: str) -> None:
    assert str(formula_of(expression)) == text
    value = eval(text, {"x": 5.0})  # noqa: S307  the text above
    assert evaluate(expression, NAMES, (5.0, 0.0, 0.0, 0.0)) == value


def test_only_a_second_power_is_a_square() -> None:
    squares = {
        text: parse_formula(text).is_square  # type: ignore[attr-defined]  # they are operations
        for text in ("x^2", "(a + b)^2", "x^3", "x*2", "x - 2", "2^x")
    }
    assert [text for text, square in squares.items() if square] == ["x^2", "(a + b)^2"]
