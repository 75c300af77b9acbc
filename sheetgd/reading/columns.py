"""Columns of tables of any kind: what they are called, and which ones are chosen."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from sheetgd.errors import DataError, did_you_mean
from sheetgd.reading.number import ways_of

LONGEST_SHOWN: Final = 60
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
        read: what was read and what was left out, in a line, if it came from a file.
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
    read: str = field(default="", repr=False, compare=False)

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
        blank: the places of columns in which nothing is.
        aside: the places of those without a name, or with little but words, which are taken only
            where they are asked for.
        open_marks: as `sheetgd.reading.grid.Grid` has them.
        where: where it stands, such as ``lines 2 to 22`` or ``sheet 'Data', B2:C21``.
        first: the number of its first row in the file.
        left_out: what stands around the table, and is not read.
        notes: what is to be said of how it was read.
    """

    source: str
    header: tuple[str, ...]
    column: Callable[[int], Sequence[object]]
    place: Callable[[int, int], str]
    choice: str = "x=... and y=..."
    marks: str | None = None
    blank: frozenset[int] = frozenset()
    aside: frozenset[int] = frozenset()
    open_marks: str = ".,"
    where: str = ""
    first: int = 0
    left_out: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


Names = str | Sequence[str] | None
"""The columns that become inputs: one, several, or several with commas between."""

Places = tuple[tuple[int, ...], int]
"""The places of the input columns in a header, and that of y."""

Categories = Mapping[str, Sequence[str]]
"""The values of columns of texts, by the columns' names; the first is 0."""

EMPTY_CATEGORIES: Final[Categories] = {}


def column_names(first: Sequence[str], line: str, *, header: bool) -> tuple[str, ...]:
    """Return the names that the first line gives, if it is a header; else numbers, from 1.

    Raises:
        DataError: when a header holds nothing but numbers; messages call it `line`.

    >>> column_names(["month", "", "cost"], "line 1", header=True)
    ('month', '2', 'cost')
    """
    if header and all(map(ways_of, filter(None, first))):
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
        named = [place for place in left if place == _role(table, "y")]
        if len(named or left) != 1:
            raise DataError(
                f"{table.source}: it is not clear which column is y: it has {column_list(table)}; "
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
        if role not in places:
            place = _role(table, role)
            if place is not None and place not in places.values():
                places[role] = place
    unnamed = [role for role in chosen if role not in places]
    left = [place for place in _free(table) if place not in places.values()]
    if unnamed and len(unnamed) != len(left):
        raise DataError(
            f"{table.source}: two columns are needed, x and y, and it has {column_list(table)}: "
            f"choose with {table.choice}"
        )
    places.update(zip(unnamed, left, strict=False))
    if places["x"] == places["y"]:
        raise DataError(f"{table.source}: x and y are one column; choose two with {table.choice}")
    return places["x"], places["y"]


def _role(table: Table, role: str) -> int | None:
    """Find the column that is called x or y, or else X or Y."""
    if role in table.header:
        return _place(table, role)
    alike = [place for place, name in enumerate(table.header) if name.lower() == role]
    return alike[0] if len(alike) == 1 else None


def _free(table: Table) -> list[int]:
    """Return the places of columns that may be x or y without being named."""
    marks = marking(table)
    free = [place for place in _shown(table) if place != marks]
    named = [place for place in free if place not in table.aside]
    # A column without a name counts rows, or is what nobody needs.
    return named if len(named) > 1 else free


def _shown(table: Table) -> list[int]:
    """Return the places of the columns in which something is."""
    return [place for place, _ in enumerate(table.header) if place not in table.blank]


def marking(table: Table) -> int | None:
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
    alike = [place for place, each in enumerate(table.header) if loosely(each) == loosely(name)]
    if not named and len(alike) == 1:
        return alike[0]
    names = table.header if named else [str(place + 1) for place, _ in enumerate(table.header)]
    if name not in names:
        raise DataError(
            f"{table.source}: no column is named {name!r}; it has {column_list(table)}: "
            f"choose with {table.choice}{did_you_mean(name, table.header)}"
        )
    return names.index(name)


def loosely(name: str) -> str:
    """Return what names have in common that differ in capitals, line ends or blank space only."""
    return " ".join(name.split()).lower()


def column_list(table: Table) -> str:
    """List the names of the columns in which something is."""
    return listed(quoted(table.header[place]) for place in _shown(table)) or "none"


def quoted(text: str) -> str:
    """Put a text in quotes, cut where a message would grow too long."""
    return repr(text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}...")


def listed(names: Iterable[str]) -> str:
    """List names for a message: as many, and as much of each, as can be read in a line.

    >>> listed(["x", "y"]), listed(["long " * 100])
    ('x, y', 'long long long long long long long long long long long long ...')
    """
    given = list(names)
    shown = [
        name if len(name) <= LONGEST_SHOWN + 5 else f"{name[:LONGEST_SHOWN]}..." for name in given
    ]
    more = [f"and {len(given) - _MOST_SHOWN:,} more"] if len(given) > _MOST_SHOWN else []
    return ", ".join(shown[:_MOST_SHOWN] + more)
