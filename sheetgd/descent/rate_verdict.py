"""The verdict on a run, and which of several learning rates did best.

A verdict depends on the run and its data alone. Let f_k be the metric held after epoch k, K the
last epoch and r the reference (the start's metric; near a perfect start the data's scale).
L_k = (f_k / r)^2 where the metric is a root, else f_k / r, is the loss beside the reference's, and
S the same of the data's scale. The first that holds:

- *diverging*: some L_k is no number, or above 1000; or L_K is above 1, the highest of all, and
  more than 1 % above L_(K/2);
- *worse than the start*: L_K > L_0 + 0.0001 S;
- *rising*: L_K > L_(K/2) * 1.01 + 0.0001 S, though below the start;
- *bouncing*: epochs take back more than half of the moves before, sum(d_k * d_(k+1)) <
  -1/2 sum(d_k^2), with d_k the move of all parameters in epoch k;
- *unchanged*: L_K is L_0 but for a billionth, and not nearly perfect;
- *still falling*: L_(K/2) > L_K > S / 1,000,000, and L_(K/2) - L_K is above L_K / 100 +
  S / 1,000,000, or above half of L_0 - L_(K/2); or above S / 1,000,000, with a last quarter that
  came down by more than half of what the quarter before did;
- *levelled off* otherwise.

A rate is called good where its run is neither diverging, worse than the start, rising nor bouncing.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sheetgd.descent.loss import Loss, Metric
from sheetgd.expression.functions import (
    NOTHING,
    ROUNDING,
    added,
    count,
    divided,
    square,
    total,
    when_at_least,
    when_equal,
)
from sheetgd.expression.numbers import Q
from sheetgd.expression.sheet_cells import (
    Given,
    all_of,
    any_of,
    compared,
    constant,
    count_if,
    failed,
    if_error,
    index,
    is_number,
    joined,
    match,
    maximum,
    minimum,
    told,
    when,
)
from sheetgd.expression.tree import Expression

FACTOR: Final = 1000.0
"""A run past this many times the start's loss diverges. Ours: the transient of a stable run, as row
by row steps have it, stays well below that in every lesson measured."""


NEARLY_PERFECT: Final = 1e-4
"""A start whose loss is below this share of the data's own is nearly perfect. Ours: errors of 1 %
of the data's spread, which no chart shows."""


FITTED: Final = 1e-19
"""A loss below this share of the one that a run is measured against is rounding: the model fits.
Ours: errors of less than a billionth."""


def share_of_metric(share_of_loss: float, metric: Metric) -> float:
    """Return what a share of losses is for metrics: its root where the metric is a root.

    >>> from sheetgd.descent.loss import METRICS
    >>> share_of_metric(1e-4, METRICS["rmse"]), share_of_metric(1e-4, METRICS["mse"])
    (0.01, 0.0001)
    """
    return math.sqrt(share_of_loss) if metric.rooted else share_of_loss


def data_scale(
    metric: Metric, loss: Loss, y: Q, rows: Q, summed: Callable[[Any], Any] = total
) -> Q:
    """Return the metric of predicting the mean of y in every row.

    Where all y are alike, it is the metric of predicting 0; where all are 0, it is 1.

    Args:
        metric: the metric.
        loss: the loss whose row errors it sums up.
        y: all y.
        rows: how many there are.
        summed: takes the sum over the rows, by default over all of them.

    >>> import numpy as np
    >>> from sheetgd.descent.loss import LOSSES
    >>> from sheetgd.descent.loss import METRICS
    >>> float(data_scale(METRICS["rmse"], LOSSES["mse"], np.array([1.0, 3.0]), 2.0))
    1.0
    """
    spread = metric.of_sum(summed(loss.of_mean(summed(y) / rows, y)), rows)
    size = metric.of_sum(summed(loss.error(0.0 * y, y)), rows)
    found: Q = when_at_least(NOTHING * size, spread, when_equal(size, 0, 1.0, size), spread)
    return found


def reference(metric: Metric, start: Q, scale: Q) -> Q:
    """Return what a run is measured against: the start's metric.

    Near a perfect start, against which anything would be large, it is the data's scale.

    >>> from sheetgd.descent.loss import METRICS
    >>> [reference(METRICS["rmse"], start, 20.0) for start in (227.4, 0.1)]
    [227.4, 20.0]
    """
    nearly = share_of_metric(NEARLY_PERFECT, metric) * scale
    found: Q = when_at_least(nearly, start, scale, start)
    return found


