"""What is in the packages that people install: ``python -m tests.support.packages FOLDER``.

The folder holds a wheel and the source distribution that it was built from. The wheel has the
package, its templates and its licence, and nothing else; the other has all of this checkout.
"""

import sys
import tarfile
import zipfile
from collections.abc import Set as AbstractSet
from email import message_from_bytes
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PARTS = (".ci", ".github", "benchmarks", "docs", "outputs", "sheetgd", "templates", "tests")
_MADE = {"__pycache__", "outputs"}


def files_of(root: Path) -> set[str]:
    """The files of a checkout, as they are named from its top."""
    inside = {path for part in PARTS for path in (root / part).rglob("*") if path.is_file()}
    above = {path for path in root.iterdir() if path.is_file() and path.name != ".git"}
    named = {path.relative_to(root) for path in inside | above}
    return {path.as_posix() for path in named if "__pycache__" not in path.parts}


def check_wheel(wheel: Path, checkout: AbstractSet[str]) -> None:
    """Raise AssertionError unless a wheel holds what it should, and says so."""
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        (about,) = {name.partition("/")[0] for name in names if ".dist-info/" in name}
        metadata = message_from_bytes(archive.read(f"{about}/METADATA"))
    wanted = {name for name in checkout if name.startswith("sheetgd/")}
    wanted |= {f"sheetgd/{name}" for name in checkout if name.startswith("templates/")}
    rest = ("METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE")
    wanted |= {f"{about}/{name}" for name in rest}
    assert names == wanted, names ^ wanted
    assert metadata["License-Expression"] == "MIT"
    assert metadata["License-File"] == "LICENSE"


def check_source(source: Path, checkout: AbstractSet[str]) -> None:
    """Raise AssertionError unless a source distribution holds all that a checkout does."""
    with tarfile.open(source) as archive:
        found = {each.name.partition("/")[2] for each in archive if each.isfile()}
    assert found - {"PKG-INFO"} == checkout, found ^ checkout


def main() -> None:
    """Check both."""
    folder = Path(sys.argv[1])
    (wheel,), (source,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    checkout = files_of(Path(sys.argv[2]))
    check_wheel(wheel, checkout)
    check_source(source, checkout)


if __name__ == "__main__":
    main()
