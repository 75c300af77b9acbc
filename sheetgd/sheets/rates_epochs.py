"""Rates epochs: the metric and the parameters at each learning rate after every epoch."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from sheetgd.descent.rate_verdict import (
    Verdict,
    below_start,
    best_rate_advice,
    divergence_bound,
    move_ratio,
    moves_repeated,
    moves_squared,
    nearly_perfect,
    rate_if,
)
from sheetgd.descent.step import started
from sheetgd.expression.excel import Address, Formula
from sheetgd.expression.functions import count, larger, smaller
from sheetgd.expression.sheet_cells import (
    all_of,
    cell,
    cells,
    compared,
    constant,
    formula_of,
    if_error,
    is_number,
    maximum,
    not_available,
    when,
)
from sheetgd.expression.tree import Expression, Leaf
from sheetgd.sheets.cells import Block, Look, shown
from sheetgd.sheets.epoch_rows import EpochRows
from sheetgd.sheets.rates_steps import FIRST_EPOCH, LOG, MARK, NOW, SCALE, TITLE, Study
from sheetgd.sheets.run_data import NO_NUMBER, scale
from sheetgd.sheets.sheet import (
    TEXT_HEIGHT,
    Condition,
    Draft,
    Page,
    even_widths,
    nearly_zero,
    nothing_where_missing,
    too_wide,
)
from sheetgd.sheets.words import WHOLE

LEAST_DRAWN: Final = 1e-9
"""A metric below this share of the start's would only stretch a chart's axis."""

_WIDTH = 12.0
_HEADING, _REPEATED, _SQUARED, _NAMES = -5, -4, -3, -2
"""How far above epoch 0 the headings stand, the sums of a parameter's moves, and the rates."""

_HIGHEST = _REPEATED
"""How far above epoch 0 the highest metric of a run stands."""

_BELOW, _TOO_LARGE, _OTHERS = (1 + len(Verdict) + each for each in range(3))
"""How far right of the ends' rates stands what tells the best of them."""

_RATE: Final = "[<0.001]0.0##E+00;General"
"""The number format of a rate in a chart's legend: short, however small it is."""


def put_runs(study: Study) -> None:
    """Place all epochs of all rates."""
    draft, section = study.log, study.section
    draft.title("B1", f"{TITLE}: epoch by epoch")
    draft.put(
        "B2",
        f"{study.epochs} epochs at each rate of the page {TITLE}, however many are run on the page "
        f"{section.main}.",
        Look.NOTE,
    )
    header = FIRST_EPOCH.moved(down=-1)
    # Names of verdicts take two lines.
    draft.heights[header.row] = 2 * TEXT_HEIGHT + 3
    draft.put(header, "epoch", Look.HEADER)
    for epoch in range(study.epochs + 1):
        draft.put(FIRST_EPOCH.moved(down=epoch), epoch, Look.RESULT, WHOLE)
    _put_headings(draft, study)
    for number in study.every:
        _put_paths(draft, study, number)
        _put_metric(draft, study, number)


def rates_epochs_page(study: Study) -> Page:
    """Make the sheet of all epochs of all rates, with what is drawn of them."""
    draft = study.log
    for place in range(len(study.drawn)):
        _put_drawn(draft, study, place)
    last = study.ends().moved(right=_OTHERS)
    return Page(
        title=LOG,
        widths=even_widths(_WIDTH, last.column),
        cells=tuple(draft.cells),
        heights=draft.heights,
        merged=tuple(draft.merged),
        conditions=tuple(_conditions(study)),
        frozen=FIRST_EPOCH.moved(right=1),
        landscape=True,
        header_row=FIRST_EPOCH.row - 1,
    )


def _put_headings(draft: Draft, study: Study) -> None:
    """Put what each of the blocks holds."""
    name = study.section.lesson.metric_name
    for first, text in (
        (study.metrics(0).first, f"{name} after each epoch"),
        (study.drawn_metrics(0).first, "as drawn: up to where a run diverges"),
        (study.path(0, 0).first, "parameters after each epoch"),
        (study.ends(), f"{name} after {study.epochs} epochs, by verdict"),
    ):
        draft.put(Address(FIRST_EPOCH.row + _HEADING, first.column), text, Look.HEADING)
    for up, text in (
        (_REPEATED, "sum of each epoch's move x the next one"),
        (_SQUARED, "sum of the squares of these moves"),
    ):
        draft.put(study.path(0, 0).first.moved(down=up, right=-1), text, Look.LABEL)
    draft.put(FIRST_EPOCH.moved(down=_HIGHEST), "highest", Look.LABEL)
    shape = study.section.formats.log
    draft.labelled(SCALE, "data alone", scale(study.section), number_format=shape)
    note = f" {name} where every prediction is the mean of y: the data's own spread"
    draft.put(SCALE.moved(right=1), note, Look.NOTE)


