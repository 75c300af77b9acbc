"""Runs of a lesson at several learning rates, all at once."""

from collections.abc import Sequence

import numpy as np

from sheetgd.engine import maps
from sheetgd.engine.blocks import blocks_of
from sheetgd.engine.course import FEW_STEPS
from sheetgd.engine.drift import Drift
from sheetgd.engine.epochs import lines_of_squares, sum_of_squares
from sheetgd.engine.log import Lines
from sheetgd.engine.walk import first_state
from sheetgd.lesson import Lesson

_MOST_NUMBERS = 1 << 22
_MANY_STEPS = 500_000
"""Short runs are literal, but not if there are so many of them that one would wait."""


def lines_at_rates(lesson: Lesson, rates: Sequence[float], epochs: int) -> list[Lines | None]:
    """The logs at some learning rates.

    Args:
        lesson: the lesson; its own rate does not matter.
        rates: the learning rates.
        epochs: for how many epochs.

    Returns:
        For each rate the lines of epoch 0 to the last; None where that run has to be made by
        itself: where its step is no affine map, where rounding would tell, and where there is
        little to save or too much to hold.
    """
    count = epochs + 1
    nothing: list[Lines | None] = [None] * len(rates)
    steps = lesson.rows * count
    small = steps <= FEW_STEPS and steps * len(rates) <= _MANY_STEPS
    blocks = None if small else blocks_of(lesson, rates)
    if blocks is None or count * len(rates) * (blocks.size + 1) > _MOST_NUMBERS:
        return nothing
    start = np.tile([*first_state(lesson), 1.0], (len(rates), 1))
    with np.errstate(all="ignore"):
        states = maps.powers(blocks.maps.epoch, start, count + 1)
        squares = sum_of_squares(blocks.moving, states[..., :count])
    drift = Drift(blocks.maps)
    trusted = ~drift.grows(count) & drift.stays_small(states[:, : blocks.size], squares)
    states = states[:, : blocks.size, :count]
    return [
        lines_of_squares(blocks, here, square) if good else None
        for here, square, good in zip(states, squares, trusted, strict=True)
    ]
