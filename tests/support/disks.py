"""Builds onto disks that are full or may not be written to.

``python -m tests.support.disks FOLDER`` needs to be alone with its mounts (`unshare`), see
`alone`. For each of several disks, of a few pages each, it lets the command line build a
workbook there, where nothing is yet and where an older file is. It prints what came of it, as
JSON.
"""

import json
import shutil
import subprocess
import sys
from contextlib import redirect_stderr
from io import StringIO
from pathlib import Path

from sheetgd.cli.main import main as command

SIZES = (4, 64, 108)
"""Of disks in KiB; the workbook of the lesson parabola has 112."""

OLD = b"an older file"


def alone() -> list[str]:
    """What to put before a command so that it may mount disks that nobody else sees."""
    program = shutil.which("unshare")
    if program is not None:
        for options in ("-m", "-rm"):
            try_it = [program, options, "mount", "-t", "tmpfs", "none", "/mnt"]
            if subprocess.run(try_it, capture_output=True, check=False).returncode == 0:
                return [program, options]
    return []


def main() -> None:
    folder = Path(sys.argv[1])
    found = []
    for size in (*SIZES, 1024):
        _mount("-t", "tmpfs", "-o", f"size={size}k", "none", str(folder))
        (folder / "old.xlsx").write_bytes(OLD)
        if size > SIZES[-1]:
            _mount("-o", "remount,ro", str(folder))
        for name in ("new.xlsx", "made/deep/new.xlsx", "old.xlsx"):
            said = StringIO()
            with redirect_stderr(said):
                code = command(["build", "parabola", "-q", "--force", "-o", str(folder / name)])
            left = sorted(str(each.relative_to(folder)) for each in folder.rglob("*"))
            found.append(
                {
                    "size": size,
                    "name": name,
                    "code": code,
                    "said": said.getvalue(),
                    "left": left,
                    "old": (folder / "old.xlsx").read_bytes() == OLD,
                }
            )
        subprocess.run(["umount", str(folder)], check=True)
    print(json.dumps(found))  # noqa: T201  that is its answer


def _mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True)


if __name__ == "__main__":
    main()
