"""The archive that an .xlsx file is: each part is looked through before openpyxl may read it.

A workbook of a few kilobytes can unfold to gigabytes, and openpyxl reads whatever it finds. So its
parts are counted, piece by piece, before they are used. Bounds count what costs time and memory
(cells, styles, texts, bytes), not what a file says of itself. Python's own XML parser counts, so
that it makes no difference what is installed.

What is recalculated is a copy that only computes, without macros, links and pictures. LibreOffice
fetches a picture that a workbook links to, however its profile is set, and tells
whoever sent the file that it was opened. What is not there cannot be fetched or run.
"""

import errno
import posixpath
import warnings
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum, auto
from io import BytesIO
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO, Final, Literal
from xml.etree.ElementTree import fromstring, tostring
from xml.parsers.expat import ParserCreate
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from sheetgd.errors import WorkbookError
from sheetgd.expression.excel import MAX_ROWS, Address
from sheetgd.files import MOST_BYTES, open_file

if TYPE_CHECKING:
    from openpyxl import Workbook

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
        """Begin to count; `most_bytes` is how long the part may be."""
        self._most_bytes = most_bytes
        self.bytes = self._silent = 0
        self._heard = False
        self._parser = ParserCreate(namespace_separator=" ")
        self._parser.StartDoctypeDeclHandler = refuse_doctype
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
        """Begin to count; `counted` is what the workbook's other parts held, and goes on."""
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
        """Begin with nothing counted."""
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
        """Begin with nothing counted."""
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


def refuse_doctype(*_: object) -> None:
    """Raise WorkbookError: expat calls it."""
    raise WorkbookError("declares a document type, which can hide entities; no workbook does")


WORKBOOK_ACCEPTED: Final = "an Excel workbook (.xlsx) is accepted"
_SMALLER: Final = "save the sheet that is meant alone, with values only, or as CSV"

_PARTS: Final = 5_000
"""Parts of an archive: a workbook of 500 sheets with drawings and notes has some 3,000."""

_ENTRY: Final = b"PK\x01\x02"
_ENCRYPTED: Final = 1
_PASSED_OVER: Final = ("docProps/", "xl/theme/", "xl/chartsheets/")
_SHARED: Final = ("sharedstrings.xml", "styles.xml", "workbook.xml", "workbook.xml.rels")
_NO_SHEET: Final = b"<worksheet/>"
_DISK_FULL: Final = (errno.ENOSPC, errno.EDQUOT)
"""What is wrong with the place of a copy, and not with the workbook."""
_PASSED: Final = 10
"""Times the cells that may be read may be counted, in sheets that are too long to be read."""


class Use(Enum):
    """What a part of the archive is read for."""

    STRUCTURE = auto()
    TEXTS = auto()
    SIZE = auto()


