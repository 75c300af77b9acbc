"""The command line: what it prints, where it writes, and how it says no."""

import csv
import json
import math
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

import sheetgd
from sheetgd.cli.main import main
from sheetgd.descent.gradient import GRADIENT_RULES
from sheetgd.descent.loss import LOSSES, METRICS
from sheetgd.descent.optimizer import OPTIMIZERS
from sheetgd.lesson.template import shipped_names
from tests.support.engines import change


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Run a command that must be refused; returns its one line."""
    code: object
    try:
        code = main(arguments)
    except SystemExit as stop:
        code = stop.code
    captured = capsys.readouterr()
    assert code == 2
    assert captured.out == ""
    (line,) = captured.err.splitlines()
    assert line.startswith("sheetgd")
    return line


def test_build_writes_and_says_what_and_where(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["build"]) == 0
    out = capsys.readouterr().out
    assert Path("outputs/gradient_descent.xlsx").is_file()
    assert out.splitlines()[0] == str(Path("outputs/gradient_descent.xlsx"))
    assert "20 data rows, 5 epochs run, room for 50" in out
    assert "As published" in out
    assert main(["build"]) == 0
    assert "already there, unchanged" in capsys.readouterr().out
    assert [path.name for path in Path("outputs").iterdir()] == ["gradient_descent.xlsx"]


def test_build_never_replaces_a_different_file_unasked(
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = Path("mine.xlsx")
    path.write_bytes(b"a student's work")
    assert "--force" in refused(capsys, "build", "parabola", "-o", "mine.xlsx")
    assert path.read_bytes() == b"a student's work"
    assert [each.name for each in Path().iterdir()] == ["mine.xlsx"]
    assert main(["build", "parabola", "-o", "mine.xlsx", "--force"]) == 0
    assert path.read_bytes().startswith(b"PK")


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


DATA = "month,revenue,cost\n1,10,1\n2,12.5,1\n\n3,15,x\n"


def test_own_data(capsys: pytest.CaptureFixture[str]) -> None:
    Path("sales.csv").write_text(DATA)
    given = ["--data", "sales.csv", "--x", "month", "--y", "revenue", "--learn", "0.01"]
    assert main(["build", *given]) == 0
    out = capsys.readouterr().out
    assert out.splitlines()[0] == str(Path("outputs/sales.xlsx"))
    assert "pages: Gradient Descent, Play, Guide, Epochs, Fit, Surface, Learning rates," in out
    assert main(["run", *given, "--start", "-1", "0.5", "--epochs", "1"]) == 0
    assert capsys.readouterr().out.splitlines()[1].split()[:3] == ["0", "-1", "0.5"]


@pytest.mark.parametrize("start", ["-1e-3", "-0.001", "-1E-03", "-.1e-2"])
def test_negative_numbers_are_no_options(capsys: pytest.CaptureFixture[str], start: str) -> None:
    assert main(["run", "--start", start, "2", "--epochs", "0"]) == 0
    assert capsys.readouterr().out.splitlines()[1].split()[:3] == ["0", "-0.001", "2"]


@pytest.mark.parametrize(
    ("content", "arguments", "says"),
    [
        (None, [], "no such file"),
        (b"", [], "empty"),
        (b"PK\x03\x04\x00\xff\xfe", [], "not a CSV"),
        (b"x,y\n1\x00,2\n", [], "binary"),
        (b"x,y\n", [], "no rows"),
        (b"a,b,c\n1,2,3\n", [], "'a', 'b', 'c'"),
        (b"a,b\n1,2\n", ["--x", "q"], "no column is named 'q'; it has 'a', 'b'"),
        (b"a,b\n1,2\n2,3\n", ["--no-header"], "line 1, column '1': 'a'"),
        (b"a,b\n1,2\n2,3\n", ["--sheet", "one"], "--sheet is for a workbook"),
        (b"x,y,x\n1,2,3\n", [], "2 columns are named 'x'"),
        (b"x,y\n1,2\n3,four\n", [], "line 3, column 'y': 'four'"),
        (b"x,y\n1,2\n3,\n", [], "line 3, column 'y': nothing"),
        (b"x,y\n1,2\n3\n", [], "line 3, column 'y': nothing"),
        (b"x,y\nnan,2\n3,4\n", [], "line 2, column 'x': 'nan'"),
        (b"x,y\n1,inf\n3,4\n", [], "line 2, column 'y': 'inf'"),
        (b"x,y\n1_0,2\n3,4\n", [], "line 2, column 'x': '1_0'"),
        (b'x,y\n1,"2\n', [], "CSV"),
        (b"x,y\n1,2\n3,4\n", ["--x", "z"], "no column is named 'z'"),
    ],
)
def test_bad_data_is_refused_in_one_line(
    capsys: pytest.CaptureFixture[str], content: bytes | None, arguments: list[str], says: str
) -> None:
    if content is not None:
        Path("data.csv").write_bytes(content)
    for command in ("build", "run"):
        line = refused(capsys, command, "--data", "data.csv", *arguments)
        assert says in line
        assert "data.csv" in line or "row" in line
    assert not Path("outputs").exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["build", "--learn", "0"], "--learning-rate is 0.0"),
        (["run", "--learn", "-0.1"], "--learning-rate is -0.1"),
        (["run", "--learn", "nan"], "--learning-rate is nan"),
        (["run", "--learn", "fast"], "'fast' is not a number"),
        (["run", "--nudge", "0"], "--difference-step is 0.0"),
        (["run", "--epochs", "2.5"], "'2.5' is not a whole number"),
        (["run", "--epochs", "-1"], "epochs is -1"),
        (["run", "--clicks", "-1"], "clicks is -1"),
        (["run", "--start", "1"], "start has 1 value: give one each for m, b"),
        (["run", "--start", "inf", "0"], "start"),
        (["run", "--gradient", "foward"], "did you mean forward?"),
        (["run", "nothing"], "sheetgd: lesson 'nothing' is not known"),
        (["sweep", "--lr", "1:2"], "or some with commas, such as 0.01,0.1"),
        (["run", "--gradient", "exact"], "did you mean analytic?"),
        (["build", "--capacity", "0"], "capacity is 0"),
        (["build", "--capacity", "3"], "make --capacity at least 5"),
        (["build", "--epochs", "60000"], "a worksheet holds 1,048,576"),
        (["build", "-o", "book.xls"], ".xlsx"),
        (["build", "-o", "."], "is not the name of a file"),
        (["build", "--x", "month"], "--data"),
        (["run", "--no-header"], "--data"),
        (["run", "dosag"], "did you mean dosage?"),
        (["build", "none.toml"], "none.toml: there is no such file"),
        (["run", "--model", "2x"], "write 2*x"),
        (["run", "--model", "a*log(x)"], "log is not a function"),
        (["run", "--loss", "msee"], "did you mean mse?"),
        (["run", "--metric", "r2"], "choose from rmse, mse, mae, root_sse"),
        (["run", "--batch", "most"], "'most' is not a whole number or \"all\""),
        (["run", "--batch", "21"], "there are only 20 rows"),
        (["run", "--optimizer", "plain"], "did you mean sgd?"),
        (["run", "--beta", "0.5"], "--beta is not a hyperparameter of the optimiser sgd"),
        (["run", "--optimizer", "adam", "--beta1", "1"], "beta1 is 1.0"),
        (["run", "--min-delta", "-1"], "--min-delta is -1.0"),
        (["new"], "NAME"),
        (["build", "--colour", "red"], "--colour"),
        (["build", "--epoch", "3"], "--epoch"),
        (["bild"], "there is no command 'bild'"),
        (["bild"], "did you mean build?"),
        (["build", "pyproject.toml.csv"], "lesson 'pyproject.toml.csv' is not known"),
        (["build", __file__], f"write --data {__file__}"),
        (["run", "--optimizer", "momentum=0.9"], "write momentum, and what follows as a hyperpar"),
        ([], "COMMAND"),
    ],
)
def test_bad_options_are_refused_in_one_line(
    capsys: pytest.CaptureFixture[str], arguments: list[str], says: str
) -> None:
    assert says in refused(capsys, *arguments)
    assert not list(Path().iterdir())


@pytest.mark.slow
def test_more_rows_than_a_sheet_holds(capsys: pytest.CaptureFixture[str]) -> None:
    rows = "".join(f"{row},{row}\n" for row in range(1_048_500))
    Path("long.csv").write_text("x,y\n" + rows)
    given = ("--data", "long.csv", "--learn", "1e-13")
    assert "a worksheet holds 1,048,576" in refused(capsys, "build", *given)
    assert not Path("outputs").exists()


def test_a_folder_that_cannot_be_made_or_written(capsys: pytest.CaptureFixture[str]) -> None:
    Path("file").write_text("not a folder")
    assert "cannot be written" in refused(capsys, "build", "parabola", "-o", "file/book.xlsx")
    Path("book.xlsx").mkdir()
    assert "that is a folder" in refused(capsys, "build", "parabola", "-o", "book.xlsx")


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="this user may write anywhere"
)
def test_a_folder_without_permission(capsys: pytest.CaptureFixture[str]) -> None:
    Path("locked").mkdir(mode=0o500)
    assert "cannot be written to" in refused(capsys, "build", "-o", "locked/book.xlsx")


def test_help_loads_nothing_heavy() -> None:
    code = (
        # What measures the tests may have loaded some of it already.
        "import sys\nbefore = set(sys.modules)\n"
        "from sheetgd.cli.main import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit as stop:\n    assert stop.code == 0\n"
        "heavy = {'numpy', 'pandas', 'openpyxl', 'decimal', 'csv'} & set(sys.modules) - before\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "build" in done.stdout


def test_building_needs_no_pandas() -> None:
    code = (
        "import sys\nfrom sheetgd.cli.main import main\n"
        "assert main(['build']) == 0\nassert 'pandas' not in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_module_and_command_are_the_same_program() -> None:
    for command in (
        [sys.executable, "-m", "sheetgd"],
        [str(Path(sys.executable).with_name("sheetgd"))],
    ):
        done = subprocess.run([*command, "--version"], capture_output=True, text=True, check=False)
        assert done.returncode == 0
        assert done.stdout.startswith("sheetgd ")


def test_output_that_nobody_reads_is_no_trouble() -> None:
    command = f"{sys.executable} -m sheetgd run --epochs 300 --steps | head -n 1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)  # noqa: S602  a pipe is what is tested
    assert done.stderr == ""
    assert "epoch" in done.stdout


@pytest.mark.skipif(not Path("/dev/stdin").exists(), reason="standard input has no name here")
def test_data_from_a_pipe() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sheetgd", "run", "--data", "/dev/stdin"],
        input="x,y\n1,3\n2,5\n3,7\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0
    assert re.fullmatch(
        r"sheetgd: --learning-rate 0\.\d+ and --difference-step \S+ were chosen for these data\n",
        done.stderr,
    )
    assert re.match(r" *epoch +m +b ", done.stdout)


@pytest.mark.parametrize("command", ["build", "run"])
def test_help_names_every_choice(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    # In a narrow terminal a name may be broken at its hyphen.
    monkeypatch.setenv("COLUMNS", "200")
    with pytest.raises(SystemExit):
        main([command, "--help"])
    words = re.findall(r"[\w-]+", capsys.readouterr().out)
    for choices in (GRADIENT_RULES, LOSSES, METRICS, OPTIMIZERS):
        assert set(choices) <= set(words)
    hyperparameters = {f"--{name}" for each in OPTIMIZERS.values() for name in each.hyper}
    assert hyperparameters <= set(words)


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


def test_lessons_are_listed_a_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lessons"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == shipped_names()
    assert all(len(line.split()) > 5 for line in lines)


@pytest.mark.parametrize("name", ["parabola", "quadratic"])
def test_a_shipped_lesson_is_built_under_its_name(
    capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert main(["build", name]) == 0
    assert capsys.readouterr().out.splitlines()[0] == str(Path(f"outputs/{name}.xlsx"))
    assert Path(f"outputs/{name}.xlsx").is_file()


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


def test_a_workbook_as_data(capsys: pytest.CaptureFixture[str]) -> None:
    book = openpyxl.Workbook()
    page = book.create_sheet("measured")
    for row in (["t", "v"], [1, 3], [2, 5], [3, 7.5]):
        page.append(row)
    book.save("data.xlsx")
    given = ["run", "--data", "data.xlsx", "--sheet", "measured", "--epochs", "0", "--steps"]
    assert main([*given]) == 0
    capsys.readouterr()
    line = refused(capsys, "run", "--data", "data.xlsx", "--sheet", "measurd")
    assert "measured" in line
    line = refused(capsys, "run", "--data", "data.xlsx", "--decimal", ",")
    assert "--decimal is for a CSV file" in line


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
