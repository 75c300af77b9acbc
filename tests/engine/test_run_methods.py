"""The engine against the plain reference, for every choice of a step and every pair of them."""

import itertools
import math
import random

import numpy as np
import pytest

from sheetgd.descent.loss import LOSSES, METRICS
from sheetgd.descent.optimizer import OPTIMIZERS
from sheetgd.engine.run import descend
from sheetgd.errors import LessonError
from sheetgd.lesson.lesson import Lesson
from sheetgd.lesson.values import Variant
from sheetgd.sheets.book import book_of
from tests import reference
from tests.support.given import lesson_of
from tests.support.kinds import KINDS, referred

X = (-1.0, -0.6, 0.1, 0.3, 0.8, 1.2, 1.5)
Y = (2.1, 1.4, 0.9, 0.7, 1.3, 2.2, 3.4)
CHOICES: dict[str, tuple[object, ...]] = {
    "kind": tuple(KINDS),
    "loss": tuple(LOSSES),
    "metric": tuple(METRICS),
    "gradient": ("forward", "central", "analytic"),
    "batch": (1, 2, 5, "all"),
    "shuffle": (None, 4),
    "optimizer": tuple(OPTIMIZERS),
}
HYPER = {
    "momentum": {"beta": 0.7}, "momentum-ema": {"beta": 0.5}, "adagrad": {"eps": 0.01},
    "rmsprop": {"rho": 0.8, "eps": 1e-6}, "adam": {"beta1": 0.8, "beta2": 0.95, "eps": 1e-4},
}  # fmt: skip
Chosen = tuple[object, ...]
EPOCHS = 6


def combinations(count: int) -> list[Chosen]:
    """Random combinations of the choices, the same ones every time."""
    generator = random.Random(20)  # noqa: S311  a choice of tests is no secret
    return [tuple(generator.choice(each) for each in CHOICES.values()) for _ in range(count)]


COMBINATIONS = combinations(260)


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


@pytest.mark.parametrize("tolerance", [0.0, 0.001, 0.01, 0.05])
@pytest.mark.parametrize("patience", [1, 3])
def test_patience_ends_where_the_plain_reference_says(tolerance: float, patience: int) -> None:
    lesson = lesson_of(
        x=X, y=Y, start=(0, 0), learn=0.03, epochs=200, min_delta=tolerance, patience=patience
    )
    run = descend(lesson)
    through = descend(lesson, through=True)
    assert run.stop == through.stop
    assert run.stop is not None
    _, log = referred(lesson, through)
    held = [line["rmse"] for line in log]
    assert run.stop.epoch == reference.stop_epoch(held, tolerance, patience)
    assert run.epochs == run.stop.epoch < through.epochs == 200
    assert run.epochs_table()["epoch"].iloc[-1] == run.stop.epoch
    assert str(run.stop).startswith(f"stops at epoch {run.stop.epoch}: for {patience} epochs")


def test_a_run_stops_as_soon_as_it_diverges() -> None:
    lesson = lesson_of(x=X, y=Y, learn=2, epochs=50, gradient="analytic", stop_diverging=True)
    run = descend(lesson)
    assert run.stop is not None
    assert run.epochs == run.stop.epoch == run.divergence[0].epoch < 50
    assert descend(lesson.changed(stop_diverging=False)).epochs == 50


