"""The hidden page of what charts and verdicts read of a run: its log, as far as it has run.

Past the epochs that are run each line repeats the last one. So a chart's line ends where the run
ends, with an axis that fits it, and sums over all lines are those over the run.
"""

from typing import Final

from sheetgd.cells import Address, Look, Value
from sheetgd.display import WHOLE
from sheetgd.maths.expression import Expression, Leaf
from sheetgd.maths.formula import Formula
from sheetgd.maths.quantity import count, floored, square, total
from sheetgd.maths.rate_verdict import move_ratio, moves_repeated, rate_verdict
from sheetgd.maths.worksheet import (
    cell,
    cells,
    compared,
    if_error,
    index,
    maximum,
    minimum,
    value_of,
    when,
)
from sheetgd.pages.block import Block
from sheetgd.pages.numbers import shown
from sheetgd.pages.page import Draft, Page
from sheetgd.pages.section import RATES_READY, STEPS_READY, Section
from sheetgd.pages.settings import steps_ready
from sheetgd.pages.verdict import scale, start_held

VERDICT: Final = "verdict"
"""The defined name of the cell that holds the verdict on the run."""

NOT_RUN: Final = "not run yet"
NO_RUN: Final = "no run"
"""What stands there where no epoch is run, or nothing can be."""

_FACTS_ROW: Final = 4
_FIRST_ROW: Final = 13
_VERDICT_PLACE: Final = Address(4, 6)
_READY_PLACE: Final = Address(5, 6)
_WIDTH = 14.0
NO_NUMBER: Final = "no number"
"""What stands for a metric that is none any more: a run has left all bounds."""


def run_headers(section: Section) -> tuple[str, ...]:
    """The columns: the epoch, the metric held, the pass's where charts draw it, the parameters."""
    held = section.lesson.metric_name
    drawn = section.metric_headers[0]
    metrics = (held,) if drawn == held else (held, drawn)
    return ("epoch", *metrics, *section.lesson.form.parameters)


def run_block(section: Section, header: str) -> Block:
    """A column of the page."""
    first = Address(_FIRST_ROW, 2 + run_headers(section).index(header))
    return Block(first, first.moved(down=section.lesson.room))


def run_column(section: Section, header: str, *, skip: int = 0, less: int = 0) -> Leaf:
    """A column as other sheets read it, without some of its first and last cells."""
    block, values = run_block(section, header), run_values(section, header)
    first, last = block.first.moved(down=skip), block.last.moved(down=-less)
    return cells(Formula.range(first, last, sheet=section.run), values[skip : len(values) - less])


def run_values(section: Section, header: str) -> list[Value]:
    """What the lines hold."""
    descent, run = section.descent, section.epochs_run
    held = section.lesson.metric_name
    names = section.lesson.form.parameters
    found: list[Value] = []
    for line in range(section.lesson.room + 1):
        epoch = min(line, run)
        if header == "epoch":
            found.append(float(epoch))
        elif header in names:
            found.append(shown(descent.states[epoch][names.index(header)]))
        else:
            metrics = descent.metric_values if header == held else descent.metric_values_pass
            found.append(shown(metrics[epoch]))
    return found


def run_page(section: Section) -> Page:
    """The page."""
    draft, headers = Draft(), run_headers(section)
    draft.title("B1", f"{section.main}: the run so far")
    draft.put(
        "B2",
        f"The log on the page {section.epochs} up to the last epoch that is run, which the lines "
        "after it repeat: charts and verdicts read it here.",
        Look.NOTE,
    )
    for right, header in enumerate(headers):
        draft.put(Address(_FIRST_ROW - 1, 2 + right), header, Look.HEADER)
    for line in range(section.lesson.room + 1):
        _put_line(draft, section, line)
    _put_facts(draft, section)
    return Page(
        title=section.run,
        widths={"A": 2.0}
        | {Address(1, column).letters: _WIDTH for column in range(2, 3 + len(headers))},
        cells=tuple(draft.cells),
        heights=draft.heights,
        names={
            VERDICT + section.suffix: _VERDICT_PLACE,
            STEPS_READY + section.suffix: _READY_PLACE,
            RATES_READY + section.suffix: _READY_PLACE.moved(down=1),
        },
        frozen=Address(_FIRST_ROW, 1),
        hidden=True,
    )


