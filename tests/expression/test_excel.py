"""The text of formulas, spelt out by hand."""

import math

import pytest

from sheetgd.expression import numbers, sheet_cells, sheet_functions
from sheetgd.expression.excel import (
    LONGEST_FORMULA,
    PRINTED,
    Address,
    Formula,
    Reference,
    literal_texts,
    sheet_prefix,
)
from sheetgd.expression.functions import (
    absolute,
    larger,
    power,
    root,
    sign,
    square,
    total,
    when_at_least,
    when_equal,
)
from sheetgd.expression.sheet_cells import (
    cell,
    cells,
    compared,
    constant,
    formula_of,
    index,
    joined,
    match,
    when,
)
from sheetgd.expression.tree import Expression

A, B, C = (cell(Address(1, column)) for column in (1, 2, 3))
COLUMN = cells(Formula.range(Address(1, 1), Address(9, 1)))
ROW = cells(Formula.range(Address(1, 1), Address(1, 9)))


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        (A + B * C, "A1+B1*C1"),
        ((A + B) * C, "(A1+B1)*C1"),
        (A - (B - C), "A1-(B1-C1)"),
        (A + (B + C), "A1+(B1+C1)"),
        (A / (B * C), "A1/(B1*C1)"),
        (A / B * C, "A1/B1*C1"),
        (power(-A, 2), "(-A1)^2"),
        (-power(A, 2), "(-(A1^2))"),
        (A - -B, "A1-(-B1)"),
        (power(power(A, 2), -3), "(A1^2)^(-3)"),
        (power(A + B, C), "(A1+B1)^C1"),
        (2 * A, "2*A1"),
        (-2.5 * A, "(-2.5)*A1"),
        (1 - A, "1-A1"),
        (1 / A, "1/A1"),
        (1e-05 + A, "0.00001+A1"),
        (when(compared(A, "<=", B + 1), C, "no"), 'IF(A1<=B1+1,C1,"no")'),
        (constant('say "so"'), '"say ""so"""'),
        (cell(Address(5, 3), sheet="it's"), "'it''s'!C5"),
        (A * 1, "A1*1"),
        (compared(A, "<=", B) + C, "(A1<=B1)+C1"),
        (compared(compared(A, "=", B), "=", C), "(A1=B1)=C1"),
        (joined("m is ", A + B, joined(C, "!")), '"m is "&A1+B1&(C1&"!")'),
        (constant(999_999_999_999_999.0), "999999999999999"),
        (constant(1e15), "1000000000000000.0"),
        (constant(1.5e15), "1500000000000000.0"),
        (constant(1e300), "1E+300"),
        (constant(math.pi), "PI()"),
        (cell(Formula((Reference(Address(2, 3)),))), "C2"),
        (total(COLUMN), "SUM($A$1:$A$9)"),
        (total(square(COLUMN - A)), "SUMPRODUCT(($A$1:$A$9-A1)^2)"),
        (-COLUMN, "(0-$A$1:$A$9)"),
        (index(COLUMN, 2), "INDEX($A$1:$A$9,2)"),
        (index(ROW, 2), "INDEX($A$1:$I$1,1,2)"),
        (match(A, COLUMN), "MATCH(A1,$A$1:$A$9,0)"),
        (when_equal(A, 1, B, C), "IF(A1=1,B1,C1)"),
        (when_at_least(A, B, 1, 0), "IF(A1>=B1,1,0)"),
    ],
)
def test_an_expression_keeps_its_meaning(expression: Expression, text: str) -> None:
    assert str(formula_of(expression)) == text


def test_every_operation_is_printed() -> None:
    computed = {*numbers.ON_ARRAYS, *sheet_functions.FUNCTIONS, *sheet_cells._LAZY}  # noqa: SLF001  all there are
    assert computed == PRINTED.keys()
    assert str(PRINTED["ln"](Formula.name("a"))) == "LN(a)"
    assert str(PRINTED["floor"](Formula.name("a"))) == "INT(a)"


def test_what_computes_with_a_range_stands_for_many_numbers() -> None:
    assert formula_of(COLUMN).many
    assert formula_of(2 * COLUMN + A).many
    assert not formula_of(A + B * 2).many
    assert not Formula.name("learn").many


