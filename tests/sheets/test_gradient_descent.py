"""Gradient Descent: digits that move and fit their columns, and how it is printed."""

import re
from collections.abc import Mapping
from itertools import pairwise

import pytest

from sheetgd.engine.automatic import choose_for_data
from sheetgd.expression.excel import Address
from sheetgd.lesson.lesson import Lesson
from sheetgd.lesson.template import shipped_lesson
from sheetgd.sheets import printing as paper
from sheetgd.sheets.book import Book, base_section
from sheetgd.sheets.cells import Look
from sheetgd.sheets.gradient_descent import COLUMN_WIDTH
from sheetgd.sheets.sheet import Condition, Effect, Page
from tests.engine.test_automatic import CASES, PENDING
from tests.sheets.test_words_display import shown
from tests.support import built
from tests.support.given import lesson_of
from tests.support.shipped import page as page_of


def test_the_first_page_breaks_between_its_parts() -> None:
    (explained, descent) = page_of("original", "Gradient Descent").printed
    layout = base_section(shipped_lesson("original")).layout
    assert (explained.first.row, descent.first.row) == (1, layout.descent)
    # Between them are empty rows.
    assert layout.grid < explained.last.row < layout.descent - 1


def test_a_long_table_is_cut_and_says_so() -> None:
    rows = 600
    long = lesson_of(
        x=[each / rows for each in range(rows)], y=[2.0 * each for each in range(rows)], epochs=1
    )
    pages = {page.title: page for page in built.book(long).pages}
    main = pages["Gradient Descent"]
    assert paper.sheets(main) == 4
    said = [cell for cell in main.cells if "On paper the table ends" in str(cell.value)]
    assert len(said) == 1
    short = page_of("original", "Gradient Descent").cells
    assert not [cell for cell in short if "On paper" in str(cell.value)]
    assert paper.sheets(pages["Steps"]) == 3


OWN = ("houses", "years", "tiny", "x to 1e12, y to 1e12", "a constant y", "two rows")
MORE = ("houses, all rows", "unix times", "mae", "houses, y by a million", "adam")


def seen(page: Page, address: Address, value: float, number_format: str) -> str:
    """The same with the page's rule that very large numbers are shown with a power of ten."""
    for condition in page.conditions:
        if condition.effect is Effect.SCIENTIFIC and holds(condition, address, value):
            return shown(value, "0.00E+00")
    return shown(value, number_format)


def holds(condition: Condition, address: Address, value: float) -> bool:
    block = condition.block
    inside = (
        block.first.row <= address.row <= block.last.row
        and block.first.column <= address.column <= block.last.column
    )
    limit = re.search(r">=(\d+(?:E\+\d+)?)", condition.formula)
    assert limit is not None
    return inside and abs(value) >= float(limit[1])


def main_rows(page: Page) -> Mapping[str, list[str]]:
    """The columns of the main page's table, as they are seen."""
    table = page.table
    assert table is not None
    found = {}
    for right, column in enumerate(table.columns):
        values = column.part(0, table.length).values
        found[column.header] = [
            seen(
                page,
                Address(table.first.row + down, table.first.column + right),
                float(value),
                column.style.number_format,
            )
            for down, value in enumerate(values)
            if isinstance(value, float | int)
        ]
    return found


@pytest.fixture(
    scope="module",
    params=[*OWN, *(pytest.param(each, marks=pytest.mark.slow) for each in MORE)],
)
def own(request: pytest.FixtureRequest) -> tuple[Lesson, Book]:
    lesson = choose_for_data(lesson_of(**CASES[request.param], chosen=PENDING))
    return lesson, built.book(lesson)


@pytest.mark.slow
def test_nothing_is_wider_than_its_column(own: tuple[Lesson, Book]) -> None:
    page = own[1].pages[0]
    for header, texts in main_rows(page).items():
        assert max(map(len, texts)) <= COLUMN_WIDTH, header
    for cell in page.cells:
        # The general format makes itself as short as it must.
        general = cell.style is not None and cell.style.number_format == "General"
        if cell.style is not None and isinstance(cell.value, float) and not general:
            text = seen(page, cell.address, cell.value, cell.style.number_format)
            assert len(text) <= COLUMN_WIDTH, cell.address


@pytest.mark.slow
def test_parameters_show_how_they_move(own: tuple[Lesson, Book]) -> None:
    lesson, book = own
    if lesson.by_epoch:
        pytest.skip("they stand once, and do not move from row to row")
    page = book.pages[0]
    texts, table = main_rows(page), page.table
    assert table is not None
    for name in lesson.model.parameters:
        column = next(each for each in table.columns if each.header == name)
        values = [float(str(each)) for each in column.part(0, table.length).values]
        steps = [abs(b - a) for a, b in pairwise(values) if a != b]
        size = max(map(abs, values))
        if not steps or sorted(steps)[len(steps) // 2] < 1e-8 * size:
            continue
        # Most of the numbers that differ look different, too.
        assert len(set(texts[name])) > len(set(values)) / 2, name


def test_no_result_has_a_tail_of_digits(own: tuple[Lesson, Book]) -> None:
    page = own[1].pages[0]
    for cell in page.cells:
        if cell.style is None or cell.formula is None or not isinstance(cell.value, float):
            continue
        if cell.style.number_format == "General" and cell.style.look is Look.KEY_RESULT:
            assert len(f"{cell.value:.12g}") <= 8, cell.address
