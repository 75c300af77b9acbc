"""Epochs: the parameters and the metric after each epoch, and their chart.

Where all rows are one batch, the log is the computation: a line has the parameters, the metric
there and the gradient there, each derivative one sum over the data, and the next line steps by it.
Lines past the epochs that are run repeat the last one, for charts and sums, and show nothing.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from sheetgd.descent.gradient import row_slopes
from sheetgd.descent.step import (
    ENDS,
    EPOCH,
    IN_BATCH,
    RATE,
    ROW,
    ROWS,
    WATCHED_NOW,
    before,
    epoch_step,
    given_columns,
    started,
)
from sheetgd.expression.excel import Address, Formula, Value
from sheetgd.expression.sheet_cells import (
    Given,
    cell,
    compared,
    constant,
    formula_of,
    minimum,
    not_available,
    rounded,
    unplaced,
    value_of,
    when,
)
from sheetgd.expression.tree import Expression, Leaf, Symbol
from sheetgd.sheets.cells import Block, LongTable, Look, Style, TableColumn
from sheetgd.sheets.printing import printed
from sheetgd.sheets.run_data import (
    held_after,
    moving,
    note,
    notes,
    passing_after,
    put_bound,
    run_block,
    stop_flag,
    waiting,
    waiting_on,
)
from sheetgd.sheets.section import EPOCH_COLUMN, LOG_ROW, NOTE, STEPS_READY, Section
from sheetgd.sheets.sheet import (
    Chart,
    ChartKind,
    Condition,
    Draft,
    Drawn,
    Effect,
    Page,
    Prompt,
    Series,
    too_wide,
)
from sheetgd.sheets.steps import MEANINGS
from sheetgd.sheets.words import WHOLE

CAPACITY = Address(3, 3)

_WIDTH = 13.0
_NOTE_WIDTH = 30.0
_MOST_POINTS = 60
_MOST_SHEETS = 2


_NOTE_MEANING = "Whether the run diverges or stands still here, or a stop rule ends it."
_RATE_MEANINGS = {
    "learn": "The learning rate of the pass that follows.",
    "lowest": MEANINGS["lowest"],
    "waits": MEANINGS["waits"],
}
_STOP_MEANING = "1 where a stop rule ends the run, else 0."
_EACH = (
    ": where one stands, the gradient there, and from that where the next line stands. Each "
    "derivative is a mean over all rows of the data"
)
_LONGEST_CAPTION = 130
_CAPTION_HEIGHT = 12.0


@dataclass(frozen=True, slots=True)
class _LogColumn:
    """A column of the log: its header, number format and meaning, then what each line holds.

    What is not `early` shows only once its epoch has been run. Where the log is the computation,
    the lines are the patterns of epoch 0 and of all others, and the caption says how.
    """

    header: str
    number_format: str
    meaning: str
    lines: Sequence[Given]
    early: bool = False
    caption: str = ""


def epochs_page(section: Section) -> Page:
    """Make the log from epoch 0 to the capacity; epochs not yet run show ``#N/A``."""
    lesson, draft = section.lesson, Draft()
    columns = _computing_columns(section) if section.by_epoch else _columns(section)
    log_row = section.log_row
    draft.title("B1", f"{section.main}: epoch by epoch")
    draft.put(
        "B2",
        f"Each line is one epoch{_EACH if section.by_epoch else ''}. Change epochs and clicks on "
        f"the page {section.source.main}, and the log and its chart follow. Lines still to come "
        f"show nothing. Printed are those run when this workbook was built, on {_MOST_SHEETS} "
        "sheets of paper at most.",
        Look.NOTE,
    )
    draft.put("B3", "capacity", Look.LABEL)
    draft.put(CAPACITY, lesson.capacity, Look.RESULT)
    draft.put(
        "D3",
        " epochs: more do not fit here; for more, build a new workbook with more room",
        Look.NOTE,
    )
    for right, header in enumerate(["epoch", *(column.header for column in columns)]):
        draft.put(Address(log_row - 1, EPOCH_COLUMN + right), header, Look.HEADER)
    if section.by_epoch:
        _put_captions(draft, section, columns)
    for epoch in range(0 if section.by_epoch else lesson.capacity + 1):
        _put_line(draft, section, columns, epoch)
    last = Address(log_row + lesson.capacity, EPOCH_COLUMN + len(columns))
    block = Block(Address(log_row, EPOCH_COLUMN), last)
    put_bound(draft, section)
    beside = last.column + 2
    chart = Block(Address(log_row, beside), Address(log_row + 20, beside + 9))
    letters = [Address(1, EPOCH_COLUMN + right).letters for right in range(1, len(columns) + 1)]
    noted = Block(section.log_cell(NOTE, 0), section.log_cell(NOTE, lesson.capacity))
    late = f"${block.first}>{section.named('epochs_run').formula}"
    if section.by_epoch:
        late = f"${block.first}=${block.first.moved(down=-1)}"
    page = Page(
        title=section.epochs,
        widths={"A": 2.0, "B": 15.0}
        | dict.fromkeys(letters, _WIDTH)
        | {noted.first.letters: _NOTE_WIDTH},
        cells=tuple(draft.cells),
        table=_computing_table(section, columns) if section.by_epoch else None,
        heights=draft.heights,
        names={f"capacity{section.suffix}": CAPACITY},
        prompts=(
            Prompt(
                Address(log_row - 1, EPOCH_COLUMN),
                "epoch",
                "How many epochs have been run. Epoch 0 is the start.",
            ),
            *(
                Prompt(Address(log_row - 1, EPOCH_COLUMN + right), column.header, column.meaning)
                for right, column in enumerate(columns, start=1)
            ),
        ),
        conditions=(
            *too_wide(block.without_left(1), [column.number_format for column in columns], _WIDTH),
            Condition(block, late, Effect.NOTHING),
            Condition(noted, f'{noted.first}<>""', Effect.RED),
        ),
        charts=(metric_chart((section,), chart),),
        frozen=Address(log_row, 1),
        landscape=True,
        header_row=log_row - 1,
    )
    lines = log_row + section.epochs_run
    return printed(page, last=max(lines, chart.last.row), most=_MOST_SHEETS)


