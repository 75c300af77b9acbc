"""The epoch factors of the page Learning rates: live, as built, and what is said of them."""

import math
from typing import Any

import numpy as np
import pytest

import sheetgd
from sheetgd.engine.automatic import rate_scale
from sheetgd.engine.stability import epoch_factor, is_stable, largest_stable_rate, shuffled_factor
from sheetgd.expression.excel import Value
from sheetgd.lesson.lesson import Lesson
from sheetgd.lesson.template import shipped_lesson, shipped_names
from sheetgd.sheets.cells import Cell
from sheetgd.sheets.learning_rates import AS_BUILT, AT_ONCE, NO_GROWTH, NO_OVERSHOOT, SHARE
from sheetgd.sheets.rates_factors import CONVERGES, DOES_NOT, SHEET, STAYS
from sheetgd.sheets.rates_steps import TITLE
from sheetgd.sheets.sheet import Page
from tests.judges.test_engines import MAIN
from tests.support import built
from tests.support.each_engine import QUICK_ENGINES, each_engine
from tests.support.engines import Engine, Place
from tests.support.given import lesson_of

ORIGINAL = shipped_lesson("original").changed(capacity=6, rate_epochs=3, published=None)
"""The original without what the page does not read."""

FIRST = 8


def front_of(lesson: Lesson) -> Page:
    return built.page(lesson, TITLE)


def values_of(page: Page) -> dict[str, Value]:
    return {str(cell.address): cell.value for cell in page.all_cells()}


def labelled(lesson: Lesson) -> dict[str, Cell]:
    """The cells of what is said of the largest stable rate, by the labels beside them."""
    page = front_of(lesson)
    cells = {cell.address: cell for cell in page.cells}
    (heading,) = (place for place, cell in cells.items()
                  if cell.value == "The largest stable rate")  # fmt: skip
    return {
        str(cell.value): cells[cell.address.moved(right=1)]
        for cell in page.cells
        if cell.address.column == 6 and cell.address.row > heading.row
        and cell.address.moved(right=1) in cells
    }  # fmt: skip


def small(x: Any, **settings: object) -> Lesson:  # noqa: ANN401  any numbers
    given = {
        "y": [0.5 * each + 1 for each in x], "gradient": "analytic", "capacity": 4, "epochs": 1,
        "rate_epochs": 3, **settings,
    }  # fmt: skip
    lesson = lesson_of(x=list(x), **given)  # type: ignore[arg-type]  # by name
    if "learn" in settings:
        return lesson
    return lesson.replaced(learn=float(f"{rate_scale(lesson):.2g}"))


RANDOM = np.random.default_rng(8)
LIVE: dict[str, Lesson] = {
    "original": ORIGINAL,
    "original in fours": ORIGINAL.changed(batch=4, rate_epochs=3),
    "original in sevens, six left over": ORIGINAL.changed(batch=7, rate_epochs=3),
    "parabola": shipped_lesson("parabola"),
    "dosage": shipped_lesson("dosage").changed(capacity=6, epochs=1, clicks=0, rate_epochs=3),
    "one weight": small((1, -2, 0.5, 3), model="w*x"),
    "one weight, two rows": small((1, 3), model="w*x", rates=(0.1, 0.2, 0.5, 0.6), learn=0.13),
    "both signs": small((-3, 1, 0.2, 5, 2, -1)),
    "in twos": small((-3, 1, 0.2, 5, 2, -1, 4), batch=2),
    "x alike": small([3.0] * 5, rates=(0.01, 0.05, 0.09, 0.1001, 0.2)),
    "x alike, in twos": small([3.0] * 5, batch=2),
    "x all 0": small([0.0] * 3, rates=(0.1, 0.5, 0.9, 1.1)),
    "the other order": small((2, -1, 0.3), model="b + a*x"),
    "no constant": small((2, -1, 0.3, 1), model="a*x^2 + b*x"),
    "far from 0": small([45292.0 + each for each in range(7)]),
    "unix times": small([1.7e9 + 86400 * each for each in range(6)]),
    "1e12": small(np.linspace(4e11, 2e12, 14).tolist()),
    "1e12 at once": small(np.linspace(4e11, 2e12, 14).tolist(), batch="all"),
    **{f"random {number}": small((RANDOM.normal(size=3 + number)
                                  * 10 ** RANDOM.uniform(-1, 1.5)).tolist())
       for number in range(6)},
}  # fmt: skip
for each_name in ("one weight", "both signs", "in twos", "far from 0", "unix times"):
    # Beside the usual eight, one in the islands beyond the first that is unstable.
    each_lesson = LIVE[each_name]
    largest_of = largest_stable_rate(each_lesson)
    assert largest_of is not None
    rates_of = [part * largest_of for part in (0.01, 0.3, 0.9, 0.99, 1.01, 1.2, 1.5, 2.5)]
    LIVE[each_name] = each_lesson.replaced(rates=tuple(float(f"{each:.3g}") for each in rates_of))


