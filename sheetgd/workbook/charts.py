"""Charts, with the settings without which one program or another draws them wrongly."""

from collections.abc import Mapping

from openpyxl.chart import LineChart, Reference, ScatterChart
from openpyxl.chart.axis import ChartLines, NumericAxis, TextAxis
from openpyxl.chart.data_source import (
    AxDataSource,
    NumData,
    NumDataSource,
    NumFmt,
    NumRef,
    NumVal,
    StrRef,
)
from openpyxl.chart.legend import Legend
from openpyxl.chart.marker import Marker
from openpyxl.chart.series import Series as NativeSeries
from openpyxl.chart.series import SeriesLabel
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.drawing.line import LineProperties
from openpyxl.drawing.spreadsheet_drawing import AnchorMarker, TwoCellAnchor
from openpyxl.workbook import Workbook

from sheetgd.cells import Address, Value
from sheetgd.colours import GRID_LINE, PALETTE
from sheetgd.maths.formula import Formula
from sheetgd.pages.page import Block, Chart, ChartKind, Drawn, Series

Values = Mapping[str, Mapping[Address, Value]]

_LINE_WIDTH, _THIN_WIDTH, _MARKER_SIZE = 22_000, 15_000, 5


def native_chart(chart: Chart, book: Workbook, values: Values) -> LineChart | ScatterChart:
    """The chart as openpyxl writes it.

    Args:
        chart: what to draw.
        book: the workbook that holds the charted sheets.
        values: these sheets' values, stored in the chart for programs that show a file
            without computing it.
    """
    native: LineChart | ScatterChart
    if chart.kind is ChartKind.LINE:
        native = LineChart()
        native.x_axis = _epoch_axis(chart)
    else:
        native = ScatterChart(scatterStyle="lineMarker")
        native.x_axis = _number_axis(chart.x_title, own=10, crossing=100)
    native.y_axis = _number_axis(chart.y_title, own=100, crossing=10)
    if chart.log_y:
        native.y_axis.scaling.logBase = 10
    native.title = chart.title
    native.legend = Legend() if len(chart.series) > 1 else None
    if native.legend is not None:
        native.legend.position = "b"
    # A line must stop at the first #N/A: with gaps LibreOffice would draw it down to 0.
    native.display_blanks = "span"
    for series in chart.series:
        native.series.append(_native_series(series, chart.kind, book, values))
    native.anchor = TwoCellAnchor(  # type: ignore[assignment]  # the stubs know only text
        editAs="oneCell", _from=_marker(chart.area.first), to=_marker(chart.area.last.moved(1, 1))
    )
    return native


def _native_series(series: Series, kind: ChartKind, book: Workbook, values: Values) -> NativeSeries:
    sheet, colour = values[series.sheet], PALETTE[series.colour % len(PALETTE)]
    heights, along = (
        NumRef(f=str(_reference(book, series.sheet, block)), numCache=_cache(block, sheet))
        for block in (series.values, series.x)
    )
    native = NativeSeries(
        tx=_name(series),
        spPr=GraphicalProperties(ln=_line(series.drawn, colour)),
        marker=_points(series.drawn, colour),
        smooth=False,
    )
    if kind is ChartKind.LINE:
        native.val, native.cat = NumDataSource(numRef=heights), AxDataSource(numRef=along)
    else:
        native.yVal, native.xVal = NumDataSource(numRef=heights), AxDataSource(numRef=along)
    return native


def _name(series: Series) -> SeriesLabel:
    if isinstance(series.name, str):
        return SeriesLabel(v=series.name)
    cell = Formula.cell(series.name, fixed_row=True, fixed_column=True, sheet=series.sheet)
    return SeriesLabel(strRef=StrRef(str(cell)))


def _line(drawn: Drawn, colour: str) -> LineProperties:
    if drawn is Drawn.POINTS:
        return LineProperties(noFill=True)
    if drawn is Drawn.DASHED:
        return LineProperties(w=_THIN_WIDTH, solidFill=colour, prstDash="dash")
    return LineProperties(w=_LINE_WIDTH, solidFill=colour)


def _points(drawn: Drawn, colour: str) -> Marker:
    if drawn in {Drawn.LINE, Drawn.DASHED}:
        return Marker(symbol="none")
    # A marker without a fill would not be seen.
    fill = GraphicalProperties(solidFill=colour, ln=LineProperties(solidFill=colour))
    return Marker(symbol="circle", size=_MARKER_SIZE, spPr=fill)


def _epoch_axis(chart: Chart) -> TextAxis:
    every = _every(chart.series[0].x)
    return TextAxis(
        title=chart.x_title,
        delete=False,
        numFmt=NumFmt(formatCode="0"),
        tickLblPos="low",
        tickLblSkip=every,
        tickMarkSkip=every,
    )


def _number_axis(title: str, *, own: int, crossing: int) -> NumericAxis:
    """An axis of numbers, labelled at the edge of the chart even where numbers are negative."""
    return NumericAxis(
        axId=own,
        crossAx=crossing,
        axPos="b" if own < crossing else "l",
        title=title,
        delete=False,
        numFmt=NumFmt(formatCode="General"),
        tickLblPos="low",
        majorGridlines=ChartLines(spPr=GraphicalProperties(ln=LineProperties(solidFill=GRID_LINE))),
    )


def _reference(book: Workbook, sheet: str, block: Block) -> Reference:
    return Reference(
        book[sheet],
        min_col=block.first.column,
        min_row=block.first.row,
        max_col=block.last.column,
        max_row=block.last.row,
    )


def _every(categories: Block) -> int:
    """Label every so manieth epoch, so that about ten labels share the axis."""
    count = categories.last.row - categories.first.row
    return max(1, round(count / 10))


def _cache(block: Block, values: Mapping[Address, Value]) -> NumData:
    column = block.first.column
    found = [values.get(Address(row, column)) for row in range(block.first.row, block.last.row + 1)]
    points = [
        NumVal(idx=index, v=repr(value))
        for index, value in enumerate(found)
        if isinstance(value, int | float)
    ]
    return NumData(formatCode="General", ptCount=len(found), pt=points)


def _marker(address: Address) -> AnchorMarker:
    return AnchorMarker(col=address.column - 1, row=address.row - 1)
