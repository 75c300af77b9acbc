"""A sweep as the command line tells it: in lines for a reader, or as JSON for a program."""

from collections.abc import Mapping
from typing import Any

from sheetgd.bestfit import best_fit
from sheetgd.jsontext import Columns, json_text
from sheetgd.maths.rate_verdict import BEST, Verdict
from sheetgd.numerals import in_digits
from sheetgd.report import best_fit_facts, inked_lines, lesson_facts
from sheetgd.sweeping import Sweep
from sheetgd.terminal import Ink, Terminal
from sheetgd.textchart import sparkline
from sheetgd.texttable import Entry, table_lines

_INKS: Mapping[Verdict, Ink] = {
    Verdict.DIVERGING: Ink.RED,
    Verdict.WORSE: Ink.RED,
    Verdict.RISING: Ink.YELLOW,
    Verdict.BOUNCING: Ink.YELLOW,
    Verdict.UNCHANGED: Ink.YELLOW,
    Verdict.STILL_FALLING: Ink.CYAN,
    Verdict.LEVELLED_OFF: Ink.GREEN,
}
_SPARKS = 16


def sweep_lines(found: Sweep, terminal: Terminal, *, table: bool = True) -> list[str]:
    """Tell of a sweep in lines.

    Args:
        found: the sweep.
        terminal: where the lines are shown; one that shows blocks gets a sparkline of the
            figure by epoch for each rate.
        table: show a line for each rate, not only what comes of them all.
    """
    lines = table_lines(_columns(found, terminal), terminal) if table else []
    lines += inked_lines(largest_line(found), terminal, Ink.BOLD)
    lines += inked_lines(found.advice, terminal, Ink.BOLD)
    best = best_fit(found.lesson)
    return lines if best is None else lines + inked_lines(str(best), terminal, Ink.BOLD)


def _columns(found: Sweep, terminal: Terminal) -> dict[str, list[Entry]]:
    name = found.lesson.metric_name
    lowest = [trial.lowest for trial in found.trials]
    columns: dict[str, list[Entry]] = {
        "learn": list(found.rates),
        "verdict": [
            None if verdict is None else terminal.inked(str(verdict), _INKS[verdict])
            for verdict in (trial.verdict for trial in found.trials)
        ],
        "best": list(found.marks),
        f"{name} after {found.epochs}": [trial.metric_values[-1] for trial in found.trials],
        f"lowest {name}": [
            None if low is None else trial.metric_values[low]
            for trial, low in zip(found.trials, lowest, strict=True)
        ],
        "at epoch": list(lowest),
    }
    if terminal.interactive and terminal.unicode:
        columns["by epoch"] = [sparkline(trial.metric_values, _SPARKS) for trial in found.trials]
    return columns


def largest_line(found: Sweep) -> str:
    """What is known of the largest stable rate.

    >>> from sheetgd.sweeping import sweep
    >>> from sheetgd.lesson import Lesson
    >>> lesson = Lesson(x=(1, 2), y=(2, 3), model="w*x", batch="all", gradient="exact")
    >>> largest_line(sweep(lesson, (0.1, 0.3), 10))
    'the largest stable learning rate: every rate below 0.4 is stable'
    """
    if found.largest is None:
        return "the largest stable learning rate: not known for these choices"
    largest = in_digits(found.largest, 5)
    return f"the largest stable learning rate: every rate below {largest:g} is stable"


def sweep_json(found: Sweep, *, workbook: str | None, tables: bool = True) -> str:
    """A sweep as a JSON document, its numbers in full.

    It holds the lesson's choices and settings, the epochs, the metric held at the start, the best
    fit, the best rate and the largest stable one, the advice, and the workbook's place; then a
    record for each rate and one for each epoch, with the metrics held of all rates in their order.
    """
    best = found.best
    facts: dict[str, Any] = {
        "lesson": lesson_facts(found.lesson),
        "epochs": found.epochs,
        "metric": {"name": found.lesson.metric_name, "start": found.start},
        "best_fit": best_fit_facts(found.lesson),
        "largest_stable_rate": found.largest,
        "best": None if best is None else {"learn": best.rate, "last": best.metric_values[-1]},
        "advice": found.advice,
        "workbook": workbook,
    }
    return json_text(facts, _tables(found) if tables else {})


def _tables(found: Sweep) -> dict[str, Columns]:
    trials = found.trials
    lowest = [trial.lowest for trial in trials]
    parameters = [
        dict(zip(found.lesson.form.parameters, trial.states[-1], strict=True)) for trial in trials
    ]
    return {
        "rates": {
            "learn": found.rates,
            "verdict": [None if trial.verdict is None else str(trial.verdict) for trial in trials],
            "best": [mark == BEST for mark in found.marks],
            "last": [trial.metric_values[-1] for trial in trials],
            "lowest": [
                None if low is None else trial.metric_values[low]
                for trial, low in zip(trials, lowest, strict=True)
            ],
            "lowest_epoch": lowest,
            "move_ratio": [trial.ratio for trial in trials],
            "parameters": parameters,
        },
        "log": {
            "epoch": list(range(found.epochs + 1)),
            "metric": list(zip(*(trial.metric_values for trial in trials), strict=True)),
        },
    }
