"""The verdict on a run: each rule by hand, the lesson's own rates, and three engines.

The expected numbers of the original were computed with another program from the definition of
the held metric; those of the parabola follow from its factor, 1 - 2*learn.
"""

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import openpyxl
import pytest

import sheetgd
from sheetgd.descent.loss import LOSSES, METRICS
from sheetgd.descent.rate_verdict import (
    BEST,
    MEANINGS,
    Verdict,
    data_scale,
    move_ratio,
    moves_repeated,
    moves_squared,
    rate_verdict,
    reference,
)
from sheetgd.engine.run import descend
from sheetgd.expression.excel import Address, ErrorValue, Formula
from sheetgd.expression.sheet_cells import cell, unplaced, value_of
from sheetgd.lesson.lesson import Lesson
from sheetgd.lesson.template import shipped_lesson
from sheetgd.sheets.cells import Look
from sheetgd.sheets.sheet import Draft
from tests.support.each_engine import ENGINES
from tests.support.engines import Engine
from tests.support.given import lesson_of

pytestmark = pytest.mark.filterwarnings("ignore::sheetgd.errors.DivergenceWarning")

ORIGINAL = shipped_lesson("original")
RATES = (1e-6, 1e-5, 1e-4, 3e-4, 6e-4, 1e-3, 1.3e-3, 1.5e-3)
AFTER_25 = (140.484, 70.0016, 68.0840, 66.5704, 98.9586, 164.258, 235.195, 798.685)
AFTER_50 = (98.111, 69.786, 66.020, 60.455, 80.049, 115.58, 173.68, 1239.9)


# ---------------------------------------------------------------- each rule by itself

START = {"start": 100.0, "scale": 50.0, "half": 90.0, "last": 80.0, "highest": 100.0, "ratio": 0.5}
CASES: Mapping[str, tuple[dict[str, float | str], Verdict]] = {
    "falls on": ({}, Verdict.STILL_FALLING),
    "falls by just more than 1 % since half way": (
        {"half": 20.0, "last": 19.80}, Verdict.STILL_FALLING,
    ),
    "falls by more than rounding": (
        {"half": 100.0, "last": 100.0 * (1 - 1e-8)}, Verdict.STILL_FALLING,
    ),
    "falls by rounding": ({"half": 100.0, "last": 100.0 * (1 - 1e-10)}, Verdict.UNCHANGED),
    "falls by just less than 1 %": ({"half": 20.0, "last": 19.81}, Verdict.LEVELLED_OFF),
    "crawls along a valley's floor": (
        {"start": 51_703.0, "scale": 13_700.0, "half": 4_907.0, "later": 4_888.0, "last": 4_869.0,
         "highest": 51_703.0},
        Verdict.STILL_FALLING,
    ),
    "crawls ever more slowly": (
        {"half": 20.0, "later": 19.86, "last": 19.81}, Verdict.LEVELLED_OFF,
    ),
    "crawls on, not so as to be seen": (
        {"half": 20.00004, "later": 20.00002, "last": 20.0}, Verdict.LEVELLED_OFF,
    ),
    "stays where it is": ({"half": 20.0, "last": 20.0}, Verdict.LEVELLED_OFF),
    "hardly falls, and does not slow down": (
        {"half": 99.999, "last": 99.998}, Verdict.STILL_FALLING,
    ),
    "hardly falls, and slows down": ({"half": 99.99, "last": 99.987}, Verdict.LEVELLED_OFF),
    "is too small to see": ({"half": 1e-3, "last": 1e-5}, Verdict.LEVELLED_OFF),
    "is just large enough to see": ({"half": 1e-2, "last": 1e-4}, Verdict.STILL_FALLING),
    "ends as it began": ({"half": 100.0, "last": 100.0}, Verdict.UNCHANGED),
    "ends as it began but for rounding": (
        {"half": 100.0, "last": 100.00000001}, Verdict.UNCHANGED,
    ),
    "ends a little above the start": ({"half": 150.0, "last": 100.006}, Verdict.WORSE),
    "ends above the start by less than shows": (
        {"half": 100.0, "last": 100.004}, Verdict.UNCHANGED,
    ),
    "ends above the start, but has come down": (
        {"half": 150.0, "last": 120.0, "highest": 160.0}, Verdict.WORSE,
    ),
    "ends above the start at its highest": (
        {"half": 150.0, "last": 160.0, "highest": 160.0}, Verdict.DIVERGING,
    ),
    "ends at its highest, which it has reached half way": (
        {"half": 159.0, "last": 160.0, "highest": 160.0}, Verdict.WORSE,
    ),
    "passes 1000 times the start, whatever comes after": (
        {"highest": 100_001.0, "last": 1.0}, Verdict.DIVERGING,
    ),
    "does not quite pass it": ({"highest": 99_999.0, "last": 1.0}, Verdict.STILL_FALLING),
    "rises again below the start": ({"half": 10.0, "last": 20.0}, Verdict.RISING),
    "takes back more than half": ({"ratio": -0.51}, Verdict.BOUNCING),
    "takes back half": ({"ratio": -0.5}, Verdict.STILL_FALLING),
    "near a perfect start rises within what shows": (
        {"start": 0.0, "half": 0.004, "last": 0.0045, "highest": 0.0045}, Verdict.LEVELLED_OFF,
    ),
    "near a perfect start ends worse": (
        {"start": 0.0, "half": 30.0, "last": 31.0, "highest": 31.0}, Verdict.WORSE,
    ),
    "near a perfect start diverges by the data's scale": (
        {"start": 0.0, "half": 1.0, "last": 2.0, "highest": 50_001.0}, Verdict.DIVERGING,
    ),
    "has no number in the end": ({"last": "no number"}, Verdict.DIVERGING),
    "has no number on the way": ({"highest": "no number"}, Verdict.DIVERGING),
    "has no moves that are numbers": ({"ratio": "no number"}, Verdict.DIVERGING),
}  # fmt: skip


