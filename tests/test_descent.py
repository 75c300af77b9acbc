"""The engine against a plain reference, the recorded tables and known endings."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from sheetgd.descent import descend, lowest_of
from sheetgd.divergence import Divergence, Ending
from sheetgd.errors import LessonError
from sheetgd.lesson import Lesson
from sheetgd.template import shipped_lesson
from tests import plain

GRADIENTS = ("forward", "central", "exact", "published")
ORIGINAL = shipped_lesson("original")


def published() -> Lesson:
    assert ORIGINAL.published is not None
    return ORIGINAL.published


def without_nudged(gradient: str, table: pd.DataFrame) -> pd.DataFrame:
    """The closed form nudges nothing, so it has no columns for that."""
    return table.drop(columns=["err_m1", "err_b1"]) if gradient == "exact" else table


@pytest.mark.parametrize("gradient", GRADIENTS)
@pytest.mark.parametrize("seed", [None, 1, 2, 3])
def test_agrees_with_the_plain_reference(gradient: str, seed: int | None) -> None:
    lesson = replace(ORIGINAL, gradient=gradient)
    if seed is not None:
        random = np.random.default_rng(seed)
        x = random.normal(3, 2, size=seed * 4)
        lesson = Lesson(
            x=x.tolist(),
            y=(random.normal() * x + random.normal(size=x.size)).tolist(),
            start=random.normal(size=2).tolist(),
            learn=float(random.uniform(0.0001, 0.01)),
            nudge=float(random.uniform(0.001, 0.1)),
            gradient=gradient,
            metric="root_sse",
            metric_label="rmse",
        )
    run = descend(lesson, 12)
    m, b = lesson.start
    steps, log = plain.descend(
        lesson.x,
        lesson.y,
        (m, b),
        learn=lesson.learn,
        nudge=lesson.nudge,
        epochs=12,
        gradient=gradient,
    )

    expected_steps = without_nudged(gradient, pd.DataFrame(steps[: 12 * lesson.rows]))
    pd.testing.assert_frame_equal(run.steps_table(), expected_steps, rtol=1e-12, atol=1e-12)
    pd.testing.assert_frame_equal(run.epochs_table(), pd.DataFrame(log), rtol=1e-12, atol=1e-12)
    next_pass = pd.DataFrame(run.passed(13))
    expected_next = pd.DataFrame(steps[12 * lesson.rows :])[plain.HEADERS].reset_index(drop=True)
    expected_next = without_nudged(gradient, expected_next)
    pd.testing.assert_frame_equal(next_pass, expected_next, rtol=1e-12, atol=1e-12)


def test_tables_have_the_documented_columns_and_types() -> None:
    run = descend(ORIGINAL)
    steps, epochs = run.steps_table(), run.epochs_table()
    assert list(steps.columns) == ["epoch", "row", *plain.HEADERS]
    assert list(epochs.columns) == ["epoch", "m", "b", "learn", "rmse", "rmse_held"]
    assert len(steps) == 5 * 20
    assert epochs["epoch"].tolist() == [0, 1, 2, 3, 4, 5]
    for table in (steps, epochs):
        whole = {"epoch", "row"} & set(table.columns)
        assert all(table[name].dtype == np.int64 for name in whole)
        assert all(table[name].dtype == np.float64 for name in set(table.columns) - whole)
        assert isinstance(table.index, pd.RangeIndex)


def test_no_epochs_leave_the_start() -> None:
    run = descend(ORIGINAL, 0)
    assert run.epochs_table()[["m", "b"]].to_numpy().tolist() == [[1.0, 1.0]]
    assert len(run.steps_table()) == 0


@pytest.mark.parametrize(
    ("epoch", "m", "b", "rmse"),
    [
        (1, "1.181", "5.282", "175.6621"),
        (2, "1.333", "8.861", "147.0941"),
        (5, "1.657", "16.429", "86.5056"),
        (10, "1.932", "22.650", "36.2509"),
        (15, "2.051", "25.075", "16.5915"),
        (25, "2.136", "26.112", "9.4679"),
        (50, "2.216", "24.780", "13.3131"),
        (100, "2.475", "18.634", "29.1324"),
        (1000, "503487.514", "-12054087.686", "30887524.2991"),
    ],
)
def test_published_rule_gives_the_recorded_table(epoch: int, m: str, b: str, rmse: str) -> None:
    log = descend(published(), epoch).epochs_table().iloc[-1]
    assert (f"{log['m']:.3f}", f"{log['b']:.3f}", f"{log['rmse']:.4f}") == (m, b, rmse)


def test_published_rule_is_lowest_at_epoch_25() -> None:
    assert descend(published(), 200).epochs_table()["rmse"].idxmin() == 25


@pytest.mark.parametrize(
    ("epoch", "m", "b", "held"),
    [
        (1, "2.8783", "1.0975", "71.588"),
        (5, "3.0064", "1.2438", "69.781"),
        (100, "2.8948", "4.4186", "62.077"),
        (1000, "2.2885", "21.657", "20.250"),
        (20000, "1.9840", "30.314", "0.93499"),
    ],
)
def test_forward_differences_give_the_recorded_table(epoch: int, m: str, b: str, held: str) -> None:
    log = descend(ORIGINAL, epoch).epochs_table().iloc[-1]
    found = (log["m"], log["b"], log["rmse_held"])
    for value, text in zip(found, (m, b, held), strict=True):
        assert f"{value:.{len(text.partition('.')[2])}f}" == text


@pytest.mark.parametrize("gradient", ["central", "exact"])
def test_rules_without_bias_reach_the_line(gradient: str) -> None:
    m, b = descend(replace(ORIGINAL, gradient=gradient), 20000).states[-1]
    assert m == pytest.approx(2, abs=1e-9)
    assert b == pytest.approx(30, abs=1e-9)


def diverging(gradient: str, learn: float, epochs: int) -> tuple[Divergence, ...]:
    lesson = replace(ORIGINAL, gradient=gradient, learn=learn)
    return descend(lesson, epochs).divergence


@pytest.mark.parametrize("gradient", GRADIENTS)
def test_a_converging_run_does_not_diverge(gradient: str) -> None:
    assert diverging(gradient, 0.0001, 40) == ()


@pytest.mark.parametrize("gradient", ["forward", "central"])
def test_differences_freeze_where_the_nudge_vanishes(gradient: str) -> None:
    grown, frozen = diverging(gradient, 0.002, 100)
    assert (grown.ending, frozen.ending) == (Ending.GROWN, Ending.FROZEN)
    log = descend(replace(ORIGINAL, gradient=gradient, learn=0.002), 100).epochs_table()
    assert log["rmse"][grown.epoch] > 1000 * log["rmse_held"][0]
    assert log["rmse"][grown.epoch - 1] <= 1000 * log["rmse_held"][0]
    moving = log["m"].diff().to_numpy()
    assert (moving[frozen.epoch + 1 :] == 0).all()
    assert moving[frozen.epoch] != 0
    assert np.isfinite(log["m"]).all()
    assert 1e12 < abs(log["m"].iloc[-1]) < 1e17


def test_a_first_pass_that_flies_off_counts_from_the_start() -> None:
    grown, frozen = diverging("forward", 0.01, 10)
    assert (grown, frozen.ending) == (Divergence(Ending.GROWN, 0), Ending.FROZEN)


@pytest.mark.parametrize("gradient", ["exact", "published"])
def test_closed_forms_grow_until_no_number_is_left(gradient: str) -> None:
    grown, endless = diverging(gradient, 0.02, 200)
    assert (grown.ending, endless.ending) == (Ending.GROWN, Ending.NON_FINITE)
    log = descend(replace(ORIGINAL, gradient=gradient, learn=0.02), 200).epochs_table()
    finite = np.isfinite(log[["m", "b", "rmse"]].to_numpy().sum(axis=1))
    assert finite[: endless.epoch].all()
    assert not finite[endless.epoch]


def test_the_ending_says_what_and_since_when() -> None:
    assert str(Divergence(Ending.GROWN, 63)) == (
        "diverges (grown) at epoch 63: the rmse has grown past 1,000 times that of the start"
    )


def test_a_perfect_start_is_not_called_divergence() -> None:
    assert descend(replace(ORIGINAL, start=(2, 30)), 50).divergence == ()
    assert descend(replace(ORIGINAL, start=(2, 30), gradient="exact"), 50).divergence == ()


def test_a_model_of_three_parameters() -> None:
    x = [-1.0, -0.5, 0.0, 0.5, 1.0, 1.5]
    y = [2 * value * value - 3 * value + 0.5 for value in x]
    lesson = Lesson(x=x, y=y, start=(0, 0, 0), model="quadratic", learn=0.1)
    runs = {
        gradient: descend(replace(lesson, gradient=gradient), 300)
        for gradient in ("forward", "central", "exact")
    }
    assert list(runs["forward"].steps_table().columns[4:]) == [
        "a", "b", "c", "y_pred", "error_sq", "err_a1", "de/da", "new_a",
        "err_b1", "de/db", "new_b", "err_c1", "de/dc", "new_c",
    ]  # fmt: skip
    for gradient in ("central", "exact"):
        assert runs[gradient].states[-1] == pytest.approx((2, -3, 0.5), abs=1e-6)
    first = {name: run.steps_table().iloc[0] for name, run in runs.items()}
    for parameter, bias in (("a", 0.01), ("b", 0.01), ("c", 0.01)):
        exact = first["exact"][f"de/d{parameter}"]
        assert first["central"][f"de/d{parameter}"] == pytest.approx(exact, rel=1e-9)
        # The forward difference of a square is off by the nudge times the slope squared.
        assert first["forward"][f"de/d{parameter}"] == pytest.approx(exact + bias, rel=1e-9)


def test_losses_and_the_wait_follow_from_the_figures() -> None:
    x, y = (1.0, 2.0, 3.0), (3.0, 5.0, 8.0)
    lesson = Lesson(x=x, y=y, start=(0, 0), learn=0.107, gradient="exact", tolerance=0.02)
    run = descend(lesson, 30, through=True)
    _, log = plain.descend(x, y, (0, 0), learn=0.107, nudge=0.01, epochs=30, gradient="exact")
    losses = [line["rmse"] ** 2 / 3 for line in log]
    best, waited = [losses[0]], [0.0]
    for loss in losses[1:]:
        better = best[-1] - loss > 0.02
        best.append(loss if better else best[-1])
        waited.append(0 if better else waited[-1] + 1)
    assert run.losses == pytest.approx(losses, rel=1e-12)
    assert run.best == pytest.approx(best, rel=1e-12)
    assert run.waited == waited
    assert run.endings == [()] * 31
    assert 0 < waited.count(0) < 30
    place = losses.index(min(losses))
    assert (run.lowest, run.lowest_metric) == (place, run.metric_values_pass[place])
    assert 0 < place < 30
    assert descend(lesson, 30).epochs < 30


def test_every_epoch_says_in_which_ways_it_diverges() -> None:
    run = descend(replace(ORIGINAL, gradient="exact", learn=0.002), 700)
    start = run.metric_values[0]
    for figure, state, shown in zip(run.metric_values_pass, run.states, run.endings, strict=True):
        finite = bool(np.isfinite([figure, *state]).all())
        assert (Ending.GROWN in shown) == (figure > 1000 * start)
        assert (Ending.NON_FINITE in shown) == (not finite)
        assert Ending.FROZEN not in shown
    assert {len(shown) for shown in run.endings} == {0, 1, 2}
    assert run.lowest is not None
    assert run.metric_values_pass[run.lowest] == min(
        each for each in run.metric_values_pass if np.isfinite(each)
    )


def test_the_order_is_told_of_the_epochs_and_the_next_pass() -> None:
    run = descend(replace(ORIGINAL, shuffle=3), 2)
    assert [sorted(run.order[first : first + 20]) for first in (0, 20, 40)] == [
        list(range(1, 21))
    ] * 3
    assert len(run.order) == len(run.columns["x"]) == 60
    assert run.columns["x"] == [ORIGINAL.x[row - 1] for row in run.order]


def test_where_no_figure_is_a_number_none_is_lowest() -> None:
    run = descend(replace(ORIGINAL, gradient="exact", learn=1e200), 2)
    assert (run.lowest, run.lowest_metric) == (None, None)
    assert lowest_of([]) is None


def test_the_lowest_is_found_behind_what_is_no_number() -> None:
    assert lowest_of([float("nan"), 2.0, 1.0]) == 2
    assert lowest_of([float("-inf"), 2.0, 1.0]) == 2


def test_rows_are_taken_one_by_one_only_if_asked_for() -> None:
    lesson = replace(ORIGINAL, gradient="central", learn=0.00013)
    usual, fast = descend(lesson, 3000), descend(lesson, 3000, exact=False)
    exact = descend(lesson, 3000, exact=True)
    assert usual.states == fast.states != exact.states
    assert usual.states[-1] == pytest.approx(exact.states[-1], rel=1e-9)


def test_a_notebook_shows_sixty_lines_of_the_log() -> None:
    shown = descend(ORIGINAL, 100)._repr_html_()
    # The header, thirty lines, one of dots, thirty lines; and six columns.
    assert shown.count("<tr") == 62
    assert shown.count("<td") == 61 * 6
    assert shown.count("<th>") == 6


def test_whoever_waits_is_told_how_far_it_is_before_asking_for_anything() -> None:
    told: list[tuple[int, int]] = []
    descend(ORIGINAL, 7, on_epoch=lambda done, of: told.append((done, of)))
    assert told[-1] == (7, 7)


def test_numbers_of_epochs_that_are_none() -> None:
    with pytest.raises(LessonError, match="epochs is -1"):
        descend(ORIGINAL, -1)
    with pytest.raises(LessonError, match="every is 0"):
        descend(ORIGINAL, every=0)
