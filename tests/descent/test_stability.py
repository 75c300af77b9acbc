"""The map of an epoch, against products of matrices written out."""

import math

import numpy as np
import pytest

from sheetgd.descent.stability import epoch_map, epochs_at_factor, first_crossing
from sheetgd.expression.sheet_cells import value_of

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


@pytest.mark.parametrize("number", [1, 2, 3, 12, 60, 1000])
def test_a_whole_number_of_epochs_is_not_rounded_up(number: int) -> None:
    # The root may be a digit above or below: what is rounding only takes no epoch more.
    for factor in (0.01 ** (1 / number), math.nextafter(0.01 ** (1 / number), 1)):
        assert value_of(epochs_at_factor(factor)) == number
    assert value_of(epochs_at_factor(0.01001 ** (1 / number))) == number + 1


@pytest.mark.parametrize("factor", [0.0, 1e-300, 0.0099, 0.0101, 0.3, 0.99, 1 - 1e-4])
def test_so_many_epochs_and_no_fewer_leave_a_hundredth(factor: float) -> None:
    number = value_of(epochs_at_factor(factor))
    assert factor**number <= 0.01
    assert number == 1 or factor ** (number - 1) > 0.01


def test_data_that_move_nothing_have_none() -> None:
    assert epoch_map(np.zeros((3, 2)), 1) is None
    assert epoch_map(np.array([[math.nan]]), 1) is None
