"""The settings that can be chosen for the data, and how they were found."""

from collections.abc import Mapping
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
