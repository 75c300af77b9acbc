"""What a workbook of ours holds, read from its XML as plainly as can be.

Other readers are compared with it: every value of every sheet.
"""

import re
import zipfile
from collections.abc import Iterable, Sequence
from html import unescape
from pathlib import Path
from typing import NamedTuple

from sheetgd.expression.excel import Address

_SHEET = re.compile(r'<sheet [^>]*?name="([^"]*)"')
_CELL = re.compile(r'<c r="([A-Z]+)(\d+)"([^>]*?)(?:/>|>(.*?)</c>)', re.DOTALL)
_KIND = re.compile(r't="(\w+)"')
_VALUE = re.compile(r"<(?:v|t)(?: [^>]*)?>(.*?)</(?:v|t)>", re.DOTALL)


class Error(NamedTuple):
    """An error in place of a value."""

    text: str


Place = tuple[str, int, int]
"""A sheet's title, a row and a column, both counted from 1."""
Found = float | str | bool | Error
Cells = dict[Place, Found]


class Stored(NamedTuple):
    """The cells of a workbook that hold anything to see, its sheets, and how many formulas."""

    cells: Cells
    sheets: tuple[str, ...]
    formulas: int


def stored(path: Path) -> Stored:
    """Read a workbook that sheetgd wrote."""
    cells: Cells = {}
    formulas = 0
    with zipfile.ZipFile(path) as archive:
        titles = tuple(unescape(each) for each in _SHEET.findall(_text(archive, "workbook")))
        for number, title in enumerate(titles, start=1):
            for letters, row, attributes, inside in _CELL.findall(
                _text(archive, f"worksheets/sheet{number}")
            ):
                formulas += "<f>" in inside or "<f " in inside
                value = _VALUE.search(inside)
                kind = _KIND.search(attributes)
                if value is not None and value[1]:
                    column = Address.parse(f"{letters}1").column
                    cells[title, int(row), column] = _read(value[1], kind[1] if kind else "n")
    return Stored(cells, titles, formulas)


def _text(archive: zipfile.ZipFile, part: str) -> str:
    return archive.read(f"xl/{part}.xml").decode()


def _read(text: str, kind: str) -> Found:
    match kind:
        case "n":
            return float(text)
        case "e":
            return Error(text)
        case "b":
            return text == "1"
        case "str" | "inlineStr":
            return unescape(text)
    raise AssertionError(f"a cell of the kind {kind!r}: teach this reader what it is")


def from_rows(title: str, rows: Iterable[Sequence[object]]) -> Cells:
    """The cells of a sheet that another program tells row by row, an error as a list."""
    found: Cells = {}
    for row, values in enumerate(rows, start=1):
        for column, value in enumerate(values, start=1):
            match value:
                case None | "":
                    pass
                case [str(text)]:
                    found[title, row, column] = Error(text)
                case bool() | str():
                    found[title, row, column] = value
                case int() | float():
                    found[title, row, column] = float(value)
                case _:
                    raise AssertionError(f"{title}, row {row}, column {column}: {value!r}")
    return found


def different(one: Cells, other: Cells, *, rounded: bool = False) -> dict[Place, object]:
    """Where two workbooks differ; `rounded` allows for what 15 digits cannot keep."""
    return {
        place: (one.get(place), other.get(place))
        for place in one.keys() | other.keys()
        if one.get(place) != other.get(place)
        and not (rounded and _close(one.get(place), other.get(place)))
    }


def _close(one: object, other: object) -> bool:
    return (
        isinstance(one, float)
        and isinstance(other, float)
        # LibreOffice keeps 15 digits, and in .ods no more than 20 places after the point.
        and abs(one - other) <= max(1e-14 * abs(one), 1e-20)
    )
