"""Reading a lesson from a TOML template: its keys, and what is accepted under each."""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from os import PathLike
from os.path import realpath
from pathlib import Path
from typing import Any, Final

from sheetgd.descent.model import LINE, Y_PRED, Model, model_of
from sheetgd.errors import LessonError, SheetgdError, did_you_mean
from sheetgd.expression.functions import ROUNDING
from sheetgd.files import read_file
from sheetgd.lesson.checks import check_expected
from sheetgd.lesson.data import (
    NUMBERS_OR_COLUMNS,
    TEXT_OR_TEXTS,
    TEXTS_OF_COLUMNS,
    data_settings,
    input_columns,
    symbols_of,
)
from sheetgd.lesson.fields import (
    ALIASES,
    CALLED_ELSEWHERE,
    CHOOSABLE,
    SETTINGS,
    TABLES,
    marks_column,
)
from sheetgd.lesson.lesson import Lesson
from sheetgd.lesson.values import (
    ABOVE_0,
    AUTO,
    EPOCHS,
    FROM_0,
    NUMBER,
    NUMBERS,
    ROWS_OR_ALL,
    TEXT,
    TEXTS,
    TEXTS_BY_NAME,
    USUAL_STEPS,
    Expected,
    FrozenMapping,
    Kind,
    Variant,
    View,
    check_choice,
    sequence,
    shown,
    typed,
    whole_from,
)
from sheetgd.reading.columns import Data
from sheetgd.reading.data_file import read_data


def template_folder() -> Traversable:
    """Return the folder of the shipped lesson templates.

    A wheel carries it inside the package; a checkout has it beside the package, where
    users look for it.
    """
    inside = files("sheetgd") / "templates"
    return inside if inside.is_dir() else Path(__file__).resolve().parents[2] / "templates"


def _of_table(*names: str) -> Mapping[str, Kind]:
    return {name: SETTINGS[name].kind for name in names}


_TABLE = Kind(called="a table", validated=typed(dict), schema={"type": "object"})
_TABLE_LIST = Kind(
    called="a list of tables", validated=sequence(typed(dict)), schema={"type": "array"}
)

_TABLES = (
    "display",
    "method",
    "model",
    "training",
    "data",
    "grid",
    "surface",
    "texts",
    "published",
)
PARTS: Mapping[str, Kind] = {
    **dict.fromkeys(_TABLES, _TABLE),
    **dict.fromkeys(("variants", "expected"), _TABLE_LIST),
}
"""The parts of a template. Those of settings are the records of a lesson."""

_PARTS_OF_THEIR_OWN = (
    "grid",
    "grid_over_all",
    "surface",
    "published",
    "variants",
    "expected",
    "texts",
    "findings",
)
"""Settings of the display that have a part of their own."""

DATA: Mapping[str, Kind] = {
    "x": NUMBERS_OR_COLUMNS,
    "y": NUMBERS,
    "x_name": TEXT,
    "y_name": TEXT,
    **_of_table("classes"),
    "reconstructed": ROWS_OR_ALL,
}
DATA_FILE: Mapping[str, Kind] = {
    **dict.fromkeys(("csv", "y", "sheet", "range", "encoding", "missing"), TEXT),
    **dict.fromkeys(("delimiter", "decimal", "thousands"), TEXT),
    "x": TEXT_OR_TEXTS,
    "categories": TEXTS_OF_COLUMNS,
    "header": Kind(called="true, false or a line's number", validated=typed(int), schema={}),
    "skip": whole_from(0),
    "reconstructed": ROWS_OR_ALL,
}
PUBLISHED: Mapping[str, Kind] = {
    **_of_table("title", "gradient", "start", "epochs", "clicks"),
    # What was published is a number.
    **dict.fromkeys(CHOOSABLE, ABOVE_0),
    "texts": _TABLE,
    "findings": TEXTS,
}
VARIANT: Mapping[str, Kind] = {
    "title": TEXT,
    **{name: each.kind for name, each in SETTINGS.items() if each.varies},
}
EXPECTED: Mapping[str, Kind] = {
    "what": TEXT,
    "column": TEXT,
    **dict.fromkeys(("epoch", "row"), whole_from(0)),
    "value": NUMBER,
    "values": NUMBERS,
    "decimals": whole_from(-300),
    "tolerance": FROM_0,
}
Place = str | PathLike[str] | Traversable
_NEEDED_OF_VARIANT = ("title",)
_NEEDED_OF_EXPECTED = ("what", "column", "epoch")
_GRID_OVER = ("all", "sample")


def settings_of_part(table: str) -> Mapping[str, Kind]:
    """Return the settings that stand in a part of a template, and their kinds."""
    return {
        name: each.kind
        for name, each in SETTINGS.items()
        if each.table == table and name not in _PARTS_OF_THEIR_OWN
    }


