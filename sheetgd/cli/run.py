"""``sheetgd run``: run the descent and print its log."""

import argparse
import math
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from sheetgd.cli.arguments import (
    add_csv,
    add_force,
    add_json,
    add_lesson_options,
    add_quiet,
    check_together,
    lesson_of,
    whole,
)
from sheetgd.cli.output import (
    Columns,
    Terminal,
    best_fit_facts,
    chart_lines,
    json_pieces,
    lesson_facts,
    progress,
    say,
    say_chosen,
    styled_lines,
    table_lines,
    warn_of_lesson,
)
from sheetgd.descent.rate_verdict import Divergence, Standstill
from sheetgd.engine.error_surface import NO_BEST_FIT, best_fit, falls_without_end, penalized_fit
from sheetgd.engine.run import Descent, descend
from sheetgd.files import keep_text
from sheetgd.lesson.checks import counted


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command accepts."""
    add_lesson_options(parser)
    table = parser.add_mutually_exclusive_group()
    table.add_argument("--steps", action="store_true", help="print every step instead of the log")
    table.add_argument(
        "--every",
        type=whole,
        default=1,
        metavar="N",
        help="keep the log's lines after every N epochs only, and the last",
    )
    add_csv(parser)
    add_quiet(parser, "print only how the run ended; with --json, leave the table out")
    group = parser.add_mutually_exclusive_group()
    add_json(group, "the run")
    group.add_argument(
        "--chart",
        action=argparse.BooleanOptionalAction,
        help="draw the metric by epoch (default: below a log, in a terminal)",
    )
    add_force(parser)


def run(options: argparse.Namespace) -> int:
    """Run the descent, and print and keep what is asked for."""
    check_together(options)
    lesson = lesson_of(options)
    say_chosen(lesson, options)
    warn_of_lesson(lesson)
    with progress(sys.stderr, quiet=options.quiet) as on_epoch:
        # Whether the steps are too many is to be known before the log is written.
        tick = None if options.steps else on_epoch
        found = descend(lesson, every=options.every, on_epoch=tick)
    columns = None
    if not options.quiet or options.csv is not None:
        table = found.steps_table() if options.steps else found.epochs_table()
        if options.csv is not None:
            text = table.to_csv(index=False, lineterminator="\n")
            keep_text(text, options.csv, force=options.force)
        if not options.quiet:
            columns = {str(name): values.to_numpy() for name, values in table.items()}
    if options.json:
        name = "steps" if options.steps else "log"
        sys.stdout.writelines(run_json(found, {} if columns is None else {name: columns}))
        print()
    else:
        terminal = Terminal.of(sys.stdout)
        below = terminal.interactive and not options.quiet and not options.steps
        chart = below if options.chart is None else options.chart
        print("\n".join(run_lines(found, columns, terminal, chart=chart)))
    if options.csv is not None and not options.quiet:
        say(f"kept in {options.csv}", to=sys.stderr)
    if lesson.arrays.scaling and not options.quiet:
        say(f"sheetgd: {_units_words(found)}", to=sys.stderr)
    return 0


def _units_words(run: Descent) -> str:
    """Tell the end of a run with scaled inputs in the data's own units."""
    units = run.in_data_units
    if units is None:
        return (
            "the parameters are those of the scaled columns; this model is not linear in its "
            "inputs, so there are none for the columns as they were given"
        )
    told = ", ".join(f"{name} {value:.6g}" for name, value in units.items())
    return f"the parameters are those of the scaled columns; in the data's own units: {told}"


def run_lines(
    run: Descent, columns: Columns | None, terminal: Terminal, *, chart: bool = False
) -> list[str]:
    """Tell of a run in lines.

    Args:
        run: the run.
        columns: the table to show, the log or the steps; None to keep to the result.
        terminal: where the lines are shown. A file or a pipe gets the table, and whether
            the run diverges or stops; a terminal the closing line as well.
        chart: draw the metric by epoch.
    """
    name = run.lesson.metric_name
    lines = []
    if columns is not None:
        lines += table_lines({name: each.tolist() for name, each in columns.items()}, terminal)
    drawn = chart_lines(run.metric_values, terminal, title=name, last=run.epochs) if chart else []
    if lines and drawn:
        lines.append("")
    lines += drawn
    remarks = [(str(divergence), "red") for divergence in run.divergence]
    if run.standstill is not None:
        remarks.append((str(run.standstill), "red"))
    if run.stop is not None:
        remarks.append((str(run.stop), "yellow"))
    if run.validation_values:
        remarks.append((validation_line(run), "bold"))
    if columns is None or chart or terminal.interactive:
        remarks.append((closing_line(run), "bold"))
        found = (best_fit(run.lesson, run.lowest_metric), penalized_fit(run.lesson))
        remarks += [(str(best), "bold") for best in found if best is not None]
        if falls_without_end(run.lesson):
            remarks.append((NO_BEST_FIT, "bold"))
    return lines + [line for text, style in remarks for line in styled_lines(text, terminal, style)]


