"""Gradient Descent: the original's rows and columns, every number a live formula.

The upper half explains the descent on the first rows of the data; then come the chart, the
controls (`sheetgd.sheets.controls`), and in the end the pass that comes next
(`sheetgd.sheets.steps`). `sheetgd.sheets.section` has the rows.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from sheetgd.expression.excel import Address, Formula
from sheetgd.expression.functions import absolute, count, square, total
from sheetgd.expression.sheet_cells import all_of, cell, cells, compared, formula_of, when
from sheetgd.expression.tree import Expression, Leaf, Symbol
from sheetgd.sheets.cells import Block, Look
from sheetgd.sheets.controls import (
    best_cell,
    best_line,
    control_inputs,
    control_names,
    put_controls,
    put_main_spins,
    put_rows_word,
    told_conditions,
)
from sheetgd.sheets.epoch_rows import pass_totals, put_totals
from sheetgd.sheets.epochs import metric_chart
from sheetgd.sheets.layout import CHART_ROWS
from sheetgd.sheets.printing import printed
from sheetgd.sheets.section import (
    ACTUAL_COLUMN,
    EXAMPLE_COLUMN,
    FIRST_COLUMN,
    GRID_COLUMN,
    GUIDE,
    PLAY,
    Section,
)
from sheetgd.sheets.sheet import (
    TEXT_HEIGHT,
    Accepts,
    Condition,
    Draft,
    Effect,
    Input,
    Page,
    even_widths,
    text_height,
    too_wide,
)
from sheetgd.sheets.status import put_links, put_status
from sheetgd.sheets.steps import EMPTY, next_pass, put_step_headers

_HEADER_LETTERS = 11
"""So many letters a header may have in a line."""
_BROKEN_LETTERS = 8
"""So many it may count on where it has several."""

FAR_AWAY = 1_000_000_000
"""A guess farther out than this is nowhere near the grid."""


def put_data(draft: Draft, section: Section) -> None:
    """Put the first rows of the data, and the line that fits all of it best."""
    lesson, layout = section.lesson, section.layout
    draft.text(f"B{layout.data - 1}:H{layout.best + 1}", section.text("data"))
    for column, header in enumerate(section.lesson.columns, start=EXAMPLE_COLUMN):
        draft.put(Address(layout.data - 1, column), section.data_label(header), Look.HEADER)
        for row in range(lesson.shown):
            place = Address(layout.data + row, column)
            shape = section.formats.columns.get(header, "General")
            draft.show(place, section.used.cell(header, row), Look.RESULT, shape)
    _several_lines(draft, layout.data - 1, map(section.data_label, section.lesson.columns))
    if section.has_best:
        _put_best(draft, section)


def _several_lines(draft: Draft, row: int, labels: Iterable[str]) -> None:
    """Make a row of headers as high as its longest label needs."""
    longest = max(map(len, labels))
    if longest > _HEADER_LETTERS:
        # A formula is broken where it has a sign, so that its lines are not full.
        draft.heights[row] = -(-longest // _BROKEN_LETTERS) * TEXT_HEIGHT


def _put_best(draft: Draft, section: Section) -> None:
    named = zip(section.lesson.model.parameters, best_line(section), strict=True)
    for which, (name, best) in enumerate(named):
        label = f"{name}_actual" if section.mirrored else f"best fit {name}"
        place = best_cell(section, which)
        draft.put(place.moved(right=-1), label, Look.LABEL)
        draft.show(place, best, Look.KEY_RESULT, section.formats.best[which])


def put_prediction(draft: Draft, section: Section) -> None:
    """Put what the model with the reader's own guess predicts for the first rows."""
    lesson, model, layout = section.lesson, section.lesson.model, section.layout
    last = max(layout.guess + len(model.parameters) - 1, layout.guess + 1)
    draft.text(f"B{layout.prediction - 1}:H{last}", section.text("prediction"))
    first = Address(layout.prediction, EXAMPLE_COLUMN)
    for right, name in enumerate(model.inputs):
        draft.put(first.moved(down=-1, right=right), section.data_label(name), Look.HEADER)
    draft.put(first.moved(down=-1, right=len(model.inputs)), "y_pred", Look.HEADER)
    _several_lines(draft, layout.prediction - 1, map(section.data_label, model.inputs))
    guess = [section.named(f"guess_{name}") for name in model.parameters]
    for row in range(lesson.shown):
        places = [first.moved(down=row, right=right) for right, _ in enumerate(model.inputs)]
        for name, place in zip(model.inputs, places, strict=True):
            above = Address(layout.data + row, place.column)
            shape = section.formats.columns.get(name, "General")
            draft.show(place, draft.at(above), Look.RESULT, shape)
        inputs = [draft.at(place) for place in places]
        missing = compared(inputs[0], "=", EMPTY)
        y_pred = when(missing, EMPTY, model.predict(inputs, guess))
        draft.show(places[-1].moved(right=1), y_pred, Look.RESULT, section.formats.example)
    for which, (name, value) in enumerate(zip(model.parameters, lesson.display.guess, strict=True)):
        place = section.guess(which)
        label = f"{name}_guess" if section.mirrored else f"guess_{name}"
        draft.put(place.moved(right=-1), label, Look.LABEL)
        draft.put(place, value, Look.INPUT)


