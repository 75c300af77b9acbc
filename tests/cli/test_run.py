"""The command run: its tables, charts and facts, and how a run ended."""

import csv
import json
import math
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import sheetgd
from sheetgd.cli.main import main
from sheetgd.engine.run import descend
from sheetgd.errors import LessonError
from sheetgd.lesson.lesson import Lesson
from sheetgd.lesson.template import read_template, shipped_lesson
from sheetgd.reading.data_file import read_data
from tests import plain, reference
from tests.support.commands import printed, refused
from tests.support.screens import in_terminal, needs_a_terminal, seen


def test_run_prints_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--epochs", "15", "--gradient", "swapped"]) == 0
    header, *lines = capsys.readouterr().out.splitlines()
    assert header.split() == ["epoch", "m", "b", "learn", "root_sse", "root_sse_pass"]
    assert len(lines) == 16
    *state, held, passing = lines[-1].split()
    assert state == ["15", "2.051", "25.075", "0.0001"]
    data = sheetgd.shipped_lesson("original")
    misses = [2.051 * x + 25.075 - y for x, y in zip(data.data.x, data.data.y, strict=True)]
    assert float(held) == pytest.approx(math.sqrt(sum(miss * miss for miss in misses)), rel=1e-9)
    # What the original showed there.
    assert passing.startswith("16.5915")


def test_run_prints_the_steps_and_keeps_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--epochs", "2", "--steps", "--csv", "kept/steps.csv"]) == 0
    captured = capsys.readouterr()
    header, *lines = captured.out.splitlines()
    assert header.split()[:6] == ["epoch", "row", "x", "y", "m", "b"]
    assert len(lines) == 40
    assert "kept" in captured.err
    with Path("kept/steps.csv").open(newline="") as stream:
        kept = list(csv.DictReader(stream))
    assert len(kept) == 40
    assert float(kept[0]["err_m1"]) == pytest.approx(1290.9649)
    assert "--force" in refused(capsys, "run", "--csv", "kept/steps.csv")


def test_run_tells_of_divergence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--epochs", "60", "--learn", "0.002"]) == 0
    out = capsys.readouterr().out
    assert "diverges (grown) at epoch 7" in out
    assert "stands still at epoch 45" in out


ASKED = (
    "--data", "sales.csv", "--x", "month", "--y", "revenue", "--model", "a*x^2 + b*x + c",
    "--batch", "all", "--loss", "mse", "--optimizer", "adam", "--learn", "0.05", "--epochs", "40",
)  # fmt: skip
SALES = "month;revenue\n1;10,5\n2;12\n3;15,5\n4;15\n5;19\n6;23\n"


def test_run_build_and_library_tell_the_same_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    Path("sales.csv").write_text(SALES)
    assert main(["run", *ASKED, "--csv", "log.csv"]) == 0
    header = capsys.readouterr().out.splitlines()[0].split()
    names = ["a", "b", "c", "t", "v_a", "s_a", "v_b", "s_b", "v_c", "s_c"]
    assert header == ["epoch", *names, "learn", "rmse", "rmse_pass"]
    assert main(["build", *ASKED]) == 0
    kept = pd.read_csv("log.csv")
    built = pd.read_excel(
        "outputs/sales.xlsx",
        sheet_name="Epochs",
        header=4,
        usecols="B:O",
        engine="openpyxl",  # pandas would warn where calamine is installed, too
    )
    lesson = sheetgd.Lesson(
        {"month": [1, 2, 3, 4, 5, 6], "revenue": [10.5, 12, 15.5, 15, 19, 23]},
        model="a*x^2 + b*x + c", batch="all", optimizer="adam", learn=0.05, epochs=40,
    )  # fmt: skip
    table = lesson.run().epochs_table()
    for name in ("a", "b", "c", "v_a", "s_c", "t", "rmse", "rmse_pass"):
        assert kept[name].tolist() == table[name].tolist()
        assert built[name][:41].tolist() == table[name].tolist()
    assert built["rmse"][41:].isna().all()


