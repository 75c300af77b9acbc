"""The shell of a workbook: all that openpyxl writes, which is everything but the rows.

Styles, widths, conditional formats, validations, charts and names are openpyxl's; the
rows, with formulas and values, are streamed into its sheets afterwards
(`sheetgd.xlsx.xml`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from openpyxl.cell.cell import Cell as NativeCell
from openpyxl.formatting.rule import ColorScaleRule, Rule
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.styles.numbers import NumberFormat
from openpyxl.workbook import Workbook
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from sheetgd.expression.excel import Formula, sheet_prefix
from sheetgd.sheets import printing as paper
from sheetgd.sheets.book import Book
from sheetgd.sheets.cells import (
    BLUE,
    GREY,
    HEAT_BAD,
    HEAT_GOOD,
    HEAT_MIDDLE,
    INK,
    RED,
    Block,
    Look,
    Style,
)
from sheetgd.sheets.sheet import (
    LONGEST_MESSAGE,
    LONGEST_MESSAGE_TITLE,
    Accepts,
    Condition,
    Effect,
    Input,
    Page,
    Prompt,
)
from sheetgd.version import __version__
from sheetgd.xlsx.drawings import native_chart
from sheetgd.xlsx.xml import TIMELESS, shortened, writable

FONT: Final = "Calibri"
INPUT_INK, INPUT_FILL, RECONSTRUCTED_FILL = "0B4F9E", "FFF6CC", "FBE9D0"
HEADER_FILL, KEY_FILL = "DCE6F1", "EAF4EA"

_THIN = Side(style="thin", color="C5CED8")
_BOX = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)


def _fill(color: str) -> PatternFill:
    return PatternFill("solid", start_color=color, end_color=color)


def _font(color: str = INK, size: float = 11, *, bold: bool = False, italic: bool = False) -> Font:
    return Font(name=FONT, size=size, bold=bold, italic=italic, color=color)


_WRAPPED: Final = Alignment(wrap_text=True, vertical="top")
_CENTRED: Final = Alignment(horizontal="center", vertical="center", wrap_text=True)
_LEFT: Final = Alignment(horizontal="left", vertical="center")
_RIGHT: Final = Alignment(horizontal="right", vertical="center")
_OPEN: Final = Protection(locked=False)

DRAWN: Final[Mapping[Look, Mapping[str, object]]] = {
    Look.TITLE: {"font": _font(BLUE, 20, bold=True)},
    Look.HEADING: {"font": _font(BLUE, 14, bold=True)},
    Look.TEXT: {"font": _font(size=12), "alignment": _WRAPPED},
    Look.NOTE: {"font": _font(GREY, 10, italic=True)},
    Look.REMARK: {"font": _font(GREY, 10, italic=True), "alignment": _WRAPPED},
    Look.WARNING: {"font": _font(RED, bold=True), "alignment": _WRAPPED},
    Look.LINK: {
        "font": Font(name=FONT, size=11, underline="single", color=BLUE),
        "alignment": _LEFT,
    },
    Look.LINKED: {
        "font": Font(name=FONT, size=11, underline="single", color=BLUE),
        "border": _BOX,
        "alignment": _RIGHT,
    },
    Look.STATUS: {"font": _font(size=12, bold=True), "fill": _fill(KEY_FILL), "alignment": _LEFT},
    Look.LABEL: {"font": _font(bold=True), "alignment": _RIGHT},
    Look.HEADER: {
        "font": _font(BLUE, bold=True),
        "fill": _fill(HEADER_FILL),
        "border": _BOX,
        "alignment": _CENTRED,
    },
    Look.CAPTION: {
        "font": _font(GREY, 9, italic=True),
        "alignment": Alignment(horizontal="center", vertical="bottom", wrap_text=True),
    },
    Look.INPUT: {
        "font": _font(INPUT_INK),
        "fill": _fill(INPUT_FILL),
        "border": _BOX,
        "alignment": _RIGHT,
        "protection": _OPEN,
    },
    Look.RECONSTRUCTED: {
        "font": _font(INPUT_INK, italic=True),
        "fill": _fill(RECONSTRUCTED_FILL),
        "border": _BOX,
        "alignment": _RIGHT,
        "protection": _OPEN,
    },
    Look.RECONSTRUCTED_RESULT: {"font": _font(italic=True), "border": _BOX, "alignment": _RIGHT},
    Look.RESULT: {"font": _font(), "border": _BOX, "alignment": _RIGHT},
    # No border: the outline of one cell must not meet those of its neighbours.
    Look.GRID: {"font": _font(), "alignment": _RIGHT},
    Look.MAP: {"font": _font(size=9), "alignment": _CENTRED},
    Look.SIDE: {"font": _font(BLUE, 9), "alignment": _CENTRED},
    Look.ENTRY: {"font": _font(), "border": _BOX, "alignment": _LEFT},
    Look.VERDICT: {"font": _font(size=12, bold=True), "border": _BOX, "alignment": _CENTRED},
    Look.KEY_RESULT: {
        "font": _font(bold=True),
        "fill": _fill(KEY_FILL),
        "border": _BOX,
        "alignment": _RIGHT,
    },
}

_OWN_FORMATS = 210


def _tinted(ink: str, fill: str) -> DifferentialStyle:
    return DifferentialStyle(
        font=Font(color=ink, bold=True),
        fill=PatternFill("solid", start_color=fill, end_color=fill),
    )


_STRONG = Side(style="thin", color="000000")
EFFECTS: Final[Mapping[Effect, DifferentialStyle]] = {
    Effect.OUTLINE: DifferentialStyle(
        font=Font(bold=True, color="000000"),
        border=Border(left=_STRONG, right=_STRONG, top=_STRONG, bottom=_STRONG),
    ),
    Effect.NOTHING: DifferentialStyle(font=Font(color="FFFFFF")),
    Effect.RED: _tinted(RED, "FBD5D5"),
    # Told apart by brightness, too, and never by the colour alone.
    Effect.BLUE: _tinted(BLUE, "DCE9F7"),
    Effect.GREEN: _tinted("00553D", "C9EBDD"),
    Effect.ORANGE: _tinted("7A3000", "FFDDB8"),
    Effect.SCIENTIFIC: DifferentialStyle(numFmt=NumberFormat(numFmtId=200, formatCode="0.00E+00")),
    # Above 0, below 0, and 0 itself.
    Effect.NEARLY_ZERO: DifferentialStyle(
        numFmt=NumberFormat(
            numFmtId=201, formatCode='"\N{ALMOST EQUAL TO} 0";"\N{ALMOST EQUAL TO} 0";0'
        )
    ),
}


def drawn_effects(conditions: Iterable[Condition]) -> Mapping[Condition, DifferentialStyle]:
    """Map conditions to how cells look where they hold; each number format gets a number."""
    found: dict[Condition, DifferentialStyle] = {}
    numbers: dict[str, int] = {}
    for condition in conditions:
        style, code = EFFECTS[condition.effect], condition.number_format
        if code is not None:
            number = numbers.setdefault(code, _OWN_FORMATS + len(numbers))
            style = DifferentialStyle(
                font=style.font,
                fill=style.fill,
                border=style.border,
                numFmt=NumberFormat(numFmtId=number, formatCode=code),
            )
        found[condition] = style
    return found


@dataclass(frozen=True, slots=True)
class Shell:
    """An .xlsx archive without rows, and the number under which it knows each style."""

    archive: bytes
    styles: Mapping[Style, int]


def shell_of(book: Book) -> Shell:
    """Build the shell of a book's workbook."""
    native = Workbook()
    native.remove(native.worksheets[0])
    native.properties.creator = "sheetgd"
    native.properties.version = __version__
    native.properties.title = writable(book.title)
    native.properties.created = TIMELESS.replace(tzinfo=None)
    native.calculation.fullCalcOnLoad = True
    sheets = [native.create_sheet(page.title) for page in book.pages]
    pages = {page.title: page for page in book.pages}
    effects = drawn_effects(each for page in book.pages for each in page.conditions)
    for page, sheet in zip(book.pages, sheets, strict=True):
        _furnish(page, sheet, effects)
        for chart in page.charts:
            sheet.add_chart(native_chart(chart, native, pages))
        for name, place in page.names.items():
            if isinstance(place, Block):
                named = Formula.range(place.first, place.last, sheet=page.title)
            else:
                named = Formula.cell(place, fixed_row=True, fixed_column=True, sheet=page.title)
            native.defined_names[name] = DefinedName(name, attr_text=str(named))
    styles = _styles(book, sheets[0])
    buffer = BytesIO()
    native.save(buffer)
    return Shell(buffer.getvalue(), styles)


