"""Gradient: a derivative found in three ways, row by row, and what is left between."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sheetgd.descent.gradient import (
    GRADIENT_RULES,
    apart,
    chain_columns,
    mean_of_ways,
    slope_of_column,
    three_ways,
)
from sheetgd.descent.model import column_programs
from sheetgd.descent.stationary_point import has_stationary_point
from sheetgd.descent.step import given_columns
from sheetgd.expression.excel import Address, Formula
from sheetgd.expression.functions import total
from sheetgd.expression.numbers import Program
from sheetgd.expression.sheet_cells import cell, compared, formula_of, when
from sheetgd.expression.tree import Expression, Leaf, Symbol
from sheetgd.sheets.cells import Block, Look
from sheetgd.sheets.printing import printed
from sheetgd.sheets.section import Section
from sheetgd.sheets.sheet import (
    Accepts,
    Chart,
    Condition,
    Draft,
    Drawn,
    Input,
    Page,
    Prompt,
    Series,
    even_widths,
    nearly_zero,
    too_wide,
)
from sheetgd.sheets.stationary_point import HEADER_HEIGHT, StationarySection
from sheetgd.sheets.steps import CAPTION_HEIGHT, EMPTY
from sheetgd.sheets.words import plain_meaning

TITLE: Final = "Gradient"
NUDGE: Final = "gradient_nudge"
"""The name of the page's own nudge."""

MOST_ROWS: Final = 20
WIDTH: Final = 11.5
COLUMNS: Final = 15

_NUDGE_CELL = Address(4, 3)
_FIRST_ROW = 7
_ABREAST = 2
"""So many parameters stand side by side; more go below."""

_CHART_ROWS = 17
_LONGEST_CAPTION = 250
_HEADERS = ("forward", "central", "closed form", "forward - closed", "central - closed")
_BACKWARDS = ("backprop", "backprop - closed")
_BACKPROP = GRADIENT_RULES["backprop"].derivative
_MEANINGS = (
    "The loss with the parameter nudged up, minus the loss, over the nudge.",
    "The loss with the parameter nudged up, minus that with it nudged down, over twice the nudge.",
    "The derivative by the rules of calculus.",
    "How far the forward difference is off. Less than a billionth is rounding, and counts as 0.",
    "How far the central difference is off. Less than a billionth is rounding, and counts as 0.",
    "The derivative by the chain rule, from the columns beside it.",
    "How far the chain rule is off the closed form: they are the same, but for rounding.",
)


def gradient_page(section: Section) -> Page:
    """Make the page of the first rows' three derivatives, and where they come to rest."""
    draft, lesson = Draft(), section.lesson
    right, width = Address(1, 1 + COLUMNS).letters, COLUMNS * WIDTH
    draft.title("B1", "The gradient, three ways")
    draft.paragraph(f"B2:{right}2", section.text("derivatives"), width)
    nudge = _put_nudge(draft, section)
    every, bands, row = range(len(lesson.model.parameters)), [], _FIRST_ROW
    for first in range(0, len(every), _ABREAST):
        bands.append(_Band(section, row, every[first : first + _ABREAST]))
        row = bands[-1].last_row + 2
    columns = max(COLUMNS, *(band.column(len(band.which), 0) - 2 for band in bands))
    prompts = [prompt for band in bands for prompt in band.put(draft, nudge)]
    conditions = [each for band in bands for each in band.conditions()]
    draft.put(Address(row, 2), "Where it comes to rest", Look.HEADING)
    penalized = bool(lesson.step.penalized)
    has_point = has_stationary_point(lesson.model, lesson.method.loss) and not penalized
    without = "penalized" if penalized else "no_stationary_point"
    text = section.text("stationary_point" if has_point else without)
    draft.paragraph(f"B{row + 1}:{right}{row + 1}", text, width)
    top = row + 3
    point = (
        StationarySection(section, draft, nudge, top, top + len(every) + _CHART_ROWS + 6, WIDTH)
        if has_point
        else None
    )
    chart_row = top
    if point is not None:
        point.put()
        conditions += point.conditions()
        chart_row = point.last_row + 2
    # A single row makes no picture.
    charts = [_chart(bands, _area(chart_row, 2, 8))] if lesson.n_rows > 1 else []
    if point is not None and point.drawable:
        charts.append(point.chart(TITLE, _area(chart_row, 9, 1 + COLUMNS)))
    page = Page(
        title=TITLE,
        widths=even_widths(WIDTH, 1 + columns),
        cells=tuple(draft.cells),
        heights=draft.heights,
        merged=tuple(draft.merged),
        names={NUDGE: _NUDGE_CELL},
        inputs=(
            Input(
                Block.cell(_NUDGE_CELL),
                Accepts.ABOVE_ZERO,
                "Nudge",
                "How far this page moves a parameter to see how the loss changes. Try 1, and "
                "0.000000001.",
            ),
        ),
        prompts=tuple(prompts),
        conditions=tuple(conditions),
        charts=tuple(charts),
        # Upright there is room for more than one table on a sheet of paper.
        landscape=len(bands) == 1,
        tab="009E73",
    )
    last = None if point is None else point.printed_row
    return printed(page, [(1, *(band.row for band in bands[1:]), row)], last=last)


