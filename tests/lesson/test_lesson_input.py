"""What Python gives a lesson: starts by name, frames, and what was read from files."""

import copy
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sheetgd import Lesson, read_csv, read_data
from sheetgd.errors import LessonError

X, Y = (1.0, 2.0, 4.0), (3.0, 5.0, 9.0)
RATES: Any = {"lr": 0.01, "nudge": 0.01}


def test_a_change_by_two_names_is_refused_as_well() -> None:
    lesson = Lesson(x=X, y=Y, **RATES)
    for change in (lesson.changed, lesson.replaced):
        with pytest.raises(LessonError, match="another name of learning_rate"):
            change(lr=0.1, learn=0.2)


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