def _styles(book: Book, sheet: Worksheet) -> dict[Style, int]:
    """Register every style that the book uses; a cell of no sheet serves to do so."""
    numbers: dict[Style, int] = {}
    used = {style for page in book.pages for style in page.styles()}
    for style in sorted(used, key=lambda each: (each.look, each.number_format)):
        cell = NativeCell(sheet, row=1, column=1)
        for attribute, value in DRAWN[style.look].items():
            setattr(cell, attribute, value)
        cell.number_format = style.number_format
        numbers[style] = cell.style_id
    return numbers


def _furnish(page: Page, sheet: Worksheet, effects: Mapping[Condition, DifferentialStyle]) -> None:
    sheet.sheet_view.showGridLines = False
    sheet.sheet_state = sheet.SHEETSTATE_HIDDEN if page.hidden else sheet.SHEETSTATE_VISIBLE
    if page.tab is not None:
        sheet.sheet_properties.tabColor = page.tab
    for letters, width in page.widths.items():
        sheet.column_dimensions[letters].width = width
    for block in page.merged:
        sheet.merge_cells(str(block))
    if page.frozen is not None:
        sheet.freeze_panes = str(page.frozen)
    if page.filtered is not None:
        sheet.auto_filter.ref = str(page.filtered)
    for given in page.inputs:
        sheet.add_data_validation(_input(given))
    for prompt in page.prompts:
        sheet.add_data_validation(_prompt(prompt))
    # What comes first wins where two rules would fill a cell.
    for condition in page.conditions:
        rule = Rule(type="expression", dxf=effects[condition], formula=[condition.formula])
        sheet.conditional_formatting.add(str(condition.block), rule)
    if page.heat_map is not None:
        sheet.conditional_formatting.add(
            str(page.heat_map),
            ColorScaleRule(  # type: ignore[no-untyped-call]  # the stubs leave it untyped
                start_type="min",
                start_color=HEAT_GOOD,
                mid_type="percentile",
                mid_value=50,
                mid_color=HEAT_MIDDLE,
                end_type="max",
                end_color=HEAT_BAD,
            ),
        )
    _link(page, sheet)
    _set_up_print(page, sheet)


