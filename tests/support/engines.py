"""Three calculation engines of other hands, behind one signature.

Each takes a saved workbook and changes to its cells, and returns what it computes from
scratch for every cell that holds a formula. The changes are made inside a copy of the
file, so that the engines open what a person would have saved.
"""

import math
import re
import tempfile
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Any

import openpyxl

from sheetgd.expression.excel import Address
from sheetgd.lesson.template import shipped_lesson
from sheetgd.reading.recalculate import recalculate
from tests.support.programs import check_marked

LIGHT = shipped_lesson("original").changed(rate_epochs=5, capacity=20)
"""The original with room for fewer epochs: what changes are typed into need not be so large."""

# A sheet's title and an address in it.
Place = tuple[str, str]
Result = float | str | bool | None
Change = float | str | None
"""What is put into a cell: a number, a text, a formula (a text with =), or nothing."""
Engine = Callable[[Path, Mapping[Place, Any]], dict[Place, Result]]

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_OFFICE = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_STRINGS = "xl/sharedStrings.xml"
_NO_STRINGS = '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"/>'
_OVERFLOW = "#NUM!"
# The errors that formualizer does not spell as others do, but for case and marks.
_KINDS = {"Na": "#N/A", "Div": "#DIV/0!", "Name": "#NAME?"}


def formula_cells(path: Path) -> list[Place]:
    """The cells of a workbook that hold a formula."""
    return _formula_cells(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=12)
def _formula_cells(path: Path, written: int) -> list[Place]:  # noqa: ARG001  of this very file
    book = openpyxl.load_workbook(path, read_only=True)
    found = [
        (page.title, cell.coordinate)
        for page in book.worksheets
        for row in page.iter_rows()
        for cell in row
        if cell.data_type == "f"
    ]
    book.close()
    return found


def change(path: Path, into: Path, changes: Mapping[Place, Any]) -> None:
    """Copy a workbook with other numbers, texts, formulas (texts with =) or nothing in some cells.

    Everything else stays as stored, results of formulas included. Fails where a changed
    cell is not in the file, as a mistyped place would otherwise change nothing.
    """
    with zipfile.ZipFile(path) as source:
        parts = {name: source.read(name) for name in source.namelist()}
    sheets = _sheet_parts(parts)
    for (title, address), value in changes.items():
        assert title in sheets, f"there is no sheet {title!r}, only {', '.join(sheets)}"
        name = sheets[title]
        parts[name] = _with_cell(parts[name].decode(), address, value).encode()
    # IronCalc cannot open a file without this part.
    parts.setdefault(_STRINGS, _NO_STRINGS.encode())
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in parts.items():
            target.writestr(name, content)


def _sheet_parts(parts: Mapping[str, bytes]) -> dict[str, str]:
    """Which part of the file holds the sheet of a title."""
    links = ET.fromstring(parts["xl/_rels/workbook.xml.rels"])  # noqa: S314  our own file
    targets = {link.attrib["Id"]: link.attrib["Target"] for link in links}
    book = ET.fromstring(parts["xl/workbook.xml"])  # noqa: S314
    found = {}
    for sheet in book.iter(f"{_MAIN}sheet"):
        target = targets[sheet.attrib[f"{_OFFICE}id"]]
        found[sheet.attrib["name"]] = target[1:] if target.startswith("/") else f"xl/{target}"
    return found


def _with_cell(sheet: str, address: str, value: Change) -> str:
    """The XML of a sheet with another content in a cell, which keeps its style."""
    if value is None:
        kind, content = "", ""
    elif not isinstance(value, str):
        kind, content = "", f"<v>{float(value)!r}</v>"
    elif value.startswith("="):
        kind, content = "", f"<f>{escape(value[1:])}</f>"
    else:
        kind = ' t="inlineStr"'
        content = f'<is><t xml:space="preserve">{escape(value)}</t></is>'

    def changed(found: re.Match[str]) -> str:
        style = re.search(r'\ss="\d+"', found[1])
        return f'<c r="{address}"{style[0] if style else ""}{kind}>{content}</c>'

    pattern = rf'<c(?=[^>]*\sr="{address}")([^>]*?)(?:/>|>.*?</c>)'
    text, count = re.subn(pattern, changed, sheet, flags=re.DOTALL)
    assert count == 1, f"{address} is there {count} times"
    return text


