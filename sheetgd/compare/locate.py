"""Finding the tables of the original in a sheet by their labels.

People add rows and columns to a sheet of their own, so neither letters nor row numbers
are relied on: a table is where its headers are, a value is to the right of its label.
What is found becomes a mapping from a `Key`, which says what a cell means, to the cell.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import count
from typing import Final, Protocol, TypeVar, cast

from sheetgd.expression.excel import MAX_COLUMNS, MAX_ROWS, Address, ErrorValue, Value
from sheetgd.original import PublishedCell, published_cells

DESCENT: Final = "descent"
GRID: Final = "rmse_grid"
LABELS: Final = "labels"
CONTROLS: Final = "controls"
SMALL_TABLES: Final = ("data", "prediction", "squared_error")
RECONSTRUCTED_ROWS: Final = range(11, 20)
"""The rows of the step table, counted from 0, that the published copy does not show."""

_STARTS: Final = {"epochs": "m_start", "learn": "b_start"}
_PARAMETERS: Final = ("m", "b")
_SMALL_ROWS: Final = 5
_STANDS: Final = ("actual", "guess")
_DISPLAYED: Final = re.compile(
    r"[+-]?([0-9]{1,3}(,[0-9]{3})+|[0-9]+|(?=\.[0-9]))(\.[0-9]*)?([eE][+-]?[0-9]{1,3})?"
)


class AnyCell(Protocol):
    """What is used of a cell, whether it was read from a file or is about to be written."""

    @property
    def address(self) -> Address:
        """Where it is."""

    @property
    def value(self) -> Value:
        """What it shows."""

    @property
    def formula(self) -> str | None:
        """The formula behind it, if any."""


C = TypeVar("C", bound=AnyCell)
"""A cell of one kind."""


@dataclass(frozen=True, order=True, slots=True)
class Key:
    """What a cell means, wherever it stands.

    Attributes:
        table: the block it belongs to, such as ``descent``.
        index: its row within the block, counted from 0; 0 in `LABELS` and `CONTROLS`.
        field: its column's header, its label, or ``m=1 b=0`` in the grid.
    """

    table: str
    index: int
    field: str


def locate(cells: Mapping[Address, C], *, moved: bool = False) -> dict[Key, C]:
    """Find the original's tables among the cells of a sheet.

    Args:
        cells: the cells by their address; numbers may also be displayed text.
        moved: also read rows that do not stand under their headers: where a merged cell was
            lost in copying, what stood to the right of it has moved to the left.

    Returns:
        The cells of all tables that were found. A table that is not there is absent, and
        so are a single cell that is empty, and a table with moved rows of unclear meaning.
    """
    grid = _Grid(cells, moved=moved)
    descent = _descent_header(grid)
    below = descent.row if descent is not None else MAX_ROWS + 1
    control_row = _control_row(grid, below)
    found: dict[Key, AnyCell] = {}
    for table in SMALL_TABLES:
        found |= _small_table(grid, table)
    found |= _example_labels(grid, range(1, control_row))
    found |= _rmse_grid(grid, control_row)
    found |= _controls(grid, range(control_row, below))
    if descent is not None:
        found |= _rows_below(grid, DESCENT, descent, frozenset())
    return cast("dict[Key, C]", found)


def published() -> dict[Key, PublishedCell]:
    """Return the published cells by what they mean, in the order of the sheet.

    >>> published()[Key("descent", 4, "new_b")].displayed
    '25.150'
    """
    first_rows: dict[str, int] = {}
    for cell in published_cells():
        first_rows.setdefault(cell.table, cell.row)
    alone = (LABELS, CONTROLS)
    return {
        Key(
            cell.table, 0 if cell.table in alone else cell.row - first_rows[cell.table], cell.field
        ): cell
        for cell in published_cells()
    }


def is_reconstructed(key: Key) -> bool:
    """Tell whether a cell is in one of the step table's rows that had to be reconstructed.

    >>> is_reconstructed(Key("descent", 10, "x")), is_reconstructed(Key("descent", 11, "x"))
    (False, True)
    """
    return key.table == DESCENT and key.index in RECONSTRUCTED_ROWS


def _fields(table: str) -> tuple[str, ...]:
    """List the columns or labels of a table, in the order of the sheet."""
    return tuple(dict.fromkeys(cell.field for cell in published_cells() if cell.table == table))


def displayed_number(text: str) -> Decimal | None:
    """Read the number that a text displays, with its decimals; None if it displays none.

    >>> displayed_number("1,296"), displayed_number(" -64 "), displayed_number("25.150")
    (Decimal('1296'), Decimal('-64'), Decimal('25.150'))
    >>> displayed_number("12,96"), displayed_number("rmse")
    (None, None)
    """
    # Some programs display the minus sign of typography.
    plain = text.strip().replace("\N{MINUS SIGN}", "-")
    return Decimal(plain.replace(",", "")) if _DISPLAYED.fullmatch(plain) else None


def _number(value: Value) -> float | None:
    """Return the number a cell holds or displays; None if it has none."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, str):
        number = displayed_number(value)
        return None if number is None else float(number)
    return float(value)


