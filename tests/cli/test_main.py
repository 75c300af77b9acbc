"""The command line: what it prints, where it writes, and how it says no."""

import re
import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest

from sheetgd.cli.main import main
from sheetgd.descent.gradient import GRADIENT_RULES
from sheetgd.descent.loss import LOSSES, METRICS
from sheetgd.descent.optimizer import OPTIMIZERS
from tests.support.commands import refused

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
        (b"PK\x03\x04\x00\xff\xfe", [], "damaged"),
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
        (
            ["run", "--metric", "r3"],
            "choose from rmse, mse, mae, huber, log-loss",
        ),
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
        (["build", "pyproject.toml.csv"], "pyproject.toml.csv is no lesson (see sheetgd"),
        (["build", __file__], f"{__file__} is no lesson (see sheetgd lessons)"),
        (["run", "--optimizer", "momentum=0.9"], "write momentum, and what follows as a hyperpar"),
        ([], "COMMAND"),
    ],
)
def test_bad_options_are_refused_in_one_line(
    capsys: pytest.CaptureFixture[str], arguments: list[str], says: str
) -> None:
    assert says in refused(capsys, *arguments)
    assert not list(Path().iterdir())


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
        r"sheetgd: --learning-rate 0\.\d+ and --difference-step \S+ were chosen for these data; "
        r"at this rate about \d+ epochs leave 1 % of the way to where such steps come to rest\n"
        r"sheetgd: /dev/stdin: read 'x', 'y' in 3 rows; lines 2 to 4\n",
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
    line = refused(capsys, "run", "--data", "data.xlsx", "--encoding", "cp1252")
    assert "--encoding is for text" in line
