"""Numbers of any library as floats, and what is no data at all."""

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sheetgd import Lesson
from sheetgd.errors import LessonError

X, Y = (1.0, 2.0, 4.0), (3.0, 5.0, 9.0)
RATES: Any = {"lr": 0.01, "nudge": 0.01}

COLUMNS: dict[str, Any] = {
    "a list": [1, 2, 4],
    "a range": range(1, 4),
    "a generator": (each for each in (1, 2, 4)),
    "an array": np.array([1.0, 2.0, 4.0]),
    "a column": np.array([[1.0], [2.0], [4.0]]),
    "whole numbers": np.array([1, 2, 4], dtype=np.int8),
    "objects": np.array([1, Fraction(2), Decimal(4)], dtype=object),
    "a Series": pd.Series([1, 2, 4], index=[7, 8, 9]),
    "nullable numbers": pd.Series([1, 2, 4], dtype="Int64"),
    "an index": pd.Index([1, 2, 4]),
    "small floats": np.array([1, 2, 4], dtype=np.float32),
}


@pytest.mark.parametrize("name", COLUMNS)
def test_numbers_of_any_library_are_data(name: str) -> None:
    lesson = Lesson(x=COLUMNS[name], y=list(Y), **RATES)
    expected = (1.0, 2.0, 3.0) if name == "a range" else X
    assert lesson.data.x == expected
    assert {type(each) for each in lesson.data.x} == {float}


@pytest.mark.parametrize("library", ["polars", "pyarrow"])
def test_columns_of_other_libraries_are_data(library: str) -> None:
    module = pytest.importorskip(library)
    column = module.Series([1, 2, 4]) if library == "polars" else module.array([1, 2, 4])
    assert Lesson(x=column, y=column, **RATES).data.x == X


NO_DATA: dict[str, tuple[Any, str]] = {
    "a text": ("1,2,4", "give numbers, or a DataFrame"),
    "bytes": (b"124", "x is a bytes: give numbers in a list"),
    "a set": ({1, 2, 4}, "x is a set: give numbers"),
    "a mapping": ({"a": 1}, "a is 1: give numbers"),
    "one number": (3, "x is 3: give numbers"),
    "nothing": (None, "x is None: give numbers"),
    "texts": (["1", "2", "4"], "x: value 1 is '1', and no number"),
    "a truth": ([1, True, 4], "x: value 2 is True, and no number"),
    "a hole": ([1, None, 4], "x: value 2 is missing, and no number"),
    "pandas' hole": (pd.Series([1, pd.NA, 4], dtype="Int64"), "x: value 2 is missing"),
    "no number": ([1, float("nan"), 4], "x: value 2 is nan; only finite numbers"),
    "a cube": (np.ones((3, 2, 2)), r"x has the shape \(3, 2, 2\): give one column"),
    "lists": ([[1], [2], [4]], "x: value 1 is a list, and no number"),
    "dates": (pd.date_range("2026-01-01", periods=3), "x: value 1 is a Timestamp"),
    "days": (np.array(["2026-01-01"] * 3, dtype="datetime64[D]"), "x holds datetime64"),
    "a day": ([dt.date(2026, 1, 1)] * 3, "x: value 1 is a date, and no number"),
    "truths": (np.array([True, False, True]), "x holds bool: give numbers"),
    "complex numbers": ([1j, 2, 3], "x: value 1 is a complex, and no number"),
}


@pytest.mark.parametrize("name", NO_DATA)
def test_what_is_no_data_is_named(name: str) -> None:
    given, says = NO_DATA[name]
    with pytest.raises(LessonError, match=says):
        Lesson(x=given, y=list(Y), **RATES)
