"""Finding a table among the rows of a file: its header, and what stands around it."""

import datetime as dt
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from sheetgd.errors import DataError
from sheetgd.expression.excel import Address
from sheetgd.reading.columns import Table, Unusable, column_names, listed, loosely, quoted
from sheetgd.reading.grid import BLANK_LEAVES_OPEN, Grid
from sheetgd.reading.number import LIKE_A_DATE, is_missing, ways_of

_TRIED: Final = 1000
"""Rows among which a header is looked for."""

_COMMENT: Final = re.compile(r"(#(?![A-Z]+[/0!?])|%(?!\S)|//(?!\S)).*", re.DOTALL)
_FOOTER: Final = re.compile(
    r"(grand |sub)?-?(total|totale|sum|average|mean|avg|median|summe|gesamt|insgesamt|mittelwert|"
    r"durchschnitt|somme|moyenne|summa|soma|suma|media|média)s?"
    # What follows is no name, as in Total Wine & More.
    r"(\s*[.:=(\[*].{0,20}|\s+(of|per|for|all|in|\d)\b.{0,20}|\s+[a-z]{1,6})?",
    re.IGNORECASE,
)
_BESIDE_FOOTERS: Final = re.compile(
    r"(sd|se|sem|cv|n|count|var|variance|rms|(std|st|standard)\.?[ -]?(dev|deviation)\.?|stdev|std|"
    r"min|max|minimum|maximum|range)\b.{0,20}",
    re.IGNORECASE,
)
"""What sums a table up only beside one of those above: alone it may be a row of data."""
_UNIT: Final = (
    r"(?:[kmcdµμnMGh]?(?:s|m|g|t|l|L|A|V|W|Wh|J|N|Pa|Hz|bar|K|mol|eV|cal|Ω)|sec|min|h|hrs?|hours?|"
    r"d|days?|months?|yrs?|years?|°[CF]?|ft|in|mi|lbs?|mph|ppm|dB|rad|deg|%|€|\$|£|EUR|USD|GBP)"
)
_UNITS: Final = re.compile(
    rf"[\[(].*[\])]|{_UNIT}(?:[²³]|\^?-?\d)?(?:[/·*]{_UNIT}(?:[²³]|\^?-?\d)?)*|-|"
)
_SHORT: Final = 4
"""So many letters has a unit that is not known."""
_METADATA: Final = 10
"""Lines of a name and a number that may stand above a header."""


@dataclass(slots=True)
class _Rows:
    """The rows of a grid that are no comments, and what they hold.

    Attributes:
        grid: the grid.
        kept: the places of those rows.
        comments: the places of the rest.
    """

    grid: Grid
    kept: list[int]
    comments: list[int]

    def texts(self, row: int) -> list[str]:
        """Return what the cells of a row show."""
        return [_shown(cell) for cell in self.grid.rows[row]]

    def filled(self, row: int) -> int:
        """Count the cells that hold something."""
        return sum(bool(text) for text in self.texts(row))

    def numbers(self, row: int) -> int:
        """Count the cells that hold a number or what stands in its place."""
        return sum(map(_like_a_number, self.grid.rows[row]))

    def kinds(self, row: int) -> list[bool]:
        """Tell of each cell whether it holds a number."""
        return list(map(_like_a_number, self.grid.rows[row]))

    def misses(self, row: int) -> bool:
        """Tell whether a row has a text that stands for nothing, such as NA."""
        return any(text and is_missing(text) for text in self.texts(row))

    def only_numbers(self, row: int) -> bool:
        """Tell whether a row holds numbers, and nothing else."""
        return self.numbers(row) == self.filled(row)

    def only_texts(self, row: int) -> bool:
        """Tell whether a row could be a header: it holds texts and nothing else."""
        given = [cell for cell in self.grid.rows[row] if _shown(cell)]
        return bool(given) and not any(_like_a_number(each) or is_missing(each) for each in given)


