"""The lesson: data, choices and settings, checked once, then frozen."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from sheetgd.descent.gradient import GRADIENT_RULES
from sheetgd.descent.loss import LOSSES
from sheetgd.descent.metric import METRICS
from sheetgd.descent.model import Model, model_of, undetermined
from sheetgd.descent.optimizer import OPTIMIZERS
from sheetgd.descent.step import Method, settings_of
from sheetgd.errors import LessonError
from sheetgd.expression.tree import Expression, Number, Operation, Symbol
from sheetgd.lesson.checks import (
    ALL_ROWS,
    USUAL_PATIENCE,
    check_batch,
    check_capacity,
    check_choice,
    check_hyperparameters,
    check_names,
    check_numbers,
    check_positive,
    check_predictions,
    check_start,
    check_texts,
    check_titles,
    check_tolerance,
    check_uses_x,
    check_whole,
    counted,
)
from sheetgd.lesson.parts import (
    Auto,
    Expected,
    View,
    let_go,
    normal_numbers,
    still_known,
    with_pending,
)

if TYPE_CHECKING:
    from sheetgd.expression.functions import FloatArray

DEFAULT_CAPACITY = 50
MANY_ROWS = 1_000
"""From so many on, data rows are looked at all at once."""

COMFORTABLE_STEPS = 100_000
"""Without a capacity asked for, a workbook is built for at most so many step rows."""

USUAL_METRIC = "rmse"

LEAST_RATE_EPOCHS = 2
"""Whether an epoch takes back what the one before did needs two of them."""


@dataclass(frozen=True, kw_only=True)
class Variant:
    """A lesson once more with some choices changed, to be seen beside the first.

    Attributes:
        title: what tells it from the others, in a word or two.
        changes: the lesson's attributes that differ.
    """

    title: str
    changes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Arrays:
    """The data rows as arrays."""

    x: "FloatArray"
    y: "FloatArray"


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """Everything a descent and its workbook follow from.

    Attributes:
        x: the inputs, one a data row.
        y: the outputs, one a data row.
        start: the parameters' values before the first epoch, in the model's order; if
            there are none, they are drawn with `seed`, or 1 each without.
        seed: the seed of a random start from N(0, 1).
        guess: the parameters that the worked example in the upper half starts with.
        title: the heading of the main page.
        summary: the lesson in a line.
        label: what the lesson is called beside its variants.
        x_name: what x is called in the data it came from.
        y_name: what y is called there.
        model: how a prediction follows from x and the parameters: see `model_of`.
        loss: what steps are to lower, by its name; that of a batch is the mean over its rows.
        metric: what an epoch is judged by, by its name.
        metric_label: what the cells that mirror a published sheet call it; None: as usual.
        gradient: the gradient rule, by its name.
        batch: after how many rows a step is made; ``all`` for all of them.
        shuffle: the seed of a random order of the rows in every epoch; None keeps theirs.
        optimizer: how parameters move, by its name.
        hyper: the optimiser's hyperparameters; those left out have their usual values.
        learn: the learning rate.
        nudge: how far finite differences move a parameter.
        auto: which of learn and nudge follow from the data, and how they were found; what is
            pending `sheetgd.engine.automatic.fitted` chooses.
        epochs: epochs a click of Run Epoch runs.
        clicks: how often Run Epoch has been clicked; epochs * clicks epochs are run.
        capacity: for how many epochs a workbook has room; None chooses.
        tolerance: stop when the metric held has not improved by more than this; None never.
        patience: for so many epochs in a row.
        stop_diverging: stop as soon as the run diverges.
        grid: for each parameter, the values along its side of the heat map.
        grid_over_all: whether that grid sums over all rows or over the sample.
        view: what the surface page looks at.
        sample: how many of the first rows the worked example shows.
        panels: the epochs whose fit is drawn against the data.
        rates: the learning rates to be compared; if there are none, they are chosen.
        rate_epochs: for how many epochs; None chooses.
        reconstructed: data rows, counted from 1, that are a reconstruction.
        published: the same lesson as it was published, if its cells can be compared.
        two_descents: tell the published descent against the correct one, step by step, on a page
            of their own in place of the page of the learning rates.
        variants: the same lesson with other choices, to be compared.
        controls: whether the workbook has spin buttons and scroll bars to click.
        compared: step columns of the variants that are shown side by side.
        expected: numbers the lesson is known to give.
        texts: the explaining texts by their keys.
        findings: what the published lesson does that its own text does not say.

    Raises:
        LessonError: when a value is out of its range; the message names both.

    >>> lesson = Lesson(x=(1, 2), y=(3, 5), start=(0, 0))
    >>> lesson.epochs_run, lesson.room, lesson.form.parameters
    (5, 50, ('m', 'b'))
    """

    x: Sequence[float]
    y: Sequence[float]
    start: Sequence[float] = ()
    seed: int | None = None
    guess: Sequence[float] = ()
    title: str = "Gradient Descent"
    summary: str = ""
    label: str = "The lesson"
    x_name: str = "x"
    y_name: str = "y"
    model: str = "line"
    loss: str = "mse"
    metric: str = USUAL_METRIC
    metric_label: str | None = None
    gradient: str = "forward"
    batch: int | str = 1
    shuffle: int | None = None
    optimizer: str = "sgd"
    hyper: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    learn: float = 0.0001
    nudge: float = 0.01
    auto: Mapping[str, Auto] = field(default_factory=lambda: MappingProxyType({}))
    epochs: int = 5
    clicks: int = 1
    capacity: int | None = None
    tolerance: float | None = None
    patience: int = USUAL_PATIENCE
    stop_diverging: bool = False
    grid: Sequence[Sequence[float]] = ()
    grid_over_all: bool = True
    view: View = field(default_factory=View)
    sample: int = 5
    panels: Sequence[int] = ()
    rates: Sequence[float] = ()
    rate_epochs: int | None = None
    reconstructed: frozenset[int] = frozenset()
    published: "Lesson | None" = None
    two_descents: bool = False
    variants: Sequence[Variant] = ()
    controls: bool = True
    compared: Sequence[str] = ()
    expected: Sequence[Expected] = ()
    texts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    findings: Sequence[str] = ()

    def __post_init__(self) -> None:
        """Check every value and settle the types."""
        for name, accepted in (
            ("loss", LOSSES),
            ("metric", METRICS),
            ("gradient", GRADIENT_RULES),
            ("optimizer", OPTIMIZERS),
        ):
            check_choice(name, getattr(self, name), accepted)
        self._settle("x", check_numbers("x", self.x))
        self._settle("y", check_numbers("y", self.y))
        self._settle("start", check_numbers("start", self.start or self._drawn_start()))
        check_start(self.start, self.seed, self._drawn_start)
        self._settle("guess", check_numbers("guess", self.guess or self.start))
        self._settle("grid", tuple(check_numbers("grid", side) for side in self.grid))
        self._settle("learn", check_positive("learn", "the learning rate", self.learn))
        self._settle("nudge", check_positive("nudge", "the nudge", self.nudge))
        rates = tuple(check_positive("rates", "each of them", rate) for rate in self.rates)
        self._settle("rates", rates)
        defaults = OPTIMIZERS[self.optimizer].hyper
        hyper = check_hyperparameters(self.optimizer, defaults, self.hyper)
        self._settle("hyper", MappingProxyType(hyper))
        self._settle("auto", MappingProxyType(dict(self.auto)))
        self._check_data()
        if self.rows >= MANY_ROWS:
            # Data are made ready once, and not when the first run is waited for.
            self.arrays  # noqa: B018  it is kept
        self._check_parameters()
        self._check_counts()
        names = {each: getattr(self, each) for each in ("title", "x_name", "y_name")}
        check_texts(names, self.metric_label)
        check_titles([self.label, *(variant.title for variant in self.variants)])

    def _settle(self, name: str, value: object) -> None:
        # A frozen dataclass lets its own constructor settle types in no other way.
        object.__setattr__(self, name, value)

    def _drawn_start(self) -> tuple[float, ...]:
        count = len(self.form.parameters)
        return (1.0,) * count if self.seed is None else normal_numbers(count, self.seed)

    def _check_data(self) -> None:
        if len(self.x) != len(self.y):
            raise LessonError(
                f"x has {len(self.x)} values and y has {len(self.y)}: each row needs both"
            )
        if not self.x:
            raise LessonError("the data has no rows: at least one is needed")
        check_uses_x(self.form, self.x_name, self.y_name)

    def _check_parameters(self) -> None:
        parameters = self.form.parameters
        for name in ("start", "guess"):
            if len(getattr(self, name)) != len(parameters):
                raise LessonError(
                    f"{name} has {counted(len(getattr(self, name)), 'value')}: give one each "
                    f"for {', '.join(parameters)}"
                )
        if self.grid and len(self.grid) != len(parameters):
            raise LessonError(
                f"grid has {counted(len(self.grid), 'side')}: give one each for "
                f"{', '.join(parameters)}"
            )
        self.view.check(parameters)
        check_names(self.method, self.mirrored_name)
        x = self.x if self.rows < MANY_ROWS else self.arrays.x
        check_predictions(self.form, x, self.start)

    def _check_counts(self) -> None:
        for name, least in (("epochs", 0), ("clicks", 0), ("sample", 1), ("patience", 1)):
            check_whole(name, getattr(self, name), least)
        if self.rate_epochs is not None:
            check_whole("rate_epochs", self.rate_epochs, LEAST_RATE_EPOCHS)
        if self.batch != ALL_ROWS:
            check_batch(self.batch, self.rows)
        check_tolerance(self.tolerance, self.patience)
        if self.capacity is not None:
            check_capacity(self.capacity, self.epochs, self.clicks)
        for epoch in self.panels:
            if check_whole("panels", epoch, 0) > self.room:
                raise LessonError(
                    f"panels shows epoch {epoch}: the workbook has room for {self.room}; make "
                    f"capacity at least {epoch}"
                )

    @cached_property
    def arrays(self) -> "Arrays":
        """The data as arrays."""
        return Arrays(np.array(self.x), np.array(self.y))

    @cached_property
    def form(self) -> Model:
        """The model that `model` names."""
        return model_of(self.model)

    @cached_property
    def method(self) -> Method:
        """The choices of a step."""
        return Method(
            model=self.form,
            loss=self.loss,
            metric=self.metric,
            gradient=self.gradient,
            optimizer=self.optimizer,
            batched=self.batch_size > 1,
        )

    @property
    def batch_size(self) -> int:
        """After how many rows a step is made."""
        return self.batch if isinstance(self.batch, int) else self.rows

    @property
    def settings(self) -> dict[str, float]:
        """The numbers that the step's columns read, by name, in their order."""
        every = {
            "learn": self.learn,
            "nudge": self.nudge,
            "batch": float(self.batch_size),
            **self.hyper,
        }
        return {name: every[name] for name in settings_of(self.method)}

    @property
    def metric_name(self) -> str:
        """What the metric is called: with the parameters held, over all rows.

        With ``_pass`` behind it, it is the metric of a pass, in which the parameters move.
        """
        return self.method.figure.label

    @property
    def mirrored_name(self) -> str:
        """What the metric is called in the cells that mirror a published sheet."""
        return self.metric_label or self.metric_name

    @property
    def rows(self) -> int:
        """How many data rows there are."""
        return len(self.x)

    @property
    def shown(self) -> int:
        """How many rows the worked example shows: the sample, or all if there are fewer."""
        return min(self.sample, self.rows)

    @property
    def epochs_run(self) -> int:
        """How many epochs are asked for: epochs * clicks."""
        return self.epochs * self.clicks

    @property
    def room(self) -> int:
        """The capacity: as asked for, else 50, fewer for long data so that files stay light."""
        if self.capacity is not None:
            return self.capacity
        comfortable = min(DEFAULT_CAPACITY, COMFORTABLE_STEPS // self.rows - 1)
        return max(comfortable, self.epochs_run, 1)

    def changed(self, **changes: Any) -> Self:  # noqa: ANN401  any attribute of any type
        """This lesson with some attributes changed, and what hung on the old ones let go.

        A new model starts and guesses anew, a new optimiser has its usual
        hyperparameters, a new metric its usual name, and there is room for what is run.
        Epochs are one click's, unless clicks are given, too. Learning rates to be compared
        are chosen anew where others may be right; numbers that are known of the old lesson
        are left out where they are not the new one's.

        Raises:
            LessonError: as the constructor does.

        >>> lesson = Lesson(x=(1, 2), y=(3, 5), optimizer="momentum", hyper={"beta": 0.5})
        >>> dict(lesson.changed(optimizer="adagrad").hyper)
        {'eps': 1e-08}
        >>> lesson.changed(clicks=7).changed(epochs=3).epochs_run
        3
        """
        changes = with_pending(changes)
        # What is given is not chosen any more.
        chosen = {name: how for name, how in self.auto.items() if name not in changes}
        auto = {**chosen, **changes.get("auto", {})}
        other = replace(self, **{**let_go(vars(self), changes), **changes, "auto": auto})
        if not self.expected or "expected" in changes:
            return other
        if _steps_of(other) != _steps_of(self):
            return replace(other, expected=())
        return replace(other, expected=still_known(self.expected, self.method, other.method))

    def varied(self, variant: Variant) -> Self:
        """This lesson with a variant's changes, and without variants of its own."""
        plain = {"variants": (), "published": None, "expected": (), "panels": ()}
        # A variant has the nudge and the rate of the lesson, unless it names others.
        return Lesson.changed(self, **plain, **variant.changes)


def _steps_of(lesson: Lesson) -> tuple[object, ...]:
    """All that a run's states follow from; which figure is shown makes no difference to them."""
    method = replace(lesson.method, metric=USUAL_METRIC)
    stops = (lesson.tolerance, lesson.patience, lesson.stop_diverging)
    return (lesson.x, lesson.y, lesson.start, method, lesson.settings, lesson.shuffle, stops)


_CONSTANT = "polynomial 0"
"""Whoever asks for it wants a prediction that is the same for every x."""


_EULER = Symbol("e")


_MANY = "many choices of them fit equally well, and the descent ends at one of these"


def doubts_of(lesson: Lesson, columns: Sequence[str] = ()) -> Iterator[str]:
    """What to warn of before a lesson is run or built.

    Args:
        lesson: the lesson.
        columns: what all columns of the table are called that its data came from.

    >>> list(doubts_of(Lesson(x=(1, 2), y=(3, 5), model="a*x - a*x + b")))
    ['the prediction of a*x - a*x + b does not change with a: leave that parameter out']
    """
    model = lesson.form
    uses_x = "x" in model.expression.names
    meant = list(_meant_otherwise(model))
    if not uses_x and model.name != _CONSTANT and min(lesson.x) < max(lesson.x):
        meant.append(
            f"the model {model.name} does not use x, so its prediction is the same in every row: "
            "write x where it should follow the data"
        )
    if uses_x:
        meant += [
            f"{name} is a column of the data, but in the model a parameter, which is learned: a "
            "model has one input, and that is x"
            for name in sorted(
                {lesson.x_name, lesson.y_name, *columns}.intersection(model.parameters)
            )
            # Short ones are as likely meant as parameters: a table may have the columns a and b.
            if len(name) > 1
        ]
    yield from meant or (_of_undetermined(model, names) for names in undetermined(model))
    needed = len(model.parameters)
    if lesson.rows < needed:
        yield (
            f"the data has {counted(lesson.rows, 'row')} and the model "
            f"{counted(needed, 'parameter')}: {_MANY}; give {counted(needed, 'row')} or more, or "
            "take a model with fewer parameters"
        )


def _meant_otherwise(model: Model) -> Iterator[str]:
    """Names that mean something else where formulas are written by hand."""
    for name in model.like_products:
        yield f"{name} is one parameter here: if a product is meant, write {'*'.join(name)}"
    if any(map(_is_exponential, _parts(model.expression))):
        yield "e is a parameter here, which is learned: for a power of the number e, write exp(...)"


def _of_undetermined(model: Model, names: Sequence[str]) -> str:
    if len(names) == 1:
        return (
            f"the prediction of {model.name} does not change with {names[0]}: leave that "
            "parameter out"
        )
    listed = f"{', '.join(names[:-1])} and {names[-1]}"
    return (
        f"no data can determine {listed} in {model.name}, as they can change together without a "
        f"change of the prediction: {_MANY}; one parameter less would do"
    )


def _parts(expression: Expression) -> Iterator[Expression]:
    """The expression and all within it."""
    left = [expression]
    while left:
        each = left.pop()
        yield each
        if isinstance(each, Operation):
            left.extend(each.operands)


def _is_exponential(part: Expression) -> bool:
    """Whether it is a power of e, as the number e is written."""
    return (
        isinstance(part, Operation)
        and part.function == "^"
        and part.operands[0] == _EULER
        and not isinstance(part.operands[1], Number)
    )
