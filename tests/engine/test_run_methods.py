"""The engine against the plain reference, for every choice of a step and every pair of them."""

import itertools
import math
import random

import numpy as np
import pandas as pd
import pytest

from sheetgd.descent.loss import LOSSES, METRICS
from sheetgd.descent.optimizer import OPTIMIZERS
from sheetgd.engine import rowwise
from sheetgd.engine.error_surface import best_parameters, penalized_fit
from sheetgd.engine.run import descend
from sheetgd.errors import LessonError
from sheetgd.lesson.lesson import Lesson
from tests.support.given import lesson_of
from tests.support.kinds import KINDS, referred

X = (-1.0, -0.6, 0.1, 0.3, 0.8, 1.2, 1.5)
Y = (2.1, 1.4, 0.9, 0.7, 1.3, 2.2, 3.4)
CHOICES: dict[str, tuple[object, ...]] = {
    "kind": tuple(KINDS),
    # Of classes: see tests.lesson.test_lesson_classes.
    "loss": tuple(name for name in LOSSES if name != "log-loss"),
    "metric": tuple(name for name in METRICS if name != "log-loss"),
    "gradient": ("forward", "central", "analytic"),
    "batch": (1, 2, 5, "all"),
    "shuffle": (None, 4),
    "optimizer": tuple(OPTIMIZERS),
}
HYPER = {
    "momentum": {"beta": 0.7}, "momentum-ema": {"beta": 0.5}, "adagrad": {"eps": 0.01},
    "rmsprop": {"rho": 0.8, "eps": 1e-6}, "adam": {"beta1": 0.8, "beta2": 0.95, "eps": 1e-4},
    "nesterov": {"beta": 0.6}, "amsgrad": {"beta1": 0.6, "beta2": 0.5, "eps": 0.0},
    "adam-uncorrected": {"beta1": 0.8, "beta2": 0.95, "eps": 0.0},
}  # fmt: skip
Chosen = tuple[object, ...]
EPOCHS = 6


def combinations(count: int) -> list[Chosen]:
    """Random combinations of the choices, the same ones every time."""
    generator = random.Random(20)  # noqa: S311  a choice of tests is no secret
    return [tuple(generator.choice(each) for each in CHOICES.values()) for _ in range(count)]


COMBINATIONS = combinations(360)


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


def test_metrics_grow_with_rows_only_where_they_are_sums() -> None:
    twice = lesson_of(x=X * 2, y=Y * 2, batch="all")
    once = lesson_of(x=X, y=Y, batch="all")
    for metric, factor in (("rmse", 1), ("mse", 1), ("mae", 1), ("root_sse", math.sqrt(2))):
        first, second = (descend(each.changed(metric=metric), 0) for each in (once, twice))
        assert second.metric_values[0] == pytest.approx(factor * first.metric_values[0], rel=1e-12)
    assert np.isclose(descend(once, 3).states[-1], descend(twice, 3).states[-1]).all()


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("batch", [1, 3])
def test_a_run_goes_on_where_another_one_ended(name: str, batch: int) -> None:
    lesson = lesson_of(x=X, y=Y, optimizer=name, batch=batch, learn=0.02)
    whole, first = descend(lesson, 10), descend(lesson, 4)
    state = {header: values[-1] for header, values in first.optimizer_state.items()}
    resumed = lesson.changed(start=first.parameters, optimizer_state=state)
    assert descend(resumed, 6).states == whole.states[4:]
    anew = descend(lesson.changed(start=first.parameters), 6).states
    assert (anew == whole.states[4:]) == (not state)


@pytest.mark.parametrize("name", ["adagrad", "rmsprop", "adam", "amsgrad", "adam-uncorrected"])
def test_without_eps_a_parameter_without_a_slope_stays(name: str) -> None:
    lesson = lesson_of(
        x=(0.0, 1.0), y=(1.0, 3.0), optimizer=name, gradient="analytic", learn=0.1, start=(5, 0),
        hyperparameters={"eps": 0.0},
    )  # fmt: skip
    found = descend(lesson, 1).steps_table()
    assert found["new_m"][0] == 5
    assert found["s_m"][0] == 0
    assert found["new_b"][0] > 0
    assert found["new_m"][1] < 5


