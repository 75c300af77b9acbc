"""A run taken row by row."""

from collections.abc import Iterator, Sequence
from itertools import repeat

import numpy as np

from sheetgd.engine.arrays import same_on_arrays
from sheetgd.engine.literal import State, as_array, row_by_row
from sheetgd.engine.passes import Passes, copying
from sheetgd.lesson import Lesson
from sheetgd.maths.chance import orders
from sheetgd.maths.loss import Loss
from sheetgd.maths.quantity import rounded
from sheetgd.maths.tracing import column_expressions, state_columns


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
        if lesson.shuffle is not None:
            for _ in range(epoch):
                next(self._orders)

    def passes(self, count: int) -> Passes:
        """Take the next passes."""
        lesson, shuffled = self._lesson, self._lesson.shuffle is not None
        decimals = lesson.method.rule.carry_decimals
        out: list[float] = []
        taken: list[Sequence[int]] = []
        repeated = 0
        x, y = self._data
        settings = lesson.settings
        for done in range(count):
            if shuffled:
                taken.append(next(self._orders))
                x, y = ([values[row - 1] for row in taken[-1]] for values in self._data)
            before = self.state
            after = self._loop.one_pass(before, x, y, settings, out)
            if decimals is not None:
                moved = (rounded(value, decimals) for value in after[: len(lesson.start)])
                after = (*moved, *after[len(lesson.start) :])
            self.state = after
            if after == before and not shuffled:
                # Where an epoch changes nothing, no epoch after it will.
                repeated = count - done - 1
                break
        values = as_array(out, self._loop.width)
        if repeated:
            values = np.hstack([values, np.tile(values[:, -lesson.rows :], repeated)])
        by_pass = values.reshape(-1, count, lesson.rows)
        known = zip((*self._names, *self._kept), map(copying, by_pass), strict=True)
        return Passes(
            lesson=lesson,
            count=count,
            starts=values[: len(self._names), :: lesson.rows].T,
            known=dict(known),
            order=np.array(taken) - 1 if shuffled else None,
        )


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
