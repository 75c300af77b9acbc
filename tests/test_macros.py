"""Workbooks with macros: their parts, and the macros run for real in LibreOffice."""

import builtins
import json
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from sheetgd.build import build_workbook
from sheetgd.cells import Address
from sheetgd.cli import main
from sheetgd.descent import descend
from sheetgd.errors import OutputError
from sheetgd.pages.book import book_of
from sheetgd.template import shipped_lesson, shipped_names
from sheetgd.workbook.macros import macro_source
from tests.support.libreoffice import needs_libreoffice, needs_uno, with_system_python

ORIGINAL = shipped_lesson("original").changed(capacity=22)


@pytest.fixture(scope="module")
def workbook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("macros") / "original.xlsm"
    build_workbook(ORIGINAL, path, macros=True)
    return path


def run_macros(workbook: Path, profile: Path, *macros: str) -> dict[str, Any]:
    said = with_system_python("run_macros", str(workbook), str(profile), *macros)
    found: dict[str, Any] = json.loads(said)
    return found


def expected(clicks: int, lesson: Any = ORIGINAL) -> dict[str, float]:  # noqa: ANN401  a lesson
    run = min(5 * clicks, lesson.room)
    m, b = descend(lesson, run).states[-1]
    return {"clicks": clicks, "epochs": 5, "epochs_run": run, "now_m": m, "now_b": b}


@needs_libreoffice
@needs_uno
def test_the_macros_run_and_the_cells_follow(workbook: Path, tmp_path: Path) -> None:
    macros = ["RunEpoch", "RunEpoch", "RunEpoch", "RunEpoch", "RunEpoch", "ResetEpochs", "RunEpoch"]
    report = run_macros(workbook, tmp_path / "profile", *macros)
    where = "vnd.sun.star.script:VBAProject.SheetGD.{}?language=Basic&location=document"
    assert report["bound"] == {
        "Run Epoch": where.format("RunEpoch"),
        "Reset": where.format("ResetEpochs"),
    }
    # There is room for 22 epochs: the fifth click reaches it, and none goes beyond.
    for clicks, after in zip((2, 3, 4, 5, 5, 0, 1), report["after"], strict=True):
        assert after[""] == pytest.approx(expected(clicks), rel=1e-12)
        assert after["_published"]["clicks"] == 3


@needs_libreoffice
@needs_uno
def test_a_page_with_clicks_of_its_own_is_moved_where_it_is_in_view(
    workbook: Path, tmp_path: Path
) -> None:
    page = "As published"
    macros = [f"RunEpoch@{page}", f"ResetEpochs@{page}", "RunEpoch@Steps"]
    report = run_macros(workbook, tmp_path / "profile", *macros)
    assert ORIGINAL.published is not None
    published = replace(ORIGINAL.published, capacity=22)
    for clicks, after in zip((4, 0, 0), report["after"], strict=True):
        assert after["_published"] == pytest.approx(expected(clicks, published), rel=1e-12)
    assert [after[""]["clicks"] for after in report["after"]] == [1, 1, 2]


def test_all_else_is_the_workbook_without_macros(workbook: Path, tmp_path: Path) -> None:
    plain = tmp_path / "plain.xlsx"
    build_workbook(ORIGINAL, plain)
    with zipfile.ZipFile(workbook) as one, zipfile.ZipFile(plain) as other:
        assert set(one.namelist()) - set(other.namelist()) == {"xl/vbaProject.bin"}
        assert b"sheet.macroEnabled.main" in one.read("[Content_Types].xml")
        different = {name for name in other.namelist() if one.read(name) != other.read(name)}
        sheets = {name for name in different if name.startswith("xl/worksheets/sheet")}
        assert different - sheets == {
            "[Content_Types].xml", "xl/_rels/workbook.xml.rels", "xl/workbook.xml",
            "xl/drawings/drawing1.xml",
        }  # fmt: skip
        # A sheet gets the name by which the project knows it, and nothing else.
        for number in range(1, len(sheets) + 1):
            name = f"xl/worksheets/sheet{number}.xml"
            code = f' codeName="Sheet{number}"'.encode()
            assert one.read(name).replace(code, b"", 1) == other.read(name)


def test_the_buttons_cover_no_cell_and_no_chart() -> None:
    for name in shipped_names():
        pages = book_of(shipped_lesson(name).changed(capacity=None)).pages
        assert [bool(page.buttons) for page in pages] == [True] + [False] * (len(pages) - 1)
        filled = {cell.address for cell in pages[0].all_cells() if cell.value is not None}
        areas = [button.area for button in pages[0].buttons]
        areas += [chart.area for chart in pages[0].charts]
        cells = [
            Address(row, column)
            for area in areas
            for row in range(area.first.row, area.last.row + 1)
            for column in range(area.first.column, area.last.column + 1)
        ]
        assert len(cells) == len(set(cells))
        assert not filled & set(cells)


def test_same_input_gives_the_same_bytes(workbook: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.xlsm"
    build_workbook(ORIGINAL, again, macros=True)
    assert again.read_bytes() == workbook.read_bytes()
    assert build_workbook(ORIGINAL, again, macros=True).unchanged


def test_others_read_its_values(workbook: Path) -> None:
    book = openpyxl.load_workbook(workbook, data_only=True)
    assert book["As published"]["J84"].value == 2.051
    assert openpyxl.load_workbook(workbook, keep_vba=True).vba_archive is not None


def test_the_project_holds_the_macros_as_they_stand_among_the_templates(workbook: Path) -> None:
    from pyopenvba import ExcelFile  # type: ignore[import-untyped]  # noqa: PLC0415  has no types

    file = ExcelFile(workbook)
    source = file.get_module("SheetGD")
    file.close()
    assert source.endswith(macro_source())
    assert "\r\nPublic Sub ResetEpochs()\r\n" in source


def test_without_the_extra_it_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real = builtins.__import__

    def without(name: str, *arguments: Any, **others: Any) -> Any:  # noqa: ANN401  as the real one
        if name == "pyopenvba":
            raise ImportError(name)
        return real(name, *arguments, **others)

    monkeypatch.setattr(builtins, "__import__", without)
    path = tmp_path / "none.xlsm"
    assert main(["build", "parabola", "--macros", "-o", str(path)]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "pip install 'sheetgd[macros]'" in said
    assert not path.exists()


@pytest.mark.parametrize(
    ("name", "macros", "says"),
    [
        ("a.xlsx", True, "ends in .xlsm; call it a.xlsm"),
        ("a.xlsm", False, "ends in .xlsx; call it a.xlsx"),
        ("a", True, "call it a.xlsm"),
        ("a.b", False, "call it a.b.xlsx"),
    ],
)
def test_endings(tmp_path: Path, name: str, macros: bool, says: str) -> None:  # noqa: FBT001  a parameter of the test
    with pytest.raises(OutputError, match=says):
        build_workbook(ORIGINAL, tmp_path / name, macros=macros)


def test_the_command_names_the_workbook_after_what_is_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["build", "parabola", "--macros"]) == 0
    assert "parabola.xlsm" in capsys.readouterr().out
    assert (tmp_path / "outputs" / "parabola.xlsm").is_file()
