"""The rows of a sheet of a workbook: which sheet, which cells, what stands for what is no value."""

import datetime as dt
import tracemalloc
from pathlib import Path

import pytest
from openpyxl import Workbook
from openpyxl.chart import LineChart
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from sheetgd.reading import spreadsheet
from tests.support.data_files import Rows, book
from tests.support.grids import archive, changed, grid_of, refused, shown
from tests.support.sheets import save_raw_workbook

TABLE: Rows = [["x", "y"], [1, 10], [2, 20]]
UNSTORED = "a formula without a stored number"


def raw(folder: Path, rows: str, around: str = "{}") -> Path:
    xml = around.format(f"<sheetData>{rows}</sheetData>")
    return save_raw_workbook(folder / "book.xlsx", {"Data": xml})


@pytest.mark.parametrize(
    ("rows", "left", "numbers"),
    [
        (TABLE, 1, [1, 2, 3]),
        ([[], [], *([None, None, *row] for row in TABLE)], 3, [3, 4, 5]),
        ([TABLE[0], [], [None, None, None], *TABLE[1:], []], 1, [1, 4, 5]),
    ],
)
def test_what_is_empty_is_left_out(
    tmp_path: Path, rows: Rows, left: int, numbers: list[int]
) -> None:
    grid = grid_of(book(tmp_path, {"Data": rows}))
    assert (grid.sheet, grid.left, list(grid.numbers)) == ("Data", left, numbers)
    assert (shown(grid), grid.notes) == (TABLE, ())


def states(folder: Path, *sheets: tuple[str, str, Rows]) -> Path:
    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    for title, state, rows in sheets:
        sheet = workbook.create_sheet(title)
        sheet.sheet_state = state
        for row in rows:
            sheet.append(row)
    workbook.create_chartsheet("Chart", 0).add_chart(LineChart())
    path = folder / "book.xlsx"
    workbook.save(path)
    return path


def test_the_first_sheet_that_is_seen_and_holds_something_is_read(tmp_path: Path) -> None:
    other: Rows = [["a"], [7]]
    path = states(
        tmp_path, ("Old", "hidden", other), ("Empty", "visible", []), ("Data", "visible", TABLE)
    )
    grid = grid_of(path)
    assert (grid.sheet, shown(grid)) == ("Data", TABLE)
    assert grid.notes == ("hidden sheet 'Old' was passed over",)
    assert grid_of(path, "Old").notes == ("sheet 'Old' is hidden",)
    assert refused(path, "data") == (
        "no sheet is named 'data'; it has 'Old', 'Empty', 'Data': choose with sheet=..."
        "; did you mean Data?"
    )
    assert refused(path, "Empty") == (
        "sheet 'Empty' holds nothing; choose cells with sheet=... and block=..."
    )
    path = states(tmp_path, ("Old", "veryHidden", other), ("Very old", "hidden", other))
    assert refused(path) == "all sheets are hidden: 'Old', 'Very old'; choose with sheet=..."
    assert refused(states(tmp_path)) == "the workbook has no sheet with cells; add one"


def test_hidden_and_filtered_rows_are_read_and_counted(tmp_path: Path) -> None:
    workbook = Workbook()
    for row in TABLE:
        workbook.worksheets[0].append(row)
    for number in (2, 9):
        workbook.worksheets[0].row_dimensions[number].hidden = True
    workbook.save(tmp_path / "book.xlsx")
    grid = grid_of(tmp_path / "book.xlsx")
    assert (shown(grid), grid.notes) == (TABLE, ("1 hidden row is read, too",))


