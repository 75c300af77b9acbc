"""The main page: the original sheet's rows and columns, every number a live formula.

Rows 2 to 54 explain the descent on the first rows of the data (`sheetgd.pages.example`);
rows 55 to 80 tell how it walks and show the chart; rows 83 to 87 are the controls; from
row 88 on stands the pass that comes next (`sheetgd.pages.steps`).
"""

from collections.abc import Iterator, Sequence

from sheetgd.cells import Address, Look
from sheetgd.maths.formula import Formula
from sheetgd.maths.loss import root_of_sum
from sheetgd.pages.example import (
    grid_block,
    nearest_to_guess,
    put_data,
    put_error,
    put_prediction,
    put_surface,
)
from sheetgd.pages.log import log_range, rmse_chart
from sheetgd.pages.numbers import shown
from sheetgd.pages.page import (
    Accepts,
    Block,
    Condition,
    Draft,
    Effect,
    Input,
    Page,
    Prompt,
    too_wide,
)
from sheetgd.pages.section import (
    ACTUAL_COLUMN,
    BEST_ROW,
    CAPTION_ROW,
    CLICKS,
    CONTROL_ROW,
    EPOCHS,
    EPOCHS_RUN,
    ERROR_ROW,
    EXAMPLE_COLUMN,
    EXAMPLE_RMSE,
    FIRST_COLUMN,
    GRID_ROW,
    GUESS_ROW,
    HEADER_ROW,
    LEARN,
    NOW_COLUMN,
    NUDGE,
    PREDICTION_ROW,
    RMSE,
    START_COLUMN,
    STEP_ROW,
    Section,
)
from sheetgd.pages.steps import caption_height, meaning, next_pass

COLUMN_WIDTH = 11.5
TEXT_WIDTH = 12 * COLUMN_WIDTH
BEYOND = Block.parse("G87:M87")


def main_page(section: Section) -> Page:
    """The main page of a section."""
    draft = Draft()
    draft.put("B2", section.lesson.title, Look.TITLE)
    draft.heights[2] = 28
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
    _put_controls(draft, section)
    _put_headers(draft, section)
    grid = grid_block(section)
    return Page(
        title=section.main,
        widths={"A": 2.0} | dict.fromkeys("BCDEFGHIJKLM", COLUMN_WIDTH) | {"N": 13.0},
        cells=tuple(draft.cells),
        table=next_pass(section),
        heights=draft.heights,
        merged=tuple(draft.merged),
        names=_names(section),
        inputs=_inputs(section, grid),
        prompts=tuple(
            Prompt(Address(HEADER_ROW, FIRST_COLUMN + right), header, meaning(section, header))
            for right, header in enumerate(section.headers)
        ),
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
    shown = min(section.lesson.sample, section.lesson.rows)
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
        (Block(EXAMPLE_RMSE, EXAMPLE_RMSE), [display.figure]),
        (Block(RMSE, RMSE), [display.figure]),
        (steps, [section.column_format(header) for header in section.headers]),
    ]
    blocks += [
        (Block(now.moved(down=which), now.moved(down=which)), [number_format])
        for which, number_format in enumerate(display.parameters)
    ]
    for block, formats in blocks:
        yield from too_wide(block, formats, COLUMN_WIDTH)


def _put_controls(draft: Draft, section: Section) -> None:
    """Rows 83 to 87: what drives the descent, and where it stands."""
    lesson = section.lesson
    for place, label, value in (
        (EPOCHS, "epochs", lesson.epochs),
        (LEARN, "learn", lesson.learn),
        (CLICKS, "clicks", lesson.clicks),
        (NUDGE, "nudge", lesson.nudge),
    ):
        draft.put(place.moved(right=-1), label, Look.LABEL)
        draft.put(place, value, Look.INPUT)
    for column, header in (
        (START_COLUMN, "start"),
        (ACTUAL_COLUMN, "actual"),
        (NOW_COLUMN, "guess"),
    ):
        draft.put(Address(CONTROL_ROW - 1, column), header, Look.HEADER)
    now = section.descent.states[section.epochs_run]
    run = section.name("epochs_run")
    for which, name in enumerate(lesson.model.parameters):
        row = CONTROL_ROW + which
        number_format = section.display.parameters[which]
        best = Address(BEST_ROW + which, EXAMPLE_COLUMN + 1)
        best_value = next(cell.value for cell in draft.cells if cell.address == best)
        draft.put(Address(row, START_COLUMN), lesson.start[which], Look.INPUT)
        draft.put(Address(row, ACTUAL_COLUMN - 1), name, Look.LABEL)
        draft.put(
            Address(row, ACTUAL_COLUMN),
            best_value,
            Look.RESULT,
            section.display.best[which],
            formula=Formula.cell(best),
        )
        draft.put(
            Address(row, NOW_COLUMN),
            shown(now[which]),
            Look.KEY_RESULT,
            number_format,
            formula=Formula.call("INDEX", log_range(section, name), run + 1),
        )
    draft.put(RMSE.moved(right=-1), "rmse", Look.LABEL)
    draft.put(
        RMSE,
        shown(section.descent.rmse[section.epochs_run]),
        Look.KEY_RESULT,
        section.display.figure,
        formula=root_of_sum(section.main_range("error_sq")),
    )
    asked = section.name("epochs") * section.name("clicks")
    capacity = section.name("capacity")
    draft.put(EPOCHS_RUN.moved(right=-1), "epochs run", Look.LABEL)
    draft.put(
        EPOCHS_RUN,
        section.epochs_run,
        Look.RESULT,
        "0",
        formula=Formula.call("MAX", 0, Formula.call("MIN", asked, capacity)),
    )
    draft.text(
        "B81:M81",
        "Run Epoch: add 1 to clicks.     Reset: set clicks to 0.     "
        "After that many epochs stand the guess to the right and the pass below.",
        Look.NOTE,
    )
    too_many = Formula(
        (
            '"There is room for only "&',
            *capacity.parts,
            '&" epochs here. For more, build again with --capacity."',
        )
    )
    draft.text(
        str(BEYOND),
        "",
        Look.WARNING,
        Formula.call("IF", asked.compared(">", capacity), too_many, ""),
    )