def put_error(draft: Draft, section: Section) -> None:
    """Put the errors of these predictions, and the one number that sums them up."""
    lesson, layout, named = section.lesson, section.layout, section.lesson.step.metric_loss.named
    loss = section.loss(named.name)
    draft.text(f"B{layout.error - 1}:H{layout.metric}", section.text("error"))
    y_label = section.data_label("y")
    words = (
        named.column if named.words else formula_of(named.error(Symbol("y_pred"), Symbol(y_label)))
    )
    for right, header in enumerate((y_label, "y_pred", str(words))):
        draft.put(Address(layout.error - 1, EXAMPLE_COLUMN + right), header, Look.HEADER)
        _several_lines(draft, layout.error - 1, [header])
    behind = EXAMPLE_COLUMN + len(lesson.model.inputs)
    for row in range(lesson.shown):
        place = Address(layout.error + row, EXAMPLE_COLUMN)
        y_source = draft.at(Address(layout.data + row, behind))
        y_pred_source = draft.at(Address(layout.prediction + row, behind))
        draft.show(place, y_source, Look.RESULT)
        draft.show(place.moved(right=1), y_pred_source, Look.RESULT, section.formats.example)
        y, y_pred = draft.at(place), draft.at(place.moved(right=1))
        found = loss.error(y_pred, y)
        if loss.of_logit:
            guess = [
                draft.at(section.guess(which)) for which in range(len(lesson.model.parameters))
            ]
            data = Address(layout.data + row, EXAMPLE_COLUMN)
            inputs = [draft.at(data.moved(right=at)) for at in range(len(lesson.model.inputs))]
            found = loss.of_row(lesson.model, inputs, y, guess)
        error = when(compared(y, "=", EMPTY), EMPTY, found)
        draft.show(place.moved(right=2), error, Look.RESULT, section.formats.squared)
    first = Address(layout.error, section.example_metric.column)
    errors = draft.over(Block(first, first.moved(down=lesson.shown - 1)), fixed=False)
    metric = lesson.step.metric_function.of(errors, count(errors))
    draft.put(section.example_metric.moved(right=-1), lesson.mirrored_name, Look.LABEL)
    draft.show(section.example_metric, metric, Look.KEY_RESULT, section.formats.metric)


def grid_block(section: Section) -> Block:
    """Return where the error grid's values stand."""
    down, across = section.grid
    first = Address(section.layout.grid, GRID_COLUMN)
    return Block(first, first.moved(down=len(down) - 1, right=len(across) - 1))