@pytest.mark.parametrize(
    ("block", "left", "rows"),
    [
        ("B2:C4", 2, TABLE),
        ("$C$4:$B$2", 2, TABLE),
        ("c2:b1000000", 2, [*TABLE, ["a note"]]),
        ("2:4", 1, [[0, *row] for row in TABLE]),
        ("C:C", 3, [["y"], [10], [20]]),
        ("E2:F3", None, "sheet 'Data' holds nothing in E2:F3; choose cells with sheet=..."),
        *((block, None, "two cells are accepted, such as B2:C21, or two rows (5:20) or columns")
          for block in ("B2", "B2:C3:D4", "B:3", "B2:3", ":", "", "Data!B2:C3", "B0:C3")),
    ],
)  # fmt: skip
def test_a_range(tmp_path: Path, block: str, left: int | None, rows: Rows | str) -> None:
    sheet: Rows = [["Sales"], *([0, *row] for row in TABLE), [], [None, "a note"]]
    path = book(tmp_path, {"Data": sheet})
    if isinstance(rows, str):
        assert rows in refused(path, block=block)
    else:
        grid = grid_of(path, block=block)
        assert (grid.left, shown(grid)) == (left, rows)


def test_a_range_begins_with_its_first_column_even_if_that_is_empty(tmp_path: Path) -> None:
    grid = grid_of(book(tmp_path, {"Data": [[None, "a"], [None, 1]]}), block="A1:B2")
    assert (grid.left, shown(grid)) == (1, [[None, "a"], [None, 1]])


DAY = dt.datetime(2024, 5, 6, 12, 30)  # noqa: DTZ001  workbooks know no time zones
VALUES: Rows = [
    ["n/a", "12", " pad ", True, "a\nb"],
    [DAY.date(), DAY, dt.time(6, 30), dt.timedelta(days=2), 0.1],
    [2.0**60, 1e-300, -0.5, "#DIV/0!", "=1+1"],
]
READ: Rows = [*VALUES[:2], [2.0**60, 1e-300, -0.5, "the error #DIV/0!", UNSTORED]]


@pytest.mark.parametrize("epoch_1904", [False, True])
def test_values(tmp_path: Path, *, epoch_1904: bool) -> None:
    workbook = Workbook()
    if epoch_1904:
        workbook.epoch = CALENDAR_MAC_1904
    for row in VALUES:
        workbook.worksheets[0].append(row)
    workbook.worksheets[0]["E2"].number_format = "0%"
    workbook.save(tmp_path / "book.xlsx")
    grid = grid_of(tmp_path / "book.xlsx")
    assert shown(grid) == READ
    assert "save it there" in grid.rows[2][4].fix  # type: ignore[attr-defined]  # it is unusable


NUMBERS = '<row r="1"><c r="A1" {}><v>1</v></c><c r="B1">{}</c></row>'


@pytest.mark.parametrize(
    ("rows", "cells"),
    [
        (NUMBERS.format("", "<f>A1*2</f><v>2</v>"), [[1, 2]]),
        (NUMBERS.format("", "<f>A1*2</f>"), [[1, UNSTORED]]),
        (NUMBERS.format("", "<f>A1*2</f><v/>"), [[1, UNSTORED]]),
        (NUMBERS.format("", '<f t="shared" si="0"/><v></v>'), [[1, UNSTORED]]),
        (NUMBERS.replace('"B1"', '"B1" t="str"').format("", '<f>""</f><v></v>'), [[1]]),
        (NUMBERS.replace('"B1"', '"B1" t="e"').format("", "<v>#N/A</v>"), [[1, "the error #N/A"]]),
        (NUMBERS.format("", "<v></v>"), [[1]]),
        (NUMBERS.format("", "<v>2</v>").replace(' r="A1"', "").replace(' r="B1"', ""), [[1, 2]]),
        (NUMBERS.format("", "<v>2</v>").replace('"', "'"), [[1, 2]]),
        (NUMBERS.format("", "<v>2</v><!-- </c> -->"), [[1, 2]]),
        (NUMBERS.replace('"B1"', "'B1' t='e'").format("", "<v>#N/A</v>"), [[1, "the error #N/A"]]),
        (
            NUMBERS.replace('"B1"', '"B1" t = "e"').format("", "<v>#N/A</v>"),
            [[1, "the error #N/A"]],
        ),
        (NUMBERS.format("", "<v>2</v>") + '<row r="9"><c r="XFD9" s="0"/></row>', [[1, 2]]),
        (NUMBERS.format("", f"<v>{'9' * 400}</v>"), [[1, float("inf")]]),
    ],
)
def test_however_it_is_spelled(tmp_path: Path, rows: str, cells: Rows) -> None:
    assert shown(grid_of(raw(tmp_path, rows))) == cells


