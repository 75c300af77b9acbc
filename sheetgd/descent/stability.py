"""How an epoch multiplies the distance from the stationary point, and the largest stable rate.

Where the model is linear in its parameters and the loss is the mean of squares, an epoch of
plain or momentum steps in a fixed order is a linear map of what it starts from. Its spectral
radius is the *epoch factor*: in the long run an epoch multiplies the distance from the stationary
point by it. Below 1 the run converges, above 1 it diverges from almost every start.

A step by a batch of k rows takes the distance d of the parameters from the lowest point to
(I - rate*H)*d, with H = 2/k * J'J and J the partials of these rows. An epoch is the product of
its steps.

Directions that no row has a share in are left out: there the loss is level, and nothing moves.
The other ones are measured along U, the left singular vectors of all partials J = U*diag(s)*V'.
In these coordinates a step is I - W*A, with W = rate*diag(s^2) and A = 2/k * U'U over the rows of
the batch, and two steps after each other are I - W*(A + B - B*W*A). So data of any size, and
columns of very different sizes, keep their digits: no square of the data is ever formed.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations
from typing import Final

import numpy as np

from sheetgd.expression.functions import ROUNDING, floored
from sheetgd.expression.numbers import FloatArray
from sheetgd.expression.sheet_cells import Given, log10, maximum
from sheetgd.expression.tree import Expression

_FEW_COLUMNS = 12
"""Up to this many columns are made orthogonal by pairs, which keeps small ones exact."""

_SWEEPS = 40
_ROUNDING = float(np.finfo(float).eps)
_AT_ONCE = 200_000
"""How many matrices are multiplied at once."""


@dataclass(frozen=True)
class EpochMap:
    """The map of an epoch, for any learning rate.

    Attributes:
        directions: U: a line for each row, a column for each direction that the data move.
        lengths: s, the singular values that belong to them, the largest first.
        batch: after how many rows a step is made.
        momentum: beta, how much of a velocity is kept in a step; None for plain steps.
        taken: how much of a gradient goes into the velocity.
    """

    directions: FloatArray
    lengths: FloatArray
    batch: int
    momentum: float | None = None
    taken: float = 1.0

    @cached_property
    def _curvatures(self) -> FloatArray:
        """A for every batch: batch, line, column."""
        rows, size = self.directions.shape
        whole = rows - rows % self.batch
        parts = self.directions[:whole].reshape(-1, self.batch, size)
        found = 2 * parts.swapaxes(1, 2) @ parts / self.batch
        last = self.directions[whole:]
        if len(last):
            found = np.concatenate([found, (2 * last.T @ last / len(last))[None]])
        return np.asarray(found)

    @property
    def batches(self) -> int:
        """How many steps an epoch has."""
        return -(-len(self.directions) // self.batch)

    @cached_property
    def own_rates(self) -> FloatArray:
        """For every batch and direction, the rate at which its step by itself just ends there.

        1 / an eigenvalue of its H, in ascending order; infinity where it moves nothing.
        """
        roots = self.lengths / self.lengths[0]
        matrices = self._curvatures * roots[:, None] * roots
        eigenvalues = np.sort(np.linalg.eigvalsh(matrices).ravel())[::-1]
        eigenvalues[eigenvalues <= _ROUNDING * len(roots) * eigenvalues[0]] = 0.0
        with np.errstate(all="ignore"):
            return np.asarray(1 / eigenvalues / self.lengths[0] / self.lengths[0])

    def radii(self, rates: Sequence[float]) -> FloatArray:
        """Compute the spectral radius of the epoch's map at some rates; infinite on overflow.

        >>> one = epoch_map(np.array([[1.0], [3.0]]), 1)  # (1 - 2*rate) * (1 - 18*rate)
        >>> one.radii((0.1, 0.2, 0.5)).round(9).tolist()
        [0.64, 1.56, 0.0]
        """
        eigenvalues = 1 - self._moved(rates) if self.momentum is None else self._doubled(rates)
        return np.asarray(np.abs(eigenvalues).max(axis=1))

    def excess(self, rates: Sequence[float]) -> FloatArray:
        """Compute how far the squared radii are above 1; exact also where they are close.

        With an eigenvalue 1 - z that is |z|^2 - 2*(the real part of z).
        """
        if self.momentum is None:
            moved = self._moved(rates)
            with np.errstate(all="ignore"):
                over = np.abs(moved) ** 2 - 2 * moved.real
            return np.asarray(np.where(np.isfinite(over), over, np.inf).max(axis=1))
        return np.asarray(self.radii(rates) ** 2 - 1 - _ROUNDING * 8 * (self.batches + 100))

    def mean_radius(self, rate: float, orders: Iterable[Sequence[int]]) -> float:
        """Compute the spectral radius of several epochs, by epoch: its root for their number.

        Args:
            rate: the learning rate.
            orders: for each epoch the order that it takes the rows in, counted from 1.
        """
        product, size, epochs = np.eye(self._states), 0.0, 0
        with np.errstate(all="ignore"):
            for order in orders:
                taken = replace(self, directions=self.directions[np.array(order) - 1])
                product = taken.matrix(rate) @ product
                length = float(np.abs(product).max())
                if not 0 < length < np.inf:
                    return 0.0 if length == 0 else float("inf")
                # The product of these epochs may overflow, or underflow.
                product, size, epochs = product / length, size + float(np.log(length)), epochs + 1
            radius = float(np.abs(_eigenvalues(product[None])).max())
            return float(np.exp((np.log(radius) + size) / epochs))

    @property
    def _states(self) -> int:
        return len(self.lengths) * (1 if self.momentum is None else 2)

    def matrix(self, rate: float) -> FloatArray:
        """Return the map itself."""
        weights = self._weights([rate])
        if self.momentum is not None:
            return np.asarray(self._whole(weights)[0])
        steps = self._joined(self._curvatures, weights)[0]
        return np.asarray(np.eye(self._states) - weights[0][:, None] * steps)

    def _moved(self, rates: Sequence[float]) -> FloatArray:
        """Return the eigenvalues of I - (the map of plain steps), for each rate."""
        weights = self._weights(rates)
        with np.errstate(all="ignore"):
            steps = self._joined(self._curvatures, weights)
            roots = np.sqrt(weights)
            return _eigenvalues(roots[:, :, None] * steps * roots[:, None, :])

    def _joined(self, steps: FloatArray, weights: FloatArray) -> FloatArray:
        """Compute A + B - B*W*A of all steps, pair by pair: rate, line, column."""
        chunk = max(2, _AT_ONCE // len(weights))
        if len(steps) > chunk:
            ends = [
                self._joined(steps[first : first + chunk], weights)
                for first in range(0, len(steps), chunk)
            ]
            return self._paired(np.stack(ends, axis=1), weights)
        return self._paired(np.broadcast_to(steps, (len(weights), *steps.shape)), weights)

    @staticmethod
    def _paired(steps: FloatArray, weights: FloatArray) -> FloatArray:
        by_line = weights[:, None, :, None]
        while steps.shape[1] > 1:
            pairs = steps.shape[1] // 2
            first, second = steps[:, : 2 * pairs : 2], steps[:, 1 : 2 * pairs : 2]
            joined = first + second - second @ (by_line * first)
            steps = np.concatenate([joined, steps[:, 2 * pairs :]], axis=1)
        return steps[:, 0]

    def _doubled(self, rates: Sequence[float]) -> FloatArray:
        """Return the eigenvalues of the map of momentum steps, which takes the velocity along."""
        weights = self._weights(rates)
        with np.errstate(all="ignore"):
            whole = self._whole(weights)
            # With roots of the weights for a scale both halves are of one size.
            scale = np.hstack([np.ones_like(weights), np.where(weights > 0, weights, 1.0)])
            return _eigenvalues(scale[:, :, None] * whole / scale[:, None, :])

    def _whole(self, weights: FloatArray) -> FloatArray:
        """Build the map of momentum steps, for each rate: first the places, then the velocities."""
        size = len(self.lengths)
        assert self.momentum is not None  # noqa: S101  whoever asks has momentum
        whole = np.broadcast_to(np.eye(2 * size), (len(weights), 2 * size, 2 * size))
        with np.errstate(all="ignore"):
            for curvature in self._curvatures:
                place, velocity = whole[:, :size], whole[:, size:]
                velocity = self.momentum * velocity + self.taken * curvature @ place
                place = place - weights[:, :, None] * velocity
                whole = np.concatenate([place, velocity], axis=1)
        return whole

    def _weights(self, rates: Sequence[float]) -> FloatArray:
        """Return W for each rate."""
        with np.errstate(all="ignore"):
            return np.asarray((np.sqrt(np.asarray(rates, float))[:, None] * self.lengths) ** 2)


def epoch_map(
    partials: FloatArray, batch: int, *, momentum: float | None = None, taken: float = 1.0
) -> EpochMap | None:
    """Build the map of an epoch; None where the data move nothing, or are no numbers.

    Args:
        partials: J: a line for each row, a column for each parameter.
        batch: after how many rows a step is made.
        momentum: see `EpochMap`.
        taken: the same.
    """
    rows, count = partials.shape
    if not np.isfinite(partials).all():
        return None
    sizes = np.abs(partials).max(axis=0)
    used = partials[:, sizes > 0]
    if not used.size:
        return None
    # Powers of two change no digit: first every column is of size 1, to see which depend.
    scales = np.ldexp(1.0, np.frexp(sizes[sizes > 0])[1] - 1)
    left, lengths, right = np.linalg.svd(used / scales, full_matrices=False)
    rank = int(np.sum(lengths > 8 * _ROUNDING * max(rows, count) * lengths[0]))
    left = left[:, :rank]
    top = scales.max()
    turned = lengths[:rank, None] * right[:rank] * (scales / top)
    inner, stretch = _orthogonal(turned)
    with np.errstate(over="ignore"):
        lengths = stretch * top
    return (
        EpochMap(left @ inner, lengths, batch, momentum, taken)
        if np.isfinite(lengths).all()
        else None
    )


def _orthogonal(matrix: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return a matrix's left singular vectors and singular values, as many as it has lines.

    Columns of very different sizes are turned against each other pair by pair until all are
    at right angles (Hestenes 1958), which keeps the digits of the small ones.

    >>> _orthogonal(np.array([[1e200, 0.0], [1e200, 2.0]]))[1].tolist()
    [1.4142...e+200, 1.4142...]
    """
    lines, count = matrix.shape
    if count > _FEW_COLUMNS:
        left, lengths, _ = np.linalg.svd(matrix, full_matrices=False)
        return left[:, :lines], lengths[:lines]
    columns = matrix[:, np.argsort(-np.abs(matrix).max(axis=0))].T.copy()
    for _ in range(_SWEEPS):
        turned = [_turn(columns, *pair) for pair in combinations(range(count), 2)]
        if not any(turned):
            break
    lengths = np.array([_length(each) for each in columns])
    order = np.argsort(-lengths)[:lines]
    return (columns[order] / lengths[order, None]).T, lengths[order]


