"""The page of the learning rates: what it shows, that it follows its cells, and what it finds."""

import math
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import sheetgd
from sheetgd.descent.rate_verdict import Verdict
from sheetgd.engine.stability import largest_stable_rate
from sheetgd.expression.excel import Value
from sheetgd.lesson.lesson import Lesson
from sheetgd.lesson.template import shipped_lesson, usual_texts
from sheetgd.sheets.learning_rates import AS_BUILT
from sheetgd.sheets.rates_factors import SHEET as FACTORS
from sheetgd.sheets.rates_steps import LOG, STEPS, TITLE
from sheetgd.sheets.run_data import NO_NUMBER
from sheetgd.sheets.sheet import Accepts, Page
from sheetgd.xlsx.write import build_workbook
from tests import plain
from tests.judges.test_engines import MAIN
from tests.support import built, engines, verdicts
from tests.support.built import expected_values
from tests.support.each_engine import ENGINES, QUICK_ENGINES, each_engine
from tests.support.engines import Engine, Place, Result, assert_close, differences
from tests.support.given import lesson_of

SHEETS = (TITLE, LOG, STEPS, FACTORS)
ORIGINAL = shipped_lesson("original")
RATES = len(ORIGINAL.display.rates)
EPOCHS, FIRST, TOP = 25, 8, 9


@cache
def pages(name: str) -> dict[str, Page]:
    return {page.title: page for page in built.book(shipped_lesson(name)).pages}


def values_of(page: Page) -> dict[str, Value]:
    return {str(cell.address): cell.value for cell in page.all_cells()}


def of_rates(cells: dict[Place, Result]) -> dict[Place, Result]:
    return {place: each for place, each in cells.items() if place[0] in SHEETS}


@pytest.mark.parametrize("name", [each for each in built.SHIPPED if each != "two-descents"])
def test_it_says_what_the_sweep_of_the_library_says(name: str) -> None:
    lesson = shipped_lesson(name)
    found = sheetgd.sweep(lesson)
    cells = values_of(pages(name)[TITLE])
    log = values_of(pages(name)[LOG])
    assert cells["D5"] == found.start
    assert cells["G5"] == found.epochs
    for row, trial in enumerate(found.trials, start=FIRST):
        assert trial.lowest is not None
        assert cells[f"B{row}"] == trial.rate
        assert cells[f"C{row}"] == trial.verdict
        assert cells[f"D{row}"] == found.marks[row - FIRST]
        # Logarithms of arrays and of numbers may differ by an ulp.
        for place, value in (
            ("E", trial.metric_values[-1]),
            ("F", trial.metric_values[trial.lowest]),
        ):
            assert cells[f"{place}{row}"] == pytest.approx(value, rel=1e-14)
        assert cells[f"G{row}"] == trial.lowest
        assert cells[f"H{row}"] == pytest.approx(trial.ratio, rel=1e-12, abs=1e-12)
        column = "CDEFGHIJ"[row - FIRST]
        shown = [log[f"{column}{TOP + epoch}"] for epoch in range(found.epochs + 1)]
        assert shown == pytest.approx([*trial.metric_values], rel=1e-14, nan_ok=True)
    assert cells["B3"] == found.advice
    # Each shows a rate that is too large, and one that is none the worse for it.
    said = [trial.verdict for trial in found.trials]
    # A sine stays between -1 and 1, a rate that is too large switches both neurons off, and a log
    # loss grows with the parameters and not with their squares.
    bounded = {"valley", "neurons", "pass-fail", "species"}
    assert (Verdict.DIVERGING in said) == (name not in bounded)
    assert found.best is not None
    assert any(each is not None and each.good for each in said)


def test_eight_yellow_cells_take_rates_and_the_last_line_follows_the_lesson() -> None:
    page = pages("original")[TITLE]
    (given,) = page.inputs
    assert (str(given.block), given.accepts) == ("B8:B15", Accepts.ABOVE_ZERO)
    cells = {str(cell.address): cell for cell in page.cells}
    assert cells["B16"].formula == "learn"
    assert {name: str(place) for name, place in page.names.items()} == {
        f"rate_{number}": f"B{7 + number}" for number in range(1, 9)
    }


