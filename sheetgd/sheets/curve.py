"""Curve: the loss of a model with one parameter, with the steps and the tangent on it."""

from collections.abc import Sequence

from sheetgd.descent.loss import closed_form
from sheetgd.expression.excel import Address
from sheetgd.expression.sheet_cells import cell
from sheetgd.expression.tree import Expression
from sheetgd.sheets.cells import Block, Look
from sheetgd.sheets.printing import printed
from sheetgd.sheets.run_data import run_block, run_values
from sheetgd.sheets.section import Section
from sheetgd.sheets.sheet import (
    Accepts,
    Chart,
    Draft,
    Drawn,
    Input,
    Page,
    Series,
    even_widths,
)
from sheetgd.sheets.words import WHOLE

TITLE = "Curve"
DATA = "Curve data"
"""The hidden page that holds the ways down."""

WIDTH = 12.0
_CHART_ROW, _CHART_COLUMNS, _CHART_ROWS = 5, 5, 18
_TABLE_ROW = 28
_CURVE_COLUMN, _TANGENT_COLUMN = 2, 6
_REACH = 5.0
"""The tangent reaches to either side by the curve's width divided by this."""

_FIRST = Address(5, 2)
"""The first cell of the ways down."""


def curve_page(sections: Sequence[Section]) -> tuple[Page, Page]:
    """Make the page of the loss by the parameter with each section's path; and what is drawn."""
    draft, base = Draft(), sections[0]
    (name,) = base.lesson.model.parameters
    draft.title("B1", f"The {base.lesson.method.loss} for every {name}, and the way down")
    draft.put("B2", base.text("curve"), Look.NOTE)
    grid = _put_curve(draft, base)
    tangents = [
        _put_tangent(draft, section, grid, _TANGENT_COLUMN + 3 * place)
        for place, section in enumerate(sections)
    ]
    charts = tuple(
        _chart(section, _area(place), grid, _path(section, place), tangents[place])
        for place, section in enumerate(sections)
    )
    right = max(tangents[-1].last.column, charts[-1].area.last.column)
    page = Page(
        title=TITLE,
        widths=even_widths(WIDTH, right),
        cells=tuple(draft.cells),
        heights=draft.heights,
        inputs=(Input(grid.column(0), Accepts.NUMBER, "Curve", f"The values of {name} to draw."),),
        charts=charts,
        landscape=True,
        sheets=1,
        tab="ED7D31",
    )
    return printed(page), _data_page(sections)


def curve_chart(section: Section, area: Block) -> Chart:
    """Make the lesson's own curve with its path, for any page that shows them."""
    first = Address(_TABLE_ROW, _CURVE_COLUMN)
    grid = Block(first, first.moved(down=len(section.grid[0]) - 1, right=1))
    top = Address(_TABLE_ROW, _TANGENT_COLUMN)
    tangent = Block(top, top.moved(down=2, right=1))
    return _chart(section, area, grid, _path(section, 0), tangent)


def _area(place: int) -> Block:
    left = 2 + place * (_CHART_COLUMNS + 1)
    return Block(
        Address(_CHART_ROW, left),
        Address(_CHART_ROW + _CHART_ROWS, left + _CHART_COLUMNS - 1),
    )


def _loss(section: Section, parameter: Expression) -> Expression:
    """Average the loss over all rows with the parameter held at a value."""
    method, model = section.lesson.step, section.lesson.model
    return section.used.metric(model, section.loss(), method.mean_loss, [parameter])


def _slope_at(section: Section, parameter: Expression) -> Expression:
    """Differentiate that mean loss."""
    used = section.used
    (slope,) = closed_form(section.lesson.model, section.lesson.method.loss)
    hyper = [section.named(name) for name in section.lesson.step.loss_function.hyper]
    return used.mean(slope([*used.inputs, used.y, parameter, *hyper]))


def _put_curve(draft: Draft, section: Section) -> Block:
    (name,), (values,) = section.lesson.model.parameters, section.grid
    first = Address(_TABLE_ROW, _CURVE_COLUMN)
    draft.put(first.moved(down=-1), name, Look.HEADER)
    draft.put(first.moved(down=-1, right=1), section.lesson.method.loss, Look.HEADER)
    for down, value in enumerate(values):
        place = first.moved(down=down)
        draft.put(place, value, Look.INPUT)
        loss = _loss(section, cell(place, value))
        draft.show(place.moved(right=1), loss, Look.RESULT, section.formats.log)
    return Block(first, first.moved(down=len(values) - 1, right=1))


