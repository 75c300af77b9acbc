"""Every number in some of the documents, section by section, is what the library computes.

A section's numbers are read in their order, out of prose and tables alike, and compared
with a list that is computed anew. So no number can change unseen, be it in a document or
in the library. Code is left out (other tests run it), and so are cell addresses, which
the names beside them are compared with below.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import cache
from importlib import import_module
from itertools import combinations, pairwise
from math import isfinite, log10, sqrt
from pathlib import Path
from types import ModuleType

import openpyxl
import pytest

from sheetgd.descent.model import model_of
from sheetgd.descent.optimizer import OPTIMIZERS
from sheetgd.descent.rate_verdict import FACTOR, NEARLY_PERFECT, STILL_FALLING, TAKEN_BACK
from sheetgd.descent.stationary_point import growth, swapped_eigenvalues
from sheetgd.engine import automatic as auto
from sheetgd.engine import automatic as nudge
from sheetgd.engine.error_surface import best_parameters
from sheetgd.engine.run import Descent, descend
from sheetgd.engine.stability import SHUFFLED_EPOCHS, epoch_factor, largest_stable_rate
from sheetgd.engine.sweep import rates_for, sweep, sweep_epochs
from sheetgd.expression.derivative import derivative
from sheetgd.expression.functions import ROUNDING, rounded
from sheetgd.expression.numbers import evaluate
from sheetgd.expression.parser import parse_formula
from sheetgd.lesson.checks import LONGEST_LABEL, LONGEST_TITLE, MOST_RUNS
from sheetgd.lesson.lesson import DEFAULT_CAPACITY, Lesson
from sheetgd.lesson.template import shipped_lesson
from sheetgd.lesson.values import MOST_STEPS
from sheetgd.original import published_cells
from sheetgd.sheets.heat_map import along
from sheetgd.xlsx.write import build_workbook
from tests import plain
from tests.support import built, engines
from tests.support.given import lesson_of
from tests.support.lesson_numbers import SECTIONS
from tests.support.stationary import epoch_s_own, row_slopes, stationary_points_of

DOCS = Path(__file__).resolve().parents[2] / "docs"
LESSON = shipped_lesson("original")
assert LESSON.display.published is not None
PUBLISHED = LESSON.display.published
Numbers = Callable[[], Sequence[float]]
MAIN, AS_PUBLISHED = "Gradient Descent", "As published"
NUMBER = re.compile(r"(?<![\w.])-?\d+(?:,\d{3})*(?:\.\d+)?(?!\w|-[A-Za-z]|[.,]\d)")
LEFT_OUT = (
    r"^```.*?^```$",  # blocks of code, and of formulas
    r"`[^`]*`",
    r"\$[^$]*\$",
    r"(?<=\])\([^)]*\)",  # where a link leads
    r"</?\w+>",
)


def sections(document: str) -> dict[str, list[str]]:
    """The numbers that a reader sees under each heading, as they are written."""
    text = (DOCS / document).read_text(encoding="utf-8")
    text = re.sub(LEFT_OUT[0], "", text, flags=re.DOTALL | re.MULTILINE)
    found: dict[str, list[str]] = {}
    for part in re.split(r"^#+ ", text, flags=re.MULTILINE)[1:]:
        heading, _, body = part.partition("\n")
        for pattern in LEFT_OUT[1:]:
            body = re.sub(pattern, "", body, flags=re.MULTILINE)
        assert heading not in found, f"two sections are called {heading!r}"
        found[heading] = NUMBER.findall(body)
    return found


def wrong(written: Sequence[str], expected: Sequence[float]) -> list[str]:
    """The places where a written number is not the expected one, rounded as it is written."""
    places = [f"{len(written)} are written, {len(expected)} expected"]
    places = places if len(written) != len(expected) else []
    for number, (text, value) in enumerate(zip(written, expected, strict=False), start=1):
        decimals = len(text.partition(".")[2])
        if float(text.replace(",", "")) != rounded(float(value), decimals):
            places.append(f"number {number}: {text} is written, {value!r} expected")
    return places


@cache
def walk(
    epochs: int,
    *,
    gradient: str = "forward",
    learn: float = 0.0001,
    start: tuple[float, float] = (1.0, 1.0),
    moved: tuple[int, float] | None = None,
) -> Descent:
    """A run on the original's points, confirmed by a reference that shares no code with it."""
    lesson = LESSON.replaced(gradient=gradient, learn=learn, start=start)
    if moved is not None:
        lesson = with_y(lesson, *moved)
    run = descend(lesson, epochs)
    told = min(epochs, 1000)
    _, log = plain.descend(
        lesson.data.x, lesson.data.y, start, learn=learn, nudge=0.01, epochs=told, gradient=gradient
    )
    found = zip(run.states, run.metric_values_pass, run.metric_values, strict=True)
    for line, ((m, b), figure, held) in zip(log, found, strict=False):
        # Numbers that diverge differ in ever more of their digits.
        if figure < 1e7:
            expected = (line["m"], line["b"], line["root_sse_pass"], line["root_sse"])
            assert (m, b, figure, held) == pytest.approx(expected, rel=1e-9)
    return run


def with_y(lesson: Lesson, row: int, y: float) -> Lesson:
    """The lesson with another y in a row, counted from 0."""
    return lesson.replaced(y=[*lesson.data.y[:row], y, *lesson.data.y[row + 1 :]])


def after(run: Descent, epoch: int) -> tuple[float, float, float]:
    """The parameters after an epoch, and the metric of the pass that follows."""
    m, b = run.states[epoch]
    return m, b, run.metric_values_pass[epoch]


def held(run: Descent, epoch: int) -> tuple[float, float, float]:
    """The parameters after an epoch, and the metric with them held, spelt out here."""
    m, b = run.states[epoch]
    assert run.metric_values[epoch] == pytest.approx(map_error(m, b), rel=1e-9)
    return m, b, run.metric_values[epoch]


