"""What several test modules start from."""

from pathlib import Path

import pytest

from sheetgd.lesson.template import shipped_lesson
from tests.support import built, profiles
from tests.support.engines import LIGHT

collect_ignore = [
    f"support/{name}.py" for name in ("office", "open_in_libreoffice", "click_in_libreoffice")
]
"""They are for another Python, which has LibreOffice's module."""

profiles.register()


@pytest.fixture(scope="session")
def workbook() -> Path:
    """The workbook that `sheetgd build` writes."""
    return built.workbook(shipped_lesson("original"))


@pytest.fixture(scope="session")
def light_workbook() -> Path:
    """The same with room for fewer epochs, for engines to compute again and again."""
    return built.workbook(LIGHT)
