"""The settings of a lesson: one table of their names, ranges, defaults and words.

Each setting stands here once, as a field of the record that it belongs to. From this table come
what a template may hold, the arguments of the command line, the names in messages and the schema
for editors.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Final

from sheetgd.descent.loss import LOSSES
from sheetgd.descent.scaling import NO_SCALE
from sheetgd.descent.schedule import CONSTANT
from sheetgd.errors import LessonError, did_you_mean
from sheetgd.lesson.values import (
    AUTO,
    BATCH,
    BY_PARAMETER,
    CHOICES,
    DEFAULT_PATIENCE,
    EMPTY,
    EPOCHS,
    FLAG,
    FROM_0,
    LEAST_RATE_EPOCHS,
    NUMBER,
    NUMBERS,
    NUMBERS_BY_NAME,
    NUMBERS_OF_SIDES,
    RATE,
    RATES,
    RECORD,
    RECORDS,
    ROWS,
    TEXT,
    TEXTS,
    TEXTS_BY_NAME,
    WHOLE,
    Auto,
    Expected,
    Kind,
    Variant,
    View,
    choice,
    maybe,
    number_of,
    sequence,
    shown,
    whole_from,
    whole_of,
)

if TYPE_CHECKING:
    from sheetgd.lesson.lesson import Lesson


def _validation(value: Any) -> float | str | tuple[bool, ...]:  # noqa: ANN401  of any type
    """Take a share of the rows, every so many of them, or a mark for each."""
    if hasattr(value, "__len__") and not isinstance(value, str):
        try:
            return sequence(_MARKS.__getitem__)(value)
        except KeyError:
            raise ValueError from None
    word, _, step = value.partition(" ") if isinstance(value, str) else ("", "", "")
    if word == EVERY:
        return f"{EVERY} {whole_from(2).validated(whole_of(step))}"
    share: float = NUMBER.validated(number_of(value) if isinstance(value, str) else value)
    if not 0 < share < 1:
        raise ValueError
    return share


def marks_column(value: object) -> str | None:
    """Return the name of the column that marks the rows, where the validation is one.

    >>> marks_column("held back"), marks_column("0.25"), marks_column("every 4")
    ('held back', None, None)
    """
    if not isinstance(value, str) or value.partition(" ")[0] == EVERY:
        return None
    try:
        number_of(value)
    except ValueError:
        return value
    return None


EVERY, _MARKS = "every", {0: False, 1: True}
VALIDATION: Final = Kind(
    called=f'a share above 0 and below 1, "{EVERY} 4" with a whole number, 2 or more, a mark for '
    "each row, 1 where it is held back, or in a table of data the name of a column of such marks",
    validated=_validation,
    schema={"anyOf": [NUMBER.schema, TEXT.schema, NUMBERS.schema]},
)


def _two(value: Any) -> tuple[str, ...]:  # noqa: ANN401  of any type
    found: tuple[str, ...] = TEXTS.validated(value)
    if len(found) not in {0, 2} or len(set(found)) < len(found):
        raise ValueError
    return found


_CLASSES: Final = Kind(
    called="two different texts, the one for 0 first", validated=_two, schema=TEXTS.schema
)

WHOLE_SURFACE = View()
"""The surface where no part of it is asked for."""

Numbers = Iterable[float]
"""Numbers in a list, an array, a Series or a column of any library."""

Inputs = Numbers | Mapping[str, Numbers]
"""The numbers of one input column, or of several by their names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A setting of a lesson.

    Attributes:
        name: what Python and templates call it.
        table: the record, and the part of a template, that it is in.
        kind: what it may be.
        default: what it is where nothing else is said.
        help: what it is, in a line.
        metavar: what stands for its value in the help of the command line, without one
            there is no such option.
        aliases: other names of it that are accepted.
        varies: whether a variant of a lesson may have another.
    """

    name: str
    table: str
    kind: Kind
    default: Any = None
    help: str = ""
    metavar: str = ""
    aliases: tuple[str, ...] = ()
    varies: bool = False

    @property
    def flag(self) -> str:
        """What the command line calls it, such as ``--learning-rate``."""
        return f"--{self.name.replace('_', '-')}"

    def validated(self, value: object) -> Any:  # noqa: ANN401  of the type that the record says
        """Return a value as the lesson keeps it.

        Raises:
            LessonError: when it is not of its kind.
        """
        try:
            return self.kind.validated(value)
        except ValueError:
            raise LessonError(
                f"{self.name} is {shown(value)}: it must be {self.kind.called}", self.name
            ) from None


def _setting(kind: Kind, words: str = "", metavar: str = "", *, default: Any, **more: Any) -> Any:  # noqa: ANN401  a field of any type
    """Return a field of a record, with its help, and what else is known of it."""
    return field(
        default=default, metadata={"kind": kind, "help": words, "metavar": metavar, **more}
    )


def _varied(kind: Kind, *words: str, default: Any, **more: Any) -> Any:  # noqa: ANN401  the same
    """Return the field of a setting that a variant of a lesson may have another value of."""
    return _setting(kind, *words, default=default, varies=True, **more)


def _chosen(name: str, what: str, metavar: str, *, default: str) -> Any:  # noqa: ANN401  the same
    """Return the field of such a setting that is one of some names; its help tells them all."""
    *others, last = CHOICES[name].names
    words = f"{what}: {', '.join(others)} or {last}"
    return _varied(choice(name), words, metavar, default=default)


@dataclass(frozen=True, kw_only=True)
class Method:
    """How a step is made: the part [method] of a template.

    Attributes:
        model: how a prediction follows from x and the parameters: line, quadratic, cubic,
            ``polynomial 4`` or a formula in x and parameters.
        loss: what steps are to lower; that of a batch is the mean over its rows.
        metric: what an epoch is judged by.
        gradient: how derivatives are found.
        scale: how input columns are made alike in size: none, standard, sample or minmax.
        batch_size: after how many rows a step is made; ``all`` for all of them.
        shuffle: the seed of a random order of the rows in every epoch; None keeps theirs.
        optimizer: how a gradient becomes a step.
        hyperparameters: the optimiser's and the loss's; those left out have their usual values.
        l2: how much of l2/2 times the squares of the parameters steps lower beside the loss.
        l1: how much of the sum of their sizes.
        penalize: which parameters these are; none: all that do not stand alone as a summand.
    """

    model: str = _varied(
        TEXT,
        'line, quadratic, cubic, "polynomial 4", or a formula such as "a*exp(b*x) + c"',
        "MODEL",
        default="line",
    )
    loss: str = _chosen("loss", "what steps are to lower", "LOSS", default="mse")
    metric: str = _chosen("metric", "what an epoch is judged by", "METRIC", default="rmse")
    gradient: str = _chosen("gradient", "how derivatives are found", "RULE", default="forward")
    scale: str = _chosen("scale", "how input columns are scaled", "HOW", default=NO_SCALE)
    batch_size: int | str = _varied(
        BATCH, "rows to a step: 1, any number, or all", "N", default=1, aliases=("batch",)
    )
    shuffle: int | None = _varied(
        maybe(WHOLE), "a random order of the rows in every epoch", "SEED", default=None
    )
    optimizer: str = _chosen("optimizer", "how a gradient becomes a step", "NAME", default="sgd")
    hyperparameters: Mapping[str, float] = _varied(
        NUMBERS_BY_NAME,
        "of the optimiser: beta, rho, beta1, beta2, eps; of the loss huber: delta",
        default=EMPTY,
    )
    l2: float = _varied(
        FROM_0,
        "weight decay: steps lower the loss plus l2/2 of each w squared",
        "V",
        default=0.0,
    )
    l1: float = _varied(FROM_0, "the loss plus l1 times the size of each w", "V", default=0.0)
    penalize: tuple[str, ...] = _varied(
        TEXTS, "the parameters w of --l2 and --l1 (default: no biases)", "NAME", default=()
    )


@dataclass(frozen=True, kw_only=True)
class Training:
    """Where a descent starts, how far its steps go and when it ends: the part [training].

    Attributes:
        start: the parameters' values before the first epoch, in the model's order.
        seed: the seed of a random start from N(0, 1); None where the start is given.
        optimizer_state: what the optimiser remembers before the first epoch, by column, such as
            v_m; those left out are 0.
        learning_rate: how far a step goes; called learn in sheets.
        schedule: how the learning rate changes from epoch to epoch.
        schedule_parameters: the schedule's; those left out have their usual values.
        difference_step: how far finite differences move a parameter; called nudge in sheets.
        epochs: epochs a click of Run Epoch runs.
        clicks: how often Run Epoch has been clicked; epochs * clicks epochs are run.
        min_delta: stop when the metric held has not improved by more than this; None never.
        patience: for so many epochs in a row.
        validation: which rows are held back from steps and only measured: a share of them, drawn by
            validation_seed, ``"every 4"``, or a column, by its name or its numbers, with 1 for each
            of them; None is none.
        validation_seed: the seed of that draw.
        restore_best: end with the parameters of the epoch whose validation metric is lowest;
            without validation, whose metric is.
        stop_diverging: stop as soon as the run diverges.
        chosen: which of learning_rate and difference_step follow from the data, and how they
            were found.
    """

    start: tuple[float, ...] = _varied(
        BY_PARAMETER, "where the descent starts: one number for each parameter", "V", default=()
    )
    seed: int | None = _varied(
        maybe(WHOLE),
        "start at random, from N(0, 1), with this seed; instead of --start",
        "SEED",
        default=None,
    )
    optimizer_state: Mapping[str, float] = _varied(
        NUMBERS_BY_NAME,
        "what the optimiser remembers at the start, by column: v_m=0.5 t=3; else 0",
        "NAME=V",
        default=EMPTY,
    )
    learning_rate: float = _varied(
        RATE,
        "learning rate, or auto, which data of your own have by default: the best of some",
        "RATE",
        default=0.0001,
        aliases=("lr", "learn"),
    )
    schedule: str = _chosen(
        "schedule", "how the rate changes from epoch to epoch", "NAME", default=CONSTANT
    )
    schedule_parameters: Mapping[str, float] = _varied(
        NUMBERS_BY_NAME,
        "of the schedule: step_size=10 gamma=0.5, T_max, eta_min, factor, patience",
        "NAME=V",
        default=EMPTY,
    )
    difference_step: float = _varied(
        RATE,
        "step of finite differences, or auto, which data of your own have by default",
        "H",
        default=0.01,
        aliases=("nudge",),
    )
    epochs: int = _varied(
        whole_from(0),
        "how many epochs to run; with --clicks: so many for each click of Run Epoch",
        "N",
        default=5,
    )
    clicks: int = _varied(
        whole_from(0),
        "how often Run Epoch has been clicked (default: the lesson's; with --epochs: once)",
        "N",
        default=1,
    )
    min_delta: float | None = _varied(
        maybe(FROM_0),
        "stop when the metric has not got better by more than this",
        "T",
        default=None,
    )
    patience: int = _varied(
        whole_from(1),
        f"with --min-delta: for so many epochs (default: {DEFAULT_PATIENCE})",
        "N",
        default=DEFAULT_PATIENCE,
    )
    validation: float | str | tuple[bool, ...] | None = _setting(
        maybe(VALIDATION),
        'rows held back to measure by: a share such as 0.25, "every 4", or the name of a '
        "column of the data, 1 where they are",
        "SHARE",
        default=None,
    )
    validation_seed: int = _setting(
        WHOLE, "the seed that draws the share (default: 0)", "SEED", default=0
    )
    restore_best: bool = _setting(
        FLAG, "end with the best epoch's parameters", "YES", default=False
    )
    stop_diverging: bool = _varied(FLAG, "stop when the run diverges", "YES", default=False)
    chosen: Mapping[str, Auto] = field(default=EMPTY)


@dataclass(frozen=True, kw_only=True)
class Display:
    """What is shown, and how: the part [display], and the parts with names of their own.

    Attributes:
        title: the heading of the first page.
        summary: the lesson in a line.
        label: what the lesson is called beside its variants.
        metric_label: what the cells that mirror a published sheet call the metric; None: as usual.
        guess: the parameters that the worked example starts with; none: the start.
        sample: how many of the first rows the worked example shows.
        capacity: for how many epochs a workbook has room; None chooses.
        layout: what a workbook has a row for: every step (``rows``), every epoch, or as suits.
        grid: for each parameter, the values along its side of the worked example's heat map.
        grid_over_all: whether that grid sums over all rows or over the sample.
        surface: what the page Surface looks at.
        panels: the epochs whose fit is drawn against the data.
        rates: the learning rates to be compared; if there are none, they are chosen.
        rate_epochs: for how many epochs; None chooses.
        controls: whether the workbook has spin buttons and scroll bars to click.
        two_descents: tell the published descent against the correct one, step by step, on a page
            of their own in place of the page of the learning rates.
        published: the same lesson as it was published, if its cells can be compared.
        variants: the same lesson with other choices, to be compared.
        compared: step columns of the variants that are shown side by side.
        expected: numbers the lesson is known to give.
        texts: the explaining texts by their keys.
        findings: what the published lesson does that its own text does not say.
    """

    title: str = _setting(TEXT, "the heading of the first page", default="Gradient Descent")
    summary: str = _setting(TEXT, "the lesson in a line", default="")
    label: str = _setting(
        TEXT, "what the lesson is called beside its variants", default="The lesson"
    )
    metric_label: str | None = _varied(
        maybe(TEXT), "what the cells that mirror a published sheet call the metric", default=None
    )
    guess: tuple[float, ...] = _varied(
        BY_PARAMETER, "the parameters that the worked example starts with", default=()
    )
    sample: int = _setting(whole_from(1), "rows of the worked example", default=5)
    capacity: int | None = _varied(
        maybe(whole_from(1)),
        "for how many epochs the workbook has room (default: the lesson's, or 50)",
        "N",
        default=None,
    )
    layout: str = _varied(
        choice("layout"),
        "a row in the workbook for every step (rows) or epoch (epochs: all rows in one batch)",
        "NAME",
        default=AUTO,
    )
    grid: tuple[tuple[float, ...], ...] = _setting(NUMBERS_OF_SIDES, default=())
    grid_over_all: bool = _setting(FLAG, default=True)
    surface: View = _setting(RECORD, default=WHOLE_SURFACE)  # noqa: RUF009  it is a field
    panels: tuple[int, ...] = _setting(EPOCHS, "draw the fit after these epochs", default=())
    rates: tuple[float, ...] = _setting(RATES, "the learning rates to compare", default=())
    rate_epochs: int | None = _setting(
        maybe(whole_from(LEAST_RATE_EPOCHS)), "for how many epochs", default=None
    )
    controls: bool = _setting(FLAG, "whether there are spin buttons to click", default=True)
    two_descents: bool = _setting(
        FLAG, "the published steps against the correct ones, on a page of their own", default=False
    )
    published: "Lesson | None" = _setting(RECORD, default=None)  # noqa: RUF009  the same
    variants: tuple[Variant, ...] = _setting(RECORDS, default=())
    compared: tuple[str, ...] = _setting(
        TEXTS, "step columns of the variants that are shown side by side", default=()
    )
    expected: tuple[Expected, ...] = _setting(RECORDS, default=())
    texts: Mapping[str, str] = _setting(TEXTS_BY_NAME, default=EMPTY)
    findings: tuple[str, ...] = _setting(
        TEXTS, "what the published lesson does that its own text does not say", default=()
    )


_DATA = (
    Setting(name="x_name", table="data", kind=TEXT, default="x", help="what x is called"),
    Setting(name="y_name", table="data", kind=TEXT, default="y", help="what y is called"),
    Setting(
        name="reconstructed", table="data", kind=ROWS, default=frozenset(),
        help="rows, counted from 1, that are a reconstruction",
    ),
    Setting(
        name="notes", table="data", kind=TEXTS, default=(), help="what is to be said of columns",
    ),
    Setting(
        name="classes", table="data", kind=_CLASSES, default=(),
        help="what y is where it is 0, and where it is 1",
    ),
)  # fmt: skip


def usual_metric(loss: object) -> str:
    """Return what epochs are judged by where nothing is said: log-loss by itself.

    >>> usual_metric("mse"), usual_metric("log-loss")
    ('rmse', 'log-loss')
    """
    usual: str = SETTINGS["metric"].default
    return next((name for name, each in LOSSES.items() if each.of_logit and name == loss), usual)


OF_DATA: Final = tuple(each.name for each in _DATA)
"""The settings that come with the data."""

TABLES: Mapping[str, type[Method | Training | Display]] = {
    "method": Method, "training": Training, "display": Display,
}  # fmt: skip
"""The records by the parts of a template."""

SETTINGS: Mapping[str, Setting] = {
    **{each.name: each for each in _DATA},
    **{
        each.name: Setting(name=each.name, table=table, default=each.default, **each.metadata)
        for table, record in TABLES.items()
        for each in fields(record)
        if each.metadata
    },
}
"""Every setting by its name."""

ALIASES: Mapping[str, str] = {a: each.name for each in SETTINGS.values() for a in each.aliases}
"""Other names of settings that are accepted."""

SHEET_NAMES: Mapping[str, str] = {
    "learning_rate": "learn", "difference_step": "nudge", "batch_size": "batch",
    "min_delta": "tolerance",
}  # fmt: skip
"""What sheets call settings that the original has under a name of its own."""

CALLED_ELSEWHERE: Mapping[str, str] = {
    "tolerance": "min_delta",
    "hyper": "hyperparameters",
    "view": "surface",
    "auto": 'learning_rate="auto"',
    "momentum": 'optimizer="momentum", hyperparameters={"beta": 0.9}',
    "lr_rate": "learning_rate",
    "lr_scheduler": 'schedule="StepLR", schedule_parameters={"step_size": 10, "gamma": 0.5}',
    "num_epochs": "epochs",
    "weight_decay": "l2",
    **dict.fromkeys(("validation_split", "validation_fraction"), "validation"),
    "restore_best_weights": "restore_best",
    "h": "difference_step",
    # What dataclasses.replace gives: the records as they are.
    **dict.fromkeys(("method", "training", "display"), "its settings, as in changed(epochs=20)"),
}
"""What settings are called elsewhere, or were called before 0.3, and what to write instead."""

CHOOSABLE = tuple(each.name for each in SETTINGS.values() if each.kind.reads == "number or auto")
"""The settings that can be chosen for the data."""


def by_name(settings: Mapping[str, Any], *besides: str) -> dict[str, Any]:
    """Return settings by the names that they have here, whatever they are called elsewhere.

    Raises:
        LessonError: when one is not known, or is given twice.

    >>> by_name({"lr": 0.1, "epochs": 3})
    {'learning_rate': 0.1, 'epochs': 3}
    """
    found: dict[str, Any] = {}
    for given, value in settings.items():
        name = ALIASES.get(given, given)
        if name not in SETTINGS and name not in besides:
            hint = CALLED_ELSEWHERE.get(given)
            raise LessonError(
                f"a lesson has no setting {given!r}: "
                + (f"write {hint}" if hint else f"choose from {', '.join(SETTINGS)}")
                + ("" if hint else did_you_mean(given, [*SETTINGS, *ALIASES]))
            )
        if name in found:
            raise LessonError(
                f"{given} is another name of {name}, and both are given: leave one out"
            )
        found[name] = value
    return found
