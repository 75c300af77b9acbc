"""The command new: a template that builds as it stands."""

from pathlib import Path

import pytest

from sheetgd.cli.main import main
from tests.support.commands import refused


def test_a_new_template_builds_as_it_stands(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new", "tea"]) == 0
    assert "sheetgd build tea.toml" in capsys.readouterr().out
    assert main(["build", "tea.toml"]) == 0
    assert "outputs/tea.xlsx" in capsys.readouterr().out
    Path("tea.toml").write_text("mine")
    assert "--force" in refused(capsys, "new", "tea")
    assert Path("tea.toml").read_text() == "mine"
    assert main(["new", "more/tea.toml", "--force"]) == 0
    assert Path("more/tea.toml").is_file()
