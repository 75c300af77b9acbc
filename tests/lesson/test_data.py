"""Input columns: where they come from, what formulas call them, and that they are computed with."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from sheetgd.descent.model import model_of
from sheetgd.engine.error_surface import best_parameters
from sheetgd.engine.run import descend
from sheetgd.engine.stability import epoch_factor, largest_stable_rate
from sheetgd.errors import LessonError
from sheetgd.lesson.data import input_columns, symbols_of
from sheetgd.lesson.lesson import Lesson
from tests.support.given import lesson_of

AREA = (7.0, 9.0, 12.0, 5.0, 6.4, 8.1)
ROOMS = (3.0, 4.0, 5.0, 2.0, 3.0, 1.0)
PRICE = (20.0, 25.0, 33.0, 15.0, 17.1, 19.0)
TABLE = {"area": AREA, "rooms": ROOMS, "price": PRICE}
HOUSES = lesson_of(x={"area": AREA, "rooms": ROOMS}, y=PRICE, learn=0.002)


@pytest.mark.parametrize(
    "given",
    [
        {"data": pd.DataFrame(TABLE), "x": ["area", "rooms"], "y": "price"},
        {"data": TABLE, "x": ("area", "rooms"), "y": "price"},
        {"data": TABLE, "x": "area, rooms", "y": "price"},
        {"x": {"area": AREA, "rooms": ROOMS}, "y": PRICE},
        {"x": pd.DataFrame({"area": AREA, "rooms": ROOMS}), "y": PRICE},
        {"x": np.array([AREA, ROOMS]).T, "x_name": ["area", "rooms"], "y": PRICE},
    ],
)
def test_columns_however_they_are_given(given: dict[str, Any]) -> None:
    lesson = Lesson(given.pop("data", None), **given, lr=0.002, difference_step=0.01)
    assert lesson.data.named == {"area": AREA, "rooms": ROOMS}
    assert lesson.model.inputs == ("area", "rooms")
    assert lesson.model.text == "w1*area+w2*rooms+b"
    assert lesson.of(lesson.by_name()) == lesson
    assert lesson.changed(epochs=9).data == lesson.data


def test_an_array_without_names_has_numbered_ones() -> None:
    columns = input_columns(np.array([AREA, ROOMS]).T)
    assert [each.name for each in columns] == ["x1", "x2"]


@pytest.mark.parametrize(
    ("x", "told"),
    [
        ({}, "x has no columns"),
        ({"area": [1, 2], "rooms": [1]}, "rooms has 1 values and y has 2: each row needs all"),
        ({"area": [1, 2], "rooms": [1, None]}, "rooms: value 2 is missing"),
        ({f"c{each}": [1, 2] for each in range(51)}, "x has 51 columns: at most 50 are accepted"),
        (pd.DataFrame([[1, 2], [3, 4]], columns=["a", "a"]), "two columns that are called 'a'"),
    ],
)
def test_columns_that_will_not_do(x: dict[str, list[float]], told: str) -> None:
    with pytest.raises(LessonError, match=told):
        Lesson(x=x, y=(1, 2), lr=0.1)


def test_names_for_an_array_are_as_many_as_its_columns() -> None:
    with pytest.raises(LessonError, match="x has 2 columns, and x_name 1 name: give one each"):
        Lesson(x=np.ones((2, 2)), x_name=["a"], y=(1, 2))


@pytest.mark.parametrize(
    ("names", "symbols"),
    [
        (["anything at all"], ("x",)),
        (["Wohnfl\u00e4che (m\u00b2)", "rooms"], ("Wohnflache_m2", "rooms")),
        (["2023", "2024"], ("x_2023", "x_2024")),
        (["y", "order", "exp", "learn", "t"], ("x_y", "x_order", "x_exp", "x_learn", "x_t")),
        (["a b", "a-b", "A_B"], ("a_b", "a_b_2", "A_B_3")),
        (["\u9762\u79ef", "lambda"], ("x1", "x_lambda")),
    ],
)
def test_names_that_formulas_can_hold(names: list[str], symbols: tuple[str, ...]) -> None:
    assert symbols_of(names) == symbols
    assert len({each.lower() for each in symbols}) == len(names)


def test_another_name_is_told_and_the_same_is_not() -> None:
    said = Lesson(x={"floor area": AREA, "rooms": ROOMS}, y=PRICE, lr=0.002).notes
    assert said == ("formulas call the column 'floor area' floor_area",)
    assert not HOUSES.notes


@pytest.mark.parametrize(
    ("model", "told"),
    [
        ("a*area + b", "does not use rooms: the input columns are area, rooms; use it, or leave"),
        ("quadratic", "is a model of one column, and there are 2: write linear, or a formula"),
        ("polynomial 3", "is a model of one column"),
        ("a*x + b", "does not use area"),
    ],
)
def test_a_model_that_does_not_go_with_the_columns(model: str, told: str) -> None:
    with pytest.raises(LessonError, match=told):
        HOUSES.changed(model=model)


def test_the_weights_of_columns_with_their_names_are_called_otherwise() -> None:
    assert model_of("linear", ("w1", "B")).parameters == ("weight1", "weight2", "bias")
    assert model_of("linear").name == "line"


def test_other_columns_let_go_of_what_was_about_the_old_ones() -> None:
    lesson = lesson_of(x=AREA, y=PRICE, start=(2, 3), learn=0.002).changed(
        x=HOUSES.data.named, y=PRICE
    )
    assert lesson.training.start == (1.0, 1.0, 1.0)
    assert lesson.changed(x=AREA, y=PRICE).training.start == (1.0, 1.0)
    kept = HOUSES.changed(start=(1, 2, 3)).changed(x={"area": ROOMS, "rooms": AREA})
    assert kept.training.start == (1, 2, 3)


def test_every_step_by_a_plain_loop() -> None:
    """Rows one by one, with floats and nothing of the package's own."""
    lesson = HOUSES.changed(gradient="forward", difference_step=0.01, start=(1, 0.5, 2))
    state, squares = [1.0, 0.5, 2.0], 0.0
    for _ in range(40):
        squares = 0.0
        for area, rooms, y in zip(AREA, ROOMS, PRICE, strict=True):
            at = [state[0] * area + state[1] * rooms + state[2] - y]
            for which in range(3):
                p = list(state)
                p[which] += 0.01
                at.append(p[0] * area + p[1] * rooms + p[2] - y)
            squares += at[0] * at[0]
            slopes = [(each * each - at[0] * at[0]) / 0.01 for each in at[1:]]
            state = [now - 0.002 * slope for now, slope in zip(state, slopes, strict=True)]
    run = descend(lesson, 40)
    assert list(run.states[-1]) == pytest.approx(state, rel=1e-12)
    assert run.metric_values_pass[39] == pytest.approx((squares / 6) ** 0.5, rel=1e-12)
    left = np.array([AREA, ROOMS, np.ones(6)]).T @ state
    assert run.predict({"rooms": ROOMS, "area": AREA}) == pytest.approx(left, rel=1e-12)
    with pytest.raises(LessonError, match="x has no column 'rooms': it needs area, rooms"):
        run.predict({"area": AREA})


