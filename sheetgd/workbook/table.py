"""Reading the data rows of a lesson from a sheet of a workbook, as they are stored there."""

import datetime as dt
import io
import warnings
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

from openpyxl import load_workbook
from openpyxl.cell.read_only import ReadOnlyCell

from sheetgd.cells import Address, Cell, ErrorValue
from sheetgd.data import Data, Table, Unusable, column_names, data_of
from sheetgd.errors import DataError, WorkbookError
from sheetgd.nearest import did_you_mean
from sheetgd.workbook.reader import Cells, read_workbook, sheet_titles

_DATES: Final = (dt.datetime, dt.date, dt.time, dt.timedelta)
_NOTHING: Final = Unusable("nothing", "name the cells that are meant with --range")
_NOT_STORED: Final = Unusable(
    "a formula without a stored number",
    "open the workbook in a spreadsheet program and save it there",
)


def read_xlsx(
    path: Path,
    x: str | None = None,
    y: str | None = None,
    *,
    sheet: str | None = None,
    block: str | None = None,
    header: bool = True,
) -> Data:
    """Read two columns of a sheet.

    Args:
        path: an .xlsx or .xlsm file.
        x: the column that becomes x, chosen as `sheetgd.read_csv` does; its number is
            counted from the left of what is read.
        y: the same for y.
        sheet: the sheet's title; None takes the first sheet.
        block: the range that is read, such as ``B2:C21``; None reads all cells in use.
            Rows above the first and below the last cell in use do not count.
        header: whether the first row holds names; if not, columns are called 1, 2, ...

    Returns:
        The two columns, in the order of the sheet. Of a formula, the stored result counts.

    Raises:
        DataError: when there is no such file or it is not a readable workbook, when it lacks
            the sheet or a column, or when a cell is no number; the message names the cell.
    """
    corners = None if block is None else _corners(block)
    try:
        titles = sheet_titles(path)
        title = _title(path, titles, sheet)
        cells = _inside(read_workbook(path, [title])[title], corners)
    except WorkbookError as error:
        raise DataError(str(error)) from None
    if not cells:
        raise DataError(
            f"{path}: sheet {title!r} holds nothing{f' in {block}' if block else ''}; "
            "choose cells with --sheet and --range"
        )
    left = corners[0].column if corners else min(address.column for address in cells)
    other = f", or another sheet than {title!r} with --sheet" if len(titles) > 1 else ""
    table = _table(path, title, cells, left, header=header, choice=f"--x and --y{other}")
    return data_of(table, x, y)


def _table(path: Path, title: str, cells: Cells, left: int, *, header: bool, choice: str) -> Table:
    """The table that a sheet's cells make; `left` is the number of its first column."""
    right = max(address.column for address in cells)
    top, bottom = min(cells).row, max(cells).row
    names = column_names(
        [_name(cells.get(Address(top, column))) for column in range(left, right + 1)],
        f"{path}: row {top} of sheet {title!r}",
        header=header,
    )
    start = top + 1 if header else top
    dates = _dates(path, title)

    def column(place: int) -> list[object]:
        addresses = [Address(row, left + place) for row in range(start, bottom + 1)]
        return [dates.get(address) or _stored(cells.get(address)) for address in addresses]

    quoted = title.replace("'", "''")
    return Table(
        source=str(path),
        header=names,
        column=column,
        place=lambda row, place: f"cell '{quoted}'!{Address(start + row, left + place)} holds",
        choice=choice,
    )


def _title(path: Path, titles: Sequence[str], sheet: str | None) -> str:
    """The title of the sheet that is read."""
    if not titles:
        raise DataError(f"{path}: the workbook has no sheet with cells; add one")
    if sheet is None:
        return titles[0]
    if sheet not in titles:
        raise DataError(
            f"{path}: no sheet is named {sheet!r}; it has {', '.join(map(repr, titles))}: "
            f"choose with --sheet{did_you_mean(sheet, titles)}"
        )
    return sheet


def _corners(block: str) -> tuple[Address, Address]:
    """The first and the last cell of a range.

    >>> [str(corner) for corner in _corners("$C$21:B2")]
    ['B2', 'C21']
    """
    try:
        one, other = map(Address.parse, block.split(":"))
    except ValueError:
        raise DataError(
            f"--range {block!r} is not known: two cells are accepted, such as B2:C21"
        ) from None
    rows, columns = sorted((one.row, other.row)), sorted((one.column, other.column))
    return Address(rows[0], columns[0]), Address(rows[1], columns[1])


def _inside(cells: Cells, corners: tuple[Address, Address] | None) -> Cells:
    """The cells of a range; all of them if there is none."""
    if corners is None:
        return cells
    first, last = corners
    return {
        address: cell
        for address, cell in cells.items()
        if first.row <= address.row <= last.row and first.column <= address.column <= last.column
    }


def _name(cell: Cell | None) -> str:
    """What a cell of the header row calls its column."""
    value = None if cell is None else cell.value
    if isinstance(value, float):
        return f"{value:.15g}"
    return "" if value is None else str(value).strip()


def _stored(cell: Cell | None) -> object:
    """The number that a cell holds, or what it holds in place of one."""
    if cell is None:
        return _NOTHING
    if cell.value is None:
        return _NOT_STORED
    if isinstance(cell.value, ErrorValue):
        return Unusable(f"the error {cell.value}")
    return Unusable(str(cell.value).upper()) if isinstance(cell.value, bool) else cell.value


def _dates(path: Path, title: str) -> dict[Address, Unusable]:
    """The cells of a sheet that hold dates or times, which are stored as numbers."""
    content = io.BytesIO(path.read_bytes())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with closing(load_workbook(content, read_only=True, data_only=True)) as workbook:
            sheet = workbook[title]
            sheet.reset_dimensions()
            rows: Iterable[Iterable[object]] = sheet.rows
            return {
                Address(cell.row, cell.column): Unusable(f"the date or time {cell.value}")
                for row in rows
                for cell in row
                if isinstance(cell, ReadOnlyCell) and isinstance(cell.value, _DATES)
            }
