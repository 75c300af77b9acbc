"""The data rows of a lesson: from a CSV file, a DataFrame, or whatever makes a `Table`."""

import codecs
import csv
import io
import math
import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from itertools import islice
from numbers import Real
from pathlib import Path
from typing import Any, Final, Protocol

from sheetgd.errors import DataError
from sheetgd.nearest import did_you_mean

# Where two divide the lines equally well, or none does, the one that stands first is taken.
_DELIMITERS: Final = ",;\t| "
_SPELT: Final = {"tab": "\t", r"\t": "\t", "space": " "}
_DECIMALS: Final = (".", ",")
_LINES_TRIED: Final = 1000
_LONGEST_SHOWN: Final = 60
_UTF_16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_THOUSANDS: Final = re.compile(r"[+-]?\d{1,3}([.,'\u2019\s]\d{3})+([.,]\d+)?")


@dataclass(frozen=True, slots=True)
class Data:
    """Two columns of numbers and their names."""

    x: tuple[float, ...]
    y: tuple[float, ...]
    x_name: str
    y_name: str

    def attributes(self) -> dict[str, Any]:
        """What a lesson takes from it, by the names it has there."""
        return {"x": self.x, "y": self.y, "x_name": self.x_name, "y_name": self.y_name}


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
    """

    source: str
    header: tuple[str, ...]
    column: Callable[[int], Sequence[object]]
    place: Callable[[int, int], str]
    choice: str = "--x and --y"


class Frame(Protocol):
    """What is used of a DataFrame; a mapping has it too."""

    def items(self) -> Iterable[tuple[Hashable, Iterable[object]]]:
        """The columns, each with its name."""


_Line = tuple[int, list[str]]
_Convert = Callable[[object], float | Unusable]


def read_csv(
    path: Path,
    x: str | None = None,
    y: str | None = None,
    *,
    delimiter: str | None = None,
    decimal: str | None = None,
    header: bool = True,
) -> Data:
    """Read two columns of a CSV file.

    Args:
        path: the file, in UTF-8, or in UTF-16 with a byte order mark.
        x: the column that becomes x: its name, or its number counted from 1. None takes the
            column named x, or else the one (of two: the first) that is left over.
        y: the same for y; of two columns that are left over, it is the second.
        delimiter: the character between cells; a space stands for any blank space. None
            finds out which of comma, semicolon, tab, ``|`` and blank space it is.
        decimal: the decimal mark, ``.`` or ``,``. None takes the comma where the delimiter
            is another and the two columns' numbers are written with it.
        header: whether the first line holds names; if not, columns are called 1, 2, ...

    Returns:
        The two columns, in the order of the file; blank lines are passed over.

    Raises:
        DataError: when there is no such file, when it is not a CSV or lacks a column,
            or when a cell is not a finite number; the message names file, line and column.
    """
    separator = _SPELT.get(delimiter, delimiter) if delimiter is not None else None
    if separator is not None and (len(separator) != 1 or separator in '"\r\n\0'):
        raise DataError(f"--delimiter {delimiter!r} is not known: give one character, tab or space")
    if decimal not in (None, *_DECIMALS):
        raise DataError(f"--decimal {decimal!r} is not known: '.' and ',' are accepted")
    text = _text(path)
    separator = separator or max(_DELIMITERS, key=partial(_agreement, path, text))
    table = _csv_table(path, list(_lines(path, text, separator)), header=header)
    places = _places(table, x, y)
    mark = decimal or ("." if separator == "," else _decimal(table, places))
    return _data(table, places, partial(_text_number, decimal=mark))


def from_frame(
    frame: Frame, x: Hashable = None, y: Hashable = None, *, name: str = "the DataFrame"
) -> Data:
    """Take two columns of a pandas DataFrame, or of a mapping from names to numbers, as `Data`.

    Args:
        frame: the DataFrame or mapping.
        x: the column that becomes x, chosen as `read_csv` does; names count as text.
        y: the same for y.
        name: what messages call the frame.

    Raises:
        DataError: when it is no frame or lacks a column, or when a value is missing or is
            not a finite number; the message names row (counted from 1) and column.

    >>> from_frame({"month": [1, 2], "revenue": [10, 12.5]})
    Data(x=(1.0, 2.0), y=(10.0, 12.5), x_name='month', y_name='revenue')
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
        choice="x and y",
    )
    return data_of(table, *(None if each is None else str(each) for each in (x, y)))


