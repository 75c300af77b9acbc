"""Epochs: the parameters and the metric after each epoch, and their chart.

Where all rows are one batch, the log is the computation: a line has the parameters, the metric
there and the gradient there, each derivative one sum over the data, and the next line steps by it.
Lines past the epochs that are run repeat the last one, for charts and sums, and show nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from sheetgd.descent.gradient import penalty_slope
from sheetgd.descent.step import (
    RATE,
    WATCHED,
    started,
)
from sheetgd.expression.excel import Address, ErrorValue, Value
from sheetgd.expression.sheet_cells import (
    Given,
    compared,
    constant,
    not_available,
    unplaced,
    value_of,
    when,
)
from sheetgd.expression.tree import Expression
from sheetgd.sheets.cells import Block, LongTable, Look, Style, TableColumn, shown
from sheetgd.sheets.epoch_rows import EpochRows, epoch_lines, if_run, log_leaf, told
from sheetgd.sheets.printing import printed
from sheetgd.sheets.rows import held_out_rows
from sheetgd.sheets.run_data import (
    held_after,
    note,
    notes,
    passing_after,
    put_bound,
    rows_that_move,
    run_block,
    stop_flag,
    validated_after,
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
from sheetgd.sheets.words import MEANINGS, WHOLE

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
_MOVING_MEANING = "How many rows have such a slope, counted where the whole slope is 0; else all."
_HELD_BACK = "The metric over the rows that are held back, on the page Validation."
_STOP_MEANING = "1 where a stop rule ends the run, else 0."
_EACH = (
    ": where one stands, the gradient there, and from that where the next line stands. Each "
    "derivative is a mean over all rows of the data"
)
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
    if not section.by_epoch:
        words = " epochs: more do not fit here; for more, build a new workbook with more room"
        draft.put("D3", words, Look.NOTE)
    for right, header in enumerate(["epoch", *(column.header for column in columns)]):
        draft.put(Address(LOG_ROW - 1, EPOCH_COLUMN + right), header, Look.HEADER)
    if section.by_epoch:
        _put_captions(draft, section, columns)
    for epoch in range(0 if section.by_epoch else lesson.capacity + 1):
        _put_line(draft, section, columns, epoch)
    last = Address(LOG_ROW + lesson.capacity, EPOCH_COLUMN + len(columns))
    block = Block(Address(LOG_ROW, EPOCH_COLUMN), last)
    put_bound(draft, section)
    beside = last.column + 2
    chart = Block(Address(LOG_ROW, beside), Address(LOG_ROW + 20, beside + 9))
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
                Address(LOG_ROW - 1, EPOCH_COLUMN),
                "epoch",
                "How many epochs have been run. Epoch 0 is the start.",
            ),
            *(
                Prompt(Address(LOG_ROW - 1, EPOCH_COLUMN + right), column.header, column.meaning)
                for right, column in enumerate(columns, start=1)
            ),
        ),
        conditions=(
            *too_wide(block.without_left(1), [column.number_format for column in columns], _WIDTH),
            Condition(block, late, Effect.NOTHING),
            Condition(noted, f'{noted.first}<>""', Effect.RED),
        ),
        charts=(metric_chart((section,), chart),),
        frozen=Address(LOG_ROW, 1),
        landscape=True,
        header_row=LOG_ROW - 1,
    )
    lines = LOG_ROW + section.epochs_run
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
    if lesson.step.score is not None:
        states = [
            [section.state_after(name, epoch) for name in lesson.model.parameters]
            for epoch in epochs
        ]
        metrics[lesson.method.metric] = _score_column(section, _scores(section, states))
    columns += [metrics[header] for header in section.metric_headers]
    if lesson.held_out is not None:
        columns.append(
            _LogColumn(
                lesson.validation_name,
                section.formats.log,
                _HELD_BACK,
                [validated_after(section, epoch) for epoch in epochs],
            )
        )
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


def _score_column(section: Section, lines: Sequence[Given]) -> _LogColumn:
    """Make the column of what is shown and not judged by."""
    score = section.lesson.step.score
    assert score is not None  # noqa: S101  whoever asks shows one
    return _LogColumn(
        score.name,
        "0.0000",
        f"{score.summary[0].upper()}{score.summary[1:]}: more is better. It is only shown: epochs "
        f"are judged by {section.lesson.metric_name}.",
        lines,
    )


def _scores(section: Section, states: Sequence[Sequence[Expression]]) -> list[Expression]:
    """Compute the score with the parameters held at some states."""
    used, model, score = section.used, section.lesson.model, section.lesson.step.score
    assert score is not None  # noqa: S101  the same
    return [
        score.of(model, used.inputs, used.y, state, rows=used.count, summed=used.summed)
        for state in states
    ]


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


def _computing_columns(section: Section) -> list[_LogColumn]:
    """List the columns of a log that is the computation, after the epoch."""
    lesson, names = section.lesson, section.lesson.model.parameters
    settings = {name: section.named(name) for name in lesson.settings}
    rows = EpochRows(
        section=section,
        settings=settings,
        cell=partial(log_leaf, section),
        held=log_leaf(section, section.log_header(WATCHED)),
    )
    start = {name: section.start_if_ready(name) for name in names}
    start |= {name: _remembered_at_start(section, name) for name in section.optimizer_state}
    stepped = [rows.stepped(dollar=dollar) for dollar in (False, True)]
    gradients = [rows.gradients(dollar=dollar) for dollar in (False, True)]
    words = told(section)
    columns = [
        _LogColumn(
            header,
            section.formats.parameters[names.index(header)]
            if header in names
            else section.column_format(header),
            f"{header} after that epoch"
            + ("." if header in names else ": what the optimiser remembers."),
            [start[header], *if_run(section, header, stepped)],
            caption=words[header],
        )
        for header in (*names, *section.optimizer_state)
    ]
    held = section.metric_held([log_leaf(section, name) for name in names])
    ran = compared(log_leaf(section, "epoch"), ">", log_leaf(section, "epoch", up=1))
    late = when(ran, held, not_available())
    there = {section.run_metric: log_leaf(section, lesson.metric_name)}
    metrics = {
        lesson.metric_name: _metric_column(section, [held, late, late]),
        section.run_metric: _LogColumn(
            section.run_metric,
            section.formats.log,
            f"{_summary(section)}, over the NEXT pass: until its one step nothing moves.",
            [there[section.run_metric], *if_run(section, section.run_metric, [there] * 2)],
        ),
    }
    if lesson.step.score is not None:
        (found,) = _scores(section, [[log_leaf(section, name) for name in names]])
        lines = [found, *[when(ran, found, not_available())] * 2]
        metrics[lesson.method.metric] = _score_column(section, lines)
    columns += [metrics[header] for header in section.metric_headers]
    columns += [
        *(
            _LogColumn(
                header,
                section.column_format(header),
                f"How fast the mean loss changes with {name} there: the mean of de/d{name} over "
                "all rows.",
                [gradients[0][header], *(each[header] for each in gradients)],
                caption=words[header],
            )
            for name, header in zip(names, section.gradients, strict=True)
        ),
    ]
    if lesson.held_out is not None:
        here = [log_leaf(section, name) for name in names]
        validated = section.metric_held(here, used=held_out_rows(lesson))
        name, shape = lesson.validation_name, section.formats.log
        columns.append(_LogColumn(name, shape, _HELD_BACK, [validated] * 3))
    rates = [rows.rates(dollar=dollar) for dollar in (False, True)]
    columns += [
        _LogColumn(
            header,
            section.column_format(header),
            _RATE_MEANINGS[header],
            [rows.rates(first=True)[header], *if_run(section, header, rates)],
            caption=words[header],
        )
        for header in section.rate_headers
    ]
    if section.stops:
        columns += _stopping_columns(section)
    word = note(section, 0)
    columns.append(_LogColumn(NOTE, "General", _NOTE_MEANING, [word, *[when(ran, word, "")] * 2]))
    counts = (
        when(compared(mean, "=", 0), found, section.named("rows"))
        for mean, found in rows_that_move(section, 0)
    )
    columns += [
        _LogColumn(header, WHOLE, _MOVING_MEANING, [each] * 3)
        for header, each in zip(section.moving, counts, strict=False)
    ]
    return columns


def _stopping_columns(section: Section) -> Iterator[_LogColumn]:
    """Yield the columns of the stop rules, which go on to the last epoch that is run."""
    lesson = section.lesson
    if lesson.training.min_delta is not None:
        first, later = waiting(section, 0), waiting_on(section, 0)
        for which, column in enumerate(_waiting_columns(section, first)):
            later_here = {column.header: later[which]}
            following = if_run(section, column.header, [later_here] * 2)
            yield replace(column, lines=[first[which], *following])
    flag = stop_flag(section, 0)
    yield _LogColumn("stop", WHOLE, _STOP_MEANING, [flag] * 3)


def _computing_table(section: Section, columns: Sequence[_LogColumn]) -> LongTable:
    """Make the lines of a log that is the computation."""
    length = section.lesson.capacity + 1
    flags = [value_of(stop_flag(section, epoch)) for epoch in range(section.epochs_run + 1)]
    values: dict[str, Sequence[Value]] = {
        "stop": [*flags, *flags[-1:] * (length - len(flags))],
        NOTE: notes(section),
    }
    values |= zip(section.moving, _counts(section), strict=False)
    if section.lesson.step.score is not None:
        scores = [*map(shown, section.descent.scores[: section.epochs_run + 1])]
        missing: list[Value] = [ErrorValue.NOT_AVAILABLE] * (length - len(scores))
        values[section.lesson.method.metric] = [*scores, *missing]
    epoch = _LogColumn("epoch", WHOLE, "", epoch_lines(section))
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


def _counts(section: Section) -> Iterator[list[Value]]:
    """Yield what the columns of `Section.moving` hold, one after the other."""
    lesson, used, run = section.lesson, section.used, section.epochs_run + 1
    method, settings = lesson.step, {**lesson.settings}
    states, slopes = section.descent.states, section.descent.gradients
    for which, name in enumerate(lesson.model.parameters):
        counts = [float(lesson.n_rows)] * run
        for epoch, (state, mean) in enumerate(zip(states[:run], slopes[name], strict=False)):
            pull = penalty_slope(state[which], settings) if name in method.penalized else 0.0
            if mean + pull == 0:
                here = dict(zip(lesson.model.parameters, map(unplaced, state), strict=True))
                given = {"nudge": unplaced(lesson.training.difference_step), **here}
                whole = used.slopes(method, given)[which] + pull
                counts[epoch] = value_of(used.summed(compared(whole, "<>", 0) * 1))
        yield section.run_lines(counts)


def _put_captions(draft: Draft, section: Section, columns: Sequence[_LogColumn]) -> None:
    """Put over the headers how their columns are computed."""
    for column in columns:
        if column.caption:
            place = section.log_cell(column.header, -2)
            draft.put(place, column.caption, Look.CAPTION)
    lines = max(-(-len(column.caption) // int(_WIDTH)) for column in columns)
    draft.heights[LOG_ROW - 2] = _CAPTION_HEIGHT * (lines + 1)


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
    first = sections[0]
    validated = [
        Series(
            sheet=first.run_on,
            name=first.lesson.validation_name,
            x=run_block(first, "epoch"),
            values=run_block(first, first.lesson.validation_name),
            drawn=Drawn.DASHED,
            colour=1,
        )
        for _ in sections
        if len(sections) == 1 and first.lesson.held_out is not None
    ]
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
        )
        + tuple(validated),
        kind=ChartKind.SCATTER,
        log_y=log_y,
    )
