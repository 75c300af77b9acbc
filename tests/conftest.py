"""What several test modules start from."""

from pathlib import Path

import pytest

from sheetgd.build import build_workbook
from sheetgd.template import shipped_lesson

collect_ignore = [f"support/{name}.py" for name in ("office", "open_in_libreoffice", "run_macros")]
"""They are for another Python, which has LibreOffice's module."""


@pytest.fixture(scope="session")
def workbook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workbook that `sheetgd build` writes."""
    path = tmp_path_factory.mktemp("built") / "gradient_descent.xlsx"
    build_workbook(shipped_lesson("original"), path)
    return path
