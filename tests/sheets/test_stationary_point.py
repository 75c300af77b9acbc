"""The lower half of Gradient: where forward differences are stationary."""

import math

import pytest

from sheetgd.lesson.template import usual_texts
from tests.engine.test_error_surface import resting_by_hand
from tests.judges.test_method_workbooks import LESSONS
from tests.sheets.test_gradient import (
    ORIGINAL,
    X,
    Y,
    gradient_page,
    value,
)
from tests.support.given import lesson_of
from tests.support.stationary import stationary_points_of


def test_the_resting_point_stands_on_the_page() -> None:
    assert [value(f"{column}36") for column in "IJK"] == pytest.approx(
        [2, 1.9836125, -0.0163875], abs=1e-7
    )
    assert [value(f"{column}37") for column in "IJK"] == pytest.approx(
        [30, 30.3252089, 0.3252089], abs=1e-7
    )
    m, b = resting_by_hand(0.01)
    held = math.sqrt(sum((m * x + b - y) ** 2 for x, y in zip(X, Y, strict=True)))
    assert value("J38") == pytest.approx(held, rel=1e-6)
    assert value("I38") == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("x", [(2.0, 2.0, 2.0), (0.1, 0.1, 0.1)])
def test_where_all_x_are_alike_there_is_no_best_line(x: tuple[float, ...]) -> None:
    lesson = lesson_of(x=x, y=(1.0, 2.0, 4.0))
    found = stationary_points_of(lesson)
    assert found.divisor == 0
    assert all(math.isnan(each) for each in (*found.best, *found.shift(0.01)))
    values = [cell.value for cell in gradient_page(lesson).all_cells()]
    assert values.count("#DIV/0!") > 10


@pytest.mark.parametrize("name", ["absolute", "a formula"])
def test_other_losses_and_models_say_why_no_point_is_named(name: str) -> None:
    page = gradient_page(LESSONS[name].replaced(texts=usual_texts()))
    texts = [cell.value for cell in page.cells if isinstance(cell.value, str)]
    assert any("cannot be written down here" in text for text in texts)
    assert "best fit" not in texts
    assert len(page.charts) == 1
    assert len(gradient_page(ORIGINAL).charts) == 2
