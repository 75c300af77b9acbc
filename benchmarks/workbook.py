"""Writing a long step table: formulas, values, or both, beside the writers in use today."""

import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import openpyxl
import pandas as pd

from benchmarks import targets
from benchmarks.agreement import same_numbers
from benchmarks.harness import (
    Contest,
    DisagreementError,
    Entrant,
    Peer,
    Result,
    Size,
    Target,
    compare,
    imported,
    limited,
)
from benchmarks.longtable import FIRST_ROW, Holds, Steps, book, save, steps
from benchmarks.memory import MEGABYTE
from benchmarks.problem import STEP_HEADERS
from sheetgd import Lesson

Writer = Callable[[Any, Path], None]
COMPARED = 200
"""So many rows of a workbook are read back; of the others, that they are there."""

LONG = 100_000
"""Writing so many cells is timed by itself."""

_ROW = b"<row "


def workbooks(size: Size, rounds: int) -> Iterator[Result]:
    """Hold contests of writers, one for each kind of content."""
    rows, fewer = size.pick(100_000, 300), size.pick(20_000, 300)
    scaled = f"the peer writes {fewer:,} rows; its cost is per cell" if fewer < rows else ""
    with tempfile.TemporaryDirectory(prefix="sheetgd-") as place:
        folder = Path(place)
        for holds in Holds:
            made = partial(
                _peer, holds=holds, rows=fewer, our_rows=rows, folder=folder, note=scaled
            )
            peers = (
                made("pandas.to_excel, openpyxl", _pandas, targets.PANDAS[holds]),
                made("openpyxl, write-only", _write_only, targets.STREAMING),
                made("XlsxWriter, constant memory", _constant_memory, targets.STREAMING),
            )
            title = f"workbook, {rows:,} rows x 12, {holds}"
            ours = _entrant(save, book(steps(rows), holds), rows, folder / "ours.xlsx")
            contest = Contest(title=title, unit="cell", ours=ours, peers=peers)
            yield from compare(contest, rounds)
    yield from of_classes(size, rounds)


def of_classes(size: Size, rounds: int) -> Iterator[Result]:
    """Build the workbook of a logistic lesson with ten columns: how large, and in what time."""
    rows, epochs = size.pick(700, 30), size.pick(100, 5)
    random = np.random.default_rng(18)
    x = random.normal(size=(rows, 10)).round(3)
    chance = 1 / (1 + np.exp(-x @ random.normal(size=10)))
    names = [f"x{place}" for place in range(1, 11)]
    data = pd.DataFrame(x, columns=names).assign(y=(random.random(rows) < chance).astype(float))
    lesson = Lesson.from_frame(
        data, x=names, y="y", loss="log-loss", batch="all", epochs=epochs, learning_rate=0.5
    )
    for gradient, limit in targets.CLASSES_MB.items():
        title, seconds = f"{rows} rows x 10 columns x {epochs} epochs, logistic, {gradient}", []
        with tempfile.TemporaryDirectory(prefix="sheetgd-") as place:
            for turn in range(rounds):
                made = lesson.changed(gradient=gradient)
                path = Path(place, f"{turn}.xlsx")
                begun = time.perf_counter()
                made.build(path)
                seconds.append(time.perf_counter() - begun)
            megabytes = path.stat().st_size / MEGABYTE
        yield limited(f"{title}: size", megabytes, "MB", limit)
        yield limited(
            f"{title}: build",
            median(seconds),
            "s",
            targets.CLASSES_SECONDS,
            low=min(seconds),
            high=max(seconds),
        )


def _entrant(write: Writer, given: object, rows: int, path: Path) -> Entrant:
    def run(content: object) -> Path:
        write(content, path)
        return path

    cells = rows * len(STEP_HEADERS)
    return Entrant(run=run, units=cells, prepare=lambda: given, long=cells >= LONG)


def _peer(
    name: str,
    make: Callable[[Steps, Holds], tuple[Writer, Any]],
    target: Target,
    *,
    holds: Holds,
    rows: int,
    folder: Path,
    note: str,
    our_rows: int,
) -> Peer:
    def entrant() -> Entrant:
        write, given = make(steps(rows), holds)
        return _entrant(write, given, rows, folder / "theirs.xlsx")

    agrees = partial(same_workbooks, holds=holds, rows=rows, our_rows=our_rows)
    return Peer(name=name, make=entrant, agrees=agrees, target=target, note=note)


def _pandas(made: Steps, holds: Holds) -> tuple[Writer, pd.DataFrame]:
    """Write a DataFrame by pandas with openpyxl: without values where there are formulas."""
    columns = made.shown.values() if holds is Holds.VALUES else made.formulas()
    frame = pd.DataFrame(dict(zip(STEP_HEADERS, columns, strict=True)))

    def write(content: pd.DataFrame, path: Path) -> None:
        content.to_excel(path, engine="openpyxl", index=False)

    return write, frame


