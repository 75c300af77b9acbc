"""What the log says of an epoch beside its numbers: whether the run diverges or stops there."""

from collections.abc import Sequence

from sheetgd.cells import Address, Look, Value
from sheetgd.maths.divergence import FACTOR, data_scale, divergence_bound, fitted_bound
from sheetgd.maths.expression import Expression
from sheetgd.maths.formula import Formula
from sheetgd.maths.stopping import best_so_far, epochs_waited
from sheetgd.maths.worksheet import (
    Given,
    all_of,
    cell,
    cells,
    compared,
    constant,
    failed,
    if_error,
    maximum,
    minimum,
    when,
)
from sheetgd.pages.numbers import shown
from sheetgd.pages.page import Draft
from sheetgd.pages.section import Section

BOUND = Address(4, 3)
"""The log's cell of the metric beyond which the run diverges."""

NON_FINITE = "diverges: beyond all numbers"
GROWN = f"diverges: past {FACTOR:,.0f} times the start's loss"
NO_SLOPE = "every derivative is 0"
STANDS_STILL = f"nothing moves any more: {NO_SLOPE}"
STOPS = "stops: it gets no better"


def put_bound(draft: Draft, section: Section) -> None:
    """Place the metric beyond which the run diverges."""
    lesson = section.lesson
    draft.put(BOUND.moved(right=-1), "diverges above", Look.LABEL)
    draft.show(BOUND, bound(section), Look.RESULT, section.display.log)
    draft.put(
        BOUND.moved(right=1),
        f" {lesson.metric_name}: {FACTOR:,.0f} times the loss at the start (near a perfect start, "
        "of the data's own spread)",
        Look.NOTE,
    )


def scale(section: Section) -> Expression:
    """Return the metric of the data's own spread, as other sheets compute it."""
    method, (_, y, rows) = section.lesson.method, section.data_leaves()
    found: Expression = data_scale(method.figure, method.figure_loss, y, rows, section.used.summed)
    return found


def start_held(section: Section) -> Expression:
    """Return the metric held at the start; an error where a setting is wrong."""
    names, start = section.lesson.form.parameters, section.lesson.start
    leaves = [
        cell(section.state_after(name, 0), value) for name, value in zip(names, start, strict=True)
    ]
    return section.metric_held(leaves)


def bound(section: Section) -> Expression:
    """Return the metric beyond which the run diverges."""
    return divergence_bound(section.lesson.method.figure, start_held(section), scale(section))


def held_after(section: Section, epoch: int) -> Expression:
    """Return the metric held after an epoch, from the steps page, whether it is run or not."""
    states = section.descent.states[epoch]
    leaves = [
        cell(section.state_after(name, epoch), shown(value))
        for name, value in zip(section.lesson.form.parameters, states, strict=True)
    ]
    return section.metric_held(leaves)


def passing_after(section: Section, epoch: int) -> Expression:
    """Return the metric of the pass after an epoch, from the steps page."""
    method = section.lesson.method
    errors = _of_pass(section, method.error_column, epoch + 1)
    found: Expression = method.figure.of(errors, section.data_leaves()[2])
    return found


def waiting(section: Section, epoch: int, values: Sequence[Value]) -> Sequence[Expression]:
    """Return the best metric up to an epoch, and for how long there has been none better.

    Args:
        section: the section.
        epoch: the epoch.
        values: the metrics held after every epoch, as the log shows them.
    """
    here = _watched(section, epoch, values)
    if epoch == 0:
        return here, constant(0)
    best, waited = (
        cell(Formula.cell(section.log_cell(name, epoch - 1)), shown(numbers[epoch - 1]))
        for name, numbers in (("best", section.descent.best), ("waited", section.descent.waited))
    )
    tolerance = cell(section.name("tolerance"), section.lesson.tolerance)
    return (
        best_so_far(best, here, tolerance),
        epochs_waited(waited, best, here, tolerance),
    )


def stop_flag(section: Section, epoch: int, values: Sequence[Value]) -> Expression:
    """Return 1 if a stop rule ends the run after an epoch, else 0."""
    flag: Expression = constant(0)
    if section.lesson.tolerance is not None:
        flag = if_error(when(_has_waited(section, epoch), 1, flag), flag)
    if section.lesson.stop_diverging:
        held = _watched(section, epoch, values)
        flag = when(failed(held), 1, when(compared(held, ">", _bound_cell(section)), 1, flag))
    return flag


def note(section: Section, epoch: int) -> Expression:
    """Return a word on an epoch that shows the run diverging, or that a stop rule ends."""
    held = cell(
        Formula.cell(section.log_cell(section.lesson.metric_name, epoch)),
        shown(section.descent.metric_values[epoch]),
    )
    word: Given = ""
    if section.lesson.tolerance is not None:
        word = if_error(when(_has_waited(section, epoch), STOPS, word), word)
    still = []
    for which, name in enumerate(section.lesson.form.parameters):
        moves, at_rest = f"de/d{name}", constant(0)
        if section.compact:
            state = section.descent.states[epoch][which]
            moves, at_rest = f"new_{name}", cell(section.state_after(name, epoch), shown(state))
        passing = _of_pass(section, moves, epoch + 1)
        still += [compared(end(passing), "=", at_rest) for end in (minimum, maximum)]
    # What an optimiser remembers may go on moving.
    flat = NO_SLOPE if section.lesson.method.mover.states else STANDS_STILL
    bound = _bound_cell(section)
    fitted = fitted_bound(section.lesson.method.figure, bound)
    word = if_error(when(all_of(compared(held, ">", fitted), *still), flat, word), word)
    word = when(compared(held, ">", bound), GROWN, word)
    # Where the start itself is an error, as with a setting that is none, there is no run to judge.
    return when(failed(held), when(failed(_bound_cell(section)), "", NON_FINITE), word)


def _bound_cell(section: Section) -> Expression:
    value = section.descent.course.log.bound
    return cell(Formula.cell(BOUND, fixed_row=True, fixed_column=True), shown(value))


def _watched(section: Section, epoch: int, values: Sequence[Value]) -> Expression:
    return cell(Formula.cell(section.log_cell("watched", epoch)), values[epoch])


def _has_waited(section: Section, epoch: int) -> Expression:
    waited = cell(
        Formula.cell(section.log_cell("waited", epoch)), shown(section.descent.waited[epoch])
    )
    return compared(waited, ">=", cell(section.name("patience"), section.lesson.patience))


def _of_pass(section: Section, header: str, number: int) -> Expression:
    """A step column in one pass."""
    import numpy as np  # noqa: PLC0415  `sheetgd --help` does without NumPy

    values = np.array(section.descent.passed(number)[header])
    return cells(section.steps_range(header, number), values)
