"""The cells of a file as rows, of whatever kind the file is: what a table is found in."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sheetgd.expression.excel import Address

BLANK_LEAVES_OPEN: Final = ","
"""The mark that is open where blank space parts the cells: tables of programs have points."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Rows of cells.

    Attributes:
        source: what messages begin with: the file's name.
        rows: the cells of each row from `left` on: a text, and of a workbook a number, TRUE or
            FALSE, a date or time of `datetime`, None where nothing is, or an `Unusable` for an
            error or a formula without a stored result. Rows may differ in length.
        numbers: each row's number in the file, counted from 1.
        left: the number of the first column, counted from 1.
        sheet: the title of the sheet; None for a text file.
        notes: what is to be said of how it was read, such as an encoding or hidden rows.
        open_marks: the marks of which the file's kind does not tell whether one with three digits
            after it, as in ``1.234``, is a decimal mark. Where commas part the cells, none is.
        one: what is said where a table has one column only.
    """

    source: str
    rows: Sequence[Sequence[object]]
    numbers: Sequence[int]
    left: int = 1
    sheet: str | None = None
    notes: tuple[str, ...] = ()
    open_marks: str = ".,"
    one: str = ""

    def line(self, row: int) -> str:
        """Return what messages call a row."""
        where = "line" if self.sheet is None else "row"
        sheet = "" if self.sheet is None else f" of sheet {self.sheet!r}"
        return f"{where} {self.numbers[row]}{sheet}"

    def place(self, row: int, column: int, name: str) -> str:
        """Return the beginning of a message about a cell, such as ``cell 'Data'!B3 holds``."""
        if self.sheet is None:
            return f"line {self.numbers[row]}, column {name!r}:"
        title = self.sheet.replace("'", "''")
        return f"cell '{title}'!{Address(self.numbers[row], self.left + column)} holds"