def test_the_best_fit_and_what_is_stable_by_linear_algebra() -> None:
    matrix = np.array([AREA, ROOMS, np.ones(6)]).T
    best, *_ = np.linalg.lstsq(matrix, np.array(PRICE), rcond=None)
    assert best_parameters(HOUSES) == pytest.approx(best, rel=1e-9)
    whole = HOUSES.changed(batch_size="all", gradient="analytic")
    eigenvalues = np.linalg.eigvalsh(2 * matrix.T @ matrix / 6)
    assert largest_stable_rate(whole) == pytest.approx(2 / eigenvalues[-1], rel=1e-9)
    rate = whole.training.learning_rate
    assert epoch_factor(whole) == pytest.approx(abs(1 - rate * eigenvalues).max(), rel=1e-9)
    end = descend(whole.changed(learning_rate=0.9 * 2 / eigenvalues[-1]), 60_000, every=60_000)
    assert end.states[-1] == pytest.approx(best, rel=1e-6)


def test_a_column_that_is_called_like_a_schedules_is_called_otherwise_in_formulas() -> None:
    lesson = lesson_of(
        x={"rate": (1, 2, 3, 5), "waits": (2, 1, 4, 3)}, y=(3, 5, 8, 9), learn=0.01,
        schedule="ReduceLROnPlateau", l2=0.1,
    )  # fmt: skip
    assert lesson.model.inputs == ("x_rate", "x_waits")
    found = descend(lesson, 3).steps_table()
    assert found["x_rate"].tolist()[:4] == [1, 2, 3, 5]
    assert set(found["rate"]) <= {0.01, 0.005, 0.0025}
