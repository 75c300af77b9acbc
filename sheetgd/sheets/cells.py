"""Cells, and tables of cells of any length, as records: where they are and how they look."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from math import isfinite
from types import NoneType
from typing import TYPE_CHECKING, Any, Final, NamedTuple, overload

from sheetgd.expression.excel import Address, ErrorValue, Filling, Value
from sheetgd.expression.sheet_cells import Given, formula_of


class Look(StrEnum):
    """What a cell is for, which decides how it looks."""

    TITLE = "title"
    HEADING = "heading"
    TEXT = "text"
    NOTE = "note"
    REMARK = "remark"
    WARNING = "warning"
    LINK = "link"
    LINKED = "linked"
    STATUS = "status"
    LABEL = "label"
    HEADER = "header"
    CAPTION = "caption"
    INPUT = "input"
    RECONSTRUCTED = "reconstructed"
    RECONSTRUCTED_RESULT = "reconstructed result"
    RESULT = "result"
    KEY_RESULT = "key result"
    VERDICT = "verdict"
    GRID = "grid"
    MAP = "map"
    SIDE = "side"
    ENTRY = "entry"


@dataclass(frozen=True, slots=True)
class Style:
    """A look and a number format, in the spreadsheet's own code for it."""

    look: Look
    number_format: str = "General"


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: where it is, what it shows, and the formula behind it, if any.

    `formula` is text without the leading ``=``. Cells that were read from a file have
    no style.
    """

    address: Address
    value: Value
    formula: str | None = None
    style: Style | None = None


INK, BLUE, GREY, RED = "1F2933", "1F4E79", "7B8794", "B00020"


GRID_LINE = "D9DEE4"


# Chart lines: apart in brightness as well as in hue, for readers who see no red or no green.
PALETTE: Final = (BLUE, "C44E00", "009E73", "8E3B7E", "0F7FBF", "A87900", "000000", GREY)


# A row of colours for lines that follow one another.
SHADES: Final = (BLUE, "7FA7C9", "E8A27C", "A33B1E")


# Blue to red through near white: readers who see no red or no green can tell them apart.
HEAT_GOOD, HEAT_MIDDLE, HEAT_BAD = "6FA8DC", "FBF7E9", "E58368"


@dataclass(frozen=True, slots=True)
class Block:
    """A rectangle of cells.

    >>> str(Block.parse("B46:M53"))
    'B46:M53'
    """

    first: Address
    last: Address

    @classmethod
    def parse(cls, text: str) -> "Block":
        """Read a block such as ``B46:M53``, or a single cell."""
        first, _, last = text.partition(":")
        return cls(Address.parse(first), Address.parse(last or first))

    @classmethod
    def cell(cls, address: Address) -> "Block":
        """Return the block of a single cell."""
        return cls(address, address)

    def without_left(self, columns: int) -> "Block":
        """Return the block without some of its columns on the left."""
        return Block(self.first.moved(right=columns), self.last)

    def moved(self, down: int = 0, right: int = 0) -> "Block":
        """Return the block so far below and to the right."""
        return Block(self.first.moved(down, right), self.last.moved(down, right))

    def column(self, number: int) -> "Block":
        """Return one column of the block, counted from 0."""
        column = self.first.column + number
        return Block(Address(self.first.row, column), Address(self.last.row, column))

    def __str__(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first}:{self.last}"


if TYPE_CHECKING:
    from numpy.typing import NDArray


_AT_ONCE = 256
"""So many rows' values are taken from the columns at once."""


@dataclass(frozen=True, slots=True)
class Following(Sequence[Value]):
    """Values that follow from a row's number, counted from 0; none is kept.

    >>> Following(4, lambda row: row % 2)[1:]
    [1, 0, 1]
    """

    length: int
    value: Callable[[int], Value]

    def __len__(self) -> int:
        return self.length

    @overload
    def __getitem__(self, place: int) -> Value: ...

    @overload
    def __getitem__(self, place: slice) -> list[Value]: ...

    def __getitem__(self, place: int | slice) -> Value | list[Value]:
        places = range(self.length)[place]
        return self.value(places) if isinstance(places, int) else list(map(self.value, places))


