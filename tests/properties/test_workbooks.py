"""What holds of every workbook: engines of other hands compute what is stored, and stay live."""

import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sheetgd.engine.run import descend
from sheetgd.lesson.lesson import Lesson
from sheetgd.xlsx.write import build_workbook
from tests.judges.test_engines import MAIN
from tests.judges.test_method_workbooks import judged, main_names, pinned, typed_as
from tests.support import built, engines
from tests.support.built import expected_values
from tests.support.engines import Place, assert_close
from tests.support.given import lesson_of
from tests.support.kinds import referred
from tests.support.lessons import NUDGES, hyperparameters, lessons, numbers, tame
from tests.support.profiles import examples

pytestmark = pytest.mark.engines

ENGINES = {"formualizer": engines.formualizer, "ironcalc": engines.ironcalc}
"""Those that compute a workbook in a moment; LibreOffice takes the lessons that are written out."""
JUDGED = {"Learning rates", "Rates epochs"}
"""Pages with verdicts. Of a figure that ends as it began, rounding decides which it is."""
SMALL = lessons(
    most_rows=6, capacity=5, epochs=2, clicks=1, rate_epochs=2, least_eps=1e-6, title="Random"
)


@st.composite
def inputs(draw: st.DrawFn, lesson: Lesson) -> tuple[Mapping[str, Any], Mapping[Any, float]]:
    """Other settings for some of a workbook's input cells, and other numbers in its data."""
    names, start = main_names(lesson), numbers(1.0)
    choices: dict[str, st.SearchStrategy[Any]] = {
        "learn": st.sampled_from([0.01, 0.3, 0.75, 1.0]).map(
            lambda each: each * lesson.training.learning_rate
        ),
        "epochs": st.integers(0, 5),
        "start": st.lists(
            start, min_size=len(lesson.training.start), max_size=len(lesson.training.start)
        ),
    }
    if "nudge" in names:
        choices["nudge"] = NUDGES
    if "batch" in names:
        choices["batch"] = st.integers(2, max(2, lesson.n_rows))
    if lesson.method.hyperparameters:
        choices["hyper"] = hyperparameters(lesson.method.optimizer, 1e-6)
    changes = {name: draw(each) for name, each in choices.items() if draw(st.booleans())}
    if changes.get("epochs", 2) == 1:
        changes["clicks"] = draw(st.integers(0, 5))
    rows, sides = st.integers(0, lesson.n_rows - 1), st.sampled_from(["x", "y"])
    points = draw(st.dictionaries(st.tuples(rows, sides), numbers(), max_size=2))
    return changes, points


@examples(0.28)
@given(lesson=SMALL, engine=st.sampled_from(sorted(ENGINES)), data=st.data())
def test_the_sheet_is_its_engine_the_library_and_the_plain_reference(
    tmp_path_factory: pytest.TempPathFactory, lesson: Lesson, engine: str, data: st.DataObject
) -> None:
    lesson = pinned(lesson)
    run = tame(descend(lesson, lesson.capacity, through=True))
    path = tmp_path_factory.mktemp("book") / "lesson.xlsx"
    build_workbook(lesson, path)
    assert_computed(lesson, engine, path, {}, JUDGED)
    assert_steps_are_the_reference(lesson, referred(lesson, run)[0])
    places, changed = typed_as(lesson, *data.draw(inputs(lesson)))
    tame(descend(changed, changed.capacity, through=True))
    # Data of one x have no fit that could be drawn: that is settled when it is built.
    same_pages = (len({*lesson.data.x}) == 1) is (len({*changed.data.x}) == 1)
    built_otherwise = set() if same_pages else {"Fit", "Fit data"}
    assert_computed(changed, engine, path, places, JUDGED | built_otherwise)


def assert_computed(
    lesson: Lesson,
    engine: str,
    path: Path,
    places: Mapping[Place, float | str],
    but: Collection[str],
) -> None:
    """Fail unless an engine computes what the library says, on all pages but some."""
    expected, found = (
        {place: side[place] for place in side if place[0] not in but}
        for side in judged(lesson, ENGINES[engine], path, places)
    )
    # What is told in digits may be halfway between two, and then rounding decides.
    for place, told in expected.items():
        if place[0] in {"Play", "Play data"} and is_tie(told, found.get(place)):
            found[place] = told
    assert_close(expected, found)


