"""How a worksheet is printed: its areas, and where a new sheet of paper begins.

All of it is computed when the workbook is built, from the widths of columns and the heights of
rows. Worksheets are fitted to the paper's width, so where a program has wider letters a sheet of
paper holds more rows, never fewer.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Final

from sheetgd.expression.excel import Address, ErrorValue
from sheetgd.sheets.cells import Block, Cell, Look
from sheetgd.sheets.sheet import Page

SIDES: Final = 0.4
TOP: Final = 0.5
BOTTOM: Final = 0.7
FOOTER: Final = 0.3
"""The margins of a sheet of paper in inches, and how far from its edge the footer stands."""

SHORT, LONG = 8.27, 11.69
"""The sides of an A4 sheet, in inches."""

SMALLEST: Final = 0.4
"""No page is printed smaller: what is wider takes several sheets of paper side by side."""

_CHARACTER: Final = 7 / 96
"""Inches that a column is wide for each character, its padding included."""

_POINTS: Final = 72
_USUAL_WIDTH: Final = 8.43
_USUAL_HEIGHT: Final = 15.0
_RESERVE: Final = 0.97
"""So much of a sheet's height is counted on: programs differ by a little."""

_SMALLER: Final = 1.35
"""By so much a page may be printed smaller so that its parts take fewer sheets of paper."""

_SPARE: Final = 1.1
_MANY: Final = 50
"""Nobody counts more sheets of paper."""

_RUNS_ON: Final = {Look.TITLE: 1.75, Look.HEADING: 1.3, Look.NOTE: 0.85}
"""Looks whose text runs on over empty cells, and how many characters wide a letter is."""


