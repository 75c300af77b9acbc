"""From a lesson to its workbook in one call."""

from dataclasses import dataclass
from pathlib import Path

from sheetgd.lesson import Lesson
from sheetgd.pages.book import book_of
from sheetgd.workbook.writer import OnRow, check_output, write_workbook


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
    on_row: OnRow | None = None,
) -> Built:
    """Build a lesson's workbook and write it to a file, whole or not at all.

    Args:
        lesson: what to build.
        path: the .xlsx file; missing folders are made.
        force: replace a different file that is already there.
        on_row: called as rows are written, with how many are, and how many there are.

    Returns:
        Where it is and what is in it.

    Raises:
        LessonError: when the lesson does not fit a worksheet.
        OutputError: when the file cannot be written, or a different one is in its place.
    """
    # Said before anything is computed, which can take a while.
    check_output(path)
    book = book_of(lesson)
    written = write_workbook(book, path, force=force, on_row=on_row)
    return Built(
        path=path,
        unchanged=not written,
        pages=tuple(page.title for page in book.pages),
        formulas=sum(page.count_formulas() for page in book.pages),
    )
