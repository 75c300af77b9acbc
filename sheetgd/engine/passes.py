"""Passes over the data, many rows at once: the expressions of a step, computed on arrays.

What `sheetgd.expression.functions` does on arrays is done here with as few new arrays as possible:
each operation writes where its result is wanted, and arrays are used again. Elementary
arithmetic on arrays gives the floats' results bit for bit; other functions may not.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sheetgd.descent.step import ROW, ROWS, Step, column_expressions, needed_for, state_columns
from sheetgd.expression.functions import chosen
from sheetgd.expression.numbers import on_arrays, on_numbers
from sheetgd.expression.tree import Expression, Number, Operation, Symbol
from sheetgd.lesson.lesson import Lesson

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

_EXACT = {"+", "-", "*", "/", "negative", "sqrt", "abs", "sign", "max", "min", "remainder"}


def same_on_arrays(expressions: Iterable[Expression]) -> bool:
    """Tell whether arrays give the very bits that floats do.

    >>> x = Symbol("x")
    >>> same_on_arrays([x * x]), same_on_arrays([Operation("exp", (x,))])
    (True, False)
    """
    return all(map(_same, expressions))


def _same(expression: Expression) -> bool:
    if not isinstance(expression, Operation):
        return True
    exact = expression.function in _EXACT or expression.function.startswith("when")
    return (exact or expression.is_square) and all(map(_same, expression.operands))


@dataclass(frozen=True, slots=True)
class _Instruction:
    """One operation: what it reads, where it writes, and which places are free after it."""

    function: str
    operands: tuple[int, ...]
    target: int


class ArrayProgram:
    """Some columns as a list of operations on arrays.

    Args:
        expressions: what each column computes, in symbols; a symbol that is the name of a column
            before it stands for that column.
        wanted: the columns to compute.
        single: the symbols that stand for one number each; the others stand for arrays.

    >>> m, x = Symbol("m"), Symbol("x")
    >>> program = ArrayProgram({"p": m * x, "q": Symbol("p") * Symbol("p")}, ["q"], {"m"})
    >>> out = np.empty(2)
    >>> program({"m": 3.0, "x": np.array([1.0, 2.0])}, {"q": out})
    >>> out.tolist()
    [9.0, 36.0]
    """

    def __init__(
        self,
        expressions: Mapping[str, Expression],
        wanted: Sequence[str],
        single: Iterable[str] = (),
    ) -> None:
        """List the operations, each done once however often its result is read."""
        self._columns = expressions
        self._single = frozenset(single)
        self._slots: dict[Expression, int] = {}
        self._scalar: list[bool] = []
        self._given: list[tuple[int, str]] = []
        self._numbers: list[tuple[int, float]] = []
        self._scalars: list[_Instruction] = []
        self._arrays: list[_Instruction] = []
        self.wanted = tuple(wanted)
        self._results = [self._slot(self._resolved(name)) for name in self.wanted]
        self._place()

    def _resolved(self, name: str) -> Expression:
        return self._columns.get(name, Symbol(name))

    def _slot(self, expression: Expression) -> int:
        """Return the slot of an expression's value; new operations are added to the list."""
        if isinstance(expression, Symbol) and expression.name in self._columns:
            return self._slot(self._columns[expression.name])
        if expression in self._slots:
            return self._slots[expression]
        if isinstance(expression, Operation):
            square = expression.is_square
            needed = expression.operands[:1] * 2 if square else expression.operands
            operands = tuple([self._slot(each) for each in needed])
            scalar = all(self._scalar[each] for each in operands)
            slot = self._new_slot(expression, scalar=scalar)
            function = "*" if square else expression.function
            (self._scalars if scalar else self._arrays).append(
                _Instruction(function, operands, slot)
            )
            return slot
        if isinstance(expression, Number):
            slot = self._new_slot(expression, scalar=True)
            self._numbers.append((slot, float(expression.value)))
            return slot
        assert isinstance(expression, Symbol)  # noqa: S101  there is no other kind
        slot = self._new_slot(expression, scalar=expression.name in self._single)
        self._given.append((slot, expression.name))
        return slot

    def _new_slot(self, expression: Expression, *, scalar: bool) -> int:
        self._slots[expression] = len(self._scalar)
        self._scalar.append(scalar)
        return self._slots[expression]

    def _place(self) -> None:
        """Give every intermediate result a place that is free at that moment."""
        last_read: dict[int, int] = {}
        for number, each in enumerate(self._arrays):
            last_read.update(dict.fromkeys(each.operands, number))
        results = set(self._results)
        self._places: dict[int, int] = {}
        free: list[int] = []
        count = 0
        for number, each in enumerate(self._arrays):
            ended = {slot for slot in each.operands if last_read[slot] == number}
            free += [self._places[slot] for slot in ended if slot in self._places]
            if each.target not in results:
                if not free:
                    free.append(count)
                    count += 1
                self._places[each.target] = free.pop()
        self._workspaces = count
        self._calls = [(self._called(each), each.operands, each.target) for each in self._arrays]

    def _called(self, instruction: _Instruction) -> Callable[..., Any]:
        """Make a function of the operands and of the array to fill."""
        called = on_arrays(instruction.function)
        return _when(called) if instruction.function.startswith("when") else called

    def needs(self, name: str) -> bool:
        """Tell whether a symbol is read."""
        return any(each == name for _, each in self._given)

    def __call__(
        self,
        cells: Mapping[str, Any],
        out: Mapping[str, FloatArray],
        workspace: "Workspace | None" = None,
    ) -> None:
        """Compute the wanted columns into arrays of their own.

        Args:
            cells: numbers and arrays by their symbols.
            out: for each wanted column the array to fill, all of one shape.
            workspace: room for what comes in between, to be used again for the next rows.
        """
        values: list[Any] = [None] * len(self._scalar)
        for slot, number in self._numbers:
            values[slot] = number
        for slot, name in self._given:
            values[slot] = cells[name]
        for each in self._scalars:
            function = on_numbers(each.function)
            values[each.target] = function(*[values[slot] for slot in each.operands])
        shape = out[self.wanted[0]].shape if self.wanted else ()
        buffers = (Workspace() if workspace is None else workspace).buffers(self._workspaces, shape)
        for slot, place in self._places.items():
            values[slot] = buffers[place]
        first: dict[int, FloatArray] = {}
        for name, slot in zip(self.wanted, self._results, strict=True):
            if values[slot] is None:
                values[slot] = out[name]
                first[slot] = out[name]
        for call, operands, target in self._calls:
            call(*[values[slot] for slot in operands], out=values[target])
        for name, slot in zip(self.wanted, self._results, strict=True):
            if first.get(slot) is not out[name]:
                out[name][...] = values[slot]


