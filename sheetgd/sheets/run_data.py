"""Run data: the hidden sheet of what charts and verdicts read of a run.

It is the run's log, as far as it has run. Past the epochs that are run each line repeats the last
one. So a chart's line ends where the run ends, with an axis that fits it, and sums over all lines
are those over the run. A log that is the computation does so itself, and is read in its place.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, TypedDict

import numpy as np

from sheetgd.descent.gradient import penalty_slope
from sheetgd.descent.loss import best_so_far, epochs_waited
from sheetgd.descent.rate_verdict import (
    FACTOR,
    NO_RUN,
    data_scale,
    divergence_bound,
    ends_run,
    epoch_note,
    move_ratio,
    moves_repeated,
    rate_verdict,
    verdict_word,
)
from sheetgd.descent.step import COUNT, slope_column, started
from sheetgd.expression.excel import Address, Formula, Value, named_in_sheets
from sheetgd.expression.functions import count, floored, square, total
from sheetgd.expression.sheet_cells import (
    Given,
    all_of,
    cell,
    cells,
    column_of,
    compared,
    constant,
    if_error,
    index,
    is_number,
    joined,
    maximum,
    minimum,
    value_of,
    when,
)
from sheetgd.expression.tree import Expression, Leaf, Symbol
from sheetgd.sheets.cells import Block, Look
from sheetgd.sheets.rows import held_out_rows
from sheetgd.sheets.section import PROBLEM, RATES_READY, STEPS_READY, Section
from sheetgd.sheets.sheet import Accepts, Draft, Page, even_widths
from sheetgd.sheets.words import WHOLE

MESSAGES: Final[Mapping[str, tuple[Accepts, str, str]]] = {
    "epochs": (
        Accepts.COUNT,
        "Epochs a click",
        "How many epochs one click runs: a whole number, 0 or more.",
    ),
    "clicks": (
        Accepts.COUNT,
        "Clicks",
        "How often Run Epoch has been clicked. Add 1 to run on, set 0 to reset.",
    ),
    "learn": (
        Accepts.ABOVE_ZERO,
        "Learning rate",
        "How far each step goes: too small is slow, too large makes the loss grow.",
    ),
    "nudge": (
        Accepts.ABOVE_ZERO,
        "Nudge",
        "How far a parameter is moved to see how the loss changes.",
    ),
    "batch": (
        Accepts.COUNTING,
        "Batch",
        "After how many rows a step is made: 1 for every row, the number of rows for all at once.",
    ),
    "l2": (Accepts.NOT_NEGATIVE, "l_2", "Steps lower half of this times the squares, too."),
    "l1": (Accepts.NOT_NEGATIVE, "l_1", "Steps lower this times the sizes, too."),
    "beta": (Accepts.SHARE, "beta", "How much of the last v is kept: from 0 to below 1."),
    "rho": (Accepts.SHARE, "rho", "How much of the last s is kept: from 0 to below 1."),
    "beta1": (Accepts.SHARE, "beta_1", "How much of the last v is kept: from 0 to below 1."),
    "beta2": (Accepts.SHARE, "beta_2", "How much of the last s is kept: from 0 to below 1."),
    "eps": (
        Accepts.NOT_NEGATIVE,
        "eps",
        "A tiny number that keeps the step from being divided by 0.",
    ),
    "delta": (Accepts.ABOVE_ZERO, "delta", "An error beyond this counts straight on, not squared."),
    "step_size": (
        Accepts.COUNTING,
        "step_size",
        "After so many epochs the rate is multiplied by gamma.",
    ),
    "gamma": (Accepts.ABOVE_ZERO, "gamma", "What the rate is multiplied by."),
    "T_max": (Accepts.COUNTING, "T_max", "After so many epochs the rate is at its lowest."),
    "eta_min": (Accepts.NOT_NEGATIVE, "eta_min", "The lowest rate."),
    "factor": (Accepts.SHARE, "factor", "What the rate is multiplied by: from 0 to below 1."),
    "rate_patience": (
        Accepts.COUNT,
        "rate_patience",
        "So many epochs in a row may be no better before the rate is cut.",
    ),
    "rate_threshold": (
        Accepts.SHARE,
        "rate_threshold",
        "The metric must be lower by this part of its lowest to count: from 0 to below 1.",
    ),
    "min_lr": (Accepts.NOT_NEGATIVE, "min_lr", "The rate is not cut below this."),
    "tolerance": (
        Accepts.NOT_NEGATIVE,
        "Tolerance",
        "The metric must fall by more than this to count as better.",
    ),
    "patience": (
        Accepts.COUNTING,
        "Patience",
        "The run stops after so many epochs without a better metric.",
    ),
}
"""What each setting accepts, and the title and text of its message."""


def message_of(name: str) -> tuple[Accepts, str, str]:
    """Return what a setting accepts, and the title and text of its message."""
    if name in MESSAGES:
        return MESSAGES[name]
    header = name.removeprefix(started(""))
    squares = header.partition("_")[0] in "sh"
    accepts = Accepts.NOT_NEGATIVE if squares else Accepts.NUMBER
    accepts = Accepts.COUNT if header == COUNT else accepts
    return accepts, f"{header} at the start", f"What the optimiser begins with in {header}."


EXAMPLE: Final = 0.5
"""A number with a decimal point or comma, whichever the program that computes the sheet takes."""

_UNTIL_THEN: Final = " Nothing is run until then."


def settings_problem(section: Section) -> Expression:
    """Return what is wrong with the settings or the start, the first of it; else an empty text.

    A decimal point where a program wants a comma, or the other way round, makes a text of a
    number: it is told how decimals are written here.
    """
    starts = _starts(section)
    missing = compared(count(starts), "<", len(section.lesson.model.parameters))
    places = section.explained("{start}")
    text = joined(f"start: type a number in {places}, decimals like ", EXAMPLE, f".{_UNTIL_THEN}")
    word = when(missing, text, "")
    for name in reversed(section.settings):
        leaf = section.named(name)
        accepts, label = message_of(name)[0], named_in_sheets(name)
        wrong = f"{label}: type {accepts}.{_UNTIL_THEN}"
        text = joined(
            f"{label} is text: type {accepts}, decimals like ", EXAMPLE, f".{_UNTIL_THEN}"
        )
        if accepts in {Accepts.COUNT, Accepts.COUNTING}:
            text = constant(f"{label} is text: type {accepts}.{_UNTIL_THEN}")
        no_number = if_error(when(compared(leaf, "=", ""), wrong, text), wrong)
        conditions = _conditions(leaf, accepts)
        fits = all_of(*conditions) if len(conditions) > 1 else constant(1)
        fits = conditions[0] if len(conditions) == 1 else fits
        word = when(is_number(leaf), when(fits, word, wrong), no_number)
    if section.base is not None:
        base = section.base.named(PROBLEM)
        elsewhere = f"Look at the page {section.base.main}: something there is to be put right."
        word = when(compared(base, "=", ""), word, elsewhere)
    return word


def steps_ready(section: Section, *, at_any_rate: bool = False) -> Expression:
    """Return 1 where all that steps are computed from is a number as it should be, else 0.

    How many epochs are run does not matter to them: so a click does not compute them anew.

    Args:
        section: the section.
        at_any_rate: leave out the learning rate, for runs at others.
    """
    conditions = [
        compared(
            count(_starts(section, sheet=section.main)), "=", len(section.lesson.model.parameters)
        )
    ]
    for name in section.lesson.settings:
        if name == "learn" and at_any_rate:
            continue
        leaf = section.named(name)
        conditions += [is_number(leaf), *_conditions(leaf, message_of(name)[0])]
    # INT of a text is an error.
    return if_error(when(all_of(*conditions), 1, 0), 0)


def _starts(section: Section, *, sheet: str = "") -> Expression:
    values: Sequence[float] = section.lesson.training.start
    ends = section.start(0), section.start(len(values) - 1)
    return cells(Formula.range(*ends, sheet=sheet), values)


def _conditions(value: Expression, accepts: Accepts) -> list[Expression]:
    """List what a number must fulfil to be accepted."""
    whole = compared(floored(value), "=", value)
    return {
        Accepts.NUMBER: [],
        Accepts.COUNT: [compared(value, ">=", 0), whole],
        Accepts.COUNTING: [compared(value, ">=", 1), whole],
        Accepts.ABOVE_ZERO: [compared(value, ">", 0)],
        Accepts.NOT_NEGATIVE: [compared(value, ">=", 0)],
        Accepts.SHARE: [compared(value, ">=", 0), compared(value, "<", 1)],
    }[accepts]


def _slopes_of(section: Section, epoch: int) -> Sequence[Expression]:
    """Return each row's derivatives where an epoch ends, for sums over the rows in use."""
    method, used = section.lesson.step, section.used
    here = {name: cell(section.log_cell(name, epoch)) for name in method.model.parameters}
    settings = ("nudge", *method.loss_function.hyper)
    return used.slopes(method, {**here, **{name: section.named(name) for name in settings}})


