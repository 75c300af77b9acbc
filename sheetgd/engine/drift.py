"""How far rounding can drive a run row by row and the same run by whole epochs apart.

A double is off by at most u = 2^-53 of itself. So in a row a parameter p is off by u*|p|, and by
what learn makes of the derivative's own error, of which a forward difference has most: the
errors that it subtracts are off by u times themselves, and the nudge divides that. Over a pass of
n rows, in which p's own roundings go up and down by chance, with J the partials, S the sum of the
squared errors and 4 for the operations in between, that comes to

    u * (sqrt(n)*|p| + 4*learn * (|J_p| * (sum |J_k|*|k| + |y|) + S/nudge))

From epoch to epoch what has come about is stretched as the epoch's map stretches it: by its
eigenvalues, in the directions of its eigenvectors. Two runs are taken for the same while the sum
stays below a billionth of each parameter's largest value, and moves the figure by less than a
billionth; beyond, the run goes on row by row.

Where an epoch stretches so much that any difference would grow, a run diverges, and with finite
differences its errors drown the nudge in the end: what is left of the derivatives is rounding,
and the last bit of the first epoch decides when they are all 0. Such a run is taken row by row
from the first.
"""

import math
from functools import cached_property

import numpy as np

from sheetgd.engine.arrays import BoolArray, FloatArray
from sheetgd.engine.blocks import PassMaps

UNIT = 2.0**-53
TOLERANCE = 1e-9
"""Runs that are apart by less than this part of their numbers count as the same."""

_OPERATIONS = 4.0
_WORST_CONDITION = 1e8
_MOST_GROWTH = 2.0
_STEADY = 1e-12


