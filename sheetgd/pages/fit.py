"""The fit page: the curve against the data after a few chosen epochs, a panel each."""

from sheetgd.cells import Address, ErrorValue, Look
from sheetgd.display import WHOLE
from sheetgd.maths.formula import Formula
from sheetgd.pages.numbers import shown
from sheetgd.pages.page import (
    Accepts,
    Block,
    Chart,
    ChartKind,
    Draft,
    Drawn,
    Input,
    Page,
    Series,
    grey_where_missing,
)
from sheetgd.pages.section import Section

TITLE = "Fit"
WIDTH = 12.0
POINTS = 41
"""The curve is drawn through so many points from the smallest x to the largest."""

_AFTER = "after epoch "
_ACROSS, _CHART_COLUMNS, _CHART_ROWS, _CHART_ROW = 2, 5, 15, 4


def fit_page(section: Section) -> Page:
    """The panels and the table they are drawn from."""
    lesson, draft = section.lesson, Draft()
    panels = len(lesson.panels)
    draft.title("B1", "The fit, epoch by epoch")
    draft.put("B2", section.text("fit"), Look.NOTE)
    chart_lines = -(-panels // _ACROSS)
    top = Address(_CHART_ROW + chart_lines * (_CHART_ROWS + 1) + 2, 2)
    parameters = top.moved(down=1, right=4)
    epochs = Block(top.moved(right=4), top.moved(right=3 + panels))
    draft.put(epochs.first.moved(right=-1), "after epoch", Look.LABEL)
    for panel, epoch in enumerate(lesson.panels):
        draft.put(epochs.first.moved(right=panel), epoch, Look.INPUT, WHOLE)
    _put_parameters(draft, section, parameters)
    header = parameters.moved(down=len(lesson.form.parameters) + 1, right=-4)
    data = _put_data(draft, section, header.moved(down=1))
    curves = _put_curves(draft, section, header.moved(down=1, right=3), parameters)
    body = Block(parameters, curves.last)
    return Page(
        title=TITLE,
        widths={"A": 2.0}
        | {
            Address(1, column).letters: WIDTH
            for column in range(2, max(12, curves.last.column) + 1)
        },
        cells=tuple(draft.cells),
        heights=draft.heights,
        inputs=(Input(epochs, Accepts.COUNT, "Epoch", "After how many epochs to draw the fit."),),
        conditions=(grey_where_missing(body),),
        charts=tuple(_chart(section, panel, data, curves) for panel in range(panels)),
        tab="ED7D31",
    )


def _put_parameters(draft: Draft, section: Section, first: Address) -> None:
    """The parameters after each panel's epoch, read from the log."""
    lesson = section.lesson
    for which, name in enumerate(lesson.form.parameters):
        draft.put(first.moved(down=which, right=-1), name, Look.LABEL)
        for panel, epoch in enumerate(lesson.panels):
            place = first.moved(down=which, right=panel)
            asked = Formula.cell(Address(first.row - 1, place.column))
            ran = epoch <= section.epochs_run
            value = shown(section.descent.states[epoch][which]) if ran else None
            draft.put(
                place,
                ErrorValue.NOT_AVAILABLE if value is None else value,
                Look.RESULT,
                section.display.parameters[which],
                formula=Formula.call("INDEX", section.log_range(name), asked + 1),
            )


def _put_data(draft: Draft, section: Section, first: Address) -> Block:
    lesson = section.lesson
    for right, (name, values) in enumerate((("x", lesson.x), ("y", lesson.y))):
        draft.put(first.moved(down=-1, right=right), name, Look.HEADER)
        column = section.main_column(section.data_header(name))
        for row in range(lesson.rows):
            source = Address(section.layout.step + row, column)
            draft.put(
                first.moved(down=row, right=right),
                values[row],
                Look.RECONSTRUCTED_RESULT if row + 1 in lesson.reconstructed else Look.RESULT,
                formula=Formula.cell(source, sheet=section.main),
            )
    return Block(first, first.moved(down=lesson.rows - 1, right=1))


def _put_curves(draft: Draft, section: Section, first: Address, parameters: Address) -> Block:
    """The curve's x, and its height with each panel's parameters."""
    lesson = section.lesson
    low, high = min(lesson.x), max(lesson.x)
    x = section.data_range("x", sheet=section.main)
    low_x, high_x = Formula.call("MIN", x), Formula.call("MAX", x)
    draft.put(first.moved(down=-1), "x", Look.HEADER)
    for panel in range(len(lesson.panels)):
        asked = Formula.cell(Address(parameters.row - 1, parameters.column + panel))
        draft.put(
            first.moved(down=-1, right=1 + panel),
            f"{_AFTER}{lesson.panels[panel]}",
            Look.HEADER,
            formula=Formula.joined(Formula.literal(_AFTER), asked),
        )
    for point in range(POINTS):
        place = first.moved(down=point)
        along = low + (high - low) * point / (POINTS - 1)
        formula = low_x + (high_x - low_x) * point / (POINTS - 1)
        draft.put(place, along, Look.RESULT, formula=formula)
        for panel, epoch in enumerate(lesson.panels):
            values = [
                Formula.cell(parameters.moved(down=which, right=panel), fixed_row=True)
                for which in range(len(lesson.form.parameters))
            ]
            height = (
                shown(lesson.form.predict(along, section.descent.states[epoch]))
                if epoch <= section.epochs_run
                else ErrorValue.NOT_AVAILABLE
            )
            draft.put(
                place.moved(right=1 + panel),
                height,
                Look.RESULT,
                section.display.prediction,
                formula=lesson.form.predict(Formula.cell(place, fixed_column=True), values),
            )
    return Block(first, first.moved(down=POINTS - 1, right=len(lesson.panels)))


def _chart(section: Section, panel: int, data: Block, curves: Block) -> Chart:
    down, across = divmod(panel, _ACROSS)
    first = Address(_CHART_ROW + down * (_CHART_ROWS + 1), 2 + across * (_CHART_COLUMNS + 1))
    last = first.moved(down=_CHART_ROWS - 1, right=_CHART_COLUMNS - 1)
    heights = curves.column(1 + panel)
    series = (
        ("data", data.column(0), data.column(1), Drawn.POINTS, 0),
        (heights.first.moved(down=-1), curves.column(0), heights, Drawn.LINE, 1),
    )
    return Chart(
        area=Block(first, last),
        title=f"Panel {panel + 1}",
        x_title=section.lesson.x_name,
        y_title=section.lesson.y_name,
        kind=ChartKind.SCATTER,
        series=tuple(
            Series(sheet=TITLE, name=name, x=x, values=values, drawn=drawn, colour=colour)
            for name, x, values, drawn, colour in series
        ),
    )
