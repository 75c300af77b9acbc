"""Which tests are left out, and that this is said."""

import subprocess
import sys

import pytest

from tests.support.markdown import ROOT


@pytest.mark.slow
def test_the_last_line_says_what_was_left_out() -> None:
    few = "tests/expression/test_sheet_cells.py"
    command = [sys.executable, "-m", "pytest", "-n", "1", "-p", "no:cacheprovider", few]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == (
        "4 of other engines and 0 slow tests were left out: python -m pytest -m '' runs all"
    )
