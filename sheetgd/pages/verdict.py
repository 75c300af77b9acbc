"""What the log says of an epoch beside its numbers: whether the run diverges or stops there."""

from collections.abc import Mapping

from sheetgd.cells import Address, Look, Value
from sheetgd.divergence import GROWN_FACTOR, Ending
from sheetgd.maths.formula import Formula
from sheetgd.maths.stopping import best_so_far, epochs_waited
from sheetgd.pages.numbers import shown
from sheetgd.pages.page import Draft
from sheetgd.pages.section import Section

START_FIGURE = Address(4, 3)

_NOTES: Mapping[Ending, str] = {
    Ending.NON_FINITE: "diverges: beyond all numbers",
    Ending.GROWN: "diverges: grown 1000-fold",
    Ending.FROZEN: "diverges: nothing moves",
}
"""In the order in which they are looked for."""

_STOPS = "stops: it gets no better"


def put_start_figure(draft: Draft, section: Section) -> None:
    """The figure of the start with the parameters held still, which divergence is told by."""
    lesson = section.lesson
    draft.put(START_FIGURE.moved(right=-1), "start", Look.LABEL)
    held, first = section.descent.figures_held[0], section.descent.figures[0]
    method = lesson.method
    used = section.used
    start = [section.name(f"{name}_start") for name in lesson.form.parameters]
    errors = method.figure_loss.of_row(lesson.form, used.x, used.y, start)
    figure = used.figure(method.figure, errors)
    draft.put(
        START_FIGURE,
        shown(held if held > 0 else first),
        Look.RESULT,
        section.display.log,
        # A start that fits perfectly is no measure; then the first pass, which moves on, is.
        formula=Formula.call("IF", figure.compared(">", 0), figure, figure_of_pass(section, 0)),
    )
    draft.put(
        START_FIGURE.moved(right=1),
        f" {lesson.figure_name} with the parameters held at the start: "
        f"{GROWN_FACTOR:,.0f} times as much counts as diverging",
        Look.NOTE,
    )


def figure_of_pass(section: Section, epoch: int) -> Formula:
    """The figure of the pass after an epoch, from the steps page."""
    method = section.lesson.method
    errors = section.steps_range(method.error_column, epoch + 1)
    figure: Formula = method.figure.of(errors, section.name("rows"))
    return figure


def waiting_formulas(section: Section, epoch: int) -> tuple[Formula, Formula, Formula]:
    """An epoch's mean loss, the best so far, and for how long there has been none better."""
    method = section.lesson.method
    errors = section.steps_range(method.row_loss.column, epoch + 1)
    loss: Formula = method.mean_loss.of(errors, section.name("rows"))
    here = Formula.cell(section.log_cell("loss", epoch))
    if epoch == 0:
        return loss, here, Formula.literal(0)
    best, waited = (Formula.cell(section.log_cell(each, epoch - 1)) for each in ("best", "waited"))
    tolerance = section.name("tolerance")
    return (
        loss,
        best_so_far(best, here, tolerance),
        epochs_waited(waited, best, here, tolerance),
    )


def stop_flag(section: Section, epoch: int) -> Formula:
    """1 if a stop rule ends the run after an epoch, else 0."""
    flag = Formula.literal(0)
    if section.lesson.stop_diverging:
        ones = dict.fromkeys(_NOTES, Formula.literal(1))
        flag = _diverges(section, figure_of_pass(section, epoch), epoch, ones, flag)
    if section.lesson.tolerance is not None:
        chosen = Formula.call("IF", _has_waited(section, epoch), 1, flag)
        flag = Formula.call("IFERROR", chosen, flag)
    return flag


def stop_flags(section: Section) -> list[Value]:
    """What `stop_flag` comes to, for every epoch."""
    return [
        int(
            _waited_enough(section, epoch)
            or (section.lesson.stop_diverging and bool(section.descent.endings[epoch]))
        )
        for epoch in range(section.lesson.room + 1)
    ]


def note_of(section: Section, epoch: int) -> Formula:
    """A word on an epoch that shows the run diverging, or that a stop rule ends."""
    figure = Formula.cell(section.log_cell(section.lesson.figure_name, epoch))
    otherwise = Formula.literal("")
    if section.lesson.tolerance is not None:
        otherwise = Formula.call("IF", _has_waited(section, epoch), _STOPS, "")
    words = {ending: Formula.literal(note) for ending, note in _NOTES.items()}
    return _diverges(section, figure, epoch, words, otherwise)


def notes(section: Section) -> list[Value]:
    """What `note_of` comes to, for every epoch."""
    found: list[Value] = []
    for epoch, endings in enumerate(section.descent.endings):
        diverges = next((note for ending, note in _NOTES.items() if ending in endings), None)
        found.append(diverges or (_STOPS if _waited_enough(section, epoch) else ""))
    return found


def _waited_enough(section: Section, epoch: int) -> bool:
    lesson = section.lesson
    return lesson.tolerance is not None and section.descent.waited[epoch] >= lesson.patience


def _has_waited(section: Section, epoch: int) -> Formula:
    waited = Formula.cell(section.log_cell("waited", epoch))
    return waited.compared(">=", section.name("patience"))


def _diverges(
    section: Section,
    figure: Formula,
    epoch: int,
    words: Mapping[Ending, Formula],
    otherwise: Formula,
) -> Formula:
    """One of the words if the pass after an epoch diverges in that way."""
    start = Formula.cell(START_FIGURE, fixed_row=True, fixed_column=True)
    still = []
    for name in section.lesson.form.parameters:
        derivatives = section.steps_range(f"de/d{name}", epoch + 1)
        still += [Formula.call(each, derivatives).compared("=", 0) for each in ("MIN", "MAX")]
    measured = start.compared(">", 0)
    frozen = Formula.call("AND", measured, figure.compared(">=", start), *still)
    grown = Formula.call("AND", measured, figure.compared(">", start * GROWN_FACTOR))
    word = Formula.call("IF", frozen, words[Ending.FROZEN], otherwise)
    word = Formula.call("IF", grown, words[Ending.GROWN], word)
    return Formula.call("IF", Formula.call("ISERROR", figure), words[Ending.NON_FINITE], word)