SOME = {
    "original", "original in fours", "parabola", "dosage", "one weight, two rows", "both signs",
    "in twos", "x alike", "x all 0", "the other order", "far from 0", "1e12 at once", "random 0",
    "quadratic", "optimisers",
}  # fmt: skip
"""Which are tried every time: of each kind one."""


def every_case(*names: str) -> pytest.MarkDecorator:
    """Give a test, as ``name``, every case; those that are much like another are slow."""
    return pytest.mark.parametrize(
        "name",
        [each if each in SOME else pytest.param(each, marks=pytest.mark.slow) for each in names],
    )


@every_case(*LIVE)
def test_each_rate_has_the_library_s_factor_and_word(name: str) -> None:
    lesson = LIVE[name]
    page = front_of(lesson)
    cells = values_of(page)
    assert (cells["I7"], cells["J7"]) == ("epoch factor", "in the long run")
    rows = [row for row in range(FIRST, FIRST + 27) if isinstance(cells.get(f"J{row}"), str)]
    assert len(rows) == (len(lesson.display.rates) or 8) + 1
    for row in rows:
        rate = cells[f"B{row}"]
        assert isinstance(rate, float)
        # A root takes half the digits of what is all but 0.
        expected = epoch_factor(lesson, rate)
        assert cells[f"I{row}"] == pytest.approx(expected, rel=1e-7, abs=2e-8)
        assert cells[f"J{row}"] == (CONVERGES if is_stable(lesson, rate) else DOES_NOT)
    assert all(cell.formula for cell in page.cells if str(cell.address)[0] in "IJ"
               and cell.address.row >= FIRST)  # fmt: skip


def test_both_words_are_met() -> None:
    found = [values_of(front_of(LIVE[name])) for name in ("original", "one weight, two rows")]
    words = [[cells.get(f"J{row}") for row in range(FIRST, FIRST + 9)] for cells in found]
    assert words[0] == [CONVERGES] * 7 + [DOES_NOT] + [CONVERGES]
    # 0.1, not 0.2, but 0.5 again, not 0.6; 0.13 is the lesson's own.
    assert words[1][:5] == [CONVERGES, DOES_NOT, CONVERGES, DOES_NOT, CONVERGES]
    cells = values_of(front_of(ORIGINAL.changed(rates=(0.00144, 0.00145, 0.00193, 0.002))))
    beyond = [cells[f"J{row}"] for row in range(FIRST, FIRST + 4)]
    assert beyond == [DOES_NOT, DOES_NOT, CONVERGES, DOES_NOT]