class Part(NamedTuple):
    """Some values of a long table's column, and their types."""

    values: Sequence[Value]
    kinds: AbstractSet[type]


@dataclass(frozen=True, slots=True, kw_only=True)
class TableColumn:
    """A column of a long table.

    Attributes:
        header: its name.
        values: a value for each row, in a sequence or an array; None leaves it to the
            spreadsheet to compute them all. Infinity and NaN are shown as errors.
        style: how its cells look.
        patterns: what its cells compute in each kind of row, written for the table's first row;
            None where the cells are constants.
        row_styles: other styles for single rows, counted from 0.
        real: whole numbers among the values are real numbers, too, as 1 is in 0.5, 1, 1.5.
    """

    header: str
    values: "Sequence[Value] | NDArray[Any] | None"
    style: Style
    patterns: tuple[Given, ...] | None = None
    row_styles: Mapping[int, Style] = field(default_factory=dict)
    real: bool = False

    def part(self, start: int, stop: int) -> Part:
        """Return the values of some rows, counted from 0, as cells show them: see `shown`."""
        if self.values is None:
            return Part([None] * (stop - start), {NoneType})
        held = self.values[start:stop]
        if isinstance(held, list):
            values = held
        else:
            values = held.tolist() if hasattr(held, "tolist") else list(held)
        kinds = set(map(type, values))
        # A sum is a number only where all that is added up is one.
        if kinds != {float} or not isfinite(sum(values)):
            numbers = (int, float) if self.real else float
            values = [shown(value) if isinstance(value, numbers) else value for value in values]
            kinds = set(map(type, values))
        return Part(values, kinds)


@dataclass(frozen=True, kw_only=True)
class LongTable:
    """A table whose rows follow a pattern each and are filled down from it.

    `kind` tells from a row's number, counted from 0, which of its columns' patterns
    the row follows.
    """

    first: Address
    length: int
    columns: tuple[TableColumn, ...]
    kind: Callable[[int], int]

    @property
    def last_row(self) -> int:
        """The sheet's row of the last table row."""
        return self.first.row + self.length - 1

    @cached_property
    def fillings(self) -> tuple[tuple[Filling, ...] | None, ...]:
        """The columns' patterns, ready to be filled down."""
        return tuple(
            None
            if column.patterns is None
            else tuple(formula_of(pattern).filling() for pattern in column.patterns)
            for column in self.columns
        )

    def rows(self, start: int = 0, stop: int | None = None) -> Iterator[list[Cell]]:
        """Make the rows from top to bottom, one at a time; or some of them, counted from 0."""
        end, left = self.length if stop is None else stop, self.first.column
        for first in range(start, end, _AT_ONCE):
            last = min(first + _AT_ONCE, end)
            parts = [column.part(first, last).values for column in self.columns]
            for index, values in enumerate(zip(*parts, strict=True), start=first):
                row, kind = self.first.row + index, self.kind(index)
                yield [
                    Cell(
                        Address(row, left + place),
                        value,
                        None if filling is None else filling[kind].down(index),
                        column.row_styles.get(index, column.style),
                    )
                    for place, (column, filling, value) in enumerate(
                        zip(self.columns, self.fillings, values, strict=True)
                    )
                ]


def shown(value: float) -> float | ErrorValue:
    """Return the value as a cell holds it: what is not a number becomes an error value.

    A spreadsheet has neither infinity nor NaN: where Python's arithmetic reaches them, its
    formulas show an error.

    >>> shown(2.5), shown(math.inf)
    (2.5, <ErrorValue.NUMBER: '#NUM!'>)
    """
    return float(value) if math.isfinite(value) else ErrorValue.NUMBER