def check_part(part: str, content: Mapping[str, Any], accepted: Mapping[str, Kind]) -> None:
    """Raise LessonError for a key that is not known, or a value that is not of its kind.

    Args:
        part: the part of the template, such as ``data``; empty for the top.
        content: what it holds.
        accepted: the keys it may hold and their kinds.

    >>> check_part("training", {"learning_rate": 0.1}, settings_of_part("training"))
    """
    for key, value in content.items():
        if key not in accepted:
            raise LessonError(_unknown(part, key, accepted))
        place = f"{part}.{key}" if part else key
        try:
            accepted[key].validated(value)
        except ValueError:
            raise LessonError(
                f"{place} is {shown(value)}: it must be {accepted[key].called}"
            ) from None


def _unknown(part: str, key: str, accepted: Iterable[str]) -> str:
    """Return the message on a key that is not known in its part."""
    names = list(accepted)
    place = f"[{part}] has" if part else "there is"
    meant = ALIASES.get(key, CALLED_ELSEWHERE.get(key, _TEXTS_BEFORE.get(key, key)))
    setting = SETTINGS.get(meant)
    if setting is not None and setting.name not in names and setting.table in PARTS:
        return (
            f"{place} a key {key!r}, which belongs into another part: write {setting.name} in "
            f"[{setting.table}]"
        )
    if meant in names:
        return f"{place} a key {key!r} that is not known: write {meant}"
    hint = did_you_mean(key, names)
    near = get_close_matches(key, [*SETTINGS, *ALIASES], n=1)
    if near and not hint:
        nearest = SETTINGS[ALIASES.get(near[0], near[0])]
        hint = f"; did you mean {nearest.name}" + (
            "?" if nearest.name in names else f" in [{nearest.table}]?"
        )
    return f"{place} a key {key!r} that is not known: accepted are {', '.join(names)}{hint}"


def check_there(part: str, content: Mapping[str, Any], needed: Iterable[str]) -> None:
    """Raise LessonError for a key that is missing."""
    for key in needed:
        if key not in content:
            raise LessonError(f"[{part}] has no {key}: it needs {', '.join(needed)}")


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


