"""Where gradient descent comes to rest: at the best fit, or a little beside it.

For squared errors and a model that is linear in its parameters, y_pred = J*p + c with a
column of J for each parameter, the mean gradient is 0 where A*p = B, with A = J'J and
B = J'(y - c): that is the best fit. A forward difference with nudge h of such a square is
the derivative plus h times the square of the parameter's own column, so its mean is 0 where

    A*p = B - h/2 * diag(A)

and there it rests: beside the best fit by -h/2 * inverse(A) * diag(A), whatever the y. In a
central difference the two nudges cancel, and it rests at the best fit itself. All this is for all
rows in one batch; with smaller ones in a fixed order, epochs end close by.
"""

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

from sheetgd.maths.calculus import ONE, at_zero, minus, times
from sheetgd.maths.evaluation import evaluate
from sheetgd.maths.expression import Expression, Symbol
from sheetgd.maths.model import Model
from sheetgd.maths.quantity import absolute, count, divided, total, when_at_least

MOST_PARAMETERS = 3
"""With more, a determinant written out is longer than anyone would read."""

TOO_FLAT = 1e-12
"""A determinant smaller than this, measured by its diagonal, is nothing but rounding."""

Quantities = Sequence[Any]
"""Some numbers, or some formulas."""

Matrix = Sequence[Quantities]


def has_resting_point(model: Model, loss: str) -> bool:
    """Whether the resting points can be named: see the module.

    >>> from sheetgd.maths.model import model_of
    >>> has_resting_point(model_of("line"), "mse"), has_resting_point(model_of("a*exp(k*x)"), "mse")
    (True, False)
    """
    return loss == "mse" and model.linear and len(model.parameters) <= MOST_PARAMETERS


def normal_equations(
    model: Model,
    x: Any,  # noqa: ANN401  an array or a formula
    y: Any,  # noqa: ANN401  the same
    summed: Callable[[Any], Any] = total,
    rows: Any = None,  # noqa: ANN401  the same
) -> tuple[list[list[Any]], list[Any]]:
    """A = J'J and B = J'(y - c) of a model that is linear in its parameters.

    Args:
        model: the model.
        x: all inputs, an array or the formula of a range.
        y: the outputs, the same.
        summed: takes the sum over the rows, by default over all of them.
        rows: how many these are.

    Returns:
        The lines of A, and B.

    >>> import numpy as np
    >>> from sheetgd.maths.model import LINE
    >>> matrix, right = normal_equations(LINE, np.array([1.0, 2.0]), np.array([3.0, 5.0]))
    >>> [[float(each) for each in line] for line in matrix], [float(each) for each in right]
    ([[5.0, 3.0], [3.0, 2.0]], [13.0, 8.0])
    """
    rest = minus(Symbol("y"), at_zero(model.expression, model.parameters))
    partials = model.partials
    counted = count(x) if rows is None else rows

    def over_rows(term: Expression) -> Any:  # noqa: ANN401  the same
        if term == ONE:
            return counted
        value = evaluate(term, ("x", "y"), (x, y))
        return summed(value) if set(term.symbols()) else counted * value

    matrix = [[over_rows(times(one, other)) for other in partials] for one in partials]
    return matrix, [over_rows(times(partial, rest)) for partial in partials]


def determinant(matrix: Matrix) -> Any:  # noqa: ANN401  formulas in, a formula out
    """The determinant, expanded along the first line.

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
    """The determinant, or 0 where it is so small that it is nothing but rounding.

    >>> steady_determinant([[0.03, 0.3], [0.3, 3.0000000000000004]])
    0.0
    """
    found = determinant(matrix)
    diagonal = [line[place] for place, line in enumerate(matrix)]
    least = prod(diagonal[1:], start=TOO_FLAT * diagonal[0])
    return when_at_least(absolute(found), least, found, 0.0)


def solution(
    matrix: Matrix,
    right: Quantities,
    divisor: Any,  # noqa: ANN401  a number or a formula
) -> list[Any]:
    """The p of A*p = B by Cramer's rule; NaN, or ``#DIV/0!``, where there is none.

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
    """How far beside the best fit forward differences rest, -h/2 * inverse(A) * diag(A).

    >>> forward_shift([[4.0]], 0.01, 4.0)  # one parameter rests half a nudge below
    [-0.005]
    """
    diagonal = [line[place] for place, line in enumerate(matrix)]
    return [-(nudge / 2) * each for each in solution(matrix, diagonal, divisor)]
