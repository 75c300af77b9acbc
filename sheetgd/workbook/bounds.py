"""How much of a workbook is read: its parts are counted, piece by piece, before they are used.

Bounds count what costs time and memory (cells, styles, texts, bytes), not what a file says of
itself. Python's own XML parser counts, so that it makes no difference what is installed.
"""

from abc import ABC, abstractmethod
from collections import Counter
from dataclasses import dataclass
from typing import Final
from xml.parsers.expat import ParserCreate

from sheetgd.cells import MAX_ROWS, Address
from sheetgd.errors import WorkbookError

MIB: Final = 2**20
PIECE: Final = 2**16
"""How many bytes are looked at in one go."""

_RECORDS: Final = 50_000
"""Elements that are neither cells nor texts, such as styles, names and rules. openpyxl makes
objects of them, which takes up to 0.04 ms each. A spreadsheet has 65,490 cell styles at most, and
workbooks with a thousand are rare."""

_SHEETS: Final = 2_000

_PAIRS: Final = 1_000_000
"""Named styles times number formats: openpyxl goes through all of the second for each first."""

_DEEPEST: Final = 100
"""How deep elements may nest: those of workbooks reach some 20, and lxml ends at 256."""

_SILENT: Final = 4
"""Pieces in which no element begins: a cell's text of 32,767 characters fills three at most."""

_IN_A_ROW: Final = 80_000
"""Elements in one row, which stay in memory until it ends: 16,384 cells have 4 or 5 each."""

_WIDTH: Final = 4
"""Columns that rows reach for each cell that may be read: openpyxl fills what is left out."""

FARTHEST_DOWN: Final = 10 * MAX_ROWS
"""The last rows of all sheets together: openpyxl goes through the rows that are left out."""

_STRUCTURE_BYTES: Final = 16 * MIB
_TEXT_BYTES: Final = 32 * MIB

_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_CELL, _ROW, _FORMULA, _ITEM, _SHEET, _STYLE, _FORMAT = (
    f"{_MAIN} {tag}" for tag in ("c", "row", "f", "si", "sheet", "cellStyle", "numFmt")
)
_IN_CELLS: Final = frozenset(f"{_MAIN} {tag}" for tag in ("v", "is", "t"))


class TooMuchError(WorkbookError):
    """A part of a workbook holds more than is read."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much of a workbook is read.

    Attributes:
        cells: how many cells and rows a sheet may have.
        all_cells: the same for all sheets that are read.
        texts: how many elements the table of shared texts may have; a text has two or more.
        rewritten: how many characters the formulas may have that cells of a sheet share, each
            counted for every cell that has it: openpyxl writes it anew for each.
        sheet_bytes: how many bytes a sheet may have.
        all_bytes: the same for all sheets.
    """

    cells: int
    all_cells: int
    texts: int
    rewritten: int
    sheet_bytes: int
    all_bytes: int


DATA: Final = Bounds(
    cells=5_500_000,
    all_cells=5_500_000,
    texts=1_000_000,
    rewritten=15_000_000,
    sheet_bytes=256 * MIB,
    all_bytes=256 * MIB,
)
"""For data: a sheet full of rows, with four columns, can be read."""

PAGE: Final = Bounds(
    cells=50_000,
    all_cells=200_000,
    texts=250_000,
    rewritten=1_000_000,
    sheet_bytes=32 * MIB,
    all_bytes=256 * MIB,
)
"""For pages such as the original's, which has some 500 cells."""

RECALCULATED: Final = Bounds(
    cells=5_500_000,
    all_cells=11_000_000,
    texts=1_000_000,
    rewritten=100_000_000,
    sheet_bytes=512 * MIB,
    all_bytes=1024 * MIB,
)
"""For what LibreOffice is given: a workbook of ours with 5,000 epochs has 2.5 million cells."""


class Count(ABC):
    """Counts the elements of a part while it is fed, and raises `WorkbookError` beyond a bound."""

    def __init__(self, most_bytes: int) -> None:
        """Begin; `most_bytes` is how long the part may be."""
        self._most_bytes = most_bytes
        self.bytes = self._silent = 0
        self._heard = False
        self._parser = ParserCreate(namespace_separator=" ")
        self._parser.StartDoctypeDeclHandler = _refuse_doctype
        self._parser.StartElementHandler = self._start

    def feed(self, piece: bytes) -> None:
        """Count on; the last piece is empty."""
        self.bytes += len(piece)
        if self.bytes > self._most_bytes:
            raise TooMuchError(f"is longer than {self._most_bytes // MIB} MiB")
        self._heard = False
        self._parser.Parse(piece, not piece)
        self._silent = 0 if self._heard else self._silent + 1
        if self._silent >= _SILENT:
            raise TooMuchError(f"holds a text longer than {_SILENT * PIECE // 1024} KiB")

    @abstractmethod
    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        """Count an element, and note that one was heard of."""