def _shown(cell: object) -> str:
    if isinstance(cell, float):
        return f"{cell:.15g}"
    return "" if cell is None else str(cell).strip()


def _like_a_number(cell: object) -> bool:
    if isinstance(cell, str):
        return bool(ways_of(cell.strip()) or LIKE_A_DATE.fullmatch(cell.strip()))
    return isinstance(cell, float | int | dt.date | dt.time | dt.timedelta | Unusable)


def find_table(
    grid: Grid,
    *,
    header: bool | int,
    skip: int,
    names: Sequence[str],
    marks: str | None = None,
    choice: str = "",
) -> Table:
    """Find the table in a grid.

    Args:
        grid: what a file holds.
        header: whether the table has names above it; or the number of the row that holds them.
        skip: how many of the first rows are left out.
        names: the columns that are asked for, which tell a header of numbers from data.
        marks: the column that marks the rows that are held back for validation.
        choice: what is said of how another sheet is chosen.

    Returns:
        Its columns, of which all that was left out is said.

    Raises:
        DataError: when there is none, or it is not clear where it begins.
    """
    kept = [row for row, number in enumerate(grid.rows) if grid.numbers[row] > skip]
    text = grid.sheet is None
    if not text:
        # Rows without cells are not there, so only blank texts can be all of one.
        kept = [
            row
            for row in kept
            if type(grid.rows[row][-1]) is not str or not all(map(_is_nothing, grid.rows[row]))
        ]
    comments = [row for row in kept if text and _is_comment(grid, row)]
    away = set(comments)
    rows = _Rows(grid, [row for row in kept if row not in away], comments)
    if not rows.kept:
        raise DataError(
            f"{grid.source}: the file is empty; a header line and rows of numbers are needed"
        )
    found = _header(rows, header, names)
    told: list[str] = []
    if found.row is not None and found.row not in away:
        above = [row for row in rows.kept if row < found.row]
        if above:
            told.append(f"{_counted(len(above), grid)} above the header")
    if aside := len(comments) - (found.row in away):
        told.append(f"{aside} comment{'s' * (aside > 1)}")
    body = [row for row in rows.kept if row >= found.first]
    if found.row is not None and found.units is not None:
        what = "units" if _is_units(rows, found.units, found.row) else "words"
        told.append(f"the {what} in {grid.line(found.units)}")
    footers = _footers(rows, body) if header is not False else 0
    if footers:
        shown = [quoted(next(filter(None, rows.texts(row)))) for row in body[-footers:]]
        told.append(f"{_counted(footers, grid)} below the table ({listed(shown)})")
        body = body[:-footers]
    if blank := _blank(grid, body):
        told.append(f"{blank} blank {'line' if text else 'row'}{'s' * (blank > 1)}")
    table = _table(rows, found, body, told, choice)
    return replace(table, marks=marks, notes=(*table.notes, *_sums_within(grid, body)))


def _counted(count: int, grid: Grid) -> str:
    return f"{count} {'line' if grid.sheet is None else 'row'}{'s' * (count > 1)}"


def _is_comment(grid: Grid, row: int) -> bool:
    first = str(grid.rows[row][0])
    # A column may be called #. Blank space parts that from the words of a comment.
    named = first in {"#", "%"} and grid.open_marks != BLANK_LEAVES_OPEN
    return bool(_COMMENT.fullmatch(first)) and not named


@dataclass(frozen=True, slots=True)
class _Header:
    """Where a table begins: the place of its header, what it says, and of the first row below."""

    row: int | None
    names: list[str]
    first: int
    units: int | None = None


def _header(rows: _Rows, header: bool | int, names: Sequence[str]) -> _Header:  # noqa: FBT001  or a row's number
    grid, kept = rows.grid, rows.kept
    if header is False:
        return _Header(None, [], kept[0])
    if header is not True:
        if header not in grid.numbers:
            raise DataError(f"{grid.source}: header={header} is not the number of a row with names")
        row = grid.numbers.index(header)
        return _Header(row, rows.texts(row), row + 1)
    return _found_header(rows, names)