def test_the_sheet_is_small() -> None:
    pages = {page.title: page for page in built.book(ORIGINAL).pages}
    assert "Stable rate" not in pages
    assert pages[SHEET].count_formulas() < 600


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes",
    [
        {"optimizer": "momentum"},
        {"optimizer": "momentum-ema", "batch": 4},
        {"model": "quadratic", "learn": 1e-8},
        {"model": "quadratic", "learn": 1e-8, "batch": "all"},
        {"model": "a*x + b*x + c"},
    ],
    ids=str,
)
def test_what_is_as_built_says_so(changes: dict[str, Any]) -> None:
    lesson = ORIGINAL.changed(**changes, rate_epochs=3)
    page = front_of(lesson)
    cells = values_of(page)
    assert (cells["I7"], cells["J7"]) == ("epoch factor, as built", "in the long run, as built")
    for row in range(FIRST, FIRST + 9):
        rate = cells[f"B{row}"]
        assert isinstance(rate, float)
        factor = epoch_factor(lesson, rate)
        assert factor is not None
        if factor >= 1e9:
            assert cells[f"I{row}"] == "over 1,000,000,000"
        else:
            assert cells[f"I{row}"] == pytest.approx(factor, rel=1e-9)
        assert cells[f"J{row}"] == (CONVERGES if is_stable(lesson, rate) else DOES_NOT)
    assert {cells[f"J{row}"] for row in range(FIRST, FIRST + 8)} == {CONVERGES, DOES_NOT}
    texts = " ".join(str(cell.value) for cell in page.cells)
    assert "not follow later edits" in texts


def test_shuffled_rows_have_a_mean_factor_as_built() -> None:
    lesson = ORIGINAL.changed(shuffle=1, rate_epochs=3, rates=(0.0001, 0.0004, 0.001, 0.005))
    page = front_of(lesson)
    cells = values_of(page)
    assert (cells["I7"], cells["J7"]) == ("epoch factor, as built", "in the long run, as built")
    for row, rate in enumerate((*lesson.display.rates, lesson.training.learning_rate), start=FIRST):
        factor = shuffled_factor(lesson, rate)
        assert factor is not None
        told = pytest.approx(factor, rel=1e-9) if factor < 1e9 else "over 1,000,000,000"
        assert cells[f"I{row}"] == told
        assert cells[f"J{row}"] == (STAYS if factor < 1 else DOES_NOT)
    assert {cells[f"J{row}"] for row in range(FIRST, FIRST + 4)} == {STAYS, DOES_NOT}
    assert any(str(value).startswith("The rows are shuffled") for value in cells.values())
    assert not labelled(lesson)


def test_shuffled_rows_in_one_batch_have_a_live_rate() -> None:
    lesson = ORIGINAL.changed(shuffle=1, batch="all", rate_epochs=3)
    cells = values_of(front_of(lesson))
    # The batch is a cell: with a smaller one, the order would matter.
    assert cells["I7"] == "epoch factor, as built"
    assert cells["I8"] == pytest.approx(epoch_factor(lesson, lesson_rate(cells)), rel=1e-9)
    line = labelled(lesson)[AT_ONCE]
    assert line.formula is not None
    assert line.value == pytest.approx(largest_stable_rate(lesson), rel=1e-12)


def lesson_rate(cells: dict[str, Value]) -> float:
    rate = cells["B8"]
    assert isinstance(rate, float)
    return rate


@pytest.mark.parametrize("engine", QUICK_ENGINES)
def test_a_factor_as_built_is_not_shown_for_another_rate(engine: Engine) -> None:
    lesson = ORIGINAL.changed(optimizer="momentum", rate_epochs=3)
    path = built.workbook(lesson)
    cells = values_of(front_of(lesson))
    found = engine(path, {(TITLE, "B9"): 0.00002, (TITLE, "B10"): ""})
    assert [found[TITLE, f"{column}{row}"] for row in (9, 10) for column in "IJ"] == [""] * 4
    for row in (8, 11, 16):
        assert found[TITLE, f"I{row}"] == pytest.approx(cells[f"I{row}"], rel=1e-9)
        assert found[TITLE, f"J{row}"] == cells[f"J{row}"]


@pytest.mark.parametrize(
    "changes",
    [{"loss": "mae"}, {"optimizer": "adam"}, {"gradient": "swapped"},
     {"model": "a*exp(b*x)", "learn": 1e-9, "start": (1, 0)}],
    ids=str,
)  # fmt: skip
def test_where_there_is_none_the_page_says_why(changes: dict[str, Any]) -> None:
    lesson = ORIGINAL.changed(**changes, rate_epochs=3)
    page = front_of(lesson)
    cells = values_of(page)
    assert "I7" not in cells
    assert SHEET not in [each.title for each in built.book(lesson).pages]
    assert any(str(value).startswith("None can be named") for value in cells.values())
    assert not labelled(lesson)


