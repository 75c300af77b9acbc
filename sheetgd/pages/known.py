"""The check page of a lesson with known numbers: each beside the live one."""

import math

from sheetgd.cells import Address, Look
from sheetgd.display import WHOLE
from sheetgd.errors import LessonError
from sheetgd.expected import Expected
from sheetgd.maths.formula import Formula
from sheetgd.maths.worksheet import formula_of, value_of
from sheetgd.nearest import did_you_mean
from sheetgd.pages.block import Block
from sheetgd.pages.check import DIFFERENT, FIRST_ROW, SAME, TITLE, put_counts, put_opening
from sheetgd.pages.numbers import shown
from sheetgd.pages.page import Condition, Draft, Effect, Page
from sheetgd.pages.paper import printed
from sheetgd.pages.section import Section
from sheetgd.pages.verdict import held_after

_FIRST_COLUMN, _MATCH_COLUMN = 2, 9
_HEADERS = ("what it is", "epoch", "row", "column", "known", "to within", "live", "match")


def known_page(section: Section) -> Page:
    """The figures that the lesson is known to give, and whether it gives them."""
    draft = Draft()
    put_opening(
        draft,
        section,
        "Check: known numbers against this workbook",
        "Each line compares a number that is known for this lesson with the live cell.",
        _HEADERS,
    )
    within = [each for each in section.lesson.expected if each.epoch <= section.lesson.room]
    matches = [
        _put_line(draft, section, figure, FIRST_ROW + place) for place, figure in enumerate(within)
    ]
    last = Address(FIRST_ROW + len(matches) - 1, _MATCH_COLUMN)
    put_counts(draft, matches, Block(Address(FIRST_ROW, _MATCH_COLUMN), last))
    body = Block(Address(FIRST_ROW, _FIRST_COLUMN), last)
    differs = Formula.cell(Address(FIRST_ROW, _MATCH_COLUMN), fixed_column=True)
    return printed(
        Page(
            title=TITLE,
            widths={"A": 2.0, "B": 40.0, "C": 9.0, "D": 9.0, "E": 10.0}
            | dict.fromkeys("FGH", 16.0)
            | {"I": 11.0},
            cells=tuple(draft.cells),
            heights=draft.heights,
            conditions=(Condition(body, str(differs.compared("=", DIFFERENT)), Effect.RED),),
            frozen=Address(FIRST_ROW, 1),
            filtered=Block(Address(FIRST_ROW - 1, _FIRST_COLUMN), last),
            landscape=True,
            header_row=FIRST_ROW - 1,
            tab="70AD47",
        )
    )


def _put_line(draft: Draft, section: Section, figure: Expected, row: int) -> str:
    value, source = _live(section, figure)
    match = SAME if abs(value - figure.value) <= figure.tolerance else DIFFERENT
    what, epoch, number, column, known, within, live = (
        Address(row, _FIRST_COLUMN + right) for right in range(7)
    )
    draft.put(what, figure.what, Look.ENTRY)
    draft.put(epoch, figure.epoch, Look.RESULT, WHOLE)
    draft.put(number, figure.row or None, Look.RESULT, WHOLE)
    draft.put(column, figure.column, Look.ENTRY)
    draft.put(known, figure.value, Look.RESULT)
    draft.put(within, figure.tolerance, Look.RESULT, "0.0E+00")
    draft.put(live, shown(value), Look.RESULT, formula=source)
    apart = Formula.call("ABS", Formula.cell(live) - Formula.cell(known))
    close = apart.compared("<=", Formula.cell(within))
    draft.put(
        Address(row, _MATCH_COLUMN),
        match,
        Look.ENTRY,
        formula=Formula.call("IFERROR", Formula.call("IF", close, SAME, DIFFERENT), DIFFERENT),
    )
    return match


def _live(section: Section, figure: Expected) -> tuple[float, Formula]:
    """The number a known figure is compared with, and its formula, whether run yet or not."""
    lesson, descent, passed = section.lesson, section.descent, figure.epoch + 1
    if figure.row:
        _check_column(figure, section.headers)
        if figure.row > lesson.rows:
            raise LessonError(
                f"expected: {figure.what!r} names row {figure.row}: there are {lesson.rows} rows"
            )
        value = descent.passed(passed)[figure.column][figure.row - 1]
        return value, section.on_steps(figure.column, passed, figure.row)
    parameters = lesson.form.parameters
    _check_column(figure, (*parameters, lesson.metric_name))
    if figure.column == lesson.metric_name:
        held = held_after(section, figure.epoch)
        value = value_of(held)
        return value if isinstance(value, float) else math.nan, formula_of(held)
    value = descent.states[figure.epoch][parameters.index(figure.column)]
    return value, section.on_steps(figure.column, passed, 1)


def _check_column(figure: Expected, accepted: tuple[str, ...]) -> None:
    if figure.column not in accepted:
        raise LessonError(
            f"expected: {figure.what!r} names a column {figure.column!r} that is not there: "
            f"choose from {', '.join(accepted)}{did_you_mean(figure.column, accepted)}"
        )
