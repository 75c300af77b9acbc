"""Long tables as they are written: read back, recalculated, compressed, and in bounded memory."""

import re
import tracemalloc
import zipfile
from dataclasses import replace
from functools import cache
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from sheetgd.engine.run import Descent, descend
from sheetgd.errors import LessonError, OutputError
from sheetgd.expression.excel import MAX_ROWS, Address
from sheetgd.lesson.template import shipped_lesson
from sheetgd.reading.workbook import read_workbook
from sheetgd.sheets.book import Book
from sheetgd.sheets.cells import TableColumn
from sheetgd.sheets.sheet import Draft, Page
from sheetgd.xlsx import write as writer
from sheetgd.xlsx.write import LEVELS, save_workbook, write_workbook
from tests.support import engines
from tests.support.each_engine import ENGINES
from tests.support.engines import Engine, Place, Result, assert_close
from tests.support.long_tables import (
    FLOATS,
    ROWS,
    TABLES,
    bits,
    cell_by_cell,
    column,
    formula_at,
    hostile_floats,
    table_of,
)
from tests.support.steptable import TITLE, step_book


def book(*columns: TableColumn, length: int = ROWS, row: int = 5) -> Book:
    draft = Draft()
    draft.title("A1", "A table")
    table = replace(table_of(*columns, length=length, row=row), first=Address(row, 1))
    return Book(title="A table", pages=(
        Page(title=TITLE, widths={}, cells=tuple(draft.cells), table=table),
    ))  # fmt: skip


def sheet_xml(content: bytes) -> str:
    with zipfile.ZipFile(BytesIO(content)) as archive:
        return archive.read("xl/worksheets/sheet1.xml").decode()


def saved(of: Book, compress: str = "fast") -> bytes:
    stream = BytesIO()
    save_workbook(of, stream, compress=compress)
    return stream.getvalue()


@pytest.mark.slow
@pytest.mark.parametrize("array", [False, True], ids=["list", "array"])
def test_numbers_read_back_bit_for_bit(tmp_path: Path, *, array: bool) -> None:
    floats = hostile_floats(20_000)
    assert len({bits(value) for value in floats}) == len(floats)
    of = book(
        column(np.array(floats) if array else floats),
        column(floats[::-1], formula_at(5, 1) * 2),
        length=len(floats),
    )
    path = tmp_path / "hostile.xlsx"
    write_workbook(of, path)
    stored = re.findall(r'<c r="([AB])\d+"[^>]*>(?:<f>[^<]*</f>)?<v>([^<]*)</v>',
                        sheet_xml(path.read_bytes()))  # fmt: skip
    for letter, expected in (("A", floats), ("B", floats[::-1])):
        found = [float(text) for column, text in stored if column == letter]
        assert list(map(bits, found)) == list(map(bits, expected))
    cells = read_workbook(path)[TITLE]
    for row, value in enumerate(floats, start=5):
        read = cells[Address(row, 1)].value
        assert isinstance(read, int | float)
        # openpyxl reads -0 as a whole number, which has no sign.
        assert bits(float(read)) == bits(value) or read == value == 0


@cache
def long_descent() -> Descent:
    lesson = shipped_lesson("original")
    return descend(lesson.replaced(epochs=499, clicks=1, published=None), 499)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_long_table_is_recalculated_to_what_is_stored(tmp_path: Path, engine: Engine) -> None:
    descent, path = long_descent(), tmp_path / "long.xlsx"
    write_workbook(step_book(descent), path)
    first = 5 + descent.lesson.n_rows
    expected: dict[Place, Result] = {
        (TITLE, str(Address(first + step, place))): value
        for place, values in enumerate(descent.columns.values(), start=1)
        for step, value in enumerate(values)
    }
    assert len(expected) == 20 * 500 * 12
    assert_close(expected, engine(path, {}))


@pytest.mark.parametrize(("formulas", "values"), [(True, False), (False, True)])
def test_formulas_or_values_alone(*, formulas: bool, values: bool) -> None:
    whole = sheet_xml(saved(step_book(long_descent())))
    xml = sheet_xml(saved(step_book(long_descent(), formulas=formulas, values=values)))
    _, rows = whole.split('<row r="25">')
    _, fewer = xml.split('<row r="25">')
    assert (rows.count("<f>"), rows.count("<v>")) == (120_000, 120_000)
    assert fewer == re.sub(r"<v>[^<]*</v>" if formulas else r"<f>[^<]*</f>", "", rows)


def test_compression_changes_nothing_but_the_size() -> None:
    of = step_book(long_descent())
    files = {how: saved(of, how) for how in LEVELS}
    assert list(files) == ["fast", "small"]
    assert len(files["small"]) < 0.95 * len(files["fast"])
    again = BytesIO()
    save_workbook(of, again)
    assert again.getvalue() == files["fast"]
    with (
        zipfile.ZipFile(BytesIO(files["fast"])) as fast,
        zipfile.ZipFile(BytesIO(files["small"])) as small,
    ):
        assert fast.namelist() == small.namelist()
        for name in fast.namelist():
            assert fast.read(name) == small.read(name)


def test_another_way_to_compress_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    with pytest.raises(LessonError, match="'smal' is not known: choose from fast, small; did you"):
        write_workbook(book(column(FLOATS)), path, compress="smal")
    assert not path.exists()


@pytest.mark.parametrize(
    ("of", "message"),
    [
        (book(column(None), length=MAX_ROWS), "1,048,580 rows: a worksheet holds 1,048,576"),
        (book(*[column([1.0])] * 16_385, length=1), "16,385 columns: a worksheet holds 16,384"),
    ],
    ids=["rows", "columns"],
)
def test_a_page_larger_than_a_worksheet_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, of: Book, message: str
) -> None:
    monkeypatch.setattr(writer, "shell_of", None)  # It is said before any work.
    path = tmp_path / "book.xlsx"
    with pytest.raises(OutputError, match=f"the page Steps would have {message}; use fewer"):
        write_workbook(of, path)
    assert not path.exists()


@pytest.mark.engines
def test_parts_of_any_length(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "_HUGE", 0)
    path = tmp_path / "huge.xlsx"
    of = book(column([2.5] * 30), column([5.0] * 30, formula_at(5, 1) * 2), length=30)
    write_workbook(of, path)
    expected: dict[Place, Result] = {(TITLE, f"B{row}"): 5.0 for row in range(5, 35)}
    for engine in (engines.formualizer, engines.ironcalc):
        assert_close(expected, engine(path, {}))
    assert read_workbook(path)[TITLE][Address(34, 2)].value == 5.0


def test_the_estimate_of_a_part_s_length_is_no_less() -> None:
    for table in (TABLES["kinds of rows"], TABLES["computed"], TABLES["floats"]):
        page = Page(title="Steps", widths={}, cells=(), table=table)
        length = len(cell_by_cell(table, {}))
        assert length <= writer._most_characters(page) < 3 * length  # noqa: SLF001  else 2 GiB to write


@pytest.mark.slow
def test_rows_are_not_kept_while_a_table_is_written(tmp_path: Path) -> None:
    length = 60_000
    values = hostile_floats(length)
    columns = [column(values, formula_at(5, place) * 2 + place) for place in range(1, 13)]
    of = book(*columns, length=length)
    with (tmp_path / "long.xlsx").open("wb") as stream:
        save_workbook(of, BytesIO())
        tracemalloc.start()
        save_workbook(of, stream)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        written = stream.tell()
    # What was held at a time is less than the file, whose XML is five times as long.
    assert peak < 4e6 < written, peak
