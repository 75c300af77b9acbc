"""Pictures of a workbook in LibreOffice's window, as one sees it first.

They need Xvfb, openbox, xdotool and ImageMagick beside LibreOffice with its GTK window, and the
font Carlito: with others the pictures are those of no student.
"""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

SIZE = ("1366", "768")
DISPLAY = ":91"
OPENED, DRAWN = 60, 5
"""So many seconds a workbook may take to open, and a sheet to be drawn."""

USED_BEFORE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Common/Misc"><prop oor:name="ShowTipOfTheDay" oor:op="fuse">\
<value>false</value></prop></item>
<item oor:path="/org.openoffice.Setup/Product"><prop oor:name="WhatsNew" oor:op="fuse">\
<value>false</value></prop></item>
</oor:items>
"""
"""The settings of one who has met LibreOffice before: no tip, no news."""


def take_pictures(workbook: Path, pictures: Mapping[int, Path]) -> None:
    """Open a workbook in a window of 1366 x 768 and take pictures of its sheets.

    Args:
        workbook: the file.
        pictures: where each goes, by the place of the sheet among those that are shown.
    """
    environment = {**os.environ, "DISPLAY": DISPLAY}

    def tool(*command: str) -> str:
        done = subprocess.run(
            command, env=environment, check=False, stdout=subprocess.PIPE, text=True
        )
        return done.stdout.strip()

    with tempfile.TemporaryDirectory() as place, ExitStack() as running:
        # Beside a workbook that is open a lock file would lie.
        copy = Path(shutil.copy(workbook, place))
        profile = Path(place) / "profile"
        settings = profile / "user" / "registrymodifications.xcu"
        settings.parent.mkdir(parents=True)
        settings.write_text(USED_BEFORE, encoding="utf-8")
        office = ["soffice", f"-env:UserInstallation={profile.as_uri()}", "--norestore", "--nologo"]
        for command in (
            ["Xvfb", DISPLAY, "-screen", "0", f"{'x'.join(SIZE)}x24"],
            ["openbox"],
            [*office, str(copy)],
        ):
            started = subprocess.Popen(
                command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            running.callback(started.wait)
            running.callback(started.kill)
            time.sleep(1)
        deadline = time.monotonic() + OPENED
        window = ""
        while not window and time.monotonic() < deadline:
            time.sleep(1)
            found = tool("xdotool", "search", "--onlyvisible", "--name", "LibreOffice Calc")
            window = found.partition("\n")[0]
        time.sleep(DRAWN)
        tool("xdotool", "windowactivate", window)
        tool("xdotool", "windowsize", window, *SIZE)
        tool("xdotool", "windowmove", window, "0", "0")
        shown = 0
        for sheet in sorted(pictures):
            for _ in range(sheet - shown):
                tool("xdotool", "key", "ctrl+Next")
                time.sleep(1)
            shown = sheet
            time.sleep(DRAWN)
            tool("import", "-window", "root", str(pictures[sheet]))
        subprocess.run(["pkill", "-f", str(profile)], check=False)
