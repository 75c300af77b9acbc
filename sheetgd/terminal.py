"""What the terminal behind a stream can show: its width, its colours, its characters."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Self, TextIO

DRAWN = "─│┤└┬⣿█▁"
"""A sample of the characters that tables, charts and sparklines are drawn with."""

USUAL_WIDTH = 80

_ASCII_LOCALES = ("C", "POSIX")
_COERCED = ("C.UTF-8", "C.utf8", "UTF-8")
"""What Python itself makes of LC_CTYPE where it finds the locale C."""

_MODERN_WINDOWS = ("WT_SESSION", "ANSICON", "TERM_PROGRAM", "TERM")
"""Set by the Windows terminals that take colour codes; the old console shows them as text."""


class Ink(StrEnum):
    """How text stands out, where there are colours."""

    BOLD = "1"
    FAINT = "2"
    RED = "31"
    GREEN = "32"
    YELLOW = "33"
    CYAN = "36"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminal:
    """What may be written to a stream.

    Attributes:
        interactive: whether it is a terminal, not a file or a pipe.
        animated: whether a line in it may be written over and over: not in CI, nor in a
            terminal that calls itself dumb.
        colours: whether it takes colour codes.
        unicode: whether it shows lines, blocks and dots; otherwise ASCII has to do.
        width: its columns; 80 where there is no terminal to ask.
    """

    interactive: bool = False
    animated: bool = False
    colours: bool = False
    unicode: bool = False
    width: int = USUAL_WIDTH

    @classmethod
    def of(
        cls,
        stream: TextIO,
        environment: Mapping[str, str] = os.environ,
        platform: str = sys.platform,
    ) -> Self:
        """What a stream can show.

        NO_COLOR turns colours off, FORCE_COLOR and CLICOLOR_FORCE turn them on in a pipe,
        too. In the locale C, drawings are ASCII.
        """
        interactive = stream.isatty()
        dumb = environment.get("TERM") == "dumb"
        modern = platform != "win32" or any(map(environment.get, _MODERN_WINDOWS))
        return cls(
            interactive=interactive,
            animated=interactive and not dumb and not _is_set(environment, "CI"),
            colours=_coloured(environment, able=interactive and modern and not dumb),
            unicode=modern
            # The font of the Linux console has no dots.
            and environment.get("TERM") != "linux"
            and _locale_of(environment) not in _ASCII_LOCALES
            and _can_encode(stream.encoding),
            width=_width_of(stream, environment),
        )

    def inked(self, text: str, ink: Ink) -> str:
        r"""The text in that ink, or as it is where there are no colours.

        >>> Terminal(colours=True).inked("grown", Ink.RED)
        '\x1b[31mgrown\x1b[0m'
        >>> Terminal().inked("grown", Ink.RED)
        'grown'
        """
        return f"\x1b[{ink}m{text}\x1b[0m" if self.colours else text


def _width_of(stream: TextIO, environment: Mapping[str, str]) -> int:
    # Not shutil.get_terminal_size, which asks the standard output even where that is a pipe.
    asked = environment.get("COLUMNS", "")
    if asked.isdecimal() and int(asked):
        return int(asked)
    try:
        return os.get_terminal_size(stream.fileno()).columns or USUAL_WIDTH
    except (OSError, ValueError):
        return USUAL_WIDTH


def _is_set(environment: Mapping[str, str], name: str) -> bool:
    return environment.get(name, "") not in {"", "0", "false"}


def _coloured(environment: Mapping[str, str], *, able: bool) -> bool:
    if environment.get("NO_COLOR"):
        return False
    forced = _is_set(environment, "FORCE_COLOR") or _is_set(environment, "CLICOLOR_FORCE")
    return forced or (able and environment.get("CLICOLOR") != "0")


def _locale_of(environment: Mapping[str, str]) -> str:
    """The locale that the user has chosen for characters; nothing if none was."""
    kind = environment.get("LC_CTYPE", "")
    chosen = ("" if kind in _COERCED else kind) or environment.get("LANG", "")
    return environment.get("LC_ALL") or chosen


def _can_encode(encoding: str | None) -> bool:
    try:
        DRAWN.encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
