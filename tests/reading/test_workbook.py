"""Reading files back: values, formulas, displayed text, and files that are none."""

import datetime as dt
from pathlib import Path
from zipfile import ZipFile

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.chart import LineChart

from sheetgd.errors import WorkbookError
from sheetgd.expression.excel import Address, ErrorValue
from sheetgd.reading.page import read_sheets
from sheetgd.reading.workbook import (
    StoredCell,
    open_workbook,
    read_workbook,
)
from tests.support.sheets import (
    Sheet,
    at,
    original_sheet,
    save_raw_workbook,
    save_workbook,
)

OLD_OFFICE = bytes.fromhex("d0cf11e0a1b11ae1")


def read_rows(tmp_path: Path, rows: str, *, before: str = "") -> dict[str, StoredCell]:
    path = save_raw_workbook(
        tmp_path / "book.xlsx", {"Page": f"{before}<sheetData>{rows}</sheetData>"}
    )
    return {str(address): cell for address, cell in read_workbook(path)["Page"].items()}


def titles(path: Path) -> tuple[str, ...]:
    with open_workbook(path) as workbook:
        return workbook.titles


def refusal(path: Path) -> str:
    """What read_sheets says of a file, which must be one line that names it."""
    with pytest.raises(WorkbookError) as caught:
        read_sheets(path)
    text = str(caught.value)
    assert text.startswith(f"{path}: ")
    assert "\n" not in text
    return text


def test_formula_and_stored_value_are_read_together(tmp_path: Path) -> None:
    cells = read_rows(
        tmp_path,
        '<row r="2"><c r="B2"><v>2.5</v></c><c r="D2"><f>B2*2</f><v>5</v></c>'
        '<c r="E2" t="str"><f>IF(B2&gt;1,"big","")</f><v>big</v></c></row>',
    )
    assert cells == {
        "B2": StoredCell(at("B2"), 2.5),
        "D2": StoredCell(at("D2"), 5, "B2*2"),
        "E2": StoredCell(at("E2"), "big", 'IF(B2>1,"big","")'),
    }


def test_shared_and_array_formulas_are_read_as_each_cell_s_own(tmp_path: Path) -> None:
    cells = read_rows(
        tmp_path,
        '<row r="1"><c r="B1"><f t="shared" ref="B1:B2" si="0">A1*$A$9</f><v>1</v></c>'
        '<c r="C1"><f t="array" ref="C1">SUM(A1:A2*2)</f><v>6</v></c></row>'
        '<row r="2"><c r="B2"><f t="shared" si="0"/><v>2</v></c></row>',
    )
    assert cells["B1"].formula == "A1*$A$9"
    assert cells["B2"].formula == "A2*$A$9"
    assert cells["C1"] == StoredCell(at("C1"), 6, "SUM(A1:A2*2)")


def test_data_table_is_a_formula(tmp_path: Path) -> None:
    cells = read_rows(
        tmp_path,
        '<row r="1"><c r="B1"><f t="dataTable" ref="B1:B2" dt2D="1" r1="A1" r2="A2"/>'
        "<v>4</v></c></row>",
    )
    assert cells["B1"] == StoredCell(at("B1"), 4, "TABLE(A1,A2)")


def test_formula_without_result_is_kept_and_empty_cells_are_left_out(tmp_path: Path) -> None:
    cells = read_rows(
        tmp_path,
        '<row r="1"><c r="A1"><f>1+1</f></c><c r="B1"/><c r="C1" t="str"><v></v></c>'
        '<c r="D1" t="inlineStr"><is><t></t></is></c></row>',
    )
    assert cells == {"A1": StoredCell(at("A1"), None, "1+1")}


@pytest.mark.parametrize("error", list(ErrorValue))
def test_errors_become_error_values_but_texts_like_them_do_not(
    tmp_path: Path, error: ErrorValue
) -> None:
    cells = read_rows(
        tmp_path,
        f'<row r="1"><c r="A1" t="e"><f>A2</f><v>{error}</v></c>'
        f'<c r="B1" t="inlineStr"><is><t>{error}</t></is></c></row>',
    )
    assert cells["A1"].value is error
    assert cells["B1"].value == error.value
    assert type(cells["B1"].value) is str