def full(changes: Mapping[str, float | str]) -> dict[str, float | str]:
    """A case's numbers; where it names none after three quarters, nothing falls from there on."""
    run = {**START, **changes}
    return {"later": run["last"], **run}


def judged(changes: Mapping[str, float | str], metric: str = "mse") -> object:
    run = {name: unplaced(value) for name, value in full(changes).items()}
    return value_of(rate_verdict(METRICS[metric], **run))


@pytest.mark.parametrize("name", CASES)
def test_each_rule(name: str) -> None:
    changes, verdict = CASES[name]
    assert judged(changes) == verdict


@pytest.mark.parametrize("name", CASES)
def test_the_root_of_everything_gets_the_same_verdict(name: str) -> None:
    changes, verdict = CASES[name]
    rooted = {
        each: math.sqrt(value) if each != "ratio" and isinstance(value, float) else value
        for each, value in full(changes).items()
    }
    assert judged(rooted, "rmse") == verdict


@pytest.mark.parametrize("value", [math.nan, math.inf, ErrorValue.VALUE])
def test_an_error_at_the_start_is_an_error_and_never_a_verdict(value: float | ErrorValue) -> None:
    assert judged({"start": value}) not in set(Verdict)


@pytest.mark.parametrize("value", [math.nan, math.inf])
@pytest.mark.parametrize("name", ["last", "half", "highest", "ratio"])
def test_what_is_no_number_later_diverges(name: str, value: float) -> None:
    assert judged({name: value}) == Verdict.DIVERGING


def test_every_verdict_has_a_case_and_a_meaning() -> None:
    assert {verdict for _, verdict in CASES.values()} == set(Verdict) == set(MEANINGS)
    assert [each for each in Verdict if each.good] == [
        Verdict.UNCHANGED, Verdict.STILL_FALLING, Verdict.LEVELLED_OFF
    ]  # fmt: skip


# ---------------------------------------------------------------- moves


def path(rate: float, epochs: int = 10) -> list[float]:
    """w on the parabola w^2 after each epoch: each multiplies it by 1 - 2*rate."""
    return [-1.5 * (1 - 2 * rate) ** epoch for epoch in range(epochs + 1)]


@pytest.mark.parametrize("rate", [0.01, 0.3, 0.6, 0.9, 1.0, 1.1])
def test_on_the_parabola_the_move_ratio_is_the_epoch_s_own_factor(rate: float) -> None:
    w = np.array(path(rate))
    repeated = moves_repeated(w[:-2], w[1:-1], w[2:])
    squared = moves_squared(w[:-2], w[1:-1])
    assert move_ratio([float(repeated)], [float(squared)]) == pytest.approx(1 - 2 * rate)


