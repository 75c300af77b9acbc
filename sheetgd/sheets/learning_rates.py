"""Learning rates: several side by side, a verdict on each, and the largest stable one."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from sheetgd.descent.rate_verdict import BEST, MEANINGS, Verdict, best_mark, rate_verdict
from sheetgd.descent.stationary_point import STABLE_BELOW, largest_eigenvalue
from sheetgd.engine.stability import largest_stable_rate
from sheetgd.expression.excel import Address
from sheetgd.expression.functions import count, total
from sheetgd.expression.sheet_cells import (
    cell,
    compared,
    constant,
    if_error,
    is_number,
    match,
    minimum,
    not_available,
    value_of,
    when,
)
from sheetgd.expression.tree import Expression, Leaf
from sheetgd.sheets.cells import Block, Look
from sheetgd.sheets.printing import printed
from sheetgd.sheets.rates_epochs import (
    advice_of,
    below_cell,
    below_column,
    highest_of,
    put_ends,
    put_runs,
    rates_epochs_page,
    ratio_of,
)
from sheetgd.sheets.rates_factors import CONVERGES, DOES_NOT, FACTOR_FORMAT, STAYS, EpochFactors
from sheetgd.sheets.rates_steps import (
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
    inlined_page,
    rate_name,
)
from sheetgd.sheets.run_data import NO_NUMBER, start_held
from sheetgd.sheets.section import Section
from sheetgd.sheets.sheet import (
    Accepts,
    Chart,
    Condition,
    Draft,
    Drawn,
    Effect,
    Input,
    Page,
    Prompt,
    Series,
    even_widths,
    hidden,
    nearly_zero,
    nothing_where_missing,
    text_height,
    too_wide,
)
from sheetgd.sheets.words import WHOLE

_COLUMN = 7
_TEXT_WIDTH = 6 * 11.5
_DIGITS, _MOST_DECIMALS = 5, 8
_MOST_LINES = 6

NO_OVERSHOOT: Final = "at smaller rates no row overshoots"
NO_GROWTH: Final = "at smaller rates no step makes its row's error larger"
AT_ONCE: Final = "largest stable rate with all rows in one batch"
AS_BUILT: Final = "largest stable rate, as built"
SHARE: Final = "learn now, as a part of it"


def _rate_format(rate: object) -> str:
    """Make a number format with five digits of such a rate; a tiny one has a power of ten.

    >>> _rate_format(0.0014397), _rate_format(1.0), _rate_format(3e-7)
    ('0.0000000', '0.0000', '0.0000E+00')
    """
    if not isinstance(rate, float) or not 0 < rate < math.inf:
        return "0.00000"
    decimals = _DIGITS - 1 - math.floor(math.log10(rate))
    if decimals > _MOST_DECIMALS:
        return "0.0000E+00"
    return "0." + "0" * max(decimals, 1)


@dataclass(frozen=True)
class Stable:
    """The largest stable rate, as far as live formulas can name it.

    Attributes:
        section: the lesson's section.
        factors: the epoch factors, whose sheet holds what it follows from.
        row: the row of the page where it begins.
    """

    section: Section
    factors: EpochFactors
    row: int

    @cached_property
    def _built(self) -> float | None:
        """What the library makes of the data as they are."""
        return largest_stable_rate(self.section.lesson)

    @property
    def _at_once(self) -> bool:
        """Whether the rate of all rows in one batch is worked out live."""
        return self.factors.has_page and self.factors.one_batch

    @cached_property
    def _text(self) -> str:
        """The key of the text that tells where the rate comes from."""
        if self.section.lesson.step.schedule_rule.varies:
            return "no_stable_scheduled"
        if self.section.lesson.step.penalized:
            return "penalized"
        if not self.factors.exist:
            return "no_stable"
        if self.factors.shuffled:
            return "stable_shuffled"
        if self._at_once:
            return "stable_batch"
        return "stable_rows" if self.factors.live else "stable_built"

    def put(self, draft: Draft) -> None:
        """Place it."""
        draft.put(Address(self.row, 2), "The largest stable rate", Look.HEADING)
        row = self.row + 1
        draft.paragraph(f"B{row}:G{row}", self.section.text(self._text), _TEXT_WIDTH)
        lines = _Lines(draft, self._place(0))
        rate = None
        if self._at_once:
            rate = lines.rate(AT_ONCE, self._of_one_batch(lines))
        elif self.factors.live:
            bound = minimum(self.factors.column("own bound"))
            lines.rate(NO_GROWTH, 2 * lines.rate(NO_OVERSHOOT, bound))
        whole = self.section.lesson.batch_size == self.section.lesson.n_rows
        if self._built is not None and not (self._at_once and whole):
            rate = lines.built(AS_BUILT, self._built)
        if rate is not None:
            share = if_error(self.section.named("learn") / rate, not_available())
            lines.show(SHARE, share, "0.0000")

    def _of_one_batch(self, lines: "_Lines") -> Expression:
        """Compute H, its largest eigenvalue, and the rate by it."""
        lesson = self.section.lesson
        entries = {place: lines.show(label, shown) for place, label, shown in self._curvatures()}
        every = range(len(lesson.model.parameters))
        matrix = [[entries[min(one, other), max(one, other)] for other in every] for one in every]
        eigenvalue = lines.show("largest eigenvalue of H", largest_eigenvalue(matrix))
        settings = {name: self.section.named(name) for name in lesson.settings}
        below = constant(STABLE_BELOW[lesson.method.optimizer](settings))
        return if_error(below / eigenvalue, not_available())

    def _curvatures(self) -> Iterator[tuple[tuple[int, int], str, Expression]]:
        """Yield the entries of H = 2/n * J'J, each once."""
        names = self.section.lesson.model.parameters
        columns = [self.factors.column(f"dy/d{name}") for name in names]
        rows = total(self.factors.column("counts"))
        for one, name in enumerate(names):
            for other in range(one, len(names)):
                label = f"H, {name}" + (f" and {names[other]}" if other > one else "")
                yield (one, other), label, 2 * total(columns[one] * columns[other]) / rows

    def _place(self, down: int) -> Address:
        return Address(self.row + 2 + down, _COLUMN)

    def conditions(self) -> Iterator[Condition]:
        """Grey out what is not available."""
        yield nothing_where_missing(Block(self._place(0), self._place(_MOST_LINES)))


