"""The page: the parts put together into one file that asks no network for anything."""

import base64
import hashlib
import json
from html import escape
from os import PathLike
from pathlib import Path
from typing import Final

from sheetgd.expression.javascript import Functions, primitives
from sheetgd.files import keep_text
from sheetgd.lesson.lesson import MANY_ROWS, Lesson
from sheetgd.web.program import program_of

_FOLDER: Final = Path(__file__).parent

ARITHMETIC: Final = ("random.js", "descent.js")
"""The scripts that know no window."""

DRAWING: Final = ("charts.js", "page.js", "drawn.js", "said.js", "table.js", "listen.js")
"""The scripts that draw and listen."""

_FRAME: Final = 'sandbox="allow-scripts allow-downloads" style="width:100%;height:780px;border:0"'
"""A page in a notebook runs its own script, and reaches nothing of the notebook."""

_UNSAFE: Final = "<>&"
"""What could end a script, or be taken for markup, in data."""


def page_of(lesson: Lesson) -> str:
    """Return the lesson's page: the same bytes for the same lesson.

    >>> page = page_of(Lesson(x=(1, 2, 3), y=(3, 5, 7), lr=0.1, title="<b>"))
    >>> page.count("<script"), "<title>&lt;b&gt;</title>" in page
    (3, True)
    """
    program = program_of(lesson)
    arithmetic = "\n".join([primitives(), _script(ARITHMETIC), _printed(program.functions)])
    # Nothing of it but these gets in the way of other scripts' names.
    names = "{Descent, program, Random, normalNumbers}"
    closed = f"const {names} = (() => {{\n{arithmetic}return {names};\n}})();"
    scripts = [closed, _script(DRAWING)]
    style = _part("page.css")
    policy = "; ".join(
        [
            "default-src 'none'",
            f"script-src {' '.join(map(_hashed, scripts))}",
            f"style-src {_hashed(style)}",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )
    filled = {
        "policy": f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        "title": f"<title>{_shown(lesson.display.title)}</title>",
        "style": f"<style>{style}</style>",
        "data": f'<script type="application/json" id="lesson">{_safe(program.data)}</script>',
        "scripts": "\n".join(
            f'<script id="{name}">{script}</script>'
            for name, script in zip(("arithmetic", "drawing"), scripts, strict=True)
        ),
    }
    # Cut at the marks first: what is put in may hold such marks itself.
    first, *pieces = _part("page.html").split("<!-- put ")
    found = [first]
    for piece in pieces:
        name, _, after = piece.partition(" -->")
        found += [filled[name], after]
    return "".join(found)


def write_page(lesson: Lesson, path: str | PathLike[str], *, force: bool = False) -> bool:
    """Write the lesson's page, whole or not at all.

    Returns:
        False where the very same page was there already.

    Raises:
        OutputError: when another file is there and `force` is not given, or it cannot be written.
    """
    return keep_text(page_of(lesson), Path(path), force=force)


def notebook_view(lesson: Lesson) -> str:
    """Return what a notebook shows of a lesson: its page in a frame, and below it the data."""
    import pandas as pd  # noqa: PLC0415  writing a page needs no pandas

    table = pd.DataFrame({**lesson.data.named, lesson.data.y_name: lesson.data.y})
    title = escape(lesson.display.title)
    plain = f"<b>{title}</b>: y = {lesson.model.text}{table.to_html(max_rows=10)}"
    if lesson.n_rows > MANY_ROWS:
        # A notebook keeps what it shows.
        return plain
    # Where frames are taken out of a notebook, the data are left.
    frame = f'<iframe title="{title}" srcdoc="{escape(page_of(lesson))}" {_FRAME}></iframe>'
    return f"{frame}<details><summary>The data</summary>{plain}</details>"


def _part(name: str) -> str:
    """Read a file that lies here, without indents and lines of comment: a page is mailed."""
    lines = map(str.strip, (_FOLDER / name).read_text(encoding="utf-8").splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//")) + "\n"


def _script(names: tuple[str, ...]) -> str:
    return "\n".join(map(_part, names))


def _printed(functions: Functions) -> str:
    """Write the functions as a script: there are slots and numbers in it, and words of ours."""
    return "const program = [\n" + ",\n".join(functions.texts) + ",\n];\n"


def _hashed(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"


def _safe(data: object) -> str:
    """Write data as JSON that is ASCII, and in which no markup can begin."""
    text = json.dumps(data, allow_nan=False, separators=(",", ":"))
    for each in _UNSAFE:
        text = text.replace(each, f"\\u{ord(each):04x}")
    return text


def _shown(text: str) -> str:
    """Write a text for markup: what cannot be shown there is a replacement character."""
    plain = "".join(each if each.isprintable() else "\ufffd" for each in text)
    return escape(plain)
