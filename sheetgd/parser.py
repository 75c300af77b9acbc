"""The command line's parser: its commands and what each accepts."""

import argparse
from pathlib import Path
from typing import NoReturn

from sheetgd import __version__
from sheetgd.options import add_lesson_options, whole

DEFAULT_WORKBOOK = Path("outputs/gradient_descent.xlsx")
TROUBLE = 2
"""The exit code when something is wrong with what was asked for."""


class _Parser(argparse.ArgumentParser):
    """A parser that says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(TROUBLE, f"{self.prog}: {message} (see {self.prog} --help)\n")


def build_parser() -> argparse.ArgumentParser:
    """Everything the command line accepts, and what it says of it."""
    parser = _Parser(
        prog="sheetgd",
        description="Gradient descent in plain sight: spreadsheets in which every prediction, "
        "error, derivative and step is a live formula.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"sheetgd {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True, parser_class=_Parser)

    _add_build(commands)
    _add_run(commands)
    _add_sweep(commands)
    _add_picture(commands)
    _add_lessons(commands)
    _add_new(commands)
    _add_script(commands)
    _add_compare(commands)
    return parser


def _add_force(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--force", action="store_true", help="replace a different file that is already there"
    )


def _add_compress(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--compress",
        default="fast",
        metavar="HOW",
        help="fast, or small: a fifth smaller, and for a long one more than twice the time "
        "(default: fast)",
    )


def _add_csv(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--csv", type=Path, metavar="FILE", help="also keep the table as CSV")


def _add_quiet(parser: argparse.ArgumentParser, what: str) -> None:
    parser.add_argument("-q", "--quiet", action="store_true", help=what)


def _add_json(parser: argparse._ActionsContainer, what: str) -> None:
    parser.add_argument(
        "--json", action="store_true", help=f"print {what} as JSON; infinity and NaN are null"
    )


def _add_build(commands: "argparse._SubParsersAction[_Parser]") -> None:
    parser = commands.add_parser(
        "build", allow_abbrev=False, help="write a workbook", description="Write a workbook."
    )
    add_lesson_options(parser)
    parser.add_argument(
        "--capacity",
        type=whole,
        metavar="N",
        help="for how many epochs the workbook has room (default: the lesson's, or 50)",
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FILE",
        help=f"where to write (default: {DEFAULT_WORKBOOK}, or named after the lesson or the data)",
    )
    parser.add_argument(
        "--macros",
        action="store_true",
        help="write an .xlsm with two macros and their buttons, Run Epoch and Reset",
    )
    _add_compress(parser)
    _add_quiet(parser, "print nothing but warnings")
    _add_json(parser, "what was built")
    _add_force(parser)
    parser.set_defaults(command="build")


def _add_run(commands: "argparse._SubParsersAction[_Parser]") -> None:
    parser = commands.add_parser(
        "run",
        allow_abbrev=False,
        help="run the descent and print its log",
        description="Run the descent and print its log, a line for each epoch.",
    )
    add_lesson_options(parser)
    parser.add_argument("--steps", action="store_true", help="print every step instead of the log")
    _add_csv(parser)
    _add_quiet(parser, "print only how the run ended; with --json, leave the table out")
    form = parser.add_mutually_exclusive_group()
    _add_json(form, "the run")
    form.add_argument(
        "--chart",
        action=argparse.BooleanOptionalAction,
        help="draw the figure by epoch (default: below a log, in a terminal)",
    )
    _add_force(parser)
    parser.set_defaults(command="run")


def _add_sweep(commands: "argparse._SubParsersAction[_Parser]") -> None:
    parser = commands.add_parser(
        "sweep",
        allow_abbrev=False,
        help="compare learning rates, in a table and a workbook",
        description="Run a lesson at several learning rates, print a verdict on each, and write "
        "the lesson's workbook with these rates side by side. Each runs through all epochs.",
    )
    add_lesson_options(parser, rates=True)
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE",
        help="where to write the workbook (default: named after the lesson or the data, in "
        f"{DEFAULT_WORKBOOK.parent})",
    )  # fmt: skip
    parser.add_argument("--no-workbook", action="store_true", help="write no workbook")
    _add_compress(parser)
    _add_csv(parser)
    _add_quiet(parser, "print only what comes of it; with --json, leave the tables out")
    _add_json(parser, "the sweep")
    _add_force(parser)
    parser.set_defaults(command="sweep")


def _add_picture(commands: "argparse._SubParsersAction[_Parser]") -> None:
    parser = commands.add_parser(
        "picture",
        allow_abbrev=False,
        help="draw the descent: surface, heat map, curves, fit",
        description="Draw a lesson's descent and write it as PNG or SVG. It needs the extra plot.",
    )
    add_lesson_options(parser)
    parser.add_argument(
        "--kind",
        default="all",
        metavar="KIND",
        help="surface (in 3-D, with the path on it), heat (the same from above), curves (the "
        "figure by epoch), fit, or all in one picture (default: all)",
    )
    parser.add_argument(
        "--over",
        nargs=2,
        metavar="NAME",
        help="the two parameters of surface and heat map (default: the first two)",
    )
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE",
        help=f"the .png or .svg file (default: named after the lesson or the data, in "
        f"{DEFAULT_WORKBOOK.parent})",
    )  # fmt: skip
    _add_quiet(parser, "print nothing but warnings")
    _add_force(parser)
    parser.set_defaults(command="picture")


def _add_lessons(commands: "argparse._SubParsersAction[_Parser]") -> None:
    parser = commands.add_parser(
        "lessons", allow_abbrev=False, help="list the lessons", description="List the parser."
    )
    parser.add_argument("--json", action="store_true", help="print the list as JSON")
    parser.set_defaults(command="lessons")


def _add_new(commands: "argparse._SubParsersAction[_Parser]") -> None:
    parser = commands.add_parser(
        "new",
        allow_abbrev=False,
        help="write a template to begin a lesson of your own with",
        description="Write a commented template, which builds as it stands: change it, and "
        "build it with `sheetgd build NAME.toml`.",
    )
    parser.add_argument("name", type=Path, metavar="NAME", help="the lesson's name, or a path")
    _add_force(parser)
    parser.set_defaults(command="new")


def _add_script(commands: "argparse._SubParsersAction[_Parser]") -> None:
    parser = commands.add_parser(
        "script",
        allow_abbrev=False,
        help="print the buttons for Google Sheets",
        description="Print the Google Apps Script that adds Run Epoch, Run N Epochs and Reset "
        "to a workbook in Google Sheets. How to use it stands at its top.",
    )
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="write it to a file instead"
    )
    _add_force(parser)
    parser.set_defaults(command="script")


def _add_compare(commands: "argparse._SubParsersAction[_Parser]") -> None:
    parser = commands.add_parser(
        "compare",
        allow_abbrev=False,
        help="compare a workbook with the original",
        description="Compare a workbook with the original, cell by cell. "
        "Exit code: 0 same, 1 different, 2 trouble.",
    )
    parser.add_argument(
        "workbook",
        type=Path,
        nargs="?",
        default=DEFAULT_WORKBOOK,
        metavar="WORKBOOK",
        help="the workbook (default: %(default)s)",
    )
    parser.add_argument(
        "--against",
        type=Path,
        metavar="FILE",
        help="your own download of the original (.xlsx or .csv) instead of the published cells",
    )
    parser.add_argument(
        "--recalculate",
        action="store_true",
        help="let LibreOffice compute the workbook afresh instead of taking its stored values",
    )
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.set_defaults(command="compare")
