"""Formulas that every program computes alike: what is written so that none reads it otherwise."""

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest

from sheetgd.expression.excel import Formula
from sheetgd.lesson.lesson import Lesson
from sheetgd.lesson.template import shipped_lesson, shipped_names
from sheetgd.sheets.sheet import Page
from sheetgd.xlsx.write import build_workbook
from tests.support import built
from tests.support.given import lesson_of

DECAY = lesson_of(
    x=(0, 1, 2, 3), y=(5, 3, 2, 1), model="a*exp(-k*x)+max(c, 0.1*x)", loss="mae", start=(3, 1, 0),
    optimizer="adam", learn=0.05, epochs=2, capacity=4, rate_epochs=2,
)  # fmt: skip
LESSONS = {name: shipped_lesson(name) for name in shipped_names() if name != "dosage"}
LESSONS["decay"] = DECAY
LESSONS["tiny"] = lesson_of(x=(1e-9, 3e-9), y=(2e-7, 4e-7), learn=1e-12, nudge=1e-10, epochs=1)

_TEXTS = re.compile(r"\"(?:[^\"]|\"\")*\"|'(?:[^']|'')*'")
_POWER_OF_TEN = re.compile(r"(?<![A-Za-z$\d_.])(?:\d+\.?\d*|\.\d+)E[+-]?\d", re.IGNORECASE)
_ROW = re.compile(r"INDEX\(\$?([A-Z]+)\$?(\d+):\$?([A-Z]+)\$?(\d+),[^,()]*\)")


def written(lesson: Lesson) -> Iterator[tuple[Page, str]]:
    """Every formula of a workbook, those of its rules too, without texts and titles."""
    for page in built.book(lesson).pages:
        for each in page.all_cells():
            if each.formula is not None:
                yield page, _TEXTS.sub("", each.formula)
        for condition in page.conditions:
            yield page, _TEXTS.sub("", condition.formula)


@pytest.mark.parametrize("name", LESSONS)
def test_constants_are_decimal_and_rows_are_indexed_by_column(name: str) -> None:
    seen = 0
    for page, formula in written(LESSONS[name]):
        seen += 1
        assert not _POWER_OF_TEN.search(formula), (page.title, formula)
        for first, top, last, bottom in _ROW.findall(formula):
            assert top != bottom or first == last, (page.title, formula)
    assert seen > 100


@pytest.mark.parametrize(
    ("text", "found"),
    [("A1*1E-09", True), ("1e+7<A1", True), ("SUM(E1:E9)*1.5", False), ("$E1+B2E", False)],
)
def test_a_power_of_ten_is_found(text: str, found: bool) -> None:  # noqa: FBT001  a case's answer
    assert bool(_POWER_OF_TEN.search(text)) == found


def test_a_constant_is_written_out_and_stays_the_same_number() -> None:
    for value in (1e-9, 1.25e-7, 2.2250738585072014e-20, 123456789.5e10, 5e-324, 1e300):
        text = str(Formula.literal(value))
        assert float(text) == value
        assert ("E" in text) == (not 1e-30 <= value < 1e30)


def test_titles_of_columns_come_before_those_of_rows(tmp_path: Path) -> None:
    path = tmp_path / "wide.xlsx"
    lesson = shipped_lesson("original")
    build_workbook(lesson, path)
    with zipfile.ZipFile(path) as archive:
        book = archive.read("xl/workbook.xml").decode()
    titles = re.findall(r"<definedName[^>]* name=\"_xlnm.Print_Titles\"[^>]*>([^<]*)<", book)
    both = [each.split(",") for each in titles if "," in each]
    assert both
    for columns, rows in both:
        assert re.search(r"!\$[A-Z]+:\$[A-Z]+$", columns)
        assert re.search(r"!\$\d+:\$\d+$", rows)
    # Who reads it finds both.
    sheets = openpyxl.load_workbook(path).worksheets
    assert sum(bool(s.print_title_cols and s.print_title_rows) for s in sheets) == len(both)
    headed = [page for page in built.book(lesson).pages if page.header_row is not None]
    assert len(titles) >= len(headed) > 0
