"""Run a workbook's macros in LibreOffice: a script for a Python that has its module uno.

``python3 -m tests.support.run_macros WORKBOOK PROFILE MACRO[@SHEET] ...`` opens the workbook,
starts each macro in turn, with that sheet in view, and prints as JSON what its buttons are
bound to and what some cells show after each macro.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

from tests.support.office import libreoffice, setting

ALWAYS_RUN_MACROS = 4
CELLS = ("clicks", "epochs", "epochs_run", "now_m", "now_b")


def bound(document: Any) -> dict[str, str]:  # noqa: ANN401  a proxy that uno makes
    """What each shape of the first sheet starts when it is clicked."""
    page = document.Sheets.getByIndex(0).DrawPage
    found = {}
    for number in range(page.Count):
        shape = page.getByIndex(number)
        event = shape.Events.getByName("OnClick")
        scripts = [each.Value for each in event or () if each.Name == "Script"]
        if scripts:
            found[shape.Name] = scripts[0]
    return found


def shown(document: Any, ending: str) -> dict[str, float]:  # noqa: ANN401  the same
    """The numbers in the named cells."""
    ranges = document.NamedRanges
    return {
        name: ranges.getByName(name + ending).ReferredCells.getCellByPosition(0, 0).Value
        for name in CELLS
    }


def main() -> None:
    """Do what the module says."""
    workbook, profile, *macros = sys.argv[1:]
    with libreoffice(profile) as desktop:
        how = (setting("Hidden", value=True), setting("MacroExecutionMode", ALWAYS_RUN_MACROS))
        url = Path(workbook).absolute().as_uri()
        document = desktop.loadComponentFromURL(url, "_blank", 0, how)
        report: dict[str, Any] = {"bound": bound(document), "after": []}
        for each in macros:
            name, _, title = each.partition("@")
            sheet = document.Sheets.getByName(title) if title else document.Sheets.getByIndex(0)
            document.CurrentController.setActiveSheet(sheet)
            place = f"VBAProject.SheetGD.{name}?language=Basic&location=document"
            script = document.ScriptProvider.getScript(f"vnd.sun.star.script:{place}")
            script.invoke((), (), ())
            report["after"].append({ending: shown(document, ending) for ending in ENDINGS})
        print(json.dumps(report), flush=True)  # noqa: T201  that is how it reports
        document.close(True)  # noqa: FBT003  LibreOffice's own call
    # Its bridge may crash while Python shuts down.
    os._exit(0)


ENDINGS = ("", "_published")

if __name__ == "__main__":
    main()
