"""What several test modules start from, and which tests are left out."""

from collections import Counter
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

import pytest

from sheetgd.lesson.template import shipped_lesson
from tests.support import built, profiles, programs
from tests.support.engines import LIGHT

collect_ignore = [
    f"support/{name}.py" for name in ("office", "open_in_libreoffice", "click_in_libreoffice")
]
"""They are for another Python, which has LibreOffice's module."""

MARKS = {"engines": "of other engines", "slow": "slow"}
"""The marks of tests that are left out unless they are asked for, and what is said of these."""

_LEFT_OUT = pytest.StashKey[Counter[str]]()

profiles.register()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_LEFT_OUT] = Counter()


def pytest_deselected(items: Sequence[pytest.Item]) -> None:
    for item in items:
        mark = next((each for each in MARKS if item.get_closest_marker(each)), None)
        if mark is not None:
            item.config.stash[_LEFT_OUT][mark] += 1


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> Generator[None, None, None]:
    left_out = session.config.stash[_LEFT_OUT]
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["left_out"] = dict(left_out)
    yield
    terminal = session.config.pluginmanager.getplugin("terminalreporter")
    left_out = session.config.stash[_LEFT_OUT]
    if left_out and terminal is not None:
        told = " and ".join(f"{left_out[each]} {said}" for each, said in MARKS.items())
        terminal.write_line(f"{told} tests were left out: python -m pytest -m '' runs all")


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:  # noqa: ANN401  xdist has no type for it
    # Every worker has left out the same.
    output = getattr(node, "workeroutput", {})
    node.config.stash[_LEFT_OUT] = Counter(output.get("left_out", {}))


def pytest_runtest_setup(item: pytest.Item) -> None:
    wanted = [each for mark in item.iter_markers("engines") for each in mark.args]
    if (said := programs.missing(wanted)) is not None:
        pytest.skip(said)
    programs.begin(marked=item.get_closest_marker("engines") is not None)


@pytest.fixture(scope="session")
def workbook() -> Path:
    """The workbook that `sheetgd build` writes."""
    return built.workbook(shipped_lesson("original"))


@pytest.fixture(scope="session")
def light_workbook() -> Path:
    """The same with room for fewer epochs, for engines to compute again and again."""
    return built.workbook(LIGHT)
