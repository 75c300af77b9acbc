"""The README has its tour, and begins with the commands that CI runs.

That all it says works is `tests.test_documents`' to show.
"""

import doctest
from collections import Counter

import sheetgd.maths.formula
from tests.support.markdown import README, ROOT, fenced_blocks
from tests.support.walkthrough import install_and_test

BLOCKS = fenced_blocks(README.read_text(encoding="utf-8"))


def test_there_is_a_tour() -> None:
    blocks = Counter(each.language for each in BLOCKS)
    assert blocks.keys() == {"sh", "python"}
    assert blocks["sh"] > 8
    assert blocks["python"] == 1


def test_the_two_first_commands_are_the_ones_that_ci_runs() -> None:
    # They make a virtual environment and install into it, which is CI's to try for real.
    for block in install_and_test():
        assert len(block.splitlines()) == 1
        assert block.startswith("python3 -m venv .venv && .venv/bin/python -m pip install ")
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "readme_command 1" in script
    assert "readme_command 2" in script


def test_doctests_are_collected_somewhere() -> None:
    finder = doctest.DocTestFinder()
    assert sum(len(each.examples) for each in finder.find(sheetgd.maths.formula)) > 5
