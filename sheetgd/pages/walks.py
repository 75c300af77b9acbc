"""Two walks over the same data: by the published rule, and by the correct derivatives.

Their steps stand in a compact table of their own (`sheetgd.pages.inlined`), so that they go
on for as many epochs as their story needs, whatever the lesson's capacity.
"""

import math
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate
from typing import Final

from sheetgd.cells import Address
from sheetgd.descent import descend
from sheetgd.maths.formula import Formula
from sheetgd.pages.block import Block
from sheetgd.pages.inlined import InlinedSteps, Run, epochs_with_room
from sheetgd.pages.section import Section
from sheetgd.pages.sentence import Sentence, number

STEPS: Final = "Two descents steps"
EPOCHS: Final = 160
"""By then the published walk of the original has been overtaken again."""

NAMES: Final = ("as published", "correct")
"""What the two are called; elsewhere they are numbered, 0 and 1."""

STANDING_ROW, TABLE_ROW = 11, 30
"""The page's row of the headers over where each stands, and the table's first row."""


def has_story(section: Section, published: Section) -> bool:
    """Whether the two can be told against each other, step by step.

    They can where the published lesson swaps the derivatives of a line's squared error and
    the other does not, row by row over the same data.
    """
    lesson, other = section.lesson, published.lesson
    return (
        other.gradient == "published" != lesson.gradient
        and lesson.form.name == other.form.name == "line"
        and other.loss == "mse"
        and other.optimizer == "plain"
        and lesson.batch_size == other.batch_size == 1
        and lesson.shuffle == other.shuffle
        and epochs_with_room(lesson, EPOCHS) > 1
    )


def walks_of(section: Section, published: Section) -> "Walks":
    """The walks of a section, whose data both take, and of the one under the published rule."""
    epochs = epochs_with_room(section.lesson, EPOCHS)
    other = published.lesson
    lessons = (
        # The same data for both, and the same figure.
        replace(other, x=section.lesson.x, y=section.lesson.y),
        replace(section.lesson, metric=other.metric, metric_label=other.metric_label),
    )
    runs = [
        Run(
            label=name,
            descent=descend(lesson, epochs, exact=True, through=True),
            settings={setting: source.name(setting) for setting in lesson.settings},
            start=[source.state_after(each, 0) for each in lesson.form.parameters],
        )
        for name, lesson, source in zip(NAMES, lessons, (published, section), strict=True)
    ]
    steps = InlinedSteps(sheet=STEPS, section=section, runs=tuple(runs))
    return Walks(section, published, steps)


@dataclass(frozen=True)
class Walks:
    """The two walks, and where the page has what it tells of them."""

    section: Section
    published: Section
    steps: InlinedSteps

    @property
    def label(self) -> str:
        """What the figure is called."""
        return self.steps.runs[0].lesson.metric_name

    @property
    def decimals(self) -> int:
        """The decimals of the figure in a sentence: one more than on the main page."""
        return len(self.published.display.figure.partition(".")[2]) + 1

    @property
    def last(self) -> int:
        """The last epoch."""
        return self.steps.epochs

    def column(self, run: int, which: int) -> int:
        """The table's column of a walk: its parameters, its figure, the lowest so far."""
        return 3 + 4 * run + which

    def cell(self, run: int, which: int, epoch: int) -> Formula:
        """A cell of the table."""
        return Formula.cell(Address(TABLE_ROW + epoch, self.column(run, which)))

    def figures(self, run: int) -> Formula:
        """All figures of a walk."""
        block = self.block(run, 2)
        return Formula.range(block.first, block.last)

    def block(self, run: int, which: int) -> Block:
        """A column of the table."""
        column = self.column(run, which)
        return Block(Address(TABLE_ROW, column), Address(TABLE_ROW + self.last, column))

    def figure(self, run: int, epoch: int) -> float:
        """A figure's value; NaN where it is not a number any more."""
        value = self.steps.runs[run].descent.metric_values[epoch]
        return value if math.isfinite(value) else math.nan

    def lowest(self, run: int, epoch: int) -> float:
        """The lowest figure up to an epoch."""
        return self._lowest[run][epoch]

    @cached_property
    def _lowest(self) -> list[list[float]]:
        every = range(self.last + 1)
        return [
            list(accumulate((self.figure(run, epoch) for epoch in every), min)) for run in (0, 1)
        ]

    def lowest_epoch(self, run: int) -> float:
        """The epoch after which the figure is lowest of all."""
        lowest = self.lowest(run, self.last)
        figures = [self.figure(run, epoch) for epoch in range(self.last + 1)]
        return figures.index(lowest) if lowest in figures else math.nan

    def lower(self) -> list[str]:
        """Which of the two has the lower figure, epoch by epoch."""
        return [
            ""
            if math.isnan(self.figure(0, epoch) - self.figure(1, epoch))
            else NAMES[self.figure(0, epoch) >= self.figure(1, epoch)]
            for epoch in range(self.last + 1)
        ]

    def lower_range(self) -> Formula:
        """The column that says so."""
        column = self.column(2, 0)
        first = Address(TABLE_ROW, column)
        return Formula.range(first, first.moved(down=self.last))

    def standing(self, run: int, right: int) -> Formula:
        """A cell of the table of where each stands."""
        return Formula.cell(
            Address(STANDING_ROW + 1 + run, 2 + right), fixed_row=True, fixed_column=True
        )

    def said_figure(self, value: float, formula: Formula) -> Sentence:
        """A figure in a sentence."""
        return number(value, formula, self.decimals)
