"""What holds of every comparison: nothing differs from itself, and what differs is found, alone."""

import random
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from functools import cache
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetgd.compare import (
    Comparison,
    Outcome,
    compare_tables,
    compare_with_published,
    compare_workbook,
)
from sheetgd.compare.locate import (
    Key,
    displayed_number,
    is_reconstructed,
    locate,
    published,
)
from sheetgd.expression.excel import Address, ErrorValue, Value
from sheetgd.lesson.lesson import Lesson
from sheetgd.lesson.template import shipped_lesson
from sheetgd.original import display_decimals
from sheetgd.reading.workbook import StoredCell
from sheetgd.sheets.book import AS_PUBLISHED, Book, book_of
from sheetgd.sheets.cells import Cell
from sheetgd.xlsx.write import write_workbook
from tests.plain import half_up
from tests.support.profiles import examples
from tests.support.sheets import as_cells, our_sheet

# With little beside the page that is compared.
ORIGINAL = shipped_lesson("original").replaced(capacity=15, rates=(1e-4,), rate_epochs=2)
VALUES: st.SearchStrategy[Value] = st.one_of(
    st.floats(allow_nan=False),
    st.floats(-1e4, 1e4),
    st.integers(-(2**70), 2**70),
    st.booleans(),
    st.sampled_from(ErrorValue),
    st.text(max_size=6),
    st.none(),
)
KEYS = st.one_of(
    st.sampled_from(sorted(published())),
    st.builds(
        Key,
        st.sampled_from(["descent", "labels", "rmse_grid", "elsewhere"]),
        st.integers(0, 25),
        st.sampled_from(["x", "new_b", "rmse", "m=9 b=1", "anything"]),
    ),
)


@st.composite
def tables(draw: st.DrawFn) -> dict[Key, StoredCell]:
    """Located tables of a workbook: some cells, each at an address of its own.

    One of them at least holds a number; where all are texts, they only display numbers.
    """
    values = draw(st.dictionaries(KEYS, VALUES, max_size=25))
    values[draw(KEYS)] = draw(st.floats(-1e4, 1e4))
    places = enumerate(values.items(), start=1)
    return {key: StoredCell(Address(row, 1), value) for row, (key, value) in places}


C = TypeVar("C", StoredCell, Cell)


def with_value(table: Mapping[Key, C], key: Key, value: Value) -> dict[Key, C]:
    return {**table, key: replace(table[key], value=value)}


def same_value(one: Value, other: Value, decimals: int) -> bool:
    """Whether two values show the same, by what is said of them and not by how it is done."""
    numbers = [
        isinstance(each, int | float) and not isinstance(each, bool) for each in (one, other)
    ]
    if all(numbers):
        return displayed(one, decimals) == displayed(other, decimals)
    return type(one) is type(other) and one == other


def displayed(number: Any, decimals: int) -> float:  # noqa: ANN401  an int or a float
    """A number as it is displayed; a double of 2^53 or more has no decimals."""
    number = float(number)
    return half_up(number, decimals) if abs(number) < 2**53 else number


def assert_alone(comparison: Comparison, key: Key, *kinds: Outcome) -> None:
    """Fail unless exactly one cell is reported, in one of these ways."""
    assert not comparison.same
    assert len(comparison.differences) == 1
    assert comparison.differences[0].kind in kinds
    others = {Outcome.EQUAL, Outcome.NOT_PUBLISHED}
    assert [each for each, outcome in comparison.outcomes.items() if outcome not in others] == [key]
    assert comparison.outcomes[key] is comparison.differences[0].kind


# --- tables


@given(table=tables())
def test_nothing_differs_from_itself(table: dict[Key, StoredCell]) -> None:
    comparison = compare_tables(table, table)
    assert comparison.differences == ()
    assert comparison.same
    assert set(comparison.outcomes.values()) == {Outcome.EQUAL}
    assert compare_tables(table, dict(reversed(table.items()))).same


@examples(4)
@given(table=tables(), data=st.data())
def test_one_cell_that_changes_is_reported_where_it_shows(
    table: dict[Key, StoredCell], data: st.DataObject
) -> None:
    key = data.draw(st.sampled_from(sorted(table)))
    value = data.draw(near(table[key].value) | VALUES)
    expected = table[key].value
    comparison = compare_tables(with_value(table, key, value), table)
    number = displayed_number(expected) if isinstance(expected, str) else None
    if number is not None and not isinstance(value, str):
        # A text that displays a number is met by that number, too: see the next property.
        return
    if same_value(value, expected, display_decimals(key.table, key.field)):
        assert comparison.same
    else:
        assert_alone(comparison, key, Outcome.DIFFERENT)


def near(value: Value) -> st.SearchStrategy[Value]:
    """Values close to a number, on both sides of where its rounding changes."""
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e15:
        return st.just("1")
    steps = st.sampled_from([0.0, 0.0004, 0.0005, 0.001, 0.04, 0.05, 0.4, 0.5, 1.0])
    return st.builds(lambda step, sign: float(value) + step * sign, steps, st.sampled_from([-1, 1]))


