"""Cells into numbers: the way they are written, dates, classes, and what is said of the rest."""

import datetime as dt

import pandas as pd
import pytest

from sheetgd.errors import DataError
from sheetgd.reading.conversion import Reading, from_frame


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"decimal": "x"}, "decimal='x' is not known: '.' and ',' are accepted"),
        ({"thousands": "5"}, "thousands='5' is not known"),
        ({"missing": "keep"}, "missing='keep' is not known: 'drop' is accepted"),
        ({"decimal": ",", "thousands": ","}, "are one: choose two"),
    ],
)
def test_ways_of_reading_that_there_are_not(given: dict[str, str], told: str) -> None:
    with pytest.raises(DataError, match=told):
        Reading(**given)  # type: ignore[arg-type]  # categories are not among them


def test_dates_of_a_frame_count_days() -> None:
    days = pd.to_datetime(["2024-03-01 00:00", "2024-02-28 00:00", "2024-03-02 12:00"])
    data = from_frame({"day": days, "y": [1, 2, 3]})
    assert data.x == (2.0, 0.0, 3.5)
    assert data.notes == ("day counts days from 2024-02-28",)


def test_dates_and_numbers_do_not_mix() -> None:
    with pytest.raises(DataError, match="row 1, column 'x': the date or time 2024-03-01"):
        from_frame({"x": [dt.date(2024, 3, 1), 5], "y": [1, 2]})


def test_rows_with_missing_values_are_left_out_when_asked() -> None:
    frame = pd.DataFrame({"x": [1, None, 3, 4], "y": [1.0, 2, None, 4], "z": [None] * 4})
    data = from_frame(frame, "x", "y", missing="drop")
    assert (data.x, data.y) == ((1, 4), (1, 4))
    assert "left out: 2 rows with missing values" in data.read
    with pytest.raises(DataError, match="in each row a value is missing"):
        from_frame(frame, "x", "z", missing="drop")
    marked = pd.DataFrame({"x": [1, None, 3], "y": [1, 2, 3], "m": [0, 1, 1]})
    assert from_frame(marked, validation="m", missing="drop").marks == (False, True)


def test_the_first_five_bad_cells_are_named_and_counted() -> None:
    with pytest.raises(DataError, match=r"row 5, .*, and 2 more where a .* \(7 cells"):
        from_frame({"x": [*"abcdefg", 8], "y": range(8)})


def test_texts_that_are_numbers() -> None:
    data = from_frame({"x": ["1'000", "$2", "3%"], "y": ["1.5", "2,250.0", "-3"]})
    assert (data.x, data.y) == ((1000, 2, 0.03), (1.5, 2250, -3))
    assert "numbers have a decimal point; 1'000 is 1000, $2 is 2, 3% is 0.03" in data.read
    with pytest.raises(DataError, match=r"'1\.500' could be 1\.5 or 1500; say which with decimal="):
        from_frame({"x": ["1.500", "2"], "y": [1, 2]})
