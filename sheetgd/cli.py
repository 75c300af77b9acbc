"""The command line: parse, call one library function, print, return an exit code.

Nothing of the library is imported before a command needs it, so that --help answers at
once.
"""

import argparse
import os
import signal
import sys
import warnings
from contextlib import contextmanager
from io import TextIOWrapper

from sheetgd.errors import SheetgdError, SheetgdWarning
from sheetgd.options import check_together, lesson_of, path_of
from sheetgd.parser import DEFAULT_WORKBOOK, TROUBLE, parse
from sheetgd.plaintext import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path
    from typing import NoReturn, TextIO

    from sheetgd.lesson import Lesson

SAME, DIFFERENT, INTERRUPTED = 0, 1, 130
_SIGNALLED = 128
"""By convention, a process that a signal has ended has this plus its number for an exit code."""
_OUTPUT = 1


def main(arguments: "Sequence[str] | None" = None) -> int:
    """Run the command line; returns the exit code.

    0 is success (for compare: the same), 1 is compare's "different", 2 is trouble.
    """
    given = sys.argv[1:] if arguments is None else arguments
    options = parse(given)
    try:
        with _warnings_as_lines():
            check_together(options)
            code = _COMMANDS[options.command](options)
    except SheetgdError as error:
        _say(f"sheetgd: {error}", to=sys.stderr)
        return TROUBLE
    return code


@contextmanager
def _warnings_as_lines() -> "Iterator[None]":
    """Have each of our warnings printed once, as one line without a place in the code."""
    said: set[str] = set()
    with warnings.catch_warnings():
        other = warnings.showwarning

        def show(  # noqa: PLR0917  as it is called
            message: Warning | str,
            category: type[Warning],
            filename: str,
            lineno: int,
            file: "TextIO | None" = None,
            line: str | None = None,
        ) -> None:
            if not issubclass(category, SheetgdWarning):
                other(message, category, filename, lineno, file, line)
            elif (text := str(message)) not in said:
                said.add(text)
                _say(f"sheetgd: warning: {text}", to=sys.stderr)

        warnings.showwarning = show
        warnings.simplefilter("always", SheetgdWarning)
        yield


def run_and_exit() -> "NoReturn":
    """Run the command line and end the process with its exit code."""
    _end_orderly()
    _print_any_letter()
    try:
        code = main()
        sys.stdout.flush()
    except KeyboardInterrupt:
        code = INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output has had enough, as `head` does: nothing is wrong.
        sys.stderr.close()
        code = 0
    except OSError as error:
        # What can be wrong with a file is said where that is opened.
        if error.filename is not None:
            raise
        print(f"sheetgd: the output cannot be written ({error.strerror})", file=sys.stderr)
        code = TROUBLE
        # Python would try once more to print what is left, and complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), _OUTPUT)
    sys.exit(code)


def _end_orderly() -> None:
    """Have the signals that end a process raise SystemExit, so that nothing half done stays."""

    def end(number: int, _: object) -> "NoReturn":
        # Tidying up takes no time: a second one must not come in between.
        signal.signal(number, signal.SIG_IGN)
        sys.exit(_SIGNALLED + number)

    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        # nohup has a process ignore the second; then so it stays.
        if number is not None and signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, end)


def _say(*lines: str, to: "TextIO | None" = None) -> None:
    """Print lines with nothing in them that a terminal would obey."""
    print("\n".join(map(printable, lines)), file=to)