def swapped(epochs: int, learn: float = 0.0001) -> Descent:
    return walk(epochs, gradient="swapped", learn=learn)


def example_error(m: float, b: float) -> float:
    """The worked example's figure: the root of the sum over the first five rows."""
    return sqrt(
        sum((m * x + b - y) ** 2 for x, y in zip(LESSON.data.x[:5], LESSON.data.y[:5], strict=True))
    )


def map_error(m: float, b: float) -> float:
    """The same over all rows, as the page Surface has it."""
    return sqrt(
        sum((m * x + b - y) ** 2 for x, y in zip(LESSON.data.x, LESSON.data.y, strict=True))
    )


def published(table: str, field: str) -> list[float]:
    """The published numbers of a field, in the order of their rows."""
    return [each.number for each in published_cells() if (each.table, each.field) == (table, field)]


def missed(*, closed: bool, swap: bool) -> int:
    """How many cells of the published table one way to fill its derivatives gets wrong.

    Spelt out here, for the library knows only one of the four ways that swap or do not.
    """
    shown = {(each.row, each.field): each for each in published_cells() if each.table == "descent"}
    m, b = 2.051, 25.075
    count = 0
    for row in range(90, 101):
        x, y = (shown[row, name].number for name in ("x", "y"))
        error, above_m = (m * x + b - y) ** 2, ((m + 0.01) * x + b - y) ** 2
        above_b = (m * x + b + 0.01 - y) ** 2
        slopes = ((above_m - error) / 0.01, (above_b - error) / 0.01)
        if closed:
            slopes = (2 * (m * x + b - y) * x, 2 * (m * x + b - y))
        by_m, by_b = reversed(slopes) if swap else slopes
        new_m, new_b = m - 0.0001 * by_m, b - 0.0001 * by_b
        values = (m, b, m * x + b, error, above_m, by_m, new_m, above_b, by_b, new_b)
        for name, value in zip(plain.HEADERS[2:], values, strict=True):
            cell = shown[row, name]
            count += plain.half_up(value, cell.decimals) != cell.number
        m, b = new_m, new_b
    return count


def unrounded_swapped(epochs: int) -> tuple[float, float]:
    """Where the swapped closed form leads if m and b are carried in full."""
    m = b = 1.0
    for _ in range(epochs):
        for x, y in zip(LESSON.data.x, LESSON.data.y, strict=True):
            residual = m * x + b - y
            m, b = m - 0.0001 * 2 * residual, b - 0.0001 * 2 * residual * x
    return m, b


def swaps() -> tuple[int, int]:
    """The ways to swap two of the reconstructed rows, and those that keep every digit."""
    pairs = list(combinations((row - 1 for row in sorted(LESSON.data.reconstructed)), 2))
    kept = 0
    for one, other in pairs:
        x, y = list(LESSON.data.x), list(LESSON.data.y)
        x[one], x[other] = x[other], x[one]
        y[one], y[other] = y[other], y[one]
        run = descend(PUBLISHED.replaced(x=x, y=y), 15)
        kept += run.states[15] == (2.051, 25.075) and rounded(run.metric_values_pass[15], 0) == 17.0
    return len(pairs), kept


def saddle_growth() -> tuple[float, float]:
    """What an epoch of swapped steps multiplies the two directions by."""
    sums = (sum(LESSON.data.x), sum(x * x for x in LESSON.data.x))
    towards, away = swapped_eigenvalues(*sums, float(LESSON.n_rows))
    return growth(towards, 0.0001), growth(away, 0.0001)


def lower_in() -> list[int]:
    """The epochs after which the swapped walk has the lower metric of the two, held."""
    pairs = zip(swapped(1000).metric_values, walk(20000).metric_values, strict=False)
    return [epoch for epoch, (one, other) in enumerate(pairs) if one < other]


def table(rows: Sequence[Sequence[float]]) -> list[float]:
    return [number for row in rows for number in row]


def rows_of_steps() -> list[int]:
    return sorted({each.row for each in published_cells() if each.table == "descent"})


def what_can_be_seen() -> list[float]:
    tables = [each.table for each in published_cells()]
    steps, controls = rows_of_steps(), LESSON.settings
    size = [tables.count("rmse_grid"), len(steps), LESSON.n_rows, tables.count("descent")]
    # y = 2x + 30, where the 2 is no number of its own.
    assert best_parameters(LESSON) == (2.0, 30.0)
    set_up = [30, *LESSON.training.start, controls["learn"], LESSON.training.epochs]
    state = [published("controls", name)[-1] for name in ("m_guess", "b_guess", "rmse")]
    return [1, max(each.row for each in published_cells()), len(tables), *size, *set_up, *state]


def no_mean() -> list[float]:
    errors = published("squared_error", "(y_pred-y)^2")
    figure = example_error(1, 1)
    assert figure == sqrt(sum(errors))
    shown = published("labels", "rmse")
    told = [*LESSON.training.start, *errors, sum(errors), *shown, figure, 5, figure / sqrt(5)]
    start = [*LESSON.training.start, map_error(*LESSON.training.start), LESSON.n_rows]
    return [*told, *start, swapped(1).metric_values_pass[0]]


def turned() -> list[float]:
    m, b = LESSON.display.grid
    assert [each.field for each in published_cells() if each.number == 0.0] == ["m=2 b=30"]
    return [m[0], m[-1], b[0], b[-1], b[1] - b[0], 2, example_error(2, 30), 30]


def swapped_columns() -> list[float]:
    rows = rows_of_steps()
    finite = [missed(closed=False, swap=swap) for swap in (False, True)]
    closed = [missed(closed=True, swap=swap) for swap in (False, True)]
    # The first is that of 2(mx+b-y).
    return [2, 10 * len(rows), rows[0], rows[-1], *finite, *closed]


def carried() -> list[float]:
    return [15, *swapped(15).states[15], *unrounded_swapped(15)]


