"""What terminals are told to show: colours, tables, charts, and a bar that leaves no trace."""

import itertools
import math
import os
import re
import time
from collections.abc import Mapping

import pytest
from rich.console import Console
from rich.table import Table

from sheetgd.cli.output import (
    PATIENCE,
    ROWS,
    Entry,
    Terminal,
    chart_lines,
    progress,
    sparkline,
    table_lines,
)
from tests.support.screens import DECISIVE, PLAIN, Screen, seen


@pytest.fixture(autouse=True)
def _plain_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in DECISIVE:
        monkeypatch.delenv(name, raising=False)
    set_all(monkeypatch, PLAIN)


WIDTH_OF_ALL = 66


def set_all(monkeypatch: pytest.MonkeyPatch, environment: Mapping[str, str]) -> None:
    """Set all of these environment variables."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize(
    ("environment", "interactive", "coloured"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": ""}, True, True),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False),
        ({"FORCE_COLOR": "1"}, False, True),
        ({"FORCE_COLOR": ""}, False, False),
        ({"TERM": "dumb"}, True, False),
    ],
)
def test_colours_are_where_the_terminal_has_them(
    monkeypatch: pytest.MonkeyPatch,
    environment: dict[str, str],
    *,
    interactive: bool,
    coloured: bool,
) -> None:
    set_all(monkeypatch, environment)
    terminal = Terminal.of(Screen(terminal=interactive))
    assert terminal.interactive is interactive
    assert terminal.colours is coloured
    assert ("\x1b[" in terminal.styled("text", "red")) is coloured


def test_the_old_console_of_windows_gets_no_colours_and_ascii(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("rich.console.detect_legacy_windows", lambda: True)
    monkeypatch.setattr("rich.console.WINDOWS", True)
    old = Terminal.of(Screen())
    assert (old.interactive, old.colours, old.unicode) == (True, False, False)


@pytest.mark.parametrize(
    ("environment", "encoding", "unicode"),
    [
        ({"LANG": "de_DE.UTF-8"}, "utf-8", True),
        ({}, "utf-8", True),
        ({"LANG": "C.UTF-8"}, "utf-8", True),
        ({}, "cp1252", False),
        ({}, "ascii", False),
        ({}, "no such encoding", False),
        # Python writes UTF-8 in the locale C, and sets LC_CTYPE so, whatever the terminal shows.
        ({"LANG": "C"}, "utf-8", False),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, "utf-8", False),
        ({"LANG": "C", "LC_CTYPE": "en_GB.UTF-8"}, "utf-8", True),
        ({"LANG": "en_GB.UTF-8", "LC_ALL": "POSIX"}, "utf-8", False),
        ({"LANG": "en_GB.UTF-8", "TERM": "linux"}, "utf-8", False),
    ],
)
def test_drawings_are_of_what_the_terminal_can_show(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], encoding: str, *, unicode: bool
) -> None:
    monkeypatch.delenv("LANG")
    set_all(monkeypatch, environment)
    terminal = Terminal.of(Screen(encoding=encoding))
    assert terminal.unicode is unicode
    drawn = "".join(chart_lines([1, 2, 3], terminal, title="rmse"))
    assert drawn.isascii() is not unicode


@pytest.mark.parametrize(
    ("columns", "width"), [("57", 57), ("wide", WIDTH_OF_ALL), ("", WIDTH_OF_ALL)]
)
def test_a_terminal_is_as_wide_as_columns_says(
    monkeypatch: pytest.MonkeyPatch, columns: str, width: int
) -> None:
    monkeypatch.setattr("os.get_terminal_size", lambda _: os.terminal_size((WIDTH_OF_ALL, 24)))
    monkeypatch.setenv("COLUMNS", columns)
    assert Terminal.of(Screen()).width == width
    # A file has no width, though another stream may have one.
    assert Terminal.of(Screen(terminal=False)).width == 80


def test_points_line_up_and_texts_stand_on_the_left() -> None:
    columns: dict[str, list[Entry]] = {
        "epoch": [9, 10, 100],
        "m": [1.0, -20.25, 0.00012345],
        "verdict": ["fine", "", "\x1b[31mdiverges\x1b[0m"],
        "rmse": [3.5, math.nan, -math.inf],
        "best": [None, 2, 30.125],
    }
    assert table_lines(columns, Terminal()) == [
        "epoch             m  verdict      rmse    best",
        "    9    1           fine          3.5",
        "   10  -20.25                  #NUM!     2",
        "  100    0.00012345  \x1b[31mdiverges\x1b[0m  #NUM!    30.125",
    ]


def test_large_numbers_have_powers_of_ten_in_all_of_their_column() -> None:
    values = [1, 125.5, -8344.973594, 1.107102622e10, 3.96e16, 1.5e300, 0, 7.25]
    header, *lines = table_lines({"m": values, "learn": [0.002] * len(values)}, Terminal())
    texts = [line.split()[0] for line in lines]
    assert [float(text) for text in texts] == values
    assert texts[2:4] == ["-8.344973594e+03", "1.107102622e+10"]
    assert (texts[0], texts[7]) == ("1", "7.250000000")
    assert {line.index(".", 0, 6) for line in lines if "." in line.split()[0]} == {2}
    assert {line.index("e+") for line in lines if "e+" in line} == {12}
    assert header.split() == ["m", "learn"]


def test_a_narrow_terminal_gets_fewer_digits_and_a_file_all_of_them() -> None:
    columns = {name: [1.23456789012, 23.4567890123] for name in "abcdef"}
    wide = table_lines(columns, Terminal(interactive=True, width=100))
    assert "1.23456789 " in wide[1]
    narrow = table_lines(columns, Terminal(interactive=True, width=70))
    assert max(map(len, narrow)) == 70
    assert "1.2345679 " in narrow[1]
    least = table_lines(columns, Terminal(interactive=True, width=10))
    assert "1.2346 " in least[1]
    assert table_lines(columns, Terminal(width=10)) == table_lines(columns, Terminal())


def test_headers_are_bold_and_ruled_where_there_are_colours() -> None:
    columns: dict[str, list[Entry]] = {"epoch": [0, 1], "rmse": [0.5, 10.25]}
    plain = table_lines(columns, Terminal())
    coloured = table_lines(columns, Terminal(colours=True, unicode=True))
    assert coloured[0] == f"\x1b[1m{plain[0]}\x1b[0m"
    assert coloured[1] == f"\x1b[2m{'─' * len(plain[0])}\x1b[0m"
    assert coloured[2:] == plain[1:]
    assert "---" in table_lines(columns, Terminal(colours=True))[1]


def test_rich_would_take_more_than_20_times_as_long() -> None:
    columns = {name: [math.sin(ord(name) + row) for row in range(300)] for name in "abcdefg"}
    took: dict[str, float] = {}
    for name in ("ours", "rich") * 2:
        begun = time.perf_counter()
        if name == "ours":
            table_lines(columns, Terminal())
        else:
            table = Table(*columns, box=None)
            for row in zip(*columns.values(), strict=True):
                table.add_row(*map(repr, row))
            Console(file=Screen(), width=200).print(table)
        took[name] = min(time.perf_counter() - begun, took.get(name, math.inf))
    assert took["rich"] > 20 * took["ours"]


def test_a_table_without_rows_is_its_header() -> None:
    assert table_lines({"epoch": [], "rmse": []}, Terminal()) == ["epoch  rmse"]


# By hand: five epochs at 0, five at the top; the step is split half way between the two.
ASCII_STEP = """\
rmse by epoch
7 |     *****
  |     *
  |     *
  |    **
  |    *
  |    *
  |    *