def _put_line(draft: Draft, section: Section, columns: Sequence[_LogColumn], epoch: int) -> None:
    """Put one epoch's line."""
    place = Address(LOG_ROW + epoch, EPOCH_COLUMN)
    draft.put(place, epoch, Look.RESULT, WHOLE)
    this = draft.at(place, fixed_column=True)
    shown_yet = compared(this, "<=", section.named("epochs_run"))
    for right, column in enumerate(columns, start=1):
        noted, line = column.header == NOTE, column.lines[epoch]
        draft.show(
            place.moved(right=right),
            line if column.early else when(shown_yet, line, "" if noted else not_available()),
            Look.WARNING if noted else Look.RESULT,
            column.number_format,
        )


def _columns(section: Section) -> list[_LogColumn]:
    """List the columns after the epoch: first those of `Section.log_headers`, in its order.

    Other sheets find these by their headers; more of them may follow the note.
    """
    lesson, epochs = section.lesson, range(section.lesson.capacity + 1)
    columns = [
        _LogColumn(
            name,
            section.formats.parameters[which],
            f"{name} after that epoch.",
            [section.state_after(name, epoch) for epoch in epochs],
        )
        for which, name in enumerate(lesson.model.parameters)
    ]
    columns += [
        _LogColumn(
            header,
            section.column_format(header),
            f"{header} after that epoch: what the optimiser remembers.",
            [
                section.on_steps(header, epoch, lesson.n_rows)
                if epoch
                else _remembered_at_start(section, header)
                for epoch in epochs
            ],
        )
        for header in section.optimizer_state
    ]
    columns.append(
        _LogColumn(
            "learn",
            "General",
            "The learning rate of the pass that follows."
            if lesson.step.schedule_rule.varies
            else "The learning rate the epochs were run with.",
            [_rate_after(section, epoch) for epoch in epochs],
        )
    )
    metrics = {
        lesson.metric_name: _metric_column(
            section, [held_after(section, epoch) for epoch in epochs]
        ),
        f"{lesson.metric_name}_pass": _LogColumn(
            f"{lesson.metric_name}_pass",
            section.formats.log,
            f"{_summary(section)}, over the NEXT pass through the data, in which the parameters "
            "move on.",
            [passing_after(section, epoch) for epoch in epochs],
        ),
    }
    columns += [metrics[header] for header in section.metric_headers]
    columns += _stop_columns(section, metrics[lesson.metric_name])
    columns.append(
        _LogColumn(
            NOTE,
            "General",
            _NOTE_MEANING,
            [note(section, epoch) for epoch in epochs],
        )
    )
    return columns


