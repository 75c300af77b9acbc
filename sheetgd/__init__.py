"""Gradient descent in plain sight: spreadsheets in which every number is a live formula.

>>> import sheetgd
>>> lesson = sheetgd.shipped_lesson("original")
>>> run = sheetgd.descend(lesson, epochs=1)
>>> [round(value, 4) for value in run.states[-1]]
[2.8783, 1.0975]
"""

from sheetgd.version import __version__

# Not the one of `typing`, which takes longer to import than the command line's help to print.
TYPE_CHECKING = False

if TYPE_CHECKING:
    from sheetgd.api import Lesson, read_template, shipped_lesson
    from sheetgd.build import Built, build_workbook
    from sheetgd.compare import compare_workbook
    from sheetgd.data import Data, from_frame
    from sheetgd.delimited import read_csv
    from sheetgd.descent import Descent, descend
    from sheetgd.divergence import Divergence, Ending, Standstill
    from sheetgd.engine.log import Stop
    from sheetgd.errors import DivergenceWarning, SheetgdError, SheetgdWarning
    from sheetgd.expected import Expected
    from sheetgd.lesson import Variant
    from sheetgd.maths.rate_verdict import Verdict
    from sheetgd.sources import read_data
    from sheetgd.stability import epoch_factor, largest_stable_rate
    from sheetgd.surface import surface_table
    from sheetgd.sweeping import Sweep, Trial, sweep
    from sheetgd.template import shipped_names

_HOMES = {
    "Built": "build",
    "Data": "data",
    "Descent": "descent",
    "Divergence": "divergence",
    "DivergenceWarning": "errors",
    "Ending": "divergence",
    "Expected": "expected",
    "Lesson": "api",
    "Picture": "picture",
    "SheetgdError": "errors",
    "SheetgdWarning": "errors",
    "Standstill": "divergence",
    "Stop": "engine.log",
    "Sweep": "sweeping",
    "Trial": "sweeping",
    "Variant": "lesson",
    "Verdict": "maths.rate_verdict",
    "build_workbook": "build",
    "draw_picture": "picture",
    "compare_workbook": "compare",
    "descend": "api",
    "epoch_factor": "stability",
    "from_frame": "data",
    "largest_stable_rate": "stability",
    "read_csv": "delimited",
    "read_data": "sources",
    "read_template": "api",
    "shipped_lesson": "api",
    "shipped_names": "template",
    "surface_table": "surface",
    "sweep": "sweeping",
}

__all__ = [
    "Built",
    "Data",
    "Descent",
    "Divergence",
    "DivergenceWarning",
    "Ending",
    "Expected",
    "Lesson",
    "Picture",
    "SheetgdError",
    "SheetgdWarning",
    "Standstill",
    "Stop",
    "Sweep",
    "Trial",
    "Variant",
    "Verdict",
    "__version__",
    "build_workbook",
    "compare_workbook",
    "descend",
    "draw_picture",
    "epoch_factor",
    "from_frame",
    "largest_stable_rate",
    "read_csv",
    "read_data",
    "read_template",
    "shipped_lesson",
    "shipped_names",
    "surface_table",
    "sweep",
]


def __getattr__(name: str) -> object:
    """Import what is asked for only then: the command line must answer --help at once."""
    from importlib import import_module  # noqa: PLC0415  the same

    if name not in _HOMES:
        raise AttributeError(f"module 'sheetgd' has no attribute {name!r}")
    return getattr(import_module(f"sheetgd.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