def _put_headers(draft: Draft, section: Section) -> None:
    captions = section.captions()
    for right, header in enumerate(section.headers):
        place = Address(HEADER_ROW, FIRST_COLUMN + right)
        draft.put(place.moved(down=CAPTION_ROW - HEADER_ROW), captions.get(header), Look.CAPTION)
        draft.put(place, header, Look.HEADER)
    draft.heights[CAPTION_ROW] = caption_height(captions, COLUMN_WIDTH)


def _names(section: Section) -> dict[str, Block]:
    places = {
        "epochs": EPOCHS,
        "learn": LEARN,
        "clicks": CLICKS,
        "nudge": NUDGE,
        "epochs_run": EPOCHS_RUN,
    }
    for place, name in enumerate(section.lesson.model.parameters):
        places[f"{name}_start"] = Address(CONTROL_ROW + place, START_COLUMN)
        places[f"{name}_now"] = Address(CONTROL_ROW + place, NOW_COLUMN)
        places[f"{name}_guess"] = Address(GUESS_ROW + place, EXAMPLE_COLUMN + 1)
    return {name + section.suffix: Block(place, place) for name, place in places.items()}


def _inputs(section: Section, grid: Block) -> tuple[Input, ...]:
    data = Block(Address(STEP_ROW, FIRST_COLUMN), Address(section.last_step_row, FIRST_COLUMN + 1))
    guess = Address(GUESS_ROW, EXAMPLE_COLUMN + 1)
    start = Address(CONTROL_ROW, START_COLUMN)
    count = len(section.lesson.model.parameters)
    side = Block(Address(GRID_ROW, FIRST_COLUMN), Address(grid.last.row, FIRST_COLUMN))
    top = Block(Address(GRID_ROW - 1, grid.first.column), Address(GRID_ROW - 1, grid.last.column))
    number = Accepts.NUMBER
    return (
        Input(
            data, number, "Data", "Change any x or y: the tables, the grid and the descent follow."
        ),
        Input(
            Block(guess, guess.moved(down=count - 1)),
            number,
            "Your guess",
            "Any number. The predictions and errors of this example follow.",
        ),
        Input(
            Block(start, start.moved(down=count - 1)),
            number,
            "Start",
            "Where the descent starts: the parameters at epoch 0.",
        ),
        Input(side, number, "Grid", "A value of the first parameter for this row of the grid."),
        Input(top, number, "Grid", "A value of the second parameter for this column of the grid."),
        Input(
            Block(EPOCHS, EPOCHS),
            Accepts.COUNT,
            "Epochs a click",
            "How many epochs one click runs: a whole number, 0 or more.",
        ),
        Input(
            Block(CLICKS, CLICKS),
            Accepts.COUNT,
            "Clicks",
            "How often Run Epoch has been clicked. Add 1 to run on, set 0 to reset.",
        ),
        Input(
            Block(LEARN, LEARN),
            Accepts.ABOVE_ZERO,
            "Learning rate",
            "How far each step goes, as a multiple of the derivative. Too small: slow. "
            "Too large: the error grows.",
        ),
        Input(
            Block(NUDGE, NUDGE),
            Accepts.ABOVE_ZERO,
            "Nudge",
            "How far a parameter is moved to see how the error changes.",
        ),
    )
