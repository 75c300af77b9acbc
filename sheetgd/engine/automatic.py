"""Choosing the learning rate and the difference step for the data, and saying when one is off.

A forward difference of a squared error with nudge h is the derivative plus h times the square of
how fast the prediction changes with the parameter. So descent does not come to rest at the best
fit, but beside it by -h/2 * inverse(J'J) * diag(J'J): the larger the nudge, the further. The
smaller the nudge, the more of the difference is lost to rounding.
"""

import math
from typing import Any, Final

import numpy as np

from sheetgd.engine.error_surface import best_parameters
from sheetgd.engine.log import scale_of
from sheetgd.engine.rowwise import HELD_AT, Rowwise
from sheetgd.engine.stability import quickest_rate
from sheetgd.expression.derivative import derivative
from sheetgd.expression.functions import NOTHING, ROUNDING
from sheetgd.expression.numbers import FloatArray, evaluate
from sheetgd.expression.tree import Symbol
from sheetgd.lesson.fields import CHOOSABLE
from sheetgd.lesson.lesson import Lesson
from sheetgd.lesson.values import AUTO, Auto, Variant
from sheetgd.reading.columns import Column

_MORE = 4
"""How many times as many epochs are looked at next, as long as none rises."""


def lowered_to(lesson: Lesson, epochs: int) -> float:
    """Return the metric held after some epochs, if below the start's and never above it before.

    Returns:
        Infinity where it rises above the start's, is no number, or ends where it began. Such a
        run is left as soon as that shows.

    >>> lesson = Lesson(x=(0,), y=(0,), model="w", start=(1,), gradient="analytic", learn=0.25)
    >>> lowered_to(lesson, 3), lowered_to(lesson.changed(learn=1.1), 3)
    (0.125, inf)
    """
    return _Run(lesson, epochs).lowered_to(epochs)


class _Run:
    """A run that goes on where it was left, when it is looked at again.

    Args:
        lesson: the lesson, with its learning rate.
        most: for how many epochs it will be run at most.
    """

    def __init__(self, lesson: Lesson, most: int) -> None:
        self._lesson, self._run = lesson, Rowwise(lesson, most + 1)
        self._start = self._last = float(_held(lesson, self._run.log(1))[0])
        self._done, self._piece, self._rises = 1, 1, False

    def lowered_to(self, epochs: int) -> float:
        """Return the same as the function, for no fewer epochs than before."""
        while self._done <= epochs and not self._rises:
            taken = min(self._piece, epochs + 1 - self._done)
            held = _held(self._lesson, self._run.log(taken))
            # Where it rises, or is no number.
            self._rises = not bool((held <= self._start * (1 + ROUNDING)).all())
            self._done, self._piece = self._done + taken, _MORE * self._piece
            self._last = float(held[-1])
        return math.inf if self._rises or not self._last < self._start else self._last


def _held(lesson: Lesson, log: FloatArray) -> FloatArray:
    """Return the metric held before each of some passes."""
    errors = log[HELD_AT]
    with np.errstate(all="ignore"):
        found: FloatArray = lesson.step.metric_function.of_sum(errors, lesson.n_rows)
    return found


USUAL = 0.01
"""The nudge where the data tell nothing."""

ASTRAY = 1e-4
"""A chosen nudge leads no parameter further astray than by this part of its size."""

VISIBLE = 0.05
"""A line is visibly off when its predictions are by this part of the spread of y."""

TAKEN = 1e-3
"""Where rounding takes more than this part of a difference, and what is led astray is as much,
the parameter is given up."""

_MOST_TAKEN = 0.01
"""Of the parameter that sways the prediction most it takes no more, however far that leads."""


def stationary_shift(lesson: Lesson) -> "FloatArray":
    """Compute how far from the best fit forward differences rest, for a nudge of 1.

    For models that are not linear in their parameters it is what holds close to the best fit.
    NaN where there is none.

    >>> stationary_shift(Lesson(x=(0,), y=(0,), model="w")).tolist()
    [-0.5]
    """
    even, sizes = _columns(lesson)
    with np.errstate(all="ignore"):
        if not np.isfinite(even).all():
            return np.full(len(sizes), math.nan)
        matrix = even.T @ even
        pulled = np.linalg.pinv(matrix, rcond=NOTHING, hermitian=True) @ (sizes * np.diag(matrix))
        shift: FloatArray = -pulled / sizes / 2
    return shift