def put_surface(draft: Draft, section: Section) -> None:
    """Put the error grid: the first parameter down the side, the second along the top."""
    lesson, layout = section.lesson, section.layout
    draft.text(f"B{layout.surface}:M{layout.surface + 7}", section.text("surface"))
    down, across = section.grid
    first, second = lesson.model.parameters
    block = grid_block(section)
    titles = layout.grid - 2
    draft.put(Address(titles, FIRST_COLUMN), first, Look.HEADER)
    draft.text(f"C{titles}:{Address(titles, block.last.column)}", second, Look.HEADER)
    for column, value in enumerate(across, block.first.column):
        draft.put(Address(layout.grid - 1, column), value, Look.INPUT)
    used = section.used if lesson.display.grid_over_all else section.used.first(lesson.shown)
    for row, value in enumerate(down, layout.grid):
        side = draft.put(Address(row, FIRST_COLUMN), value, Look.INPUT)
        for column in range(block.first.column, block.last.column + 1):
            top = Address(layout.grid - 1, column)
            point = draft.at(side, fixed_column=True), draft.at(top, fixed_row=True)
            held = section.metric_held(point, used=used)
            draft.show(Address(row, column), held, Look.GRID, section.formats.metric)


def nearest_to_guess(section: Section) -> str:
    """Write what is true in the grid cell nearest to the guess, for the grid's first cell."""
    block = grid_block(section)
    row = section.layout.grid
    side, top = Address(row, FIRST_COLUMN), Address(row - 1, GRID_COLUMN)
    sides = (
        (side, block.last.row - row, 0, cell(Formula.cell(side, fixed_column=True))),
        (top, 0, block.last.column - GRID_COLUMN, cell(Formula.cell(top, fixed_row=True))),
    )
    conditions: list[Expression] = []
    for which, (first, down, right, value) in enumerate(sides):
        now = cell(section.now(which), fixed=True)
        axis = cells(Formula.range(first, first.moved(down=down, right=right)))
        nearer = compared(square(axis - now), "<", square(value - now))
        conditions += [
            # Where the descent has flown off, every cell is as far away as any other.
            compared(absolute(now), "<", FAR_AWAY),
            compared(total(nearer * 1), "=", 0),
        ]
    return str(formula_of(all_of(*conditions)))


def example_inputs(section: Section) -> tuple[Input, ...]:
    """Say what the worked example's guess and the sides of the grid accept."""
    last = section.guess(len(section.lesson.model.parameters) - 1)
    guess = Input(
        Block(section.guess(0), last),
        Accepts.NUMBER,
        "Your guess",
        "Any number. The predictions and the rest of this example follow.",
    )
    if not section.layout.surface:
        return (guess,)
    grid = grid_block(section)
    first, second = section.lesson.model.parameters
    return (
        guess,
        Input(
            Block(Address(grid.first.row, FIRST_COLUMN), Address(grid.last.row, FIRST_COLUMN)),
            Accepts.NUMBER,
            "Grid",
            f"The value of {first} for this row of the heat map.",
        ),
        Input(
            Block(grid.first.moved(down=-1), Address(grid.first.row - 1, grid.last.column)),
            Accepts.NUMBER,
            "Grid",
            f"The value of {second} for this column of the heat map.",
        ),
    )


COLUMN_WIDTH = 11.5
TEXT_WIDTH = 12 * COLUMN_WIDTH
PORTRAIT_COLUMNS = 14
"""A page with more columns than these is printed across."""

MOST_SHEETS = 4
"""So many sheets of paper the page is printed on at most; a longer table is cut there."""


