"""Checks of single values: each raises LessonError with the fact and the fix."""

import math
from collections.abc import Iterable, Mapping, Sequence

from sheetgd.errors import LessonError
from sheetgd.nearest import did_you_mean


def check_choice(name: str, value: object, accepted: Iterable[str]) -> None:
    """Raise LessonError unless the value is one of the accepted names; suggest the nearest."""
    names = list(accepted)
    if value in names:
        return
    raise LessonError(
        f"{name} {value!r} is not known: choose from {', '.join(names)}"
        f"{did_you_mean(str(value), names)}"
    )


def check_whole(name: str, value: object, least: int) -> int:
    """The value, if it is a whole number that is large enough."""
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise LessonError(f"{name} is {value!r}: it must be a whole number, {least} or more")
    return value


def check_positive(name: str, meaning: str, value: float) -> float:
    """The value as a float, if it is above 0."""
    if not (math.isfinite(value) and value > 0):
        raise LessonError(f"{name} is {value}: {meaning} must be a number above 0")
    return float(value)


def check_numbers(name: str, values: Sequence[float]) -> tuple[float, ...]:
    """The values as floats, if all are finite."""
    numbers = tuple(float(value) for value in values)
    for position, number in enumerate(numbers, start=1):
        if not math.isfinite(number):
            raise LessonError(f"{name}: value {position} is {number}; only finite numbers will do")
    return numbers


def check_hyperparameters(
    optimizer: str, defaults: Mapping[str, float], given: Mapping[str, float]
) -> dict[str, float]:
    """An optimiser's hyperparameters: those given, and the usual values of the others."""
    for name, value in given.items():
        if name not in defaults:
            has = f"has only {', '.join(defaults)}" if defaults else "has none"
            raise LessonError(
                f"{name} is not a hyperparameter of the optimiser {optimizer}: it {has}"
            )
        most = math.inf if name == "eps" else 1.0
        if not 0 <= value < most:
            accepted = "0 or more" if name == "eps" else "from 0 to below 1"
            raise LessonError(f"{name} is {value}: it must be a number {accepted}")
    return {**defaults, **{name: float(value) for name, value in given.items()}}


def counted(count: int, noun: str) -> str:
    """A count with its noun.

    >>> counted(1, "row"), counted(2, "row")
    ('1 row', '2 rows')
    """
    return f"{count} {noun}" + ("" if count == 1 else "s")
