"""The learning rate that is chosen for data of one's own: against a plain search, in any unit."""

import math
import tomllib
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import sheetgd
from sheetgd.cli.arguments import chosen_lesson
from sheetgd.cli.main import main
from sheetgd.engine.automatic import choose_for_data, chosen_rate, rate_at, rate_scale
from sheetgd.engine.chosen import chosen_words
from sheetgd.engine.rowwise import Rowwise
from sheetgd.engine.run import descend
from sheetgd.engine.sweep import rates_for, sweep
from sheetgd.errors import LessonError
from sheetgd.lesson.fields import CHOOSABLE
from sheetgd.lesson.lesson import Lesson
from sheetgd.lesson.template import own_lesson, read_template, template_folder
from sheetgd.lesson.values import Auto
from sheetgd.reading.columns import Data
from sheetgd.sheets.book import book_of
from tests import reference
from tests.support.given import lesson_of

# A multiplicative generator, so that no random module's stream matters.
SPRINKLED = [(each * 7919) % 1009 / 1009 - 0.5 for each in range(1, 200)]
FEET = [500 + (each * 613) % 3501 for each in range(60)]
PRICES = [round(50_000 + 110 * x + 90_000 * SPRINKLED[n]) for n, x in enumerate(FEET)]
YEARS = list(range(2001, 2021))
WARMTH = [14.3 + 0.021 * (year - 2001) + 0.3 * SPRINKLED[year - 2001] for year in YEARS]
SECONDS = [1_600_000_000 + 86_400 * 30 * each for each in range(14)]
PENDING = {"learning_rate": Auto.PENDING, "difference_step": Auto.PENDING}

CASES: dict[str, dict[str, Any]] = {
    "houses": {"x": FEET, "y": PRICES},
    "houses, all rows": {"x": FEET, "y": PRICES, "batch": "all"},
    "houses in thousands": {"x": [x / 1000 for x in FEET], "y": [y / 1000 for y in PRICES]},
    "houses in square miles": {"x": [x * 3.6e-8 for x in FEET], "y": PRICES},
    "houses, y by a million": {"x": FEET, "y": [y * 1e6 for y in PRICES]},
    "x by 1000": {"x": [x * 1000 for x in FEET[:20]], "y": PRICES[:20]},
    "x by a millionth": {"x": [x * 1e-6 for x in FEET[:20]], "y": PRICES[:20]},
    "years": {"x": YEARS, "y": WARMTH},
    "years, all rows": {"x": YEARS, "y": WARMTH, "batch": "all"},
    "unix times": {"x": SECONDS, "y": [20 + 5 * SPRINKLED[each] for each in range(14)]},
    "tiny": {"x": [each * 1e-12 for each in range(1, 9)], "y": [1e-12] * 4 + [3e-12] * 4},
    "x to 1e12, y to 1e12": {
        "x": [each * 1.25e11 for each in range(1, 9)],
        "y": [each * each * 1.5e10 for each in range(1, 9)],
    },
    "x to 1e12, tiny y": {
        "x": [each * 1.25e11 for each in range(1, 9)],
        "y": [each * 1e-12 for each in range(1, 9)],
    },
    "a constant y": {"x": [1, 2, 3, 4], "y": [7, 7, 7, 7]},
    "y all 0": {"x": [1, 2, 3, 4], "y": [0, 0, 0, 0]},
    "two rows": {"x": [1, 2], "y": [7, 9]},
    "adam": {"x": FEET[:20], "y": PRICES[:20], "optimizer": "adam"},
    "adam, tiny": {"x": [1e-9, 2e-9, 4e-9], "y": [1e-9, 5e-9, 7e-9], "optimizer": "adam"},
    "adagrad": {"x": FEET[:20], "y": PRICES[:20], "optimizer": "adagrad"},
    "rmsprop": {"x": FEET[:20], "y": PRICES[:20], "optimizer": "rmsprop"},
    "momentum": {"x": FEET[:20], "y": PRICES[:20], "optimizer": "momentum"},
    "momentum, averaged": {"x": FEET[:20], "y": PRICES[:20], "optimizer": "momentum-ema"},
    "mae": {"x": FEET[:20], "y": PRICES[:20], "loss": "mae", "metric": "mae"},
    "central": {"x": FEET[:20], "y": PRICES[:20], "gradient": "central"},
    "analytic": {"x": FEET[:20], "y": PRICES[:20], "gradient": "analytic"},
    "batches": {"x": FEET[:20], "y": PRICES[:20], "batch": 8},
}


