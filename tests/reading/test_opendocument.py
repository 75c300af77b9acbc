"""Spreadsheets in the OpenDocument format: their cells, and what stands for many of them."""

import datetime as dt
import io
from pathlib import Path

import pytest

from sheetgd.expression.excel import Address, ErrorValue
from sheetgd.reading.opendocument import read_cells
from tests.support.grids import archive, grid_of, refused, shown

_NAMES = (
    " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text", "style")
    )
    + ' xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"'
)
ENCRYPTED = {"META-INF/manifest.xml": "<m><encryption-data/></m>"}


def cell(kind: str, value: str = "", text: str = "", more: str = "") -> str:
    name = {"float": "value", "percentage": "value"}.get(kind, f"{kind}-value")
    value = f'office:{name}="{value}"' if value else ""
    kind = f'office:value-type="{kind}"' if kind else ""
    return f"<table:table-cell {kind} {value} {more}><text:p>{text}</text:p></table:table-cell>"


def row(*cells: str, more: str = "") -> str:
    return f"<table:table-row {more}>{''.join(cells)}</table:table-row>"


def table(*rows: str, more: str = 'table:name="Data"') -> str:
    return f"<table:table {more}>{''.join(rows)}</table:table>"


def ods(*tables: str, before: str = "", **parts: str) -> bytes:
    style = '<style:style style:name="off"><style:table-properties table:display="false"/>'
    content = f"{before}<office:document-content {_NAMES}>{style}</style:style>{{}}"
    end = "</office:document-content>"
    return archive({"content.xml": content.format("".join(tables)) + end, **parts})


FORMULA = 'table:formula="of:=1/0"'
MANY, WIDE = 'table:number-rows-repeated="1048000"', 'table:number-columns-repeated="16000"'


@pytest.mark.parametrize(
    ("xml", "value"),
    [
        (cell("float", "2.5", "2,5"), 2.5),
        (cell("percentage", "0.1", "10%"), 0.1),
        (cell("boolean", "true", "TRUE"), True),
        (cell("date", "2024-05-06"), dt.date(2024, 5, 6)),
        (cell("date", "2024-05-06T12:30:00"), dt.datetime(2024, 5, 6, 12, 30)),  # noqa: DTZ001
        (cell("date", "-000-1"), "-000-1"),
        (cell("time", "PT06H30M00S"), dt.time(6, 30)),
        (cell("time", "-PT48H00M00S"), dt.timedelta(days=-2)),
        (cell("time", "soon"), "soon"),
        (cell("string", text="12"), "12"),
        (
            cell("string", text="a<text:s text:c='2'/>b<text:tab/><text:span>c</text:span>d"),
            "a  b\tcd",
        ),
        (cell("string", text="#DIV/0!", more=FORMULA), "the error #DIV/0!"),
        (cell("string", text="Err:502", more='calcext:value-type="error"'), "the error Err:502"),
        (cell("", more=FORMULA), "a formula without a stored number"),
        (
            cell("float", "1").replace(
                "<text", "<office:annotation><text:p>9</text:p></office:annotation><text", 1
            ),
            1.0,
        ),
    ],
)
def test_a_cell(xml: str, value: object) -> None:
    assert shown(grid_of(ods(table(row(xml))))) == [[value]]


def test_what_stands_for_many() -> None:
    two, blank = cell("float", "2", more='table:number-columns-repeated="2"'), cell("")
    rows = (
        row(cell("", more=WIDE)),
        row(
            two,
            blank,
            cell("float", "3"),
            more='table:number-rows-repeated="3" table:visibility="filter"',
        ),
        row(cell("", more=WIDE), more=MANY),
    )
    grid = grid_of(ods(table(*rows)))
    assert (shown(grid), list(grid.numbers)) == ([[2, 2, None, 3]] * 3, [2, 3, 4])
    assert grid.notes == ("3 hidden rows are read, too",)


def test_hidden_sheets() -> None:
    hidden = table(row(cell("float", "7")), more='table:name="Old" table:style-name="off"')
    grid = grid_of(ods(hidden, table(row(cell("float", "1")))))
    assert (shown(grid), grid.notes) == ([[1]], ("hidden sheet 'Old' was passed over",))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (ods(table(row(cell("float", "2", more=WIDE), more=MANY))), "room for more than 5,500,000"),
        (
            ods(
                table(row(cell("float", "2"), more=MANY)),
                table(row(cell("float", "2"), more=MANY + MANY[0:0])),
            ),
            "",
        ),
        (
            ods(table(row(cell("float", "2", more=WIDE.replace("16000", "17000"))))),
            "where sheets end",
        ),
        (
            ods(table(row(cell("float", "2"), more=MANY.replace("48000", "49000")))),
            "where sheets end",
        ),
        (ods(table(), **ENCRYPTED), "protected with a password"),
        (ods(table(row(cell("float", "two")))), "damaged"),
        (ods(table(), before="<!DOCTYPE a>"), "document type"),
        (ods("<table:table><"), "damaged"),
        (ods(), "no sheet with cells"),
    ],
)
def test_what_is_refused(content: bytes, says: str) -> None:
    if says:
        assert says in refused(content)
    else:
        assert len(grid_of(content).rows) == 1_048_000


def test_cells_for_a_comparison() -> None:
    rows = [
        [cell("float", "2.5"), cell("string", text="a")],
        [
            cell("string", text="#N/A", more=FORMULA),
            cell("date", "2024-05-06"),
            cell("", more=FORMULA),
        ],
    ]
    content = ods(table(*(row(*cells) for cells in rows)))
    cells = read_cells(Path("book"), io.BytesIO(content))["Data"]
    values = {str(address): each.value for address, each in cells.items()}
    expected = {
        "A1": 2.5,
        "B1": "a",
        "A2": ErrorValue.NOT_AVAILABLE,
        "B2": "2024-05-06",
        "C2": None,
    }
    assert values == expected
    assert cells[Address(1, 1)].formula is None


def test_a_row_inside_another_is_refused() -> None:
    inner = row(cell("float", "2", "2"), cell("float", "3", "3"))
    outer = row(cell("float", "1", "1"), cell("float", "2", "2"), inner)
    assert "a row stands inside another" in refused(ods(table(outer)))
