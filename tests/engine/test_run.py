"""The engine against a plain reference, the recorded tables and known endings."""

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sheetgd.descent.rate_verdict import Divergence, Ending, Verdict
from sheetgd.engine.run import descend, lowest_of
from sheetgd.errors import LessonError
from sheetgd.lesson.lesson import Lesson
from sheetgd.lesson.template import shipped_lesson
from tests import plain, reference
from tests.support.given import lesson_of

GRADIENTS = ("forward", "central", "analytic", "swapped")
ORIGINAL = shipped_lesson("original")


def published() -> Lesson:
    assert ORIGINAL.display.published is not None
    return ORIGINAL.display.published


def without_nudged(gradient: str, table: pd.DataFrame) -> pd.DataFrame:
    """The closed form nudges nothing, so it has no columns for that."""
    return table.drop(columns=["err_m1", "err_b1"]) if gradient == "analytic" else table


@pytest.mark.parametrize("gradient", GRADIENTS)
@pytest.mark.parametrize("seed", [None, 1, 2, 3])
def test_agrees_with_the_plain_reference(gradient: str, seed: int | None) -> None:
    lesson = ORIGINAL.replaced(gradient=gradient)
    if seed is not None:
        random = np.random.default_rng(seed)
        x = random.normal(3, 2, size=seed * 4)
        lesson = lesson_of(
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
    m, b = lesson.training.start
    steps, log = plain.descend(
        lesson.data.x,
        lesson.data.y,
        (m, b),
        learn=lesson.training.learning_rate,
        nudge=lesson.training.difference_step,
        epochs=12,
        gradient=gradient,
    )

    expected_steps = without_nudged(gradient, pd.DataFrame(steps[: 12 * lesson.n_rows]))
    pd.testing.assert_frame_equal(run.steps_table(), expected_steps, rtol=1e-12, atol=1e-12)
    pd.testing.assert_frame_equal(run.epochs_table(), pd.DataFrame(log), rtol=1e-12, atol=1e-12)
    next_pass = pd.DataFrame(run.passed(13))
    expected_next = pd.DataFrame(steps[12 * lesson.n_rows :])[plain.HEADERS].reset_index(drop=True)
    expected_next = without_nudged(gradient, expected_next)
    pd.testing.assert_frame_equal(next_pass, expected_next, rtol=1e-12, atol=1e-12)


def test_tables_have_the_documented_columns_and_types() -> None:
    run = descend(ORIGINAL)
    steps, epochs = run.steps_table(), run.epochs_table()
    assert list(steps.columns) == ["epoch", "row", *plain.HEADERS]
    assert list(epochs.columns) == ["epoch", "m", "b", "learn", "root_sse", "root_sse_pass"]
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
    found = (f"{log['m']:.3f}", f"{log['b']:.3f}", f"{log['root_sse_pass']:.4f}")
    assert found == (m, b, rmse)


def test_published_rule_is_lowest_at_epoch_25() -> None:
    run = descend(published(), 200)
    assert run.epochs_table()["root_sse_pass"].idxmin() == 25
    # Held still, too.
    log = plain_log(gradient="swapped", epochs=200)
    held = [line["root_sse"] for line in log]
    assert run.lowest == held.index(min(held)) == 25


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
    found = (log["m"], log["b"], log["root_sse"])
    for value, text in zip(found, (m, b, held), strict=True):
        assert f"{value:.{len(text.partition('.')[2])}f}" == text


@pytest.mark.parametrize("gradient", ["central", "analytic"])
def test_rules_without_bias_reach_the_line(gradient: str) -> None:
    m, b = descend(ORIGINAL.replaced(gradient=gradient), 20000).states[-1]
    assert m == pytest.approx(2, abs=1e-9)
    assert b == pytest.approx(30, abs=1e-9)


def plain_log(
    *, gradient: str = "forward", learn: float = 0.0001, epochs: int
) -> list[dict[str, float]]:
    """The log that the plain reference has for the original's data and start."""
    x, y = ORIGINAL.data.x, ORIGINAL.data.y
    return plain.descend(x, y, learn=learn, epochs=epochs, gradient=gradient)[1]


def plainly_grown(log: list[dict[str, float]]) -> int:
    """The first epoch whose loss, the square of the root, is past 1000 times the start's."""
    return next(
        epoch
        for epoch, line in enumerate(log)
        if line["root_sse"] ** 2 > 1000 * log[0]["root_sse"] ** 2
    )


def test_one_start_has_one_metric_held_and_at_every_rate_another_of_the_pass() -> None:
    # Squares by hand: (x + 1 - (2*x + 30))^2 in every row.
    held = math.sqrt(sum((x + 29) ** 2 for x in ORIGINAL.data.x))
    assert held == pytest.approx(227.383, abs=5e-4)
    passes = []
    for learn in (1e-5, 1e-4, 2e-4, 1e-3, 2e-3):
        run = descend(ORIGINAL.replaced(learn=learn), 0)
        assert list(run.metric_values) == pytest.approx([held], rel=1e-12)
        (passing,) = run.metric_values_pass
        (line,) = plain_log(learn=learn, epochs=0)
        assert passing == pytest.approx(line["root_sse_pass"], rel=1e-12)
        passes.append(round(passing, 1))
    assert passes == [207.6, 125.5, 105.6, 114.0, 1689.5]


@pytest.mark.parametrize("metric", ["rmse", "mse", "mae", "root_sse"])
def test_in_a_full_batch_the_metric_of_a_pass_is_the_held_one(metric: str) -> None:
    log = descend(ORIGINAL.replaced(batch="all", metric=metric), 30).epochs_table()
    assert list(log.columns[-2:]) == [metric, f"{metric}_pass"]
    assert log[metric].to_numpy() == pytest.approx(log[f"{metric}_pass"].to_numpy(), rel=1e-12)
    by_row = descend(ORIGINAL.replaced(metric=metric), 30).epochs_table()
    assert (abs(by_row[metric] / by_row[f"{metric}_pass"] - 1) > 0.01).any()


def diverging(gradient: str, learn: float, epochs: int) -> tuple[Divergence, ...]:
    lesson = ORIGINAL.replaced(gradient=gradient, learn=learn)
    return descend(lesson, epochs).divergence


@pytest.mark.parametrize("gradient", GRADIENTS)
def test_a_converging_run_does_not_diverge(gradient: str) -> None:
    assert diverging(gradient, 0.0001, 40) == ()


@pytest.mark.parametrize("gradient", GRADIENTS)
@pytest.mark.parametrize(("learn", "epochs"), [(0.002, 30), (0.005, 15), (0.01, 8)])
def test_a_run_has_grown_where_the_plain_reference_says(
    gradient: str, learn: float, epochs: int
) -> None:
    log = plain_log(gradient=gradient, learn=learn, epochs=epochs)
    first, *_ = diverging(gradient, learn, epochs)
    assert first == Divergence(Ending.GROWN, plainly_grown(log), "root_sse")


@pytest.mark.parametrize("gradient", ["forward", "central"])
def test_differences_stand_still_where_the_nudge_vanishes(gradient: str) -> None:
    run = descend(ORIGINAL.replaced(gradient=gradient, learn=0.002), 100)
    assert [each.ending for each in run.divergence] == [Ending.GROWN]
    log = run.epochs_table()
    still = run.standstill
    assert still is not None
    moving = log["m"].diff().to_numpy()
    assert (moving[still.epoch + 1 :] == 0).all()
    assert moving[still.epoch] != 0
    assert np.isfinite(log["m"]).all()
    m, b = log[["m", "b"]].to_numpy()[-1].tolist()
    assert 1e12 < abs(m) < 1e17
    # Beside m the nudge is lost, beside b it is not.
    assert (m + 0.01, b + 0.01) == (m, pytest.approx(b + 0.01, rel=0, abs=0.005))
    assert b + 0.01 != b
    assert still.lost == ("m",)


@pytest.mark.parametrize("nudge", [1e-300, 1e-17])
def test_a_nudge_too_small_beside_the_parameters_is_named(nudge: float) -> None:
    run = descend(ORIGINAL.replaced(nudge=nudge), 5)
    assert run.states == [(1.0, 1.0)] * 6
    assert str(run.standstill) == (
        f"stands still at epoch 0: every derivative is 0, for the difference step {nudge:g} is "
        "too small "
        "beside m, b: adding it changes nothing; nothing moves any more"
    )
    assert run.divergence == ()
    assert run.verdict is Verdict.UNCHANGED


def test_only_the_parameters_beside_which_the_nudge_is_lost_are_named() -> None:
    # Beside b = 0 even 1e-300 is a nudge, though no error feels it.
    run = descend(ORIGINAL.replaced(start=(1, 0), nudge=1e-300), 5)
    assert run.standstill is not None
    assert run.standstill.lost == ("m",)


@pytest.mark.parametrize(
    "changes",
    [
        {"nudge": 1e-3},
        {"nudge": 1e-300, "gradient": "analytic"},
        {"learn": 0.002, "gradient": "analytic"},
        {"learn": 1e-300},
        {"start": (2, 30), "gradient": "analytic"},
    ],
)
def test_what_has_derivatives_does_not_stand_still(changes: dict[str, Any]) -> None:
    assert descend(ORIGINAL.with_settings(changes), 100).standstill is None


@pytest.mark.parametrize(
    ("gradient", "loss", "y"), [("central", "mse", 1.0), ("analytic", "mae", 1.6)]
)
def test_a_fit_but_for_rounding_is_no_standstill(gradient: str, loss: str, y: float) -> None:
    lesson = lesson_of(
        x=(2,), y=(y,), model="w*x", start=(0,), learn=0.05, nudge=0.5, gradient=gradient,
        loss=loss,
    )  # fmt: skip
    run = descend(lesson, 500)
    # Every derivative is 0 in the end, and w is y/2 but for its last digit.
    assert run.columns["de/dw"][-1] == 0
    assert 0 < abs(run.states[-1][0] - y / 2) < 1e-15
    assert run.standstill is None
    assert run.verdict is Verdict.LEVELLED_OFF


def test_a_standstill_beside_the_fit_is_one() -> None:
    # The forward difference (2r*2 + 0.5*4) is 0 where r is -0.5.
    lesson = lesson_of(
        x=(2,), y=(1,), model="w*x", start=(0,), learn=0.05, nudge=0.5, gradient="forward"
    )
    run = descend(lesson, 500)
    assert run.metric_values[-1] == pytest.approx(0.5, rel=1e-12)
    assert run.standstill is not None
    assert run.standstill.lost == ()


def test_a_flat_model_stands_still_without_a_word_on_the_nudge() -> None:
    lesson = lesson_of(x=(0, 0), y=(1, 2), model="w*x", start=(1,), gradient="analytic")
    run = descend(lesson, 3)
    assert run.standstill is not None
    assert run.standstill.lost == ()
    assert str(run.standstill) == (
        "stands still at epoch 0: every derivative is 0; nothing moves any more"
    )


def test_what_an_optimiser_remembers_goes_on_moving() -> None:
    # max(w, 0) is flat below 0: the step that leads there leaves a velocity.
    lesson = lesson_of(
        x=(0,), y=(-1,), model="max(w, 0)", start=(1,), gradient="analytic", optimizer="momentum",
        learn=0.3,
    )  # fmt: skip
    run = descend(lesson, 5)
    assert run.standstill is not None
    assert not run.standstill.for_good
    assert str(run.standstill) == "stands still at epoch 1: every derivative is 0"
    assert run.states[2] < run.states[1] < (0.0,)


def test_a_first_pass_that_flies_off_has_grown_after_it() -> None:
    log = plain_log(learn=0.01, epochs=10)
    assert log[0]["root_sse_pass"] > 1000 * log[0]["root_sse"]
    assert diverging("forward", 0.01, 10) == (Divergence(Ending.GROWN, 1, "root_sse"),)


@pytest.mark.parametrize("gradient", ["analytic", "swapped"])
def test_closed_forms_grow_until_no_number_is_left(gradient: str) -> None:
    grown, endless = diverging(gradient, 0.02, 200)
    assert (grown.ending, endless.ending) == (Ending.GROWN, Ending.NON_FINITE)
    log = descend(ORIGINAL.replaced(gradient=gradient, learn=0.02), 200).epochs_table()
    finite = np.isfinite(log[["m", "b", "root_sse"]].to_numpy()).all(axis=1)
    assert finite[: endless.epoch].all()
    assert not finite[endless.epoch]


def test_a_run_that_rises_to_its_highest_diverges_before_it_has_grown() -> None:
    log = [line["root_sse"] for line in plain_log(learn=0.0015, epochs=25)]
    assert log[0] < log[12] * 1.005 < log[25] == max(log) < math.sqrt(1000) * log[0]
    assert diverging("forward", 0.0015, 25) == (Divergence(Ending.RISING, 25, "root_sse"),)
    # This one ends above the start, too, but below its highest.
    log = [line["root_sse"] for line in plain_log(learn=0.0013, epochs=25)]
    assert log[0] < log[25] < max(log)
    assert diverging("forward", 0.0013, 25) == ()


@pytest.mark.parametrize(
    ("ending", "said"),
    [
        (Ending.GROWN, "the loss has grown past 1,000 times that of the start"),
        (Ending.NON_FINITE, "a number is too large to be one any more"),
        (
            Ending.RISING,
            (
                "the mse ends above the start's, at its highest, and has risen by more than 1% of "
                "the loss since half way"
            ),
        ),
    ],
)
def test_the_ending_says_what_and_since_when(ending: Ending, said: str) -> None:
    assert str(Divergence(ending, 63, "mse")) == f"diverges ({ending}) at epoch 63: {said}"


def test_a_perfect_start_is_not_called_divergence() -> None:
    assert descend(ORIGINAL.replaced(start=(2, 30)), 50).divergence == ()
    assert descend(ORIGINAL.replaced(start=(2, 30), gradient="analytic"), 50).divergence == ()


def test_a_model_of_three_parameters() -> None:
    x = [-1.0, -0.5, 0.0, 0.5, 1.0, 1.5]
    y = [2 * value * value - 3 * value + 0.5 for value in x]
    lesson = lesson_of(x=x, y=y, start=(0, 0, 0), model="quadratic", learn=0.1)
    runs = {
        gradient: descend(lesson.replaced(gradient=gradient), 300)
        for gradient in ("forward", "central", "analytic")
    }
    assert list(runs["forward"].steps_table().columns[4:]) == [
        "a", "b", "c", "y_pred", "error_sq", "err_a1", "de/da", "new_a",
        "err_b1", "de/db", "new_b", "err_c1", "de/dc", "new_c",
    ]  # fmt: skip
    for gradient in ("central", "analytic"):
        assert runs[gradient].states[-1] == pytest.approx((2, -3, 0.5), abs=1e-6)
    first = {name: run.steps_table().iloc[0] for name, run in runs.items()}
    for parameter, bias in (("a", 0.01), ("b", 0.01), ("c", 0.01)):
        exact = first["analytic"][f"de/d{parameter}"]
        assert first["central"][f"de/d{parameter}"] == pytest.approx(exact, rel=1e-9)
        # The forward difference of a square is off by the nudge times the slope squared.
        assert first["forward"][f"de/d{parameter}"] == pytest.approx(exact + bias, rel=1e-9)


@pytest.mark.parametrize("tolerance", [0.02, 0.1])
def test_the_best_and_the_wait_go_by_the_metric_held(tolerance: float) -> None:
    x, y = (1.0, 2.0, 3.0), (3.0, 5.0, 8.0)
    lesson = lesson_of(
        x=x, y=y, start=(0, 0), learn=0.12, gradient="analytic", min_delta=tolerance, patience=2
    )
    run = descend(lesson, 30, through=True)
    _, log = plain.descend(x, y, (0, 0), learn=0.12, epochs=30, gradient="analytic")
    held, passing = (
        [line[name] / math.sqrt(3) for line in log] for name in ("root_sse", "root_sse_pass")
    )
    best, waited = reference.best_and_waited(held, tolerance)
    assert run.best == pytest.approx(best, rel=1e-12)
    assert run.waited == waited
    assert 0 < waited.count(0) < 30
    # The pass's own metric would have it otherwise.
    assert reference.best_and_waited(passing, tolerance)[1] != waited
    ended = descend(lesson, 30).epochs
    assert ended == reference.stop_epoch(held, tolerance, 2)
    assert ended < 30


def test_the_lowest_is_that_of_the_metric_held() -> None:
    x, y = (1.0, 2.0, 3.0), (3.0, 5.0, 8.0)
    run = descend(lesson_of(x=x, y=y, start=(0, 0), learn=0.12, gradient="analytic"), 9)
    _, log = plain.descend(x, y, (0, 0), learn=0.12, epochs=9, gradient="analytic")
    held, passing = (
        [line[name] / math.sqrt(3) for line in log] for name in ("root_sse", "root_sse_pass")
    )
    place = held.index(min(held))
    assert 0 < place < 9
    assert place != passing.index(min(passing))
    assert run.lowest == place
    assert run.lowest_metric == pytest.approx(held[place], rel=1e-12)


def test_without_a_tolerance_nothing_is_waited_for() -> None:
    run = descend(ORIGINAL, 3)
    assert (list(run.best), list(run.waited)) == ([], [])


def test_the_lowest_of_a_run_beyond_all_numbers_is_the_lowest_number() -> None:
    run = descend(ORIGINAL.replaced(gradient="analytic", learn=0.002), 700)
    assert {each.ending for each in run.divergence} == {Ending.GROWN, Ending.NON_FINITE}
    assert not np.isfinite(run.metric_values[-1])
    held = [line["root_sse"] for line in plain_log(gradient="analytic", learn=0.002, epochs=20)]
    assert run.lowest == held.index(min(held))
    assert run.lowest_metric == pytest.approx(min(held), rel=1e-12)


def test_the_order_is_told_of_the_epochs_and_the_next_pass() -> None:
    run = descend(ORIGINAL.replaced(shuffle=3), 2)
    assert [sorted(run.order[first : first + 20]) for first in (0, 20, 40)] == [
        list(range(1, 21))
    ] * 3
    assert len(run.order) == len(run.columns["x"]) == 60
    assert run.columns["x"] == [ORIGINAL.data.x[row - 1] for row in run.order]


def test_where_no_metric_is_a_number_none_is_lowest() -> None:
    far = ORIGINAL.replaced(start=(1e200, 1), gradient="analytic")
    run = descend(far, 2)
    assert (run.lowest, run.lowest_metric, run.verdict) == (None, None, None)
    assert lowest_of([]) is None
    # Where only the start is one, it is the lowest.
    run = descend(ORIGINAL.replaced(gradient="analytic", learn=1e200), 2)
    assert run.lowest == 0
    assert run.lowest_metric == pytest.approx(
        math.sqrt(sum((x + 29) ** 2 for x in ORIGINAL.data.x))
    )


def test_the_lowest_is_found_behind_what_is_no_number() -> None:
    assert lowest_of([float("nan"), 2.0, 1.0]) == 2
    assert lowest_of([float("-inf"), 2.0, 1.0]) == 2


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


def original(**changes: Any) -> Lesson:  # noqa: ANN401  any attribute of a lesson
    return shipped_lesson("original").changed(**changes)


def test_lowest_is_the_first_of_the_lowest_metrics() -> None:
    lesson = lesson_of(x=(1, 2, 3), y=(3, 5, 7), start=(2, 1), learn=0.05, gradient="analytic")
    run = descend(lesson, 4)
    assert set(run.metric_values) == {0.0}
    assert run.lowest == 0
    assert descend(original(start=(1e200, 1)), 2).lowest is None
