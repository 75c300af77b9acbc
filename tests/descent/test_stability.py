"""The map of an epoch, against products of matrices written out."""

import math

import numpy as np
import pytest

from sheetgd.descent.stability import epoch_map, first_crossing

ROWS = np.array([[1.0, 1.0], [2.5, 1.0], [-0.7, 1.0], [4.0, 1.0], [3.3, 1.0]])


def radius(rate: float, batch: int, beta: float | None = None) -> float:
    """The spectral radius of the product of an epoch's steps, in the parameters themselves."""
    size = ROWS.shape[1]
    whole = np.eye(size if beta is None else 2 * size)
    for first in range(0, len(ROWS), batch):
        rows = ROWS[first : first + batch]
        curvature = 2 / len(rows) * rows.T @ rows
        step = np.eye(size) - rate * curvature
        if beta is not None:
            velocity = np.hstack([curvature, beta * np.eye(size)])
            place = np.hstack([np.eye(size), np.zeros((size, size))]) - rate * velocity
            step = np.vstack([place, velocity])
        whole = step @ whole
    return float(abs(np.linalg.eigvals(whole)).max())


@pytest.mark.parametrize("batch", [1, 2, 5])
@pytest.mark.parametrize("beta", [None, 0.6])
def test_its_radius_is_that_of_the_product_of_the_steps(batch: int, beta: float | None) -> None:
    found = epoch_map(ROWS, batch, momentum=beta)
    assert found is not None
    rates = [0.001, 0.02, 0.1, 0.4]
    assert found.radii(rates).tolist() == pytest.approx([radius(r, batch, beta) for r in rates])
    assert found.mean_radius(0.02, [range(1, 6)] * 3) == pytest.approx(radius(0.02, batch, beta))


@pytest.mark.parametrize("batch", [1, 2])
def test_below_the_first_crossing_it_shrinks_and_beyond_it_does_not(batch: int) -> None:
    found = epoch_map(ROWS, batch)
    assert found is not None
    rate = first_crossing(found, 2 * float(found.own_rates[0]))
    assert radius(rate * 0.999, batch) < 1 < radius(rate * 1.001, batch)


def test_data_that_move_nothing_have_none() -> None:
    assert epoch_map(np.zeros((3, 2)), 1) is None
    assert epoch_map(np.array([[math.nan]]), 1) is None