def _link(page: Page, sheet: Worksheet) -> None:
    """Add links within the workbook, which are no formulas."""
    for link in page.links:
        place, target = str(link.address), Formula.cell(link.target, sheet=link.sheet)
        (text,) = page.values_of(Block.cell(link.address))
        # The cell is the shell's own, and goes with its rows.
        sheet[place].hyperlink = Hyperlink(ref=place, location=str(target), display=str(text))


def _set_up_print(page: Page, sheet: Worksheet) -> None:
    """Fit the page to the paper's width, with a new sheet of paper for each print area."""
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.orientation = "landscape" if page.landscape else "portrait"
    right = (page.printed[0] if page.printed else paper.content(page)).last.column
    across = paper.sheets_across(page, right)
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = across, page.sheets
    margins = sheet.page_margins
    margins.left = margins.right = paper.SIDES
    margins.top, margins.bottom = paper.TOP, paper.BOTTOM
    margins.header = margins.footer = paper.FOOTER
    for side, text in (("left", "&A"), ("right", "&P / &N")):
        getattr(sheet.oddFooter, side).text = text
    areas = [
        str(Formula.range(block.first, block.last, sheet=page.title)) for block in page.printed
    ]
    # Gnumeric drops titles in which the rows come first. The columns are those of a log's epoch,
    # or of the epoch and the row of a step.
    name = sheet_prefix(page.title)
    titles = [f"{name}$A:$B"] if across > 1 else []
    if page.header_row is not None:
        titles.append(f"{name}${page.header_row}:${page.header_row}")
    for reserved, parts in (("Print_Area", areas), ("Print_Titles", titles)):
        if parts:
            sheet.defined_names[reserved] = DefinedName(reserved, attr_text=",".join(parts))


def _input(given: Input) -> DataValidation:
    validation = DataValidation(
        type="whole" if given.accepts in {Accepts.COUNT, Accepts.COUNTING} else "decimal",
        allow_blank=False,
        showInputMessage=True,
        promptTitle=shortened(given.title, LONGEST_MESSAGE_TITLE),
        prompt=shortened(given.message, LONGEST_MESSAGE),
        showErrorMessage=True,
        errorStyle="stop",
        errorTitle=shortened(given.title, LONGEST_MESSAGE_TITLE),
        error=shortened(f"This cell takes {_accepted(given)}.", LONGEST_MESSAGE),
    )
    match given.accepts:
        case Accepts.NUMBER:
            validation.operator = "between"
            validation.formula1, validation.formula2 = "-1E+300", "1E+300"
        case Accepts.ABOVE_ZERO:
            validation.operator, validation.formula1 = "greaterThan", "0"
        case Accepts.COUNT | Accepts.NOT_NEGATIVE:
            validation.operator, validation.formula1 = "greaterThanOrEqual", "0"
        case Accepts.COUNTING if given.most is not None:
            validation.operator = "between"
            validation.formula1, validation.formula2 = "1", str(given.most)
        case Accepts.COUNTING:
            validation.operator, validation.formula1 = "greaterThanOrEqual", "1"
        case Accepts.LISTED:
            validation.type, validation.formula1 = "list", f'"{",".join(given.listed)}"'
        case Accepts.SHARE:
            validation.operator = "between"
            validation.formula1, validation.formula2 = "0", "0.999999999"
    validation.add(str(given.block))
    return validation


def _accepted(given: Input) -> str:
    """Say what an input accepts, in words."""
    if given.listed:
        return f"{given.accepts}: {', '.join(given.listed)}"
    return str(given.accepts) + ("" if given.most is None else f", up to {given.most}")


def _prompt(prompt: Prompt) -> DataValidation:
    validation = DataValidation(
        showInputMessage=True,
        promptTitle=shortened(prompt.title, LONGEST_MESSAGE_TITLE),
        prompt=shortened(prompt.message, LONGEST_MESSAGE),
    )
    if prompt.refuses:
        validation.type, validation.formula1, validation.errorStyle = "custom", "FALSE", "stop"
        validation.showErrorMessage = True
        validation.errorTitle, validation.error = validation.promptTitle, validation.prompt
    validation.add(str(prompt.address))
    return validation
