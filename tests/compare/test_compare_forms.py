"""The original in the forms people have it in, and copies of it that have lost merged cells."""

import html
from itertools import count
from pathlib import Path
from zipfile import ZipFile

import pytest

from sheetgd.compare import Comparison, Outcome, compare_workbook
from sheetgd.compare.locate import locate
from sheetgd.errors import WorkbookError
from sheetgd.expression.excel import Address
from tests.support.sheets import (
    Sheet,
    as_cells,
    at,
    original_sheet,
    our_sheet,
    save_csv,
    save_workbook,
)

MERGED = ("B3:M3", "B8:H15", "B17:H24", "B26:H33", "B35:M43", "B56:M80", "B83:G83")
"""The texts of the original, each in cells that are merged."""

Rows = list[list[tuple[str, int, int]]]


def page_rows(sheet: Sheet, merged: tuple[str, ...] = MERGED) -> Rows:
    """The rows of a web page: of each cell what it shows, and how many columns and rows it has."""
    spans: dict[Address, tuple[int, int]] = {}
    covered: set[Address] = set()
    for area in merged:
        first, last = map(at, area.split(":"))
        spans[first] = (last.column - first.column + 1, last.row - first.row + 1)
        covered |= {
            Address(row, column)
            for row in range(first.row, last.row + 1)
            for column in range(first.column, last.column + 1)
        } - {first}
        sheet = {first: "some words", **sheet}
    width = max(address.column for address in sheet)
    return [
        [
            (str(sheet.get(place, "")), *spans.get(place, (1, 1)))
            for column in range(1, width + 1)
            if (place := Address(row, column)) not in covered
        ]
        for row in range(1, max(address.row for address in sheet) + 1)
    ]


def published_page(sheet: Sheet) -> str:
    """The page as Google Sheets publishes it, with two frozen rows and one frozen column."""
    bar = '<td class="freezebar-cell"></td>'
    lines = []
    for number, row in enumerate(page_rows(sheet)):
        cells = "".join(
            f'<td class="s{place}"'
            + (f' colspan="{across}"' if across > 1 else "")
            + (f' rowspan="{down}"' if down > 1 else "")
            + f' dir="ltr">{html.escape(text)}</td>{bar if not place else ""}'
            for place, (text, across, down) in enumerate(row)
        )
        head = f'<th id="0R{number}" class="row-headers-background"><div>{number + 1}</div></th>'
        lines.append(f"<tr>{head}{cells}</tr>")
    lines.insert(
        2, f'<tr><th class="freezebar-cell freezebar-horizontal-handle"></th>{bar * 14}</tr>'
    )
    letters = "".join(f"<th>{letter}</th>" for letter in "ABCDEFGHIJKLM")
    return (
        "<!DOCTYPE html><html><head><style>.ritz .waffle a { color: inherit; }</style></head><body>"
        '<div class="ritz grid-container" dir="ltr"><table class="waffle" cellspacing="0"><thead>'
        f'<tr><th class="row-header"></th>{letters}</tr></thead><tbody>{"".join(lines)}</tbody>'
        "</table></div></body></html>"
    )


def office_page(sheet: Sheet) -> str:
    """The page as an office program saves it, with no words about the page in it."""
    rows = (
        "".join(
            f'<td colspan={across} rowspan={down} height="20"><font face="Arial">'
            f"{html.escape(text)}</font></td>\n"
            for text, across, down in row
        )
        for row in page_rows(sheet)
    )
    return "<html><body><table>" + "".join(f"<tr>{row}</tr>\n" for row in rows) + "</table>"


def copied(sheet: Sheet, *, merged: tuple[str, ...] = MERGED, numbered: bool = False) -> Sheet:
    """The sheet as a copy has it that takes each row's cells one after the other."""
    found: Sheet = {}
    for row, cells in enumerate(page_rows(sheet, merged), start=1):
        texts = [str(row)] * numbered + [text for text, _, _ in cells]
        found |= {Address(row, column): text for column, text in enumerate(texts, start=1)}
    return found


