"""Spreadsheets in the OpenDocument format (.ods), whose cells all stand in one part."""

import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping
from copy import copy
from functools import partial
from pathlib import Path
from typing import BinaryIO, Final, cast
from xml.etree.ElementTree import Element, XMLPullParser

from sheetgd.errors import WorkbookError
from sheetgd.expression.excel import MAX_ROWS, Address, ErrorValue, Value
from sheetgd.reading.archive import (
    DATA,
    MIB,
    Archive,
    BeginningCount,
    TooMuchError,
    damage_reported,
)
from sheetgd.reading.columns import Unusable
from sheetgd.reading.rows import NOT_STORED, Rows, Sheet, error
from sheetgd.reading.workbook import Cells, StoredCell

CONTENT: Final = "content.xml"
_OASIS: Final = "{urn:oasis:names:tc:opendocument:xmlns:%s:1.0}"
_TABLE, _OFFICE, _TEXT, _STYLE = (_OASIS % each for each in ("table", "office", "text", "style"))
_ERROR: Final = (
    "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}value-type",
    "error",
)
_ERRORS: Final = {error(each).found: each for each in ErrorValue}
_CELLS: Final = {f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"}
_WHITE: Final = {f"{_TEXT}s": " ", f"{_TEXT}tab": "\t", f"{_TEXT}line-break": "\n"}
_TIME: Final = re.compile(r"(-?)P(?:(\d+)D)?T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:[.,]\d+)?)S)?")
_MIDNIGHT: Final = dt.datetime(1900, 1, 1)  # noqa: DTZ001  sheets know no time zones
_LONGEST_ROW: Final = 32 * MIB
_MOST_EVENTS: Final = 4_000_000
"""Beginnings and ends of elements: 400,000 rows of two numbers take ten seconds."""


def sheets_of(archive: Archive) -> list[Sheet]:
    """Read all sheets of a spreadsheet.

    Raises:
        WorkbookError: when it is protected, or holds more than is read.
    """
    manifest = "META-INF/manifest.xml"
    protected = manifest in archive.NameToInfo and b"encryption-data" in archive.content(manifest)
    if protected or "encrypted-package" in archive.NameToInfo:
        raise WorkbookError("it is protected with a password; save it without one")
    sheets: list[Sheet] = []
    free, unseen, row, style = Rows().free, set(), 1, ""
    for event, element in _elements(archive):
        tag = element.tag
        if event == "start":
            if tag == f"{_STYLE}style":
                style = element.get(f"{_STYLE}name", "")
            elif tag == f"{_STYLE}table-properties" and element.get(f"{_TABLE}display") == "false":
                unseen.add(style)
            elif tag == f"{_TABLE}table":
                rows, row = Rows(free=free), 1
                hidden = element.get(f"{_TABLE}style-name") in unseen
                sheets.append(Sheet(element.get(f"{_TABLE}name", ""), hidden, partial(copy, rows)))
        elif tag == f"{_TABLE}table-row" and sheets:
            row = _add(sheets[-1].read(), row, element)
            element.clear()
    return sheets


def _elements(archive: Archive) -> Iterator[tuple[str, Element]]:
    """Yield what begins, and the rows that end, while the part is unpacked."""
    parser: XMLPullParser[Element] = XMLPullParser(("start", "end"))
    beginning = BeginningCount(_LONGEST_ROW)
    elements = since = 0
    for piece in archive.unpacked(CONTENT):
        if not beginning.begun:
            beginning.feed(piece)
        parser.feed(piece)
        since += len(piece)
        for event, element in cast("Iterator[tuple[str, Element]]", parser.read_events()):
            elements += 1
            since = 0 if event == "end" and element.tag == f"{_TABLE}table-row" else since
            yield event, element
        if elements > _MOST_EVENTS or since > _LONGEST_ROW:
            raise TooMuchError(f"its part {CONTENT!r} holds too many elements, or too long ones")
    parser.close()


def _add(rows: Rows, row: int, element: Element) -> int:
    """Add a row, which may stand for many, as its cells may; return the number of the next."""
    column = 1
    for cell in element:
        if cell.tag in _CELLS:
            times = int(cell.get(f"{_TABLE}number-columns-repeated", 1))
            rows.put(row, column, _value(cell), times)
            column += times
        elif cell.tag == element.tag:
            raise WorkbookError("it is damaged: a row stands inside another")
    times = int(element.get(f"{_TABLE}number-rows-repeated", 1))
    if cells := rows.cells.get(row):
        rows.take((times - 1) * len(cells))
        if row + times - 1 > MAX_ROWS:
            raise TooMuchError("has cells beyond where sheets end")
        same = range(row, row + times)
        rows.cells.update(dict.fromkeys(same, cells))
        if element.get(f"{_TABLE}visibility") in {"collapse", "filter"}:
            rows.hidden.update(same)
    return row + times


def _value(cell: Element) -> object:
    """Return what a cell holds; its kind is an attribute, and so is each value but a text."""
    text = "\n".join(map(_text, cell.iterfind(f"{_TEXT}p")))
    kind, formula = cell.get(f"{_OFFICE}value-type"), cell.get(f"{_TABLE}formula")
    if _ERROR in cell.items() or (formula and (text in set(ErrorValue) or text[:4] == "Err:")):
        return error(text)
    if kind in _KINDS:
        name, convert = _KINDS[kind]
        return convert(cell.attrib[f"{_OFFICE}{name}"])
    return NOT_STORED if kind is None and formula else cell.get(f"{_OFFICE}string-value", text)


def _text(element: Element) -> str:
    """Return a paragraph's text, without the notes in it."""
    parts = [
        element.text or "",
        _WHITE.get(element.tag, "") * min(int(element.get(f"{_TEXT}c", 1)), 999),
    ]
    for each in element:
        parts += [_text(each) if each.tag.startswith(_TEXT) else "", each.tail or ""]
    return "".join(parts)


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
    days, hours, minutes, seconds = (
        float((each or "0").replace(",", ".")) for each in found.groups()[1:]
    )
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
            kept: Value = value if isinstance(value, bool | float | str) else str(value)
            if isinstance(value, Unusable):
                kept = _ERRORS.get(value.found)
            if value is not None:
                address = Address(row, column)
                yield address, StoredCell(address, kept)