def is_tie(one: object, other: object) -> bool:
    """Tell whether two texts have numbers that differ by one in their last digit, if at all."""
    if not (isinstance(one, str) and isinstance(other, str)):
        return False
    digits = re.compile(r"\d+(?:\.\d+)?")
    if digits.sub("", one) != digits.sub("", other):
        return False
    pairs = zip(digits.findall(one), digits.findall(other), strict=True)
    return all(
        len(a) == len(b) and abs(int(a.replace(".", "")) - int(b.replace(".", ""))) <= 1
        for a, b in pairs
    )


@pytest.mark.parametrize(
    ("one", "other", "tie"),
    [
        ("de/db is 42.87.", "de/db is 42.88.", True),
        ("de/db is 42.87.", "de/db is 42.89.", False),
        ("de/db is 42.87.", "de/dm is 42.87.", False),
        (1.0, "1", False),
    ],
)
def test_what_is_a_tie(one: object, other: object, tie: bool) -> None:  # noqa: FBT001  a parameter
    assert is_tie(one, other) is tie


def assert_steps_are_the_reference(lesson: Lesson, steps: list[dict[str, float]]) -> None:
    """Fail unless the page of steps stores what the plain reference computes."""
    if lesson.by_epoch:
        # There is none: the log is the computation, and engines judge that.
        return
    (page,) = (each for each in built.book(lesson).pages if each.title == "Steps")
    table = page.table
    assert table is not None
    assert table.length >= lesson.capacity * lesson.n_rows
    headers = {column.header: column for column in table.columns}
    for name in steps[0].keys() - {"x", "y"}:
        column = headers[name]
        stored = column.part(0, table.length).values
        expected = [step[name] for step in steps[: table.length]]
        assert stored == pytest.approx(expected, rel=1e-9, abs=1e-9), name


NAME = re.compile(r"(?<![\w.$])[A-Za-z_]\w*(?![\w(!])")
NO_NAMES = re.compile(r'"[^"]*"|\'[^\']*\'!|\$?[A-Z]{1,3}\$?\d+\b|\b\d+(\.\d+)?E[+-]?\d+')


@given(lesson=lessons(most_rows=6, capacity=2, epochs=1, rates=(0.01,), rate_epochs=2))
@example(lesson_of(x=(1, 2), y=(2, 3), model="w*x", metric="root_sse", capacity=2, epochs=1))
def test_every_name_that_a_formula_uses_is_defined(lesson: Lesson) -> None:
    book = built.book(lesson)
    defined = {name for page in book.pages for name in page.names}
    formulas = {cell.formula or "" for page in book.pages for cell in page.all_cells()}
    used = {name for each in formulas for name in NAME.findall(NO_NAMES.sub(" ", each))}
    assert "learn" in used
    assert used - {"TRUE", "FALSE"} <= defined


def shown_otherwise(lesson: Lesson) -> Mapping[Place, Any]:
    """All that a workbook's formulas show, but for the two settings themselves."""
    found = dict(expected_values(lesson))
    assert found.pop(("Play", "C4")) == lesson.training.epochs
    assert found.pop(("Play", "C5")) == lesson.training.clicks
    return found


@examples(0.2)
@given(lesson=SMALL, epochs=st.integers(1, 2), clicks=st.integers(1, 2))
def test_so_many_epochs_a_click_are_so_many_clicks(
    lesson: Lesson, epochs: int, clicks: int
) -> None:
    lesson = pinned(lesson)
    one = lesson.replaced(epochs=epochs, clicks=clicks)
    other = lesson.replaced(epochs=epochs * clicks, clicks=1)
    assert shown_otherwise(one) == shown_otherwise(other)
    places, changed = typed_as(lesson, {"epochs": epochs, "clicks": clicks}, {})
    assert {sheet for sheet, _ in places} == {MAIN}
    assert expected_values(changed) == expected_values(one)
