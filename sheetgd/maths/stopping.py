"""Telling that a descent gets no better: the best metric so far, and the wait since."""

from sheetgd.maths.quantity import Q, when_at_least


def best_so_far(best: Q, loss: Q, tolerance: Q) -> Q:
    """The loss, if it is better than the best by more than the tolerance, else the best.

    >>> best_so_far(10.0, 9.0, 0.5), best_so_far(10.0, 9.5, 0.5)
    (9.0, 10.0)
    """
    return when_at_least(tolerance, best - loss, best, loss)


def epochs_waited(waited: Q, best: Q, loss: Q, tolerance: Q) -> Q:
    """0 if the loss is better than the best by more than the tolerance, else one epoch more.

    >>> epochs_waited(3.0, 10.0, 9.0, 0.5), epochs_waited(3.0, 10.0, 9.5, 0.5)
    (0, 4.0)
    """
    return when_at_least(tolerance, best - loss, waited + 1, 0)