def _is_words(cell: AnyCell) -> bool:
    """Tell whether a cell holds text that displays no number; an error is no text."""
    value = cell.value
    return isinstance(value, str) and not isinstance(value, ErrorValue) and _number(value) is None


def _plain(text: str) -> str:
    """Strip a label of what does not tell labels apart: blanks and case."""
    return "".join(text.split()).casefold()


class _Grid:
    """The cells that are not empty, by row and column, and the labels among them."""

    def __init__(self, cells: Mapping[Address, AnyCell], *, moved: bool) -> None:
        """Sort the cells."""
        self.moved = moved
        filled = (
            cell for cell in cells.values()
            if cell.formula is not None or (cell.value is not None and cell.value != "")
        )  # fmt: skip
        self.rows: dict[int, dict[int, AnyCell]] = {}
        for cell in sorted(filled, key=lambda cell: cell.address):
            self.rows.setdefault(cell.address.row, {})[cell.address.column] = cell
        self.labels: dict[int, dict[int, str]] = {
            row: {
                column: _plain(str(cell.value)) for column, cell in line.items() if _is_words(cell)
            }
            for row, line in self.rows.items()
        }

    def at(self, row: int, column: int) -> AnyCell | None:
        """Return the cell in a place, if there is one."""
        return self.rows.get(row, {}).get(column)

    def after(self, cell: AnyCell) -> AnyCell | None:
        """Return the next cell to the right that is not empty."""
        return self.beyond(cell.address.row, cell.address.column)

    def beyond(self, row: int, column: int) -> AnyCell | None:
        """Return the first cell of a row that is not empty and stands to the right of a column."""
        line = self.rows.get(row, {})
        return next((line[place] for place in line if place > column), None)

    def labelled(self, label: str) -> Iterator[AnyCell]:
        """Yield the cells with a label, row by row."""
        for row, labels in self.labels.items():
            for column, text in labels.items():
                if text == label:
                    yield self.rows[row][column]

    def numbers(self, row: int) -> dict[int, float]:
        """Return the numbers of a row by their columns."""
        values = {column: _number(cell.value) for column, cell in self.rows.get(row, {}).items()}
        return {column: value for column, value in values.items() if value is not None}

    def values_of(self, label: str, rows: range) -> list[AnyCell]:
        """List the value of each cell with a label in some rows: the next cell to its right.

        A label that is followed by another text is a header and has no value.
        """
        values = (self.after(cell) for cell in self.labelled(label) if cell.address.row in rows)
        return [value for value in values if value is not None and not _is_words(value)]


@dataclass(frozen=True, slots=True)
class _Header:
    """A table's header: its row, and the column of each field."""

    row: int
    columns: Mapping[str, int]