class Workspace:
    """Arrays for results in between, kept for as long as their shape stays."""

    def __init__(self) -> None:
        """Start with no room."""
        self._buffers: list[FloatArray] = []

    def buffers(self, count: int, shape: tuple[int, ...]) -> list[FloatArray]:
        """Make empty arrays of that shape."""
        if self._buffers and self._buffers[0].shape != shape:
            self._buffers.clear()
        self._buffers += [np.empty(shape) for _ in range(count - len(self._buffers))]
        return self._buffers


def _when(holds: Callable[..., Any]) -> Callable[..., None]:
    def choose(one: Any, other: Any, then: Any, otherwise: Any, out: FloatArray) -> None:  # noqa: ANN401  floats or arrays
        # All at once, for `out` may be the place of what is chosen from.
        out[...] = chosen(holds, one, other, then, otherwise)

    return choose


@lru_cache(maxsize=64)
def step_program(method: Step, wanted: tuple[str, ...]) -> ArrayProgram:
    """Build the program for some columns of a step; settings and ROWS are single numbers."""
    columns = column_expressions(method)
    needed = {name: columns[name] for name in needed_for(wanted, columns)}
    every = {name for each in needed.values() for name in each.symbols()}
    rows = {"x", "y", "row", *method.model.parameters}
    single = {name for name in every if name not in rows and not name.startswith("last ")}
    return ArrayProgram(needed, wanted, single - set(columns))


AT_ONCE = 65_536
"""How many rows are taken at once: their numbers stay in the processor's cache."""

Writer = Callable[[FloatArray, slice], None]
"""Fills an array with a column: a line for each pass, and in it some of the rows."""


