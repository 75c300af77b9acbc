"""Tables of text: columns that line up, numbers by their decimal points."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeGuard

from sheetgd.cells import ErrorValue
from sheetgd.terminal import Ink, Terminal

Entry = str | float | None
"""What a table holds: a text, a number, or nothing."""

DIGITS = 10
"""So many digits that count a number is shown with, where there is room."""

_LAYOUTS = ((DIGITS, "  "), (8, "  "), (6, "  "), (6, " "), (5, " "))
"""Digits of numbers and gaps between columns, from the widest layout to the narrowest."""

_INK = re.compile(r"\x1b\[\d+m")


def table_lines(columns: Mapping[str, Sequence[Entry]], terminal: Terminal) -> list[str]:
    r"""Lay out a table: a line of headers and a line for each row.

    Numbers stand on the right, their decimal points below each other; texts on the left.
    A column that holds very large numbers, as those of a run that diverges, has powers of
    ten throughout; what is too large for a number is shown as a spreadsheet shows it. In a
    terminal too narrow for the table, numbers have fewer digits and columns a narrower gap;
    elsewhere numbers always have 10 digits. Where there are colours, the headers are bold
    and ruled.

    Args:
        columns: the columns by header, of one length. Texts may be inked.
        terminal: where the table is shown.

    >>> columns = {"epoch": [0, 1], "rmse": [125.5, 72.75125], "so far": ["start", "better"]}
    >>> print("\n".join(table_lines(columns, Terminal())))
    epoch       rmse  so far
        0  125.5      start
        1   72.75125  better
    """
    for digits, gap in _LAYOUTS:
        laid = [_laid_out(header, entries, digits) for header, entries in columns.items()]
        width = sum(len(header) for header, _ in laid) + len(gap) * (len(laid) - 1)
        if not terminal.interactive or width <= terminal.width:
            break
    header = gap.join(header for header, _ in laid)
    lines = [gap.join(row).rstrip() for row in zip(*(texts for _, texts in laid), strict=True)]
    if not terminal.colours:
        return [header.rstrip(), *lines]
    rule = ("─" if terminal.unicode else "-") * width
    return [terminal.inked(header, Ink.BOLD), terminal.inked(rule, Ink.FAINT), *lines]


def _laid_out(header: str, entries: Sequence[Entry], digits: int) -> tuple[str, list[str]]:
    """A column's header and entries, all of one width."""
    if not _are_numbers(entries):
        texts = ["" if entry is None else str(entry) for entry in entries]
        lengths = [len(_INK.sub("", text)) for text in texts]
        width = max(len(header), *lengths, 0)
        padded = zip(texts, lengths, strict=True)
        return header.ljust(width), [text + " " * (width - length) for text, length in padded]
    texts = _by_point(number_texts(entries, digits))
    width = max(len(header), *map(len, texts), 0)
    return header.rjust(width), [text.rjust(width) for text in texts]


def _are_numbers(entries: Iterable[Entry]) -> TypeGuard[Sequence[float | None]]:
    return not any(isinstance(entry, str) for entry in entries)


def number_texts(values: Sequence[float | None], digits: int = DIGITS) -> list[str]:
    """Numbers in so many digits that count, in one notation: powers of ten for all or none.

    >>> number_texts([1, 2.5, None, 0.0001])
    ['1', '2.5', '', '0.0001']
    >>> number_texts([0, 1.5, -2636.5, 3.7e16, float("nan")], digits=4)
    ['0', '1.500', '-2.636e+03', '3.700e+16', '#NUM!']
    """
    # Whole numbers, such as those of epochs, are shown in full, however many digits they have.
    if all(isinstance(value, int) for value in values):
        return [str(value) for value in values]
    plain = [_number_text(value, f".{digits}g") for value in values]
    if not any("e+" in text for text in plain):
        return plain
    powers = [_number_text(value, f".{digits - 1}e") for value in values]
    return [
        short if short in {"", "0", "1", "-1"} else power.removesuffix("e+00")
        for short, power in zip(plain, powers, strict=True)
    ]


def _number_text(value: float | None, form: str) -> str:
    if value is None:
        return ""
    return format(value, form) if math.isfinite(value) else ErrorValue.NUMBER


def _by_point(texts: Sequence[str]) -> list[str]:
    """Texts of numbers with spaces around them, so that their decimal points line up."""
    places = [_point_of(text) for text in texts]
    before = max(places, default=0)
    moved = [
        " " * (before - place) + text if text else ""
        for text, place in zip(texts, places, strict=True)
    ]
    width = max(map(len, moved), default=0)
    return [text.ljust(width) for text in moved]


def _point_of(text: str) -> int:
    """Where a number's decimal point is, or would be."""
    for mark in ".e":
        place = text.find(mark)
        if place >= 0:
            return place
    return len(text)
