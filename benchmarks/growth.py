"""How cost grows with the work: per row-step and per cell, from a thousand to a million."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks import targets
from benchmarks.harness import Entrant, Result, Size, interleaved, limited
from benchmarks.longtable import Holds, book, save, steps
from benchmarks.problem import STEP_HEADERS, lesson
from sheetgd.engine.run import descend

ROWS = 1000
ONE_EPOCH = "full trace, one epoch"


@dataclass(frozen=True, slots=True)
class Curve:
    """What a unit of work costs at several sizes, in nanoseconds."""

    name: str
    unit: str
    sizes: Sequence[int]
    costs: Sequence[float]


def growth(size: Size, rounds: int) -> Iterator[Result]:
    """Measure the cost of a unit at each size, and how much longer ten times the work takes."""
    for curve in curves(size, rounds):
        yield from lines(curve)


def lines(curve: Curve) -> Iterator[Result]:
    """Tell a curve as lines of the table."""
    for count, cost in zip(curve.sizes, curve.costs, strict=True):
        title = f"{curve.name}, {count:,} {curve.unit}s"
        yield limited(title, cost, f"ns a {curve.unit}")
    steepest = max(
        (large * costly) / (small * cheap)
        for small, large, cheap, costly in zip(
            curve.sizes, curve.sizes[1:], curve.costs, curve.costs[1:], strict=False
        )
    )
    limit = None if curve.name == ONE_EPOCH else targets.GROWTH
    yield limited(f"{curve.name}: ten times the work takes", steepest, "x the time", limit)


def curves(size: Size, rounds: int) -> list[Curve]:
    """Measure them all."""
    powers = range(3, size.pick(6, 4) + 1)
    sizes = [10**power for power in powers]
    columns = len(STEP_HEADERS)
    with tempfile.TemporaryDirectory(prefix="sheetgd-") as place:
        path = Path(place) / "long.xlsx"
        kinds: list[tuple[str, str, int, Callable[[int], Entrant]]] = [
            ("full trace, 1,000 rows", "row-step", 1, _epochs_of_rows),
            (ONE_EPOCH, "row-step", 1, _one_epoch),
            ("epoch log, 1,000 rows", "row-step", 1, _log_of_rows),
            ("workbook, formulas and values", "cell", columns, partial(_workbook, path)),
        ]
        made = []
        for name, unit, units, entrant in kinds:
            entrants = [entrant(each) for each in sizes]
            times = [median(each) for each in interleaved(entrants, rounds)]
            counts = [each * units for each in sizes]
            costs = [each / count * 1e9 for each, count in zip(times, counts, strict=True)]
            made.append(Curve(name, unit, counts, costs))
    return made


def _epochs_of_rows(steps_asked: int) -> Entrant:
    return _traced(ROWS, steps_asked // ROWS)


def _one_epoch(steps_asked: int) -> Entrant:
    return _traced(steps_asked, 1)


def _traced(rows: int, epochs: int) -> Entrant:
    return Entrant(
        run=lambda given: descend(given, epochs).steps_table(),
        units=rows * epochs,
        prepare=partial(lesson, rows),
    )


def _log_of_rows(steps_asked: int) -> Entrant:
    return Entrant(
        run=lambda given: descend(given, steps_asked // ROWS).epochs_table(),
        units=steps_asked,
        prepare=partial(lesson, ROWS),
    )


def _workbook(path: Path, rows: int) -> Entrant:
    content = book(steps(rows), Holds.BOTH)
    return Entrant(run=lambda _: save(content, path), units=rows)
