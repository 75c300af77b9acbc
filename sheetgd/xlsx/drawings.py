"""What is drawn over cells: charts, and form controls that change a cell when they are clicked."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

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

from sheetgd.expression.excel import Address, Formula
from sheetgd.sheets.book import Book
from sheetgd.sheets.cells import GRID_LINE, PALETTE, SHADES, Block
from sheetgd.sheets.sheet import Chart, ChartKind, Control, ControlKind, Drawn, Page, Series
from sheetgd.xlsx.xml import DECLARATION, DRAWING, writable, written_out

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
    """Return the chart as openpyxl writes it.

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
        return SeriesLabel(v=written_out(writable(series.name)))
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
    """Mix a colour between the first and the last of the row, on a straight line in RGB."""
    between = min(int(place * (len(SHADES) - 1)), len(SHADES) - 2)
    part = place * (len(SHADES) - 1) - between
    ends = (bytes.fromhex(SHADES[between + each]) for each in (0, 1))
    mixed = (round(one + (other - one) * part) for one, other in zip(*ends, strict=True))
    return bytes(mixed).hex().upper()


def _live_title(sheet: str, address: Address, page: Page) -> Title:
    """Make a title that follows a cell."""
    source = Formula.cell(address, fixed_row=True, fixed_column=True, sheet=sheet)
    (value,) = page.values_of(Block.cell(address))
    stored = StrData(ptCount=1, pt=[StrVal(idx=0, v=written_out(writable(str(value))))])
    text = Text(strRef=StrRef(str(source), stored))
    return Title(tx=text, txPr=_letters(_AXIS_TITLE, bold=True), overlay=False)


def _title(text: str, size: int) -> Title:
    """Make a title in bold letters: without a size of their own they would be far too large."""
    letters = CharacterProperties(sz=size, b=True)
    lines = [
        Paragraph(pPr=ParagraphProperties(defRPr=letters), r=[RegularTextRun(rPr=letters, t=line)])
        for line in text.split("\n")
    ]
    return Title(tx=Text(rich=RichText(p=lines)), overlay=False)


def _letters(size: int, *, bold: bool = False) -> RichText:
    """Return the look of texts that a program writes itself: labels, legends, live titles."""
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
    """Make an axis of numbers, labelled at the chart's edge even where numbers are negative."""
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
    """Return the format of an axis whose numbers are few digits long, whatever their size."""
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
    """Return how many epochs apart labels stand, so that about ten share the axis."""
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


LARGEST = 30_000
"""No control of Excel's sets, steps by or holds a larger number."""


_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


_SHAPES = "http://schemas.openxmlformats.org/drawingml/2006/main"


_SINCE_2010 = "http://schemas.microsoft.com/office/drawing/2010/main"


_CONTROLS = "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"


_EITHER = "http://schemas.openxmlformats.org/markup-compatibility/2006"


_VML_TYPE = "application/vnd.openxmlformats-officedocument.vmlDrawing"


_CONTROL_TYPE = "application/vnd.ms-excel.controlproperties+xml"


_DRAWING_TYPE = "application/vnd.openxmlformats-officedocument.drawing+xml"


_KINDS = {ControlKind.SPIN: "Spin", ControlKind.SCROLL: "Scroll"}


_NAMES = {ControlKind.SPIN: "Spinner", ControlKind.SCROLL: "Scroll Bar"}


_BLOCK = 1024
"""So many shape ids make a block, and a block belongs to one sheet."""


_EMU, _POINTS = 9525, 0.75
"""English Metric Units, and points, in a pixel."""


_DIGIT, _WIDTH, _HEIGHT = 7, 64, 20
"""Pixels: a digit of the usual font; a column and a row that nothing is said about."""


_GAP = 2
"""So many pixels a control stays away from the edges of its cells."""


_DRAWING_TARGET = re.compile(rb'Target="/?(xl/drawings/drawing\d+\.xml)"')


