"""Workbooks that many tests look at: each is computed once, written once, and read.

A lesson stands for the same workbook as often as it is asked for. Where a test changes how the
library computes, it takes `book_of` itself.
"""

import gc
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import numpy as np

from sheetgd.expression.excel import Address, ErrorValue
from sheetgd.lesson.lesson import Lesson
from sheetgd.lesson.template import shipped_lesson, shipped_names
from sheetgd.sheets.book import Book, book_of
from sheetgd.sheets.cells import Cell
from sheetgd.sheets.sheet import Page
from sheetgd.xlsx.write import write_workbook
from tests.support.each_engine import WHOLE
from tests.support.engines import Place, Result

T = TypeVar("T")
SHIPPED = [name for name in shipped_names() if name != "dosage" or WHOLE]
"""The names of the shipped lessons, for tests of whole workbooks: one takes ten seconds to make."""
SHORT = {name: shipped_lesson(name) for name in shipped_names()}
"""The shipped lessons as tests of whole workbooks take them: none with more than sixty epochs."""
SHORT["dosage"] = SHORT["dosage"].changed(capacity=60, epochs=20, clicks=2)
_KEPT = 40
"""So many of the last books, and of what they are expected to show, are kept."""

_books: OrderedDict[str, Book] = OrderedDict()
_values: OrderedDict[str, dict[Place, Result]] = OrderedDict()
_paths: dict[str, Path] = {}
_folder = TemporaryDirectory(prefix="sheetgd-built-")


def book(lesson: Lesson) -> Book:
    """The pages of a lesson's workbook."""
    # As where it is built: numbers that are too large are shown by their cells.
    with np.errstate(all="ignore"):
        return _kept(_books, lesson, book_of)


def workbook(lesson: Lesson) -> Path:
    """The file of a lesson's workbook, which is not to be changed."""
    text = text_of(lesson)
    if text not in _paths:
        path = Path(_folder.name) / f"{len(_paths)}.xlsx"
        write_workbook(book(lesson), path)
        _paths[text] = path
    return _paths[text]


def page(lesson: Lesson, title: str) -> Page:
    """One of the pages."""
    return next(each for each in book(lesson).pages if each.title == title)


def expected_values(lesson: Lesson) -> dict[Place, Result]:
    """What the library says that each formula cell of a workbook shows."""
    # A copy: tests take out of it what an engine is known not to compute.
    values = _kept(_values, lesson, lambda each: formula_values(book(each)))
    return {**values}


def formula_values(of: Book) -> dict[Place, Result]:
    """The same of pages."""
    return {
        (page.title, str(cell.address)): _plain(cell)
        for page, cell in every_cell(of)
        if cell.formula is not None
    }


def every_cell(of: Book) -> Iterator[tuple[Page, Cell]]:
    """Each cell of a book with its page."""
    return ((page, cell) for page in of.pages for cell in page.all_cells())


def named(lesson: Lesson, title: str, name: str) -> Address:
    """The cell of a defined name; fails where it is a name of several cells."""
    place = page(lesson, title).names[name]
    assert isinstance(place, Address), f"{name} is {place}"
    return place


def _plain(cell: Cell) -> Result:
    value = cell.value
    if isinstance(value, ErrorValue):
        return str(value)
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def text_of(lesson: Lesson) -> str:
    """All that a lesson is made of, as a text."""
    return repr([getattr(lesson, each.name) for each in fields(lesson)] + [lesson.data.classes])


def _kept(store: OrderedDict[str, T], lesson: Lesson, compute: Callable[[Lesson], T]) -> T:
    text = text_of(lesson)
    if text not in store:
        store[text] = compute(lesson)
        # Or millions of cells that stay are looked through for garbage, again and again.
        gc.freeze()
    store.move_to_end(text)
    while len(store) > _KEPT:
        store.popitem(last=False)
    return store[text]