def test_error_of_a_newer_program_is_text(tmp_path: Path) -> None:
    cells = read_rows(tmp_path, '<row r="1"><c r="A1" t="e"><v>#SPILL!</v></c></row>')
    assert cells["A1"].value == "#SPILL!"


def test_kinds_of_values(tmp_path: Path) -> None:
    cells = read_rows(
        tmp_path,
        '<row r="1"><c r="A1"><v>-64</v></c><c r="B1"><v>1.0000000000000002</v></c>'
        '<c r="C1" t="b"><v>1</v></c><c r="D1" t="inlineStr"><is><t>=x</t></is></c>'
        f'<c r="E1"><v>{"9" * 400}</v></c></row>',
    )
    values = {address: cell.value for address, cell in cells.items()}
    assert values == {
        "A1": -64,
        "B1": 1.0000000000000002,
        "C1": True,
        "D1": "=x",
        "E1": float("inf"),
    }
    assert values["C1"] is True
    assert all(cell.formula is None for cell in cells.values())


def test_dates_are_the_numbers_that_are_stored(tmp_path: Path) -> None:
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    sheet["A1"] = dt.datetime(1900, 3, 1, 12, 0)  # noqa: DTZ001  a spreadsheet has no time zones
    sheet["A2"] = dt.time(6, 0)
    sheet["A3"] = 44
    sheet["A3"].number_format = "yyyy-mm-dd"
    sheet["A4"] = 1e10
    sheet["A4"].number_format = "yyyy-mm-dd"
    workbook.save(tmp_path / "dates.xlsx")
    cells = read_workbook(tmp_path / "dates.xlsx")["Sheet"]
    assert [cells[Address(row, 1)].value for row in (1, 2, 3)] == [61.5, 0.25, 44.0]
    # openpyxl warns of a date after all dates; the warning must not get out.
    assert cells[at("A4")].value is ErrorValue.VALUE


def test_size_that_a_file_claims_is_not_believed(tmp_path: Path) -> None:
    cells = read_rows(
        tmp_path,
        '<row r="1"><c r="A1"><v>1</v></c></row><row r="7"><c r="F7"><v>2</v></c></row>',
        before='<dimension ref="A1"/>',
    )
    assert set(cells) == {"A1", "F7"}


def test_rows_hidden_and_columns_hidden_are_read(tmp_path: Path) -> None:
    path = save_workbook(tmp_path / "book.xlsx", {"Page": original_sheet()})
    workbook = load_workbook(path)
    workbook["Page"].row_dimensions[95].hidden = True
    workbook["Page"].column_dimensions["D"].hidden = True
    workbook.save(path)
    cells = read_workbook(path)["Page"]
    assert cells[at("D95")].value == 2.055


def test_all_sheets_in_their_order_or_only_those_asked_for(tmp_path: Path) -> None:
    sheets: dict[str, Sheet] = {title: {at("A1"): title} for title in ("Second", "First", "Third")}
    path = save_workbook(tmp_path / "book.xlsx", {**sheets, "Empty": {}})
    assert list(read_workbook(path)) == ["Second", "First", "Third", "Empty"]
    assert read_workbook(path)["Empty"] == {}
    assert read_workbook(path, ["First"]) == {"First": {at("A1"): StoredCell(at("A1"), "First")}}
    assert titles(path) == ("Second", "First", "Third", "Empty")


def test_chart_that_fills_a_sheet_is_passed_over(tmp_path: Path) -> None:
    workbook = Workbook()
    workbook.worksheets[0]["A1"] = 1
    workbook.create_chartsheet("Chart").add_chart(LineChart())
    workbook.save(tmp_path / "book.xlsx")
    assert titles(tmp_path / "book.xlsx") == ("Sheet",)
    assert list(read_workbook(tmp_path / "book.xlsx")) == ["Sheet"]


