"""``sheetgd sweep``: compare learning rates, in a table and a workbook."""

import argparse
import sys
from collections.abc import Mapping
from typing import Any

from sheetgd.cli.arguments import (
    DEFAULT_FOLDER,
    DEFAULT_WORKBOOK,
    add_compress,
    add_csv,
    add_force,
    add_json,
    add_lesson_options,
    add_quiet,
    check_together,
    lesson_of,
    name_of,
    target_of,
)
from sheetgd.cli.output import (
    Columns,
    Entry,
    Terminal,
    best_fit_facts,
    json_text,
    lesson_facts,
    progress,
    say,
    say_chosen,
    say_slow,
    sparkline,
    styled_lines,
    table_lines,
    warn_of_data,
)
from sheetgd.descent.rate_verdict import BEST, Verdict
from sheetgd.engine.error_surface import NO_BEST_FIT, best_fit, falls_without_end
from sheetgd.engine.sweep import Sweep, in_digits, rates_for, sweep, sweep_epochs
from sheetgd.files import keep_text
from sheetgd.xlsx.write import build_sweep, check_sweep

_STYLES: Mapping[Verdict, str] = {
    Verdict.DIVERGING: "red",
    Verdict.WORSE: "red",
    Verdict.RISING: "yellow",
    Verdict.BOUNCING: "yellow",
    Verdict.UNCHANGED: "yellow",
    Verdict.STILL_FALLING: "cyan",
    Verdict.LEVELLED_OFF: "green",
}
_SPARKS = 16


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command accepts."""
    add_lesson_options(parser, rates=True)
    parser.add_argument(
        "-o", "--output", type=target_of, metavar="FILE",
        help="where to write the workbook (default: named after the lesson or the data, in "
        f"{DEFAULT_FOLDER})",
    )  # fmt: skip
    parser.add_argument("--no-workbook", action="store_true", help="write no workbook")
    add_compress(parser)
    add_csv(parser)
    add_quiet(parser, "print only what comes of it; with --json, leave the tables out")
    add_json(parser, "the sweep")
    add_force(parser)


def run(options: argparse.Namespace) -> int:
    """Run the lesson at each rate, tell what came of it, and write the workbook."""
    check_together(options)

    lesson = lesson_of(options)
    lesson = lesson.replaced(rates=rates_for(lesson))
    warn_of_data(lesson)
    where = options.output or DEFAULT_WORKBOOK.with_name(f"{name_of(options)}_sweep.xlsx")
    path = None if options.no_workbook else where
    if path is not None:
        check_sweep(lesson, path, compress=options.compress)
        asked = lesson.replaced(rate_epochs=sweep_epochs(lesson, len(lesson.display.rates)))
        less = "fewer rates or epochs make it smaller, and --no-workbook writes none"
        say_slow(asked, less, quiet=options.quiet)
    say_chosen(lesson, options, rate=False)
    if lesson.held_out is not None and not options.quiet:
        say(f"sheetgd: {_JUDGED}", to=sys.stderr)
    with progress(sys.stderr, quiet=options.quiet) as on_epoch:
        found = sweep(lesson, on_epoch=on_epoch)
    if path is not None:
        with progress(sys.stderr, unit="row", quiet=options.quiet) as on_row:
            build_sweep(found, path, force=options.force, compress=options.compress, on_row=on_row)
    if options.csv is not None:
        text = found.table().to_csv(index=False, lineterminator="\n")
        keep_text(text, options.csv, force=options.force)
    if options.json:
        workbook = None if path is None else str(path)
        print(sweep_json(found, workbook=workbook, tables=not options.quiet))
    else:
        terminal = Terminal.of(sys.stdout)
        print("\n".join(sweep_lines(found, terminal, table=not options.quiet)))
    if not options.quiet:
        for kept in (path, options.csv):
            if kept is not None:
                say(f"kept in {kept}", to=sys.stderr)
    return 0


_JUDGED = (
    "rates are judged by the rows that steps are made by; how the rows held back are predicted at "
    "a rate, run shows"
)


def sweep_lines(found: Sweep, terminal: Terminal, *, table: bool = True) -> list[str]:
    """Tell of a sweep in lines.

    Args:
        found: the sweep.
        terminal: where the lines are shown; one that shows blocks gets a sparkline of the
            metric by epoch for each rate.
        table: show a line for each rate, not only what comes of them all.
    """
    lines = table_lines(_columns(found, terminal), terminal) if table else []
    lines += styled_lines(largest_line(found), terminal, "bold")
    lines += styled_lines(found.advice, terminal, "bold")
    best = best_fit(found.lesson, found.lowest_metric)
    if best is None:
        return lines + ([NO_BEST_FIT] if falls_without_end(found.lesson) else [])
    return lines + styled_lines(str(best), terminal, "bold")


def _columns(found: Sweep, terminal: Terminal) -> dict[str, list[Entry]]:
    name = found.lesson.metric_name
    lowest = [trial.lowest for trial in found.trials]
    columns: dict[str, list[Entry]] = {
        "learn": list(found.rates),
        "verdict": [
            None if verdict is None else terminal.styled(str(verdict), _STYLES[verdict])
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
    """Say what is known of the largest stable rate.

    >>> from sheetgd.engine.sweep import sweep
    >>> from sheetgd.lesson.lesson import Lesson
    >>> lesson = Lesson(x=(1, 2), y=(2, 3), model="w*x", batch="all", gradient="analytic")
    >>> largest_line(sweep(lesson, (0.1, 0.3), 10))
    'the largest stable learning rate: every rate below 0.4 is stable'
    """
    if found.largest is None:
        return "the largest stable learning rate: not known for these choices"
    largest = in_digits(found.largest, 5)
    return f"the largest stable learning rate: every rate below {largest:g} is stable"


def sweep_json(found: Sweep, *, workbook: str | None, tables: bool = True) -> str:
    """Describe a sweep as a JSON document, its numbers in full.

    It holds the lesson's choices and settings, the epochs, the metric held at the start, the best
    fit, the best rate and the largest stable one, the advice, and the workbook's place; then a
    record for each rate and one for each epoch, with the metrics held of all rates in their order.
    """
    best = found.best
    facts: dict[str, Any] = {
        "lesson": lesson_facts(found.lesson),
        "epochs": found.epochs,
        "metric": {"name": found.lesson.metric_name, "start": found.start},
        "best_fit": best_fit_facts(best_fit(found.lesson, found.lowest_metric)),
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
        dict(zip(found.lesson.model.parameters, trial.states[-1], strict=True)) for trial in trials
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