def wide(sheet: Sheet) -> Sheet:
    """The sheet as a copy has it that keeps the width of merged cells, but not their height."""
    found: Sheet = {}
    for row, cells in enumerate(page_rows(sheet), start=1):
        columns = count(1)
        for text, across, _ in cells:
            found[Address(row, next(columns))] = text
            _ = [next(columns) for _ in range(across - 1)]
    return found


def against(tmp_path: Path, file: Path, ours: Sheet | None = None) -> Comparison:
    workbook = save_workbook(tmp_path / "ours.xlsx", {"As published": ours or original_sheet()})
    return compare_workbook(workbook, file)


DISPLAYED = original_sheet(displayed=True)


@pytest.mark.parametrize("write", [published_page, office_page])
@pytest.mark.parametrize("name", ["page.html", "page.htm", "page"])
def test_web_page_is_compared(tmp_path: Path, name: str, write: object) -> None:
    assert callable(write)
    file = tmp_path / name
    file.write_text(write(DISPLAYED), encoding="utf-8")
    comparison = against(tmp_path, file)
    assert comparison.same
    assert comparison.total.compared == 269
    assert comparison.remark == ""
    # The published page does not show the last nine rows; a copy should.
    total = against(tmp_path, file, our_sheet()).total
    missing = (total.not_published, total.missing_in_original)
    assert missing == ((108, 0) if name != "page" else (0, 108))
    file.write_text(write(DISPLAYED | {at("M94"): "25.151"}), encoding="utf-8")
    (difference,) = against(tmp_path, file).differences
    assert (difference.address, difference.expected, difference.found) == ("M94", "25.151", 25.15)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252"])
def test_tab_separated_copy_is_compared(tmp_path: Path, encoding: str) -> None:
    sheet = DISPLAYED | {at("B3"): '"Caf\xe9" is a text, with commas'}
    file = save_csv(tmp_path / "page.tsv", sheet, delimiter="\t", encoding=encoding)
    assert against(tmp_path, file).same


def save_ods(path: Path, sheet: Sheet, mimetype: str = "mimetype") -> Path:
    rows = "".join(
        "<table:table-row>"
        + "".join(
            f'<table:table-cell office:value-type="float" office:value="{value}"/>'
            if isinstance(value := sheet.get(Address(row, column)), int | float)
            else '<table:table-cell office:value-type="string">'
            f"<text:p>{html.escape(str(value or ''))}</text:p></table:table-cell>"
            for column in range(1, 14)
        )
        + "</table:table-row>"
        for row in range(1, 101)
    )
    names = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text")
    )
    with ZipFile(path, "w") as archive:
        archive.writestr(mimetype, "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(
            "content.xml",
            f"<office:document-content {names}><office:body><office:spreadsheet>"
            f'<table:table table:name="Sheet">{rows}</table:table></office:spreadsheet>'
            "</office:body></office:document-content>",
        )
    return path


@pytest.mark.parametrize(("name", "first"), [("copy.ods", "x"), ("copy", "mimetype")])
def test_opendocument_spreadsheet_is_compared(tmp_path: Path, name: str, first: str) -> None:
    comparison = against(tmp_path, save_ods(tmp_path / name, original_sheet(), first))
    assert comparison.same
    assert comparison.original == f"{name} (Sheet)"
    changed = save_ods(tmp_path / name, original_sheet() | {at("M94"): 25.151}, first)
    assert len(against(tmp_path, changed).differences) == 1
    changed.write_bytes(changed.read_bytes()[:-200])
    with pytest.raises(WorkbookError, match=f"{name}: .*damaged"):
        against(tmp_path, changed)


