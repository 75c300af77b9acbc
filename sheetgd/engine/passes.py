"""Passes of a run of which the states are known, and how all their columns follow."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from sheetgd.engine.arrays import FloatArray, IntArray, Workspace, step_program
from sheetgd.lesson import Lesson
from sheetgd.maths.tracing import ROW, ROWS

AT_ONCE = 16_384
"""So many rows are taken at once: their numbers stay where the processor has them at hand."""

Writer = Callable[[FloatArray], None]
"""Fills an array with a column."""


@dataclass(frozen=True, kw_only=True)
class Passes:
    """Some passes one after the other.

    Attributes:
        lesson: the lesson.
        count: how many passes there are.
        starts: the state before each, a line for each.
        known: what fills an array with a column that need not be computed: the state before
            each row by its names, and what else is known.
        following: columns that hold what the next row starts from, by that number's name.
        after: for these, what the last row leaves.
        order: the data rows in the order in which they are taken, counted from 0: a line for
            each pass; None where they are in their own order in every pass.
    """

    lesson: Lesson
    count: int
    starts: FloatArray
    known: Mapping[str, Writer]
    following: Mapping[str, str] = field(default_factory=dict)
    after: Mapping[str, float] = field(default_factory=dict)
    order: IntArray | None = None

    def fill(self, out: Mapping[str, FloatArray], workspace: Workspace | None = None) -> None:
        """Fill arrays with the columns that they are named after."""
        lesson, total = self.lesson, self.count * self.lesson.rows
        known = {**self.known, **self._data()}
        wanted = tuple(name for name in out if name not in known and name not in self.following)
        program = step_program(lesson.method, wanted)
        cells: dict[str, FloatArray] = {}
        read = {self.following[name] for name in out if name in self.following}
        for name, write in known.items():
            if name in out or name in read or program.needs(name):
                cells[name] = out[name] if name in out else np.empty(total)
                write(cells[name])
        for name in out.keys() & self.following.keys():
            out[name][:-1] = cells[self.following[name]][1:]
            out[name][-1] = self.after[name]
        if wanted:
            settings = {**lesson.settings, ROWS: float(lesson.rows)}
            workspace = Workspace() if workspace is None else workspace
            with np.errstate(all="ignore"):
                for first in range(0, total, AT_ONCE):
                    part = slice(first, first + AT_ONCE)
                    given = {name: values[part] for name, values in cells.items()}
                    results = {name: out[name][part] for name in wanted}
                    program({**settings, **given}, results, workspace)

    def _data(self) -> Mapping[str, Writer]:
        """What fills an array with the data, as the passes take the rows."""
        arrays, shape = self.lesson.arrays, (self.count, self.lesson.rows)

        def writer(values: FloatArray) -> Writer:
            def write(out: FloatArray) -> None:
                out.reshape(shape)[...] = values if self.order is None else values[self.order]

            return write

        numbers = np.arange(1.0, self.lesson.rows + 1)

        def number(out: FloatArray) -> None:
            out.reshape(shape)[...] = numbers

        return {"x": writer(arrays.x), "y": writer(arrays.y), ROW: number}


def copying(values: FloatArray) -> Writer:
    """What fills an array with these values."""

    def write(out: FloatArray) -> None:
        out[...] = values

    return write
