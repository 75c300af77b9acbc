"""Every shipped workbook in the programs that will open it, each of another hand.

LibreOffice opens, prints and saves it; strict readers read every value; and Microsoft's own
validator finds nothing to object to. What they read is compared with the stored XML.

The largest workbook takes the slower programs as long as all others do together: they get it
where SHEETGD_EVERY_WORKBOOK is set.
"""

import json
import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from math import isclose
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import python_calamine

from tests.support.each_engine import WHOLE
from tests.support.libreoffice import with_system_python
from tests.support.node import modules, needs_node, node
from tests.support.programs import needs_libreoffice, needs_node_modules, needs_uno
from tests.support.samples import OUTPUTS
from tests.support.stored import Cells, Error, Stored, different, from_rows
from tests.support.stored import stored as stored_in

SHIPPED = sorted(path.name for path in OUTPUTS.glob("*.xlsx"))
LONG = "dosage.xlsx"
ALIKE = {LONG, "quadratic.xlsx"}
"""What takes longest, or is opened and printed as the others are."""
OF_FUNCTIONS = {"pass-fail.xlsx", "valley.xlsx"}
"""What has functions such as tanh, which LibreOffice computes again when it opens a workbook."""
SMALL = ["parabola.xlsx"]
"""What takes no time to read."""
REOPENED = "parabola.xlsx"
"""What LibreOffice opens again, to compute it afresh, after it has saved it."""
READERS = ("read_with_sheetjs.js", "read_with_exceljs.js")
"""Two readers in JavaScript, and what is built on them."""
SCRIPTS = Path(__file__).parents[1] / "support"
LONGEST = 300
"""Sheets of more rows are not printed: it takes minutes."""
PARABOLA = OUTPUTS / "parabola.xlsx"

pytestmark = pytest.mark.engines

stored = cache(stored_in)
every_workbook = pytest.mark.parametrize("name", SHIPPED)
slowly_every_workbook = pytest.mark.parametrize(
    "name",
    [name for name in SHIPPED if name not in ALIKE or WHOLE],
)


def without_errors(cells: Cells) -> Cells:
    return {place: value for place, value in cells.items() if not isinstance(value, Error)}


def assert_same(one: Cells, other: Cells, *, rounded: bool = False) -> None:
    assert one
    found = different(one, other, rounded=rounded)
    assert not found, f"{len(found)} differ, such as {list(found.items())[:5]}"


def test_all_that_is_shipped_is_looked_at() -> None:
    assert {LONG, "gradient_descent.xlsx", "parabola.xlsx"} <= set(SHIPPED)
    assert all(stored(OUTPUTS / name).formulas > 2000 for name in SHIPPED)


def by_calamine(path: Path) -> Cells:
    """What calamine, a reader in Rust, makes of a workbook; errors are empty to it."""
    book = python_calamine.CalamineWorkbook.from_path(path)
    found: Cells = {}
    for title in book.sheet_names:
        rows = book.get_sheet_by_name(title).to_python(skip_empty_area=False)
        found |= from_rows(title, rows)
    return found


def by_pandas(path: Path, engine: Any) -> Cells:  # noqa: ANN401  one of pandas' own names
    found: Cells = {}
    frames = pd.read_excel(
        path, sheet_name=None, header=None, engine=engine, na_filter=False, dtype=object
    )
    for title, frame in frames.items():
        found |= from_rows(str(title), frame.where(frame.notna(), None).to_numpy().tolist())
    return found


def by_javascript(reader: str, path: Path) -> tuple[Cells, int]:
    """What a reader in JavaScript makes of a workbook, and how many formulas it sees."""
    found = json.loads(node(SCRIPTS / reader, modules(), path))
    cells: Cells = {}
    for title, listed in found["sheets"].items():
        for row, column, value in listed:
            if value != "":
                (read,) = from_rows(title, [[value]]).values()
                cells[title, row, column] = read
    return cells, found["formulas"]


@every_workbook
def test_calamine_reads_every_value(name: str) -> None:
    assert_same(by_calamine(OUTPUTS / name), without_errors(stored(OUTPUTS / name).cells))


