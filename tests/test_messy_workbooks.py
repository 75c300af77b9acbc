"""Workbooks as people have them: each with its right answer."""

import datetime as dt
import io
import json
import zlib
from base64 import b64decode
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from openpyxl import Workbook
from openpyxl.chart import LineChart
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.worksheet.worksheet import Worksheet

from sheetgd import read_data
from sheetgd.errors import DataError
from tests.support.data_files import Rows, columns
from tests.support.messy import Content, Messy, X, Y, check, read, refused
from tests.support.ods import cell, line, lines, ods, table
from tests.support.sheets import save_raw_workbook

T: Rows = [["x", "y"], [1, 10.5], [2, 20.5], [3, 30.5]]
"""The plain table that most files are variations of."""
TEXTS: Rows = [[str(cell) for cell in row] for row in T]
AB: Rows = [["a", "b"], *T[1:]]
OTHER: Rows = [["x", "y"], [7, 70], [8, 80]]
NEVER = "x,y\n7,70\n"

Change = Callable[[Any, Any], object]
"""What is done to a workbook, and to its sheet Data, before it is saved."""


def put(sheet: Worksheet, rows: Rows, at: str = "A1") -> None:
    corner = sheet[at]
    for down, row in enumerate(rows):
        for right, value in enumerate(row):
            sheet.cell(corner.row + down, corner.column + right, value)


def book(rows: Rows = T, at: str = "A1", change: Change = lambda _book, _sheet: None) -> Content:
    def write(path: Path) -> None:
        workbook = Workbook()
        sheet = workbook.worksheets[0]
        sheet.title = "Data"
        put(sheet, rows, at)
        change(workbook, sheet)
        workbook.save(path)

    return write


def before(title: str, state: str = "visible", rows: Rows = OTHER) -> Change:
    """A sheet with other rows that stands first."""

    def change(workbook: Any, _: Any) -> None:  # noqa: ANN401  openpyxl's
        sheet = workbook.create_sheet(title, 0)
        sheet.sheet_state = state
        put(sheet, rows)
        workbook.active = 1

    return change


def cells(**values: object) -> Change:
    def change(_: Any, sheet: Any) -> None:  # noqa: ANN401  openpyxl's
        for address, value in values.items():
            sheet[address] = value

    return change


def plotted(workbook: Any, _: Any) -> None:  # noqa: ANN401  openpyxl's
    workbook.create_chartsheet("Plot", 0).add_chart(LineChart())


def of_1904(workbook: Any, _: Any) -> None:  # noqa: ANN401  openpyxl's
    workbook.epoch = CALENDAR_MAC_1904


def filtered(_: Any, sheet: Any) -> None:  # noqa: ANN401  openpyxl's
    sheet.auto_filter.ref = "A1:B4"
    sheet.auto_filter.add_filter_column(0, ["1", "2"])
    sheet.row_dimensions[4].hidden = True


def has(part: str, **attributes: object) -> Change:
    """Set attributes of a part of the sheet: of a row, a column, a cell or the sheet itself."""

    def change(_: Any, sheet: Any) -> None:  # noqa: ANN401  openpyxl's
        if part.isdigit():
            owner = sheet.row_dimensions[int(part)]
        elif part.isalpha():
            owner = sheet.column_dimensions[part]
        else:
            owner = sheet[part] if part else sheet
        for name, value in attributes.items():
            setattr(owner, name, value)

    return change


def formats(kind: str, *columns: str) -> Change:
    def change(_: Any, sheet: Any) -> None:  # noqa: ANN401  openpyxl's
        for column in columns:
            for each in sheet[column][1:]:
                each.number_format = kind

    return change


def raw(xml: str, around: str = "{}") -> Content:
    """A workbook with these rows as XML."""
    rows = around.format(f"<sheetData>{xml}</sheetData>")
    return lambda path: save_raw_workbook(path, {"Data": rows})


