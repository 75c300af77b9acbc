"""The page's arithmetic, run by Node from the page itself, against the engine: the same numbers."""

import math
import random
from collections.abc import Iterator, Mapping
from itertools import chain, product
from typing import Any

import numpy as np
import pytest

from sheetgd.descent.gradient import GRADIENT_RULES
from sheetgd.descent.optimizer import OPTIMIZERS
from sheetgd.descent.step import column_expressions
from sheetgd.engine.error_surface import best_parameters, metric_at
from sheetgd.engine.run import descend
from sheetgd.engine.stability import largest_stable_rate
from sheetgd.expression.python import same_on_arrays
from sheetgd.expression.sheet_cells import value_of
from sheetgd.lesson.data import normal_numbers, orders
from sheetgd.lesson.lesson import Lesson
from sheetgd.lesson.template import shipped_lesson
from sheetgd.sheets.book import base_section
from sheetgd.sheets.run_data import notes
from sheetgd.sheets.status import status_word
from sheetgd.sheets.steps import column_meaning
from sheetgd.sheets.words import data_labels
from tests.support.given import lesson_of
from tests.support.kinds import ALL_KINDS
from tests.support.node_descents import (
    EXACT,
    ROUNDED,
    differences,
    needs_node,
    run_in_node,
)

pytestmark = needs_node

X = (0.5, -1.25, 2.0, 1.1, -0.3)
Y = (1.0, -0.5, 2.5, 1.75, 0.25)
EPOCHS = 200
OTHERS: Mapping[str, dict[str, Any]] = {
    "classes": {"model": "m*x + b", "loss": "log-loss", "y": (1.0, 0.0, 1.0, 1.0, 0.0)},
    "net": {"model": "h = tanh(a*x + b); y_pred = w*h + c", "start": (0.5, 0.1, 0.7, 0.2)},
    "hinges": {"model": "h = max(0, a*x + b); y_pred = w*h + c", "start": (0.5, 0.1, 0.7, 0.2)},
    "two inputs": {"x": {"area": X, "rooms": (1.0, 2.0, 1.5, 3.0, 2.5)}, "model": "line"},
    "scaled": {"scale": "standard"},
    "sample": {"scale": "sample", "model": "quadratic"},
    "minmax": {"scale": "minmax"},
    "penalised": {"l2": 0.1, "l1": 0.01},
    "StepLR": {"schedule": "StepLR", "schedule_parameters": {"step_size": 3.0, "gamma": 0.5}},
    "ExponentialLR": {"schedule": "ExponentialLR", "schedule_parameters": {"gamma": 0.99}},
    "cosine": {"schedule": "CosineAnnealingLR", "schedule_parameters": {"T_max": 20.0}},
    "plateau": {"schedule": "ReduceLROnPlateau", "validation": "every 3"},
    "r2": {"metric": "r2"},
    "root_sse": {"metric": "root_sse", "shuffle": 7},
    "mae": {"metric": "mae", "seed": 3},
    "held back": {"validation": "every 2", "shuffle": 3, "restore_best": True},
}
LESSONS = {
    **{name: {"model": kind.text, "start": kind.start} for name, kind in ALL_KINDS.items()},
    **OTHERS,
}


def lesson(name: str, **more: Any) -> Lesson:  # noqa: ANN401  whatever a lesson has
    return lesson_of(**{"x": X, "y": Y, "learn": 0.02, **LESSONS[name], **more})


def choices(given: Lesson) -> Iterator[dict[str, Any]]:
    """All that the page can change the lesson's method to."""
    losses = [given.method.loss] if given.step.classifies else ["mse", "mae", "huber"]
    sizes = (1, 2, given.n_rows)
    for rule, optimizer, loss, size in product(GRADIENT_RULES, OPTIMIZERS, losses, sizes):
        yield {"gradient": rule, "optimizer": optimizer, "loss": loss, "batch_size": size}


