"""Reading a lesson from a TOML template: its keys, and what is accepted under each."""

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sheetgd.descent.model import LINE, Model, model_of
from sheetgd.errors import LessonError, SheetgdError, did_you_mean
from sheetgd.files import read_file
from sheetgd.lesson.checks import as_float, check_choice
from sheetgd.lesson.lesson import Lesson, Variant
from sheetgd.lesson.parts import AUTO, CHOOSABLE, USUAL_STEPS, Expected, View, with_pending
from sheetgd.reading.columns import Data
from sheetgd.reading.data_file import read_csv


def template_folder() -> Traversable:
    """The folder of the shipped lesson templates.

    A wheel carries it inside the package; a checkout has it beside the package, where
    users look for it.
    """
    inside = files("sheetgd") / "templates"
    return inside if inside.is_dir() else Path(__file__).resolve().parents[2] / "templates"


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_list_of(holds: Callable[[object], bool]) -> Callable[[object], bool]:
    return lambda value: isinstance(value, list) and all(map(holds, value))


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of value: how a message calls it, and whether a value is of it."""

    name: str
    holds: Callable[[object], bool]


TEXT = Kind("a text", lambda value: isinstance(value, str))
NUMBER = Kind("a number", _is_number)
NUMBER_OR_AUTO = Kind(f'a number or "{AUTO}"', lambda value: _is_number(value) or value == AUTO)
WHOLE = Kind("a whole number", _is_whole)
YES_OR_NO = Kind("true or false", lambda value: isinstance(value, bool))
TABLE = Kind("a table", lambda value: isinstance(value, dict))
NUMBERS = Kind("a list of numbers", _is_list_of(_is_number))
WHOLES = Kind("a list of whole numbers", _is_list_of(_is_whole))
TEXTS = Kind("a list of texts", _is_list_of(TEXT.holds))
TABLES = Kind("a list of tables", _is_list_of(TABLE.holds))
BATCH = Kind('a whole number or "all"', lambda value: _is_whole(value) or isinstance(value, str))
ROWS = Kind(
    "true or a list of row numbers",
    lambda value: isinstance(value, bool) or WHOLES.holds(value),
)

CHOICES: Mapping[str, Kind] = {
    "model": TEXT,
    "loss": TEXT,
    "metric": TEXT,
    "metric_label": TEXT,
    "gradient": TEXT,
    "batch": BATCH,
    "shuffle": WHOLE,
    "optimizer": TEXT,
    "hyper": TABLE,
    "start": TABLE,
    "seed": WHOLE,
    "guess": TABLE,
    "learn": NUMBER_OR_AUTO,
    "nudge": NUMBER_OR_AUTO,
    "epochs": WHOLE,
    "clicks": WHOLE,
    "capacity": WHOLE,
    "tolerance": NUMBER,
    "patience": WHOLE,
    "stop_diverging": YES_OR_NO,
}
"""The choices and settings of a lesson, and of a variant of it."""

LESSON: Mapping[str, Kind] = {
    "title": TEXT,
    "summary": TEXT,
    "label": TEXT,
    **CHOICES,
    "sample": WHOLE,
    "panels": WHOLES,
    "rates": NUMBERS,
    "rate_epochs": WHOLE,
    "controls": YES_OR_NO,
    "compared": TEXTS,
    "two_descents": YES_OR_NO,
    "data": TABLE,
    "grid": TABLE,
    "surface": TABLE,
    "texts": TABLE,
    "published": TABLE,
    "variants": TABLES,
    "expected": TABLES,
}
DATA: Mapping[str, Kind] = {
    "x": NUMBERS,
    "y": NUMBERS,
    "x_name": TEXT,
    "y_name": TEXT,
    "reconstructed": ROWS,
}
DATA_FILE: Mapping[str, Kind] = {
    "csv": TEXT,
    "x": TEXT,
    "y": TEXT,
    "delimiter": TEXT,
    "decimal": TEXT,
    "header": YES_OR_NO,
    "reconstructed": ROWS,
}
PUBLISHED: Mapping[str, Kind] = {
    "title": TEXT,
    **{key: CHOICES[key] for key in ("gradient", "start", "epochs", "clicks")},
    **dict.fromkeys(("learn", "nudge"), NUMBER),
    "texts": TABLE,
    "findings": TEXTS,
}
VARIANT: Mapping[str, Kind] = {"title": TEXT, **CHOICES}
EXPECTED: Mapping[str, Kind] = {
    "what": TEXT,
    "column": TEXT,
    "epoch": WHOLE,
    "row": WHOLE,
    "value": NUMBER,
    "values": NUMBERS,
    "decimals": WHOLE,
    "tolerance": NUMBER,
}


def check_part(part: str, content: Mapping[str, Any], accepted: Mapping[str, Kind]) -> None:
    """Raise LessonError for a key that is not known, or a value that is not of its kind.

    Args:
        part: the part of the template, such as ``data``; empty for the top.
        content: what it holds.
        accepted: the keys it may hold and their kinds.

    >>> check_part("", {"learn": 0.1}, LESSON)
    """
    check_keys(part, content, accepted)
    for key, value in content.items():
        if not accepted[key].holds(value):
            place = f"{part}.{key}" if part else key
            raise LessonError(f"{place} is {_shown(value)}: it must be {accepted[key].name}")


def check_keys(part: str, content: Mapping[str, Any], accepted: Iterable[str]) -> None:
    """Raise LessonError for a key that is not known; name those that are."""
    names = list(accepted)
    for key in content:
        if key not in names:
            place = f"[{part}] has" if part else "there is"
            raise LessonError(
                f"{place} a key {key!r} that is not known: accepted are {', '.join(names)}"
                f"{did_you_mean(key, names)}"
            )


def check_there(part: str, content: Mapping[str, Any], needed: Iterable[str]) -> None:
    """Raise LessonError for a key that is missing."""
    for key in needed:
        if key not in content:
            raise LessonError(f"[{part}] has no {key}: it needs {', '.join(needed)}")


def check_numbers_by_name(
    part: str, content: Mapping[str, Any], names: Iterable[str]
) -> list[float]:
    """One number for each of the names, in their order."""
    wanted = list(names)
    check_part(part, content, dict.fromkeys(wanted, NUMBER))
    check_there(part, content, wanted)
    return [as_float(content[name]) for name in wanted]


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."  # noqa: PLR2004  a line has an end


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

_SAME_IN_LESSON = tuple(key for key in LESSON if LESSON[key] not in {TABLE, TABLES})
"""The keys whose value the lesson takes as it is."""


def shipped_names() -> list[str]:
    """The names of the lessons that come with sheetgd.

    Examples:
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


