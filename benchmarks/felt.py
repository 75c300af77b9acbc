"""What people feel: opening the default workbook and editing it, beside that of version 0.2.0."""

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median

import sheetgd
from benchmarks import results, targets
from benchmarks.harness import (
    MissingPeerError,
    Result,
    Size,
    Target,
    Verdict,
    limited,
)
from benchmarks.memory import MEGABYTE
from benchmarks.startup import ROOT
from sheetgd.reading.recalculate import find_libreoffice

SYSTEM_PYTHON = "/usr/bin/python3"
"""LibreOffice's module uno is for the system's own Python."""

OLD = "ce13750:outputs/gradient_descent.xlsx"
"""Where the history of the project has the workbook of version 0.2.0."""

OPENING = "opening"
"""What `benchmarks.in_libreoffice` calls it."""

MOST_SECONDS = 1200
Times = Mapping[str, Sequence[float]]


def felt(size: Size, rounds: int) -> Iterator[Result]:
    """Time opening and each kind of edit, and measure how large things are.

    In small a workbook with little in it takes both parts.
    """
    lesson = sheetgd.shipped_lesson("original")
    if size is Size.SMALL:
        lesson = lesson.changed(capacity=6)
    with tempfile.TemporaryDirectory(prefix="sheetgd-") as place:
        folder = Path(place)
        built = sheetgd.build_workbook(lesson, folder / "new.xlsx")
        try:
            old = built.path if size is Size.SMALL else _old_workbook(folder / "old.xlsx")
            ours, theirs = _measured((built.path, old), folder / "profile", rounds)
        except MissingPeerError as error:
            yield Result(
                title="opening and editing the default workbook",
                against=results.OLD_WORKBOOK,
                verdict=Verdict.NOT_MEASURED,
                note=str(error),
            )
        else:
            for name in ours:
                yield beside(name, ours[name], theirs[name])
        megabytes = built.path.stat().st_size / MEGABYTE
    yield limited("default workbook: formulas", built.formulas, "formulas", targets.FORMULAS)
    yield limited("default workbook: size", megabytes, "MB", targets.WORKBOOK_MB)
    yield limited(
        "outputs/",
        sum(each.stat().st_size for each in (ROOT / "outputs").iterdir()) / MEGABYTE,
        "MB",
        targets.OUTPUTS_MB,
    )


def beside(name: str, ours: Sequence[float], theirs: Sequence[float]) -> Result:
    """Compare what one thing takes with what it took."""
    opening = name == OPENING
    target = targets.OPENING if opening else targets.EDIT
    quick = not opening and median(ours) <= targets.QUICK
    ratio = median(theirs) / median(ours)
    each = [target.of(their / our) for our, their in zip(ours, theirs, strict=True)]
    return Result(
        title=results.OPENING if opening else f"{results.AN_EDIT}{name}",
        against=results.OLD_WORKBOOK,
        value=target.of(ratio),
        measure="x its time",
        low=min(each),
        high=max(each),
        ours=median(ours) * 1e9,
        theirs=median(theirs) * 1e9,
        unit="time",
        target=_in_words(target, opening=opening),
        verdict=Verdict.MET if quick else target.verdict(ratio),
    )


def _in_words(target: Target, *, opening: bool) -> str:
    return str(target) if opening else f"{target}, or {targets.QUICK:g} s"


def _old_workbook(path: Path) -> Path:
    """Fetch the workbook of version 0.2.0 from the project's history."""
    command = ["git", "show", OLD]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        raise MissingPeerError("the project's history is not here") from None
    path.write_bytes(done.stdout)
    return path


def _measured(workbooks: Sequence[Path], profile: Path, rounds: int) -> list[Times]:
    """Time each workbook's turns in LibreOffice, by what was done."""
    if find_libreoffice() is None:
        raise MissingPeerError("LibreOffice is not installed")
    tried = [SYSTEM_PYTHON, "-c", "import uno"]
    try:
        subprocess.run(tried, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        raise MissingPeerError("LibreOffice's Python module uno is not installed") from None
    command = [SYSTEM_PYTHON, "-m", "benchmarks.in_libreoffice", str(profile), str(rounds)]
    done = subprocess.run(
        [*command, *map(str, workbooks)],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=MOST_SECONDS,
    )
    times: list[Times] = json.loads(done.stdout)
    return times
