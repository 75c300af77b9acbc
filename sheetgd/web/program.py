"""What a page knows of a lesson: its data and settings, and every computation, printed.

The page may change the optimiser, the gradient rule, the loss and whether steps are made in
batches. The columns of each such configuration are printed as functions of slots, each distinct one
once (`sheetgd.expression.javascript`). All names and texts go into data that are no script.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby, product
from typing import Any, Final

import numpy as np

from sheetgd.descent.gradient import GRADIENT_RULES
from sheetgd.descent.loss import LOSSES, best_so_far, epochs_waited
from sheetgd.descent.optimizer import OPTIMIZERS
from sheetgd.descent.rate_verdict import (
    MEANINGS,
    Verdict,
    data_scale,
    divergence_bound,
    ends_run,
    epoch_note,
    fitted_bound,
    move_ratio,
    moves_repeated,
    moves_squared,
    rate_verdict,
)
from sheetgd.descent.scaling import NO_SCALE, SCALES, scaled
from sheetgd.descent.step import (
    EPOCH,
    ROW,
    ROWS,
    WATCHED_NOW,
    Step,
    before,
    column_expressions,
    given_columns,
    settings_of,
    slope_column,
    step_columns,
)
from sheetgd.engine.error_surface import best_parameters, metric_at, most_sensitive, ranges_of
from sheetgd.engine.stability import largest_stable_rate
from sheetgd.errors import LessonError
from sheetgd.expression.functions import total
from sheetgd.expression.javascript import Functions
from sheetgd.expression.sheet_cells import formula_of, told
from sheetgd.expression.tree import Expression, Operation, Symbol
from sheetgd.lesson.checks import check_names
from sheetgd.lesson.lesson import Lesson
from sheetgd.sheets.status import told_run
from sheetgd.sheets.steps import column_meaning
from sheetgd.sheets.words import data_labels

JSON = dict[str, Any]

_CHANGEABLE: Final = {"learning_rate": "learn", "difference_step": "nudge", "batch_size": "batch"}
"""Settings that the page changes, and what columns call them."""

_MARK: Final = "\0"
_EXACT: Final = 2**53


@dataclass(frozen=True)
class Program:
    """What is printed for a page.

    Attributes:
        functions: the functions, and the slots that they read.
        data: everything else that the page knows, as JSON has it.
    """

    functions: Functions
    data: JSON


@dataclass(frozen=True)
class _Printer:
    """What has been printed so far.

    Attributes:
        functions: the functions, and the slots that they read.
        columns: the columns, by slot and function: each has behind these the slot in which the next
            row finds it, or null, whether it is computed once in a pass, and its formula.
        chunks: runs of columns that configurations share.
        meanings: what a column holds, by its name.
    """

    functions: Functions = field(default_factory=Functions)
    columns: dict[tuple[int, int], tuple[int | None, bool, list[str | int]]] = field(
        default_factory=dict
    )
    chunks: dict[tuple[int, ...], int] = field(default_factory=dict)
    meanings: dict[str, str] = field(default_factory=dict)

    def configuration(self, step: Step) -> list[int]:
        """Print the columns of a step: the chunks that they are made of."""
        expressions, slot = column_expressions(step), self.functions.slot
        formulas, found = _formulas(step), []
        for name in given_columns(step.model):
            self.meanings[name] = column_meaning(step.model, name)
        for _, group in groupby(step_columns(step), key=lambda each: each.moves):
            chunk = []
            for each in group:
                key = slot(each.name), self.functions.number(expressions[each.name])
                if key not in self.columns:
                    kept = slot(before(each.name)) if each.carried else None
                    pieces = formulas[each.name]
                    formula = [
                        slot(piece[0]) if isinstance(piece, tuple) else piece for piece in pieces
                    ]
                    self.columns[key] = kept, each.once, formula
                    self.meanings[each.name] = column_meaning(step.model, each.name)
                chunk.append(list(self.columns).index(key))
            found.append(self.chunks.setdefault(tuple(chunk), len(self.chunks)))
        return found

    @staticmethod
    def run_slot(name: str) -> Symbol:
        """Return the symbol of a number of the run: no column can have such a name."""
        return Symbol(f"run {name}")


def program_of(lesson: Lesson) -> Program:
    """Print everything a page of the lesson computes and says.

    >>> found = program_of(Lesson(x=(1, 2, 3), y=(3, 5, 7), lr=0.1, gradient="analytic"))
    >>> found.data["runs"][0]["settings"]["start"], found.data["runs"][0]["parameters"]
    ({'m': 1.0, 'b': 1.0}, ['m', 'b'])
    """
    printer, data = _Printer(), lesson.data
    variants = [(each.title, lesson.varied(each)) for each in lesson.display.variants]
    configurations = [_configurations(lesson, printer)]
    runs = [{"title": lesson.display.label, "configurations": 0, **_run(lesson, printer)}]
    for title, variant in variants:
        key, place = _key(variant.step), 0
        if key not in configurations[0] or _step_of(lesson, *key.split()) != variant.step:
            place = len(configurations)
            configurations.append({key: printer.configuration(variant.step)})
        runs.append({"title": title, "configurations": place, **_run(variant, printer)})
    held, functions = lesson.held_data, printer.functions
    words = told(printer.run_slot("value"), printer.run_slot("digits"))
    found = {
        "title": lesson.display.title,
        "summary": lesson.display.summary,
        "labels": data_labels(lesson),
        "names": {"x": [each.name for each in data.inputs], "y": data.y_name},
        "data": {"x": [each.values for each in data.inputs], "y": data.y},
        "held": held and {"x": [each.values for each in held.inputs], "y": held.y},
        "choices": _choices(configurations[0]),
        "changeable": _CHANGEABLE,
        "counted": [functions.slot(name) for name in (ROW, ROWS, EPOCH, WATCHED_NOW)],
        "verdicts": {str(each): {"good": each.good, "meaning": MEANINGS[each]} for each in Verdict},
        "told": functions.number(words),
        "columns": [(*key, *each) for key, each in printer.columns.items()],
        "chunks": list(printer.chunks),
        "meanings": printer.meanings,
        "configurations": configurations,
        "runs": runs,
        "best": _best(lesson),
        "stable": largest_stable_rate(lesson),
        "surface": _surface(lesson),
        "slots": functions.slots,
    }
    return Program(functions, _plain(found))


def _key(step: Step) -> str:
    return f"{step.optimizer} {step.gradient} {step.loss} {'batch' if step.batched else 'row'}"


def _step_of(lesson: Lesson, optimizer: str, gradient: str, loss: str, size: str) -> Step:
    return replace(
        lesson.step, optimizer=optimizer, gradient=gradient, loss=loss, batched=size == "batch",
        resumed=lesson.step.resumed and optimizer == lesson.step.optimizer,
    )  # fmt: skip


def _configurations(lesson: Lesson, printer: _Printer) -> dict[str, list[int]]:
    """Print the columns of every configuration that the page can change the lesson to."""
    found = {}
    sizes = ("row", "batch") if lesson.n_rows > 1 else ("row",)
    for choice in product(OPTIMIZERS, GRADIENT_RULES, _losses(lesson), sizes):
        step = _step_of(lesson, *choice)
        try:
            check_names(step, lesson.mirrored_name)
        except LessonError:
            # A parameter has the name of one of its columns.
            continue
        found[_key(step)] = printer.configuration(step)
    return found


def _losses(lesson: Lesson) -> Iterator[str]:
    """Yield the losses that go with the model as it is, and with the data."""
    for name in LOSSES:
        try:
            model = lesson.replaced(loss=name, hyperparameters={}).model
        except LessonError:
            continue
        if model == lesson.model:
            yield name


def _choices(configurations: Mapping[str, object]) -> JSON:
    """List what may be chosen, each with its words."""
    every = zip(*(key.split() for key in configurations), strict=True)
    optimizers, gradients, losses, _ = (dict.fromkeys(each) for each in every)
    return {
        "optimizer": {
            name: {
                "summary": rule.summary,
                "text": rule.text,
                "hyper": rule.hyper,
                "remembers": bool(rule.states),
            }
            for name, rule in OPTIMIZERS.items()
            if name in optimizers
        },
        "gradient": {
            name: {
                "summary": rule.summary,
                "text": rule.text,
                "decimals": rule.carry_decimals,
            }
            for name, rule in GRADIENT_RULES.items()
            if name in gradients
        },
        "loss": {
            name: {"summary": loss.summary, "text": loss.meaning, "hyper": loss.hyper}
            for name, loss in LOSSES.items()
            if name in losses
        },
    }


def _run(lesson: Lesson, printer: _Printer) -> JSON:
    """Return what a page knows of the lesson itself, or of a variant of it."""
    method, training, step = lesson.method, lesson.training, lesson.step
    number, slot = printer.functions.number, printer.functions.slot
    settings = lesson.settings
    own = {*_CHANGEABLE.values(), *step.optimizer_rule.hyper, *step.loss_function.hyper}
    p, model = lesson.model.parameters, lesson.model
    inputs = [Symbol(name) for name in model.inputs]
    past, here, after = (printer.run_slot(each) for each in ("before", "here", "after"))
    return {
        "model": model.text,
        "parameters": p,
        "inputs": model.inputs,
        "settings": {
            "learning_rate": training.learning_rate,
            "difference_step": training.difference_step,
            "optimizer": step.optimizer,
            "gradient": step.gradient,
            "loss": step.loss,
            "batch_size": lesson.batch_size,
            "shuffle": _seed(method.shuffle),
            "seed": _seed(training.seed),
            "start": dict(zip(p, training.start, strict=True)),
            "hyperparameters": method.hyperparameters,
        },
        "fixed": {name: settings[name] for name in settings_of(step) if name not in own},
        "optimizer_state": training.optimizer_state,
        "epochs": lesson.epochs_run,
        "min_delta": training.min_delta,
        "patience": training.patience,
        "restore_best": training.restore_best,
        "watches": step.schedule_rule.watches,
        "varies": step.schedule_rule.varies,
        "slopes": {name: slot(slope_column(step, name)) for name in p},
        "predict": number(model.expression),
        "scale": _scale(lesson, printer),
        "metrics": {loss: _metric(lesson, loss, printer) for loss in _losses(lesson)},
        "moves": [
            number(_of_a_row(moves_repeated(past, here, after))),
            number(_of_a_row(moves_squared(past, here))),
        ],
        "ratio": number(
            move_ratio(*([printer.run_slot(f"{kind} {n}") for n in p] for kind in ("again", "all")))
        ),
        "reads": [slot(each.name) for each in inputs],
    }


def _of_a_row(tree: Any) -> Expression:  # noqa: ANN401  what functions of arrays make of symbols
    """Return what is summed up."""
    assert isinstance(tree, Operation)  # noqa: S101  it is a total
    return tree.operands[0]


def _metric(lesson: Lesson, loss: str, printer: _Printer) -> JSON:
    """Print the metric that epochs are judged by with a loss, and what is said by it."""
    step, training = replace(lesson.step, loss=loss), lesson.training
    metric, error, run = step.metric_function, step.metric_loss.named, printer.run_slot
    number, over_rows = printer.functions.number, printer.functions.over_rows
    symbols = {name: Symbol(name) for name in given_columns(step.model)}
    inputs, y = [symbols[name] for name in step.model.inputs], symbols["y"]
    p, rows = [symbols[name] for name in step.model.parameters], Symbol(ROWS)
    patience = None if training.min_delta is None else run("patience")
    seen = ("start", "scale", "half", "later", "last", "highest", "ratio")
    noted = {"held": run("held"), "bound": run("bound"), "waited": run("waited")}
    tolerance, best, held = run("min_delta"), run("best"), run("held")
    scale, start = run("scale"), run("start")
    score = step.score and step.score.of(
        step.model, inputs, y, p, rows=rows, summed=lambda each: Operation("total", (each,))
    )
    told_values = {name: Symbol(name) for name in step.model.parameters}
    return {
        "name": metric.name,
        "summary": metric.summary,
        "hyper": step.metric_loss.hyper,
        "column": step.error_column,
        "row": number(error.of_row(step.model, inputs, y, p)),
        "whole": number(metric.of_sum(run("sum"), rows)),
        "score": score and {"name": step.metric, "over": over_rows(score)},
        "scale": over_rows(data_scale(metric, error, y, rows, total)),
        "bound": number(divergence_bound(metric, start, scale)),
        "fitted": number(fitted_bound(metric, run("bound"))),
        "verdict": number(rate_verdict(metric, **{name: run(name) for name in seen})),
        "notes": [
            number(
                epoch_note(
                    metric, **noted, patience=patience, still=[run("still")], remembers=remembers
                )
            )
            for remembers in (False, True)
        ],
        "ends": number(
            ends_run(
                held=held,
                bound=run("bound") if training.stop_diverging else None,
                waited=run("waited"),
                patience=patience,
            )
        ),
        "waits": number(epochs_waited(run("waited"), best, held, tolerance)),
        "betters": number(best_so_far(best, held, tolerance)),
        "status": number(
            told_run(run("epochs"), told_values, metric.name, held, verdict=run("verdict"))
        ),
    }


def _scale(lesson: Lesson, printer: _Printer) -> JSON | None:
    """Print how an input column is scaled; None where none is."""
    if lesson.method.scale == NO_SCALE:
        return None
    way, over_rows = SCALES[lesson.method.scale], printer.functions.over_rows
    value, centre, spread = (printer.run_slot(each) for each in ("value", "centre", "spread"))
    return {
        "centre": over_rows(way.centre[1](value)),
        "spread": over_rows(way.spread[1](value)),
        "scaled": printer.functions.number(scaled(value, centre, spread)),
    }


def _formulas(step: Step) -> dict[str, list[str | tuple[str]]]:
    """Write each column's formula as texts and, between them, the columns that it reads.

    >>> _formulas(Step(gradient="analytic"))["y_pred"]
    [('m',), '*', ('x',), '+', ('b',)]
    """
    columns = step_columns(step)
    names = [*given_columns(step.model), *settings_of(step), ROW, ROWS, EPOCH, WATCHED_NOW]
    names += [name for each in columns for name in (each.name, before(each.name))]
    words = {name: Symbol(f"{_MARK}{name}{_MARK}") for name in names}
    found = {}
    for column in columns:
        pieces = str(formula_of(column.compute(words))).split(_MARK)
        found[column.name] = [
            (piece,) if at % 2 else piece for at, piece in enumerate(pieces) if piece
        ]
    return found


def _best(lesson: Lesson) -> JSON | None:
    """Return the best fit and its metric; None where there is none."""
    found = best_parameters(lesson)
    if not all(map(math.isfinite, found)):
        return None
    metric = metric_at(lesson, [np.array([value]) for value in found])[0]
    return {
        "parameters": dict(zip(lesson.model.parameters, found, strict=True)),
        "metric": float(metric),
    }


def _surface(lesson: Lesson) -> JSON:
    """Return which parameters the map is over, and from where to where each goes."""
    over = lesson.display.surface.over or most_sensitive(lesson)
    states = lesson.run().states
    ranges = dict(zip(lesson.model.parameters, ranges_of(lesson, states), strict=True))
    return {"over": over, "ranges": ranges}


def _seed(seed: int | None) -> int | str | None:
    """Return a seed as JSON can hold it: a large one as a text."""
    return seed if seed is None or abs(seed) < _EXACT else str(seed)


def _plain(value: Any) -> Any:  # noqa: ANN401  whatever JSON has
    """Return a value as JSON has it: what is no number is null."""
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return list(map(_plain, value))
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
