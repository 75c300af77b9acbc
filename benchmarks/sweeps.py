"""Sweeps: one lesson at many learning rates."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

import sheetgd
from benchmarks import targets
from benchmarks.agreement import same_numbers
from benchmarks.compiled import numba_loops
from benchmarks.harness import Contest, Entrant, Peer, Result, Size, compare
from benchmarks.problem import NUDGE, START, Points, lesson, points

ENDS = ["learn", "rmse", "m", "b"]


def sweeps(size: Size, rounds: int) -> Iterator[Result]:
    """Time many rates at once, beside numba one after the other."""
    for (rows, epochs, count), target in targets.SWEEP.items():
        n, k, r = size.pick(rows, 20), size.pick(epochs, 10), size.pick(count, 5)
        rates = np.geomspace(1e-5, 4e-3, r).tolist()
        peer = Peer(
            name="numba loop, one by one",
            make=partial(_one_by_one, n, k, rates),
            agrees=_same_ends,
            target=target,
        )
        ours = Entrant(
            run=partial(_swept, rates=rates, epochs=k),
            units=n * k * r,
            prepare=partial(lesson, n),
        )
        title = f"sweep, {r:,} rates x {k:,} epochs x {n:,} rows"
        contest = Contest(title=title, unit="row-step", ours=ours, peers=(peer,))
        yield from compare(contest, rounds)


def _swept(given: sheetgd.Lesson, *, rates: Sequence[float], epochs: int) -> pd.DataFrame:
    return sheetgd.sweep(given, rates, epochs).table()


def _one_by_one(rows: int, epochs: int, rates: Sequence[float]) -> Entrant:
    _, run = numba_loops()

    def work(data: Points) -> pd.DataFrame:
        lines: list[Any] = []
        for rate in rates:
            ms, bs, rmses = np.empty((3, epochs + 1))
            run(data.x, data.y, *START, rate, NUDGE, ms, bs, rmses)
            # The loop's own rmse is that of a pass; a sweep tells the one held in the end.
            misses = ms[-1] * data.x + bs[-1] - data.y
            lines.append((rate, np.sqrt(np.mean(misses * misses)), ms[-1], bs[-1]))
        return pd.DataFrame(lines, columns=ENDS)

    units = rows * epochs * len(rates)
    return Entrant(run=work, units=units, prepare=partial(points, rows))


def _same_ends(ours: pd.DataFrame, theirs: pd.DataFrame) -> None:
    for name in ENDS:
        same_numbers(name, ours[name].to_numpy(), theirs[name].to_numpy())
