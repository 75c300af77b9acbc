"""Affine maps in bulk: the steps of rows, blocks and epochs where they are affine.

A map of a state with r numbers is a matrix of r rows and r + 1 columns, the last column being what
is added. Further axes hold many maps side by side, as lanes: an operation on arrays does the same
in all of them.

The data rows of a pass are cut into blocks of equal length, a lane each, so that one operation
takes a row of every block: the maps of an epoch, of a block and of every row come from a few
hundred operations, however many rows there are. Each learning rate of a sweep is a lane more.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from sheetgd.descent.step import ROW, ROWS, Step, StepMap, step_map
from sheetgd.engine.passes import ArrayProgram, FloatArray, Workspace
from sheetgd.lesson.lesson import Lesson


def identity(size: int, lanes: int) -> FloatArray:
    """Return maps that leave a state as it is.

    >>> identity(1, 2).tolist()
    [[[1.0, 1.0], [0.0, 0.0]]]
    """
    maps = np.zeros((size, size + 1, lanes))
    for line in range(size):
        maps[line, line] = 1.0
    return maps


def after(later: FloatArray, earlier: FloatArray) -> FloatArray:
    """Compose maps: first the earlier, then the later, lane by lane.

    >>> double, add_one = np.array([[[2.0], [0.0]]]), np.array([[[1.0], [1.0]]])
    >>> after(double, add_one).ravel().tolist()
    [2.0, 2.0]
    """
    both = np.empty((len(later), *earlier.shape[1:]))
    apply(later, earlier, both)
    return both


def apply(later: FloatArray, earlier: FloatArray, out: FloatArray) -> None:
    """Compose maps into an array of one's own, and for any number of lines of the later."""
    size = len(earlier)
    np.multiply(later[:, 0, None], earlier[0], out=out)
    part = np.empty_like(out)
    for inner in range(1, size):
        np.multiply(later[:, inner, None], earlier[inner], out=part)
        out += part
    out[:, size] += later[:, size]


def running(maps: FloatArray) -> FloatArray:
    """Compose, for each lane, the maps of all lanes up to it, one after the other.

    The distance that is bridged doubles each time, so that few rounds are enough.

    >>> running(np.array([[[2.0, 3.0, 5.0], [0.0, 0.0, 0.0]]]))[0, 0].tolist()
    [2.0, 6.0, 30.0]
    """
    found = maps.copy()
    reach = 1
    while reach < maps.shape[-1]:
        found[..., reach:] = after(found[..., reach:], found[..., :-reach])
        reach *= 2
    return found


def remaining(maps: FloatArray) -> FloatArray:
    """Compose, for each lane, the maps of all lanes from it on, one after the other.

    >>> remaining(np.array([[[2.0, 3.0, 5.0], [0.0, 0.0, 0.0]]]))[0, 0].tolist()
    [30.0, 15.0, 5.0]
    """
    found = maps.copy()
    reach = 1
    while reach < maps.shape[-1]:
        found[..., :-reach] = after(found[..., reach:], found[..., :-reach])
        reach *= 2
    return found


def square(maps: FloatArray) -> FloatArray:
    """Write each map as a square matrix that acts on a state with a 1 below it, lanes first.

    >>> square(np.array([[[2.0], [3.0]]])).tolist()
    [[[2.0, 3.0], [0.0, 1.0]]]
    """
    size, _, *lanes = maps.shape
    matrices = np.zeros((*lanes, size + 1, size + 1))
    matrices[..., :size, :] = maps.transpose(*range(2, maps.ndim), 0, 1)
    matrices[..., size, size] = 1.0
    return matrices


def powers(matrix: FloatArray, start: FloatArray, count: int) -> FloatArray:
    """Apply a matrix to a start 0, 1, ... times, a column for each.

    >>> powers(np.array([[2.0]]), np.array([1.0]), 5).tolist()
    [[1.0, 2.0, 4.0, 8.0, 16.0]]
    """
    found = np.empty((*start.shape, count))
    found[..., 0] = start
    ready, step = 1, matrix
    while ready < count:
        new = min(ready, count - ready)
        np.matmul(step, found[..., :new], out=found[..., ready : ready + new])
        ready += new
        if ready < count:
            step = step @ step
    return found