@dataclass(frozen=True, slots=True, kw_only=True)
class _Placed:
    """A control in its sheet.

    Attributes:
        control: what is placed.
        shape: the id of its shape.
        number: its number in the sheet, counted from 1.
        corners: upper left and lower right: column and pixels, row and pixels, counted from 0.
        box: left, top, width and height in pixels.
        link: the linked cell, as a formula of the sheet names it.
    """

    control: Control
    shape: int
    number: int
    corners: tuple[int, ...]
    box: tuple[int, int, int, int]
    link: str

    @property
    def name(self) -> str:
        return f"{_NAMES[self.control.kind]} {self.number}"

    @property
    def most(self) -> int:
        return min(self.control.most, LARGEST)

    @property
    def value(self) -> int:
        """What the linked cell holds, or what is nearest; the cell keeps what it holds."""
        return max(self.control.least, min(self.control.value, self.most))

    @property
    def lies(self) -> bool:
        """Whether it is a horizontal scroll bar, as all are that are wider than high."""
        return self.control.kind is ControlKind.SCROLL and self.box[2] > self.box[3]


def add_controls(parts: dict[str, bytes], book: Book) -> None:
    """Put the controls of a book's pages into the settled parts of its shell.

    Args:
        parts: the parts by their names; they are changed in place.
        book: the pages. Without controls among them the parts stay as they are.
    """
    before = 0
    for sheet, page in enumerate(book.pages, start=1):
        if page.controls:
            placed = [
                _place(control, number, sheet, page)
                for number, control in enumerate(page.controls, start=1)
            ]
            _add_to_sheet(parts, sheet, placed, before)
            before += len(placed)
    if before:
        default = f'<Default ContentType="{_VML_TYPE}" Extension="vml"></Default>'
        _insert(parts, "[Content_Types].xml", default, before="<Override ")


def _add_to_sheet(
    parts: dict[str, bytes], sheet: int, placed: Sequence[_Placed], before: int
) -> None:
    """Put the controls of one sheet into a workbook that has so many others already."""
    name = f"xl/worksheets/sheet{sheet}.xml"
    drawing = _drawing_of(parts, sheet)
    vml = f"xl/drawings/vmlDrawing{sheet}.vml"
    parts[vml] = _vml(sheet, placed).encode()
    _relate(parts, sheet, "vml", "vmlDrawing", vml)
    inside = ""
    for each in placed:
        own = f"xl/ctrlProps/ctrlProp{before + each.number}.xml"
        parts[own] = _properties(each).encode()
        _declare(parts, own, _CONTROL_TYPE)
        relation = f"control{each.number}"
        _relate(parts, sheet, relation, "ctrlProp", own)
        inside += _in_sheet(each, relation)
    shapes = "".join(_placeholder(each) for each in placed)
    _insert(parts, drawing, shapes, before="</xdr:wsDr>")
    elements = (
        '<legacyDrawing r:id="vml"></legacyDrawing><mc:AlternateContent><mc:Choice Requires="x14">'
        f"<controls>{inside}</controls></mc:Choice></mc:AlternateContent>"
    )
    _insert(parts, name, elements, before="</worksheet>")
    spaces = {"mc": _EITHER, "r": _OFFICE, "x14": _CONTROLS, "xdr": DRAWING}
    declared = "".join(f' xmlns:{prefix}="{space}"' for prefix, space in spaces.items())
    parts[name] = parts[name].replace(b"<worksheet", f"<worksheet{declared}".encode(), 1)


def _drawing_of(parts: dict[str, bytes], sheet: int) -> str:
    """Return the part of a sheet's drawings; a sheet without charts gets one."""
    relations = f"xl/worksheets/_rels/sheet{sheet}.xml.rels"
    if relations not in parts:
        empty = f'{DECLARATION}<Relationships xmlns="{_PACKAGE}"></Relationships>'
        parts[relations] = empty.encode()
    found = _DRAWING_TARGET.search(parts[relations])
    if found is not None:
        return found[1].decode()
    name = f"xl/drawings/drawingOfSheet{sheet}.xml"
    parts[name] = f'{DECLARATION}<xdr:wsDr xmlns:xdr="{DRAWING}"></xdr:wsDr>'.encode()
    _declare(parts, name, _DRAWING_TYPE)
    _relate(parts, sheet, "drawing", "drawing", name)
    element = f'<drawing xmlns:r="{_OFFICE}" r:id="drawing"></drawing>'
    _insert(parts, f"xl/worksheets/sheet{sheet}.xml", element, before="</worksheet>")
    return name


