"""Having LibreOffice compute a workbook afresh."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sheetgd.errors import RecalculationError
from sheetgd.reading.archive import disarmed_copy

_NAMES = ("soffice", "libreoffice")

# LibreOffice trusts stored values unless a user's profile tells it to recalculate always (0).
# It gets a copy without macros and links; should one get past, it runs none, updates none (2),
# and its way to the net ends at a port of this machine where nobody listens.
_PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop>
<prop oor:name="ODFRecalcMode" oor:op="fuse"><value>0</value></prop>
</item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting">
<prop oor:name="MacroSecurityLevel" oor:op="fuse"><value>3</value></prop>
<prop oor:name="DisableMacrosExecution" oor:op="fuse"><value>true</value></prop>
<prop oor:name="BlockUntrustedRefererLinks" oor:op="fuse"><value>true</value></prop>
</item>
<item oor:path="/org.openoffice.Office.Calc/Content/Update">
<prop oor:name="Link" oor:op="fuse"><value>2</value></prop>
</item>
<item oor:path="/org.openoffice.Inet/Settings">
<prop oor:name="ooInetProxyType" oor:op="fuse"><value>2</value></prop>
<prop oor:name="ooInetNoProxy" oor:op="fuse"><value></value></prop>
<prop oor:name="ooInetHTTPProxyName" oor:op="fuse"><value>127.0.0.1</value></prop>
<prop oor:name="ooInetHTTPProxyPort" oor:op="fuse"><value>9</value></prop>
<prop oor:name="ooInetHTTPSProxyName" oor:op="fuse"><value>127.0.0.1</value></prop>
<prop oor:name="ooInetHTTPSProxyPort" oor:op="fuse"><value>9</value></prop>
<prop oor:name="ooInetFTPProxyName" oor:op="fuse"><value>127.0.0.1</value></prop>
<prop oor:name="ooInetFTPProxyPort" oor:op="fuse"><value>9</value></prop>
</item>
</oor:items>
"""


def find_libreoffice() -> str | None:
    """Find LibreOffice's program, or None if it is nowhere one would look."""
    for name in _NAMES:
        if (found := shutil.which(name)) is not None:
            return found
    return next((str(place) for place in _usual_places() if place.is_file()), None)


def recalculate(path: Path, into: Path, *, timeout: float = 600) -> None:
    """Have LibreOffice open a workbook, compute every formula from scratch and save it.

    It is given a copy without macros, links and pictures, so nothing is run and nothing is
    fetched. How long formulas take to compute is not known before: only `timeout` ends it.

    Args:
        path: the workbook, which stays as it is.
        into: the .xlsx file to write.
        timeout: how long LibreOffice may take, in seconds.

    Raises:
        WorkbookError: when there is no such file, when it is no workbook or holds more than
            can be recalculated.
        RecalculationError: when there is no LibreOffice, when it takes too long, or when
            it writes nothing.
    """
    program = find_libreoffice()
    if program is None:
        raise RecalculationError(
            "recalculating needs LibreOffice, and there is none: install it "
            "(libreoffice.org), or compare the stored values without --recalculate"
        )
    with working_folder(path) as place:
        shutil.copyfile(_recalculated(program, path, place, timeout), into)


@contextmanager
def working_folder(path: Path) -> Iterator[Path]:
    """Make a folder in which a workbook is recalculated; it is gone afterwards.

    Args:
        path: the workbook, for messages.

    Raises:
        RecalculationError: when there can be no such folder, or no room is left in it.
    """
    try:
        # A LibreOffice that was stopped may still hold a file of its profile for a moment.
        with tempfile.TemporaryDirectory(prefix="sheetgd-", ignore_cleanup_errors=True) as place:
            yield Path(place)
    except OSError as error:
        raise RecalculationError(
            f"{path}: it cannot be recalculated in the folder for temporary files "
            f"({error.strerror or error}); make room there, or name another folder in TMPDIR"
        ) from None


def _recalculated(program: str, path: Path, place: Path, timeout: float) -> Path:
    """Have LibreOffice compute and save the workbook, in a folder of its own."""
    profile, source, output = (place / name for name in ("profile", "in.xlsx", "out"))
    settings = profile / "user" / "registrymodifications.xcu"
    settings.parent.mkdir(parents=True)
    settings.write_text(_PROFILE, encoding="utf-8")
    disarmed_copy(path, source)
    command = [program, f"-env:UserInstallation={profile.as_uri()}", "--headless"]
    command += ["--infilter=Calc MS Excel 2007 XML"]
    command += ["--convert-to", "xlsx", "--outdir", str(output), str(source)]
    try:
        said = _run(command, timeout)
    except subprocess.TimeoutExpired:
        raise RecalculationError(
            f"{path}: LibreOffice did not finish within {timeout:g} seconds; "
            "build the workbook for fewer epochs"
        ) from None
    except OSError as error:
        raise RecalculationError(
            f"LibreOffice at {program} cannot be started ({error.strerror}); install it anew"
        ) from None
    written = output / source.name
    if not written.is_file():
        raise RecalculationError(
            f"{path}: LibreOffice could not recalculate it ({said or 'it said nothing'}); "
            "check that it is a workbook which a spreadsheet opens"
        )
    return written


def _run(command: list[str], timeout: float) -> str:
    """Run a program to its end, or have it ended; what it said, in one line."""
    # A session of its own, because the program only starts others: all must end together.
    with subprocess.Popen(  # noqa: S603  a program of the user's own, no shell
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    ) as process:
        try:
            said, _ = process.communicate(timeout=timeout)
        finally:
            _end(process)
    return " ".join(said.split())


def _end(process: subprocess.Popen[str]) -> None:
    """End a program that still runs, with all that it started."""
    if process.poll() is not None:
        return
    if sys.platform == "win32":
        command = ["taskkill", "/F", "/T", "/PID", str(process.pid)]
        subprocess.run(command, capture_output=True, check=False)  # noqa: S603
    else:
        # It may have ended by itself just now.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)


def _usual_places() -> Iterator[Path]:
    """Yield where installers put LibreOffice without telling the search path."""
    if sys.platform == "darwin":
        yield Path("/Applications/LibreOffice.app/Contents/MacOS/soffice")
    for variable in ("PROGRAMFILES", "PROGRAMFILES(X86)"):
        if variable in os.environ:
            yield Path(os.environ[variable]) / "LibreOffice" / "program" / "soffice.exe"
