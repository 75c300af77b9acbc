"""The archive that an .xlsx file is: openpyxl is given only parts that have been looked through.

A workbook of a few kilobytes can unfold to gigabytes, and openpyxl reads whatever it finds.
"""

import errno
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum, auto
from io import BytesIO
from pathlib import Path
from typing import IO, BinaryIO, Final, Literal
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from openpyxl import Workbook
from openpyxl.reader.excel import ExcelReader

from sheetgd.errors import WorkbookError
from sheetgd.workbook.bounds import (
    FARTHEST_DOWN,
    MIB,
    PIECE,
    BeginningCount,
    Bounds,
    CellCount,
    Count,
    RecordCount,
    TextCount,
    TooMuchError,
)

MOST_BYTES: Final = 1024 * MIB
"""How many bytes a workbook may have, packed or unpacked: one of 1.3 million formulas has 230 MiB
unpacked."""

WORKBOOK_ACCEPTED: Final = "an Excel workbook (.xlsx) is accepted"
_SMALLER: Final = "save the sheet that is meant alone, with values only, or as CSV"

_PARTS: Final = 5_000
"""Parts of an archive: a workbook of 500 sheets with drawings and notes has some 3,000."""

_ENTRY: Final = b"PK\x01\x02"
_ENCRYPTED: Final = 1
_PASSED_OVER: Final = ("docProps/", "xl/theme/", "xl/chartsheets/")
_NO_SHEET: Final = b"<worksheet/>"
_NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT)
"""What is wrong with the place of a copy, and not with the workbook."""
_PASSED: Final = 10
"""Times the cells that may be read may be counted, in sheets that are too long to be read."""


class _Use(Enum):
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
        self._use = _Use.STRUCTURE
        self._records = Counter[str]()
        self._seen: set[tuple[str, _Use]] = set()
        self._sheets: dict[str, CellCount] = {}
        self._cells = self._counted = self._bytes = self._down = 0
        names = Counter(super().namelist())
        if twice := [name for name, times in names.items() if times > 1]:
            raise WorkbookError(f"this is no workbook: it holds {twice[0]!r} twice")

    def namelist(self) -> list[str]:
        """The parts that openpyxl may look for: those without cells are passed over."""
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
        if self._use is _Use.SIZE and not str(name).endswith(".rels"):
            return BytesIO(_NO_SHEET)
        part = name if isinstance(name, ZipInfo) else self.getinfo(name)
        self._look_through(part)
        return super().open(part, mode, pwd, force_zip64=force_zip64)

    def workbook(self, *, data_only: bool) -> Workbook:
        """The workbook in openpyxl's read-only mode, which keeps long sheets out of memory."""
        reader = _Reader(self, self._stream, data_only=data_only)
        reader.read()
        return reader.wb

    def count(self, sheet: str) -> CellCount:
        """What a sheet's part holds.

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
    def used_for(self, use: _Use) -> Iterator[None]:
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
            texts = self._use is _Use.TEXTS
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

    def pieces(self, part: ZipInfo) -> Iterator[bytes]:
        """What a part holds, unpacked piece by piece, whatever size it claims to have."""
        if part.flag_bits & _ENCRYPTED:
            raise WorkbookError("is protected with a password; save the workbook without one")
        if part.compress_type not in {ZIP_STORED, ZIP_DEFLATED}:
            raise WorkbookError("is compressed as no workbook is")
        with super().open(part) as stream:
            while piece := stream.read(PIECE):
                yield piece


class _Reader(ExcelReader):
    """openpyxl's reader of an archive that it has not opened itself."""

    def __init__(self, archive: Archive, stream: BinaryIO, *, data_only: bool) -> None:
        super().__init__(stream, read_only=True, data_only=data_only, keep_links=False)
        self.archive: Archive = archive
        self.valid_files = archive.namelist()

    def read_strings(self) -> None:
        with self.archive.used_for(_Use.TEXTS):
            super().read_strings()

    def read_worksheets(self) -> None:
        # It reads how large each sheet claims to be, which is not believed.
        with self.archive.used_for(_Use.SIZE):
            super().read_worksheets()


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
    """The part of the archive that a sheet of openpyxl's is."""
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
        if isinstance(error, OSError) and error.errno in _NO_ROOM:
            raise
        raise WorkbookError(
            f"{path}: this is a damaged workbook or none at all (reading it stopped with "
            f"{type(error).__name__}); {WORKBOOK_ACCEPTED}"
        ) from error
