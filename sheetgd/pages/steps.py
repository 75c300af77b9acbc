"""The step table: on the main page the pass that comes next, on its own page all of them."""

from collections.abc import Mapping, Sequence

from sheetgd.cells import Address, Look, Style
from sheetgd.maths.formula import Formula
from sheetgd.maths.quantity import rounded
from sheetgd.maths.step import step_columns
from sheetgd.pages.numbers import shown
from sheetgd.pages.page import (
    Block,
    Condition,
    Draft,
    Effect,
    LongTable,
    Page,
    Prompt,
    TableColumn,
    too_wide,
)
from sheetgd.pages.section import (
    CONTROL_ROW,
    FIRST_COLUMN,
    NOW_COLUMN,
    STEP_ROW,
    STEPS_FIRST_COLUMN,
    STEPS_ROW,
    Section,
)

MEANINGS = {
    "x": "The input of this row of the data.",
    "y": "The output that was observed.",
    "y_pred": "What the line with this row's parameters predicts.",
    "error_sq": "The squared error of the prediction.",
}
_RAN = Address(2, 5)
COLUMN_WIDTH = 12.0
CAPTION_HEIGHT = 12.0


def meaning(section: Section, header: str) -> str:
    """What a step column holds, in words, with its formula where it has one."""
    words = MEANINGS.get(header)
    for name in section.lesson.model.parameters:
        words = words or {
            name: f"{name} before this row's step: what the row above ends with.",
            f"err_{name}1": f"The squared error with {name} nudged up.",
            f"de/d{name}": f"The derivative: how fast the squared error changes with {name}.",
            f"new_{name}": f"{name} after the step: against the derivative, by the learning rate.",
        }.get(header)
    caption = section.captions.get(header)
    return (words or header) + (f"\n{header} = {caption}" if caption else "")


