"""The page Play: what it says follows what is typed, what it shows is the library's, it fits.

Sentences are read as `tests.support.playwords` reads them: as a person with a pocket calculator.
"""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest

from sheetgd.engine.error_surface import metric_at, most_sensitive
from sheetgd.engine.run import descend
from sheetgd.expression.excel import Address
from sheetgd.lesson.lesson import Lesson
from sheetgd.lesson.template import shipped_names
from sheetgd.sheets.book import base_section
from sheetgd.sheets.cells import Block
from sheetgd.sheets.play_data import MOST_PARAMETERS
from sheetgd.sheets.play_data import TITLE as DATA
from sheetgd.sheets.section import PLAY
from sheetgd.sheets.sheet import ControlKind, Page
from sheetgd.xlsx.write import build_workbook
from tests.judges.test_engines import MAIN, with_data
from tests.sheets.test_book_layout import LESSONS, NORMAL_HEIGHT, NORMAL_WIDTH
from tests.support.each_engine import each_engine
from tests.support.engines import LIGHT, Engine, Place, Result
from tests.support.playwords import PlayWords
from tests.support.said import BASE, POLYNOMIAL, ROW, SAID, lines_of, page_of, values_of

# After changes in the sheet


def check_live(
    lesson: Lesson, changed: Lesson, found: Mapping[Place, Result], *, row: int | None = None
) -> None:
    """Check sentences and numbers as an engine has them against the library's changed run."""
    section = base_section(changed)
    values = {address: value for (sheet, address), value in found.items() if sheet == PLAY}
    words = PlayWords(section.descent, section.epochs_run, lines_of(values), row=row)
    names = lesson.model.parameters[:8]
    columns, state = words.columns, section.descent.states[section.epochs_run]
    for down, name in enumerate(names):
        assert values[f"C{9 + down}"] == changed.training.start[down]
        assert values[f"D{9 + down}"] == pytest.approx(state[down], rel=1e-9, abs=1e-12)
        new = columns[f"new_{name}"][words.next_row - 1]
        assert values[f"F{9 + down}"] == pytest.approx(new, rel=1e-9, abs=1e-12)
        step = values[f"E{9 + down}"]
        moved = new - columns[name][words.next_row - 1]
        # As it is told: with four digits at least.
        assert step == pytest.approx(moved, rel=5.1e-4, abs=1e-9)
    assert values["C4"] == changed.training.epochs
    assert values["C5"] == changed.training.clicks
    assert values["C7"] == changed.training.learning_rate
    assert words.check() == len(words.lines)


LIVE: dict[str, tuple[Lesson, dict[str, Any], dict[int, tuple[float, float]]]] = {
    "untouched": (LIGHT, {}, {}),
    "learn": (LIGHT, {"learn": 0.00025}, {}),
    "tiny rate": (LIGHT, {"learn": 1e-9}, {}),
    "large rate": (LIGHT, {"learn": 10.0, "clicks": 0}, {}),
    "nudge": (LIGHT, {"nudge": 0.5}, {}),
    "reset": (LIGHT, {"clicks": 0}, {}),
    "clicks": (LIGHT, {"clicks": 3}, {}),
    "start": (LIGHT, {"start": (-2.5, 40.0)}, {}),
    "data": (LIGHT, {}, {0: (8.0, 40.0), 7: (-3.5, 12.25)}),
    "negative x": (LIGHT, {}, {0: (-8.125, -40.5)}),
    "just right": (LIGHT, {"clicks": 0, "start": (2.0, 3.0)}, {0: (4.0, 11.0)}),
    "quadratic": (SAID["quadratic"], {"learn": 0.005, "start": (1.0, 2.0, -3.0)}, {}),
    "exponential": (SAID["exponential"], {"learn": 0.005}, {2: (0.3, 0.7)}),
    "batches": (SAID["batches"], {"learn": 0.005}, {2: (0.3, 0.7)}),
    "all rows": (SAID["all rows"], {"learn": 0.005, "clicks": 0}, {}),
    "adam": (SAID["adam"], {"learn": 0.5}, {}),
    "momentum": (SAID["momentum"], {"learn": 0.001}, {}),
    "shuffled": (SAID["shuffled"], {"learn": 0.001}, {}),
    "one parameter": (SAID["one parameter"], {"learn": 0.05, "start": (-3.25,)}, {}),
    "ten parameters": (POLYNOMIAL, {"learn": 0.05}, {}),
}


