"""The run of a lesson: gradient descent, as numbers and as pandas tables.

Each row starts from the parameters that the row before left, and the next epoch
starts from the last row's. A step is made in every row, or at the end of every batch of
rows. The columns of a row are those of `sheetgd.descent.step`.

Every run is literal: `sheetgd.engine.rowwise` takes the rows one by one.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from sheetgd.descent.rate_verdict import Divergence, Ending, Standstill, Verdict
from sheetgd.descent.scaling import in_data_units
from sheetgd.descent.step import (
    column_expressions,
    given_columns,
    row_slopes,
    state_columns,
    step_columns,
)
from sheetgd.engine.error_surface import score_at
from sheetgd.engine.log import Lines, Log, Stop, check_memory, validated, verdicts_of, written_log
from sheetgd.engine.rowwise import IntArray, Rowwise, passes_at_once
from sheetgd.errors import DivergenceWarning, LessonError, warn
from sheetgd.expression.functions import total
from sheetgd.expression.numbers import FloatArray
from sheetgd.lesson.data import input_columns, orders
from sheetgd.lesson.fields import SETTINGS, Inputs, Setting
from sheetgd.lesson.lesson import Lesson
from sheetgd.lesson.values import shown, whole_from

if TYPE_CHECKING:
    import pandas as pd

_GRADIENTS_AT_ONCE = 65_536
"""So many rows' derivatives are computed at once."""


@dataclass(frozen=True)
class Trajectory:
    """A run that can tell its log and its columns, each computed when it is asked for.

    Attributes:
        lesson: the lesson.
        epochs: how many epochs are run, unless a stop rule ends them.
        every: keep the log's lines of every n-th epoch, and the last.
        through: run through, whatever the stop rules say.
        on_epoch: called while the log is written; see `written_log`.
    """

    lesson: Lesson
    epochs: int
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
        training = self.lesson.training
        if self.through or (training.min_delta is None and not training.stop_diverging):
            return self.epochs
        return self.log.epochs

    @property
    def column_names(self) -> tuple[str, ...]:
        """The columns of a step: the data, the parameters, and what is computed."""
        return (*given_columns(self.lesson.model), *column_expressions(self.lesson.step))

    def order(self, passes: int) -> IntArray:
        """Return the data rows, counted from 1, in the order in which some passes take them."""
        lesson = self.lesson
        if lesson.method.shuffle is None:
            return np.tile(np.arange(1, lesson.n_rows + 1), passes)
        taken = islice(orders(lesson.n_rows, lesson.method.shuffle), passes)
        return np.array(list(taken), dtype=np.int64).ravel()

    def _lines(self) -> Iterator[Lines]:
        run = Rowwise(self.lesson, self.epochs + 1)
        for count in self._portions(self.epochs + 1):
            yield _lines_of(self.lesson, run.log(count))

    def columns(self, passes: int, out: Mapping[str, FloatArray]) -> None:
        """Fill arrays with the step columns that they are named after.

        Args:
            passes: of how many passes, from the first.
            out: an array for each wanted column, with a place for each row of each pass.
        """
        run, done = Rowwise(self.lesson, passes), 0
        by_pass = {name: values.reshape(passes, self.lesson.n_rows) for name, values in out.items()}
        for count in self._portions(passes):
            run.trace(count, {name: each[done : done + count] for name, each in by_pass.items()})
            done += count

    def _portions(self, passes: int) -> Iterator[int]:
        """Yield how many passes are taken at once."""
        at_once = passes_at_once(self.lesson, passes)
        for done in range(0, passes, at_once):
            yield min(at_once, passes - done)


def _lines_of(lesson: Lesson, log: FloatArray) -> Lines:
    """Write the lines of some passes from what the loop sums up."""
    *states, held, passing, still = log
    with np.errstate(all="ignore"):
        held, passing = (
            lesson.step.metric_function.of_sum(each, lesson.n_rows) for each in (held, passing)
        )
    return Lines(states=np.array(states).T, held=held, passing=passing, still=still != 0)


