"""Two descents: the published rule, which swaps two derivatives, against the correct one.

Their steps stand in a compact table of their own (`sheetgd.sheets.rates_steps`), so that they go
on for as many epochs as their story needs, whatever the lesson's capacity.
"""

import math
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from sheetgd.descent.stationary_point import growth, swapped_eigenvalues
from sheetgd.engine.run import descend
from sheetgd.expression.excel import Address, ErrorValue, Formula
from sheetgd.expression.functions import divided, square, total
from sheetgd.expression.sheet_cells import all_of, formula_of, if_error, minimum, not_available
from sheetgd.sheets.cells import Block, Look, shown
from sheetgd.sheets.printing import printed
from sheetgd.sheets.rates_steps import InlinedSteps, Run, epochs_that_fit, inlined_page
from sheetgd.sheets.section import Section
from sheetgd.sheets.sheet import (
    TEXT_HEIGHT,
    Chart,
    ChartKind,
    Condition,
    Draft,
    Drawn,
    Effect,
    Page,
    Series,
    nothing_where_missing,
    text_height,
    too_wide,
)
from sheetgd.sheets.words import WHOLE, Sentence, either, number, said

if TYPE_CHECKING:
    from sheetgd.expression.tree import Expression


STEPS: Final = "Two descents steps"
EPOCHS: Final = 160
"""By then the published walk of the original has been overtaken again."""

NAMES: Final = ("as published", "correct")
"""What the two are called; elsewhere they are numbered, 0 and 1."""

STANDING_ROW, TABLE_ROW = 11, 30
"""The page's row of the headers over where each stands, and the table's first row."""


def has_two_descents(section: Section, published: Section) -> bool:
    """Tell whether the two can be told against each other, step by step.

    They can where the published lesson swaps the derivatives of a line's squared error and
    the other does not, row by row over the same data.
    """
    lesson, other = section.lesson, published.lesson
    return (
        other.method.gradient == "swapped" != lesson.method.gradient
        and lesson.model.name == other.model.name == "line"
        and other.method.loss == "mse"
        and other.method.optimizer == "sgd"
        and lesson.batch_size == other.batch_size == 1
        and lesson.method.shuffle == other.method.shuffle
        and epochs_that_fit(lesson, EPOCHS) > 1
    )


def two_descents_of(section: Section, published: Section) -> "TwoDescents":
    """Return the descents of a section, whose data both take, and of the published rule's."""
    epochs = epochs_that_fit(section.lesson, EPOCHS)
    other = published.lesson
    lessons = (
        # The same data for both, and the same metric.
        other.replaced(x=section.lesson.data.x, y=section.lesson.data.y),
        section.lesson.replaced(
            metric=other.method.metric, metric_label=other.display.metric_label
        ),
    )
    runs = [
        Run(
            label=name,
            descent=descend(lesson, epochs, exact=True, through=True),
            settings={setting: source.name(setting) for setting in lesson.settings},
            start=[formula_of(source.state_after(each, 0)) for each in lesson.model.parameters],
        )
        for name, lesson, source in zip(NAMES, lessons, (published, section), strict=True)
    ]
    steps = InlinedSteps(sheet=STEPS, section=section, runs=tuple(runs))
    return TwoDescents(section, published, steps)