def typed(
    lesson: Lesson, settings: Mapping[str, Any], data: Mapping[int, tuple[float, float]]
) -> dict[Place, Any]:
    """The changes of cells that come to these settings, start and data."""
    section, found = base_section(lesson), dict[Place, Any]()
    for name, value in settings.items():
        if name == "start":
            for which, number in enumerate(value):
                found[MAIN, str(section.start(which))] = number
        else:
            found[MAIN, str(section.setting(name))] = value
    for row, point in data.items():
        for name, number in zip(("x", "y"), point, strict=True):
            found[MAIN, str(section.data_cell(name, row))] = number
    return found


@cache
def _built(folder: Path, name: str) -> Path:
    path = folder / f"{name}.xlsx"
    build_workbook(LIVE[name][0], path)
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("play")


@each_engine("name", LIVE, libreoffice={"tiny rate", "quadratic"})
def test_sentences_and_numbers_follow_what_is_typed(
    folder: Path, engine: Engine, name: str
) -> None:
    lesson, settings, data = LIVE[name]
    path = _built(folder, "untouched" if lesson is LIGHT else name)
    found = engine(path, typed(lesson, settings, data))
    changed = with_data(lesson, data).changed(**settings)
    check_live(lesson, changed, found)


@each_engine("name", ["plain", "shuffled", "all"], libreoffice=[])
def test_the_first_row_that_is_complete_is_told_of(folder: Path, engine: Engine, name: str) -> None:
    lesson = SAID["shuffled"] if name == "shuffled" else BASE
    section = base_section(lesson)
    rows = section.lesson.n_rows
    first = (section.epochs_run) * rows
    gone = [0, 1]
    if name == "shuffled":
        gone = [section.descent.order[first] - 1]
    elif name == "all":
        gone = list(range(rows))
    path = folder / f"incomplete_{name}.xlsx"
    if not path.exists():
        build_workbook(lesson, path)
    kinds: Sequence[Any] = (None, "two", "=NA()", "", None, "x", "=1/0")
    cells = {
        (MAIN, str(section.data_cell("xy"[row % 2], row))): kinds[number]
        for number, row in enumerate(gone)
    }
    found = engine(path, cells)
    lines = lines_of({place: value for (sheet, place), value in found.items() if sheet == PLAY})
    if name == "all":
        assert set(lines) == {""}
        return
    left = [row for row in range(rows) if row not in gone]
    if name == "plain":
        x, y = ([values[row] for row in left] for values in (lesson.data.x, lesson.data.y))
        check_live(lesson, lesson.changed(x=x, y=y), found, row=3)
        return
    # The sheet goes on with the orders it has: here only the row is held against them.
    second = section.descent.order[first + 1] - 1
    assert lines[0].startswith(
        f"Row 2 of the pass has x = {lesson.data.x[second]:g} and y = {lesson.data.y[second]:g}. "
    )


@each_engine("name", ["learn", "epochs", "nudge", "start"], libreoffice=[])
def test_nothing_is_said_where_a_setting_is_wrong(folder: Path, engine: Engine, name: str) -> None:
    section = base_section(LIGHT)
    place = section.start(0) if name == "start" else section.setting(name)
    wrong = {"learn": 0.0, "epochs": -1.0, "nudge": "0,01", "start": "one"}
    found = engine(_built(folder, "untouched"), {(MAIN, str(place)): wrong[name]})
    values = {address: value for (sheet, address), value in found.items() if sheet == PLAY}
    assert set(lines_of(values)) == {""}
    assert str(values["B1"]).endswith("Nothing is run until then.")


