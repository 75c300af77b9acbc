"""Records that a lesson is made of."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

AUTO: Final = "auto"
"""What is given in place of a learning rate or a nudge that is to be chosen."""

CHOOSABLE: Final = ("learn", "nudge")


class Auto(StrEnum):
    """How a setting that follows from the data was found."""

    PENDING = "to be chosen"
    CHOSEN = "chosen"
    SMALLEST = "the smallest tried"


def with_pending(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of a lesson with what is ``auto`` noted as still to be chosen.

    >>> with_pending({"learn": "auto", "epochs": 3})
    {'epochs': 3, 'auto': {'learn': <Auto.PENDING: 'to be chosen'>}}
    """
    asked = [name for name in CHOOSABLE if settings.get(name) == AUTO]
    rest = {name: value for name, value in settings.items() if name not in asked}
    if asked:
        rest["auto"] = {**settings.get("auto", {}), **dict.fromkeys(asked, Auto.PENDING)}
    return rest


@dataclass(frozen=True, kw_only=True)
class Variant:
    """A lesson once more with some choices changed, to be seen beside the first.

    Attributes:
        title: what tells it from the others, in a word or two.
        changes: the lesson's attributes that differ.
    """

    title: str
    changes: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Expected:
    """A figure that the lesson is known to give, for the page Check.

    Attributes:
        what: what it is, in words.
        column: a column of the log, or of the steps where `row` names one.
        epoch: how many epochs have been run; of the steps, those of the pass after it.
        row: the row of that pass, counted from 1; 0 is the log's line.
        value: the figure.
        tolerance: how far off it may be.
    """

    what: str
    column: str
    epoch: int
    value: float
    tolerance: float
    row: int = 0
