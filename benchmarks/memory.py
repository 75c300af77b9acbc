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
from pathlib import Path
from statistics import median
from time import perf_counter

from benchmarks import targets
from benchmarks.harness import Result, Size, limited
from benchmarks.longtable import Holds, book, save, steps
from benchmarks.problem import lesson
from benchmarks.startup import ROOT
from sheetgd.engine.run import descend

MEGABYTE = 1e6
Facts = Mapping[str, float]
Work = Callable[[], Facts]


def long_logs(size: Size, rounds: int) -> Iterator[Result]:  # noqa: ARG001  a peak is no time
    """Measure the peak of a thinned log, and of one ten times as long with as many lines."""
    rows, epochs, kept = size.pick(1000, 20), size.pick(100_000, 2000), size.pick(1000, 20)
    title, fewer = (
        f"log of every {epochs // kept:,}th of {epochs:,} epochs, {rows:,} rows",
        epochs // 10,
    )
    small, large = (_peak("log", rows, each, each // kept) for each in (fewer, epochs))
    yield limited(f"{title}: peak memory", large, "MB")
    yield limited(f"{title}: peak beside that of {fewer:,}", large / small, "x", targets.LOG_GROWTH)


def long_workbooks(size: Size, rounds: int) -> Iterator[Result]:
    """Measure a workbook of half a million rows."""
    rows = size.pick(500_000, 2000)
    title = f"workbook, {rows:,} rows x 12, formulas and values"
    times = [_measured("workbook", rows)["seconds"] for _ in range(rounds)]
    yield limited(title, median(times), "s", low=min(times), high=max(times))
    peak, limit = _peak("workbook", rows), targets.LONG_WORKBOOK_MB
    yield limited(f"{title}: peak memory above the data", peak, "MB", limit)


def _peak(*arguments: str | int) -> float:
    return _measured(*arguments, "traced")["peak"] / MEGABYTE


def _measured(*arguments: str | int) -> Facts:
    """Return what a process of its own says of the work."""
    command = [sys.executable, "-m", "benchmarks.memory", *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    facts: Facts = json.loads(done.stdout)
    return facts


def _log(rows: int, epochs: int, every: int) -> Work:
    def work() -> Facts:
        return {"lines": len(descend(lesson(rows), epochs, every=every).epochs_table())}

    # Where the loop is compiled, that takes more than any run does.
    work()
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