def _rate_after(section: Section, epoch: int) -> Expression:
    """Return the learning rate of the pass after an epoch."""
    if section.lesson.step.schedule_rule.varies:
        return section.on_steps(RATE, epoch + 1, 1)
    return section.named("learn")


def _remembered_at_start(section: Section, header: str) -> Expression:
    """Return what the optimiser remembers at the start; where a setting is wrong, nothing."""
    if not section.lesson.step.resumed:
        return constant(0)
    ready = compared(section.named(STEPS_READY), "=", 1)
    return when(ready, section.named(started(header)), not_available())


def _summary(section: Section) -> str:
    summary = section.lesson.step.metric_function.summary
    return summary[0].upper() + summary[1:]


def _metric_column(section: Section, lines: Sequence[Given]) -> _LogColumn:
    """Make the column of the metric held."""
    return _LogColumn(
        section.lesson.metric_name,
        section.formats.log,
        f"{_summary(section)}, over all rows, with the parameters held as they stand after that "
        "epoch.",
        lines,
    )


@dataclass(frozen=True, kw_only=True)
class EpochRows:
    """The lines of a run with a row an epoch, as expressions of the cells of the first line.

    Attributes:
        section: whose data and method the run has.
        settings: each setting that a step reads.
        cell: the first line's cell under a header, or the one `up` lines above it; `dollar` fixes
            its column.
        held: the metric held there; None computes it from the line's parameters.
    """

    section: Section
    settings: Mapping[str, Expression]
    cell: Callable[..., Expression]
    held: Expression | None = None

    def gradients(self, *, dollar: bool = False) -> dict[str, Expression]:
        """Return the mean of each derivative over the rows of the data, by its header."""
        section, method = self.section, self.section.lesson.step
        here = {name: self.cell(name, dollar=dollar) for name in method.model.parameters}
        slopes = section.used.slopes(method, {**self.settings, **here})
        means = (section.used.summed(slope) / section.named("rows") for slope in slopes)
        return dict(zip(section.gradients, means, strict=True))

    def rates(self, *, first: bool = False, dollar: bool = False) -> dict[str, Expression]:
        """Return the rate of the pass after the line, and what a schedule goes by, by header."""
        section = self.section
        held = self.held
        if held is None:
            names = section.lesson.model.parameters
            held = section.metric_held([self.cell(name, dollar=dollar) for name in names])
        row = {**self.settings, EPOCH: self.cell("epoch", dollar=dollar) + 1, WATCHED_NOW: held}
        found: dict[str, Expression] = {}
        for column in section.columns:
            header = section.log_header(column.name)
            if column.once and header in section.rate_headers:
                above = constant(0) if first else self.cell(header, up=1, dollar=dollar)
                row[before(column.name)] = above
        for column in section.columns:
            if not column.once:
                continue
            row[column.name] = column.compute(row)
            header = section.log_header(column.name)
            if header in section.rate_headers:
                found[header] = row[column.name]
                row[column.name] = self.cell(header, dollar=dollar)
        return found

    def stepped(self, *, dollar: bool = False) -> dict[str, Expression]:
        """Return each parameter and what the optimiser remembers, from the line above."""
        method = self.section.lesson.step
        above = {
            each: self.cell(each, up=1, dollar=dollar)
            for each in (*method.model.parameters, *self.section.optimizer_state)
        }
        above |= {before(each): above[each] for each in self.section.optimizer_state}
        if self.section.rate_headers:
            above[RATE] = self.cell(self.section.log_header(RATE), up=1, dollar=dollar)
        slopes = {
            name: self.cell(header, up=1, dollar=dollar)
            for name, header in zip(method.model.parameters, self.section.gradients, strict=True)
        }
        found = epoch_step(method, {**self.settings, **above}, slopes)
        decimals = method.gradient_rule.carry_decimals
        if decimals is not None:
            found |= {name: rounded(found[name], decimals) for name in method.model.parameters}
        return found


