"""Optimisers against torch's recorded steps, metrics by hand, chance, and waiting."""

import json
import math
import random
import statistics
from pathlib import Path
from typing import Any

import pytest

from sheetgd.descent.gradient import GRADIENT_RULES
from sheetgd.descent.loss import LOSSES, METRICS, best_so_far, epochs_waited
from sheetgd.descent.model import model_of
from sheetgd.descent.optimizer import OPTIMIZERS
from sheetgd.descent.step import OF_THE_ROW, Step, before, step_columns
from sheetgd.expression.excel import Formula
from sheetgd.lesson.values import normal_numbers, orders
from tests import reference

RECORD = Path(__file__).parents[1] / "data" / "torch_optimisers.json"
TORCH: dict[str, Any] = json.loads(RECORD.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", sorted(TORCH["paths"]))
def test_optimisers_step_as_torch_does(name: str) -> None:
    optimizer = OPTIMIZERS[name]
    parameters = list(TORCH["start"])
    states = [dict.fromkeys(optimizer.states, 0.0) for _ in parameters]
    for step, gradients in enumerate(TORCH["gradients"], start=1):
        settings = {**optimizer.hyper, "learn": TORCH["learn"], "t": float(step)}
        for place, gradient in enumerate(gradients):
            for letter, remember in optimizer.states.items():
                before = states[place][letter]
                states[place][letter] = remember(before, gradient, settings)
            parameters[place] = optimizer.move(parameters[place], gradient, states[place], settings)
        assert parameters == pytest.approx(TORCH["paths"][name][step - 1], rel=0, abs=1e-9)


def test_the_record_has_every_optimiser_that_torch_has_alike() -> None:
    assert set(TORCH["paths"]) == set(OPTIMIZERS) - {"momentum-ema"}
    assert len(TORCH["gradients"]) == 60


def test_averaged_momentum_by_hand() -> None:
    optimizer, settings = OPTIMIZERS["momentum-ema"], {"beta": 0.5, "learn": 0.1}
    v = optimizer.states["v"](0.0, 8.0, settings)
    assert v == 4
    assert optimizer.move(1.0, 8.0, {"v": v}, settings) == 1 - 0.4
    v = optimizer.states["v"](v, 2.0, settings)
    assert v == 3


@pytest.mark.parametrize(
    ("optimizer", "batched", "formulas"),
    [
        ("sgd", False, {"error_sq": "(y_pred-y)^2", "new_m": "m-learn*de/dm"}),
        ("sgd", True, {"new_m": "IF(ends=1,m-learn*g_m,m)", "g_m": "sum_m/in_batch"}),
        ("momentum", False, {"v_m": "beta*last v_m+de/dm", "new_m": "m-learn*v_m"}),
        ("momentum-ema", False, {"v_m": "beta*last v_m+(1-beta)*de/dm"}),
        (
            "adagrad",
            False,
            {"s_m": "last s_m+(de/dm)^2", "new_m": "m-learn*de/dm/(SQRT(s_m)+eps)"},
        ),
        ("rmsprop", False, {"s_m": "rho*last s_m+(1-rho)*(de/dm)^2"}),
        (
            "adam",
            True,
            {
                "t": "last t+ends",
                "v_m": "IF(ends=1,beta1*last v_m+(1-beta1)*g_m,last v_m)",
                "new_m": "IF(ends=1,m-learn*(v_m/(1-beta1^t))/(SQRT(s_m/(1-beta2^t))+eps),m)",
                "in_batch": "MOD(row-1,batch)+1",
                "ends": "IF(in_batch=batch,1,IF(row=rows,1,0))",
                "sum_m": "IF(in_batch=1,de/dm,last sum_m+de/dm)",
            },
        ),
    ],
)
def test_formulas_of_a_step_in_words(
    optimizer: str,
    batched: bool,  # noqa: FBT001  a column of the table
    formulas: dict[str, str],
) -> None:
    method = Step(optimizer=optimizer, batched=batched, gradient="analytic")
    columns = {column.name: column for column in step_columns(method)}

    class Words(dict[str, Formula]):
        def __missing__(self, name: str) -> Formula:
            return Formula.name(name)

    for name, text in formulas.items():
        found = str(columns[name].compute(Words())).replace("de/dm^2", "(de/dm)^2")
        assert found == text


def test_swapped_derivatives_of_three_parameters_stand_in_reverse() -> None:
    cells = {"x": 2.0, "y": 1.0, "a": 1.0, "b": 1.0, "c": 1.0}  # y_pred is 7, the miss 6
    derivative, model = GRADIENT_RULES["swapped"].derivative, model_of("quadratic")
    found = [derivative(model, LOSSES["mse"], cells, which) for which in range(3)]
    assert found == [12, 24, 48]


def test_columns_that_follow_from_the_row_alone_are_the_same_at_all_parameters() -> None:
    method = Step(optimizer="adam", batched=True, gradient="analytic")
    columns, found = step_columns(method), []
    for state in (0.5, 1.5):
        cells = {"row": 4.0, "rows": 4.0, "batch": 3.0, "learn": 0.1, **method.optimizer_rule.hyper}
        cells |= {before(column.name): state for column in columns if column.carried}
        cells |= {"x": 4.0, "y": 3.0, "m": state, "b": state, before("t"): 1.0}
        for column in columns:
            cells[column.name] = column.compute(cells)
        found.append(cells)
    same = {column.name for column in columns if found[0][column.name] == found[1][column.name]}
    assert same == set(OF_THE_ROW)
    assert [found[0][name] for name in OF_THE_ROW] == [1, 1, 2]


@pytest.mark.parametrize(
    ("metric", "figure"), [("mse", 5), ("rmse", 5**0.5), ("root_sse", 20**0.5), ("mae", 5)]
)
def test_metrics_by_hand(metric: str, figure: float) -> None:
    assert METRICS[metric].of([1.0, 9.0, 4.0, 6.0], 4) == figure
    text = str(METRICS[metric].of(Formula.name("errors"), Formula.name("rows")))
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
    assert [metric.label for metric in METRICS.values()] == ["rmse", "mse", "mae", "root_sse"]


def test_chance_is_the_same_for_the_same_seed_and_normal() -> None:
    drawn = normal_numbers(10_000, seed=4)
    assert drawn[:5] == normal_numbers(5, seed=4) != normal_numbers(5, seed=5)
    assert statistics.fmean(drawn) == pytest.approx(0, abs=0.04)
    assert statistics.stdev(drawn) == pytest.approx(1, abs=0.03)
    assert sum(abs(each) < 1 for each in drawn) == pytest.approx(6827, abs=200)


def test_the_smallest_number_drawn_is_still_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random.Random, "random", lambda _: 0.0)
    (drawn,) = normal_numbers(1, seed=1)
    assert math.erfc(-drawn / math.sqrt(2)) / 2 == pytest.approx(2**-53, rel=1e-9, abs=0)


def test_orders_are_permutations_that_do_not_depend_on_how_many_are_asked_for() -> None:
    one, other = orders(9, seed=2), orders(9, seed=2)
    first = [next(one) for _ in range(5)]
    assert first == [next(other) for _ in range(5)]
    assert all(sorted(each) == list(range(1, 10)) for each in first)
    assert len(set(first)) == 5


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
