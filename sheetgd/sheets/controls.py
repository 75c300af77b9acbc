"""The controls of the first page: what drives the descent, and the spin buttons to click."""

from collections.abc import Iterator
from typing import Final

from sheetgd.descent.model import LOGIT
from sheetgd.descent.scaling import in_data_units
from sheetgd.descent.stationary_point import intercept
from sheetgd.descent.step import given_columns
from sheetgd.engine.chosen import built_words
from sheetgd.expression.excel import Address, named_in_sheets
from sheetgd.expression.functions import absolute, slope
from sheetgd.expression.sheet_cells import (
    Given,
    cell,
    compared,
    if_error,
    joined,
    match,
    maximum,
    minimum,
    told,
    value_of,
    when,
)
from sheetgd.expression.tree import Expression, Leaf
from sheetgd.lesson.fields import CHOOSABLE, SHEET_NAMES
from sheetgd.sheets.cells import Block, Look
from sheetgd.sheets.run_data import message_of, settings_problem, stop_flag
from sheetgd.sheets.section import (
    ACTUAL_COLUMN,
    EXAMPLE_COLUMN,
    FIRST_COLUMN,
    KEPT_COLUMN,
    NOW_COLUMN,
    PROBLEM,
    RESULT_COLUMN,
    START_COLUMN,
    Section,
)
from sheetgd.sheets.sheet import (
    TEXT_HEIGHT,
    Accepts,
    Condition,
    Control,
    ControlKind,
    Draft,
    Input,
    text_height,
)
from sheetgd.sheets.status import red_rows, red_word, rows_word, run_word
from sheetgd.sheets.steps import kept_cell
from sheetgd.sheets.words import WHOLE, listed

PROBLEM_COLUMNS = 4
"""So many columns wide is the word on the settings; then comes the header of the starts."""

RUN_COLUMN = 7
"""The first column of the word on the run."""

MOST_ROWS_COLUMNS, ROWS_LINES, _USUAL_ROWS_COLUMNS = 6, 4, 5
"""So many columns and lines of text the word on the rows has at most."""

CHOSEN_WIDTH, METRIC_WIDTH, HINT_WIDTH = 5 * 11.5, 7 * 11.5, 12 * 11.5
"""So many characters the remarks over the settings, the metric, and both have in a line."""

LINE_HEIGHT = 20.0
"""Into a row that is no higher a remark of one line fits."""


def put_controls(draft: Draft, section: Section, how_long: Leaf | None) -> None:
    """Put the settings, the start, and where the epochs run so far have led.

    Args:
        draft: the page.
        section: the section.
        how_long: the sentence on how long the learning rate takes, if there is one.
    """
    layout = section.layout
    click = "click the arrows, or " if section.lesson.display.controls else ""
    hint = f"Run Epoch: {click}add 1 to clicks.     Reset: set clicks to 0."
    if section.base is not None:
        hint = f"Epochs and clicks follow the page {section.base.main}."
    hint += "     To the right stands the guess so far, below is the next pass."
    row = layout.control - 3
    words = [each for each in (_in_data_units(section), how_long) if each is not None]
    if not words:
        draft.text(f"B{row}:M{row}", hint, Look.NOTE)
    else:
        first, *others = words
        after = [part for each in others for part in ("     ", each)]
        told_here = joined(f"{hint}     ", first, *after)
        draft.tell(Block.parse(f"B{row}:M{row}"), told_here, Look.REMARK)
        # A line more, for the numbers may get longer.
        _heighten(draft, row, f"{value_of(told_here)}\n", HINT_WIDTH)
    _put_chosen(draft, section)
    for name, value in section.settings.items():
        place = section.setting(name)
        draft.put(place.moved(right=-1), named_in_sheets(name), Look.LABEL)
        _put_given(draft, section, place, value, name)
    headers = [(START_COLUMN, "start"), (NOW_COLUMN, "guess")]
    if section.has_best:
        headers.append((ACTUAL_COLUMN, "actual" if section.mirrored else "best fit"))
    for column, header in headers:
        draft.put(Address(layout.control - 1, column), header, Look.HEADER)
    for which in range(len(section.lesson.model.parameters)):
        _put_parameter(draft, section, which)
    _put_metric(draft, section)
    _put_epochs_run(draft, section)
    _put_kept(draft, section)