def _write_only(made: Steps, holds: Holds) -> tuple[Writer, list[tuple[Any, ...]]]:
    """Write by openpyxl's write-only mode, without styles and, beside formulas, values."""
    columns = made.shown.values() if holds is Holds.VALUES else made.formulas()

    def write(rows: list[tuple[Any, ...]], path: Path) -> None:
        native = openpyxl.Workbook(write_only=True)
        sheet = native.create_sheet("Steps")
        sheet.append(STEP_HEADERS)
        for row in rows:
            sheet.append(row)
        native.save(path)

    return write, list(zip(*columns, strict=True))


def _constant_memory(made: Steps, holds: Holds) -> tuple[Writer, Any]:
    """Write by XlsxWriter's constant-memory mode, without styles."""
    native = imported("xlsxwriter")
    values = list(zip(*made.shown.values(), strict=True))
    formulas = values if holds is Holds.VALUES else list(zip(*made.formulas(), strict=True))
    if holds is not Holds.BOTH:
        values = [(None,) * len(STEP_HEADERS)] * made.rows

    def write(content: tuple[list[Any], list[Any]], path: Path) -> None:
        with native.Workbook(path, {"constant_memory": True}) as workbook:
            sheet = workbook.add_worksheet("Steps")
            sheet.write_row(0, 0, STEP_HEADERS)
            for row, (line, shown) in enumerate(zip(*content, strict=True), start=1):
                for column, (each, value) in enumerate(zip(line, shown, strict=True)):
                    if holds is Holds.VALUES:
                        sheet.write_number(row, column, each)
                    elif value is None:
                        sheet.write_formula(row, column, each)
                    else:
                        sheet.write_formula(row, column, each, None, value)

    return write, (formulas, values)


def same_workbooks(ours: Path, theirs: Path, *, holds: Holds, rows: int, our_rows: int) -> None:
    """Raise DisagreementError unless two workbooks' tables hold the same.

    Every cell of the first rows is compared, then how many rows there are. Our table stands
    below its data, but the formulas of theirs are to be ours, letter by letter.
    """
    for name, path, expected_rows in (
        ("ours", ours, FIRST_ROW - 2 + our_rows),
        ("theirs", theirs, 1 + rows),
    ):
        if (there := _count_rows(path)) != expected_rows:
            raise DisagreementError(f"{name} has {there} rows, not {expected_rows}")
    formulas = holds is not Holds.VALUES
    shown = min(COMPARED, rows)
    if formulas:
        expected = [list(line) for line in zip(*steps(rows).formulas(), strict=True)][:shown]
        for name, path, first in (("ours", ours, FIRST_ROW), ("theirs", theirs, 2)):
            found = _read(path, first, shown, values=False)
            if found != expected:
                raise DisagreementError(f"a formula differs in {name}")
    if holds is not Holds.FORMULAS:
        values = [list(line) for line in zip(*steps(rows).shown.values(), strict=True)][:shown]
        _same_values("our value", _read(ours, FIRST_ROW, shown, values=True), values)
        found = _read(theirs, 2, shown, values=True)
        # Some writers cannot store a value beside a formula.
        if not formulas or any(each is not None for line in found for each in line):
            _same_values("their value", found, values)


def _same_values(what: str, found: list[list[Any]], expected: list[list[float]]) -> None:
    for number, (one, other) in enumerate(zip(found, expected, strict=True), start=1):
        if not all(isinstance(each, int | float) for each in one):
            raise DisagreementError(f"{what} in row {number} is no number")
        same_numbers(f"{what} in row {number}", other, one)


def _count_rows(path: Path) -> int:
    """Count the rows of the only sheet's XML."""
    with zipfile.ZipFile(path) as archive, archive.open("xl/worksheets/sheet1.xml") as sheet:
        count, end = 0, b""
        while piece := sheet.read(1 << 20):
            # A tag may lie across two pieces.
            count += (end + piece).count(_ROW)
            end = piece[1 - len(_ROW) :]
    return count


def _read(path: Path, first: int, rows: int, *, values: bool) -> list[list[Any]]:
    """Read the table's cells by openpyxl."""
    with _opened(path, values=values) as sheet:
        lines = sheet.iter_rows(min_row=first, max_col=len(STEP_HEADERS), values_only=True)
        return [list(line) for line in islice(lines, rows)]


@contextmanager
def _opened(path: Path, *, values: bool) -> Iterator[Any]:
    native = openpyxl.load_workbook(path, read_only=True, data_only=values)
    try:
        yield native.worksheets[0]
    finally:
        native.close()
