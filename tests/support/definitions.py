"""Every definition that cells are computed by, with an expression of it over cells by chance.

What is a definition is gathered from the modules: the operations of the tree, and all that is
public in `sheetgd.expression.functions`, `sheetgd.expression.sheet_cells` and `sheetgd.descent`.
Each has a case in `CASES`, or a reason in `NO_QUANTITIES`. A case can be drawn twice from the same
numbers: over cells of a sheet, and, where all of these are numbers, over floats and arrays.
"""

import importlib
import inspect
import itertools
import pkgutil
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import ModuleType
from typing import Any

import numpy as np

from sheetgd import descent
from sheetgd.descent import (
    gradient,
    loss,
    optimizer,
    rate_verdict,
    scaling,
    schedule,
    stability,
    stationary_point,
    step,
)
from sheetgd.descent.model import Model, boundary, classifying, column_programs, model_of
from sheetgd.expression import functions as quantity
from sheetgd.expression import sheet_cells as on_cells
from sheetgd.expression.excel import Address, ErrorValue, Formula, Value
from sheetgd.expression.tree import Operation

GIVEN = "Given cells"
"""The sheet that the leaves stand on."""

ROWS = 4
"""How many cells a range has."""

_USUAL = (3.0, -7.25, 2.0, 0.0, 1.5, 98.0, 0.4375, 1.0, -0.6180339887498949, 12.345678901234567)
_HUGE_OR_TINY = (1e300, -1e200, 3e-90, -3e-9, 1e-13, 2.5e14)
_NO_NUMBERS: tuple[Value, ...] = (
    None, "three", "good", "best", ErrorValue.DIVISION, ErrorValue.NOT_AVAILABLE,
)  # fmt: skip
_TYPED = {ErrorValue.DIVISION: "=1/0", ErrorValue.NOT_AVAILABLE: "=NA()", "": '=""'}

Quantity = Any
"""A leaf or an expression, or, drawn plain, a float or an array."""


class NoNumberError(Exception):
    """A cell was drawn that holds no number, where there is none but floats."""


class Sheet:
    """The cells that have been drawn, one below the other."""

    def __init__(self) -> None:
        self.cells: dict[Address, Value] = {}

    def placed(self, values: Sequence[Value], *, wide: bool) -> tuple[Address, Address]:
        """Put values into free cells; the first and the last of these."""
        top = next(reversed(self.cells), Address(0, 1)).row + 1
        places = [
            Address(top, 1 + each) if wide else Address(top + each, 1)
            for each in range(len(values))
        ]
        self.cells.update(zip(places, values, strict=True))
        return places[0], places[-1]

    def typed(self) -> dict[Address, Any]:
        """What is typed into the cells to hold their values."""
        return {
            place: _TYPED.get(value, value) if isinstance(value, str) else value
            for place, value in self.cells.items()
        }


class Drawn:
    """What a case is drawn from: cells by chance.

    Of three draws one has usual numbers only, one huge and tiny ones, too, and one blanks, texts
    and errors.
    """

    def __init__(self, name: str, turn: int, sheet: Sheet | None) -> None:
        """Begin a draw; without a sheet, of floats and arrays."""
        self._chance = random.Random(f"{name} {turn}")  # noqa: S311  choices for a test
        self._odd = ((), _HUGE_OR_TINY, _NO_NUMBERS)[turn % 3]
        self._turn, self._sheet = turn // 3, sheet

    def each(self, *values: Quantity) -> Quantity:
        """One of some values, each in its turn."""
        return values[self._turn % len(values)]

    def cell(self, *values: Value) -> Quantity:
        """A cell with one of some values; without any, whatever cells hold."""
        return self._leaf([self._value(values)], one=True)

    def between(self, low: float, high: float) -> Quantity:
        """A cell with a number between two, or now and then something else."""
        return self.cell(self._chance.uniform(low, high))

    def cells(self, *values: Value, wide: bool = False) -> Quantity:
        """A range of cells, down or across, with some of these values, or whatever cells hold."""
        return self._leaf([self._value(values) for _ in range(ROWS)], wide=wide)

    def range(self, *values: Value, wide: bool = False) -> Quantity:
        """Such a range for a function of trees, which takes an array as a leaf."""
        drawn = self.cells(*values, wide=wide)
        return drawn if self._sheet else on_cells.unplaced(drawn)

    def number(self) -> Quantity:
        """A cell, or arithmetic on some."""
        if self._chance.random() < 0.7:
            return self.cell()
        one, other = self.cell(), self.cell()
        return self._chance.choice(
            (
                lambda: one + other, lambda: one - other, lambda: one * other, lambda: -one,
                lambda: quantity.divided(one, other), lambda: quantity.absolute(one),
                lambda: quantity.square(one) - 2, lambda: 1.5 * one,
            )
        )()  # fmt: skip

    def condition(self) -> Quantity:
        """A comparison of two numbers."""
        sign = self._chance.choice(("=", "<>", "<", "<=", ">", ">="))
        return on_cells.compared(self.number(), sign, self.number())

    def _value(self, values: Sequence[Value]) -> Value:
        if self._odd and self._chance.random() < (0.1 if values else 0.2):
            return self._chance.choice(self._odd)
        return self._chance.choice(values or (*_USUAL, self._chance.uniform(-20, 20)))

    def _leaf(self, values: Sequence[Value], *, one: bool = False, wide: bool = False) -> Quantity:
        if self._sheet is None:
            if not all(isinstance(value, float) for value in values):
                raise NoNumberError
            return values[0] if one else np.array(values)
        first, last = self._sheet.placed(values, wide=wide)
        if one:
            return on_cells.cell(Formula.cell(first, sheet=GIVEN), values[0])
        # Of numbers alone, pages give an array as often as a list.
        numbers = self._turn % 2 and all(isinstance(value, float) for value in values)
        held = np.array(values) if numbers else values
        return on_cells.cells(Formula.range(first, last, sheet=GIVEN), held)


