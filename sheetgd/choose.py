"""Choosing a lesson: one that ships, a template file, or data of one's own, with changes."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sheetgd.auto import fitted
from sheetgd.data import Data
from sheetgd.lesson import Lesson
from sheetgd.maths.model import model_of
from sheetgd.records import AUTO, CHOOSABLE, Variant, with_pending
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
        The lesson; a learning rate and a nudge for data of one's own are chosen unless they are
        given. With other data, what is known and published of the old ones is left
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
    return fitted(lesson.changed(**given))


def _unchanged(name: str, data: Data | None) -> Lesson:
    path = Path(name) if name.endswith(TEMPLATE_SUFFIX) else shipped_template(name)
    lesson = read_template(path, data)
    if data is None:
        return lesson
    known = {"published": None, "expected": (), "grid": (), "rates": ()}
    lesson = lesson.changed(**known, reconstructed=frozenset())
    return lesson if name.endswith(TEMPLATE_SUFFIX) else _to_be_chosen(lesson)


def _to_be_chosen(lesson: Lesson) -> Lesson:
    """A shipped lesson without the rates and the nudge that suit its own data."""
    variants = tuple(
        Variant(
            title=each.title,
            changes=with_pending({**each.changes, **_all_auto(each.changes)}),
        )
        for each in lesson.variants
    )
    return lesson.changed(variants=variants, **dict.fromkeys(CHOOSABLE, AUTO))


def _all_auto(settings: Mapping[str, Any]) -> dict[str, str]:
    return {name: AUTO for name in CHOOSABLE if name in settings}


def new_template() -> str:
    """The text of the commented template that `sheetgd new` writes."""
    return shipped_template(NEW).read_text(encoding="utf-8")
