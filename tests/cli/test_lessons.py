"""The command lessons: a line for each, or all as JSON."""

import json

import pytest

from sheetgd.cli.main import main
from sheetgd.lesson.template import shipped_lesson, shipped_names
from tests.support.commands import printed


def test_lessons_are_listed_a_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lessons"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == shipped_names()
    assert all(len(line.split()) > 5 for line in lines)


def test_lessons_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    listed = json.loads(printed(capsys, "lessons", "--json"))
    assert [each["name"] for each in listed] == shipped_names()
    assert all(each["summary"] == shipped_lesson(each["name"]).display.summary for each in listed)