Case = Callable[[Drawn], Any]
"""An expression of a definition over what is drawn, or a tuple or list of some."""


def _of_one(function: Callable[..., Any]) -> Case:
    return lambda d: function(d.number())


def _of_one_or_many(function: Callable[..., Any]) -> Case:
    return lambda d: d.each(
        lambda: function(d.number()), lambda: quantity.total(function(d.cells() - d.cell()))
    )()


def _of_two_or_many(function: Callable[..., Any]) -> Case:
    return lambda d: d.each(
        lambda: function(d.number(), d.number()),
        lambda: quantity.total(function(d.cells() - d.cell(), d.cells())),
    )()


def _of_two(function: Callable[..., Any]) -> Case:
    return lambda d: function(d.number(), d.number())


def _of_three(function: Callable[..., Any]) -> Case:
    return lambda d: function(d.number(), d.number(), d.number())


def _of_four(function: Callable[..., Any]) -> Case:
    return lambda d: function(d.number(), d.number(), d.number(), d.number())


ELEMENTARY: Mapping[str, Case] = {
    "functions.power": lambda d: quantity.power(d.number(), d.each(2, 3.0, 0.5, -1.0, d.cell())),
    "functions.square": _of_one_or_many(quantity.square),
    "functions.divided": _of_two_or_many(quantity.divided),
    "functions.root": _of_one_or_many(quantity.root),
    "functions.exponential": _of_one_or_many(quantity.exponential),
    "functions.logarithm": _of_one_or_many(quantity.logarithm),
    "functions.absolute": _of_one_or_many(quantity.absolute),
    "functions.sign": _of_one_or_many(quantity.sign),
    "functions.sine": lambda d: quantity.sine(d.between(-30, 30)),
    "functions.cosine": lambda d: quantity.cosine(d.between(-30, 30)),
    "functions.tanh": _of_one_or_many(quantity.tanh),
    "functions.relu": _of_one_or_many(quantity.relu),
    "functions.sigmoid": _of_one_or_many(quantity.sigmoid),
    "functions.softplus": _of_one_or_many(quantity.softplus),
    "functions.step": _of_one_or_many(quantity.step),
    "functions.larger": _of_two_or_many(quantity.larger),
    "functions.smaller": _of_two_or_many(quantity.smaller),
    "functions.remainder": lambda d: quantity.remainder(d.cell(7.0, 12.0, 1.0), d.cell(3.0, 4.0)),
    "functions.floored": _of_one_or_many(quantity.floored),
    "functions.when_equal": _of_four(quantity.when_equal),
    "functions.when_at_least": _of_four(quantity.when_at_least),
    "functions.slope": lambda d: quantity.slope(d.cells(), d.cells()),
    "functions.squared_deviations": lambda d: quantity.squared_deviations(d.cells()),
    "functions.total": lambda d: d.each(
        lambda: quantity.total(d.cells(wide=True)),
        lambda: quantity.total(quantity.square(d.cells() - d.cell())),
        lambda: quantity.total(d.cells() * d.cells()),
        lambda: quantity.total(1.5 - d.cells()),
        lambda: quantity.total(-d.cells() * d.cells()),
    )(),
    "functions.added": lambda d: quantity.added([d.number() for _ in range(3)]),
    "functions.count": lambda d: quantity.count(d.cells()),
    "sheet_cells.minimum": lambda d: on_cells.minimum(d.range(), d.number()),
    "sheet_cells.maximum": lambda d: on_cells.maximum(d.range(), d.number()),
    "sheet_cells.compared": lambda d: [
        on_cells.compared(d.cell(), sign, d.each(d.cell(), d.number(), "three", 0.0))
        for sign in ("=", "<>", "<", "<=", ">", ">=")
    ],
    "sheet_cells.when": lambda d: on_cells.when(
        d.condition(), d.number(), d.each("no", d.number())
    ),
    "sheet_cells.all_of": lambda d: on_cells.all_of(d.condition(), d.condition()),
    "sheet_cells.any_of": lambda d: on_cells.any_of(d.condition(), d.condition()),
    "sheet_cells.if_error": lambda d: on_cells.if_error(d.number(), d.each("none", d.number())),
    "sheet_cells.failed": _of_one(on_cells.failed),
    "sheet_cells.is_number": _of_one(on_cells.is_number),
    "sheet_cells.match": lambda d: on_cells.match(d.cell(2.0, 0.0, 5.0), d.range(2.0, 1.0, 0.0)),
    "sheet_cells.index": lambda d: on_cells.index(
        d.each(d.range(), d.range(wide=True)), d.cell(1.0, 2.0, 4.0, 9.0)
    ),
    "sheet_cells.total_where": lambda d: on_cells.total_where(
        d.each(d.range(), d.range() * d.cell()), d.range(1.0, 0.0)
    ),
    "sheet_cells.count_filled": lambda d: on_cells.count_filled(d.range()),
    "sheet_cells.row_number": lambda _: on_cells.row_number(Address(94, 2), sheet=GIVEN),
    "sheet_cells.row_count": lambda _: on_cells.row_count(Address(90, 2), Address(109, 2)),
    "sheet_cells.count_if": lambda d: on_cells.count_if(
        d.range(2.0, 0.0, "good", "three"), d.each("good", ">0", "<=2")
    ),
    "sheet_cells.rounded": lambda d: on_cells.rounded(d.number(), d.each(0, 2, 5, -1)),
    "sheet_cells.log10": _of_one(on_cells.log10),
    "sheet_cells.decimal_power": lambda d: on_cells.decimal_power(d.number()),
    "sheet_cells.joined": lambda d: on_cells.joined(
        "m is ", d.cell(2.5, -0.1, 12.0, 1.0 / 3.0), ' "x" ', d.cell("good", None, "")
    ),
    "sheet_cells.not_available": lambda _: on_cells.not_available(),
    "sheet_cells.told": lambda d: on_cells.told(d.number(), d.each(6, 2, 4)),
}


