"""The log of a run: what each epoch's line says, and where the run diverges or stops."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from sheetgd.descent.loss import best_so_far, epochs_waited
from sheetgd.descent.rate_verdict import (
    Ending,
    Verdict,
    data_scale,
    divergence_bound,
    ends_run,
    fitted_bound,
    move_ratio,
    moves_repeated,
    moves_squared,
    rate_verdict,
)
from sheetgd.descent.step import state_columns
from sheetgd.engine.rowwise import BoolArray, IntArray
from sheetgd.errors import LessonError
from sheetgd.expression.excel import ErrorValue
from sheetgd.expression.numbers import FloatArray
from sheetgd.expression.sheet_cells import column_of, unplaced
from sheetgd.expression.tree import Symbol
from sheetgd.lesson.lesson import Lesson


@dataclass(frozen=True, slots=True)
class Stop:
    """The epoch after which a lesson's stop rules end the run, and why."""

    epoch: int
    reason: str

    def __str__(self) -> str:
        return f"stops at epoch {self.epoch}: {self.reason}"


@dataclass(frozen=True, kw_only=True)
class Lines:
    """The log's numbers of some consecutive epochs; an array has a line for each of them.

    Attributes:
        states: the state after the epoch, which is that before the next pass; and behind it, where
            that varies, the next pass's rate.
        held: the metric with the parameters held there, over all rows.
        passing: the metric of the next pass, in which the parameters move on.
        still: whether every derivative in that pass is 0.
    """

    states: FloatArray
    held: FloatArray
    passing: FloatArray
    still: BoolArray

    def __len__(self) -> int:
        return len(self.held)


@dataclass(frozen=True, kw_only=True)
class Log:
    """The lines of a run that are kept, and what became of it.

    Attributes:
        epochs: how many epochs were run.
        numbers: after how many of them each line is.
        lines: the lines.
        watched: with a tolerance, the best metric up to each line in its sense, and below it
            for how many epochs there has been none better; None without.
        bound: the metric beyond which the run diverges.
        scale: the metric of the data's own spread: `sheetgd.descent.rate_verdict.data_scale`.
        best: the epoch whose metric is lowest, of the rows held back if there are any: its number,
            the state after it and the metric held; None where it never is a number.
        seen: for each way of diverging, the first epoch that showed it.
        undefined: whether the first that is no finite number is not a number at all.
        standstill: the first epoch from which nothing moves; None where there is none.
        stop: where the lesson's stop rules end the run; None where they do not.
        highest: the highest metric of all epochs.
        ratio: what part of a move the next epoch makes again.
    """

    epochs: int
    numbers: IntArray
    lines: Lines
    watched: FloatArray | None
    bound: float
    scale: float
    best: "tuple[int, list[float], float] | None"
    seen: Mapping[Ending, int]
    undefined: bool
    standstill: int | None
    stop: Stop | None
    highest: float
    ratio: float

    def at(self, epoch: int) -> float:
        """Return the metric held after an epoch, or at the last line that is kept before."""
        place = int(np.searchsorted(self.numbers, epoch, side="right")) - 1
        return float(self.lines.held[place])


MOST_MEMORY: Final = 2**30
"""A table of more bytes than this is not begun."""


