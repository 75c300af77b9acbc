"""``sheetgd build``: write a workbook."""

import argparse
import sys

from sheetgd.cli.arguments import (
    DEFAULT_WORKBOOK,
    add_compress,
    add_force,
    add_json,
    add_lesson_options,
    add_quiet,
    add_setting,
    check_together,
    lesson_of,
    name_of,
    options_in,
    settings_of,
    target_of,
)
from sheetgd.cli.output import (
    json_text,
    lesson_facts,
    progress,
    say,
    say_slow,
    warn_of_lesson,
)
from sheetgd.engine.chosen import chosen_words
from sheetgd.lesson.checks import counted
from sheetgd.lesson.fields import CHOOSABLE
from sheetgd.lesson.lesson import Lesson
from sheetgd.xlsx.write import Built, build_workbook, check_build


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command accepts."""
    add_lesson_options(parser)
    for setting in settings_of("display"):
        add_setting(parser, setting)
    parser.add_argument(
        "-o",
        "--output",
        type=target_of,
        metavar="FILE",
        help=f"where to write (default: {DEFAULT_WORKBOOK.as_posix()}, or named after the "
        "lesson or the data)",
    )
    add_compress(parser)
    add_quiet(parser, "print nothing but warnings")
    add_json(parser, "what was built")
    add_force(parser)


def run(options: argparse.Namespace) -> int:
    """Build the workbook of the lesson, and tell what is in it."""
    check_together(options)
    lesson = lesson_of(options)
    path = options.output or DEFAULT_WORKBOOK.with_name(f"{name_of(options)}.xlsx")
    check_build(lesson, path, compress=options.compress)
    smaller = "room for fewer epochs makes it smaller (--capacity)"
    say_slow(lesson, smaller, quiet=options.quiet)
    with progress(sys.stderr, unit="row", quiet=options.quiet) as on_row:
        built = build_workbook(
            lesson,
            path,
            force=options.force,
            compress=options.compress,
            on_row=on_row,
        )
    if options.json:
        print(_json(built, lesson))
    elif not options.quiet:
        say(*_lines(built, lesson))
    warn_of_lesson(lesson)
    return 0


def _lines(built: Built, lesson: Lesson) -> list[str]:
    """Tell what was built."""
    lines = [
        f"{built.path}{' (already there, unchanged)' if built.unchanged else ''}",
        (
            f"  {counted(lesson.n_rows, 'data row')}, {counted(lesson.epochs_run, 'epoch')} run, "
            f"room for {lesson.capacity}, {built.formulas:,} formulas"
        ),
        f"  pages: {', '.join(built.pages)}",
    ]
    chosen = chosen_words(lesson)
    lines += [] if chosen is None else [f"  {options_in(chosen, CHOOSABLE)}"]
    if lesson.training.restore_best and lesson.held_out is not None:
        lines.append(
            "  the pages show the run as it goes on; the best epoch and its parameters are on the "
            "page Validation"
        )
    return [*lines, *(f"  {note}" for note in lesson.notes)]


def _json(built: Built, lesson: Lesson) -> str:
    """Describe a workbook that was built as a JSON document."""
    facts = {
        "path": str(built.path),
        "unchanged": built.unchanged,
        "pages": built.pages,
        "formulas": built.formulas,
        "capacity": lesson.capacity,
        "lesson": lesson_facts(lesson),
    }
    return json_text(facts, {})
