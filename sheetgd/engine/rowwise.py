"""A run row by row, as the step is written: the same arithmetic in the same order, bit for bit.

The expressions of a step's columns are printed as a Python loop, which is compiled once. Only what
the next row needs is computed in it; the other columns follow from that on arrays.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from itertools import repeat
from typing import Any

import numpy as np

from sheetgd.descent.loss import Loss
from sheetgd.descent.step import (
    OF_THE_ROW,
    ROW,
    ROWS,
    Step,
    before,
    column_expressions,
    needed_for,
    settings_of,
    state_columns,
)
from sheetgd.engine.passes import FloatArray, Passes, copying, same_on_arrays
from sheetgd.expression.functions import LOSE_INFINITY, rounded
from sheetgd.expression.numbers import on_numbers
from sheetgd.expression.tree import Expression, Number, Operation, Symbol
from sheetgd.lesson.lesson import Lesson
from sheetgd.lesson.values import orders

State = tuple[float, ...]
Loop = Callable[..., State]

_SWIFT: Mapping[str, Callable[..., float]] = {
    "sqrt": math.sqrt,
    "exp": math.exp,
    "ln": math.log,
    "sin": math.sin,
    "cos": math.cos,
    "tanh": math.tanh,
    "^": math.pow,
    "abs": abs,
}
"""What Python itself has for a function; where it has no answer, it raises an error."""

_BUILT_IN = {"float": float, "len": len, "zip": zip}
"""All that the loop finds of Python's own."""

_TROUBLE = (ArithmeticError, ValueError)
_OF_THE_ROW = {ROW, ROWS, "batch", before("t"), *OF_THE_ROW}
_DATA = {"x", "y"}
_LARGE = 1e150
"""Products of smaller settings are finite."""


def _infinite() -> float:
    raise OverflowError


class RowByRow:
    """A step of a method as a loop over the rows of a pass.

    Args:
        method: the choices of a step.
        kept: the columns to keep of every row, beside the state that it starts from.
    """

    def __init__(self, method: Step, kept: tuple[str, ...] = ()) -> None:
        """Compile the loop."""
        self.settings = settings_of(method)
        self.width = len(state_columns(method)) + len(kept)
        self._swift = _loop(method, kept, careful=False)
        self._careful = partial(_loop, method, kept, careful=True)

    def one_pass(
        self,
        state: State,
        x: Sequence[float],
        y: Sequence[float],
        settings: Mapping[str, float],
        out: list[float],
    ) -> State:
        """Take every row once.

        Args:
            state: the parameters and what else is carried on, in the order of `state_columns`.
            x: the inputs in the order of the rows.
            y: the outputs in that order.
            settings: the numbers that the columns read.
            out: gets `width` numbers for each row: the state before it, and the kept columns.

        Returns:
            The state after the last row.
        """
        numbers = [settings[name] for name in self.settings]
        length = len(out)
        try:
            if max(numbers) > _LARGE:
                _infinite()
            return self._swift(state, x, y, numbers, out.extend)
        except _TROUBLE:
            # A number too large, or a division by 0: a sheet goes on, with an error in the cell.
            del out[length:]
            return self._careful()(state, x, y, numbers, out.extend)


@lru_cache(maxsize=64)
def row_by_row(method: Step, kept: tuple[str, ...] = ()) -> RowByRow:
    """Return the loop of a method, compiled once."""
    return RowByRow(method, kept)


def as_array(numbers: list[float], width: int) -> FloatArray:
    """Make an array of what the loop gave out: a line for each of its columns."""
    return np.array(numbers, dtype=np.float64).reshape(-1, width).T


@lru_cache(maxsize=64)
def _loop(method: Step, kept: tuple[str, ...], *, careful: bool) -> Loop:
    source, functions = _Source(method, kept, careful=careful).written()
    # Every name in the source is made below and every number is one: nothing of a user's text
    # gets into it.
    exec(compile(source, "<the loop of a step>", "exec"), functions)  # noqa: S102  as said above
    loop: Loop = functions["one_pass"]
    return loop