def changed_at(lesson: Lesson, row: int, x: float) -> tuple[Place, Lesson]:
    """The main page's cell of a row's x, and the lesson with another number in it."""
    step = built.page(lesson, MAIN)
    assert step.table is not None
    headers = [column.header for column in step.table.columns]
    place = step.table.first.moved(down=row, right=headers.index("x"))
    values = (*lesson.data.x[:row], x, *lesson.data.x[row + 1 :])
    return (MAIN, str(place)), lesson.replaced(x=values)


@each_engine(
    "name",
    LIVE,
    libreoffice={"original", "in twos", "1e12"},
    ironcalc={
        "original",
        "original in sevens, six left over",
        "one weight",
        "x alike, in twos",
        "x all 0",
        "no constant",
        "unix times",
        "1e12 at once",
        "random 0",
    },
)
def test_engines_compute_them_untouched_and_after_changes(engine: Engine, name: str) -> None:
    lesson = LIVE[name]
    lesson = lesson.replaced(rates=sheetgd.sweep(lesson, epochs=2).rates)
    path = built.workbook(lesson)
    place, steeper = changed_at(lesson, 0, 1.25 * lesson.data.x[0] + 0.3)
    after = steeper.replaced(rates=(lesson.display.rates[-1] * 1.5, *lesson.display.rates[1:]))
    changes: dict[Place, float | str] = {
        place: after.data.x[0],
        (TITLE, "B8"): after.display.rates[0],
    }
    for given, present in (({}, lesson), (changes, after)):
        found = engine(path, given)
        rows = range(FIRST, FIRST + len(lesson.display.rates) + 1)
        for row, rate in zip(
            rows, (*present.display.rates, present.training.learning_rate), strict=True
        ):
            factor = epoch_factor(present, rate)
            assert found[TITLE, f"I{row}"] == pytest.approx(factor, rel=1e-6, abs=2e-7)
            word = CONVERGES if is_stable(present, rate) else DOES_NOT
            assert found[TITLE, f"J{row}"] == word
        live = {label: cell for label, cell in labelled(present).items()
                if label not in (AS_BUILT, SHARE)}  # fmt: skip
        for cell in live.values():
            assert isinstance(cell.value, float)
            address = (TITLE, str(cell.address))
            assert found[address] == pytest.approx(cell.value, rel=1e-9)


@pytest.mark.parametrize("engine", QUICK_ENGINES)
def test_the_batch_can_be_changed(engine: Engine) -> None:
    lesson = LIVE["in twos"]
    path = built.workbook(lesson)
    cells = {str(name): str(place) for page in built.book(lesson).pages
             for name, place in page.names.items()}  # fmt: skip
    for batch in (1, 3, 5, 7):
        found = engine(path, {(MAIN, cells["batch"]): float(batch)})
        present = lesson.changed(batch=batch, rates=lesson.display.rates)
        for row, rate in enumerate(lesson.display.rates, start=FIRST):
            factor = epoch_factor(present, rate)
            assert found[TITLE, f"I{row}"] == pytest.approx(factor, rel=1e-7)


@pytest.mark.parametrize("engine", QUICK_ENGINES)
@pytest.mark.parametrize("name", ["both signs", "in twos"])
def test_an_incomplete_row_takes_no_step(engine: Engine, name: str) -> None:
    lesson = LIVE[name]
    path = built.workbook(lesson)
    place, _ = changed_at(lesson, 1, 0.0)
    found = engine(path, {place: "none"})
    size = lesson.batch_size
    for row, rate in enumerate(lesson.display.rates, start=FIRST):
        product = np.eye(2)
        # Batches are made of complete rows.
        complete = [np.array([x, 1.0]) for place, x in enumerate(lesson.data.x) if place != 1]
        for first in range(0, len(complete), size):
            rows = complete[first : first + size]
            step = sum(np.outer(each, each) for each in rows) * 2 / len(rows)
            product = (np.eye(2) - rate * step) @ product
        radius = np.abs(np.linalg.eigvals(product)).max()
        assert found[TITLE, f"I{row}"] == pytest.approx(radius, rel=1e-7)