def new_template() -> str:
    """Return the text of the commented template that `sheetgd new` writes."""
    return shipped_template(NEW).read_text(encoding="utf-8")


def read_template(path: Traversable, data: Data | None = None) -> Lesson:
    """Read a template.

    Args:
        path: the TOML file.
        data: data rows in place of the template's own.

    Returns:
        The lesson; a learning rate and a nudge that the template leaves out are still to be
        chosen. Texts that the template leaves out are the usual ones. A
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
    check_part("", content, LESSON)
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
        check_part("published", part, PUBLISHED)
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
            settings[key] = check_numbers_by_name(place, content[key], model.parameters)
    if "hyper" in content:
        kinds = dict.fromkeys(content["hyper"], NUMBER)
        check_part(f"{part}.hyper" if part else "hyper", content["hyper"], kinds)
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
    check_part(part, content, VARIANT)
    check_there(part, content, ["title"])
    changed = model_of(content["model"]) if "model" in content else model
    changes = with_pending(_settings(part, content, changed))
    title = changes.pop("title")
    return Variant(title=title, changes=MappingProxyType(changes))


def _expected(part: str, content: Mapping[str, Any]) -> list[Expected]:
    """The figures of an entry: one, or one for each epoch or row on from the first."""
    check_part(part, content, EXPECTED)
    check_there(part, content, ["what", "column", "epoch"])
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
    kinds = dict.fromkeys(model.parameters, NUMBERS) | {"over": TEXT}
    check_part("grid", content, kinds)
    check_there("grid", content, model.parameters)
    check_choice("grid.over", content.get("over", "all"), ("all", "sample"))
    return {
        "grid_over_all": content.get("over", "all") == "all",
        "grid": [content[name] for name in model.parameters],
    }


def _view(content: Mapping[str, Any], model: Model) -> View:
    kinds = dict.fromkeys(model.parameters, NUMBERS)
    kinds |= {"over": TEXTS, "steps": WHOLES}
    check_part("surface", content, kinds)
    ranges = {name: content[name] for name in model.parameters if name in content}
    return View(
        over=content.get("over", ()), steps=content.get("steps", USUAL_STEPS), ranges=ranges
    )


def _texts(content: Mapping[str, Any], others: Mapping[str, str]) -> Mapping[str, str]:
    """A part's texts, and the others' where it has none."""
    texts = content.get("texts", {})
    check_part("texts", texts, dict.fromkeys(usual_texts(), TEXT))
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
    check_part("data", data, DATA)
    check_there("data", data, ["x", "y"])
    names = {key: data[key] for key in ("x_name", "y_name") if key in data}
    return {
        "x": data["x"],
        "y": data["y"],
        **names,
        "reconstructed": _rows(data.get("reconstructed", False), data["x"]),
    }


def _data_from_file(path: Traversable, content: Mapping[str, Any]) -> dict[str, Any]:
    check_part("data", content, DATA_FILE)
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