def stored_values(path: Path, places: Iterable[Place]) -> dict[Place, Result]:
    """The values that a file holds in some cells."""
    book = openpyxl.load_workbook(path, data_only=True, read_only=True)
    values = {
        (page.title, cell.coordinate): cell.value
        for page in book.worksheets
        for row in page.iter_rows()
        for cell in row
        if cell.value is not None
    }
    book.close()
    # An empty text reads back as nothing.
    return {place: plain(values.get(place, "")) for place in places}


@contextmanager
def changed(path: Path, changes: Mapping[Place, Any]) -> Iterator[Path]:
    """A copy of a workbook with other values typed in, alone in a folder."""
    check_marked()
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "changed.xlsx"
        change(path, copy, changes)
        yield copy


def libreoffice(path: Path, changes: Mapping[Place, Any]) -> dict[Place, Result]:
    """What LibreOffice computes, in the 15 digits that it saves.

    Some of its spellings are lost in saving: what it calls an invalid argument, as in
    SQRT(-1), is saved as #VALUE!, and a truth in a cell with a number format as 1 or 0.
    """
    with changed(path, changes) as copy:
        computed = copy.with_name("computed.xlsx")
        recalculate(copy, computed)
        return stored_values(computed, formula_cells(path))


def ironcalc(path: Path, changes: Mapping[Place, Any]) -> dict[Place, Result]:
    """What IronCalc computes.

    Where a power overflows, as in 1E200^2, it says #DIV/0! and not #NUM!.
    """
    import ironcalc as engine  # noqa: PLC0415  where it is missing, only its tests fail

    with changed(path, changes) as copy:
        model = engine.load_from_xlsx(str(copy))
    model.evaluate()
    titles = [sheet["name"] for sheet in model.get_worksheets_properties()]
    found: dict[Place, Result] = {}
    for title, text in formula_cells(path):
        place = Address.parse(text)
        value = model.get_cell_value(titles.index(title), place.row, place.column)
        found[title, text] = plain(value)
    return found


def formualizer(path: Path, changes: Mapping[Place, Any]) -> dict[Place, Result]:
    """What formualizer computes."""
    import formualizer as engine  # noqa: PLC0415  where it is missing, only its tests fail

    with changed(path, changes) as copy:
        book = engine.load_workbook(str(copy))
    book.evaluate_all()
    found: dict[Place, Result] = {}
    for title, text in formula_cells(path):
        place = Address.parse(text)
        value = book.get_value(title, place.row, place.column)
        if isinstance(value, dict):
            kind = value["kind"]
            value = _KINDS.get(kind, f"#{kind.upper()}!")
        found[title, text] = plain(value)
    return found


def plain(value: object) -> Result:
    """Return a value as the engines tell it: a number that is none is an error."""
    if isinstance(value, bool | str) or value is None:
        return value
    assert isinstance(value, int | float), value
    # Some functions let an overflow through, which no spreadsheet shows as a number.
    return float(value) if math.isfinite(value) else _OVERFLOW


def differences(
    expected: Mapping[Place, Result], found: Mapping[Place, Result], tolerance: float = 1e-9
) -> list[tuple[Place, Result, Result]]:
    """The cells of either side that are not the same on both."""
    return [
        (place, expected.get(place), found.get(place))
        for place in sorted(set(expected) | set(found))
        if place not in expected
        or place not in found
        or not _same(expected[place], found[place], tolerance)
    ]


def assert_close(
    expected: Mapping[Place, Result], actual: Mapping[Place, Result], tolerance: float = 1e-9
) -> None:
    """Fail unless both sides hold the same cells with the same values.

    Numbers may be apart by the tolerance, times their size where that is more than 1.
    Comparing nothing fails, too.
    """
    cells = len(set(expected) | set(actual))
    assert cells, "there is nothing to compare"
    wrong = differences(expected, actual, tolerance)
    shown = "\n".join(
        f"{sheet}!{address}: expected {one!r}, found {other!r}"
        for (sheet, address), one, other in wrong[:10]
    )
    assert not wrong, f"{len(wrong)} of {cells} cells differ:\n{shown}"


def _same(one: Result, other: Result, tolerance: float) -> bool:
    """Whether two values count as the same; a truth is not a number, and a NaN is nothing."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, int | float) and isinstance(other, int | float):
        return abs(one - other) <= tolerance * max(1.0, abs(other)) < math.inf
    return one == other
