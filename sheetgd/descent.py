"""The engine: per-row stochastic gradient descent, as numbers and as pandas tables.

Each data row makes one step: it starts from the parameters that the row before left,
and the next epoch starts from the last row's. The columns of a step are those of
`sheetgd.maths.step`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sheetgd.divergence import Divergence, find_divergence
from sheetgd.errors import LessonError
from sheetgd.lesson import Lesson
from sheetgd.maths.loss import root_of_sum, row_error
from sheetgd.maths.quantity import rounded
from sheetgd.maths.step import given_columns, step_columns

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class Descent:
    """What a run of some epochs computed.

    Attributes:
        lesson: what was run.
        epochs: how many epochs were run, N.
        columns: the step columns by header, one list each, over N + 1 passes of the
            data: those of the N epochs and the next one, which a sheet shows as well.
        states: the parameters after epoch 0 (the start) to epoch N.
        rmse: for each of these, the root of the summed squared errors of the next pass,
            in which the parameters move from row to row; the original's "rmse".
        rmse_held: the same with the parameters held still.
        divergence: the ways in which the run diverges, in the order of their epochs.
    """

    lesson: Lesson
    epochs: int
    columns: Mapping[str, Sequence[float]]
    states: Sequence[tuple[float, ...]]
    rmse: Sequence[float]
    rmse_held: Sequence[float]
    divergence: tuple[Divergence, ...]

    def passed(self, number: int) -> dict[str, Sequence[float]]:
        """The step columns of one pass, 1 to N + 1; N + 1 is the pass after the run."""
        rows = self.lesson.rows
        return {
            name: values[(number - 1) * rows : number * rows]
            for name, values in self.columns.items()
        }

    def steps_table(self) -> "pd.DataFrame":
        """Every step of the N epochs.

        Returns:
            One line a step in the order they are made, RangeIndex. Columns: epoch and
            row (int64, both from 1), then x, y, the parameters, y_pred, error_sq and for
            each parameter err_p1, de/dp and new_p (float64).
        """
        import pandas as pd  # noqa: PLC0415  building a workbook needs no pandas

        rows = self.lesson.rows
        steps = self.epochs * rows
        table = {
            "epoch": [step // rows + 1 for step in range(steps)],
            "row": [step % rows + 1 for step in range(steps)],
        }
        frame = pd.DataFrame(table, dtype="int64")
        for name, values in self.columns.items():
            frame[name] = pd.Series(values[:steps], dtype="float64")
        return frame

    def epochs_table(self) -> "pd.DataFrame":
        """The log: one line for epoch 0, the start, to epoch N.

        Returns:
            RangeIndex. Columns: epoch (int64); each parameter after that epoch, learn,
            rmse of the next pass as the sheet shows it, and rmse_held, the same figure
            with the parameters held still (float64).
        """
        import pandas as pd  # noqa: PLC0415  building a workbook needs no pandas

        frame = pd.DataFrame({"epoch": range(self.epochs + 1)}, dtype="int64")
        for position, name in enumerate(self.lesson.model.parameters):
            frame[name] = pd.Series([state[position] for state in self.states], dtype="float64")
        frame["learn"] = self.lesson.learn
        frame["rmse"] = pd.Series(self.rmse, dtype="float64")
        frame["rmse_held"] = pd.Series(self.rmse_held, dtype="float64")
        return frame


def descend(lesson: Lesson, epochs: int | None = None) -> Descent:
    """Run the descent.

    Args:
        lesson: data, model, rule and settings.
        epochs: how many epochs; by default the lesson's epochs * clicks.

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
    model, rule = lesson.model, lesson.rule
    computed = step_columns(model, rule)
    names = (*given_columns(model), *(column.name for column in computed))
    columns: dict[str, list[float]] = {name: [] for name in names}
    state = tuple(lesson.start)
    states, running, held = [], [], []
    cells = {"learn": lesson.learn, "nudge": lesson.nudge}
    for _ in range(epochs + 1):
        states.append(state)
        held.append(held_rmse(lesson, state))
        for x, y in zip(lesson.x, lesson.y, strict=True):
            cells["x"], cells["y"] = x, y
            cells.update(zip(model.parameters, state, strict=True))
            for column in computed:
                cells[column.name] = column.compute(cells)
            for name in names:
                columns[name].append(cells[name])
            state = tuple(cells[f"new_{name}"] for name in model.parameters)
        running.append(root_of_sum(columns["error_sq"][-lesson.rows :]))
        if rule.carry_decimals is not None:
            state = tuple(rounded(value, rule.carry_decimals) for value in state)
    return Descent(
        lesson=lesson,
        epochs=epochs,
        columns=columns,
        states=states,
        rmse=running,
        rmse_held=held,
        divergence=find_divergence(lesson, columns, states, running, held[0]),
    )


def held_rmse(lesson: Lesson, state: Sequence[float]) -> float:
    """The root of the summed squared errors over all rows, the parameters held still."""
    return root_of_sum(
        [row_error(lesson.model, x, y, state) for x, y in zip(lesson.x, lesson.y, strict=True)]
    )