def shipped_names() -> list[str]:
    """List the names of the lessons that come with sheetgd.

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
    """Return a lesson that comes with sheetgd, such as ``original``.

    Args:
        name: the template's name without its ending.
        data: data rows in place of the template's own.

    Raises:
        LessonError: when there is no such template, or when it has no data of its own
            and none was given.

    >>> shipped_lesson("original").display.published.epochs_run
    15
    """
    return read_template(shipped_template(name), data)


def shipped_template(name: str) -> Traversable:
    """Return the file of a lesson that comes with sheetgd."""
    if not name.startswith("_"):
        check_choice("lesson", name, shipped_names())
    return template_folder() / f"{name}{TEMPLATE_SUFFIX}"


def new_template() -> str:
    """Return the text of the commented template that `sheetgd new` writes."""
    return shipped_template(NEW).read_text(encoding="utf-8")


def read_template(path: Place, data: Data | None = None, *, allow_outside: bool = False) -> Lesson:
    """Read a template.

    Args:
        path: the TOML file.
        data: data rows in place of the template's own; what is about those is left out.
        allow_outside: whether its data file may stand outside of the template's folder.

    Returns:
        The lesson. A learning rate and a difference step that the template leaves out are chosen
        for the data. Texts that it leaves out are the usual ones. A ``[published]`` part becomes
        its `published` lesson: the same one with the settings and texts that the part names
        replaced.

    Raises:
        LessonError: when the file cannot be read, or a key or value is not acceptable;
            the message names file and key.
        DataError: when its data file cannot be read.
    """
    return template_lesson(path, data, allow_outside=allow_outside).with_chosen()


def template_lesson(path: Place, data: Data | None, *, allow_outside: bool) -> Lesson:
    """Read a template as `read_template` does; what is to be chosen is still to be chosen."""
    place = Path(path) if isinstance(path, str | PathLike) else path
    content = _content(place)
    try:
        check_part("", content, PARTS)
        rows = data_settings(data) if data else _data(place, content, allow_outside=allow_outside)
        return _lesson(content, rows, own_rows=data is None)
    except LessonError as error:
        raise LessonError(f"{place}: {error}") from None


def own_lesson(data: Data, model: str | None = None) -> Lesson:
    """Return the lesson for data of one's own.

    Args:
        data: the data rows.
        model: the model in place of a line.

    Raises:
        LessonError: when the data are not acceptable. It names no template, as there is none
            that a user could change.

    >>> own_lesson(Data((2.0,), (4.0,), "x", "y"), "w*x").n_rows
    1
    """
    content = _content(shipped_template(OWN))
    content |= {} if model is None else {"method": {"model": model}}
    return _lesson(content, data_settings(data), own_rows=False)


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


def _lesson(content: Mapping[str, Any], rows: dict[str, Any], *, own_rows: bool) -> Lesson:
    settings: dict[str, Any] = dict.fromkeys(CHOOSABLE, AUTO)
    for table in TABLES:
        part = dict(content.get(table, {}))
        if "validation" in rows:
            part.pop("validation", None)
        check_part(table, part, settings_of_part(table))
        settings |= part
    if "model" in content:
        settings["model"] = _columns_of_model(content)
    settings |= rows if own_rows else {**rows, "rates": ()}
    columns = input_columns(settings["x"], settings.get("x_name"))
    model = model_of(settings.get("model", LINE.name), symbols_of([each.name for each in columns]))
    settings["texts"] = _texts(content, usual_texts())
    if "grid" in content and own_rows:
        settings |= _grid(content["grid"], model)
    if "surface" in content:
        settings["surface"] = _view(content["surface"], model)
    settings["variants"] = [
        _variant(number, part) for number, part in enumerate(content.get("variants", ()), start=1)
    ]
    settings["expected"] = [
        each
        for number, part in enumerate(content.get("expected", ()) if own_rows else (), start=1)
        for each in _expected(f"expected {number}", part)
    ]
    if "published" in content and own_rows:
        part = content["published"]
        check_part("published", part, PUBLISHED)
        own = {name: value for name, value in part.items() if name not in {"texts", "findings"}}
        changed = {**settings, **_anew(own), "two_descents": False}
        changed["texts"] = _texts(part, settings["texts"])
        settings["published"] = Lesson.of(changed)
        settings["findings"] = part.get("findings", ())
        original = _content(shipped_template("original"))["data"]
        if not own or model != LINE or any([*rows[name]] != original[name] for name in "xy"):
            raise LessonError(
                "[published] is for the line and the rows of the lesson original, and names what "
                "was published otherwise, such as gradient: leave [published] out"
            )
    lesson = Lesson.of(settings)
    check_expected(lesson.display.expected, lesson.capacity, lesson.n_rows)
    return lesson


def _columns_of_model(content: Mapping[str, Any]) -> str:
    """Write the columns of the part [model] as the model's text."""
    columns = content["model"]
    check_part("model", columns, dict.fromkeys(columns, TEXT))
    if "model" in content.get("method", {}):
        raise LessonError("there is a [model], and model in [method]: leave out one of the two")
    check_there("model", columns, [Y_PRED])
    *_, last = columns
    if last != Y_PRED:
        raise LessonError(f"[model] ends with {last}: put {Y_PRED} last")
    return "; ".join(f"{name} = {formula}" for name, formula in columns.items())


