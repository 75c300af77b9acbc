"""Choosing the learning rate, where none is given, by trying some."""

import math
from typing import Any

from sheetgd.choosable import CHOOSABLE, Auto
from sheetgd.engine.course import FEW_STEPS
from sheetgd.engine.falling import held_at, lowered_to, never_above
from sheetgd.engine.many import lines_at_rates
from sheetgd.lesson import Lesson, Variant
from sheetgd.maths.affinity import step_map
from sheetgd.maths.calculus import derivative
from sheetgd.maths.evaluation import evaluate
from sheetgd.maths.expression import Symbol
from sheetgd.maths.rate_verdict import ROUNDING
from sheetgd.nudge import chosen_nudge

DIGITS = (1, 2, 5)
_DECADE = len(DIGITS)
_MOST_UP, MOST_DOWN = 45 * _DECADE, 8 * _DECADE
"""So far from the scale of the data rates are tried: upwards no further than they may go."""

_ABOVE = 2 * _DECADE - 1
"""Above the first decade in which an epoch goes well, rates within two more are tried."""

SLOW = 0.9
"""A run that falls by less than this part of what the best does is slow: so are all below it."""

SLOW_ONES = 2
"""After so many of them in a row, each slower than the one before, no smaller ones are tried."""

_COSTLY = 20_000
"""With more steps to a run, rates are tried a decade apart first."""

MOST_STEPS = 40_000
"""With more steps to the capacity, rates are judged by as many epochs as have so many."""


def fitted(lesson: Lesson) -> Lesson:
    """The lesson with what is still to be chosen chosen, its variants', too.

    The nudge is found first: a rate is judged by runs with that.

    >>> lesson = Lesson(x=(1, 2, 3), y=(3, 5, 7), auto={"learn": Auto.PENDING})
    >>> fitted(lesson).learn
    0.1
    """
    fixed = lesson.changed(**choices(lesson)) if lesson.auto else lesson
    variants = tuple(_fitted_variant(fixed, each) for each in fixed.variants)
    return fixed if variants == tuple(fixed.variants) else fixed.changed(variants=variants)


def _fitted_variant(lesson: Lesson, variant: Variant) -> Variant:
    if "auto" not in variant.changes:
        return variant
    varied = lesson.varied(variant)
    found = choices(varied)
    return Variant(title=variant.title, changes={**variant.changes, **found})


def choices(lesson: Lesson) -> dict[str, Any]:
    """What is chosen for a lesson: its nudge, learning rate, and how they were found."""
    found: dict[str, Any] = {}
    how = dict(lesson.auto)
    if how.get("nudge") is Auto.PENDING:
        found["nudge"], how["nudge"] = chosen_nudge(lesson), Auto.CHOSEN
    if how.get("learn") is Auto.PENDING:
        with_nudge = lesson.changed(**found)
        found["learn"], how["learn"] = chosen_rate(with_nudge)
    return {**found, "auto": how}


def chosen_words(lesson: Lesson) -> str | None:
    """A sentence on what was chosen for the data; None where all is given.

    >>> lesson = Lesson(x=(1, 2, 3), y=(3, 5, 7), learn=0.05, auto={"learn": Auto.CHOSEN})
    >>> chosen_words(lesson)
    'learn 0.05 was chosen for these data'
    >>> chosen_words(lesson.changed(auto={"learn": Auto.SMALLEST}))
    'learn 0.05 was chosen for these data: no rate tried lowers the rmse from this start, and \
this is the smallest of them'
    """
    found = (Auto.CHOSEN, Auto.SMALLEST)
    names = [each for each in CHOOSABLE if lesson.auto.get(each) in found]
    names = [name for name in names if name in lesson.settings]
    if not names:
        return None
    named = " and ".join(f"{name} {getattr(lesson, name):g}" for name in names)
    words = f"{named} {'was' if len(names) == 1 else 'were'} chosen for these data"
    if lesson.auto.get("learn") is not Auto.SMALLEST:
        return words
    what = "this" if names == ["learn"] else "this rate"
    return (
        f"{words}: no rate tried lowers the {lesson.metric_name} from this start, and {what} is "
        "the smallest of them"
    )


def built_words(lesson: Lesson) -> str | None:
    """The same for a workbook, in which nothing follows.

    >>> print(built_words(Lesson(x=(1, 2), y=(3, 5), learn=2e-7, auto={"learn": Auto.CHOSEN})))
    learn 2E-07 was chosen for these data when the workbook was built; it does not follow later \
changes.
    """
    words = chosen_words(lesson)
    if words is None:
        return None
    them = "they do" if " were chosen" in words else "it does"
    before, chosen, reason = words.partition(" chosen for these data")
    for name in CHOOSABLE:
        short = f"{getattr(lesson, name):g}"
        before = before.replace(f"{name} {short}", f"{name} {short.upper()}")
    built = f"{before}{chosen} when the workbook was built"
    return f"{built}{reason}; {them} not follow later changes."


