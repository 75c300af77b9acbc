"""The command compare: the same, different, or trouble."""

import json
import shutil
from pathlib import Path

import pytest

from sheetgd.cli.main import main
from tests.support.commands import refused
from tests.support.engines import change


def test_compare_says_the_same_different_or_trouble(
    workbook: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "no such file" in refused(capsys, "compare")
    Path("outputs").mkdir()
    shutil.copyfile(workbook, "outputs/gradient_descent.xlsx")
    assert main(["compare"]) == 0
    text = capsys.readouterr().out
    assert "269 cells compared: 269 equal, 0 different" in text
    assert "finite differences" in text.splitlines()[-1]
    changed = Path("changed.xlsx")
    place = ("As published", "H95")
    change(Path("outputs/gradient_descent.xlsx"), changed, {place: 99.0})
    assert main(["compare", "changed.xlsx", "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert report["same"] is False
    (difference,) = report["differences"]
    assert (difference["sheet"], difference["address"]) == place
    assert (difference["expected"], difference["found"]) == ("12", 99.0)
    assert main(["compare", "--against", "changed.xlsx"]) == 1
    assert "H95: descent err_m1, row 6: expected 99, found 1" in capsys.readouterr().out
    Path("own.csv").write_text("x,y\n1,2\n2,3\n")
    assert main(["build", "--data", "own.csv", "--epochs", "1", "--capacity", "5"]) == 0
    capsys.readouterr()
    assert 'no page "As published"' in refused(capsys, "compare", "outputs/own.xlsx")
