"""LibreOffice over its bridge: for scripts that a Python with its module uno runs."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uno  # type: ignore[import-not-found]  # LibreOffice's, for the system's own Python
from com.sun.star.beans import PropertyValue  # type: ignore[import-not-found]  # the same

SECONDS = 60


@contextmanager
def libreoffice(profile: str, *, display: str | None = None) -> Iterator[Any]:
    """The desktop of a LibreOffice that is started, and ended in the end.

    Args:
        profile: the folder of its settings.
        display: where its window is shown; without, there is none.
    """
    pipe = f"sheetgd{os.getpid()}"
    accept = f"--accept=pipe,name={pipe};urp;"
    command = ["soffice", f"-env:UserInstallation={Path(profile).as_uri()}", "--norestore", accept]
    environment = dict(os.environ)
    if display is None:
        command.append("--headless")
    else:
        environment |= {"DISPLAY": display, "SAL_USE_VCLPLUGIN": "gen"}
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment
    ):
        desktop = _connected(pipe)
        try:
            yield desktop
        finally:
            desktop.terminate()


def setting(name: str, value: object) -> Any:  # noqa: ANN401  a struct of uno's
    """One setting of how a file is opened or kept."""
    made = PropertyValue()
    made.Name, made.Value = name, value
    return made


def _connected(pipe: str) -> Any:  # noqa: ANN401  a proxy that uno makes
    """The desktop of a LibreOffice that listens at a pipe, once it does."""
    local = uno.getComponentContext()
    name = "com.sun.star.bridge.UnoUrlResolver"
    resolver = local.ServiceManager.createInstanceWithContext(name, local)
    deadline = time.monotonic() + SECONDS
    while True:
        try:
            context = resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
        except Exception:  # its type is known at run time only
            if time.monotonic() > deadline:
                raise
            time.sleep(0.25)
        else:
            manager = context.ServiceManager
            return manager.createInstanceWithContext("com.sun.star.frame.Desktop", context)
