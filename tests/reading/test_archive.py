"""Files that are meant to do harm: refused in one line, or read, with bounded time and memory."""

import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from sheetgd.errors import SheetgdError, WorkbookError
from sheetgd.expression.excel import MAX_ROWS
from sheetgd.reading.archive import Bounds, TooMuchError, harmless_copy
from sheetgd.reading.page import read_sheets
from sheetgd.reading.workbook import read_workbook
from tests.support.hostile_workbooks import KINDS, answers, parts, save
from tests.support.sheets import our_sheet, save_workbook

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="memory is measured in /proc")

OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
SMALL = Bounds(cells=4, all_cells=9, texts=8, rewritten=20, sheet_bytes=10_000, all_bytes=20_000)
LONG = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    f"{'<row><c><v>1</v></c></row>' * 25_001}</sheetData></worksheet>"
)
SHARED = (
    '<row><c r="A1"><f t="shared" si="0">1+2+3+4+55</f></c>'
    '<c r="B1"><f t="shared" si="0"/></c></row>'
)
LXML = (" in xl/workbook.xml", " in xl/styles.xml", " in the styles", " in the names")
SLOW = {
    "100 sheets of 30,000 rows",
    "1,000 sheets too long to read",
    "1,900 sheets that reach far down",
    "4,000 texts of 200 KB",
    "40,000 looks of cells",
    "a cell in the last row",
    "a rule for 30,000 ranges",
    "bytes that are no text, as CSV",
    "quotation marks alone, as CSV",
    "six million empty cells",
    "ten million cells, as CSV",
}
"""What takes a second or more: `python -m tests.support.hostile_workbooks` tries all kinds."""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("first", "step"),
    [(first, 2) for first in range(2)],
)
def test_files_that_are_meant_to_do_harm(first: int, step: int) -> None:
    kinds = [kind for kind in KINDS if kind not in SLOW][first::step]
    found = list(answers(kinds))
    assert [fault for answer in found for fault in answer.faults()] == []
    assert {answer.kind for answer in found} == set(kinds)


@pytest.mark.slow
def test_the_same_is_said_whatever_parser_is_installed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Only these parts are read by lxml where there is one.
    kinds = [kind for kind in KINDS if kind.endswith(LXML)]
    assert len(kinds) > 15
    said = []
    for with_lxml in ("True", "False"):
        monkeypatch.setenv("OPENPYXL_LXML", with_lxml)
        said.append(
            [
                (answer.kind, answer.code, answer.said.partition(": ")[2].partition(": ")[2])
                for answer in answers(kinds, ["compare"])
            ]
        )
    assert said[0] == said[1]


def one(tmp_path: Path, rows: str, **more: object) -> Path:
    return save(parts(rows, **more), tmp_path / "book.xlsx")  # type: ignore[arg-type]  # passed on


def refusal(path: Path) -> str:
    with pytest.raises(WorkbookError) as caught:
        read_workbook(path, bounds=SMALL)
    return str(caught.value)


@pytest.mark.parametrize(
    ("most", "beyond", "words"),
    [
        ("<row><c/><c/><c/></row>", "<row><c/><c/><c/><c/></row>", "more than 4 cells and rows"),
        ("<row/>" * 4, "<row/>" * 5, "more than 4 cells and rows"),
        (f'<row r="{MAX_ROWS}"/>', f'<row r="{MAX_ROWS + 1}"/>', "rows beyond 1,048,576"),
        ('<row><c r="P1"/></row><row/>', '<row><c r="Q1"/></row><row/>', "far to the right"),
        (
            SHARED,
            SHARED.replace("1+2", "1+2+3"),
            "long formulas that cells share",
        ),
        (f"<!--{'x' * 9000}-->", f"<!--{'x' * 10_000}-->", "longer than"),
    ],
)
def test_a_sheet_may_hold_so_much_and_no_more(
    tmp_path: Path, most: str, beyond: str, words: str
) -> None:
    read_workbook(one(tmp_path, most), bounds=SMALL)
    assert words in refusal(one(tmp_path, beyond))


