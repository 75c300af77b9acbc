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
billionth. Beyond, and always once a diverging run's errors drown the nudge, the literal run alone
tells what a spreadsheet shows.
"""

import math

import numpy as np

from sheetgd.engine.arrays import BoolArray, FloatArray
from sheetgd.engine.blocks import Blocks

UNIT = 2.0**-53
TOLERANCE = 1e-9
"""Runs that are apart by less than this part of their numbers count as the same."""

_OPERATIONS = 4.0
_WORST_CONDITION = 1e8


class Drift:
    """The drift of a lesson's runs, at each of some rates, as their epochs go by.

    Args:
        blocks: the maps of the runs.
    """

    def __init__(self, blocks: Blocks) -> None:
        """Find the directions in which an epoch stretches, and by how much."""
        lesson, size = blocks.lesson, blocks.size
        parameters = lesson.form.parameters
        self._partials, self._offset = blocks.partials[:-1], blocks.partials[-1]
        self._by_chance = math.sqrt(lesson.rows)
        nudges = lesson.method.rule.nudges
        self._nudge = lesson.nudge if nudges else math.inf
        rates = np.array(blocks.rates)[:, None]
        carried = [_parameter_of(name, parameters) for name in blocks.step.state]
        is_parameter = np.array([name in parameters for name in blocks.step.state])
        # A gradient's own error reaches a parameter through learn, and what is carried at once.
        self._through = np.where(is_parameter, rates, 1.0)
        self._of_parameter = np.array([parameters.index(name) for name in carried])
        sizes = np.where(self._partials > 0, self._partials, 1.0)[self._of_parameter]
        self._unit = 1.0 / (sizes * np.where(is_parameter, 1.0, rates))
        self._drift = np.zeros((len(blocks.rates), size))
        self._largest = np.zeros((len(blocks.rates), size))
        self._find_directions(blocks)

    def _find_directions(self, blocks: Blocks) -> None:
        size = blocks.size
        scale = self._unit[:, None, :] / self._unit[:, :, None]
        epoch = blocks.epoch[:, :size, :size] * scale
        self._sound = np.isfinite(epoch).all(axis=(1, 2))
        epoch[~self._sound] = np.eye(size)
        values, vectors = np.linalg.eig(epoch)
        with np.errstate(all="ignore"):
            inverse = np.linalg.pinv(vectors)
            condition = _norm(vectors) * _norm(inverse)
        self._sound &= condition < _WORST_CONDITION
        self._growth, self._vectors, self._inverse = abs(values), abs(vectors), abs(inverse)
        starts = np.moveaxis(blocks.starts[:, :size], (2, 3), (0, 1)) * scale[:, None]
        within = (
            np.moveaxis(
                blocks.swept.blocks[:, :size].reshape(size, size, len(self._unit), -1),
                (2, 3),
                (0, 1),
            )
            * scale[:, None]
        )
        with np.errstate(all="ignore"):
            self._stretch = np.maximum(1.0, _norm(starts).max(axis=1)) * np.maximum(
                1.0, _norm(within).max(axis=1)
            )

    def stays_small(self, states: FloatArray, squares: FloatArray) -> BoolArray:
        """Go on by some epochs; whether both kinds of run can still be taken for the same.

        Where they cannot, the drift is as it was before.

        Args:
            states: the states before each of the epochs: rate, number, epoch.
            squares: the sum of the squared errors in each: rate, epoch.

        Returns:
            An answer for each rate.
        """
        epochs = squares.shape[-1]
        with np.errstate(all="ignore"):
            top = np.maximum(self._largest, abs(states).max(axis=-1))
            most, least = squares.max(axis=-1), squares.min(axis=-1)
            reach = top[:, : len(self._partials)] @ self._partials + self._offset
            wrong = self._partials * reach[:, None] + (most / self._nudge)[:, None]
            fresh = self._by_chance * top
            fresh += _OPERATIONS * self._through * wrong[:, self._of_parameter]
            fresh *= UNIT * self._stretch[:, None] / self._unit
            growth = self._growth**epochs
            steady = np.isclose(self._growth, 1.0, rtol=0.0, atol=1e-12)
            summed = np.where(steady, epochs, (growth - 1.0) / (self._growth - 1.0))
            gathered = summed * np.einsum("rij,rj->ri", self._inverse, fresh)
            most_apart = np.maximum(growth, 1.0) * self._drift + gathered
            apart = np.einsum("rij,rj->ri", self._vectors, most_apart) * self._unit
            moved = apart[:, : len(self._partials)] @ self._partials
            same: BoolArray = (apart <= TOLERANCE * top).all(axis=1)
            small: BoolArray = same & (moved <= TOLERANCE * np.sqrt(least)) & self._sound
        self._drift = np.where(small[:, None], growth * self._drift + gathered, self._drift)
        self._largest = np.where(small[:, None], top, self._largest)
        return small


def _parameter_of(name: str, parameters: tuple[str, ...]) -> str:
    """The parameter that a number of the state belongs to."""
    fitting = [each for each in parameters if name == each or name.endswith(f"_{each}")]
    return max(fitting, key=len)


def _norm(matrices: FloatArray) -> FloatArray:
    """By how much matrices stretch, in the mean over all directions: 1 for the identity."""
    norms: FloatArray = np.sqrt((abs(matrices) ** 2).sum(axis=(-2, -1)) / matrices.shape[-1])
    return norms
