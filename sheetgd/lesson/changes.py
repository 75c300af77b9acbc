"""Changes of a lesson: what other settings a change resets, and those that a variant has."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, TypedDict

from sheetgd.descent.loss import LOSSES, METRICS
from sheetgd.descent.model import model_of
from sheetgd.descent.optimizer import OPTIMIZERS
from sheetgd.lesson.checks import refuse_patience
from sheetgd.lesson.fields import (
    CHOOSABLE,
    SETTINGS,
    WHOLE_SURFACE,
    Inputs,
    Method,
    Numbers,
    by_name,
    usual_metric,
)
from sheetgd.lesson.values import (
    AUTO,
    CHOICES,
    DEFAULT_PATIENCE,
    Auto,
    Expected,
    FrozenMapping,
    Variant,
    View,
)

if TYPE_CHECKING:
    from sheetgd.lesson.lesson import Lesson

_OF_THE_MODEL: Final = {
    "start": (),
    "guess": (),
    "grid": (),
    "surface": WHOLE_SURFACE,
    "rates": (),
    "optimizer_state": {},
    "penalize": (),
}
_RESET: Final[Mapping[str, Mapping[str, Any]]] = {
    "model": _OF_THE_MODEL,
    "inputs": _OF_THE_MODEL,
    "loss": {"rates": ()},
    "batch_size": {"rates": ()},
    "scale": {"rates": (), "grid": (), "surface": WHOLE_SURFACE},
    "optimizer": {"hyperparameters": {}, "rates": (), "optimizer_state": {}},
    "schedule": {"schedule_parameters": {}, "rates": ()},
    "metric": {"metric_label": None},
    "seed": {"start": ()},
    "start": {"seed": None},
    "epochs": {"clicks": 1},
}
"""For each setting that may change, what others are reset to."""


def reset_by(old: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the other settings that changes reset: a new model has no old start.

    Args:
        old: all of a lesson's settings by name.
        changes: those that are to change.

    Raises:
        LessonError: for patience without a smallest improvement.

    >>> old = {"guess": (1,), "start": (2,), "min_delta": None, "capacity": 50}
    >>> reset_by(old | {"epochs": 5, "clicks": 7}, {"epochs": 60})
    {'clicks': 1, 'patience': 5, 'capacity': 60}
    """
    found: dict[str, Any] = {}
    for name, value in changes.items():
        if name in _RESET and (name == "epochs" or not _same(value, old[name])):
            found |= _RESET[name]
    choices = {"optimizer", "loss", "metric"}.intersection(changes)
    if any(not _same(changes[name], old[name]) for name in choices):
        found["hyperparameters"] = hyperparameters_left(old, changes)
    if "loss" in changes and "metric" not in changes:
        before, metric = usual_metric(old["loss"]), usual_metric(changes["loss"])
        # A sigmoid that the loss added goes with it, and the metric that needs one.
        stays = "model" not in changes and model_of(old["model"], old["inputs"]).ends_in_sigmoid
        if old["metric"] == before != metric and not (stays and metric == usual_metric(None)):
            found |= {"metric": metric, **_RESET["metric"]}
    if old["guess"] == old["start"]:
        found["guess"] = ()
    if changes.get("min_delta", old["min_delta"]) is None:
        if "patience" in changes:
            refuse_patience(changes["patience"])
        found["patience"] = DEFAULT_PATIENCE
    if old["capacity"] is not None and "capacity" not in changes:
        asked = {"epochs": old["epochs"], "clicks": old["clicks"], **found, **changes}
        run = SETTINGS["epochs"].validated(asked["epochs"]) * SETTINGS["clicks"].validated(
            asked["clicks"]
        )
        found["capacity"] = max(old["capacity"], run)
    return found


def _same(value: object, old: object) -> bool:
    """Tell whether a value that is given is the one that is there; arrays are looked through."""
    listed = getattr(value, "tolist", None)
    value = listed() if listed is not None else value
    return (tuple(value) if isinstance(value, list) else value) == old


