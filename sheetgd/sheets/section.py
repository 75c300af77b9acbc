"""A lesson's sheets that belong together: where things stand on them, and what cells are called.

A section is the main page, its log and its steps. The original's page fixes the main page's rows:
for a line, and five rows in the worked example, they are the ones here. What a lesson has more of
moves the rest down.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np

from sheetgd.descent.loss import LOSSES, Loss
from sheetgd.descent.step import (
    EPOCH,
    OF_THE_ROW,
    RATE,
    WATCHED,
    WATCHED_NOW,
    Column,
    Step,
    before,
    given_columns,
    lasting_columns,
    own_columns,
    own_expressions,
    remembered_columns,
    step_columns,
)
from sheetgd.engine.error_surface import grid_of
from sheetgd.engine.run import Descent
from sheetgd.expression.excel import (
    LONGEST_FORMULA,
    Address,
    ErrorValue,
    Formula,
    Value,
    named_in_sheets,
)
from sheetgd.expression.sheet_cells import (
    cell,
    cells,
    compared,
    formula_of,
    index,
    not_available,
    rounded,
    when,
)
from sheetgd.expression.tree import Expression, Leaf, Symbol
from sheetgd.lesson.checks import lengths_of_epoch
from sheetgd.lesson.lesson import Lesson
from sheetgd.sheets.cells import shown
from sheetgd.sheets.layout import Layout, layout_of
from sheetgd.sheets.rows import Used
from sheetgd.sheets.words import NumberFormats, both, data_labels, fillings, formats_of

FIRST_COLUMN: Final = 2
EXAMPLE_COLUMN: Final = 10
GRID_COLUMN: Final = 3
SETTING_COLUMN: Final = 5
START_COLUMN: Final = 6
ACTUAL_COLUMN: Final = 9
NOW_COLUMN: Final = 10
RESULT_COLUMN: Final = 13
KEPT_COLUMN: Final = 15
LOG_ROW: Final = 6
EPOCH_COLUMN: Final = 2
GUIDE: Final = "Guide"
PLAY: Final = "Play"
"""The titles of pages that all others lead to."""

NOTE: Final = "note"
PROBLEM: Final = "problem"
"""The defined name of the cell that tells what is wrong with the settings."""

STEPS_READY: Final = "steps_ready"
"""That of the cell that is 1 where steps can be computed, else 0."""

RATES_READY: Final = "rates_ready"
"""That of the same for runs at other rates, whatever the lesson's own is."""

STEPS_ROW: Final = 5
COMPACT_STEPS_ROW: Final = 6
"""The first row of a steps page, and of one that is compact."""