class Archive(ZipFile):
    """The archive of a workbook, each part of which is looked through before it is read."""

    def __init__(self, stream: BinaryIO, bounds: Bounds) -> None:
        """Open an archive.

        Raises:
            WorkbookError: when it has more parts than workbooks have, or two of one name.
            BadZipFile: when it is damaged.
        """
        _check_size(stream)
        super().__init__(stream)
        self._stream, self._bounds = stream, bounds
        self._use = Use.STRUCTURE
        self._records = Counter[str]()
        self._seen: set[tuple[str, Use]] = set()
        self._sheets: dict[str, CellCount] = {}
        self._cells = self._counted = self._bytes = self._down = self._unpacked = 0
        names = Counter(super().namelist())
        if twice := [name for name, times in names.items() if times > 1]:
            raise WorkbookError(f"this is no workbook: it holds {twice[0]!r} twice")

    def namelist(self) -> list[str]:
        """List the parts that openpyxl may look for: those without cells are passed over."""
        return [
            name
            for name in super().namelist()
            if not name.startswith(_PASSED_OVER) and not name.endswith(".rels")
        ]

    def open(  # type: ignore[override]  # parts are only read
        self,
        name: str | ZipInfo,
        mode: Literal["r"] = "r",
        pwd: bytes | None = None,
        *,
        force_zip64: bool = False,
    ) -> IO[bytes]:
        """Open a part, once it has been looked through."""
        if self._use is Use.SIZE and not str(name).endswith(".rels"):
            return BytesIO(_NO_SHEET)
        part = name if isinstance(name, ZipInfo) else self.getinfo(name)
        self._look_through(part)
        return super().open(part, mode, pwd, force_zip64=force_zip64)

    def workbook(self, *, data_only: bool) -> "Workbook":
        """Open the workbook in openpyxl's read-only mode, which keeps long sheets out of memory."""
        # Most data are read without it, and it takes a fifth of a second to load.
        from openpyxl.reader.excel import ExcelReader  # noqa: PLC0415

        archive = self

        class Reader(ExcelReader):
            """One that reads an archive that it has not opened itself."""

            def read_strings(self) -> None:
                with archive.used_for(Use.TEXTS):
                    super().read_strings()

            def read_worksheets(self) -> None:
                # It reads how large each sheet claims to be, which is not believed.
                with archive.used_for(Use.SIZE):
                    super().read_worksheets()

        reader = Reader(self._stream, read_only=True, data_only=data_only, keep_links=False)
        reader.archive, reader.valid_files = archive, archive.namelist()
        reader.read()
        return reader.wb

    def count(self, sheet: str) -> CellCount:
        """Count what a sheet's part holds.

        Raises:
            TooMuchError: when it, with those counted before, holds more than is read.
        """
        count = self._sheets.get(sheet) or CellCount(self._bounds)
        try:
            if sheet not in self._sheets:
                self._feed(self.getinfo(sheet), count)
        finally:
            # A part may be the sheet of several titles, each of which is read.
            with _told_of(sheet):
                self._sum(count)
        self._sheets[sheet] = count
        return count

    def check_everything(self) -> None:
        """Look at all parts, for a program that is given the file and reads them all.

        Raises:
            WorkbookError: when they hold more than is read, or one declares a document type.
        """
        for sheet in self.workbook(data_only=True).worksheets:
            self.count(sheet_part(sheet))
        total = 0
        for part in self.infolist():
            with _told_of(part.filename):
                beginning = BeginningCount(MOST_BYTES)
                for number, piece in enumerate(self.pieces(part)):
                    total += len(piece)
                    if total > MOST_BYTES:
                        raise TooMuchError(f"and others are longer than {MOST_BYTES // MIB:,} MiB")
                    # What does not begin as XML is a picture or a program.
                    if not beginning.begun and (number > 0 or b"<" in piece[:4]):
                        beginning.feed(piece)

    @contextmanager
    def used_for(self, use: Use) -> Iterator[None]:
        """Read parts for something else than for how the workbook is built."""
        before, self._use = self._use, use
        try:
            yield
        finally:
            self._use = before

    def _look_through(self, part: ZipInfo) -> None:
        """Look through a part, unless that was done before."""
        key = (part.filename, self._use)
        if part.filename not in self._sheets and key not in self._seen:
            texts = self._use is Use.TEXTS
            self._feed(part, TextCount(self._bounds) if texts else RecordCount(self._records))
            self._seen.add(key)

    def _feed(self, part: ZipInfo, count: Count) -> None:
        with _told_of(part.filename):
            for piece in self.pieces(part):
                count.feed(piece)
            count.feed(b"")

    def _sum(self, count: CellCount) -> None:
        """Add a sheet to those counted before, whether it is read or too long for it."""
        bounds = self._bounds
        self._counted += count.cells
        self._bytes += count.bytes
        if count.cells <= bounds.cells:
            self._cells += count.cells
            self._down += count.bottom
        if self._cells > bounds.all_cells or self._counted > _PASSED * bounds.all_cells:
            raise WorkbookError(f"and other sheets have more than {bounds.all_cells:,} cells")
        if self._bytes > bounds.all_bytes:
            most = bounds.all_bytes // MIB
            raise WorkbookError(f"and other sheets are longer than {most} MiB")
        if self._down > FARTHEST_DOWN:
            raise WorkbookError("and other sheets have too many empty rows")

    def unpacked(self, name: str) -> Iterator[bytes]:
        """Unpack a part that is not looked through, as far as all such parts together may be."""
        with _told_of(name):
            for piece in self.pieces(self.getinfo(name)):
                self._unpacked += len(piece)
                if self._unpacked > self._bounds.all_bytes:
                    raise TooMuchError(
                        f"and others are longer than {self._bounds.all_bytes // MIB} MiB"
                    )
                yield piece

    def content(self, name: str) -> bytes:
        """Return what is in such a part."""
        return b"".join(self.unpacked(name))

    def related(self, part: str) -> dict[str, tuple[str, str]]:
        """Return of which kind each relationship of a part is, and to which part it leads."""
        folder, name = posixpath.split(part)
        with self.open(posixpath.join(folder, "_rels", f"{name}.rels")) as stream:
            root = fromstring(stream.read())  # noqa: S314  it declares no entities
        return {
            each.get("Id", ""): (
                each.get("Type", ""),
                posixpath.normpath(posixpath.join("/", folder, each.get("Target", ""))).lstrip("/"),
            )
            for each in root
        }

    def look_through_shared(self) -> None:
        """Look through all parts that a program reads before it reads a sheet."""
        for part in self.infolist():
            name = part.filename.lower()
            if name.endswith(_SHARED):
                with self.used_for(Use.TEXTS if "string" in name else Use.STRUCTURE):
                    self._look_through(part)

    def pieces(self, part: ZipInfo) -> Iterator[bytes]:
        """Unpack a part piece by piece, whatever size it claims to have."""
        if part.flag_bits & _ENCRYPTED:
            raise WorkbookError("is protected with a password; save the workbook without one")
        if part.compress_type not in {ZIP_STORED, ZIP_DEFLATED}:
            raise WorkbookError("is compressed as no workbook is")
        with super().open(part) as stream:
            while piece := stream.read(PIECE):
                yield piece


