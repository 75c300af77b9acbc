"""Terminals to write to: one that is only said to be one, and a real one."""

import io
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

PLAIN = {"TERM": "xterm", "LANG": "C.UTF-8", "LC_ALL": "", "PYTHONUNBUFFERED": "1"}
"""What a user's terminal usually says of itself."""

DECISIVE = (
    "CI", "TERM", "LANG", "LC_ALL", "LC_CTYPE", "COLUMNS", "NO_COLOR", "FORCE_COLOR",
    "CLICOLOR", "CLICOLOR_FORCE", "PYTHONIOENCODING", "PYTHONUTF8",
)  # fmt: skip
"""The environment variables that tell what a terminal can show."""

_STARTED = """
import runpy, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
runpy.run_module("sheetgd", run_name="__main__", alter_sys=True)
"""
"""Heeds Ctrl-C as what a person starts does, though the tests may run where that is ignored."""

needs_a_terminal = pytest.mark.skipif(
    sys.platform == "win32", reason="there are no pseudo-terminals"
)


class Screen(io.StringIO):
    """A stream that says of itself what it is told to."""

    def __init__(self, *, terminal: bool = True, encoding: str = "utf-8") -> None:
        super().__init__()
        self.terminal = terminal
        self.says = encoding

    def isatty(self) -> bool:
        return self.terminal

    @property
    def encoding(self) -> str:  # type: ignore[override]  # a StringIO has none
        return self.says


def seen(written: str) -> list[str]:
    """The lines that a terminal shows in the end: a carriage return writes over its line."""
    lines = []
    for line in written.replace("\r\n", "\n").split("\n"):
        shown: list[str] = []
        for piece in line.split("\r"):
            shown[: len(piece)] = piece
        lines.append("".join(shown).rstrip())
    return lines


def in_terminal(
    *arguments: str,
    environment: Mapping[str, str] | None = None,
    columns: int = 80,
    output: Path | None = None,
    interrupt_at: str | None = None,
) -> tuple[int, str]:
    """Run sheetgd in a real terminal.

    Args:
        arguments: of the command line.
        environment: what else is set in it.
        columns: how wide the terminal is.
        output: the file that the standard output goes to instead.
        interrupt_at: as soon as this is seen, interrupt the command as Ctrl-C does.

    Returns:
        The exit code, and all that the terminal was sent.
    """
    # Not on Windows, which has neither.
    import fcntl  # noqa: PLC0415  see above
    import pty  # noqa: PLC0415  see above
    import struct  # noqa: PLC0415  only used with those
    import termios  # noqa: PLC0415  see above

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    kept = {name: value for name, value in os.environ.items() if name not in DECISIVE}
    with (output or Path(os.devnull)).open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-c", _STARTED, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=theirs if output is None else file,
            stderr=theirs,
            env={**kept, "PYTHONPATH": str(ROOT), **PLAIN, **(environment or {})},
        )
    os.close(theirs)
    sent = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:  # as Linux tells that the other end is closed
            break
        if not piece:
            break
        sent += piece
        if interrupt_at is not None and interrupt_at in sent.decode(errors="ignore"):
            process.send_signal(signal.SIGINT)
            interrupt_at = None
    os.close(ours)
    return process.wait(), sent.decode()
