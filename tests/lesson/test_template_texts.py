"""What lessons and pages say: of each claim the fact, and of each word its one meaning."""

import re
from functools import cache
from itertools import pairwise
from math import sqrt
from pathlib import Path

import numpy as np
import pytest

from sheetgd.descent.stationary_point import swapped_eigenvalues
from sheetgd.engine.error_surface import best_parameters
from sheetgd.engine.run import descend
from sheetgd.original import published_cells
from tests import plain, reference
from tests.support import built
from tests.support.given import lesson_of
from tests.support.markdown import ROOT, documents, name_of
from tests.support.stationary import epoch_s_own, stationary_points_of

NUMBERS = ("none", "one", "two", "three", "four", "five", "six")
# Three variants of a thousand epochs hold the same texts as those of sixty.
LESSONS = {**built.SHORT}
LESSONS["absolute"] = LESSONS["original"].changed(
    model="a*exp(b*x) + c", start=(1, 0.1, 0), loss="mae", metric="mae", batch=4, shuffle=1,
    optimizer="adam", min_delta=0.1,
)  # fmt: skip
LESSONS["own"] = lesson_of(x=(1, 2, 4), y=(3, 5, 8), start=(0, 0))
ORIGINAL = LESSONS["original"]


@cache
def texts(name: str) -> frozenset[str]:
    """All that a reader of a lesson's workbook can see in words."""
    found: list[object] = []
    for page in built.book(LESSONS[name]).pages:
        found += [cell.value for cell in page.all_cells()]
        found += [text for each in page.prompts for text in (each.title, each.message)]
        found += [text for each in page.inputs for text in (each.title, each.message)]
        for chart in page.charts:
            found += [chart.title, chart.x_title, chart.y_title, chart.z_title]
    return frozenset(text for text in found if isinstance(text, str) and text)


def said(name: str, key: str) -> str:
    """A text of a lesson as its template has it, on one line."""
    return " ".join(LESSONS[name].display.texts[key].split())


OTHERS = re.compile(r"\b(figures?|costs?|objectives?|error (grid|landscape))\b", re.IGNORECASE)
"""Words for a loss or a metric that are neither."""

TEMPLATES = sorted((ROOT / "templates").glob("*.toml"))

every_lesson = pytest.mark.parametrize("name", LESSONS)


# Words


@every_lesson
def test_no_word_in_braces_is_left(name: str) -> None:
    assert not [text for text in texts(name) if re.search(r"\{\w+\}", text)]


@every_lesson
def test_what_is_lowered_is_a_loss_and_what_judges_a_metric(name: str) -> None:
    assert not [text for text in texts(name) if OTHERS.search(text)]


