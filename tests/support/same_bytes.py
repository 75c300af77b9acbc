"""The same input gives the same bytes, on every Python that is supported and can be found here.

``python -m tests.support.same_bytes WHEEL`` installs the wheel for each of them, in an
environment of its own, and has each build the same files: all shipped lessons, a sweep, data of
one's own. They differ in all that must not matter as well: time zone, locale, hash seed,
folder, file mode mask, and whether Python optimises. Ends with 1 where any two files differ, and
where there were not two Pythons to compare.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

SURROUNDINGS = {
    "3.11": (0o022, {"TZ": "UTC", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "0"}),
    "3.12": (0o077, {"TZ": "Asia/Kathmandu", "LC_ALL": "C", "PYTHONHASHSEED": "123"}),
    "3.13": (0o002, {"TZ": "America/St_Johns", "LC_ALL": "de_DE.UTF-8", "PYTHONOPTIMIZE": "2"}),
}
"""For each Python, a mask for the modes of its files, and environment variables."""

COMMANDS = (
    "build original",
    "build parabola --compress small -o small.xlsx",
    "build parabola",
    "build quadratic",
    "build dosage",
    "build optimisers",
    "sweep parabola --epochs 20 --csv sweep.csv",
    "run original --epochs 50 --steps --csv steps.csv",
    "build --data own.csv --model a*exp(b*x)+c --optimizer adam --seed 3 -o own.xlsx",
)
OWN = "Größe,y\n" + "".join(f"{x / 7},{x**1.3 - 2}\n" for x in range(12))


def python(version: str) -> str | None:
    """A Python of that version: the one at work, on the search path, or among pyenv's."""
    ours = ".".join(map(str, sys.version_info[:2]))
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for each in (
        sys.executable if ours == version else None,
        *sorted(map(str, pyenv.glob(f"{version}.*/bin/python"))),
        shutil.which(f"python{version}"),
    ):
        if each is not None:
            code = "import sys, venv; print('%d.%d' % sys.version_info[:2])"
            done = subprocess.run([each, "-c", code], capture_output=True, text=True, check=False)
            if done.stdout.strip() == version:
                return each
    return None


def build_all(program: str, version: str, wheel: str, place: Path) -> dict[str, str]:
    """Build everything with one Python; the digests of the files, by name."""
    subprocess.run([program, "-m", "venv", place / "venv"], check=True)
    ours = place / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
    subprocess.run([ours, "-m", "pip", "install", "-q", wheel], check=True)
    mask, environment = SURROUNDINGS[version]
    folder = place / f"folder of {version}"
    folder.mkdir()
    (folder / "own.csv").write_text(OWN, encoding="utf-8")
    for command in COMMANDS:
        subprocess.run(
            [ours, "-m", "sheetgd", *command.split(), "--quiet"],
            cwd=folder,
            env={**os.environ, **environment, "PYTHONPATH": ""},
            stdout=subprocess.DEVNULL,
            umask=mask,
            check=True,
        )
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def main() -> int:
    wheel = str(Path(sys.argv[1]).resolve())
    begun = time.perf_counter()
    programs = {version: python(version) for version in SURROUNDINGS}
    # At the same time: they are processes of their own.
    with ThreadPoolExecutor() as pool, tempfile.TemporaryDirectory() as place:
        jobs = {
            version: pool.submit(build_all, program, version, wheel, Path(place) / version)
            for version, program in programs.items()
            if program is not None
        }
        found = {version: job.result() for version, job in jobs.items()}
    for version, files in found.items():
        _say(f"Python {version}: {len(files)} files")
    first = next(iter(found.values()), {})
    different = {
        name
        for each in found.values()
        for name in {*first, *each}
        if first.get(name) != each.get(name)
    }
    for name in sorted(different):
        _say(f"DIFFERENT: {name}")
    missing = [version for version in SURROUNDINGS if version not in found]
    if missing:
        _say(f"NOT COMPARED: no Python {' or '.join(missing)} was found here")
    seconds = time.perf_counter() - begun
    _say(f"{len(first)} files, {len(found)} Pythons, {len(different)} different, {seconds:.0f} s")
    return 1 if different or len(found) < 2 else 0


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201  it is a command


if __name__ == "__main__":
    sys.exit(main())
