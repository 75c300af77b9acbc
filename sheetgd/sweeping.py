"""A lesson run at several learning rates, and the verdict on each."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from sheetgd.descent import Descent, descend, lowest_of
from sheetgd.engine.log import Lines
from sheetgd.engine.many import lines_at_rates
from sheetgd.errors import LessonError
from sheetgd.lesson import LEAST_RATE_EPOCHS, Lesson
from sheetgd.maths.judgement import Verdict, judged, moves_squared, moves_taken_on, swing
from sheetgd.rates import rates_for, sweep_epochs
from sheetgd.stability import largest_stable_rate

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A learning rate, and how the run at it went.

    Attributes:
        rate: the learning rate.
        figures: the figure after epoch 0 (the start) to the last.
        states: the parameters after each.
        taken_on: for each parameter, the sum of the products of an epoch's move with the next.
        squared: for each, the sum of the squares of these moves.
        swing: what part of an epoch's move the next one makes again; below 0 it bounces.
        verdict: too low, good, bouncing or diverging, beside the other rates.
    """

    rate: float
    figures: Sequence[float]
    states: Sequence[tuple[float, ...]]
    taken_on: Sequence[float]
    squared: Sequence[float]
    swing: float
    verdict: Verdict

    @property
    def lowest(self) -> int | None:
        """The first epoch after which the figure is lowest; None where it never is a number."""
        return lowest_of(self.figures)


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """A lesson at several learning rates.

    Attributes:
        lesson: the lesson.
        epochs: how many epochs each rate was run for.
        start: the figure with the parameters held at the start, by which runs are judged.
        trials: one for each rate, in their order.
    """

    lesson: Lesson
    epochs: int
    start: float
    trials: Sequence[Trial]

    @cached_property
    def largest(self) -> float | None:
        """The largest stable rate: every smaller one is stable; None where it is not known."""
        return largest_stable_rate(self.lesson)

    @property
    def rates(self) -> tuple[float, ...]:
        """The learning rates."""
        return tuple(trial.rate for trial in self.trials)

    @property
    def best(self) -> Trial | None:
        """The one with the lowest figure in the end; None where all diverge."""
        standing = [each for each in self.trials if each.verdict is not Verdict.DIVERGING]
        return min(standing, key=lambda each: each.figures[-1], default=None)

    def table(self) -> "pd.DataFrame":
        """A line for each rate.

        Returns:
            RangeIndex. Columns: learn (float64); verdict (str); the figure after the last
            epoch under its name; with _lowest the lowest, and with _lowest_epoch after which
            epoch (NaN and <NA> where it never is a number); the parameters in the end.
        """
        import pandas as pd  # noqa: PLC0415  building a workbook needs no pandas

        name = self.lesson.figure_name
        lowest = [trial.lowest for trial in self.trials]
        pairs = list(zip(self.trials, lowest, strict=True))
        frame = pd.DataFrame({"learn": pd.Series(self.rates, dtype="float64")})
        frame["verdict"] = [str(trial.verdict) for trial in self.trials]
        frame[name] = pd.Series([trial.figures[-1] for trial in self.trials], dtype="float64")
        frame[f"{name}_lowest"] = pd.Series(
            [math.nan if low is None else trial.figures[low] for trial, low in pairs],
            dtype="float64",
        )
        frame[f"{name}_lowest_epoch"] = pd.Series(lowest, dtype="Int64")
        for which, parameter in enumerate(self.lesson.form.parameters):
            ends = [trial.states[-1][which] for trial in self.trials]
            frame[parameter] = pd.Series(ends, dtype="float64")
        return frame

    def epochs_table(self) -> "pd.DataFrame":
        """The figure after each epoch, a column for each rate under its number."""
        import pandas as pd  # noqa: PLC0415  the same

        frame = pd.DataFrame({"epoch": range(self.epochs + 1)}, dtype="int64")
        for trial in self.trials:
            frame[f"{trial.rate!r}"] = pd.Series(trial.figures, dtype="float64")
        return frame

    def _repr_html_(self) -> str:
        """The table, for a notebook to show."""
        return self.table().to_html(index=False, max_rows=60)


