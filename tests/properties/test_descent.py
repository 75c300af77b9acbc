"""What holds of every descent, whatever the data and the choices: the engine against others."""

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetgd.engine.run import Descent, descend
from sheetgd.engine.sweep import sweep
from sheetgd.lesson.lesson import Lesson
from tests import reference
from tests.support.kinds import referred
from tests.support.lessons import lessons, tame
from tests.support.slowly import slowly

EPOCHS = st.integers(0, 5)


def bits(values: list[float]) -> list[bytes]:
    """Numbers in all their bits; a zero has no sign here, for a sheet shows none."""
    return [b"nan" if math.isnan(value) else struct.pack(">d", value or 0.0) for value in values]


def assert_same_bits(one: Descent, other: Descent, passes: int) -> None:
    """Fail unless so many passes and the log's lines before them are the same in all bits."""
    assert one.columns.keys() == other.columns.keys()
    last = passes * one.lesson.n_rows
    for name, values in one.columns.items():
        assert bits(list(values[:last])) == bits(list(other.columns[name][:last])), name
    for ours, theirs in (
        *((one.optimizer_state[name], other.optimizer_state[name]) for name in one.optimizer_state),
        (one.metric_values_pass, other.metric_values_pass),
        (one.metric_values, other.metric_values),
    ):
        assert bits(list(ours[:passes])) == bits(list(theirs[:passes]))
    assert list(map(bits, map(list, one.states[:passes]))) == list(
        map(bits, map(list, other.states[:passes]))
    )


@given(
    lesson=lessons(losses=("mse", "huber"), metrics=("huber", "rmse")) | lessons(), epochs=EPOCHS
)
def test_the_engine_is_the_plain_reference(lesson: Lesson, epochs: int) -> None:
    run = tame(descend(lesson, epochs))
    steps, log = referred(lesson, run)
    assert set(steps[0]) - {"epoch", "row", "order"} == set(run.columns)
    for name, values in run.columns.items():
        expected = [step[name] for step in steps]
        assert values == pytest.approx(expected, rel=1e-9, abs=1e-9), name
    parameters = {
        name: [state[place] for state in run.states]
        for place, name in enumerate(lesson.model.parameters)
    }
    metrics = {
        lesson.method.metric: run.metric_values,
        f"{lesson.method.metric}_pass": run.metric_values_pass,
    }
    for name, values in {**parameters, **run.optimizer_state, **metrics}.items():
        expected = [line[name] for line in log]
        assert values == pytest.approx(expected, rel=1e-9, abs=1e-9), name


@given(lesson=lessons(), epochs=EPOCHS, haste=st.sampled_from([1.0, 1.0, 30.0, 1e4, 1e150]))
def test_the_engine_is_what_the_columns_say_to_the_bit(
    lesson: Lesson, epochs: int, haste: float
) -> None:
    lesson = lesson.replaced(learn=lesson.training.learning_rate * haste)
    run, slow = descend(lesson, epochs), slowly(lesson, epochs + 1)
    assert run.columns.keys() == slow.columns.keys()
    for name, values in slow.columns.items():
        assert bits(list(run.columns[name])) == bits(values), name
    assert list(map(bits, map(list, run.states))) == list(map(bits, map(list, slow.states)))


@given(lesson=lessons(), epochs=EPOCHS, more=st.integers(1, 5))
def test_a_longer_run_begins_as_the_shorter_one(lesson: Lesson, epochs: int, more: int) -> None:
    short, long = descend(lesson, epochs), descend(lesson, epochs + more)
    assert_same_bits(short, long, epochs + 1)
    assert short.order == long.order[: len(short.order)]


@given(lesson=lessons(optimizers=["sgd"], shuffled=False), epochs=EPOCHS, more=st.integers(0, 5))
def test_epochs_n_and_then_m_are_n_and_m_epochs(lesson: Lesson, epochs: int, more: int) -> None:
    whole = tame(descend(lesson, epochs + more))
    first = descend(lesson, epochs)
    second = descend(lesson.replaced(start=first.states[-1]), more)
    assert second.states == whole.states[epochs:]
    assert second.metric_values_pass == whole.metric_values_pass[epochs:]
    assert second.metric_values == whole.metric_values[epochs:]
    for name, values in second.columns.items():
        assert values == whole.columns[name][epochs * lesson.n_rows :]


@given(lesson=lessons(), epochs=st.integers(0, 12), every=st.integers(1, 15))
def test_a_thinned_log_leaves_lines_out_and_changes_none(
    lesson: Lesson, epochs: int, every: int
) -> None:
    full, thin = descend(lesson, epochs), descend(lesson, epochs, every=every)
    kept = [each for each in range(epochs + 1) if each % every == 0 or each == epochs]
    assert thin.logged == kept
    whole = full.epochs_table().iloc[kept].reset_index(drop=True)
    assert thin.epochs_table().equals(whole)


@given(
    lesson=lessons(min_delta=0.0, patience=2),
    epochs=st.integers(0, 20),
    min_delta=st.sampled_from([0.0, 1e-3, 0.1, 2.0]),
    patience=st.integers(1, 6),
)
def test_a_run_stops_where_the_plain_reference_says_and_is_the_same_till_then(
    lesson: Lesson, epochs: int, min_delta: float, patience: int
) -> None:
    lesson = lesson.replaced(min_delta=min_delta, patience=patience)
    through = tame(descend(lesson, epochs, through=True))
    run = descend(lesson, epochs)
    best, waited = reference.best_and_waited(through.metric_values, min_delta)
    assert (list(through.best), list(through.waited)) == (best, waited)
    expected = reference.stop_epoch(through.metric_values, min_delta, patience)
    assert (None if run.stop is None else run.stop.epoch) == expected
    assert run.epochs == (epochs if expected is None else expected)
    assert run.stop == through.stop
    assert_same_bits(run, through, run.epochs + 1)


@given(lesson=lessons(shuffled=False), seed=st.integers(0, 1000), epochs=st.integers(0, 4))
def test_a_shuffle_takes_every_row_once_an_epoch(lesson: Lesson, seed: int, epochs: int) -> None:
    run = descend(lesson.replaced(shuffle=seed), epochs)
    for first in range(0, len(run.order), lesson.n_rows):
        taken = run.order[first : first + lesson.n_rows]
        assert sorted(taken) == list(range(1, lesson.n_rows + 1))
        for name, values in (("x", lesson.data.x), ("y", lesson.data.y)):
            shown = run.columns[name][first : first + lesson.n_rows]
            assert list(shown) == [values[row - 1] for row in taken]


@given(
    lesson=lessons(gradients=["forward", "central", "analytic"]),
    rates=st.lists(st.floats(0.01, 1.5), min_size=1, max_size=3, unique=True),
    epochs=st.integers(2, 12),
)
def test_a_sweep_at_a_rate_is_the_run_at_that_rate(
    lesson: Lesson, rates: list[float], epochs: int
) -> None:
    chosen = [lesson.training.learning_rate * each for each in rates]
    found = sweep(lesson, chosen, epochs)
    assert found.rates == tuple(chosen)
    for trial in found.trials:
        run = tame(descend(lesson.changed(learn=trial.rate), epochs, through=True))
        assert trial.metric_values == pytest.approx(run.metric_values, rel=1e-9, abs=1e-9)
        for ours, theirs in zip(trial.states, run.states, strict=True):
            assert ours == pytest.approx(theirs, rel=1e-9, abs=1e-9)
