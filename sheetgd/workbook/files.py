"""Files that are written whole or not at all, and never over a different one unasked."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO

from sheetgd.errors import OutputError


def write_whole(
    path: Path,
    save: Callable[[IO[bytes]], None],
    *,
    same: Callable[[Path, Path], bool],
    force: bool = False,
) -> bool:
    """Write a file beside its place and then move it there.

    Args:
        path: where the file goes; missing folders are made.
        save: writes the content to a binary stream.
        same: whether two files count as the same.
        force: replace a different file that is already there.

    Returns:
        False where the same file was there already and was left as it is.

    Raises:
        OutputError: when a different file is there and `force` is not given, or when the
            place cannot be written to.
    """
    if path.is_dir():
        raise OutputError(f"{path}: that is a folder; give the name of a file in it")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}-", suffix=".tmp", dir=path.parent)
    except OSError as error:
        raise OutputError(
            f"{path}: the folder {path.parent} cannot be written to ({error.strerror}); "
            "choose another place"
        ) from None
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            save(stream)
        if path.exists():
            if same(path, temporary):
                return False
            if not force:
                raise OutputError(
                    f"{path}: a different file is already there, perhaps with someone's edits; "
                    "--force replaces it, another name keeps both"
                )
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror})") from None
    finally:
        temporary.unlink(missing_ok=True)
    return True


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


def _umask() -> int:
    """The process's file mode mask, which can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
