"""The lesson: data, method, training and display, checked once, then frozen."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from os import PathLike
from typing import TYPE_CHECKING, Any, Final, Self, Unpack

import numpy as np

from sheetgd.descent.model import Model, model_of
from sheetgd.descent.step import Step, settings_of
from sheetgd.errors import LessonError, warn
from sheetgd.lesson.changes import (
    NO_MATTER,
    Changes,
    Settings,
    reset_by,
    steps_of,
    validated_changes,
)
from sheetgd.lesson.checks import (
    as_numbers,
    check_capacity,
    check_grid,
    check_hyperparameters,
    check_names,
    check_predictions,
    check_start,
    check_texts,
    check_titles,
    check_uses_x,
    checked_by_name,
    counted,
    in_order,
    penalized_by,
    refuse_patience,
    row_an_epoch,
    settings_by_name,
    still_expected,
)
from sheetgd.lesson.data import (
    Arrays,
    arrays_of,
    check_classes,
    check_rows,
    columns_of,
    data_settings,
    given_numbers,
    input_columns,
    normal_numbers,
    notes_of,
    parted,
    symbols_of,
    with_logit,
)
from sheetgd.lesson.fields import (
    CHOOSABLE,
    OF_DATA,
    SETTINGS,
    TABLES,
    Display,
    Inputs,
    Method,
    Numbers,
    Training,
    by_name,
    marks_column,
    usual_metric,
)
from sheetgd.lesson.values import (
    ALL_ROWS,
    AUTO,
    BY_EPOCHS,
    DEFAULT_PATIENCE,
    Auto,
    Expected,
    FrozenMapping,
    Variant,
)
from sheetgd.reading.columns import EMPTY_CATEGORIES, Categories, Data
from sheetgd.reading.conversion import Frame

if TYPE_CHECKING:
    from sheetgd.engine.run import Descent
    from sheetgd.xlsx.write import Built

_BESIDES: Final = ("x", "y", "chosen")
"""What a lesson is made of besides its settings."""

DEFAULT_CAPACITY = 50
MANY_ROWS = 1_000
"""From so many on, data rows are looked at all at once."""

COMFORTABLE_STEPS = 100_000
"""Without a capacity asked for, a workbook is built for at most so many step rows."""


@dataclass(frozen=True, init=False, repr=False)
class Lesson:
    """Everything a descent and its workbook follow from.

    Args:
        data: a DataFrame, a mapping of column names to numbers, or what `read_data` returns.
        x: the name of its column that becomes x, or a list of names; without data, the numbers
            themselves, in a list, an array or a Series; for several columns a mapping of names to
            numbers, or an array of the shape (n, columns), whose names x_name may list.
        y: the same for y.
        categories: for columns of texts their values, the first of which is 0; see `read_csv`.
        settings: model, loss, batch_size, optimizer, learning_rate, epochs and so on: all
            attributes of the four records. Without learning_rate and difference_step, or with
            ``"auto"`` for them, they are chosen for the data: `Training.chosen` tells how.

    Attributes:
        data: the rows that steps are made by, and what x and y are called.
        method: how a step is made.
        training: where the descent starts, how far its steps go and when it ends.
        display: what is shown, and how.
        whole: the rows with those that are held back for validation.

    Raises:
        DataError: when the data lack a column or a number.
        LessonError: when a setting is not known, or its value not acceptable.

    Examples:
        >>> sales = {"month": [1, 2, 3], "sales": [3, 5, 7]}
        >>> lesson = Lesson(sales, x="month", y="sales", lr=0.05, epochs=500)
        >>> lesson
        Lesson('Gradient Descent', 3 rows, model='line', optimizer='sgd', ...epochs=500)
        >>> [round(value, 2) for value in lesson.run().states[-1]]
        [2.0, 1.0]
    """

    data: Data
    method: Method
    training: Training
    display: Display
    whole: Data

    def __init__(
        self,
        data: Frame | Data | None = None,
        *,
        x: Inputs | str | Sequence[str] | None = None,
        y: Numbers | str | None = None,
        categories: Categories = EMPTY_CATEGORIES,
        **settings: Unpack[Settings],
    ) -> None:
        """Take the columns from the data, choose what is to be chosen, and check everything."""
        own = by_name(settings)
        marks = None if data is None else marks_column(own.get("validation"))
        if marks is not None:
            del own["validation"]
        table = None if data is None else columns_of(data, x, y, categories, marks)
        rows = given_numbers(x, y) if table is None else data_settings(table)
        given = {**dict.fromkeys(CHOOSABLE, AUTO), **rows, **own}
        found = Lesson.of(given).with_chosen()
        for record in fields(Lesson):
            object.__setattr__(self, record.name, getattr(found, record.name))
        columns = () if table is None else table.columns
        check_uses_x(self.model, self.data.x_name, self.data.y_name, columns)
        from sheetgd.engine.automatic import nudge_advice  # noqa: PLC0415  its room, when called
        from sheetgd.engine.doubts import doubts_of  # noqa: PLC0415  the same

        for doubt in doubts_of(self, columns):
            warn(doubt)
        if "difference_step" not in self.training.chosen:
            astray = nudge_advice(self)
            if astray is not None:
                warn(astray)

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Self:
        """Return the lesson of settings by name, as they are: nothing is chosen, none warned of.

        What is ``"auto"`` is still to be chosen: see `with_chosen`.

        Raises:
            LessonError: when a setting is not known, or its value not acceptable.

        >>> Lesson.of({"x": (1, 2), "y": (3, 5), "start": (0, 0)}).model.parameters
        ('m', 'b')
        """
        given = by_name(settings, *_BESIDES)
        x, y, found = (given.pop(name, None) for name in _BESIDES)
        first, *further = input_columns(x, given.get("x_name"))
        given["x_name"] = first.name
        pending = {name: Auto.PENDING for name in CHOOSABLE if given.get(name) == AUTO}
        kept = {
            name: SETTINGS[name].validated(value)
            for name, value in given.items()
            if name not in pending
        }
        kept.setdefault("metric", usual_metric(kept.get("loss")))
        lesson = cls.__new__(cls)
        data = Data(
            x=first.values,
            y=as_numbers("y", y),
            further=tuple(further),
            **{name: kept[name] for name in OF_DATA if name in kept},
        )
        object.__setattr__(lesson, "data", data)
        object.__setattr__(lesson, "whole", data)
        for table, record in TABLES.items():
            own = {name: value for name, value in kept.items() if SETTINGS[name].table == table}
            object.__setattr__(lesson, table, record(**own))
        chosen = FrozenMapping({**(found or {}), **pending})
        lesson._settle(chosen)  # noqa: SLF001  it is this class that makes it
        return lesson

    @classmethod
    def from_frame(
        cls,
        frame: Frame,
        x: str | Sequence[str] | None = None,
        y: str | None = None,
        categories: Categories = EMPTY_CATEGORIES,
        **settings: Unpack[Settings],
    ) -> Self:
        """Return the lesson of columns of a DataFrame: the same as ``Lesson(frame, ...)``.

        Args:
            frame: the DataFrame, or a mapping of column names to numbers.
            x: the name of the column that becomes x, or several.
            y: the same for y.
            categories: for columns of texts their values.
            settings: as for `Lesson`.

        Raises:
            DataError: when the data lack a column or a number.
            LessonError: when a setting is not known, or its value not acceptable.
        """
        return cls(frame, x=x, y=y, categories=categories, **settings)

    def _settle(self, chosen: Mapping[str, Auto]) -> None:
        """Check what must fit together, and put into the model's order what goes by parameters."""
        parameters = self.model.parameters
        method, training, display = self.method, self.training, self.display
        check_rows(self.data)
        check_uses_x(self.model, self.data.x_name, self.data.y_name)
        check_classes(self.step, self.data.y)
        self._set("data", parted(self.whole, training.validation, training.validation_seed)[0])
        start = in_order("start", training.start, parameters)
        if self.model.hidden and not start and training.seed is None:
            # Columns that start alike would stay alike.
            training = replace(training, seed=0)
            self._set("training", training)
        start = start or self._drawn_start()
        check_start(start, training.seed, self._drawn_start)
        self._set("training", replace(training, start=start, chosen=chosen))
        variants = tuple(
            Variant(title=each.title, changes=validated_changes(each.changes))
            for each in display.variants
        )
        guess = in_order("guess", display.guess, parameters) or start
        given: Any = display.grid
        sides = [given.get(name) for name in parameters] if isinstance(given, Mapping) else given
        grid = tuple(as_numbers("grid", side) for side in sides)
        self._set("display", replace(display, guess=guess, grid=grid, variants=variants))
        hyper = FrozenMapping(check_hyperparameters(self.step, method.hyperparameters))
        self._set("method", replace(method, hyperparameters=hyper))
        self._set("training", replace(self.training, **checked_by_name(self.step, training)))
        if self.n_rows >= MANY_ROWS:
            self.arrays  # noqa: B018  data are made ready once, not when a run is waited for
        self._check_parameters()
        self._check_counts()
        names = {"title": display.title, "x_name": self.data.x_name, "y_name": self.data.y_name}
        named = {f"class {which}": name for which, name in enumerate(self.data.classes)}
        check_texts({**names, **named}, display.metric_label)
        check_titles([display.label, *(variant.title for variant in variants)])

    def _set(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)  # a frozen dataclass is filled in no other way

    def _drawn_start(self) -> tuple[float, ...]:
        count, seed = len(self.model.parameters), self.training.seed
        return (1.0,) * count if seed is None else normal_numbers(count, seed)

    def _check_parameters(self) -> None:
        parameters, start = self.model.parameters, self.training.start
        for name, values in (("start", start), ("guess", self.display.guess)):
            if len(values) != len(parameters):
                raise LessonError(
                    f"{name} has {counted(len(values), 'value')}: give one each "
                    f"for {', '.join(parameters)}",
                    name,
                )
        check_grid(self.display.grid, parameters)
        self.display.surface.check(parameters)
        check_names(self.step, self.mirrored_name)
        check_predictions(self.model, self.arrays.inputs, start)

    def _check_counts(self) -> None:
        training, batch_size = self.training, self.method.batch_size
        if isinstance(batch_size, int) and batch_size > self.n_rows:
            raise LessonError(
                f"batch_size is {batch_size}: there are only {counted(self.n_rows, 'row')}; use "
                f"{ALL_ROWS}",
                "batch_size",
            )
        if self.display.layout == BY_EPOCHS:
            self.by_epoch  # noqa: B018  it refuses several steps an epoch
        if training.min_delta is None and training.patience != DEFAULT_PATIENCE:
            refuse_patience(training.patience)
        if self.display.capacity is not None:
            check_capacity(self.display.capacity, training.epochs, training.clicks)
        for epoch in self.display.panels:
            if epoch > self.capacity:
                raise LessonError(
                    f"panels shows epoch {epoch}: the workbook has room for {self.capacity}; make "
                    f"capacity at least {epoch}",
                    "capacity",
                )

    @cached_property
    def arrays(self) -> Arrays:
        """The data as arrays, the inputs scaled if they are to be."""
        return arrays_of(self.data, self.method.scale)

    @cached_property
    def held_data(self) -> Data | None:
        """The rows that are held back for validation; None where there are none."""
        return parted(self.whole, self.training.validation, self.training.validation_seed)[1]

    @cached_property
    def held_out(self) -> Arrays | None:
        """The same as arrays, scaled as the others are."""
        data, own = self.held_data, self.arrays
        if data is None:
            return None
        inputs = own.scaled([np.array(each.values) for each in data.inputs])
        return Arrays(tuple(inputs), np.array(data.y), own.scaling)

    @cached_property
    def model(self) -> Model:
        """The model that `method` names."""
        model = model_of(self.method.model, symbols_of([each.name for each in self.data.inputs]))
        return with_logit(model, self.method.loss, self.method.metric)

    @property
    def columns(self) -> dict[str, tuple[float, ...]]:
        """The columns of the data by what formulas call them: the inputs, then y."""
        values = (*(each.values for each in self.data.inputs), self.data.y)
        return dict(zip((*self.model.inputs, "y"), values, strict=True))

    @property
    def read_columns(self) -> dict[str, list[float]]:
        """The same as the model reads them: the inputs scaled if they are to be."""
        every = (each.tolist() for each in (*self.arrays.inputs, self.arrays.y))
        return dict(zip(self.columns, every, strict=True))

    @property
    def notes(self) -> tuple[str, ...]:
        """What is to be said of the columns and choices: what is 1, what is called otherwise."""
        return (*self.data.notes, *notes_of(self.step, self.method.model, (*self.data.named,)))

    @cached_property
    def step(self) -> Step:
        """The choices that the columns of a step follow from."""
        method = self.method
        return Step(
            model=self.model,
            loss=method.loss,
            metric=method.metric,
            gradient=method.gradient,
            optimizer=method.optimizer,
            schedule=self.training.schedule,
            penalized=penalized_by(self.model, method.l2 + method.l1, method.penalize),
            batched=self.batch_size > 1,
            resumed=bool(self.training.optimizer_state),
        )

    @property
    def batch_size(self) -> int:
        """After how many rows a step is made."""
        size = self.method.batch_size
        return size if isinstance(size, int) else self.n_rows

    @cached_property
    def by_epoch(self) -> bool:
        """Whether its workbook has a row for every epoch, and not for every step."""
        whole = self.batch_size == self.n_rows and self.method.shuffle is None
        return row_an_epoch(self.display.layout, self.step, self.n_rows, whole=whole)

    @property
    def settings(self) -> dict[str, float]:
        """The numbers that the step's columns read, by the names that sheets have for them."""
        every = {
            "learn": self.training.learning_rate,
            "nudge": self.training.difference_step,
            "batch": float(self.batch_size),
            "l2": self.method.l2,
            "l1": self.method.l1,
            **self.method.hyperparameters,
            **settings_by_name(self.training),
        }
        return {name: every[name] for name in settings_of(self.step)}

    @property
    def metric_name(self) -> str:
        """What the metric is called: with the parameters held, over all rows.

        With ``_pass`` behind it, it is the metric of a pass, in which the parameters move.
        """
        return self.step.metric_function.name

    @property
    def validation_name(self) -> str:
        """What the metric of the rows held back is called."""
        return f"val_{self.metric_name}"

    @property
    def judged_name(self) -> str:
        """What the metric is called that tells which epoch is best."""
        return self.metric_name if self.held_out is None else self.validation_name

    @property
    def mirrored_name(self) -> str:
        """What the metric is called in the cells that mirror a published sheet."""
        return self.display.metric_label or self.metric_name

    @property
    def n_rows(self) -> int:
        """How many data rows there are."""
        return len(self.data.x)

    @property
    def shown(self) -> int:
        """How many rows the worked example shows: the sample, or all if there are fewer."""
        return min(self.display.sample, self.n_rows)

    @property
    def epochs_run(self) -> int:
        """How many epochs are asked for: epochs * clicks."""
        return self.training.epochs * self.training.clicks

    @property
    def capacity(self) -> int:
        """For how many epochs there is room: as asked for, else 50, fewer for long data."""
        if self.display.capacity is not None:
            return self.display.capacity
        comfortable = min(DEFAULT_CAPACITY, COMFORTABLE_STEPS // self.n_rows - 1)
        return max(comfortable, self.epochs_run, 1)

    def by_name(self) -> dict[str, Any]:
        """Return all settings by name, x, y and what was chosen with them: `of` takes them back."""
        data = self.whole
        found: dict[str, Any] = {"x": data.named if data.further else data.x, "y": data.y}
        for name, setting in SETTINGS.items():
            found[name] = getattr(
                data if setting.table == "data" else getattr(self, setting.table), name
            )
        return {**found, "chosen": self.training.chosen}

    def changed(self, **changes: Unpack[Changes]) -> "Lesson":
        """Return this lesson with some settings changed, and what hung on the old ones let go.

        A new model starts and guesses anew, a new optimiser has its usual
        hyperparameters, a new metric its usual name, and there is room for what is run.
        Epochs are one click's, unless clicks are given, too. Learning rates to be compared
        are chosen anew where others may be right, and so is what was chosen for the data;
        numbers that are known of the old lesson are left out where they are not the new one's.

        Raises:
            LessonError: as the constructor does.

        >>> lesson = Lesson(x=(1, 2), y=(3, 5), lr=0.1, optimizer="adam")
        >>> dict(lesson.changed(optimizer="rmsprop").method.hyperparameters)
        {'rho': 0.9, 'eps': 1e-08}
        >>> lesson.changed(clicks=7).changed(epochs=3).epochs_run
        3
        """
        given = by_name(changes, *_BESIDES)
        if not NO_MATTER.issuperset(given):
            given = {**dict.fromkeys(self.training.chosen, AUTO), **given}
        return self.with_settings(given).with_chosen()

    def with_settings(self, changes: Mapping[str, Any]) -> Self:
        """Return this lesson with settings by name changed, as `changed` does; nothing is chosen.

        Raises:
            LessonError: as the constructor does.
        """
        given = by_name(changes, *_BESIDES)
        rows: dict[str, Any] = {name: given.pop(name) for name in _BESIDES if name in given}
        # What is given is not chosen any more.
        kept = {name: how for name, how in self.training.chosen.items() if name not in given}
        chosen = {**kept, **rows.pop("chosen", {})}
        old, reset = self.by_name(), dict(given)
        if "x" in rows:
            columns = input_columns(rows["x"], given.get("x_name"))
            reset["inputs"] = symbols_of([each.name for each in columns])
        found = reset_by({**old, "inputs": self.model.inputs}, reset)
        other = self.of({**old, **found, **given, **rows, "chosen": chosen})
        if not self.display.expected or "expected" in given:
            return other
        expected: tuple[Expected, ...] = ()
        if steps_of(other) == steps_of(self):
            expected = still_expected(self.display.expected, self.step, other.step)
        return other._displaying(expected=expected)  # noqa: SLF001  the same class

    def replaced(self, **settings: Unpack[Changes]) -> Self:
        """Return this lesson with just these settings changed; nothing hangs on them.

        Raises:
            LessonError: as the constructor does.
        """
        return self.of({**self.by_name(), **by_name(settings, *_BESIDES)})

    def _displaying(self, **shown: Any) -> Self:  # noqa: ANN401  attributes of a display
        lesson = self.__class__.__new__(self.__class__)
        for record in fields(Lesson):
            object.__setattr__(lesson, record.name, getattr(self, record.name))
        object.__setattr__(lesson, "display", replace(self.display, **shown))
        return lesson

    def with_chosen(self) -> "Lesson":
        """Return this lesson, and its variants, with every setting chosen that is still "auto"."""
        pending = Auto.PENDING in self.training.chosen.values()
        if not pending and not any(AUTO in _values(each.changes) for each in self.display.variants):
            return self
        from sheetgd.engine.automatic import choose_for_data  # noqa: PLC0415  its room, when called

        return choose_for_data(self)

    def varied(self, variant: Variant) -> Self:
        """Return this lesson with a variant's changes, and without variants of its own."""
        plain = {"variants": (), "published": None, "expected": (), "panels": ()}
        # A variant has the difference step and the rate of the lesson, unless it names others.
        return self.with_settings({**plain, **variant.changes})

    def run(
        self,
        epochs: int | None = None,
        *,
        every: int = 1,
        on_epoch: "Callable[[int, int], None] | None" = None,
    ) -> "Descent":
        """Run the descent.

        Args:
            epochs: how many epochs to run; the lesson's if left out.
            every: keep the log's lines after so many epochs only, and the last.
            on_epoch: called as epochs are run, with how many are, and how many there are.

        Returns:
            The run; its tables warn where it diverges.
        """
        from sheetgd.engine.run import descend  # noqa: PLC0415  its room, when called

        found = descend(self, epochs, every=every, on_epoch=on_epoch)
        return replace(found, warns=True)

    def build(
        self,
        path: str | PathLike[str],
        *,
        force: bool = False,
        compress: str = "fast",
        on_row: "Callable[[int, int], None] | None" = None,
    ) -> "Built":
        """Build the workbook: see `sheetgd.build_workbook`."""
        from sheetgd.xlsx.write import build_workbook  # noqa: PLC0415  its room, when called

        return build_workbook(self, path, force=force, compress=compress, on_row=on_row)

    def to_html(self, path: str | PathLike[str], *, force: bool = False) -> None:
        """Write the lesson as a page: one .html file that runs in any browser, without a network.

        Raises:
            OutputError: when another file is there and `force` is not given, or it cannot be
                written.
        """
        from sheetgd.web.page import write_page  # noqa: PLC0415  its room, when called

        write_page(self, path, force=force)

    def __repr__(self) -> str:
        return (
            f"Lesson({self.display.title!r}, {counted(self.n_rows, 'row')}, "
            f"model={self.method.model!r}, optimizer={self.method.optimizer!r}, "
            f"learning_rate={self.training.learning_rate:g}, epochs={self.epochs_run})"
        )

    def _repr_html_(self) -> str:
        """Show the lesson's page, for a notebook to show, and below it the data."""
        from sheetgd.web.page import notebook_view  # noqa: PLC0415  its room, when called

        return notebook_view(self)

    def __getstate__(self) -> dict[str, Any]:
        """Keep the four records: all else follows from them."""
        return {record.name: getattr(self, record.name) for record in fields(Lesson)}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        vars(self).update(state)


def _values(changes: Mapping[str, Any]) -> list[Any]:
    return [changes[name] for name in CHOOSABLE if name in changes]
