"""What can be seen of a workbook's pages: texts fit, charts cover nothing, messages are short."""

import math
from functools import cache

import pytest
from openpyxl.styles import Alignment, Font

from sheetgd.expression.excel import Address
from sheetgd.lesson.template import shipped_lesson
from sheetgd.sheets.book import Book
from sheetgd.sheets.cells import Block, Look
from sheetgd.sheets.sheet import TEXT_HEIGHT, Page, text_height
from sheetgd.xlsx.shell import DRAWN
from tests.support import built
from tests.support.given import lesson_of

NORMAL_HEIGHT = 15.0
DRAWN_SIZE = 12.0
"""The size of running text."""
NORMAL_WIDTH = 8.43

LONG = lesson_of(
    x=tuple(range(9)), y=tuple(value * value for value in range(9)), model="polynomial 5",
    batch=4, shuffle=3, optimizer="adam", gradient="forward", min_delta=0.1, loss="mae",
    metric="mae", texts=shipped_lesson("original").display.texts, x_name="a long name of a column",
    y_name="another long name of a column", panels=(0, 3),
)  # fmt: skip
LESSONS = {**built.SHORT, "long": LONG}
LESSONS["three"] = LONG.changed(model="a*exp(b*x) + c", start=(1, 0.1, 0), batch=1, shuffle=None)


every_lesson = pytest.mark.parametrize("name", LESSONS)


@cache
def book(name: str) -> Book:
    return built.book(LESSONS[name])


def width_of(page: Page, block: Block) -> float:
    columns = range(block.first.column, block.last.column + 1)
    return sum(page.widths.get(Address(1, column).letters, NORMAL_WIDTH) for column in columns)


def needed_height(text: str, look: Look, width: float) -> float:
    """The height that a text needs; `text_height` is for the size of running text."""
    drawn = DRAWN[look]
    font, alignment = drawn["font"], drawn.get("alignment", Alignment())
    assert isinstance(font, Font)
    assert isinstance(alignment, Alignment)
    size = float(font.size) / DRAWN_SIZE
    if not alignment.wrap_text:
        # One line, in which words are narrower than as many digits.
        return TEXT_HEIGHT * size if len(text) * size <= 1.1 * width else math.inf
    return text_height(text, width / size) * size


@every_lesson
def test_merged_texts_fit_their_blocks(name: str) -> None:
    for page in book(name).pages:
        texts = {cell.address: cell for cell in page.cells if isinstance(cell.value, str)}
        for block in page.merged:
            if block.first not in texts:
                continue
            cell = texts[block.first]
            rows = range(block.first.row, block.last.row + 1)
            height = sum(page.heights.get(row, NORMAL_HEIGHT) for row in rows)
            assert cell.style is not None
            needed = needed_height(str(cell.value), cell.style.look, width_of(page, block))
            # What is less than half a line too high can still be read.
            assert needed <= height + 8, (page.title, str(block), cell.value)


def test_a_text_that_is_too_long_needs_more_than_there_is() -> None:
    assert needed_height("word " * 20, Look.STATUS, 92.0) < 20 < math.inf
    assert needed_height("word " * 25, Look.STATUS, 92.0) == math.inf
    few, many = (needed_height("word " * words, Look.REMARK, 55.0) for words in (60, 90))
    assert few < 75 < many


def overlap(one: Block, other: Block) -> bool:
    return (
        one.first.row <= other.last.row
        and other.first.row <= one.last.row
        and one.first.column <= other.last.column
        and other.first.column <= one.last.column
    )


@every_lesson
def test_charts_cover_no_cells_and_one_another(name: str) -> None:
    for page in book(name).pages:
        for number, chart in enumerate(page.charts):
            rows = range(chart.area.first.row, chart.area.last.row + 1)
            columns = range(chart.area.first.column, chart.area.last.column + 1)
            covered = [
                str(cell.address)
                for cell in page.all_cells()
                if cell.address.row in rows and cell.address.column in columns
            ]
            assert not covered, page.title
            for other in page.charts[:number]:
                assert not overlap(chart.area, other.area), page.title


@every_lesson
def test_no_two_cells_stand_in_one_place(name: str) -> None:
    for page in book(name).pages:
        places = [cell.address for cell in page.all_cells()]
        assert len(places) == len(set(places)), page.title


@every_lesson
def test_messages_fit_what_excel_allows(name: str) -> None:
    for page in book(name).pages:
        messages = [(each.title, each.message) for each in page.prompts]
        messages += [(each.title, each.message) for each in page.inputs]
        for title, message in messages:
            assert 0 < len(title) <= 32
            assert 0 < len(message) <= 255


@every_lesson
def test_formulas_fit_what_a_cell_holds(name: str) -> None:
    for page in book(name).pages:
        assert all(len(cell.formula or "") <= 8192 for cell in page.all_cells()), page.title


@every_lesson
def test_sheet_titles_and_names_are_unique_and_allowed(name: str) -> None:
    titles = [page.title.lower() for page in book(name).pages]
    assert len(titles) == len(set(titles))
    assert all(1 <= len(title) <= 31 for title in titles)
    names = [each.lower() for page in book(name).pages for each in page.names]
    assert len(names) == len(set(names))
    assert all(each.isascii() and not each[0].isdigit() for each in names)


@every_lesson
def test_texts_have_no_places_left_to_fill(name: str) -> None:
    for page in book(name).pages:
        for cell in page.cells:
            assert not (isinstance(cell.value, str) and "{" in cell.value), (page.title, cell)


@every_lesson
def test_formulas_name_only_what_is_there(name: str) -> None:
    pages = {page.title: page for page in book(name).pages}
    for page in pages.values():
        for chart in page.charts:
            for series in chart.series:
                extent = pages[series.sheet].extent()
                for block in (series.x, series.values):
                    assert block.last.row <= extent.last.row
                    assert block.last.column <= extent.last.column


ORIGINAL = shipped_lesson("original")


def test_charts_cover_no_cells() -> None:
    for page in built.book(ORIGINAL).pages:
        for chart in page.charts:
            area = chart.area
            covered = [
                cell.address
                for cell in page.all_cells()
                if area.first.row <= cell.address.row <= area.last.row
                and area.first.column <= cell.address.column <= area.last.column
            ]
            assert not covered
            if page.title in {"Gradient Descent", "As published"}:
                assert area.first.row >= 57
                assert area.last.row <= 79


def test_columns_are_wide_enough_for_their_longest_texts() -> None:
    book = built.book(ORIGINAL)
    for page in book.pages:
        merged = {block.first for block in page.merged}
        neighbours = {cell.address for cell in page.all_cells() if cell.value not in (None, "")}
        for cell in page.all_cells():
            text = cell.value
            if not isinstance(text, str) or cell.address in merged or cell.style is None:
                continue
            width = page.widths.get(cell.address.letters, 8.43)
            wrapped = page.heights.get(cell.address.row, 15) // 12
            # What stands at the right of its cell reaches into the one before it.
            beside = -1 if cell.style.look is Look.LABEL else 1
            free = cell.address.moved(right=beside) not in neighbours
            assert free or len(text) <= width * max(1, wrapped) * 1.15, (page.title, cell)
