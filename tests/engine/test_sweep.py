"""Sweeps over learning rates: which ones, for how long, and against a plain reference."""

import math
import warnings
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sheetgd
from sheetgd.cli.sweep import largest_line
from sheetgd.descent.rate_verdict import Verdict
from sheetgd.engine.automatic import chosen_rate
from sheetgd.engine.run import descend
from sheetgd.engine.stability import largest_stable_rate
from sheetgd.engine.sweep import MOST_FORMULAS, epochs_for, formulas_of, rates_for, rates_of
from sheetgd.errors import LessonError
from sheetgd.lesson.template import shipped_lesson, shipped_names
from tests import plain
from tests.support.given import lesson_of
from tests.support.screens import DECISIVE

ORIGINAL = shipped_lesson("original")


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in DECISIVE:
        monkeypatch.delenv(name, raising=False)


def test_a_range_is_spaced_evenly_between_its_own_ends() -> None:
    rates = rates_of("1e-6:1e-2:25")
    assert len(rates) == 25
    assert (rates[0], rates[-1]) == (1e-6, 1e-2)
    for place, rate in enumerate(rates):
        assert rate == pytest.approx(10 ** (-6 + place / 6), rel=1e-3)
        assert float(f"{rate:.4g}") == rate
    assert rates_of("1e-300:1e300:3")[1] == pytest.approx(1)
    assert rates_of("0.123456:0.2:2") == (0.123456, 0.2)
    narrow = rates_of("1:1.0001:11")
    assert all(one < other for one, other in pairwise(narrow))
    assert rates_of(" 0.3,0.1 , 1e-3") == (0.3, 0.1, 0.001)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1e-6:1e-2", "neither a range nor a list"),
        ("1:2:3:4", "neither a range nor a list"),
        ("0.1,x", "'x' is not a number"),
        ("", "'' is not a number"),
        ("0.1,,0.2", "'' is not a number"),
        ("1:0.1:4", "swap them"),
        ("1:1:4", "swap them"),
        ("0.1:1:1", "from 2 to 10,000"),
        ("0.1:1:2.5", "from 2 to 10,000"),
        ("0.1:1:100000000", "from 2 to 10,000"),
        (f"0.1:1:{'9' * 5000}", "from 2 to 10,000"),
        ("1_0,2", "'1_0' is not a number"),
        ("0:1:4", "above 0"),
        ("-1,2", "above 0"),
        ("nan,2", "above 0"),
        ("1:inf:3", "above 0"),
        ("1:1.0000000000000002:9", "ask for fewer"),
    ],
)
def test_what_is_no_range_is_refused(text: str, message: str) -> None:
    with pytest.raises(LessonError, match=message):
        rates_of(text)


@pytest.mark.parametrize("name", shipped_names())
def test_chosen_rates_are_round_and_lie_around_the_one_that_suits(name: str) -> None:
    lesson = shipped_lesson(name)
    # Where two descents stand side by side no rates do.
    assert (
        (len(lesson.display.rates) == 0)
        if lesson.display.two_descents
        else (2 <= len(lesson.display.rates) <= 8)
    )
    bare = lesson.changed(rates=())
    chosen, suits = rates_for(bare), chosen_rate(bare)[0]
    assert len(chosen) == 8
    assert list(chosen) == sorted(chosen)
    assert chosen[0] <= suits / 1000
    assert chosen[-1] >= 10 * suits
    assert suits in chosen
    assert all(float(f"{rate:.2g}") == rate for rate in chosen)
    # A rate that goes well is among them, and one that goes wrong.
    verdicts = {trial.verdict for trial in sheetgd.sweep(bare).trials}
    assert any(each.good for each in verdicts if each is not None)
    # The slopes of a log loss are bounded: a rate ten times too large need not go wrong.
    assert Verdict.DIVERGING in verdicts or lesson.method.loss == "log-loss"


def test_rates_do_not_hang_on_the_lesson_s_own() -> None:
    lesson = lesson_of(x=(1, 2, 3), y=(3, 5, 7), loss="mae", learn=0.003)
    assert len(rates_for(lesson)) == 8
    assert rates_for(lesson) == rates_for(lesson.changed(learn=1e9))
    assert rates_for(lesson.changed(rates=(0.5, 0.1))) == (0.5, 0.1)


def test_changes_that_ask_for_other_rates_let_go_of_the_old_ones() -> None:
    assert ORIGINAL.display.rates
    for changes in ({"optimizer": "adam"}, {"batch": "all"}, {"loss": "mae"}, {"model": "cubic"}):
        assert ORIGINAL.with_settings(changes).display.rates == ()
    assert ORIGINAL.changed(learn=0.1).display.rates == ORIGINAL.display.rates
    assert ORIGINAL.changed(batch="all", rates=(1,)).display.rates == (1.0,)
    with pytest.raises(LessonError, match=r"rates is \(0\.1, 0\)"):
        ORIGINAL.changed(rates=(0.1, 0))
    with pytest.raises(LessonError, match="rate_epochs is 1"):
        ORIGINAL.changed(rate_epochs=1)


@pytest.mark.parametrize("gradient", ["forward", "central", "analytic", "swapped"])
def test_a_sweep_has_the_numbers_of_the_plain_reference(gradient: str) -> None:
    lesson, rates = ORIGINAL.changed(gradient=gradient), (1e-6, 0.0001, 0.0007)
    found = sheetgd.sweep(lesson, rates, 12)
    for trial, rate in zip(found.trials, rates, strict=True):
        x, y = lesson.data.x, lesson.data.y
        _, log = plain.descend(x, y, learn=rate, epochs=12, gradient=gradient)
        held = [line["root_sse"] for line in log]
        assert list(trial.metric_values) == pytest.approx(held, rel=1e-14)
        assert list(trial.states) == [(line["m"], line["b"]) for line in log]
        assert found.start == trial.metric_values[0]
        assert trial.lowest == held.index(min(held))
    assert found.largest == largest_stable_rate(lesson)


