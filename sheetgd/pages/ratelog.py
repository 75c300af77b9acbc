"""The log of the learning rates: figures and parameters of each after every epoch."""

from collections.abc import Iterator
from typing import Any, Final

from sheetgd.cells import Address, ErrorValue, Look, Value
from sheetgd.display import WHOLE
from sheetgd.divergence import GROWN_FACTOR
from sheetgd.maths.formula import Formula
from sheetgd.maths.judgement import Verdict, moves_squared, moves_taken_on, where_numbers
from sheetgd.maths.quantity import larger, smaller, when_at_least
from sheetgd.pages.block import Block
from sheetgd.pages.numbers import shown
from sheetgd.pages.page import Condition, Draft, Page, grey_where_missing, nearly_zero, too_wide
from sheetgd.pages.study import FIRST_EPOCH, LOG, NO_NUMBER, NOW, TITLE, VERDICT, Study

LEAST_DRAWN: Final = 1e-9
"""A figure below this share of the start's would only stretch a chart's axis."""

_WIDTH = 12.0
_MISSING = ErrorValue.NOT_AVAILABLE
_HEADING, _TAKEN_ON, _SQUARED, _NAMES = -5, -4, -3, -2
"""How far above epoch 0 the headings stand, the sums of a parameter's moves, and the rates."""


def log_page(study: Study) -> Page:
    """The sheet of all epochs of all rates."""
    draft, section = Draft(), study.section
    draft.title("B1", f"{TITLE}: epoch by epoch")
    draft.put(
        "B2",
        f"{study.epochs} epochs at each rate of the page {TITLE}, however many are run on the page "
        f"{section.main}.",
        Look.NOTE,
    )
    header = FIRST_EPOCH.moved(down=-1)
    draft.put(header, "epoch", Look.HEADER)
    for epoch in range(study.epochs + 1):
        draft.put(FIRST_EPOCH.moved(down=epoch), epoch, Look.RESULT, WHOLE)
    _put_headings(draft, study)
    for number in study.every:
        _put_figures(draft, study, number)
        _put_paths(draft, study, number)
    for place in range(len(study.drawn)):
        _put_drawn(draft, study, place)
    _put_ends(draft, study)
    last = study.ends().moved(right=len(Verdict))
    return Page(
        title=LOG,
        widths={"A": 2.0}
        | {Address(1, column).letters: _WIDTH for column in range(2, last.column + 1)},
        cells=tuple(draft.cells),
        heights=draft.heights,
        merged=tuple(draft.merged),
        conditions=tuple(_conditions(study)),
        frozen=FIRST_EPOCH.moved(right=1),
        landscape=True,
        header_row=header.row,
    )


def _put_headings(draft: Draft, study: Study) -> None:
    """What each of the blocks holds."""
    label = study.section.lesson.figure_name
    for first, text in (
        (study.figures(0).first, f"{label} of the pass after each epoch"),
        (study.drawn_figures(0).first, f"as drawn: to {GROWN_FACTOR:,.0f} times the start's"),
        (study.path(0, 0).first, "parameters after each epoch"),
        (study.ends(), f"{label} after {study.epochs} epochs, by verdict"),
    ):
        draft.put(Address(FIRST_EPOCH.row + _HEADING, first.column), text, Look.HEADING)
    for up, text in (
        (_TAKEN_ON, "sum of each epoch's move x the next one"),
        (_SQUARED, "sum of the squares of these moves"),
    ):
        draft.put(study.path(0, 0).first.moved(down=up, right=-1), text, Look.LABEL)


def _put_rate(draft: Draft, study: Study, number: int, place: Address) -> None:
    """A run's rate over its column; the chart's legend reads it, too."""
    if number in study.rates:
        rate = study.rate(number)
        text = Formula.call("IF", Formula.call("ISNUMBER", rate), rate, "")
        draft.put(place, study.trials[number].rate, Look.HEADER, formula=text)
    else:
        draft.put(place, NOW, Look.HEADER)


def _put_figures(draft: Draft, study: Study, number: int) -> None:
    """A run's figures; a rate that is left blank has none."""
    block, trial = study.figures(number), study.trials[number]
    _put_rate(draft, study, number, block.first.moved(down=-1))

    def said(figure: Formula) -> Formula:
        formula = Formula.call("IFERROR", figure, NO_NUMBER)
        if number not in study.rates:
            return formula
        return Formula.call("IF", Formula.call("ISNUMBER", study.rate(number)), formula, "")

    formulas = study.steps.figures(number, said)
    for epoch, (figure, formula) in enumerate(zip(trial.figures, formulas, strict=True)):
        value: Value = where_numbers([figure], figure, NO_NUMBER)
        draft.put(
            block.first.moved(down=epoch),
            value,
            Look.RESULT,
            study.section.display.log,
            formula=formula,
        )


