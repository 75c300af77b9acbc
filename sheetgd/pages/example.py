"""The upper half of the main page: data, prediction, error and the error grid."""

from sheetgd.cells import Address, Look
from sheetgd.maths.formula import Formula
from sheetgd.maths.incomplete import EMPTY, unless
from sheetgd.maths.least_squares import intercept, slope
from sheetgd.maths.quantity import count, square, total
from sheetgd.pages.block import Block
from sheetgd.pages.layout import EXAMPLE_COLUMN, FIRST_COLUMN, GRID_COLUMN
from sheetgd.pages.numbers import shown
from sheetgd.pages.page import TEXT_HEIGHT, Accepts, Draft, Input
from sheetgd.pages.section import Section
from sheetgd.surface import surface_values

_HEADER_LETTERS = 11
"""So many letters a header may have in a line."""

FAR_AWAY = 1_000_000_000
"""A guess farther out than this is nowhere near the grid."""


def put_data(draft: Draft, section: Section) -> None:
    """The first rows of the data, and the line that fits all of it best."""
    lesson, layout = section.lesson, section.layout
    draft.text(f"B{layout.data - 1}:H{layout.best + 1}", section.text("data"))
    for column, (header, values) in enumerate(
        (("x", lesson.x), ("y", lesson.y)), start=EXAMPLE_COLUMN
    ):
        draft.put(Address(layout.data - 1, column), section.data_label(header), Look.HEADER)
        for row in range(lesson.shown):
            source = section.used.cell(header, row)
            place = Address(layout.data + row, column)
            draft.put(place, values[row], Look.RESULT, formula=source)
    if section.has_best:
        _put_best(draft, section)


def _put_best(draft: Draft, section: Section) -> None:
    x, y = (section.used.column(name) for name in ("x", "y"))
    best = Address(section.layout.best, EXAMPLE_COLUMN + 1)
    m = Formula.cell(best, fixed_row=True, fixed_column=True)
    formulas = (slope(x, y), intercept(x, y, m))
    named = zip(section.lesson.form.parameters, section.best, strict=True)
    for row, (name, value) in enumerate(named):
        label = f"{name}_actual" if section.mirrored else f"best fit {name}"
        draft.put(best.moved(down=row, right=-1), label, Look.LABEL)
        draft.put(
            best.moved(down=row),
            shown(value, section.no_best),
            Look.KEY_RESULT,
            section.display.best[row],
            formula=formulas[row],
        )


def put_prediction(draft: Draft, section: Section) -> None:
    """What the model with the reader's own guess predicts for the first rows."""
    lesson, model, layout = section.lesson, section.lesson.form, section.layout
    last = max(layout.guess + len(model.parameters) - 1, layout.guess + 1)
    draft.text(f"B{layout.prediction - 1}:H{last}", section.text("prediction"))
    first = Address(layout.prediction, EXAMPLE_COLUMN)
    draft.put(first.moved(down=-1), section.data_label("x"), Look.HEADER)
    draft.put(first.moved(down=-1, right=1), "y_pred", Look.HEADER)
    guess = [section.name(f"guess_{name}") for name in model.parameters]
    for row in range(lesson.shown):
        place = first.moved(down=row)
        source = Formula.cell(Address(layout.data + row, EXAMPLE_COLUMN))
        draft.put(place, lesson.x[row], Look.RESULT, formula=source)
        draft.put(
            place.moved(right=1),
            shown(model.predict(lesson.x[row], lesson.guess)),
            Look.RESULT,
            section.display.example,
            formula=unless(
                Formula.cell(place).compared("=", EMPTY),
                model.predict(Formula.cell(place), guess),
            ),
        )
    for which, (name, value) in enumerate(zip(model.parameters, lesson.guess, strict=True)):
        place = section.guess(which)
        label = f"{name}_guess" if section.mirrored else f"guess_{name}"
        draft.put(place.moved(right=-1), label, Look.LABEL)
        draft.put(place, value, Look.INPUT)