@pytest.mark.parametrize("model", ["line", "quadratic", "polynomial 4"])
def test_a_long_run_with_l2_ends_at_ridge(model: str) -> None:
    lesson = lesson_of(
        x=X, y=Y, model=model, gradient="analytic", batch="all", l2=0.3, learn=0.05, epochs=1
    )
    powers = np.vander(X, len(lesson.model.parameters))
    alpha = len(X) * 0.3 / 2
    matrix = powers.T @ powers + alpha * np.diag([1.0] * (powers.shape[1] - 1) + [0.0])
    expected = np.linalg.solve(matrix, powers.T @ np.array(Y))
    assert descend(lesson, 40_000).states[-1] == pytest.approx(expected, rel=1e-9)
    found = penalized_fit(lesson)
    assert found is not None
    assert found.parameters == pytest.approx(expected, rel=1e-9)
    assert best_parameters(lesson) != pytest.approx(expected, rel=1e-3)
    assert penalized_fit(lesson.changed(l2=0.0)) is None
    assert penalized_fit(lesson.changed(l1=0.1)) is None
    sklearn = pytest.importorskip("sklearn.linear_model")
    ridge = sklearn.Ridge(alpha=alpha, solver="cholesky").fit(powers[:, :-1], Y)
    assert [*ridge.coef_, ridge.intercept_] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam"])
@pytest.mark.parametrize("batch", [1, 3])
def test_l2_is_the_weight_decay_of_torch(optimizer: str, batch: int) -> None:
    torch = pytest.importorskip("torch")
    lesson = lesson_of(
        x=X, y=Y, gradient="analytic", batch=batch, l2=0.2, learn=0.02, optimizer=optimizer,
        penalize=("m", "b"),
    )  # fmt: skip
    p = torch.tensor([1.0, 1.0], dtype=torch.float64, requires_grad=True)
    kinds = {
        "sgd": (torch.optim.SGD, {}), "momentum": (torch.optim.SGD, {"momentum": 0.9}),
        "adam": (torch.optim.Adam, {}),
    }  # fmt: skip
    kind, more = kinds[optimizer]
    steps = kind([p], lr=0.02, weight_decay=0.2, **more)
    x, y = (torch.tensor(values, dtype=torch.float64) for values in (X, Y))
    for state in descend(lesson, 20).states[1:]:
        for rows in torch.arange(len(X)).split(batch):
            steps.zero_grad()
            torch.nn.MSELoss()(p[0] * x[rows] + p[1], y[rows]).backward()
            steps.step()
        assert state == pytest.approx(p.tolist(), rel=0, abs=1e-12)


@pytest.mark.parametrize("gradient", ["forward", "central", "analytic", "swapped"])
@pytest.mark.parametrize("batch", [1, 3])
def test_a_penalty_is_part_of_each_step_by_whatever_rule(gradient: str, batch: int) -> None:
    lesson = lesson_of(x=X, y=Y, gradient=gradient, batch=batch, l2=0.2, l1=0.3, start=(-2, 0.5))
    found = descend(lesson, 1).steps_table()
    slope = found["g_m" if batch > 1 else "de/dm"]
    size = found["m"].map(lambda m: 1.0 if m > 0 else -1.0)
    assert found["dL/dm"].tolist() == (slope + (0.2 * found["m"] + 0.3 * size)).tolist()
    assert "dL/db" not in found
    ends = found["ends"] if batch > 1 else 1
    assert found["new_m"].tolist() == pytest.approx(found["m"] - 0.0001 * found["dL/dm"] * ends)


def test_without_slopes_a_penalty_still_moves() -> None:
    settings = {"x": (1.0, 2.0), "y": (2.0, 4.0), "start": (2.0, 0.0), "gradient": "analytic"}
    still = descend(lesson_of(**settings, loss="mae", y_name="y"), 3)  # type: ignore[arg-type]
    assert still.states[-1] == (2.0, 0.0)
    moving = descend(lesson_of(**settings, loss="mae", l1=0.5), 3)  # type: ignore[arg-type]
    assert moving.states[-1][0] != 2
    assert moving.standstill is None


def held_back(lesson: Lesson) -> list[tuple[float, float]]:
    """The rows that are not among those that steps are made by."""
    taken = set(zip(lesson.data.x, lesson.data.y, strict=True))
    return [pair for pair in zip(X, Y, strict=True) if pair not in taken]


VALIDATED = lesson_of(
    x=X, y=Y, validation=0.4, validation_seed=3, gradient="analytic", learn=0.1, batch="all",
    model="polynomial 4", start=(0.0,) * 5,
)  # fmt: skip


def test_no_step_sees_a_row_that_is_held_back() -> None:
    alone = VALIDATED.changed(x=VALIDATED.data.x, y=VALIDATED.data.y, validation=None)
    run = descend(VALIDATED, 50)
    assert run.states == descend(alone, 50).states
    held = held_back(VALIDATED)
    assert len(held) == 3
    for state, value in zip(run.states, run.validation_values, strict=True):
        squares = [(np.polyval(state, x) - y) ** 2 for x, y in held]
        assert value == pytest.approx(math.sqrt(sum(squares) / 3), rel=1e-12)
    assert run.epochs_table()["val_rmse"].tolist() == list(run.validation_values)
    assert descend(alone, 5).validation_values == []


