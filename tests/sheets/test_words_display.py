"""Number formats and headings of data of one's own: digits that move, no ###, the data's names."""

import re
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from typing import Any

import pytest

from sheetgd.cli.arguments import chosen_lesson
from sheetgd.engine.automatic import choose_for_data
from sheetgd.expression.excel import Address
from sheetgd.lesson.lesson import Lesson
from sheetgd.lesson.template import shipped_lesson
from sheetgd.reading.columns import Data
from sheetgd.sheets.book import Book
from sheetgd.sheets.cells import Cell, Look
from sheetgd.sheets.gradient_descent import COLUMN_WIDTH
from sheetgd.sheets.sheet import Condition, Effect, Page
from sheetgd.sheets.words import formats_of
from tests.engine.test_automatic import CASES, FEET, PENDING, PRICES
from tests.support import built
from tests.support.given import lesson_of

OWN = ("houses", "years", "tiny", "x to 1e12, y to 1e12", "a constant y", "two rows")
MORE = ("houses, all rows", "unix times", "mae", "houses, y by a million", "adam")


def shown(value: float, number_format: str) -> str:
    """A number as a spreadsheet shows it, spelt out for the formats that pages use."""
    if number_format == "General":
        return f"{value:.10g}".upper()
    if "E" in number_format:
        decimals = len(number_format.partition(".")[2].partition("E")[0])
        return f"{value:.{decimals}E}"
    whole, _, part = number_format.partition(".")
    exact = Decimal(repr(value)).quantize(Decimal(1).scaleb(-len(part)), rounding=ROUND_HALF_UP)
    return f"{exact:,f}" if "," in whole else f"{exact:f}"


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


def texts_of(page: Page) -> dict[Address, Cell]:
    return {cell.address: cell for cell in page.cells if isinstance(cell.value, str)}


def headers(page: Page, row: int) -> list[str]:
    found = texts_of(page)
    return [str(cell.value) for place, cell in sorted(found.items()) if place.row == row]


def houses(**changes: Any) -> Lesson:  # noqa: ANN401  any attribute of any type
    return chosen_lesson(None, Data(tuple(FEET), tuple(PRICES), "sqft", "price"), changes)


def test_columns_are_headed_with_the_data_s_names() -> None:
    book = built.book(houses())
    pages = {page.title: page for page in book.pages}
    main = book.pages[0]
    assert main.table is not None
    top = main.table.first.row - 1
    assert headers(main, top)[:5] == ["sqft", "price", "m", "b", "y_pred"]
    captions = [text for text in headers(main, top - 1) if text]
    assert captions[:3] == ["m*sqft+b", "(y_pred-price)^2", "((m+nudge)*sqft+b-price)^2"]
    for title in ("Steps", "Gradient", "Rates steps", "Fit data", "Rows"):
        heads = [
            str(cell.value)
            for cell in texts_of(pages[title]).values()
            if cell.style is not None and cell.style.look is Look.HEADER
        ]
        assert "sqft" in heads, title
        assert not {"x", "y"}.intersection(heads), title


@pytest.mark.slow
def test_names_that_cannot_head_a_column_leave_x_and_y() -> None:
    short = houses().changed(epochs=1, clicks=1, capacity=5, rate_epochs=2)
    for name in ("m", "y_pred", "a name that is far too long", "2020", "learn"):
        lesson = short.changed(x_name=name)
        page = built.book(lesson).pages[0]
        assert page.table is not None
        assert headers(page, page.table.first.row - 1)[:2] == ["x", "price"], name
    lesson = short.changed(x_name="floor area (m²)", y_name="price/EUR")
    page = built.book(lesson).pages[0]
    assert page.table is not None
    assert headers(page, page.table.first.row - 1)[:2] == ["floor_area_m²", "price_EUR"]


def test_the_best_fit_is_called_so_and_only_mirrored_cells_say_actual() -> None:
    own = [str(cell.value) for cell in texts_of(built.book(houses()).pages[0]).values()]
    assert {"best fit", "best fit m", "best fit b"} <= set(own)
    assert not [text for text in own if "actual" in text]
    mirrored = built.book(shipped_lesson("original"))
    for page in (mirrored.pages[0], next(p for p in mirrored.pages if p.title == "As published")):
        texts = {str(cell.value) for cell in texts_of(page).values()}
        assert "actual" in texts
        assert "x" in texts
        assert "best fit" not in texts


def test_formats_of_the_mirrored_pages_stay() -> None:
    display = formats_of(shipped_lesson("original"))
    assert display.parameters == ("0.000", "0.000")
    assert (display.prediction, display.squared, display.key) == ("#,##0.0", "#,##0", "#,##0")
    assert display.best == ("General", "General")
    assert not display.columns


@pytest.mark.parametrize(
    ("y", "expected"),
    [((3, 5, 7), "General"), ((3, 5, 8.12345), "0.00000"), ((3e9, 5e9, 8e9), "0")],
)
def test_the_best_fit_has_as_many_digits_as_tell(y: Sequence[float], expected: str) -> None:
    lesson = choose_for_data(lesson_of(x=(1, 2, 3), y=y, chosen=PENDING))
    assert formats_of(lesson).best[0] == expected


def test_the_metric_now_shows_digits_however_small_it_is() -> None:
    lesson = lesson_of(x=(1, 2, 3), y=(300, 500, 700), learn=0.1, gradient="analytic", capacity=200)
    found = formats_of(lesson).key
    assert float(shown(0.01, found)) == pytest.approx(0.01, rel=0.01)


def test_the_present_rate_fits_its_cell_whatever_it_is() -> None:
    page = next(each for each in built.book(houses()).pages if each.title == "Learning rates")
    formats = {cell.style.number_format for cell in page.cells if cell.style is not None}
    (now,) = (each for each in formats if "now" in each)
    assert now.startswith('[<0.001]"now "0.0E+00;')
    assert len("now 1.9E-09") <= 11.5
