"""What every command says and writes for lessons that between them use every choice.

``python -m tests.support.behaviour keep FOLDER`` keeps it, of the sheetgd that the interpreter
finds; ``... compare BEFORE AFTER`` tells what differs. So a change of the code that is to change
no behaviour is shown to change none. Names that were changed on purpose are in RENAMED.
"""

import hashlib
import os
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from difflib import unified_diff
from pathlib import Path

RENAMED: Mapping[str, str] = {}
"""What texts and files said before, as a regular expression, and what they say now."""

DATA = {
    "line.csv": "x,y\n" + "".join(f"{x},{3 * x + 5 + x % 3}\n" for x in range(12)),
    "semicolon.csv": "Zeit;Weg\n" + "".join(f"{x},5;{2 * x},25\n" for x in range(9)),
    "year.csv": "year,sales\n" + "".join(f"{2010 + x},{4e5 + 9e3 * x}\n" for x in range(10)),
    "bad.csv": "x,y\n1,2\n3,four\n",
    "curve.toml": """
[display]
title = "Curve"
capacity = 12
panels = [0, 4, 12]

[method]
model = "a*exp(-k*x) + c"
optimizer = "adam"
hyperparameters = { beta1 = 0.8, eps = 0.000001 }

[training]
learning_rate = 0.05
epochs = 4
clicks = 2
seed = 3

[data]
x_name = "minutes"
y_name = "degrees"
x = [0, 1, 2, 3, 5, 8, 9]
y = [5, 3.2, 2.4, 1.7, 1.3, 1.1, 1.05]
reconstructed = [6, 7]
[surface]
over = ["a", "c"]
a = [1, 6]
steps = [6, 9]
""",
    "variants.toml": """
[display]
title = "Variants"
capacity = 9
controls = false
sample = 2
guess = { m = 2, b = 1 }
rates = [0.001, 0.01, 0.1]
rate_epochs = 5

[method]
model = "line"
loss = "mae"
metric = "mae"
gradient = "central"

[training]
learning_rate = 0.01
difference_step = 0.001
epochs = 3
clicks = 2
min_delta = 0.001
patience = 2
stop_diverging = true
start = { m = 0, b = 1 }

[data]
x = [1, 2, 3]
y = [3, 5, 7.5]
[grid]
m = [0, 1, 2, 3]
b = [0, 1, 2]
[[variants]]
title = "All at once"
batch_size = "all"
[[variants]]
title = "Shuffled"
shuffle = 7
optimizer = "adagrad"
learning_rate = 0.5
[[expected]]
what = "mae at the start"
column = "mae"
epoch = 0
value = 4.2
decimals = 1
[texts]
intro = "Just so."
""",
    "unknown.toml": 'titel = "x"\n[data]\nx = [1]\ny = [2]\n',
}

SHIPPED = ("original", "parabola", "quadratic", "optimisers", "two-descents", "dosage")

SHORT = ("--epochs", "4", "--clicks", "2", "--capacity", "16")

