"""The main page: the original sheet's rows and columns, every number a live formula.

The upper half explains the descent on the first rows of the data
(`sheetgd.pages.example`); then it tells how it walks and shows the chart; then come the
controls (`sheetgd.pages.controls`), and in the end the pass that comes next
(`sheetgd.pages.steps`). `sheetgd.pages.layout` has the rows.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from sheetgd.cells import Address, Look
from sheetgd.maths.expression import Leaf
from sheetgd.pages.block import Block
from sheetgd.pages.clicking import put_main_spins
from sheetgd.pages.controls import (
    control_inputs,
    control_names,
    put_controls,
    put_rows_word,
    told_conditions,
)
from sheetgd.pages.example import (
    example_inputs,
    grid_block,
    nearest_to_guess,
    put_data,
    put_error,
    put_prediction,
    put_surface,
)
from sheetgd.pages.layout import ACTUAL_COLUMN, CHART_ROWS, EXAMPLE_COLUMN, FIRST_COLUMN
from sheetgd.pages.log import figure_chart
from sheetgd.pages.page import Accepts, Condition, Draft, Effect, Input, Page, text_height, too_wide
from sheetgd.pages.paper import printed
from sheetgd.pages.section import GUIDE, PLAY, Section
from sheetgd.pages.status import put_links, put_status
from sheetgd.pages.steps import next_pass, put_step_headers

COLUMN_WIDTH = 11.5
TEXT_WIDTH = 12 * COLUMN_WIDTH
PORTRAIT_COLUMNS = 14
"""A page with more columns than these is printed across."""

MOST_SHEETS = 4
"""So many sheets of paper the page is printed on at most; a longer table is cut there."""


def main_page(section: Section, how_long: Leaf | None = None) -> Page:
    """The main page of a section.

    Args:
        section: the section.
        how_long: the sentence on how long the learning rate takes, if there is one.
    """
    draft, layout = Draft(), section.layout
    draft.title("B2", section.lesson.title if section.example else section.label)
    draft.paragraph("B3:M3", section.text("intro" if section.example else "variant"), TEXT_WIDTH)
    if section.example:
        draft.put("B5", "The Gradient", Look.HEADING)
        draft.paragraph("B6:M6", section.text("gradient"), TEXT_WIDTH)
        put_data(draft, section)
        put_prediction(draft, section)
        put_error(draft, section)
        if layout.surface:
            put_surface(draft, section)
    draft.put(f"B{layout.descent}", "The Descent", Look.HEADING)
    row = layout.descent + 1
    draft.paragraph(f"B{row}:M{row}", section.text("descent"), TEXT_WIDTH)
    draft.paragraph(f"B{layout.closing}:M{layout.closing}", section.text("closing"), TEXT_WIDTH)
    put_controls(draft, section, how_long)
    status = put_status(draft, section, Block.parse("B1:I1"))
    links = put_links(draft, Address(1, 10), _links(section))
    spins = put_main_spins(draft, section)
    first = Address(layout.header, FIRST_COLUMN)
    prompts = put_step_headers(draft, section, first, section.main_leads, COLUMN_WIDTH)
    put_rows_word(draft, section)
    table = next_pass(section)
    columns = max(14, FIRST_COLUMN + len(table.columns) - 1)
    chart = Block(Address(layout.chart, 2), Address(layout.chart + CHART_ROWS, 13))
    inputs = example_inputs(section) if section.example else ()
    # What an optimiser remembers may stand farther to the right than the table.
    furthest = max(columns, *(cell.address.column for cell in draft.cells))
    page = Page(
        title=section.main,
        widths={"A": 2.0}
        | {Address(1, column).letters: COLUMN_WIDTH for column in range(2, furthest + 1)}
        | ({"N": 13.0} if columns == PORTRAIT_COLUMNS else {}),
        cells=tuple(draft.cells),
        table=table,
        heights=draft.heights,
        merged=tuple(draft.merged),
        names=control_names(section),
        inputs=(*_data_inputs(section), *inputs, *control_inputs(section)),
        prompts=prompts,
        heat_map=grid_block(section) if layout.surface else None,
        conditions=(
            status,
            *told_conditions(section),
            *_outline(section),
            *_too_wide(section),
        ),
        charts=(figure_chart((section,), chart),),
        controls=spins,
        links=links,
        onward=Address(4, 2),
        frozen=Address(2, 1),
        landscape=columns > PORTRAIT_COLUMNS,
        tab=_tab(section),
    )
    parts = tuple(_parts(section))
    page = printed(page, parts, most=MOST_SHEETS)
    if page.printed[-1].last.row < section.last_step_row:
        page = printed(_saying(page, Address(layout.closing, 2)), parts, most=MOST_SHEETS)
    return page


def _saying(page: Page, place: Address) -> Page:
    """The page with a text at a place that goes on to say that not all is printed."""
    (text,) = page.values_of(Block.cell(place))
    longer = f"{text} On paper the table ends after {MOST_SHEETS} sheets."
    cells = (replace(each, value=longer) if each.address == place else each for each in page.cells)
    heights = {**page.heights, place.row: text_height(longer, TEXT_WIDTH)}
    return replace(page, cells=tuple(cells), heights=heights)


def _links(section: Section) -> tuple[tuple[str, str, Address], ...]:
    """Where one goes from a main page: to what one changes, to other pages, and back."""
    return (
        ("Controls", section.main, section.setting("clicks")),
        ("Guide", GUIDE, Address(1, 1)),
        ("Play", PLAY, Address(1, 1)),
        ("Top", section.main, Address(2, 2)),
    )


def _parts(section: Section) -> Iterator[Sequence[int]]:
    """The rows at which the explanation's parts begin, then those of the descent."""
    layout = section.layout
    before = 1
    if section.example:
        yield (
            1,
            layout.prediction - 1,
            layout.error - 1,
            *([layout.surface] * bool(layout.surface)),
        )
        before = layout.descent
    yield before, layout.closing, layout.header - 1


