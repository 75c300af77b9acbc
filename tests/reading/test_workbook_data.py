"""The data rows of a lesson in a workbook: which sheet, which cells, which columns."""

import datetime as dt
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from openpyxl import Workbook
from openpyxl.chart import LineChart

from sheetgd.reading.columns import Data
from sheetgd.reading.workbook import read_xlsx
from tests.support.data_files import TWO_ROWS, Rows, book, columns, file, refusal
from tests.support.sheets import save_raw_workbook


def raw_book(folder: Path, rows: str) -> Path:
    return save_raw_workbook(folder / "book.xlsx", {"Data": f"<sheetData>{rows}</sheetData>"})


def sheet_refusal(path: Path, *arguments: str, **options: str | bool | None) -> str:
    given: dict[str, Any] = {**options}
    return refusal(lambda: read_xlsx(path, *arguments, **given)).removeprefix(f"{path}: ")


TABLE: Rows = [["x", "y"], [1, 10], [2, 20]]


@pytest.mark.parametrize(
    "rows",
    [
        TABLE,
        [[], [], [None, None, "x", "y"], [None, None, 1, 10], [None, None, 2, 20]],
        [["y", "note", "x"], [10, "a", 1], [20, None, 2.0], [None, None, None]],
        [[" x ", "y "], [1, 10], [2, 20]],
    ],
)
def test_a_sheet(tmp_path: Path, rows: Rows) -> None:
    assert read_xlsx(book(tmp_path, {"Data": rows})) == Data(*TWO_ROWS, "x", "y")


def test_a_sheet_among_others(tmp_path: Path) -> None:
    path = book(tmp_path, {"Data": TABLE, "More data": [["a", "b"], [3, 30]], "Empty": []})
    assert columns(read_xlsx(path)) == TWO_ROWS
    assert read_xlsx(path, sheet="More data") == Data((3,), (30,), "a", "b")
    assert sheet_refusal(path, sheet="data") == (
        "no sheet is named 'data'; it has 'Data', 'More data', 'Empty': choose with sheet=..."
        "; did you mean Data?"
    )
    assert sheet_refusal(path, sheet="Empty") == (
        "sheet 'Empty' holds nothing; choose cells with sheet=... and block=..."
    )
    assert sheet_refusal(path, "z").endswith(
        "it has 'x', 'y': choose with x=... and y=..., or another sheet than 'Data' with sheet=..."
    )


def test_columns_of_a_sheet_are_chosen(tmp_path: Path) -> None:
    path = book(tmp_path, {"Data": [[None, "a", None, 2020], [None, 7, 1, 10], [None, 8, 2, 20]]})
    assert read_xlsx(path, "2", "2020") == Data(*TWO_ROWS, "2", "2020")
    assert read_xlsx(path, "a", "3") == Data((7, 8), (10, 20), "a", "2020")
    assert sheet_refusal(path, "b") == (
        "no column is named 'b'; it has 'a', '2', '2020': choose with x=... and y=..."
    )


@pytest.mark.parametrize("block", ["B2:C4", "$B$2:$C$4", "c4:b2", "C2:B4", "B2:C1000000"])
def test_a_range(tmp_path: Path, block: str) -> None:
    rows: Rows = [["Sales"], [0, "x", "y", "note"], [0, 1, 10], [0, 2, 20, "n/a"], [], ["a note"]]
    path = book(tmp_path, {"Data": rows})
    assert read_xlsx(path, block=block) == Data(*TWO_ROWS, "x", "y")


def test_a_range_begins_with_its_first_column_even_if_that_is_empty(tmp_path: Path) -> None:
    path = book(tmp_path, {"Data": [[None, "a", "b"], [None, 1, 10], [None, 2, 20]]})
    assert columns(read_xlsx(path, "2", "3", block="A1:C3")) == TWO_ROWS
    assert columns(read_xlsx(path, "1", "2", block="B1:C3")) == TWO_ROWS
    assert columns(read_xlsx(path, "1", "2", block="B2:C3", header=False)) == TWO_ROWS
    assert sheet_refusal(path, block="F1:G2") == (
        "sheet 'Data' holds nothing in F1:G2; choose cells with sheet=... and block=..."
    )


@pytest.mark.parametrize("block", ["B2", "B2:C3:D4", "B:C", "2:3", "", "Data!B2:C3", "B0:C3"])
def test_what_is_no_range(tmp_path: Path, block: str) -> None:
    says = refusal(lambda: read_xlsx(tmp_path, block=block))
    assert says == f"block={block!r} is not known: two cells are accepted, such as B2:C21"


