"""A run by whole epochs, for as long as it is the same as the run row by row.

Rounding drives the two apart, and this is how far. A double is off by at most u = 2^-53 of itself.
So in a row a parameter p is off by u*|p|, and by what learn makes of the derivative's own error, of
which a forward difference has most: the errors that it subtracts are off by u times themselves, and
the nudge divides that. Over a pass of n rows, in which p's own roundings go up and down by chance,
with J the partials, S the sum of the squared errors and 4 for the operations in between, that comes
to

    u * (sqrt(n)*|p| + 4*learn * (|J_p| * (sum |J_k|*|k| + |y|) + S/nudge))

From epoch to epoch what has come about is stretched as the epoch's map stretches it: by its
eigenvalues, in the directions of its eigenvectors. Two runs are taken for the same while the sum
stays below a billionth of each parameter's largest value, and moves the metric by less than a
billionth; beyond, the run goes on row by row.

Where an epoch stretches so much that any difference would grow, a run diverges, and with finite
differences its errors drown the nudge in the end: what is left of the derivatives is rounding,
and the last bit of the first epoch decides when they are all 0. Such a run is taken row by row
from the first.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np

from sheetgd.descent.step import state_columns
from sheetgd.engine import affine as maps
from sheetgd.engine.affine import Blocks, PassMaps, blocks_of
from sheetgd.engine.log import Lines
from sheetgd.engine.passes import AT_ONCE, BoolArray, FloatArray, Passes, Writer
from sheetgd.engine.rowwise import first_state
from sheetgd.expression.functions import added
from sheetgd.lesson.lesson import Lesson

UNIT = 2.0**-53
TOLERANCE = 1e-9
"""Runs that are apart by less than this part of their numbers count as the same."""

_OPERATIONS = 4.0
_WORST_CONDITION = 1e8
_MOST_GROWTH = 2.0
_STEADY = 1e-12


class RoundingError:
    """The drift of a lesson's runs, at each of some rates, as their epochs go by.

    Args:
        maps: the maps of the runs.
    """

    def __init__(self, maps: PassMaps) -> None:
        """Find the directions in which an epoch stretches, and by how much."""
        lesson, size = maps.lesson, len(maps.step.state)
        parameters = lesson.model.parameters
        lengths = np.sqrt(maps.partials)
        self._partials, self._offset = lengths[:-1], lengths[-1]
        self._rows, self._maps = lesson.n_rows, maps
        nudges = lesson.step.gradient_rule.nudges
        self._nudge = lesson.training.difference_step if nudges else math.inf
        rates = np.array(maps.rates)[:, None]
        carried = [_parameter_of(name, parameters) for name in maps.step.state]
        is_parameter = np.array([name in parameters for name in maps.step.state])
        # A gradient's own error reaches a parameter through learn, and what is carried at once.
        self._through = np.where(is_parameter, rates, 1.0)
        self._of_parameter = np.array([parameters.index(name) for name in carried])
        sizes = np.where(self._partials > 0, self._partials, 1.0)[self._of_parameter]
        self._unit = 1.0 / (sizes * np.where(is_parameter, 1.0, rates))
        self._rounding_error = np.zeros((len(maps.rates), size))
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
        """Compute by how much maps stretch, for each rate and block."""
        size = len(maps)
        scale = self._unit[:, None, :] / self._unit[:, :, None]
        return _norm(maps[:, :size].transpose(2, 3, 0, 1) * scale[:, None])

    @cached_property
    def _left(self) -> FloatArray:
        """How much of an error made in a row is left at the end of the pass, averaged over rows."""
        with np.errstate(all="ignore"):
            left = self._stretched(self._maps.ends).mean(axis=1)
        kept: FloatArray = np.clip(np.nan_to_num(left, nan=1.0), 1.0 / self._rows, 1.0)
        return kept

    def grows(self, epochs: int) -> BoolArray:
        """Tell whether these epochs stretch a distance to more than `_MOST_GROWTH` times it."""
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
            small, rounding_error = self._judged(fresh, top, squares)
            if not small.all():
                # Looking closer takes longer: most of what happens in a long pass is forgotten.
                closer, less = self._judged(fresh * self._left[:, None], top, squares)
                small, rounding_error = (
                    small | closer,
                    np.where(small[:, None], rounding_error, less),
                )
        self._rounding_error = np.where(small[:, None], rounding_error, self._rounding_error)
        self._largest = np.where(small[:, None], top, self._largest)
        return small

    def _fresh(self, top: FloatArray, most: FloatArray) -> FloatArray:
        """Bound the rounding error that a pass adds, in the units of the drift."""
        reach = top[:, : len(self._partials)] @ self._partials + self._offset
        wrong = self._partials * reach[:, None] + (most / self._nudge)[:, None]
        fresh: FloatArray = math.sqrt(self._rows) * top
        fresh += _OPERATIONS * self._through * wrong[:, self._of_parameter]
        fresh *= UNIT * self._stretch[:, None] / self._unit
        return fresh

    def _judged(
        self, fresh: FloatArray, top: FloatArray, squares: FloatArray
    ) -> tuple[BoolArray, FloatArray]:
        """Tell whether the rounding error of each pass stays small; return the drift at the end."""
        epochs = squares.shape[-1]
        growth = self._growth**epochs
        steady = abs(self._growth - 1.0) < _STEADY
        summed = np.where(steady, epochs, (growth - 1.0) / (self._growth - 1.0))
        gathered = summed * np.einsum("rij,rj->ri", self._inverse, fresh)
        most = np.maximum(growth, 1.0) * self._rounding_error + gathered
        apart = np.einsum("rij,rj->ri", self._vectors, most) * self._unit
        moved = apart[:, : len(self._partials)] @ self._partials
        small: BoolArray = (apart <= TOLERANCE * top).all(axis=1)
        small = small & (moved <= TOLERANCE * np.sqrt(squares.min(axis=-1))) & self._sound
        return small, growth * self._rounding_error + gathered


def _inverse(vectors: FloatArray) -> tuple[FloatArray, bool]:
    """Invert eigenvectors; tell whether that can be done."""
    try:
        inverse = np.asarray(np.linalg.inv(vectors), dtype=vectors.dtype)
    except np.linalg.LinAlgError:
        return vectors, False
    return inverse, True


def _parameter_of(name: str, parameters: tuple[str, ...]) -> str:
    """Return the parameter that a number of the state belongs to."""
    fitting = [each for each in parameters if name == each or name.endswith(f"_{each}")]
    return max(fitting, key=len)


def _norm(matrices: FloatArray) -> FloatArray:
    """Compute by how much matrices stretch, averaged over all directions: 1 for the identity."""
    norms: FloatArray = np.sqrt((abs(matrices) ** 2).sum(axis=(-2, -1)) / matrices.shape[-1])
    return norms


_MOST_EPOCHS = 8_192
_AT_LEAST = 16
_SOME_PASSES = 32
_FEW_PASSES = 2
"""So few passes are not worth a map from the pass's start to each of its rows."""

