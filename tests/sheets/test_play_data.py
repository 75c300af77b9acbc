"""The step that comes next: what is said of it is right as it is written.

Sentences are read as `tests.support.playwords` reads them: as a person with a pocket calculator.
"""

import re
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from sheetgd.engine.run import Descent
from sheetgd.lesson.lesson import Lesson
from sheetgd.lesson.template import shipped_lesson
from sheetgd.sheets.book import base_section
from sheetgd.sheets.play import play_page
from sheetgd.sheets.play_data import NextStep
from sheetgd.sheets.sheet import Page
from tests.support.given import lesson_of
from tests.support.lessons import lessons
from tests.support.playwords import PlayWords
from tests.support.said import BASE, MOST_TOLD, ROW, SAID, lines_of, page_of, values_of


def alone(lesson: Lesson) -> tuple[Descent, int, list[Page]]:
    """The run, how many epochs of it there are, and the page by itself, without a map."""
    section = base_section(lesson)
    step = NextStep(section)
    page = play_page(section, step, None, with_curve=False, how_long=None)
    return section.descent, section.epochs_run, [page, step.page(None)]


def check_alone(lesson: Lesson) -> tuple[int, int]:
    """Check the sentences of a lesson, and that no formula is too long.

    Returns:
        How many sentences there are, and how many there could be.
    """
    run, epochs, pages = alone(lesson)
    for page in pages:
        assert all(len(cell.formula or "") <= 8192 for cell in page.cells)
    lines = lines_of(values_of(pages[0]))
    return PlayWords(run, epochs, lines).check(), len(lines)


def test_the_sentences_of_the_original() -> None:
    values = values_of(page_of(shipped_lesson("original")))
    lines = lines_of(values)
    assert lines[:3] == [
        (
            "Row 1 has x = 7 and y = 44. m*x+b = 3.00643*7+1.24375 = 22.289: 21.711 too low, "
            "error_sq = 471.4."
        ),
        (
            "With m nudged by 0.01 error_sq is 468.34184: de/dm = (468.34184 - 471.37651) / 0.01 = "
            "-303.47."
        ),
        "m: 3.00643 - 0.0001 x -303.47 = 3.03678",
    ]
    assert re.fullmatch(r"b: 1\.2437\d* - 0\.0001 x -43\.4\d* = 1\.2480\d*", lines[4])


@pytest.mark.parametrize("name", SAID)
def test_what_is_said_is_right_as_it_is_written(name: str) -> None:
    lesson = SAID[name]
    said, lines = check_alone(lesson)
    assert said == lines == 1 + 2 * min(len(lesson.training.start), MOST_TOLD)


def test_too_high_too_low_and_just_right() -> None:
    for y, word in ((0.4, "0.1 too high"), (0.6, "0.1 too low"), (0.5, "just right")):
        lesson = BASE.changed(
            x=(2, *BASE.data.x[1:]), y=(y, *BASE.data.y[1:]), clicks=0, start=(0, 0.5)
        )
        line = str(values_of(alone(lesson)[2][0])[ROW])
        assert f" = 0.5: {word}, error_sq = " in line


def test_the_model_is_told_with_numbers_only_where_there_is_room() -> None:
    for name, told in (("quadratic", True), ("ten parameters", False), ("level", True)):
        line = str(values_of(alone(SAID[name])[2][0])[ROW])
        assert (". y_pred = " in line) != told, line
    assert "a*x^2+b*x+c = " in str(values_of(alone(SAID["quadratic"])[2][0])[ROW])
    long = str(values_of(alone(SAID["a model too long to tell"])[2][0])[ROW])
    assert ". y_pred = " in long


def test_only_names_are_taken_for_names() -> None:
    lesson = BASE.changed(model="2e1*x*e + exp(e)", start=(0.25,), clicks=0)
    assert "EXP(0.25)" in str(values_of(alone(lesson)[2][0])[ROW])
    assert check_alone(lesson) == (3, 3)


@given(
    lesson=lessons(capacity=4, epochs=1),
    rate=st.none() | st.floats(-9.0, 1.0),
    clicks=st.integers(0, 3),
)
def test_whatever_the_lesson_what_is_said_is_right(
    lesson: Lesson, rate: float | None, clicks: int
) -> None:
    lesson = lesson.changed(clicks=clicks, rates=(lesson.training.learning_rate,), rate_epochs=2)
    if rate is not None:
        lesson = lesson.changed(learn=float(f"{10**rate:.{1 + clicks}g}"))
    said, lines = check_alone(lesson)
    event(f"{said} sentences of {lines}")


@pytest.mark.parametrize("learn", [3.0, 30.0, 1e6, 1e90])
@pytest.mark.parametrize("change", [{}, {"optimizer": "momentum"}, {"batch": "all"}])
def test_of_a_run_that_diverges_only_what_is_right_is_said(
    learn: float, change: Mapping[str, Any]
) -> None:
    lesson = BASE.changed(learn=learn, capacity=40, epochs=1, **change)
    for clicks in (1, 3, 10, 40):
        check_alone(lesson.changed(clicks=clicks))


def test_nothing_is_said_where_numbers_are_beyond_all_bounds() -> None:
    lesson = BASE.changed(learn=1e90, capacity=40, epochs=1, clicks=40)
    assert set(lines_of(values_of(alone(lesson)[2][0]))) == {""}


@pytest.mark.slow
@pytest.mark.parametrize(
    "model",
    [
        "polynomial 18",
        " + ".join(f"{chr(97 + each)}{'n' * 95}{each}*x" for each in range(4)),
        "a*x + " + "b" * 100,
        " + ".join(f"p{each}*sin({each}*x)" for each in range(1, 30)),
        "m*x + b + " + " + ".join(f"{each}.123456789*x^{each}" for each in range(2, 22)),
        "a*exp(-b*x)*sin(c*x + d)/(1 + exp(-f*(x - g))) + h*ln(1 + x^2)",
    ],
    ids=["degree 18", "long names", "a long name", "29 sines", "long", "eight"],
)
@pytest.mark.parametrize("change", [{}, {"batch": "all"}, {"optimizer": "adam", "shuffle": 3}])
def test_any_model_fits_the_cells(model: str, change: Mapping[str, Any]) -> None:
    rows = 32
    lesson = lesson_of(
        x=tuple(each / 20 for each in range(rows)), y=tuple(each / 9 for each in range(rows)),
        model=model, learn=1e-4, capacity=2, epochs=1, gradient="forward", **change,
    )  # fmt: skip
    check_alone(lesson)


def test_the_step_is_told_with_the_rate_that_it_has() -> None:
    lesson = lesson_of(x=(1, 2, 3), y=(3, 5, 7), learn=0.08, gradient="analytic", epochs=3)
    halved = lesson.changed(schedule="ExponentialLR", schedule_parameters={"gamma": 0.5})
    for each, rate, other in ((lesson, " - 0.08 x ", " - 0.01 x "), (halved, " - 0.01 x ", "0.08")):
        told = " ".join(map(str, lines_of(values_of(alone(each)[2][0]))))
        assert rate in told
        assert other not in told
