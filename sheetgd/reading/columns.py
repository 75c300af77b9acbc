"""Columns of numbers out of tables of any kind: which ones, and what is no number in them."""

import math
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from numbers import Real
from typing import Final, Protocol, cast

from sheetgd.errors import DataError, did_you_mean


def read_number(text: str, decimal: str) -> float | None:
    """Read a text as a finite number with this decimal mark; None if it is none.

    >>> read_number("2,5", ","), read_number("2,5", "."), read_number("inf", ".")
    (2.5, None, None)
    """
    # float() also takes "1_000", which no spreadsheet would have meant as a number.
    if "_" in text or (decimal == "," and "." in text):
        return None
    try:
        number = float(text.replace(decimal, "."))
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def decimal_mark(text: str) -> str | None:
    """Find the decimal mark a number is written with, if any; None for what is no number.

    >>> decimal_mark("2,5"), decimal_mark("25"), decimal_mark("two")
    (',', '', None)
    """
    mark = "," if "," in text else "."
    if read_number(text, mark) is None:
        return None
    return mark if mark in text else ""


_LONGEST_SHOWN: Final = 60
_MOST_SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class Column:
    """A column of numbers.

    Attributes:
        name: what it is called where it came from.
        values: its numbers, one a row.
    """

    name: str
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Data:
    """Columns of numbers: one input or more, and the output.

    Attributes:
        x: the first input, one number a row.
        y: the outputs, one a row.
        x_name: what x is called where it came from.
        y_name: what y is called there.
        columns: what all columns are called there, where that is known.
        reconstructed: rows, counted from 1, that are a reconstruction.
        further: the inputs after the first.
        notes: what is to be said of columns that were no numbers.
        classes: what y is where it is 0 and where it is 1, if these were texts.
        marks: which rows are held back for validation, if a column marks them.
    """

    x: tuple[float, ...]
    y: tuple[float, ...]
    x_name: str = "x"
    y_name: str = "y"
    columns: tuple[str, ...] = field(default=(), repr=False, compare=False)
    reconstructed: frozenset[int] = field(default=frozenset(), repr=False)
    further: tuple[Column, ...] = ()
    notes: tuple[str, ...] = field(default=(), repr=False, compare=False)
    classes: tuple[str, ...] = field(default=(), repr=False)
    marks: tuple[bool, ...] = field(default=(), repr=False, compare=False)

    @property
    def inputs(self) -> tuple[Column, ...]:
        """All input columns."""
        return (Column(self.x_name, self.x), *self.further)

    @property
    def named(self) -> dict[str, tuple[float, ...]]:
        """Their numbers by their names."""
        return {each.name: each.values for each in self.inputs}


@dataclass(frozen=True, slots=True)
class Unusable:
    """What a cell holds in place of a number, and what to do about it, as messages say it."""

    found: str
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Named columns of cells, wherever they came from.

    Attributes:
        source: what messages begin with, such as the file's name.
        header: the columns' names.
        column: gives the cells of a column by its place in the header, counted from 0.
        place: gives the beginning of a message about a cell by its row (counted from 0) and
            its column's place: such as ``line 3, column 'y':``; what it holds follows.
        choice: what columns are chosen with.
        marks: the column that marks the rows that are held back for validation.
    """

    source: str
    header: tuple[str, ...]
    column: Callable[[int], Sequence[object]]
    place: Callable[[int, int], str]
    choice: str = "x=... and y=..."
    marks: str | None = None


class Frame(Protocol):
    """What is used of a DataFrame; a mapping has it too."""

    def items(self) -> Iterable[tuple[Hashable, Iterable[object]]]:
        """Yield the columns, each with its name."""


Convert = Callable[[object], float | Unusable]
"""What makes a number of a cell."""

Names = str | Sequence[str] | None
"""The columns that become inputs: one, several, or several with commas between."""

Places = tuple[tuple[int, ...], int]
"""The places of the input columns in a header, and that of y."""

Categories = Mapping[str, Sequence[str]]
"""The values of columns of texts, by the columns' names; the first is 0."""

EMPTY_CATEGORIES: Final[Categories] = {}


