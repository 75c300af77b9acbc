"""A lesson at several learning rates: which ones, for how long, and the verdict on each."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_FLOOR, Decimal
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from sheetgd.descent.rate_verdict import (
    BEST,
    Verdict,
    below_start,
    best_mark,
    best_rate_advice,
    move_ratio,
    moves_repeated,
    moves_squared,
    nearly_perfect,
    rate_if,
)
from sheetgd.descent.step import (
    OF_THE_ROW,
    lasting_columns,
    remembered_columns,
    state_columns,
    step_columns,
)
from sheetgd.engine.automatic import chosen_rate, rate_scale
from sheetgd.engine.log import check_memory, scale_of, verdicts_of
from sheetgd.engine.rowwise import BoolArray, logs_at_rates
from sheetgd.engine.run import Descent, lowest_of
from sheetgd.engine.stability import epoch_factor, is_stable, largest_stable_rate
from sheetgd.errors import LessonError
from sheetgd.expression.excel import MAX_COLUMNS
from sheetgd.expression.functions import ROUNDING
from sheetgd.expression.numbers import FloatArray
from sheetgd.expression.sheet_cells import column_of, unplaced, value_of
from sheetgd.expression.tree import Symbol
from sheetgd.lesson.checks import counted
from sheetgd.lesson.fields import SETTINGS
from sheetgd.lesson.lesson import DEFAULT_CAPACITY, Lesson
from sheetgd.lesson.values import LEAST_RATE_EPOCHS, MOST_RATES, Auto, number_of, whole_of

if TYPE_CHECKING:
    import pandas as pd


def in_digits(value: float, digits: int) -> float:
    """Round a number above 0 down to this many significant digits.

    What is a trifle away from such a number is that number: 0.3 * 0.1, for instance, is 0.03.

    >>> in_digits(0.17999, 2), in_digits(0.3 * 0.1, 2)
    (0.17, 0.03)
    """
    exact = Decimal(f"{value:.12g}")
    unit = Decimal(1).scaleb(exact.adjusted() - digits + 1)
    return float(exact.quantize(unit, rounding=ROUND_FLOOR))


DIGITS: Final = 4
"""The digits rates in between are rounded to, so that what is shown is what is run."""

MOST_FORMULAS: Final = 600_000
"""A workbook with more than this in its sheets of rates opens too slowly to be of use."""

_EPOCHS = replace(SETTINGS["rate_epochs"], name="epochs")

_OTHER_COLUMNS = 32
"""Beside those of the rates: margins, epochs, and what charts are drawn from."""

_COMFORTABLE_CELLS, _MOST_CELLS, _FEW_EPOCHS = 11_000, 22_000, 10
"""The most cells that the steps of all rates take, unless epochs are asked for.

For the sake of ten epochs, which tell more than fewer, they may take twice as many.
"""

_COMFORTABLE_ROWS = 100_000
"""The most rows that all runs take together where sheets have a row an epoch."""

_ROUND = 5
"""Epochs that are fewer for the cells' sake are a multiple of this."""

_AROUND_CHOSEN = (0.001, 0.01, 0.1, 0.4, 1.0, 2.5)
_BEYOND, _BEYOND_SCALE = 50.0, 10.0
"""How many times the chosen rate the last one is, and so far beyond the data's scale."""
_HOW_TO_WRITE = "write LOW:HIGH:COUNT, such as 1e-6:1e-2:25, or some with commas, such as 0.01,0.1"


def rates_of(text: str) -> tuple[float, ...]:
    """Read learning rates: a range spaced evenly on a log scale, or a list.

    Args:
        text: ``LOW:HIGH:COUNT``, both ends included; or rates with commas between them.

    Returns:
        The rates. The ends of a range are as they are written, those in between rounded to
        four digits (to more where the range is so narrow that they would be the same).

    Raises:
        LessonError: when it is neither, or a rate is not above 0.

    >>> rates_of("0.001:1:4"), rates_of("0.1, 0.25"), rates_of("1e-2:1e-1:3")
    ((0.001, 0.01, 0.1, 1.0), (0.1, 0.25), (0.01, 0.03162, 0.1))
    """
    parts = text.split(":")
    if len(parts) == 1:
        return tuple(_rate(text, each) for each in text.split(","))
    if len(parts) != 3:  # noqa: PLR2004  low, high, count
        raise LessonError(f"rates {text!r} is neither a range nor a list: {_HOW_TO_WRITE}", "rates")
    low, high = _rate(text, parts[0]), _rate(text, parts[1])
    written = parts[2].strip()
    count = whole_of(written) if written.isascii() and written.isdecimal() else 0
    if not 2 <= count <= MOST_RATES:  # noqa: PLR2004  a range has two ends
        raise LessonError(
            f"rates {text!r}: {written!r} is not how many there are; it must be a "
            f"whole number from 2 to {MOST_RATES:,}",
            "rates",
        )
    if not low < high:
        raise LessonError(
            f"rates {text!r}: the first rate must be below the second; swap them", "rates"
        )
    for digits in range(DIGITS, 18):
        # By logarithms, as the quotient of very far ends may be beyond all numbers.
        step = (math.log(high) - math.log(low)) / (count - 1)
        between = [
            _rounded(math.exp(math.log(low) + step * each), digits) for each in range(1, count - 1)
        ]
        found = (low, *between, high)
        if all(one < other for one, other in pairwise(found)):
            return found
    raise LessonError(
        f"rates {text!r}: {count} rates do not fit in between; ask for fewer", "rates"
    )


