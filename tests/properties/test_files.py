"""What is saved is what is read back: cells of workbooks, and numbers of CSV files and tables."""

import csv
import io
import json
import math
import re
import struct
from collections.abc import Iterable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sheetgd.cli.main import main
from sheetgd.engine.run import descend
from sheetgd.expression.excel import Address, ErrorValue, Formula, Value
from sheetgd.expression.sheet_cells import cell, cells, maximum
from sheetgd.lesson.lesson import Lesson
from sheetgd.lesson.template import read_template
from sheetgd.reading.columns import Data
from sheetgd.reading.conversion import from_frame
from sheetgd.reading.data_file import read_csv
from sheetgd.reading.workbook import read_workbook
from sheetgd.sheets.book import Book, book_of
from sheetgd.sheets.cells import Cell, LongTable, Look, Style, TableColumn
from sheetgd.sheets.sheet import Page
from sheetgd.xlsx.write import write_workbook
from tests.support.lessons import lessons
from tests.support.profiles import examples

PLAIN = Style(Look.RESULT, "0.000")
FLOATS = st.one_of(
    st.floats(), st.floats(-10, 10), st.sampled_from([5e-324, 1e22, 1.7976931348623157e308, 0.1])
)
TEXTS = st.text(st.characters(), max_size=12) | st.sampled_from(
    ["=1+1", "#N/A", "TRUE", "12", " a ", "%s", "<&>", "'", '"', "\t", "a\nb", "_x000D_", "1e5"]
)
VALUES: st.SearchStrategy[Value] = st.one_of(
    FLOATS, st.integers(-(2**60), 2**60), st.booleans(), st.sampled_from(ErrorValue), TEXTS,
    st.none(),
)  # fmt: skip
FORMULAS = st.text(st.characters(min_codepoint=32), min_size=1, max_size=20).filter(
    lambda text: not text.startswith("=") and text.strip() == text
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for all examples: each writes over what the one before wrote."""
    return tmp_path_factory.mktemp("files")


def written(text: str) -> str:
    """The text as XML can hold it: other characters become marks, line ends one."""
    kept = re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]", "\ufffd", text)
    return kept.replace("\r\n", "\n").replace("\r", "\n")


def as_read(value: Value) -> Value:
    """What is read of a value that was written."""
    if isinstance(value, ErrorValue) or value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return written(value) or None
    if not math.isfinite(value):
        return ErrorValue.NUMBER
    # openpyxl's reader drops the sign of zero; beyond 2^53 all numbers are doubles.
    return value if abs(value) <= 2**53 else float(value)


def expected_cells(page: Page) -> dict[Address, tuple[object, ...]]:
    """What is read of a page: kind, value and formula of each cell that is not empty."""
    found = {}
    for each in page.all_cells():
        value = as_read(each.value)
        if value is not None or each.formula is not None:
            formula = None if each.formula is None else written(each.formula)
            found[each.address] = (*told(value), formula)
    return found


def told(value: Value) -> tuple[object, ...]:
    """A value in all its bits, with its kind; whole numbers may be written either way."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return ("number", struct.pack(">d", value or 0.0))
    return (type(value), value)


def read_back(folder: Path, page: Page) -> None:
    """Fail unless a page is read as it was written."""
    path = folder / "book.xlsx"
    write_workbook(Book(title="", pages=(page,)), path, force=True)
    (cells,) = read_workbook(path).values()
    found = {place: (*told(cell.value), cell.formula) for place, cell in cells.items()}
    assert found == expected_cells(page)


@st.composite
def pages(draw: st.DrawFn) -> Page:
    places = draw(
        st.lists(st.builds(Address, st.integers(1, 60), st.integers(1, 40)), min_size=1,
                 max_size=40, unique=True)
    )  # fmt: skip
    cells = tuple(Cell(place, draw(VALUES), draw(st.none() | FORMULAS), PLAIN) for place in places)
    return Page(title="Page", widths={}, cells=cells, frozen=Address(1, 1))


@examples(2)
@given(page=pages())
def test_cells_are_read_as_they_were_written(folder: Path, page: Page) -> None:
    read_back(folder, page)


@st.composite
def columns(draw: st.DrawFn, length: int, first: Address, place: int) -> TableColumn:
    """A column of numbers, or of anything, filled down from formulas or constant."""
    kind = draw(
        st.sampled_from([FLOATS, FLOATS, st.floats(-9, 9), st.integers(-9, 9), TEXTS, VALUES])
    )
    few: list[Any] = draw(st.lists(kind, min_size=1, max_size=12))
    values = (
        None if draw(st.booleans()) and place else [few[row % len(few)] for row in range(length)]
    )
    here = cell(first)
    patterns = (here * 2 + 0.1, maximum(cells(Formula.range(Address(1, 1), first)), here))
    computed = values is None or draw(st.booleans())
    return TableColumn(
        header=f"c{place}", values=values, style=PLAIN, patterns=patterns if computed else None
    )


@st.composite
def long_pages(draw: st.DrawFn) -> Page:
    first = Address(draw(st.integers(2, 320)), draw(st.integers(1, 30)))
    length = draw(st.integers(1, 230))
    every = draw(st.integers(1, 5))
    table = LongTable(
        first=first,
        length=length,
        columns=tuple(
            draw(columns(length, first, place)) for place in range(draw(st.integers(1, 4)))
        ),
        kind=lambda row: int(row % every == 0),
    )
    title = Cell(Address(1, 1), "top", None, PLAIN)
    return Page(title="Page", widths={}, cells=(title,), table=table, frozen=Address(1, 1))


@examples(0.6)
@given(page=long_pages())
def test_long_tables_are_read_as_they_were_written(folder: Path, page: Page) -> None:
    read_back(folder, page)


@pytest.mark.slow
@examples(0.1)
@given(lesson=lessons(capacity=6, rates=(0.01,), rate_epochs=2, epochs=2))
def test_workbooks_are_read_as_they_were_written(folder: Path, lesson: Lesson) -> None:
    book = book_of(lesson)
    path = folder / "lesson.xlsx"
    write_workbook(book, path, force=True)
    sheets = read_workbook(path)
    assert list(sheets) == [page.title for page in book.pages]
    for page in book.pages:
        cells = sheets[page.title]
        found = {place: (*told(cell.value), cell.formula) for place, cell in cells.items()}
        assert found == expected_cells(page)


# --- data

NUMBERS = st.lists(
    st.tuples(*[st.floats(allow_nan=False, allow_infinity=False) | st.floats(-9, 9)] * 2),
    min_size=1,
    max_size=9,
)
NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=8).map(
    str.strip
)


