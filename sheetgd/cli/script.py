"""``sheetgd script``: print the buttons for Google Sheets."""

import argparse
from importlib.resources.abc import Traversable

from sheetgd.cli.arguments import add_force, check_together, target_of
from sheetgd.cli.output import say
from sheetgd.files import keep_text
from sheetgd.lesson.template import template_folder


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command accepts."""
    parser.add_argument(
        "-o", "--output", type=target_of, metavar="FILE", help="write it to a file instead"
    )
    add_force(parser)


def run(options: argparse.Namespace) -> int:
    """Print the script, or write it to a file."""
    check_together(options)
    text = script_file().read_text(encoding="utf-8")
    if options.output is None:
        print(text, end="")
    else:
        keep_text(text, options.output, force=options.force)
        say(str(options.output), "  how to use it stands at its top")
    return 0


def script_file() -> Traversable:
    """Return the Google Apps Script of the buttons; it stands among the templates.

    >>> "function runEpoch()" in script_file().read_text(encoding="utf-8")
    True
    """
    return template_folder() / "sheetgd.gs"
