"""How a cell is spelt in XML, be it a single one or the pattern of a whole column."""

from collections.abc import Iterable, Mapping
from math import isfinite
from types import NoneType
from typing import Final, NamedTuple

from sheetgd.cells import Cell, ErrorValue, Style, Value
from sheetgd.pages.numbers import shown
from sheetgd.workbook.elementwise import needs_array
from sheetgd.workbook.text import escaped, stored

_HIGHEST = 409.0
"""So many points a row is high at most."""

Looks = Mapping[Style | None, str]
"""The style attribute of a cell, for each style."""


class Content(NamedTuple):
    """What a kind of value becomes: the cell's type attribute, the element with its place."""

    attribute: str
    element: str


# `repr` of a float is exact: reading it back gives the same float, bit for bit.
CONTENTS: Final[dict[type, Content]] = {
    NoneType: Content("", ""),
    float: Content("", "<v>%r</v>"),
    int: Content("", "<v>%r</v>"),
    bool: Content(' t="b"', "<v>%d</v>"),
    ErrorValue: Content(' t="e"', "<v>%s</v>"),
    str: Content(' t="str"', "<v>%s</v>"),
}
"""By the exact type of a value: `plain` brings every value to one of these."""

_TYPED_IN: Final = Content(' t="inlineStr"', '<is><t xml:space="preserve">%s</t></is>')


def content_of(kind: type, *, computed: bool) -> Content:
    """How a value of a kind is written; a text that no formula computes is told apart."""
    return _TYPED_IN if kind is str and not computed else CONTENTS[kind]


def spelt(address: str, style: str, attribute: str, formula: str, element: str) -> str:
    """A cell, from pieces of XML.

    >>> spelt("B2", ' s="3"', "", "<f>A2+1</f>", "<v>1.5</v>")
    '<c r="B2" s="3"><f>A2+1</f><v>1.5</v></c>'
    """
    inside = formula + element
    return f'<c r="{address}"{style}{attribute}' + (f">{inside}</c>" if inside else "/>")


def spelt_row(number: str, height: float | None, cells: str) -> str:
    """A row, from pieces of XML."""
    tall = "" if height is None else f' ht="{min(height, _HIGHEST):g}" customHeight="1"'
    return f'<row r="{number}"{tall}>{cells}</row>'


def plain(value: Value) -> Value:
    """The value as one of the types that are written, exactly.

    A number with no place in a file, infinity or NaN, becomes an error value; numbers of
    NumPy become Python's, and other texts, such as names, plain texts.
    """
    kind = type(value)
    if kind is float:
        return value if isfinite(value) else shown(value)  # type: ignore[arg-type]  # a float
    if kind in CONTENTS:
        return value
    # What a number of NumPy has; NumPy itself is slow to import.
    to_python = getattr(value, "item", None)
    if to_python is not None:
        return plain(to_python())
    if isinstance(value, float):
        return shown(value)
    return int(value) if isinstance(value, int) else str(value)


def looks_of(styles: Mapping[Style, int]) -> Looks:
    """The style attributes, from the numbers of the styles."""
    return {None: "", **{style: f' s="{number}"' for style, number in styles.items()}}


def row_of(number: int, cells: Iterable[Cell], looks: Looks, height: float | None) -> str:
    """A row of cells."""
    return spelt_row(str(number), height, "".join([_cell(cell, looks) for cell in cells]))


def _cell(cell: Cell, looks: Looks) -> str:
    value, formula = cell.value, cell.formula
    if type(value) is not float or not isfinite(value):
        value = plain(value)
    kind = type(value)
    attribute, element = content_of(kind, computed=formula is not None)
    if kind is str:
        element %= stored(value)  # type: ignore[arg-type]  # its type has been asked for
    elif element:
        element %= value
    address = str(cell.address)
    text = "" if formula is None else spelt_formula(formula, array_at(formula, address))
    return spelt(address, looks[cell.style], attribute, text, element)


def spelt_formula(formula: str, array: str = "") -> str:
    """Return a cell's formula; `array` are the attributes of one that is an array formula.

    >>> spelt_formula("A2<1")
    '<f>A2&lt;1</f>'
    """
    return f"<f{array}>{escaped(formula)}</f>"


def array_at(formula: str, address: str) -> str:
    """Return the attributes of the array formula of a cell; nothing where it need not be one.

    >>> array_at("SUMPRODUCT(EXP(A2:A9))", "B2"), array_at("SUM(A2:A9)", "B2")
    (' t="array" ref="B2"', '')
    """
    return f' t="array" ref="{address}"' if needs_array(formula) else ""
