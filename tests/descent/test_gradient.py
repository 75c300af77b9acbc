"""Gradient rules: which derivative each parameter is given."""

from sheetgd.descent.gradient import GRADIENT_RULES
from sheetgd.descent.loss import LOSSES
from sheetgd.descent.model import model_of


def test_swapped_derivatives_of_three_parameters_stand_in_reverse() -> None:
    cells = {"x": 2.0, "y": 1.0, "a": 1.0, "b": 1.0, "c": 1.0}  # y_pred is 7, the miss 6
    derivative, model = GRADIENT_RULES["swapped"].derivative, model_of("quadratic")
    found = [derivative(model, LOSSES["mse"], cells, which) for which in range(3)]
    assert found == [12, 24, 48]