class Drift:
    """The drift of a lesson's runs, at each of some rates, as their epochs go by.

    Args:
        maps: the maps of the runs.
    """

    def __init__(self, maps: PassMaps) -> None:
        """Find the directions in which an epoch stretches, and by how much."""
        lesson, size = maps.lesson, len(maps.step.state)
        parameters = lesson.form.parameters
        lengths = np.sqrt(maps.partials)
        self._partials, self._offset = lengths[:-1], lengths[-1]
        self._rows, self._maps = lesson.rows, maps
        nudges = lesson.method.rule.nudges
        self._nudge = lesson.nudge if nudges else math.inf
        rates = np.array(maps.rates)[:, None]
        carried = [_parameter_of(name, parameters) for name in maps.step.state]
        is_parameter = np.array([name in parameters for name in maps.step.state])
        # A gradient's own error reaches a parameter through learn, and what is carried at once.
        self._through = np.where(is_parameter, rates, 1.0)
        self._of_parameter = np.array([parameters.index(name) for name in carried])
        sizes = np.where(self._partials > 0, self._partials, 1.0)[self._of_parameter]
        self._unit = 1.0 / (sizes * np.where(is_parameter, 1.0, rates))
        self._drift = np.zeros((len(maps.rates), size))
        self._largest = np.zeros((len(maps.rates), size))
        self._find_directions(maps)

    def _find_directions(self, maps: PassMaps) -> None:
        size = len(maps.step.state)
        scale = self._unit[:, None, :] / self._unit[:, :, None]
        epoch = maps.epoch[:, :size, :size] * scale
        self._sound = np.isfinite(epoch).all(axis=(1, 2))
        epoch[~self._sound] = np.eye(size)
        values, vectors = np.linalg.eig(epoch)
        with np.errstate(all="ignore"):
            inverse, distinct = _inverse(vectors)
            condition = _norm(vectors) * _norm(inverse)
        self._sound &= distinct & (condition < _WORST_CONDITION)
        self._growth, self._vectors, self._inverse = abs(values), abs(vectors), abs(inverse)
        with np.errstate(all="ignore"):
            stretched = self._stretched(maps.starts)
        self._stretch = np.maximum(1.0, stretched.max(axis=1))

    def _stretched(self, maps: FloatArray) -> FloatArray:
        """By how much maps stretch, for each rate and block."""
        size = len(maps)
        scale = self._unit[:, None, :] / self._unit[:, :, None]
        return _norm(maps[:, :size].transpose(2, 3, 0, 1) * scale[:, None])

    @cached_property
    def _left(self) -> FloatArray:
        """What is left at the end of a pass of what happens in its rows, in the mean over them."""
        with np.errstate(all="ignore"):
            left = self._stretched(self._maps.ends).mean(axis=1)
        kept: FloatArray = np.clip(np.nan_to_num(left, nan=1.0), 1.0 / self._rows, 1.0)
        return kept

    def grows(self, epochs: int) -> BoolArray:
        """Whether so many epochs stretch what is apart to more than `_MOST_GROWTH` times it."""
        with np.errstate(all="ignore"):
            calm: BoolArray = (self._growth**epochs <= _MOST_GROWTH).all(axis=1) & self._sound
        return ~calm

    def stays_small(self, states: FloatArray, squares: FloatArray) -> BoolArray:
        """Go on by some epochs; whether both kinds of run can still be taken for the same.

        Where they cannot, the drift is as it was before.

        Args:
            states: the states before each of the epochs and after the last: rate, number, epoch.
            squares: the sum of the squared errors in each: rate, epoch.

        Returns:
            An answer for each rate.
        """
        with np.errstate(all="ignore"):
            top = np.maximum(self._largest, abs(states).max(axis=-1))
            fresh = self._fresh(top, squares.max(axis=-1))
            small, drift = self._judged(fresh, top, squares)
            if not small.all():
                # Looking closer takes longer: most of what happens in a long pass is forgotten.
                closer, less = self._judged(fresh * self._left[:, None], top, squares)
                small, drift = small | closer, np.where(small[:, None], drift, less)
        self._drift = np.where(small[:, None], drift, self._drift)
        self._largest = np.where(small[:, None], top, self._largest)
        return small

    def _fresh(self, top: FloatArray, most: FloatArray) -> FloatArray:
        """What comes about in a pass at most, in the units of the drift."""
        reach = top[:, : len(self._partials)] @ self._partials + self._offset
        wrong = self._partials * reach[:, None] + (most / self._nudge)[:, None]
        fresh: FloatArray = math.sqrt(self._rows) * top
        fresh += _OPERATIONS * self._through * wrong[:, self._of_parameter]
        fresh *= UNIT * self._stretch[:, None] / self._unit
        return fresh

    def _judged(
        self, fresh: FloatArray, top: FloatArray, squares: FloatArray
    ) -> tuple[BoolArray, FloatArray]:
        """Whether what comes about in each pass stays small, and the drift in the end."""
        epochs = squares.shape[-1]
        growth = self._growth**epochs
        steady = abs(self._growth - 1.0) < _STEADY
        summed = np.where(steady, epochs, (growth - 1.0) / (self._growth - 1.0))
        gathered = summed * np.einsum("rij,rj->ri", self._inverse, fresh)
        most = np.maximum(growth, 1.0) * self._drift + gathered
        apart = np.einsum("rij,rj->ri", self._vectors, most) * self._unit
        moved = apart[:, : len(self._partials)] @ self._partials
        small: BoolArray = (apart <= TOLERANCE * top).all(axis=1)
        small = small & (moved <= TOLERANCE * np.sqrt(squares.min(axis=-1))) & self._sound
        return small, growth * self._drift + gathered


def _inverse(vectors: FloatArray) -> tuple[FloatArray, bool]:
    """The inverses of eigenvectors, and whether they have any."""
    try:
        inverse = np.asarray(np.linalg.inv(vectors), dtype=vectors.dtype)
    except np.linalg.LinAlgError:
        return vectors, False
    return inverse, True


def _parameter_of(name: str, parameters: tuple[str, ...]) -> str:
    """The parameter that a number of the state belongs to."""
    fitting = [each for each in parameters if name == each or name.endswith(f"_{each}")]
    return max(fitting, key=len)


def _norm(matrices: FloatArray) -> FloatArray:
    """By how much matrices stretch, in the mean over all directions: 1 for the identity."""
    norms: FloatArray = np.sqrt((abs(matrices) ** 2).sum(axis=(-2, -1)) / matrices.shape[-1])
    return norms