def divergence_bound(metric: Metric, start: Q, scale: Q) -> Q:
    """Return the metric beyond which a run diverges.

    >>> from sheetgd.descent.loss import METRICS
    >>> divergence_bound(METRICS["mse"], 2.25, 1.0)
    2250.0
    """
    return reference(metric, start, scale) * share_of_metric(FACTOR, metric)


def fitted_bound(metric: Metric, divergence: Q) -> Q:
    """Return the metric up to which a model fits but for rounding.

    Where it fits, derivatives of 0 are no standstill.

    Args:
        metric: the metric.
        divergence: the metric beyond which the run diverges.

    >>> from sheetgd.descent.loss import METRICS
    >>> fitted_bound(METRICS["mse"], divergence_bound(METRICS["mse"], 2.0, 1.0))
    2e-19
    """
    return divergence * share_of_metric(FITTED / FACTOR, metric)


TAKEN_BACK: Final = 0.5
"""A bouncing run's epochs take back more than this part of the moves before. Ours: where an epoch
multiplies the distance by a factor from 0 to -1, the loss falls as at the factor without its sign;
beyond -1/2 most of each move is lost again."""

STILL_FALLING: Final = 0.01
"""A run that came down by more than this since half way is still falling, and one that rose by
more is still rising. Ours: what a chart shows."""

NOT_SLOWING: Final = 0.5
"""So is one whose second half came down by more than this part of what the first half did, or whose
last quarter of what the one before did. Ours: it keeps runs from counting as levelled off that
crawl on, as along the floor of a valley, or whose steps are so small that the loss hardly changes.
"""

TOO_SMALL_TO_SEE: Final = 1e-6
"""Less than this part of the data's own loss, and a fall by less, is nothing. Ours: errors of a
thousandth of the data's spread."""

BEST: Final = "best"
"""The mark of the rate with the lowest metric in the end."""


class Verdict(StrEnum):
    """What can be said of a run, from bad to good."""

    DIVERGING = "diverging"
    WORSE = "worse than the start"
    RISING = "rising"
    BOUNCING = "bouncing"
    UNCHANGED = "unchanged"
    STILL_FALLING = "still falling"
    LEVELLED_OFF = "levelled off"

    @property
    def good(self) -> bool:
        """Whether the run is neither diverging, worse than the start, rising nor bouncing."""
        return self in {Verdict.UNCHANGED, Verdict.STILL_FALLING, Verdict.LEVELLED_OFF}


MEANINGS: Final = {
    Verdict.DIVERGING: f"its loss passes {FACTOR:,.0f} times the start's (or is no number any "
    f"more), or ends above the start, at its highest and more than {STILL_FALLING:.0%} above half "
    "way",
    Verdict.WORSE: "it ends worse than it began",
    Verdict.RISING: f"it has come down, but since half way it rises, by more than "
    f"{STILL_FALLING:.0%}",
    Verdict.BOUNCING: "from epoch to epoch it takes back more than half of its moves",
    Verdict.UNCHANGED: "it ends as it began",
    Verdict.STILL_FALLING: f"it came down by more than {STILL_FALLING:.0%} since half way, or "
    "hardly slows down: more epochs help",
    Verdict.LEVELLED_OFF: "it comes down no more, or ever more slowly and by less than "
    f"{STILL_FALLING:.0%} since half way: it is at the bottom, or on a plateau",
}
"""Each verdict in a sentence for a page's legend."""


def moves_repeated(before: Any, here: Any, after: Any) -> Any:  # noqa: ANN401  arrays, or leaves
    """Return how far a parameter's moves go on in the next epoch: sum((q - p) * (r - q)).

    Args:
        before: the parameter p after all epochs but the last two: an array, or a leaf.
        here: the same one epoch later, q.
        after: and one more, r.

    >>> import numpy as np
    >>> path = np.array([0.0, 3.0, 1.0, 1.5])  # moves of 3, -2 and 0.5
    >>> float(moves_repeated(path[:-2], path[1:-1], path[2:]))
    -7.0
    """
    return total((here - before) * (after - here))


def moves_squared(before: Any, here: Any) -> Any:  # noqa: ANN401  arrays, or leaves
    """Return the sum of the squares of the same moves: sum((q - p)^2).

    >>> import numpy as np
    >>> float(moves_squared(np.array([0.0, 3.0]), np.array([3.0, 1.0])))
    13.0
    """
    return total(square(here - before))


