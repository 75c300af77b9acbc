"""Elementary functions where numbers end: nothing to add, a division by 0, no number at all."""

import math

import numpy as np
import pytest

from sheetgd.expression.excel import Address, Formula
from sheetgd.expression.functions import divided, floored, larger, root, rounded, smaller, total
from sheetgd.expression.sheet_cells import cells, formula_of
from sheetgd.expression.tree import Number, Symbol


def test_the_sum_of_no_rows_is_0_in_every_column() -> None:
    assert total(np.zeros((0, 3))).tolist() == [0, 0, 0]
    assert total(np.zeros(0)).tolist() == 0
    assert total([]) == 0


def test_what_is_divided_by_0_is_no_number() -> None:
    assert math.isnan(divided(1.0, 0.0))
    assert str(formula_of(divided(Symbol("a"), Number(0.0)))) == "a/0"
    with np.errstate(all="ignore"):
        found = divided(np.array([1.0, -1.0, 0.0]), 0.0)  # type: ignore[type-var]  # one for all rows
    np.testing.assert_array_equal(found, [math.nan] * 3)


@pytest.mark.parametrize("value", [math.inf, -math.inf, 2.0**53, 1e16, 1e20, 1e30, -1e300])
@pytest.mark.parametrize("decimals", [0, 3, 12])
def test_what_has_no_decimals_is_rounded_to_itself(value: float, decimals: int) -> None:
    assert rounded(value, decimals) == value
    assert rounded(np.array([value]), decimals).tolist() == [value]


def test_large_numbers_are_rounded_at_their_decimals() -> None:
    assert rounded(123456.7895, 3) == 123456.79
    assert rounded(2.0**53 - 0.5, 0) == 2.0**53


def test_what_is_no_number_stays_none() -> None:
    assert math.isnan(rounded(math.nan, 3))


def test_an_expression_is_not_rounded() -> None:
    with pytest.raises(TypeError, match="cannot be rounded"):
        rounded(Symbol("x"), 3)


def test_the_larger_of_a_range_and_a_cell_is_one_for_each_row() -> None:
    x, b = cells(Formula.range(Address(2, 1), Address(9, 1), fixed=False)), Symbol("b")
    assert str(formula_of(larger(x, b))) == "(A2:A9>=b)*A2:A9+(A2:A9<b)*b"
    assert str(formula_of(root(x))) == "SQRT(A2:A9)"
    assert str(formula_of(smaller(b, x))) == "(b<=A2:A9)*b+(b>A2:A9)*A2:A9"
    assert str(formula_of(larger(b, b))) == "MAX(b,b)"


def test_a_number_over_an_expression_and_the_sum_of_one_number() -> None:
    assert str(formula_of(divided(Number(1.0), Symbol("b")))) == "1/b"
    assert total(5.0) == 5.0


def test_arrays_are_floored() -> None:
    assert floored(np.array([2.7, -0.5, 3.0])).tolist() == [2, -1, 3]
