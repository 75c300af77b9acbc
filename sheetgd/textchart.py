"""Charts of text: a series as a line over several rows, or as a sparkline in one."""

import math
from collections.abc import Sequence
from itertools import pairwise

from sheetgd.terminal import Ink, Terminal

LOG_FACTOR = 50.0
"""Positive figures that span more than this factor are drawn on a log scale."""

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
    lines = [terminal.inked(heading, Ink.BOLD)]
    for label, row in zip(labels, rows, strict=True):
        beside = terminal.inked(f"{label:>{margin}} {upright}", Ink.FAINT)
        lines.append(f"{beside}{terminal.inked(row.rstrip(), Ink.CYAN)}")
    end = str(len(values) - 1 if last is None else last)
    lines.append(terminal.inked(" " * (margin + 1) + corner + across * columns, Ink.FAINT))
    ends = " " * (margin + 2) + "0" + end.rjust(columns - 1)
    return [*lines, terminal.inked(ends, Ink.FAINT)]


def sparkline(values: Sequence[float], width: int, *, unicode: bool = True) -> str:
    """A series in one row of blocks, each as high as its value is between the extremes.

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
    """How high each value is between the lowest, 0, and the highest, 1; and if by logarithms.

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
    """What stands beside each row, in as many digits as tell the highest from the lowest."""
    if low == high:
        middle = (ROWS - 1) - round(_MIDDLE * (ROWS - 1))
        return [f"{high:.4g}" if row == middle else "" for row in range(ROWS)]
    digits = next(each for each in range(4, 18) if f"{high:.{each}g}" != f"{low:.{each}g}")
    return [f"{high:.{digits}g}", *[""] * (ROWS - 2), f"{low:.{digits}g}"]


def _gaps(values: Sequence[float]) -> list[str]:
    """What is said of values that cannot be drawn."""
    missing = [epoch for epoch, value in enumerate(values) if not math.isfinite(value)]
    if not missing:
        return []
    if missing[0] == len(values) - len(missing):
        return [f"no number from epoch {missing[0]:,} on"]
    return [f"gaps where it is no number, {len(missing):,} in all"]


def _braille(heights: Sequence[float | None], columns: int) -> list[str]:
    """The line in dots, two beside and four below each other in a character."""
    across, down = len(_DOTS), len(_DOTS[0])
    cells = [[0] * columns for _ in range(ROWS)]
    for column, (low, high) in _spans(heights, columns * across, ROWS * down).items():
        for level in range(low, high + 1):
            from_top = ROWS * down - 1 - level
            bit = _DOTS[column % across][from_top % down]
            cells[from_top // down][column // across] |= bit
    return ["".join(chr(_BRAILLE + bits) if bits else " " for bits in row) for row in cells]


def _stars(heights: Sequence[float | None], columns: int) -> list[str]:
    """The line in ASCII."""
    cells = [[" "] * columns for _ in range(ROWS)]
    for column, (low, high) in _spans(heights, columns, ROWS).items():
        for level in range(low, high + 1):
            cells[ROWS - 1 - level][column] = "*"
    return ["".join(row) for row in cells]


def _spans(
    heights: Sequence[float | None], columns: int, levels: int
) -> dict[int, tuple[int, int]]:
    """From which level to which the line through the heights runs in each column."""
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
