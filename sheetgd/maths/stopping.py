"""Telling that a descent gets no better: the best metric so far, and the wait since."""

from sheetgd.maths.quantity import Q, when_at_least


def best_so_far(best: Q, metric: Q, tolerance: Q) -> Q:
    """The metric, if it is better than the best by more than the tolerance, else the best.

    >>> best_so_far(10.0, 9.0, 0.5), best_so_far(10.0, 9.5, 0.5)
    (9.0, 10.0)
    """
    return when_at_least(tolerance, best - metric, best, metric)


def epochs_waited(waited: Q, best: Q, metric: Q, tolerance: Q) -> Q:
    """0 if the metric is better than the best by more than the tolerance, else one epoch more.

    >>> epochs_waited(3.0, 10.0, 9.0, 0.5), epochs_waited(3.0, 10.0, 9.5, 0.5)
    (0, 4.0)
    """
    return when_at_least(tolerance, best - metric, waited + 1, 0)
