"""The command in a shell: streams that are closed or full, pipes, interruptions, and sizes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(not Path("/dev/full").exists(), reason="a shell of Linux is meant")

FULL = "sheetgd: the output cannot be written (No space left on device)\n"
CLOSED = "sheetgd: the output cannot be written (Bad file descriptor)\n"
NINES = "9" * 5000
BEYOND = f"is {NINES[:57]}... (beyond 9,007,199,254,740,992)"


def shell(command: str, before: str = "") -> subprocess.CompletedProcess[str]:
    """Run a command of ours in a shell; no word of Python's own may come of it."""
    line = f"{before} {sys.executable} -m sheetgd {command}"
    done = subprocess.run(  # noqa: S602  a shell is what is tested
        line, shell=True, capture_output=True, text=True, check=False, timeout=60
    )
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    return done


@pytest.mark.parametrize(
    ("command", "code", "out", "err"),
    [
        ("run >&-", 2, "", CLOSED),
        ("run >/dev/full", 2, "", FULL),
        ("run --json >/dev/full", 2, "", FULL),
        ("--help >/dev/full", 2, "", FULL),
        ("run --help >/dev/full", 2, "", FULL),
        ("--version >&-", 2, "", CLOSED),
        ("lessons >&-", 2, "", CLOSED),
        ("script >/dev/full", 2, "", FULL),
        ("run <&- >&- 2>&-", 2, "", ""),
        ("run --epochs 1 2>&-", 0, "epoch ", ""),
        ("run --epochs 1 2>/dev/full", 0, "epoch ", ""),
        ("run --epochs 1 --learn 100 2>/dev/full", 0, "epoch ", ""),
        ("run --learn 0 2>&-", 2, "", ""),
        ("run --learn 0 2>/dev/full", 2, "", ""),
        ("run --colour 2>/dev/full", 2, "", ""),
        ("run --colour 2>&-", 2, "", ""),
        ("compare none.xlsx 2>/dev/full", 2, "", ""),
        ("compare none.xlsx 2>&-", 2, "", ""),
        ("run --csv /dev/full", 2, "", "sheetgd: /dev/full: cannot be written (No space"),
        ("run --csv pipe", 2, "", "sheetgd: pipe: cannot be written (nobody reads this pipe)"),
        ("run --learn=--", 2, "", "sheetgd run: argument --learn: '--' is not a value of it"),
        ("run --start=--", 2, "", "sheetgd run: argument --start: '--' is not a value of it"),
        ("run --learn 1_000", 2, "", "sheetgd run: argument --learning-rate/--lr/--learn: '1_0"),
        ("run --epochs 1_0", 2, "", "sheetgd run: argument --epochs: '1_0' is not a whole number"),
        ("run --epochs ٣", 2, "", "sheetgd run: argument --epochs: '٣' is not a whole number"),
        ("run --batch 1_0", 2, "", "sheetgd run: argument --batch-size/--batch: '1_0' is not a wh"),
        ("run --start -inf 1", 2, "", "sheetgd: --start: value 1 is -inf; only finite numbers"),
        ("run --min-delta nan", 2, "", "sheetgd: --min-delta is nan: it must be a number, 0 or"),
        (f"run --epochs {NINES}", 2, "", f"sheetgd: --epochs {BEYOND}"),
        (f"run --clicks {NINES}", 2, "", f"sheetgd: --clicks {BEYOND}"),
        (f"run --every {NINES}", 2, "", f"sheetgd: --every {BEYOND}"),
        (f"sweep --no-workbook --epochs {NINES}", 2, "", f"sheetgd: --epochs {BEYOND}"),
        ("run --epochs 1000000000", 2, "", "sheetgd: a log of 1,000,000,001 lines would take 61,"),
        ("run --steps --epochs 9000000", 2, "", "sheetgd: a table of 180,000,000 steps would take"),
        ("sweep --no-workbook --lr 1e-4:1:100000000", 2, "", "sheetgd: --learning-rate '1e-4:1:1"),
        ("sweep --no-workbook --epochs 1000000000", 2, "", "sheetgd: a sweep of 8 rates over 1,0"),
        (f"run --model {'x' * 9000}", 2, "", "sheetgd: the model's formula has 9,000 characters"),
    ],
)
def test_what_is_wrong_is_said_in_its_stream(command: str, code: int, out: str, err: str) -> None:
    os.mkfifo("pipe")
    done = shell(command)
    assert done.returncode == code
    assert done.stdout.startswith(out)
    assert bool(done.stdout) is bool(out)
    assert done.stderr.startswith(err)
    assert (done.stderr.count("\n"), len(done.stderr) < 400) == (bool(err), True)