def test_elements_may_have_a_prefix(tmp_path: Path) -> None:
    path = raw(tmp_path, NUMBERS.format("", "<f>A1*2</f>"))
    part, prefixed = "xl/worksheets/sheet1.xml", path
    for tag in ("worksheet", "sheetData", "row", "c", "f", "v"):
        for edge in (f"<{tag}", f"</{tag}"):
            content = changed(
                prefixed,
                part,
                edge + (" " if edge == "<c" else ""),
                edge.replace(tag, f"x:{tag}") + (" " if edge == "<c" else ""),
            )
            prefixed = tmp_path / "prefixed.xlsx"
            prefixed.write_bytes(content)
    prefixed.write_bytes(changed(prefixed, part, "xmlns=", "xmlns:x="))
    assert shown(grid_of(prefixed)) == [[1, UNSTORED]]


FAR = '<row r="1048576"><c r="XFD1048576"><v>3</v></c></row>'


def test_cells_far_apart_cost_no_memory(tmp_path: Path) -> None:
    path = raw(tmp_path, NUMBERS.format("", "<v>2</v>") + FAR)
    tracemalloc.start()
    grid = grid_of(path)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (list(grid.numbers), len(grid.rows[1])) == ([1, 1048576], 16384)
    assert most < 20e6
    assert shown(grid_of(path, block="A1:B1048576")) == [[1, 2]]


def test_what_calamine_and_openpyxl_read_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = book(tmp_path, {"Data": [*VALUES, [], [None, 1.25, "=A1"]]})
    fast = grid_of(path)
    monkeypatch.setattr(spreadsheet, "_fast", lambda *_: None)
    careful = grid_of(path)
    assert fast == careful or str(fast).replace("(2024, 5, 6)", "(2024, 5, 6, 0, 0)") == str(
        careful
    ).replace("datetime.datetime(2024, 5, 6, 0, 0)", "datetime.date(2024, 5, 6, 0, 0)")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "the file is empty; "),
        (b"x,y\n1,2\n", "this is no workbook: "),
        (b"PK\x03\x04" + bytes(100), "damaged or incomplete"),
        (archive({"a.txt": "x,y"}), "damaged workbook or none at all"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600), "damaged workbook or none at all"),
    ],
)
def test_files_that_are_no_workbooks(content: bytes, says: str) -> None:
    assert says in refused(content)


def test_workbooks_that_are_cut_off_or_spoilt(tmp_path: Path) -> None:
    path = book(tmp_path, {"Data": TABLE})
    whole = path.read_bytes()
    for size in range(4, len(whole), len(whole) // 10):
        assert "damaged" in refused(whole[:size])
    assert "damaged" in refused(changed(path, "xl/worksheets/sheet1.xml", "</sheetData>", "<"))
    assert "document type" in refused(
        changed(path, "xl/workbook.xml", "<workbook", "<!DOCTYPE a><workbook")
    )


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ("<row r='1'>" + "<c " * 6_000_000, "a row of more than 16 MiB"),
        ('<row r="1048577"><c r="A1048577"><v>1</v></c></row>', "rows beyond 1,048,576"),
    ],
    ids=["long", "beyond"],
)
def test_what_is_too_much(tmp_path: Path, rows: str, says: str) -> None:
    assert says in refused(raw(tmp_path, rows))
