"""Data and choices at the edges, tried with every command: python -m tests.support.extremes.

It tries all of them together, and then what takes minutes: 100,000 rows, 1,000 epochs, 50
parameters; it prints the seconds and the megabytes that each took.
"""

import io
import random
import resource
import string
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from itertools import chain, product
from pathlib import Path

from sheetgd.cli.main import main

Rows = Sequence[tuple[float, float]]

_LARGEST = sys.float_info.max

DATA: dict[str, Rows] = {
    "one point": [(1.0, 1.0)],
    "one at 0": [(0.0, 0.0)],
    "same x": [(2.0, float(row)) for row in range(5)],
    "same y": [(float(row), 3.0) for row in range(5)],
    "no y": [(float(row), 0.0) for row in range(5)],
    "no x": [(0.0, float(row)) for row in range(5)],
    "duplicates": [(1.0, 2.0), (1.0, 2.0), (1.0, 3.0), (2.0, 3.0)],
    "perfect": [(float(row), 2.0 * row + 1) for row in range(5)],
    "huge": [(row * 1e300, row * 2e300) for row in (1, 2, 3, 4)],
    "huge y": [(float(row), row * 2e300) for row in (1, 2, 3, 4)],
    "huge x": [(row * 1e300, float(row)) for row in (1, 2, 3, 4)],
    "largest": [(_LARGEST, -_LARGEST), (-_LARGEST, _LARGEST), (1.0, 1.0)],
    "tiny": [(row * 1e-300, row * 2e-300) for row in (1, 2, 3, 4)],
    "least": [(row * 5e-324, row * 5e-324) for row in (1, 2, 3, 4)],
    "all sizes": [(1e-300, 1.0), (1.0, 1e-300), (1e300, -1.0), (-1.0, 1e300)],
    "squares just overflow": [(float(row), row * -1.1e154) for row in (1, 2, 3, 4)],
    "lost in rounding": [(1e16 + row * 2, 1e16 - row * 2) for row in (1, 2, 3, 4)],
    "billions": [(row * 1e8, row * 1e9) for row in (1, 2, 3, 4)],
}

CHOICES: list[list[str]] = [
    text.split()
    for text in (
        "", "--loss mae", "--model quadratic", "--model w*x", "--model a*exp(b*x)+c",
        "--gradient central", "--gradient analytic", "--gradient swapped", "--batch all",
        "--batch 3 --shuffle 1", "--optimizer momentum", "--optimizer momentum-ema",
        "--optimizer adagrad", "--optimizer rmsprop", "--optimizer adam", "--metric mse",
        "--metric mae", "--metric root_sse", "--learn 1e-300", "--learn 1e300",
        "--nudge 1e-300", "--nudge 1e300", "--start 1e300 1e300", "--start 1e-310 -1e-310",
        "--batch all --gradient analytic", "--model w", "--model a*x+b*0",
    )
]  # fmt: skip


def written(folder: Path, rows: Rows, *, name: str = "data") -> Path:
    """A CSV file of rows."""
    path = folder / f"{name}.csv"
    path.write_text("x,y\n" + "".join(f"{x!r},{y!r}\n" for x, y in rows), encoding="utf-8")
    return path


def names(count: int) -> list[str]:
    """So many names of parameters."""
    letters = [each for each in string.ascii_lowercase if each not in "xytec"]
    pairs = (f"{one}{other}" for one, other in product("pqkuvwz", letters))
    return [each for each in chain(letters, pairs) if each != "pi"][:count]


def wrong(arguments: Sequence[str], *, may_refuse: bool = True) -> str | None:
    """What is wrong with how a command goes; None if it does its work, or says one line why not."""
    out, err = io.StringIO(), io.StringIO()
    with warnings.catch_warnings(), redirect_stdout(out), redirect_stderr(err):
        warnings.simplefilter("error")
        try:
            code = main(arguments)
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
        except Exception:  # noqa: BLE001  whatever it is, it is told
            return traceback.format_exc()
    said = [line for line in err.getvalue().splitlines() if "warning:" not in line]
    if code not in ({0, 2} if may_refuse else {0}):
        return f"exit code {code}"
    if code == 2 and len(said) != 1:
        return f"exit code 2 and {len(said)} lines"
    if " nan" in out.getvalue():
        return "nan in its output"
    return None


def _every() -> Iterator[tuple[Sequence[str], Path]]:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for number, (rows, choices) in enumerate(product(DATA.values(), CHOICES)):
            given = ["--data", str(written(folder, rows)), *choices]
            yield ["run", *given], folder
            yield ["run", *given, "--steps", "--exact"], folder
            yield ["run", *given, "--json"], folder
            if choices[:1] != ["--learn"]:
                yield ["sweep", *given, "--no-workbook"], folder
            book = str(folder / f"{number}.xlsx")
            yield ["build", *given, "--capacity", "8", "-o", book], folder
            if number % 7 == 0:
                yield ["picture", *given, "-o", str(folder / f"{number}.png")], folder


def _large() -> Iterator[tuple[str, list[str]]]:
    draw = random.Random(1)  # noqa: S311  no secret
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        rows = [(row / 1000, row / 500 + draw.gauss(0, 1)) for row in range(100_000)]
        long = str(written(folder, rows, name="long"))
        few = str(written(folder, [(row / 60, draw.gauss(0, 1)) for row in range(60)]))
        wide = "+".join(f"{name}/(x+{place})" for place, name in enumerate(names(50), 1))
        book = str(folder / "book.xlsx")
        yield "100,000 rows, run", ["run", "--data", long, "-q"]
        yield "100,000 rows, sweep", ["sweep", "--data", long, "--no-workbook", "-q"]
        yield "100,000 rows, build", [
            "build", "--data", long, "--epochs", "1", "-q", "-o", book,
        ]  # fmt: skip
        yield "1,000 epochs, build", [
            "build", "--epochs", "1000", "--clicks", "1", "--capacity", "1000", "-q", "--force",
            "-o", book,
        ]  # fmt: skip
        yield "50 parameters, run", ["run", "--data", few, "--model", wide, "-q"]
        yield "50 parameters, build", [
            "build", "--data", few, "--model", wide, "--capacity", "5", "-q", "--force", "-o", book,
        ]  # fmt: skip


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _main() -> int:
    failed = tried = 0
    for arguments, _ in _every():
        tried += 1
        if (trouble := wrong(arguments)) is not None:
            failed += 1
            _say(f"{' '.join(arguments)}\n{trouble}")
    _say(f"{tried:,} commands, {failed} of them wrong")
    for what, arguments in _large():
        begun = time.process_time()
        trouble = wrong(arguments, may_refuse=False)
        failed += trouble is not None
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        seconds = time.process_time() - begun
        _say(f"{what}: {trouble or 'well'}, {seconds:.1f} s, {most:.0f} MB at most")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(_main())
