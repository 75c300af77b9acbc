"""One step of the descent: the columns of a data row, in the order they are computed.

This is the one definition of a step. The engine calls each column with numbers, a
worksheet with references to the row's own cells, a caption with the names of the
columns:

>>> columns = step_columns(Step())
>>> row = {"x": 7.0, "y": 44.0, "m": 1.0, "b": 1.0, "learn": 0.0001, "nudge": 0.01}
>>> for column in columns:
...     row[column.name] = column.compute(row)
>>> row["y_pred"], row["error_sq"], round(row["new_m"], 6)
(8.0, 1296.0, 1.050351)

Called with symbols, a column gives the expression that it computes:

>>> from sheetgd.expression.sheet_cells import formula_of
>>> str(formula_of(column_expressions(Step())["de/dm"]))
'(err_m1-error_sq)/nudge'
"""

from collections import ChainMap
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Protocol, cast

from sheetgd.descent.gradient import (
    GRADIENT_RULES,
    GradientRule,
    chain_columns,
    nudged_error,
    penalty_slope,
    slope_of_column,
)
from sheetgd.descent.loss import LOSSES, METRICS, SCORES, Loss, Metric, Score
from sheetgd.descent.model import LINE, Model, column_programs
from sheetgd.descent.optimizer import OPTIMIZERS, Optimizer, Remember
from sheetgd.descent.schedule import (
    CONSTANT,
    SCHEDULES,
    Schedule,
    epochs_no_lower,
    lowest_watched,
    plateau_rate,
    rate_of_pass,
    schedule_setting,
    until_watched,
)
from sheetgd.expression.functions import remainder, when_equal
from sheetgd.expression.numbers import Q
from sheetgd.expression.tree import Expression, Symbol, written_with

COUNT = "t"
"""The column that counts the steps made."""

IN_BATCH, ENDS = "in_batch", "ends"
"""The columns of a row's place in its batch, and of whether a step is made there."""

RATE = "rate"
"""The column of the learning rate of the pass, where a schedule makes it another."""

EPOCH, WATCHED_NOW = "epoch", "watched now"
"""The number of the pass, counted from 1, and the metric held that it begins with."""

WATCHED = "watched"
"""The column of that metric, where a schedule goes by it."""

OF_THE_ROW = (IN_BATCH, ENDS, COUNT)
"""The columns that follow from the row alone, whatever the parameters are."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """The choices of a step, by name; each is independent of the others.

    `penalized` are the parameters that l2 and l1 pull towards 0. `batched` tells whether steps are
    made at the end of batches rather than in each row, `resumed` whether what the optimiser
    remembers is given, too, and does not start at 0.
    """

    model: Model = LINE
    loss: str = "mse"
    metric: str = "rmse"
    gradient: str = "forward"
    optimizer: str = "sgd"
    schedule: str = CONSTANT
    penalized: tuple[str, ...] = ()
    batched: bool = False
    resumed: bool = False

    @property
    def loss_function(self) -> Loss:
        """The loss that `loss` names."""
        return LOSSES[self.loss]

    @property
    def metric_function(self) -> Metric:
        """The metric that epochs are judged by: in place of a score the mean loss."""
        return METRICS[self.loss if self.metric in SCORES else self.metric]

    @property
    def score(self) -> Score | None:
        """The score that is shown beside it, if `metric` names one."""
        return SCORES.get(self.metric)

    @property
    def metric_loss(self) -> Loss:
        """The loss whose row errors that metric sums up."""
        return LOSSES[self.metric_function.loss]

    @property
    def mean_loss(self) -> Metric:
        """The mean of the rows' losses: what steps make smaller, whatever metric is shown."""
        return METRICS[self.loss]

    @property
    def classifies(self) -> bool:
        """Whether y is one of two classes, 0 or 1, of which the model says how likely is 1."""
        return self.loss_function.of_logit

    @property
    def gradient_rule(self) -> GradientRule:
        """The gradient rule that `gradient` names."""
        return GRADIENT_RULES[self.gradient]

    @property
    def optimizer_rule(self) -> Optimizer:
        """The optimiser that `optimizer` names."""
        return OPTIMIZERS[self.optimizer]

    @property
    def schedule_rule(self) -> Schedule:
        """The schedule that `schedule` names."""
        return SCHEDULES[self.schedule]

    @property
    def error_column(self) -> str:
        """The header of the column that the metric sums up."""
        return self.metric_loss.column


