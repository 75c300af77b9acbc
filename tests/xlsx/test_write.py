"""The file that is written, read back by programs that did not write it."""

import re
import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import openpyxl
import pandas as pd
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from sheetgd.engine.run import descend
from sheetgd.errors import LessonError, OutputError
from sheetgd.expression.excel import ErrorValue
from sheetgd.lesson.lesson import Lesson
from sheetgd.lesson.template import shipped_lesson
from sheetgd.sheets.book import book_of
from sheetgd.xlsx.write import build_workbook, same_workbook
from tests.support import built
from tests.support.given import lesson_of

ORIGINAL = shipped_lesson("original")
SHOWN = (
    "Gradient Descent", "Play", "Guide", "Epochs", "Fit", "Surface", "Learning rates", "Gradient",
    "Steps", "As published", "Check",
)  # fmt: skip
HIDDEN = (
    "Play data", "Fit data", "Surface data", "Rates epochs", "Rates steps", "Rates factors",
    "Rows", "Run data", "Epochs as published", "Steps as published",
    "Run data as published", "Rows as published",
)  # fmt: skip


@pytest.fixture(scope="module")
def values(workbook: Path) -> openpyxl.Workbook:
    return openpyxl.load_workbook(workbook, data_only=True)


@pytest.fixture(scope="module")
def formulas(workbook: Path) -> openpyxl.Workbook:
    return openpyxl.load_workbook(workbook)


def sheet(book: openpyxl.Workbook, title: str) -> Worksheet:
    found = book[title]
    assert isinstance(found, Worksheet)
    return found


def test_every_cell_reads_back_with_formula_and_value_bit_for_bit(
    values: openpyxl.Workbook, formulas: openpyxl.Workbook
) -> None:
    pages = built.book(ORIGINAL).pages
    assert values.sheetnames == [page.title for page in pages] == [*SHOWN, *HIDDEN]
    assert {title: values[title].sheet_state for title in values.sheetnames} == {
        **dict.fromkeys(SHOWN, "visible"),
        **dict.fromkeys(HIDDEN, "hidden"),
    }
    checked = 0
    for page in pages:
        for cell in page.all_cells():
            where = str(cell.address)
            stored = values[page.title][where].value
            written = formulas[page.title][where].value
            expected = str(cell.value) if isinstance(cell.value, ErrorValue) else cell.value
            assert stored == (expected if expected != "" else None), (page.title, where)
            if cell.formula is not None:
                assert written == f"={cell.formula}", (page.title, where)
                assert cell.value is not None, (page.title, where)
                checked += 1
    assert checked > 25_000


def test_pandas_reads_the_numbers(workbook: Path) -> None:
    steps = pd.read_excel(workbook, sheet_name="Steps", header=3, engine="openpyxl")
    expected = descend(ORIGINAL, 50).steps_table()
    assert len(steps) == 51 * 20
    pd.testing.assert_frame_equal(
        steps.iloc[:1000].astype({"x": float, "y": float}), expected, check_exact=True
    )
    log = pd.read_excel(
        workbook, sheet_name="Epochs as published", header=4, usecols="B:G", engine="openpyxl"
    )
    assert list(log.columns) == ["epoch", "m", "b", "learn", "root_sse_pass", "root_sse"]
    assert log["root_sse_pass"].notna().sum() == log["root_sse"].notna().sum() == 16
    assert log["m"][15] == 2.051
    assert round(log["root_sse_pass"][15], 4) == 16.5915


def test_the_published_page_shows_the_published_state(values: openpyxl.Workbook) -> None:
    page = sheet(values, "As published")
    found = [page[place].value for place in ("J84", "J85", "E84", "E86", "E85", "F84", "F85")]
    assert found == [2.051, 25.075, 5, 3, 0.0001, 1, 1]
    assert f"{page['M84'].value:.4f}" == "16.5915"
    check = sheet(values, "Check")
    assert [check[place].value for place in ("C5", "E5", "G5")] == [269, 0, 269]


def test_number_formats_are_the_original_s(formulas: openpyxl.Workbook) -> None:
    page = sheet(formulas, "Gradient Descent")
    formats = [page.cell(90, column).number_format for column in range(2, 14)]
    thousands, three = "#,##0", "0.000"
    assert formats == [
        "General", "General", three, three, "#,##0.0", thousands,
        thousands, thousands, three, thousands, thousands, three,
    ]  # fmt: skip
    assert page["C46"].number_format == page["L33"].number_format == thousands
    assert page["J84"].number_format == three


def test_reconstructed_rows_are_marked(
    values: openpyxl.Workbook, formulas: openpyxl.Workbook
) -> None:
    for title in ("Gradient Descent", "As published"):
        marks = [sheet(values, title).cell(row, 14).value for row in range(90, 110)]
        assert marks[:11] == [None] * 11
        assert all("reconstructed" in str(mark) for mark in marks[11:])
    for title, row, column in (("As published", 101, 2), ("Steps as published", 17, 3)):
        page = sheet(formulas, title)
        assert page.cell(row, column).font.i
        assert not page.cell(row - 1, column).font.i


def test_archive_is_well_formed_and_holds_no_dates_of_today(workbook: Path) -> None:
    with zipfile.ZipFile(workbook) as archive:
        assert archive.testzip() is None
        for entry in archive.infolist():
            assert entry.date_time == (1980, 1, 1, 0, 0, 0)
            if entry.filename.endswith((".xml", ".rels")):
                ET.fromstring(archive.read(entry))  # noqa: S314  we wrote it ourselves
        core = archive.read("docProps/core.xml").decode()
    assert core.count("2020-01-01T00:00:00Z") == 2


