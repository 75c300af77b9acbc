"""The nudge that is chosen for data of one's own, and warnings about one that is given."""

import math
import random
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import sheetgd
from sheetgd.cli.arguments import chosen_lesson
from sheetgd.cli.main import main
from sheetgd.engine.automatic import choose_for_data, chosen_nudge, nudge_advice, stationary_shift
from sheetgd.engine.error_surface import best_parameters
from sheetgd.engine.run import descend
from sheetgd.lesson.values import Auto
from tests.support.given import lesson_of

FLAT: dict[str, Any] = {
    "x": (1000.0, 2000.0, 3000.0),
    "y": (0.2, 0.3, 0.5),
    "start": (0.0, 0.0),
    "batch": "all",
}
"""A slope of 0.00015: nudged by 0.01 it is nothing but nudge."""


def test_a_small_slope_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "flat.csv"
    path.write_text("sqft,price\n1000,0.2\n2000,0.3\n3000,0.5\n", encoding="utf-8")
    asked = ["run", "--data", str(path), "--start", "0", "0", "--batch", "all", "--learn", "1e-7"]
    many = ["--epochs", "100", "--clicks", "1", "-q"]
    exact = descend(lesson_of(**FLAT, learn=1e-7, gradient="analytic"), 100).states[-1][0]
    assert exact == pytest.approx(0.000164286, rel=1e-5)
    assert main([*asked, *many]) == 0
    printed = capsys.readouterr()
    assert "warning: nudge" not in printed.err
    found = float(printed.out.split("m ")[1].split(",")[0])
    assert found == pytest.approx(0.000164286, rel=0.01)
    assert main([*asked, *many, "--nudge", "0.01"]) == 0
    printed = capsys.readouterr()
    # Visibly off, so it warns, and names where it rests and the best fit.
    assert float(printed.out.split("m ")[1].split(",")[0]) == pytest.approx(-0.0048, rel=0.01)
    assert "come to rest at m -0.03" in printed.err
    assert "the best fit is m 0.00015, b 0.0333333" in printed.err


def solved(matrix: Sequence[Sequence[float]], right: Sequence[float]) -> tuple[float, float]:
    (a, b), (c, d) = matrix
    across = a * d - b * c
    return (d * right[0] - b * right[1]) / across, (a * right[1] - c * right[0]) / across


@pytest.mark.parametrize(
    "x", [(1, 2, 3), (1000, 2000, 3000), (45292, 45293, 45297), (1e12, 2e12, 5e12), (-1, 0, 4e-9)]
)
def test_where_forward_differences_rest(x: Sequence[float]) -> None:
    lesson = lesson_of(x=x, y=(1, 4, 2))
    sxx, sx, n = sum(each * each for each in x), sum(x), len(x)
    expected = [-each / 2 for each in solved(((sxx, sx), (sx, n)), (sxx, n))]
    assert stationary_shift(lesson).tolist() == pytest.approx(expected, rel=1e-5)


def test_a_run_does_rest_there() -> None:
    lesson = lesson_of(x=(1, 2, 3), y=(1, 4, 2), batch="all", learn=0.1, nudge=0.5)
    fit, shift = best_parameters(lesson), stationary_shift(lesson)
    expected = [value + 0.5 * each for value, each in zip(fit, shift.tolist(), strict=True)]
    assert descend(lesson, 3000).states[-1] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    ("to_x", "to_y"),
    [(1, 1), (1000, 1), (1e-6, 1), (1, 1e6), (1, 1e-9), (3e8, 2e-3), (1e12, 1e12)],
)
@pytest.mark.parametrize("model", ["line", "quadratic", "w*x", "c"])
def test_a_chosen_nudge_leads_no_parameter_astray(model: str, to_x: float, to_y: float) -> None:
    dice = random.Random(7)  # noqa: S311  numbers, not secrets
    x = [dice.uniform(1, 3) * to_x for _ in range(12)]
    y = [(2 + each / to_x + dice.uniform(-1, 1)) * to_y for each in x]
    count = len(lesson_of(x=x, y=y, model=model).training.start)
    lesson = lesson_of(x=x, y=y, model=model, start=(0,) * count)
    nudge = chosen_nudge(lesson)
    assert math.log10(nudge) == pytest.approx(round(math.log10(nudge)))
    for value, shift in zip(
        best_parameters(lesson), stationary_shift(lesson).tolist(), strict=True
    ):
        # Where the fit cannot be told from rounding, there is nothing to be far from.
        assert math.isnan(value) or abs(nudge * shift) <= 4e-3 * abs(value)
    names = lesson.model.parameters
    forward = descend(lesson.changed(nudge=nudge, batch="all"), 0).columns
    exact = descend(lesson.changed(gradient="analytic", batch="all"), 0).columns
    # For x near 0 the last parameter sways predictions most, for large x the first one does.
    strong = names[-1] if to_x < 1 else names[0]
    one, other = (each[f"g_{strong}"][-1] for each in (forward, exact))
    assert one == pytest.approx(other, rel=2e-2)