# What is shown


@pytest.mark.parametrize("name", shipped_names())
def test_its_numbers_are_the_librarys(name: str) -> None:
    lesson = LESSONS[name]
    run, page = descend(lesson), page_of(lesson)
    values, names = values_of(page), lesson.model.parameters[:MOST_PARAMETERS]
    most, start = len(names), lesson.training.start
    assert [values[f"B{9 + down}"] for down in range(most)] == list(names)
    assert [values[f"C{9 + down}"] for down in range(most)] == list(start[:most])
    assert [values[f"D{9 + down}"] for down in range(most)] == list(run.states[-1][:most])
    assert (values["C4"], values["C5"], values["C7"]) == (
        lesson.training.epochs, lesson.training.clicks, lesson.training.learning_rate,
    )  # fmt: skip
    assert values.get("F7") == dict(lesson.settings).get("nudge")
    formulas = {str(cell.address): cell.formula for cell in page.all_cells()}
    assert all(formulas[place] for place in ("B1", "C4", "C5", "C7", "C9", "D9", "E9", "F9", ROW))


@pytest.mark.parametrize("name", ["original", "quadratic", "optimisers"])
def test_its_map_is_the_metric_over_two_parameters(name: str) -> None:
    lesson = LESSONS[name]
    page = page_of(lesson)
    values, area = values_of(page), page.heat_map
    assert area is not None
    down, across = (lesson.model.parameters.index(each) for each in most_sensitive(lesson))
    state = list(descend(lesson).states[-1])
    sides = [values[str(area.first.moved(down=each, right=-1))] for each in range(13)]
    top = area.first.row - 1
    ends = (Address(top, area.first.column), Address(top, area.last.column - 3))
    low, high = (float(str(values[str(each)])) for each in ends)
    for row, column in ((0, 0), (5, 9), (12, 16)):
        state[down] = float(str(sides[row]))
        state[across] = low + (high - low) * column / 16
        expected = float(metric_at(lesson, [np.array([each]) for each in state])[0])
        assert values[str(area.first.moved(row, column))] == pytest.approx(expected, rel=1e-9)


# How it looks


BOOKS = {
    **LESSONS, "eight": BASE.changed(model="polynomial 7"), "ten": POLYNOMIAL,
    "no controls": BASE.changed(controls=False), "one": SAID["one parameter"],
    "level": SAID["level"],
}  # fmt: skip


@cache
def play_of(name: str) -> Page:
    return page_of(BOOKS[name])


def areas_of(page: Page) -> list[Block]:
    """What charts and controls are drawn over."""
    return [each.area for each in page.charts] + [each.area for each in page.controls]


def covered(block: Block) -> set[Address]:
    return {
        Address(row, column)
        for row in range(block.first.row, block.last.row + 1)
        for column in range(block.first.column, block.last.column + 1)
    }


@pytest.mark.slow
@pytest.mark.parametrize("name", BOOKS)
def test_nothing_stands_on_something_else(name: str) -> None:
    page = play_of(name)
    merged = {block.first: covered(block) for block in page.merged}
    taken = [merged.get(cell.address, {cell.address}) for cell in page.all_cells()]
    taken += map(covered, areas_of(page))
    counted = Counter(place for each in taken for place in each)
    assert not {str(place) for place, times in counted.items() if times > 1}


