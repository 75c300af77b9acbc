"""The command build: what it writes and says, and what it leaves alone."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sheetgd.cli.main import main
from sheetgd.lesson.template import shipped_lesson
from sheetgd.web.page import page_of
from sheetgd.xlsx.write import build_workbook
from tests.support.commands import printed, refused


def test_build_writes_and_says_what_and_where(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["build"]) == 0
    out = capsys.readouterr().out
    assert Path("outputs/gradient_descent.xlsx").is_file()
    assert out.splitlines()[0] == str(Path("outputs/gradient_descent.xlsx"))
    assert "20 data rows, 5 epochs run, room for 50" in out
    assert "As published" in out
    assert main(["build"]) == 0
    assert "already there, unchanged" in capsys.readouterr().out
    assert [path.name for path in Path("outputs").iterdir()] == ["gradient_descent.xlsx"]


def test_build_never_replaces_a_different_file_unasked(
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = Path("mine.xlsx")
    path.write_bytes(b"a student's work")
    assert "--force" in refused(capsys, "build", "parabola", "-o", "mine.xlsx")
    assert path.read_bytes() == b"a student's work"
    assert [each.name for each in Path().iterdir()] == ["mine.xlsx"]
    assert main(["build", "parabola", "-o", "mine.xlsx", "--force"]) == 0
    assert path.read_bytes().startswith(b"PK")


@pytest.mark.slow
def test_more_rows_than_a_sheet_holds(capsys: pytest.CaptureFixture[str]) -> None:
    rows = "".join(f"{row},{row}\n" for row in range(1_048_500))
    Path("long.csv").write_text("x,y\n" + rows)
    given = ("--data", "long.csv", "--learn", "1e-13")
    assert "a worksheet holds 1,048,576" in refused(capsys, "build", *given)
    assert not Path("outputs").exists()


def test_a_folder_that_cannot_be_made_or_written(capsys: pytest.CaptureFixture[str]) -> None:
    Path("file").write_text("not a folder")
    assert "cannot be written" in refused(capsys, "build", "parabola", "-o", "file/book.xlsx")
    Path("book.xlsx").mkdir()
    assert "that is a folder" in refused(capsys, "build", "parabola", "-o", "book.xlsx")


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="this user may write anywhere"
)
def test_a_folder_without_permission(capsys: pytest.CaptureFixture[str]) -> None:
    Path("locked").mkdir(mode=0o500)
    assert "cannot be written to" in refused(capsys, "build", "-o", "locked/book.xlsx")


def test_building_needs_no_pandas() -> None:
    code = (
        "import sys\nfrom sheetgd.cli.main import main\n"
        "assert main(['build']) == 0\nassert 'pandas' not in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", ["parabola", "quadratic"])
def test_a_shipped_lesson_is_built_under_its_name(
    capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert main(["build", name]) == 0
    assert capsys.readouterr().out.splitlines()[0] == str(Path(f"outputs/{name}.xlsx"))
    assert Path(f"outputs/{name}.xlsx").is_file()


def test_build_can_be_quiet_and_speak_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys, "build", "parabola", "--quiet") == ""
    path = Path("outputs/parabola.xlsx")
    assert path.is_file()
    document = json.loads(printed(capsys, "build", "parabola", "--json"))
    built = build_workbook(shipped_lesson("parabola"), path)
    assert document["path"] == str(path)
    assert document["unchanged"] is True
    assert document["pages"] == list(built.pages)
    assert document["formulas"] == built.formulas
    assert document["lesson"]["title"] == shipped_lesson("parabola").display.title
    assert [each["path"] for each in document["files"]] == [str(path)]


def test_a_workbook_and_a_page_in_one_go(capsys: pytest.CaptureFixture[str]) -> None:
    given = ("build", "parabola", "-o", "a.xlsx", "-o", "a.html")
    said = printed(capsys, *given).splitlines()
    assert [line for line in said if not line.startswith(" ")] == ["a.xlsx", "a.html"]
    assert Path("a.html").read_text(encoding="utf-8") == page_of(shipped_lesson("parabola"))
    build_workbook(shipped_lesson("parabola"), "b.xlsx")
    assert Path("a.xlsx").read_bytes() == Path("b.xlsx").read_bytes()
    document = json.loads(printed(capsys, *given, "--json"))
    assert document["path"] == "a.xlsx"
    book, page = document["files"]
    assert book["formulas"] == document["formulas"]
    assert page == {"path": "a.html", "unchanged": True}
    document = json.loads(printed(capsys, "build", "parabola", "-o", "c.html", "--json"))
    assert document["files"] == [{"path": "c.html", "unchanged": False}]


def test_what_is_wrong_with_one_file_stops_both(capsys: pytest.CaptureFixture[str]) -> None:
    for given, says in (
        (("-o", "a.html", "-o", "a.pdf"), "a.pdf: a workbook's name ends in .xlsx"),
        (("-o", "a.html", "-o", "a.html"), "a.html: it is named twice"),
        (("-o", "a.html", "--compress", "small"), "--compress is for a workbook"),
    ):
        assert says in refused(capsys, "build", "parabola", *given)
    assert not [*Path().iterdir()]


def test_a_changed_page_stays_unless_forced(capsys: pytest.CaptureFixture[str]) -> None:
    path = Path("a.html")
    path.write_text("mine")
    assert "--force" in refused(capsys, "build", "parabola", "-o", "a.html")
    assert path.read_text() == "mine"
    printed(capsys, "build", "parabola", "-o", "a.html", "--force")
    assert path.read_text(encoding="utf-8") == page_of(shipped_lesson("parabola"))
