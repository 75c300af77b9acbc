"""The best fit that run and sweep name, so that a metric can be judged."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sheetgd.cli.main import main
from sheetgd.engine.error_surface import best_fit, grid_of, surface_table
from tests.engine.test_automatic import FEET, PRICES
from tests.support.given import lesson_of


def csv(tmp_path: Path) -> str:
    path = tmp_path / "houses.csv"
    rows = [f"{x},{y}" for x, y in zip(FEET, PRICES, strict=True)]
    path.write_text("\n".join(["sqft,price", *rows, ""]), encoding="utf-8")
    return str(path)


def fitted() -> tuple[float, float, float]:
    m, b = np.polyfit(FEET, PRICES, 1)
    left = np.array(PRICES) - m * np.array(FEET) - b
    return float(m), float(b), float(math.sqrt((left * left).mean()))


@pytest.mark.parametrize("command", [["run"], ["sweep", "--no-workbook"]])
def test_run_and_sweep_name_it(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    m, b, rmse = fitted()
    assert main([*command, "--data", csv(tmp_path), "-q"]) == 0
    assert f"best fit: m {m:.6g}, b {b:.6g}, rmse {rmse:.6g}" in capsys.readouterr().out
    assert main([*command, "--data", csv(tmp_path), "-q", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["best_fit"]
    assert told["parameters"] == {"m": pytest.approx(m), "b": pytest.approx(b)}
    assert told["metric"] == pytest.approx(rmse)


def test_where_there_is_none_none_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "alike.csv"
    path.write_text("x,y\n2,3\n2,5\n2,4\n", encoding="utf-8")
    assert main(["run", "--data", str(path), "-q"]) == 0
    assert "fit:" not in capsys.readouterr().out
    assert main(["run", "--data", str(path), "-q", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["best_fit"] is None


DATA: Mapping[str, Any] = {"x": (1, 2, 3, 4), "y": (2, 3, 5, 9)}


@pytest.mark.parametrize(
    ("changes", "title"),
    [
        ({}, "best fit"),
        ({"metric": "mse"}, "best fit"),
        ({"model": "quadratic"}, "best fit"),
        ({"model": "a*exp(k*x)"}, "best fit found"),
        ({"loss": "mae"}, "least squares fit"),
        ({"metric": "mae"}, "least squares fit"),
    ],
)
def test_what_it_is_called(changes: Mapping[str, Any], title: str) -> None:
    found = best_fit(lesson_of(**DATA, **changes))
    assert found is not None
    assert str(found).startswith(f"{title}: ")


@pytest.mark.parametrize("metric", ["rmse", "mse", "root_sse"])
@pytest.mark.parametrize("model", ["line", "quadratic", "w*x"])
def test_nothing_nearby_is_better(model: str, metric: str) -> None:
    lesson = lesson_of(**DATA, model=model, metric=metric)
    found = best_fit(lesson)
    assert found is not None
    for which in range(len(found.parameters)):
        for by in (-1e-3, 1e-3):
            moved = [*found.parameters]
            moved[which] += by
            left = [lesson.model.predict(x, moved) - y for x, y in zip(*DATA.values(), strict=True)]
            squares = sum(each * each for each in left)
            mean = squares / (1 if metric == "root_sse" else 4)
            assert found.metric < (mean if metric == "mse" else math.sqrt(mean))


def test_rounding_is_no_error() -> None:
    found = best_fit(lesson_of(x=(1, 2, 3), y=(0.1, 0.2, 0.3)))
    assert found is not None
    assert found.metric == 0.0
    near = best_fit(lesson_of(x=(1, 2, 3), y=(0.1, 0.2, 0.3 + 1e-9)))
    assert near is not None
    assert near.metric > 1e-10


@pytest.mark.parametrize(
    ("x", "y", "start"),
    [
        ((1, 2, 3), (30, 50, 70), (0, 0)),
        ((1, 2, 3), (2, 4, 6), (2, 0)),
        ((1, 2, 3), (-1e6, 3e6, 2e6), (5, 5)),
        ((1e-3, 2e-3, 4e-3), (1e-5, 5e-5, 2e-5), (0, 0)),
        ((3, 3, 3), (1, 2, 3), (1, 1)),
    ],
)
def test_a_chosen_grid_is_round_and_holds_start_and_best(
    x: tuple[float, ...], y: tuple[float, ...], start: tuple[float, float]
) -> None:
    lesson = lesson_of(x=x, y=y, start=start)
    down, across = grid_of(lesson)
    assert (len(down), len(across)) == (8, 11)
    for side, value in zip((down, across), start, strict=True):
        assert list(side) == sorted(set(side))
        assert side[0] <= value <= side[-1]
        assert max(len(f"{each:.12g}".lstrip("-")) for each in side) <= 10
    if len(set(x)) > 1:
        table = surface_table(lesson)
        assert table.shape == (8, 11)
        assert (table.index.name, table.columns.name) == ("m", "b")
        slope = sum((a - sum(x) / 3) * (b - sum(y) / 3) for a, b in zip(x, y, strict=True))
        slope /= sum((a - sum(x) / 3) ** 2 for a in x)
        assert down[0] <= slope <= down[-1]
