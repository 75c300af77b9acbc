"""What commands print: tables and charts, progress, warnings, and facts as JSON.

Colours and progress are rich's, and so is the knowledge of terminals. Tables are laid out here:
rich does not line up decimal points, and takes more than 20 times as long, which is seconds for
the log of a long run. Charts and sparklines in text it does not have.
"""

import json
import math
import os
import re
import sys
import time
from argparse import Namespace
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from itertools import pairwise
from textwrap import wrap
from typing import Any, Self, TextIO, TypeGuard

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TimeRemainingColumn
from rich.style import Style

from sheetgd.cli.arguments import options_in
from sheetgd.engine.automatic import nudge_advice, unit_advice
from sheetgd.engine.chosen import chosen_words
from sheetgd.engine.error_surface import BestFit
from sheetgd.engine.sweep import advice
from sheetgd.errors import printable
from sheetgd.expression.excel import ErrorValue
from sheetgd.lesson.fields import CHOOSABLE
from sheetgd.lesson.lesson import Lesson
from sheetgd.sheets.book import slowness

USUAL_WIDTH = 80

_ASCII_LOCALES = ("C", "POSIX")
_COERCED = ("C.UTF-8", "C.utf8", "UTF-8")
"""What Python itself makes of LC_CTYPE where it finds the locale C."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminal:
    """What may be written to a stream.

    Attributes:
        interactive: whether it is a terminal, not a file or a pipe.
        animated: whether a line in it may be written over and over: not in CI, nor in a
            terminal that calls itself dumb.
        colours: whether it takes colour codes.
        unicode: whether it shows lines, blocks and dots; otherwise ASCII has to do.
        width: its columns; 80 where there is no terminal to ask.
    """

    interactive: bool = False
    animated: bool = False
    colours: bool = False
    unicode: bool = False
    width: int = USUAL_WIDTH

    @classmethod
    def of(cls, stream: TextIO) -> Self:
        """Find out what a stream can show.

        NO_COLOR turns colours off, FORCE_COLOR turns them on in a pipe, too. In the locale C,
        drawings are ASCII.
        """
        console, interactive = Console(file=stream), stream.isatty()
        return cls(
            interactive=interactive,
            animated=interactive and console.is_interactive and not os.environ.get("CI"),
            # The old console of Windows shows codes as text.
            colours=console.color_system not in {None, "windows"} and not console.no_color,
            unicode=not console.options.ascii_only
            and not console.legacy_windows
            # The font of the Linux console has no dots.
            and os.environ.get("TERM") != "linux"
            and _locale() not in _ASCII_LOCALES,
            # Where the stream is a file, rich would ask another one.
            width=console.width if interactive else USUAL_WIDTH,
        )

    def styled(self, text: str, style: str) -> str:
        r"""Put a text in one of rich's styles, or leave it as it is where there are no colours.

        >>> Terminal(colours=True).styled("grown", "red")
        '\x1b[31mgrown\x1b[0m'
        >>> Terminal().styled("grown", "red")
        'grown'
        """
        return Style.parse(style).render(text) if self.colours else text


def _locale() -> str:
    """Return the locale that the user has chosen for characters; nothing if none was."""
    kind = os.environ.get("LC_CTYPE", "")
    chosen = ("" if kind in _COERCED else kind) or os.environ.get("LANG", "")
    return os.environ.get("LC_ALL") or chosen


Tick = Callable[[int, int], None]
"""Called with how much is done, and how much there is to do."""

PATIENCE = 0.5
"""Work that lasts no more seconds than this shows no bar."""

_PAUSE = 0.2
_INTERRUPT = "^C"
"""What a terminal itself writes behind the bar when the work is interrupted."""


@contextmanager
def progress(
    stream: TextIO,
    *,
    unit: str = "epoch",
    quiet: bool = False,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Tick | None]:
    """Show how far some work is, on one line that is wiped in the end, come what may.

    Args:
        stream: where to; the error output, so that the work's result stays clean.
        unit: what is counted, in the singular.
        quiet: show nothing.
        clock: tells the time in seconds.

    Yields:
        What to call as the work goes on, as often as one likes; None where the stream is
        no terminal that a line could be wiped in, so that the work need not call at all.
    """
    terminal = Terminal.of(stream)
    if quiet or not terminal.animated:
        yield None
        return
    console = Console(
        file=stream,
        color_system="auto" if terminal.colours else None,
        width=max(terminal.width - len(_INTERRUPT) - 1, 1),
    )
    bar = Progress(
        "{task.description} {task.completed:,} of {task.total:,}",
        # In ASCII, numbers alone have to do.
        *[BarColumn()] * terminal.unicode,
        TaskProgressColumn(),
        TimeRemainingColumn(compact=True),
        console=console,
        auto_refresh=False,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
        get_time=clock,
    )
    task = bar.add_task(unit, total=None)
    due = clock() + PATIENCE

    def tick(done: int, total: int) -> None:
        nonlocal due
        # rich takes its time to draw, and 3 µs for no more than to be told.
        if clock() >= due:
            due = clock() + _PAUSE
            bar.update(task, completed=done, total=total)
            bar.start()
            bar.refresh()

    try:
        yield tick
    finally:
        bar.stop()


Entry = str | float | None
"""What a table holds: a text, a number, or nothing."""

DIGITS = 10
"""The significant digits a number is shown with, where there is room."""

_LAYOUTS = ((DIGITS, "  "), (8, "  "), (6, "  "), (6, " "), (5, " "))
"""Digits of numbers and gaps between columns, from the widest layout to the narrowest."""

_CODE = re.compile(r"\x1b\[\d+m")


def table_lines(columns: Mapping[str, Sequence[Entry]], terminal: Terminal) -> list[str]:
    r"""Lay out a table: a line of headers and a line for each row.

    Numbers stand on the right, their decimal points below each other; texts on the left.
    A column that holds very large numbers, as those of a run that diverges, has powers of
    ten throughout; what is too large for a number is shown as a spreadsheet shows it. In a
    terminal too narrow for the table, numbers have fewer digits and columns a narrower gap;
    elsewhere numbers always have 10 digits. Where there are colours, the headers are bold
    and ruled.

    Args:
        columns: the columns by header, of one length. Texts may be styled.
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
    return [terminal.styled(header, "bold"), terminal.styled(rule, "dim"), *lines]


