"""The controls of the main page, rows 81 to 87: what drives the descent, and where it stands."""

from sheetgd.cells import Address, ErrorValue, Look
from sheetgd.maths.formula import Formula
from sheetgd.maths.loss import root_of_sum
from sheetgd.pages.log import log_range
from sheetgd.pages.numbers import shown
from sheetgd.pages.page import Accepts, Block, Draft, Input
from sheetgd.pages.section import (
    ACTUAL_COLUMN,
    BEST_ROW,
    CLICKS,
    CONTROL_ROW,
    EPOCHS,
    EPOCHS_RUN,
    EXAMPLE_COLUMN,
    GUESS_ROW,
    LEARN,
    NOW_COLUMN,
    NUDGE,
    RMSE,
    START_COLUMN,
    Section,
)

HINT = "B81:M81"
BEYOND = "G87:M87"


def put_controls(draft: Draft, section: Section) -> None:
    """The settings, the start, and what the epochs run so far have reached."""
    lesson = section.lesson
    draft.text(
        HINT,
        "Run Epoch: add 1 to clicks.     Reset: set clicks to 0.     "
        "After that many epochs stand the guess to the right and the pass below.",
        Look.NOTE,
    )
    for place, label, value in (
        (EPOCHS, "epochs", lesson.epochs),
        (LEARN, "learn", lesson.learn),
        (CLICKS, "clicks", lesson.clicks),
        (NUDGE, "nudge", lesson.nudge),
    ):
        draft.put(place.moved(right=-1), label, Look.LABEL)
        draft.put(place, value, Look.INPUT)
    for column, header in (
        (START_COLUMN, "start"),
        (ACTUAL_COLUMN, "actual"),
        (NOW_COLUMN, "guess"),
    ):
        draft.put(Address(CONTROL_ROW - 1, column), header, Look.HEADER)
    for which in range(len(lesson.model.parameters)):
        _put_parameter(draft, section, which)
    draft.put(RMSE.moved(right=-1), "rmse", Look.LABEL)
    draft.put(
        RMSE,
        shown(section.descent.rmse[section.lesson.epochs_run]),
        Look.KEY_RESULT,
        section.display.figure,
        formula=root_of_sum(section.main_range("error_sq")),
    )
    _put_epochs_run(draft, section)


def _put_parameter(draft: Draft, section: Section, which: int) -> None:
    """A parameter's line: its start, the best value there is, and its value now."""
    lesson, display = section.lesson, section.display
    name, row = lesson.model.parameters[which], CONTROL_ROW + which
    draft.put(Address(row, START_COLUMN), lesson.start[which], Look.INPUT)
    draft.put(Address(row, ACTUAL_COLUMN - 1), name, Look.LABEL)
    draft.put(
        Address(row, ACTUAL_COLUMN),
        shown(section.best[which], ErrorValue.DIVISION),
        Look.RESULT,
        display.best[which],
        formula=Formula.cell(Address(BEST_ROW + which, EXAMPLE_COLUMN + 1)),
    )
    draft.put(
        Address(row, NOW_COLUMN),
        shown(section.descent.states[section.lesson.epochs_run][which]),
        Look.KEY_RESULT,
        display.parameters[which],
        formula=Formula.call("INDEX", log_range(section, name), section.name("epochs_run") + 1),
    )


def _put_epochs_run(draft: Draft, section: Section) -> None:
    """How many epochs are run, and a word where more are asked for than there is room for."""
    asked, capacity = section.name("epochs") * section.name("clicks"), section.name("capacity")
    draft.put(EPOCHS_RUN.moved(right=-1), "epochs run", Look.LABEL)
    draft.put(
        EPOCHS_RUN,
        section.lesson.epochs_run,
        Look.RESULT,
        "0",
        formula=Formula.call("MAX", 0, Formula.call("MIN", asked, capacity)),
    )
    words = (
        Formula.literal("There is room for only "),
        capacity,
        Formula.literal(" epochs here. For more, build again with --capacity."),
    )
    too_many = Formula.call("IF", asked.compared(">", capacity), Formula.joined(*words), "")
    draft.text(BEYOND, "", Look.WARNING, too_many)


def control_names(section: Section) -> dict[str, Address]:
    """The defined names of the page's inputs and of where the descent stands."""
    places = {
        "epochs": EPOCHS,
        "learn": LEARN,
        "clicks": CLICKS,
        "nudge": NUDGE,
        "epochs_run": EPOCHS_RUN,
    }
    for which, name in enumerate(section.lesson.model.parameters):
        places[f"{name}_start"] = Address(CONTROL_ROW + which, START_COLUMN)
        places[f"{name}_now"] = Address(CONTROL_ROW + which, NOW_COLUMN)
        places[f"{name}_guess"] = Address(GUESS_ROW + which, EXAMPLE_COLUMN + 1)
    return {name + section.suffix: place for name, place in places.items()}


def control_inputs(section: Section) -> tuple[Input, ...]:
    """What the settings and the start accept."""
    start = Address(CONTROL_ROW, START_COLUMN)
    last = start.moved(down=len(section.lesson.model.parameters) - 1)
    return (
        Input(
            Block(start, last),
            Accepts.NUMBER,
            "Start",
            "Where the descent starts: the parameters at epoch 0.",
        ),
        Input(
            Block.cell(EPOCHS),
            Accepts.COUNT,
            "Epochs a click",
            "How many epochs one click runs: a whole number, 0 or more.",
        ),
        Input(
            Block.cell(CLICKS),
            Accepts.COUNT,
            "Clicks",
            "How often Run Epoch has been clicked. Add 1 to run on, set 0 to reset.",
        ),
        Input(
            Block.cell(LEARN),
            Accepts.ABOVE_ZERO,
            "Learning rate",
            "How far each step goes, as a multiple of the derivative. Too small: slow. "
            "Too large: the error grows.",
        ),
        Input(
            Block.cell(NUDGE),
            Accepts.ABOVE_ZERO,
            "Nudge",
            "How far a parameter is moved to see how the error changes.",
        ),
    )
