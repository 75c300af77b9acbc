"""The XML of a workbook: rows at once are what single cells are, and array formulas."""

import re
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from sheetgd.expression.excel import Address, Binding, ErrorValue, Value
from sheetgd.lesson.template import shipped_lesson
from sheetgd.sheets.book import book_of
from sheetgd.sheets.cells import Cell, LongTable, Look
from sheetgd.xlsx import xml as filled
from sheetgd.xlsx.write import build_workbook
from sheetgd.xlsx.xml import filled_rows, looks_of, needs_array, row_of
from tests.expression.test_excel_portable import DECAY, LESSONS
from tests.support import built
from tests.support.engines import formula_cells
from tests.support.long_tables import (
    FLOATS,
    INPUT,
    ROWS,
    STYLES,
    TABLES,
    cell_by_cell,
    column,
    table_of,
)


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
