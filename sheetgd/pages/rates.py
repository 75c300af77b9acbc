"""The page of the learning rates: several side by side, a verdict on each, the largest stable."""

from collections.abc import Iterator
from typing import Final

from sheetgd.cells import Address, Look, Value
from sheetgd.display import WHOLE
from sheetgd.divergence import GROWN_FACTOR
from sheetgd.maths.formula import Formula
from sheetgd.maths.judgement import (
    ENOUGH,
    TAKEN_BACK,
    Verdict,
    judged,
    swing,
    where_numbers,
)
from sheetgd.pages.block import Block
from sheetgd.pages.chart import Chart, ChartKind, Drawn, Series
from sheetgd.pages.inlined import inlined_page
from sheetgd.pages.numbers import shown
from sheetgd.pages.page import (
    Accepts,
    Condition,
    Draft,
    Effect,
    Input,
    Page,
    Prompt,
    nearly_zero,
    too_wide,
)
from sheetgd.pages.ratelog import log_page, sums_of_moves
from sheetgd.pages.section import Section
from sheetgd.pages.stable import Stable
from sheetgd.pages.study import (
    AT,
    FIRST_RATE,
    LAST,
    LOG,
    LOWEST,
    NO_NUMBER,
    SWING,
    TITLE,
    VERDICT,
    Study,
    rate_name,
    study_of,
)

_WIDTH = 11.5
_TABLE_COLUMNS, _CHART_COLUMNS, _CHART_ROWS, _MOST_CHART_ROWS = 6, 7, 17, 24
_START = Address(5, 4)
_EPOCHS = Address(5, 7)
_HEADER_HEIGHT = 48.0
_LEGEND_WIDTH = 5 * _WIDTH

_EFFECTS: Final = {
    Verdict.TOO_LOW: Effect.BLUE,
    Verdict.GOOD: Effect.GREEN,
    Verdict.BOUNCING: Effect.ORANGE,
    Verdict.DIVERGING: Effect.RED,
}
_COLOURS: Final = {
    Verdict.TOO_LOW: 0,
    Verdict.GOOD: 2,
    Verdict.BOUNCING: 1,
    Verdict.DIVERGING: 3,
}
_BLACK = 6
_MOST_ON_A_PAGE = 12
_OWN = '"now "General'
"""The number format of the lesson's own rate, which has no other label."""


def rates_pages(section: Section) -> list[tuple[Page, str]]:
    """The page, its log and its steps, and what is on each; nothing where they do not fit."""
    study = study_of(section)
    if study is None:
        return []
    stable = Stable(section, _below_legend(study))
    note = f"What the page {TITLE} is drawn from: every row of every epoch, at each rate."
    steps = inlined_page(study.steps, title=f"{TITLE}: every step", note=note)
    found = [
        (
            _front_page(study, stable),
            "several learning rates side by side, and what each is good for",
        ),
        (log_page(study), "what they lead to, epoch by epoch"),
        (steps, "every step that they are judged by"),
    ]
    search = stable.page()
    if search is not None:
        found.append((search, "how the largest stable rate is found from the data"))
    return found


def _below_legend(study: Study) -> int:
    return FIRST_RATE.row + len(study.trials) + len(Verdict) + 2


def _front_page(study: Study, stable: Stable) -> Page:
    draft, section = Draft(), study.section
    label, width = section.lesson.figure_name, (_TABLE_COLUMNS + _CHART_COLUMNS) * _WIDTH
    left = 2 + _TABLE_COLUMNS + 1
    right = Address(1, left + _CHART_COLUMNS - 1).letters
    draft.title("B1", TITLE)
    draft.paragraph(f"B2:{right}2", section.text("rates"), width)
    draft.put(_START.moved(right=-1), f"{label} at the start", Look.LABEL)
    draft.put(
        _START, shown(study.start), Look.RESULT, section.display.log, formula=study.start_cell
    )
    draft.put(_EPOCHS.moved(right=-1), "epochs at each rate", Look.LABEL)
    draft.put(_EPOCHS, study.epochs, Look.RESULT, WHOLE)
    prompts = _put_headers(draft, study)
    for number in study.every:
        _put_trial(draft, study, number)
    _put_legend(draft, study)
    stable.put(draft)
    # The first chart stands beside the table, the other beside what is said of the data.
    first = min(stable.row - 1, _START.row + _MOST_CHART_ROWS)
    areas = [
        Block(Address(row, left), Address(last, left + _CHART_COLUMNS - 1))
        for row, last in ((_START.row - 1, first - 1), (stable.row, stable.row + _CHART_ROWS))
    ]
    return Page(
        title=TITLE,
        widths={"A": 2.0}
        | {Address(1, column).letters: _WIDTH for column in range(2, left + _CHART_COLUMNS)}
        | {Address(1, left - 1).letters: 2.0},
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
        breaks=(_break_before(study, stable) - 1,),
        charts=(_chart_by_epoch(study, areas[0]), _chart_by_rate(study, areas[1])),
        landscape=True,
        tab="ED7D31",
    )


def _break_before(study: Study, stable: Stable) -> int:
    """The row that begins a new printed page; after many rates the legend goes there, too."""
    return (
        stable.row if len(study.trials) <= _MOST_ON_A_PAGE else study.place(len(study.trials)).row
    )