def test_one_nudge_serves_parameters_of_different_sizes() -> None:
    x = [3e8, 5e8, 6e8, 9e8]
    lesson = lesson_of(x=x, y=[0.002, 0.003, 0.005, 0.006], start=(0, 0), batch="all")
    nudge = chosen_nudge(lesson)
    forward = descend(lesson.changed(nudge=nudge), 0).columns
    exact = descend(lesson.changed(gradient="analytic"), 0).columns
    for name in ("g_m", "g_b"):
        assert forward[name][-1] == pytest.approx(exact[name][-1], rel=0.05)
    fit, shift = best_parameters(lesson), stationary_shift(lesson).tolist()
    assert abs(nudge * shift[0]) <= 4e-3 * abs(fit[0])


def test_it_can_always_be_told_from_nothing() -> None:
    lesson = lesson_of(
        x=(1e12, 2e12, 3e12), y=(1e-12, 2e-12, 5e-12), chosen={"difference_step": Auto.PENDING}
    )
    nudge = choose_for_data(lesson).training.difference_step
    assert 1 + nudge != 1
    assert "too small" not in (nudge_advice(choose_for_data(lesson)) or "")


@pytest.mark.parametrize("batch", [1, "all"])
@pytest.mark.parametrize("seed", range(5))
def test_a_chosen_nudge_is_never_warned_of(seed: int, batch: int | str) -> None:
    dice = random.Random(seed)  # noqa: S311  the same
    sizes = [10.0 ** dice.randint(-6, 6) for _ in range(2)]
    x = [dice.uniform(0, 5) * sizes[0] for _ in range(9)]
    y = [dice.uniform(0, 5) * sizes[1] for _ in range(9)]
    lesson = choose_for_data(
        lesson_of(x=x, y=y, batch=batch, start=(0, 0), chosen={"difference_step": Auto.PENDING})
    )
    assert nudge_advice(lesson) is None
    assert "is too large" in (
        nudge_advice(lesson.changed(nudge=1e7 * lesson.training.difference_step)) or ""
    )


def test_the_shipped_lessons_are_not_warned_of() -> None:
    for name in sheetgd.shipped_names():
        assert nudge_advice(sheetgd.shipped_lesson(name)) is None, name


def test_only_what_rests_elsewhere_is_warned_of() -> None:
    lesson = lesson_of(**FLAT)
    assert "is too large" in (nudge_advice(lesson) or "")
    for other in ({"gradient": "central"}, {"gradient": "analytic"}, {"loss": "mae"}):
        assert nudge_advice(lesson.with_settings(other)) is None


def test_a_tiny_nudge_is_called_too_small(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--nudge", "1e-300", "-q"]) == 0
    printed = capsys.readouterr()
    assert "--difference-step 1e-300 is too small: m plus that is m" in printed.err
    assert "so large" not in printed.err + printed.out
    assert main(["run", "--nudge", "0.01", "-q"]) == 0
    printed = capsys.readouterr()
    assert "too small" not in printed.err + printed.out


def test_rounding_names_the_parameter_it_takes() -> None:
    lesson = lesson_of(x=(1, 2), y=(3, 5), start=(0, 1), nudge=1e-17)
    assert "b plus that is b" in (nudge_advice(lesson) or "")
    assert nudge_advice(lesson.changed(gradient="analytic")) is None


def test_the_suggested_nudge_is_a_good_one() -> None:
    for nudge in (1e-300, 0.01):
        lesson = (
            lesson_of(**FLAT, nudge=nudge)
            if nudge == 0.01
            else lesson_of(x=FLAT["x"], y=FLAT["y"], nudge=nudge)
        )
        said = nudge_advice(lesson)
        assert said is not None
        better = float(said.split("such as ")[1].split(",")[0])
        assert nudge_advice(lesson.changed(nudge=better)) is None


def test_a_nudge_of_ones_own_stays() -> None:
    lesson = chosen_lesson("original", changes={"nudge": 0.5})
    assert lesson.training.difference_step == 0.5
    assert not lesson.training.chosen


def test_in_python_a_given_nudge_is_warned_of_too() -> None:
    with pytest.warns(sheetgd.SheetgdWarning, match="come to rest at m -0.03"):
        sheetgd.Lesson(x=FLAT["x"], y=FLAT["y"], nudge=0.01)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sheetgd.Lesson(x=FLAT["x"], y=FLAT["y"])
        sheetgd.Lesson(x=FLAT["x"], y=FLAT["y"], nudge=1e-8)
