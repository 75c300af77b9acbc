"""What is printed of a workbook: which rows, on how many sheets of paper, and how they break."""

import os
import re
import subprocess
from dataclasses import replace
from pathlib import Path
from zipfile import ZipFile

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from sheetgd.expression.excel import Address
from sheetgd.lesson.template import shipped_lesson, shipped_names
from sheetgd.reading.recalculate import find_libreoffice
from sheetgd.sheets import printing as paper
from sheetgd.sheets.cells import Block, Cell, Look, Style
from sheetgd.sheets.sheet import Link, Page, hidden
from sheetgd.xlsx.write import build_workbook
from tests.support.given import lesson_of
from tests.support.programs import needs_libreoffice
from tests.support.shipped import book

MOST = {"original": 25}
"""So many sheets of paper a shipped lesson may take; others may take 40."""
WIDE = {
    ("neurons", "Gradient"): 6,
    ("neurons", "Steps"): 4,
    ("outlier", "Gradient Descent"): 4,
    ("overfitting", "Gradient Descent"): 6,
    ("overfitting", "With a penalty"): 6,
    ("xor", "Three tanh, seed 1"): 6,
}
"""So many sheets a page may take that has more columns, or words, than go on few."""
NAMES = sorted(set(shipped_names()) - {"dosage"})

WITHOUT_CALIBRI = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  <selectfont><rejectfont>
    <pattern><patelt name="family"><string>Carlito</string></patelt></pattern>
    <pattern><patelt name="family"><string>Calibri</string></patelt></pattern>
  </rejectfont></selectfont>
