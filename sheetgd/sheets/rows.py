"""Rows: the rows of the data that are complete, which all other sheets read.

Data are typed in on a main page. A row whose x or y is blank, a text or an error is not complete,
and nothing may use half of it. Formulas that take cells one by one, and those that pass texts by
(SUM, COUNT, MIN, SLOPE), read columns that are empty there. Arithmetic on whole columns takes a
text for an error: it reads columns that hold some number there, and sums with a third that is 1 in
a complete row and 0 in others.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

import numpy as np

from sheetgd.descent.gradient import row_slopes
from sheetgd.descent.loss import Loss, Metric
from sheetgd.descent.model import Model
from sheetgd.descent.step import Step
from sheetgd.expression.excel import Address, Formula
from sheetgd.expression.functions import count
from sheetgd.expression.sheet_cells import (
    cell,
    cells,
    compared,
    constant,
    maximum,
    row_number,
    total_where,
    value_of,
    when,
)
from sheetgd.expression.tree import Expression, Leaf
from sheetgd.lesson.lesson import Arrays
from sheetgd.sheets.cells import Following, LongTable, Look, Style, TableColumn
from sheetgd.sheets.sheet import Draft, Page, Prompt
from sheetgd.sheets.words import WHOLE

TITLE: Final = "Rows"
FIRST_ROW: Final = 6
HEADERS: Final = {
    "row": "The row of the data.",
    "x": "Its x, or nothing where the row is not complete.",
    "y": "Its y, or nothing where the row is not complete.",
    "complete": "1 where x and y are both numbers, else 0.",
    "x in sums": "x, or some number in its place where the row counts for 0.",
    "y in sums": "y, or some number in its place where the row counts for 0.",
    "not complete": "The sheet's row that is to be completed.",
}
"""The columns, and what each holds."""

_INSTEAD: Final = Address(FIRST_ROW - 2, 5)
"""Over the column of x in sums: what stands in it for a missing one."""

_WIDTH = 13.0


@dataclass(frozen=True)
class Used:
    """Where a section's pages find the rows that are used; all of the lesson's are complete.

    Attributes:
        sheet: the title of the page that has them.
        data: x and y of the rows.
    """

    sheet: str
    data: Arrays

    @property
    def rows(self) -> int:
        """How many rows of data there are, complete or not."""
        return len(self.data.x)

    def cell(self, header: str, row: int = 0) -> Leaf:
        """Return a row's cell, for other pages; rows are counted from 0."""
        return cell(self.place(header, row), float(self._held(header)[row]), sheet=self.sheet)

    def column(self, header: str) -> Leaf:
        """Return a column, for other pages."""
        ends = self.place(header, 0), self.place(header, self.rows - 1)
        return cells(Formula.range(*ends, sheet=self.sheet), self._held(header))

    def _held(self, header: str) -> Any:  # noqa: ANN401  an array, or some texts
        if header == "not complete":
            return ("",) * self.rows
        return np.ones(self.rows) if header == "complete" else getattr(self.data, header[0])

    def first(self, rows: int) -> "Used":
        """Return the first of the rows by themselves."""
        return replace(self, data=Arrays(self.data.x[:rows], self.data.y[:rows]))

    @cached_property
    def x(self) -> Leaf:
        """All x, for arithmetic; use it within `summed` only."""
        return self.column("x in sums")

    @cached_property
    def y(self) -> Leaf:
        """All y, for arithmetic; use it within `summed` only."""
        return self.column("y in sums")

    @cached_property
    def count(self) -> Expression:
        """How many rows are complete."""
        return count(self.column("x"))

    def summed(self, values: Expression) -> Expression:
        """Sum over the complete rows."""
        return total_where(values, self._complete)

    @cached_property
    def _complete(self) -> Leaf:
        return self.column("complete")

    def mean(self, values: Expression) -> Expression:
        """Average over the complete rows."""
        return self.summed(values) / self.count

    def metric(
        self, model: Model, loss: Loss, metric: Metric, parameters: Sequence[Expression]
    ) -> Expression:
        """Compute a metric with the parameters held, over the complete rows."""
        errors = loss.of_row(model, self.x, self.y, parameters)
        found: Expression = metric.of_sum(self.summed(errors), self.count)
        return found

    def slopes(self, method: Step, cells: Mapping[str, Expression]) -> Sequence[Expression]:
        """Return the rows' derivatives by each parameter, to be used within `summed`.

        Args:
            method: the choices of a step.
            cells: the parameters, and nudge.
        """
        row = {**cells, "x": self.x, "y": self.y}
        return row_slopes(method.gradient_rule, method.model, method.loss_function, row)

    @staticmethod
    def place(header: str, row: int) -> Address:
        """Return where a row's cell stands on the page."""
        return Address(FIRST_ROW + row, 1 + list(HEADERS).index(header))


