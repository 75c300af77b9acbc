"""Reading a lesson from a TOML template."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources.abc import Traversable
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sheetgd import schema
from sheetgd.checks import check_choice
from sheetgd.choosable import AUTO, CHOOSABLE, with_pending
from sheetgd.content import read_file
from sheetgd.data import Data
from sheetgd.delimited import read_csv
from sheetgd.errors import LessonError, SheetgdError
from sheetgd.expected import Expected
from sheetgd.lesson import Lesson, Variant
from sheetgd.maths.model import LINE, Model, model_of
from sheetgd.packaged import template_folder
from sheetgd.view import USUAL_STEPS, View

TEMPLATE_SUFFIX = ".toml"

OWN = "_own"
"""The template for data of one's own; its texts also stand in for those a template leaves out."""

NEW = "_new"
"""The commented template to begin with."""

_MOST_BYTES = 2**20
"""How long a template may be: data of many rows stand in a file of their own."""

_MOST_POINTS = 1_000
"""How many points a line may have, but for those of numbers: those of long texts reach some 50."""

_NUMBER = re.compile(r"(?<![\w.])[\d_]+\.[\d_]+(?![\w.])")

_SAME_IN_LESSON = tuple(
    key for key in schema.LESSON if schema.LESSON[key] not in {schema.TABLE, schema.TABLES}
)
"""The keys whose value the lesson takes as it is."""


def shipped_names() -> list[str]:
    """The names of the lessons that come with sheetgd.

    >>> "original" in shipped_names()
    True
    """
    files = (each.name for each in template_folder().iterdir())
    names = sorted(
        name.removesuffix(TEMPLATE_SUFFIX) for name in files if name.endswith(TEMPLATE_SUFFIX)
    )
    return [name for name in names if not name.startswith("_")]


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
    return read_template(shipped_template(name), data)


def shipped_template(name: str) -> Traversable:
    """The file of a lesson that comes with sheetgd."""
    if not name.startswith("_"):
        check_choice("lesson", name, shipped_names())
    return template_folder() / f"{name}{TEMPLATE_SUFFIX}"


def read_template(path: Traversable, data: Data | None = None) -> Lesson:
    """Read a template.

    Args:
        path: the TOML file.
        data: data rows in place of the template's own.

    Returns:
        The lesson; a learning rate and a nudge that the template leaves out are still to be
        chosen (`sheetgd.auto.fitted`). Texts that the template leaves out are the usual ones. A
        ``[published]`` part becomes its `published` lesson: the same one with the
        settings and texts that the part names replaced.

    Raises:
        LessonError: when the file cannot be read, or a key or value is not acceptable;
            the message names file and key.
        DataError: when its data file cannot be read.
    """
    content = _content(path)
    try:
        return _lesson(path, content, data)
    except LessonError as error:
        raise LessonError(f"{path}: {error}") from None


def own_lesson(data: Data, model: str | None = None) -> Lesson:
    """The lesson for data of one's own.

    Args:
        data: the data rows.
        model: the model in place of a line.

    Raises:
        LessonError: when the data are not acceptable. It names no template, as there is none
            that a user could change.

    >>> own_lesson(Data((2.0,), (4.0,), "x", "y"), "w*x").rows
    1
    """
    path = shipped_template(OWN)
    content = _content(path)
    return _lesson(path, content if model is None else {**content, "model": model}, data)


def _content(path: Traversable) -> dict[str, Any]:
    try:
        if isinstance(path, Path):
            text = read_file(path, LessonError, most=_MOST_BYTES).decode("utf-8")
            _check_keys(path, text)
        else:
            text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise LessonError(f"{path}: the template cannot be read ({error})") from None
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        # Among them whole numbers of thousands of digits, which Python does not read.
        raise LessonError(f"{path}: not a TOML file: {error}") from None


def _check_keys(path: Path, text: str) -> None:
    """Raise LessonError for a key of very many parts: tomllib's memory grows with their square."""
    for number, line in enumerate(text.splitlines(), start=1):
        if line.count(".") > _MOST_POINTS and _NUMBER.sub("", line).count(".") > _MOST_POINTS:
            raise LessonError(f"{path}: line {number} is no key or text: it is full of points")


def _lesson(path: Traversable, content: Mapping[str, Any], data: Data | None) -> Lesson:
    schema.check_part("", content, schema.LESSON)
    model = model_of(content.get("model", LINE.name))
    settings = {**dict.fromkeys(CHOOSABLE, AUTO), **_settings("", content, model)}
    settings |= data.attributes() if data is not None else _data(path, content)
    settings["texts"] = _texts(content, usual_texts())
    if "grid" in content:
        settings |= _grid(content["grid"], model)
    if "surface" in content:
        settings["view"] = _view(content["surface"], model)
    settings["variants"] = tuple(
        _variant(number, part, model)
        for number, part in enumerate(content.get("variants", ()), start=1)
    )
    settings["expected"] = tuple(
        figure
        for number, part in enumerate(content.get("expected", ()), start=1)
        for figure in _expected(f"expected {number}", part)
    )
    if "published" in content:
        part = content["published"]
        schema.check_part("published", part, schema.PUBLISHED)
        changed = {**settings, **_settings("published", part, model), "two_descents": False}
        changed["texts"] = _texts(part, settings["texts"])
        settings["published"] = Lesson(**with_pending(changed))
        settings["findings"] = tuple(part.get("findings", ()))
    return Lesson(**with_pending(settings))


