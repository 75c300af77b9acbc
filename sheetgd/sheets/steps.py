"""Steps: every step of every epoch, and the pass that comes next on the first page.

A sheet passes over rows whose data are not complete. Where x or y is blank, a text or an error, a
row takes no step: its error and its derivatives stay empty, and what goes on to the next row goes
on unchanged. Batches are made up of complete rows; one that is not full when the pass ends makes
its step in the pass's last row. So a sheet comes to what the complete rows alone would give. The
library itself refuses such rows, so this concerns formulas only: in a complete row they come to
what `sheetgd.descent.step` says.

>>> from sheetgd.descent.step import Step, step_columns
>>> from sheetgd.expression.tree import Symbol
>>> cells = {name: Symbol(name) for name in ("x", "y", "m", "b", "learn", "nudge")}
>>> incomplete = compared(cells["x"], "=", "")
>>> for column in step_columns(Step())[:4]:
...     cells[column.name] = Symbol(column.name)
...     print(column.name, formula_of(guarded(Step(), column, cells, incomplete)))
y_pred IF(x="","",m*x+b)
error_sq IF(x="","",(y_pred-y)^2)
err_m1 IF(x="","",((m+nudge)*x+b-y)^2)
de/dm IF(x="","",(err_m1-error_sq)/nudge)
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from sheetgd.descent.model import Model
from sheetgd.descent.step import (
    ENDS,
    EPOCH,
    IN_BATCH,
    WATCHED_NOW,
    Column,
    Step,
    before,
    own_expressions,
    started,
    step_columns,
)
from sheetgd.expression.excel import Address, Formula, Reference, Value
from sheetgd.expression.functions import count, remainder
from sheetgd.expression.sheet_cells import (
    Given,
    cell,
    cells,
    compared,
    constant,
    formula_of,
    index,
    minimum,
    rounded,
    when,
)
from sheetgd.expression.tree import Expression, Leaf
from sheetgd.sheets.cells import Block, Following, LongTable, Look, Style, TableColumn
from sheetgd.sheets.printing import printed
from sheetgd.sheets.rows import held_out_rows
from sheetgd.sheets.section import FIRST_COLUMN, KEPT_COLUMN, STEPS_ROW, Section
from sheetgd.sheets.sheet import (
    LONGEST_MESSAGE,
    TEXT_HEIGHT,
    Condition,
    Draft,
    Effect,
    Page,
    Prompt,
    text_height,
    too_wide,
)
from sheetgd.sheets.words import PARAMETER_MEANINGS, WHOLE, plain_meaning

BEGINNING = "a pass begins"
"""What is given to the rows in which a pass begins."""

EMPTY = ""
"""What cells of a row hold that is passed over."""


def guarded(
    method: Step, column: Column, row: Mapping[str, Expression], incomplete: Expression
) -> Expression:
    """Return what a step's column computes in a table whose rows may be incomplete.

    Args:
        method: the choices of the step.
        column: the column.
        row: what the column reads, as for `Column.compute`; `rows` is how many rows a pass
            has, complete or not.
        incomplete: true where the row is to be passed over.
    """
    if column.name == IN_BATCH:
        # The place among the batch's complete rows; 0 before the pass's first one.
        last = row[before(IN_BATCH)]
        return when(incomplete, last, remainder(last, row["batch"]) + 1)
    if column.name == ENDS:
        # A step is made in a batch's last row, or in the pass's for what is left.
        full = compared(row[IN_BATCH], "=", row["batch"])
        left = when(compared(row["row"], "=", row["rows"]), minimum(1, row[IN_BATCH]), 0)
        return when(full, when(incomplete, 0, 1), left)
    found: Expression = column.compute(row)
    if column.once:
        return found
    if column.averages:
        # Before the pass's first complete row there is nothing to take the mean of.
        return when(compared(row[IN_BATCH], "=", 0), EMPTY, found)
    if column.moves and method.batched:
        # It changes only where a batch ends.
        return found
    unchanged: Given = EMPTY
    if column.moves or column.carried:
        parameter = column.name.removeprefix("new_")
        unchanged = row[before(column.name) if column.carried else parameter]
    return when(incomplete, unchanged, found)


@dataclass(frozen=True, kw_only=True)
class StepRows:
    """The rows of a step table, as expressions of the cells of its first row.

    Attributes:
        method: the choices of the step.
        kept: the columns that have cells; the others are written into what reads them.
        cell: the first row's cell under a header, or the one `up` rows above it; `dollar` fixes
            its column.
        given: what every row reads: the settings, and how many rows a pass has.
        incomplete: tells whether the first row is to be passed over, with dollars or without;
            None where no row is.
        held: the metric with given parameters held.
    """

    method: Step
    kept: Collection[str]
    cell: Callable[..., Expression]
    given: Mapping[str, Expression]
    incomplete: Callable[..., Expression] | None = None
    held: Callable[[Sequence[Expression]], Expression] | None = None

    @property
    def before_all(self) -> dict[str, Expression]:
        """What the very first row reads from the row before, where there is none."""
        return {before(name): self.given.get(started(name), constant(0)) for name in self._carried}

    @property
    def _carried(self) -> list[str]:
        """The columns of which a row's formulas may read what the row before holds there."""
        columns = step_columns(self.method)
        return [each.name for each in columns if each.carried or each.name == IN_BATCH]

    def of_passes(
        self, start: Sequence[Expression], *, dollar: bool
    ) -> Sequence[Mapping[str, Expression]]:
        """Return what rows read from elsewhere than the row above.

        They are the very first row, the first of another pass, and all others.
        """
        names = self.method.model.parameters
        anew: dict[str, Expression] = {before(IN_BATCH): constant(0)} if self.method.batched else {}
        if self.method.schedule_rule.varies:
            anew[BEGINNING] = constant(1)
        decimals = self.method.gradient_rule.carry_decimals
        if decimals is not None:
            ends = {name: self.cell(f"new_{name}", up=1, dollar=dollar) for name in names}
            anew |= {name: rounded(end, decimals) for name, end in ends.items()}
        return anew | self.before_all | dict(zip(names, start, strict=True)), anew, {}

    def patterns(
        self, openings: Callable[..., Sequence[Mapping[str, Expression]]], *, parted: bool
    ) -> dict[str, tuple[Expression, ...]]:
        """Return what each column computes, in two ways for each kind of row.

        LibreOffice 7.4 computes long columns of alike formulas at once, and takes some that read
        each other's rows for a circle (Err:522). So where a table is `parted`, every other row
        writes the columns of its own cells with a dollar: that says the same, and no two rows are
        alike.

        Args:
            openings: what the kinds of rows read from elsewhere than the row above, with dollars
                or without.
            parted: whether every other row has dollars.
        """
        one, other = (
            [self.row(each, dollar=dollar) for each in openings(dollar=dollar)]
            for dollar in (False, parted)
        )
        rows = [each for pair in zip(one, other, strict=True) for each in pair]
        return {name: tuple(each[name] for each in rows) for name in rows[0]}

    def row(
        self, opening: Mapping[str, Expression], *, dollar: bool = False
    ) -> dict[str, Expression]:
        """Return what the columns with cells compute in a row that reads `opening`, too."""

        def here(name: str, up: int = 0) -> Expression:
            return self.cell(name, up=up, dollar=dollar)

        method, found = self.method, {}
        row = {before(name): here(name, 1) for name in self._carried}
        row |= {name: here(f"new_{name}", 1) for name in method.model.parameters}
        data = (*method.model.inputs, "y", *(["row"] if method.batched else []))
        row |= {name: here(name) for name in data}
        row |= {**self.given, **opening}
        for name in method.model.parameters:
            if name in self.kept:
                found[name], row[name] = row[name], here(name)
        begins = BEGINNING in opening
        if begins:
            row[EPOCH] = here(EPOCH)
        if begins and self.held is not None:
            row[WATCHED_NOW] = self.held([row[name] for name in method.model.parameters])
        skipped = None if self.incomplete is None else self.incomplete(dollar=dollar)
        for column in step_columns(method):
            kept = column.name in self.kept
            computed: Expression
            if column.once and not begins:
                computed = opening.get(column.name, here(column.name, 1))
            elif kept and skipped is not None:
                computed = guarded(method, column, row, skipped)
            else:
                computed = column.compute(row)
            if kept:
                found[column.name] = computed
            row[column.name] = here(column.name) if kept else computed
        return found


