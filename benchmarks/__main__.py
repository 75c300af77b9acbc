"""The command ``python -m benchmarks``: see the README beside it."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks import results
from benchmarks.engine import interpreted, logs, sweeps, today, traces
from benchmarks.felt import felt
from benchmarks.harness import Groups, Result, Size, Verdict
from benchmarks.memory import long_logs, long_workbooks
from benchmarks.page import pages
from benchmarks.recalculation import recalculations
from benchmarks.startup import ROOT, startups
from benchmarks.workbook import workbooks
from sheetgd.cli.output import Terminal

GROUPS: Groups = {
    "felt": felt,
    "startup": startups,
    "trace": traces,
    "interpreted": interpreted,
    "log": logs,
    "long-log": long_logs,
    "today": today,
    "sweep": sweeps,
    "workbook": workbooks,
    "long-workbook": long_workbooks,
    "recalculation": recalculations,
    "page": pages,
}
"""All groups, in the order of the tables."""

LEAST_ROUNDS = 5
"""Medians of fewer are not kept."""

DOCUMENTS = {
    ROOT / "README.md": ("summary", results.summary),
    ROOT / "benchmarks" / "README.md": ("everything", results.whole),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the table and keep what is asked for.

    Returns:
        1 where a peer was wrong or a target was missed, 2 where the README asks for more.
    """
    given = _parser().parse_args(arguments)
    size, terminal = Size(given.size), Terminal.of(sys.stdout)
    if given.write_readme and (size is not Size.FULL or given.rounds < LEAST_ROUNDS):
        sys.stderr.write(
            f"the README shows the full size and medians of {LEAST_ROUNDS} rounds or more: "
            "leave out --size and --rounds\n"
        )
        return 2
    measured: dict[str, list[Result]] = {}
    for name in given.groups or GROUPS:
        found = [_as_sized(each, size) for each in GROUPS[name](size, given.rounds)]
        measured[name] = found
        results.say(f"== {name}")
        for line in results.lines(found, terminal):
            results.say(line)
        results.say()
    content = results.document(size, given.rounds, measured)
    if given.json is not None:
        given.json.write_text(results.json_of(content), encoding="utf-8")
    if any(each.verdict is Verdict.WRONG for found in measured.values() for each in found):
        sys.stderr.write("results differ, so nothing is kept: see what is called wrong above\n")
        return 1
    if given.write_readme:
        both = {**results.kept(), **content}
        keep({name: both[name] for name in GROUPS if name in both})
    missed = [each for found in measured.values() for each in found]
    missed = [each for each in missed if each.verdict is Verdict.MISSED]
    for each in missed:
        beside = f", beside {each.against}" if each.against else ""
        sys.stderr.write(f"missed: {each.title}{beside}: {results.said(each)}, not {each.target}\n")
    return 1 if missed else 0


def keep(content: results.Document) -> None:
    """Keep results for the documents, and fill their tables."""
    results.KEPT.write_text(results.json_of(content), encoding="utf-8")
    for path, (name, table) in DOCUMENTS.items():
        text = path.read_text(encoding="utf-8")
        path.write_text(results.filled(text, name, table(content)), encoding="utf-8")


def _as_sized(result: Result, size: Size) -> Result:
    """Drop the target of a result where there is too little work for it to mean anything."""
    if size is Size.FULL:
        return result
    aimed = result.verdict in {Verdict.MET, Verdict.MISSED}
    return replace(result, target="", verdict=Verdict.NONE if aimed else result.verdict)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure sheetgd beside other ways of doing the same work.",
    )
    parser.add_argument(
        "groups", nargs="*", choices=[[], *GROUPS], metavar="GROUP", help=", ".join(GROUPS)
    )
    parser.add_argument(
        "--size", choices=list(Size), default=Size.FULL,
        help="full, as the targets are meant, or small, to see that everything runs",
    )  # fmt: skip
    parser.add_argument(
        "--rounds", type=_counting, default=LEAST_ROUNDS,
        help=f"how often everybody takes a turn ({LEAST_ROUNDS})",
    )  # fmt: skip
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results as JSON")
    parser.add_argument(
        "--write-readme", action="store_true",
        help="keep the results and fill the tables of the READMEs with them",
    )  # fmt: skip
    return parser


def _counting(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text}: it must be 1 or more")
    return number


if __name__ == "__main__":
    sys.exit(main())
