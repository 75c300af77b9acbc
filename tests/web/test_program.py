"""The page's arithmetic, run by Node from the page itself, against the engine: the same numbers."""

import random
from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

import pytest

from sheetgd.descent.gradient import GRADIENT_RULES
from sheetgd.descent.optimizer import OPTIMIZERS
from sheetgd.descent.step import column_expressions
from sheetgd.engine.run import descend
from sheetgd.expression.python import same_on_arrays
from sheetgd.lesson.lesson import Lesson
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
    found = run_in_node(given, [{"settings": each, "epochs": epochs} for each in tried])
    said = []
    for each, own in zip(tried, found, strict=True):
        run = descend(given.with_settings({**each, "metric": given.method.metric}), epochs)
        exact = all(map(same_on_arrays, column_expressions(run.lesson.step).values()))
        # A difference quotient is of a rounding as many times as large as its nudge is small.
        nudge = run.lesson.settings.get("nudge", 1.0)
        share = EXACT if exact else ROUNDED / nudge
        said += [f"{each}: {one}" for one in differences(own, run, share)]
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