def same_bits(one: Iterable[float], other: Iterable[float]) -> bool:
    return [*map(bits, one)] == [*map(bits, other)]


def bits(number: float) -> bytes:
    return struct.pack(">d", math.nan if math.isnan(number) else number)


@st.composite
def headers(draw: st.DrawFn) -> tuple[str, str]:
    names = tuple(draw(st.lists(NAMES.filter(is_name), min_size=2, max_size=2, unique=True)))
    return names[0], names[1]


def is_name(text: str) -> bool:
    """Whether a text is no number, and so can head a column."""
    return bool(re.search(r"[^\W\d_]", text)) and "inf" not in text.lower() and "nan" not in text


@given(
    rows=NUMBERS, names=headers(), delimiter=st.sampled_from(",;\t|"),
    decimal=st.sampled_from(".,"), ends=st.sampled_from(["\n", "\r\n", "\r"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]), blank=st.booleans(),
    header=st.booleans(),
)  # fmt: skip
def test_csv_files_are_read_as_they_were_written(
    folder: Path, rows: list[tuple[float, float]], names: tuple[str, str], *, delimiter: str,
    decimal: str, ends: str, encoding: str, blank: bool, header: bool,
) -> None:  # fmt: skip
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator=ends)
    if header:
        writer.writerow(names)
    for row in rows:
        writer.writerow([repr(each).replace(".", decimal) for each in row])
        if blank:
            text.write(ends)
    path = folder / "data.csv"
    path.write_bytes(text.getvalue().encode(encoding))
    told_all = read_csv(path, "1", "2", delimiter=delimiter, decimal=decimal, header=header)
    x, y = zip(*rows, strict=True)
    assert same_bits(told_all.x, x)
    assert same_bits(told_all.y, y)
    assert (told_all.x_name, told_all.y_name) == (names if header else ("1", "2"))
    # A comma for both leaves every cell in quotes, which is for the reader to be told.
    if delimiter != decimal and not any(set(name) & set(',;|\t "') for name in names):
        assert read_csv(path, "1", "2", header=header) == told_all


