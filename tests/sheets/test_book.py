"""The tabs: which there are, in which order, which are hidden, and how one gets about."""

from functools import cache

import pytest

from sheetgd.expression.excel import Address
from sheetgd.lesson.template import shipped_lesson, shipped_names
from sheetgd.sheets.book import AS_PUBLISHED, MAIN, Book
from sheetgd.sheets.cells import Look
from sheetgd.sheets.section import GUIDE, PLAY
from sheetgd.sheets.sheet import Page
from tests.support import built

DEFAULT = (
    MAIN, PLAY, GUIDE, "Epochs", "Fit", "Surface", "Learning rates", "Gradient", "Steps",
    AS_PUBLISHED, "Check",
)  # fmt: skip
MOST_TABS = 11
MOST_FORMULAS = 36_000

every_lesson = pytest.mark.parametrize("name", shipped_names())


@cache
def book(name: str) -> Book:
    return built.book(built.SHORT[name])


def shown(name: str) -> list[Page]:
    return [page for page in book(name).pages if not page.hidden]


def test_the_default_has_these_tabs_in_the_order_in_which_one_learns() -> None:
    assert tuple(page.title for page in shown("original")) == DEFAULT
    assert len(DEFAULT) <= MOST_TABS


def test_the_default_is_not_a_heavy_file() -> None:
    formulas = sum(page.count_formulas() for page in book("original").pages)
    assert 25_000 < formulas <= MOST_FORMULAS


@every_lesson
def test_a_lesson_has_a_tab_more_for_each_variant_and_one_to_compare_them(name: str) -> None:
    lesson, titles = shipped_lesson(name), [page.title for page in shown(name)]
    variants = [variant.title for variant in lesson.display.variants]
    more = [*variants, "Comparison"] if variants else []
    assert [title for title in titles if title in more] == more
    first = titles.index(GUIDE) + 1
    assert titles[first : first + len(more)] == more
    others = [title for title in titles if title not in more]
    assert len(others) <= MOST_TABS
    # The same order, with a page of its own in place of one that it does without.
    known = [title for title in others if title in DEFAULT]
    assert known == [title for title in DEFAULT if title in known]
    assert set(others) - set(DEFAULT) <= {"Curve", "Two descents", "Validation"}


@every_lesson
def test_hidden_pages_come_last(name: str) -> None:
    hidden = [page.hidden for page in book(name).pages]
    assert hidden == sorted(hidden)
    assert any(hidden)


@every_lesson
def test_each_page_leads_to_the_first_and_to_the_guide(name: str) -> None:
    for page in book(name).pages:
        for title in {MAIN, GUIDE} - {page.title}:
            found = [link for link in page.links if link.sheet == title]
            assert any(link.address.row == 1 for link in found), (page.title, title)


@every_lesson
def test_each_link_leads_to_a_cell_that_is_there_and_seen(name: str) -> None:
    pages = {page.title: page for page in book(name).pages}
    for page in pages.values():
        words = {cell.address: cell for cell in page.all_cells()}
        for link in page.links:
            target = pages[link.sheet]
            assert not target.hidden, (page.title, link)
            last = target.extent().last
            assert link.target.row <= last.row, (page.title, link)
            assert link.target.column <= last.column, (page.title, link)
            cell = words[link.address]
            assert cell.value not in {None, ""}, (page.title, link)
            assert cell.style is not None
            assert cell.style.look in {Look.LINK, Look.LINKED}, (page.title, link)
        drawn = [
            cell.address
            for cell in words.values()
            if cell.style is not None and cell.style.look in {Look.LINK, Look.LINKED}
        ]
        # What looks like a link is one.
        assert {*drawn} == {link.address for link in page.links}, page.title


@every_lesson
def test_links_of_the_first_row_cover_nothing(name: str) -> None:
    for page in book(name).pages:
        merged = [block for block in page.merged if block.first.row == 1]
        for link in page.links:
            assert link.address not in {
                Address(1, column)
                for block in merged
                for column in range(block.first.column, block.last.column + 1)
            }


@every_lesson
def test_each_page_leads_to_the_next(name: str) -> None:
    pages = shown(name)
    onward = []
    for page in pages:
        words = {cell.address: str(cell.value) for cell in page.cells}
        onward.append(
            [link.sheet for link in page.links if words[link.address].startswith("Try next: ")]
        )
    assert onward == [[page.title] for page in pages[1:]] + [[]]
