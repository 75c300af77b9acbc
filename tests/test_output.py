"""What run, build and lessons print: in pipes, in a real terminal, quietly, and as JSON."""

import json
import math
import re
import signal
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import sheetgd
from sheetgd.build import build_workbook
from sheetgd.cli import main
from sheetgd.lesson import Lesson
from sheetgd.template import shipped_lesson, shipped_names
from tests.support.screens import DECISIVE, in_terminal, needs_a_terminal, seen


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in DECISIVE:
        monkeypatch.delenv(name, raising=False)


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What a command prints on the standard output."""
    capsys.readouterr()
    assert main(arguments) == 0
    return capsys.readouterr().out


def original(**changes: Any) -> Lesson:  # noqa: ANN401  any attribute of a lesson
    return shipped_lesson("original").changed(**changes)


@pytest.mark.parametrize("choices", [["--epochs", "30"], ["--epochs", "60", "--learn", "0.002"]])
def test_a_pipe_gets_the_table_with_the_numbers_of_the_library(
    capsys: pytest.CaptureFixture[str], choices: list[str]
) -> None:
    out = printed(capsys, "run", *choices)
    table = original(
        **{
            name[2:]: float(text) if "." in text else int(text)
            for name, text in zip(choices[::2], choices[1::2], strict=True)
        }
    )
    log = sheetgd.descend(table).epochs_table()
    header, *lines = out.splitlines()
    names = header.split()
    assert [*names, "rmse_held"] == list(log)
    rows = [line for line in lines if not line.startswith("diverges")]
    assert len(rows) == len(log)
    for row, expected in zip(rows, log[names].itertuples(index=False), strict=True):
        assert [float(text) for text in row.split()] == pytest.approx(list(expected), rel=1e-9)
    # No chart, no closing line, no colours: the file can be read by a program.
    assert all(line.startswith("diverges") for line in lines[len(rows) :])
    assert "\x1b" not in out
    assert out.isascii()


def test_quiet_keeps_to_how_the_run_ended(capsys: pytest.CaptureFixture[str]) -> None:
    run = sheetgd.descend(original(epochs=30))
    (m, b), figure = run.states[-1], run.metric_values_pass[-1]
    low = run.metric_values_pass.index(min(run.metric_values_pass))
    assert printed(capsys, "run", "--epochs", "30", "--quiet") == (
        f"after 30 epochs: m {m:.6g}, b {b:.6g}, rmse {figure:.6g}\n"
    )
    assert low == 30
    lines = printed(capsys, "run", "--epochs", "60", "--learn", "0.002", "-q").splitlines()
    assert [line.split(":")[0] for line in lines] == [
        "diverges (grown) at epoch 6",
        "diverges (frozen) at epoch 45",
        "after 60 epochs",
    ]
    assert lines[-1].endswith("lowest at the start: 1689.46")
    out = printed(capsys, "run", "--gradient", "published", "--epochs", "40", "-q")
    published = sheetgd.descend(original(gradient="published", epochs=40))
    low = published.metric_values_pass.index(min(published.metric_values_pass))
    assert out.endswith(f"; lowest after {low} epochs: {published.metric_values_pass[low]:.6g}\n")


def test_quiet_still_keeps_a_csv_and_warns(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--learn", "0.002", "--quiet", "--steps", "--csv", "steps.csv"]) == 0
    captured = capsys.readouterr()
    assert len(captured.out.splitlines()) <= 2
    assert captured.err.startswith("sheetgd: warning: learn 0.002 diverges from almost every start")
    assert len(captured.err.splitlines()) == 1
    assert len(pd.read_csv("steps.csv")) == 100


def test_a_chart_in_a_pipe_if_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(capsys, "run", "--epochs", "30", "--chart").splitlines()
    assert lines[32] == ""
    assert lines[33] == "rmse by epoch"
    assert lines[-1].startswith("after 30 epochs: m ")
    assert printed(capsys, "run", "--epochs", "30", "--chart", "-q").splitlines() == lines[33:]
    assert "by epoch" not in printed(capsys, "run", "--epochs", "0", "--chart")


@pytest.mark.parametrize("kind", ["log", "steps"])
def test_json_holds_the_tables_of_the_library_in_full(
    capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    steps = ["--steps"] if kind == "steps" else []
    out = printed(capsys, "run", "dosage", "--epochs", "40", "--clicks", "1", "--json", *steps)
    document = json.loads(out)
    run = sheetgd.descend(shipped_lesson("dosage").changed(epochs=40, clicks=1))
    expected = run.steps_table() if kind == "steps" else run.epochs_table()
    pd.testing.assert_frame_equal(pd.DataFrame(document[kind]), expected, check_exact=True)
    assert document["epochs"] == 40
    assert list(document["parameters"].values()) == list(run.states[-1])
    assert document["figure"]["last"] == run.metric_values_pass[-1]
    assert document["figure"]["lowest"] == min(run.metric_values_pass)
    assert run.metric_values_pass[document["figure"]["lowest_epoch"]] == min(run.metric_values_pass)
    assert document["divergence"] == []
    assert document["stop"] is None
    (other,) = {"log", "steps"} - {kind}
    assert other not in document


def test_json_tells_the_lesson_the_stop_and_the_ways_of_diverging(
    capsys: pytest.CaptureFixture[str],
) -> None:
    given = ["run", "--learn", "0.002", "--epochs", "60", "--stop-diverging", "--optimizer"]
    document = json.loads(printed(capsys, *given, "momentum", "--beta", "0.5", "--json"))
    lesson = document["lesson"]
    assert (lesson["learn"], lesson["epochs"], lesson["optimizer"]) == (0.002, 60, "momentum")
    assert lesson["hyper"] == {"beta": 0.5}
    assert lesson["start"] == {"m": 1.0, "b": 1.0}
    assert lesson["formula"] == shipped_lesson("original").form.text
    (divergence,) = document["divergence"]
    assert divergence["ending"] == "grown"
    assert document["stop"] == {
        "epoch": divergence["epoch"],
        "reason": "the run diverges (grown)",
    }
    assert document["epochs"] == divergence["epoch"]


def test_json_writes_null_for_what_is_no_number(capsys: pytest.CaptureFixture[str]) -> None:
    given = ["run", "--learn", "1", "--gradient", "exact", "--epochs", "150", "--json"]

    def refuse(word: str) -> float:
        raise AssertionError(word)

    document = json.loads(printed(capsys, *given), parse_constant=refuse)
    run = sheetgd.descend(original(learn=1.0, gradient="exact", epochs=150))
    read = [line["rmse"] for line in document["log"]]
    assert read == [value if math.isfinite(value) else None for value in run.metric_values_pass]
    assert read[0] is not None
    assert document["figure"]["last"] is None
    assert document["parameters"] == {"m": None, "b": None}


def test_quiet_json_leaves_the_tables_out(capsys: pytest.CaptureFixture[str]) -> None:
    full = json.loads(printed(capsys, "run", "--json"))
    short = json.loads(printed(capsys, "run", "--json", "--quiet"))
    assert full.pop("log")
    assert short == full
    assert json.loads(printed(capsys, "run", "--json", "--steps", "--epochs", "0"))["steps"] == []


def test_json_and_a_chart_exclude_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["run", "--json", "--chart"])
    assert stop.value.code == 2
    assert "not allowed with argument --json" in capsys.readouterr().err


def test_build_can_be_quiet_and_speak_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys, "build", "parabola", "--quiet") == ""
    path = Path("outputs/parabola.xlsx")
    assert path.is_file()
    document = json.loads(printed(capsys, "build", "parabola", "--json"))
    built = build_workbook(shipped_lesson("parabola"), path)
    assert document["path"] == str(path)
    assert document["unchanged"] is True
    assert document["pages"] == list(built.pages)
    assert document["formulas"] == built.formulas
    assert document["lesson"]["title"] == shipped_lesson("parabola").title


def test_lessons_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    listed = json.loads(printed(capsys, "lessons", "--json"))
    assert [each["name"] for each in listed] == shipped_names()
    assert all(each["summary"] == shipped_lesson(each["name"]).summary for each in listed)


def test_the_hooks_count_up_to_what_there_is(tmp_path: Path) -> None:
    ticks: list[tuple[int, int]] = []
    lesson = original(epochs=7)
    sheetgd.descend(lesson, on_epoch=lambda done, total: ticks.append((done, total)))
    assert ticks[-1] == (7, 7)
    assert ticks == sorted(ticks)
    ticks.clear()
    path = tmp_path / "book.xlsx"
    build_workbook(lesson, path, on_row=lambda done, total: ticks.append((done, total)))
    (total,) = {total for _, total in ticks}
    assert [done for done, _ in ticks] == list(range(1, total + 1))
    # As many as there are rows in the file.
    assert total == rows_in(path)
    other = tmp_path / "other.xlsx"
    build_workbook(lesson, other)
    assert other.read_bytes() == path.read_bytes()


def rows_in(path: Path) -> int:
    with zipfile.ZipFile(path) as archive:
        sheets = [name for name in archive.namelist() if name.startswith("xl/worksheets/sheet")]
        return sum(archive.read(name).count(b"<row ") for name in sheets)


def test_lowest_is_the_first_of_the_lowest_figures() -> None:
    lesson = Lesson(x=(1, 2, 3), y=(3, 5, 7), start=(2, 1), learn=0.05, gradient="exact")
    run = sheetgd.descend(lesson, 4)
    assert set(run.metric_values_pass) == {0.0}
    assert run.lowest == 0
    assert sheetgd.descend(original(learn=1e200), 2).lowest is None


@needs_a_terminal
def test_a_terminal_sees_table_chart_and_end_in_colour() -> None:
    code, sent = in_terminal("run", "--epochs", "60", "--learn", "0.002")
    assert code == 0
    assert "\x1b[1mepoch" in sent
    assert "\x1b[31mdiverges (grown) at epoch 6" in sent
    lines = seen(re.sub(r"\x1b\[\d+m", "", sent))
    warning, *lines = lines
    assert warning.startswith("sheetgd: warning")
    assert max(map(len, lines)) <= 80
    assert "rmse by epoch (log scale)" in lines
    assert any(set(line) & set("⣀⡤⠴") for line in lines)
    end = lines.index("rmse by epoch (log scale)")
    assert " ".join(lines[end:]).endswith("lowest at the   start: 1689.46 ")


@needs_a_terminal
@pytest.mark.parametrize("setting", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_a_terminal_without_colours_gets_none(setting: dict[str, str]) -> None:
    _, sent = in_terminal("run", "--epochs", "10", environment=setting)
    assert "\x1b" not in sent
    assert "rmse by epoch" in sent


@needs_a_terminal
def test_the_locale_c_gets_ascii() -> None:
    _, sent = in_terminal("run", "--epochs", "10", environment={"LANG": "C"})
    assert "rmse by epoch" in sent
    assert sent.isascii()


@needs_a_terminal
def test_a_terminal_shows_no_chart_of_steps_or_if_there_shall_be_none() -> None:
    for given in (["--steps"], ["--no-chart"]):
        _, sent = in_terminal("run", "--epochs", "2", *given)
        assert "by epoch" not in sent
        assert "after 2 epochs" in sent


LONG = ("run", "--epochs", "400000", "--exact", "--every", "100")


@needs_a_terminal
def test_long_work_shows_a_bar_on_the_error_output_and_wipes_it(tmp_path: Path) -> None:
    output = tmp_path / "log.txt"
    code, sent = in_terminal(*LONG, columns=60, output=output)
    assert code == 0
    assert re.search(r"\repoch +[\d,]+ of 400,000 \[#*\.*\] +\d+%  0:\d\d to go", sent)
    assert max(map(len, sent.split("\r"))) < 60
    assert seen(sent) == [""]
    piped = subprocess.run(
        [sys.executable, "-m", "sheetgd", *LONG], capture_output=True, text=True, check=True
    )
    assert piped.stderr == ""
    assert output.read_text() == piped.stdout
    assert len(piped.stdout.splitlines()) == 4002


@needs_a_terminal
@pytest.mark.parametrize(
    ("setting", "given"), [({"CI": "true"}, []), ({"TERM": "dumb"}, []), ({}, ["--quiet"])]
)
def test_no_bar_in_ci_in_a_dumb_terminal_or_if_quiet(
    tmp_path: Path, setting: dict[str, str], given: list[str]
) -> None:
    _, sent = in_terminal(*LONG, *given, environment=setting, output=tmp_path / "log.txt")
    assert sent == ""


@needs_a_terminal
def test_an_interrupted_run_leaves_no_bar_behind() -> None:
    code, sent = in_terminal(
        "run", "--epochs", "10000000", "--exact", "--every", "1000", interrupt_at="to go"
    )
    assert code == 128 + signal.SIGINT
    assert "Traceback" not in sent
    assert seen(sent) == [""]


@needs_a_terminal
def test_a_build_that_is_refused_late_leaves_one_line(tmp_path: Path) -> None:
    taken = tmp_path / "taken.xlsx"
    taken.write_bytes(b"a student's work")
    code, sent = in_terminal("build", "--epochs", "600", "-o", str(taken), columns=200)
    assert code == 2
    assert re.search(r"row +[\d,]+ of [\d,]+ \[", sent)
    (line, rest) = seen(sent)
    assert line.startswith("sheetgd: ")
    assert "--force" in line
    assert rest == ""
    assert taken.read_bytes() == b"a student's work"