class _Source:
    """The text of a loop while it is being put together."""

    def __init__(self, method: Step, kept: tuple[str, ...], *, careful: bool) -> None:
        self.columns = column_expressions(method)
        self.careful = careful
        self.kept = kept
        self.state = state_columns(method)
        self.settings = settings_of(method)
        self.needed = needed_for([*self.state.values(), *kept], self.columns)
        self.uses = Counter(_operations(self.columns[name] for name in self.needed))
        # Whatever is made of these is finite.
        self.finite = {*_OF_THE_ROW, *self.settings}
        self.functions: dict[str, Any] = {
            "nan": math.nan,
            "infinite": _infinite,
            "__builtins__": _BUILT_IN,
        }
        self.names: dict[Expression, str] = {}
        self.lines: list[str] = []

    def written(self) -> tuple[str, dict[str, Any]]:
        """Write the source; return it with the functions that it calls."""
        state = [self._named(Symbol(name)) for name in self.state]
        settings = [self._named(Symbol(name)) for name in self.settings]
        x, y, row, rows = (self._named(Symbol(name)) for name in ("x", "y", ROW, ROWS))
        for name in self.needed:
            value = self._text(self.columns[name])
            self._line(f"{self._named(Symbol(name))} = {value}")
        record = ", ".join([*state, *(self._named(Symbol(name)) for name in self.kept)])
        after = ", ".join(self._named(Symbol(name)) for name in self.state.values())
        numbered = any(ROW in self.columns[name].symbols() for name in self.needed)
        source = [
            "def one_pass(state, xs, ys, settings, extend):",
            f"    {', '.join(state)}, = state",
            f"    {', '.join(settings)}, = settings",
            f"    {rows} = float(len(xs))",
            f"    {row} = 0.0",
            f"    for {x}, {y} in zip(xs, ys):",
            *([f"        {row} += 1.0"] if numbered else []),
            *self.lines,
            f"        extend(({record},))",
            f"        {', '.join(state)}, = {after},",
            f"    return {', '.join(state)},",
        ]
        return "\n".join(source), self.functions

    def _named(self, symbol: Expression) -> str:
        return self.names.setdefault(symbol, f"v{len(self.names)}")

    def _line(self, text: str) -> None:
        self.lines.append(" " * 8 + text)

    def _text(self, expression: Expression) -> str:
        """Write an expression in Python; what is needed more than once is computed before it."""
        if isinstance(expression, Number):
            return f"({float(expression.value)!r})"
        if not isinstance(expression, Operation) or expression in self.names:
            return self._named(expression)
        text = self._operation(expression)
        if self.uses[expression] == 1:
            return text
        name = self._named(expression)
        self._line(f"{name} = {text}")
        return name

    def _operation(self, expression: Operation) -> str:
        function, operands = expression.function, expression.operands
        if expression.is_square:
            base = self._text(operands[0])
            if not base.isidentifier():
                self._line(f"t = {base}")
                base = self._named(Symbol(f"square {len(self.names)}"))
                self.lines[-1] = self.lines[-1].replace("t = ", f"{base} = ", 1)
            return f"({base}*{base})"
        each = [self._text(operand) for operand in operands]
        if function in LOSE_INFINITY and not self.careful:
            # An infinite dividend stays infinite.
            first = 1 if function == "/" else 0
            pairs = zip(operands[first:], each[first:], strict=True)
            each[first:] = [self._finite(*pair) for pair in pairs]
        if function in {"+", "-", "*"} or (function == "/" and not self.careful):
            return f"({each[0]}{function}{each[1]})"
        if function == "negative":
            return f"(-{each[0]})"
        if function == "remainder" and {*expression.symbols()} <= _OF_THE_ROW:
            return f"({each[0]}%{each[1]})"
        conditions = {*operands[0].symbols(), *operands[1].symbols()} if len(operands) > 1 else {""}
        if function == "when=" and conditions <= _OF_THE_ROW:
            return f"({each[2]} if {each[0]}=={each[1]} else {each[3]})"
        return f"{self._function(function)}({', '.join(each)})"

    def _finite(self, operand: Expression, text: str) -> str:
        """Write an operand so that it raises an error where it is infinite."""
        symbols = {*operand.symbols()}
        if symbols <= self.finite or (isinstance(operand, Symbol) and symbols <= _DATA):
            return text
        if not text.isidentifier():
            name = self._named(Symbol(f"operand {len(self.names)}"))
            self._line(f"{name} = {text}")
            text = name
        # The quickest way to tell: of an infinity the difference is NaN, which is not 0.
        self._line(f"if {text}-{text}: infinite()")
        return text

    def _function(self, function: str) -> str:
        """Return the name in the source of a function that is called."""
        swift = None if self.careful else _SWIFT.get(function)
        name = f"f{len(self.functions)}"
        called = on_numbers(function) if swift is None else swift
        for given, other in self.functions.items():
            if other is called:
                return given
        self.functions[name] = called
        return name


