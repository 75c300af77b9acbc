"""The README has its tour, and begins with the commands that CI runs.

That all it says works is `tests.documents.test_documents`' to show.
"""

import doctest
import re
from collections import Counter

import sheetgd.expression.excel
from tests.support.markdown import README, ROOT, fenced_blocks
from tests.support.walkthrough import install_and_test

MAKEFILE = ROOT / "Makefile"
BLOCKS = fenced_blocks(README.read_text(encoding="utf-8"))


def test_there_is_a_tour() -> None:
    blocks = Counter(each.language for each in BLOCKS)
    assert blocks.keys() == {"sh", "python"}
    assert blocks["sh"] > 4
    assert blocks["python"] == 1


def test_the_two_first_commands_are_the_ones_that_ci_runs() -> None:
    # They make a virtual environment and install into it, which is CI's to try for real.
    for block in install_and_test():
        assert len(block.splitlines()) == 1
        assert block.startswith("python3 -m venv .venv && .venv/bin/python -m pip install ")
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "readme_command 1" in script
    assert "readme_command 2" in script


def test_it_is_short_and_shows_the_page_beside_the_sheet() -> None:
    text = README.read_text(encoding="utf-8")
    assert len(text.splitlines()) < 165
    assert text.count("![") == 2


def test_the_contributors_page_begins_with_what_to_run() -> None:
    path = ROOT / "CONTRIBUTING.md"
    text = path.read_text(encoding="utf-8")
    first = fenced_blocks(text)[0].text
    assert len(first.splitlines()) <= 10
    named = re.findall(r"^make ([\w-]+)", first, re.MULTILINE)
    assert {"check", "check-all"} <= set(named) <= targets()


def targets() -> set[str]:
    """What can be made."""
    return set(re.findall(r"^([\w-]+):", MAKEFILE.read_text(encoding="utf-8"), re.MULTILINE))


def test_every_robot_calls_what_a_person_calls() -> None:
    workflow = (ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8")
    runs = re.findall(r"^ +- run: (.*)$", workflow, re.MULTILINE)
    assert runs == ["make install", "make check", ".ci/run"]
    hooks = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    entries = re.findall(r"^ +entry: (.*)$", hooks, re.MULTILINE)
    assert entries == ["make lint", "make types"]
    script = (ROOT / ".ci/run").read_text(encoding="utf-8")
    assert {"ours test-rest", "ours lint types docs"} <= {
        each.strip() for each in script.split("\n")
    }
    assert {"install", "check", "lint", "types", "docs", "test-rest"} <= targets()


def test_the_quick_tests_are_there() -> None:
    named = re.findall(r"tests/[\w/.]+", MAKEFILE.read_text(encoding="utf-8"))
    assert len(named) > 3
    assert not [each for each in named if not (ROOT / each).exists()]


def test_doctests_are_collected_somewhere() -> None:
    finder = doctest.DocTestFinder()
    assert sum(len(each.examples) for each in finder.find(sheetgd.expression.excel)) > 5