_BRACES: Final = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, kw_only=True)
class Section:
    """The main page of a lesson with its log and its steps.

    Attributes:
        descent: the run over the workbook's whole capacity.
        label: what the section is called beside others.
        main: the title of the main page.
        epochs: the title of its log page.
        steps: the title of its steps page.
        rows: the title of the page of the rows that are used.
        run: the title of the page of the run as far as it goes.
        suffix: what the section's defined names end with.
        base: the section whose data and settings this one shares.
        own: the attributes of the lesson that it does not share.
        example: whether the main page has the worked example of the upper half.
        compact: whether its steps page has only those columns that other pages and rows read.
    """

    descent: Descent
    label: str
    main: str
    epochs: str
    steps: str
    rows: str
    run: str
    suffix: str = ""
    base: "Section | None" = None
    own: frozenset[str] = frozenset()
    example: bool = True
    compact: bool = False

    @property
    def lesson(self) -> Lesson:
        """The lesson that the section shows."""
        return self.descent.lesson

    @property
    def by_epoch(self) -> bool:
        """Whether the log is the computation, a line an epoch: there are no steps pages then."""
        return self.lesson.by_epoch

    @property
    def run_on(self) -> str:
        """The title of the page whose lines charts and verdicts read: see `run_block`."""
        return self.epochs if self.by_epoch else self.run

    @cached_property
    def epochs_run(self) -> int:
        """How many epochs are run: as many as asked for, unless there is a stop before."""
        stop = self.descent.stop
        asked = min(self.lesson.epochs_run, self.lesson.capacity)
        return asked if stop is None else min(asked, stop.epoch)

    @property
    def stops(self) -> bool:
        """Whether the lesson has a stop rule."""
        return self.lesson.training.min_delta is not None or self.lesson.training.stop_diverging

    @cached_property
    def formats(self) -> NumberFormats:
        """The number formats of the section's pages."""
        return formats_of(self.lesson, self.descent)

    @cached_property
    def grid(self) -> tuple[tuple[float, ...], ...]:
        """The values along the sides of the error grid."""
        return grid_of(self.lesson)

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """The computed columns of the step table."""
        return step_columns(self.lesson.step)

    @cached_property
    def headers(self) -> tuple[str, ...]:
        """The headers of the step table."""
        return (*given_columns(self.lesson.model), *(column.name for column in self.columns))

    @cached_property
    def main_headers(self) -> tuple[str, ...]:
        """Those of the main page's table: by epoch only what is a row's own."""
        if not self.by_epoch:
            return self.headers
        own = (column.name for column in own_columns(self.lesson.step))
        return (*self.lesson.model.inputs, "y", *own)

    @cached_property
    def optimizer_state(self) -> tuple[str, ...]:
        """The columns that pass from epoch to epoch."""
        return remembered_columns(self.lesson.step)

    @property
    def main_leads(self) -> tuple[str, ...]:
        """The columns that stand before the step's on the main page."""
        shuffled = self.lesson.method.shuffle is not None
        typed = map(self.data_header, self.lesson.columns if self.data_header("y") != "y" else ())
        row = ("row",) if shuffled or self.lesson.step.batched else ()
        return (*typed, *row, *(("order",) if shuffled else ()))

    @property
    def steps_leads(self) -> tuple[str, ...]:
        """The columns that stand before the step's on the steps page."""
        return ("epoch", "row", *(("order",) if self.lesson.method.shuffle is not None else ()))

    @cached_property
    def steps_headers(self) -> tuple[str, ...]:
        """The headers of the steps page, after those columns."""
        if not self.compact:
            return self.headers
        method = self.lesson.step
        data = (*method.model.inputs, "y")
        needed = {*data, *OF_THE_ROW, method.error_column, *lasting_columns(method)}
        return tuple(header for header in self.headers if header in needed)

    @cached_property
    def settings(self) -> dict[str, float | int]:
        """The settings among the controls, by name, from top to bottom."""
        lesson = self.lesson
        others = dict(lesson.settings)
        found: dict[str, float | int] = {
            "epochs": lesson.training.epochs,
            "learn": others.pop("learn"),
            "clicks": lesson.training.clicks,
            **others,
        }
        if "batch" in found:
            found["batch"] = lesson.batch_size
        if lesson.training.min_delta is not None:
            found |= {"tolerance": lesson.training.min_delta, "patience": lesson.training.patience}
        return found

    @cached_property
    def _data_labels(self) -> Mapping[str, str]:
        settings = {name: named_in_sheets(name) for name in self.lesson.settings}
        return {**settings, **data_labels(self.lesson)}

    def data_label(self, header: str) -> str:
        """Return the heading of a column: the data's names in place of x and y."""
        return " ".join(self._data_labels.get(word, word) for word in header.split(" "))

    @property
    def mirrored(self) -> bool:
        """Whether the pages mirror published ones, whose words they keep."""
        return self.lesson.display.metric_label is not None

    @property
    def has_best(self) -> bool:
        """Whether the page shows the best parameters: live formulas find those of a line only.

        Those of a variant are the ones that the lesson's own page finds.
        """
        return self.lesson.model.name == "line" and (self.base is None or self.base.has_best)

    @cached_property
    def layout(self) -> Layout:
        """The rows of the main page."""
        return layout_of(self.lesson, settings=len(self.settings), example=self.example)

    @property
    def last_step_row(self) -> int:
        """The main page's last row."""
        return self.layout.step + self.lesson.n_rows - 1

    def setting(self, name: str) -> Address:
        """Return the main page's cell of a setting."""
        return Address(self.layout.control + list(self.settings).index(name), SETTING_COLUMN)

    @property
    def metric_cell(self) -> Address:
        """The main page's cell of the next pass's metric."""
        return Address(self.layout.control, RESULT_COLUMN)

    @property
    def epochs_run_cell(self) -> Address:
        """The main page's cell that tells how many epochs are run."""
        return Address(self.layout.control + 1, RESULT_COLUMN)

    @property
    def example_metric(self) -> Address:
        """The cell of the worked example's metric."""
        return Address(self.layout.metric, EXAMPLE_COLUMN + 2)

    def start(self, which: int) -> Address:
        """Return the main page's cell of a parameter's start."""
        return Address(self.layout.control + which, START_COLUMN)

    def now(self, which: int) -> Address:
        """Return the main page's cell of a parameter after the epochs that are run."""
        return Address(self.layout.control + which, NOW_COLUMN)

    def guess(self, which: int) -> Address:
        """Return the cell of a parameter of the worked example."""
        return Address(self.layout.guess + which, EXAMPLE_COLUMN + 1)

    def named(self, name: str, value: Value = None) -> Leaf:
        """Return the cell of this section that has a defined name.

        Args:
            name: the name.
            value: what the cell holds, where the run alone does not tell it.
        """
        formula = Formula.name(named_in_sheets(name) + self.suffix)
        return cell(formula, self._named.get(name, value))

    def on_main(self, place: Address, name: str) -> Leaf:
        """Return that cell, as other pages read it by its place."""
        return cell(place, self._named[name], sheet=self.main)

    @cached_property
    def _named(self) -> Mapping[str, Value]:
        """What the cells with a name hold."""
        lesson, names = self.lesson, self.lesson.model.parameters
        found: dict[str, Value] = {
            **self.settings,
            "capacity": lesson.capacity,
            "epochs_run": self.epochs_run,
            "rows": lesson.n_rows,
            PROBLEM: "",
            STEPS_READY: 1,
            RATES_READY: 1,
        }
        states = {
            "start": lesson.training.start,
            "now": self.descent.states[self.epochs_run],
            "guess": lesson.display.guess,
        }
        for which, state in states.items():
            found |= {f"{which}_{name}": value for name, value in zip(names, state, strict=True)}
        return found

    def column_format(self, header: str) -> str:
        """Return the number format of a step column."""
        named = zip(self.lesson.model.parameters, self.formats.parameters, strict=True)
        for parameter, number_format in named:
            if header in (parameter, f"new_{parameter}"):
                return number_format
        return self.formats.column(header)

    def main_column(self, header: str) -> int:
        """Return the main page's column of a step column."""
        return FIRST_COLUMN + (*self.main_leads, *self.main_headers).index(header)

    def main_range(self, header: str, *, sheet: str = "") -> Leaf:
        """Return a step column of the main page."""
        column = self.main_column(header)
        first, last = Address(self.layout.step, column), Address(self.last_step_row, column)
        values = self.next_pass[header]
        return cells(Formula.range(first, last, sheet=sheet), list(map(shown, values)))

    @cached_property
    def next_pass(self) -> Mapping[str, Sequence[float]]:
        """The step columns of the pass after the epochs that are run."""
        return self.descent.passed(self.epochs_run + 1)

    def data_header(self, name: str) -> str:
        """Return the header of the main page's column that a column of the data is typed in."""
        mixed = self.lesson.method.shuffle is not None
        return f"data {name}" if mixed or self.lesson.arrays.scaling else name

    def data_cell(self, name: str, row: int) -> Address:
        """Return the main page's cell of the data that is typed in; rows are counted from 0."""
        return Address(self.layout.step + row, self.main_column(self.data_header(name)))

    @cached_property
    def used(self) -> Used:
        """The rows of the data that are complete, which all formulas read."""
        own = self.lesson
        return Used(self.rows, own.arrays, own.columns, own.method.scale)

    def steps_column(self, header: str) -> int:
        """Return the steps page's column of a step column."""
        return 1 + (*self.steps_leads, *self.steps_headers).index(header)

    def steps_cell(self, header: str, passed: int, row: int) -> Address:
        """Return the cell of the steps page for a pass and a row of it, both counted from 1."""
        first = COMPACT_STEPS_ROW if self.compact else STEPS_ROW
        place = first + (passed - 1) * self.lesson.n_rows + row - 1
        return Address(place, self.steps_column(header))

    def on_steps(self, header: str, passed: int, row: int) -> Leaf:
        """Return that cell, as other pages read it."""
        value = self._of_passes(header, passed)[row - 1]
        return cell(self.steps_cell(header, passed, row), value, sheet=self.steps)

    def steps_range(self, header: str, passed: int) -> Leaf:
        """Return a step column in one pass, as the log reads it."""
        first, last = (self.steps_cell(header, passed, row) for row in (1, self.lesson.n_rows))
        formula = Formula.range(first, last, fixed=False, sheet=self.steps)
        return cells(formula, np.array(self._of_passes(header, passed)))

    def _of_passes(self, header: str, passed: int) -> Sequence[float]:
        rows = self.lesson.n_rows
        return self.descent.columns[header][(passed - 1) * rows : passed * rows]

    def state_after(self, name: str, epoch: int) -> Expression:
        """Return a parameter after an epoch, run or not, as other pages read it.

        By epoch, it is that after the last one that is run where this one is not.
        """
        if self.by_epoch:
            return self.on_log(name, epoch)
        if not self.compact:
            return self.on_steps(name, epoch + 1, 1)
        if epoch == 0:
            return self.start_if_ready(name)
        new = self.on_steps(f"new_{name}", epoch, self.lesson.n_rows)
        decimals = self.lesson.step.gradient_rule.carry_decimals
        return new if decimals is None else rounded(new, decimals)

    def start_if_ready(self, name: str, *, at_any_rate: bool = False) -> Expression:
        """Return a parameter's start; where a setting is wrong, nothing is run.

        Runs at other rates than the lesson's own are there, whatever that one is.
        """
        ready = compared(self.named(RATES_READY if at_any_rate else STEPS_READY), "=", 1)
        return when(ready, self.named(f"start_{name}"), not_available())

    @property
    def metric_headers(self) -> tuple[str, ...]:
        """The log's columns of the metric, the main one first, and of a score.

        That is the one held; where the published cells are mirrored, theirs: the one of a pass.
        """
        held = self.lesson.metric_name
        both = (held, f"{held}_pass")[:: -1 if self.lesson.method.gradient == "swapped" else 1]
        return both if self.lesson.step.score is None else (*both, self.lesson.method.metric)

    def metric_held(
        self, parameters: Sequence[Expression], method: Step | None = None, used: Used | None = None
    ) -> Expression:
        """Compute a method's metric with the parameters held, over all complete rows or some."""
        metric, model = (method or self.lesson.step).metric_function, self.lesson.model
        return (used or self.used).metric(model, self.loss(metric.loss), metric, parameters)

    def loss(self, name: str = "") -> Loss:
        """Return a loss, by default that of the steps, at the settings of the section's cells."""
        cells = {each: self.named(each) for each in self.lesson.settings}
        return LOSSES[name or self.lesson.method.loss].bound(cells)

    @cached_property
    def log_headers(self) -> tuple[str, ...]:
        """The headers of the log."""
        lesson = self.lesson
        waiting = ("best", "waited") if lesson.training.min_delta is not None else ()
        if self.by_epoch:
            stop = (*waiting, "stop") if self.stops else ()
            before_step = (*lesson.model.parameters, *self.optimizer_state)
            here = (*self.metric_headers, *self.gradients, *self._validated, *self.rate_headers)
            return ("epoch", *before_step, *here, *stop, NOTE, *self.moving)
        return (
            "epoch",
            *lesson.model.parameters,
            *self.optimizer_state,
            "learn",
            *self.metric_headers,
            *self._validated,
            *(("watched",) if self.stops else ()),
            *waiting,
            *(("stop",) if self.stops else ()),
            NOTE,
        )

    @property
    def gradients(self) -> tuple[str, ...]:
        """The log's columns of the gradient, where a line an epoch is computed from them."""
        return tuple(f"g_{name}" for name in self.lesson.model.parameters)

    @cached_property
    def rate_headers(self) -> tuple[str, ...]:
        """The log's columns of the next pass's rate, and of what a schedule goes by."""
        rates = (column.name for column in self.columns if column.once)
        return tuple(self.log_header(name) for name in rates if name != WATCHED)

    @cached_property
    def moving(self) -> tuple[str, ...]:
        """The log's columns of how many rows have a slope, where the note has no room to count."""
        _, length = lengths_of_epoch(self.lesson.step, self.lesson.n_rows)
        names = self.lesson.model.parameters if length > LONGEST_FORMULA else ()
        return tuple(f"moving_{name}" for name in names)

    def log_header(self, column: str) -> str:
        """Return the log's header of a step column that is computed once in a pass."""
        watched = next(iter(self._validated), self.run_metric)
        return {RATE: "learn", WATCHED: watched}.get(column, column)

    @property
    def _validated(self) -> tuple[str, ...]:
        return () if self.lesson.held_out is None else (self.lesson.validation_name,)

    @property
    def run_metric(self) -> str:
        """The column of the metric held that has a number in every line of the run."""
        return f"{self.lesson.metric_name}_pass" if self.by_epoch else self.lesson.metric_name

    @property
    def bound_cell(self) -> Address:
        """The log's cell of the metric beyond which the run diverges; captions need its row."""
        return Address(3, 5) if self.by_epoch else Address(4, 3)

    def log_cell(self, header: str, epoch: int) -> Address:
        """Return the log's cell under a header for an epoch; epoch -1 is the header."""
        return Address(LOG_ROW + epoch, EPOCH_COLUMN + self.log_headers.index(header))

    def on_log(self, header: str, epoch: int) -> Leaf:
        """Return that cell, as other pages read it: see `log_column`."""
        value = self.log_column(header).value[epoch]
        return cell(self.log_cell(header, epoch), value, sheet=self.epochs)

    def log_column(self, header: str, values: Sequence[Value] | None = None) -> Leaf:
        """Return a column of the log, as other pages read it; without values what the run tells."""
        if values is None:
            return self._log_columns[header]
        first, last = (self.log_cell(header, epoch) for epoch in (0, self.lesson.capacity))
        return cells(Formula.range(first, last, sheet=self.epochs), values)

    @cached_property
    def _log_columns(self) -> Mapping[str, Leaf]:
        lesson, descent, names = self.lesson, self.descent, self.lesson.model.parameters
        late = [ErrorValue.NOT_AVAILABLE] * (lesson.capacity - self.epochs_run)
        found: dict[str, Any] = {
            **dict(zip(names, zip(*descent.states, strict=True), strict=True)),
            **descent.optimizer_state,
            "learn": descent.learning_rates,
            lesson.metric_name: descent.metric_values,
            f"{lesson.metric_name}_pass": descent.metric_values_pass,
            **({lesson.validation_name: descent.validation_values} if lesson.held_out else {}),
        }
        if self.by_epoch:
            found |= {"epoch": range(lesson.capacity + 1), "best": descent.best}
            found |= {"waited": descent.waited}
            found |= descent.lines_of_epochs
            ran = found[lesson.metric_name][: self.epochs_run + 1]
            columns = {
                each: self.run_lines(found[each]) for each in self.log_headers if each in found
            }
            columns[lesson.metric_name] = [*map(shown, ran), *late]
            return {header: self.log_column(header, each) for header, each in columns.items()}
        return {
            header: self.log_column(header, [*map(shown, values[: self.epochs_run + 1]), *late])
            for header, values in found.items()
        }

    def run_lines(self, values: Sequence[float]) -> list[Value]:
        """Return a value for each line of the run: past what is run, the last one again."""
        ran = [shown(value) for value in values[: self.epochs_run + 1]]
        return [*ran, *ran[-1:] * (self.lesson.capacity - self.epochs_run)]

    def log_format(self, header: str) -> str:
        """Return the number format of such a column."""
        names = self.lesson.model.parameters
        if header in names:
            return self.formats.parameters[names.index(header)]
        return self.formats.log

    def in_log(self, header: str) -> Expression:
        """Return what the log says after the epochs that are run."""
        return index(self.log_column(header), self.named("epochs_run") + 1)

    @property
    def ready(self) -> Expression:
        """Whether the settings and the start are all right, so that there is something to run."""
        return compared(self.named(PROBLEM), "=", "")

    @property
    def source(self) -> "Section":
        """The section whose cells epochs and clicks are to be changed in."""
        return self if self.base is None else self.base

    def explained(self, text: str) -> str:
        """Fill in the places and names that a text mentions in braces.

        These are the settings by name and {epochs_run}, {start}, {guess} and
        {example_guess} for cells, {data_row} for the first row of the data, and the words
        for the lesson's choices that `sheetgd.sheets.words` lists.
        """
        last = len(self.lesson.model.parameters) - 1
        filled: dict[str, object] = {name: self.setting(name) for name in self.settings}
        filled |= {
            "epochs_run": self.epochs_run_cell,
            "start": both(self.start(0), self.start(last)),
            "guess": both(self.now(0), self.now(last)),
            "example_guess": both(self.guess(0), self.guess(last)),
            "data_row": self.layout.step,
            **fillings(self.lesson),
        }
        # All at once: what is filled in may hold braces, which are nobody's to fill.
        return _BRACES.sub(lambda found: str(filled.get(found[1], found[0])), text)

    def text(self, key: str) -> str:
        """Return one of the lesson's explaining texts, filled in."""
        return self.explained(self.lesson.display.texts.get(key, ""))

    @cached_property
    def captions(self) -> dict[str, str]:
        """What each computed column computes, in the names of the columns.

        It is the step's one definition, called with names instead of numbers.
        """
        names = ("row", "rows", EPOCH, WATCHED_NOW, *self.headers, *self.lesson.settings)
        words = {name: Symbol(self.data_label(name)) for name in names}
        words |= {before(name): Symbol(before(name)) for name in self.headers}
        if self.by_epoch:
            own = own_expressions(self.lesson.step, words, words.__getitem__)
            return {name: str(formula_of(each)) for name, each in own.items()}
        return {column.name: str(formula_of(column.compute(words))) for column in self.columns}