@pytest.mark.parametrize("name", BOOKS)
def test_it_fits_one_screen_of_1366_by_768(name: str) -> None:
    """Of that Excel and LibreOffice leave about 1,280 by 500 pixels to the cells."""
    page = play_of(name)
    areas = areas_of(page) + list(page.merged)
    cells = [cell.address for cell in page.all_cells()]
    last_row = max(*(each.row for each in cells), *(each.last.row for each in areas))
    last = max(*(each.column for each in cells), *(each.last.column for each in areas))
    columns = [Address(1, each).letters for each in range(1, last + 1)]
    widths = [page.widths.get(each, NORMAL_WIDTH) for each in columns]
    # A digit of the usual font is 7 pixels wide; widths as files have them hold the margins.
    assert sum(math.floor(width * 7 + 0.5) for width in widths) <= 1260
    heights = [page.heights.get(row, NORMAL_HEIGHT) for row in range(1, last_row + 1)]
    assert sum(height / 0.75 for height in heights) <= 490


@pytest.mark.parametrize("name", BOOKS)
def test_controls_are_linked_to_the_first_page(name: str) -> None:
    lesson, page = BOOKS[name], play_of(name)
    hint = str(values_of(page)["B3"])
    if not lesson.display.controls:
        assert not page.controls
        assert "arrow" not in hint
        return
    assert "arrows" in hint
    section = base_section(lesson)
    found = [(each.kind, each.sheet, each.linked, each.value) for each in page.controls]
    assert found == [
        (ControlKind.SPIN, MAIN, section.setting("epochs"), lesson.training.epochs),
        (ControlKind.SPIN, MAIN, section.setting("clicks"), lesson.training.clicks),
        (ControlKind.SCROLL, MAIN, section.setting("clicks"), lesson.training.clicks),
    ]
    # Each stands in the row of what it changes, or in the next one.
    labels = {str(cell.value): cell.address.row for cell in page.cells if cell.value}
    assert [each.area.first.row for each in page.controls] == [
        labels["epochs a click"], labels["clicks"], labels["clicks"] + 1,
    ]  # fmt: skip
    assert all(each.most == lesson.capacity for each in page.controls)


@pytest.mark.parametrize("name", BOOKS)
def test_links_lead_to_the_cells_that_are_shown(name: str) -> None:
    lesson, page = BOOKS[name], play_of(name)
    section = base_section(lesson)
    links = {str(each.address): (each.sheet, each.target) for each in page.links}
    assert links["C4"] == (MAIN, section.setting("epochs"))
    assert links["C5"] == (MAIN, section.setting("clicks"))
    assert links["C7"] == (MAIN, section.setting("learn"))
    if "nudge" in section.settings:
        assert links["F7"] == (MAIN, section.setting("nudge"))
    for which in range(min(8, len(lesson.training.start))):
        assert links[f"C{9 + which}"] == (MAIN, section.start(which))


@pytest.mark.parametrize("name", BOOKS)
def test_what_follows_the_first_page_is_not_typed_over(name: str, tmp_path: Path) -> None:
    lesson, page = BOOKS[name], play_of(name)
    links = {str(each.address): each.target for each in page.links if each.target.row > 1}
    kept = {str(each.address): each for each in page.prompts if each.refuses}
    assert {"C4", "C5", "C7", "C9"} <= kept.keys() < links.keys()
    for address, prompt in kept.items():
        assert f" {links[address]} " in prompt.message
    if name == "original":
        build_workbook(lesson, tmp_path / "book.xlsx")
        sheet = openpyxl.load_workbook(tmp_path / "book.xlsx")[PLAY]
        refused = [each for each in sheet.data_validations.dataValidation if each.type == "custom"]
        assert {str(each.sqref) for each in refused} == kept.keys()
        assert {(each.formula1, each.errorStyle) for each in refused} <= {("FALSE", "stop")}
        assert all(each.showErrorMessage and each.error for each in refused)


def test_texts_hold_no_error_and_the_hidden_page_is_hidden() -> None:
    for name in BOOKS:
        page = play_of(name)
        texts = [str(cell.value) for cell in page.cells if isinstance(cell.value, str)]
        assert not [text for text in texts if re.search(r"#[A-Z]", text)]
        assert not page.hidden
    assert page_of(BASE, DATA).hidden