def _whole_slopes(
    section: Section, epoch: int, slopes: Sequence[Expression]
) -> Iterator[Expression]:
    """Yield slopes of the loss where an epoch ends, and with them those of the penalties."""
    method = section.lesson.step
    settings = {name: section.named(name) for name in section.lesson.settings}
    for name, slope in zip(method.model.parameters, slopes, strict=True):
        here = cell(section.log_cell(name, epoch))
        pulled = name in method.penalized
        yield slope + penalty_slope(here, settings) if pulled else slope


def rows_that_move(section: Section, epoch: int) -> Iterator[tuple[Expression, Expression]]:
    """Yield each whole slope where an epoch ends, and how many rows have one that is not 0."""
    means = [cell(section.log_cell(each, epoch)) for each in section.gradients]
    rows = _whole_slopes(section, epoch, _slopes_of(section, epoch))
    for mean, slope in zip(_whole_slopes(section, epoch, means), rows, strict=True):
        yield mean, section.used.summed(compared(slope, "<>", 0) * 1)


def put_bound(draft: Draft, section: Section) -> None:
    """Place the metric beyond which the run diverges."""
    lesson = section.lesson
    place = section.bound_cell
    draft.labelled(place, "diverges above", bound(section), number_format=section.formats.log)
    draft.put(
        place.moved(right=1),
        f" {lesson.metric_name}: {FACTOR:,.0f} times the loss at the start (near a perfect start, "
        "of the data's own spread)",
        Look.NOTE,
    )


