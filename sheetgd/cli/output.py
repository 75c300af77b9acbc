"""What several commands print: lines, warnings, and facts as JSON."""

import json
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import fields
from textwrap import wrap
from typing import Any, TextIO

from sheetgd.cli.terminal import Ink, Terminal
from sheetgd.engine.automatic import chosen_words, nudge_advice, unit_advice
from sheetgd.engine.error_surface import best_fit
from sheetgd.engine.sweep import advice
from sheetgd.errors import printable
from sheetgd.lesson.lesson import Lesson
from sheetgd.sheets.book import slowness

Columns = Mapping[str, Sequence[Any]]
"""A table by its headers."""


def json_text(facts: Mapping[str, Any], tables: Mapping[str, Columns]) -> str:
    """A JSON document of facts and then tables, each a list with a record a line.

    JSON has no infinity and no NaN: both are written as null.

    >>> print(json_text({"rate": math.inf}, {"log": {"epoch": [0, 1], "rmse": [0.1, 2.5]}}))
    {
      "rate": null,
      "log": [
        {"epoch": 0, "rmse": 0.1},
        {"epoch": 1, "rmse": 2.5}
      ]
    }
    """
    text = json.dumps(_finite(facts), indent=2, allow_nan=False).removesuffix("\n}")
    for name, columns in tables.items():
        records = (
            json.dumps(_finite(dict(zip(columns, row, strict=True))), allow_nan=False)
            for row in zip(*columns.values(), strict=True)
        )
        lines = ",\n    ".join(records)
        text += f",\n  {json.dumps(name)}: " + (f"[\n    {lines}\n  ]" if lines else "[]")
    return text + "\n}"


def _finite(value: Any) -> Any:  # noqa: ANN401  whatever JSON can hold
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(each) for each in value]
    return value


def say(*lines: str, to: TextIO | None = None) -> None:
    """Print lines with nothing in them that a terminal would obey."""
    print("\n".join(map(printable, lines)), file=to)


def warn_of_lesson(lesson: Lesson) -> None:
    """Say on the error output when the learning rate, or the data's unit, cannot go well."""
    warn_of_data(lesson)
    _say_warning(advice(lesson))


def warn_of_data(lesson: Lesson) -> None:
    """Say on the error output when the data's unit, or the nudge, cannot go well with them."""
    _say_warning(unit_advice(lesson))
    _say_warning(nudge_advice(lesson))


def _say_warning(warning: str | None) -> None:
    if warning is not None:
        say(f"sheetgd: warning: {' '.join(warning.split())}", to=sys.stderr)


def say_chosen(lesson: Lesson, *, quiet: bool) -> None:
    """Say on the error output what was chosen for the data."""
    words = None if quiet else chosen_words(lesson)
    if words is not None:
        say(f"sheetgd: {words}", to=sys.stderr)


def say_slow(lesson: Lesson, smaller: str, *, quiet: bool) -> None:
    """Say on the error output, before the work begins, when a workbook will be slow to open."""
    word = None if quiet else slowness(lesson, smaller)
    if word is not None:
        say(f"sheetgd: {word}", to=sys.stderr)


def inked_lines(text: str, terminal: Terminal, ink: Ink) -> list[str]:
    """A text in that ink, broken between words where a terminal is too narrow for it."""
    broken = wrap(text, terminal.width, subsequent_indent="  ") if terminal.interactive else [text]
    return [terminal.inked(line, ink) for line in broken]


def lesson_facts(lesson: Lesson) -> dict[str, Any]:
    """Return a lesson's choices and settings by their names."""
    training = lesson.training
    facts: dict[str, Any] = {"title": lesson.display.title, "n_rows": lesson.n_rows}
    facts |= {each.name: getattr(lesson.method, each.name) for each in fields(lesson.method)}
    facts |= {each.name: getattr(training, each.name) for each in fields(training)}
    return {
        **facts,
        "formula": lesson.model.text,
        "hyperparameters": dict(lesson.method.hyperparameters),
        "start": dict(zip(lesson.model.parameters, training.start, strict=True)),
        "chosen": {name: str(how) for name, how in training.chosen.items()},
    }


def best_fit_facts(lesson: Lesson) -> dict[str, Any] | None:
    """The best fit's parameters by name, and its metric; None where there is none."""
    best = best_fit(lesson)
    if best is None:
        return None
    parameters = dict(zip(best.names, best.parameters, strict=True))
    return {"parameters": parameters, "metric": best.metric}
