"""Affine maps in bulk, and the blocks of rows they are cut into."""

import numpy as np
import pytest

from sheetgd.engine import affine as blocks
from sheetgd.engine import affine as maps
from sheetgd.engine import rowwise as walk
from sheetgd.engine.affine import blocks_of
from tests.support.given import noisy


def test_maps_one_after_the_other() -> None:
    generator = np.random.default_rng(5)
    many = generator.normal(size=(3, 4, 11))
    state = generator.normal(size=3)
    run = maps.running(many)
    for lane in range(11):
        state_after = state
        for each in range(lane + 1):
            state_after = many[:, :3, each] @ state_after + many[:, 3, each]
        found = run[:, :3, lane] @ state + run[:, 3, lane]
        assert np.allclose(found, state_after, rtol=1e-12)


def test_triangle_measures_as_its_matrix_does() -> None:
    generator = np.random.default_rng(6)
    matrix = generator.normal(size=(30, 4))
    matrix[:, 2] = matrix[:, 0] * 2
    triangle = maps.triangle(matrix.T[:, :, None].copy())[..., 0]
    for _ in range(5):
        vector = generator.normal(size=4)
        assert np.isclose(np.linalg.norm(triangle @ vector), np.linalg.norm(matrix @ vector))


@pytest.mark.parametrize("rows", [*range(1, 30), 100, 1001])
def test_blocks_of_any_number_of_rows(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "_AT_ONCE", 64)
    lesson = noisy(rows, model="line" if rows > 1 else "w", batch=min(rows, 3))
    cut = blocks_of(lesson, keep_rows=True)
    assert cut is not None
    start = np.array(walk.first_state(lesson)) + 0.5
    after = (cut.maps.epoch[0] @ [*start, 1.0])[:-1]
    steps = walk.RowwiseRun(lesson, start.tolist())
    passes = steps.passes(1)
    assert np.allclose(after, steps.state, rtol=1e-11)
    begun = cut.begun(start[None])
    for place, states in enumerate(cut.in_rows(cut.states_of_pass(start))):
        column = np.empty((1, rows))
        list(passes.prepared.values())[place](column, slice(0, rows))
        assert np.allclose(states, column[0], rtol=1e-11)
        by_block = np.einsum("bs,bsl->bl", begun[:, 0], cut.rows[place]).ravel()[:rows]
        assert np.allclose(by_block, column[0], rtol=1e-11)
    end = maps.after(cut.maps.ends[..., 0], cut.maps.by_block[..., 0])
    assert np.allclose((end[:, :-1, 0] @ start) + end[:, -1, 0], steps.state, rtol=1e-11)
