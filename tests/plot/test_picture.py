"""Pictures: the files, and what is refused."""

import struct
from pathlib import Path
from typing import Any

import pytest

from sheetgd.errors import LessonError, OutputError
from sheetgd.lesson.template import shipped_lesson, shipped_names
from sheetgd.plot.picture import KINDS, draw_picture

ORIGINAL = shipped_lesson("original")
DIVERGING = ORIGINAL.changed(learn=0.01, epochs=20)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        # Every kind is tried every time.
        pytest.param(kind, name, marks=[] if name == "original" else pytest.mark.slow)
        for kind in KINDS
        for name in (*shipped_names(), "diverging")
    ],
)
def test_every_lesson_can_be_drawn(tmp_path: Path, name: str, kind: str) -> None:
    lesson = DIVERGING if name == "diverging" else shipped_lesson(name)
    drawn = draw_picture(lesson, tmp_path / "picture.png", kind=kind)
    content = drawn.path.read_bytes()
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", content[16:24])
    assert width == 1440
    assert height > 700


@pytest.mark.parametrize(
    ("changes", "error", "says"),
    [
        ({"kind": "heats"}, LessonError, "did you mean heat"),
        ({"over": ("m", "q")}, LessonError, "over 'q' is not known: choose from m, b"),
        ({"over": ("m", "m")}, LessonError, "two different parameters"),
        ({"over": ("m", "b"), "kind": "fit"}, LessonError, "not for fit"),
    ],
)
def test_refusals(
    tmp_path: Path, changes: dict[str, Any], error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        draw_picture(ORIGINAL, tmp_path / "a.png", **changes)
    assert not list(tmp_path.iterdir())


def test_other_endings_and_other_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"ends in \.png or \.svg, .*; call it a\.jpg\.png"):
        draw_picture(ORIGINAL, tmp_path / "a.jpg")
    path = tmp_path / "mine.png"
    path.write_bytes(b"mine")
    with pytest.raises(OutputError, match="force=True"):
        draw_picture(ORIGINAL, path, kind="fit")
    assert path.read_bytes() == b"mine"
    assert not draw_picture(ORIGINAL, path, kind="fit", force=True).unchanged
