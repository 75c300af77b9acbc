"""Formulas of the book of the original lesson, letter by letter."""

import re
from collections.abc import Mapping
from functools import cache

import pytest

from sheetgd.lesson.template import shipped_lesson
from sheetgd.sheets.cells import Cell
from tests.support import built

ORIGINAL = shipped_lesson("original")
MAIN, PUBLISHED = "Gradient Descent", "As published"
X, Y, COMPLETE = "Rows!$E$6:$E$25", "Rows!$F$6:$F$25", "Rows!$D$6:$D$25"


@cache
def cells(gradient: str = ORIGINAL.method.gradient) -> Mapping[tuple[str, str], Cell]:
    """The cells of the original's workbook, with its own way to derivatives or another."""
    book = built.book(ORIGINAL.replaced(gradient=gradient))
    return {(page.title, str(cell.address)): cell for page, cell in built.every_cell(book)}


def root_of_sum(misses: str) -> str:
    """The root of the sum of squares over all complete rows."""
    return f"SQRT(SUMPRODUCT(({misses})^2,{COMPLETE}))"


def held(m: str, b: str) -> str:
    """That of the errors with m and b held."""
    return root_of_sum(f"{m}*{X}+{b}-{Y}")


GRID = "SQRT(SUMPRODUCT(({0}*Rows!$E$6:$E$10+{1}-Rows!$F$6:$F$10)^2,Rows!$D$6:$D$10))"
SPREAD = root_of_sum(f"SUMPRODUCT({Y},{COMPLETE})/COUNT(Rows!$B$6:$B$25)-{Y}")
SIZE = root_of_sum(f"0*{Y}-{Y}")
# All y alike, and all of them 0, leave no spread.
SCALE = f"IF(0.000000000001*{SIZE}>={SPREAD},IF({SIZE}=0,1,{SIZE}),{SPREAD})"
START = held("Steps!E5", "Steps!F5")
# A start within a hundredth of it is nearly perfect; a root of 1000 is that of 1000 times the loss.
BOUND = (
    "IF(0.01*'Run data'!$C$5>='Run data'!$C$4,'Run data'!$C$5,'Run data'!$C$4)" + f"*{1000**0.5}"
)
NOTE = (
    'IF($B7<=epochs_run,IF(ISERROR(F7),IF(ISERROR($C$4),"","diverges: beyond all numbers"),'
    'IF(F7>$C$4,"diverges: past 1,000 times the start\'s loss",'
    "IFERROR(IF(AND(F7>$C$4*0.00000000001,"
    "MIN(Steps!J25:J44)=0,MAX(Steps!J25:J44)=0,MIN(Steps!M25:M44)=0,MAX(Steps!M25:M44)=0),"
    '"nothing moves any more: every derivative is 0",""),""))),"")'
)
AFTER_ONE = held("ROUND('Steps as published'!F25,3)", "ROUND('Steps as published'!G25,3)").replace(
    "Rows!", "'Rows as published'!"
)
FROM_M, FROM_B = (f"IF(steps_ready_published=1,start_{name}_published,NA())" for name in "mb")


def guarded(formula: str) -> str:
    """The formula of row 90, which stays empty where x or y is missing."""
    return f'IF(COUNT(B90:C90)<2,"",{formula})'


