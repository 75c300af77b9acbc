"""Formulas that every program computes alike: what is written so that none reads it otherwise."""

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest

from sheetgd.descent.loss import METRICS
from sheetgd.descent.rate_verdict import rate_verdict
from sheetgd.expression.excel import Address, ErrorValue, Formula
from sheetgd.expression.sheet_cells import cell, cells, formula_of, index, value_of
from sheetgd.lesson.lesson import Lesson
from sheetgd.lesson.template import shipped_lesson, shipped_names
from sheetgd.sheets.cells import Block
from sheetgd.sheets.sheet import Effect, Page, too_wide
from sheetgd.xlsx.write import build_workbook
from sheetgd.xlsx.xml import needs_array
from tests.support import built
from tests.support.engines import formula_cells
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


def test_an_index_of_a_row_names_the_column() -> None:
    row = cells(Formula.range(Address(5, 2), Address(5, 9)), tuple(map(float, range(8))))
    column = cells(Formula.range(Address(5, 2), Address(9, 2)), tuple(map(float, range(5))))
    assert str(formula_of(index(row, 3))) == "INDEX($B$5:$I$5,1,3)"
    assert str(formula_of(index(column, 3))) == "INDEX($B$5:$B$9,3)"
    assert value_of(index(row, 3)) == value_of(index(column, 3)) == 2.0


def test_a_constant_is_written_out_and_stays_the_same_number() -> None:
    for value in (1e-9, 1.25e-7, 2.2250738585072014e-20, 123456789.5e10, 5e-324, 1e300):
        text = str(Formula.literal(value))
        assert float(text) == value
        assert ("E" in text) == (not 1e-30 <= value < 1e30)


def test_the_rule_for_wide_numbers_has_a_decimal_bound() -> None:
    (rule,) = too_wide(Block.parse("C9:D12"), ["0.00", "0.00"], 12.0)
    assert rule.formula == "IF(ISNUMBER(C9),ABS(C9)>=100000000,FALSE)"
    assert rule.effect is Effect.SCIENTIFIC


@pytest.mark.parametrize(
    ("formula", "array"),
    [
        ("SUMPRODUCT((A1*B1:B9+C1)^2,D1:D9)", False),
        ("SUMPRODUCT((B1:B9>0)*B1:B9)", False),
        ("SQRT(SUMPRODUCT((EXP(A1)*B1:B9)^2)/COUNT(B1:B9))", False),
        ("IF(OR($B18=\"\",C$17=\"\"),\"\",SQRT(SUMPRODUCT((A1*'E (x)'!B1:B9)^2)))", False),
        ("SUMPRODUCT(EXP(SUM(B1:B9))*C1:C9)", False),
        ("SUMPRODUCT(ABS(SUMPRODUCT(B1:B9,C1:C9)-D1)*C1:C9)", False),
        ("SUMPRODUCT(EXP(A1*B1:B9)^2)", True),
        ("SUMPRODUCT(2*(LN(1+(A1*'E (x)'!$B$1:$B$9))-1))", True),
        ("IF(A1<1,SQRT(SUMPRODUCT(ABS(B1:B9-C1:C9),D1:D9)),NA())", True),
        ("SUMPRODUCT(IF(B1:B9>=C1,1,0)*D1:D9)", True),
        ("EXP(SUM(B1:B9))+ABS(B1:B9)", False),
    ],
)  # fmt: skip
def test_which_formulas_are_array_formulas(formula: str, array: bool) -> None:  # noqa: FBT001  a case's answer
    assert needs_array(formula) == array


@pytest.fixture(scope="module")
def decay(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("portable") / "decay.xlsx"
    build_workbook(DECAY, path)
    return path


def test_array_formulas_are_single_cells_and_never_merged(decay: Path) -> None:
    arrays = 0
    for page in built.book(DECAY).pages:
        merged = {str(block.first) for block in page.merged}
        for each in page.all_cells():
            if each.formula is not None and needs_array(each.formula):
                arrays += 1
                # Excel has none in merged cells.
                assert str(each.address) not in merged
    with zipfile.ZipFile(decay) as archive:
        text = "".join(
            archive.read(name).decode() for name in archive.namelist() if "worksheets/sheet" in name
        )
    found = re.findall(r'<c r="([A-Z]+\d+)"[^>]*><f t="array" ref="([A-Z]+\d+)">', text)
    assert len(found) == text.count('t="array"') == arrays > 50
    assert all(place == reference for place, reference in found)


def test_array_formulas_count_as_formulas(decay: Path) -> None:
    pages = built.book(DECAY).pages
    assert len(formula_cells(decay)) == sum(page.count_formulas() for page in pages)


def test_no_array_formula_stands_in_merged_cells_of_any_lesson() -> None:
    for lesson in LESSONS.values():
        for page in built.book(lesson).pages:
            merged = {block.first for block in page.merged}
            assert not any(
                each.address in merged and needs_array(each.formula or "") for each in page.cells
            )


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


RUN = {"start": 100.0, "scale": 50.0, "highest": 100.0, "ratio": 0.5, "half": 20.0, "later": 19.9}


@pytest.mark.parametrize("error", [ErrorValue.VALUE, ErrorValue.NAME, ErrorValue.NUMBER])
@pytest.mark.parametrize("which", ["start", "scale"])
def test_an_error_to_measure_against_is_no_verdict(which: str, error: ErrorValue) -> None:
    given = {
        name: cell(Formula.name(name), value) for name, value in (RUN | {"last": 19.8}).items()
    }
    found = rate_verdict(METRICS["mse"], **given | {which: cell(Formula.name(which), error)})
    assert value_of(found) == error


def test_a_run_that_is_no_number_any_more_diverges() -> None:
    given = {
        name: cell(Formula.name(name), value) for name, value in (RUN | {"last": 19.8}).items()
    }
    lost = cell(Formula.name("last"), ErrorValue.NUMBER)
    assert value_of(rate_verdict(METRICS["mse"], **given | {"last": lost})) == "diverging"