</fontconfig>
"""


def visible(name: str) -> list[Page]:
    return [page for page in book(name).pages if not page.hidden]


def column(rows: int, **others: object) -> Page:
    """A page with numbers down its columns B to G: at this width a row is printed as it is."""
    cells = [
        Cell(Address(row, right), float(row), None, Style(Look.RESULT))
        for row in range(1, rows + 1)
        for right in range(2, 8)
    ]
    widths = {"A": 2.0} | dict.fromkeys("BCDEFG", 12.0)
    return replace(Page(title="Page", widths=widths, cells=tuple(cells)), **others)  # type: ignore[arg-type]  # a page's own fields


def blocks(page: Page) -> list[str]:
    return [str(block) for block in page.printed]


# How pages are parted


def test_a_page_is_printed_whole_and_by_itself() -> None:
    assert blocks(paper.printed(column(10))) == ["A1:G10"]


def test_links_beside_a_page_and_rows_of_empty_texts_are_not_printed() -> None:
    page = column(10)
    empty = [Cell(Address(row, 2), "", '""', Style(Look.RESULT)) for row in range(11, 40)]
    link = Cell(Address(1, 12), "Guide", None, Style(Look.LINK))
    links = (Link(link.address, "Guide", Address(1, 1)),)
    page = replace(page, cells=(*page.cells, *empty, link), links=links)
    assert blocks(paper.printed(page)) == ["A1:G10"]


def test_a_text_that_runs_on_is_printed_to_its_end() -> None:
    note = Cell(Address(3, 8), "as long as several columns are wide", None, Style(Look.NOTE))
    page = column(10)
    assert paper.content(replace(page, cells=(*page.cells, note))).last.column > 9
    merged = Block(note.address, note.address.moved(right=1))
    page = replace(page, cells=(*page.cells, note), merged=(merged,))
    assert paper.content(page).last.column == 9


def test_groups_begin_new_sheets_and_parts_do_where_they_must() -> None:
    page = column(100)
    fits = int(paper.fits(page, Block.parse("A1:G100")) // 15)
    assert 40 < fits < 50
    assert blocks(paper.printed(page, [(1,), (20,)])) == ["A1:G19", "A20:G100"]
    assert blocks(paper.printed(page, [(1, 20)], last=fits)) == [f"A1:G{fits}"]
    assert blocks(paper.printed(page, [(1, 20)], last=fits + 1)) == ["A1:G19", f"A20:G{fits + 1}"]
    # What is too long by itself begins at once and runs on.
    assert blocks(paper.printed(page, [(1, 3)])) == ["A1:G2", "A3:G100"]


def test_a_table_ends_where_the_sheets_do() -> None:
    page = column(500, header_row=2)
    cut = paper.printed(page, most=3)
    (area,) = cut.printed
    # The header in row 2 stands on each of the three sheets.
    rows = int(paper.fits(page, area) // 15)
    assert area.last.row == rows + 2 * (rows - 1)
    assert paper.sheets(cut) == 3
    more = replace(cut, printed=(Block(area.first, area.last.moved(down=1)),))
    assert paper.sheets(more) == 4


def test_what_is_wide_is_printed_small_and_then_side_by_side() -> None:
    page = column(10)
    assert paper.sheets_across(page, 7) == 1
    assert paper.sheets_across(replace(page, widths=dict.fromkeys("ABCDEFG", 36.0)), 7) == 1
    assert paper.sheets_across(replace(page, widths=dict.fromkeys("ABCDEFG", 38.0)), 7) == 2


def test_a_hidden_page_has_no_print_area() -> None:
    page = hidden(replace(paper.printed(column(10)), sheets=1))
    assert (page.printed, page.sheets) == ((), 0)


# The shipped lessons


@pytest.mark.parametrize("name", NAMES)
def test_every_page_that_is_shown_has_print_areas_and_no_other(name: str) -> None:
    for page in book(name).pages:
        assert bool(page.printed) == (not page.hidden), page.title


@pytest.mark.parametrize("name", NAMES)
def test_a_lesson_takes_few_sheets_of_paper(name: str) -> None:
    taken = {page.title: paper.sheets(page) for page in visible(name)}
    assert sum(taken.values()) <= MOST.get(name, 40), taken
    mains = [name for name in taken if name in {"Gradient Descent", "As published"}]
    for title, sheets in taken.items():
        most = {"Steps": 3, "Check": 4} | dict.fromkeys(mains, 3)
        assert sheets <= WIDE.get((name, title), most.get(title, 2)), taken


@pytest.mark.parametrize("name", NAMES)
def test_print_areas_follow_each_other_and_end_no_chart_or_text_in_its_middle(name: str) -> None:
    for page in visible(name):
        for one, other in zip(page.printed, page.printed[1:], strict=False):
            assert one.last.row < other.first.row
        first, last = page.printed[0].first.row, page.printed[-1].last.row
        pieces = [chart.area for chart in page.charts] + [*page.merged]
        for piece in pieces:
            if first <= piece.first.row <= last:
                assert any(
                    block.first.row <= piece.first.row and piece.last.row <= block.last.row
                    for block in page.printed
                ), (page.title, str(piece))


@pytest.mark.parametrize("name", NAMES)
def test_every_number_stands_in_a_column_that_was_given_a_width(name: str) -> None:
    for page in visible(name):
        for cell in page.all_cells():
            if isinstance(cell.value, float):
                assert page.widths[cell.address.letters] > 2.0, (page.title, str(cell.address))


# The file


@pytest.fixture(scope="module")
def workbook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("print") / "original.xlsx"
    build_workbook(shipped_lesson("original"), path)
    return path


@pytest.fixture(scope="module")
def sheets(workbook: Path) -> list[Worksheet]:
    return list(openpyxl.load_workbook(workbook).worksheets)


def test_every_sheet_is_fitted_to_the_paper_s_width(sheets: list[Worksheet]) -> None:
    for sheet in sheets:
        setup = sheet.sheet_properties.pageSetUpPr
        assert setup is not None
        assert setup.fitToPage
        assert sheet.page_setup.fitToWidth == 1 or sheet.sheet_state == "hidden"
        assert sheet.page_setup.scale is None
        assert not sheet.row_breaks.brk


def test_the_footer_has_room_above_the_paper_s_edge(sheets: list[Worksheet]) -> None:
    for sheet in sheets:
        margins = sheet.page_margins
        assert margins.footer >= 0.25
        assert margins.bottom - margins.footer >= 0.3


def test_titles_of_print_name_columns_before_rows(tmp_path: Path) -> None:
    coefficients = tuple(f"c{number}" for number in range(24))
    wide = lesson_of(
        x=(1, 2, 3), y=(2, 4, 5), epochs=1, capacity=1, model="+".join(coefficients) + "+x",
        start=(0.0,) * 24, guess=(0.0,) * 24,
    )  # fmt: skip
    path = tmp_path / "wide.xlsx"
    build_workbook(wide, path)
    with ZipFile(path) as archive:
        book_xml = archive.read("xl/workbook.xml").decode()
    titles = re.findall(r'_xlnm\.Print_Titles"[^>]*>([^<]*)<', book_xml)
    assert any(re.fullmatch(r"Steps!\$A:\$B,Steps!\$[0-9]+:\$[0-9]+", each) for each in titles)
    assert not [each for each in titles if re.search(r"\$[0-9]+,.*\$B", each)]


def printed_pages(workbook: Path, place: Path, **environment: str) -> int:
    """How many sheets of paper LibreOffice prints a workbook on."""
    program = find_libreoffice()
    assert program is not None
    command = [program, f"-env:UserInstallation={(place / 'profile').as_uri()}", "--headless"]
    command += ["--convert-to", "pdf", "--outdir", str(place), str(workbook)]
    subprocess.run(
        command, check=True, timeout=300, capture_output=True, env=os.environ | environment
    )
    pdf = (place / workbook.with_suffix(".pdf").name).read_bytes()
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


@needs_libreoffice
@pytest.mark.parametrize("fonts", ["as they are", "without Calibri"])
def test_libreoffice_prints_as_many_sheets_as_reckoned(
    fonts: str, workbook: Path, tmp_path: Path
) -> None:
    file = tmp_path / "fonts.conf"
    file.write_text(WITHOUT_CALIBRI, encoding="utf-8")
    environment = {"FONTCONFIG_FILE": str(file)} if fonts == "without Calibri" else {}
    found = printed_pages(workbook, tmp_path, **environment)
    reckoned = sum(map(paper.sheets, visible("original")))
    # Hidden pages would be many more; where letters are wider, there are fewer sheets.
    assert reckoned - 2 <= found <= reckoned
    assert found <= MOST["original"]
