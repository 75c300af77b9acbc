"""The engine against the plain reference, for every choice of a step and every pair of them."""

import itertools
import math
import random

import numpy as np
import pytest

from sheetgd.descent.loss import LOSSES, METRICS
from sheetgd.descent.optimizer import OPTIMIZERS
from sheetgd.engine.run import descend
from sheetgd.lesson.lesson import Lesson
from tests.support.given import lesson_of
from tests.support.kinds import KINDS, referred

X = (-1.0, -0.6, 0.1, 0.3, 0.8, 1.2, 1.5)
Y = (2.1, 1.4, 0.9, 0.7, 1.3, 2.2, 3.4)
CHOICES: dict[str, tuple[object, ...]] = {
    "kind": tuple(KINDS),
    # Of classes: see tests.descent.test_classes.
    "loss": tuple(name for name in LOSSES if name != "log-loss"),
    "metric": tuple(name for name in METRICS if name != "log-loss"),
    "gradient": ("forward", "central", "analytic"),
    "batch": (1, 2, 5, "all"),
    "shuffle": (None, 4),
    "optimizer": tuple(OPTIMIZERS),
}
HYPER = {
    "momentum": {"beta": 0.7}, "momentum-ema": {"beta": 0.5}, "adagrad": {"eps": 0.01},
    "rmsprop": {"rho": 0.8, "eps": 1e-6}, "adam": {"beta1": 0.8, "beta2": 0.95, "eps": 1e-4},
    "nesterov": {"beta": 0.6}, "amsgrad": {"beta1": 0.6, "beta2": 0.5, "eps": 0.0},
    "adam-uncorrected": {"beta1": 0.8, "beta2": 0.95, "eps": 0.0},
}  # fmt: skip
Chosen = tuple[object, ...]
EPOCHS = 6


def combinations(count: int) -> list[Chosen]:
    """Random combinations of the choices, the same ones every time."""
    generator = random.Random(20)  # noqa: S311  a choice of tests is no secret
    return [tuple(generator.choice(each) for each in CHOICES.values()) for _ in range(count)]


COMBINATIONS = combinations(360)


def test_every_pair_of_choices_is_tried() -> None:
    for one, other in itertools.combinations(range(len(CHOICES)), 2):
        wanted = set(itertools.product(*(list(CHOICES.values())[each] for each in (one, other))))
        assert wanted == {(each[one], each[other]) for each in COMBINATIONS}


def combined(chosen: Chosen, hyper: dict[str, float]) -> Lesson:
    names = dict(zip(CHOICES, chosen, strict=True))
    kind = KINDS[str(names.pop("kind"))]
    settings = {
        **names,
        "model": kind.text,
        "start": kind.start,
        "learn": 0.02,
        "hyperparameters": hyper,
    }
    return lesson_of(x=X, y=Y, nudge=0.003, **settings)  # type: ignore[arg-type]  # by name


@pytest.mark.parametrize("chosen", COMBINATIONS, ids=lambda chosen: "-".join(map(str, chosen)))
def test_the_engine_agrees_with_the_plain_reference(chosen: Chosen) -> None:
    usual = random.Random(str(chosen)).random() < 0.5  # noqa: S311  no secret
    hyper = {} if usual else HYPER.get(str(chosen[-1]), {})
    lesson = combined(chosen, hyper)
    run = descend(lesson, EPOCHS)
    steps, log = referred(lesson, run)
    given = {"epoch", "row", "order"}
    assert set(steps[0]) - given == set(run.columns)
    for name, values in run.columns.items():
        expected = [step[name] for step in steps]
        assert values == pytest.approx(expected, rel=1e-9, abs=1e-9), name
    for place, name in enumerate(lesson.model.parameters):
        states = [state[place] for state in run.states]
        assert states == pytest.approx([line[name] for line in log], rel=1e-9, abs=1e-9)
    for name, values in run.optimizer_state.items():
        assert values == pytest.approx([line[name] for line in log], rel=1e-9, abs=1e-9)
    held, passing = (
        [line[name] for line in log]
        for name in (lesson.method.metric, f"{lesson.method.metric}_pass")
    )
    assert run.metric_values == pytest.approx(held, rel=1e-9)
    assert run.metric_values_pass == pytest.approx(passing, rel=1e-9)


