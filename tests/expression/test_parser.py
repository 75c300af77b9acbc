"""Formulas that people write: what they mean, and what is refused with which word."""

import math
import random

import numpy as np
import pytest

from sheetgd.descent.model import Model, model_of
from sheetgd.errors import LessonError
from sheetgd.expression.excel import Formula
from sheetgd.expression.numbers import evaluate
from sheetgd.expression.parser import parse_formula


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("-x^2", -9),
        ("(-x)^2", 9),
        ("2^3^2", 512),
        ("2*x + 4", 10),
        ("2 + 4*x", 14),
        ("x**2", 9),
        ("+x", 3),
        ("y = x - 1", 2),
        ("  y=x ", 3),
        ("1/4*x", 0.75),
        ("1/(4*x)", 1 / 12),
        ("x - 2 - 1", 0),
        ("x^-1", 1 / 3),
        ("8^(1/3)", 2),
        ("2e1*x", 60),
        (".5*x", 1.5),
        ("exp(0) + ln(1) + sqrt(16)", 5),
        ("abs(-x)", 3),
        ("sin(pi/2) + cos(0) + tanh(0)", 2),
        ("max(x, 5) - min(x, 5)", 2),
        ("max(min(x, 1), -x)", 1),
        ("pi", math.pi),
    ],
)
def test_what_a_formula_means(text: str, value: float) -> None:
    assert evaluate(parse_formula(text), ("x",), (3.0,)) == pytest.approx(value, rel=1e-15)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is empty"),
        ("   ", "is empty"),
        ("y = ", "is empty"),
        ("a*x +", "something is missing or too much"),
        ("2x + b", r"write 2\*x where 2x stands"),
        ("2(x + 1)", r"write \* between the factors of 2\(x \+ 1\)"),
        ("(a)(x)", "a is not a function that is known"),
        ("(a + 1)(x)", "between the factors"),
        ("(a*x + b", "1 parentheses open and 0 close"),
        ("as*x + b", "as cannot be a name; choose another"),
        ("log(x)", "log is not a function that is known"),
        ("sqr(x)", "did you mean sqrt"),
        ("sin(x, 2)", "sin takes 1 value, and here it has 2"),
        ("max(x)", "max takes 2 values, and here it has 1"),
        ("sin()", "here it has 0"),
        ("exp*x", r"exp is a function: write exp\(...\)"),
        ("max(a, key=b)", "is not accepted"),
        ("x.real", "x.real is not accepted"),
        ("x[0]", "is not accepted"),
        ("lambda: x", "is not accepted"),
        ("a < x", "is not accepted"),
        ("a if x else b", "is not accepted"),
        ("a and x", "is not accepted"),
        ("'a'*x", "is not accepted"),
        ("True*x", "True is not accepted"),
        ("2j*x", "is not accepted"),
        ("(a := x)", "is not accepted"),
        ("[x for x in a]", "is not accepted"),
        ("f'{x}'", "is not accepted"),
        ("a // x", "is not accepted"),
        ("a % x", "is not accepted"),
        ("a @ x", "is not accepted"),
        ("~x", "is not accepted"),
        ("a, x", "is not accepted"),
        ("__import__('os').system('true')", "is not accepted"),
        ("__import__('os')", "__import__ is not a function"),
        ("import os", "is not a formula"),
        ("x; a", "is not a formula"),
        ("a = b*x", "is not a formula"),
        ("a*x\n+b", "holds"),
        ("\u03b1*x", "names are made of the letters a to z"),
        ("a" * 600, "at most 500"),
        ("(" * 300 + "x" + ")" * 190, "is not a formula|nested"),
        ("sqrt(" * 45 + "x" + ")" * 45, "nested deeper than 40"),
        ("-" * 60 + "x", "nested deeper than 40"),
        ("1e999*x", "too large"),
        ("9" * 450 + "*x", "is not a formula|too large"),
    ],
)
def test_what_is_refused_and_why(text: str, says: str) -> None:
    with pytest.raises(LessonError, match=says):
        parse_formula(text)


def test_a_formula_may_have_five_hundred_characters() -> None:
    name = "a" * 498
    assert model_of(f"{name}*x").parameters == (name,)
    with pytest.raises(LessonError, match="501 characters: at most 500"):
        parse_formula(f"{name}a*x")


@pytest.mark.parametrize(
    ("before", "after"), [("sqrt(", ")"), ("-", ""), ("+", ""), ("x*(", ")"), ("x^", "")]
)
def test_a_formula_may_be_nested_forty_levels_deep(before: str, after: str) -> None:
    within = parse_formula(before * 39 + "x" + after * 39)
    assert abs(evaluate(within, ("x",), (1.0,))) == 1
    with pytest.raises(LessonError, match="nested deeper than 40"):
        parse_formula(before * 40 + "x" + after * 40)


@pytest.mark.parametrize(
    ("before", "after", "levels"),
    [
        ("", "+x-x+x", 0),
        ("", "*x/x*x", 0),
        ("(", ")*x+x", 2),
        ("(", ")/x-x", 2),
        ("(", ")^x", 1),
    ],
)
def test_one_sum_or_product_is_one_level(before: str, after: str, levels: int) -> None:
    most = 39 // levels if levels else 60
    text = before * most + "x" + after * most
    parse_formula(text)
    if levels:
        with pytest.raises(LessonError, match="nested deeper than 40"):
            parse_formula(before + text + after)


