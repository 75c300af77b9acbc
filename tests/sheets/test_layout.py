"""The rows of a main page: the original's, and what a lesson with more of anything moves down."""

from sheetgd.lesson.template import shipped_lesson
from sheetgd.sheets.layout import CHART_ROWS, layout_of
from tests.support.given import lesson_of


def test_more_parameters_and_settings_move_the_rest_down() -> None:
    original = shipped_lesson("original")
    layout = layout_of(original, settings=4, example=True)
    assert (layout.data, layout.guess, layout.error, layout.control) == (9, 23, 27, 84)
    assert layout_of(original, settings=6, example=True).step == layout.step + 2
    cubic = layout_of(original.changed(model="cubic"), settings=4, example=True)
    assert cubic.error == layout.error + 2
    # A map has two sides.
    assert (cubic.surface, cubic.descent) == (0, cubic.metric + 2)


def test_without_the_worked_example_the_descent_begins_at_the_top() -> None:
    layout = layout_of(lesson_of(x=(1, 2), y=(3, 5)), settings=4, example=False)
    assert (layout.surface, layout.descent) == (0, 5)
    assert layout.control == layout.chart + CHART_ROWS + 6