@dataclass(frozen=True)
class TwoDescents:
    """The two descents, and the page's cells that tell of them."""

    section: Section
    published: Section
    steps: InlinedSteps

    @property
    def label(self) -> str:
        """What the metric is called."""
        return self.steps.runs[0].lesson.metric_name

    @property
    def decimals(self) -> int:
        """The decimals of the metric in a sentence: one more than on the main page."""
        return len(self.published.formats.metric.partition(".")[2]) + 1

    @property
    def last(self) -> int:
        """The last epoch."""
        return self.steps.epochs

    def column(self, run: int, which: int) -> int:
        """Return the table's column of a descent: its parameters, its metric, the lowest so far."""
        return 3 + 4 * run + which

    def cell(self, run: int, which: int, epoch: int) -> Formula:
        """Return a cell of the table."""
        return Formula.cell(Address(TABLE_ROW + epoch, self.column(run, which)))

    def metrics(self, run: int) -> Formula:
        """Return all metrics of a descent."""
        block = self.block(run, 2)
        return Formula.range(block.first, block.last)

    def block(self, run: int, which: int) -> Block:
        """Return a column of the table."""
        column = self.column(run, which)
        return Block(Address(TABLE_ROW, column), Address(TABLE_ROW + self.last, column))

    def metric_after(self, run: int, epoch: int) -> float:
        """Return a metric's value; NaN where it is not a number any more."""
        value = self.steps.runs[run].descent.metric_values[epoch]
        return value if math.isfinite(value) else math.nan

    def lowest(self, run: int, epoch: int) -> float:
        """Return the lowest metric up to an epoch."""
        return self._lowest[run][epoch]

    @cached_property
    def _lowest(self) -> list[list[float]]:
        every = range(self.last + 1)
        return [
            list(accumulate((self.metric_after(run, epoch) for epoch in every), min))
            for run in (0, 1)
        ]

    def lowest_epoch(self, run: int) -> float:
        """Return the epoch after which the metric is lowest of all."""
        lowest = self.lowest(run, self.last)
        metrics = [self.metric_after(run, epoch) for epoch in range(self.last + 1)]
        return metrics.index(lowest) if lowest in metrics else math.nan

    def lower(self) -> list[str]:
        """Say which of the two has the lower metric, epoch by epoch."""
        return [
            ""
            if math.isnan(self.metric_after(0, epoch) - self.metric_after(1, epoch))
            else NAMES[self.metric_after(0, epoch) >= self.metric_after(1, epoch)]
            for epoch in range(self.last + 1)
        ]

    def lower_range(self) -> Formula:
        """Return the column that says so."""
        column = self.column(2, 0)
        first = Address(TABLE_ROW, column)
        return Formula.range(first, first.moved(down=self.last))

    def standing(self, run: int, right: int) -> Formula:
        """Return a cell of the table of where each stands."""
        return Formula.cell(
            Address(STANDING_ROW + 1 + run, 2 + right), fixed_row=True, fixed_column=True
        )

    def said_metric(self, value: float, formula: Formula) -> Sentence:
        """Write a metric in a sentence."""
        return number(value, formula, self.decimals)


TITLE: Final = "Two descents"
_WIDTH = 11.5
_TEXT_COLUMNS, _COLUMNS = 5, 12
_TEXT_ROW, _SADDLE_ROW = 4, 15
_MOST_SHEETS = 2
"""So many sheets of paper the page is printed on at most."""

_MISSING = ErrorValue.NOT_AVAILABLE
_NOT_READY = "Nothing can be told: a setting of one of the two is to be put right first."


def two_descents_pages(section: Section, published: Section) -> tuple[Page, Page]:
    """Make the page that tells the story, and the steps that it is told by.

    Args:
        section: the lesson's own section, whose data both walks take.
        published: the section under the published rule.
    """
    descents = two_descents_of(section, published)
    note = f"What the page {TITLE} is drawn from: every row of every epoch, for both walks."
    steps = inlined_page(descents.steps, title=f"{TITLE}: every step", note=note)
    return _page(descents), steps


def _or_missing(value: float) -> float | ErrorValue:
    return shown(value, _MISSING)


def _page(descents: TwoDescents) -> Page:
    draft, section = Draft(), descents.section
    width = _COLUMNS * _WIDTH
    right = Address(1, 1 + _COLUMNS).letters
    draft.title("B1", f"{TITLE}: as published, and correct")
    draft.paragraph(f"B2:{right}2", section.text("two_descents"), width)
    last_text = Address(1, 1 + _TEXT_COLUMNS).letters
    ready = formula_of(all_of(descents.section.ready, descents.published.ready))
    for down, sentence in enumerate(_sentences(descents)):
        row = _TEXT_ROW + down
        formula = Formula.call("IF", ready, sentence.formula, _NOT_READY if down == 0 else "")
        draft.text(f"B{row}:{last_text}{row}", sentence.text, formula=formula)
        # A line more, for the numbers may get longer.
        draft.heights[row] = text_height(sentence.text + "\n", _TEXT_COLUMNS * _WIDTH)
    _put_standing(draft, descents)
    draft.put(Address(_SADDLE_ROW, 2), "Why it turns: a saddle", Look.HEADING)
    row = _SADDLE_ROW + 1
    draft.paragraph(f"B{row}:{right}{row}", section.text("saddle"), width)
    _put_saddle(draft, descents)
    _put_table(draft, descents)
    chart = Block(Address(_TEXT_ROW, 2 + _TEXT_COLUMNS), Address(STANDING_ROW - 3, 1 + _COLUMNS))
    page = Page(
        title=TITLE,
        widths={"A": 2.0}
        | {Address(1, column).letters: _WIDTH for column in range(2, 2 + _COLUMNS)},
        cells=tuple(draft.cells),
        heights=draft.heights,
        merged=tuple(draft.merged),
        conditions=tuple(_conditions(descents)),
        charts=(_chart(descents, chart),),
        landscape=True,
        header_row=TABLE_ROW - 1,
        tab="C44E00",
    )
    return printed(page, [(1,), (_SADDLE_ROW,)], most=_MOST_SHEETS)


