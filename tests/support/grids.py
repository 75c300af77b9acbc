"""What tests read as rows of cells, and files of which they are read."""

import io
from collections.abc import Mapping
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

from sheetgd.reading.grid import Grid
from sheetgd.reading.spreadsheet import read_grid
from tests.support.data_files import refusal

Source = Path | bytes


def grid_of(source: Source, sheet: str | None = None, block: str | None = None) -> Grid:
    content = source if isinstance(source, bytes) else source.read_bytes()
    return read_grid(Path("book"), io.BytesIO(content), sheet=sheet, block=block)


def refused(source: Source, sheet: str | None = None, block: str | None = None) -> str:
    says = refusal(lambda: grid_of(source, sheet, block))
    return says.removeprefix("book: ")


def shown(grid: Grid) -> list[list[object]]:
    """The cells, those that are unusable as what is found in them."""
    return [[getattr(cell, "found", cell) for cell in row] for row in grid.rows]


def archive(parts: Mapping[str, str | bytes]) -> bytes:
    stream = io.BytesIO()
    with ZipFile(stream, "w", ZIP_DEFLATED) as zipped:
        for name, content in parts.items():
            zipped.writestr(name, content)
    return stream.getvalue()


def changed(path: Path, part: str, old: str, new: str) -> bytes:
    """A workbook in which a text of one part is another."""
    with ZipFile(path) as zipped:
        parts = {name: zipped.read(name) for name in zipped.namelist()}
    assert old.encode() in parts[part]
    return archive(parts | {part: parts[part].replace(old.encode(), new.encode())})