def from_frame(
    frame: Frame,
    x: Hashable | Sequence[Hashable] = None,
    y: Hashable = None,
    *,
    categories: Categories = EMPTY_CATEGORIES,
    validation: str | None = None,
    name: str = "the DataFrame",
) -> Data:
    """Take columns of a pandas DataFrame, or of a mapping from names to numbers, as `Data`.

    Args:
        frame: the DataFrame or mapping.
        x: the column that becomes x, or several, chosen as `sheetgd.read_csv` does; names count
            as text.
        y: the same for y.
        categories: for columns of texts their values, the first of which is 0.
        validation: the column that marks the rows that are held back, as `sheetgd.read_csv` says.
        name: what messages call the frame.

    Raises:
        DataError: when it is no frame or lacks a column, or when a value is missing or is
            not a finite number; the message names row (counted from 1) and column.

    Examples:
        >>> from_frame({"month": [1, 2], "revenue": [10, 12.5]})
        Data(x=(1.0, 2.0), y=(10.0, 12.5), x_name='month', y_name='revenue', further=())
    """
    try:
        columns = [(str(key), list(values)) for key, values in frame.items()]
    except (AttributeError, TypeError):
        raise DataError(
            f"{name}: this is no table; a DataFrame is accepted, or a mapping from column names "
            "to lists of numbers"
        ) from None
    table = Table(
        source=name,
        header=tuple(key for key, _ in columns),
        column=lambda place: columns[place][1],
        place=lambda row, place: f"row {row + 1}, column {columns[place][0]!r}:",
        marks=validation,
    )
    # A tuple may be the name of a column.
    several = isinstance(x, list) or (isinstance(x, tuple) and str(x) not in table.header)
    names = list(map(str, cast("Sequence[Hashable]", x))) if several else _as_text(x)
    return data_of(table, names, _as_text(y), categories)


def _as_text(name: Hashable | Sequence[Hashable]) -> str | None:
    return None if name is None else str(name)


def data_of(
    table: Table, x: Names, y: str | None, categories: Categories = EMPTY_CATEGORIES
) -> Data:
    """Take columns, chosen as `sheetgd.read_csv` does, of a table in which no number is a text.

    Raises:
        DataError: when the table lacks a column or has no rows, or when a cell is not a
            finite number; the message names the cell as the table does.
    """
    return numbers_of(table, chosen_places(table, x, y), _plain_number, categories)


def column_names(first: Sequence[str], line: str, *, header: bool) -> tuple[str, ...]:
    """Return the names that the first line gives, if it is a header; else numbers, from 1.

    Raises:
        DataError: when a header holds nothing but numbers; messages call it `line`.

    >>> column_names(["month", "", "cost"], "line 1", header=True)
    ('month', '2', 'cost')
    """
    if header and all(decimal_mark(cell) is not None for cell in first if cell):
        raise DataError(
            f"{line} looks like data, for it holds numbers only: put names above it, or say "
            "with header=False that there are none"
        )
    return tuple((header and name) or str(number) for number, name in enumerate(first, start=1))


def chosen_places(table: Table, x: Names, y: str | None) -> Places:
    """Find the places of the inputs and of y: as chosen, else named x and y, else what is left.

    Raises:
        DataError: when there is no such column, or when it is not clear which are meant.
    """
    several = _several(table, x)
    if several is None:
        places = _two_places(table, x if isinstance(x, str) else None, y)
        return (places[0],), places[1]
    inputs = tuple(_place(table, each) for each in several)
    if y is None:
        left = [place for place in _free(table) if place not in inputs]
        named = [place for place in left if table.header[place] == "y"]
        if len(named or left) != 1:
            raise DataError(
                f"{table.source}: it is not clear which column is y: it has {_names(table)}; "
                f"choose with {table.choice}"
            )
        (output,) = named or left
    else:
        output = _place(table, y)
    every = [*inputs, output]
    twice = next((place for place in every if every.count(place) > 1), None)
    if twice is not None:
        raise DataError(
            f"{table.source}: column {table.header[twice]!r} is chosen twice; name each once"
        )
    return inputs, output


def _several(table: Table, x: Names) -> list[str] | None:
    """Return the names of several input columns; None where one or none is chosen."""
    if x is None or (isinstance(x, str) and (x in table.header or "," not in x)):
        return None
    return [each.strip() for each in x.split(",")] if isinstance(x, str) else list(map(str, x))