def _put_line(draft: Draft, section: Section, line: int) -> None:
    """A line: an epoch that is run, or the last one once more."""
    run = cell(section.name("epochs_run"), float(section.epochs_run))
    place = Address(_FIRST_ROW + line, 2)
    epoch = draft.show(place, minimum(float(line), run), Look.RESULT, WHOLE)
    for right, header in enumerate(run_headers(section)[1:], start=1):
        logged = section.log_column(header)
        number_format = section.log_format(header)
        draft.show(place.moved(right=right), index(logged, epoch + 1), Look.RESULT, number_format)


def _facts(section: Section) -> dict[str, tuple[Expression, str]]:
    """What the verdict goes by, and how it is shown."""
    held, log = section.lesson.metric_name, section.display.log
    column = run_column(section, held)
    run = cell(section.name("epochs_run"), float(section.epochs_run))
    # Where one is no number, the highest is none, too.
    whole = compared(count(column), "=", section.lesson.room + 1)
    return {
        "at the start": (start_held(section), log),
        "data alone": (scale(section), log),
        "after half of the epochs": (index(column, floored(run / 2.0) + 1), log),
        "after three quarters": (index(column, floored(3.0 * run / 4.0) + 1), log),
        "in the end": (index(column, run + 1), log),
        "the highest": (when(whole, maximum(column), NO_NUMBER), log),
        "move ratio": (if_error(_ratio(section), NO_NUMBER), "0.00"),
    }


def _put_facts(draft: Draft, section: Section) -> None:
    for down, (name, (fact, number_format)) in enumerate(_facts(section).items()):
        place = Address(_FACTS_ROW + down, 3)
        draft.put(place.moved(right=-1), name, Look.LABEL)
        draft.show(place, fact, Look.RESULT, number_format)
    draft.put(_VERDICT_PLACE.moved(right=-1), "verdict", Look.LABEL)
    draft.show(_VERDICT_PLACE, _verdict(section), Look.VERDICT)
    draft.put(_READY_PLACE.moved(right=-1), "steps ready", Look.LABEL)
    draft.show(_READY_PLACE, steps_ready(section), Look.RESULT)
    at_any_rate = _READY_PLACE.moved(down=1)
    draft.put(at_any_rate.moved(right=-1), "at other rates", Look.LABEL)
    draft.show(at_any_rate, steps_ready(section, at_any_rate=True), Look.RESULT)


def _verdict(section: Section) -> Expression:
    """The verdict on the run, as the cell has it."""
    start, spread, half, later, last, highest, ratio = (
        cell(Formula.cell(Address(_FACTS_ROW + down, 3)), value_of(fact))
        for down, (fact, _) in enumerate(_facts(section).values())
    )
    verdict = rate_verdict(
        section.lesson.method.figure,
        start=start,
        scale=spread,
        half=half,
        later=later,
        last=last,
        highest=highest,
        ratio=ratio,
    )
    run = cell(section.name("epochs_run"), float(section.epochs_run))
    told = when(compared(run, "=", 0), NOT_RUN, if_error(verdict, NO_RUN))
    return when(section.ready, told, NO_RUN)


def _ratio(section: Section) -> Expression:
    """What part of a move the next epoch makes again: moves past the run are none."""
    epochs = [run_column(section, "epoch", skip=skip, less=2 - skip) for skip in range(3)]
    repeated, squared = [], []
    for name in section.lesson.form.parameters:
        before, here, after = (
            run_column(section, name, skip=skip, less=2 - skip) for skip in range(3)
        )
        repeated.append(moves_repeated(before, here, after))
        # The last epoch's move is not among those that an epoch follows.
        squared.append(total(square(here - before) * (epochs[2] - epochs[1])))
    found: Expression = move_ratio(repeated, squared)
    return found


def verdict_leaf(section: Section) -> Leaf:
    """The verdict on the run, by its name."""
    return cell(section.name(VERDICT), value_of(_verdict(section)))