@given(table=tables(), data=st.data())
def test_a_cell_that_is_added_or_gone_is_reported_alone(
    table: dict[Key, StoredCell], data: st.DataObject
) -> None:
    key = data.draw(st.sampled_from(sorted(table)))
    fewer = {each: cell for each, cell in table.items() if each != key}
    assert_alone(compare_tables(fewer, table), key, Outcome.MISSING_IN_WORKBOOK)
    assert_alone(compare_tables(table, fewer), key, Outcome.MISSING_IN_ORIGINAL)
    tolerant = compare_tables(table, fewer, tolerate_reconstructed=True)
    outcome = Outcome.NOT_PUBLISHED if is_reconstructed(key) else Outcome.MISSING_IN_ORIGINAL
    assert tolerant.outcomes[key] is outcome


@given(
    text=st.decimals(-9999, 9999, places=3) | st.decimals(-9999, 9999, places=1)
    | st.integers(-9999, 9999).map(Decimal),
    off=st.sampled_from([0.0, 0.0004999, 0.0005, 0.04999, 0.05, 0.4999, 0.5, 0.51, 1.0]),
    sign=st.sampled_from([-1, 1]),
)  # fmt: skip
def test_a_displayed_number_is_met_by_what_is_displayed_so(
    text: Decimal, off: float, sign: int
) -> None:
    key = Key("descent", 0, "new_b")
    found = float(text) + sign * off
    theirs = {key: StoredCell(Address(1, 1), str(text))}
    comparison = compare_tables({key: StoredCell(Address(1, 1), found)}, theirs)
    decimals = -int(text.as_tuple().exponent)
    assert comparison.same is (half_up(found, decimals) == float(text))


# --- the published page


@cache
def located() -> Mapping[Key, Cell]:
    return locate(as_cells(our_sheet()))


def wrong_values(cell: Cell, decimals: int) -> list[Value]:
    """Values that a cell must not have in place of its number, displayed with these decimals."""
    number, unit = cell.value, 10.0**-decimals
    assert isinstance(number, int | float)
    shown = half_up(float(number), decimals)
    # Exactly halfway to the next, in decimals, as halves are rounded.
    half = Decimal(repr(shown)) + (-1) ** (shown < 0) * Decimal(5).scaleb(-decimals - 1)
    wrong: list[Value] = [shown + unit, shown - 0.5001 * unit, float(half)]
    wrong += [str(number), "none", True, *ErrorValue, float("inf"), -shown if shown else 1.0]
    return wrong


@pytest.mark.slow
@examples(0.04)
@given(generator=st.randoms(use_true_random=False))
def test_every_cell_of_the_page_is_found_when_it_changes(generator: random.Random) -> None:
    table, sheet = located(), our_sheet()
    assert len(table) == 377
    for key, cell in table.items():
        value = generator.choice(wrong_values(cell, display_decimals(key.table, key.field)))
        assert_alone(compare_tables(with_value(table, key, value), table), key, Outcome.DIFFERENT)
        # The same in the sheet, where it has to be located first.
        if not is_reconstructed(key):
            value = generator.choice(wrong_values(cell, published()[key].decimals))
            changed = compare_with_published(as_cells(sheet | {cell.address: value}))
            assert_alone(changed, key, Outcome.DIFFERENT, Outcome.MISSING_IN_WORKBOOK)


@pytest.mark.slow
def test_a_cell_that_is_gone_or_a_word_hides_no_other() -> None:
    sheet = our_sheet()
    for key, cell in located().items():
        others = {each: other for each, other in located().items() if each != key}
        cells = as_cells(sheet)
        del cells[cell.address]
        assert locate(cells) == others
        word = StoredCell(cell.address, "oops")
        # A label that a word follows has no value.
        assert locate(cells | {cell.address: word}) in (others, others | {key: word})


# --- workbooks


@st.composite
def originals(draw: st.DrawFn) -> Lesson:
    """The original, its page as published with other settings and data."""
    assert ORIGINAL.display.published is not None
    changes: dict[str, Any] = {
        "learn": draw(st.sampled_from([1e-5, 1e-4, 0.05, 3.0])),
        "start": (draw(st.floats(-50, 50)), draw(st.floats(-50, 50))),
        "epochs": draw(st.integers(0, 5)),
        "clicks": draw(st.integers(0, 3)),
        "nudge": draw(st.sampled_from([0.01, 0.5])),
        "y": draw(st.permutations(ORIGINAL.data.y)),
    }
    return ORIGINAL.replaced(published=ORIGINAL.display.published.replaced(guess=(), **changes))


@pytest.mark.slow
@examples(0.15)
@given(lesson=originals())
def test_no_workbook_differs_from_itself(
    tmp_path_factory: pytest.TempPathFactory, lesson: Lesson
) -> None:
    (page,) = (each for each in book_of(lesson).pages if each.title == AS_PUBLISHED)
    path = tmp_path_factory.mktemp("pages") / "page.xlsx"
    write_workbook(Book(title="", pages=(replace(page, charts=()),)), path)
    comparison = compare_workbook(path, path)
    assert comparison.differences == ()
    assert comparison.same
    assert comparison.total.compared == 377