def _two_places(table: Table, x: str | None, y: str | None) -> tuple[int, int]:
    chosen = {"x": x, "y": y}
    places = {role: _place(table, name) for role, name in chosen.items() if name is not None}
    for role in chosen:
        if role not in places and role in table.header:
            place = _place(table, role)
            if place not in places.values():
                places[role] = place
    unnamed = [role for role in chosen if role not in places]
    left = [place for place in _free(table) if place not in places.values()]
    if unnamed and len(unnamed) != len(left):
        raise DataError(
            f"{table.source}: two columns are needed, x and y, and it has {_names(table)}: "
            f"choose with {table.choice}"
        )
    places.update(zip(unnamed, left, strict=False))
    if places["x"] == places["y"]:
        raise DataError(f"{table.source}: x and y are one column; choose two with {table.choice}")
    return places["x"], places["y"]


def _free(table: Table) -> list[int]:
    """Return the places of columns that may be x or y without being named."""
    marks = _marking(table)
    return [place for place, _ in enumerate(table.header) if place != marks]


def _marking(table: Table) -> int | None:
    """Return the place of the column that marks the rows held back, if there is one."""
    if table.marks is None:
        return None
    choice = 'validation=..., which also takes a share, such as 0.25, or "every 4"'
    return _place(replace(table, choice=choice), table.marks)


def _place(table: Table, name: str) -> int:
    """Find the place of a column by its name, or by its number where no column is so named."""
    named = table.header.count(name)
    if named > 1:
        raise DataError(f"{table.source}: {named} columns are named {name!r}; rename one")
    names = table.header if named else [str(place + 1) for place, _ in enumerate(table.header)]
    if name not in names:
        raise DataError(
            f"{table.source}: no column is named {name!r}; it has {_names(table)}: "
            f"choose with {table.choice}{did_you_mean(name, table.header)}"
        )
    return names.index(name)


def _names(table: Table) -> str:
    return listed(map(quoted, table.header)) or "none"


def numbers_of(
    table: Table,
    places: Places,
    convert: Convert,
    categories: Categories = EMPTY_CATEGORIES,
) -> Data:
    """Read the numbers of the input columns and of the output, made by `convert` of their cells.

    A column of texts, or of TRUE and FALSE, becomes 0 and 1: of two values the later is 1, of more
    each but the first has a column of its own.

    Args:
        table: the table.
        places: the places of the inputs, and that of the output.
        convert: makes a number of a cell.
        categories: for a column of texts, its values: the first is 0.

    Raises:
        DataError: when there are no rows, or when a cell is no number; the message names
            the cell as the table does.
    """
    inputs, output = places
    every = [*inputs, output]
    names = [table.header[place] for place in every]
    columns = [table.column(place) for place in every]
    for name, column in zip(names, columns, strict=True):
        if len(column) != len(columns[-1]):
            raise DataError(
                f"{table.source}: column {name!r} has {len(column)} rows and {names[-1]!r} "
                f"has {len(columns[-1])}; each row needs {'both' if len(every) == 2 else 'all'}"  # noqa: PLR2004  x and y
            )
    if not columns[0]:
        raise DataError(f"{table.source}: there are no rows under the header {_names(table)}")
    strange = set(categories) - set(names)
    if strange:
        raise DataError(
            f"{table.source}: categories names {min(strange)!r}, which is not among the columns "
            f"in use: {', '.join(names)}"
        )
    kinds = [
        categories.get(name) or _values_of(column)
        for name, column in zip(names, columns, strict=True)
    ]
    if kinds[-1] is not None and len(kinds[-1]) > 2:  # noqa: PLR2004  classes
        raise DataError(
            f"{table.source}: column {names[-1]!r} has {len(kinds[-1])} different values "
            f"({listed(kinds[-1])}); y is a number, or one of two values: keep the rows of two"
        )
    numbers: list[list[float]] = [[] for _ in every]
    for row, cells in enumerate(zip(*columns, strict=True)):
        for place, cell, kind, found in zip(every, cells, kinds, numbers, strict=True):
            number = convert(cell) if kind is None else _category(cell, kind)
            if isinstance(number, Unusable):
                what = "a number" if kind is None else listed(kind)
                raise DataError(
                    f"{table.source}: {table.place(row, place)} {number.found} where {what} "
                    f"should be{number.fix and f'; {number.fix}'}"
                )
            found.append(number)
    notes: list[str] = []
    *given, y = (
        _as_numbers(name, values, kind, notes)
        for name, values, kind in zip(names, numbers, kinds, strict=True)
    )
    first, *further = [column for columns in given for column in columns]
    return Data(
        x=first.values,
        y=y[0].values,
        x_name=first.name,
        y_name=y[0].name,
        columns=table.header,
        further=tuple(further),
        notes=tuple(notes),
        classes=tuple(kinds[-1] or ()),
        marks=tuple(_marks(table, _marking(table))),
    )


