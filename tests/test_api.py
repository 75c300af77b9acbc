"""The library as a person types it."""

from html import unescape
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

import sheetgd
from sheetgd.errors import DataError, LessonError, OutputError
from sheetgd.web.page import page_of

FRAME = pd.DataFrame({"month": [1, 2, 3, 4], "sales": [3.0, 5.5, 7.0, 9.0], "note": list("abcd")})


def test_a_lesson_from_a_frame_runs_and_builds_itself(tmp_path: Path) -> None:
    lesson = sheetgd.Lesson(FRAME, x="month", y="sales", learn=0.02, epochs=3)
    assert (lesson.data.x, lesson.data.x_name, lesson.data.y_name) == (
        (1, 2, 3, 4),
        "month",
        "sales",
    )
    run = lesson.run()
    assert run.epochs == 3
    built = lesson.build(str(tmp_path / "sales.xlsx"))
    page = openpyxl.load_workbook(built.path, data_only=True)["Epochs"]
    assert page["C9"].value == run.states[-1][0]


def test_a_lesson_from_a_mapping_or_from_numbers() -> None:
    one = sheetgd.Lesson({"x": [1, 2, 3], "y": [2, 4, 6]})
    other = sheetgd.Lesson(x=(1, 2, 3), y=(2, 4, 6))
    assert one == other
    assert one.run(2).states == other.run(2).states


def test_what_is_wrong_is_said() -> None:
    with pytest.raises(LessonError, match=r"no setting 'lern'.*did you mean learn"):
        sheetgd.Lesson(FRAME, x="month", y="sales", lern=0.1)  # type: ignore[call-arg]  # so it says, too
    with pytest.raises(LessonError, match="x is None: give numbers, or a DataFrame"):
        sheetgd.Lesson()
    with pytest.raises(LessonError, match="give numbers"):
        sheetgd.Lesson(x="month", y="sales")
    with pytest.raises(LessonError, match="give names of its columns"):
        sheetgd.Lesson(FRAME, x=(1, 2, 3, 4), y="sales")
    with pytest.raises(DataError, match="row 1, column 'note'"):
        sheetgd.Lesson(FRAME, x="month", y="note")
    with pytest.raises(DataError, match="mnth"):
        sheetgd.Lesson(FRAME, x="mnth", y="sales")


def test_results_show_themselves_as_tables() -> None:
    lesson = sheetgd.shipped_lesson("quadratic")
    page, run = lesson._repr_html_(), lesson.run()._repr_html_()
    for text in (page, run):
        assert "<table" in text
    assert "y = a*x^2+b*x+c" in page
    assert "<th>mse</th>" in run


def test_a_notebook_shows_the_page_of_a_lesson(tmp_path: Path) -> None:
    lesson = sheetgd.Lesson({"x": [1, 2, 3], "y": [2, 4, 6]}, title='5" <b>')
    page = lesson._repr_html_()
    frame = page.partition('srcdoc="')[2].partition('"')[0]
    assert unescape(frame) == page_of(lesson)
    assert page.startswith('<iframe title="5&quot; &lt;b&gt;" srcdoc=')
    path = tmp_path / "lesson.html"
    lesson.to_html(path)
    assert path.read_text(encoding="utf-8") == page_of(lesson)
    with pytest.raises(OutputError, match="force=True"):
        lesson.changed(learning_rate=0.01).to_html(path)
    lesson.changed(learning_rate=0.01).to_html(path, force=True)
    # A notebook keeps all that it shows.
    long = sheetgd.Lesson(x=range(1, 1002), y=range(1, 1002), lr=1e-9)
    assert "<iframe" not in long._repr_html_()


def test_changes_keep_the_lesson_able() -> None:
    lesson = sheetgd.shipped_lesson("dosage")
    for other in (lesson.changed(learn=0.02), lesson.replaced(learn=0.02)):
        assert isinstance(other, sheetgd.Lesson)
        assert other.run(1).epochs == 1


def test_a_template_of_one_s_own(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("[data]\nx = [1, 2]\ny = [1, 2]\n")
    assert sheetgd.read_template(path).run(1).epochs == 1


def test_everything_that_is_offered_is_there() -> None:
    assert sheetgd.__all__ == sorted(sheetgd.__all__)
    for name in sheetgd.__all__:
        assert getattr(sheetgd, name) is not None
    assert {"Lesson", "shipped_lesson", "largest_stable_rate"} <= set(dir(sheetgd))
