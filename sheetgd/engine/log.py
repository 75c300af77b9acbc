"""The log of a run: what each epoch's line says, and where the run diverges or stops."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from sheetgd.divergence import Ending, endings
from sheetgd.engine.arrays import BoolArray, FloatArray, IntArray
from sheetgd.lesson import Lesson
from sheetgd.maths.stopping import best_so_far, epochs_waited


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
        best: the best loss up to each line, as the lesson's tolerance has it.
        waited: for how many epochs there has been none better.
        endings: the ways of diverging that each line shows.
        seen: for each way, the first epoch that showed it.
        stop: where the lesson's stop rules end the run; None where they do not.
    """

    epochs: int
    numbers: IntArray
    lines: Lines
    best: FloatArray
    waited: FloatArray
    endings: Mapping[Ending, BoolArray]
    seen: Mapping[Ending, int]
    stop: Stop | None


@dataclass
class _Kept:
    """The pieces of a log, in the order in which they come."""

    numbers: list[IntArray] = field(default_factory=list)
    lines: list[Lines] = field(default_factory=list)
    best: list[FloatArray] = field(default_factory=list)
    waited: list[FloatArray] = field(default_factory=list)
    endings: list[Mapping[Ending, BoolArray]] = field(default_factory=list)


class _Writer:
    """A log while it is written."""

    def __init__(self, lesson: Lesson, every: int, last: int, *, through: bool) -> None:
        self.lesson, self.every, self.last, self.through = lesson, every, last, through
        self.next = 0
        self.start = 0.0
        self.best = math.nan
        self.waited = -1.0
        self.seen: dict[Ending, int] = {}
        self.stop: Stop | None = None
        self.kept = _Kept()

    def take(self, lines: Lines) -> None:
        """Write the next lines, up to where the run stops."""
        count = len(lines)
        starts = self._starts(lines)
        shown = endings(lines.states, lines.figures, starts, lines.still)
        for ending, where in shown.items():
            if ending not in self.seen and where.any():
                self.seen[ending] = self.next + int(where.argmax())
        self.seen = dict(sorted(self.seen.items(), key=lambda each: each[1]))
        best, waited = self._waits(lines)
        self._find_stop(waited)
        if self.stop is not None and not self.through:
            count = min(count, self.stop.epoch - self.next + 1)
            self.last = self.stop.epoch
        numbers = np.arange(self.next, self.next + count)
        kept = np.flatnonzero((numbers % self.every == 0) | (numbers == self.last))
        self.kept.numbers.append(numbers[kept])
        self.kept.lines.append(_picked(lines, kept))
        self.kept.best.append(best[kept])
        self.kept.waited.append(waited[kept])
        self.kept.endings.append({ending: where[kept] for ending, where in shown.items()})
        self.next += count

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

    def _waits(self, lines: Lines) -> tuple[FloatArray, FloatArray]:
        tolerance, losses = self.lesson.tolerance, lines.losses
        if tolerance is None:
            return self._waits_for_ever(losses)
        best, waited = np.empty(len(lines)), np.empty(len(lines))
        for place, loss in enumerate(losses.tolist()):
            if self.waited < 0:
                self.best, self.waited = loss, 0.0
            else:
                waits = epochs_waited(self.waited, self.best, loss, tolerance)
                self.best = best_so_far(self.best, loss, tolerance)
                self.waited = waits
            best[place], waited[place] = self.best, self.waited
        return best, waited

    def _waits_for_ever(self, losses: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Without a tolerance nothing counts as better, until a loss is no number any more."""
        if self.next == 0:
            self.best = float(losses[0])
        lost = np.isnan(losses) | math.isnan(self.best)
        lost = np.logical_or.accumulate(lost)
        best = np.where(lost, math.nan, self.best)
        waited = np.where(lost, math.nan, np.arange(self.next, self.next + len(losses)))
        if self.next == 0:
            waited[0] = 0.0
        self.best = float(best[-1])
        return best, waited

    def _find_stop(self, waited: FloatArray) -> None:
        if self.stop is not None:
            return
        lesson, found = self.lesson, []
        if lesson.tolerance is not None and (waited >= lesson.patience).any():
            epoch = self.next + int((waited >= lesson.patience).argmax())
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
        kept = self.kept
        lines = Lines(
            **{
                name: np.concatenate([getattr(each, name) for each in kept.lines])
                for name in Lines.__dataclass_fields__
            }
        )
        return Log(
            epochs=self.last,
            numbers=np.concatenate(kept.numbers),
            lines=lines,
            best=np.concatenate(kept.best),
            waited=np.concatenate(kept.waited),
            endings={
                ending: np.concatenate([each[ending] for each in kept.endings])
                for ending in kept.endings[0]
            },
            seen={ending: epoch for ending, epoch in self.seen.items() if epoch <= self.last},
            stop=self.stop,
        )


def _picked(lines: Lines, kept: IntArray) -> Lines:
    if len(kept) == len(lines):
        return lines
    return Lines(**{name: getattr(lines, name)[kept] for name in Lines.__dataclass_fields__})


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