def _model(d: Drawn) -> Model:
    of_one = (
        *("line", "a*exp(b*x)", "max(0, a*x + b) + min(b, c)*tanh(x)", "a*sin(pi*x) + b"),
        "sigmoid(a*x + b)",
    )
    several = ("u", "v", "z")
    every = [*map(model_of, of_one), model_of("linear", several), model_of("net 2 relu")]
    every += [model_of("p = tanh(a*u); q = p*v + b; c*q*p + z", several)]
    model: Model = d.each(*every, model_of("a*u*v - tanh(b*z + c)", several))
    return model


def _row(d: Drawn, model: Model) -> dict[str, Any]:
    """The cells that a row starts with, and a nudge."""
    return {**{name: d.cell() for name in (*model.inputs, "y")}, **_held(d, model)}


def _held(d: Drawn, model: Model) -> dict[str, Any]:
    """The cells of the parameters, and a nudge."""
    settings = {"nudge": d.cell(0.01, 0.5), "delta": d.cell(1.0, 2.5)}
    return {**settings, **{name: d.cell() for name in model.parameters}}


def _row_with_error(d: Drawn, model: Model, by: loss.Loss) -> dict[str, Any]:
    cells = _row(d, model)
    cells[by.column] = by.bound(cells).of_row(
        model, _inputs(cells, model), cells["y"], _parameters(cells, model)
    )
    return cells


def _inputs(cells: Mapping[str, Any], model: Model) -> list[Any]:
    return [cells[name] for name in model.inputs]


def _parameters(cells: Mapping[str, Any], model: Model) -> list[Any]:
    return [cells[name] for name in model.parameters]


def _slopes(find: Callable[..., Any]) -> Case:
    def case(d: Drawn) -> Quantity:
        model, by = _model(d), d.each(*loss.LOSSES.values())
        model = classifying(model) if by.of_logit else model
        cells = _row_with_error(d, model, by)
        return find(d, model, by, cells, 0)

    return case


def _go_back(model: Model, by: loss.Loss, cells: dict[str, Any]) -> None:
    """Compute the model's columns, and the derivatives by them, from the loss back."""
    for name, program in column_programs(model).items():
        cells[name] = program([cells[each] for each in program.names])
    for name in gradient.chain_columns(model, by):
        slope = gradient.slope_of_column(model, by, name)
        cells[f"de/d{name}"] = slope([cells[each] for each in slope.names])


def _columns_of_a_model(
    _: Drawn, model: Model, __: loss.Loss, cells: dict[str, Any], ___: int
) -> Quantity:
    for name, program in column_programs(model).items():
        cells[name] = program([cells[each] for each in program.names])
    return [cells[name] for name in model.columns]


def _chained(_: Drawn, model: Model, by: loss.Loss, cells: dict[str, Any], __: int) -> Quantity:
    _go_back(model, by, cells)
    return [cells[f"de/d{name}"] for name in gradient.chain_columns(model, by)]


def _by_rule(rule: gradient.GradientRule) -> Case:
    def find(_: Drawn, model: Model, by: loss.Loss, cells: dict[str, Any], which: int) -> Quantity:
        name = model.parameters[which]
        moved = cells[name] + cells["nudge"]
        cells[f"err_{name}1"] = gradient.nudged_error(model, by, cells, which, moved)
        if rule.chains:
            _go_back(model, by, cells)
        return rule.derivative(model, by, cells, which)

    return _slopes(find)


def _bound(bound: Callable[..., Any]) -> Case:
    return lambda d: bound(_settings(d)) + 0


def _of_rows(metric: loss.Metric) -> Case:
    return lambda d: metric.of(quantity.square(d.cells()), d.cell(4.0))


def _prediction(d: Drawn) -> Quantity:
    model = _model(d)
    inputs, parameters = model.inputs, model.parameters
    return model.predict([d.cell() for _ in inputs], [d.cell() for _ in parameters])


