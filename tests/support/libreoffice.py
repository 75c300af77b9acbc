"""Tests that need LibreOffice: skipped where there is none, except where there must be one."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from sheetgd.reading.recalculate import find_libreoffice

REQUIRED = os.environ.get("CI") == "true"

needs_libreoffice = pytest.mark.skipif(
    find_libreoffice() is None and not REQUIRED,
    reason="LibreOffice is not installed on this machine",
)

# LibreOffice's module uno is for the system's own Python.
_SYSTEM_PYTHON = "/usr/bin/python3"
_ROOT = Path(__file__).resolve().parents[2]


def _has_uno() -> bool:
    if shutil.which(_SYSTEM_PYTHON) is None:
        return False
    tried = subprocess.run([_SYSTEM_PYTHON, "-c", "import uno"], capture_output=True, check=False)
    return tried.returncode == 0


needs_uno = pytest.mark.skipif(
    not REQUIRED and not _has_uno(), reason="LibreOffice's Python module uno is not installed"
)


def _has_window() -> bool:
    """Whether LibreOffice can show a window here, on a screen that nobody sees."""
    program = find_libreoffice()
    tools = ("Xvfb", "xdotool", "import")
    if program is None or any(shutil.which(each) is None for each in tools):
        return False
    return any(Path(program).resolve().parent.glob("libvclplug_gen*"))


needs_window = pytest.mark.skipif(
    not _has_window(),
    reason="there is no LibreOffice with a window, no Xvfb, no xdotool, or no ImageMagick",
)


def with_system_python(script: str, *arguments: str) -> str:
    """Run one of the scripts here that drive LibreOffice; returns what it prints."""
    command = [_SYSTEM_PYTHON, "-m", f"tests.support.{script}", *arguments]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        command, stdout=subprocess.PIPE, text=True, check=True, timeout=500,
        cwd=_ROOT, env=environment,
    ).stdout  # fmt: skip
