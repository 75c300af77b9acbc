"""Reading the data rows of a lesson from a file: CSV of any delimiter, or a workbook."""

import codecs
import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import islice
from os import PathLike
from pathlib import Path
from typing import Final

from sheetgd.errors import DataError
from sheetgd.files import MOST_TEXT, read_file
from sheetgd.reading.columns import (
    EMPTY_CATEGORIES,
    Categories,
    Data,
    Names,
    Places,
    Table,
    Unusable,
    chosen_places,
    column_names,
    decimal_mark,
    numbers_of,
    quoted,
    read_number,
)

# Where two divide the lines equally well, or none does, the one that stands first is taken.
_DELIMITERS: Final = ",;\t| "
_BY_NAME: Final = {"tab": "\t", r"\t": "\t", "space": " "}
_DECIMALS: Final = (".", ",")
_LINES_TRIED: Final = 1000
_LINE: Final = re.compile(r"[^\r\n]*+(?:\r\n?|\n)|[^\r\n]++")
_LONGEST_LINE: Final = 2**20
_MOST_CELLS: Final = 5_000_000
_ACCEPTED: Final = "give a CSV file or a workbook"
_UTF_16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_THOUSANDS: Final = re.compile(r"[+-]?\d{1,3}([.,'\u2019\s]\d{3})+([.,]\d+)?")

_Line = tuple[int, list[str]]


def read_csv(
    path: str | PathLike[str],
    x: Names = None,
    y: str | None = None,
    *,
    delimiter: str | None = None,
    decimal: str | None = None,
    header: bool = True,
    categories: Categories = EMPTY_CATEGORIES,
    validation: str | None = None,
) -> Data:
    """Read columns of a CSV file.

    Args:
        path: the file, in UTF-8, or in UTF-16 with a byte order mark.
        x: the column that becomes x: its name, or its number counted from 1. None takes the
            column named x, or else the one (of two: the first) that is left over. A list of
            names, or names with commas between, takes several.
        y: the same for y; of two columns that are left over, it is the second.
        delimiter: the character between cells; a space stands for any blank space. None
            finds out which of comma, semicolon, tab, ``|`` and blank space it is.
        decimal: the decimal mark, ``.`` or ``,``. None takes the comma where the delimiter
            is another and the two columns' numbers are written with it.
        header: whether the first line holds names; if not, columns are called 1, 2, ...
        categories: for columns of texts their values, the first of which is 0; without them, of
            two values the later is 1 (or TRUE, or yes), and of more each but the first has a
            column.
        validation: the column that marks the rows that are held back: 1, TRUE or yes where they
            are, else 0, FALSE or no.

    Returns:
        The columns, in the order of the file; blank lines are passed over.

    Raises:
        DataError: when there is no such file, when it is not a CSV or lacks a column,
            or when a cell is not a finite number; the message names file, line and column.
    """
    separator = _BY_NAME.get(delimiter, delimiter) if delimiter is not None else None
    if separator is not None and (len(separator) != 1 or separator in '"\r\n\0'):
        raise DataError(f"delimiter={delimiter!r} is not known: give one character, tab or space")
    if decimal not in (None, *_DECIMALS):
        raise DataError(f"decimal={decimal!r} is not known: '.' and ',' are accepted")
    path = Path(path)
    text = _text(path)
    separator = separator or max(_DELIMITERS, key=partial(_agreement, path, text))
    table = _csv_table(path, _lines(path, text, separator), header=header)
    table = replace(table, marks=validation)
    places = chosen_places(table, x, y)
    mark = decimal or ("." if separator == "," else _decimal(table, places))
    return numbers_of(table, places, partial(_text_number, decimal=mark), categories)


def _text_number(cell: object, decimal: str) -> float | Unusable:
    """Read the text of a CSV file's cell as a number."""
    text = str(cell)
    if (number := read_number(text, decimal)) is not None:
        return number
    fixes = ["write it without a thousands separator"] if _THOUSANDS.fullmatch(text) else []
    if mark := decimal_mark(text):
        fixes.append(f"read it as {read_number(text, mark):g} with decimal={mark!r}")
    return Unusable(quoted(text) if text else "nothing", ", or ".join(fixes))


def _decimal(table: Table, places: Places) -> str:
    """Find the decimal mark of all numbers of some columns: the point if they are whole."""
    first, every = "", [*places[0], places[1]]
    for row, cells in enumerate(zip(*map(table.column, every), strict=True)):
        for place, text in zip(every, map(str, cells), strict=True):
            mark = decimal_mark(text)
            if mark and first and mark not in first:
                raise DataError(
                    f"{table.source}: {table.place(row, place)} {quoted(text)} stands below "
                    f"{quoted(first)}; write all numbers with the same decimal mark"
                )
            first = first or (text if mark else "")
    return decimal_mark(first) or "."


