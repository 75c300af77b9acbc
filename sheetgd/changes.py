"""What hangs on a lesson's values, and is let go when they change."""

from collections.abc import Mapping
from typing import Any

from sheetgd.checks import USUAL_PATIENCE, refuse_patience
from sheetgd.view import View

_HANGING: Mapping[str, Mapping[str, Any]] = {
    "model": {"start": (), "guess": (), "grid": (), "view": View(), "rates": ()},
    "loss": {"rates": ()},
    "batch": {"rates": ()},
    "optimizer": {"hyper": {}, "rates": ()},
    "metric": {"metric_label": None},
    "seed": {"start": ()},
    "start": {"seed": None},
    "epochs": {"clicks": 1},
}
"""For each value that may change, what others are without it."""

_SAID_ANEW = "epochs"
"""So many again, without clicks, are another number."""


def let_go(old: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The values that follow from changes without being among them.

    Args:
        old: all of a lesson's values by name.
        changes: those that are to change.

    Raises:
        LessonError: for patience without a tolerance.

    >>> known = {"guess": (1,), "start": (2,), "tolerance": None, "capacity": 50}
    >>> let_go(known | {"epochs": 5, "clicks": 7}, {"epochs": 60})
    {'clicks': 1, 'patience': 5, 'capacity': 60}
    """
    found: dict[str, Any] = {}
    for name, value in changes.items():
        if name in _HANGING and (name == _SAID_ANEW or value != old[name]):
            found |= _HANGING[name]
    if old["guess"] == old["start"]:
        found["guess"] = ()
    if changes.get("tolerance", old["tolerance"]) is None:
        if "patience" in changes:
            refuse_patience(changes["patience"])
        found["patience"] = USUAL_PATIENCE
    if old["capacity"] is not None and "capacity" not in changes:
        asked = {"epochs": old["epochs"], "clicks": old["clicks"], **found, **changes}
        found["capacity"] = max(old["capacity"], asked["epochs"] * asked["clicks"])
    return found