def as_published() -> list[float]:
    run = swapped(1000)
    epochs = (0, 1, 2, 5, 10, 15, 25, 50, 100, 1000)
    lines = [[epoch, *after(run, epoch)] for epoch in epochs]
    lines[5].append(published("controls", "rmse")[0])
    assert run.lowest == 25
    lower = lower_in()
    assert lower == list(range(lower[0], lower[-1] + 1))
    highest = max(m for m, _ in walk(20000).states)
    assert highest == max(m for m, _ in walk(20000).states[:10])
    assert rounded(highest - best_parameters(LESSON)[0], 1) == 1.0
    return [0.0001, *table(lines), highest, lower[0], lower[-1], *saddle_growth()]


def a_surface() -> list[float]:
    """A height of the heat map, and the slopes of the sum of squares in the same place."""
    m, b, rows = 1, 0, list(zip(LESSON.data.x[:5], LESSON.data.y[:5], strict=True))
    (height,) = published("rmse_grid", f"m={m} b={b}")
    assert height == rounded(example_error(m, b), 0)
    by_m = 2 * sum((m * x + b - y) * x for x, y in rows)
    by_b = 2 * sum(m * x + b - y for x, y in rows)
    assert not {by_m, by_b} & {each.number for each in published_cells()}
    return [m, b, height, by_m, by_b]


def as_described() -> list[float]:
    run = walk(20000)
    epochs = (1, 5, 100, 1000, 20000)
    lines = [[epoch, *run.states[epoch], run.metric_values[epoch]] for epoch in epochs]
    central = walk(20000, gradient="central")
    return [
        LESSON.training.difference_step,
        *table(lines),
        *best_parameters(LESSON),
        20000,
        *central.states[-1],
    ]


def not_seen() -> list[float]:
    rows = [rows_of_steps()[0] + row - 1 for row in sorted(LESSON.data.reconstructed)]
    x, y = (
        [each[row - 1] for row in sorted(LESSON.data.reconstructed)]
        for each in (LESSON.data.x, LESSON.data.y)
    )
    ways, kept = swaps()
    run = swapped(15)
    assert run.states[15] == (2.051, 25.075)
    assert rounded(run.metric_values_pass[15], 0) == 17.0
    described = [rows[-1], rows_of_steps()[-1]]
    return [*described, *rows, *x, *y, 15, 3, 5, ways, kept, ways - kept]


ORIGINAL: Mapping[str, Numbers] = {
    "What can be seen": what_can_be_seen,
    "Its rmse is no mean": no_mean,
    "The heat map is turned": turned,
    "It nudges, and then it does not use the nudge": lambda: [LESSON.training.difference_step],
    "The two derivatives are swapped": swapped_columns,
    "It carries what it displays": carried,
    "Its gradient is a surface": a_surface,
    "The walk as published": as_published,
    "The walk as described": as_described,
    "The nine rows that cannot be seen": not_seen,
    # The exit codes are what `compare` promises, and its own tests hold it to.
    "Compare it yourself": lambda: [len(published_cells()), 0, 1],
}


def an_error() -> list[float]:
    compared = [(2, 30), (3, 6), (1, 30), (3, 30), (1, 30)]
    assert example_error(3, 6) < min(example_error(1, 30), example_error(3, 30))
    best, both, flat, steep, _ = (example_error(m, b) for m, b in compared)
    told = [best, 3, 6, both, 1, 30, flat, 3, 30, 1, steep]
    assert rounded(steep, 0) == rounded(flat, 0)
    return [33, 2, 30, 3, 6, 1, 30, *told]


def heat_map() -> list[float]:
    m, b = LESSON.display.grid
    lowest = min(b, key=lambda each: example_error(3, each))
    errors = [lowest, example_error(3, lowest), 30, example_error(3, 30)]
    return [len(m) * len(b), 3, 30, *errors]


def first_click() -> list[float]:
    run = walk(1)
    first = run.passed(1)
    slopes = [first["de/dm"][0], first["de/db"][0]]
    x = LESSON.data.x[0]
    assert slopes[0] / slopes[1] == pytest.approx(x, rel=0.01)
    # In the pass m grows from row to row, until it is where the lines are good.
    assert first["m"][0] < first["m"][1] < first["m"][2]
    begin = [1, 0, 1.0, LESSON.n_rows, LESSON.n_rows, map_error(1, 1), run.metric_values_pass[0], 1]
    return [*begin, *run.states[1], 0, *slopes, x, x, sum(LESSON.data.x) / LESSON.n_rows]


def more_clicks() -> list[float]:
    run = walk(50)
    lines = [[epoch, *held(run, epoch)] for epoch in (0, 1, 5, 10, 50)]
    assert LESSON.capacity == 50
    asked = [5, 5, LESSON.capacity / 5, held(run, 0)[2], held(run, 1)[2], 50]
    passed = run.metric_values_pass[0]
    return [*asked, *table(lines), held(run, 50)[2], passed, LESSON.capacity / 5 + 1]


def the_map() -> list[float]:
    (low, high), steps = LESSON.display.surface.ranges["b"], LESSON.display.surface.steps[1]
    across = [along(low, high, steps, place) for place in range(steps + 1)]
    lowest = {m: min((map_error(m, b), b) for b in across) for m in (2, 3, 2.5)}
    (least, best), three, two_and_a_half = lowest.values()
    # The path turns: first m alone moves, in the end b alone.
    path = walk(50).states
    (m, b), (m_1, b_1), (m_50, b_50) = path[0], path[1], path[50]
    assert m_1 - m > 10 * abs(b_1 - b)
    assert b_50 - b_1 > 10 * abs(m_50 - m_1)
    asked = [LESSON.n_rows, 50, 0, 3, 2, least, best]
    told = [3, three[1], three[0], 2.5, two_and_a_half[1], two_and_a_half[0], 2]
    return [*asked, *told, 50, 2.75, 3.25, 0, 4, *LESSON.display.surface.ranges["m"], low, high]


