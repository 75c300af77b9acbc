"""The one loop that runs a lesson: row by row, as the step is written, bit for bit.

The expressions of a step's columns are printed as a loop over epochs and rows. Python runs it, or,
where numba is installed and there is enough to do, the very same text is compiled. Without numba
the loop of a trace computes only what the next row needs, and what arrays might round otherwise;
the other columns follow from that on arrays.
"""

from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache, partial
from itertools import islice
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sheetgd.descent.step import (
    COUNT,
    EPOCH,
    OF_THE_ROW,
    RATE,
    ROW,
    ROWS,
    WATCHED_NOW,
    Step,
    column_expressions,
    given_columns,
    needed_for,
    settings_of,
    slope_column,
    state_columns,
    step_columns,
)
from sheetgd.expression.functions import rounded
from sheetgd.expression.numbers import Filler, FloatArray
from sheetgd.expression.python import (
    MATHEMATICS,
    Statements,
    operations_of,
    power_of,
    same_on_arrays,
)
from sheetgd.expression.tree import Expression, Number, Symbol
from sheetgd.lesson.data import orders
from sheetgd.lesson.lesson import Lesson

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
State = tuple[float, ...]

WORTH_COMPILING: Final = 70_000_000
"""So many operations take Python about as long as numba takes to start and to compile them."""

_AT_ONCE, _COMPILED_AT_ONCE = 16_384, 1 << 22
"""After so many rows a run can be interrupted, and says how far it is."""

_ON_ARRAYS: Final = 16_384
"""So many rows' numbers stay in the processor's cache."""

HELD, PASSING, STILL = LOGGED = ("held", "passing", "still")
"""What a log sums up: the errors with the parameters held, those of the pass, in which they move,
and whether every derivative in it is 0."""

HELD_AT: Final = -len(LOGGED) + LOGGED.index(HELD)
"""Where a log has the errors held."""

_WATCHED, _SUMMED = f"{WATCHED_NOW}, a row", f"{WATCHED_NOW}, summed up"


def logged_of(step: Step) -> tuple[str, ...]:
    """Return what the log of a method keeps beside the state: the rate, too, where it varies."""
    return (*((RATE,) if step.schedule_rule.varies else ()), *LOGGED)


@cache
def compiler() -> Callable[..., Any] | None:
    """Return numba's compiler of functions; None where numba is not installed, or does not start.

    It makes no error of a division by 0, and neither fuses nor reorders operations.
    """
    try:
        import numba  # noqa: PLC0415  it takes half a second, and not everybody has it
    except ImportError:
        return None
    jit: Callable[..., Any] = numba.njit(error_model="numpy")
    return jit


@dataclass(frozen=True)
class Loop:
    """A printed loop over some passes.

    Attributes:
        source: the function `passes` in Python.
        constants: the numbers that it reads from its argument of that name.
        operations: how many operations it has for a row.
        carry_decimals: to how many decimals parameters are rounded after a pass, if they are.
    """

    source: str
    constants: tuple[float, ...]
    operations: int
    carry_decimals: int | None

    @cached_property
    def interpreted(self) -> Callable[..., int]:
        """The function, run by Python."""
        carried = partial(rounded, decimals=self.carry_decimals or 0)
        return self._function({**MATHEMATICS, "carried": carried})

    @cached_property
    def compiled(self) -> Callable[..., int]:
        """The same, compiled by numba: nothing is fused or reordered."""
        jit = compiler()
        assert jit is not None  # noqa: S101  whoever asks has found that it is there
        power = jit(power_of(jit(lambda base, exponent: base**exponent)))
        function: Callable[..., int] = jit(self._function({**MATHEMATICS, "power": power}))
        return function

    def worth_compiling(self, rows: int) -> bool:
        """Tell whether numba is there, and so many rows are worth its while."""
        ready = "compiled" in vars(self) or rows * self.operations >= WORTH_COMPILING
        # Rounding as a sheet does is no arithmetic on floats.
        return ready and self.carry_decimals is None and compiler() is not None

    def _function(self, names: Mapping[str, Any]) -> Callable[..., int]:
        made = dict(names)
        # Every name in the source is made here and every number is one: nothing of a user's text
        # gets into it.
        exec(compile(self.source, "<the loop of a step>", "exec"), made)  # noqa: S102  see above
        function: Callable[..., int] = made["passes"]
        return function