def _insert(parts: dict[str, bytes], name: str, text: str, *, before: str) -> None:
    """Put a text into a part, before the first place where another one stands."""
    head, found, tail = parts[name].partition(before.encode())
    assert found, f"{name} has no {before}"  # noqa: S101  openpyxl writes it
    parts[name] = head + text.encode() + found + tail


def _declare(parts: dict[str, bytes], name: str, content_type: str) -> None:
    """Say what a part contains."""
    override = f'<Override ContentType="{content_type}" PartName="/{name}"></Override>'
    _insert(parts, "[Content_Types].xml", override, before="</Types>")


def _relate(parts: dict[str, bytes], sheet: int, relation: str, kind: str, target: str) -> None:
    """Relate a sheet to another part."""
    element = (
        f'<Relationship Id="{relation}" Target="/{target}" Type="{_OFFICE}/{kind}"></Relationship>'
    )
    name = f"xl/worksheets/_rels/sheet{sheet}.xml.rels"
    _insert(parts, name, element, before="</Relationships>")


def _place(control: Control, number: int, sheet: int, page: Page) -> _Placed:
    """Return where a control stands on its page."""
    first, last = control.area.first, control.area.last
    width, height = _width(page, last.column), _height(page, last.row)
    left, top = _corner(page, first)
    right, bottom = _corner(page, last)
    linked = Formula.cell(
        control.linked,
        fixed_row=True,
        fixed_column=True,
        sheet="" if control.sheet == page.title else control.sheet,
    )
    return _Placed(
        control=control,
        shape=sheet * _BLOCK + number,
        number=number,
        corners=(
            *(first.column - 1, _GAP, first.row - 1, _GAP),
            *(last.column - 1, width - _GAP, last.row - 1, height - _GAP),
        ),
        box=(
            left + _GAP,
            top + _GAP,
            right + width - left - 2 * _GAP,
            bottom + height - top - 2 * _GAP,
        ),
        link=str(linked),
    )


