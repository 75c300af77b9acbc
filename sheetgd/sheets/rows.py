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

from sheetgd.descent.loss import Loss, Metric
from sheetgd.descent.model import Model
from sheetgd.descent.step import Step, row_slopes
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
from sheetgd.lesson.data import Arrays
from sheetgd.lesson.lesson import Lesson
from sheetgd.sheets.cells import Following, LongTable, Look, Style, TableColumn
from sheetgd.sheets.sheet import Draft, Page, Prompt
from sheetgd.sheets.words import WHOLE, listed

TITLE: Final = "Rows"
FIRST_ROW: Final = 6
COMPLETE: Final = "complete"
INCOMPLETE: Final = "not complete"


def in_sums(name: str) -> str:
    """Return the header of a column of the data that arithmetic on whole columns reads."""
    return f"{name} in sums"


_WIDTH = 13.0


@dataclass(frozen=True)
class Used:
    """Where a section's pages find the rows that are used; all of the lesson's are complete.

    Attributes:
        sheet: the title of the page that has them.
        data: the inputs and y of the rows.
        names: what the inputs are called in formulas.
    """

    sheet: str
    data: Arrays
    names: tuple[str, ...]

    @property
    def rows(self) -> int:
        """How many rows of data there are, complete or not."""
        return len(self.data.y)

    @cached_property
    def headers(self) -> Mapping[str, str]:
        """The columns, and what each holds."""
        given = (*self.names, "y")
        each = "both" if len(given) == 2 else "all"  # noqa: PLR2004  x and y
        whole = {name: f"Its {name}, or nothing where the row is not complete." for name in given}
        summed = {
            in_sums(name): f"{name}, or some number in its place where the row counts for 0."
            for name in given
        }
        return {
            "row": "The row of the data.",
            **whole,
            COMPLETE: f"1 where {listed(given)} are {each} numbers, else 0.",
            **summed,
            INCOMPLETE: "The sheet's row that is to be completed.",
        }

    def cell(self, header: str, row: int = 0) -> Leaf:
        """Return a row's cell, for other pages; rows are counted from 0."""
        return cell(self.place(header, row), float(self._held(header)[row]), sheet=self.sheet)

    def column(self, header: str) -> Leaf:
        """Return a column, for other pages."""
        ends = self.place(header, 0), self.place(header, self.rows - 1)
        return cells(Formula.range(*ends, sheet=self.sheet), self._held(header))

    def _held(self, header: str) -> Any:  # noqa: ANN401  an array, or some texts
        if header == INCOMPLETE:
            return ("",) * self.rows
        if header == COMPLETE:
            return np.ones(self.rows)
        values = dict(zip(self.names, self.data.inputs, strict=True)) | {"y": self.data.y}
        return values[header.removesuffix(in_sums(""))]

    def first(self, rows: int) -> "Used":
        """Return the first of the rows by themselves."""
        inputs = tuple(each[:rows] for each in self.data.inputs)
        return replace(self, data=Arrays(inputs, self.data.y[:rows]))

    @cached_property
    def inputs(self) -> list[Leaf]:
        """The columns of the inputs, for arithmetic; use them within `summed` only."""
        return [self.column(in_sums(name)) for name in self.names]

    @cached_property
    def y(self) -> Leaf:
        """All y, for arithmetic; use it within `summed` only."""
        return self.column(in_sums("y"))

    @cached_property
    def count(self) -> Expression:
        """How many rows are complete."""
        return count(self.column(self.names[0]))

    def summed(self, values: Expression) -> Expression:
        """Sum over the complete rows."""
        return total_where(values, self._complete)

    @cached_property
    def _complete(self) -> Leaf:
        return self.column(COMPLETE)

    def mean(self, values: Expression) -> Expression:
        """Average over the complete rows."""
        return self.summed(values) / self.count

    def metric(
        self, model: Model, loss: Loss, metric: Metric, parameters: Sequence[Expression]
    ) -> Expression:
        """Compute a metric with the parameters held, over the complete rows."""
        errors = loss.of_row(model, self.inputs, self.y, parameters)
        found: Expression = metric.of_sum(self.summed(errors), self.count)
        return found

    def slopes(self, method: Step, cells: Mapping[str, Expression]) -> Sequence[Expression]:
        """Return the rows' derivatives by each parameter, to be used within `summed`.

        Args:
            method: the choices of a step.
            cells: the parameters, and nudge.
        """
        row = {**cells, **dict(zip(method.model.inputs, self.inputs, strict=True)), "y": self.y}
        return row_slopes(method, row)

    def place(self, header: str, row: int) -> Address:
        """Return where a row's cell stands on the page."""
        return Address(FIRST_ROW + row, 1 + list(self.headers).index(header))


