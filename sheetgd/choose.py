"""Choosing a lesson: one that ships, a template file, or data of one's own, with changes."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from sheetgd.auto import fitted
from sheetgd.checks import check_uses_x
from sheetgd.choosable import AUTO, CHOOSABLE, with_pending
from sheetgd.data import Data
from sheetgd.doubts import doubts_of
from sheetgd.errors import LessonError, warn
from sheetgd.lesson import Lesson, Variant
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

_USUAL_LABEL = "The lesson"

_ABOUT_THE_MODEL: Mapping[str, Any] = {
    "title": "Gradient Descent",
    "published": None,
    "variants": (),
    "compared": (),
    "expected": (),
    "findings": (),
}
"""What of a lesson is about its model, and goes with it."""

_TEXTS_ABOUT: Mapping[str, Sequence[str]] = {
    "error": ("loss", "metric"),
    "descent": ("loss", "gradient", "batch", "shuffle", "optimizer"),
    "comparison": ("loss", "gradient", "batch", "shuffle", "optimizer"),
}
"""Texts of a lesson that speak of its choices; where one is another, the usual texts fit."""


def chosen_lesson(
    which: str | None,
    data: Data | None = None,
    changes: Mapping[str, Any] | None = None,
    *,
    alone: bool = False,
) -> Lesson:
    """The lesson that a command asks for.

    Args:
        which: the name of a shipped lesson, or the path of a template (it ends in .toml);
            None is the original, or the lesson for data of one's own if there are any.
        data: data in place of the lesson's own.
        changes: the attributes of the lesson that are to differ; of the hyperparameters,
            those not among them stay, unless the optimiser is another.
        alone: whether the lesson's variants make no difference to what is asked for.

    Returns:
        The lesson; a learning rate and a nudge for data of one's own are chosen unless they are
        given. With other data, what is known and published of the old ones is left out; with
        another model, the texts and pages that were about the old one, too; with other choices
        of a step, the texts that speak of them.

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
    if "hyper" in given and given.get("optimizer", lesson.optimizer) == lesson.optimizer:
        given["hyper"] = {**lesson.hyper, **given["hyper"]}
    chosen = lesson.changed(**given)
    chosen = chosen.changed(**_told_otherwise(lesson, chosen))
    _check_used(chosen, given, alone=alone)
    columns = () if data is None else data.columns
    check_uses_x(chosen.form, chosen.x_name, chosen.y_name, columns)
    for doubt in doubts_of(chosen, columns):
        warn(doubt)
    return fitted(chosen)


def _told_otherwise(lesson: Lesson, chosen: Lesson) -> dict[str, Any]:
    """The texts and the label of a lesson that its choices have changed under."""
    differs = {
        each.name
        for each in fields(Lesson)
        if getattr(lesson, each.name) != getattr(chosen, each.name)
    }
    if "model" in differs:
        return {}
    told: dict[str, Any] = {}
    stale = [key for key, about in _TEXTS_ABOUT.items() if differs.intersection(about)]
    if stale:
        told["texts"] = {**chosen.texts, **{key: usual_texts()[key] for key in stale}}
    # A lesson with variants is called after what they have otherwise.
    parted = {name for variant in chosen.variants for name in variant.changes}
    if "seed" in parted:
        parted.add("start")
    if differs & parted:
        told["label"] = _USUAL_LABEL
    return told


def _check_used(lesson: Lesson, given: Mapping[str, Any], *, alone: bool) -> None:
    """Refuse settings that nothing reads, and warn of one that makes no difference."""
    told = [lesson] if alone else [lesson, *map(lesson.varied, lesson.variants)]
    if "nudge" in given and not any("nudge" in each.settings for each in told):
        raise LessonError(
            f"nudge is for finite differences, and the gradient is {lesson.gradient}: leave it "
            "out, or choose the gradient forward or central"
        )
    if given.get("shuffle") is not None and lesson.batch_size == lesson.rows:
        warn(
            "shuffle makes no difference where all rows make one step: choose a smaller batch, or "
            "leave it out"
        )


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