def test_a_rate_that_diverges_is_warned_of(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "dosage", "--learn", "0.5", "--epochs", "3", "--clicks", "1"]) == 0
    captured = capsys.readouterr()
    (warning,) = captured.err.splitlines()
    assert warning.startswith(
        "sheetgd: warning: --learning-rate 0.5 diverges from almost every start"
    )
    suggested = warning.rpartition(" ")[2]
    assert main(["run", "dosage", "--learn", suggested, "--epochs", "300", "--clicks", "1"]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    assert "diverges" not in captured.out
    assert float(captured.out.split()[-1]) < 0.05


def test_stop_rules_and_seeds(capsys: pytest.CaptureFixture[str]) -> None:
    given = ["run", "dosage", "--clicks", "1", "--epochs", "500"]
    assert main([*given, "--min-delta", "0.01", "--patience", "3"]) == 0
    out = capsys.readouterr().out
    assert "stops at epoch" in out.splitlines()[-1]
    assert main([*given, "--learn", "0.5", "--stop-diverging"]) == 0
    assert "the run diverges (grown)" in capsys.readouterr().out.splitlines()[-1]
    assert main(["run", "quadratic", "--seed", "5", "--epochs", "0"]) == 0
    one = capsys.readouterr().out
    assert main(["run", "quadratic", "--seed", "5", "--epochs", "0"]) == 0
    assert capsys.readouterr().out == one
    assert main(["run", "quadratic", "--seed", "6", "--epochs", "0"]) == 0
    assert capsys.readouterr().out != one


pytestmark = pytest.mark.filterwarnings("ignore::sheetgd.errors.DivergenceWarning")

FIT = "best fit: m 2, b 30, root_sse 0"
"""The original's data lie on y = 2*x + 30."""


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
    x, y = lesson.data.x, lesson.data.y
    _, log = plain.descend(x, y, learn=learn, epochs=40, gradient=gradient)
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


def test_a_column_of_the_data_marks_the_rows_wherever_they_come_from(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A frame, a CSV file, a workbook, a template and the command line tell the same run."""
    x, y = (1, 2, 3, 4, 5, 6, 7), (2, 1, 4, 3, 6, 5, 9)
    marks = [0, 1, 0, 0, 1, 0, 0]
    frame = pd.DataFrame({"x": x, "held": ["yes" if each else "no" for each in marks], "y": y})
    frame.to_csv("d.csv", index=False)
    frame.assign(held=frame.held == "yes").to_excel("d.xlsx", index=False)
    chosen: Any = {"learning_rate": 0.02, "epochs": 4, "difference_step": 0.001}
    expected = Lesson(x=x, y=y, validation=marks, **chosen).run()
    lines = ["[training]", "validation = 'held'", "[data]", "csv = 'd.csv'"]
    lines[2:2] = [f"{name} = {value}" for name, value in chosen.items()]
    Path("t.toml").write_text("\n".join(lines))
    read = read_data("d.csv", validation="held")
    lessons = [
        Lesson(frame, validation="held", **chosen),
        Lesson(frame, x="x", y="y", validation="held", **chosen),
        Lesson(read, **chosen),
        read_template("t.toml"),
        read_template("t.toml", read),
    ]
    for each in lessons:
        assert each.run().validation_values == expected.validation_values
        assert each.training.validation == tuple(map(bool, marks))
    options = ["--lr", "0.02", "--epochs", "4", "--difference-step", "0.001", "--json", "-q"]
    marked = "--validation held --data"
    for which in (f"{marked} d.csv", f"{marked} d.xlsx", "t.toml", f"t.toml {marked} d.xlsx"):
        assert main(["run", *which.split(), *options]) == 0
        found = json.loads(capsys.readouterr().out)
        assert found["validation"]["last"] == expected.validation_values[-1]
    assert Lesson(read, validation=0.3, **chosen).training.validation == 0.3
    with pytest.raises(LessonError, match="the column of validation out; read_data takes them"):
        Lesson(read, validation="held", **chosen)
    with pytest.raises(LessonError, match="or in a table of data the name of a column"):
        Lesson(x=x, y=y, validation="held")
    assert "the name of a column" in refused(capsys, "run", "--validation", "held")


HOUSES = (
    "floor area,rooms,garden,price\n70,3,yes,200.5\n90,4,no,250.1\n120,5,yes,330\n50,2,no,150\n"
    "64,3,no,171\n81,1,yes,190\n"
)


def houses_run(arguments: str, capsys: pytest.CaptureFixture[str]) -> tuple[dict[str, Any], str]:
    """What a run of the houses tells as JSON, and what it says beside that."""
    Path("houses.csv").write_text(HOUSES, encoding="utf-8")
    assert main(["run", "--data", "houses.csv", "--y", "price", "--json", *arguments.split()]) == 0
    captured = capsys.readouterr()
    facts: dict[str, Any] = json.loads(captured.out)
    return facts, captured.err


def test_several_columns_are_inputs_by_their_names(capsys: pytest.CaptureFixture[str]) -> None:
    Path("houses.csv").write_text(HOUSES, encoding="utf-8")
    given = ["run", "--data", "houses.csv", "--y", "price", "--json", "--learning-rate", "1e-5"]
    for columns in (["--x", "floor area,rooms"], ["--x", "floor area", "--x", "rooms"]):
        assert main([*given, *columns, "--difference-step", "1e-6"]) == 0
        captured = capsys.readouterr()
        facts = json.loads(captured.out)
        assert list(facts["parameters"]) == ["w1", "w2", "b"]
        assert facts["lesson"]["formula"] == "w1*floor_area+w2*rooms+b"
        assert "formulas call the column 'floor area' floor_area" in captured.err
    table = pd.read_csv("houses.csv")
    lesson = Lesson(
        table, x=["floor area", "rooms"], y="price", learning_rate=1e-5, difference_step=1e-6
    )
    assert descend(lesson, 5).parameters == pytest.approx(facts["parameters"], rel=1e-12)


def test_texts_become_columns_of_0_and_1(capsys: pytest.CaptureFixture[str]) -> None:
    facts, said = houses_run("--x rooms,garden --epochs 3", capsys)
    assert facts["lesson"]["formula"] == "w1*rooms+w2*garden+b"
    assert "garden is 1 where it is yes, and 0 where it is no" in said
    facts, said = houses_run("--x rooms,garden --categories garden=yes,no --epochs 3", capsys)
    assert facts["lesson"]["formula"] == "w1*rooms+w2*garden_no+b"
    assert "garden_no is 1 where garden is no, else 0" in said


def test_scaled_parameters_are_told_in_the_data_s_units_too(
    capsys: pytest.CaptureFixture[str],
) -> None:
    facts, said = houses_run("--x rooms --scale standard --batch-size all --epochs 4", capsys)
    table = pd.read_csv("houses.csv")
    assert facts["in_data_units"]["rooms"] == pytest.approx(
        facts["parameters"]["m"] / table["rooms"].std(ddof=0), rel=1e-9
    )
    assert "in the data's own units: rooms" in said
    plain_facts, plain_said = houses_run("--x rooms --batch-size all --epochs 4", capsys)
    assert plain_facts["in_data_units"] is None
    assert "own units" not in plain_said


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("--x rooms,rooms", "column 'rooms' is chosen twice; name each once"),
        ("--x rooms,flor", "no column is named 'flor'"),
        ("--x rooms,garden --categories garden", "is not like sex=female,male"),
        ("--x rooms,garden --categories garden=yes,maybe", "'no' where yes, maybe should be"),
        ("--x rooms,garden --model quadratic", "is a model of one column, and there are 2"),
    ],
)
def test_columns_that_will_not_do_are_refused(
    arguments: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("houses.csv").write_text(HOUSES, encoding="utf-8")
    given = ["run", "--data", "houses.csv", "--y", "price", *arguments.split()]
    assert told in refused(capsys, *given)
