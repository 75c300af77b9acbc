"""The rows of a worksheet as XML: every cell with its value and, if computed, its formula."""

from collections.abc import Iterator, Mapping
from itertools import groupby

from sheetgd.cells import Style
from sheetgd.pages.page import Page
from sheetgd.workbook.filled import filled_rows
from sheetgd.workbook.spelling import looks_of, row_of


def page_rows(page: Page, styles: Mapping[Style, int]) -> Iterator[tuple[int, str]]:
    """The rows of a page from top to bottom, in pieces of XML: how many rows it is, and the text.

    The cells of the page come first, those of its long table after them, so a long
    table is never held in memory whole.
    """
    looks = looks_of(styles)
    placed = sorted(page.cells, key=lambda cell: (cell.address.row, cell.address.column))
    for row, cells in groupby(placed, key=lambda cell: cell.address.row):
        yield 1, row_of(row, cells, looks, page.heights.get(row))
    if page.table is not None:
        yield from filled_rows(page.table, looks, page.heights)