HELD_OUT: Final = "Validation rows"
"""The title of the page of the rows that are held back and complete."""


def held_out_rows(lesson: Lesson) -> Used | None:
    """Return the rows that are held back for validation; None where none are."""
    rows = lesson.held_out
    return None if rows is None else Used(HELD_OUT, rows, lesson.model.inputs)


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
        typed: the main page's cell of an input or y in a row, counted from 0.
        formats: how they are shown.
        reconstructed: the rows, counted from 1, that are a reconstruction: they look like it.
        label: what a column is headed with, by its header.
        main: the title of the main page.
    """
    draft = Draft()
    draft.title("A1", "The rows in use")
    draft.put(
        "A2",
        f"The data are typed in on the page {main}. Here each row stands once more, if its "
        f"{listed((*used.names, 'y'))} are {'both' if len(used.names) == 1 else 'all'} numbers; "
        "all other pages read it here.",
        Look.NOTE,
    )
    draft.put(
        "A3",
        "A row that is not complete counts nowhere. This page can be hidden.",
        Look.NOTE,
    )
    prompts = []
    for right, (header, meaning) in enumerate(used.headers.items(), start=1):
        place = draft.put(Address(FIRST_ROW - 1, right), label(header), Look.HEADER)
        prompts.append(Prompt(place, label(header), meaning))
    instead = {}
    for name in used.names:
        # Over the column: what stands in it for a missing one. There the model has a value.
        place = used.place(in_sums(name), -2)
        if name == used.names[0]:
            draft.put(place.moved(right=-1), "in its place", Look.LABEL)
        values = replace(used, sheet="").column(name)
        instead[name] = draft.show(place, maximum(values), Look.RESULT, formats[name])
    columns = _columns(used, typed, main, instead)
    return Page(
        title=used.sheet,
        widths={Address(1, column).letters: _WIDTH for column in range(1, 1 + len(used.headers))}
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
                    style=Style(Look.RESULT, formats.get(header.removesuffix(in_sums("")), WHOLE)),
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
    instead: Mapping[str, Leaf],
) -> dict[str, Callable[[int], Expression]]:
    """Return what each column holds in a row, as an expression."""
    names = (*used.names, "y")
    columns = zip(names, (*used.data.inputs, used.data.y), strict=True)
    data = {name: values.tolist() for name, values in columns}

    def given(name: str, row: int) -> Expression:
        return cell(typed(name, row), data[name][row], sheet=main)

    def every(row: int) -> Expression:
        together = Formula.range(typed(names[0], row), typed("y", row), fixed=False, sheet=main)
        return cells(together, [data[name][row] for name in names])

    def complete(row: int) -> Expression:
        return cell(used.place(COMPLETE, row), 1)

    def only(name: str, otherwise: Expression | str) -> Callable[[int], Expression]:
        return lambda row: when(compared(complete(row), "=", 1), given(name, row), otherwise)

    return {
        "row": lambda row: constant(row + 1),
        **{name: only(name, "") for name in names},
        COMPLETE: lambda row: when(compared(count(every(row)), "=", len(names)), 1, 0),
        **{in_sums(name): only(name, other) for name, other in instead.items()},
        in_sums("y"): only("y", constant(0)),
        INCOMPLETE: lambda row: when(
            compared(complete(row), "=", 1), "", row_number(typed(names[0], row), sheet=main)
        ),
    }