class Compute(Protocol):
    """A column's cell from the cells of its row that are already there.

    `cells` also holds the settings by their names and, for each column that is carried
    on, what it held in the row before: see `before`.
    """

    def __call__(self, cells: Mapping[str, Q]) -> Q:
        """Return the cell's number, or its formula."""
        ...


@dataclass(frozen=True, slots=True)
class Column:
    """A computed column: its header and how a row's cell follows from the others.

    A row reads from the row before what is `carried`; what is `lasting` passes from epoch
    to epoch, too, and starts at 0. What `moves` changes by steps only, what `averages` is a
    mean over the batch so far. What is computed `once` in a pass stays the same in its other rows.
    """

    name: str
    compute: Compute
    carried: bool = False
    lasting: bool = False
    moves: bool = False
    averages: bool = False
    once: bool = False


def before(name: str) -> str:
    """Return the key under which a row finds a column's value in the row before.

    >>> before("v_m")
    'last v_m'
    """
    return f"last {name}"


def given_columns(model: Model) -> tuple[str, ...]:
    """List the columns a row starts with: the data and the parameters before the step."""
    return (*model.inputs, "y", *model.parameters)


def settings_of(method: Step) -> tuple[str, ...]:
    """List the settings that the columns read, by name.

    >>> settings_of(Step(gradient="analytic", optimizer="adam", batched=True))
    ('learn', 'batch', 'beta1', 'beta2', 'eps')
    >>> settings_of(Step(gradient="analytic", optimizer="momentum", resumed=True))
    ('learn', 'beta', 'start_v_m', 'start_v_b')
    """
    nudge = ("nudge",) if method.gradient_rule.nudges else ()
    batch = ("batch",) if method.batched else ()
    losses = dict.fromkeys((*method.loss_function.hyper, *method.metric_loss.hyper))
    resumed = map(started, remembered_columns(method)) if method.resumed else ()
    rates = map(schedule_setting, method.schedule_rule.parameters)
    penalty = ("l2", "l1") if method.penalized else ()
    return (
        "learn",
        *nudge,
        *batch,
        *losses,
        *penalty,
        *method.optimizer_rule.hyper,
        *rates,
        *resumed,
    )


def started(name: str) -> str:
    """Return the setting that says what a column begins with.

    >>> started("v_m")
    'start_v_m'
    """
    return f"start_{name}"


def remembered_columns(method: Step) -> tuple[str, ...]:
    """Return the columns of what the optimiser remembers, from epoch to epoch.

    >>> remembered_columns(Step(optimizer="momentum")), remembered_columns(Step())
    (('v_m', 'v_b'), ())
    """
    return tuple(column.name for column in step_columns(method) if column.lasting)


@lru_cache(maxsize=256)
def step_columns(method: Step) -> tuple[Column, ...]:
    """List the computed columns of a step, in order.

    First the rate of the pass, where it is not the same in all, and what it follows from; y_pred
    and the row's error; where steps wait for a batch's end, in_batch (the
    row's place in its batch) and ends (1 in the batch's last row, else 0); t where the
    optimiser counts its steps. Then for each parameter p: the nudged error err_p1 (of
    rules that nudge), the derivative de/dp, the batch's sum_p and its mean so far g_p, the slope of
    the penalized loss dL/dp where p is penalized,
    the optimiser's state v_p, s_p, and the new value new_p.
    """
    model, loss = method.model, method.loss_function

    columns = _rate_columns(method)
    columns += [Column(name, program.read) for name, program in column_programs(model).items()]
    errors = {loss.name, method.metric_loss.name}
    columns += [_error_column(each) for name, each in LOSSES.items() if name in errors]
    if method.batched:
        columns += [Column(IN_BATCH, _in_batch), Column(ENDS, _ends)]
    if method.optimizer_rule.counts:
        columns.append(Column(COUNT, _steps_made(method), carried=True, lasting=True, moves=True))
    if method.gradient_rule.chains:
        columns += [
            Column(f"de/d{name}", slope_of_column(model, loss, name).read)
            for name in chain_columns(model, loss)
        ]
    for which, name in enumerate(model.parameters):
        columns += _gradient_columns(method, which, name)
        columns += _moving_columns(method, name)
    return tuple(columns)


