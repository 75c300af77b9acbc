"""Choosing a lesson: one that ships, a template file, or data of one's own, with changes."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sheetgd.data import Data
from sheetgd.lesson import Lesson
from sheetgd.maths.model import model_of
from sheetgd.template import (
    NEW,
    TEMPLATE_SUFFIX,
    own_lesson,
    read_template,
    shipped_template,
    usual_texts,
)

DEFAULT = "original"

_ABOUT_THE_MODEL: Mapping[str, Any] = {
    "title": "Gradient Descent",
    "published": None,
    "variants": (),
    "compared": (),
    "expected": (),
    "findings": (),
}
"""What of a lesson is about its model, and goes with it."""


def chosen_lesson(
    which: str | None, data: Data | None = None, changes: Mapping[str, Any] | None = None
) -> Lesson:
    """The lesson that a command asks for.

    Args:
        which: the name of a shipped lesson, or the path of a template (it ends in .toml);
            None is the original, or the lesson for data of one's own if there are any.
        data: data in place of the lesson's own.
        changes: the attributes of the lesson that are to differ.

    Returns:
        The lesson. With other data, what is known and published of the old ones is left
        out; with another model, the texts and pages that were about the old one, too.

    Raises:
        LessonError: when there is no such lesson, or a change is not acceptable.

    >>> chosen_lesson(None, changes={"model": "quadratic", "learn": 1e-7}).form.text
    'a*x^2+b*x+c'
    """
    given = dict(changes or {})
    if which is None and data is not None:
        lesson = own_lesson(data, given.get("model"))
    else:
        lesson = _unchanged(which or DEFAULT, data)
    if "model" in given and model_of(given["model"]) != lesson.form:
        given = {**_ABOUT_THE_MODEL, "texts": usual_texts(), **given}
    return lesson.changed(**given)


def _unchanged(name: str, data: Data | None) -> Lesson:
    path = Path(name) if name.endswith(TEMPLATE_SUFFIX) else shipped_template(name)
    lesson = read_template(path, data)
    if data is None:
        return lesson
    return lesson.changed(published=None, expected=(), grid=(), rates=(), reconstructed=frozenset())


def new_template() -> str:
    """The text of the commented template that `sheetgd new` writes."""
    return shipped_template(NEW).read_text(encoding="utf-8")
