"""Rows that fill up cell by cell, within bounds."""

import pytest

from sheetgd.errors import WorkbookError
from sheetgd.reading.rows import Rows


def test_rows_fill_up() -> None:
    rows = Rows()
    for value in (None, "", " "):
        rows.put(1, 1, value)
    rows.put(2, 3, 5.0, times=2)
    rows.put(2, 1, "a")
    assert rows.cells == {2: ["a", None, 5.0, 5.0]}


@pytest.mark.parametrize(("row", "column"), [(1_048_577, 1), (1, 16_385)])
def test_sheets_end(row: int, column: int) -> None:
    with pytest.raises(WorkbookError, match="where sheets end"):
        Rows().put(row, column, 1.0)


def test_sheets_share_the_room_there_is() -> None:
    one = Rows(free=[10])
    one.put(1, 4, 1.0)
    other = Rows(free=one.free)
    other.put(1, 6, 1.0)
    with pytest.raises(WorkbookError, match="needs room for more"):
        other.put(2, 1, 1.0)