0 |*****
  +----------
   0        9"""
DOTTED_STEP = """\
rmse by epoch
31 │     ⡏⠉⠉⠉⠉
   │     ⡇
   │     ⡇
   │    ⢀⡇
   │    ⢸
   │    ⢸
   │    ⢸
 0 │⣀⣀⣀⣀⣸
   └──────────
    0       19"""


def test_a_chart_is_the_one_drawn_by_hand() -> None:
    terminal = Terminal(width=14)
    assert "\n".join(chart_lines([0] * 5 + [7] * 5, terminal, title="rmse")) == ASCII_STEP
    terminal = Terminal(width=15, unicode=True)
    assert "\n".join(chart_lines([0] * 10 + [31] * 10, terminal, title="rmse")) == DOTTED_STEP


def marks(lines: list[str]) -> set[tuple[int, int]]:
    """Where the line of an ASCII chart runs: column, and row from below."""
    plot = [line.partition("|")[2] for line in lines[1 : ROWS + 1]]
    return {
        (column, ROWS - 1 - row)
        for row, text in enumerate(plot)
        for column, mark in enumerate(text)
        if mark == "*"
    }


@pytest.mark.parametrize("count", [2, 3, 17, 60, 61, 400])
def test_the_line_runs_where_a_walk_along_it_leads(count: int) -> None:
    values = [math.sin(place * 7 / count) + (place % 5) / 20 for place in range(count)]
    lines = chart_lines(values, Terminal(), title="rmse")
    columns = len(lines[ROWS + 1].partition("+")[2])
    low, high = min(values), max(values)
    walked = set()
    for place, (one, other) in enumerate(itertools.pairwise(values)):
        for step in range(2001):
            across = (place + step / 2000) / (count - 1) * (columns - 1)
            up = (one + (other - one) * step / 2000 - low) / (high - low) * (ROWS - 1)
            # Close to the middle between two cells, either will do.
            if abs(across % 1 - 0.5) > 0.01 and abs(up % 1 - 0.5) > 0.01:
                walked.add((round(across), round(up)))
    drawn = marks(lines)
    assert walked <= drawn
    assert len(drawn - walked) <= 0.05 * len(drawn)


def test_a_chart_is_logarithmic_if_positive_figures_span_more_than_fifty() -> None:
    decades = [10.0**power for power in range(8)]
    lines = chart_lines(decades, Terminal(), title="mse")
    assert lines[0] == "mse by epoch (log scale)"
    # A straight line on this scale: as many rows up for each epoch.
    columns = len(lines[ROWS + 1].partition("+")[2])
    drawn = marks(lines)
    assert {(round(power * (columns - 1) / 7), power) for power in range(8)} <= drawn
    assert "log scale" not in chart_lines([1, 50], Terminal(), title="mse")[0]
    assert "log scale" in chart_lines([1, 50.1], Terminal(), title="mse")[0]
    assert "log scale" not in chart_lines([0, 1, 100], Terminal(), title="mse")[0]
    assert "log scale" not in chart_lines([-1, 100], Terminal(), title="mse")[0]


def test_what_is_no_number_leaves_gaps_and_is_told() -> None:
    values = [1.0, 2.0, math.nan, math.inf, 3.0, 1.0, 2.0]
    lines = chart_lines(values, Terminal(width=20), title="rmse")
    assert lines[0] == "rmse by epoch (gaps where it is no number, 2 in all)"
    columns = len(lines[ROWS + 1].partition("+")[2])
    inside = range(round((columns - 1) / 6) + 1, round(4 * (columns - 1) / 6))
    reached = {column for column, _ in marks(lines)}
    assert not reached & set(inside)
    # Before and behind the gap the line is whole.
    assert reached == set(range(columns)) - set(inside)
    lines = chart_lines([1.0, 90.0, math.inf, math.nan], Terminal(), title="rmse")
    assert lines[0] == "rmse by epoch (log scale; no number from epoch 2 on)"
    for values in ([], [1.0], [math.nan] * 9, [math.nan, 1.0, math.inf]):
        assert chart_lines(values, Terminal(), title="rmse") == []


def test_charts_of_extreme_and_of_equal_figures() -> None:
    for values in ([1e308, -1.7e308, 5e307], [5e-324, 1e308], [0, 5e-324]):
        assert len(chart_lines(values, Terminal(unicode=True), title="rmse")) == ROWS + 3
    flat = chart_lines([3.0] * 4, Terminal(), title="rmse")
    assert [line for line in flat if "*" in line] == ["3 |" + "*" * 69]
    assert sum(line.startswith("3") for line in flat) == 1
    close = chart_lines([3.0000001, 3.0], Terminal(), title="rmse")
    assert (close[1].split()[0], close[ROWS].split()[0]) == ("3.0000001", "3")


@pytest.mark.parametrize("width", [5, 40, 80, 300])
def test_a_chart_is_never_wider_than_the_terminal_or_72_columns(width: int) -> None:
    lines = chart_lines([1.5, 2.5], Terminal(unicode=True, width=width), title="rmse")
    assert max(map(len, lines)) <= max(min(width - 1, 72), 16)


def test_sparklines() -> None:
    assert sparkline([1, 8, 1], 3) == "▁█▁"
    assert sparkline([1, math.nan, 3], 9) == "▁ █"
    assert sparkline(range(100), 8) == "▁▂▃▄▅▆▇█"
    # From 1 to 10,000 in equal ratios: equal steps on the log scale.
    assert sparkline([1, 10, 100, 1000, 10000], 5) == "▁▃▅▇█"
    assert sparkline([2, 2, 2], 3) == "▅▅▅"
    assert sparkline([1, 2, 3], 3, unicode=False) == "_=#"
    assert sparkline([], 5) == ""
    assert sparkline([4.0, 2.0], 1) == "█"


class Clock:
    """A clock that goes on when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_short_work_shows_no_bar() -> None:
    screen, clock = Screen(), Clock()
    with progress(screen, clock=clock) as tick:
        assert tick is not None
        for done in range(101):
            clock.now += 0.99 * PATIENCE / 101
            tick(done, 100)
    assert screen.getvalue() == ""