def rates() -> list[float]:
    lines = []
    for learn in (0.00001, 0.0001, 0.0003, 0.001):
        run = walk(50, learn=learn)
        lines.append([learn, *held(run, 5), held(run, 50)[2]])
    assert min(line[-1] for line in lines) == lines[2][-1]
    # The tiny rate takes longer to get as far, and gets there; the large one does not.
    assert lines[0][3] > lines[1][3] == pytest.approx(lines[0][4], rel=1e-3)
    lines.append([0.002, *held(walk(50, learn=0.002), 5)])
    assert walk(50, learn=0.002).metric_values[50] > 1e16
    border = largest_stable_rate(LESSON)
    assert border is not None
    return [5, 1, 5, 5, 5, 50, *table(lines), 50, border]


def many_rates() -> list[float]:
    runs = sweep(LESSON)
    best = runs.best
    assert best is not None
    assert best.rate == 0.0003
    tried = {rate: held(walk(25, learn=rate), 25)[2] for rate in (0.0003, 0.00025, 0.0004)}
    assert tried[0.0003] == best.metric_values[-1]
    assert tried[0.00025] < tried[0.0003] < tried[0.0004]
    around = [runs.rates[runs.rates.index(0.0003) + step] for step in (-1, 1)]
    told = [number for pair in tried.items() for number in pair]
    border = largest_stable_rate(LESSON)
    assert border is not None
    assert max(tried) < border / 3
    # Below the border a rate comes to rest in the end.
    ended = walk(20000, learn=0.95 * border)
    assert ended.states[-1] == pytest.approx(ended.states[-2], rel=1e-9)
    assert ended.metric_values[-1] < ended.metric_values[25] / 10
    return [runs.epochs, best.rate, *around, *told, border, runs.epochs, 1]


def diverging() -> list[float]:
    run = walk(50, learn=0.002)
    (epoch,) = (each.epoch for each in run.divergence if each.ending == "grown")
    start, ended = held(run, 0)[2], held(run, epoch)[2]
    bound = sqrt(1000) * start
    assert run.metric_values[epoch - 1] < bound < ended
    m = [state[0] for state in run.states[: epoch + 1]]
    assert all((one < 2) != (other < 2) for one, other in pairwise(m[1:]))
    soon = walk(5, learn=0.002)
    assert soon.verdict == "diverging"
    assert [each.ending for each in soon.divergence] == ["rising"]
    assert max(soon.metric_values) == soon.metric_values[-1] > start
    known = [epoch, ended, bound, 1000, 5]
    back = [0, run.metric_values_pass[0], walk(1).metric_values_pass[0], start]
    return [0.002, 2, *known, *back, 0.0001, 1, walk(5).states[5][0]]


def starts() -> list[float]:
    tried = ((0.0, 0.0), (5.0, 30.0), (2.0, 1.0), (2.0, 30.0))
    lines = [[*start, *held(walk(5, start=start), 5)] for start in tried]
    for line in lines:
        m, b = line[2:4]
        squares = sum(x * x for x in LESSON.data.x)
        suits = (
            sum(x * (y - b) for x, y in zip(LESSON.data.x, LESSON.data.y, strict=True)) / squares
        )
        assert abs(m - suits) < 0.01
        assert abs(b - line[1]) < 0.3
    begin = [0.0001, 5, 1, 5, 2, 30, 0, 0, 5, 30, 2, 1]
    return [*begin, 5, 5, *table(lines), 5, lines[-1][2]]


def moved_points() -> list[float]:
    far, middle = (4, 30.0), (9, -24.0)
    changed = [(LESSON.data.x[row], y) for row, y in (far, middle)]
    assert [LESSON.data.y[row] - y for row, y in (far, middle)] == [100, 100]
    lines = [[*best_parameters(LESSON), *walk(5).states[5]]]
    for point, (row, y) in zip(changed, (far, middle), strict=True):
        best = best_parameters(with_y(LESSON, row, y))
        lines.append([*point, *best, *walk(5, moved=(row, y)).states[5]])
    begin = [1, 1, 90, 94, LESSON.data.x[4], LESSON.data.y[4]]
    asked = [far[1], 100, 100, 99, LESSON.data.x[9], middle[1]]
    assert 100**2 == 100 * 10**2
    return [*begin, *asked, 5, 5, *table(lines), 100, 100, 10]


def three_ways() -> list[float]:
    state = walk(5).states[5]

    def off(row: int, nudge: float) -> float:
        forward, central, closed = row_slopes(LESSON, row, state, nudge)[0]
        assert central == pytest.approx(closed, rel=1e-9)
        return rounded(forward - closed, 6)

    near, far, much = off(0, 0.01), off(4, 0.01), (off(0, 0.1), off(4, 0.1))
    squares = [0.01, LESSON.data.x[0] ** 2, near, 0.01, LESSON.data.x[4] ** 2, far]
    rest = [
        [nudge, *stationary_points_of(LESSON).forward(nudge)]
        for nudge in (0.0001, 0.001, 0.01, 0.1, 1)
    ]
    asked = [LESSON.data.x[0], near, LESSON.data.x[4], 0.1]
    return [*asked, LESSON.data.x[4], far, *squares, 0.1, *much, *table(rest), LESSON.n_rows]


