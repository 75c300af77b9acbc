"""The sample workbook and its pictures are what the present code makes."""

from pathlib import Path

import pytest

from sheetgd.workbook.writer import same_workbook
from tests.support.samples import (
    OUTPUTS,
    PICTURES,
    WORKBOOK,
    build_lesson,
    digest,
    stamp,
    stamp_of,
)

AGAIN = "run: python -m tests.support.samples"


def test_the_sample_workbook_is_true(workbook: Path) -> None:
    assert same_workbook(WORKBOOK, workbook), AGAIN


@pytest.fixture(scope="module")
def digests(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the lessons' workbooks are now."""
    folder = tmp_path_factory.mktemp("lessons")
    found = {}
    for lesson in {picture.lesson for picture in PICTURES.values()}:
        build_lesson(lesson, folder / f"{lesson}.xlsx")
        found[lesson] = digest(folder / f"{lesson}.xlsx")
    return found


@pytest.mark.parametrize("name", PICTURES)
def test_the_pictures_show_the_workbooks(digests: dict[str, str], name: str) -> None:
    assert stamp_of(OUTPUTS / name) == digests[PICTURES[name].lesson], AGAIN


def test_the_readme_shows_every_picture() -> None:
    readme = (OUTPUTS.parent / "README.md").read_text(encoding="utf-8")
    assert all(f"(outputs/{name})" in readme for name in PICTURES)


def test_another_stamp_is_noticed(tmp_path: Path) -> None:
    picture = tmp_path / "copy.png"
    png = (OUTPUTS / "check.png").read_bytes()
    picture.write_bytes(png.replace(b"sheetgd-workbook\0", b"sheetgd-nonsense\0"))
    assert stamp_of(picture) == ""
    stamp(picture, "abc")
    assert stamp_of(picture) == "abc"
