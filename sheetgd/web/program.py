"""What a page knows of a lesson: its data and settings, and every computation, printed.

The page may change the optimiser, the gradient rule, the loss, and whether steps are made in
batches. The columns of each such configuration are printed as functions of slots, each distinct one
once (`sheetgd.expression.javascript`). All names and texts go into data that are no script.
"""

import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial
from itertools import groupby, product
from typing import Any, Final

from sheetgd.descent import rate_verdict as verdicts
from sheetgd.descent import step as steps
from sheetgd.descent.gradient import GRADIENT_RULES
from sheetgd.descent.loss import LOSSES, best_so_far, epochs_waited
from sheetgd.descent.optimizer import OPTIMIZERS
from sheetgd.descent.scaling import NO_SCALE, SCALES, scaled
from sheetgd.descent.step import EPOCH, ROW, ROWS, WATCHED_NOW, Step, given_columns
from sheetgd.engine.error_surface import best_parameters, most_sensitive, ranges_of
from sheetgd.engine.run import descend
from sheetgd.engine.stability import largest_stable_rate
from sheetgd.errors import LessonError
from sheetgd.expression.functions import total
from sheetgd.expression.javascript import Functions
from sheetgd.expression.sheet_cells import formula_of, told
from sheetgd.expression.tree import Symbol
from sheetgd.lesson.checks import check_names, hyperparameter_bounds
from sheetgd.lesson.fields import SETTINGS
from sheetgd.lesson.lesson import Lesson
from sheetgd.lesson.template import shipped_lesson, shipped_names
from sheetgd.sheets.status import told_run
from sheetgd.sheets.steps import column_meaning
from sheetgd.sheets.words import data_labels

JSON = dict[str, Any]

_CHANGEABLE: Final = {"learning_rate": "learn", "difference_step": "nudge", "batch_size": "batch"}
"""Settings that the page changes, and what columns call them."""

_MARK: Final = "\0"


@dataclass(frozen=True)
class Program:
    """What is printed for a page.

    Attributes:
        functions: the functions, and the slots that they read.
        columns: the columns by slot and function, each with its number, the slot in which the next
            row finds it, or None, whether it is computed once in a pass, and its formula.
        chunks: runs of columns that configurations share.
        halves: every second chunk of a configuration, which others share, too.
        meanings: what a column holds, by its name.
        data: all that the page knows, as JSON has it.
    """

    functions: Functions = field(default_factory=Functions)
    columns: dict[tuple[int, int], tuple[Any, ...]] = field(default_factory=dict)
    chunks: dict[tuple[int, ...], int] = field(default_factory=dict)
    halves: dict[tuple[int, ...], int] = field(default_factory=dict)
    meanings: dict[str, str] = field(default_factory=dict)
    data: JSON = field(default_factory=dict)

    def configuration(self, step: Step) -> list[int]:
        """Print the columns of a step: the halves that they are made of."""
        expressions, slot = steps.column_expressions(step), self.functions.slot
        found = []
        for name in (*given_columns(step.model), *expressions):
            if name not in self.meanings:
                self.meanings[name] = column_meaning(step.model, name)
        for _, group in groupby(steps.step_columns(step), key=lambda each: each.moves):
            chunk = []
            for each in group:
                key = slot(each.name), self.functions.number(expressions[each.name])
                if key not in self.columns:
                    kept = slot(steps.before(each.name)) if each.carried else None
                    formula = enumerate(_formula(each))
                    pieces = [slot(piece) if at % 2 else piece for at, piece in formula]
                    written = [piece for piece in pieces if piece != ""]
                    self.columns[key] = len(self.columns), kept, each.once, written
                chunk.append(self.columns[key][0])
            found.append(self.chunks.setdefault(tuple(chunk), len(self.chunks)))
        # Those that move hang on the optimiser, those between on the gradient rule and the loss.
        halves = tuple(found[::2]), tuple(found[1::2])
        return [self.halves.setdefault(each, len(self.halves)) for each in halves]


