"""A workbook against the original, cell by cell.

Both sides are located by their labels (`sheetgd.compare.locate`), and every cell that either side
has is looked at. What is tolerated has a name: the step table's reconstructed rows
(`is_reconstructed`) count as "not published" where a workbook is compared with the published copy,
which does not show them, or with one saved from a browser. Nothing else is passed over.

It may import `sheetgd.reading` and `sheetgd.original`, and from `sheetgd.sheets` the names of tabs.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from os import PathLike
from pathlib import Path
from typing import Any, Final, TypeGuard

from sheetgd.compare.locate import (
    CONTROLS,
    GRID,
    LABELS,
    AnyCell,
    Key,
    displayed_number,
    is_reconstructed,
    locate,
    published,
)
from sheetgd.errors import WorkbookError
from sheetgd.expression.excel import Address, ErrorValue, Value
from sheetgd.expression.functions import rounded
from sheetgd.original import PublishedCell, display_decimals
from sheetgd.reading.archive import PAGE
from sheetgd.reading.columns import listed
from sheetgd.reading.page import WEB_SUFFIXES, read_sheets
from sheetgd.reading.recalculate import recalculate as recalculate_workbook
from sheetgd.reading.recalculate import working_folder
from sheetgd.reading.workbook import Cells, StoredCell, open_workbook, read_workbook
from sheetgd.sheets.book import AS_PUBLISHED

WHY_FINITE_DIFFERENCES_DIFFER: Final = (
    'Built with no settings of your own, the page "Gradient Descent" shows other numbers than the '
    "published ones because it does what the original's text says: finite differences, each "
    "moving its own parameter. The "
    "original's columns de/dm and de/db really hold the closed-form derivatives, swapped, and "
    "from one epoch to the next it carries m and b as displayed, with three decimals."
)
# Rounding to more would need more digits than a double has.
_MOST_DECIMALS: Final = 12
# A text of this many digits was not rounded for display: it is all a spreadsheet keeps.
_FULL_PRECISION: Final = 15

_Placed = tuple[str, Value]


class Outcome(StrEnum):
    """How a cell compares. Reconstructed cells are "not published": `is_reconstructed`."""

    EQUAL = "equal"
    DIFFERENT = "different"
    MISSING_IN_WORKBOOK = "missing in workbook"
    MISSING_IN_ORIGINAL = "missing in original"
    NOT_PUBLISHED = "not published"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One cell that is not the same on both sides.

    Attributes:
        kind: in what way: different, or missing on one side.
        sheet: the workbook's sheet, or the original if the workbook lacks the cell.
        address: its place there; of the published copy, only rows are known for certain.
        table: the block it belongs to, such as ``descent``.
        label: what it is in that block, such as ``new_b, row 5``.
        expected: what the original shows or holds; None if it lacks the cell.
        found: what the workbook holds; None if it lacks the cell, or the cell a value.
        note: what else is known about it, or nothing.
    """

    kind: Outcome
    sheet: str
    address: str
    table: str
    label: str
    expected: Value
    found: Value
    note: str = ""

    def to_text(self) -> str:
        """Write the difference as one line."""
        return (
            f"{self.kind}: {self.sheet}, {self.address}: {self.table} {self.label}: "
            f"expected {_shown(self.expected)}, found {_shown(self.found)}"
            + (f" ({self.note})" if self.note else "")
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many cells of a block, or of all of them, compare in which way: see `Outcome`."""

    equal: int
    different: int
    missing_in_workbook: int
    missing_in_original: int
    not_published: int

    @classmethod
    def of(cls, outcomes: Iterable[Outcome]) -> "Counts":
        """Count outcomes."""
        number = Counter(outcomes)
        return cls(**{outcome.name.lower(): number[outcome] for outcome in Outcome})

    @property
    def compared(self) -> int:
        """How many cells both sides have."""
        return self.equal + self.different

    def to_json_dict(self) -> dict[str, int]:
        """Return the counts by name, `compared` first."""
        return {"compared": self.compared, **asdict(self)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What came of comparing a sheet of a workbook with the original.

    Attributes:
        sheet: the workbook's sheet.
        original: what it was compared with.
        outcomes: how each cell compares, of those that either side has.
        differences: the cells that are not the same, in the order of the original.
        remark: what is to be said of how the original was read: a line for each such table.
    """

    sheet: str
    original: str
    outcomes: Mapping[Key, Outcome]
    differences: tuple[Difference, ...]
    remark: str = ""

    @property
    def blocks(self) -> dict[str, Counts]:
        """The counts of each block."""
        tables = dict.fromkeys(key.table for key in self.outcomes)
        return {
            table: Counts.of(way for key, way in self.outcomes.items() if key.table == table)
            for table in tables
        }

    @property
    def total(self) -> Counts:
        """The counts of all blocks together."""
        return Counts.of(self.outcomes.values())

    @property
    def same(self) -> bool:
        """Whether something was compared and no difference was found."""
        return self.total.compared > 0 and not self.differences

    def to_json_dict(self) -> dict[str, Any]:
        """Return the whole report, made of what JSON can hold."""
        return {
            "same": self.same,
            "sheet": self.sheet,
            "original": self.original,
            "total": self.total.to_json_dict(),
            "blocks": {table: counts.to_json_dict() for table, counts in self.blocks.items()},
            "differences": [asdict(difference) for difference in self.differences],
            "remark": self.remark,
            "note": WHY_FINITE_DIFFERENCES_DIFFER,
        }

    def to_text(self) -> str:
        """Write the whole report: counts, a line for each difference, and a summary."""
        counts = {**self.blocks, "total": self.total}
        headers = ["block", *(name.replace("_", " ") for name in self.total.to_json_dict())]
        rows = [[name, *map(str, each.to_json_dict().values())] for name, each in counts.items()]
        widths = [max(map(len, column)) for column in zip(headers, *rows, strict=True)]
        lines = [f'The page "{self.sheet}" compared with {self.original}', ""]
        for row in (headers, *rows):
            first, *others = (text.rjust(width) for text, width in zip(row, widths, strict=True))
            lines.append("  ".join((first.strip().ljust(widths[0]), *others)))
        if self.differences:
            lines += ["", *(difference.to_text() for difference in self.differences)]
        if self.remark:
            lines += ["", self.remark]
        return "\n".join((*lines, "", self._summary(), "", WHY_FINITE_DIFFERENCES_DIFFER))

    def _summary(self) -> str:
        total = self.total
        if not total.compared:
            return "NOT THE SAME: there was nothing to compare, for no cell is on both sides."
        text = (
            f"{total.compared} cells compared: {total.equal} equal, {total.different} different; "
            f"{total.missing_in_workbook} missing in workbook, "
            f"{total.missing_in_original} missing in original."
        )
        if total.not_published:
            text += (
                f" {total.not_published} more are not published: the published copy does not "
                "show the step table's last nine rows, which are a reconstruction."
            )
        text += (
            f' Only the page "{self.sheet}" was compared: other pages, and the settings they were '
            "built with, are no part of it."
        )
        return ("The same. " if self.same else "NOT THE SAME. ") + text


def compare_workbook(
    workbook: str | PathLike[str],
    against: str | PathLike[str] | None = None,
    *,
    recalculate: bool = False,
) -> Comparison:
    """Compare a workbook's page "As published" with the original.

    Args:
        workbook: an .xlsx file that `sheetgd build` wrote.
        against: the original as a workbook, CSV, TSV, or the published page as a browser
            saves it; None compares with the published cells that come with sheetgd.
        recalculate: have LibreOffice compute the workbook afresh, instead of taking the
            results that are stored in it. The file itself stays as it is.

    Returns:
        The comparison. Displayed numbers are compared at their own decimals, numbers in
        full precision at those that the original displays (`display_decimals`).

    Raises:
        WorkbookError: when a file cannot be read, lacks the page or the tables, or holds
            formulas without results.
        RecalculationError: when LibreOffice is missing or fails.
    """
    cells = _page_of(Path(workbook), recalculate=recalculate)
    if against is None:
        return compare_with_published(cells)
    file = Path(against)
    sheet, expected, remark = _original_in(file)
    compared = compare_tables(
        locate(cells),
        expected,
        original=f"{file.name} ({sheet})",
        # A saved web page is the published copy.
        tolerate_reconstructed=file.suffix.lower() in WEB_SUFFIXES,
    )
    return replace(compared, remark=remark)


def compare_with_published(workbook_cells: Mapping[Address, AnyCell]) -> Comparison:
    """Compare the cells of a page "As published" with the published ones, as displayed."""
    name = "the published copy"
    found = locate(workbook_cells)
    return compare_tables(found, published(), original=name, tolerate_reconstructed=True)


def compare_tables(
    found: Mapping[Key, AnyCell],
    expected: Mapping[Key, AnyCell | PublishedCell],
    *,
    original: str = "the original",
    tolerate_reconstructed: bool = False,
) -> Comparison:
    """Compare located tables, over all the cells that either side has.

    Args:
        found: the workbook's cells.
        expected: the original's. A value that is a displayed number, a text, counts with
            the decimals it shows. Only where all values are texts, as in a CSV file, is no
            text met by the same text in place of a number.
        original: what to call it in the report.
        tolerate_reconstructed: whether reconstructed cells may be missing in the original.

    Returns:
        The outcome for each cell, and a record of each difference.
    """
    ours, theirs = _placed(found), _placed(expected)
    texts = all(isinstance(value, str) for _, value in theirs.values())
    outcomes: dict[Key, Outcome] = {}
    differences: list[Difference] = []
    for key in dict.fromkeys((*theirs, *ours)):
        outcome = _outcome(key, ours, theirs, texts=texts)
        if outcome is Outcome.MISSING_IN_ORIGINAL and tolerate_reconstructed:
            outcome = Outcome.NOT_PUBLISHED if is_reconstructed(key) else outcome
        outcomes[key] = outcome
        if outcome not in (Outcome.EQUAL, Outcome.NOT_PUBLISHED):
            where = AS_PUBLISHED if key in ours else original
            differences.append(_difference(outcome, where, key, ours.get(key), theirs.get(key)))
    return Comparison(
        sheet=AS_PUBLISHED, original=original, outcomes=outcomes, differences=tuple(differences)
    )


def _page_of(workbook: Path, *, recalculate: bool) -> Cells:
    """Read the cells of a workbook's page "As published", with values."""
    with open_workbook(workbook, PAGE) as opened:
        if AS_PUBLISHED not in opened.titles:
            raise WorkbookError(
                f'{workbook}: it has no page "{AS_PUBLISHED}", only {listed(opened.titles)}; one '
                "built for data of your own has none: build the lesson original for one that can"
            )
        cells = opened.read(AS_PUBLISHED).cells
    if not recalculate:
        _check_results(
            workbook, cells, "give recalculate=True, or open and save it in a spreadsheet"
        )
        return cells
    with working_folder(workbook) as folder:
        copy = folder / "recalculated.xlsx"
        recalculate_workbook(workbook, copy)
        return read_workbook(copy, [AS_PUBLISHED], bounds=PAGE)[AS_PUBLISHED]


def _original_in(file: Path) -> tuple[str, dict[Key, StoredCell], str]:
    """Find the sheet of a file that has most of the original's cells, its tables, and a remark."""
    sheets = read_sheets(file)
    located = {title: locate(cells, moved=True) for title, cells in sheets.items()}
    places = published().keys()
    # A workbook of ours has a second page with all of these tables.
    best = max(
        located,
        key=lambda title: (len(places & located[title].keys()), title == AS_PUBLISHED),
        default="",
    )
    if not located.get(best):
        raise WorkbookError(
            f"{file}: no table of the original was found on its sheets ({listed(sheets)}); "
            "a download of the original with its headers and labels is needed"
        )
    _check_results(file, sheets[best], "open and save it in a spreadsheet program")
    return best, located[best], _moved(located[best], locate(sheets[best]))


def _moved(found: Mapping[Key, AnyCell], under_headers: Mapping[Key, AnyCell]) -> str:
    """Say in which tables rows do not stand under their headers, and what became of them."""
    changed = {
        key.table: None
        for key in (*found, *under_headers)
        if found.get(key) != under_headers.get(key)
    }
    tables = {key.table for key in found}
    why = "cells do not stand under their headers, as where merged cells were lost in copying"
    read, not_read = "they were read in order", "not readable; give a download of the original"
    return "\n".join(f"{each}: {why}: {read if each in tables else not_read}" for each in changed)


def _check_results(path: Path, cells: Cells, fix: str) -> None:
    """Raise WorkbookError when no formula of a sheet has its result stored."""
    formulas = [cell for cell in cells.values() if cell.formula is not None]
    if formulas and all(cell.value is None for cell in formulas):
        raise WorkbookError(
            f"{path}: its formulas have no stored results, which some programs drop; {fix}"
        )


def _placed(cells: Mapping[Key, AnyCell | PublishedCell]) -> dict[Key, _Placed]:
    """Return where each cell stands, and its value."""
    placed: dict[Key, _Placed] = {}
    for key, cell in cells.items():
        if isinstance(cell, PublishedCell):
            placed[key] = (f"row {cell.row}", cell.displayed)
        else:
            placed[key] = (str(cell.address), cell.value)
    return placed


def _outcome(
    key: Key, ours: Mapping[Key, _Placed], theirs: Mapping[Key, _Placed], *, texts: bool
) -> Outcome:
    if key not in ours:
        return Outcome.MISSING_IN_WORKBOOK
    if key not in theirs:
        return Outcome.MISSING_IN_ORIGINAL
    same = _equal(key, ours[key][1], theirs[key][1], texts=texts)
    return Outcome.EQUAL if same else Outcome.DIFFERENT


def _equal(key: Key, found: Value, expected: Value, *, texts: bool) -> bool:
    """Tell whether the workbook's value is the original's at the decimals that one displays."""
    # Errors and texts are equal as they are; TRUE is not 1.
    identical = type(found) is type(expected) and found == expected
    displayed = displayed_number(expected) if isinstance(expected, str) else None
    if displayed is not None:
        number = float(displayed)
    elif _is_number(expected):
        number = float(expected)
    else:
        return identical
    decimals = display_decimals(key.table, key.field)
    if displayed is not None and len(displayed.as_tuple().digits) < _FULL_PRECISION:
        decimals = min(-int(displayed.as_tuple().exponent), _MOST_DECIMALS)
    if identical and not texts:
        return True
    return _is_number(found) and rounded(float(found), decimals) == rounded(number, decimals)


def _is_number(value: Value) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _difference(
    kind: Outcome, sheet: str, key: Key, ours: _Placed | None, theirs: _Placed | None
) -> Difference:
    address, found = ours or ("", None)
    place, expected = theirs or ("", None)
    notes = ["our row is a reconstruction"] * is_reconstructed(key)
    if isinstance(found, str) and displayed_number(found) is not None:
        notes.append("a text, not a number")
    # In the grid the field tells the row, too.
    row = "" if key.table in (LABELS, CONTROLS, GRID) else f", row {key.index + 1}"
    return Difference(
        kind=kind,
        sheet=sheet,
        address=address or place,
        table=key.table,
        label=key.field + row,
        expected=expected,
        found=found,
        note="; ".join(notes),
    )


def _shown(value: Value) -> str:
    """Write a value as the report shows it: numbers plain, other texts in quotes."""
    if value is None:
        return "nothing"
    if isinstance(value, str) and not isinstance(value, ErrorValue):
        return value if displayed_number(value) is not None else repr(value)
    return f"{value:.15g}" if isinstance(value, float) else str(value)
