"""By whole epochs where that is the same as row by row."""

import math
import random
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sheetgd.descent.model import model_of
from sheetgd.descent.rate_verdict import Verdict
from sheetgd.engine import passes
from sheetgd.engine import rowwise as walk
from sheetgd.engine import run as trajectory
from sheetgd.engine import whole_epochs as epochs_module
from sheetgd.engine import whole_epochs as rounding_error
from sheetgd.engine.run import Descent, descend
from sheetgd.lesson.lesson import Lesson
from tests.support.given import lesson_of, noisy

LINE: dict[str, Any] = {"x": (1.0, 2.5, -0.7, 4.0, 3.3), "y": (3.1, 5.2, 1.0, 9.0, 8.1)}
OPTIMIZERS = ("sgd", "momentum", "momentum-ema", "adagrad", "rmsprop", "adam")


@pytest.fixture
def _whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take whole epochs however few steps there are."""
    monkeypatch.setattr(trajectory, "FEW_STEPS", 0)


@pytest.fixture
def _never_by_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no row be taken by itself."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("rows are taken one by one")

    monkeypatch.setattr(trajectory, "RowwiseRun", refuse)


def apart(fast: Descent, exact: Descent) -> float:
    """By what part of their largest value parameters, by what part of themselves metrics differ."""
    assert fast.logged == exact.logged
    ours, theirs = np.array(fast.states), np.array(exact.states)
    parameters = abs(ours - theirs).max(axis=0) / abs(theirs).max(axis=0)
    metrics = [
        abs(np.array(one) / np.array(other) - 1)
        for one, other in (
            (fast.metric_values_pass, exact.metric_values_pass),
            (fast.metric_values, exact.metric_values),
        )
    ]
    return float(max(parameters.max(), *(each.max() for each in metrics)))


def random_lessons() -> Iterator[Lesson]:
    generator = random.Random(7)  # noqa: S311  nothing is kept secret
    models = ("line", "quadratic", "a*sin(x) + b", "w", "a*x + 3")
    for place in range(48):
        rows = generator.choice([1, 2, 3, 7, 20, 63, 64, 65, 200])
        model = models[place % len(models)] if rows > 2 else "w"
        points = [generator.uniform(-2, 3) for _ in range(rows)]
        yield lesson_of(
            x=points,
            y=[2.5 * x - 1 + generator.gauss(0, 1.0) for x in points],
            model=model,
            start=[generator.uniform(-3, 3) for _ in model_of(model).parameters],
            gradient=generator.choice(["forward", "central", "analytic"]),
            optimizer=generator.choice(OPTIMIZERS[:3]),
            batch="all" if place % 4 == 3 else generator.choice([1, 1, min(3, rows)]),
            metric=generator.choice(["rmse", "mse", "root_sse"]),
            learn=generator.uniform(0.0005, 0.02),
            nudge=generator.uniform(0.001, 0.1),
        )


@pytest.mark.usefixtures("_whole")
@pytest.mark.parametrize("lesson", list(random_lessons()))
def test_whole_epochs_agree_with_rows(lesson: Lesson) -> None:
    fast, exact = descend(lesson, 150), descend(lesson, 150, exact=True)
    if not exact.divergence:
        assert apart(fast, exact) < 1e-9
    assert fast.divergence == exact.divergence
    for table in ("steps_table", "epochs_table"):
        ours, theirs = getattr(fast, table)(), getattr(exact, table)()
        assert list(ours.columns) == list(theirs.columns)
        assert (ours.dtypes == theirs.dtypes).all()
        scale = np.maximum(abs(theirs).max(), 1e-300)
        with np.errstate(invalid="ignore"):
            different = (abs(ours - theirs) / scale).max().max()
        assert not different > 1e-9


@pytest.mark.slow
@pytest.mark.usefixtures("_never_by_row")
@pytest.mark.parametrize(
    ("optimizer", "gradient"),
    [
        ("sgd", "forward"),
        ("momentum", "analytic"),
        ("sgd", "central"),
        ("sgd", "analytic"),
        ("momentum", "forward"),
        ("momentum", "central"),
    ],
)
def test_long_converging_runs_agree(gradient: str, optimizer: str) -> None:
    lesson = noisy(20, gradient=gradient, optimizer=optimizer, learn=0.0005)
    fast = descend(lesson, 100_000)
    state = fast.states[-1]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trajectory, "RowwiseRun", walk.RowwiseRun)
        exact = descend(lesson, 100_000, exact=True)
        assert apart(fast, exact) < 1e-9
    assert state == fast.states[-1]


@pytest.mark.slow
@pytest.mark.usefixtures("_never_by_row")
@pytest.mark.parametrize("rows", [5001, 16_384, 70_000])
@pytest.mark.parametrize("epochs", [1, 2, 3, 7])
@pytest.mark.parametrize("part", [1_000, passes.AT_ONCE])
def test_long_data_agree_step_by_step(
    rows: int, epochs: int, part: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(epochs_module, "AT_ONCE", part)
    monkeypatch.setattr(passes, "AT_ONCE", part)
    lesson = noisy(rows)
    table = descend(lesson, epochs).steps_table()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trajectory, "RowwiseRun", walk.RowwiseRun)
        exact = descend(lesson, epochs, exact=True).steps_table()
    assert (table["epoch"] == exact["epoch"]).all()
    assert (table["row"] == exact["row"]).all()
    scale = abs(exact).max()
    assert (abs(table - exact).max() / scale).max() < 1e-9
    # What a row leaves is what the next one starts from, to the bit.
    assert (table["new_m"].to_numpy()[:-1] == table["m"].to_numpy()[1:]).all()


@pytest.mark.usefixtures("_whole")
@pytest.mark.parametrize(
    "choices", [{"learn": 3.0}, {"learn": 3.0, "gradient": "analytic"}, {"nudge": 1e-9, "batch": 7}]
)
@pytest.mark.parametrize("epochs", [1, 2])
def test_a_few_passes_that_do_not_hold_are_taken_row_by_row(
    choices: dict[str, Any], epochs: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(epochs_module, "AT_ONCE", 100)
    lesson = noisy(333, **choices)
    table, exact = (descend(lesson, epochs, exact=way).steps_table() for way in (False, True))
    pd.testing.assert_frame_equal(table, exact, check_exact=True)


DIVERGING = [
    {"learn": learn, "gradient": gradient, "nudge": nudge, "optimizer": optimizer}
    for learn, gradient, nudge, optimizer in (
        (0.2, "forward", 0.01, "sgd"),
        (0.3, "forward", 0.01, "sgd"),
        (0.5, "forward", 0.01, "sgd"),
        (5.0, "forward", 1e-6, "sgd"),
        (0.2, "central", 0.01, "sgd"),
        (0.2, "central", 1.0, "sgd"),
        (0.2, "analytic", 0.01, "sgd"),
        (0.5, "analytic", 0.01, "sgd"),
        (1e100, "analytic", 0.01, "sgd"),
        (0.1, "forward", 0.01, "momentum"),
        (0.3, "analytic", 0.01, "momentum"),
    )
]


@pytest.mark.usefixtures("_whole")
@pytest.mark.parametrize("choices", DIVERGING)
@pytest.mark.parametrize("rows", [6, 60])
def test_diverging_runs_end_alike(choices: dict[str, Any], rows: int) -> None:
    lesson = noisy(rows, **choices)
    fast, exact = descend(lesson, 600), descend(lesson, 600, exact=True)
    assert exact.divergence
    assert fast.divergence == exact.divergence
    assert (fast.standstill, fast.verdict) == (exact.standstill, Verdict.DIVERGING)
    ours, theirs = np.array(fast.states), np.array(exact.states)
    assert (np.isfinite(ours) == np.isfinite(theirs)).all()


@pytest.mark.usefixtures("_whole")
def test_without_the_check_for_growth_diverging_runs_end_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lesson = noisy(6, learn=0.5)
    exact = descend(lesson, 600, exact=True)
    assert exact.standstill is not None
    monkeypatch.setattr(rounding_error, "_MOST_GROWTH", math.inf)
    monkeypatch.setattr(rounding_error, "TOLERANCE", math.inf)
    with np.errstate(all="ignore"):
        assert descend(lesson, 600).standstill != exact.standstill


@pytest.mark.usefixtures("_whole")
@pytest.mark.parametrize("nudge", [1e-6, 1e-8])
def test_without_the_bound_small_nudges_lead_apart(
    nudge: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    lesson = noisy(30, nudge=nudge, start=(1000.0, -500.0))
    exact = descend(lesson, 600, exact=True)
    assert apart(descend(lesson, 600), exact) < 1e-9
    monkeypatch.setattr(rounding_error, "TOLERANCE", math.inf)
    assert apart(descend(lesson, 600), exact) > 1e-9


@pytest.mark.slow
@pytest.mark.usefixtures("_whole")
@pytest.mark.parametrize(
    ("model", "scale", "learn"),
    [
        ("polynomial 6", 3.0, 1e-8),
        ("polynomial 9", 1.0, 1e-3),
        ("quadratic", 300.0, 1e-11),
    ],
)
def test_ill_conditioned_runs_agree(model: str, scale: float, learn: float) -> None:
    generator = np.random.default_rng(3)
    x = scale * generator.uniform(-1, 1, 40)
    lesson = lesson_of(
        x=x.tolist(), y=(x * x + generator.normal(size=40)).tolist(), model=model, learn=learn
    )
    fast, exact = descend(lesson, 3000), descend(lesson, 3000, exact=True)
    assert not exact.divergence
    assert apart(fast, exact) < 1e-9


@pytest.mark.usefixtures("_whole")
@pytest.mark.parametrize("gradient", ["central", "analytic", "forward"])
def test_perfect_fits_agree_down_to_the_last_digits(gradient: str) -> None:
    lesson = lesson_of(x=(1, 2, 3, 4), y=(3, 5, 7, 9), gradient=gradient, learn=0.02)
    fast, exact = descend(lesson, 4000), descend(lesson, 4000, exact=True)
    assert apart(fast, exact) < 1e-9


@pytest.mark.usefixtures("_whole")
@pytest.mark.parametrize(
    ("choices", "epochs"),
    [
        ({"learn": 1e-300}, 40),
        ({"start": (2.0, 1.0), "gradient": "analytic"}, 40),
        ({"x": (0.0, 0.0, 0.0), "model": "w*x", "y": (1.0, 1.0, 1.0)}, 10),
    ],
)
def test_runs_that_rest_from_the_start_end_alike(choices: dict[str, Any], epochs: int) -> None:
    lesson = lesson_of(**{"x": (1, 2, 3), "y": (3, 5, 7), "learn": 0.01, **choices})
    fast, exact = descend(lesson, epochs), descend(lesson, epochs, exact=True)
    assert fast.divergence == exact.divergence
    assert fast.states == exact.states
    assert fast.metric_values_pass == exact.metric_values_pass


@pytest.mark.usefixtures("_whole")
@pytest.mark.parametrize(
    "choices",
    [
        {"min_delta": 0.01, "patience": 3},
        {"min_delta": 0.0, "patience": 1, "learn": 0.004},
        {"stop_diverging": True, "learn": 0.1},
        {"stop_diverging": True, "min_delta": 1e-4},
    ],
)
@pytest.mark.parametrize("through", [False, True])
def test_stop_rules_end_both_alike(choices: dict[str, Any], *, through: bool) -> None:
    lesson = noisy(30, **choices)
    fast = descend(lesson, 800, through=through)
    exact = descend(lesson, 800, exact=True, through=through)
    assert exact.stop is not None
    assert (fast.stop, fast.epochs, fast.logged) == (exact.stop, exact.epochs, exact.logged)
    assert fast.waited == exact.waited
    assert len(fast.steps_table()) == fast.epochs * lesson.n_rows
    assert fast.epochs == (800 if through else exact.stop.epoch)