def _rows_below(
    grid: _Grid, table: str, header: _Header, others: frozenset[Address]
) -> dict[Key, AnyCell]:
    """Return the rows under a header, up to the first that is none of the table's.

    That is one in which more cells are empty than filled, such as a blank line or a line
    of the log that the original keeps under its last table; or one of whose cells is
    known to belong elsewhere. So a cell missing from the table is one missing cell. In a
    sheet with moved rows, an incomplete one is its numbers if they stand side by side as the
    headers do, and are no more.
    """
    found: dict[Key, AnyCell] = {}
    for index in count():
        places = {
            field: Address(header.row + 1 + index, column)
            for field, column in header.columns.items()
        }
        line = {
            Key(table, index, field): cell
            for field, place in places.items()
            if (cell := grid.at(place.row, place.column)) is not None
        }
        if not others.isdisjoint(places.values()):
            return found
        if grid.moved and table in SMALL_TABLES and index < _SMALL_ROWS and len(line) < len(places):
            row = list(grid.rows.get(header.row + 1 + index, {}).values())
            pairs = list(zip(places.items(), row, strict=False))
            steps = {cell.address.column - place.column for (_, place), cell in pairs}
            numbers = sum(not _is_words(cell) for cell in row)
            if numbers == len(row) == len(places) and len(steps) == 1:
                line = {Key(table, index, field): cell for (field, _), cell in pairs}
            elif numbers >= len(places):
                return {}
        if not line or 2 * len(line) < len(places):
            return found
        found |= line
    return found


def _descent_header(grid: _Grid) -> _Header | None:
    """Find the first row that holds all the headers of the step table, in any order."""
    fields = _fields(DESCENT)
    for row, labels in grid.labels.items():
        columns = {text: column for column, text in reversed(labels.items())}
        if all(_plain(field) in columns for field in fields):
            return _Header(row, {field: columns[_plain(field)] for field in fields})
    return None


def _small_table(grid: _Grid, table: str) -> dict[Key, AnyCell]:
    """Find a table of the upper half.

    Its header is where its fields stand closest together, and highest among equals:
    another table's header can have the same fields with others between them.
    """
    fields = _fields(table)
    step_headers = {_plain(field) for field in _fields(DESCENT)}
    candidates = [
        (skipped, row, columns)
        for row, labels in grid.labels.items()
        # Most of the step table's headers: this is its row, even with one of them misspelt.
        if 2 * len(step_headers.intersection(labels.values())) <= len(step_headers)
        for skipped, columns in _runs(labels, [_plain(field) for field in fields])
    ]
    if not candidates:
        return {}
    _, row, columns = min(candidates)
    header = _Header(row, dict(zip(fields, columns, strict=True)))
    # What is labelled right below the table is none of its rows.
    labels = [cell for name in _fields(LABELS) for cell in grid.labelled(name)]
    beside = [cell for cell in map(grid.after, labels) if cell is not None]
    return _rows_below(grid, table, header, frozenset(cell.address for cell in (*labels, *beside)))


