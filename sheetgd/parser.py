"""The command line's parser: its commands and what each accepts."""

import argparse
import os
import re

from sheetgd import __version__
from sheetgd.options import add_lesson_options, path_of, target_of, whole
from sheetgd.plaintext import message as one_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import NoReturn

DEFAULT_FOLDER = "outputs"
DEFAULT_WORKBOOK = f"{DEFAULT_FOLDER}/gradient_descent.xlsx"
_OUTPUT, _COLUMNS = 1, 80
_NEGATIVE = re.compile(r"-(?:[.,]?\d|inf|nan)", re.IGNORECASE)
"""How what is meant for a negative number begins, be it one or not."""

TROUBLE = 2
"""The exit code when something is wrong with what was asked for."""


class _Parser(argparse.ArgumentParser):
    """A parser that says what is wrong in one line."""

    def error(self, message: str) -> "NoReturn":
        self.exit(TROUBLE, f"{self.prog}: {one_line(message)} (see {self.prog} --help)\n")

    def take_minuses(self, arguments: "Sequence[str]") -> "list[str]":
        """The arguments as argparse takes them all right: it has values begin with no minus.

        A number such as -1e-3 or -inf is left to it, now that it knows them; what follows an
        option of one value, such as the formula -a*x, is joined to that.
        """
        self._negative_number_matcher = _NEGATIVE
        known = self._option_string_actions
        joined: list[str] = []
        for each in arguments:
            option = known.get(joined[-1]) if joined else None
            waits = option is not None and option.nargs is None
            if waits and re.match("-[^-]", each) and each not in known:
                joined[-1] += f"={each}"
            else:
                joined.append(each)
        return joined


def parse(arguments: "Sequence[str]") -> argparse.Namespace:
    """What the arguments of the command line ask for."""
    only = next((each for each in arguments if not each.startswith("-")), "")
    parser, commands = _parsers(only)
    if only in commands:
        arguments = commands[only].take_minuses(arguments)
    return parser.parse_args(arguments)


def build_parser() -> argparse.ArgumentParser:
    """Everything the command line accepts, and what it says of it."""
    return _parsers(None)[0]


def _parsers(only: str | None) -> "tuple[_Parser, Mapping[str, _Parser]]":
    """The parser, and those of its commands.

    Args:
        only: the one command whose arguments are asked for; the others are no more than
            listed. None is for all of them.
    """
    parser = _Parser(
        prog="sheetgd",
        description="Gradient descent in plain sight: spreadsheets in which every prediction, "
        "error, derivative and step is a live formula.",
        formatter_class=_formatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"sheetgd {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True, parser_class=_Parser)
    found: dict[str, _Parser] = {}
    for name, (summary, about, add_arguments) in _COMMANDS.items():
        found[name] = command = commands.add_parser(
            name,
            formatter_class=_formatter,
            # A command without arguments need not know how to ask for help, either.
            add_help=only in {None, name},
            allow_abbrev=False,
            help=summary,
            description=about,
        )
        command.set_defaults(command=name)
        if only in {None, name}:
            add_arguments(command)
    return parser, found


def _formatter(prog: str) -> argparse.HelpFormatter:
    """Help as wide as the terminal.

    argparse finds that out by a module of which the import takes as long as all the rest.
    """
    try:
        columns = int(os.environ.get("COLUMNS") or os.get_terminal_size(_OUTPUT).columns)
    except (OSError, ValueError):
        columns = 0
    return argparse.HelpFormatter(prog, width=(columns if columns > 0 else _COLUMNS) - 2)


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
    parser.add_argument("--csv", type=target_of, metavar="FILE", help="also keep the table as CSV")


def _add_quiet(parser: argparse.ArgumentParser, what: str) -> None:
    parser.add_argument("-q", "--quiet", action="store_true", help=what)


def _add_json(parser: argparse._ActionsContainer, what: str) -> None:
    parser.add_argument(
        "--json", action="store_true", help=f"print {what} as JSON; infinity and NaN are null"
    )


def _add_build(parser: argparse.ArgumentParser) -> None:
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
        type=target_of,
        metavar="FILE",
        help=f"where to write (default: {DEFAULT_WORKBOOK}, or named after the lesson or the data)",
    )
    _add_compress(parser)
    _add_quiet(parser, "print nothing but warnings")
    _add_json(parser, "what was built")
    _add_force(parser)