def _laid_out(header: str, entries: Sequence[Entry], digits: int) -> tuple[str, list[str]]:
    """Return a column's header and entries, all of one width."""
    if not _are_numbers(entries):
        texts = ["" if entry is None else str(entry) for entry in entries]
        lengths = [len(_CODE.sub("", text)) for text in texts]
        width = max(len(header), *lengths, 0)
        padded = zip(texts, lengths, strict=True)
        return header.ljust(width), [text + " " * (width - length) for text, length in padded]
    texts = _by_point(number_texts(entries, digits))
    width = max(len(header), *map(len, texts), 0)
    return header.rjust(width), [text.rjust(width) for text in texts]


def _are_numbers(entries: Iterable[Entry]) -> TypeGuard[Sequence[float | None]]:
    return not any(isinstance(entry, str) for entry in entries)


def number_texts(values: Sequence[float | None], digits: int = DIGITS) -> list[str]:
    """Write numbers with this many significant digits, all or none with powers of ten.

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


def _number_text(value: float | None, number_format: str) -> str:
    if value is None:
        return ""
    return format(value, number_format) if math.isfinite(value) else ErrorValue.NUMBER


def _by_point(texts: Sequence[str]) -> list[str]:
    """Pad texts of numbers so that their decimal points line up."""
    places = [_point_of(text) for text in texts]
    before = max(places, default=0)
    moved = [
        " " * (before - place) + text if text else ""
        for text, place in zip(texts, places, strict=True)
    ]
    width = max(map(len, moved), default=0)
    return [text.ljust(width) for text in moved]


def _point_of(text: str) -> int:
    """Find where a number's decimal point is, or would be."""
    for mark in ".e":
        place = text.find(mark)
        if place >= 0:
            return place
    return len(text)


LOG_FACTOR = 50.0
"""Positive values that span more than this factor are drawn on a log scale."""

ROWS = 8
WIDEST = 72

_LEAST_COLUMNS = 10
_MIDDLE = 0.5
"""Where a line runs that goes neither up nor down."""
_DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
"""The bits of a braille character's dots, by column and from the top down."""
_BRAILLE = 0x2800