def _in_data_units(section: Section) -> Expression | None:
    """Return the model with the present parameters in the data's own units, where it is scaled."""
    lesson, used = section.lesson, section.used
    if not lesson.arrays.scaling:
        return None
    now = [section.named(f"now_{name}") for name in lesson.model.parameters]
    scalings = zip(*(used.scaling(name) for name in used.names), strict=True)
    found = in_data_units(lesson.model, now, *map(list, scalings))
    y = LOGIT if LOGIT in lesson.model.hidden else section.data_label("y")
    scaled = "The inputs are scaled: the parameters are those of the scaled columns."
    if found is None:
        return joined(scaled)
    terms: list[Given] = []
    for name, each in zip(used.names, found[0], strict=True):
        sign = when(compared(each, "<", 0), " - " if terms else "-", " + " if terms else "")
        terms += [sign, told(absolute(each), _OF_UNITS), f"*{section.data_label(name)}"]
    ends = when(compared(found[1], "<", 0), " - ", " + ")
    terms += [ends, told(absolute(found[1]), _OF_UNITS)]
    return if_error(joined(f"{scaled} In the data's own units it is now {y} = ", *terms, "."), "")


_OF_UNITS: Final = 5
"""With so many digits slopes are told in the data's units."""


def _put_chosen(draft: Draft, section: Section) -> None:
    """Put what was chosen for the data, on the page on which it can be changed."""
    words = built_words(section.lesson)
    if words is None or (section.base is not None and not section.own.intersection(CHOOSABLE)):
        return
    row = section.layout.control - 2
    draft.text(f"B{row}:F{row}", words, Look.REMARK)
    _heighten(draft, row, words, CHOSEN_WIDTH)


def _heighten(draft: Draft, row: int, text: str, width: float) -> None:
    """Make a row high enough for a remark, beside another one that it may have."""
    height = text_height(text, width)
    if height > draft.heights.get(row, LINE_HEIGHT):
        draft.heights[row] = height


def _put_metric(draft: Draft, section: Section) -> None:
    """Put the metric held now, and that of the pass below; a mirrored one comes first."""
    lesson, method = section.lesson, section.lesson.step
    every = range(len(lesson.model.parameters))
    held = section.metric_held([draft.at(section.now(which), fixed=True) for which in every])
    passing: Expression = method.metric_function.of(
        section.main_range(method.error_column), section.used.count
    )
    mirrored = lesson.display.metric_label is not None
    place = section.metric_cell
    label = lesson.mirrored_name if mirrored else lesson.metric_name
    key = passing if mirrored else held
    draft.labelled(place, label, key, Look.KEY_RESULT, section.formats.key)
    names = lesson.model.parameters
    named = listed(names)
    # However many they are, the sentence fits its line.
    parameters = named if len(named) <= len("parameters") else "parameters"
    moves = "moves" if len(names) == 1 and parameters == named else "move"
    held_still = f"{place}: held still; of the pass below, while {parameters} {moves}: "
    # The sentence reads the log, where both stand.
    held, passing = (
        section.in_log(header) for header in (lesson.metric_name, f"{lesson.metric_name}_pass")
    )
    if mirrored:
        word = joined(
            f"{place}: of the pass below, while {parameters} {moves}; held still: ", told(held, 3)
        )
    elif lesson.step.batched:
        # In a single step for all rows nothing moves, and the two are one.
        batch, rows = section.named("batch"), section.used.count
        word = when(compared(batch, "<", rows), joined(held_still, told(passing, 3)), "")
    else:
        word = joined(held_still, told(passing, 3))
    row = place.row - 2
    found = when(section.ready, word, "")
    draft.tell(Block.parse(f"G{row}:M{row}"), found, Look.REMARK)
    _heighten(draft, row, value_of(word), METRIC_WIDTH)


def _put_given(draft: Draft, section: Section, place: Address, value: float, name: str) -> None:
    """Put a value that is typed in, or follows the base section."""
    if _fixed(section, name):
        draft.put(place, value, Look.RESULT)
    elif _shared(section, name, value):
        draft.show(place, section.source.named(name), Look.RESULT)
    else:
        draft.put(place, value, Look.INPUT)


def _fixed(section: Section, name: str) -> bool:
    """Tell whether a setting is what the pages are built for: by epoch, all rows are one batch."""
    return section.by_epoch and name == "batch"


_SETTING_OF = {name: setting for setting, name in SHEET_NAMES.items()}
"""What a lesson calls a setting that sheets have under another name."""


def _shared(section: Section, name: str, value: float) -> bool:
    """Tell whether a value follows the base section, as the variant names no other."""
    if section.base is None:
        return False
    lesson = section.base.lesson
    starts = zip(lesson.model.parameters, lesson.training.start, strict=True)
    given = {**section.base.settings, **{f"start_{name}": start for name, start in starts}}
    settings = {"start", "seed"} if name.startswith("start_") else {_SETTING_OF.get(name, name)}
    if name in section.lesson.settings and name.startswith("start_"):
        settings = {"optimizer_state"}
    if name in section.lesson.method.hyperparameters:
        settings = {"hyperparameters"}
    return given.get(name) == value and not settings & section.own


