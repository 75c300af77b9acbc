"""Epochs: the parameters and the metric after each epoch, and their chart."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sheetgd.descent.loss import Score
from sheetgd.descent.step import RATE, started
from sheetgd.expression.excel import Address
from sheetgd.expression.sheet_cells import Given, compared, constant, not_available, when
from sheetgd.expression.tree import Expression
from sheetgd.sheets.cells import Block, Look
from sheetgd.sheets.printing import printed
from sheetgd.sheets.run_data import (
    held_after,
    note,
    passing_after,
    put_bound,
    run_block,
    stop_flag,
    waiting,
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
from sheetgd.sheets.words import WHOLE

CAPACITY = Address(3, 3)

_WIDTH = 13.0
_NOTE_WIDTH = 30.0
_MOST_POINTS = 60
_MOST_SHEETS = 2


@dataclass(frozen=True, slots=True)
class _LogColumn:
    """A column of the log: its header, number format and meaning, then what each line holds.

    What is not `early` shows only once its epoch has been run.
    """

    header: str
    number_format: str
    meaning: str
    lines: Sequence[Given]
    early: bool = False


def epochs_page(section: Section) -> Page:
    """Make the log from epoch 0 to the capacity; epochs not yet run show ``#N/A``."""
    lesson, draft = section.lesson, Draft()
    columns = _columns(section)
    draft.title("B1", f"{section.main}: epoch by epoch")
    draft.put(
        "B2",
        f"Each line is one epoch. Change epochs and clicks on the page {section.source.main}, and "
        "the log and its chart follow. Lines still to come show nothing. "
        f"Printed are those run when this workbook was built, on {_MOST_SHEETS} sheets of paper at "
        "most.",
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
        draft.put(Address(LOG_ROW - 1, EPOCH_COLUMN + right), header, Look.HEADER)
    for epoch in range(lesson.capacity + 1):
        _put_line(draft, section, columns, epoch)
    last = Address(LOG_ROW + lesson.capacity, EPOCH_COLUMN + len(columns))
    block = Block(Address(LOG_ROW, EPOCH_COLUMN), last)
    put_bound(draft, section)
    beside = last.column + 2
    chart = Block(Address(LOG_ROW, beside), Address(LOG_ROW + 20, beside + 9))
    letters = [Address(1, EPOCH_COLUMN + right).letters for right in range(1, len(columns) + 1)]
    noted = Block(section.log_cell(NOTE, 0), section.log_cell(NOTE, lesson.capacity))
    epochs_run = section.named("epochs_run").formula
    page = Page(
        title=section.epochs,
        widths={"A": 2.0, "B": 15.0}
        | dict.fromkeys(letters, _WIDTH)
        | {noted.first.letters: _NOTE_WIDTH},
        cells=tuple(draft.cells),
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
            Condition(block, f"${block.first}>{epochs_run}", Effect.NOTHING),
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
    summary = lesson.step.metric_function.summary
    summary = summary[0].upper() + summary[1:]
    metrics = {
        lesson.metric_name: _LogColumn(
            lesson.metric_name,
            section.formats.log,
            f"{summary}, over all rows, with the parameters held as they stand after that epoch.",
            [held_after(section, epoch) for epoch in epochs],
        ),
        f"{lesson.metric_name}_pass": _LogColumn(
            f"{lesson.metric_name}_pass",
            section.formats.log,
            f"{summary}, over the NEXT pass through the data, in which the parameters move on.",
            [passing_after(section, epoch) for epoch in epochs],
        ),
    }
    if lesson.step.score is not None:
        metrics[lesson.method.metric] = _score_column(section, lesson.step.score)
    columns += [metrics[header] for header in section.metric_headers]
    columns += _stop_columns(section, metrics[lesson.metric_name])
    columns.append(
        _LogColumn(
            NOTE,
            "General",
            "Whether the run diverges or stands still here, or a stop rule ends it.",
            [note(section, epoch) for epoch in epochs],
        )
    )
    return columns


def _score_column(section: Section, score: Score) -> _LogColumn:
    """Make the column of what is shown and not judged by."""
    used, model = section.used, section.lesson.model
    lines = []
    for epoch in range(section.lesson.capacity + 1):
        state = [section.state_after(name, epoch) for name in model.parameters]
        lines.append(
            score.of(model, used.inputs, used.y, state, rows=used.count, summed=used.summed)
        )
    return _LogColumn(
        score.name,
        "0.0000",
        f"{score.summary[0].upper()}{score.summary[1:]}: more is better. It is only shown: epochs "
        f"are judged by {section.lesson.metric_name}.",
        lines,
    )


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
        best, waited = zip(*(waiting(section, epoch) for epoch in epochs), strict=True)
        columns += [
            _LogColumn(
                "best",
                section.formats.log,
                f"The best {lesson.metric_name} so far: it counts as better only by more than "
                "tolerance.",
                best,
                early=True,
            ),
            _LogColumn(
                "waited",
                WHOLE,
                "For how many epochs there has been none better: patience ends the run.",
                waited,
                early=True,
            ),
        ]
    columns.append(
        _LogColumn(
            "stop",
            WHOLE,
            "1 where a stop rule ends the run, else 0.",
            [stop_flag(section, epoch) for epoch in epochs],
            early=True,
        )
    )
    return columns


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
                sheet=section.run,
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
