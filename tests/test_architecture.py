"""The house's own rules: which room may import from which, and what stays in one room."""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

import sheetgd

PACKAGE = Path(sheetgd.__file__).parent
TESTS = Path(__file__).parent

UNDERNEATH = ("errors", "version", "files")
"""What every room may import."""

MATHS = ("expression", "descent")
LESSON = ("original", "reading", *MATHS, "lesson")

ROOMS: Mapping[str, tuple[str, ...]] = {
    "expression": (),
    "original": (),
    "descent": ("expression",),
    "reading": ("expression",),
    "lesson": ("original", "reading", *MATHS),
    "engine": LESSON,
    "sheets": (*LESSON, "engine"),
    "xlsx": (*LESSON, "engine", "sheets"),
    "compare": (*LESSON, "sheets"),
    "plot": (*LESSON, "engine", "sheets"),
    # A page says what the sheets say, in their words.
    "web": (*LESSON, "engine", "sheets"),
    "cli": (*LESSON, "engine", "sheets", "xlsx", "compare", "plot", "web"),
}
"""What each room may import of the others, besides `UNDERNEATH`."""

WHEN_CALLED = {
    ("sheetgd.__main__", "sheetgd.cli.main"),
    ("sheetgd.lesson.lesson", "sheetgd.engine.automatic"),
    ("sheetgd.lesson.lesson", "sheetgd.engine.doubts"),
    ("sheetgd.lesson.lesson", "sheetgd.engine.run"),
    ("sheetgd.lesson.lesson", "sheetgd.web.page"),
    ("sheetgd.lesson.lesson", "sheetgd.xlsx.write"),
}
"""A lesson's methods that choose, run and build import their rooms when they are called.

The command can be interrupted while the rest of it is imported.
"""

FOR_TYPES = {
    ("sheetgd.lesson.fields", "sheetgd.lesson.lesson"),
    ("sheetgd.lesson.changes", "sheetgd.lesson.lesson"),
}
"""A display may hold a lesson, which holds a display; only the type checker imports it."""

TESTED_WITH = {"/sheetgd": "test_api.py"}
"""Modules, each after its room, whose tests stand in a file of another name."""

UNTESTED_LINES = 20
"""So many lines a module may have that has no tests of its own."""

MOST_FILES, MOST_AT_THE_TOP, MOST_LINES = 124, 6, 600


@cache
def trees() -> Mapping[str, ast.Module]:
    """The modules of the package, each taken apart."""
    named = {
        ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts): path
        for path in sorted(PACKAGE.rglob("*.py"))
    }
    return {
        name.removesuffix(".__init__"): ast.parse(path.read_text(encoding="utf-8"))
        for name, path in named.items()
    }