def _area(row: int, first: int, last: int) -> Block:
    return Block(Address(row, first), Address(row + _CHART_ROWS, last))


def _put_nudge(draft: Draft, section: Section) -> Leaf:
    """Put the page's own nudge, and the guess that the derivatives are taken at."""
    draft.put(_NUDGE_CELL.moved(right=-1), "nudge", Look.LABEL)
    follows, nudge = "nudge" in section.settings, section.lesson.training.difference_step
    if follows:
        draft.show(_NUDGE_CELL, section.named("nudge"), Look.INPUT)
    else:
        draft.put(_NUDGE_CELL, nudge, Look.INPUT)
    draft.put(
        _NUDGE_CELL.moved(right=1),
        (f" as on the page {section.main}, until you type another one here." if follows else "")
        + " A larger one makes the forward difference worse, a tiny one drowns both in rounding.",
        Look.NOTE,
    )
    places = section.explained("{guess}")
    where = f"The guess is where the descent stands now: {places} on the page {section.main}."
    draft.put(_NUDGE_CELL.moved(down=1, right=-1), where, Look.NOTE)
    return cell(Formula.name(NUDGE), nudge)


@dataclass(frozen=True)
class _Band:
    """A table of the first rows, with the derivatives by one parameter or two.

    Attributes:
        section: the lesson's section.
        row: the row of the parameters' names, above the captions and the headers.
        which: the parameters, counted from 0.
    """

    section: Section
    row: int
    which: Sequence[int]

    @property
    def rows(self) -> int:
        """How many rows of the data it shows."""
        return min(MOST_ROWS, self.section.lesson.n_rows)

    @property
    def first_row(self) -> int:
        """The row of the first data row."""
        return self.row + 3

    @property
    def last_row(self) -> int:
        """The row of the means."""
        return self.first_row + self.rows

    @property
    def leads(self) -> tuple[str, ...]:
        """The columns before the derivatives."""
        model, column = self.section.lesson.model, self.section.lesson.step.loss_function.column
        return ("row", *model.inputs, "y", *model.columns, column, *self.chain)

    @property
    def chain(self) -> dict[str, Program]:
        """The derivatives by the columns of a model that has some, from the loss back."""
        model, loss = self.section.lesson.model, self.section.lesson.step.loss_function
        back = chain_columns(model, loss) if model.hidden else ()
        return {f"de/d{name}": slope_of_column(model, loss, name) for name in back}

    @property
    def headers(self) -> tuple[str, ...]:
        """The columns of each parameter."""
        return (*_HEADERS, *(_BACKWARDS if self.chain else ()))

    def column(self, place: int, way: int) -> int:
        """Return the column of a derivative by the parameter at a place, or of a difference."""
        return 2 + len(self.leads) + place * len(self.headers) + way

    def block(self, place: int, way: int, *, means: bool) -> Block:
        """Return that column's cells, with or without the mean."""
        column = self.column(place, way)
        last = self.last_row if means else self.last_row - 1
        return Block(Address(self.first_row, column), Address(last, column))

    def put(self, draft: Draft, nudge: Leaf) -> list[Prompt]:
        """Place the table; returns the headers' messages."""
        prompts = self._put_headers(draft)
        for row in range(self.rows):
            self._put_row(draft, row, nudge)
        self._put_means(draft, nudge)
        return prompts

    @property
    def _now(self) -> dict[str, Leaf]:
        """The guess."""
        names = self.section.lesson.model.parameters
        return {name: self.section.named(f"now_{name}") for name in names}

    def _settings(self, nudge: Leaf) -> dict[str, Leaf]:
        """Return what the derivatives read besides: the page's own nudge, and the loss's."""
        hyper = self.section.lesson.step.loss_function.hyper
        return {"nudge": nudge, **{name: self.section.named(name) for name in hyper}}

    def _put_headers(self, draft: Draft) -> list[Prompt]:
        section, loss = self.section, self.section.lesson.step.loss_function
        model = section.lesson.model
        names = (
            *given_columns(model),
            *model.columns,
            loss.column,
            *self.chain,
            "nudge",
            *loss.hyper,
        )
        words = {name: Symbol(section.data_label(name)) for name in names}
        captions = {name: each.read(words) for name, each in column_programs(model).items()}
        captions |= {name: each.read(words) for name, each in self.chain.items()}
        captions[loss.column] = loss.named.error(words[loss.reads], words["y"])
        header, prompts, longest = self.row + 2, [], 1
        for right, lead in enumerate(self.leads):
            label = section.data_label(lead)
            place = draft.put(Address(header, 2 + right), label, Look.HEADER)
            prompts.append(Prompt(place, label, plain_meaning(section.lesson.model, lead)))
            if lead in captions:
                caption = str(formula_of(captions[lead]))
                draft.put(place.moved(down=-1), caption, Look.CAPTION)
        for group, which in enumerate(self.which):
            name = section.lesson.model.parameters[which]
            every = (0, len(self.headers) - 1)
            first, last = (Address(self.row, self.column(group, way)) for way in every)
            draft.text(f"{first}:{last}", f"by {name}", Look.HEADER)
            ways = dict(enumerate(three_ways(model, loss, words, which)))
            if self.chain:
                ways[len(_HEADERS)] = _BACKPROP(model, loss, words, which)
            for way, title in enumerate(self.headers):
                meaning = _MEANINGS[way]
                place = draft.put(Address(header, self.column(group, way)), title, Look.HEADER)
                prompts.append(Prompt(place, f"{title}, by {name}", meaning))
                caption = str(formula_of(ways[way])) if way in ways else ""
                if 0 < len(caption) <= _LONGEST_CAPTION:
                    draft.put(place.moved(down=-1), caption, Look.CAPTION)
                    longest = max(longest, len(caption))
        draft.heights[header - 1] = CAPTION_HEIGHT * (-(-longest // int(WIDTH)) + 1)
        draft.heights[header] = HEADER_HEIGHT
        return prompts

    def _put_row(self, draft: Draft, row: int, nudge: Leaf) -> None:
        """Put a row of the data: the prediction, the loss, and the derivatives."""
        section, lesson, now = self.section, self.section.lesson, self._now
        model, loss = lesson.model, lesson.step.loss_function
        place = Address(self.first_row + row, 2)
        draft.put(place, row + 1.0, Look.RESULT, section.column_format("row"))
        here: dict[str, Leaf] = {}
        used = (*model.inputs, "y")

        def put(lead: str, found: Expression) -> Leaf:
            at = place.moved(right=self.leads.index(lead))
            rebuilt = row + 1 in lesson.data.reconstructed and lead in used
            look = Look.RECONSTRUCTED_RESULT if rebuilt else Look.RESULT
            draft.show(at, found, look, section.column_format(lead))
            here[lead] = draft.at(at, fixed_column=True)
            return here[lead]

        *inputs, y = (put(name, section.used.cell(name, row)) for name in used)
        missing = compared(inputs[0], "=", EMPTY)
        here |= {**now, **self._settings(nudge)}
        for name, program in column_programs(model).items():
            put(name, when(missing, EMPTY, program.read(here)))
        error = section.loss().error(here[loss.reads], y)
        put(loss.column, when(missing, EMPTY, error))
        for name, program in self.chain.items():
            put(name, when(missing, EMPTY, program.read(here)))
        for column, which in enumerate(self.which):
            ways = three_ways(model, loss, here, which)
            if self.chain:
                ways = (*ways, _BACKPROP(model, loss, here, which))
            self._put_slopes(draft, place.row, column, ways, missing)

    def _put_slopes(
        self,
        draft: Draft,
        row: int,
        place: int,
        ways: Sequence[Expression],
        missing: Expression | None = None,
    ) -> None:
        """Put the three derivatives by a parameter, and how far the differences are off.

        `missing` is true where the row is not complete; None stands for the line of the means.
        """
        formats = self.section.formats
        look = Look.KEY_RESULT if missing is None else Look.RESULT
        derivative = formats.log if missing is None else formats.derivative

        def put(way: int, found: Expression, shape: str) -> Leaf:
            at = Address(row, self.column(place, way))
            shown = found if missing is None else when(missing, EMPTY, found)
            draft.show(at, shown, look, shape)
            return draft.at(at)

        there = [put(way, found, derivative) for way, found in enumerate(ways[:3])]
        for way in (0, 1):
            put(3 + way, apart(there[way], there[2]), formats.difference)
        for way, found in enumerate(ways[3:], start=len(_HEADERS)):
            backwards = put(way, found, derivative)
            put(way + 1, apart(backwards, there[2]), formats.difference)

    def _put_means(self, draft: Draft, nudge: Leaf) -> None:
        """Put the gradient over all rows."""
        section, lesson = self.section, self.section.lesson
        used = section.used
        last = Address(self.last_row, 1 + len(self.leads))
        draft.text(f"B{self.last_row}:{last}", f"mean of all {lesson.n_rows} rows", Look.LABEL)
        for place, which in enumerate(self.which):
            backwards = [len(_HEADERS)] if self.chain else []
            blocks = [self.block(place, way, means=False) for way in (0, 1, 2, *backwards)]
            ways: Sequence[Expression] = [
                total(draft.over(block, fixed=False)) / used.count for block in blocks
            ]
            if lesson.n_rows > self.rows:
                ways = mean_of_ways(
                    lesson.model,
                    lesson.step.loss_function,
                    used.inputs,
                    used.y,
                    {**self._now, **self._settings(nudge)},
                    mean=used.mean,
                )[which]
            self._put_slopes(draft, self.last_row, place, ways)

    def conditions(self) -> list[Condition]:
        """Mark what is nearly 0, and show what is too wide with a power of ten."""
        number_formats = self.section.formats
        found: list[Condition] = []
        first = Address(self.first_row, 3)
        last = Address(self.last_row - 1, 1 + len(self.leads))
        formats = [self.section.column_format(lead) for lead in self.leads[1:]]
        found += too_wide(Block(first, last), formats, WIDTH)
        for place in range(len(self.which)):
            off = Block(
                self.block(place, 3, means=True).first, self.block(place, 4, means=True).last
            )
            found.append(nearly_zero(off, number_formats.difference))
            if self.chain:
                off_back = self.block(place, len(self.headers) - 1, means=True)
                found.append(nearly_zero(off_back, number_formats.difference))
            for first_row, last_row, derivative in (
                (self.first_row, self.last_row - 1, number_formats.derivative),
                (self.last_row, self.last_row, number_formats.log),
            ):
                last_column = self.column(place, len(self.headers) - 1)
                ends = Address(first_row, self.column(place, 0)), Address(last_row, last_column)
                formats = [derivative] * 3 + [number_formats.difference] * 2
                formats += [derivative, number_formats.difference] if self.chain else []
                found += too_wide(Block(*ends), formats, WIDTH)
        return found


def _chart(bands: Sequence[_Band], area: Block) -> Chart:
    """Chart how far off the differences are, over x; over the rows where there are several."""
    lesson = bands[0].section.lesson
    names, several = lesson.model.parameters, bool(lesson.data.further)
    along = 2 if several else 3
    shown_ways = [
        (band, place, 3, f"forward, by {names[which]}")
        for band in bands
        for place, which in enumerate(band.which)
    ]
    shown_ways.append((bands[0], 0, 4, f"central, by {names[0]}"))
    series = tuple(
        Series(
            sheet=TITLE,
            name=name,
            x=Block(Address(band.first_row, along), Address(band.last_row - 1, along)),
            values=band.block(place, way, means=False),
            drawn=Drawn.POINTS,
            colour=colour,
        )
        for colour, (band, place, way, name) in enumerate(shown_ways)
    )
    return Chart(
        area=area,
        title="How far off a difference is, row by row",
        x_title="row" if several else lesson.data.x_name,
        y_title="difference - closed form",
        series=series,
    )
