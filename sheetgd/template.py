"""Reading a lesson from a TOML template."""

import tomllib
from collections.abc import Iterable, Mapping
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import Any

from sheetgd.data import Data
from sheetgd.errors import LessonError
from sheetgd.lesson import Lesson, check_choice, did_you_mean
from sheetgd.maths.model import LINE, Model
from sheetgd.packaged import template_folder

MODELS: Mapping[str, Model] = {LINE.name: LINE}
"""The models a template can name."""

_KINDS: Mapping[str, type | tuple[type, ...]] = {
    "title": str,
    "model": str,
    "gradient": str,
    "start": dict,
    "guess": dict,
    "learn": (int, float),
    "nudge": (int, float),
    "epochs": int,
    "clicks": int,
    "capacity": int,
    "sample": int,
    "data": dict,
    "grid": dict,
    "texts": dict,
    "published": dict,
}
_KIND_NAMES = {str: "a text", dict: "a table", int: "a whole number", (int, float): "a number"}
_PUBLISHED_KEYS = ("title", "gradient", "start", "learn", "nudge", "epochs", "clicks", "texts")


def shipped_lesson(name: str, data: Data | None = None) -> Lesson:
    """A lesson that comes with sheetgd, such as ``original``.

    Args:
        name: the template's name without its ending.
        data: data rows in place of the template's own.

    Raises:
        LessonError: when there is no such template, or when it has no data of its own
            and none was given.

    >>> shipped_lesson("original").published.epochs_run
    15
    """
    return read_template(template_folder() / f"{name}.toml", data)


def read_template(path: Traversable, data: Data | None = None) -> Lesson:
    """Read a template.

    Args:
        path: the TOML file.
        data: data rows in place of the template's own.

    Returns:
        The lesson. A ``[published]`` part becomes its `published` lesson: the same one
        with the settings and texts that the part names replaced.

    Raises:
        LessonError: when the file cannot be read, or a key or value is not acceptable;
            the message names file and key.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise LessonError(f"{path}: the template cannot be read ({error})") from None
    except tomllib.TOMLDecodeError as error:
        raise LessonError(f"{path}: not a TOML file: {error}") from None
    try:
        return _lesson(content, data)
    except LessonError as error:
        raise LessonError(f"{path}: {error}") from None


def _lesson(content: Mapping[str, Any], data: Data | None) -> Lesson:
    _check_keys("", content, _KINDS)
    name = content.get("model", LINE.name)
    check_choice("model", name, MODELS)
    model = MODELS[name]
    settings = _settings(content, model) | {"model": model}
    settings |= _data(content) if data is None else _own_data(data)
    if "grid" in content:
        grid = content["grid"]
        _check_keys("grid", grid, (*model.parameters, "over"))
        check_choice("grid.over", grid.get("over", "all"), {"all": None, "sample": None})
        settings["grid_over_all"] = grid.get("over", "all") == "all"
        settings["grid"] = [_numbers(f"grid.{each}", grid.get(each)) for each in model.parameters]
    if "published" in content:
        part = content["published"]
        _check_keys("published", part, (*_PUBLISHED_KEYS, "findings"))
        changed = {**settings, **_settings(part, model)}
        texts = {**settings.get("texts", {}), **part.get("texts", {})}
        settings["published"] = Lesson(**{**changed, "texts": MappingProxyType(texts)})
        settings["findings"] = tuple(part.get("findings", ()))
    return Lesson(**settings)


def _settings(content: Mapping[str, Any], model: Model) -> dict[str, Any]:
    """The settings that a template and its published part have in common."""
    for key, kind in _KINDS.items():
        value = content.get(key)
        if value is not None and (not isinstance(value, kind) or isinstance(value, bool)):
            raise LessonError(f"{key} is {value!r}: it must be {_KIND_NAMES[kind]}")
    plain = ("title", "gradient", "learn", "nudge", "epochs", "clicks", "capacity", "sample")
    settings = {key: content[key] for key in plain if key in content}
    for key in ("start", "guess"):
        if key in content:
            _check_keys(key, content[key], model.parameters)
            given = [content[key].get(name) for name in model.parameters]
            settings[key] = _numbers(key, given)
    if "texts" in content:
        settings["texts"] = MappingProxyType(
            {key: text.strip() for key, text in content["texts"].items()}
        )
    return settings


def _data(content: Mapping[str, Any]) -> dict[str, Any]:
    if "data" not in content:
        raise LessonError("there is no [data]: give x and y, or use --data FILE.csv")
    data = content["data"]
    _check_keys("data", data, ("x", "y", "reconstructed"))
    return {
        "x": _numbers("data.x", data.get("x")),
        "y": _numbers("data.y", data.get("y")),
        "reconstructed": frozenset(_numbers("data.reconstructed", data.get("reconstructed", []))),
    }


def _own_data(data: Data) -> dict[str, Any]:
    return {"x": data.x, "y": data.y, "x_name": data.x_name, "y_name": data.y_name}


def _numbers(key: str, values: Any) -> list[float]:  # noqa: ANN401  a template may hold anything
    if not isinstance(values, list):
        raise LessonError(f"{key} is {values!r}: it must be a list of numbers")
    for value in values:
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise LessonError(f"{key} holds {value!r}: every value must be a number")
    return values


def _check_keys(part: str, content: Mapping[str, Any], accepted: Iterable[str]) -> None:
    names = list(accepted)
    for key in content:
        if key not in names:
            place = f"[{part}] has" if part else "there is"
            raise LessonError(
                f"{place} a key {key!r} that is not known: accepted are {', '.join(names)}"
                f"{did_you_mean(key, names)}"
            )
