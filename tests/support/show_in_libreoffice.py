"""Show sheets of a workbook in LibreOffice's window: a script for a Python with uno.

``python3 -m tests.support.show_in_libreoffice WORKBOOK PROFILE SHEET PICTURE ...`` opens the
workbook on a screen of its own, shows each SHEET as one sees it first, and takes a PICTURE of it.
"""

import os
import sys
import time
from pathlib import Path

from tests.support.click_in_libreoffice import SIZE, screen, tool
from tests.support.office import libreoffice

DRAWN = 4.0
"""So many seconds a sheet takes to be drawn."""


def main() -> None:
    """Do what the module says."""
    workbook, profile, *wanted = sys.argv[1:]
    with screen() as display, libreoffice(profile, display=display) as desktop:
        url = Path(workbook).absolute().as_uri()
        document = desktop.loadComponentFromURL(url, "_blank", 0, ())
        controller = document.CurrentController
        controller.Frame.ContainerWindow.setPosSize(0, 0, *SIZE, 15)
        for title, picture in zip(wanted[::2], wanted[1::2], strict=True):
            controller.setActiveSheet(document.Sheets.getByName(title))
            time.sleep(DRAWN)
            tool(display, "import", "-window", "root", picture)
        document.close(True)  # noqa: FBT003  LibreOffice's own call
    # Its bridge may crash while Python shuts down.
    os._exit(0)


if __name__ == "__main__":
    main()