def line(x: float, parameters: Sequence[float]) -> float:
    return parameters[0] * x + parameters[1]


def partials(x: float, parameters: Sequence[float]) -> Sequence[float]:
    del parameters
    return x, 1.0


def held(lesson: Lesson, learn: float) -> list[float]:
    """The figure held after each epoch, by the plain reference; inf from where it breaks off."""
    names = ("m", "b")
    try:
        _, log = reference.descend(
            lesson.data.x,
            lesson.data.y,
            lesson.training.start,
            predict=line,
            partials=partials,
            names=names,
            loss=lesson.method.loss,
            metric=lesson.method.metric,
            gradient=lesson.method.gradient,
            learn=learn,
            nudge=lesson.training.difference_step,
            batch=lesson.batch_size,
            optimizer=lesson.method.optimizer,
            epochs=lesson.capacity,
        )
    except (OverflowError, ZeroDivisionError):
        return [math.inf]
    rows = list(zip(lesson.data.x, lesson.data.y, strict=True))
    return [
        reference.metric_value(
            lesson.method.metric, [line(x, [each[n] for n in names]) - y for x, y in rows]
        )
        for each in log
    ]


def stays_below(figures: Sequence[float]) -> bool:
    return all(each <= figures[0] * (1 + 1e-9) for each in figures)


@pytest.mark.parametrize("name", CASES)
def test_the_rate_lowers_the_figure_and_never_lifts_it(name: str) -> None:
    lesson = choose_for_data(lesson_of(**CASES[name], chosen=PENDING))
    assert lesson.training.chosen == {"learning_rate": Auto.CHOSEN, "difference_step": Auto.CHOSEN}
    figures = held(lesson, lesson.training.learning_rate)
    assert len(figures) == lesson.capacity + 1
    assert figures[-1] < figures[0]
    assert stays_below(figures)


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_no_rate_nearby_does_better(name: str) -> None:
    lesson = choose_for_data(lesson_of(**{**CASES[name], "capacity": 12}, chosen=PENDING))
    chosen = held(lesson, lesson.training.learning_rate)
    power = math.floor(math.log10(lesson.training.learning_rate))
    others = [float(f"{digit}e{power + up}") for up in range(-2, 3) for digit in (1, 2, 5)]
    assert lesson.training.learning_rate in others
    ends = [run[-1] for run in (held(lesson, rate) for rate in others) if stays_below(run)]
    assert chosen[-1] <= min(ends) * (1 + 1e-6) + 1e-12 * chosen[0]


@pytest.mark.parametrize("by", [1e-9, 1e6])
def test_a_unit_of_y_makes_no_difference_to_plain_steps(by: float) -> None:
    lesson = lesson_of(x=FEET, y=PRICES, start=(0, 0), gradient="analytic")
    other = lesson_of(x=FEET, y=[y * by for y in PRICES], start=(0, 0), gradient="analytic")
    assert chosen_rate(other) == chosen_rate(lesson)


@pytest.mark.parametrize(("by", "factor"), [(1000.0, 1e-6), (1e-6, 1e12)])
def test_a_unit_of_x_goes_into_the_rate_squared(by: float, factor: float) -> None:
    lesson = lesson_of(x=FEET, y=PRICES, model="w*x", start=(0,), gradient="analytic")
    other = lesson.changed(x=[x * by for x in FEET])
    assert chosen_rate(other)[0] == pytest.approx(factor * chosen_rate(lesson)[0])


