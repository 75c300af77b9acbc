"""Long tables: written many rows at a time, they are what single cells would be."""

import random
import re
import struct
import tracemalloc
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from sheetgd.engine.run import Descent, descend
from sheetgd.errors import LessonError, OutputError
from sheetgd.expression.excel import MAX_ROWS, Address, Binding, ErrorValue, Formula, Value
from sheetgd.lesson.template import shipped_lesson
from sheetgd.reading.workbook import read_workbook
from sheetgd.sheets.book import Book, book_of
from sheetgd.sheets.cells import Cell, LongTable, Look, Style, TableColumn
from sheetgd.sheets.sheet import Draft, Page
from sheetgd.xlsx import write as writer
from sheetgd.xlsx import xml as filled
from sheetgd.xlsx.write import LEVELS, save_workbook, write_workbook
from sheetgd.xlsx.xml import filled_rows, looks_of, row_of
from tests.support import built, engines
from tests.support.each_engine import ENGINES
from tests.support.engines import Engine, Place, Result, assert_close
from tests.support.steptable import TITLE, step_book

STYLES = {Style(Look.RESULT, "0.0%"): 3, Style(Look.INPUT): 4, Style(Look.NOTE): 5}
PLAIN, INPUT, NOTE = STYLES
ROWS = 700


def hostile_floats(count: int) -> list[float]:
    """Random patterns of 64 bits that are numbers, after those that are hard to write."""
    found = [0.0, -0.0, 5e-324, -5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, 1e308]
    found += [1e16, 1e15, 123456789012345678.0, 0.1, 1 / 3, 2.0**-1074 * 3, 9007199254740993.0]
    bits = random.Random(5)  # noqa: S311  the same in every run
    while len(found) < count:
        (value,) = struct.unpack("<d", bits.randbytes(8))
        if value - value == 0:
            found.append(value)
    return found


def column(values: object, *patterns: Formula, **more: object) -> TableColumn:
    return TableColumn(
        header="", values=values, style=PLAIN, patterns=patterns or None, **more  # type: ignore[arg-type]  # whatever is tested
    )  # fmt: skip


def formula_at(row: int, column: int, up: int = 0, *, fixed: bool = False) -> Formula:
    return Formula.cell(Address(row - up, column), fixed_row=fixed)


def table_of(*columns: TableColumn, row: int = 3, length: int = ROWS, kinds: int = 1) -> LongTable:
    return LongTable(
        first=Address(row, 25), length=length, columns=columns, kind=lambda step: step % kinds
    )


def mixed(*values: Value) -> list[Value]:
    return [values[row * 7 % len(values)] for row in range(ROWS)]


FLOATS = hostile_floats(ROWS)
ABOVE = formula_at(30, 2, up=1) + formula_at(30, 3, up=25) * formula_at(29, 4, fixed=True)
AWKWARD = Formula.joined(Formula.literal('<a> & "100%" %s %d'), formula_at(30, 2))
ELSEWHERE = Formula.cell(Address(4, 5), sheet="50% & <more>") + Formula.name("learn")
TRUTHS = (True, False)
BROKEN = [value if row % 3 else float("nan") for row, value in enumerate(FLOATS)]
TABLES: dict[str, LongTable] = {
    "floats": table_of(column(FLOATS)),
    "computed": table_of(column(FLOATS, ABOVE), column(FLOATS[::-1], AWKWARD), row=30),
    "from the second row": table_of(column(FLOATS, formula_at(2, 2, up=1)), row=2),
    "no values": table_of(column(None, ABOVE), column([None] * ROWS, ELSEWHERE), row=30),
    "nothing at all": table_of(column(None)),
    "kinds of rows": table_of(
        column(FLOATS, ABOVE, AWKWARD, ELSEWHERE), column(range(ROWS)), kinds=3, row=30
    ),
    "arrays": table_of(
        column(np.array(FLOATS), ABOVE), column(np.arange(ROWS)), column(np.array(BROKEN)), row=30
    ),
    "numbers of NumPy": table_of(
        column(list(np.array(FLOATS)), ABOVE), column(list(np.arange(ROWS))),
        column(list(np.arange(ROWS) > 9)), row=30,
    ),
    "not all numbers": table_of(column(BROKEN, ABOVE), column([float("inf")] * ROWS), row=30),
    "errors": table_of(
        column([ErrorValue.NUMBER] * ROWS, ABOVE), column([ErrorValue.DIVISION] * ROWS), row=30
    ),
    "truths": table_of(column([True] * ROWS, ABOVE), column([False] * ROWS), row=30),
    "texts": table_of(
        column(["a < b & 5 %s\x01\ud800"] * ROWS), column(["\N{SNOWMAN} %%"] * ROWS, ABOVE), row=30
    ),
    "several in a column": table_of(
        column(mixed(1, 2.5, None, "x & y", *TRUTHS, ErrorValue.VALUE, "", Look.INPUT), ABOVE),
        column(mixed(1, 2.5, None, "x & y", *TRUTHS, ErrorValue.VALUE, "")), row=30,
    ),
    "whole and broken numbers": table_of(column(mixed(1, 2.5, -3)), column(mixed(7, 0.0), ABOVE)),
    "real numbers": table_of(column(mixed(1, 2.5, float("nan")), real=True), column(mixed(1))),
    "other styles": table_of(
        column(FLOATS, row_styles=dict.fromkeys(range(0, ROWS, 3), INPUT)),
        column(FLOATS, ABOVE, row_styles=dict.fromkeys(range(0, ROWS, 7), NOTE)), row=30,
    ),
    "far above": table_of(column(FLOATS, formula_at(500, 2, up=444)), row=500),
    "far below": table_of(column(FLOATS, formula_at(3, 2, up=-999_999)), row=3),
    "here and there": table_of(
        column(FLOATS, *(formula_at(9000, 2, up=97 * up) for up in range(60))), kinds=60, row=9000
    ),
    "one row": table_of(column([1.5], ABOVE), row=30, length=1),
    "up to the last row": table_of(column(FLOATS, formula_at(9, 2)), row=MAX_ROWS - ROWS + 1),
}  # fmt: skip


