"""Columns of numbers out of tables and frames: which ones, and what is no number."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sheetgd.errors import did_you_mean
from sheetgd.reading.columns import Data, Table, Unusable, column_names, data_of, from_frame
from tests.support.data_files import TWO_ROWS, columns, names, refusal


def test_a_frame() -> None:
    frame = pd.DataFrame({"month": [1, 2], "revenue": [10.0, 20.0], "note": ["a", None]})
    assert from_frame(frame, "month", "revenue") == Data(*TWO_ROWS, "month", "revenue")
    assert from_frame(frame, "2", "1") == Data((10, 20), (1, 2), "revenue", "month")
    assert all(type(number) is float for number in from_frame(frame, "month", "revenue").x)


def test_a_frame_whose_names_are_no_texts() -> None:
    frame = pd.DataFrame([[7, 1, 10], [8, 2, 20]])
    assert from_frame(frame, 1, 2) == Data(*TWO_ROWS, "1", "2")
    assert from_frame(frame, "1", "2") == Data(*TWO_ROWS, "1", "2")
    levels = pd.DataFrame({("a", 1): [1, 2], ("a", 2): [10, 20]})
    assert names(from_frame(levels, ("a", 1))) == ("('a', 1)", "('a', 2)")


@pytest.mark.parametrize(
    "values",
    [
        [1, 2],
        (1.0, 2.0),
        range(1, 3),
        np.array([1, 2], dtype=np.int8),
        np.array([1, 2], dtype=np.float32),
        [Decimal(1), Decimal("2.0")],
        pd.Series([1, 2], dtype="Int64"),
        iter([1, 2]),
    ],
)
def test_numbers_of_any_type(values: Iterable[object]) -> None:
    assert from_frame({"x": values, "y": [10, 20]}) == Data(*TWO_ROWS, "x", "y")


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (None, "nothing"),
        (float("nan"), "nothing"),
        (np.float32("nan"), "nothing"),
        (Decimal("NaN"), "nothing"),
        (pd.NA, "nothing"),
        (pd.NaT, "nothing"),
        (float("inf"), "inf"),
        (10**400, "a number that cannot be computed with"),
        (Decimal("sNaN"), "a number that cannot be computed with"),
        ("n/a", "'n/a'"),
        ("", "''"),
        ("12", "the text '12'"),
        (True, "True"),
        (np.True_, "True"),
        (pd.Timestamp("2024-05-06"), "2024-05-06 00:00:00"),
        (1 + 2j, "(1+2j)"),
        ([1, 2], "[1, 2]"),
    ],
)
def test_values_of_a_frame_that_are_no_numbers(value: object, says: str) -> None:
    frame: dict[str, list[object]] = {"x": [1, 2, 3], "y": [1, value, 3]}
    expected = f": row 2, column 'y': {says} where a number should be"
    assert refusal(lambda: from_frame(frame)) == f"the DataFrame{expected}"
    table = pd.DataFrame({"x": [1, 2, 3], "y": pd.Series([1, value, 3], dtype=object)})
    assert refusal(lambda: from_frame(table, name="sales")) == f"sales{expected}"


@pytest.mark.parametrize(
    "values",
    [
        pd.Series([1, None], dtype="float64"),
        pd.Series([1, None], dtype="Int64"),
        pd.Series(["1", None], dtype="string"),
        pd.Series(["2024-05-06", None], dtype="datetime64[ns]"),
    ],
)
def test_missing_values_of_typed_columns(values: Iterable[object]) -> None:
    frame = pd.DataFrame({"x": [1, 2], "y": values}).tail(1)
    assert "row 1, column 'y': nothing where" in refusal(lambda: from_frame(frame))


@pytest.mark.parametrize(
    ("frame", "arguments", "says"),
    [
        ({}, (), "two columns are needed, x and y, and it has none: choose with x=... and y=..."),
        ({"a": [1]}, (), "and it has 'a': choose with x=... and y=..."),
        ({"a": [1], "b": [2], "c": [3]}, ("d",), "no column is named 'd'; it has 'a', 'b', 'c'"),
        ({"x": [], "y": []}, (), "there are no rows under the header 'x', 'y'"),
        ({"x": [1, 2], "y": [1]}, (), "column 'x' has 2 rows and 'y' has 1; each row needs both"),
        ({1: [1], "1": [2], "y": [3]}, ("1",), "2 columns are named '1'; rename one"),
        (
            {"x": 1, "y": 2},
            (),
            "a DataFrame is accepted, or a mapping from column names to lists of numbers",
        ),
        ([1, 2], (), "this is no table"),
        (pd.Series([1, 2]), (), "this is no table"),
        (np.array([[1, 2]]), (), "this is no table"),
    ],
)
def test_frames_that_are_no_data(
    frame: Any,  # noqa: ANN401  some are no frames at all
    arguments: tuple[str, ...],
    says: str,
) -> None:
    assert says in refusal(lambda: from_frame(frame, *arguments))


def test_duplicated_columns_of_a_frame() -> None:
    frame = pd.DataFrame([[1, 2, 10], [2, 3, 20]], columns=["a", "a", "b"])
    assert "2 columns are named 'a'" in refusal(lambda: from_frame(frame, "a", "b"))
    assert columns(from_frame(frame, "1", "b")) == TWO_ROWS


def test_a_table_of_one_s_own() -> None:
    cells: list[list[object]] = [[1, 2], [3.5, Unusable("a blot", "wipe it off")]]
    table = Table("the wall", ("x", "y"), cells.__getitem__, lambda row, place: f"{row}/{place}:")
    assert refusal(lambda: data_of(table, None, None)) == (
        "the wall: 1/1: a blot where a number should be; wipe it off"
    )
    cells[1][1] = 4
    assert data_of(table, None, None) == Data((1, 2), (3.5, 4), "x", "y")


def test_column_names() -> None:
    assert column_names(["a", "7", ""], "line 1", header=True) == ("a", "7", "3")
    assert column_names(["a", "7", ""], "line 1", header=False) == ("1", "2", "3")
    assert did_you_mean("reveneu", ["month", "revenue"]) == "; did you mean revenue?"
