"""Having LibreOffice compute a workbook afresh: where it is, and what it is not given."""

import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sheetgd.errors import WorkbookError
from sheetgd.reading import recalculate as recalculation
from sheetgd.reading.recalculate import find_libreoffice, recalculate
from sheetgd.reading.workbook import read_workbook
from tests.reading.test_archive import armed
from tests.support.programs import needs_libreoffice


@contextmanager
def listening() -> Iterator[tuple[str, list[bytes]]]:
    """An address of this machine, and what is asked for there."""
    asked: list[bytes] = []

    def answer() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                asked.append(connection.recv(200))
                connection.sendall(b"HTTP/1.0 404 None\r\nContent-Length: 0\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}", asked
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


@needs_libreoffice
def test_recalculating_fetches_nothing(tmp_path: Path) -> None:
    with listening() as (address, asked):
        path = armed(tmp_path / "armed.xlsx", address)
        recalculate(path, tmp_path / "out.xlsx")
    assert asked == []
    cells = read_workbook(tmp_path / "out.xlsx")["As published"]
    # It was computed, and not only copied.
    assert next(iter(cells.values())).value == 2


def test_libreoffice_is_looked_for_on_the_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(recalculation, "_usual_places", lambda: iter([tmp_path / "usual"]))
    assert find_libreoffice() is None
    (tmp_path / "usual").touch()
    assert find_libreoffice() == str(tmp_path / "usual")
    program = tmp_path / ("libreoffice.exe" if sys.platform == "win32" else "libreoffice")
    program.touch(mode=0o755)
    assert find_libreoffice() == str(program)


@needs_libreoffice
def test_what_is_no_workbook_cannot_be_recalculated(tmp_path: Path) -> None:
    path, into = tmp_path / "letter.xlsx", tmp_path / "out.xlsx"
    path.write_text("Dear Sirs,")
    with pytest.raises(WorkbookError, match=r"letter\.xlsx: this is a damaged workbook or none"):
        recalculate(path, into)
    assert not into.exists()
    assert path.read_text() == "Dear Sirs,"
