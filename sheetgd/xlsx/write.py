"""From a lesson to its workbook: the shell's archive, with the rows streamed into its sheets.

This is the one mechanism by which formulas and values come into a file. A file is
written whole, beside its place, and then moved there; the same book gives the same bytes.
"""

import re
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from io import BytesIO
from itertools import count, islice
from os import PathLike
from pathlib import Path
from typing import IO

import numpy as np

from sheetgd.engine.sweep import Sweep, check_size, rates_for, sweep_epochs
from sheetgd.errors import LessonError, OutputError
from sheetgd.expression.excel import MAX_COLUMNS, MAX_ROWS
from sheetgd.files import write_whole
from sheetgd.lesson.lesson import Lesson
from sheetgd.lesson.values import check_choice
from sheetgd.sheets.book import Book, book_of, check_book
from sheetgd.sheets.rates_steps import TITLE as RATES
from sheetgd.sheets.sheet import Page
from sheetgd.xlsx.drawings import add_controls
from sheetgd.xlsx.shell import shell_of
from sheetgd.xlsx.xml import page_rows, validated

_SHEET = re.compile(r"xl/worksheets/sheet(\d+)\.xml")
_ROWS = re.compile(rb"<sheetData>.*?</sheetData>", re.DOTALL)
_DIMENSION = re.compile(rb'(<dimension ref=")[^"]*"')
ENDING = ".xlsx"

FAST = "fast"
LEVELS = {FAST: 4, "small": 6}
"""How hard a workbook is compressed: the levels of zlib. Up to 4 they cost little beside the rest;
beyond 6 a workbook gains 1 % in three times the time."""

_HUGE = zipfile.ZIP64_LIMIT
"""A part that may be longer needs a longer entry, which not every program reads."""
_MARKUP = 80
"""More characters than a computed number's cell has in XML, beside its formula."""
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)
_CHUNK = 1 << 17
"""So many characters, or a few more, are compressed at once."""

OnRow = Callable[[int, int], None]
"""Called with how many rows are written, and how many there are."""


@dataclass(frozen=True, slots=True)
class Built:
    """A workbook that was built.

    Attributes:
        path: where it is.
        unchanged: whether the very same workbook was there already.
        pages: the titles of its pages.
        formulas: how many cells hold a formula.
    """

    path: Path
    unchanged: bool
    pages: tuple[str, ...]
    formulas: int


def write_workbook(
    book: Book,
    path: Path,
    *,
    force: bool = False,
    compress: str = FAST,
    on_row: OnRow | None = None,
) -> Built:
    """Write a book's workbook to a file, whole or not at all.

    Args:
        book: the pages.
        path: the .xlsx file; folders that are missing are made.
        force: replace a different file that is already there.
        compress: ``fast``, or ``small`` for a file that is smaller and takes longer.
        on_row: called as rows are written, with how many are, and how many there are.

    Returns:
        Where it is and what is in it.

    Raises:
        LessonError: when the way to compress is not known.
        OutputError: when a page is larger than a worksheet, when a different file is there
            and `force` is not given, when the name has another ending, or when the place cannot
            be written to.
    """
    check_output(path, compress=compress)
    written = write_whole(
        path,
        lambda stream: save_workbook(book, stream, compress=compress, on_row=on_row),
        same=same_workbook,
        force=force,
    )
    return Built(
        path=path,
        unchanged=not written,
        pages=tuple(page.title for page in book.pages),
        formulas=sum(page.count_formulas() for page in book.pages),
    )


def check_output(path: Path, *, compress: str = FAST) -> None:
    """Raise OutputError when a workbook cannot be meant to go there, or so compressed."""
    check_choice("compress", compress, LEVELS)
    if path.suffix.lower() == ENDING:
        return
    name = path.stem if path.suffix.lower() == ".xlsm" else path.name
    raise OutputError(f"{path}: a workbook's name ends in {ENDING}; call it {name}{ENDING}")


def save_workbook(
    book: Book,
    stream: IO[bytes],
    *,
    compress: str = FAST,
    on_row: OnRow | None = None,
) -> None:
    """Write a book's workbook to a binary stream; the settings are those of `write_workbook`."""
    for page in book.pages:
        _check_size(page)
    shell = shell_of(book)
    with zipfile.ZipFile(BytesIO(shell.archive)) as source:
        parts = {name: validated(name, source.read(name)) for name in source.namelist()}
    add_controls(parts, book)
    written, total = count(1), sum(page.count_rows() for page in book.pages)
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in parts.items():
            entry = zipfile.ZipInfo(name, _ZIP_DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            entry._compresslevel = LEVELS[compress]  # type: ignore[attr-defined]  # noqa: SLF001  public from Python 3.13 on
            sheet = _SHEET.fullmatch(name)
            if sheet is None:
                with target.open(entry, "w") as member:
                    member.write(content)
                continue
            page = book.pages[int(sheet[1]) - 1]
            with target.open(entry, "w", force_zip64=_most_characters(page) > _HUGE) as member:
                before, after = _around_rows(_with_dimension(content, page))
                member.write(before)
                rows = page_rows(page, shell.styles)
                for chunk in _chunks(_told(rows, written, total, on_row)):
                    member.write(chunk)
                member.write(after)


def same_workbook(one: Path, other: Path) -> bool:
    """Tell whether two files hold the same parts, however hard they are compressed."""
    try:
        with zipfile.ZipFile(one) as first, zipfile.ZipFile(other) as second:
            names = first.namelist()
            return names == second.namelist() and all(
                first.getinfo(name).file_size == second.getinfo(name).file_size
                and first.read(name) == second.read(name)
                for name in names
            )
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError):
        return False