def two_descents() -> list[float]:
    right, other = walk(20000), swapped(1000)
    epochs = (1, 6, 7, 25, 160)
    lines = [[epoch, held(other, epoch)[2], held(right, epoch)[2]] for epoch in epochs]
    # Ahead are the correct one, from 7 on the swapped one, and in the end the correct one again.
    assert [one < two for _, one, two in lines] == [False, False, True, True, False]
    slower = []
    for learn in (0.0002, 0.00005):
        lowest = swapped(160, learn).lowest
        assert lowest is not None
        slower += [lowest, learn]
    changed = built.book(LESSON.replaced(published=PUBLISHED.replaced(clicks=4)))
    (check,) = (page for page in changed.pages if page.title == "Check")
    cells = {str(cell.address): cell.value for cell in check.all_cells()}
    same, different = (float(str(cells[place])) for place in ("C5", "E5"))
    compared = [len(published_cells()), 4, 3, same, different, 3]
    asked = [160, 1, 25, 160, *table(lines), other.lowest or 0, saddle_growth()[1]]
    _, _, _, *stuck = swapped_rule()
    return [*asked, 0.0001, 0.0002, 0.00005, *slower, *stuck, 0.0001, *compared]


def in_numbers() -> list[float]:
    x, n = LESSON.data.x, float(LESSON.n_rows)
    sum_x, squares = sum(x), sum(each * each for each in x)
    run = swapped(160)
    saddle = [*swapped_eigenvalues(sum_x, squares, n), *saddle_growth()]
    seen = run.metric_values_pass[160] / run.metric_values_pass[159]
    # H is 2/n times (squares, sum_x; sum_x, n): two eigenvalues, by trace and determinant.
    half, product = (squares + n) / n, 4 * (squares * n - sum_x * sum_x) / (n * n)
    steep = half + sqrt(half * half - product)
    flat = product / steep
    whole = LESSON.replaced(batch="all")
    lessons = [LESSON, whole]
    lessons += [whole.replaced(optimizer=name) for name in ("momentum", "momentum-ema")]
    found = [largest_stable_rate(lesson) or 0.0 for lesson in lessons]
    expected = [2 / steep, 2 * 1.9 / steep, 2 * 1.9 / (0.1 * steep)]
    assert found[1:] == pytest.approx(expected, rel=1e-6)
    stable = [*found[:2], lessons[2].step.optimizer_rule.hyper["beta"], *found[2:]]
    epochs = [160, 159, seen]
    rests = [*stationary_points_of(LESSON).forward(0.01), *end_of_epochs()]
    rates = [steep, flat, steep / flat]
    return [n, sum_x, squares, *saddle, *epochs, *rests, *rates, *stable]


def end_of_epochs() -> tuple[float, float]:
    """The m and b that an epoch leads back to."""
    m, b = epoch_s_own(LESSON)
    run = walk(1, start=(m, b))
    assert run.states[1] == pytest.approx((m, b), rel=1e-12)
    # Within the epoch they go round in a small loop.
    assert len(set(run.passed(1)["m"])) == LESSON.n_rows
    return m, b


def kinks() -> list[float]:
    """The degree's one more, the slope of abs at 0, those that meet there, and of corners."""
    slopes = [
        evaluate(model_of("abs(a)").partials[0], ("x", "a"), (1.0, place))
        for place in (0.0, -2.0, 2.0)
    ]
    assert evaluate(model_of("max(a, 3*b)").partials[0], ("a", "b"), (3.0, 1.0)) == 1
    corner, jump, level = (
        evaluate(derivative(parse_formula(text), "z"), ("z",), (place,))
        for text, place in (("relu(z)", 0.0), ("step(z)", 0.0), ("step(z)", 1.0))
    )
    return [1, *slopes, corner, jump, level]


def forward() -> list[float]:
    found, _, closed = row_slopes(LESSON, 0, (1.0, 1.0), LESSON.training.difference_step)[0]
    assert closed < found
    assert abs(found) < abs(closed)
    # Of the nudges 0.1, 0.01 and so on the best for a square at 1.
    off = {k: abs(((1 + 10.0**-k) ** 2 - 1) / 10.0**-k - 2) for k in range(1, 15)}
    text = (DOCS / "maths.md").read_text(encoding="utf-8")
    assert f"the best nudge is about $10^{{-{min(off, key=off.__getitem__)}}}$" in text
    return [found, closed, 0, 1, 1, LESSON.training.difference_step]


def swapped_rule() -> list[float]:
    run = swapped(300, 0.00001)
    stuck = next(epoch for epoch, state in enumerate(run.states) if state == run.states[-1])
    m, b = run.states[-1]
    for x, y in zip(LESSON.data.x, LESSON.data.y, strict=True):
        miss = m * x + b - y
        m, b = m - 0.00002 * miss, b - 0.00002 * miss * x
    moves = [abs(new - old) for new, old in zip((m, b), run.states[-1], strict=True)]
    assert 0 < max(moves) < 0.0005
    return [0, 1, 0, 0.00001, stuck, *run.states[-1], 0.0005]


def optimisers() -> list[float]:
    hyper = {name: each.hyper for name, each in OPTIMIZERS.items()}
    usual = [hyper[name]["beta"] for name in ("momentum", "momentum-ema")]
    text = " ".join((DOCS / "maths.md").read_text(encoding="utf-8").split())
    told = [
        rf"\beta_1 = {hyper['adam']['beta1']}$", rf"\beta_2 = {hyper['adam']['beta2']}$",
        rf"\rho = {hyper['rmsprop']['rho']}$", r"\varepsilon = 10^{-8}$",
    ]  # fmt: skip
    assert not [each for each in told if each not in text]
    assert {each["eps"] for each in hyper.values() if "eps" in each} == {1e-8}
    years = from_sources(1964, 2013, 2011, 2012, 2015)
    return [0, years[0], usual[0], *years[1:], 0, 0, *from_sources(2018), 0, 0, 0, usual[1]]


def from_sources(*years: int) -> list[float]:
    """Years that the list of sources has, too."""
    listed = sections("maths.md")["Sources"]
    assert not [year for year in years if str(year) not in listed]
    return list(map(float, years))


