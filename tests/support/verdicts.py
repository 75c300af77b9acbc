"""The verdict on a run spelt out in plain Python, from docs/maths.md, importing nothing of ours."""

from collections.abc import Sequence
from itertools import pairwise
from math import isfinite, sqrt

LESS = 1 - 1e-9


def spread(metric: str, ys: Sequence[float]) -> float:
    """The metric of predicting the mean of y in every row."""
    mean = sum(ys) / len(ys)
    squares = sum((y - mean) * (y - mean) for y in ys)
    if metric == "root_sse":
        return sqrt(squares)
    if metric == "rmse":
        return sqrt(squares / len(ys))
    if metric == "mse":
        return squares / len(ys)
    raise ValueError(metric)


def move_ratio(states: Sequence[Sequence[float]]) -> float:
    """What part of a move the next epoch makes again; below 0 where it takes it back."""
    moves = [
        [after - before for before, after in zip(one, other, strict=True)]
        for one, other in pairwise(states)
    ]
    products = squares = 0.0
    for move, following in pairwise(moves):
        products += sum(one * other for one, other in zip(move, following, strict=True))
        squares += sum(each * each for each in move)
    return products / squares if squares else 0.0


def verdict(  # noqa: PLR0911  the first line of the table that holds
    metric: str, values: Sequence[float], states: Sequence[Sequence[float]], scale: float
) -> str:
    """The first line of the table that holds, for the metric held after each epoch."""
    if not all(map(isfinite, values)):
        return "diverging"

    def loss(value: float) -> float:
        return value * value if metric in ("root_sse", "rmse") else value

    start, spread_loss = loss(values[0]), loss(scale)
    perfect = start <= 0.0001 * spread_loss
    unit = spread_loss if perfect else start
    losses = [loss(value) / unit for value in values]
    s = spread_loss / unit
    first, half, last = losses[0], losses[(len(losses) - 1) // 2], losses[-1]
    if max(losses) > 1000 or (last > 1 and last == max(losses) and last > 1.01 * half):
        return "diverging"
    if last > first + 0.0001 * s:
        return "worse than the start"
    if last > 1.01 * half + 0.0001 * s:
        return "rising"
    if move_ratio(states) < -0.5:
        return "bouncing"
    if first - last <= 1e-9 * first and not perfect:
        return "unchanged"
    later = losses[3 * (len(losses) - 1) // 4]
    fallen = half - last
    steady = fallen > 1e-6 * s and later - last > 0.5 * (half - later)
    more = fallen > 0.01 * last + 1e-6 * s or fallen > 0.5 * (first - half) or steady
    if fallen > 0 and last > 1e-6 * s and more:
        return "still falling"
    return "levelled off"


def marks(verdicts: Sequence[str], start: float, ends: Sequence[float]) -> list[str]:
    """``best`` for those that end lowest of all that do not diverge and end below the start."""
    below = [
        end
        for word, end in zip(verdicts, ends, strict=True)
        if word != "diverging" and end < start * LESS
    ]
    return [
        "best" if word != "diverging" and below and end <= min(below) / LESS else ""
        for word, end in zip(verdicts, ends, strict=True)
    ]
