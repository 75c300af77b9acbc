"""The engine as plainly as can be: column after column, row after row, through `Column.compute`.

It shares the columns with the engine and nothing else, so it tells whether the engine computes
what they say, bit for bit; `tests.plain` and `tests.reference` tell whether they are right.
"""

from dataclasses import dataclass, field
from itertools import islice, repeat

from sheetgd.descent.step import EPOCH, WATCHED_NOW, before, given_columns, step_columns
from sheetgd.expression.functions import rounded
from sheetgd.lesson.data import orders
from sheetgd.lesson.lesson import Lesson


@dataclass
class Slow:
    """The columns of all passes, and the states between them."""

    columns: dict[str, list[float]] = field(default_factory=dict)
    states: list[tuple[float, ...]] = field(default_factory=list)


def slowly(lesson: Lesson, passes: int) -> Slow:
    """Run so many passes."""
    computed = step_columns(lesson.step)
    cells: dict[str, float] = {**lesson.settings, "rows": float(lesson.n_rows)}
    cells |= {before(column.name): 0.0 for column in computed if column.carried}
    names = [*given_columns(lesson.model), *(column.name for column in computed)]
    found = Slow(columns={name: [] for name in names})
    state = tuple(lesson.training.start)
    drawn = (
        repeat(range(1, lesson.n_rows + 1))
        if lesson.method.shuffle is None
        else orders(lesson.n_rows, lesson.method.shuffle)
    )
    metric, loss = lesson.step.metric_function, lesson.step.metric_loss
    for epoch, order in enumerate(islice(drawn, passes), start=1):
        found.states.append(state)
        summed = 0.0
        watched = lesson.held_out or lesson.arrays
        for *inputs, y in zip(
            *(each.tolist() for each in (*watched.inputs, watched.y)), strict=True
        ):
            summed += loss.of_row(lesson.model, inputs, y, state)
        cells |= {EPOCH: float(epoch), WATCHED_NOW: metric.of_sum(summed, float(len(watched.y)))}
        for place, row in enumerate(order, start=1):
            cells |= {name: values[row - 1] for name, values in lesson.read_columns.items()}
            cells["row"] = float(place)
            cells |= zip(lesson.model.parameters, state, strict=True)
            for column in computed:
                if place == 1 or not column.once:
                    cells[column.name] = column.compute(cells)
            for name, values in found.columns.items():
                values.append(cells[name])
            cells |= {before(each.name): cells[each.name] for each in computed if each.carried}
            state = tuple(cells[f"new_{name}"] for name in lesson.model.parameters)
        decimals = lesson.step.gradient_rule.carry_decimals
        if decimals is not None:
            state = tuple(rounded(value, decimals) for value in state)
    return found