def held_and_passing() -> list[float]:
    m, b = LESSON.training.start
    assert (m, b) == (1, 1)
    passing = walk(1).metric_values_pass[0]
    other = walk(1, learn=0.001)
    assert other.metric_values[0] == walk(1).metric_values[0]
    assert other.metric_values_pass[0] != passing
    whole = descend(LESSON.replaced(batch="all"), 3)
    assert whole.metric_values == pytest.approx(whole.metric_values_pass, rel=1e-12)
    return [1, map_error(1, 1), passing, 1, map_error(1, 1)]


def verdict_table() -> list[float]:
    """The parabola's factors, and how far up a stable run goes; the thresholds beside them."""
    text = (DOCS / "maths.md").read_text(encoding="utf-8")
    told = {
        rf"$L_K > L_0 + {NEARLY_PERFECT:.4f}\,S_L$",
        rf"$L_K > {1 + STILL_FALLING:.2f}\,L_{{K/2}} + {NEARLY_PERFECT:.4f}\,S_L$",
        rf"$\sum d_k d_{{k+1}} < -\tfrac1{1 / TAKEN_BACK:.0f} \sum d_k^2$",
        r"$L_0 - L_K \le 10^{-9} L_0$",
        r"$L_{K/2} > L_K > 10^{-6} S_L$",
        rf"is above ${STILL_FALLING:.2f}\,L_K + 10^{{-6}} S_L$ or above half of",
    }
    assert not [each for each in told if each not in text]
    parabola = shipped_lesson("parabola")
    factors = [
        descend(parabola.changed(learn=rate), 1).states[1][0] / parabola.training.start[0]
        for rate in (0.3, 0.7, 0.9)
    ]
    verdicts = [str(descend(parabola.changed(learn=rate), 10).verdict) for rate in (0.3, 0.7, 0.9)]
    assert verdicts == ["levelled off", "levelled off", "bouncing"]
    run = walk(400, learn=0.0013)
    highest = (max(run.metric_values) / run.metric_values[0]) ** 2
    told_factors = [0.3, 0.7, *factors[:2], 0.9, factors[2]]
    return [*told_factors, FACTOR, highest, 0.0013, 100 * STILL_FALLING, NEARLY_PERFECT]


def thresholds() -> list[float]:
    """The public numbers of the modules on maths, in the order of the table."""
    text = (DOCS / "maths.md").read_text(encoding="utf-8")
    rows = re.findall(
        r"^\| `([A-Z_]+)` \(`(\w+)[.]py`\) \| ([\d.,]+) \|.*\| (.+) \|$", text, re.MULTILINE
    )
    values = [float(getattr(maths_module(module), name)) for name, module, _, _ in rows]
    assert [float(told.replace(",", "")) for _, _, told, _ in rows] == values
    assert all(whose == "ours" or whose.startswith("Excel's") for *_, whose in rows)
    public = {
        (name, module)
        for module in MATHS_MODULES
        for name, value in vars(maths_module(module)).items()
        if name.isupper()
        and not name.startswith("_")
        and isinstance(value, int | float)
        and isfinite(value)
        # What is imported from elsewhere is that module's.
        and re.search(rf"^{name}(: Final)? = ", MATHS_MODULES[module].read_text(), re.MULTILINE)
    }
    assert public == {(name, module) for name, module, _, _ in rows}
    numbers: list[float] = []
    for (name, _, _, _), value in zip(rows, values, strict=True):
        numbers += [value, *{"DEEPEST": [64], "MOST_DIGITS": [15]}.get(name, [])]
    settings = LESSON.settings
    return [*numbers, settings["learn"], settings["nudge"], LESSON.training.epochs]


MATHS_MODULES = {
    path.stem: path
    for room in ("expression", "descent")
    for path in (DOCS.parent / "sheetgd" / room).glob("[a-z]*.py")
}
"""The modules that docs/maths.md is about, and where they are."""


def maths_module(name: str) -> ModuleType:
    return import_module(f"sheetgd.{MATHS_MODULES[name].parent.name}.{name}")


def chosen_for_data() -> list[float]:
    """What the choice of a rate and of a nudge goes by."""
    text = (DOCS / "maths.md").read_text(encoding="utf-8")
    told = [
        rf"$10^{{{log10(ROUNDING):.0f}}}$ of it, which is rounding",
        rf"at most $10^{{{log10(nudge.ASTRAY):.0f}}}$ of every parameter's size",
        rf"$10^{{{log10(nudge.TAKEN):.0f}}}$ are given up",
    ]
    assert not [each for each in told if each not in text]
    assert (auto.SLOW_ONES, auto.MOST_DOWN / len(auto.DIGITS)) == (2, 8)
    return [*auto.DIGITS, auto.SLOW, auto.MOST_STEPS, nudge.VISIBLE]


def epoch_factors() -> list[float]:
    """Where the factor of two rows, |(1 - 2*r)*(1 - 18*r)|, is 1: 36*r^2 - 20*r + 1 is -1 or 1."""
    one, other = ((20 + side * sqrt(400 - 4 * 36 * 2)) / 72 for side in (-1, 1))
    last = 20 / 36
    lesson = lesson_of(x=(1, 3), y=(2, 6), model="w*x", gradient="analytic")
    assert largest_stable_rate(lesson) == pytest.approx(one)
    for rate in (0.9999 * one, 1.0001 * other, 0.5, 0.9999 * last):
        assert (epoch_factor(lesson, rate) or 0) < 1
    for rate in (1.0001 * one, 0.9999 * other, 1.0001 * last):
        assert (epoch_factor(lesson, rate) or 0) > 1
    assert epoch_factor(lesson, 0.5) == pytest.approx(0, abs=1e-12)
    factor = [1, 1, *from_sources(2017)]
    return [*factor, 1, 3, 1, one, other, last, 0, 0.5, 1, 1, SHUFFLED_EPOCHS, 1]


def carrying() -> list[float]:
    told = 1.0005
    assert Decimal(told) < Decimal("1.0005")
    return [told, rounded(told, 3)]


