"""``sheetgd new``: write a template to begin a lesson of your own with."""

import argparse
import json
import re
import shlex
from functools import partial
from os import path as paths

from sheetgd.cli.arguments import add_data_options, add_force, data_of, target_of
from sheetgd.cli.output import say
from sheetgd.errors import DataError
from sheetgd.files import keep_text
from sheetgd.lesson.template import DATA_FILE, TEMPLATE_SUFFIX, new_template
from sheetgd.reading.columns import Data

_quoted = partial(json.dumps, ensure_ascii=False)
_OF_ITS_DATA = re.compile(
    r"(?m)^((title|model|optimizer|learning_rate|start|[xy](_name)?) = .*"
    r'|# (csv|[xy]) = .*(\n#  +.*)*|intro = """[^"]*""")\n| \(these are made up\)'
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command accepts."""
    parser.add_argument("name", type=target_of, metavar="NAME", help="the lesson's name, or a path")
    add_data_options(parser)
    add_force(parser)


def run(options: argparse.Namespace) -> int:
    """Write the template, with a line through the data where there are any."""
    text, outside = new_template(), ""
    path = options.name.with_name(options.name.name.removesuffix(TEMPLATE_SUFFIX) + TEMPLATE_SUFFIX)
    if str(options.data) == "-":
        raise DataError("--data - has no name that a template could hold: save it in a file first")
    if (data := data_of(options)) is not None:
        file = paths.relpath(paths.realpath(options.data), paths.realpath(path.parent))
        outside = " --allow-outside" if file.startswith(paths.pardir) else ""
        text = _OF_ITS_DATA.sub("", text)
        parts = {"display": {"title": path.stem}, "method": {"model": "line"}}
        for part, keys in {**parts, "data": {"csv": file, **_keys(options, data)}}.items():
            lines = (f"{key} = {_quoted(each)}\n" for key, each in keys.items())
            text = text.replace(f"[{part}]\n", f"[{part}]\n{''.join(lines)}", 1)
    # The name of a file may hold bytes that are no letters.
    keep_text(text.encode(errors="backslashreplace").decode(), path, force=options.force)
    options.read = None if data is None else data.read
    say(str(path), f"  change it, then: sheetgd build {shlex.quote(str(path))}{outside}")
    return 0


def _keys(options: argparse.Namespace, data: Data) -> dict[str, object]:
    x = options.x or [name for name in data.named if name in data.columns]
    given = {"x": x[0] if len(x) == 1 else x, "y": data.y_name, "range": options.block}
    given["header"] = False if options.no_header else options.header
    for name, values in options.categories or ():
        given[f"categories.{_quoted(name)}"] = values
    kept = {name: getattr(options, name, None) for name in DATA_FILE if name != "categories"}
    return {name: value for name, value in {**kept, **given}.items() if value not in (None, [])}
