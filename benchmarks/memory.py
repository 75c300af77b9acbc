"""What long work needs: its time and its peak of memory, in a process of its own.

``python -m benchmarks.memory log ROWS EPOCHS EVERY`` or ``... workbook ROWS`` does the work
and prints JSON; with ``traced`` at the end, the peak above the data instead of the time.
Python's own tracing counts every block that Python or NumPy takes, and is slow, so time and
peak come from two runs.
"""

import json
import subprocess
import sys
import tempfile
import tracemalloc
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from statistics import median
from time import perf_counter

from benchmarks import targets
from benchmarks.agreement import same_numbers
from benchmarks.compiled import c_log, numba_log
from benchmarks.harness import (
    DisagreementError,
    MissingPeerError,
    Result,
    Size,
    Verdict,
    limited,
)
from benchmarks.longtable import Holds, book, save, steps
from benchmarks.problem import lesson, points
from benchmarks.startup import ROOT
from sheetgd.engine.run import descend

MOST_SECONDS = 300.0
"""Work that is not done by then is given up."""

MEGABYTE = 1e6
Facts = Mapping[str, float]
Work = Callable[[], Facts]


def long_logs(size: Size, rounds: int) -> Iterator[Result]:
    """Measure a million epochs: the last state and a thinned log."""
    rows, epochs, kept = size.pick(1000, 20), size.pick(1_000_000, 2000), size.pick(1000, 20)
    title = f"log of every {epochs // kept:,}th of {epochs:,} epochs, {rows:,} rows"
    arguments = ("log", rows, epochs, epochs // kept)
    yield from _timed(title, arguments, rounds, targets.LONG_LOG_SECONDS, _last_state(rows, epochs))
    fewer = epochs // 10
    peaks = [_peak("log", rows, each, each // kept) for each in (fewer, epochs)]
    yield limited(f"{title}: peak memory", peaks[1], "MB")
    small, large = peaks
    growth = None if small is None or large is None else large / small
    yield limited(
        f"{title}: peak beside that of {fewer:,} epochs", growth, "x", targets.LONG_LOG_GROWTH
    )


def long_workbooks(size: Size, rounds: int) -> Iterator[Result]:
    """Measure a workbook of half a million rows."""
    rows = size.pick(500_000, 2000)
    title = f"workbook, {rows:,} rows x 12, formulas and values"
    yield from _timed(title, ("workbook", rows), rounds, None, None)
    yield limited(
        f"{title}: peak memory above the data",
        _peak("workbook", rows),
        "MB",
        targets.LONG_WORKBOOK_MB,
    )


def _timed(
    title: str,
    arguments: tuple[str | int, ...],
    rounds: int,
    limit: float | None,
    expected: tuple[float, float] | None,
) -> Iterator[Result]:
    every = []
    for _ in range(rounds):
        facts = _measured(*arguments)
        if facts is None:
            yield _given_up(limited(title, MOST_SECONDS, "s", limit))
            return
        every.append(facts)
    seconds, note = [facts["seconds"] for facts in every], ""
    if expected is not None:
        try:
            for facts in every:
                same_numbers("the last m, b", expected, (facts["m"], facts["b"]))
        except DisagreementError as error:
            yield Result(title=title, verdict=Verdict.WRONG, note=str(error))
            return
        note = "the last state is the compiled loop's"
    yield limited(
        title, median(seconds), "s", limit, low=min(seconds), high=max(seconds), note=note
    )


def _given_up(result: Result) -> Result:
    """Return the result of work that was not done in time: it stands for more than it says."""
    note = f"given up after {MOST_SECONDS:g} s"
    return replace(result, value=None, note=note)


def _last_state(rows: int, epochs: int) -> tuple[float, float] | None:
    """Compute the parameters after these epochs, by a compiled loop where there is one."""
    for make in (c_log, numba_log):
        try:
            last = make()(points(rows), epochs).iloc[-1]
        except MissingPeerError:
            continue
        return float(last["m"]), float(last["b"])
    return None


def _peak(*arguments: str | int) -> float | None:
    facts = _measured(*arguments, "traced")
    return None if facts is None else facts["peak"] / MEGABYTE


def _measured(*arguments: str | int) -> Facts | None:
    """Return what a process of its own says of the work; None where it takes too long."""
    command = [sys.executable, "-m", "benchmarks.memory", *map(str, arguments)]
    try:
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=MOST_SECONDS
        )
    except subprocess.TimeoutExpired:
        return None
    facts: Facts = json.loads(done.stdout)
    return facts


def _log(rows: int, epochs: int, every: int) -> Work:
    given = lesson(rows)

    def work() -> Facts:
        run = descend(given, epochs, every=every)
        last = run.epochs_table().iloc[-1]
        return {"m": float(last["m"]), "b": float(last["b"])}

    return work


def _workbook(rows: int) -> Work:
    content = book(steps(rows), Holds.BOTH)

    def work() -> Facts:
        with tempfile.TemporaryDirectory(prefix="sheetgd-") as place:
            path = Path(place) / "long.xlsx"
            save(content, path)
            return {"bytes": path.stat().st_size}

    return work


def main(kind: str, *arguments: str) -> None:
    """Do the work and print what it took."""
    traced = arguments[-1] == "traced"
    numbers = [int(each) for each in arguments[: -1 if traced else None]]
    work = _log(*numbers) if kind == "log" else _workbook(*numbers)
    if traced:
        tracemalloc.start()
    start = perf_counter()
    facts = dict(work())
    facts["seconds"] = perf_counter() - start
    if traced:
        facts["peak"] = tracemalloc.get_traced_memory()[1]
    print(json.dumps(facts))


if __name__ == "__main__":
    main(*sys.argv[1:])
