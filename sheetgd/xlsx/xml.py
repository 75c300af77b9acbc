"""The XML of a workbook: rows, every cell with its value and formula, and parts set in order.

Some formulas are written as array formulas. Within SUMPRODUCT all spreadsheets compute ``+ - * /
^`` and comparisons of ranges element by element. Of a function such as EXP or IF some take a single
cell of the range there, without saying so: Gnumeric of most, Excel of IF. In an array formula all
of them take every cell.

Each kind of row of a long table is spelt only once. A hundred rows whose numbers begin alike, such
as 1200 to 1299, differ from the next hundred in that beginning and in their values alone. So a row
is spelt with marks in place of the beginnings of row numbers and of the values, which are then put
into all of them at once. It is spelt by what spells single cells, and comes out the same.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from html import escape
from itertools import chain, groupby
from math import isfinite
from types import NoneType
from typing import Final, NamedTuple
from xml.parsers.expat import ParserCreate

from sheetgd.expression.excel import MAX_ROWS, ONE_BY_ONE, Address, ErrorValue, Value
from sheetgd.sheets.cells import (
    Cell,
    LongTable,
    Part,
    Style,
    shown,
)
from sheetgd.sheets.sheet import (
    Page,
)
from sheetgd.version import MAKER

_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_LINE_END = re.compile("\r\n?")
_AWKWARD = re.compile(f"{_UNWRITABLE.pattern}|[\r&<>]")
_READ_AS_CHARACTER = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
"""Where a spreadsheet program would read a character's number in a text, as in ``_x0041_``."""


def writable(text: str) -> str:
    r"""Put a mark in place of each character that XML cannot hold at all.

    Line ends become ``\n``, which is what XML makes of them anyway.

    >>> writable("a tab\tstays, a bell\a goes") == "a tab\tstays, a bell\ufffd goes"
    True
    """
    return _UNWRITABLE.sub("\ufffd", _LINE_END.sub("\n", text))


def written_out(text: str) -> str:
    """Escape what spreadsheet programs would read as an escape.

    >>> written_out("_x0041_"), written_out("new_x")
    ('_x005F_x0041_', 'new_x')
    """
    return _READ_AS_CHARACTER.sub("_x005F_", text) if "_x" in text else text


def escaped(text: str) -> str:
    """Write the text as the content of an XML element.

    >>> escaped('m < 2 & "b"')
    'm &lt; 2 &amp; "b"'
    """
    return escape(writable(text), quote=False) if _AWKWARD.search(text) else text


def stored(text: str) -> str:
    """Write a cell's text as the content of an XML element.

    >>> stored("_x0041_ & _x")
    '_x005F_x0041_ &amp; _x'
    """
    return escaped(written_out(text))


def shortened(text: str, most: int) -> str:
    r"""Write the text as an attribute of a file, cut to a length as a spreadsheet counts it.

    >>> shortened("error_sq", 5), len(shortened("\N{GRINNING FACE}" * 20, 32))
    ('error', 16)
    """
    # Characters beyond the first 65,536 count twice.
    units = writable(text).encode("utf-16-le")[: 2 * most]
    return written_out(units.decode("utf-16-le", errors="ignore"))


_SUMS: Final = "SUMPRODUCT("
_CALL_OF_ONE: Final = re.compile(rf"\b(?:{'|'.join(sorted(ONE_BY_ONE))})\(")
_PIECE: Final = re.compile(
    r"""
    "(?:[^"]|"")*" | '(?:[^']|'')*'  # a text or the title of a sheet
    | (?P<range>\$?[A-Z]{1,3}\$?\d+:\$?[A-Z]{1,3}\$?\d+)
    | (?P<open>(?P<function>[A-Z][A-Z0-9.]*)?\()
    | (?P<close>\))
    """,
    re.VERBOSE,
)