def _put_rate(draft: Draft, study: Study, number: int, place: Address) -> None:
    """Put a run's rate over its column; the chart's legend reads it, too."""
    if number in study.rates:
        rate = study.rate(number)
        draft.show(place, when(is_number(rate), rate, ""), Look.HEADER, _RATE)
    else:
        draft.put(place, NOW, Look.HEADER)


def _put_metric(draft: Draft, study: Study, number: int) -> None:
    """Put a run's metric held after each epoch; a rate that is left blank has none."""
    block, section = study.metrics(number), study.section
    _put_rate(draft, study, number, block.first.moved(down=-1))
    for epoch in range(study.epochs + 1):
        states = [
            draft.at(study.path(number, which).first.moved(down=epoch))
            for which in range(len(section.lesson.model.parameters))
        ]
        held = if_error(section.metric_held(states), NO_NUMBER)
        if number in study.rates:
            held = when(is_number(study.rate(number)), held, "")
        draft.show(block.first.moved(down=epoch), held, Look.RESULT, section.formats.log)
    column = draft.over(block)
    # Where one is no number, the highest is none, too.
    whole = compared(count(column), "=", study.epochs + 1)
    highest = when(whole, maximum(column), NO_NUMBER)
    draft.show(block.first.moved(down=_HIGHEST), highest, Look.RESULT, section.formats.log)


def highest_of(study: Study, number: int) -> Leaf:
    """Return the highest metric of a run, on this sheet."""
    return study.log.at(study.metrics(number).first.moved(down=_HIGHEST), sheet=LOG)


def _put_drawn(draft: Draft, study: Study, place: int) -> None:
    """Put what the chart by epoch shows of a run."""
    number, section = study.drawn[place], study.section
    block = study.drawn_metrics(place)
    _put_rate(draft, study, number, block.first.moved(down=-1))
    most = divergence_bound(section.lesson.step.metric_function, study.start, study.scale)
    for epoch in range(study.epochs + 1):
        held = study.metric(number, epoch)
        within = all_of(
            is_number(held),
            compared(held, ">=", study.start * LEAST_DRAWN),
            compared(held, "<=", most),
        )
        drawn = if_error(when(within, held, not_available()), not_available())
        draft.show(block.first.moved(down=epoch), drawn, Look.RESULT, section.formats.log)


def _put_paths(draft: Draft, study: Study, number: int) -> None:
    """Put a run's parameters, and over them what their moves come to."""
    section = study.section
    names = section.lesson.model.parameters
    first = study.path(number, 0).first
    _put_rate(draft, study, number, first.moved(down=_NAMES))
    draft.headers(first.moved(down=-1), study.path_headers)
    if study.steps is None:
        _put_computed(draft, study, number)
    for which in range(len(names)):
        top = first.moved(right=which)
        for epoch in range(study.epochs + 1 if study.steps is not None else 0):
            state = study.state(number, which, epoch)
            number_format = section.formats.parameters[which]
            draft.show(top.moved(down=epoch), state, Look.RESULT, number_format)
        for up, moves in zip((_REPEATED, _SQUARED), _moves(study, number, which), strict=True):
            draft.show(top.moved(down=up), moves, Look.RESULT, "0.00E+00")


def _put_computed(draft: Draft, study: Study, number: int) -> None:
    """Put a run with a row an epoch: each line steps by the gradient of the line above."""
    run, section, headers = study.runs[number], study.section, study.path_headers
    names = section.lesson.model.parameters

    def place(header: str, epoch: int) -> Address:
        return study.path(number, headers.index(header)).first.moved(down=epoch)

    def own(header: str, *, up: int = 0, dollar: bool = False) -> Leaf:
        at = FIRST_EPOCH.moved(down=-up) if header == "epoch" else place(header, -up)
        return cell(Formula.cell(at, fixed_column=dollar or header == "epoch"))

    rows = EpochRows(section=section, settings=run.settings, cell=own)
    values = run.descent.lines_of_epochs
    start: dict[str, Expression] = {
        name: run.settings.get(started(name), constant(0)) for name in section.optimizer_state
    }
    start |= {**dict(zip(names, run.start, strict=True)), **rows.rates(first=True)}
    start |= rows.gradients()
    # As on the page of the log, every other row has dollars.
    later = [
        {**rows.stepped(dollar=each), **rows.gradients(dollar=each), **rows.rates(dollar=each)}
        for each in (False, True)
    ]
    for header in headers:
        fillings = [formula_of(each[header]).filling() for each in later]
        which = headers.index(header)
        shape = (
            section.formats.parameters[which] if header in names else section.column_format(header)
        )
        for epoch in range(study.epochs + 1):
            formula = formula_of(start[header]).filling() if epoch == 0 else fillings[epoch % 2]
            leaf = Leaf(Formula.name(formula.down(epoch)), shown(float(values[header][epoch])))
            draft.show(place(header, epoch), leaf, Look.RESULT, shape)


