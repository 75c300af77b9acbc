"""Opening the files that a user gives, none larger than can be worked with.

Regular files are read; and what a shell pipes into the command, where that is read only once.
"""

import stat
from pathlib import Path
from typing import BinaryIO, Final

from sheetgd.errors import SheetgdError

MOST_TEXT: Final = 64 * 2**20
"""How many bytes a CSV file of data may have: a million rows of two columns take 27 MB."""

MOST_PAGE: Final = 8 * 2**20
"""How many bytes a page as CSV may have: the original takes 20 KB."""

_HANDED_OVER: Final = ("/dev/fd", "/dev/stdin", "/proc/self/fd")
"""Where this process finds what a shell has opened for it, as ``--data <(command)`` does."""


def open_file(
    path: Path,
    error: type[SheetgdError],
    *,
    most: int,
    accepted: str = "give a file",
    piped: bool = False,
) -> BinaryIO:
    """Open a file for reading, unless it is none or too large.

    A pipe with a name may keep its reader waiting for ever, and a device such as /dev/zero never
    ends: neither is opened at all.

    Args:
        path: the file.
        error: what is raised.
        most: how many bytes it may have.
        accepted: what is accepted instead, as messages say it.
        piped: whether a pipe is accepted that the process was started with.

    Raises:
        SheetgdError: an `error`, when there is no such file, when it is no regular file,
            cannot be read or is larger.
    """
    try:
        found = path.stat()
        if stat.S_ISDIR(found.st_mode):
            raise error(f"{path}: this is a folder; {accepted}")
        handed_over = piped and stat.S_ISFIFO(found.st_mode) and str(path).startswith(_HANDED_OVER)
        if not stat.S_ISREG(found.st_mode) and not handed_over:
            raise error(f"{path}: this is a pipe or a device; save what it holds in a file")
        if found.st_size > most:
            raise error(too_large(path, most))
        return path.open("rb")
    except FileNotFoundError:
        raise error(f"{path}: there is no such file") from None
    except (OSError, ValueError) as problem:
        # A name that no file can have is a ValueError.
        says = getattr(problem, "strerror", None) or problem
        raise error(f"{path}: cannot be read ({says})") from None


def read_file(
    path: Path, error: type[SheetgdError], *, most: int, accepted: str = "give a file"
) -> bytes:
    """The bytes of a file or of a pipe; arguments and errors are those of `open_file`."""
    with open_file(path, error, most=most, accepted=accepted, piped=True) as stream:
        try:
            # It may have grown since its size was asked for, and a pipe has none.
            content = stream.read(most + 1)
        except OSError as problem:
            raise error(f"{path}: cannot be read ({problem.strerror or problem})") from None
    if len(content) > most:
        raise error(too_large(path, most))
    return content


def too_large(path: Path, most: int) -> str:
    """What is said of a file of more than `most` bytes."""
    return f"{path}: it is larger than {most / 2**20:,.0f} MiB, which is more than is read"
