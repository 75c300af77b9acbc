"""Check: every published or known number beside the live one."""

from collections.abc import Mapping, Sequence

from sheetgd.descent.rate_verdict import NOT_RUN
from sheetgd.errors import LessonError, did_you_mean
from sheetgd.expression.excel import Address, Value
from sheetgd.expression.functions import absolute
from sheetgd.expression.sheet_cells import cell, compared, count_if, if_error, rounded, when
from sheetgd.expression.tree import Expression
from sheetgd.lesson.checks import check_expected
from sheetgd.lesson.values import Expected
from sheetgd.original import PublishedCell, published_cells
from sheetgd.sheets.cells import Block, Look
from sheetgd.sheets.epoch_rows import of_row
from sheetgd.sheets.printing import printed
from sheetgd.sheets.run_data import held_after
from sheetgd.sheets.section import (
    ACTUAL_COLUMN,
    EXAMPLE_COLUMN,
    GRID_COLUMN,
    NOW_COLUMN,
    START_COLUMN,
    Section,
)
from sheetgd.sheets.sheet import Condition, Draft, Effect, Page, nothing_where_missing
from sheetgd.sheets.words import WHOLE

TITLE = "Check"
FIRST_ROW = 8
_FIRST_COLUMN, _MATCH_COLUMN = 2, 8
_SAME_COUNT, _DIFFERENT_COUNT, _COMPARED_COUNT = (Address(5, column) for column in (3, 5, 7))
_HEADERS = ("block", "cell", "what it is", "published", "decimals", "live, rounded", "match")
_EXAMPLE_FIELDS = {
    "data": ("x", "y"),
    "prediction": ("x", "y_pred"),
    "squared_error": ("y", "y_pred", "(y_pred-y)^2"),
}
_MOST_SHEETS = 4
"""So many sheets of paper the page is printed on at most."""

SAME, DIFFERENT = "same", "different"


def place_of(cell: PublishedCell, section: Section) -> Address:
    """Find where a published cell stands on our page: in the same row, in the same table."""
    if cell.table in _EXAMPLE_FIELDS:
        return Address(cell.row, EXAMPLE_COLUMN + _EXAMPLE_FIELDS[cell.table].index(cell.field))
    if cell.field == "rmse":
        return section.example_metric if cell.table == "labels" else section.metric_cell
    if cell.table == "labels":
        return Address(cell.row, EXAMPLE_COLUMN + 1)
    if cell.table == "rmse_grid":
        _, across = section.grid
        return Address(cell.row, GRID_COLUMN + across.index(float(cell.field.partition("b=")[2])))
    if cell.table == "descent":
        return Address(cell.row, section.main_column(cell.field))
    return _control_of(cell, section)


def _control_of(cell: PublishedCell, section: Section) -> Address:
    """Find where a cell of the published controls stands."""
    if cell.field in section.settings:
        return section.setting(cell.field)
    name, _, kind = cell.field.partition("_")
    columns = {"start": START_COLUMN, "actual": ACTUAL_COLUMN, "guess": NOW_COLUMN}
    row = section.layout.control + section.lesson.model.parameters.index(name)
    return Address(row, columns[kind])


def check_page(section: Section, main: Page) -> Page:
    """Make the page that checks the published cells against the page that mirrors them.

    Args:
        section: the section under the published rule.
        main: its main page, whose values are looked up.
    """
    values = {cell.address: cell.value for cell in main.all_cells()}
    draft = Draft()
    _put_opening(
        draft,
        section,
        "Check: the published cells against this workbook",
        "Each line compares a number that the original shows with the live cell on the page "
        f"{section.main}, rounded to the same decimals.",
        _HEADERS,
    )
    try:
        for last, each in enumerate(published_cells(), FIRST_ROW):
            _put_line(draft, section, each, last, values)
    except (KeyError, ValueError):
        raise LessonError(
            f"published is for the page of the lesson original, and here that has no {each.table} "
            f"in row {each.row}: leave published out, or what is otherwise"
        ) from None
    column = Block(Address(FIRST_ROW, _MATCH_COLUMN), Address(last, _MATCH_COLUMN))
    _put_counts(draft, column)
    table = Block(Address(FIRST_ROW - 1, _FIRST_COLUMN), Address(last, _MATCH_COLUMN))
    return printed(
        Page(
            title=TITLE,
            widths={
                "A": 2.0,
                "B": 16.0,
                "C": 8.0,
                "D": 18.0,
                "E": 12.0,
                "F": 13.0,
                "G": 17.0,
                "H": 11.0,
            },
            cells=tuple(draft.cells),
            heights=draft.heights,
            conditions=(
                _in_red(column),
                Condition(Block.cell(_DIFFERENT_COUNT), f"{_DIFFERENT_COUNT}>0", Effect.RED),
            ),
            frozen=Address(FIRST_ROW, 1),
            filtered=table,
            header_row=FIRST_ROW - 1,
            tab="70AD47",
            sheets=_MOST_SHEETS,
        )
    )


def _put_opening(
    draft: Draft, section: Section, title: str, note: str, headers: Sequence[str]
) -> None:
    """Put the title of a check page, what it is for, and the headers of its table."""
    draft.title("B1", title)
    draft.put("B2", note, Look.NOTE)
    draft.put(
        "B3",
        f"Change an input on {section.main} and see which of them move; undo, and all agree again.",
        Look.NOTE,
    )
    draft.headers(Address(FIRST_ROW - 1, _FIRST_COLUMN), headers)


