"""Derivatives by the rules, against those of SymPy, and as spreadsheet engines compute them."""

import math
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import sympy

from sheetgd.descent.model import model_of
from sheetgd.expression import derivative as derivatives
from sheetgd.expression.derivative import ZERO, at_zero, derivative
from sheetgd.expression.functions import when_at_least, when_equal
from sheetgd.expression.numbers import evaluate
from sheetgd.expression.parser import parse_formula
from sheetgd.expression.sheet_cells import formula_of
from sheetgd.expression.tree import Expression, Number, Operation, Symbol
from tests.support.each_engine import ENGINES
from tests.support.engines import Engine
from tests.support.expressions import NAMES, random_expression

CHOICES = ("sign", "when=", "when>=")
"""Functions that formulas of users do not have."""


SMOOTH: Mapping[str, Callable[..., Any]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "^": lambda a, b: a**b,
    "negative": lambda a: -a,
    "exp": sympy.exp,
    "ln": sympy.log,
    "sqrt": sympy.sqrt,
    "sin": sympy.sin,
    "cos": sympy.cos,
    "tanh": sympy.tanh,
    "sigmoid": lambda a: 1 / (1 + sympy.exp(-a)),
    "softplus": lambda a: sympy.log(1 + sympy.exp(a)),
}
CHOOSING: Mapping[str, Callable[..., Any]] = {
    "abs": lambda values, a: a if values[0] >= 0 else -a,
    "sign": lambda values, _: sympy.Integer(1 if values[0] >= 0 else -1),
    "max": lambda values, a, b: a if values[0] >= values[1] else b,
    "min": lambda values, a, b: a if values[0] <= values[1] else b,
    "when=": lambda values, _a, _b, one, other: one if values[0] == values[1] else other,
    "when>=": lambda values, _a, _b, one, other: one if values[0] >= values[1] else other,
}
"""What functions with kinks are close to a point where their operands have these values."""


def of_sympy(expression: Expression, values: Sequence[float]) -> Any:  # noqa: ANN401  of SymPy
    """What the expression is in SymPy close to a point; SymPy rearranges it as it likes."""
    if isinstance(expression, Number):
        return sympy.Rational(expression.value)
    if isinstance(expression, Symbol):
        return sympy.Symbol(expression.name)
    assert isinstance(expression, Operation)
    operands = [of_sympy(operand, values) for operand in expression.operands]
    if expression.function in SMOOTH:
        return SMOOTH[expression.function](*operands)
    known = [evaluate(operand, NAMES, values) for operand in expression.operands]
    return CHOOSING[expression.function](known, *operands)


def value_of_sympy(
    expression: Any,  # noqa: ANN401  of SymPy
    names: Sequence[str],
    values: Sequence[float],
) -> float:
    """What SymPy's expression comes to; NaN where that is no real number."""
    try:
        value = sympy.lambdify(list(names), expression, "math")(*values)
    except (ValueError, TypeError, OverflowError, ZeroDivisionError):
        return math.nan
    return float(value) if isinstance(value, int | float) else math.nan


