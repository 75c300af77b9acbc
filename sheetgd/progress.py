"""A progress bar on a terminal, for work that takes longer than a moment."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from sheetgd.terminal import Terminal

Tick = Callable[[int, int], None]
"""Called with how much is done, and how much there is to do."""

PATIENCE = 0.5
"""Work that lasts no more seconds than this shows no bar."""

_PAUSE = 0.1
_INTERRUPT = "^C"
"""What a terminal itself writes behind the bar when the work is interrupted."""
_LONGEST_BAR = 30
_SHORTEST_BAR = 5


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
    bar = _Bar(stream, unit, terminal.width - 1 - len(_INTERRUPT), clock)
    try:
        yield bar.tick
    finally:
        bar.wipe()


class _Bar:
    """A line that is written over."""

    def __init__(self, stream: TextIO, unit: str, width: int, clock: Callable[[], float]) -> None:
        self.stream, self.unit, self.width, self.clock = stream, unit, width, clock
        self.due = clock() + PATIENCE
        self.first: tuple[float, int] | None = None
        self.shown = 0

    def tick(self, done: int, total: int) -> None:
        now = self.clock()
        if self.first is None:
            # What was made ready before says nothing of how fast the rest goes.
            self.first = now, done
        if now < self.due:
            return
        self.due = now + _PAUSE
        begun, before = self.first
        left = (now - begun) / (done - before) * (total - done) if done > before else None
        # Spaces rather than a control code wipe what is longer: every terminal knows them.
        line = progress_line(done, total, left, self.unit, self.width).ljust(self.shown)
        # Before it is written, for an interruption may come in the midst of that.
        self.shown = len(line)
        self._write("\r" + line)

    def wipe(self) -> None:
        if self.shown:
            self._write("\r" + " " * (self.shown + len(_INTERRUPT)) + "\r")

    def _write(self, text: str) -> None:
        self.stream.write(text)
        self.stream.flush()


def progress_line(done: int, total: int, left: float | None, unit: str, width: int) -> str:
    """The line that says how far work is, and how many seconds are left if that is known.

    >>> progress_line(1200, 20000, 47.0, "epoch", 60)
    'epoch  1,200 of 20,000 [#................]   6%  0:47 to go'
    """
    of_all = f"{total:,}"
    count = f"{unit} {done:>{len(of_all)},} of {of_all}"
    share = min(done / total, 1.0) if total else 1.0
    rest = f"{share:4.0%}" + ("" if left is None else f"  {_duration(left)} to go")
    room = min(width - len(count) - len(rest) - len(" [] "), _LONGEST_BAR)
    if room >= _SHORTEST_BAR:
        count += f" [{'#' * int(share * room):.<{room}}]"
    return f"{count} {rest}"[:width]


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