def test_a_sweep_is_what_descend_does_and_leaves_stop_rules_aside() -> None:
    lesson = shipped_lesson("dosage").changed(min_delta=100, patience=1, stop_diverging=True)
    found = sheetgd.sweep(lesson, (0.01, 0.07), 9)
    for trial in found.trials:
        alone = lesson.changed(learn=trial.rate, min_delta=None, stop_diverging=False)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", sheetgd.DivergenceWarning)
            values = descend(alone, 9).metric_values
        assert list(trial.metric_values) == list(values)
        assert len(trial.metric_values) == 10
    table = found.table()
    assert table["learn"].tolist() == [0.01, 0.07]
    assert table["mse"].tolist() == [trial.metric_values[-1] for trial in found.trials]
    assert table["mse_lowest_epoch"].tolist() == [9, 0]
    assert table["best"].tolist() == ["best", ""]
    assert "diverging" in found._repr_html_()
    assert found.epochs_table().shape == (10, 3)


def test_runs_beyond_all_numbers_are_judged_and_have_no_lowest() -> None:
    lesson = lesson_of(
        x=(1, 2, 3), y=(3, 5, 7), model="a*exp(b*x)", start=(1, 1), gradient="analytic"
    )
    found = sheetgd.sweep(lesson, (1e-5, 1e300), 4)
    assert found.trials[1].verdict is Verdict.DIVERGING
    assert found.best is found.trials[0]
    table = found.table()
    assert math.isnan(table["rmse_lowest"][1]) == (found.trials[1].lowest is None)
    none = sheetgd.sweep(lesson, (1e250, 1e300), 4)
    assert none.best is None
    assert none.advice == (
        "after 4 epochs none of these ends below the start: try some below 1E250"
    )


def test_progress_counts_the_epochs_of_all_rates() -> None:
    told: list[tuple[int, int]] = []
    sheetgd.sweep(ORIGINAL, (1e-5, 1e-4), 3, on_epoch=lambda *each: told.append(each))
    assert told == sorted(told)
    assert {total for _, total in told} == {8}
    assert {done for done, _ in told} >= {4, 8}


def test_progress_counts_rates_that_run_at_once() -> None:
    told: list[tuple[int, int]] = []
    random = np.random.default_rng(2)
    lesson = lesson_of(x=random.normal(size=100).tolist(), y=random.normal(size=100).tolist())
    sheetgd.sweep(lesson, (1e-5, 1e-4), 99, on_epoch=lambda *each: told.append(each))
    assert told == [(100, 200), (200, 200)]


def test_too_few_epochs_are_refused() -> None:
    with pytest.raises(LessonError, match="2 or more"):
        sheetgd.sweep(ORIGINAL, epochs=1)


def test_long_data_get_fewer_epochs_or_no_page() -> None:
    assert epochs_for(ORIGINAL, 8) == 25
    assert epochs_for(ORIGINAL, 3) == 50
    assert epochs_for(ORIGINAL.changed(capacity=7), 8) == 7
    long = lesson_of(x=range(300), y=range(300))
    few = epochs_for(long, 8)
    assert 0 < few < 10
    assert formulas_of(long, 8, few) < 36_000
    some = lesson_of(x=range(60), y=range(60))
    assert epochs_for(some, 8) == 10
    assert epochs_for(lesson_of(x=range(5000), y=range(5000)), 8) == 0


def test_advice_and_what_is_known_of_the_largest() -> None:
    found = sheetgd.sweep(ORIGINAL, (0.0001, 0.001, 0.0015), 50)
    assert largest_line(found).endswith("every rate below 0.0014396 is stable")
    # The held metric after 50 epochs: 66.020, 115.58 and 1239.9.
    assert found.advice == (
        "the best of these is 0.0001: root_sse 66.0203 after 50 epochs; it is the smallest: try "
        "smaller ones, too"
    )
    unknown = sheetgd.sweep(ORIGINAL.changed(loss="mae"), (1e-4,), 3)
    assert largest_line(unknown).endswith("not known for these choices")


def test_a_sweep_too_large_is_refused_before_anything_is_computed() -> None:
    lesson = lesson_of(x=range(100_000), y=range(100_000))
    assert formulas_of(lesson, 8, 50) > MOST_FORMULAS
    with pytest.raises(LessonError, match="would need about"):
        sheetgd.build_workbook(lesson.changed(rate_epochs=50, epochs=1), Path("x.xlsx"))


def template_of(**settings: Any) -> str:  # noqa: ANN401  numbers and lists
    lines = "\n".join(f"{name} = {value}" for name, value in settings.items())
    return f'[method]\nmodel = "w"\n[display]\n{lines}\n[data]\nx = [0]\ny = [0]\n'


def test_a_template_names_rates_and_their_epochs(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(template_of(rates=[0.1, 0.4], rate_epochs=6), encoding="utf-8")
    found = sheetgd.sweep(sheetgd.read_template(path))
    assert (found.rates, found.epochs) == ((0.1, 0.4), 6)
    path.write_text(template_of(rates=[0.1, -1]), encoding="utf-8")
    with pytest.raises(LessonError, match=r"display\.rates is \[0\.1, -1\]"):
        sheetgd.read_template(path)
