"""Workbooks in Excel's binary formats, as [MS-XLS] and [MS-XLSB] describe them: .xls and .xlsb.

Both are records, one after the other, each of a kind and a length. Only those that hold values, and
what tells a date from a number, are looked at. What is damaged raises whatever it happens to cause.
"""

import math
import struct
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import takewhile
from typing import Final

from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format, is_timedelta_format
from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH, from_excel

from sheetgd.errors import WorkbookError
from sheetgd.reading.archive import DATA, Archive, TooMuchError
from sheetgd.reading.rows import NOT_STORED, Rows, Sheet, error, room

_PROTECTED: Final = "it is protected with a password; save it without one"
_ERRORS: Final = {
    0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?",
    0x24: "#NUM!", 0x2A: "#N/A",
}  # fmt: skip
_MOST_RECORDS: Final = 8_000_000
_Record = tuple[int, bytes]


class _Formats:
    """How numbers are shown, which alone tells that one of them is a date or a time."""

    def __init__(self) -> None:
        self.epoch = WINDOWS_EPOCH
        self.of_styles: list[int] = []
        self.codes = dict(BUILTIN_FORMATS)
        self._dates: dict[int, bool | None] = {}

    def value(self, number: float, style: int) -> object:
        """Return a number, or the date or time that it is shown as."""
        if style not in self._dates:
            code = self.codes.get(self.of_styles[style]) if style < len(self.of_styles) else None
            self._dates[style] = is_timedelta_format(code) if is_date_format(code) else None
        long = self._dates[style]
        if long is None:
            return number
        try:
            shown: object = from_excel(number, self.epoch, timedelta=long)
        except (OverflowError, ValueError):
            return number
        return number if shown is None else shown


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
    if bits & 2:
        number = float((bits >> 2) - (1 << 30 if bits >> 31 else 0))
    else:
        number = _double(struct.pack("<Q", (bits & ~3) << 32), 0)
    return number / 100 if bits & 1 else number


def _check_most(what: str, *, enough: bool) -> None:
    if not enough:
        raise TooMuchError(f"it holds too many {what}")


def _error(code: int) -> object:
    return error(_ERRORS.get(code, f"of number {code}"))


class _Xlsb:
    """Kinds of records in an .xlsb file; those of cells that follow others are 11 more."""

    ROW, BLANK, PACKED, ERROR, TRUTH, NUMBER, TEXT, SHARED_TEXT = range(8)
    TEXT_RESULT, NUMBER_RESULT, TRUTH_RESULT, ERROR_RESULT = range(8, 12)
    AFTER, RICH_TEXT, ITEM, FORMAT, STYLE = 11, 62, 19, 44, 47
    STYLES, STYLES_END, PROPERTIES, SHEET = 617, 618, 153, 156


class _Xls:
    """Kinds of records in an .xls file."""

    BEGIN, END, CONTINUED, PROTECTED, EPOCH, CODING = 0x809, 0x0A, 0x3C, 0x2F, 0x22, 0x42
    STYLE, FORMAT, SHEET, TEXTS, ROW = 0xE0, 0x41E, 0x85, 0xFC, 0x208
    NUMBER, TEXT, TRUTH, PACKED, SHARED_TEXT, RICH_TEXT = 0x203, 0x204, 0x205, 0x27E, 0xFD, 0xD6
    SEVERAL_PACKED, RESULT, TEXT_RESULT = 0xBD, 0x06, 0x207
    CELLS = (RESULT, NUMBER, TEXT, TRUTH, PACKED, SHARED_TEXT, RICH_TEXT)


_BIFF_8: Final = 0x600
_MAC: Final = "mac_roman"
_MAC_PAGES: Final = (10000, 32768)
_NO_NUMBER: Final = 0xFFFF

XLSB: Final = "xl/workbook.bin"


