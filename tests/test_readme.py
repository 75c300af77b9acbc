"""Every command and example of the README runs."""

import doctest
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import sheetgd.maths.formula

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
SHELL = [text for language, text in BLOCKS if language == "sh"]
PYTHON = [text for language, text in BLOCKS if language == "python"]
INSTALL, TEST = SHELL[:2]
TOUR = [line for text in SHELL[2:] for line in text.splitlines()]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for the whole tour: later commands use what earlier ones wrote."""
    return tmp_path_factory.mktemp("tour")


def test_there_is_a_tour() -> None:
    assert len(TOUR) > 8
    assert len(PYTHON) == 1
    assert {language for language, _ in BLOCKS} == {"sh", "python"}


def test_the_two_first_commands_are_the_ones_that_ci_runs() -> None:
    # They make a virtual environment and install into it, which is CI's to try for real.
    for block in (INSTALL, TEST):
        assert len(block.splitlines()) == 1
        assert block.startswith("python3 -m venv .venv && .venv/bin/python -m pip install ")
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "readme_command 1" in script
    assert "readme_command 2" in script


@pytest.mark.parametrize("command", TOUR)
def test_the_tour(folder: Path, command: str) -> None:
    programs = Path(sys.executable).parent
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(  # noqa: S602  as a reader types it
        command,
        shell=True,
        cwd=folder,
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("example", PYTHON)
def test_the_python_example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, example: str) -> None:
    monkeypatch.chdir(tmp_path)
    scope: dict[str, object] = {}
    exec(compile(example, "README.md", "exec"), scope)  # noqa: S102  our own README
    assert (tmp_path / "mine.xlsx").is_file()


def test_every_option_is_in_the_help_and_no_other_is_in_the_readme() -> None:
    named = set(re.findall(r"(?<![\w-])--[a-z]+", README))
    helps = ""
    for command in ("build", "run", "sweep", "compare"):
        helps += subprocess.run(
            [sys.executable, "-m", "sheetgd", command, "--help"],
            capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
    offered = set(re.findall(r"--[a-z]+", helps))
    assert named <= offered, named - offered


def test_doctests_are_collected_somewhere() -> None:
    finder = doctest.DocTestFinder()
    assert sum(len(each.examples) for each in finder.find(sheetgd.maths.formula)) > 5
