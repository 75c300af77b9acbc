"""The API reference as Markdown, made from the public names: signatures and docstrings.

Signatures are taken from the source, as they are written there: what Python makes of them
(``pathlib._local.Path``) is another thing with every version.
"""

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, Field, fields
from enum import Enum
from functools import cached_property
from types import FunctionType
from typing import TYPE_CHECKING, Any, TypeGuard

import sheetgd
from sheetgd import compare, errors
from sheetgd.lesson import parts as view
from tests.support.markdown import escaped

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

LINE_LENGTH = 90

BESIDES: Sequence[type] = (
    compare.Comparison,
    compare.Difference,
    compare.Counts,
    compare.Outcome,
    view.View,
    errors.DataError,
    errors.LessonError,
    errors.OutputError,
    errors.WorkbookError,
    errors.RecalculationError,
)
"""Classes that are not exported, but are met: returned, raised, or a setting of a lesson."""

_HEAD = """\
# The Python API

*Made from the docstrings by `python -m tests.support.documents`: change the words there.*

Everything here is a name of `sheetgd`, and the examples go on from this line, which a program of yours would rather spell \
`import sheetgd`:

```pycon
>>> from sheetgd import *
```

{contents}
"""  # noqa: E501  a paragraph is a line

_BESIDES = """\
## What else you meet

Classes that `sheetgd` does not export, because you need not make them: they are returned or raised, or are settings of a lesson. Each stands \
with the module that it can be imported from.
"""  # noqa: E501  the same

_SECTIONS = ("Args", "Attributes", "Returns", "Yields", "Raises")


def api_reference(names: Sequence[str]) -> str:
    """The reference of the public names."""
    shown = [name for name in names if name != "__version__"]
    contents = "\n".join(
        f"- [`{name}`](#{name.lower()}): {summary_of(getattr(sheetgd, name))}" for name in shown
    )
    sections = [_section(name, getattr(sheetgd, name), "##") for name in shown]
    version = "## \\_\\_version\\_\\_\n\nThe version of sheetgd, a text.\n"
    besides = [_section(each.__name__, each, "###", home=each.__module__) for each in BESIDES]
    whole = [_HEAD.format(contents=contents), *sections, version, _BESIDES, *besides]
    return "\n".join(whole).rstrip("\n") + "\n"


def summary_of(documented: object) -> str:
    """The first line of a docstring, as Markdown."""
    return escaped((inspect.getdoc(documented) or "").partition("\n")[0])


def _section(name: str, documented: object, level: str, *, home: str = "") -> str:
    """A class or function: how it is called, and what its docstring says."""
    lines = [f"{level} {name}", ""]
    if isinstance(documented, FunctionType):
        return "\n".join([*lines, *_code(_call(documented, name)), *_body(documented)])
    assert isinstance(documented, type)
    if home:
        lines += [f"`from {home} import {name}`", ""]
    lines += [*_code(_constructor(documented, name)), *_body(documented)]
    if issubclass(documented, Enum):
        lines += [
            "**Members:**",
            "",
            *(f"- `{each.name}`: {each.value}" for each in documented),
            "",
        ]
    for base in _bases(documented):
        lines += _body(base)
    properties, methods = _members(documented)
    if properties:
        listed = [_property(label, function) for label, function in properties.items()]
        lines += ["**Properties:**", "", *listed, ""]
    for label, function in methods.items():
        lines += [f"{level}# {name}.{label}", "", *_code(_call(function, label)), *_body(function)]
    return "\n".join(lines)


def _property(name: str, function: FunctionType) -> str:
    returned = _definition(function).returns
    kind = f" (`{_unquoted(returned)}`)" if returned is not None else ""
    text = " ".join(each for each in _body(function) if each)
    return f"- `{name}`{kind}: {text}"


def _bases(documented: type) -> list[type]:
    """The classes of ours that a class takes over from, the nearest first."""
    return [
        each
        for each in documented.__mro__[1:]
        if each.__module__.startswith("sheetgd.") and each is not sheetgd.SheetgdError
    ]


def _members(documented: type) -> tuple[dict[str, FunctionType], dict[str, FunctionType]]:
    """The public properties and methods of a class, those it takes over included."""
    properties: dict[str, FunctionType] = {}
    methods: dict[str, FunctionType] = {}
    for each in (documented, *_bases(documented)):
        for name, member in vars(each).items():
            if name.startswith("_"):
                continue
            match member:
                case property(fget=FunctionType() as function):
                    properties.setdefault(name, function)
                case cached_property(func=FunctionType() as function):
                    properties.setdefault(name, function)
                case FunctionType():
                    methods.setdefault(name, member)
                case classmethod(__func__=FunctionType() as function):
                    methods.setdefault(name, function)
    return properties, methods