def sheets_of_xlsb(archive: Archive) -> list[Sheet]:
    """Find the sheets of an .xlsb file."""
    formats, sheets, texts = _Formats(), list[Sheet](), list[str]()
    records = partial(_records, archive, [_MOST_RECORDS])
    targets = archive.related(XLSB)
    for kind, part in targets.values():
        if kind.endswith("/sharedStrings"):
            texts += (_wide(data, 1)[0] for each, data in records(part) if each == _Xlsb.ITEM)
        elif kind.endswith("/styles"):
            _read_styles(records(part), formats)
    _check_most("texts", enough=len(texts) <= DATA.texts)
    free = room()
    for each, data in records(XLSB):
        if each == _Xlsb.PROPERTIES:
            formats.epoch = MAC_EPOCH if data[0] & 1 else WINDOWS_EPOCH
        elif each == _Xlsb.SHEET:
            relation, at = _wide(data, 8)
            kind, part = targets[relation]
            if kind.endswith("/worksheet"):
                read = partial(_xlsb_rows, records, part, texts, formats, free)
                sheets.append(Sheet(_wide(data, at)[0], data[0] & 3 != 0, read))
    return sheets


def _records(archive: Archive, left: list[int], part: str) -> Iterator[_Record]:
    data = archive.content(part)
    at = 0
    while at < len(data):
        left[0] -= 1
        _check_most("records", enough=left[0] >= 0)
        kind = data[at]
        at += 1
        if kind & 0x80:
            kind, at = kind & 0x7F | data[at] << 7, at + 1
        size = 0
        for shift in (0, 7, 14, 21):
            size, at = size | (data[at] & 0x7F) << shift, at + 1
            if not data[at - 1] & 0x80:
                break
        yield kind, data[at : at + size]
        at += size


def _wide(data: bytes, at: int) -> tuple[str, int]:
    """Return a text, and where it ends."""
    end = at + 4 + 2 * _integer(data, at, 4)
    return data[at + 4 : end].decode("utf-16-le", "replace"), end


def _read_styles(records: Iterable[_Record], formats: _Formats) -> None:
    for kind, data in records:
        if kind == _Xlsb.FORMAT:
            formats.codes[_integer(data, 0, 2)] = _wide(data, 2)[0]
        elif kind == _Xlsb.STYLES:
            cells = takewhile(lambda record: record[0] != _Xlsb.STYLES_END, records)
            formats.of_styles = [_integer(each, 2, 2) for key, each in cells if key == _Xlsb.STYLE]


def _xlsb_rows(
    records: Callable[[str], Iterable[_Record]],
    part: str,
    texts: list[str],
    formats: _Formats,
    free: list[int],
) -> Rows:
    rows = Rows(free)
    row = column = 0
    for record, data in records(part):
        if record == _Xlsb.ROW:
            row, column = _integer(data, 0, 4) + 1, 0
            if data[11] & 0x10:
                rows.hidden.add(row)
            continue
        # Seven records have a twin for the column to the right.
        short = 0 < record - _Xlsb.AFTER <= _Xlsb.SHARED_TEXT
        if not (short or record <= _Xlsb.ERROR_RESULT or record == _Xlsb.RICH_TEXT):
            continue
        column = column + 1 if short else _integer(data, 0, 4) + 1
        kind, at = (record - _Xlsb.AFTER, 4) if short else (record, 8)
        style = _integer(data, at - 4, 3)
        if kind in (_Xlsb.PACKED, _Xlsb.NUMBER, _Xlsb.NUMBER_RESULT):
            number = _packed(_integer(data, at, 4)) if kind == _Xlsb.PACKED else _double(data, at)
            value = formats.value(number, style)
        elif kind in (_Xlsb.ERROR, _Xlsb.ERROR_RESULT):
            value = _error(data[at])
        elif kind in (_Xlsb.TRUTH, _Xlsb.TRUTH_RESULT):
            value = data[at] != 0
        elif kind == _Xlsb.SHARED_TEXT:
            value = texts[_integer(data, at, 4)]
        else:
            value = None if kind == _Xlsb.BLANK else _wide(data, at + (kind == _Xlsb.RICH_TEXT))[0]
        rows.put(row, column, value)
    return rows


_MOST_XLS: Final = 128 * 2**20
_END: Final = 0xFFFFFFFA
_SMALL: Final = 4096
_SECTORS: Final = {9: 512, 12: 4096}