def lasting_columns(method: Step) -> tuple[str, ...]:
    """Return the columns that the next rows read.

    >>> lasting_columns(Step()), lasting_columns(Step(optimizer="momentum"))[:2]
    (('new_m', 'new_b'), ('v_m', 'new_m'))
    """
    needed = {f"new_{name}" for name in method.model.parameters}
    columns = step_columns(method)
    return tuple(each.name for each in columns if each.carried or each.once or each.name in needed)


def _rate_columns(method: Step) -> list[Column]:
    """List the columns of the pass's rate, and of what a schedule that watches remembers."""
    schedule = method.schedule_rule

    def scheduled(cells: Mapping[str, Q]) -> Q:
        assert schedule.rate is not None  # noqa: S101  else there is no such column
        return schedule.rate(cells["learn"], cells[EPOCH] - 1, cells)

    def watched(cells: Mapping[str, Q]) -> Q:
        return cells[WATCHED_NOW]

    def lowest(cells: Mapping[str, Q]) -> Q:
        found = lowest_watched(cells[before("lowest")], cells["watched"], cells)
        return until_watched(cells[EPOCH], cells["watched"], found)

    def waits(cells: Mapping[str, Q]) -> Q:
        found = epochs_no_lower(
            cells[before("waits")], cells[before("lowest")], cells["watched"], cells
        )
        return until_watched(cells[EPOCH], 0.0, found)

    def rate(cells: Mapping[str, Q]) -> Q:
        found = plateau_rate(cells[before(RATE)], cells["waits"], cells)
        return rate_of_pass(cells[EPOCH], cells["learn"], found)

    if schedule.watches:
        computing = {WATCHED: watched, "lowest": lowest, "waits": waits, RATE: rate}
        return [
            Column(name, compute, carried=True, once=True) for name, compute in computing.items()
        ]
    return [Column(RATE, scheduled, once=True)] if schedule.varies else []


def _error_column(loss: Loss) -> Column:
    def error(cells: Mapping[str, Q]) -> Q:
        found: Q = loss.bound(cells).error(cells[loss.reads], cells["y"])
        return found

    return Column(loss.column, error)


def _in_batch(cells: Mapping[str, Q]) -> Q:
    return remainder(cells["row"] - 1, cells["batch"]) + 1


def _ends(cells: Mapping[str, Q]) -> Q:
    last = when_equal(cells["row"], cells["rows"], 1, 0)
    return when_equal(cells["in_batch"], cells["batch"], 1, last)


def _steps_made(method: Step) -> Compute:
    def counted(cells: Mapping[str, Q]) -> Q:
        return cells[before(COUNT)] + (cells["ends"] if method.batched else 1)

    return counted


def _gradient_columns(method: Step, which: int, name: str) -> list[Column]:
    model, loss, rule = method.model, method.loss_function, method.gradient_rule

    def nudged(cells: Mapping[str, Q]) -> Q:
        return nudged_error(model, loss, cells, which, cells[name] + cells["nudge"])

    def derivative(cells: Mapping[str, Q]) -> Q:
        return rule.derivative(model, loss, cells, which)

    def added(cells: Mapping[str, Q]) -> Q:
        so_far = cells[before(f"sum_{name}")] + cells[f"de/d{name}"]
        return when_equal(cells["in_batch"], 1, cells[f"de/d{name}"], so_far)

    def averaged(cells: Mapping[str, Q]) -> Q:
        return cells[f"sum_{name}"] / cells["in_batch"]

    columns = [Column(f"err_{name}1", nudged)] if rule.nudges else []
    columns.append(Column(f"de/d{name}", derivative))
    if method.batched:
        columns += [
            Column(f"sum_{name}", added, carried=True),
            Column(f"g_{name}", averaged, averages=True),
        ]
    if name in method.penalized:
        slope = columns[-1].name

        def of_the_cost(cells: Mapping[str, Q]) -> Q:
            return cells[slope] + penalty_slope(cells[name], cells)

        columns.append(Column(f"dL/d{name}", of_the_cost, averages=method.batched))
    return columns