def _add_run(parser: argparse.ArgumentParser) -> None:
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
    parser.add_argument(
        "--exact",
        action="store_true",
        help="take every row exactly as a sheet does, bit for bit, however long that takes "
        "(default: long runs by whole epochs where that is the same to a billionth)",
    )
    _add_csv(parser)
    _add_quiet(parser, "print only how the run ended; with --json, leave the table out")
    form = parser.add_mutually_exclusive_group()
    _add_json(form, "the run")
    form.add_argument(
        "--chart",
        action=argparse.BooleanOptionalAction,
        help="draw the metric by epoch (default: below a log, in a terminal)",
    )
    _add_force(parser)


def _add_sweep(parser: argparse.ArgumentParser) -> None:
    add_lesson_options(parser, rates=True)
    parser.add_argument(
        "-o", "--output", type=target_of, metavar="FILE",
        help="where to write the workbook (default: named after the lesson or the data, in "
        f"{DEFAULT_FOLDER})",
    )  # fmt: skip
    parser.add_argument("--no-workbook", action="store_true", help="write no workbook")
    _add_compress(parser)
    _add_csv(parser)
    _add_quiet(parser, "print only what comes of it; with --json, leave the tables out")
    _add_json(parser, "the sweep")
    _add_force(parser)


def _add_picture(parser: argparse.ArgumentParser) -> None:
    add_lesson_options(parser)
    parser.add_argument(
        "--kind",
        default="all",
        metavar="KIND",
        help="surface (in 3-D, with the path on it), heat (the same from above), curves (the "
        "metric by epoch), fit, or all in one picture (default: all)",
    )
    parser.add_argument(
        "--over",
        nargs=2,
        metavar="NAME",
        help="the two parameters of surface and heat map (default: the two with the dearest start)",
    )
    parser.add_argument(
        "-o", "--output", type=target_of, metavar="FILE",
        help=f"the .png or .svg file (default: named after the lesson or the data, in "
        f"{DEFAULT_FOLDER})",
    )  # fmt: skip
    _add_quiet(parser, "print nothing but warnings")
    _add_force(parser)


def _add_lessons(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print the list as JSON")


def _add_new(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", type=target_of, metavar="NAME", help="the lesson's name, or a path")
    _add_force(parser)


def _add_script(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-o", "--output", type=target_of, metavar="FILE", help="write it to a file instead"
    )
    _add_force(parser)


def _add_compare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "workbook",
        type=path_of,
        nargs="?",
        default=DEFAULT_WORKBOOK,
        metavar="WORKBOOK",
        help="the workbook (default: %(default)s)",
    )
    parser.add_argument(
        "--against",
        type=path_of,
        metavar="FILE",
        help="your own download of the original (.xlsx or .csv) instead of the published cells",
    )
    parser.add_argument(
        "--recalculate",
        action="store_true",
        help="let LibreOffice compute the workbook afresh instead of taking its stored values",
    )
    parser.add_argument("--json", action="store_true", help="print the report as JSON")


_COMMANDS: "Mapping[str, tuple[str, str, Callable[[argparse.ArgumentParser], None]]]" = {
    "build": (
        "write a workbook",
        "Write a workbook.",
        _add_build,
    ),
    "run": (
        "run the descent and print its log",
        "Run the descent and print its log, a line for each epoch.",
        _add_run,
    ),
    "sweep": (
        "compare learning rates, in a table and a workbook",
        (
            "Run a lesson at several learning rates, print a verdict on each, and write the "
            "lesson's workbook with these rates side by side. Each runs through all epochs."
        ),
        _add_sweep,
    ),
    "picture": (
        "draw the descent: surface, heat map, curves, fit",
        "Draw a lesson's descent and write it as PNG or SVG. It needs the extra plot.",
        _add_picture,
    ),
    "lessons": (
        "list the lessons",
        "List the lessons.",
        _add_lessons,
    ),
    "new": (
        "write a template to begin a lesson of your own with",
        (
            "Write a commented template, which builds as it stands: change it, and build it "
            "with `sheetgd build NAME.toml`."
        ),
        _add_new,
    ),
    "script": (
        "print the buttons for Google Sheets",
        (
            "Print the Google Apps Script that adds Run Epoch, Run N Epochs and Reset to a "
            "workbook in Google Sheets. How to use it stands at its top."
        ),
        _add_script,
    ),
    "compare": (
        "compare a workbook with the original",
        (
            "Compare a workbook with the original, cell by cell. Exit code: 0 same, 1 "
            "different, 2 trouble."
        ),
        _add_compare,
    ),
}
