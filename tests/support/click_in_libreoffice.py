"""Click a workbook's controls with a mouse in LibreOffice's window: a script for a Python with uno.

``python3 -m tests.support.click_in_libreoffice WORKBOOK PROFILE PICTURE SHEET CELL CLICKS ...``
shows the workbook on a screen of its own and brings the controls of a sheet into view, one after
the other. Each is pressed as often as its CLICKS say, where that makes its number larger. What the
CELLs (with commas between them) hold before and after each press is printed as JSON, and PICTURE
is what is seen in the end.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from tests.support.office import libreoffice

SECONDS = 20
NO_TIPS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Common/Misc"><prop oor:name="ShowTipOfTheDay" oor:op="fuse">
<value>false</value></prop></item></oor:items>
"""
"""The settings of a LibreOffice that lays no window of its own over a workbook."""
SIZE = (1366, 768)
ROWS_ABOVE = 8
"""So many rows are seen above a control, the frozen ones among them."""


@contextmanager
def screen() -> Iterator[str]:
    """A screen that nobody sees; its name."""
    read, write = os.pipe()
    command = ["Xvfb", "-displayfd", str(write), "-screen", "0", "x".join(map(str, (*SIZE, 24)))]
    with subprocess.Popen(
        command, pass_fds=(write,), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        os.close(write)
        with os.fdopen(read) as numbers:
            name = f":{numbers.readline().strip()}"
        try:
            yield name
        finally:
            server.terminate()


def tool(display: str, *command: str) -> None:
    """Run a program on that screen."""
    subprocess.run(command, check=True, env={**os.environ, "DISPLAY": display})


def upwards(control: Any) -> tuple[int, int]:  # noqa: ANN401  a proxy that uno makes
    """Where on the screen a control is pressed to make its number larger."""
    accessible = control.Peer.AccessibleContext
    place, size = accessible.LocationOnScreen, accessible.Size
    # Arrows stand side by side where there is room for them.
    if size.Width > size.Height:
        return place.X + size.Width - size.Height // 2, place.Y + size.Height // 2
    return place.X + size.Width // 2, place.Y + size.Height // 4


def row_of(sheet: Any, shape: Any) -> int:  # noqa: ANN401  the same
    """The row that a shape stands in, counted from 0."""
    return next(
        row for row in count() if sheet.getCellByPosition(0, row + 1).Position.Y > shape.Position.Y
    )


def held(sheet: Any, cells: str) -> list[float]:  # noqa: ANN401  the same
    """The numbers in some cells."""
    return [sheet.getCellRangeByName(each).Value for each in cells.split(",")]


def press(display: str, place: tuple[int, int]) -> None:
    """Click with the mouse."""
    tool(display, "xdotool", "mousemove", *map(str, place))
    time.sleep(0.3)
    tool(display, "xdotool", "click", "1")


def main() -> None:
    """Do what the module says."""
    workbook, profile, picture, title, cells, *clicks = sys.argv[1:]
    settings = Path(profile) / "user" / "registrymodifications.xcu"
    settings.parent.mkdir(parents=True)
    settings.write_text(NO_TIPS, encoding="utf-8")
    with screen() as display, libreoffice(profile, display=display) as desktop:
        url = Path(workbook).absolute().as_uri()
        document = desktop.loadComponentFromURL(url, "_blank", 0, ())
        controller = document.CurrentController
        controller.Frame.ContainerWindow.setPosSize(0, 0, *SIZE, 15)
        sheet = document.Sheets.getByName(title)
        controller.setActiveSheet(sheet)
        page = sheet.DrawPage
        shapes = [page.getByIndex(number) for number in range(page.Count)]
        controls = [each for each in shapes if hasattr(each, "Control")]
        found = [held(sheet, cells)]
        for shape, times in zip(controls, clicks, strict=True):
            controller.setFirstVisibleRow(max(0, row_of(sheet, shape) - ROWS_ABOVE))
            time.sleep(2)
            place = upwards(controller.getControl(shape.Control))
            for _ in range(int(times)):
                before = held(sheet, cells)
                press(display, place)
                deadline = time.monotonic() + SECONDS
                while held(sheet, cells) == before and time.monotonic() < deadline:
                    time.sleep(0.1)
                time.sleep(0.5)
                found.append(held(sheet, cells))
        tool(display, "import", "-window", "root", picture)
        print(json.dumps(found), flush=True)  # noqa: T201  that is how it reports
        document.close(True)  # noqa: FBT003  LibreOffice's own call
    # Its bridge may crash while Python shuts down.
    os._exit(0)


if __name__ == "__main__":
    main()
