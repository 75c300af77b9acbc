"""The sentences on the page Play, read as a person with a pocket calculator reads them.

Sums are worked out with decimal numbers from what is written alone; what is written is held
against the library's numbers.
"""

import math
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, localcontext

from sheetgd.engine.run import Descent

_NUMBER = r"-?\d+(?:\.\d+)?(?:E-?\d+)?"
_ROW = re.compile(
    rf"Row (?P<row>\d+)(?: of the pass)? has x = (?P<x>{_NUMBER}) and y = (?P<y>{_NUMBER})\. "
    rf"(?P<model>.+?) = (?:(?P<filled>[^=]+) = )?(?P<y_pred>{_NUMBER}): "
    rf"(?P<off>just right|{_NUMBER} too high|{_NUMBER} too low), "
    rf"(?P<column>error_\w+) = (?P<error>{_NUMBER})\."
)
_BATCH = re.compile(
    r"Each batch of (?P<batch>\d+) rows makes a step, by the mean of their derivatives\. "
    r"The next batch ends with row (?P<row>\d+) of the pass\."
)
_ALL_ROWS = re.compile(
    r"All (?P<rows>\d+) rows together make the one step of an epoch, by the mean of their "
    r"derivatives\."
)
_NUDGED = re.compile(
    rf"With (?P<name>\w+) nudged by (?P<nudge>{_NUMBER}) (?P<column>error_\w+) is "
    rf"(?P<says>{_NUMBER}): (?P<header>\S+) = \((?P<moved>{_NUMBER}) - (?P<error>{_NUMBER})\) / "
    rf"(?P<by>{_NUMBER}) = (?P<slope>{_NUMBER})\."
)
_SLOPE = re.compile(
    rf"(?:de/d(?P<name>\w+)|The mean of de/d(?P<other>\w+), (?P<header>g_\w+),) is "
    rf"(?P<slope>{_NUMBER})\."
)
_PLAIN = re.compile(
    rf"(?P<name>\w+): (?P<old>{_NUMBER}) - (?P<learn>{_NUMBER}) x (?P<slope>{_NUMBER}) = "
    rf"(?P<new>{_NUMBER})"
)
_OTHER = re.compile(
    rf"(?P<optimiser>[A-Z][^.]+) makes a step of it\. (?P<name>\w+): (?P<old>{_NUMBER}) "
    rf"(?P<sign>[+-]) (?P<step>{_NUMBER}) = (?P<new>{_NUMBER})"
)
_ERRORS = re.compile(r"#\w|Err:|nan|inf|none|bounds")
_HALF = Decimal("0.5000001")
"""Of a unit of the last digit, so that both ways to round a half are right."""


def _unit(*texts: str) -> Decimal:
    """A unit of the last digit of the number that has most decimals: zeros are not written."""
    return Decimal(1).scaleb(min(int(Decimal(text).as_tuple().exponent) for text in texts))


def _near(exact: Decimal, text: str, *beside: str) -> bool:
    """Whether a number is the exact one, rounded to as many decimals as it and others have."""
    return abs(exact - Decimal(text)) <= _HALF * _unit(text, *beside)