def _sentences(descents: TwoDescents) -> list[Sentence]:
    """Tell the story, in numbered paragraphs that follow the numbers."""
    published, section = descents.published, descents.section
    places = (
        f"{published.main} ({published.setting('learn')}) and on the page {section.main} "
        f"({section.setting('learn')})"
    )
    closing = said(
        "5. So a few epochs do not tell which walk is right, and falling fast is no proof. Change "
        f"learn on the page {places} and see what of this stays."
    )
    return [
        _after_one(descents),
        _overtaking(descents),
        _turning(descents),
        _settling(descents),
        closing,
    ]


def _after_one(descents: TwoDescents) -> Sentence:
    one, other = (descents.metric_after(run, 1) for run in (0, 1))
    first, second = (descents.cell(run, 2, 1) for run in (0, 1))
    published, correct = descents.said_metric(one, first), descents.said_metric(other, second)
    return said(
        "1. After one epoch ",
        either(
            other < one, second.compared("<", first), said("the correct"), said("the published")
        ),
        f" walk is ahead: its {descents.label} is ",
        either(other < one, second.compared("<", first), correct, published),
        ", the other's ",
        either(other < one, second.compared("<", first), published, correct),
        ".",
    )


def _overtaking(descents: TwoDescents) -> Sentence:
    lower, name = descents.lower(), NAMES[0]
    times = Formula.call("COUNTIF", descents.lower_range(), name)
    first = Formula.call("MATCH", name, descents.lower_range(), 0) - 1
    happens = name in lower
    ahead = said(
        f"the published walk's {descents.label} is the lower one in ",
        number(lower.count(name), times, 0),
        f" of the {descents.last + 1} lines below, the first time after epoch ",
        number(lower.index(name) if happens else math.nan, first, 0),
        ".",
    )
    never = said(f"the published walk's {descents.label} is never the lower one, here.")
    return said(
        "2. Swapped, b takes the steps that are meant for m. With them ",
        either(happens, times.compared(">", 0), ahead, never),
    )


def _turning(descents: TwoDescents) -> Sentence:
    last = descents.last
    lowest, end = descents.lowest(0, last), descents.metric_after(0, last)
    lowest_cell, end_cell = descents.standing(0, 4), descents.standing(0, 6)
    before, before_cell = descents.metric_after(0, last - 1), descents.cell(0, 2, last - 1)
    epoch = number(descents.lowest_epoch(0), descents.standing(0, 5), 0)
    turns = said(
        "3. It does not stay low, though nothing has changed: it is lowest at epoch ",
        epoch,
        ", with ",
        descents.said_metric(lowest, lowest_cell),
        f"; after {last} epochs it is ",
        descents.said_metric(end, end_cell),
        either(
            end > before,
            end_cell.compared(">", before_cell),
            said(", and still growing."),
            said("."),
        ),
    )
    falling = said(
        f"3. So far it has not turned: it is lowest in the end, at epoch {last}, with ",
        descents.said_metric(end, end_cell),
        ".",
    )
    # Where it is beyond all numbers there is nothing to compare, and it has turned.
    return either(end <= lowest, end_cell.compared("<=", lowest_cell), falling, turns)


def _settling(descents: TwoDescents) -> Sentence:
    last = descents.last
    lowest, end = descents.lowest(1, last), descents.metric_after(1, last)
    lowest_cell, end_cell = descents.standing(1, 4), descents.standing(1, 6)
    settles = said(
        f"4. The correct one is lowest in the end: after {last} epochs it is ",
        descents.said_metric(end, end_cell),
        ".",
    )
    otherwise = said(
        "4. The correct one is lowest at epoch ",
        number(descents.lowest_epoch(1), descents.standing(1, 5), 0),
        ", with ",
        descents.said_metric(lowest, lowest_cell),
        f"; after {last} epochs it is ",
        descents.said_metric(end, end_cell),
        ".",
    )
    return either(end <= lowest, end_cell.compared("<=", lowest_cell), settles, otherwise)