def main_page(section: Section, how_long: Leaf | None = None) -> Page:
    """Make the main page of a section.

    Args:
        section: the section.
        how_long: the sentence on how long the learning rate takes, if there is one.
    """
    draft, layout = Draft(), section.layout
    draft.title("B2", section.lesson.display.title if section.example else section.label)
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
    headers = (*section.main_leads, *section.main_headers)
    prompts = put_step_headers(draft, section, first, headers, COLUMN_WIDTH)
    if section.by_epoch:
        prompts += tuple(put_totals(draft, section))
    put_rows_word(draft, section)
    table = next_pass(section)
    columns = max(14, FIRST_COLUMN + len(table.columns) - 1)
    chart = Block(Address(layout.chart, 2), Address(layout.chart + CHART_ROWS, 13))
    inputs = example_inputs(section) if section.example else ()
    # What an optimiser remembers may stand farther to the right than the table.
    furthest = max(columns, *(cell.address.column for cell in draft.cells))
    page = Page(
        title=section.main,
        widths=even_widths(COLUMN_WIDTH, furthest)
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
        charts=(metric_chart((section,), chart),),
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
    """Extend the text at a place of the page to say that not all is printed."""
    (text,) = page.values_of(Block.cell(place))
    longer = f"{text} On paper the table ends after {MOST_SHEETS} sheets."
    cells = (replace(each, value=longer) if each.address == place else each for each in page.cells)
    heights = {**page.heights, place.row: text_height(longer, TEXT_WIDTH)}
    return replace(page, cells=tuple(cells), heights=heights)


def _links(section: Section) -> tuple[tuple[str, str, Address], ...]:
    """Return the links of a main page: to what one changes, to other pages, and back."""
    return (
        ("Controls", section.main, section.setting("clicks")),
        ("Guide", GUIDE, Address(1, 1)),
        ("Play", PLAY, Address(1, 1)),
        ("Top", section.main, Address(2, 2)),
    )


def _parts(section: Section) -> Iterator[Sequence[int]]:
    """Yield the rows at which the explanation's parts begin, then those of the descent."""
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
    """Yield the rules that keep the page's numbers within their columns."""
    number_formats, layout = section.formats, section.layout
    first = FIRST_COLUMN + len(section.main_leads)
    steps = Block(
        Address(layout.step, first),
        Address(section.last_step_row, first + len(section.main_headers) - 1),
    )
    blocks: list[tuple[Block, Sequence[str]]] = [
        (Block.cell(section.metric_cell), [number_formats.key]),
        (steps, [section.column_format(header) for header in section.main_headers]),
    ]
    if section.by_epoch:
        blocks += [
            (Block.cell(each.place), [section.column_format(header)])
            for header, each in pass_totals(section).items()
        ]
    blocks += [
        (Block.cell(section.now(which)), [number_format])
        for which, number_format in enumerate(number_formats.parameters)
    ]
    if section.has_best:
        tops = [Address(layout.control, ACTUAL_COLUMN)]
        tops += [Address(layout.best, EXAMPLE_COLUMN + 1)] if section.example else []
        blocks += [
            (Block.cell(top.moved(down=which)), [number_format])
            for top in tops
            for which, number_format in enumerate(number_formats.best)
        ]
    if section.example:
        shown = section.lesson.shown
        behind = EXAMPLE_COLUMN + len(section.lesson.model.inputs)
        prediction = Address(layout.prediction, behind)
        error = Address(layout.error, EXAMPLE_COLUMN + 1)
        blocks += [
            (Block(prediction, prediction.moved(down=shown - 1)), [section.formats.example]),
            (
                Block(error, error.moved(down=shown - 1, right=1)),
                [section.formats.example, number_formats.squared],
            ),
            (Block.cell(section.example_metric), [number_formats.metric]),
        ]
    if layout.surface:
        grid = grid_block(section)
        blocks.append((grid, [number_formats.metric] * (grid.last.column - grid.first.column + 1)))
    for block, formats in blocks:
        yield from too_wide(block, formats, COLUMN_WIDTH)


def _data_inputs(section: Section) -> Iterator[Input]:
    if section.base is not None:
        return
    *inputs, y = section.lesson.columns
    first = Address(section.layout.step, section.main_column(section.data_header(inputs[0])))
    yield Input(
        Block(first, Address(section.last_step_row, first.column + len(inputs))),
        Accepts.NUMBER,
        "Data",
        f"Change any {', '.join(inputs)} or {y}: the tables, the grid and the descent follow.",
    )
