"""Lessons without a publication: the numbers of their texts, and those they expect."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from sheetgd.lesson.lesson import Lesson
from sheetgd.lesson.template import shipped_lesson, usual_texts
from tests.documents.test_numbers import NUMBER, wrong
from tests.support import built
from tests.support.lesson_numbers import EXPECTED, TEXTS, Numbers

NAMES = sorted(EXPECTED)
USUAL = usual_texts()


def own_texts(lesson: Lesson) -> Mapping[str, str]:
    return {key: text for key, text in lesson.display.texts.items() if text != USUAL[key]}


def numbers_in(text: str) -> list[str]:
    """The numbers of a text but for its own, as in *2. The prediction*."""
    return NUMBER.findall(re.sub(r"^\d\. ", "", text))


@pytest.mark.parametrize("name", NAMES)
def test_no_text_with_numbers_is_left_out(name: str) -> None:
    texts = own_texts(shipped_lesson(name))
    found = {(name, key) for key, text in texts.items() if numbers_in(text)}
    assert found == {each for each in TEXTS if each[0] == name}


@pytest.mark.parametrize(("place", "numbers"), TEXTS.items(), ids=map(" ".join, TEXTS))
def test_the_numbers_of_a_text(place: tuple[str, str], numbers: Numbers) -> None:
    name, key = place
    assert not wrong(numbers_in(shipped_lesson(name).display.texts[key]), numbers())


@pytest.mark.parametrize("name", NAMES)
def test_the_expected_numbers_are_computed_elsewhere_too(name: str) -> None:
    expected = shipped_lesson(name).display.expected
    assert len(expected) > 2
    for each, value in zip(expected, EXPECTED[name](), strict=True):
        assert abs(each.value - value) <= each.tolerance, each.what
        # What the page Check has room for.
        assert len(each.what) < 46


@pytest.mark.parametrize("name", NAMES)
def test_made_up_data_are_said_to_be(name: str) -> None:
    intro = shipped_lesson(name).display.texts["intro"]
    # The scaled points are the original's.
    assert re.search(r"are made up|were measured", intro) or name == "scaled"


LOOP = ("initialise", "predict", "loss", "gradient", "step", "repeat", "stop")
"""The seven steps of every training loop."""


def first_page(lesson: Lesson) -> tuple[str, Mapping[str, Any]]:
    page = built.page(lesson, "Gradient Descent")
    cells = {str(cell.address): cell.value for cell in page.all_cells()}
    (told,) = (str(text) for text in cells.values() if str(text).count("seven steps"))
    return told, cells


@pytest.mark.parametrize("name", sorted(built.SHORT))
def test_the_first_page_names_the_seven_steps_and_where_they_are(name: str) -> None:
    lesson = built.SHORT[name]
    told, cells = first_page(lesson)
    told = told.partition("seven steps")[2]
    assert re.findall(rf"({'|'.join(LOOP)}) \(", told) == list(LOOP)
    places: Sequence[str] = re.findall(r"\b[A-Z]+\d+\b", told)
    start = lesson.training.start
    ends = [0, len(start) - 1][: len(start)]
    assert [cells[each] for each in places] == [
        *(start[each] for each in ends), lesson.training.epochs, lesson.training.clicks,
    ]  # fmt: skip
    (row,) = re.findall(r"from row (\d+) on", told)
    headers = {cells.get(f"{letter}{int(row) - 1}") for letter in "BCDEFGHIJKLMNOPQRSTUVWXYZ"}
    assert "y_pred" in headers
    assert "de/d" in {each[:4] for each in map(str, headers)}
    below = {cells.get(f"{letter}{int(row) + lesson.n_rows + 2}") for letter in "BCDEFG"}
    stands = "new" in below, any(str(each).startswith("new_") for each in headers)
    assert stands == (lesson.by_epoch, not lesson.by_epoch)
    assert ("the line new" in told, "with new_" in told) == stands
    losses = {"mse": "(y_pred-y)^2", "mae": "ABS(y_pred-y)", "log-loss": "-ln(y_pred) where y=1"}
    assert losses[lesson.method.loss] in told


def test_the_published_page_keeps_its_words() -> None:
    page = built.page(shipped_lesson("original"), "As published")
    assert not [cell for cell in page.all_cells() if "seven steps" in str(cell.value)]
