"""All the sheets of a lesson's workbook, in their order, and how large it gets."""

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from sheetgd.descent.step import (
    EPOCH,
    WATCHED_NOW,
    before,
    given_columns,
    lasting_columns,
    step_columns,
)
from sheetgd.engine.run import Descent, descend
from sheetgd.engine.sweep import check_size, epochs_for, formulas_of, number_of_rates
from sheetgd.errors import LessonError
from sheetgd.expression.excel import (
    LONGEST_FORMULA,
    LONGEST_TEXT,
    MAX_COLUMNS,
    MAX_ROWS,
    Address,
    reads_otherwise,
    text_length,
)
from sheetgd.expression.sheet_cells import cell, formula_of
from sheetgd.expression.tree import Expression, Symbol
from sheetgd.lesson.checks import LONGEST_TITLE, lengths_of_epoch, read_as_character
from sheetgd.lesson.lesson import Lesson
from sheetgd.lesson.values import LEAST_RATE_EPOCHS, Variant
from sheetgd.original import published_cells
from sheetgd.sheets import check, comparison, curve, fit, guide, surface, two_descents
from sheetgd.sheets import gradient as slopes
from sheetgd.sheets import learning_rates as rates
from sheetgd.sheets import rows as used
from sheetgd.sheets.check import expected_page
from sheetgd.sheets.epochs import epochs_page
from sheetgd.sheets.gradient_descent import main_page
from sheetgd.sheets.heat_map import TITLE as SURFACE
from sheetgd.sheets.heat_map import HeatMap
from sheetgd.sheets.play import play_page
from sheetgd.sheets.play_data import NextStep
from sheetgd.sheets.rates_factors import EpochFactors, how_long, how_long_leaf
from sheetgd.sheets.rates_steps import compact_steps_page, epochs_that_fit, study_of
from sheetgd.sheets.run_data import run_headers, run_page
from sheetgd.sheets.section import Section
from sheetgd.sheets.sheet import Page, hidden
from sheetgd.sheets.status import with_links
from sheetgd.sheets.steps import steps_page
from sheetgd.sheets.two_descents import EPOCHS, has_two_descents

_LONGEST_NAME = 255
"""So many characters the name of a cell may have."""


