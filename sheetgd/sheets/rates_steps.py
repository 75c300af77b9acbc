"""Rates steps: several runs side by side, each step in as few cells as will do.

A page that tells how runs go on for many epochs needs their steps, but not every column of
them: the page of the learning rates, Two descents and As published. Here a run keeps what later
rows read (its new parameters, and what is carried from row to row). All else is written into
their formulas, by the same functions of `sheetgd.descent.step`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Final

from sheetgd.descent.step import (
    OF_THE_ROW,
    WATCHED_NOW,
    Column,
    before,
    given_columns,
    lasting_columns,
    step_columns,
)
from sheetgd.engine.run import Descent, descend
from sheetgd.engine.sweep import Trial, check_size, epochs_for, outline, rates_for
from sheetgd.expression.excel import LONGEST_FORMULA, Address, Formula
from sheetgd.expression.sheet_cells import (
    cell,
    compared,
    constant,
    formula_of,
    rounded,
)
from sheetgd.expression.tree import Expression, Leaf, Symbol
from sheetgd.lesson.lesson import COMFORTABLE_STEPS, Lesson
from sheetgd.lesson.values import LEAST_RATE_EPOCHS
from sheetgd.sheets.cells import Block, LongTable, Look, Style, TableColumn
from sheetgd.sheets.rows import held_out_rows
from sheetgd.sheets.section import COMPACT_STEPS_ROW, Section
from sheetgd.sheets.sheet import Draft, Page, Prompt, too_wide
from sheetgd.sheets.steps import (
    BEGINNING,
    CAPTION_HEIGHT,
    COLUMN_WIDTH,
    EMPTY,
    StepRows,
    given_of_passes,
    kinds_of_passes,
)
from sheetgd.sheets.words import plain_meaning

FIRST_ROW = COMPACT_STEPS_ROW
"""The sheet's row of the first step; over it stand the labels, the captions, the headers."""

_LONGEST_CAPTION = 130