def _computing_columns(section: Section) -> list[_LogColumn]:
    """List the columns of a log that is the computation, after the epoch."""
    lesson, names = section.lesson, section.lesson.model.parameters
    settings = {name: section.named(name) for name in lesson.settings}
    rows = EpochRows(
        section=section,
        settings=settings,
        cell=partial(_log_leaf, section),
        held=_log_leaf(section, lesson.metric_name),
    )
    start = {name: section.start_if_ready(name) for name in names}
    start |= {name: _remembered_at_start(section, name) for name in section.optimizer_state}
    stepped = [rows.stepped(dollar=dollar) for dollar in (False, True)]
    gradients = [rows.gradients(dollar=dollar) for dollar in (False, True)]
    told = _told(section)
    columns = [
        _LogColumn(
            header,
            section.formats.parameters[names.index(header)]
            if header in names
            else section.column_format(header),
            f"{header} after that epoch"
            + ("." if header in names else ": what the optimiser remembers."),
            [start[header], *_if_run(section, header, stepped)],
            caption=told[header],
        )
        for header in (*names, *section.optimizer_state)
    ]
    held = section.metric_held([_log_leaf(section, name) for name in names])
    columns += [
        _metric_column(section, [held] * 3),
        *(
            _LogColumn(
                header,
                section.column_format(header),
                f"How fast the mean loss changes with {name} there: the mean of de/d{name} over "
                "all rows.",
                [gradients[0][header], *(each[header] for each in gradients)],
                caption=told[header],
            )
            for name, header in zip(names, section.gradients, strict=True)
        ),
    ]
    rates = [rows.rates(dollar=dollar) for dollar in (False, True)]
    columns += [
        _LogColumn(
            header,
            section.column_format(header),
            _RATE_MEANINGS[header],
            [rows.rates(first=True)[header], *_if_run(section, header, rates)],
            caption=told[header],
        )
        for header in section.rate_headers
    ]
    if section.stops:
        columns += _stopping_columns(section)
    word = note(section, 0)
    ran = compared(_log_leaf(section, "epoch"), ">", _log_leaf(section, "epoch", up=1))
    columns.append(_LogColumn(NOTE, "General", _NOTE_MEANING, [word, *[when(ran, word, "")] * 2]))
    columns += [
        _LogColumn(
            header,
            WHOLE,
            f"{header.replace('_', ' by ', 1)}: how many rows have such a derivative, counted "
            "where their mean is 0; else all.",
            [each] * 3,
        )
        for header, each in zip(section.moving, moving(section, 0), strict=False)
    ]
    return columns


def _log_leaf(section: Section, header: str, *, up: int = 0, dollar: bool = False) -> Leaf:
    """Refer to the log's line of epoch 0, or above it; what it holds does not matter."""
    return cell(Formula.cell(section.log_cell(header, -up), fixed_column=dollar))


def _if_run(
    section: Section, header: str, ways: Sequence[Mapping[str, Expression]]
) -> Iterator[Expression]:
    """Yield what a line holds: what is computed where its epoch is run, else the line above."""
    for way, dollar in zip(ways, (False, True), strict=True):
        here, above = (_log_leaf(section, "epoch", up=up, dollar=dollar) for up in (0, 1))
        last = _log_leaf(section, header, up=1, dollar=dollar)
        yield when(compared(here, ">", above), way[header], last)


def _stopping_columns(section: Section) -> Iterator[_LogColumn]:
    """Yield the columns of the stop rules, which go on to the last epoch that is run."""
    lesson = section.lesson
    if lesson.training.min_delta is not None:
        first, later = waiting(section, 0), waiting_on(section, 0)
        for which, column in enumerate(_waiting_columns(section, first)):
            later_here = {column.header: later[which]}
            following = _if_run(section, column.header, [later_here] * 2)
            yield replace(column, lines=[first[which], *following])
    flag = stop_flag(section, 0)
    yield _LogColumn("stop", WHOLE, _STOP_MEANING, [flag] * 3)


