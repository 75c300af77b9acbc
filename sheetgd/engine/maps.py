"""Affine maps in bulk: put together one after the other, and applied.

A map of a state with r numbers is an array of r lines and r + 1 columns, the last column being
what is added; further axes hold many maps side by side, one in each lane.
"""

import numpy as np

from sheetgd.engine.arrays import FloatArray


def identity(size: int, lanes: int) -> FloatArray:
    """Maps that leave a state as it is.

    >>> identity(1, 2).tolist()
    [[[1.0, 1.0], [0.0, 0.0]]]
    """
    maps = np.zeros((size, size + 1, lanes))
    for line in range(size):
        maps[line, line] = 1.0
    return maps


def after(later: FloatArray, earlier: FloatArray) -> FloatArray:
    """The maps that do first the earlier, then the later, lane by lane.

    >>> double, add_one = np.array([[[2.0], [0.0]]]), np.array([[[1.0], [1.0]]])
    >>> after(double, add_one).ravel().tolist()
    [2.0, 2.0]
    """
    both = np.empty((len(later), *earlier.shape[1:]))
    apply(later, earlier, both)
    return both


def apply(later: FloatArray, earlier: FloatArray, out: FloatArray) -> None:
    """The same, into an array of its own, and for any number of lines of the later."""
    size = len(earlier)
    np.multiply(later[:, 0, None], earlier[0], out=out)
    part = np.empty_like(out)
    for inner in range(1, size):
        np.multiply(later[:, inner, None], earlier[inner], out=part)
        out += part
    out[:, size] += later[:, size]


def running(maps: FloatArray) -> FloatArray:
    """For each lane the map of all lanes up to it, one after the other.

    The distance that is bridged doubles each time, so that few rounds are enough.

    >>> running(np.array([[[2.0, 3.0, 5.0], [0.0, 0.0, 0.0]]]))[0, 0].tolist()
    [2.0, 6.0, 30.0]
    """
    found = maps.copy()
    reach = 1
    while reach < maps.shape[-1]:
        found[..., reach:] = after(found[..., reach:], found[..., :-reach])
        reach *= 2
    return found


def remaining(maps: FloatArray) -> FloatArray:
    """For each lane the map of all lanes from it on, one after the other.

    >>> remaining(np.array([[[2.0, 3.0, 5.0], [0.0, 0.0, 0.0]]]))[0, 0].tolist()
    [30.0, 15.0, 5.0]
    """
    found = maps.copy()
    reach = 1
    while reach < maps.shape[-1]:
        found[..., :-reach] = after(found[..., reach:], found[..., :-reach])
        reach *= 2
    return found


def square(maps: FloatArray) -> FloatArray:
    """Each map as a square matrix that acts on a state with a 1 below it, lanes first.

    >>> square(np.array([[[2.0], [3.0]]])).tolist()
    [[[2.0, 3.0], [0.0, 1.0]]]
    """
    size, _, *lanes = maps.shape
    matrices = np.zeros((*lanes, size + 1, size + 1))
    matrices[..., :size, :] = maps.transpose(*range(2, maps.ndim), 0, 1)
    matrices[..., size, size] = 1.0
    return matrices


def powers(matrix: FloatArray, start: FloatArray, count: int) -> FloatArray:
    """What a matrix makes of a start after 0, 1, ... steps, a column for each.

    >>> powers(np.array([[2.0]]), np.array([1.0]), 5).tolist()
    [[1.0, 2.0, 4.0, 8.0, 16.0]]
    """
    found = np.empty((*start.shape, count))
    found[..., 0] = start
    known, step = 1, matrix
    while known < count:
        new = min(known, count - known)
        np.matmul(step, found[..., :new], out=found[..., known : known + new])
        known += new
        if known < count:
            step = step @ step
    return found


def triangle(columns: FloatArray) -> FloatArray:
    """R of the QR decomposition of matrices: |columns * s| = |R * s| for every s, lane by lane.

    By the modified Gram-Schmidt process, whose R is as exact as that of reflections (Björck
    1967); the columns are used up.

    Args:
        columns: column by column, then line by line, then lane by lane.

    >>> triangle(np.array([[[3.0], [4.0]], [[3.0], [4.0]]]))[..., 0].tolist()
    [[5.0, 5.0], [0.0, 0.0]]
    """
    count, _, lanes = columns.shape
    found = np.zeros((count, count, lanes))
    part = np.empty(columns.shape[1:])
    for which in range(count):
        column = columns[which]
        length = np.sqrt(np.einsum("kl,kl->l", column, column))
        found[which, which] = length
        if which + 1 < count:
            column /= np.where(length > 0, length, 1.0)
        for other in range(which + 1, count):
            shared = np.einsum("kl,kl->l", column, columns[other])
            found[which, other] = shared
            columns[other] -= np.multiply(shared, column, out=part)
    return found
