"""The samples of every shipped lesson are what the present code makes."""

from pathlib import Path

import pytest

from sheetgd.lesson.template import shipped_lesson, shipped_names
from sheetgd.web.page import page_of
from sheetgd.xlsx.write import same_workbook
from tests.support.samples import (
    OUTPUTS,
    PAGES,
    PICTURES,
    ROOT,
    SCREENS,
    WINDOWS,
    WORKBOOKS,
    build_lesson,
    digest,
    drawing,
    drawing_stamp,
    page,
    page_digest,
    sample,
    stamp,
    stamp_of,
)

MOST_BYTES = 6_000_000
MOST_SCREEN_BYTES = 120_000
AGAIN = "run: python -m tests.support.samples"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """What the lessons' workbooks are now."""
    folder = tmp_path_factory.mktemp("lessons")
    found = {name: folder / f"{name}.xlsx" for name in shipped_names()}
    for name, path in found.items():
        build_lesson(name, path)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("name", WORKBOOKS)
def test_the_sample_workbooks_are_true(built: dict[str, Path], name: str) -> None:
    assert same_workbook(sample(name), built[name]), AGAIN


@pytest.mark.parametrize("name", PAGES)
def test_the_sample_pages_are_true(name: str) -> None:
    told = f"run: python -m sheetgd page {name} -o {page(name).relative_to(ROOT)} --force"
    assert page(name).read_text(encoding="utf-8") == page_of(shipped_lesson(name)), told


@pytest.fixture(scope="module")
def digests(built: dict[str, Path]) -> dict[str, str]:
    return {name: digest(path) for name, path in built.items()}


@pytest.mark.parametrize("name", shipped_names())
def test_every_lesson_has_a_picture(name: str) -> None:
    assert name in {picture.lesson for picture in PICTURES.values()}


@pytest.mark.slow
@pytest.mark.parametrize("name", PICTURES)
def test_the_pictures_show_the_workbooks(digests: dict[str, str], name: str) -> None:
    assert stamp_of(OUTPUTS / name) == digests[PICTURES[name].lesson], AGAIN


@pytest.mark.slow
@pytest.mark.parametrize("name", shipped_names())
def test_the_drawings_show_the_lessons(digests: dict[str, str], name: str) -> None:
    assert stamp_of(drawing(name)) == drawing_stamp(digests[name]), AGAIN


@pytest.mark.slow
@pytest.mark.parametrize("name", WINDOWS)
def test_the_windows_show_the_workbooks(digests: dict[str, str], name: str) -> None:
    assert stamp_of(OUTPUTS / name) == digests[WINDOWS[name][0]], AGAIN


@pytest.mark.parametrize("name", SCREENS)
def test_the_screens_show_the_pages(name: str) -> None:
    assert stamp_of(OUTPUTS / name) == page_digest(SCREENS[name][0]), AGAIN
    assert (OUTPUTS / name).stat().st_size <= MOST_SCREEN_BYTES


def test_every_picture_is_shown_in_a_document() -> None:
    documents = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    shown = "".join(path.read_text(encoding="utf-8") for path in documents)
    names = [*PICTURES, *WINDOWS, *SCREENS, *(drawing(name).name for name in shipped_names())]
    missing = [name for name in names if f"outputs/{name})" not in shown]
    assert not missing


def test_there_is_nothing_else_and_it_is_small() -> None:
    drawings = [drawing(name).name for name in shipped_names()]
    kept = {*PICTURES, *WINDOWS, *SCREENS, *drawings, *(sample(name).name for name in WORKBOOKS)}
    kept |= {page(name).name for name in PAGES}
    found = {path.name: path.stat().st_size for path in OUTPUTS.iterdir()}
    assert set(found) == kept
    assert sum(found.values()) <= MOST_BYTES


def test_another_stamp_is_noticed(tmp_path: Path) -> None:
    picture = tmp_path / "copy.png"
    png = (OUTPUTS / "check.png").read_bytes()
    picture.write_bytes(png.replace(b"sheetgd-workbook\0", b"sheetgd-nonsense\0"))
    assert stamp_of(picture) == ""
    stamp(picture, "abc")
    assert stamp_of(picture) == "abc"