def check_memory(numbers: int, what: str, instead: str, *names: str) -> None:
    """Refuse a table of so many numbers where they would take too much memory."""
    if 8 * numbers > MOST_MEMORY:
        # In whole numbers: no float holds the largest.
        size, most = (each // 2**20 for each in (8 * numbers, MOST_MEMORY))
        raise LessonError(
            f"{what} would take {size:,} MiB of memory, and may take {most:,}: {instead}", *names
        )


class _Kept:
    """The lines that are kept, in arrays that have room for all of them from the first."""

    def __init__(self, length: int, size: int) -> None:
        self.count = 0
        self.numbers = np.empty(length, dtype=np.int64)
        # In one piece, which takes less time to get than many.
        numbers = np.empty((size + 4, length))
        self.states, self.watched = numbers[:size], numbers[-2:]
        self.rows = dict(zip(("held", "passing"), numbers[size:-2], strict=True))
        self.still = np.empty(length, dtype=np.bool_)

    def put(
        self,
        lines: Lines,
        which: "IntArray | slice",
        numbers: IntArray,
        watched: FloatArray | None,
    ) -> None:
        """Keep those of the next lines."""
        taken = numbers[which]
        part = slice(self.count, self.count + len(taken))
        self.numbers[part] = taken
        self.states[:, part] = lines.states.T[:, which]
        for name, values in self.rows.items():
            values[part] = getattr(lines, name)[which]
        self.still[part] = lines.still[which]
        if watched is not None:
            self.watched[:, part] = watched[:, which]
        self.count = part.stop

    def lines(self) -> Lines:
        """Return the lines so far."""
        part = slice(self.count)
        rows = {name: values[part] for name, values in self.rows.items()}
        return Lines(states=self.states[:, part].T, still=self.still[part], **rows)


class _Moves:
    """The sums of the moves of the parameters, and of each with the next, as epochs go by."""

    def __init__(self, parameters: int) -> None:
        self._last = np.empty((0, parameters))
        self._repeated = np.zeros(parameters)
        self._squared = np.zeros(parameters)

    def take(self, states: FloatArray) -> None:
        """Go on by some epochs."""
        path = np.concatenate([self._last, states[:, : self._last.shape[1]]])
        self._last = path[-2:]
        if len(path) <= len(self._last):
            return
        before, here, after = path[:-2], path[1:-1], path[2:]
        with np.errstate(all="ignore"):
            self._repeated = self._repeated + moves_repeated(before, here, after)
            self._squared = self._squared + moves_squared(before, here)

    @property
    def ratio(self) -> float:
        """What part of a move the next epoch makes again."""
        return float(move_ratio(self._repeated.tolist(), self._squared.tolist()))


class _Writer:
    """A log while it is written."""

    def __init__(self, lesson: Lesson, every: int, last: int, *, through: bool) -> None:
        self.lesson, self.every, self.last, self.through = lesson, every, last, through
        self.next = 0
        self.bound = math.nan
        self.scale = scale_of(lesson)
        self.best = math.nan
        self.waited = -1.0
        self.lowest: tuple[int, list[float], float] | None = None
        self.least = math.inf
        self.seen: dict[Ending, int] = {}
        self.undefined = False
        self.standstill: int | None = None
        self.stop: Stop | None = None
        self.highest = -math.inf
        self.moves = _Moves(len(lesson.model.parameters))
        size = len(state_columns(lesson.step)) + lesson.step.schedule_rule.varies
        # One more for a last line that is no multiple, one for the start.
        self.kept = _Kept(last // every + 2, size)

    def take(self, lines: Lines) -> None:
        """Write the next lines, up to where the run stops."""
        count = len(lines)
        if self.next == 0:
            self.bound = bound_of(self.lesson, float(lines.held[0]), self.scale)
        self._see(lines)
        watching = self.lesson.training.min_delta is not None
        judged = lines.held
        if self.lesson.held_out is not None and (watching or self.lesson.training.restore_best):
            judged = validated(self.lesson, lines.states)
        watched = self._waits(judged) if watching else None
        self._find_stop(lines, None if watched is None else watched[1])
        if self.stop is not None and not self.through:
            count = min(count, self.stop.epoch - self.next + 1)
            self.last = self.stop.epoch
        numbers = np.arange(self.next, self.next + count)
        kept = self._kept_of(numbers, len(lines))
        self.kept.put(lines, kept, numbers, watched)
        self.highest = float(np.maximum(self.highest, lines.held[:count].max(initial=-math.inf)))
        self.moves.take(lines.states[:count])
        self._find_lowest(lines, judged[:count])
        self.next += count

    def _see(self, lines: Lines) -> None:
        """Find the first epochs that diverge, and from which nothing moves."""
        shown = {
            Ending.GROWN: lines.held > self.bound,
            # By number, as these lie side by side in memory.
            Ending.NON_FINITE: ~(np.isfinite(lines.states.T).all(axis=0) & np.isfinite(lines.held)),
        }
        for ending, where in shown.items():
            if ending not in self.seen and where.any():
                self.seen[ending] = self.next + (at := int(where.argmax()))
                beyond = np.isinf([*lines.states[at], lines.held[at]]).any()
                self.undefined = not (beyond or Ending.GROWN in self.seen)
        self.seen = dict(sorted(self.seen.items(), key=lambda each: each[1]))
        fitted = float(fitted_bound(self.lesson.step.metric_function, self.bound))
        frozen = lines.still & (lines.held > fitted)
        if self.standstill is None and frozen.any():
            self.standstill = self.next + int(frozen.argmax())

    def _kept_of(self, numbers: IntArray, lines: int) -> "IntArray | slice":
        """Select which of these lines are kept."""
        if self.every == 1:
            return slice(None) if len(numbers) == lines else slice(len(numbers))
        return np.flatnonzero((numbers % self.every == 0) | (numbers == self.last))

    def _find_lowest(self, lines: Lines, judged: FloatArray) -> None:
        """Find the epoch that is best so far."""
        numbers = np.where(np.isfinite(judged), judged, math.inf)
        at = int(numbers.argmin())
        if numbers[at] < self.least:
            self.least = float(numbers[at])
            self.lowest = self.next + at, lines.states[at].tolist(), float(lines.held[at])

    def _waits(self, values: FloatArray) -> FloatArray:
        tolerance = self.lesson.training.min_delta or 0.0
        watched = np.empty((2, len(values)))
        for place, value in enumerate(np.where(np.isfinite(values), values, math.nan).tolist()):
            if self.waited < 0:
                self.best, self.waited = value, 0.0
            else:
                waits = epochs_waited(self.waited, self.best, value, tolerance)
                self.best = best_so_far(self.best, value, tolerance)
                self.waited = waits
            watched[:, place] = self.best, self.waited
        return watched

    def _find_stop(self, lines: Lines, waited: FloatArray | None) -> None:
        training = self.lesson.training
        if self.stop is not None or (waited is None and not training.stop_diverging):
            return
        finite = np.isfinite(lines.states.T).all(axis=0)
        ends = column_of(
            ends_run(
                held=Symbol("held"),
                bound=unplaced(self.bound) if training.stop_diverging else None,
                waited=Symbol("waited"),
                patience=None if waited is None else training.patience,
            ),
            {
                "held": np.where(finite, lines.held, math.nan),
                "waited": lines.held if waited is None else waited,
            },
        )
        if not (ends == 1).any():
            return
        at = int((ends == 1).argmax())
        if waited is not None and waited[at] >= training.patience:
            reason = (
                f"for {training.patience} epochs the {self.lesson.judged_name} has not got better "
                f"by more than {training.min_delta:g}"
            )
        else:
            reason = f"the run diverges ({next(iter(self.seen))})"
        self.stop = Stop(self.next + at, reason)

    def log(self) -> Log:
        """Return what has been written."""
        kept, part = self.kept, slice(self.kept.count)
        standstill = self.standstill
        return Log(
            epochs=self.last,
            numbers=kept.numbers[part],
            lines=kept.lines(),
            watched=None if self.lesson.training.min_delta is None else kept.watched[:, part],
            bound=self.bound,
            scale=self.scale,
            best=self.lowest,
            seen={ending: epoch for ending, epoch in self.seen.items() if epoch <= self.last},
            undefined=self.undefined,
            standstill=None if standstill is None or standstill > self.last else standstill,
            stop=self.stop,
            highest=self.highest,
            ratio=self.moves.ratio,
        )


def validated(lesson: Lesson, states: FloatArray) -> FloatArray:
    """Compute the metric of the rows that are held back, for each of some states."""
    rows, method = lesson.held_out, lesson.step
    assert rows is not None  # noqa: S101  whoever asks has some
    parameters = [states[:, at] for at in range(len(lesson.model.parameters))]
    inputs = [each[:, np.newaxis] for each in rows.inputs]
    with np.errstate(all="ignore"):
        loss = method.metric_loss.bound(lesson.settings)
        errors = loss.of_row(lesson.model, inputs, rows.y[:, np.newaxis], parameters)
        shape = len(rows.y), len(states)
        found: FloatArray = method.metric_function.of(np.broadcast_to(errors, shape), shape[0])
    return found


def scale_of(lesson: Lesson) -> float:
    """Compute the metric of the lesson's data by themselves: see `data_scale`."""
    method = lesson.step
    with np.errstate(all="ignore"):
        rows: FloatArray = np.asarray(float(lesson.n_rows))
        return float(
            data_scale(
                method.metric_function,
                lesson.step.metric_loss.bound(lesson.settings),
                lesson.arrays.y,
                rows,
            )
        )


def bound_of(lesson: Lesson, start: float, scale: float) -> float:
    """Compute the metric beyond which the lesson's run diverges."""
    return float(divergence_bound(lesson.step.metric_function, start, scale))


def written_log(
    lesson: Lesson,
    lines: Iterator[Lines],
    epochs: int,
    *,
    every: int,
    through: bool,
    on_epoch: Callable[[int, int], None] | None,
) -> Log:
    """Write the log of a run.

    Args:
        lesson: the lesson, with its stop rules.
        lines: the run's lines from epoch 0 on.
        epochs: how many epochs are run, at most.
        every: keep the lines of every n-th epoch, and the last.
        through: run through, whatever the stop rules say.
        on_epoch: called as the run goes on, with how many epochs are done, and how many
            there are.
    """
    writer = _Writer(lesson, every, epochs, through=through)
    for each in lines:
        writer.take(each)
        if on_epoch is not None:
            on_epoch(writer.next - 1, epochs)
        if writer.stop is not None and not through:
            break
    return writer.log()


def verdicts_of(lesson: Lesson, scale: float, seen: FloatArray) -> list[Verdict | None]:
    """Return the verdicts on some runs; None where the metric is no number at the start.

    Args:
        lesson: what was run, at whatever rates.
        scale: the metric of the data's own spread.
        seen: a line for each of the metrics held at the start, half way, after three quarters, in
            the end, the highest, and for what part of a move the next epoch makes again; a column
            for each run.
    """
    names = ("start", "half", "later", "last", "highest", "ratio")
    word = rate_verdict(
        lesson.step.metric_function,
        scale=unplaced(scale),
        **{name: Symbol(name) for name in names},
    )
    found = column_of(word, dict(zip(names, seen, strict=True))).tolist()
    return [None if isinstance(each, ErrorValue) else Verdict(each) for each in found]
