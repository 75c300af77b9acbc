"""What a template may hold: its keys, and what is accepted under each."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sheetgd.checks import as_float
from sheetgd.choosable import AUTO
from sheetgd.errors import LessonError
from sheetgd.nearest import did_you_mean


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_list_of(holds: Callable[[object], bool]) -> Callable[[object], bool]:
    return lambda value: isinstance(value, list) and all(map(holds, value))


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of value: how a message calls it, and whether a value is of it."""

    name: str
    holds: Callable[[object], bool]


TEXT = Kind("a text", lambda value: isinstance(value, str))
NUMBER = Kind("a number", _is_number)
NUMBER_OR_AUTO = Kind(f'a number or "{AUTO}"', lambda value: _is_number(value) or value == AUTO)
WHOLE = Kind("a whole number", _is_whole)
YES_OR_NO = Kind("true or false", lambda value: isinstance(value, bool))
TABLE = Kind("a table", lambda value: isinstance(value, dict))
NUMBERS = Kind("a list of numbers", _is_list_of(_is_number))
WHOLES = Kind("a list of whole numbers", _is_list_of(_is_whole))
TEXTS = Kind("a list of texts", _is_list_of(TEXT.holds))
TABLES = Kind("a list of tables", _is_list_of(TABLE.holds))
BATCH = Kind('a whole number or "all"', lambda value: _is_whole(value) or isinstance(value, str))
ROWS = Kind(
    "true or a list of row numbers",
    lambda value: isinstance(value, bool) or WHOLES.holds(value),
)

CHOICES: Mapping[str, Kind] = {
    "model": TEXT,
    "loss": TEXT,
    "metric": TEXT,
    "metric_label": TEXT,
    "gradient": TEXT,
    "batch": BATCH,
    "shuffle": WHOLE,
    "optimizer": TEXT,
    "hyper": TABLE,
    "start": TABLE,
    "seed": WHOLE,
    "guess": TABLE,
    "learn": NUMBER_OR_AUTO,
    "nudge": NUMBER_OR_AUTO,
    "epochs": WHOLE,
    "clicks": WHOLE,
    "capacity": WHOLE,
    "tolerance": NUMBER,
    "patience": WHOLE,
    "stop_diverging": YES_OR_NO,
}
"""The choices and settings of a lesson, and of a variant of it."""

LESSON: Mapping[str, Kind] = {
    "title": TEXT,
    "summary": TEXT,
    "label": TEXT,
    **CHOICES,
    "sample": WHOLE,
    "panels": WHOLES,
    "rates": NUMBERS,
    "rate_epochs": WHOLE,
    "controls": YES_OR_NO,
    "compared": TEXTS,
    "two_descents": YES_OR_NO,
    "data": TABLE,
    "grid": TABLE,
    "surface": TABLE,
    "texts": TABLE,
    "published": TABLE,
    "variants": TABLES,
    "expected": TABLES,
}
DATA: Mapping[str, Kind] = {
    "x": NUMBERS,
    "y": NUMBERS,
    "x_name": TEXT,
    "y_name": TEXT,
    "reconstructed": ROWS,
}
DATA_FILE: Mapping[str, Kind] = {
    "csv": TEXT,
    "x": TEXT,
    "y": TEXT,
    "delimiter": TEXT,
    "decimal": TEXT,
    "header": YES_OR_NO,
    "reconstructed": ROWS,
}
PUBLISHED: Mapping[str, Kind] = {
    "title": TEXT,
    **{key: CHOICES[key] for key in ("gradient", "start", "epochs", "clicks")},
    **dict.fromkeys(("learn", "nudge"), NUMBER),
    "texts": TABLE,
    "findings": TEXTS,
}
VARIANT: Mapping[str, Kind] = {"title": TEXT, **CHOICES}
EXPECTED: Mapping[str, Kind] = {
    "what": TEXT,
    "column": TEXT,
    "epoch": WHOLE,
    "row": WHOLE,
    "value": NUMBER,
    "values": NUMBERS,
    "decimals": WHOLE,
    "tolerance": NUMBER,
}


def check_part(part: str, content: Mapping[str, Any], accepted: Mapping[str, Kind]) -> None:
    """Raise LessonError for a key that is not known, or a value that is not of its kind.

    Args:
        part: the part of the template, such as ``data``; empty for the top.
        content: what it holds.
        accepted: the keys it may hold and their kinds.

    >>> check_part("", {"learn": 0.1}, LESSON)
    """
    check_keys(part, content, accepted)
    for key, value in content.items():
        if not accepted[key].holds(value):
            place = f"{part}.{key}" if part else key
            raise LessonError(f"{place} is {_shown(value)}: it must be {accepted[key].name}")


def check_keys(part: str, content: Mapping[str, Any], accepted: Iterable[str]) -> None:
    """Raise LessonError for a key that is not known; name those that are."""
    names = list(accepted)
    for key in content:
        if key not in names:
            place = f"[{part}] has" if part else "there is"
            raise LessonError(
                f"{place} a key {key!r} that is not known: accepted are {', '.join(names)}"
                f"{did_you_mean(key, names)}"
            )


def check_there(part: str, content: Mapping[str, Any], needed: Iterable[str]) -> None:
    """Raise LessonError for a key that is missing."""
    for key in needed:
        if key not in content:
            raise LessonError(f"[{part}] has no {key}: it needs {', '.join(needed)}")


def check_numbers_by_name(
    part: str, content: Mapping[str, Any], names: Iterable[str]
) -> list[float]:
    """One number for each of the names, in their order."""
    wanted = list(names)
    check_part(part, content, dict.fromkeys(wanted, NUMBER))
    check_there(part, content, wanted)
    return [as_float(content[name]) for name in wanted]


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."  # noqa: PLR2004  a line has an end
