"""Optimisers against torch's recorded steps."""

import json
from pathlib import Path
from typing import Any

import pytest

from sheetgd.descent.optimizer import OPTIMIZERS

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
                states[place][letter] = remember(before, gradient, settings | states[place])
            parameters[place] = optimizer.move(parameters[place], gradient, states[place], settings)
        assert parameters == pytest.approx(TORCH["paths"][name][step - 1], rel=0, abs=1e-9)


def test_the_record_has_every_optimiser_that_torch_has_alike() -> None:
    assert set(TORCH["paths"]) == set(OPTIMIZERS) - {"momentum-ema", "adam-uncorrected"}
    assert len(TORCH["gradients"]) == 60


def test_averaged_momentum_by_hand() -> None:
    optimizer, settings = OPTIMIZERS["momentum-ema"], {"beta": 0.5, "learn": 0.1}
    v = optimizer.states["v"](0.0, 8.0, settings)
    assert v == 4
    assert optimizer.move(1.0, 8.0, {"v": v}, settings) == 1 - 0.4
    v = optimizer.states["v"](v, 2.0, settings)
    assert v == 3
