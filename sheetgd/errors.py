"""The errors and warnings of sheetgd's own: each message states the fact and the fix.

Every error that a user can cause derives from `SheetgdError`; the command line prints its
text as one line and exits with 2. Anything else that escapes is a bug. What can be done,
but is hardly meant, is done with a `SheetgdWarning`.
"""

import sys
import warnings

from sheetgd.plaintext import message

_PASSED_OVER = ("sheetgd", "dataclasses", "functools")
"""Whoever called these caused a warning, and not they."""


class SheetgdError(Exception):
    """Base of every error that a user's input or surroundings can cause."""

    def __str__(self) -> str:
        r"""The message as one printable line, whatever texts of a user's are in it.

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