def _csv_table(path: Path, read: Iterable[_Line], *, header: bool) -> Table:
    """Make a table of a CSV file's lines."""
    lines = [(number, _in_use(cells)) for number, cells in read]
    if not lines:
        raise DataError(f"{path}: the file is empty; a header line and rows of numbers are needed")
    start, first = lines[0]
    for number, cells in lines:
        if len(cells) > len(first):
            raise DataError(
                f"{path}: line {number} has {len(cells)} cells and line {start} has {len(first)}; "
                "put a cell that holds a delimiter in quotes, or name another with delimiter=..."
            )
    names = column_names(first, f"{path}: line {start}", header=header)
    rows = lines[1:] if header else lines
    one = ", or say with delimiter=... what separates them" if len(names) == 1 else ""
    return Table(
        source=str(path),
        header=names,
        column=lambda place: [cells[place] if place < len(cells) else "" for _, cells in rows],
        place=lambda row, place: f"line {rows[row][0]}, column {names[place]!r}:",
        choice=f"x=... and y=...{one}",
    )


def _in_use(cells: list[str]) -> list[str]:
    """Drop the empty cells at the end of a line."""
    used = len(cells)
    while not cells[used - 1]:
        used -= 1
    return cells[:used]


def _text(path: Path) -> str:
    """Read the text of a CSV file."""
    content = read_file(path, DataError, most=MOST_TEXT, accepted=_ACCEPTED)
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
    """Count the lines with equally many cells, two at least, and the share of numbers in them."""
    lines: list[list[str]] = []
    # What is wrong with a line is said when the delimiter is known.
    with suppress(DataError):
        for _, cells in islice(_lines(path, text, delimiter, strict=False), _LINES_TRIED):
            lines.append(cells)
    counts = Counter(len(cells) for cells in lines if len(cells) > 1)
    ((count, agreeing),) = counts.most_common(1) or [(0, 0)]
    if agreeing == 0 or 2 * agreeing < len(lines):
        return 0, 0
    numbers = [
        decimal_mark(cell) is not None for line in lines if len(line) == count for cell in line
    ]
    return agreeing, sum(numbers) / len(numbers)


def _lines(path: Path, text: str, delimiter: str, *, strict: bool = True) -> Iterator[_Line]:
    """Yield the lines that are not blank, each with its number in the file and its cells."""
    blank = delimiter == " "
    waiting = 0

    def physical() -> Iterator[str]:
        # One record may be many lines long, for a quoted text can hold line ends of its own.
        nonlocal waiting
        for found in _LINE.finditer(text):
            waiting += found.end() - found.start()
            if waiting > _LONGEST_LINE:
                raise DataError(
                    f"{path}: line {reader.line_num + 1} is longer than {_LONGEST_LINE:,} "
                    "characters, so this is no table of numbers"
                )
            yield found[0].replace("\t", " ") if blank else found[0]

    reader = csv.reader(physical(), delimiter=delimiter, skipinitialspace=not blank, strict=strict)
    total = 0
    try:
        for fields in reader:
            waiting = 0
            total += len(fields)
            if total > _MOST_CELLS:
                raise DataError(
                    f"{path}: it has more than {_MOST_CELLS:,} cells; keep the two columns needed"
                )
            # Blank space counts once, however much of it there is.
            cells = [field.strip() for field in fields if field or not blank]
            if any(cells):
                yield reader.line_num, cells
    except csv.Error as error:
        raise DataError(f"{path}: line {reader.line_num} is not CSV ({error})") from None


WORKBOOK_SUFFIXES: Final = (".xlsx", ".xlsm")


def read_data(
    path: str | PathLike[str],
    x: Names = None,
    y: str | None = None,
    *,
    delimiter: str | None = None,
    decimal: str | None = None,
    header: bool = True,
    sheet: str | None = None,
    block: str | None = None,
    categories: Categories = EMPTY_CATEGORIES,
    validation: str | None = None,
) -> Data:
    """Read columns of a workbook (.xlsx or .xlsm) or, whatever it is called, a CSV file.

    Args:
        path: the file; its name's end tells which of the two it is.
        x: the column that becomes x, by its name or its number, or several; None as `read_csv`
            says.
        y: the same for y.
        delimiter: of a CSV file, the character between cells; None finds it out.
        decimal: of a CSV file, the decimal mark; None finds it out.
        header: whether the first line holds names.
        sheet: of a workbook, the sheet's title; None takes the first.
        block: of a workbook, the range that is read, such as ``B2:C21``; None reads all.
        categories: as for `read_csv`.
        validation: as for `read_csv`.

    Returns:
        The columns.

    Raises:
        DataError: when an option is not for this kind of file, and as `read_csv` and
            `sheetgd.reading.workbook.read_xlsx` say.
    """
    path = Path(path)
    if path.suffix.lower() in WORKBOOK_SUFFIXES:
        _refuse(path, "a CSV file, and this is a workbook", delimiter=delimiter, decimal=decimal)
        from sheetgd.reading.workbook import read_xlsx  # noqa: PLC0415  CSV needs no openpyxl

        read = partial(read_xlsx, sheet=sheet, block=block)
    else:
        _refuse(path, f"a workbook ({' or '.join(WORKBOOK_SUFFIXES)})", sheet=sheet, block=block)
        read = partial(read_csv, delimiter=delimiter, decimal=decimal)
    return read(path, x, y, header=header, categories=categories, validation=validation)


def _refuse(path: Path, kind: str, **options: str | None) -> None:
    """Raise DataError if an option is given that another kind of file has."""
    for name, value in options.items():
        if value is not None:
            raise DataError(f"{path}: {name}=... is for {kind}; leave it out")