def _closed_form(d: Drawn) -> Quantity:
    model, by = _model(d), d.each(*loss.LOSSES)
    cells = [d.cell() for _ in (*model.inputs, "y", *model.parameters)]
    cells += [d.cell(1.0, 2.5) for _ in loss.LOSSES[by].hyper]
    return [slope(cells) for slope in loss.closed_form(model, by)]


def _r2(d: Drawn) -> Quantity:
    y = d.cells()
    return loss.r2_score(d.cells(), y, quantity.count(y))


def _accuracy(d: Drawn) -> Quantity:
    y = d.cells(0.0, 1.0)
    return loss.accuracy(d.cells(0.25, 0.5, 0.75), y, quantity.count(y), d.cell(0.5, 0.6))


def _score(d: Drawn, score: loss.Score) -> Quantity:
    model, y = model_of(d.each("line", "sigmoid(m*x + b)")), d.cells(0.0, 1.0)
    held = [d.cell(1.0, -2.0), d.cell(0.5, 3.0)]
    return score.of(model, [d.cells()], y, held, rows=quantity.count(y))


def _score_of(score: loss.Score) -> Case:
    return lambda d: _score(d, score)


def _error(by: loss.Loss) -> Case:
    return lambda d: by.bound({"delta": d.cell(1.0, 2.5)}).error(d.number(), d.number())


def _means(d: Drawn) -> Quantity:
    model, by = model_of(d.each("line", "a*x^2")), d.each(*loss.LOSSES.values())
    return gradient.mean_of_ways(
        model, by, [d.cells() for _ in model.inputs], d.cells(), _held(d, model)
    )


def _sums_of_slopes(d: Drawn) -> Quantity:
    rule = d.each(*gradient.GRADIENT_RULES)
    model = model_of("line" if rule == "swapped" else d.each("line", "b + max(0, a*x)"))
    by = d.each(*loss.LOSSES)
    model = classifying(model) if by == "log-loss" else model
    method = step.Step(model=model, loss=by, gradient=rule)
    cells = {"x": d.cells(), "y": d.cells(), **_held(d, model)}
    return [quantity.total(slope) for slope in step.row_slopes(method, cells)]


def _settings(d: Drawn) -> dict[str, Any]:
    shares = {name: d.between(0, 1) for name in ("beta", "beta1", "beta2", "rho")}
    settings = {"learn": d.cell(0.1, 0.5), "eps": d.cell(1e-8, 0.0), "t": d.cell(1.0, 3.0)}
    return {**settings, **shares, "delta": d.cell(1.0, 2.5)}


def _step_of(way: optimizer.Optimizer) -> Case:
    def case(d: Drawn) -> Quantity:
        settings, slope = _settings(d), d.number()
        state: dict[str, Any] = {}
        for letter, after in way.states.items():
            state[letter] = after(d.cell(2.0, 0.0), slope, {**settings, **state})
        return [*state.values(), way.move(d.number(), slope, state, settings)]

    return case


def _scheduled(d: Drawn) -> dict[str, Any]:
    return {
        "step_size": d.cell(3.0, 2.0), "gamma": d.cell(0.5, 1.5), "T_max": d.cell(4.0),
        "eta_min": d.cell(0.0, 0.25), "factor": d.cell(0.5), "rate_patience": d.cell(0.0, 2.0),
        "rate_threshold": d.cell(0.0, 0.25), "min_lr": d.cell(0.0, 0.125),
    }  # fmt: skip


def _rate(function: Callable[..., Any]) -> Case:
    # Not 0 epochs: where gamma is drawn blank, programs disagree on 0^0.
    return lambda d: function(d.cell(0.5, 0.001), d.cell(1.0, 7.0, 12.0) + 1, _scheduled(d))


def _move(function: Callable[..., Any]) -> Case:
    return lambda d: function(
        d.number(), d.number(), {each: d.cell(0.0, 2.5, 16.0) for each in "vsh"}, _settings(d)
    )


def _remembered(function: Callable[..., Any]) -> Case:
    return lambda d: function(d.number(), d.number(), _settings(d))


_METHODS = tuple(
    step.Step(
        model=classifying(model_of(model)) if by == "log-loss" else model_of(model),
        loss=by, gradient=rule, optimizer=way, batched=batched,
        schedule=rates, penalized=model_of(model).parameters[:1] if batched else (),
    )
    for (model, by, rule, way, batched), rates in zip((
        ("line", "mse", "forward", "sgd", False),
        ("quadratic", "mse", "central", "momentum", True),
        ("line", "mae", "analytic", "adam", True),
        ("line", "mse", "swapped", "adagrad", False),
        ("a*x", "mae", "forward", "rmsprop", True),
        ("a*x", "huber", "central", "sgd", False),
        ("line", "huber", "analytic", "momentum", True),
        ("sigmoid(a*x)", "log-loss", "forward", "sgd", False),
        ("sigmoid(a*x + b)", "log-loss", "analytic", "adam", True),
        ("net 1 relu", "log-loss", "backprop", "sgd", False),
        ("net 1 relu", "huber", "backprop", "sgd", False),
        ("a*exp(b*x)", "mse", "analytic", "momentum-ema", False),
        ("line", "mse", "analytic", "amsgrad", False),
    ), itertools.cycle(schedule.SCHEDULES), strict=False)
)  # fmt: skip


