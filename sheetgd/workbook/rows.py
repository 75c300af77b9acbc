"""The rows of a worksheet as XML: every cell with its value and, if computed, its formula."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby

from sheetgd.cells import Cell, ErrorValue, Style
from sheetgd.pages.page import Page
from sheetgd.workbook.text import escaped


def page_rows(page: Page, styles: Mapping[Style, int]) -> Iterator[str]:
    """The rows of a page from top to bottom, each as one piece of XML.

    The cells of the page come first, those of its long table after them, so a long
    table is never held in memory whole.
    """
    placed = sorted(page.cells, key=lambda cell: cell.address)
    for row, cells in groupby(placed, key=lambda cell: cell.address.row):
        yield _row(row, cells, styles, page.heights.get(row))
    if page.table is not None:
        for row, line in enumerate(page.table.rows(), page.table.first.row):
            yield _row(row, line, styles, page.heights.get(row))


def _row(
    number: int, cells: Iterable[Cell], styles: Mapping[Style, int], height: float | None
) -> str:
    tall = "" if height is None else f' ht="{height:g}" customHeight="1"'
    return f'<row r="{number}"{tall}>{"".join(_cell(cell, styles) for cell in cells)}</row>'


def _cell(cell: Cell, styles: Mapping[Style, int]) -> str:
    style = "" if cell.style is None else f' s="{styles[cell.style]}"'
    start = f'<c r="{cell.address}"{style}'
    value = cell.value
    if cell.formula is None:
        if value is None:
            return f"{start}/>"
        if isinstance(value, str) and not isinstance(value, ErrorValue):
            text = f'<is><t xml:space="preserve">{escaped(value)}</t></is>'
            return f'{start} t="inlineStr">{text}</c>'
    kind, stored = _stored(value)
    formula = "" if cell.formula is None else f"<f>{escaped(cell.formula)}</f>"
    return f"{start}{kind}>{formula}{stored}</c>"


def _stored(value: object) -> tuple[str, str]:
    """The type attribute and the value element of a cell.

    `repr` of a float is exact: reading it back gives the same float, bit for bit.
    """
    match value:
        case None:
            return "", ""
        case bool():
            return ' t="b"', f"<v>{int(value)}</v>"
        case int() | float():
            return "", f"<v>{value!r}</v>"
        case ErrorValue():
            return ' t="e"', f"<v>{value}</v>"
        case _:
            return ' t="str"', f"<v>{escaped(str(value))}</v>"
