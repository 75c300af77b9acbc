"""Reading the data rows of a lesson from a CSV file."""

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sheetgd.errors import DataError

_DELIMITERS = ",;\t"


@dataclass(frozen=True, slots=True)
class Data:
    """Two columns of numbers and their names."""

    x: tuple[float, ...]
    y: tuple[float, ...]
    x_name: str
    y_name: str


def read_csv(path: Path, x_name: str = "x", y_name: str = "y") -> Data:
    """Read two named columns of a CSV file with a header line.

    Args:
        path: the file: UTF-8, separated by commas, semicolons or tabs.
        x_name: the header of the column that becomes x.
        y_name: the header of the column that becomes y.

    Returns:
        The two columns, in the order of the file; blank lines are passed over.

    Raises:
        DataError: when there is no such file, when it is not a CSV or lacks a column,
            or when a cell is not a finite number; the message names file, row and column.
    """
    lines = _lines(path)
    if not lines:
        raise DataError(f"{path}: the file is empty; a header line and rows of numbers are needed")
    header = [name.strip() for name in lines[0][1]]
    places = [_column(path, header, name) for name in (x_name, y_name)]
    rows = [
        [_number(path, line, fields, place, header[place]) for place in places]
        for line, fields in lines[1:]
    ]
    if not rows:
        raise DataError(f"{path}: there are no rows under the header {', '.join(header)}")
    return Data(tuple(row[0] for row in rows), tuple(row[1] for row in rows), x_name, y_name)


def _lines(path: Path) -> list[tuple[int, list[str]]]:
    """The lines that are not blank, each with its number in the file."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise DataError(f"{path}: there is no such file") from None
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path}: not a CSV file in UTF-8 (byte {error.start} is not text); "
            "save it as CSV UTF-8"
        ) from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from None
    if "\0" in text:
        raise DataError(f"{path}: not a CSV file (it holds binary zeros); save it as CSV UTF-8")
    first = text.split("\n", 1)[0]
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(
        text.splitlines(keepends=True), delimiter=delimiter, skipinitialspace=True, strict=True
    )
    try:
        return [(reader.line_num, fields) for fields in reader if any(map(str.strip, fields))]
    except csv.Error as error:
        raise DataError(f"{path}: line {reader.line_num} is not CSV ({error})") from None


def _column(path: Path, header: Sequence[str], name: str) -> int:
    if header.count(name) == 1:
        return header.index(name)
    if name in header:
        raise DataError(f"{path}: {header.count(name)} columns are named {name!r}; rename one")
    raise DataError(
        f"{path}: no column is named {name!r}; it has {', '.join(map(repr, header))}: "
        "name two of them with --x NAME and --y NAME"
    )


def _number(path: Path, line: int, fields: Sequence[str], place: int, name: str) -> float:
    text = fields[place].strip() if place < len(fields) else ""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    # float() also takes "1_000", which no spreadsheet would have meant as a number.
    if not math.isfinite(number) or "_" in text:
        found = f"{text!r} stands" if text else "nothing stands"
        raise DataError(f"{path}: line {line}, column {name!r}: {found} where a number should be")
    return number
