"""All the pages of a lesson's workbook, in their order."""

import re
from dataclasses import dataclass, replace

from sheetgd.cells import MAX_COLUMNS, MAX_ROWS, Address
from sheetgd.checks import LONGEST_TITLE
from sheetgd.descent import descend
from sheetgd.errors import LessonError
from sheetgd.lesson import LEAST_RATE_EPOCHS, Lesson, Variant
from sheetgd.maths.formula import LONGEST_FORMULA, Formula
from sheetgd.maths.step import before, given_columns, step_columns
from sheetgd.original import published_cells
from sheetgd.pages import check, comparison, curve, fit, guide, rates, slopes, story, surface, used
from sheetgd.pages.known import known_page
from sheetgd.pages.layout import layout_of
from sheetgd.pages.limits import check_pages
from sheetgd.pages.log import log_page
from sheetgd.pages.main import main_page
from sheetgd.pages.page import Page
from sheetgd.pages.section import STEPS_ROW, Section
from sheetgd.pages.steps import steps_page
from sheetgd.pages.walks import has_story
from sheetgd.rates import check_size, epochs_for, number_of_rates

MAIN = "Gradient Descent"
AS_PUBLISHED = "As published"
_TAKEN = ("run", "published")
"""Endings that names of the workbook have already, as in epochs_run."""


@dataclass(frozen=True, slots=True)
class Book:
    """A workbook's pages, before any writer has seen them."""

    title: str
    pages: tuple[Page, ...]


def book_of(lesson: Lesson) -> Book:
    """Lay out the workbook of a lesson.

    Raises:
        LessonError: when a page would need more rows or columns than a worksheet has.
            That is said before anything is computed.
    """
    check_book(lesson)
    base = base_section(lesson)
    variants = [
        _variant_section(base, variant, number)
        for number, variant in enumerate(lesson.variants, start=2)
    ]
    sections = [base, *variants]
    pages = [(main_page(base), "the lesson: data, prediction, error and descent")]
    pages += [(main_page(each), f"the descent once more: {each.label}") for each in variants]
    ways = "a derivative found in three ways, and where each comes to rest"
    pages += _where_it_fits(slopes.slopes_page(base), ways)
    if variants:
        pages.append((comparison.comparison_page(sections), "all of them side by side"))
    if len(lesson.form.parameters) == 1:
        walk = "the loss as a curve, the steps on it, the tangent"
        pages += _where_it_fits(curve.curve_page(sections), walk)
    if surface.has_surface(base):
        map_and_path = (
            f"{lesson.metric_name} as a map, with the path of the descent on it, and in 3-D"
        )
        pages += _where_it_fits(surface.surface_page(base), map_and_path)
    if fit.has_fit(lesson):
        pages.append((fit.fit_page(base), "the data, the start's curve and the present one"))
    pages += rates.rates_pages(base)
    for section in sections:
        pages += _log_and_steps(section)
    published = None
    if lesson.published is not None:
        published = _published_section(lesson, lesson.published)
        mirror = main_page(published)
        pages.append((mirror, "the same page with the rule that gives the published numbers"))
        pages += _log_and_steps(published)
        pages += _story(base, published)
        cells = f"the {len(published_cells())} published cells beside the live ones"
        pages.append((check.check_page(published, mirror), cells))
    elif lesson.expected:
        pages.append((known_page(base), "numbers that are known, beside the live ones"))
    contents = [(page.title, text) for page, text in pages]
    if published is not None:
        contents.append(("Why they differ", lesson.texts.get("differ", "")))
    last = guide.guide_page(base, variants, contents, published)
    every = (*(page for page, _ in pages), last)
    check_pages(every)
    return Book(title=lesson.title, pages=every)


def base_section(lesson: Lesson) -> Section:
    """The section of the lesson itself.

    Raises:
        LessonError: when it does not fit a worksheet.
    """
    return _section(lesson, MAIN, "Epochs", "Steps", used.TITLE, label=lesson.label)


def _section(
    lesson: Lesson, main: str, epochs: str, steps: str, rows: str, *, label: str, suffix: str = ""
) -> Section:
    check_room(lesson)
    return Section(
        descent=descend(lesson, lesson.room, exact=True, through=True),
        label=label,
        main=main,
        epochs=epochs,
        steps=steps,
        rows=rows,
        suffix=suffix,
    )


