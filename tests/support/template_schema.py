"""The JSON Schema of templates: its file is written here, and what a value breaks of it is told.

    python -m tests.support.template_schema

The checker knows just the keywords that this schema has; it refuses all others, so none is left
unchecked.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sheetgd.lesson.template import schema
from tests.support.markdown import ROOT

FILE = ROOT / "templates" / "lesson.schema.json"


def schema_text() -> str:
    """Return the schema as its file has it."""
    return json.dumps(schema(), indent=2) + "\n"


_TYPES: Mapping[str, tuple[type, ...]] = {
    "object": (dict,), "array": (list,), "string": (str,), "boolean": (bool,), "integer": (int,),
    "number": (int, float),
}  # fmt: skip
_HOLDS: Mapping[str, tuple[Callable[[Any, Any], bool], str]] = {
    "enum": (lambda value, names: value in names, "is not among"),
    "const": (lambda value, name: value == name, "is not"),
    "minimum": (lambda value, least: value >= least, "is below"),
    "exclusiveMinimum": (lambda value, bound: value > bound, "is not above"),
    "anyOf": (
        lambda value, rules: any(not list(faults(value, rule)) for rule in rules),
        "is none of",
    ),
    "required": (lambda value, names: {*names} <= value.keys(), "lacks one of"),
}
"""What must hold of a value and what its keyword asks, and what is said where it does not."""

_OTHERS = {"$schema", "title", "description", "type", "items", "properties", "additionalProperties"}


def faults(value: Any, rule: Mapping[str, Any], place: str = "it") -> Iterator[str]:  # noqa: ANN401  of any type
    """Tell what a value breaks of a schema, with its place."""
    kind = rule.get("type")
    if kind and (
        not isinstance(value, _TYPES[kind]) or isinstance(value, bool) > (kind == "boolean")
    ):
        yield f"{place} is no {kind}"
        return
    for keyword in rule.keys() - _OTHERS:
        holds, says = _HOLDS[keyword]
        if not holds(value, rule[keyword]):
            yield f"{place} {says} {rule[keyword]}"
    if kind == "array":
        for number, each in enumerate(value):
            yield from faults(each, rule["items"], f"{place}[{number}]")
    if kind == "object":
        known, others = rule.get("properties", {}), rule["additionalProperties"]
        for name, each in value.items():
            inner = f"{place}.{name}"
            if name in known or others:
                yield from faults(each, known.get(name, others), inner)
            else:
                yield f"{inner} is not known"


if __name__ == "__main__":
    FILE.write_text(schema_text(), encoding="utf-8")
