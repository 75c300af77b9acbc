"""A run as the command line tells it: in lines for a reader, or as JSON for a program."""

from collections.abc import Mapping
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from sheetgd.checks import counted
from sheetgd.descent import Descent
from sheetgd.divergence import Divergence
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
    name = run.lesson.figure_name
    lines = []
    if columns is not None:
        shown = {header: values for header, values in columns.items() if header != f"{name}_held"}
        lines += table_lines(shown, terminal)
    drawn = chart_lines(run.figures, terminal, title=name, last=run.epochs) if chart else []
    if lines and drawn:
        lines.append("")
    lines += drawn
    remarks = [(str(divergence), Ink.RED) for divergence in run.divergence]
    if run.stop is not None:
        remarks.append((str(run.stop), Ink.YELLOW))
    if columns is None or chart or terminal.interactive:
        remarks.append((closing_line(run), Ink.BOLD))
    return lines + [line for text, ink in remarks for line in inked_lines(text, terminal, ink)]


def inked_lines(text: str, terminal: Terminal, ink: Ink) -> list[str]:
    """A text in that ink, broken between words where a terminal is too narrow for it."""
    broken = wrap(text, terminal.width, subsequent_indent="  ") if terminal.interactive else [text]
    return [terminal.inked(line, ink) for line in broken]


def closing_line(run: Descent) -> str:
    """Where a run ended, and where its figure was lowest if that was before.

    >>> from sheetgd.descent import descend
    >>> lesson = Lesson(x=(1, 2, 3), y=(3, 5, 7), start=(0, 0), learn=0.05)
    >>> closing_line(descend(lesson, 500))
    'after 500 epochs: m 1.98539, b 1.02984, rmse 0.0170813; lowest after 1 epoch: 0.010235'
    """
    name = run.lesson.figure_name
    values = dict(zip(run.lesson.form.parameters, run.states[-1], strict=True))
    values[name] = run.figures[-1]
    ended = ", ".join(f"{each} {value:.6g}" for each, value in values.items())
    line = f"after {counted(run.epochs, 'epoch')}: {ended}"
    best, figure = run.lowest, run.lowest_figure
    if figure is None or f"{figure:.6g}" == f"{values[name]:.6g}":
        return line
    when = f"after {counted(best, 'epoch')}" if best else "at the start"
    return f"{line}; lowest {when}: {figure:.6g}"


def run_json(run: Descent, tables: Mapping[str, Columns]) -> str:
    """A run as a JSON document, its numbers in full.

    It holds the lesson's choices and settings; the epochs that were run, the parameters
    and the figure after the last one, and its lowest; the ways in which the run diverges
    and where it stops; and the tables that are asked for.
    """
    facts = {
        "lesson": lesson_facts(run.lesson),
        "epochs": run.epochs,
        "parameters": dict(zip(run.lesson.form.parameters, run.states[-1], strict=True)),
        "figure": {
            "name": run.lesson.figure_name,
            "last": run.figures[-1],
            "lowest": run.lowest_figure,
            "lowest_epoch": run.lowest,
        },
        "divergence": [divergence_facts(each) for each in run.divergence],
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


def divergence_facts(divergence: Divergence) -> dict[str, Any]:
    """A way of diverging, by its parts and in words."""
    return {
        "ending": str(divergence.ending),
        "epoch": divergence.epoch,
        "text": str(divergence),
    }