def compared(given: Lesson, tried: list[dict[str, Any]], epochs: int) -> list[str]:
    """What differs between the page and the engine."""
    lessons = [given.with_settings({**each, "metric": given.method.metric}) for each in tried]
    bits = [all(map(same_on_arrays, column_expressions(one.step).values())) for one in lessons]
    # With an ulp between them, one in some thousand roundings to three decimals goes another way.
    rounds = [one.step.gradient_rule.carry_decimals is not None for one in lessons]
    counts = [
        min(epochs, 50) if rounding and not exact else epochs
        for rounding, exact in zip(rounds, bits, strict=True)
    ]
    jobs = [{"settings": one, "epochs": count} for one, count in zip(tried, counts, strict=True)]
    said = []
    for each, own, one, exact, count in zip(
        tried, run_in_node(given, jobs), lessons, bits, counts, strict=True
    ):
        run = descend(one, count)
        if exact:
            said += [f"{each}: {what}" for what in differences(own, run, EXACT)]
            continue
        # A difference quotient is of a rounding as many times as large as its nudge is small.
        share = ROUNDED / one.settings.get("nudge", 1.0)
        start = [value * (1 + share) + share for value in one.training.start]
        near = descend(one.replaced(start=start, seed=None), count)
        said += [f"{each}: {what}" for what in differences(own, run, share, near)]
    return said


@pytest.mark.parametrize("name", LESSONS)
def test_a_sample_of_configurations_is_the_engines(name: str) -> None:
    given = lesson(name)
    tried = random.Random(name).sample([*choices(given)], 6)  # noqa: S311  no secret
    assert not compared(given, [{}, *tried], 30)


@pytest.mark.slow
@pytest.mark.parametrize("name", LESSONS)
def test_every_configuration_is_the_engines(name: str) -> None:
    given = lesson(name)
    assert not compared(given, [*choices(given)], EPOCHS)


ORDERS = """(run, Descent, lesson, program) => Array.from({length: 1000}, (_, seed) => {
  const [one, other] = [new Random(seed * 7919 - 3000), new Random(seed)];
  return [one.random(), one.random(), [...other.order(6)], [...other.order(6)],
    normalNumbers(3, seed)];
})"""


def test_random_numbers_are_pythons_for_a_thousand_seeds() -> None:
    (found,) = run_in_node(lesson("line"), [{"script": ORDERS}])
    for seed, (one, other, first, second, normal) in enumerate(found):
        generator, drawn = random.Random(seed * 7919 - 3000), orders(6, seed)  # noqa: S311  the same
        assert [one, other] == [generator.random(), generator.random()]
        assert [[each - 1 for each in next(drawn)] for _ in range(2)] == [first, second]
        # Node's logarithm may be an ulp off, far out.
        assert normal == pytest.approx(normal_numbers(3, seed), rel=1e-15)


def test_large_seeds_begin_as_pythons() -> None:
    seed = 2**70 + 12345
    script = f"run => [new Random('{seed}').random(), new Random({2**40}).random()]"
    (found,) = run_in_node(lesson("line"), [{"script": script}])
    assert found == [random.Random(seed).random(), random.Random(2**40).random()]  # noqa: S311


SETTINGS: Mapping[str, dict[str, Any]] = {
    "it freezes": {"model": "relu(m*x) + c", "x": (-1.0, -2.0), "y": (1.0, 3.0)},
    "a nudge too small": {"start": (1e9, 1e9), "nudge": 1e-9, "learn": 1e-6},
    "it stops": {"min_delta": 0.01, "patience": 3},
    "it stops by rows held back": {"min_delta": 0.02, "patience": 2, "validation": "every 2"},
    "it stops diverging": {"learn": 5.0, "stop_diverging": True},
    "it diverges": {"learn": 5.0},
    "the best is restored": {"restore_best": True, "validation": "every 2", "learn": 0.3},
    "it remembers": {"optimizer": "adam", "optimizer_state": {"t": 3.0, "v_m": 0.5}},
    "three decimals": {"gradient": "swapped", "learn": 0.01},
    "a seed of a start": {"seed": 11, "shuffle": 2**53, "batch": 2},
}


