"""Reading the data rows of a lesson from a file of any kind: text with a table, or a workbook."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from io import BytesIO
from itertools import chain
from os import PathLike
from pathlib import Path
from typing import BinaryIO, Final

from sheetgd.errors import DataError
from sheetgd.files import MOST_BYTES, MOST_TEXT, OLD_OFFICE, ZIP, open_file, too_large
from sheetgd.reading.columns import EMPTY_CATEGORIES, Categories, Data, Names, Table, chosen_places
from sheetgd.reading.conversion import Reading, numbers_of
from sheetgd.reading.number import COMMA, DECIMALS, PLAIN, POINT, ways_of
from sheetgd.reading.table import find_table
from sheetgd.reading.text import Text, read_text, unpacked

_ACCEPTED: Final = "give a table as text, such as CSV, or a workbook"
_LONG: Final = 2**20
"""Bytes from which on numpy reads the rows, if they are plain."""

_BEGINNING: Final = 1000
"""Lines of a long file in which its table is found."""


def read_data(
    path: str | PathLike[str] | BinaryIO,
    x: Names = None,
    y: str | None = None,
    *,
    delimiter: str | None = None,
    decimal: str | None = None,
    thousands: str | None = None,
    header: bool | int = True,
    skip: int = 0,
    sheet: str | None = None,
    block: str | None = None,
    encoding: str | None = None,
    missing: str | None = None,
    categories: Categories = EMPTY_CATEGORIES,
    validation: str | None = None,
) -> Data:
    """Read columns of a table: CSV or other text, packed with gzip or not, or a workbook.

    What the file is, it tells by its content. Titles and comments above the table, a row of units,
    blank rows and a footer such as Total are left out; `Data.read` says so.

    Args:
        path: the file: text, .xlsx, .xlsm, .xls, .xlsb or .ods; or a stream of its bytes.
        x: the column that becomes x: its name, or its number counted from 1. None takes the
            column named x, or else the one (of two: the first) that is left over. A list of
            names, or names with commas between, takes several.
        y: the same for y; of two columns that are left over, it is the second.
        delimiter: of text, the character between cells; a space stands for any blank space. None
            finds out which of comma, semicolon, tab, ``|`` and blank space it is.
        decimal: the decimal mark, ``.`` or ``,``. None finds it out, or asks where ``1.234`` is
            all that there is to tell.
        thousands: the mark between groups of three digits: ``.``, ``,``, ``'`` or a space.
        header: whether there are names above the numbers; if not, columns are called 1, 2, ...
            A number is that of the line or row that holds them.
        skip: how many of the first lines or rows are left out.
        sheet: of a workbook, the sheet's title; None takes the first that is not hidden.
        block: the range that is read, such as ``B2:C21``; ``5:20`` are lines or rows.
        encoding: of text, its encoding; None finds it out.
        missing: ``drop`` leaves out the rows in which a value is missing; None refuses them.
        categories: for columns of texts their values, the first of which is 0; without them, of
            two values the later is 1 (or TRUE, or yes), and of more each but the first has a
            column.
        validation: the column that marks the rows that are held back: 1, TRUE or yes where they
            are, else 0, FALSE or no.

    Returns:
        The columns, in the order of the file. Dates count days from the earliest one, times are
        parts of a day, and 10% is 0.1.

    Raises:
        DataError: when there is no such file, when it holds no table or lacks a column, when an
            option is for another kind of file, or when cells are no finite numbers; the message
            names file, line and column.
    """
    reading = Reading(decimal, thousands, missing, categories)
    asked = [*([x] if isinstance(x, str | int) else x or ()), *([] if y is None else [y])]
    for each in asked:
        if not isinstance(each, str):
            raise DataError(f"{each!r} names no column: give its name, or its number, as a text")
    if skip < 0:
        raise DataError(f"skip={skip}: it must be a whole number, 0 or more")
    find = partial(find_table, header=header, skip=skip, names=asked, marks=validation)
    source, stream = _opened(path)
    with stream:
        stream = stream if stream.seekable() else BytesIO(_whole(source, stream))
        beginning = stream.read(len(OLD_OFFICE))
        stream.seek(0)
        if beginning.startswith((*ZIP, OLD_OFFICE)):
            _refuse(source, "text, and this is a workbook", delimiter=delimiter, encoding=encoding)
            from sheetgd.reading.spreadsheet import read_grid  # noqa: PLC0415  text needs no openpyxl

            grid = read_grid(Path(source), stream, sheet=sheet, block=block)
            table = find(grid, choice="" if sheet else ", or another sheet with sheet=...")
        else:
            _refuse(source, "a workbook, and this is text", sheet=sheet)
            content = unpacked(source, _whole(source, stream))
            text = read_text(source, content, encoding, delimiter)
            lines = _lines_of(block)
            if len(content) > _LONG and lines is None:
                table = find(text.grid(range(1, _BEGINNING)))
                places = chosen_places(table, x, y)
                long = _long_table(content, text, table, [*places[0], places[1]], reading)
                table = long or find(text.grid())
            else:
                table = find(text.grid(lines))
    return numbers_of(table, chosen_places(table, x, y), reading)


read_csv = read_data


def _opened(path: str | PathLike[str] | BinaryIO) -> tuple[str, BinaryIO]:
    """Return what messages call a file, and a stream of its bytes."""
    if not isinstance(path, str | PathLike):
        if not hasattr(path, "read"):
            raise DataError(
                f"a {type(path).__name__} is no file: a path is accepted, or a file opened for "
                "reading bytes; a DataFrame is given to Lesson(data=...)"
            )
        return "the input", path
    place = Path(path)
    return str(place), open_file(place, DataError, most=MOST_BYTES, accepted=_ACCEPTED, piped=True)


def _whole(source: str, stream: BinaryIO) -> bytes:
    """Read all bytes of a stream, which may have no end."""
    try:
        content = stream.read(MOST_TEXT + 1)
    except OSError as problem:
        raise DataError(f"{source}: cannot be read ({problem.strerror or problem})") from None
    if len(content) > MOST_TEXT:
        raise DataError(too_large(Path(source), MOST_TEXT))
    return content


def _refuse(source: str, kind: str, **options: str | None) -> None:
    """Raise DataError if an option is given that another kind of file has."""
    for name, value in options.items():
        if value is not None:
            raise DataError(f"{source}: {name}=... is for {kind}; leave it out")


def _lines_of(block: str | None) -> range | None:
    """Return the lines that a range names."""
    if block is None:
        return None
    first, _, last = block.partition(":")
    if not (first.isdecimal() and last.isdecimal() and 0 < int(first) <= int(last)):
        raise DataError(f"block={block!r} is no range of a text: give lines, such as 5:20")
    return range(int(first), int(last) + 1)


def _long_table(
    content: bytes, text: Text, found: Table, places: Sequence[int], reading: Reading
) -> Table | None:
    """Return the columns of a long text as numpy reads them; None where it is not plain.

    It rounds as Python does. Whatever is not a number that is written
    with the one decimal mark, and ragged or blank lines, are left to the reader that tells of them.
    """
    delimiter = text.delimiter.encode()
    if not text.is_plain or not found.first or reading.thousands or b"\n\n" in content.strip():
        return None
    ways = POINT | COMMA
    for cell in map(str, chain.from_iterable(map(found.column, places))):
        ways &= ways_of(cell) if PLAIN.fullmatch(cell) else 0
    ways &= DECIMALS.get(reading.decimal or "", POINT | COMMA)
    open_marks = {*found.open_marks.encode()} - {*delimiter}
    if not ways or (ways == POINT | COMMA and open_marks.intersection(content)):
        return None
    import numpy as np  # noqa: PLC0415  only long files need it

    width, start = len(found.header), found.first
    # In a text with decimal commas, all commas are.
    plain = content if ways & POINT else content.replace(b",", b".")
    try:
        numbers = np.loadtxt(
            BytesIO(plain),
            comments=None,
            delimiter=text.delimiter,
            skiprows=start - 1,
            usecols=places,
            ndmin=2,
            encoding="latin-1",
        )
    except ValueError:
        return None
    above = sum(line.count(delimiter) for line in content.split(b"\n", start)[: start - 1])
    regular = content.count(delimiter) - above == len(numbers) * (width - 1)
    if not (regular and np.isfinite(numbers).all()):
        return None
    return replace(
        found,
        column=lambda place: numbers[:, places.index(place)].tolist(),
        place=lambda row, place: f"line {start + row}, column {found.header[place]!r}:",
        where=f"lines {start} to {start + len(numbers) - 1}",
    )
