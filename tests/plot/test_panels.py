"""Panels: what is drawn are the library's numbers."""

from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh

from sheetgd.engine.run import descend
from sheetgd.lesson.lesson import Lesson
from sheetgd.lesson.template import shipped_lesson
from sheetgd.plot.figure import picture_figure
from sheetgd.plot.panels import house_style
from sheetgd.plot.picture import draw_picture
from sheetgd.plot.scene import error_surface_of, runs_of
from tests import plain

ORIGINAL = shipped_lesson("original")
DIVERGING = ORIGINAL.changed(learn=0.01, epochs=20)


def panels(lesson: Lesson, kind: str) -> list[Any]:
    runs = runs_of(lesson)
    with house_style():
        figure = picture_figure(kind, runs, error_surface_of(runs))
    return list(figure.axes)


def line(axes: Axes, label: str) -> Any:  # noqa: ANN401  a line in two or three dimensions
    (found,) = (each for each in axes.get_lines() if each.get_label() == label)
    return found


def test_settings_of_the_user_do_not_matter_and_stay(tmp_path: Path) -> None:
    draw_picture(ORIGINAL, tmp_path / "one.png", kind="curves")
    with mpl.rc_context({"lines.linewidth": 9, "axes.facecolor": "red", "font.size": 30}):
        draw_picture(ORIGINAL, tmp_path / "other.png", kind="curves")
        assert mpl.rcParams["font.size"] == 30
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "other.png").read_bytes()


def test_the_heat_map_is_the_metric_and_the_path_the_descent() -> None:
    (axes, _) = panels(ORIGINAL, "heat")
    (mesh,) = (each for each in axes.collections if isinstance(each, QuadMesh))
    heights = np.asarray(mesh.get_array())
    low_b, high_b = axes.get_ylim()
    low_m, high_m = axes.get_xlim()
    # The corners of the map, by hand: row the first is the lowest b, column the first the lowest m.
    for b, row in ((low_b, 0), (high_b, -1)):
        for m, column in ((low_m, 0), (high_m, -1)):
            squares = [
                (m * x + b - y) ** 2 for x, y in zip(ORIGINAL.data.x, ORIGINAL.data.y, strict=True)
            ]
            assert heights[row][column] == pytest.approx(sum(squares) ** 0.5)
    path = line(axes, "The lesson")
    assert list(zip(path.get_xdata(), path.get_ydata(), strict=True)) == descend(ORIGINAL).states
    published = line(axes, "As published")
    assert (published.get_xdata()[-1], published.get_ydata()[-1]) == (2.051, 25.075)


def test_the_path_lies_on_the_surface() -> None:
    (axes,) = panels(ORIGINAL, "surface")
    m, b, height = line(axes, "The lesson").get_data_3d()
    run = descend(ORIGINAL)
    assert list(zip(m, b, strict=True)) == run.states
    assert list(height) == pytest.approx(list(run.metric_values), rel=1e-12)


def test_the_curves_are_the_metric_held() -> None:
    lesson = shipped_lesson("optimisers")
    (axes,) = panels(lesson, "curves")
    for run in runs_of(lesson):
        assert list(line(axes, run.label).get_ydata()) == list(run.descent.metric_values)
    assert len(axes.get_lines()) == 5
    assert axes.get_yscale() == "log"
    (axes,) = panels(ORIGINAL, "curves")
    _, log = plain.descend(ORIGINAL.data.x, ORIGINAL.data.y, epochs=5)
    drawn = list(line(axes, "The lesson").get_ydata())
    assert drawn == pytest.approx([each["root_sse"] for each in log], rel=1e-12)


def test_the_fit_is_the_prediction() -> None:
    (axes,) = panels(ORIGINAL, "fit")
    m, b = descend(ORIGINAL).states[-1]
    x, y = line(axes, "The lesson").get_data()
    assert list(y) == pytest.approx(list(m * x + b), rel=1e-12)
    start_x, start = line(axes, "start").get_data()
    assert list(start) == pytest.approx(list(start_x + 1), rel=1e-12)
    assert list(line(axes, "data").get_xdata()) == list(ORIGINAL.data.x[:11])
    assert list(line(axes, "data, a reconstruction").get_xdata()) == list(ORIGINAL.data.x[11:])


def test_one_parameter_is_a_curve_with_the_steps_on_it() -> None:
    lesson = shipped_lesson("parabola")
    for axes, run in zip(panels(lesson, "surface"), runs_of(lesson), strict=True):
        steps = line(axes, run.label)
        assert list(steps.get_xdata()) == [w for (w,) in run.descent.states]
        assert list(steps.get_ydata()) == pytest.approx([w * w for (w,) in run.descent.states])


def test_what_flies_off_leaves_the_picture_and_it_says_so() -> None:
    runs = runs_of(DIVERGING)
    own, published = error_surface_of(runs).ways
    assert own.left is not None
    assert published.left is None
    axes = panels(DIVERGING, "curves")[0]
    low, high = axes.get_ylim()
    assert 0 <= low < min(runs[1].descent.metric_values)
    assert max(runs[1].descent.metric_values) < high < 1e4
    notes = [text.get_text() for text in axes.texts]
    assert notes == ["The lesson diverges (grown) at epoch 1"]
