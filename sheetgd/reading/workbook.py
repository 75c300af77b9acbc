"""Reading workbooks back into cells: addresses, stored values, formulas.

It shares nothing with the writing side, so that a comparison cannot inherit a mistake from there.
"""

import datetime as dt
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import BinaryIO, Final, Protocol
from zipfile import BadZipFile

from openpyxl import Workbook
from openpyxl.cell.read_only import ReadOnlyCell
from openpyxl.utils.datetime import to_excel
from openpyxl.worksheet.formula import ArrayFormula, DataTableFormula

from sheetgd.errors import WorkbookError
from sheetgd.expression.excel import MAX_COLUMNS, MAX_ROWS, Address, ErrorValue, Value
from sheetgd.files import MOST_BYTES, OLD_OFFICE, ZIP, open_file
from sheetgd.reading.archive import (
    DATA,
    PIECE,
    WORKBOOK_ACCEPTED,
    Archive,
    Bounds,
    damage_reported,
    sheet_part,
)

_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
WORKBOOK_SUFFIXES: Final = frozenset((".xlsx", ".xlsm", ".xltx", ".xltm", ".xlsb", ".xls", ".ods"))
_OTHER_ARCHIVES: Final = {
    "xl/workbook.bin": "a binary workbook, .xlsb (save it as .xlsx)",
    "content.xml": "an OpenDocument file, such as .ods (save it as .xlsx)",
}
_LARGEST_WHOLE: Final = 2**53
ERRORS: Final = {error.value: error for error in ErrorValue}
_CHARACTER: Final = re.compile("_x((?!D[89A-F])[0-9A-F]{4})_", re.IGNORECASE)
"""How files spell a character by its number, but for one that is half of two."""
_DATES: Final = (dt.datetime, dt.date, dt.time, dt.timedelta)


@dataclass(frozen=True, slots=True)
class StoredCell:
    """A cell as a file has it.

    Attributes:
        address: where it is.
        value: what it shows, as it was stored.
        formula: the formula behind it, if any, without the leading ``=``.
    """

    address: Address
    value: Value
    formula: str | None = None


Cells = dict[Address, StoredCell]
"""The cells of one sheet that are not empty."""


class _Sheet(Protocol):
    """What is used of a sheet that openpyxl has opened in read-only mode."""

    @property
    def rows(self) -> Iterable[Iterable[object]]:
        """The cells, row by row."""
        ...


@dataclass(frozen=True, slots=True)
class SheetContent:
    """What a sheet holds.

    Attributes:
        cells: its cells; of a date the value is the number that is stored.
        dates: the dates and times among them.
    """

    cells: Cells
    dates: Mapping[Address, object]


class OpenWorkbook:
    """A workbook that is open for reading; `open_workbook` opens one."""

    def __init__(self, path: Path, archive: Archive) -> None:
        """Read what the workbook is made of, but no sheet yet."""
        self._path, self._archive = path, archive
        self._shown = archive.workbook(data_only=True)

    @property
    def titles(self) -> tuple[str, ...]:
        """The titles of the sheets, in their order."""
        return tuple(sheet.title for sheet in self._shown.worksheets)

    def read(self, title: str) -> SheetContent:
        """Read what a sheet holds.

        Raises:
            TooMuchError: when that is more than is read.
            WorkbookError: when it is damaged.
        """
        with damage_reported(self._path):
            return self.content(title)

    def content(self, title: str) -> SheetContent:
        """Read as `read` does, and let through whatever a damaged workbook causes."""
        place = self.titles.index(title)
        values: _Sheet = self._shown.worksheets[place]
        counted = self._archive.count(sheet_part(values))
        if not counted.formulas:
            return _sheet_content(((row, row) for row in values.rows), self._shown.epoch)
        formulas: _Sheet = self._written.worksheets[place]
        return _sheet_content(zip(values.rows, formulas.rows, strict=True), self._shown.epoch)

    @cached_property
    def _written(self) -> Workbook:
        """The workbook once more, with formulas in place of the values that are stored."""
        return self._archive.workbook(data_only=False)


@contextmanager
def open_workbook(path: Path, bounds: Bounds = DATA) -> Iterator[OpenWorkbook]:
    """Open a workbook; what goes wrong while it is open is the workbook's fault.

    Args:
        path: an .xlsx file.
        bounds: how much of it is read.

    Yields:
        The workbook.

    Raises:
        WorkbookError: when there is no such file, when it is not a readable .xlsx workbook
            or holds more than is read.
    """
    with (
        open_file(path, WorkbookError, most=MOST_BYTES, accepted=WORKBOOK_ACCEPTED) as stream,
        opened(path, stream, bounds, WORKBOOK_ACCEPTED) as workbook,
    ):
        yield workbook