def printed(
    page: Page,
    groups: Iterable[Sequence[int]] = ((1,),),
    *,
    last: int | None = None,
    most: int | None = None,
) -> Page:
    """Return the page with its print areas, each of which begins a new sheet of paper.

    Args:
        page: the page, before it has links to others.
        groups: the rows at which parts of the page begin. A group begins a new sheet of paper; a
            part of it only where it would not fit any more on the sheet that was begun.
        last: the last row to be printed; None takes the last one that has something to show.
        most: at most so many sheets are printed, one under the other: the last rows are left out
            where they need more.
    """
    whole, parts = content(page), [tuple(group) for group in groups]
    bottom = min(whole.last.row, last or whole.last.row)
    right = whole.last.column
    if sum(map(len, parts)) > 1:
        right = min(
            _rights(page, right), key=lambda each: (_count(page, parts, each, bottom), each)
        )
    blocks = list(_blocks(page, parts, right, bottom))
    if most is not None:
        down = max(most // sheets_across(page, right), len(blocks))
        before = sum(_sheets(page, block) for block in blocks[:-1])
        end = _last_that_fits(page, blocks[-1], max(down - before, 1))
        blocks[-1] = Block(blocks[-1].first, Address(end, right))
    return replace(page, printed=tuple(blocks))


def _rights(page: Page, right: int) -> Iterator[int]:
    """Yield the columns that a page may be printed up to: empty ones make the print smaller."""
    most = _SMALLER * _inches(page, right)
    while True:
        yield right
        right += 1
        if _inches(page, right) > most or sheets_across(page, right) > 1:
            return


def _count(page: Page, parts: Sequence[Sequence[int]], right: int, bottom: int) -> int:
    return sum(_sheets(page, block) for block in _blocks(page, parts, right, bottom))


def sheets(page: Page) -> int:
    """Return how many sheets of paper a page takes that has print areas."""
    across = sheets_across(page, page.printed[0].last.column)
    down = sum(_sheets(page, block) for block in page.printed)
    return across * (min(down, page.sheets) if page.sheets else down)


def sheets_across(page: Page, right: int) -> int:
    """Return how many sheets side by side a page takes up to a column."""
    return max(1, math.ceil(SMALLEST * _inches(page, right) / _paper(page)[0]))


def fits(page: Page, block: Block) -> float:
    """Return how many points of rows fit on a sheet, as small as the block's width makes them."""
    width, height = _paper(page)
    inches = _inches(page, block.last.column) / sheets_across(page, block.last.column)
    return _RESERVE * height * _POINTS * max(1.0, inches / width)


def content(page: Page) -> Block:
    """Return the block from A1 on of all that a page shows, links to other pages left out."""
    # What shows nothing is its first cell.
    corners = [Address(1, 1), *_corners(page)]
    row, column = (max(getattr(each, side) for each in corners) for side in ("row", "column"))
    return Block(Address(1, 1), Address(row, column))


def _corners(page: Page) -> list[Address]:
    """List the last cells of all that a page shows, links to other pages left out."""
    linked = {link.address for link in page.links}
    corners = [
        Address(cell.address.row, _reach(page, cell))
        for cell in page.cells
        if cell.value not in {None, "", ErrorValue.NOT_AVAILABLE} and cell.address not in linked
    ]
    corners += [block.last for block in page.merged if block.last.row > 1]
    corners += [chart.area.last for chart in page.charts]
    if page.table is not None:
        right = page.table.first.column + len(page.table.columns) - 1
        corners.append(Address(page.table.last_row, right))
    return corners


def _reach(page: Page, cell: Cell) -> int:
    """Return the column that a cell's text runs on to."""
    column = cell.address.column
    factor = _RUNS_ON.get(cell.style.look) if cell.style is not None else None
    if factor is None or any(cell.address == block.first for block in page.merged):
        return column
    left = factor * len(str(cell.value)) - _width(page, column)
    while left > 0:
        column += 1
        left -= _width(page, column)
    return column


def _blocks(
    page: Page, groups: Iterable[Sequence[int]], right: int, bottom: int
) -> Iterator[Block]:
    """Yield the print areas, if no row is left out."""
    starts = [[row for row in group if row <= bottom] for group in groups]
    starts = [group for group in starts if group]
    rows = {corner.row for corner in _corners(page)}
    # Empty rows at a block's end are left out: the frame of a chart below would be seen there.
    ends = [max(row for row in rows if row < group[0]) for group in starts[1:]]
    ends.append(bottom)
    for group, end in zip(starts, ends, strict=True):
        first = group[0]
        for row, after in zip(group, [*group[1:], end + 1], strict=True):
            area = Block(Address(first, 1), Address(after - 1, right))
            if row > first and _height(page, area) > fits(page, area):
                yield Block(area.first, Address(max(each for each in rows if each < row), right))
                first = row
        yield Block(Address(first, 1), Address(end, right))


def _sheets(page: Page, block: Block) -> int:
    """Count how many sheets of paper a block takes, one under the other."""
    return 1 + sum(1 for _ in islice(_overflows(page, block), _MANY))


def _last_that_fits(page: Page, block: Block, most: int) -> int:
    """Find the last row of a block that some sheets of paper have room for."""
    # A page with a number of sheets of its own is made a little smaller where it needs that.
    spare = _SPARE if page.sheets else 1.0
    for number, row in enumerate(_overflows(page, block, spare), start=1):
        if number == most:
            return row - 1
    return block.last.row


def _overflows(page: Page, block: Block, spare: float = 1.0) -> Iterator[int]:
    """Yield the rows of a block that begin a further sheet, as the one before is full."""
    spare_height, repeated = spare * fits(page, block), _repeated(page, block)
    used = 0.0
    for row in range(block.first.row, block.last.row + 1):
        height = _row_height(page, row)
        used += height
        if used > spare_height and row > block.first.row:
            yield row
            used = repeated + height


def _repeated(page: Page, block: Block) -> float:
    """Return how high the header is that each further sheet repeats."""
    header = page.header_row
    return 0.0 if header is None or header > block.last.row else _row_height(page, header)


def _paper(page: Page) -> tuple[float, float]:
    """Return the width and the height between a sheet's margins, in inches."""
    width, height = (LONG, SHORT) if page.landscape else (SHORT, LONG)
    return width - 2 * SIDES, height - TOP - BOTTOM


def _inches(page: Page, right: int) -> float:
    return _CHARACTER * sum(_width(page, column) for column in range(1, right + 1))


def _width(page: Page, column: int) -> float:
    return page.widths.get(Address(1, column).letters, _USUAL_WIDTH)


def _height(page: Page, block: Block) -> float:
    return sum(_row_height(page, row) for row in range(block.first.row, block.last.row + 1))


def _row_height(page: Page, row: int) -> float:
    return page.heights.get(row, _USUAL_HEIGHT)