def _width(page: Page, column: int) -> int:
    """Return how wide a column is in pixels."""
    width = page.widths.get(Address(1, column).letters)
    # Excel's own rounding: widths count in 256ths of a digit.
    return _WIDTH if width is None else int((256 * width + 128 // _DIGIT) / 256 * _DIGIT)


def _height(page: Page, row: int) -> int:
    """Return how high a row is in pixels."""
    height = page.heights.get(row)
    return _HEIGHT if height is None else round(height / _POINTS)


def _corner(page: Page, address: Address) -> tuple[int, int]:
    """Return where a cell's upper left corner is, in pixels."""
    left = sum(_width(page, column) for column in range(1, address.column))
    return left, sum(_height(page, row) for row in range(1, address.row))


def _properties(placed: _Placed) -> str:
    """Write the part of a control: its attributes in Excel's order, without the usual ones."""
    control = placed.control
    said = {
        "objectType": _KINDS[control.kind],
        "dx": "22",
        "fmlaLink": escape(placed.link),
        "horiz": "1" if placed.lies else "",
        "max": placed.most,
        "min": control.least or "",
        "page": control.leap,
        "val": placed.value,
    }
    written = "".join(f' {name}="{value}"' for name, value in said.items() if value != "")
    return f'{DECLARATION}<formControlPr xmlns="{_CONTROLS}"{written}/>'


def _vml(sheet: int, placed: Sequence[_Placed]) -> str:
    """Write the shapes of a sheet's controls, in the language that Excel and LibreOffice read."""
    return (
        '<xml xmlns:v="urn:schemas-microsoft-com:vml"'
        ' xmlns:o="urn:schemas-microsoft-com:office:office"'
        ' xmlns:x="urn:schemas-microsoft-com:office:excel">\n'
        f'<o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="{sheet}"/></o:shapelayout>\n'
        '<v:shapetype id="_x0000_t201" coordsize="21600,21600" o:spt="201"'
        ' path="m,l,21600r21600,l21600,xe"><v:stroke joinstyle="miter"/>'
        '<v:path shadowok="f" o:extrusionok="f" strokeok="f" fillok="f" o:connecttype="rect"/>'
        '<o:lock v:ext="edit" shapetype="t"/></v:shapetype>\n'
        + "".join(_vml_shape(each) for each in placed)
        + "</xml>"
    )


def _vml_shape(placed: _Placed) -> str:
    control = placed.control
    left, top, width, height = (f"{pixels * _POINTS:g}pt" for pixels in placed.box)
    return (
        f'<v:shape id="_x0000_s{placed.shape}" type="#_x0000_t201" alt="{escape(control.label)}"'
        f" style='position:absolute;margin-left:{left};margin-top:{top};width:{width};"
        f"height:{height};z-index:{placed.number};mso-wrap-style:tight'"
        ' strokecolor="windowText [64]" o:insetmode="auto">'
        '<o:lock v:ext="edit" rotation="t" text="t"/>'
        f'<x:ClientData ObjectType="{_KINDS[control.kind]}"><x:SizeWithCells/>'
        f"<x:Anchor>{', '.join(map(str, placed.corners))}</x:Anchor>"
        f"<x:PrintObject>False</x:PrintObject><x:FmlaLink>{escape(placed.link)}</x:FmlaLink>"
        f"<x:Val>{placed.value}</x:Val><x:Min>{control.least}</x:Min><x:Max>{placed.most}</x:Max>"
        f"<x:Inc>1</x:Inc><x:Page>{control.leap}</x:Page>"
        f"{'<x:Horiz/>' if placed.lies else ''}<x:Dx>22</x:Dx></x:ClientData></v:shape>\n"
    )


def _anchor(placed: _Placed, outer: str) -> str:
    """Write the corners as sheets and drawings have them, with a prefix for the outer element."""
    found = ""
    for name, corner in (("from", placed.corners[:4]), ("to", placed.corners[4:])):
        column, right, row, down = corner
        found += (
            f"<{outer}{name}><xdr:col>{column}</xdr:col><xdr:colOff>{right * _EMU}</xdr:colOff>"
            f"<xdr:row>{row}</xdr:row><xdr:rowOff>{down * _EMU}</xdr:rowOff></{outer}{name}>"
        )
    return found


def _in_sheet(placed: _Placed, relation: str) -> str:
    """Write the element of a control in its sheet: it moves with its cells and keeps its size."""
    return (
        '<mc:AlternateContent><mc:Choice Requires="x14">'
        f'<control shapeId="{placed.shape}" r:id="{relation}" name="{placed.name}">'
        '<controlPr defaultSize="0" print="0" autoPict="0"'
        f' altText="{escape(placed.control.label)}"><anchor moveWithCells="1">'
        f"{_anchor(placed, '')}</anchor></controlPr></control></mc:Choice></mc:AlternateContent>"
    )


def _placeholder(placed: _Placed) -> str:
    """Write the hidden shape that stands for a control among the drawings of its sheet."""
    return (
        f'<mc:AlternateContent xmlns:mc="{_EITHER}"><mc:Choice xmlns:a14="{_SINCE_2010}"'
        f' Requires="a14"><xdr:twoCellAnchor editAs="oneCell">{_anchor(placed, "xdr:")}'
        f'<xdr:sp xmlns:a="{_SHAPES}" macro="" textlink=""><xdr:nvSpPr>'
        f'<xdr:cNvPr id="{placed.shape}" name="{placed.name}"'
        f' descr="{escape(placed.control.label)}" hidden="1"><a:extLst>'
        '<a:ext uri="{63B3BB69-23CF-44E3-9099-C40C66FF867C}">'
        f'<a14:compatExt spid="_x0000_s{placed.shape}"/></a:ext></a:extLst></xdr:cNvPr>'
        '<xdr:cNvSpPr/></xdr:nvSpPr><xdr:spPr bwMode="auto"><a:xfrm><a:off x="0" y="0"/>'
        '<a:ext cx="0" cy="0"/></a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom>'
        '<a:noFill/><a:ln w="9525"><a:miter lim="800000"/><a:headEnd/><a:tailEnd/></a:ln>'
        "</xdr:spPr></xdr:sp><xdr:clientData/></xdr:twoCellAnchor></mc:Choice><mc:Fallback/>"
        "</mc:AlternateContent>"
    )
