"""From where to where the error surface is shown, where the lesson does not say."""

import math
from collections.abc import Iterator, Sequence

from sheetgd.lesson import Lesson
from sheetgd.surface import best_parameters, round_values
from sheetgd.view import USUAL_STEPS

_FAR = 3.0
"""Steps that lead away further than so many times the way to the best are left out."""


def ranges_of(
    lesson: Lesson, states: Sequence[Sequence[float]] = ()
) -> tuple[tuple[float, float], ...]:
    """The ends of each parameter's range: the lesson's own, or round numbers.

    Chosen ranges hold the start, the best parameters and, as far as it does not fly off,
    the descent.

    Args:
        lesson: the lesson.
        states: the parameters after each epoch.

    >>> ranges_of(Lesson(x=(1, 2, 3), y=(30, 50, 70), start=(0, 0)), [(5.0, 2.0)])
    ((-5.0, 25.0), (-3.0, 13.0))
    """
    own = lesson.view.ranges
    found = []
    for which, best in enumerate(best_parameters(lesson)):
        name = lesson.form.parameters[which]
        if name in own:
            low, high = own[name]
        else:
            seen = [*_worth_seeing(lesson.start[which], best, [each[which] for each in states])]
            values = round_values(min(seen), max(seen), USUAL_STEPS[which % 2] + 1)
            low, high = values[0], values[-1]
        found.append((float(low), float(high)))
    return tuple(found)


def _worth_seeing(start: float, best: float, states: Sequence[float]) -> Iterator[float]:
    """The values of a parameter that the range has to hold."""
    yield start
    if math.isfinite(best):
        yield best
    reach = _FAR * abs(best - start)
    for value in states:
        if abs(value - start) <= reach:
            yield value
