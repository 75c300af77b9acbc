"""The plain reference itself: against the first one, published figures and sums done by hand."""

import csv
import tomllib
from collections.abc import Sequence
from itertools import pairwise
from math import sqrt
from pathlib import Path
from typing import Any

import pytest

from tests import plain, reference

ROOT = Path(__file__).parent.parent
DATA = Path(__file__).parent / "data"
QUADRATIC_START = (0.0121, -0.6397, 0.6416)
QUADRATIC_LOSSES = [
    358.8021240234375,
    298.157470703125,
    286.67987060546875,
    284.50604248046875,
    284.09283447265625,
    284.0128173828125,
    283.9958190917969,
    283.9906921386719,
    283.9879150390625,
    283.98553466796875,
]


def line(x: float, parameters: Sequence[float]) -> float:
    m, b = parameters
    return m * x + b


def line_partials(x: float, _parameters: Sequence[float]) -> Sequence[float]:
    return (x, 1.0)


def quadratic(x: float, parameters: Sequence[float]) -> float:
    a, b, c = parameters
    return a * x * x + b * x + c


def quadratic_partials(x: float, _parameters: Sequence[float]) -> Sequence[float]:
    return (x * x, x, 1.0)


def weight(_x: float, parameters: Sequence[float]) -> float:
    return parameters[0]


def weight_partials(_x: float, _parameters: Sequence[float]) -> Sequence[float]:
    return (1.0,)


LINE: dict[str, Any] = {"predict": line, "partials": line_partials, "names": ("m", "b")}
QUADRATIC: dict[str, Any] = {
    "predict": quadratic,
    "partials": quadratic_partials,
    "names": ("a", "b", "c"),
}
WEIGHT: dict[str, Any] = {"predict": weight, "partials": weight_partials, "names": ("w",)}


def original() -> tuple[list[float], list[float]]:
    data = tomllib.loads((ROOT / "templates" / "original.toml").read_text(encoding="utf-8"))["data"]
    return data["x"], data["y"]


def columns(name: str) -> tuple[list[float], list[float]]:
    with (DATA / name).open(encoding="utf-8", newline="") as stream:
        rows = [(float(x), float(y)) for x, y in list(csv.reader(stream))[1:]]
    return [x for x, _ in rows], [y for _, y in rows]


def parabola(learn: float) -> list[float]:
    """Where the weight stands after 0, 1, 2, ... steps on the loss w * w."""
    _, log = reference.descend(
        [0.0], [0.0], (-1.5,), **WEIGHT, gradient="analytic", learn=learn, epochs=20
    )
    return [entry["w"] for entry in log]


def dosage(epochs: int) -> tuple[list[dict[str, float]], list[dict[str, float]]]:
    xs, ys = columns("alzheimers_dosage.csv")
    return reference.descend(
        xs,
        ys,
        (0.9, 0.1),
        **LINE,
        metric="mse",
        gradient="analytic",
        learn=0.01,
        batch=len(xs),
        epochs=epochs,
    )


def speed(epochs: int) -> tuple[list[dict[str, float]], list[dict[str, float]]]:
    # A reconstruction: the lesson never printed its points, and these have its printed figures.
    xs, ys = columns("quadratic_time_speed.csv")
    return reference.descend(
        xs,
        ys,
        QUADRATIC_START,
        **QUADRATIC,
        metric="mse",
        gradient="analytic",
        learn=1e-5,
        batch=len(xs),
        epochs=epochs,
    )


@pytest.mark.parametrize("gradient", ["forward", "central", "analytic", "swapped"])
def test_equals_the_first_plain_reference(gradient: str) -> None:
    xs, ys = original()
    settings: dict[str, Any] = {"learn": 0.0001, "nudge": 0.01, "epochs": 30, "gradient": gradient}
    steps, log = reference.descend(xs, ys, (1.0, 1.0), **LINE, metric="root_sse", **settings)
    plain_steps, plain_log = plain.descend(xs, ys, (1.0, 1.0), **settings)

    # Without nudged errors where no one asks for them.
    unused = {"err_m1", "err_b1"} if gradient == "analytic" else set()
    kept = [{key: step[key] for key in step if key not in unused} for step in plain_steps]
    assert [list(step.items()) for step in steps] == [list(step.items()) for step in kept]
    assert [list(entry.items()) for entry in log] == [list(entry.items()) for entry in plain_log]