_OF_THE_PAGE: Final = frozenset(
    {"model", "loss", "gradient", "batch_size", "shuffle", "optimizer", "start", "seed"}
    | {"learning_rate", "difference_step", "epochs", "clicks", "optimizer_state"}
)
"""The settings that a page writes into its command itself, as they are there."""


def options_of(lesson: Lesson) -> list[str]:
    """Return the options of ``sheetgd build`` that say what a page cannot change.

    >>> options_of(Lesson(x=(1, 2, 3), y=(3, 5, 7), scale="standard", restore_best=True))
    ['--scale', 'standard', '--restore-best']
    """
    found: list[str] = []
    values = lesson.by_name()
    for setting in SETTINGS.values():
        name, value = setting.name, values.get(setting.name)
        written = setting.metavar or setting.kind.reads == "flag"
        used = setting.table in {"method", "training"} and name not in _OF_THE_PAGE
        if not (written and used) or value in (setting.default, None, False):
            continue
        if isinstance(value, Mapping):
            found += [setting.flag, *(f"{key}={each:.17g}" for key, each in value.items())]
        elif isinstance(value, tuple | list):
            # A column of marks is not part of the data that a page can save.
            found += [] if name == "validation" else [setting.flag, *map(str, value)]
        else:
            found += [setting.flag] if value is True else [setting.flag, str(value)]
    return found


def program_of(lesson: Lesson) -> Program:
    """Print everything that a page of the lesson computes and says.

    >>> found = program_of(Lesson(x=(1, 2, 3), y=(3, 5, 7), lr=0.1, gradient="analytic"))
    >>> found.data["runs"][0]["settings"]["start"], found.data["runs"][0]["parameters"]
    ({'m': 1.0, 'b': 1.0}, ['m', 'b'])
    """
    program, data, held = Program(), lesson.data, lesson.held_data
    configurations = [_configurations(lesson, program)]
    runs = [{"title": lesson.display.label, "configurations": 0, **_run(lesson, program)}]
    for each in lesson.display.variants:
        variant, place = lesson.varied(each), 0
        key = _key(variant.step)
        if key not in configurations[0] or _step_of(lesson, *key.split()) != variant.step:
            place = len(configurations)
            configurations.append({key: program.configuration(variant.step)})
        runs.append({"title": each.title, "configurations": place, **_run(variant, program)})
    functions, over = program.functions, lesson.display.surface.over or most_sensitive(lesson)
    ranges = ranges_of(lesson, descend(lesson).states)
    found = {
        "name": next((name for name, each in _shipped().items() if each == lesson), None),
        "title": lesson.display.title,
        "summary": lesson.display.summary,
        "labels": data_labels(lesson),
        "capacity": lesson.capacity,
        "names": {"x": [each.name for each in data.inputs], "y": data.y_name},
        "data": {"x": [each.values for each in data.inputs], "y": data.y},
        "held": held and {"x": [each.values for each in held.inputs], "y": held.y},
        "choices": (choices := _choices(configurations[0])),
        "bounds": _bounds(choices),
        "changeable": _CHANGEABLE,
        "counted": [functions.slot(name) for name in (ROW, EPOCH, WATCHED_NOW, ROWS)],
        "verdicts": {
            str(each): {"good": each.good, "meaning": verdicts.MEANINGS[each]}
            for each in verdicts.Verdict
        },
        "told": functions.number(told(_of_run("value"), _of_run("digits"))),
        "columns": [(*key, *each[1:]) for key, each in program.columns.items()],
        "chunks": list(program.chunks),
        "halves": list(program.halves),
        "meanings": program.meanings,
        "configurations": configurations,
        "runs": runs,
        "surface": {
            "over": over,
            "ranges": dict(zip(lesson.model.parameters, ranges, strict=True)),
        },
        "slots": functions.slots,
    }
    return replace(program, data=_plain(found))


@cache
def _shipped() -> dict[str, Lesson]:
    """Return the lessons that come with sheetgd: a command can name them."""
    return {name: shipped_lesson(name) for name in shipped_names()}


def _of_run(name: str) -> Symbol:
    """Return the symbol of a number of the run: no column can have such a name."""
    return Symbol(f"run {name}")


