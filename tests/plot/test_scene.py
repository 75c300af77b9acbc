"""What a picture shows: two of several parameters, the others held."""

import numpy as np
import pytest

from sheetgd.engine.run import descend
from sheetgd.lesson.template import shipped_lesson
from sheetgd.plot.scene import error_surface_of, runs_of


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
