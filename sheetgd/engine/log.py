"""The log of a run: what each epoch's line says, and where the run diverges or stops."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from sheetgd.divergence import Ending, endings
from sheetgd.engine.arrays import BoolArray, FloatArray, IntArray
from sheetgd.lesson import Lesson
from sheetgd.maths.stopping import best_so_far, epochs_waited
from sheetgd.maths.tracing import state_columns


@dataclass(frozen=True, slots=True)
class Stop:
    """The epoch after which a lesson's stop rules end the run, and why."""

    epoch: int
    reason: str

    def __str__(self) -> str:
        return f"stops at epoch {self.epoch}: {self.reason}"


@dataclass(frozen=True, kw_only=True)
class Lines:
    """What some epochs in a row come to; an array has a line for each of them.

    Attributes:
        states: the state after the epoch, which is that before the next pass.
        figures: the figure of that pass.
        held: the figure with the parameters held still.
        losses: the mean loss of that pass.
        still: whether every derivative in it is 0.
    """

    states: FloatArray
    figures: FloatArray
    held: FloatArray
    losses: FloatArray
    still: BoolArray

    def __len__(self) -> int:
        return len(self.figures)


@dataclass(frozen=True, kw_only=True)
class Log:
    """The lines of a run that are kept, and what became of it.

    Attributes:
        epochs: how many epochs were run.
        numbers: after how many of them each line is.
        lines: the lines.
        watched: with a tolerance, the best loss up to each line in its sense, and below it
            for how many epochs there has been none better; None without.
        lost: the first epoch whose loss is no number any more; None if there is none.
        first_loss: the loss of the start.
        endings: the ways of diverging that each line shows.
        seen: for each way, the first epoch that showed it.
        stop: where the lesson's stop rules end the run; None where they do not.
    """

    epochs: int
    numbers: IntArray
    lines: Lines
    watched: FloatArray | None
    first_loss: float
    lost: int | None
    endings: Mapping[Ending, BoolArray]
    seen: Mapping[Ending, int]
    stop: Stop | None

    @property
    def best(self) -> FloatArray:
        """The best loss up to each line."""
        if self.watched is not None:
            return np.asarray(self.watched[0])
        best: FloatArray = np.where(self._lost(), math.nan, self.first_loss)
        return best

    @property
    def waited(self) -> FloatArray:
        """For how many epochs there has been none better.

        Without a tolerance nothing counts as better, until a loss is no number any more.
        """
        if self.watched is not None:
            return np.asarray(self.watched[1])
        waited: FloatArray = np.where(self._lost() & (self.numbers > 0), math.nan, self.numbers)
        return waited

    def _lost(self) -> BoolArray:
        return self.numbers >= (math.inf if self.lost is None else self.lost)


_FIGURES = ("figures", "held", "losses")


