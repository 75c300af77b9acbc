"""Lessons of just the settings that are given: nothing is chosen for their data."""

from collections.abc import Mapping
from typing import Any, Unpack

import numpy as np

from sheetgd.lesson.changes import Changes
from sheetgd.lesson.lesson import Lesson
from sheetgd.lesson.values import Auto


class _Given(Changes, total=False):
    chosen: Mapping[str, Auto]


def lesson_of(**settings: Unpack[_Given]) -> Lesson:
    """Return the lesson of these settings; others are the default, and not chosen for the data."""
    return Lesson.of(settings)


def noisy(rows: int, seed: int = 1, **choices: Any) -> Lesson:  # noqa: ANN401  as Lesson takes them
    """A lesson of points around a line."""
    generator = np.random.default_rng(seed)
    x = generator.uniform(0.0, 5.0, rows)
    y = 3.0 * x + 5.0 + generator.normal(0.0, 1.0, rows)
    return lesson_of(x=x.tolist(), y=y.tolist(), **{"learn": 0.002, **choices})
