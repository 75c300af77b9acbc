"""Form controls and links: their parts, where they stand, and real clicks in LibreOffice."""

import json
import re
import zipfile
from collections.abc import Iterable
from pathlib import Path

import openpyxl
import pytest

from sheetgd.engine.run import descend
from sheetgd.expression.excel import Address
from sheetgd.lesson.template import read_template, shipped_lesson, shipped_names
from sheetgd.lesson.values import Variant
from sheetgd.sheets.book import Book, base_section
from sheetgd.sheets.cells import BLUE, Block, Cell, Look, Style
from sheetgd.sheets.controls import SPIN_HEIGHT
from sheetgd.sheets.section import PLAY
from sheetgd.sheets.sheet import Control, ControlKind, Link, Page
from sheetgd.xlsx.drawings import LARGEST
from sheetgd.xlsx.write import build_workbook, save_workbook
from tests.judges.test_applications import (
    READERS,
    by_calamine,
    by_javascript,
    by_pandas,
    objections,
    rewritten,
    without_errors,
)
from tests.support import built
from tests.support.engines import LIGHT, ironcalc, stored_values
from tests.support.formcontrols import controls_of, faults
from tests.support.given import lesson_of
from tests.support.libreoffice import with_system_python
from tests.support.node import needs_node
from tests.support.programs import needs_libreoffice, needs_node_modules, needs_uno, needs_window
from tests.support.stored import different, stored

AWKWARD = "It's 100 % & <more>"
"""The title of a sheet that a link must quote, and a file must escape."""