def read_workbook(
    path: Path, only: Collection[str] | None = None, *, bounds: Bounds = DATA
) -> dict[str, Cells]:
    """Read the cells of a workbook.

    Args:
        path: an .xlsx file.
        only: the titles of the sheets to read; None reads them all.
        bounds: how much of it is read.

    Returns:
        For each sheet by its title, in the workbook's order, the cells that are not empty.
        A cell's value is the STORED one: None for a formula whose result is not stored (or
        is an empty text), a serial number for a date, an `ErrorValue` for an error.

    Raises:
        WorkbookError: when there is no such file, when it is not a readable .xlsx workbook
            or holds more than is read.
    """
    with open_workbook(path, bounds) as workbook:
        wanted = [title for title in workbook.titles if only is None or title in only]
        return {title: workbook.read(title).cells for title in wanted}


@contextmanager
def opened(path: Path, stream: BinaryIO, bounds: Bounds, accepted: str) -> Iterator[OpenWorkbook]:
    """Open a workbook once it looks like one from outside."""
    stream.seek(0)
    beginning = stream.read(len(OLD_OFFICE))
    if not beginning:
        raise WorkbookError(f"{path}: the file is empty; {accepted}")
    found = _unlike_zip(beginning, stream)
    if found is None:
        with damage_reported(path):
            try:
                archive = Archive(stream, bounds)
            except (BadZipFile, OSError, ValueError, NotImplementedError):
                found = "a damaged or incomplete workbook (download or save it again)"
            else:
                names = set(archive.namelist())
                found = next(
                    (what for part, what in _OTHER_ARCHIVES.items() if part in names), None
                )
    if found is not None:
        raise WorkbookError(f"{path}: this is {found}; {accepted}")
    with archive:
        with damage_reported(path):
            workbook = OpenWorkbook(path, archive)
        yield workbook


def _unlike_zip(beginning: bytes, stream: BinaryIO) -> str | None:
    """Say what a file is by its beginning, if it is no archive."""
    if beginning.startswith(OLD_OFFICE):
        if _holds(stream, _ENCRYPTED):
            return "a workbook protected with a password (save it without one)"
        return "a file in the old Office format, such as .xls (save it as .xlsx)"
    return None if beginning.startswith(ZIP) else "no workbook: it does not begin as .xlsx files do"


def _holds(stream: BinaryIO, wanted: bytes) -> bool:
    """Tell whether the rest of a file holds some bytes."""
    end = b""
    while piece := stream.read(PIECE):
        if wanted in end + piece:
            return True
        end = piece[1 - len(wanted) :]
    return False


def _sheet_content(
    rows: Iterable[tuple[Iterable[object], Iterable[object]]], epoch: dt.datetime
) -> SheetContent:
    """Read the rows of a sheet, each of which is given with stored values and with formulas."""
    cells: Cells = {}
    dates: dict[Address, object] = {}
    for value_row, formula_row in rows:
        if not value_row:
            continue
        for stored, written in zip(value_row, formula_row, strict=True):
            if not (isinstance(stored, ReadOnlyCell) and isinstance(written, ReadOnlyCell)):
                continue
            value, formula = _stored_value(stored, epoch), _formula_text(written)
            if value is not None or formula is not None:
                address = Address(stored.row, stored.column)
                if address.row > MAX_ROWS or address.column > MAX_COLUMNS:
                    raise WorkbookError(f"it has a cell {address}, beyond where sheets end")
                cells[address] = StoredCell(address, value, formula)
                if isinstance(stored.value, _DATES):
                    dates[address] = stored.value
    return SheetContent(cells, dates)


def _stored_value(cell: ReadOnlyCell, epoch: dt.datetime) -> Value:
    """Return the value a cell holds; None where there is none, or an empty text."""
    value = cell.value
    if isinstance(value, _DATES):
        # A date is a number in a date's format. What is stored is the number.
        return float(to_excel(value, epoch))  # type: ignore[no-untyped-call]  # the stubs lack it
    if isinstance(value, int) and abs(value) > _LARGEST_WHOLE:
        # A spreadsheet's numbers are doubles, however many digits a file writes.
        return float(str(value))
    if value is None or isinstance(value, bool | int | float):
        return value
    text = _CHARACTER.sub(lambda found: chr(int(found[1], 16)), str(value))
    if cell.data_type == "e":
        return ERRORS.get(text, text)
    return text or None


def _formula_text(cell: ReadOnlyCell) -> str | None:
    """Return the formula of a cell without its equals sign; None for a constant."""
    if cell.data_type != "f":
        return None
    formula: object = cell.value
    if isinstance(formula, DataTableFormula):
        return f"TABLE({formula.r1 or ''},{formula.r2 or ''})"
    text = formula.text if isinstance(formula, ArrayFormula) else formula
    return str(text or "").removeprefix("=")