@lru_cache(maxsize=128)
def loop_of(
    step: Step,
    kept: tuple[str, ...] = (),
    logged: tuple[str, ...] = (),
    *,
    shuffled: bool = False,
    lanes: bool = False,
    held: int = 0,
) -> Loop:
    """Print the loop of a step.

    Args:
        step: the choices of a step.
        kept: the columns, and of the state before a row, that are written down for every row.
        logged: what is written down for every epoch, beside the state before it.
        shuffled: whether every pass has an order of its own.
        held: how many rows at the end of the data are only watched.
        lanes: whether it runs at many learning rates side by side; then no row is written down.

    >>> print(loop_of(Step(gradient="analytic"), ("m",)).source)
    def passes(epochs, state, data, order, settings, constants, kept, logged):
        ...
        for epoch in range(epochs):
            ...
            for row in range(n):
                ...
    """
    columns, settings = column_expressions(step), settings_of(step)
    ends = [
        *state_columns(step).values(),
        *kept,
        *([step.error_column] if PASSING in logged else []),
    ]
    ends += [slope_column(step, name) for name in step.model.parameters if STILL in logged]
    ends += [RATE] if RATE in logged else []
    needed = {name: columns[name] for name in needed_for(ends, columns)}
    if HELD in logged:
        needed[HELD] = _error_of_row(step, HELD)
    data = (*step.model.inputs, "y")
    read = {name for expression in needed.values() for name in expression.names}
    watching = _watching(step, held) if WATCHED_NOW in read else {}
    fixed = {ROWS, *settings} - ({"learn"} if lanes else set())
    body = Statements(
        [*watching.values(), *needed.values()],
        fixed=fixed,
        finite={
            *(*data, "learn", ROW, EPOCH, *OF_THE_ROW, *fixed),
            *(f"{which} {name}" for which in (HELD, WATCHED_NOW) for name in data),
        },
        divisors={"nudge", "batch", "in_batch", ROWS},
        bounded={COUNT, *step.optimizer_rule.hyper},
    )
    texts = _Texts(step, body, kept, logged, shuffled=shuffled, numbered=ROW in read)
    once = {each.name for each in step_columns(step) if each.once}
    if watching:
        texts.watched_rows = "n, len(d0)" if held else "n"
        texts.watched = [body.put_apart({name: each}) for name, each in watching.items()]
    if EPOCH in read:
        texts.begun = len(settings)
        texts.once = body.put_apart({name: needed[name] for name in needed if name in once})
    for name, expression in needed.items():
        if name not in once:
            body.put(name, expression)
    source = "\n".join(
        [
            "def passes(epochs, state, data, order, settings, constants, kept, logged):",
            *(f"    d{at} = data[{at}]" for at, _ in enumerate(data)),
            *(f"    {body.variable(name)} = settings[{at}]" for at, name in enumerate(settings)),
            *(f"    {name} = constants[{at}]" for at, name in enumerate(body.constants)),
            f"    n = len(d0) - {held}" if held else "    n = len(d0)",
            f"    {body.variable(ROWS)} = float(n)",
            *(f"    {line}" for line in body.before),
            *(texts.side_by_side() if lanes else texts.alone()),
        ]
    )
    operations = len(set(operations_of(needed.values())))
    decimals = step.gradient_rule.carry_decimals
    return Loop(source, tuple(body.constants.values()), operations, decimals)


def _watching(step: Step, held: int) -> dict[str, Expression]:
    """Write the metric that a pass begins with: what each row adds to it, and all together."""
    return {
        _WATCHED: _error_of_row(step, WATCHED_NOW),
        WATCHED_NOW: step.metric_function.of_sum(
            Symbol(_SUMMED), Number(float(held)) if held else Symbol(ROWS)
        ),
    }