def _found_header(rows: _Rows, names: Sequence[str]) -> _Header:
    """Find the names above the first row of numbers."""
    grid, head = rows.grid, rows.kept[:_TRIED]
    of_numbers = [row for row in head if rows.numbers(row)]
    filled = {row: rows.filled(row) for row in head}
    if not of_numbers:
        widest = max(head, key=lambda row: filled[row])
        return _Header(widest, rows.texts(widest), widest + 1)
    width = Counter(filled[row] for row in of_numbers).most_common(1)[0][0]
    long = Counter(len(grid.rows[row]) for row in of_numbers).most_common(1)[0][0]
    if names and (found := _asked_for(rows, of_numbers[0], names)):
        return found
    first = [
        row for row in of_numbers if filled[row] >= min(2, width) or _begins(rows, row, width, long)
    ]
    # A line of prose may hold a number: rows of a table are alike.
    alike = [row for row, other in pairwise(first) if rows.kinds(row) == rows.kinds(other)]
    for row in (first[0], *alike[:_METADATA]):
        found = _names_above(rows, row, width, long)
        # R leaves out the name of the first column. Rows of numbers alone are no titles.
        above = () if found is None else (each for each in first if each < (found.row or 0))
        if (
            found
            and len(found.names) in {long, long - 1}
            and not any(map(rows.only_numbers, above))
        ):
            return found
    if found := _names_above(rows, first[0], width, long):
        return found
    return _without_texts_above(rows, first[0], width, names)


def _begins(rows: _Rows, row: int, width: int, long: int) -> bool:
    """Tell whether a row of numbers in which some are missing stands right below names."""
    at = bisect_left(rows.kept, row)
    whole = at > 0 and len(rows.grid.rows[row]) == long and rows.only_numbers(row)
    above = rows.kept[at - 1]
    return whole and rows.only_texts(above) and rows.filled(above) >= width


def _asked_for(rows: _Rows, first: int, names: Sequence[str]) -> _Header | None:
    """Find the row of texts above the numbers that has all names which are asked for."""
    head = [row for row in rows.kept[:_TRIED] if row < first]
    for at, row in reversed([*enumerate(head)]):
        if {*map(loosely, names)} <= {*map(loosely, rows.texts(row))} and rows.only_texts(row):
            units = head[at + 1 :]
            return None if units[1:] else _Header(row, rows.texts(row), first, *units)
    return None


def _names_above(rows: _Rows, first: int, width: int, long: int) -> _Header | None:
    """Find the names, and perhaps the units, right above a row of numbers."""
    # A row in which something is missing is one of the data.
    above = [row for row in rows.kept if row < first and not rows.misses(row)][-2:]
    if len(above) > 1 and _is_units(rows, above[1], above[0]):
        return _Header(above[0], rows.texts(above[0]), first, above[1])
    if not above or not rows.only_texts(above[-1]):
        return None
    row, named = above[-1], rows.filled(above[-1])
    whole = len(rows.grid.rows[row]) >= long and rows.grid.sheet is None
    # A title stands in one cell.
    if 2 * named < width or not (named > 1 or width == 1 or whole):
        return None
    texts = rows.texts(row)
    # As in "Data: y x".
    own = len(texts) == long + 1 and texts[0].endswith(":")
    return _Header(row, texts[own:], row + 1)


def _is_units(rows: _Rows, row: int, above: int) -> bool:
    """Tell whether a row holds the units of the names above it."""
    texts = rows.texts(row)
    usual = [bool(_UNITS.fullmatch(text)) for text in texts]
    # Beside a usual unit another may be short: mg/L and AU.
    short = any(usual[at] and len(text) > 1 for at, text in enumerate(texts))
    units = all(
        ok or (short and len(text) <= _SHORT) for ok, text in zip(usual, texts, strict=True)
    )
    return units and rows.filled(above) >= rows.filled(row) and rows.only_texts(above)