def best_cell(section: Section, which: int) -> Address:
    """Return the main page's cell of the best line's slope or intercept."""
    return Address(section.layout.best + which, EXAMPLE_COLUMN + 1)


def best_line(section: Section) -> tuple[Expression, Expression]:
    """Return what these cells hold: the line with the least squares."""
    x, y = (section.used.column(name) for name in (*section.lesson.model.inputs, "y"))
    m = slope(x, y)
    return m, intercept(x, y, cell(best_cell(section, 0), value_of(m), fixed=True))


def best_leaf(section: Section, which: int, *, sheet: str = "") -> Leaf:
    """Return such a cell, for the main page or for another sheet."""
    value = value_of(best_line(section)[which])
    return cell(best_cell(section, which), value, sheet=sheet)


def _put_parameter(draft: Draft, section: Section, which: int) -> None:
    """Put a parameter's line: its start, the best value there is, and its value now."""
    lesson, formats = section.lesson, section.formats
    name, row = lesson.model.parameters[which], section.layout.control + which
    _put_given(draft, section, section.start(which), lesson.training.start[which], f"start_{name}")
    draft.put(Address(row, ACTUAL_COLUMN - 1), name, Look.LABEL)
    if section.has_best:
        sheet = section.source.main if section.base is not None else ""
        best = best_leaf(section.source, which, sheet=sheet)
        draft.show(Address(row, ACTUAL_COLUMN), best, Look.RESULT, formats.best[which])
    draft.show(section.now(which), section.in_log(name), Look.KEY_RESULT, formats.parameters[which])


def _put_epochs_run(draft: Draft, section: Section) -> None:
    """Put how many epochs are run, none where a setting is wrong; and what is wrong."""
    lesson, layout = section.lesson, section.layout
    place = problem_cell(section)
    block = Block(place, place.moved(right=PROBLEM_COLUMNS - 1))
    draft.tell(block, settings_problem(section))
    draft.heights[place.row] = 2 * TEXT_HEIGHT + 3
    bounds = [section.named("epochs") * section.named("clicks"), section.named("capacity")]
    ran = minimum(*bounds)
    if section.stops and section.by_epoch:
        # The log itself goes on until a rule ends the run.
        ran = maximum(section.log_column("epoch"))
    elif section.stops:
        flags = [value_of(stop_flag(section, epoch)) for epoch in range(lesson.capacity + 1)]
        first = match(1, section.log_column("stop", flags)) - 1
        ran = minimum(*bounds, if_error(first, section.named("capacity")))
    place, run = section.epochs_run_cell, when(section.ready, ran, 0)
    draft.labelled(place, "epochs run", run, number_format=WHOLE)
    if _counts_rows(section):
        draft.labelled(place.moved(down=1), "rows", section.used.count, number_format=WHOLE)
    draft.tell(run_block(section), run_word(section))
    draft.heights[layout.beyond] = 2 * TEXT_HEIGHT + 3


def problem_cell(section: Section) -> Address:
    """Return the cell over the settings that tells what is wrong with them."""
    return Address(section.layout.control - 1, FIRST_COLUMN)


def run_block(section: Section) -> Block:
    """Return the cells that tell what is wrong with the run."""
    row = section.layout.beyond
    return Block(Address(row, RUN_COLUMN), Address(row, RESULT_COLUMN))


def rows_block(section: Section) -> Block:
    """Return the cells over x and y that tell what is wrong with the rows of the data."""
    first = Address(section.layout.header - 1, FIRST_COLUMN)
    model = section.lesson.model
    # Where captions begin, the table's own columns do.
    given = (*model.inputs, "y") if section.by_epoch else given_columns(model)
    columns = len(section.main_leads) + len(given)
    return Block(first, first.moved(right=min(columns, MOST_ROWS_COLUMNS) - 1))


def put_rows_word(draft: Draft, section: Section) -> None:
    """Put what is wrong with the rows of the data, over x and y."""
    if section.base is not None:
        return
    block = rows_block(section)
    draft.tell(block, rows_word(section))
    height = draft.heights.get(block.first.row, 0.0)
    across = 1 + block.last.column - block.first.column
    lines = ROWS_LINES * max(1.0, _USUAL_ROWS_COLUMNS / across)
    draft.heights[block.first.row] = max(height, round(lines) * TEXT_HEIGHT + 3)


def told_conditions(section: Section) -> Iterator[Condition]:
    """Show in red what is wrong."""
    for block in (Block.cell(problem_cell(section)), run_block(section), rows_block(section)):
        if section.base is None or block != rows_block(section):
            yield red_word(block)
    yield from red_rows(section)


