"""Derivatives by the rules, against central differences, engines and, where it is there, torch."""

import importlib
import math
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest

from sheetgd.descent.loss import LOSSES, closed_form
from sheetgd.descent.model import model_of
from sheetgd.expression.derivative import ZERO, at_zero, degree, derivative
from sheetgd.expression.excel import Formula
from sheetgd.expression.functions import power, when_at_least, when_equal
from sheetgd.expression.numbers import evaluate, on_arrays, on_numbers
from sheetgd.expression.parser import parse_formula
from sheetgd.expression.tree import Expression, Number, Operation, Symbol
from tests.support.each_engine import ENGINES
from tests.support.engines import Engine

NAMES = ("x", "a", "b", "c")
ONE = ("exp", "ln", "sqrt", "abs", "sin", "cos", "tanh", "negative")
TWO = ("+", "-", "*", "/", "^", "max", "min")


def random_expression(chance: random.Random, depth: int) -> Expression:
    if depth == 0 or chance.random() < 0.15:
        if chance.random() < 0.25:
            return Number(chance.choice((0.5, 1.0, 2.0, 3.0)))
        return Symbol(chance.choice(NAMES))
    if chance.random() < 0.4:
        return Operation(chance.choice(ONE), (random_expression(chance, depth - 1),))
    function = chance.choice(TWO)
    return Operation(
        function, (random_expression(chance, depth - 1), random_expression(chance, depth - 1))
    )


def slope_by_differences(expression: Expression, values: Sequence[float], which: int) -> float:
    """A central difference, made better by a second one at half the distance."""

    def difference(h: float) -> float:
        up, down = list(values), list(values)
        up[which], down[which] = values[which] + h, values[which] - h
        return (evaluate(expression, NAMES, up) - evaluate(expression, NAMES, down)) / (2 * h)

    one, half = difference(2e-4), difference(1e-4)
    # Where they are apart there is a kink, or a slope too steep to be measured like this.
    apart = abs(one - half) > 1e-5 * max(1.0, abs(half))
    return math.nan if apart else (4 * half - one) / 3


