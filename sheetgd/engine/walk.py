"""Passes of a run taken row by row, and what all their columns hold."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat

import numpy as np

from sheetgd.engine.arrays import FloatArray, IntArray, Workspace, same_on_arrays, step_program
from sheetgd.engine.literal import State, as_array, row_by_row
from sheetgd.lesson import Lesson
from sheetgd.maths.chance import orders
from sheetgd.maths.loss import Loss
from sheetgd.maths.quantity import rounded
from sheetgd.maths.tracing import ROW, ROWS, column_expressions, state_columns

AT_ONCE = 16_384
"""So many rows are taken at once: their numbers stay where the processor has them at hand."""


@dataclass(frozen=True)
class Passes:
    """Some passes one after the other, before their columns are computed.

    Attributes:
        lesson: the lesson.
        cells: of every row, pass after pass: the state before it by its names, and those
            columns that are known already.
        order: the data rows in the order in which they are taken, counted from 0: a line for
            each pass; None where they are in their own order in every pass.
        count: how many passes there are.
    """

    lesson: Lesson
    cells: Mapping[str, FloatArray]
    order: IntArray | None
    count: int

    def states(self) -> FloatArray:
        """The state before each pass, a line for each."""
        names = state_columns(self.lesson.method)
        rows = self.lesson.rows
        return np.array([self.cells[name][::rows] for name in names]).T

    def data(self, values: FloatArray) -> FloatArray:
        """A number of each data row, as the passes take the rows."""
        if self.order is not None:
            return values[self.order].ravel()
        return values if self.count == 1 else np.tile(values, self.count)

    def fill(self, out: Mapping[str, FloatArray], workspace: Workspace | None = None) -> None:
        """Fill arrays with the columns that they are named after."""
        lesson, rows = self.lesson, self.lesson.rows
        cells = {**self.cells, "x": self.data(lesson.arrays.x), "y": self.data(lesson.arrays.y)}
        wanted = [name for name in out if name not in cells]
        program = step_program(lesson.method, tuple(wanted))
        if program.needs(ROW):
            cells[ROW] = np.tile(np.arange(1.0, rows + 1), self.count)
        settings = {**lesson.settings, ROWS: float(rows)}
        workspace = Workspace() if workspace is None else workspace
        for first in range(0, self.count * rows, AT_ONCE):
            part = slice(first, first + AT_ONCE)
            given = {name: values[part] for name, values in cells.items()}
            if wanted:
                with np.errstate(all="ignore"):
                    results = {name: out[name][part] for name in wanted}
                    program({**settings, **given}, results, workspace)
            for name in out.keys() - set(wanted):
                out[name][part] = given[name]


class Walk:
    """A run row by row, from any state on.

    Args:
        lesson: the lesson.
        start: the state to begin with; None for the lesson's start.
        epoch: after how many epochs that is.
        exact: whether every number has to be the one that floats give, bit for bit.
    """

    def __init__(
        self,
        lesson: Lesson,
        start: Sequence[float] | None = None,
        *,
        epoch: int = 0,
        exact: bool = False,
    ) -> None:
        """Make the loop ready."""
        method = lesson.method
        self._lesson = lesson
        self._names = state_columns(method)
        self.state: State = first_state(lesson) if start is None else tuple(start)
        columns = column_expressions(method)
        kept = exact and not same_on_arrays(columns.values())
        self._kept = tuple(columns) if kept else ()
        self._loop = row_by_row(method, self._kept)
        self._orders = _orders(lesson)
        self._data = list(lesson.x), list(lesson.y)
        for _ in range(epoch):
            if lesson.shuffle is not None:
                next(self._orders)

    def passes(self, count: int) -> Passes:
        """Take the next passes."""
        lesson, shuffled = self._lesson, self._lesson.shuffle is not None
        decimals = lesson.method.rule.carry_decimals
        out: list[float] = []
        taken: list[Sequence[int]] = []
        repeated = 0
        x, y = self._data
        for done in range(count):
            if shuffled:
                taken.append(next(self._orders))
                x, y = ([values[row - 1] for row in taken[-1]] for values in self._data)
            before = self.state
            after = self._loop.one_pass(before, x, y, lesson.settings, out)
            if decimals is not None:
                after = tuple(rounded(value, decimals) for value in after)
            self.state = after
            if after == before and not shuffled:
                # Where an epoch changes nothing, no epoch after it will.
                repeated = count - done - 1
                break
        values = as_array(out, self._loop.width)
        if repeated:
            values = np.hstack([values, np.tile(values[:, -lesson.rows :], repeated)])
        cells = dict(zip((*self._names, *self._kept), values, strict=True))
        order = np.array(taken) - 1 if shuffled else None
        return Passes(lesson, cells, order, count)


def first_state(lesson: Lesson) -> State:
    """The state that a run begins with: the start, and nothing remembered."""
    parameters = len(lesson.start)
    return (*lesson.start, *repeat(0.0, len(state_columns(lesson.method)) - parameters))


def _orders(lesson: Lesson) -> Iterator[Sequence[int]]:
    if lesson.shuffle is None:
        return repeat(range(1, lesson.rows + 1))
    return orders(lesson.rows, lesson.shuffle)


def held_errors(lesson: Lesson, loss: Loss, state: Sequence[float]) -> list[float]:
    """The rows' errors with the parameters held still."""
    return [loss.of_row(lesson.form, x, y, state) for x, y in zip(lesson.x, lesson.y, strict=True)]
