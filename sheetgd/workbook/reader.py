"""Reading workbooks and CSV exports back into cells: addresses, stored values, formulas.

It shares nothing with the writing side but the cell record, so that a comparison cannot
inherit a mistake from there.
"""

import csv
import datetime as dt
import io
import re
import warnings
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Protocol
from zipfile import BadZipFile, ZipFile

from openpyxl import Workbook, load_workbook
from openpyxl.cell.read_only import ReadOnlyCell
from openpyxl.utils.datetime import to_excel
from openpyxl.worksheet.formula import ArrayFormula, DataTableFormula

from sheetgd.cells import Address, Cell, ErrorValue, Value
from sheetgd.errors import WorkbookError

_ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06")
_OLD_OFFICE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
_WORKBOOK_SUFFIXES: Final = frozenset((".xlsx", ".xlsm", ".xltx", ".xltm", ".xlsb", ".xls", ".ods"))
_OTHER_ARCHIVES: Final = {
    "xl/workbook.bin": "a binary workbook, .xlsb (save it as .xlsx)",
    "content.xml": "an OpenDocument file, such as .ods (save it as .xlsx)",
}
_DELIMITERS: Final = ",;\t"
_LARGEST_WHOLE: Final = 2**53
_ERRORS: Final = {error.value: error for error in ErrorValue}
_CHARACTER: Final = re.compile("_x((?!D[89A-F])[0-9A-F]{4})_", re.IGNORECASE)
"""How files spell a character by its number, but for one that is half of two."""
_QUOTED: Final = re.compile(r'"[^"]*"')
_DATES: Final = (dt.datetime, dt.date, dt.time, dt.timedelta)
_WORKBOOK_ACCEPTED: Final = "an Excel workbook (.xlsx) is accepted"
_SHEET_ACCEPTED: Final = "an Excel workbook (.xlsx) or a CSV file in UTF-8 is accepted"

Cells = dict[Address, Cell]
"""The cells of one sheet that are not empty."""


class _Sheet(Protocol):
    """What is used of a sheet that openpyxl has opened in read-only mode."""

    @property
    def rows(self) -> Iterable[Iterable[object]]:
        """The cells, row by row."""
        ...

    def reset_dimensions(self) -> None:
        """Forget the size that the file claims the sheet has."""
        ...


def read_workbook(path: Path, only: Collection[str] | None = None) -> dict[str, Cells]:
    """Read the cells of a workbook.

    Args:
        path: an .xlsx file.
        only: the titles of the sheets to read; None reads them all.

    Returns:
        For each sheet by its title, in the workbook's order, the cells that are not empty.
        A cell's value is the STORED one: None for a formula whose result is not stored (or
        is an empty text), a serial number for a date, an `ErrorValue` for an error.

    Raises:
        WorkbookError: when there is no such file or it is not a readable .xlsx workbook.
    """
    content = _content(path, _WORKBOOK_ACCEPTED)
    _check_xlsx(path, content, _WORKBOOK_ACCEPTED)
    return _workbook_cells(path, content, only)


def sheet_titles(path: Path) -> tuple[str, ...]:
    """The titles of a workbook's sheets, in their order.

    Raises:
        WorkbookError: when there is no such file or it is not a readable .xlsx workbook.
    """
    content = _content(path, _WORKBOOK_ACCEPTED)
    _check_xlsx(path, content, _WORKBOOK_ACCEPTED)
    with _damage_reported(path), _opened(content, data_only=True) as workbook:
        return tuple(sheet.title for sheet in workbook.worksheets)


def read_csv_sheet(path: Path) -> Cells:
    """Read a sheet that was exported as CSV.

    Args:
        path: a file in UTF-8, with a byte order mark or without, separated by commas,
            semicolons or tabs.

    Returns:
        The cells that are not empty. A value is the displayed TEXT, such as ``1,296`` or
        ``25.150``, for only the text tells how many decimals were shown; or an `ErrorValue`.

    Raises:
        WorkbookError: when there is no such file, or it is not CSV in UTF-8.
    """
    return _csv_cells(path, _content(path, _SHEET_ACCEPTED))


def read_sheets(path: Path) -> dict[str, Cells]:
    """Read a workbook, or a CSV file as a workbook of one sheet named after the file.

    Args:
        path: an .xlsx file, which is known by its content, or a CSV file.

    Returns:
        For each sheet by its title, the cells that are not empty; values as
        `read_workbook` and `read_csv_sheet` return them.

    Raises:
        WorkbookError: when there is no such file, or it is neither of the two.
    """
    content = _content(path, _SHEET_ACCEPTED)
    if content.startswith((*_ZIP, _OLD_OFFICE)) or path.suffix.lower() in _WORKBOOK_SUFFIXES:
        _check_xlsx(path, content, _SHEET_ACCEPTED)
        return _workbook_cells(path, content, None)
    return {path.stem: _csv_cells(path, content)}