def test_random_expressions_against_central_differences() -> None:
    chance = random.Random(11)  # noqa: S311  no secret
    checked = unknown = 0
    for _ in range(600):
        expression = random_expression(chance, 4)
        values = [chance.uniform(0.4, 1.8) for _ in NAMES]
        for which, name in enumerate(NAMES):
            measured = slope_by_differences(expression, values, which)
            if not math.isfinite(measured) or abs(measured) > 1e6:
                continue
            slope = evaluate(derivative(expression, name), NAMES, values)
            if math.isnan(slope):
                # Of a power of 0, or of a negative number, the rule takes a logarithm.
                unknown += 1
                continue
            assert slope == pytest.approx(measured, rel=1e-6, abs=1e-6), (expression, values)
            checked += name in expression.symbols()
    assert checked > 600
    assert unknown < 10


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize(
    "text", ["line", "cubic", "a*exp(b*x)", "a*sin(b*x + c)", "a*tanh(b*x)", "max(a*x, b)", "a*b^x"]
)
def test_closed_forms_against_central_differences(loss: str, text: str) -> None:
    model, chance = model_of(text), random.Random(3)  # noqa: S311  no secret
    for _ in range(20):
        values = [chance.uniform(0.3, 1.5) for _ in model.parameters]
        x, y, h = chance.uniform(0.2, 2), chance.uniform(-2, 5), 1e-5
        for which, slope in enumerate(closed_form(model, loss)):
            up, down = list(values), list(values)
            up[which], down[which] = values[which] + h, values[which] - h
            above, below = (LOSSES[loss].of_row(model, x, y, each) for each in (up, down))
            measured = (above - below) / (2 * h)
            assert slope([x, y, *values]) == pytest.approx(measured, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize(
    ("text", "at", "slope"),
    [
        ("abs(a)", 0.0, 0.0),
        ("max(a, 2*a)", 0.0, 1.0),
        ("min(a, 2*a)", 0.0, 1.0),
        ("a^0.5", 4, 0.25),
    ],
)
def test_slopes_at_kinks_are_as_documented(text: str, at: float, slope: float) -> None:
    assert evaluate(derivative(parse_formula(text), "a"), ("a",), (at,)) == slope


def test_a_slope_of_ones_and_minus_ones_is_level() -> None:
    assert derivative(derivative(parse_formula("abs(a)"), "a"), "a") == ZERO


def test_a_derivative_is_written_simply() -> None:
    words = [Formula.name(name) for name in NAMES]
    for text, name, expected in (
        ("a*x + b", "a", "x"),
        ("a*x + b", "b", "1"),
        ("a*x + b", "c", "0"),
        ("a*x^3", "x", "a*(3*x^2)"),
        ("x/a", "x", "1/a"),
        ("exp(a*x)", "a", "EXP(a*x)*x"),
        ("a - b", "b", "(-1)"),
        ("a*x + a", "a", "x+1"),
        ("a*x*(a*b)", "a", "a*b*x+a*x*b"),
        ("a*x/(a*b)", "a", "(x-a*x/(a*b)*b)/(a*b)"),
        ("(a*x)^3", "a", "3*(a*x)^2*x"),
        ("a^b", "a", "b*a^(b-1)"),
        ("ln(a*x)", "a", "x/(a*x)"),
        ("sqrt(a*x)", "a", "x/(2*SQRT(a*x))"),
        ("abs(a*x)", "a", "SIGN(a*x)*x"),
        ("sin(a*x)", "a", "COS(a*x)*x"),
        ("cos(a*x)", "a", "(-SIN(a*x))*x"),
        ("tanh(a*x)", "a", "(1-TANH(a*x)^2)*x"),
        ("max(a*x, b)", "a", "IF(a*x>=b,x,0)"),
        ("min(a*x, b)", "a", "IF(b>=a*x,x,0)"),
        ("x^x", "x", "x*x^(x-1)+x^x*LN(x)"),
        ("a^(2*x)", "x", "a^(2*x)*LN(a)*2"),
        ("pi*a - x + max(b, 2)", "a", "PI()"),
    ):
        slope = evaluate(derivative(parse_formula(text), name), NAMES, words)
        assert str(slope) == expected


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("a + x", "x"),
        ("x + a", "x"),
        ("x + 2", "x+2"),
        ("x - a", "x"),
        ("a - x", "(-x)"),
        ("x - 2", "x-2"),
        ("a*x", "0"),
        ("1*x", "x"),
        ("x*1", "x"),
        ("a/x", "0"),
        ("x/1", "x"),
        ("x/2", "x/2"),
        ("a^2", "0"),
        ("a^0.5", "0"),
        ("a^0", "0^0"),
        ("a^(-1)", "0^(-1)"),
        ("a^c", "0^c"),
        ("x^2", "x^2"),
        ("x^c", "x^c"),
        ("-a", "0"),
        ("-x", "(-x)"),
        ("exp(a)*x", "EXP(0)*x"),
        ("max(a, x)", "MAX(0,x)"),
    ],
)
def test_what_is_left_where_two_symbols_are_0(text: str, left: str) -> None:
    words = [Formula.name(name) for name in NAMES]
    found = evaluate(at_zero(parse_formula(text), {"a", "b"}), NAMES, words)
    assert str(found) == left


@pytest.mark.parametrize(("chosen", "sign"), [(when_equal, "="), (when_at_least, ">=")])
def test_choices_where_symbols_are_0_and_their_slopes(
    chosen: Callable[..., Expression], sign: str
) -> None:
    x, a, b = map(Symbol, "xab")
    choice = chosen(x, 1.0, 3.0 * a, 2.0 * b)
    words = [Formula.name(name) for name in NAMES]
    assert at_zero(choice, {"a", "b"}) == ZERO
    for expression, text in (
        (at_zero(choice, {"a"}), f"IF(x{sign}1,0,2*b)"),
        (at_zero(choice, {"b"}), f"IF(x{sign}1,3*a,0)"),
        (at_zero(choice, {"x"}), f"IF(0{sign}1,3*a,2*b)"),
        (derivative(choice, "a"), f"IF(x{sign}1,3,0)"),
        (derivative(choice, "b"), f"IF(x{sign}1,0,2)"),
        (derivative(choice, "x"), "0"),
    ):
        assert str(evaluate(expression, NAMES, words)) == text


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
    words = [Formula.name(name) for name in NAMES]
    assert str(evaluate(expression, NAMES, words)) == text
    value = eval(text, {"x": 5.0})  # noqa: S307  the text above
    assert evaluate(expression, NAMES, (5.0, 0.0, 0.0, 0.0)) == value


