"""The course of a run: by whole epochs where that is the same, else row by row.

Where the step is an affine map, an epoch is one too, and any number of them costs hardly more than
one. It is the same run as long as rounding cannot have driven the two apart
(`sheetgd.engine.drift`); from there on, and for every other step, rows are taken one by one.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

import numpy as np

from sheetgd.engine.arrays import FloatArray, IntArray, Workspace, same_on_arrays
from sheetgd.engine.blocks import Blocks, blocks_of
from sheetgd.engine.epochs import whole_lines, whole_passes
from sheetgd.engine.log import Lines, Log, written_log
from sheetgd.engine.passes import AT_ONCE, Passes
from sheetgd.engine.walk import Walk, first_state, held_errors
from sheetgd.lesson import Lesson
from sheetgd.maths.chance import orders
from sheetgd.maths.loss import Loss
from sheetgd.maths.step import given_columns
from sheetgd.maths.tracing import column_expressions, state_columns

FEW_STEPS = 5_000
"""So few steps are taken one by one as quickly as epochs are put together."""

_MOST_ROWS_KEPT = 1 << 25
"""The maps to every row are kept only if they are no more numbers than that."""


@dataclass(frozen=True)
class Course:
    """A run that can tell its log and its columns, each computed when it is asked for.

    Attributes:
        lesson: the lesson.
        epochs: how many epochs are run, unless a stop rule ends them.
        exact: take every row as it is written, whatever that costs.
        every: keep the log's lines after every so many epochs, and the last.
        through: run through, whatever the stop rules say.
        on_epoch: called while the log is written; see `written_log`.
    """

    lesson: Lesson
    epochs: int
    exact: bool = False
    every: int = 1
    through: bool = False
    on_epoch: Callable[[int, int], None] | None = None

    @cached_property
    def log(self) -> Log:
        """The log."""
        return written_log(
            self.lesson,
            self._lines(),
            self.epochs,
            every=self.every,
            through=self.through,
            on_epoch=self.on_epoch,
        )

    @property
    def epochs_run(self) -> int:
        """How many epochs there are until a stop rule ends the run, or until its end."""
        lesson = self.lesson
        if self.through or (lesson.tolerance is None and not lesson.stop_diverging):
            return self.epochs
        return self.log.epochs

    @property
    def column_names(self) -> tuple[str, ...]:
        """The columns of a step: the data, the parameters, and what is computed."""
        return (*given_columns(self.lesson.form), *column_expressions(self.lesson.method))

    def order(self, passes: int) -> IntArray:
        """The data rows, counted from 1, in the order in which so many passes take them."""
        lesson = self.lesson
        if lesson.shuffle is None:
            return np.tile(np.arange(1, lesson.rows + 1), passes)
        taken = islice(orders(lesson.rows, lesson.shuffle), passes)
        return np.array(list(taken), dtype=np.int64).ravel()

    @cached_property
    def _blocks(self) -> Blocks | None:
        """What a run by whole epochs needs; None where it is none, or too short to be worth it."""
        if self.exact or self.lesson.rows * (self.epochs + 1) <= FEW_STEPS:
            return None
        return blocks_of(self.lesson)

    def _lines(self) -> Iterator[Lines]:
        done, state = 0, np.array(first_state(self.lesson))
        if self._blocks is not None:
            for lines, after in whole_lines(self._blocks, self.epochs + 1):
                done, state = done + len(lines), after
                yield lines
        for passes in self._row_by_row(state, done, self.epochs + 1):
            yield _lines_of(passes, exact=self.exact)

    def _row_by_row(self, state: FloatArray, done: int, count: int) -> Iterator[Passes]:
        """The passes from `done` to `count`, the first of which starts from that state."""
        if done == count:
            return
        walk = Walk(self.lesson, state.tolist(), epoch=done, exact=self.exact)
        at_once = max(1, AT_ONCE // self.lesson.rows)
        while done < count:
            taken = min(at_once, count - done)
            done += taken
            yield walk.passes(taken)

    def columns(self, passes: int, out: Mapping[str, FloatArray]) -> None:
        """Fill arrays with the step columns that they are named after.

        Args:
            passes: of how many passes, from the first.
            out: an array for each wanted column, with a place for each row of each pass.
        """
        lesson, column = self.lesson, self.lesson.method.error_column
        if column not in out:
            # They tell whether passes hold, wanted or not.
            out = {column: np.empty(passes * lesson.rows), **out}
        done, state = 0, np.array(first_state(lesson))
        for each, after in self._whole_passes(passes):
            self._fill(out, each, done)
            if each.rows.stop < lesson.rows:
                continue
            end = done + each.count
            errors = out[column][done * lesson.rows : end * lesson.rows]
            if each.holds is not None and not each.holds(errors):
                break
            done, state = end, after
        for each in self._row_by_row(state, done, passes):
            self._fill(out, each, done)
            done += each.count

    def _fill(self, out: Mapping[str, FloatArray], passes: Passes, done: int) -> None:
        """Fill the columns' part that is these passes'."""
        rows, here = self.lesson.rows, passes.rows
        first = done * rows + here.start
        part = slice(first, first + (passes.count - 1) * rows + len(here))
        passes.fill({name: values[part] for name, values in out.items()}, self._workspace)

    @cached_property
    def _workspace(self) -> Workspace:
        return Workspace()

    def _whole_passes(self, count: int) -> Iterator[tuple[Passes, FloatArray]]:
        lesson, size = self.lesson, len(state_columns(self.lesson.method))
        kept = lesson.rows * size * (size + 1)
        if self._blocks is not None and kept <= _MOST_ROWS_KEPT:
            yield from whole_passes(lesson, count)


def _lines_of(passes: Passes, *, exact: bool) -> Lines:
    """The lines of passes that were taken row by row."""
    lesson, method = passes.lesson, passes.lesson.method
    slopes = [f"de/d{name}" for name in lesson.form.parameters]
    shape = passes.count, lesson.rows
    wanted = {method.error_column, *slopes}
    out = {name: np.empty(passes.count * lesson.rows) for name in sorted(wanted)}
    passes.fill(out)
    states = passes.starts
    with np.errstate(all="ignore"):
        passing = method.figure.of(out[method.error_column].reshape(shape).T, lesson.rows)
        errors = _held(lesson, method.figure_loss, states, exact=exact)
        held = method.figure.of(errors.T, lesson.rows)
    moving = np.any([(out[name] != 0).reshape(shape).any(axis=1) for name in slopes], axis=0)
    return Lines(
        states=states,
        held=held,
        passing=passing,
        still=~moving,
    )


def _held(lesson: Lesson, loss: Loss, states: FloatArray, *, exact: bool) -> FloatArray:
    """The rows' errors with the parameters held still: a line for each state, a column a row."""
    count = len(lesson.form.parameters)
    if exact and not same_on_arrays([lesson.form.expression]):
        return np.array([held_errors(lesson, loss, state[:count]) for state in states.tolist()])
    parameters = [states[:, [which]] for which in range(count)]
    errors: FloatArray = loss.of_row(lesson.form, lesson.arrays.x, lesson.arrays.y, parameters)
    return np.broadcast_to(errors, (len(states), lesson.rows))
