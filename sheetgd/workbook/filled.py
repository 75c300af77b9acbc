"""The rows of a long table as XML, many at once: each kind of row is spelt only once.

Ten rows whose numbers begin alike, such as 1200 to 1209, differ from the next ten in
that beginning and in their values alone. So a row is spelt with marks in place of the
beginnings of row numbers and of the values, which are then put into many rows at a time.
It is spelt by what spells single cells, and comes out the same.
"""

from collections.abc import Iterator, Mapping
from itertools import chain

from sheetgd.cells import MAX_ROWS, Address, Value
from sheetgd.pages.page import LongTable
from sheetgd.workbook.spelling import (
    Looks,
    content_of,
    plain,
    row_of,
    spelt,
    spelt_formula,
    spelt_row,
)
from sheetgd.workbook.text import escaped

_AT_ONCE = 100
"""So many rows get their values at once."""

_TEN = 10
"""So many rows begin alike, and differ in a digit at the end."""

_VALUE, *_BEGINNINGS = map(chr, (*range(1, 9), *range(14, 32)))
"""Marks: no text in XML can have them."""

_MOST_LINES = 4096
"""So many lines are kept at most."""

Kinds = tuple[type, ...]
"""The type of the values in each column."""


def filled_rows(
    table: LongTable, looks: Looks, heights: Mapping[int, float]
) -> Iterator[tuple[int, str]]:
    """The rows of a long table from top to bottom, in pieces: how many, and their XML."""
    lines = _Lines(table, looks, heights)
    start, end = table.first.row, table.first.row + table.length
    while start < end:
        stop = min(end, start + _AT_ONCE)
        if start < lines.least < stop:
            stop = lines.least
        yield stop - start, lines.text(start, stop)
        start = stop


class _Lines:
    """The lines of a table with marks in them, each made when it is first needed."""

    def __init__(self, table: LongTable, looks: Looks, heights: Mapping[int, float]) -> None:
        self.table, self.looks, self.heights = table, looks, heights
        self.made: dict[object, str] = {}
        self.restyled = [column.row_styles for column in table.columns if column.row_styles]
        offsets = {
            row - table.first.row
            for fillings in table.fillings
            for filling in fillings or ()
            for row in filling.rows
        }
        endings = (0, _TEN - 1)
        shifts = {(offset + end) // _TEN for offset in {0, *offsets} for end in endings}
        self.marks = dict(zip(sorted(shifts), _BEGINNINGS, strict=False))
        # Numbers of one digit have no beginning.
        self.least = (1 - min(shifts)) * _TEN if len(shifts) <= len(_BEGINNINGS) else MAX_ROWS + 1

    def text(self, start: int, stop: int) -> str:
        """The rows of the sheet from one to before another."""
        first = self.table.first.row
        parts = [column.part(start - first, stop - first) for column in self.table.columns]
        kinds = _kinds(parts)
        if kinds is None or start < self.least:
            rows = enumerate(self.table.rows(start - first, stop - first), start)
            return "".join(
                [row_of(row, cells, self.looks, self.heights.get(row)) for row, cells in rows]
            )
        tens = range(start // _TEN, (stop - 1) // _TEN + 1)
        text = "".join([self._ten(ten, start, stop, kinds) for ten in tens])
        values = (
            map(escaped, part) if kind is str else part  # type: ignore[arg-type]  # texts all
            for part, kind in zip(parts, kinds, strict=True)
            if kind is not type(None)
        )
        return text % tuple(chain.from_iterable(zip(*values, strict=True)))

    def _ten(self, ten: int, start: int, stop: int, kinds: Kinds) -> str:
        """Those of the rows that begin alike, with marks in place of their values."""
        rows = range(max(start, ten * _TEN), min(stop, (ten + 1) * _TEN))
        text = "".join([self._line(row, kinds) for row in rows])
        for shift, mark in self.marks.items():
            text = text.replace(mark, str(ten + shift))
        return text

    def _line(self, row: int, kinds: Kinds) -> str:
        """A row with marks in place of its values and of the beginnings of row numbers."""
        index = row - self.table.first.row
        kind, ending, height = self.table.kind(index), row % _TEN, self.heights.get(row)
        styles = tuple([styles.get(index) for styles in self.restyled])
        key = (kind, ending, kinds, height, styles)
        line = self.made.get(key)
        if line is None:
            if len(self.made) == _MOST_LINES:
                self.made.clear()
            line = self.made[key] = self._spelt(index, ending, kinds, height)
        return line

    def _spelt(self, index: int, ending: int, kinds: Kinds, height: float | None) -> str:
        first, cells = self.table.first, []
        for place, (column, fillings, kind) in enumerate(
            zip(self.table.columns, self.table.fillings, kinds, strict=True)
        ):
            attribute, element = content_of(kind, computed=fillings is not None)
            formula = ""
            if fillings is not None:
                filling = fillings[self.table.kind(index)]
                numbers = [self._number(ending + row - first.row) for row in filling.rows]
                formula = spelt_formula(filling.text) % tuple(numbers)
            letters = Address(first.row, first.column + place).letters
            style = self.looks[column.row_styles.get(index, column.style)]
            element = element.replace("%", _VALUE)
            cells.append(spelt(letters + self._number(ending), style, attribute, formula, element))
        line = spelt_row(self._number(ending), height, "".join(cells))
        return line.replace("%", "%%").replace(_VALUE, "%")

    def _number(self, offset: int) -> str:
        """A row number, counted from the first of the ten, with a mark for its beginning."""
        shift, ending = divmod(offset, _TEN)
        return f"{self.marks[shift]}{ending}"


def _kinds(parts: list[list[Value]]) -> Kinds | None:
    """The type of the values in each column; None where one holds several, or another."""
    found: list[type] = []
    for part in parts:
        kinds = set(map(type, part))
        if kinds <= {int, float}:
            kinds = {float}  # Both are written alike.
        elif len(kinds) > 1 or type(plain(part[0])) not in kinds:
            return None
        found += kinds
    return tuple(found)