def _print_any_letter() -> None:
    """Have letters that the output's encoding lacks printed by their numbers."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="backslashreplace")


def _build(options: argparse.Namespace) -> int:
    from sheetgd.auto import chosen_words  # noqa: PLC0415  see the module's docstring
    from sheetgd.build import build_workbook, check_build  # noqa: PLC0415  the same
    from sheetgd.checks import counted  # noqa: PLC0415  the same
    from sheetgd.progress import progress  # noqa: PLC0415  the same

    lesson = lesson_of(options)
    path = options.output or _default(f"{_name_of(options)}.xlsx")
    check_build(lesson, path, compress=options.compress)
    _warn_of_size(lesson, "room for fewer epochs makes it smaller (--capacity)", options)
    with progress(sys.stderr, unit="row", quiet=options.quiet) as on_row:
        built = build_workbook(
            lesson,
            path,
            force=options.force,
            compress=options.compress,
            on_row=on_row,
        )
    if options.json:
        from sheetgd.report import built_json  # noqa: PLC0415  the same

        print(built_json(built, lesson))
    elif not options.quiet:
        _say(f"{built.path}{' (already there, unchanged)' if built.unchanged else ''}")
        print(
            f"  {counted(lesson.rows, 'data row')}, {counted(lesson.epochs_run, 'epoch')} run, "
            f"room for {lesson.room}, {built.formulas:,} formulas"
        )
        _say(f"  pages: {', '.join(built.pages)}")
        if (words := chosen_words(lesson)) is not None:
            _say(f"  {words}")
    _warn(lesson)
    return SAME


def _name_of(options: argparse.Namespace) -> str:
    """What a workbook is called after: the data, the lesson, or the one lesson it began with."""
    from sheetgd.choose import DEFAULT  # noqa: PLC0415  see the module's docstring

    if options.data is not None:
        return str(options.data.stem)
    if options.lesson in {None, DEFAULT}:
        return path_of(DEFAULT_WORKBOOK).stem
    return path_of(options.lesson).stem


def _default(name: str) -> "Path":
    """Where a file of a name goes by default."""
    return path_of(DEFAULT_WORKBOOK).with_name(name)


def _warn_of_size(lesson: "Lesson", smaller: str, options: argparse.Namespace) -> None:
    """Say on the error output, before the work begins, when the workbook will be slow to open."""
    if options.quiet:
        return
    from sheetgd.size import slowness  # noqa: PLC0415  see the module's docstring

    word = slowness(lesson, smaller)
    if word is not None:
        _say(f"sheetgd: {word}", to=sys.stderr)


def _warn(lesson: "Lesson") -> None:
    """Say on the error output when the learning rate, or the data's unit, cannot go well."""
    from sheetgd.suggestion import advice  # noqa: PLC0415  see the module's docstring

    _warn_of_units(lesson)
    _warn_of_nudge(lesson)
    warning = advice(lesson)
    if warning is not None:
        _say(f"sheetgd: warning: {warning}", to=sys.stderr)


def _warn_of_units(lesson: "Lesson") -> None:
    from sheetgd.magnitude import unit_advice  # noqa: PLC0415  the same

    warning = unit_advice(lesson)
    if warning is not None:
        print(f"sheetgd: warning: {' '.join(warning.split())}", file=sys.stderr)


def _warn_of_nudge(lesson: "Lesson") -> None:
    from sheetgd.nudge import nudge_advice  # noqa: PLC0415  the same

    warning = nudge_advice(lesson)
    if warning is not None:
        _say(f"sheetgd: warning: {warning}", to=sys.stderr)


def _say_chosen(lesson: "Lesson", options: argparse.Namespace) -> None:
    """Say on the error output what was chosen for the data."""
    from sheetgd.auto import chosen_words  # noqa: PLC0415  the same

    words = None if options.quiet else chosen_words(lesson)
    if words is not None:
        _say(f"sheetgd: {words}", to=sys.stderr)


def _run(options: argparse.Namespace) -> int:
    from sheetgd.descent import descend  # noqa: PLC0415  see the module's docstring
    from sheetgd.progress import progress  # noqa: PLC0415  the same
    from sheetgd.report import run_json, run_lines  # noqa: PLC0415  the same
    from sheetgd.terminal import Terminal  # noqa: PLC0415  the same
    from sheetgd.workbook.files import keep_text  # noqa: PLC0415  the same

    lesson = lesson_of(options)
    _say_chosen(lesson, options)
    _warn(lesson)
    with progress(sys.stderr, quiet=options.quiet) as on_epoch:
        run = descend(lesson, exact=options.exact, every=options.every, on_epoch=on_epoch)
    columns = None
    if not options.quiet or options.csv is not None:
        table = run.steps_table() if options.steps else run.epochs_table()
        if options.csv is not None:
            text = table.to_csv(index=False, lineterminator="\n")
            keep_text(text, options.csv, force=options.force)
        if not options.quiet:
            columns = {str(name): values.tolist() for name, values in table.items()}
    if options.json:
        name = "steps" if options.steps else "log"
        print(run_json(run, {} if columns is None else {name: columns}))
    else:
        terminal = Terminal.of(sys.stdout)
        below = terminal.interactive and not options.quiet and not options.steps
        chart = below if options.chart is None else options.chart
        print("\n".join(run_lines(run, columns, terminal, chart=chart)))
    if options.csv is not None and not options.quiet:
        _say(f"kept in {options.csv}", to=sys.stderr)
    return SAME