def imports(tree: ast.AST) -> Iterator[str]:
    """The modules that are imported anywhere in a module, written in full."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are written in full"
            inner = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (each if each in trees() else node.module or "" for each in inner)


def room_of(module: str) -> str:
    """The room that a module is in, or its own name at the top of the package."""
    return module.split(".")[1] if "." in module else ""


def users_of(library: str) -> set[str]:
    """The rooms that import a library."""
    return {
        room_of(name)
        for name, tree in trees().items()
        if any(each.split(".")[0] == library for each in imports(tree))
    }


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_a_room_imports_what_it_may(room: str) -> None:
    allowed = {room, *UNDERNEATH, *ROOMS[room]}
    found = {
        (name, each)
        for name, tree in trees().items()
        if room_of(name) == room
        for each in imports(tree)
        if each.split(".")[0] == "sheetgd" and room_of(each) not in allowed
    }
    assert not found - WHEN_CALLED


def test_what_is_imported_when_called_is_listed() -> None:
    found = {
        (name, each)
        for name, tree in trees().items()
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
        for each in imports(function)
        if each in trees() and room_of(each) != room_of(name)
    }
    assert found == WHEN_CALLED


def test_every_room_is_listed_and_says_what_it_is() -> None:
    folders = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert folders == set(ROOMS)
    for room in folders:
        tree = trees()[f"sheetgd.{room}"]
        assert isinstance(tree, ast.Module)
        assert "may import" in (ast.get_docstring(tree) or "")


def test_no_imports_in_a_circle() -> None:
    # Rooms first: each may only import those that stand before it.
    standing = list(ROOMS)
    for room, allowed in ROOMS.items():
        assert all(standing.index(each) < standing.index(room) for each in allowed), room
    # Then modules, within a room, too.
    needed = {
        name: {
            each
            for each in imports(tree)
            if each in trees() and each != name and (name, each) not in WHEN_CALLED | FOR_TYPES
        }
        for name, tree in trees().items()
    }
    while free := {name for name, others in needed.items() if not others & needed.keys()}:
        needed = {name: others for name, others in needed.items() if name not in free}
    assert not needed


def test_there_are_not_too_many_files() -> None:
    assert len(trees()) <= MOST_FILES
    assert len([*PACKAGE.glob("*.py")]) <= MOST_AT_THE_TOP


def test_no_module_is_too_long() -> None:
    long = {
        path.name: lines
        for folder in (PACKAGE, PACKAGE.parent / "benchmarks")
        for path in folder.rglob("*.py")
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > MOST_LINES
    }
    assert not long


def test_the_package_knows_neither_tests_nor_benchmarks() -> None:
    for name, tree in trees().items():
        assert not {each.split(".")[0] for each in imports(tree)} & {"tests", "benchmarks"}, name


def checks_in(room: str) -> set[str]:
    """The files of tests in a room."""
    return {path.stem for path in (TESTS / room).glob("test_*.py")}


def module_of(test: str, modules: Iterable[str]) -> str | None:
    """The module that a file of tests is named after: the one with the longest name.

    `test_run.py` and `test_run_methods.py`, say: both are of the module run.
    """
    named = (each for each in modules if f"{test}_".startswith(f"test_{each}_"))
    return max(named, key=len, default=None)


def unmatched(room: str, tests: set[str]) -> set[str]:
    """The modules of a room that have no tests, and the files of tests that have no module."""
    folder = PACKAGE / room
    lines = {
        folder.name if path.stem == "__init__" else path.stem: path.read_bytes().count(b"\n")
        for path in folder.glob("*.py")
    }
    modules = {test: module_of(test, lines) for test in tests}
    tested = {*modules.values(), *(each for each in lines if f"{room}/{each}" in TESTED_WITH)}
    untested = {each for each in lines if lines[each] > UNTESTED_LINES} - tested
    return untested | {test for test, module in modules.items() if module is None}


@pytest.mark.parametrize("room", ["", *ROOMS])
def test_tests_are_named_after_what_they_test(room: str) -> None:
    tests = checks_in(room)
    # At the top are files that look at everything, too.
    assert not unmatched(room, tests) - (set() if room else tests)


def test_tests_of_another_name_exist() -> None:
    assert all((TESTS / each).is_file() for each in TESTED_WITH.values())


def test_a_renamed_file_of_tests_is_missed() -> None:
    renamed = checks_in("engine") - {"test_log"} | {"test_logging"}
    assert unmatched("engine", renamed) == {"log", "test_logging"}
    # Those of a module with a longer name are no tests of this one.
    assert "test_play_data" in checks_in("sheets")
    assert unmatched("sheets", checks_in("sheets") - {"test_play"}) == {"play"}
    assert unmatched("", checks_in("") - {"test_errors"}) >= {"errors"}


def test_libraries_stay_in_their_rooms() -> None:
    # What comes from outside is read before there is a lesson, and written after there are sheets.
    assert users_of("openpyxl") == {"reading", "xlsx"}
    assert users_of("matplotlib") == {"plot"}
    assert users_of("argparse") == {"cli"}
    assert users_of("rich") == {"cli"}


def test_exports_are_sorted_and_exist() -> None:
    assert sheetgd.__all__ == sorted(sheetgd.__all__)
    for name in sheetgd.__all__:
        assert getattr(sheetgd, name) is not None
    with pytest.raises(AttributeError, match="nonsense"):
        sheetgd.nonsense  # noqa: B018  that is the test


PRIVATE = {
    *("figure", "form", "mover", "room", "course", "walk", "drift", "swing", "kink", "chance"),
    *("rest", "known", "landscape", "ground", "terrain", "spelt", "settled", "disarmed"),
    *("trodden", "story"),
}
"""Words of our own for what the field has names for."""
NOT_OURS = {"_closed_form", "_swapped_closed_form", "closed_form", "figure", "picture_figure"} | {
    "landscape"
}
"""The field's closed form, matplotlib's figure, a page's landscape."""


def given_names(tree: ast.Module) -> Iterator[str]:
    """The names that a module gives to what it makes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.id if isinstance(node, ast.Name) else node.attr
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name


def private_words(tree: ast.Module) -> set[str]:
    """The names in which a word stands that nobody else has for it."""
    words = {name: re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower() for name in given_names(tree)}
    parts = {name: {each.rstrip("s") for each in word.split("_")} for name, word in words.items()}
    return {name for name, each in parts.items() if each & PRIVATE} - NOT_OURS


@pytest.mark.parametrize("module", trees())
def test_names_are_those_of_the_field(module: str) -> None:
    assert not private_words(trees()[module])


def test_a_private_word_is_found() -> None:
    made = "class KinkFinder: pass\ndef walks(known, figure): self.at_rest = closed_form = 1"
    assert private_words(ast.parse(made)) == {"KinkFinder", "walks", "known", "at_rest"}


def given_twice(tree: ast.Module) -> Iterator[int]:
    """The lines of a module that write a cell's formula beside its value."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        made = isinstance(node.func, ast.Name) and node.func.id == "Cell"
        constant = [ast.unparse(each) for each in node.args[2:3]] == ["None"]
        if any(each.arg == "formula" for each in node.keywords) or (made and not constant):
            yield node.lineno


@pytest.mark.parametrize(
    "call",
    [
        'draft.put("A1", 2.0, Look.RESULT, formula=two)',
        "Cell(place, 2.0, two, style)",
        "Cell(place, value=2.0, formula=two)",
    ],
)
def test_what_is_given_twice_is_found(call: str) -> None:
    assert [*given_twice(ast.parse(f"def page():\n    {call}"))] == [2]
    assert not [*given_twice(ast.parse("Cell(place, 2.0, None, style)"))]


def test_no_page_gives_a_cell_both_a_value_and_a_formula() -> None:
    """Both come from one expression: `Draft.show`; a long table's patterns are printed once."""
    found = {name: [*given_twice(tree)] for name, tree in trees().items() if ".sheets." in name}
    assert len(found) > 20
    assert [name for name, lines in found.items() if lines] == [
        "sheetgd.sheets.cells", "sheetgd.sheets.sheet"
    ]  # fmt: skip
