"""Where a run stands: the first row of every sheet, and what the first page says of its data."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from sheetgd.descent.rate_verdict import (
    FACTOR,
    GROWN,
    NO_SLOPE,
    NON_FINITE,
    STANDS_STILL,
    Verdict,
    share_of_metric,
)
from sheetgd.expression.excel import Address, Formula, Reference
from sheetgd.expression.functions import count
from sheetgd.expression.sheet_cells import (
    Given,
    any_of,
    cell,
    cells,
    compared,
    count_filled,
    count_if,
    formula_of,
    if_error,
    index,
    joined,
    match,
    maximum,
    minimum,
    row_count,
    row_number,
    told,
    when,
)
from sheetgd.expression.tree import Expression
from sheetgd.sheets.cells import Block, Cell, Look, Style
from sheetgd.sheets.rows import INCOMPLETE
from sheetgd.sheets.run_data import (
    EXAMPLE,
    VERDICT,
    notes,
    verdict_leaf,
)
from sheetgd.sheets.section import NOTE, PROBLEM, Section
from sheetgd.sheets.sheet import Condition, Draft, Effect, Link, Page

if TYPE_CHECKING:
    from sheetgd.expression.excel import Value


_BELOW: Final = 20
"""So many sheet rows below the data are looked at for rows that were typed there."""

_ABOVE_START: Final = 0.01
"""A run that ends above the start by more than this share of what it is measured against is told
to be worse than the start."""

_ANOTHER: Final = "for another number of rows build a new workbook."


def rows_word(section: Section) -> Expression:
    """Return what is wrong with the rows of the data; an empty text where all is right."""
    lesson, used = section.lesson, section.used
    *inputs, _ = section.lesson.columns
    first, last = (section.data_cell(inputs[0], row) for row in (0, lesson.n_rows - 1))
    now = row_count(first, last)
    row: list[Value] = [values[-1] for values in section.lesson.columns.values()]
    own = cells(Formula.range(last, last.moved(right=len(inputs))), row)
    under = Formula.range(last, last.moved(down=_BELOW, right=len(inputs)))
    blank = [None] * (len(row) * _BELOW)
    below = count_filled(cells(under, [*row, *blank])) - count_filled(own)
    missing = used.column(INCOMPLETE)
    number = count(missing)
    each = "x and for y" if len(inputs) == 1 else "each column"
    done = joined(
        f": it counts nowhere. Type a number for {each} there, decimals like ", EXAMPLE, "."
    )
    each = "x and y" if len(inputs) == 1 else "each column"
    several = joined(
        f": they count nowhere. Type numbers for {each} there, decimals like ", EXAMPLE, "."
    )
    one, other = minimum(missing), maximum(missing)
    incomplete = when(
        compared(number, "=", 0),
        "",
        when(
            compared(number, "=", 1),
            joined("Row ", one, " is incomplete", done),
            when(
                compared(number, "=", 2),
                joined("Rows ", one, " and ", other, " are incomplete", several),
                joined(
                    number, " rows are incomplete (the first is row ", one, ", the last row ",
                    other, ")", several,
                ),
            ),
        ),
    )  # fmt: skip
    holds = f"This workbook holds {lesson.n_rows} rows of data"
    extra = joined(
        f"{holds}: what stands below row ", row_number(last), " counts nowhere. Type over the "
        f"rows above; {_ANOTHER}",
    )  # fmt: skip
    changed = when(
        compared(now, ">", lesson.n_rows),
        f"{holds}: a row that was put in between counts nowhere. Undo that and type over the rows "
        f"that are there; {_ANOTHER}",
        f"{holds}: rows were deleted. Undo that, and clear cells instead; {_ANOTHER}",
    )
    return when(
        compared(now, "=", lesson.n_rows), when(compared(below, ">", 0), extra, incomplete), changed
    )


def run_word(section: Section) -> Expression:
    """Return what is wrong with the run, and what to type instead; else an empty text.

    Whether it diverges or stands still the notes of the log tell.
    """
    lesson = section.lesson
    said = section.log_column(NOTE, notes(section))
    length = lesson.capacity + 1

    def first(word: str) -> Expression:
        return if_error(match(word, said), length + 1)

    def noted(*words: str) -> Expression:
        return any_of(*(compared(count_if(said, word), ">", 0) for word in words))

    smaller = joined(
        " Type a smaller learn, such as ",
        told(section.named("learn") / 10, 3), ".",
    )  # fmt: skip
    diverges = joined(
        "The run diverges, from epoch ", minimum(first(NON_FINITE), first(GROWN)) - 1, " on.",
        smaller,
    )  # fmt: skip
    stands = joined(
        "Nothing moves from epoch ", minimum(first(STANDS_STILL), first(NO_SLOPE)) - 1,
        " on: every derivative is 0. Type another start",
        " or a larger nudge." if "nudge" in section.settings else ".",
    )  # fmt: skip
    start = index(section.log_column(lesson.metric_name), 1)
    last = section.in_log(lesson.metric_name)
    worse = joined(
        f"The {lesson.metric_name} held is ", told(last, 3), ", above the start's ",
        told(start, 3), ".", smaller,
    )  # fmt: skip
    above = compared(_above(section, start, last), "=", 1)
    ahead: Given = when(above, worse, capacity_word(section))
    ahead = when(noted(STANDS_STILL, NO_SLOPE), stands, ahead)
    found = when(noted(NON_FINITE, GROWN), diverges, ahead)
    return when(section.ready, found, "")


def _too_many(section: Section) -> Expression:
    """Tell whether more epochs are asked for than there is room for."""
    asked = section.named("epochs") * section.named("clicks")
    return compared(asked, ">", section.named("capacity"))


def capacity_word(section: Section) -> Expression:
    """Return a word where more epochs are asked for than there is room for."""
    words = joined(
        "There is room for only ", section.named("capacity"), " epochs here. For more, build a "
        "new workbook with more room.",
    )  # fmt: skip
    return when(_too_many(section), words, "")


def _above(section: Section, start: Expression, last: Expression) -> Expression:
    """Tell whether the run ends above the start."""
    limit = section.descent.trajectory.log.bound
    bound = cell(section.bound_cell, limit, fixed=True, sheet=section.epochs)
    measure = bound / share_of_metric(FACTOR, section.lesson.step.metric_function)
    above = compared(last, ">", start + measure * _ABOVE_START)
    return if_error(when(above, 1, 0), 0)


def red_rows(section: Section) -> Iterator[Condition]:
    """Show in red what is typed in a row that is not complete."""
    if section.base is not None:
        return
    *inputs, y = section.lesson.columns
    first = section.data_cell(inputs[0], 0)
    last = section.data_cell(y, section.lesson.n_rows - 1)
    across = first.moved(right=len(inputs))
    row = cells(Formula((Reference(first, across, fixed_column=True),)))
    missing = compared(count(row), "<", len(inputs) + 1)
    yield Condition(Block(first, last), str(formula_of(missing)), Effect.RED)


def red_word(block: Block) -> Condition:
    """Show a word in red where there is one."""
    there = compared(cell(block.first, fixed=True), "<>", "")
    return Condition(block, str(formula_of(there)), Effect.RED)


STATUS_HEIGHT: Final = 22.0

_MOST_NAMED: Final = 3
"""So many parameters are told; the others stand among the controls."""

_DIGITS: Final = 4


def told_run(
    run: Expression,
    values: Mapping[str, Given],
    metric: str,
    held: Given,
    *,
    verdict: Given,
    late: Given | None = None,
) -> Expression:
    """Return where a run has led, in a line.

    Args:
        run: how many epochs were run.
        values: the parameters in the end.
        metric: what the metric is called.
        held: the metric held in the end.
        verdict: the verdict on the run.
        late: what is true where more epochs are asked for than there is room for.
    """
    ran: Given = when(compared(run, "=", 1), " epoch run: ", " epochs run: ")
    if late is not None:
        ran = when(late, " epochs run, more do not fit: ", ran)
    pieces: list[Given] = [run, ran]
    for name in list(values)[:_MOST_NAMED]:
        pieces += [f"{name} ", told(values[name], _DIGITS), ", "]
    if len(values) > _MOST_NAMED:
        pieces[-1] = " and others, "
    return joined(*pieces, f"{metric} held ", told(held, _DIGITS), ": ", verdict)


def status_word(section: Section) -> Expression:
    """Return how the run stands, in a line: what is to be put right first, or where it has led."""
    lesson = section.lesson
    words = told_run(
        section.named("epochs_run"),
        {name: section.in_log(name) for name in lesson.model.parameters},
        lesson.metric_name,
        section.in_log(lesson.metric_name),
        verdict=verdict_leaf(section),
        late=_too_many(section),
    )
    return when(section.ready, words, section.named(PROBLEM))


def put_status(draft: Draft, section: Section, block: Block) -> Condition:
    """Place that line over some cells of the first row; in red where it is bad."""
    draft.tell(block, status_word(section), Look.STATUS)
    draft.heights[block.first.row] = STATUS_HEIGHT
    verdict = section.named(VERDICT)
    bad = [compared(verdict, "=", str(each)) for each in Verdict if not each.good]
    wrong = any_of(compared(section.named(PROBLEM), "<>", ""), *bad)
    return Condition(block, str(formula_of(wrong)), Effect.RED)


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
    """Put links in the page's first row, behind its title, or behind those that it has.

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
    """Return the first column that the title does not reach."""
    needed, column = _TITLE_WIDTH * len(str(title.value)), title.address.column
    while needed > 0:
        needed -= page.widths.get(Address(1, column).letters, _USUAL_WIDTH)
        column += 1
    return column
