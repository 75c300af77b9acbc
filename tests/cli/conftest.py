"""Commands are tried in an empty folder, and not told what the terminal of these tests is."""

from pathlib import Path

import pytest

from tests.support.screens import DECISIVE


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in DECISIVE:
        monkeypatch.delenv(name, raising=False)