def sheets_of_xls(data: bytes) -> list[Sheet]:
    """Find the sheets of an .xls file, or say what else a file in the old Office format is."""
    if len(data) > _MOST_XLS:
        raise TooMuchError(f"it is longer than {_MOST_XLS // 2**20} MiB")
    book = _stream(data, ("Workbook", "Book"))
    if book is None:
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise WorkbookError(_PROTECTED)
        raise WorkbookError("it is a file in the old Office format, but no workbook")
    return _XlsFile(book).sheets


def _stream(data: bytes, wanted: tuple[str, ...]) -> bytes | None:
    """Return what is in a stream of a compound file, [MS-CFB]: sectors, chained by a table."""
    size, small_size = _SECTORS[_integer(data, 30, 2)], 64

    def sector(number: int) -> bytes:
        return data[(number + 1) * size : (number + 2) * size]

    def numbers(content: bytes) -> list[int]:
        return list(struct.unpack(f"<{len(content) // 4}I", content[: len(content) // 4 * 4]))

    def chain(start: int, table: list[int]) -> Iterator[int]:
        for _ in table:
            if start >= _END:
                return
            yield start
            start = table[start]

    tables = numbers(data[76:512])
    further = _integer(data, 68, 4)
    while further < _END and len(tables) * size < len(data):
        *more, further = numbers(sector(further))
        tables += more
    joined = b"".join(sector(each) for each in tables if each < _END)
    table = numbers(joined[: 4 * (len(data) // size + 1)])
    folder = b"".join(map(sector, chain(_integer(data, 48, 4), table)))
    entries = {
        entry[: max(0, _integer(entry, 64, 2) - 2)].decode("utf-16-le", "replace"): (
            _integer(entry, 116, 4), _integer(entry, 120, 4)
        )
        for entry in (folder[at : at + 128] for at in range(0, len(folder) - 127, 128))
    }  # fmt: skip
    name = next((name for name in wanted if name in entries), None)
    if name is None:
        return None
    start, length = entries[name]
    if length >= _SMALL:
        return b"".join(map(sector, chain(start, table)))[:length]
    root = b"".join(map(sector, chain(_integer(folder, 116, 4), table)))
    small = numbers(b"".join(map(sector, chain(_integer(data, 60, 4), table))))
    parts = (root[at * small_size : (at + 1) * small_size] for at in chain(start, small))
    return b"".join(parts)[:length]


class _XlsFile:
    """The records of an .xls file: what holds for the workbook, then each sheet's."""

    def __init__(self, book: bytes) -> None:
        self._data, self._free, self._formats = book, room(), _Formats()
        self._left = _MOST_RECORDS
        self._texts: list[str] = []
        self._coding = "cp1252"
        self.sheets: list[Sheet] = []
        self._wide = True
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
            self._texts = _shared_texts(shared)

    def _note(self, kind: int, data: bytes) -> None:
        """Note what holds for the workbook."""
        if kind == _Xls.BEGIN:
            self._wide = _integer(data, 0, 2) >= _BIFF_8
        elif kind == _Xls.PROTECTED:
            raise WorkbookError(_PROTECTED)
        elif kind == _Xls.EPOCH:
            self._formats.epoch = MAC_EPOCH if data[0] else WINDOWS_EPOCH
        elif kind == _Xls.CODING:
            page = _integer(data, 0, 2)
            self._coding = _MAC if page in _MAC_PAGES else f"cp{page}"
        elif kind == _Xls.STYLE:
            self._formats.of_styles.append(_integer(data, 2, 2))
        elif kind == _Xls.FORMAT:
            text = self._text(data, 2, 2 if self._wide else 1)
            self._formats.codes[_integer(data, 0, 2)] = text
        elif kind == _Xls.SHEET and data[5] == 0:
            read = partial(self._rows, _integer(data, 0, 4))
            self.sheets.append(Sheet(self._text(data, 6, 1), data[4] & 3 != 0, read))

    def _records(self, at: int) -> Iterator[_Record]:
        """Yield the records of a part, those of what is embedded in it left out."""
        depth = 0
        while at < len(self._data):
            self._left -= 1
            _check_most("records", enough=self._left >= 0)
            kind, size = _integer(self._data, at, 2), _integer(self._data, at + 2, 2)
            depth += (kind == _Xls.BEGIN) - (kind == _Xls.END)
            if depth <= 0:
                return
            if depth == 1:
                yield kind, self._data[at + 4 : at + 4 + size]
            at += 4 + size

    def _text(self, data: bytes, at: int, counted: int) -> str:
        """Return a text whose length is a number of `counted` bytes."""
        length = _integer(data, at, counted)
        at += counted
        if not self._wide:
            return data[at : at + length].decode(self._coding, "replace")
        if data[at] & 1:
            return data[at + 1 : at + 1 + 2 * length].decode("utf-16-le", "replace")
        return data[at + 1 : at + 1 + length].decode("latin-1")

    def _rows(self, start: int) -> Rows:
        rows = Rows(self._free)
        row = column = 0
        for kind, data in self._records(start):
            if kind == _Xls.ROW and _integer(data, 12, 2) & 0x20:
                rows.hidden.add(_integer(data, 0, 2) + 1)
            elif kind == _Xls.SEVERAL_PACKED:
                row, column = _integer(data, 0, 2) + 1, _integer(data, 2, 2) + 1
                for place, at in enumerate(range(4, len(data) - 2, 6)):
                    number = _packed(_integer(data, at + 2, 4))
                    value = self._formats.value(number, _integer(data, at, 2))
                    rows.put(row, column + place, value)
            elif kind == _Xls.TEXT_RESULT:
                rows.put(row, column, self._text(data, 0, 2))
            elif kind in _Xls.CELLS:
                row, column = _integer(data, 0, 2) + 1, _integer(data, 2, 2) + 1
                rows.put(row, column, self._value(kind, data))
        return rows

    def _value(self, kind: int, data: bytes) -> object:
        if kind == _Xls.SHARED_TEXT:
            return self._texts[_integer(data, 6, 4)]
        if kind in (_Xls.TEXT, _Xls.RICH_TEXT):
            return self._text(data, 6, 2)
        if kind == _Xls.TRUTH:
            return _error(data[6]) if data[7] else data[6] != 0
        if kind == _Xls.RESULT and _integer(data, 12, 2) == _NO_NUMBER:
            # A text follows in a record of its own, and an empty one does not.
            return {1: data[8] != 0, 2: _error(data[8])}.get(data[6])
        number = _packed(_integer(data, 6, 4)) if kind == _Xls.PACKED else _double(data, 6)
        if kind == _Xls.RESULT and not math.isfinite(number):
            return NOT_STORED
        return self._formats.value(number, _integer(data, 4, 2))


def _shared_texts(parts: list[bytes]) -> list[str]:
    """Return the texts that cells share, which run on from one record into the next."""
    which, at = 0, 8

    def ended() -> bool:
        return at >= len(parts[which])

    def raw(size: int) -> bytes:
        nonlocal which, at
        found = b""
        while len(found) < size:
            if ended():
                which, at = which + 1, 0
            piece = parts[which][at : at + size - len(found)]
            found, at = found + piece, at + len(piece)
        return found

    texts: list[str] = []
    count = _integer(parts[0], 4, 4)
    _check_most("texts", enough=count <= DATA.texts)
    for _ in range(count):
        left, flags = _integer(raw(2), 0, 2), raw(1)[0]
        runs = _integer(raw(2), 0, 2) if flags & 8 else 0
        further = 4 * runs + (_integer(raw(4), 0, 4) if flags & 4 else 0)
        text = ""
        while left:
            if ended():
                # Each part says anew how wide its characters are.
                which, at = which + 1, 1
                flags = parts[which][0]
            width = 1 + (flags & 1)
            piece = parts[which][at : at + left * width]
            text += piece.decode("utf-16-le" if flags & 1 else "latin-1", "replace")
            left, at = left - max(1, len(piece) // width), at + len(piece)
        raw(further)
        texts.append(text)
    return texts
