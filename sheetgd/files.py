"""Files that are written whole or not at all, and never over a different one unasked.

A file is written under a hidden name beside its place, is brought to the disk, and gets its
name in one step: whoever looks sees the old file or the new one. Nothing else is left behind,
except by what no program can answer (`kill -9`, a power cut): then a `.sheetgd-*.tmp` may stay.
"""

import errno
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, BinaryIO, Final

from sheetgd.errors import OutputError, SheetgdError

_OUTPUTS = (1, 2)
"""The numbers of the standard output and of the error output."""

Save = Callable[[IO[bytes]], None]
Same = Callable[[Path, Path], bool]


def write_whole(path: Path, save: Save, *, same: Same, force: bool = False) -> bool:
    """Write a file beside its place and then move it there.

    A symbolic link is followed, and what it points at is written. A device, a pipe, and the
    file that the output of this process goes to already, are written straight into.

    Args:
        path: where the file goes; missing folders are made.
        save: writes the content to a binary stream.
        same: whether two files count as the same.
        force: replace a different file that is already there. The new one keeps its
            permissions and, where this user may give files away, its owner.

    Returns:
        False where the same file was there already and was left as it is.

    Raises:
        OutputError: when a different file is there and `force` is not given or the file is
            read-only, or when the place cannot be written to. Then nothing has changed, and
            folders that were made are gone.
    """
    try:
        there = _found(path)
        if there is not None and _is_stream(there):
            _pour(path, there, save)
            return True
        place = Path(os.path.realpath(path))
        with _made(place.parent, path):
            return _write_beside(path, place, there, save, same=same, force=force)
    except BrokenPipeError:
        # Whoever read a pipe has had enough; the command line knows what to do.
        raise
    except OSError as error:
        says = "nobody reads this pipe" if error.errno == errno.ENXIO else error.strerror or error
        raise OutputError(f"{path}: cannot be written ({says}); choose another place") from None


def keep_text(text: str, path: Path, *, force: bool = False) -> bool:
    """Write a text file in UTF-8; as `write_whole` says."""
    return keep_bytes(text.encode(), path, force=force)


def keep_bytes(content: bytes, path: Path, *, force: bool = False) -> bool:
    """Write a file of these bytes; as `write_whole` says."""

    def save(stream: IO[bytes]) -> None:
        stream.write(content)

    return write_whole(
        path,
        save,
        same=lambda one, other: one.read_bytes() == other.read_bytes(),
        force=force,
    )


def _found(path: Path) -> os.stat_result | None:
    """Return what is there, links followed; None for nothing yet.

    Raises:
        OutputError: when it is nothing that a file could be written to.
    """
    try:
        there = path.stat()
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise OutputError(f"{str(path)!r}: no file can have this name ({error})") from None
    if stat.S_ISDIR(there.st_mode):
        raise OutputError(f"{path}: that is a folder; give the name of a file in it")
    if stat.S_ISBLK(there.st_mode) or stat.S_ISSOCK(there.st_mode):
        raise OutputError(f"{path}: that is a disk or a socket; give the name of a file")
    return there


def _is_stream(there: os.stat_result) -> bool:
    """Tell whether bytes go elsewhere from here, so that no file must replace it."""
    return not stat.S_ISREG(there.st_mode) or _output_at(there) is not None


def _output_at(there: os.stat_result) -> int | None:
    """Return which output of this process goes there already, as ``/dev/stdout`` does."""
    for number in _OUTPUTS:
        # A process may have been started without one.
        with suppress(OSError):
            if os.path.samestat(os.fstat(number), there):
                return number
    return None


def _pour(path: Path, there: os.stat_result, save: Save) -> None:
    """Write to what cannot be replaced, once all that goes there is made."""
    output = _output_at(there)
    with tempfile.TemporaryFile() as whole:
        save(whole)
        whole.seek(0)
        # Never O_CREAT: what has gone meanwhile does not become a half-written file.
        # Nor is a pipe waited for that nobody reads.
        flags = os.O_WRONLY | (os.O_NONBLOCK if stat.S_ISFIFO(there.st_mode) else 0)
        target = os.open(path, flags) if output is None else os.dup(output)
        os.set_blocking(target, True)
        with os.fdopen(target, "wb") as stream:
            shutil.copyfileobj(whole, stream)


