"""Two descents: the published rule, which swaps two derivatives, against the correct one.

Their steps stand in a compact table of their own (`sheetgd.sheets.rates_steps`), so that they go
on for as many epochs as their story needs, whatever the lesson's capacity.
"""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from sheetgd.descent.stationary_point import growth, swapped_eigenvalues
from sheetgd.engine.run import descend
from sheetgd.expression.excel import Address, Formula
from sheetgd.expression.functions import absolute, square, total
from sheetgd.expression.sheet_cells import (
    TOO_LARGE_TO_TELL,
    Given,
    all_of,
    cell,
    compared,
    count_if,
    formula_of,
    if_error,
    joined,
    match,
    minimum,
    not_available,
    rounded,
    value_of,
    when,
)
from sheetgd.expression.tree import Expression, Leaf
from sheetgd.sheets.cells import Block, Look
from sheetgd.sheets.printing import printed
from sheetgd.sheets.rates_steps import InlinedSteps, Run, epochs_that_fit, inlined_page
from sheetgd.sheets.section import Section
from sheetgd.sheets.sheet import (
    TEXT_HEIGHT,
    Chart,
    Condition,
    Draft,
    Drawn,
    Effect,
    Page,
    Series,
    even_widths,
    nothing_where_missing,
    text_height,
    too_wide,
)
from sheetgd.sheets.words import WHOLE

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
        and not (lesson.step.schedule_rule.varies or other.step.schedule_rule.varies)
        and lesson.method.shuffle == other.method.shuffle
        and epochs_that_fit(lesson, EPOCHS) > 1
    )


def two_descents_of(section: Section, published: Section) -> "TwoDescents":
    """Return the descents of a section, whose data both take, and of the published rule's."""
    epochs = epochs_that_fit(section.lesson, EPOCHS)
    other = published.lesson
    lessons = (
        # The same data for both, and the same metric.
        other.replaced(
            x=section.lesson.data.x,
            y=section.lesson.data.y,
            reconstructed=section.lesson.data.reconstructed,
        ),
        section.lesson.replaced(
            metric=other.method.metric, metric_label=other.display.metric_label
        ),
    )
    runs = [
        Run(
            label=name,
            descent=descend(lesson, epochs, through=True),
            settings={setting: source.named(setting) for setting in lesson.settings},
            start=[source.state_after(each, 0) for each in lesson.model.parameters],
        )
        for name, lesson, source in zip(NAMES, lessons, (published, section), strict=True)
    ]
    steps = InlinedSteps(sheet=STEPS, section=section, runs=tuple(runs))
    return TwoDescents(section, published, steps)


METRIC, LOWEST = 2, 3
"""Behind a descent's parameters the table has its metric, and the lowest so far."""


@dataclass(frozen=True)
class TwoDescents:
    """The two descents, and the page's cells that tell of them."""

    section: Section
    published: Section
    steps: InlinedSteps
    draft: Draft = field(default_factory=Draft)

    @property
    def label(self) -> str:
        """What the metric is called."""
        return self.steps.runs[0].lesson.metric_name

    @property
    def last(self) -> int:
        """The last epoch."""
        return self.steps.epochs

    def column(self, run: int, which: int) -> int:
        """Return the table's column of a descent."""
        return 3 + 4 * run + which

    def block(self, run: int, which: int) -> Block:
        """Return a column of the table."""
        column = self.column(run, which)
        return Block(Address(TABLE_ROW, column), Address(TABLE_ROW + self.last, column))

    def cell(self, run: int, which: int, epoch: int) -> Leaf:
        """Return a metric of the table, or the lowest so far."""
        return self.draft.at(Address(TABLE_ROW + epoch, self.column(run, which)))

    def metrics(self, run: int) -> Leaf:
        """Return all metrics of a descent."""
        return self.draft.over(self.block(run, METRIC))

    @cached_property
    def lower(self) -> Leaf:
        """Which of the two has the lower metric, placed epoch by epoch."""
        column = self.block(2, 0)
        for epoch in range(self.last + 1):
            one, other = (self.cell(run, METRIC, epoch) for run in (0, 1))
            ahead = if_error(when(compared(one, "<", other), *NAMES), "")
            self.draft.show(column.first.moved(down=epoch), ahead, Look.ENTRY)
        return self.draft.over(column)

    @cached_property
    def standing(self) -> list[dict[str, Leaf]]:
        """Where each stands, placed in a line: learn, the lowest metric, its epoch, and the end."""
        return [_put_standing(self.draft, self, run) for run in (0, 1)]

    def told(self, metric: Leaf) -> Expression:
        """Write a metric in a sentence: with one decimal more than on the main page."""
        return _told(metric, len(self.published.formats.metric.partition(".")[2]) + 1)


