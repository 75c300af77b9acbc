"""Charts, with the settings without which one program or another draws them wrongly."""

from collections.abc import Mapping

from openpyxl.chart import Reference, ScatterChart, SurfaceChart3D
from openpyxl.chart._3d import View3D
from openpyxl.chart.axis import ChartLines, NumericAxis, SeriesAxis, TextAxis
from openpyxl.chart.data_source import (
    AxDataSource,
    NumData,
    NumDataSource,
    NumFmt,
    NumRef,
    NumVal,
    StrData,
    StrRef,
    StrVal,
)
from openpyxl.chart.legend import Legend
from openpyxl.chart.marker import Marker
from openpyxl.chart.series import Series as NativeSeries
from openpyxl.chart.series import SeriesLabel
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.chart.text import RichText, Text
from openpyxl.chart.title import Title
from openpyxl.drawing.line import LineProperties
from openpyxl.drawing.spreadsheet_drawing import AnchorMarker, TwoCellAnchor
from openpyxl.drawing.text import (
    CharacterProperties,
    Paragraph,
    ParagraphProperties,
    RegularTextRun,
)
from openpyxl.workbook import Workbook

from sheetgd.cells import Address
from sheetgd.colours import GRID_LINE, PALETTE, SHADES
from sheetgd.maths.formula import Formula
from sheetgd.pages.block import Block
from sheetgd.pages.chart import Chart, ChartKind, Drawn, Series
from sheetgd.pages.page import Page
from sheetgd.workbook.text import spelt_out, writable

Pages = Mapping[str, Page]

_LINE_WIDTH, _THIN_WIDTH, _MARKER_SIZE = 22_000, 15_000, 5
_TITLE, _AXIS_TITLE, _LABEL = 1200, 1000, 900
"""How large letters are, in hundredths of a point."""

_LARGE, _SMALL = 1e6, 0.01
"""Beyond these an axis has powers of ten."""

_MOST_BELOW = 8
"""A legend of more entries stands beside the chart."""


NativeChart = ScatterChart | SurfaceChart3D


def native_chart(chart: Chart, book: Workbook, pages: Pages) -> NativeChart:
    """The chart as openpyxl writes it.

    Args:
        chart: what to draw.
        book: the workbook that holds the charted sheets.
        pages: these sheets by title: their values are stored in the chart, too, for
            programs that show a file without computing it.
    """

    def axis_title(title: str | Address) -> Title:
        sheet = chart.series[0].sheet
        if isinstance(title, str):
            return _title(writable(title), _AXIS_TITLE)
        return _live_title(sheet, title, pages[sheet])

    native: NativeChart
    if chart.kind is ChartKind.SCATTER:
        native = ScatterChart(scatterStyle="lineMarker")
        native.x_axis = _number_axis(
            axis_title(chart.x_title), _format(chart, pages, x=True), own=10, crossing=100
        )
    else:
        native = SurfaceChart3D()
        native.x_axis = _category_axis(chart, axis_title(chart.x_title))
        native.z_axis = SeriesAxis(
            title=axis_title(chart.z_title), crossAx=100, delete=False, txPr=_letters(_LABEL)
        )
        native.view3D = View3D(rotX=25, rotY=chart.turn, rAngAx=False, perspective=20)
    native.y_axis = _number_axis(
        axis_title(chart.y_title), _format(chart, pages, x=False), own=100, crossing=10
    )
    for axis, logarithmic in ((native.x_axis, chart.log_x), (native.y_axis, chart.log_y)):
        if logarithmic:
            axis.scaling.logBase = 10
    native.title = _title(writable(chart.title), _TITLE)
    many = len(chart.series)
    # Of a surface it would list the bands of heights, which nobody chose.
    native.legend = Legend() if many > 1 and chart.kind is not ChartKind.SURFACE else None
    if native.legend is not None:
        native.legend.txPr = _letters(_LABEL)
        native.legend.position = "b" if many <= _MOST_BELOW else "r"
    # A line must stop at the first #N/A: with gaps LibreOffice would draw it down to 0.
    native.display_blanks = "span"
    for series in chart.series:
        native.series.append(_native_series(series, chart.kind, book, pages))
    native.anchor = TwoCellAnchor(  # type: ignore[assignment]  # the stubs know only text
        editAs="oneCell", _from=_marker(chart.area.first), to=_marker(chart.area.last.moved(1, 1))
    )
    return native


def _native_series(series: Series, kind: ChartKind, book: Workbook, pages: Pages) -> NativeSeries:
    page = pages[series.sheet]
    colour = PALETTE[series.colour % len(PALETTE)] if series.shade is None else _shade(series.shade)
    heights, along = (
        NumRef(f=str(_reference(book, series.sheet, block)), numCache=_cache(block, page))
        for block in (series.values, series.x)
    )
    if kind is ChartKind.SURFACE:
        return NativeSeries(
            tx=_name(series),
            cat=AxDataSource(numRef=along),
            val=NumDataSource(numRef=heights),
            spPr=GraphicalProperties(solidFill=colour),
        )
    native = NativeSeries(
        tx=_name(series),
        spPr=GraphicalProperties(ln=_line(series.drawn, colour)),
        marker=_points(series.drawn, colour),
        smooth=False,
    )
    native.yVal, native.xVal = NumDataSource(numRef=heights), AxDataSource(numRef=along)
    return native