def gradient_column(method: Step, name: str) -> str:
    """Return the header of the column that holds the gradient of a parameter's step."""
    if name in method.penalized:
        return f"dL/d{name}"
    return f"g_{name}" if method.batched else f"de/d{name}"


def slope_column(method: Step, name: str) -> str:
    """Return the header of the column of a row's slope, by which it is seen if anything moves."""
    return f"{'dL' if name in method.penalized else 'de'}/d{name}"


def _moving_columns(method: Step, name: str) -> list[Column]:
    optimizer, gradient = method.optimizer_rule, gradient_column(method, name)

    def state(letter: str, remember: Remember) -> Column:
        header = f"{letter}_{name}"
        letters = list(optimizer.states)
        earlier = letters[: letters.index(letter)]

        def remembered(cells: Mapping[str, Q]) -> Q:
            states = {each: cells[f"{each}_{name}"] for each in earlier}
            # A chain, for cells need not list what they have.
            settings = ChainMap(states, cast("dict[str, Q]", cells))
            after = remember(cells[before(header)], cells[gradient], settings)
            return _at_the_end(method, cells, after, cells[before(header)])

        return Column(header, remembered, carried=True, lasting=True, moves=True)

    def new(cells: Mapping[str, Q]) -> Q:
        states = {letter: cells[f"{letter}_{name}"] for letter in optimizer.states}
        rate = {"learn": cells[RATE]} if method.schedule_rule.varies else {}
        settings = ChainMap(rate, cast("dict[str, Q]", cells))
        after = optimizer.move(cells[name], cells[gradient], states, settings)
        return _at_the_end(method, cells, after, cells[name])

    columns = [state(letter, remember) for letter, remember in optimizer.states.items()]
    return [*columns, Column(f"new_{name}", new, moves=True)]


def _at_the_end(method: Step, cells: Mapping[str, Q], after: Q, unchanged: Q) -> Q:
    """Return what a step makes of a value where one is made, else the value as it is."""
    return when_equal(cells["ends"], 1, after, unchanged) if method.batched else after


def row_slopes(method: Step, cells: Mapping[str, Any]) -> tuple[Any, ...]:
    """Differentiate the loss of a row, or of all in arrays or ranges, by each parameter.

    It is what the columns de/dp come to, with nothing in columns between. `cells` holds the inputs,
    y, the parameters and nudge.

    >>> row_slopes(Step(gradient="analytic"), {"x": 7.0, "y": 44.0, "m": 1.0, "b": 1.0})
    (-504.0, -72.0)
    """
    row, names = dict(cells), method.model.parameters
    for column in step_columns(
        Step(model=method.model, loss=method.loss, gradient=method.gradient)
    ):
        if not column.moves:
            row[column.name] = column.compute(row)
    return tuple(row[f"de/d{name}"] for name in names)


def epoch_step(method: Step, before_step: Mapping[str, Q], slopes: Mapping[str, Q]) -> dict[str, Q]:
    """Make the one step of an epoch in which all rows are one batch.

    Args:
        method: the choices of the step.
        before_step: the parameters and the settings; under `before`, what the optimiser remembers.
        slopes: for each parameter, the mean over the rows of their derivatives.

    Returns:
        What the optimiser remembers then, and each parameter's new value under its own name.

    >>> row = {"m": 1.0, "b": 1.0, "learn": 0.0001}
    >>> epoch_step(Step(gradient="analytic"), row, {"m": -500.0, "b": -70.0})
    {'m': 1.05, 'b': 1.007}
    """
    found: dict[str, Q] = {}
    # It is that of a row alone, whose derivatives are the means.
    alone = replace(method, batched=False)
    row = {**before_step, **{f"de/d{name}": slope for name, slope in slopes.items()}}
    for column in step_columns(alone):
        cost = any(column.name == gradient_column(alone, name) for name in method.penalized)
        if column.moves or cost:
            row[column.name] = column.compute(row)
        if column.moves:
            found[column.name.removeprefix("new_")] = row[column.name]
    return found


