"""Passes of a run of which the states are known, and how all their columns follow."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from sheetgd.engine.arrays import FloatArray, IntArray, Workspace, step_program
from sheetgd.lesson import Lesson
from sheetgd.maths.tracing import ROW, ROWS, state_columns

AT_ONCE = 65_536
"""So many rows are taken at once: their numbers stay where the processor has them at hand."""

Writer = Callable[[FloatArray, slice], None]
"""Fills an array with a column: a line for each pass, and in it some of the rows."""


@dataclass(frozen=True, kw_only=True)
class Passes:
    """Some passes one after the other.

    Attributes:
        lesson: the lesson.
        count: how many passes there are.
        starts: the state before each, a line for each.
        known: what fills an array with a column that need not be computed: the state before
            each row by its names, and what else is known.
        after: the state that the last row leaves, if the columns of new parameters, and of what
            else is carried on, are to be filled with what the next row starts from; None where
            they are computed.
        order: the data rows in the order in which they are taken, counted from 0: a line for
            each pass; None where they are in their own order in every pass.
        part: the rows that are looked at, all of them or, in one pass, some.
        by: in so many rows, or a multiple of that, the rows are best taken.
        holds: tells from the squared errors, once they are computed, whether these passes are
            what they seem, with all parts before this one; None where that is known, and for
            parts that others follow.
    """

    lesson: Lesson
    count: int
    starts: FloatArray
    known: Mapping[str, Writer]
    after: FloatArray | None = None
    order: IntArray | None = None
    part: slice = field(default_factory=lambda: slice(None))
    by: int = 1
    holds: Callable[[FloatArray], bool] | None = None

    @property
    def rows(self) -> range:
        """The rows that are looked at, counted from 0."""
        return range(self.lesson.rows)[self.part]

    def fill(self, out: Mapping[str, FloatArray], workspace: Workspace | None = None) -> None:
        """Fill arrays with the columns that they are named after."""
        lesson, shape = self.lesson, (self.count, len(self.rows))
        known = {**self.known, **self._data()}
        following = {} if self.after is None else self._following()
        wanted = tuple(name for name in out if name not in known and name not in following)
        program = step_program(lesson.method, wanted)
        read = {following[name] for name in out if name in following}
        needed = [name for name in known if name in out or name in read or program.needs(name)]
        given = {**lesson.settings, ROWS: float(lesson.rows)}
        whole = {name: values.reshape(shape) for name, values in out.items()}
        workspace = Workspace() if workspace is None else workspace
        room = Workspace()
        with np.errstate(all="ignore"):
            for part in self._parts():
                window = {name: values[:, part] for name, values in whole.items()}
                spare = room.rooms(len(needed), (self.count, part.stop - part.start))
                cells = {name: window.get(name, spare[at]) for at, name in enumerate(needed)}
                for name, cell in cells.items():
                    known[name](cell, part)
                if self.after is not None:
                    self._fill_following(window, cells, whole, part, self.after)
                if wanted:
                    program(given | cells, {name: window[name] for name in wanted}, workspace)

    def _parts(self) -> Iterator[slice]:
        """The rows, as many at once as there is room for."""
        rows = len(self.rows)
        at_once = max(1, AT_ONCE // (self.count * self.by)) * self.by
        return (slice(first, min(first + at_once, rows)) for first in range(0, rows, at_once))

    def _fill_following(
        self,
        window: Mapping[str, FloatArray],
        cells: Mapping[str, FloatArray],
        whole: Mapping[str, FloatArray],
        part: slice,
        after: FloatArray,
    ) -> None:
        """Fill columns that hold what the next row, or the next pass, starts from."""
        for place, (column, name) in enumerate(self._following().items()):
            if column not in window:
                continue
            window[column][:, :-1] = cells[name][:, 1:]
            if part.start:
                whole[column][:, part.start - 1] = cells[name][:, 0]
            if part.stop == len(self.rows):
                window[column][:-1, -1] = self.starts[1:, place]
                window[column][-1, -1] = after[place]

    def _following(self) -> Mapping[str, str]:
        """The columns that hold what the next row starts from, by that number's name."""
        return {column: name for name, column in state_columns(self.lesson.method).items()}

    def _data(self) -> Mapping[str, Writer]:
        """What fills an array with the data, as the passes take the rows."""
        arrays, rows = self.lesson.arrays, self.rows

        def writer(values: FloatArray) -> Writer:
            here = values[self.part]

            def write(out: FloatArray, part: slice) -> None:
                out[...] = here[part] if self.order is None else values[self.order[:, part]]

            return write

        def number(out: FloatArray, part: slice) -> None:
            out[...] = np.arange(rows.start + 1.0, rows.stop + 1)[part]

        return {"x": writer(arrays.x), "y": writer(arrays.y), ROW: number}


def copying(values: FloatArray) -> Writer:
    """What fills an array with these values: a line for each pass."""

    def write(out: FloatArray, part: slice) -> None:
        out[...] = values[:, part]

    return write
