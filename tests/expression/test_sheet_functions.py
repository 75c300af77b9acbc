"""Functions of spreadsheets: errors, and how a place among cells is printed."""

import math

import numpy as np

from sheetgd.expression.excel import Address, ErrorValue, Formula
from sheetgd.expression.functions import square, total
from sheetgd.expression.sheet_cells import cells, formula_of, index, maximum, value_of
from sheetgd.expression.sheet_functions import on_arrays_of_numbers


def test_a_place_in_a_row_is_its_column() -> None:
    row = cells(Formula.range(Address(1, 1), Address(1, 3)), (1.0, 2.0, 3.0))
    assert str(formula_of(index(row, 2))) == "INDEX($A$1:$C$1,1,2)"
    assert value_of(index(row, 4)) is ErrorValue.REFERENCE


def test_an_overflow_is_an_error_and_no_warning() -> None:
    large = cells(Formula.range(Address(1, 1), Address(2, 1)), np.array([1e308, 1e308]))
    assert value_of(total(large)) is ErrorValue.NUMBER
    assert value_of(total(square(large))) is ErrorValue.NUMBER
    assert value_of(maximum(large)) == 1e308


def test_an_index_of_a_row_names_the_column() -> None:
    row = cells(Formula.range(Address(5, 2), Address(5, 9)), tuple(map(float, range(8))))
    column = cells(Formula.range(Address(5, 2), Address(9, 2)), tuple(map(float, range(5))))
    assert str(formula_of(index(row, 3))) == "INDEX($B$5:$I$5,1,3)"
    assert str(formula_of(index(column, 3))) == "INDEX($B$5:$B$9,3)"
    assert value_of(index(row, 3)) == value_of(index(column, 3)) == 2.0


def test_arrays_are_computed_at_once_where_all_values_are_numbers() -> None:
    one, other = np.array([1.0, -2.0, 1e300]), np.array([4.0, 0.0, 1e300])
    assert on_arrays_of_numbers("*", [one, other]).tolist() == [4.0, -0.0, math.inf]
    assert on_arrays_of_numbers("/", [one, 2.0]).tolist() == [0.5, -1.0, 5e299]
    assert on_arrays_of_numbers("/", [2.0, other]) is None  # a division by 0 is an error by itself
    assert on_arrays_of_numbers("*", [1.0, 2.0]) is None
    for no_number in ((1.0, 2.0, 3.0), "text", None):
        assert on_arrays_of_numbers("*", [one, no_number]) is None


def test_a_minus_before_a_range_is_a_difference() -> None:
    # Some programs take a single cell of the range after a minus alone.
    column = cells(Formula.range(Address(5, 2), Address(6, 2)), (1.0, 2.0))
    assert str(formula_of(total(-column))) == "SUMPRODUCT((0-$B$5:$B$6))"
    assert value_of(total(-column)) == -3.0
