"""Following a document as a reader would: commands, Python, lessons and files, in one folder.

What a fenced block is, its first line says:

- ``sh`` runs, and must end well; ``sh exit 2`` must end with this exit code;
- ``python`` runs, and goes on from the Python before it; so does ``pycon``, a dialogue with
  its answers;
- ``toml`` is a lesson that builds, ``toml tea.toml`` one that is kept under this name for the
  commands that follow; ``toml fragment`` shows a part, which is put into the template that
  `sheetgd new` writes; figures that a lesson expects must be those that it gives;
- ``csv measured.csv`` is a file that is kept under this name;
- ``text`` right after what runs is all that it prints; a line ``...`` stands for lines left out.
"""

import contextlib
import doctest
import io
import json
import os
import re
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import openpyxl

from sheetgd.errors import SheetgdError
from sheetgd.lesson.template import new_template, read_template
from sheetgd.reading.recalculate import find_libreoffice
from sheetgd.sheets import check
from sheetgd.xlsx.write import build_workbook
from tests.support.markdown import README, Fenced, fenced_blocks
from tests.support.programs import required

OTHERWISE_SPELT = {
    "bash": "sh", "console": "sh", "shell": "sh", "zsh": "sh", "shell-session": "sh",
    "py": "python", "python3": "python", "doctest": "pycon",
}  # fmt: skip
"""Languages that would look alike on the page, but would not run here."""

_LEFT_OUT = "..."
_MAKES_ENVIRONMENT = "-m venv"


def install_and_test() -> tuple[str, str]:
    """The README's two first commands: they install into a virtual environment."""
    first, second = [
        each.text
        for each in fenced_blocks(README.read_text(encoding="utf-8"))
        if each.language == "sh"
    ][:2]
    return first, second


def follow(document: Path, folder: Path) -> Counter[str]:
    """Follow a document; returns how many blocks of each language were run.

    Raises:
        AssertionError: when one does not do what it says; the message names its line.
    """
    reader = _Reader(folder)
    for block in fenced_blocks(document.read_text(encoding="utf-8")):
        try:
            reader.take(block)
        except Exception as error:
            raise AssertionError(f"{document.name}, line {block.line}: {error}") from error
    return reader.done


class _Reader:
    """A reader on the way through a document."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.done: Counter[str] = Counter()
        self.scope: dict[str, Any] = {}
        self.printed: str | None = None

    def take(self, block: Fenced) -> None:
        """Do what a block says."""
        printed, self.printed = self.printed, None
        match block.language:
            case "sh":
                self.printed = self._type(block)
            case "python":
                self.printed = self._execute(block)
            case "pycon":
                self._talk(block)
            case "toml":
                self._build(block)
            case "csv":
                assert block.about, "say what the file is called: ```csv NAME.csv"
                (self.folder / block.about).write_text(block.text, encoding="utf-8")
            case "text" if block.follows and printed is not None:
                _check_printed(printed, block.text)
            case language if language in OTHERWISE_SPELT:
                raise AssertionError(f"call it {OTHERWISE_SPELT[language]}, then it is tested")
            case _:
                return
        self.done[block.language] += 1

    def _type(self, block: Fenced) -> str | None:
        """Run commands in a shell."""
        if _MAKES_ENVIRONMENT in block.text:
            # To install for real is CI's to try.
            assert block.text in install_and_test(), "install with the README's own commands"
            return None
        if "--recalculate" in block.text and find_libreoffice() is None and not required():
            return None
        expected = int(block.about.removeprefix("exit ")) if block.about else 0
        ours = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
        # Unbuffered, so that warnings stand among the lines where a terminal has them.
        ours["PYTHONUNBUFFERED"] = "1"
        ours["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{ours['PATH']}"
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", block.text],
            cwd=self.folder,
            env=ours,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            check=False,
        )
        assert done.returncode == expected, f"exit code {done.returncode}:\n{done.stdout}"
        assert "Traceback" not in done.stdout, done.stdout
        return done.stdout

    def _execute(self, block: Fenced) -> str:
        """Run Python."""
        printed = io.StringIO()
        with contextlib.chdir(self.folder), contextlib.redirect_stdout(printed):
            exec(compile(block.text, f"<line {block.line}>", "exec"), self.scope)  # noqa: S102  our own documents
        return printed.getvalue()

    def _talk(self, block: Fenced) -> None:
        """Run a dialogue, and compare the answers."""
        talk = doctest.DocTestParser().get_doctest(block.text, self.scope, "dialogue", None, 0)
        assert talk.examples, "there is no >>> in it"
        wrong: list[str] = []
        runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
        with contextlib.chdir(self.folder):
            runner.run(talk, out=wrong.append, clear_globs=False)
        self.scope |= talk.globs
        assert not wrong, "".join(wrong)

    def _build(self, block: Fenced) -> None:
        """Keep a lesson, and build it."""
        named = block.about.endswith(".toml")
        path = self.folder / (block.about if named else f"line-{block.line}.toml")
        assert named or block.about in {"", "fragment"}, f"what is {block.about!r}?"
        text = with_fragment(block.text) if block.about == "fragment" else block.text
        path.write_text(text, encoding="utf-8")
        workbook = self.folder / f"line-{block.line}.xlsx"
        try:
            build_workbook(read_template(path), workbook)
        except SheetgdError as error:
            raise AssertionError(str(error)) from None
        _check_known_figures(workbook)


def with_fragment(fragment: str) -> str:
    """The template that `sheetgd new` writes, with some parts and settings replaced.

    Another model has other parameters: then the template's start goes with its model.
    """
    content, changes = tomllib.loads(new_template()), tomllib.loads(fragment)
    if "model" in changes.get("method", {}) or "model" in changes:
        del content["training"]["start"]
    if "model" in changes:
        content["method"].pop("model", None)
    for part, settings in changes.items():
        both = isinstance(settings, dict) and part in content
        content[part] = {**content[part], **settings} if both else settings
    return "".join(f"{key} = {_toml(value)}\n" for key, value in content.items())


def _check_known_figures(workbook: Path) -> None:
    """See that the figures that a lesson expects are the ones that it gives."""
    book = openpyxl.load_workbook(workbook, data_only=True)
    if check.TITLE in book.sheetnames:
        lines = book[check.TITLE].iter_rows(min_row=check.FIRST_ROW, values_only=True)
        wrong = [line for line in lines if check.DIFFERENT in line]
        assert not wrong, f"it gives other figures than it expects: {wrong}"


def _toml(value: object) -> str:
    """A value as TOML has it in one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_toml(key)} = {_toml(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def _check_printed(printed: str, shown: str) -> None:
    """Compare what was printed with what the document shows, but for lines left out."""
    lines = [each.rstrip() for each in shown.rstrip().splitlines()]
    pattern = "".join(r"(?:.*\n)*?" if each == _LEFT_OUT else re.escape(each) + r"\n"
                      for each in lines)  # fmt: skip
    said = "".join(f"{each.rstrip()}\n" for each in printed.rstrip().splitlines())
    assert re.fullmatch(pattern, said), f"it prints\n{said}and not\n{shown}"