@pytest.mark.parametrize(
    ("text", "highest"),
    [
        ("x^2 + 3", 0),
        ("a", 1),
        ("-a", 1),
        ("3 - a", 1),
        ("a + b*a", 2),
        ("a*x*b*a", 3),
        ("a/x", 1),
        ("x/a", math.inf),
        ("a^3", 3),
        ("(a*b)^2", 4),
        ("a^0", 0),
        ("a^0.5", math.inf),
        ("a^b", math.inf),
        ("max(a, b)", math.inf),
    ],
)
def test_the_degree_of_a_polynomial(text: str, highest: float) -> None:
    assert degree(parse_formula(text), {"a": 1, "b": 1}) == highest


def test_the_degree_of_other_powers_and_of_choices() -> None:
    x, a, b = map(Symbol, "xab")
    known = {"a": 1, "b": 1}
    assert degree(power(a, -1.0), known) == math.inf
    for chosen in (when_equal, when_at_least):
        assert degree(chosen(x, 1.0, a, a * b), known) == 2
        assert degree(chosen(x, 1.0, a * b, a), known) == 2
        assert degree(chosen(a, 1.0, b, b), known) == math.inf
        assert degree(chosen(x, a, b, b), known) == math.inf


def test_only_a_second_power_is_a_square() -> None:
    squares = {
        text: parse_formula(text).is_square  # type: ignore[attr-defined]  # they are operations
        for text in ("x^2", "(a + b)^2", "x^3", "x*2", "x - 2", "2^x")
    }
    assert [text for text, square in squares.items() if square] == ["x^2", "(a + b)^2"]


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
        ("sign", "1.0"),
    ],
)
def test_operations_on_numbers_and_on_arrays_are_python_s(function: str, python: str) -> None:
    pairs = [(2.5, 1.5), (0.5, 3.0), (3.0, 3.0)]
    expected = [eval(python, {"math": math, "a": a, "b": b}) for a, b in pairs]  # noqa: S307  as above
    count = 2 if "b" in python.replace("abs", "") else 1
    assert [on_numbers(function)(*pair[:count]) for pair in pairs] == pytest.approx(expected)
    columns = np.array(pairs).T[:count]
    assert on_arrays(function)(*columns) == pytest.approx(np.array(expected), rel=1e-15)


@pytest.mark.parametrize(("function", "holds"), [("when=", [0, 0, 1]), ("when>=", [1, 0, 1])])
def test_of_a_choice_arrays_tell_where_its_condition_holds(function: str, holds: list[int]) -> None:
    assert on_arrays(function)([2.5, 0.5, 3.0], [1.5, 3.0, 3.0]).tolist() == holds
    chosen = [on_numbers(function)(a, b, 1, 0) for a, b in ((2.5, 1.5), (0.5, 3.0), (3.0, 3.0))]
    assert chosen == holds


def test_floats_and_arrays_agree() -> None:
    chance = random.Random(5)  # noqa: S311  no secret
    for _ in range(200):
        expression = random_expression(chance, 3)
        rows = [[chance.uniform(0.4, 1.8) for _ in NAMES] for _ in range(4)]
        one_by_one = [evaluate(expression, NAMES, row) for row in rows]
        with np.errstate(all="ignore"):
            together = evaluate(expression, NAMES, list(np.array(rows).T))
        expected = np.array([value if math.isfinite(value) else np.nan for value in one_by_one])
        found = np.broadcast_to(together, expected.shape)
        usable = np.isfinite(expected)
        np.testing.assert_allclose(found[usable], expected[usable], rtol=1e-12)