def _rate(text: str, part: str) -> float:
    try:
        value = number_of(part)
    except ValueError:
        raise LessonError(
            f"rates {text!r}: {part.strip()!r} is not a number; {_HOW_TO_WRITE}", "rates"
        ) from None
    if not 0 < value < math.inf:
        raise LessonError(
            f"rates {text!r}: a learning rate must be a number above 0, not {value}", "rates"
        )
    return value


def _rounded(value: float, digits: int) -> float:
    return float(f"{value:.{digits}g}")


def rates_for(lesson: Lesson) -> tuple[float, ...]:
    """Return the learning rates a lesson's are compared at: its own, or eight that are chosen.

    These lie around the rate that suits the data (`sheetgd.engine.automatic.chosen_rate`), from a
    thousandth of it to far too much, so that several verdicts are among them.

    >>> rates_for(Lesson(x=(0,), y=(0,), model="w", gradient="analytic"))
    (0.0005, 0.005, 0.05, 0.2, 0.5, 1.2, 5.6, 25.0)
    """
    if lesson.display.rates:
        return tuple(lesson.display.rates)
    rate, how = (
        lesson.training.learning_rate,
        lesson.training.chosen.get("learning_rate", Auto.PENDING),
    )
    if how is Auto.PENDING:
        rate, how = chosen_rate(lesson)
    if how is Auto.SMALLEST:
        # It is so small that nothing would be seen to happen at the others, either.
        rate = rate_scale(lesson)
    top = max(_BEYOND * rate, _BEYOND_SCALE * rate_scale(lesson))
    between = math.sqrt(_AROUND_CHOSEN[-1] * rate * top)
    around = [factor * rate for factor in _AROUND_CHOSEN]
    return tuple(_rounded(each, 2) for each in (*around, between, top))


def number_of_rates(lesson: Lesson) -> int:
    """Return how many these are, without choosing them.

    >>> number_of_rates(Lesson(x=(1, 2), y=(3, 5)))
    8
    """
    return len(lesson.display.rates) or len(_AROUND_CHOSEN) + 2


