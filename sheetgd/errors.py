"""The errors and warnings of sheetgd: each message states the fact and the fix, in one line.

Every error that a user can cause derives from `SheetgdError`; the command line prints its
text as one line and exits with 2. Anything else that escapes is a bug. What can be done,
but is hardly meant, is done with a `SheetgdWarning`.
"""

import sys
import warnings
from collections.abc import Iterable

LONGEST_MESSAGE = 2000
"""The most characters of a message; what is beyond is left out of its middle."""

_LONGEST_WORD = 500
"""Names of files have fewer characters."""


def printable(text: str) -> str:
    r"""Write an escape, as Python does, for each character that is not visible.

    A terminal obeys control characters, and marks of direction turn what follows around; a
    surrogate on its own cannot be printed at all.

    >>> printable("m\x1b[31m\u202e, caf\xe9"), printable("\ud800")
    ('m\\x1b[31m\\u202e, café', '\\ud800')
    """
    if text.isprintable():
        return text
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode("ascii")
        for each in text
    )


def message(text: str) -> str:
    r"""Write the text as one printable line of bounded length, and so is each word of it.

    >>> message("two\nlines"), len(message("m " * 1_000_000)), len(message("m" * 1_000_000))
    ('two lines', 2000, 103)
    """
    words = (each if len(each) <= _LONGEST_WORD else f"{each[:100]}..." for each in text.split())
    line = printable(" ".join(words))
    if len(line) <= LONGEST_MESSAGE:
        return line
    # The fact stands at the beginning, the fix at the end.
    gap = " ... "
    half = (LONGEST_MESSAGE - len(gap)) // 2
    return line[: LONGEST_MESSAGE - len(gap) - half] + gap + line[-half:]


def did_you_mean(value: str, accepted: Iterable[str]) -> str:
    """End a message with the accepted name nearest to what was found, if any is near.

    >>> did_you_mean("foward", ["forward", "central"]), did_you_mean("x", ["forward"])
    ('; did you mean forward?', '')
    """
    from difflib import get_close_matches  # noqa: PLC0415  only what goes wrong needs it

    near = get_close_matches(value, accepted, n=1)
    return f"; did you mean {near[0]}?" if near else ""


_PASSED_OVER = ("sheetgd", "dataclasses", "functools")
"""Whoever called these caused a warning, and not they."""


class SheetgdError(Exception):
    """Base of every error that a user's input or surroundings can cause.

    Messages name arguments as Python calls them: `names` are those that stand alone in the text,
    and others stand as ``name=value``. So a command line can put its options in their places.
    """

    def __init__(self, text: str = "", *names: str) -> None:
        """Keep the message, and the arguments that it names."""
        super().__init__(text)
        self.names = names

    def __str__(self) -> str:
        r"""Return the message as one printable line, whatever texts of a user's are in it.

        >>> str(SheetgdError("no column\n is named \x1b[2J"))
        'no column is named \\x1b[2J'
        """
        return message(super().__str__())


class DataError(SheetgdError):
    """A data file cannot be read, or a value in it is not a usable number."""


class LessonError(SheetgdError):
    """A setting of a lesson, or a key of a template, is not acceptable."""


class OutputError(SheetgdError):
    """A file cannot be written where it was asked for."""


class WorkbookError(SheetgdError):
    """A workbook cannot be read, or does not hold what is looked for."""


class RecalculationError(SheetgdError):
    """LibreOffice is missing, or could not recalculate a workbook."""


class PictureError(SheetgdError):
    """matplotlib is missing, which draws the pictures."""


class SheetgdWarning(UserWarning):
    """Something that was asked for can be done, but will hardly give what is meant."""


class DivergenceWarning(SheetgdWarning):
    """A run diverges: its numbers grow until they mean nothing."""


def warn(text: str, category: type[SheetgdWarning] = SheetgdWarning) -> None:
    """Warn with one printable line, in the place of the caller from outside sheetgd."""
    level, frame = 1, sys._getframe()  # noqa: SLF001  as `warnings` itself does
    while frame.f_globals.get("__name__", "").partition(".")[0] in _PASSED_OVER:
        if frame.f_back is None:
            break
        level, frame = level + 1, frame.f_back
    warnings.warn(message(text), category, stacklevel=level)
