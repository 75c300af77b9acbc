"""The first row of the pages: how the run stands, and where the other pages are."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from sheetgd.cells import Address, Cell, Look, Style
from sheetgd.maths.expression import Expression
from sheetgd.maths.formula import Formula
from sheetgd.maths.rate_verdict import Verdict
from sheetgd.maths.worksheet import Given, cell, compared, index, joined, told, when
from sheetgd.pages.block import Block
from sheetgd.pages.page import Condition, Draft, Effect, Link, Page
from sheetgd.pages.run import VERDICT, verdict_leaf
from sheetgd.pages.section import PROBLEM, Section

STATUS_HEIGHT: Final = 22.0

_MOST_NAMED: Final = 3
"""So many parameters are told; the others stand among the controls."""

_DIGITS: Final = 4


def status_word(section: Section) -> Expression:
    """Return how the run stands, in a line: what is to be put right first, or where it has led."""
    lesson = section.lesson
    run = cell(section.name("epochs_run"), float(section.epochs_run))
    pieces: list[Given] = [run, when(compared(run, "=", 1), " epoch run: ", " epochs run: ")]
    for name in lesson.form.parameters[:_MOST_NAMED]:
        pieces += [f"{name} ", told(index(section.log_column(name), run + 1), _DIGITS), ", "]
    if len(lesson.form.parameters) > _MOST_NAMED:
        pieces[-1] = " and others, "
    held = index(section.log_column(lesson.metric_name), run + 1)
    pieces += [f"{lesson.metric_name} held ", told(held, _DIGITS), ": ", verdict_leaf(section)]
    return when(section.ready, joined(*pieces), cell(section.name(PROBLEM), ""))


def put_status(draft: Draft, section: Section, block: Block) -> Condition:
    """Place that line over some cells of the first row; in red where it is bad."""
    draft.tell(block, status_word(section), Look.STATUS)
    draft.heights[block.first.row] = STATUS_HEIGHT
    verdict, problem = section.name(VERDICT), section.name(PROBLEM)
    bad = [verdict.compared("=", str(each)) for each in Verdict if not each.good]
    wrong = Formula.call("OR", problem.compared("<>", ""), *bad)
    return Condition(block, str(wrong), Effect.RED)


def put_links(
    draft: Draft, first: Address, links: Sequence[tuple[str, str, Address]]
) -> tuple[Link, ...]:
    """Place links beside each other: a word, the sheet, and the cell there, of each."""
    return tuple(
        Link(draft.put(first.moved(right=right), word, Look.LINK), sheet, target)
        for right, (word, sheet, target) in enumerate(links)
    )


def with_links(
    page: Page, links: Sequence[tuple[str, str]], after: tuple[str, str] | None = None
) -> Page:
    """The page with links in its first row, behind its title, or behind those that it has.

    Args:
        page: the page.
        links: a word, and the title of the sheet that it leads to, of each.
        after: the same of the page to look at next; it stands behind them, or where the page
            wants it.
    """
    if page.links:
        there = {link.sheet for link in page.links}
        links = [(word, sheet) for word, sheet in links if sheet not in there]
        column = 1 + max(link.address.column for link in page.links if link.address.row == 1)
    else:
        title = next((each for each in page.cells if each.address.row == 1), None)
        column = 1 if title is None else _column_behind(page, title)
    places = {Address(1, column + right): each for right, each in enumerate(links)}
    if after is not None and (page.onward is not None or not page.links):
        places[page.onward or Address(1, column + len(links))] = after
    cells = [Cell(place, word, None, Style(Look.LINK)) for place, (word, _) in places.items()]
    found = [Link(place, sheet, Address(1, 1)) for place, (_, sheet) in places.items()]
    return replace(page, cells=(*page.cells, *cells), links=(*page.links, *found))


_TITLE_WIDTH: Final = 1.75
"""How many characters of a column's width a character of a title takes."""

_USUAL_WIDTH: Final = 8.43
"""The width of a column that has none of its own."""


def _column_behind(page: Page, title: Cell) -> int:
    """The first column that the title does not reach."""
    needed, column = _TITLE_WIDTH * len(str(title.value)), title.address.column
    while needed > 0:
        needed -= page.widths.get(Address(1, column).letters, _USUAL_WIDTH)
        column += 1
    return column
