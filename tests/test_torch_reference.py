"""The plain reference against torch: recorded optimiser steps everywhere, torch itself if here."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests import reference, torch_optimisers

RECORDED: dict[str, Any] = json.loads(torch_optimisers.RECORD.read_text(encoding="utf-8"))
OPTIMIZERS = sorted(torch_optimisers.SETTINGS)
DOSAGE = Path(__file__).parent / "data" / "alzheimers_dosage.csv"


def reference_path(name: str) -> list[list[float]]:
    parameters = list(RECORDED["start"])
    states: list[dict[str, float]] = [dict.fromkeys(reference.STATES[name], 0.0) for _ in range(2)]
    path = []
    for t, gradient in enumerate(RECORDED["gradients"], start=1):
        for place in range(2):
            parameters[place], states[place] = reference.optimizer_step(
                name,
                gradient[place],
                parameters[place],
                states[place],
                t=t,
                learn=RECORDED["learn"],
                hyper=reference.HYPER[name],
            )
        path.append(list(parameters))
    return path


def line(x: float, parameters: Sequence[float]) -> float:
    m, b = parameters
    return m * x + b


def line_partials(x: float, _parameters: Sequence[float]) -> Sequence[float]:
    return (x, 1.0)


def dosage() -> tuple[list[float], list[float]]:
    with DOSAGE.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    return [float(row["dosage_ml"]) for row in rows], [float(row["forgetfulness"]) for row in rows]


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimiser_rules_are_those_torch_recorded(name: str) -> None:
    recorded = RECORDED["paths"][name]
    assert len(recorded) == torch_optimisers.STEPS
    for ours, theirs in zip(reference_path(name), recorded, strict=True):
        assert ours == pytest.approx(theirs, rel=0, abs=1e-9)


def test_recorded_inputs_are_the_scripts() -> None:
    assert RECORDED["start"] == torch_optimisers.START
    assert RECORDED["learn"] == torch_optimisers.LEARN
    for recorded, now in zip(RECORDED["gradients"], torch_optimisers.gradients(), strict=True):
        assert now == pytest.approx(recorded, rel=0, abs=1e-12)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_torch_still_gives_what_was_recorded(name: str) -> None:
    torch = pytest.importorskip("torch")
    path = torch_optimisers.torch_path(torch, name)
    for now, recorded in zip(path, RECORDED["paths"][name], strict=True):
        assert now == pytest.approx(recorded, rel=0, abs=1e-12)


@pytest.mark.parametrize("loss", ["mse", "mae"])
@pytest.mark.parametrize("batch", [1, 3, 8])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_torch_trains_the_same_line(name: str, batch: int, loss: str) -> None:
    torch = pytest.importorskip("torch")
    xs, ys = dosage()
    orders = [[3, 1, 4, 8, 5, 2, 6, 7], [2, 7, 1, 8, 6, 4, 5, 3], [1, 2, 3, 4, 5, 6, 7, 8]]
    orders.append(orders[0])
    _, log = reference.descend(
        xs,
        ys,
        (0.9, 0.1),
        predict=line,
        partials=line_partials,
        names=("m", "b"),
        loss=loss,
        gradient="analytic",
        learn=0.01,
        batch=batch,
        orders=orders,
        optimizer=name,
        epochs=3,
    )

    parameters = torch.tensor([0.9, 0.1], dtype=torch.float64, requires_grad=True)
    kind, settings = torch_optimisers.SETTINGS[name]
    optimizer = getattr(torch.optim, kind)([parameters], lr=0.01, **settings)
    measure = {"mse": torch.nn.MSELoss(), "mae": torch.nn.L1Loss()}[loss]
    x, y = (torch.tensor(values, dtype=torch.float64) for values in (xs, ys))
    for epoch, order in enumerate(orders[:3], start=1):
        for rows in torch.tensor(order).sub(1).split(batch):
            optimizer.zero_grad()
            measure(parameters[0] * x[rows] + parameters[1], y[rows]).backward()
            optimizer.step()
        ours = [log[epoch]["m"], log[epoch]["b"]]
        assert ours == pytest.approx(parameters.tolist(), rel=0, abs=1e-12)
