"""The scripts here that drive LibreOffice, which the system's own Python runs."""

import os
import subprocess
from pathlib import Path

from tests.support.programs import SYSTEM_PYTHON, check_marked

_ROOT = Path(__file__).resolve().parents[2]


def with_system_python(script: str, *arguments: str) -> str:
    """Run one of the scripts here that drive LibreOffice; returns what it prints."""
    check_marked()
    command = [SYSTEM_PYTHON, "-m", f"tests.support.{script}", *arguments]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        command, stdout=subprocess.PIPE, text=True, check=True, timeout=500,
        cwd=_ROOT, env=environment,
    ).stdout  # fmt: skip
