"""The rows of a worksheet as XML: every cell with its value and, if computed, its formula."""

from collections.abc import Iterator, Mapping
from itertools import groupby

from sheetgd.cells import MAX_ROWS, Style
from sheetgd.pages.page import Page
from sheetgd.workbook.filled import filled_rows
from sheetgd.workbook.spelling import looks_of, row_of


def page_rows(page: Page, styles: Mapping[Style, int]) -> Iterator[tuple[int, str]]:
    """The rows of a page from top to bottom, in pieces of XML: how many rows it is, and the text.

    The cells of the page come first, those of its long table after them, so a long
    table is never held in memory whole. Rows that have a height and no cell count as none.
    """
    looks = looks_of(styles)
    placed = sorted(page.cells, key=lambda cell: (cell.address.row, cell.address.column))
    rows = {row: list(cells) for row, cells in groupby(placed, key=lambda cell: cell.address.row)}
    end = MAX_ROWS + 1 if page.table is None else page.table.first.row
    empty = {row for row in page.heights if row not in rows and row < end}
    for row in sorted(rows.keys() | empty):
        yield int(row in rows), row_of(row, rows.get(row, ()), looks, page.heights.get(row))
    if page.table is not None:
        yield from filled_rows(page.table, looks, page.heights)
