"""Fit: the model's curve against the data, at the start, now, and after chosen epochs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from sheetgd.descent.loss import bound_of
from sheetgd.descent.model import boundary, has_boundary
from sheetgd.expression.derivative import ZERO, at_zero
from sheetgd.expression.excel import Address
from sheetgd.expression.functions import added, step
from sheetgd.expression.sheet_cells import (
    Given,
    all_of,
    cell,
    compared,
    if_error,
    index,
    joined,
    match,
    maximum,
    minimum,
    not_available,
    when,
)
from sheetgd.expression.tree import Expression
from sheetgd.lesson.lesson import Lesson
from sheetgd.sheets.cells import Block, Look
from sheetgd.sheets.epochs import metric_chart
from sheetgd.sheets.heat_map import along
from sheetgd.sheets.printing import printed
from sheetgd.sheets.rows import COMPLETE, Used, held_out_rows, used_page
from sheetgd.sheets.run_data import run_column
from sheetgd.sheets.section import Section
from sheetgd.sheets.sheet import (
    Accepts,
    Chart,
    Draft,
    Drawn,
    Input,
    Page,
    Series,
    even_widths,
    hidden,
    nothing_where_missing,
    too_wide,
)
from sheetgd.sheets.words import WHOLE

TITLE = "Fit"
DATA = "Fit data"
"""The hidden page that holds the curves which are drawn."""

WIDTH = 12.0
POINTS = 41
"""Each curve is drawn through so many points from the smallest x to the largest."""

_AFTER = "after epoch "
_CHART = Block.parse("B4:L25")
_PANEL_ROW, _ACROSS, _PANEL_COLUMNS, _PANEL_ROWS = 28, 2, 5, 15
_COLUMN, _EPOCH_COLUMN = 2, 5
_FIRST = Address(5, 2)
"""The first x of the curves."""

_BEFORE_PANELS = 2
"""So many curves stand before those of the panels: the start's and the present one."""


@dataclass(frozen=True, slots=True)
class _Curve:
    """A column of the table: its header, and the parameters."""

    header: Given
    parameters: Sequence[Expression]


def has_fit(lesson: Lesson) -> bool:
    """Tell whether there is something to draw: a curve needs two different x at least."""
    return bool(lesson.data.further) or min(lesson.data.x) < max(lesson.data.x)