def _columns(lesson: Lesson) -> "tuple[FloatArray, FloatArray]":
    """Return how fast predictions change with each parameter, scaled to size 1, and the sizes.

    The squares of columns of different sizes would drown each other. Of classes it is the logits:
    where a start is sure of them, the predictions hardly change at all.
    """
    model = lesson.model.score if lesson.step.classifies else lesson.model
    with np.errstate(all="ignore"):
        jacobian = model.jacobian(lesson.arrays.inputs, _fit(lesson))
        sizes: FloatArray = abs(jacobian).max(axis=0)
        return jacobian / sizes, sizes


def chosen_nudge(lesson: Lesson) -> float:
    """Choose a power of ten that leads hardly astray and loses little to rounding.

    Where both cannot be had, as much is lost one way as the other; but what rounding takes of the
    parameters that hardly sway the prediction is given up first, and then the stationary point.

    >>> chosen_nudge(Lesson(x=(1000, 2000, 3000), y=(0.2, 0.3, 0.5), start=(0, 0)))
    1e-09
    >>> chosen_nudge(Lesson(x=(1, 2, 3), y=(3e6, 5e6, 7e6)))
    10.0
    """
    y = lesson.arrays.y
    even, typical = _columns(lesson)
    with np.errstate(all="ignore"):
        typical = typical * np.sqrt((even * even).mean(axis=0))
        sizes = np.maximum(abs(np.array(_fit(lesson))), _spread(lesson) / typical)
        astray = float(np.nanmax(abs(stationary_shift(lesson)) / sizes, initial=0.0))
        largest = max(float(abs(_at_start(lesson)).max()), float(abs(y).max()))
        # What rounding takes of each parameter's difference, times the nudge.
        taken = float(np.finfo(float).eps) * largest / typical
        if not 0 < astray < math.inf or not np.isfinite(taken).all():
            return USUAL
        fitting = [each for each in taken.tolist() if each * astray <= TAKEN * TAKEN]
    rounding = max(fitting, default=float(taken.min()))
    wanted = ASTRAY / astray
    least = max(math.sqrt(rounding / astray), float(taken.min()) / _MOST_TAKEN)
    if wanted >= least:
        return _power_of_ten(math.floor(math.log10(wanted) + ROUNDING))
    return _power_of_ten(round(math.log10(least)))


def nudge_advice(lesson: Lesson) -> str | None:
    """Warn of a nudge that is lost to rounding, or leads visibly astray; None if neither.

    >>> lesson = Lesson(x=(1, 2, 4), y=(1, 2, 3), lr=0.01, difference_step=1e-5)
    >>> print(nudge_advice(lesson.changed(difference_step=1e-300)))
    difference_step 1e-300 is too small: m plus that is m, so the error does not change and \
nothing moves; take a larger one, such as 1e-05
    >>> print(nudge_advice(lesson.changed(x=(1000, 2000, 3000), difference_step=0.01)))
    difference_step 0.01 is too large: forward differences come to rest at m -0.033985, b 69.965, \
and the best fit is m 0.001, b 0; take a smaller one, such as 1e-08, or central differences
    >>> nudge_advice(lesson)
    """
    if not lesson.step.gradient_rule.nudges or lesson.method.gradient == "swapped":
        return None
    lost = lost_nudge(lesson)
    if lost is not None:
        return (
            f"difference_step {lesson.training.difference_step:g} is too small: {lost} plus that "
            f"is {lost}, so the error does not change and nothing moves; take a larger one, such "
            f"as {chosen_nudge(lesson):g}"
        )
    if (
        lesson.method.gradient != "forward"
        or lesson.method.loss != "mse"
        or not lesson.model.linear
    ):
        return None

    fit = np.array(best_parameters(lesson))
    with np.errstate(all="ignore"):
        shift = lesson.training.difference_step * stationary_shift(lesson)
        moved = lesson.model.jacobian(lesson.arrays.inputs, lesson.training.start) @ shift
        off = math.sqrt(float((moved * moved).mean()))
    if not off > VISIBLE * _spread(lesson) or not np.isfinite(fit).all():
        return None
    ends, best = (_named(lesson, values.tolist()) for values in (fit + shift, fit))
    better = chosen_nudge(lesson)
    smaller = (
        f"take a smaller one, such as {better:g}, or "
        if better < lesson.training.difference_step
        else "take "
    )
    return (
        f"difference_step {lesson.training.difference_step:g} is too large: forward differences "
        f"come to rest at {ends}, and the best fit is {best}; {smaller}central differences"
    )