def test_adams_rate_follows_the_parameters_and_not_the_gradients() -> None:
    lesson = lesson_of(
        x=[1, 2, 3], y=[2, 4, 7], start=(0, 0), optimizer="adam", gradient="analytic"
    )
    other = lesson.changed(y=[2e6, 4e6, 7e6])
    assert chosen_rate(other)[0] == pytest.approx(1e6 * chosen_rate(lesson)[0])


def test_the_rates_that_are_tried_are_about_two_apart() -> None:
    rates = [rate_at(place) for place in range(-30, 30)]
    assert all(2 <= round(high / low, 9) <= 2.5 for low, high in pairwise(rates))
    assert all(float(f"{rate:.0e}") == rate for rate in rates)


PERFECT: dict[str, Any] = {"x": [1, 2, 3], "y": [2, 3, 4]}
"""The start, m = b = 1, is the best fit already, and forward differences lead away from it."""


def test_where_no_rate_lowers_the_figure_the_smallest_is_taken_and_that_is_said() -> None:
    lesson = choose_for_data(lesson_of(**PERFECT, chosen=PENDING))
    assert lesson.training.chosen["learning_rate"] is Auto.SMALLEST
    assert lesson.training.learning_rate < 1e-6 * rate_scale(lesson)
    words = chosen_words(lesson)
    assert words is not None
    assert words.endswith(
        "no rate tried lowers the rmse from this start, and this rate is the smallest of them"
    )
    other = chosen_words(choose_for_data(lesson_of(**{**PERFECT, "y": [2, 3, 5]}, chosen=PENDING)))
    assert other is not None
    assert "no rate" not in other


@pytest.mark.slow
def test_long_data_take_no_longer_than_a_fraction_of_their_workbook() -> None:
    counted = 0
    log = Rowwise.log

    def counting(self: Rowwise, count: int) -> Any:  # noqa: ANN401  as it is
        nonlocal counted
        counted += count * lesson.n_rows
        return log(self, count)

    lesson = lesson_of(x=range(2000), y=[3 * x + x % 7 for x in range(2000)], optimizer="adam")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Rowwise, "log", counting)
        rate, how = chosen_rate(lesson)
    assert how is Auto.CHOSEN
    assert counted < 10 * lesson.n_rows * lesson.capacity
    figures = descend(lesson.changed(learn=rate), lesson.capacity).metric_values
    assert stays_below(figures)


# ---------------------------------------------------------------- where it is asked for


def csv(tmp_path: Path, x: Sequence[float] = FEET, y: Sequence[float] = PRICES) -> str:
    path = tmp_path / "houses.csv"
    pd.DataFrame({"sqft": x, "price": y}).to_csv(path, index=False)
    return str(path)


def test_data_of_ones_own_work_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "houses.xlsx"
    assert main(["build", "--data", csv(tmp_path), "-o", str(path)]) == 0
    printed = capsys.readouterr()
    lesson = chosen_lesson(None, Data(tuple(FEET), tuple(PRICES), "sqft", "price"))
    words = (
        f"--learning-rate {lesson.training.learning_rate:g} and --difference-step "
        f"{lesson.training.difference_step:g} were chosen for these data"
    )
    assert words in printed.out
    assert "warning" not in printed.err
    run = descend(lesson)
    assert run.metric_values[-1] < run.metric_values[0] / 2


def note(lesson: Lesson) -> list[str]:
    main_page = book_of(lesson).pages[0]
    texts = [cell.value for cell in main_page.cells if isinstance(cell.value, str)]
    return [text for text in texts if "chosen for these data" in text]


