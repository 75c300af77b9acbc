"""Books of the shipped lessons, built once."""

from functools import cache

from sheetgd.lesson.template import shipped_lesson
from sheetgd.sheets.book import Book
from sheetgd.sheets.sheet import Page
from tests.support import built


@cache
def book(name: str) -> Book:
    return built.book(shipped_lesson(name))


def page(name: str, title: str) -> Page:
    return next(each for each in book(name).pages if each.title == title)
