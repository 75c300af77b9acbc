"""Lessons of just the settings that are given: nothing is chosen for their data."""

from collections.abc import Mapping
from typing import Unpack

from sheetgd.lesson.fields import Changes
from sheetgd.lesson.lesson import Lesson
from sheetgd.lesson.values import Auto


class _Given(Changes, total=False):
    chosen: Mapping[str, Auto]


def lesson_of(**settings: Unpack[_Given]) -> Lesson:
    """Return the lesson of these settings; others are the default, and not chosen for the data."""
    return Lesson.of(settings)
