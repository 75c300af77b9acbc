"""Two more calculation engines, which students' programs are built on: Gnumeric and HyperFormula.

They have the signature of those in `tests.support.engines`.
"""

import json
import subprocess
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.worksheet.formula import ArrayFormula

from sheetgd.expression.excel import Address
from tests.support.engines import (
    Place,
    Result,
    changed,
    formula_cells,
    plain,
    stored_values,
)
from tests.support.node import modules, node
from tests.support.programs import needs_gnumeric, needs_node_modules

_SCRIPT = Path(__file__).with_name("hyperformula.js")


def gnumeric(path: Path, changes: Mapping[Place, Any]) -> dict[Place, Result]:
    """What Gnumeric computes."""
    with changed(path, changes) as copy:
        computed = copy.with_name("computed.xlsx")
        command = ["ssconvert", "--recalc", str(copy), str(computed)]
        subprocess.run(command, capture_output=True, timeout=300, check=True)
        with warnings.catch_warnings():
            # Of styles and print areas, of which Gnumeric keeps one block only, nothing is asked.
            warnings.filterwarnings("ignore", "Workbook contains no default style")
            warnings.filterwarnings("ignore", "Print area cannot be set")
            return stored_values(computed, formula_cells(path))


def hyperformula(path: Path, changes: Mapping[Place, Any]) -> dict[Place, Result]:
    """What HyperFormula computes, with ranges in arithmetic as in SUMPRODUCT, and unrounded."""
    with changed(path, changes) as copy:
        given = copy.with_name("given.json")
        given.write_text(json.dumps(_sheets_and_names(copy)), encoding="utf-8")
        rows = json.loads(node(_SCRIPT, modules(), given))
    found: dict[Place, Result] = {}
    for title, row, column, value in rows:
        result = value["error"] if isinstance(value, dict) else plain(value)
        found[title, str(Address(row, column))] = result
    return {place: found[place] for place in formula_cells(path)}


def _sheets_and_names(path: Path) -> dict[str, Any]:
    """The cells and the names of a workbook, as HyperFormula takes them."""
    book = openpyxl.load_workbook(path, read_only=True)
    sheets = {
        page.title: [[_content(cell) for cell in row] for row in page.iter_rows()]
        for page in book.worksheets
    }
    names = [
        {"name": name, "expression": f"={defined.attr_text}"}
        for name, defined in book.defined_names.items()
    ]
    book.close()
    return {"sheets": sheets, "names": names}


def _content(cell: Any) -> float | str | bool | None:  # noqa: ANN401  openpyxl has several kinds
    value = cell.value.text if isinstance(cell.value, ArrayFormula) else cell.value
    if isinstance(value, str) and cell.data_type != "f":
        # Whatever it looks like, it is a text.
        return f"'{value}"
    return value


GNUMERIC = pytest.param(gnumeric, id="gnumeric", marks=needs_gnumeric)
HYPERFORMULA = pytest.param(hyperformula, id="hyperformula", marks=needs_node_modules)