def _settings(part: str, content: Mapping[str, Any], model: Model) -> dict[str, Any]:
    """The choices and settings that a part of a template makes."""
    settings = {key: content[key] for key in _SAME_IN_LESSON if key in content}
    for key in ("start", "guess"):
        if key in content:
            place = f"{part}.{key}" if part else key
            settings[key] = schema.check_numbers_by_name(place, content[key], model.parameters)
    if "hyper" in content:
        kinds = dict.fromkeys(content["hyper"], schema.NUMBER)
        schema.check_part(f"{part}.hyper" if part else "hyper", content["hyper"], kinds)
        settings["hyper"] = content["hyper"]
    if "seed" in settings and "start" not in settings:
        settings["start"] = ()
    if "start" in settings and "seed" not in settings:
        settings["seed"] = None
    if "epochs" in settings and "clicks" not in settings:
        settings["clicks"] = 1
    return settings


def _variant(number: int, content: Mapping[str, Any], model: Model) -> Variant:
    part = f"variants {number}"
    schema.check_part(part, content, schema.VARIANT)
    schema.check_there(part, content, ["title"])
    changed = model_of(content["model"]) if "model" in content else model
    changes = with_pending(_settings(part, content, changed))
    title = changes.pop("title")
    return Variant(title=title, changes=MappingProxyType(changes))


def _expected(part: str, content: Mapping[str, Any]) -> list[Expected]:
    """The figures of an entry: one, or one for each epoch or row on from the first."""
    schema.check_part(part, content, schema.EXPECTED)
    schema.check_there(part, content, ["what", "column", "epoch"])
    if ("value" in content) == ("values" in content):
        raise LessonError(f"[{part}] needs either value or values")
    if ("decimals" in content) == ("tolerance" in content):
        raise LessonError(f"[{part}] needs either decimals or tolerance")
    row, figures = content.get("row", 0), content.get("values", [content.get("value")])
    tolerance = content.get("tolerance", 0)
    if "decimals" in content:
        # Half a unit of the last digit, and a trifle more: a tie may be printed either way.
        tolerance = (0.5 + 1e-9) * 10.0 ** -content["decimals"]
    return [
        Expected(
            what=content["what"],
            column=content["column"],
            epoch=content["epoch"] + (0 if row else place),
            row=row + place if row else 0,
            value=float(figure),
            tolerance=float(tolerance),
        )
        for place, figure in enumerate(figures)
    ]


def _grid(content: Mapping[str, Any], model: Model) -> dict[str, Any]:
    kinds = dict.fromkeys(model.parameters, schema.NUMBERS) | {"over": schema.TEXT}
    schema.check_part("grid", content, kinds)
    schema.check_there("grid", content, model.parameters)
    check_choice("grid.over", content.get("over", "all"), ("all", "sample"))
    return {
        "grid_over_all": content.get("over", "all") == "all",
        "grid": [content[name] for name in model.parameters],
    }


def _view(content: Mapping[str, Any], model: Model) -> View:
    kinds = dict.fromkeys(model.parameters, schema.NUMBERS)
    kinds |= {"over": schema.TEXTS, "steps": schema.WHOLES}
    schema.check_part("surface", content, kinds)
    ranges = {name: content[name] for name in model.parameters if name in content}
    return View(
        over=content.get("over", ()), steps=content.get("steps", USUAL_STEPS), ranges=ranges
    )


def _texts(content: Mapping[str, Any], others: Mapping[str, str]) -> Mapping[str, str]:
    """A part's texts, and the others' where it has none."""
    texts = content.get("texts", {})
    schema.check_part("texts", texts, dict.fromkeys(usual_texts(), schema.TEXT))
    return MappingProxyType({**others, **{key: text.strip() for key, text in texts.items()}})


@cache
def usual_texts() -> Mapping[str, str]:
    """The texts of lessons that have none of their own."""
    texts = _content(shipped_template(OWN))["texts"]
    return MappingProxyType({key: text.strip() for key, text in texts.items()})


def _data(path: Traversable, content: Mapping[str, Any]) -> dict[str, Any]:
    if "data" not in content:
        raise LessonError("there is no [data]: give x and y, or use --data FILE.csv")
    data = content["data"]
    if "csv" in data:
        return _data_from_file(path, data)
    schema.check_part("data", data, schema.DATA)
    schema.check_there("data", data, ["x", "y"])
    names = {key: data[key] for key in ("x_name", "y_name") if key in data}
    return {
        "x": data["x"],
        "y": data["y"],
        **names,
        "reconstructed": _rows(data.get("reconstructed", False), data["x"]),
    }


def _data_from_file(path: Traversable, content: Mapping[str, Any]) -> dict[str, Any]:
    schema.check_part("data", content, schema.DATA_FILE)
    file = Path(str(path)).parent / content["csv"]
    options = {key: content[key] for key in ("delimiter", "decimal", "header") if key in content}
    try:
        data = read_csv(file, content.get("x"), content.get("y"), **options)
    except SheetgdError as error:
        raise LessonError(f"data.csv: {error}") from None
    rebuilt = _rows(content.get("reconstructed", False), data.x)
    return {**data.attributes(), "reconstructed": rebuilt}


def _rows(which: bool | list[int], x: Sequence[float]) -> frozenset[int]:  # noqa: FBT001  as the template has it
    """The rows that are a reconstruction: a list of them, all or none."""
    if isinstance(which, bool):
        return frozenset(range(1, len(x) + 1)) if which else frozenset()
    for row in which:
        if not 1 <= row <= len(x):
            raise LessonError(
                f"data.reconstructed names row {row}: the data has rows 1 to {len(x)}"
            )
    return frozenset(which)
