"""Pictures: the files, and that what is drawn are the library's numbers."""

import builtins
import struct
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh

from sheetgd.cli.main import main
from sheetgd.engine.run import descend
from sheetgd.errors import LessonError, OutputError
from sheetgd.lesson.lesson import Lesson
from sheetgd.lesson.template import shipped_lesson, shipped_names
from sheetgd.plot.figure import picture_figure
from sheetgd.plot.panels import house_style
from sheetgd.plot.picture import KINDS, draw_picture
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


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        # Every kind is tried every time.
        pytest.param(kind, name, marks=[] if name == "original" else pytest.mark.slow)
        for kind in KINDS
        for name in (*shipped_names(), "diverging")
    ],
)
def test_every_lesson_can_be_drawn(tmp_path: Path, name: str, kind: str) -> None:
    lesson = DIVERGING if name == "diverging" else shipped_lesson(name)
    drawn = draw_picture(lesson, tmp_path / "picture.png", kind=kind)
    content = drawn.path.read_bytes()
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", content[16:24])
    assert width == 1440
    assert height > 700


@pytest.mark.slow
def test_an_svg_is_xml_and_both_are_the_same_each_time(tmp_path: Path) -> None:
    for ending, kind in (("png", "curves"), ("svg", "surface")):
        one, other = (tmp_path / f"{name}.{ending}" for name in ("one", "other"))
        for path in (one, other):
            draw_picture(ORIGINAL, path, kind=kind)
        assert one.read_bytes() == other.read_bytes()
        assert draw_picture(ORIGINAL, one, kind=kind).unchanged
    root = ET.fromstring((tmp_path / "one.svg").read_bytes())  # noqa: S314  our own file
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert b"<dc:date>" not in (tmp_path / "one.svg").read_bytes()


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
    _, log = plain.descend(
        ORIGINAL.data.x,
        ORIGINAL.data.y,
        (1, 1),
        learn=0.0001,
        nudge=0.01,
        epochs=5,
        gradient="forward",
    )
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


def test_of_three_parameters_two_are_chosen_and_the_others_held() -> None:
    lesson = shipped_lesson("quadratic")
    land = error_surface_of(runs_of(lesson), ("c", "a"))
    assert land.names == ("c", "a")
    assert dict(land.held) == {"b": descend(lesson).states[-1][1]}
    c, a = land.sides[0][3], land.sides[1][5]
    errors = [
        (a * x * x + land.held["b"] * x + c - y) ** 2
        for x, y in zip(lesson.data.x, lesson.data.y, strict=True)
    ]
    assert land.heights[3][5] == pytest.approx(sum(errors) / len(errors))


def test_the_best_point_is_where_the_others_are_held() -> None:
    lesson = shipped_lesson("quadratic")
    land = error_surface_of(runs_of(lesson), ("a", "b"))
    assert land.best is not None
    (a, b), height = land.best
    c = land.held["c"]
    columns = np.array([[x * x, x] for x in lesson.data.x])
    rest = np.array(lesson.data.y) - c
    assert (a, b) == pytest.approx(tuple(np.linalg.lstsq(columns, rest, rcond=None)[0]))
    assert height <= np.nanmin(land.heights)


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


@pytest.mark.parametrize(
    ("changes", "error", "says"),
    [
        ({"kind": "heats"}, LessonError, "did you mean heat"),
        ({"over": ("m", "q")}, LessonError, "over 'q' is not known: choose from m, b"),
        ({"over": ("m", "m")}, LessonError, "two different parameters"),
        ({"over": ("m", "b"), "kind": "fit"}, LessonError, "not for fit"),
    ],
)
def test_refusals(
    tmp_path: Path, changes: dict[str, Any], error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        draw_picture(ORIGINAL, tmp_path / "a.png", **changes)
    assert not list(tmp_path.iterdir())


def test_other_endings_and_other_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"ends in \.png or \.svg; call it a\.jpg\.png"):
        draw_picture(ORIGINAL, tmp_path / "a.jpg")
    path = tmp_path / "mine.png"
    path.write_bytes(b"mine")
    with pytest.raises(OutputError, match="force=True"):
        draw_picture(ORIGINAL, path, kind="fit")
    assert path.read_bytes() == b"mine"
    assert not draw_picture(ORIGINAL, path, kind="fit", force=True).unchanged


def test_without_matplotlib_it_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real = builtins.__import__

    def without(name: str, *arguments: Any, **others: Any) -> Any:  # noqa: ANN401  as the real one
        if name == "sheetgd.plot.figure":
            raise ImportError("No module named 'matplotlib'", name="matplotlib")
        return real(name, *arguments, **others)

    monkeypatch.setattr(builtins, "__import__", without)
    path = tmp_path / "none.png"
    assert main(["picture", "parabola", "-o", str(path)]) == 2
    said = capsys.readouterr().err
    assert "pip install 'sheetgd[plot]'" in said
    assert said.count("\n") == 1
    assert not path.exists()


def test_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["picture", "--epochs", "9", "--kind", "curves"]) == 0
    assert capsys.readouterr().out.split() == ["outputs/gradient_descent.png"]
    drawn = tmp_path / "expected.png"
    draw_picture(ORIGINAL.replaced(epochs=9), drawn, kind="curves")
    assert (tmp_path / "outputs/gradient_descent.png").read_bytes() == drawn.read_bytes()
    assert main(["picture", "quadratic", "--over", "a", "c", "-o", "land.svg", "-q"]) == 0
    assert capsys.readouterr().out == ""
    assert main(["picture", "--kind", "nothing"]) == 2
    assert "kind 'nothing' is not known" in capsys.readouterr().err
