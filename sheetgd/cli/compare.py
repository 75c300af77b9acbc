"""``sheetgd compare``: compare a workbook with the original."""

import argparse
import json

from sheetgd.cli.arguments import DEFAULT_WORKBOOK, path_of
from sheetgd.cli.output import say
from sheetgd.compare import compare_workbook

_DIFFERENT = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command accepts."""
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
        help="your own copy of the original (.xlsx, .ods, .csv, .tsv, or the published page saved "
        "as .html) instead of the published cells",
    )
    parser.add_argument(
        "--recalculate",
        action="store_true",
        help="let LibreOffice compute the workbook afresh instead of taking its stored values",
    )
    parser.add_argument("--json", action="store_true", help="print the report as JSON")


def run(options: argparse.Namespace) -> int:
    """Compare the workbook, and report what differs."""
    comparison = compare_workbook(
        options.workbook, against=options.against, recalculate=options.recalculate
    )
    if options.json:
        print(json.dumps(comparison.to_json_dict(), indent=2))
    else:
        say(*comparison.to_text().split("\n"))
    return 0 if comparison.same else _DIFFERENT