def _cells_of_step(d: Drawn, method: step.Step) -> dict[str, Any]:
    cells = {**_settings(d), **_row(d, method.model), "batch": d.cell(2.0, 4.0)}
    cells |= {"row": d.cell(1.0, 4.0), "rows": d.cell(4.0), "epoch": d.cell(1.0, 2.0, 5.0)}
    cells |= {"l2": d.cell(0.5, 0.0), "l1": d.cell(0.25)}
    cells |= {step.WATCHED_NOW: d.cell(2.5, 4.0), **_scheduled(d)}
    lasting = [each.name for each in step.step_columns(method) if each.carried]
    return cells | {step.before(each): d.cell() for each in lasting}


def _columns(d: Drawn) -> list[Any]:
    method = d.each(*_METHODS)
    cells, found = _cells_of_step(d, method), []
    for column in step.step_columns(method):
        found.append(column.compute(cells))
        # The next columns read cells, as in a row of a sheet.
        cells[column.name] = d.cell(*((1.0, 3.0) if column.name == step.IN_BATCH else ()))
    return found


def _epoch_step(d: Drawn) -> list[Any]:
    method = d.each(*_METHODS)
    slopes = {name: d.number() for name in method.model.parameters}
    cells = {**_cells_of_step(d, method), step.RATE: d.cell(0.1, 0.5)}
    return list(step.epoch_step(method, cells, slopes).values())


def _of_a_column(compute: Callable[[Any], Any]) -> Case:
    return lambda d: compute(d.each(d.cells(), d.cells(3.0), d.cells(1.0, 5.0)))


def _by_scale(scale: scaling.Scale) -> Case:
    def case(d: Drawn) -> Quantity:
        values = d.cells()
        return scaling.scaled(d.number(), scale.centre[1](values), scale.spread[1](values))

    return case


def _in_data_units(d: Drawn) -> list[Any]:
    model = d.each(model_of("line"), model_of("a*u + v/b", ("u", "v")))
    parameters = [d.number() for _ in model.parameters]
    one, other = ([d.cell() for _ in model.inputs] for _ in range(2))
    found = scaling.in_data_units(model, parameters, one, other)
    assert found is not None
    return [*found[0], found[1]]


def _scale(d: Drawn) -> Quantity:
    metric = d.each(*loss.METRICS.values())
    y = d.each(d.cells(), d.cells(0.0), d.cells(3.0))
    by = loss.LOSSES[metric.loss].bound({"delta": d.cell(1.0, 2.5)})
    return rate_verdict.data_scale(metric, by, y, quantity.count(y))


_RUNS = (
    # At the start, half way, after three quarters, in the end, the highest, and the move ratio.
    (100.0, 90.0, 85.0, 80.0, 100.0, 0.5),
    (100.0, 20.0, 19.91, 19.9, 100.0, 0.5),
    (100.0, 90.0, 2e5, 80.0, 2e6, 0.5),
    (100.0, 150.0, 120.0, 102.5, 150.0, 0.5),
    (100.0, 20.0, 25.0, 30.0, 100.0, -0.7),
    (100.0, 20.0, 19.91, 19.9, 100.0, -0.7),
    (100.0, 100.0, 100.0, 100.0 - 1e-9, 100.0, 0.0),
    (100.0, 101.0, 105.0, 110.0, 110.0, 0.9),
)


def _verdict(d: Drawn) -> Quantity:
    start, half, later, last, highest, ratio = map(d.cell, d.each(*_RUNS))
    return rate_verdict.rate_verdict(
        d.each(*loss.METRICS.values()), scale=d.cell(50.0), ratio=ratio,
        start=start, half=half, later=later, last=last, highest=highest,
    )  # fmt: skip


def _advice(d: Drawn) -> Quantity:
    rates = {
        "rates": d.range(0.001, 0.01, 0.25),
        "too_large": d.range(0.25, ""),
        "others": d.range(0.1, ""),
    }
    if d.each("mixed", "too large", "too large") == "too large":
        rates |= {"too_large": d.range(0.25), "others": d.range("")}
    return rate_verdict.best_rate_advice(
        **rates, ends=d.each(d.range(12.25, 7.5, 1e-5), d.range("")), marks=d.range("best", ""),
        start=d.cell(100.0), perfect=d.condition(), name="rmse", epochs=25,
    )  # fmt: skip


def _epoch(d: Drawn) -> dict[str, Quantity]:
    return {
        "held": d.cell(2000.0, 1.0, 0.0, 5.5),
        "bound": d.each(d.cell(1000.0), None),
        "waited": d.cell(0.0, 2.0),
        "patience": d.each(None, d.cell(2.0), d.cell(3.0)),
    }


def _at_start(function: Callable[..., Any]) -> Case:
    return lambda d: function(d.each(*loss.METRICS.values()), d.number(), d.number())


def _matrix(d: Drawn) -> list[list[Any]]:
    size = d.each(2, 1, 3)
    return [[d.number() for _ in range(size)] for _ in range(size)]


def _equations(d: Drawn) -> Quantity:
    model = model_of(d.each("line", "a*x", "a*x^2 + c + 1"))
    matrix, right = stationary_point.normal_equations(
        model, [d.cells() for _ in model.inputs], d.cells()
    )
    return [*right, *(each for line in matrix for each in line)]


