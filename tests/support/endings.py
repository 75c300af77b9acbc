"""A build that is ended at one point after another, each time by a signal to its own process.

``python -m tests.support.endings FOLDER SIGNAL POINTS`` counts the points of a build: all that
it opens, names, removes and brings to the disk, and every row. Then it builds again for each of
so many of them, spread over the build, and has the signal come at that point. Half of the
builds find nothing at their place, and half replace an older workbook. It prints, as JSON, the
points of a whole build in their order, and what was found after each ending.

So that it takes seconds, the builds are forks of this process, and the workbook holds only the
last of a lesson's pages, which are computed once.
"""

import atexit
import hashlib
import json
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import sheetgd.engine.stability  # noqa: F401  imported before the first fork, as all that follows
from sheetgd.cli.main import run_and_exit
from sheetgd.lesson.template import shipped_lesson
from sheetgd.sheets.book import Book, book_of
from sheetgd.sheets.sheet import Page
from sheetgd.xlsx import write as build
from sheetgd.xlsx import write as writer

LESSON = "parabola"
PAGES = 4
_AUDITED = {"open", "os.link", "os.rename", "os.remove", "os.mkdir", "os.rmdir"}
_WRAPPED = ("fsync", "link", "replace", "unlink")


def main() -> None:
    folder, by, wanted = Path(sys.argv[1]), signal.Signals[sys.argv[2]], int(sys.argv[3])
    built, older = (_small_book(title) for title in ("Newer", "Older"))
    vars(build)["book_of"] = lambda _: built
    tempfile.tempdir = str(folder / "temporary")
    Path(tempfile.tempdir).mkdir()
    new, old = folder / "new.xlsx", folder / "old.xlsx"
    writer.write_workbook(built, new)
    writer.write_workbook(older, old)
    known = {_digest(new): "new", _digest(old): "old"}
    whole: dict[str, list[str]] = {}
    endings = []
    for case, before in (("fresh", None), ("replaced", old)):
        place = folder / case / "deep" / "book.xlsx"
        points = whole[case] = _points_of(place, before, folder / "points")
        for number in _spread(points, wanted // 2):
            _prepare(place, before)
            status = _forked(lambda n=number, at=place: _end_at(n, by, at))  # type: ignore[misc]  # a default argument binds the loop's variable
            left = [each for each in (folder / case).rglob("*") if each.is_file()]
            elsewhere = list(Path(tempfile.tempdir).iterdir())
            for each in elsewhere:
                each.unlink()
            endings.append(
                {
                    "case": case,
                    "number": number,
                    "point": points[number],
                    "status": status,
                    "found": known.get(_digest(place), "mixed") if place in left else "none",
                    "beside": [each.name for each in left if each != place],
                    "elsewhere": [each.name for each in elsewhere],
                    "folder": place.parent.parent.exists(),
                }
            )
    print(json.dumps({"points": whole, "endings": endings}))  # noqa: T201  that is its answer


def _small_book(title: str) -> Book:
    book = book_of(shipped_lesson(LESSON))
    # A workbook shows a page at least, and the last ones are those that this one hides.
    pages = tuple(replace(page, hidden=False) for page in book.pages[-PAGES:])
    return replace(book, title=title, pages=pages)


def _spread(points: list[str], wanted: int) -> list[int]:
    """Numbers of points: all from when the file is complete, and others spread before them."""
    last = list(range(points.index("before fsync"), len(points)))
    others = wanted - len(last)
    return [each * last[0] // others for each in range(others)] + last


def _prepare(place: Path, before: Path | None) -> None:
    shutil.rmtree(place.parent.parent, ignore_errors=True)
    if before is not None:
        place.parent.mkdir(parents=True)
        shutil.copyfile(before, place)


def _points_of(place: Path, before: Path | None, listing: Path) -> list[str]:
    """The points of a build that nothing ends."""
    points: list[str] = []

    def note(point: str) -> None:
        points.append(point)

    def whole() -> None:
        _tell(note)
        atexit.register(lambda: listing.write_text(json.dumps(points), encoding="utf-8"))
        _command(place)

    _prepare(place, before)
    if _forked(whole):
        raise RuntimeError("an undisturbed build failed")
    found: list[str] = json.loads(listing.read_text(encoding="utf-8"))
    return found


def _end_at(number: int, by: signal.Signals, place: Path) -> None:
    left = [number]

    def on_point(_: str) -> None:
        if left[0] == 0:
            os.kill(os.getpid(), by)
        left[0] -= 1

    _tell(on_point)
    _command(place)


def _command(place: Path) -> None:
    """The command line's own build, up to its exit."""
    sys.argv = ["sheetgd", "build", LESSON, "-o", str(place), "--force"]
    try:
        with redirect_stdout(StringIO()):
            run_and_exit()
    except SystemExit as end:
        # What Python itself would do now, in what is no fork.
        atexit._run_exitfuncs()  # noqa: SLF001  it has no other name
        os._exit(int(end.code or 0))


def _tell(on_point: Callable[[str], None]) -> None:
    """Call something at each point of what this process does from now on."""
    names = vars(writer)
    rows = names["page_rows"]

    def told_rows(page: Page, styles: Any) -> Iterator[tuple[int, str]]:  # noqa: ANN401  handed on
        for piece in rows(page, styles):
            on_point("row")
            yield piece

    names["page_rows"] = told_rows
    for name in _WRAPPED:
        setattr(os, name, _wrapped(name, on_point))
    sys.addaudithook(lambda event, _: on_point(event) if event in _AUDITED else None)


def _wrapped(name: str, on_point: Callable[[str], None]) -> Callable[..., Any]:
    function = getattr(os, name)

    def wrapped(*given: Any, **options: Any) -> Any:  # noqa: ANN401  handed on
        on_point(f"before {name}")
        done = function(*given, **options)
        on_point(f"after {name}")
        return done

    return wrapped


def _forked(work: Callable[[], None]) -> int:
    """Do it in a child; its exit code, or minus the number of the signal that ended it."""
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException:  # noqa: BLE001  a child must not go on as its parent
            sys.excepthook(*sys.exc_info())
            os._exit(99)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else ""


if __name__ == "__main__":
    main()