@every_case(*sorted({*shipped_names(), *LIVE} - {"two-descents"}))
def test_the_largest_stable_rate_is_the_library_s(name: str) -> None:
    lesson = LIVE.get(name) or shipped_lesson(name).changed(
        capacity=6, epochs=1, clicks=0, rate_epochs=3, panels=()
    )
    lines, known = labelled(lesson), largest_stable_rate(lesson)
    if known is None:
        # A net, a sine, classes: nothing is named.
        assert lines.keys().isdisjoint({AT_ONCE, AS_BUILT})
        return
    few = len(lesson.model.parameters) <= 2
    if few and lesson.batch_size == lesson.n_rows:
        assert lines[AT_ONCE].formula is not None
        assert lines[AT_ONCE].value == pytest.approx(known, rel=1e-12)
        assert AS_BUILT not in lines
        return
    assert (lines[AS_BUILT].formula, lines[AS_BUILT].value) == (None, known)
    share = lines[SHARE].value
    assert share == pytest.approx(lesson.training.learning_rate / known, rel=1e-12)
    if few and lesson.batch_size > 1:
        whole = largest_stable_rate(lesson.changed(batch="all"))
        assert lines[AT_ONCE].value == pytest.approx(whole, rel=1e-9)


def test_momentum_over_all_rows_has_a_live_rate_too() -> None:
    for optimizer in ("momentum", "momentum-ema"):
        lesson = shipped_lesson("dosage").changed(
            optimizer=optimizer,
            hyperparameters={"beta": 0.6},
            capacity=6,
            epochs=1,
            clicks=0,
            rate_epochs=3,
        )
        line = labelled(lesson)[AT_ONCE]
        assert line.formula is not None
        assert line.value == pytest.approx(largest_stable_rate(lesson), rel=1e-12)


def row_errors(x: float, rate: float) -> tuple[float, float]:
    """The error of a row before and after a step at it, on the line through 0."""
    m, b = 2.0, -0.7
    before = m * x + b
    return before, (m - rate * 2 * x * before) * x + (b - rate * 2 * before)


def test_each_row_s_own_bound_is_what_is_said_of_it() -> None:
    lines = labelled(ORIGINAL)
    overshoot, growth = (lines[label].value for label in (NO_OVERSHOOT, NO_GROWTH))
    assert isinstance(overshoot, float)
    assert isinstance(growth, float)
    assert overshoot == pytest.approx(0.0002, rel=1e-3)
    assert overshoot == pytest.approx(1 / (2 * (50 * 50 + 1)), rel=1e-12)
    for x in ORIGINAL.data.x:
        before, after = row_errors(x, 0.999 * overshoot)
        assert before * after > 0
        before, after = row_errors(x, 0.999 * growth)
        assert abs(after) < abs(before)
    before, after = row_errors(50, 1.001 * overshoot)
    assert before * after < 0
    before, after = row_errors(50, 1.001 * growth)
    assert abs(after) > abs(before)
    for part in range(1, 50):
        assert is_stable(ORIGINAL, growth * part / 50)


def test_huge_rates_and_perfect_ones_are_shown() -> None:
    lesson = small((1, 3), model="w*x", rates=(0.5, 1e5, 1e200), rate_epochs=2)
    cells = values_of(front_of(lesson))
    assert cells["I8"] == pytest.approx(0, abs=1e-12)
    assert cells["I9"] == pytest.approx((1 - 2e5) * (1 - 18e5), rel=1e-12)
    assert cells["I10"] == "no number"
    assert cells["J10"] == "no number"
    assert math.isinf(epoch_factor(lesson, 1e200) or 0)