def _check_size(page: Page) -> None:
    """Raise OutputError when a page is larger than a worksheet can be."""
    last = page.extent().last
    for found, most, what in (
        (last.row, MAX_ROWS, "rows"),
        (last.column, MAX_COLUMNS, "columns"),
    ):
        if found > most:
            raise OutputError(
                f"the page {page.title} would have {found:,} {what}: a worksheet holds {most:,}; "
                f"use fewer {what}"
            )


def _most_characters(page: Page) -> int:
    """Bound from above how many characters the rows of a long table have."""
    table = page.table
    if table is None:
        return 0
    longest = [
        max((len(filling.down(table.length - 1)) for filling in fillings or ()), default=0)
        for fillings in table.fillings
    ]
    return table.length * (_MARKUP * (1 + len(longest)) + sum(longest))


def _around_rows(content: bytes) -> tuple[bytes, bytes]:
    """Split a sheet's XML around its rows, with the tags that hold them."""
    before, after = _ROWS.split(content, maxsplit=1)
    return before + b"<sheetData>", b"</sheetData>" + after


def _with_dimension(content: bytes, page: Page) -> bytes:
    return _DIMENSION.sub(rf'\g<1>{page.extent()}"'.encode(), content, count=1)


def _told(
    pieces: Iterator[tuple[int, str]], written: Iterator[int], total: int, on_row: OnRow | None
) -> Iterator[str]:
    """Yield the rows' text, and report each that is taken."""
    for rows, text in pieces:
        yield text
        if on_row is not None:
            for number in islice(written, rows):
                on_row(number, total)


def _chunks(texts: Iterator[str]) -> Iterator[bytes]:
    """Yield the rows in larger pieces, which compress faster."""
    held: list[str] = []
    length = 0
    for text in texts:
        held.append(text)
        length += len(text)
        if length >= _CHUNK:
            yield "".join(held).encode()
            held, length = [], 0
    yield "".join(held).encode()


def build_workbook(
    lesson: Lesson,
    path: str | PathLike[str],
    *,
    force: bool = False,
    compress: str = FAST,
    on_row: OnRow | None = None,
) -> Built:
    """Build a lesson's workbook and write it to a file, whole or not at all.

    Args:
        lesson: what to build.
        path: the .xlsx file; missing folders are made.
        force: replace a different file that is already there.
        compress: ``fast``, or ``small`` for a file that is smaller and takes longer.
        on_row: called as rows are written, with how many are, and how many there are.

    Returns:
        Where it is and what is in it.

    Raises:
        LessonError: when the lesson does not fit a worksheet, or the way to compress is not
            known.
        OutputError: when the file cannot be written, or a different one is in its place.
    """
    path = Path(path)
    # Said before anything is computed, which can take a while.
    check_output(path, compress=compress)
    with _overflow_is_shown():
        book = book_of(lesson)
        return write_workbook(book, path, force=force, compress=compress, on_row=on_row)


def check_build(lesson: Lesson, path: Path, *, compress: str = FAST) -> None:
    """Raise an error where a lesson's workbook would be too large, or cannot go there."""
    check_output(path, compress=compress)
    check_book(lesson)


def check_sweep(lesson: Lesson, path: Path, *, compress: str = FAST) -> None:
    """Raise an error where a sweep's workbook would be too large, or cannot go there."""
    check_build(lesson, path, compress=compress)
    rates = len(rates_for(lesson))
    check_size(lesson, rates, sweep_epochs(lesson, rates))


def build_sweep(
    found: Sweep,
    path: Path,
    *,
    force: bool = False,
    compress: str = FAST,
    on_row: OnRow | None = None,
) -> Built:
    """Build the workbook of a sweep: its lesson's, with these rates on the page in front.

    The settings are those of `build_workbook`.

    Raises:
        LessonError: when the lesson, or that page, does not fit a worksheet, or the way to
            compress is not known.
        OutputError: when the file cannot be written, or a different one is in its place.
    """
    check_output(path, compress=compress)
    with _overflow_is_shown():
        book = _sweep_book(found)
        return write_workbook(book, path, force=force, compress=compress, on_row=on_row)


def _sweep_book(found: Sweep) -> Book:
    lesson = found.lesson.replaced(rates=found.rates, rate_epochs=found.epochs)
    book = book_of(lesson)
    front = [page for page in book.pages if page.title == RATES]
    if not front:
        raise LessonError(
            f"the steps of this lesson are too long for the cells of the page {RATES}: leave the "
            'workbook out, or take finite differences (gradient="forward")'
        )
    others = [page for page in book.pages if page.title != RATES]
    return replace(book, pages=(*front, *others))


def _overflow_is_shown() -> AbstractContextManager[object]:
    """Silence warnings of numbers that are too large: their cells show it."""
    return np.errstate(all="ignore")