def test_a_pipe_that_is_read_gets_the_table() -> None:
    os.mkfifo("pipe")
    assert shell("run -q --csv pipe", "cat pipe > kept & sleep 0.1;").returncode == 0
    assert Path("kept").read_text(encoding="utf-8").startswith("epoch,")


def test_a_backend_that_is_not_there_keeps_no_picture_from_being_drawn() -> None:
    pytest.importorskip("matplotlib")
    assert shell("picture --kind curves -o curves.png", "MPLBACKEND=nonsense").returncode == 0


def test_too_little_memory_is_said() -> None:
    found = "import sheetgd.cli.lessons as own; own.run = lambda _: bytearray(2**62); "
    line = f"{sys.executable} -c '{found}import sheetgd.cli.main as main; main.run_and_exit()'"
    done = subprocess.run(  # noqa: S602  the same
        f"{line} lessons", shell=True, capture_output=True, text=True, check=False
    )
    says = "sheetgd: there is not enough memory; take fewer epochs, rates or rows\n"
    assert (done.returncode, done.stderr) == (2, says)


@pytest.mark.parametrize("error", ["ValueError", "KeyError", "RecursionError", "SystemError"])
def test_a_fault_of_ours_is_never_taken_for_a_difference(error: str) -> None:
    code = (
        f"import sheetgd.cli.compare as own\ndef fail(_):\n    raise {error}\nown.run = fail\n"
        "import sheetgd.cli.main as main; main.run_and_exit()"
    )
    command = [sys.executable, "-c", code, "compare"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert error in done.stderr


@pytest.mark.parametrize(
    ("where", "becomes"),
    [
        *((each, "") for each in ("sheetgd.errors", "argparse", "numpy", "sheetgd.engine.run")),
        # What is written in C may make another error of it.
        ("numpy", "ImportError"),
    ],
)
def test_an_interruption_while_modules_are_imported_is_one(where: str, becomes: str) -> None:
    code = (
        "import os, signal, sys\nclass Finder:\n    def find_spec(self, name, *_):\n"
        f"        if name == {where!r}:\n            try:\n"
        "                os.kill(os.getpid(), signal.SIGINT)\n"
        f"            except KeyboardInterrupt:\n                raise {becomes}\n"
        f"[sys.modules.pop(each) for each in [*sys.modules] if each.startswith({where!r})]\n"
        "sys.meta_path.insert(0, Finder())\nfrom sheetgd.__main__ import run\nrun()"
    )
    command = [sys.executable, "-c", code, "run"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_long_json_is_written_in_portions() -> None:
    done = shell("run --json --epochs 25000")
    log = json.loads(done.stdout)["log"]
    assert [each["epoch"] for each in log] == list(range(25_001))


def test_an_undefined_power_is_called_no_number() -> None:
    Path("data.csv").write_text("x,y\n1,-20\n2,-40\n3,-60\n", encoding="utf-8")
    model = ["--model", "m^1.01*x", "--start", "0.1", "--lr", "1", "--gradient", "analytic"]
    done = shell(f"run --data data.csv {' '.join(model)}")
    assert "diverges (non-finite) at epoch 1: a result is not a number" in done.stdout
