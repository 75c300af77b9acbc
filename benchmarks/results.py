"""Results as JSON, as a table in a terminal, and as a table in a document."""

import json
import os
import platform
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from benchmarks.harness import Result, Size, Verdict
from sheetgd.cli.output import Terminal, table_lines

KEPT = Path(__file__).with_name("results.json")
"""The results that the documents show."""

OPENING = "opening the default workbook"
AN_EDIT = "an edit of "
OLD_WORKBOOK = "version 0.2.0's"
IMPORT_OPENPYXL = 'python -c "import openpyxl"'
"""What lines of the table are called that the summary shows."""

_PACKAGES = ("numpy", "pandas", "openpyxl", "numba", "scikit-learn", "torch", "XlsxWriter")
_MARKS = ("<!-- benchmarks: {} -->", "<!-- benchmarks: end -->")
_DIGITS = 3
_UNITS = ("ns", "µs", "ms", "s")

Document = Mapping[str, Any]


def machine() -> dict[str, str]:
    """Say what the results were measured on."""
    facts = {
        "system": f"{platform.system()} {platform.machine()}",
        "cores": str(os.cpu_count()),
        "python": platform.python_version(),
    }
    for name in _PACKAGES:
        try:
            facts[name] = version(name)
        except PackageNotFoundError:
            facts[name] = "not installed"
    return facts


def document(size: Size, rounds: int, groups: Mapping[str, Sequence[Result]]) -> dict[str, Any]:
    """Return results as JSON has them: what each group was measured on, and its lines."""
    about = {"size": str(size), "rounds": rounds, "machine": machine()}
    return {
        name: {**about, "results": [asdict(each) for each in results]}
        for name, results in groups.items()
    }


def json_of(content: Document) -> str:
    """Write a document as JSON."""
    return json.dumps(content, indent=1, allow_nan=False) + "\n"


def kept() -> dict[str, Any]:
    """Read the document that was kept last; empty where there is none."""
    if not KEPT.is_file():
        return {}
    content: dict[str, Any] = json.loads(KEPT.read_text(encoding="utf-8"))
    return content


def results_of(content: Document) -> list[Result]:
    """Return the results of a document, in its order."""
    return [
        Result(**{**each, "verdict": Verdict(each["verdict"])})
        for group in content.values()
        for each in group["results"]
    ]


def number(value: float | None) -> str:
    """Write a number with three significant digits.

    >>> [number(each) for each in (0.01234, 1.5, 16.66, 123456.7, None)]
    ['0.0123', '1.50', '16.7', '123,457', '']
    """
    if value is None:
        return ""
    text = f"{value:#.{_DIGITS}g}"
    return f"{value:,.0f}" if "e+" in text else text.removesuffix(".")


def cost(nanoseconds: float | None) -> str:
    """Write a time in the unit in which it is neither long nor small.

    >>> cost(1234.5), cost(2.5e9)
    ('1.23 µs', '2.50 s')
    """
    if nanoseconds is None:
        return ""
    power = 0
    while power + 1 < len(_UNITS) and nanoseconds >= 1000 ** (power + 1):
        power += 1
    return f"{number(nanoseconds / 1000**power)} {_UNITS[power]}"


def said(result: Result) -> str:
    """Say what came out, in words."""
    if result.value is None:
        return "-"
    return f"{number(result.value)}{'' if result.measure[0] == 'x' else ' '}{result.measure}"


def spread(result: Result) -> str:
    """Write the span from the lowest round to the highest."""
    if result.low is None or result.high is None:
        return ""
    return f"{number(result.low)} - {number(result.high)}"


def lines(results: Sequence[Result], terminal: Terminal) -> list[str]:
    """Write a table for the terminal, and under it what there is to know."""
    columns = {
        "what": [each.title for each in results],
        "beside": [each.against for each in results],
        "ours": [_each(each.ours, each.unit) for each in results],
        "theirs": [_each(each.theirs, each.unit) for each in results],
        "result": [said(each) for each in results],
        "rounds": [spread(each) for each in results],
        "target": [each.target for each in results],
        "": [str(each.verdict) for each in results],
    }
    shown = {header: texts for header, texts in columns.items() if any(texts)}
    # A terminal's width must not cut digits here.
    table = table_lines(shown, Terminal(colours=terminal.colours, unicode=terminal.unicode))
    notes = dict.fromkeys(
        f"{each.against or each.title}: {each.note}" for each in results if each.note
    )
    return [*table, *notes]


def summary(content: Document) -> str:
    """Write what the README shows: what one feels, in three lines."""
    found = {(each.title, each.against): each for each in results_of(content)}

    def told(title: str, against: str) -> str:
        result = found.get((title, against))
        if result is None or result.value is None:
            return "not measured"
        times = f"{number(result.value)} times as long as {against}"
        return f"{times} ({_each(result.ours, result.unit)})"

    edits = [each for each in found.values() if each.title.startswith(AN_EDIT) and each.ours]
    slowest = max(edits, key=lambda each: each.ours or 0.0, default=Result(title=AN_EDIT))
    edited = told(slowest.title, slowest.against)
    lines_ = {
        f"{OPENING} in LibreOffice": told(OPENING, OLD_WORKBOOK),
        f"the kind of edit there that takes longest, {slowest.title.removeprefix(AN_EDIT)}": edited,
        "`sheetgd build`": told("sheetgd build", IMPORT_OPENPYXL),
    }
    return "\n".join(f"- {what}: {result}" for what, result in lines_.items())


def whole(content: Document) -> str:
    """Write everything that was measured."""
    table = _markdown(
        ("what", "beside", "ours", "theirs", "result", "rounds", "target", "verdict", "note"),
        (
            (
                each.title,
                each.against,
                _each(each.ours, each.unit),
                _each(each.theirs, each.unit),
                said(each),
                spread(each),
                each.target,
                each.verdict,
                each.note,
            )
            for each in results_of(content)
        ),
    )
    return f"{table}\n\n{_measured_on(content)}"


def filled(text: str, name: str, content: str) -> str:
    """Replace what stands between two marks of a document.

    Raises:
        ValueError: when there are no such marks, or more than one place with them.
    """
    first, last = _MARKS[0].format(name), _MARKS[1]
    pattern = re.compile(re.escape(first) + r"\n.*?" + re.escape(last), re.DOTALL)
    made, count = pattern.subn(lambda _: f"{first}\n{content}\n{last}", text)
    if count != 1:
        raise ValueError(f"there are {count} places marked {first}, not one")
    return made


def _each(nanoseconds: float | None, unit: str) -> str:
    return "" if nanoseconds is None else f"{cost(nanoseconds)} a {unit}"


def _measured_on(content: Document) -> str:
    """Write the machines and versions, once where they are the same for all groups."""
    told = []
    for group in content.values():
        facts = group["machine"]
        packages = ", ".join(f"{each} {facts[each]}" for each in _PACKAGES)
        told.append(
            f"Measured on {facts['system']} with {facts['cores']} cores, Python "
            f"{facts['python']}, {packages}; medians of {group['rounds']} rounds."
        )
    return " ".join(dict.fromkeys(told))


def _markdown(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines_ = ["| " + " | ".join(headers) + " |", "| " + " | ".join("---" for _ in headers) + " |"]
    lines_ += ["| " + " | ".join(each.replace("|", "\\|") for each in row) + " |" for row in rows]
    return "\n".join(lines_)


def say(text: str = "") -> None:
    """Print a line at once, for measuring takes a while."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
