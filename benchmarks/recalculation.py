"""What computing a whole workbook afresh costs in LibreOffice."""

import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from statistics import median

import sheetgd
from benchmarks.harness import Entrant, Result, Size, interleaved, limited
from benchmarks.longtable import DATA_ROWS, Holds, book, save, steps
from benchmarks.problem import lesson
from sheetgd.reading.recalculate import find_libreoffice, recalculate


def recalculations(size: Size, rounds: int) -> Iterator[Result]:
    """Time opening, computing and saving, above what a single line of cells takes."""
    count = size.pick(100_000, 200)
    long = lesson(DATA_ROWS, capacity=count // DATA_ROWS - 1)
    lessons = {f"workbook of {count:,} steps, in LibreOffice": long}
    if size is Size.FULL:
        default = sheetgd.shipped_lesson("original")
        lessons = {"default workbook, in LibreOffice": default, **lessons}
    if find_libreoffice() is None:
        for title in lessons:
            yield limited(title, None, "s", note="LibreOffice is not installed")
        return
    with tempfile.TemporaryDirectory(prefix="sheetgd-") as place:
        yield from _recalculations(lessons, Path(place), rounds)


def _recalculations(
    lessons: dict[str, sheetgd.Lesson], folder: Path, rounds: int
) -> Iterator[Result]:
    line = folder / "line.xlsx"
    save(book(steps(1), Holds.VALUES), line)
    built = [
        sheetgd.build_workbook(given, folder / f"{number}.xlsx")
        for number, given in enumerate(lessons.values())
    ]
    runs = [
        partial(_recalculated, path, folder / "recalculated.xlsx")
        for path in (line, *(each.path for each in built))
    ]
    entrants = [Entrant(run=run, units=1, long=True) for run in runs]
    start, *times = interleaved(entrants, rounds)
    for title, each, seconds in zip(lessons, built, times, strict=True):
        above = [whole - empty for whole, empty in zip(seconds, start, strict=True)]
        note = (
            f"open, compute {each.formulas:,} formulas, save; the {median(start):.1f} s that a "
            "single line of cells takes left out"
        )
        yield limited(title, median(above), "s", low=min(above), high=max(above), note=note)


def _recalculated(path: Path, into: Path, _: object) -> None:
    recalculate(path, into)
