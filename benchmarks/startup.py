"""How long the command takes, beside a Python that does next to nothing."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from benchmarks import targets
from benchmarks.harness import (
    Contest,
    DisagreementError,
    Entrant,
    Peer,
    Result,
    Size,
    compare,
)

ROOT = Path(__file__).resolve().parents[1]
SCRIPT = "import sys; from sheetgd.cli.main import run_and_exit; sys.exit(run_and_exit())"
"""What the installed command `sheetgd` does."""

Done = subprocess.CompletedProcess[str]


def startups(size: Size, rounds: int) -> Iterator[Result]:  # noqa: ARG001  they are small as they are
    """Time `sheetgd build` and `sheetgd --help`, each as a process of its own."""
    with tempfile.TemporaryDirectory(prefix="sheetgd-") as place:
        for arguments, code, target in (
            (("build", "--force"), "import openpyxl", targets.BUILD),
            (("--help",), "pass", targets.HELP),
        ):
            title = " ".join(("sheetgd", *arguments)).removesuffix(" --force")
            ours = Entrant(run=partial(_run, ("-c", SCRIPT, *arguments), place), units=1, long=True)
            peer = Peer(
                name=f'python -c "{code}"',
                make=partial(_python, code, place),
                agrees=_both_ended_well,
                target=target,
            )
            yield from compare(Contest(title=title, unit="run", ours=ours, peers=(peer,)), rounds)


def _python(code: str, place: str) -> Entrant:
    return Entrant(run=partial(_run, ("-c", code), place), units=1, long=True)


def _run(arguments: Sequence[str], place: str, _: object) -> Done:
    path = os.pathsep.join((str(ROOT), os.environ.get("PYTHONPATH", ""))).rstrip(os.pathsep)
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONPYCACHEPREFIX": f"{place}/compiled"}
    # An installed package is compiled; here the run that is compared does that, untimed.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    command = [sys.executable, *arguments]
    return subprocess.run(
        command,
        cwd=place,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def _both_ended_well(ours: Done, theirs: Done) -> None:
    for done in (ours, theirs):
        if done.returncode:
            raise DisagreementError(f"it ended with {done.returncode}: {done.stderr.strip()}")
    if "sheetgd" not in ours.stdout and "xlsx" not in ours.stdout:
        raise DisagreementError(f"it said {ours.stdout!r}")
