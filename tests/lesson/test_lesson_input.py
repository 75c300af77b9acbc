"""What Python gives a lesson: numbers of any library, and what is no data at all."""

import copy
import datetime as dt
import pickle
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sheetgd import Lesson, read_csv, read_data
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
    "a mapping": ({"a": 1}, "x is a dict: give numbers"),
    "one number": (3, "x is 3: give numbers"),
    "nothing": (None, "x is None: give numbers"),
    "texts": (["1", "2", "4"], "x: value 1 is '1', and no number"),
    "a truth": ([1, True, 4], "x: value 2 is True, and no number"),
    "a hole": ([1, None, 4], "x: value 2 is missing, and no number"),
    "pandas' hole": (pd.Series([1, pd.NA, 4], dtype="Int64"), "x: value 2 is missing"),
    "no number": ([1, float("nan"), 4], "x: value 2 is nan; only finite numbers"),
    "two columns": (np.ones((3, 2)), r"x has the shape \(3, 2\): give one column"),
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


SETTINGS: dict[str, tuple[dict[str, Any], str]] = {
    "a truth for a seed": ({"shuffle": False}, "shuffle is False: it must be a whole number"),
    "half an epoch": ({"epochs": 2.5}, "epochs is 2.5: it must be a whole number, 0 or more"),
    "epochs as a text": ({"epochs": "5"}, "epochs is '5'"),
    "a row that is not there": ({"reconstructed": [1, 99]}, "names row 99: there are only 3 rows"),
    "a rate as a text": ({"learning_rate": "fast"}, "learning_rate is 'fast'"),
    "a rate of none": ({"learning_rate": None}, "learning_rate is None"),
    "a rate that is a truth": ({"learning_rate": True}, "learning_rate is True"),
    "a loss of no name": ({"loss": 3}, "loss 3 is not known: choose from mse, mae"),
    "a title of no text": ({"title": 5}, "title is 5: it must be a text"),
    "a flag of no truth": ({"stop_diverging": "yes"}, "stop_diverging is 'yes'"),
    "a start by a wrong name": ({"start": {"m": 1, "c": 2}}, "start names 'c'"),
    "a start that lacks one": ({"start": {"m": 1}}, "start has no b"),
    "a penalty for a loss": ({"loss": "l2"}, "did you mean the loss mse"),
    "momentum as a number": ({"momentum": 0.9}, 'write optimizer="momentum"'),
    "a former name": ({"tolerance": 0.1}, "write min_delta"),
    "a name twice": ({"lr": 0.1, "learn": 0.1}, "another name of learning_rate"),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_of_the_wrong_kind_is_named(name: str) -> None:
    given, says = SETTINGS[name]
    rates = {} if {"lr", "learning_rate"} & given.keys() else RATES
    with pytest.raises(LessonError, match=says):
        Lesson(x=X, y=Y, **rates, **given)


def test_a_change_by_two_names_is_refused_as_well() -> None:
    lesson = Lesson(x=X, y=Y, **RATES)
    for change in (lesson.changed, lesson.replaced):
        with pytest.raises(LessonError, match="another name of learning_rate"):
            change(lr=0.1, learn=0.2)


def test_numbers_of_numpy_are_settings() -> None:
    settings: Any = {
        "learning_rate": np.float32(0.5), "nudge": np.float64(0.01), "epochs": np.int64(3),
        "batch_size": np.int8(2), "start": np.array([1, 2]), "optimizer": "ADAM", "metric": "MSE",
        "stop_diverging": np.True_,
    }  # fmt: skip
    lesson = Lesson(x=X, y=Y, **settings)
    assert (lesson.training.learning_rate, lesson.training.epochs, lesson.batch_size) == (0.5, 3, 2)
    assert lesson.training.start == (1.0, 2.0)
    assert (lesson.method.optimizer, lesson.method.metric) == ("adam", "mse")
    assert lesson.training.stop_diverging is True


def test_a_start_by_names_by_place_or_of_one_parameter() -> None:
    assert Lesson(x=X, y=Y, start={"b": 2, "m": 1}, **RATES).training.start == (1.0, 2.0)
    assert Lesson(x=X, y=Y, model="w*x", start=5, **RATES).training.start == (5.0,)
    grid = {"b": [0, 1], "m": [1, 2]}
    assert Lesson(x=X, y=Y, grid=grid, **RATES).display.grid == ((1.0, 2.0), (0.0, 1.0))


def test_a_lesson_is_compared_hashed_copied_and_pickled() -> None:
    settings: Any = {"optimizer": "adam", "texts": {"intro": "Just so."}, **RATES}
    one, same = Lesson(x=X, y=Y, **settings), Lesson(x=list(X), y=np.array(Y), **settings)
    other = one.changed(epochs=7)
    assert one == same != other
    assert len({one, same, other}) == 2
    for copied in (copy.deepcopy(one), pickle.loads(pickle.dumps(one))):  # noqa: S301  our own
        assert copied == one
        assert copied.run().states == one.run().states
    assert repr(one) == (
        "Lesson('Gradient Descent', 3 rows, model='line', optimizer='adam', learning_rate=0.01, "
        "epochs=5)"
    )


def test_a_frame_makes_the_same_lesson_however_it_is_given() -> None:
    frame = pd.DataFrame({"month": X, "sales": Y})
    lesson = Lesson.from_frame(frame, "month", "sales", **RATES)
    assert lesson == Lesson(frame, x="month", y="sales", **RATES)
    assert (lesson.data.x_name, lesson.data.y_name) == ("month", "sales")


def test_a_run_tells_where_it_ended() -> None:
    run = Lesson(x=X, y=Y, lr=0.02, gradient="analytic").run(2000)
    assert run.parameters == pytest.approx({"m": 2.0, "b": 1.0}, abs=1e-6)
    assert run.metric_value == run.metric_values[-1]
    assert run.predict(pd.Series([0, 10])) == pytest.approx([1.0, 21.0], abs=1e-5)
    assert repr(run).startswith("Descent(Lesson('Gradient Descent', 3 rows")
    with pytest.raises(LessonError, match="value 1 is 'a'"):
        run.predict(["a"])  # type: ignore[list-item]  # so it says, too


def test_what_was_read_from_a_file_makes_a_lesson(tmp_path: Path) -> None:
    path = tmp_path / "sales.csv"
    path.write_text("month,sales\n1,3\n2,5\n4,9\n", encoding="utf-8")
    for data in (read_data(str(path)), read_csv(path)):
        lesson = Lesson(data, **RATES)
        assert (lesson.data.x, lesson.data.y, lesson.data.x_name) == (X, Y, "month")
    with pytest.raises(LessonError, match="have their columns already"):
        Lesson(data, x="month", **RATES)