def data_of(table: Table, x: str | None, y: str | None) -> Data:
    """Take two columns, chosen as `read_csv` does, of a table in which no number is a text.

    Raises:
        DataError: when the table lacks a column or has no rows, or when a cell is not a
            finite number; the message names the cell as the table does.
    """
    return _data(table, _places(table, x, y), _plain_number)


def column_names(first: Sequence[str], line: str, *, header: bool) -> tuple[str, ...]:
    """The names that the first line gives, if it is a header; else numbers, counted from 1.

    Raises:
        DataError: when a header holds nothing but numbers; messages call it `line`.

    >>> column_names(["month", "", "cost"], "line 1", header=True)
    ('month', '2', 'cost')
    """
    if header and all(_mark(cell) is not None for cell in first if cell):
        raise DataError(
            f"{line} looks like data, for it holds numbers only: put names above it, or say "
            "with --no-header that there are none"
        )
    return tuple((header and name) or str(number) for number, name in enumerate(first, start=1))


def _shown(text: str) -> str:
    """A text in quotes, cut where a message would grow too long."""
    return repr(text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}...")


def _places(table: Table, x: str | None, y: str | None) -> tuple[int, int]:
    """The places of the two columns: as chosen, else by the names x and y, else what is left."""
    chosen = {"x": x, "y": y}
    places = {role: _place(table, name) for role, name in chosen.items() if name is not None}
    for role in chosen:
        if role not in places and role in table.header:
            place = _place(table, role)
            if place not in places.values():
                places[role] = place
    unnamed = [role for role in chosen if role not in places]
    left = [place for place, _ in enumerate(table.header) if place not in places.values()]
    if unnamed and len(unnamed) != len(left):
        raise DataError(
            f"{table.source}: two columns are needed, x and y, and it has {_names(table)}: "
            f"choose with {table.choice}"
        )
    places.update(zip(unnamed, left, strict=False))
    if places["x"] == places["y"]:
        raise DataError(f"{table.source}: x and y are one column; choose two with {table.choice}")
    return places["x"], places["y"]


def _place(table: Table, name: str) -> int:
    """The place of a column by its name, or by its number where no column is so named."""
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
    return ", ".join(map(_shown, table.header)) or "none"


def _data(table: Table, places: tuple[int, int], convert: _Convert) -> Data:
    """The numbers of two columns."""
    names = [table.header[place] for place in places]
    columns = [table.column(place) for place in places]
    if len(columns[0]) != len(columns[1]):
        raise DataError(
            f"{table.source}: column {names[0]!r} has {len(columns[0])} rows and {names[1]!r} "
            f"has {len(columns[1])}; each row needs both"
        )
    if not columns[0]:
        raise DataError(f"{table.source}: there are no rows under the header {_names(table)}")
    numbers: tuple[list[float], list[float]] = ([], [])
    for row, cells in enumerate(zip(*columns, strict=True)):
        for place, cell, found in zip(places, cells, numbers, strict=True):
            number = convert(cell)
            if isinstance(number, Unusable):
                raise DataError(
                    f"{table.source}: {table.place(row, place)} {number.found} where a number "
                    f"should be{number.fix and f'; {number.fix}'}"
                )
            found.append(number)
    return Data(tuple(numbers[0]), tuple(numbers[1]), *names)


def _plain_number(cell: object) -> float | Unusable:
    """The number that a cell of a frame or sheet holds."""
    if isinstance(cell, Unusable):
        return cell
    if isinstance(cell, str):
        return Unusable(_shown(cell) if _mark(cell) is None else f"the text {_shown(cell)}")
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


def _text_number(cell: object, decimal: str) -> float | Unusable:
    """The number that the text of a CSV file's cell is."""
    text = str(cell)
    if (number := _read(text, decimal)) is not None:
        return number
    fixes = ["write it without a thousands separator"] if _THOUSANDS.fullmatch(text) else []
    if mark := _mark(text):
        fixes.append(f"read it as {_read(text, mark):g} with --decimal {mark}")
    return Unusable(_shown(text) if text else "nothing", ", or ".join(fixes))