def triangle(columns: FloatArray) -> FloatArray:
    """Compute R of matrices' QR decomposition: |columns * s| = |R * s| for every s, by lane.

    By the modified Gram-Schmidt process, whose R is as exact as that of reflections (Björck
    1967); the columns are used up.

    Args:
        columns: column by column, then line by line, then lane by lane.

    >>> triangle(np.array([[[3.0], [4.0]], [[3.0], [4.0]]]))[..., 0].tolist()
    [[5.0, 5.0], [0.0, 0.0]]
    """
    count, _, lanes = columns.shape
    found = np.zeros((count, count, lanes))
    part = np.empty(columns.shape[1:])
    for which in range(count):
        column = columns[which]
        length = np.sqrt(np.einsum("kl,kl->l", column, column))
        found[which, which] = length
        if which + 1 < count:
            column /= np.where(length > 0, length, 1.0)
        for other in range(which + 1, count):
            shared = np.einsum("kl,kl->l", column, columns[other])
            found[which, other] = shared
            columns[other] -= np.multiply(shared, column, out=part)
    return found


_MOST_LANES = 4096
_SHORT = 64
_AT_ONCE = 16_384
"""How many rows are taken at once: their numbers stay in the processor's cache."""


@dataclass(frozen=True)
class PassMaps:
    """The maps of a pass, block by block.

    Attributes:
        lesson: the lesson.
        step: its step as a map.
        rates: the learning rates.
        partials: the sums of the squares of the residual's slopes, and of what is added.
        by_block: the map of each block: state, state, rate, block.
    """

    lesson: Lesson
    step: StepMap
    rates: tuple[float, ...]
    partials: FloatArray
    by_block: FloatArray

    @cached_property
    def starts(self) -> FloatArray:
        """The map from the pass's start to each block's: state, state, rate, block."""
        return self._running[..., :-1]

    @property
    def whole(self) -> FloatArray:
        """The map of the whole pass, as that of a single block."""
        return self._running[..., -1:]

    @cached_property
    def epoch(self) -> FloatArray:
        """The same as a matrix, for each rate."""
        return square(self._running[..., -1])

    @cached_property
    def ends(self) -> FloatArray:
        """The map from each block's end to the pass's."""
        others = np.concatenate([self.by_block[..., 1:], self._one], axis=-1)
        with np.errstate(all="ignore"):
            return remaining(others)

    @cached_property
    def _running(self) -> FloatArray:
        with np.errstate(all="ignore"):
            passed = running(self.by_block)
        return np.concatenate([self._one, passed], axis=-1)

    @property
    def _one(self) -> FloatArray:
        return identity(len(self.step.state), len(self.rates))[..., None]