def scale(section: Section) -> Expression:
    """Return the metric of the data's own spread, as other sheets compute it."""
    metric, used = section.lesson.step.metric_function, section.used
    found: Expression = data_scale(
        metric, section.loss(metric.loss), used.y, used.count, used.summed
    )
    return found


def start_held(section: Section) -> Expression:
    """Return the metric held at the start; an error where a setting is wrong."""
    return held_after(section, 0)


def bound(section: Section) -> Expression:
    """Return the metric beyond which the run diverges, from the cells of what it goes by."""
    start, spread = (
        cell(Address(_FACTS_ROW + down, 3), value_of(fact), fixed=True, sheet=section.run)
        for down, fact in enumerate((start_held(section), scale(section)))
    )
    return divergence_bound(section.lesson.step.metric_function, start, spread)


def held_after(section: Section, epoch: int) -> Expression:
    """Return the metric held after an epoch, from the steps page, whether it is run or not."""
    names = section.lesson.model.parameters
    return section.metric_held([section.state_after(name, epoch) for name in names])


def passing_after(section: Section, epoch: int) -> Expression:
    """Return the metric of the pass after an epoch, from the steps page."""
    method = section.lesson.step
    errors = section.steps_range(method.error_column, epoch + 1)
    found: Expression = method.metric_function.of(errors, section.used.count)
    return found


def validated_after(section: Section, epoch: int) -> Expression:
    """Return the metric held after an epoch over the rows that are held back."""
    names = section.lesson.model.parameters
    state = [section.state_after(name, epoch) for name in names]
    return section.metric_held(state, used=held_out_rows(section.lesson))


def _judged(section: Section, epoch: int) -> Expression:
    """Return the metric that tells whether an epoch is better."""
    name = section.lesson.validation_name
    if section.lesson.held_out is not None and section.by_epoch:
        return cell(section.log_cell(name, epoch), section.descent.validation_values[epoch])
    return (_watched if section.lesson.held_out is None else validated_after)(section, epoch)


def waiting(section: Section, epoch: int) -> Sequence[Expression]:
    """Return the best metric up to an epoch, and for how long there has been none better."""
    if epoch == 0:
        return _judged(section, epoch), constant(0)
    return waiting_on(section, epoch)


def waiting_on(section: Section, epoch: int) -> Sequence[Expression]:
    """Return the same from what the line above holds; of epoch 0, the pattern of all others."""
    here, tolerance = _judged(section, epoch), section.named("tolerance")
    best, waited = (
        cell(section.log_cell(name, epoch - 1), numbers[epoch - 1])
        for name, numbers in (("best", section.descent.best), ("waited", section.descent.waited))
    )
    return (
        best_so_far(best, here, tolerance),
        epochs_waited(waited, best, here, tolerance),
    )


class _Patience(TypedDict):
    waited: Given
    patience: Given | None


