"""Where a table begins and ends among the rows of a file."""

import pytest

from sheetgd.errors import DataError
from sheetgd.reading.grid import Grid
from sheetgd.reading.table import find_table

DATA = "1,2|3,4|5,6"


def grid(text: str, sheet: str | None = None) -> Grid:
    rows = [row.split(",") for row in text.split("|")]
    kept = [(number, row) for number, row in enumerate(rows, start=1) if any(row)]
    return Grid("f", [row for _, row in kept], [number for number, _ in kept], sheet=sheet)


@pytest.mark.parametrize(
    ("text", "names", "where", "left_out"),
    [
        (f"x,y|{DATA}", ("x", "y"), "lines 2 to 4", ()),
        (f"A title|x,y|{DATA}", ("x", "y"), "lines 3 to 5", ("1 line above the header",)),
        (f"Year,2024|x,y|{DATA}", ("x", "y"), "lines 3 to 5", ("1 line above the header",)),
        (f"Time,Way|s,m|{DATA}", ("Time", "Way"), "lines 3 to 5", ("the units in line 2",)),
        (f"t,m|{DATA}", ("t", "m"), "lines 2 to 4", ()),
        (f"# a word|x,y|{DATA}", ("x", "y"), "lines 3 to 5", ("1 comment",)),
        (f"# x,y|{DATA}", ("x", "y"), "lines 2 to 4", ()),
        (f"x,y|{DATA}|Total,12", ("x", "y"), "lines 2 to 4", ("1 line below the table ('Total')",)),
        (
            f"x,y|{DATA}|Source: us",
            ("x", "y"),
            "lines 2 to 4",
            ("1 line below the table ('Source: us')",),
        ),
        ("x,y|1,2|,|3,4", ("x", "y"), "lines 2 to 4", ("1 blank line",)),
        (f",x|{DATA}", ("1", "x"), "lines 2 to 4", ()),
        (f"x,y|NA,NA|NA,2|{DATA}", ("x", "y"), "lines 2 to 6", ()),
        ("kind,passed|a,yes|b,no", ("kind", "passed"), "lines 2 to 3", ()),
    ],
)
def test_a_table_is_found(
    text: str, names: tuple[str, ...], where: str, left_out: tuple[str, ...]
) -> None:
    table = find_table(grid(text), header=True, skip=0, names=())
    assert (table.header, table.where, table.left_out) == (names, where, left_out)


def test_a_total_is_left_out_only_where_it_is_no_value() -> None:
    table = find_table(grid("kind,y|Total,2|Part,1|Total,3"), header=True, skip=0, names=())
    assert len(table.column(0)) == 3


@pytest.mark.parametrize(
    ("header", "skip", "names"),
    [(3, 0, ("a", "b")), (True, 2, ("a", "b")), (False, 3, ("1", "2"))],
)
def test_where_it_begins_can_be_said(header: bool | int, skip: int, names: tuple[str, str]) -> None:  # noqa: FBT001  as it is given
    table = find_table(grid(f"x,y|7,8|a,b|{DATA}"), header=header, skip=skip, names=())
    assert (table.header, list(table.column(0))) == (names, ["1", "3", "5"])


def test_names_that_are_numbers() -> None:
    years = grid(f"2019,2020|{DATA}")
    assert find_table(years, header=True, skip=0, names=["2020"]).header == ("2019", "2020")
    for names in ((), ["1"], ["2"]):
        with pytest.raises(DataError, match="line 1 looks like data"):
            find_table(years, header=True, skip=0, names=names)


def test_a_cell_of_a_sheet_is_named_by_its_address() -> None:
    table = find_table(grid("x,y|1,2", sheet="It's"), header=True, skip=0, names=())
    assert (table.place(0, 1), table.where) == ("cell 'It''s'!B2 holds", 'sheet "It\'s", A1:B2')
