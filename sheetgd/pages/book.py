"""All the pages of a lesson's workbook, in their order."""

from dataclasses import dataclass, replace

from sheetgd.cells import MAX_ROWS
from sheetgd.descent import descend
from sheetgd.errors import LessonError
from sheetgd.lesson import Lesson
from sheetgd.pages.check import check_page
from sheetgd.pages.guide import guide_page
from sheetgd.pages.log import log_page
from sheetgd.pages.main import main_page
from sheetgd.pages.page import Page
from sheetgd.pages.section import STEP_ROW, STEPS_ROW, Section
from sheetgd.pages.steps import steps_page

MAIN = "Gradient Descent"
AS_PUBLISHED = "As published"


@dataclass(frozen=True, slots=True)
class Book:
    """A workbook's pages, before any writer has seen them."""

    title: str
    pages: tuple[Page, ...]


def book_of(lesson: Lesson) -> Book:
    """Lay out the workbook of a lesson.

    Raises:
        LessonError: when a page would need more rows than a worksheet holds. That is
            said before anything is computed.
    """
    check_room(lesson)
    section = Section(
        descent=descend(lesson, lesson.room), main=MAIN, epochs="Epochs", steps="Steps"
    )
    pages = [main_page(section), log_page(section), steps_page(section)]
    published = None
    if lesson.published is not None:
        room = max(lesson.room, lesson.published.epochs_run)
        published = Section(
            descent=descend(replace(lesson.published, capacity=room), room),
            main=AS_PUBLISHED,
            epochs="Epochs as published",
            steps="Steps as published",
            suffix="_published",
        )
        mirror = main_page(published)
        pages += [mirror, log_page(published), steps_page(published)]
        pages.append(check_page(published, mirror))
    pages.append(guide_page(section, published))
    return Book(title=lesson.title, pages=tuple(pages))


def check_room(lesson: Lesson) -> None:
    """Raise LessonError when the lesson does not fit a worksheet."""
    needed = STEP_ROW - 1 + lesson.rows
    if needed > MAX_ROWS:
        raise LessonError(
            f"the data has {lesson.rows:,} rows and the main page would need {needed:,}: a "
            f"worksheet holds {MAX_ROWS:,}; use fewer rows"
        )
    needed = STEPS_ROW - 1 + lesson.rows * (lesson.room + 1)
    if needed > MAX_ROWS:
        most = (MAX_ROWS - STEPS_ROW + 1) // lesson.rows - 1
        raise LessonError(
            f"{lesson.room:,} epochs of {lesson.rows:,} rows would need {needed:,} rows on the "
            f"page Steps: a worksheet holds {MAX_ROWS:,}; "
            + (f"{most:,} epochs would fit" if most > 0 else "use fewer rows")
        )
