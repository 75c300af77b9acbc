"""A row an epoch: what the lines of a run compute where all rows of the data are one batch.

A line has the parameters, what the optimiser remembers, and the gradient there, each derivative one
sum over the data; the next line steps by it. The log has such lines, and so has every learning rate
that is compared.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from sheetgd.descent.step import (
    COUNT,
    ENDS,
    EPOCH,
    IN_BATCH,
    RATE,
    ROW,
    ROWS,
    WATCHED,
    WATCHED_NOW,
    before,
    epoch_step,
    given_columns,
    row_slopes,
    step_columns,
)
from sheetgd.expression.excel import Address, Formula
from sheetgd.expression.functions import total
from sheetgd.expression.sheet_cells import (
    cell,
    compared,
    constant,
    formula_of,
    minimum,
    rounded,
    value_of,
    when,
)
from sheetgd.expression.tree import Expression, Leaf, Symbol
from sheetgd.sheets.cells import Look
from sheetgd.sheets.rows import held_out_rows
from sheetgd.sheets.section import Section
from sheetgd.sheets.sheet import Draft, Prompt

_LONGEST_CAPTION: Final = 130

_LINES: Final = {
    "sum": ("sum", "The derivatives of all rows, added up."),
    "g": ("mean, g", "The sum divided by the number of rows: what the gradient says."),
    "dL/d": ("dL/d", "The slope of the penalised loss: with the penalty's pull towards 0."),
    "v": ("v", "What the optimiser will remember of the gradients."),
    "s": ("s", "What the optimiser will remember of the squared gradients."),
    "h": ("h", "The highest s so far."),
    "new": ("new", "The parameter after the one step of the pass."),
}
"""The lines below the next pass: what they are called, and what stands there."""


@dataclass(frozen=True, kw_only=True)
class EpochRows:
    """The lines of a run with a row an epoch, as expressions of the cells of the first line.

    Attributes:
        section: whose data and method the run has.
        settings: each setting that a step reads.
        cell: the first line's cell under a header, or the one `up` lines above it; `dollar` fixes
            its column.
        held: the metric held there; None computes it from the line's parameters.
    """

    section: Section
    settings: Mapping[str, Expression]
    cell: Callable[..., Expression]
    held: Expression | None = None

    def gradients(self, *, dollar: bool = False) -> dict[str, Expression]:
        """Return the mean of each derivative over the rows of the data, by its header."""
        section, method = self.section, self.section.lesson.step
        here = {name: self.cell(name, dollar=dollar) for name in method.model.parameters}
        slopes = section.used.slopes(method, {**self.settings, **here})
        means = (section.used.summed(slope) / section.named("rows") for slope in slopes)
        return dict(zip(section.gradients, means, strict=True))

    def rates(self, *, first: bool = False, dollar: bool = False) -> dict[str, Expression]:
        """Return the rate of the pass after the line, and what a schedule goes by, by header."""
        section = self.section
        held = self.held
        if held is None:
            names = section.lesson.model.parameters
            here = [self.cell(name, dollar=dollar) for name in names]
            held = section.metric_held(here, used=held_out_rows(section.lesson))
        row = {**self.settings, EPOCH: self.cell("epoch", dollar=dollar) + 1, WATCHED_NOW: held}
        found: dict[str, Expression] = {}
        for column in section.columns:
            header = section.log_header(column.name)
            if column.once and header in section.rate_headers:
                above = constant(0) if first else self.cell(header, up=1, dollar=dollar)
                row[before(column.name)] = above
        for column in section.columns:
            if not column.once:
                continue
            row[column.name] = column.compute(row)
            header = section.log_header(column.name)
            if header in section.rate_headers:
                found[header] = row[column.name]
                row[column.name] = self.cell(header, dollar=dollar)
        return found

    def stepped(self, *, dollar: bool = False) -> dict[str, Expression]:
        """Return each parameter and what the optimiser remembers, from the line above."""
        method = self.section.lesson.step
        above = {
            each: self.cell(each, up=1, dollar=dollar)
            for each in (*method.model.parameters, *self.section.optimizer_state)
        }
        above |= {before(each): above[each] for each in self.section.optimizer_state}
        if self.section.rate_headers:
            above[RATE] = self.cell(self.section.log_header(RATE), up=1, dollar=dollar)
        slopes = {
            name: self.cell(header, up=1, dollar=dollar)
            for name, header in zip(method.model.parameters, self.section.gradients, strict=True)
        }
        found = epoch_step(method, {**self.settings, **above}, slopes)
        decimals = method.gradient_rule.carry_decimals
        if decimals is not None:
            found |= {name: rounded(found[name], decimals) for name in method.model.parameters}
        return found


def log_leaf(section: Section, header: str, *, up: int = 0, dollar: bool = False) -> Leaf:
    """Refer to the log's line of epoch 0, or above it; what it holds does not matter."""
    return cell(Formula.cell(section.log_cell(header, -up), fixed_column=dollar))


