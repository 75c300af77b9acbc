"""Number formats and headings of data of one's own: digits that move, no ###, the data's names."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest

from sheetgd.cli.arguments import chosen_lesson
from sheetgd.engine.automatic import choose_for_data
from sheetgd.expression.excel import Address
from sheetgd.lesson.lesson import Lesson
from sheetgd.lesson.template import shipped_lesson
from sheetgd.reading.columns import Data
from sheetgd.sheets.cells import Cell
from sheetgd.sheets.sheet import Page
from sheetgd.sheets.words import formats_of
from tests.engine.test_automatic import FEET, PENDING, PRICES
from tests.support import built
from tests.support.given import lesson_of


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


def texts_of(page: Page) -> dict[Address, Cell]:
    return {cell.address: cell for cell in page.cells if isinstance(cell.value, str)}


def houses(**changes: Any) -> Lesson:  # noqa: ANN401  any attribute of any type
    return chosen_lesson(None, Data(tuple(FEET), tuple(PRICES), "sqft", "price"), changes)


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


ORIGINAL = shipped_lesson("original")


def test_number_formats_follow_the_size_of_the_data() -> None:
    display = formats_of(ORIGINAL)
    assert (display.prediction, display.squared, display.derivative, display.metric) == (
        "#,##0.0", "#,##0", "#,##0", "#,##0"
    )  # fmt: skip
    assert display.parameters == ("0.000", "0.000")
    small = formats_of(lesson_of(x=(1, 2, 3), y=(1e-4, 2.1e-4, 2.9e-4), start=(0, 0)))
    assert small.parameters[0] == "0.00E+00"
    assert small.prediction == "0.00E+00"
    large = formats_of(lesson_of(x=(1, 2, 3), y=(1e7, 2e7, 3e7), start=(0, 0)))
    assert large.prediction == large.squared == "#,##0"
