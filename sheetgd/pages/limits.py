"""What pages cannot hold together: said of a book as a whole, before anything is written."""

from collections import Counter
from collections.abc import Sequence

from sheetgd.cells import LONGEST_TEXT, reads_otherwise, text_length
from sheetgd.checks import read_as_character
from sheetgd.errors import LessonError
from sheetgd.maths.formula import LONGEST_FORMULA
from sheetgd.pages.page import Page

_LONGEST_NAME = 255
"""So many characters the name of a cell may have."""


def check_pages(pages: Sequence[Page]) -> None:
    """Raise LessonError where a workbook could not hold titles, names, texts or formulas."""
    _check_titles([page.title for page in pages])
    _check_names([name for page in pages for name in page.names])
    for page in pages:
        for cell in page.cells:
            if isinstance(cell.value, str) and text_length(cell.value) > LONGEST_TEXT:
                raise LessonError(
                    f"the page {page.title} would have a text of {text_length(cell.value):,} "
                    f"characters in {cell.address}: a cell holds {LONGEST_TEXT:,}; shorten it"
                )
            if cell.formula is not None and len(cell.formula) > LONGEST_FORMULA:
                raise LessonError(
                    f"the page {page.title} would have a formula of {len(cell.formula):,} "
                    f"characters in {cell.address}: a cell holds {LONGEST_FORMULA:,}; simplify "
                    "the model"
                )


def _check_titles(titles: Sequence[str]) -> None:
    """Raise LessonError where two sheets would have the same title."""
    counts = Counter(title.lower() for title in titles)
    for title in titles:
        if counts[title.lower()] > 1:
            raise LessonError(
                f"two pages of the workbook would be called {title!r}: give the variant another "
                "title"
            )


def _check_names(names: Sequence[str]) -> None:
    """Raise LessonError where two cells would have the same name, or one that is none."""
    counts = Counter(name.lower() for name in names)
    for name in names:
        if counts[name.lower()] > 1:
            raise LessonError(
                f"two cells of the workbook would be called {name}: give the parameter or the "
                "variant another name"
            )
        if not (name.isascii() and name.isidentifier()) or len(name) > _LONGEST_NAME:
            raise LessonError(f"no cell can be called {name!r}: give the parameter another name")
        if reads_otherwise(name):
            raise LessonError(
                f"spreadsheet programs would take the name {name} for a cell: give the parameter "
                "or the variant another name"
            )
        if read_as_character(name):
            raise LessonError(
                f"spreadsheet programs would read a character's number in the name {name}: give "
                "the parameter or the variant another name"
            )