@dataclass
class _Lines:
    """Numbers with their labels, placed one below the other."""

    draft: Draft
    place: Address

    def show(self, label: str, shown: Expression, shape: str = "General") -> Leaf:
        """Place a number that follows from others."""
        return self.draft.show(self._next(label), shown, Look.RESULT, shape)

    def rate(self, label: str, shown: Expression) -> Leaf:
        """Place a rate that does."""
        shape = _rate_format(value_of(shown))
        return self.draft.show(self._next(label), shown, Look.KEY_RESULT, shape)

    def built(self, label: str, rate: float) -> Leaf:
        """Place a rate that was worked out when the workbook was built."""
        place = self.draft.put(self._next(label), rate, Look.KEY_RESULT, _rate_format(rate))
        return cell(place, rate)

    def _next(self, label: str) -> Address:
        place = self.place
        self.draft.put(place.moved(right=-1), label, Look.LABEL)
        self.place = place.moved(down=1)
        return place


_WIDTH = 11.5
_TABLE_COLUMNS, _CHART_COLUMNS, _CHART_ROWS, _MOST_CHART_ROWS = 7, 7, 17, 24
_FACTOR_COLUMNS = 2
_EPOCHS = Address(5, 7)
_HEADER_HEIGHT = 48.0
_VERDICT_WIDTH = 23.0
_LEGEND_WIDTH = 5 * _WIDTH + _VERDICT_WIDTH

_LOOKS: Final = {
    Verdict.DIVERGING: (Effect.RED, 3),
    Verdict.WORSE: (Effect.RED, 1),
    Verdict.RISING: (Effect.ORANGE, 4),
    Verdict.BOUNCING: (Effect.ORANGE, 5),
    Verdict.UNCHANGED: (Effect.ORANGE, 7),
    Verdict.STILL_FALLING: (Effect.BLUE, 0),
    Verdict.LEVELLED_OFF: (Effect.GREEN, 2),
}
"""The effect on a verdict's cell, and the colour of its points in the chart."""

_BLACK = 6
_MOST_ON_A_PAGE = 12
_OWN = '[<0.001]"now "0.0E+00;[<1000]"now "0.0####;"now "0.0E+00'
"""The number format of the lesson's own rate, which has no other label."""


def rates_pages(factors: EpochFactors) -> list[tuple[Page, str]]:
    """Make the pages of a study, its log, its steps and what they rest on; say what each holds."""
    study, section = factors.study, factors.study.section
    stable = Stable(section, factors, _below_legend(study))
    put_runs(study)
    found = [
        (
            _front_page(study, stable),
            "several learning rates side by side, and what each is good for",
        ),
        (hidden(rates_epochs_page(study)), "what they lead to, epoch by epoch"),
    ]
    if study.steps is not None:
        note = f"What the page {TITLE} is drawn from: every row of every epoch, at each rate."
        steps = inlined_page(study.steps, title=f"{TITLE}: every step", note=note)
        found.append((hidden(steps), "every step that they are judged by"))
    factor_page = factors.page()
    if factor_page is not None:
        found.append((hidden(factor_page), "where the epoch factor of each rate comes from"))
    return found


def _below_legend(study: Study) -> int:
    return FIRST_RATE.row + len(study.trials) + len(Verdict) + 2