_MOST_UNPARTED = 3
"""Runs of so many columns LibreOffice computes at once without taking them for a circle."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """A run beside others: its numbers, and where its formulas find what it depends on.

    Attributes:
        label: what tells it from the others.
        descent: the run, through all epochs: ``descend(lesson, epochs, through=True)``.
        settings: the cell of each of the lesson's settings.
        start: each parameter's start.
        errors: whether each row's error is kept, too, which the metric of a pass sums up.
    """

    label: str
    descent: Descent
    settings: Mapping[str, Leaf]
    start: Sequence[Expression]
    errors: bool = False

    @property
    def lesson(self) -> Lesson:
        """What is run."""
        return self.descent.lesson

    @property
    def columns(self) -> tuple[Column, ...]:
        """All computed columns of a step."""
        return step_columns(self.lesson.step)

    @property
    def kept(self) -> tuple[str, ...]:
        """The columns that get cells."""
        method = self.lesson.step
        needed = {*lasting_columns(method), *([method.error_column] if self.errors else [])}
        return tuple(column.name for column in self.columns if column.name in needed)


@dataclass(frozen=True, kw_only=True)
class InlinedSteps:
    """The steps of some runs over the same data, in one long table on a sheet of its own.

    Attributes:
        sheet: the title of that sheet.
        section: the section whose data the runs take and whose number formats they have.
        runs: the runs; they have in common the data, its order, the batches, and how many
            epochs they go on for. There are the steps of one pass more, as in `Descent`.

    Raises:
        ValueError: when the runs differ in these.
    """

    sheet: str
    section: Section
    runs: tuple[Run, ...]

    def __post_init__(self) -> None:
        """Check that the runs can stand beside each other."""
        for run in self.runs:
            if _in_common(run.lesson) != _in_common(self.section.lesson):
                raise ValueError(f"the run {run.label!r} has other data, orders or batches")
            if run.descent.epochs != self.epochs:
                raise ValueError(f"the run {run.label!r} has other epochs than the first")
            if _batch_of(run) != _batch_of(self.runs[0]):
                raise ValueError(f"the run {run.label!r} reads batch from another cell")

    @property
    def epochs(self) -> int:
        """How many epochs the runs go on for."""
        return self.runs[0].descent.epochs

    @cached_property
    def shared(self) -> tuple[str, ...]:
        """The computed columns that all runs share: those that follow from the row alone."""
        return tuple(
            name
            for name in OF_THE_ROW
            if all(name in [each.name for each in run.columns] for run in self.runs)
        )

    @cached_property
    def _given(self) -> list[TableColumn]:
        """The columns of the data, before all that is computed."""
        return given_of_passes(self.section, self.runs[0].descent.order, FIRST_ROW)

    @cached_property
    def places(self) -> tuple[tuple[int, str], ...]:
        """The computed columns from left to right: the number of the run and the header.

        Those that all share count as the first run's.
        """
        own = [
            (number, name)
            for number, run in enumerate(self.runs)
            for name in run.kept
            if name not in self.shared
        ]
        return (*((0, name) for name in self.shared), *own)

    @cached_property
    def _columns(self) -> Mapping[tuple[int, str], int]:
        return {place: column for column, place in enumerate(self.places, 1 + len(self._given))}

    def _column(self, number: int, name: str) -> int:
        return self._columns[0 if name in self.shared else number, name]

    def _own(self, number: int, name: str, *, up: int = 0, dollar: bool = False) -> Leaf:
        """Refer to a run's cell in the first row, or above it."""
        headers = [column.header for column in self._given]
        column = 1 + headers.index(name) if name in headers else self._column(number, name)
        return cell(Formula.cell(Address(FIRST_ROW - up, column), fixed_column=dollar))

    def _rows(self, number: int) -> StepRows:
        run, own = self.runs[number], partial(self._own, number)
        first = run.lesson.model.inputs[0]
        return StepRows(
            method=run.lesson.step,
            kept={*run.kept, *self.shared},
            cell=own,
            given={"rows": constant(self.section.lesson.n_rows), **run.settings},
            incomplete=lambda *, dollar: compared(own(first, dollar=dollar), "=", EMPTY),
            held=partial(
                self.section.metric_held,
                method=run.lesson.step,
                used=held_out_rows(self.section.lesson),
            ),
        )

    @cached_property
    def table(self) -> LongTable:
        """The table."""
        parted = max(len(run.kept) for run in self.runs) > _MOST_UNPARTED
        patterns = []
        for number, run in enumerate(self.runs):
            rows = self._rows(number)
            patterns.append(rows.patterns(partial(rows.of_passes, run.start), parted=parted))
        computed = [
            TableColumn(
                header=name,
                values=self.runs[number].descent.columns[name],
                style=Style(Look.RESULT, self.section.column_format(name)),
                patterns=patterns[number][name],
                real=True,
            )
            for number, name in self.places
        ]
        return LongTable(
            first=Address(FIRST_ROW, 1),
            length=len(self.runs[0].descent.order),
            columns=(*self._given, *computed),
            kind=kinds_of_passes(self.section.lesson.n_rows),
        )

    @property
    def longest(self) -> int:
        """How many characters the longest formula has at most; a cell takes 8,192."""
        last = self.table.length - 1
        fillings = (each for column in self.table.fillings for each in column or ())
        return max(len(each.down(last)) for each in fillings)

    def captions(self, number: int) -> dict[str, str]:
        """Say what a run's columns compute, in the names of the columns."""
        run = self.runs[number]
        names = ["row", "rows", *given_columns(run.lesson.model), *run.settings]
        names += [BEGINNING, WATCHED_NOW]
        names += [before(column.name) for column in run.columns]
        words = {name: Symbol(self.section.data_label(name)) for name in names}
        rows = replace(
            self._rows(number), cell=lambda name, *_, **__: Symbol(name), incomplete=None, held=None
        )
        return {name: str(formula_of(each)) for name, each in rows.row(words).items()}

    def state(self, number: int, which: int, epoch: int) -> Expression:
        """Return a run's parameter after an epoch, as another sheet refers to it."""
        run = self.runs[number]
        if epoch == 0:
            return run.start[which]
        header = f"new_{run.lesson.model.parameters[which]}"
        step = epoch * self.section.lesson.n_rows - 1
        place = Address(FIRST_ROW + step, self._column(number, header))
        return _carried_on(run, cell(place, run.descent.columns[header][step], sheet=self.sheet))


