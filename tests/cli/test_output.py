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

from sheetgd.cli.main import main
from sheetgd.engine.run import descend
from sheetgd.lesson.lesson import Lesson
from sheetgd.lesson.template import shipped_lesson, shipped_names
from sheetgd.xlsx.write import build_workbook
from tests import plain, reference
from tests.support.given import lesson_of
from tests.support.screens import DECISIVE, in_terminal, needs_a_terminal, seen

pytestmark = pytest.mark.filterwarnings("ignore::sheetgd.errors.DivergenceWarning")

FIT = "best fit: m 2, b 30, root_sse 0"
"""The original's data lie on y = 2*x + 30."""


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
    log = descend(table).epochs_table()
    header, *lines = out.splitlines()
    names = header.split()
    assert names == list(log)
    assert names[-2:] == ["root_sse", "root_sse_pass"]
    told = ("diverges", "stands still")
    rows = [line for line in lines if not line.startswith(told)]
    assert len(rows) == len(log)
    for row, expected in zip(rows, log[names].itertuples(index=False), strict=True):
        assert [float(text) for text in row.split()] == pytest.approx(list(expected), rel=1e-9)
    # No chart, no closing line, no colours: the file can be read by a program.
    assert all(line.startswith(told) for line in lines[len(rows) :])
    assert "\x1b" not in out
    assert out.isascii()


def referred(metric: str, batch: int) -> list[dict[str, float]]:
    """The plain reference's log of the original over twelve epochs."""
    lesson = original()
    _, log = reference.descend(
        lesson.data.x, lesson.data.y, (1.0, 1.0),
        predict=lambda x, p: p[0] * x + p[1], names=("m", "b"),
        metric=metric, learn=0.0001, nudge=0.01, batch=batch, epochs=12,
    )  # fmt: skip
    return log


@pytest.mark.parametrize("batch", [1, 20])
@pytest.mark.parametrize("metric", ["root_sse", "rmse", "mse", "mae"])
def test_every_log_has_the_metric_held_and_of_a_pass(
    capsys: pytest.CaptureFixture[str], metric: str, batch: int
) -> None:
    names = [metric, f"{metric}_pass"]
    expected = [[line[name] for name in names] for line in referred(metric, batch)]
    given = ["run", "--epochs", "12", "--metric", metric, "--batch", str(batch)]
    header, *lines = printed(capsys, *given, "--csv", "log.csv").splitlines()
    document = json.loads(printed(capsys, *given, "--json"))
    kept = pd.read_csv("log.csv")
    frame = descend(original(epochs=12, metric=metric, batch=batch)).epochs_table()
    assert header.split()[-2:] == list(kept.columns[-2:]) == list(frame.columns[-2:]) == names
    tables: tuple[Any, ...] = (
        [[float(text) for text in line.split()[-2:]] for line in lines],
        [[line[name] for name in names] for line in document["log"]],
        kept[names].to_numpy(),
        frame[names].to_numpy(),
    )
    for found in tables:
        assert len(found) == 13
        for numbers, both in zip(found, expected, strict=True):
            assert list(numbers) == pytest.approx(both, rel=1e-8)
    # Row by row they are two numbers, in a full batch one.
    apart = [abs(held / passing - 1) for held, passing in expected]
    assert min(apart) > 0.01 if batch == 1 else max(apart) < 1e-12
    assert [document["metric"]["last"], document["metric"]["last_pass"]] == pytest.approx(
        expected[-1], rel=1e-12
    )


def test_one_name_is_one_number(capsys: pytest.CaptureFixture[str]) -> None:
    tables = []
    for choice in ([], ["--metric", "rmse"]):
        header, *lines = printed(capsys, "run", *choice).splitlines()
        tables.append({name: [float(line.split()[place]) for line in lines]
                       for place, name in enumerate(header.split())})  # fmt: skip
    usual, mean = tables
    for name in usual.keys() & mean.keys():
        assert usual[name] == mean[name]
    assert usual.keys() ^ mean.keys() == {"root_sse", "root_sse_pass", "rmse", "rmse_pass"}
    for one, other in (("root_sse", "rmse"), ("root_sse_pass", "rmse_pass")):
        # The root of the sum of twenty, and of their mean.
        assert usual[one] == pytest.approx([20**0.5 * each for each in mean[other]], rel=1e-8)
    closing = [printed(capsys, "run", *choice, "-q") for choice in ([], ["--metric", "rmse"])]
    assert [re.findall(r", (\w+) ([\d.]+);", line) for line in closing] == [
        [("root_sse", f"{usual['root_sse'][-1]:.6g}")], [("rmse", f"{mean['rmse'][-1]:.6g}")],
    ]  # fmt: skip