def _variant_section(base: Section, variant: Variant, number: int) -> Section:
    title = variant.title
    # Not every program takes other letters in a name.
    word = re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_")
    parameters = [name.lower() for name in base.lesson.form.parameters]
    taken = word in _TAKEN or any(name.endswith(f"_{word}") for name in parameters)
    if not word[:1].isalpha():
        # With an ending such as _1 the name beta becomes another setting's, beta_1.
        word = f"variant_{word}".strip("_")
    suffix = word if word == title.lower() and not taken else f"{word}_{number}"
    section = _section(
        base.lesson.varied(variant),
        title,
        f"{title} epochs",
        f"{title} steps",
        base.rows,
        label=title,
        suffix=f"_{suffix}",
    )
    return replace(section, base=base, own=frozenset(variant.changes), example=False)


def _published_section(lesson: Lesson, published: Lesson) -> Section:
    return _section(
        replace(published, capacity=max(lesson.room, published.epochs_run)),
        AS_PUBLISHED,
        f"Epochs {AS_PUBLISHED.lower()}",
        f"Steps {AS_PUBLISHED.lower()}",
        f"{used.TITLE} {AS_PUBLISHED.lower()}",
        label=AS_PUBLISHED,
        suffix="_published",
    )


def _log_and_steps(section: Section) -> list[tuple[Page, str]]:
    metric = section.lesson.metric_name
    pages = [
        (log_page(section), f"the log: parameters and {metric} after each epoch, with a chart"),
        (steps_page(section), "every row of every epoch"),
    ]
    if section.base is None:
        pages.append((_used_page(section), "the rows of the data that are complete"))
    return pages


def _used_page(section: Section) -> Page:
    lesson = section.lesson
    return used.used_page(
        section.used,
        section.data_cell,
        data={"x": lesson.x, "y": lesson.y},
        formats={name: section.column_format(name) for name in ("x", "y")},
        reconstructed=lesson.reconstructed,
        label=section.data_label,
        main=section.main,
    )


def _where_it_fits(page: Page, text: str) -> list[tuple[Page, str]]:
    """A page that a lesson can do without: it is left out where a formula is too long."""
    if any(len(cell.formula or "") > LONGEST_FORMULA for cell in page.all_cells()):
        return []
    return [(page, text)]


def check_book(lesson: Lesson) -> None:
    """Raise LessonError where a page would be too large, before anything is computed."""
    check_room(lesson)
    for variant in lesson.variants:
        check_room(lesson.varied(variant))
    if lesson.published is not None:
        room = max(lesson.room, lesson.published.epochs_run)
        check_room(replace(lesson.published, capacity=room))
    rates = number_of_rates(lesson)
    epochs = epochs_for(lesson, rates)
    if epochs >= LEAST_RATE_EPOCHS:
        check_size(lesson, rates, epochs)


def _story(base: Section, published: Section) -> list[tuple[Page, str]]:
    if not has_story(base, published):
        return []
    page, steps = story.story_pages(base, published)
    return [
        (page, "the story of the swapped derivatives: both walks in one chart"),
        (steps, "every step that the story is drawn from"),
    ]


def check_room(lesson: Lesson) -> None:
    """Raise LessonError when the lesson does not fit a worksheet."""
    settings = len(lesson.settings) + 2
    needed = layout_of(lesson, settings=settings, example=True).step - 1 + lesson.rows
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
    _check_formulas(lesson)


def _check_formulas(lesson: Lesson) -> None:
    """Raise LessonError when a formula would be longer than a cell holds."""
    columns = step_columns(lesson.method)
    # As far down and to the right as the table could possibly stand.
    longest = Formula.cell(Address(MAX_ROWS, MAX_COLUMNS))
    names = [*given_columns(lesson.form), *(column.name for column in columns), "row"]
    cells = dict.fromkeys((*names, *map(before, names)), longest)
    cells |= {name: Formula.name(name + " " * LONGEST_TITLE) for name in lesson.settings}
    cells["rows"] = Formula.name("rows" + " " * LONGEST_TITLE)
    for column in columns:
        length = len(str(column.compute(cells)))
        if length > LONGEST_FORMULA:
            raise LessonError(
                f"model {lesson.form.name}: the formula of the column {column.name} would have "
                f"{length:,} characters, and a cell holds {LONGEST_FORMULA:,}; simplify the "
                "model or take finite differences (--gradient forward)"
            )