def test_workbook_is_known_by_its_content(tmp_path: Path) -> None:
    path = save_workbook(tmp_path / "download", {"Page": {at("B2"): 7}})
    assert read_sheets(path) == {"Page": {at("B2"): StoredCell(at("B2"), 7)}}


def test_file_that_is_not_there(tmp_path: Path) -> None:
    assert "there is no such file" in refusal(tmp_path / "none.xlsx")


def test_folder(tmp_path: Path) -> None:
    assert "folder" in refusal(tmp_path)


def test_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "locked.xlsx").touch()
    monkeypatch.setattr(Path, "open", refuse)
    assert "Permission denied" in refusal(tmp_path / "locked.xlsx")


@pytest.mark.parametrize("name", ["empty.xlsx", "empty.csv"])
def test_file_with_nothing_in_it(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    assert "empty" in refusal(tmp_path / name)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("old.xls", OLD_OFFICE + bytes(600), "old Office format"),
        ("secret.xlsx", OLD_OFFICE + "EncryptedPackage".encode("utf-16-le"), "password"),
        ("text.xlsx", b"x,y\n1,2\n", "does not begin as .xlsx files do"),
        ("cut.xlsx", b"PK\x03\x04" + bytes(100), "damaged or incomplete"),
        ("page.csv", b"\n<!DOCTYPE html><html></html>", "web page"),
        ("zeros.csv", b"x,y\n1,2\0\n", "zeros"),
        ("quote.csv", b'"x"y,1\n', "line 1 is not CSV"),
    ],
)
def test_other_files_are_told_from_workbooks(
    tmp_path: Path, name: str, content: bytes, words: str
) -> None:
    (tmp_path / name).write_bytes(content)
    assert words in refusal(tmp_path / name)


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ("content.xml", "OpenDocument"),
        ("xl/workbook.bin", ".xlsb"),
        ("word/document.xml", "damaged workbook or none"),
    ],
)
def test_other_archives_are_told_from_workbooks(tmp_path: Path, part: str, words: str) -> None:
    with ZipFile(tmp_path / "file.xlsx", "w") as archive:
        archive.writestr(part, "<document/>")
    text = refusal(tmp_path / "file.xlsx")
    assert words in text
    assert ".xlsx) " in text


def test_workbook_cut_off_anywhere_is_refused(tmp_path: Path) -> None:
    whole = save_workbook(tmp_path / "whole.xlsx", {"Page": original_sheet()}).read_bytes()
    cut = tmp_path / "cut.xlsx"
    for size in range(4, len(whole), len(whole) // 50):
        cut.write_bytes(whole[:size])
        assert "damaged" in refusal(cut)


def test_workbook_with_any_part_spoilt_is_refused_or_read(tmp_path: Path) -> None:
    whole = save_workbook(tmp_path / "whole.xlsx", {"Page": {at("A1"): "x", at("B2"): 7}})
    spoilt = tmp_path / "spoilt.xlsx"
    refused = set()
    with ZipFile(whole) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    for broken in parts:
        for content in (b"", b"<a><b></a>", b"<a/>", parts[broken][:-20], None):
            with ZipFile(spoilt, "w") as archive:
                for name, original in parts.items():
                    if name != broken:
                        archive.writestr(name, original)
                    elif content is not None:
                        archive.writestr(name, content)
            try:
                assert set(read_sheets(spoilt)) <= {"Page"}
            except WorkbookError:
                refused.add(broken)
    assert {"xl/workbook.xml", "xl/worksheets/sheet1.xml", "[Content_Types].xml"} <= refused


def test_number_that_is_none_is_refused(tmp_path: Path) -> None:
    path = save_raw_workbook(
        tmp_path / "book.xlsx",
        {"Page": '<sheetData><row r="1"><c r="A1"><v>seven</v></c></row></sheetData>'},
    )
    assert "damaged workbook" in refusal(path)