def _front_page(study: Study, stable: Stable) -> Page:
    draft, section = study.front, study.section
    label, width = section.lesson.metric_name, (_TABLE_COLUMNS + _CHART_COLUMNS) * _WIDTH
    left = 2 + _TABLE_COLUMNS + (_FACTOR_COLUMNS if stable.factors.exist else 0) + 1
    right = Address(1, left + _CHART_COLUMNS - 1).letters
    draft.title("B1", TITLE)
    draft.paragraph(f"B2:{right}2", section.text("rates"), width)
    held = start_held(section)
    draft.labelled(START, f"{label} at the start", held, number_format=section.formats.log)
    draft.put(_EPOCHS.moved(right=-1), "epochs at each rate", Look.LABEL)
    draft.put(_EPOCHS, study.epochs, Look.RESULT, WHOLE)
    prompts = (*_put_headers(draft, study), *_put_factors(draft, study, stable.factors))
    for number in study.every:
        _put_trial(draft, study, number)
    put_ends(study)
    for number in study.rates:
        mark = best_mark(below_column(study), below_cell(study, number))
        draft.show(study.place(number, MARK), mark, Look.VERDICT)
    draft.tell(Block.parse(f"B3:{right}3"), advice_of(study), Look.HEADING)
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
        widths=even_widths(_WIDTH, left + _CHART_COLUMNS - 1)
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
    """Return the row that begins a new printed page; after many rates the legend goes there."""
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
    return draft.explained(row, headers)


def _put_trial(draft: Draft, study: Study, number: int) -> None:
    """Place a line of the table, all but the mark of the best."""
    place, shape = study.place(number), study.section.formats.log
    if number in study.rates:
        draft.put(place, study.trials[number].rate, Look.INPUT)
    else:
        draft.show(place, study.rate(number), Look.RESULT, _OWN)
    column = study.log.over(study.metrics(number), sheet=LOG)
    none = compared(count(column), "=", 0)
    last = draft.show(
        place.moved(right=LAST), study.metric(number, study.epochs), Look.KEY_RESULT, shape
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
        study.section.lesson.step.metric_function,
        start=study.start,
        scale=study.scale,
        half=study.metric(number, study.epochs // 2),
        later=study.metric(number, 3 * study.epochs // 4),
        last=last,
        highest=highest_of(study, number),
        ratio=ratio,
    )
    draft.show(place.moved(right=VERDICT), when(is_number(rate), verdict, ""), Look.VERDICT)


def _put_legend(draft: Draft, study: Study) -> None:
    """Put what each verdict means."""
    row = FIRST_RATE.row + len(study.trials)
    last = Address(1, 1 + _TABLE_COLUMNS).letters
    for down, (verdict, meaning) in enumerate(MEANINGS.items(), start=1):
        draft.put(Address(row + down, 2), str(verdict), Look.VERDICT)
        draft.paragraph(f"C{row + down}:{last}{row + down}", meaning, _LEGEND_WIDTH)
        # The verdict itself may be longer than its narrow cell.
        needed = text_height(verdict, _WIDTH)
        draft.heights[row + down] = max(draft.heights[row + down], needed)


def _put_factors(draft: Draft, study: Study, factors: EpochFactors) -> tuple[Prompt, ...]:
    """Put the columns of the epoch factors, where there are any."""
    if not factors.exist:
        return ()
    built = "" if factors.live else ", as built"
    ends = "stays near the best fit" if factors.shuffled else "converges"
    headers = (
        (
            f"epoch factor{built}",
            "How an epoch multiplies the distance from the stationary point, in the long run.",
        ),
        (
            f"in the long run{built}",
            f"The run {ends} where the epoch factor is below 1.",
        ),
    )
    for number in study.every:
        place = study.place(number, FACTOR)
        draft.show(place, factors.factor(number), Look.RESULT, FACTOR_FORMAT)
        draft.show(place.moved(right=1), factors.converges(number), Look.VERDICT)
    return draft.explained(FIRST_RATE.moved(down=-1, right=FACTOR), headers)


def _conditions(study: Study) -> Iterator[Condition]:
    log = study.section.formats.log
    first, last = study.place(0), study.place(study.every[-1] + len(Verdict) + 1)
    for verdict, (effect, _) in _LOOKS.items():
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
    metrics = Block(study.place(0, LAST), study.place(study.every[-1], LOWEST))
    yield from too_wide(Block.cell(START), [log], _WIDTH)
    yield nearly_zero(metrics, log)
    yield from too_wide(metrics, [log, log], _WIDTH)


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
                name=study.drawn_metrics(place).first.moved(down=-1),
                x=study.epoch_block(),
                values=study.drawn_metrics(place),
                drawn=Drawn.LINE if number in study.rates else Drawn.DASHED,
                colour=place if number in study.rates else _BLACK,
            )
            for place, number in enumerate(study.drawn)
        ),
        log_y=True,
    )


def _chart_by_rate(study: Study, area: Block) -> Chart:
    first, label = study.ends(), study.section.lesson.metric_name
    rates = Block(first, first.moved(down=study.rates[-1]))
    return Chart(
        area=area,
        title=f"{label} after {study.epochs} epochs, by learning rate",
        x_title="learn",
        y_title=label,
        series=tuple(
            Series(
                sheet=LOG,
                name=first.moved(down=-1, right=right),
                x=rates,
                values=rates.moved(right=right),
                drawn=Drawn.POINTS,
                colour=_LOOKS[verdict][1],
            )
            for right, verdict in enumerate(Verdict, start=1)
        ),
        log_x=True,
        log_y=True,
    )