def test_published_gradient_reaches_the_published_state() -> None:
    xs, ys = original()
    settings: dict[str, Any] = {"learn": 0.0001, "gradient": "swapped", "metric": "root_sse"}
    _, log = reference.descend(xs, ys, (1.0, 1.0), **LINE, **settings, epochs=15)
    assert (log[15]["m"], log[15]["b"]) == (2.051, 25.075)
    assert log[15]["root_sse_pass"] == pytest.approx(16.5915, abs=5e-5)


def test_parabola_starts_at_its_loss_and_slope() -> None:
    settings: dict[str, Any] = {**WEIGHT, "gradient": "analytic", "learn": 0.1, "epochs": 0}
    steps, _ = reference.descend([0.0], [0.0], (-1.5,), **settings)
    assert steps[0]["error_sq"] == 2.25
    steps, _ = reference.descend([0.0], [0.0], (3.0,), **settings)
    assert steps[0]["de/dw"] == 6


def test_parabola_alternates_and_shrinks_at_nine_tenths() -> None:
    for before, after in pairwise(parabola(0.9)):
        assert after == pytest.approx(-0.8 * before, rel=1e-12)


def test_parabola_alternates_for_ever_at_one() -> None:
    assert parabola(1.0) == [-1.5, 1.5] * 10 + [-1.5]


def test_parabola_grows_above_one() -> None:
    for before, after in pairwise(parabola(1.01)):
        assert abs(after) > abs(before)


def test_dosage_first_predictions() -> None:
    steps, _ = dosage(0)
    predictions = [step["y_pred"] for step in steps]
    assert predictions == pytest.approx([0.1, 1.0, 1.9, 2.8, 3.7, 4.6, 5.5, 6.4], abs=1e-12)


def test_dosage_first_cost_and_gradient() -> None:
    steps, log = dosage(0)
    assert log[0]["mse"] == pytest.approx(19.6755, abs=5e-5)
    assert steps[-1]["g_m"] == pytest.approx(36.3050, abs=1e-9)
    assert steps[-1]["g_b"] == pytest.approx(6.2650, abs=1e-9)


def test_dosage_after_one_step() -> None:
    _, log = dosage(1)
    # Both are printed to four decimals, 0.5369 and 0.0374, and lie halfway between two of them.
    assert log[1]["m"] == pytest.approx(0.53695, abs=1e-12)
    assert log[1]["b"] == pytest.approx(0.03735, abs=1e-12)
    assert log[1]["mse"] == pytest.approx(8.5722, abs=5e-5)


def test_dosage_after_1001_steps() -> None:
    _, log = dosage(1001)
    assert log[1001]["m"] == pytest.approx(-0.4681258499622345, abs=2e-8)
    assert log[1001]["b"] == pytest.approx(1.7542961835861206, abs=2e-8)


def test_quadratic_start_loss_and_gradient() -> None:
    steps, log = speed(0)
    assert log[0]["mse"] == pytest.approx(679.2726, abs=2e-4)
    gradient = [steps[-1][f"g_{name}"] for name in "abc"]
    assert gradient == pytest.approx([-6668.8774, -434.5187, -42.9623], rel=0, abs=3e-3)


def test_quadratic_ten_losses() -> None:
    _, log = speed(10)
    losses = [entry["mse"] for entry in log[1:]]
    assert losses == pytest.approx(QUADRATIC_LOSSES, rel=0, abs=3e-4)