def needs_array(formula: str) -> bool:
    """Tell whether a formula sums up what a function of single numbers makes of a range.

    >>> needs_array("SUMPRODUCT((A1*B1:B9)^2)"), needs_array("SUMPRODUCT(EXP(A1*B1:B9)^2)")
    (False, True)
    >>> needs_array("SQRT(SUMPRODUCT((EXP(A1)*B1:B9)^2)/COUNT(B1:B9))")
    False
    """
    start = formula.find(_SUMS)
    # Few formulas get past this.
    if start < 0 or _CALL_OF_ONE.search(formula, start) is None:
        return False
    around: list[str] = []
    for piece in _PIECE.finditer(formula):
        if piece["open"] is not None:
            around.append(piece["function"] or "")
        elif piece["close"] is not None:
            around.pop()
        elif piece["range"] is not None and _taken_one_by_one(around):
            return True
    return False


def _taken_one_by_one(around: list[str]) -> bool:
    """Tell whether a function of single numbers stands between a range and the sum around it."""
    single = False
    for function in reversed(around):
        if _CALL_OF_ONE.fullmatch(f"{function}("):
            single = True
        elif function:
            return single and function == _SUMS[:-1]
    return False


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
    """Return how a value of a kind is written; a text that no formula computes is told apart."""
    return _TYPED_IN if kind is str and not computed else CONTENTS[kind]


def printed_cell(address: str, style: str, attribute: str, formula: str, element: str) -> str:
    """Write a cell, from pieces of XML.

    >>> printed_cell("B2", ' s="3"', "", "<f>A2+1</f>", "<v>1.5</v>")
    '<c r="B2" s="3"><f>A2+1</f><v>1.5</v></c>'
    """
    inside = formula + element
    return f'<c r="{address}"{style}{attribute}' + (f">{inside}</c>" if inside else "/>")


def row_text(number: str, height: float | None, cells: str) -> str:
    """Write a row, from pieces of XML."""
    tall = "" if height is None else f' ht="{min(height, _HIGHEST):g}" customHeight="1"'
    return f'<row r="{number}"{tall}>{cells}</row>'