def sweep(
    lesson: Lesson,
    rates: Sequence[float] | None = None,
    epochs: int | None = None,
    *,
    on_epoch: Callable[[int, int], None] | None = None,
) -> Sweep:
    """Run a lesson at several learning rates and judge each.

    Args:
        lesson: the lesson; its own rate does not matter.
        rates: the learning rates; None takes those of `sheetgd.rates.rates_for`.
        epochs: for how many epochs, 2 or more; None chooses as the workbook does. Stop rules
            are left aside.
        on_epoch: called as the runs go on, with how many epochs of all are done, and how many
            there are.

    Raises:
        LessonError: when a rate is not above 0, or there are too few epochs.

    >>> lesson = Lesson(x=(0,), y=(0,), model="w", start=(-1.5,), gradient="exact")
    >>> runs = sweep(lesson, (0.01, 0.3, 0.9, 1, 1.1), 20)
    >>> [str(trial.verdict) for trial in runs.trials], runs.best.rate, round(runs.largest, 9)
    (['too low', 'good', 'bouncing', 'bouncing', 'diverging'], 0.3, 1.0)
    """
    lesson = lesson.changed(rates=lesson.rates if rates is None else rates)
    chosen = rates_for(lesson)
    epochs = sweep_epochs(lesson, len(chosen)) if epochs is None else epochs
    if epochs < LEAST_RATE_EPOCHS:
        raise LessonError(
            f"epochs is {epochs}: rates are compared over {LEAST_RATE_EPOCHS} or more"
        )
    trials = outlines_at(lesson, chosen, epochs, on_epoch)
    start = start_figure(descend(lesson, 0))
    return Sweep(lesson=lesson, epochs=epochs, start=start, trials=judged_trials(trials, start))


def outlines_at(
    lesson: Lesson,
    rates: Sequence[float],
    epochs: int,
    on_epoch: Callable[[int, int], None] | None = None,
) -> list[Trial]:
    """The runs at some rates, in short, before they are judged: as many at once as can be."""
    total, found = len(rates) * (epochs + 1), []
    for number, lines in enumerate(lines_at_rates(lesson, rates, epochs)):
        before = number * (epochs + 1)

        def tick(done: int, _: int, before: int = before) -> None:
            if on_epoch is not None:
                on_epoch(before + done + 1, total)

        if lines is None:
            at_rate = lesson.changed(learn=rates[number])
            run = descend(at_rate, epochs, through=True, on_epoch=tick)
            found.append(run.course.log.lines)
        else:
            tick(epochs, epochs)
            found.append(lines)
    return _outlines(lesson, rates, found)


def start_figure(run: Descent) -> float:
    """The figure with the parameters held at the start, as the log has it.

    A start that fits perfectly is no measure; then the first pass of the lesson's own run,
    which moves on, is.
    """
    held = run.figures_held[0]
    return held if held > 0 else run.figures[0]


def outline(run: Descent) -> Trial:
    """A run of two epochs at least, in short, before it is judged."""
    (trial,) = _outlines(run.lesson, [run.lesson.learn], [run.course.log.lines])
    return trial


def _outlines(lesson: Lesson, rates: Sequence[float], runs: Sequence[Lines]) -> list[Trial]:
    import numpy as np  # noqa: PLC0415  `sheetgd --help` does without NumPy

    parameters = len(lesson.form.parameters)
    paths = np.stack([run.states[:, :parameters] for run in runs], axis=1)
    before, here, after = paths[:-2], paths[1:-1], paths[2:]
    with np.errstate(all="ignore"):
        taken_on = moves_taken_on(before, here, after).tolist()
        squared = moves_squared(before, here).tolist()
    return [
        Trial(
            rate=rate,
            figures=tuple(run.figures.tolist()),
            states=tuple(map(tuple, paths[:, number].tolist())),
            taken_on=taken_on[number],
            squared=squared[number],
            swing=swing(taken_on[number], squared[number]),
            verdict=Verdict.DIVERGING,
        )
        for number, (rate, run) in enumerate(zip(rates, runs, strict=True))
    ]


def judged_trials(
    trials: Sequence[Trial], start: float, beside: Sequence[Trial] | None = None
) -> tuple[Trial, ...]:
    """Trials with their verdicts.

    Args:
        trials: the trials.
        start: the figure that they start with.
        beside: those whose best they are measured by; None for themselves.
    """
    others = trials if beside is None else beside
    best = lowest_of([trial.figures[-1] for trial in others])
    return tuple(
        replace(
            trial,
            verdict=judged(
                rate=trial.rate,
                start=start,
                half=trial.figures[(len(trial.figures) - 1) // 2],
                last=trial.figures[-1],
                taken_back=trial.swing,
                best=math.nan if best is None else others[best].figures[-1],
                best_rate=math.nan if best is None else others[best].rate,
            ),
        )
        for trial in trials
    )
