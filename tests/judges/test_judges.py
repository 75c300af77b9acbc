"""Gnumeric and HyperFormula judge, too: the default workbook, a parabola, and a decay with Adam.

Stored values are taken out of the files first, so that nobody can pass on what is stored. What is
expected of a workbook as it was built is the library's; after inputs were changed, what IronCalc
computes, which `tests.judges.test_engines` and others hold against the library. Cells may be apart
by a share of their largest operand: see `tests.support.operands`.
"""

import re
import zipfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from sheetgd.lesson.lesson import Lesson
from sheetgd.lesson.template import shipped_lesson
from sheetgd.sheets.book import base_section
from sheetgd.xlsx.write import build_workbook
from tests.support import engines
from tests.support.engines import Engine, Place, Result, formula_cells, stored_values
from tests.support.judges import GNUMERIC, HYPERFORMULA, gnumeric
from tests.support.operands import Operands
from tests.support.programs import needs_gnumeric, needs_libreoffice

pytestmark = pytest.mark.engines

DEFAULT = shipped_lesson("original")
SMALLER: dict[str, Any] = {"capacity": 4, "epochs": 2, "clicks": 1, "rate_epochs": 2}
LESSONS = {
    "default": engines.LIGHT.changed(**SMALLER, rates=(1e-4, 2e-4)),
    "quadratic": shipped_lesson("quadratic").changed(**SMALLER, rates=(1e-5, 2e-5)),
    "decay": Lesson(
        x=(0, 0.5, 1, 1.5, 2, 3, 4, 5), y=(5.1, 4, 3.2, 2.4, 2, 1.1, 0.8, 0.4),
        model="a*exp(-k*x) + c", optimizer="adam", learn=0.05, start=(3, 0.2, 0.5),
        rates=(0.05, 0.1), **SMALLER,
    ),
}  # fmt: skip
SMALL = Lesson(x=(1, 2), y=(2, 4), model="a*exp(-x)", epochs=1, capacity=1, rate_epochs=2)
JUDGES = [GNUMERIC, HYPERFORMULA]

_RESULT = re.compile(r"<c ([^>]*?)(?: t=\"\w+\")?>(<f[^>]*>[^<]*</f>)<v>[^<]*</v></c>")