class RecordCount(Count):
    """Counts what a part holds that tells how a workbook is built, such as its styles."""

    def __init__(self, counted: Counter[str]) -> None:
        """Begin; `counted` is what the workbook's other parts held, and goes on."""
        super().__init__(_STRUCTURE_BYTES)
        self._counted = counted
        self._depth = 0
        self._parser.EndElementHandler = self._end

    def _start(self, tag: str, _: dict[str, str]) -> None:
        self._heard = True
        self._depth += 1
        if self._depth > _DEEPEST:
            raise TooMuchError(f"nests its elements more than {_DEEPEST} deep")
        self._counted[tag] += 1
        self._counted[""] += 1
        if self._counted[""] > _RECORDS:
            raise TooMuchError(f"and others hold more than {_RECORDS:,} styles, names and the like")
        if self._counted[_SHEET] > _SHEETS:
            raise TooMuchError(f"names more than {_SHEETS:,} sheets")
        if self._counted[_STYLE] * self._counted[_FORMAT] > _PAIRS:
            raise TooMuchError("holds too many named styles and number formats")

    def _end(self, _: str) -> None:
        self._depth -= 1


class TextCount(Count):
    """Counts the shared texts of a workbook."""

    def __init__(self, bounds: Bounds) -> None:
        """Begin."""
        super().__init__(_TEXT_BYTES)
        self._most, self._tags = bounds.texts, 0

    def _start(self, tag: str, _: dict[str, str]) -> None:
        self._heard = True
        # Runs of different looks cost several times what a plain text does.
        self._tags += 1 if tag == _ITEM or tag in _IN_CELLS else 4
        if self._tags > self._most:
            raise TooMuchError(f"holds more than {self._most // 2:,} texts")


class CellCount(Count):
    """Counts the cells, rows and formulas of a sheet."""

    def __init__(self, bounds: Bounds) -> None:
        """Begin."""
        super().__init__(bounds.sheet_bytes)
        self._bounds = bounds
        self.cells = self.formulas = self.bottom = 0
        self._rows = self._others = self._in_row = self._width = self._rewritten = 0
        self._last: str | None = None
        self._shared: dict[str, int] = {}
        self._measured: str | None = None

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._heard = True
        if self._measured is not None:
            self._measured, self._parser.CharacterDataHandler = None, None
        self._in_row += 1
        if tag == _CELL:
            self._last = attributes.get("r")
            self._more_cells()
        elif tag == _ROW:
            self._row(attributes.get("r"))
        elif tag == _FORMULA:
            self.formulas += 1
            if attributes.get("t") == "shared":
                self._share(attributes.get("si", ""))
        elif tag not in _IN_CELLS:
            self._others += 1
            if self._others > _RECORDS:
                raise TooMuchError(f"holds more than {_RECORDS:,} rules, links and the like")
        if self._in_row > _IN_A_ROW:
            raise TooMuchError(f"has a row of more than {_IN_A_ROW:,} elements")

    def _more_cells(self) -> None:
        self.cells += 1
        if self.cells > self._bounds.cells:
            raise TooMuchError(f"has more than {self._bounds.cells:,} cells and rows")

    def _row(self, number: str | None) -> None:
        """Count a row, and how far to the right the one before it reaches."""
        self._more_cells()
        self._rows += 1
        if self._rows > MAX_ROWS or (number is not None and float(number) > MAX_ROWS):
            raise WorkbookError(f"has rows beyond {MAX_ROWS:,}, where sheets end")
        self.bottom = self._rows if number is None else int(float(number))
        if self._last is not None:
            self._width += Address.parse(self._last).column
            if self._width > _WIDTH * self._bounds.cells:
                raise TooMuchError("has too many cells far to the right")
        self._in_row, self._last = 0, None

    def _share(self, group: str) -> None:
        """Count a formula that cells share: the first of them has its text."""
        if group in self._shared:
            self._rewrite(self._shared[group])
        else:
            self._shared[group] = 0
            self._measured = group
            self._parser.CharacterDataHandler = self._measure

    def _measure(self, text: str) -> None:
        if self._measured is not None:
            self._shared[self._measured] += len(text)
            self._rewrite(len(text))

    def _rewrite(self, characters: int) -> None:
        self._rewritten += characters
        if self._rewritten > self._bounds.rewritten:
            raise TooMuchError("has too many long formulas that cells share")


class BeginningCount(Count):
    """Looks at a part until its first element begins: a document type can only stand before."""

    def _start(self, _: str, __: dict[str, str]) -> None:
        self._heard = True
        self.begun = True

    begun = False


def _refuse_doctype(*_: object) -> None:
    raise WorkbookError("declares a document type, which can hide entities; no workbook does")