def test_long_work_shows_a_bar_that_is_wiped() -> None:
    screen, clock = Screen(), Clock()
    with progress(screen, clock=clock) as tick:
        assert tick is not None
        for done in range(1, 5001):
            clock.now += 0.002
            tick(done, 20000)
        (line,) = seen(screen.getvalue())
        # The last time it was drawn is at most a fifth of a second ago: 100 epochs.
        found = re.fullmatch(r"epoch 4,[89]\d\d of 20,000 (━+)[╸╺](━+) +25% 00:3[01]", line)
        assert found is not None, line
        assert (len(found[1]), len(found[2])) == (9, 30)
    assert seen(screen.getvalue()) == [""]
    # In ten seconds, at most five times a second.
    assert 40 <= screen.getvalue().count("epoch") <= 52


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_the_bar_is_wiped_when_work_breaks_off(error: type[BaseException]) -> None:
    screen, clock = Screen(), Clock()

    def work() -> None:
        with progress(screen, clock=clock) as tick:
            assert tick is not None
            clock.now += 9
            tick(3, 7)
            assert seen(screen.getvalue())[0].startswith("epoch 3 of 7 ━━━")
            raise error

    with pytest.raises(error):
        work()
    assert seen(screen.getvalue()) == [""]


def test_the_bar_is_wiped_when_it_is_interrupted_itself() -> None:
    class Interrupted(Screen):
        def flush(self) -> None:
            if self.getvalue().count("epoch") == 1:
                raise KeyboardInterrupt

    screen, clock = Interrupted(), Clock()

    def work() -> None:
        with progress(screen, clock=clock) as tick:
            assert tick is not None
            tick(0, 7)
            clock.now += 9
            tick(3, 7)

    with pytest.raises(KeyboardInterrupt):
        work()
    assert "epoch 3 of 7" in screen.getvalue()
    assert seen(screen.getvalue()) == [""]