def if_run(
    section: Section, header: str, ways: Sequence[Mapping[str, Expression]]
) -> Iterator[Expression]:
    """Yield what a line holds: what is computed where its epoch is run, else the line above."""
    for way, dollar in zip(ways, (False, True), strict=True):
        here, above = (log_leaf(section, "epoch", up=up, dollar=dollar) for up in (0, 1))
        last = log_leaf(section, header, up=1, dollar=dollar)
        yield when(compared(here, ">", above), way[header], last)


def epoch_lines(section: Section) -> tuple[Expression, ...]:
    """Return what the column of the epochs holds: the last that is run again past it."""
    above = log_leaf(section, "epoch", up=1)
    if not section.stops:
        return constant(0), *[minimum(above + 1, section.named("epochs_run"))] * 2
    asked = minimum(section.named("epochs") * section.named("clicks"), section.named("capacity"))
    asked = when(section.ready, asked, 0)
    goes_on = compared(log_leaf(section, "stop", up=1), "=", 0)
    following = when(goes_on, above + 1, above)
    return constant(0), *[when(compared(above, "<", asked), following, above)] * 2


@dataclass(frozen=True, slots=True)
class Total:
    """What stands once for all rows of the next pass: its line, its cell, and what is in it."""

    line: str
    place: Address
    held: Expression

    def on(self, sheet: str = "") -> Leaf:
        """Return the cell as a leaf, for other pages or for its own."""
        return cell(self.place, value_of(self.held), fixed=True, sheet=sheet)


def pass_totals(section: Section) -> dict[str, Total]:
    """Compute what the next pass comes to: the sums, the means, and the one step by these.

    They stand below the derivatives of the rows, by the headers of the columns that have them where
    several batches make steps.
    """
    lesson, found = section.lesson, dict[str, Total]()
    # The step is that of a row alone, whose derivatives are the means.
    alone = replace(lesson.step, batched=False)
    lines = ["sum", "g", *(["dL/d"] if alone.penalized else [])]
    lines += [*alone.optimizer_rule.states, "new"]

    def header_of(line: str, name: str) -> str:
        return line + name if line == "dL/d" else f"{line}_{name}"

    def placed(line: str, name: str, held: Expression) -> Leaf:
        header = header_of(line, name)
        place = Address(section.last_step_row + 1, section.main_column(f"de/d{name}"))
        found[header] = Total(line, place.moved(down=lines.index(line)), held)
        return found[header].on()

    row: dict[str, Expression] = {name: section.named(name) for name in lesson.settings}
    row |= {name: section.named(f"now_{name}") for name in lesson.model.parameters}
    row |= {before(each): section.in_log(each) for each in section.optimizer_state}
    if section.rate_headers:
        row[RATE] = section.in_log(section.log_header(RATE))
    computed = {column.name: column for column in step_columns(alone)}
    if COUNT in computed:
        row[COUNT] = computed[COUNT].compute(row)
    for name in lesson.model.parameters:
        added_up = placed("sum", name, total(section.main_range(f"de/d{name}")))
        row[f"de/d{name}"] = placed("g", name, added_up / section.named("rows"))
        for line in lines[2:]:
            header = header_of(line, name)
            if header in computed:
                row[header] = placed(line, name, computed[header].compute(row))
    return found


