"""Sums, eigenvalues and the bounds they set, against NumPy's own and against momentum's map."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from sheetgd.descent.model import model_of
from sheetgd.descent.stationary_point import (
    STABLE_BELOW,
    determinant,
    forward_shift,
    has_stationary_point,
    largest_eigenvalue,
    moves_too,
    normal_equations,
    one_shrinks,
    own_bound,
    radius_of_one,
    radius_of_two,
    solution,
    squared_norm,
    steady_determinant,
    swapped_eigenvalues,
    two_shrink,
)
from sheetgd.expression.excel import Address, Formula
from sheetgd.expression.sheet_cells import cell, cells, formula_of, value_of
from sheetgd.expression.tree import Expression, Symbol

RANDOM = np.random.default_rng(12)
MATRICES = [RANDOM.normal(size=(2, 2)) for _ in range(12)]
A, B, D = map(Symbol, "abd")


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
        (
            radius_of_two(T, P),
            "IF({d}>=0,ABS(1-t/2)+SQRT({d}),SQRT(ABS(1-t+p)))".format(
                d="IF(ABS((t/2)^2-p)>=0.000000000000001*(t/2)^2,(t/2)^2-p,0)"
            ),
        ),
        (one_shrinks(T), "AND(SIGN(t)=1,t<2)"),
        (two_shrink(T, P), "AND(SIGN(p)=1,SIGN(t-p)=1,2*t-4<p)"),
    ],
)
def test_their_formulas(expression: Expression, text: str) -> None:
    assert str(formula_of(expression)) == text


@pytest.mark.parametrize(
    ("model", "linear"),
    [
        ("line", True), ("quadratic", True), ("w*x", True), ("a*sin(x) + b*x^2 + 7", True),
        ("2*a + b*x - 3*x", True), ("cubic", False), ("a*exp(k*x)", False), ("abs(a)*x", False),
    ],
)  # fmt: skip
def test_models_with_a_resting_point_are_known(model: str, linear: bool) -> None:  # noqa: FBT001  a case
    form = model_of(model)
    assert has_stationary_point(form, "mse") is linear
    assert not has_stationary_point(form, "mae")


def test_the_formulas_of_the_sums() -> None:
    ranges = (Formula.range(Address(2, c), Address(9, c), fixed=False) for c in (1, 2))
    x, y = map(cells, ranges)
    matrix, right = normal_equations(model_of("line"), [x], y)
    assert [str(formula_of(each)) for each in (*matrix[0], *matrix[1], *right)] == [
        "SUMPRODUCT(A2:A9*A2:A9)", "SUM(A2:A9)", "SUM(A2:A9)", "COUNT(A2:A9)",
        "SUMPRODUCT(A2:A9*B2:B9)", "SUM(B2:B9)",
    ]  # fmt: skip
    squares, _ = normal_equations(model_of("quadratic"), [x], y)
    assert str(formula_of(squares[0][1])) == "SUMPRODUCT(A2:A9^2*A2:A9)"
    names = [[Symbol(letter) for letter in line] for line in ("ab", "cd")]
    assert str(formula_of(determinant(names))) == "a*d-b*c"
    right = [Symbol("u"), Symbol("v")]
    solved = solution(names, right, Symbol("det"))
    assert [str(formula_of(each)) for each in solved] == ["(u*d-b*v)/det", "(a*v-u*c)/det"]
    assert str(formula_of(forward_shift(names, Symbol("h"), Symbol("det"))[0])) == (
        "(-(h/2))*((a*d-b*d)/det)"
    )


@pytest.mark.parametrize(("part", "flat"), [(1.5e-12, False), (0.5e-12, True)])
def test_a_determinant_is_0_below_a_trillionth_of_its_diagonal(part: float, flat: bool) -> None:  # noqa: FBT001  a case
    beside = 6 * math.sqrt(1 - part)  # so that 4*9 - beside^2 is 36*part
    found = steady_determinant([[4.0, beside], [beside, 9.0]])
    assert found == (0 if flat else pytest.approx(36 * part, rel=1e-2, abs=0))


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_determinants_are_those_of_numpy(size: int) -> None:
    matrix = np.random.default_rng(size).normal(size=(size, size))
    assert determinant(matrix.tolist()) == pytest.approx(float(np.linalg.det(matrix)))


@pytest.mark.parametrize("x", [(1.0, 2.0, 3.0), (-4.0, 0.0, 9.0, 9.0), (5.0, 5.0), (0.1,) * 7])
def test_one_eigenvalue_is_never_above_0(x: tuple[float, ...]) -> None:
    squares = sum(each * each for each in x)
    assert swapped_eigenvalues(sum(x), squares, float(len(x)))[1] <= 1e-12


@pytest.mark.parametrize(("residual", "moves"), [(1e-25, True), (1e-27, False), (0.0, False)])
def test_a_column_moves_a_direction_of_its_own_but_for_rounding(
    residual: float, *, moves: bool
) -> None:
    assert value_of(moves_too(3.0 * residual, 3.0)) is moves