def _error_of_row(step: Step, which: str) -> Expression:
    """Write what a row adds to the metric, by columns that are called after a purpose."""
    given = [Symbol(f"{which} {name}") for name in given_columns(step.model)]
    inputs = len(step.model.inputs)
    error: Expression = step.metric_loss.named.of_row(
        step.model, given[:inputs], given[inputs], given[inputs + 1 :]
    )
    return error


class _Texts:
    """The lines of a loop around the statements of a row."""

    def __init__(
        self,
        step: Step,
        body: Statements,
        kept: tuple[str, ...],
        logged: tuple[str, ...],
        *,
        shuffled: bool,
        numbered: bool,
    ) -> None:
        self.body, self.kept, self.shuffled, self.numbered = body, kept, shuffled, numbered
        self.begun: int | None = None
        self.once: list[str] = []
        self.watched: list[list[str]] = []
        self.watched_rows = "n"
        self.parameters = step.model.parameters
        self.v = v = body.variable
        self.data = (*step.model.inputs, "y")
        self.size = len(state_columns(step))
        self.present = [v(name) for name in state_columns(step)]
        self.following = [v(name) for name in state_columns(step).values()]
        self.held = [v(f"{HELD} {name}") for name in step.model.parameters if HELD in logged]
        self.sums = {name: self.size + at for at, name in enumerate(logged)}
        self.error = v(step.error_column)
        rounds = step.gradient_rule.carry_decimals is not None
        self.carried = [v(name) for name in step.model.parameters if rounds]
        self.slopes = [
            v(slope_column(step, name)) for name in step.model.parameters if STILL in logged
        ]

    def alone(self) -> list[str]:
        """Return the lines of a single run: its state is in variables."""
        present, logged = list(enumerate(self.present)), [*range(self.size), *self.sums.values()]
        summed = {name: at for name, at in self.sums.items() if name != RATE}
        text = [
            *(f"    {name} = state[{at}]" for at, name in present),
            *(f"    l{at} = logged[{at}]" for at in logged if self.sums),
            "    for epoch in range(epochs):",
            *(f"        t{at} = kept[{at}][epoch]" for at in range(len(self.kept))),
            *(f"        s{at} = {name}" for at, name in present),
            *(f"        l{at}[epoch] = {name}" for at, name in present if self.sums),
            *(
                f"        {held} = {now}"
                for held, now in zip(self.held, self.present, strict=False)
            ),
            *(f"        e{at} = {float(name == STILL)}" for name, at in summed.items()),
            *self._numbered_epoch(),
            *self._watch(),
            *(f"        {line}" for line in self.once),
            *self._pass(),
            *(f"            {line}" for line in [*self.body.lines, *self._summed("e{}")]),
            *(f"            t{at}[row] = {self.v(name)}" for at, name in enumerate(self.kept)),
            *(f"            {now} = {then}" for now, then in self._moved()),
            *(f"        l{at}[epoch] = e{at}" for at in summed.values()),
            *([f"        l{self.sums[RATE]}[epoch] = {self.v(RATE)}"] if RATE in self.sums else []),
            *(f"        {name} = carried({name})" for name in self.carried),
        ]
        if not self.shuffled and self.begun is None:
            # Where an epoch changes nothing, no epoch after it will.
            same = " and ".join(f"s{at} == {name}" for at, name in present)
            text += [f"        if {same}:", "            epochs = epoch + 1", "            break"]
        return [*text, *(f"    state[{at}] = {name}" for at, name in present), "    return epochs"]

    def side_by_side(self) -> list[str]:
        """Return the lines of many runs: their states are in arrays, a lane for each."""
        present, sums = list(enumerate(self.present)), self.sums.values()
        return [
            *(f"    s{at} = state[{at}]" for at, _ in present),
            *(f"    l{at} = logged[{at}]" for at in [*range(self.size), *sums]),
            "    rates = kept[0]",
            "    for epoch in range(epochs):",
            *(f"        e{at} = l{at}[epoch]" for at in [*range(self.size), *sums]),
            "        for lane in range(len(rates)):",
            *(f"            e{at}[lane] = s{at}[lane]" for at, _ in present),
            *(
                f"            e{at}[lane] = {float(name == STILL)}"
                for name, at in self.sums.items()
            ),
            *self._numbered_epoch(),
            *self._pass(),
            "            for lane in range(len(rates)):",
            f"                {self.v('learn')} = rates[lane]",
            *(f"                {name} = s{at}[lane]" for at, name in present),
            *(f"                {name} = e{at}[lane]" for at, name in enumerate(self.held)),
            *(f"                {line}" for line in [*self.once, *self.body.lines]),
            *(f"                {line}" for line in self._summed("e{}[lane]")),
            *(f"                s{at}[lane] = {name}" for at, name in enumerate(self.following)),
            "    return epochs",
        ]

    def _numbered_epoch(self) -> Iterator[str]:
        """Yield how a pass gets its number, counted over the whole run."""
        if self.begun is not None:
            yield f"        {self.v(EPOCH)} = settings[{self.begun}] + epoch + 1.0"

    def _watch(self) -> Iterator[str]:
        """Yield how the metric is computed that a pass begins with."""
        if not self.watched:
            return
        row, whole = self.watched
        for name in self.parameters:
            yield f"        {self.v(f'{WATCHED_NOW} {name}')} = {self.v(name)}"
        yield f"        {self.v(_SUMMED)} = 0.0"
        yield f"        for row in range({self.watched_rows}):"
        for at, name in enumerate(self.data):
            yield f"            {self.v(f'{WATCHED_NOW} {name}')} = d{at}[row]"
        yield from (f"            {line}" for line in row)
        yield f"            {self.v(_SUMMED)} += {self.v(_WATCHED)}"
        yield from (f"        {line}" for line in whole)

    def _moved(self) -> Iterator[tuple[str, str]]:
        return zip(self.present, self.following, strict=True)

    def _pass(self) -> Iterator[str]:
        """Yield how a pass begins, and how a row of it is read."""
        if self.shuffled:
            yield "        ordered = order[epoch]"
        if self.numbered:
            yield f"        {self.v(ROW)} = 0.0"
        yield "        for row in range(n):"
        for at, name in enumerate(self.data):
            if self.held:
                # Held errors are summed up in the order of the data.
                yield f"            {self.v(f'{HELD} {name}')} = d{at}[row]"
            where = "ordered[row]" if self.shuffled else "row"
            yield f"            {self.v(name)} = d{at}[{where}]"
        if self.numbered:
            yield f"            {self.v(ROW)} += 1.0"

    def _summed(self, place: str) -> Iterator[str]:
        """Yield how a row's numbers are summed up."""
        for name, at in self.sums.items():
            here = place.format(at)
            if name == RATE:
                continue
            if name == STILL:
                # In one condition, which is over with the first row that moves.
                moves = " or ".join(f"{slope} != 0.0" for slope in self.slopes)
                yield f"if {here} != 0.0 and ({moves}): {here} = 0.0"
            else:
                yield f"{here} += {self.v(HELD) if name == HELD else self.error}"


