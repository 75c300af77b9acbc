"""The same input gives the same file, wherever it is made, and the file tells what made it.

`tests.support.same_bytes` compares Pythons, each in an environment of its own.
"""

import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree as ET

import openpyxl
import pytest

import sheetgd
from sheetgd.cli.main import main
from sheetgd.lesson.template import shipped_lesson
from sheetgd.plot.picture import draw_picture
from sheetgd.sheets.book import book_of
from sheetgd.xlsx.shell import shell_of
from sheetgd.xlsx.write import build_workbook
from sheetgd.xlsx.xml import DRAWING, canonical
from tests.support import same_bytes
from tests.support.given import lesson_of
from tests.support.samples import chunks

ROOT = Path(__file__).resolve().parents[1]
SMALL = lesson_of(x=(1, 2, 4), y=(1.5, 2.25, 2), start=(0, 0), capacity=2, epochs=1)

LOCALISED = (
    "import locale, sys\n"
    "locale.setlocale(locale.LC_ALL, 'de_DE.UTF-8')\n"
    "assert locale.localeconv()['decimal_point'] == ','\n"
    "from sheetgd.cli.main import run_and_exit\n"
    "run_and_exit()\n"
)
"""The command in a process where C prints numbers with a comma."""


@pytest.fixture(scope="module")
def german(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What to set so that there is a locale with a decimal comma."""
    folder = tmp_path_factory.mktemp("locales")
    command = ["localedef", "-i", "de_DE", "-f", "UTF-8", str(folder / "de_DE.UTF-8")]
    try:
        done = subprocess.run(command, capture_output=True, check=False).returncode
    except OSError:
        done = 1
    if done:
        pytest.skip("the locale de_DE cannot be made here")
    return {"LOCPATH": str(folder), "LC_ALL": "de_DE.UTF-8"}


def build(folder: Path, before: list[str], mask: int, **environment: str) -> bytes:
    path = folder / "again.xlsx"
    done = subprocess.run(
        [sys.executable, *before, "build", "-o", path.name],
        env=os.environ | environment,
        cwd=folder,
        umask=mask,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return path.read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mask", "setting"),
    [
        (0o022, {"OPENPYXL_LXML": "False", "PYTHONHASHSEED": "1"}),
        (0o077, {"LC_ALL": "C", "TZ": "Asia/Tokyo", "PYTHONOPTIMIZE": "2", "PYTHONHASHSEED": "2"}),
    ],
)
def test_a_workbook_is_the_same_wherever_it_is_built(
    workbook: Path, tmp_path: Path, mask: int, setting: dict[str, str]
) -> None:
    assert build(tmp_path, ["-m", "sheetgd"], mask, **setting) == workbook.read_bytes()


@pytest.mark.slow
def test_a_decimal_comma_is_no_matter(
    workbook: Path, tmp_path: Path, german: dict[str, str]
) -> None:
    found = build(tmp_path, ["-c", LOCALISED], 0o022, TZ="America/St_Johns", **german)
    assert found == workbook.read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize(
    "make",
    [
        lambda path: build_workbook(SMALL, path.with_suffix(".xlsx")),
        lambda path: draw_picture(shipped_lesson("parabola"), path.with_suffix(".png"), kind="fit"),
        lambda path: draw_picture(
            shipped_lesson("parabola"), path.with_suffix(".svg"), kind="curves"
        ),
    ],
    ids=["xlsx", "png", "svg"],
)
def test_the_hour_is_no_matter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[[Path], object]
) -> None:
    make(tmp_path / "now")
    now = sys.modules["time"].time()
    monkeypatch.setattr("time.time", lambda: now + 400 * 24 * 3600)
    make(tmp_path / "later")
    one, other = sorted(tmp_path.iterdir())
    assert one.stem != other.stem
    assert one.read_bytes() == other.read_bytes()


def test_parts_are_spelt_as_the_standard_has_it() -> None:
    book = book_of(shipped_lesson("parabola"))
    with zipfile.ZipFile(BytesIO(shell_of(book).archive)) as archive:
        parts = [archive.read(name) for name in archive.namelist()]
    awkward = "<n:b n:x='&#10;' a='&amp;&#9;&quot;'>&gt;\xe9</n:b><c xml:space=''/>"
    parts.append(f"<a xmlns='u' xmlns:n='v'>\r\n{awkward}</a>".encode())
    drawings = [part for part in parts if DRAWING.encode() in part]
    for part in parts:
        text = canonical(part)
        if part in drawings:
            assert text.startswith(f'<xdr:wsDr xmlns:xdr="{DRAWING}">')
            text = text.replace("xdr:", "").replace("xmlns:xdr=", "xmlns=")
        assert text == ET.canonicalize(part.decode())
    assert 0 < len(drawings) < len(parts)


def test_two_files_that_differ_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = {"3.11": {"a": "1", "b": "2"}, "3.12": {"a": "1", "b": "3"}}
    monkeypatch.setattr(sys, "argv", ["same_bytes", str(tmp_path)])
    monkeypatch.setattr(same_bytes, "python", lambda version: version if version in made else None)
    monkeypatch.setattr(same_bytes, "build_all", lambda _, version, *__: made[version])
    assert same_bytes.main() == 1
    said = capsys.readouterr().out
    assert "DIFFERENT: b\n" in said
    assert "DIFFERENT: a\n" not in said
    assert "NOT COMPARED: no Python 3.13" in said
    made["3.12"] = made["3.11"]
    assert same_bytes.main() == 0
    # One alone has nothing to be compared with.
    del made["3.12"]
    assert same_bytes.main() == 1


# What made it


def test_a_workbook_tells_what_made_it(workbook: Path) -> None:
    version = sheetgd.__version__
    assert re.fullmatch(r"\d+\.\d+\.\d+", version)
    book = openpyxl.load_workbook(workbook)
    assert (book.properties.creator, book.properties.version) == ("sheetgd", version)
    guide = [cell.value for row in book["Guide"].iter_rows() for cell in row if cell.value]
    assert guide[-1] == f"Made by sheetgd {version}"
    with zipfile.ZipFile(workbook) as archive:
        root = ET.fromstring(archive.read("docProps/app.xml"))  # noqa: S314  our own file
    told = {each.tag.rpartition("}")[2]: each.text for each in root}
    assert told["Application"] == f"Microsoft Excel Compatible / sheetgd {version}"


@pytest.mark.slow
def test_a_workbook_of_another_version_is_another_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "small.xlsx"
    assert not build_workbook(SMALL, path).unchanged
    assert build_workbook(SMALL, path).unchanged
    monkeypatch.setattr("sheetgd.xlsx.shell.__version__", "9.9.9")
    with pytest.raises(sheetgd.SheetgdError, match="force=True"):
        build_workbook(SMALL, path)


def test_a_picture_tells_what_made_it(tmp_path: Path) -> None:
    lesson, maker = shipped_lesson("parabola"), f"sheetgd {sheetgd.__version__}"
    png = draw_picture(lesson, tmp_path / "fit.png", kind="fit").path.read_bytes()
    assert (b"tEXt", f"Software\0{maker}".encode()) in chunks(png)
    svg = draw_picture(lesson, tmp_path / "fit.svg", kind="fit").path.read_text(encoding="utf-8")
    assert f"<dc:title>{maker}</dc:title>" in svg


def test_the_command_tells_its_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["--version"])
    assert end.value.code == 0
    assert capsys.readouterr().out == f"sheetgd {sheetgd.__version__}\n"