def _epoch_lines(section: Section) -> tuple[Expression, ...]:
    """Return what the column of the epochs holds: the last that is run again past it."""
    above = _log_leaf(section, "epoch", up=1)
    if not section.stops:
        return constant(0), *[minimum(above + 1, section.named("epochs_run"))] * 2
    asked = minimum(section.named("epochs") * section.named("clicks"), section.named("capacity"))
    asked = when(section.ready, asked, 0)
    goes_on = compared(_log_leaf(section, "stop", up=1), "=", 0)
    following = when(goes_on, above + 1, above)
    return constant(0), *[when(compared(above, "<", asked), following, above)] * 2


def _computing_table(section: Section, columns: Sequence[_LogColumn]) -> LongTable:
    """Make the lines of a log that is the computation."""
    length = section.lesson.capacity + 1
    flags = [value_of(stop_flag(section, epoch)) for epoch in range(section.epochs_run + 1)]
    values: dict[str, Sequence[Value]] = {
        "stop": [*flags, *flags[-1:] * (length - len(flags))],
        NOTE: notes(section),
    }
    for header, slopes in zip(section.moving, _rows_with_slopes(section), strict=False):
        values[header] = section.run_lines(slopes)
    epoch = _LogColumn("epoch", WHOLE, "", _epoch_lines(section))
    return LongTable(
        first=section.log_cell("epoch", 0),
        length=length,
        columns=tuple(
            TableColumn(
                header=column.header,
                values=values.get(column.header) or section.log_column(column.header).value,
                style=Style(
                    Look.WARNING if column.header == NOTE else Look.RESULT, column.number_format
                ),
                patterns=tuple(column.lines),
            )
            for column in (epoch, *columns)
        ),
        # LibreOffice 7.4 takes some columns of alike formulas for a circle: see `StepRows`.
        kind=lambda line: 1 + line % 2 if line else 0,
    )


def _rows_with_slopes(section: Section) -> Iterator[list[float]]:
    """Yield for each parameter how many rows have a derivative by it, in each line that is run."""
    lesson, used = section.lesson, section.used
    names, states = lesson.model.parameters, section.descent.states
    for which, means in enumerate(section.descent.gradients.values()):
        counts = [float(lesson.n_rows)] * (section.epochs_run + 1)
        for epoch in np.flatnonzero(means[: section.epochs_run + 1] == 0).tolist():
            here = {name: unplaced(v) for name, v in zip(names, states[epoch], strict=True)}
            slopes = used.slopes(lesson.step, {**here, "nudge": section.named("nudge")})
            counts[epoch] = value_of(used.summed(compared(slopes[which], "<>", 0) * 1))
        yield counts


def of_row(section: Section, header: str, epoch: int, row: int) -> Expression:
    """Return what a row of the pass after an epoch holds in a step column, from the log.

    Args:
        section: the section, whose log is the computation.
        header: the column.
        epoch: the epoch, which must have been run.
        row: the row, counted from 1.
    """
    lesson, used = section.lesson, section.used
    method, first = lesson.step, section.used.first(row)
    here = {name: section.on_log(name, epoch) for name in lesson.model.parameters}
    cells: dict[str, Expression] = {
        **{name: section.named(name) for name in lesson.settings},
        **{before(name): section.on_log(name, epoch) for name in section.optimizer_state},
        **{name: used.cell(name, row - 1) for name in (*used.names, "y")},
        **here,
        ROW: constant(row),
        ROWS: constant(lesson.n_rows),
        IN_BATCH: constant(row),
        ENDS: constant(int(row == lesson.n_rows)),
    }
    for column in section.columns:
        if column.once:
            cells[column.name] = section.on_log(section.log_header(column.name), epoch)
    slopes = first.slopes(method, {**cells, **here})
    sums = dict(zip(section.gradients, map(first.summed, slopes), strict=True))
    for column in section.columns:
        if column.name in cells:
            continue
        if column.averages:
            cells[column.name] = sums[column.name] / first.count
        elif column.carried and not column.lasting:
            cells[column.name] = sums["g_" + column.name.removeprefix("sum_")]
        else:
            cells[column.name] = column.compute(cells)
    return cells[header]


