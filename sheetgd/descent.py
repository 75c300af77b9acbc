"""The engine: gradient descent, as numbers and as pandas tables.

Row after row starts from the parameters that the row before left, and the next epoch
starts from the last row's. A step is made in every row, or at the end of every batch of
rows. The columns of a row are those of `sheetgd.maths.step`.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import TYPE_CHECKING

from sheetgd.divergence import Divergence, Ending, endings
from sheetgd.errors import LessonError
from sheetgd.lesson import Lesson
from sheetgd.maths.chance import orders
from sheetgd.maths.loss import Loss
from sheetgd.maths.quantity import rounded
from sheetgd.maths.step import before, given_columns, step_columns
from sheetgd.maths.stopping import best_so_far, epochs_waited

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Stop:
    """The epoch after which a lesson's stop rules end the run, and why."""

    epoch: int
    reason: str

    def __str__(self) -> str:
        return f"stops at epoch {self.epoch}: {self.reason}"


@dataclass(frozen=True, kw_only=True)
class Descent:
    """What a run of some epochs computed.

    Attributes:
        lesson: what was run.
        epochs: how many epochs were run, N.
        columns: the step columns by header, one list each, over N + 1 passes of the
            data: those of the N epochs and the next one, which a sheet shows as well.
        order: the data rows, counted from 1, in the order of these steps.
        states: the parameters after epoch 0 (the start) to epoch N.
        kept: what the optimiser remembers after each of these epochs, by column.
        figures: for each of these, the figure of the next pass, in which the parameters
            move; the original's "rmse".
        figures_held: the same with the parameters held still.
        losses: the mean loss of the next pass; NaN where it is not a number any more.
        best: the best of these losses so far, as the lesson's tolerance has it.
        waited: for how many epochs there has been none better.
        endings: for each of these epochs the ways of diverging that it shows.
        divergence: the ways in which the run diverges, in the order of their epochs.
        stop: where the lesson's stop rules end the run; None where they do not.
    """

    lesson: Lesson
    epochs: int
    columns: Mapping[str, Sequence[float]]
    order: Sequence[int]
    states: Sequence[tuple[float, ...]]
    kept: Mapping[str, Sequence[float]]
    figures: Sequence[float]
    figures_held: Sequence[float]
    losses: Sequence[float]
    best: Sequence[float]
    waited: Sequence[float]
    endings: Sequence[tuple[Ending, ...]]
    divergence: tuple[Divergence, ...]
    stop: Stop | None

    @property
    def lowest(self) -> int | None:
        """The first epoch after which the figure is lowest; None where it never is a number."""
        return lowest_of(self.figures)

    def passed(self, number: int) -> dict[str, Sequence[float]]:
        """The step columns of one pass, 1 to N + 1; N + 1 is the pass after the run."""
        rows = self.lesson.rows
        return {
            name: values[(number - 1) * rows : number * rows]
            for name, values in self.columns.items()
        }

    def steps_table(self) -> "pd.DataFrame":
        """Every row of the N epochs.

        Returns:
            One line a row in the order they are taken, RangeIndex. Columns: epoch and
            row (int64, both from 1), with a shuffle order (int64, the data's row), then
            x, y, the parameters, y_pred and all that `step_columns` lists (float64).
        """
        import pandas as pd  # noqa: PLC0415  building a workbook needs no pandas

        rows = self.lesson.rows
        steps = self.epochs * rows
        table: dict[str, Sequence[int]] = {
            "epoch": [step // rows + 1 for step in range(steps)],
            "row": [step % rows + 1 for step in range(steps)],
        }
        if self.lesson.shuffle is not None:
            table["order"] = self.order[:steps]
        frame = pd.DataFrame(table, dtype="int64")
        for name, values in self.columns.items():
            frame[name] = pd.Series(values[:steps], dtype="float64")
        return frame

    def epochs_table(self) -> "pd.DataFrame":
        """The log: one line for epoch 0, the start, to epoch N.

        Returns:
            RangeIndex. Columns: epoch (int64); each parameter after that epoch; what the
            optimiser remembers; learn; the figure of the next pass as the sheet shows it
            under its name (rmse, mse, ...), and with _held, the same with the parameters
            held still (float64).
        """
        import pandas as pd  # noqa: PLC0415  building a workbook needs no pandas

        frame = pd.DataFrame({"epoch": range(self.epochs + 1)}, dtype="int64")
        for position, name in enumerate(self.lesson.form.parameters):
            frame[name] = pd.Series([state[position] for state in self.states], dtype="float64")
        for name, values in self.kept.items():
            frame[name] = pd.Series(values, dtype="float64")
        frame["learn"] = self.lesson.learn
        label = self.lesson.figure_name
        frame[label] = pd.Series(self.figures, dtype="float64")
        frame[f"{label}_held"] = pd.Series(self.figures_held, dtype="float64")
        return frame

    def _repr_html_(self) -> str:
        """The log, for a notebook to show."""
        return self.epochs_table().to_html(index=False, max_rows=60)


def descend(
    lesson: Lesson,
    epochs: int | None = None,
    *,
    through: bool = False,
    on_epoch: Callable[[int, int], None] | None = None,
) -> Descent:
    """Run the descent.

    Args:
        lesson: data, choices and settings.
        epochs: how many epochs; by default the lesson's epochs * clicks.
        through: run through, whatever the lesson's stop rules say; `stop` still tells
            where they would have stopped.
        on_epoch: called as the run goes on, with how many epochs are done, and how many
            there are.

    Returns:
        The steps, the log and, where the run diverges, since when and how. A diverging
        run is no error: its numbers grow as a spreadsheet's would, up to inf and NaN.

    Raises:
        LessonError: when `epochs` is negative.

    >>> lesson = Lesson(x=(1, 2, 3), y=(3, 5, 7), start=(0, 0), learn=0.05, gradient="central")
    >>> [round(value, 2) for value in descend(lesson, 500).states[-1]]
    [2.0, 1.0]
    """
    epochs = lesson.epochs_run if epochs is None else epochs
    if epochs < 0:
        raise LessonError(f"epochs is {epochs}: it must be a whole number, 0 or more")
    run = _Run(lesson)
    for epoch in range(epochs + 1):
        run.run_pass()
        if on_epoch is not None:
            on_epoch(epoch, epochs)
        if run.stop is not None and not through:
            break
    return run.descent()


def lowest_of(figures: Sequence[float]) -> int | None:
    """Where the lowest is of those figures that are numbers; None where there is none.

    >>> lowest_of([3.0, math.nan, 1.0, 1.0]), lowest_of([math.inf])
    (2, None)
    """
    numbers = [place for place, value in enumerate(figures) if math.isfinite(value)]
    return min(numbers, key=figures.__getitem__, default=None)


def held_errors(lesson: Lesson, loss: Loss, state: Sequence[float]) -> list[float]:
    """The rows' errors with the parameters held still."""
    return [loss.of_row(lesson.form, x, y, state) for x, y in zip(lesson.x, lesson.y, strict=True)]


class _Run:
    """A descent while it runs."""

    def __init__(self, lesson: Lesson) -> None:
        method = lesson.method
        self.lesson = lesson
        self.computed = step_columns(method)
        names = (*given_columns(lesson.form), *(column.name for column in self.computed))
        self.columns: dict[str, list[float]] = {name: [] for name in names}
        self.kept: dict[str, list[float]] = {
            column.name: [] for column in self.computed if column.kept
        }
        self.cells: dict[str, float] = {**lesson.settings, "rows": float(lesson.rows)}
        self.cells |= {before(column.name): 0.0 for column in self.computed if column.carried}
        self.orders: Iterator[Sequence[int]] = (
            repeat(range(1, lesson.rows + 1))
            if lesson.shuffle is None
            else orders(lesson.rows, lesson.shuffle)
        )
        self.state = tuple(lesson.start)
        self.order: list[int] = []
        self.states: list[tuple[float, ...]] = []
        self.figures: list[float] = []
        self.held: list[float] = []
        self.losses: list[float] = []
        self.best: list[float] = []
        self.waited: list[float] = []
        self.start_figure = 0.0
        self.endings: list[tuple[Ending, ...]] = []
        self.seen: dict[Ending, int] = {}
        self.stop: Stop | None = None

    def run_pass(self) -> None:
        """Take every row once, and note what the log says of the epoch before."""
        lesson, method = self.lesson, self.lesson.method
        self.states.append(self.state)
        for name, values in self.kept.items():
            values.append(self.cells[before(name)])
        held = held_errors(lesson, method.figure_loss, self.state)
        self.held.append(method.figure.of(held, lesson.rows))
        for place, row in enumerate(next(self.orders), start=1):
            self._run_row(place, row)
        self.figures.append(method.figure.of(self._passed(method.error_column), lesson.rows))
        self._watch()
        decimals = method.rule.carry_decimals
        if decimals is not None:
            self.state = tuple(rounded(value, decimals) for value in self.state)

    def _run_row(self, place: int, row: int) -> None:
        lesson, cells = self.lesson, self.cells
        self.order.append(row)
        cells["row"] = float(place)
        cells["x"], cells["y"] = lesson.x[row - 1], lesson.y[row - 1]
        cells.update(zip(lesson.form.parameters, self.state, strict=True))
        for column in self.computed:
            cells[column.name] = column.compute(cells)
        for name, values in self.columns.items():
            values.append(cells[name])
        for column in self.computed:
            if column.carried:
                cells[before(column.name)] = cells[column.name]
        self.state = tuple([cells[f"new_{name}"] for name in lesson.form.parameters])

    def _passed(self, column: str) -> list[float]:
        """A column in the pass that has just been made."""
        return self.columns[column][-self.lesson.rows :]

    def _watch(self) -> None:
        """See whether the run diverges, or gets no better."""
        lesson, epoch = self.lesson, len(self.states) - 1
        candidates = (self.start_figure, self.held[0], self.figures[-1])
        self.start_figure = next((each for each in candidates if each > 0), 0.0)
        still = not any(any(self._passed(f"de/d{name}")) for name in lesson.form.parameters)
        start = self.start_figure or math.inf
        self.endings.append(tuple(endings(self.states[-1], self.figures[-1], start, still=still)))
        for ending in self.endings[-1]:
            self.seen.setdefault(ending, epoch)
        self._wait()
        if self.stop is None and lesson.stop_diverging and self.seen:
            self.stop = Stop(epoch, f"the run diverges ({next(iter(self.seen))})")

    def _wait(self) -> None:
        """Note the loss, the best so far, and for how long there has been none better."""
        lesson, epoch = self.lesson, len(self.states) - 1
        errors = self._passed(lesson.method.row_loss.column)
        loss = lesson.method.mean_loss.of(errors, lesson.rows)
        self.losses.append(loss if math.isfinite(loss) else math.nan)
        if epoch == 0:
            self.best.append(self.losses[0])
            self.waited.append(0.0)
            return
        tolerance = math.inf if lesson.tolerance is None else lesson.tolerance
        best, waited, loss = self.best[-1], self.waited[-1], self.losses[-1]
        self.best.append(best_so_far(best, loss, tolerance))
        self.waited.append(epochs_waited(waited, best, loss, tolerance))
        if (
            self.stop is None
            and lesson.tolerance is not None
            and self.waited[-1] >= lesson.patience
        ):
            reason = (
                f"for {lesson.patience} epochs the loss has not got better by more than "
                f"{lesson.tolerance:g}"
            )
            self.stop = Stop(epoch, reason)

    def descent(self) -> Descent:
        """What has been computed."""
        found = [
            Divergence(ending, epoch, self.lesson.figure_name)
            for ending, epoch in self.seen.items()
        ]
        return Descent(
            lesson=self.lesson,
            epochs=len(self.states) - 1,
            columns=self.columns,
            order=self.order,
            states=self.states,
            kept=self.kept,
            figures=self.figures,
            figures_held=self.held,
            losses=self.losses,
            best=self.best,
            waited=self.waited,
            endings=self.endings,
            divergence=tuple(found),
            stop=self.stop,
        )
