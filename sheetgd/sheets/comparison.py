"""Comparison: a lesson and its variants side by side."""

from collections.abc import Sequence

from sheetgd.expression.excel import Address
from sheetgd.expression.sheet_cells import cell
from sheetgd.sheets.cells import Block, Look
from sheetgd.sheets.epoch_rows import once_in_pass
from sheetgd.sheets.epochs import metric_chart
from sheetgd.sheets.printing import printed
from sheetgd.sheets.section import Section
from sheetgd.sheets.sheet import (
    Condition,
    Draft,
    Page,
    even_widths,
    nothing_where_missing,
    too_wide,
)
from sheetgd.sheets.words import WHOLE, far_apart

TITLE = "Comparison"
NARROWEST = 13.0
_CHART = Block.parse("B4:K24")
_STANDING_ROW = 27
_MOST_SHEETS = 2
_MOST_LINES = 100
_LONGEST = 30
"""So many rows of a pass are shown side by side."""


def comparison_page(sections: Sequence[Section]) -> Page:
    """Make the page of all sections' metrics by epoch, where each stands, and the next pass."""
    draft, base = Draft(), sections[0]
    width = max(NARROWEST, *(len(section.label) + 2.0 for section in sections))
    draft.title("B1", "Side by side")
    draft.put("B2", base.text("comparison"), Look.NOTE)
    row = _put_standing(draft, sections, _STANDING_ROW)
    # As far as the chart and the line of where each stands go.
    last = max(_CHART.last.column, 5 + len(base.lesson.model.parameters))
    tables = []
    for header in base.lesson.display.compared:
        tables.append(row + 2)
        row = _put_compared(draft, sections, header, row + 2)
    first = row + 4
    conditions = _put_epochs(draft, sections, first, width)
    page = Page(
        title=TITLE,
        widths=even_widths(width, last),
        cells=tuple(draft.cells),
        heights=draft.heights,
        conditions=conditions,
        charts=(metric_chart(sections, _CHART, log_y=_far_apart(sections)),),
        tab="ED7D31",
    )
    parts = (1, _STANDING_ROW - 1, *tables, first - 1)
    ran = max(section.epochs_run for section in sections)
    lines = sum(epoch <= ran for epoch in shown_epochs(sections))
    return printed(page, [parts], last=first + lines, most=_MOST_SHEETS)


def shown_epochs(sections: Sequence[Section]) -> Sequence[int]:
    """List the epochs whose metrics stand side by side: logs with a row an epoch may be long."""
    capacity = max(section.lesson.capacity for section in sections)
    step = -(-capacity // _MOST_LINES) if all(each.by_epoch for each in sections) else 1
    return [*range(0, capacity, step), capacity]


def _far_apart(sections: Sequence[Section]) -> bool:
    """Tell whether the sections' metrics, as far as they are run, are far apart."""
    return far_apart(
        value
        for section in sections
        for value in section.descent.metric_values[: section.epochs_run + 1]
    )


def _put_standing(draft: Draft, sections: Sequence[Section], row: int) -> int:
    """Put a line for each section: its settings, and where it stands; return the last row."""
    lesson = sections[0].lesson
    names = [*lesson.model.parameters]
    headers = ["", "learn", "epochs run", *names, lesson.metric_name]
    draft.put(Address(row - 1, 2), "Where each stands now", Look.HEADING)
    draft.headers(Address(row, 2), headers)
    for down, section in enumerate(sections, start=1):
        place = Address(row + down, 2)
        draft.put(place, section.label, Look.LABEL)
        learn = section.on_main(section.setting("learn"), "learn")
        draft.show(place.moved(right=1), learn, Look.RESULT)
        run = section.on_main(section.epochs_run_cell, "epochs_run")
        draft.show(place.moved(right=2), run, Look.RESULT, WHOLE)
        for which, name in enumerate(names):
            if name not in section.lesson.model.parameters:
                continue
            there = section.lesson.model.parameters.index(name)
            now = section.on_main(section.now(there), f"now_{name}")
            number_format = section.formats.parameters[there]
            draft.show(place.moved(right=3 + which), now, Look.RESULT, number_format)
        held = section.in_log(section.lesson.metric_name)
        draft.show(place.moved(right=3 + len(names)), held, Look.KEY_RESULT, section.formats.log)
    return row + len(sections)


def _put_compared(draft: Draft, sections: Sequence[Section], header: str, row: int) -> int:
    """Put a step column of the next pass, a column for each section that has it."""
    by_rows = [section for section in sections if header in section.main_headers]
    standing = ((section.label, once_in_pass(section)) for section in sections)
    once = {label: found[header] for label, found in standing if header in found}
    draft.put(Address(row, 2), f"{header} in the pass that comes next", Look.HEADING)
    draft.put(Address(row + 1, 2), "row", Look.HEADER)
    rows = min(_LONGEST, sections[0].lesson.n_rows) if by_rows else 0
    for number in range(1, rows + 1):
        draft.put(Address(row + 1 + number, 2), number, Look.RESULT, WHOLE)
    if once:
        draft.put(Address(row + 2 + rows, 2), "all", Look.RESULT)
    having = [section for section in sections if section in by_rows or section.label in once]
    for right, section in enumerate(having, start=1):
        draft.put(Address(row + 1, 2 + right), section.label, Look.HEADER)
        if section.label in once:
            place, shape = Address(row + 2 + rows, 2 + right), section.column_format(header)
            draft.show(place, once[section.label], Look.RESULT, shape)
            continue
        values = section.main_range(header).value
        for number in range(1, rows + 1):
            source = Address(section.layout.step + number - 1, section.main_column(header))
            there = cell(source, values[number - 1], sheet=section.main)
            place = Address(row + 1 + number, 2 + right)
            draft.show(place, there, Look.RESULT, section.column_format(header))
    return row + 1 + rows + bool(once)


def _put_epochs(
    draft: Draft, sections: Sequence[Section], row: int, width: float
) -> tuple[Condition, ...]:
    """Put the metrics by epoch, a column for each section; return what the block looks like."""
    label = sections[0].lesson.metric_name
    epochs = shown_epochs(sections)
    step = epochs[1]
    often = "by epoch" if step == 1 else f"every {step} epochs"
    draft.put(Address(row - 1, 2), f"{label} {often}", Look.HEADING)
    words = (
        "Printed are the epochs run when this workbook was built, on "
        f"{_MOST_SHEETS} sheets of paper at most."
    )
    draft.put(Address(row - 1, 5), words, Look.NOTE)
    draft.put(Address(row, 2), "epoch", Look.HEADER)
    for down, epoch in enumerate(epochs, start=1):
        draft.put(Address(row + down, 2), epoch, Look.RESULT, WHOLE)
    for right, section in enumerate(sections, start=1):
        draft.put(Address(row, 2 + right), section.label, Look.HEADER)
        header = section.lesson.metric_name
        for down, epoch in enumerate(epochs, start=1):
            if epoch > section.lesson.capacity:
                break
            place = Address(row + down, 2 + right)
            draft.show(place, section.on_log(header, epoch), Look.RESULT, section.formats.log)
    first = Address(row + 1, 3)
    block = Block(first, Address(row + len(epochs), 2 + len(sections)))
    formats = [section.formats.log for section in sections]
    return (nothing_where_missing(block), *too_wide(block, formats, width))