def _operations(expressions: Iterable[Expression]) -> Iterator[Expression]:
    """Yield every operation in some expressions, as often as it stands there."""
    for expression in expressions:
        if isinstance(expression, Operation):
            yield expression
            yield from _operations(expression.operands)


class RowwiseRun:
    """A run row by row, from any state on.

    Args:
        lesson: the lesson.
        start: the state to begin with; None for the lesson's start.
        epoch: after how many epochs that is.
        exact: whether every number has to be the one that floats give, bit for bit.
    """

    def __init__(
        self,
        lesson: Lesson,
        start: Sequence[float] | None = None,
        *,
        epoch: int = 0,
        exact: bool = False,
    ) -> None:
        """Make the loop ready."""
        method = lesson.step
        self._lesson = lesson
        self._names = state_columns(method)
        self.state: State = first_state(lesson) if start is None else tuple(start)
        columns = column_expressions(method)
        kept = exact and not same_on_arrays(columns.values())
        self._kept = tuple(columns) if kept else ()
        self._loop = row_by_row(method, self._kept)
        self._orders = _orders(lesson)
        self._data = list(lesson.data.x), list(lesson.data.y)
        if lesson.method.shuffle is not None:
            for _ in range(epoch):
                next(self._orders)

    def passes(self, count: int) -> Passes:
        """Take the next passes."""
        lesson, shuffled = self._lesson, self._lesson.method.shuffle is not None
        decimals = lesson.step.gradient_rule.carry_decimals
        out: list[float] = []
        taken: list[Sequence[int]] = []
        repeated = 0
        x, y = self._data
        settings = lesson.settings
        for done in range(count):
            if shuffled:
                taken.append(next(self._orders))
                x, y = ([values[row - 1] for row in taken[-1]] for values in self._data)
            before = self.state
            after = self._loop.one_pass(before, x, y, settings, out)
            if decimals is not None:
                moved = (rounded(value, decimals) for value in after[: len(lesson.training.start)])
                after = (*moved, *after[len(lesson.training.start) :])
            self.state = after
            if after == before and not shuffled:
                # Where an epoch changes nothing, no epoch after it will.
                repeated = count - done - 1
                break
        values = as_array(out, self._loop.width)
        if repeated:
            values = np.hstack([values, np.tile(values[:, -lesson.n_rows :], repeated)])
        by_pass = values.reshape(-1, count, lesson.n_rows)
        prepared = zip((*self._names, *self._kept), map(copying, by_pass), strict=True)
        return Passes(
            lesson=lesson,
            count=count,
            starts=values[: len(self._names), :: lesson.n_rows].T,
            prepared=dict(prepared),
            order=np.array(taken) - 1 if shuffled else None,
        )


def first_state(lesson: Lesson) -> State:
    """Return the state that a run begins with: the start, and nothing remembered."""
    parameters = len(lesson.training.start)
    return (*lesson.training.start, *repeat(0.0, len(state_columns(lesson.step)) - parameters))


def _orders(lesson: Lesson) -> Iterator[Sequence[int]]:
    if lesson.method.shuffle is None:
        return repeat(range(1, lesson.n_rows + 1))
    return orders(lesson.n_rows, lesson.method.shuffle)


def held_errors(lesson: Lesson, loss: Loss, state: Sequence[float]) -> list[float]:
    """Compute the rows' losses with the parameters held."""
    return [
        loss.of_row(lesson.model, x, y, state)
        for x, y in zip(lesson.data.x, lesson.data.y, strict=True)
    ]
