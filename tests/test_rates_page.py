"""The page of the learning rates: what it shows, that it follows its cells, and what it finds."""

import math
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

import sheetgd
from sheetgd.build import build_workbook
from sheetgd.cells import Value
from sheetgd.lesson import Lesson
from sheetgd.maths.rate_verdict import Verdict
from sheetgd.pages.book import book_of
from sheetgd.pages.chart import Drawn
from sheetgd.pages.epochfactor import SHEET as FACTORS
from sheetgd.pages.page import Accepts, Page
from sheetgd.pages.stable import AS_BUILT
from sheetgd.pages.study import LOG, NO_NUMBER, STEPS, TITLE
from sheetgd.stability import largest_stable_rate
from sheetgd.template import shipped_lesson, shipped_names
from tests.support.each_engine import ENGINES, each_engine
from tests.support.engines import Engine, Place, Result, assert_close, differences
from tests.test_engines import MAIN, expected_values

SHEETS = (TITLE, LOG, STEPS, FACTORS)
ORIGINAL = shipped_lesson("original")
RATES = len(ORIGINAL.rates)
EPOCHS, FIRST, TOP = 25, 8, 9


@cache
def pages(name: str) -> dict[str, Page]:
    return {page.title: page for page in book_of(shipped_lesson(name)).pages}


def values_of(page: Page) -> dict[str, Value]:
    return {str(cell.address): cell.value for cell in page.all_cells()}


def of_rates(cells: dict[Place, Result]) -> dict[Place, Result]:
    return {place: each for place, each in cells.items() if place[0] in SHEETS}


@pytest.mark.parametrize("name", shipped_names())
def test_it_says_what_the_sweep_of_the_library_says(name: str) -> None:
    lesson = shipped_lesson(name)
    found = sheetgd.sweep(lesson)
    cells = values_of(pages(name)[TITLE])
    log = values_of(pages(name)[LOG])
    assert cells["D5"] == found.start
    assert cells["G5"] == found.epochs
    for row, (trial, mark) in enumerate(zip(found.trials, found.marks, strict=True), start=FIRST):
        assert trial.lowest is not None
        assert cells[f"B{row}"] == trial.rate
        assert cells[f"C{row}"] == trial.verdict
        assert cells[f"D{row}"] == mark
        assert cells[f"E{row}"] == pytest.approx(trial.metric_values[-1], rel=1e-12)
        assert cells[f"F{row}"] == pytest.approx(trial.metric_values[trial.lowest], rel=1e-12)
        assert cells[f"G{row}"] == trial.lowest
        assert cells[f"H{row}"] == pytest.approx(trial.ratio, rel=1e-9, abs=1e-9)
        column = "CDEFGHIJ"[row - FIRST]
        logged = [log[f"{column}{TOP + epoch}"] for epoch in range(found.epochs + 1)]
        assert logged == pytest.approx([*trial.metric_values], rel=1e-12)
    assert cells["B3"] == found.advice
    verdicts = {trial.verdict for trial in found.trials}
    assert verdicts > {Verdict.DIVERGING}


def test_the_line_of_the_present_rate_is_the_lesson_s_own_log() -> None:
    lesson = ORIGINAL.changed(clicks=10)
    book = {page.title: page for page in book_of(lesson).pages}
    own = [values_of(book[LOG])[f"K{TOP + epoch}"] for epoch in range(EPOCHS + 1)]
    log = values_of(book["Epochs"])
    assert own == [log[f"F{6 + epoch}"] for epoch in range(EPOCHS + 1)]


def test_eight_yellow_cells_take_rates_and_the_last_line_follows_the_lesson() -> None:
    page = pages("original")[TITLE]
    (given,) = page.inputs
    assert (str(given.block), given.accepts) == ("B8:B15", Accepts.ABOVE_ZERO)
    cells = {str(cell.address): cell for cell in page.cells}
    assert cells["B16"].formula == "learn"
    assert {name: str(place) for name, place in page.names.items()} == {
        f"rate_{number}": f"B{7 + number}" for number in range(1, 9)
    }


CHANGES: dict[str, tuple[dict[Place, float | str], Lesson]] = {
    "rates": (
        {(TITLE, "B9"): 0.00002, (TITLE, "B14"): 0.0005},
        replace(ORIGINAL, rates=tuple({1: 2e-5, 6: 5e-4}.get(place, rate)
                                      for place, rate in enumerate(ORIGINAL.rates))),
    ),
    "learn": ({(MAIN, "E85"): 0.0004}, replace(ORIGINAL, learn=0.0004)),
    "start": ({(MAIN, "F84"): 2.0, (MAIN, "F85"): 29.0}, replace(ORIGINAL, start=(2, 29))),
    "a steeper row": (
        {(MAIN, "B94"): 60.0}, replace(ORIGINAL, x=(*ORIGINAL.x[:4], 60, *ORIGINAL.x[5:]),
                                       rates=(*ORIGINAL.rates[:6], 0.001, 0.0011)),
    ),
}  # fmt: skip
CHANGES["a steeper row"][0].update({(TITLE, "B14"): 0.001, (TITLE, "B15"): 0.0011})


