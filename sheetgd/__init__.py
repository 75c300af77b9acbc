"""Gradient descent in plain sight: spreadsheets in which every number is a live formula.

>>> import sheetgd
>>> lesson = sheetgd.shipped_lesson("original")
>>> run = sheetgd.descend(lesson, epochs=1)
>>> [round(value, 4) for value in run.states[-1]]
[2.8783, 1.0975]
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sheetgd.build import build_workbook
    from sheetgd.compare import compare_workbook
    from sheetgd.data import Data, read_csv
    from sheetgd.descent import Descent, descend
    from sheetgd.divergence import Divergence, Ending
    from sheetgd.errors import SheetgdError
    from sheetgd.lesson import Lesson
    from sheetgd.surface import surface_table
    from sheetgd.template import read_template, shipped_lesson

__version__ = "0.1.0"

__all__ = [
    "Data",
    "Descent",
    "Divergence",
    "Ending",
    "Lesson",
    "SheetgdError",
    "__version__",
    "build_workbook",
    "compare_workbook",
    "descend",
    "read_csv",
    "read_template",
    "shipped_lesson",
    "surface_table",
]

_HOMES = {
    "Data": "data",
    "Descent": "descent",
    "Divergence": "divergence",
    "Ending": "divergence",
    "Lesson": "lesson",
    "SheetgdError": "errors",
    "build_workbook": "build",
    "compare_workbook": "compare",
    "descend": "descent",
    "read_csv": "data",
    "read_template": "template",
    "shipped_lesson": "template",
    "surface_table": "surface",
}


def __getattr__(name: str) -> object:
    """Import what is asked for only then: the command line must answer --help at once."""
    if name not in _HOMES:
        raise AttributeError(f"module 'sheetgd' has no attribute {name!r}")
    return getattr(import_module(f"sheetgd.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
