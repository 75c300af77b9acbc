"""Models: by name and by formula, what is refused, and which parameters data can tell."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from sheetgd.descent.model import Model, model_of
from sheetgd.errors import LessonError
from sheetgd.expression.sheet_cells import formula_of


def test_a_model_may_have_a_hundred_parameters() -> None:
    names = [f"p{each}" for each in range(101)]
    assert len(model_of("+".join(names[:100])).parameters) == 100
    with pytest.raises(LessonError, match="101 parameters: at most 100 are accepted"):
        model_of("+".join(names))


def test_slopes_that_have_no_value_are_no_warnings() -> None:
    slopes = model_of("ln(a)*x").jacobian([np.array([1.0, 2.0])], (0.0,))
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
    assert model.text == str(formula_of(model.expression)) == formula


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
        ("relu(a*x)", ("a",), "MAX(0,a*x)", False),
        ("step(a*x)", ("a",), "IF(0>=a*x,0,1)", False),
        ("softplus(a*x)", ("a",), "MAX(a*x,0)+LN(1+EXP((-ABS(a*x))))", False),
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
        assert model.predict([2.0], ones) == 2 ** (degree + 1) - 1
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


@pytest.mark.parametrize(
    ("formula", "says"),
    [
        ("x\u00b2*a", r"holds '\u00b2': write \^2 in its place"),
        ("a*x\u2075", r"holds '\u2075': write \^5 in its place"),
        ("a\u00d7x", r"holds '\u00d7': write \* in its place"),
        ("a\u00b7x", r"write \* in its place"),
        ("a\u00f7x", "write / in its place"),
        ("a*x \u2212 b", "write - in its place"),
        ("a*x\u00a0+ b", "write a plain space in its place"),
        ("\u221a(x)*a", r"write sqrt\(\.\.\.\) in its place"),
        ("\u03c0*a*x", "write pi in its place"),
        ("\u03b8*x", "write theta in its place; names are made of the letters a to z"),
        ("a*\uff58", "write x in its place"),
        ("\u0416*x", "names are made of the letters a to z"),
        ("PI*a*x", "write pi in place of PI"),
        ("a*X + b", "write x in place of X"),
        ("a*Exp(x)", "Exp is not a function that is known: write exp$"),
        ("a*EXP", r"write exp\(\.\.\.\)"),
        ("a*log(x)", r"log is not a function that is known: write ln\(\.\.\.\), or ln"),
        ("a*log10(x)", r"write ln\(\.\.\.\)/ln\(10\)"),
        ("a*log*x", r"log is no parameter's name.*write ln"),
        ("a*expit(b*x)", r"write sigmoid\(\.\.\.\)"),
        ("a*heaviside*x", r"heaviside is no parameter's name"),
        ("a*sigmoid*x", r"write sigmoid\(\.\.\.\)"),
        ("a*pow(x, 2)", r"write a\^b"),
        ("a*tan(x)", r"write sin\(\.\.\.\)/cos\(\.\.\.\)"),
        ("a(x + 1)", r"a is not a function that is known: .*write a\*\(\.\.\.\) if a product"),
        ("ax + b", r"does not use x, for ax is one name: write a\*x where ax stands"),
        ("xa", r"write x\*a where xa stands"),
        ("sigmoid", r"'sigmoid' is not known: write a\*sigmoid\(b\*\(x - c\)\)"),
        ("Straight", "'straight' is not known: write line$"),
        ("log", r"write a\*ln\(x\) \+ b"),
        ("exponential", r"write a\*exp\(b\*x\)"),
        ("parabola", "write quadratic"),
        ("mean", "write polynomial 0"),
        ("polynomial -1", "polynomial and its degree, a whole number from 0 to 20"),
        ("polynomial 2.5", "polynomial and its degree"),
        ("polynomial(3)", "polynomial and its degree"),
        ("polynomial of degree 3", "polynomial and its degree"),
        ("polynomial 21", "whole number up to 20"),
    ],
)
def test_a_formula_that_is_refused_is_told_the_fix(formula: str, says: str) -> None:
    with pytest.raises(LessonError, match=says):
        model_of(formula)


WRITTEN: Sequence[tuple[str, Callable[[float], float]]] = (
    ("a*1/(1 + exp(-x))", lambda x: 1 / (1 + np.exp(-x))),
    ("a*ln(x)/ln(10)", np.log10),
    ("a*sin(x)/cos(x)", np.tan),
    ("a*(exp(x) - exp(-x))/2", np.sinh),
    ("a*(exp(x) + exp(-x))/2", np.cosh),
    ("a*ln(1 + exp(x))", lambda x: np.logaddexp(0, x)),
    ("a*x^(1/3)", np.cbrt),
)


@pytest.mark.parametrize(("formula", "function"), WRITTEN)
def test_what_the_fixes_say_is_right(formula: str, function: Callable[[float], float]) -> None:
    for x in (0.3, 1.0, 2.5):
        assert model_of(formula).predict([x], (1.0,)) == pytest.approx(function(x), rel=1e-14)


def test_a_model_of_columns() -> None:
    model = model_of("h1 = relu(a1*x + b1); h2 = relu(a2*x + b2); y_pred = w1*h1 + w2*h2 + c")
    assert model.parameters == ("a1", "b1", "a2", "b2", "w1", "w2", "c")
    assert list(model.columns) == ["h1", "h2", "y_pred"]
    state = (1.0, 0.0, -1.0, 1.0, 3.0, 0.5, 2.0)
    for x in (-2.0, 0.25, 3.0):
        expected = 3 * max(0.0, x) + 0.5 * max(0.0, 1 - x) + 2
        assert model.predict([x], state) == expected
    short = model_of("net 2 relu")
    assert (short.columns, short.parameters) == (model.columns, model.parameters)
    assert model_of("net 1 tanh", ("u", "v")).text == "w1*h1+c with h1 = TANH(a1_1*u+a1_2*v+b1)"


@pytest.mark.parametrize(
    ("model", "told"),
    [
        ("max(0, a*x); w*x + b", r"'max\(0, a\*x\)' is no column: write its name and its formula"),
        ("h = a*x; h = b*x; w*h", "h is there already: each column has a name of its own"),
        ("y_pred = a*x; w*x", "y_pred is there already"),
        ("h = a*g; g = x + b; w*h + g", "column h reads g, which comes after it: put g first"),
        ("h = a*x + b; w*x", "does not use h: use it, or leave it out"),
        ("h = 0*a*x; w*x + h", "the prediction does not change with a"),
    ],
)
def test_columns_that_make_no_model(model: str, told: str) -> None:
    with pytest.raises(LessonError, match=told):
        model_of(model)


def test_a_net_whose_names_are_columns_of_the_data() -> None:
    with pytest.raises(LessonError, match="a net calls a parameter or a column b1"):
        model_of("net 2 relu", ("area", "B1"))