def stop_flag(section: Section, epoch: int) -> Expression:
    """Return 1 if a stop rule ends the run after an epoch, else 0."""
    bound = _bound_cell(section) if section.lesson.training.stop_diverging else None
    return ends_run(held=_watched(section, epoch), bound=bound, **_patience(section, epoch))


def note(section: Section, epoch: int) -> Expression:
    """Return a word on an epoch that shows the run diverging, or that a stop rule ends."""
    place = section.log_cell(section.lesson.metric_name, epoch)
    held = cell(place, section.descent.metric_values[epoch])
    return _noted(section, held, _still(section, epoch), **_patience(section, epoch))


def _noted(
    section: Section,
    held: Expression,
    still: Sequence[Expression],
    waited: Given,
    patience: Given | None,
) -> Expression:
    method = section.lesson.step
    return epoch_note(
        method.metric_function,
        held=held,
        bound=_bound_cell(section),
        still=still,
        remembers=bool(method.optimizer_rule.states),
        waited=waited,
        patience=patience,
    )


def notes(section: Section) -> list[Value]:
    """Return these words, for every line of the log; none past the epochs that are run."""
    run, late = section.epochs_run, [""] * (section.lesson.capacity - section.epochs_run)
    if not section.by_epoch:
        return [*(value_of(note(section, epoch)) for epoch in range(run + 1)), *late]
    names, lines = ("held", "waited", "still"), section.descent.trajectory.log.lines
    patience = _patience(section, 0)["patience"]
    word = _noted(section, Symbol("held"), [Symbol("still")], Symbol("waited"), patience)
    waited = section.descent.waited or [0.0] * (run + 1)
    columns = (lines.held, np.array(waited), lines.still.astype(float))
    given = {name: each[: run + 1] for name, each in zip(names, columns, strict=True)}
    return [*np.broadcast_to(column_of(word, given), (run + 1,)).tolist(), *late]


def _still(section: Section, epoch: int) -> list[Expression]:
    """List what holds where every derivative of the pass after an epoch is 0."""
    if section.by_epoch:
        if section.moving:
            places = (section.log_cell(each, epoch) for each in section.moving)
            return [compared(cell(place), "=", 0) for place in places]
        # Only where the sums are 0 may all that is summed up be 0.
        sums, counts = zip(*rows_that_move(section, epoch), strict=True)
        none = all_of(*(compared(each, "=", 0) for each in counts))
        return [when(all_of(*(compared(each, "=", 0) for each in sums)), none, constant(0))]
    method = section.lesson.step
    still = []
    for name in section.lesson.model.parameters:
        moves, still_at = slope_column(method, name), constant(0)
        if section.compact:
            moves, still_at = f"new_{name}", section.state_after(name, epoch)
        passing = section.steps_range(moves, epoch + 1)
        still += [compared(end(passing), "=", still_at) for end in (minimum, maximum)]
    return still


def _bound_cell(section: Section) -> Expression:
    return cell(section.bound_cell, section.descent.trajectory.log.bound, fixed=True)


def _watched(section: Section, epoch: int) -> Expression:
    header = section.run_metric if section.by_epoch else "watched"
    return cell(section.log_cell(header, epoch), section.descent.metric_values[epoch])


def _patience(section: Section, epoch: int) -> _Patience:
    """Return how long the run has waited for a better metric, and how long it may."""
    if section.lesson.training.min_delta is None:
        return {"waited": 0, "patience": None}
    waited = cell(section.log_cell("waited", epoch), section.descent.waited[epoch])
    return {"waited": waited, "patience": section.named("patience")}


VERDICT: Final = "verdict"
"""The defined name of the cell that holds the verdict on the run."""

_FACTS_ROW: Final = 4
_FIRST_ROW: Final = 13
_VERDICT_PLACE: Final = Address(4, 6)
_READY_PLACE: Final = Address(5, 6)
_WIDTH = 14.0
NO_NUMBER: Final = "no number"
"""What stands for a metric that is none any more: a run has left all bounds."""


def run_headers(section: Section) -> tuple[str, ...]:
    """Return the columns: epoch, metric held, that of the pass where charts draw it, parameters."""
    held = section.lesson.metric_name
    drawn = section.metric_headers[0]
    metrics = (held,) if drawn == held else (held, drawn)
    if section.lesson.held_out is not None:
        metrics = (*metrics, section.lesson.validation_name)
    return ("epoch", *metrics, *section.lesson.model.parameters)