@examples(0.3)
@given(rows=NUMBERS, names=headers())
def test_sheets_and_frames_are_read_as_they_were_written(
    folder: Path, rows: list[tuple[float, float]], names: tuple[str, str]
) -> None:
    x, y = zip(*rows, strict=True)
    data = Data(x, y, *names)
    assert from_frame(pd.DataFrame(dict(zip(names, (x, y), strict=True))), *names) == data
    cells = [Cell(Address(1, place), name, None, PLAIN) for place, name in enumerate(names, 1)]
    for row, pair in enumerate(rows, start=2):
        cells += [
            Cell(Address(row, place), each, None, PLAIN) for place, each in enumerate(pair, 1)
        ]
    path = folder / "data.xlsx"
    page = Page(title="Data", widths={}, cells=tuple(cells), frozen=Address(2, 1))
    write_workbook(Book(title="", pages=(page,)), path, force=True)
    assert read_csv(path, "1", "2") == data


# --- tables and settings


def given_settings(lesson: Lesson) -> dict[str, object]:
    """The settings that every way of asking for a lesson takes."""
    return {**method_settings(lesson), **training_settings(lesson)}


def method_settings(lesson: Lesson) -> dict[str, object]:
    names = ["model", "loss", "metric", "gradient", "batch_size", "optimizer"]
    if lesson.method.shuffle is not None:
        names.append("shuffle")
    return {name: getattr(lesson.method, name) for name in names}


def training_settings(lesson: Lesson) -> dict[str, object]:
    names = ("learning_rate", "difference_step", "epochs", "clicks")
    return {name: getattr(lesson.training, name) for name in names}


@given(lesson=lessons(epochs=3), clicks=st.integers(0, 2), haste=st.sampled_from([1.0, 1e150]))
def test_the_command_line_keeps_the_numbers_of_the_library(
    folder: Path, lesson: Lesson, clicks: int, haste: float
) -> None:
    # Data of one's own are first read for a line, which needs two rows, whatever model follows.
    assume(lesson.n_rows > 1)
    lesson = lesson.changed(clicks=clicks, learn=lesson.training.learning_rate * haste)
    data, table = folder / "rows.csv", folder / "log.csv"
    pd.DataFrame({"x": lesson.data.x, "y": lesson.data.y}).to_csv(data, index=False)
    settings = given_settings(lesson)
    if not lesson.step.gradient_rule.nudges:
        # What nothing reads is refused.
        del settings["difference_step"]
    options = [f"--{name.replace('_', '-')}={value}" for name, value in settings.items()]
    options += [f"--{name}={value}" for name, value in lesson.method.hyperparameters.items()]
    options += ["--start", *map(str, lesson.training.start)]
    printed = io.StringIO()
    with redirect_stdout(printed), redirect_stderr(io.StringIO()):
        arguments = ["run", "--data", str(data), "--csv", str(table), "--force", "--json"]
        assert main([*arguments, *options]) == 0
    expected = descend(lesson).epochs_table()
    with table.open(encoding="utf-8", newline="") as stream:
        headers_there, *rows = csv.reader(stream)
    assert headers_there == list(expected.columns)
    for name, texts in zip(headers_there, zip(*rows, strict=True), strict=True):
        # An empty cell is what pandas writes for NaN.
        values = [float(text or "nan") for text in texts]
        assert same_bits(values, expected[name]), name
    lines = [
        {name: value if math.isfinite(value) else None for name, value in line.items()}
        for line in expected.to_dict("records")
    ]
    assert json.loads(printed.getvalue())["log"] == lines


@given(lesson=lessons(), clicks=st.integers(0, 2))
def test_templates_are_read_as_they_were_written(folder: Path, lesson: Lesson, clicks: int) -> None:
    lesson = lesson.changed(clicks=clicks)
    lines = []
    parts: dict[str, dict[str, Any]] = {
        "data": {"x": list(lesson.data.x), "y": list(lesson.data.y)},
        "method": method_settings(lesson),
        "method.hyperparameters": dict(lesson.method.hyperparameters),
        "training": training_settings(lesson),
        "training.start": dict(zip(lesson.model.parameters, lesson.training.start, strict=True)),
    }
    for part, entries in parts.items():
        lines += [
            f"[{part}]",
            *(f"{name} = {json.dumps(value)}" for name, value in entries.items()),
        ]
    path = folder / "lesson.toml"
    path.write_text("\n".join(lines), encoding="utf-8")
    found = read_template(path)
    assert given_settings(found) == given_settings(lesson)
    for part in ("data", "method", "capacity"):
        assert getattr(found, part) == getattr(lesson, part), part
    assert found.training.start == lesson.training.start
    assert found.display.guess == lesson.display.guess
