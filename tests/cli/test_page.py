"""The command page: the short way to a lesson's page."""

import json
from pathlib import Path

import pytest

from sheetgd.lesson.template import shipped_lesson
from sheetgd.web.page import page_of
from tests.support.commands import printed, refused


def test_a_page_is_named_after_its_lesson(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys, "page").splitlines()[0] == str(Path("outputs/gradient_descent.html"))
    path = Path("outputs/parabola.html")
    said = printed(capsys, "page", "parabola", "--epochs", "7").splitlines()
    assert said[0] == str(path)
    assert said[1].startswith("  1 data row; open it in any browser")
    lesson = shipped_lesson("parabola").changed(epochs=7)
    assert path.read_text(encoding="utf-8") == page_of(lesson)
    assert "unchanged" in printed(capsys, "page", "parabola", "--epochs", "7")


def test_quiet_and_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys, "page", "parabola", "-o", "a.html", "-q") == ""
    document = json.loads(printed(capsys, "page", "parabola", "-o", "a.html", "--json"))
    assert (document["path"], document["unchanged"]) == ("a.html", True)
    assert document["lesson"]["title"] == shipped_lesson("parabola").display.title


def test_other_endings_and_other_files_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert "call it a.pdf.html" in refused(capsys, "page", "-o", "a.pdf")
    Path("a.html").write_text("mine")
    assert "--force" in refused(capsys, "page", "-o", "a.html")
    assert Path("a.html").read_text() == "mine"
