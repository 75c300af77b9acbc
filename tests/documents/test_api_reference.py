"""The page on Python shows every public name, and describes every type that it mentions."""

import ast
import inspect
import re
from collections.abc import Iterator
from functools import cache, cached_property
from importlib import import_module
from types import FunctionType

import sheetgd
from tests.support.markdown import DOCS
from tests.test_architecture import trees

SHOWN = re.findall(r"^::: (\S+)$", (DOCS / "api.md").read_text(encoding="utf-8"), re.MULTILINE)
NAMES = {path.rpartition(".")[2] for path in SHOWN}


@cache
def types() -> set[str]:
    """The names of the public classes of the package."""
    return {
        node.name
        for tree in trees().values()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    }


def documented(path: str) -> object:
    """What stands at a path such as sheetgd.errors.DataError."""
    module, _, name = path.rpartition(".")
    return getattr(import_module(module), name)


def functions(each: object) -> Iterator[FunctionType]:
    """A function; or what one can call of a class, and what its properties call."""
    match each:
        case FunctionType():
            yield inspect.unwrap(each)
        case (
            property(fget=FunctionType() as function)
            | cached_property(func=FunctionType() as function)
            | classmethod(__func__=FunctionType() as function)
        ):
            yield function
        case type():
            for base in bases(each):
                for name, member in vars(base).items():
                    if name == "__init__" or not name.startswith("_"):
                        yield from () if isinstance(member, type) else functions(member)


def bases(each: type) -> list[type]:
    """A class, and those of ours that it takes over from."""
    return [base for base in each.__mro__ if base.__module__.startswith("sheetgd.")]


def mentioned(each: object) -> set[str]:
    """The types of ours that signatures, attributes and the lists of errors name."""
    found: list[object] = []
    texts = [inspect.getdoc(each) or ""]
    for base in bases(each) if isinstance(each, type) else ():
        own = vars(base).get("__annotations__", {}).items()
        found += [kind for name, kind in own if not name.startswith("_")]
    for function in functions(each):
        found += function.__annotations__.values()
        texts.append(inspect.getdoc(function) or "")
    told = [kind if isinstance(kind, str) else inspect.formatannotation(kind) for kind in found]
    told += [name for text in texts for name in re.findall(r"^ +(\w+): ", text, re.MULTILINE)]
    return {word for each in told for word in re.findall(r"\w+", each)} & types()


def test_every_public_name_is_shown() -> None:
    shown = {path.removeprefix("sheetgd.") for path in SHOWN}
    assert set(sheetgd.__all__) - {"__version__"} <= shown
    assert len(SHOWN) == len(set(SHOWN))


def test_every_type_that_is_mentioned_is_shown() -> None:
    missing = {path: mentioned(documented(path)) - NAMES for path in SHOWN}
    assert not {path: names for path, names in missing.items() if names}


def test_types_are_found_wherever_they_stand() -> None:
    assert mentioned(sheetgd.from_frame) >= {"Data", "DataError"}
    assert mentioned(sheetgd.Sweep) >= {"Lesson", "Trial"}
    assert mentioned(sheetgd.Lesson) >= {"Built", "Descent", "LessonError"}
