"""The metric held and that of a pass, side by side in the sheet, against plain Python.

Both follow what is typed in; sentences tell each for what it is, and stop rules go by the held one.
"""

from collections.abc import Sequence
from math import sqrt
from pathlib import Path

import pytest

from sheetgd.lesson.lesson import Lesson
from sheetgd.xlsx.write import build_workbook
from tests import plain, reference
from tests.judges.test_engines import MAIN, PUBLISHED
from tests.judges.test_method_workbooks import main_names
from tests.support import built, engines
from tests.support.each_engine import QUICK_ENGINES
from tests.support.engines import Engine, Place, Result
from tests.support.given import lesson_of

LIGHT = engines.LIGHT
ROWS, ROOM = LIGHT.n_rows, LIGHT.capacity


def both(
    learn: float, start: tuple[float, float] = (1, 1), gradient: str = "forward"
) -> tuple[list[float], list[float]]:
    """The root of the sum of squares after each epoch, m and b held, and of the next pass."""
    steps, log = plain.descend(
        LIGHT.data.x, LIGHT.data.y, start, learn=learn, nudge=0.01, epochs=ROOM, gradient=gradient
    )
    held = [
        sqrt(
            sum(
                (line["m"] * x + line["b"] - y) ** 2
                for x, y in zip(LIGHT.data.x, LIGHT.data.y, strict=True)
            )
        )
        for line in log
    ]
    passes = [steps[first : first + ROWS] for first in range(0, len(steps), ROWS)]
    return held, [sqrt(sum(step["error_sq"] for step in each)) for each in passes]


def assert_logged(
    found: dict[Place, Result], sheet: str, column: str, values: Sequence[float], run: int
) -> None:
    """Fail unless a column of the log has these values up to the epoch that is run."""
    for epoch, value in enumerate(values):
        here = found[sheet, f"{column}{6 + epoch}"]
        if epoch > run:
            assert here == "#N/A"
        else:
            assert here == pytest.approx(value, rel=1e-9), (column, epoch)


def names_of(lesson: Lesson) -> dict[str, Place]:
    """The cells of the first page by their names."""
    return {name: (MAIN, str(place)) for name, place in main_names(lesson).items()}


OWN: dict[str, tuple[dict[Place, float], float, tuple[float, float], int]] = {
    "untouched": ({}, 1e-4, (1, 1), 5),
    "another rate": ({(MAIN, "E85"): 0.001}, 0.001, (1, 1), 5),
    "another start": ({(MAIN, "F84"): -2.5, (MAIN, "F85"): 40.0}, 1e-4, (-2.5, 40), 5),
    "more clicks": ({(MAIN, "E86"): 3}, 1e-4, (1, 1), 15),
    "none": ({(MAIN, "E86"): 0, (MAIN, "E85"): 0.0015}, 0.0015, (1, 1), 0),
}


@pytest.mark.parametrize("engine", QUICK_ENGINES)
@pytest.mark.parametrize("name", OWN)
def test_the_log_has_both_and_the_first_page_tells_which(
    light_workbook: Path, engine: Engine, name: str
) -> None:
    changes, learn, start, run = OWN[name]
    found = engine(light_workbook, changes)
    held, passing = both(learn, start)
    assert_logged(found, "Epochs", "F", held, run)
    assert_logged(found, "Epochs", "G", passing, run)
    assert found[MAIN, "M84"] == pytest.approx(passing[run], rel=1e-9)
    told = f"M84: of the pass below, while m and b move; held still: {held[run]:.3g}"
    assert found[MAIN, "G82"] == told


def test_the_held_metric_of_the_start_does_not_depend_on_the_rate() -> None:
    for learn, known in ((1e-5, 207.6), (1e-4, 125.5), (3e-4, 100.6), (0.002, 1689.5)):
        held, passing = both(learn)
        assert held[0] == pytest.approx(227.383, abs=5e-4)
        assert passing[0] == pytest.approx(known, abs=0.05)