def _key(step: Step) -> str:
    return f"{step.optimizer} {step.gradient} {step.loss} {'batch' if step.batched else 'row'}"


def _step_of(lesson: Lesson, optimizer: str, gradient: str, loss: str, size: str) -> Step:
    resumed = lesson.step.resumed and optimizer == lesson.step.optimizer
    step = replace(lesson.step, optimizer=optimizer, gradient=gradient, loss=loss, resumed=resumed)
    return replace(step, batched=size == "batch")


def _configurations(lesson: Lesson, program: Program) -> dict[str, list[int]]:
    """Print the columns of every configuration that the page can change the lesson to."""
    found = {}
    for choice in product(OPTIMIZERS, GRADIENT_RULES, _losses(lesson), ("row", "batch")):
        step = _step_of(lesson, *choice)
        try:
            check_names(step, lesson.mirrored_name)
        except LessonError:
            # A parameter is called like one of its columns.
            continue
        found[_key(step)] = program.configuration(step)
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
    found: JSON = {"optimizer": {}, "gradient": {}, "loss": {}}
    for rule in map(OPTIMIZERS.__getitem__, optimizers):
        more = {"hyper": rule.hyper, "remembers": bool(rule.states)}
        found["optimizer"][rule.name] = {"summary": rule.summary, "text": rule.text, **more}
    for way in map(GRADIENT_RULES.__getitem__, gradients):
        more = {"decimals": way.carry_decimals, "nudges": way.nudges}
        found["gradient"][way.name] = {"text": way.text, **more}
    for loss in map(LOSSES.__getitem__, losses):
        found["loss"][loss.name] = {"text": loss.meaning, "hyper": loss.hyper}
    return found


def _bounds(choices: JSON) -> JSON:
    """Return from where to below where each number may be that is typed."""
    rules = [*choices["optimizer"].values(), *choices["loss"].values()]
    above = dict.fromkeys(("learning_rate", "difference_step"), (sys.float_info.min, math.inf))
    return above | {
        name: hyperparameter_bounds(name)[:2] for each in rules for name in each["hyper"]
    }


def _run(lesson: Lesson, program: Program) -> JSON:
    """Return what a page knows of the lesson itself, or of a variant of it."""
    method, training, step = lesson.method, lesson.training, lesson.step
    number, slot, p = program.functions.number, program.functions.slot, lesson.model.parameters
    own = {*_CHANGEABLE.values(), *method.hyperparameters}
    past, here, after = map(_of_run, ("before", "here", "after"))
    again, squares = ([_of_run(f"{which} {name}") for name in p] for which in ("again", "all"))
    return {
        "model": lesson.model.text,
        "options": options_of(lesson),
        "best": _best(lesson),
        "stable": largest_stable_rate(lesson),
        "parameters": p,
        "inputs": lesson.model.inputs,
        "settings": {
            "learning_rate": training.learning_rate,
            "difference_step": training.difference_step,
            "optimizer": step.optimizer,
            "gradient": step.gradient,
            "loss": step.loss,
            "batch_size": "all" if lesson.batch_size == lesson.n_rows > 1 else lesson.batch_size,
            "shuffle": method.shuffle,
            "seed": training.seed,
            "start": dict(zip(p, training.start, strict=True)),
            "hyperparameters": method.hyperparameters,
        },
        "fixed": {name: each for name, each in lesson.settings.items() if name not in own},
        "optimizer_state": training.optimizer_state,
        "min_delta": training.min_delta,
        "patience": training.patience,
        "restore_best": training.restore_best,
        "watches": step.schedule_rule.watches,
        "varies": step.schedule_rule.varies,
        "slopes": {name: slot(steps.slope_column(step, name)) for name in p},
        "reads": [slot(name) for name in lesson.model.inputs],
        "predict": number(lesson.model.expression),
        "scale": _scale(lesson, program.functions),
        "metrics": {loss: _metric(lesson, loss, program.functions) for loss in _losses(lesson)},
        # What is summed up over the epochs, and what is made of the sums.
        "moves": {
            "again": number(verdicts.moves_repeated(past, here, after).operands[0]),
            "all": number(verdicts.moves_squared(past, here).operands[0]),
        },
        "ratio": number(verdicts.move_ratio(again, squares)),
    }


