"""Evenly spaced values along a side of a grid, and which of them is nearest to a number."""

from typing import Final

from sheetgd.maths.quantity import Q, divided, floored

_HALF: Final = 0.500000001
"""What lies halfway between two places belongs to the upper one, however it was rounded."""


def along(first: Q, last: Q, steps: Q, place: int) -> Q:
    """First + (last - first) * place / steps: the value at a place, counted from 0.

    >>> [along(1.0, 3.0, 4.0, place) for place in range(5)]
    [1.0, 1.5, 2.0, 2.5, 3.0]
    """
    return first + (last - first) * place / steps


def nearest_place(value: Q, first: Q, last: Q, steps: Q) -> Q:
    """The place, counted from 1, whose value is nearest; below 1 or above steps + 1 outside.

    NaN, or ``#DIV/0!``, where the side has no length.

    >>> nearest_place(1.7, 1.0, 3.0, 4.0), nearest_place(9.0, 1.0, 3.0, 4.0)
    (2.0, 17.0)
    """
    return floored(divided(value - first, (last - first) / steps) + _HALF) + 1