def lost_nudge(lesson: Lesson) -> str | None:
    """Find the first parameter that a nudge does not change at the start; None if there is none.

    >>> lesson = Lesson(x=(1, 2), y=(1, 2), start=(0, 5), lr=0.01, difference_step=0.01)
    >>> lost_nudge(lesson.changed(difference_step=1e-17))
    'b'
    """
    named = zip(lesson.model.parameters, lesson.training.start, strict=True)
    return next(
        (name for name, value in named if value + lesson.training.difference_step == value), None
    )


def _at_start(lesson: Lesson) -> FloatArray:
    """Return the predictions at the start."""
    rows = lesson.n_rows
    start = [np.full(rows, each) for each in lesson.training.start]
    return np.broadcast_to(lesson.model.predict(lesson.arrays.inputs, start), rows)


def _fit(lesson: Lesson) -> tuple[float, ...]:
    """Return the best fit, or the start where there is none."""
    best = best_parameters(lesson)
    return best if all(map(math.isfinite, best)) else tuple(lesson.training.start)


def _spread(lesson: Lesson) -> float:
    """Return by how much y varies; where it does not, its size."""
    y = lesson.arrays.y
    with np.errstate(all="ignore"):
        return float(y.std()) or float(abs(y).max()) or 1.0


def _power_of_ten(power: int) -> float:
    return float(f"1e{power}")


def _named(lesson: Lesson, values: list[float]) -> str:
    named = zip(lesson.model.parameters, values, strict=True)
    return ", ".join(f"{name} {value:g}" for name, value in named)


DIGITS = (1, 2, 5)
_DECADE = len(DIGITS)
_MOST_UP, MOST_DOWN = 45 * _DECADE, 8 * _DECADE
"""So far from the scale of the data rates are tried: upwards no further than they may go."""

_ABOVE = 2 * _DECADE - 1
"""Above the first decade in which an epoch goes well, rates within two more are tried."""

SLOW = 0.9
"""A run that falls by less than this part of what the best does is slow: so are all below it."""

SLOW_ONES = 2
"""After this many in a row, each slower than the one before, no smaller rates are tried."""

_COSTLY = 20_000
"""With more steps to a run, rates are tried a decade apart first."""

MOST_STEPS = 40_000
"""With more steps to the capacity, rates are judged by the epochs that have this many."""


def choose_for_data(lesson: Lesson) -> Lesson:
    """Choose what is still to be chosen of a lesson and of its variants.

    The nudge is found first: a rate is judged by runs with that.

    >>> lesson = Lesson.of({"x": (1, 2, 3), "y": (3, 5, 7), "learning_rate": "auto"})
    >>> choose_for_data(lesson).training.learning_rate
    0.1
    """
    # What is known of a lesson is known of it with what is chosen.
    kept = {"expected": lesson.display.expected}
    fixed = lesson.with_settings({**kept, **choices(lesson)}) if lesson.training.chosen else lesson
    variants = tuple(_fitted_variant(fixed, each) for each in fixed.display.variants)
    if variants == fixed.display.variants:
        return fixed
    return fixed.with_settings({"variants": variants})


def _fitted_variant(lesson: Lesson, variant: Variant) -> Variant:
    if AUTO not in [variant.changes.get(name) for name in CHOOSABLE]:
        return variant
    varied = lesson.varied(variant)
    found = choices(varied)
    return Variant(title=variant.title, changes={**variant.changes, **found})


