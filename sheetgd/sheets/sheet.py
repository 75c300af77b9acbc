"""What a worksheet consists of, as records that any writer can turn into a file."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from itertools import groupby

from sheetgd.expression.excel import Address, Formula, Value
from sheetgd.expression.sheet_cells import Given, cell, cells, formula_of, value_of
from sheetgd.expression.tree import Expression, Leaf
from sheetgd.sheets.cells import Block, Cell, LongTable, Look, Style


class ChartKind(StrEnum):
    """What runs along a chart's x axis."""

    SCATTER = "numbers, by their size"
    SURFACE = "categories; the series stand one behind the other"


class Drawn(StrEnum):
    """How a series is drawn."""

    LINE = "a line"
    POINTS = "points"
    BOTH = "a line with points"
    DASHED = "a thin dashed line"
    MARK = "one large point"


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """A line or the points of a chart.

    Attributes:
        sheet: the sheet that its cells are on.
        name: what the legend calls it: a text, or the cell on that sheet that says it.
        x: a column or a row of cells along the x axis.
        values: as many cells to be drawn over them.
        drawn: how it is drawn.
        colour: its place in the palette.
        shade: instead, its place between 0 and 1 in a row of colours from blue to red.
    """

    sheet: str
    name: str | Address
    x: Block
    values: Block
    drawn: Drawn = Drawn.BOTH
    colour: int = 0
    shade: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A chart over the cells of an area; with several series it has a legend.

    Either axis may be logarithmic, the x axis of a scatter chart only. An axis is called by a
    text or by what a cell of the first series' sheet says; `z_title` is for what the series
    of a surface stand for, and by `turn` degrees it is turned: at 30 the last category of the
    first series is in front, at 150 that of the last series.
    """

    area: Block
    title: str
    x_title: str | Address
    y_title: str | Address
    series: tuple[Series, ...]
    kind: ChartKind = ChartKind.SCATTER
    log_y: bool = False
    z_title: str | Address = ""
    turn: int = 30
    log_x: bool = False


TEXT_HEIGHT = 16.0
"""The height of a line of text, in points."""

TITLE_HEIGHT = 28.0
"""The height of a page's title, in points."""

LONGEST_MESSAGE_TITLE, LONGEST_MESSAGE = 32, 255
"""So many characters the message of a cell may have; what is longer is cut."""


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
    """A message that shows when a cell is chosen; it may refuse what is typed there."""

    address: Address
    title: str
    message: str
    refuses: bool = False


class Effect(StrEnum):
    """What a conditional format does to the cells that it applies to."""

    OUTLINE = "outline"
    NOTHING = "nothing"
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


def nothing_where_missing(block: Block) -> Condition:
    """Show nothing in the cells of a block that hold ``#N/A``: they are still to come.

    >>> nothing_where_missing(Block.parse("C9:D12")).formula
    'ISNA(C9)'
    """
    return Condition(block, f"ISNA({block.first})", Effect.NOTHING)


def nearly_zero(block: Block, number_format: str) -> Condition:
    """Say of numbers that they are nearly 0 where their format has no decimal left for them.

    >>> nearly_zero(Block.parse("C9:D12"), "#,##0.0##").formula
    'IF(ISNUMBER(C9),ABS(C9)<0.0005,FALSE)'
    """
    decimals, _, power = number_format.partition(".")[2].partition("E")
    least = Formula.literal(0.0 if power else 0.5 * 10.0 ** -len(decimals))
    small = f"IF(ISNUMBER({block.first}),ABS({block.first})<{least},FALSE)"
    return Condition(block, small, Effect.NEARLY_ZERO)


def too_wide(block: Block, formats: Sequence[str], width: float) -> Iterator[Condition]:
    """Show with a power of ten the numbers too long for their format.

    Columns of one format have one rule, and it comes before other rules on these cells: in
    LibreOffice a cell takes the first set of rules that has anything to say of it.

    Args:
        block: the cells.
        formats: the number format of each of its columns.
        width: how many characters wide these columns are.
    """
    for number_format, alike in groupby(enumerate(formats), key=lambda each: each[1]):
        if number_format == "General" or "E" in number_format:
            # The general format shortens what does not fit by itself, powers of ten always fit.
            continue
        numbers = [number for number, _ in alike]
        columns = Block(block.column(numbers[0]).first, block.column(numbers[-1]).last)
        limit = Formula.literal(10.0 ** _digits_that_fit(number_format, int(width)))
        large = f"IF(ISNUMBER({columns.first}),ABS({columns.first})>={limit},FALSE)"
        yield Condition(columns, large, Effect.SCIENTIFIC)


