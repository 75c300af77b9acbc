"""Data that tests read: its columns, or the line with which it is refused."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from sheetgd.errors import DataError
from sheetgd.reading.columns import Data

TWO_ROWS = ((1, 2), (10, 20))


def file(folder: Path, content: str | bytes, name: str = "data.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def columns(data: Data) -> tuple[tuple[float, ...], tuple[float, ...]]:
    return data.x, data.y


def names(data: Data) -> tuple[str, str]:
    return data.x_name, data.y_name


def refusal(read: Callable[[], object]) -> str:
    """What is said when something is read that must be refused: one line."""
    with pytest.raises(DataError) as caught:
        read()
    text = str(caught.value)
    assert "\n" not in text
    return text


Rows = list[list[Any]]


def book(folder: Path, sheets: Mapping[str, Rows], name: str = "book.xlsx") -> Path:
    """A workbook whose sheets have these rows, from A1 on."""
    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    for title, rows in sheets.items():
        sheet = workbook.create_sheet(title)
        for row in rows:
            sheet.append(row)
    workbook.save(folder / name)
    return folder / name
