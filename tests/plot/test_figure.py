"""Whole pictures: their bytes are the same each time."""

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from sheetgd.lesson.template import shipped_lesson
from sheetgd.plot.picture import draw_picture

ORIGINAL = shipped_lesson("original")


@pytest.mark.slow
def test_an_svg_is_xml_and_both_are_the_same_each_time(tmp_path: Path) -> None:
    for ending, kind in (("png", "curves"), ("svg", "surface")):
        one, other = (tmp_path / f"{name}.{ending}" for name in ("one", "other"))
        for path in (one, other):
            draw_picture(ORIGINAL, path, kind=kind)
        assert one.read_bytes() == other.read_bytes()
        assert draw_picture(ORIGINAL, one, kind=kind).unchanged
    root = ET.fromstring((tmp_path / "one.svg").read_bytes())  # noqa: S314  our own file
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert b"<dc:date>" not in (tmp_path / "one.svg").read_bytes()