def _put_kept(draft: Draft, section: Section) -> None:
    """Put what the optimiser remembers after the epochs that are run."""
    top = section.layout.control - 1
    letters = [
        *section.lesson.step.optimizer_rule.states,
        *(["t"] if "t" in section.optimizer_state else []),
    ]
    for right, letter in enumerate(letters):
        draft.put(Address(top, KEPT_COLUMN + right), f"{letter} now", Look.HEADER)
    for header in section.optimizer_state:
        place, number_format = kept_cell(section, header), section.column_format(header)
        draft.show(place, section.in_log(header), Look.RESULT, number_format)


def _counts_rows(section: Section) -> bool:
    """Tell whether formulas need the number of rows."""
    method = section.lesson.step
    return (
        method.batched
        or method.metric_function.averaged
        or section.lesson.method.shuffle is not None
        or section.stops
        # The loss curve of one parameter is a mean, whatever the metric is.
        or len(section.lesson.model.parameters) == 1
    )


def control_names(section: Section) -> dict[str, Address]:
    """Name the cells of the page's inputs and of where the descent stands."""
    places = {name: section.setting(name) for name in section.settings}
    places["epochs_run"] = section.epochs_run_cell
    places[PROBLEM] = problem_cell(section)
    if _counts_rows(section):
        places["rows"] = section.epochs_run_cell.moved(down=1)
    for which, name in enumerate(section.lesson.model.parameters):
        places[f"start_{name}"] = section.start(which)
        places[f"now_{name}"] = section.now(which)
        if section.example:
            places[f"guess_{name}"] = section.guess(which)
    return {named_in_sheets(name) + section.suffix: place for name, place in places.items()}


def control_inputs(section: Section) -> tuple[Input, ...]:
    """Say what the settings and the start accept, where they are typed in."""
    lesson = section.lesson
    starts = zip(lesson.model.parameters, lesson.training.start, strict=True)
    inputs = [
        Input(
            Block.cell(section.start(which)),
            Accepts.NUMBER,
            "Start",
            "Where the descent starts: the parameter at epoch 0.",
        )
        for which, (name, value) in enumerate(starts)
        if not _shared(section, f"start_{name}", value)
    ]
    for name, value in section.settings.items():
        if not (_fixed(section, name) or _shared(section, name, value)):
            accepts, title, message = message_of(name)
            inputs.append(Input(Block.cell(section.setting(name)), accepts, title, message))
    return tuple(inputs)


SPIN_HEIGHT = 22.0
"""So many points a row with a spin button is high, for its arrows to be hit."""

LEAP = 10
"""So many clicks a scroll bar moves by where it is clicked beside its handle."""


def put_main_spins(draft: Draft, section: Section) -> tuple[Control, ...]:
    """Make room on the first page for the spin buttons, left of their labels, and return them."""
    if section.suffix or not section.lesson.display.controls:
        return ()
    areas = []
    for name in ("epochs", "clicks"):
        place = section.setting(name)
        draft.heights[place.row] = SPIN_HEIGHT
        areas.append(Block.cell(place.moved(right=-2)))
    return spins(section, *areas)


def spins(section: Section, epochs: Block, clicks: Block) -> tuple[Control, ...]:
    """Return spin buttons for the first page's epochs and clicks.

    Args:
        section: whose they are; a variant's are those of its base.
        epochs: the empty cells that the one for epochs covers, on whatever page.
        clicks: those of the one for clicks.

    Returns:
        The two, or none for a lesson that is to have no controls.
    """
    return (
        *_controls(section, ControlKind.SPIN, "epochs", epochs, "How many epochs a click runs"),
        *_controls(section, ControlKind.SPIN, "clicks", clicks, "Run Epoch: one more click"),
    )


def clicks_scroll(section: Section, area: Block) -> tuple[Control, ...]:
    """Return a scroll bar for the first page's clicks, or none as with `spins`.

    Args:
        section: whose they are.
        area: the empty cells that it covers, wider than they are high.
    """
    return _controls(section, ControlKind.SCROLL, "clicks", area, "How often Run Epoch was clicked")


def _controls(
    section: Section, kind: ControlKind, name: str, area: Block, label: str
) -> tuple[Control, ...]:
    source = section.source
    lesson = source.lesson
    if not lesson.display.controls:
        return ()
    return (
        Control(
            kind=kind,
            area=area,
            sheet=source.main,
            linked=source.setting(name),
            value=int(source.settings[name]),
            most=lesson.capacity,
            leap=LEAP,
            label=label,
        ),
    )
