"""The stationary point of gradient descent: where it is, and whether epochs lead to it.

It is the best fit, or a point a little beside it. For squared errors and a model that is linear in
its parameters, y_pred = J*p + c with a column of J for each parameter, the mean gradient is 0 where
A*p = B, with A = J'J and B = J'(y - c): that is the best fit. A forward difference with nudge h of
such a square is the derivative plus h times the square of the parameter's own column, so its mean
is 0 where

    A*p = B - h/2 * diag(A)

and there it rests: beside the best fit by -h/2 * inverse(A) * diag(A), whatever the y. In a
central difference the two nudges cancel, and it rests at the best fit itself. All this is for all
rows in one batch; with smaller ones in a fixed order, epochs end close by.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, overload

import numpy as np

from sheetgd.descent.model import Model
from sheetgd.expression.derivative import ONE, at_zero, minus, times
from sheetgd.expression.functions import (
    NOTHING,
    NOTHING_OF_SQUARES,
    absolute,
    added,
    count,
    divided,
    root,
    sigmoid,
    sign,
    slope,
    softplus,
    square,
    total,
    when_at_least,
)
from sheetgd.expression.numbers import FloatArray, Q, evaluate
from sheetgd.expression.sheet_cells import Given, all_of, compared, constant, when
from sheetgd.expression.tree import Expression, Symbol


@overload
def intercept(x: Expression, y: Expression, m: Expression) -> Expression: ...
@overload
def intercept(x: "FloatArray", y: "FloatArray", m: float) -> float: ...
def intercept(x: Any, y: Any, m: Any) -> Any:
    """Compute the best line's b, mean(y) - m * mean(x): it runs through the points' centre.

    >>> import numpy as np
    >>> float(intercept(np.array([7.0, 9.0]), np.array([44.0, 48.0]), 2.0))
    30.0
    """
    return total(y) / count(y) - m * total(x) / count(x)


_ROUNDS: Final = 30
_HALVINGS: Final = 20


def least_squares(
    model: Model,
    inputs: Sequence[FloatArray],
    y: FloatArray,
    start: Sequence[float],
    held: Mapping[str, float],
    *,
    weights: Mapping[str, float] | None = None,
) -> tuple[float, ...]:
    """Find the parameters with the smallest sum of squared errors; NaN where there are none.

    For a line they are what a spreadsheet's SLOPE gives. For other models they are found
    by Gauss and Newton's method from the start: exact where the model is linear in its
    parameters, else as near as some rounds of it come.

    Args:
        model: the model.
        inputs: the columns of the inputs.
        y: the outputs.
        start: where the rounds begin.
        held: parameters that stay at these values, while the others are sought.
        weights: how much of their squares some parameters add to the sum: so ridge is found.

    >>> import numpy as np
    >>> from sheetgd.descent.model import LINE, model_of
    >>> x = np.array([0.0, 1.0, 2.0])
    >>> least_squares(LINE, [x], 2 * x + 1, (0, 0), {})
    (2.0, 1.0)
    >>> least_squares(model_of("a*x^2 + c"), [x], x * x + 1, (0, 0), {"a": 0.0})
    (0.0, 2.66666666667)
    """
    with np.errstate(all="ignore"):
        if model.name == "line" and not held and not weights:
            m = slope(inputs[0], y)
            return float(m), float(intercept(inputs[0], y, m))
        found = _by_rounds(model, inputs, y, start, held, weights or {})
    # Sixteen digits of a fit found by rounds are more than it has.
    return tuple(float(f"{value:.12g}") for value in found)


def _by_rounds(  # noqa: PLR0917  as they stand above
    model: Model,
    inputs: Sequence[FloatArray],
    y: FloatArray,
    start: Sequence[float],
    held: Mapping[str, float],
    weights: Mapping[str, float],
) -> FloatArray:
    # A weighted parameter is missed by its own size in a row more.
    roots = np.diag([math.sqrt(weights.get(name, 0.0)) for name in model.parameters])

    def missed(state: FloatArray) -> FloatArray:
        found: FloatArray = y - model.predict(inputs, [y * 0 + each for each in state])
        return np.concatenate([found, -roots @ state]) if weights else found

    named = dict(zip(model.parameters, start, strict=True))
    present = np.array([*{**named, **held}.values()])
    free = [place for place, name in enumerate(named) if name not in held]
    residual = missed(present)
    for _ in range(_ROUNDS):
        jacobian = model.jacobian(inputs, present.tolist())[:, free]
        if weights:
            jacobian = np.vstack([jacobian, roots[:, free]])
        if not (np.isfinite(jacobian).all() and np.isfinite(residual).all()):
            break
        if np.linalg.matrix_rank(jacobian) < len(free):
            return np.full(present.shape, math.nan) if model.linear else present
        step = np.zeros(present.shape)
        step[free] = np.linalg.lstsq(jacobian, residual, rcond=None)[0]
        # Full steps may overshoot where the model is curved in its parameters.
        for halving in range(_HALVINGS):
            trial = present + step / 2**halving
            left = missed(trial)
            if float((left * left).sum()) < float((residual * residual).sum()):
                break
        else:
            break
        present, residual = trial, left
    return present


_LIKELIER_ROUNDS: Final = 60
_RIGHT: Final = -1e-9
"""No row on the wrong side of the boundary by more than this part of the furthest is on none."""


def likeliest(
    model: Model,
    inputs: Sequence[FloatArray],
    y: FloatArray,
    start: Sequence[float],
    held: Mapping[str, float],
) -> tuple[float, ...]:
    """Find the parameters with the smallest log loss by Newton's method (Fisher's scoring).

    NaN where a boundary parts the classes: the loss then falls without end as the parameters grow
    (Albert and Anderson 1984), so that there is no best fit.

    Args:
        model: a model that ends in a sigmoid.
        inputs: the columns of the inputs.
        y: the classes, 0 or 1.
        start: where the rounds begin.
        held: parameters that stay at these values, while the others are sought.

    >>> from sheetgd.descent.model import model_of
    >>> x, model = np.array([1.0, 2.0, 3.0, 4.0]), model_of("sigmoid(w*x + b)")
    >>> likeliest(model, [x], np.array([0.0, 1.0, 0.0, 1.0]), (0, 0), {})
    (0.90818426256, -2.2704606564)
    >>> likeliest(model, [x], np.array([0.0, 0.0, 1.0, 1.0]), (0, 0), {})
    (nan, nan)
    """
    score, named = model.score, dict(zip(model.parameters, start, strict=True))
    if score.linear:
        # From far out Newton finds no way; there is one hollow only.
        named = dict.fromkeys(named, 0.0)
    present = np.array([*{**named, **held}.values()], dtype=np.float64)
    free = [place for place, name in enumerate(named) if name not in held]

    def loss(state: FloatArray) -> float:
        logits = score.predict(inputs, [y * 0 + each for each in state])
        return float((softplus(logits + 0 * y) - y * logits).sum())

    with np.errstate(all="ignore"):
        for _ in range(_LIKELIER_ROUNDS):
            jacobian = score.jacobian(inputs, present.tolist())
            logits = score.predict(inputs, [y * 0 + each for each in present])
            rising = sigmoid(logits + 0 * y)
            free_jacobian, weights = jacobian[:, free], rising * (1 - rising)
            curvature = (free_jacobian.T * weights) @ free_jacobian
            if not np.isfinite(curvature).all():
                break
            step = np.zeros(present.shape)
            step[free] = np.linalg.lstsq(curvature, free_jacobian.T @ (y - rising), rcond=None)[0]
            sizes = (loss(present + step / 2**halving) for halving in range(_HALVINGS))
            most = loss(present) * (1 + NOTHING)
            better = next((at for at, size in enumerate(sizes) if size <= most), None)
            if better is None or not step.any():
                break
            present = present + step / 2**better
    sides = (2 * y - 1) * (jacobian @ present)
    if score.linear and not held and sides.min() >= _RIGHT * sides.max() and sides.max() > 0:
        return (math.nan,) * len(present)
    return tuple(float(f"{value:.12g}") for value in present)


MOST_PARAMETERS = 3
"""With more, a determinant written out is longer than anyone would read."""

Quantities = Sequence[Any]
"""Some numbers, or some formulas."""

Matrix = Sequence[Quantities]


def has_stationary_point(model: Model, loss: str) -> bool:
    """Tell whether the stationary points can be computed: see the module.

    >>> from sheetgd.descent.model import model_of
    >>> [has_stationary_point(model_of(each), "mse") for each in ("line", "a*exp(k*x)")]
    [True, False]
    """
    return loss == "mse" and model.linear and len(model.parameters) <= MOST_PARAMETERS


def normal_equations(
    model: Model,
    inputs: Sequence[Any],
    y: Any,  # noqa: ANN401  the same
    summed: Callable[[Any], Any] = total,
    rows: Any = None,  # noqa: ANN401  the same
) -> tuple[list[list[Any]], list[Any]]:
    """Set up A = J'J and B = J'(y - c) of a model that is linear in its parameters.

    Args:
        model: the model.
        inputs: the columns of the inputs, arrays or formulas of ranges.
        y: the outputs, the same.
        summed: takes the sum over the rows, by default over all of them.
        rows: how many these are.

    Returns:
        The lines of A, and B.

    >>> import numpy as np
    >>> from sheetgd.descent.model import LINE
    >>> matrix, right = normal_equations(LINE, [np.array([1.0, 2.0])], np.array([3.0, 5.0]))
    >>> [[float(each) for each in line] for line in matrix], [float(each) for each in right]
    ([[5.0, 3.0], [3.0, 2.0]], [13.0, 8.0])
    """
    residual = minus(Symbol("y"), at_zero(model.expression, model.parameters))
    partials = model.partials
    counted = count(inputs[0]) if rows is None else rows

    def over_rows(term: Expression) -> Any:  # noqa: ANN401  the same
        if term == ONE:
            return counted
        value = evaluate(term, (*model.inputs, "y"), (*inputs, y))
        return summed(value) if set(term.symbols()) else counted * value

    matrix = [[over_rows(times(one, other)) for other in partials] for one in partials]
    return matrix, [over_rows(times(partial, residual)) for partial in partials]


def determinant(matrix: Matrix) -> Any:  # noqa: ANN401  formulas in, a formula out
    """Compute the determinant, expanded along the first line.

    >>> determinant([[2.0, 1.0], [1.0, 3.0]])
    5.0
    """
    first, *others = matrix
    result = first[0]
    for place, factor in enumerate(first):
        if others:
            term = factor * determinant([[*line[:place], *line[place + 1 :]] for line in others])
            result = term if place == 0 else result - term if place % 2 else result + term
    return result


def steady_determinant(matrix: Matrix) -> Any:  # noqa: ANN401  the same
    """Compute the determinant, or 0 where it is so small that it is nothing but rounding.

    >>> steady_determinant([[0.03, 0.3], [0.3, 3.0000000000000004]])
    0.0
    """
    found = determinant(matrix)
    diagonal = [line[place] for place, line in enumerate(matrix)]
    least = math.prod(diagonal[1:], start=NOTHING * diagonal[0])
    return when_at_least(absolute(found), least, found, 0.0)


def solution(
    matrix: Matrix,
    right: Quantities,
    divisor: Any,  # noqa: ANN401  a number or a formula
) -> list[Any]:
    """Solve A*p = B for p by Cramer's rule; NaN, or ``#DIV/0!``, where there is no solution.

    Args:
        matrix: the lines of A.
        right: B.
        divisor: the determinant of A.

    >>> solution([[2.0, 1.0], [1.0, 3.0]], [4.0, 7.0], 5.0)
    [1.0, 2.0]
    """
    return [
        divided(
            determinant(
                [
                    [*line[:which], value, *line[which + 1 :]]
                    for line, value in zip(matrix, right, strict=True)
                ]
            ),
            divisor,
        )
        for which in range(len(right))
    ]


def forward_shift(
    matrix: Matrix,
    nudge: Any,  # noqa: ANN401  a number or a formula
    divisor: Any,  # noqa: ANN401  the same
) -> list[Any]:
    """Compute how far from the best fit forward differences rest: -h/2 * inverse(A) * diag(A).

    >>> forward_shift([[4.0]], 0.01, 4.0)  # one parameter rests half a nudge below
    [-0.005]
    """
    diagonal = [line[place] for place, line in enumerate(matrix)]
    return [-(nudge / 2) * each for each in solution(matrix, diagonal, divisor)]


def swapped_eigenvalues(sum_x: Q, sum_of_squares: Q, rows: Q) -> tuple[Q, Q]:
    """Compute the two eigenvalues, Sx + sqrt(n*Sxx) and Sx - sqrt(n*Sxx).

    Args:
        sum_x: Sx, the sum of all x.
        sum_of_squares: Sxx, the sum of their squares.
        rows: n, how many there are.

    >>> swapped_eigenvalues(4.0, 10.0, 2.5)
    (9.0, -1.0)
    """
    reach = root(rows * sum_of_squares)
    return sum_x + reach, sum_x - reach


def growth(eigenvalue: Q, learn: Q) -> Q:
    """Compute by what an epoch of small steps multiplies the distance along an eigenvector.

    1 - 2*learn*eigenvalue: below 1 it shrinks, above 1 it grows.

    >>> growth(-2.0, 0.25)
    2.0
    """
    return 1 - 2 * learn * eigenvalue


def largest_eigenvalue(curvature: Sequence[Sequence[Any]]) -> Any:  # noqa: ANN401  numbers, or trees
    """Return the largest eigenvalue of a symmetric matrix of one or two lines.

    Of two, a b and b d: (a + d + sqrt((a - d)^2 + 4*b^2)) / 2.

    >>> largest_eigenvalue([[7.0]]), largest_eigenvalue([[2.0, 1.0], [1.0, 2.0]])
    (7.0, 3.0)
    """
    if len(curvature) == 1:
        return curvature[0][0]
    (one, beside), (_, other) = curvature
    return (one + other + root(square(one - other) + 4 * square(beside))) / 2


STABLE_BELOW: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    "sgd": lambda _: 2.0,
    "momentum": lambda settings: 2 * (1 + settings["beta"]),
    "momentum-ema": lambda settings: 2 * (1 + settings["beta"]) / (1 - settings["beta"]),
}
"""What learn times the largest eigenvalue of H must not exceed, where all rows are one batch.

