"""Tests that need Node: skipped where there is none, except where there must be one."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.programs import MODULES, check_marked, required

needs_node = pytest.mark.skipif(
    shutil.which("node") is None and not required(),
    reason="Node is not installed on this machine",
)


def modules() -> Path:
    """The folder of the packages."""
    check_marked()
    return Path(os.environ[MODULES])


def node(*command: str | Path, codes: tuple[int, ...] = (0,)) -> str:
    """Run a script of Node's; returns what it prints."""
    done = subprocess.run(["node", *command], capture_output=True, text=True, check=False)
    assert done.returncode in codes, done.stderr
    return done.stdout
