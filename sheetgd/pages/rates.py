"""The page of the learning rates: several side by side, a verdict on each, the largest stable."""

from collections.abc import Iterator
from typing import Final

from sheetgd.cells import Address, Look
from sheetgd.display import WHOLE
from sheetgd.maths.expression import Expression
from sheetgd.maths.formula import Formula
from sheetgd.maths.quantity import count
from sheetgd.maths.rate_verdict import BEST, MEANINGS, Verdict, best_mark, rate_verdict
from sheetgd.maths.worksheet import (
    cells,
    compared,
    constant,
    formula_of,
    if_error,
    is_number,
    match,
    minimum,
    value_of,
    when,
)
from sheetgd.pages.block import Block
from sheetgd.pages.chart import Chart, ChartKind, Drawn, Series
from sheetgd.pages.epochfactor import CONVERGES, DOES_NOT, FACTOR_FORMAT, STAYS, EpochFactors
from sheetgd.pages.inlined import inlined_page
from sheetgd.pages.page import (
    Accepts,
    Condition,
    Draft,
    Effect,
    Input,
    Page,
    Prompt,
    hidden,
    nearly_zero,
    text_height,
    too_wide,
)
from sheetgd.pages.paper import printed
from sheetgd.pages.ratelog import (
    advice_of,
    below_cell,
    below_column,
    highest_cell,
    log_page,
    metric_cell,
    ratio_of,
)
from sheetgd.pages.run import NO_NUMBER
from sheetgd.pages.stable import Stable
from sheetgd.pages.study import (
    AT,
    FACTOR,
    FIRST_RATE,
    LAST,
    LOG,
    LOWEST,
    MARK,
    RATIO,
    START,
    TITLE,
    VERDICT,
    Study,
    rate_name,
)
from sheetgd.pages.verdict import start_held

_WIDTH = 11.5
_TABLE_COLUMNS, _CHART_COLUMNS, _CHART_ROWS, _MOST_CHART_ROWS = 7, 7, 17, 24
_FACTOR_COLUMNS = 2
_EPOCHS = Address(5, 7)
_HEADER_HEIGHT = 48.0
_VERDICT_WIDTH = 23.0
_LEGEND_WIDTH = 5 * _WIDTH + _VERDICT_WIDTH

_EFFECTS: Final = {
    Verdict.DIVERGING: Effect.RED,
    Verdict.WORSE: Effect.RED,
    Verdict.RISING: Effect.ORANGE,
    Verdict.BOUNCING: Effect.ORANGE,
    Verdict.UNCHANGED: Effect.ORANGE,
    Verdict.STILL_FALLING: Effect.BLUE,
    Verdict.LEVELLED_OFF: Effect.GREEN,
}
_COLOURS: Final = {
    Verdict.DIVERGING: 3,
    Verdict.WORSE: 1,
    Verdict.RISING: 4,
    Verdict.BOUNCING: 5,
    Verdict.UNCHANGED: 7,
    Verdict.STILL_FALLING: 0,
    Verdict.LEVELLED_OFF: 2,
}
_BLACK = 6
_MOST_ON_A_PAGE = 12
_OWN = '[<0.001]"now "0.0E+00;[<1000]"now "0.0####;"now "0.0E+00'
"""The number format of the lesson's own rate, which has no other label."""


def rates_pages(factors: EpochFactors) -> list[tuple[Page, str]]:
    """The page of a study, its log and its steps and what they rest on; and what is on each."""
    study, section = factors.study, factors.study.section
    stable = Stable(section, factors, _below_legend(study))
    note = f"What the page {TITLE} is drawn from: every row of every epoch, at each rate."
    steps = inlined_page(study.steps, title=f"{TITLE}: every step", note=note)
    found = [
        (
            _front_page(study, stable),
            "several learning rates side by side, and what each is good for",
        ),
        (hidden(log_page(study)), "what they lead to, epoch by epoch"),
        (hidden(steps), "every step that they are judged by"),
    ]
    factor_page = factors.page()
    if factor_page is not None:
        found.append((hidden(factor_page), "where the epoch factor of each rate comes from"))
    return found


def _below_legend(study: Study) -> int:
    return FIRST_RATE.row + len(study.trials) + len(Verdict) + 2


