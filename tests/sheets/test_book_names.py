"""The names of cells: none that a program takes for a cell, whatever parameters are called."""

import re
from pathlib import Path

import pytest

from sheetgd.errors import LessonError
from sheetgd.expression.excel import MAX_COLUMNS, MAX_ROWS, Address
from sheetgd.lesson.lesson import Lesson
from sheetgd.lesson.template import shipped_lesson, shipped_names
from sheetgd.lesson.values import Variant
from sheetgd.sheets.book import book_of
from sheetgd.xlsx.write import build_workbook
from tests.support import built
from tests.support.each_engine import each_engine
from tests.support.engines import Engine, assert_close
from tests.support.given import lesson_of
from tests.support.stored import stored

TRAPS = lesson_of(
    x=(1, 2),
    y=(2, 4),
    model="c1*x + r2*x^2 + R1C1 + TRUE*x^3 + a1 + R*x + C + RC*x^2 + m_adam*x + m + SUM*x + beta1",
    learn=0.0001,
    gradient="analytic",
    rates=(0.0001, 0.0002),
    epochs=1,
    capacity=2,
    rate_epochs=2,
    variants=(
        Variant(title="R1C1", changes={"learn": 0.0002}),
        Variant(title="C", changes={"learn": 0.0002}),
        Variant(title="1", changes={"learn": 0.0002, "optimizer": "momentum"}),
        Variant(title="\N{GREEK SMALL LETTER OMEGA}", changes={"learn": 0.0002}),
        Variant(title="adam", changes={"learn": 0.0002}),
    ),
)
"""Names put together badly of its parameters and titles would be cells, or one another."""

ADAM = lesson_of(
    x=(1, 2, 3),
    y=(2, 4, 5),
    optimizer="adam",
    epochs=1,
    capacity=2,
    rate_epochs=2,
    variants=(Variant(title="1", changes={"optimizer": "momentum"}),),
)
"""The variant's beta is no beta_1, which is the first page's."""

LESSONS = {"traps": TRAPS, "adam": ADAM}


def excel_refuses(name: str) -> bool:
    """Whether Excel does not accept a name, by its help on names and what it says of files."""
    if not re.fullmatch(r"[A-Za-z_\\][A-Za-z0-9_.\\]*", name) or len(name) > 255:
        return True
    if name.upper() in {"R", "C", "TRUE", "FALSE"}:
        return True
    if re.match(r"(R\d*C\d*|R\d+|C\d+)(?![A-Za-z.])", name, re.IGNORECASE):
        return True
    cell = re.fullmatch(r"([A-Za-z]{1,3})(\d+)", name)
    if cell is None or not 1 <= int(cell[2]) <= MAX_ROWS:
        return False
    return Address.parse(f"{cell[1]}1").column <= MAX_COLUMNS


@pytest.mark.parametrize(
    ("name", "refused"),
    [
        ("c1", True), ("R2", True), ("R1C1", True), ("rc", True), ("C1_start", True),
        ("R2C3_y", True), ("r", True), ("a1", True), ("XFD1048576", True), ("true", True),
        ("1st", True), ("a b", True),
        ("XFE1", False), ("XFD1048577", False), ("start_c1", False), ("rate_1", False),
        ("rc_start", True), ("clicks", False), ("rows", False), ("capacity_r1c1", False),
    ],
)  # fmt: skip
def test_what_excel_refuses(name: str, refused: bool) -> None:  # noqa: FBT001  a case's answer
    assert excel_refuses(name) == refused


def names_of(lesson: Lesson) -> list[str]:
    return [name for page in built.book(lesson).pages for name in page.names]


@pytest.mark.slow
@pytest.mark.parametrize("lesson", LESSONS.values(), ids=LESSONS)
def test_excel_accepts_names_made_of_anything(lesson: Lesson) -> None:
    names = names_of(lesson)
    assert len(names) > 30
    assert [name for name in names if excel_refuses(name)] == []
    assert len({name.lower() for name in names}) == len(names)


@pytest.mark.parametrize("name", [each for each in shipped_names() if each != "dosage"])
def test_excel_accepts_the_names_of_every_lesson(name: str) -> None:
    assert not any(excel_refuses(each) for each in names_of(shipped_lesson(name)))


@each_engine("name", LESSONS, libreoffice={"traps"})
def test_engines_find_the_cells_by_their_names(tmp_path: Path, engine: Engine, name: str) -> None:
    path, lesson = tmp_path / "named.xlsx", LESSONS[name]
    build_workbook(lesson, path)
    expected = {
        (page.title, str(cell.address)): cell.value
        for page in built.book(lesson).pages
        for cell in page.all_cells()
        if cell.formula is not None and isinstance(cell.value, float)
    }
    found = engine(path, {})
    assert_close(expected, {place: found[place] for place in expected})
    assert stored(path).formulas == len(found)


def test_a_variant_named_like_another_page_is_refused() -> None:
    for title in ("Surface", "guide", "Rates epochs", "rows", "Play data"):
        variant = Variant(title=title, changes={})
        lesson = lesson_of(
            x=(1, 2), y=(3, 5), epochs=1, capacity=1, rate_epochs=2, variants=(variant,)
        )
        with pytest.raises(LessonError, match="two pages of the workbook would be called"):
            book_of(lesson)


@pytest.mark.slow
@pytest.mark.parametrize("title", ["run", "Run", "published"])
def test_a_variant_called_like_an_ending_takes_no_name_away(title: str) -> None:
    lesson = lesson_of(x=(1, 2, 3), y=(3, 5, 8), variants=(Variant(title=title, changes={}),))
    names = [name for page in book_of(lesson).pages for name in page.names]
    assert len(names) == len(set(names))