@each_engine("name", CHANGES, libreoffice={"a steeper row"})
def test_everything_follows(workbook: Path, engine: Engine, name: str) -> None:
    changes, lesson = CHANGES[name]
    expected = of_rates(expected_values(lesson))
    assert len(expected) > 16_000
    # The largest stable rate is as built: what part of it learn is follows learn alone.
    (built,) = (cell for cell in pages("original")[TITLE].cells if cell.value == AS_BUILT)
    share = (TITLE, str(built.address.moved(down=1, right=1)))
    assert share in expected
    expected[share] = lesson.learn / (largest_stable_rate(ORIGINAL) or 0.0)
    assert_close(expected, of_rates(engine(workbook, changes)))


@pytest.mark.parametrize("engine", ENGINES)
def test_a_blank_rate_is_left_out(workbook: Path, engine: Engine) -> None:
    # An empty text stands for a cell that was cleared: neither is a number.
    found = engine(workbook, {(TITLE, "B13"): ""})
    assert [found[TITLE, f"{column}13"] for column in "CDEFGHIJ"] == [""] * 8
    assert [found[LOG, f"H{TOP + epoch}"] for epoch in range(EPOCHS + 1)] == [""] * (EPOCHS + 1)
    assert found[LOG, f"R{TOP}"] == "#N/A"
    others = replace(ORIGINAL, rates=(*ORIGINAL.rates[:5], *ORIGINAL.rates[6:]))
    kept = [*range(8, 13), *range(14, 17)]
    expected = values_of(next(page for page in book_of(others).pages if page.title == TITLE))
    for row, place in zip(kept, range(8, 16), strict=True):
        assert found[TITLE, f"C{row}"] == expected[f"C{place}"]


# Where numbers grow beyond all bounds, closed-form gradients say so in every engine.
BEYOND = Lesson(
    x=(1, 2, 3), y=(3, 5, 9), gradient="exact", batch="all", rates=(0.01, 3.0, 1e9), learn=1e12,
    capacity=30, clicks=0,
)  # fmt: skip


@pytest.mark.parametrize("engine", ENGINES)
def test_runs_beyond_all_numbers(tmp_path: Path, engine: Engine) -> None:
    path = tmp_path / "beyond.xlsx"
    build_workbook(BEYOND, path)
    found = engine(path, {})
    cells = values_of(next(page for page in book_of(BEYOND).pages if page.title == TITLE))
    assert [cells[f"{column}10"] for column in "CE"] == ["diverging", NO_NUMBER]
    for row in range(8, 12):
        for column in "CEFGHIJ":
            place = (TITLE, f"{column}{row}")
            expected = cells[place[1]]
            assert isinstance(expected, float | str | int)
            one = float(expected) if isinstance(expected, int) else expected
            assert_close({place: one}, {place: found[place]})


def test_what_does_not_fit_has_no_page() -> None:
    long = Lesson(x=range(5000), y=range(5000), epochs=1)
    assert TITLE not in [page.title for page in book_of(long).pages]


def test_charts_draw_at_most_eight_rates_and_nothing_out_of_proportion() -> None:
    lesson = shipped_lesson("parabola").changed(rates=[0.01 * each for each in range(1, 26)] + [3])
    book = {page.title: page for page in book_of(lesson).pages}
    by_epoch, by_rate = book[TITLE].charts
    assert (by_epoch.log_y, by_epoch.log_x, by_rate.log_x, by_rate.log_y) == (
        True, False, True, True
    )  # fmt: skip
    assert len(by_epoch.series) == 9
    assert [each.drawn for each in by_epoch.series] == [Drawn.LINE] * 8 + [Drawn.DASHED]
    drawn = [book[LOG].values_of(each.values) for each in by_epoch.series]
    assert drawn[0][0] == 2.25
    numbers = [each for column in drawn for each in column if isinstance(each, float)]
    assert max(numbers) <= 2250
    assert min(numbers) >= 2.25e-9
    assert drawn[7][5:] == ["#N/A"] * 6
    ends = [book[LOG].values_of(each.values) for each in by_rate.series]
    assert [each.colour for each in by_rate.series] == [3, 1, 4, 5, 7, 0, 2]
    shown = [[value for value in column if value != "#N/A"] for column in zip(*ends, strict=True)]
    assert [len(each) for each in shown] == [1] * 26
    # The last one flies off; it is shown at the edge.
    assert ends[0][-1] == 2250


def test_an_altered_formula_is_found(tmp_path: Path) -> None:
    path = tmp_path / "parabola.xlsx"
    lesson = shipped_lesson("parabola")
    build_workbook(lesson, path)
    cell = next(cell for cell in pages("parabola")[TITLE].cells if str(cell.address) == "C13")
    assert cell.formula is not None
    altered = "=" + cell.formula.replace('>0.5,"bouncing"', '>0.9,"bouncing"')
    engine = ENGINES[0].values[0]
    found = engine(path, {(TITLE, "C13"): altered})  # type: ignore[operator]  # an engine
    wrong = differences(expected_values(lesson), found)
    # The chart by rate reads it, too.
    assert {(sheet, place[0]) for (sheet, place), _, _ in wrong} == {(TITLE, "C"), (LOG, "A")}
    assert math.isfinite(lesson.learn)