def test_tables_of_a_shuffled_batch_under_adam() -> None:
    lesson = lesson_of(x=X, y=Y, batch=3, shuffle=1, optimizer="adam", metric="mae")
    run = descend(lesson, 2)
    steps, epochs = run.steps_table(), run.epochs_table()
    assert list(steps.columns) == [
        "epoch", "row", "order", "x", "y", "m", "b", "y_pred", "error_sq", "error_abs",
        "in_batch", "ends", "t",
        "err_m1", "de/dm", "sum_m", "g_m", "v_m", "s_m", "new_m",
        "err_b1", "de/db", "sum_b", "g_b", "v_b", "s_b", "new_b",
    ]  # fmt: skip
    assert list(epochs.columns) == [
        "epoch", "m", "b", "t", "v_m", "s_m", "v_b", "s_b", "learn", "mae", "mae_pass",
    ]  # fmt: skip
    assert [str(steps[name].dtype) for name in ("epoch", "row", "order")] == ["int64"] * 3
    assert all(str(dtype) == "float64" for dtype in steps.dtypes[3:])
    assert steps["ends"].tolist() == [0, 0, 1, 0, 0, 1, 1] * 2
    assert epochs["t"].tolist() == [0, 3, 6]
    for epoch in (1, 2):
        rows = steps[steps["epoch"] == epoch]
        assert sorted(rows["order"]) == list(range(1, 8))
        assert [lesson.data.x[row - 1] for row in rows["order"]] == rows["x"].tolist()


def test_a_seed_gives_the_same_start_and_order_again() -> None:
    lesson = lesson_of(x=X, y=Y, seed=7, shuffle=7)
    again = lesson_of(x=X, y=Y, seed=7, shuffle=7)
    assert (
        lesson.training.start == again.training.start != lesson_of(x=X, y=Y, seed=8).training.start
    )
    assert descend(lesson, 3).order == descend(again, 3).order
    assert descend(lesson, 3).order[:7] != descend(lesson, 3).order[7:14]


def test_metrics_grow_with_rows_only_where_they_are_sums() -> None:
    twice = lesson_of(x=X * 2, y=Y * 2, batch="all")
    once = lesson_of(x=X, y=Y, batch="all")
    for metric, factor in (("rmse", 1), ("mse", 1), ("mae", 1), ("root_sse", math.sqrt(2))):
        first, second = (descend(each.changed(metric=metric), 0) for each in (once, twice))
        assert second.metric_values[0] == pytest.approx(factor * first.metric_values[0], rel=1e-12)
    assert np.isclose(descend(once, 3).states[-1], descend(twice, 3).states[-1]).all()


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("batch", [1, 3])
def test_a_run_goes_on_where_another_one_ended(name: str, batch: int) -> None:
    lesson = lesson_of(x=X, y=Y, optimizer=name, batch=batch, learn=0.02)
    whole, first = descend(lesson, 10), descend(lesson, 4)
    state = {header: values[-1] for header, values in first.optimizer_state.items()}
    resumed = lesson.changed(start=first.parameters, optimizer_state=state)
    assert descend(resumed, 6).states == whole.states[4:]
    anew = descend(lesson.changed(start=first.parameters), 6).states
    assert (anew == whole.states[4:]) == (not state)


@pytest.mark.parametrize("name", ["adagrad", "rmsprop", "adam", "amsgrad", "adam-uncorrected"])
def test_without_eps_a_parameter_without_a_slope_stays(name: str) -> None:
    lesson = lesson_of(
        x=(0.0, 1.0), y=(1.0, 3.0), optimizer=name, gradient="analytic", learn=0.1, start=(5, 0),
        hyperparameters={"eps": 0.0},
    )  # fmt: skip
    found = descend(lesson, 1).steps_table()
    assert found["new_m"][0] == 5
    assert found["s_m"][0] == 0
    assert found["new_b"][0] > 0
    assert found["new_m"][1] < 5