@dataclass(frozen=True)
class Blocks:
    """The passes of a lesson whose step is an affine map, at one or more learning rates.

    Attributes:
        lesson: the lesson.
        step: its step as a map.
        rates: the learning rates; the lesson's own alone for its run.
        keep_rows: whether the map from a block's start to each of its rows is kept.
        metrics: whether the squared errors of an epoch can be told from its start alone.
        part: the rows that are looked at, all of them or some that follow each other.
    """

    lesson: Lesson
    step: StepMap
    rates: tuple[float, ...]
    keep_rows: bool = False
    metrics: bool = True
    part: slice = field(default_factory=lambda: slice(None))

    @cached_property
    def height(self) -> int:
        """How many rows are looked at."""
        return len(range(self.lesson.n_rows)[self.part])

    @property
    def size(self) -> int:
        """How many numbers a state has."""
        return len(self.step.state)

    @cached_property
    def length(self) -> int:
        """How many rows a block has."""
        # Several rates are lanes enough, so that blocks may be longer.
        times = 3 if len(self.rates) == 1 else 1
        lanes = max(1, min(int(times * math.sqrt(self.height)), _MOST_LANES))
        return math.ceil(self.height / lanes)

    @cached_property
    def count(self) -> int:
        """How many blocks a pass has."""
        return math.ceil(self.height / self.length)

    @property
    def lanes(self) -> int:
        """How many lanes there are: the blocks of every rate."""
        return self.count * len(self.rates)

    @property
    def at_once(self) -> int:
        """How many rows of every block are taken at once."""
        return max(1, _AT_ONCE // self.lanes)

    def in_lanes(self, values: FloatArray) -> FloatArray:
        """Arrange a number for each row in lanes; the last block repeats its last row."""
        lanes = np.empty((self.length, self.count))
        lanes[:, -1] = values[-1]
        whole = (self.count - 1) * self.length
        lanes[:, :-1] = values[:whole].reshape(-1, self.length).T
        lanes[: len(values) - whole, -1] = values[whole:]
        return np.tile(lanes, (1, len(self.rates))) if len(self.rates) > 1 else lanes

    def in_rows(self, values: FloatArray) -> FloatArray:
        """Arrange lines of numbers in lanes as lines of numbers by row."""
        lines = len(values)
        shape = (lines, self.length, self.count)
        by_row = np.moveaxis(values.reshape(shape), 1, 2).reshape(lines, -1)
        return by_row[:, : self.height]

    @cached_property
    def swept(self) -> "Swept":
        """The maps of one pass through all rows."""
        with np.errstate(all="ignore"):
            return _swept(self)

    @cached_property
    def maps(self) -> PassMaps:
        """The maps of these rows."""
        shape = (self.size, self.size + 1, len(self.rates), self.count)
        by_block = self.swept.blocks.reshape(shape)
        return PassMaps(self.lesson, self.step, self.rates, self.swept.partials, by_block)

    @cached_property
    def moving(self) -> FloatArray:
        """R for each rate: |R * (start of a pass, 1)|^2 is the sum of its squared errors."""
        rates, wide = len(self.rates), self.size + 1
        local = self.swept.moving.reshape(wide, wide, rates, self.count)
        with np.errstate(all="ignore"):
            whole = local.transpose(2, 3, 0, 1) @ square(self.maps.starts)
        return _whole_triangle(whole.reshape(rates, -1, wide))

    @cached_property
    def held(self) -> FloatArray:
        """The same with the parameters held still: |R * (parameters, 1)|^2, for every rate."""
        wide = len(self.step.residual)
        local = self.swept.held
        return _whole_triangle(local.transpose(2, 0, 1).reshape(-1, wide))

    @property
    def joined(self) -> bool:
        """Whether `rows` and `begun` take all blocks as one, as they do if these are short."""
        return self.length < _SHORT

    @cached_property
    def rows(self) -> FloatArray:
        """The maps from a block's start to its rows: state, block, state, row in the block."""
        local = self.swept.rows
        assert local is not None  # noqa: S101  whoever asks has had them kept
        if not self.joined:
            return np.ascontiguousarray(local.transpose(1, 3, 2, 0))
        whole = np.empty((self.size, self.size + 1, self.length, self.count))
        with np.errstate(all="ignore"):
            for place, each in enumerate(local):
                whole[:, :, place] = after(each, self.maps.starts[:, :, 0])
        flat = self.in_rows(whole.reshape(-1, self.length, self.count))
        return flat.reshape(self.size, 1, self.size + 1, self.height)

    def begun(self, starts: FloatArray) -> FloatArray:
        """Return the states that blocks start with, and a 1: block, pass, state.

        Args:
            starts: the state before each of some passes, a line for each.
        """
        with_one = np.hstack([starts, np.ones((len(starts), 1))])
        if self.joined:
            return with_one[None]
        reached = square(self.maps.starts[:, :, 0]) @ with_one.T
        return np.ascontiguousarray(reached.swapaxes(1, 2))

    def states_of_pass(self, start: FloatArray) -> FloatArray:
        """Return the state before each row of one pass, in lanes: for each of its numbers."""
        local = self.swept.rows
        assert local is not None  # noqa: S101  the same
        states = np.empty((self.size, self.length, self.count))
        with np.errstate(all="ignore"):
            begun = np.einsum("ijb,j->ib", self.maps.starts[:, :, 0], np.append(start, 1.0))
            for place, each in enumerate(local):
                reached = states[:, place]
                np.multiply(each[:, 0], begun[0], out=reached)
                for inner in range(1, self.size):
                    reached += each[:, inner] * begun[inner]
                reached += each[:, self.size]
        return states


@dataclass(frozen=True)
class Swept:
    """The maps that one pass through all rows gives.

    Attributes:
        blocks: the map of each block.
        partials: the sums of the squares of the residual's slopes, and of what is added.
        moving: R of the residuals in each block, as the parameters move, by its start.
        held: R of the residuals by parameters that are held.
        rows: the map from a block's start to each of its rows, if kept.
    """

    blocks: FloatArray
    partials: FloatArray
    moving: FloatArray
    held: FloatArray
    rows: FloatArray | None


def _whole_triangle(matrices: FloatArray) -> FloatArray:
    """Compute R of one matrix or of several, with as many lines as columns."""
    wide = matrices.shape[-1]
    with np.errstate(all="ignore"):
        found = np.asarray(np.linalg.qr(matrices, mode="r"))
    missing = wide - found.shape[-2]
    if missing:
        found = np.concatenate([found, np.zeros((*found.shape[:-2], missing, wide))], axis=-2)
    return found


def _swept(blocks: Blocks) -> Swept:
    size, lanes, wide = blocks.size, blocks.lanes, len(blocks.step.residual)
    present = identity(size, lanes)
    partials = np.zeros(wide)
    moving = np.zeros((size + 1, size + 1, lanes))
    held = np.zeros((wide, wide, blocks.count))
    lines_of_row = size + blocks.metrics
    # In place: the map from a block's start to a row, and with metrics the row's residual.
    kept = blocks.length if blocks.keep_rows else min(blocks.length, blocks.at_once)
    reached = np.empty((kept + 1, lines_of_row, size + 1, lanes))
    at = 0
    for lines in _lines(blocks):
        count = lines.shape[2]
        at = at if blocks.keep_rows else 0
        reached[at, :size] = present
        for place in range(count):
            before, after = reached[at + place, :size], reached[at + place + 1]
            apply(lines[:lines_of_row, :, place], before, after)
        # Held still, parameters know of no rate.
        still = lines[size, ..., : blocks.count]
        residual = [*still[: wide - 1], still[size]]
        partials += [np.einsum("kl,kl->", each, each) for each in residual]
        if blocks.metrics:
            seen = reached[at + 1 : at + 1 + count, size]
            moving = _joined(list(seen.swapaxes(0, 1)), moving)
            held = _joined(residual, held)
        at += count
        present = reached[at, :size].copy()
    rows = reached[:-1, :size] if blocks.keep_rows else None
    return Swept(present, partials, moving, held, rows)


def _joined(residuals: Sequence[FloatArray], so_far: FloatArray) -> FloatArray:
    """Update R with some more rows, column by column."""
    rows, lanes = residuals[0].shape
    together = np.empty((len(residuals), rows + len(so_far), lanes))
    for column, residual in enumerate(residuals):
        together[column, :rows] = residual
        together[column, rows:] = so_far[:, column]
    return triangle(together)


def _lines(blocks: Blocks) -> Iterator[FloatArray]:
    """Yield the maps of some rows of every block at a time.

    A row's map has the lines of its step and, as the last, that of its residual.
    """
    lesson, step, size = blocks.lesson, blocks.step, blocks.size
    rows = blocks.height
    swept = len(blocks.rates) > 1
    program = _program(lesson.step, swept=swept)
    given = {"x": lesson.arrays.x[blocks.part], "y": lesson.arrays.y[blocks.part]}
    if program.needs(ROW):
        given[ROW] = np.arange(1.0, lesson.n_rows + 1)[blocks.part]
    in_lanes = {name: blocks.in_lanes(values) for name, values in given.items()}
    cells: dict[str, Any] = {**lesson.settings, ROWS: float(lesson.n_rows)}
    cells["learn"] = np.repeat(blocks.rates, blocks.count) if swept else blocks.rates[0]
    taken = blocks.at_once
    workspace = Workspace()
    in_last = rows - (blocks.count - 1) * blocks.length
    # One array for all, as fresh memory takes longer to get than to fill.
    buffer = np.zeros((size + 1, size + 1, min(taken, blocks.length), blocks.lanes))
    for first in range(0, blocks.length, taken):
        part = slice(first, min(first + taken, blocks.length))
        count = part.stop - first
        lines = buffer[:, :, :count]
        cells |= {name: values[part] for name, values in in_lanes.items()}
        program(cells, _targets(step, lines), workspace)
        beyond = max(0, in_last - first)
        if beyond < count:
            # The last block may be shorter: nothing happens in the rows that it lacks.
            last = slice(blocks.count - 1, None, blocks.count)
            lines[:size, :, beyond:, last] = identity(size, len(blocks.rates))[:, :, None]
            lines[size, :, beyond:, last] = 0.0
        yield lines


def _targets(step: StepMap, lines: FloatArray) -> Mapping[str, FloatArray]:
    """Return where each of the map's entries goes."""
    size = len(step.matrix)
    by_line = [*step.matrix, (*step.residual[:-1], *[""] * (size + 1 - len(step.residual)))]
    found = {
        name: lines[line, column]
        for line, names in enumerate(by_line)
        for column, name in enumerate(names)
        if name
    }
    return found | {step.residual[-1]: lines[size, size]}


@lru_cache(maxsize=64)
def _program(method: Step, *, swept: bool) -> ArrayProgram:
    step = step_map(method)
    assert step is not None  # noqa: S101  there are blocks of affine steps alone
    wanted = [*(name for line in step.matrix for name in line), *step.residual]
    every = {name for each in step.columns.values() for name in each.symbols()}
    many = {"x", "y", ROW, *(["learn"] if swept else [])}
    return ArrayProgram(step.columns, wanted, every - many - set(step.columns))


def blocks_of(
    lesson: Lesson,
    rates: Sequence[float] | None = None,
    *,
    keep_rows: bool = False,
    metrics: bool = True,
    part: slice | None = None,
) -> Blocks | None:
    """Make the blocks of a lesson; None unless its step is an affine map, the same every epoch."""
    if lesson.method.shuffle is not None:
        return None
    step = step_map(lesson.step)
    if step is None:
        return None
    at = (lesson.training.learning_rate,) if rates is None else tuple(rates)
    return Blocks(lesson, step, at, keep_rows, metrics, part or slice(None))