def _anew(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings with what is without them where another part has it."""
    found = dict(settings)
    if "seed" in settings and "start" not in settings:
        found["start"] = ()
    if "start" in settings and "seed" not in settings:
        found["seed"] = None
    if "epochs" in settings and "clicks" not in settings:
        found["clicks"] = 1
    return found


def _variant(number: int, content: Mapping[str, Any]) -> Variant:
    part = f"variants {number}"
    check_part(part, content, VARIANT)
    check_there(part, content, _NEEDED_OF_VARIANT)
    changes = {name: value for name, value in content.items() if name != "title"}
    return Variant(title=content["title"], changes=_anew(changes))


def _expected(part: str, content: Mapping[str, Any]) -> list[Expected]:
    """Read the numbers of an entry: one, or one for each epoch or row on from the first."""
    check_part(part, content, EXPECTED)
    check_there(part, content, _NEEDED_OF_EXPECTED)
    if ("value" in content) == ("values" in content):
        raise LessonError(f"[{part}] needs either value or values")
    if ("decimals" in content) == ("tolerance" in content):
        raise LessonError(f"[{part}] needs either decimals or tolerance")
    row, values = content.get("row", 0), content.get("values", [content.get("value")])
    tolerance = content.get("tolerance", 0)
    if "decimals" in content:
        # Half a unit of the last digit, and a trifle more: a tie may be printed either way.
        tolerance = (0.5 + ROUNDING) * float(f"1e{-content['decimals']}")
    return [
        Expected(
            what=content["what"],
            column=content["column"],
            epoch=content["epoch"] + (0 if row else place),
            row=row + place if row else 0,
            value=float(each),
            tolerance=float(tolerance),
        )
        for place, each in enumerate(values)
    ]


def _grid(content: Mapping[str, Any], model: Model) -> dict[str, Any]:
    kinds = dict.fromkeys(model.parameters, NUMBERS) | {"over": TEXT}
    check_part("grid", content, kinds)
    check_there("grid", content, model.parameters)
    check_choice("grid.over", content.get("over", "all"), _GRID_OVER)
    return {
        "grid_over_all": content.get("over", "all") == "all",
        "grid": [content[name] for name in model.parameters],
    }


def _view(content: Mapping[str, Any], model: Model) -> View:
    kinds = dict.fromkeys(model.parameters, NUMBERS)
    kinds |= {"over": TEXTS, "steps": EPOCHS}
    check_part("surface", content, kinds)
    ranges = {name: content[name] for name in model.parameters if name in content}
    return View(
        over=content.get("over", ()), steps=content.get("steps", USUAL_STEPS), ranges=ranges
    )


_TEXTS_BEFORE: Final = {
    "landscape": "map",
    "slopes": "derivatives",
    "rest": "stationary_point",
    "no_rest": "no_stationary_point",
    "story": "two_descents",
}
"""What texts were called before 0.3."""


def _texts(content: Mapping[str, Any], others: Mapping[str, str]) -> Mapping[str, str]:
    """Return a part's texts, and the others' where it has none."""
    texts = content.get("texts", {})
    check_part("texts", texts, dict.fromkeys(usual_texts(), TEXT))
    return FrozenMapping({**others, **{key: text.strip() for key, text in texts.items()}})


@cache
def usual_texts() -> Mapping[str, str]:
    """Return the texts of lessons that have none of their own."""
    texts = _content(shipped_template(OWN))["texts"]
    return FrozenMapping({key: text.strip() for key, text in texts.items()})


def _data(path: Traversable, content: Mapping[str, Any], *, allow_outside: bool) -> dict[str, Any]:
    if "data" not in content:
        raise LessonError("there is no [data]: give x and y there, or csv, the name of a file")
    data = content["data"]
    check_part("data", data, DATA_FILE if "csv" in data else DATA)
    if "csv" in data:
        marks = marks_column(content.get("training", {}).get("validation"))
        own = {**data, "block": data.get("range"), "validation": marks}
        options = {key: own[key] for key in own if key not in {"csv", "range", "reconstructed"}}
        folder = Path(str(path)).parent
        file = folder / data["csv"]
        try:
            # Links are followed; and a name that no file can have is a ValueError.
            if not (allow_outside or Path(realpath(file)).is_relative_to(realpath(folder))):
                raise LessonError(
                    f"{file} is not in the template's folder: move it, or say allow_outside=True"
                )
            found = data_settings(read_data(file, **options))
        except (SheetgdError, ValueError) as error:
            raise LessonError(f"data.csv: {error}") from None
    else:
        check_there("data", data, ["x", "y"])
        found = dict(data)
    which = data.get("reconstructed", ())
    every = range(1, len(found["y"]) + 1)
    return {**found, "reconstructed": every if which is True else which or ()}


def schema() -> dict[str, Any]:
    """Return the JSON Schema of templates, from which editors complete and check them."""
    parts: dict[str, Any] = {}
    for table in TABLES:
        parts[table] = _object(
            {
                name: {"description": SETTINGS[name].help, **kind.schema}
                for name, kind in settings_of_part(table).items()
            }
        )
    # A row's numbers stand here, or in a file.
    parts["data"] = _object({name: kind.schema for name, kind in {**DATA, **DATA_FILE}.items()})
    parts["data"]["properties"] |= {
        name: {"anyOf": [DATA[name].schema, DATA_FILE[name].schema]} for name in ("x", "y")
    }
    # Parameters are called as the model says.
    parameters = {"additionalProperties": NUMBERS.schema}
    parts["grid"] = {**_object({"over": {"enum": list(_GRID_OVER)}}), **parameters}
    view = {"over": TEXTS.schema, "steps": EPOCHS.schema}
    parts["surface"] = {**_object(view), **parameters}
    parts["texts"] = _object(dict.fromkeys(usual_texts(), TEXT.schema))
    parts["model"] = TEXTS_BY_NAME.schema
    parts["published"] = _object({name: kind.schema for name, kind in PUBLISHED.items()})
    parts["published"]["properties"]["texts"] = parts["texts"]
    parts["variants"] = _objects(VARIANT, _NEEDED_OF_VARIANT)
    parts["expected"] = _objects(EXPECTED, _NEEDED_OF_EXPECTED)
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "A lesson of sheetgd",
        **_object(parts),
        "required": ["data"],
    }


def _object(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "properties": dict(properties)}


def _objects(kinds: Mapping[str, Kind], needed: Sequence[str]) -> dict[str, Any]:
    items = _object({name: kind.schema for name, kind in kinds.items()})
    return {"type": "array", "items": {**items, "required": list(needed)}}
