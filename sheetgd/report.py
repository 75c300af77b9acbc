"""A run as the command line tells it: in lines for a reader, or as JSON for a program."""

from collections.abc import Mapping
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from sheetgd.bestfit import best_fit
from sheetgd.checks import counted
from sheetgd.descent import Descent
from sheetgd.divergence import Divergence, Standstill
from sheetgd.jsontext import Columns, json_text
from sheetgd.lesson import Lesson
from sheetgd.terminal import Ink, Terminal
from sheetgd.textchart import chart_lines
from sheetgd.texttable import table_lines

if TYPE_CHECKING:
    from sheetgd.build import Built

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
    name = run.lesson.metric_name
    lines = []
    if columns is not None:
        lines += table_lines(columns, terminal)
    drawn = chart_lines(run.metric_values, terminal, title=name, last=run.epochs) if chart else []
    if lines and drawn:
        lines.append("")
    lines += drawn
    remarks = [(str(divergence), Ink.RED) for divergence in run.divergence]
    if run.standstill is not None:
        remarks.append((str(run.standstill), Ink.RED))
    if run.stop is not None:
        remarks.append((str(run.stop), Ink.YELLOW))
    if columns is None or chart or terminal.interactive:
        remarks.append((closing_line(run), Ink.BOLD))
        best = best_fit(run.lesson)
        if best is not None:
            remarks.append((str(best), Ink.BOLD))
    return lines + [line for text, ink in remarks for line in inked_lines(text, terminal, ink)]


def inked_lines(text: str, terminal: Terminal, ink: Ink) -> list[str]:
    """A text in that ink, broken between words where a terminal is too narrow for it."""
    broken = wrap(text, terminal.width, subsequent_indent="  ") if terminal.interactive else [text]
    return [terminal.inked(line, ink) for line in broken]


def closing_line(run: Descent) -> str:
    """Where a run ended, where its metric was lowest if that was before, and the verdict.

    >>> from sheetgd.descent import descend
    >>> lesson = Lesson(x=(1, 2, 3), y=(3, 5, 7), start=(0, 0), learn=0.05, gradient="exact")
    >>> closing_line(descend(lesson, 50))
    'after 50 epochs: m 1.99989, b 1.00033, rmse 0.000142351; levelled off'
    """
    name = run.lesson.metric_name
    values = dict(zip(run.lesson.form.parameters, run.states[-1], strict=True))
    values[name] = run.metric_values[-1]
    ended = ", ".join(f"{each} {value:.6g}" for each, value in values.items())
    line = f"after {counted(run.epochs, 'epoch')}: {ended}"
    best, lowest = run.lowest, run.lowest_metric
    if lowest is not None and f"{lowest:.6g}" != f"{values[name]:.6g}":
        when = f"after {counted(best, 'epoch')}" if best else "at the start"
        line += f"; lowest {when}: {lowest:.6g}"
    return line if run.verdict is None else f"{line}; {run.verdict}"


def run_json(run: Descent, tables: Mapping[str, Columns]) -> str:
    """A run as a JSON document, its numbers in full.

    It holds the lesson's choices and settings; the epochs that were run, the parameters and the
    metric after the last one (held, and of the pass that follows), its lowest, and the best
    fit's; the verdict, the ways in which the run diverges, where it stands still or stops; and the
    tables asked for.
    """
    facts = {
        "lesson": lesson_facts(run.lesson),
        "epochs": run.epochs,
        "parameters": dict(zip(run.lesson.form.parameters, run.states[-1], strict=True)),
        "metric": {
            "name": run.lesson.metric_name,
            "last": run.metric_values[-1],
            "last_pass": run.metric_values_pass[-1],
            "lowest": run.lowest_metric,
            "lowest_epoch": run.lowest,
        },
        "best_fit": best_fit_facts(run.lesson),
        "verdict": None if run.verdict is None else str(run.verdict),
        "divergence": [divergence_facts(each) for each in run.divergence],
        "standstill": None if run.standstill is None else standstill_facts(run.standstill),
        "stop": None if run.stop is None else {"epoch": run.stop.epoch, "reason": run.stop.reason},
    }
    return json_text(facts, tables)


def built_json(built: "Built", lesson: Lesson) -> str:
    """A workbook that was built, as a JSON document."""
    facts = {
        "path": str(built.path),
        "unchanged": built.unchanged,
        "pages": built.pages,
        "formulas": built.formulas,
        "capacity": lesson.room,
        "lesson": lesson_facts(lesson),
    }
    return json_text(facts, {})


def lesson_facts(lesson: Lesson) -> dict[str, Any]:
    """A lesson's choices and settings by their names."""
    facts = {name: getattr(lesson, name) for name in _CHOICES}
    start = dict(zip(lesson.form.parameters, lesson.start, strict=True))
    facts["auto"] = {name: str(how) for name, how in lesson.auto.items()}
    return {**facts, "formula": lesson.form.text, "hyper": dict(lesson.hyper), "start": start}


def best_fit_facts(lesson: Lesson) -> dict[str, Any] | None:
    """The best fit's parameters by name, and its metric; None where there is none."""
    best = best_fit(lesson)
    if best is None:
        return None
    parameters = dict(zip(best.names, best.parameters, strict=True))
    return {"parameters": parameters, "metric": best.metric}


def divergence_facts(divergence: Divergence) -> dict[str, Any]:
    """A way of diverging, by its parts and in words."""
    return {
        "ending": str(divergence.ending),
        "epoch": divergence.epoch,
        "text": str(divergence),
    }


def standstill_facts(standstill: Standstill) -> dict[str, Any]:
    """A standstill, by its parts and in words."""
    return {
        "epoch": standstill.epoch,
        "lost_nudges": list(standstill.lost),
        "text": str(standstill),
    }