def test_a_run_stops_by_the_rows_held_back_and_may_end_with_its_best_epoch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = descend(VALIDATED, 400)
    values = list(run.validation_values)
    best = values.index(min(values))
    assert 0 < best < 400
    assert (run.best_epoch, run.restored) == (best, None)
    # It ends where patience does, and else with the epochs: the best epoch is the same.
    whole = descend(VALIDATED.changed(restore_best=True), 400)
    early = descend(VALIDATED.changed(restore_best=True, min_delta=0, patience=7), 400)
    assert early.epochs == best + 7 < whole.epochs == 400
    for each in (whole, early):
        assert each.restored == each.best_epoch == best
        assert tuple(each.parameters.values()) == run.states[best]
        assert each.metric_value == run.metric_values[best]
        assert each.predict([1.0]) == pytest.approx([np.polyval(run.states[best], 1.0)])
    assert early.stop is not None
    assert "the val_rmse has not got better" in early.stop.reason
    few = descend(VALIDATED.changed(restore_best=True), 400, every=150)
    assert few.restored == best
    assert few.parameters == whole.parameters
    # Taken in portions, the best of all of them is kept.
    monkeypatch.setattr(rowwise, "_AT_ONCE", 10 * VALIDATED.n_rows)
    assert descend(VALIDATED.changed(restore_best=True), 400).restored == best
    # Of a run that gets better to the end, the last epoch is the best.
    falling = descend(VALIDATED.changed(restore_best=True), best)
    assert falling.restored is None
    assert tuple(falling.parameters.values()) == falling.states[-1]


@pytest.mark.parametrize(
    ("validation", "held"), [(0.25, 2), (0.01, 1), ("every 3", 2), ("every 7", 1), ("0.5", 4)]
)
def test_as_many_rows_are_held_back_as_are_asked_for(validation: float | str, held: int) -> None:
    lesson = lesson_of(x=X, y=Y, validation=validation)
    assert len(held_back(lesson)) == held == len(X) - lesson.n_rows
    again = lesson_of(x=X, y=Y, validation=validation)
    assert held_back(lesson) == held_back(again)
    if isinstance(validation, str) and validation.startswith("every"):
        step = int(validation.split()[1])
        assert held_back(lesson) == list(zip(X, Y, strict=True))[step - 1 :: step]
    else:
        seeds = [lesson_of(x=X, y=Y, validation=validation, validation_seed=s) for s in range(9)]
        assert len({tuple(held_back(each)) for each in seeds}) > 2
    assert lesson.changed(validation=None).data == lesson_of(x=X, y=Y).data


def test_a_column_may_mark_the_rows_that_are_held_back() -> None:
    marks = [0, 1, 0, 0, 1, 0, 0]
    expected = [(X[1], Y[1]), (X[4], Y[4])]
    for each in (marks, np.array(marks), np.array(marks) == 1, pd.Series(marks)):
        lesson = lesson_of(x=X, y=Y, validation=each)
        assert held_back(lesson) == expected
        assert lesson.changed(epochs=3).held_out is not None
    with pytest.raises(LessonError, match="2 marks for 7 rows"):
        lesson_of(x=X, y=Y, validation=[0, 1])
    with pytest.raises(LessonError, match="a mark for each row, 1 where it is held back"):
        lesson_of(x=X, y=Y, validation=[2] * 7)
    with pytest.raises(LessonError, match="holds back 7 of 7 rows"):
        lesson_of(x=X, y=Y, validation=[1] * 7)


def test_the_restored_epoch_is_told_in_the_data_s_units_too() -> None:
    # The rows that are held back rise by a quarter of what the others do.
    y = [2 * x if x % 2 else x / 2 for x in range(1, 9)]
    lesson = lesson_of(
        x=range(1, 9), y=y, validation="every 2", restore_best=True, scale="standard", batch="all",
        gradient="analytic", learn=0.05, start=(0.0, 0.0),
    )  # fmt: skip
    run = descend(lesson, 50)
    assert run.restored is not None
    assert [*run.parameters.values()] != [*run.states[-1]]
    assert run.in_data_units is not None
    ((mean, spread),) = lesson.arrays.scaling
    m, b = run.parameters.values()
    assert run.in_data_units["x"] == pytest.approx(m / spread)
    assert run.in_data_units["constant"] == pytest.approx(b - m * mean / spread)