def move_ratio(repeated: Sequence[Any], squared: Sequence[Any]) -> Any:  # noqa: ANN401  numbers, or trees
    """Return what part of a move the next epoch makes again; below 0 where it takes it back.

    It is the quotient of the two sums above, each over all parameters: on the parabola w^2,
    where an epoch multiplies w by 1 - 2*learn, just that factor. 0 where nothing moves.

    >>> move_ratio([-7.0], [13.0]), move_ratio([0.0, 0.0], [0.0, 0.0])
    (-0.538..., 0.0)
    """
    products, squares = (added(each) for each in (repeated, squared))
    return when_equal(squares, 0, 0.0, divided(products, squares))


def rate_verdict(
    metric: Metric,
    *,
    start: Given,
    scale: Given,
    half: Given,
    later: Given,
    last: Given,
    highest: Given,
    ratio: Given,
) -> Expression:
    """Return the verdict on a run as an expression; an error to measure it against stays one.

    Args:
        metric: the metric.
        start: the metric held at the start, f_0.
        scale: the data's scale: `sheetgd.descent.rate_verdict.data_scale`.
        half: f at the epoch K // 2.
        later: f at the epoch 3 * K // 4.
        last: f_K.
        highest: the highest of all f_k; an error where one of them is.
        ratio: the run's `move_ratio`.

    >>> from sheetgd.descent.loss import METRICS
    >>> from sheetgd.expression.sheet_cells import value_of
    >>> run = {"start": 100.0, "scale": 50.0, "highest": 100.0, "ratio": 0.5}
    >>> [value_of(rate_verdict(METRICS["mse"], half=half, later=later, last=last, **run))
    ...  for half, later, last in ((90.0, 85.0, 80.0), (20.0, 19.91, 19.9),
    ...                            (150.0, 120.0, 100.5), (100.0, 100.0, 100.0))]
    ['still falling', 'levelled off', 'worse than the start', 'unchanged']
    """
    start, scale, half, later, last = map(constant, (start, scale, half, later, last))
    unit = reference(metric, start, scale)

    def loss(value: Expression) -> Expression:
        return square(value / unit) if metric.rooted else value / unit

    begun, middle, ended, spread = (loss(each) for each in (start, half, last, scale))
    three_quarters = loss(later)
    fallen, since_half = begun - middle, middle - ended
    rising = all_of(
        compared(ended, ">", 1),
        compared(last, ">=", highest),
        compared(ended, ">", middle * (1 + STILL_FALLING)),
    )
    beyond = compared(highest, ">", divergence_bound(metric, start, scale))
    nearly = spread * NEARLY_PERFECT
    same = all_of(compared(begun - ended, "<=", begun * ROUNDING), compared(begun, ">", nearly))
    falling = all_of(
        compared(since_half, ">", 0),
        compared(ended, ">", spread * TOO_SMALL_TO_SEE),
        any_of(
            compared(since_half, ">", ended * STILL_FALLING + spread * TOO_SMALL_TO_SEE),
            compared(since_half, ">", fallen * NOT_SLOWING),
            all_of(
                compared(since_half, ">", spread * TOO_SMALL_TO_SEE),
                compared(three_quarters - ended, ">", (middle - three_quarters) * NOT_SLOWING),
            ),
        ),
    )
    cases = (
        (any_of(beyond, rising), Verdict.DIVERGING),
        (compared(ended, ">", begun + nearly), Verdict.WORSE),
        (compared(ended, ">", middle * (1 + STILL_FALLING) + nearly), Verdict.RISING),
        (compared(-constant(ratio), ">", TAKEN_BACK), Verdict.BOUNCING),
        (same, Verdict.UNCHANGED),
        (falling, Verdict.STILL_FALLING),
    )
    word: Given = str(Verdict.LEVELLED_OFF)
    for condition, verdict in reversed(cases):
        word = when(condition, str(verdict), word)
    # A number that is none any more is a run beyond all bounds. Where there is nothing to measure a
    # run against, there is no verdict: the error stays.
    return when(is_number(unit), if_error(word, str(Verdict.DIVERGING)), unit)


NOT_RUN: Final = "not run yet"
NO_RUN: Final = "no run"
"""What stands in a verdict's place where no epoch is run, or nothing can be."""


