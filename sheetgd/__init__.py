"""Gradient descent in plain sight: spreadsheets in which every number is a live formula.

>>> import sheetgd
>>> lesson = sheetgd.shipped_lesson("original")
>>> run = lesson.run(epochs=1)
>>> [round(value, 4) for value in run.states[-1]]
[2.8783, 1.0975]
"""

from sheetgd.version import __version__

# Not the one of `typing`, which takes longer to import than the command line's help to print.
TYPE_CHECKING = False

if TYPE_CHECKING:
    from sheetgd.compare import compare_workbook
    from sheetgd.descent.rate_verdict import Divergence, Ending, Standstill, Verdict
    from sheetgd.engine.error_surface import surface_table
    from sheetgd.engine.log import Stop
    from sheetgd.engine.run import Descent
    from sheetgd.engine.stability import epoch_factor, largest_stable_rate
    from sheetgd.engine.sweep import Sweep, Trial, sweep
    from sheetgd.errors import DivergenceWarning, SheetgdError, SheetgdWarning
    from sheetgd.lesson.lesson import Lesson
    from sheetgd.lesson.template import read_template, shipped_lesson, shipped_names
    from sheetgd.lesson.values import Expected, Variant
    from sheetgd.plot.picture import Picture, draw_picture
    from sheetgd.reading.columns import Data
    from sheetgd.reading.conversion import from_frame
    from sheetgd.reading.data_file import read_csv, read_data
    from sheetgd.xlsx.write import Built, build_workbook

_HOMES = {
    "Built": "xlsx.write",
    "Data": "reading.columns",
    "Descent": "engine.run",
    "Divergence": "descent.rate_verdict",
    "DivergenceWarning": "errors",
    "Ending": "descent.rate_verdict",
    "Expected": "lesson.values",
    "Lesson": "lesson.lesson",
    "Picture": "plot.picture",
    "SheetgdError": "errors",
    "SheetgdWarning": "errors",
    "Standstill": "descent.rate_verdict",
    "Stop": "engine.log",
    "Sweep": "engine.sweep",
    "Trial": "engine.sweep",
    "Variant": "lesson.values",
    "Verdict": "descent.rate_verdict",
    "build_workbook": "xlsx.write",
    "compare_workbook": "compare",
    "draw_picture": "plot.picture",
    "epoch_factor": "engine.stability",
    "from_frame": "reading.conversion",
    "largest_stable_rate": "engine.stability",
    "read_csv": "reading.data_file",
    "read_data": "reading.data_file",
    "read_template": "lesson.template",
    "shipped_lesson": "lesson.template",
    "shipped_names": "lesson.template",
    "surface_table": "engine.error_surface",
    "sweep": "engine.sweep",
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
    from importlib import import_module  # noqa: PLC0415  only a name that is asked for needs it

    if name not in _HOMES:
        raise AttributeError(f"module 'sheetgd' has no attribute {name!r}")
    return getattr(import_module(f"sheetgd.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