def _tab(section: Section) -> str:
    if not section.suffix:
        return "2F75B5"
    return "7F7F7F" if section.base is None else "9DC3E6"


def _outline(section: Section) -> Iterator[Condition]:
    if section.layout.surface:
        yield Condition(grid_block(section), nearest_to_guess(section), Effect.OUTLINE)


def _too_wide(section: Section) -> Iterator[Condition]:
    """The rules that keep the page's numbers within their columns."""
    display, layout = section.display, section.layout
    first = FIRST_COLUMN + len(section.main_leads)
    steps = Block(
        Address(layout.step, first),
        Address(section.last_step_row, first + len(section.headers) - 1),
    )
    blocks: list[tuple[Block, Sequence[str]]] = [
        (Block.cell(section.figure), [display.key]),
        (steps, [section.column_format(header) for header in section.headers]),
    ]
    blocks += [
        (Block.cell(section.now(which)), [number_format])
        for which, number_format in enumerate(display.parameters)
    ]
    if section.has_best:
        tops = [Address(layout.control, ACTUAL_COLUMN)]
        tops += [Address(layout.best, EXAMPLE_COLUMN + 1)] if section.example else []
        blocks += [
            (Block.cell(top.moved(down=which)), [number_format])
            for top in tops
            for which, number_format in enumerate(display.best)
        ]
    if section.example:
        shown = section.lesson.shown
        prediction = Address(layout.prediction, EXAMPLE_COLUMN + 1)
        error = Address(layout.error, EXAMPLE_COLUMN + 1)
        blocks += [
            (Block(prediction, prediction.moved(down=shown - 1)), [section.display.example]),
            (
                Block(error, error.moved(down=shown - 1, right=1)),
                [section.display.example, display.squared],
            ),
            (Block.cell(section.example_figure), [display.figure]),
        ]
    if layout.surface:
        grid = grid_block(section)
        blocks.append((grid, [display.figure] * (grid.last.column - grid.first.column + 1)))
    for block, formats in blocks:
        yield from too_wide(block, formats, COLUMN_WIDTH)


def _data_inputs(section: Section) -> Iterator[Input]:
    if section.base is not None:
        return
    first = Address(section.layout.step, section.main_column(section.data_header("x")))
    yield Input(
        Block(first, Address(section.last_step_row, first.column + 1)),
        Accepts.NUMBER,
        "Data",
        "Change any x or y: the tables, the grid and the descent follow.",
    )
