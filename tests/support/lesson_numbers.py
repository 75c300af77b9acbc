"""What the shipped lessons tell in numbers, computed anew by loops that are spelt out here.

Each section of docs/student.md on a lesson, and each text of its template, has its numbers here, in
their order. Of sheetgd only the data, the order of shuffled rows and the start that a seed draws
are taken; `confirmed` compares a run with the loops.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from sheetgd.engine.run import Descent, descend
from sheetgd.lesson.lesson import Lesson
from sheetgd.lesson.template import shipped_lesson

Numbers = Callable[[], Sequence[float]]
Array = NDArray[np.float64]
Slopes = Callable[[Array, float, Array], Array]
"""The slopes of a row's loss by each parameter: of its inputs, its y, and the parameters."""
Predict = Callable[[Array, Array], float]


def line(x: Array, p: Array) -> float:
    return float(p[:-1] @ x + p[-1])


def line_slopes(x: Array, y: float, p: Array) -> Array:
    return 2 * (line(x, p) - y) * np.append(x, 1.0)


def rows_of(lesson: Lesson) -> tuple[Array, Array]:
    """The inputs of each row, and its y."""
    inputs = np.array([each.values for each in lesson.data.inputs], dtype=float).T
    return inputs, np.array(lesson.data.y, dtype=float)


def walk(
    lesson: Lesson, slopes: Slopes, epochs: int, orders: Sequence[Sequence[int]] | None = None
) -> list[Array]:
    """The parameters after each epoch, by plain steps."""
    inputs, ys = rows_of(lesson)
    size, rate = lesson.batch_size, lesson.training.learning_rate
    p = np.array(lesson.training.start, dtype=float)
    states = [p]
    for epoch in range(epochs):
        order = list(range(len(ys))) if orders is None else [each - 1 for each in orders[epoch]]
        for first in range(0, len(order), size):
            batch = order[first : first + size]
            p = p - rate * sum(slopes(inputs[row], ys[row], p) for row in batch) / len(batch)
        states.append(p)
    return states


def rmse(lesson: Lesson, predict: Predict, p: Array) -> float:
    inputs, ys = rows_of(lesson)
    misses = [predict(x, p) - y for x, y in zip(inputs, ys, strict=True)]
    return float(np.sqrt(np.mean(np.square(misses))))


def confirmed(lesson: Lesson, predict: Predict, slopes: Slopes, epochs: int) -> Descent:
    """A run whose parameters and rmse are those of the loops."""
    run = descend(lesson, epochs)
    orders = None
    if lesson.method.shuffle is not None:
        n, order = lesson.n_rows, list(run.order)
        orders = [order[k * n : (k + 1) * n] for k in range(epochs)]
    found = walk(lesson, slopes, epochs, orders)
    for epoch, p in enumerate(found):
        assert run.states[epoch] == pytest.approx(list(p), rel=1e-9, abs=1e-12)
        assert run.metric_values[epoch] == pytest.approx(rmse(lesson, predict, p), rel=1e-9)
    return run


def pages(name: str, **changes: Any) -> dict[str, Lesson]:  # noqa: ANN401  as `Lesson.changed`
    """A lesson and its variants by their titles, each with the same changes."""
    lesson = shipped_lesson(name)
    found = {lesson.display.label: lesson}
    found |= {each.title: lesson.varied(each) for each in lesson.display.variants}
    return {title: each.changed(**changes) for title, each in found.items()}


# Batches


@cache
def batches(rate: float = 0.03) -> Mapping[str, Descent]:
    return {
        title: confirmed(lesson, line, line_slopes, 60)
        for title, lesson in pages("batches", learning_rate=rate).items()
    }


def batches_told() -> list[float]:
    one, _, _, shuffled = runs = list(batches().values())
    assert list(batches()) == ["One row", "Five rows", "All rows", "One row, shuffled"]
    early = [run.metric_values[5] for run in runs]
    assert early[0] < early[3] < early[1] < early[2]
    late = [run.metric_values[50] for run in runs]
    assert late[1] < late[2] < late[3] < late[0]
    # In a fixed order it stands still beside the best line, in a random one it never does.
    best = np.polyfit(*rows_of_line("batches"), 1)
    assert one.states[50] == pytest.approx(one.states[60], abs=1e-9)
    assert abs(one.states[60][0] - best[0]) > 0.5
    moves = [abs(shuffled.states[k + 1][0] - shuffled.states[k][0]) for k in range(20, 60)]
    assert min(moves) > 1e-3
    assert {shuffled.states[k][0] > best[0] for k in range(20, 60)} == {True, False}
    lesson = pages("batches")["All rows"]
    assert walk(lesson, line_slopes, 1000)[-1] == pytest.approx(best, rel=1e-9)
    table = [[*run.states[50], run.metric_values[50]] for run in runs]
    slow = [run.metric_values[50] for run in batches(0.005).values()]
    assert slow[3] < late[3]
    assert slow[3] < slow[0] < min(slow[1:3])
    asked = [5, 50, 5, 10, 2, 1, *early, 50, *(each for row in table for each in row)]
    return [*asked, *best, 0.005, 50, slow[3], late[3], *slow[1:3], 10]


def batches_expected() -> list[float]:
    lesson = shipped_lesson("batches")
    (x, *_), (y, *_) = rows_of_line("batches")
    m, b = lesson.training.start
    miss = m * x + b - y
    # An epoch of ten steps is one linear map and a shift; this is the point that it leaves alone.
    turn, shift = np.eye(2), np.zeros(2)
    for each, goal in zip(*rows_of_line("batches"), strict=True):
        column = np.array([each, 1.0])
        factor = np.eye(2) - 0.06 * np.outer(column, column)
        turn, shift = factor @ turn, factor @ shift + 0.06 * goal * column
    rests = np.linalg.solve(np.eye(2) - turn, shift)
    return [miss**2, 2 * miss * x, m - 0.03 * 2 * miss * x, float(rests[0])]


def rows_of_line(name: str) -> tuple[Array, Array]:
    inputs, ys = rows_of(shipped_lesson(name))
    return inputs[:, 0], ys


SECTIONS: Mapping[str, Numbers] = {
    "One row, five, or all": batches_told,
}
"""The numbers of the sections of docs/student.md on lessons of their own."""

EXPECTED: Mapping[str, Numbers] = {
    "batches": batches_expected,
}
"""What the pages Check compare with, of each of these lessons."""

TEXTS: Mapping[tuple[str, str], Numbers] = {
    ("batches", "comparison"): lambda: [0.005],
}
"""Those of the texts of these lessons; a text that is not here has none."""
