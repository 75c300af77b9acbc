"""The workbook as others compute it: every formula cell, and again after inputs change.

What is expected comes from the library alone: a workbook built with the changed settings
must hold, in every cell, what an engine computes for the default workbook after the same
settings were typed into its cells.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from sheetgd.compare import compare_workbook
from sheetgd.lesson.lesson import Lesson
from sheetgd.lesson.template import shipped_lesson
from sheetgd.lesson.values import View
from sheetgd.sheets.section import PLAY
from tests.support import built, engines
from tests.support.as_built import assert_follows
from tests.support.built import expected_values
from tests.support.each_engine import ENGINES, each_engine
from tests.support.engines import Engine, Place, assert_close, differences
from tests.support.given import lesson_of
from tests.support.programs import needs_libreoffice

pytestmark = pytest.mark.engines

SHIPPED = shipped_lesson("original")
ORIGINAL = engines.LIGHT
MAIN, PUBLISHED = "Gradient Descent", "As published"


def with_data(lesson: Lesson, changed: Mapping[int, tuple[float, float]]) -> Lesson:
    """The lesson with other data rows, counted from 0."""
    x, y = list(lesson.data.x), list(lesson.data.y)
    for row, point in changed.items():
        x[row], y[row] = point
    return lesson.replaced(x=x, y=y)


DATA = {0: (8.0, 40.0), 7: (-3.5, 12.25), 19: (11.0, 60.0)}
TYPED_DATA: dict[Place, float | str] = {
    (MAIN, "B90"): 8.0, (MAIN, "C90"): 40.0, (MAIN, "B97"): -3.5, (MAIN, "C97"): 12.25,
    (MAIN, "B109"): 11.0, (MAIN, "C109"): 60.0,
}  # fmt: skip
SCENARIOS: dict[str, tuple[dict[Place, float | str], Lesson]] = {
    "untouched": ({}, ORIGINAL),
    "learn": ({(MAIN, "E85"): 0.00025}, ORIGINAL.replaced(learn=0.00025)),
    "nudge": ({(MAIN, "E87"): 0.5}, ORIGINAL.replaced(nudge=0.5)),
    "reset": ({(MAIN, "E86"): 0}, ORIGINAL.replaced(clicks=0)),
    "one epoch": ({(MAIN, "E84"): 1}, ORIGINAL.replaced(epochs=1)),
    "15 epochs": ({(MAIN, "E86"): 3}, ORIGINAL.replaced(clicks=3)),
    "capacity": ({(MAIN, "E84"): 10, (MAIN, "E86"): 2}, ORIGINAL.replaced(epochs=10, clicks=2)),
    "start": (
        {(MAIN, "F84"): -2.5, (MAIN, "F85"): 40.0},
        ORIGINAL.replaced(start=(-2.5, 40)),
    ),
    "guess": ({(MAIN, "K23"): 3.0, (MAIN, "K24"): -1.0}, ORIGINAL.replaced(guess=(3, -1))),
    "data": (TYPED_DATA, with_data(ORIGINAL, DATA)),
    "grid": (
        {(MAIN, "B46"): 0.5, (MAIN, "M45"): 33.0},
        ORIGINAL.replaced(
            grid=((0.5, *ORIGINAL.display.grid[0][1:]), (*ORIGINAL.display.grid[1][:-1], 33.0))
        ),
    ),
    "everything": (
        {
            **TYPED_DATA, (MAIN, "E84"): 2, (MAIN, "E86"): 9, (MAIN, "E85"): 0.0003,
            (MAIN, "E87"): 0.02, (MAIN, "F84"): 0.0, (MAIN, "F85"): 5.0,
        },
        with_data(ORIGINAL, DATA).replaced(
            epochs=2, clicks=9, learn=0.0003, nudge=0.02, start=(0, 5)
        ),
    ),
}  # fmt: skip


@pytest.mark.parametrize("engine", ENGINES)
def test_every_formula_cell_of_the_shipped_workbook(engine: Engine) -> None:
    path = built.workbook(SHIPPED)
    expected = expected_values(SHIPPED)
    assert 30_000 < len(expected) <= 36_000
    assert_close(expected, engine(path, {}))


@each_engine(
    "scenario", SCENARIOS, libreoffice={"everything", "reset", "capacity", "guess", "grid"}
)
def test_every_formula_cell(light_workbook: Path, engine: Engine, scenario: str) -> None:
    changes, lesson = SCENARIOS[scenario]
    assert_follows(expected_values(lesson), engine(light_workbook, changes), lesson)


def published(**changes: Any) -> Lesson:  # noqa: ANN401  whatever the lesson has
    assert ORIGINAL.display.published is not None
    return ORIGINAL.replaced(published=ORIGINAL.display.published.replaced(**changes))


ON_THE_PUBLISHED_PAGE: dict[str, tuple[dict[Place, float | str], Lesson]] = {
    "epoch 20": ({(PUBLISHED, "E86"): 4}, published(clicks=4)),
    "reset elsewhere": (
        {(PUBLISHED, "E86"): 0, (PUBLISHED, "F85"): 7.5}, published(clicks=0, start=(1, 7.5)),
    ),
    "learn and nudge": (
        {(PUBLISHED, "E85"): 0.0002, (PUBLISHED, "E87"): 0.1}, published(learn=2e-4, nudge=0.1),
    ),
}  # fmt: skip


@each_engine("name", ON_THE_PUBLISHED_PAGE, libreoffice={"learn and nudge"})
def test_the_published_page_is_as_live(light_workbook: Path, engine: Engine, name: str) -> None:
    changes, lesson = ON_THE_PUBLISHED_PAGE[name]
    assert_close(expected_values(lesson), engine(light_workbook, changes))


@pytest.mark.parametrize("engine", ENGINES)
def test_more_epochs_than_there_is_room_for(light_workbook: Path, engine: Engine) -> None:
    found = engine(light_workbook, {(MAIN, "E84"): 15, (MAIN, "E86"): 2})
    expected = expected_values(ORIGINAL.replaced(epochs=10, clicks=2))
    message = (
        "There is room for only 20 epochs here. For more, build a new workbook with more room."
    )
    expected[MAIN, "G87"] = message
    for page in (MAIN, PLAY):
        run = str(expected[page, "B1"])
        expected[page, "B1"] = run.replace(" epochs run:", " epochs run, more do not fit:")
        assert expected[page, "B1"] != run
    # Play shows what is typed.
    expected[PLAY, "C4"] = 15.0
    assert_close(expected, found)
    assert found[MAIN, "M85"] == 20


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("gradient", ["central", "analytic", "swapped"])
def test_other_rules_and_own_data(engine: Engine, gradient: str) -> None:
    lesson = lesson_of(
        x=(0.1, 0.25, 0.3, 0.55, 0.7, 0.9, 1.2), y=(1.0, 1.4, 1.2, 2.2, 2.1, 2.9, 3.3),
        start=(0, 0), learn=0.05, epochs=7, clicks=2, capacity=20, gradient=gradient,
    )  # fmt: skip
    view = View(ranges={"m": (0, 4), "b": (-1, 3)})
    lesson = lesson.replaced(rates=(0.001, 0.05, 0.2), surface=view)
    path = built.workbook(lesson)
    assert_close(expected_values(lesson), engine(path, {}))
    changes: dict[Place, float | str] = {(MAIN, "E86"): 1, (MAIN, "E85"): 0.1, (MAIN, "B96"): 1.1}
    x = (*lesson.data.x[:-1], 1.1)
    # The grid was chosen for the data as it was: it stays when a cell of the data is changed.
    sides = openpyxl.load_workbook(path)[MAIN]
    down = [float(str(sides.cell(row, 2).value)) for row in range(46, 54)]
    across = [float(str(sides.cell(45, column).value)) for column in range(3, 14)]
    changed = lesson.replaced(x=x, clicks=1, learn=0.1, grid=(down, across))
    assert_follows(expected_values(changed), engine(path, changes), changed)


@pytest.mark.parametrize("engine", ENGINES)
def test_stored_values_are_not_trusted(
    light_workbook: Path, tmp_path: Path, engine: Engine
) -> None:
    stale = tmp_path / "stale.xlsx"
    engines.change(light_workbook, stale, {})
    found = engine(stale, {(MAIN, "L33"): "=SQRT(SUM(L27:L31))*2"})
    wrong = differences(expected_values(ORIGINAL), found)
    assert [place for place, _, _ in wrong] == [(MAIN, "L33")]


@pytest.mark.parametrize("engine", ENGINES)
def test_errors_texts_and_truths(light_workbook: Path, engine: Engine) -> None:
    typed = {
        "G8": ("=NA()", "#N/A"),
        "G9": ("=1/0", "#DIV/0!"),
        "G10": ("=1E308*10", "#NUM!"),
        "G11": ('="a"&"b"', "ab"),
        "G12": ("=1<2", True),
    }
    changes = {("Check", place): formula for place, (formula, _) in typed.items()}
    found = engine(light_workbook, changes)
    for place, (_, result) in typed.items():
        assert found["Check", place] == result
    assert found["Check", "C5"] == 269 - len(typed)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("gradient", ["analytic", "swapped"])
def test_overflow_shows_as_an_error_from_the_same_cell_on(engine: Engine, gradient: str) -> None:
    lesson = ORIGINAL.replaced(
        gradient=gradient, learn=0.05, epochs=50, capacity=50, published=None
    )
    path = built.workbook(lesson)
    expected = expected_values(lesson)
    assert expected[MAIN, "M84"] == "#NUM!"
    found = engine(path, {})
    if engine is engines.ironcalc:
        # It calls a square that is too large a division by zero.
        found = {place: "#NUM!" if value == "#DIV/0!" else value for place, value in found.items()}
    assert_close(expected, found)


def test_an_altered_operator_is_found_and_nothing_else(light_workbook: Path) -> None:
    place = (PUBLISHED, "H105")
    altered = "=((D105-nudge_published)*B105+E105-C105)^2"
    found = engines.formualizer(light_workbook, {place: altered})
    assert [where for where, _, _ in differences(expected_values(ORIGINAL), found)] == [place]


@needs_libreoffice
def test_compare_reports_an_altered_operator_and_nothing_else(
    light_workbook: Path, tmp_path: Path
) -> None:
    altered = tmp_path / "altered.xlsx"
    formula = "=((D95-nudge_published)*B95+E95-C95)^2"
    engines.change(light_workbook, altered, {(PUBLISHED, "H95"): formula})
    comparison = compare_workbook(altered, recalculate=True)
    (difference,) = comparison.differences
    assert (difference.sheet, difference.address) == (PUBLISHED, "H95")
    assert difference.label.startswith("err_m1")
    assert comparison.total.equal == 268
    assert compare_workbook(light_workbook, recalculate=True).same


def test_comparing_nothing_fails() -> None:
    with pytest.raises(AssertionError, match="nothing to compare"):
        assert_close({}, {})
    with pytest.raises(AssertionError, match="1 of 1 cells differ"):
        assert_close({("a", "A1"): 1.0}, {("a", "A1"): 1.0 + 1e-8})
