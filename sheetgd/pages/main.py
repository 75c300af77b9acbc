"""The main page: the original sheet's rows and columns, every number a live formula.

Rows 2 to 54 explain the descent on the first rows of the data (`sheetgd.pages.example`);
rows 55 to 80 tell how it walks and show the chart; rows 81 to 87 are the controls
(`sheetgd.pages.controls`); from row 88 on stands the pass that comes next
(`sheetgd.pages.steps`).
"""

from collections.abc import Iterator, Sequence

from sheetgd.cells import Address, Look
from sheetgd.pages.controls import control_inputs, control_names, put_controls
from sheetgd.pages.example import (
    example_inputs,
    grid_block,
    nearest_to_guess,
    put_data,
    put_error,
    put_prediction,
    put_surface,
)
from sheetgd.pages.log import rmse_chart
from sheetgd.pages.page import (
    Accepts,
    Block,
    Condition,
    Draft,
    Effect,
    Input,
    Page,
    too_wide,
)
from sheetgd.pages.section import (
    CONTROL_ROW,
    ERROR_ROW,
    EXAMPLE_COLUMN,
    EXAMPLE_RMSE,
    FIRST_COLUMN,
    HEADER_ROW,
    NOW_COLUMN,
    PREDICTION_ROW,
    RMSE,
    STEP_ROW,
    Section,
)
from sheetgd.pages.steps import next_pass, put_step_headers

COLUMN_WIDTH = 11.5
TEXT_WIDTH = 12 * COLUMN_WIDTH


def main_page(section: Section) -> Page:
    """The main page of a section."""
    draft = Draft()
    draft.title("B2", section.lesson.title)
    draft.paragraph("B3:M3", section.text("intro"), TEXT_WIDTH)
    draft.put("B5", "The Gradient", Look.HEADING)
    draft.paragraph("B6:M6", section.text("gradient"), TEXT_WIDTH)
    put_data(draft, section)
    put_prediction(draft, section)
    put_error(draft, section)
    put_surface(draft, section)
    draft.put("B55", "The Descent", Look.HEADING)
    draft.paragraph("B56:M56", section.text("descent"), TEXT_WIDTH)
    draft.paragraph("B80:M80", section.text("closing"), TEXT_WIDTH)
    put_controls(draft, section)
    first = Address(HEADER_ROW, FIRST_COLUMN)
    prompts = put_step_headers(draft, section, first, COLUMN_WIDTH)
    grid = grid_block(section)
    return Page(
        title=section.main,
        widths={"A": 2.0} | dict.fromkeys("BCDEFGHIJKLM", COLUMN_WIDTH) | {"N": 13.0},
        cells=tuple(draft.cells),
        table=next_pass(section),
        heights=draft.heights,
        merged=tuple(draft.merged),
        names=control_names(section),
        inputs=(_data_input(section), *example_inputs(section), *control_inputs(section)),
        prompts=prompts,
        heat_map=grid,
        conditions=(
            Condition(grid, nearest_to_guess(section), Effect.OUTLINE),
            *_too_wide(section),
        ),
        charts=(rmse_chart(section, Block.parse("B58:M78")),),
        # A printed page for the explanation, another one for the descent.
        breaks=(54,),
        tab="2F75B5" if not section.suffix else "7F7F7F",
    )


def _too_wide(section: Section) -> Iterator[Condition]:
    """The rules that keep the page's numbers within their columns."""
    display, grid = section.display, grid_block(section)
    shown = section.lesson.shown
    prediction = Address(PREDICTION_ROW, EXAMPLE_COLUMN + 1)
    error = Address(ERROR_ROW, EXAMPLE_COLUMN + 1)
    now = Address(CONTROL_ROW, NOW_COLUMN)
    steps = Block(
        Address(STEP_ROW, FIRST_COLUMN),
        Address(section.last_step_row, FIRST_COLUMN + len(section.headers) - 1),
    )
    blocks: list[tuple[Block, Sequence[str]]] = [
        (grid, [display.figure] * (grid.last.column - grid.first.column + 1)),
        (Block(prediction, prediction.moved(down=shown - 1)), [display.error]),
        (Block(error, error.moved(down=shown - 1, right=1)), [display.error] * 2),
        (Block.cell(EXAMPLE_RMSE), [display.figure]),
        (Block.cell(RMSE), [display.figure]),
        (steps, [section.column_format(header) for header in section.headers]),
    ]
    blocks += [
        (Block.cell(now.moved(down=which)), [number_format])
        for which, number_format in enumerate(display.parameters)
    ]
    for block, formats in blocks:
        yield from too_wide(block, formats, COLUMN_WIDTH)


def _data_input(section: Section) -> Input:
    first = Address(STEP_ROW, FIRST_COLUMN)
    return Input(
        Block(first, Address(section.last_step_row, FIRST_COLUMN + 1)),
        Accepts.NUMBER,
        "Data",
        "Change any x or y: the tables, the grid and the descent follow.",
    )