@pytest.mark.parametrize("name", SETTINGS)
def test_a_run_ends_as_the_engines(name: str) -> None:
    given = lesson_of(**{"x": X, "y": Y, "learn": 0.05, **SETTINGS[name]})
    (found,) = run_in_node(given, [{"settings": {}, "epochs": EPOCHS}])
    run = descend(given, EPOCHS)
    assert not differences(found, run, EXACT)
    assert found["epoch"][-1] == run.epochs
    assert found["result"]["parameters"] == [*run.parameters.values()]
    assert found["result"]["metric"] == run.metric_value or not run.metric_value < math.inf
    stopped = found["state"]["stopped"]
    assert (stopped and stopped["epoch"]) == (run.stop and run.stop.epoch)
    section = base_section(given.replaced(epochs=max(run.epochs, 1), clicks=1))
    assert found["note"][: run.epochs + 1] == [*map(str, notes(section))][: run.epochs + 1]
    assert found["rows"] == [
        list(row) for row in zip(*run.passed(run.epochs + 1).values(), strict=True)
    ] or not all(map(math.isfinite, chain(*found["rows"])))


UNDONE = """(run, Descent, lesson, program) => {
  const seen = () => JSON.stringify([run.state(), run.log, run.settings, run.data,
    run.ahead, run.order, run.columns]);
  const acts = [() => run.step(), () => run.epoch(), () => run.set("learning_rate", 0.03),
    () => run.set("optimizer", "adam"), () => run.step(), () => run.set("beta1", 0.5),
    () => run.set("batch_size", "all"), () => run.set("shuffle", 4), () => run.epoch(),
    () => run.step(), () => run.jump(7), () => run.jump(2), () => run.set("start", {m: 3}),
    () => run.setData({x: [1, 2, 3], y: [3, 1, 2]}), () => run.epoch(), () => run.set("seed", 2),
    () => run.reset(), () => run.set("loss", "huber"), () => run.set("delta", 2),
    () => run.set("gradient", "swapped"), () => run.epoch()];
  const before = acts.map((act) => { const kept = seen(); act(); return kept; });
  const after = before.map(() => { run.back(); return seen(); }).reverse();
  return [before.length, before.filter((each, at) => each === after[at]).length, run.canGoBack,
    run.back()];
}"""


def test_back_undoes_exactly() -> None:
    (found,) = run_in_node(lesson("held back"), [{"script": UNDONE}])
    assert found[0] == found[1] > 20
    assert found[2:] == [False, False]


REFUSED = """run => {
  const before = JSON.stringify([run.state(), run.settings, run.columns]);
  try { run.set("batch_size", 2); } catch (error) {
    return [error.message, JSON.stringify([run.state(), run.settings, run.columns]) === before,
      run.canGoBack, run.epoch()];
  }
}"""


def test_what_a_parameter_s_name_forbids_is_refused_and_changes_nothing() -> None:
    given = lesson("line", model="m*x + sum_m", start=(1.0, 0.5))
    (found,) = run_in_node(given, [{"script": REFUSED}])
    assert found == ["sgd forward mse batch", True, False, True]


ASKED = """(run, Descent, lesson, program) => [
  lesson.runs.map((_, at) => new Descent(lesson, program, {}, at))
    .map((each) => [each.stableRate, each.best]),
  [["learning_rate", -0.1], ["learning_rate", 0], ["difference_step", 0], ["beta", 1],
    ["beta", 0.5], ["batch_size", 0], ["learning_rate", ""]].map(([name, value]) => {
    run.set("optimizer", "momentum");
    try { run.set(name, value); return true; } catch { return false; }
  }),
]"""


@pytest.mark.parametrize("name", ["houses", "overfitting", "scaled", "xor"])
def test_each_run_has_its_own_best_fit_and_stable_rate(name: str) -> None:
    given = shipped_lesson(name)
    ((runs, taken),) = run_in_node(given, [{"script": ASKED}])
    for one, (stable, best) in zip(
        [given, *map(given.varied, given.display.variants)], runs, strict=True
    ):
        assert stable == largest_stable_rate(one)
        found = best_parameters(one)
        finite = all(map(math.isfinite, found))
        assert best == (dict(zip(one.model.parameters, found, strict=True)) if finite else None)
    assert taken == [False, False, False, False, True, False, False]


