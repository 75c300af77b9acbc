"""A workbook of nothing but a step table: every step of a descent, as long as one likes."""

from collections.abc import Mapping

from sheetgd.descent.step import step_columns
from sheetgd.engine.run import Descent
from sheetgd.expression.excel import Address
from sheetgd.expression.sheet_cells import cell
from sheetgd.expression.tree import Expression, Leaf, Symbol
from sheetgd.sheets.book import Book
from sheetgd.sheets.cells import LongTable, Look, Style, TableColumn
from sheetgd.sheets.sheet import Draft, Page

TITLE = "Steps"
HEADER_ROW = 4
"""Below it stand the data, and below these the steps."""


def step_book(descent: Descent, *, formulas: bool = True, values: bool = True) -> Book:
    """The steps of a descent with their formulas and values, or with either of them alone.

    A row takes its x and y from the row of the pass before, the first pass from the data.
    """
    lesson, draft = descent.lesson, Draft()
    headers = list(descent.columns)
    names = {f"start_{name}": start for name, start in _started(descent).items()}
    names |= lesson.settings | {"rows": float(lesson.n_rows)}
    places = {}
    for column, (name, value) in enumerate(names.items(), start=1):
        draft.put(Address(1, column), name, Look.LABEL)
        places[name] = draft.put(Address(2, column), value, Look.INPUT)
    for column, header in enumerate(headers, start=1):
        draft.put(Address(HEADER_ROW, column), header, Look.HEADER)
    for row, pair in enumerate(
        zip(lesson.data.x, lesson.data.y, strict=True), start=HEADER_ROW + 1
    ):
        for column, value in enumerate(pair, start=1):
            draft.put(Address(row, column), value, Look.INPUT)
    first = Address(HEADER_ROW + 1 + lesson.n_rows, 1)
    patterns = _patterns(descent, first)
    table = LongTable(
        first=first,
        length=len(descent.order),
        columns=tuple(
            TableColumn(
                header=header,
                values=descent.columns[header] if values else None,
                style=Style(Look.RESULT, "0.000"),
                patterns=patterns[header] if formulas else None,
            )
            for header in headers
        ),
        kind=lambda index: min(index, 1),
    )
    page = Page(
        title=TITLE, widths={}, cells=tuple(draft.cells), table=table, names=places,
        heights=draft.heights, frozen=Address(HEADER_ROW + 1, 1),
    )  # fmt: skip
    return Book(title=lesson.display.title, pages=(page,))


def _started(descent: Descent) -> Mapping[str, float]:
    return dict(zip(descent.lesson.model.parameters, descent.states[0], strict=True))


def _patterns(descent: Descent, first: Address) -> Mapping[str, tuple[Expression, ...]]:
    """What the very first row computes, and all others."""
    lesson, headers = descent.lesson, list(descent.columns)

    def at(header: str, up: int = 0) -> Leaf:
        return cell(first.moved(down=-up, right=headers.index(header)))

    found: dict[str, tuple[Expression, ...]] = {
        name: (at(name, lesson.n_rows),) * 2 for name in ("x", "y")
    }
    for name in lesson.model.parameters:
        found[name] = (Symbol(f"start_{name}"), at(f"new_{name}", 1))
    row: dict[str, Expression] = {header: at(header) for header in headers}
    row |= {name: Symbol(name) for name in ("rows", *lesson.settings)}
    return found | {each.name: (each.compute(row),) * 2 for each in step_columns(lesson.step)}
