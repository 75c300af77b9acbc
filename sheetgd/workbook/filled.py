"""The rows of a long table as XML, many at once: each kind of row is spelt only once.

A hundred rows whose numbers begin alike, such as 1200 to 1299, differ from the next
hundred in that beginning and in their values alone. So a row is spelt with marks in place
of the beginnings of row numbers and of the values, which are then put into all of them at
once. It is spelt by what spells single cells, and comes out the same.
"""

from collections.abc import Iterator, Mapping
from itertools import chain
from types import NoneType

from sheetgd.cells import MAX_ROWS, Address, Style
from sheetgd.pages.longtable import LongTable, Part
from sheetgd.workbook.spelling import (
    CONTENTS,
    Looks,
    array_at,
    content_of,
    row_of,
    spelt,
    spelt_formula,
    spelt_row,
)
from sheetgd.workbook.text import stored

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
    """The rows of a long table from top to bottom, in pieces: how many, and their XML."""
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
        """The rows of the sheet from one to before another."""
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
        """Those of the rows whose numbers begin so, with marks in place of their values."""
        first = beginning * self.alike
        text = "".join(self._marked(max(start, first), min(stop, first + self.alike), kinds))
        for shift, mark in self.marks.items():
            text = text.replace(mark, str(beginning + shift))
        return text

    def _marked(self, start: int, stop: int, kinds: Kinds) -> list[str]:
        """Rows with marks in place of their values and of the beginnings of their numbers."""
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
                made[key] = self._spelt(row, row % self.alike, kinds)
        return [made[key] for key in keys]

    def _spelt(self, row: int, ending: int, kinds: Kinds) -> str:
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
                formula = spelt_formula(fillings[kind].text, array)
                formula %= tuple(map(self._number, moving))
            style = self.looks[column.row_styles.get(step, column.style)]
            element = element.replace("%", _VALUE)
            cells.append(spelt(address, style, attribute, formula, element))
        line = spelt_row(self._number(ending), self.heights.get(row), "".join(cells))
        return line.replace("%", "%%").replace(_VALUE, "%")

    def _number(self, offset: int) -> str:
        """A row number, counted from the first that begins so, with a mark for its beginning."""
        shift, ending = divmod(offset, self.alike)
        return f"{self.marks[shift]}{ending:0{len(str(self.alike)) - 1}}"


def _kinds(parts: list[Part]) -> Kinds | None:
    """The type of the values in each column; None where one holds several, or another."""
    found: list[type] = []
    for _, kinds in parts:
        if kinds <= {int, float}:
            found.append(float)  # Both are written alike.
        elif len(kinds) > 1 or not kinds <= CONTENTS.keys():
            return None
        else:
            found += kinds
    return tuple(found)