@contextmanager
def _told_of(part: str) -> Iterator[None]:
    """Say of which part an error tells."""
    try:
        yield
    except WorkbookError as error:
        raise type(error)(f"its part {part[:99]!r} {error}") from None


def _check_size(stream: BinaryIO) -> None:
    """Raise TooMuchError when a file has more parts than can be listed."""
    entries, end = 0, b""
    stream.seek(0)
    while piece := stream.read(MIB):
        entries += (end + piece).count(_ENTRY)
        end = piece[1 - len(_ENTRY) :]
    if entries > _PARTS:
        raise TooMuchError(f"it consists of more than {_PARTS:,} parts, which no workbook does")


def sheet_part(sheet: object) -> str:
    """Return the name of the archive's part that holds a sheet of openpyxl's."""
    # It stands in no public attribute.
    return str(vars(sheet)["_worksheet_path"])


@contextmanager
def damage_reported(path: Path) -> Iterator[None]:
    """Turn whatever a damaged workbook causes into a WorkbookError, and silence warnings.

    openpyxl lets any exception through that a damaged part happens to cause, and it warns
    of what it passes over, such as rules and charts it does not know: none of it is a value.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except WorkbookError as error:
        fix = _SMALLER if isinstance(error, TooMuchError) else WORKBOOK_ACCEPTED
        raise type(error)(f"{path}: {error}; {fix}") from None
    except Exception as error:
        if isinstance(error, OSError) and error.errno in _DISK_FULL:
            raise
        raise WorkbookError(
            f"{path}: this is a damaged workbook or none at all (reading it stopped with "
            f"{type(error).__name__}); {WORKBOOK_ACCEPTED}"
        ) from error


_KEPT: Final = ("officeDocument", "worksheet", "sharedStrings", "styles", "theme", "table")
"""What parts may be to each other: the rest of a relationship's type is its namespace."""

_KEPT_PARTS: Final = (".xml", ".rels")


def harmless_copy(path: Path, into: Path) -> None:
    """Copy the parts of a workbook that its formulas need.

    Args:
        path: an .xlsx file, which stays as it is.
        into: the file to write.

    Raises:
        WorkbookError: when there is no such file, when it is no workbook or holds more than
            can be recalculated.
    """
    with (
        open_file(path, WorkbookError, most=MOST_BYTES, accepted="give a workbook") as stream,
        damage_reported(path),
        Archive(stream, RECALCULATED) as archive,
        ZipFile(into, "w", ZIP_STORED) as copy,
    ):
        archive.check_everything()
        for part in archive.infolist():
            if not part.filename.endswith(_KEPT_PARTS):
                continue
            with copy.open(part.filename, "w") as target:
                if part.filename.endswith(".rels"):
                    target.write(_kept(b"".join(archive.pieces(part))))
                else:
                    target.writelines(archive.pieces(part))


def _kept(relationships: bytes) -> bytes:
    """Remove the relationships that lead out of the file or to what is left out."""
    root = fromstring(relationships)  # noqa: S314  it declares no entities, as has been checked
    for each in list(root):
        outside = each.get("TargetMode", "Internal") != "Internal"
        if outside or each.get("Type", "").rpartition("/")[2] not in _KEPT:
            root.remove(each)
    text: bytes = tostring(root, "utf-8", xml_declaration=True)
    return text