def _digits_that_fit(number_format: str, width: int) -> int:
    """Return the digits before the point for which a negative number still fits a width."""
    whole, point, decimals = number_format.partition(".")
    digits = width - len("-") - len(point + decimals)
    return digits - (digits - 1) // 4 if "," in whole else digits


class ControlKind(StrEnum):
    """A form control that changes a cell when it is clicked."""

    SPIN = "spin"
    SCROLL = "scroll"


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """A form control drawn over some cells, which changes a linked cell without a macro.

    Attributes:
        kind: arrows up and down, or a bar to be dragged.
        area: the cells that it covers; they hold nothing.
        sheet: the title of the sheet of the linked cell.
        linked: the linked cell; what it holds is a whole number from `least` to `most`.
        value: the number that it holds.
        least: the smallest number that the control sets, 0 or more.
        most: the largest; where the file has a bound of its own, that.
        leap: by how much a click into a scroll bar moves it.
        label: what it is for, told to those who cannot see it.
    """

    kind: ControlKind
    area: Block
    sheet: str
    linked: Address
    value: int
    least: int = 0
    most: int
    leap: int = 10
    label: str


@dataclass(frozen=True, slots=True)
class Link:
    """A cell that leads to a cell of a sheet of the workbook when it is clicked."""

    address: Address
    sheet: str
    target: Address


@dataclass(frozen=True, kw_only=True)
class Page:
    """A worksheet.

    Where `onward` names a cell, a link to the next page stands there. A hidden one holds what
    others are computed or drawn from. Of `printed`, if any are named, each block begins a new
    sheet of paper, and nothing else is printed; `sheets` is how many sheets of paper that takes
    at most, one under the other, and 0 leaves that open.
    """

    title: str
    widths: Mapping[str, float]
    cells: tuple[Cell, ...]
    table: LongTable | None = None
    heights: Mapping[int, float] = field(default_factory=dict)
    merged: tuple[Block, ...] = ()
    names: Mapping[str, Address | Block] = field(default_factory=dict)
    inputs: tuple[Input, ...] = ()
    prompts: tuple[Prompt, ...] = ()
    heat_map: Block | None = None
    conditions: tuple[Condition, ...] = ()
    charts: tuple[Chart, ...] = ()
    controls: tuple[Control, ...] = ()
    links: tuple[Link, ...] = ()
    onward: Address | None = None
    hidden: bool = False
    printed: tuple[Block, ...] = ()
    sheets: int = 0
    frozen: Address | None = None
    filtered: Block | None = None
    landscape: bool = False
    header_row: int | None = None
    tab: str | None = None

    def all_cells(self) -> Iterator[Cell]:
        """Yield every cell, those of the long table last."""
        yield from self.cells
        if self.table is not None:
            for row in self.table.rows():
                yield from row

    def values_of(self, line: Block) -> list[Value]:
        """Return the values in a row or a column of cells, the long table's too; None for none."""
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
        """Count the cells that hold a formula."""
        count = sum(cell.formula is not None for cell in self.cells)
        if self.table is not None:
            computed = sum(column.patterns is not None for column in self.table.columns)
            count += computed * self.table.length
        return count

    def count_rows(self) -> int:
        """Count the rows that hold a cell."""
        count = len({cell.address.row for cell in self.cells})
        return count + (0 if self.table is None else self.table.length)

    def styles(self) -> set[Style]:
        """Return the styles that the page uses."""
        used = {cell.style for cell in self.cells if cell.style is not None}
        if self.table is not None:
            for column in self.table.columns:
                used |= {column.style, *column.row_styles.values()}
        return used

    def extent(self) -> Block:
        """Return the smallest block from A1 on that holds every cell."""
        row = max(cell.address.row for cell in self.cells)
        column = max(cell.address.column for cell in self.cells)
        if self.table is not None:
            row = max(row, self.table.last_row)
            column = max(column, self.table.first.column + len(self.table.columns) - 1)
        return Block(Address(1, 1), Address(row, column))


def even_widths(width: float, last: int) -> dict[str, float]:
    """Return the widths of a page's columns up to one: all alike, but for the margin A."""
    return {"A": 2.0} | {Address(1, column).letters: width for column in range(2, last + 1)}


def hidden(page: Page) -> Page:
    """Return the page as a helper that others are computed or drawn from.

    It has no print area: LibreOffice prints those of hidden sheets, too.
    """
    return replace(page, hidden=True, printed=(), sheets=0)


