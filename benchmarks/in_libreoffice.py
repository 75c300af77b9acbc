"""How long LibreOffice takes to open workbooks and to follow edits: a script for a Python with uno.

``python3 -m benchmarks.in_libreoffice PROFILE ROUNDS WORKBOOK ...`` opens the workbooks in turn,
somebody else first in each round, makes every kind of edit with automatic calculation on, and
prints JSON: for each workbook and each thing done the seconds it took, one a round.
"""

import json
import os
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from time import perf_counter
from typing import Any

from tests.support.office import libreoffice, setting

OPENING = "opening"
Desktop = Any
Document = Any
Sheet = Any
Cell = Any
"""What uno makes; it has no types."""


def named(name: str) -> Callable[[Document], Cell]:
    """Return what finds the cell of a defined name."""

    def find(document: Document) -> Cell:
        if not document.NamedRanges.hasByName(name):
            raise LookupError(f"no cell is called {name}")
        area = document.NamedRanges.getByName(name).ReferredCells
        return area.getCellByPosition(0, 0)

    return find


def under(header: str, page: str | None = None) -> Callable[[Document], Cell]:
    """Return what finds the first input under a header, on a page or the one that has `learn`."""

    def find(document: Document) -> Cell:
        sheet = document.Sheets.getByName(page) if page else named("learn")(document).Spreadsheet
        rows = data(sheet)
        for number, (above, below) in enumerate(pairwise(rows), start=1):
            for column, (text, value) in enumerate(zip(above, below, strict=True)):
                if text == header and isinstance(value, float):
                    cell = sheet.getCellByPosition(column, number)
                    if not cell.CellProtection.IsLocked:
                        return cell
        raise LookupError(f"no input stands under {header} on {sheet.Name}")

    return find


EDITS: dict[str, tuple[Callable[[Document], Cell], Callable[[float], float]]] = {
    "learn": (named("learn"), lambda value: value * 2),
    "a data cell": (under("y"), lambda value: value + 1),
    "nudge": (named("nudge"), lambda value: value / 2),
    "clicks": (named("clicks"), lambda value: value + 1),
    "a rate on 'Learning rates'": (named("rate_2"), lambda value: value * 2),
    "a bound on 'Surface'": (under("from", "Surface"), lambda value: value - 0.25),
}
"""Each kind of edit: where it is made, and what is typed there."""


def data(sheet: Sheet) -> tuple[tuple[Any, ...], ...]:
    """Return every value of a sheet."""
    cursor = sheet.createCursor()
    cursor.gotoEndOfUsedArea(False)  # noqa: FBT003  uno has no keywords: it goes, and selects nothing
    last = cursor.RangeAddress
    found: tuple[tuple[Any, ...], ...] = sheet.getCellRangeByPosition(
        0, 0, last.EndColumn, last.EndRow
    ).DataArray
    return found


def typed(document: Document, cell: Cell, value: float) -> float:
    """Type a value; return the seconds until every cell has followed."""
    start = perf_counter()
    cell.Value = value
    document.calculate()
    return perf_counter() - start


def edited(document: Document, name: str) -> float:
    """Time an edit, there and back: the mean of both.

    Raises:
        LookupError: when nothing but the cell itself follows, for then it is not the right one.
    """
    find, other = EDITS[name]
    cell = find(document)
    sheet, before = cell.Spreadsheet, cell.Value
    shown = data(sheet)
    there = typed(document, cell, other(before))
    followed = sum(
        one != two
        for old, new in zip(shown, data(sheet), strict=True)
        for one, two in zip(old, new, strict=True)
    )
    if followed < 2:
        raise LookupError(f"no cell follows an edit of {name}")
    back = typed(document, cell, before)
    return (there + back) / 2


def visited(desktop: Desktop, path: Path) -> dict[str, float]:
    """Open a workbook, make every edit, and close it."""
    start = perf_counter()
    how = (setting("Hidden", value=True),)
    document = desktop.loadComponentFromURL(path.absolute().as_uri(), "_blank", 0, how)
    seconds = {OPENING: perf_counter() - start}
    document.enableAutomaticCalculation(True)  # noqa: FBT003  uno has no keywords: on
    document.calculate()
    seconds |= {name: edited(document, name) for name in EDITS}
    document.close(True)  # noqa: FBT003  uno has no keywords: who objects is to close it
    return seconds


def main() -> None:
    """Do what the module says."""
    profile, rounds, *given = sys.argv[1:]
    paths = [Path(each) for each in given]
    times: list[dict[str, list[float]]] = [{} for _ in paths]
    with libreoffice(profile) as desktop:
        # The first workbook after a start pays for what all share.
        visited(desktop, paths[0])
        for number in range(int(rounds)):
            for place in range(len(paths)):
                which = (place + number) % len(paths)
                for name, seconds in visited(desktop, paths[which]).items():
                    times[which].setdefault(name, []).append(seconds)
    sys.stdout.write(json.dumps(times))
    sys.stdout.flush()
    # Its bridge may crash while Python shuts down.
    os._exit(0)


if __name__ == "__main__":
    main()