def test_epochs_without_a_stop_rule_are_all_run() -> None:
    run = descend(lesson_of(x=X, y=Y, learn=0.03, epochs=100))
    assert run.stop is None
    assert run.epochs == 100


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"loss": "huber"}, "choose from mse, mae"),
        ({"metric": "rsme"}, "did you mean rmse"),
        ({"optimizer": "adm"}, "did you mean adam"),
        ({"batch": 0}, "batch_size is 0"),
        ({"batch": 8}, "there are only 7 rows; use all"),
        ({"batch": "al"}, "batch_size is 'al'"),
        ({"optimizer": "adagrad", "hyperparameters": {"beta": 0.9}}, "it has only eps"),
        ({"hyperparameters": {"beta": 0.9}}, "it has none"),
        ({"optimizer": "momentum", "hyperparameters": {"beta": 1.5}}, "from 0 to below 1"),
        ({"optimizer": "adam", "hyperparameters": {"eps": -1}}, "0 or more"),
        ({"min_delta": -1}, "min_delta is -1"),
        ({"patience": 0}, "patience is 0"),
        ({"panels": (99,)}, "make capacity at least 99"),
        ({"grid": ((1, 2),)}, "grid has 1 side"),
        ({"model": "ln(x) + c"}, "no value in row 1"),
        ({"model": "learn*x"}, "cannot be called learn"),
        ({"model": "t*x", "optimizer": "adam"}, "cannot be called t"),
        ({"model": "rows*x"}, "cannot be called rows"),
        ({"model": "m*x + M"}, "capitals make no difference"),
        ({"model": "m*x + v_m", "optimizer": "momentum"}, "v_m"),
        ({"model": "error_sq*x"}, "cannot be called error_sq"),
        ({"model": "a*x + new_a"}, "new_a"),
        ({"model": "epochs*x"}, "cannot be called epochs"),
        ({"variants": (Variant(title="a/b", changes={}),)}, "cannot name a sheet"),
        ({"variants": (Variant(title="The lesson", changes={}),)}, "two variants are called"),
    ],
)
def test_what_is_wrong_is_said(settings: dict[str, object], says: str) -> None:
    with pytest.raises(LessonError, match=says):
        lesson_of(x=X, y=Y, **settings)  # type: ignore[arg-type]  # by name


@pytest.mark.parametrize("model", ["t*x", "v_m*x", "E1*x + R1C1", "a1*x + b2", "pi2*x"])
def test_names_that_mean_nothing_else_are_fine(model: str) -> None:
    assert descend(lesson_of(x=X, y=Y, model=model), 1).epochs == 1


def test_a_change_lets_go_of_what_hung_on_the_old() -> None:
    lesson = lesson_of(
        x=X, y=Y, start=(1, 2), guess=(3, 4), optimizer="adam", hyperparameters={"eps": 0.1},
        metric_label="mine", capacity=7, grid=((1, 2), (3, 4)),
    )  # fmt: skip
    assert dict(lesson.changed(optimizer="rmsprop").method.hyperparameters) == {
        "rho": 0.9,
        "eps": 1e-8,
    }
    assert lesson.changed(metric="mse").metric_name == "mse"
    other = lesson.changed(model="quadratic")
    assert (other.training.start, other.display.guess, other.display.grid) == (
        (1, 1, 1),
        (1, 1, 1),
        (),
    )
    assert lesson.changed(learn=1).display.guess == (3, 4)
    assert lesson.changed(epochs=30).capacity == 30
    assert lesson.changed(seed=1).training.start == lesson_of(x=X, y=Y, seed=1).training.start
    assert lesson.varied(Variant(title="v", changes={"learn": 5})).training.learning_rate == 5


def test_metrics_grow_with_rows_only_where_they_are_sums() -> None:
    twice = lesson_of(x=X * 2, y=Y * 2, batch="all")
    once = lesson_of(x=X, y=Y, batch="all")
    for metric, factor in (("rmse", 1), ("mse", 1), ("mae", 1), ("root_sse", math.sqrt(2))):
        first, second = (descend(each.changed(metric=metric), 0) for each in (once, twice))
        assert second.metric_values[0] == pytest.approx(factor * first.metric_values[0], rel=1e-12)
    assert np.isclose(descend(once, 3).states[-1], descend(twice, 3).states[-1]).all()


def test_a_variant_named_like_another_page_is_refused() -> None:
    for title in ("Surface", "guide", "Rates epochs", "rows", "Play data"):
        variant = Variant(title=title, changes={})
        lesson = lesson_of(
            x=(1, 2), y=(3, 5), epochs=1, capacity=1, rate_epochs=2, variants=(variant,)
        )
        with pytest.raises(LessonError, match="two pages of the workbook would be called"):
            book_of(lesson)


@pytest.mark.slow
@pytest.mark.parametrize("title", ["run", "Run", "published"])
def test_a_variant_called_like_an_ending_takes_no_name_away(title: str) -> None:
    lesson = lesson_of(x=(1, 2, 3), y=(3, 5, 8), variants=(Variant(title=title, changes={}),))
    names = [name for page in book_of(lesson).pages for name in page.names]
    assert len(names) == len(set(names))
