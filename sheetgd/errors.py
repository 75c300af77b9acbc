"""The errors sheetgd raises on purpose: each message states the fact and the fix.

Everything that a user can cause derives from `SheetgdError`; the command line
prints its text as one line and exits with 2. Anything else that escapes is a bug.
"""

from sheetgd.plaintext import message


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
