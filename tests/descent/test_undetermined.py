"""Undetermined parameters: by what does not change a prediction, and by other arithmetic."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from sheetgd.descent.model import model_of
from sheetgd.descent.undetermined import undetermined


@pytest.mark.parametrize(
    ("formula", "names", "moved"),
    [
        ("(a + b)*x", ("a", "b"), lambda a, b: (a + 0.5, b - 0.5)),
        ("a*b*x", ("a", "b"), lambda a, b: (a * 3, b / 3)),
        ("a*exp(b*x + c)", ("a", "c"), lambda a, b, c: (a * np.e, b, c - 1)),
        ("a*ln(b*x) + c", ("b", "c"), lambda a, b, c: (a, b * np.e, c - a)),
        ("exp(a + x) + b*exp(x)", ("a", "b"), lambda a, b: (a + 1, b - np.exp(a) * (np.e - 1))),
        ("w*max(0, a*x + b)", ("w", "a", "b"), lambda w, a, b: (w / 2, a * 2, b * 2)),
        ("sin(a)^2 + cos(a)^2 + b*x", ("a",), lambda a, b: (a + 1, b)),
        ("(a*x + b)/(c*x + d)", ("a", "b", "c", "d"), lambda *each: [2 * one for one in each]),
    ],
)
def test_what_no_data_can_determine_does_not_change_the_prediction(
    formula: str, names: tuple[str, ...], moved: Callable[..., Sequence[float]]
) -> None:
    model = model_of(formula)
    assert undetermined(model) == (names,)
    start = [0.7 + 0.2 * place for place, _ in enumerate(model.parameters)]
    changed = moved(*start)
    assert {
        name
        for name, one, other in zip(model.parameters, start, changed, strict=True)
        if one != other
    } == set(names)
    for x in (0.5, 1.25, 4.0):
        assert model.predict([x], changed) == pytest.approx(model.predict([x], start), rel=1e-12)


@pytest.mark.parametrize(
    "formula",
    ["a*exp(b*x) + c*exp(d*x)", "a*sin(b*x + c) + d", "a*(x - b)^2 + c", "a^x*b", "abs(a*x + b)"],
)
def test_what_data_can_determine_is_so_by_other_arithmetic(formula: str) -> None:
    model = model_of(formula)
    start = np.array([0.7 + 0.3 * place for place, _ in enumerate(model.parameters)])
    x = np.linspace(0.2, 3, 40)
    step = 1e-6
    columns = [
        (
            model.predict([x], list(start + step * unit))
            - model.predict([x], list(start - step * unit))
        )
        / (2 * step)
        for unit in np.eye(len(start))
    ]
    assert np.linalg.matrix_rank(np.array(columns), tol=1e-5) == len(start)
    assert undetermined(model) == ()