def _front_page(study: Study, stable: Stable) -> Page:
    draft, section = Draft(), study.section
    label, width = section.lesson.metric_name, (_TABLE_COLUMNS + _CHART_COLUMNS) * _WIDTH
    left = 2 + _TABLE_COLUMNS + (_FACTOR_COLUMNS if stable.factors.known else 0) + 1
    right = Address(1, left + _CHART_COLUMNS - 1).letters
    draft.title("B1", TITLE)
    draft.paragraph(f"B2:{right}2", section.text("rates"), width)
    draft.put(START.moved(right=-1), f"{label} at the start", Look.LABEL)
    draft.show(START, start_held(section), Look.RESULT, section.display.log)
    draft.put(_EPOCHS.moved(right=-1), "epochs at each rate", Look.LABEL)
    draft.put(_EPOCHS, study.epochs, Look.RESULT, WHOLE)
    prompts = (*_put_headers(draft, study), *_put_factors(draft, study, stable.factors))
    marks = [value_of(_put_trial(draft, study, number)) for number in study.every]
    advice = advice_of(study, study.compared(MARK, marks))
    draft.text(f"B3:{right}3", value_of(advice), Look.HEADING, formula_of(advice))
    _put_legend(draft, study)
    stable.put(draft)
    # The first chart stands beside the table, the other beside what is said of the data.
    first = min(stable.row - 1, START.row + _MOST_CHART_ROWS)
    areas = [
        Block(Address(row, left), Address(last, left + _CHART_COLUMNS - 1))
        for row, last in ((START.row - 1, first - 1), (stable.row, stable.row + _CHART_ROWS))
    ]
    page = Page(
        title=TITLE,
        widths={"A": 2.0}
        | {Address(1, column).letters: _WIDTH for column in range(2, left + _CHART_COLUMNS)}
        | {Address(1, left - 1).letters: 2.0, "C": _VERDICT_WIDTH},
        cells=tuple(draft.cells),
        heights=draft.heights,
        merged=tuple(draft.merged),
        names={rate_name(number): study.place(number) for number in study.rates},
        inputs=(
            Input(
                Block(study.place(0), study.place(study.rates[-1])),
                Accepts.ABOVE_ZERO,
                "Learning rate",
                "A rate to be compared. Clear the cell to leave it out.",
            ),
        ),
        prompts=prompts,
        conditions=(*_conditions(study), *stable.conditions()),
        charts=(_chart_by_epoch(study, areas[0]), _chart_by_rate(study, areas[1])),
        landscape=True,
        tab="ED7D31",
    )
    return printed(page, [(1,), (_break_before(study, stable),)])


def _break_before(study: Study, stable: Stable) -> int:
    """The row that begins a new printed page; after many rates the legend goes there, too."""
    return (
        stable.row if len(study.trials) <= _MOST_ON_A_PAGE else study.place(len(study.trials)).row
    )


def _put_headers(draft: Draft, study: Study) -> tuple[Prompt, ...]:
    name = study.section.lesson.metric_name
    row = FIRST_RATE.moved(down=-1)
    draft.heights[row.row] = _HEADER_HEIGHT
    headers = (
        (
            "learn",
            f"A rate to compare. The last: the lesson's own, from the page {study.section.main}.",
        ),
        ("verdict", "How the run at this rate goes, whatever the others do: see below the table."),
        ("best", "Marks the rate that ends lowest, if any ends below the start."),
        (
            f"{name} after {study.epochs} epochs",
            f"The {name} over all rows, with the parameters held as they are after the last epoch.",
        ),
        (f"lowest {name}", f"The lowest {name} of all epochs."),
        ("after epoch", "After which epoch it is lowest; 0 is the start."),
        (
            "move ratio",
            "How much of a move the next epoch repeats: 1 all of it, 0 nothing, -1 takes it back.",
        ),
    )
    return tuple(
        Prompt(draft.put(row.moved(right=right), header, Look.HEADER), header, meaning)
        for right, (header, meaning) in enumerate(headers)
    )


