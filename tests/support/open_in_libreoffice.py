"""Open a workbook in LibreOffice, print it and save it anew: a script for a Python with uno.

``python3 -m tests.support.open_in_libreoffice WORKBOOK PROFILE FOLDER LONGEST [HOW ...]`` opens
the workbook with nobody there to press a button, counts what LibreOffice asks, keeps every value
and writes FOLDER/report.json. HOW says what to save: ``xlsx``, ``ods``, ``pdf`` (without the sheets
of more rows than LONGEST), and with ``reload`` to open what was saved and compute it afresh.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

import unohelper  # type: ignore[import-not-found]  # LibreOffice's, for the system's own Python
from com.sun.star.sheet.CellFlags import FORMULA  # type: ignore[import-not-found]  # the same
from com.sun.star.sheet.FormulaResult import ERROR  # type: ignore[import-not-found]  # the same
from com.sun.star.task import XInteractionHandler  # type: ignore[import-not-found]  # the same

from tests.support.office import libreoffice, setting

FILTERS = {"xlsx": "Calc MS Excel 2007 XML", "ods": "calc8"}
PDF = "calc_pdf_Export"


class Nobody(unohelper.Base, XInteractionHandler):  # type: ignore[misc]  # they are untyped
    """Stands where a user would answer questions; answers none and counts them."""

    def __init__(self) -> None:
        """Nothing has been asked so far."""
        self.asked = 0

    def handle(self, _request: Any) -> None:  # noqa: ANN401  a proxy that uno makes
        """Count a question: an error, a repair, a password, a choice.

        What it is cannot be told: uno fails to hand a request to Python that is an exception.
        """
        self.asked += 1


def opened(desktop: Any, path: Path) -> tuple[Any, int]:  # noqa: ANN401  the same
    """A workbook that was opened, and how often LibreOffice asked something on the way."""
    nobody = Nobody()
    how = (setting("Hidden", value=True), setting("InteractionHandler", nobody))
    document = desktop.loadComponentFromURL(path.absolute().as_uri(), "_blank", 0, how)
    return document, nobody.asked


def values(sheet: Any) -> list[tuple[Any, ...]]:  # noqa: ANN401  the same
    """Every value of a sheet, row by row, an error as the text in a list of its own."""
    cursor = sheet.createCursor()
    cursor.gotoEndOfUsedArea(False)  # noqa: FBT003  LibreOffice's own call
    last = cursor.RangeAddress
    block = sheet.getCellRangeByPosition(0, 0, last.EndColumn, last.EndRow)
    rows = [list(row) for row in block.DataArray]
    for cells in sheet.queryFormulaCells(ERROR).RangeAddresses:
        for row in range(cells.StartRow, cells.EndRow + 1):
            for column in range(cells.StartColumn, cells.EndColumn + 1):
                rows[row][column] = [sheet.getCellByPosition(column, row).String]
    return [tuple(row) for row in rows]


def formulas(sheet: Any) -> int:  # noqa: ANN401  the same
    """How many cells of a sheet hold a formula."""
    return sum(
        (cells.EndRow - cells.StartRow + 1) * (cells.EndColumn - cells.StartColumn + 1)
        for cells in sheet.queryContentCells(FORMULA).RangeAddresses
    )


def seen(document: Any) -> dict[str, Any]:  # noqa: ANN401  the same
    """What a document holds."""
    return {
        "values": {sheet.Name: values(sheet) for sheet in document.Sheets},
        "formulas": sum(formulas(sheet) for sheet in document.Sheets),
    }


def main() -> None:
    """Do what the module says."""
    workbook, profile, place, longest, *how = sys.argv[1:]
    folder = Path(place)
    with libreoffice(profile) as desktop:
        document, asked = opened(desktop, Path(workbook))
        report: dict[str, Any] = {"asked": asked, "opened": document is not None}
        if document is not None:
            given = {each.Name: each.Value for each in document.Args}
            report |= {"filter": given["FilterName"], "repaired": given.get("RepairPackage", False)}
            report |= seen(document)
            for ending, name in FILTERS.items():
                if ending not in how:
                    continue
                target = folder / f"saved.{ending}"
                document.storeToURL(target.absolute().as_uri(), (setting("FilterName", name),))
                if "reload" in how:
                    again, asked = opened(desktop, target)
                    again.calculateAll()
                    report[ending] = {"asked": asked, **seen(again)}
                    again.close(True)  # noqa: FBT003  LibreOffice's own call
            if "pdf" in how:
                for sheet in document.Sheets:
                    sheet.IsVisible = len(report["values"][sheet.Name]) <= int(longest)
                target = folder / "printed.pdf"
                document.storeToURL(target.absolute().as_uri(), (setting("FilterName", PDF),))
            document.close(True)  # noqa: FBT003  the same
        (folder / "report.json").write_text(json.dumps(report), encoding="utf-8")
    # Its bridge may crash while Python shuts down.
    os._exit(0)


if __name__ == "__main__":
    main()
