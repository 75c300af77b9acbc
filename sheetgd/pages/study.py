"""A lesson at several learning rates: their runs, and where three sheets have them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from sheetgd.cells import Address, Value
from sheetgd.descent import descend
from sheetgd.lesson import LEAST_RATE_EPOCHS
from sheetgd.maths.expression import Leaf
from sheetgd.maths.formula import LONGEST_FORMULA, Formula
from sheetgd.maths.worksheet import cell, cells, value_of
from sheetgd.pages.block import Block
from sheetgd.pages.inlined import InlinedSteps, Run
from sheetgd.pages.numbers import shown
from sheetgd.pages.section import Section
from sheetgd.pages.verdict import scale
from sheetgd.rates import check_size, epochs_for, rates_for
from sheetgd.sweeping import Trial, outline

TITLE: Final = "Learning rates"
LOG: Final = "Rates epochs"
STEPS: Final = "Rates steps"

NOW: Final = "learn now"
"""What the lesson's own present rate is called beside the others."""

MOST_DRAWN: Final = 8
"""More lines in a chart could not be told apart; of more rates some are drawn, evenly spaced."""

FIRST_RATE: Final = Address(8, 2)
"""The front page's cell of the first rate; the others stand below it."""

START: Final = Address(5, 4)
"""The front page's cell of the metric held at the start."""

SCALE: Final = Address(3, 3)
"""The log's cell of the metric of the data's own spread."""

FIRST_EPOCH: Final = Address(9, 2)
"""The log's cell of epoch 0."""

VERDICT, MARK, LAST, LOWEST, AT, RATIO, FACTOR = range(1, 8)
"""How far right of a rate the front page has what is said of it."""


@dataclass(frozen=True, kw_only=True)
class Study:
    """The runs of some rates, and behind them the one at the lesson's own present rate.

    Attributes:
        section: the lesson's section.
        steps: the steps of the runs; the present rate's stand there only where the lesson's own
            steps page has not enough of them.
        trials: how each went.
    """

    section: Section
    steps: InlinedSteps
    trials: Sequence[Trial]

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
    def start(self) -> Leaf:
        """The metric held that all start with, on the front page."""
        return self._front(START, self.trials[0].metric_values[0])

    @cached_property
    def scale(self) -> Leaf:
        """The metric of the data's own spread, on the log."""
        formula = Formula.cell(SCALE, fixed_row=True, fixed_column=True, sheet=LOG)
        return cell(formula, value_of(scale(self.section)))

    def rate(self, number: int) -> Leaf:
        """A run's learning rate, by its name."""
        own = number not in self.rates
        name = self.section.name("learn") if own else Formula.name(rate_name(number))
        return cell(name, self.trials[number].rate)

    def _front(self, place: Address, value: float) -> Leaf:
        formula = Formula.cell(place, fixed_row=True, fixed_column=True, sheet=TITLE)
        return cell(formula, shown(value))

    def state(self, number: int, which: int, epoch: int) -> Leaf:
        """A run's parameter after an epoch, from the page that has its steps."""
        if number < len(self.steps.runs):
            return self.steps.state(number, which, epoch)
        name = self.section.lesson.form.parameters[which]
        value = self.trials[number].states[epoch][which]
        return cell(self.section.state_after(name, epoch), shown(value))

    def place(self, number: int, right: int = 0) -> Address:
        """The front page's cell in a run's line; 0 is the rate."""
        return FIRST_RATE.moved(down=number, right=right)

    def compared(self, right: int, values: Sequence[Value]) -> Leaf:
        """A column of the front page, the compared rates only, and what it holds."""
        block = Formula.range(self.place(0, right), self.place(self.rates[-1], right))
        return cells(block, values[: len(self.rates)])

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
    names_of = lesson.form.parameters
    start = [section.start_if_ready(name, at_any_rate=True) for name in names_of]
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
    if epochs > lesson.room:
        runs.append(Run(label=NOW, descent=own, settings=names, start=start))
    steps = InlinedSteps(sheet=STEPS, section=section, runs=tuple(runs))
    if steps.longest > LONGEST_FORMULA:
        return None
    trials = [*(outline(run.descent) for run in runs[: len(rates)]), outline(own)]
    return Study(section=section, steps=steps, trials=trials)