def _content(path: Path, accepted: str) -> bytes:
    """The bytes of a file, of which there is at least one."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise WorkbookError(f"{path}: there is no such file") from None
    except IsADirectoryError:
        raise WorkbookError(f"{path}: this is a folder; {accepted}") from None
    except OSError as error:
        raise WorkbookError(f"{path}: cannot be read ({error.strerror or error})") from None
    except ValueError as error:
        raise WorkbookError(f"{path}: no file can be called that ({error})") from None
    if not content:
        raise WorkbookError(f"{path}: the file is empty; {accepted}")
    return content


def _check_xlsx(path: Path, content: bytes, accepted: str) -> None:
    """Raise WorkbookError unless a file looks like an .xlsx workbook from outside."""
    found = _unlike_xlsx(content)
    if found is not None:
        raise WorkbookError(f"{path}: this is {found}; {accepted}")


def _unlike_xlsx(content: bytes) -> str | None:
    """What a file is instead of an .xlsx workbook; None if it looks like one."""
    if content.startswith(_OLD_OFFICE):
        if _ENCRYPTED in content:
            return "a workbook protected with a password (save it without one)"
        return "a file in the old Office format, such as .xls (save it as .xlsx)"
    if not content.startswith(_ZIP):
        return "no workbook: it does not begin as .xlsx files do"
    try:
        with ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
    except (BadZipFile, OSError, ValueError, NotImplementedError):
        return "a damaged or incomplete workbook (download or save it again)"
    return next((found for part, found in _OTHER_ARCHIVES.items() if part in names), None)


def _workbook_cells(path: Path, content: bytes, only: Collection[str] | None) -> dict[str, Cells]:
    with (
        _damage_reported(path),
        _opened(content, data_only=True) as shown,
        _opened(content, data_only=False) as written,
    ):
        return {
            values.title: _sheet_cells(values, formulas, shown.epoch)
            for values, formulas in zip(shown.worksheets, written.worksheets, strict=True)
            if only is None or values.title in only
        }


@contextmanager
def _damage_reported(path: Path) -> Iterator[None]:
    """Turn whatever a damaged workbook causes into a WorkbookError, and silence warnings.

    openpyxl lets any exception through that a damaged part happens to cause, and it warns
    of what it passes over, such as rules and charts it does not know: none of it is a value.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except Exception as error:
        raise WorkbookError(
            f"{path}: this is a damaged workbook or none at all (reading it stopped with "
            f"{type(error).__name__}); {_WORKBOOK_ACCEPTED}"
        ) from error


@contextmanager
def _opened(content: bytes, *, data_only: bool) -> Iterator[Workbook]:
    """The workbook in openpyxl's read-only mode, which keeps long sheets out of memory."""
    workbook = load_workbook(
        io.BytesIO(content), read_only=True, data_only=data_only, keep_links=False
    )
    try:
        yield workbook
    finally:
        workbook.close()


def _sheet_cells(values: _Sheet, formulas: _Sheet, epoch: dt.datetime) -> Cells:
    """The cells of a sheet that is open twice: with stored values, and with formulas."""
    # Some programs note too small a size for a sheet; cells outside it would be passed over.
    values.reset_dimensions()
    formulas.reset_dimensions()
    cells: Cells = {}
    for value_row, formula_row in zip(values.rows, formulas.rows, strict=True):
        for stored, written in zip(value_row, formula_row, strict=True):
            if not (isinstance(stored, ReadOnlyCell) and isinstance(written, ReadOnlyCell)):
                continue
            value, formula = _stored_value(stored, epoch), _formula_text(written)
            if value is not None or formula is not None:
                address = Address(stored.row, stored.column)
                cells[address] = Cell(address, value, formula)
    return cells


def _stored_value(cell: ReadOnlyCell, epoch: dt.datetime) -> Value:
    """The value a cell holds; None where there is none, or an empty text."""
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
        return _ERRORS.get(text, text)
    return text or None


def _formula_text(cell: ReadOnlyCell) -> str | None:
    """The formula of a cell without its equals sign; None for a constant."""
    if cell.data_type != "f":
        return None
    formula: object = cell.value
    if isinstance(formula, DataTableFormula):
        return f"TABLE({formula.r1 or ''},{formula.r2 or ''})"
    text = formula.text if isinstance(formula, ArrayFormula) else formula
    return str(text or "").removeprefix("=")


def _csv_cells(path: Path, content: bytes) -> Cells:
    """The cells of a CSV file."""
    content_text = _csv_text(path, content)
    delimiter = _delimiter(content_text)
    # Only the csv module may split lines: a quoted text can hold line ends of its own.
    reader = csv.reader(io.StringIO(content_text, newline=""), delimiter=delimiter, strict=True)
    cells: Cells = {}
    try:
        for row, fields in enumerate(reader, start=1):
            for column, field in enumerate(fields, start=1):
                text = field.strip()
                if text:
                    address = Address(row, column)
                    cells[address] = Cell(address, _ERRORS.get(text, text))
    except csv.Error as error:
        raise WorkbookError(f"{path}: line {reader.line_num} is not CSV ({error})") from None
    return cells


def _delimiter(text: str) -> str:
    """The delimiter that stands in the most lines: every row of an exported sheet has it."""
    lines = _QUOTED.sub("", text).splitlines()
    return max(_DELIMITERS, key=lambda delimiter: sum(delimiter in line for line in lines))


def _csv_text(path: Path, content: bytes) -> str:
    """The text of a CSV file."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise WorkbookError(
            f"{path}: this is not text in UTF-8 (byte {error.start}); {_SHEET_ACCEPTED}"
        ) from None
    if "\0" in text:
        raise WorkbookError(f"{path}: this is no text, for it holds zeros; {_SHEET_ACCEPTED}")
    if text.lstrip().startswith("<"):
        raise WorkbookError(f"{path}: this is a web page or other XML; {_SHEET_ACCEPTED}")
    return text