def without_results(path: Path, into: Path) -> Path:
    """A copy of a workbook in which no formula has a stored result."""
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(into, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if "worksheets/sheet" in name:
                content = _RESULT.sub(r"<c \1>\2</c>", content.decode()).encode()
            target.writestr(name, content)
    return into


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("judges")


@cache
def built(folder: Path, name: str) -> tuple[Path, Path]:
    """A lesson's workbook, and the same without results."""
    path = folder / f"{name}.xlsx"
    build_workbook({**LESSONS, "shipped": DEFAULT, "small": SMALL}[name], path)
    return path, without_results(path, folder / f"{name} without.xlsx")


def changes(lesson: Lesson) -> dict[str, dict[Place, float]]:
    """What is typed in: each kind of input by itself, and all of them at once."""
    section = base_section(lesson)

    def at(place: object, value: float) -> dict[Place, float]:
        return {(section.main, str(place)): value}

    found = {
        "learn": at(section.setting("learn"), lesson.learn / 2),
        "start": at(section.start(0), lesson.start[0] + 0.5),
        "data": at(section.data_cell("y", 1), lesson.y[1] + 0.75),
        "clicks": at(section.setting("clicks"), 2),
    }
    if "nudge" in section.settings:
        found["nudge"] = at(section.setting("nudge"), 0.02)
    every = {place: value for each in found.values() for place, value in each.items()}
    return found | {"all": every}


@cache
def expected(folder: Path, name: str, scenario: str) -> Operands:
    """What each formula cell holds, and what it reads."""
    path, without = built(folder, name)
    if scenario == "untouched":
        return Operands(path, as_engines_tell(path), {})
    typed = changes(LESSONS[name])[scenario]
    return Operands(path, engines.ironcalc(without, typed), typed)


def as_engines_tell(path: Path) -> dict[Place, Result]:
    return stored_values(path, formula_cells(path))


def assert_judged_alike(engine: Engine, folder: Path, name: str, scenario: str) -> None:
    one = expected(folder, name, scenario)
    found = engine(built(folder, name)[1], one.changes)
    assert len(found) == len(one.values) > 1000
    apart = one.apart(found)
    assert not apart, f"{len(apart)} of {len(found)} cells differ: {apart[:10]}"


def test_the_copies_hold_no_results(folder: Path) -> None:
    path, without = built(folder, "decay")
    values = as_engines_tell(without)
    assert set(values.values()) == {""}
    assert len(values) == len(as_engines_tell(path))
    assert as_engines_tell(path) != values


@pytest.mark.parametrize("engine", JUDGES)
def test_the_default_workbook_untouched(folder: Path, engine: Engine) -> None:
    assert_judged_alike(engine, folder, "shipped", "untouched")


@pytest.mark.parametrize("engine", JUDGES)
@pytest.mark.parametrize("name", ["quadratic", "decay"])
def test_other_workbooks_untouched(folder: Path, engine: Engine, name: str) -> None:
    assert_judged_alike(engine, folder, name, "untouched")


@pytest.mark.parametrize(
    ("engine", "name"),
    [
        *(
            pytest.param(*judge.values, name, marks=judge.marks)
            for judge in JUDGES
            for name in LESSONS
        ),
        # It has no functions of ranges within sums, also not in array formulas.
        *((engines.formualizer, name) for name in LESSONS if name != "decay"),
        # The other two it judges elsewhere.
        pytest.param(engines.libreoffice, "decay", marks=needs_libreoffice),
    ],
)
def test_after_all_inputs_change(folder: Path, engine: Engine, name: str) -> None:
    assert_judged_alike(engine, folder, name, "all")


@needs_gnumeric
@pytest.mark.parametrize("scenario", ["learn", "start", "data", "clicks", "nudge"])
def test_after_one_input_changes(folder: Path, scenario: str) -> None:
    assert_judged_alike(gnumeric, folder, "default", scenario)


def test_ironcalc_agrees_with_the_library_on_the_decay(folder: Path) -> None:
    assert_judged_alike(engines.ironcalc, folder, "decay", "untouched")


@pytest.mark.parametrize("engine", JUDGES)
def test_the_judges_compute_what_was_typed(folder: Path, engine: Engine) -> None:
    """They are no readers of stored values, and errors, texts and truths come out as themselves."""
    typed: dict[Place, object] = {
        ("Guide", "B1"): "=NA()", ("Guide", "B3"): "=1/0", ("Guide", "B4"): '="a"&"b"',
    }  # fmt: skip
    path, without = built(folder, "small")
    found = engine(with_formulas(without, folder / "typed.xlsx", typed), {})
    assert [found[place] for place in typed] == ["#N/A", "#DIV/0!", "ab"]
    assert len(found) == len(as_engines_tell(path)) + len(typed)


def with_formulas(path: Path, into: Path, typed: Mapping[Place, object]) -> Path:
    engines.change(path, into, typed)
    return into


@pytest.mark.parametrize("engine", JUDGES)
def test_an_altered_operator_is_found(folder: Path, engine: Engine) -> None:
    one = expected(folder, "small", "untouched")
    place = (base_section(SMALL).epochs, "C7")
    assert place in one.values
    found = engine(built(folder, "small")[1], {place: "=0.5"})
    assert place in [each for each, _, _ in one.apart(found)]


def test_the_bound_knows_the_operands(tmp_path: Path) -> None:
    book, path = openpyxl.Workbook(), tmp_path / "operands.xlsx"
    page = book.worksheets[0]
    page.title = "Page"
    page.append((1e6, 1e6, "=A1-B1"))
    page.append((1e-9, 2e-9, "=A2+B2"))
    page.append(("", "", '=A2&""'))
    book.save(path)
    values: dict[Place, Result] = {
        ("Page", "C1"): 0.0, ("Page", "C2"): 3e-9, ("Page", "C3"): "0.01",
    }  # fmt: skip
    one = Operands(path, values, {})
    assert one.largest(("Page", "C1")) == 1e6
    # A residue of the difference is within the bound, however small the difference is.
    assert not one.apart(values | {("Page", "C1"): 1e-10})
    assert one.apart(values | {("Page", "C1"): 2e-3})
    # Small numbers are judged as strictly as others.
    assert one.apart(values | {("Page", "C2"): 3.1e-9})
    assert not one.apart(values | {("Page", "C3"): "0.0099999999999999999998"})
    assert one.apart(values | {("Page", "C3"): "0.0098999999999999999998"})
    assert one.apart({place: values[place] for place in list(values)[:2]})
