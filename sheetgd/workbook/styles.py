"""How each look and each conditional effect is drawn."""

from collections.abc import Iterable, Mapping
from typing import Final

from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.styles.numbers import NumberFormat

from sheetgd.cells import Look
from sheetgd.colours import BLUE, GREY, INK, RED
from sheetgd.pages.page import Condition, Effect

FONT: Final = "Calibri"
INPUT_INK, INPUT_FILL, RECONSTRUCTED_FILL = "0B4F9E", "FFF6CC", "FBE9D0"
HEADER_FILL, CAPTION_FILL, KEY_FILL = "DCE6F1", "F5F7FA", "EAF4EA"

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
    """How the cells look to which conditions apply; each number format gets a number."""
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