def cell_by_cell(table: LongTable, heights: Mapping[int, float]) -> str:
    looks = looks_of(STYLES)
    numbered = enumerate(table.rows(), table.first.row)
    return "".join(row_of(row, cells, looks, heights.get(row)) for row, cells in numbered)


def many_at_once(table: LongTable, heights: Mapping[int, float]) -> str:
    pieces = list(filled_rows(table, looks_of(STYLES), heights))
    assert sum(rows for rows, _ in pieces) == table.length
    return "".join(text for _, text in pieces)


@pytest.mark.parametrize("few", [0, ROWS], ids=["hundreds", "tens"])
@pytest.mark.parametrize("heights", [{}, {5: 20.0, 430: 33.5, 431: 20.0}], ids=["", "heights"])
@pytest.mark.parametrize("name", TABLES)
def test_many_rows_at_once_are_what_single_cells_are(
    monkeypatch: pytest.MonkeyPatch, name: str, heights: dict[int, float], few: int
) -> None:
    monkeypatch.setattr(filled, "_FEW", few)
    table = TABLES[name]
    expected = cell_by_cell(table, heights)
    assert expected.count("<row ") == table.length
    assert many_at_once(table, heights) == expected


@pytest.mark.parametrize(
    ("value", "xml"),
    [
        (1.5, "><v>1.5</v>"), (np.float64(0.1), "><v>0.1</v>"), (np.float32(0.5), "><v>0.5</v>"),
        (3, "><v>3</v>"), (np.int64(3), "><v>3</v>"), (-0.0, "><v>-0.0</v>"),
        (float("inf"), ' t="e"><v>#NUM!</v>'), (np.float64("nan"), ' t="e"><v>#NUM!</v>'),
        (True, ' t="b"><v>1</v>'), (np.False_, ' t="b"><v>0</v>'),
        (ErrorValue.DIVISION, ' t="e"><v>#DIV/0!</v>'), ("a<b", ' t="str"><v>a&lt;b</v>'),
        (Look.TITLE, ' t="str"><v>title</v>'), (Binding.ATOM, "><v>4</v>"),
        ("", ' t="str"><v></v>'),
    ],
)  # fmt: skip
def test_a_value_of_any_kind(value: Value, xml: str) -> None:
    attribute, found = xml.split(">", 1)
    cell = Cell(Address(7, 2), value, "A1%B1", INPUT)
    row = f'<row r="7"><c r="B7" s="4"{attribute}><f>A1%B1</f>{found}</c></row>'
    assert row_of(7, [cell], looks_of(STYLES), None) == row


def test_real_numbers_are_written_as_such() -> None:
    xml = many_at_once(TABLES["real numbers"], {})
    assert set(re.findall(r"<v>[^<]*</v>", xml)) == {
        "<v>1.0</v>", "<v>2.5</v>", "<v>#NUM!</v>", "<v>1</v>"
    }  # fmt: skip


def test_few_lines_are_kept_however_many_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filled, "_MOST_LINES", 3)
    table = TABLES["kinds of rows"]
    assert many_at_once(table, {}) == cell_by_cell(table, {})


@pytest.mark.slow
@pytest.mark.parametrize("name", built.SHIPPED)
def test_the_lessons_tables_are_what_single_cells_are(name: str) -> None:
    lesson = shipped_lesson(name).replaced(capacity=None)
    pages = [page for page in book_of(lesson).pages if page.table is not None]
    assert pages
    for page in pages:
        assert page.table is not None
        looks = looks_of({style: number for number, style in enumerate(page.styles())})
        numbered = enumerate(page.table.rows(), page.table.first.row)
        found = "".join(text for _, text in filled_rows(page.table, looks, page.heights))
        assert found == "".join(
            row_of(row, cells, looks, page.heights.get(row)) for row, cells in numbered
        ), page.title


def test_a_column_shorter_than_its_table_is_no_table() -> None:
    with pytest.raises(ValueError, match="shorter"):
        many_at_once(table_of(column(FLOATS), column(FLOATS[:-1])), {})


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


def bits(value: float) -> bytes:
    return struct.pack("<d", value)


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