HEAD = "".join(
    f'<c r="{at}1" t="inlineStr"><is><t>{name}</t></is></c>' for at, name in ("Ax", "By")
).join(['<row r="1">', "</row>"])
ROWS = "".join(
    f'<row r="{n}"><c r="A{n}"><v>{n - 1}</v></c><c r="B{n}">{{}}<v>{n - 1}0.5</v></c></row>'
    for n in (2, 3, 4)
)


PLAIN = HEAD + ROWS.format("", "", "")


def dated(days: list[Any]) -> Rows:
    return [["x", "y"], *([day, row[1]] for day, row in zip(days, T[1:], strict=True))]


DAYS = [dt.date(2024, 2, 1), dt.date(2024, 1, 31), dt.date(2024, 3, 1)]
TIMES = [dt.time(6), dt.time(12), dt.time(18)]
MOMENTS = [dt.datetime(2024, 1, 31, hour) for hour in (0, 6, 12)]  # noqa: DTZ001  workbooks have none


def cut(content: Content, share: float) -> Content:
    def write(path: Path) -> None:
        assert callable(content)
        content(path)
        whole = path.read_bytes()
        path.write_bytes(whole[: int(len(whole) * share)])

    return write


def zipped(**parts: str) -> bytes:
    stream = io.BytesIO()
    with ZipFile(stream, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml"), text)
    return stream.getvalue()


XLSX = [
    read("plain", book(), X, Y, "Data", "A1:B4"),
    read("titles", book([["Springs"], ["by A. B.", None, 2024], [], *T]), X, Y, "row|line"),
    read(
        "merged-title",
        book([["Results of 2024"], *T], "C2", lambda _, sheet: sheet.merge_cells("C2:D2")),
    ),
    read("offset", book(T, "D7"), X, Y, "D7:E10"),
    read(
        "index",
        book([[None, "a", "b"], *([n, *row] for n, row in enumerate(T[1:]))]),
        X,
        Y,
        "index",
        named=("a", "b"),
    ),
    read("units", book([T[0], ["s", "m"], *T[1:]]), X, Y, "unit|row 2"),
    read("total", book([*T, ["Total", 61.5]]), X, Y, "total"),
    read("total-as-a-formula", book([*T, [], ["Sum", "=SUM(B2:B4)"]]), X, Y, "sum"),
    read("a-note-to-the-right", book(AB, change=cells(E3="measured twice")), named=("a", "b")),
    read(
        "notes-to-the-right",
        book(AB, change=cells(E1="Notes:", E3="measured twice")),
        named=("a", "b"),
    ),
    read("a-note-below", book([*T, [], ["Source: our own measurements"]]), X, Y, "row|line"),
    read("blank-column", book([[row[0], None, row[1]] for row in AB]), named=("a", "b")),
    read("blank-rows", book([T[0], [], T[1], [], [], *T[2:]])),
    read("only-formats", book(change=has("Z90", number_format="0%"))),
    read("a-line-in-a-name", book([["x\n(cm)", "y"], *T[1:]]), named=("x\n(cm)", "y")),
    read("years", book([[2019, 2020], *T[1:]]), named=("2019", "2020"), x="2019", y="2020"),
    read("Y-X", book([["Y", "X"], *(row[::-1] for row in T[1:])]), named=("X", "Y")),
    refused("duplicates", book([["x", "y", "x"], [1, 2, 3]]), "'x'"),
    refused("two-tables", book(T, change=lambda _, sheet: put(sheet, OTHER, "A7")), "A7|row 7|'x'"),
    refused(
        "side-by-side", book(AB, change=cells(D1="c", E1="d", D2=4, E2=5)), "'a', 'b'", "'c', 'd'"
    ),
    read(
        "a-block",
        book(AB, change=lambda _, sheet: put(sheet, T, "D1")),
        X,
        Y,
        "D1:E4",
        block="D1:E4",
    ),
    read("a-block-offset", book([[7, "z"], *T], "B1"), block="B2:C5"),
    read("rows", book([[7, "z"], *T, [], [9, 9]]), block="2:5"),
    read("columns", book([[5, *row, 9] for row in T]), block="B:C"),
    refused("an-empty-block", book(), "Data", block="F1:G9"),
    refused("no-block", book(), "block", block="B2;C5"),
    read("hidden-first", book(change=before("Old", "hidden")), X, Y, "hidden", "Old", "Data"),
    read("very-hidden-first", book(change=before("Old", "veryHidden")), X, Y, "hidden", "Old"),
    read(
        "hidden-by-name",
        book(OTHER, change=before("Mine", "hidden", T)),
        X,
        Y,
        "hidden",
        sheet="Mine",
    ),
    read("empty-first", book(change=before("Start", rows=[])), X, Y, "Data"),
    read("by-name", book(change=before("First")), X, Y, "Data", sheet="Data"),
    refused("no-such-sheet", book(), "did you mean Data", sheet="data "),
    read("chart-sheet-first", book(change=plotted)),
    refused("chart-sheet", book(change=plotted), "Plot", sheet="Plot"),
    read("quotes", book(change=has("", title="It's mine")), X, Y, "It'{1,2}s mine"),
    refused(
        "quotes-and-a-text",
        book([*T, [4, "four"], [5, 5]], change=has("", title="It's")),
        "'It''s'!B5",
        "four",
    ),
    read(
        "hidden-rows",
        book(change=lambda _, sheet: sheet.row_dimensions.group(2, 3, hidden=True)),
        X,
        Y,
        "2 hidden|2 .*hidden",
    ),
    read(
        "filtered",
        book(change=filtered),
        X,
        Y,
        "1 .*(hidden|filter)",
    ),
    read(
        "hidden-column",
        book([[row[0], 7, row[1]] for row in AB], change=has("B", hidden=True)),
        named=("a", "b"),
        x="a",
        y="b",
    ),
    refused("division", book(change=cells(B3="#DIV/0!")), "B3", "#DIV/0!"),
    refused("not-available", book(change=cells(B3="#N/A")), "B3", "#N/A"),
    refused(
        "division-is-not-missing", book(change=cells(B3="#DIV/0!")), "B3", "#DIV/0!", missing="drop"
    ),
    read("error-elsewhere", book(change=cells(C1="z", C2="#N/A", C3="#REF!"))),
    refused("no-stored-value", book(change=cells(B2="=A2*10", B3="=A3*10")), "B2", "formula"),
    refused(
        "no-stored-value-is-not-missing",
        book(change=cells(B3="=A3*10")),
        "B3",
        "formula",
        missing="drop",
    ),
    read("no-stored-value-elsewhere", book(change=cells(C1="z", C2="=A2*10"))),
    read("stored-values", raw(HEAD + ROWS.format(*(f"<f>A{n}*10+0.5</f>" for n in (2, 3, 4))))),
    refused(
        "stored-error",
        raw(PLAIN.replace('"B3">', '"B3" t="e"><f>1/0</f>').replace("20.5", "#DIV/0!")),
        "B3",
        "#DIV/0!",
    ),
    read(
        "formulas-texts",
        raw(
            HEAD
            + ROWS.format(*["<f>TEXT(A2,1)</f>"] * 3).replace('<c r="B3">', '<c r="B3" t="str">')
        ),
    ),
    read("numbers-as-texts", book([T[0], *TEXTS[1:]])),
    read("some-numbers-as-texts", book([*T[:2], ["2", "20.5"], T[3]])),
    read(
        "euros-as-texts",
        book([["x", "y"], [1, "€ 1.299,99"], [2, "12,50 €"], [3, 7]]),
        X,
        (1299.99, 12.5, 7),
    ),
    read(
        "dollars-as-texts",
        book([["x", "y"], [1, "$1,299.99"], [2, "($12.50)"], [3, 7]]),
        X,
        (1299.99, -12.5, 7),
    ),
    refused("open-texts", book([["x", "y"], [1, "1.000"], [2, "2.500"]]), "decimal", "thousands"),
    read(
        "open-texts-told",
        book([["x", "y"], [1, "1.000"], [2, "2.500"]]),
        X[:2],
        (1, 2.5),
        decimal=".",
    ),
    read("money", book(change=formats('#,##0.00 "€"', "B"))),
    read(
        "percent",
        book([["x", "y"], [1, 0.1], [2, 0.25]], change=formats("0%", "B")),
        X[:2],
        (0.1, 0.25),
    ),
    read("percent-texts", book([["x", "y"], [1, "10%"], [2, "25 %"]]), X[:2], (0.1, 0.25)),
    read("dates", book(dated(DAYS)), (1, 0, 30), Y, "days", "2024-01-31"),
    read("dates-of-1904", book(dated(DAYS), change=of_1904), (1, 0, 30), Y, "2024-01-31"),
    read("moments", book(dated(MOMENTS)), (0, 0.25, 0.5)),
    read("times", book(dated(TIMES)), (0.25, 0.5, 0.75), Y, "day"),
    read("dates-as-texts", book(dated([str(day) for day in DAYS])), (1, 0, 30), Y, "days"),
    refused("dates-and-numbers", book(dated([DAYS[0], 7, DAYS[2]])), "A[23]"),
    read("booleans", book([["x", "y"], [1, True], [2, False], [3, True]]), X, (1, 0, 1)),
    read(
        "large", raw(PLAIN.replace("20.5", "9007199254740993")), X, (10.5, 9007199254740992, 30.5)
    ),
    read("small", raw(PLAIN.replace("20.5", "2.05E-300")), X, (10.5, 2.05e-300, 30.5)),
    refused("a-hole", book(change=cells(B3=None)), "B3", "drop"),
    refused(
        "three-holes", book(change=cells(B3="NA", A4=None, B4="?")), "B3", "A4", "B4", r"\b3\b"
    ),
    read(
        "hole-dropped",
        book([*T, [4, None], [None, 5], ["?", 7], [5, 8]]),
        (1, 2, 3, 5),
        (*Y, 8),
        "3 rows",
        missing="drop",
    ),
    read("far-text", book(change=cells(XFD1048576="end"))),
    read("far-blank", book(change=cells(XFD1048576=" "))),
    read("false-extent", raw(PLAIN, '<dimension ref="A1:XFD1048576"/>{}')),
    refused(
        "row-inside", raw(PLAIN.replace('<c r="B3">', '<c r="B3"><row r="9"></row>')), "inside"
    ),
    refused("row-inside-2", raw(PLAIN.replace('<c r="B3">', '<row r="9"/><c r="B3">')), "inside"),
    refused("no-row", raw(PLAIN.replace('<row r="3">', '<row r="3.00">')), "whole"),
    read("small-extent", raw(PLAIN, '<dimension ref="A1"/>{}')),
    read(
        "no-addresses",
        raw(
            "".join(
                f"<row>{row}</row>"
                for row in [
                    '<c t="str"><v>x</v></c><c t="str"><v>y</v></c>',
                    *(f"<c><v>{x}</v></c><c><v>{y}</v></c>" for x, y in T[1:]),
                ]
            )
        ),
    ),
    refused("only-a-header", book(T[:1]), "row"),
    refused("nothing", book([])),
    refused("delimiter", book(), "delimiter", delimiter=";"),
    refused("header-only-numbers", book(T[1:]), "header"),
    read("no-header", book(T[1:]), named=("1", "2"), header=False),
    read("header-row", book([["a", "b"], [7, 8], *T]), header=3),
    read("skip", book([["a", "b"], [7, 8], *T]), skip=2),
]

TABLE = lines(T)
OFF = 'table:style-name="off"'
COVERED = "<table:covered-table-cell/>"
TIMES_3 = 'table:number-rows-repeated="3"'
MANY = 'table:number-rows-repeated="1048000"'
WIDELY = 'table:number-columns-repeated="16000"'
WIDE = f"<table:table-cell {WIDELY}/>"
UNSEEN = 'table:visibility="collapse"'
NOTE = "<text:p>99</text:p>"
SIFTED = 'table:visibility="filter"'
FORMULA = 'table:formula="of:=1/0"'
UNSTORED = '<table:table-cell table:formula="of:=[.A3]*10"/>'

ODS = [
    read("ods", ods(table(*TABLE)), X, Y, "Data", "A1:B4"),
    read("ods-offset", ods(table(line(), *lines([[None, *row] for row in T]))), X, Y, "B2:C5"),
    read(
        "ods-title",
        ods(table(line(cell("Springs", 'table:number-columns-spanned="2"'), COVERED), *TABLE)),
    ),
    read(
        "ods-hidden-first",
        ods(table(*lines(OTHER), name="Old", style=OFF), table(*TABLE)),
        X,
        Y,
        "hidden",
        "Old",
    ),
    read(
        "ods-hidden-row",
        ods(table(*TABLE[:2], line(cell(2), cell(20.5), more=UNSEEN), TABLE[3])),
        X,
        Y,
        "1 .*hidden",
    ),
    read(
        "ods-filtered-row",
        ods(table(*TABLE[:2], line(cell(2), cell(20.5), more=SIFTED), TABLE[3])),
        X,
        Y,
        "1 .*(hidden|filter)",
    ),
    read("ods-blank-rest", ods(table(*TABLE, line(WIDE, more=MANY)))),
    read(
        "ods-repeated",
        ods(table(TABLE[0], line(cell(2), cell(5), more=TIMES_3))),
        (2, 2, 2),
        (5, 5, 5),
    ),
    read(
        "ods-repeated-cells",
        ods(table(TABLE[0], line(cell(2, 'table:number-columns-repeated="2"')))),
        (2,),
        (2,),
    ),
    read("ods-dates", ods(table(*lines(dated(DAYS)))), (1, 0, 30), Y, "2024-01-31"),
    read("ods-times", ods(table(*lines(dated(TIMES)))), (0.25, 0.5, 0.75)),
    read(
        "ods-booleans",
        ods(table(*lines([["x", "y"], [1, True], [2, False], [3, True]]))),
        X,
        (1, 0, 1),
    ),
    read(
        "ods-percent",
        ods(
            table(
                TABLE[0],
                line(cell(1), cell(0.1).replace("float", "percentage")),
                line(cell(2), cell(0.25).replace("float", "currency")),
            )
        ),
        X[:2],
        (0.1, 0.25),
    ),
    read("ods-texts", ods(table(*lines([T[0], *TEXTS[1:]])))),
    read(
        "ods-note-in-a-cell",
        ods(
            table(
                TABLE[0],
                TABLE[1].replace(
                    "<text:p>", f"<office:annotation>{NOTE}</office:annotation><text:p>"
                ),
                *TABLE[2:],
            )
        ),
    ),
    refused(
        "ods-error",
        ods(table(*TABLE[:2], line(cell(2), cell("#DIV/0!", FORMULA)), TABLE[3])),
        "B3",
        "#DIV/0!",
    ),
    refused("ods-no-stored-value", ods(table(*TABLE[:2], line(cell(2), UNSTORED), TABLE[3])), "B3"),
    refused("ods-many-rows", ods(table(TABLE[0], line(cell(1), cell(2, WIDELY), more=MANY)))),
    refused(
        "ods-locked",
        ods(table(*TABLE), manifest='<manifest:encryption-data manifest:checksum="abc"/>'),
        "password",
    ),
    refused("ods-cut", ods(table(*TABLE))[:-200]),
    refused("ods-no-xml", ods("<table:table><")),
]

_STORED = json.loads((Path(__file__).parent / "data" / "old_workbooks.json").read_text())
OLD = {name: zlib.decompress(b64decode(text)) for name, text in _STORED.items()}


def old(name: str, *answer: Any, **options: Any) -> list[Messy]:  # noqa: ANN401  those of `read`
    """A file of both older kinds, of those that there are."""
    return [
        read(file.replace(".", "-"), OLD[file], *answer, file=file, **options)
        for file in (f"{name}.xls", f"{name}.xlsb")
        if file in OLD
    ]


OLDER = [
    *old("plain", X, Y, "Data", "A1:B4"),
    *old("offset", X, Y, "D5:E8"),
    *old("hidden", X, Y, "hidden", "Old"),
    *old("hidden_rows", X, Y, "1 .*hidden"),
    *old("dates", (0, 1, 30), Y, "2024-01-31"),
    *old("booleans", X, (1, 0, 1)),
    *old("error_elsewhere"),
    *old("texts"),
    *old("footer", X, Y, "total"),
    *old("long", tuple(range(1, 401)), tuple(n / 8 for n in range(400))),
    *(
        refused(f"error-{end}", OLD[f"error.{end}"], "B3", "#DIV/0!", file=f"error.{end}")
        for end in ("xls", "xlsb")
    ),
    *(
        refused(f"locked-{end}", OLD[f"locked.{end}"], "password", file=f"locked.{end}")
        for end in ("xls", "xlsx")
    ),
    *(
        refused(f"cut-{end}", OLD[f"long.{end}"][:6000], file=f"long.{end}")
        for end in ("xls", "xlsb")
    ),
]

WEB = b"<html><table><tr><td>x</td><td>y</td></tr><tr><td>1</td><td>2</td></tr></table></html>"
NAMES = [
    read("xlsm", book(), file="data.xlsm"),
    read("capitals", book(), file="DATA.XLSX"),
    read("xls-called-xlsx", OLD["plain.xls"], X, Y, "Data", file="data.xlsx"),
    read("xlsb-called-xls", OLD["plain.xlsb"], X, Y, "Data", file="data.xls"),
    read("ods-called-csv", ods(table(*TABLE)), X, Y, "Data"),
    read("csv-called-xlsx", "x,y\n1,10.5\n2,20.5\n3,30.5\n", file="data.xlsx"),
    read("tabs-called-xls", "x\ty\n1\t10.5\n2\t20.5\n3\t30.5\n".encode("utf-16"), file="data.xls"),
    refused("page-called-xls", WEB, file="data.xls"),
    refused("cut", cut(book(), 0.5), file="data.xlsx"),
    refused("cut-at-the-end", cut(book(), 0.99), file="data.xlsx"),
    refused("head-only", b"PK\x03\x04", file="data.xlsx"),
    refused("ole-head-only", bytes.fromhex("d0cf11e0a1b11ae1"), file="data.xls"),
    refused("zip-of-texts", zipped(notes="x,y", data=NEVER), file="data.xlsx"),
    refused("document", zipped(word__document_xml="<a/>"), file="data.xlsx"),
    refused("empty-xlsx", b"", file="data.xlsx"),
]

CASES = [
    *(replace(case, file="data.xlsx") for case in XLSX),
    *(replace(case, file="data.ods") for case in ODS),
    *OLDER,
    *NAMES,
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_messy_workbook(tmp_path: Path, case: Messy) -> None:
    check(case, tmp_path)


def test_cells_without_their_column_are_not_lost(tmp_path: Path) -> None:
    # Some programs write an .xlsb so; a reader that does not know it sees the first column only.
    path = tmp_path / "data.xlsb"
    path.write_bytes(OLD["short_cells.xlsb"])
    with suppress(DataError):
        assert columns(read_data(path)) == (X, Y)


def test_each_has_its_own_name() -> None:
    assert len({case.label for case in CASES}) == len(CASES)
