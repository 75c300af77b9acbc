"""Lessons of which the page Play says much, and where it says it."""

import math
from collections.abc import Mapping
from typing import Any

from sheetgd.expression.excel import Value
from sheetgd.lesson.lesson import Lesson
from sheetgd.sheets.section import PLAY
from sheetgd.sheets.sheet import Page
from tests.support import built
from tests.support.given import lesson_of

BASE = lesson_of(
    x=(-1.0, -0.6, 0.1, 0.4, 0.8, 1.2, 1.5), y=(2.1, 1.4, 0.9, 1.0, 1.3, 2.2, 3.4), learn=0.02,
    capacity=6, epochs=2, clicks=2, rates=(0.01, 0.02), rate_epochs=5,
)  # fmt: skip
ROW = "B18"
MOST_TOLD = 2
POLYNOMIAL = lesson_of(
    x=tuple(each / 10 for each in range(12)), y=tuple(each**2 / 50 for each in range(12)),
    model="polynomial 9", learn=0.01, capacity=4, epochs=1,
)  # fmt: skip


def page_of(lesson: Lesson, title: str = PLAY) -> Page:
    return next(page for page in built.book(lesson).pages if page.title == title)


def values_of(page: Page) -> dict[str, Value]:
    return {str(cell.address): cell.value for cell in page.all_cells()}


def lines_of(values: Mapping[str, Any]) -> list[str]:
    """The sentences: of the row, then two of each parameter that is told of."""
    # A long sentence takes two rows, the second of which is merged with it and empty.
    places = [ROW, *(f"B{down}" for down in range(20, 20 + 4 * MOST_TOLD))]
    texts = [str(values[place]) for place in places if values.get(place) is not None]
    return [text for text in texts if not text.startswith("Try next")][: 1 + 2 * MOST_TOLD]


SAID: dict[str, Lesson] = {
    "line": BASE,
    "not begun": BASE.changed(clicks=0),
    "all there is room for": BASE.changed(clicks=9),
    "tiny rate": BASE.changed(learn=1e-9),
    "large rate": BASE.changed(learn=10.0, clicks=0),
    "odd rate": BASE.changed(learn=0.0371234),
    "absolute error": BASE.changed(loss="mae", metric="mae"),
    "central": BASE.changed(gradient="central"),
    "analytic": BASE.changed(gradient="analytic"),
    "odd nudge": BASE.changed(nudge=0.037),
    "tiny nudge": BASE.changed(nudge=1e-6),
    "batches": BASE.changed(batch=3),
    "all rows": BASE.changed(batch="all", gradient="analytic"),
    "shuffled": BASE.changed(shuffle=4),
    "shuffled batches": BASE.changed(shuffle=4, batch=2),
    "momentum": BASE.changed(optimizer="momentum"),
    "averaged": BASE.changed(optimizer="momentum-ema"),
    "adagrad": BASE.changed(optimizer="adagrad"),
    "rmsprop": BASE.changed(optimizer="rmsprop", batch=3),
    "adam": BASE.changed(optimizer="adam", batch="all"),
    "quadratic": BASE.changed(model="quadratic", start=(0.5, -2, 1)),
    "exponential": BASE.changed(model="a*exp(-k*x) + c", start=(0.5, -0.2, 1)),
    "logarithm": BASE.changed(
        x=(1, 2, 3, 4, 5, 6, 7), model="a*ln(x) + b", gradient="analytic", start=(1, 1)
    ),
    "one parameter": BASE.changed(model="w*x", start=(0.5,)),
    "level": BASE.changed(model="c", start=(0.5,)),
    "ten parameters": POLYNOMIAL,
    "a model too long to tell": BASE.changed(
        model=" + ".join(f"m*x/{number}" for number in range(1, 40)) + " + b", start=(0.1, 0)
    ),
    "wide apart": BASE.changed(
        y=(2100.5, 1400.25, 900, 1000, 1300, 2200, 3400), start=(0.000123, 1234.5678)
    ),
    "just right": BASE.changed(
        y=(1.5, *BASE.data.y[1:]), clicks=0, start=(-1, 0.5), gradient="analytic"),
    "no derivative": BASE.changed(
        x=(0, *BASE.data.x[1:]), clicks=0, start=(1, 0.5), gradient="analytic"
    ),
    "many digits": BASE.changed(
        x=(1 / 3, *BASE.data.x[1:]),
        y=(0.1 + 0.2, *BASE.data.y[1:]), learn=1 / 30, start=(math.pi, 0)
    ),
}  # fmt: skip
