"""A run by whole epochs, of a step that is an affine map."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from sheetgd.engine import maps
from sheetgd.engine.arrays import FloatArray
from sheetgd.engine.blocks import Blocks, PassMaps, blocks_of
from sheetgd.engine.drift import Drift
from sheetgd.engine.log import Lines
from sheetgd.engine.passes import AT_ONCE, Passes, Writer
from sheetgd.engine.walk import first_state
from sheetgd.lesson import Lesson
from sheetgd.maths.quantity import added
from sheetgd.maths.tracing import state_columns

_MOST_EPOCHS = 8_192
_AT_LEAST = 16
_SOME_PASSES = 32
_FEW_PASSES = 2
"""So few passes are not worth a map from the pass's start to each of its rows."""

Piece = tuple[FloatArray, FloatArray, FloatArray]
"""Some epochs: the states before them, the sums of their squared errors, the state after them."""


def whole_lines(blocks: Blocks, count: int) -> Iterator[tuple[Lines, FloatArray]]:
    """So many lines of the log from epoch 0 on, in pieces, each with the state after it.

    They end where rounding may begin to tell.
    """
    start = _start_figure(blocks)
    for states, squares, after in _pieces(blocks, count):
        lines = lines_of_squares(blocks, states, squares)
        # A run that is at rest from the start may be frozen, which only its rows can tell.
        if _rests(states, lines.held, start):
            return
        yield lines, after