STUDENT: Mapping[str, Numbers] = {
    "Downhill, step by step: a tutorial for students": lambda: [0.0002],
    "A tour of the pages": lambda: [83, 87],
    "Error, loss and metric": an_error,
    "Reading the heat map": heat_map,
    "The first click": first_click,
    "More clicks": more_clicks,
    "The map with your path on it": the_map,
    "The line among the points": lambda: [5],
    "Faster, slower": rates,
    "A run that diverges, and how to come back": diverging,
    "Many rates side by side": many_rates,
    "Another start": starts,
    "Move a point": moved_points,
    "Three ways to find a slope": three_ways,
    "Two descents": two_descents,
    **SECTIONS,
}


PLAINEST = lesson_of(x=(1, 2, 3), y=(2, 4, 6))
"""A lesson that says nothing of its numbers."""


def numbers_to_begin_with() -> list[float]:
    training = PLAINEST.training
    assert training.start == (1, 1)
    return [1, training.epochs, training.clicks, training.patience]


def what_is_shown() -> list[float]:
    assert len(rates_for(PLAINEST)) == 8
    assert sweep_epochs(PLAINEST, 8) == DEFAULT_CAPACITY
    assert len(LESSON.display.rates) == 8
    # Twenty rows, and those of the lesson's own rate.
    rates = [DEFAULT_CAPACITY, sweep_epochs(LESSON, 8), LESSON.n_rows]
    return [DEFAULT_CAPACITY, PLAINEST.display.sample, *rates]


HOW: Mapping[str, Numbers] = {
    "Live without macros": lambda: [0, 0],
    # The lowest and the highest version that the package names, and the one whose zlib differs.
    "The file itself": lambda: [*supported_versions(), 3.14],
    # What nothing is divided by.
    "One loop": lambda: [0],
    "How it is checked": lambda: [len(published_cells())],
}
TEACHER: Mapping[str, Numbers] = {
    "What it is called: `[display]`": lambda: [LONGEST_TITLE, LONGEST_LABEL],
    # The classes, then the usual batch.
    "Choices: `[method]`": lambda: [0, 1, 1, 1],
    "Numbers to begin with: `[training]`": numbers_to_begin_with,
    "What is shown: `[display]`, too": what_is_shown,
    "`[grid]` and `[surface]`": lambda: [MOST_STEPS],
    "`[[variants]]`": lambda: [MOST_RUNS - 1, LONGEST_TITLE],
    "`[[expected]]`": lambda: [0, 1],
    "`[texts]`": lambda: [2],
}


def supported_versions() -> list[float]:
    text = (DOCS.parent / "pyproject.toml").read_text(encoding="utf-8")
    versions = re.findall(r'"Programming Language :: Python :: (3[.]\d+)"', text)
    return [float(versions[0]), float(versions[-1])]


DOCUMENTS: dict[str, Mapping[str, Numbers]] = {"original.md": ORIGINAL, "student.md": STUDENT}
MATHS: Mapping[str, Numbers] = {
    "Model (`model.py`)": kinks,
    "Loss (`loss.py`)": lambda: from_sources(1964, 1984),
    "Forward difference": forward,
    "Closed form": lambda: [0, 0],
    "The swapped rule and its saddle": swapped_rule,
    "Where each comes to rest (`stationary_point.py`)": lambda: [0, 0],
    "Batches (`step.py`)": lambda: from_sources(1847, 1951, 2010),
    "Optimisers (`optimizer.py`)": optimisers,
    "Penalties (`gradient.py`)": lambda: from_sources(1970),
    "Schedules (`schedule.py`)": lambda: [1, 0],
    "A rate and a nudge for data of one's own (`automatic.py`)": chosen_for_data,
    "Carrying rounded values (`functions.py`)": carrying,
    "When to stop (`loss.py`)": lambda: [LESSON.training.patience, *from_sources(1998)],
    "Held, and of a pass (`loss.py`)": held_and_passing,
    "Divergence (`rate_verdict.py`)": lambda: [
        NEARLY_PERFECT,
        100 * sqrt(NEARLY_PERFECT),
        100 * STILL_FALLING,
        0,
    ],
    "The verdict on a run (`rate_verdict.py`)": verdict_table,
    "The largest stable rate (`stability.py`)": epoch_factors,
    "The thresholds, and whose they are": thresholds,
    "In numbers, for the original lesson": in_numbers,
}
DOCUMENTS |= {"maths.md": MATHS, "how-it-works.md": HOW, "teacher.md": TEACHER}
UNCOMPUTED = {"Sources"}
"""Sections whose numbers are years and pages."""
KNOWN = [
    (document, heading, numbers)
    for document, known in DOCUMENTS.items()
    for heading, numbers in known.items()
]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_no_section_with_numbers_is_left_out(document: str) -> None:
    numbered = {heading for heading, numbers in sections(document).items() if numbers}
    assert numbered - UNCOMPUTED == set(DOCUMENTS[document])


@pytest.mark.parametrize(("document", "heading", "numbers"), KNOWN)
def test_the_numbers_of_a_section(document: str, heading: str, numbers: Numbers) -> None:
    assert not wrong(sections(document)[heading], numbers())


def test_a_changed_digit_is_seen() -> None:
    written = sections("student.md")["Another start"]
    expected = starts()
    for place, text in enumerate(written):
        digit = str((int(text[-1]) + 1) % 10)
        changed = [*written[:place], text[:-1] + digit, *written[place + 1 :]]
        assert len(wrong(changed, expected)) == 1
    assert wrong(written[1:], expected)
    assert not wrong(written, expected)


def test_what_counts_as_a_number() -> None:
    found = NUMBER.findall("In E84, 3-D: 1,296 and -0.5, m=2, 2x; 16.5915. Rows 83 to 87, `")
    assert found == ["1,296", "-0.5", "2", "16.5915", "83", "87"]