def test_shared_texts_may_be_so_many_and_no_more(tmp_path: Path) -> None:
    text = "<si><t>a</t></si>"
    read_workbook(one(tmp_path, "", strings=text * 2), bounds=SMALL)
    assert "more than 4 texts" in refusal(one(tmp_path, "", strings=text * 3))


def test_all_sheets_together_may_hold_so_much_and_no_more(tmp_path: Path) -> None:
    row = "<row><c/><c/></row>"
    read_workbook(one(tmp_path, row, sheets=3), bounds=SMALL)
    assert "other sheets have more than 9 cells" in refusal(one(tmp_path, row, sheets=4))


def test_a_sheet_too_long_for_a_page_is_passed_over_unless_it_is_the_only_one(
    tmp_path: Path,
) -> None:
    contents = parts(sheets=2)
    links = str(contents["xl/_rels/workbook.xml.rels"])
    path = tmp_path / "book.xlsx"
    for last, expected in (("sheet1", ["As published", "S2"]), ("sheet2", ["As published"])):
        changed = links.replace("worksheets/sheet1", f"worksheets/{last}")
        contents["xl/_rels/workbook.xml.rels"] = changed.replace(last, "sheet1", 1)
        contents["xl/worksheets/sheet2.xml"] = LONG
        assert list(read_sheets(save(contents, path))) == expected
    contents["xl/worksheets/sheet1.xml"] = LONG
    with pytest.raises(TooMuchError, match=r"more than 50,000 cells and rows; save the sheet"):
        read_sheets(save(contents, path))


def armed(path: Path, address: str = "http://127.0.0.1:9") -> Path:
    """A workbook that would fetch a picture, a sheet and a page, and run a macro."""
    drawing = "http://schemas.openxmlformats.org/drawingml/2006"
    package = "http://schemas.openxmlformats.org/package/2006"
    types = "application/vnd.openxmlformats-officedocument"
    links = f'<Relationships xmlns="{package}/relationships">'
    rows = (
        '<row r="1"><c r="A1"><f>1+1</f><v>999</v></c></row>'
        f'<row r="2"><c r="A2"><f>_xlfn.WEBSERVICE("{address}/page")</f></c></row>'
        '<row r="3"><c r="A3"><f>[1]S!A1</f></c></row>'
        f'<row r="4"><c r="A4"><f>DDE("soffice","{address}/dde","S.A1")</f></c></row>'
    )
    corners = "".join(
        f"<x:{end}><x:col>{n}</x:col><x:colOff>0</x:colOff><x:row>{n}</x:row>"
        f"<x:rowOff>0</x:rowOff></x:{end}>"
        for end, n in (("from", 1), ("to", 9))
    )
    contents = parts(
        rows,
        after='<drawing r:id="d"/>',
        overrides=f'<Override PartName="/xl/drawings/drawing1.xml" ContentType="{types}'
        '.drawing+xml"/><Override PartName="/xl/externalLinks/externalLink1.xml" '
        f'ContentType="{types}.spreadsheetml.externalLink+xml"/>',
        relationships=f'<Relationship Id="m" Type="{OFFICE}/vbaProject" Target="vbaProject.bin"/>'
        f'<Relationship Id="e" Type="{OFFICE}/externalLink" '
        'Target="externalLinks/externalLink1.xml"/>'
        f'<Relationship Id="w" Type="{OFFICE}/worksheet" Target="{address}/sheet.xml" '
        'TargetMode="External"/>',
    )
    book = str(contents["xl/workbook.xml"])
    contents["xl/workbook.xml"] = book.replace(
        "<definedNames></definedNames>",
        '<externalReferences><externalReference r:id="e"/></externalReferences>',
    )
    contents |= {
        "xl/vbaProject.bin": b"not really",
        "xl/externalLinks/externalLink1.xml": '<externalLink xmlns="http://schemas.openxmlformats'
        f'.org/spreadsheetml/2006/main"><externalBook xmlns:r="{OFFICE}" r:id="r"><sheetNames>'
        '<sheetName val="S"/></sheetNames></externalBook></externalLink>',
        "xl/externalLinks/_rels/externalLink1.xml.rels": f'{links}<Relationship Id="r" '
        f'Type="{OFFICE}/externalLinkPath" Target="{address}/book.xlsx" TargetMode="External"/>'
        "</Relationships>",
        "xl/worksheets/_rels/sheet1.xml.rels": f'{links}<Relationship Id="d" '
        f'Type="{OFFICE}/drawing" Target="../drawings/drawing1.xml"/></Relationships>',
        "xl/drawings/drawing1.xml": f'<x:wsDr xmlns:x="{drawing}/spreadsheetDrawing" '
        f'xmlns:a="{drawing}/main" xmlns:r="{OFFICE}"><x:twoCellAnchor>{corners}<x:pic>'
        '<x:nvPicPr><x:cNvPr id="2" name="p"/><x:cNvPicPr/></x:nvPicPr><x:blipFill>'
        '<a:blip r:link="p"/><a:stretch><a:fillRect/></a:stretch></x:blipFill><x:spPr><a:xfrm>'
        '<a:off x="0" y="0"/><a:ext cx="9" cy="9"/></a:xfrm><a:prstGeom prst="rect"/></x:spPr>'
        "</x:pic><x:clientData/></x:twoCellAnchor></x:wsDr>",
        "xl/drawings/_rels/drawing1.xml.rels": f'{links}<Relationship Id="p" '
        f'Type="{OFFICE}/image" Target="{address}/picture.png" TargetMode="External"/>'
        "</Relationships>",
    }
    return save(contents, path)