def test_columns_stand_in_order() -> None:
    steps, log = reference.descend(
        [1.0, 2.0],
        [0.0, 0.0],
        (1.0, 1.0),
        **LINE,
        loss="mae",
        metric="rmse",
        learn=0.1,
        batch=2,
        orders=[[2, 1]],
        optimizer="adam",
        epochs=0,
    )
    shared = "epoch row order x y m b y_pred error_sq error_abs in_batch ends t"
    of_m = "err_m1 de/dm sum_m g_m v_m s_m new_m"
    of_b = "err_b1 de/db sum_b g_b v_b s_b new_b"
    assert " ".join(steps[0]) == f"{shared} {of_m} {of_b}"
    assert " ".join(log[0]) == "epoch m b v_m s_m v_b s_b t learn rmse rmse_pass"


@pytest.mark.parametrize(
    ("loss", "metric", "expected"),
    [
        ("mse", "root_sse", ["error_sq"]),
        ("mse", "mae", ["error_sq", "error_abs"]),
        ("mae", "mae", ["error_abs"]),
        ("mae", "mse", ["error_sq", "error_abs"]),
        ("mae", "huber", ["error_abs", "error_huber"]),
    ],
)
def test_only_the_needed_errors_are_shown(loss: str, metric: str, expected: list[str]) -> None:
    assert list(reference.errors(3.0, 5.0, loss=loss, metric=metric)) == expected


def test_central_differences_do_without_their_lower_column() -> None:
    steps, _ = reference.descend(
        [0.0], [0.0], (3.0,), **WEIGHT, gradient="central", learn=0.1, nudge=0.5, epochs=0
    )
    assert steps[0]["err_w1"] == 12.25
    assert steps[0]["de/dw"] == 6
    assert "err_w0" not in steps[0]


def test_last_batch_divides_by_its_own_size() -> None:
    # Slopes 2(w - y): -2 and -4 (mean -3), then -6 + 2 * 3 * 0.5 = -3 alone.
    steps, log = reference.descend(
        [0.0, 0.0, 0.0],
        [1.0, 2.0, 3.0],
        (0.0,),
        **WEIGHT,
        gradient="analytic",
        learn=0.5,
        batch=2,
        epochs=1,
    )
    first = steps[:3]
    assert [step["in_batch"] for step in first] == [1, 2, 1]
    assert [step["ends"] for step in first] == [0.0, 1.0, 1.0]
    assert [step["sum_w"] for step in first] == [-2, -6, -3]
    assert [step["g_w"] for step in first] == [-2, -3, -3]
    assert [step["new_w"] for step in first] == [0, 1.5, 3]
    assert steps[3]["in_batch"] == 1
    assert log[1]["w"] == 3


def test_state_and_step_count_change_only_where_a_step_is_made() -> None:
    steps, log = reference.descend(
        [0.0, 0.0, 0.0],
        [1.0, 1.0, 1.0],
        (0.0,),
        **WEIGHT,
        gradient="analytic",
        learn=0.1,
        batch=2,
        optimizer="adam",
        epochs=1,
    )
    assert [step["t"] for step in steps] == [0, 1, 2, 2, 3, 4]
    states = [(step["v_w"], step["s_w"]) for step in steps]
    assert states[0] == (0, 0)
    assert states[1] == pytest.approx((-0.2, 0.004), rel=1e-12)
    assert states[3] == states[2] != states[1]
    assert [entry["t"] for entry in log] == [0, 2]
    assert (log[1]["v_w"], log[1]["s_w"]) == states[2]
    # Adam's first step is as long as the learning rate, whatever the slope.
    assert steps[1]["new_w"] == pytest.approx(0.1, rel=1e-8)


@pytest.mark.parametrize(
    ("optimizer", "hyper", "expected"),
    [
        ("momentum", {"beta": 0.5}, [-1.0, -1.5]),
        ("momentum-ema", {"beta": 0.75}, [-0.25, -0.4375]),
    ],
)
def test_both_momenta_by_hand(
    optimizer: str, hyper: dict[str, float], expected: list[float]
) -> None:
    state = {"v": 0.0}
    p = 0.0
    for t, v in enumerate(expected, start=1):
        before = p
        p, state = reference.optimizer_step(optimizer, -1.0, p, state, t=t, learn=0.5, hyper=hyper)
        assert state["v"] == v
        assert p == before - 0.5 * v