def epochs_that_fit(lesson: Lesson, wanted: int) -> int:
    """Return as many epochs as are wanted, fewer for long data so that files stay light.

    >>> epochs_that_fit(Lesson(x=(1, 2), y=(3, 5)), 160)
    160
    >>> epochs_that_fit(Lesson(x=range(60_000), y=range(60_000)), 160)
    0
    """
    return min(wanted, COMFORTABLE_STEPS // lesson.n_rows - 1)


def inlined_page(steps: InlinedSteps, *, title: str, note: str) -> Page:
    """Make the sheet of a table of runs.

    Args:
        steps: the table.
        title: the heading.
        note: a line on what the runs are.
    """
    draft, table, header = Draft(), steps.table, FIRST_ROW - 1
    draft.title("A1", title)
    draft.put("A2", note, Look.NOTE)
    given = len(table.columns) - len(steps.places)
    model, headers = steps.section.lesson.model, [each.header for each in table.columns[:given]]
    said = ((steps.section.data_label(each), plain_meaning(model, each)) for each in headers)
    prompts = [*draft.explained(Address(header, 1), said)]
    captions = [steps.captions(number) for number in range(len(steps.runs))]
    lines = 1
    for right, (number, name) in enumerate(steps.places, start=given + 1):
        place = draft.put(Address(header, right), name, Look.HEADER)
        run, caption = steps.runs[number], captions[number][name]
        if name == run.kept[0]:
            draft.put(place.moved(down=-2), run.label, Look.HEADING)
        if len(caption) <= _LONGEST_CAPTION:
            draft.put(place.moved(down=-1), caption, Look.CAPTION)
            lines = max(lines, -(-len(caption) // int(COLUMN_WIDTH)))
        message = f"{run.label}: {name} = {caption}"
        prompts.append(Prompt(place, name, message))
    draft.heights[header - 1] = CAPTION_HEIGHT * (lines + 1)
    last = Address(table.last_row, len(table.columns))
    body = Block(Address(FIRST_ROW, 1), last)
    return Page(
        title=steps.sheet,
        widths={Address(1, column).letters: COLUMN_WIDTH for column in range(1, last.column + 1)}
        | {"A": 8.0, "B": 7.0},
        cells=tuple(draft.cells),
        table=table,
        heights=draft.heights,
        prompts=tuple(prompts),
        conditions=tuple(
            too_wide(
                body.without_left(given),
                [steps.section.column_format(name) for _, name in steps.places],
                COLUMN_WIDTH,
            )
        ),
        frozen=Address(FIRST_ROW, 1),
        landscape=True,
        header_row=header,
    )


def compact_steps_page(section: Section) -> Page:
    """Make every row of every epoch of a section, with the columns that are read elsewhere."""
    names = section.lesson.model.parameters
    run = Run(
        label=section.label,
        descent=section.descent,
        settings={name: section.named(name) for name in section.lesson.settings},
        start=[section.start_if_ready(name) for name in names],
        errors=True,
    )
    steps = InlinedSteps(sheet=section.steps, section=section, runs=(run,))
    note = f"What the page {section.epochs} is computed from: every row of every epoch."
    return inlined_page(steps, title=f"{section.main}: every step", note=note)


def _in_common(lesson: Lesson) -> tuple[object, ...]:
    """Return what runs beside each other must have alike."""
    return lesson.data.inputs, lesson.data.y, lesson.method.shuffle, lesson.batch_size


def _batch_of(run: Run) -> Formula | None:
    return run.settings["batch"].formula if "batch" in run.settings else None


def _carried_on(run: Run, new: Leaf) -> Expression:
    """Return a parameter at the start of an epoch, from what the epoch before ended with."""
    decimals = run.lesson.step.gradient_rule.carry_decimals
    return new if decimals is None else rounded(new, decimals)


TITLE: Final = "Learning rates"
LOG: Final = "Rates epochs"
STEPS: Final = "Rates steps"

NOW: Final = "learn now"
"""What the lesson's own present rate is called beside the others."""

MOST_DRAWN: Final = 8
"""More lines in a chart could not be told apart; of more rates some are drawn, evenly spaced."""

FIRST_RATE: Final = Address(8, 2)
"""The front page's cell of the first rate; the others stand below it."""

START: Final = Address(5, 4)
"""The front page's cell of the metric held at the start."""

SCALE: Final = Address(3, 3)
"""The log's cell of the metric of the data's own spread."""

FIRST_EPOCH: Final = Address(9, 2)
"""The log's cell of epoch 0."""

VERDICT, MARK, LAST, LOWEST, AT, RATIO, FACTOR = range(1, 8)
"""How far right of a rate the front page has what is said of it."""


@dataclass(frozen=True, kw_only=True)
class Study:
    """The runs of some rates, and behind them the one at the lesson's own present rate.

    Attributes:
        section: the lesson's section.
        runs: the runs; that at the present rate is one of them only where the lesson's own steps
            page has not enough of it.
        steps: their steps; None where the log is the computation, a row an epoch and rate.
        trials: how each went.
        front: the cells of the front page.
        log: those of the log.
    """

    section: Section
    runs: tuple[Run, ...]
    steps: InlinedSteps | None
    trials: Sequence[Trial]
    front: Draft = field(default_factory=Draft)
    log: Draft = field(default_factory=Draft)

    @property
    def rates(self) -> range:
        """The numbers of the rates that are compared; the present one comes behind them."""
        return range(len(self.trials) - 1)

    @property
    def every(self) -> range:
        """The numbers of all runs."""
        return range(len(self.trials))

    @property
    def epochs(self) -> int:
        """How many epochs each runs for."""
        return self.runs[0].descent.epochs

    @property
    def start(self) -> Leaf:
        """The metric held that all start with, on the front page."""
        return self.front.at(START, fixed=True, sheet=TITLE)

    @property
    def scale(self) -> Leaf:
        """The metric of the data's own spread, on the log."""
        return self.log.at(SCALE, fixed=True, sheet=LOG)

    def rate(self, number: int) -> Leaf:
        """Return a run's learning rate, by its name."""
        if number not in self.rates:
            return self.section.named("learn")
        return cell(Formula.name(rate_name(number)), self.trials[number].rate)

    def state(self, number: int, which: int, epoch: int) -> Expression:
        """Return a run's parameter after an epoch, from the page that has its steps."""
        if self.steps is not None and number < len(self.runs):
            return self.steps.state(number, which, epoch)
        return self.section.state_after(self.section.lesson.model.parameters[which], epoch)

    def place(self, number: int, right: int = 0) -> Address:
        """Return the front page's cell in a run's line; 0 is the rate."""
        return FIRST_RATE.moved(down=number, right=right)

    def compared(self, right: int) -> Leaf:
        """Return a column of the front page, the compared rates only."""
        return self.front.over(Block(self.place(0, right), self.place(self.rates[-1], right)))

    def metric(self, number: int, epoch: int) -> Leaf:
        """Return a run's metric held after an epoch, on the log."""
        return self.log.at(self.metrics(number).first.moved(down=epoch), sheet=LOG)

    def verdict(self, number: int) -> Leaf:
        """Return a run's verdict, on the front page."""
        return self.front.at(self.place(number, VERDICT), sheet=TITLE)

    @cached_property
    def drawn(self) -> Sequence[int]:
        """The runs that the chart by epoch shows: some of the rates, and the present one."""
        count = len(self.rates)
        shown = min(count, MOST_DRAWN)
        spread = max(shown - 1, 1)
        return [*(round(each * (count - 1) / spread) for each in range(shown)), count]

    def metrics(self, number: int) -> Block:
        """Return the log's column of a run's metrics."""
        return self._column(1 + number)

    def drawn_metrics(self, place: int) -> Block:
        """Return the log's column of those that the chart shows, by the run's place in `drawn`."""
        return self._column(2 + len(self.trials) + place)

    def path(self, number: int, which: int) -> Block:
        """Return the log's column of a run's parameter, or of another of `path_headers`."""
        return self._column(self._paths + number * len(self.path_headers) + which)

    @property
    def path_headers(self) -> tuple[str, ...]:
        """The columns of a run after its metrics: the parameters; by epoch, all that it takes."""
        names = self.section.lesson.model.parameters
        if self.steps is not None:
            return names
        own = (*self.section.gradients, *self.section.rate_headers)
        return (*names, *self.section.optimizer_state, *own)

    @property
    def _paths(self) -> int:
        return 3 + len(self.trials) + len(self.drawn)

    def ends(self) -> Address:
        """Return the log's first cell of what the chart of the ends is drawn from."""
        count = len(self.path_headers) * len(self.trials)
        return FIRST_EPOCH.moved(right=self._paths + 1 + count)

    def epoch_block(self) -> Block:
        """Return the log's column of the epochs' numbers."""
        return self._column(0)

    def _column(self, right: int) -> Block:
        first = FIRST_EPOCH.moved(right=right)
        return Block(first, first.moved(down=self.epochs))


def rate_name(number: int) -> str:
    """Name a compared rate's cell; rates are counted from 0 here and from 1 there."""
    return f"rate_{number + 1}"


def study_of(section: Section) -> Study | None:
    """Run a lesson at its rates; None where that does not fit a workbook.

    It does not where the data are long, or where a formula would be too long for a cell.

    Raises:
        LessonError: when more is asked for than a workbook can hold.
    """
    lesson = section.lesson
    rates = rates_for(lesson)
    epochs = epochs_for(lesson, len(rates))
    if epochs < LEAST_RATE_EPOCHS:
        return None
    check_size(lesson, len(rates), epochs)
    names = {name: section.named(name) for name in lesson.settings}
    names_of = lesson.model.parameters
    start = [section.start_if_ready(name, at_any_rate=True) for name in names_of]
    runs = [
        Run(
            label=f"{rate:g}",
            descent=descend(lesson.with_settings({"learning_rate": rate}), epochs, through=True),
            settings={**names, "learn": cell(Formula.name(rate_name(number)), rate)},
            start=start,
        )
        for number, rate in enumerate(rates)
    ]
    own = descend(lesson, epochs, through=True)
    if epochs > lesson.capacity or section.by_epoch:
        runs.append(Run(label=NOW, descent=own, settings=names, start=start))
    steps = None
    if not section.by_epoch:
        steps = InlinedSteps(sheet=STEPS, section=section, runs=tuple(runs))
        if steps.longest > LONGEST_FORMULA:
            return None
    trials = [*(outline(run.descent) for run in runs[: len(rates)]), outline(own)]
    return Study(section=section, runs=tuple(runs), steps=steps, trials=trials)