class Rowwise:
    """A run row by row.

    Args:
        lesson: the lesson.
        passes: how many passes will be taken in all: many are worth compiling the loop.
        state: where it begins; None for the start.
        taken: after how many passes that is.
    """

    def __init__(
        self, lesson: Lesson, passes: int, state: State | None = None, taken: int = 0
    ) -> None:
        """Begin at the state."""
        self._lesson, self._rows_in_all = lesson, passes * lesson.n_rows
        self._state: Sequence[float] = first_state(lesson) if state is None else state
        shuffle = lesson.method.shuffle
        self._orders = None if shuffle is None else orders(lesson.n_rows, shuffle)
        settings = [float(lesson.settings[name]) for name in settings_of(lesson.step)]
        self._watched = lesson.held_out if lesson.step.schedule_rule.watches else None
        # The last is how many passes are taken.
        self._settings = [*settings, float(taken)]

    def log(self, count: int) -> FloatArray:
        """Take the next passes and sum them up.

        Returns:
            A line for each number of the state before a pass, for its rate if that varies, then
            for what it sums up: `HELD`, `PASSING` and `STILL`; a column for each pass.
        """
        logged = logged_of(self._lesson.step)
        loop = self._loop((), logged)
        compiled = loop.worth_compiling(self._rows_in_all)
        shape = len(state_columns(self._lesson.step)) + len(logged), count
        log: Any = np.empty(shape) if compiled else [[0.0] * count for _ in range(shape[0])]
        done = self._taken(loop, count, self._drawn(count), (), log, compiled=compiled)
        found: FloatArray = np.asarray(log)
        found[:, done:] = found[:, done - 1 : done]
        return found

    def trace(self, count: int, out: Mapping[str, FloatArray]) -> None:
        """Take the next passes; fill arrays with the columns that they are named after.

        Args:
            count: how many passes.
            out: for each wanted column a line for each pass, with a place for each of its rows.
        """
        loop, order = self._loop(tuple(out), ()), self._drawn(count)
        if loop.worth_compiling(self._rows_in_all):
            done = self._taken(loop, count, order, tuple(out.values()), (), compiled=True)
        else:
            done = self._traced(count, order, out)
        for values in out.values() if done < count else ():
            values[done:] = values[done - 1]

    def _traced(self, count: int, order: "IntArray | None", out: Mapping[str, FloatArray]) -> int:
        """Take passes by a loop that Python runs, and fill the other columns on arrays."""
        lesson, rows = self._lesson, self._lesson.n_rows
        columns = column_expressions(lesson.step)
        inexact = (name for name, each in columns.items() if not same_on_arrays(each))
        once = (each.name for each in step_columns(lesson.step) if each.once)
        kept = tuple(dict.fromkeys((*state_columns(lesson.step), *inexact, *once)))
        trace = [[array("d", bytes(8 * rows)) for _ in range(count)] for _ in kept]
        done = self._taken(self._loop(kept, ()), count, order, trace, (), compiled=False)
        fill = _filler(lesson.step, tuple(out), kept)
        data = dict(zip(lesson.model.inputs, lesson.arrays.inputs, strict=True))
        data |= {"y": lesson.arrays.y, ROW: np.arange(1.0, rows + 1)}
        cells: dict[str, FloatArray] = {}
        for name in (*data, *kept):
            if name not in fill.given and name not in out:
                continue
            cells[name] = out[name][:done] if name in out else np.empty((done, rows))
            if name in kept:
                cells[name][...] = list(map(np.frombuffer, trace[kept.index(name)][:done]))
            else:
                values = data[name]
                cells[name][...] = values if order is None or name == ROW else values[order[:done]]
        settings = {**lesson.settings, ROWS: float(rows)}
        wanted = {name: values[:done] for name, values in out.items() if name not in cells}
        at_once = max(1, _ON_ARRAYS // rows)
        with np.errstate(all="ignore"):
            for first in range(0, done, at_once):
                part = slice(first, min(first + at_once, done))
                some = {name: values[part] for name, values in cells.items()}
                fill({**settings, **some}, {name: values[part] for name, values in wanted.items()})
        return done

    def side_by_side(
        self, loop: Loop, state: FloatArray, rates: FloatArray, log: FloatArray
    ) -> None:
        """Take passes at several rates, a lane for each; states and log are filled in place."""
        count = log.shape[1]
        arrays, order = self._lesson.arrays, self._drawn(count)
        data = (*arrays.inputs, arrays.y)
        order = np.empty((0, 0), dtype=np.int64) if order is None else order
        numbers = np.array(self._settings), np.array(loop.constants)
        loop.compiled(count, state, data, order, *numbers, (rates,), log)
        self._settings[-1] += count

    def _loop(self, kept: tuple[str, ...], logged: tuple[str, ...]) -> Loop:
        # Loops are remembered by what is asked for.
        held = {} if self._watched is None else {"held": len(self._watched.y)}
        step, shuffled = self._lesson.step, self._orders is not None
        return loop_of(step, kept, logged, shuffled=shuffled, **held)

    def _drawn(self, count: int) -> "IntArray | None":
        """Draw the orders of the next passes: a line for each, rows counted from 0."""
        if self._orders is None:
            return None
        return np.array(list(islice(self._orders, count)), dtype=np.int64) - 1

    def _taken(
        self,
        loop: Loop,
        count: int,
        order: "IntArray | None",
        trace: Sequence[Any],
        log: Any,  # noqa: ANN401  lists for Python, an array for numba
        *,
        compiled: bool,
    ) -> int:
        """Run the loop from the present state; return after how many passes nothing changes."""
        columns = (*self._lesson.arrays.inputs, self._lesson.arrays.y)
        if self._watched is not None:
            columns = tuple(map(np.append, columns, (*self._watched.inputs, self._watched.y)))
        if compiled:
            state = np.array(self._state)
            none = np.empty((0, 0), dtype=np.int64) if order is None else order
            numbers = np.array(self._settings), np.array(loop.constants)
            done = loop.compiled(count, state, columns, none, *numbers, trace, log)
            self._state = state.tolist()
        else:
            self._state = list(self._state)
            listed = None if order is None else order.tolist()
            given = [each.tolist() for each in columns], listed, self._settings, loop.constants
            done = loop.interpreted(count, self._state, *given, trace, log)
        self._settings[-1] += count
        return done


@lru_cache(maxsize=64)
def _filler(step: Step, wanted: tuple[str, ...], given: tuple[str, ...]) -> Filler:
    """Return what computes columns of a step from the state before a row, and from some others."""
    every = column_expressions(step)
    columns = {name: every[name] for name in every if name not in given}
    needed = needed_for(wanted, columns)
    return Filler({name: columns[name] for name in needed}, {ROWS, *settings_of(step)})


def first_state(lesson: Lesson) -> State:
    """Return the state that a run begins with: the start, and what is remembered, if anything."""
    start, remembered = lesson.training.start, lesson.training.optimizer_state
    columns = list(state_columns(lesson.step).values())[len(start) :]
    return (*start, *(remembered.get(name, 0.0) for name in columns))


def passes_at_once(lesson: Lesson, passes: int) -> int:
    """Return how many passes are taken before anything else can happen."""
    loop = loop_of(
        lesson.step, (), logged_of(lesson.step), shuffled=lesson.method.shuffle is not None
    )
    most = _COMPILED_AT_ONCE if loop.worth_compiling(passes * lesson.n_rows) else _AT_ONCE
    return max(1, most // lesson.n_rows)


def logs_at_rates(
    lesson: Lesson,
    rates: Sequence[float],
    epochs: int,
    on_epoch: Callable[[int, int], None] | None = None,
) -> FloatArray:
    """Run at some learning rates, side by side where that is compiled.

    Args:
        lesson: the lesson; its own rate does not matter.
        rates: the learning rates.
        epochs: for how many epochs.
        on_epoch: called as the runs go on, with how many epochs of all are done, and how many
            there are.

    Returns:
        For epoch 0 to the last, a line for each number of the state and one for the held errors,
        summed up; for each rate a lane: line, epoch, rate.
    """
    count, size = epochs + 1, len(state_columns(lesson.step))
    found = np.empty((size + 1, count, len(rates)))
    shuffled = lesson.method.shuffle is not None
    loop = loop_of(lesson.step, (), (HELD,), shuffled=shuffled, lanes=True)
    total = count * len(rates)
    tick = on_epoch or (lambda _done, _total: None)
    # A rate that follows a run's own metric is no lane's beside others.
    if lesson.step.schedule_rule.watches or not loop.worth_compiling(total * lesson.n_rows):
        for lane, rate in enumerate(rates):
            run = Rowwise(lesson.with_settings({"learning_rate": rate}), 0)
            log = run.log(count)
            found[:-1, :, lane], found[-1, :, lane] = log[:size], log[HELD_AT]
            tick((lane + 1) * count, total)
        return found
    run, at_once = Rowwise(lesson, count), max(1, _COMPILED_AT_ONCE // (lesson.n_rows * len(rates)))
    state = np.tile(np.array(first_state(lesson))[:, None], len(rates))
    for first in range(0, count, at_once):
        part = np.empty((size + 1, min(at_once, count - first), len(rates)))
        run.side_by_side(loop, state, np.array(rates), part)
        found[:, first : first + at_once] = part
        tick(min(first + at_once, count) * len(rates), total)
    return found