def test_filling_down_moves_what_is_not_fixed() -> None:
    fixed = Formula.range(Address(1, 1), Address(9, 1))
    loose = Formula.range(Address(1, 1), Address(9, 1), fixed=False)
    mixed = formula_of(
        cell(Formula.cell(Address(1, 1), fixed_row=True))
        + cell(Formula.cell(Address(1, 1), fixed_column=True))
    )
    assert fixed.filling().down(3) == "$A$1:$A$9"
    assert loose.filling().down(3) == "A4:A12"
    assert mixed.filling().down(3) == "A$1+$A4"
    fixed_there = Formula.range(Address(1, 1), Address(9, 1), sheet="50 %")
    assert fixed_there.filling().down(3) == "'50 %'!$A$1:$A$9"


def test_filling_down_every_kind_of_part() -> None:
    everything = formula_of(
        cells(Formula.range(Address(1, 1), Address(9, 30), sheet="As published"))
        + cells(Formula.range(Address(1, 1), Address(9, 1), fixed=False, sheet="50 %"))
        * cell(Formula.cell(Address(4, 3), fixed_row=True))
        - cell(Formula.cell(Address(4, 3), fixed_column=True))
        + constant("100 %")
    )
    text = "'As published'!$A$1:$AD$9+'50 %'!A{}:A{}*C$4-$C{}+\"100 %\""
    assert str(everything) == text.format(1, 9, 4)
    for rows in (0, 1, 1000):
        assert everything.filling().down(rows) == text.format(1 + rows, 9 + rows, 4 + rows)


def test_a_cell_holds_as_many_characters_as_excel_says() -> None:
    assert LONGEST_FORMULA == 2**13


@pytest.mark.parametrize(
    "title", ["R", "c", "RC", "True", "FALSE", "Größe", "A1", "a b", "it's", ""]
)
def test_a_sheet_s_title_is_quoted_unless_it_is_a_plain_word(title: str) -> None:
    quoted = "'" + title.replace("'", "''") + "'!"
    assert sheet_prefix(title) == (quoted if title else "")


def test_a_text_is_parted_by_how_a_spreadsheet_counts_its_characters() -> None:
    for letter, most in (("m", 255), ("\u00e9", 255), ("\uffff", 255), ("\U00010000", 127)):
        assert len(literal_texts(letter * 256)[0]) == most
        # One of them is enough.
        assert len(literal_texts("m" * 255 + letter)[0]) == most


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        (absolute(COLUMN - A), "(2*($A$1:$A$9-A1>0)-1)*($A$1:$A$9-A1)"),
        (absolute(total(COLUMN) - A), "ABS(SUM($A$1:$A$9)-A1)"),
        (sign(COLUMN), "($A$1:$A$9>0)-($A$1:$A$9<0)"),
        (sign(A), "SIGN(A1)"),
        (larger(constant(0), COLUMN), "(0<$A$1:$A$9)*$A$1:$A$9"),
        (larger(total(COLUMN), A), "MAX(SUM($A$1:$A$9),A1)"),
        (when_at_least(COLUMN, A, B, C), "($A$1:$A$9>=A1)*B1+($A$1:$A$9<A1)*C1"),
        (when_equal(COLUMN, A, B, C), "($A$1:$A$9=A1)*B1+($A$1:$A$9<>A1)*C1"),
        (when_at_least(COLUMN, A, 0.0, C), "($A$1:$A$9<A1)*C1"),
        # What is not chosen may have no answer there, and an error times 0 is an error.
        (when_at_least(COLUMN, 0.0, root(COLUMN), C), "IF($A$1:$A$9>=0,SQRT($A$1:$A$9),C1)"),
        (when_at_least(COLUMN, 0.0, C / A, C), "IF($A$1:$A$9>=0,C1/A1,C1)"),
        (when_at_least(COLUMN, 0.0, C / 2.0, C), "($A$1:$A$9>=0)*(C1/2)+($A$1:$A$9<0)*C1"),
        (when_at_least(COLUMN, 0.0, power(C, B), C), "IF($A$1:$A$9>=0,C1^B1,C1)"),
        (when_at_least(total(COLUMN), A, B, C), "IF(SUM($A$1:$A$9)>=A1,B1,C1)"),
    ],
)
def test_of_ranges_choices_and_sizes_are_arithmetic(expression: Expression, text: str) -> None:
    assert str(formula_of(expression)) == text
