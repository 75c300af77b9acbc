"""A run as the command line tells it: in lines for a reader, or as JSON for a program."""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from sheetgd.checks import counted
from sheetgd.descent import Descent
from sheetgd.divergence import Divergence
from sheetgd.lesson import Lesson
from sheetgd.terminal import Ink, Terminal
from sheetgd.textchart import chart_lines
from sheetgd.texttable import table_lines

Columns = Mapping[str, Sequence[Any]]
"""A table by its headers."""

_CHOICES = (
    "title", "model", "loss", "metric", "gradient", "batch", "shuffle", "optimizer", "learn",
    "nudge", "seed", "epochs", "clicks", "tolerance", "patience", "stop_diverging", "rows",
)  # fmt: skip


def run_lines(
    run: Descent, columns: Columns | None, terminal: Terminal, *, chart: bool = False
) -> list[str]:
    """Tell of a run in lines.

    Args:
        run: the run.
        columns: the table to show, the log or the steps; None to keep to the result.
        terminal: where the lines are shown. A file or a pipe gets the table, and whether
            the run diverges or stops; a terminal the closing line as well.
        chart: draw the figure by epoch.
    """
    name = run.lesson.figure_name
    lines = []
    if columns is not None:
        shown = {header: values for header, values in columns.items() if header != f"{name}_held"}
        lines += table_lines(shown, terminal)
    if chart:
        lines += chart_lines(run.figures, terminal, title=name)
    lines += [terminal.inked(str(divergence), Ink.RED) for divergence in run.divergence]
    if run.stop is not None:
        lines.append(terminal.inked(str(run.stop), Ink.YELLOW))
    if columns is None or chart or terminal.interactive:
        lines.append(terminal.inked(closing_line(run), Ink.BOLD))
    return lines


def closing_line(run: Descent) -> str:
    """Where a run ended, and where its figure was lowest if that was before.

    >>> from sheetgd.descent import descend
    >>> lesson = Lesson(x=(1, 2, 3), y=(3, 5, 7), start=(0, 0), learn=0.05)
    >>> closing_line(descend(lesson, 500))
    'after 500 epochs: m 1.98539, b 1.02984, rmse 0.0170813; lowest rmse 0.010235 after 1 epoch'
    """
    name = run.lesson.figure_name
    values = dict(zip(run.lesson.form.parameters, run.states[-1], strict=True))
    values[name] = run.figures[-1]
    ended = ", ".join(f"{each} {value:.6g}" for each, value in values.items())
    line = f"after {counted(run.epochs, 'epoch')}: {ended}"
    best = run.lowest
    if best is None or f"{run.figures[best]:.6g}" == f"{values[name]:.6g}":
        return line
    return f"{line}; lowest {name} {run.figures[best]:.6g} after {counted(best, 'epoch')}"


def run_json(run: Descent, tables: Mapping[str, Columns]) -> str:
    """A run as a JSON document, its numbers in full.

    It holds the lesson's choices and settings; the epochs that were run, the parameters
    and the figure after the last one, and its lowest; the ways in which the run diverges
    and where it stops; and the tables that are asked for.
    """
    best = run.lowest
    facts = {
        "lesson": lesson_facts(run.lesson),
        "epochs": run.epochs,
        "parameters": dict(zip(run.lesson.form.parameters, run.states[-1], strict=True)),
        "figure": {
            "name": run.lesson.figure_name,
            "last": run.figures[-1],
            "lowest": None if best is None else run.figures[best],
            "lowest_epoch": best,
        },
        "divergence": [divergence_facts(each) for each in run.divergence],
        "stop": None if run.stop is None else {"epoch": run.stop.epoch, "reason": run.stop.reason},
    }
    return json_text(facts, tables)


def lesson_facts(lesson: Lesson) -> dict[str, Any]:
    """A lesson's choices and settings by their names."""
    facts = {name: getattr(lesson, name) for name in _CHOICES}
    start = dict(zip(lesson.form.parameters, lesson.start, strict=True))
    return {**facts, "formula": lesson.form.text, "hyper": dict(lesson.hyper), "start": start}


def divergence_facts(divergence: Divergence) -> dict[str, Any]:
    """A way of diverging, by its parts and in words."""
    return {
        "ending": str(divergence.ending),
        "epoch": divergence.epoch,
        "text": str(divergence),
    }


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
        text += f",\n  {json.dumps(name)}: [\n    " + ",\n    ".join(records) + "\n  ]"
    return text + "\n}"


def _finite(value: Any) -> Any:  # noqa: ANN401  whatever JSON can hold
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(each) for each in value]
    return value