def _moves(study: Study, number: int, which: int) -> tuple[Expression, Expression]:
    """Sum a parameter's moves in two ways, from its column on this sheet."""
    top = study.path(number, which).first
    path = np.array([state[which] for state in study.trials[number].states])
    before, here, after = (
        cells(
            Formula.range(top.moved(down=skip), top.moved(down=study.epochs - 2 + skip)),
            path[skip : study.epochs - 1 + skip],
        )
        for skip in range(3)
    )
    return moves_repeated(before, here, after), moves_squared(before, here)


def ratio_of(study: Study, number: int) -> Expression:
    """Compute a run's move ratio, from the sums on this sheet."""

    def sums(up: int) -> list[Leaf]:
        every = range(len(study.section.lesson.model.parameters))
        tops = (study.path(number, which).first for which in every)
        return [study.log.at(top.moved(down=up), sheet=LOG) for top in tops]

    found: Expression = move_ratio(sums(_REPEATED), sums(_SQUARED))
    return found


def put_ends(study: Study) -> None:
    """Place each rate's last metric in the column of its verdict: a series each for the chart.

    Behind them stands what tells the best rates, and where to look for better ones.
    """
    draft, first, method = study.log, study.ends(), study.section.lesson.step
    headers = ("learn", *Verdict, "below the start", "too large", "not too large")
    draft.headers(first.moved(down=-1), map(str, headers))
    low = study.start * LEAST_DRAWN
    high = divergence_bound(method.metric_function, study.start, study.scale)
    for number in study.rates:
        place, rate, verdict = (
            first.moved(down=number),
            study.rate(number),
            study.verdict(number),
        )
        draft.show(place, when(is_number(rate), rate, not_available()), Look.RESULT)
        last = study.metric(number, study.epochs)
        within = when(is_number(last), smaller(larger(last, low), high), high)
        shape = study.section.formats.log
        for right, each in enumerate(Verdict, start=1):
            end = when(compared(verdict, "=", str(each)), within, not_available())
            draft.show(place.moved(right=right), end, Look.RESULT, shape)
        below = below_start(verdict=verdict, start=study.start, last=last)
        given = when(is_number(rate), below, "")
        draft.show(place.moved(right=_BELOW), given, Look.RESULT, shape)
        for right, large in ((_TOO_LARGE, True), (_OTHERS, False)):
            found = rate_if(rate, verdict, too_large=large)
            draft.show(place.moved(right=right), found, Look.RESULT)


def below_cell(study: Study, number: int) -> Leaf:
    """Return what `below_start` says of a run, on this sheet."""
    return study.log.at(study.ends().moved(down=number, right=_BELOW), sheet=LOG)


def below_column(study: Study) -> Leaf:
    """Return what `below_start` says of the compared runs."""
    return _column(study, _BELOW)


def _column(study: Study, right: int) -> Leaf:
    first = study.ends().moved(right=right)
    return study.log.over(Block(first, first.moved(down=study.rates[-1])), sheet=LOG)


def advice_of(study: Study) -> Expression:
    """Say which rate did best, and where to look for a better one: see `best_rate_advice`."""
    return best_rate_advice(
        rates=study.compared(0),
        ends=below_column(study),
        marks=study.compared(MARK),
        too_large=_column(study, _TOO_LARGE),
        others=_column(study, _OTHERS),
        start=study.start,
        perfect=nearly_perfect(study.section.lesson.step.metric_function, study.start, study.scale),
        name=study.section.lesson.metric_name,
        epochs=study.epochs,
    )


def _conditions(study: Study) -> Iterator[Condition]:
    formats = study.section.formats
    metrics = Block(study.metrics(0).first, study.metrics(study.every[-1]).last)
    drawn = Block(study.drawn_metrics(0).first, study.drawn_metrics(len(study.drawn) - 1).last)
    shapes = [
        *formats.parameters,
        *map(study.section.column_format, study.path_headers[len(formats.parameters) :]),
    ]
    paths = Block(study.path(0, 0).first, study.path(study.every[-1], len(shapes) - 1).last)
    highest = Block(
        metrics.first.moved(down=_HIGHEST),
        Address(metrics.first.row + _HIGHEST, metrics.last.column),
    )
    yield from too_wide(highest, [formats.log] * len(study.trials), _WIDTH)
    yield from too_wide(Block.cell(SCALE), [formats.log], _WIDTH)
    ends = Block(study.ends(), study.ends().moved(down=study.rates[-1], right=len(Verdict)))
    yield nothing_where_missing(drawn)
    yield nothing_where_missing(ends)
    for block in (metrics, drawn, ends.without_left(1)):
        yield nearly_zero(block, formats.log)
    yield from too_wide(metrics, [formats.log] * len(study.trials), _WIDTH)
    yield from too_wide(drawn, [formats.log] * len(study.drawn), _WIDTH)
    yield from too_wide(paths, shapes * len(study.trials), _WIDTH)
    yield from too_wide(ends.without_left(1), [formats.log] * len(Verdict), _WIDTH)
