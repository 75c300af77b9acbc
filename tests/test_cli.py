"""The command line: what it prints, where it writes, and how it says no."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sheetgd.cli import main
from sheetgd.maths.gradient import GRADIENT_RULES
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
    assert "--force" in refused(capsys, "build", "-o", "mine.xlsx")
    assert path.read_bytes() == b"a student's work"
    assert [each.name for each in Path().iterdir()] == ["mine.xlsx"]
    assert main(["build", "-o", "mine.xlsx", "--force"]) == 0
    assert path.read_bytes().startswith(b"PK")


def test_run_prints_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--epochs", "15", "--gradient", "published"]) == 0
    header, *lines = capsys.readouterr().out.splitlines()
    assert header.split() == ["epoch", "m", "b", "learn", "rmse"]
    assert len(lines) == 16
    assert lines[-1].split()[:4] == ["15", "2.051", "25.075", "0.0001"]
    assert lines[-1].split()[4].startswith("16.5915")


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
    assert "diverges (grown) at epoch 6" in out
    assert "diverges (frozen) at epoch 45" in out


DATA = "month,revenue,cost\n1,10,1\n2,12.5,1\n\n3,15,x\n"


def test_own_data(capsys: pytest.CaptureFixture[str]) -> None:
    Path("sales.csv").write_text(DATA)
    given = ["--data", "sales.csv", "--x", "month", "--y", "revenue", "--learn", "0.01"]
    assert main(["build", *given]) == 0
    out = capsys.readouterr().out
    assert out.splitlines()[0] == str(Path("outputs/sales.xlsx"))
    assert "pages: Gradient Descent, Epochs, Steps, Guide" in out
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
        (b"a,b\n1,2\n", [], "no column is named 'x'; it has 'a', 'b'"),
        (b"x,y,x\n1,2,3\n", [], "2 columns are named 'x'"),
        (b"x,y\n1,2\n", [], "1 row"),
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
        (["build", "--learn", "0"], "learn is 0.0"),
        (["run", "--learn", "-0.1"], "learn is -0.1"),
        (["run", "--learn", "nan"], "learn is nan"),
        (["run", "--learn", "fast"], "'fast' is not a number"),
        (["run", "--nudge", "0"], "nudge is 0.0"),
        (["run", "--epochs", "2.5"], "'2.5' is not a whole number"),
        (["run", "--epochs", "-1"], "epochs is -1"),
        (["run", "--clicks", "-1"], "clicks is -1"),
        (["run", "--start", "1"], "expected 2 arguments"),
        (["run", "--start", "inf", "0"], "start"),
        (["run", "--gradient", "foward"], "did you mean forward?"),
        (["run", "--gradient", "swapped"], "forward, central, exact, published"),
        (["build", "--capacity", "0"], "capacity is 0"),
        (["build", "--capacity", "3"], "make capacity at least 5"),
        (["build", "--epochs", "60000"], "a worksheet holds 1,048,576"),
        (["build", "-o", "book.xls"], ".xlsx"),
        (["build", "-o", "."], ".xlsx"),
        (["build", "--x", "month"], "--data"),
        (["build", "--colour", "red"], "--colour"),
        (["build", "--epoch", "3"], "--epoch"),
        (["bild"], "invalid choice: 'bild'"),
        ([], "COMMAND"),
    ],
)
def test_bad_options_are_refused_in_one_line(
    capsys: pytest.CaptureFixture[str], arguments: list[str], says: str
) -> None:
    assert says in refused(capsys, *arguments)
    assert not list(Path().iterdir())


def test_more_rows_than_a_sheet_holds(capsys: pytest.CaptureFixture[str]) -> None:
    rows = "".join(f"{row},{row}\n" for row in range(1_048_500))
    Path("long.csv").write_text("x,y\n" + rows)
    assert "a worksheet holds 1,048,576" in refused(capsys, "build", "--data", "long.csv")
    assert not Path("outputs").exists()


def test_a_folder_that_cannot_be_made_or_written(capsys: pytest.CaptureFixture[str]) -> None:
    Path("file").write_text("not a folder")
    assert "cannot be written to" in refused(capsys, "build", "-o", "file/book.xlsx")
    Path("book.xlsx").mkdir()
    assert "that is a folder" in refused(capsys, "build", "-o", "book.xlsx")


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="this user may write anywhere"
)
def test_a_folder_without_permission(capsys: pytest.CaptureFixture[str]) -> None:
    Path("locked").mkdir(mode=0o500)
    assert "cannot be written to" in refused(capsys, "build", "-o", "locked/book.xlsx")


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "from sheetgd.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit as stop:\n    assert stop.code == 0\n"
        "heavy = {'numpy', 'pandas', 'openpyxl', 'decimal', 'csv'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "build" in done.stdout


def test_building_needs_no_pandas() -> None:
    code = (
        "import sys\nfrom sheetgd.cli import main\n"
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


@pytest.mark.parametrize("command", ["build", "run"])
def test_help_names_every_gradient_rule(capsys: pytest.CaptureFixture[str], command: str) -> None:
    with pytest.raises(SystemExit):
        main([command, "--help"])
    text = " ".join(capsys.readouterr().out.split())
    assert all(rule in text for rule in GRADIENT_RULES)


def test_compare_says_the_same_different_or_trouble(capsys: pytest.CaptureFixture[str]) -> None:
    assert "no such file" in refused(capsys, "compare")
    assert main(["build"]) == 0
    capsys.readouterr()
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
    assert main(["build", "--data", "own.csv"]) == 0
    capsys.readouterr()
    assert 'no page "As published"' in refused(capsys, "compare", "outputs/own.xlsx")
