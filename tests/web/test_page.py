"""The page as a file: no text of a lesson becomes markup or script, and it asks for nothing."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sheetgd.cli import arguments
from sheetgd.cli.main import parse
from sheetgd.errors import LessonError, OutputError
from sheetgd.lesson.lesson import Lesson
from sheetgd.lesson.template import shipped_lesson, shipped_names
from sheetgd.web.page import page_of, write_page
from sheetgd.web.program import options_of
from tests.support.given import lesson_of
from tests.support.hostile_texts import hostile_texts

if TYPE_CHECKING:
    from collections.abc import Mapping

X, Y = (1.0, 2.0, 3.0), (0.0, 1.0, 0.0)
LARGEST = 250_000


class Parts(HTMLParser):
    """What a browser finds in a page: its tags, and what scripts, styles and the title hold."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, Mapping[str, str | None]]] = []
        self.texts: dict[str, str] = {}
        self._inside = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._inside = dict(attrs).get("id") or tag if tag in {"script", "style", "title"} else ""

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002  as the parser calls it
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.texts[self._inside] = self.texts.get(self._inside, "") + data

    def shape(self) -> list[str]:
        """The tags, and the attributes that the policy does not fill."""
        return [f"{tag} {dict(given) if tag != 'meta' else ''}" for tag, given in self.tags]


def units(text: str) -> bytes:
    """A text as browsers hold it."""
    return text.encode("utf-16-le", "surrogatepass")


def plain() -> Lesson:
    # With classes there is one loss, and a page is written in a third of the time.
    return lesson_of(x=X, y=Y, learn=0.1, loss="log-loss")


def named(**settings: Any) -> Lesson | None:  # noqa: ANN401  whatever a lesson has
    """A lesson with such names, if there can be one."""
    try:
        return plain().replaced(**settings)
    except LessonError:
        return None


@pytest.mark.parametrize("every", [pytest.param(1, marks=pytest.mark.slow), 15])
def test_no_text_becomes_markup(every: int) -> None:
    usual, tried = Parts(page_of(plain())), 0
    for text in hostile_texts()[::every]:
        settings = [{"title": text}, {"x_name": text}, {"y_name": text}, {"summary": text}]
        fitting = [each for each in settings if named(**each) is not None]
        # All at once, where they fit by themselves: a page takes a moment.
        lesson = named(**{name: value for each in fitting for name, value in each.items()})
        if lesson is None or not fitting:
            continue
        tried += 1
        page = page_of(lesson)
        parts = Parts(page)
        assert parts.shape() == usual.shape()
        assert parts.texts["arithmetic"] == usual.texts["arithmetic"]
        assert parts.texts["drawing"] == usual.texts["drawing"]
        data = json.loads(parts.texts["lesson"])
        found = [data["title"], *data["names"]["x"], data["names"]["y"]]
        given = [lesson.display.title, lesson.data.x_name, lesson.data.y_name]
        # Two halves of a character are the character.
        assert [*map(units, found)] == [*map(units, given)]
        assert not re.search("[<>&\u2028\u2029]", parts.texts["lesson"])
        page.encode()
    assert tried > 500 / every


def test_a_page_is_the_same_bytes_and_runs_only_its_own_scripts() -> None:
    page = page_of(shipped_lesson("original"))
    assert page == page_of(shipped_lesson("original"))
    parts = Parts(page)
    policy = next(
        given["content"] or "" for tag, given in parts.tags if given.get("http-equiv") is not None
    )
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy
    for inside in ("arithmetic", "drawing", "style"):
        digest = hashlib.sha256(parts.texts[inside].encode()).digest()
        assert f"'sha256-{base64.b64encode(digest).decode()}'" in policy
    assert not re.search(r"\b(src|href)=|\beval\(|new Function|url\(", page)
    assert not any(name.startswith("on") for _, given in parts.tags for name in given)


@pytest.mark.parametrize("name", shipped_names())
def test_a_page_is_small(name: str) -> None:
    lesson = shipped_lesson(name)
    data = json.dumps([[each.values for each in lesson.whole.inputs], lesson.whole.y])
    assert len(page_of(lesson).encode()) - len(data) <= LARGEST


def test_a_page_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "new" / "lesson.html"
    assert write_page(plain(), path)
    assert path.read_text(encoding="utf-8") == page_of(plain())
    assert not write_page(plain(), path)
    with pytest.raises(OutputError):
        write_page(plain().replaced(title="another"), path)
    assert write_page(plain().replaced(title="another"), path, force=True)
    assert "<title>another</title>" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["scaled", "species", "houses", "xor", "original"])
def test_the_command_names_what_a_page_cannot_change(name: str, tmp_path: Path) -> None:
    lesson = shipped_lesson(name)
    if isinstance(lesson.training.validation, tuple):
        lesson = lesson.with_settings({"validation": 0.25})
    data = lesson.data
    table = [[*data.named, data.y_name], *zip(*data.named.values(), data.y, strict=True)]
    path = tmp_path / "data.csv"
    path.write_text("".join(f"{','.join(map(str, row))}\n" for row in table), encoding="utf-8")
    given = ["run", "--data", str(path), "--x", ",".join(data.named), "--y", data.y_name]
    given += ["--model", lesson.method.model, "--loss", lesson.method.loss]
    built = arguments.lesson_of(parse([*given, *options_of(lesson)]))
    for part in ("metric", "scale", "l1", "l2", "penalize"):
        assert getattr(built.method, part) == getattr(lesson.method, part), part
    for part in ("schedule", "schedule_parameters", "min_delta", "validation", "restore_best"):
        assert getattr(built.training, part) == getattr(lesson.training, part), part
