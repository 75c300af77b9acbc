"""Telling that numbers of the data are too large, or too small, to be squared."""

from typing import Final

from sheetgd.lesson import Lesson

LARGEST: Final = 1e150
"""The squares of larger numbers, summed up, are beyond the largest number there is, 1.8e308."""

SMALLEST: Final = 1e-150
"""The squares of smaller numbers are below the smallest that a spreadsheet knows, 2.2e-308."""


def unit_advice(lesson: Lesson) -> str | None:
    """A warning if a column of the data needs another unit.

    >>> unit_advice(Lesson(x=(1e200, 2e200), y=(1, 2)))
    'x reaches 2e+200: the squares of such numbers are too large for a spreadsheet, which shows \
#NUM!; take another unit for it'
    >>> unit_advice(Lesson(x=(0, 1), y=(1e-200, 2e-200)))
    'y reaches only 2e-200: the squares of such numbers are 0 in most programs, and #NUM! in \
LibreOffice; take another unit for it'
    """
    for name, values in ((lesson.x_name, lesson.x), (lesson.y_name, lesson.y)):
        largest = max(map(abs, values))
        if largest > LARGEST:
            return (
                f"{name} reaches {largest:g}: the squares of such numbers are too large for a "
                "spreadsheet, which shows #NUM!; take another unit for it"
            )
        if 0 < largest < SMALLEST:
            return (
                f"{name} reaches only {largest:g}: the squares of such numbers are 0 in most "
                "programs, and #NUM! in LibreOffice; take another unit for it"
            )
    return None