def once_in_pass(section: Section) -> Mapping[str, Leaf]:
    """Return what the next pass has once and not in every row, by header, as other pages read it.

    It is none where several batches make steps.
    """
    if not section.by_epoch:
        return {}
    now = {
        name: section.on_main(section.now(which), f"now_{name}")
        for which, name in enumerate(section.lesson.model.parameters)
    }
    return now | {header: each.on(section.main) for header, each in pass_totals(section).items()}


def put_totals(draft: Draft, section: Section) -> Iterator[Prompt]:
    """Put the totals below the table of the next pass; yield the messages of their lines."""
    told_of = set()
    for header, each in pass_totals(section).items():
        draft.show(each.place, each.held, Look.KEY_RESULT, section.column_format(header))
        if each.line not in told_of:
            told_of.add(each.line)
            label = Address(each.place.row, section.main_column("row"))
            word, meaning = _LINES[each.line]
            yield Prompt(draft.put(label, word, Look.LABEL), word, meaning)


def of_row(section: Section, header: str, epoch: int, row: int) -> Expression:
    """Return what a row of the pass after an epoch holds in a step column, from the log.

    Args:
        section: the section, whose log is the computation.
        header: the column.
        epoch: the epoch, which must have been run.
        row: the row, counted from 1.
    """
    lesson, used = section.lesson, section.used
    method, first = lesson.step, section.used.first(row)
    here = {name: section.on_log(name, epoch) for name in lesson.model.parameters}
    cells: dict[str, Expression] = {
        **{name: section.named(name) for name in lesson.settings},
        **{before(name): section.on_log(name, epoch) for name in section.optimizer_state},
        **{name: used.cell(name, row - 1) for name in (*used.names, "y")},
        **here,
        ROW: constant(row),
        ROWS: constant(lesson.n_rows),
        IN_BATCH: constant(row),
        ENDS: constant(int(row == lesson.n_rows)),
    }
    for column in section.columns:
        if column.once:
            cells[column.name] = section.on_log(section.log_header(column.name), epoch)
    slopes = first.slopes(method, {**cells, **here})
    sums = dict(zip(section.gradients, map(first.summed, slopes), strict=True))
    for column in section.columns:
        if column.name in cells:
            continue
        if column.name in sums:
            cells[column.name] = sums[column.name] / first.count
        elif column.carried and not column.lasting:
            cells[column.name] = sums["g_" + column.name.removeprefix("sum_")]
        else:
            cells[column.name] = column.compute(cells)
    return cells[header]


def told(section: Section) -> dict[str, str]:
    """Say how the columns of a log that is the computation are computed, in their own names."""
    lesson = section.lesson
    inputs = given_columns(lesson.model)
    names = (*inputs, *section.optimizer_state, *section.gradients, *lesson.settings, "epoch")
    names += (section.log_header(WATCHED), *section.rate_headers)
    words = {name: Symbol(section.data_label(name)) for name in names}
    held = words[section.log_header(WATCHED)]
    rows = EpochRows(section=section, settings=words, cell=lambda name, **_: words[name], held=held)
    slopes = row_slopes(lesson.step, words)
    found = {name: f"line above: {formula_of(each)}" for name, each in rows.stepped().items()}
    found |= {name: str(formula_of(each)) for name, each in rows.rates().items()}
    for header, name, slope in zip(section.gradients, lesson.model.parameters, slopes, strict=True):
        text = f"mean of {formula_of(slope)}"
        found[header] = text if len(text) <= _LONGEST_CAPTION else f"mean of de/d{name}"
    return found