def test_a_way_of_three_parameters_by_hand() -> None:
    # The moves are (1, 0, 2), (-1, 0, 2) and (1, 0, 0).
    ways = np.array([[0, 1, 0, 1], [5, 5, 5, 5], [0, 2, 4, 4]], dtype=float)
    repeated = [float(moves_repeated(way[:-2], way[1:-1], way[2:])) for way in ways]
    squared = [float(moves_squared(way[:-2], way[1:-1])) for way in ways]
    assert repeated == [-1 - 1, 0, 4]
    assert squared == [2, 0, 8]
    assert move_ratio(repeated, squared) == 2 / 10


# ---------------------------------------------------------------- runs and sweeps


def verdicts(lesson: Lesson, rates: tuple[float, ...], epochs: int) -> list[str]:
    return [str(trial.verdict) for trial in sheetgd.sweep(lesson, rates, epochs).trials]


@pytest.mark.parametrize(("epochs", "expected"), [(25, AFTER_25), (50, AFTER_50)])
def test_the_original_s_rates_are_judged_by_the_held_metric(
    epochs: int, expected: tuple[float, ...]
) -> None:
    found = sheetgd.sweep(ORIGINAL, RATES, epochs)
    assert found.start == pytest.approx(227.383, abs=5e-4)
    ends = [trial.metric_values[-1] for trial in found.trials]
    assert ends == pytest.approx(list(expected), rel=5e-5)
    assert found.best is not None
    assert found.best.rate == 3e-4
    assert found.marks == [BEST if rate == 3e-4 else "" for rate in RATES]


def test_the_original_s_verdicts() -> None:
    falling = [str(Verdict.STILL_FALLING)] * 6
    assert verdicts(ORIGINAL, RATES, 25) == [*falling, "worse than the start", "diverging"]
    # 25 epochs later 1.3e-3 has come down below the start.
    assert verdicts(ORIGINAL, (1.3e-3, 1.5e-3), 50) == ["still falling", "diverging"]


@pytest.mark.parametrize("epochs", [1, 2, 3, 4, 5, 8, 50, 400])
def test_the_floor_of_the_valley_is_not_level(epochs: int) -> None:
    assert descend(ORIGINAL, epochs).verdict is Verdict.STILL_FALLING


def test_the_resting_point_is_level() -> None:
    assert descend(ORIGINAL, 40_000).verdict is Verdict.LEVELLED_OFF


def test_a_plateau_is_level_too_and_its_end_is_told() -> None:
    # For some epochs nothing is seen to fall, though the best curve's mse is 1.04.
    lesson = shipped_lesson("quadratic")
    short, long = (sheetgd.sweep(lesson, [1e-5], epochs).trials[0] for epochs in (12, 25))
    assert short.verdict is Verdict.LEVELLED_OFF
    assert short.metric_values[-1] > 270 * 1.0429
    assert "or on a plateau" in MEANINGS[short.verdict]
    # Then it can be told that it goes on.
    assert long.verdict is Verdict.STILL_FALLING


def test_a_verdict_does_not_depend_on_the_other_rates() -> None:
    together = verdicts(ORIGINAL, RATES, 25)
    assert [verdicts(ORIGINAL, (rate,), 25)[0] for rate in RATES] == together


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("every", [1, 5])
def test_run_and_sweep_agree(rate: float, every: int) -> None:
    run = descend(ORIGINAL.changed(learn=rate), 25, every=every)
    (verdict,) = verdicts(ORIGINAL, (rate,), 25)
    assert str(run.verdict) == verdict
    assert bool(run.divergence) == (verdict == "diverging")


def test_a_run_past_1000_times_the_start_diverges_whatever_came_after() -> None:
    lesson = lesson_of(
        x=(1, 2, 3), y=(1, 2, 3), model="a*(1-exp(-b*x))", start=(10, 0.1), batch="all",
        gradient="analytic",
    )  # fmt: skip
    found = sheetgd.sweep(lesson, (0.1, 0.001), 30)
    assert found.trials[0].verdict is Verdict.DIVERGING
    assert found.best is found.trials[1]
    (grown, *_) = descend(lesson.changed(learn=0.1), 30).divergence
    assert grown.epoch <= 2


