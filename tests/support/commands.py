"""Commands that tests run: what they print, or the one line they are refused with."""

import pytest

from sheetgd.cli.main import main


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Run a command that must be refused; returns its one line."""
    code: object
    try:
        code = main(arguments)
    except SystemExit as stop:
        code = stop.code
    captured = capsys.readouterr()
    assert code == 2
    assert captured.out == ""
    (line,) = captured.err.splitlines()
    assert line.startswith("sheetgd")
    return line


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What a command prints on the standard output."""
    capsys.readouterr()
    assert main(arguments) == 0
    return capsys.readouterr().out