def check_pages(pages: Sequence[Page]) -> None:
    """Raise LessonError where a workbook could not hold titles, names, texts or formulas."""
    _check_titles([page.title for page in pages])
    _check_names([name for page in pages for name in page.names])
    for page in pages:
        for each in page.cells:
            if isinstance(each.value, str) and text_length(each.value) > LONGEST_TEXT:
                raise LessonError(
                    f"the page {page.title} would have a text of {text_length(each.value):,} "
                    f"characters in {each.address}: a cell holds {LONGEST_TEXT:,}; shorten it"
                )
            if each.formula is not None and len(each.formula) > LONGEST_FORMULA:
                raise LessonError(
                    f"the page {page.title} would have a formula of {len(each.formula):,} "
                    f"characters in {each.address}: a cell holds {LONGEST_FORMULA:,}; simplify "
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
    base, variants, published = _sections(lesson)
    study = None if base.lesson.display.two_descents else study_of(base)
    factors = None if study is None else EpochFactors(study)
    word = how_long(base, factors)
    heat_map = HeatMap(base) if surface.has_surface(base) else None
    first = main_page(base, how_long_leaf(base, word))
    pages = [
        (first, "the lesson: data, prediction, error and descent"),
        *_told_apart(base, variants),
        *_two_descents(base, published),
        *_what_a_run_looks_like(base, variants, heat_map),
    ]
    if factors is not None:
        pages += rates.rates_pages(factors)
    ways = "a derivative found in three ways, and where each comes to rest"
    pages += _where_it_fits(slopes.gradient_page(base), ways)
    for section in (base, *variants):
        pages += _steps_and_rows(section)
        pages.append(_run(section))
    if published is not None:
        pages += _mirror(published)
    elif any(each.epoch <= lesson.capacity for each in lesson.display.expected):
        pages.append((expected_page(base), "numbers that are known, beside the live ones"))
    differ = lesson.display.texts.get("differ", "") if published is not None else ""
    pages[1:1] = _play(base, pages, word, heat_map)
    second = guide.guide_page(base, variants, pages, published, differ=differ)
    pages.insert(2, (second, "how to use this workbook, its words, its pages"))
    every = tuple(_linked(pages, base))
    check_pages(every)
    return Book(title=lesson.display.title, pages=every)


def _play(
    base: Section,
    pages: Sequence[tuple[Page, str]],
    word: Expression | None,
    heat_map: HeatMap | None,
) -> list[tuple[Page, str]]:
    """Make the page with all that moves, and the page its sentences are made of."""
    titles = {page.title for page, _ in pages}
    step = NextStep(base)
    page = play_page(
        base,
        step,
        heat_map if SURFACE in titles else None,
        with_curve=curve.TITLE in titles,
        how_long=how_long_leaf(base, word),
    )
    return [
        (page, "all that one changes and all that moves, on one screen"),
        (step.page(word), f"the numbers of the sentences on the page {page.title}"),
    ]


def _linked(pages: Sequence[tuple[Page, str]], base: Section) -> Iterator[Page]:
    """Link the pages, those that are shown first, each to the next."""
    seen = [(page, text) for page, text in pages if not page.hidden]
    usual = [("First page", base.main), ("Guide", guide.TITLE)]
    for (page, _), after in zip(seen, [*seen[1:], None], strict=True):
        own = [(word, sheet) for word, sheet in usual if sheet != page.title]
        yield with_links(page, own, None if after is None else _onward(*after))
    yield from (with_links(page, usual) for page, _ in pages if page.hidden)


def _told_apart(base: Section, variants: Sequence[Section]) -> Iterator[tuple[Page, str]]:
    """Make a page for each variant, and one with all of them side by side."""
    for each in variants:
        yield main_page(each), f"the descent once more: {each.label}"
    if variants:
        yield comparison.comparison_page([base, *variants]), "all of them side by side"


def _what_a_run_looks_like(
    base: Section, variants: Sequence[Section], heat_map: HeatMap | None
) -> Iterator[tuple[Page, str]]:
    """Make the log, the fit, and the path over the error surface."""
    lesson = base.lesson
    log = f"the log: parameters and {lesson.metric_name} after each epoch, with a chart"
    yield epochs_page(base), log
    for each in variants:
        yield hidden(epochs_page(each)), f"the log of {each.label}"
    yield from fit.validation_pages(base)
    if fit.has_fit(lesson):
        page, data = fit.fit_page(base)
        several = len(lesson.model.inputs) > 1
        what = "what the model says of each row, beside what was observed"
        yield page, what if several else "the data, the start's curve and the present one"
        yield data, f"what the page {page.title} is drawn from"
    if len(lesson.model.parameters) == 1:
        picture = "the loss as a curve, the steps on it, the tangent"
        page, data = curve.curve_page([base, *variants])
        if _fits(page) and _fits(data):
            yield page, picture
            yield data, f"what the page {page.title} is drawn from"
    if heat_map is not None:
        picture = f"{lesson.metric_name} as a map, with the path of the descent on it, and in 3-D"
        page, data = surface.surface_page(heat_map)
        if _fits(page):
            yield page, picture
            yield data, f"what the page {page.title} is drawn from"


def _steps_and_rows(section: Section) -> Iterator[tuple[Page, str]]:
    """Make the pages of a section's steps and of the rows of its data."""
    if section.base is None:
        if not section.by_epoch:
            yield steps_page(section), "every row of every epoch"
        yield hidden(_used_page(section)), "the rows of the data that are complete"
        return
    if not section.by_epoch:
        yield hidden(steps_page(section)), f"every row of every epoch of {section.label}"
    if _has_rows(section):
        yield hidden(_used_page(section)), f"the rows as {section.label} reads them"


def _run(section: Section) -> tuple[Page, str]:
    return run_page(section), f"the run on the page {section.main}, for its charts and verdict"


def _mirror(published: Section) -> Iterator[tuple[Page, str]]:
    """Make the published page, what it is computed from, and the comparison with the original."""
    mirror = main_page(published)
    yield mirror, "the same page with the rule that gives the published numbers"
    yield hidden(epochs_page(published)), f"the log of the page {published.main}"
    if not published.by_epoch:
        yield hidden(compact_steps_page(published)), "the steps that this log is computed from"
    yield _run(published)
    yield hidden(_used_page(published)), f"the rows in use on the page {published.main}"
    cells = f"the {len(published_cells())} published cells beside the live ones"
    yield check.check_page(published, mirror), cells


def _onward(page: Page, text: str) -> tuple[str, str]:
    return f"Try next: {page.title} - {text}", page.title


def _sections(lesson: Lesson) -> tuple[Section, list[Section], Section | None]:
    """Return the sections of the lesson, of its variants, and of what was published."""
    base, published = base_section(lesson), lesson.display.published
    variants = [
        _variant_section(base, variant, number)
        for number, variant in enumerate(lesson.display.variants, start=2)
    ]
    return base, variants, None if published is None else _published_section(lesson, published)


def base_section(lesson: Lesson) -> Section:
    """Return the section of the lesson itself; nothing is run before it is asked for."""
    return Section(
        descent=_whole_run(lesson),
        label=lesson.display.label,
        main=MAIN,
        epochs="Epochs",
        steps="Steps",
        rows=used.TITLE,
        run="Run data",
    )


def _whole_run(lesson: Lesson) -> Descent:
    """Run over all epochs that there is room for."""
    return descend(lesson, lesson.capacity, through=True)


def _variant_section(base: Section, variant: Variant, number: int) -> Section:
    title = variant.title
    # Not every program takes other letters in a name.
    word = re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_")
    parameters = [name.lower() for name in base.lesson.model.parameters]
    taken = word in _TAKEN or any(name.endswith(f"_{word}") for name in parameters)
    if not word[:1].isalpha():
        # With an ending such as _1 the name beta becomes another setting's, beta_1.
        word = f"variant_{word}".strip("_")
    suffix = word if word == title.lower() and not taken else f"{word}_{number}"
    varied = base.lesson.varied(variant)
    alike = varied.method.scale == base.lesson.method.scale
    return Section(
        descent=_whole_run(varied),
        label=title,
        main=title,
        epochs=f"{title} epochs",
        steps=f"{title} steps",
        rows=base.rows if alike else f"{title} rows",
        run=f"{title} run data",
        suffix=f"_{suffix}",
        base=base,
        own=frozenset(variant.changes),
        example=False,
    )


def _published_section(lesson: Lesson, published: Lesson) -> Section:
    capacity = max(lesson.capacity, published.epochs_run)
    ending = AS_PUBLISHED.lower()
    return Section(
        descent=_whole_run(published.replaced(capacity=capacity)),
        label=AS_PUBLISHED,
        main=AS_PUBLISHED,
        epochs=f"Epochs {ending}",
        steps=f"Steps {ending}",
        rows=f"{used.TITLE} {ending}",
        run=f"Run data {ending}",
        suffix="_published",
        compact=True,
    )


def _has_rows(section: Section) -> bool:
    """Tell whether a section's rows have a page of their own: others share that of their base."""
    return section.base is None or section.rows != section.base.rows


def _used_page(section: Section) -> Page:
    lesson = section.lesson
    return used.used_page(
        section.used,
        section.source.data_cell,
        formats={name: section.column_format(name) for name in section.used.data_headers},
        reconstructed=lesson.data.reconstructed,
        label=section.data_label,
        main=section.source.main,
    )


def _where_it_fits(page: Page, text: str) -> list[tuple[Page, str]]:
    """Return a page that a lesson can do without; none where one of its formulas is too long."""
    return [(page, text)] if _fits(page) else []


def _fits(page: Page) -> bool:
    return all(len(each.formula or "") <= LONGEST_FORMULA for each in page.all_cells())


def check_book(lesson: Lesson) -> None:
    """Raise LessonError where a page would be too large, before anything is computed."""
    for section in _each_section(lesson):
        _check_fits(section)
    rates = number_of_rates(lesson)
    epochs = epochs_for(lesson, rates)
    if epochs >= LEAST_RATE_EPOCHS:
        check_size(lesson, rates, epochs)


def _each_section(lesson: Lesson) -> list[Section]:
    base, variants, published = _sections(lesson)
    return [base, *variants, *([] if published is None else [published])]


def _two_descents(base: Section, published: Section | None) -> list[tuple[Page, str]]:
    if (
        published is None
        or not base.lesson.display.two_descents
        or not has_two_descents(base, published)
    ):
        return []
    page, steps = two_descents.two_descents_pages(base, published)
    return [
        (page, "the story of the swapped derivatives: both walks in one chart"),
        (hidden(steps), "every step that the story is drawn from"),
    ]


def _check_fits(section: Section) -> None:
    """Raise LessonError when a section does not fit its worksheets."""
    lesson, needed = section.lesson, section.last_step_row
    if needed > MAX_ROWS:
        raise LessonError(
            f"the data has {lesson.n_rows:,} rows and the main page would need {needed:,}: a "
            f"worksheet holds {MAX_ROWS:,}; use fewer rows"
        )
    if section.by_epoch:
        _check_log(section)
    needed = section.steps_cell("y", lesson.capacity + 1, lesson.n_rows).row
    if needed > MAX_ROWS and not section.by_epoch:
        most = lesson.capacity - math.ceil((needed - MAX_ROWS) / lesson.n_rows)
        raise LessonError(
            f"{lesson.capacity:,} epochs of {lesson.n_rows:,} rows would need {needed:,} rows on "
            f"the page Steps: a worksheet holds {MAX_ROWS:,}; "
            + (f"{most:,} epochs would fit" if most > 0 else "use fewer rows")
        )
    _check_formulas(lesson)


def _check_log(section: Section) -> None:
    """Raise LessonError where a log that is the computation does not fit its page."""
    lesson = section.lesson
    needed = section.log_cell("epoch", lesson.capacity).row
    if needed > MAX_ROWS:
        raise LessonError(
            f"{lesson.capacity:,} epochs would need {needed:,} rows on the page Epochs: a "
            f"worksheet holds {MAX_ROWS:,}; {lesson.capacity - needed + MAX_ROWS:,} epochs would "
            "fit"
        )
    length, _ = lengths_of_epoch(lesson.step, lesson.n_rows)
    if length > LONGEST_FORMULA:
        raise LessonError(
            f"layout epochs sums up derivatives in a formula of about {length:,} characters, and "
            f"a cell holds {LONGEST_FORMULA:,}; simplify the model, or take layout rows"
        )


def _check_formulas(lesson: Lesson) -> None:
    """Raise LessonError when a formula would be longer than a cell holds."""
    columns = step_columns(lesson.step)
    # As far down and to the right as the table could possibly stand.
    longest: Expression = cell(Address(MAX_ROWS, MAX_COLUMNS))
    names = [*given_columns(lesson.model), *(column.name for column in columns)]
    names += ["row", EPOCH, WATCHED_NOW]
    cells = dict.fromkeys((*names, *map(before, names)), longest)
    for name in (*lesson.settings, "rows"):
        cells[name] = Symbol(name + " " * LONGEST_TITLE)
    for column in columns:
        length = len(str(formula_of(column.compute(cells))))
        if length > LONGEST_FORMULA:
            raise LessonError(
                f"model {lesson.model.name}: the formula of the column {column.name} would have "
                f"{length:,} characters, and a cell holds {LONGEST_FORMULA:,}; simplify the "
                'model or take finite differences (gradient="forward")'
            )


SLOW_FORMULAS: Final = 500_000
"""A workbook with more than this takes some seconds to open."""

_EACH: Final = 8e-6
"""Seconds that LibreOffice 7.4 took to open a formula with its value, on a small computer."""


def about_formulas(lesson: Lesson) -> int:
    """Estimate how many formulas a lesson's workbook will have; nothing is computed.

    It counts the long tables: every row of every epoch and of the next pass, for the lesson,
    its variants and what was published, the steps of the rates that are compared, and those
    of the two descents.

    >>> about_formulas(Lesson(x=(1, 2, 3), y=(3, 5, 7), capacity=1000, rates=(0.01,)))
    47114
    """
    sections = _each_section(lesson)
    found = sum(map(_of_steps, sections))
    own_rows = [each for each in sections if _has_rows(each)]
    found += len(own_rows) * lesson.n_rows * (2 * len(lesson.model.inputs) + 4)
    rates = number_of_rates(lesson)
    epochs = epochs_for(lesson, rates)
    if epochs >= LEAST_RATE_EPOCHS and not lesson.display.two_descents:
        found += formulas_of(lesson, rates, epochs)
    if lesson.display.two_descents:
        columns = len(lesson.model.inputs) + 1 + 2 * len(lasting_columns(lesson.step))
        found += columns * lesson.n_rows * (epochs_that_fit(lesson, EPOCHS) + 1)
    return found


def _of_steps(section: Section) -> int:
    """Count the formulas of the steps, of the log and its charts, and of the next pass."""
    lesson = section.lesson
    # The data are numbers there.
    next_pass = lesson.n_rows * (len(section.main_headers) - len(lesson.model.inputs) - 1)
    # The epoch's number is none in the log.
    if section.by_epoch:
        return (lesson.capacity + 1) * len(section.log_headers) + next_pass
    of_epoch = len(section.log_headers) - 1 + len(run_headers(section))
    steps = lesson.n_rows * len(section.steps_headers)
    return (lesson.capacity + 1) * (steps + of_epoch) + next_pass


def slowness(lesson: Lesson, smaller: str) -> str | None:
    """Warn of a workbook that will be slow to open; None where it will not.

    Args:
        lesson: what will be built.
        smaller: what the reader can do to have a smaller one.

    >>> slowness(Lesson(x=range(100), y=range(100), capacity=1000), "take less")
    'the workbook will have about 1,233,000 formulas: opening it takes some 10 seconds; take less'
    """
    formulas = about_formulas(lesson)
    if formulas <= SLOW_FORMULAS:
        return None
    return (
        f"the workbook will have about {round(formulas, -3):,} formulas: opening it takes some "
        f"{formulas * _EACH:.0f} seconds; {smaller}"
    )