def _runs(
    labels: Mapping[int, str], fields: Sequence[str]
) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Find where fields stand in order in a row: yield the labels between, and their columns."""
    row = list(labels.items())
    for last, (_, text) in enumerate(row):
        if text != fields[-1]:
            continue
        places = [last]
        for field in reversed(fields[:-1]):
            before = (place for place in reversed(range(places[0])) if row[place][1] == field)
            places.insert(0, next(before, -1))
        if places[0] >= 0:
            skipped = last - places[0] + 1 - len(fields)
            yield skipped, tuple(row[place][0] for place in places)


def _example_labels(grid: _Grid, rows: range) -> dict[Key, AnyCell]:
    """Find the values of the upper half that stand alone; the controls have labels like theirs."""
    return {
        Key(LABELS, 0, name): value
        for name in _fields(LABELS)
        for value in grid.values_of(name, rows)[:1]
    }


def _control_row(grid: _Grid, below: int) -> int:
    """Find the first row of the controls; without any, return `below`, the row they end before."""
    rows = range(1, below)
    stands = _stands_header(grid, rows)
    tops = [] if stands is None else [stands.row]
    tops += [value.address.row for label in _STARTS for value in grid.values_of(label, rows)[-1:]]
    return min(tops, default=below)


def _controls(grid: _Grid, rows: range) -> dict[Key, AnyCell]:
    """Find what drives the descent, and where the descent stands."""
    found = _stands(grid, rows)
    for value in grid.values_of("rmse", rows)[:1]:
        found["rmse"] = value
    values = {label: grid.values_of(label, rows)[:1] for label in _STARTS}
    # Both stand in one column. Where one is gone, what follows its label is the start already.
    column = min((value.address.column for each in values.values() for value in each), default=0)
    for label, start in _STARTS.items():
        cells = [*values[label], *grid.labelled(label)]
        row = next((cell.address.row for cell in cells if cell.address.row in rows), 0)
        here, after = grid.at(row, column), grid.beyond(row, column)
        if here is not None:
            found[label] = here
        # The original has no label for the start values: they follow these two numbers.
        if after is not None and not _is_words(after):
            found[start] = after
    return {Key(CONTROLS, 0, field): cell for field, cell in found.items()}


def _stands_header(grid: _Grid, rows: range) -> _Header | None:
    """Find the last row that has the headers of both actual values and guesses."""
    header = None
    for row, labels in grid.labels.items():
        columns = {text: column for column, text in labels.items() if text in _STANDS}
        if row in rows and len(columns) == len(_STANDS):
            header = _Header(row, columns)
    return header


def _stands(grid: _Grid, rows: range) -> dict[str, AnyCell]:
    """Find the actual values and the guesses: a row for each parameter, labelled to the left."""
    header = _stands_header(grid, rows)
    if header is None:
        return {}
    found: dict[str, AnyCell] = {}
    left = min(header.columns.values())
    for name in _PARAMETERS:
        labels = [
            cell.address
            for cell in grid.labelled(name)
            if header.row < cell.address.row < rows.stop and cell.address.column < left
        ]
        for stand, column in header.columns.items():
            cell = grid.at(labels[0].row, column) if labels else None
            if cell is not None:
                found[f"{name}_{stand}"] = cell
        # Where the headers have moved: two numbers right after the label, and no third.
        for label in grid.labelled(name) if grid.moved and not labels else ():
            place = label.address
            beside = [grid.at(place.row, place.column + step) for step in (1, 2, 3)]
            numbers = [cell for cell in beside if cell is not None and not _is_words(cell)]
            if header.row < place.row < rows.stop and numbers == beside[:2]:
                names = sorted(header.columns, key=header.columns.__getitem__)
                found |= dict(zip((f"{name}_{stand}" for stand in names), numbers, strict=True))
    return found


def _rmse_grid(grid: _Grid, below: int) -> dict[Key, AnyCell]:
    """Find the error grid: under a heading "m", the first row of numbers is the values of b."""
    for heading in grid.labelled("m"):
        rows = (row for row in grid.rows if heading.address.row < row < below)
        top = next((row for row in rows if len(grid.numbers(row)) > 1), None)
        found = {} if top is None else _grid_under(grid, top)
        if found:
            return found
    return {}


def _grid_under(grid: _Grid, top: int) -> dict[Key, AnyCell]:
    """Read the error grid whose values of b stand in a row; empty if that is no grid's row.

    The values of m stand in the first column that has numbers under that row, but none in
    it. Two rows are looked at, for a single value may be missing.
    """
    across = grid.numbers(top)
    sides = {*grid.numbers(top + 1), *grid.numbers(top + 2)}.difference(across)
    side = min(sides, default=MAX_COLUMNS)
    columns = {f"b={value:.15g}": column for column, value in across.items() if column > side}
    if not columns:
        return {}
    body = _rows_below(grid, GRID, _Header(top, {"m": side, **columns}), frozenset())
    found: dict[Key, AnyCell] = {}
    for key, cell in body.items():
        if key.field != "m":
            beside = body.get(Key(GRID, key.index, "m"))
            number = None if beside is None else _number(beside.value)
            m = "?" if number is None else f"{number:.15g}"
            found[Key(GRID, key.index, f"m={m} {key.field}")] = cell
    return found