class Draft:
    """The cells of a page while it is being put together."""

    def __init__(self) -> None:
        """Start with an empty page."""
        self.cells: list[Cell] = []
        self._values: dict[Address, Value] = {}
        self.merged: list[Block] = []
        self.heights: dict[int, float] = {}

    def put(
        self, address: str | Address, value: Value, look: Look, number_format: str = "General"
    ) -> Address:
        """Place a cell that holds a constant, and return its address."""
        place = Address.parse(address) if isinstance(address, str) else address
        self._place(Cell(place, value, None, Style(look, number_format)))
        return place

    def _place(self, cell: Cell) -> None:
        self.cells.append(cell)
        self._values[cell.address] = cell.value

    def at(
        self,
        place: Address,
        *,
        fixed: bool = False,
        fixed_row: bool = False,
        fixed_column: bool = False,
        sheet: str = "",
    ) -> Leaf:
        """Return a cell that has been placed, for expressions on this sheet, or on others."""
        fixed_row, fixed_column = fixed or fixed_row, fixed or fixed_column
        formula = Formula.cell(place, fixed_row=fixed_row, fixed_column=fixed_column, sheet=sheet)
        return cell(formula, self._values[place])

    def over(self, block: Block, *, fixed: bool = True, sheet: str = "") -> Leaf:
        """Return a row or a column of cells that have been placed, in the same way."""
        rows = range(block.first.row, block.last.row + 1)
        columns = range(block.first.column, block.last.column + 1)
        values = [self._values[Address(row, column)] for row in rows for column in columns]
        return cells(Formula.range(block.first, block.last, fixed=fixed, sheet=sheet), values)

    def show(
        self,
        address: str | Address,
        shown: Given,
        look: Look,
        number_format: str = "General",
    ) -> Leaf:
        """Place a cell that an expression gives both the value and the formula of.

        A number or a text that is no expression has no formula.

        Returns:
            The cell as a leaf, for expressions on this sheet that go on from it.
        """
        place = Address.parse(address) if isinstance(address, str) else address
        formula = str(formula_of(shown)) if isinstance(shown, Expression) else None
        self._place(Cell(place, value_of(shown), formula, Style(look, number_format)))
        return self.at(place, fixed=True)

    def labelled(
        self,
        place: Address,
        label: str,
        shown: Given,
        look: Look = Look.RESULT,
        number_format: str = "General",
    ) -> Leaf:
        """Place a cell as `show` does, and a label to its left."""
        self.put(place.moved(right=-1), label, Look.LABEL)
        return self.show(place, shown, look, number_format)

    def headers(self, first: Address, headers: Iterable[str | None]) -> None:
        """Place headers side by side."""
        for right, header in enumerate(headers):
            self.put(first.moved(right=right), header, Look.HEADER)

    def explained(self, first: Address, headers: Iterable[tuple[str, str]]) -> tuple[Prompt, ...]:
        """Place headers side by side, and return what each says when it is chosen."""
        return tuple(
            Prompt(self.put(first.moved(right=right), header, Look.HEADER), header, meaning)
            for right, (header, meaning) in enumerate(headers)
        )

    def fill(
        self, first: Address, column: Sequence[Expression], look: Look, number_format: str
    ) -> None:
        """Place cells one below the other: expressions that fill down the first one's formula."""
        filling, style = formula_of(column[0]).filling(), Style(look, number_format)
        for down, each in enumerate(column):
            place, formula = first.moved(down=down), filling.down(down)
            self._place(Cell(place, value_of(each), formula, style))

    def tell(self, block: Block, word: Given, look: Look = Look.WARNING) -> None:
        """Place a sentence that an expression gives over a merged block."""
        self.show(block.first, word, look)
        self._merge(block)

    def title(self, address: str, text: str) -> None:
        """Place the page's title, in a row high enough for it."""
        self.heights[self.put(address, text, Look.TITLE).row] = TITLE_HEIGHT

    def text(self, block: str, text: Value, look: Look = Look.TEXT) -> None:
        """Place a text over a merged block."""
        area = Block.parse(block)
        self.put(area.first, text, look)
        self._merge(area)

    def _merge(self, area: Block) -> None:
        if area.first != area.last:
            self.merged.append(area)

    def paragraph(self, block: str, text: str, width: float) -> None:
        """Place a text over a merged block of one row, which is made high enough for it."""
        self.text(block, text)
        self.heights[Block.parse(block).first.row] = text_height(text, width)


def text_height(text: str, width: float) -> float:
    """Compute the height in points that a text needs in a width counted in characters."""
    lines = sum(max(1, -(-len(line) // int(width * 0.98))) for line in text.split("\n"))
    return TEXT_HEIGHT * lines + 3