_RAN = Address(2, 5)
COLUMN_WIDTH = 12.0
CAPTION_HEIGHT = 12.0
_MOST_UNPARTED = 12
MOST_SHEETS = 3
"""So many sheets of paper the page is printed on at most."""


def column_meaning(model: Model, header: str) -> str:
    """Say what a step column holds."""
    for name in model.parameters:
        for pattern, text in PARAMETER_MEANINGS.items():
            if header == pattern.format(p=name):
                return text.format(p=name)
    return plain_meaning(model, header)


def meaning(section: Section, header: str) -> str:
    """Say what a step column holds, with its formula where it has one."""
    words = column_meaning(section.lesson.model, header)
    caption = section.captions.get(header)
    whole = words + (f"\n{header} = {caption}" if caption else "")
    return whole if len(whole) <= LONGEST_MESSAGE else words


def put_step_headers(
    draft: Draft, section: Section, first: Address, headers: Sequence[str], width: float
) -> tuple[Prompt, ...]:
    """Put the headers of a step table from a cell on, and over each how it is computed.

    `width` is how many characters wide the columns are. Returns the headers' messages.
    """
    captions = section.captions
    for right, header in enumerate(headers):
        if header in captions:
            draft.put(first.moved(down=-1, right=right), captions[header], Look.CAPTION)
        draft.put(first.moved(right=right), section.data_label(header), Look.HEADER)
    lines = max(-(-len(caption) // int(width)) for caption in captions.values())
    draft.heights[first.row - 1] = CAPTION_HEIGHT * (lines + 1)
    longest = max(map(len, map(section.data_label, headers)))
    if longest > width:
        # A label is broken between its words only.
        draft.heights[first.row] = TEXT_HEIGHT * (1 + -(-longest // int(width)))
    return tuple(
        Prompt(first.moved(right=right), section.data_label(header), meaning(section, header))
        for right, header in enumerate(headers)
    )


def next_pass(section: Section) -> LongTable:
    """Make the main page's table: the pass after the epochs that have been run."""
    lesson = section.lesson
    values = section.next_pass
    typed = section.base is None and section.data_header("y") == "y"
    place = _Place(section, section.layout.step, section.main_column, typed)
    leads = (*section.main_leads, *lesson.model.inputs, "y")
    columns = [_main_column(place, header, values) for header in leads]
    columns += _own(place, values) if section.by_epoch else _of_next_pass(place, values)
    if lesson.data.reconstructed:
        columns.append(_reconstruction_notes(lesson.n_rows, lesson.data.reconstructed))
    return LongTable(
        first=Address(section.layout.step, FIRST_COLUMN),
        length=lesson.n_rows,
        columns=tuple(columns),
        kind=lambda row: _kind(min(row, 1), row),
    )


def _own(place: "_Place", values: Mapping[str, Sequence[float]]) -> Iterator[TableColumn]:
    """Yield the columns that are a row's own, where all rows are one batch."""
    section, lesson = place.section, place.section.lesson
    row: dict[str, Expression] = {name: section.named(name) for name in lesson.settings}
    row |= {
        name: cell(section.now(which), fixed=True) for which, name in enumerate(_names(section))
    }
    row |= {name: place.cell(name) for name in (*lesson.model.inputs, "y")}
    for header, computed in own_expressions(lesson.step, row, place.cell).items():
        pattern = when(place.incomplete(), EMPTY, computed)
        yield _computed_column(section, header, values, (pattern,) * _kind(2, 0))


def _of_next_pass(place: "_Place", values: Mapping[str, Sequence[float]]) -> list[TableColumn]:
    """Make the parameters' and all computed columns of that table, a step a batch."""
    section, lesson = place.section, place.section.lesson
    opening = place.rows.before_all
    opening |= {name: cell(section.now(which)) for which, name in enumerate(_names(section))}
    opening |= {before(name): cell(kept_cell(section, name)) for name in section.optimizer_state}
    for column in section.columns:
        if column.once:
            passes = cells(
                Formula.range(
                    *(section.steps_cell(column.name, each, row) for each, row in _ends(section)),
                    sheet=section.steps,
                )
            )
            which = section.named("epochs_run") * lesson.n_rows + 1
            opening[column.name] = index(passes, which)
    return _computed(place, values, lambda **_: (opening, {}))


def _kind(opening: int, row: int) -> int:
    """Return which patterns a row follows: its opening's, in every other row with dollars."""
    return 2 * opening + row % 2


def kept_cell(section: Section, header: str) -> Address:
    """Return the main page's cell for what the optimiser remembers before the next pass."""
    letter, _, name = header.partition("_")
    if not name:
        right = len(section.lesson.step.optimizer_rule.states)
        return Address(section.layout.control, KEPT_COLUMN + right)
    right = list(section.lesson.step.optimizer_rule.states).index(letter)
    return Address(section.layout.control + _names(section).index(name), KEPT_COLUMN + right)


def _names(section: Section) -> tuple[str, ...]:
    return section.lesson.model.parameters


@dataclass(frozen=True, slots=True)
class _Place:
    """A step table on a page: its section, its first row, and the columns of its headers.

    `typed` tells whether its x and y are typed in, and may be anything.
    """

    section: Section
    row: int
    column: Callable[[str], int]
    typed: bool = False

    def cell(self, header: str, *, up: int = 0, dollar: bool = False) -> Leaf:
        """Refer to the first row's cell under a header, or above it; a dollar fixes the column."""
        address = Address(self.row - up, self.column(header))
        return cell(Formula.cell(address, fixed_column=dollar))

    def incomplete(self, *, dollar: bool = False) -> Expression:
        """Tell whether the first row is to be passed over."""
        if not self.typed:
            first = self.section.lesson.model.inputs[0]
            return compared(self.cell(first, dollar=dollar), "=", EMPTY)
        names = (*self.section.lesson.model.inputs, "y")
        begin, end = (Address(self.row, self.column(name)) for name in (names[0], names[-1]))
        given = cells(Formula((Reference(begin, end, fixed_column=dollar),)))
        return compared(count(given), "<", len(names))

    @property
    def rows(self) -> StepRows:
        """Its rows."""
        section, lesson = self.section, self.section.lesson
        rows: dict[str, Expression] = {"rows": constant(lesson.n_rows)}
        return StepRows(
            method=lesson.step,
            kept=section.headers,
            cell=self.cell,
            given=rows | {name: section.named(name) for name in lesson.settings},
            incomplete=self.incomplete,
            held=partial(section.metric_held, used=held_out_rows(lesson)),
        )


def _main_column(place: _Place, header: str, values: Mapping[str, Sequence[float]]) -> TableColumn:
    """Make a column of the main page that stands before the parameters."""
    section, rows = place.section, place.section.lesson.n_rows
    data = (*section.lesson.model.inputs, "y")
    if header in {section.data_header(name) for name in data}:
        return _data_column(section, header)
    if header == "row":
        return _counting_column(header, list(range(1, rows + 1)))
    start = section.epochs_run * rows
    if header == "order":
        first, last = (section.steps_cell("order", each, row) for each, row in _ends(section))
        orders = cells(Formula.range(first, last, sheet=section.steps))
        which = section.named("epochs_run") * rows + place.cell("row")
        taken = section.descent.order[start : start + rows]
        return _counting_column(header, taken, index(orders, which))
    taken_from: Expression = section.used.cell(header)
    if section.lesson.method.shuffle is not None:
        taken_from = index(section.used.column(header), place.cell("order"))
    return TableColumn(
        header=header,
        values=values[header],
        style=Style(Look.RESULT, section.column_format(header)),
        patterns=(taken_from,) * _kind(2, 0),
    )


def _ends(section: Section) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return the first pass and row of the steps page, and the last."""
    return (1, 1), (section.lesson.capacity + 1, section.lesson.n_rows)


def _counting_column(
    header: str, values: Sequence[Value], pattern: Expression | None = None
) -> TableColumn:
    patterns = None if pattern is None else (pattern,) * _kind(2, 0)
    style = Style(Look.RESULT, WHOLE)
    return TableColumn(header=header, values=values, style=style, patterns=patterns)


def _data_column(section: Section, header: str) -> TableColumn:
    """Make a column of the data: to be typed in, or read from the section it is shared with."""
    lesson, base, name = section.lesson, section.base, header.removeprefix("data ")
    values = section.lesson.columns[name]
    number_format = section.column_format(name)
    if base is not None:
        shared = section.used.cell(header if header in section.used.headers else name)
        rebuilt = {
            row - 1: Style(Look.RECONSTRUCTED_RESULT, number_format)
            for row in lesson.data.reconstructed
        }
        style = Style(Look.RESULT, number_format)
        return TableColumn(
            header=header,
            values=values,
            style=style,
            patterns=(shared,) * _kind(2, 0),
            row_styles=rebuilt,
        )
    rebuilt = {
        row - 1: Style(Look.RECONSTRUCTED, number_format) for row in lesson.data.reconstructed
    }
    style = Style(Look.INPUT, number_format)
    return TableColumn(header=header, values=values, style=style, row_styles=rebuilt)


def _reconstruction_notes(rows: int, reconstructed: frozenset[int]) -> TableColumn:
    notes = [
        "\N{LEFTWARDS ARROW} reconstructed" if row in reconstructed else None
        for row in range(1, rows + 1)
    ]
    return TableColumn(header="", values=notes, style=Style(Look.NOTE))


def steps_page(section: Section) -> Page:
    """Make every row of every epoch, up to the pass after the last epoch there is room for."""
    draft = Draft()
    table = _all_passes(section)
    draft.title("A1", f"{section.main}: every step of every epoch")
    draft.put("A2", "epochs run so far", Look.NOTE)
    ran = draft.show(_RAN, section.named("epochs_run"), Look.RESULT, WHOLE)
    epoch = cell(Formula.cell(Address(STEPS_ROW, 1), fixed_column=True))
    not_yet = formula_of(compared(epoch, ">", ran))
    right = Address(2, len(table.columns))
    words = (
        "Each row starts from the parameters that the row before ends with. Rows still to come "
        "show nothing; the first pass of them stands on the main page. Printed are the epochs run "
        "when this workbook was "
        f"built, on {MOST_SHEETS} sheets of paper at most."
    )
    draft.text(f"F2:{right}", words, Look.REMARK)
    draft.heights[2] = text_height(words, COLUMN_WIDTH * (len(table.columns) - 5))
    header_row = STEPS_ROW - 1
    first = Address(header_row, 1)
    leads = len(section.steps_leads)
    headers = (*section.steps_leads, *section.headers)
    prompts = put_step_headers(draft, section, first, headers, COLUMN_WIDTH)
    last = Address(table.last_row, len(table.columns))
    body = Block(Address(STEPS_ROW, 1), last)
    page = Page(
        title=section.steps,
        widths={Address(1, column).letters: COLUMN_WIDTH for column in range(1, last.column + 1)}
        | {"A": 10.0, "B": 8.0},
        cells=tuple(draft.cells),
        table=table,
        heights=draft.heights,
        merged=tuple(draft.merged),
        prompts=prompts,
        conditions=(
            *too_wide(
                body.without_left(leads),
                [section.column_format(each) for each in section.headers],
                COLUMN_WIDTH,
            ),
            Condition(body, str(not_yet), Effect.NOTHING),
        ),
        frozen=Address(STEPS_ROW, 1),
        filtered=Block(first, last),
        landscape=True,
        header_row=header_row,
        sheets=MOST_SHEETS,
    )
    rows = section.epochs_run * section.lesson.n_rows
    return printed(page, last=header_row + max(rows, 1), most=MOST_SHEETS)


def given_of_passes(section: Section, order: Sequence[int], row: int) -> list[TableColumn]:
    """Make the columns epoch, row, order, x and y of a table of passes, from column A on.

    Args:
        section: the section whose data the passes take.
        order: the data rows, counted from 1, in the order in which they are taken.
        row: the sheet's row of the table's first row.
    """
    lesson, steps = section.lesson, len(order)
    leads: dict[str, Sequence[Value]] = {
        "epoch": Following(steps, lambda step: step // lesson.n_rows + 1),
        "row": Following(steps, lambda step: step % lesson.n_rows + 1),
        "order": order,
    }
    columns = [_counting_column(header, leads[header]) for header in section.steps_leads]
    which = cell(Formula.cell(Address(row, len(columns)), fixed_column=True))
    rebuilt = dict.fromkeys(
        (step for step, taken in enumerate(order) if taken in lesson.data.reconstructed),
        Style(Look.RECONSTRUCTED_RESULT, section.formats.data),
    )
    for header, given in lesson.read_columns.items():
        values = Following(steps, partial(_taken, given, order))
        source = index(section.used.column(header), which)
        columns.append(
            TableColumn(
                header=header,
                values=values,
                style=Style(Look.RESULT, section.column_format(header)),
                patterns=(source,) * _kind(3, 0),
                row_styles=rebuilt,
            )
        )
    return columns


def _taken(values: Sequence[float], order: Sequence[int], step: int) -> float:
    return values[order[step] - 1]


def kinds_of_passes(rows: int) -> Callable[[int], int]:
    """Return which patterns a step follows, from 0: the very first, a pass's first, or others.

    Each has two of them, in turn: see `StepRows.patterns`.
    """
    return lambda step: _kind(0 if step == 0 else 1 if step % rows == 0 else 2, step)


def _all_passes(section: Section) -> LongTable:
    lesson, values = section.lesson, section.descent.columns
    place = _Place(section, STEPS_ROW, section.steps_column)
    columns = given_of_passes(section, section.descent.order, STEPS_ROW)
    start = [section.start_if_ready(name) for name in _names(section)]
    columns += _computed(place, values, partial(place.rows.of_passes, start))
    return LongTable(
        first=Address(STEPS_ROW, 1),
        length=len(section.descent.order),
        columns=tuple(columns),
        kind=kinds_of_passes(lesson.n_rows),
    )


def _computed(
    place: _Place,
    values: Mapping[str, Sequence[float]],
    openings: Callable[..., Sequence[Mapping[str, Expression]]],
) -> list[TableColumn]:
    """Make the parameters' and all computed columns: see `StepRows.patterns`."""
    section = place.section
    # The original's table has no more columns.
    parted = len(section.headers) > _MOST_UNPARTED or bool(section.optimizer_state)
    return [
        _computed_column(section, header, values, patterns)
        for header, patterns in place.rows.patterns(openings, parted=parted).items()
    ]


def _computed_column(
    section: Section,
    header: str,
    values: Mapping[str, Sequence[float]],
    patterns: tuple[Expression, ...],
) -> TableColumn:
    return TableColumn(
        header=header,
        values=values[header],
        style=Style(Look.RESULT, section.column_format(header)),
        patterns=patterns,
        real=True,
    )