def test_the_largest_number_is_one() -> None:
    assert evaluate(parse_formula("1.7976931348623157e308*x"), ("x",), (0.5,)) > 8e307


def test_a_model_may_have_a_hundred_parameters() -> None:
    names = [f"p{each}" for each in range(101)]
    assert len(model_of("+".join(names[:100])).parameters) == 100
    with pytest.raises(LessonError, match="101 parameters: at most 100 are accepted"):
        model_of("+".join(names))


def test_slopes_that_have_no_value_are_no_warnings() -> None:
    slopes = model_of("ln(a)*x").jacobian(np.array([1.0, 2.0]), (0.0,))
    assert not np.isfinite(slopes).any()


@pytest.mark.parametrize(
    ("text", "says"),
    [("y*x", "y is what the model predicts"), ("3*x", "no parameters"), ("pi*x", "no parameters")],
)
def test_models_that_have_nothing_to_learn(text: str, says: str) -> None:
    with pytest.raises(LessonError, match=says):
        model_of(text)


@pytest.mark.parametrize(
    ("text", "formula"),
    [
        ("1/3*x*a", "1/3*x*a"),
        ("a*x^2 + b*x + c", "a*x^2+b*x+c"),
        ("-a*x", "(-a)*x"),
        ("-x^2*a", "(-(x^2))*a"),
        ("a^b^x", "a^(b^x)"),
        ("(a^b)^x", "(a^b)^x"),
        ("a - (b - x)", "a-(b-x)"),
        ("a*sin(2*pi*x) + ln(abs(x))", "a*SIN(2*PI()*x)+LN(ABS(x))"),
        ("max(a, 0.5)*x", "MAX(a,0.5)*x"),
        ("1e-7*a*x", "0.0000001*a*x"),
        ("a*x^0.5", "a*x^0.5"),
        ("a*x^(-2)", "a*x^(-2)"),
    ],
)
def test_the_sheet_computes_what_was_written(text: str, formula: str) -> None:
    model = model_of(text)
    names = [Formula.name(name) for name in ("x", *model.parameters)]
    # A constant's sign may stand in parentheses of its own.
    assert str(model.predict(names[0], names[1:])).replace("(-(2))", "(-2)") == formula


WORDS = (
    "x", "a", "b", "y", "pi", "1", "2.5", "1e3", "+", "-", "*", "/", "^", "**", "(", ")", ",", " ",
    "exp", "ln(", "sqrt(", "abs(", "max(", "min(", "tanh(", "sin(", "log(", ".", "=", "<", "'", "[",
    "]", "{", "lambda", "import", "__", "0x1f", "1_0", "j", ":", "@", "\\", "\t", "\n", "é", "not",
)  # fmt: skip


def test_no_text_does_anything_but_parse_or_be_refused() -> None:
    generator = random.Random(7)  # noqa: S311  no secret
    parsed = 0
    for _ in range(20_000):
        text = "".join(generator.choice(WORDS) for _ in range(generator.randrange(1, 12)))
        try:
            model = model_of.__wrapped__(text)
        except LessonError:
            continue
        parsed += 1
        values = [generator.uniform(-3, 3) for _ in model.parameters]
        assert isinstance(model.predict(generator.uniform(-3, 3), values), float | int)
        assert all(isinstance(each, str) for each in (model.text, model.name))
    assert parsed > 300


@pytest.mark.parametrize(
    ("name", "parameters", "text", "linear"),
    [
        ("line", ("m", "b"), "m*x+b", True),
        ("quadratic", ("a", "b", "c"), "a*x^2+b*x+c", True),
        ("Cubic", ("a", "b", "c", "d"), "a*x^3+b*x^2+c*x+d", True),
        ("polynomial 0", ("a",), "a", True),
        ("polynomial:1", ("a", "b"), "a*x+b", True),
        ("w", ("w",), "w", True),
        ("b + a*x", ("b", "a"), "b+a*x", True),
        ("a*exp(k*x)", ("a", "k"), "a*EXP(k*x)", False),
        ("a*exp(k*x) + c", ("a", "k", "c"), "a*EXP(k*x)+c", False),
        ("a*b^x", ("a", "b"), "a*b^x", False),
        ("max(a*x, b)", ("a", "b"), "MAX(a*x,b)", False),
    ],
)
def test_models_by_name_and_by_formula(
    name: str,
    parameters: tuple[str, ...],
    text: str,
    linear: bool,  # noqa: FBT001  a column
) -> None:
    model = model_of(name)
    assert (model.parameters, model.text, model.linear) == (parameters, text, linear)


def test_polynomials_of_every_degree() -> None:
    for degree in range(21):
        model = model_of(f"polynomial {degree}")
        assert len(model.parameters) == degree + 1
        ones = [1.0] * (degree + 1)
        assert model.predict(2.0, ones) == 2 ** (degree + 1) - 1
    with pytest.raises(LessonError, match="up to 20"):
        model_of("polynomial 21")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("lin", "did you mean line"),
        ("cubik", "did you mean cubic"),
        ("polynomal", "did you mean polynomial"),
    ],
)
def test_a_misspelt_name_is_not_taken_for_a_parameter(text: str, says: str) -> None:
    with pytest.raises(LessonError, match=says):
        model_of(text)


def test_a_formula_is_named_with_single_spaces() -> None:
    assert model_of("  a*x  +  b ").name == "a*x + b"


def test_a_model_is_made_once() -> None:
    assert isinstance(model_of("line"), Model)
    assert model_of("line") is model_of("line")
