"""Spreadsheets in the OpenDocument format (.ods), whose cells all stand in one part."""

import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import BinaryIO, Final
from xml.parsers.expat import ParserCreate

from sheetgd.errors import WorkbookError
from sheetgd.expression.excel import Address, ErrorValue, Value
from sheetgd.reading.archive import DATA, Archive, TooMuchError, damage_reported, refuse_doctype
from sheetgd.reading.columns import Unusable
from sheetgd.reading.rows import NOT_STORED, Rows, Sheet, error, room
from sheetgd.reading.workbook import Cells, StoredCell

CONTENT: Final = "content.xml"
_TIME: Final = re.compile(r"(-?)P(?:(\d+)D)?T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:[.,]\d+)?)S)?")
_MIDNIGHT: Final = dt.datetime(1900, 1, 1)  # noqa: DTZ001  sheets know no time zones
_HIDDEN: Final = {"collapse", "filter"}
_WHITE: Final = {"s": " ", "tab": "\t", "line-break": "\n"}
_EXTRA: Final = "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0 value-type"
"""LibreOffice's name for a kind that the format does not have: an error."""
_IGNORED: Final = {"annotation", "tracked-changes", "shapes"}
"""Elements that hold texts, or tables, which are none of the cells'."""


def sheets_of(archive: Archive) -> list[Sheet]:
    """Read all sheets of a spreadsheet.

    Raises:
        WorkbookError: when it is protected, or holds more than is read.
    """
    manifest = "META-INF/manifest.xml"
    protected = manifest in archive.names and b"encryption-data" in archive.content(manifest)
    if protected or "encrypted-package" in archive.names:
        raise WorkbookError("it is protected with a password; save it without one")
    walk = _Walk()
    for piece in archive.unpacked(CONTENT):
        walk.parser.Parse(piece, False)  # noqa: FBT003  expat's own
    walk.parser.Parse(b"", True)  # noqa: FBT003  the same
    return [Sheet(title, hidden, partial(_same, rows)) for title, hidden, rows in walk.sheets]


def _same(rows: Rows) -> Rows:
    return rows


def read_cells(path: Path, stream: BinaryIO) -> dict[str, Cells]:
    """Read the cells of all sheets of an .ods file, as `read_workbook` does of an .xlsx file.

    Args:
        path: what messages call it.
        stream: the file.

    Raises:
        WorkbookError: when it is no such file or holds more than is read.
    """
    with damage_reported(path), Archive(stream, DATA) as archive:
        return {sheet.title: dict(_stored(sheet.read())) for sheet in sheets_of(archive)}


def _stored(rows: Rows) -> Iterator[tuple[Address, StoredCell]]:
    for row, cells in rows.cells.items():
        for column, value in enumerate(cells, start=1):
            if isinstance(value, Unusable):
                name = value.found.rpartition(" ")[2]
                kept: Value = ErrorValue(name) if name in set(ErrorValue) else None
            elif value is None or isinstance(value, bool | float | str):
                kept = value
            else:
                kept = str(value)
            if value is not None:
                address = Address(row, column)
                yield address, StoredCell(address, kept)


class _Walk:
    """Reads the cells while the part is parsed: they, and rows, may stand for many."""

    def __init__(self) -> None:
        self.sheets: list[tuple[str, bool, Rows]] = []
        self.parser = ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = refuse_doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self._style, self._room = "", room()
        self._unseen: set[str] = set()
        self._row = self._column = self._ignored = self._elements = 0
        self._row_attributes: dict[str, str] = {}
        self._cell: dict[str, str] | None = None
        self._texts: list[str] = []

    def _start(self, name: str, named: dict[str, str]) -> None:
        self._elements += 1
        if self._elements > DATA.cells:
            raise TooMuchError(f"its part {CONTENT!r} has more than {DATA.cells:,} elements")
        tag = name.rpartition(" ")[2]
        if self._ignored or tag in _IGNORED or (self._cell is not None and "drawing" in name):
            self._ignored += 1
            return
        attributes = {
            key.rpartition(" ")[2]: value for key, value in named.items() if key != _EXTRA
        }
        if named.get(_EXTRA) == "error":
            attributes["value-type"] = "error"
        self._begin(tag, attributes)

    def _begin(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "style":
            self._style = attributes.get("name", "")
        elif tag == "table-properties" and attributes.get("display") == "false":
            self._unseen.add(self._style)
        elif tag == "table":
            hidden = attributes.get("style-name", "") in self._unseen
            self.sheets.append((attributes.get("name", ""), hidden, Rows(self._room)))
            self._row = 1
        elif tag == "table-row":
            self._column, self._row_attributes = 1, attributes
        elif tag in {"table-cell", "covered-table-cell"}:
            self._cell, self._texts = attributes, []
        elif self._cell is not None:
            if tag == "p" and self._texts:
                self._texts.append("\n")
            self._texts.append(_WHITE.get(tag, "") * min(int(attributes.get("c", 1)), 999))

    def _text(self, text: str) -> None:
        if self._cell is not None and not self._ignored:
            self._texts.append(text)

    def _end(self, name: str) -> None:
        tag = name.rpartition(" ")[2]
        if self._ignored:
            self._ignored -= 1
        elif tag in {"table-cell", "covered-table-cell"} and self._cell is not None:
            times = int(self._cell.get("number-columns-repeated", 1))
            value = _value(self._cell, "".join(self._texts))
            if value not in (None, ""):
                for column in range(self._column, self._column + times):
                    self.sheets[-1][2].put(self._row, column, value)
            self._column += times
            self._cell = None
        elif tag == "table-row":
            times = int(self._row_attributes.get("number-rows-repeated", 1))
            rows = self.sheets[-1][2]
            rows.repeat(self._row, times)
            if self._row_attributes.get("visibility") in _HIDDEN and self._row in rows.cells:
                rows.hidden.update(range(self._row, self._row + times))
            self._row += times


def _value(cell: dict[str, str], text: str) -> object:
    """Return what a cell holds; its kind is an attribute, and so is each value but a text."""
    kind = cell.get("value-type")
    if kind == "error" or ("formula" in cell and (text in set(ErrorValue) or text[:4] == "Err:")):
        return error(text)
    if kind in _KINDS:
        name, convert = _KINDS[kind]
        return convert(cell[name])
    return NOT_STORED if kind is None and "formula" in cell else cell.get("string-value", text)


def _date(text: str) -> object:
    try:
        return (dt.datetime if "T" in text else dt.date).fromisoformat(text)
    except ValueError:
        return text


def _time(text: str) -> object:
    """Return a time of a day, or how long something took.

    >>> _time("PT06H30M00S"), _time("PT48H00M00S")
    (datetime.time(6, 30), datetime.timedelta(days=2))
    """
    if (found := _TIME.fullmatch(text)) is None:
        return text
    days, hours, minutes = (int(each or 0) for each in found.group(2, 3, 4))
    seconds = float((found[5] or "0").replace(",", "."))
    long = dt.timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    if found[1]:
        return -long
    return (_MIDNIGHT + long).time() if long < dt.timedelta(days=1) else long


_KINDS: Final[Mapping[str | None, tuple[str, Callable[[str], object]]]] = {
    **dict.fromkeys(("float", "percentage", "currency"), ("value", float)),
    "boolean": ("boolean-value", "true".__eq__),
    "date": ("date-value", _date),
    "time": ("time-value", _time),
}
