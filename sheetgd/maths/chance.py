"""Numbers drawn by chance, the same ones for the same seed on every machine and Python.

Only `random.Random.random` is promised never to change, so all is drawn through it.
"""

from collections.abc import Iterator


def normal_numbers(count: int, seed: int) -> tuple[float, ...]:
    """Numbers from the standard normal distribution N(0, 1).

    >>> [round(number, 4) for number in normal_numbers(3, seed=1)]
    [-1.106, 1.0255, 0.7185]
    """
    from random import Random  # noqa: PLC0415  few lessons draw numbers
    from statistics import NormalDist  # noqa: PLC0415  the same

    chance = Random(seed)  # noqa: S311  a lesson's start is no secret
    smallest = 2.0**-53
    return tuple(NormalDist().inv_cdf(chance.random() or smallest) for _ in range(count))


def orders(rows: int, seed: int) -> Iterator[tuple[int, ...]]:
    """Random orders of the rows 1 to `rows`, one after another for ever.

    >>> drawn = orders(4, seed=1)
    >>> next(drawn), next(drawn)
    ((1, 4, 3, 2), (2, 1, 3, 4))
    """
    from random import Random  # noqa: PLC0415  see above

    chance = Random(seed)  # noqa: S311  an order of rows is no secret
    while True:
        keys = [chance.random() for _ in range(rows)]
        yield tuple(row + 1 for row in sorted(range(rows), key=keys.__getitem__))
