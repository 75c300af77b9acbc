"""The text of formulas, spelt out by hand."""

import pytest

from sheetgd.expression.excel import (
    LONGEST_FORMULA,
    Address,
    Formula,
    Reference,
    literal_texts,
    sheet_prefix,
)

A, B, C = (Formula.cell(Address(1, column)) for column in (1, 2, 3))


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        (A + B * C, "A1+B1*C1"),
        ((A + B) * C, "(A1+B1)*C1"),
        (A - (B - C), "A1-(B1-C1)"),
        (A + (B + C), "A1+(B1+C1)"),
        (A / (B * C), "A1/(B1*C1)"),
        (A / B * C, "A1/B1*C1"),
        ((-A).to_power(2), "(-A1)^2"),
        (-(A.to_power(2)), "(-(A1^2))"),
        (A - -B, "A1-(-B1)"),
        (A.to_power(2).to_power(3), "(A1^2)^3"),
        (2 * A, "2*A1"),
        (-2.5 * A, "(-2.5)*A1"),
        (1 - A, "1-A1"),
        (1 / A, "1/A1"),
        (1e-05 + A, "0.00001+A1"),
        (Formula.call("IF", A.compared("<=", B + 1), C, "no"), 'IF(A1<=B1+1,C1,"no")'),
        (Formula.literal('say "so"'), '"say ""so"""'),
        (Formula.cell(Address(5, 3), sheet="it's"), "'it''s'!C5"),
        (A * 1, "A1*1"),
        (A.compared("<=", B) + C, "(A1<=B1)+C1"),
        (A.compared("=", B).compared("=", C), "(A1=B1)=C1"),
        (Formula.literal(999_999_999_999_999.0), "999999999999999"),
        (Formula.literal(1e15), "1000000000000000.0"),
        (Formula.literal(1.5e15), "1500000000000000.0"),
        (Formula.literal(1e300), "1E+300"),
        (Formula((Reference(Address(2, 3)),)), "C2"),
    ],
)
def test_arithmetic_keeps_its_meaning(formula: Formula, text: str) -> None:
    assert str(formula) == text


def test_what_computes_with_a_range_stands_for_many_numbers() -> None:
    column = Formula.range(Address(1, 1), Address(9, 1))
    assert column.many
    assert (2 * column + A).many
    assert not (A + B * 2).many
    assert not Formula.name("learn").many


def test_filling_down_moves_what_is_not_fixed() -> None:
    fixed = Formula.range(Address(1, 1), Address(9, 1))
    loose = Formula.range(Address(1, 1), Address(9, 1), fixed=False)
    mixed = Formula.cell(Address(1, 1), fixed_row=True) + Formula.cell(
        Address(1, 1), fixed_column=True
    )
    assert fixed.filling().down(3) == "$A$1:$A$9"
    assert loose.filling().down(3) == "A4:A12"
    assert mixed.filling().down(3) == "A$1+$A4"
    fixed_there = Formula.range(Address(1, 1), Address(9, 1), sheet="50 %")
    assert fixed_there.filling().down(3) == "'50 %'!$A$1:$A$9"


def test_filling_down_every_kind_of_part() -> None:
    everything = (
        Formula.range(Address(1, 1), Address(9, 30), sheet="As published")
        + Formula.range(Address(1, 1), Address(9, 1), fixed=False, sheet="50 %")
        * Formula.cell(Address(4, 3), fixed_row=True)
        - Formula.cell(Address(4, 3), fixed_column=True)
        + Formula.literal("100 %")
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
