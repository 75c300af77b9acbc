"""Moving pictures: their frames are pictures of the run so far, the last one of the whole."""

import re
import shutil
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageSequence

from sheetgd.errors import PictureError
from sheetgd.lesson.template import shipped_lesson
from sheetgd.plot import animation
from sheetgd.plot.animation import MOST_BYTES, epochs_shown, frames, moving_picture, pixels
from sheetgd.plot.figure import quiet_style, still_picture
from sheetgd.plot.picture import KINDS, draw_picture
from sheetgd.plot.scene import error_surface_of, runs_of

ORIGINAL = shipped_lesson("original")
DIVERGING = ORIGINAL.changed(learn=0.01, epochs=20)


def test_epochs_are_chosen_evenly() -> None:
    assert epochs_shown(59) == list(range(60))
    shown = epochs_shown(1001)
    assert (len(shown), shown[0], shown[-1]) == (60, 0, 1001)
    assert {later - one for one, later in pairwise(shown)} <= {16, 17}


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        # Every kind is tried every time.
        pytest.param(kind, name, marks=[] if name == "original" else pytest.mark.slow)
        for kind in KINDS
        for name in ("original", "parabola", "diverging", "quadratic")
    ],
)
def test_the_last_frame_is_the_still_picture_and_nothing_jumps(kind: str, name: str) -> None:
    lesson = DIVERGING if name == "diverging" else shipped_lesson(name)
    runs = runs_of(lesson)
    land = error_surface_of(runs)
    still = Image.open(BytesIO(still_picture("png", kind, runs, land))).convert("RGB")
    last = max(run.epochs for run in runs)
    with quiet_style():
        start, middle, end = frames(kind, runs, land, [0, last // 2, last])
        drawn = [pixels(each) for each in (start, middle, end)]
    assert drawn[-1].tobytes() == still.tobytes()
    for figure in (start, middle):
        for axes, final in zip(figure.axes, end.axes, strict=True):
            assert axes.get_xlim() == final.get_xlim()
            assert axes.get_ylim() == final.get_ylim()
            assert axes.get_yscale() == final.get_yscale()
            assert axes.get_position().bounds == pytest.approx(final.get_position().bounds)
    told = re.compile(f"after (up to )?{last // 2} epoch")
    shown = [each for axes in middle.axes for each in (axes.get_title(loc="left"), *_labels(axes))]
    shown += [text.get_text() for legend in middle.legends for text in legend.get_texts()]
    assert any(map(told.search, shown))


def _labels(axes: object) -> list[str]:
    return [text.get_text() for text in getattr(axes, "texts", ())]


def test_a_frame_shows_the_run_so_far() -> None:
    lesson = shipped_lesson("optimisers")
    runs = runs_of(lesson)
    with quiet_style():
        start, third, _ = frames("curves", runs, None, [0, 3, 30])
    for figure, count in ((start, 1), (third, 4)):
        for line, run in zip(figure.axes[0].get_lines(), runs, strict=True):
            assert np.asarray(line.get_ydata()).tolist() == list(run.descent.metric_values[:count])
    way = error_surface_of(runs).until(3).ways[0]
    assert way.steps[0] == list(runs[0].descent.states[:4])


def test_what_has_not_happened_yet_is_not_told() -> None:
    (run, _) = runs_of(DIVERGING)
    (before, _) = (each.run for each in error_surface_of(runs_of(DIVERGING)).until(0).ways)
    assert run.divergence is not None
    assert before.divergence is None
    stopping = ORIGINAL.changed(epochs=500, min_delta=0.1, patience=2)
    (run, *_) = runs_of(stopping)
    assert run.stop is not None
    earlier = error_surface_of([run]).until(run.stop.epoch - 1).ways[0].run
    assert earlier.stop is None


def test_a_gif_is_small_moves_and_is_the_same_each_time(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    lesson = ORIGINAL.changed(epochs=8)
    drawn = draw_picture(
        lesson, tmp_path / "a.gif", kind="heat", on_frame=lambda done, of: told.append((done, of))
    )
    content = drawn.path.read_bytes()
    assert len(content) < 500_000
    assert told == [(number, len(told)) for number in range(1, len(told) + 1)]
    with Image.open(drawn.path) as image:
        pauses = [frame.info["duration"] for frame in ImageSequence.Iterator(image)]
        assert len(pauses) == len(told)
        assert image.info["loop"] == 0
    assert pauses[-1] == 2_000
    assert draw_picture(lesson, drawn.path, kind="heat").unchanged


def test_a_gif_that_would_be_too_large_has_fewer_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = runs_of(ORIGINAL.changed(epochs=9))
    whole = moving_picture("gif", "fit", runs, None)
    monkeypatch.setattr(animation, "MOST_BYTES", len(whole) - 1)
    halved = moving_picture("gif", "fit", runs, None)
    assert len(halved) < len(whole) < MOST_BYTES
    with Image.open(BytesIO(whole)) as one, Image.open(BytesIO(halved)) as other:
        assert one.n_frames == 2 * other.n_frames  # type: ignore[attr-defined]
        one.seek(one.n_frames - 1)  # type: ignore[attr-defined]
        other.seek(other.n_frames - 1)  # type: ignore[attr-defined]
        assert one.convert("RGB").tobytes() == other.convert("RGB").tobytes()


def test_without_ffmpeg_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PictureError, match=r"made by ffmpeg, .*: install it, or write a \.gif"):
        draw_picture(ORIGINAL, tmp_path / "a.mp4")
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="no ffmpeg here")
def test_a_film_is_the_same_each_time(tmp_path: Path) -> None:
    film = draw_picture(ORIGINAL, tmp_path / "a.mp4", kind="fit").path
    assert film.read_bytes()[4:8] == b"ftyp"
    assert film.stat().st_size < MOST_BYTES
    assert draw_picture(ORIGINAL, film, kind="fit").unchanged
