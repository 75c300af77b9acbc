"""The verdict on a learning rate beside others: too low, good, bouncing or diverging.

Let f_s be the figure with the parameters held at the start, f_K that of the pass after the last
epoch K, and d_k the move of all parameters in epoch k. A run is

- *diverging* where a number is none any more, or f_K is above f_s and no lower than half way;
- *bouncing* where epochs take back what those before did, sum(d_k * d_(k+1)) < -1/4 *
  sum(d_k^2), as on the parabola w^2 at 0.9, whose loss falls all the time although w jumps from
  side to side; or where f_K is above f_s, but has come down since half way; or where it comes
  down by less than 9/10 of what the best of these runs does, and its rate is above that one's;
- *too low* where it comes down by less than that, and its rate is below;
- *good* otherwise.

What a function here calls a quantity may be a number or a formula; of the latter it gives the
formula that comes to the same.
"""

import math
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from sheetgd.maths.formula import Formula
from sheetgd.maths.quantity import added, divided, square, total, when_at_least, when_equal

ENOUGH = 0.9
"""A good run comes down by so much of what the best one does, at least."""

TAKEN_BACK = 0.25
"""A bouncing run's epochs take back more than so much of what those before did."""

ROUNDING = 1e-9
"""A figure above the start's by no more than this, in relation, is not above it."""

Quantity = Any
"""Numbers in, a number out; formulas in, a formula out."""


class Verdict(StrEnum):
    """What can be said of a learning rate."""

    TOO_LOW = "too low"
    GOOD = "good"
    BOUNCING = "bouncing"
    DIVERGING = "diverging"


def moves_taken_on(before: Quantity, here: Quantity, after: Quantity) -> Quantity:
    """How far a parameter's moves go on in the next epoch: sum((q - p) * (r - q)).

    Args:
        before: the parameter p after all epochs but the last two: an array, or a range.
        here: the same one epoch later, q.
        after: and one more, r.

    >>> import numpy as np
    >>> path = np.array([0.0, 3.0, 1.0, 1.5])  # moves of 3, -2 and 0.5
    >>> float(moves_taken_on(path[:-2], path[1:-1], path[2:]))
    -7.0
    """
    return total((here - before) * (after - here))


def moves_squared(before: Quantity, here: Quantity) -> Quantity:
    """The same moves by themselves: sum((q - p)^2).

    >>> import numpy as np
    >>> float(moves_squared(np.array([0.0, 3.0]), np.array([3.0, 1.0])))
    13.0
    """
    return total(square(here - before))


def swing(taken_on: Sequence[Quantity], squared: Sequence[Quantity]) -> Quantity:
    """What part of an epoch's move the next one makes again; below 0 where it takes it back.

    It is the quotient of the two sums above, each over all parameters: on the parabola w^2,
    where an epoch multiplies w by 1 - 2*learn, just that factor. 0 where nothing moves.

    >>> swing([-7.0], [13.0]), swing([0.0, 0.0], [0.0, 0.0])
    (-0.538..., 0.0)
    """
    products, squares = (added(each) for each in (taken_on, squared))
    return when_equal(squares, 0, 0.0, divided(products, squares))


def judged(
    *,
    rate: Quantity,
    start: Quantity,
    half: Quantity,
    last: Quantity,
    taken_back: Quantity,
    best: Quantity,
    best_rate: Quantity,
) -> Quantity:
    """The verdict, or the formula that gives it: see the module.

    Args:
        rate: the learning rate.
        start: f_s.
        half: the figure half way, after epoch K // 2.
        last: f_K, or what is no number where there is none.
        taken_back: the run's `swing`.
        best: the lowest last figure of all runs.
        best_rate: the rate of that run.

    >>> one = {"start": 100.0, "half": 90.0, "best": 20.0, "best_rate": 0.1, "taken_back": 0.5}
    >>> [str(judged(rate=rate, last=last, **one))
    ...  for rate, last in ((0.01, 80.0), (0.1, 20.0), (0.3, 60.0), (1.0, 100.5))]
    ['too low', 'good', 'bouncing', 'diverging']
    """
    short = _at_least(rate, best_rate, Verdict.BOUNCING, Verdict.TOO_LOW)
    level = start * (1 + ROUNDING)
    enough = _at_least(level - last, ENOUGH * (start - best), Verdict.GOOD, short)
    steady = _at_least(taken_back, -TAKEN_BACK, enough, Verdict.BOUNCING)
    above = _at_least(last, half, Verdict.DIVERGING, Verdict.BOUNCING)
    ends = _at_least(level, last, steady, above)
    return where_numbers((start, half, last, taken_back), ends, Verdict.DIVERGING)


def _at_least(one: Quantity, other: Quantity, then: Quantity, otherwise: Quantity) -> Quantity:
    return when_at_least(one, other, then, otherwise)


def where_numbers(values: Sequence[Quantity], then: Quantity, otherwise: Quantity) -> Quantity:
    """One of two things, as some values are all numbers or not.

    >>> where_numbers([1.0, 2.0], "fine", "lost"), where_numbers([1.0, math.inf], "fine", "lost")
    ('fine', 'lost')
    >>> str(where_numbers([Formula.name("loss")], "fine", "lost"))
    'IF(COUNT(loss)=1,"fine","lost")'
    """
    if any(isinstance(value, Formula) for value in values):
        counted = Formula.call("COUNT", *values).compared("=", len(values))
        return Formula.call("IF", counted, then, otherwise)
    return then if all(map(math.isfinite, values)) else otherwise