@dataclass(frozen=True, repr=False)
class Descent:
    """What a run of some epochs computes. Each part is computed when it is first asked for.

    Attributes:
        course: how it is computed.
        warns: whether it warns where the run diverges, when its log is first looked at.
    """

    trajectory: Trajectory
    warns: bool = False

    @cached_property
    def _log(self) -> Log:
        log = self.trajectory.log
        # It is there for what is asked of it from here on, so that there is one warning.
        vars(self)["_log"] = log
        first = next(iter(self.divergence), None) if self.warns else None
        if first is not None:
            better = (
                f"a smaller learning_rate than {self.lesson.training.learning_rate:g}"
                if first.epoch
                else "another start"
            )
            warn(f"the run {first}; take {better}", DivergenceWarning)
        return log

    @property
    def lesson(self) -> Lesson:
        """What was run."""
        return self.trajectory.lesson

    @property
    def epochs(self) -> int:
        """How many epochs were run, N."""
        return self.trajectory.epochs_run

    @cached_property
    def columns(self) -> Mapping[str, Sequence[float]]:
        """The step columns by header, one list each, over N + 1 passes of the data.

        They are those of the N epochs and of the next pass, which a sheet shows as well.
        """
        return {name: values.tolist() for name, values in self._filled(self.epochs + 1).items()}

    @cached_property
    def order(self) -> Sequence[int]:
        """The data rows, counted from 1, in the order of these steps."""
        rows: list[int] = self.trajectory.order(self.epochs + 1).tolist()
        return rows

    @property
    def logged(self) -> Sequence[int]:
        """After how many epochs each line of the log is: 0 to N, if none is left out."""
        numbers: list[int] = self._log.numbers.tolist()
        return numbers

    @cached_property
    def states(self) -> Sequence[tuple[float, ...]]:
        """The parameters after each of these epochs; epoch 0 is the start."""
        count = len(self.lesson.model.parameters)
        return list(map(tuple, self._log.lines.states[:, :count].tolist()))

    @cached_property
    def optimizer_state(self) -> Mapping[str, Sequence[float]]:
        """What the optimiser remembers after each of these epochs, by column."""
        return {name: values.tolist() for name, values in self._kept().items()}

    @property
    def _rates(self) -> "FloatArray | float":
        if self.lesson.step.schedule_rule.varies:
            return self._log.lines.states[:, -1]
        return self.lesson.training.learning_rate

    @property
    def learning_rates(self) -> Sequence[float]:
        """The learning rate of the pass that follows each of these epochs."""
        rates: list[float] = np.broadcast_to(self._rates, len(self._log.numbers)).tolist()
        return rates

    @cached_property
    def metric_values(self) -> Sequence[float]:
        """The metric held after each of these: the parameters fixed there, over all rows."""
        return _listed(self._log.lines.held)

    @cached_property
    def validation_values(self) -> Sequence[float]:
        """The metric held after each of these, over the rows held back; none where there are none.

        >>> lesson = Lesson(x=(1, 2, 3), y=(3, 5, 8), lr=0.05, validation="every 3", epochs=1)
        >>> tuple(round(value, 3) for value in lesson.run().validation_values)
        (4.0, 2.41)
        """
        lesson = self.lesson
        if lesson.held_out is None:
            return []
        return _listed(validated(lesson, self._log.lines.states))

    @property
    def best_epoch(self) -> int | None:
        """The epoch with the lowest metric: that of the rows held back, if there are any."""
        place = lowest_of(self.validation_values or self.metric_values)
        return None if place is None else self.logged[place]

    @cached_property
    def _end(self) -> tuple[int, Sequence[float], float]:
        """The epoch that the run's result is taken from, its state, and the metric held there."""
        best = self._log.best if self.lesson.training.restore_best else None
        lines = self._log.lines
        return best or (self.epochs, lines.states[-1].tolist(), float(lines.held[-1]))

    @property
    def restored(self) -> int | None:
        """The epoch whose parameters the run ends with, where that is not the last."""
        return None if self._end[0] == self.epochs else self._end[0]

    @cached_property
    def metric_values_pass(self) -> Sequence[float]:
        """The metric of the next pass, in which the parameters move: the original's "rmse"."""
        return _listed(self._log.lines.passing)

    @cached_property
    def scores(self) -> Sequence[float]:
        """The score held after each of these, where the lesson shows one."""
        return score_at(self.lesson, self._log.lines.states)

    @cached_property
    def best(self) -> Sequence[float]:
        """With a tolerance, the best metric so far: better by more than that."""
        watched = self._log.watched
        return [] if watched is None else _listed(watched[0])

    @cached_property
    def waited(self) -> Sequence[float]:
        """With a tolerance, for how many epochs there has been none better."""
        watched = self._log.watched
        return [] if watched is None else _listed(watched[1])

    @cached_property
    def divergence(self) -> tuple[Divergence, ...]:
        """The ways in which the run diverges, in the order of their epochs.

        There is one exactly where the run's `verdict` is diverging.
        """
        seen = dict(self._log.seen)
        if not seen and self.verdict is Verdict.DIVERGING:
            seen[Ending.RISING] = self.epochs
        name, undefined = self.lesson.metric_name, self._log.undefined
        return tuple(Divergence(each, at, name, undefined) for each, at in seen.items())

    @cached_property
    def standstill(self) -> Standstill | None:
        """Since when every derivative is 0, though the model does not fit; None if never."""
        log, lesson = self._log, self.lesson
        if log.standstill is None:
            return None
        line = int((log.numbers <= log.standstill).sum()) - 1
        nudge, state = lesson.training.difference_step, log.lines.states[line].tolist()
        lost = [
            name
            for name, value in zip(lesson.model.parameters, state, strict=False)
            if lesson.step.gradient_rule.nudges and value + nudge == value
        ]
        return Standstill(
            epoch=log.standstill,
            lost=tuple(lost),
            nudge=nudge,
            for_good=not lesson.step.optimizer_rule.states,
        )

    @cached_property
    def verdict(self) -> Verdict | None:
        """What can be said of the run: see `sheetgd.descent.rate_verdict`.

        None before the first epoch, and where the metric is no number at the start.
        """
        log = self._log
        if self.epochs == 0:
            return None
        seen = (
            self.metric_values[0],
            log.at(self.epochs // 2),
            log.at(3 * self.epochs // 4),
            self.metric_values[-1],
            log.highest,
        )
        columns = np.array([*seen, log.ratio])[:, None]
        return verdicts_of(self.lesson, log.scale, columns)[0]

    @property
    def stop(self) -> Stop | None:
        """Where the lesson's stop rules end the run; None where they do not."""
        return self._log.stop

    @property
    def lowest(self) -> int | None:
        """The first logged epoch after which the metric is lowest; None if it is no number."""
        place = lowest_of(self.metric_values)
        return None if place is None else self.logged[place]

    @property
    def lowest_metric(self) -> float | None:
        """The metric held after that epoch."""
        place = lowest_of(self.metric_values)
        return None if place is None else self.metric_values[place]

    @property
    def parameters(self) -> dict[str, float]:
        """The parameters in the end, by name; with restore_best, those of the best epoch.

        >>> run = descend(Lesson(x=(1, 2, 3), y=(3, 5, 7), lr=0.05, gradient="analytic"), 500)
        >>> {name: round(value, 3) for name, value in run.parameters.items()}
        {'m': 2.0, 'b': 1.0}
        """
        return dict(zip(self.lesson.model.parameters, self._end[1], strict=False))

    @property
    def in_data_units(self) -> dict[str, float] | None:
        """The end in the data's own units where inputs are scaled: slopes by column, and constant.

        None where nothing is scaled, and for a model that is not linear in its inputs.

        >>> lesson = Lesson(x=(1, 2, 3), y=(3, 5, 7), scale="standard", batch="all", lr=0.5,
        ...                 gradient="analytic")
        >>> {name: round(value, 9) for name, value in descend(lesson, 2).in_data_units.items()}
        {'x': 2.0, 'constant': 1.0}
        """
        lesson = self.lesson
        if not lesson.arrays.scaling:
            return None
        found = in_data_units(
            lesson.model, [*self.parameters.values()], *zip(*lesson.arrays.scaling, strict=True)
        )
        if found is None:
            return None
        return {**dict(zip(lesson.data.named, found[0], strict=True)), "constant": found[1]}

    @property
    def metric_value(self) -> float:
        """The metric held in the end: how good the fitted model is, over all rows."""
        return self._end[2]

    def predict(self, x: Inputs) -> FloatArray:
        """Return the predictions of the fitted model: those with the parameters in the end.

        Args:
            x: inputs, in a list, an array or a Series; for several columns a DataFrame or mapping
                with the columns of the lesson, or an array of the shape (n, columns).

        Raises:
            LessonError: when they are no finite numbers, or a column is missing.

        >>> run = descend(Lesson(x=(1, 2, 3), y=(3, 5, 7), lr=0.05, gradient="analytic"), 500)
        >>> run.predict([10, 20]).round(3).tolist()
        [21.0, 41.0]
        """
        names = [each.name for each in self.lesson.data.inputs]
        given = {each.name: np.array(each.values) for each in input_columns(x, names)}
        if len(names) == 1:
            given = dict(zip(names, given.values(), strict=False))
        missing = [name for name in names if name not in given]
        if missing:
            raise LessonError(f"x has no column {missing[0]!r}: it needs {', '.join(names)}", "x")
        rows = len(given[names[0]])
        found = self.lesson.model.predict(
            self.lesson.arrays.scaled([given[name] for name in names]),
            [np.full(rows, value) for value in self.parameters.values()],
        )
        return np.broadcast_to(found, rows).copy()

    def __repr__(self) -> str:
        ended = ", ".join(f"{name}={value:g}" for name, value in self.parameters.items())
        return (
            f"Descent({self.lesson!r}, {self.epochs} epochs, {ended}, "
            f"{self.lesson.metric_name}={self.metric_value:g})"
        )

    def passed(self, number: int) -> dict[str, Sequence[float]]:
        """Return the step columns of one pass, 1 to N + 1; N + 1 is the pass after the run."""
        if number not in range(1, self.epochs + 2):
            raise LessonError(f"there is no pass {shown(number)}: they are 1 to {self.epochs + 1}")
        lesson, rows = self.lesson, self.lesson.n_rows
        if "columns" in vars(self) or not lesson.by_epoch or self.trajectory.every > 1:
            return {
                name: values[(number - 1) * rows : number * rows]
                for name, values in self.columns.items()
            }
        # The other passes need not be taken once more.
        found = {name: np.empty((1, rows)) for name in self.trajectory.column_names}
        state = self._log.lines.states[number - 1, : len(state_columns(lesson.step))]
        Rowwise(lesson, 1, tuple(state.tolist()), number - 1).trace(1, found)
        return {name: values[0].tolist() for name, values in found.items()}

    @cached_property
    def gradients(self) -> "Mapping[str, FloatArray]":
        """The mean over all rows of each derivative, by parameter, where each logged epoch ends.

        >>> run = descend(Lesson(x=(1, 2, 3), y=(3, 5, 7), start=(0, 0), gradient="analytic"), 1)
        >>> {name: values.round(6).tolist()[0] for name, values in run.gradients.items()}
        {'m': -22.666667, 'b': -10.0}
        """
        lesson, method = self.lesson, self.lesson.step
        names, states = lesson.model.parameters, self._log.lines.states.T
        found = {name: np.empty(states.shape[1]) for name in names}
        at_once = max(1, _GRADIENTS_AT_ONCE // lesson.n_rows)
        columns = (*lesson.arrays.inputs, lesson.arrays.y)
        named = zip((*lesson.model.inputs, "y"), columns, strict=True)
        given = {name: column[:, None] for name, column in named}
        for first in range(0, states.shape[1], at_once):
            part = slice(first, first + at_once)
            here = dict(zip(names, states[:, None, part], strict=False))
            with np.errstate(all="ignore"):
                slopes = row_slopes(method, {**lesson.settings, **given, **here})
                for name, each in zip(names, slopes, strict=True):
                    rows = np.broadcast_to(each, (lesson.n_rows, *here[name].shape[1:]))
                    found[name][part] = total(rows) / lesson.n_rows
        return found

    @property
    def lines_of_epochs(self) -> dict[str, Sequence[float]]:
        """What a row an epoch has of the run, but for the metric, by the headers of the log."""
        names, method = self.lesson.model.parameters, self.lesson.step
        found: dict[str, Sequence[float]] = {
            **dict(zip(names, zip(*self.states, strict=True), strict=True)),
            **self.optimizer_state,
            **{f"g_{name}": values.tolist() for name, values in self.gradients.items()},
            "learn": self.learning_rates,
        }
        for header in (each.name for each in step_columns(method) if each.once and each.carried):
            # What a pass begins with is in the state of the next.
            states = self._log.lines.states[1:, list(state_columns(method).values()).index(header)]
            found[header] = [*states.tolist(), self.passed(self.epochs + 1)[header][0]]
        return found

    def steps_table(self) -> "pd.DataFrame":
        """Return every row of the N epochs as a table.

        Returns:
            One line a row in the order they are taken, RangeIndex. Columns: epoch and
            row (int64, both from 1), with a shuffle order (int64, the data's row), then
            x, y, the parameters, y_pred and all that `step_columns` lists (float64).
        """
        import pandas as pd  # noqa: PLC0415  building a workbook needs no pandas

        rows, epochs, filled = self.lesson.n_rows, self.epochs, self._filled(self.epochs)
        counts = np.empty((2, epochs, rows), dtype=np.int64)
        counts[0] = np.arange(1, epochs + 1)[:, np.newaxis]
        counts[1] = np.arange(1, rows + 1)
        table: dict[str, object] = {"epoch": counts[0].ravel(), "row": counts[1].ravel()}
        if self.lesson.method.shuffle is not None:
            table["order"] = self.trajectory.order(epochs)
        table |= filled
        # Nobody else holds these columns, so they need not be copied.
        return pd.DataFrame(table, copy=False)

    def _filled(self, passes: int) -> dict[str, "FloatArray"]:
        names, rows = self.trajectory.column_names, passes * self.lesson.n_rows
        check_memory(rows * len(names), f"a table of {rows:,} steps", "run fewer epochs", "epochs")
        # In one piece, which takes less time to get than many.
        buffer = np.empty((len(names), rows))
        found = dict(zip(names, buffer, strict=True))
        self.trajectory.columns(passes, found)
        return found

    def epochs_table(self) -> "pd.DataFrame":
        """Return the log: one line for epoch 0, the start, to epoch N.

        Returns:
            RangeIndex. Columns: epoch (int64); each parameter after that epoch; what the
            optimiser remembers; learn, the rate of the next pass; the metric under its name
            (rmse, mse, ...), with the parameters held after that epoch, over all rows; and with
            _pass, that of the next pass, in which they move; a score such as r2; that of the
            rows held back, val_rmse, where there are some (float64).
        """
        import pandas as pd  # noqa: PLC0415  building a workbook needs no pandas

        log, name = self._log, self.lesson.metric_name
        parameters = self.lesson.model.parameters
        table: dict[str, FloatArray | float] = dict(
            zip(parameters, log.lines.states.T, strict=False)
        )
        table |= self._kept()
        table["learn"] = self._rates
        table |= {name: log.lines.held, f"{name}_pass": log.lines.passing}
        table |= {self.lesson.method.metric: np.array(self.scores)} if self.scores else {}
        if self.lesson.held_out is not None:
            table[self.lesson.validation_name] = np.array(self.validation_values)
        # In one piece, which takes less time to get than many.
        buffer = np.empty((len(table), len(log.numbers)))
        for line, values in zip(buffer, table.values(), strict=True):
            line[...] = values
        frame = pd.DataFrame(buffer.T, columns=list(table), copy=False)
        frame.insert(0, "epoch", log.numbers)
        return frame

    def _kept(self) -> dict[str, "FloatArray"]:
        """Return what the optimiser remembers, a number for each line of the log."""
        states = self._log.lines.states
        names = list(state_columns(self.lesson.step).values())
        lasting = [column.name for column in step_columns(self.lesson.step) if column.lasting]
        return {name: states[:, names.index(name)] for name in lasting}

    def _repr_html_(self) -> str:
        """Show the log in a notebook."""
        return self.epochs_table().to_html(index=False, max_rows=60)


def _listed(values: "FloatArray") -> list[float]:
    numbers: list[float] = values.tolist()
    return numbers


def descend(
    lesson: Lesson,
    epochs: int | None = None,
    *,
    every: int = 1,
    through: bool = False,
    on_epoch: Callable[[int, int], None] | None = None,
) -> Descent:
    """Run the descent.

    Args:
        lesson: data, choices and settings.
        epochs: how many epochs; by default the lesson's epochs * clicks.
        every: keep the log's lines of every n-th epoch only, and of the last, so
            that a long run takes no more memory than a short one.
        through: run through; `stop` still tells where the lesson's stop rules would have ended it.
        on_epoch: called as the run goes on, with how many epochs are done, of how many.

    Returns:
        The steps, the log and, where the run diverges, since when and how. Of such a run
        `DivergenceWarning` warns, once, when its log is first looked at. A diverging
        run is no error: its numbers grow as a spreadsheet's would, up to inf and NaN.

    Raises:
        LessonError: when `epochs` or `every` is no such number, or the log would be too large.

    Examples:
        >>> lesson = Lesson(x=(1, 2, 3), y=(3, 5, 7), start=(0, 0), learn=0.05, gradient="central")
        >>> [round(value, 2) for value in descend(lesson, 500).states[-1]]
        [2.0, 1.0]
        >>> descend(lesson, 1_000_000, every=250_000).logged
        [0, 250000, 500000, 750000, 1000000]
    """
    epochs = lesson.epochs_run if epochs is None else SETTINGS["epochs"].validated(epochs)
    every = Setting(name="every", table="", kind=whole_from(1)).validated(every)
    trajectory = Trajectory(lesson, epochs, every, through, on_epoch)
    lines = epochs // every + 1
    # What runs through becomes a workbook, which has limits of its own.
    numbers = 0 if through else lines * (len(state_columns(lesson.step)) + 6)
    hint = "leave lines out with a larger every, or run fewer epochs"
    check_memory(numbers, f"a log of {lines:,} lines", hint, "every", "epochs")
    run = Descent(trajectory)
    if on_epoch is not None:
        trajectory.log  # noqa: B018  it is written now, so that whoever waits sees how far it is
    return run


def lowest_of(series: Sequence[float]) -> int | None:
    """Find the lowest of those values that are numbers; None where there is none.

    >>> lowest_of([3.0, math.nan, 1.0, 1.0]), lowest_of([math.inf])
    (2, None)
    """
    if len(series) and all(map(math.isfinite, series)):
        return series.index(min(series))
    numbers = [place for place, value in enumerate(series) if math.isfinite(value)]
    return min(numbers, key=series.__getitem__, default=None)
