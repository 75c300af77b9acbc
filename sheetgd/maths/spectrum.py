"""How far an epoch of plain steps stretches the way from the lowest point, and at which rate.

For squared errors and a model that is linear in its parameters, with J_i the partials of row i,
a step at that row takes the distance d from the lowest point to (I - 2*learn*J_i*J_i')*d, and a
step by the mean over all n rows to (I - learn*H)*d with H = 2/n * sum(J_i*J_i'). An epoch is the
product of its steps. Where that product has an eigenvalue above 1 in size, the run diverges.

Of formulas, what is said here of numbers gives the formulas that compute it.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sheetgd.maths.quantity import absolute, added, root, square, total, when_at_least

Quantity = Any
"""Numbers in, a number out; formulas in, a formula out."""

Matrix = Sequence[Sequence[Quantity]]


def largest_eigenvalue(curvature: Matrix) -> Quantity:
    """The largest eigenvalue of a symmetric matrix of one or two lines.

    Of two, a b and b d: (a + d + sqrt((a - d)^2 + 4*b^2)) / 2.

    >>> largest_eigenvalue([[7.0]]), largest_eigenvalue([[2.0, 1.0], [1.0, 2.0]])
    (7.0, 3.0)
    """
    if len(curvature) == 1:
        return curvature[0][0]
    (one, beside), (_, other) = curvature
    return (one + other + root(square(one - other) + 4 * square(beside))) / 2


STABLE_BELOW: Mapping[str, Callable[[Mapping[str, Quantity]], Quantity]] = {
    "plain": lambda _: 2,
    "momentum": lambda settings: 2 * (1 + settings["beta"]),
    "momentum-averaged": lambda settings: 2 * (1 + settings["beta"]) / (1 - settings["beta"]),
}
"""What learn times the largest eigenvalue of H must not exceed, where all rows are one batch.

By optimiser, from the settings. With momentum the state is a pair, and its map has an eigenvalue
of -1 at that product.
"""


def squared_norm(partials: Sequence[Quantity]) -> Quantity:
    """The sum of the squares of a row's partials.

    >>> squared_norm([3.0, 4.0])
    25.0
    """
    return added([square(each) for each in partials])


def after_row(
    product: Matrix, partials: Sequence[Quantity], rate: Quantity
) -> list[list[Quantity]]:
    """The product of an epoch's steps so far, with a row's step put before it.

    M - 2*learn*J*(J'M).

    >>> after_row([[1.0, 0.0], [0.0, 1.0]], [2.0, 1.0], 0.1)
    [[0.199..., -0.4], [-0.4, 0.8]]
    """
    every = range(len(partials))
    seen = [added([partials[line] * product[line][column] for line in every]) for column in every]
    return [
        [product[line][column] - 2 * rate * partials[line] * seen[column] for column in every]
        for line in every
    ]


def radius(product: Matrix) -> Quantity:
    """The size of the largest eigenvalue, real or complex, of a matrix of one or two lines.

    >>> radius([[-1.5]]), radius([[0.0, 1.0], [-4.0, 0.0]]), radius([[1.0, 2.0], [2.0, 1.0]])
    (1.5, 2.0, 3.0)
    """
    if len(product) == 1:
        return absolute(product[0][0])
    (one, right), (left, other) = product
    half = (one + other) / 2
    reach = square((one - other) / 2) + right * left
    determinant = one * other - right * left
    # A complex pair has the root of the determinant as its size.
    return when_at_least(
        reach, 0, absolute(half) + root(absolute(reach)), root(absolute(determinant))
    )


def squared_matrix(line: Quantity, other: Quantity, every: Quantity) -> Quantity:
    """An entry of B*B / trace(B*B) for a symmetric matrix B.

    Done over and over, it leaves of B the direction of its largest eigenvalue alone.

    Args:
        line: a line of B: an array, or the range of its cells.
        other: the line whose place is the entry's column.
        every: all of B.

    >>> import numpy as np
    >>> one = np.array([[2.0, 0.0], [0.0, 1.0]])
    >>> float(squared_matrix(one[0], one[0], one.ravel()))
    0.8
    """
    return total(line * other) / total(square(every))