def run_block(section: Section, header: str) -> Block:
    """Return a column of the page; by epoch, of the log, which is its own run as far as it goes."""
    first = Address(_FIRST_ROW, 2 + run_headers(section).index(header))
    if section.by_epoch:
        held = header == section.lesson.metric_name
        first = section.log_cell(section.run_metric if held else header, 0)
    return Block(first, first.moved(down=section.lesson.capacity))


def run_column(section: Section, header: str, *, skip: int = 0, less: int = 0) -> Leaf:
    """Return a column as other sheets read it, without some of its first and last cells."""
    block, values = run_block(section, header), run_values(section, header)
    first, last = block.first.moved(down=skip), block.last.moved(down=-less)
    formula = Formula.range(first, last, sheet=section.run_on)
    return cells(formula, values[skip : len(values) - less])


def run_values(section: Section, header: str) -> list[Value]:
    """Return what the lines hold."""
    lines = (min(line, section.epochs_run) for line in range(section.lesson.capacity + 1))
    if header == "epoch":
        return [float(line) for line in lines]
    logged = section.log_column(header).value
    return [logged[line] for line in lines]


def run_page(section: Section) -> Page:
    """Make the page."""
    draft, headers = Draft(), run_headers(section)
    draft.title("B1", f"{section.main}: the run so far")
    draft.put(
        "B2",
        f"What the verdict on the run goes by, from the page {section.epochs}."
        if section.by_epoch
        else f"The log on the page {section.epochs} up to the last epoch that is run, which the "
        "lines after it repeat: charts and verdicts read it here.",
        Look.NOTE,
    )
    if not section.by_epoch:
        draft.headers(Address(_FIRST_ROW - 1, 2), headers)
        for line in range(section.lesson.capacity + 1):
            _put_line(draft, section, line)
    _put_facts(draft, section)
    return Page(
        title=section.run,
        widths=even_widths(_WIDTH, 2 + len(headers)),
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
    """Put a line: an epoch that is run, or the last one once more."""
    run = section.named("epochs_run")
    place = Address(_FIRST_ROW + line, 2)
    epoch = draft.show(place, minimum(float(line), run), Look.RESULT, WHOLE)
    for right, header in enumerate(run_headers(section)[1:], start=1):
        logged = section.log_column(header)
        number_format = section.log_format(header)
        draft.show(place.moved(right=right), index(logged, epoch + 1), Look.RESULT, number_format)


def _facts(section: Section) -> dict[str, tuple[Expression, str]]:
    """Compute what the verdict goes by; say how it is shown."""
    held, log = section.lesson.metric_name, section.formats.log
    column = run_column(section, held)
    run = section.named("epochs_run")
    # Where one is no number, the highest is none, too.
    whole = compared(count(column), "=", section.lesson.capacity + 1)
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
        draft.labelled(place, name, fact, number_format=number_format)
    draft.labelled(_VERDICT_PLACE, "verdict", _verdict(section), Look.VERDICT)
    draft.labelled(_READY_PLACE, "steps ready", steps_ready(section))
    at_any_rate = steps_ready(section, at_any_rate=True)
    draft.labelled(_READY_PLACE.moved(down=1), "at other rates", at_any_rate)


def _verdict(section: Section) -> Expression:
    """Return the verdict on the run, as the cell has it."""
    start, spread, half, later, last, highest, ratio = (
        cell(Address(_FACTS_ROW + down, 3), value_of(fact))
        for down, (fact, _) in enumerate(_facts(section).values())
    )
    verdict = rate_verdict(
        section.lesson.step.metric_function,
        start=start,
        scale=spread,
        half=half,
        later=later,
        last=last,
        highest=highest,
        ratio=ratio,
    )
    run = section.named("epochs_run")
    return when(section.ready, verdict_word(run, verdict), NO_RUN)


def _ratio(section: Section) -> Expression:
    """Compute what part of a move the next epoch makes again: moves past the run are none."""
    epochs = [run_column(section, "epoch", skip=skip, less=2 - skip) for skip in range(3)]
    repeated, squared = [], []
    for name in section.lesson.model.parameters:
        before, here, after = (
            run_column(section, name, skip=skip, less=2 - skip) for skip in range(3)
        )
        repeated.append(moves_repeated(before, here, after))
        # The last epoch's move is not among those that an epoch follows.
        squared.append(total(square(here - before) * (epochs[2] - epochs[1])))
    found: Expression = move_ratio(repeated, squared)
    return found


def verdict_leaf(section: Section) -> Leaf:
    """Return the verdict on the run, by its name."""
    return section.named(VERDICT, value_of(_verdict(section)))
