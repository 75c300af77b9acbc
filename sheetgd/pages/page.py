"""What a worksheet consists of, as records that any writer can turn into a file."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from math import isfinite
from types import NoneType
from typing import TYPE_CHECKING, Any, NamedTuple

from sheetgd.cells import Address, Cell, Look, Style, Value
from sheetgd.maths.formula import Filling, Formula
from sheetgd.pages.block import Block
from sheetgd.pages.chart import Chart
from sheetgd.pages.numbers import shown

if TYPE_CHECKING:
    from numpy.typing import NDArray

TEXT_HEIGHT = 16.0
"""The height of a line of text, in points."""

TITLE_HEIGHT = 28.0
"""The height of a page's title, in points."""

LONGEST_FORMULA = 8192
"""So many characters a formula of a spreadsheet may have."""

_AT_ONCE = 256
"""So many rows' values are taken from a long table's columns at once."""


class Accepts(StrEnum):
    """What an input cell accepts."""

    NUMBER = "any number"
    ABOVE_ZERO = "a number above 0"
    NOT_NEGATIVE = "a number, 0 or more"
    SHARE = "a number from 0 to below 1"
    COUNT = "a whole number, 0 or more"
    COUNTING = "a whole number, 1 or more"
    LISTED = "one of these"


@dataclass(frozen=True, slots=True)
class Input:
    """Cells for the reader to change: what they accept, and the message shown there.

    `most` is the largest counting number that they take, `listed` are the texts to choose from.
    """

    block: Block
    accepts: Accepts
    title: str
    message: str
    most: int | None = None
    listed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Prompt:
    """A message that shows when a cell is chosen."""

    address: Address
    title: str
    message: str


class Effect(StrEnum):
    """What a conditional format does to the cells that it applies to."""

    OUTLINE = "outline"
    GREY = "grey"
    RED = "red"
    SCIENTIFIC = "scientific"
    NEARLY_ZERO = "nearly zero"
    BLUE = "blue"
    GREEN = "green"
    ORANGE = "orange"


@dataclass(frozen=True, slots=True)
class Condition:
    """An effect on those cells of a block for which a formula is true.

    The formula is written for the block's first cell. The cells may get a number format, too.
    """

    block: Block
    formula: str
    effect: Effect
    number_format: str | None = None


def grey_where_missing(block: Block) -> Condition:
    """Grey for the cells of a block that hold ``#N/A``: what they show is still to come.

    >>> grey_where_missing(Block.parse("C9:D12")).formula
    'ISNA(C9)'
    """
    return Condition(block, f"ISNA({block.first})", Effect.GREY)


def nearly_zero(block: Block, number_format: str) -> Condition:
    """Say of numbers that they are nearly 0 where their format has no decimal left for them.

    >>> nearly_zero(Block.parse("C9:D12"), "#,##0.0##").formula
    'IF(ISNUMBER(C9),ABS(C9)<0.0005,FALSE)'
    """
    least = Formula.literal(0.5 * 10.0 ** -len(number_format.partition(".")[2]))
    small = f"IF(ISNUMBER({block.first}),ABS({block.first})<{least},FALSE)"
    return Condition(block, small, Effect.NEARLY_ZERO)


def too_wide(block: Block, formats: Sequence[str], width: float) -> Iterator[Condition]:
    """Show with a power of ten, column by column, the numbers too long for their format.

    Args:
        block: the cells.
        formats: the number format of each of its columns.
        width: how many characters wide these columns are.
    """
    for number, number_format in enumerate(formats):
        if number_format == "General":
            # The general format shortens what does not fit by itself.
            continue
        column = block.column(number)
        limit = f"1E+{_digits_that_fit(number_format, int(width))}"
        large = f"IF(ISNUMBER({column.first}),ABS({column.first})>={limit},FALSE)"
        yield Condition(column, large, Effect.SCIENTIFIC)


