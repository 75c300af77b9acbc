"""Gradient rules: which derivative each parameter is given."""

import random

import pytest

from sheetgd.descent.gradient import GRADIENT_RULES
from sheetgd.descent.loss import LOSSES
from sheetgd.descent.model import model_of
from sheetgd.descent.step import Step, column_expressions
from sheetgd.engine.run import descend
from sheetgd.expression.numbers import evaluate
from tests.support.given import lesson_of


def test_swapped_derivatives_of_three_parameters_stand_in_reverse() -> None:
    cells = {"x": 2.0, "y": 1.0, "a": 1.0, "b": 1.0, "c": 1.0}  # y_pred is 7, the miss 6
    derivative, model = GRADIENT_RULES["swapped"].derivative, model_of("quadratic")
    found = [derivative(model, LOSSES["mse"], cells, which) for which in range(3)]
    assert found == [12, 24, 48]


NETS = {
    "net 2 relu": ("x",),
    "net 3 tanh": ("u", "v"),
    "net 2 sigmoid": ("u", "v"),
    "net 2 softplus": ("x",),
    "p = tanh(a*x); q = p*b + sigmoid(p); c*q + p": ("x",),
    "a*exp(b*x) + c": ("x",),
}


@pytest.mark.parametrize("name", NETS)
@pytest.mark.parametrize("loss", ["mse", "mae"])
def test_the_chain_rule_comes_to_the_closed_form(name: str, loss: str) -> None:
    model = model_of(name, NETS[name])
    generator = random.Random(7)  # noqa: S311  no secret
    one, other = (
        column_expressions(Step(model=model, loss=loss, gradient=rule))
        for rule in ("backprop", "analytic")
    )
    chained: list[float] = []
    for _ in range(50):
        names = (*model.inputs, "y", *model.parameters)
        given = {each: generator.uniform(-2, 2) for each in names} | {"learn": 0.1}
        for columns in (one, other):
            cells = dict(given)
            for each, expression in columns.items():
                asked = tuple(cells)
                cells[each] = evaluate(expression, asked, [cells[key] for key in asked])
            slopes = [cells[f"de/d{each}"] for each in model.parameters]
            if columns is one:
                chained = slopes
        assert chained == pytest.approx(slopes, rel=1e-12, abs=1e-12)


TORCH_ENDS = [
    -0.23503107163667128, -0.4228494563273292, 0.8225907981662866, -0.7916079267332148,
    0.1536371750853776, 0.7414587492229328, 1.3221549251087772, -1.0572628061219285,
    1.3639546127563258,
]  # fmt: skip


def test_a_net_goes_where_automatic_differentiation_takes_it() -> None:
    """The ends are PyTorch 2.13's, with float64: 200 steps of SGD on the mean over all rows."""
    x, v = (-1.0, -0.6, 0.1, 0.3, 0.8, 1.2, 1.5), (0.4, -1.1, 0.9, 1.6, -0.2, 0.7, -1.3)
    y = (2.1, 1.4, 0.9, 0.7, 1.3, 2.2, 3.4)
    lesson = lesson_of(
        x={"u": x, "v": v}, y=y, model="net 2 tanh", gradient="backprop", learn=0.05,
        start=(0.3, -0.2, 0.1, -0.4, 0.5, 0.2, 0.7, -0.6, 0.1), batch_size="all",
    )  # fmt: skip
    assert descend(lesson, 200).states[-1] == pytest.approx(TORCH_ENDS, rel=1e-12)