@dataclass(frozen=True, kw_only=True)
class Passes:
    """Some passes one after the other.

    Attributes:
        lesson: the lesson.
        count: how many passes there are.
        starts: the state before each, a line for each.
        prepared: what fills an array with a column that need not be computed: the state before
            each row by its names, and what else is known.
        after: the state that the last row leaves, if the columns of new parameters, and of what
            else is carried on, are to be filled with what the next row starts from; None where
            they are computed.
        order: the data rows in the order in which they are taken, counted from 0: a line for
            each pass; None where they are in their own order in every pass.
        part: the rows that are looked at, all of them or, in one pass, some.
        by: the rows are best taken in groups of this size, or of a multiple of it.
        holds: tells from the squared errors, once they are computed, whether these passes are
            what they seem, with all parts before this one; None where that is known, and for
            parts that others follow.
    """

    lesson: Lesson
    count: int
    starts: FloatArray
    prepared: Mapping[str, Writer]
    after: FloatArray | None = None
    order: IntArray | None = None
    part: slice = field(default_factory=lambda: slice(None))
    by: int = 1
    holds: Callable[[FloatArray], bool] | None = None

    @property
    def rows(self) -> range:
        """The rows that are looked at, counted from 0."""
        return range(self.lesson.n_rows)[self.part]

    def fill(self, out: Mapping[str, FloatArray], workspace: Workspace | None = None) -> None:
        """Fill arrays with the columns that they are named after."""
        lesson, shape = self.lesson, (self.count, len(self.rows))
        prepared = {**self.prepared, **self._data()}
        following = {} if self.after is None else self._following()
        wanted = tuple(name for name in out if name not in prepared and name not in following)
        program = step_program(lesson.step, wanted)
        read = {following[name] for name in out if name in following}
        needed = [name for name in prepared if name in out or name in read or program.needs(name)]
        given = {**lesson.settings, ROWS: float(lesson.n_rows)}
        whole = {name: values.reshape(shape) for name, values in out.items()}
        workspace = Workspace() if workspace is None else workspace
        scratch = Workspace()
        with np.errstate(all="ignore"):
            for part in self._parts():
                window = {name: values[:, part] for name, values in whole.items()}
                spare = scratch.buffers(len(needed), (self.count, part.stop - part.start))
                cells = {name: window.get(name, spare[at]) for at, name in enumerate(needed)}
                for name, cell in cells.items():
                    prepared[name](cell, part)
                if self.after is not None:
                    self._fill_following(window, cells, whole, part, self.after)
                if wanted:
                    program(given | cells, {name: window[name] for name in wanted}, workspace)

    def _parts(self) -> Iterator[slice]:
        """Yield the rows, as many at once as there is room for."""
        rows = len(self.rows)
        at_once = max(1, AT_ONCE // (self.count * self.by)) * self.by
        return (slice(first, min(first + at_once, rows)) for first in range(0, rows, at_once))

    def _fill_following(
        self,
        window: Mapping[str, FloatArray],
        cells: Mapping[str, FloatArray],
        whole: Mapping[str, FloatArray],
        part: slice,
        after: FloatArray,
    ) -> None:
        """Fill columns that hold what the next row, or the next pass, starts from."""
        for place, (column, name) in enumerate(self._following().items()):
            if column not in window:
                continue
            window[column][:, :-1] = cells[name][:, 1:]
            if part.start:
                whole[column][:, part.start - 1] = cells[name][:, 0]
            if part.stop == len(self.rows):
                window[column][:-1, -1] = self.starts[1:, place]
                window[column][-1, -1] = after[place]

    def _following(self) -> Mapping[str, str]:
        """Map the numbers that the next row starts from to the columns that hold them."""
        return {column: name for name, column in state_columns(self.lesson.step).items()}

    def _data(self) -> Mapping[str, Writer]:
        """Return what fills an array with the data, as the passes take the rows."""
        arrays, rows = self.lesson.arrays, self.rows

        def writer(values: FloatArray) -> Writer:
            here = values[self.part]

            def write(out: FloatArray, part: slice) -> None:
                out[...] = here[part] if self.order is None else values[self.order[:, part]]

            return write

        def number(out: FloatArray, part: slice) -> None:
            out[...] = np.arange(rows.start + 1.0, rows.stop + 1)[part]

        return {"x": writer(arrays.x), "y": writer(arrays.y), ROW: number}


def copying(values: FloatArray) -> Writer:
    """Return what fills an array with these values: a line for each pass."""

    def write(out: FloatArray, part: slice) -> None:
        out[...] = values[:, part]

    return write