_BLOCKS = "▁▂▃▄▅▆▇█"
_ASCII_BLOCKS = "_.-=*#"


def chart_lines(
    values: Sequence[float], terminal: Terminal, *, title: str, last: int | None = None
) -> list[str]:
    r"""Draw a series by epoch.

    Args:
        values: one an epoch, from epoch 0. What is no number leaves a gap.
        terminal: where the chart is shown.
        title: what the values are called.
        last: the last epoch; None where there is a value for every epoch.

    Returns:
        A title, eight rows with the highest and the lowest value beside them, and the
        first and the last epoch; at most 72 columns. On a log scale where the values are
        all positive and span more than a factor of 50. Nothing where there are not two
        numbers to draw.

    >>> print("\n".join(chart_lines([8, 4, 2, 1, 0], Terminal(width=24), title="rmse")))
    rmse by epoch
    8 |**
      | **
      |  **
      |   ***
      |     ***
      |       *****
      |           ******
    0 |                ****
      +--------------------
       0                  4
    """
    heights, logarithmic = scaled(values)
    drawn = [height for height in heights if height is not None]
    if len(drawn) < 2:  # noqa: PLR2004  a line has two ends
        return []
    numbers = [value for value in values if math.isfinite(value)]
    labels = _labels(min(numbers), max(numbers))
    margin = max(map(len, labels))
    columns = max(min(WIDEST, terminal.width - 1) - margin - 2, _LEAST_COLUMNS)
    rows = _braille(heights, columns) if terminal.unicode else _stars(heights, columns)
    upright, corner, across = "│└─" if terminal.unicode else "|+-"
    remarks = ["log scale"] * logarithmic + _gaps(values)
    heading = f"{title} by epoch" + (f" ({'; '.join(remarks)})" if remarks else "")
    lines = [terminal.styled(heading, "bold")]
    for label, row in zip(labels, rows, strict=True):
        beside = terminal.styled(f"{label:>{margin}} {upright}", "dim")
        lines.append(beside + terminal.styled(row.rstrip(), "cyan"))
    end = str(len(values) - 1 if last is None else last)
    lines.append(terminal.styled(" " * (margin + 1) + corner + across * columns, "dim"))
    ends = " " * (margin + 2) + "0" + end.rjust(columns - 1)
    return [*lines, terminal.styled(ends, "dim")]


def sparkline(values: Sequence[float], width: int, *, unicode: bool = True) -> str:
    """Draw a series in one row of blocks, each as high as its value is between the extremes.

    Args:
        values: the series; what is no number leaves a gap.
        width: the row's characters, if there are as many values.
        unicode: whether blocks can be shown; otherwise ASCII characters stand in.

    >>> sparkline([1, 2, 3, 4, 5, 6, 7, 8], 8), sparkline([3, 1, math.nan], 8, unicode=False)
    ('▁▂▃▄▅▆▇█', '#_ ')
    """
    heights, _ = scaled(values)
    count = min(width, len(values))
    steps = max(count - 1, 1)
    chosen = [heights[round(place * (len(values) - 1) / steps)] for place in range(count)]
    blocks = _BLOCKS if unicode else _ASCII_BLOCKS
    return "".join(
        " " if height is None else blocks[min(int(height * len(blocks)), len(blocks) - 1)]
        for height in chosen
    )


def scaled(values: Sequence[float]) -> tuple[list[float | None], bool]:
    """Scale values between the lowest, 0, and the highest, 1; tell whether by logarithms.

    A value that is no finite number has no height; where all are the same, it is a half.

    >>> scaled([1, 2, 3, math.inf]), scaled([1, 10, 100])
    (([0.0, 0.5, 1.0, None], False), ([0.0, 0.5, 1.0], True))
    """
    numbers = [value for value in values if math.isfinite(value)]
    if not numbers:
        return [None] * len(values), False
    low, high = min(numbers), max(numbers)
    # A ratio of numbers so far apart may overflow, which Python's floats do quietly.
    logarithmic = low > 0 and high / low > LOG_FACTOR
    low, high = (_level(each, logarithmic=logarithmic) for each in (low, high))
    heights = [
        ((_level(value, logarithmic=logarithmic) - low) / (high - low) if high > low else _MIDDLE)
        if math.isfinite(value)
        else None
        for value in values
    ]
    return heights, logarithmic


