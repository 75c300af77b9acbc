"""A lesson run at several learning rates, and the verdict on each."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from sheetgd.descent import Descent, descend, lowest_of, verdict_of
from sheetgd.engine.log import Lines, scale_of
from sheetgd.engine.many import lines_at_rates
from sheetgd.errors import LessonError
from sheetgd.lesson import LEAST_RATE_EPOCHS, Lesson
from sheetgd.maths.rate_verdict import (
    BEST,
    Verdict,
    below_start,
    best_mark,
    best_rate_advice,
    move_ratio,
    moves_repeated,
    moves_squared,
    nearly_perfect,
    rate_if,
)
from sheetgd.maths.worksheet import unplaced, value_of
from sheetgd.rates import rates_for, sweep_epochs
from sheetgd.stability import largest_stable_rate

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A learning rate, and how the run at it went.

    Attributes:
        rate: the learning rate.
        metric_values: the metric held after epoch 0 (the start) to the last.
        states: the parameters after each.
        ratio: what part of an epoch's move the next one makes again; below 0 it takes it back.
        verdict: what can be said of the run, by itself; None where the metric is no number at
            the start.
    """

    rate: float
    metric_values: Sequence[float]
    states: Sequence[tuple[float, ...]]
    ratio: float
    verdict: Verdict | None

    @property
    def lowest(self) -> int | None:
        """The first epoch after which the metric is lowest; None where it never is a number."""
        return lowest_of(self.metric_values)


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """A lesson at several learning rates.

    Attributes:
        lesson: the lesson.
        epochs: how many epochs each rate was run for.
        trials: one for each rate, in their order.
    """

    lesson: Lesson
    epochs: int
    trials: Sequence[Trial]

    @property
    def start(self) -> float:
        """The metric held at the start."""
        return self.trials[0].metric_values[0]

    @cached_property
    def largest(self) -> float | None:
        """The largest stable rate: every smaller one is stable; None where it is not known."""
        return largest_stable_rate(self.lesson)

    @property
    def rates(self) -> tuple[float, ...]:
        """The learning rates."""
        return tuple(trial.rate for trial in self.trials)

    @cached_property
    def marks(self) -> Sequence[str]:
        """For each rate ``best``, where no other ends lower, or an empty text."""
        ends = unplaced(self._ends)
        return [str(value_of(best_mark(ends, unplaced(end)))) for end in self._ends]

    @property
    def best(self) -> Trial | None:
        """The first of those marked best; None where no rate ends below the start."""
        marked = (each for each, mark in zip(self.trials, self.marks, strict=True) if mark == BEST)
        return next(marked, None)

    @cached_property
    def _ends(self) -> Sequence[float | str]:
        return [
            value_of(
                below_start(
                    verdict=str(trial.verdict),
                    start=unplaced(self.start),
                    last=unplaced(trial.metric_values[-1]),
                )
            )
            for trial in self.trials
        ]

    @property
    def advice(self) -> str:
        """Which rate did best, and where to look for a better one.

        >>> lesson = Lesson(x=(0,), y=(0,), model="w", start=(2,), gradient="exact")
        >>> sweep(lesson, (0.1, 0.3, 1.1), 10).advice
        'the best of these is 0.3: rmse 0.000209715 after 10 epochs'
        """
        too_large, others = (
            unplaced(
                [
                    value_of(rate_if(trial.rate, str(trial.verdict), too_large=large))
                    for trial in self.trials
                ]
            )
            for large in (True, False)
        )
        told: str = value_of(
            best_rate_advice(
                rates=unplaced(self.rates),
                ends=unplaced(self._ends),
                marks=unplaced(self.marks),
                too_large=too_large,
                others=others,
                start=unplaced(self.start),
                perfect=nearly_perfect(
                    self.lesson.method.figure, self.start, scale_of(self.lesson)
                ),
                name=self.lesson.metric_name,
                epochs=self.epochs,
            )
        )
        return told

    def table(self) -> "pd.DataFrame":
        """A line for each rate.

        Returns:
            RangeIndex. Columns: learn (float64); verdict, and best where it is (str); the metric
            held after the last epoch under its name; with _lowest the lowest, and with
            _lowest_epoch after which epoch (NaN and <NA> where it never is a number); the
            parameters in the end.
        """
        import pandas as pd  # noqa: PLC0415  building a workbook needs no pandas

        name = self.lesson.metric_name
        lowest = [trial.lowest for trial in self.trials]
        pairs = list(zip(self.trials, lowest, strict=True))
        frame = pd.DataFrame({"learn": pd.Series(self.rates, dtype="float64")})
        frame["verdict"] = [
            "" if each.verdict is None else str(each.verdict) for each in self.trials
        ]
        frame["best"] = list(self.marks)
        frame[name] = pd.Series([trial.metric_values[-1] for trial in self.trials], dtype="float64")
        frame[f"{name}_lowest"] = pd.Series(
            [math.nan if low is None else trial.metric_values[low] for trial, low in pairs],
            dtype="float64",
        )
        frame[f"{name}_lowest_epoch"] = pd.Series(lowest, dtype="Int64")
        for which, parameter in enumerate(self.lesson.form.parameters):
            ends = [trial.states[-1][which] for trial in self.trials]
            frame[parameter] = pd.Series(ends, dtype="float64")
        return frame

    def epochs_table(self) -> "pd.DataFrame":
        """The metric held after each epoch, a column for each rate under its number."""
        import pandas as pd  # noqa: PLC0415  the same

        frame = pd.DataFrame({"epoch": range(self.epochs + 1)}, dtype="int64")
        for trial in self.trials:
            frame[f"{trial.rate!r}"] = pd.Series(trial.metric_values, dtype="float64")
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
    (['still falling', 'levelled off', 'bouncing', 'bouncing', 'diverging'], 0.3, 1.0)
    """
    lesson = lesson.changed(rates=lesson.rates if rates is None else rates)
    chosen = rates_for(lesson)
    epochs = sweep_epochs(lesson, len(chosen)) if epochs is None else epochs
    if epochs < LEAST_RATE_EPOCHS:
        raise LessonError(
            f"epochs is {epochs}: rates are compared over {LEAST_RATE_EPOCHS} or more"
        )
    trials = outlines_at(lesson, chosen, epochs, on_epoch)
    return Sweep(lesson=lesson, epochs=epochs, trials=trials)


def outlines_at(
    lesson: Lesson,
    rates: Sequence[float],
    epochs: int,
    on_epoch: Callable[[int, int], None] | None = None,
) -> list[Trial]:
    """The runs at some rates, in short: as many at once as can be."""
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


def outline(run: Descent) -> Trial:
    """A run of two epochs at least, in short."""
    (trial,) = _outlines(run.lesson, [run.lesson.learn], [run.course.log.lines])
    return trial


def _outlines(lesson: Lesson, rates: Sequence[float], runs: Sequence[Lines]) -> list[Trial]:
    import numpy as np  # noqa: PLC0415  `sheetgd --help` does without NumPy

    parameters = len(lesson.form.parameters)
    paths = np.stack([run.states[:, :parameters] for run in runs], axis=1)
    before, here, after = paths[:-2], paths[1:-1], paths[2:]
    with np.errstate(all="ignore"):
        repeated = moves_repeated(before, here, after).tolist()
        squared = moves_squared(before, here).tolist()
    ratios = [move_ratio(*sums) for sums in zip(repeated, squared, strict=True)]
    scale, last = scale_of(lesson), len(paths) - 1
    looked_at = [0, last // 2, 3 * last // 4, last]
    return [
        Trial(
            rate=rate,
            metric_values=tuple(run.held.tolist()),
            states=tuple(map(tuple, paths[:, number].tolist())),
            ratio=ratio,
            verdict=verdict_of(
                lesson,
                scale=scale,
                metric_values=(*run.held[looked_at].tolist(), float(run.held.max())),
                ratio=ratio,
            ),
        )
        for number, (rate, run, ratio) in enumerate(zip(rates, runs, ratios, strict=True))
    ]
