"""A workbook of one long step table, for us and for the writers that we are held against."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

import sheetgd
from benchmarks.problem import NUDGE, STEP_HEADERS, lesson
from sheetgd.descent.step import step_columns
from sheetgd.engine.run import descend
from sheetgd.expression.excel import Address, Formula
from sheetgd.expression.functions import remainder
from sheetgd.expression.sheet_cells import cell, cells, constant, formula_of, index
from sheetgd.expression.tree import Expression, Leaf
from sheetgd.sheets.book import Book
from sheetgd.sheets.cells import LongTable, Look, Style, TableColumn
from sheetgd.sheets.sheet import Draft, Page
from sheetgd.xlsx.write import save_workbook

DATA_ROWS = 20
HEADER_ROW = DATA_ROWS + 2
FIRST_ROW = HEADER_ROW + 1
_SETTINGS_COLUMN = 3
_NUMBER = "#,##0.0##"


class Holds(StrEnum):
    """What the table's cells hold."""

    BOTH = "formulas and values"
    FORMULAS = "formulas alone"
    VALUES = "values alone"


@dataclass(frozen=True, slots=True)
class Steps:
    """So many steps of the descent: what their twelve columns show, and the formulas behind.

    A column has one formula for the first row and one for all others, as filled down from
    the first.
    """

    rows: int
    shown: Mapping[str, Sequence[float]]
    patterns: Mapping[str, tuple[Expression, Expression]]

    def formulas(self) -> list[list[str]]:
        """Write the formulas as other writers want them, column by column."""
        fillings = [
            [formula_of(each).filling() for each in self.patterns[name]] for name in STEP_HEADERS
        ]
        return [
            [f"={filling[_kind(row)].down(row)}" for row in range(self.rows)]
            for filling in fillings
        ]


@lru_cache(maxsize=4)
def steps(rows: int) -> Steps:
    """Make this many steps over 20 data rows."""
    given = lesson(DATA_ROWS)
    table = descend(given, -(-rows // DATA_ROWS)).steps_table()[:rows]
    values = {name: table[name].tolist() for name in STEP_HEADERS}
    return Steps(rows, values, _patterns(given))


def book(made: Steps, holds: Holds) -> Book:
    """Make the workbook before any writer has seen it: the data on top, the table below."""
    draft, given = Draft(), lesson(DATA_ROWS)
    settings = (given.training.learning_rate, NUDGE, *given.training.start)
    for column, values in enumerate((given.data.x, given.data.y, settings), start=1):
        for row, value in enumerate(values, start=1):
            draft.put(Address(row, column), value, Look.INPUT)
    for column, header in enumerate(STEP_HEADERS, start=1):
        draft.put(Address(HEADER_ROW, column), header, Look.HEADER)
    columns = tuple(
        TableColumn(
            header=name,
            values=None if holds is Holds.FORMULAS else made.shown[name],
            style=Style(Look.RESULT, _NUMBER),
            patterns=None if holds is Holds.VALUES else made.patterns[name],
        )
        for name in STEP_HEADERS
    )
    table = LongTable(first=Address(FIRST_ROW, 1), length=made.rows, columns=columns, kind=_kind)
    return Book("Steps", (Page(title="Steps", widths={}, cells=tuple(draft.cells), table=table),))


def save(content: Book, path: Path) -> None:
    """Write a workbook to a file, as quickly as we can."""
    with path.open("wb") as stream:
        save_workbook(content, stream, compress="fast")


def _kind(row: int) -> int:
    return min(row, 1)


def _patterns(given: sheetgd.Lesson) -> dict[str, tuple[Expression, Expression]]:
    row: dict[str, Expression] = {
        name: cell(Address(FIRST_ROW, column)) for column, name in enumerate(STEP_HEADERS, start=1)
    }
    row |= {"learn": _setting(1), "nudge": _setting(2)}
    which = remainder(cell(Formula.name("ROW()")) - FIRST_ROW, constant(DATA_ROWS)) + 1
    patterns: dict[str, tuple[Expression, Expression]] = {}
    for column, name in enumerate(("x", "y"), start=1):
        data = cells(Formula.range(Address(1, column), Address(DATA_ROWS, column)))
        taken = index(data, which)
        patterns[name] = (taken, taken)
    for place, name in enumerate(given.model.parameters, start=3):
        column = STEP_HEADERS.index(f"new_{name}") + 1
        patterns[name] = (_setting(place), cell(Address(FIRST_ROW - 1, column)))
    for each in step_columns(given.step):
        found: Expression = each.compute(row)
        patterns[each.name] = (found, found)
    return patterns


def _setting(row: int) -> Leaf:
    """Refer to the cell of a setting: learn, nudge, then the start."""
    return cell(Address(row, _SETTINGS_COLUMN), fixed=True)