def test_the_sheet_names_them_and_says_that_they_do_not_follow() -> None:
    data = Data(tuple(FEET), tuple(PRICES), "sqft", "price")
    lesson = chosen_lesson(None, data)
    (text,) = note(lesson)
    assert text == (
        f"learn {lesson.training.learning_rate:g} and nudge "
        f"{lesson.training.difference_step:g} were chosen for these data when the "
        "workbook was built; they do not follow later changes."
    ).replace("e-", "E-")
    assert note(chosen_lesson(None, data, {"learn": 1e-8, "nudge": 0.001})) == []
    (text,) = note(chosen_lesson(None, data, {"learn": 1e-8}))
    assert text.startswith(f"nudge {lesson.training.difference_step:G} was chosen for these data")
    assert text.endswith("it does not follow later changes.")


def test_the_shipped_lessons_keep_theirs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "-q", "--json"]) == 0
    assert '"learning_rate": 0.0001' in capsys.readouterr().out
    for file in template_folder().iterdir():
        if file.name.endswith(".toml") and not file.name.startswith("_"):
            content = tomllib.loads(file.read_text(encoding="utf-8"))
            for setting in CHOOSABLE:
                assert isinstance(content["training"][setting], float), (file.name, setting)
                assert setting not in read_template(file).training.chosen


def test_with_other_data_the_shipped_lessons_rates_are_chosen_anew() -> None:
    data = Data(tuple(FEET), tuple(PRICES), "sqft", "price")
    lesson = chosen_lesson("optimisers", data)
    assert lesson.training.chosen == {"learning_rate": Auto.CHOSEN, "difference_step": Auto.CHOSEN}
    for each in (lesson, *(lesson.varied(variant) for variant in lesson.display.variants)):
        figures = descend(each, each.capacity).metric_values
        assert stays_below(figures), each.method.optimizer
        assert figures[-1] < figures[0]


def test_auto_can_be_asked_for_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--learn", "auto", "-q"]) == 0
    capsys.readouterr()
    lesson = chosen_lesson(None, changes={"learn": "auto"})
    assert lesson.training.chosen == {"learning_rate": Auto.CHOSEN}
    assert lesson.training.learning_rate == chosen_rate(chosen_lesson(None))[0]
    assert lesson.training.difference_step == 0.01
    with pytest.raises(SystemExit):
        main(["run", "--learn", "automatic"])


TEMPLATE = """
[display]
title = "Mine"
[training]
{}
[data]
x = [500, 1000, 2000, 4000]
y = [100000, 170000, 290000, 480000]
"""