def put_error(draft: Draft, section: Section) -> None:
    """The errors of these predictions, and the one figure that sums them up."""
    lesson, model, layout = section.lesson, section.lesson.form, section.layout
    number_format, loss = section.display.squared, lesson.method.figure_loss
    draft.text(f"B{layout.error - 1}:H{layout.figure}", section.text("error"))
    y_label = section.data_label("y")
    words = loss.error(Formula.name("y_pred"), Formula.name(y_label))
    for right, header in enumerate((y_label, "y_pred", str(words))):
        draft.put(Address(layout.error - 1, EXAMPLE_COLUMN + right), header, Look.HEADER)
        if len(header) > _HEADER_LETTERS:
            draft.heights[layout.error - 1] = 2 * TEXT_HEIGHT
    errors = []
    for row in range(lesson.shown):
        y_pred = model.predict(lesson.x[row], lesson.guess)
        errors.append(loss.error(y_pred, lesson.y[row]))
        y_cell = Address(layout.error + row, EXAMPLE_COLUMN)
        y_pred_cell, error_cell = y_cell.moved(right=1), y_cell.moved(right=2)
        y_source = Formula.cell(Address(layout.data + row, EXAMPLE_COLUMN + 1))
        y_pred_source = Formula.cell(Address(layout.prediction + row, EXAMPLE_COLUMN + 1))
        error = unless(
            Formula.cell(y_cell).compared("=", EMPTY),
            loss.error(Formula.cell(y_pred_cell), Formula.cell(y_cell)),
        )
        draft.put(y_cell, lesson.y[row], Look.RESULT, formula=y_source)
        predicted = section.display.example
        draft.put(y_pred_cell, shown(y_pred), Look.RESULT, predicted, formula=y_pred_source)
        draft.put(error_cell, shown(errors[-1]), Look.RESULT, number_format, formula=error)
    first = Address(layout.error, section.example_figure.column)
    column = Formula.range(first, first.moved(down=lesson.shown - 1), fixed=False)
    metric = lesson.method.figure
    draft.put(section.example_figure.moved(right=-1), lesson.mirrored_name, Look.LABEL)
    draft.put(
        section.example_figure,
        shown(metric.of(errors, lesson.shown)),
        Look.KEY_RESULT,
        section.display.figure,
        formula=metric.of(column, count(column)),
    )


def grid_block(section: Section) -> Block:
    """Where the error grid's values stand."""
    down, across = section.grid
    first = Address(section.layout.grid, GRID_COLUMN)
    return Block(first, first.moved(down=len(down) - 1, right=len(across) - 1))


def put_surface(draft: Draft, section: Section) -> None:
    """The error grid: the first parameter down the side, the second along the top."""
    lesson, layout = section.lesson, section.layout
    draft.text(f"B{layout.surface}:M{layout.surface + 7}", section.text("surface"))
    down, across = section.grid
    first, second = lesson.form.parameters
    block = grid_block(section)
    titles = layout.grid - 2
    draft.put(Address(titles, FIRST_COLUMN), first, Look.HEADER)
    draft.text(f"C{titles}:{Address(titles, block.last.column)}", second, Look.HEADER)
    for column, value in enumerate(across, block.first.column):
        draft.put(Address(layout.grid - 1, column), value, Look.INPUT)
    for row, errors in enumerate(surface_values(lesson)):
        side = Address(layout.grid + row, FIRST_COLUMN)
        draft.put(side, down[row], Look.INPUT)
        for right, error in enumerate(errors):
            place = block.first.moved(down=row, right=right)
            draft.put(
                place,
                shown(error),
                Look.GRID,
                section.display.figure,
                formula=_figure_at(section, side, Address(layout.grid - 1, place.column)),
            )


def _figure_at(section: Section, side: Address, top: Address) -> Formula:
    """The figure with the parameters held at the values of a side and a top cell."""
    lesson = section.lesson
    point = (Formula.cell(side, fixed_column=True), Formula.cell(top, fixed_row=True))
    used = section.used if lesson.grid_over_all else section.used.first(lesson.shown)
    errors = lesson.method.figure_loss.of_row(lesson.form, used.x, used.y, point)
    return used.metric(lesson.method.figure, errors)


def nearest_to_guess(section: Section) -> str:
    """True in the grid cell nearest to the present guess; written for the grid's first cell."""
    block = grid_block(section)
    row = section.layout.grid
    side, top = Address(row, FIRST_COLUMN), Address(row - 1, GRID_COLUMN)
    sides = (
        (side, block.last.row - row, 0, Formula.cell(side, fixed_column=True)),
        (top, 0, block.last.column - GRID_COLUMN, Formula.cell(top, fixed_row=True)),
    )
    conditions: list[Formula] = []
    for which, (first, down, right, value) in enumerate(sides):
        now = Formula.cell(section.now(which), fixed_row=True, fixed_column=True)
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
    last = section.guess(len(section.lesson.form.parameters) - 1)
    guess = Input(
        Block(section.guess(0), last),
        Accepts.NUMBER,
        "Your guess",
        "Any number. The predictions and the rest of this example follow.",
    )
    if not section.layout.surface:
        return (guess,)
    grid = grid_block(section)
    first, second = section.lesson.form.parameters
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
