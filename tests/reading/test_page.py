"""Reading pages: CSV and TSV, and web pages with spans, bars and tags that do not end."""

import codecs
import time
from contextlib import suppress
from pathlib import Path

import pytest

from sheetgd.errors import WorkbookError
from sheetgd.expression.excel import ErrorValue
from sheetgd.reading.page import read_sheets
from tests.support.sheets import at, original_sheet, save_csv

LONG = 2**18


def values(path: Path) -> dict[str, object]:
    ((_, cells),) = read_sheets(path).items()
    return {str(address): cell.value for address, cell in cells.items()}


def web(tmp_path: Path, text: str) -> dict[str, object]:
    path = tmp_path / "page.html"
    path.write_text(text, encoding="utf-8")
    return values(path)


def refusal(path: Path) -> str:
    with pytest.raises(WorkbookError) as caught:
        read_sheets(path)
    text = str(caught.value)
    assert text.startswith(f"{path}: ")
    assert "\n" not in text
    return text


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_csv_keeps_displayed_text(tmp_path: Path, delimiter: str, encoding: str) -> None:
    sheet = original_sheet(displayed=True)
    path = save_csv(tmp_path / "original.csv", sheet, delimiter=delimiter, encoding=encoding)
    cells = read_sheets(path)[path.stem]
    assert {address: cell.value for address, cell in cells.items()} == sheet
    assert cells[at("L27")].value == "1,296"
    assert cells[at("M94")].value == "25.150"
    assert read_sheets(path) == {"original": cells}


def test_csv_with_commas_in_texts_and_semicolons_between(tmp_path: Path) -> None:
    path = tmp_path / "sheet.csv"
    path.write_text("one, two, three, four;\nx;y\n7;44\n", encoding="utf-8")
    assert read_sheets(path)[path.stem][at("B3")].value == "44"


def test_csv_with_semicolons_in_quotes_only(tmp_path: Path) -> None:
    path = tmp_path / "sheet.csv"
    path.write_text('"a; b\nc; d\ne; f",1\n2,3\n', encoding="utf-8")
    assert read_sheets(path)[path.stem][at("B2")].value == "3"


def test_csv_line_ends_in_quotes_do_not_split_a_row(tmp_path: Path) -> None:
    path = tmp_path / "sheet.csv"
    path.write_bytes(b'"two;\r\nlines; or; more;",1\r\n ,"#N/A"\r\n')
    cells = read_sheets(path)[path.stem]
    assert {str(address): cell.value for address, cell in cells.items()} == {
        "A1": "two;\r\nlines; or; more;",
        "B1": "1",
        "B2": "#N/A",
    }
    assert cells[at("B2")].value is ErrorValue.NOT_AVAILABLE


def test_csv_whose_first_letters_are_those_of_an_archive(tmp_path: Path) -> None:
    path = tmp_path / "sheet.csv"
    path.write_text("PK,y\n1,2\n", encoding="utf-8")
    assert read_sheets(path)["sheet"][at("A1")].value == "PK"


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ('"Run" does\t2\nx\t"7\n', {"A1": '"Run" does', "B1": "2", "A2": "x", "B2": '"7'}),
        ("gr\xf6\xdfer,7\n".encode("cp1252"), {"A1": "gr\xf6\xdfer", "B1": "7"}),
        (codecs.BOM_UTF16_LE + "x\t\u22129\n".encode("utf-16-le"), {"A1": "x", "B1": "\u22129"}),
    ],
)
def test_text_as_other_programs_write_it(
    tmp_path: Path, content: str | bytes, found: dict[str, object]
) -> None:
    path = tmp_path / "page.tsv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    assert values(path) == found