def fit_page(section: Section) -> tuple[Page, Page]:
    """Make the page of the fit, with a panel for each epoch the lesson names; and its curves."""
    lesson, draft = section.lesson, Draft()
    panels = len(lesson.display.panels)
    draft.title("B1", "The fit")
    draft.put("B2", section.text("fit"), Look.NOTE)
    panel_lines = -(-panels // _ACROSS)
    top = Address(_PANEL_ROW + panel_lines * (_PANEL_ROWS + 1), _EPOCH_COLUMN)
    if panels:
        draft.put(top.moved(right=-1), "after epoch", Look.LABEL)
    for panel, epoch in enumerate(lesson.display.panels):
        draft.put(top.moved(right=panel), epoch, Look.INPUT, WHOLE)
    curves = [*_start_and_now(section), *_panel_curves(draft, section, top)]
    if lesson.step.classifies:
        _put_classes(draft, section)
    inputs = Input(
        Block(top, top.moved(right=max(panels, 1) - 1)),
        Accepts.COUNT,
        "Epoch",
        "After how many epochs to draw the fit.",
    )
    last = top.moved(down=len(lesson.model.parameters), right=max(panels, 1) - 1)
    page = Page(
        title=TITLE,
        widths=even_widths(WIDTH, max(12, last.column))
        | (dict.fromkeys("NOPQRS", _wide(lesson)) if lesson.step.classifies else {}),
        cells=tuple(draft.cells),
        heights=draft.heights,
        merged=tuple(draft.merged),
        inputs=(*((inputs,) if panels else ()), *([_asked()] if lesson.step.classifies else [])),
        conditions=(nothing_where_missing(Block(top, last)),) if panels else (),
        charts=(
            fit_chart(section, _CHART),
            *(_panel(section, panel) for panel in range(panels)),
            *([_map_of_classes(section)] if _has_map(section) else []),
        ),
        landscape=True,
        tab="ED7D31",
    )
    parts = [(1,), (_PANEL_ROW,)] if panels else [(1,)]
    return printed(page, parts), _data_page(section, curves)


THRESHOLD = Address(5, 15)
"""The cell of the threshold: rows with a higher prediction are told to be 1."""

_USUAL_THRESHOLD = 0.5
_BEYOND = 1e29
"""A logit that no score reaches."""

_MAP = Block.parse("N14:S33")


_WIDEST = 30


def _wide(lesson: Lesson) -> float:
    """Return how wide the columns are in which the classes' names stand."""
    longest = max((len(f" told {each} ") for each in lesson.data.classes), default=0)
    return max(WIDTH, min(longest, _WIDEST))


def _asked() -> Input:
    text = "Rows whose y_pred is above it are told to be 1."
    return Input(Block.cell(THRESHOLD), Accepts.SHARE, "Threshold", text)


def _bound(section: Section) -> Expression:
    """Return what the score is compared with; a threshold of 0 has no logit."""
    threshold = cell(THRESHOLD, _USUAL_THRESHOLD, fixed=True, sheet=TITLE)
    return if_error(bound_of(section.lesson.model, threshold), -_BEYOND)


def _put_classes(draft: Draft, section: Section) -> None:
    """Put how many rows of each class are told to be which, and whether a boundary parts them."""
    used, model, first = section.used, section.lesson.model, THRESHOLD.moved(down=1, right=-1)
    now = [section.named(f"now_{name}") for name in model.parameters]
    score = model.score.predict(used.inputs, now)
    draft.put(THRESHOLD.moved(down=-1, right=-1), "Right and wrong", Look.HEADING)
    draft.put(THRESHOLD.moved(right=-1), "threshold", Look.LABEL)
    draft.put(THRESHOLD, _USUAL_THRESHOLD, Look.INPUT, "0.00")
    told = step(score - _bound(section))
    # A column of 0 and 1 is named after the class that is 1, so the classes speak for themselves.
    whose = "" if section.lesson.data.classes else f"{section.data_label('y')} "
    zero, one = section.lesson.data.classes or ("0", "1")
    draft.headers(first, ("", f"told {zero}", f"told {one}", "rows"))
    for down, (name, of_class) in enumerate(((zero, 1 - used.y), (one, used.y)), start=1):
        place = first.moved(down=down)
        draft.put(place, f"{whose}is {name}", Look.LABEL)
        counted = (of_class * (1 - told), of_class * told, of_class)
        for right, each in enumerate(counted, start=1):
            look = Look.KEY_RESULT if right == down else Look.RESULT
            draft.show(place.moved(right=right), used.summed(each), look, WHOLE)
    place = first.moved(down=3)
    right_ones = [draft.at(first.moved(down=each, right=each)) for each in (1, 2)]
    share = added(right_ones) / used.count
    draft.labelled(place.moved(right=1), "accuracy", share, Look.KEY_RESULT, "0.000")
    if len(model.inputs) == 1 and has_boundary(model):
        at = boundary(model, [], now, _bound(section))
        draft.labelled(place.moved(down=1, right=1), "boundary", at, Look.KEY_RESULT, "0.000")
    if model.score.linear and at_zero(model.score.expression, model.parameters) == ZERO:
        well = used.summed(step((2 * used.y - 1) * score))
        words = when(compared(well, "=", used.count), PARTED, "")
        place = place.moved(down=2)
        draft.tell(Block(place, place.moved(down=2, right=5)), if_error(words, ""), Look.REMARK)


PARTED = (
    "A boundary parts the classes: no row is on the wrong side of 0.5. So there is no best fit: "
    "the steeper the curve, the lower the log loss, and the parameters grow without end."
)


def _has_map(section: Section) -> bool:
    """Tell whether the classes are drawn over two inputs."""
    model = section.lesson.model
    return section.lesson.step.classifies and len(model.inputs) == 2 and has_boundary(model)  # noqa: PLR2004  a plane


def _map_first(section: Section) -> Address:
    """Return the first cell of what the map is drawn from, behind the curves."""
    return _FIRST.moved(right=_BEFORE_PANELS + len(section.lesson.display.panels) + 4)


def _put_map(draft: Draft, section: Section) -> Block:
    """Put the rows of both classes over the first input, and the boundary's points."""
    used, model, first = section.used, section.lesson.model, _map_first(section)
    one = section.data_label(model.inputs[0])
    classes = section.lesson.data.classes or ("0", "1")
    headers = (one, *(f"is {each}" for each in classes), one, "boundary")
    draft.headers(first.moved(down=-1), headers)
    rows, nothing = min(section.lesson.n_rows, MOST_DOTS), not_available()
    for row in range(rows):
        place = first.moved(down=row)
        across, up, y = (used.cell(name, row) for name in (*model.inputs, "y"))
        draft.show(place, when(compared(y, "=", ""), nothing, across), Look.RESULT)
        for which in (0, 1):
            mine = when(compared(y, "=", float(which)), up, nothing)
            shown = when(compared(y, "=", ""), nothing, mine)
            draft.show(place.moved(right=1 + which), shown, Look.RESULT)
    now = [section.named(f"now_{name}") for name in model.parameters]
    x, up = (used.column(name) for name in model.inputs)
    lowest, highest = minimum(up), maximum(up)
    for point in range(POINTS):
        place = first.moved(down=point, right=3)
        draft.show(place, along(minimum(x), maximum(x), POINTS - 1, point), Look.RESULT)
        at = boundary(model, [draft.at(place, fixed_column=True)], now, _bound(section))
        # Far above or below the rows it would press them together.
        apart = (highest - lowest) / 2
        near = all_of(compared(at, ">=", lowest - apart), compared(at, "<=", highest + apart))
        shown = if_error(when(near, at, nothing), nothing)
        draft.show(place.moved(right=1), shown, Look.RESULT)
    return Block(first, first.moved(down=max(rows, POINTS) - 1, right=4))


def _map_of_classes(section: Section) -> Chart:
    """Chart the rows over both inputs by class, and the boundary where y_pred is the threshold."""
    first, rows = _map_first(section), min(section.lesson.n_rows, MOST_DOTS)
    data = section.lesson.data
    across, line = (
        Block(first, first.moved(down=rows - 1)),
        Block(first, first.moved(down=POINTS - 1)).moved(right=3),
    )
    return Chart(
        area=_MAP,
        title="The classes and the boundary",
        x_title=data.x_name,
        y_title=data.further[0].name,
        series=(
            _series(across, 1, Drawn.POINTS, 0),
            _series(across, 2, Drawn.POINTS, 1),
            _series(line, 1, Drawn.LINE, 6),
        ),
    )


def _series(x: Block, right: int, drawn: Drawn, colour: int) -> Series:
    """Return the column so far right of another one, to be drawn over that one."""
    values = x.moved(right=right)
    name = values.first.moved(down=-1)
    return Series(sheet=DATA, name=name, x=x, values=values, drawn=drawn, colour=colour)


def fit_chart(section: Section, area: Block) -> Chart:
    """Chart the data with the curve of the start and the present one, for any page."""
    return _chart(section, area, "The data, the start and the present fit", (1, 0))


def _data_page(section: Section, curves: Sequence[_Curve]) -> Page:
    draft = Draft()
    draft.title("B1", f"What the page {TITLE} is drawn from")
    table = _put_curves(draft, section, curves)
    drawn = [table]
    if _has_map(section):
        drawn.append(_put_map(draft, section))
    formats = [section.formats.prediction] * (table.last.column - table.first.column)
    return Page(
        title=DATA,
        widths=even_widths(WIDTH, drawn[-1].last.column),
        cells=tuple(draft.cells),
        heights=draft.heights,
        conditions=(
            *map(nothing_where_missing, drawn),
            *too_wide(table.without_left(1), formats, WIDTH),
        ),
        frozen=_FIRST,
        hidden=True,
    )


def _start_and_now(section: Section) -> list[_Curve]:
    names = section.lesson.model.parameters
    return [
        _Curve(which, [section.named(f"{which}_{name}") for name in names])
        for which in ("start", "now")
    ]


def _panel_curves(draft: Draft, section: Section, top: Address) -> list[_Curve]:
    """Put the parameters after each panel's epoch, read from the log."""
    lesson, curves = section.lesson, []
    for panel, epoch in enumerate(lesson.display.panels):
        place = top.moved(right=panel)
        asked, state = cell(place, epoch), []
        for which, name in enumerate(lesson.model.parameters, start=1):
            if panel == 0:
                draft.put(top.moved(down=which, right=-1), name, Look.LABEL)
            there, number_format = place.moved(down=which), section.formats.parameters[which - 1]
            after: Expression = index(section.log_column(name), asked + 1)
            if section.by_epoch:
                # Past what is run its log repeats the last line.
                run = section.named("epochs_run")
                after = when(compared(asked, "<=", run), after, not_available())
            found = draft.show(there, after, Look.RESULT, number_format)
            state.append(cell(there, found.value, fixed=True, sheet=TITLE))
        curves.append(_Curve(joined(_AFTER, cell(place, epoch, sheet=TITLE)), state))
    return curves


def _put_curves(draft: Draft, section: Section, curves: Sequence[_Curve]) -> Block:
    """Put the curves' x, and the height of each there; of several columns the rows' own."""
    lesson, first = section.lesson, _FIRST
    if lesson.data.further:
        return _put_predictions(draft, section, curves)
    (name,) = lesson.model.inputs
    x = section.used.as_typed(name)
    low, high = minimum(x), maximum(x)
    headed = [*curves, *([_Curve("threshold", ())] if lesson.step.classifies else [])]
    _put_headers(draft, section.data_label(lesson.model.inputs[0]), headed)
    for point in range(POINTS):
        place = first.moved(down=point)
        draft.show(place, along(low, high, POINTS - 1, point), Look.RESULT)
        here = section.used.scaled(name, draft.at(place, fixed_column=True))
        for right, curve in enumerate(curves, start=1):
            height = lesson.model.predict([here], curve.parameters)
            draft.show(place.moved(right=right), height, Look.RESULT, section.formats.prediction)
        if lesson.step.classifies:
            line = cell(THRESHOLD, _USUAL_THRESHOLD, fixed=True, sheet=TITLE)
            draft.show(place.moved(right=1 + len(curves)), line + 0 * draft.at(place), Look.RESULT)
    return Block(first, first.moved(down=POINTS - 1, right=len(curves) + lesson.step.classifies))


def _put_headers(draft: Draft, first: str, curves: Sequence[_Curve]) -> None:
    draft.put(_FIRST.moved(down=-1), first, Look.HEADER)
    for right, curve in enumerate(curves, start=1):
        draft.show(_FIRST.moved(down=-1, right=right), curve.header, Look.HEADER)


MOST_DOTS = 300
"""So many rows are drawn at most, predicted over observed."""


def _put_predictions(draft: Draft, section: Section, curves: Sequence[_Curve]) -> Block:
    """Put what was observed in each row, what the curves predict there, and a line where both are.

    That line is the last column: a prediction that is right lies on it.
    """
    used, model, shape = section.used, section.lesson.model, section.formats.prediction
    rows, nothing = min(section.lesson.n_rows, MOST_DOTS), not_available()
    _put_headers(draft, section.data_label("y"), [*curves, _Curve("just right", ())])
    for row in range(rows):
        place = _FIRST.moved(down=row)
        observed = used.cell("y", row)
        missing = compared(observed, "=", "")
        y = draft.show(place, when(missing, nothing, observed), Look.RESULT)
        inputs = [used.cell(name, row) for name in model.inputs]
        for right, curve in enumerate(curves, start=1):
            height = when(missing, nothing, model.predict(inputs, curve.parameters))
            draft.show(place.moved(right=right), height, Look.RESULT, shape)
        draft.show(place.moved(right=1 + len(curves)), y, Look.RESULT, shape)
    return Block(_FIRST, _FIRST.moved(down=rows - 1, right=1 + len(curves)))


def _panel(section: Section, panel: int) -> Chart:
    down, across = divmod(panel, _ACROSS)
    first = Address(_PANEL_ROW + down * (_PANEL_ROWS + 1), _COLUMN + across * (_PANEL_COLUMNS + 1))
    area = Block(first, first.moved(down=_PANEL_ROWS - 1, right=_PANEL_COLUMNS - 1))
    return _chart(section, area, f"Panel {panel + 1}", (_BEFORE_PANELS + panel,))


def _chart(section: Section, area: Block, title: str, curves: Sequence[int]) -> Chart:
    """Chart the data and some of the curves; the start's is dashed."""
    if section.lesson.data.further:
        return _chart_of_predictions(section, area, title, curves)
    along = Block(_FIRST, _FIRST.moved(down=POINTS - 1))
    rows = section.layout.step, section.last_step_row
    x, y = (
        Block(*(Address(row, section.main_column(section.data_header(name))) for row in rows))
        for name in section.lesson.columns
    )
    series = [Series(sheet=section.main, name="data", x=x, values=y, drawn=Drawn.POINTS)]
    for curve in curves:
        look = (Drawn.DASHED, 7) if curve == 0 else (Drawn.LINE, 1)
        series.append(_series(along, 1 + curve, *look))
    if section.lesson.step.classifies:
        at = 1 + _BEFORE_PANELS + len(section.lesson.display.panels)
        series.append(_series(along, at, Drawn.DASHED, 6))
    return Chart(
        area=area,
        title=title,
        x_title=section.lesson.data.x_name,
        y_title=section.lesson.data.y_name,
        series=tuple(series),
    )


def _chart_of_predictions(
    section: Section, area: Block, title: str, curves: Sequence[int]
) -> Chart:
    """Chart what some parameters predict over what was observed; right ones lie on the line."""
    rows = min(section.lesson.n_rows, MOST_DOTS)
    along = Block(_FIRST, _FIRST.moved(down=rows - 1))
    last = 1 + _BEFORE_PANELS + len(section.lesson.display.panels)
    dots = [_series(along, 1 + curve, Drawn.POINTS, 7 if curve == 0 else 1) for curve in curves]
    label = section.data_label("y")
    return Chart(
        area=area,
        title=title,
        x_title=f"{label}, observed",
        y_title=f"{label}, predicted",
        series=(*dots, _series(along, last, Drawn.LINE, 6)),
    )


VALIDATION: Final = "Validation"
_HELD_FACTS, _FIRST_HELD, _HELD_WIDTH = 4, 14, 14.0


def validation_pages(section: Section) -> Iterator[tuple[Page, str]]:
    """Make the page of the rows held back, and that of the complete ones; none where none are.

    No step sees these rows. Where their curve turns up and the other one still falls, rows are
    learned by heart.
    """
    used = held_out_rows(section.lesson)
    if used is None:
        return
    names = (*section.lesson.model.inputs, "y")
    formats = {name: section.column_format(name) for name in used.data_headers}
    yield _validation_page(section, used), "rows that no step sees, and how well they are predicted"
    rows = used_page(
        used,
        lambda name, row: Address(_FIRST_HELD + row, 2 + names.index(name)),
        formats=formats,
        reconstructed=frozenset(),
        label=section.data_label,
        main=VALIDATION,
    )
    told = f"the rows of the page {VALIDATION} that are complete"
    yield hidden(rows), told


def _validation_page(section: Section, used: Used) -> Page:
    """Make the page itself."""
    draft, lesson = Draft(), section.lesson
    names, parameters = (*lesson.model.inputs, "y"), lesson.model.parameters
    headers = ["row", *map(section.data_label, names), "y_pred", "error"]
    last = Address(_FIRST_HELD + used.rows - 1, len(headers))
    draft.title("A1", f"{section.main}: rows held back for validation")
    text = (
        "No step is made by these rows; they only tell how good the model is at what it has not "
        "seen. As long as their curve falls, too, the model learns something that holds beyond its "
        "own rows. Where it turns up and the other one still falls, it learns those by heart."
    )
    draft.paragraph(f"A2:{Address(2, 8)}", text, 8 * _HELD_WIDTH)
    _put_facts(draft, section)
    draft.headers(Address(_FIRST_HELD - 1, 1), headers)
    now = [section.named(f"now_{name}") for name in parameters]
    columns = used.typed.values()
    for row in range(used.rows):
        place = Address(_FIRST_HELD + row, 1)
        draft.put(place, row + 1, Look.RESULT, WHOLE)
        for right, (name, values) in enumerate(zip(names, columns, strict=True), start=1):
            there = place.moved(right=right)
            draft.put(there, float(values[row]), Look.INPUT, section.column_format(f"data {name}"))
        given = [used.cell(name, row) for name in names]
        predicted = section.lesson.model.predict(given[:-1], now)
        place = place.moved(right=len(names) + 1)
        shape = section.column_format("y_pred")
        shown = draft.show(place, _complete(used, row, predicted), Look.RESULT, shape)
        off = _complete(used, row, shown - given[-1])
        draft.show(place.moved(right=1), off, Look.RESULT, shape)
    typed = Block(Address(_FIRST_HELD, 2), Address(last.row, 1 + len(names)))
    beside = len(headers) + 2
    chart = Block(Address(_FIRST_HELD - 1, beside), Address(_FIRST_HELD + 19, beside + 6))
    page = Page(
        title=VALIDATION,
        widths={Address(1, column).letters: _HELD_WIDTH for column in range(1, beside + 7)},
        cells=tuple(draft.cells),
        heights=draft.heights,
        merged=tuple(draft.merged),
        inputs=(Input(typed, Accepts.NUMBER, "A row held back", "Its numbers, as observed."),),
        charts=(metric_chart((section,), chart, held=True),),
        frozen=Address(_FIRST_HELD, 1),
        landscape=True,
        header_row=_FIRST_HELD - 1,
    )
    return printed(page, last=max(last.row, chart.last.row), most=2)


def _complete(used: Used, row: int, value: Expression) -> Expression:
    return when(compared(used.cell(COMPLETE, row), "=", 1), value, "")


def _put_facts(draft: Draft, section: Section) -> None:
    """Put where the run stands, and the epoch after which these rows are predicted best."""
    lesson, log = section.lesson, section.formats.log
    name = lesson.validation_name
    column = run_column(section, name)
    facts = {
        "epochs run": (section.named("epochs_run"), WHOLE),
        f"{lesson.metric_name} now": (section.in_log(lesson.metric_name), log),
        f"{name} now": (section.in_log(name), log),
        f"lowest {name}": (minimum(column), log),
    }
    for down, (label, (fact, shape)) in enumerate(facts.items()):
        place = Address(_HELD_FACTS + down, 2)
        shown = draft.labelled(place, label, fact, number_format=shape)
    place = Address(_HELD_FACTS + len(facts), 2)
    at = match(shown, column) - 1
    best = draft.labelled(place, "after epoch", at, Look.KEY_RESULT, WHOLE)
    for right, parameter in enumerate(lesson.model.parameters, start=2):
        draft.put(place.moved(down=1, right=right - 2), f"{parameter} then", Look.HEADER)
        draft.show(
            place.moved(down=2, right=right - 2),
            index(section.log_column(parameter), best + 1),
            Look.RESULT,
            section.log_format(parameter),
        )
