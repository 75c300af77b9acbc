"""Line charts, with the settings without which one program or another draws them wrongly."""

from collections.abc import Mapping

from openpyxl.chart import LineChart as NativeLineChart
from openpyxl.chart import Reference, Series
from openpyxl.chart.axis import ChartLines, NumericAxis, TextAxis
from openpyxl.chart.data_source import NumData, NumFmt, NumVal, StrRef
from openpyxl.chart.series import SeriesLabel
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.drawing.line import LineProperties
from openpyxl.drawing.spreadsheet_drawing import AnchorMarker, TwoCellAnchor
from openpyxl.workbook import Workbook

from sheetgd.cells import Address, Value
from sheetgd.maths.formula import Formula
from sheetgd.pages.page import Block, LineChart
from sheetgd.workbook.styles import BLUE, GRID_LINE


def native_chart(
    chart: LineChart, book: Workbook, values: Mapping[Address, Value]
) -> NativeLineChart:
    """The chart as openpyxl writes it.

    Args:
        chart: what to draw.
        book: the workbook that holds the charted sheet.
        values: the charted sheet's values, stored in the chart for programs that show
            a file without computing it.
    """
    native = NativeLineChart()
    native.title = chart.title
    native.legend = None
    # A line must stop at the first #N/A: with gaps LibreOffice would draw it down to 0.
    native.display_blanks = "span"
    series = Series(_reference(book, chart.sheet, chart.values))
    header = Formula.cell(chart.header, fixed_row=True, fixed_column=True, sheet=chart.sheet)
    series.tx = SeriesLabel(strRef=StrRef(str(header)))
    series.val.numRef.numCache = _cache(chart.values, values)
    series.smooth = False
    series.graphicalProperties.line.solidFill = BLUE
    series.graphicalProperties.line.width = 22_000
    series.marker.symbol = "circle"
    series.marker.size = 5
    series.marker.graphicalProperties.solidFill = BLUE
    series.marker.graphicalProperties.line.solidFill = BLUE
    native.series.append(series)
    native.set_categories(_reference(book, chart.sheet, chart.categories))
    native.series[0].cat.numRef.numCache = _cache(chart.categories, values)
    native.x_axis = TextAxis(
        title=chart.x_title,
        delete=False,
        numFmt=NumFmt(formatCode="0"),
        tickLblSkip=_every(chart.categories),
        tickMarkSkip=_every(chart.categories),
    )
    native.y_axis = NumericAxis(
        axId=100,
        crossAx=10,
        title=chart.y_title,
        delete=False,
        numFmt=NumFmt(formatCode="General"),
        majorGridlines=ChartLines(spPr=GraphicalProperties(ln=LineProperties(solidFill=GRID_LINE))),
    )
    native.anchor = TwoCellAnchor(  # type: ignore[assignment]  # the stubs know only text
        editAs="oneCell", _from=_marker(chart.area.first), to=_marker(chart.area.last.moved(1, 1))
    )
    return native


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