LESSONS: Mapping[str, Sequence[str]] = {
    **{f"shipped {name}": (name,) for name in SHIPPED},
    "curve": ("curve.toml",),
    "variants": ("variants.toml",),
    "own line": ("--data", "line.csv"),
    "own semicolons": ("--data", "semicolon.csv", "--x", "Zeit", "--y", "Weg", *SHORT),
    "own years": ("--data", "year.csv", *SHORT),
    "quadratic model": ("--data", "line.csv", "--model", "quadratic", *SHORT),
    "cubic model": ("--data", "line.csv", "--model", "cubic", "--learn", "1e-7", *SHORT),
    "polynomial": ("--data", "line.csv", "--model", "polynomial 4", "--learn", "1e-9", *SHORT),
    "formula": ("--data", "line.csv", "--model", "a*tanh(x/3) + max(0, c - x)", *SHORT),
    "mae": ("--loss", "mae", "--metric", "mae", *SHORT),
    "metric mse": ("--metric", "mse", "--batch", "5", *SHORT),
    "metric rmse": ("--metric", "rmse", "--batch", "all", *SHORT),
    "metric root_sse": ("--data", "line.csv", "--metric", "root_sse", *SHORT),
    "central": ("--gradient", "central", "--nudge", "0.5", *SHORT),
    "exact": ("--gradient", "analytic", "--shuffle", "3", *SHORT),
    "published": ("--gradient", "swapped", *SHORT),
    "momentum": ("--optimizer", "momentum", "--beta", "0.5", "--learn", "5e-5", *SHORT),
    "momentum averaged": ("--optimizer", "momentum-ema", *SHORT),
    "adagrad": ("--optimizer", "adagrad", "--learn", "2", "--eps", "1e-6", *SHORT),
    "rmsprop": ("--optimizer", "rmsprop", "--rho", "0.8", "--learn", "0.1", *SHORT),
    "adam": ("--optimizer", "adam", "--beta1", "0.8", "--beta2", "0.99", *SHORT),
    "drawn start": ("--data", "line.csv", "--seed", "5", *SHORT),
    "given start": ("--data", "line.csv", "--start", "-2", "1", "--learn", "auto", *SHORT),
    "tolerance": ("--min-delta", "0.5", "--patience", "2", *SHORT),
    "diverging": ("--learn", "0.01", "--stop-diverging", *SHORT),
    "room": ("--epochs", "7", "--clicks", "3"),
}  # fmt: skip

NO_ROOM = ("--capacity", "16")

WRONG: Sequence[Sequence[str]] = (
    ("build", "--model", "a*"),
    ("build", "--model", "m*x"),
    ("build", "--loss", "huber"),
    ("build", "--metric", "r2"),
    ("build", "--gradient", "backward"),
    ("build", "--optimizer", "adamm"),
    ("build", "--optimizer", "adagrad", "--beta", "0.5"),
    ("build", "--optimizer", "adam", "--beta1", "1.5"),
    ("build", "--learn", "0"),
    ("build", "--learn", "0,1"),
    ("build", "--nudge", "-1"),
    ("build", "--epochs", "-1"),
    ("build", "--epochs", "two"),
    ("build", "--clicks", "9", "--capacity", "10"),
    ("build", "--batch", "0"),
    ("build", "--batch", "some"),
    ("build", "--patience", "3"),
    ("build", "--start", "1"),
    ("build", "--start", "1", "2", "--seed", "1"),
    ("build", "nothing"),
    ("build", "unknown.toml"),
    ("build", "--data", "missing.csv"),
    ("build", "--data", "bad.csv"),
    ("build", "--data", "line.csv", "--x", "time"),
    ("build", "--x", "time"),
    ("build", "--sheet", "A"),
    ("build", "--no-such"),
    ("build", "-o", "folder/"),
    ("build", "--compress", "much"),
    ("run", "--steps", "--quiet"),
    ("run", "--force"),
    ("run", "--every", "0"),
    ("sweep", "--learn", "1:2"),
    ("sweep", "--epochs", "1"),
    ("sweep", "--no-workbook", "-o", "a.xlsx"),
    ("compare", "missing.xlsx"),
    ("compare", "line.csv"),
    ("nothing",),
    (),
)