def verdict_word(run: Given, verdict: Given) -> Expression:
    """Return the verdict on a run of so many epochs, or what stands in its place."""
    return when(compared(run, "=", 0), NOT_RUN, if_error(verdict, NO_RUN))


def nearly_perfect(metric: Metric, start: Given, scale: Given) -> Expression:
    """Tell whether a start fits so well that no chart shows what is left."""
    return compared(start, "<=", constant(scale) * share_of_metric(NEARLY_PERFECT, metric))


def below_start(*, verdict: Given, start: Given, last: Given) -> Expression:
    """Return a run's last metric where it may be the best of several; else an empty text.

    It may be where the run does not diverge and ends below its start.
    """
    better = all_of(
        compared(verdict, "<>", str(Verdict.DIVERGING)),
        compared(last, "<", constant(start) * (1 - ROUNDING)),
    )
    return if_error(when(better, last, ""), "")


def best_mark(ends: Given, end: Given) -> Expression:
    """Return the mark of the best rates: those with the lowest of all `below_start`.

    Args:
        ends: what `below_start` says of all rates.
        end: what it says of this one.
    """
    lowest = minimum(ends) * (1 + ROUNDING)
    return when(all_of(is_number(end), compared(end, "<=", lowest)), BEST, "")


def rate_if(rate: Given, verdict: Given, *, too_large: bool) -> Expression:
    """Return a rate whose run does diverge or end worse than its start, or does not.

    An empty text stands for one of the other kind, or where no rate is given.
    """
    bad = any_of(
        *(compared(verdict, "=", str(each)) for each in (Verdict.DIVERGING, Verdict.WORSE))
    )
    given = is_number(rate)
    then, otherwise = (rate, "") if too_large else ("", rate)
    return if_error(when(given, when(bad, then, otherwise), ""), "")


def best_rate_advice(
    *,
    rates: Given,
    ends: Given,
    marks: Given,
    too_large: Given,
    others: Given,
    start: Given,
    perfect: Given,
    name: str,
    epochs: int,
) -> Expression:
    """Return which of several rates did best and where to look for a better one, in a sentence.

    Args:
        rates: the rates.
        ends: what `below_start` says of each.
        marks: what `best_mark` says of each.
        too_large: the rates whose runs diverge or end worse than the start: see `rate_if`.
        others: the other rates.
        start: the metric held at the start.
        perfect: whether the start is nearly perfect: see `nearly_perfect`.
        name: what the metric is called.
        epochs: after how many epochs it is told.
    """
    best = index(rates, match(BEST, marks))
    others_count = count_if(marks, BEST) - 1
    several = compared(count(constant(rates)), ">", 1)
    ties = when(compared(others_count, ">", 0), joined(" (", others_count, " more as good)"), "")
    beyond = when(
        all_of(several, compared(best, "=", maximum(rates))),
        "; it is the largest: try larger ones, too",
        when(
            all_of(several, compared(best, "=", minimum(rates))),
            "; it is the smallest: try smaller ones, too",
            "",
        ),
    )
    found = joined(
        "the best of these is ", told(best), ties, ": ", name, " ", told(minimum(ends)),
        f" after {epochs} epochs", beyond,
    )  # fmt: skip
    where = when(
        compared(count(constant(too_large)), "=", 0),
        joined("try larger ones, above ", told(maximum(others))),
        when(
            compared(count(constant(others)), "=", 0),
            joined("try some below ", told(minimum(too_large))),
            joined("try some between ", told(maximum(others)), " and ", told(minimum(too_large))),
        ),
    )
    none = joined(
        f"after {epochs} epochs none of these ends below the start",
        when(perfect, ", which is nearly perfect already", joined(": ", where)),
    )
    told_of = when(compared(count(constant(ends)), ">", 0), found, none)
    told_of = when(compared(count(constant(rates)), ">", 0), told_of, "no rate is given")
    return when(is_number(start), told_of, f"no verdict: the {name} at the start is no number")


class Ending(StrEnum):
    """The three signs of a diverging run."""

    GROWN = "grown"
    NON_FINITE = "non-finite"
    RISING = "rising"


_MEANINGS = {
    Ending.GROWN: f"the loss has grown past {FACTOR:,.0f} times that of the start",
    Ending.NON_FINITE: "a number is too large to be one any more",
    Ending.RISING: "the {metric} ends above the start's, at its highest, and has risen by more "
    f"than {STILL_FALLING:.0%} of the loss since half way",
}


