"""Optimisers: how a parameter moves once its derivative is known."""

from sheetgd.maths.quantity import Q


def plain_step(parameter: Q, derivative: Q, learn: Q) -> Q:
    """One step downhill: p - learn * de/dp.

    >>> plain_step(1.0, -500.0, 0.0001)
    1.05
    """
    return parameter - learn * derivative