def commands() -> Iterator[tuple[str, Sequence[str]]]:
    """Every command line, by the name of the file that keeps what it says."""
    for number, (name, lesson) in enumerate(LESSONS.items()):
        yield f"{name} build", ("build", *lesson, "-o", "kept/book.xlsx", "--json")
        with_room = [each for each in lesson if each not in NO_ROOM]
        yield f"{name} run", ("run", *with_room, "--chart")
        yield f"{name} run json", ("run", *with_room, "--json", "--every", "3")
        if number % 2:
            yield f"{name} run steps", ("run", *with_room, "--steps", "--csv", "kept/steps.csv")
        else:
            yield f"{name} picture", ("picture", *with_room, "-o", "kept/picture.png")
        rates = list(with_room)
        for option in ("--learn", "--clicks", "--min-delta", "--patience"):
            if option in rates:
                place = rates.index(option)
                del rates[place : place + 2]
        rates = [each for each in rates if each != "--stop-diverging"]
        yield f"{name} sweep", ("sweep", *rates, "--no-workbook", "--csv", "kept/rates.csv")
    yield "original words", ("build", "-o", "kept/book.xlsx", *SHORT)
    yield "parabola sweep", ("sweep", "parabola", "-o", "kept/sweep.xlsx", "--json")
    yield (
        "line sweep",
        ("sweep", "--data", "line.csv", "--learn", "1e-5:1e-2:4", "-o", "kept/s.xlsx"),
    )
    yield "exact run", ("run", "--exact", "--epochs", "3", "--clicks", "1")
    yield "lessons", ("lessons",)
    yield "lessons json", ("lessons", "--json")
    yield "new", ("new", "kept/mine")
    yield "script", ("script",)
    yield "compare", ("compare", "ready/original.xlsx")
    yield "compare json", ("compare", "ready/original.xlsx", "--json")
    yield "compare other", ("compare", "ready/parabola.xlsx")
    yield "version", ("--version",)
    for words in WRONG:
        yield f"wrong {' '.join(words).replace('/', '_')}", words
    for command in ("", "build", "run", "sweep", "picture", "lessons", "new", "script", "compare"):
        yield f"help {command}", (*command.split(), "--help")


def kept(command: Sequence[str], place: Path) -> Mapping[str, bytes]:
    """What a command says, and the files that it writes, workbooks part by part."""
    environment = {
        **os.environ,
        "COLUMNS": "100",
        "PYTHONPATH": os.environ.get("TREE", str(Path.cwd())),
    }
    for name, text in DATA.items():
        (place / name).write_text(text, encoding="utf-8")
    (place / "kept").mkdir()
    if any(each.startswith("ready/") for each in command):
        for name in ("original", "parabola"):
            _called(("build", name, "-o", f"ready/{name}.xlsx"), place, environment)
    done = _called(command, place, environment)
    said = f"{done.returncode}\n{done.stdout.decode()}\n--\n{done.stderr.decode()}"
    found = {"said.txt": said.encode()}
    for file in sorted((place / "kept").iterdir()):
        if file.suffix == ".xlsx":
            with zipfile.ZipFile(file) as archive:
                found |= {f"{file.name}/{part}": archive.read(part) for part in archive.namelist()}
        else:
            content = file.read_bytes()
            found[file.name] = content if file.suffix != ".png" else _digest(content)
    return found


def _called(
    command: Sequence[str], place: Path, environment: Mapping[str, str]
) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        [sys.executable, "-W", "error::SyntaxWarning", "-m", "sheetgd", *command],
        cwd=place, env=environment, capture_output=True, check=False,
    )  # fmt: skip


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest().encode()


def keep(folder: Path) -> None:
    """Run every command, and keep what it says and writes."""

    def one(named: tuple[str, Sequence[str]]) -> None:
        name, command = named
        with tempfile.TemporaryDirectory() as place:
            found = kept(command, Path(place))
        for part, content in found.items():
            target = folder / name.strip() / part
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(one, commands()))


def translated(content: bytes) -> str:
    """What was said before, in today's names."""
    text = content.decode(errors="replace")
    for before, after in RENAMED.items():
        text = re.sub(before, after, text)
    return text


def compare(before: Path, after: Path) -> int:
    """Tell what differs between two folders that were kept; return how many files do."""
    names = {
        str(file.relative_to(folder)) for folder in (before, after) for file in folder.rglob("*")
        if file.is_file()
    }  # fmt: skip
    different = 0
    for name in sorted(names):
        there = [(folder / name).read_bytes() if (folder / name).exists() else b"(none)"
                 for folder in (before, after)]  # fmt: skip
        old, new = translated(there[0]), there[1].decode(errors="replace")
        if old != new:
            different += 1
            was, now = (re.sub(r">", ">\n", text).splitlines() for text in (old, new))
            print(f"== {name}", *list(unified_diff(was, now, lineterm="", n=0))[2:12], sep="\n")
    print(f"{len(names)} files, {different} differ")
    return different


def main() -> None:
    """Keep, or compare."""
    match sys.argv[1:]:
        case ["keep", folder]:
            keep(Path(folder))
        case ["compare", before, after]:
            sys.exit(compare(Path(before), Path(after)) > 0)
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