def test_same_workbook_does_not_mind_compression(workbook: Path, tmp_path: Path) -> None:
    stored = tmp_path / "stored.xlsx"
    with zipfile.ZipFile(workbook) as source, zipfile.ZipFile(stored, "w") as target:
        for name in source.namelist():
            target.writestr(name, source.read(name))
    assert stored.read_bytes() != workbook.read_bytes()
    assert same_workbook(workbook, stored)
    changed = tmp_path / "changed.xlsx"
    with zipfile.ZipFile(workbook) as source, zipfile.ZipFile(changed, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "xl/worksheets/sheet1.xml":
                content = content.replace(b"<v>0.0001</v>", b"<v>0.0002</v>")
            target.writestr(name, content)
    assert not same_workbook(workbook, changed)
    assert not same_workbook(workbook, Path(__file__))


def test_a_failed_build_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "book.xlsx"

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("sheetgd.xlsx.write.shell_of", full)
    with pytest.raises(OutputError, match="No space left"):
        build_workbook(ORIGINAL, path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize("rows", [2, 3, 5, 6, 40])
def test_own_data_of_any_length(tmp_path: Path, rows: int) -> None:
    x = [float(row) for row in range(rows)]
    lesson = lesson_of(
        x=x,
        y=[2.5 * value - 7 for value in x],
        start=(0, 0),
        learn=0.001,
        capacity=6,
        rate_epochs=3,
    )
    path = tmp_path / "own.xlsx"
    built = build_workbook(lesson, path)
    assert built.pages == tuple(
        title for title in (*SHOWN, *HIDDEN) if "published" not in title and title != "Check"
    )
    page = sheet(openpyxl.load_workbook(path, data_only=True), "Gradient Descent")
    assert page["J84"].value == descend(lesson).states[-1][0]
    assert page.cell(89 + rows, 2).value == x[-1]
    assert page.cell(90 + rows, 2).value is None
    assert page["K14"].value == pytest.approx(2.5)
    assert page["K15"].value == pytest.approx(-7)


def test_constant_x_has_no_best_line(tmp_path: Path) -> None:
    path = tmp_path / "constant.xlsx"
    lesson = lesson_of(x=(3, 3, 3), y=(1, 2, 3), start=(0, 0), capacity=6, rate_epochs=3)
    build_workbook(lesson, path)
    page = sheet(openpyxl.load_workbook(path, data_only=True), "Gradient Descent")
    assert page["K14"].value == page["K15"].value == "#DIV/0!"


def test_long_data_gets_less_room() -> None:
    x = [float(row) for row in range(5000)]
    assert lesson_of(x=x, y=x, start=(0, 0)).capacity == 19
    assert lesson_of(x=x, y=x, start=(0, 0), epochs=30).capacity == 30
    with pytest.raises(LessonError, match="208 epochs would fit"):
        book_of(lesson_of(x=x, y=x, start=(0, 0), capacity=300))


def test_texts_with_awkward_characters_are_kept_as_texts(tmp_path: Path) -> None:
    lesson = lesson_of(
        x=(1, 2, 3),
        y=(1, 2, 3),
        start=(0, 0),
        capacity=6,
        rate_epochs=3,
        title='=1+1 <&> "\x01\ud800',
        x_name="=SUM(A1)",
    )
    path = tmp_path / "awkward.xlsx"
    build_workbook(lesson, path)
    cell = sheet(openpyxl.load_workbook(path), "Gradient Descent")["B2"]
    assert cell.data_type != "f"
    assert cell.value == '=1+1 <&> "\ufffd\ufffd'


@pytest.mark.parametrize(
    ("name", "better"), [("a.xlsm", "a.xlsx"), ("a", "a.xlsx"), ("a.b", "a.b.xlsx")]
)
def test_a_name_with_another_ending_is_refused(tmp_path: Path, name: str, better: str) -> None:
    lesson = lesson_of(x=(1, 2), y=(3, 5))
    with pytest.raises(OutputError, match=rf"ends in \.xlsx; call it {re.escape(better)}$"):
        build_workbook(lesson, tmp_path / name)
    assert not list(tmp_path.iterdir())


def original(**changes: Any) -> Lesson:  # noqa: ANN401  any attribute of a lesson
    return shipped_lesson("original").changed(**changes)


def test_the_hooks_count_up_to_what_there_is(tmp_path: Path) -> None:
    ticks: list[tuple[int, int]] = []
    lesson = original(epochs=7, capacity=7, rate_epochs=2)
    descend(lesson, on_epoch=lambda done, total: ticks.append((done, total)))
    assert ticks[-1] == (7, 7)
    assert ticks == sorted(ticks)
    ticks.clear()
    path = tmp_path / "book.xlsx"
    build_workbook(lesson, path, on_row=lambda done, total: ticks.append((done, total)))
    (total,) = {total for _, total in ticks}
    assert [done for done, _ in ticks] == list(range(1, total + 1))
    # As many as there are rows in the file that hold anything.
    assert total == rows_in(path)
    other = tmp_path / "other.xlsx"
    build_workbook(lesson, other)
    assert other.read_bytes() == path.read_bytes()


def rows_in(path: Path) -> int:
    with zipfile.ZipFile(path) as archive:
        sheets = [name for name in archive.namelist() if name.startswith("xl/worksheets/sheet")]
        return sum(len(re.findall(rb"<row [^>]*><c ", archive.read(name))) for name in sheets)
