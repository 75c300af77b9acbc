"""The outline on the heat map: the conditional format's formula, as an engine evaluates it."""

from pathlib import Path

import openpyxl
from openpyxl.formula.translate import Translator

from tests.support.each_engine import each_engine
from tests.support.engines import Engine, Place

MAIN = "Gradient Descent"


def outline_formulas(workbook: Path) -> dict[Place, float | str]:
    """The rule's formula for each of the 88 cells, put into the cells themselves."""
    page = openpyxl.load_workbook(workbook)[MAIN]
    (formula,) = (
        rule.formula[0]
        for block in page.conditional_formatting
        for rule in block.rules
        if str(block.sqref) == "C46:M53" and rule.type == "expression" and rule.dxf.border
    )
    found: dict[Place, float | str] = {}
    for row in range(46, 54):
        for column in range(3, 14):
            place = page.cell(row, column).coordinate
            found[MAIN, place] = Translator(f"={formula}", "C46").translate_formula(place)
    return found


CHANGES: dict[str, tuple[dict[Place, float | str], list[str]]] = {
    "m 3.006, b 1.244": ({}, ["C48"]),
    "m 1, b 1": ({(MAIN, "E86"): 0}, ["C46"]),
    "between": ({(MAIN, "E86"): 0, (MAIN, "F84"): 5.4, (MAIN, "F85"): 19.4}, ["I50"]),
    "outside": ({(MAIN, "E86"): 0, (MAIN, "F84"): -70.0, (MAIN, "F85"): 900.0}, ["M46"]),
    "flown off": ({(MAIN, "E85"): 0.004}, []),
}


@each_engine("name", CHANGES, libreoffice={"between", "flown off"})
def test_the_cell_nearest_the_guess_is_outlined(
    light_workbook: Path, engine: Engine, name: str
) -> None:
    changes, outlined = CHANGES[name]
    formulas = outline_formulas(light_workbook)
    found = engine(light_workbook, {**formulas, **changes})
    # LibreOffice gives a truth in a cell of numbers back as a number.
    assert [place for _, place in formulas if found[MAIN, place] == 1] == outlined
