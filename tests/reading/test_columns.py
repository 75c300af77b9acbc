"""Columns of numbers out of tables and frames: which ones, and what is no number."""

import math
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sheetgd.errors import DataError, did_you_mean
from sheetgd.reading.columns import Data, Table, Unusable, chosen_places, column_names
from sheetgd.reading.conversion import Reading, from_frame, numbers_of
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
        ("", "nothing"),
        (True, "True"),
        (np.True_, "True"),
        (pd.Timestamp("2024-05-06"), "the date or time 2024-05-06 00:00:00"),
        (1 + 2j, "(1+2j)"),
        ([1, 2], "[1, 2]"),
    ],
)
def test_values_of_a_frame_that_are_no_numbers(value: object, says: str) -> None:
    frame: dict[str, list[object]] = {"x": [1, 2, 3], "y": [1, value, 3]}
    expected = f": row 2, column 'y': {says} where a number should be"
    if says in {"nothing", "'n/a'"}:
        expected += "; leave out the rows in which values are missing with missing='drop'"
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
    assert refusal(lambda: numbers_of(table, ((0,), 1), Reading())) == (
        "the wall: 1/1: a blot where a number should be; wipe it off"
    )
    cells[1][1] = 4
    assert numbers_of(table, chosen_places(table, None, None), Reading()) == Data(
        (1, 2), (3.5, 4), "x", "y"
    )


def test_column_names() -> None:
    assert column_names(["a", "7", ""], "line 1", header=True) == ("a", "7", "3")
    assert column_names(["a", "7", ""], "line 1", header=False) == ("1", "2", "3")
    assert did_you_mean("reveneu", ["month", "revenue"]) == "; did you mean revenue?"


TOWNS: dict[str, list[object]] = {
    "town": ["Bern", "Basel", "Bern", "Chur", "Basel"],
    "sold": ["yes", "no", "yes", "no", "no"],
    "new": [True, False, False, True, True],
    "sex": ["male", "female", "female", "male", "male"],
    "rooms": [1, 2, 3, 4, 5],
}


def test_texts_of_two_values_become_0_and_1() -> None:
    data = from_frame(TOWNS, ["sex", "sold", "new"], "rooms")
    assert data.named == {
        "sex_male": (1, 0, 0, 1, 1),
        "sold": (1, 0, 1, 0, 0),
        "new": (1, 0, 0, 1, 1),
    }
    assert data.notes == (
        "sex_male is 1 where sex is male, else 0",
        "sold is 1 where it is yes, and 0 where it is no",
        "new is 1 where it is True, and 0 where it is False",
    )
    other = from_frame(TOWNS, ["sex", "rooms"], "sold", categories={"sex": ["male", "female"]})
    assert other.named["sex_female"] == (0, 1, 1, 0, 0)
    assert other.y == (1, 0, 1, 0, 0)
    assert (data.classes, other.classes) == ((), ("no", "yes"))


def test_texts_of_more_values_have_a_column_each_but_for_the_first() -> None:
    data = from_frame(TOWNS, ["town", "rooms"], "sold")
    assert data.named == {
        "town_Bern": (1, 0, 1, 0, 0),
        "town_Chur": (0, 0, 0, 1, 0),
        "rooms": (1, 2, 3, 4, 5),
    }
    assert data.notes[2] == "where town is Basel, all of these are 0"
    chosen = from_frame(
        TOWNS, ["town", "rooms"], "sold", categories={"town": ["Chur", "Bern", "Basel"]}
    )
    assert list(chosen.named) == ["town_Bern", "town_Basel", "rooms"]


@pytest.mark.parametrize(
    ("x", "y", "categories", "told"),
    [
        (["rooms"], "town", {}, "column 'town' has 3 different values .* keep the rows of two"),
        (["rooms", "rooms"], "sold", {}, "column 'rooms' is chosen twice"),
        (["rooms", "town"], "town", {}, "column 'town' is chosen twice"),
        (["rooms", "tow"], "sold", {}, "no column is named 'tow'.*did you mean town"),
        (["rooms", "sold"], None, {}, "it is not clear which column is y"),
        (["town", "rooms"], "sold", {"town": ["Bern", "Chur"]}, "row 2, .* 'Basel' where Bern"),
        (["rooms"], "sold", {"town": ["Bern", "Chur"]}, "categories names 'town', which is not"),
        (["name", "rooms"], "sold", {}, "row 1, .*: 'a', row 2, .* a number should be .5 cells"),
        (["part", "rooms"], "sold", {}, "row 1, .*: 'Bern', row 3, .* should be .3 cells"),
    ],
)  # fmt: skip
def test_columns_that_cannot_be_numbers(
    x: list[str], y: str | None, categories: dict[str, list[str]], told: str
) -> None:
    table: dict[str, list[object]] = {
        **TOWNS,
        "name": list("abcde"),
        "part": ["Bern", 2, "Bern", 3, "Chur"],
    }
    with pytest.raises(DataError, match=told):
        from_frame(table, x, y, categories=categories)


MARKED: dict[str, list[object]] = {"x": [1, 2, 3], "held": [0, 1, 0], "y": [2, 4, 7]}


@pytest.mark.parametrize(
    "marks",
    [[0, 1, 0], [False, True, False], ["no", "Yes", "NO"], ["FALSE", " true", "0"], [0.0, 1.0, 0]],
)
def test_a_column_marks_rows(marks: list[object]) -> None:
    """It is none of the inputs, however the others are chosen."""
    for frame in (MARKED | {"held": marks}, MARKED | {"held": np.array(marks)}):
        for chosen in ({}, {"x": "x"}, {"y": "y"}, {"x": ["x"]}):
            data = from_frame(frame, **chosen, validation="held")
            assert (data.marks, data.x, data.y) == ((False, True, False), (1, 2, 3), (2, 4, 7))
    assert from_frame(MARKED, "x", "y").marks == ()


@pytest.mark.parametrize(
    ("cell", "found"), [(2, "'2'"), ("train", "'train'"), (None, "nothing"), (math.nan, "nothing")]
)
def test_what_marks_no_row(cell: object, found: str) -> None:
    expected = (
        f"the DataFrame: row 2, column 'held': {found} marks no row: write 1, TRUE or yes where it "
        "is held back for validation, and 0, FALSE or no where it is not"
    )
    with pytest.raises(DataError, match=f"^{re.escape(expected)}$"):
        from_frame(MARKED | {"held": [0, cell, 1]}, validation="held")


def test_a_column_of_marks_that_is_not_there() -> None:
    expected = (
        "the DataFrame: no column is named 'hold'; it has 'x', 'held', 'y': choose with "
        'validation=..., which also takes a share, such as 0.25, or "every 4"; did you mean held?'
    )
    with pytest.raises(DataError, match=f"^{re.escape(expected)}"):
        from_frame(MARKED, validation="hold")