def _name(series: Series) -> SeriesLabel:
    if isinstance(series.name, str):
        return SeriesLabel(v=spelt_out(writable(series.name)))
    cell = Formula.cell(series.name, fixed_row=True, fixed_column=True, sheet=series.sheet)
    return SeriesLabel(strRef=StrRef(str(cell)))


def _line(drawn: Drawn, colour: str) -> LineProperties:
    if drawn in {Drawn.POINTS, Drawn.MARK}:
        return LineProperties(noFill=True)
    if drawn is Drawn.DASHED:
        return LineProperties(w=_THIN_WIDTH, solidFill=colour, prstDash="dash")
    return LineProperties(w=_LINE_WIDTH, solidFill=colour)


def _points(drawn: Drawn, colour: str) -> Marker:
    if drawn in {Drawn.LINE, Drawn.DASHED}:
        return Marker(symbol="none")
    # A marker without a fill would not be seen.
    fill = GraphicalProperties(solidFill=colour, ln=LineProperties(solidFill=colour))
    if drawn is Drawn.MARK:
        return Marker(symbol="diamond", size=2 * _MARKER_SIZE, spPr=fill)
    return Marker(symbol="circle", size=_MARKER_SIZE, spPr=fill)


def _shade(place: float) -> str:
    """A colour between the first and the last of the row, by the straight way in RGB."""
    between = min(int(place * (len(SHADES) - 1)), len(SHADES) - 2)
    part = place * (len(SHADES) - 1) - between
    ends = (bytes.fromhex(SHADES[between + each]) for each in (0, 1))
    mixed = (round(one + (other - one) * part) for one, other in zip(*ends, strict=True))
    return bytes(mixed).hex().upper()


def _live_title(sheet: str, address: Address, page: Page) -> Title:
    """A title that follows a cell."""
    source = Formula.cell(address, fixed_row=True, fixed_column=True, sheet=sheet)
    (value,) = page.values_of(Block.cell(address))
    stored = StrData(ptCount=1, pt=[StrVal(idx=0, v=spelt_out(writable(str(value))))])
    text = Text(strRef=StrRef(str(source), stored))
    return Title(tx=text, txPr=_letters(_AXIS_TITLE, bold=True), overlay=False)


def _title(text: str, size: int) -> Title:
    """A title in bold letters: without a size of their own they would be far too large."""
    letters = CharacterProperties(sz=size, b=True)
    lines = [
        Paragraph(pPr=ParagraphProperties(defRPr=letters), r=[RegularTextRun(rPr=letters, t=line)])
        for line in text.split("\n")
    ]
    return Title(tx=Text(rich=RichText(p=lines)), overlay=False)


def _letters(size: int, *, bold: bool = False) -> RichText:
    """How texts look that a program writes itself: labels, legends, titles from cells."""
    letters = CharacterProperties(sz=size, b=bold)
    return RichText(p=[Paragraph(pPr=ParagraphProperties(defRPr=letters))])


def _category_axis(chart: Chart, title: Title) -> TextAxis:
    every = _every(chart.series[0].x)
    return TextAxis(
        title=title,
        delete=False,
        numFmt=NumFmt(formatCode="General"),
        txPr=_letters(_LABEL),
        tickLblPos="low",
        tickLblSkip=every,
        tickMarkSkip=every,
    )


def _number_axis(title: Title, number_format: str, *, own: int, crossing: int) -> NumericAxis:
    """An axis of numbers, labelled at the edge of the chart even where numbers are negative."""
    return NumericAxis(
        axId=own,
        crossAx=crossing,
        axPos="b" if own < crossing else "l",
        title=title,
        delete=False,
        numFmt=NumFmt(formatCode=number_format),
        txPr=_letters(_LABEL),
        tickLblPos="low",
        majorGridlines=ChartLines(spPr=GraphicalProperties(ln=LineProperties(solidFill=GRID_LINE))),
    )


def _format(chart: Chart, pages: Pages, *, x: bool) -> str:
    """The format of an axis whose numbers are few digits long, whatever their size."""
    if chart.log_x if x else chart.log_y:
        return "[<0.01]0E+00;[<100000]General;0E+00"
    blocks = [(each.sheet, each.x if x else each.values) for each in chart.series]
    most = max(
        (
            abs(value)
            for sheet, block in blocks
            for value in pages[sheet].values_of(block)
            if isinstance(value, int | float)
        ),
        default=0.0,
    )
    return "General" if most == 0.0 or _SMALL <= most < _LARGE else "0.0E+00;-0.0E+00;0"


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


def _cache(block: Block, page: Page) -> NumData:
    found = page.values_of(block)
    points = [
        NumVal(idx=index, v=repr(value))
        for index, value in enumerate(found)
        if isinstance(value, int | float)
    ]
    return NumData(formatCode="General", ptCount=len(found), pt=points)


def _marker(address: Address) -> AnchorMarker:
    return AnchorMarker(col=address.column - 1, row=address.row - 1)