def test_nothing_is_best_where_nothing_beats_the_start() -> None:
    lesson = ORIGINAL.changed(
        start=ORIGINAL.display.published.training.start if ORIGINAL.display.published else (1, 1)
    )
    found = sheetgd.sweep(lesson, (0.002, 0.003), 25)
    assert found.best is None
    assert found.advice == (
        "after 25 epochs none of these ends below the start: try some below 0.002"
    )
    found = sheetgd.sweep(lesson, (0.001, 0.002), 25)
    assert found.best is found.trials[0]
    assert "it is the smallest: try smaller ones, too" in found.advice


def test_rates_from_nothing_to_beyond_all_numbers() -> None:
    found = sheetgd.sweep(ORIGINAL, (1e-300, 1e-150, 1.0, 1e150, 1e300), 25)
    assert [str(trial.verdict) for trial in found.trials] == [
        "unchanged", "unchanged", "diverging", "diverging", "diverging",
    ]  # fmt: skip
    assert found.best is None
    assert found.advice == (
        "after 25 epochs none of these ends below the start: try some between 1E-150 and 1"
    )


def test_rates_that_change_nothing_are_too_small() -> None:
    found = sheetgd.sweep(ORIGINAL, (1e-300, 1e-150), 25)
    assert found.best is None
    assert found.advice == (
        "after 25 epochs none of these ends below the start: try larger ones, above 1E-150"
    )


def test_near_a_perfect_start_runs_are_measured_against_the_data() -> None:
    found = sheetgd.sweep(ORIGINAL.changed(start=(2, 30)), RATES, 25)
    by_rate = dict(zip(RATES, found.trials, strict=True))
    assert by_rate[1e-4].metric_values[-1] == pytest.approx(0.536, abs=5e-4)
    assert by_rate[1e-4].verdict is Verdict.LEVELLED_OFF
    assert {trial.verdict for trial in found.trials[:-1]}.isdisjoint({Verdict.DIVERGING})
    assert found.advice.endswith("ends below the start, which is nearly perfect already")
    long = descend(ORIGINAL.changed(start=(2, 30)), 20_000)
    assert long.metric_values[-1] == pytest.approx(0.934, abs=2e-3)


def test_a_run_to_a_biased_resting_point_does_not_diverge() -> None:
    run = descend(ORIGINAL.changed(start=(2.0001, 30), nudge=1), 20_000)
    assert run.states[-1] == pytest.approx((0.3953, 61.4235), abs=5e-4)
    assert run.divergence == ()
    assert run.verdict is Verdict.WORSE


def test_the_factor_means_the_same_for_every_metric() -> None:
    lesson = shipped_lesson("parabola").changed(variants=(), expected=())
    for metric in ("mse", "rmse", "root_sse"):
        found = descend(lesson.changed(metric=metric, learn=1.3), 40)
        # (1 - 2.6)^2 = 2.56 an epoch: past 1000 after the eighth.
        assert found.divergence[0].epoch == math.ceil(math.log(1000) / math.log(2.56)), metric


def test_opposite_factors_are_equally_good() -> None:
    found = sheetgd.sweep(shipped_lesson("parabola"), (0.1, 0.3, 0.7, 0.9, 1.1), 10)
    assert [str(trial.verdict) for trial in found.trials] == [
        "still falling", "levelled off", "levelled off", "bouncing", "diverging",
    ]  # fmt: skip
    assert found.marks == ["", BEST, BEST, "", ""]
    assert found.advice.startswith("the best of these is 0.3 (1 more as good): mse ")


def test_a_published_run_that_turns_is_called_rising() -> None:
    assert ORIGINAL.display.published is not None
    at_its_lowest = descend(ORIGINAL.display.published, 26)
    assert at_its_lowest.verdict is Verdict.STILL_FALLING
    turned = descend(ORIGINAL.display.published, 160)
    assert (turned.lowest, turned.verdict) == (25, Verdict.RISING)
    assert descend(ORIGINAL.display.published, 400).verdict is Verdict.DIVERGING


def test_a_start_that_is_no_number_has_no_verdict() -> None:
    lesson = lesson_of(x=(1, 2), y=(1e200, 3e200))
    run = descend(lesson, 3)
    assert run.verdict is None
    assert sheetgd.sweep(lesson, (1e-4,), 3).advice == (
        "no verdict: the rmse at the start is no number"
    )


