"""Numbers out of a table's cells: columns of numbers, dates or texts, and what is none of these."""

import datetime as dt
import math
import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence, Sized
from dataclasses import dataclass, field
from decimal import Decimal
from numbers import Real
from typing import Final, Protocol, cast

from sheetgd.errors import DataError
from sheetgd.reading.columns import (
    EMPTY_CATEGORIES,
    LONGEST_SHOWN,
    Categories,
    Column,
    Data,
    Places,
    Table,
    Unusable,
    chosen_places,
    column_list,
    listed,
    marking,
    quoted,
)
from sheetgd.reading.number import (
    COMMA,
    DECIMALS,
    LIKE_A_DATE,
    PLAIN,
    POINT,
    OpenDateError,
    days_of,
    is_missing,
    is_open,
    moments_of,
    number_of,
    ways_of,
)


@dataclass(frozen=True, slots=True)
class Reading:
    """How cells are read.

    Attributes:
        decimal: the decimal mark, ``.`` or ``,``; None finds it out.
        thousands: the mark between groups of three digits; None finds it out.
        missing: ``drop`` leaves out the rows in which a value is missing; None refuses them.
        categories: for columns of texts their values, the first of which is 0.
    """

    decimal: str | None = None
    thousands: str | None = None
    missing: str | None = None
    categories: "Categories" = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what is not known."""
        accepted = {"decimal": _DECIMALS, "thousands": _THOUSANDS, "missing": ("drop",)}
        for name, values in accepted.items():
            given = getattr(self, name)
            if given is not None and given not in values:
                raise DataError(
                    f"{name}={given!r} is not known: {' and '.join(map(repr, values))} "
                    f"{'is' if len(values) == 1 else 'are'} accepted"
                )
        if self.decimal is not None and self.decimal == self.thousands:
            raise DataError(
                f"decimal={self.decimal!r} and thousands={self.thousands!r} are one: choose two"
            )


_DECIMALS: Final = tuple(DECIMALS)
_THOUSANDS: Final = (".", ",", "'", " ")


class Frame(Protocol):
    """What is used of a DataFrame; a mapping has it too."""

    def items(self) -> Iterable[tuple[Hashable, Iterable[object]]]:
        """Yield the columns, each with its name."""


def from_frame(
    frame: Frame,
    x: Hashable | Sequence[Hashable] = None,
    y: Hashable = None,
    *,
    categories: Categories = EMPTY_CATEGORIES,
    validation: str | None = None,
    missing: str | None = None,
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
        missing: ``drop`` leaves out the rows in which a value is missing; None refuses them.
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
    places = chosen_places(table, names, _as_text(y))
    return numbers_of(table, places, Reading(missing=missing, categories=categories))


def _as_text(name: Hashable | Sequence[Hashable]) -> str | None:
    return None if name is None else str(name)


def numbers_of(table: Table, places: Places, reading: Reading) -> Data:
    """Read the numbers of the input columns and of the output.

    A column of texts, or of TRUE and FALSE, becomes 0 and 1: of two values the later is 1, of more
    each but the first has a column of its own. Dates count days from the earliest one.

    Args:
        table: the table.
        places: the places of the inputs, and that of the output.
        reading: how cells are read.

    Raises:
        DataError: when there are no rows, or when cells are no numbers; the message names the
            first five of them as the table does.
    """
    every = [*places[0], places[1]]
    names = [table.header[place] for place in every]
    columns = [table.column(place) for place in every]
    _check_columns(table, names, columns, reading.categories)
    marks = list(_marks(table, marking(table)))
    left_out = list(table.left_out)
    kept: Sequence[int] = range(len(columns[0]))
    if reading.missing is not None:
        kept = [row for row in kept if not any(is_missing(column[row]) for column in columns)]
        if dropped := len(columns[0]) - len(kept):
            left_out.append(f"{_rows(dropped)} with missing values")
            columns = [[column[row] for row in kept] for column in columns]
            marks = [marks[row] for row in kept] if marks else []
        if not kept:
            raise DataError(f"{table.source}: in each row a value is missing: none is left")
    kinds = [
        reading.categories.get(name) or _yes_or_no(column) or _values_of(column)
        for name, column in zip(names, columns, strict=True)
    ]
    if kinds[-1] is not None and len(kinds[-1]) > 2:  # noqa: PLR2004  classes
        raise DataError(
            f"{table.source}: column {names[-1]!r} has {len(kinds[-1])} different values "
            f"({listed(kinds[-1])}); y is a number, or one of two values: keep the rows of two"
        )
    cells = _Cells(table, kept, reading)
    cells.decide([each for each in zip(every, columns, kinds, strict=True) if each[2] is None])
    notes: list[str] = []
    *given, y = [
        _as_numbers(name, cells.numbers(place, column, kind), kind, notes)
        for place, name, column, kind in zip(every, names, columns, kinds, strict=True)
    ]
    cells.refuse_bad()
    first, *further = [column for columns in given for column in columns]
    told = [*table.notes, *notes, *cells.told()]
    about = [f"{', '.join(map(quoted, names))} in {_rows(len(kept))}", table.where, *told]
    if left_out:
        about.append(f"left out: {', '.join(left_out)}")
    return Data(
        x=first.values,
        y=y[0].values,
        x_name=first.name,
        y_name=y[0].name,
        columns=table.header,
        further=tuple(further),
        notes=(*notes, *cells.notes),
        classes=tuple(kinds[-1] or ()),
        marks=tuple(marks),
        read=f"{table.source}: read {'; '.join(filter(None, about))}",
    )


def _rows(count: int) -> str:
    return f"{count:,} row{'s' * (count != 1)}"


def _check_columns(
    table: Table, names: Sequence[str], columns: Sequence[Sized], categories: Categories
) -> None:
    for name, column in zip(names, columns, strict=True):
        if len(column) != len(columns[-1]):
            raise DataError(
                f"{table.source}: column {name!r} has {len(column)} rows and {names[-1]!r} has "
                f"{len(columns[-1])}; each row needs {'both' if len(names) == 2 else 'all'}"  # noqa: PLR2004  x and y
            )
    if not len(columns[0]):
        raise DataError(f"{table.source}: there are no rows under the header {column_list(table)}")
    if strange := set(categories) - set(names):
        raise DataError(
            f"{table.source}: categories names {min(strange)!r}, which is not among the columns "
            f"in use: {', '.join(names)}"
        )


_MOST_BAD: Final = 5
_MOST_EXAMPLES: Final = 3


@dataclass(slots=True)
class _Cells:
    """The cells of the columns in use, and how they are read.

    Attributes:
        table: where they stand.
        kept: the rows that are in use.
        reading: how they are read, as far as that was said.
        way: how numbers are written, once it is decided.
        decided: whether they themselves decided it.
        bad: the cells that hold no number: row, place, what is found, and what should be there.
        notes: what is to be said of columns of dates.
        examples: texts that are no plain numbers, one of each sort, and what they are read as.
    """

    table: Table
    kept: Sequence[int]
    reading: Reading
    way: int = POINT
    decided: bool = False
    bad: list[tuple[int, int, Unusable, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    examples: dict[str, str] = field(default_factory=dict)

    def decide(self, columns: Sequence[tuple[int, Sequence[object], object]]) -> None:
        """Find the way in which all numbers of these columns are written.

        Raises:
            DataError: when they are written in two ways, or both ways read them.
        """
        reading, table = self.reading, self.table
        given = POINT | COMMA
        if reading.decimal is not None:
            given &= DECIMALS[reading.decimal]
        elif reading.thousands in DECIMALS:
            given &= ~DECIMALS[reading.thousands]
        if given != POINT | COMMA:
            self.way = given
            return
        if not table.open_marks and all(_plain(column) is not None for _, column, _ in columns):
            return
        texts = [
            (row, place, cell.strip())
            for place, column, _ in columns
            if str in set(map(type, column))
            for row, cell in enumerate(column)
            if isinstance(cell, str)
        ]
        first, unsure = "", ""
        for row, place, text in texts:
            ways = ways_of(text)
            if ways not in (0, given):
                if not given & ways:
                    raise DataError(
                        f"{table.source}: {self._place(row, place)} {quoted(text)} is written with "
                        f"another decimal mark than {quoted(first)}; write all numbers with the "
                        "same, or say with decimal=... which it is"
                    )
                given, first = given & ways, first or text
            elif not unsure and is_open(text) and is_open(text) in table.open_marks:
                unsure = f"{self._place(row, place)} {quoted(text)} could be"
                mark = is_open(text)
                ways_too = DECIMALS[mark], (POINT | COMMA) ^ DECIMALS[mark]
                read = (number_of(text, way) for way in ways_too)
                unsure += " or ".join(f" {number:.15g}" for number in read)
                unsure += f"; say which with decimal={mark!r} or thousands={mark!r}"
        if unsure and not first:
            raise DataError(f"{table.source}: {unsure}")
        self.way, self.decided = given & -given, bool(first)

    def numbers(
        self, place: int, column: Sequence[object], kind: Sequence[str] | None
    ) -> list[float]:
        """Read the numbers of a column; what is none is kept for a message."""
        if kind is not None:
            return self._converted(place, column, lambda cell: _category(cell, kind), listed(kind))
        plain = _plain(column) if self.way == POINT else None
        if plain is not None:
            return plain
        moments = self._moments(place, column)
        return moments or self._converted(place, column, self._number, "a number")

    def _converted(
        self,
        place: int,
        column: Sequence[object],
        convert: Callable[[object], float | Unusable],
        what: str,
    ) -> list[float]:
        found: list[float] = []
        for row, cell in enumerate(column):
            number = convert(cell)
            if isinstance(number, Unusable):
                self.bad.append((row, place, number, what))
            else:
                found.append(number)
        return found

    def _moments(self, place: int, column: Sequence[object]) -> list[float] | None:
        """Read a column of dates or times; None where it is none."""
        given = [None if is_missing(cell) else cell for cell in column]
        try:
            moments = moments_of(
                [cell.strip() if isinstance(cell, str) else cell for cell in given]
            )
        except OpenDateError:
            raise DataError(
                f"{self.table.source}: {self._place(0, place)} {quoted(str(column[0]))} leaves "
                "open which is the day and which the month; write dates like 2024-01-31"
            ) from None
        counted = None if moments is None else days_of(moments, self.table.header[place])
        if counted is None:
            return None
        days, note = counted
        self.notes.append(note)
        shown = [cell if day is None else day for cell, day in zip(column, days, strict=True)]
        return self._converted(place, shown, self._number, "a date")

    def _number(self, cell: object) -> float | Unusable:
        """Return the number that a cell holds."""
        if isinstance(cell, Unusable):
            return cell
        if is_missing(cell):
            return _missing(cell)
        if isinstance(cell, str):
            return self._number_in(cell.strip())
        if isinstance(cell, dt.date | dt.time | dt.timedelta):
            return Unusable(f"the date or time {cell}")
        return _real(cell)

    def _number_in(self, text: str) -> float | Unusable:
        number = number_of(text, self.way)
        if number is None:
            other = number_of(text, (POINT | COMMA) ^ self.way)
            mark = "," if self.way == POINT else "."
            fix = "" if other is None else f"read it as {other:.15g} with decimal={mark!r}"
            return Unusable(quoted(text), fix)
        if not PLAIN.fullmatch(text) or "," in text:
            self.examples.setdefault(_ORDINARY.sub("", text), f"{text} is {number:.15g}")
        return number

    def _place(self, row: int, place: int) -> str:
        return self.table.place(self.kept[row], place)

    def refuse_bad(self) -> None:
        """Raise DataError when cells hold no numbers: the first five are named."""
        if not self.bad:
            return
        bad = sorted(self.bad, key=lambda each: each[0])
        fixes = list(dict.fromkeys(each.fix for _, _, each, _ in bad if each.fix))
        cells = [f"{self._place(row, place)} {each.found}" for row, place, each, _ in bad]
        more = f", and {len(bad) - _MOST_BAD:,} more" if len(bad) > _MOST_BAD else ""
        count = f" ({len(bad):,} cells)" if len(bad) > 1 else ""
        raise DataError(
            f"{self.table.source}: {', '.join(cells[:_MOST_BAD])}{more} where {bad[0][3]} should "
            f"be{count}{''.join(f'; {fix}' for fix in fixes[:1])}"
        )

    def told(self) -> Iterator[str]:
        """Yield how numbers were understood, where they are not plainly written."""
        yield from self.notes
        if self.decided:
            yield f"numbers have a decimal {'point' if self.way == POINT else 'comma'}"
        if self.examples:
            yield ", ".join(list(self.examples.values())[:_MOST_EXAMPLES])


def _missing(cell: object) -> Unusable:
    text = cell.strip() if isinstance(cell, str) else ""
    fix = "leave out the rows in which values are missing with missing='drop'"
    return Unusable(quoted(text) if text else "nothing", fix)


def _real(cell: object) -> float | Unusable:
    if isinstance(cell, Real | Decimal) and not isinstance(cell, bool):
        try:
            number = float(cell)
        except (OverflowError, ValueError):
            return Unusable("a number that cannot be computed with")
        if math.isfinite(number):
            return number
    return Unusable(str(cell)[:LONGEST_SHOWN])


_ORDINARY: Final = re.compile(r"[\d+-]")


def _plain(column: Sequence[object]) -> list[float] | None:
    """Read a column of plainly written numbers; None where it is not."""
    types = set(map(type, column))
    if not types <= {float, int} and types != {str}:
        return None
    try:
        numbers = list(map(float, cast("Sequence[float | str]", column)))
    except (ValueError, OverflowError):
        return None
    # float() also takes "1_000", which no table would have meant as a number.
    if types == {str} and any("_" in str(cell) for cell in column):
        return None
    return numbers if all(map(math.isfinite, numbers)) else None


_MOST_CATEGORIES: Final = 10
_PAIRS: Final = (
    ("false", "true"), ("no", "yes"), ("nein", "ja"), ("falsch", "wahr"), ("non", "oui"),
    ("faux", "vrai"), ("no", "si"), ("no", "sí"), ("não", "sim"),
)  # fmt: skip
_TRUE: Final = {yes for _, yes in _PAIRS}
_MARKS: Final = {
    **dict.fromkeys(("1", "1.0", *_TRUE), True),
    **dict.fromkeys(("0", "0.0", *(no for no, _ in _PAIRS)), False),
}


def _marks(table: Table, place: int | None) -> Iterator[bool]:
    """Yield for each row whether it is marked, if there is a column for that."""
    if place is None:
        return
    for row, cell in enumerate(table.column(place)):
        text = cell.found if isinstance(cell, Unusable) else str(cell).strip()
        if text.lower() not in _MARKS:
            found = "nothing" if is_missing(text) else quoted(text)
            raise DataError(
                f"{table.source}: {table.place(row, place)} {found} marks no row: write 1, TRUE or "
                "yes where it is held back for validation, and 0, FALSE or no where it is not"
            )
        yield _MARKS[text.lower()]


def _values_of(cells: Sequence[object]) -> tuple[str, ...] | None:
    """Return the values of a column of texts, 0 first; None where it is a column of numbers."""
    found: set[str] = set()
    given = 0
    for cell in cells:
        if is_missing(cell):
            continue
        text = _text_of(cell)
        if text is None or len(found) > _MOST_CATEGORIES:
            return None
        found.add(text)
        given += 1
    # Where all are different, or all alike, they tell nothing.
    if not 1 < len(found) < given:
        return None
    return tuple(sorted(found, key=lambda each: (each.lower() in _TRUE, each)))


def _yes_or_no(cells: Sequence[object]) -> tuple[str, ...] | None:
    """Return how a column writes no and yes, if it holds nothing else, in any case of letters."""
    found: dict[str, str] = {}
    for cell in cells:
        if not is_missing(cell):
            text = str(cell).strip()
            if text.lower() not in _MARKS:
                return None
            found.setdefault(text.lower(), text)
    for pair in _PAIRS:
        if found.keys() == {*pair}:
            return tuple(found[each] for each in pair)
    return None


def _text_of(cell: object) -> str | None:
    """Return the category that a cell holds; None where it is a number or a date."""
    if isinstance(cell, bool) or type(cell).__name__ == "bool_":
        return str(cell)
    if not isinstance(cell, str):
        return None
    text = cell.strip()
    is_number = ways_of(text) or LIKE_A_DATE.fullmatch(text) or _MISSPELT.fullmatch(text)
    return None if is_number else text


_MISSPELT: Final = re.compile(
    r"[\d\s.,;'()+-]*\d[.,;][\d\s.,;'()+-]*|[\d\s.,;'()+-]*[.,;]\d[\d\s.,;'()+-]*"
)
"""What holds digits and their marks alone is no class, but a number that somebody misspelt."""


def _category(cell: object, values: Sequence[str]) -> float | Unusable:
    text = str(cell).strip()
    if text not in values and text.lower() in _MARKS:
        text = next((each for each in values if each.lower() == text.lower()), text)
    if text in values:
        return float(values.index(text))
    return _missing(cell) if is_missing(cell) else Unusable(quoted(text))


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
