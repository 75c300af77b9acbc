"""Reading the data rows of a lesson from a sheet of a workbook, as they are stored there."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from sheetgd.cells import Address, Cell, ErrorValue
from sheetgd.data import Data, Table, Unusable, column_names, data_of, listed, quoted
from sheetgd.errors import DataError, WorkbookError
from sheetgd.nearest import did_you_mean
from sheetgd.workbook.reader import Cells, SheetContent, open_workbook

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
        with open_workbook(path) as workbook:
            titles = workbook.titles
            title = _title(path, titles, sheet)
            content = workbook.read(title)
    except WorkbookError as error:
        raise DataError(str(error)) from None
    cells = _inside(content.cells, corners)
    if not cells:
        raise DataError(
            f"{path}: sheet {quoted(title)} holds nothing{f' in {block}' if block else ''}; "
            "choose cells with --sheet and --range"
        )
    left = corners[0].column if corners else min(address.column for address in cells)
    other = f", or another sheet than {quoted(title)} with --sheet" if len(titles) > 1 else ""
    content = SheetContent(cells, content.dates)
    table = _table(path, title, content, left, header=header, choice=f"--x and --y{other}")
    return data_of(table, x, y)


def _table(
    path: Path, title: str, content: SheetContent, left: int, *, header: bool, choice: str
) -> Table:
    """The table that a sheet's cells make; `left` is the number of its first column."""
    cells = content.cells
    right = max(address.column for address in cells)
    top, bottom = min(cells).row, max(cells).row
    names = column_names(
        [_name(cells.get(Address(top, column))) for column in range(left, right + 1)],
        f"{path}: row {top} of sheet {quoted(title)}",
        header=header,
    )
    start = top + 1 if header else top

    def column(place: int) -> list[object]:
        addresses = [Address(row, left + place) for row in range(start, bottom + 1)]
        return [_stored(cells.get(address), content.dates.get(address)) for address in addresses]

    escaped = title.replace("'", "''")
    return Table(
        source=str(path),
        header=names,
        column=column,
        place=lambda row, place: f"cell '{escaped}'!{Address(start + row, left + place)} holds",
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
            f"{path}: no sheet is named {quoted(sheet)}; it has {listed(map(quoted, titles))}: "
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


def _stored(cell: Cell | None, date: object) -> object:
    """The number that a cell holds, or what it holds in place of one, such as a date."""
    if date is not None:
        return Unusable(f"the date or time {date}")
    if cell is None:
        return _NOTHING
    if cell.value is None:
        return _NOT_STORED
    if isinstance(cell.value, ErrorValue):
        return Unusable(f"the error {cell.value}")
    return Unusable(str(cell.value).upper()) if isinstance(cell.value, bool) else cell.value