@lru_cache(maxsize=256)
def own_columns(method: Step) -> tuple[Column, ...]:
    """List the columns that are a row's own, where all rows are one batch.

    All others say the same in every row, or come to something in the last one only.

    >>> [column.name for column in own_columns(Step(gradient="analytic", batched=True))]
    ['y_pred', 'error_sq', 'de/dm', 'de/db']
    """
    return tuple(
        each
        for each in step_columns(method)
        if not (each.carried or each.averages or each.moves or each.once)
        and each.name not in OF_THE_ROW
    )


def own_expressions(
    method: Step, row: Mapping[str, Expression], placed: Callable[[str], Expression]
) -> dict[str, Expression]:
    """Write those columns of a row, each with what stands in the columns before it.

    Args:
        method: the choices of the step.
        row: the inputs, y, the parameters and the settings.
        placed: returns what stands for a column that has been written.

    >>> method = Step(gradient="analytic", batched=True)
    >>> from sheetgd.expression.sheet_cells import formula_of
    >>> row = {name: Symbol(name) for name in ("x", "y", "m", "b")}
    >>> str(formula_of(own_expressions(method, row, Symbol)["de/dm"]))
    '2*(y_pred-y)*x'
    """
    cells, found = dict(row), {}
    whole, instead = dict(row), dict[Expression, Expression]()
    programs = column_programs(method.model)
    for column in own_columns(method):
        name = column.name
        found[name] = written_with(column.compute(cells), instead)
        cells[name] = placed(name)
        if name in programs:
            # The closed form predicts anew, in terms of the row and the parameters.
            whole[name] = programs[name]([whole[each] for each in programs[name].names])
            instead[whole[name]] = cells[name]
    return found


ROW, ROWS = "row", "rows"
"""The row's place in its pass, counted from 1, and how many rows there are."""


@lru_cache(maxsize=256)
def column_expressions(method: Step) -> Mapping[str, Expression]:
    """Write each computed column as an expression of the other cells that it reads.

    The symbols are the names of the row's columns and of the settings, `ROW` and `ROWS`, and
    `before` of what is carried on from row to row.
    """
    columns = step_columns(method)
    names = [*given_columns(method.model), *settings_of(method), ROW, ROWS, EPOCH, WATCHED_NOW]
    names += [before(column.name) for column in columns if column.carried]
    cells: dict[str, Expression] = {name: Symbol(name) for name in names}
    found = {}
    for column in columns:
        found[column.name] = column.compute(cells)
        cells[column.name] = Symbol(column.name)
    return found


@lru_cache(maxsize=256)
def state_columns(method: Step) -> Mapping[str, str]:
    """Map each cell that a row starts from to the column of the row before that it comes from.

    >>> dict(state_columns(Step(optimizer="momentum")))["last v_m"]
    'v_m'
    >>> list(state_columns(Step()).items())
    [('m', 'new_m'), ('b', 'new_b')]
    """
    carried = {before(each.name): each.name for each in step_columns(method) if each.carried}
    return {name: f"new_{name}" for name in method.model.parameters} | carried


def needed_for(wanted: Iterable[str], columns: Mapping[str, Expression]) -> list[str]:
    """List the columns that have to be computed to get some of them, in the order of the step.

    >>> needed_for(["de/db"], column_expressions(Step(gradient="analytic")))
    ['de/db']
    """
    found, seeking = set(), list(wanted)
    while seeking:
        name = seeking.pop()
        if name in columns and name not in found:
            found.add(name)
            seeking.extend(columns[name].symbols())
    return [name for name in columns if name in found]
