"""The rows of a workbook's sheet while they are read, whichever kind of file it is."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from sheetgd.expression.excel import MAX_COLUMNS, MAX_ROWS
from sheetgd.reading.archive import DATA, TooMuchError
from sheetgd.reading.columns import Unusable

NOT_STORED: Final = Unusable(
    "a formula without a stored number",
    "open the workbook in a spreadsheet program and save it there",
)


def error(name: str) -> Unusable:
    """Return what stands for an error of a spreadsheet."""
    return Unusable(f"the error {name}")


@dataclass(slots=True)
class Rows:
    """Rows that fill up cell by cell, and cost no more memory than is given to data.

    Attributes:
        cells: by its number, each row's cells from column A on; rows without cells are left out.
        hidden: the numbers of the rows that are hidden.
        free: how many more cells there may be, of all sheets that share it.
    """

    cells: dict[int, list[object]] = field(default_factory=dict)
    hidden: set[int] = field(default_factory=set)
    free: list[int] = field(default_factory=lambda: [DATA.cells])

    def put(self, row: int, column: int, value: object, times: int = 1) -> None:
        """Put a value into a cell and those to its right; row and column count from 1."""
        if value is None or (isinstance(value, str) and not value.strip()):
            return
        if row > MAX_ROWS or column + times - 1 > MAX_COLUMNS:
            raise TooMuchError("has cells beyond where sheets end")
        cells = self.cells.setdefault(row, [])
        missing = max(0, column + times - 1 - len(cells))
        self.take(missing)
        cells += [None] * missing
        cells[column - 1 : column + times - 1] = [value] * times

    def take(self, cells: int) -> None:
        """Take room for cells, or for what is read in their place."""
        self.free[0] -= cells
        if self.free[0] < 0:
            raise TooMuchError(
                f"needs room for more than {DATA.cells:,} cells, empty ones included"
            )


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet of a workbook: its title, whether it is hidden, and what reads its rows."""

    title: str
    hidden: bool
    read: Callable[[], Rows]