@pytest.mark.parametrize("engine", QUICK_ENGINES)
def test_where_cells_are_mirrored_that_of_the_pass_stands_first(
    light_workbook: Path, engine: Engine
) -> None:
    for changes, learn, start in (
        ({}, 1e-4, (1.0, 1.0)),
        ({(PUBLISHED, "E85"): 0.0002, (PUBLISHED, "F85"): 7.5}, 0.0002, (1.0, 7.5)),
    ):
        found = engine(light_workbook, changes)
        held, passing = both(learn, start, "swapped")
        log = "Epochs as published"
        assert_logged(found, log, "F", passing, 15)
        assert_logged(found, log, "G", held, 15)
        assert found[PUBLISHED, "M84"] == pytest.approx(passing[15], rel=1e-9)
        assert str(found[PUBLISHED, "G82"]).endswith(f"held still: {held[15]:.3g}")


# One weight: the first row takes w from 0 to 1, so the second misses by 3 and not by 4.
WEIGHT = lesson_of(
    x=(1, 1), y=(1, 4), model="w*x", start=(0,), gradient="analytic", learn=0.5, metric="mse",
    epochs=1, clicks=0, capacity=3, batch="all", rates=(0.1, 0.5), layout="rows",
)  # fmt: skip


@pytest.mark.parametrize("engine", QUICK_ENGINES)
def test_the_sentence_is_there_where_the_two_differ(engine: Engine) -> None:
    path = built.workbook(WEIGHT)
    names = names_of(WEIGHT)
    batch, (sheet, run) = names["batch"], names["epochs_run"]
    # The metric stands over the epochs that are run, the sentence two rows over it.
    row = int(run[1:]) - 1
    metric, sentence = f"M{row}", (sheet, f"G{row - 2}")
    together = engine(path, {})
    assert together[sheet, metric] == 8.5
    assert together[sentence] == ""
    apart = engine(path, {batch: 1})
    assert apart[sheet, metric] == 8.5
    assert apart[sentence] == f"{metric}: held still; of the pass below, while w moves: 5"


# Closed forms, as finite differences of large numbers are rounding, which engines do not share.
STOPS = LIGHT.replaced(
    gradient="analytic",
    published=None,
    min_delta=2.0,
    patience=2,
    stop_diverging=True,
    epochs=20,
    clicks=1,
)
"""Stops of the run at other settings; by the metric of a pass they would be elsewhere."""
STOPPED = {
    "untouched": (1e-4, 2.0, 2, 3, 3),
    "falling by one an epoch": (6e-4, 2.0, 2, 5, 3),
    "up and down": (0.002, 5.0, 2, 4, 1),
    "past the bound": (0.002, 0.5, 19, 7, 1),
    "rising at first": (0.001, 0.5, 1, 1, None),
}


def stop_of(values: Sequence[float], bound: float, tolerance: float, patience: int) -> int | None:
    """The first epoch at which either rule ends a run."""
    waited = reference.stop_epoch(values, tolerance, patience)
    past = next((epoch for epoch, value in enumerate(values) if value > bound), None)
    return min((each for each in (waited, past) if each is not None), default=None)


@pytest.mark.parametrize("engine", QUICK_ENGINES)
@pytest.mark.parametrize("name", STOPPED)
def test_stop_rules_go_by_the_metric_held(stops_workbook: Path, engine: Engine, name: str) -> None:
    learn, tolerance, patience, at, by_pass = STOPPED[name]
    held, passing = both(learn, gradient=STOPS.method.gradient)
    bound = held[0] * sqrt(1000)
    assert stop_of(held, bound, tolerance, patience) == at
    assert stop_of(passing, bound, tolerance, patience) == by_pass
    names = names_of(STOPS)
    found = engine(
        stops_workbook,
        {
            names["learn"]: learn, names["tolerance"]: tolerance, names["patience"]: patience,
            names["epochs"]: 20,
        },
    )  # fmt: skip
    assert found[names["epochs_run"]] == at
    assert found["Epochs", "C4"] == pytest.approx(bound, rel=1e-9)
    watched = [found["Epochs", f"H{6 + epoch}"] for epoch in range(ROOM + 1)]
    assert watched == pytest.approx(held, rel=1e-9)
    ended = found["Epochs", f"L{6 + at}"]
    assert ended == (
        "diverges: past 1,000 times the start's loss" if held[at] > bound
        else "stops: it gets no better"
    )  # fmt: skip


@pytest.fixture(scope="module")
def stops_workbook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("stops") / "stops.xlsx"
    build_workbook(STOPS, path)
    return path
