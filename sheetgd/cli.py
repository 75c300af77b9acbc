"""The command line: parse, call one library function, print, return an exit code.

Nothing of the library is imported before a command needs it, so that --help answers at
once.
"""

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from sheetgd import __version__
from sheetgd.errors import LessonError, SheetgdError

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
    options = _parser().parse_args([_without_exponent(each) for each in given])
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
    _add_lesson_options(build)
    build.add_argument(
        "--capacity",
        type=_whole,
        metavar="N",
        help="for how many epochs the workbook has room (default: 50, or what is run)",
    )
    build.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FILE",
        help=f"where to write (default: {DEFAULT_WORKBOOK}, with --data named after the data)",
    )
    _add_force(build)
    build.set_defaults(command=_build)

    run = commands.add_parser(
        "run",
        allow_abbrev=False,
        help="run the descent and print its log",
        description="Run the descent and print its log, a line for each epoch.",
    )
    _add_lesson_options(run)
    run.add_argument("--steps", action="store_true", help="print every step instead of the log")
    run.add_argument("--csv", type=Path, metavar="FILE", help="also keep the table in a CSV file")
    _add_force(run)
    run.set_defaults(command=_run)

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


def _add_lesson_options(parser: argparse.ArgumentParser) -> None:
    """What a lesson can be changed by, for every command that takes one."""
    group = parser.add_argument_group("lesson")
    group.add_argument("--data", type=Path, metavar="FILE", help="your own data, a CSV file")
    group.add_argument("--x", metavar="NAME", help="its column that becomes x (default: x)")
    group.add_argument("--y", metavar="NAME", help="its column that becomes y (default: y)")
    group.add_argument("--learn", type=_number, metavar="RATE", help="learning rate")
    group.add_argument("--nudge", type=_number, metavar="H", help="step of finite differences")
    group.add_argument(
        "--start", type=_number, nargs=2, metavar=("M", "B"), help="where the descent starts"
    )
    group.add_argument("--epochs", type=_whole, metavar="N", help="epochs a click (default: 5)")
    group.add_argument("--clicks", type=_whole, metavar="N", help="clicks (default: 1)")
    group.add_argument(
        "--gradient",
        metavar="RULE",
        help="how derivatives are found: forward (the default), central, exact or published",
    )


def _without_exponent(argument: str) -> str:
    """An argument such as -1e-3 as -0.001, for argparse would take it for an option."""
    if re.fullmatch(r"-[0-9]*\.?[0-9]+e[+-]?[0-9]{1,3}", argument, re.IGNORECASE) is None:
        return argument
    from decimal import Decimal  # noqa: PLC0415  see the module's docstring

    return format(Decimal(argument), "f")


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number") from None


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from None


def _lesson(options: argparse.Namespace) -> "Lesson":
    from dataclasses import replace  # noqa: PLC0415  see the module's docstring

    from sheetgd.data import read_csv  # noqa: PLC0415  the same
    from sheetgd.template import shipped_lesson  # noqa: PLC0415  the same

    if options.data is not None:
        data = read_csv(options.data, options.x or "x", options.y or "y")
        lesson = shipped_lesson("line", data)
    else:
        if options.x is not None or options.y is not None:
            raise LessonError("--x and --y name columns of a data file: give it with --data FILE")
        lesson = shipped_lesson("original")
    names = ("learn", "nudge", "start", "epochs", "clicks", "gradient", "capacity")
    given = {name: getattr(options, name, None) for name in names}
    return replace(lesson, **{name: value for name, value in given.items() if value is not None})


def _build(options: argparse.Namespace) -> int:
    from sheetgd.build import build_workbook  # noqa: PLC0415  see the module's docstring

    lesson = _lesson(options)
    path = options.output
    if path is None:
        named = DEFAULT_WORKBOOK.stem if options.data is None else options.data.stem
        path = DEFAULT_WORKBOOK.with_name(f"{named}.xlsx")
    built = build_workbook(lesson, path, force=options.force)
    print(f"{built.path}{' (already there, unchanged)' if built.unchanged else ''}")
    print(
        f"  {lesson.rows} data rows, {lesson.epochs_run} epochs run, room for {lesson.room}, "
        f"{built.formulas:,} formulas"
    )
    print(f"  pages: {', '.join(built.pages)}")
    return SAME


def _run(options: argparse.Namespace) -> int:
    from sheetgd.descent import descend  # noqa: PLC0415  see the module's docstring
    from sheetgd.workbook.files import keep_text  # noqa: PLC0415  the same

    run = descend(_lesson(options))
    table = run.steps_table() if options.steps else run.epochs_table()
    if options.csv is not None:
        keep_text(table.to_csv(index=False, lineterminator="\n"), options.csv, force=options.force)
    shown = table if options.steps else table.drop(columns="rmse_held")
    print(shown.to_string(index=False, float_format=lambda value: f"{value:.10g}"))
    for divergence in run.divergence:
        print(divergence)
    if options.csv is not None:
        print(f"kept in {options.csv}", file=sys.stderr)
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
