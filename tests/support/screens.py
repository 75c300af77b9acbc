"""Terminals to write to: one that is only said to be one, and a real one."""

import io
import os
import re
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
    "TTY_COMPATIBLE", "TTY_INTERACTIVE", "COLORTERM", "LINES", "PYTHONIOENCODING", "PYTHONUTF8",
)  # fmt: skip
"""The environment variables that tell what a terminal can show."""

_PIECES = re.compile(r"\x1b\[[?\d;]*[A-Za-z]|[\r\n]|[^\x1b\r\n]+")
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
    """The lines that a terminal shows in the end, down to where it would go on.

    A carriage return writes over its line; of the codes it obeys those that wipe a line and that
    move up, colours and the cursor's look aside.
    """
    lines: list[list[str]] = [[]]
    row = column = 0
    for piece in _PIECES.findall(written.replace("\r\n", "\n")):
        if piece == "\n":
            row, column = row + 1, 0
            lines += [[]] * (row == len(lines))
        elif piece == "\r":
            column = 0
        elif piece.endswith("A") and piece.startswith("\x1b"):
            row -= int(piece[2:-1])
        elif piece == "\x1b[2K":
            lines[row] = []
        elif not piece.startswith("\x1b"):
            shown = lines[row]
            shown += " " * (column - len(shown))
            shown[column : column + len(piece)] = piece
            column += len(piece)
    while len(lines) > row + 1 and not lines[-1]:
        lines.pop()
    return ["".join(shown).rstrip() for shown in lines]


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