@pytest.mark.parametrize("setting", ["", 'learning_rate = "auto"'])
def test_a_template_without_a_rate_has_one_chosen(tmp_path: Path, setting: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(TEMPLATE.format(setting), encoding="utf-8")
    for lesson in (chosen_lesson(str(path)), sheetgd.read_template(path)):
        assert lesson.training.chosen == {
            "learning_rate": Auto.CHOSEN,
            "difference_step": Auto.CHOSEN,
        }
        assert lesson.training.learning_rate != 0.0001
    path.write_text(
        TEMPLATE.format("learning_rate = 1e-7\ndifference_step = 0.5"), encoding="utf-8"
    )
    lesson = sheetgd.read_template(path)
    assert (
        lesson.training.learning_rate,
        lesson.training.difference_step,
        dict(lesson.training.chosen),
    ) == (1e-7, 0.5, {})


def test_a_variant_can_have_its_rate_chosen(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    variant = '\n[[variants]]\ntitle = "Adam"\noptimizer = "adam"\nlearning_rate = "auto"\n'
    path.write_text(TEMPLATE.format("") + variant, encoding="utf-8")
    lesson = chosen_lesson(str(path))
    varied = lesson.varied(lesson.display.variants[0])
    assert varied.training.chosen["learning_rate"] is Auto.CHOSEN
    assert varied.training.learning_rate == chosen_rate(varied)[0] != lesson.training.learning_rate
    assert varied.training.difference_step == lesson.training.difference_step


def test_the_published_settings_are_numbers(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    published = '\n[published]\nlearning_rate = "auto"\n'
    path.write_text(TEMPLATE.format("") + published, encoding="utf-8")
    with pytest.raises(
        LessonError, match=r"published\.learning_rate is 'auto': it must be a number"
    ):
        chosen_lesson(str(path))


FRAME = pd.DataFrame({"sqft": FEET, "price": PRICES})


def test_in_python_it_works_at_once_too() -> None:
    lesson = sheetgd.Lesson(FRAME, x="sqft", y="price")
    assert lesson.training.chosen == {"learning_rate": Auto.CHOSEN, "difference_step": Auto.CHOSEN}
    run = lesson.run()
    assert run.metric_values[-1] < run.metric_values[0]
    asked = sheetgd.Lesson(
        FRAME, x="sqft", y="price", learn="auto", nudge=lesson.training.difference_step
    )
    assert (asked.training.learning_rate, asked.training.chosen) == (
        lesson.training.learning_rate,
        {"learning_rate": Auto.CHOSEN},
    )
    given = sheetgd.Lesson(FRAME, x="sqft", y="price", learn=1e-8, nudge=0.01)
    assert (
        given.training.learning_rate,
        given.training.difference_step,
        dict(given.training.chosen),
    ) == (1e-8, 0.01, {})


def test_in_python_it_is_chosen_anew_where_that_matters() -> None:
    lesson = sheetgd.Lesson(FRAME, x="sqft", y="price")
    adam = lesson.changed(optimizer="adam")
    assert adam.training.learning_rate > 1e6 * lesson.training.learning_rate
    assert adam.changed(title="Adam").training.learning_rate == adam.training.learning_rate
    assert dict(lesson.changed(learn=1e-8, nudge=0.01).training.chosen) == {}
    assert lesson.changed(learn=1e-8).changed(batch="all").training.learning_rate == 1e-8


def test_a_lesson_for_own_data_is_pending_until_it_is_fitted() -> None:
    lesson = own_lesson(Data(tuple(FEET), tuple(PRICES), "sqft", "price"))
    assert lesson.training.chosen == PENDING
    assert chosen_words(lesson) is None
    assert choose_for_data(choose_for_data(lesson)) == choose_for_data(lesson)


# ---------------------------------------------------------------- the rates of a sweep

SWEPT: Mapping[str, Mapping[str, Any]] = {
    name: CASES[name]
    for name in ("houses", "houses, all rows", "years", "unix times", "adam", "mae", "two rows")
}


@pytest.mark.parametrize("name", SWEPT)
def test_the_rates_of_a_sweep_lie_around_it(name: str) -> None:
    lesson = choose_for_data(lesson_of(**SWEPT[name], chosen=PENDING))
    rates = rates_for(lesson)
    assert len(rates) == 8
    assert rates[4] == lesson.training.learning_rate
    assert rates == rates_for(lesson.changed(learn=12345.0))
    verdicts = {str(trial.verdict) for trial in sweep(lesson).trials}
    assert len(verdicts) >= 2


def test_a_start_that_nothing_lowers_is_swept_at_rates_that_move() -> None:
    lesson = choose_for_data(lesson_of(**PERFECT, chosen=PENDING))
    assert min(rates_for(lesson)) > lesson.training.learning_rate
    assert rates_for(lesson)[4] == pytest.approx(rate_scale(lesson), rel=0.05)


@pytest.mark.parametrize("model", ["line", "net 2 tanh"])
def test_a_rate_for_classes_that_are_parted_is_modest(model: str) -> None:
    """Larger rates lower the loss for ever; nearly as low is enough."""
    lesson = Lesson(
        x=(-4, -3, -2, -1, 1, 2, 3, 4), y=(0,) * 4 + (1,) * 4, model=model, loss="log-loss",
        metric="log-loss", batch_size="all", gradient="analytic",
    )  # fmt: skip
    rate = lesson.training.learning_rate
    start, end = (descend(lesson, each).metric_value for each in (0, lesson.capacity))
    least = descend(lesson.changed(learning_rate=100 * rate), lesson.capacity).metric_value
    assert rate < 100
    assert start - end >= 0.9 * (start - least)