def epochs_for(lesson: Lesson, rates: int) -> int:
    """Return for how many epochs this many rates are compared.

    Those that the lesson names, else as many as a workbook has comfortable room for: up to 50,
    25 for eight rates over 20 rows, fewer for long data.
    """
    if lesson.display.rate_epochs is not None:
        return lesson.display.rate_epochs
    cells = lesson.n_rows * _cells_of_step(lesson, rates)
    fitting = max(_COMFORTABLE_CELLS // cells, min(_FEW_EPOCHS + 1, _MOST_CELLS // cells)) - 1
    if lesson.by_epoch and fitting < _FEW_EPOCHS:
        # Its sheets have a row an epoch, however long the data are; only the runs take longer.
        fitting = max(fitting, _COMFORTABLE_ROWS // (lesson.n_rows * rates))
    if fitting > _ROUND:
        fitting -= fitting % _ROUND
    return max(0, min(DEFAULT_CAPACITY, lesson.capacity, fitting))


def sweep_epochs(lesson: Lesson, rates: int) -> int:
    """Return for how many epochs a sweep runs; long data do not make it shorter."""
    comfortable = epochs_for(lesson, rates)
    if comfortable >= LEAST_RATE_EPOCHS:
        return comfortable
    return max(LEAST_RATE_EPOCHS, min(DEFAULT_CAPACITY, lesson.capacity))


def _cells_of_step(lesson: Lesson, rates: int) -> int:
    """Count the formulas of a row of the steps: x, y, and what the runs share and have."""
    present = {column.name for column in step_columns(lesson.step)}
    shared = present.intersection(OF_THE_ROW)
    own = set(lasting_columns(lesson.step)) - shared
    return 2 + len(shared) + rates * len(own)


def _runs(lesson: Lesson, rates: int, epochs: int) -> int:
    """Count the runs that have steps beside each other.

    The lesson's own is one of them only where the page of all steps has not enough of it.
    """
    return rates + (epochs > lesson.capacity)


def formulas_of(lesson: Lesson, rates: int, epochs: int) -> int:
    """Estimate how many formulas the sheets of these rates and epochs hold.

    >>> formulas_of(Lesson(x=range(20), y=range(20)), 25, 200)
    237984
    """
    steps = lesson.n_rows * _cells_of_step(lesson, _runs(lesson, rates, epochs))
    if lesson.by_epoch:
        steps = (rates + 1) * _cells_of_epoch(lesson)
    by_epoch = (rates + 1) * (2 + len(lesson.model.parameters))
    return (epochs + 1) * (steps + by_epoch)


def _cells_of_epoch(lesson: Lesson) -> int:
    """Count what a run has in a row an epoch besides parameters and metric: gradient and state."""
    return len(lesson.model.parameters) + len(remembered_columns(lesson.step))


def check_size(lesson: Lesson, rates: int, epochs: int) -> None:
    """Raise LessonError where the sheets would be too large; nothing is computed."""
    parameters = len(lesson.model.parameters)
    steps, own = _cells_of_step(lesson, _runs(lesson, rates, epochs)), 1 + parameters
    if lesson.by_epoch:
        steps, own = 0, own + _cells_of_epoch(lesson)
    columns = max(steps, (rates + 1) * own)
    if columns + _OTHER_COLUMNS > MAX_COLUMNS:
        raise LessonError(
            f"{rates:,} rates would need more than {columns:,} columns on a page: a worksheet "
            f"holds {MAX_COLUMNS:,}; run fewer rates, or build no workbook"
        )
    formulas = formulas_of(lesson, rates, epochs)
    if formulas > MOST_FORMULAS:
        raise LessonError(
            f"{rates:,} rates over {epochs:,} epochs of {lesson.n_rows:,} rows would need about "
            f"{formulas:,} formulas, and a workbook of more than {MOST_FORMULAS:,} opens too "
            "slowly: run fewer epochs or rates, or build no workbook"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A learning rate, and how the run at it went.

    Attributes:
        rate: the learning rate.
        metric_values: the metric held after epoch 0 (the start) to the last.
        states: the parameters after each.
        ratio: what part of an epoch's move the next one makes again; below 0 it takes it back.
        verdict: what can be said of the run, by itself; None where the metric is no number at
            the start.
    """

    rate: float
    metric_values: Sequence[float]
    states: Sequence[tuple[float, ...]]
    ratio: float
    verdict: Verdict | None

    @property
    def lowest(self) -> int | None:
        """The first epoch after which the metric is lowest; None where it never is a number."""
        return lowest_of(self.metric_values)


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """A lesson at several learning rates.

    Attributes:
        lesson: the lesson.
        epochs: how many epochs each rate was run for.
        rates: the learning rates.
        paths: the parameters: epoch 0 (the start) to the last, rate, parameter.
        held: the metric held: epoch, rate.
    """

    lesson: Lesson
    epochs: int
    rates: tuple[float, ...]
    paths: FloatArray
    held: FloatArray

    @cached_property
    def trials(self) -> Sequence[Trial]:
        """One for each rate, in their order."""
        return [
            Trial(
                rate=rate,
                metric_values=tuple(self.held[:, lane].tolist()),
                states=tuple(map(tuple, self.paths[:, lane].tolist())),
                ratio=float(self._ratios[lane]),
                verdict=self.verdicts[lane],
            )
            for lane, rate in enumerate(self.rates)
        ]

    @property
    def lowest_metric(self) -> float | None:
        """The lowest metric held that any rate comes to; None where there is no number."""
        numbers = self.held[np.isfinite(self.held)]
        return float(numbers.min()) if numbers.size else None

    @property
    def start(self) -> float:
        """The metric held at the start."""
        return float(self.held[0, 0])

    @cached_property
    def largest(self) -> float | None:
        """The largest stable rate: every smaller one is stable; None where it is not known."""
        return largest_stable_rate(self.lesson)

    @cached_property
    def _ratios(self) -> FloatArray:
        before, here, after = self.paths[:-2], self.paths[1:-1], self.paths[2:]
        with np.errstate(all="ignore"):
            sums = moves_repeated(before, here, after).T, moves_squared(before, here).T
            return np.asarray(move_ratio(*map(list, sums)))

    @cached_property
    def verdicts(self) -> Sequence[Verdict | None]:
        """What can be said of each rate's run, by itself."""
        last = len(self.held) - 1
        looked_at = self.held[[0, last // 2, 3 * last // 4, last]]
        seen = np.vstack([looked_at, self.held.max(axis=0), self._ratios])
        return verdicts_of(self.lesson, scale_of(self.lesson), seen)

    @cached_property
    def marks(self) -> Sequence[str]:
        """For each rate ``best``, where no other ends lower, or an empty text."""
        ends = unplaced(self._ends.tolist())
        found: list[str] = column_of(best_mark(ends, Symbol("end")), {"end": self._ends}).tolist()
        return found

    @property
    def best(self) -> Trial | None:
        """The first of those marked best; None where no rate ends below the start."""
        return self.trials[self.marks.index(BEST)] if BEST in self.marks else None

    @cached_property
    def _ends(self) -> FloatArray:
        end = below_start(
            verdict=Symbol("verdict"), start=unplaced(self.start), last=Symbol("last")
        )
        return np.asarray(column_of(end, {"verdict": self._words, "last": self.held[-1]}), object)

    @cached_property
    def _words(self) -> FloatArray:
        return np.array([str(each) for each in self.verdicts], dtype=object)

    @property
    def advice(self) -> str:
        """Which rate did best, and where to look for a better one.

        >>> lesson = Lesson(x=(0,), y=(0,), model="w", start=(2,), gradient="analytic")
        >>> sweep(lesson, (0.1, 0.3, 1.1), 10).advice
        'the best of these is 0.3: rmse 0.000209715 after 10 epochs'
        """
        columns = {"rate": np.array(self.rates), "verdict": self._words}
        too_large, others = (
            column_of(rate_if(Symbol("rate"), Symbol("verdict"), too_large=large), columns)
            for large in (True, False)
        )
        told: str = value_of(
            best_rate_advice(
                rates=unplaced(self.rates),
                ends=unplaced(self._ends.tolist()),
                marks=unplaced(self.marks),
                too_large=unplaced(too_large.tolist()),
                others=unplaced(others.tolist()),
                start=unplaced(self.start),
                perfect=nearly_perfect(
                    self.lesson.step.metric_function, self.start, scale_of(self.lesson)
                ),
                name=self.lesson.metric_name,
                epochs=self.epochs,
            )
        )
        return told

    def table(self) -> "pd.DataFrame":
        """Return a table with a line for each rate.

        Returns:
            RangeIndex. Columns: learn (float64); verdict, and best where it is (str); the metric
            held after the last epoch under its name; with _lowest the lowest, and with
            _lowest_epoch after which epoch (NaN and <NA> where it never is a number); the
            parameters in the end.
        """
        import pandas as pd  # noqa: PLC0415  building a workbook needs no pandas

        name = self.lesson.metric_name
        numbers = np.isfinite(self.held)
        place = np.where(numbers, self.held, math.inf).argmin(axis=0)
        lowest = np.take_along_axis(self.held, place[None], axis=0)[0]
        some: BoolArray = np.asarray(numbers.any(axis=0))
        parameters = zip(self.lesson.model.parameters, self.paths[-1].T, strict=True)
        return pd.DataFrame(
            {
                "learn": np.array(self.rates, dtype=np.float64),
                "verdict": ["" if each is None else str(each) for each in self.verdicts],
                "best": list(self.marks),
                name: self.held[-1],
                f"{name}_lowest": np.where(some, lowest, math.nan),
                f"{name}_lowest_epoch": pd.Series(place, dtype="Int64").where(some),
                **dict(parameters),
            }
        )

    def epochs_table(self) -> "pd.DataFrame":
        """Return the metric held after each epoch, a column for each rate under its number."""
        import pandas as pd  # noqa: PLC0415  the same

        frame = pd.DataFrame({"epoch": range(self.epochs + 1)}, dtype="int64")
        for rate, values in zip(self.rates, self.held.T, strict=True):
            frame[f"{rate!r}"] = values
        return frame

    def _repr_html_(self) -> str:
        """Show the table in a notebook."""
        return self.table().to_html(index=False, max_rows=60)


def sweep(
    lesson: Lesson,
    rates: Sequence[float] | None = None,
    epochs: int | None = None,
    *,
    on_epoch: Callable[[int, int], None] | None = None,
) -> Sweep:
    """Run a lesson at several learning rates and judge each.

    Args:
        lesson: the lesson; its own rate does not matter.
        rates: the learning rates; None takes those of `sheetgd.engine.sweep.rates_for`.
        epochs: for how many epochs, 2 or more; None chooses as the workbook does. Stop rules
            are left aside.
        on_epoch: called as the runs go on, with how many epochs of all are done, and how many
            there are.

    Raises:
        LessonError: when a rate is not above 0, or there are too few epochs.

    Examples:
        >>> lesson = Lesson(x=(0,), y=(0,), model="w", start=(-1.5,), gradient="analytic")
        >>> runs = sweep(lesson, (0.01, 0.3, 0.9, 1, 1.1), 20)
        >>> [str(trial.verdict) for trial in runs.trials], runs.best.rate, round(runs.largest, 9)
        (['still falling', 'levelled off', 'bouncing', 'bouncing', 'diverging'], 0.3, 1.0)
    """
    lesson = lesson.with_settings({"rates": lesson.display.rates if rates is None else rates})
    chosen = rates_for(lesson)
    epochs = sweep_epochs(lesson, len(chosen)) if epochs is None else _EPOCHS.validated(epochs)
    check_memory(
        (epochs + 1) * len(chosen) * (len(state_columns(lesson.step)) + 3),
        f"a sweep of {counted(len(chosen), 'rate')} over {epochs:,} epochs",
        "run fewer epochs or rates",
    )
    *states, errors = logs_at_rates(lesson, chosen, epochs, on_epoch)
    with np.errstate(all="ignore"):
        held = lesson.step.metric_function.of_sum(errors, lesson.n_rows)
    paths = np.stack(states[: len(lesson.model.parameters)], axis=-1)
    return Sweep(lesson=lesson, epochs=epochs, rates=chosen, paths=paths, held=held)


def outline(run: Descent) -> Trial:
    """Sum up a run of two epochs at least."""
    lines, parameters = run.trajectory.log.lines, len(run.lesson.model.parameters)
    paths, held = lines.states[:, None, :parameters], lines.held[:, None]
    rates = (run.lesson.training.learning_rate,)
    return Sweep(lesson=run.lesson, epochs=run.epochs, rates=rates, paths=paths, held=held).trials[
        0
    ]


_SAFETY: Final = 0.9
_MOST_HALVINGS: Final = 40


def advice(lesson: Lesson) -> str | None:
    """Warn where the epoch factor at the lesson's learning rate is above 1.

    >>> lesson = Lesson(x=(1, 2, 3), y=(3, 5, 7), batch="all", gradient="analytic")
    >>> advice(lesson.changed(learn=0.17)), advice(lesson.changed(learn=0.5))
    (None, 'learning_rate 0.5 diverges ... multiplies the distance from ... by 4.546. ...')
    """
    if is_stable(lesson) is not False:
        return None
    factor = epoch_factor(lesson)
    assert factor is not None  # noqa: S101  where it is known whether it is stable it is known
    largest, better = largest_stable_rate(lesson), suggested_rate(lesson)
    found = [] if largest is None else [f"Every rate below {in_digits(largest, 3):g} is stable"]
    found += [] if better is None else [f"try {better:g}"]
    told = f"{factor:.4g}" if math.isfinite(factor) else "more than any number"
    text = (
        f"learning_rate {lesson.training.learning_rate:g} diverges from almost every start: at "
        f"this rate an epoch multiplies the distance from the stationary point by {told}"
    )
    if told == "1":
        text = text.removesuffix("1") + "a little more than 1"
    return f"{text}. {'; '.join(found)}" if found else text


def suggested_rate(lesson: Lesson) -> float | None:
    """Find a learning rate that a sweep calls good, as large as halving finds it.

    A stable rate may still end far from the best fit, as steps row by row settle in a round of
    their own. So the lesson is run: at no epoch may the metric held be above the start's.

    Returns:
        None where no rate does better than the start.
    """
    largest = largest_stable_rate(lesson)
    rate = rate_scale(lesson) if largest is None else _SAFETY * largest
    for _ in range(_MOST_HALVINGS):
        told = in_digits(rate, 2)
        if told > 0 and _is_good(lesson, told):
            return told
        rate /= 2
    return None


def _is_good(lesson: Lesson, rate: float) -> bool:
    epochs = sweep_epochs(lesson, number_of_rates(lesson))
    (trial,) = sweep(lesson, (rate,), epochs).trials
    start, *_, last = trial.metric_values
    highest = max(trial.metric_values)
    good = trial.verdict is not None and trial.verdict.good
    return good and highest <= start * (1 + ROUNDING) and last < start
