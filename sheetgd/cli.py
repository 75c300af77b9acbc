"""The command line: parse, call one library function, print, return an exit code.

Nothing of the library is imported before a command needs it, so that --help answers at
once.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from sheetgd import __version__
from sheetgd.errors import OutputError, SheetgdError
from sheetgd.options import add_lesson_options, lesson_of, whole, without_exponent

if TYPE_CHECKING:
    from sheetgd.lesson import Lesson

SAME, DIFFERENT, TROUBLE, INTERRUPTED = 0, 1, 2, 130
DEFAULT_WORKBOOK = Path("outputs/gradient_descent.xlsx")


class _Parser(argparse.ArgumentParser):
    """A parser that says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(TROUBLE, f"{self.prog}: {message} (see {self.prog} --help)\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code.

    0 is success (for compare: the same), 1 is compare's "different", 2 is trouble.
    """
    given = sys.argv[1:] if arguments is None else arguments
    options = _parser().parse_args([without_exponent(each) for each in given])
    try:
        code: int = options.command(options)
    except SheetgdError as error:
        print(f"sheetgd: {' '.join(str(error).split())}", file=sys.stderr)
        return TROUBLE
    return code


def run_and_exit() -> NoReturn:
    """Run the command line and end the process with its exit code."""
    try:
        code = main()
        sys.stdout.flush()
    except KeyboardInterrupt:
        code = INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output has had enough, as `head` does: nothing is wrong.
        sys.stderr.close()
        code = 0
    sys.exit(code)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="sheetgd",
        description="Gradient descent in plain sight: spreadsheets in which every prediction, "
        "error, derivative and step is a live formula.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"sheetgd {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True, parser_class=_Parser)

    build = commands.add_parser(
        "build", allow_abbrev=False, help="write a workbook", description="Write a workbook."
    )
    add_lesson_options(build)
    build.add_argument(
        "--capacity",
        type=whole,
        metavar="N",
        help="for how many epochs the workbook has room (default: the lesson's, or 50)",
    )
    build.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FILE",
        help=f"where to write (default: {DEFAULT_WORKBOOK}, or named after the lesson or the data)",
    )
    _add_quiet(build, "print nothing but warnings")
    _add_json(build, "what was built")
    _add_force(build)
    build.set_defaults(command=_build)

    run = commands.add_parser(
        "run",
        allow_abbrev=False,
        help="run the descent and print its log",
        description="Run the descent and print its log, a line for each epoch.",
    )
    add_lesson_options(run)
    run.add_argument("--steps", action="store_true", help="print every step instead of the log")
    run.add_argument("--csv", type=Path, metavar="FILE", help="also keep the table in a CSV file")
    _add_quiet(run, "print only how the run ended; with --json, leave the table out")
    form = run.add_mutually_exclusive_group()
    _add_json(form, "the run")
    form.add_argument(
        "--chart",
        action=argparse.BooleanOptionalAction,
        help="draw the figure by epoch (default: below a log, in a terminal)",
    )
    _add_force(run)
    run.set_defaults(command=_run)

    sweep = commands.add_parser(
        "sweep",
        allow_abbrev=False,
        help="compare learning rates, in a table and a workbook",
        description="Run a lesson at several learning rates, print a verdict on each, and write "
        "the lesson's workbook with these rates side by side. Each runs through all epochs.",
    )
    add_lesson_options(sweep, rates=True)
    sweep.add_argument(
        "-o", "--output", type=Path, metavar="FILE",
        help="where to write the workbook (default: named after the lesson or the data, in "
        f"{DEFAULT_WORKBOOK.parent})",
    )  # fmt: skip
    sweep.add_argument("--no-workbook", action="store_true", help="write no workbook")
    sweep.add_argument("--csv", type=Path, metavar="FILE", help="also keep the table in a CSV file")
    _add_quiet(sweep, "print only what comes of it; with --json, leave the tables out")
    _add_json(sweep, "the sweep")
    _add_force(sweep)
    sweep.set_defaults(command=_sweep)

    lessons = commands.add_parser(
        "lessons", allow_abbrev=False, help="list the lessons", description="List the lessons."
    )
    lessons.add_argument("--json", action="store_true", help="print the list as JSON")
    lessons.set_defaults(command=_lessons)

    new = commands.add_parser(
        "new",
        allow_abbrev=False,
        help="write a template to begin a lesson of your own with",
        description="Write a commented template, which builds as it stands: change it, and "
        "build it with `sheetgd build NAME.toml`.",
    )
    new.add_argument("name", type=Path, metavar="NAME", help="the lesson's name, or a path")
    _add_force(new)
    new.set_defaults(command=_new)

    compare = commands.add_parser(
        "compare",
        allow_abbrev=False,
        help="compare a workbook with the original",
        description="Compare a workbook with the original, cell by cell. "
        "Exit code: 0 same, 1 different, 2 trouble.",
    )
    compare.add_argument(
        "workbook",
        type=Path,
        nargs="?",
        default=DEFAULT_WORKBOOK,
        metavar="WORKBOOK",
        help="the workbook (default: %(default)s)",
    )
    compare.add_argument(
        "--against",
        type=Path,
        metavar="FILE",
        help="your own download of the original (.xlsx or .csv) instead of the published cells",
    )
    compare.add_argument(
        "--recalculate",
        action="store_true",
        help="let LibreOffice compute the workbook afresh instead of taking its stored values",
    )
    compare.add_argument("--json", action="store_true", help="print the report as JSON")
    compare.set_defaults(command=_compare)
    return parser


def _add_force(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--force", action="store_true", help="replace a different file that is already there"
    )


def _add_quiet(parser: argparse.ArgumentParser, what: str) -> None:
    parser.add_argument("-q", "--quiet", action="store_true", help=what)


def _add_json(parser: argparse._ActionsContainer, what: str) -> None:
    parser.add_argument(
        "--json", action="store_true", help=f"print {what} as JSON; infinity and NaN are null"
    )


def _build(options: argparse.Namespace) -> int:
    from sheetgd.build import build_workbook  # noqa: PLC0415  see the module's docstring
    from sheetgd.progress import progress  # noqa: PLC0415  the same

    lesson = lesson_of(options)
    path = options.output or DEFAULT_WORKBOOK.with_name(f"{_name_of(options)}.xlsx")
    with progress(sys.stderr, unit="row", quiet=options.quiet) as on_row:
        built = build_workbook(lesson, path, force=options.force, on_row=on_row)
    if options.json:
        from sheetgd.report import built_json  # noqa: PLC0415  the same

        print(built_json(built, lesson))
    elif not options.quiet:
        print(f"{built.path}{' (already there, unchanged)' if built.unchanged else ''}")
        print(
            f"  {lesson.rows} data rows, {lesson.epochs_run} epochs run, room for {lesson.room}, "
            f"{built.formulas:,} formulas"
        )
        print(f"  pages: {', '.join(built.pages)}")
    _warn(lesson)
    return SAME


def _name_of(options: argparse.Namespace) -> str:
    """What a workbook is called after: the data, the lesson, or the one lesson it began with."""
    from sheetgd.choose import DEFAULT  # noqa: PLC0415  see the module's docstring

    if options.data is not None:
        return str(options.data.stem)
    if options.lesson in {None, DEFAULT}:
        return DEFAULT_WORKBOOK.stem
    return Path(options.lesson).stem


def _warn(lesson: "Lesson") -> None:
    """Say on the error output when the learning rate cannot go well."""
    from sheetgd.stability import advice  # noqa: PLC0415  see the module's docstring

    warning = advice(lesson)
    if warning is not None:
        print(f"sheetgd: warning: {warning}", file=sys.stderr)


def _run(options: argparse.Namespace) -> int:
    from sheetgd.descent import descend  # noqa: PLC0415  see the module's docstring
    from sheetgd.progress import progress  # noqa: PLC0415  the same
    from sheetgd.report import run_json, run_lines  # noqa: PLC0415  the same
    from sheetgd.terminal import Terminal  # noqa: PLC0415  the same
    from sheetgd.workbook.files import keep_text  # noqa: PLC0415  the same

    lesson = lesson_of(options)
    _warn(lesson)
    with progress(sys.stderr, quiet=options.quiet) as on_epoch:
        run = descend(lesson, on_epoch=on_epoch)
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
        print(f"kept in {options.csv}", file=sys.stderr)
    return SAME


def _sweep(options: argparse.Namespace) -> int:
    from sheetgd.build import build_sweep, check_sweep  # noqa: PLC0415  see the module's docstring
    from sheetgd.progress import progress  # noqa: PLC0415  the same
    from sheetgd.sweeping import sweep  # noqa: PLC0415  the same
    from sheetgd.sweepreport import sweep_json, sweep_lines  # noqa: PLC0415  the same
    from sheetgd.terminal import Terminal  # noqa: PLC0415  the same
    from sheetgd.workbook.files import keep_text  # noqa: PLC0415  the same

    lesson = lesson_of(options)
    if options.no_workbook and options.output is not None:
        raise OutputError(f"{options.output}: --no-workbook writes none; leave out one of the two")
    path = None
    if not options.no_workbook:
        usual = DEFAULT_WORKBOOK.with_name(f"{_name_of(options)}_sweep.xlsx")
        path = options.output or usual
        check_sweep(lesson, path)
    with progress(sys.stderr, quiet=options.quiet) as on_epoch:
        found = sweep(lesson, on_epoch=on_epoch)
    if path is not None:
        with progress(sys.stderr, unit="row", quiet=options.quiet) as on_row:
            build_sweep(found, path, force=options.force, on_row=on_row)
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
                print(f"kept in {kept}", file=sys.stderr)
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
        print(f"{name:{max(map(len, summaries))}}  {summary}")
    return SAME


def _new(options: argparse.Namespace) -> int:
    from sheetgd.choose import new_template  # noqa: PLC0415  see the module's docstring
    from sheetgd.template import TEMPLATE_SUFFIX  # noqa: PLC0415  the same
    from sheetgd.workbook.files import keep_text  # noqa: PLC0415  the same

    name = options.name.name
    suffix = "" if name.endswith(TEMPLATE_SUFFIX) else TEMPLATE_SUFFIX
    path = options.name.with_name(name + suffix)
    keep_text(new_template(), path, force=options.force)
    print(f"{path}\n  change it, then: sheetgd build {path}")
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
        print(comparison.to_text())
    return SAME if comparison.same else DIFFERENT