def _sweep(options: argparse.Namespace) -> int:
    from sheetgd.build import build_sweep, check_sweep  # noqa: PLC0415  see the module's docstring
    from sheetgd.progress import progress  # noqa: PLC0415  the same
    from sheetgd.rates import rates_for, sweep_epochs  # noqa: PLC0415  the same
    from sheetgd.sweeping import sweep  # noqa: PLC0415  the same
    from sheetgd.sweepreport import sweep_json, sweep_lines  # noqa: PLC0415  the same
    from sheetgd.terminal import Terminal  # noqa: PLC0415  the same
    from sheetgd.workbook.files import keep_text  # noqa: PLC0415  the same

    lesson = lesson_of(options)
    lesson = lesson.changed(rates=rates_for(lesson))
    _warn_of_units(lesson)
    _warn_of_nudge(lesson)
    where = options.output or _default(f"{_name_of(options)}_sweep.xlsx")
    path = None if options.no_workbook else where
    if path is not None:
        check_sweep(lesson, path, compress=options.compress)
        asked = lesson.changed(rate_epochs=sweep_epochs(lesson, len(lesson.rates)))
        less = "fewer rates or epochs make it smaller, and --no-workbook writes none"
        _warn_of_size(asked, less, options)
    _say_chosen(lesson, options)
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
                _say(f"kept in {kept}", to=sys.stderr)
    return SAME


def _picture(options: argparse.Namespace) -> int:
    from sheetgd.picture import draw_picture  # noqa: PLC0415  see the module's docstring

    lesson = lesson_of(options)
    _say_chosen(lesson, options)
    path = options.output or _default(f"{_name_of(options)}.png")
    drawn = draw_picture(lesson, path, kind=options.kind, over=options.over, force=options.force)
    if not options.quiet:
        _say(f"{drawn.path}{' (already there, unchanged)' if drawn.unchanged else ''}")
    if drawn.missing:
        _say(
            f"sheetgd: warning: the picture's font has no {drawn.missing}: boxes stand in their "
            "place; rename the columns to change that",
            to=sys.stderr,
        )
    _warn(lesson)
    return SAME


def _lessons(options: argparse.Namespace) -> int:
    import json  # noqa: PLC0415  see the module's docstring

    from sheetgd.template import shipped_lesson, shipped_names  # noqa: PLC0415  the same

    summaries = {name: shipped_lesson(name).summary for name in shipped_names()}
    if options.json:
        listed = [{"name": name, "summary": text} for name, text in summaries.items()]
        print(json.dumps(listed, indent=2))
        return SAME
    for name, summary in summaries.items():
        _say(f"{name:{max(map(len, summaries))}}  {summary}")
    return SAME


def _new(options: argparse.Namespace) -> int:
    from sheetgd.choose import new_template  # noqa: PLC0415  see the module's docstring
    from sheetgd.template import TEMPLATE_SUFFIX  # noqa: PLC0415  the same
    from sheetgd.workbook.files import keep_text  # noqa: PLC0415  the same

    name = options.name.name
    suffix = "" if name.endswith(TEMPLATE_SUFFIX) else TEMPLATE_SUFFIX
    path = options.name.with_name(name + suffix)
    keep_text(new_template(), path, force=options.force)
    _say(str(path), f"  change it, then: sheetgd build {path}")
    return SAME


def _script(options: argparse.Namespace) -> int:
    from sheetgd.packaged import script_file  # noqa: PLC0415  see the module's docstring
    from sheetgd.workbook.files import keep_text  # noqa: PLC0415  the same

    text = script_file().read_text(encoding="utf-8")
    if options.output is None:
        print(text, end="")
    else:
        keep_text(text, options.output, force=options.force)
        _say(str(options.output), "  how to use it stands at its top")
    return SAME


def _compare(options: argparse.Namespace) -> int:
    import json  # noqa: PLC0415  see the module's docstring

    from sheetgd.compare import compare_workbook  # noqa: PLC0415  the same

    comparison = compare_workbook(
        options.workbook, against=options.against, recalculate=options.recalculate
    )
    if options.json:
        print(json.dumps(comparison.to_json_dict(), indent=2))
    else:
        _say(*comparison.to_text().split("\n"))
    return SAME if comparison.same else DIFFERENT


_COMMANDS: "Mapping[str, Callable[[argparse.Namespace], int]]" = {
    "build": _build,
    "run": _run,
    "sweep": _sweep,
    "picture": _picture,
    "lessons": _lessons,
    "new": _new,
    "script": _script,
    "compare": _compare,
}
