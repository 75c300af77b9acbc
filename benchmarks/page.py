"""How fluent the page is: the frames of a second, while it runs a lesson of many rows."""

import shutil
import tempfile
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from statistics import median

from benchmarks import targets
from benchmarks.harness import Result, Size, limited
from benchmarks.problem import points
from sheetgd.lesson.lesson import Lesson
from sheetgd.web.page import page_of, write_page

KILOBYTE = 1000
_COUNT = """
    window.frames_at = [];
    const on = (at) => { frames_at.push(at); requestAnimationFrame(on); };
    requestAnimationFrame(on);
"""


def pages(size: Size, rounds: int) -> Iterator[Result]:  # noqa: ARG001  a screen has one pace
    """Measure a page's size without data, and its frames in Chromium at each speed."""
    rows, seconds = size.pick(1000, 20), size.pick(5, 1)
    data = points(rows)
    lesson = Lesson(x=data.x, y=data.y, learning_rate=0.0001, gradient="analytic")
    small = Lesson(x=(1, 2), y=(3, 5), learning_rate=0.0001, gradient="analytic")
    kilobytes = len(page_of(small).encode()) / KILOBYTE
    yield limited("page of a line, two rows", kilobytes, "kB", targets.PAGE_KB)
    title = f"page, {rows:,} rows, a map of 100 x 100, running"
    times = _frames(lesson, seconds)
    value = median(times) if times else None
    note = "" if times else "there is no Chromium, or no chromedriver"
    yield limited(f"{title}: a frame", value, "ms", targets.FRAME_MS, note=note)


def _frames(lesson: Lesson, seconds: float) -> list[float]:
    """Return how many milliseconds there are from frame to frame."""
    if not all(map(shutil.which, ("chromium", "chromedriver"))):
        return []
    # Imported here, as the tests' tools are not there where the package is installed.
    from tests.support.browser import chromium  # noqa: PLC0415  other cases need no browser

    with tempfile.TemporaryDirectory() as place, chromium() as browser:
        path = Path(place) / "page.html"
        write_page(lesson, path)
        browser.resize(1366, 768)
        browser.go(path.as_uri())
        browser.choose("speed", "60 epoch")
        browser.click("run")
        browser.run(_COUNT)
        time.sleep(seconds)
        at: list[float] = browser.run("return window.frames_at")
        if not browser.run("return window.lesson.state().epoch"):
            raise RuntimeError("the page did not run: its frames tell nothing")
    return [later - sooner for sooner, later in pairwise(at)]