@pytest.mark.engines
def test_what_the_student_types_does_what_the_answers_say(tmp_path: Path) -> None:
    """The exercises, typed into the workbook and computed by an engine of other hands."""
    workbook = tmp_path / "lesson.xlsx"
    build_workbook(LESSON, workbook)
    log, published_log = "Epochs", "Epochs as published"
    typed: list[tuple[dict[engines.Place, float | str], dict[engines.Place, float | str]]] = [
        (
            # Five exercises at once, for none of them touches another.
            {
                (MAIN, "K23"): 3, (MAIN, "K24"): 6, (MAIN, "E85"): 0.002, (MAIN, "E86"): 2,
                (AS_PUBLISHED, "E85"): 0.0002, ("Gradient", "C4"): 0.1,
            },
            {
                (MAIN, "L33"): example_error(3, 6), (MAIN, "E48"): example_error(3, 6),
                (MAIN, "M48"): example_error(3, 30), ("Surface", "I22"): map_error(3, 10),
                ("Surface", "M20"): map_error(2.5, 20), ("Surface", "Q18"): 0.0,
                (log, "F12"): walk(50, learn=0.002).metric_values[6], (log, "H12"): "",
                (log, "F13"): walk(50, learn=0.002).metric_values[7],
                (log, "G13"): walk(50, learn=0.002).metric_values_pass[7],
                (log, "H13"): "diverges: past 1,000 times the start's loss",
                (MAIN, "G87"): "The run diverges, from epoch 7 on. Type a smaller learn, such as "
                "0.0002.",
                (log, "C4"): sqrt(1000) * map_error(1, 1),
                ("Gradient", "J10"): 4.9, ("Gradient", "J14"): 250.0,
                ("Gradient", "J36"): stationary_points_of(LESSON).forward(0.1)[0],
            },
        ),
        (
            {
                (MAIN, "F84"): 5, (MAIN, "F85"): 30, (AS_PUBLISHED, "E86"): 4,
                ("Surface", "D6"): 2.75, ("Surface", "E6"): 3.25, ("Surface", "E7"): 4,
            },
            {
                (MAIN, "J84"): walk(5, start=(5.0, 30.0)).states[5][0],
                (MAIN, "J85"): walk(5, start=(5.0, 30.0)).states[5][1],
                (log, "F11"): walk(5, start=(5.0, 30.0)).metric_values[5],
                ("Check", "C5"): 157.0, ("Check", "E5"): 112.0,
                (published_log, "C26"): swapped(1000).states[20][0],
            },
        ),
        (
            {(MAIN, "E84"): 1, (MAIN, "E86"): 0, ("Learning rates", "B12"): 0.00025},
            {
                (MAIN, "J84"): 1.0, (MAIN, "J85"): 1.0,
                (MAIN, "M84"): walk(1).metric_values_pass[0],
                (MAIN, "G82"): "M84: of the pass below, while m and b move; held still: 227",
                ("Learning rates", "E12"): walk(25, learn=0.00025).metric_values[25],
                ("Learning rates", "D11"): "", ("Learning rates", "D12"): "best",
                ("Learning rates", "D5"): map_error(1, 1),
            },
        ),
        (
            {(MAIN, "C94"): 30, (MAIN, "E84"): 5, (MAIN, "E86"): 11},
            {
                (MAIN, "K14"): best_parameters(with_y(LESSON, 4, 30.0))[0],
                (MAIN, "K15"): best_parameters(with_y(LESSON, 4, 30.0))[1],
                (log, "C11"): walk(5, moved=(4, 30.0)).states[5][0], (MAIN, "M85"): 50.0,
                (MAIN, "G87"): "There is room for only 50 epochs here. "
                "For more, build a new workbook with more room.",
            },
        ),
    ]  # fmt: skip
    for changes, expected in typed:
        found = engines.formualizer(workbook, changes)
        # Sums of squares that take each other away keep fewer digits.
        seen = {place: found[place] for place in expected}
        engines.assert_close(expected, seen, tolerance=1e-6)


@pytest.mark.engines
def test_what_the_student_types_into_the_lesson_of_both_walks(tmp_path: Path) -> None:
    workbook = tmp_path / "both.xlsx"
    build_workbook(shipped_lesson("two-descents"), workbook)
    lowest = ("Two descents", "G12")
    for learn, epoch in ((0.0002, 13.0), (0.00005, 50.0)):
        found = engines.formualizer(workbook, {(AS_PUBLISHED, "E85"): learn})
        assert found[lowest] == epoch


def test_the_cells_that_the_student_is_sent_to_have_these_names(tmp_path: Path) -> None:
    workbook = tmp_path / "lesson.xlsx"
    build_workbook(LESSON, workbook)
    names = openpyxl.load_workbook(workbook).defined_names
    text = (DOCS / "student.md").read_text(encoding="utf-8")
    named = re.findall(r"\*\*(\w+)\*\*\s\(([A-Z]+\d+)\)", text)
    assert len(named) > 7
    for name, address in named:
        # On the page Gradient the nudge is another one.
        # Names begin with a word; the labels in the sheet are the original's, m_guess.
        turned = "_".join(reversed(name.split("_")))
        printed_cell = (name, turned, f"{name}_published")
        places = {names[each].attr_text for each in printed_cell if each in names}
        places |= {names["gradient_nudge"].attr_text} if name == "nudge" else set()
        assert address in {place.split("!")[1].replace("$", "") for place in places}, name


def test_the_tour_names_the_pages_in_their_order() -> None:
    text = (DOCS / "student.md").read_text(encoding="utf-8")
    tour = text.partition("## A tour of the pages")[2].partition("\n## ")[0]
    told = re.findall(r"^\| ([A-Z][\w ]+?)(?:,.*?)? \| ", tour, re.MULTILINE)
    assert len(told) > 9
    titles = [page.title for page in built.book(LESSON).pages]
    assert set(told) <= set(titles)
    assert told == [title for title in titles if title in told]