def _length(column: FloatArray) -> float:
    size = float(np.abs(column).max())
    return size * float(np.sqrt(np.sum((column / size) ** 2))) if size > 0 else 0.0


def _turn(columns: FloatArray, one: int, other: int) -> bool:
    """Turn two columns so that they are at right angles; False where they are."""
    lengths = _length(columns[one]), _length(columns[other])
    if not all(lengths):
        return False
    shared = float((columns[one] / lengths[0]) @ (columns[other] / lengths[1]))
    if abs(shared) <= _ROUNDING * len(columns[0]):
        return False
    ratio = lengths[1] / lengths[0]
    # The tangent of the angle, the smaller one of two: from (|b|^2 - |a|^2) / (2*a'b). Where that
    # is too large for a number, the tangent is 0.
    with np.errstate(over="ignore"):
        apart = (ratio - 1 / ratio) / (2 * shared) if ratio > 0 else np.inf
        tangent = np.copysign(1.0, apart) / (abs(apart) + np.hypot(1.0, apart))
    cosine = 1 / np.hypot(1.0, tangent)
    before = columns[one].copy()
    columns[one] = cosine * (before - tangent * columns[other])
    columns[other] = cosine * (tangent * before + columns[other])
    return bool(abs(tangent) > 0)


def _eigenvalues(matrices: FloatArray) -> FloatArray:
    """Return the eigenvalues of each matrix; infinities where it holds what is no number."""
    finite = np.isfinite(matrices).all(axis=(1, 2))
    found = np.full(matrices.shape[:2], np.inf, dtype=complex)
    found[finite] = np.linalg.eigvals(matrices[finite])
    return found