def _without_texts_above(rows: _Rows, first: int, width: int, names: Sequence[str]) -> _Header:
    """Find the names of a table whose first row of numbers has none above it."""
    grid, head = rows.grid, rows.kept[:_TRIED]
    place = head.index(first)
    # Lines of a name and a number may stand above: a station's height, a year.
    for at in range(place + 1, min(place + 1 + _METADATA, len(head) - 1)):
        row = head[at]
        if (
            width > 1
            and rows.only_texts(row)
            and rows.filled(row) >= width
            and rows.numbers(head[at + 1])
            and all(not ways_of(rows.texts(other)[0]) for other in head[place:at])
            and len(head) - at - 1 > at - place
        ):
            return _Header(row, rows.texts(row), row + 1)
    for row in reversed([each for each in rows.comments if each < first]):
        first_text, *others = rows.texts(row)
        named = re.sub(r"^(#|%|//)\s*", "", first_text)
        texts = [named, *others] if named else others
        if len(texts) == len(grid.rows[first]) and len(texts) > 1:
            return _Header(row, texts, first)
    texts = rows.texts(first)
    if names and all(name in texts and not _is_place(name, len(texts)) for name in names):
        return _Header(first, texts, first + 1)
    line = f"{grid.source}: {grid.line(first)}"
    # A number with a decimal mark beside what begins like one was meant as a row of data.
    given = list(filter(None, texts))
    broken = any(set(text) & set(".,") and ways_of(text) for text in given)
    some = not all(map(ways_of, given)) and all(text[0].isdigit() for text in given)
    if broken and some and not names:
        raise DataError(
            f"{line} looks like data that is misspelt; put names above it, or say with "
            "header=False that there are none"
        )
    column_names(texts, line, header=True)
    return _Header(first, texts, first + 1)


def _is_place(name: str, columns: int) -> bool:
    return name.isdecimal() and int(name) <= columns


def _footers(rows: _Rows, body: Sequence[int]) -> int:
    """Count the rows at the end of a table that sum it up, or tell of it."""
    found = 0
    summed = False
    wide = len(body) > 1 and rows.filled(body[0]) > 1
    while found < len(body) - 1:
        row = body[-1 - found]
        texts = rows.texts(row)
        place = next((at for at, text in enumerate(texts) if text), 0)
        label = texts[place].lower()
        # A note stands in the first cell, or beside the table.
        apart = place == 0 or place >= len(rows.grid.rows[body[0]])
        alone = wide and rows.filled(row) == 1 and rows.only_texts(row) and apart
        sums = alone or bool(_FOOTER.fullmatch(label))
        if not (sums or _BESIDE_FOOTERS.fullmatch(label)):
            break
        # What stands higher up, too, is a value of the column.
        if not alone and any(
            place < len(rows.grid.rows[each])
            and _shown(rows.grid.rows[each][place]).lower() == label
            for each in body[: -1 - found]
        ):
            break
        summed = summed or sums
        found += 1
    return found if summed else 0


def _sums_within(grid: Grid, body: Sequence[int]) -> list[str]:
    """Tell of rows that may sum up those around them, and are read as data all the same."""
    labels = [cell for row in body if isinstance(cell := grid.rows[row][0], str)]
    found = {each for each in labels if each[:1].lower() in "tsagmid" and _FOOTER.fullmatch(each)}
    # What stands there twice is a value of the column.
    once = [each for each in found if labels.count(each) == 1]
    return [f"{quoted(each)} is read as a row of data" for each in sorted(once)]