Piece = tuple[FloatArray, FloatArray, FloatArray]
"""Some epochs: the states before them, the sums of their squared errors, the state after them."""


def whole_lines(blocks: Blocks, count: int) -> Iterator[tuple[Lines, FloatArray]]:
    """Yield lines of the log from epoch 0 on, in pieces, each with the state after it.

    They end where rounding may begin to tell.
    """
    start = _start_metric(blocks)
    for states, squares, after in _pieces(blocks, count):
        lines = lines_of_squares(blocks, states, squares)
        # A run that is at rest from the start may be frozen, which only its rows can tell.
        if _is_still(states, lines.held, start):
            return
        yield lines, after


def whole_passes(lesson: Lesson, count: int) -> Iterator[tuple[Passes, FloatArray]]:
    """Yield passes with all their rows, in pieces, each with the state after it."""
    if count <= _FEW_PASSES:
        yield from _few_passes(lesson, count)
        return
    some = count <= _SOME_PASSES
    blocks = blocks_of(lesson, keep_rows=True, metrics=not some)
    assert blocks is not None  # noqa: S101  whoever asks has found that there are some
    if some:
        yield from _some_passes(blocks, count)
        return
    at_once = max(_AT_LEAST, AT_ONCE // lesson.n_rows)
    for states, _, after in _pieces(blocks, count):
        every = np.vstack([states.T, after])
        for first in range(0, states.shape[1], at_once):
            starts = states.T[first : first + at_once]
            yield _mapped(blocks, starts, every[first + len(starts)]), after


def sum_of_squares(triangle: FloatArray, states: FloatArray) -> FloatArray:
    """Compute |R * s|^2 for every column s."""
    return _squared_lengths(triangle @ states)


def held_squares(blocks: Blocks, states: FloatArray) -> FloatArray:
    """Sum the squared errors with the parameters held, for states in columns."""
    parameters = len(blocks.lesson.model.parameters)
    left = blocks.held[:, :-1] @ states[..., :parameters, :]
    left += blocks.held[:, -1:]
    return _squared_lengths(left)


def _squared_lengths(columns: FloatArray) -> FloatArray:
    squares: FloatArray = np.einsum("...ik,...ik->...k", columns, columns)
    return squares


def _pieces(blocks: Blocks, count: int) -> Iterator[Piece]:
    rounding_error, size = RoundingError(blocks.maps), blocks.size
    state, done = np.array(first_state(blocks.lesson)), 0
    piece = min(count, _MOST_EPOCHS)
    if rounding_error.grows(count)[0]:
        return
    while done < count and piece:
        with np.errstate(all="ignore"):
            states = maps.powers(blocks.maps.epoch[0], np.append(state, 1.0), piece + 1)
            squares = sum_of_squares(blocks.moving[0], states[:, :piece])
        if not rounding_error.stays_small(states[None, :size], squares[None])[0]:
            # Half of them may go well, and the half of that, to the very epoch.
            piece //= 2
            continue
        done, state = done + piece, states[:size, piece]
        yield states[:size, :piece], squares, state
        piece = min(2 * piece, _MOST_EPOCHS, count - done)


def _some_passes(blocks: Blocks, count: int) -> Iterator[tuple[Passes, FloatArray]]:
    """Yield passes all at once; once their errors are known, each tells whether it holds."""
    rounding_error, start = RoundingError(blocks.maps), first_state(blocks.lesson)
    if rounding_error.grows(count)[0]:
        return
    states = maps.powers(blocks.maps.epoch[0], np.array([*start, 1.0]), count + 1)[:-1]
    passes = _mapped(blocks, states.T[:-1], states[:, -1])
    yield replace(passes, holds=_held_against(rounding_error, states)), states[:, -1]


def _few_passes(lesson: Lesson, count: int) -> Iterator[tuple[Passes, FloatArray]]:
    """Yield passes part by part; once their errors are known, each tells whether it holds."""
    names = list(state_columns(lesson.step))
    state = np.array(first_state(lesson))
    rounding_error: RoundingError | None = None
    for _ in range(count):
        start, found = state, []
        for first in range(0, lesson.n_rows, AT_ONCE):
            part = slice(first, min(first + AT_ONCE, lesson.n_rows))
            blocks = blocks_of(lesson, keep_rows=True, metrics=False, part=part)
            assert blocks is not None  # noqa: S101  whoever asks has found that there are some
            found.append(blocks.maps)
            with np.errstate(all="ignore"):
                lanes = blocks.states_of_pass(state)
                after = (blocks.maps.epoch[0] @ np.append(state, 1.0))[:-1]
            prepared = {name: _from_lanes(each) for name, each in zip(names, lanes, strict=True)}
            passes = Passes(
                lesson=lesson, count=1, starts=state[None], prepared=prepared, after=after,
                part=part, by=blocks.length,
            )  # fmt: skip
            state = after
            if part.stop == lesson.n_rows:
                rounding_error = (
                    RoundingError(_together(found)) if rounding_error is None else rounding_error
                )
                states = np.column_stack([start, after])
                passes = replace(passes, holds=_held_against(rounding_error, states))
            yield passes, after


def _together(found: Sequence[PassMaps]) -> PassMaps:
    """Compose the maps of a pass from those of its parts."""
    return replace(
        found[0],
        partials=added([each.partials for each in found]),
        by_block=np.concatenate([each.whole for each in found], axis=-1),
    )


def _held_against(
    rounding_error: RoundingError, states: FloatArray
) -> Callable[[FloatArray], bool]:
    """Return a check of passes by the states around them and their squared errors."""
    count = states.shape[1] - 1

    def holds(errors: FloatArray) -> bool:
        if rounding_error.grows(count)[0]:
            return False
        with np.errstate(all="ignore"):
            squares = errors.reshape(count, -1).sum(axis=1)
        return bool(rounding_error.stays_small(states[None], squares[None])[0])

    return holds


def _mapped(blocks: Blocks, starts: FloatArray, after: FloatArray) -> Passes:
    """Compute passes whose states follow from the state before each of them."""
    begun = blocks.begun(starts)
    names = state_columns(blocks.lesson.step)
    prepared = {name: _mapping(begun, blocks.rows[which]) for which, name in enumerate(names)}
    return Passes(
        lesson=blocks.lesson,
        count=len(starts),
        starts=starts,
        prepared=prepared,
        after=after,
        by=1 if blocks.joined else blocks.length,
    )


def _mapping(begun: FloatArray, rows: FloatArray) -> Writer:
    """Return what fills an array with a number of the state before each row of some passes.

    Args:
        begun: what each block starts with: block, pass, state.
        rows: what this comes to in its rows: block, state, row.
    """
    passes, length = begun.shape[1], rows.shape[-1]

    def write(out: FloatArray, part: slice) -> None:
        if len(begun) == 1:
            np.matmul(begun[0], rows[0, :, part], out=out)
            return
        first, (whole, remainder) = part.start // length, divmod(part.stop - part.start, length)
        taken = slice(first, first + whole)
        blocks = out[:, : whole * length].reshape(passes, whole, length)
        np.matmul(begun[taken], rows[taken], out=blocks.swapaxes(0, 1))
        if remainder:
            last = first + whole
            np.matmul(begun[last], rows[last, :, :remainder], out=out[:, whole * length :])

    return write


def _from_lanes(lanes: FloatArray) -> Writer:
    """Return what fills an array with numbers that stand in lanes, a block of rows in each."""
    length = len(lanes)

    def write(out: FloatArray, part: slice) -> None:
        first, (whole, remainder) = part.start // length, divmod(part.stop - part.start, length)
        blocks = out[0, : whole * length].reshape(whole, length)
        blocks[...] = lanes[:, first : first + whole].T
        if remainder:
            out[0, whole * length :] = lanes[:remainder, first + whole]

    return write


def lines_of_squares(blocks: Blocks, states: FloatArray, squares: FloatArray) -> Lines:
    """Write the log's lines from the states before some passes and their sums of squares."""
    lesson, method = blocks.lesson, blocks.lesson.step
    return Lines(
        states=states.T,
        held=method.metric_function.of_sum(held_squares(blocks, states), lesson.n_rows),
        passing=method.metric_function.of_sum(squares, lesson.n_rows),
        still=np.zeros(len(squares), dtype=np.bool_),
    )


def _start_metric(blocks: Blocks) -> float:
    lesson = blocks.lesson
    held = held_squares(blocks, np.array([lesson.training.start]).T)
    return float(lesson.step.metric_function.of_sum(held, lesson.n_rows)[0])


def _is_still(states: FloatArray, held: FloatArray, start: float) -> bool:
    """Tell whether nothing moves although the metric is no better than the start's."""
    same = (states[:, 1:] == states[:, :-1]).all(axis=0)
    return bool((same & (held[:-1] >= start)).any())
