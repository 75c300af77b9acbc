"""Programs of other hands that tests open workbooks in: the mark `engines`, and what it asks for.

A test with that mark is left out unless all tests are asked for. It is skipped where a program
that the mark names is missing, except where none may be: with ``CI=true``.
"""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path

import pytest

from sheetgd.reading import recalculate

# LibreOffice's module uno is for the system's own Python.
SYSTEM_PYTHON = "/usr/bin/python3"

MODULES = "SHEETGD_NODE_MODULES"
"""Where the packages are that `.ci/run` has npm install: JavaScript readers and a validator."""

needs_libreoffice = pytest.mark.engines("libreoffice")
needs_uno = pytest.mark.engines("uno")
needs_window = pytest.mark.engines("window")
needs_gnumeric = pytest.mark.engines("gnumeric")
needs_node_modules = pytest.mark.engines("node", "modules")

_now = {"marked": True}


def required() -> bool:
    """Whether a program that is missing is a failure."""
    return os.environ.get("CI") == "true"


def missing(programs: Iterable[str]) -> str | None:
    """What is said of the first of some programs that is missing where it may be."""
    if required():
        return None
    return next((said for each in programs if (said := _missing(each))), None)


def begin(*, marked: bool) -> None:
    """Note whether the test that now begins has the mark."""
    _now["marked"] = marked


def check_marked() -> None:
    """Fail where a test opens a workbook in another program and is not marked so."""
    assert _now["marked"], "a test that opens a workbook in another program is marked `engines`"


def _missing(program: str) -> str | None:
    there, said = _PROGRAMS[program]
    return None if there() else said


@cache
def _has_uno() -> bool:
    if shutil.which(SYSTEM_PYTHON) is None:
        return False
    tried = subprocess.run([SYSTEM_PYTHON, "-c", "import uno"], capture_output=True, check=False)
    return tried.returncode == 0


def _has_window() -> bool:
    """Whether LibreOffice can show a window here, on a screen that nobody sees."""
    program = recalculate.find_libreoffice()
    tools = ("Xvfb", "xdotool", "import")
    if program is None or any(shutil.which(each) is None for each in tools):
        return False
    return any(Path(program).resolve().parent.glob("libvclplug_gen*"))


_PROGRAMS: Mapping[str, tuple[Callable[[], bool], str]] = {
    "libreoffice": (
        lambda: recalculate.find_libreoffice() is not None,
        "LibreOffice is not installed on this machine",
    ),
    "uno": (_has_uno, "LibreOffice's Python module uno is not installed"),
    "window": (
        _has_window,
        "there is no LibreOffice with a window, no Xvfb, no xdotool, or no ImageMagick",
    ),
    "gnumeric": (
        lambda: shutil.which("ssconvert") is not None,
        "Gnumeric's ssconvert is not installed on this machine",
    ),
    "node": (lambda: shutil.which("node") is not None, "Node is not installed on this machine"),
    "modules": (
        lambda: MODULES in os.environ,
        f"{MODULES} does not say where the packages are that .ci/run has npm install",
    ),
    "chromium": (
        lambda: all(map(shutil.which, ("chromium", "chromedriver"))),
        "Chromium and its chromedriver are not installed on this machine",
    ),
    "firefox": (
        lambda: shutil.which("firefox-esr") is not None,
        "Firefox is not installed on this machine",
    ),
}
"""Of each program, whether it is there, and what is said where it is not."""
