"""Losses and their closed forms, metrics by hand, and waiting."""

import random

import pytest
import sympy

from sheetgd.descent.loss import LOSSES, METRICS, best_so_far, closed_form, epochs_waited
from sheetgd.descent.model import classifying, model_of
from sheetgd.expression.derivative import derivative
from sheetgd.expression.numbers import evaluate
from sheetgd.expression.sheet_cells import formula_of
from sheetgd.expression.tree import Symbol
from sheetgd.lesson.template import shipped_lesson, shipped_names
from tests import reference

MODELS = {
    "line": "m*x + b",
    "sigmoid(m*x + b)": "1/(1 + exp(-(m*x + b)))",
    "quadratic": "a*x^2 + b*x + c",
    "cubic": "a*x^3 + b*x^2 + c*x + d",
    "polynomial 4": "a*x^4 + b*x^3 + c*x^2 + d*x + e",
    "polynomial 9": " + ".join(
        f"{letter}*x^{9 - place}" for place, letter in enumerate("abcdefghij")
    ),
    "linear": "m*x + b",
    "h1 = relu(a1*x + b1); h2 = relu(a2*x + b2); y_pred = w1*h1 + w2*h2 + c": (
        "w1*max(0, a1*x + b1) + w2*max(0, a2*x + b2) + c"
    ),
    **{
        text: text
        for text in (
            "w",
            "sin(w*x)",
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


@pytest.mark.parametrize("loss", ["mse", "mae", "huber"])
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
    assert set(LOSSES) == {"mse", "mae", "huber", "log-loss"}


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
    assert [metric.name for metric in METRICS.values()] == [
        *("rmse", "mse", "mae", "huber", "log-loss", "root_sse")
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


@pytest.mark.parametrize("loss", ["mse", "mae", "huber"])
def test_a_loss_says_what_unit_it_has(loss: str) -> None:
    of = LOSSES[loss]
    # Delta is in the unit of y, too.
    larger, one = (of.bound({"delta": unit}).error(7.0 * unit, 2.0 * unit) for unit in (10.0, 1.0))
    larger /= one
    assert larger == (100.0 if of.squared else 10.0)


LOGITS = ("w*x + b", "a*tanh(b*x) + c", "max(a*x, b)", "a*x^2 + b*x + c")


@pytest.mark.parametrize("text", LOGITS)
def test_the_log_loss_has_the_slopes_that_sympy_finds(text: str) -> None:
    model, generator = classifying(model_of(text)), random.Random(4)  # noqa: S311  no secret
    names = ("x", "y", *model.parameters)
    symbols = {name: sympy.Symbol(name, real=True) for name in names}
    logit = sympy.sympify(text.replace("^", "**"), {"max": sympy.Max, **symbols})
    p = 1 / (1 + sympy.exp(-logit))
    whole = -symbols["y"] * sympy.log(p) - (1 - symbols["y"]) * sympy.log(1 - p)
    for _ in range(6):
        values = [generator.uniform(-2, 2) for _ in names]
        values[1] = generator.choice((0.0, 1.0))
        there = dict(zip(symbols.values(), values, strict=True))
        row = LOSSES["log-loss"].of_row(model, values[:1], values[1], values[2:])
        assert row == pytest.approx(float(whole.evalf(subs=there)), rel=1e-11)
        for name, slope in zip(model.parameters, closed_form(model, "log-loss"), strict=True):
            expected = float(whole.diff(symbols[name]).evalf(subs=there))
            assert slope(values) == pytest.approx(expected, rel=1e-11, abs=1e-12)


TORCH = {
    # (y_pred or the logit, y): torch.nn.HuberLoss(delta=1.5), and BCEWithLogitsLoss.
    "huber": [((0.3, 0.1), 0.02), ((2.0, 0.5), 1.125), ((7.0, 1.0), 7.875), ((-4.0, 1.0), 6.375)],
    "log-loss": [
        *(((0.3, 1.0), 0.5543552444685272), ((-2.5, 0.0), 0.07888973429254962)),
        *(((-1000.0, 1.0), 1000.0), ((1000.0, 1.0), 0.0), ((40.0, 0.0), 40.0)),
    ],
}
"""What PyTorch 2 says, in double precision."""


@pytest.mark.parametrize("loss", TORCH)
def test_losses_are_torch_s(loss: str) -> None:
    bound = LOSSES[loss].bound({"delta": 1.5})
    for (one, y), expected in TORCH[loss]:
        assert bound.error(one, y) == pytest.approx(expected, rel=1e-14, abs=1e-15)


@pytest.mark.parametrize("loss", TORCH)
def test_these_are_the_numbers_that_torch_has(loss: str) -> None:
    torch = pytest.importorskip("torch")
    theirs = {"huber": torch.nn.HuberLoss(delta=1.5), "log-loss": torch.nn.BCEWithLogitsLoss()}
    bound = LOSSES[loss].bound({"delta": 1.5})
    for (one, y), expected in TORCH[loss]:
        leaf = torch.tensor([one], dtype=torch.float64, requires_grad=True)
        found = theirs[loss](leaf, torch.tensor([y], dtype=torch.float64))
        found.backward()
        assert found.item() == pytest.approx(expected, rel=1e-12, abs=1e-15)
        assert bound.slope is not None
        assert leaf.grad.item() == pytest.approx(bound.slope(one, y), rel=1e-12, abs=1e-15)


def test_the_slope_that_is_given_is_what_the_rules_find() -> None:
    generator = random.Random(5)  # noqa: S311  no secret
    for loss in ("huber", "log-loss"):
        by = LOSSES[loss].named
        names = ("p", "y", *by.hyper)
        ruled = derivative(by.error(Symbol("p"), Symbol("y")), "p")
        assert by.slope is not None
        given = by.slope(Symbol("p"), Symbol("y"))
        for _ in range(200):
            values = [generator.uniform(-30, 30), generator.choice((0.0, 1.0)), 1.5][: len(names)]
            expected = evaluate(ruled, names, values)
            assert evaluate(given, names, values) == pytest.approx(expected, rel=1e-12, abs=1e-15)


@pytest.mark.parametrize(
    ("text", "name", "logit"),
    [
        ("line", "sigmoid(m*x+b)", "m*x+b"),
        ("sigmoid(w*x + b)", "sigmoid(w*x + b)", "w*x+b"),
        ("1/(1 + exp(-(w*x + b)))", "1/(1 + exp(-(w*x + b)))", "w*x+b"),
        ("1/(exp(w*x) + 1)", "1/(exp(w*x) + 1)", "(-(w*x))"),
        ("2/(1 + exp(-w*x))", "sigmoid(2/(1+EXP((-w)*x)))", "2/(1+EXP((-w)*x))"),
        ("1 - sigmoid(w*x)", "sigmoid(1-(1+TANH(w*x/2))/2)", "1-(1+TANH(w*x/2))/2"),
    ],
)
def test_a_sigmoid_is_added_only_where_there_is_none(text: str, name: str, logit: str) -> None:
    found = classifying(model_of(text))
    assert (found.name, found.score.text) == (name, logit)
    assert found.ends_in_sigmoid
