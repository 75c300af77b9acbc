"""Fit: the curve against the data, and after chosen epochs."""

import math
from collections.abc import Mapping

import pytest

from sheetgd.errors import LessonError
from sheetgd.lesson.lesson import Lesson
from sheetgd.sheets.cells import Block
from sheetgd.sheets.fit import PARTED
from sheetgd.sheets.sheet import Page, Series
from tests.support import engines
from tests.support.built import expected_values, named, workbook
from tests.support.built import page as page_of
from tests.support.each_engine import ENGINES
from tests.support.engines import Engine, Place, Result
from tests.support.given import lesson_of
from tests.support.shipped import page


def test_four_panels_of_the_fit() -> None:
    fit = page("quadratic", "Fit")
    assert [chart.title for chart in fit.charts[1:]] == [f"Panel {each}" for each in (1, 2, 3, 4)]
    data, *curves = fit.charts[0].series
    assert data.name == "data"
    assert {series.sheet for series in curves} == {"Fit data"}
    values = {str(cell.address): cell.value for cell in page("quadratic", "Fit data").cells}
    assert [values[str(series.name)] for series in curves] == ["now", "start"]


HOURS = (0.5, 1.0, 1.5, 1.75, 2.25, 2.75, 3.0, 3.5, 4.0, 5.0)
PASSED = (0, 0, 0, 1, 0, 1, 0, 1, 1, 1)
APART = (0, 0, 0, 0, 0, 1, 1, 1, 1, 1)


def classes(y: tuple[int, ...] = PASSED, **settings: object) -> Lesson:
    usual = {"loss": "log-loss", "batch": "all", "gradient": "analytic", "learn": 0.8}
    usual |= {"x": HOURS, "epochs": 40, "capacity": 40, "y_name": "passed"}
    return lesson_of(**{**usual, "y": y, **settings})  # type: ignore[arg-type]


def called(page: Page, series: Series) -> object:
    (name,) = page.values_of(Block.parse(str(series.name)))
    return name


def counted(lesson: Lesson, threshold: float) -> list[list[int]]:
    """How many rows of each class are told to be which, by hand."""
    m, b = lesson.run().states[-1]
    table = [[0, 0], [0, 0]]
    for x, y in zip(lesson.data.x, lesson.data.y, strict=True):
        table[int(y)][1 / (1 + math.exp(-(m * x + b))) > threshold] += 1
    return table


def told(values: Mapping[Place, Result]) -> list[list[Result]]:
    return [[values["Fit", f"{column}{row}"] for column in "OP"] for row in (7, 8)]


def test_the_table_of_right_and_wrong() -> None:
    lesson = classes()
    shown = expected_values(lesson)
    table = counted(lesson, 0.5)
    assert told(shown) == table
    assert all(any(row) for row in table)
    assert shown["Fit", "O9"] == (table[0][0] + table[1][1]) / len(HOURS)
    m, b = lesson.run().states[-1]
    assert shown["Fit", "O10"] == pytest.approx(-b / m, rel=1e-12)


@pytest.mark.parametrize("engine", ENGINES)
def test_it_follows_the_threshold_and_the_run(engine: Engine) -> None:
    lesson = classes()
    path, main = workbook(lesson), named(lesson, "Gradient Descent", "epochs")
    for threshold, epochs in ((0.5, 40), (0.3, 40), (0.8, 40), (0.5, 3), (0.0, 40)):
        changes = {("Fit", "O5"): threshold, ("Gradient Descent", str(main)): epochs}
        found = engine(path, changes)
        expected = counted(lesson.changed(epochs=epochs, capacity=40), threshold)
        if engine is not engines.formualizer:
            assert told(found) == expected, threshold
    assert counted(lesson, 0.3) != counted(lesson, 0.5) != counted(lesson, 0.8)


