"""Workbooks in Excel's binary formats, as [MS-XLS] and [MS-XLSB] describe them: .xls and .xlsb.

Both are records, one after the other, each of a kind and a length. Only those that hold values, and
what tells a date from a number, are looked at. What is damaged raises whatever it happens to cause.
calamine, which reads them too, ends the process at some damaged .xls files, leaves out cells of
.xlsb files that do not repeat their column, and tells no error from nothing.
"""

import math
import struct
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import takewhile
from typing import Final

from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format, is_timedelta_format
from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH, from_excel

from sheetgd.errors import WorkbookError
from sheetgd.reading.archive import DATA, MIB, Archive, TooMuchError
from sheetgd.reading.rows import NOT_STORED, Rows, Sheet, error

_PROTECTED: Final = "it is protected with a password; save it without one"
_ERRORS: Final = {
    0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?",
    0x24: "#NUM!", 0x2A: "#N/A",
}  # fmt: skip
_MOST_RECORDS: Final = 8_000_000
_Record = tuple[int, bytes]


class _Book:
    """What holds for all sheets of a workbook."""

    def __init__(self) -> None:
        self.epoch = WINDOWS_EPOCH
        self.texts: list[str] = []
        self.styles: list[int] = []
        self.formats = dict(BUILTIN_FORMATS)
        self.free = Rows().free
        self.sheets: list[Sheet] = []
        self._records = 0

    def count(self) -> None:
        """Count a record or a text, which both are bounded."""
        self._records += 1
        if self._records > _MOST_RECORDS or len(self.texts) > DATA.texts:
            raise TooMuchError("it holds too many records or texts")

    def shown(self, number: float, style: int) -> object:
        """Return a number, or the date or time that its format makes of it."""
        code = self.formats.get(self.styles[style]) if style < len(self.styles) else None
        if code is None or code == "General" or not is_date_format(code):
            return number
        try:
            return from_excel(number, self.epoch, timedelta=is_timedelta_format(code))
        except (OverflowError, ValueError):
            return number


def _integer(data: bytes, at: int, size: int) -> int:
    if at + size > len(data):
        raise WorkbookError("it ends too early")
    return int.from_bytes(data[at : at + size], "little")


def _double(data: bytes, at: int) -> float:
    return float(struct.unpack_from("<d", data, at)[0])


def _packed(bits: int) -> float:
    """Return a number of 30 bits: a whole one or the upper part of a double, perhaps times 100.

    >>> _packed(0x3FF00000), _packed(1 << 2 | 2), _packed(25 << 2 | 3)
    (1.0, 1.0, 0.25)
    """
    whole = float((bits >> 2) - (1 << 30 if bits >> 31 else 0))
    number = whole if bits & 2 else _double(struct.pack("<Q", (bits & ~3) << 32), 0)
    return number / 100 if bits & 1 else number


def _error(code: int) -> object:
    return error(_ERRORS.get(code, f"of number {code}"))


XLSB: Final = "xl/workbook.bin"


class _Xlsb:
    """Kinds of records in an .xlsb file; those of cells that follow others are 11 more."""

    ROW, BLANK, PACKED, ERROR, TRUTH, NUMBER, TEXT, SHARED_TEXT = range(8)
    TEXT_RESULT, NUMBER_RESULT, TRUTH_RESULT, ERROR_RESULT = range(8, 12)
    AFTER, RICH_TEXT, ITEM, FORMAT, STYLE = 11, 62, 19, 44, 47
    STYLES, STYLES_END, PROPERTIES, SHEET = 617, 618, 153, 156


def sheets_of_xlsb(archive: Archive) -> list[Sheet]:
    """Find the sheets of an .xlsb file."""
    book, related = _Book(), archive.related(XLSB)
    for kind, part in related.values():
        records = _records(archive, book, part)
        if kind.endswith("/sharedStrings"):
            book.texts.extend(_wide(data, 1)[0] for each, data in records if each == _Xlsb.ITEM)
        elif kind.endswith("/styles"):
            _read_formats(records, book)
    for each, data in _records(archive, book, XLSB):
        if each == _Xlsb.PROPERTIES and data[0] & 1:
            book.epoch = MAC_EPOCH
        elif each == _Xlsb.SHEET:
            relation, at = _wide(data, 8)
            kind, part = related[relation]
            if kind.endswith("/worksheet"):
                read = partial(_xlsb_rows, archive, book, part)
                book.sheets.append(Sheet(_wide(data, at)[0], data[0] & 3 != 0, read))
    return book.sheets


