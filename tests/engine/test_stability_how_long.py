"""The sentence on how long a learning rate takes: its numbers, and where it says the opposite."""

import math
import re
from pathlib import Path

import numpy as np
import pytest

from sheetgd.engine.run import descend
from sheetgd.engine.stability import epoch_factor, epochs_needed
from sheetgd.lesson.lesson import Lesson
from sheetgd.lesson.template import shipped_lesson
from sheetgd.xlsx.write import build_workbook
from tests.support import built
from tests.support.engines import Engine, formualizer, ironcalc
from tests.support.given import lesson_of

ORIGINAL = shipped_lesson("original")
PLACE = ("Play data", "C5")


def said(lesson: Lesson) -> str:
    page = next(page for page in built.book(lesson).pages if page.title == PLACE[0])
    found = {str(cell.address): cell.value for cell in page.cells}[PLACE[1]]
    assert isinstance(found, str)
    return found


def epochs_in(sentence: str) -> int:
    found = re.search(r"it takes (\d+) epochs", sentence)
    assert found is not None, sentence
    return int(found[1])


def needed(lesson: Lesson) -> int:
    """The first epoch after which at most one part in a hundred is left, counted one by one."""
    factor, left, epochs = epoch_factor(lesson), 1.0, 0
    assert factor is not None
    while left > 0.01:
        left *= factor
        epochs += 1
    return epochs


@pytest.mark.parametrize("name", ["original", "parabola", "optimisers"])
def test_nothing_but_a_full_stop_ends_it(name: str) -> None:
    # A program that opens the file may drop a space at the end of a text that is computed.
    assert said(shipped_lesson(name)).endswith(".")


@pytest.mark.parametrize(("learn", "epochs"), [(0.0001, 3783), (0.001, 332)])
def test_the_epochs_that_a_rate_needs(learn: float, epochs: int) -> None:
    lesson = ORIGINAL.changed(learn=learn)
    assert epochs_in(said(lesson)) == needed(lesson) == epochs


@pytest.mark.parametrize("learn", [1e-6, 0.0003, 0.0013])
def test_they_are_those_of_the_epoch_factor(learn: float) -> None:
    lesson = ORIGINAL.changed(learn=learn)
    assert abs(epochs_in(said(lesson)) - needed(lesson)) <= 1


def test_the_share_that_is_left_is_the_epoch_factor() -> None:
    found = re.search(r"an epoch leaves ([\d.]+) %", said(ORIGINAL))
    factor = epoch_factor(ORIGINAL)
    assert found is not None
    assert factor is not None
    assert float(found[1]) == pytest.approx(100 * factor, abs=0.0005)


def test_a_rate_that_takes_next_to_nothing_is_told_what_it_takes() -> None:
    # 99.99972 % in five digits are "100 %": then nothing would ever happen.
    lesson = ORIGINAL.changed(learn=1e-8)
    factor = epoch_factor(lesson)
    assert factor is not None
    assert factor > 0.9999
    found = re.search(r"an epoch takes ([\d.E-]+) % off what is left of the way", said(lesson))
    assert found is not None
    assert float(found[1]) == pytest.approx(100 * (1 - factor), rel=0.005)
    assert "leaves" not in said(lesson)
    assert "takes" not in said(ORIGINAL).split("of the way")[0]


def test_the_valley_is_as_steep_as_its_second_derivatives_say() -> None:
    found = re.search(r"the valley is (\d+) times as steep across as along", said(ORIGINAL))
    assert found is not None
    x = np.array(ORIGINAL.data.x)
    flat, steep = np.linalg.eigvalsh(np.array([[np.sum(x * x), np.sum(x)], [np.sum(x), len(x)]]))
    assert int(found[1]) == round(steep / flat)


def test_a_round_valley_is_not_called_steep() -> None:
    lesson = lesson_of(
        x=(-2, -1, 1, 2), y=(-3, -1, 3, 5), start=(0, 0), learn=1e-4, gradient="analytic"
    )
    sentence = said(lesson)
    assert epochs_in(sentence) > lesson.capacity
    assert "steep" not in sentence


def test_what_there_is_room_for_is_not_explained() -> None:
    lesson = lesson_of(
        x=(-2, -1, 1, 2), y=(-3, -1, 3, 5), start=(0, 0), learn=0.05, gradient="analytic"
    )
    sentence = said(lesson)
    assert epochs_in(sentence) == needed(lesson) <= lesson.capacity
    assert "room" not in sentence


def test_steps_that_lead_away_are_told_so() -> None:
    assert said(ORIGINAL.changed(learn=0.0015)) == (
        "With learn at 0.0015 the steps do not come to rest: make learn smaller."
    )


def of_one_weight(learn: float) -> Lesson:
    """The loss w^2, whose epoch factor is 1 - 2*learn."""
    return lesson_of(x=(0,), y=(0,), model="w", start=(-1.5,), learn=learn, gradient="analytic")


@pytest.mark.parametrize("learn", [0.5, 0.496, 0.495])
def test_a_rate_that_needs_one_epoch_says_so(learn: float) -> None:
    lesson = of_one_weight(learn)
    single = "a single epoch leaves next to nothing of the way."
    assert said(lesson) == f"With learn at {learn} {single}"
    assert epochs_needed(lesson) == 1


@pytest.mark.parametrize(
    ("learn", "epochs"), [(0.4949, 2), (0.45, 2), (0.4499, 3), (1e-7, 23025849)]
)
def test_sheet_and_library_tell_the_same_epochs(learn: float, epochs: int) -> None:
    lesson = of_one_weight(learn)
    assert epochs_in(said(lesson)) == epochs_needed(lesson) == epochs


def test_rmsprop_is_there_when_the_text_says() -> None:
    lesson = shipped_lesson("optimisers")
    (variant,) = (each for each in lesson.display.variants if each.title == "RMSprop")
    found = re.search(r"RMSprop takes (\d+) epochs", said(ORIGINAL))
    assert found is not None
    best, start = (2.0, 30.0), lesson.training.start
    run = descend(lesson.varied(variant), lesson.capacity)
    left = [math.dist(state, best) / math.dist(start, best) for state in run.states]
    within = [epoch for epoch, share in enumerate(left) if share <= 0.01]
    assert within[0] == int(found[1])
    assert within == list(range(within[0], lesson.capacity + 1))
    assert tuple(lesson.data.x) == tuple(ORIGINAL.data.x)


@pytest.mark.parametrize("engine", [ironcalc, formualizer])
@pytest.mark.engines
def test_the_sentence_follows_the_sheet(tmp_path: Path, engine: Engine) -> None:
    path = tmp_path / "book.xlsx"
    lesson = ORIGINAL.changed(capacity=6, rates=(0.0001, 0.001), rate_epochs=4)
    build_workbook(lesson, path)
    place = ("Gradient Descent", "E85")
    for learn, says in (
        (0.001, "it takes 332 epochs"),
        (0.0015, "do not come to rest"),
        (0.0001, "it takes 3783 epochs"),
    ):
        assert says in str(engine(path, {place: learn})[PLACE])
    assert engine(path, {place: "much"})[PLACE] == ""


def test_the_first_page_and_play_say_it() -> None:
    pages = {page.title: page for page in built.book(ORIGINAL).pages}
    sentence = said(ORIGINAL)
    for title in ("Gradient Descent", "Play"):
        assert any(sentence in str(cell.value) for cell in pages[title].cells)
