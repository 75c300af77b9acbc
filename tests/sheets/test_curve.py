"""Curve: the ways down of a model with one parameter."""

from sheetgd.lesson.template import shipped_lesson
from tests.support import built
from tests.support.shipped import page


def test_three_ways_down_the_parabola_side_by_side() -> None:
    charts = page("parabola", "Curve").charts
    assert [chart.title for chart in charts] == ["Too low", "Good", "Bouncing"]
    assert [len(chart.series) for chart in charts] == [3, 3, 3]
    assert len({chart.area.first.row for chart in charts}) == 1


def test_the_way_down_ends_where_the_run_does() -> None:
    lesson = shipped_lesson("parabola").changed(epochs=2, clicks=2, capacity=9)
    pages = {page.title: page for page in built.book(lesson).pages}
    (chart, *_) = pages["Curve"].charts
    steps = next(each for each in chart.series if each.name == "steps")
    assert pages[steps.sheet].hidden
    parameter, loss = (pages[steps.sheet].values_of(each) for each in (steps.x, steps.values))
    assert len(parameter) == len(loss) == 10
    assert len(set(parameter[:5])) == 5
    # Lines to come repeat the last one, and are no #N/A.
    assert set(parameter[4:]) == {parameter[4]}
    assert set(loss[4:]) == {loss[4]}
