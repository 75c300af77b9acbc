"""The rows of a workbook's sheet while they are read, whichever kind of file it is."""

from collections.abc import Callable
from dataclasses import dataclass
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


def room() -> list[int]:
    """Return how many cells may be read, to be counted down."""
    return [DATA.cells]


class Rows:
    """Rows that fill up cell by cell, and cost no more memory than is given to data.

    Attributes:
        cells: by the row's number its cells from column A on, None where nothing is; rows without
            cells are left out.
        hidden: the numbers of the rows that are hidden.
    """

    def __init__(self, free: list[int] | None = None) -> None:
        """Begin with no rows; `free` is the `room` that several sheets share."""
        self.cells: dict[int, list[object]] = {}
        self.hidden: set[int] = set()
        self._free = room() if free is None else free

    def put(self, row: int, column: int, value: object) -> None:
        """Put a value into a cell; row and column are counted from 1."""
        if value is None or value == "":
            return
        if not (0 < row <= MAX_ROWS and 0 < column <= MAX_COLUMNS):
            raise TooMuchError("has cells beyond where sheets end")
        cells = self.cells.setdefault(row, [])
        if (missing := column - len(cells)) > 0:
            self.grow(missing)
            cells += [None] * missing
        cells[column - 1] = value

    def repeat(self, row: int, times: int) -> None:
        """Repeat a row below itself, if it holds anything."""
        if cells := self.cells.get(row):
            self.grow((times - 1) * len(cells))
            if row + times - 1 > MAX_ROWS:
                raise TooMuchError("has cells beyond where sheets end")
            self.cells.update(dict.fromkeys(range(row + 1, row + times), cells))

    def grow(self, cells: int) -> None:
        """Count room for cells before it is taken."""
        self._free[0] -= cells
        if self._free[0] < 0:
            raise TooMuchError(
                f"needs room for more than {DATA.cells:,} cells, empty ones included"
            )


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet of a workbook.

    Attributes:
        title: its title.
        hidden: whether it is hidden.
        read: reads its rows.
    """

    title: str
    hidden: bool
    read: Callable[[], Rows]
