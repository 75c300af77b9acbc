"""Whether a run falls all the way, and how far: as little of it as tells that."""

import math
from collections.abc import Sequence

import numpy as np

from sheetgd.engine.arrays import FloatArray
from sheetgd.engine.passes import AT_ONCE
from sheetgd.engine.walk import Walk
from sheetgd.lesson import Lesson
from sheetgd.maths.rate_verdict import ROUNDING

_MORE = 4
"""How many times as many epochs are looked at next, as long as none rises."""


def lowered_to(lesson: Lesson, epochs: int) -> float:
    """The figure held after some epochs, if it is below the start's and never rose above that.

    Returns:
        Infinity where it rises above the start's, is no number, or ends where it began. Such a
        run is left as soon as that shows.

    >>> lesson = Lesson(x=(0,), y=(0,), model="w", start=(1,), gradient="exact", learn=0.25)
    >>> lowered_to(lesson, 3), lowered_to(lesson.changed(learn=1.1), 3)
    (0.125, inf)
    """
    count, walk = len(lesson.start), Walk(lesson)
    start = held_at(lesson, lesson.start)
    done, piece, last = 0, 1, start
    most = max(1, AT_ONCE // lesson.rows)
    while done < epochs:
        taken = min(piece, epochs - done, most)
        passes = walk.passes(taken)
        states = np.vstack([passes.starts[1:, :count], [walk.state[:count]]])
        held = _held(lesson, states)
        if not never_above(held, start):
            return math.inf
        done, piece, last = done + taken, _MORE * piece, float(held[-1])
    return last if last < start else math.inf


def never_above(held: FloatArray, start: float) -> bool:
    """Whether no figure is above the start's, or no number."""
    return bool((held <= start * (1 + ROUNDING)).all())


def held_at(lesson: Lesson, parameters: Sequence[float]) -> float:
    """The figure with the parameters held there."""
    return float(_held(lesson, np.array([parameters]))[0])


def _held(lesson: Lesson, states: FloatArray) -> FloatArray:
    """The figure with the parameters held at some states, a line for each."""
    method = lesson.method
    parameters = [states[:, [which]] for which in range(states.shape[1])]
    with np.errstate(all="ignore"):
        errors = method.figure_loss.of_row(
            lesson.form, lesson.arrays.x, lesson.arrays.y, parameters
        )
        shape = len(states), lesson.rows
        figures: FloatArray = method.figure.of(np.broadcast_to(errors, shape).T, lesson.rows)
    return figures