SIZES = """run => [{x: [[1, 2]], y: [1, 2]}, {x: [[1, 2, 3, 4]], y: [1, 2, 3, 4]}].map(
  (each) => { run.setData(each); return run.size; })"""


@pytest.mark.parametrize(("batch", "sizes"), [(5, [2, 4]), (3, [2, 3]), (1, [1, 1])])
def test_a_full_batch_stays_full_and_another_what_it_was(batch: int, sizes: list[int]) -> None:
    (found,) = run_in_node(lesson("line", batch=batch), [{"script": SIZES}])
    assert found == sizes


CHANGED = """run => {
  run.setData({x: [1, 2, 3, 4], y: [3, 5, 6, 9]});
  run.set("optimizer", "momentum"); run.set("batch_size", 2); run.set("start", {b: 0.5});
  run.jump(9);
  for (let row = 0; row < 3; row++) run.step();
  return {log: run.log, state: run.state(), rows: run.ahead.slice(0, run.row), columns: run.columns,
    predicted: run.predict([1, 2]), metric: run.metricAt({m: 1, b: 2}), best: run.best,
    filled: run.filled(1, run.columns.find(each => each.name === "y_pred"))};
}"""


def test_other_data_and_choices_are_those_of_a_lesson_with_them() -> None:
    (found,) = run_in_node(lesson("line"), [{"script": CHANGED}])
    other = lesson("line", x=(1, 2, 3, 4), y=(3, 5, 6, 9), optimizer="momentum", batch=2).replaced(
        start=(0.5, 0.5)
    )
    run = descend(other, 9)
    found["parameters"], found["state"]["verdict"] = found["log"]["parameters"], str(run.verdict)
    assert not differences({**found["log"], **found}, run, EXACT)
    columns = run.passed(10)
    assert [each["name"] for each in found["columns"]] == list(columns)
    rows = [list(each) for each in zip(*columns.values(), strict=True)]
    assert found["rows"] == rows[:3]
    state = found["state"]
    assert [state["epoch"], state["row"]] == [9, 3]
    assert state["parameters"] == {"m": columns["new_m"][2], "b": columns["new_b"][2]}
    assert found["predicted"] == [
        state["parameters"]["m"] * each + state["parameters"]["b"] for each in (1, 2)
    ]
    assert found["metric"] == metric_at(other, [np.array([1.0]), np.array([2.0])])[0]
    assert found["best"] is None
    assert found["filled"] == [columns["m"][1], "*", columns["x"][1], "+", columns["b"][1]]


@pytest.mark.parametrize("name", ["optimisers", "quadratic", "xor", "original", "two-descents"])
def test_what_a_shipped_lesson_says_is_the_sheets(name: str) -> None:
    given = shipped_lesson(name)
    script = f"""(run, Descent, lesson, program) => {{ run.jump({given.epochs_run});
      const other = (_, at) => new Descent(lesson, program, {{}}, at + 1);
      const others = lesson.runs.slice(1).map(other);
      return [run, ...others].map((each) => {{ each.jump({given.epochs_run});
        return [each.title, each.state().parameters, each.state().metric]; }})
        .concat([run.columns, run.state().status, run.stableRate]); }}"""
    (found,) = run_in_node(given, [{"script": script}])
    *runs, columns, status, stable = found
    lessons = [given, *map(given.varied, given.display.variants)]
    for one, (title, parameters, metric) in zip(lessons, runs, strict=True):
        run = descend(one, given.epochs_run)
        assert title in {given.display.label, *(each.title for each in given.display.variants)}
        assert [*parameters.values()] == pytest.approx([*run.states[-1]], rel=1e-11)
        assert metric == pytest.approx(run.metric_values[-1], rel=1e-11)
    section = base_section(given)
    assert status == value_of(status_word(section))
    assert stable == largest_stable_rate(given)
    for column in columns:
        texts = [each["name"] if isinstance(each, dict) else each for each in column["formula"]]
        if not section.by_epoch and texts:
            labels = {name: label for name, label in data_labels(given).items() if name != label}
            assert labels or "".join(texts) == section.captions[column["name"]]
        assert column["meaning"] == column_meaning(given.model, column["name"])