def validation_line(run: Descent) -> str:
    """Say how the rows held back are predicted in the end, and after which epoch best."""
    name, values, best = run.lesson.validation_name, run.validation_values, run.best_epoch
    text = f"{name} {values[-1]:.6g} in the end"
    if best is not None:
        text += f", lowest {min(filter(math.isfinite, values)):.6g} at epoch {best}"
    if run.restored is None:
        return text
    ends = ", ".join(f"{each} {value:.6g}" for each, value in run.parameters.items())
    return f"{text}; the parameters are those of epoch {run.restored}: {ends}"


def closing_line(run: Descent) -> str:
    """Say where a run ended, where its metric was lowest if that was before, and the verdict.

    >>> from sheetgd.engine.run import descend
    >>> from sheetgd.lesson.lesson import Lesson
    >>> lesson = Lesson(x=(1, 2, 3), y=(3, 5, 7), start=(0, 0), learn=0.05, gradient="analytic")
    >>> closing_line(descend(lesson, 50))
    'after 50 epochs: m 1.99989, b 1.00033, rmse 0.000142351; levelled off'
    """
    name = run.lesson.metric_name
    values = dict(zip(run.lesson.model.parameters, run.states[-1], strict=True))
    values[name] = run.metric_values[-1]
    if run.scores:
        values[run.lesson.method.metric] = run.scores[-1]
    ended = ", ".join(f"{each} {value:.6g}" for each, value in values.items())
    line = f"after {counted(run.epochs, 'epoch')}: {ended}"
    best, lowest = run.lowest, run.lowest_metric
    if lowest is not None and f"{lowest:.6g}" != f"{values[name]:.6g}":
        when = f"after {counted(best, 'epoch')}" if best else "at the start"
        line += f"; lowest {when}: {lowest:.6g}"
    return line if run.verdict is None else f"{line}; {run.verdict}"


def run_json(run: Descent, tables: Mapping[str, Columns]) -> Iterator[str]:
    """Describe a run as a JSON document, its numbers in full, piece by piece.

    It holds the lesson's choices and settings; the epochs that were run, the parameters and the
    metric after the last one (held, and of the pass that follows), its lowest, and the best
    fit's; the verdict, the ways in which the run diverges, where it stands still or stops; and the
    tables asked for.
    """
    facts = {
        "lesson": lesson_facts(run.lesson),
        "epochs": run.epochs,
        "parameters": run.parameters,
        "restored": run.restored,
        "metric": {
            "name": run.lesson.metric_name,
            "last": run.metric_values[-1],
            "last_pass": run.metric_values_pass[-1],
            "lowest": run.lowest_metric,
            "lowest_epoch": run.lowest,
        },
        "score": dict(zip([run.lesson.method.metric], run.scores[-1:], strict=False)) or None,
        "validation": _validation_facts(run),
        "best_fit": best_fit_facts(best_fit(run.lesson, run.lowest_metric)),
        "in_data_units": run.in_data_units,
        "penalized_fit": best_fit_facts(penalized_fit(run.lesson)),
        "verdict": None if run.verdict is None else str(run.verdict),
        "divergence": [_divergence_facts(each) for each in run.divergence],
        "standstill": None if run.standstill is None else _standstill_facts(run.standstill),
        "stop": None if run.stop is None else {"epoch": run.stop.epoch, "reason": run.stop.reason},
    }
    return json_pieces(facts, tables)


def _divergence_facts(divergence: Divergence) -> dict[str, Any]:
    """Describe a way of diverging, by its parts and in words."""
    return {
        "ending": str(divergence.ending),
        "epoch": divergence.epoch,
        "text": str(divergence),
    }


def _standstill_facts(standstill: Standstill) -> dict[str, Any]:
    """Describe a standstill, by its parts and in words."""
    return {
        "epoch": standstill.epoch,
        "lost_nudges": list(standstill.lost),
        "text": str(standstill),
    }


def _validation_facts(run: Descent) -> dict[str, Any] | None:
    if not run.validation_values:
        return None
    numbers = [each for each in run.validation_values if math.isfinite(each)]
    return {
        "name": run.lesson.validation_name,
        "last": run.validation_values[-1],
        "lowest": min(numbers, default=None),
        "lowest_epoch": run.best_epoch,
    }
