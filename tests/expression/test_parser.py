"""Formulas that people write: what they mean, and what is refused with which word."""

import math
import random

import pytest

from sheetgd.descent.model import model_of
from sheetgd.errors import LessonError
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
        ("relu(x) + relu(-x)", 3),
        ("step(x) + step(-x) + step(x - 3)", 1),
        ("sigmoid(x)", 0.9525741268224334),
        ("softplus(x)", 3.048587351573742),
        ("sigmoid(1000*x) + sigmoid(-1000*x)", 1),
        ("softplus(1000*x) + softplus(-1000*x)", 3000),
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
        ("relu(x, 0)", "relu takes 1 value, and here it has 2"),
        ("step*x", r"step is a function: write step\(...\)"),
        ("sigmoid(" * 14 + "x" + ")" * 14, "nested deeper than 40"),
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


WORDS = (
    "x", "a", "b", "y", "pi", "1", "2.5", "1e3", "+", "-", "*", "/", "^", "**", "(", ")", ",", " ",
    "exp", "ln(", "sqrt(", "abs(", "max(", "min(", "tanh(", "sin(", "log(", ".", "=", "<", "'", "[",
    "]", "{", "lambda", "import", "__", "0x1f", "1_0", "j", ":", "@", "\\", "\t", "\n", "é", "not",
    "sigmoid(", "step(", "relu(",
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
        assert isinstance(model.predict([generator.uniform(-3, 3)], values), float | int)
        assert all(isinstance(each, str) for each in (model.text, model.name))
    assert parsed > 300