def test_a_sheet_without_a_header(tmp_path: Path) -> None:
    path = book(tmp_path, {"Data": [[], [1, 10], [2, 20]]})
    assert read_xlsx(path, header=False) == Data(*TWO_ROWS, "1", "2")
    assert sheet_refusal(path) == (
        "row 2 of sheet 'Data' looks like data, for it holds numbers only: put names above it, "
        "or say with header=False that there are none"
    )
    path = book(tmp_path, {"Data": [[1.5, 10], [2, 20]]})
    assert "row 1 of sheet 'Data' looks like data" in sheet_refusal(path)


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("n/a", "'n/a' where a number should be"),
        ("12", "the text '12' where a number should be"),
        (True, "TRUE where a number should be"),
        ("#N/A", "the error #N/A where a number should be"),
        (dt.date(2024, 5, 6), "the date or time 2024-05-06 00:00:00 where a number should be"),
        (dt.time(6, 30), "the date or time 06:30:00 where a number should be"),
        (dt.timedelta(days=2), "the date or time 2 days, 0:00:00 where a number should be"),
        (
            "=1+1",
            (
                "a formula without a stored number where a number should be; open the workbook "
                "in a spreadsheet program and save it there"
            ),
        ),
        (None, "nothing where a number should be; name the cells that are meant with block=..."),
    ],
)
def test_cells_that_are_no_numbers(tmp_path: Path, value: object, says: str) -> None:
    path = book(tmp_path, {"My 'data'": [[], [None, "x", "y"], [None, 1, value], [None, 2, 3]]})
    assert sheet_refusal(path) == f"cell 'My ''data'''!C3 holds {says}"


def test_a_note_below_the_data_is_no_row(tmp_path: Path) -> None:
    path = book(tmp_path, {"Data": [*TABLE, [], ["Source: the shop"]]})
    assert sheet_refusal(path).startswith("cell 'Data'!A4 holds nothing")
    assert columns(read_xlsx(path, block="A1:B4")) == TWO_ROWS


def test_stored_results_of_formulas_are_read(tmp_path: Path) -> None:
    rows = (
        '<row r="1"><c r="A1" t="str"><v>x</v></c><c r="B1" t="str"><f>"y"</f><v>y</v></c></row>'
        '<row r="2"><c r="A2"><v>1</v></c><c r="B2"><f>A2*10</f><v>10</v></c></row>'
        '<row r="3"><c r="A3"><f>A2+1</f><v>2</v></c><c r="B3"><v>20</v></c></row>'
    )
    assert read_xlsx(raw_book(tmp_path, rows)) == Data(*TWO_ROWS, "x", "y")
    empty = '<row r="4"><c r="A4"><v>3</v></c><c r="B4" t="str"><f>""</f><v></v></c></row>'
    says = sheet_refusal(raw_book(tmp_path, rows + empty))
    assert says.startswith("cell 'Data'!B4 holds a formula without a stored number")


def test_a_number_beyond_all_numbers(tmp_path: Path) -> None:
    row = f'<row r="1"><c r="A1"><v>{"9" * 400}</v></c><c r="B1"><v>1</v></c></row>'
    says = sheet_refusal(raw_book(tmp_path, row), header=False)
    assert says == "cell 'Data'!A1 holds inf where a number should be"


@pytest.mark.slow
def test_cells_far_apart_are_no_trouble(tmp_path: Path) -> None:
    rows = (
        '<row r="1"><c r="A1"><v>1</v></c><c r="B1"><v>2</v></c></row>'
        '<row r="1048576"><c r="XFD1048576"><v>3</v></c></row>'
    )
    says = sheet_refusal(raw_book(tmp_path, rows), "1", "2", header=False)
    assert says.startswith("cell 'Data'!A2 holds nothing")


def test_what_openpyxl_warns_of_does_not_get_out(tmp_path: Path) -> None:
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    for row in [*TABLE, [3, 1e10]]:
        sheet.append(row)
    sheet["B4"].number_format = "yyyy-mm-dd"
    workbook.save(tmp_path / "book.xlsx")
    assert "cell 'Sheet'!B4 holds the error #VALUE!" in sheet_refusal(tmp_path / "book.xlsx")


def test_a_workbook_of_charts_only(tmp_path: Path) -> None:
    workbook = Workbook()
    workbook.create_chartsheet("Chart").add_chart(LineChart())
    workbook.remove(workbook.worksheets[0])
    workbook.save(tmp_path / "book.xlsx")
    says = sheet_refusal(tmp_path / "book.xlsx")
    assert says == "the workbook has no sheet with cells; add one"


OLD_OFFICE = bytes.fromhex("d0cf11e0a1b11ae1")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "the file is empty"),
        (b"x,y\n1,2\n", "this is no workbook"),
        (OLD_OFFICE + bytes(600), "old Office format"),
        (OLD_OFFICE + "EncryptedPackage".encode("utf-16-le"), "protected with a password"),
        (b"PK\x03\x04" + bytes(100), "damaged or incomplete"),
    ],
)
def test_files_that_are_no_workbooks(tmp_path: Path, content: bytes, says: str) -> None:
    assert says in sheet_refusal(file(tmp_path, content, "book.xlsx"))


def test_workbooks_that_are_cut_off_or_not_there(tmp_path: Path) -> None:
    whole = book(tmp_path, {"Data": TABLE}).read_bytes()
    for size in range(4, len(whole), len(whole) // 10):
        assert "damaged" in sheet_refusal(file(tmp_path, whole[:size], "cut.xlsx"))
    assert "there is no such file" in sheet_refusal(tmp_path / "none.xlsx")
    assert "folder" in sheet_refusal(tmp_path)


def test_a_workbook_whose_sheet_is_spoilt(tmp_path: Path) -> None:
    whole, spoilt = book(tmp_path, {"Data": TABLE}), tmp_path / "spoilt.xlsx"
    with ZipFile(whole) as archive, ZipFile(spoilt, "w") as copy:
        for name in archive.namelist():
            text = archive.read(name)
            copy.writestr(name, text[:-40] if "sheet1" in name else text)
    assert "damaged workbook" in sheet_refusal(spoilt)