PUBLISHED = (
    "<!DOCTYPE html><html><head><title>x</title><style>.a > td {}</style></head><body>"
    '<div id="sheets-viewport"><div class="ritz grid-container" dir="ltr">'
    '<table class="waffle no-grid" cellspacing="0"><thead><tr>'
    '<th class="row-header freezebar-origin-ltr header-shim"></th>'
    '<th id="0C0" class="header-shim">A</th>'
    '<th class="freezebar-cell freezebar-vertical-handle header-shim"></th>'
    '<th id="0C1" class="header-shim">B</th></tr></thead><tbody>'
    '<tr style="height: 20px"><th id="0R0"><div class="row-header-wrapper">1</div></th>'
    '<td class="s0 softmerge"><div class="softmerge-inner" title="a > b">Gradient &amp;<br>'
    'Descent</div></td><td class="freezebar-cell"></td><td class="s1"></td></tr>'
    '<tr><th style="height:3px;" class="freezebar-cell freezebar-horizontal-handle"></th>'
    '<td class="freezebar-cell"></td><td class="freezebar-cell"></td>'
    '<td class="freezebar-cell"></td></tr>'
    '<tr><th id="0R1"><div>2</div></th><td class="s2" rowspan="2">text</td>'
    '<td class="freezebar-cell"></td><td class="s3" dir="ltr">1,296</td></tr>'
    '<tr><th id="0R2"><div>3</div></th><td class="freezebar-cell"></td><td>#N/A</td></tr>'
    "</tbody></table></div></div><script>document.write('<table><tr><td>no')</script></body>"
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            PUBLISHED,
            {
                "A1": "Gradient & Descent",
                "A2": "text",
                "B2": "1,296",
                "B3": ErrorValue.NOT_AVAILABLE,
            },
        ),
        # Ends of cells and rows may be left out; <th> is a cell where Sheets did not write it.
        (
            "<TABLE><TR><TH>x<TH>y<TR><TD>7<TD>44</TABLE>",
            {"A1": "x", "B1": "y", "A2": "7", "B2": "44"},
        ),
        ("<table><tr><td sdval=2.051>2,<font>0</font>5&nbsp;\n </td>", {"A1": "2,05"}),
        ("<table><td>7<tr></tr><tr><td>9", {"A1": "7", "A3": "9"}),
        ("<table><tr><td rowspan=2 colspan=3>a<td>b<tr><td>c", {"A1": "a", "D1": "b", "D2": "c"}),
        (
            "<table><tr><td>a<td rowspan=3>b<td>c<tr><td>d<td>e<tr><td>f",
            {"A1": "a", "B1": "b", "C1": "c", "A2": "d", "C2": "e", "A3": "f"},
        ),
        (
            "<table><tr><td>a<td rowspan=0>b<tr><td>c<td>d<tr><td>e<td>f",
            {"A1": "a", "B1": "b", "A2": "c", "C2": "d", "A3": "e", "C3": "f"},
        ),
        # A span ends with its part of the table.
        ("<table><thead><tr><td rowspan=9>a<tbody><tr><td>b", {"A1": "a", "A2": "b"}),
        (
            "<table><tr><td colspan=x rowspan=-2>a<td colspan=0>b<td>c",
            {"A1": "a", "B1": "b", "C1": "c"},
        ),
        ("<table><tr><td colspan=999999999999999999>a<td>b", {"A1": "a", "ALM1": "b"}),
        (
            "<table><tr><td>1 < 2 <!-- > <td> --><![if x]>&#" + "1" * 5000,
            {"A1": "1 < 2"},
        ),
        # A table around the sheet's is a page's frame.
        ("<table><tr><td><table class='waffle'><tr><th>1<td>7</table></table>", {"A1": "7"}),
    ],
)
def test_web_page_is_read_as_a_browser_shows_it(
    tmp_path: Path, text: str, found: dict[str, object]
) -> None:
    assert web(tmp_path, text) == found


def test_web_page_of_more_cells_than_a_page_has_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    # A cell that goes on in 500 rows is passed in each of them.
    path.write_text("<table><tr>" + "<td rowspan=500>" * 500 + "<tr><td>" * 500)
    assert "more than 200,000 cells" in refusal(path)


def test_each_table_of_a_web_page_is_a_sheet(tmp_path: Path) -> None:
    path = tmp_path / "page.htm"
    path.write_text("<table><tr><td>1</table><table></table><table><tr><td>2</table>")
    sheets = read_sheets(path)
    assert {name: cells[at("A1")].value for name, cells in sheets.items()} == {
        "table 1": "1",
        "table 2": "2",
    }


@pytest.mark.parametrize("text", ["<html><p>Sign in</p>", "<table><tr><td> </table>", "words"])
def test_web_page_without_a_table_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "page.html"
    path.write_text(text)
    assert "this web page holds no table with cells; open the published" in refusal(path)


@pytest.mark.parametrize(
    "unit",
    ["<", "<a", "<a ", '<a "', '<a ="', "<!--", "</", "<![", "&#1", "<script>", "a ", "<td a='",
     "<td>", "<tr>", "<tr><td>", "<td rowspan=9>", "<table>", "<table><tr><td>", "<br>"],
)  # fmt: skip
@pytest.mark.parametrize(
    "before", ["<table><tr><td>", "<table><tr><td rowspan=99999999 colspan=99999999 "]
)
def test_web_page_of_what_does_not_end_takes_no_time(
    tmp_path: Path, before: str, unit: str
) -> None:
    path = tmp_path / "page.html"
    path.write_text((before + unit * (LONG // len(unit)))[:LONG])
    start = time.process_time()
    with suppress(WorkbookError):
        read_sheets(path)
    assert time.process_time() - start < 5
