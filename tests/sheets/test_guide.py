"""Guide: it names every page, the hidden ones too."""

import re
from functools import cache

import pytest

from sheetgd.lesson.template import shipped_names
from sheetgd.sheets.book import Book
from sheetgd.sheets.section import GUIDE
from tests.support import built

every_lesson = pytest.mark.parametrize("name", shipped_names())


@cache
def book(name: str) -> Book:
    return built.book(built.SHORT[name])


@every_lesson
def test_the_guide_names_every_page_and_says_how_to_show_the_hidden_ones(name: str) -> None:
    pages = book(name).pages
    (guide,) = (page for page in pages if page.title == GUIDE)
    rows = {str(cell.value): cell.address for cell in guide.cells if cell.address.column == 2}
    heading, end = rows["Hidden pages"], rows["Colours"]
    for page in pages:
        if page.title != GUIDE:
            place = rows[page.title]
            assert (heading.row < place.row < end.row) == page.hidden, page.title
            said = [cell.value for cell in guide.cells if cell.address == place.moved(right=1)]
            assert len(said) == 1, page.title
            assert said[0], page.title
    (how,) = (str(cell.value) for cell in guide.cells if cell.address == heading.moved(down=1))
    assert re.search(r"right.*click|click.*right", how)
    assert re.search(r"\bshow|\bunhide", how, re.IGNORECASE)