def _put_standing(draft: Draft, descents: TwoDescents) -> None:
    """Put a line for each descent: its start, its lowest metric, and where it ends."""
    label, last = descents.label, descents.last
    row = STANDING_ROW
    draft.heights[row] = 2 * TEXT_HEIGHT
    headers = (None, "learn", "m start", "b start", f"lowest {label}", "at epoch", f"epoch {last}")
    for right, header in enumerate(headers):
        draft.put(Address(row, 2 + right), header, Look.HEADER)
    for which, run in enumerate(descents.steps.runs):
        place = Address(row + 1 + which, 2)
        draft.put(place, run.label, Look.LABEL)
        metrics = descents.metrics(which)
        log, end = descents.published.formats.log, descents.cell(which, 2, last)
        place_of = Formula.call("MATCH", descents.standing(which, 4), metrics, 0) - 1
        starts = zip(run.lesson.training.start, run.start, strict=True)
        cells: list[tuple[float, str, Formula]] = [
            (run.lesson.training.learning_rate, "General", run.settings["learn"]),
            *((value, "General", start) for value, start in starts),
            (descents.lowest(which, last), log, descents.cell(which, 3, last)),
            (descents.lowest_epoch(which), WHOLE, place_of),
            (descents.metric_after(which, last), log, end),
        ]
        for right, (value, number_format, formula) in enumerate(cells, start=1):
            look = Look.RESULT if right < 4 else Look.KEY_RESULT  # noqa: PLR2004  what is given
            draft.put(
                place.moved(right=right), _or_missing(value), look, number_format, formula=formula
            )


def _put_saddle(draft: Draft, descents: TwoDescents) -> None:
    """Put the eigenvalues of a swapped epoch, from the data, and what they do to the path."""
    lesson = descents.section.lesson
    used = descents.section.used
    x = used.column("x")
    first = Address(_SADDLE_ROW + 3, 6)
    sums: list[tuple[str, float, Formula]] = [
        ("n, the rows", lesson.n_rows, used.count),
        ("Sx, the sum of x", total(lesson.data.x), total(x)),
        (
            "Sxx, of the squares",
            total([each * each for each in lesson.data.x]),
            used.summed(square(used.x)),
        ),
    ]
    rows, sum_x, squares = (Formula.cell(first.moved(down=down)) for down in range(3))
    values = swapped_eigenvalues(sums[1][1], sums[2][1], sums[0][1])
    formulas = swapped_eigenvalues(sum_x, squares, rows)
    learn = descents.steps.runs[0].lesson.training.learning_rate
    learn_cell = descents.standing(0, 1)
    eigen = [Formula.cell(first.moved(down=3 + which)) for which in (0, 1)]
    seen, ratio = _last_growth(descents)
    lines = [
        *((text, value, formula, "General") for text, value, formula in sums),
        ("Sx + sqrt(n*Sxx)", values[0], formulas[0], "0.000"),
        ("Sx - sqrt(n*Sxx)", values[1], formulas[1], "0.000"),
        *(
            (text, growth(value, learn), growth(cell, learn_cell), "0.0000")
            for text, value, cell in zip(
                ("an epoch multiplies the first direction by", "and the second by"),
                values,
                eigen,
                strict=True,
            )
        ),
        (f"seen: the last epoch multiplied {descents.label} by", seen, ratio, "0.0000"),
    ]
    for down, (text, value, formula, number_format) in enumerate(lines):
        place = first.moved(down=down)
        draft.text(f"B{place.row}:E{place.row}", text, Look.LABEL)
        draft.put(place, _or_missing(value), Look.RESULT, number_format, formula=formula)


def _last_growth(descents: TwoDescents) -> tuple[float, Formula]:
    """Compute by what the last epoch multiplied the published metric."""
    last, before_last = (
        descents.metric_after(0, descents.last),
        descents.metric_after(0, descents.last - 1),
    )
    ratio = descents.cell(0, 2, descents.last) / descents.cell(0, 2, descents.last - 1)
    return divided(last, before_last), Formula.call("IFERROR", ratio, Formula.call("NA"))