def plain(value: Value) -> Value:
    """Convert the value to one of the types that are written, exactly.

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
    """Return the style attributes, from the numbers of the styles."""
    return {None: "", **{style: f' s="{number}"' for style, number in styles.items()}}


def row_of(number: int, cells: Iterable[Cell], looks: Looks, height: float | None) -> str:
    """Write a row of cells."""
    return row_text(str(number), height, "".join([_cell(cell, looks) for cell in cells]))


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
    text = "" if formula is None else formula_text(formula, array_at(formula, address))
    return printed_cell(address, looks[cell.style], attribute, text, element)


def formula_text(formula: str, array: str = "") -> str:
    """Return a cell's formula; `array` are the attributes of one that is an array formula.

    >>> formula_text("A2<1")
    '<f>A2&lt;1</f>'
    """
    return f"<f{array}>{escaped(formula)}</f>"


def array_at(formula: str, address: str) -> str:
    """Return the attributes of the array formula of a cell; nothing where it need not be one.

    >>> array_at("SUMPRODUCT(EXP(A2:A9))", "B2"), array_at("SUM(A2:A9)", "B2")
    (' t="array" ref="B2"', '')
    """
    return f' t="array" ref="{address}"' if needs_array(formula) else ""


_AT_ONCE = 100
"""So many rows get their values at once."""

_FEW = 5000
"""In a table of no more rows it is ten whose numbers begin alike: fewer lines are spelt."""

_VALUE, *_BEGINNINGS = map(chr, (*range(1, 9), *range(14, 32)))
"""Marks: no text in XML can have them."""

_MOST_LINES = 4096
"""So many lines are kept at most."""

Kinds = tuple[type, ...]
"""The type of the values in each column."""


def filled_rows(
    table: LongTable, looks: Looks, heights: Mapping[int, float]
) -> Iterator[tuple[int, str]]:
    """Yield a long table's rows from top to bottom, in pieces: how many, and their XML."""
    lines = _Lines(table, looks, heights)
    start, end = table.first.row, table.first.row + table.length
    while start < end:
        stop = min(end, (start // _AT_ONCE + 1) * _AT_ONCE)
        if start < lines.least < stop:
            stop = lines.least
        yield stop - start, lines.text(start, stop)
        start = stop


class _Lines:
    """The lines of a table with marks in them, each made when it is first needed."""

    def __init__(self, table: LongTable, looks: Looks, heights: Mapping[int, float]) -> None:
        self.table, self.looks, self.heights = table, looks, heights
        self.made: dict[Kinds, dict[tuple[object, ...], str]] = {}
        self.restyled = [column.row_styles for column in table.columns if column.row_styles]
        self.alike = 10 if table.length <= _FEW else _AT_ONCE
        offsets = {
            row - table.first.row
            for fillings in table.fillings
            for filling in fillings or ()
            for row in filling.rows
        }
        endings = (0, self.alike - 1)
        shifts = {(offset + end) // self.alike for offset in {0, *offsets} for end in endings}
        self.marks = dict(zip(sorted(shifts), _BEGINNINGS, strict=False))
        # The smallest numbers have no beginning.
        few = len(shifts) <= len(_BEGINNINGS)
        self.least = (1 - min(shifts)) * self.alike if few else MAX_ROWS + 1

    def text(self, start: int, stop: int) -> str:
        """Write the rows of the sheet from one to before another."""
        first = self.table.first.row
        parts = [column.part(start - first, stop - first) for column in self.table.columns]
        kinds = _kinds(parts)
        if kinds is None or start < self.least:
            rows = enumerate(self.table.rows(start - first, stop - first), start)
            return "".join(
                [row_of(row, cells, self.looks, self.heights.get(row)) for row, cells in rows]
            )
        beginnings = range(start // self.alike, (stop - 1) // self.alike + 1)
        text = "".join([self._beginning(each, start, stop, kinds) for each in beginnings])
        values = (
            map(stored, part.values) if kind is str else part.values  # type: ignore[arg-type]  # texts
            for part, kind in zip(parts, kinds, strict=True)
            if kind is not NoneType
        )
        return text % tuple(chain.from_iterable(zip(*values, strict=True)))

    def _beginning(self, beginning: int, start: int, stop: int, kinds: Kinds) -> str:
        """Write the rows whose numbers begin so, with marks in place of their values."""
        first = beginning * self.alike
        text = "".join(self._marked(max(start, first), min(stop, first + self.alike), kinds))
        for shift, mark in self.marks.items():
            text = text.replace(mark, str(beginning + shift))
        return text

    def _marked(self, start: int, stop: int, kinds: Kinds) -> list[str]:
        """Write rows with marks in place of their values and of the beginnings of their numbers."""
        if sum(map(len, self.made.values())) > _MOST_LINES:
            self.made.clear()
        made, top, ending = (
            self.made.setdefault(kinds, {}),
            self.table.first.row,
            start % self.alike,
        )
        steps, endings = range(start - top, stop - top), range(ending, ending + stop - start)
        styles: list[Iterator[Style | None]] = [map(each.get, steps) for each in self.restyled]
        heights = [map(self.heights.get, range(start, stop))] if self.heights else []
        # All that lines differ in. Most are there already, so this must not take long.
        keys = list(zip(map(self.table.kind, steps), endings, *styles, *heights, strict=True))
        if not made.keys() >= set(keys):
            for row, key in enumerate(keys, start):
                made[key] = self._printed(row, row % self.alike, kinds)
        return [made[key] for key in keys]

    def _printed(self, row: int, ending: int, kinds: Kinds) -> str:
        first, cells = self.table.first, []
        step = row - first.row
        kind = self.table.kind(step)
        for place, (column, fillings, value) in enumerate(
            zip(self.table.columns, self.table.fillings, kinds, strict=True)
        ):
            attribute, element = content_of(value, computed=fillings is not None)
            formula = ""
            address = Address(first.row, first.column + place).letters + self._number(ending)
            if fillings is not None:
                moving = [ending + each - first.row for each in fillings[kind].rows]
                array = array_at(fillings[kind].down(step), address)
                formula = formula_text(fillings[kind].text, array)
                formula %= tuple(map(self._number, moving))
            style = self.looks[column.row_styles.get(step, column.style)]
            element = element.replace("%", _VALUE)
            cells.append(printed_cell(address, style, attribute, formula, element))
        line = row_text(self._number(ending), self.heights.get(row), "".join(cells))
        return line.replace("%", "%%").replace(_VALUE, "%")

    def _number(self, offset: int) -> str:
        """Write a row number, counted from the first of its beginning, with a mark for that."""
        shift, ending = divmod(offset, self.alike)
        return f"{self.marks[shift]}{ending:0{len(str(self.alike)) - 1}}"


def _kinds(parts: list[Part]) -> Kinds | None:
    """Return the type of each column's values; None where one holds several, or another."""
    found: list[type] = []
    for _, kinds in parts:
        if kinds <= {int, float}:
            found.append(float)  # Both are written alike.
        elif len(kinds) > 1 or not kinds <= CONTENTS.keys():
            return None
        else:
            found += kinds
    return tuple(found)


def page_rows(page: Page, styles: Mapping[Style, int]) -> Iterator[tuple[int, str]]:
    """Yield a page's rows from top to bottom, in pieces: how many rows, and their XML.

    Those of its long table are filled in where it stands, so a long table is never held in memory
    whole. Rows that have a height and no cell count as none.
    """
    looks = looks_of(styles)
    placed = sorted(page.cells, key=lambda cell: (cell.address.row, cell.address.column))
    rows = {row: list(cells) for row, cells in groupby(placed, key=lambda cell: cell.address.row)}
    end = MAX_ROWS + 1 if page.table is None else page.table.first.row
    empty = {row for row in page.heights if row not in rows and row < end}
    placed_rows = sorted(rows.keys() | empty)
    for row in (each for each in placed_rows if each < end):
        yield int(row in rows), row_of(row, rows.get(row, ()), looks, page.heights.get(row))
    if page.table is not None:
        yield from filled_rows(page.table, looks, page.heights)
    for row in (each for each in placed_rows if each >= end):
        yield 1, row_of(row, rows[row], looks, page.heights.get(row))


TIMELESS = datetime(2020, 1, 1, tzinfo=UTC)
"""Stands where a file would record its date, so that the same input gives the same bytes."""


_DATE = TIMELESS.strftime("%Y-%m-%dT%H:%M:%SZ")


_MODIFIED = re.compile(r"(<dcterms:modified[^>]*>)[^<]*(</dcterms:modified>)")


_PROPERTIES = re.compile(r"(<Properties[^>]*>).*(</Properties>)", re.DOTALL)


_APPLICATION = f"<Application>Microsoft Excel Compatible / {MAKER}</Application>"
"""It begins as openpyxl has it since 3.1.4, for there are programs that go by that."""


_FONT = re.compile(r"(?<=<font>).*?(?=</font>)")


_ELEMENT = re.compile(r"<(\w+)[^>]*></\1>")


_IN_A_FONT = (
    "b", "i", "strike", "condense", "extend", "outline", "shadow", "u", "vertAlign", "sz",
    "color", "name", "family", "charset", "scheme",
)  # fmt: skip
"""What a font may consist of, in the order in which Office's own schema has it."""


DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"


_XML = "http://www.w3.org/XML/1998/namespace"


_PREFIXES = {DRAWING: "xdr"}
"""The namespaces that get a prefix: ExcelJS opens no workbook whose drawings have none."""


_SPECIAL = re.compile('[&<>"\t\n\r]')


_IN_TEXT = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#xD;"})


_IN_ATTRIBUTE = str.maketrans(
    {"&": "&amp;", "<": "&lt;", '"': "&quot;", "\t": "&#x9;", "\n": "&#xA;", "\r": "&#xD;"}
)


def validated(name: str, content: bytes) -> bytes:
    """Settle a part: the same whichever openpyxl wrote it, and when.

    >>> validated("xl/theme.xml", b"<a ><c  y='1' x='2'/></a>").decode().splitlines()[1]
    '<a><c x="2" y="1"></c></a>'
    """
    # One spelling: openpyxl writes other bytes where lxml is installed than where it is not.
    text = canonical(content)
    match name:
        case "docProps/core.xml":
            text = _MODIFIED.sub(rf"\g<1>{_DATE}\g<2>", text)
        case "docProps/app.xml":
            text = _PROPERTIES.sub(rf"\g<1>{_APPLICATION}\g<2>", text)
        case "xl/styles.xml":
            text = _FONT.sub(_in_order, text)
    return (DECLARATION + text).encode()


def canonical(content: bytes) -> str:
    """Spell XML as the standard C14N 2.0 has it, but for the prefix of drawings.

    `xml.etree.ElementTree.canonicalize` does so, too, in three times the time. This is for
    elements, attributes and text: openpyxl writes nothing else.

    >>> canonical(b"<a xmlns='u' xmlns:n='v'><b n:x='2' y='&lt;'/></a>")
    '<a xmlns="u"><b xmlns:n="v" y="&lt;" n:x="2"></b></a>'
    """
    pieces: list[str] = []
    write = pieces.append
    scopes = [{"": "", "xml": _XML}]
    printed: dict[str, tuple[str, str, str]] = {}
    tags: list[str] = []

    def start(name: str, attributes: list[str]) -> None:
        scope = scopes[-1]
        if name not in printed:
            printed[name] = _printed(name)
        tag, prefix, space = printed[name]
        new = {} if scope.get(prefix) == space else {prefix: space}
        written = ""
        for key, value in _in_pairs(attributes) if attributes else ():
            if " " in key:
                key, prefix, space = _printed(key)  # noqa: PLW2901  as it is written
                if scope.get(prefix) != space:
                    new[prefix] = space
            text = value.translate(_IN_ATTRIBUTE) if _SPECIAL.search(value) else value
            written += f' {key}="{text}"'
        if new:
            scope = scope | new
            written = "".join(map(_declared, sorted(new.items()))) + written
        scopes.append(scope)
        tags.append(tag)
        write(f"<{tag}{written}>")

    def end(_name: str) -> None:
        scopes.pop()
        write(f"</{tags.pop()}>")

    def characters(text: str) -> None:
        write(text.translate(_IN_TEXT) if _SPECIAL.search(text) else text)

    parser = ParserCreate(namespace_separator=" ")
    parser.namespace_prefixes = parser.ordered_attributes = parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = characters
    parser.Parse(content, True)  # noqa: FBT003  its only spelling
    return "".join(pieces)


def _in_pairs(attributes: list[str]) -> Iterable[tuple[str, str]]:
    """Pair names and values, those without a namespace first, sorted by name."""
    pairs = zip(attributes[::2], attributes[1::2], strict=True)
    if len(attributes) == 2:  # noqa: PLR2004  a single one
        return pairs
    return sorted(pairs, key=lambda pair: (" " in pair[0], pair[0]))


def _printed(name: str) -> tuple[str, str, str]:
    """Split a name into how it is written, its prefix and its namespace, which expat has first."""
    space, _, local = name.partition(" ")
    if not local:
        return name, "", ""
    local, _, prefix = local.partition(" ")
    prefix = _PREFIXES.get(space, prefix)
    return f"{prefix}:{local}" if prefix else local, prefix, space


def _declared(namespace: tuple[str, str]) -> str:
    prefix, space = namespace
    return f' xmlns:{prefix}="{space}"' if prefix else f' xmlns="{space}"'


def _in_order(font: re.Match[str]) -> str:
    """Order the pieces of a font as a strict reader expects them."""
    pieces = sorted(_ELEMENT.finditer(font[0]), key=lambda piece: _IN_A_FONT.index(piece[1]))
    return "".join(piece[0] for piece in pieces)
