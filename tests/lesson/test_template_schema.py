"""The JSON Schema that editors complete and check templates by."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from sheetgd.lesson.fields import SETTINGS, TABLES
from sheetgd.lesson.template import DATA, DATA_FILE, schema, settings_of_part
from tests.support.markdown import ROOT
from tests.support.template_schema import FILE, faults, schema_text

TEMPLATES = sorted((ROOT / "templates").glob("*.toml"))
DATA_PART: dict[str, Any] = {"x": [1, 2], "y": [2, 4.5]}


def test_its_file_is_up_to_date() -> None:
    told = "run: python -m tests.support.template_schema"
    assert FILE.read_text(encoding="utf-8") == schema_text(), told


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_every_shipped_template_obeys_it(path: Path) -> None:
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    found = list(faults(content, schema()))
    # The lesson for data of one's own is without any.
    assert found == (["it lacks one of ['data']"] if path.stem == "_own" else [])


def test_it_has_every_setting_with_its_help() -> None:
    parts = schema()["properties"]
    for table in TABLES:
        properties = parts[table]["properties"]
        assert properties.keys() == settings_of_part(table).keys()
        for name, rule in properties.items():
            assert rule["description"] == SETTINGS[name].help != ""
    assert parts["data"]["properties"].keys() == {**DATA, **DATA_FILE}.keys()


@pytest.mark.parametrize(
    ("part", "content", "says"),
    [
        ("training", {"lern": 0.1}, "training.lern is not known"),
        ("training", {"learning_rate": 0}, "training.learning_rate is none of"),
        ("training", {"learning_rate": "auto"}, None),
        ("training", {"epochs": 2.5}, "training.epochs is no integer"),
        ("training", {"epochs": -1}, "training.epochs is below 0"),
        ("training", {"stop_diverging": 1}, "training.stop_diverging is no boolean"),
        ("training", {"start": {"m": "1"}}, "training.start is none of"),
        ("training", {"start": {"m": 1, "b": 2}}, None),
        ("training", {"start": [1, 2]}, None),
        ("method", {"optimizer": "plain"}, "method.optimizer is not among"),
        ("method", {"batch_size": "all"}, None),
        ("method", {"batch_size": 0}, "method.batch_size is none of"),
        ("method", {"hyperparameters": {"beta": True}}, "method.hyperparameters.beta is no number"),
        ("display", {"rates": [0.1, 0]}, "display.rates[1] is not above 0"),
        ("grid", {"m": [1, 2], "over": "some"}, "grid.over is not among"),
        ("surface", {"over": ["m", "b"], "m": [0, 8], "steps": [3, 4]}, None),
        ("surface", {"m": 3}, "surface.m is no array"),
        ("variants", [{"optimizer": "adam"}], "variants[0] lacks one of ['title']"),
        (
            "expected",
            [{"what": "m", "column": "m"}],
            "expected[0] lacks one of ['what', 'column', 'epoch']",
        ),
        ("texts", {"intor": "x"}, "texts.intor is not known"),
        ("published", {"texts": {"intro": 3}}, "published.texts.intro is no string"),
        ("learning_rate", 0.1, "learning_rate is not known"),
    ],
)
def test_what_it_marks(part: str, content: object, says: str | None) -> None:
    found = list(faults({"data": DATA_PART, part: content}, schema()))
    if says is None:
        assert found == []
    else:
        (fault,) = found
        assert fault.startswith(f"it.{says}")