def _told(section: Section) -> dict[str, str]:
    """Say how the columns of a log that is the computation are computed, in their own names."""
    lesson = section.lesson
    inputs = given_columns(lesson.model)
    names = (*inputs, *section.optimizer_state, *section.gradients, *lesson.settings, "epoch")
    names += (lesson.metric_name, *section.rate_headers)
    words = {name: Symbol(section.data_label(name)) for name in names}
    held = words[lesson.metric_name]
    rows = EpochRows(section=section, settings=words, cell=lambda name, **_: words[name], held=held)
    slopes = row_slopes(lesson.step.gradient_rule, lesson.model, lesson.step.loss_function, words)
    found = {name: f"line above: {formula_of(each)}" for name, each in rows.stepped().items()}
    found |= {name: str(formula_of(each)) for name, each in rows.rates().items()}
    for header, name, slope in zip(section.gradients, lesson.model.parameters, slopes, strict=True):
        text = f"mean of {formula_of(slope)}"
        found[header] = text if len(text) <= _LONGEST_CAPTION else f"mean of de/d{name}"
    return found


def _put_captions(draft: Draft, section: Section, columns: Sequence[_LogColumn]) -> None:
    """Put over the headers how their columns are computed."""
    for column in columns:
        if column.caption:
            place = section.log_cell(column.header, -2)
            draft.put(place, column.caption, Look.CAPTION)
    lines = max(-(-len(column.caption) // int(_WIDTH)) for column in columns)
    draft.heights[section.log_row - 2] = _CAPTION_HEIGHT * (lines + 1)


def _stop_columns(section: Section, held: _LogColumn) -> list[_LogColumn]:
    """Make the columns of the stop rules, for every epoch there is room for, run or not.

    Args:
        section: the section.
        held: the column of the metric held, which shows only what has been run.
    """
    lesson = section.lesson
    if not section.stops:
        return []
    epochs = range(lesson.capacity + 1)
    columns = [
        replace(
            held,
            header="watched",
            meaning=f"The {lesson.metric_name} held after every epoch there is room for, which the "
            "stop rules look at.",
            early=True,
        )
    ]
    if lesson.training.min_delta is not None:
        found = zip(*(waiting(section, epoch) for epoch in epochs), strict=True)
        columns += _waiting_columns(section, list(found))
    columns.append(
        _LogColumn(
            "stop",
            WHOLE,
            _STOP_MEANING,
            [stop_flag(section, epoch) for epoch in epochs],
            early=True,
        )
    )
    return columns


def _waiting_columns(section: Section, lines: Sequence[Any]) -> Iterator[_LogColumn]:
    """Yield the columns of the best metric so far, and of how long there has been none better."""
    yield _LogColumn(
        "best",
        section.formats.log,
        f"The best {section.lesson.metric_name} so far: it counts as better only by more than "
        "tolerance.",
        lines[0],
        early=True,
    )
    yield _LogColumn(
        "waited",
        WHOLE,
        "For how many epochs there has been none better: patience ends the run.",
        lines[1],
        early=True,
    )


def metric_chart(
    sections: Sequence[Section], area: Block, *, held: bool = False, log_y: bool = False
) -> Chart:
    """Draw the metric by epoch, up to the last epoch run.

    Args:
        sections: whose runs are drawn.
        area: where.
        held: the one held, also where the page mirrors published cells.
        log_y: on a logarithmic axis.
    """
    label = sections[0].lesson.metric_name if held else sections[0].metric_headers[0]
    many = max(section.lesson.capacity for section in sections) > _MOST_POINTS
    return Chart(
        area=area,
        title=f"{label} by epoch",
        x_title="epoch",
        y_title=label,
        series=tuple(
            Series(
                sheet=section.run_on,
                name=label if len(sections) == 1 else section.label,
                x=run_block(section, "epoch"),
                values=run_block(
                    section, section.lesson.metric_name if held else section.metric_headers[0]
                ),
                drawn=Drawn.LINE if many else Drawn.BOTH,
                colour=number,
            )
            for number, section in enumerate(sections)
        ),
        kind=ChartKind.SCATTER,
        log_y=log_y,
    )
