"""The command sweep: its table, its files, and the workbook beside them."""

import json
import subprocess
import sys
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

import sheetgd
from sheetgd.cli.main import main
from sheetgd.cli.sweep import largest_line
from sheetgd.engine.sweep import rates_of
from sheetgd.lesson.template import shipped_lesson
from tests.support import engines
from tests.support.screens import in_terminal

ORIGINAL = shipped_lesson("original")


def sweep_printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    capsys.readouterr()
    assert main(["sweep", *arguments]) == 0
    return capsys.readouterr().out


def test_the_table_has_the_library_s_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    out = sweep_printed(capsys, "--learn", "1e-6:1e-2:5", "--epochs", "9", "--no-workbook")
    found = sheetgd.sweep(ORIGINAL, rates_of("1e-6:1e-2:5"), 9)
    header, *lines = out.splitlines()
    assert header.split() == ["learn", "verdict", "best", "root_sse", "after", "9", "lowest",
                              "root_sse", "at", "epoch"]  # fmt: skip
    # The points lie on the line m 2, b 30.
    best = "best fit: m 2, b 30, root_sse 0"
    assert lines[5:] == [largest_line(found), found.advice, best]
    for line, trial in zip(lines, found.trials, strict=False):
        assert trial.lowest is not None
        expected = [
            trial.rate,
            trial.metric_values[-1],
            trial.metric_values[trial.lowest],
            trial.lowest,
        ]
        words = line.replace(str(trial.verdict), "").replace("best", "").split()
        assert [float(word) for word in words] == pytest.approx(expected, rel=1e-9)
        assert str(trial.verdict) in line
        assert ("best" in line) == (trial is found.best)
    assert out.isascii()
    assert not list(Path().iterdir())
    quiet = sweep_printed(capsys, "--learn", "1e-6:1e-2:5", "--epochs", "9", "--no-workbook", "-q")
    assert quiet.splitlines() == lines[5:]


@pytest.mark.engines
def test_table_json_csv_workbook_and_library_tell_the_same(
    capsys: pytest.CaptureFixture[str],
) -> None:
    given = ["quadratic", "--learn", "1e-7:1e-3:5", "--epochs", "12", "--csv", "rates.csv"]
    document = json.loads(sweep_printed(capsys, *given, "--json"))
    lesson = shipped_lesson("quadratic")
    found = sheetgd.sweep(lesson, rates_of("1e-7:1e-3:5"), 12)
    assert document["epochs"] == 12
    assert document["metric"] == {"name": "mse", "start": found.start}
    assert document["largest_stable_rate"] == found.largest
    assert found.best is not None
    assert document["best"] == {"learn": found.best.rate, "last": found.best.metric_values[-1]}
    assert document["advice"] == found.advice
    for record, trial in zip(document["rates"], found.trials, strict=True):
        assert record["learn"] == trial.rate
        assert record["verdict"] == trial.verdict
        assert record["best"] == (trial is found.best)
        assert record["last"] == trial.metric_values[-1]
        assert list(record["parameters"].values()) == list(trial.states[-1])
    for epoch, record in enumerate(document["log"]):
        assert record["metric"] == [trial.metric_values[epoch] for trial in found.trials]
    kept = pd.read_csv("rates.csv")
    assert kept["mse"].tolist() == pytest.approx(found.table()["mse"].tolist(), rel=1e-15)
    path = Path("outputs/quadratic_sweep.xlsx")
    assert document["workbook"] == str(path)
    # An engine of other hands computes the workbook afresh.
    values = engines.formualizer(path, {})
    inputs = openpyxl.load_workbook(path)
    assert inputs.sheetnames[0] == "Learning rates"
    sheet = inputs["Learning rates"]
    for row, record in enumerate(document["rates"], start=8):
        assert sheet.cell(row, 2).value == record["learn"]
        assert values["Learning rates", f"C{row}"] == record["verdict"]
        assert values["Learning rates", f"D{row}"] == ("best" if record["best"] else "")
        assert values["Learning rates", f"E{row}"] == pytest.approx(record["last"], rel=1e-9)
        assert values["Learning rates", f"F{row}"] == pytest.approx(record["lowest"], rel=1e-9)
        assert values["Learning rates", f"G{row}"] == record["lowest_epoch"]
        assert values["Learning rates", f"H{row}"] == pytest.approx(record["move_ratio"], rel=1e-9)
    for row, record in enumerate(document["log"], start=9):
        cells = [values["Rates epochs", f"{letter}{row}"] for letter in "CDEFG"]
        assert cells == pytest.approx(record["metric"], rel=1e-9)
    assert {"rates", "log"}.isdisjoint(
        json.loads(sweep_printed(capsys, *given, "--json", "-q", "--no-workbook"))
    )


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "sheetgd", "sweep", *arguments],
        capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--learn", "1:2"], "such as 1e-6:1e-2:25"),
        (["--epochs", "1"], "2 or more"),
        (["--no-workbook", "-o", "x.xlsx"], "leave out one of the two"),
        (["-o", "x.csv"], "ends in .xlsx"),
        (["--learn", "1e-9:1:200", "--epochs", "900"], "build no workbook"),
        (["nonsense"], "'nonsense' is not known"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(arguments: list[str], message: str) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""
    assert not list(Path().iterdir())


@pytest.mark.slow
def test_a_different_workbook_is_not_overwritten() -> None:
    given = ["parabola", "--learn", "0.1,0.2", "--epochs", "3"]
    assert run(*given).returncode == 0
    other = run("parabola", "--learn", "0.1,0.3", "--epochs", "3")
    assert other.returncode == 2
    assert "--force" in other.stderr
    assert run("parabola", "--learn", "0.1,0.3", "--epochs", "3", "--force").returncode == 0


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
def test_a_terminal_gets_colours_and_sparklines() -> None:
    given = ("sweep", "parabola", "--learn", "0.01,0.3,0.9,1.1", "--no-workbook")
    code, sent = in_terminal(*given)
    assert code == 0
    for ink, verdict in (
        ("36", "still falling"),
        ("32", "levelled off"),
        ("33", "bouncing"),
        ("31", "diverging"),
    ):
        assert f"\x1b[{ink}m{verdict}\x1b[0m" in sent
    assert "█" in sent
    _, plain_text = in_terminal(*given, environment={"NO_COLOR": "1", "LANG": "C"})
    assert plain_text.isascii()
    assert "\x1b[" not in plain_text