def control(kind: ControlKind, area: str, value: int, most: int, **others: int) -> Control:
    return Control(
        kind=kind, area=Block.parse(area), sheet="First", linked=Address(2, 2), value=value,
        most=most, label='Clicks, "so far" & <on>', **others,
    )  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workbook with controls of every kind, on sheets with and without charts, and links."""
    cells = (
        Cell(Address(1, 1), "to the other", None, Style(Look.LINK)),
        Cell(Address(2, 2), 50_000, None, Style(Look.INPUT)),
        Cell(Address(5, 3), 1.0, "B2-49999", Style(Look.RESULT)),
    )
    first = Page(
        title="First",
        widths={"A": 2.0, "C": 11.5},
        heights={2: 22.0, 4: 27.75, 8: 30.0},
        cells=cells,
        links=(Link(Address(1, 1), AWKWARD, Address(3, 2)),),
        controls=(
            control(ControlKind.SPIN, "C2", 50_000, 100_000),
            control(ControlKind.SCROLL, "C4:F4", 7, 40, least=3),
            control(ControlKind.SCROLL, "H2:H9", 1, 40, leap=5),
        ),
    )
    other = Page(
        title=AWKWARD,
        widths={},
        cells=(Cell(Address(3, 2), "here", None, Style(Look.TEXT)),),
        controls=(control(ControlKind.SPIN, "D4", 0, 40),),
    )
    path = tmp_path_factory.mktemp("made") / "made.xlsx"
    with path.open("wb") as stream:
        save_workbook(Book("Made", (first, other)), stream)
    return path


def test_the_parts_agree(made: Path, light_workbook: Path) -> None:
    # Rows that are high and empty count, too.
    assert not faults(made)
    assert len(controls_of(made)) == 4
    assert not faults(light_workbook)
    assert len(controls_of(light_workbook)) >= 2


def test_a_control_says_what_it_does(made: Path) -> None:
    spin, lying, standing, elsewhere = (each.said for each in controls_of(made))
    assert (spin["fmlaLink"], elsewhere["fmlaLink"]) == ("$B$2", "First!$B$2")
    # Excel's own bound; the linked cell keeps what it holds.
    assert (spin["val"], spin["max"]) == (str(LARGEST), str(LARGEST))
    assert stored_values(made, [("First", "B2")]) == {("First", "B2"): 50_000}
    assert (lying["horiz"], lying["min"], lying["val"]) == ("1", "3", "7")
    assert "horiz" not in standing
    assert standing["page"] == "5"


DAMAGES = {
    "[Content_Types].xml": [
        ('PartName="/xl/ctrlProps/ctrlProp1.xml"', 'PartName="/none.xml"'),
        ('Extension="vml"', 'Extension="vmx"'),
    ],
    "xl/worksheets/sheet1.xml": [
        (' xmlns:x14="http', ' xmlns:x15="http'),
        ('shapeId="1025"', 'shapeId="1029"'),
        ('name="Scroll Bar 2"', 'name="Scroll Bar 3"'),
        ('name="Spinner 1"', f'name="{"S" * 33}"'),
        (' print="0"', ""),
        ('moveWithCells="1"', 'moveWithCells="1" sizeWithCells="1"'),
        ("<xdr:col>2<", "<xdr:col>3<"),
        ("altText=", 'descr="" altText2='),
        ('ht="22"', 'ht="30"'),
        ('width="2"', 'width="4"'),
    ],
    "xl/worksheets/sheet2.xml": [('shapeId="2049"', 'shapeId="1025"')],
    "xl/ctrlProps/ctrlProp1.xml": [
        ("$B$2", "$B$3"),
        ('val="30000"', 'val="3"'),
        (' dx="22"', ""),
        ('dx="22" fmlaLink="$B$2"', 'fmlaLink="$B$2" dx="22"'),
        (' page="10"', ' inc="1" page="10"'),
    ],
    "xl/ctrlProps/ctrlProp2.xml": [(' horiz="1"', "")],
    "xl/drawings/vmlDrawing1.vml": [
        ("_x0000_s1025", "_x0000_s2050"),
        ('data="1"', 'data="1,2"'),
        ("<x:SizeWithCells/>", ""),
        ("<x:Min>0</x:Min><x:Max>30000</x:Max>", "<x:Max>30000</x:Max><x:Min>0</x:Min>"),
        ("margin-left:", "margin-left:1"),
        ("<x:Anchor>2, 2", "<x:Anchor>2, 3"),
        ("<x:Horiz/>", ""),
        (' type="#_x0000_t201"', ' type="#_x0000_t201" stroked="f"'),
        ("<x:PrintObject>False", "<x:PrintObject>True"),
    ],
    "xl/drawings/drawingOfSheet1.xml": [
        ('id="1025"', 'id="25"'),
        (' hidden="1"', ""),
        ('spid="_x0000_s1025"', 'spid="_x0000_s1026"'),
        (' editAs="oneCell"', ""),
        ("<xdr:colOff>19050", "<xdr:colOff>9525"),
    ],
}


@pytest.mark.parametrize(
    ("part", "old", "new"), [(part, *each) for part, pairs in DAMAGES.items() for each in pairs]
)
def test_parts_that_do_not_agree_are_found(
    tmp_path: Path, made: Path, part: str, old: str, new: str
) -> None:
    assert faults(rewritten(made, tmp_path / "wrong" / "made.xlsx", {part: (old, new)}))


def test_a_control_has_the_value_of_its_cell(light_workbook: Path) -> None:
    held = stored(light_workbook)
    main = held.sheets[0]
    for each in controls_of(light_workbook):
        sheet, _, address = each.said["fmlaLink"].rpartition("!")
        assert sheet in {"", f"'{main}'"}
        assert (sheet == "") == (each.sheet == "sheet1.xml")
        place = Address.parse(address)
        assert held.cells[main, place.row, place.column] == float(each.said["val"])
        assert int(each.said["max"]) == LIGHT.capacity


@needs_node
@needs_node_modules
def test_the_parts_follow_the_schemas(made: Path, light_workbook: Path) -> None:
    assert not objections(made)
    assert not objections(light_workbook)


def test_the_same_controls_give_the_same_bytes(light_workbook: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.xlsx"
    build_workbook(LIGHT, again)
    assert again.read_bytes() == light_workbook.read_bytes()


def test_calamine_and_openpyxl_read_every_value(light_workbook: Path) -> None:
    held = without_errors(stored(light_workbook).cells)
    assert not different(by_calamine(light_workbook), held)
    assert not different(by_pandas(light_workbook, "openpyxl"), held)


@needs_node
@needs_node_modules
@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("name", shipped_names())
def test_javascript_reads_every_value(tmp_path: Path, name: str, reader: str) -> None:
    lesson = shipped_lesson(name)
    small = lesson.changed(capacity=None, panels=(), epochs=1, clicks=1, rate_epochs=2)
    build_workbook(small.changed(capacity=2), path := tmp_path / "small.xlsx")
    cells, formulas = by_javascript(reader, path)
    held = stored(path)
    assert not different(cells, held.cells)
    assert formulas == held.formulas > 500


@needs_node
@needs_node_modules
def test_exceljs_opens_no_drawing_without_a_prefix(tmp_path: Path, made: Path) -> None:
    part = "xl/drawings/drawingOfSheet1.xml"
    with zipfile.ZipFile(made) as archive:
        drawing = archive.read(part).decode()
    plain = drawing.replace("xdr:", "").replace("xmlns:xdr=", "xmlns=")
    wrong = rewritten(made, tmp_path / "wrong" / "made.xlsx", {part: (drawing, plain)})
    with pytest.raises(AssertionError, match="exceljs"):
        by_javascript("read_with_exceljs.js", wrong)


@pytest.mark.engines
def test_an_engine_computes_a_workbook_with_controls(made: Path) -> None:
    assert ironcalc(made, {("First", "B2"): 50_003})["First", "C5"] == 4


@pytest.mark.parametrize("name", shipped_names())
def test_controls_cover_nothing_and_belong_to_the_first_page(name: str) -> None:
    lesson = built.SHORT[name]
    base, pages = base_section(lesson), built.book(lesson).pages
    first = pages[0]
    assert [page.title for page in pages if page.controls] == [first.title, PLAY]
    places = {base.setting(name): base.settings[name] for name in ("epochs", "clicks")}
    assert [each.linked for each in first.controls] == list(places)
    assert all(first.heights[each.area.first.row] == SPIN_HEIGHT for each in first.controls)
    for page in (page for page in pages if page.controls):
        filled = {cell.address for cell in page.all_cells() if cell.value is not None}
        covered = cells_of(each.area for each in page.controls)
        others = {*filled, *cells_of(page.merged), *cells_of(each.area for each in page.charts)}
        assert len(covered) == len(set(covered))
        assert not others & set(covered)
        for each in page.controls:
            assert (each.sheet, each.value) == (first.title, places[each.linked])
            assert each.most == lesson.capacity


def cells_of(areas: Iterable[Block]) -> list[Address]:
    return [
        Address(row, column)
        for area in areas
        for row in range(area.first.row, area.last.row + 1)
        for column in range(area.first.column, area.last.column + 1)
    ]


def test_a_lesson_can_do_without(tmp_path: Path) -> None:
    template = tmp_path / "plain.toml"
    rest = "[training]\nepochs = 2\n[data]\nx = [1, 2, 3]\ny = [2, 4, 7]\n"
    texts = {}
    for said in ("", "controls = true\n", "controls = false\n"):
        template.write_text(
            f"[display]\ncapacity = 4\nrate_epochs = 2\n{said}{rest}", encoding="utf-8"
        )
        lesson = read_template(template).changed(learn=0.01, nudge=0.01)
        assert lesson.display.controls == ("false" not in said)
        pages = built.book(lesson).pages
        assert any(page.controls for page in pages) == lesson.display.controls
        texts[said] = " ".join(
            str(cell.value) for page in pages for cell in page.all_cells() if cell.value
        )
        path = built.workbook(lesson)
        assert bool(controls_of(path)) == lesson.display.controls
        with zipfile.ZipFile(path) as archive:
            assert any("vml" in name for name in archive.namelist()) == lesson.display.controls
    assert texts[""] == texts["controls = true\n"]
    assert "click the arrows" in texts[""].lower()
    assert not re.search("arrow|spin", texts["controls = false\n"].lower())


def test_a_link_leads_to_a_cell(made: Path) -> None:
    cell = openpyxl.load_workbook(made)["First"]["A1"]
    assert cell.value == cell.hyperlink.display == "to the other"
    assert cell.hyperlink.location == f"'{AWKWARD.replace(chr(39), 2 * chr(39))}'!B3"
    assert cell.hyperlink.target is None
    assert (cell.font.u, cell.font.color.rgb) == ("single", f"00{BLUE}")


@needs_libreoffice
@needs_uno
@needs_window
def test_clicks_in_libreoffice_change_the_cells_and_the_numbers_follow(
    tmp_path: Path, light_workbook: Path
) -> None:
    section = base_section(LIGHT)
    cells = [section.setting("epochs"), section.setting("clicks"), section.epochs_run_cell]
    cells += [section.now(0), section.now(1)]
    (tmp_path / "here.xlsx").write_bytes(light_workbook.read_bytes())
    found = json.loads(
        with_system_python(
            "click_in_libreoffice", str(tmp_path / "here.xlsx"), str(tmp_path / "profile"),
            str(tmp_path / "seen.png"), section.main, ",".join(map(str, cells)), "1", "3",
        )
    )  # fmt: skip
    pressed = [(5, 1), (6, 1), (6, 2), (6, 3), (6, 4)]
    # There is room for twenty epochs.
    assert [tuple(each[:3]) for each in found] == [
        (epochs, clicks, min(epochs * clicks, LIGHT.capacity)) for epochs, clicks in pressed
    ]
    for _, _, run, *parameters in found:
        assert parameters == pytest.approx(descend(LIGHT, int(run)).states[-1], rel=1e-12)


@pytest.mark.parametrize(("model", "times"), [("line", 1), ("quadratic", 0)])
def test_a_variant_shows_the_best_line_where_the_first_page_has_it(model: str, times: int) -> None:
    beside = Variant(title="Beside", changes={"model": "line", "start": ()})
    lesson = lesson_of(x=(0, 1, 2, 4), y=(1, 3, 2, 5), model=model, variants=(beside,))
    words = [cell.value for cell in built.page(lesson, "Beside").cells]
    assert words.count("best fit") == times
