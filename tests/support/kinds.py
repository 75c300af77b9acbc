"""Models as plain Python functions, with their derivatives by hand, for the plain reference."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sheetgd.engine.run import Descent
from sheetgd.lesson.lesson import Lesson
from tests import reference


@dataclass(frozen=True)
class Kind:
    """A model as plain Python functions.

    It is smooth where every derivative has derivatives, and homogeneous where parameters that
    are twice as large predict twice as much. A prediction is the sum of its terms, whose sizes say
    how large its rounding may be; None: each parameter times its partial derivative.
    """

    text: str
    start: tuple[float, ...]
    predict: Callable[[float, Sequence[float]], float]
    partials: Callable[[float, Sequence[float]], Sequence[float]]
    smooth: bool = True
    homogeneous: bool = False
    terms: Callable[[float, Sequence[float]], Sequence[float]] | None = None


KINDS = {
    "line": Kind(
        "line",
        (0.5, 0.2),
        lambda x, p: p[0] * x + p[1],
        lambda x, _: (x, 1.0),
        homogeneous=True,
    ),
    "quadratic": Kind(
        "quadratic",
        (0.5, -0.1, 0.3),
        lambda x, p: p[0] * x**2 + p[1] * x + p[2],
        lambda x, _: (x**2, x, 1.0),
        homogeneous=True,
    ),
    "growth": Kind(
        "a*exp(k*x) + c",
        (0.4, 0.3, 0.1),
        lambda x, p: p[0] * math.exp(p[1] * x) + p[2],
        lambda x, p: (math.exp(p[1] * x), p[0] * x * math.exp(p[1] * x), 1.0),
        terms=lambda x, p: (p[0] * math.exp(p[1] * x), p[2]),
    ),
    "wave": Kind(
        "a*sin(w*x) + c",
        (0.8, 1.1, 0.5),
        lambda x, p: p[0] * math.sin(p[1] * x) + p[2],
        lambda x, p: (math.sin(p[1] * x), p[0] * x * math.cos(p[1] * x), 1.0),
        terms=lambda x, p: (p[0] * math.sin(p[1] * x), p[2]),
    ),
    "weight": Kind("w*x", (0.3,), lambda x, p: p[0] * x, lambda x, _: (x,), homogeneous=True),
    "hinge": Kind(
        "max(a*x, b)",
        (1.3, 0.4),
        lambda x, p: max(p[0] * x, p[1]),
        lambda x, p: (x, 0.0) if p[0] * x >= p[1] else (0.0, 1.0),
        smooth=False,
        terms=lambda x, p: (max(p[0] * x, p[1]),),
    ),
}
MORE_KINDS = {
    "cubic": Kind(
        "cubic",
        (0.1, 0.5, -0.1, 0.3),
        lambda x, p: p[0] * x**3 + p[1] * x**2 + p[2] * x + p[3],
        lambda x, _: (x**3, x**2, x, 1.0),
        homogeneous=True,
    ),
    "fourth degree": Kind(
        "polynomial 4",
        (0.05, 0.1, 0.5, -0.1, 0.3),
        lambda x, p: p[0] * x**4 + p[1] * x**3 + p[2] * x**2 + p[3] * x + p[4],
        lambda x, _: (x**4, x**3, x**2, x, 1.0),
        homogeneous=True,
    ),
    "level": Kind("c", (0.3,), lambda _, p: p[0], lambda _x, _p: (1.0,), homogeneous=True),
    "squash": Kind(
        "a*tanh(k*x) + c",
        (0.8, 0.5, 0.1),
        lambda x, p: p[0] * math.tanh(p[1] * x) + p[2],
        lambda x, p: (math.tanh(p[1] * x), p[0] * x * (1 - math.tanh(p[1] * x) ** 2), 1.0),
        terms=lambda x, p: (p[0] * math.tanh(p[1] * x), p[2]),
    ),
    "ratio": Kind(
        "a/(1 + k^2*x^2)",
        (1.0, 0.5),
        lambda x, p: p[0] / (1 + p[1] ** 2 * x**2),
        lambda x, p: (
            1 / (1 + p[1] ** 2 * x**2),
            -p[0] * 2 * p[1] * x**2 / (1 + p[1] ** 2 * x**2) ** 2,
        ),
        terms=lambda x, p: (p[0] / (1 + p[1] ** 2 * x**2),),
    ),
    "roots": Kind(
        "sqrt(a^2 + 1)*x - ln(b^2 + 1)",
        (0.5, 0.7),
        lambda x, p: math.sqrt(p[0] ** 2 + 1) * x - math.log(p[1] ** 2 + 1),
        lambda x, p: (p[0] / math.sqrt(p[0] ** 2 + 1) * x, -2 * p[1] / (p[1] ** 2 + 1)),
        terms=lambda x, p: (math.sqrt(p[0] ** 2 + 1) * x, math.log(p[1] ** 2 + 1)),
    ),
}
ALL_KINDS = {**KINDS, **MORE_KINDS}
_BY_MODEL = {kind.text: kind for kind in ALL_KINDS.values()}


def kind_of(lesson: Lesson) -> Kind:
    """The kind of a lesson's model."""
    return _BY_MODEL[lesson.method.model]


def referred(lesson: Lesson, run: Descent) -> tuple[list[dict[str, float]], list[dict[str, float]]]:
    """The steps and the log that the plain reference has for a run."""
    rows, kind = lesson.n_rows, kind_of(lesson)
    orders = [run.order[first : first + rows] for first in range(0, len(run.order), rows)]
    return reference.descend(
        lesson.data.x,
        lesson.data.y,
        lesson.training.start,
        predict=kind.predict,
        partials=kind.partials,
        terms=kind.terms,
        names=lesson.model.parameters,
        loss=lesson.method.loss,
        metric=lesson.method.metric,
        gradient=lesson.method.gradient,
        learn=lesson.training.learning_rate,
        nudge=lesson.training.difference_step,
        batch=lesson.batch_size,
        orders=None if lesson.method.shuffle is None else orders,
        optimizer=lesson.method.optimizer,
        hyper=dict(lesson.method.hyperparameters),
        epochs=run.epochs,
    )
