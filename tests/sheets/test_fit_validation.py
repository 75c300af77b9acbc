"""The page of the rows that are held back: what it shows, and what a lesson without them has."""

from typing import Any

import pytest

from sheetgd.engine.run import descend
from sheetgd.expression.excel import Address
from sheetgd.lesson.template import shipped_lesson
from sheetgd.sheets.fit import VALIDATION as TITLE
from sheetgd.sheets.rows import HELD_OUT
from tests.support import built
from tests.support.given import lesson_of

X = (-1.0, -0.6, 0.1, 0.3, 0.8, 1.2, 1.5)
Y = (2.1, 1.4, 0.9, 0.7, 1.3, 2.2, 3.4)
LESSON = lesson_of(
    x=X, y=Y, validation=0.4, validation_seed=3, gradient="analytic", learn=0.3, batch="all",
    model="polynomial 4", start=(0.0,) * 5, epochs=40, capacity=45,
)  # fmt: skip


def values(title: str) -> dict[str, Any]:
    return {str(each.address): each.value for each in built.page(LESSON, title).all_cells()}


def test_it_tells_the_epoch_that_is_best_and_its_parameters() -> None:
    run, cells = descend(LESSON, 40), values(TITLE)
    assert [cells[f"B{row}"] for row in (4, 5, 6)] == pytest.approx(
        [40, run.metric_value, run.validation_values[-1]]
    )
    best = run.best_epoch
    assert best is not None
    assert (cells["B7"], cells["B8"]) == (pytest.approx(min(run.validation_values)), best)
    then = [cells[str(Address(10, column))] for column in range(2, 7)]
    assert then == pytest.approx(list(run.states[best]))
    assert [cells[str(Address(9, column))] for column in (2, 6)] == ["a then", "e then"]


def test_its_rows_are_those_that_no_step_sees() -> None:
    cells = values(TITLE)
    shown = [(cells[f"B{row}"], cells[f"C{row}"]) for row in (14, 15, 16)]
    steps = set(zip(LESSON.data.x, LESSON.data.y, strict=True))
    assert len(steps) == 4
    assert not steps.intersection(shown)
    assert "B17" not in cells
    for row in (14, 15, 16):
        assert cells[f"E{row}"] == pytest.approx(cells[f"D{row}"] - cells[f"C{row}"])


def test_both_curves_are_in_the_charts() -> None:
    for title in (TITLE, "Epochs"):
        (chart,) = built.page(LESSON, title).charts
        assert [each.name for each in chart.series] == ["rmse", "val_rmse"]
    (plain,) = built.page(LESSON.changed(validation=None), "Epochs").charts
    assert [each.name for each in plain.series] == ["rmse"]


def test_a_lesson_without_them_has_no_such_page() -> None:
    titles = {page.title for page in built.book(LESSON.changed(validation=None)).pages}
    assert not titles & {TITLE, HELD_OUT}
    pages = {page.title: page.hidden for page in built.book(LESSON).pages}
    assert (pages[TITLE], pages[HELD_OUT]) == (False, True)


def test_the_two_descents_take_the_rows_that_are_left() -> None:
    lesson = shipped_lesson("two-descents").changed(
        validation=0.25, capacity=12, epochs=6, clicks=1
    )
    pages = {page.title for page in built.book(lesson).pages}
    assert {"Two descents", TITLE} <= pages
