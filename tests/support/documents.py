"""The documents that are made from the code: ``python -m tests.support.documents`` makes them anew.

These are the command reference, made from the parser, and the API reference, made from the
public names.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

import sheetgd
from sheetgd.cli.main import build_parser
from tests.support.api_reference import api_reference
from tests.support.command_reference import command_reference
from tests.support.markdown import DOCS

COMMANDS, API = DOCS / "commands.md", DOCS / "api.md"

MADE: Mapping[Path, Callable[[], str]] = {
    COMMANDS: lambda: command_reference(build_parser()),
    API: lambda: api_reference(sheetgd.__all__),
}
"""The documents that are made, and what makes their text."""


def main() -> None:
    """Write the documents that are made from the code."""
    for path, text in MADE.items():
        path.write_text(text(), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