def _put_tangent(draft: Draft, section: Section, grid: Block, column: int) -> Block:
    """Put three points of the tangent at the present value, over the section's path."""
    (name,), (values,) = section.lesson.model.parameters, section.grid
    here, first = section.named(f"now_{name}"), Address(_TABLE_ROW, column)
    draft.put(first.moved(down=-3), section.label, Look.HEADING)
    draft.put(first.moved(down=-2), "slope now", Look.LABEL)
    place = first.moved(down=-2, right=1)
    slope_now = draft.show(place, _slope_at(section, here), Look.KEY_RESULT, section.formats.log)
    draft.put(first.moved(down=-1), name, Look.HEADER)
    draft.put(first.moved(down=-1, right=1), "tangent", Look.HEADER)
    ends = (grid.first, Address(grid.last.row, grid.first.column))
    low, high = (
        cell(each, value) for each, value in zip(ends, (values[0], values[-1]), strict=True)
    )
    reach = (high - low) / _REACH
    for down, side in enumerate((-1.0, 0.0, 1.0)):
        place = first.moved(down=down)
        along = draft.show(
            place, here + side * reach if side else here, Look.RESULT, section.formats.parameters[0]
        )
        height = _loss(section, here) + slope_now * (along - here)
        draft.show(place.moved(right=1), height, Look.RESULT, section.formats.log)
    return Block(first, first.moved(down=2, right=1))


def _data_page(sections: Sequence[Section]) -> Page:
    """Make the page of the paths: after each epoch the parameter and the loss there."""
    draft, (base, *_) = Draft(), sections
    draft.title("B1", f"What the page {TITLE} is drawn from")
    for place, section in enumerate(sections):
        _put_path(draft, section, _path(section, place))
    last = _path(base, len(sections) - 1).last.column
    return Page(
        title=DATA,
        widths=even_widths(WIDTH, last),
        cells=tuple(draft.cells),
        heights=draft.heights,
        frozen=_FIRST,
        hidden=True,
    )


def _path(section: Section, place: int) -> Block:
    """Return a section's path on the hidden page: the epoch, the parameter, the loss."""
    first = _FIRST.moved(right=4 * place)
    return Block(first, first.moved(down=section.lesson.capacity, right=2))


def _put_path(draft: Draft, section: Section, path: Block) -> None:
    """Put the parameter and the loss after each epoch that is run; then the last ones again."""
    (name,) = section.lesson.model.parameters
    draft.put(path.first.moved(down=-2), section.label, Look.HEADING)
    draft.headers(path.first.moved(down=-1), ("epoch", name, section.lesson.method.loss))
    columns = [
        (run_block(section, header).first, run_values(section, header))
        for header in ("epoch", name)
    ]
    for line in range(section.lesson.capacity + 1):
        place = path.first.moved(down=line)
        epoch, state = (
            cell(first.moved(down=line), values[line], sheet=section.run_on)
            for first, values in columns
        )
        draft.show(place, epoch, Look.RESULT, WHOLE)
        there = draft.show(place.moved(right=1), state, Look.RESULT, section.formats.parameters[0])
        loss = _loss(section, there)
        draft.show(place.moved(right=2), loss, Look.RESULT, section.formats.log)


def _chart(section: Section, area: Block, grid: Block, path: Block, tangent: Block) -> Chart:
    (name,) = section.lesson.model.parameters
    series = (
        ("loss", TITLE, grid, Drawn.LINE, 7),
        ("steps", DATA, path.without_left(1), Drawn.BOTH, 1),
        ("tangent", TITLE, tangent, Drawn.DASHED, 2),
    )
    return Chart(
        area=area,
        title=section.label,
        x_title=name,
        y_title=section.lesson.method.loss,
        series=tuple(
            Series(
                sheet=sheet,
                name=label,
                x=block.column(0),
                values=block.column(1),
                drawn=drawn,
                colour=colour,
            )
            for label, sheet, block, drawn, colour in series
        ),
    )