def test_given_numbers_replace_the_usual_ones() -> None:
    settings: dict[str, Any] = {"gradient": "analytic", "learn": 0.5, "epochs": 0}
    steps, _ = reference.descend(
        [0.0],
        [1.0],
        (0.0,),
        **WEIGHT,
        **settings,
        optimizer="adagrad",
        hyper={"eps": 2.0},
    )
    assert steps[0]["s_w"] == 4
    assert steps[0]["new_w"] == 0.5 * 2 / (2 + 2)


def test_absolute_error_has_slope_zero_at_a_hit() -> None:
    steps, _ = reference.descend(
        [0.0, 0.0, 0.0],
        [1.0, 0.5, 0.0],
        (0.0,),
        **WEIGHT,
        loss="mae",
        metric="mae",
        gradient="analytic",
        learn=0.5,
        epochs=0,
    )
    assert [step["de/dw"] for step in steps] == [-1, 0, 1]
    assert [step["error_abs"] for step in steps] == [1, 0, 0.5]


def test_orders_say_which_row_comes_next() -> None:
    steps, _ = reference.descend(
        [10.0, 20.0, 30.0],
        [1.0, 2.0, 3.0],
        (0.0, 0.0),
        **LINE,
        learn=0.0001,
        orders=[[2, 3, 1], [3, 1, 2]],
        epochs=1,
    )
    assert [step["order"] for step in steps] == [2, 3, 1, 3, 1, 2]
    assert [step["x"] for step in steps] == [20, 30, 10, 30, 10, 20]
    assert [step["row"] for step in steps] == [1, 2, 3, 1, 2, 3]


@pytest.mark.parametrize(
    ("metric", "expected"),
    [("root_sse", 5.0), ("mse", 12.5), ("rmse", sqrt(12.5)), ("mae", 3.5), ("huber", 3.0)],
)
def test_metrics_by_hand(metric: str, expected: float) -> None:
    assert reference.metric_value(metric, [-3.0, 4.0]) == expected


def test_the_metric_held_stands_still_while_that_of_a_pass_moves() -> None:
    _, log = reference.descend(
        [0.0, 0.0],
        [1.0, 1.0],
        (0.0,),
        **WEIGHT,
        metric="mse",
        gradient="analytic",
        learn=0.5,
        epochs=1,
    )
    assert (log[0]["mse"], log[0]["mse_pass"]) == (1, 0.5)
    assert (log[1]["mse"], log[1]["mse_pass"]) == (0, 0)


@pytest.mark.parametrize(
    ("values", "patience", "expected"),
    [
        ([5.0, 4.0, 3.0, 2.0], 1, None),
        ([5.0, 4.0, 4.0, 3.0], 1, 2),
        ([5.0, 4.0, 4.0, 3.0, 3.0, 3.0], 2, 5),
        # Half a unit each: the second half is measured from the best, not from the one before.
        ([5.0, 4.5, 4.0, 3.5], 2, None),
        ([5.0, 4.5, 4.5, 4.5], 2, 2),
        ([5.0, 6.0, 7.0], 2, 2),
        ([5.0], 1, None),
    ],
)
def test_stops_when_patience_ends(values: list[float], patience: int, expected: int | None) -> None:
    assert reference.stop_epoch(values, 0.75, patience) == expected


def test_the_best_and_the_wait_by_hand() -> None:
    best, waited = reference.best_and_waited([5.0, 4.5, 4.0, 4.5, 3.0], 0.75)
    assert best == [5.0, 5.0, 4.0, 4.0, 3.0]
    assert waited == [0, 1, 0, 1, 0]


def test_an_improvement_must_exceed_the_tolerance() -> None:
    assert reference.stop_epoch([2.0, 1.0], 1.0, 1) == 1
    assert reference.stop_epoch([2.0, 1.0], 0.5, 1) is None


@pytest.mark.parametrize(
    "wrong",
    [{"loss": "x"}, {"metric": "x"}, {"gradient": "x"}],
)
def test_unknown_words_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="x"):
        reference.descend([0.0], [0.0], (0.0,), **WEIGHT, learn=0.1, epochs=0, **wrong)
