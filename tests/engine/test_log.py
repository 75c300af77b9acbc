"""The log: lines left out, and where a run stops."""

import tracemalloc

import pytest

from sheetgd.engine.run import descend
from sheetgd.errors import LessonError
from sheetgd.lesson.lesson import Lesson
from tests import reference
from tests.support.given import lesson_of, noisy
from tests.support.kinds import referred


@pytest.mark.parametrize(("epochs", "every"), [(1000, 100), (999, 100), (20_000, 7), (3, 50)])
def test_a_thinned_log_has_the_lines_of_the_full_one(epochs: int, every: int) -> None:
    lesson = noisy(7, min_delta=1e-9, patience=epochs)
    full = descend(lesson, epochs)
    thin = descend(lesson, epochs, every=every)
    kept = [number for number in range(epochs + 1) if number % every == 0 or number == epochs]
    assert thin.logged == kept
    whole = full.epochs_table()
    assert thin.epochs_table().equals(whole.iloc[kept].reset_index(drop=True))
    assert thin.best == [full.best[number] for number in kept]
    assert thin.waited == [full.waited[number] for number in kept]
    assert (thin.divergence, thin.standstill) == (full.divergence, full.standstill)


def test_a_million_epochs_take_no_more_memory_than_a_hundred_thousand() -> None:
    peaks = []
    for epochs in (100_000, 1_000_000):
        lesson = noisy(1000, learn=0.001)
        descend(lesson, 10_000, every=1000).epochs_table()
        tracemalloc.start()
        table = descend(lesson, epochs, every=epochs // 100).epochs_table()
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert len(table) == 101
    assert peaks[1] < 1.1 * peaks[0]


def test_every_is_a_count() -> None:
    with pytest.raises(LessonError, match="every is 0"):
        descend(noisy(5), 3, every=0)


X = (-1.0, -0.6, 0.1, 0.3, 0.8, 1.2, 1.5)
Y = (2.1, 1.4, 0.9, 0.7, 1.3, 2.2, 3.4)


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


def test_rows_held_back_are_judged_by_a_loss_with_a_hyperparameter() -> None:
    x = [float(each) for each in range(8)]
    y = [2 * each + 1 for each in x]
    huber = {"loss": "huber", "metric": "huber", "hyperparameters": {"delta": 1.5}}
    lesson = Lesson.of({"x": x, "y": y, "validation": 0.25, "epochs": 1, **huber})
    run, held = descend(lesson), lesson.held_data
    assert held is not None
    m, b = run.parameters.values()
    errors = [abs(m * each + b - y) for each, y in zip(held.x, held.y, strict=True)]
    expected = [e * e / 2 if e <= 1.5 else 1.5 * (e - 0.75) for e in errors]
    assert run.validation_values[-1] == pytest.approx(sum(expected) / len(expected))