class PlayWords:
    """The sentences of a lesson, and the library's numbers of the step that comes next."""

    def __init__(
        self, run: Descent, epochs: int, lines: Sequence[str], *, row: int | None = None
    ) -> None:
        """Take them.

        Args:
            run: the library's run over more epochs than these.
            epochs: so many are run.
            lines: the sentence of the row, and two for each parameter that is told of.
            row: what the sheet calls the row, where it has more than the library's run.
        """
        self.lesson = run.lesson
        self.columns: Mapping[str, Sequence[float]] = run.passed(epochs + 1)
        self.lines = lines
        self.row = self.next_row if row is None else row

    def check(self) -> int:
        """Fail unless every sentence is right; return how many there are."""
        with localcontext(prec=60):
            for line in self.lines:
                assert not _ERRORS.search(line), line
            first, *others = self.lines
            if first:
                self._check_row(first)
            pairs = list(zip(others[::2], others[1::2], strict=True))
            for opening, step in pairs:
                assert bool(opening) == bool(step), (opening, step)
                if step:
                    self._check_step(opening, step)
        return sum(map(bool, (first, *others)))

    def _true(self, header: str, row: int) -> Decimal:
        value = float(self.columns[header][row - 1])
        assert math.isfinite(value), (header, value)
        return Decimal(repr(value))

    @property
    def next_row(self) -> int:
        """The row of the pass with the first step."""
        if self.lesson.step.batched:
            return min(self.lesson.batch_size, self.lesson.n_rows)
        return 1

    def _check_row(self, line: str) -> None:
        if self.lesson.step.batched:
            batch, whole = _BATCH.fullmatch(line), _ALL_ROWS.fullmatch(line)
            if self.lesson.batch_size < self.lesson.n_rows:
                assert batch, line
                assert int(batch["batch"]) == self.lesson.batch_size, line
                assert int(batch["row"]) == self.next_row, line
            else:
                assert whole, line
                assert int(whole["rows"]) == self.lesson.n_rows, line
            return
        found = _ROW.fullmatch(line)
        assert found, line
        assert int(found["row"]) == self.row, line
        row = self.next_row
        for name in ("x", "y"):
            true = self._true(name, row)
            assert abs(Decimal(found[name]) - true) <= abs(true) * Decimal("1E-11"), line
        y, y_pred = Decimal(found["y"]), Decimal(found["y_pred"])
        off, _, word = found["off"].partition(" ")
        if found["off"] == "just right":
            off, word = "0", ""
            assert y == y_pred, line
            assert abs(self._true("y_pred", row) - y) <= abs(y) * Decimal("1E-10"), line
            assert found["error"] == "0", line
        else:
            assert word == ("too high" if y_pred > y else "too low"), line
            assert (word == "too high") == (self._true("y_pred", row) > self._true("y", row))
            # As they are written: what lies between y and the prediction.
            assert _near(abs(y - y_pred), off, found["y_pred"]), line
            apart = abs(self._true("y_pred", row) - self._true("y", row))
            assert abs(Decimal(off) - apart) <= apart * Decimal("0.000501"), line
            assert _near(self._true("y_pred", row), found["y_pred"], off), line
            costs = Decimal(off) ** 2 if found["column"] == "error_sq" else Decimal(off)
            self._check_digits(costs, found["error"], line)
            self._check_digits(self._true(found["column"], row), found["error"], line)
        if found["filled"]:
            self._check_filled(found["filled"], found["y_pred"], off, line)

    @staticmethod
    def _check_typed(value: float, text: str, line: str) -> None:
        """What was typed in is told as it is, in 15 digits."""
        true = Decimal(repr(value))
        assert abs(Decimal(text) - true) <= true * Decimal("1E-14"), line

    @staticmethod
    def _check_digits(exact: Decimal, text: str, line: str) -> None:
        """Four digits are told; that zeros at the end are not written makes no difference."""
        unit = Decimal(1).scaleb(exact.adjusted() - 3)
        assert abs(exact - Decimal(text)) <= _HALF * unit, (line, exact)

    def _check_filled(self, filled: str, y_pred: str, off: str, line: str) -> None:
        """Work the model out with the numbers that are written in it."""
        functions = {name: getattr(math, name) for name in ("exp", "sin", "tanh", "sqrt")}
        functions |= {"max": max, "ln": math.log, "abs": abs}
        text = filled.lower().replace("^", "**")
        assert re.fullmatch(r"[\w.+*/() ,-]+", text), text
        value = Decimal(repr(float(eval(text, {"__builtins__": {}}, functions))))  # noqa: S307
        slack = abs(value) * Decimal("1E-12")
        assert abs(value - Decimal(y_pred)) <= _HALF * _unit(y_pred, off) + slack, (line, value)

    def _check_step(self, opening_line: str, line: str) -> None:
        lesson, row = self.lesson, self.next_row
        plain = lesson.method.optimizer == "sgd"
        opening = _NUDGED.fullmatch(opening_line) or _SLOPE.fullmatch(opening_line)
        assert opening, opening_line
        found = (_PLAIN if plain else _OTHER).fullmatch(line)
        assert found, line
        name, old, new = found["name"], found["old"], found["new"]
        assert name in opening.groupdict().values(), (opening_line, line)
        header = f"g_{name}" if lesson.step.batched else f"de/d{name}"
        assert (opening["header"] or header) == header, opening_line
        slope = self._true(header, row)
        if plain:
            assert found["slope"] == opening["slope"], line
            self._check_typed(lesson.training.learning_rate, found["learn"], line)
            assert _near(slope, found["slope"]), line
            exact = Decimal(old) - Decimal(found["learn"]) * Decimal(found["slope"])
        else:
            self._check_digits(slope, opening["slope"], line)
            step = self._true(f"new_{name}", row) - self._true(name, row)
            sign = 1 if found["sign"] == "+" else -1
            assert step == 0 or (step > 0) == (sign > 0), line
            assert _near(abs(step), found["step"], old, new), line
            exact = Decimal(old) + sign * Decimal(found["step"])
        assert _near(exact, new, old), (line, exact)
        assert _near(self._true(name, row), old, new), line
        assert _near(self._true(f"new_{name}", row), new, old), line
        if "moved" in opening.groupdict():
            self._check_nudged(opening, row)

    def _check_nudged(self, found: re.Match[str], row: int) -> None:
        assert found["says"] == found["moved"], found[0]
        assert found["nudge"] == found["by"], found[0]
        self._check_typed(self.lesson.training.difference_step, found["nudge"], found[0])
        apart = Decimal(found["moved"]) - Decimal(found["error"])
        assert _near(apart / Decimal(found["nudge"]), found["slope"]), (found[0], apart)
        headers = {"moved": f"err_{found['name']}1", "error": found["column"]}
        for group, header in headers.items():
            other = found["error" if group == "moved" else "moved"]
            assert _near(self._true(header, row), found[group], other), found[0]
