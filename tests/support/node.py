"""Tests that need Node: skipped where there is none, except where there must be one."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.libreoffice import REQUIRED

needs_node = pytest.mark.skipif(
    shutil.which("node") is None and not REQUIRED,
    reason="Node is not installed on this machine",
)

MODULES = "SHEETGD_NODE_MODULES"
"""Where the packages are that `.ci/run` has npm install: JavaScript readers and a validator."""

needs_node_modules = pytest.mark.skipif(
    MODULES not in os.environ and not REQUIRED,
    reason=f"{MODULES} does not say where the packages are that .ci/run has npm install",
)


def modules() -> Path:
    """The folder of the packages."""
    return Path(os.environ[MODULES])


def node(*command: str | Path, codes: tuple[int, ...] = (0,)) -> str:
    """Run a script of Node's; returns what it prints."""
    done = subprocess.run(["node", *command], capture_output=True, text=True, check=False)
    assert done.returncode in codes, done.stderr
    return done.stdout
