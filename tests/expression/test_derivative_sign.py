"""A sign that rounding decides is 0: else one program walks another way than the next."""

import math
from pathlib import Path

import numpy as np
import pytest

from sheetgd.expression.derivative import derivative, steady_sign
from sheetgd.expression.parser import parse_formula
from sheetgd.expression.sheet_cells import formula_of
from sheetgd.xlsx.write import build_workbook
from tests.support.built import expected_values
from tests.support.each_engine import ENGINES
from tests.support.engines import Engine, assert_close
from tests.support.given import lesson_of

# Its parameters move in steps of 0.05, so residuals are 0 again and again, but for rounding.
TIES = lesson_of(
    x=(1, 2, 3, 4, 5),
    y=(2.1, 3.9, 6.2, 8, 9.7),
    gradient="analytic",
    loss="mae",
    learn=0.05,
    capacity=60,
    epochs=60,
    clicks=1,
    rates=(0.01, 0.02),
)


@pytest.mark.parametrize("scale", [1e-300, 1e-9, 1.0, 1e9, 1e290])
def test_only_what_rounding_can_make_is_0(scale: float) -> None:
    third = scale / 3
    nothing = third + third + third - scale - scale * 2e-16
    for value, expected in ((nothing, 0), (3e-12 * scale, 1), (-3e-12 * scale, -1), (-scale, -1)):
        assert steady_sign(value, (scale, scale)) == expected
        assert steady_sign(np.array([value]), (np.array([scale]), np.array([scale]))) == [expected]


def test_nothing_at_all_and_no_number() -> None:
    assert steady_sign(0.0, (0.0, 0.0)) == 0
    for value in (math.nan, math.inf):
        assert math.isnan(steady_sign(value, (value, 1.0)))
        with np.errstate(all="ignore"):
            found = steady_sign(np.array([value, 2.0]), (np.array([value, 2.0]), np.zeros(2)))
        np.testing.assert_array_equal(found, [math.nan, 1.0])


@pytest.mark.parametrize(
    ("model", "slope"),
    [
        ("abs(w*x)", "SIGN(w*x)*x"),
        (
            "abs(x-(w-3))",
            "IF(ABS(x-(w-3))>=0.000000000001*(ABS(x)+ABS(w)+ABS(3)),SIGN(x-(w-3)),0)*(-1)",
        ),
        ("abs(-w+x)", "IF(ABS((-w)+x)>=0.000000000001*(ABS(w)+ABS(x)),SIGN((-w)+x),0)*(-1)"),
        ("abs(w+0)", "SIGN(w+0)"),
    ],
)
def test_the_slope_of_an_absolute_value_in_a_model(model: str, slope: str) -> None:
    assert str(formula_of(derivative(parse_formula(model), "w"))) == slope


@pytest.mark.parametrize("engine", ENGINES)
def test_all_walk_the_same_way_through_ties(tmp_path: Path, engine: Engine) -> None:
    path = tmp_path / "ties.xlsx"
    build_workbook(TIES, path)
    expected = expected_values(TIES)
    assert_close(expected, engine(path, {}))
    assert 0.0 in expected.values()
