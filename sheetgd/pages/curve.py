"""The curve page of a one-parameter lesson: the loss curve, the steps on it, the tangent."""

from collections.abc import Sequence

from sheetgd.cells import Address, ErrorValue, Look
from sheetgd.display import WHOLE
from sheetgd.engine.walk import held_errors
from sheetgd.maths.formula import Formula
from sheetgd.maths.loss import closed_form
from sheetgd.maths.quantity import total
from sheetgd.pages.block import Block
from sheetgd.pages.chart import Chart, ChartKind, Drawn, Series
from sheetgd.pages.numbers import shown
from sheetgd.pages.page import Accepts, Draft, Input, Page, nothing_where_missing
from sheetgd.pages.section import Section

TITLE = "Curve"
WIDTH = 12.0
_CHART_ROW, _CHART_COLUMNS, _CHART_ROWS = 5, 5, 18
_TABLE_ROW = 28
_CURVE_COLUMN, _PATH_COLUMN = 2, 5
_REACH = 5
"""The tangent reaches to either side by the curve's width divided by this."""


def curve_page(sections: Sequence[Section]) -> Page:
    """The loss of every value of the parameter, and each section's way down."""
    draft, base = Draft(), sections[0]
    (name,) = base.lesson.form.parameters
    draft.title("B1", f"The {base.lesson.loss} for every {name}, and the way down")
    draft.put("B2", base.text("curve"), Look.NOTE)
    grid = _put_curve(draft, base)
    tangents = [
        _put_tangent(draft, section, grid, _PATH_COLUMN + 1 + 3 * place)
        for place, section in enumerate(sections)
    ]
    _put_epoch_numbers(draft, sections)
    paths = [
        _put_path(draft, section, _PATH_COLUMN + 1 + 3 * place)
        for place, section in enumerate(sections)
    ]
    whole = Block(paths[0].first, paths[-1].last)
    charts = tuple(
        _chart(section, _area(place), grid, paths[place], tangents[place])
        for place, section in enumerate(sections)
    )
    right = max(whole.last.column, charts[-1].area.last.column)
    return Page(
        title=TITLE,
        widths={"A": 2.0} | {Address(1, column).letters: WIDTH for column in range(2, right + 1)},
        cells=tuple(draft.cells),
        heights=draft.heights,
        inputs=(Input(grid.column(0), Accepts.NUMBER, "Curve", f"The values of {name} to draw."),),
        conditions=(nothing_where_missing(whole),),
        charts=charts,
        landscape=True,
        tab="ED7D31",
    )


def curve_chart(section: Section, area: Block) -> Chart:
    """The lesson's own curve with its way down, for any page that shows them."""
    first = Address(_TABLE_ROW, _CURVE_COLUMN)
    grid = Block(first, first.moved(down=len(section.grid[0]) - 1, right=1))
    top, path = Address(_TABLE_ROW, _PATH_COLUMN + 1), Address(_PATH_ROW, _PATH_COLUMN + 1)
    tangent = Block(top, top.moved(down=2, right=1))
    steps = Block(path, path.moved(down=section.lesson.room, right=1))
    return _chart(section, area, grid, steps, tangent)


def _area(place: int) -> Block:
    left = 2 + place * (_CHART_COLUMNS + 1)
    return Block(
        Address(_CHART_ROW, left),
        Address(_CHART_ROW + _CHART_ROWS, left + _CHART_COLUMNS - 1),
    )


def _loss_at(section: Section, parameter: Formula) -> Formula:
    """The mean loss over all rows with the parameter held at a value."""
    lesson = section.lesson
    used = section.used
    errors = lesson.method.row_loss.of_row(lesson.form, used.x, used.y, [parameter])
    return used.metric(lesson.method.mean_loss, errors)


def _loss_value(section: Section, parameter: float) -> float:
    lesson = section.lesson
    errors = held_errors(lesson, lesson.method.row_loss, [parameter])
    loss: float = lesson.method.mean_loss.of(errors, lesson.rows)
    return loss


def _slope_at(section: Section, parameter: Formula) -> Formula:
    """The derivative of that mean loss."""
    lesson = section.lesson
    used = section.used
    (slope,) = closed_form(lesson.form, lesson.loss)
    return used.mean(slope([used.x, used.y, parameter]))


def _slope_value(section: Section, parameter: float) -> float:
    lesson = section.lesson
    (slope,) = closed_form(lesson.form, lesson.loss)
    rows = [slope([x, y, parameter]) for x, y in zip(lesson.x, lesson.y, strict=True)]
    return total(rows) / lesson.rows