def chosen_rate(lesson: Lesson) -> tuple[float, Auto]:
    """The learning rate that suits a lesson, and whether it is more than the smallest tried.

    The lesson runs for as many epochs as its workbook has room for, from its start, in its
    order and by its method, at rates of 1, 2 or 5 times a power of ten. Of those at which the
    figure held after an epoch is never above the start's, the one with the lowest figure in
    the end is taken; of several that come to the same, the smallest. Where there is none, as
    when the start is nearer to the best fit than the steps can come, it is the smallest tried.

    >>> chosen_rate(Lesson(x=(0,), y=(0,), model="w", gradient="exact"))
    (0.5, <Auto.CHOSEN: 'chosen'>)
    """
    search = _Search(lesson)
    top, bottom = _top(search) + _ABOVE, search.middle - MOST_DOWN
    stride = _DECADE if search.costly else 1
    best = _best(search, range(top, bottom - 1, -stride))
    if best is not None and search.costly:
        best = _best(search, range(best + _DECADE - 1, best - _DECADE, -1))
    while best is not None and not search.holds(best):
        best = best - 1 if best > bottom else None
    if best is None:
        return rate_at(bottom), Auto.SMALLEST
    return rate_at(best), Auto.CHOSEN


def _best(search: "_Search", places: range) -> int | None:
    """The place of the lowest figure in the end, of several the last; None where none is lower."""
    best, lowest, slow, last = None, math.inf, 0, math.inf
    for place in places:
        end = search.end(place)
        if end <= lowest * (1 + ROUNDING) and end < math.inf:
            best, lowest = place, min(lowest, end)
        enough = search.start - SLOW * (search.start - lowest) if lowest < math.inf else math.inf
        slow = slow + 1 if max(enough, last) < end < math.inf else 0
        if slow == SLOW_ONES:
            break
        last = end if end < math.inf else last
    return best


def _top(search: "_Search") -> int:
    """The highest place, in steps of a decade from the middle, at which an epoch goes well."""
    place = search.middle
    if search.begins_well(place):
        while place < search.middle + _MOST_UP and search.begins_well(place + _DECADE):
            place += _DECADE
        return place
    while place > search.middle - MOST_DOWN and not search.begins_well(place):
        place -= _DECADE
    return place


def rate_at(place: int) -> float:
    """The rate at a place of the scale 1, 2, 5, 10, ...

    >>> [rate_at(place) for place in range(-3, 5)]
    [0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0]
    """
    power, digit = divmod(place, _DECADE)
    return float(f"{DIGITS[digit]}e{power}")


class _Search:
    """A lesson's runs at rates by their places."""

    def __init__(self, lesson: Lesson) -> None:
        self._lesson = lesson
        self._epochs = min(lesson.room, max(2, MOST_STEPS // lesson.rows))
        steps = lesson.rows * (self._epochs + 1)
        affine = lesson.shuffle is None and step_map(lesson.method) is not None
        self._together = affine and steps > FEW_STEPS
        self._tried: set[int] = set()
        self.costly = steps > _COSTLY
        self.start = held_at(lesson, lesson.start)
        self._found: dict[int, float] = {}
        self.middle = _DECADE * math.floor(math.log10(rate_scale(lesson)))

    def begins_well(self, place: int) -> bool:
        """Whether the first epoch lowers the figure."""
        return lowered_to(self._lesson.changed(learn=rate_at(place)), 1) < math.inf

    def end(self, place: int) -> float:
        """The figure in the end, infinite where it rises above the start's on the way."""
        if self._together and place not in self._tried:
            self._run_together(place)
        if place not in self._found:
            lesson = self._lesson.changed(learn=rate_at(place))
            self._found[place] = lowered_to(lesson, self._epochs)
        return self._found[place]

    def holds(self, place: int) -> bool:
        """Whether the figure stays below the start's over the whole capacity."""
        if self._epochs == self._lesson.room:
            return True
        at_rate = self._lesson.changed(learn=rate_at(place))
        return lowered_to(at_rate, self._lesson.room) < math.inf

    def _run_together(self, place: int) -> None:
        """Run a decade or two at once, where that is possible."""
        places = range(place, place - 2 * _DECADE, -1)
        self._tried.update(places)
        rates = [rate_at(each) for each in places]
        runs = lines_at_rates(self._lesson, rates, self._epochs)
        for each, lines in zip(places, runs, strict=True):
            if lines is not None:
                held, start = lines.held, float(lines.held[0])
                well = never_above(held, start) and held[-1] < start
                self._found[each] = float(held[-1]) if well else math.inf


def rate_scale(lesson: Lesson) -> float:
    """About the size of a useful rate: where the search begins.

    A step at this rate moves the prediction of the row that sways most by as much as the
    largest error: for plain steps error / (slope of the loss * |J|^2), with J how fast the
    prediction changes with each parameter, and for steps of a size of their own error / sum(|J|).
    """
    import numpy as np  # noqa: PLC0415  `sheetgd --help` does without NumPy

    method = lesson.method
    x, y = lesson.arrays.x, lesson.arrays.y
    with np.errstate(all="ignore"):
        jacobian = abs(lesson.form.jacobian(x, lesson.start))
        errors = lesson.form.predict(x, [np.full(len(x), each) for each in lesson.start]) - y
        sizes = abs(np.broadcast_to(errors, len(x)))
        size = float(sizes.max()) or float(abs(y).max()) or 1.0
        loss = derivative(method.row_loss.error(Symbol("y_pred"), Symbol("y")), "y_pred")
        slope = evaluate(loss, ("y_pred", "y"), (size, 0.0))
        gradient = slope * float(jacobian.max())
        if "s" in method.mover.states:
            damped = 1 + np.divide(lesson.hyper["eps"], gradient)
            scale = float(np.divide(size, jacobian.sum(axis=1).max()) * damped)
        else:
            squares = (jacobian * jacobian).sum(axis=1).max()
            scale = float(np.divide(size, slope * squares))
    return scale if _SMALLEST_SCALE < scale < _LARGEST_SCALE else _USUAL


_SMALLEST_SCALE, _LARGEST_SCALE, _USUAL = 1e-280, 1e240, 1e-4