def _put_trial(draft: Draft, study: Study, number: int) -> Expression:
    """Place a line of the table and return the mark of the best, as its cell has it."""
    trial, own = study.trials[number], number not in study.rates
    place, shape = study.place(number), study.section.display.log
    if own:
        draft.show(place, study.rate(number), Look.RESULT, _OWN)
    else:
        draft.put(place, trial.rate, Look.INPUT)
    cells_of = study.figures(number)
    values = [metric_cell(study, number, epoch).value for epoch in range(study.epochs + 1)]
    column = cells(Formula.range(cells_of.first, cells_of.last, sheet=LOG), values)
    none = compared(count(column), "=", 0)
    last = draft.show(
        place.moved(right=LAST), metric_cell(study, number, study.epochs), Look.KEY_RESULT, shape
    )
    low = draft.show(
        place.moved(right=LOWEST), when(none, last, minimum(column)), Look.RESULT, shape
    )
    at = when(none, "", match(low, column) - 1)
    draft.show(place.moved(right=AT), at, Look.RESULT, WHOLE)
    rate = study.rate(number)
    repeated = when(is_number(rate), if_error(ratio_of(study, number), NO_NUMBER), "")
    ratio = draft.show(place.moved(right=RATIO), repeated, Look.RESULT, "0.00")
    verdict = rate_verdict(
        study.section.lesson.method.figure,
        start=study.start,
        scale=study.scale,
        half=metric_cell(study, number, study.epochs // 2),
        later=metric_cell(study, number, 3 * study.epochs // 4),
        last=last,
        highest=highest_cell(study, number),
        ratio=ratio,
    )
    draft.show(place.moved(right=VERDICT), when(is_number(rate), verdict, ""), Look.VERDICT)
    mark = constant("")
    if not own:
        mark = best_mark(below_column(study), below_cell(study, number))
        draft.show(place.moved(right=MARK), mark, Look.VERDICT)
    return mark


def _put_legend(draft: Draft, study: Study) -> None:
    """What each verdict means."""
    row = FIRST_RATE.row + len(study.trials)
    last = Address(1, 1 + _TABLE_COLUMNS).letters
    for down, (verdict, meaning) in enumerate(MEANINGS.items(), start=1):
        draft.put(Address(row + down, 2), str(verdict), Look.VERDICT)
        draft.paragraph(f"C{row + down}:{last}{row + down}", meaning, _LEGEND_WIDTH)
        # The verdict itself may be longer than its narrow cell.
        needed = text_height(verdict, _WIDTH)
        draft.heights[row + down] = max(draft.heights[row + down], needed)


def _put_factors(draft: Draft, study: Study, factors: EpochFactors) -> tuple[Prompt, ...]:
    """The columns of the epoch factors, where there are any."""
    if not factors.known:
        return ()
    built = "" if factors.live else ", as built"
    headers = (
        (
            f"epoch factor{built}",
            "By how much an epoch multiplies the distance from the resting point, in the long run.",
        ),
        (f"in the long run{built}", _in_the_long_run(factors)),
    )
    for number in study.every:
        place = study.place(number, FACTOR)
        draft.show(place, factors.factor(number), Look.RESULT, FACTOR_FORMAT)
        draft.show(place.moved(right=1), factors.converges(number), Look.VERDICT)
    top = FIRST_RATE.moved(down=-1, right=FACTOR)
    return tuple(
        Prompt(draft.put(top.moved(right=right), header, Look.HEADER), header, meaning)
        for right, (header, meaning) in enumerate(headers)
    )


def _in_the_long_run(factors: EpochFactors) -> str:
    if factors.shuffled:
        return "The run stays near the best fit where the epoch factor is below 1."
    return "The run converges where the epoch factor is below 1."


def _conditions(study: Study) -> Iterator[Condition]:
    log = study.section.display.log
    first, last = study.place(0), study.place(study.every[-1] + len(Verdict) + 1)
    for verdict, effect in _EFFECTS.items():
        block = Block(first.moved(right=VERDICT), study.place(study.every[-1], VERDICT))
        yield Condition(block, f'{block.first}="{verdict}"', effect)
        legend = Block(study.place(study.every[-1] + 2), last)
        yield Condition(legend, f'{legend.first}="{verdict}"', effect)
    marks = Block(study.place(0, MARK), study.place(study.rates[-1], MARK))
    yield Condition(marks, f'{marks.first}="{BEST}"', Effect.GREEN)
    words = Block(study.place(0, FACTOR + 1), study.place(study.every[-1], FACTOR + 1))
    for word, effect in (
        (CONVERGES, Effect.GREEN),
        (STAYS, Effect.GREEN),
        (DOES_NOT, Effect.RED),
    ):
        yield Condition(words, f'{words.first}="{word}"', effect)
    figures = Block(study.place(0, LAST), study.place(study.every[-1], LOWEST))
    yield from too_wide(Block.cell(START), [log], _WIDTH)
    yield nearly_zero(figures, log)
    yield from too_wide(figures, [log, log], _WIDTH)


def _chart_by_epoch(study: Study, area: Block) -> Chart:
    label = study.section.lesson.metric_name
    return Chart(
        area=area,
        title=f"{label} by epoch, at each rate",
        x_title="epoch (lines end where a run diverges)",
        y_title=label,
        series=tuple(
            Series(
                sheet=LOG,
                name=study.drawn_figures(place).first.moved(down=-1),
                x=study.epoch_block(),
                values=study.drawn_figures(place),
                drawn=Drawn.LINE if number in study.rates else Drawn.DASHED,
                colour=place if number in study.rates else _BLACK,
            )
            for place, number in enumerate(study.drawn)
        ),
        kind=ChartKind.SCATTER,
        log_y=True,
    )


def _chart_by_rate(study: Study, area: Block) -> Chart:
    first, label = study.ends(), study.section.lesson.metric_name
    below = first.moved(down=study.rates[-1])
    return Chart(
        area=area,
        title=f"{label} after {study.epochs} epochs, by learning rate",
        x_title="learn",
        y_title=label,
        series=tuple(
            Series(
                sheet=LOG,
                name=first.moved(down=-1, right=right),
                x=Block(first, below),
                values=Block(first.moved(right=right), below.moved(right=right)),
                drawn=Drawn.POINTS,
                colour=_COLOURS[verdict],
            )
            for right, verdict in enumerate(Verdict, start=1)
        ),
        kind=ChartKind.SCATTER,
        log_x=True,
        log_y=True,
    )
