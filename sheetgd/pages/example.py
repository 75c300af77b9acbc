"""The upper half of the main page: data, prediction, error and the error grid."""

from sheetgd.cells import Address, ErrorValue, Look
from sheetgd.maths.formula import Formula
from sheetgd.maths.least_squares import intercept, slope
from sheetgd.maths.loss import root_of_sum, row_error, squared_error
from sheetgd.maths.quantity import square, total
from sheetgd.pages.numbers import shown
from sheetgd.pages.page import Accepts, Block, Draft, Input
from sheetgd.pages.section import (
    BEST_ROW,
    CONTROL_ROW,
    DATA_ROW,
    ERROR_ROW,
    EXAMPLE_COLUMN,
    EXAMPLE_RMSE,
    FIRST_COLUMN,
    GRID_COLUMN,
    GRID_ROW,
    GUESS_ROW,
    NOW_COLUMN,
    PREDICTION_ROW,
    STEP_ROW,
    Section,
)
from sheetgd.surface import surface_values

FAR_AWAY = 1_000_000_000
"""A guess farther out than this is nowhere near the grid."""


def put_data(draft: Draft, section: Section) -> None:
    """The first rows of the data, and the line that fits all of it best."""
    lesson = section.lesson
    draft.text("B8:H15", section.text("data"))
    for column, (header, values) in enumerate(
        (("x", lesson.x), ("y", lesson.y)), start=EXAMPLE_COLUMN
    ):
        draft.put(Address(DATA_ROW - 1, column), header, Look.HEADER)
        for row in range(lesson.shown):
            source = Formula.cell(Address(STEP_ROW + row, section.main_column(header)))
            draft.put(Address(DATA_ROW + row, column), values[row], Look.RESULT, formula=source)
    x, y = section.main_range("x"), section.main_range("y")
    m = Formula.cell(Address(BEST_ROW, EXAMPLE_COLUMN + 1), fixed_row=True, fixed_column=True)
    formulas = (slope(x, y), intercept(x, y, m))
    for row, (name, value) in enumerate(zip(lesson.model.parameters, section.best, strict=True)):
        draft.put(Address(BEST_ROW + row, EXAMPLE_COLUMN), f"{name}_actual", Look.LABEL)
        draft.put(
            Address(BEST_ROW + row, EXAMPLE_COLUMN + 1),
            shown(value, ErrorValue.DIVISION),
            Look.KEY_RESULT,
            section.display.best[row],
            formula=formulas[row],
        )


def put_prediction(draft: Draft, section: Section) -> None:
    """What the line with the reader's own guess predicts for the first rows."""
    lesson, model = section.lesson, section.lesson.model
    draft.text("B17:H24", section.text("prediction"))
    draft.put(Address(PREDICTION_ROW - 1, EXAMPLE_COLUMN), "x", Look.HEADER)
    draft.put(Address(PREDICTION_ROW - 1, EXAMPLE_COLUMN + 1), "y_pred", Look.HEADER)
    guess = [section.name(f"{name}_guess") for name in model.parameters]
    for row in range(lesson.shown):
        place = Address(PREDICTION_ROW + row, EXAMPLE_COLUMN)
        source = Formula.cell(Address(DATA_ROW + row, EXAMPLE_COLUMN))
        draft.put(place, lesson.x[row], Look.RESULT, formula=source)
        draft.put(
            place.moved(right=1),
            shown(model.predict(lesson.x[row], lesson.guess)),
            Look.RESULT,
            section.display.error,
            formula=model.predict(Formula.cell(place), guess),
        )
    for row, (name, value) in enumerate(zip(model.parameters, lesson.guess, strict=True)):
        place = Address(GUESS_ROW + row, EXAMPLE_COLUMN)
        draft.put(place, f"{name}_guess", Look.LABEL)
        draft.put(place.moved(right=1), value, Look.INPUT)


def put_error(draft: Draft, section: Section) -> None:
    """The squared errors of these predictions, and the one figure that sums them up."""
    lesson, model, number_format = section.lesson, section.lesson.model, section.display.error
    draft.text("B26:H33", section.text("error"))
    for right, header in enumerate(("y", "y_pred", "(y_pred-y)^2")):
        draft.put(Address(ERROR_ROW - 1, EXAMPLE_COLUMN + right), header, Look.HEADER)
    errors = []
    for row in range(lesson.shown):
        y_pred = model.predict(lesson.x[row], lesson.guess)
        errors.append(squared_error(y_pred, lesson.y[row]))
        y_cell = Address(ERROR_ROW + row, EXAMPLE_COLUMN)
        y_pred_cell, error_cell = y_cell.moved(right=1), y_cell.moved(right=2)
        y_source = Formula.cell(Address(DATA_ROW + row, EXAMPLE_COLUMN + 1))
        y_pred_source = Formula.cell(Address(PREDICTION_ROW + row, EXAMPLE_COLUMN + 1))
        error = squared_error(Formula.cell(y_pred_cell), Formula.cell(y_cell))
        draft.put(y_cell, lesson.y[row], Look.RESULT, formula=y_source)
        draft.put(y_pred_cell, shown(y_pred), Look.RESULT, number_format, formula=y_pred_source)
        draft.put(error_cell, shown(errors[-1]), Look.RESULT, number_format, formula=error)
    first = Address(ERROR_ROW, EXAMPLE_RMSE.column)
    squares = Formula.range(first, first.moved(down=lesson.shown - 1), fixed=False)
    draft.put(EXAMPLE_RMSE.moved(right=-1), "rmse", Look.LABEL)
    draft.put(
        EXAMPLE_RMSE,
        shown(root_of_sum(errors)),
        Look.KEY_RESULT,
        section.display.figure,
        formula=root_of_sum(squares),
    )