def _put_counts(draft: Draft, column: Block) -> None:
    """Put how many lines are the same, how many different, and how many there are."""
    for place, outcome in ((_SAME_COUNT, SAME), (_DIFFERENT_COUNT, DIFFERENT)):
        draft.labelled(place, outcome, count_if(draft.over(column), outcome), Look.KEY_RESULT, "0")
    both = draft.at(_SAME_COUNT) + draft.at(_DIFFERENT_COUNT)
    draft.labelled(_COMPARED_COUNT, "compared", both, Look.KEY_RESULT, "0")


def _in_red(matches: Block) -> Condition:
    """Show the lines that differ in red."""
    first = matches.first
    body = Block(Address(first.row, _FIRST_COLUMN), matches.last)
    return Condition(body, f'${first}="{DIFFERENT}"', Effect.RED)


def _match(agrees: Expression) -> Expression:
    """Tell whether a line agrees; an error in the live cell is a difference, no error here."""
    return if_error(when(agrees, SAME, DIFFERENT), DIFFERENT)


def _put_line(
    draft: Draft,
    section: Section,
    original: PublishedCell,
    row: int,
    values: Mapping[Address, Value],
) -> None:
    """Put one published cell's line."""
    place = place_of(original, section)
    number_format = "#,##0" if original.decimals == 0 else "#,##0." + "0" * original.decimals
    published, decimals, live = (Address(row, column) for column in (5, 6, 7))
    draft.put(Address(row, 2), original.table.replace("_", " "), Look.ENTRY)
    draft.put(Address(row, 3), str(place), Look.ENTRY)
    draft.put(Address(row, 4), original.field, Look.ENTRY)
    draft.put(published, original.number, Look.RESULT, number_format)
    draft.put(decimals, original.decimals, Look.RESULT, "0")
    source = rounded(cell(place, values[place], sheet=section.main), draft.at(decimals))
    draft.show(live, source, Look.RESULT, number_format)
    agrees = compared(draft.at(live), "=", draft.at(published))
    draft.show(Address(row, _MATCH_COLUMN), _match(agrees), Look.ENTRY)


_EXPECTED_MATCH = 9
_EXPECTED_HEADERS = ("what it is", "epoch", "row", "column", "known", "to within", "live", "match")


def expected_page(section: Section) -> Page:
    """Make the page of the numbers that the lesson is known to give, and whether it does."""
    draft = Draft()
    _put_opening(
        draft,
        section,
        "Check: known numbers against this workbook",
        "Each line compares a number that is known for this lesson with the live cell.",
        _EXPECTED_HEADERS,
    )
    within = [
        each for each in section.lesson.display.expected if each.epoch <= section.lesson.capacity
    ]
    for row, wanted in enumerate(within, FIRST_ROW):
        _put_expected_line(draft, section, wanted, row)
    last = Address(FIRST_ROW + len(within) - 1, _EXPECTED_MATCH)
    column = Block(Address(FIRST_ROW, _EXPECTED_MATCH), last)
    live = column.moved(right=-1)
    _put_counts(draft, column)
    return printed(
        Page(
            title=TITLE,
            widths={"A": 2.0, "B": 40.0, "C": 9.0, "D": 9.0, "E": 10.0}
            | dict.fromkeys("FGH", 16.0)
            | {"I": 11.0},
            cells=tuple(draft.cells),
            heights=draft.heights,
            # Where a line of the log is still to come there is no number yet.
            conditions=(_in_red(column), nothing_where_missing(live)),
            frozen=Address(FIRST_ROW, 1),
            filtered=Block(Address(FIRST_ROW - 1, _FIRST_COLUMN), last),
            landscape=True,
            header_row=FIRST_ROW - 1,
            tab="70AD47",
        )
    )


def _put_expected_line(draft: Draft, section: Section, wanted: Expected, row: int) -> None:
    what, epoch, number, column, wanted_value, within, live = (
        Address(row, _FIRST_COLUMN + right) for right in range(7)
    )
    draft.put(what, wanted.what, Look.ENTRY)
    draft.put(epoch, wanted.epoch, Look.RESULT, WHOLE)
    draft.put(number, wanted.row or None, Look.RESULT, WHOLE)
    draft.put(column, wanted.column, Look.ENTRY)
    draft.put(wanted_value, wanted.value, Look.RESULT)
    draft.put(within, wanted.tolerance, Look.RESULT, "0.0E+00")
    draft.show(live, _live(section, wanted), Look.RESULT)
    apart = absolute(draft.at(live) - draft.at(wanted_value))
    match = _match(compared(apart, "<=", draft.at(within)))
    if section.by_epoch:
        # A log that is the computation goes no further than what is run.
        match = when(compared(draft.at(epoch), "<=", section.named("epochs_run")), match, NOT_RUN)
    draft.show(Address(row, _EXPECTED_MATCH), match, Look.ENTRY)


def _live(section: Section, wanted: Expected) -> Expression:
    """Return the number a known one is compared with; from steps, whether it is run yet or not."""
    lesson, passed = section.lesson, wanted.epoch + 1
    check_expected([wanted], lesson.capacity, lesson.n_rows)
    if wanted.row:
        _check_column(wanted, section.headers)
        if section.by_epoch:
            return of_row(section, wanted.column, wanted.epoch, wanted.row)
        return section.on_steps(wanted.column, passed, wanted.row)
    parameters = lesson.model.parameters
    _check_column(wanted, (*parameters, lesson.metric_name))
    if section.by_epoch:
        return section.on_log(wanted.column, wanted.epoch)
    if wanted.column == lesson.metric_name:
        return held_after(section, wanted.epoch)
    return section.on_steps(wanted.column, passed, 1)


def _check_column(wanted: Expected, accepted: tuple[str, ...]) -> None:
    if wanted.column not in accepted:
        raise LessonError(
            f"expected: {wanted.what!r} names a column {wanted.column!r} that is not there: "
            f"choose from {', '.join(accepted)}{did_you_mean(wanted.column, accepted)}"
        )
