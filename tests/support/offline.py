"""Commands of sheetgd where nothing but work on files is allowed.

``python -m tests.support.offline COMMANDS`` runs commands, given as JSON, one after another, and
prints as JSON what each returned, which programs were started, and what was refused: any use of
the network, any other program, and unpickling. What is refused is told even where the code that
tried it goes on regardless.
"""

import contextlib
import io
import json
import os
import sys
from pathlib import Path
from typing import Any

from sheetgd.cli.main import main as sheetgd

ALLOWED = {"soffice", "soffice.bin", "libreoffice", "fc-list"}
"""LibreOffice, for --recalculate; and matplotlib asks fontconfig once which fonts there are."""
_REFUSED = (
    "socket.", "urllib.", "http.", "ftplib.", "smtplib.", "imaplib.", "poplib.", "nntplib.",
    "telnetlib.", "webbrowser.", "pickle.find_class", "os.system", "os.exec", "os.posix_spawn",
    "os.spawn", "os.startfile", "pty.spawn", "code.__new__.exec",
)  # fmt: skip


class Watch:
    """Sees what Python does, from its first use on to the end of the process."""

    def __init__(self) -> None:
        """Begin."""
        self.started: list[str] = []
        self.refused: list[str] = []
        sys.addaudithook(self._see)

    def _see(self, event: str, given: tuple[Any, ...]) -> None:
        if event == "subprocess.Popen":
            program = Path(os.fsdecode(given[0])).name
            if program in ALLOWED:
                self.started.append(program)
                return
            event = f"{event} {program}"
        elif not event.startswith(_REFUSED):
            return
        self.refused.append(event)
        raise PermissionError(f"refused: {event}")


def main() -> None:
    """Do what the module says."""
    watch, codes = Watch(), []
    for command in json.loads(sys.argv[1]):
        with contextlib.redirect_stdout(io.StringIO()):
            codes.append(sheetgd(command))
    print(json.dumps({"codes": codes, "started": watch.started, "refused": watch.refused}))  # noqa: T201  that is how it reports


if __name__ == "__main__":
    main()