def test_a_nudge_too_small_is_told_and_a_large_enough_one_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    said = (
        "stands still at epoch 0: every derivative is 0, for the difference step 1e-300 is too "
        "small beside m, b: adding it changes nothing; nothing moves any more"
    )
    given = ["run", "--nudge", "1e-300", "-q"]
    assert printed(capsys, *given).splitlines() == [
        said, "after 5 epochs: m 1, b 1, root_sse 227.383; unchanged", FIT,
    ]  # fmt: skip
    document = json.loads(printed(capsys, *given, "--json"))
    assert document["standstill"] == {"epoch": 0, "lost_nudges": ["m", "b"], "text": said}
    assert (document["divergence"], document["verdict"]) == ([], "unchanged")
    assert "stands still" not in printed(capsys, "run", "--nudge", "1e-5", "-q")
    assert json.loads(printed(capsys, "run", "--nudge", "1e-5", "--json"))["standstill"] is None


def test_patience_goes_by_the_metric_held_in_its_own_unit(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for metric, tolerance in (("root_sse", 0.2), ("rmse", 0.2 / 20**0.5), ("mse", 2.0)):
        lines = printed(
            capsys, "run", "--metric", metric, "--min-delta", repr(tolerance), "--patience", "2",
            "--epochs", "12", "--gradient", "forward",
        ).splitlines()  # fmt: skip
        epoch, by_pass = (
            reference.stop_epoch([line[name] for line in referred(metric, 1)], tolerance, 2)
            for name in (metric, f"{metric}_pass")
        )
        assert epoch is not None
        assert epoch != by_pass
        assert lines[-1] == (
            f"stops at epoch {epoch}: for 2 epochs the {metric} has not got better by more than "
            f"{tolerance:g}"
        )
        # The header, the lines of epoch 0 to the last, and this one.
        assert len(lines) == epoch + 3


def test_quiet_keeps_to_how_the_run_ended(capsys: pytest.CaptureFixture[str]) -> None:
    run = descend(original(epochs=30))
    m, b = run.states[-1]
    # The metric held, by hand; it falls to the last epoch, though slowly.
    held = math.sqrt(
        sum((m * x + b - y) ** 2 for x, y in zip(run.lesson.data.x, run.lesson.data.y, strict=True))
    )
    assert printed(capsys, "run", "--epochs", "30", "--quiet") == (
        f"after 30 epochs: m {m:.6g}, b {b:.6g}, root_sse {held:.6g}; still falling\n{FIT}\n"
    )
    lines = printed(capsys, "run", "--epochs", "60", "--learn", "0.002", "-q").splitlines()
    assert [line.split(":")[0] for line in lines] == [
        "diverges (grown) at epoch 7",
        "stands still at epoch 45",
        "after 60 epochs",
        "best fit",
    ]
    assert lines[-2].endswith(f"; {lowest_said('forward', 0.002)}; diverging")
    out = printed(capsys, "run", "--gradient", "swapped", "--epochs", "40", "-q")
    assert out.endswith(f"; {lowest_said('swapped', 0.0001)}; rising\n{FIT}\n")
    # From the first epoch on this one only grows.
    out = printed(capsys, "run", "--learn", "0.02", "--gradient", "analytic", "--epochs", "5", "-q")
    assert out.endswith(f"; lowest at the start: 227.383; diverging\n{FIT}\n")


def lowest_said(gradient: str, learn: float) -> str:
    """Where the metric held is lowest, as the plain reference has it."""
    lesson = original()
    _, log = plain.descend(
        lesson.data.x, lesson.data.y, (1, 1), learn=learn, nudge=0.01, epochs=40, gradient=gradient
    )
    values = [line["root_sse"] for line in log]
    low = values.index(min(values))
    assert 0 < low < 40
    return f"lowest after {low} epochs: {values[low]:.6g}"


def test_quiet_still_keeps_a_csv_and_warns(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--learn", "0.002", "--quiet", "--steps", "--csv", "steps.csv"]) == 0
    captured = capsys.readouterr()
    assert [line.split(":")[0] for line in captured.out.splitlines()] == [
        "diverges (rising) at epoch 5", "after 5 epochs", "best fit",
    ]  # fmt: skip
    assert captured.err.startswith(
        "sheetgd: warning: --learning-rate 0.002 diverges from almost every start"
    )
    assert len(captured.err.splitlines()) == 1
    assert len(pd.read_csv("steps.csv")) == 100


def test_a_chart_in_a_pipe_if_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(capsys, "run", "--epochs", "30", "--chart").splitlines()
    assert lines[32] == ""
    assert lines[33] == "root_sse by epoch"
    assert lines[-2].startswith("after 30 epochs: m ")
    assert lines[-1] == FIT
    assert printed(capsys, "run", "--epochs", "30", "--chart", "-q").splitlines() == lines[33:]
    assert "by epoch" not in printed(capsys, "run", "--epochs", "0", "--chart")


@pytest.mark.parametrize("kind", ["log", "steps"])
def test_json_holds_the_tables_of_the_library_in_full(
    capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    steps = ["--steps"] if kind == "steps" else []
    out = printed(capsys, "run", "dosage", "--epochs", "40", "--clicks", "1", "--json", *steps)
    document = json.loads(out)
    run = descend(shipped_lesson("dosage").changed(epochs=40, clicks=1))
    expected = run.steps_table() if kind == "steps" else run.epochs_table()
    pd.testing.assert_frame_equal(pd.DataFrame(document[kind]), expected, check_exact=True)
    assert document["epochs"] == 40
    assert list(document["parameters"].values()) == list(run.states[-1])
    assert document["metric"] == {
        "name": "mse",
        "last": run.metric_values[-1],
        "last_pass": run.metric_values_pass[-1],
        "lowest": min(run.metric_values),
        "lowest_epoch": list(run.metric_values).index(min(run.metric_values)),
    }
    assert document["verdict"] == "still falling"
    assert document["divergence"] == []
    assert document["standstill"] is None
    assert document["stop"] is None
    (other,) = {"log", "steps"} - {kind}
    assert other not in document


def test_json_tells_the_lesson_the_stop_and_the_ways_of_diverging(
    capsys: pytest.CaptureFixture[str],
) -> None:
    given = ["run", "--learn", "0.002", "--epochs", "60", "--stop-diverging", "--optimizer"]
    document = json.loads(printed(capsys, *given, "momentum", "--beta", "0.5", "--json"))
    lesson = document["lesson"]
    assert (lesson["learning_rate"], lesson["epochs"], lesson["optimizer"]) == (
        0.002,
        60,
        "momentum",
    )
    assert lesson["hyperparameters"] == {"beta": 0.5}
    assert lesson["start"] == {"m": 1.0, "b": 1.0}
    assert lesson["formula"] == shipped_lesson("original").model.text
    (divergence,) = document["divergence"]
    assert divergence["ending"] == "grown"
    assert document["verdict"] == "diverging"
    assert document["stop"] == {
        "epoch": divergence["epoch"],
        "reason": "the run diverges (grown)",
    }
    assert document["epochs"] == divergence["epoch"]


def test_json_writes_null_for_what_is_no_number(capsys: pytest.CaptureFixture[str]) -> None:
    given = ["run", "--learn", "1", "--gradient", "analytic", "--epochs", "150", "--json"]

    def refuse(word: str) -> float:
        raise AssertionError(word)

    document = json.loads(printed(capsys, *given), parse_constant=refuse)
    run = descend(original(learn=1.0, gradient="analytic", epochs=150))
    for name, values in (
        ("root_sse", run.metric_values), ("root_sse_pass", run.metric_values_pass),
    ):  # fmt: skip
        read = [line[name] for line in document["log"]]
        assert read == [value if math.isfinite(value) else None for value in values]
        assert read[0] is not None
    assert (document["metric"]["last"], document["metric"]["last_pass"]) == (None, None)
    assert document["metric"]["lowest_epoch"] == 0
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
    assert document["lesson"]["title"] == shipped_lesson("parabola").display.title


def test_lessons_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    listed = json.loads(printed(capsys, "lessons", "--json"))
    assert [each["name"] for each in listed] == shipped_names()
    assert all(each["summary"] == shipped_lesson(each["name"]).display.summary for each in listed)


def test_the_hooks_count_up_to_what_there_is(tmp_path: Path) -> None:
    ticks: list[tuple[int, int]] = []
    lesson = original(epochs=7, capacity=7, rate_epochs=2)
    descend(lesson, on_epoch=lambda done, total: ticks.append((done, total)))
    assert ticks[-1] == (7, 7)
    assert ticks == sorted(ticks)
    ticks.clear()
    path = tmp_path / "book.xlsx"
    build_workbook(lesson, path, on_row=lambda done, total: ticks.append((done, total)))
    (total,) = {total for _, total in ticks}
    assert [done for done, _ in ticks] == list(range(1, total + 1))
    # As many as there are rows in the file that hold anything.
    assert total == rows_in(path)
    other = tmp_path / "other.xlsx"
    build_workbook(lesson, other)
    assert other.read_bytes() == path.read_bytes()


def rows_in(path: Path) -> int:
    with zipfile.ZipFile(path) as archive:
        sheets = [name for name in archive.namelist() if name.startswith("xl/worksheets/sheet")]
        return sum(len(re.findall(rb"<row [^>]*><c ", archive.read(name))) for name in sheets)


def test_lowest_is_the_first_of_the_lowest_metrics() -> None:
    lesson = lesson_of(x=(1, 2, 3), y=(3, 5, 7), start=(2, 1), learn=0.05, gradient="analytic")
    run = descend(lesson, 4)
    assert set(run.metric_values) == {0.0}
    assert run.lowest == 0
    assert descend(original(start=(1e200, 1)), 2).lowest is None


@needs_a_terminal
def test_a_terminal_sees_table_chart_and_end_in_colour() -> None:
    code, sent = in_terminal("run", "--epochs", "60", "--learn", "0.002")
    assert code == 0
    assert "\x1b[1mepoch" in sent
    assert "\x1b[31mdiverges (grown) at epoch 7" in sent
    assert "\x1b[31mstands still at epoch 45" in sent
    lines = seen(re.sub(r"\x1b\[\d+m", "", sent))
    warning, *lines = lines
    assert warning.startswith("sheetgd: warning")
    assert max(map(len, lines)) <= 80
    assert "root_sse by epoch (log scale)" in lines
    assert any(set(line) & set("⣀⡤⠴") for line in lines)
    end = lines.index("root_sse by epoch (log scale)")
    assert " ".join(" ".join(lines[end:]).split()).endswith(
        f"; {lowest_said('forward', 0.002)}; diverging {FIT}"
    )


@pytest.mark.slow
@needs_a_terminal
@pytest.mark.parametrize("setting", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_a_terminal_without_colours_gets_none(setting: dict[str, str]) -> None:
    _, sent = in_terminal("run", "--epochs", "10", environment=setting)
    assert "\x1b" not in sent
    assert "root_sse by epoch" in sent


@needs_a_terminal
def test_the_locale_c_gets_ascii() -> None:
    _, sent = in_terminal("run", "--epochs", "10", environment={"LANG": "C"})
    assert "root_sse by epoch" in sent
    assert sent.isascii()


@needs_a_terminal
def test_a_terminal_shows_no_chart_of_steps_or_if_there_shall_be_none() -> None:
    for given in (["--steps"], ["--no-chart"]):
        _, sent = in_terminal("run", "--epochs", "2", *given)
        assert "by epoch" not in sent
        assert "after 2 epochs" in sent


LONG = ("run", "--epochs", "400000", "--exact", "--every", "100")


@pytest.mark.slow
@needs_a_terminal
def test_long_work_shows_a_bar_on_the_error_output_and_wipes_it(tmp_path: Path) -> None:
    output = tmp_path / "log.txt"
    code, sent = in_terminal(*LONG, columns=60, output=output)
    assert code == 0
    plain = re.sub(r"\x1b\[[?\d;]+[A-Za-z]", "", sent)
    assert re.search(r"epoch [\d,]+ of 400,000 ━+[╸╺]?━+ +\d+% [-\d]\d:\d\d", plain)
    assert max(map(len, re.split(r"[\r\n]", plain))) < 60
    assert seen(sent) == [""]
    piped = subprocess.run(
        [sys.executable, "-m", "sheetgd", *LONG], capture_output=True, text=True, check=True
    )
    assert piped.stderr == ""
    assert output.read_text() == piped.stdout
    assert len(piped.stdout.splitlines()) == 4002


@pytest.mark.slow
@needs_a_terminal
@pytest.mark.parametrize(
    ("setting", "given"),
    [
        ({"CI": "true"}, []),
        ({"TERM": "dumb"}, []),
        ({}, ["--quiet"]),
    ],
)
def test_no_bar_in_ci_in_a_dumb_terminal_or_if_quiet(
    tmp_path: Path, setting: dict[str, str], given: list[str]
) -> None:
    _, sent = in_terminal(*LONG, *given, environment=setting, output=tmp_path / "log.txt")
    assert sent == ""


@needs_a_terminal
def test_an_interrupted_run_leaves_no_bar_behind() -> None:
    code, sent = in_terminal(
        "run", "--epochs", "10000000", "--exact", "--every", "1000", interrupt_at="%"
    )
    assert code == 128 + signal.SIGINT
    assert "Traceback" not in sent
    assert seen(sent) == [""]


@pytest.mark.slow
@needs_a_terminal
def test_a_build_that_is_refused_late_leaves_one_line(tmp_path: Path) -> None:
    taken = tmp_path / "taken.xlsx"
    taken.write_bytes(b"a student's work")
    code, sent = in_terminal("build", "--epochs", "600", "-o", str(taken), columns=200)
    assert code == 2
    assert re.search(r"row [\d,]+ of [\d,]+ ", sent)
    (line, rest) = seen(sent)
    assert line.startswith("sheetgd: ")
    assert "--force" in line
    assert rest == ""
    assert taken.read_bytes() == b"a student's work"