def grid_block(section: Section) -> Block:
    """Where the error grid's values stand."""
    down, across = section.grid
    first = Address(GRID_ROW, GRID_COLUMN)
    return Block(first, first.moved(down=len(down) - 1, right=len(across) - 1))


def put_surface(draft: Draft, section: Section) -> None:
    """The error grid: the first parameter down the side, the second along the top."""
    lesson, model = section.lesson, section.lesson.model
    draft.text("B35:M42", section.text("surface"))
    down, across = section.grid
    first, second = model.parameters
    block = grid_block(section)
    draft.put(Address(GRID_ROW - 2, FIRST_COLUMN), first, Look.HEADER)
    draft.text(f"C{GRID_ROW - 2}:{Address(GRID_ROW - 2, block.last.column)}", second, Look.HEADER)
    for column, value in enumerate(across, block.first.column):
        draft.put(Address(GRID_ROW - 1, column), value, Look.INPUT)
    if lesson.grid_over_all:
        x, y = section.main_range("x"), section.main_range("y")
    else:
        x, y = (
            Formula.range(Address(DATA_ROW, column), Address(DATA_ROW + lesson.shown - 1, column))
            for column in (EXAMPLE_COLUMN, EXAMPLE_COLUMN + 1)
        )
    for row, errors in enumerate(surface_values(lesson)):
        side = Address(GRID_ROW + row, FIRST_COLUMN)
        draft.put(side, down[row], Look.INPUT)
        for right, error in enumerate(errors):
            place = block.first.moved(down=row, right=right)
            top = Address(GRID_ROW - 1, place.column)
            point = (
                Formula.cell(side, fixed_column=True),
                Formula.cell(top, fixed_row=True),
            )
            draft.put(
                place,
                shown(error),
                Look.GRID,
                section.display.figure,
                formula=root_of_sum(row_error(model, x, y, point)),
            )


def nearest_to_guess(section: Section) -> str:
    """True in the grid cell nearest to the present guess; written for the grid's first cell."""
    block = grid_block(section)
    side, top = Address(GRID_ROW, FIRST_COLUMN), Address(GRID_ROW - 1, GRID_COLUMN)
    sides = (
        (side, block.last.row - GRID_ROW, 0, Formula.cell(side, fixed_column=True)),
        (top, 0, block.last.column - GRID_COLUMN, Formula.cell(top, fixed_row=True)),
    )
    conditions: list[Formula] = []
    for which, (first, down, right, value) in enumerate(sides):
        now = Formula.cell(
            Address(CONTROL_ROW + which, NOW_COLUMN), fixed_row=True, fixed_column=True
        )
        axis = Formula.range(first, first.moved(down=down, right=right))
        nearer = square(axis - now).compared("<", square(value - now))
        conditions += [
            # Where the descent has flown off, every cell is as far away as any other.
            Formula.call("ABS", now).compared("<", FAR_AWAY),
            total(nearer * 1).compared("=", 0),
        ]
    return str(Formula.call("AND", *conditions))


def example_inputs(section: Section) -> tuple[Input, ...]:
    """What the worked example's guess and the sides of the grid accept."""
    guess, grid = Address(GUESS_ROW, EXAMPLE_COLUMN + 1), grid_block(section)
    last = guess.moved(down=len(section.lesson.model.parameters) - 1)
    first, second = section.lesson.model.parameters
    return (
        Input(
            Block(guess, last),
            Accepts.NUMBER,
            "Your guess",
            "Any number. The predictions and errors of this example follow.",
        ),
        Input(
            Block(Address(GRID_ROW, FIRST_COLUMN), Address(grid.last.row, FIRST_COLUMN)),
            Accepts.NUMBER,
            "Grid",
            f"The value of {first} for this row of the grid.",
        ),
        Input(
            Block(grid.first.moved(down=-1), Address(GRID_ROW - 1, grid.last.column)),
            Accepts.NUMBER,
            "Grid",
            f"The value of {second} for this column of the grid.",
        ),
    )
