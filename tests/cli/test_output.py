"""What commands print in a real terminal: colours, charts, and bars that are wiped."""

import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sheetgd.lesson.lesson import Lesson
from sheetgd.lesson.template import shipped_lesson
from tests.support.screens import in_terminal, needs_a_terminal, seen

pytestmark = pytest.mark.filterwarnings("ignore::sheetgd.errors.DivergenceWarning")


def original(**changes: Any) -> Lesson:  # noqa: ANN401  any attribute of a lesson
    return shipped_lesson("original").changed(**changes)


@pytest.mark.slow
@needs_a_terminal
@pytest.mark.parametrize("setting", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_a_terminal_without_colours_gets_none(setting: dict[str, str]) -> None:
    _, sent = in_terminal("run", "--epochs", "10", environment=setting)
    assert "\x1b" not in sent
    assert "root_sse by epoch" in sent


@needs_a_terminal
def test_the_locale_c_gets_ascii() -> None:
    _, sent = in_terminal("run", "--epochs", "10", environment={"LANG": "C"})
    assert "root_sse by epoch" in sent
    assert sent.isascii()


@needs_a_terminal
def test_a_terminal_shows_no_chart_of_steps_or_if_there_shall_be_none() -> None:
    for given in (["--steps"], ["--no-chart"]):
        _, sent = in_terminal("run", "--epochs", "2", *given)
        assert "by epoch" not in sent
        assert "after 2 epochs" in sent


LONG = ("run", "--epochs", "2000000", "--every", "500")


@pytest.mark.slow
@needs_a_terminal
def test_long_work_shows_a_bar_on_the_error_output_and_wipes_it(tmp_path: Path) -> None:
    output = tmp_path / "log.txt"
    code, sent = in_terminal(*LONG, columns=60, output=output)
    assert code == 0
    plain = re.sub(r"\x1b\[[?\d;]+[A-Za-z]", "", sent)
    assert re.search(r"epoch [\d,]+ of 2,000,000 ━+[╸╺]?━+ +\d+% [-\d]+:[-\d]+", plain)
    assert max(map(len, re.split(r"[\r\n]", plain))) < 60
    assert seen(sent) == [""]
    piped = subprocess.run(
        [sys.executable, "-m", "sheetgd", *LONG], capture_output=True, text=True, check=True
    )
    assert piped.stderr == ""
    assert output.read_text() == piped.stdout
    assert len(piped.stdout.splitlines()) == 4002


@pytest.mark.slow
@needs_a_terminal
@pytest.mark.parametrize(
    ("setting", "given"),
    [
        ({"CI": "true"}, []),
        ({"TERM": "dumb"}, []),
        ({}, ["--quiet"]),
    ],
)
def test_no_bar_in_ci_in_a_dumb_terminal_or_if_quiet(
    tmp_path: Path, setting: dict[str, str], given: list[str]
) -> None:
    _, sent = in_terminal(*LONG, *given, environment=setting, output=tmp_path / "log.txt")
    assert sent == ""


@needs_a_terminal
def test_an_interrupted_run_leaves_no_bar_behind() -> None:
    code, sent = in_terminal("run", "--epochs", "10000000", "--every", "1000", interrupt_at="%")
    assert code == 128 + signal.SIGINT
    assert "Traceback" not in sent
    assert seen(sent) == [""]


@pytest.mark.slow
@needs_a_terminal
def test_a_build_that_is_refused_late_leaves_one_line(tmp_path: Path) -> None:
    taken = tmp_path / "taken.xlsx"
    taken.write_bytes(b"a student's work")
    code, sent = in_terminal("build", "--epochs", "600", "-o", str(taken), columns=200)
    assert code == 2
    assert re.search(r"row [\d,]+ of [\d,]+ ", sent)
    (line, rest) = seen(sent)
    assert line.startswith("sheetgd: ")
    assert "--force" in line
    assert rest == ""
    assert taken.read_bytes() == b"a student's work"
