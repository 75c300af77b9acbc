"""Google Sheets, as far as the script of the buttons can tell.

Node runs the script unchanged against the SpreadsheetApp of fake_sheets.js. Behind that is
a workbook as sheetgd wrote it, alive in a calculation engine of other hands: what the
script reads has been computed after all that it changed.
"""

import json
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import formualizer
import openpyxl

from sheetgd.expression.excel import Address
from tests.support.engines import Place, change

SHEETS = Path(__file__).with_name("fake_sheets.js")


class Message(NamedTuple):
    """What a reader sees: a toast, an alert or a prompt."""

    kind: str
    title: str
    text: str


@dataclass(frozen=True)
class Seen:
    """What came of some clicks: the menus by title, the messages, and the changed cells."""

    menus: dict[str, dict[str, str]] = field(default_factory=dict)
    messages: list[Message] = field(default_factory=list)
    changes: dict[Place, float | str] = field(default_factory=dict)

    @property
    def last(self) -> Message:
        """The last message."""
        return self.messages[-1]


def chosen(*labels: str, twice: bool = False) -> list[dict[str, Any]]:
    """Items chosen from the menu, one after the other; perhaps with double clicks."""
    return [{"chosen": label, "twice": twice} for label in labels]


@cache
def defined_names(path: Path) -> Mapping[str, Place]:
    """The named cells of a workbook, which Google Sheets turns into named ranges."""
    book, found = openpyxl.load_workbook(path, read_only=True), {}
    for name, defined in book.defined_names.items():
        ((title, address),) = defined.destinations
        found[name] = (title, address.replace("$", ""))
    book.close()
    return MappingProxyType(found)


def play(
    script: Path,
    workbook: Path,
    clicks: Sequence[Mapping[str, Any]],
    *,
    active: str = "Gradient Descent",
    answers: Sequence[tuple[str, str]] = (),
    typed: Mapping[Place, float | str] | None = None,
    without: Sequence[str] = (),
) -> Seen:
    """Let a reader click.

    Args:
        script: the script.
        workbook: the workbook that was uploaded; it stays as it is.
        clicks: what is chosen from the menu (see `chosen`), or {"called": "reset"} for a
            drawing with that function.
        active: the sheet in view.
        answers: to each prompt the button and the text.
        typed: cells that were changed by hand before.
        without: names that have been deleted.
    """
    names = {name: at for name, at in defined_names(workbook).items() if name not in without}
    scene = {"active": active, "names": names, "clicks": clicks, "answers": answers}
    live, seen = _Live(workbook, typed or {}), Seen()
    command = ["node", str(SHEETS), str(script), json.dumps(scene)]
    with (
        tempfile.TemporaryFile("w+") as trouble,
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=trouble, text=True
        ) as node,
    ):
        assert node.stdin is not None
        assert node.stdout is not None
        for line in node.stdout:
            said = json.loads(line)
            if said["what"] == "menus":
                seen.menus.update({title: dict(items) for title, items in said["menus"]})
            elif said["what"] == "message":
                seen.messages.append(Message(said["kind"], said["title"], said["text"]))
            else:
                print(json.dumps(_answer(said, live, seen)), file=node.stdin, flush=True)
        code = node.wait()
        trouble.seek(0)
        assert code == 0, trouble.read()
    return seen


class _Live:
    """A workbook at work."""

    def __init__(self, path: Path, typed: Mapping[Place, float | str]) -> None:
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / "uploaded.xlsx"
            change(path, copy, typed)
            self.book = formualizer.load_workbook(str(copy))
        self.book.evaluate_all()

    def value(self, title: str, address: str) -> float | str:
        """A cell's value, as getValue returns it: "" for an empty one, a text for an error."""
        place = Address.parse(address)
        value = self.book.get_value(title, place.row, place.column)
        if isinstance(value, dict):
            return f"#{value['kind'].upper()}!"
        assert value is None or isinstance(value, int | float | str)
        return "" if value is None else value

    def formula(self, title: str, address: str) -> str:
        """A cell's formula, as getFormula returns it: "" where there is none."""
        place = Address.parse(address)
        formula = self.book.get_formula(title, place.row, place.column)
        return f"={formula.removeprefix('=')}" if formula else ""

    def put(self, title: str, address: str, value: float) -> None:
        """Type a number into a cell, and compute what depends on it."""
        place = Address.parse(address)
        self.book.set_value(title, place.row, place.column, value)
        self.book.evaluate_all()


def _answer(said: Mapping[str, Any], live: _Live, seen: Seen) -> float | str:
    title, address = said["place"]
    if said["what"] == "value":
        return live.value(title, address)
    if said["what"] == "formula":
        return live.formula(title, address)
    assert said["what"] == "change"
    live.put(title, address, said["value"])
    seen.changes[title, address] = said["value"]
    return ""