@pytest.mark.parametrize("engine", ["openpyxl", "calamine"])
@pytest.mark.parametrize("name", [*SMALL, "gradient_descent.xlsx"])
def test_pandas_reads_every_value(name: str, engine: str) -> None:
    assert_same(by_pandas(OUTPUTS / name, engine), without_errors(stored(OUTPUTS / name).cells))


@needs_node
@needs_node_modules
@pytest.mark.parametrize("reader", READERS)
@slowly_every_workbook
def test_javascript_reads_every_value(name: str, reader: str) -> None:
    cells, formulas = by_javascript(reader, OUTPUTS / name)
    assert_same(cells, stored(OUTPUTS / name).cells)
    assert formulas == stored(OUTPUTS / name).formulas


def objections(path: Path) -> list[str]:
    """What Microsoft's Open XML SDK has against a workbook: schemas and relations of parts."""
    program = modules() / "@xarsh" / "ooxml-validator" / "dist" / "src" / "cli.js"
    found = json.loads(node(program, path, codes=(0, 1)))
    assert found["ok"] is not bool(found["errors"])
    return [f"{each['path']} {each['xPath']}: {each['description']}" for each in found["errors"]]


@needs_node
@needs_node_modules
@slowly_every_workbook
def test_the_parts_follow_the_schemas(name: str) -> None:
    assert not objections(OUTPUTS / name)


def rewritten(path: Path, into: Path, changes: Mapping[str, tuple[str, str]]) -> Path:
    """A copy of a workbook with something changed, once, in each of some parts."""
    into.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(into, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name in changes:
                old, new = (text.encode() for text in changes[name])
                assert old in content
                content = content.replace(old, new, 1)
            target.writestr(name, content)
    return into


@needs_node
@needs_node_modules
def test_parts_that_do_not_follow_the_schemas_are_named(tmp_path: Path) -> None:
    with zipfile.ZipFile(PARABOLA) as archive:
        style = re.search(rb' s="\d+"', archive.read("xl/worksheets/sheet2.xml"))
    assert style
    damages = {
        "xl/worksheets/sheet1.xml": ("<sheetData>", "<sheetDatum></sheetDatum><sheetData>"),
        "xl/worksheets/sheet2.xml": (style[0].decode(), ' s="twenty"'),
        "xl/worksheets/sheet3.xml": ("<sheetViews>", "<sheetData></sheetData><sheetViews>"),
        "xl/charts/chart1.xml": ("<chart>", "<chart><legend></legend>"),
        "xl/drawings/drawing1.xml": ("</xdr:from>", "</xdr:from><xdr:from></xdr:from>"),
        "xl/styles.xml": ("<b val", '<name val="Calibri"></name><b val'),
        "xl/workbook.xml": ('sheetId="1"', 'sheetId="none"'),
        "xl/theme/theme1.xml": ("<a:clrScheme", "<a:clrPlan></a:clrPlan><a:clrScheme"),
        "docProps/app.xml": ("<Application>", "<Pages>many</Pages><Application>"),
    }
    found = objections(rewritten(PARABOLA, tmp_path / "wrong.xlsx", damages))
    assert {each.split()[0] for each in found} == {f"/{part}" for part in damages}


InLibreOffice = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def in_libreoffice(tmp_path_factory: pytest.TempPathFactory) -> InLibreOffice:
    """What happens to a workbook in LibreOffice, which saves it in a folder."""
    profile = str(tmp_path_factory.mktemp("profile"))

    def report(path: Path, folder: Path, saves: Sequence[str] = ()) -> dict[str, Any]:
        arguments = [str(path), profile, str(folder), str(LONGEST), *saves]
        with_system_python("open_in_libreoffice", *arguments)
        found: dict[str, Any] = json.loads((folder / "report.json").read_text(encoding="utf-8"))
        return found

    return report


def told(report: dict[str, Any]) -> Cells:
    found: Cells = {}
    for title, rows in report["values"].items():
        found |= from_rows(title, rows)
    return found


def assert_near(one: Cells, other: Cells, *, rounded: bool = False) -> None:  # noqa: ARG001  as assert_same
    assert one.keys() == other.keys()
    apart = [(place, value) for place, value in other.items() if not near(one[place], value)]
    assert not apart, f"{len(apart)} differ, such as {apart[:5]}"


def near(one: object, other: object) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return isclose(one, other, rel_tol=1e-9, abs_tol=1e-12)
    return one == other


def formulas_of(path: Path) -> int:
    """How many formulas a workbook has that LibreOffice saved."""
    with zipfile.ZipFile(path) as archive:
        if path.suffix == ".ods":
            return archive.read("content.xml").count(b" table:formula=")
        sheets = [each for each in archive.namelist() if each.startswith("xl/worksheets/sheet")]
        return sum(len(re.findall(rb"<f[ >]", archive.read(each))) for each in sheets)


def assert_well_opened(report: dict[str, Any], held: Stored) -> None:
    assert report["opened"]
    assert report["asked"] == 0
    assert not report["repaired"]
    assert report["filter"] == "Calc MS Excel 2007 XML"
    assert tuple(report["values"]) == held.sheets
    assert report["formulas"] == held.formulas


@needs_libreoffice
@needs_uno
@slowly_every_workbook
def test_libreoffice_opens_saves_and_prints_it(
    tmp_path: Path, in_libreoffice: InLibreOffice, name: str
) -> None:
    path = OUTPUTS / name
    held = stored(path)
    report = in_libreoffice(
        path, tmp_path, saves=["xlsx", "ods", "pdf", *(["reload"] if name == REOPENED else [])]
    )
    assert_well_opened(report, held)
    # Functions such as tanh differ in the last digit, and what is left of differences more so.
    same = assert_near if name in OF_FUNCTIONS else assert_same
    same(told(report), held.cells)
    for ending in ("xlsx", "ods"):
        saved = tmp_path / f"saved.{ending}"
        same(by_calamine(saved), without_errors(held.cells), rounded=True)
        assert formulas_of(saved) == held.formulas
        assert (ending in report) == (name == REOPENED)
        if ending in report:
            assert report[ending]["asked"] == 0
            assert report[ending]["formulas"] == held.formulas
            assert_same(told(report[ending]), held.cells, rounded=True)
    printed = (tmp_path / "printed.pdf").read_bytes()
    assert printed.startswith(b"%PDF-")
    short = [title for title, rows in report["values"].items() if len(rows) <= LONGEST]
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) >= len(short) >= 5


