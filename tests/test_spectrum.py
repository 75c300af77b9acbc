"""Eigenvalues and the bounds they set, against NumPy's own and against momentum's map."""

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from sheetgd.maths.formula import Formula
from sheetgd.maths.spectrum import (
    STABLE_BELOW,
    after_row,
    largest_eigenvalue,
    radius,
    squared_matrix,
    squared_norm,
)

RANDOM = np.random.default_rng(12)
MATRICES = [RANDOM.normal(size=(2, 2)) for _ in range(12)]
A, B, C, D = (Formula.name(name) for name in "abcd")


def map_of_momentum(beta: float, share: float, product: float) -> NDArray[np.float64]:
    """What a step makes of v and of w along an eigenvector of H with the eigenvalue 1.

    v' = beta*v + share*w and w' = w - learn*v'; product is learn times the eigenvalue.
    """
    return np.array([[beta, share], [-product * beta, 1 - product * share]])


@pytest.mark.parametrize("beta", [0.0, 0.3, 0.9])
@pytest.mark.parametrize("optimizer", ["plain", "momentum", "momentum-averaged"])
def test_at_the_bound_a_step_stops_to_shrink(optimizer: str, beta: float) -> None:
    if optimizer == "plain":
        beta = 0.0
    share = 1 - beta if optimizer == "momentum-averaged" else 1.0
    bound = STABLE_BELOW[optimizer]({"beta": beta})
    for part, grows in ((0.999, False), (1.001, True)):
        eigenvalues = np.linalg.eigvals(map_of_momentum(beta, share, part * bound))
        assert (abs(eigenvalues).max() > 1) == grows


def test_bounds_are_known_of_these_optimisers() -> None:
    assert set(STABLE_BELOW) == {"plain", "momentum", "momentum-averaged"}


@pytest.mark.parametrize("matrix", MATRICES)
def test_eigenvalues_are_numpy_s(matrix: NDArray[np.float64]) -> None:
    symmetric = matrix + matrix.T
    largest = float(np.linalg.eigvalsh(symmetric)[-1])
    assert largest_eigenvalue(symmetric.tolist()) == pytest.approx(largest, rel=1e-12)
    size = float(abs(np.linalg.eigvals(matrix)).max())
    assert radius(matrix.tolist()) == pytest.approx(size, rel=1e-12)


@pytest.mark.parametrize("matrix", MATRICES[:3])
def test_products_are_numpy_s(matrix: NDArray[np.float64]) -> None:
    partials, rate = RANDOM.normal(size=2), 0.3
    step = np.eye(2) - 2 * rate * np.outer(partials, partials)
    found = after_row(matrix.tolist(), partials.tolist(), rate)
    np.testing.assert_allclose(found, step @ matrix, rtol=1e-12)
    assert squared_norm(partials.tolist()) == pytest.approx(float(partials @ partials), rel=1e-12)
    symmetric = matrix + matrix.T
    square = symmetric @ symmetric
    entry = squared_matrix(symmetric[0], symmetric[1], symmetric.ravel())
    assert float(entry) == pytest.approx(square[0, 1] / np.trace(square), rel=1e-12)


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        (largest_eigenvalue([[A, B], [B, D]]), "(a+d+SQRT((a-d)^2+4*b^2))/2"),
        (squared_norm([A, B]), "a^2+b^2"),
        (after_row([[A]], [B], C)[0][0], "a-2*c*b*(b*a)"),
        (radius([[A]]), "ABS(a)"),
        (
            radius([[A, B], [C, D]]),
            "IF(((a-d)/2)^2+b*c>=0,ABS((a+d)/2)+SQRT(ABS(((a-d)/2)^2+b*c)),SQRT(ABS(a*d-b*c)))",
        ),
    ],
)
def test_their_formulas(formula: Formula, text: str) -> None:
    assert str(formula) == text


@pytest.mark.parametrize(
    ("matrix", "size"),
    [([[-2.0]], 2.0), ([[2.0, 1.0], [0.0, 2.0]], 2.0), ([[0.0, 1.0], [-1.0, 0.0]], 1.0)],
)
def test_single_and_double_eigenvalues(matrix: Sequence[Sequence[float]], size: float) -> None:
    assert radius(matrix) == size
