"""Kinds of settings, and chance."""

import math
import random
import statistics
from typing import Any

import numpy as np
import pytest

from sheetgd import Lesson
from sheetgd.errors import LessonError
from sheetgd.lesson.data import normal_numbers, orders
from sheetgd.lesson.values import View
from tests.support.given import lesson_of


def test_chance_is_the_same_for_the_same_seed_and_normal() -> None:
    drawn = normal_numbers(10_000, seed=4)
    assert drawn[:5] == normal_numbers(5, seed=4) != normal_numbers(5, seed=5)
    assert statistics.fmean(drawn) == pytest.approx(0, abs=0.04)
    assert statistics.stdev(drawn) == pytest.approx(1, abs=0.03)
    assert sum(abs(each) < 1 for each in drawn) == pytest.approx(6827, abs=200)


def test_the_smallest_number_drawn_is_still_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random.Random, "random", lambda _: 0.0)
    (drawn,) = normal_numbers(1, seed=1)
    assert math.erfc(-drawn / math.sqrt(2)) / 2 == pytest.approx(2**-53, rel=1e-9, abs=0)


def test_orders_are_permutations_that_do_not_depend_on_how_many_are_asked_for() -> None:
    one, other = orders(9, seed=2), orders(9, seed=2)
    first = [next(one) for _ in range(5)]
    assert first == [next(other) for _ in range(5)]
    assert all(sorted(each) == list(range(1, 10)) for each in first)
    assert len(set(first)) == 5


X, Y = (1.0, 2.0, 4.0), (3.0, 5.0, 9.0)
RATES: Any = {"lr": 0.01, "nudge": 0.01}


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


@pytest.mark.parametrize(
    ("view", "message"),
    [
        (View(over=("m", "q")), "surface 'q' is not known: choose from m, b"),
        (View(over=("m", "m")), "two different parameters"),
        (View(ranges={"m": (2, 1)}), "the lower one first"),
        (View(ranges={"m": (0, math.inf)}), "only finite numbers"),
        (View(steps=(0, 3)), "surface.steps is 0"),
        (View(steps=(3, 41)), "more than 40 do not fit"),
        (View(steps=(3,)), "give two"),
    ],
)
def test_refusals(view: View, message: str) -> None:
    with pytest.raises(LessonError, match=message):
        lesson_of(x=(1, 2), y=(3, 5), surface=view)
