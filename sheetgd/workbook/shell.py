"""The shell of a workbook: all that openpyxl writes, which is everything but the rows.

Styles, widths, conditional formats, validations, charts and names are openpyxl's; the
rows, with formulas and values, are streamed into its sheets afterwards
(`sheetgd.workbook.rows`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO

from openpyxl.cell.cell import Cell as NativeCell
from openpyxl.formatting.rule import ColorScaleRule, Rule
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.workbook import Workbook
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from sheetgd.cells import Style
from sheetgd.colours import HEAT_BAD, HEAT_GOOD, HEAT_MIDDLE
from sheetgd.maths.formula import Formula, sheet_prefix
from sheetgd.pages import paper
from sheetgd.pages.block import Block
from sheetgd.pages.book import Book
from sheetgd.pages.page import (
    LONGEST_MESSAGE,
    LONGEST_MESSAGE_TITLE,
    Accepts,
    Condition,
    Input,
    Page,
    Prompt,
)
from sheetgd.version import __version__
from sheetgd.workbook.charts import native_chart
from sheetgd.workbook.parts import TIMELESS
from sheetgd.workbook.styles import DRAWN, drawn_effects
from sheetgd.workbook.text import shortened, writable


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
    """Links within the workbook, which are no formulas."""
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
    """What an input accepts, in words."""
    if given.listed:
        return f"{given.accepts}: {', '.join(given.listed)}"
    return str(given.accepts) + ("" if given.most is None else f", up to {given.most}")


def _prompt(prompt: Prompt) -> DataValidation:
    validation = DataValidation(
        showInputMessage=True,
        promptTitle=shortened(prompt.title, LONGEST_MESSAGE_TITLE),
        prompt=shortened(prompt.message, LONGEST_MESSAGE),
    )
    validation.add(str(prompt.address))
    return validation