def used_page(
    used: Used,
    typed: Callable[[str, int], Address],
    *,
    formats: Mapping[str, str],
    reconstructed: frozenset[int],
    label: Callable[[str], str],
    main: str,
) -> Page:
    """Make the page of the rows.

    Args:
        used: where things stand on it.
        typed: the main page's cell of x or y in a row, counted from 0.
        formats: how they are shown.
        reconstructed: the rows, counted from 1, that are a reconstruction: they look like it.
        label: what a column is headed with, by its header.
        main: the title of the main page.
    """
    draft = Draft()
    draft.title("A1", "The rows in use")
    draft.put(
        "A2",
        f"The data are typed in on the page {main}. Here each row stands once more, if its x and y "
        "are both numbers; all other pages read it here.",
        Look.NOTE,
    )
    draft.put(
        "A3",
        "A row that is not complete counts nowhere. This page can be hidden.",
        Look.NOTE,
    )
    prompts = []
    for right, (header, meaning) in enumerate(HEADERS.items(), start=1):
        place = draft.put(Address(FIRST_ROW - 1, right), label(header), Look.HEADER)
        prompts.append(Prompt(place, label(header), meaning))
    draft.put(_INSTEAD.moved(right=-1), "in its place", Look.LABEL)
    # At this x the model is known to have a value.
    xs = replace(used, sheet="").column("x")
    instead = draft.show(_INSTEAD, maximum(xs), Look.RESULT, formats["x"])
    columns = _columns(used, typed, main, instead)
    return Page(
        title=used.sheet,
        widths={Address(1, column).letters: _WIDTH for column in range(1, 1 + len(HEADERS))}
        | {"A": 8.0},
        cells=tuple(draft.cells),
        heights=draft.heights,
        prompts=tuple(prompts),
        table=LongTable(
            first=Address(FIRST_ROW, 1),
            length=used.rows,
            columns=tuple(
                TableColumn(
                    header=header,
                    values=_values(used.rows, tree),
                    style=Style(Look.RESULT, formats.get(header[0], WHOLE)),
                    patterns=None if header == "row" else (tree(0),),
                    row_styles={
                        row - 1: Style(Look.RECONSTRUCTED_RESULT, formats[header])
                        for row in reconstructed
                        if header in formats
                    },
                )
                for header, tree in columns.items()
            ),
            kind=lambda _: 0,
        ),
        frozen=Address(FIRST_ROW, 1),
        header_row=FIRST_ROW - 1,
    )


def _values(rows: int, tree: Callable[[int], Expression]) -> Following:
    return Following(rows, lambda row: value_of(tree(row)))


def _columns(
    used: Used,
    typed: Callable[[str, int], Address],
    main: str,
    instead: Leaf,
) -> dict[str, Callable[[int], Expression]]:
    """Return what each column holds in a row, as an expression."""
    data = {"x": used.data.x.tolist(), "y": used.data.y.tolist()}

    def given(name: str, row: int) -> Expression:
        return cell(typed(name, row), data[name][row], sheet=main)

    def both(row: int) -> Expression:
        ends = (typed(name, row) for name in ("x", "y"))
        pair = Formula.range(*ends, fixed=False, sheet=main)
        return cells(pair, [data[name][row] for name in ("x", "y")])

    def complete(row: int) -> Expression:
        return cell(used.place("complete", row), 1)

    def only(name: str, otherwise: Expression | str) -> Callable[[int], Expression]:
        return lambda row: when(compared(complete(row), "=", 1), given(name, row), otherwise)

    return {
        "row": lambda row: constant(row + 1),
        "x": only("x", ""),
        "y": only("y", ""),
        "complete": lambda row: when(compared(count(both(row)), "=", 2), 1, 0),
        "x in sums": only("x", instead),
        "y in sums": only("y", constant(0)),
        "not complete": lambda row: when(
            compared(complete(row), "=", 1), "", row_number(typed("x", row), sheet=main)
        ),
    }
