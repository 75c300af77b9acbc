"""The best fit, the grid around it, and where forward differences are stationary."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sheetgd.cli.main import main
from sheetgd.engine.error_surface import (
    best_fit,
    best_parameters,
    grid_of,
    ranges_of,
    surface_table,
)
from sheetgd.engine.run import descend
from sheetgd.lesson.template import shipped_lesson
from tests import plain
from tests.engine.test_automatic import FEET, PRICES
from tests.judges.test_method_workbooks import LESSONS
from tests.support.given import lesson_of
from tests.support.stationary import mean_slopes, row_slopes, stationary_points_of


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
            left = [
                lesson.model.predict([x], moved) - y for x, y in zip(*DATA.values(), strict=True)
            ]
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


ORIGINAL = shipped_lesson("original")
X, Y = ORIGINAL.data.x, ORIGINAL.data.y


def resting_by_hand(nudge: float) -> tuple[float, float]:
    """The zero of the mean forward difference, found without any of our formulas.

    The mean is linear in m and b: three values give its line, and two lines their crossing.
    """

    def mean(m: float, b: float) -> list[float]:
        dm = db = 0.0
        for x, y in zip(X, Y, strict=True):
            here = (m * x + b - y) ** 2
            dm += (((m + nudge) * x + b - y) ** 2 - here) / nudge / len(X)
            db += ((m * x + b + nudge - y) ** 2 - here) / nudge / len(X)
        return [dm, db]

    at_0, by_m, by_b = (np.array(mean(*point)) for point in ((0, 0), (1, 0), (0, 1)))
    m, b = np.linalg.solve(np.array([by_m - at_0, by_b - at_0]).T, -at_0)
    return float(m), float(b)


@pytest.mark.parametrize("nudge", [0.001, 0.01, 0.3, 5.0])
def test_forward_differences_rest_where_their_mean_is_0(nudge: float) -> None:
    found = stationary_points_of(ORIGINAL)
    assert found.best == pytest.approx((2, 30), rel=1e-12)
    assert found.forward(nudge) == pytest.approx(resting_by_hand(nudge), rel=1e-6)
    for forward, central, exact in mean_slopes(ORIGINAL, found.forward(nudge), nudge):
        assert forward == pytest.approx(0, abs=1e-6)
        assert central == pytest.approx(exact, abs=1e-6)
        assert exact < -nudge / 2


def test_full_batch_descent_comes_to_rest_there() -> None:
    lesson = lesson_of(
        x=(1, 2, 4), y=(3, 5, 6), start=(0, 0), batch="all", nudge=0.2, learn=0.08
    )  # fmt: skip
    found = stationary_points_of(lesson)
    assert descend(lesson, 2000).states[-1] == pytest.approx(found.forward(0.2), rel=1e-9)
    central = descend(lesson.changed(gradient="central"), 2000).states[-1]
    assert central == pytest.approx(found.best, rel=1e-9)
    assert abs(found.shift(0.2)[1]) > 0.1


def test_row_by_row_descent_comes_to_rest_close_by() -> None:
    steps, log = plain.descend(X, Y, epochs=20_000)
    end = log[-1]
    assert (round(end["m"], 4), round(end["b"], 3)) == (1.9840, 30.314)
    assert round(end["root_sse"], 5) == 0.93499
    m, b = stationary_points_of(ORIGINAL).forward(0.01)
    # As near as steps of this size come, and nearer than the best fit by far.
    assert (end["m"], end["b"]) == pytest.approx((m, b), rel=5e-4)
    assert abs(end["b"] - b) < 0.05 * abs(b - 30)
    assert steps[-1]["epoch"] == 20_001


@pytest.mark.parametrize(
    "model", ["line", "quadratic", "w*x", "a*sin(x) + b*x^2 + 7", "2*a + b*x - 3*x"]
)
def test_the_resting_point_of_any_linear_model(model: str) -> None:
    x, y = (-1.0, -0.6, 0.1, 0.3, 0.8, 1.2, 1.5), (2.1, 1.4, 0.9, 0.7, 1.3, 2.2, 3.4)
    lesson = lesson_of(x=x, y=y, model=model)
    found = stationary_points_of(lesson)
    assert found.best == pytest.approx(best_parameters(lesson), rel=1e-8)
    columns = lesson.model.jacobian([np.array(x)], lesson.training.start)
    products = columns.T @ columns
    shift = -0.05 * np.linalg.solve(products, np.diag(products))
    assert found.shift(0.1) == pytest.approx(shift, rel=1e-9)
    for forward, _, _ in mean_slopes(lesson, found.forward(0.1), 0.1):
        assert forward == pytest.approx(0, abs=1e-9)


def test_one_parameter_rests_half_a_nudge_below() -> None:
    lesson = lesson_of(x=(1.0, 2.0, 4.0), y=(3.0, 5.0, 9.0), model="w*x")
    assert stationary_points_of(lesson).shift(0.5) == pytest.approx((-0.25,))


def test_a_row_has_the_derivatives_of_its_loss() -> None:
    lesson = LESSONS["absolute"]
    slopes = row_slopes(lesson, 0, (1.0, 0.0), 0.5)
    # y_pred is -1 and y is 2.1: nudged up, m*x goes further down and b up.
    assert slopes == [pytest.approx((1.0, 1.0, 1.0)), pytest.approx((-1.0, -1.0, -1.0))]


def test_ranges_hold_start_best_and_path_but_not_what_flies_off() -> None:
    lesson = lesson_of(x=(1, 2, 3), y=(3, 5, 7), start=(0, 0))
    ((low, high), (_, top)) = ranges_of(lesson, [(5.0, 2.0), (1e9, 1e9)])
    assert low <= 0
    assert 5 <= high < 20
    assert top < 20


def test_what_is_found_by_search_is_told_only_where_no_run_came_lower() -> None:
    net = shipped_lesson("neurons")
    found = best_fit(net)
    assert found is not None
    assert found.title == "best fit found"
    assert best_fit(net, found.metric / 2) is None
    assert best_fit(net, found.metric * 2) == best_fit(net, found.metric) == found
    line = lesson_of(**DATA)
    # A line's best fit is the best: no run comes lower, but for rounding.
    assert best_fit(line, 0.0) == best_fit(line)
