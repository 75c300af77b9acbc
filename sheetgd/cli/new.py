"""``sheetgd new``: write a template to begin a lesson of your own with."""

import argparse
import shlex

from sheetgd.cli.arguments import add_force, target_of
from sheetgd.cli.output import say
from sheetgd.files import keep_text
from sheetgd.lesson.template import TEMPLATE_SUFFIX, new_template


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command accepts."""
    parser.add_argument("name", type=target_of, metavar="NAME", help="the lesson's name, or a path")
    add_force(parser)


def run(options: argparse.Namespace) -> int:
    """Write the template."""
    name = options.name.name
    suffix = "" if name.endswith(TEMPLATE_SUFFIX) else TEMPLATE_SUFFIX
    path = options.name.with_name(name + suffix)
    keep_text(new_template(), path, force=options.force)
    say(str(path), f"  change it, then: sheetgd build {shlex.quote(str(path))}")
    return 0
