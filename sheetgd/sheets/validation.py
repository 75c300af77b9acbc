"""Validation: the rows that are held back, how well they are predicted, and after which epoch best.

No step sees these rows. Both curves, of the rows that steps are made by and of these, stand in one
chart: where the second turns up while the first still falls, rows are learned by heart.
"""

from collections.abc import Iterator
from typing import Final

from sheetgd.expression.excel import Address
from sheetgd.expression.sheet_cells import compared, index, match, minimum, when
from sheetgd.expression.tree import Expression
from sheetgd.sheets.cells import Block, Look
from sheetgd.sheets.epochs import metric_chart
from sheetgd.sheets.printing import printed
from sheetgd.sheets.rows import COMPLETE, Used, held_out_rows, used_page
from sheetgd.sheets.run_data import run_column
from sheetgd.sheets.section import Section
from sheetgd.sheets.sheet import Accepts, Draft, Input, Page, hidden
from sheetgd.sheets.words import WHOLE

TITLE: Final = "Validation"
_FACTS, _FIRST = 4, 14
_WIDTH = 14.0


def validation_pages(section: Section) -> Iterator[tuple[Page, str]]:
    """Make the page, and the one of its complete rows; none where no row is held back."""
    used = held_out_rows(section.lesson)
    if used is None:
        return
    names = (*section.lesson.model.inputs, "y")
    formats = {name: section.column_format(name) for name in names}
    yield _page(section, used), "rows that no step sees, and how well they are predicted"
    rows = used_page(
        used,
        lambda name, row: Address(_FIRST + row, 2 + names.index(name)),
        formats=formats,
        reconstructed=frozenset(),
        label=section.data_label,
        main=TITLE,
    )
    told = f"the rows of the page {TITLE} that are complete"
    yield hidden(rows), told


def _page(section: Section, used: Used) -> Page:
    """Make the page itself."""
    draft, lesson = Draft(), section.lesson
    names, parameters = (*lesson.model.inputs, "y"), lesson.model.parameters
    headers = ["row", *map(section.data_label, names), "y_pred", "error"]
    last = Address(_FIRST + used.rows - 1, len(headers))
    draft.title("A1", f"{section.main}: rows held back for validation")
    text = (
        "No step is made by these rows; they only tell how good the model is at what it has not "
        "seen. As long as their curve falls, too, the model learns something that holds beyond its "
        "own rows. Where it turns up and the other one still falls, it learns those by heart."
    )
    draft.paragraph(f"A2:{Address(2, 8)}", text, 8 * _WIDTH)
    _put_facts(draft, section)
    for right, header in enumerate(headers):
        draft.put(Address(_FIRST - 1, 1 + right), header, Look.HEADER)
    now = [section.named(f"now_{name}") for name in parameters]
    columns = (*used.data.inputs, used.data.y)
    for row in range(used.rows):
        place = Address(_FIRST + row, 1)
        draft.put(place, row + 1, Look.RESULT, WHOLE)
        for right, (name, values) in enumerate(zip(names, columns, strict=True), start=1):
            there = place.moved(right=right)
            draft.put(there, float(values[row]), Look.INPUT, section.column_format(name))
        given = [used.cell(name, row) for name in names]
        predicted = section.lesson.model.predict(given[:-1], now)
        place = place.moved(right=len(names) + 1)
        shape = section.column_format("y_pred")
        shown = draft.show(place, _complete(used, row, predicted), Look.RESULT, shape)
        off = _complete(used, row, shown - given[-1])
        draft.show(place.moved(right=1), off, Look.RESULT, shape)
    typed = Block(Address(_FIRST, 2), Address(last.row, 1 + len(names)))
    beside = len(headers) + 2
    chart = Block(Address(_FIRST - 1, beside), Address(_FIRST + 19, beside + 6))
    page = Page(
        title=TITLE,
        widths={Address(1, column).letters: _WIDTH for column in range(1, beside + 7)},
        cells=tuple(draft.cells),
        heights=draft.heights,
        merged=tuple(draft.merged),
        inputs=(Input(typed, Accepts.NUMBER, "A row held back", "Its numbers, as observed."),),
        charts=(metric_chart((section,), chart, held=True),),
        frozen=Address(_FIRST, 1),
        landscape=True,
        header_row=_FIRST - 1,
    )
    return printed(page, last=max(last.row, chart.last.row), most=2)


def _complete(used: Used, row: int, value: Expression) -> Expression:
    return when(compared(used.cell(COMPLETE, row), "=", 1), value, "")


def _put_facts(draft: Draft, section: Section) -> None:
    """Put where the run stands, and the epoch after which these rows are predicted best."""
    lesson, log = section.lesson, section.formats.log
    name = lesson.validation_name
    column = run_column(section, name)
    facts = {
        "epochs run": (section.named("epochs_run"), WHOLE),
        f"{lesson.metric_name} now": (section.in_log(lesson.metric_name), log),
        f"{name} now": (section.in_log(name), log),
        f"lowest {name}": (minimum(column), log),
    }
    for down, (label, (fact, shape)) in enumerate(facts.items()):
        draft.put(Address(_FACTS + down, 1), label, Look.LABEL)
        shown = draft.show(Address(_FACTS + down, 2), fact, Look.RESULT, shape)
    place = Address(_FACTS + len(facts), 2)
    draft.put(place.moved(right=-1), "after epoch", Look.LABEL)
    best = draft.show(place, match(shown, column) - 1, Look.KEY_RESULT, WHOLE)
    for right, parameter in enumerate(lesson.model.parameters, start=2):
        draft.put(place.moved(down=1, right=right - 2), f"{parameter} then", Look.HEADER)
        draft.show(
            place.moved(down=2, right=right - 2),
            index(section.log_column(parameter), best + 1),
            Look.RESULT,
            section.log_format(parameter),
        )