def _put_curve(draft: Draft, section: Section) -> Block:
    (name,), (values,) = section.lesson.form.parameters, section.grid
    first = Address(_TABLE_ROW, _CURVE_COLUMN)
    draft.put(first.moved(down=-1), name, Look.HEADER)
    draft.put(first.moved(down=-1, right=1), section.lesson.loss, Look.HEADER)
    for down, value in enumerate(values):
        place = first.moved(down=down)
        draft.put(place, value, Look.INPUT)
        draft.put(
            place.moved(right=1),
            shown(_loss_value(section, value)),
            Look.RESULT,
            section.display.log,
            formula=_loss_at(section, Formula.cell(place)),
        )
    return Block(first, first.moved(down=len(values) - 1, right=1))


def _put_tangent(draft: Draft, section: Section, grid: Block, column: int) -> Block:
    """Three points of the tangent at the present value, over the section's way."""
    (name,), (values,) = section.lesson.form.parameters, section.grid
    now = section.descent.states[section.epochs_run][0]
    now_name = section.name(f"now_{name}")
    slope, height = _slope_value(section, now), _loss_value(section, now)
    first = Address(_TABLE_ROW, column)
    draft.put(first.moved(down=-3), section.label, Look.HEADING)
    draft.put(first.moved(down=-2), "slope now", Look.LABEL)
    draft.put(
        first.moved(down=-2, right=1),
        shown(slope),
        Look.KEY_RESULT,
        section.display.log,
        formula=_slope_at(section, now_name),
    )
    draft.put(first.moved(down=-1), name, Look.HEADER)
    draft.put(first.moved(down=-1, right=1), "tangent", Look.HEADER)
    slope_cell = Formula.cell(first.moved(down=-2, right=1), fixed_row=True, fixed_column=True)
    low, high = Formula.cell(grid.first), Formula.cell(Address(grid.last.row, grid.first.column))
    reach = (values[-1] - values[0]) / _REACH
    for down, side in enumerate((-1, 0, 1)):
        place = first.moved(down=down)
        draft.put(
            place,
            shown(now + side * reach),
            Look.RESULT,
            section.display.parameters[0],
            formula=now_name + side * ((high - low) / _REACH) if side else now_name,
        )
        draft.put(
            place.moved(right=1),
            shown(height + slope * (now + side * reach - now)),
            Look.RESULT,
            section.display.log,
            formula=_loss_at(section, now_name) + slope_cell * (Formula.cell(place) - now_name),
        )
    return Block(first, first.moved(down=2, right=1))


_PATH_ROW = _TABLE_ROW + 6


def _put_epoch_numbers(draft: Draft, sections: Sequence[Section]) -> None:
    first = Address(_PATH_ROW, _PATH_COLUMN)
    draft.put(first.moved(down=-1), "epoch", Look.HEADER)
    for epoch in range(max(section.lesson.room for section in sections) + 1):
        draft.put(first.moved(down=epoch), epoch, Look.RESULT, WHOLE)


def _put_path(draft: Draft, section: Section, column: int) -> Block:
    """The parameter after each epoch and the loss there."""
    (name,) = section.lesson.form.parameters
    first = Address(_PATH_ROW, column)
    draft.put(first.moved(down=-1), name, Look.HEADER)
    draft.put(first.moved(down=-1, right=1), section.lesson.loss, Look.HEADER)
    for epoch in range(section.lesson.room + 1):
        place, ran = first.moved(down=epoch), epoch <= section.epochs_run
        value = section.descent.states[epoch][0]
        source = section.on_log(name, epoch)
        missing = ErrorValue.NOT_AVAILABLE
        draft.put(
            place,
            shown(value) if ran else missing,
            Look.RESULT,
            section.display.parameters[0],
            formula=source,
        )
        draft.put(
            place.moved(right=1),
            shown(_loss_value(section, value)) if ran else missing,
            Look.RESULT,
            section.display.log,
            # LibreOffice loses the #N/A on its way through SUMPRODUCT.
            formula=Formula.call(
                "IF",
                Formula.call("ISNA", Formula.cell(place)),
                Formula.call("NA"),
                _loss_at(section, Formula.cell(place)),
            ),
        )
    return Block(first, first.moved(down=section.lesson.room, right=1))


def _chart(section: Section, area: Block, grid: Block, path: Block, tangent: Block) -> Chart:
    (name,) = section.lesson.form.parameters
    series = (
        ("loss", grid, Drawn.LINE, 7),
        ("steps", path, Drawn.BOTH, 1),
        ("tangent", tangent, Drawn.DASHED, 2),
    )
    return Chart(
        area=area,
        title=section.label,
        x_title=name,
        y_title=section.lesson.loss,
        kind=ChartKind.SCATTER,
        series=tuple(
            Series(
                sheet=TITLE,
                name=label,
                x=block.column(0),
                values=block.column(1),
                drawn=drawn,
                colour=colour,
            )
            for label, block, drawn, colour in series
        ),
    )
