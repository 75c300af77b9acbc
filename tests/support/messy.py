"""Files of data as people have them, each with its right answer."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sheetgd import Data, read_data
from tests.support.data_files import columns, names, refusal

X = (1.0, 2.0, 3.0)
Y = (10.5, 20.5, 30.5)

Content = str | bytes | Callable[[Path], object]
"""A file's text or bytes, or what writes it to a path."""


@dataclass(frozen=True)
class Messy:
    """A file, how it is read, and what must come of it: `fragments` are regular expressions.

    Of a file that is read they stand in `Data.read`, else in the error (then `x` is None).
    """

    label: str
    content: Content
    fragments: tuple[str, ...]
    x: tuple[float, ...] | None
    y: tuple[float, ...] = ()
    names: tuple[str, str] = ("x", "y")
    file: str = "data.csv"
    options: dict[str, Any] = field(default_factory=dict)

    def write(self, folder: Path) -> Path:
        path = folder / self.file
        if callable(self.content):
            self.content(path)
        else:
            content = self.content
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def __str__(self) -> str:
        return self.label


def read(
    label: str,
    content: Content,
    x: tuple[float, ...] = X,
    y: tuple[float, ...] = Y,
    /,
    *fragments: str,
    named: tuple[str, str] = ("x", "y"),
    file: str = "data.csv",
    **options: object,
) -> Messy:
    return Messy(label, content, fragments, x, y, named, file, options)


def refused(
    label: str, content: Content, /, *fragments: str, file: str = "data.csv", **options: object
) -> Messy:
    return Messy(label, content, fragments, None, file=file, options=options)


def check(case: Messy, folder: Path) -> None:
    path = case.write(folder)
    if case.x is None:
        found = refusal(lambda: read_data(path, **case.options))
    else:
        data = read_data(path, **case.options)
        assert (names(data), columns(data)) == (case.names, (case.x, case.y))
        found = said(data)
        assert all(re.split(r"[\s_]", name)[0] in found for name in case.names)
        assert re.search(rf"\b{len(case.x)} rows?\b", found)
    asked = any(f"{name}=" in found for name in case.options)
    assert case.file in found or (case.x is None and asked)
    missing = [each for each in case.fragments if not re.search(each, found, re.IGNORECASE)]
    assert not missing, found


def said(data: Data) -> str:
    """Return the one line about what was read."""
    assert "\n" not in data.read
    return data.read
