"""Sheets speak to students: of what stands in the workbook, not of commands or programs."""

import re
from collections.abc import Iterator

import pytest

from sheetgd.cli.script import script_file
from sheetgd.expression.excel import ErrorValue
from sheetgd.lesson.lesson import Lesson
from sheetgd.sheets.book import Book
from sheetgd.sheets.sheet import Effect, Page
from tests.support import built
from tests.support.given import lesson_of

X, Y = (0.0, 1.0, 2.0, 3.0, 4.0), (1.0, 3.2, 4.9, 7.1, 9.0)
SHORT = lesson_of(x=X, y=Y, epochs=2, clicks=1, capacity=6, learn=0.01, rate_epochs=4)

LESSONS: dict[str, Lesson] = {
    **built.SHORT,
    "more epochs than there is room for": SHORT.replaced(epochs=3, clicks=2, capacity=6),
    "diverging": SHORT.replaced(learn=5.0, epochs=6),
    "shuffled, in batches": SHORT.replaced(shuffle=7, batch=2),
    "ending by itself": SHORT.replaced(min_delta=0.01, patience=2),
    "Adam, absolute errors": SHORT.replaced(optimizer="adam", loss="mae", metric="mae"),
    "a model of one's own": SHORT.changed(model="a*exp(k*x)+c", start=(1.0, 0.1, 0.0)),
    "one parameter": SHORT.changed(model="w*x", start=(1.0,), batch=5),
}

_COMMANDS = re.compile(
    r"(?<![\w-])--\w|\bpython\b|\bpip\b|\bnumpy\b|\bsheetgd (?:build|run|compare|init)\b|\.py\b|"
    r"\bcommand line\b",
    re.IGNORECASE,
)


@pytest.fixture(scope="module", params=sorted(LESSONS))
def book(request: pytest.FixtureRequest) -> Book:
    return built.book(LESSONS[request.param])


def texts_of(page: Page) -> Iterator[str]:
    """All that a page tells: cells, what formulas may come to say, messages, names, charts."""
    yield page.title
    yield from page.names
    for cell in page.cells:
        if isinstance(cell.value, str):
            yield cell.value
        if cell.formula is not None:
            yield from re.findall(r'"((?:[^"]|"")*)"', cell.formula)
    for given in page.inputs:
        yield from (given.title, given.message, *given.listed)
    for prompt in page.prompts:
        yield from (prompt.title, prompt.message)
    for control in page.controls:
        yield control.label
    for chart in page.charts:
        titles = (chart.title, chart.x_title, chart.y_title, chart.z_title)
        names = [series.name for series in chart.series]
        yield from (each for each in (*titles, *names) if isinstance(each, str))
    if page.table is not None:
        for column in page.table.columns:
            yield column.header


def test_no_page_names_a_command_or_a_language(book: Book) -> None:
    told = [(page.title, text) for page in book.pages for text in texts_of(page)]
    assert len(told) > 200
    assert not [each for each in told if _COMMANDS.search(each[1])]


def test_no_message_of_the_script_does() -> None:
    script = script_file().read_text(encoding="utf-8")
    told = ["".join(each) for each in re.findall(r'"([^"\n]*)"|`([^`]*)`', script)]
    assert len(told) > 40
    assert not [each for each in told if _COMMANDS.search(each)]


@pytest.mark.parametrize(
    "text", ["build it with --capacity 9", "--lr", "in Python", "run sheetgd build", "see main.py"]
)
def test_a_command_would_be_found(text: str) -> None:
    assert _COMMANDS.search(text)


@pytest.mark.parametrize("text", ["5 - 3", "a--b", "-- so far --", "forward - closed", "sheetgd"])
def test_other_dashes_are_none(text: str) -> None:
    assert not _COMMANDS.search(text)


def test_what_is_still_to_come_shows_nothing(book: Book) -> None:
    for page in book.pages:
        if page.hidden:
            continue
        blank = [each.block for each in page.conditions if each.effect is Effect.NOTHING]
        for cell in page.all_cells():
            if cell.value is ErrorValue.NOT_AVAILABLE:
                assert any(
                    block.first.row <= cell.address.row <= block.last.row
                    and block.first.column <= cell.address.column <= block.last.column
                    for block in blank
                ), (page.title, str(cell.address))