class _Kept:
    """The lines that are kept, in arrays that have room for all of them from the first."""

    def __init__(self, room: int, size: int) -> None:
        self.count = 0
        self.numbers = np.empty(room, dtype=np.int64)
        # In one piece, which takes less time to get than many.
        numbers = np.empty((size + len(_FIGURES) + 2, room))
        self.states, self.watched = numbers[:size], numbers[-2:]
        self.rows = dict(zip(_FIGURES, numbers[size:-2], strict=True))
        self.still = np.empty(room, dtype=np.bool_)
        self.endings = {ending: np.empty(room, dtype=np.bool_) for ending in Ending}

    def put(
        self,
        lines: Lines,
        which: "IntArray | slice",
        numbers: IntArray,
        watched: FloatArray | None,
        shown: Mapping[Ending, BoolArray],
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
        for ending, where in shown.items():
            self.endings[ending][part] = where[which]
        self.count = part.stop

    def lines(self) -> Lines:
        """The lines so far."""
        part = slice(self.count)
        rows = {name: values[part] for name, values in self.rows.items()}
        return Lines(states=self.states[:, part].T, still=self.still[part], **rows)


class _Writer:
    """A log while it is written."""

    def __init__(self, lesson: Lesson, every: int, last: int, *, through: bool) -> None:
        self.lesson, self.every, self.last, self.through = lesson, every, last, through
        self.next = 0
        self.start = 0.0
        self.best = math.nan
        self.waited = -1.0
        self.first_loss = math.nan
        self.lost: int | None = None
        self.seen: dict[Ending, int] = {}
        self.stop: Stop | None = None
        size = len(state_columns(lesson.method))
        # One more for a last line that is no multiple, one for the start.
        self.kept = _Kept(last // every + 2, size)

    def take(self, lines: Lines) -> None:
        """Write the next lines, up to where the run stops."""
        count = len(lines)
        starts = self._starts(lines)
        shown = endings(lines.states, lines.figures, starts, lines.still)
        for ending, where in shown.items():
            if ending not in self.seen and where.any():
                self.seen[ending] = self.next + int(where.argmax())
        self.seen = dict(sorted(self.seen.items(), key=lambda each: each[1]))
        if self.next == 0:
            self.first_loss = float(lines.losses[0])
        if self.lost is None and np.isnan(lines.losses).any():
            self.lost = self.next + int(np.isnan(lines.losses).argmax())
        watched = None if self.lesson.tolerance is None else self._waits(lines)
        self._find_stop(None if watched is None else watched[1])
        if self.stop is not None and not self.through:
            count = min(count, self.stop.epoch - self.next + 1)
            self.last = self.stop.epoch
        numbers = np.arange(self.next, self.next + count)
        kept = self._kept_of(numbers, len(lines))
        self.kept.put(lines, kept, numbers, watched, shown)
        self.next += count

    def _kept_of(self, numbers: IntArray, lines: int) -> "IntArray | slice":
        """Which of these lines are kept."""
        if self.every == 1:
            return slice(None) if len(numbers) == lines else slice(len(numbers))
        return np.flatnonzero((numbers % self.every == 0) | (numbers == self.last))

    def _starts(self, lines: Lines) -> FloatArray:
        """For each line the figure of the start, as far as it is known there."""
        if self.start == 0.0 and self.next == 0 and lines.held[0] > 0:
            self.start = float(lines.held[0])
        if self.start > 0:
            return np.full(len(lines), self.start)
        # A start that fits perfectly: the first figure above 0 stands in for it.
        above = np.flatnonzero(lines.figures > 0)
        starts = np.zeros(len(lines))
        if len(above):
            self.start = float(lines.figures[above[0]])
            starts[above[0] :] = self.start
        return starts

    def _waits(self, lines: Lines) -> FloatArray:
        losses, tolerance = lines.losses, self.lesson.tolerance or 0.0
        watched = np.empty((2, len(lines)))
        for place, loss in enumerate(losses.tolist()):
            if self.waited < 0:
                self.best, self.waited = loss, 0.0
            else:
                waits = epochs_waited(self.waited, self.best, loss, tolerance)
                self.best = best_so_far(self.best, loss, tolerance)
                self.waited = waits
            watched[:, place] = self.best, self.waited
        return watched

    def _find_stop(self, waited: FloatArray | None) -> None:
        if self.stop is not None:
            return
        lesson, found = self.lesson, []
        enough = None if waited is None else waited >= lesson.patience
        if enough is not None and enough.any():
            epoch = self.next + int(enough.argmax())
            reason = (
                f"for {lesson.patience} epochs the loss has not got better by more than "
                f"{lesson.tolerance:g}"
            )
            found.append(Stop(epoch, reason))
        if lesson.stop_diverging and self.seen:
            ending, epoch = next(iter(self.seen.items()))
            found.append(Stop(epoch, f"the run diverges ({ending})"))
        self.stop = min(found, key=lambda each: each.epoch, default=None)

    def log(self) -> Log:
        """What has been written."""
        kept, part = self.kept, slice(self.kept.count)
        return Log(
            epochs=self.last,
            numbers=kept.numbers[part],
            lines=kept.lines(),
            watched=None if self.lesson.tolerance is None else kept.watched[:, part],
            first_loss=self.first_loss,
            lost=self.lost,
            endings={ending: where[part] for ending, where in kept.endings.items()},
            seen={ending: epoch for ending, epoch in self.seen.items() if epoch <= self.last},
            stop=self.stop,
        )


def written_log(
    lesson: Lesson,
    lines: Iterator[Lines],
    epochs: int,
    *,
    every: int,
    through: bool,
    on_epoch: Callable[[int, int], None] | None,
) -> Log:
    """The log of a run.

    Args:
        lesson: the lesson, with its stop rules.
        lines: the run's lines from epoch 0 on.
        epochs: how many epochs are run, at most.
        every: keep the lines after every so many epochs, and the last.
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
