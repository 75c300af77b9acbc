"""``sheetgd build``: write a workbook, a page for the browser, or both."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
    unsaid_notes,
    warn_of_lesson,
)
from sheetgd.engine.chosen import chosen_words
from sheetgd.errors import OutputError
from sheetgd.lesson.checks import counted
from sheetgd.lesson.fields import CHOOSABLE
from sheetgd.lesson.lesson import Lesson
from sheetgd.web.page import write_page
from sheetgd.xlsx.write import FAST, Built, build_workbook, check_build

PAGE_ENDING = ".html"


@dataclass(frozen=True, slots=True)
class Page:
    """A page for the browser that was written: where, and whether the same was there already."""

    path: Path
    unchanged: bool


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command accepts."""
    add_lesson_options(parser)
    for setting in settings_of("display"):
        add_setting(parser, setting)
    parser.add_argument(
        "-o",
        "--output",
        type=target_of,
        action="append",
        metavar="FILE",
        help="where to write: a workbook (.xlsx), or a page for any browser (.html); -o again for "
        f"both (default: {DEFAULT_WORKBOOK.as_posix()}, or named after the lesson or the data)",
    )
    add_compress(parser)
    add_quiet(parser, "print nothing but warnings")
    add_json(parser, "what was built")
    add_force(parser)


def run(options: argparse.Namespace) -> int:
    """Build what is asked for of the lesson, and tell what is in it."""
    check_together(options)
    lesson = lesson_of(options)
    paths = options.output or [DEFAULT_WORKBOOK.with_name(f"{name_of(options)}.xlsx")]
    _check(lesson, paths, options.compress)
    if not all(map(_is_page, paths)):
        smaller = "room for fewer epochs makes it smaller (--capacity)"
        say_slow(lesson, smaller, quiet=options.quiet)
    return tell([_written(lesson, path, options) for path in paths], lesson, options)


def _is_page(path: Path) -> bool:
    return path.suffix.lower() == PAGE_ENDING


def _check(lesson: Lesson, paths: Sequence[Path], compress: str) -> None:
    """Say what is wrong with any of the files before the first is written."""
    for path in paths:
        if paths.count(path) > 1:
            raise OutputError(f"{path}: it is named twice; leave one out")
        if not _is_page(path):
            check_build(lesson, path, compress=compress)
    if compress != FAST and all(map(_is_page, paths)):
        raise OutputError("--compress is for a workbook, and none is written: leave it out")


def _written(lesson: Lesson, path: Path, options: argparse.Namespace) -> Built | Page:
    if _is_page(path):
        return written_page(lesson, path, options)
    with progress(sys.stderr, unit="row", quiet=options.quiet) as on_row:
        return build_workbook(
            lesson,
            path,
            force=options.force,
            compress=options.compress,
            on_row=on_row,
        )


def written_page(lesson: Lesson, path: Path, options: argparse.Namespace) -> Page:
    """Write a lesson's page."""
    return Page(path, unchanged=not write_page(lesson, path, force=options.force))


def tell(written: Sequence[Built | Page], lesson: Lesson, options: argparse.Namespace) -> int:
    """Tell what was written of a lesson, as the options ask; return the exit code."""
    if options.json:
        print(_json(written, lesson))
    elif not options.quiet:
        say(*_lines(written, lesson, options))
    warn_of_lesson(lesson)
    return 0


def _lines(
    written: Sequence[Built | Page], lesson: Lesson, options: argparse.Namespace
) -> list[str]:
    """Tell what was written."""
    lines: list[str] = []
    books = any(isinstance(each, Built) for each in written)
    for each in written:
        lines.append(f"{each.path}{' (already there, unchanged)' if each.unchanged else ''}")
        size = f"  {counted(lesson.n_rows, 'data row')}"
        if isinstance(each, Page):
            lines.append(f"{size}; open it in any browser, where it begins with no epoch run")
            continue
        epochs = f"{counted(lesson.epochs_run, 'epoch')} run, room for {lesson.capacity}"
        lines += [
            f"{size}, {epochs}, {each.formulas:,} formulas",
            f"  pages: {', '.join(each.pages)}",
        ]
    chosen = chosen_words(lesson)
    lines += [] if chosen is None else [f"  {options_in(chosen, CHOOSABLE)}"]
    if books and lesson.training.restore_best and lesson.held_out is not None:
        lines.append(
            "  the pages show the run as it goes on; the best epoch and its parameters are on the "
            "page Validation"
        )
    return [*lines, *(f"  {note}" for note in unsaid_notes(lesson, options))]


def _json(written: Sequence[Built | Page], lesson: Lesson) -> str:
    """Describe what was written as a JSON document: the first file, then each of them."""
    files = [_facts(each, lesson) for each in written]
    return json_text({**files[0], "files": files, "lesson": lesson_facts(lesson)}, {})


def _facts(file: Built | Page, lesson: Lesson) -> dict[str, Any]:
    facts: dict[str, Any] = {"path": str(file.path), "unchanged": file.unchanged}
    if isinstance(file, Built):
        facts |= {"pages": file.pages, "formulas": file.formulas, "capacity": lesson.capacity}
    return facts
