"""Where the files that come with sheetgd are: published cells, templates and script."""

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path


def data_file(name: str) -> Traversable:
    """A data file of the package, such as ``published_cells.csv``."""
    return files("sheetgd") / "data" / name


def template_folder() -> Traversable:
    """The folder of the shipped lesson templates.

    A wheel carries it inside the package; a checkout has it beside the package, where
    users look for it.
    """
    inside = files("sheetgd") / "templates"
    return inside if inside.is_dir() else Path(__file__).resolve().parent.parent / "templates"


def script_file() -> Traversable:
    """The Google Apps Script of the buttons; it stands among the templates.

    >>> "function runEpoch()" in script_file().read_text(encoding="utf-8")
    True
    """
    return template_folder() / "sheetgd.gs"