_MOST: Final = 1e9
"""A number of this size or beyond is told in words."""


def _told(value: Expression, decimals: int) -> Expression:
    near = compared(absolute(value), "<", _MOST)
    return if_error(when(near, rounded(value, decimals), TOO_LARGE_TO_TELL), TOO_LARGE_TO_TELL)


def _either(condition: Expression, one: Given, other: Given) -> Expression:
    """Choose between two sentences by a condition; the other where it is an error."""
    return if_error(when(condition, one, other), other)


TITLE: Final = "Two descents"
_WIDTH = 11.5
_TEXT_COLUMNS, _COLUMNS = 5, 12
_TEXT_ROW, _SADDLE_ROW = 4, 15
_MOST_SHEETS = 2
"""So many sheets of paper the page is printed on at most."""

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


def _page(descents: TwoDescents) -> Page:
    draft, section = descents.draft, descents.section
    for run in range(len(NAMES)):
        _put_descent(draft, descents, run)
    width = _COLUMNS * _WIDTH
    right = Address(1, 1 + _COLUMNS).letters
    draft.title("B1", f"{TITLE}: as published, and correct")
    draft.paragraph(f"B2:{right}2", section.text("two_descents"), width)
    last_text = Address(1, 1 + _TEXT_COLUMNS).letters
    ready = all_of(descents.section.ready, descents.published.ready)
    for down, sentence in enumerate(_sentences(descents)):
        row = _TEXT_ROW + down
        told = when(ready, sentence, _NOT_READY if down == 0 else "")
        draft.tell(Block.parse(f"B{row}:{last_text}{row}"), told, Look.TEXT)
        # A line more, for the numbers may get longer.
        draft.heights[row] = text_height(f"{value_of(told)}\n", _TEXT_COLUMNS * _WIDTH)
    draft.put(Address(_SADDLE_ROW, 2), "Why it turns: a saddle", Look.HEADING)
    row = _SADDLE_ROW + 1
    draft.paragraph(f"B{row}:{right}{row}", section.text("saddle"), width)
    _put_saddle(draft, descents)
    _put_headers(draft, descents)
    chart = Block(Address(_TEXT_ROW, 2 + _TEXT_COLUMNS), Address(STANDING_ROW - 3, 1 + _COLUMNS))
    page = Page(
        title=TITLE,
        widths=even_widths(_WIDTH, 1 + _COLUMNS),
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


def _sentences(descents: TwoDescents) -> list[Given]:
    """Tell the story, in numbered paragraphs that follow the numbers."""
    published, section = descents.published, descents.section
    places = (
        f"{published.main} ({published.setting('learn')}) and on the page {section.main} "
        f"({section.setting('learn')})"
    )
    closing = (
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


def _after_one(descents: TwoDescents) -> Expression:
    first, second = (descents.cell(run, METRIC, 1) for run in (0, 1))
    published, correct = descents.told(first), descents.told(second)
    ahead = compared(second, "<", first)
    return joined(
        "1. After one epoch ", _either(ahead, "the correct", "the published"),
        f" walk is ahead: its {descents.label} is ", _either(ahead, correct, published),
        ", the other's ", _either(ahead, published, correct), ".",
    )  # fmt: skip


def _overtaking(descents: TwoDescents) -> Expression:
    times = count_if(descents.lower, NAMES[0])
    first = match(NAMES[0], descents.lower) - 1
    ahead = joined(
        f"the published walk's {descents.label} is the lower one in ", _told(times, 0),
        f" of the {descents.last + 1} lines below, the first time after epoch ",
        _told(first, 0), ".",
    )  # fmt: skip
    never = f"the published walk's {descents.label} is never the lower one, here."
    return joined(
        "2. Swapped, b takes the steps that are meant for m. With them ",
        _either(compared(times, ">", 0), ahead, never),
    )


def _turning(descents: TwoDescents) -> Expression:
    last, stands = descents.last, descents.standing[0]
    lowest, end = stands["lowest"], stands["end"]
    growing = compared(end, ">", descents.cell(0, METRIC, last - 1))
    turns = joined(
        "3. It does not stay low, though nothing has changed: it is lowest at epoch ",
        _told(stands["epoch"], 0), ", with ", descents.told(lowest),
        f"; after {last} epochs it is ", descents.told(end),
        _either(growing, ", and still growing.", "."),
    )  # fmt: skip
    falling = joined(
        f"3. So far it has not turned: it is lowest in the end, at epoch {last}, with ",
        descents.told(end), ".",
    )  # fmt: skip
    # Where it is beyond all numbers there is nothing to compare, and it has turned.
    return _either(compared(end, "<=", lowest), falling, turns)


def _settling(descents: TwoDescents) -> Expression:
    last, stands = descents.last, descents.standing[1]
    lowest, end = stands["lowest"], stands["end"]
    settles = joined(
        f"4. The correct one is lowest in the end: after {last} epochs it is ",
        descents.told(end), ".",
    )  # fmt: skip
    otherwise = joined(
        "4. The correct one is lowest at epoch ", _told(stands["epoch"], 0), ", with ",
        descents.told(lowest), f"; after {last} epochs it is ", descents.told(end), ".",
    )  # fmt: skip
    return _either(compared(end, "<=", lowest), settles, otherwise)


def _put_standing(draft: Draft, descents: TwoDescents, which: int) -> dict[str, Leaf]:
    """Put the line of a descent: its rate, its start, its lowest metric, and where it ends."""
    run, last, log = descents.steps.runs[which], descents.last, descents.published.formats.log
    place = Address(STANDING_ROW + 1 + which, 2)
    draft.put(place, run.label, Look.LABEL)
    given = [
        run.settings["learn"],
        *(descents.steps.state(which, parameter, 0) for parameter in (0, 1)),
    ]
    rate, *_ = [
        draft.show(place.moved(right=right), each, Look.RESULT)
        for right, each in enumerate(given, start=1)
    ]
    lowest, end = (
        draft.show(place.moved(right=right), descents.cell(which, held, last), Look.KEY_RESULT, log)
        for right, held in ((4, LOWEST), (6, METRIC))
    )
    at = match(lowest, descents.metrics(which)) - 1
    epoch = draft.show(place.moved(right=5), at, Look.KEY_RESULT, WHOLE)
    return {"learn": rate, "lowest": lowest, "epoch": epoch, "end": end}


def _put_saddle(draft: Draft, descents: TwoDescents) -> None:
    """Put the eigenvalues of a swapped epoch, from the data, and what they do to the path."""
    section, place = descents.section, Address(_SADDLE_ROW + 3, 6)
    used = section.used

    def put(text: str, found: Expression, number_format: str = "General") -> Leaf:
        nonlocal place
        here, place = place, place.moved(down=1)
        draft.text(f"B{here.row}:E{here.row}", text, Look.LABEL)
        draft.show(here, found, Look.RESULT, number_format)
        return draft.at(here)

    number = put("n, the rows", used.count)
    sum_x = put("Sx, the sum of x", total(used.column("x")))
    squares = put("Sxx, of the squares", used.summed(square(used.inputs[0])))
    signs = zip("+-", swapped_eigenvalues(sum_x, squares, number), strict=True)
    eigen = [put(f"Sx {sign} sqrt(n*Sxx)", each, "0.000") for sign, each in signs]
    words = ("an epoch multiplies the first direction by", "and the second by")
    for text, each in zip(words, eigen, strict=True):
        put(text, growth(each, descents.standing[0]["learn"]), "0.0000")
    before, end = (descents.cell(0, METRIC, descents.last - ago) for ago in (1, 0))
    seen = f"seen: the last epoch multiplied {descents.label} by"
    put(seen, if_error(end / before, not_available()), "0.0000")


def _put_headers(draft: Draft, descents: TwoDescents) -> None:
    """Put what heads the lines of both descents, and their table."""
    label, row = descents.label, STANDING_ROW
    draft.heights[row] = 2 * TEXT_HEIGHT
    headers = (
        None, "learn", "m start", "b start", f"lowest {label}", "at epoch", f"epoch {descents.last}"
    )  # fmt: skip
    draft.headers(Address(row, 2), headers)
    row = TABLE_ROW - 1
    draft.put(Address(row - 2, 2), "Epoch by epoch", Look.HEADING)
    words = f"Printed is what {_MOST_SHEETS} sheets of paper have room for."
    draft.put(Address(row - 2, 5), words, Look.NOTE)
    draft.put(Address(row, 2), "epoch", Look.HEADER)
    for run, name in enumerate(NAMES):
        first, last = (Address(row - 1, descents.column(run, which)) for which in (0, LOWEST))
        draft.text(f"{first}:{last}", name, Look.HEADER)
        draft.headers(first.moved(down=1), ("m", "b", label, "lowest so far"))
    draft.put(Address(row, descents.column(2, 0)), "lower is", Look.HEADER)
    for epoch in range(descents.last + 1):
        draft.put(Address(TABLE_ROW + epoch, 2), epoch, Look.RESULT, WHOLE)


def _put_descent(draft: Draft, descents: TwoDescents, run: int) -> None:
    """Put a descent after each epoch: its parameters, its metric, and the lowest so far."""
    steps, source = descents.steps, (descents.published, descents.section)[run]
    place, shape = Address(TABLE_ROW, descents.column(run, 0)), descents.published.formats.log
    method = steps.runs[run].lesson.step
    lowest: Leaf | None = None
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
        here = draft.show(place.moved(down=epoch, right=METRIC), held, Look.RESULT, shape)
        least = here if lowest is None else if_error(minimum(lowest, here), lowest)
        lowest = draft.show(place.moved(down=epoch, right=LOWEST), least, Look.RESULT, shape)


def _conditions(descents: TwoDescents) -> list[Condition]:
    """Outline the epoch of each lowest metric; grey out what is beyond all numbers."""
    table = Block(Address(TABLE_ROW, 3), Address(TABLE_ROW + descents.last, descents.column(1, 3)))
    epoch = cell(Formula.cell(Address(TABLE_ROW, 2), fixed_column=True))
    found = [nothing_where_missing(table)]
    formats: list[str] = []
    for run, source in enumerate((descents.published, descents.section)):
        lowest = formula_of(compared(epoch, "=", descents.standing[run]["epoch"]))
        found.append(Condition(descents.block(run, METRIC), str(lowest), Effect.OUTLINE))
        formats += [*source.formats.parameters, *[descents.published.formats.log] * 2]
    return [*found, *too_wide(table, formats, _WIDTH)]


def _chart(descents: TwoDescents, area: Block) -> Chart:
    epochs = Block(Address(TABLE_ROW, 2), Address(TABLE_ROW + descents.last, 2))
    lines = [
        Series(
            sheet=TITLE,
            name=name,
            x=epochs,
            values=descents.block(run, METRIC),
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
    )