def put_step_headers(
    draft: Draft, section: Section, first: Address, width: float
) -> tuple[Prompt, ...]:
    """The headers of the step table from a cell on, and over each how its column is computed.

    `width` is how many characters wide the columns are. Returns the headers' messages.
    """
    captions = section.captions
    for right, header in enumerate(section.headers):
        draft.put(first.moved(down=-1, right=right), captions.get(header), Look.CAPTION)
        draft.put(first.moved(right=right), header, Look.HEADER)
    lines = max(-(-len(caption) // int(width)) for caption in captions.values())
    draft.heights[first.row - 1] = CAPTION_HEIGHT * (lines + 1)
    return tuple(
        Prompt(first.moved(right=right), header, meaning(section, header))
        for right, header in enumerate(section.headers)
    )


def next_pass(section: Section) -> LongTable:
    """The main page's table: the pass after the epochs that have been run."""
    lesson = section.lesson
    values = section.descent.passed(section.lesson.epochs_run + 1)
    rebuilt = {
        row - 1: Style(Look.RECONSTRUCTED, section.column_format("x"))
        for row in lesson.reconstructed
    }
    columns = []
    for header in ("x", "y"):
        style = Style(Look.INPUT, section.column_format(header))
        columns.append(
            TableColumn(header=header, values=values[header], style=style, row_styles=rebuilt)
        )
    first = {
        name: Formula.cell(Address(CONTROL_ROW + place, NOW_COLUMN))
        for place, name in enumerate(lesson.model.parameters)
    }
    columns += _computed(section, Address(STEP_ROW, FIRST_COLUMN), values, (first, None))
    if rebuilt:
        columns.append(_reconstruction_notes(lesson.rows, lesson.reconstructed))
    return LongTable(
        first=Address(STEP_ROW, FIRST_COLUMN),
        length=lesson.rows,
        columns=tuple(columns),
        kind=lambda row: min(row, 1),
    )


def _reconstruction_notes(rows: int, reconstructed: frozenset[int]) -> TableColumn:
    notes = [
        "\N{LEFTWARDS ARROW} reconstructed" if row in reconstructed else None
        for row in range(1, rows + 1)
    ]
    return TableColumn(header="", values=notes, style=Style(Look.NOTE))


def steps_page(section: Section) -> Page:
    """Every row of every epoch, up to the pass that follows the last epoch there is room for."""
    draft = Draft()
    table = _all_passes(section)
    draft.title("A1", f"{section.main}: every step of every epoch")
    draft.put("A2", "epochs run so far", Look.NOTE)
    run = section.name("epochs_run")
    draft.put(_RAN, section.lesson.epochs_run, Look.RESULT, "0", formula=run)
    draft.put(
        "F2",
        "Each row starts from the parameters that the row before ends with. "
        "Grey rows are still to come; the first of them is the pass shown on the main page.",
        Look.NOTE,
    )
    header_row = STEPS_ROW - 1
    for right, column in enumerate(table.columns[: STEPS_FIRST_COLUMN - 1]):
        draft.put(Address(header_row, 1 + right), column.header, Look.HEADER)
    first = Address(header_row, STEPS_FIRST_COLUMN)
    prompts = put_step_headers(draft, section, first, COLUMN_WIDTH)
    last = Address(table.last_row, len(table.columns))
    body = Block(Address(STEPS_ROW, 1), last)
    return Page(
        title=section.steps,
        widths={Address(1, column).letters: COLUMN_WIDTH for column in range(1, last.column + 1)}
        | {"A": 8.0, "B": 7.0},
        cells=tuple(draft.cells),
        table=table,
        heights=draft.heights,
        prompts=prompts,
        conditions=(
            Condition(body, str(_not_run_yet()), Effect.GREY),
            *too_wide(
                body.without_left(STEPS_FIRST_COLUMN - 1),
                [section.column_format(each) for each in section.headers],
                COLUMN_WIDTH,
            ),
        ),
        frozen=Address(STEPS_ROW, 1),
        filtered=Block(Address(header_row, 1), last),
        landscape=True,
        header_row=header_row,
    )


def _not_run_yet() -> Formula:
    """True in rows of passes that the epochs run so far have not reached."""
    epoch = Formula.cell(Address(STEPS_ROW, 1), fixed_column=True)
    return epoch.compared(">", Formula.cell(_RAN, fixed_row=True, fixed_column=True))


def _all_passes(section: Section) -> LongTable:
    lesson, values = section.lesson, section.descent.columns
    rows, length = lesson.rows, lesson.rows * (lesson.room + 1)
    top = Address(STEPS_ROW, 1)
    plain = Style(Look.RESULT, "0")
    columns = [
        TableColumn(
            header="epoch", values=[step // rows + 1 for step in range(length)], style=plain
        ),
        TableColumn(header="row", values=[step % rows + 1 for step in range(length)], style=plain),
    ]
    row_cell = Formula.cell(top.moved(right=1), fixed_column=True)
    rebuilt = {
        step: Style(Look.RECONSTRUCTED_RESULT, section.column_format("x"))
        for step in range(length)
        if step % rows + 1 in lesson.reconstructed
    }
    for header in ("x", "y"):
        source = Formula.call("INDEX", section.main_range(header, sheet=section.main), row_cell)
        columns.append(
            TableColumn(
                header=header,
                values=values[header],
                style=Style(Look.RESULT, section.column_format(header)),
                patterns=(source,) * 3,
                row_styles=rebuilt,
            )
        )
    start = {name: section.name(f"{name}_start") for name in lesson.model.parameters}
    place = Address(STEPS_ROW, STEPS_FIRST_COLUMN)
    carried = None
    if lesson.rule.carry_decimals is not None:
        carried = {
            name: rounded(_above(section, place, name), lesson.rule.carry_decimals)
            for name in lesson.model.parameters
        }
    columns += _computed(section, place, values, (start, carried, None))
    return LongTable(
        first=top,
        length=length,
        columns=tuple(columns),
        kind=lambda step: 0 if step == 0 else 1 if step % rows == 0 else 2,
    )


def _above(section: Section, first: Address, name: str) -> Formula:
    """The new value of a parameter in the row above the table's first."""
    right = section.headers.index(f"new_{name}")
    return Formula.cell(first.moved(down=-1, right=right))


def _computed(
    section: Section,
    first: Address,
    values: Mapping[str, Sequence[float]],
    starts: Sequence[Mapping[str, Formula] | None],
) -> list[TableColumn]:
    """The parameters' columns and all that is computed, as formulas of the row's own cells.

    `starts` tells for each kind of row where its parameters come from: None means from
    the row above.
    """
    lesson = section.lesson
    cells = {
        header: Formula.cell(first.moved(right=right))
        for right, header in enumerate(section.headers)
    }
    patterns: dict[str, tuple[Formula, ...]] = {
        name: tuple(
            _above(section, first, name) if start is None else start[name] for start in starts
        )
        for name in lesson.model.parameters
    }
    cells |= {name: section.name(name) for name in ("learn", "nudge")}
    for column in step_columns(lesson.model, lesson.rule):
        patterns[column.name] = (column.compute(cells),) * len(starts)
    return [
        TableColumn(
            header=header,
            values=[shown(value) for value in values[header]],
            style=Style(Look.RESULT, section.column_format(header)),
            patterns=patterns[header],
        )
        for header in section.headers
        if header in patterns
    ]