def _put_table(draft: Draft, descents: TwoDescents) -> None:
    """Put both descents, epoch by epoch."""
    row = TABLE_ROW - 1
    draft.put(Address(row - 2, 2), "Epoch by epoch", Look.HEADING)
    words = f"Printed is what {_MOST_SHEETS} sheets of paper have room for."
    draft.put(Address(row - 2, 5), words, Look.NOTE)
    draft.put(Address(row, 2), "epoch", Look.HEADER)
    for run, name in enumerate(NAMES):
        block = Block(
            Address(row - 1, descents.column(run, 0)), Address(row - 1, descents.column(run, 3))
        )
        draft.text(str(block), name, Look.HEADER)
        for which, header in enumerate(("m", "b", descents.label, "lowest so far")):
            draft.put(Address(row, descents.column(run, which)), header, Look.HEADER)
    draft.put(Address(row, descents.column(2, 0)), "lower is", Look.HEADER)
    lower = descents.lower()
    for run in range(len(NAMES)):
        _put_descent(draft, descents, run)
    metrics = [descents.cell(run, 2, 0) for run in (0, 1)]
    ahead = Formula.call("IF", metrics[0].compared("<", metrics[1]), *NAMES)
    filling = Formula.call("IFERROR", ahead, "").filling()
    for epoch in range(descents.last + 1):
        draft.put(Address(TABLE_ROW + epoch, 2), epoch, Look.RESULT, WHOLE)
        draft.put(
            Address(TABLE_ROW + epoch, descents.column(2, 0)),
            lower[epoch],
            Look.ENTRY,
            formula=filling.down(epoch),
        )


def _put_descent(draft: Draft, descents: TwoDescents, run: int) -> None:
    """Put a descent after each epoch: its parameters, its metric, and the lowest so far."""
    steps, source = descents.steps, (descents.published, descents.section)[run]
    place, shape = Address(TABLE_ROW, descents.column(run, 0)), descents.published.formats.log
    method = steps.runs[run].lesson.step
    lowest: Expression | None = None
    for epoch in range(descents.last + 1):
        state = [
            draft.show(
                place.moved(down=epoch, right=which),
                steps.state(run, which, epoch),
                Look.RESULT,
                number_format,
            )
            for which, number_format in enumerate(source.formats.parameters)
        ]
        # Beyond all numbers the line of the chart stops.
        held = if_error(descents.section.metric_held(state, method), not_available())
        here = draft.show(place.moved(down=epoch, right=2), held, Look.RESULT, shape)
        least = here if lowest is None else if_error(minimum(lowest, here), lowest)
        lowest = draft.show(place.moved(down=epoch, right=3), least, Look.RESULT, shape)


def _conditions(descents: TwoDescents) -> list[Condition]:
    """Outline the epoch of each lowest metric; grey out what is beyond all numbers."""
    table = Block(Address(TABLE_ROW, 3), Address(TABLE_ROW + descents.last, descents.column(1, 3)))
    epoch = Formula.cell(Address(TABLE_ROW, 2), fixed_column=True)
    found = [nothing_where_missing(table)]
    formats: list[str] = []
    for run, source in enumerate((descents.published, descents.section)):
        lowest = epoch.compared("=", descents.standing(run, 5))
        found.append(Condition(descents.block(run, 2), str(lowest), Effect.OUTLINE))
        formats += [*source.formats.parameters, *[descents.published.formats.log] * 2]
    return [*found, *too_wide(table, formats, _WIDTH)]


def _chart(descents: TwoDescents, area: Block) -> Chart:
    epochs = Block(Address(TABLE_ROW, 2), Address(TABLE_ROW + descents.last, 2))
    lines = [
        Series(
            sheet=TITLE,
            name=name,
            x=epochs,
            values=descents.block(run, 2),
            drawn=Drawn.LINE,
            colour=1 - run,
        )
        for run, name in enumerate(NAMES)
    ]
    at, height = (Block.cell(Address(STANDING_ROW + 1, 2 + right)) for right in (5, 4))
    point = Series(
        sheet=TITLE, name="the lowest", x=at, values=height, drawn=Drawn.POINTS, colour=6
    )
    return Chart(
        area=area,
        title=f"{descents.label} by epoch",
        x_title="epoch",
        y_title=descents.label,
        series=(*lines, point),
        kind=ChartKind.SCATTER,
    )
