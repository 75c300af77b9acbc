"""The map of the house is true: every module, function and room that it names is there."""

import re
from functools import reduce
from importlib import import_module
from pathlib import Path

import pytest

import sheetgd
from tests.support.markdown import DOCS, ROOT, prose
from tests.test_architecture import ROOMS

PACKAGE = Path(sheetgd.__file__).parent
MAP, MATHS, CONTRIBUTING = DOCS / "how-it-works.md", DOCS / "maths.md", ROOT / "CONTRIBUTING.md"
_SPAN = re.compile(r"`([^`\n]+)`")
_NAME = re.compile(r"[A-Za-z_]\w*([.][A-Za-z_]\w*)*")


def modules(text: str) -> set[str]:
    """Find the modules that a text names, as paths within the package or the checkout."""
    return {each for each in _SPAN.findall(prose(text)) if re.fullmatch(r"[\w/]+[.]py", each)}


def is_there(module: str) -> bool:
    """Tell whether a module is in the package or the checkout; a bare name may be in any room."""
    named = [*PACKAGE.rglob(module)] if "/" not in module else []
    return bool(named) or any((root / module).is_file() for root in (PACKAGE, ROOT))


def unknown_names(text: str) -> set[str]:
    """Find the names, in the lists of a text, that no module has that is named beside them."""
    return {
        name
        for step in re.findall(r"^- .*(?:\n {2}.*)*", text, re.MULTILINE)
        for name in _SPAN.findall(step)
        if _NAME.fullmatch(name) and not name.endswith(".py")
        if not any(has(each, name) for each in modules(step))
    }


def has(module: str, name: str) -> bool:
    """Tell whether a module has a name, such as a function or a class's method, of its own."""
    found = import_module("sheetgd." + module.removesuffix(".py").replace("/", "."))
    first, *inner = name.split(".")
    if not hasattr(found, first):
        return False
    each = getattr(found, first)
    if getattr(each, "__module__", found.__name__) != found.__name__:
        return False
    return reduce(lambda at, part: getattr(at, part, None), inner, each) is not None


@pytest.mark.parametrize("document", [MAP, MATHS, CONTRIBUTING], ids=lambda path: path.name)
def test_modules_that_a_document_names_are_there(document: Path) -> None:
    named = modules(document.read_text(encoding="utf-8"))
    assert named
    assert not {each for each in named if not is_there(each)}


def test_names_on_the_ways_through_the_house_are_there() -> None:
    text = MAP.read_text(encoding="utf-8")
    ways = text.partition("### Three ways")[2].partition("\n## ")[0]
    assert len(modules(ways)) > 10
    assert not unknown_names(ways)


def test_the_rooms_are_those_of_the_package_in_their_order() -> None:
    text = MAP.read_text(encoding="utf-8").partition("## The rooms")[2].partition("\n## ")[0]
    assert re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE) == list(ROOMS)


def test_what_is_not_there_is_noticed() -> None:
    assert modules("`descent/loss.py` and `none.py`, `x.y`") == {"descent/loss.py", "none.py"}
    assert [is_there(each) for each in ("descent/loss.py", "loss.py", "Makefile")] == [True] * 3
    assert not any(map(is_there, ("none.py", "descent/none.py", "sheets/loss.py")))
    step = "- `descent/loss.py`: `LOSSES`, `Loss.of_row`, `Loss.of_sum`, `x + y`\n  `derivative`."
    # That is another module's, though it is imported there.
    assert unknown_names(step) == {"Loss.of_sum", "derivative"}
    assert unknown_names("- `LOSSES` in `descent/loss.py`, `LOSES` too.") == {"LOSES"}