def _read_formats(records: Iterator[_Record], book: _Book) -> None:
    for kind, data in records:
        if kind == _Xlsb.FORMAT:
            book.formats[_integer(data, 0, 2)] = _wide(data, 2)[0]
        elif kind == _Xlsb.STYLES:
            cells = takewhile(lambda record: record[0] != _Xlsb.STYLES_END, records)
            book.styles = [_integer(each, 2, 2) for key, each in cells if key == _Xlsb.STYLE]


def _records(archive: Archive, book: _Book, part: str) -> Iterator[_Record]:
    data, at = archive.content(part), 0

    def number(most: int) -> int:
        nonlocal at
        found = 0
        for place in range(most):
            found |= (data[at] & 0x7F) << 7 * place
            at += 1
            if not data[at - 1] & 0x80:
                break
        return found

    while at < len(data):
        book.count()
        kind, size = number(2), number(4)
        yield kind, data[at : at + size]
        at += size


def _wide(data: bytes, at: int) -> tuple[str, int]:
    """Return a text, and where it ends."""
    end = at + 4 + 2 * _integer(data, at, 4)
    return data[at + 4 : end].decode("utf-16-le", "replace"), end


def _xlsb_rows(archive: Archive, book: _Book, part: str) -> Rows:
    rows = Rows(free=book.free)
    row = column = 0
    for record, data in _records(archive, book, part):
        if record == _Xlsb.ROW:
            row, column = _integer(data, 0, 4) + 1, 0
            if data[11] & 0x10:
                rows.hidden.add(row)
            continue
        short = 0 < record - _Xlsb.AFTER <= _Xlsb.SHARED_TEXT
        if not (short or record <= _Xlsb.ERROR_RESULT or record == _Xlsb.RICH_TEXT):
            continue
        column = column + 1 if short else _integer(data, 0, 4) + 1
        kind, at = (record - _Xlsb.AFTER, 4) if short else (record, 8)
        style = _integer(data, at - 4, 3)
        if kind == _Xlsb.PACKED:
            value = book.shown(_packed(_integer(data, at, 4)), style)
        elif kind in (_Xlsb.NUMBER, _Xlsb.NUMBER_RESULT):
            value = book.shown(_double(data, at), style)
        elif kind in (_Xlsb.ERROR, _Xlsb.ERROR_RESULT):
            value = _error(data[at])
        elif kind in (_Xlsb.TRUTH, _Xlsb.TRUTH_RESULT):
            value = data[at] != 0
        elif kind == _Xlsb.SHARED_TEXT:
            value = book.texts[_integer(data, at, 4)]
        else:
            value = None if kind == _Xlsb.BLANK else _wide(data, at + (kind == _Xlsb.RICH_TEXT))[0]
        rows.put(row, column, value)
    return rows


_MOST_XLS: Final = 128 * MIB
_END: Final = 0xFFFFFFFA
_SECTORS: Final = {9: 512, 12: 4096}
_SMALL, _SMALL_SECTOR = 4096, 64


class _Xls:
    """Kinds of records in an .xls file."""

    BEGIN, END, CONTINUED, PROTECTED, EPOCH, CODING = 0x809, 0x0A, 0x3C, 0x2F, 0x22, 0x42
    STYLE, FORMAT, SHEET, TEXTS, ROW = 0xE0, 0x41E, 0x85, 0xFC, 0x208
    NUMBER, TEXT, TRUTH, PACKED, SHARED_TEXT, RICH_TEXT = 0x203, 0x204, 0x205, 0x27E, 0xFD, 0xD6
    SEVERAL_PACKED, RESULT, TEXT_RESULT = 0xBD, 0x06, 0x207
    CELLS = (RESULT, NUMBER, TEXT, TRUTH, PACKED, SHARED_TEXT, RICH_TEXT)
    VERSION_8, NO_NUMBER = 0x600, 0xFFFF