def _solution(d: Drawn) -> Quantity:
    matrix = _matrix(d)
    divisor = stationary_point.determinant(matrix)
    return stationary_point.solution(matrix, [d.number() for _ in matrix], divisor)


def _shift(d: Drawn) -> Quantity:
    matrix = _matrix(d)
    return stationary_point.forward_shift(
        matrix, d.cell(0.01, 0.5), stationary_point.determinant(matrix)
    )


def _curvature(d: Drawn) -> Quantity:
    beside = d.number()
    two = [[d.number(), beside], [beside, d.number()]]
    return stationary_point.largest_eigenvalue(d.each(two, [[d.number()]]))


DESCENT: Mapping[str, Case] = {
    "model.Model.predict": _prediction,
    "model.boundary": lambda d: boundary(
        model_of("sigmoid(w*x + b)"), [], [d.number(), d.number()], d.cell(0.0, -1.5)
    ),
    "model.column_programs": _slopes(_columns_of_a_model),
    "loss.squared_error": _of_two(loss.squared_error),
    "loss.absolute_error": _of_two(loss.absolute_error),
    "loss.Loss.of_row": _slopes(
        lambda _, model, by, cells, __: by.bound(cells).of_row(
            model, _inputs(cells, model), cells["y"], _parameters(cells, model)
        )
    ),
    "loss.closed_form": _closed_form,
    "loss.Metric.of": lambda d: d.each(*loss.METRICS.values()).of(d.cells(), d.cell(4.0)),
    "loss.Metric.of_sum": lambda d: d.each(*loss.METRICS.values()).of_sum(d.number(), d.cell(4.0)),
    **{f"loss.LOSSES.{name}": _error(by) for name, by in loss.LOSSES.items()},
    "loss.Loss.bound": _error(loss.LOSSES["huber"]),
    "loss.huber_error": _of_three(loss.huber_error),
    "loss.huber_slope": _of_three(loss.huber_slope),
    "loss.log_loss": _of_two_or_many(loss.log_loss),
    "loss.log_slope": _of_two_or_many(loss.log_slope),
    "loss.r2_score": _r2,
    "loss.accuracy": _accuracy,
    "loss.bound_of": lambda d: loss.bound_of(
        model_of(d.each("line", "sigmoid(a*x)")), d.cell(0.5, 0.25, 1.0)
    ),
    "loss.Score.of": lambda d: _score(d, d.each(*loss.SCORES.values())),
    **{f"loss.SCORES.{name}": _score_of(each) for name, each in loss.SCORES.items()},
    "loss.Loss.of_mean": lambda d: d.each(loss.LOSSES["log-loss"], loss.LOSSES["mse"]).of_mean(
        d.cell(0.25, 0.0, 1.0, 0.5), d.number()
    ),
    **{f"loss.METRICS.{name}": _of_rows(metric) for name, metric in loss.METRICS.items()},
    "loss.best_so_far": _of_three(loss.best_so_far),
    "loss.epochs_waited": _of_four(loss.epochs_waited),
    "gradient.nudged_error": _slopes(
        lambda d, model, by, cells, which: gradient.nudged_error(
            model, by, cells, which, d.number()
        )
    ),
    "gradient.forward_difference": lambda d: gradient.forward_difference(
        d.number(), d.number(), d.cell(0.01, 0.5)
    ),
    "gradient.central_difference": lambda d: gradient.central_difference(
        d.number(), d.number(), d.cell(0.01, 0.5)
    ),
    "gradient.slope_of_column": _slopes(_chained),
    "gradient.three_ways": _slopes(
        lambda _, model, by, cells, which: gradient.three_ways(model, by, cells, which)
    ),
    "gradient.mean_of_ways": _means,
    "gradient.penalty_slope": lambda d: gradient.penalty_slope(
        d.number(), {"l2": d.cell(0.5, 0.0), "l1": d.cell(0.25, 0.0)}
    ),
    "gradient.apart": _of_two(gradient.apart),
    **{
        f"gradient.GRADIENT_RULES.{name}": _by_rule(rule)
        for name, rule in gradient.GRADIENT_RULES.items()
    },
    "optimizer.velocity": _remembered(optimizer.velocity),
    "optimizer.average_gradient": _remembered(optimizer.average_gradient),
    "optimizer.first_moment": _remembered(optimizer.first_moment),
    "optimizer.second_moment": _remembered(optimizer.second_moment),
    "optimizer.sum_of_squares": _remembered(optimizer.sum_of_squares),
    "optimizer.average_square": _remembered(optimizer.average_square),
    "optimizer.highest_moment": lambda d: optimizer.highest_moment(
        d.number(), d.number(), {"s": d.cell(0.0, 4.0)}
    ),
    "optimizer.safe_quotient": lambda d: optimizer.safe_quotient(d.number(), d.cell(0.0, 0.25)),
    "optimizer.plain_step": _move(optimizer.plain_step),
    "optimizer.velocity_step": _move(optimizer.velocity_step),
    "optimizer.scaled_step": _move(optimizer.scaled_step),
    "optimizer.nesterov_step": _move(optimizer.nesterov_step),
    "optimizer.adam_step": _move(optimizer.adam_step),
    "optimizer.amsgrad_step": _move(optimizer.amsgrad_step),
    "optimizer.uncorrected_step": _move(optimizer.uncorrected_step),
    **{f"optimizer.OPTIMIZERS.{name}": _step_of(way) for name, way in optimizer.OPTIMIZERS.items()},
    "step.step_columns": _columns,
    "step.epoch_step": _epoch_step,
    "step.row_slopes": _sums_of_slopes,
    **{
        f"scaling.{name}": _of_a_column(getattr(scaling, name))
        for name in ("mean", "deviation", "sample_deviation", "lowest", "reach")
    },
    **{f"scaling.SCALES.{name}": _by_scale(each) for name, each in scaling.SCALES.items()},
    "scaling.scaled": _of_three(scaling.scaled),
    "scaling.in_data_units": _in_data_units,
    "schedule.stepped_rate": _rate(schedule.stepped_rate),
    "schedule.exponential_rate": _rate(schedule.exponential_rate),
    "schedule.cosine_rate": _rate(schedule.cosine_rate),
    "schedule.lowest_watched": lambda d: schedule.lowest_watched(
        d.cell(4.0, 2.0), d.cell(3.0, 4.0, 5.0), _scheduled(d)
    ),
    "schedule.epochs_no_lower": lambda d: schedule.epochs_no_lower(
        d.cell(0.0, 2.0, 3.0), d.cell(4.0, 2.0), d.cell(3.0, 4.0, 5.0), _scheduled(d)
    ),
    "schedule.plateau_rate": lambda d: schedule.plateau_rate(
        d.cell(0.5), d.cell(0.0, 1.0, 3.0), _scheduled(d)
    ),
    "schedule.until_watched": lambda d: schedule.until_watched(
        d.cell(1.0, 2.0, 3.0), d.number(), d.number()
    ),
    "schedule.rate_of_pass": lambda d: schedule.rate_of_pass(
        d.cell(1.0, 2.0), d.number(), d.number()
    ),
    **{
        f"schedule.SCHEDULES.{name}": _rate(each.rate)
        for name, each in schedule.SCHEDULES.items()
        if each.rate is not None
    },
    "rate_verdict.data_scale": _scale,
    "rate_verdict.reference": _at_start(rate_verdict.reference),
    "rate_verdict.divergence_bound": _at_start(rate_verdict.divergence_bound),
    "rate_verdict.fitted_bound": lambda d: rate_verdict.fitted_bound(
        d.each(*loss.METRICS.values()), d.number()
    ),
    "rate_verdict.moves_repeated": lambda d: rate_verdict.moves_repeated(
        d.cells(), d.cells(), d.cells()
    ),
    "rate_verdict.moves_squared": lambda d: rate_verdict.moves_squared(d.cells(), d.cells()),
    "rate_verdict.move_ratio": lambda d: rate_verdict.move_ratio(
        [d.number(), d.number()], [d.cell(0.0, 2.0), d.cell(0.0)]
    ),
    "rate_verdict.rate_verdict": _verdict,
    "rate_verdict.verdict_word": lambda d: rate_verdict.verdict_word(d.cell(0.0, 1.0), d.number()),
    "rate_verdict.nearly_perfect": _at_start(rate_verdict.nearly_perfect),
    "rate_verdict.below_start": lambda d: rate_verdict.below_start(
        verdict=d.cell("diverging", "good"), start=d.cell(), last=d.cell()
    ),
    "rate_verdict.best_mark": lambda d: rate_verdict.best_mark(
        d.range(2.0, 3.0, ""), d.cell(2.0, 2.0 * (1 + 1e-10), 2.0 * (1 + 1e-8), "")
    ),
    "rate_verdict.rate_if": lambda d: rate_verdict.rate_if(
        d.cell(0.1, ""),
        d.cell("diverging", "worse than the start", "rising"),
        too_large=d.each(1, 0) == 1,
    ),
    "rate_verdict.best_rate_advice": _advice,
    "rate_verdict.ends_run": lambda d: rate_verdict.ends_run(**_epoch(d)),
    "rate_verdict.epoch_note": lambda d: rate_verdict.epoch_note(
        d.each(*loss.METRICS.values()),
        **{**_epoch(d), "bound": d.cell(1000.0)},
        still=[d.condition(), on_cells.compared(d.cell(0.0), "=", 0)],
        remembers=d.each(1, 0) == 1,
    ),
    "stability.epochs_at_factor": lambda d: stability.epochs_at_factor(
        # Whole quotients: all but 0.5 and what is nearly 1. 3 and 12 of them by rounding only.
        d.cell(0.5, 0.1, 0.01, 0.0, 1e-300, 0.01 ** (1 / 3), 0.01 ** (1 / 12), 1 - 1e-7)
    ),
    "stationary_point.intercept": lambda d: stationary_point.intercept(
        d.cells(), d.cells(), d.number()
    ),
    "stationary_point.normal_equations": _equations,
    "stationary_point.determinant": lambda d: stationary_point.determinant(_matrix(d)),
    "stationary_point.steady_determinant": lambda d: stationary_point.steady_determinant(
        d.each(_matrix(d), [[d.cell(0.03), d.cell(0.3)], [d.cell(0.3), d.cell(3.0, 3.5)]])
    ),
    "stationary_point.solution": _solution,
    "stationary_point.forward_shift": _shift,
    "stationary_point.swapped_eigenvalues": _of_three(stationary_point.swapped_eigenvalues),
    "stationary_point.growth": _of_two(stationary_point.growth),
    "stationary_point.largest_eigenvalue": _curvature,
    "stationary_point.squared_norm": lambda d: stationary_point.squared_norm(
        [d.number(), d.number()]
    ),
    "stationary_point.own_bound": lambda d: stationary_point.own_bound([d.number(), d.number()]),
    "stationary_point.moves_too": lambda d: stationary_point.moves_too(
        d.cell(0.5, 2.0, 12.0), d.cell(1e26, 1e27)
    ),
    "stationary_point.radius_of_one": _of_one(stationary_point.radius_of_one),
    "stationary_point.radius_of_two": _of_two(stationary_point.radius_of_two),
    "stationary_point.one_shrinks": _of_one(stationary_point.one_shrinks),
    "stationary_point.two_shrink": lambda d: stationary_point.two_shrink(
        d.cell(1.5, 0.5, 3.0, -1.0), d.cell(0.25, 1e-30, -1e-30, 2.5)
    ),
    **{
        f"stationary_point.STABLE_BELOW.{name}": _bound(bound)
        for name, bound in stationary_point.STABLE_BELOW.items()
    },
}

