"""``sheetgd lessons``: list the lessons."""

import argparse
import json

from sheetgd.cli.output import say
from sheetgd.lesson.template import shipped_lesson, shipped_names


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command accepts."""
    parser.add_argument("--json", action="store_true", help="print the list as JSON")


def run(options: argparse.Namespace) -> int:
    """List the lessons that come with sheetgd."""
    summaries = {name: shipped_lesson(name).display.summary for name in shipped_names()}
    if options.json:
        listed = [{"name": name, "summary": text} for name, text in summaries.items()]
        print(json.dumps(listed, indent=2))
        return 0
    for name, summary in summaries.items():
        say(f"{name:{max(map(len, summaries))}}  {summary}")
    return 0
