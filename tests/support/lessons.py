"""Random lessons: data, model, loss, rule, batch, optimiser and settings, each drawn by itself."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import assume, event
from hypothesis import strategies as st

from sheetgd.descent.gradient import GRADIENT_RULES
from sheetgd.descent.model import model_of
from sheetgd.descent.optimizer import OPTIMIZERS
from sheetgd.engine.run import Descent
from sheetgd.lesson.lesson import Lesson
from sheetgd.lesson.values import ALL_ROWS
from tests.support.given import lesson_of
from tests.support.kinds import ALL_KINDS, Kind

UNSCALED = ("sgd", "momentum", "momentum-ema", "nesterov")
"""Optimisers whose step is as long as the gradient is: others divide it by its size."""
LINEAR = tuple(name for name, kind in ALL_KINDS.items() if kind.homogeneous)
SMOOTH = tuple(name for name, kind in ALL_KINDS.items() if kind.smooth)
PLAIN = ("mse", "mae")
"""Losses without hyperparameters, for any y."""

LARGEST = 1e6
"""Runs that leave these bounds share no digits, however they are computed."""

_SHARES = st.sampled_from([0.001, 0.01, 0.1, 0.25, 0.4])
NUDGES = st.sampled_from([0.01, 0.001, 0.1, 0.5, 1 / 1024])


def numbers(most: float = 4.0) -> st.SearchStrategy[float]:
    """Numbers of a moderate size: round ones, any, and some that are awkward."""
    return st.one_of(
        st.integers(-8, 8).map(lambda each: each * most / 8),
        st.floats(-most, most).map(lambda each: each if abs(each) > 1e-6 else 0.0),
        st.sampled_from([0.1, 1 / 3, -0.0, 1e-6, math.sqrt(2), most]),
    )


@st.composite
def data(draw: st.DrawFn, least: int, most: int = 12) -> tuple[list[float], list[float]]:
    """Data rows: any, with the same x in all of them, or with rows that stand there twice."""
    rows = draw(st.integers(least, max(least, most)))
    kind = draw(st.sampled_from(["any", "any", "any", "one x", "few x"]))
    if kind == "one x":
        x = [draw(numbers())] * rows
    elif kind == "few x":
        few = draw(st.lists(numbers(), min_size=1, max_size=3))
        x = draw(st.lists(st.sampled_from(few), min_size=rows, max_size=rows))
    else:
        x = draw(st.lists(numbers(), min_size=rows, max_size=rows))
    return x, draw(st.lists(numbers(6.0), min_size=rows, max_size=rows))


@st.composite
def hyperparameters(
    draw: st.DrawFn, optimizer: str, least_eps: float = 1e-8
) -> Mapping[str, float]:
    """Hyperparameters of an optimiser, or none: then they have their usual values."""
    shares = st.one_of(st.sampled_from([0.0, 0.5, 0.9, 0.99]), st.floats(0.0, 0.99))
    sizes = st.sampled_from([each for each in (1e-8, 1e-6, 1e-4, 0.01, 1.0) if each >= least_eps])
    names = {
        "momentum": ("beta",),
        "momentum-ema": ("beta",),
        "adagrad": ("eps",),
        "rmsprop": ("rho", "eps"),
        "adam": ("beta1", "beta2", "eps"),
        "nesterov": ("beta",),
        "amsgrad": ("beta1", "beta2", "eps"),
        "adam-uncorrected": ("beta1", "beta2", "eps"),
    }.get(optimizer, ())
    if least_eps <= 1e-8 and draw(st.booleans()):
        return {}
    return {name: draw(sizes if name == "eps" else shares) for name in names}


def rate(share: float, kind: Kind, x: Sequence[float], chosen: Mapping[str, Any]) -> float:
    """A learning rate that most likely goes well: a share of what the steepest row allows."""
    if chosen["optimizer"] not in UNSCALED:
        return share
    steepest = 1 + max(sum(each**2 for each in kind.partials(x_i, chosen["start"])) for x_i in x)
    whole = 2 * steepest if chosen["loss"] == "mse" else math.sqrt(steepest)
    if chosen["optimizer"] in {"momentum", "nesterov"}:
        share *= 1 - dict(chosen["hyperparameters"]).get("beta", 0.9)
    return float(f"{share / whole:.6g}")


@st.composite
def lessons(
    draw: st.DrawFn,
    /,
    *,
    kinds: Sequence[str] = tuple(ALL_KINDS),
    losses: Sequence[str] = PLAIN,
    metrics: Sequence[str] = (*PLAIN, "rmse", "root_sse"),
    gradients: Sequence[str] = tuple(GRADIENT_RULES),
    batches: st.SearchStrategy[int | str] | None = None,
    optimizers: Sequence[str] = tuple(OPTIMIZERS),
    least_eps: float = 1e-8,
    shuffled: bool = True,
    most_rows: int = 12,
    **fixed: Any,  # noqa: ANN401  whatever a lesson has
) -> Lesson:
    """A lesson of one of these kinds; `fixed` are settings that are not drawn."""
    kind = ALL_KINDS[draw(st.sampled_from(kinds))]
    count = len(model_of(kind.text).parameters)
    x, y = draw(data(count, most_rows))
    start = tuple(draw(st.lists(numbers(1.0), min_size=count, max_size=count)))
    chosen: dict[str, Any] = {
        "model": kind.text,
        "start": start,
        "loss": draw(st.sampled_from(losses)),
        "metric": draw(st.sampled_from(metrics)),
        "gradient": draw(st.sampled_from(gradients)),
        "optimizer": draw(st.sampled_from(optimizers)),
        "nudge": draw(NUDGES),
        "shuffle": draw(st.none() | st.integers(0, 99)) if shuffled else None,
    }
    some = st.one_of(st.just(1), st.just(ALL_ROWS), st.integers(1, len(x)))
    chosen["batch"] = draw(some if batches is None else batches)
    chosen["hyperparameters"] = dict(draw(hyperparameters(chosen["optimizer"], least_eps)))
    if "huber" in {chosen["loss"], chosen["metric"]}:
        chosen["hyperparameters"]["delta"] = draw(st.sampled_from([1.0, 0.5, 2.75]))
    chosen["learn"] = rate(draw(_SHARES), kind, x, chosen)
    return lesson_of(x=x, y=y, **(chosen | fixed))


def is_tame(run: Descent) -> bool:
    """Whether every number of a run is one, and none is too large to be told from others."""
    return all(
        math.isfinite(value) and abs(value) <= LARGEST
        for values in (*run.columns.values(), run.metric_values, run.metric_values_pass)
        for value in values
    )


def tame(run: Descent) -> Descent:
    """The run, if its numbers stay tame; else the example is set aside, and counted."""
    kept = is_tame(run)
    event(f"a run that {'stays tame' if kept else 'leaves all bounds'}")
    assume(kept)
    return run