def _level(value: float, *, logarithmic: bool) -> float:
    # By halves, so that the difference of two large numbers is a number, too.
    return math.log10(value) if logarithmic else value / 2


def _labels(low: float, high: float) -> list[str]:
    """Label each row, in as many digits as tell the highest from the lowest."""
    if low == high:
        middle = (ROWS - 1) - round(_MIDDLE * (ROWS - 1))
        return [f"{high:.4g}" if row == middle else "" for row in range(ROWS)]
    digits = next(each for each in range(4, 18) if f"{high:.{each}g}" != f"{low:.{each}g}")
    return [f"{high:.{digits}g}", *[""] * (ROWS - 2), f"{low:.{digits}g}"]


def _gaps(values: Sequence[float]) -> list[str]:
    """Say what is to be said of values that cannot be drawn."""
    missing = [epoch for epoch, value in enumerate(values) if not math.isfinite(value)]
    if not missing:
        return []
    if missing[0] == len(values) - len(missing):
        return [f"no number from epoch {missing[0]:,} on"]
    return [f"gaps where it is no number, {len(missing):,} in all"]


def _braille(heights: Sequence[float | None], columns: int) -> list[str]:
    """Draw the line in dots, two beside and four below each other in a character."""
    across, down = len(_DOTS), len(_DOTS[0])
    cells = [[0] * columns for _ in range(ROWS)]
    for column, (low, high) in _spans(heights, columns * across, ROWS * down).items():
        for level in range(low, high + 1):
            from_top = ROWS * down - 1 - level
            bit = _DOTS[column % across][from_top % down]
            cells[from_top // down][column // across] |= bit
    return ["".join(chr(_BRAILLE + bits) if bits else " " for bits in row) for row in cells]


def _stars(heights: Sequence[float | None], columns: int) -> list[str]:
    """Draw the line in ASCII."""
    cells = [[" "] * columns for _ in range(ROWS)]
    for column, (low, high) in _spans(heights, columns, ROWS).items():
        for level in range(low, high + 1):
            cells[ROWS - 1 - level][column] = "*"
    return ["".join(row) for row in cells]


def _spans(
    heights: Sequence[float | None], columns: int, levels: int
) -> dict[int, tuple[int, int]]:
    """Find from which level to which the line through the heights runs in each column."""
    reached: dict[int, list[float]] = {}
    last = max(len(heights) - 1, 1)
    points = [
        None if height is None else (place * (columns - 1) / last, height * (levels - 1))
        for place, height in enumerate(heights)
    ]
    for point in points:
        if point is not None:
            reached.setdefault(round(point[0]), []).append(point[1])
    for one, other in pairwise(points):
        if one is None or other is None:
            continue
        (left, at_left), (right, at_right) = one, other
        slope = (at_right - at_left) / (right - left)
        for column in range(round(left), round(right) + 1):
            # A steep line fills the column up to half way to the next.
            for edge in (max(left, column - 0.5), min(right, column + 0.5)):
                reached.setdefault(column, []).append(at_left + slope * (edge - left))
    return {
        column: (round(min(levels_here)), round(max(levels_here)))
        for column, levels_here in reached.items()
    }


_RECORDS_AT_ONCE = 10_000

Columns = Mapping[str, Any]
"""A table by its headers: lists, or arrays of one dimension."""


def json_text(facts: Mapping[str, Any], tables: Mapping[str, Columns]) -> str:
    """Write a JSON document of facts and then tables, each a list with a record a line.

    JSON has no infinity and no NaN: both are written as null.

    >>> print(json_text({"rate": math.inf}, {"log": {"epoch": [0, 1], "rmse": [0.1, 2.5]}}))
    {
      "rate": null,
      "log": [
        {"epoch": 0, "rmse": 0.1},
        {"epoch": 1, "rmse": 2.5}
      ]
    }
    """
    return "".join(json_pieces(facts, tables))


def json_pieces(facts: Mapping[str, Any], tables: Mapping[str, Columns]) -> Iterator[str]:
    """Write such a document piece by piece, as that of a long run has millions of records."""
    yield json.dumps(_finite(facts), indent=2, allow_nan=False).removesuffix("\n}")
    for name, columns in tables.items():
        yield f",\n  {json.dumps(name)}: ["
        between = "\n    "
        for first in range(0, min(map(len, columns.values()), default=0), _RECORDS_AT_ONCE):
            part = (each[first : first + _RECORDS_AT_ONCE] for each in columns.values())
            # Numbers of NumPy's are none of JSON's.
            listed = (getattr(each, "tolist", lambda each=each: each)() for each in part)
            records = (
                json.dumps(_finite(dict(zip(columns, row, strict=True))), allow_nan=False)
                for row in zip(*listed, strict=True)
            )
            yield between + ",\n    ".join(records)
            between = ",\n    "
        yield "\n  ]" if between[0] == "," else "]"
    yield "\n}"


def _finite(value: Any) -> Any:  # noqa: ANN401  whatever JSON can hold
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(each) for each in value]
    return value


