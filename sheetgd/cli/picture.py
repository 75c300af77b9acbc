"""``sheetgd picture``: draw the descent."""

import argparse
import os
import sys

from sheetgd.cli.arguments import (
    DEFAULT_FOLDER,
    DEFAULT_WORKBOOK,
    add_force,
    add_lesson_options,
    add_quiet,
    check_together,
    lesson_of,
    name_of,
    target_of,
)
from sheetgd.cli.output import progress, say, say_chosen, warn_of_lesson
from sheetgd.plot.picture import draw_picture


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command accepts."""
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
        help="the .png or .svg file; .gif, or .mp4 where ffmpeg is installed, moves, a frame an "
        f"epoch (default: a .png named after the lesson or the data, in {DEFAULT_FOLDER})",
    )  # fmt: skip
    add_quiet(parser, "print nothing but warnings")
    add_force(parser)


def run(options: argparse.Namespace) -> int:
    """Draw the lesson, and tell what its font lacks."""
    check_together(options)
    # No window is opened, and a backend that is not there must not keep matplotlib from starting.
    os.environ["MPLBACKEND"] = "agg"
    lesson = lesson_of(options)
    say_chosen(lesson, options)
    path = options.output or DEFAULT_WORKBOOK.with_name(f"{name_of(options)}.png")
    with progress(sys.stderr, unit="frame", quiet=options.quiet) as on_frame:
        drawn = draw_picture(
            lesson,
            path,
            kind=options.kind,
            over=options.over,
            force=options.force,
            on_frame=on_frame,
        )
    if not options.quiet:
        say(f"{drawn.path}{' (already there, unchanged)' if drawn.unchanged else ''}")
    if drawn.missing:
        say(
            f"sheetgd: warning: the picture's font has no {drawn.missing}: boxes stand in their "
            "place; rename the columns to change that",
            to=sys.stderr,
        )
    warn_of_lesson(lesson)
    return 0