def _metric(lesson: Lesson, loss: str, functions: Functions) -> JSON:
    """Print the metric that epochs are judged by with a loss, and what is said by it."""
    step, training = replace(lesson.step, loss=loss), lesson.training
    metric, error, number = step.metric_function, step.metric_loss.named, functions.number
    symbols = {name: Symbol(name) for name in given_columns(step.model)}
    inputs, y = [symbols[name] for name in step.model.inputs], symbols["y"]
    p, rows = {name: symbols[name] for name in step.model.parameters}, Symbol(ROWS)
    held, bound, waited, scale = map(_of_run, ("held", "bound", "waited", "scale"))
    patience = None if training.min_delta is None else _of_run("patience")
    until = bound if training.stop_diverging else None
    watched = _of_run("best"), held, _of_run("min_delta")
    seen = ("start", "scale", "half", "later", "last", "highest", "ratio")
    noted = partial(
        verdicts.epoch_note, metric, held=held, bound=bound, waited=waited, patience=patience
    )
    notes = [noted(still=[_of_run("still")], remembers=each) for each in (False, True)]
    score = step.score and step.score.of(step.model, inputs, y, [*p.values()], rows=rows)
    ends = verdicts.ends_run(held=held, bound=until, waited=waited, patience=patience)
    verdict = verdicts.rate_verdict(metric, **{name: _of_run(name) for name in seen})
    led_to = told_run(_of_run("epochs"), p, metric.name, held, verdict=_of_run("verdict"))
    return {
        "name": metric.name,
        "hyper": step.metric_loss.hyper,
        "column": step.error_column,
        "row": number(error.of_row(step.model, inputs, y, [*p.values()])),
        "whole": number(metric.of_sum(_of_run("sum"), rows)),
        "score": score and {"name": step.metric, "over": functions.over_rows(score)},
        "scale": functions.over_rows(verdicts.data_scale(metric, error, y, rows, total)),
        "bound": number(verdicts.divergence_bound(metric, _of_run("start"), scale)),
        "verdict": number(verdicts.verdict_word(_of_run("epochs"), verdict)),
        "notes": [number(each) for each in notes],
        "ends": number(ends),
        "waits": number(epochs_waited(waited, *watched)),
        "betters": number(best_so_far(*watched)),
        "status": number(led_to),
    }


def _scale(lesson: Lesson, functions: Functions) -> JSON | None:
    """Print how an input column is scaled; None where none is."""
    if lesson.method.scale == NO_SCALE:
        return None
    way, value = SCALES[lesson.method.scale], _of_run("value")
    return {
        "centre": functions.over_rows(way.centre[1](value)),
        "spread": functions.over_rows(way.spread[1](value)),
        "scaled": functions.number(scaled(value, _of_run("centre"), _of_run("spread"))),
    }


class _Marked(dict[str, Symbol]):
    """A symbol for any name, with marks around it: it can be told from the rest of a formula."""

    def __missing__(self, name: str) -> Symbol:
        return Symbol(f"{_MARK}{name}{_MARK}")


def _formula(column: steps.Column) -> list[str]:
    """Write a column's formula as texts and, every second one, the columns that it reads.

    >>> [_formula(each) for each in steps.step_columns(Step(gradient="analytic"))][0]
    ['', 'm', '*', 'x', '+', 'b', '']
    """
    return str(formula_of(column.compute(_Marked()))).split(_MARK)


def _best(lesson: Lesson) -> JSON | None:
    """Return the parameters of the best fit; None where there is none."""
    found = best_parameters(lesson)
    if not all(map(math.isfinite, found)):
        return None
    return dict(zip(lesson.model.parameters, found, strict=True))


def _plain(value: Any) -> Any:  # noqa: ANN401  whatever JSON has
    """Return a value as JSON has it: what is no number is null."""
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return list(map(_plain, value))
    return None if isinstance(value, float) and not math.isfinite(value) else value
