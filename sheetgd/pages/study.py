"""A lesson at several learning rates: their runs, and where three sheets have them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from sheetgd.cells import Address
from sheetgd.descent import descend
from sheetgd.lesson import LEAST_RATE_EPOCHS
from sheetgd.maths.formula import LONGEST_FORMULA, Formula
from sheetgd.pages.block import Block
from sheetgd.pages.inlined import InlinedSteps, Run
from sheetgd.pages.section import Section
from sheetgd.pages.verdict import START_FIGURE
from sheetgd.rates import check_size, epochs_for, rates_for
from sheetgd.sweeping import Trial, judged_trials, outline, start_figure

TITLE: Final = "Learning rates"
LOG: Final = "Rates epochs"
STEPS: Final = "Rates steps"

NOW: Final = "learn now"
"""What the lesson's own present rate is called beside the others."""

MOST_DRAWN: Final = 8
"""More lines in a chart could not be told apart; of more rates some are drawn, evenly spaced."""

NO_NUMBER: Final = "no number"
"""What stands for a figure that is none any more: a run has left all bounds."""

FIRST_RATE: Final = Address(8, 2)
"""The front page's cell of the first rate; the others stand below it."""

FIRST_EPOCH: Final = Address(9, 2)
"""The log's cell of epoch 0."""

VERDICT, LAST, LOWEST, AT, SWING = range(1, 6)
"""How far right of a rate the front page has what is said of it."""


@dataclass(frozen=True, kw_only=True)
class Study:
    """The runs of some rates, and behind them the one at the lesson's own present rate.

    Attributes:
        section: the lesson's section.
        steps: all runs.
        trials: how each went.
        start: the figure they start with.
    """

    section: Section
    steps: InlinedSteps
    trials: Sequence[Trial]
    start: float

    @property
    def rates(self) -> range:
        """The numbers of the rates that are compared; the present one comes behind them."""
        return range(len(self.trials) - 1)

    @property
    def every(self) -> range:
        """The numbers of all runs."""
        return range(len(self.trials))

    @property
    def epochs(self) -> int:
        """How many epochs each runs for."""
        return self.steps.epochs

    @property
    def start_cell(self) -> Formula:
        """The figure that all start with, on the lesson's log."""
        return Formula.cell(
            START_FIGURE, fixed_row=True, fixed_column=True, sheet=self.section.epochs
        )

    def rate(self, number: int) -> Formula:
        """A run's learning rate, by its name."""
        if number in self.rates:
            return Formula.name(rate_name(number))
        return self.section.name("learn")

    def place(self, number: int, right: int = 0) -> Address:
        """The front page's cell in a run's line; 0 is the rate."""
        return FIRST_RATE.moved(down=number, right=right)

    def rates_block(self, right: int = 0) -> Formula:
        """A column of the front page, the compared rates only."""
        return Formula.range(self.place(0, right), self.place(self.rates[-1], right))

    @cached_property
    def drawn(self) -> Sequence[int]:
        """The runs that the chart by epoch shows: some of the rates, and the present one."""
        count = len(self.rates)
        shown = min(count, MOST_DRAWN)
        spread = max(shown - 1, 1)
        return [*(round(each * (count - 1) / spread) for each in range(shown)), count]

    def figures(self, number: int) -> Block:
        """The log's column of a run's figures."""
        return self._column(1 + number)

    def drawn_figures(self, place: int) -> Block:
        """The log's column of those that the chart shows, by the run's place in `drawn`."""
        return self._column(2 + len(self.trials) + place)

    def path(self, number: int, which: int) -> Block:
        """The log's column of a run's parameter."""
        count = len(self.section.lesson.form.parameters)
        return self._column(3 + len(self.trials) + len(self.drawn) + number * count + which)

    def ends(self) -> Address:
        """The log's first cell of what the chart of the ends is drawn from."""
        count = len(self.section.lesson.form.parameters) * len(self.trials)
        return FIRST_EPOCH.moved(right=4 + len(self.trials) + len(self.drawn) + count)

    def epoch_block(self) -> Block:
        """The log's column of the epochs' numbers."""
        return self._column(0)

    def _column(self, right: int) -> Block:
        first = FIRST_EPOCH.moved(right=right)
        return Block(first, first.moved(down=self.epochs))


def rate_name(number: int) -> str:
    """The defined name of a compared rate, which are counted from 0 here and from 1 there."""
    return f"rate_{number + 1}"


def study_of(section: Section) -> Study | None:
    """Run a lesson at its rates; None where that does not fit a workbook.

    It does not where the data are long, or where a formula would be too long for a cell.

    Raises:
        LessonError: when more is asked for than a workbook can hold.
    """
    lesson = section.lesson
    rates = rates_for(lesson)
    epochs = epochs_for(lesson, len(rates))
    if epochs < LEAST_RATE_EPOCHS:
        return None
    check_size(lesson, len(rates), epochs)
    names = {name: section.name(name) for name in lesson.settings}
    start = [section.name(f"{name}_start") for name in lesson.form.parameters]
    runs = [
        Run(
            label=f"{rate:g}",
            descent=descend(lesson.changed(learn=rate), epochs, exact=True, through=True),
            settings={**names, "learn": Formula.name(rate_name(number))},
            start=start,
        )
        for number, rate in enumerate(rates)
    ]
    own = descend(lesson, epochs, exact=True, through=True)
    runs.append(Run(label=NOW, descent=own, settings=names, start=start))
    steps = InlinedSteps(sheet=STEPS, section=section, runs=tuple(runs))
    if steps.longest > LONGEST_FORMULA:
        return None
    figure = start_figure(own)
    trials = [outline(run.descent) for run in runs]
    compared = trials[:-1]
    judged = judged_trials(trials, figure, compared)
    return Study(section=section, steps=steps, trials=judged, start=figure)