def sheets_of_xls(data: bytes) -> list[Sheet]:
    """Find the sheets of an .xls file, or say what else a file in the old Office format is."""
    if len(data) > _MOST_XLS:
        raise TooMuchError(f"it is longer than {_MOST_XLS // MIB} MiB")
    stream = _stream(data, ("Workbook", "Book"))
    if stream is not None:
        return _XlsFile(stream).book.sheets
    locked = "EncryptedPackage".encode("utf-16-le") in data
    raise WorkbookError(_PROTECTED if locked else "it is an old Office file, but no workbook")


def _stream(data: bytes, wanted: tuple[str, ...]) -> bytes | None:
    """Return what is in a stream of a compound file, [MS-CFB]: sectors, chained by a table."""
    size = _SECTORS[_integer(data, 30, 2)]

    def joined(sectors: Iterable[int]) -> bytes:
        return b"".join(data[(each + 1) * size : (each + 2) * size] for each in sectors)

    def numbers(content: bytes) -> list[int]:
        return [number for (number,) in struct.iter_unpack("<I", content[: len(content) // 4 * 4])]

    def chain(start: int, table: list[int]) -> Iterator[int]:
        for _ in table:
            if start >= _END:
                return
            yield start
            start = table[start]

    tables, further = numbers(data[76:512]), _integer(data, 68, 4)
    while further < _END and len(tables) * size < len(data):
        *more, further = numbers(joined([further]))
        tables += more
    sectors = joined(each for each in tables if each < _END)
    table = numbers(sectors[: 4 * (len(data) // size + 1)])
    folder = joined(chain(_integer(data, 48, 4), table))
    for at in range(0, len(folder) - 127, 128):
        name = folder[at : at + max(0, _integer(folder, at + 64, 2) - 2)]
        if name.decode("utf-16-le", "replace") in wanted:
            break
    else:
        return None
    start, length = _integer(folder, at + 116, 4), _integer(folder, at + 120, 4)
    if length >= _SMALL:
        return joined(chain(start, table))[:length]
    root = joined(chain(_integer(folder, 116, 4), table))
    small = chain(start, numbers(joined(chain(_integer(data, 60, 4), table))))
    places = (each * _SMALL_SECTOR for each in small)
    return b"".join(root[at : at + _SMALL_SECTOR] for at in places)[:length]


class _XlsFile:
    """The records of an .xls file: those of the workbook, then each sheet's."""

    def __init__(self, stream: bytes) -> None:
        self.book, self._data = _Book(), stream
        self._coding, self._eight = "cp1252", True
        shared: list[bytes] = []
        last = 0
        for kind, data in self._records(0):
            if kind == _Xls.TEXTS or (kind == _Xls.CONTINUED and last == _Xls.TEXTS):
                shared.append(data)
                last = _Xls.TEXTS
            else:
                self._note(kind, data)
                last = kind
        if shared:
            self.book.texts.extend(_shared_texts(shared))
            self.book.count()

    def _note(self, kind: int, data: bytes) -> None:
        """Note what holds for the workbook."""
        if kind == _Xls.BEGIN:
            self._eight = _integer(data, 0, 2) >= _Xls.VERSION_8
        elif kind == _Xls.PROTECTED:
            raise WorkbookError(_PROTECTED)
        elif kind == _Xls.EPOCH and data[0]:
            self.book.epoch = MAC_EPOCH
        elif kind == _Xls.CODING and not self._eight:
            self._coding = f"cp{_integer(data, 0, 2)}"
        elif kind == _Xls.STYLE:
            self.book.styles.append(_integer(data, 2, 2))
        elif kind == _Xls.FORMAT:
            code = self._text(data, 2, 2 if self._eight else 1)
            self.book.formats[_integer(data, 0, 2)] = code
        elif kind == _Xls.SHEET and data[5] == 0:
            read = partial(self._rows, _integer(data, 0, 4))
            self.book.sheets.append(Sheet(self._text(data, 6, 1), data[4] & 3 != 0, read))

    def _records(self, at: int) -> Iterator[_Record]:
        """Yield the records of a part, but not of what is embedded in it."""
        depth = 0
        while at < len(self._data):
            self.book.count()
            kind, size = _integer(self._data, at, 2), _integer(self._data, at + 2, 2)
            depth += (kind == _Xls.BEGIN) - (kind == _Xls.END)
            if depth <= 0:
                return
            if depth == 1:
                yield kind, self._data[at + 4 : at + 4 + size]
            at += 4 + size

    def _text(self, data: bytes, at: int, counted: int) -> str:
        """Return a text whose length is a number of `counted` bytes."""
        length, start = _integer(data, at, counted), at + counted
        if not self._eight:
            return data[start : start + length].decode(self._coding, "replace")
        wide = data[start] & 1
        text = data[start + 1 : start + 1 + length * (1 + wide)]
        return text.decode("utf-16-le" if wide else "latin-1", "replace")

    def _rows(self, start: int) -> Rows:
        rows = Rows(free=self.book.free)
        row = column = 0
        for kind, data in self._records(start):
            if kind == _Xls.ROW and _integer(data, 12, 2) & 0x20:
                rows.hidden.add(_integer(data, 0, 2) + 1)
            elif kind == _Xls.TEXT_RESULT:
                rows.put(row, column, self._text(data, 0, 2))
            elif kind in _Xls.CELLS or kind == _Xls.SEVERAL_PACKED:
                row, column = _integer(data, 0, 2) + 1, _integer(data, 2, 2) + 1
                if kind in _Xls.CELLS:
                    rows.put(row, column, self._value(kind, data))
                    continue
                for place, (style, bits) in enumerate(struct.iter_unpack("<HI", data[4:-2])):
                    rows.put(row, column + place, self.book.shown(_packed(bits), style))
        return rows

    def _value(self, kind: int, data: bytes) -> object:
        if kind == _Xls.SHARED_TEXT:
            return self.book.texts[_integer(data, 6, 4)]
        if kind in (_Xls.TEXT, _Xls.RICH_TEXT):
            return self._text(data, 6, 2)
        if kind == _Xls.TRUTH:
            return _error(data[6]) if data[7] else data[6] != 0
        if kind == _Xls.RESULT and _integer(data, 12, 2) == _Xls.NO_NUMBER:
            # A text follows in a record of its own; an empty one has none.
            return {1: data[8] != 0, 2: _error(data[8])}.get(data[6])
        number = _packed(_integer(data, 6, 4)) if kind == _Xls.PACKED else _double(data, 6)
        # Some programs write a result that is no number where they know none.
        return (
            self.book.shown(number, _integer(data, 4, 2)) if math.isfinite(number) else NOT_STORED
        )


def _shared_texts(parts: list[bytes]) -> Iterator[str]:
    """Yield the texts that cells share, which run on from one record into the next."""
    which, at = 0, 8

    def take(size: int) -> bytes:
        """Return some bytes, of one record at least if it has any left."""
        nonlocal which, at
        if at >= len(parts[which]):
            which, at = which + 1, 0
        at += size
        return parts[which][at - size : at]

    def whole(size: int) -> bytes:
        found = b""
        while len(found) < size:
            found += take(size - len(found))
        return found

    for _ in range(min(_integer(parts[0], 4, 4), DATA.texts + 1)):
        left, flags = _integer(whole(2), 0, 2), whole(1)[0]
        runs = _integer(whole(2), 0, 2) if flags & 8 else 0
        further = 4 * runs + (_integer(whole(4), 0, 4) if flags & 4 else 0)
        text = ""
        while left:
            if at >= len(parts[which]):
                # Each record says anew how wide its characters are.
                flags = take(1)[0]
            piece = take(left * (1 + (flags & 1)))
            text += piece.decode("utf-16-le" if flags & 1 else "latin-1", "replace")
            left -= max(1, len(piece) // (1 + (flags & 1)))
        whole(further)
        yield text