@pytest.mark.parametrize("document", [*documents(), *TEMPLATES], ids=name_of)
def test_documents_and_templates_know_the_same_two_words(document: Path) -> None:
    # The command line's words are in docs/commands.md, the library's in docs/api.md.
    text = re.sub(r"^```.*?^```$", "", document.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    assert not [line for line in text.splitlines() if OTHERS.search(line)]


@every_lesson
def test_an_error_is_how_far_a_prediction_is_off(name: str) -> None:
    meant = (
        r"(squared|absolute|large|nudged) errors?|square the error|row's error"
        r"|the error[.]|The error[.]|^error$"
        r"|An error beyond this|error, \w+ off by 1|its error by|the error that every row"
    )
    places = "data, prediction, error and descent"
    left = [re.sub(meant, "", text.replace(places, "")) for text in texts(name)]
    assert not [text for text in left if re.search(r"\berrors?\b", text)]


@every_lesson
def test_the_guide_explains_the_words(name: str) -> None:
    guide = next(page for page in built.book(LESSONS[name]).pages if page.title == "Guide")
    cells = {str(cell.address): str(cell.value) for cell in guide.cells}
    (heading,) = (row for row in range(1, 99) if cells.get(f"B{row}") == "The words")
    told = {cells[f"B{row}"]: cells[f"C{row}"] for row in range(heading + 1, heading + 17)}
    words = {
        "loss": "what steps are to lower",
        "metric": "what an epoch is judged by",
        "error": "y_pred - y",
        "partial derivative": "when one parameter moves and the others are held",
        "gradient": "the partial derivatives of all parameters",
        "learning rate": "how far steps go",
        "nudge": "a small change of one parameter",
        "step": "one change of the parameters",
        "batch": "by the mean of their derivatives",
        "epoch": "once through all rows",
        "of the pass": "while the parameters move",
        "held": "with the parameters held still",
    }
    for word, meaning in words.items():
        assert meaning in told[word], word
    lesson = LESSONS[name]
    assert lesson.metric_name in told["metric"]
    assert f"de/d{lesson.model.parameters[0]}" in told["partial derivative"]
    losses = {"mse": "(y_pred-y)^2", "mae": "ABS(y_pred-y)", "log-loss": "-ln(y_pred) where y=1"}
    loss = losses[lesson.method.loss]
    assert loss in told["loss"]


REFUTED = {
    "A ball is thrown": "a thrown ball's speed is no parabola",
    "eight patients": "the scores of the dosage lesson are simulated",
    "everything that makes it fail": "no valley there is steep one way and flat the other",
    "sees the same gradients": "optimisers part after the first step",
    "a learning rate that suits it": "of most, twice the rate does better",
    "right at once": "m goes to 3, one too many, before it comes down",
    "finds its place at once": "the same",
    "A wrong slope costs": "m 3 with b 6 is better than m 1 with b 30, for it makes up",
    "No learning rate saves it": "with three decimals a tiny one gets stuck",
    "differences done right never": "central differences do reach the line",
    "a forward difference of a square overshoots": "it is larger, and may be smaller in size",
    "stochastic relative": "in a fixed order it is incremental",
    "quite still": "in a fixed order it does come to rest",
    "nothing has been learned yet": "held still, the start has 227 and not 126",
    "must diverge": "from the stationary point it does not",
    "every run diverges": "some rates above the largest stable one converge",
    "which no number of rows divides": "plainer words say it",
    "each move over the last": "the same",
    "place now": "the same",
    "decides everything": "much depends on it, not all",
    "flat ones long steps": "Adagrad's first steps are of one size",
}
"""Sentences that were in texts once, and why they were wrong."""

SOURCES = [*documents(), *TEMPLATES, *sorted((ROOT / "sheetgd").rglob("*.py"))]


@pytest.mark.parametrize("sentence", REFUTED)
def test_what_was_refuted_is_not_said_again(sentence: str) -> None:
    found = [path for path in SOURCES if sentence in " ".join(read(path).split())]
    assert not found, REFUTED[sentence]


@cache
def read(path: Path) -> str:
    return path.read_text("utf-8")


def test_the_page_on_the_workbook_says_which_differences_do_not_reach_the_line() -> None:
    text = " ".join(read(ROOT / "docs" / "workbook.md").split())
    assert "*Forward* differences, done right, never quite reach the line" in text
    ends = {
        rule: descend(ORIGINAL.changed(gradient=rule), 20000).states[-1]
        for rule in ("forward", "central")
    }
    assert ends["central"] == pytest.approx((2, 30), abs=1e-8)
    assert max(abs(ends["forward"][0] - 2), abs(ends["forward"][1] - 30)) > 0.01


# The lessons that others have published


def test_the_speeds_are_simulated_and_one_is_below_0() -> None:
    lesson, intro = LESSONS["quadratic"], said("quadratic", "intro")
    a, b, _ = best_parameters(lesson)
    (bottom,) = re.findall(r"simulated: a parabola with its bottom at ([\d.]+) seconds", intro)
    assert round(-b / (2 * a), 1) == float(bottom) == 9.5
    noise = [
        y - (0.5 * (x - 9.5) ** 2 + 1) for x, y in zip(lesson.data.x, lesson.data.y, strict=True)
    ]
    assert np.std(noise) == pytest.approx(1, abs=0.05)
    below = sum(y < 0 for y in lesson.data.y)
    assert f"so much that {NUMBERS[below]} of them is below 0" in intro
    assert "thrown" not in intro


def test_the_third_loss_is_told_in_full() -> None:
    third = [each.value for each in LESSONS["quadratic"].display.expected if each.epoch == 3]
    # What a program in single precision prints is a number of single precision.
    assert third == [float(np.float32(third[0]))] == [286.67987060546875]
    losses = [each.value for each in LESSONS["quadratic"].display.expected if each.epoch]
    assert losses == [float(np.float32(each)) for each in losses]


def test_the_first_steps_of_the_quadratic_do_nearly_all_of_the_work() -> None:
    descent = said("quadratic", "descent")
    assert "the first steps do nearly all of the work, because x^2 is large" in descent
    assert "although the curve is far from the points" in descent
    lesson = LESSONS["quadratic"]
    run = descend(lesson, 10)
    losses = run.metric_values
    assert losses[0] - losses[3] > 0.99 * (losses[0] - losses[10])
    best = np.polyfit(lesson.data.x, lesson.data.y, 2)
    assert np.mean((np.polyval(best, lesson.data.x) - lesson.data.y) ** 2) < losses[10] / 100
    # b and c need far larger steps than a can bear.
    needed = np.abs(best - np.array(lesson.training.start))
    slopes = [abs(run.passed(1)[f"g_{name}"][-1]) for name in ("a", "b", "c")]
    steps = [need / slope for need, slope in zip(needed, slopes, strict=True)]
    assert min(steps[1:]) > 10 * lesson.training.learning_rate
    assert min(steps[1:]) > 100 * steps[0]


def test_the_scores_are_simulated_and_three_are_below_0() -> None:
    lesson, intro = LESSONS["dosage"], said("dosage", "intro")
    assert "They are simulated, no patient was ever measured" in intro
    below = sum(y < 0 for y in lesson.data.y)
    assert f"({NUMBERS[below]} of the scores are below 0)" in intro
    assert lesson.n_rows == len("Eight po")
    assert intro.startswith("Eight points")
    # The higher the dose, the lower the score; the start says the opposite.
    assert all(one > other for one, other in pairwise(lesson.data.y))
    assert best_parameters(lesson)[0] < 0 < lesson.training.start[0]


def test_a_parabola_shows_what_a_learning_rate_does_and_not_everything() -> None:
    intro = said("parabola", "intro")
    assert "too small, and the way takes long; too large, and the steps jump across" in intro
    assert "What cannot be seen with one weight" in intro
    assert "everything" not in intro.lower()


# Optimisers


def optimised(title: str, epochs: int = 30, learn: float | None = None) -> list[reference.Record]:
    """A descent of the lesson on optimisers, by a reference that shares no code with it."""
    lesson = LESSONS["optimisers"]
    for variant in lesson.display.variants:
        if variant.title == title:
            lesson = lesson.varied(variant)
    lesson = lesson if learn is None else lesson.changed(learn=learn)
    _, log = reference.descend(
        lesson.data.x, lesson.data.y, lesson.training.start, predict=lambda x, p: p[0] * x + p[1],
        partials=lambda x, _: (x, 1.0), names=("m", "b"), optimizer=lesson.method.optimizer,
        gradient="analytic", learn=lesson.training.learning_rate, epochs=epochs,
    )  # fmt: skip
    run = descend(lesson, epochs)
    for line, state, held in zip(log, run.states, run.metric_values, strict=True):
        expected = (line["m"], line["b"], line["rmse"])
        assert (*state, held) == pytest.approx(expected, rel=1e-9)
    return log


def test_momentum_runs_at_a_rate_that_suits_it() -> None:
    (momentum,) = (
        each for each in LESSONS["optimisers"].display.variants if each.title == "Momentum"
    )
    rate = momentum.changes["learning_rate"]
    ends = {
        factor: optimised("Momentum", learn=factor * rate)[30]["rmse"] for factor in (0.5, 1, 2)
    }
    assert round(ends[1], 2) == 13.46
    assert ends[1] < min(ends[0.5], ends[2])
    assert ends[2] > optimised("Plain")[30]["rmse"]


def test_every_optimiser_ends_below_plain_steps_and_comes_down() -> None:
    plain_end = optimised("Plain")[30]["rmse"]
    titles = [variant.title for variant in LESSONS["optimisers"].display.variants]
    assert len(titles) == 4
    for title in titles:
        held = [line["rmse"] for line in optimised(title)]
        assert held[30] < plain_end
        assert max(held) == held[0]


def test_plain_steps_crawl_with_an_m_too_large_and_a_b_too_small() -> None:
    intro = said("optimisers", "intro")
    assert "an m that is too large and so makes up for a b that is too small" in intro
    for epoch in (1, 5, 30):
        line = optimised("Plain")[epoch]
        assert line["m"] > 2 + 0.8
        assert line["b"] < 30 - 25
    # On the floor of the valley no other m would do better with this b.
    line = optimised("Plain")[30]
    assert line["m"] == pytest.approx(best_m_for(line["b"]), rel=0.03)


def best_m_for(b: float) -> float:
    """The m with the least squares where b is given."""
    squares = sum(x * x for x in ORIGINAL.data.x)
    return sum(x * (y - b) for x, y in zip(ORIGINAL.data.x, ORIGINAL.data.y, strict=True)) / squares


def test_optimisers_do_not_see_the_same_gradients() -> None:
    assert "same gradients" not in said("optimisers", "intro")
    lesson = LESSONS["optimisers"]
    lessons = [lesson, *(lesson.varied(variant) for variant in lesson.display.variants)]
    passes = [descend(each, 0).passed(1)["de/dm"] for each in lessons]
    assert len({row[0] for row in passes}) == 1
    assert len({row[1] for row in passes}) == len(lessons)


def test_adagrad_and_adam_begin_with_steps_of_the_same_size_in_all_directions() -> None:
    # What the story of Adagrad says; its flat directions take no longer steps than the steep ones.
    lesson = LESSONS["optimisers"]
    for variant in lesson.display.variants:
        if variant.title in {"Adagrad", "Adam"}:
            each = lesson.varied(variant)
            first = descend(each, 0).passed(1)
            moves = [first[f"new_{name}"][0] - first[name][0] for name in ("m", "b")]
            assert moves == pytest.approx(
                [each.training.learning_rate, each.training.learning_rate], rel=1e-6
            )
            assert first["de/dm"][0] / first["de/db"][0] == pytest.approx(each.data.x[0])


# The original


def test_the_sixth_finding_a_surface_is_no_gradient() -> None:
    assert len(ORIGINAL.display.findings) == 6
    last = ORIGINAL.display.findings[-1]
    assert 'It calls the loss surface "our gradient"' in last
    assert "one number for each m and b" in last
    assert "A gradient is two numbers" in last
    # The heat map holds the sums' roots themselves, and no slope.
    rows = list(zip(ORIGINAL.data.x[:5], ORIGINAL.data.y[:5], strict=True))
    cells = [each for each in published_cells() if each.table == "rmse_grid"]
    assert len(cells) == 88
    for cell in cells:
        m, b = map(float, re.findall(r"[\d.]+", cell.field))
        misses = [m * x + b - y for x, y in rows]
        height = sqrt(sum(miss * miss for miss in misses))
        assert cell.number == plain.half_up(height, 0)
        slopes = [
            2 * sum(miss * x for miss, (x, _) in zip(misses, rows, strict=True)),
            2 * sum(misses),
        ]
        if height:
            assert cell.number not in [plain.half_up(slope, 0) for slope in slopes]


def test_the_findings_are_as_many_everywhere() -> None:
    count = len(ORIGINAL.display.findings)
    assert f"{NUMBERS[count]} things the original does" in read(ROOT / "README.md")
    document = read(ROOT / "docs" / "original.md")
    heading = f"## {NUMBERS[count].capitalize()} things that its text does not say"
    told = re.split(r"^## ", document.partition(heading)[2], flags=re.MULTILINE)[0]
    assert len(re.findall(r"^### ", told, re.MULTILINE)) == count
    assert sum("our gradient" in each for each in (told, ORIGINAL.display.findings[-1])) == 2


def test_the_best_line_is_a_saddle_of_the_swapped_steps_and_not_of_the_loss() -> None:
    text = " ".join(LESSONS["original"].display.texts["saddle"].split())
    assert "It is no saddle of the loss, which is lowest there" in text
    n, sum_x, squares = ORIGINAL.n_rows, sum(ORIGINAL.data.x), sum(x * x for x in ORIGINAL.data.x)
    towards, away = swapped_eigenvalues(sum_x, squares, float(n))
    assert away < 0 < towards
    # The second derivatives of the loss have two eigenvalues above 0.
    assert min(np.linalg.eigvalsh([[squares, sum_x], [sum_x, n]])) > 0
    # Where all x are alike nothing leads away.
    assert swapped_eigenvalues(4 * 3.0, 4 * 9.0, 4.0)[1] == 0


def test_only_rounding_holds_the_swapped_steps() -> None:
    text = " ".join(LESSONS["original"].display.texts["saddle"].split())
    assert "where learn is so small that an epoch moves m and b by less than 0.0005" in text
    assert ORIGINAL.display.published is not None
    run = descend(ORIGINAL.display.published.changed(learn=0.00001), 300)
    assert run.states[257] == run.states[300] == (2.137, 26.02)
    assert run.states[256] != run.states[257]
    m, b = run.states[300]
    for x, y in zip(ORIGINAL.data.x, ORIGINAL.data.y, strict=True):
        miss = m * x + b - y
        m, b = m - 0.00001 * 2 * miss, b - 0.00001 * 2 * miss * x
    assert 0 < max(abs(m - 2.137), abs(b - 26.02)) < 0.0005


def test_steps_in_a_fixed_order_come_to_rest_and_in_a_random_order_do_not() -> None:
    text = " ".join(ORIGINAL.display.texts["stationary_point"].split())
    assert "in a fixed order every epoch ends where the one before did" in text
    assert "in a random order they keep moving a little" in text
    fixed = epoch_s_own(ORIGINAL)
    run = descend(ORIGINAL.changed(start=fixed), 3)
    for state in run.states:
        assert state == pytest.approx(fixed, rel=1e-12)
    # It is close by the stationary point of all rows in one batch, and not there.
    rests = stationary_points_of(ORIGINAL).forward(0.01)
    apart = [abs(one - other) for one, other in zip(fixed, rests, strict=True)]
    assert 1e-4 < max(apart) < 0.02
    moving = descend(ORIGINAL.changed(start=fixed, shuffle=1), 50)
    moves = [abs(one[1] - other[1]) for one, other in pairwise(moving.states)]
    assert min(moves) > 1e-7