def _read(text: str, decimal: str) -> float | None:
    """The finite number that a text is with this decimal mark; None if it is none."""
    # float() also takes "1_000", which no spreadsheet would have meant as a number.
    if "_" in text or (decimal == "," and "." in text):
        return None
    try:
        number = float(text.replace(decimal, "."))
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _mark(text: str) -> str | None:
    """The decimal mark a number is written with, if any; None for what is no number."""
    mark = "," if "," in text else "."
    if _read(text, mark) is None:
        return None
    return mark if mark in text else ""


def _decimal(table: Table, places: tuple[int, int]) -> str:
    """The decimal mark of all numbers of two columns: the point if they are whole."""
    first = ""
    for row, cells in enumerate(zip(*map(table.column, places), strict=True)):
        for place, text in zip(places, map(str, cells), strict=True):
            mark = _mark(text)
            if mark and first and mark not in first:
                raise DataError(
                    f"{table.source}: {table.place(row, place)} {_shown(text)} stands below "
                    f"{_shown(first)}; write all numbers with the same decimal mark"
                )
            first = first or (text if mark else "")
    return _mark(first) or "."


def _csv_table(path: Path, lines: Sequence[_Line], *, header: bool) -> Table:
    """The table that a CSV file's lines make."""
    if not lines:
        raise DataError(f"{path}: the file is empty; a header line and rows of numbers are needed")
    lines = [(number, _in_use(cells)) for number, cells in lines]
    start, first = lines[0]
    for number, cells in lines:
        if len(cells) > len(first):
            raise DataError(
                f"{path}: line {number} has {len(cells)} cells and line {start} has {len(first)}; "
                "put a cell that holds a delimiter in quotes, or name another with --delimiter"
            )
    names = column_names(first, f"{path}: line {start}", header=header)
    rows = lines[1:] if header else lines
    one = ", or say with --delimiter what separates them" if len(names) == 1 else ""
    return Table(
        source=str(path),
        header=names,
        column=lambda place: [cells[place] if place < len(cells) else "" for _, cells in rows],
        place=lambda row, place: f"line {rows[row][0]}, column {names[place]!r}:",
        choice=f"--x and --y{one}",
    )


def _in_use(cells: list[str]) -> list[str]:
    """The cells up to the last that holds anything."""
    used = len(cells)
    while not cells[used - 1]:
        used -= 1
    return cells[:used]


def _text(path: Path) -> str:
    """The text of a CSV file."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise DataError(f"{path}: there is no such file") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from None
    encoding = "UTF-16" if content.startswith(_UTF_16) else "UTF-8"
    try:
        text = content.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path}: not a CSV file in {encoding} (byte {error.start} is not text); "
            "save it as CSV UTF-8"
        ) from None
    if "\0" in text:
        raise DataError(f"{path}: not a CSV file (it holds binary zeros); save it as CSV UTF-8")
    return text


def _agreement(path: Path, text: str, delimiter: str) -> tuple[int, float]:
    """How many lines have equally many cells, two at least; what part of these are numbers."""
    lines: list[list[str]] = []
    # What is wrong with a line is said when the delimiter is known.
    with suppress(DataError):
        for _, cells in islice(_lines(path, text, delimiter, strict=False), _LINES_TRIED):
            lines.append(cells)
    counts = Counter(len(cells) for cells in lines if len(cells) > 1)
    ((count, agreeing),) = counts.most_common(1) or [(0, 0)]
    if agreeing == 0 or 2 * agreeing < len(lines):
        return 0, 0
    numbers = [_mark(cell) is not None for line in lines if len(line) == count for cell in line]
    return agreeing, sum(numbers) / len(numbers)


def _lines(path: Path, text: str, delimiter: str, *, strict: bool = True) -> Iterator[_Line]:
    """The lines that are not blank, each with its number in the file and its cells."""
    blank = delimiter == " "
    source = io.StringIO(text.replace("\t", " ") if blank else text, newline="")
    reader = csv.reader(source, delimiter=delimiter, skipinitialspace=not blank, strict=strict)
    try:
        for fields in reader:
            # Blank space counts once, however much of it there is.
            cells = [field.strip() for field in fields if field or not blank]
            if any(cells):
                yield reader.line_num, cells
    except csv.Error as error:
        raise DataError(f"{path}: line {reader.line_num} is not CSV ({error})") from None