def test_a_run_of_no_epoch_has_no_verdict() -> None:
    assert descend(ORIGINAL, 0).verdict is None


# ---------------------------------------------------------------- the data's scale


def test_the_data_s_scale() -> None:
    def scale(*y: float, metric: str = "mse") -> float:
        chosen = METRICS[metric]
        return float(
            data_scale(chosen, LOSSES[chosen.loss], np.array(y), np.asarray(float(len(y))))
        )

    assert scale(1, 3) == 1
    assert scale(1, 3, 8, metric="mae") == pytest.approx(8 / 3)
    assert scale(5, 5, 5) == 25
    assert scale(0.1, 0.1, 0.1, metric="rmse") == pytest.approx(0.1)
    assert scale(0, 0) == 1
    assert reference(METRICS["mse"], 0.0001, 1.0) == 1.0
    assert reference(METRICS["mse"], 0.00011, 1.0) == 0.00011


# ---------------------------------------------------------------- three engines


def write_cases(file: Path) -> None:
    """A sheet with the cases' numbers in columns, and the verdict's formula over them."""
    draft, book = Draft(), openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "Cases"
    for down, (changes, _) in enumerate(CASES.values(), start=1):
        run = {}
        for right, (name, number) in enumerate(full(changes).items(), start=1):
            sheet.cell(down, right, number)
            run[name] = cell(Formula.cell(Address(down, right)), number)
        draft.show(Address(down, 11), rate_verdict(METRICS["mse"], **run), Look.VERDICT)
    for each in draft.cells:
        sheet[str(each.address)] = f"={each.formula}"
    book.save(file)


@pytest.mark.parametrize("engine", ENGINES)
def test_formulas_say_what_the_numbers_say(tmp_path: Path, engine: Engine) -> None:
    file = tmp_path / "cases.xlsx"
    write_cases(file)
    found = engine(file, {})
    expected = [str(verdict) for _, verdict in CASES.values()]
    assert [found["Cases", f"K{row}"] for row in range(1, len(expected) + 1)] == expected


@pytest.mark.engines
def test_an_altered_rule_is_seen(tmp_path: Path) -> None:
    file, altered = tmp_path / "cases.xlsx", tmp_path / "altered.xlsx"
    write_cases(file)
    book = openpyxl.load_workbook(file)
    for row in range(1, len(CASES) + 1):
        place = book["Cases"].cell(row, 11)
        text = str(place.value)
        place.value = text.replace(")>0.5,", ")>0.49,")
        assert place.value != text
    book.save(altered)
    one, other = (ENGINES[0].values[0](each, {}) for each in (file, altered))  # type: ignore[operator]  # an engine
    wrong = [name for row, name in enumerate(CASES, start=1)
             if one["Cases", f"K{row}"] != other["Cases", f"K{row}"]]  # fmt: skip
    assert wrong == ["takes back half"]


RUN = {"start": 100.0, "scale": 50.0, "highest": 100.0, "ratio": 0.5, "half": 20.0, "later": 19.9}


@pytest.mark.parametrize("error", [ErrorValue.VALUE, ErrorValue.NAME, ErrorValue.NUMBER])
@pytest.mark.parametrize("which", ["start", "scale"])
def test_an_error_to_measure_against_is_no_verdict(which: str, error: ErrorValue) -> None:
    given = {
        name: cell(Formula.name(name), value) for name, value in (RUN | {"last": 19.8}).items()
    }
    found = rate_verdict(METRICS["mse"], **given | {which: cell(Formula.name(which), error)})
    assert value_of(found) == error


def test_a_run_that_is_no_number_any_more_diverges() -> None:
    given = {
        name: cell(Formula.name(name), value) for name, value in (RUN | {"last": 19.8}).items()
    }
    lost = cell(Formula.name("last"), ErrorValue.NUMBER)
    assert value_of(rate_verdict(METRICS["mse"], **given | {"last": lost})) == "diverging"


@pytest.mark.parametrize(("apart", "scale"), [(1e-5, 1e-10), (1e-7, 1.0)])
def test_data_are_alike_where_they_differ_by_rounding_only(apart: float, scale: float) -> None:
    y = np.array([1 - apart, 1 + apart])
    found = float(data_scale(METRICS["mse"], LOSSES["mse"], y, np.array(2.0)))
    assert found == pytest.approx(scale)