WITHIN: Final = 0.01
"""A run is near the end of its way when so much of it is left: texts say 1 %."""


def epochs_at_factor(factor: Given) -> Expression:
    """Compute after how many epochs a hundredth of the way is left: ln(0.01) / ln(factor), upwards.

    n epochs leave factor^n of it. A factor of a hundredth or less takes one.

    Args:
        factor: what an epoch leaves of the way, below 1.

    >>> from sheetgd.expression.sheet_cells import value_of
    >>> [value_of(epochs_at_factor(factor)) for factor in (0.5, 0.1, 0.01, 0.0)]
    [7.0, 2.0, 1.0, 1.0]
    """
    needed = log10(WITHIN) / log10(maximum(WITHIN, factor))
    # What is a whole number but for rounding stays that. And not minus the whole part of minus it:
    # some programs cut off the decimals of numbers below 0.
    return floored(needed + (1 - ROUNDING))


_FACTORS_AT_ONCE = 64
_MOST_TRIALS = 60_000
_FINER, _ROUNDS = 16, 4
_NEAR = -0.75
"""A peak of the factor below 1/2 does not hide another one above 1."""


def first_crossing(found: EpochMap, low: float, step: float = 0.02) -> float:
    """Find the first rate above another at which the factor reaches 1; NaN where it does not.

    Rates a small step apart are tried, upwards; where the factor has a peak between them, it
    is looked at more closely. The more batches, the more often it may go up and down.
    """
    step = min(step, 1 / found.batches)
    if not found.excess([low])[0] <= 0 and found.momentum is not None:
        return math.nan
    rates = [low]
    for _ in range(_MOST_TRIALS // _FACTORS_AT_ONCE):
        first = rates[-2:]
        rates = [
            *first,
            *(first[-1] * (1 + step) ** each for each in range(1, _FACTORS_AT_ONCE + 1)),
        ]
        over = found.excess(rates)
        if len(first) == 1:
            # At the bound itself the factor may be 1, but for rounding.
            over[0] = min(over[0], 0.0)
        bracket = _bracket(found.excess, rates, over)
        if bracket is not None:
            return _narrowed(found.excess, *bracket)
    return math.nan


def _bracket(
    excess: Callable[[list[float]], FloatArray], rates: list[float], over: FloatArray
) -> tuple[float, float] | None:
    """Find the first two neighbours, one with a factor of at most 1, the other above."""
    above = [place for place, each in enumerate(over) if each > 0]
    end = above[0] if above else len(rates) - 1
    for place in range(1, end):
        peak = over[place - 1] < over[place] >= over[place + 1]
        if peak and _NEAR < over[place] <= 0:
            high = _above_at_peak(excess, rates[place - 1], rates[place + 1])
            if high is not None and (not above or high < rates[above[0]]):
                return rates[place - 1], high
    return (rates[end - 1], rates[end]) if above else None


def _above_at_peak(
    excess: Callable[[list[float]], FloatArray], low: float, high: float
) -> float | None:
    """Find a rate at which a peak between two rates is above 1, if it is."""
    for _ in range(_ROUNDS):
        rates = [low + (high - low) * each / _FINER for each in range(_FINER + 1)]
        over = excess(rates)
        above = next((rate for rate, each in zip(rates, over, strict=True) if each > 0), None)
        if above is not None:
            return above
        top = min(max(int(over.argmax()), 1), _FINER - 1)
        low, high = rates[top - 1], rates[top + 1]
    return None


def _narrowed(excess: Callable[[list[float]], FloatArray], low: float, high: float) -> float:
    """Find where the factor reaches 1 first; at `low` it is not above 1, at `high` it is."""
    while True:
        rates = [low + (high - low) * each / _FINER for each in range(1, _FINER)]
        if not low < rates[0] < high:
            return low
        over = excess(rates)
        above = next((place for place, each in enumerate(over) if each > 0), len(rates))
        low, high = [low, *rates][above], [*rates, high][above]