def test_a_disarmed_copy_leads_nowhere(tmp_path: Path) -> None:
    path = armed(tmp_path / "armed.xlsx")
    before = path.read_bytes()
    harmless_copy(path, tmp_path / "copy.xlsx")
    assert path.read_bytes() == before
    with ZipFile(tmp_path / "copy.xlsx") as copy:
        links = [copy.read(name).decode() for name in copy.namelist() if name.endswith(".rels")]
        assert not [name for name in copy.namelist() if name.endswith(".bin")]
    assert len(links) == 5
    text = " ".join(links)
    assert f'{OFFICE}/worksheet"' in text
    for gone in ("External", "drawing", "image", "externalLink", "vbaProject", "127.0.0.1"):
        assert gone not in text
    cells = read_workbook(tmp_path / "copy.xlsx")["As published"]
    assert next(iter(cells.values())).formula == "1+1"


@pytest.mark.parametrize(
    "kind",
    [
        "a billion laughs in docProps/core.xml",
        "a billion laughs in xl/theme/theme1.xml",
        "a billion laughs in xl/worksheets/sheet1.xml",
        "a row of number 10^12",
        "a pipe",
        "compressed by LZMA",
        "a picture",
    ],
)
def test_what_is_not_read_is_not_given_to_libreoffice(tmp_path: Path, kind: str) -> None:
    KINDS[kind].write(tmp_path / "hostile.xlsx")
    with pytest.raises(SheetgdError) as caught:
        harmless_copy(tmp_path / "hostile.xlsx", tmp_path / "copy.xlsx")
    assert str(caught.value).startswith(f"{tmp_path / 'hostile.xlsx'}: ")
    assert "\n" not in str(caught.value)


PAGE = "As published"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device")
def test_a_disk_that_is_full_is_no_damaged_workbook(tmp_path: Path) -> None:
    path = save_workbook(tmp_path / "mine.xlsx", {PAGE: our_sheet()})
    with pytest.raises(OSError, match="No space left"):
        harmless_copy(path, Path("/dev/full"))