CASES: Mapping[str, Case] = {**ELEMENTARY, **DESCENT}

_ON_FLOATS = "of floats and arrays only"
_A_LEAF = "makes or reads a leaf, as every case does"
_WORDS = "words, names or lists of them"
_A_CHOICE = "tells what kind a model or a step is"
NO_QUANTITIES: Mapping[str, str] = {
    **dict.fromkeys(
        [
            *("model.Model.jacobian", "functions.rounded", "functions.slope_of"),
            "rate_verdict.share_of_metric",
            *(f"stability.EpochMap.{each}" for each in ("radii", "excess", "matrix")),
            "stability.EpochMap.mean_radius",
            *("stability.epoch_map", "stability.first_crossing", "stationary_point.least_squares"),
            "stationary_point.likeliest",
        ],
        _ON_FLOATS,
    ),
    **dict.fromkeys(
        [f"sheet_cells.{each}" for each in ("cell", "cells", "unplaced", "constant")]
        + ["sheet_cells.value_of", "sheet_cells.formula_of"],
        _A_LEAF,
    ),
    **dict.fromkeys(
        ["schedule.SCHEDULES.constant", "schedule.SCHEDULES.ReduceLROnPlateau"],
        "has no rate by the epoch: what its columns compute has cases",
    ),
    **dict.fromkeys(
        [
            *("gradient.chain_columns", "loss.Score.note", "model.meant_otherwise"),
            *("undetermined.undetermined_told", "model.model_of"),
            *("step.before", "step.given_columns", "step.settings_of", "step.lasting_columns"),
            *("gradient.biases", "step.gradient_column", "step.slope_column"),
            *("step.state_columns", "step.needed_for"),
            *("step.started", "schedule.schedule_setting", "step.remembered_columns"),
            "step.own_columns",
        ],
        _WORDS,
    ),
    **dict.fromkeys(
        [
            *("undetermined.undetermined", "stationary_point.has_stationary_point"),
            *("model.classifying", "model.has_boundary"),
        ],
        _A_CHOICE,
    ),
    "sheet_cells.column_of": "the values of many rows at once",
    "step.column_expressions": "the columns of `step_columns` over symbols",
    "step.own_expressions": "columns of `step_columns`, written with the cells before them",
}  # fmt: skip
"""What is public and has no case, with the reason."""


