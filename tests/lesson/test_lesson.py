"""Lessons: what is accepted, and what is said of the rest."""

import math
from dataclasses import FrozenInstanceError
from typing import Any

import pytest

from sheetgd.errors import LessonError
from sheetgd.lesson.template import shipped_lesson

ORIGINAL = shipped_lesson("original")


def test_the_original_lesson() -> None:
    assert ORIGINAL.n_rows == 20
    assert ORIGINAL.data.reconstructed == frozenset(range(12, 21))
    assert all(y == 2 * x + 30 for x, y in zip(ORIGINAL.data.x, ORIGINAL.data.y, strict=True))
    assert ORIGINAL.data.x[:5] == (7, 9, 28, 30, 50)
    assert (
        ORIGINAL.training.epochs,
        ORIGINAL.training.clicks,
        ORIGINAL.training.learning_rate,
        ORIGINAL.training.difference_step,
    ) == (5, 1, 1e-4, 0.01)
    assert ORIGINAL.display.published is not None
    assert ORIGINAL.display.published.epochs_run == 15
    assert len(ORIGINAL.display.findings) == 6


def test_a_lesson_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        ORIGINAL.training.learning_rate = 1.0  # type: ignore[misc]  # that is the test


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"x": (1, 2, 3)}, "x has 3 values and y has 20"),
        ({"x": (), "y": ()}, "no rows: at least one is needed"),
        ({"y": (math.nan,) * 20}, "value 1 is nan"),
        ({"start": (1,)}, "start has 1 value: give one each for m, b"),
        ({"guess": (1, 2, 3)}, "guess has 3 values"),
        ({"learning_rate": math.inf}, "learning_rate is inf"),
        ({"difference_step": -1}, "difference_step is -1"),
        ({"difference_step": 10**400}, "difference_step is 1000"),
        ({"start": (1, -(10**400))}, "start: value 2 is -inf"),
        ({"epochs": 2.5}, "epochs is 2.5"),
        ({"clicks": True}, "clicks is True"),
        ({"sample": 0}, "sample is 0"),
        ({"gradient": "centrl"}, "did you mean central?"),
        ({"capacity": 4}, "make capacity at least 5"),
    ],
)
def test_what_is_wrong_is_said(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(LessonError, match=says):
        ORIGINAL.replaced(**changes)
