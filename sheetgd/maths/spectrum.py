"""By how much an epoch of steps multiplies the distance from the resting point.

For squared errors and a model that is linear in its parameters, with J the partials of a row, a
step at that row takes the distance d from the resting point to (I - 2*learn*J*J')*d. An epoch is
the product M of its steps, and its spectral radius, the size of its largest eigenvalue, is the
epoch factor: below 1 the run converges.

With e_k the errors that the rows see while an epoch begins at the distance d,

    e_k = J_k*d - 2*learn * sum(J_k*J_l * e_l, over the rows l before),
    (I - M)*d = 2*learn * sum(J_k * e_k)

so that I - M is known without multiplying matrices. Eigenvalues 1 - z of M are told by the trace
and the determinant of I - M, which keep their digits also where the z are very small. In a batch
of k rows 2/k stands for 2, and a row sees nothing of the rows of its own batch.

What a function here calls given is a number, or an expression of cells.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from sheetgd.maths.expression import Expression
from sheetgd.maths.quantity import absolute, added, root, sign, square
from sheetgd.maths.worksheet import Given, all_of, compared, constant, when

_ALIKE: Final = 1e-26
"""What a column does not share with another one is rounding where it is less than this part."""


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
    "plain": lambda _: 2.0,
    "momentum": lambda settings: 2 * (1 + settings["beta"]),
    "momentum-averaged": lambda settings: 2 * (1 + settings["beta"]) / (1 - settings["beta"]),
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
    return 1 / (2 * squared_norm(partials))


def moves_too(rest: Given, whole: Given) -> Expression:
    """Tell whether a column of partials moves a direction of its own beside another column.

    Args:
        rest: the sum of the squares of what it does not share with the other one.
        whole: the sum of its squares.
    """
    return compared(rest, ">", constant(whole) * _ALIKE)


def radius_of_one(trace: Given) -> Expression:
    """Return the size of 1 - z, z being all there is in I - M."""
    return absolute(1 - constant(trace))


def radius_of_two(trace: Given, determinant: Given) -> Expression:
    """Return the size of the larger eigenvalue 1 - z of M, from the trace and determinant of I - M.

    >>> from sheetgd.maths.worksheet import value_of
    >>> value_of(radius_of_two(1.5, 0.5)), value_of(radius_of_two(2.0, 2.0))  # z: 1, 0.5; 1 +- i
    (0.5, 1.0)
    """
    trace, determinant = constant(trace), constant(determinant)
    half = trace / 2
    apart = square(half) - determinant
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

    >>> from sheetgd.maths.worksheet import value_of
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