@pytest.mark.parametrize(
    ("sheet", "address", "formula"),
    [
        (MAIN, "J9", "Rows!B6"),
        (MAIN, "K13", "Rows!C10"),
        (MAIN, "K14", "SLOPE(Rows!$C$6:$C$25,Rows!$B$6:$B$25)"),
        (MAIN, "K18", 'IF(J18="","",guess_m*J18+guess_b)'),
        (MAIN, "K27", "K18"),
        (MAIN, "L27", 'IF(J27="","",(K27-J27)^2)'),
        (MAIN, "L33", "SQRT(SUM(L27:L31))"),
        (MAIN, "C46", GRID.format("$B46", "C$45")),
        (MAIN, "M53", GRID.format("$B53", "M$45")),
        (MAIN, "I84", "K14"),
        (MAIN, "J84", "INDEX(Epochs!$C$6:$C$56,epochs_run+1)"),
        (MAIN, "J85", "INDEX(Epochs!$D$6:$D$56,epochs_run+1)"),
        (MAIN, "M84", "SQRT(SUM($G$90:$G$109))"),
        (MAIN, "M85", 'IF(problem="",MIN(epochs*clicks,capacity),0)'),
        (MAIN, "D90", "J84"),
        (MAIN, "E90", "J85"),
        (MAIN, "F90", guarded("D90*B90+E90")),
        (MAIN, "G90", guarded("(F90-C90)^2")),
        (MAIN, "H90", guarded("((D90+nudge)*B90+E90-C90)^2")),
        (MAIN, "I90", guarded("(H90-G90)/nudge")),
        (MAIN, "J90", "IF(COUNT(B90:C90)<2,D90,D90-learn*I90)"),
        (MAIN, "K90", guarded("(D90*B90+(E90+nudge)-C90)^2")),
        (MAIN, "L90", guarded("(K90-G90)/nudge")),
        (MAIN, "M90", "IF(COUNT(B90:C90)<2,E90,E90-learn*L90)"),
        (MAIN, "D109", "J108"),
        (MAIN, "E109", "M108"),
        ("Steps", "C5", "INDEX(Rows!$B$6:$B$25,$B5)"),
        ("Steps", "E5", "IF(steps_ready=1,start_m,NA())"),
        ("Steps", "F5", "IF(steps_ready=1,start_b,NA())"),
        ("Steps", "E25", "K24"),
        ("Steps", "I1024", 'IF(C1024="","",((E1024+nudge)*C1024+F1024-D1024)^2)'),
        ("Steps", "N1024", 'IF(C1024="",F1024,F1024-learn*M1024)'),
        ("Rows", "B6", "IF(D6=1,'Gradient Descent'!B90,\"\")"),
        ("Rows", "D25", "IF(COUNT('Gradient Descent'!B109:C109)=2,1,0)"),
        ("Rows", "F6", "IF(D6=1,'Gradient Descent'!C90,0)"),
        ("Rows", "G6", "IF(D6=1,\"\",ROW('Gradient Descent'!B90))"),
        ("Rows as published", "E6", "IF(D6=1,'As published'!B90,$E$4)"),
        ("Epochs", "C6", "IF($B6<=epochs_run,Steps!E5,NA())"),
        ("Epochs", "E7", "IF($B7<=epochs_run,learn,NA())"),
        ("Epochs", "F6", f"IF($B6<=epochs_run,{held('Steps!E5', 'Steps!F5')},NA())"),
        ("Epochs", "F56", f"IF($B56<=epochs_run,{held('Steps!E1005', 'Steps!F1005')},NA())"),
        ("Epochs", "G56", "IF($B56<=epochs_run,SQRT(SUM(Steps!H1005:H1024)),NA())"),
        (PUBLISHED, "I90", guarded("2*(D90*B90+E90-C90)")),
        (PUBLISHED, "L90", guarded("2*(D90*B90+E90-C90)*B90")),
        (PUBLISHED, "H90", guarded("((D90+nudge_published)*B90+E90-C90)^2")),
        ("Steps as published", "E6", f'IF(C6="","",({FROM_M}*C6+{FROM_B}-D6)^2)'),
        ("Steps as published", "E26", 'IF(C26="","",(ROUND(F25,3)*C26+ROUND(G25,3)-D26)^2)'),
        ("Steps as published", "F25", 'IF(C25="",F24,F24-learn_published*(2*(F24*C25+G24-D25)))'),
        (
            "Steps as published",
            "G25",
            'IF(C25="",G24,G24-learn_published*(2*(F24*C25+G24-D25)*C25))',
        ),
        ("Epochs", "C4", BOUND),
        ("Epochs", "H7", NOTE),
        # Where the published cells are mirrored, theirs stands first: that of the pass.
        (
            "Epochs as published",
            "F7",
            "IF($B7<=epochs_run_published,SQRT(SUM('Steps as published'!E26:E45)),NA())",
        ),
        (
            "Epochs as published",
            "G7",
            f"IF($B7<=epochs_run_published,{AFTER_ONE},NA())",
        ),
        ("Learning rates", "D5", START),
        ("Rates epochs", "C3", SCALE),
        (
            "Rates epochs",
            "C9",
            "IF(ISNUMBER(rate_1),IFERROR(" + held("W9", "X9") + ',"no number"),"")',
        ),
        ("Rates epochs", "K34", "IFERROR(" + held("AM34", "AN34") + ',"no number")'),
        ("Check", "G8", "ROUND('As published'!J9,F8)"),
        ("Check", "H8", 'IFERROR(IF(G8=E8,"same","different"),"different")'),
        ("Check", "C5", 'COUNTIF($H$8:$H$276,"same")'),
    ],
)
def test_formula_text(sheet: str, address: str, formula: str) -> None:
    assert cells()[sheet, address].formula == formula


def test_both_descents_are_measured_over_the_rows_in_use() -> None:
    page = built.page(shipped_lesson("two-descents"), "Two descents")
    found = {str(cell.address): cell for cell in page.all_cells()}
    assert found["E30"].formula == f"IFERROR({held('$C$30', '$D$30')},NA())"
    assert found["I190"].formula == f"IFERROR({held('$G$190', '$H$190')},NA())"


def test_central_difference_formula() -> None:
    central = cells("central")
    assert central[MAIN, "I90"].formula == guarded("(H90-((D90-nudge)*B90+E90-C90)^2)/(2*nudge)")
    assert central[MAIN, "L90"].formula == guarded("(K90-(D90*B90+(E90-nudge)-C90)^2)/(2*nudge)")


# Functions that Excel, LibreOffice and Google Sheets have all had for more than ten years.
PORTABLE = {
    "SQRT", "SUM", "SUMPRODUCT", "SLOPE", "COUNT", "COUNTIF", "INDEX", "MIN", "MAX", "IF",
    "IFERROR", "NA", "ROUND", "AND", "ISERROR", "ABS", "MATCH", "INT",
    "OR", "ISNUMBER", "ROW", "ROWS", "COUNTA", "SIGN", "LOG10",
}  # fmt: skip


def test_only_portable_functions_are_used() -> None:
    used = {
        name
        for cell in cells().values()
        if cell.formula is not None
        for name in re.findall(r"([A-Z][A-Z0-9.]*)\(", cell.formula)
    }
    assert used <= PORTABLE, used - PORTABLE
    assert len(used) > 10