def derivatives_apart(seed: int, count: int, depth: int, times: int) -> Iterator[bool]:
    """Whether SymPy has another derivative than ours, for random expressions at random points.

    Args:
        seed: of what is random.
        count: how many expressions.
        depth: how deep.
        times: how often they are differentiated.
    """
    generator = random.Random(seed)  # noqa: S311  no secret
    for _ in range(count):
        ours = random_expression(generator, depth, choices=CHOICES)
        values = [generator.uniform(0.4, 1.8) for _ in NAMES]
        name = generator.choice(NAMES)
        if name not in ours.names or not math.isfinite(evaluate(ours, NAMES, values)):
            continue
        theirs = of_sympy(ours, values).diff(name, times)
        expected = value_of_sympy(theirs, NAMES, values)
        for _ in range(times):
            ours = derivative(ours, name)
        found = evaluate(ours, NAMES, values)
        # Of a power of a negative number the rule takes a logarithm, which has no value.
        if math.isfinite(expected) and math.isfinite(found):
            yield found != pytest.approx(expected, rel=1e-9, abs=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize(("count", "depth", "times", "least"), [(500, 4, 1, 250), (250, 3, 2, 100)])
def test_random_derivatives_are_those_of_sympy(
    count: int, depth: int, times: int, least: int
) -> None:
    apart = list(derivatives_apart(11, count, depth, times))
    assert not any(apart)
    assert len(apart) > least


@pytest.mark.parametrize("function", [*SMOOTH, *CHOOSING])
def test_a_rule_that_is_wrong_is_found(monkeypatch: pytest.MonkeyPatch, function: str) -> None:
    def wrong(*each: Expression) -> Expression:
        return right(*each) + 0.00001

    right = derivatives._RULES[function]  # noqa: SLF001  to break it
    monkeypatch.setitem(derivatives._RULES, function, wrong)  # noqa: SLF001  the same
    assert any(derivatives_apart(11, 500, 4, 1))


@pytest.mark.parametrize(
    ("text", "at", "slope"),
    [
        ("abs(a)", 0.0, 0.0),
        ("max(a, 2*a)", 0.0, 1.0),
        ("relu(a)", 0.0, 0.0),
        ("step(a)", 0.0, 0.0),
        ("step(a)", 1.0, 0.0),
        ("sigmoid(a)", 0.0, 0.25),
        ("sigmoid(a)", 1000.0, 0.0),
        ("softplus(a)", 0.0, 0.5),
        ("softplus(a)", 1000.0, 1.0),
        ("softplus(a)", -1000.0, 0.0),
        ("min(a, 2*a)", 0.0, 1.0),
        ("a^0.5", 4, 0.25),
    ],
)
def test_slopes_at_kinks_are_as_documented(text: str, at: float, slope: float) -> None:
    assert evaluate(derivative(parse_formula(text), "a"), ("a",), (at,)) == slope


def test_a_slope_of_ones_and_minus_ones_is_level() -> None:
    assert derivative(derivative(parse_formula("abs(a)"), "a"), "a") == ZERO


def test_a_derivative_is_written_simply() -> None:
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
        ("relu(a*x)", "a", "IF(0>=a*x,0,x)"),
        ("step(a*x)", "a", "0"),
        ("sigmoid(a*x)", "a", "(1+TANH(a*x/2))/2*(1-(1+TANH(a*x/2))/2)*x"),
        ("softplus(a*x)", "a", "(1+TANH(a*x/2))/2*x"),
        ("min(a*x, b)", "a", "IF(b>=a*x,x,0)"),
        ("x^x", "x", "x*x^(x-1)+x^x*LN(x)"),
        ("a^(2*x)", "x", "a^(2*x)*LN(a)*2"),
        ("pi*a - x + max(b, 2)", "a", "PI()"),
    ):
        slope = derivative(parse_formula(text), name)
        assert str(formula_of(slope)) == expected


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
    found = at_zero(parse_formula(text), {"a", "b"})
    assert str(formula_of(found)) == left


@pytest.mark.parametrize(("chosen", "sign"), [(when_equal, "="), (when_at_least, ">=")])
def test_choices_where_symbols_are_0_and_their_slopes(
    chosen: Callable[..., Expression], sign: str
) -> None:
    x, a, b = map(Symbol, "xab")
    choice = chosen(x, 1.0, 3.0 * a, 2.0 * b)
    assert at_zero(choice, {"a", "b"}) == ZERO
    for expression, text in (
        (at_zero(choice, {"a"}), f"IF(x{sign}1,0,2*b)"),
        (at_zero(choice, {"b"}), f"IF(x{sign}1,3*a,0)"),
        (at_zero(choice, {"x"}), f"IF(0{sign}1,3*a,2*b)"),
        (derivative(choice, "a"), f"IF(x{sign}1,3,0)"),
        (derivative(choice, "b"), f"IF(x{sign}1,0,2)"),
        (derivative(choice, "x"), "0"),
    ):
        assert str(formula_of(expression)) == text


@pytest.mark.parametrize("engine", ENGINES)
def test_formulas_and_their_slopes_as_engines_compute_them(tmp_path: Path, engine: Engine) -> None:
    generator = random.Random(9)  # noqa: S311  no secret
    values = {"x": 1.3, "a": 0.7, "b": 1.1, "c": 0.45}
    cells = dict(zip(NAMES, ("B1", "B2", "B3", "B4"), strict=True))
    words = [Symbol(cells[name]) for name in NAMES]
    book = openpyxl.Workbook()
    page = book["Sheet"]
    for name, value in values.items():
        page[cells[name]] = value
    expected: dict[str, float] = {}
    for number in range(1, 121):
        expression = random_expression(generator, 3)
        if number % 2:
            expression = derivative(expression, generator.choice(NAMES))
        value = evaluate(expression, NAMES, list(values.values()))
        if math.isfinite(value) and abs(value) < 1e12:
            page[f"D{number}"] = f"={formula_of(evaluate(expression, NAMES, words))}"
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


@pytest.mark.parametrize(
    ("model", "left"),
    [("line", Number(0.0)), ("a*x + 5", Number(5.0)), ("b - a*x/3", Number(0.0)),
     ("sin(x) - (-a)", Operation("sin", (Symbol("x"),)))],
)  # fmt: skip
def test_what_is_left_of_a_model_without_its_parameters(model: str, left: Expression) -> None:
    form = model_of(model)
    assert at_zero(form.expression, form.parameters) == left
