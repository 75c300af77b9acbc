"""Moving pictures: the picture of a descent after one epoch after the other, as GIF or MP4."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from io import BytesIO
from itertools import chain
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
from matplotlib.animation import FFMpegWriter
from matplotlib.figure import Figure
from PIL import Image

from sheetgd.errors import PictureError
from sheetgd.plot.figure import DOTS_PER_INCH, finished_picture, quiet_style
from sheetgd.plot.panels import BEST_LOOK
from sheetgd.plot.scene import ErrorSurface, Run
from sheetgd.sheets.cells import GREY, GRID_LINE, INK, PALETTE
from sheetgd.version import MAKER

MOST_FRAMES: Final = 60
MOST_BYTES: Final = 5_000_000
"""A GIF that would be larger has every second frame only; an MP4 is held below it by its rate."""

_DURATION, _FASTEST, _SLOWEST = 6_000, 100, 500
"""About how long all frames take together, and how long one may be seen, in milliseconds."""
_HOLD = 2_000
"""So long the last frame is seen, in milliseconds."""
_LINES: Final = (*PALETTE, BEST_LOOK["markerfacecolor"][1:], INK, GREY, GRID_LINE, "FFFFFF")
_MOST_BITS = "3500k"
"""Of a second of an MP4: eight of them, and what its buffer holds, are below `MOST_BYTES`."""

OnFrame = Callable[[int, int], None]
"""Called with how many frames are drawn, and how many there are."""


def epochs_shown(last: int, most: int = MOST_FRAMES) -> list[int]:
    """Choose epochs to show, evenly, the start and the last among them.

    >>> epochs_shown(3), epochs_shown(100, 5), epochs_shown(0)
    ([0, 1, 2, 3], [0, 25, 50, 75, 100], [0])
    """
    count = min(last + 1, most)
    return [place * last // max(count - 1, 1) for place in range(count)]


def check_format(file_format: str) -> None:
    """Raise PictureError where what a format needs is not there."""
    with quiet_style():
        if file_format == "mp4" and not FFMpegWriter.isAvailable():
            raise PictureError(
                "a .mp4 is made by ffmpeg, which is not installed: install it, or write a .gif"
            )


def moving_picture(
    file_format: str,
    kind: str,
    runs: Sequence[Run],
    land: ErrorSurface | None,
    on_frame: OnFrame | None = None,
) -> bytes:
    """Draw a picture by epoch; the last frame is what `still_picture` draws.

    Args:
        file_format: ``gif`` or ``mp4``.
        kind: as `picture_figure` takes it.
        runs: the lesson's runs; one that has ended before the others stands still.
        land: the landscape, for the kinds that show one.
        on_frame: called as frames are drawn.

    Returns:
        The file's bytes.
    """
    epochs = epochs_shown(max(run.epochs for run in runs))
    pause = min(max(_DURATION // len(epochs), _FASTEST), _SLOWEST)
    with quiet_style():
        pictures = _told(frames(kind, runs, land, epochs), len(epochs), on_frame)
        return _gif(pictures, pause) if file_format == "gif" else _mp4(pictures, pause)


def frames(
    kind: str, runs: Sequence[Run], land: ErrorSurface | None, epochs: Sequence[int]
) -> Iterator[Figure]:
    """Yield the picture after each of some epochs, all with the axes of the one in the end."""
    end = finished_picture(kind, runs, land)
    # Where everything stands is known only when it has been drawn.
    pixels(end)
    for epoch in epochs[:-1]:
        shown = [replace(run, until=epoch) for run in runs]
        figure = finished_picture(kind, shown, None if land is None else land.until(epoch))
        _arrange_as(figure, end)
        yield figure
    # Anew: what is drawn twice may be arranged a little differently.
    yield finished_picture(kind, runs, land)


def pixels(figure: Figure) -> Image.Image:
    """Draw a figure as the pixels that a PNG of it has."""
    stream = BytesIO()
    figure.savefig(stream, format="rgba", dpi=DOTS_PER_INCH)
    width, height = (round(each * DOTS_PER_INCH) for each in figure.get_size_inches())
    return Image.frombytes("RGBA", (width, height), stream.getvalue()).convert("RGB")


def _arrange_as(figure: Figure, end: Figure) -> None:
    """Put everything where it is in another figure, so that only what moves is seen to move."""
    figure.set_layout_engine("none")
    for text, final in zip(figure.texts, end.texts, strict=True):
        text.set_position(final.get_position())
    axes: Any  # plain or 3-D
    other: Any
    for axes, other in zip(figure.axes, end.axes, strict=True):
        axes.set_position(other.get_position(original=True))
        for side in ("x", "y", "z"):
            if hasattr(other, f"get_{side}lim"):
                scale = getattr(other, f"get_{side}scale")()
                if getattr(axes, f"get_{side}scale")() != scale:
                    axes.set(**{f"{side}scale": scale})
                axes.set(**{f"{side}lim": getattr(other, f"get_{side}lim")()})


def _told(pictures: Iterator[Figure], total: int, on_frame: OnFrame | None) -> Iterator[Figure]:
    for number, figure in enumerate(pictures, start=1):
        yield figure
        if on_frame is not None:
            on_frame(number, total)


def _gif(pictures: Iterator[Figure], pause: int) -> bytes:
    """Write frames in one palette: the first one has the colours of all."""
    images = map(pixels, pictures)
    first = next(images)
    palette = _palette_of(first)
    drawn = [
        each.quantize(palette=palette, dither=Image.Dither.NONE) for each in chain([first], images)
    ]
    while True:
        stream, (begun, *others) = BytesIO(), drawn
        pauses = [pause] * len(others) + [_HOLD]
        begun.save(
            stream, "GIF", save_all=True, append_images=others, duration=pauses, loop=0,
            comment=MAKER.encode(),
        )  # fmt: skip
        content = stream.getvalue()
        if len(content) <= MOST_BYTES or not others:
            return content
        drawn, pause = drawn[::-2][::-1], pause * 2


def _palette_of(image: Image.Image) -> Image.Image:
    """Choose colours for an image: those that lines and marks have, and the best of the others."""
    exact = [bytes.fromhex(each) for each in _LINES]
    free = 256 - len(exact)
    others = image.quantize(free, dither=Image.Dither.NONE).getpalette() or []
    palette = Image.new("P", (1, 1))
    palette.putpalette([*b"".join(exact), *others[: 3 * free]])
    return palette


def _mp4(pictures: Iterator[Figure], pause: int) -> bytes:
    rate = ["-maxrate", _MOST_BITS, "-bufsize", _MOST_BITS, "-threads", "1"]
    writer = FFMpegWriter(fps=round(1000 / pause), metadata={"comment": MAKER}, extra_args=rate)
    with tempfile.TemporaryDirectory() as folder, mpl.rc_context({"savefig.bbox": None}):
        path = Path(folder) / "picture.mp4"
        first = next(pictures)
        with writer.saving(first, str(path), DOTS_PER_INCH):
            writer.grab_frame()
            for writer.fig in pictures:
                writer.grab_frame()
            for _ in range(_HOLD // pause):
                writer.grab_frame()
        return path.read_bytes()
