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
from sheetgd.descent.scaling import NO_SCALE, SCALES, scaled
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
from sheetgd.sheets.sheet import Draft, Page
from sheetgd.sheets.words import WHOLE, listed

TITLE: Final = "Rows"
FIRST_ROW: Final = 6
_SCALING: Final = (-3, -2)
"""So far above its first row stands how a column is scaled."""

COMPLETE: Final = "complete"
INCOMPLETE: Final = "not complete"


def before_scaling(name: str) -> str:
    """Return the header of an input as it was typed in, where it is scaled."""
    return f"data {name}"


def in_sums(name: str) -> str:
    """Return the header of a column of the data that arithmetic on whole columns reads."""
    return f"{name} in sums"


_WIDTH = 13.0


@dataclass(frozen=True)
class Used:
    """Where a section's pages find the rows that are used; all of the lesson's are complete.

    Attributes:
        sheet: the title of the page that has them.
        data: the inputs and y of the rows, as the model reads them.
        typed: the same as they are typed in, by what formulas call them; y is the last.
        scale: how the inputs are scaled.
        scaled_on: the page whose rows they are scaled by, if that is another one.
    """

    sheet: str
    data: Arrays
    typed: Mapping[str, Sequence[float]]
    scale: str = NO_SCALE
    scaled_on: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """What the inputs are called."""
        return tuple(self.typed)[:-1]

    @property
    def rows(self) -> int:
        """How many rows of data there are, complete or not."""
        return len(self.data.y)

    @property
    def data_headers(self) -> tuple[str, ...]:
        """The columns that hold the data: as typed where they are scaled, then as read."""
        before = map(before_scaling, self.names) if self.data.scaling else ()
        return (*before, *self.names, "y")

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
        before = {
            before_scaling(name): f"{name} as it was typed in, or nothing." for name in self.names
        }
        if self.data.scaling:
            whole |= {
                name: f"{name}, scaled, or nothing where the row is not complete."
                for name in self.names
            }
        return {
            "row": "The row of the data.",
            **(before if self.data.scaling else {}),
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
        return self._arrays[header.removesuffix(in_sums(""))]

    @cached_property
    def _arrays(self) -> Mapping[str, Any]:
        values = dict(zip(self.names, self.data.inputs, strict=True)) | {"y": self.data.y}
        return values | {before_scaling(name): np.array(self.typed[name]) for name in self.names}

    def first(self, rows: int) -> "Used":
        """Return the first of the rows by themselves."""
        inputs = tuple(each[:rows] for each in self.data.inputs)
        typed = {name: values[:rows] for name, values in self.typed.items()}
        return replace(
            self, data=replace(self.data, inputs=inputs, y=self.data.y[:rows]), typed=typed
        )

    def as_typed(self, name: str) -> Leaf:
        """Return the column of an input as it is typed in; texts are empty there."""
        return self.column(before_scaling(name) if self.data.scaling else name)

    def scaled(self, name: str, value: Expression, *, sheet: str | None = None) -> Expression:
        """Scale a value of an input as the rows are scaled, for other pages or for a sheet."""
        if not self.data.scaling:
            return value
        return scaled(value, *self.scaling(name, sheet=sheet))

    def scaling(self, name: str, *, sheet: str | None = None) -> tuple[Leaf, Leaf]:
        """Return the cells of what is taken from an input, and what the rest is divided by."""
        one, other = (
            cell(
                self.place(name, up),
                self.data.scaling[self.names.index(name)][which],
                fixed=True,
                sheet=self.scaled_on or (self.sheet if sheet is None else sheet),
            )
            for which, up in enumerate(_SCALING)
        )
        return one, other

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
    if rows is None or lesson.held_data is None:
        return None
    every = (*(each.values for each in lesson.held_data.inputs), lesson.held_data.y)
    typed = dict(zip(lesson.columns, every, strict=True))
    return Used(HELD_OUT, rows, typed, lesson.method.scale, scaled_on=TITLE)


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
    words = (
        (
            f"The data are typed in on the page {main}. Here each row stands once more, if its "
            f"{listed((*used.names, 'y'))} are {'both' if len(used.names) == 1 else 'all'} "
            "numbers; all other pages read it here."
        ),
        "A row that is not complete counts nowhere. This page can be hidden.",
    )
    notes = [" ".join(words)] if used.data.scaling else words
    for down, note in enumerate(notes):
        draft.put(Address(2 + down, 1), note, Look.NOTE)
    headers = ((label(header), meaning) for header, meaning in used.headers.items())
    prompts = draft.explained(Address(FIRST_ROW - 1, 1), headers)
    instead = {}
    for name in used.names:
        # Over the column: what stands in it for a missing one. There the model has a value.
        place = used.place(in_sums(name), -2)
        if name == used.names[0]:
            draft.put(place.moved(right=-1), "in its place", Look.LABEL)
        values = replace(used, sheet="").column(name)
        instead[name] = draft.show(place, maximum(values), Look.RESULT, formats[name])
    _put_scaling(draft, used)
    columns = _columns(used, typed, main, instead)
    return Page(
        title=used.sheet,
        widths={Address(1, column).letters: _WIDTH for column in range(1, 1 + len(used.headers))}
        | {"A": 8.0},
        cells=tuple(draft.cells),
        heights=draft.heights,
        prompts=prompts,
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


def _put_scaling(draft: Draft, used: Used) -> None:
    """Put over each scaled input what is taken from it, and what the rest is divided by."""
    if not used.data.scaling or used.scaled_on:
        return
    scale = SCALES[used.scale]
    for (title, compute), up in zip((scale.centre, scale.spread), _SCALING, strict=True):
        draft.put(Address(FIRST_ROW + up, 1), title, Look.LABEL)
        for name in used.names:
            column = replace(used, sheet="").as_typed(name)
            draft.show(used.place(name, up), compute(column), Look.RESULT)


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
    data = used.typed

    def given(name: str, row: int) -> Expression:
        return cell(typed(name, row), data[name][row], sheet=main)

    def every(row: int) -> Expression:
        together = Formula.range(typed(names[0], row), typed("y", row), fixed=False, sheet=main)
        return cells(together, [data[name][row] for name in names])

    def complete(row: int) -> Expression:
        return cell(used.place(COMPLETE, row), 1)

    def only(
        name: str, otherwise: Expression | str, *, raw: bool = False
    ) -> Callable[[int], Expression]:
        def found(row: int) -> Expression:
            value = given(name, row)
            if not raw and name in used.names:
                value = used.scaled(name, value, sheet="")
            return when(compared(complete(row), "=", 1), value, otherwise)

        return found

    return {
        "row": lambda row: constant(row + 1),
        **{
            before_scaling(name): only(name, "", raw=True)
            for name in (used.names if used.data.scaling else ())
        },
        **{name: only(name, "") for name in names},
        COMPLETE: lambda row: when(compared(count(every(row)), "=", len(names)), 1, 0),
        **{in_sums(name): only(name, other) for name, other in instead.items()},
        in_sums("y"): only("y", constant(0)),
        INCOMPLETE: lambda row: when(
            compared(complete(row), "=", 1), "", row_number(typed(names[0], row), sheet=main)
        ),
    }
