"""Files that a user gives are read only if they are files, and not too large."""

import errno
import io
import os
from pathlib import Path

import pytest

from sheetgd.errors import DataError, LessonError
from sheetgd.files import open_file, read_file


def test_the_bytes_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_bytes(b"12345")
    assert read_file(path, DataError, most=5) == b"12345"
    with open_file(path, DataError, most=5) as stream:
        assert stream.read(2) == b"12"


def test_a_file_that_is_too_large_is_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_bytes(b"x" * (2**20 + 1))
    with pytest.raises(LessonError, match=r"data\.csv: it is larger than 1 MiB"):
        open_file(path, LessonError, most=2**20)


def test_a_file_that_grows_while_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "data.csv"
    path.write_bytes(b"x" * 5)
    before = path.stat()
    path.write_bytes(b"x" * (2**20 + 1))
    monkeypatch.setattr(Path, "stat", lambda _: before)
    with pytest.raises(DataError, match="it is larger than 1 MiB"):
        read_file(path, DataError, most=2**20)


class Faulty(io.BytesIO):
    def read(self, size: int | None = -1) -> bytes:
        raise OSError(errno.EIO, os.strerror(errno.EIO), str(size))


def test_a_disk_that_fails_while_a_file_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "data.csv"
    path.write_bytes(b"x")
    monkeypatch.setattr(Path, "open", lambda *_: Faulty())
    with pytest.raises(DataError, match=r"data\.csv: cannot be read \(Input/output error\)"):
        read_file(path, DataError, most=5)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names here")
def test_a_pipe_and_a_device_are_not_opened(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (pipe, Path(os.devnull)):
        with pytest.raises(DataError, match="a pipe or a device"):
            read_file(path, DataError, most=5)


@pytest.mark.skipif(not Path("/dev/fd").exists(), reason="open files have no names here")
def test_what_a_shell_pipes_in_is_read_to_its_end_and_no_further_than_files_are() -> None:
    for content in (b"12345", b"123456"):
        end, start = os.pipe()
        path = Path(f"/dev/fd/{end}")
        os.write(start, content)
        os.close(start)
        if len(content) == 5:
            assert read_file(path, DataError, most=5) == content
        else:
            with pytest.raises(DataError, match=rf"/dev/fd/{end}: it is larger than"):
                read_file(path, DataError, most=5)
            with pytest.raises(DataError, match="a pipe or a device"):
                open_file(path, DataError, most=5)
        os.close(end)