SMALL = ORIGINAL.replaced(published=None, capacity=5, rate_epochs=EPOCHS)
"""The original without what the page does not read."""


def with_rates(*rates: float) -> Lesson:
    return SMALL.replaced(rates=rates)


def rates_typed(lesson: Lesson) -> dict[Place, float | str]:
    """The lesson's rates as they are typed into the page."""
    return {(TITLE, f"B{FIRST + place}"): rate for place, rate in enumerate(lesson.display.rates)}


OTHERS = with_rates(1e-6, 2e-5, 1e-4, 3e-4, 6e-4, 1e-3, 5e-4, 1.5e-3)
TINY = with_rates(1e-6, 2e-6, 3e-6, 5e-6, 7e-6, 8e-6, 9e-6, 1e-5)
LARGE = with_rates(1.3e-3, 1.32e-3, 1.34e-3, 1.36e-3, 1.38e-3, 1.4e-3, 1.45e-3, 1.5e-3)
LEAPING = with_rates(1e-300, 1e-200, 1e-150, 1e-100, 1.3e-3, 1.4e-3, 1.45e-3, 1.5e-3)
TWICE = with_rates(1e-5, 1e-4, 3e-4, 6e-4, 3e-4, 1e-3, 1.3e-3, 1.5e-3)
STEEP = with_rates(*ORIGINAL.display.rates[:6], 0.001, 0.0011).replaced(
    x=(*ORIGINAL.data.x[:4], 60, *ORIGINAL.data.x[5:]),
)
# The changes to the sheet, the lesson they make, the verdicts and the sentence on the best.
FALLING, WORSE, DIVERGING = "still falling", "worse than the start", "diverging"
CHANGES: dict[str, tuple[dict[Place, float | str], Lesson, list[str], str]] = {
    "untouched": (
        {}, SMALL, [*[FALLING] * 6, WORSE, DIVERGING],
        "the best of these is 0.0003: root_sse 66.5704 after 25 epochs",
    ),
    "rates": (
        rates_typed(OTHERS), OTHERS, [FALLING, FALLING, *[FALLING] * 5, DIVERGING],
        "the best of these is 0.0003: root_sse 66.5704 after 25 epochs",
    ),
    "smaller rates": (
        rates_typed(TINY), TINY, [FALLING] * 8,
        (
            "the best of these is 1E-5: root_sse 70.0016 after 25 epochs; it is the largest: try "
            "larger ones, too"
        ),
    ),
    "larger rates": (
        rates_typed(LARGE), LARGE, [*[WORSE] * 6, *[DIVERGING] * 2],
        "after 25 epochs none of these ends below the start: try some below 0.0013",
    ),
    "rates with a gap": (
        rates_typed(LEAPING), LEAPING, [*["unchanged"] * 4, WORSE, WORSE, *[DIVERGING] * 2],
        "after 25 epochs none of these ends below the start: try some between 1E-100 and 0.0013",
    ),
    "a rate twice": (
        rates_typed(TWICE), TWICE, [*[FALLING] * 6, WORSE, DIVERGING],
        "the best of these is 0.0003 (1 more as good): root_sse 66.5704 after 25 epochs",
    ),
    "learn": (
        {(MAIN, "E85"): 0.0004}, SMALL.replaced(learn=0.0004), [*[FALLING] * 6, WORSE, DIVERGING],
        "the best of these is 0.0003: root_sse 66.5704 after 25 epochs",
    ),
    "start": (
        {(MAIN, "F84"): 2.0, (MAIN, "F85"): 29.0}, SMALL.replaced(start=(2, 29)),
        [*[FALLING] * 5, WORSE, WORSE, DIVERGING],
        "the best of these is 0.0001: root_sse 2.38598 after 25 epochs",
    ),
    "a perfect start": (
        {(MAIN, "F84"): 2.0, (MAIN, "F85"): 30.0}, SMALL.replaced(start=(2, 30)),
        [*["levelled off"] * 3, *[FALLING] * 3, "levelled off", WORSE],
        "after 25 epochs none of these ends below the start, which is nearly perfect already",
    ),
    "a steeper row": (
        rates_typed(STEEP) | {(MAIN, "B94"): 60.0}, STEEP, [FALLING] * 8,
        "the best of these is 0.0003: root_sse 74.2511 after 25 epochs",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def small_workbook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("rates") / "small.xlsx"
    build_workbook(SMALL, path)
    return path


@each_engine(
    "name",
    CHANGES,
    libreoffice={"a steeper row"},
    ironcalc={"rates with a gap", "a perfect start", "a steeper row", "larger rates"},
)
def test_everything_follows(small_workbook: Path, engine: Engine, name: str) -> None:
    changes, lesson, judged, advice = CHANGES[name]
    found = of_rates(engine(small_workbook, changes))
    expected = of_rates(expected_values(lesson))
    if engine is engines.ironcalc and name == "rates with a gap":
        # It takes a number below 2E-16 for 0.
        found[TITLE, "B3"] = str(found[TITLE, "B3"]).replace(" 0 ", " 1E-100 ")
    assert len(expected) > 12_000
    # The largest stable rate is as built: what part of it learn is follows learn alone.
    (built,) = (cell for cell in pages("original")[TITLE].cells if cell.value == AS_BUILT)
    share = (TITLE, str(built.address.moved(down=1, right=1)))
    assert share in expected
    expected[share] = lesson.training.learning_rate / (largest_stable_rate(ORIGINAL) or 0.0)
    assert_close(expected, found)
    sweep = sheetgd.sweep(lesson, epochs=EPOCHS)
    assert found[TITLE, "B3"] == sweep.advice == advice
    assert [str(trial.verdict) for trial in sweep.trials] == judged
    assert_told(lesson, found)


def assert_told(lesson: Lesson, found: dict[Place, Result]) -> None:
    """Fail unless the table says what plain Python says of each rate."""
    scale = verdicts.spread("root_sse", lesson.data.y)
    runs = []
    for rate in (*lesson.display.rates, lesson.training.learning_rate):
        steps, log = plain.descend(
            lesson.data.x, lesson.data.y,
            (lesson.training.start[0], lesson.training.start[1]), learn=rate,
            nudge=lesson.training.difference_step, epochs=EPOCHS, gradient=lesson.method.gradient,
        )  # fmt: skip
        assert len(steps) == len(lesson.data.x) * len(log)
        states = [(line["m"], line["b"]) for line in log]
        runs.append(([held(lesson, *state) for state in states], states))
    start = runs[0][0][0]
    words = [verdicts.verdict("root_sse", *run, scale) for run in runs]
    marks = verdicts.marks(words[:-1], start, [values[-1] for values, _ in runs[:-1]])
    assert found[TITLE, "D5"] == pytest.approx(start, rel=1e-12)
    for row, ((values, states), word) in enumerate(zip(runs, words, strict=True), start=FIRST):
        line = [found.get((TITLE, f"{column}{row}")) for column in "CDEFGH"]
        low = min(values)
        assert line[0] == word
        if row < FIRST + RATES:
            assert line[1] == marks[row - FIRST]
        assert line[2:4] == pytest.approx([values[-1], low], rel=1e-9)
        assert line[4] == values.index(low)
        assert line[5] == pytest.approx(verdicts.move_ratio(states), rel=1e-9, abs=1e-9)


def held(lesson: Lesson, m: float, b: float) -> float:
    """The root of the sum of squares with m and b held."""
    squares = 0.0
    for x, y in zip(lesson.data.x, lesson.data.y, strict=True):
        squares += (m * x + b - y) * (m * x + b - y)
    return math.sqrt(squares)


@pytest.mark.parametrize("blank", ["", None], ids=["text", "cleared"])
@pytest.mark.parametrize("engine", ENGINES)
def test_a_blank_rate_is_left_out(small_workbook: Path, engine: Engine, blank: str | None) -> None:
    found = engine(small_workbook, {(TITLE, "B11"): blank})
    assert [found[TITLE, f"{column}11"] for column in "CDEFGHIJ"] == [""] * 8
    assert [found[LOG, f"F{TOP + epoch}"] for epoch in range(EPOCHS + 1)] == [""] * (EPOCHS + 1)
    assert found[LOG, f"P{TOP}"] == "#N/A"
    # The best rate is gone, and another one is the best.
    others = with_rates(*ORIGINAL.display.rates[:3], *ORIGINAL.display.rates[4:])
    kept = [*range(8, 11), *range(12, 17)]
    expected = values_of(built.page(others, TITLE))
    for row, place in zip(kept, range(8, 16), strict=True):
        for column in "CEFGHIJ":
            assert_close(
                {(column, ""): expected[f"{column}{place}"]},
                {(column, ""): found[TITLE, f"{column}{row}"]},
            )
    assert [found[TITLE, f"D{row}"] for row in range(8, 16)] == ["", "", "best", *[""] * 5]
    assert found[TITLE, "B3"] == "the best of these is 0.0001: root_sse 68.084 after 25 epochs"


@pytest.mark.parametrize("engine", QUICK_ENGINES)
def test_without_any_rate_there_is_nothing_best(small_workbook: Path, engine: Engine) -> None:
    found = engine(small_workbook, {(TITLE, f"B{row}"): None for row in range(8, 16)})
    for row in range(8, 16):
        assert [found[TITLE, f"{column}{row}"] for column in "CDEFGHIJ"] == [""] * 8
    # The line of the lesson's own rate stands as it stood.
    assert found[TITLE, "C16"] == "still falling"
    assert found[TITLE, "B3"] == "no rate is given"


@pytest.mark.parametrize("engine", ENGINES)
def test_a_start_that_is_an_error_has_no_verdict(small_workbook: Path, engine: Engine) -> None:
    found = engine(small_workbook, {(MAIN, "F84"): "=1/0"})
    # An error is an error, and never a verdict.
    assert str(found[TITLE, "D5"]).startswith("#")
    for row in range(8, 17):
        assert found[TITLE, f"C{row}"] == found[TITLE, "D5"]
    assert [found[TITLE, f"D{row}"] for row in range(8, 16)] == [""] * 8
    assert found[TITLE, "B3"] == "no verdict: the root_sse at the start is no number"
    ends = [found[LOG, f"{column}{TOP}"] for column in ("AX", "AY", "AZ")]
    assert ends == ["", "", ""]


EXACT = SMALL.replaced(gradient="analytic")


@pytest.mark.parametrize("engine", ENGINES)
def test_rates_beyond_all_numbers_are_diverging(tmp_path: Path, engine: Engine) -> None:
    path, changed = tmp_path / "exact.xlsx", EXACT.replaced(
        rates=(1e-300, 1e-5, 0.01, 1.0, 1e10, 1e100, 1e200, 1e300), learn=1e50
    )  # fmt: skip
    build_workbook(EXACT, path)
    found = engine(path, rates_typed(changed) | {(MAIN, "E85"): 1e50})
    assert [found[TITLE, f"C{row}"] for row in range(8, 17)] == [
        "unchanged", "still falling", *["diverging"] * 7,
    ]  # fmt: skip
    assert [found[TITLE, f"D{row}"] for row in range(8, 16)] == ["", "best", *[""] * 6]
    sweep = sheetgd.sweep(changed, epochs=EPOCHS)
    assert found[TITLE, "B3"] == sweep.advice
    for row, trial in enumerate(sweep.trials, start=FIRST):
        last = trial.metric_values[-1]
        expected = last if math.isfinite(last) else NO_NUMBER
        assert_close({("E", ""): expected}, {("E", ""): found[TITLE, f"E{row}"]})
        assert found[TITLE, f"C{row}"] == trial.verdict
    # The best of a range that ends in nothing but noise is not its smallest.
    assert "smaller" not in sweep.advice


# Where numbers grow beyond all bounds, closed-form gradients say so in every engine.
BEYOND = lesson_of(
    x=(1, 2, 3), y=(3, 5, 9), gradient="analytic", batch="all", rates=(0.01, 3.0, 1e9), learn=1e12,
    capacity=30, clicks=0,
)  # fmt: skip


@pytest.mark.parametrize("engine", ENGINES)
def test_runs_beyond_all_numbers(engine: Engine) -> None:
    path = built.workbook(BEYOND)
    found = engine(path, {})
    cells = values_of(built.page(BEYOND, TITLE))
    assert [cells[f"{column}10"] for column in "CE"] == ["diverging", NO_NUMBER]
    for row in range(8, 12):
        for column in "CDEFGHIJ":
            place = (TITLE, f"{column}{row}")
            if place[1] not in cells:
                # Only the rates that are compared are marked.
                assert (column, row) == ("D", 11)
                continue
            expected = cells[place[1]]
            assert isinstance(expected, float | str | int)
            one = float(expected) if isinstance(expected, int) else expected
            assert_close({place: one}, {place: found[place]})


def test_what_does_not_fit_has_no_page() -> None:
    long = lesson_of(x=range(5000), y=range(5000), epochs=1)
    assert TITLE not in [page.title for page in built.book(long).pages]


@pytest.mark.engines
def test_an_altered_formula_is_found() -> None:
    lesson = shipped_lesson("parabola")
    path = built.workbook(lesson)
    cell = next(cell for cell in pages("parabola")[TITLE].cells if str(cell.address) == "C13")
    assert (cell.value, cell.formula is not None) == ("bouncing", True)
    # At 0.9 an epoch multiplies w by -0.8.
    altered = "=" + str(cell.formula).replace("(-$H$13)>0.5", "(-$H$13)>0.85")
    assert altered != f"={cell.formula}"
    found = engines.formualizer(path, {(TITLE, "C13"): altered})
    wrong = differences(expected_values(lesson), found)
    assert found[TITLE, "C13"] == "still falling"
    # The chart by rate reads it, too: the point moves from one column to the other.
    assert [(sheet, place[-2:]) for (sheet, place), _, _ in wrong] == [
        (TITLE, "13"), (LOG, "14"), (LOG, "14"),
    ]  # fmt: skip


@pytest.mark.parametrize("scheduled", [False, True])
def test_no_rate_is_called_stable_where_a_schedule_changes_it(scheduled: bool) -> None:  # noqa: FBT001
    rates: dict[str, Any] = {"texts": usual_texts()}
    if scheduled:
        rates |= {"schedule": "StepLR", "schedule_parameters": {"step_size": 3}}
    rates |= {"learn": 0.02, "batch": "all", "layout": "rows"}
    lesson = lesson_of(x=(1, 2, 4), y=(3, 5, 8), **rates)
    page = built.page(lesson, TITLE)
    told = " ".join(value for value in values_of(page).values() if isinstance(value, str))
    assert ("The schedule changes the rate from epoch to epoch" in told) is scheduled
    assert ("largest eigenvalue of H" in told) is not scheduled
    guide = " ".join(map(str, values_of(built.page(lesson, "Guide")).values()))
    assert ("times gamma after every step_size epochs" in guide) is scheduled
    epochs = built.page(lesson, "Epochs")
    learn = [cell for cell in epochs.all_cells() if str(cell.address)[0] == "E"][-40:]
    assert any("Steps!" in (cell.formula or "") for cell in learn) is scheduled


@pytest.mark.parametrize("l2", [0.0, 0.5])
def test_nothing_is_said_of_rest_where_a_penalty_pulls(l2: float) -> None:
    lesson = lesson_of(
        x=(1, 2, 4), y=(3, 5, 8), learn=0.02, batch="all", l2=l2, texts=usual_texts()
    )
    for title, told in ((TITLE, "largest eigenvalue of H"), ("Gradient", "forward rests at")):
        said = [str(each) for each in values_of(built.page(lesson, title)).values()]
        assert (told in said) is (l2 == 0)
        assert any("The penalty takes part in every step" in each for each in said) is (l2 > 0)
    assert (largest_stable_rate(lesson) is None) is (l2 > 0)
    guide = " ".join(map(str, values_of(built.page(lesson, "Guide")).values()))
    assert ("the sizes of m: each step pulls" in guide) is (l2 > 0)
    play = " ".join(map(str, values_of(built.page(lesson, "Play")).values()))
    assert ("The slope of the penalised loss, dL/dm, is" in play) is (l2 > 0)