def _put_headers(draft: Draft, study: Study) -> tuple[Prompt, ...]:
    label = study.section.lesson.figure_name
    row = FIRST_RATE.moved(down=-1)
    draft.heights[row.row] = _HEADER_HEIGHT
    headers = (
        (
            "learn",
            f"A rate to compare. The last: the lesson's own, from the page {study.section.main}.",
        ),
        ("verdict", "Too low, good, bouncing or diverging: see below the table."),
        (f"{label} after {study.epochs} epochs", "The figure of the pass after the last epoch."),
        (f"lowest {label}", "The lowest figure of all epochs."),
        ("after epoch", "After which epoch it is lowest; 0 is the start."),
        (
            "each move over the last",
            "What part of an epoch's move the next makes again; below 0 it takes it back.",
        ),
    )
    return tuple(
        Prompt(draft.put(row.moved(right=right), header, Look.HEADER), header, meaning)
        for right, (header, meaning) in enumerate(headers)
    )


def _put_trial(draft: Draft, study: Study, number: int) -> None:
    """A line of the table."""
    trial, section, own = study.trials[number], study.section, number not in study.rates
    place = study.place(number)
    figures, log = study.figures(number), section.display.log
    column = Formula.range(figures.first, figures.last, fixed=False, sheet=LOG)
    draft.put(
        place,
        trial.rate,
        Look.RESULT if own else Look.INPUT,
        _OWN if own else "General",
        formula=section.name("learn") if own else None,
    )
    lowest = trial.lowest
    last, low = (Formula.cell(study.place(number, right)) for right in (LAST, LOWEST))
    none = Formula.call("COUNT", column).compared("=", 0)
    cells: list[tuple[int, Value, Look, str, Formula]] = [
        (VERDICT, str(trial.verdict), Look.VERDICT, "General", _verdict(study, number)),
        (
            LAST,
            where_numbers([trial.figures[-1]], trial.figures[-1], NO_NUMBER),
            Look.KEY_RESULT,
            log,
            Formula.cell(figures.last, sheet=LOG),
        ),
        (
            LOWEST,
            NO_NUMBER if lowest is None else trial.figures[lowest],
            Look.RESULT,
            log,
            Formula.call("IF", none, last, Formula.call("MIN", column)),
        ),
        (
            AT,
            "" if lowest is None else lowest,
            Look.RESULT,
            WHOLE,
            Formula.call("IF", none, "", Formula.call("MATCH", low, column, 0) - 1),
        ),
        (
            SWING,
            where_numbers([trial.swing], trial.swing, NO_NUMBER),
            Look.RESULT,
            "0.00",
            Formula.call("IFERROR", swing(*sums_of_moves(study, number)), NO_NUMBER),
        ),
    ]
    for right, value, look, number_format, formula in cells:
        draft.put(place.moved(right=right), value, look, number_format, formula=formula)


def _verdict(study: Study, number: int) -> Formula:
    """The verdict on a run, or nothing where its rate is left blank."""
    rate, last, taken_back = (
        Formula.cell(study.place(number, right)) for right in (0, LAST, SWING)
    )
    half = study.figures(number).first.moved(down=study.epochs // 2)
    ends, rates = study.rates_block(LAST), study.rates_block()
    best = Formula.call("MIN", ends)
    word = judged(
        rate=rate,
        start=Formula.cell(_START, fixed_row=True, fixed_column=True),
        half=Formula.cell(half, sheet=LOG),
        last=last,
        taken_back=taken_back,
        best=best,
        best_rate=Formula.call("INDEX", rates, Formula.call("MATCH", best, ends, 0)),
    )
    return Formula.call("IF", Formula.call("ISNUMBER", rate), word, "")


def _put_legend(draft: Draft, study: Study) -> None:
    """What each verdict means."""
    meanings = {
        Verdict.TOO_LOW: f"comes down by less than {ENOUGH:.0%} of what the best of these "
        "rates does, and is below that one",
        Verdict.GOOD: "comes down nearly as far as the best of these rates, or further",
        Verdict.BOUNCING: f"epochs take back more than {TAKEN_BACK:.0%} of the moves before, "
        "or the rate is above the best one and comes down much less",
        Verdict.DIVERGING: "ends above the start and is not coming down, or is no number any more",
    }
    row = FIRST_RATE.row + len(study.trials)
    for down, (verdict, meaning) in enumerate(meanings.items(), start=1):
        draft.put(Address(row + down, 2), str(verdict), Look.VERDICT)
        block = f"C{row + down}:G{row + down}"
        draft.paragraph(block, meaning, _LEGEND_WIDTH)


def _conditions(study: Study) -> Iterator[Condition]:
    log = study.section.display.log
    first, last = study.place(0), study.place(study.every[-1] + len(Verdict) + 1)
    for verdict, effect in _EFFECTS.items():
        block = Block(first.moved(right=VERDICT), study.place(study.every[-1], VERDICT))
        yield Condition(block, f'{block.first}="{verdict}"', effect)
        legend = Block(study.place(study.every[-1] + 2), last)
        yield Condition(legend, f'{legend.first}="{verdict}"', effect)
    figures = Block(study.place(0, LAST), study.place(study.every[-1], LOWEST))
    yield nearly_zero(figures, log)
    yield from too_wide(figures, [log, log], _WIDTH)


def _chart_by_epoch(study: Study, area: Block) -> Chart:
    label = study.section.lesson.figure_name
    return Chart(
        area=area,
        title=f"{label} by epoch, at each rate",
        x_title=f"epoch (lines end at {GROWN_FACTOR:,.0f} times the start)",
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
    first, label = study.ends(), study.section.lesson.figure_name
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
