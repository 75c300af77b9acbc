"""Losses and their closed forms, metrics by hand, and waiting."""

import random

import pytest
import sympy

from sheetgd.descent.loss import LOSSES, METRICS, best_so_far, closed_form, epochs_waited
from sheetgd.descent.model import model_of
from sheetgd.expression.sheet_cells import formula_of
from sheetgd.expression.tree import Symbol
from sheetgd.lesson.template import shipped_lesson, shipped_names
from tests import reference

MODELS = {
    "line": "m*x + b",
    "quadratic": "a*x^2 + b*x + c",
    "cubic": "a*x^3 + b*x^2 + c*x + d",
    "polynomial 4": "a*x^4 + b*x^3 + c*x^2 + d*x + e",
    **{
        text: text
        for text in (
            "w",
            "a*exp(k*x)",
            "a*exp(-k*x) + c",
            "a*sin(w*x + p) + c",
            "a*tanh(b*x)",
            "max(a*x, b)",
            "min(a, b*x) + abs(c - x)",
            "sqrt(a + x) + ln(b*x)",
            "a*b^x",
            "a*x^b",
            "a/x + b",
            "a/(1 + exp(-b*(x - c)))",
            "a*cos(x)^2 - b^3/x",
        )
    },
}
"""Models, and what SymPy reads."""


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("text", MODELS)
def test_closed_forms_are_those_of_sympy(loss: str, text: str) -> None:
    model, generator = model_of(text), random.Random(3)  # noqa: S311  no secret
    names = ("x", "y", *model.parameters)
    symbols = {name: sympy.Symbol(name, real=True) for name in names}
    words = {"max": sympy.Max, "min": sympy.Min, "abs": sympy.Abs, **symbols}
    miss = sympy.sympify(MODELS[text].replace("^", "**"), words) - symbols["y"]
    off, delta = sympy.sqrt(miss**2), sympy.Symbol("delta", real=True)
    huber = sympy.Piecewise((miss**2 / 2, off <= delta), (delta * (off - delta / 2), True))
    whole = {"mse": miss**2, "mae": off, "huber": huber}[loss]
    hyper = {"delta": delta} if loss == "huber" else {}
    symbols, names = {**symbols, **hyper}, (*names, *hyper)
    for name, slope in zip(model.parameters, closed_form(model, loss), strict=True):
        theirs = whole.diff(symbols[name])
        for _ in range(4):
            values = [generator.uniform(0.3, 1.6) for _ in names]
            expected = theirs.evalf(subs=dict(zip(symbols.values(), values, strict=True)))
            assert slope(values) == pytest.approx(float(expected), rel=1e-11, abs=1e-12)


def test_every_model_and_loss_that_is_shipped_is_judged() -> None:
    shipped = {shipped_lesson(name).method.model for name in shipped_names()}
    assert shipped <= set(MODELS)
    assert set(LOSSES) == {"mse", "mae", "huber"}


def test_the_slope_of_a_row_s_absolute_error() -> None:
    cells = [Symbol(each) for each in ("C9", "D9", "E9", "F9")]
    slopes = [str(formula_of(each(cells))) for each in closed_form(model_of("line"), "mae")]
    sign = "IF(ABS(E9*C9+F9-D9)>=0.000000000001*(ABS(E9*C9)+ABS(F9)+ABS(D9)),SIGN(E9*C9+F9-D9),0)"
    assert slopes == [f"{sign}*C9", sign]


def test_pi_stays_a_name_in_slopes() -> None:
    (slope,) = closed_form(model_of("a*sin(2*pi*x)"), "mse")
    assert str(formula_of(slope.expression)) == "2*(a*SIN(2*PI()*x)-y)*SIN(2*PI()*x)"


@pytest.mark.parametrize(
    ("metric", "figure"), [("mse", 5), ("rmse", 5**0.5), ("root_sse", 20**0.5), ("mae", 5)]
)
def test_metrics_by_hand(metric: str, figure: float) -> None:
    assert METRICS[metric].of([1.0, 9.0, 4.0, 6.0], 4) == figure
    text = str(formula_of(METRICS[metric].of(Symbol("errors"), Symbol("rows"))))
    assert (
        text
        == {
            "mse": "SUM(errors)/rows",
            "mae": "SUM(errors)/rows",
            "rmse": "SQRT(SUM(errors)/rows)",
            "root_sse": "SQRT(SUM(errors))",
        }[metric]
    )


def test_metrics_are_called_in_tables_as_the_command_names_them() -> None:
    assert [metric.label for metric in METRICS.values()] == [
        *("rmse", "mse", "mae", "huber", "root_sse")
    ]


def test_waiting_ends_where_the_plain_reference_says() -> None:
    generator = random.Random(6)  # noqa: S311  no secret
    for _ in range(300):
        losses = [generator.choice((1.0, 0.9, 0.5, 0.45, 2.0)) for _ in range(12)]
        tolerance, patience = generator.choice((0.0, 0.1)), generator.choice((1, 2, 4))
        best, waited, ended = losses[0], 0.0, None
        for epoch, loss in enumerate(losses[1:], start=1):
            waited = epochs_waited(waited, best, loss, tolerance)
            best = best_so_far(best, loss, tolerance)
            if waited >= patience and ended is None:
                ended = epoch
        assert ended == reference.stop_epoch(losses, tolerance, patience)


@pytest.mark.parametrize("loss", LOSSES)
def test_a_loss_says_what_unit_it_has(loss: str) -> None:
    of = LOSSES[loss]
    # Delta is in the unit of y, too.
    larger, one = (of.bound({"delta": unit}).error(7.0 * unit, 2.0 * unit) for unit in (10.0, 1.0))
    larger /= one
    assert larger == (100.0 if of.squared else 10.0)
