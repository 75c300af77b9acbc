"""From a lesson to a picture of its descent in one call."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Final

from sheetgd.errors import LessonError, OutputError, PictureError
from sheetgd.files import keep_bytes
from sheetgd.lesson.lesson import Lesson
from sheetgd.lesson.values import check_choice
from sheetgd.plot.scene import chosen_parameters, error_surface_of, runs_of

ALL: Final = "all"


WITH_LAND: Final = ("surface", "heat")


KINDS: Final = (ALL, *WITH_LAND, "curves", "fit")
"""What there is to draw: everything in one picture, or one thing large."""


_STILL: Final = (".png", ".svg")
_MOVING: Final = (".gif", ".mp4")


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that was drawn.

    Attributes:
        path: where it is.
        unchanged: whether the very same picture was there already.
        missing: the letters of its texts that its font does not have.
    """

    path: Path
    unchanged: bool
    missing: str = ""


def draw_picture(
    lesson: Lesson,
    path: str | PathLike[str],
    *,
    kind: str = ALL,
    over: Sequence[str] | None = None,
    force: bool = False,
    on_frame: Callable[[int, int], None] | None = None,
) -> Picture:
    """Draw a lesson's descent and write it to a file, whole or not at all.

    The numbers are those of `Lesson.run`, `sheetgd.engine.error_surface` and the model's own
    prediction; the lesson's variants and its published section are drawn beside it.

    Args:
        lesson: what to draw.
        path: the .png or .svg file; or, for a moving picture by epoch, .gif, or .mp4 where
            there is ffmpeg. Missing folders are made.
        kind: ``surface`` (the metric over two parameters, with the way down on it),
            ``heat`` (the same from above), ``curves`` (the metric by epoch), ``fit`` (the
            model against the data), or ``all`` in one picture. Of one parameter the
            first two are the same curve, with the steps on it.
        over: the two parameters of the landscape; None takes the two with the dearest start.
            The others are held where the descent has come to.
        force: replace a different file that is already there.
        on_frame: called as frames of a moving picture are drawn, with how many are, and how
            many there are.

    Returns:
        Where it is.

    Raises:
        LessonError: when the kind is not known, or the model lacks a parameter.
        OutputError: when the name does not end in one of these, when the file cannot be
            written, or a different one is in its place.
        PictureError: when matplotlib is not installed, or ffmpeg for an .mp4.
    """
    path = Path(path)
    _check(lesson, path, kind, over)
    try:
        from sheetgd.plot.animation import check_format, moving_picture  # noqa: PLC0415  an optional extra
        from sheetgd.plot.figure import missing_letters, still_picture  # noqa: PLC0415  an optional extra
    except (ImportError, ValueError) as error:
        # A ValueError is of matplotlib's own settings, such as MPLBACKEND.
        if isinstance(error, ImportError) and (error.name or "").startswith("sheetgd"):
            raise
        raise PictureError(
            f"pictures are drawn by matplotlib, which cannot be imported ({error}): "
            "pip install 'sheetgd[plot]'"
        ) from None
    file_format = path.suffix.lower().removeprefix(".")
    check_format(file_format)
    runs = runs_of(lesson)
    land = error_surface_of(runs, over) if kind in (ALL, *WITH_LAND) else None
    if path.suffix.lower() in _MOVING:
        content = moving_picture(file_format, kind, runs, land, on_frame)
    else:
        content = still_picture(file_format, kind, runs, land)
    written = keep_bytes(content, path, force=force)
    return Picture(path=path, unchanged=not written, missing=missing_letters(runs))


def _check(lesson: Lesson, path: Path, kind: str, over: Sequence[str] | None) -> None:
    """Say what is wrong before anything is computed."""
    check_choice("kind", kind, KINDS)
    if over is not None and kind not in (ALL, *WITH_LAND):
        raise LessonError(f"over is for the kinds {ALL}, {', '.join(WITH_LAND)}, not for {kind}")
    chosen_parameters(lesson, over)
    if path.suffix.lower() not in _STILL + _MOVING:
        raise OutputError(
            f"{path}: a picture's name ends in .png or .svg, that of a moving one in .gif or .mp4; "
            f"call it {path.name}.png"
        )