_MOST_CATEGORIES: Final = 10
_MISSING: Final = {"", "na", "n/a", "nan", "none", "null", "nat", "<na>", "?", "-"}
_TRUE: Final = {"true", "yes"}
_MARKS: Final = {
    **dict.fromkeys(("1", "1.0", *_TRUE), True),
    **dict.fromkeys(("0", "0.0", "false", "no"), False),
}


def _marks(table: Table, place: int | None) -> Iterator[bool]:
    """Yield for each row whether it is marked, if there is a column for that."""
    if place is None:
        return
    for row, cell in enumerate(table.column(place)):
        text = cell.found if isinstance(cell, Unusable) else str(cell).strip()
        if text.lower() not in _MARKS:
            found = "nothing" if text.lower() in _MISSING else quoted(text)
            raise DataError(
                f"{table.source}: {table.place(row, place)} {found} marks no row: write 1, TRUE or "
                "yes where it is held back for validation, and 0, FALSE or no where it is not"
            )
        yield _MARKS[text.lower()]


def _values_of(cells: Sequence[object]) -> tuple[str, ...] | None:
    """Return the values of a column of texts, 0 first; None where it is a column of numbers."""
    found: set[str] = set()
    for cell in cells:
        text = _text_of(cell)
        if text is None or len(found) > _MOST_CATEGORIES:
            return None
        found.add(text)
    # Where all are different, or all alike, they tell nothing.
    if not 1 < len(found) < len(cells):
        return None
    return tuple(sorted(found, key=lambda each: (each.lower() in _TRUE, each)))


def _text_of(cell: object) -> str | None:
    """Return the category that a cell holds; None where it is a number or missing."""
    if isinstance(cell, bool) or type(cell).__name__ == "bool_":
        return str(cell)
    if not isinstance(cell, str):
        return None
    text = cell.strip()
    return None if text.lower() in _MISSING or decimal_mark(text) is not None else text


def _category(cell: object, values: Sequence[str]) -> float | Unusable:
    text = str(cell).strip()
    if text not in values:
        return Unusable(quoted(text) if text else "nothing")
    return float(values.index(text))


def _as_numbers(
    name: str, numbers: list[float], values: Sequence[str] | None, notes: list[str]
) -> list[Column]:
    """Return a column of numbers, or what stands for a column of texts; say what that means."""
    if values is None:
        return [Column(name, tuple(numbers))]
    base, *others = values
    if len(others) == 1 and others[0].lower() in _TRUE:
        notes.append(f"{name} is 1 where it is {others[0]}, and 0 where it is {base}")
        return [Column(name, tuple(numbers))]
    found = [
        Column(f"{name}_{value}", tuple(float(each == at) for each in numbers))
        for at, value in enumerate(others, start=1)
    ]
    notes += [
        f"{each.name} is 1 where {name} is {value}, else 0"
        for each, value in zip(found, others, strict=True)
    ]
    if len(others) > 1:
        notes.append(f"where {name} is {base}, all of these are 0")
    return found


def _plain_number(cell: object) -> float | Unusable:
    """Return the number that a cell of a frame or sheet holds."""
    if isinstance(cell, Unusable):
        return cell
    if isinstance(cell, str):
        return Unusable(quoted(cell) if decimal_mark(cell) is None else f"the text {quoted(cell)}")
    if isinstance(cell, Real | Decimal) and not isinstance(cell, bool):
        try:
            number = float(cell)
        except (OverflowError, ValueError):
            return Unusable("a number that cannot be computed with")
        if math.isfinite(number):
            return number
    text = str(cell)
    missing = text.lower() in {"none", "nan", "nat", "<na>"}
    return Unusable("nothing" if missing else text[:_LONGEST_SHOWN])


def quoted(text: str) -> str:
    """Put a text in quotes, cut where a message would grow too long."""
    return repr(text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}...")


def listed(names: Iterable[str]) -> str:
    """List names for a message: as many, and as much of each, as can be read in a line.

    >>> listed(["x", "y"]), listed(["long " * 100])
    ('x, y', 'long long long long long long long long long long long long ...')
    """
    given = list(names)
    shown = [
        name if len(name) <= _LONGEST_SHOWN + 5 else f"{name[:_LONGEST_SHOWN]}..." for name in given
    ]
    more = [f"and {len(given) - _MOST_SHOWN:,} more"] if len(given) > _MOST_SHOWN else []
    return ", ".join(shown[:_MOST_SHOWN] + more)