@pytest.mark.parametrize("engine", ENGINES)
def test_formulas_and_their_slopes_as_engines_compute_them(tmp_path: Path, engine: Engine) -> None:
    chance = random.Random(9)  # noqa: S311  no secret
    values = {"x": 1.3, "a": 0.7, "b": 1.1, "c": 0.45}
    cells = dict(zip(NAMES, ("B1", "B2", "B3", "B4"), strict=True))
    words = [Formula.name(cells[name]) for name in NAMES]
    book = openpyxl.Workbook()
    page = book["Sheet"]
    for name, value in values.items():
        page[cells[name]] = value
    expected: dict[str, float] = {}
    for number in range(1, 121):
        expression = random_expression(chance, 3)
        if number % 2:
            expression = derivative(expression, chance.choice(NAMES))
        value = evaluate(expression, NAMES, list(values.values()))
        if math.isfinite(value) and abs(value) < 1e12:
            page[f"D{number}"] = f"={evaluate(expression, NAMES, words)}"
            expected[f"D{number}"] = value
    path = tmp_path / "formulas.xlsx"
    book.save(path)
    found = engine(path, {})
    assert len(expected) > 80
    for place, value in expected.items():
        assert found["Sheet", place] == pytest.approx(value, rel=1e-9, abs=1e-9), place


@pytest.mark.parametrize(
    "text", ["abs(a)", "max(a, 1)", "max(1, a)", "min(a, 1)", "sqrt(a)", "sin(a)"]
)
def test_what_has_no_value_has_none_in_any_function_of_it(text: str) -> None:
    expression = parse_formula(text)
    assert math.isnan(evaluate(expression, ("a",), (math.nan,)))
    assert math.isnan(evaluate(derivative(expression, "a"), ("a",), (math.nan,)))


TORCH_MODELS: dict[str, Any] = {
    "line": lambda _, x, p: p[0] * x + p[1],
    "cubic": lambda _, x, p: p[0] * x**3 + p[1] * x**2 + p[2] * x + p[3],
    "a*exp(k*x)": lambda t, x, p: p[0] * t.exp(p[1] * x),
    "a*sin(w*x + p) + c": lambda t, x, p: p[0] * t.sin(p[1] * x + p[2]) + p[3],
    "a*tanh(b*x)": lambda t, x, p: p[0] * t.tanh(p[1] * x),
    "max(a*x, b)": lambda t, x, p: t.maximum(p[0] * x, p[1]),
    "min(a, b*x) + abs(c - x)": lambda t, x, p: t.minimum(p[0], p[1] * x) + t.abs(p[2] - x),
    "sqrt(a + x) + ln(b*x)": lambda t, x, p: t.sqrt(p[0] + x) + t.log(p[1] * x),
    "a*b^x": lambda _, x, p: p[0] * p[1] ** x,
    "a/(1 + exp(-b*x))": lambda t, x, p: p[0] / (1 + t.exp(-p[1] * x)),
    "a*cos(x)^2 - b^3/x": lambda t, x, p: p[0] * t.cos(x) ** 2 - p[1] ** 3 / x,
}


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("text", TORCH_MODELS)
def test_closed_forms_against_torch_where_it_is_installed(loss: str, text: str) -> None:
    pytest.importorskip("torch")
    torch: Any = importlib.import_module("torch")
    model, chance = model_of(text), random.Random(1)  # noqa: S311  no secret
    for _ in range(10):
        values = [chance.uniform(0.3, 1.6) for _ in model.parameters]
        x, y = chance.uniform(0.2, 1.8), chance.uniform(-2, 5)
        leaves = [torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in values]
        y_pred = TORCH_MODELS[text](torch, torch.tensor(x, dtype=torch.float64), leaves)
        miss = y_pred - y
        (miss**2 if loss == "mse" else miss.abs()).backward()
        slopes = [slope([x, y, *values]) for slope in closed_form(model, loss)]
        expected = [0.0 if leaf.grad is None else leaf.grad.item() for leaf in leaves]
        assert slopes == pytest.approx(expected, rel=1e-10, abs=1e-12)
