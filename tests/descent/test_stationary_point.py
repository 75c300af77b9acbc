"""Eigenvalues and the bounds they set, against NumPy's own and against momentum's map."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from sheetgd.descent.stationary_point import (
    STABLE_BELOW,
    largest_eigenvalue,
    one_shrinks,
    own_bound,
    radius_of_one,
    radius_of_two,
    squared_norm,
    two_shrink,
)
from sheetgd.expression.excel import Formula
from sheetgd.expression.sheet_cells import cell, formula_of, value_of

RANDOM = np.random.default_rng(12)
MATRICES = [RANDOM.normal(size=(2, 2)) for _ in range(12)]
A, B, D = (Formula.name(name) for name in "abd")


def map_of_momentum(beta: float, share: float, product: float) -> NDArray[np.float64]:
    """What a step makes of v and of w along an eigenvector of H with the eigenvalue 1.

    v' = beta*v + share*w and w' = w - learn*v'; product is learn times the eigenvalue.
    """
    return np.array([[beta, share], [-product * beta, 1 - product * share]])


@pytest.mark.parametrize("beta", [0.0, 0.3, 0.9])
@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "momentum-ema"])
def test_at_the_bound_a_step_stops_to_shrink(optimizer: str, beta: float) -> None:
    if optimizer == "sgd":
        beta = 0.0
    share = 1 - beta if optimizer == "momentum-ema" else 1.0
    bound = STABLE_BELOW[optimizer]({"beta": beta})
    for part, grows in ((0.999, False), (1.001, True)):
        eigenvalues = np.linalg.eigvals(map_of_momentum(beta, share, part * bound))
        assert (abs(eigenvalues).max() > 1) == grows


def test_bounds_are_known_of_these_optimisers() -> None:
    assert set(STABLE_BELOW) == {"sgd", "momentum", "momentum-ema"}


@pytest.mark.parametrize("matrix", MATRICES)
def test_eigenvalues_are_numpy_s(matrix: NDArray[np.float64]) -> None:
    symmetric = matrix + matrix.T
    largest = float(np.linalg.eigvalsh(symmetric)[-1])
    assert largest_eigenvalue(symmetric.tolist()) == pytest.approx(largest, rel=1e-12)
    # The map of an epoch is what the moved part leaves.
    eigenvalues = np.linalg.eigvals(np.eye(2) - matrix)
    told = float(np.trace(matrix)), float(np.linalg.det(matrix))
    assert value_of(radius_of_two(*told)) == pytest.approx(abs(eigenvalues).max(), rel=1e-12)
    assert value_of(two_shrink(*told)) == (abs(eigenvalues).max() < 1)


def test_among_them_are_all_kinds() -> None:
    kinds = [np.linalg.eigvals(np.eye(2) - each) for each in MATRICES]
    assert {bool(abs(each).max() < 1) for each in kinds} == {True, False}
    assert {bool(np.iscomplexobj(each)) for each in kinds} == {True, False}


@pytest.mark.parametrize(
    ("trace", "determinant", "shrink"),
    [
        (1.0, 1e-30, True),  # z is 1 and 1e-30
        (1.0, 0.0, False),
        (1.0, -1e-30, False),
        (2.0, 1.99, True),  # 1 +- 0.995i
        (2.0, 2.0, False),
        (2.0, 2.01, False),
        (2.5, 1.01, True),  # 1.99 and 0.51
        (2.5, 1.0, False),  # 2 and 0.5
        (2.5, 0.99, False),
    ],
)
def test_two_shrink_at_the_borders(trace: float, determinant: float, *, shrink: bool) -> None:
    assert value_of(two_shrink(trace, determinant)) is shrink


@pytest.mark.parametrize(("trace", "size", "shrinks"), [
    (0.0, 1.0, False), (1e-30, 1.0, True), (1.5, 0.5, True), (2.0, 1.0, False), (3.0, 2.0, False),
    (-1.0, 2.0, False),
])  # fmt: skip
def test_one_direction(trace: float, size: float, *, shrinks: bool) -> None:
    assert value_of(radius_of_one(trace)) == size
    assert value_of(one_shrinks(trace)) is shrinks


def test_a_row_s_own_step() -> None:
    assert squared_norm([3.0, -4.0]) == 25
    assert own_bound([3.0, -4.0]) == 1 / 50


T, P = (cell(Formula.name(name), 1.0) for name in "tp")


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        (largest_eigenvalue([[A, B], [B, D]]), "(a+d+SQRT((a-d)^2+4*b^2))/2"),
        (squared_norm([A, B]), "a^2+b^2"),
        (own_bound([A, B]), "1/(2*(a^2+b^2))"),
        (radius_of_one(T), "ABS(1-t)"),
        (radius_of_two(T, P), "IF((t/2)^2-p>=0,ABS(1-t/2)+SQRT((t/2)^2-p),SQRT(ABS(1-t+p)))"),
        (one_shrinks(T), "AND(SIGN(t)=1,t<2)"),
        (two_shrink(T, P), "AND(SIGN(p)=1,SIGN(t-p)=1,2*t-4<p)"),
    ],
)
def test_their_formulas(expression: Any, text: str) -> None:  # noqa: ANN401  a tree, or a formula
    assert str(expression if isinstance(expression, Formula) else formula_of(expression)) == text