def validated_changes(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return a variant's changes as the lesson keeps settings; what is to be chosen stays so."""
    given = by_name({name: value for name, value in changes.items() if name != "chosen"})
    found = {
        name: value if value == AUTO and name in CHOOSABLE else SETTINGS[name].validated(value)
        for name, value in given.items()
    }
    chosen = changes.get("chosen")
    return found if chosen is None else {**found, "chosen": FrozenMapping(chosen)}


NO_MATTER: Final = frozenset(
    {
        "x_name", "y_name", "reconstructed", "learning_rate", "min_delta", "patience",
        "stop_diverging",
        *(name for name, each in SETTINGS.items() if each.table == "display"),
    }
    - {"capacity", "controls", "two_descents"}
)  # fmt: skip
"""Settings that make no other learning rate right."""


class Settings(TypedDict, total=False):
    """The settings of a lesson as Python takes them: `SETTINGS`, for type checkers."""

    x_name: str | Sequence[str]
    y_name: str
    reconstructed: Iterable[int]
    notes: Iterable[str]
    classes: Iterable[str]
    model: str
    loss: str
    metric: str
    scale: str
    gradient: str
    batch_size: int | str
    batch: int | str
    shuffle: int | None
    optimizer: str
    hyperparameters: Mapping[str, float]
    l2: float
    l1: float
    penalize: Sequence[str]
    start: "Numbers | float | Mapping[str, float]"
    seed: int | None
    optimizer_state: Mapping[str, float]
    learning_rate: float | str
    lr: float | str
    learn: float | str
    schedule: str
    schedule_parameters: Mapping[str, float]
    difference_step: float | str
    nudge: float | str
    epochs: int
    clicks: int
    min_delta: float | None
    patience: int
    validation: "float | str | Numbers | None"
    validation_seed: int
    restore_best: bool
    stop_diverging: bool
    title: str
    summary: str
    label: str
    metric_label: str | None
    guess: "Numbers | float | Mapping[str, float]"
    sample: int
    capacity: int | None
    layout: str
    grid: "Sequence[Numbers] | Mapping[str, Numbers]"
    grid_over_all: bool
    surface: View
    panels: Sequence[int]
    rates: "Numbers"
    rate_epochs: int | None
    controls: bool
    two_descents: bool
    published: "Lesson | None"
    variants: Sequence[Variant]
    compared: Sequence[str]
    expected: Sequence[Expected]
    texts: Mapping[str, str]
    findings: Sequence[str]


class Changes(Settings, total=False):
    """What may change of a lesson: its settings, and its numbers."""

    x: Inputs
    y: Numbers


def hyperparameters_left(old: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, float]:
    """Return the hyperparameters that changes of a lesson leave: an optimiser takes its own along.

    >>> old = {"optimizer": "sgd", "loss": "huber", "metric": "rmse"}
    >>> old["hyperparameters"] = {"delta": 2.0}
    >>> hyperparameters_left(old, {"optimizer": "adam"}), hyperparameters_left(old, {"loss": "mse"})
    ({'delta': 2.0}, {})
    """
    names = ("optimizer", "loss", "metric")
    optimizer, loss, metric = (
        CHOICES[name].validated(name, changes.get(name, old[name])) for name in names
    )
    read = {*LOSSES[loss].hyper}
    if metric in METRICS:
        read.update(LOSSES[METRICS[metric].loss].hyper)
    if optimizer == old["optimizer"]:
        read.update(OPTIMIZERS[optimizer].hyper)
    return {name: value for name, value in old["hyperparameters"].items() if name in read}


def steps_of(lesson: "Lesson") -> tuple[object, ...]:
    """Return all that a run's states follow from; which metric is shown makes no difference."""
    step = replace(lesson.step, metric=Method().metric)
    training, data = lesson.training, lesson.data
    stops = (training.min_delta, training.patience, training.stop_diverging)
    pending = [name for name, how in training.chosen.items() if how is Auto.PENDING]
    choices = (step, lesson.settings, lesson.method.shuffle, lesson.method.scale, pending)
    return (data.inputs, data.y, training.start, lesson.whole, *choices, stops)
