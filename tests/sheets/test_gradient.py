"""The gradient page: three derivatives side by side, and what is left between them."""

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from sheetgd.engine.run import descend
from sheetgd.lesson.lesson import Lesson
from sheetgd.lesson.template import shipped_lesson
from sheetgd.sheets.cells import Cell
from sheetgd.sheets.sheet import Page
from tests import plain
from tests.judges.test_engines import MAIN
from tests.judges.test_method_workbooks import LESSONS
from tests.support import built, engines
from tests.support.built import expected_values
from tests.support.each_engine import ENGINES
from tests.support.engines import Engine, Place, assert_close, differences
from tests.support.given import lesson_of
from tests.support.stationary import stationary_points_of

TITLE, NUDGE = "Gradient", ("Gradient", "C4")
ORIGINAL = shipped_lesson("original")
X, Y = ORIGINAL.data.x, ORIGINAL.data.y


def gradient_page(lesson: Lesson) -> Page:
    return built.page(lesson, TITLE)


@cache
def original_cells() -> dict[str, Cell]:
    return {str(cell.address): cell for cell in gradient_page(ORIGINAL).all_cells()}


def value(address: str) -> Any:  # noqa: ANN401  numbers and texts
    return original_cells()[address].value


def test_the_three_derivatives_are_those_of_the_plain_reference() -> None:
    _, log = plain.descend(X, Y, epochs=5)
    m, b = log[5]["m"], log[5]["b"]
    totals = [0.0] * 6
    for place, (x, y) in enumerate(zip(X, Y, strict=True)):
        row, miss = 10 + place, m * x + b - y
        up_m, down_m = ((m + 0.01) * x + b - y) ** 2, ((m - 0.01) * x + b - y) ** 2
        up_b, down_b = (m * x + b + 0.01 - y) ** 2, (m * x + b - 0.01 - y) ** 2
        expected = [
            (up_m - miss**2) / 0.01, (up_m - down_m) / 0.02, 2 * miss * x,
            (up_b - miss**2) / 0.01, (up_b - down_b) / 0.02, 2 * miss,
        ]  # fmt: skip
        assert value(f"B{row}") == place + 1
        assert [value(f"{column}{row}") for column in "CDEF"] == pytest.approx(
            [x, y, m * x + b, miss**2]
        )
        found = [value(f"{column}{row}") for column in "GHILMN"]
        assert found == pytest.approx(expected, abs=1e-7)
        # A forward difference of a square has the nudge times the square of the slope too much.
        assert value(f"J{row}") == pytest.approx(0.01 * x * x, abs=1e-8)
        assert value(f"O{row}") == pytest.approx(0.01, abs=1e-8)
        assert [value(f"{column}{row}") for column in "KP"] == pytest.approx([0, 0], abs=1e-9)
        totals = [one + other for one, other in zip(totals, expected, strict=True)]
    assert value("B30") == "mean of all 20 rows"
    means = [value(f"{column}30") for column in "GHILMN"]
    assert means == pytest.approx([each / 20 for each in totals], abs=1e-8)


def test_what_is_nothing_but_rounding_is_said_to_be_nearly_0() -> None:
    rules = {
        str(rule.block): rule.formula
        for rule in gradient_page(ORIGINAL).conditions
        if rule.effect.value == "nearly zero"
    }
    assert rules["J10:K30"] == "IF(ISNUMBER(J10),ABS(J10)<0.00005,FALSE)"
    assert len(rules) == 3


NUDGED: dict[str, Lesson] = {
    "original": ORIGINAL.changed(published=None),
    "three parameters": LESSONS["all rows"],
    "no nudge of its own": LESSONS["adagrad"],
    "a formula": LESSONS["a formula"],
    "absolute": LESSONS["absolute"],
    "shuffled": LESSONS["shuffled"],
    "long": lesson_of(
        x=[0.1 * row for row in range(25)], y=[0.3 * row + row % 3 for row in range(25)],
        learn=0.01, capacity=3, epochs=2,
    ),
}  # fmt: skip


def nudged_values(lesson: Lesson, nudge: float) -> dict[Place, Any]:
    """What the page's formula cells hold when another nudge is typed into it.

    Another lesson's page: one whose nudge is that, standing where this one stands.
    """
    state = descend(lesson, lesson.epochs_run, through=True).states[-1]
    moved = lesson.replaced(nudge=nudge, start=state, seed=None, clicks=0)
    found = expected_values(moved)
    return {place: each for place, each in found.items() if place[0] == TITLE and place != NUDGE}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", NUDGED)
def test_the_page_follows_its_own_nudge(engine: Engine, name: str) -> None:
    lesson = NUDGED[name]
    path = built.workbook(lesson)
    found = {
        place: each
        for place, each in engine(path, {NUDGE: 0.25}).items()
        if place[0] == TITLE and place != NUDGE
    }
    expected = nudged_values(lesson, 0.25)
    assert len(expected) > 80
    assert_close(expected, found)


@pytest.mark.engines
def test_the_nudge_is_that_of_the_first_page_until_another_is_typed(workbook: Path) -> None:
    names = {page.title: page.names for page in built.book(ORIGINAL).pages}
    place = (MAIN, str(names[MAIN]["nudge"]))
    assert engines.formualizer(workbook, {place: 0.5})[NUDGE] == 0.5
    found = engines.formualizer(workbook, {place: 0.5, NUDGE: 0.1})
    assert found[TITLE, "K36"] == pytest.approx(stationary_points_of(ORIGINAL).shift(0.1)[0])


def test_long_data_shows_its_first_rows_and_the_mean_of_all() -> None:
    lesson = NUDGED["long"]
    cells = {str(cell.address): cell for cell in gradient_page(lesson).all_cells()}
    assert cells["B29"].value == 20
    assert cells["B30"].value == "mean of all 25 rows"
    assert (cells["I30"].formula or "").startswith("SUMPRODUCT(2*(now_m*Rows!$E$6:$E$30")
    state = descend(lesson, lesson.epochs_run).states[-1]
    by_hand = sum(
        2 * (state[0] * x + state[1] - y) * x
        for x, y in zip(lesson.data.x, lesson.data.y, strict=True)
    )
    assert cells["I30"].value == pytest.approx(by_hand / 25)


@pytest.mark.slow
def test_derivatives_too_long_for_a_cell_have_no_page() -> None:
    def titles(groups: int) -> list[str]:
        group = "(" + "*".join(f"(a*x+{number})" for number in range(10)) + ")"
        model = "*".join([group] * groups)
        lesson = lesson_of(x=(0.1, 0.2), y=(1, 2), model=model, learn=1e-9, capacity=2, epochs=1)
        return [page.title for page in built.book(lesson).pages]

    assert TITLE in titles(1)
    assert TITLE not in titles(6)


@pytest.mark.engines
def test_an_altered_operator_is_found(workbook: Path) -> None:
    formula = original_cells()["G10"].formula
    assert formula is not None
    altered = {(TITLE, "G10"): "=" + formula.replace("+", "-", 1)}
    wrong = differences(expected_values(ORIGINAL), engines.formualizer(workbook, altered))
    # The difference and the means read it.
    assert [place for place, _, _ in wrong] == [
        (TITLE, each) for each in ("G10", "G30", "J10", "J30")
    ]