def _put_drawn(draft: Draft, study: Study, place: int) -> None:
    """What the chart by epoch shows of a run."""
    number = study.drawn[place]
    block, figures = study.drawn_figures(place), study.figures(number)
    _put_rate(draft, study, number, block.first.moved(down=-1))
    drawn: Formula = _as_drawn(Formula.cell(figures.first), study.start_cell, Formula.call("NA"))
    filling = drawn.filling()
    for epoch, figure in enumerate(study.trials[number].figures):
        draft.put(
            block.first.moved(down=epoch),
            _as_drawn(figure, study.start, _MISSING),
            Look.RESULT,
            study.section.display.log,
            formula=filling.down(epoch),
        )


def _as_drawn(figure: Any, start: Any, missing: Any) -> Any:  # noqa: ANN401  formulas in, a formula out
    """A figure, where it is within what a chart can show beside the start's."""
    above = when_at_least(figure, LEAST_DRAWN * start, figure, missing)
    return where_numbers(
        [figure], when_at_least(GROWN_FACTOR * start, figure, above, missing), missing
    )


def _put_paths(draft: Draft, study: Study, number: int) -> None:
    """A run's parameters, and over them what their moves come to."""
    trial, section = study.trials[number], study.section
    names = section.lesson.form.parameters
    first = study.path(number, 0).first
    _put_rate(draft, study, number, first.moved(down=_NAMES))
    for which, name in enumerate(names):
        top = first.moved(right=which)
        before, here, after = (
            Formula.range(top.moved(down=from_), top.moved(down=study.epochs - 2 + from_))
            for from_ in range(3)
        )
        for up, value, formula in (
            (_TAKEN_ON, trial.taken_on[which], moves_taken_on(before, here, after)),
            (_SQUARED, trial.squared[which], moves_squared(before, here)),
        ):
            draft.put(top.moved(down=up), shown(value), Look.RESULT, "0.00E+00", formula=formula)
        draft.put(top.moved(down=-1), name, Look.HEADER)
        formulas = study.steps.states(number, which)
        for epoch, (state, text) in enumerate(zip(trial.states, formulas, strict=True)):
            draft.put(
                top.moved(down=epoch),
                shown(state[which]),
                Look.RESULT,
                section.display.parameters[which],
                formula=text,
            )


def sums_of_moves(study: Study, number: int) -> tuple[list[Formula], list[Formula]]:
    """The cells of a run's two sums, for each parameter, as the front page reads them."""
    names = study.section.lesson.form.parameters
    tops = [study.path(number, which).first for which in range(len(names))]
    one, other = (
        [Formula.cell(top.moved(down=up), sheet=LOG) for top in tops]
        for up in (_TAKEN_ON, _SQUARED)
    )
    return one, other


def _put_ends(draft: Draft, study: Study) -> None:
    """The last figure of each rate in the column of its verdict: a series each for the chart."""
    first = study.ends()
    for right, header in enumerate(("learn", *Verdict)):
        draft.put(first.moved(down=-1, right=right), str(header), Look.HEADER)
    low, high = (study.start_cell * factor for factor in (LEAST_DRAWN, GROWN_FACTOR))
    missing = Formula.call("NA")
    for number in study.rates:
        place, trial, rate = first.moved(down=number), study.trials[number], study.rate(number)
        given = Formula.call("IF", Formula.call("ISNUMBER", rate), rate, missing)
        draft.put(place, trial.rate, Look.RESULT, formula=given)
        last = Formula.cell(study.figures(number).last)
        within = _within(last, low, high)
        judged = Formula.cell(study.place(number, VERDICT), sheet=TITLE)
        value = _within(trial.figures[-1], LEAST_DRAWN * study.start, GROWN_FACTOR * study.start)
        for right, verdict in enumerate(Verdict, start=1):
            draft.put(
                place.moved(right=right),
                value if trial.verdict is verdict else _MISSING,
                Look.RESULT,
                study.section.display.log,
                formula=Formula.call("IF", judged.compared("=", str(verdict)), within, missing),
            )


def _within(figure: Any, low: Any, high: Any) -> Any:  # noqa: ANN401  formulas in, a formula out
    """A figure, moved to the edge of the chart where it is beyond."""
    return where_numbers([figure], smaller(larger(figure, low), high), high)


def _conditions(study: Study) -> Iterator[Condition]:
    display = study.section.display
    figures = Block(study.figures(0).first, study.figures(study.every[-1]).last)
    drawn = Block(study.drawn_figures(0).first, study.drawn_figures(len(study.drawn) - 1).last)
    paths = Block(
        study.path(0, 0).first,
        study.path(study.every[-1], len(display.parameters) - 1).last,
    )
    ends = Block(study.ends(), study.ends().moved(down=study.rates[-1], right=len(Verdict)))
    yield grey_where_missing(drawn)
    yield grey_where_missing(ends)
    for block in (figures, drawn, ends.without_left(1)):
        yield nearly_zero(block, display.log)
    yield from too_wide(figures, [display.log] * len(study.trials), _WIDTH)
    yield from too_wide(drawn, [display.log] * len(study.drawn), _WIDTH)
    yield from too_wide(paths, list(display.parameters) * len(study.trials), _WIDTH)
    yield from too_wide(ends.without_left(1), [display.log] * len(Verdict), _WIDTH)
