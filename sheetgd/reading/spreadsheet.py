"""Reading a sheet of a workbook as rows of data: .xlsx, .xlsm, .xls, .xlsb and .ods.

An .xlsx file of data is read by calamine, which is fast, but tells errors and formulas without a
result from nothing no more than hidden rows from others, and fills all space between cells. So its
sheet is looked through before. What is spelt in an unusual way, or has cells far apart, is read by
openpyxl.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, replace
from functools import partial
from itertools import repeat
from pathlib import Path
from string import ascii_uppercase, digits
from typing import BinaryIO, Final, NamedTuple, cast
from xml.etree.ElementTree import fromstring
from zipfile import BadZipFile

import python_calamine

from sheetgd.errors import DataError, WorkbookError, did_you_mean
from sheetgd.expression.excel import MAX_COLUMNS, MAX_ROWS, Address, ErrorValue
from sheetgd.files import OLD_OFFICE, ZIP
from sheetgd.reading.archive import DATA, MIB, Archive, TooMuchError, damage_reported
from sheetgd.reading.columns import Unusable, listed, quoted
from sheetgd.reading.grid import Grid
from sheetgd.reading.rows import NOT_STORED, Rows, Sheet, error

_DOCUMENT: Final = "/officeDocument"


def read_grid(path: Path, stream: BinaryIO, *, sheet: str | None, block: str | None) -> Grid:
    """Read the cells of a sheet.

    Args:
        path: what messages call the file.
        stream: the file.
        sheet: the sheet's title; None takes the first that is not hidden and holds something.
        block: the range that is read, such as ``B2:C21``, ``5:20`` or ``B:C``; None reads all.

    Raises:
        DataError: when it is no workbook that can be read, or holds more than is read; when it
            lacks the sheet, or there is nothing in it or in the range.
    """
    limits = Limits() if block is None else read_block(block)
    with _as_data_error(path):
        sheets = _sheets(path, stream)
    chosen, rows = _chosen(path, sheets, sheet)
    grid = _grid(str(path), chosen.title, rows, limits)
    if not grid.rows:
        raise DataError(
            f"{path}: sheet {quoted(chosen.title)} holds nothing{f' in {block}' if block else ''}; "
            "choose cells with sheet=... and block=..."
        )
    before = sheets[: sheets.index(chosen)] if sheet is None else []
    passed = [
        f"hidden sheet {quoted(each.title)} was passed over" for each in before if each.hidden
    ]
    hidden = len(rows.hidden.intersection(grid.numbers))
    if chosen.hidden:
        passed.append(f"sheet {quoted(chosen.title)} is hidden")
    if hidden:
        passed.append(
            "1 hidden row is read, too" if hidden == 1 else f"{hidden:,} hidden rows are read, too"
        )
    return replace(grid, notes=tuple(passed))


@contextmanager
def _as_data_error(path: Path) -> Iterator[None]:
    """Turn whatever goes wrong with a workbook into a DataError."""
    try:
        with damage_reported(path):
            yield
    except WorkbookError as problem:
        raise DataError(str(problem)) from None


class Limits(NamedTuple):
    """The rows and columns that are read, counted from 1; `left` is None for all columns."""

    top: int = 1
    bottom: int = MAX_ROWS
    left: int | None = None
    right: int = MAX_COLUMNS


def read_block(block: str) -> Limits:
    """Read a range: of cells, of rows, or of columns.

    >>> read_block("$C$21:B2"), read_block("5:20").left, read_block("B:C").bottom
    (Limits(top=2, bottom=21, left=2, right=3), None, 1048576)
    """
    corners = [_CORNER.fullmatch(corner) for corner in block.split(":")]
    shapes = {corner and tuple(map(bool, corner.groups())) for corner in corners}
    if len(corners) != 2 or len(shapes) > 1 or shapes & {None, (False, False)}:  # noqa: PLR2004  a range has two
        raise DataError(
            f"block={block!r} is not known: two cells are accepted, such as B2:C21, or two rows "
            "(5:20) or columns (B:C)"
        )
    ends = [Address.parse(f"{each[1] or 'A'}{each[2] or 1}") for each in corners if each]
    (top, bottom), (left, right) = (sorted(each) for each in zip(*map(astuple, ends), strict=True))
    by_column, by_row = next(iter(shapes)) or (False, False)
    return Limits(
        *((top, bottom) if by_row else (1, MAX_ROWS)),
        *((left, right) if by_column else (None, MAX_COLUMNS)),
    )


def _chosen(path: Path, sheets: Sequence[Sheet], title: str | None) -> tuple[Sheet, Rows]:
    """Return the sheet that is read, and its rows."""
    if not sheets:
        raise DataError(f"{path}: the workbook has no sheet with cells; add one")
    titles = [each.title for each in sheets]
    if title is not None and title not in titles:
        raise DataError(
            f"{path}: no sheet is named {quoted(title)}; it has {listed(map(quoted, titles))}: "
            f"choose with sheet=...{did_you_mean(title, titles)}"
        )
    wanted = [each for each in sheets if (each.title == title if title else not each.hidden)]
    if not wanted:
        raise DataError(
            f"{path}: all sheets are hidden: {listed(map(quoted, titles))}; choose with sheet=..."
        )
    for sheet in wanted:
        with _as_data_error(path):
            rows = sheet.read()
        if rows.cells:
            return sheet, rows
    return wanted[0], Rows()


def _grid(source: str, title: str, rows: Rows, limits: Limits) -> Grid:
    """Cut out what is read, without the empty rows, and the empty columns at its sides."""
    left = (limits.left or 1) - 1
    numbers = [each for each in sorted(rows.cells) if limits.top <= each <= limits.bottom]
    kept = [rows.cells[number] for number in numbers]
    if left or limits.right < MAX_COLUMNS:
        kept = [cells[left : limits.right] for cells in kept]
    for cells in kept:
        while cells and cells[-1] is None:
            cells.pop()
    numbers = [number for number, cells in zip(numbers, kept, strict=True) if cells]
    kept = [cells for cells in kept if cells]
    if kept and limits.left is None:
        # A row ends with a cell that holds something, so this does.
        while all(cells[left] is None for cells in kept):
            left += 1
        kept = [cells[left:] for cells in kept] if left else kept
    return Grid(source, kept, numbers, left + 1, title)


def _sheets(path: Path, stream: BinaryIO) -> list[Sheet]:
    """Find the sheets of a workbook, whose kind is known by its content."""
    stream.seek(0)
    beginning = stream.read(8)
    if not beginning.startswith((*ZIP, OLD_OFFICE)):
        fact = "this is no workbook: it does not begin as one" if beginning else "the file is empty"
        raise WorkbookError(fact)
    if not beginning.startswith(b"PK"):
        from sheetgd.reading.binary import sheets_of_xls  # noqa: PLC0415  it loads openpyxl

        stream.seek(0)
        return sheets_of_xls(stream.read())
    try:
        archive = Archive(stream, DATA)
    except (BadZipFile, OSError, ValueError, NotImplementedError):
        raise WorkbookError(
            "this is a damaged or incomplete workbook (download or save it again)"
        ) from None
    if "xl/workbook.bin" in archive.NameToInfo:
        from sheetgd.reading.binary import sheets_of_xlsb  # noqa: PLC0415  the same

        return sheets_of_xlsb(archive)
    if "content.xml" in archive.NameToInfo:
        from sheetgd.reading.opendocument import sheets_of  # noqa: PLC0415  the same

        return sheets_of(archive)
    return _sheets_of_xlsx(path, archive, stream)


_WORKSHEET: Final = "/worksheet"
_CORNER: Final = re.compile(r"\$?([A-Za-z]{1,3})?\$?([1-9][0-9]{0,6})?")
_ROOT: Final = re.compile(
    rb"""(?i)(?:\xef\xbb\xbf)?\s*(?:<\?xml(?![^>]*encoding=(?!["']utf-8))[^>]*\?>)?"""
    rb"""\s*<((?-i:\w+:)?)(?-i:worksheet)\b"""
)
_ADDRESS: Final = re.compile(rb'\br="([A-Z0-9]+)"')
_LONGEST_ROW: Final = 16 * MIB
# A tag may be long, but not one that is looked for: time must not grow with its square.
_PATTERNS: Final = {
    "cell": rb'<{}c [^<>]{0,200}?\br="([A-Z]{1,3}[0-9]{1,7})"[^<>/]{0,200}>',
    "unstored": rb"(?:</{}f>|<{}f\b[^<>]*/>)\s{0,9}(?:<{}v\s?/>|<{}v></{}v>)?\s{0,9}</{}c>",
    "value": rb"<{}v>([^<]*)",
    "no row": rb'<{}row [^<>]{0,200}?\br="[0-9]*[^"0-9]',
    "inside": rb"(?:</{}row|<{}row [^<>]{0,200}/)>\s*+<(?!{}row\b|/{}sheetData|!)",
    "hidden": rb'<{}row (?=[^<>]{0,200}\bhidden="(?:1|true)")[^<>]{0,200}?\br="([0-9]{1,7})"',
}


def _sheets_of_xlsx(path: Path, archive: Archive, stream: BinaryIO) -> list[Sheet]:
    """Find the worksheets of an .xlsx file, in their order."""
    documents = (part for kind, part in archive.related("").values() if kind.endswith(_DOCUMENT))
    main = next(documents, None)
    if main is None or main not in archive.NameToInfo:
        raise WorkbookError("this is no workbook, but another archive")
    related = archive.related(main)
    with archive.open(main) as part:
        root = fromstring(part.read())  # noqa: S314  it declares no entities, as has been checked
    sheets: list[Sheet] = []
    for each in root.iterfind(".//{*}sheets/{*}sheet"):
        relation = next((value for key, value in each.items() if key.endswith("}id")), "")
        kind, part_name = related[relation]
        if kind.endswith(_WORKSHEET):
            title = each.get("name", "")
            read = partial(_rows_of_xlsx, path, archive, stream, title, part_name)
            sheets.append(Sheet(title, each.get("state", "visible") != "visible", read))
    return sheets


def _rows_of_xlsx(path: Path, archive: Archive, stream: BinaryIO, title: str, part: str) -> Rows:
    seen = _Seen(archive, part)
    if seen.empty:
        return Rows()
    rows = _fast(archive, stream, title, seen) if seen.plain and seen.dense else None
    if rows is None:
        rows = _careful(path, archive, title)
    rows.hidden = seen.hidden
    return rows


class _Seen:
    """What there is in the part of a sheet that calamine does not tell.

    Attributes:
        plain: whether it is spelled so that it could be looked through.
        odd: the errors and the formulas without a result.
        hidden: the numbers of the hidden rows.
    """

    def __init__(self, archive: Archive, part: str) -> None:
        """Look through whole rows at a time, as fast as `re` and `bytes` are."""
        self.odd: dict[Address, Unusable] = {}
        self.hidden: set[int] = set()
        self._cells = self._stored = self._texts = self._bottom = 0
        self._top, self._columns = MAX_ROWS, set[bytes]()
        pieces = archive.unpacked(part) if part in archive.NameToInfo else iter(())
        waiting = next(pieces, b"")
        root = _ROOT.match(waiting)
        self.plain = root is not None
        self._prefix = root[1] if root else b""
        self._find = {
            name: re.compile(each.replace(b"{}", self._prefix)) for name, each in _PATTERNS.items()
        }
        for piece in pieces:
            waiting += piece
            if (cut := waiting.rfind(b"<%brow" % self._prefix)) > 0:
                self._look(waiting[:cut])
                waiting = waiting[cut:]
            elif len(waiting) > _LONGEST_ROW:
                raise TooMuchError(f"its part {part[:99]!r} has a row of more than 16 MiB")
        self._look(waiting)

    @property
    def empty(self) -> bool:
        """Whether it holds nothing."""
        return self.plain and not self._cells

    @property
    def dense(self) -> bool:
        """Whether there is room for all cells between the first and the last."""
        columns = [Address.parse(f"{each.decode()}1").column for each in self._columns]
        width = max(columns) - min(columns) + 1
        return (self._bottom - self._top + 1) * width <= DATA.cells

    def complete(self, table: Sequence[Sequence[object]], read: int) -> bool:
        """Tell whether what was read, so many values, is all that is stored; texts may be empty."""
        if read == self._stored:
            return True
        texts = sum(isinstance(cell, str) and cell != "" for cells in table for cell in cells)
        return self._stored - read == self._texts - texts

    def _look(self, rows: bytes) -> None:
        cells = self._find["cell"].findall(rows)
        # Cells may have no address, comments hide some. A rare byte is sought first: it is fast.
        if len(cells) != rows.count(b"</%bc>" % self._prefix) or (b"!" in rows and b"<!" in rows):
            self.plain = False
        if b"hidden=" in rows:
            self.hidden.update(map(int, self._find["hidden"].findall(rows)))
        # Programs pass over a row that is numbered 1.000.
        if self._find["no row"].search(rows):
            raise WorkbookError("it has a row whose number is not whole")
        # Each program makes something else of it.
        if self._find["inside"].search(rows):
            raise WorkbookError("it is damaged: a row stands inside another")
        self._cells += len(cells)
        if self._cells > DATA.cells:
            raise TooMuchError(f"it has more than {DATA.cells:,} cells")
        if not (cells and self.plain):
            return
        addresses = b" ".join(cells)
        self._columns.update(addresses.translate(None, digits.encode()).split())
        numbers = set(map(int, set(addresses.translate(None, ascii_uppercase.encode()).split())))
        self._top, self._bottom = min(self._top, *numbers), max(self._bottom, *numbers)
        if self._bottom > MAX_ROWS:
            raise WorkbookError(f"it has rows beyond {MAX_ROWS:,}, where sheets end")
        values = rows.count(b"</%bv>" % self._prefix)
        inline = rows.count(b"</%bis>" % self._prefix) if values != len(cells) else 0
        # Of two values in a cell, each program takes another.
        self.plain = values + inline <= len(cells)
        self._texts += rows.count(b' t="s') + inline
        self._stored += values + inline - rows.count(b"<%bv></%bv>" % (self._prefix, self._prefix))
        formulas = b"f" in rows and b"<%bf" % self._prefix in rows
        errors = b"#" in rows and b't="e"' in rows
        if errors or (formulas and self._find["unstored"].search(rows)):
            self._note_odd(rows)

    def _note_odd(self, rows: bytes) -> None:
        for cell in rows.split(b"</%bc>" % self._prefix):
            attributes, _, inside = cell.rpartition(b"<%bc " % self._prefix)[2].partition(b">")
            value = self._find["value"].search(inside)
            text = value[1].decode() if value else ""
            if b't="e"' in attributes:
                self._stored -= bool(text)
                odd = error(text)
            elif (
                text or b"<%bf" % self._prefix not in inside or (value and b't="str"' in attributes)
            ):
                continue
            else:
                odd = NOT_STORED
            if address := _ADDRESS.search(attributes):
                self.odd[Address.parse(address[1].decode())] = odd


def _fast(archive: Archive, stream: BinaryIO, title: str, seen: _Seen) -> Rows | None:
    """Read a sheet with calamine; None where that is not all that was seen in it."""
    archive.look_through_shared()
    try:
        stream.seek(0)
        with python_calamine.CalamineWorkbook.from_filelike(stream) as workbook:
            sheet = workbook.get_sheet_by_name(title)
    except BaseException as problem:
        # A panic of Rust is none of Exception.
        if isinstance(problem, KeyboardInterrupt | SystemExit):
            raise
        return None
    rows, (row, column) = Rows(), sheet.start or (0, 0)
    rows.take(sheet.height * (column + sheet.width))
    table = cast("list[list[object]]", sheet.to_python())
    empty = sum(map(list.count, table, repeat("")))
    read = sheet.height * sheet.width - empty
    if empty or column:
        before: list[object] = [None] * column
        table = [[*before, *(None if cell == "" else cell for cell in cells)] for cells in table]
    rows.cells = dict(enumerate(table, start=row + 1))
    if not seen.complete(table, read):
        return None
    for address, value in seen.odd.items():
        rows.put(address.row, address.column, value)
    return rows


def _careful(path: Path, archive: Archive, title: str) -> Rows:
    """Read a sheet with openpyxl, cell by cell."""
    from sheetgd.reading.workbook import OpenWorkbook  # noqa: PLC0415  it loads openpyxl

    rows, content = Rows(), OpenWorkbook(path, archive).content(title)
    for address, cell in content.cells.items():
        value: object = content.dates.get(address, cell.value)
        if isinstance(value, ErrorValue):
            value = error(value)
        rows.put(address.row, address.column, NOT_STORED if value is None else value)
    return rows