def _blank(grid: Grid, body: Sequence[int]) -> int:
    """Count the blank rows inside a table."""
    if not body:
        return 0
    gap = grid.numbers[body[-1]] - grid.numbers[body[0]] - (body[-1] - body[0])
    if gap and grid.sheet is None:
        # One record may be many lines long.
        inside = grid.rows[body[0] + 1 : body[-1] + 1]
        gap -= sum(str(cell).count("\n") for cells in inside for cell in cells)
    return max(gap, 0)


def _table(
    rows: _Rows, found: _Header, body: Sequence[int], told: Sequence[str], choice: str
) -> Table:
    """Make a table of the rows below a header."""
    grid = rows.grid
    names = _in_use(found.names)
    below = [grid.rows[row] for row in body]
    used = [len(cells) if cells[-1] else len(_in_use(cells)) for cells in below]
    most, least = max(used, default=0), min(map(len, below), default=0)
    if found.row is None:
        names = [""] * (used[0] if grid.sheet is None and used else most)
    if grid.sheet is None and most == len(names) + 1 and min(used) == most and most > 2:  # noqa: PLR2004  an index and two
        # R writes the names of rows so: without a name above them.
        names = ["", *names]
    if most > len(names) and grid.sheet is None:
        row, width = next(each for each in zip(body, used, strict=True) if each[1] > len(names))
        start = body[0] if found.row is None else found.row
        raise DataError(
            f"{grid.source}: {grid.line(row)} has {width} cells and {grid.line(start)} has "
            f"{len(names)}; put a cell that holds a delimiter in quotes, or name another with "
            "delimiter=..."
        )
    names += [""] * (most - len(names))

    def column(place: int) -> list[object]:
        if place < least:
            return [cells[place] for cells in below]
        return [cells[place] if place < len(cells) else None for cells in below]

    unnamed = {place for place, name in enumerate(names) if not name}
    blank = set(unnamed)
    for cells in below if blank else ():
        blank -= {at for at in blank.intersection(range(len(cells))) if not _is_nothing(cells[at])}
    words = {at for at, name in enumerate(names) if name and _is_aside(below, at)}
    called = tuple(name or str(number) for number, name in enumerate(names, start=1))
    one = grid.one if len(names) - len(blank) == 1 else ""
    return Table(
        source=grid.source,
        header=called,
        column=column,
        place=lambda row, place: grid.place(body[row], place, called[place]),
        choice=f"x=... and y=...{one}{choice}",
        blank=frozenset(blank),
        aside=frozenset(unnamed | words) if found.row is not None else frozenset(),
        open_marks=grid.open_marks,
        where=_where(grid, found.row, body, [at for at in range(len(names)) if at not in blank]),
        first=grid.numbers[body[0]] if body else 0,
        left_out=tuple(told),
        notes=grid.notes,
    )


def _is_aside(rows: Sequence[Sequence[object]], place: int) -> bool:
    """Tell whether a column holds but a few words, such as notes."""
    words = 0
    for cells in rows:
        if place < len(cells) and not _is_nothing(cells[place]):
            words += 1
            if _like_a_number(cells[place]):
                return False
    return 2 * words < len(rows)


def _where(grid: Grid, header: int | None, body: Sequence[int], used: Sequence[int]) -> str:
    """Say where a table stands."""
    if not body:
        return ""
    first, last = grid.numbers[body[0]], grid.numbers[body[-1]]
    if grid.sheet is None:
        return f"line {first}" if first == last else f"lines {first} to {last}"
    top = first if header is None else grid.numbers[header]
    corners = Address(top, grid.left + min(used)), Address(last, grid.left + max(used))
    return f"sheet {quoted(grid.sheet)}, {':'.join(map(str, corners))}"


def _is_nothing(cell: object) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def _in_use(cells: Sequence[object]) -> list[str]:
    """Drop the empty cells at the end of a row."""
    used = len(cells)
    while used and ((last := cells[used - 1]) is None or last == ""):
        used -= 1
    return list(cells[:used])  # type: ignore[arg-type]  # only counted, or texts