@pytest.mark.parametrize(("y", "says"), [(APART, True), (PASSED, False)])
def test_classes_that_a_boundary_parts_have_no_best_fit(
    y: tuple[int, ...],
    says: bool,  # noqa: FBT001  a column
) -> None:
    lesson = classes(y, epochs=400, capacity=400)
    assert (PARTED in expected_values(lesson).values()) == says
    # Early on, the boundary is not there yet, and nothing is said.
    assert PARTED not in expected_values(lesson.changed(epochs=1, capacity=1)).values()


def test_a_line_has_no_such_table() -> None:
    line = classes(loss="mse", metric="mse")
    assert not {("Fit", f"O{row}") for row in range(4, 12)} & expected_values(line).keys()


def test_the_chart_of_one_column_has_the_threshold() -> None:
    fit, data = (page_of(classes(), title) for title in ("Fit", "Fit data"))
    values = {str(cell.address): cell.value for cell in data.cells}
    names = [values[str(series.name)] for series in fit.charts[0].series[1:]]
    assert names == ["now", "start", "threshold"]
    line = fit.charts[0].series[-1].values
    assert {data.values_of(line)[each] for each in (0, -1)} == {0.5}


def test_the_chart_of_two_columns_has_the_boundary() -> None:
    long = (0.7, -0.3, 1.5, 0.2, 2.2, 1.1, 0.3, -0.6, 0.9, 1.8)
    lesson = classes(x={"width": HOURS, "long": long}, learn=0.3, epochs=30)
    fit, data = (page_of(lesson, title) for title in ("Fit", "Fit data"))
    of_0, of_1, line = fit.charts[-1].series
    for which, series in enumerate((of_0, of_1)):
        up = data.values_of(series.values)
        expected = [v if y == which else "#N/A" for v, y in zip(long, PASSED, strict=True)]
        assert up == expected
    assert [called(data, each) for each in (of_0, of_1)] == ["is 0", "is 1"]
    w1, w2, b = lesson.run().states[-1]
    points = zip(data.values_of(line.x), data.values_of(line.values), strict=True)
    drawn = [(x, v) for x, v in points if v != "#N/A"]
    assert len(drawn) > 5
    for x, v in drawn:
        assert w1 * float(str(x)) + w2 * float(str(v)) + b == pytest.approx(0.0, abs=1e-9)


def test_classes_are_called_as_in_the_data() -> None:
    """Also after a change, with rows held back, and where the names are given with the numbers."""
    flowers = ["ruby" if each else "=iris" for each in PASSED]
    frame = {"width": HOURS, "long": HOURS[::-1], "flower": flowers}
    lesson = Lesson(frame, x=["width", "long"], y="flower", loss="log-loss", epochs=3)
    assert (lesson.data.y_name, lesson.data.classes) == ("flower_ruby", ("=iris", "ruby"))
    for each in (lesson, lesson.changed(epochs=4), lesson.changed(validation="every 3")):
        fit = {str(cell.address): cell.value for cell in page_of(each, "Fit").cells}
        told = ["told =iris", "told ruby", "is =iris", "is ruby"]
        assert [fit[cell] for cell in ("O6", "P6", "N7", "N8")] == told
        drawn = page_of(each, "Fit").charts[-1].series[:2]
        data = page_of(each, "Fit data")
        assert [called(data, series) for series in drawn] == ["is =iris", "is ruby"]
    given = classes(classes=("failed", "passed"))
    shown = {str(cell.address): cell.value for cell in page_of(given, "Fit").cells}
    assert (shown["N7"], shown["P6"]) == ("is failed", "told passed")


@pytest.mark.parametrize("names", [("a",), ("a", "a"), ("a", "b", "c"), "ab"])
def test_classes_have_two_names(names: object) -> None:
    with pytest.raises(LessonError, match=r"classes .* two different texts, the one for 0 first"):
        classes(classes=names)


def test_the_names_of_classes_have_a_length() -> None:
    with pytest.raises(LessonError, match="class 1 has 10,000 characters"):
        classes(classes=("a", "b" * 10_000))