def whole_passes(lesson: Lesson, count: int) -> Iterator[tuple[Passes, FloatArray]]:
    """The same for passes with all their rows."""
    if count <= _FEW_PASSES:
        yield from _few_passes(lesson, count)
        return
    some = count <= _SOME_PASSES
    blocks = blocks_of(lesson, keep_rows=True, figures=not some)
    assert blocks is not None  # noqa: S101  whoever asks has found that there are some
    if some:
        yield from _some_passes(blocks, count)
        return
    at_once = max(_AT_LEAST, AT_ONCE // lesson.rows)
    for states, _, after in _pieces(blocks, count):
        every = np.vstack([states.T, after])
        for first in range(0, states.shape[1], at_once):
            starts = states.T[first : first + at_once]
            yield _mapped(blocks, starts, every[first + len(starts)]), after


def sum_of_squares(triangle: FloatArray, states: FloatArray) -> FloatArray:
    """|R * s|^2 for every column s."""
    return _squared_lengths(triangle @ states)


def held_squares(blocks: Blocks, states: FloatArray) -> FloatArray:
    """The sum of the squared errors with the parameters held still, for states in columns."""
    parameters = len(blocks.lesson.form.parameters)
    left = blocks.held[:, :-1] @ states[..., :parameters, :]
    left += blocks.held[:, -1:]
    return _squared_lengths(left)


def _squared_lengths(columns: FloatArray) -> FloatArray:
    squares: FloatArray = np.einsum("...ik,...ik->...k", columns, columns)
    return squares


def _pieces(blocks: Blocks, count: int) -> Iterator[Piece]:
    drift, size = Drift(blocks.maps), blocks.size
    state, done = np.array(first_state(blocks.lesson)), 0
    piece = min(count, _MOST_EPOCHS)
    if drift.grows(count)[0]:
        return
    while done < count and piece:
        with np.errstate(all="ignore"):
            states = maps.powers(blocks.maps.epoch[0], np.append(state, 1.0), piece + 1)
            squares = sum_of_squares(blocks.moving[0], states[:, :piece])
        if not drift.stays_small(states[None, :size], squares[None])[0]:
            # Half of them may go well, and the half of that, to the very epoch.
            piece //= 2
            continue
        done, state = done + piece, states[:size, piece]
        yield states[:size, :piece], squares, state
        piece = min(2 * piece, _MOST_EPOCHS, count - done)


def _some_passes(blocks: Blocks, count: int) -> Iterator[tuple[Passes, FloatArray]]:
    """Passes all at once, which tell once their errors are known whether they hold."""
    drift, start = Drift(blocks.maps), first_state(blocks.lesson)
    if drift.grows(count)[0]:
        return
    states = maps.powers(blocks.maps.epoch[0], np.array([*start, 1.0]), count + 1)[:-1]
    passes = _mapped(blocks, states.T[:-1], states[:, -1])
    yield replace(passes, holds=_held_against(drift, states)), states[:, -1]


def _few_passes(lesson: Lesson, count: int) -> Iterator[tuple[Passes, FloatArray]]:
    """Passes part by part, which tell once their errors are known whether they hold."""
    names = list(state_columns(lesson.method))
    state = np.array(first_state(lesson))
    drift: Drift | None = None
    for _ in range(count):
        start, found = state, []
        for first in range(0, lesson.rows, AT_ONCE):
            part = slice(first, min(first + AT_ONCE, lesson.rows))
            blocks = blocks_of(lesson, keep_rows=True, figures=False, part=part)
            assert blocks is not None  # noqa: S101  whoever asks has found that there are some
            found.append(blocks.maps)
            with np.errstate(all="ignore"):
                lanes = blocks.states_of_pass(state)
                after = (blocks.maps.epoch[0] @ np.append(state, 1.0))[:-1]
            known = {name: _from_lanes(each) for name, each in zip(names, lanes, strict=True)}
            passes = Passes(
                lesson=lesson, count=1, starts=state[None], known=known, after=after, part=part,
                by=blocks.length,
            )  # fmt: skip
            state = after
            if part.stop == lesson.rows:
                drift = Drift(_together(found)) if drift is None else drift
                states = np.column_stack([start, after])
                passes = replace(passes, holds=_held_against(drift, states))
            yield passes, after


def _together(found: Sequence[PassMaps]) -> PassMaps:
    """The maps of a pass from those of its parts."""
    return replace(
        found[0],
        partials=added([each.partials for each in found]),
        by_block=np.concatenate([each.whole for each in found], axis=-1),
    )


def _held_against(drift: Drift, states: FloatArray) -> Callable[[FloatArray], bool]:
    """Whether passes are what they seem, from the states around them and their squared errors."""
    count = states.shape[1] - 1

    def holds(errors: FloatArray) -> bool:
        if drift.grows(count)[0]:
            return False
        with np.errstate(all="ignore"):
            squares = errors.reshape(count, -1).sum(axis=1)
        return bool(drift.stays_small(states[None], squares[None])[0])

    return holds


def _mapped(blocks: Blocks, starts: FloatArray, after: FloatArray) -> Passes:
    """Passes whose states follow from the state before each of them."""
    begun = blocks.begun(starts)
    names = state_columns(blocks.lesson.method)
    known = {name: _mapping(begun, blocks.rows[which]) for which, name in enumerate(names)}
    return Passes(
        lesson=blocks.lesson,
        count=len(starts),
        starts=starts,
        known=known,
        after=after,
        by=1 if blocks.joined else blocks.length,
    )


def _mapping(begun: FloatArray, rows: FloatArray) -> Writer:
    """What fills an array with a number of the state before each row of some passes.

    Args:
        begun: what each block starts with: block, pass, state.
        rows: what this comes to in its rows: block, state, row.
    """
    passes, length = begun.shape[1], rows.shape[-1]

    def write(out: FloatArray, part: slice) -> None:
        if len(begun) == 1:
            np.matmul(begun[0], rows[0, :, part], out=out)
            return
        first, (whole, rest) = part.start // length, divmod(part.stop - part.start, length)
        taken = slice(first, first + whole)
        blocks = out[:, : whole * length].reshape(passes, whole, length)
        np.matmul(begun[taken], rows[taken], out=blocks.swapaxes(0, 1))
        if rest:
            last = first + whole
            np.matmul(begun[last], rows[last, :, :rest], out=out[:, whole * length :])

    return write


def _from_lanes(lanes: FloatArray) -> Writer:
    """What fills an array with numbers that stand in lanes, a block of rows in each."""
    length = len(lanes)

    def write(out: FloatArray, part: slice) -> None:
        first, (whole, rest) = part.start // length, divmod(part.stop - part.start, length)
        blocks = out[0, : whole * length].reshape(whole, length)
        blocks[...] = lanes[:, first : first + whole].T
        if rest:
            out[0, whole * length :] = lanes[:rest, first + whole]

    return write


def lines_of_squares(blocks: Blocks, states: FloatArray, squares: FloatArray) -> Lines:
    """The log's lines from the states before some passes and the sums of squared errors in them."""
    lesson, method = blocks.lesson, blocks.lesson.method
    return Lines(
        states=states.T,
        held=method.figure.of_sum(held_squares(blocks, states), lesson.rows),
        passing=method.figure.of_sum(squares, lesson.rows),
        still=np.zeros(len(squares), dtype=np.bool_),
    )


def _start_figure(blocks: Blocks) -> float:
    lesson = blocks.lesson
    held = held_squares(blocks, np.array([lesson.start]).T)
    return float(lesson.method.figure.of_sum(held, lesson.rows)[0])


def _rests(states: FloatArray, held: FloatArray, start: float) -> bool:
    """Whether nothing moves although the metric is no better than the start's."""
    same = (states[:, 1:] == states[:, :-1]).all(axis=0)
    return bool((same & (held[:-1] >= start)).any())