By optimiser, from the settings. With momentum the state is a pair, and its map has an eigenvalue
of -1 at that product.
"""


def squared_norm(partials: Sequence[Any]) -> Any:  # noqa: ANN401  numbers, or trees
    """Return the sum of the squares of a row's partials.

    >>> squared_norm([3.0, 4.0])
    25.0
    """
    return added([square(each) for each in partials])


def own_bound(partials: Sequence[Any]) -> Any:  # noqa: ANN401  numbers, or trees
    """Return the rate at which a row's own step makes its error 0; a larger one overshoots.

    A step at a row multiplies the row's error by 1 - 2*learn*J'J.

    >>> own_bound([50.0, 1.0])
    0.00019992003198720512
    """
    return divided(1.0, 2 * squared_norm(partials))


def moves_too(residual: Given, whole: Given) -> Expression:
    """Tell whether a column of partials moves a direction of its own beside another column.

    Args:
        residual: the sum of the squares of what it does not share with the other one.
        whole: the sum of its squares.
    """
    return compared(residual, ">", constant(whole) * NOTHING_OF_SQUARES)


def radius_of_one(trace: Given) -> Expression:
    """Return the size of 1 - z, z being all there is in I - M."""
    return absolute(1 - constant(trace))


_ROUNDED: Final = 1e-15
"""Less than this part of a square is left of two equal ones by rounding."""


def radius_of_two(trace: Given, determinant: Given) -> Expression:
    """Return the size of the larger eigenvalue 1 - z of M, from the trace and determinant of I - M.

    >>> from sheetgd.expression.sheet_cells import value_of
    >>> value_of(radius_of_two(1.5, 0.5)), value_of(radius_of_two(2.0, 2.0))  # z: 1, 0.5; 1 +- i
    (0.5, 1.0)
    """
    trace, determinant = constant(trace), constant(determinant)
    half = trace / 2
    apart = square(half) - determinant
    # Where both are one, only rounding is left, whose root would be far larger.
    apart = when_at_least(absolute(apart), _ROUNDED * square(half), apart, 0.0)
    # A complex pair has the root of the determinant of M as its size.
    return when(
        compared(apart, ">=", 0),
        absolute(1 - half) + root(apart),
        root(absolute(1 - trace + determinant)),
    )


def one_shrinks(trace: Given) -> Expression:
    """Tell whether the size of 1 - z is below 1."""
    return all_of(compared(sign(constant(trace)), "=", 1), compared(trace, "<", 2))


def two_shrink(trace: Given, determinant: Given) -> Expression:
    """Tell whether both eigenvalues 1 - z of M are below 1 in size, also where z is tiny.

    Jury's conditions: the determinant is above 0, below the trace, above 2*trace - 4.

    >>> from sheetgd.expression.sheet_cells import value_of
    >>> value_of(two_shrink(1.5, 1e-30)), value_of(two_shrink(1.5, -1e-30))
    (True, False)
    """
    trace, determinant = constant(trace), constant(determinant)
    # Not every program tells a tiny number from 0 where it compares them.
    return all_of(
        compared(sign(determinant), "=", 1),
        compared(sign(trace - determinant), "=", 1),
        compared(2 * trace - 4, "<", determinant),
    )
