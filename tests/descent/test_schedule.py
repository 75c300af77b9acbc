"""Schedules against torch: its steps spelt out here, and torch itself where it is installed."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from sheetgd.descent.schedule import SCHEDULES
from sheetgd.engine.run import descend
from sheetgd.lesson.lesson import Lesson
from tests.support.given import lesson_of

X = (-1.0, -0.6, 0.1, 0.3, 0.8, 1.2, 1.5)
Y = (2.1, 1.4, 0.9, 0.7, 1.3, 2.2, 3.4)
CASES: list[tuple[str, dict[str, float]]] = [
    ("StepLR", {"step_size": 3, "gamma": 0.5}),
    ("StepLR", {"step_size": 1, "gamma": 1.02}),
    ("ExponentialLR", {"gamma": 0.9}),
    ("CosineAnnealingLR", {"T_max": 7, "eta_min": 0.01}),
    ("CosineAnnealingLR", {"T_max": 10}),
    ("ReduceLROnPlateau", {}),
    ("ReduceLROnPlateau", {"factor": 0.8, "patience": 2, "threshold": 0.2}),
    ("ReduceLROnPlateau", {"factor": 0.7, "patience": 2, "threshold": 0.01, "min_lr": 0.05}),
]


def stepped(learn: float, held: Sequence[float], p: Mapping[str, float]) -> list[float]:
    rates = [learn]
    for epoch in range(1, len(held)):
        rates.append(rates[-1] * p["gamma"] if epoch % p["step_size"] == 0 else rates[-1])
    return rates


def exponential(learn: float, held: Sequence[float], p: Mapping[str, float]) -> list[float]:
    rates = [learn]
    for _ in held[1:]:
        rates.append(rates[-1] * p["gamma"])
    return rates


def annealed(learn: float, held: Sequence[float], p: Mapping[str, float]) -> list[float]:
    least = p.get("eta_min", 0.0)
    half = [(1 + math.cos(math.pi * epoch / p["T_max"])) / 2 for epoch in range(len(held))]
    return [least + (learn - least) * each for each in half]


def plateau(learn: float, held: Sequence[float], p: Mapping[str, float]) -> list[float]:
    rates, best, bad = [learn], math.inf, 0
    for value in held[1:]:
        if value < best * (1 - p.get("threshold", 0.0)):
            best, bad = value, 0
        else:
            bad += 1
        rate = rates[-1]
        if bad > p.get("patience", 0):
            rate, bad = max(rate * p.get("factor", 0.5), p.get("min_lr", 0.0)), 0
        rates.append(rate)
    return rates


PLAIN: dict[str, Callable[..., list[float]]] = {
    "StepLR": stepped,
    "ExponentialLR": exponential,
    "CosineAnnealingLR": annealed,
    "ReduceLROnPlateau": plateau,
}


def lesson_with(name: str, parameters: Mapping[str, float], **more: Any) -> Lesson:  # noqa: ANN401  settings
    settings = {"learn": 0.3, "gradient": "analytic", "metric": "mse", **more}
    return lesson_of(x=X, y=Y, schedule=name, schedule_parameters=parameters, **settings)


@pytest.mark.parametrize(("name", "parameters"), CASES)
def test_the_log_has_the_rates_as_spelt_out(name: str, parameters: Mapping[str, float]) -> None:
    run = descend(lesson_with(name, parameters), 40)
    expected = PLAIN[name](0.3, run.metric_values, parameters)
    assert run.learning_rates == pytest.approx(expected, rel=1e-12, abs=1e-15)
    assert len({*expected}) > 2
    assert run.epochs_table()["learn"].tolist() == run.learning_rates


@pytest.mark.parametrize(("name", "parameters"), CASES)
@pytest.mark.parametrize("batch", [1, 3, "all"])
def test_torch_trains_alike(name: str, parameters: Mapping[str, float], batch: int | str) -> None:
    torch = pytest.importorskip("torch")
    lesson = lesson_with(name, parameters, batch=batch)
    run = descend(lesson, 40)
    p = torch.tensor([1.0, 1.0], dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([p], lr=0.3)
    given: dict[str, Any] = dict(lesson.training.schedule_parameters)
    whole = {"step_size", "T_max", "patience"}
    given = {key: int(value) if key in whole else value for key, value in given.items()}
    given |= {"eps": 0.0} if name == "ReduceLROnPlateau" else {}
    scheduler = getattr(torch.optim.lr_scheduler, name)(optimizer, **given)
    x, y = (torch.tensor(values, dtype=torch.float64) for values in (X, Y))
    # Later the metric stays the same but for rounding, and whether it is lower is anybody's guess.
    for epoch in range(1, 14):
        for rows in torch.arange(7).split(lesson.batch_size):
            optimizer.zero_grad()
            torch.nn.MSELoss()(p[0] * x[rows] + p[1], y[rows]).backward()
            optimizer.step()
        held = torch.nn.MSELoss()(p[0] * x + p[1], y).item()
        scheduler.step(*([held] if name == "ReduceLROnPlateau" else []))
        assert run.states[epoch] == pytest.approx(p.tolist(), rel=1e-12, abs=1e-12)
        rate = optimizer.param_groups[0]["lr"]
        assert run.learning_rates[epoch] == pytest.approx(rate, rel=1e-12, abs=1e-15)


def test_a_schedule_that_changes_nothing_is_the_run_without() -> None:
    plain = descend(lesson_of(x=X, y=Y, learn=0.05), 20)
    same = descend(lesson_with("ExponentialLR", {"gamma": 1.0}, learn=0.05, gradient="forward"), 20)
    assert same.states == plain.states
    assert {*plain.learning_rates} == {*same.learning_rates} == {0.05}


def test_every_schedule_is_tried() -> None:
    assert {name for name, _ in CASES} == {name for name in SCHEDULES if name != "constant"}