def _constructor(documented: type, name: str) -> str:
    """How an object of a class is made, if one makes it oneself."""
    if _is_own_dataclass(documented):
        (node,) = ast.parse(inspect.getsource(documented)).body
        assert isinstance(node, ast.ClassDef)
        kinds = {
            each.target.id: _unquoted(each.annotation)
            for each in node.body
            if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)
        }
        given = ["*"] if all(each.kw_only for each in fields(documented)) else []
        given += [f"{each.name}: {kinds[each.name]}{_default(each)}" for each in fields(documented)]
        return _called(name, given, "")
    init = vars(documented).get("__init__")
    return _call(init, name).removesuffix(" -> None") if isinstance(init, FunctionType) else ""


def _is_own_dataclass(documented: object) -> TypeGuard[type["DataclassInstance"]]:
    """Whether a class is a dataclass itself, and not only takes over from one."""
    return isinstance(documented, type) and "__dataclass_fields__" in vars(documented)


def _default(field: Field[Any]) -> str:
    """What stands behind a field that one may leave out."""
    factory = field.default_factory
    if factory is not MISSING:
        made = f"{factory.__name__}()" if isinstance(factory, type) else _plain(factory())
        return f" = {made}"
    return "" if field.default is MISSING else f" = {_plain(field.default)}"


def _plain(value: object) -> str:
    """A default value as one would type it."""
    return repr(dict(value)) if isinstance(value, Mapping) else repr(value)


def _definition(function: FunctionType) -> ast.FunctionDef:
    """The definition of a function, from its source."""
    (node,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    assert isinstance(node, ast.FunctionDef)
    return node


def _call(function: FunctionType, name: str) -> str:
    """How a function is called: what it takes, as its source has it, and what it returns."""
    node = _definition(function)
    taken = node.args
    defaults = [None] * (len(taken.args) - len(taken.defaults)) + taken.defaults
    given = [
        _argument(each, default)
        for each, default in zip(taken.args, defaults, strict=True)
        if each.arg not in {"self", "cls"}
    ]
    given += ["*"] if taken.kwonlyargs else []
    given += map(_argument, taken.kwonlyargs, taken.kw_defaults)
    given += [f"**{_argument(taken.kwarg, None)}"] if taken.kwarg else []
    return _called(name, given, f" -> {_unquoted(node.returns)}" if node.returns else "")


def _argument(argument: ast.arg, default: ast.expr | None) -> str:
    kind = f": {_unquoted(argument.annotation)}" if argument.annotation else ""
    return f"{argument.arg}{kind}" + (f" = {ast.unparse(default)}" if default else "")


def _unquoted(annotation: ast.expr) -> str:
    """An annotation, without the quotes that keep it from being looked up."""
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        return annotation.value
    return ast.unparse(annotation)


def _called(name: str, given: Sequence[str], returned: str) -> str:
    """A call, an argument a line where one line would be too long."""
    line = f"{name}({', '.join(given)}){returned}"
    if len(line) <= LINE_LENGTH:
        return line
    inner = "".join(f"    {each},\n" for each in given)
    return f"{name}(\n{inner}){returned}"


def _code(call: str) -> list[str]:
    return ["```text", call, "```", ""] if call else []


def _body(documented: object) -> list[str]:
    """A docstring as Markdown: paragraphs, sections as lists, examples as blocks."""
    lines = (inspect.getdoc(documented) or "").splitlines()
    defaults: dict[str, str] = {}
    if _is_own_dataclass(documented):
        defaults = {each.name: _default(each) for each in fields(documented)}
    found: list[str] = []
    place = 0
    while place < len(lines):
        line = lines[place]
        if line.rstrip(":") in _SECTIONS and line.endswith(":"):
            end = _end(lines, place + 1, lambda each: not each or each.startswith(" "))
            found += _list_of(line, lines[place + 1 : end], defaults)
        elif line.startswith(">>>"):
            end = _end(lines, place, bool)
            found += ["```pycon", *lines[place:end], "```", ""]
        elif line:
            end = _end(lines, place, lambda each: bool(each) and not each.startswith(">>>"))
            found += [escaped(" ".join(lines[place:end])), ""]
        else:
            end = place + 1
        place = end
    return found


def _end(lines: Sequence[str], place: int, belongs: Callable[[str], bool]) -> int:
    """The first line from a place on that does not belong."""
    while place < len(lines) and belongs(lines[place]):
        place += 1
    return place


def _list_of(heading: str, lines: Sequence[str], defaults: Mapping[str, str]) -> list[str]:
    """A section of a docstring: a list of its entries, or a paragraph where it has none."""
    text = textwrap.dedent("\n".join(lines)).strip()
    title = {"Args:": "Arguments:"}.get(heading, heading)
    if heading in {"Returns:", "Yields:"}:
        return [f"**{title}** {escaped(' '.join(text.split()))}", ""]
    listed = []
    for entry in re.split(r"\n(?! )", text):
        name, _, about = " ".join(entry.split()).partition(": ")
        listed.append(f"- `{name}{defaults.get(name, '')}`: {escaped(about)}")
    return [f"**{title}**", "", *listed, ""]
