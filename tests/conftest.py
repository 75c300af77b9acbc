"""What several test modules start from."""

from pathlib import Path

import pytest

from sheetgd.build import build_workbook
from sheetgd.template import shipped_lesson
from tests.support import profiles

collect_ignore = ["support/run_macros.py"]
"""It is a script for another Python, which has LibreOffice's module."""

profiles.register()


@pytest.fixture(scope="session")
def workbook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workbook that `sheetgd build` writes."""
    path = tmp_path_factory.mktemp("built") / "gradient_descent.xlsx"
    build_workbook(shipped_lesson("original"), path)
    return path
