"""What swapped derivatives do to a line: one way they lead to the best line, one away from it.

Let m and b be off the best line by u and v. Over all rows the true derivatives of the squared
error are 2*(Sxx*u + Sx*v) for m and 2*(Sx*u + n*v) for b, with Sx the sum of all x, Sxx that
of their squares, and n the number of rows. With the two in each other's places an epoch of
small steps takes from (u, v) about 2*learn times

    ( Sx   n  ) ( u )
    ( Sxx  Sx ) ( v )

whose eigenvalues are Sx + sqrt(n*Sxx) and Sx - sqrt(n*Sxx). As Sx^2 <= n*Sxx (Cauchy and
Schwarz), the second is never above 0, and below 0 where two x differ: then every epoch leads
away along its direction. The best line is a saddle of these steps, not of the loss.
"""

from sheetgd.maths.quantity import Q, root


def swapped_eigenvalues(sum_x: Q, sum_of_squares: Q, rows: Q) -> tuple[Q, Q]:
    """The two eigenvalues, Sx + sqrt(n*Sxx) and Sx - sqrt(n*Sxx).

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
    """What an epoch of small steps multiplies the way along an eigenvector by.

    1 - 2*learn*eigenvalue: below 1 it shrinks, above 1 it grows.

    >>> growth(-2.0, 0.25)
    2.0
    """
    return 1 - 2 * learn * eigenvalue
