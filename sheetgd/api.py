"""The library as a person types it: a lesson that runs and builds itself."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from functools import wraps
from html import escape
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Self

from sheetgd.engine.automatic import fitted, nudge_advice
from sheetgd.engine.run import Descent
from sheetgd.engine.run import descend as quiet
from sheetgd.errors import LessonError, did_you_mean, warn
from sheetgd.lesson import lesson as frozen
from sheetgd.lesson import template
from sheetgd.lesson.checks import check_uses_x
from sheetgd.lesson.lesson import doubts_of
from sheetgd.lesson.parts import AUTO, CHOOSABLE, Auto, with_pending
from sheetgd.reading.columns import Data, Frame, from_frame
from sheetgd.xlsx.write import Built, build_workbook

_SETTINGS = tuple(each.name for each in fields(frozen.Lesson))

_NO_MATTER = {
    "guess", "title", "summary", "label", "x_name", "y_name", "metric_label", "learn", "auto",
    "tolerance", "patience", "stop_diverging", "grid", "grid_over_all", "view", "sample", "panels",
    "rates", "rate_epochs", "reconstructed", "published", "variants", "compared", "expected",
    "texts", "findings",
}  # fmt: skip
"""Attributes that make no other learning rate right."""


class Lesson(frozen.Lesson):
    """A lesson; everything it can be told is listed at `sheetgd.lesson.lesson.Lesson`.

    Args:
        data: a pandas DataFrame, or a mapping of column names to numbers.
        x: the name of its column that becomes x; without data, the numbers themselves.
        y: the same for y.
        settings: model, loss, batch, optimizer, learn, epochs and so on. Without learn and
            nudge, or with ``"auto"`` for them, they are chosen for the data: `auto` tells how.

    Raises:
        DataError: when the data lacks a column or a number.
        LessonError: when a setting is not known, or its value not acceptable.

    Examples:
        >>> frame = {"month": [1, 2, 3], "sales": [3, 5, 7]}
        >>> lesson = Lesson(frame, x="month", y="sales", learn=0.05)
        >>> [round(value, 2) for value in lesson.run(epochs=500).states[-1]]
        [2.0, 1.0]
    """

    def __init__(
        self,
        data: Frame | None = None,
        *,
        x: Sequence[float] | str | None = None,
        y: Sequence[float] | str | None = None,
        **settings: Any,  # noqa: ANN401  the frozen lesson checks each
    ) -> None:
        """Take the columns from the data, and let the frozen lesson check everything."""
        for name in settings:
            if name not in _SETTINGS:
                raise LessonError(
                    f"a lesson has no setting {name!r}: choose from {', '.join(_SETTINGS)}"
                    f"{did_you_mean(name, _SETTINGS)}"
                )
        table = None if data is None else _taken(data, x, y)
        rows = _given(x, y) if table is None else table.attributes()
        given = with_pending({**dict.fromkeys(CHOOSABLE, AUTO), **rows, **settings})
        if _is_pending(given):
            given = _attributes(fitted(frozen.Lesson(**given)))
        super().__init__(**given)
        columns = () if table is None else table.columns
        check_uses_x(self.form, self.x_name, self.y_name, columns)
        for doubt in doubts_of(self, columns):
            warn(doubt)
        astray = None if "nudge" in self.auto else nudge_advice(self)
        if astray is not None:
            warn(astray)

    @classmethod
    def of(cls, lesson: frozen.Lesson) -> Self:
        """A frozen lesson as one that runs and builds itself."""
        return cls(**_attributes(lesson))

    def changed(self, **changes: Any) -> Self:  # noqa: ANN401  any attribute of any type
        """This lesson with some attributes changed: see `sheetgd.lesson.lesson.Lesson.changed`.

        What was chosen for the data is chosen anew where the changes make others right.
        """
        again = {} if _NO_MATTER.issuperset(changes) else dict.fromkeys(self.auto, AUTO)
        return super().changed(**{**again, **changes})

    def run(self, epochs: int | None = None) -> Descent:
        """Run the descent: see `sheetgd.descend`."""
        return descend(self, epochs)

    def build(self, path: Path | str, *, force: bool = False) -> Built:
        """Build the workbook: see `sheetgd.build_workbook`."""
        return build_workbook(self, Path(path), force=force)

    def _repr_html_(self) -> str:
        """The lesson's data, for a notebook to show."""
        import pandas as pd  # noqa: PLC0415  building a workbook needs no pandas

        table = pd.DataFrame({self.x_name: self.x, self.y_name: self.y})
        return f"<b>{escape(self.title)}</b>: y = {self.form.text}{table.to_html(max_rows=10)}"


@wraps(quiet)
def descend(*settings: Any, **named: Any) -> Descent:  # noqa: ANN401  those of the other
    """Run as `sheetgd.engine.run.descend` does, and warn where the run diverges."""
    return replace(quiet(*settings, **named), warns=True)


def _is_pending(settings: Mapping[str, Any]) -> bool:
    """Whether something of a lesson, or of a variant of it, is still to be chosen."""
    changes = (each.changes for each in settings.get("variants", ()))
    return any(Auto.PENDING in each.get("auto", {}).values() for each in (settings, *changes))


def _attributes(lesson: frozen.Lesson) -> dict[str, Any]:
    return {name: getattr(lesson, name) for name in _SETTINGS}


def _given(x: Sequence[float] | str | None, y: Sequence[float] | str | None) -> Mapping[str, Any]:
    """The numbers that are given without data."""
    for name, values in (("x", x), ("y", y)):
        if values is None or isinstance(values, str):
            raise LessonError(
                f"{name} is {values!r}: give numbers, or a DataFrame and the name of its column"
            )
    return {"x": x, "y": y}


def _taken(data: Frame, x: Sequence[float] | str | None, y: Sequence[float] | str | None) -> Data:
    """The columns of the data that are named."""
    for name, column in (("x", x), ("y", y)):
        if column is not None and not isinstance(column, str):
            raise LessonError(f"{name} holds numbers, but there are data: give a column's name")
    return from_frame(data, x, y)


def shipped_lesson(name: str, data: Data | None = None) -> Lesson:
    """A lesson that comes with sheetgd, by its name; `data` stand in for its own.

    Raises:
        LessonError: when there is no such lesson.

    Examples:
        >>> shipped_lesson("parabola").run().states[1]
        (-1.44,)
    """
    return Lesson.of(template.shipped_lesson(name, data))


def read_template(path: Traversable, data: Data | None = None) -> Lesson:
    """A lesson from a TOML template of one's own; `data` stand in for its own.

    Raises:
        LessonError: when the file cannot be read, or a key or value is not acceptable.
    """
    return Lesson.of(template.read_template(path, data))