@contextmanager
def _made(folder: Path, path: Path) -> Iterator[None]:
    """Make a folder for a file; where work in it fails, remove those that were made."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    try:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _disk_full(path, folder, error) from None
        yield
    except BaseException:
        for each in missing:
            # Somebody else may have put something there.
            with suppress(OSError):
                each.rmdir()
        raise


def _disk_full(path: Path, folder: Path, error: OSError) -> OutputError:
    return OutputError(
        f"{path}: the folder {folder} cannot be written to ({error.strerror}); choose another place"
    )


def _write_beside(
    path: Path, place: Path, there: os.stat_result | None, save: Save, *, same: Same, force: bool
) -> bool:
    """Write a file as `write_whole` does; `place` is where links lead to."""
    # Called so that no name is too long which the file itself may have, and known before it
    # exists: an interruption at any moment finds it.
    temporary = place.with_name(f".sheetgd-{os.urandom(8).hex()}.tmp")
    try:
        try:
            stream = temporary.open("xb")
        except OSError as error:
            raise _disk_full(path, place.parent, error) from None
        with stream:
            if there is not None:
                # Before there is anything to read in it.
                _take_after(temporary, there)
            save(stream)
            stream.flush()
            os.fsync(stream.fileno())
        written = _give_name(path, place, temporary, same=same, force=force)
    finally:
        # Twice, for an interruption may come in the midst of the first.
        try:
            with suppress(OSError):
                temporary.unlink()
        finally:
            with suppress(OSError):
                temporary.unlink()
    if written:
        _settle(place.parent)
    return written


def _give_name(path: Path, place: Path, temporary: Path, *, same: Same, force: bool) -> bool:
    """Put a finished file into its place; False where the same is there already."""
    while not os.path.lexists(place):
        # Another process may be faster; then what it has put there is looked at.
        with suppress(FileExistsError):
            _name_first(temporary, place)
            return True
    if same(place, temporary):
        return False
    if not force:
        raise OutputError(
            f"{path}: a different file is already there, perhaps with someone's edits; "
            "force=True replaces it, another name keeps both"
        )
    if not (os.access(place, os.W_OK) and place.stat().st_mode & 0o222):
        raise OutputError(
            f"{path}: a different file is already there and is read-only; allow writing to it, "
            "or choose another name"
        )
    temporary.replace(place)
    return True


def _name_first(temporary: Path, place: Path) -> None:
    """Give a file a name that nothing has, or raise FileExistsError."""
    try:
        os.link(temporary, place)
    except FileExistsError:
        raise
    except OSError:
        # Some disks know no links. Here alone, a file of this very moment could be replaced.
        temporary.rename(place)


def _take_after(temporary: Path, there: os.stat_result) -> None:
    """Give a file the owner and the permissions of another, as far as this user may."""
    if hasattr(os, "chown"):
        for owner in (there.st_uid, -1):
            with suppress(OSError):
                os.chown(temporary, owner, there.st_gid)
                break
    with suppress(OSError):
        temporary.chmod(stat.S_IMODE(there.st_mode) & 0o777)


def _settle(folder: Path) -> None:
    """Bring a folder's names to the disk, where the system has a way to."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


MOST_BYTES: Final = 1024 * 2**20
"""How many bytes a workbook may have, packed or unpacked: one of 1.3 million formulas has 230 MiB
unpacked."""

ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06")
OLD_OFFICE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""How workbooks begin: as archives, or as files of the old Office."""

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
    """Read the bytes of a file or of a pipe; arguments and errors are those of `open_file`."""
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
    """Say that a file has more than `most` bytes."""
    return f"{path}: it is larger than {most / 2**20:,.0f} MiB, which is more than is read"