@dataclass(frozen=True, slots=True)
class Divergence:
    """One way in which a run diverges, and the first epoch whose log line shows it.

    `metric` is what the epoch's metric is called; `undefined` tells that nothing has grown too
    large: what is computed is not a number, as (-1)^1.01 is not.
    """

    ending: Ending
    epoch: int
    metric: str = "rmse"
    undefined: bool = False

    def __str__(self) -> str:
        meaning = _MEANINGS[self.ending].format(metric=self.metric)
        if self.undefined and self.ending is Ending.NON_FINITE:
            meaning = "a result is not a number, as a root of a negative number is not"
        return f"diverges ({self.ending}) at epoch {self.epoch}: {meaning}"


@dataclass(frozen=True, slots=True)
class Standstill:
    """The first epoch after which every derivative is 0 although the model does not fit.

    Attributes:
        epoch: that epoch.
        lost: the parameters that the nudge does not change, as it is too small beside them.
        nudge: that nudge.
        for_good: whether nothing moves any more; what an optimiser remembers may go on moving.
    """

    epoch: int
    lost: tuple[str, ...] = ()
    nudge: float = math.nan
    for_good: bool = True

    def __str__(self) -> str:
        told = f"stands still at epoch {self.epoch}: every derivative is 0"
        if self.lost:
            names = ", ".join(self.lost)
            told += (
                f", for the difference step {self.nudge:g} is too small beside {names}: adding it "
                "changes nothing"
            )
        return f"{told}; nothing moves any more" if self.for_good else told


NON_FINITE: Final = "diverges: beyond all numbers"
GROWN: Final = f"diverges: past {FACTOR:,.0f} times the start's loss"
NO_SLOPE: Final = "every derivative is 0"
STANDS_STILL: Final = f"nothing moves any more: {NO_SLOPE}"
STOPS: Final = "stops: it gets no better"
"""What is noted beside an epoch."""


def ends_run(
    *, held: Given, bound: Given | None, waited: Given, patience: Given | None
) -> Expression:
    """Return 1 if a stop rule ends the run after an epoch, else 0.

    Args:
        held: the metric held there.
        bound: the metric beyond which the run diverges; None where it goes on then.
        waited: for how many epochs the metric has got no better.
        patience: for how many it may; None without that rule.

    >>> from sheetgd.expression.sheet_cells import value_of
    >>> [value_of(ends_run(held=3.0, bound=bound, waited=1, patience=patience))
    ...  for bound, patience in ((3.0, 2), (2.9, 2), (None, 1))]
    [0.0, 1.0, 1.0]
    """
    found: Expression = constant(0)
    if patience is not None:
        found = if_error(when(compared(waited, ">=", patience), 1, found), found)
    if bound is not None:
        found = when(failed(held), 1, when(compared(held, ">", bound), 1, found))
    return found


def epoch_note(
    metric: Metric,
    *,
    held: Given,
    bound: Given,
    waited: Given,
    patience: Given | None,
    still: Sequence[Given],
    remembers: bool,
) -> Expression:
    """Return a word on an epoch that shows the run diverging, or that a stop rule ends.

    Args:
        metric: the metric.
        held: the metric held there.
        bound: the metric beyond which the run diverges.
        waited: for how many epochs the metric has got no better.
        patience: for how many it may; None without that rule.
        still: what is true where every derivative of the next pass is 0.
        remembers: whether the optimiser remembers earlier steps, so that it may go on moving.

    >>> from sheetgd.descent.loss import METRICS
    >>> from sheetgd.expression.sheet_cells import value_of
    >>> given = {"waited": 2, "patience": 2, "still": [True], "remembers": False}
    >>> [value_of(epoch_note(METRICS["mse"], held=held, bound=1000.0, **given))
    ...  for held in (1000.1, 1000.0, 0.0)]
    ["diverges: past 1,000 times the start's loss", 'nothing moves any more: every derivative is \
0', 'stops: it gets no better']
    """
    word: Given = ""
    if patience is not None:
        word = if_error(when(compared(waited, ">=", patience), STOPS, word), word)
    above = compared(held, ">", fitted_bound(metric, constant(bound)))
    word = if_error(
        when(all_of(above, *still), NO_SLOPE if remembers else STANDS_STILL, word), word
    )
    word = when(compared(held, ">", bound), GROWN, word)
    # Where the start itself is an error, as with a setting that is none, there is no run to judge.
    return when(failed(held), when(failed(bound), "", NON_FINITE), word)