@pytest.mark.parametrize(
    ("setting", "terminal", "quiet"),
    [({}, False, False), ({}, True, True), ({"CI": "true"}, True, False),
     ({"TERM": "dumb"}, True, False)],
)  # fmt: skip
def test_no_bar_in_pipes_in_ci_in_dumb_terminals_or_if_quiet(
    monkeypatch: pytest.MonkeyPatch, setting: dict[str, str], *, terminal: bool, quiet: bool
) -> None:
    set_all(monkeypatch, setting)
    screen = Screen(terminal=terminal)
    with progress(screen, quiet=quiet) as tick:
        assert tick is None
    assert screen.getvalue() == ""


@pytest.mark.parametrize("width", [1, 12, 20, 40, 57, 80, 200])
@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_the_bar_fits_its_line(monkeypatch: pytest.MonkeyPatch, width: int, locale: str) -> None:
    set_all(monkeypatch, {"COLUMNS": str(width), "LANG": locale})
    for done, total in ((0, 0), (0, 9), (9, 9), (5, 10**6)):
        screen, clock = Screen(), Clock()
        with progress(screen, unit="row", clock=clock) as tick:
            assert tick is not None
            for _ in range(3):
                clock.now += 9
                tick(done, total)
            # With room for what Ctrl-C leaves behind it.
            (line,) = seen(screen.getvalue())
            assert len(line) <= max(width - 3, 1)
            assert line or width == 1
        assert seen(screen.getvalue()) == [""]