def _digits_that_fit(number_format: str, width: int) -> int:
    """The digits before the point for which a negative number still fits a width."""
    whole, point, decimals = number_format.partition(".")
    room = width - len("-") - len(point + decimals)
    return room - (room - 1) // 4 if "," in whole else room


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
        patterns: its formula for each kind of row, as written for the table's first row;
            None where the cells are constants.
        row_styles: other styles for single rows, counted from 0.
    """

    header: str
    values: "Sequence[Value] | NDArray[Any] | None"
    style: Style
    patterns: tuple[Formula, ...] | None = None
    row_styles: Mapping[int, Style] = field(default_factory=dict)

    def part(self, start: int, stop: int) -> Part:
        """The values of some rows, counted from 0, as cells show them: see `shown`."""
        if self.values is None:
            return Part([None] * (stop - start), {NoneType})
        held = self.values[start:stop]
        values: list[Any] = held.tolist() if hasattr(held, "tolist") else list(held)
        kinds = set(map(type, values))
        # A sum is a number only where all that is added up is one.
        if kinds != {float} or not isfinite(sum(values)):
            values = [shown(value) if isinstance(value, float) else value for value in values]
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
            else tuple(pattern.filling() for pattern in column.patterns)
            for column in self.columns
        )

    def rows(self, start: int = 0, stop: int | None = None) -> Iterator[list[Cell]]:
        """The rows from top to bottom, made one at a time; or some, counted from 0."""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """A button for those who want to click: where it is, what it says, the macro it starts.

    It is drawn only in workbooks with macros.
    """

    area: Block
    label: str
    macro: str


@dataclass(frozen=True, kw_only=True)
class Page:
    """A worksheet."""

    title: str
    widths: Mapping[str, float]
    cells: tuple[Cell, ...]
    table: LongTable | None = None
    heights: Mapping[int, float] = field(default_factory=dict)
    merged: tuple[Block, ...] = ()
    names: Mapping[str, Address] = field(default_factory=dict)
    inputs: tuple[Input, ...] = ()
    prompts: tuple[Prompt, ...] = ()
    heat_map: Block | None = None
    conditions: tuple[Condition, ...] = ()
    charts: tuple[Chart, ...] = ()
    buttons: tuple[Button, ...] = ()
    frozen: Address | None = None
    filtered: Block | None = None
    landscape: bool = False
    header_row: int | None = None
    breaks: tuple[int, ...] = ()
    tab: str | None = None

    def all_cells(self) -> Iterator[Cell]:
        """Every cell, those of the long table last."""
        yield from self.cells
        if self.table is not None:
            for row in self.table.rows():
                yield from row

    def values_of(self, line: Block) -> list[Value]:
        """The values in a row or a column of cells, the long table's too; None where none is."""
        rows = range(line.first.row, line.last.row + 1)
        columns = range(line.first.column, line.last.column + 1)
        return [self._value_at(Address(row, column)) for row in rows for column in columns]

    def _value_at(self, address: Address) -> Value:
        if self.table is not None:
            down = address.row - self.table.first.row
            right = address.column - self.table.first.column
            if 0 <= down < self.table.length and 0 <= right < len(self.table.columns):
                return self.table.columns[right].part(down, down + 1).values[0]
        return self._by_address.get(address)

    @cached_property
    def _by_address(self) -> Mapping[Address, Value]:
        return {cell.address: cell.value for cell in self.cells}

    def count_formulas(self) -> int:
        """How many of the cells hold a formula."""
        count = sum(cell.formula is not None for cell in self.cells)
        if self.table is not None:
            computed = sum(column.patterns is not None for column in self.table.columns)
            count += computed * self.table.length
        return count

    def count_rows(self) -> int:
        """How many rows hold a cell."""
        count = len({cell.address.row for cell in self.cells})
        return count + (0 if self.table is None else self.table.length)

    def styles(self) -> set[Style]:
        """The styles that the page uses."""
        used = {cell.style for cell in self.cells if cell.style is not None}
        if self.table is not None:
            for column in self.table.columns:
                used |= {column.style, *column.row_styles.values()}
        return used

    def extent(self) -> Block:
        """The smallest block from A1 on that holds every cell."""
        row = max(cell.address.row for cell in self.cells)
        column = max(cell.address.column for cell in self.cells)
        if self.table is not None:
            row = max(row, self.table.last_row)
            column = max(column, self.table.first.column + len(self.table.columns) - 1)
        return Block(Address(1, 1), Address(row, column))


class Draft:
    """The cells of a page while it is being put together."""

    def __init__(self) -> None:
        """Start with an empty page."""
        self.cells: list[Cell] = []
        self.merged: list[Block] = []
        self.heights: dict[int, float] = {}

    def put(
        self,
        address: str | Address,
        value: Value,
        look: Look,
        number_format: str = "General",
        *,
        formula: Formula | None = None,
    ) -> Address:
        """Place a cell and return its address."""
        place = Address.parse(address) if isinstance(address, str) else address
        text = None if formula is None else str(formula)
        self.cells.append(Cell(place, value, text, Style(look, number_format)))
        return place

    def title(self, address: str, text: str) -> None:
        """Place the page's title, in a row high enough for it."""
        self.heights[self.put(address, text, Look.TITLE).row] = TITLE_HEIGHT

    def text(
        self, block: str, text: Value, look: Look = Look.TEXT, formula: Formula | None = None
    ) -> None:
        """Place a text over a merged block."""
        area = Block.parse(block)
        self.put(area.first, text, look, formula=formula)
        if area.first != area.last:
            self.merged.append(area)

    def paragraph(self, block: str, text: str, width: float) -> None:
        """Place a text over a merged block of one row, which is made high enough for it."""
        self.text(block, text)
        self.heights[Block.parse(block).first.row] = text_height(text, width)


def text_height(text: str, width: float) -> float:
    """The height in points that a text needs in a width counted in characters."""
    lines = sum(max(1, -(-len(line) // int(width * 0.98))) for line in text.split("\n"))
    return TEXT_HEIGHT * lines + 3