def modules() -> list[ModuleType]:
    """The modules that definitions stand in."""
    inner = [f"{descent.__name__}.{each.name}" for each in pkgutil.iter_modules(descent.__path__)]
    return [quantity, on_cells, *map(importlib.import_module, inner)]


def definitions() -> Iterator[tuple[str, Quantity]]:
    """All that is public in these modules and computes something, by name."""
    for module in modules():
        room = module.__name__.rpartition(".")[2]
        for name, found in list(vars(module).items()):
            if name.startswith("_"):
                continue
            if name in getattr(module, "__annotations__", {}) and isinstance(found, Mapping):
                entries = found.items()
                yield from ((f"{room}.{name}.{k}", v) for k, v in entries if not isinstance(v, str))
            elif getattr(found, "__module__", "") != module.__name__:
                continue
            elif isinstance(found, type):
                methods = inspect.getmembers(found, inspect.isfunction)
                yield from ((f"{room}.{name}.{k}", v) for k, v in methods if not k.startswith("_"))
            elif callable(found):
                yield f"{room}.{name}", found


def flat(found: Quantity) -> list[Quantity]:
    """The expressions that a case has."""
    if isinstance(found, list | tuple):
        return [each for part in found for each in flat(part)]
    return [found]


def within(tree: Quantity) -> Iterator[Quantity]:
    """An expression and all within it, each once."""
    left, seen = [tree], set()
    while left:
        each = left.pop()
        if id(each) not in seen:
            seen.add(id(each))
            yield each
            left += each.operands if isinstance(each, Operation) else ()
