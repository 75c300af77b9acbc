"""A lesson's sheets together: what heads their columns."""

import pytest

from sheetgd.sheets.cells import Look
from sheetgd.sheets.sheet import Page
from tests.sheets.test_words_display import houses, texts_of
from tests.support import built


def headers(page: Page, row: int) -> list[str]:
    found = texts_of(page)
    return [str(cell.value) for place, cell in sorted(found.items()) if place.row == row]


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