MOVED = [
    copied(DISPLAYED),
    # Merged over two rows only: the other rows of the table stand far to the right.
    copied(DISPLAYED, merged=("B8:H9", "B17:H18", "B26:H27")),
    copied(DISPLAYED, merged=("B8:C9",)),
    wide(DISPLAYED),
]


@pytest.mark.parametrize("sheet", MOVED)
def test_copy_without_its_merged_cells_is_read_in_order(tmp_path: Path, sheet: Sheet) -> None:
    comparison = against(tmp_path, save_csv(tmp_path / "copy.csv", sheet))
    assert comparison.differences == ()
    assert comparison.total.equal == 269
    assert "data: cells do not stand under their headers" in comparison.to_text()
    # Our own page is never read like this.
    assert len(locate(as_cells(sheet)).keys()) < 269


@pytest.mark.parametrize(
    ("change", "label"),
    [
        ({at("J9"): "8"}, "data x, row 1"),
        ({at("K13"): "131"}, "data y, row 5"),
        ({at("J22"): "-50"}, "prediction x, row 5"),
        ({at("L27"): "1,297"}, "squared_error (y_pred-y)^2, row 1"),
        ({at("J9"): "44", at("K9"): "7"}, "data x, row 1"),
        ({at("J84"): "2.052"}, "controls m_guess"),
    ],
)
def test_other_values_in_a_copy_are_told(tmp_path: Path, change: Sheet, label: str) -> None:
    file = save_csv(tmp_path / "copy.csv", copied(DISPLAYED | change))
    comparison = against(tmp_path, file)
    assert [each.kind for each in comparison.differences] == [Outcome.DIFFERENT] * len(change)
    assert f"{comparison.differences[0].table} {comparison.differences[0].label}" == label


@pytest.mark.parametrize("place", ["M9", "M18", "M12"])
def test_block_that_cannot_be_read_says_so(tmp_path: Path, place: str) -> None:
    """A moved row with a number more: which number is which is not known."""
    sheet = copied(DISPLAYED | {at(place): "130"})
    comparison = against(tmp_path, save_csv(tmp_path / "copy.csv", sheet))
    assert {each.kind for each in comparison.differences} == {Outcome.MISSING_IN_ORIGINAL}
    assert len(comparison.differences) == 10
    assert "not readable; give a download of the original" in comparison.to_text()


def test_copy_with_the_numbers_of_its_rows_says_what_cannot_be_read(tmp_path: Path) -> None:
    file = save_csv(tmp_path / "copy.csv", copied(DISPLAYED, numbered=True))
    comparison = against(tmp_path, file)
    assert comparison.total.different == 0
    assert comparison.total.missing_in_original == 35
    assert comparison.remark.count("not readable") == 3


def test_cell_missing_from_a_sheet_that_stands_well_is_one_cell(tmp_path: Path) -> None:
    for place in ("J9", "K13", "J18", "K27", "L31", "I84", "J85"):
        sheet = {address: value for address, value in DISPLAYED.items() if address != at(place)}
        comparison = against(tmp_path, save_csv(tmp_path / "copy.csv", sheet))
        assert len(comparison.differences) == 1
        assert comparison.remark == ""


def test_rows_of_our_own_page_that_have_moved_are_different(tmp_path: Path) -> None:
    ours = our_sheet()
    for row in range(9, 14):
        ours[Address(row, 9)] = ours.pop(Address(row, 10))
        ours[Address(row, 10)] = ours.pop(Address(row, 11))
    workbook = save_workbook(tmp_path / "ours.xlsx", {"As published": ours})
    total = compare_workbook(workbook).total
    assert (total.different, total.missing_in_workbook) == (5, 5)


def test_report_says_that_other_pages_are_not_compared(tmp_path: Path) -> None:
    workbook = save_workbook(tmp_path / "ours.xlsx", {"As published": our_sheet()})
    text = compare_workbook(workbook).to_text()
    assert 'Only the page "As published" was compared: other pages' in text
    assert 'Built with no settings of your own, the page "Gradient Descent" shows' in text