def say(*lines: str, to: TextIO | None = None) -> None:
    """Print lines with nothing in them that a terminal would obey."""
    print("\n".join(map(printable, lines)), file=to)


def warn_of_lesson(lesson: Lesson) -> None:
    """Say on the error output when the learning rate, or the data's unit, cannot go well."""
    warn_of_data(lesson)
    _say_warning(advice(lesson))


def warn_of_data(lesson: Lesson) -> None:
    """Say on the error output when the data's unit, or the nudge, cannot go well with them."""
    _say_warning(unit_advice(lesson))
    _say_warning(nudge_advice(lesson))


def _say_warning(warning: str | None) -> None:
    if warning is not None:
        told = options_in(" ".join(warning.split()), CHOOSABLE)
        say(f"sheetgd: warning: {told}", to=sys.stderr)


def say_chosen(lesson: Lesson, options: Namespace, *, rate: bool = True) -> None:
    """Say on the error output what was chosen for the data; `rate` as `chosen_words` has it."""
    if options.quiet:
        return
    words = chosen_words(lesson, rate=rate)
    chosen = [] if words is None else [options_in(words, CHOOSABLE)]
    for each in (*chosen, *unsaid_notes(lesson, options)):
        say(f"sheetgd: {each}", to=sys.stderr)


def unsaid_notes(lesson: Lesson, options: Namespace) -> list[str]:
    """Return the lesson's notes that are not in the line that tells what was read."""
    return [note for note in lesson.notes if note not in (options.read or "")]


def say_slow(lesson: Lesson, smaller: str, *, quiet: bool) -> None:
    """Say on the error output, before the work begins, when a workbook will be slow to open."""
    word = None if quiet else slowness(lesson, smaller)
    if word is not None:
        say(f"sheetgd: {word}", to=sys.stderr)


def styled_lines(text: str, terminal: Terminal, style: str) -> list[str]:
    """Put a text in a style, broken between words where a terminal is too narrow for it."""
    broken = wrap(text, terminal.width, subsequent_indent="  ") if terminal.interactive else [text]
    return [terminal.styled(line, style) for line in broken]


def lesson_facts(lesson: Lesson) -> dict[str, Any]:
    """Return a lesson's choices and settings by their names."""
    training = lesson.training
    facts: dict[str, Any] = {"title": lesson.display.title, "n_rows": lesson.n_rows}
    facts["classes"] = list(lesson.data.classes)
    facts |= {each.name: getattr(lesson.method, each.name) for each in fields(lesson.method)}
    facts |= {each.name: getattr(training, each.name) for each in fields(training)}
    return {
        **facts,
        "formula": lesson.model.text,
        "hyperparameters": dict(lesson.method.hyperparameters),
        "schedule_parameters": dict(training.schedule_parameters),
        "optimizer_state": dict(training.optimizer_state),
        "start": dict(zip(lesson.model.parameters, training.start, strict=True)),
        "chosen": {name: str(how) for name, how in training.chosen.items()},
    }


def best_fit_facts(best: BestFit | None) -> dict[str, Any] | None:
    """Return a fit's parameters by name, and its metric; None where there is none."""
    if best is None:
        return None
    parameters = dict(zip(best.names, best.parameters, strict=True))
    return {"parameters": parameters, "metric": best.metric}
