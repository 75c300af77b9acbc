"""What several test modules start from."""

from pathlib import Path

import pytest

from sheetgd.build import build_workbook
from sheetgd.template import shipped_lesson
from tests.support import profiles
from tests.support.engines import LIGHT

collect_ignore = [
    f"support/{name}.py" for name in ("office", "open_in_libreoffice", "click_in_libreoffice")
]
"""They are for another Python, which has LibreOffice's module."""

profiles.register()


@pytest.fixture(scope="session")
def workbook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workbook that `sheetgd build` writes."""
    path = tmp_path_factory.mktemp("built") / "gradient_descent.xlsx"
    build_workbook(shipped_lesson("original"), path)
    return path


@pytest.fixture(scope="session")
def light_workbook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with room for fewer epochs, for engines to compute again and again."""
    path = tmp_path_factory.mktemp("light") / "gradient_descent.xlsx"
    build_workbook(LIGHT, path)
    return path