@needs_libreoffice
@needs_uno
def test_libreoffice_asks_about_a_file_that_needs_repair(
    tmp_path: Path, in_libreoffice: InLibreOffice
) -> None:
    half = tmp_path / "half.xlsx"
    half.write_bytes(PARABOLA.read_bytes()[:40_000])
    report = in_libreoffice(half, tmp_path)
    assert report["asked"] > 0
    assert not report["opened"]


@needs_libreoffice
@needs_uno
def test_a_sheet_that_libreoffice_passes_over_in_silence_is_missed(
    tmp_path: Path, in_libreoffice: InLibreOffice
) -> None:
    changes = {"xl/worksheets/sheet1.xml": ("</row>", "</rov>")}
    wrong = rewritten(PARABOLA, tmp_path / "wrong.xlsx", changes)
    report = in_libreoffice(wrong, tmp_path)
    held = stored(PARABOLA)
    assert_well_opened(report | {"formulas": held.formulas}, held)
    assert report["formulas"] < held.formulas
    assert len(different(told(report), held.cells)) > 50


def test_a_value_that_changed_is_found(tmp_path: Path) -> None:
    held = without_errors(stored(PARABOLA).cells)
    first, shown = "xl/worksheets/sheet1.xml", "<v>-0.9972489539872516</v>"

    def change(old: str, new: str) -> Cells:
        changes = {first: (shown, shown.replace(old, new))}
        return by_calamine(rewritten(PARABOLA, tmp_path / "other.xlsx", changes))

    last = change("16<", "17<")
    assert list(different(last, held)) == [("Gradient Descent", 64, 10)]
    assert not different(last, held, rounded=True)
    assert len(different(change("0.997248", "0.997249"), held, rounded=True)) == 1
    assert len(different({}, held)) == len(held)