def choices(lesson: Lesson) -> dict[str, Any]:
    """Choose for a lesson its nudge and learning rate, and say how they were found."""
    found: dict[str, Any] = {}
    how = dict(lesson.training.chosen)
    if how.get("difference_step") is Auto.PENDING:
        found["difference_step"], how["difference_step"] = chosen_nudge(lesson), Auto.CHOSEN
    if how.get("learning_rate") is Auto.PENDING:
        with_step = lesson.with_settings(found)
        found["learning_rate"], how["learning_rate"] = chosen_rate(with_step)
    return {**found, "chosen": how}


def chosen_rate(lesson: Lesson) -> tuple[float, Auto]:
    """Choose the learning rate that suits a lesson; say whether more than the smallest was tried.

    The lesson runs for as many epochs as its workbook has room for, from its start, in its
    order and by its method, at rates of 1, 2 or 5 times a power of ten. Of those at which the
    metric held after an epoch is never above the start's, the one with the lowest metric in
    the end is taken; of several that come to the same, the smallest. Where all rows are one batch,
    and the ends of the spectrum are known, it is `quickest_rate` if that ends as low, or inputs are
    scaled. Where there is none, as
    when the start is nearer to the best fit than the steps can come, it is the smallest tried.

    >>> chosen_rate(Lesson(x=(0,), y=(0,), model="w", gradient="analytic"))
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
    if lesson.step.loss_function.of_logit:
        best = _modest(search, best)
    quick = quickest_rate(lesson)
    if quick is not None:
        quick = _two_digits(quick)
        end = search.end_at(quick)
        if end <= search.end(best) * (1 + ROUNDING) or (lesson.arrays.scaling and end < math.inf):
            return quick, Auto.CHOSEN
    return rate_at(best), Auto.CHOSEN


_NEARLY_ALL: Final = 0.95


def _modest(search: "_Search", best: int) -> int:
    """Find the lowest of the places tried that comes nearly as far down as the best.

    Where classes are parted without a mistake, larger parameters lower the loss for ever, and so
    does every larger rate. So what counts is the way from what the classes' shares alone give: from
    a start far above that nearly all of the way says little.
    """
    above = min(search.start, search.own)
    enough = above - _NEARLY_ALL * (above - search.end(best))
    fitting = sorted(place for place, end in search.found.items() if end <= enough)
    return next((place for place in fitting if search.holds(place)), best)


def _two_digits(rate: float) -> float:
    """Round a rate down to two digits: above the quickest one it may not be stable.

    >>> _two_digits(0.0012389), _two_digits(0.5)
    (0.0012, 0.5)
    """
    power = 1 - math.floor(math.log10(rate) + ROUNDING)
    return float(f"{math.floor(rate * 10.0**power * (1 + ROUNDING))}e{-power}")


def _best(search: "_Search", places: range) -> int | None:
    """Find the place with the lowest metric at the end, of several the last; None if none falls."""
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
    """Find the highest place, in steps of a decade from the middle, at which an epoch goes well."""
    place = search.middle
    if search.begins_well(place):
        while place < search.middle + _MOST_UP and search.begins_well(place + _DECADE):
            place += _DECADE
        return place
    while place > search.middle - MOST_DOWN and not search.begins_well(place):
        place -= _DECADE
    return place


def rate_at(place: int) -> float:
    """Return the rate at a place of the scale 1, 2, 5, 10, ...

    >>> [rate_at(place) for place in range(-3, 5)]
    [0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0]
    """
    power, digit = divmod(place, _DECADE)
    return float(f"{DIGITS[digit]}e{power}")


class _Search:
    """A lesson's runs at rates by their places."""

    def __init__(self, lesson: Lesson) -> None:
        self._lesson = lesson
        self._epochs = min(lesson.capacity, max(2, MOST_STEPS // lesson.n_rows))
        steps = lesson.n_rows * (self._epochs + 1)
        self.costly = steps > _COSTLY
        self.own = scale_of(lesson)
        self.start = float(_held(lesson, Rowwise(lesson, 1).log(1))[0])
        self.found: dict[int, float] = {}
        self._runs: dict[int, _Run] = {}
        self.middle = _DECADE * math.floor(math.log10(rate_scale(lesson)))

    def begins_well(self, place: int) -> bool:
        """Tell whether the first epoch lowers the metric."""
        return self._at(place).lowered_to(1) < math.inf

    def end(self, place: int) -> float:
        """Return the metric at the end, infinite where it rises above the start's on the way."""
        if place not in self.found:
            self.found[place] = self._at(place).lowered_to(self._epochs)
        return self.found[place]

    def holds(self, place: int) -> bool:
        """Tell whether the metric stays below the start's over the whole capacity."""
        self.end(place)
        return self._at(place).lowered_to(self._lesson.capacity) < math.inf

    def end_at(self, rate: float) -> float:
        """Return the metric at the end for any rate."""
        return lowered_to(self._lesson.with_settings({"learning_rate": rate}), self._epochs)

    def _at(self, place: int) -> _Run:
        if place not in self._runs:
            lesson = self._lesson.with_settings({"learning_rate": rate_at(place)})
            self._runs[place] = _Run(lesson, self._lesson.capacity)
        return self._runs[place]


def rate_scale(lesson: Lesson) -> float:
    """Estimate the size of a useful rate: where the search begins.

    A step at this rate moves the prediction of the row that sways most by as much as the
    largest error: for plain steps error / (slope of the loss * |J|^2), with J how fast the
    prediction changes with each parameter, and for steps of a size of their own error / sum(|J|).
    """
    method = lesson.step
    y = lesson.arrays.y
    with np.errstate(all="ignore"):
        model = lesson.model.score if lesson.step.classifies else lesson.model
        jacobian = abs(model.jacobian(lesson.arrays.inputs, lesson.training.start))
        sizes = abs(_at_start(lesson) - y)
        size = float(sizes.max()) or float(abs(y).max()) or 1.0
        error = lesson.step.loss_function.bound(lesson.settings).error
        loss = derivative(error(Symbol("y_pred"), Symbol("y")), "y_pred")
        slope = evaluate(loss, ("y_pred", "y"), (size, 0.0))
        gradient = slope * float(jacobian.max())
        if "s" in method.optimizer_rule.states:
            damped = 1 + np.divide(lesson.method.hyperparameters["eps"], gradient)
            scale = float(np.divide(size, jacobian.sum(axis=1).max()) * damped)
        else:
            squares = (jacobian * jacobian).sum(axis=1).max()
            scale = float(np.divide(size, slope * squares))
    return scale if _SMALLEST_SCALE < scale < _LARGEST_SCALE else _USUAL


_SMALLEST_SCALE, _LARGEST_SCALE, _USUAL = 1e-280, 1e240, 1e-4


LARGEST: Final = 1e150
"""The squares of larger numbers, summed up, are beyond the largest number there is, 1.8e308."""

SMALLEST: Final = 1e-150
"""The squares of smaller numbers are below the smallest that a spreadsheet knows, 2.2e-308."""


def unit_advice(lesson: Lesson) -> str | None:
    """Warn if a column of the data needs another unit.

    >>> unit_advice(Lesson(x=(1e200, 2e200), y=(1, 2)))
    'x reaches 2e+200: the squares of such numbers are too large for a spreadsheet, which shows \
#NUM!; take another unit for it'
    >>> unit_advice(Lesson(x=(0, 1), y=(1e-200, 2e-200)))
    'y reaches only 2e-200: the squares of such numbers are 0 in most programs, and #NUM! in \
LibreOffice; take another unit for it'
    """
    data = lesson.data
    for column in (*data.inputs, Column(data.y_name, data.y)):
        name, largest = column.name, max(map(abs, column.values))
        if largest > LARGEST:
            return (
                f"{name} reaches {largest:g}: the squares of such numbers are too large for a "
                "spreadsheet, which shows #NUM!; take another unit for it"
            )
        if 0 < largest < SMALLEST:
            return (
                f"{name} reaches only {largest:g}: the squares of such numbers are 0 in most "
                "programs, and #NUM! in LibreOffice; take another unit for it"
            )
    return None
