"""The log page: the parameters and the rmse after each epoch, and their chart."""

from sheetgd.cells import Address, ErrorValue, Look
from sheetgd.maths.formula import Formula
from sheetgd.maths.loss import root_of_sum
from sheetgd.pages.numbers import shown
from sheetgd.pages.page import Block, Condition, Draft, Effect, LineChart, Page, Prompt, too_wide
from sheetgd.pages.section import LOG_ROW, Section

EPOCH_COLUMN = 2
CAPACITY = Address(3, 3)

_WIDTH = 13.0
_MEANINGS = {
    "epoch": "How many epochs have been run. Epoch 0 is the start.",
    "learn": "The learning rate the epochs were run with.",
    "rmse": "The root of the sum of error_sq over the NEXT pass through the data, in which the "
    "parameters move from row to row: what the main page shows as rmse.",
}


def log_page(section: Section) -> Page:
    """The log from epoch 0 to the capacity; lines of epochs not yet run show ``#N/A``."""
    lesson, draft, headers = section.lesson, Draft(), _headers(section)
    draft.title("B1", f"{section.main}: epoch by epoch")
    draft.put(
        "B2",
        f"Each line is one epoch. Change epochs and clicks on the page {section.main}, and the "
        "log and its chart follow. Grey lines are still to come.",
        Look.NOTE,
    )
    draft.put("B3", "capacity", Look.LABEL)
    draft.put(CAPACITY, lesson.room, Look.RESULT)
    draft.put("D3", " epochs: more do not fit here; build again with --capacity", Look.NOTE)
    for right, header in enumerate(headers):
        draft.put(Address(LOG_ROW - 1, EPOCH_COLUMN + right), header, Look.HEADER)
    for epoch in range(lesson.room + 1):
        _put_line(draft, section, epoch)
    last = LOG_ROW + lesson.room
    formats = _formats(section)
    block = Block(Address(LOG_ROW, EPOCH_COLUMN), Address(last, EPOCH_COLUMN + len(headers) - 1))
    beside = block.last.column + 2
    chart = Block(Address(LOG_ROW, beside), Address(LOG_ROW + 20, beside + 9))
    return Page(
        title=section.epochs,
        widths={"A": 2.0, "B": 9.0} | dict.fromkeys("CDEF", _WIDTH),
        cells=tuple(draft.cells),
        heights=draft.heights,
        names={f"capacity{section.suffix}": CAPACITY},
        prompts=tuple(
            Prompt(
                Address(LOG_ROW - 1, EPOCH_COLUMN + right),
                header,
                _MEANINGS.get(header, f"{header} after that epoch."),
            )
            for right, header in enumerate(headers)
        ),
        conditions=(
            Condition(block, f"ISNA(${block.last.letters}{LOG_ROW})", Effect.GREY),
            *too_wide(block.without_left(1), formats, _WIDTH),
        ),
        charts=(rmse_chart(section, chart),),
        frozen=Address(LOG_ROW, 1),
        landscape=True,
        header_row=LOG_ROW - 1,
    )


def _put_line(draft: Draft, section: Section, epoch: int) -> None:
    """One epoch's line: read off the first row of the pass that follows it."""
    lesson, descent = section.lesson, section.descent
    row = LOG_ROW + epoch
    ran = epoch <= section.lesson.epochs_run
    draft.put(Address(row, EPOCH_COLUMN), epoch, Look.RESULT, "0")
    first, last = (section.steps_cell("error_sq", epoch + 1, each) for each in (1, lesson.rows))
    sources = [
        Formula.cell(section.steps_cell(name, epoch + 1, 1), sheet=section.steps)
        for name in lesson.model.parameters
    ]
    sources += [
        section.name("learn"),
        root_of_sum(Formula.range(first, last, fixed=False, sheet=section.steps)),
    ]
    values = (*descent.states[epoch], lesson.learn, descent.rmse[epoch])
    formats = _formats(section)
    shown_yet = Formula.cell(Address(row, EPOCH_COLUMN), fixed_column=True).compared(
        "<=", section.name("epochs_run")
    )
    for right, (source, value, number_format) in enumerate(
        zip(sources, values, formats, strict=True), start=1
    ):
        draft.put(
            Address(row, EPOCH_COLUMN + right),
            shown(value) if ran else ErrorValue.NOT_AVAILABLE,
            Look.RESULT,
            number_format,
            formula=Formula.call("IF", shown_yet, source, Formula.call("NA")),
        )


def _headers(section: Section) -> tuple[str, ...]:
    return ("epoch", *section.lesson.model.parameters, "learn", "rmse")


def _formats(section: Section) -> tuple[str, ...]:
    """The number formats of the log's columns after the epoch."""
    return (*section.display.parameters, "General", section.display.log)


def log_range(section: Section, header: str) -> Formula:
    """A column of the log."""
    block = _log_column(section, header)
    return Formula.range(block.first, block.last, sheet=section.epochs)


def _log_column(section: Section, header: str) -> Block:
    column = EPOCH_COLUMN + _headers(section).index(header)
    return Block(Address(LOG_ROW, column), Address(LOG_ROW + section.lesson.room, column))


def rmse_chart(section: Section, area: Block) -> LineChart:
    """The line of rmse by epoch, for any page that wants to show it."""
    values = _log_column(section, "rmse")
    return LineChart(
        area=area,
        title="rmse by epoch",
        x_title="epoch",
        y_title="rmse",
        sheet=section.epochs,
        header=values.first.moved(down=-1),
        categories=_log_column(section, "epoch"),
        values=values,
    )
