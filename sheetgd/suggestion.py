"""The warning of a learning rate that does not converge, with one that does well instead."""

import math
from typing import Final

from sheetgd.auto import rate_scale
from sheetgd.lesson import Lesson
from sheetgd.maths.rate_verdict import ROUNDING
from sheetgd.numerals import in_digits
from sheetgd.rates import number_of_rates, sweep_epochs
from sheetgd.stability import epoch_factor, is_stable, largest_stable_rate
from sheetgd.sweeping import sweep

_SAFETY: Final = 0.9
_MOST_HALVINGS: Final = 40


def advice(lesson: Lesson) -> str | None:
    """Warn where the epoch factor at the lesson's learning rate is above 1.

    >>> lesson = Lesson(x=(1, 2, 3), y=(3, 5, 7), batch="all", gradient="exact")
    >>> advice(lesson.changed(learn=0.17)), advice(lesson.changed(learn=0.5))
    (None, 'learn 0.5 diverges ... multiplies the distance from the resting point by 4.546. ...')
    """
    if is_stable(lesson) is not False:
        return None
    factor = epoch_factor(lesson)
    assert factor is not None  # noqa: S101  where it is known whether it is stable it is known
    known, better = largest_stable_rate(lesson), suggested_rate(lesson)
    found = [] if known is None else [f"Every rate below {in_digits(known, 3):g} is stable"]
    found += [] if better is None else [f"try {better:g}"]
    told = f"{factor:.4g}" if math.isfinite(factor) else "more than any number"
    text = (
        f"learn {lesson.learn:g} diverges from almost every start: at this rate an epoch "
        f"multiplies the distance from the resting point by {told}"
    )
    if told == "1":
        text = text.removesuffix("1") + "a little more than 1"
    return f"{text}. {'; '.join(found)}" if found else text


def suggested_rate(lesson: Lesson) -> float | None:
    """Find a learning rate that a sweep calls good, as large as halving finds it.

    A stable rate may still end far from the best fit, as steps row by row settle in a round of
    their own. So the lesson is run: at no epoch may the metric held be above the start's.

    Returns:
        None where no rate does better than the start.
    """
    largest = largest_stable_rate(lesson)
    rate = rate_scale(lesson) if largest is None else _SAFETY * largest
    for _ in range(_MOST_HALVINGS):
        told = in_digits(rate, 2)
        if told > 0 and _is_good(lesson, told):
            return told
        rate /= 2
    return None


def _is_good(lesson: Lesson, rate: float) -> bool:
    epochs = sweep_epochs(lesson, number_of_rates(lesson))
    (trial,) = sweep(lesson, (rate,), epochs).trials
    start, *_, last = trial.metric_values
    highest = max(trial.metric_values)
    good = trial.verdict is not None and trial.verdict.good
    return good and highest <= start * (1 + ROUNDING) and last < start
