"""Long tables of every kind of value and formula, and numbers that are hard to write."""

import random
import struct
from collections.abc import Mapping

import numpy as np

from sheetgd.expression.excel import MAX_ROWS, Address, ErrorValue, Formula, Value
from sheetgd.expression.sheet_cells import cell, joined
from sheetgd.expression.tree import Expression, Leaf, Symbol
from sheetgd.sheets.cells import LongTable, Look, Style, TableColumn
from sheetgd.xlsx.xml import looks_of, row_of

STYLES = {Style(Look.RESULT, "0.0%"): 3, Style(Look.INPUT): 4, Style(Look.NOTE): 5}
PLAIN, INPUT, NOTE = STYLES
ROWS = 700


def hostile_floats(count: int) -> list[float]:
    """Random patterns of 64 bits that are numbers, after those that are hard to write."""
    found = [0.0, -0.0, 5e-324, -5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, 1e308]
    found += [1e16, 1e15, 123456789012345678.0, 0.1, 1 / 3, 2.0**-1074 * 3, 9007199254740993.0]
    bits = random.Random(5)  # noqa: S311  the same in every run
    while len(found) < count:
        (value,) = struct.unpack("<d", bits.randbytes(8))
        if value - value == 0:
            found.append(value)
    return found


def column(values: object, *patterns: Expression, **more: object) -> TableColumn:
    return TableColumn(
        header="", values=values, style=PLAIN, patterns=patterns or None, **more  # type: ignore[arg-type]  # whatever is tested
    )  # fmt: skip


def formula_at(row: int, column: int, up: int = 0, *, fixed: bool = False) -> Leaf:
    return cell(Formula.cell(Address(row - up, column), fixed_row=fixed))


def table_of(*columns: TableColumn, row: int = 3, length: int = ROWS, kinds: int = 1) -> LongTable:
    return LongTable(
        first=Address(row, 25), length=length, columns=columns, kind=lambda step: step % kinds
    )


def mixed(*values: Value) -> list[Value]:
    return [values[row * 7 % len(values)] for row in range(ROWS)]


FLOATS = hostile_floats(ROWS)
ABOVE = formula_at(30, 2, up=1) + formula_at(30, 3, up=25) * formula_at(29, 4, fixed=True)
AWKWARD = joined('<a> & "100%" %s %d', formula_at(30, 2))
ELSEWHERE = cell(Address(4, 5), sheet="50% & <more>") + Symbol("learn")
TRUTHS = (True, False)
BROKEN = [value if row % 3 else float("nan") for row, value in enumerate(FLOATS)]
TABLES: dict[str, LongTable] = {
    "floats": table_of(column(FLOATS)),
    "computed": table_of(column(FLOATS, ABOVE), column(FLOATS[::-1], AWKWARD), row=30),
    "from the second row": table_of(column(FLOATS, formula_at(2, 2, up=1)), row=2),
    "no values": table_of(column(None, ABOVE), column([None] * ROWS, ELSEWHERE), row=30),
    "nothing at all": table_of(column(None)),
    "kinds of rows": table_of(
        column(FLOATS, ABOVE, AWKWARD, ELSEWHERE), column(range(ROWS)), kinds=3, row=30
    ),
    "arrays": table_of(
        column(np.array(FLOATS), ABOVE), column(np.arange(ROWS)), column(np.array(BROKEN)), row=30
    ),
    "numbers of NumPy": table_of(
        column(list(np.array(FLOATS)), ABOVE), column(list(np.arange(ROWS))),
        column(list(np.arange(ROWS) > 9)), row=30,
    ),
    "not all numbers": table_of(column(BROKEN, ABOVE), column([float("inf")] * ROWS), row=30),
    "errors": table_of(
        column([ErrorValue.NUMBER] * ROWS, ABOVE), column([ErrorValue.DIVISION] * ROWS), row=30
    ),
    "truths": table_of(column([True] * ROWS, ABOVE), column([False] * ROWS), row=30),
    "texts": table_of(
        column(["a < b & 5 %s\x01\ud800"] * ROWS), column(["\N{SNOWMAN} %%"] * ROWS, ABOVE), row=30
    ),
    "several in a column": table_of(
        column(mixed(1, 2.5, None, "x & y", *TRUTHS, ErrorValue.VALUE, "", Look.INPUT), ABOVE),
        column(mixed(1, 2.5, None, "x & y", *TRUTHS, ErrorValue.VALUE, "")), row=30,
    ),
    "whole and broken numbers": table_of(column(mixed(1, 2.5, -3)), column(mixed(7, 0.0), ABOVE)),
    "real numbers": table_of(column(mixed(1, 2.5, float("nan")), real=True), column(mixed(1))),
    "other styles": table_of(
        column(FLOATS, row_styles=dict.fromkeys(range(0, ROWS, 3), INPUT)),
        column(FLOATS, ABOVE, row_styles=dict.fromkeys(range(0, ROWS, 7), NOTE)), row=30,
    ),
    "far above": table_of(column(FLOATS, formula_at(500, 2, up=444)), row=500),
    "far below": table_of(column(FLOATS, formula_at(3, 2, up=-999_999)), row=3),
    "here and there": table_of(
        column(FLOATS, *(formula_at(9000, 2, up=97 * up) for up in range(60))), kinds=60, row=9000
    ),
    "one row": table_of(column([1.5], ABOVE), row=30, length=1),
    "up to the last row": table_of(column(FLOATS, formula_at(9, 2)), row=MAX_ROWS - ROWS + 1),
}  # fmt: skip


def cell_by_cell(table: LongTable, heights: Mapping[int, float]) -> str:
    looks = looks_of(STYLES)
    numbered = enumerate(table.rows(), table.first.row)
    return "".join(row_of(row, cells, looks, heights.get(row)) for row, cells in numbered)


def bits(value: float) -> bytes:
    return struct.pack("<d", value)
