"""From a lesson to its workbook in one call."""

from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

from sheetgd.errors import LessonError
from sheetgd.lesson import Lesson
from sheetgd.pages.book import Book, book_of, check_book
from sheetgd.pages.study import TITLE as RATES
from sheetgd.rates import check_size, rates_for, sweep_epochs
from sheetgd.sweeping import Sweep
from sheetgd.workbook.writer import FAST, OnRow, check_output, write_workbook


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


def build_workbook(
    lesson: Lesson,
    path: Path,
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
    # Said before anything is computed, which can take a while.
    check_output(path, compress=compress)
    with _overflow_is_shown():
        return _write(book_of(lesson), path, force=force, compress=compress, on_row=on_row)


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

    Args:
        found: the sweep.
        path: the .xlsx file; missing folders are made.
        force: replace a different file that is already there.
        compress: ``fast``, or ``small`` for a file that is smaller and takes longer.
        on_row: called as rows are written, with how many are, and how many there are.

    Returns:
        Where it is and what is in it.

    Raises:
        LessonError: when the lesson, or that page, does not fit a worksheet, or the way to
            compress is not known.
        OutputError: when the file cannot be written, or a different one is in its place.
    """
    check_output(path, compress=compress)
    with _overflow_is_shown():
        return _write(_sweep_book(found), path, force=force, compress=compress, on_row=on_row)


def _sweep_book(found: Sweep) -> Book:
    lesson = found.lesson.changed(rates=found.rates, rate_epochs=found.epochs)
    book = book_of(lesson)
    front = [page for page in book.pages if page.title == RATES]
    if not front:
        raise LessonError(
            f"the steps of this lesson are too long for the cells of the page {RATES}: leave the "
            "workbook out (--no-workbook), or take finite differences (--gradient forward)"
        )
    others = [page for page in book.pages if page.title != RATES]
    return replace(book, pages=(*front, *others))


def _overflow_is_shown() -> AbstractContextManager[object]:
    """No warnings of numbers that are too large: their cells show it."""
    import numpy as np  # noqa: PLC0415  `sheetgd --help` does without NumPy

    return np.errstate(all="ignore")


def _write(
    book: Book,
    path: Path,
    *,
    force: bool,
    compress: str,
    on_row: OnRow | None,
) -> Built:
    written = write_workbook(book, path, force=force, compress=compress, on_row=on_row)
    return Built(
        path=path,
        unchanged=not written,
        pages=tuple(page.title for page in book.pages),
        formulas=sum(page.count_formulas() for page in book.pages),
    )
