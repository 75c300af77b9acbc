"""``sheetgd page``: write a lesson as a page for the browser."""

import argparse

from sheetgd.cli.arguments import (
    DEFAULT_FOLDER,
    DEFAULT_WORKBOOK,
    add_force,
    add_json,
    add_lesson_options,
    add_quiet,
    check_together,
    lesson_of,
    name_of,
    target_of,
)
from sheetgd.cli.build import PAGE_ENDING, tell, written_page
from sheetgd.errors import OutputError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command accepts."""
    add_lesson_options(parser)
    parser.add_argument(
        "-o", "--output", type=target_of, metavar="FILE",
        help=f"the {PAGE_ENDING} file (default: named after the lesson or the data, in "
        f"{DEFAULT_FOLDER})",
    )  # fmt: skip
    add_quiet(parser, "print nothing but warnings")
    add_json(parser, "what was written")
    add_force(parser)


def run(options: argparse.Namespace) -> int:
    """Write the lesson's page, and tell where it is."""
    check_together(options)
    lesson = lesson_of(options)
    path = options.output or DEFAULT_WORKBOOK.with_name(f"{name_of(options)}{PAGE_ENDING}")
    if path.suffix.lower() != PAGE_ENDING:
        raise OutputError(
            f"{path}: a page's name ends in {PAGE_ENDING}; call it {path.name}{PAGE_ENDING}"
        )
    return tell([written_page(lesson, path, options)], lesson, options)
