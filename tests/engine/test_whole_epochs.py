"""The engine's two ways: row by row, and by whole epochs where that is the same."""

import itertools
import math
import random
import struct
import tracemalloc
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sheetgd.descent.model import model_of
from sheetgd.descent.rate_verdict import Verdict
from sheetgd.descent.step import Step, step_map
from sheetgd.engine import affine as blocks
from sheetgd.engine import affine as maps
from sheetgd.engine import passes
from sheetgd.engine import rowwise as literal
from sheetgd.engine import rowwise as walk
from sheetgd.engine import run as trajectory
from sheetgd.engine import whole_epochs as epochs_module
from sheetgd.engine import whole_epochs as rounding_error
from sheetgd.engine.affine import blocks_of
from sheetgd.engine.passes import ArrayProgram, same_on_arrays
from sheetgd.engine.run import Descent, descend
from sheetgd.errors import LessonError
from sheetgd.expression.numbers import evaluate
from sheetgd.expression.tree import Expression, Number, Operation, Symbol
from sheetgd.lesson.lesson import Lesson
from tests.support.given import lesson_of
from tests.support.slowly import slowly

LINE: dict[str, Any] = {"x": (1.0, 2.5, -0.7, 4.0, 3.3), "y": (3.1, 5.2, 1.0, 9.0, 8.1)}
OPTIMIZERS = ("sgd", "momentum", "momentum-ema", "adagrad", "rmsprop", "adam")


def noisy(rows: int, seed: int = 1, **choices: Any) -> Lesson:  # noqa: ANN401  as Lesson takes them
    """A lesson of points around a line."""
    generator = np.random.default_rng(seed)
    x = generator.uniform(0.0, 5.0, rows)
    y = 3.0 * x + 5.0 + generator.normal(0.0, 1.0, rows)
    return lesson_of(x=x.tolist(), y=y.tolist(), **{"learn": 0.002, **choices})


def bits(values: Sequence[float]) -> list[bytes]:
    return [struct.pack(">d", math.nan if math.isnan(value) else value) for value in values]


@pytest.fixture
def _whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take whole epochs however few steps there are."""
    monkeypatch.setattr(trajectory, "FEW_STEPS", 0)


@pytest.fixture
def _never_by_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no row be taken by itself."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("rows are taken one by one")

    monkeypatch.setattr(trajectory, "RowwiseRun", refuse)


def apart(fast: Descent, exact: Descent) -> float:
    """By what part of their largest value parameters, by what part of themselves metrics differ."""
    assert fast.logged == exact.logged
    ours, theirs = np.array(fast.states), np.array(exact.states)
    parameters = abs(ours - theirs).max(axis=0) / abs(theirs).max(axis=0)
    metrics = [
        abs(np.array(one) / np.array(other) - 1)
        for one, other in (
            (fast.metric_values_pass, exact.metric_values_pass),
            (fast.metric_values, exact.metric_values),
        )
    ]
    return float(max(parameters.max(), *(each.max() for each in metrics)))


# --- row by row


CHOICES = [
    dict(zip(("model", "loss", "gradient", "batch", "optimizer", "shuffle"), each, strict=True))
    for each in itertools.product(
        ("line", "quadratic", "w*x", "a*exp(k*x)", "a*max(x - b, 0)", "a/(x + b)"),
        ("mse", "mae"),
        ("forward", "central", "analytic", "swapped"),
        (1, 2, "all"),
        OPTIMIZERS,
        (None, 4),
    )
]


@pytest.mark.parametrize(
    "choices", CHOICES[::11], ids=lambda each: "-".join(map(str, each.values()))
)
def test_the_compiled_loop_is_what_the_columns_say(choices: dict[str, Any]) -> None:
    lesson = lesson_of(**LINE, learn=0.01, **choices)
    run, slow = descend(lesson, 6, exact=True), slowly(lesson, 7)
    assert run.columns.keys() == slow.columns.keys()
    for name, values in slow.columns.items():
        assert bits(run.columns[name]) == bits(values), name
    assert [bits(state) for state in run.states] == [bits(state) for state in slow.states]


@pytest.mark.parametrize(
    ("model", "choices"),
    [
        ("line", {"learn": 5.0, "gradient": "analytic"}),
        ("a*exp(k*x)", {"learn": 3.0}),
        ("a*exp(k*x)", {"learn": 30.0, "gradient": "analytic", "optimizer": "adam"}),
        ("a/(x + b)", {"learn": 0.5, "start": (1.0, -1.5), "nudge": 0.5}),
        ("ln(a + 2)*x + b", {"learn": 70.0, "start": (1.0, 1.0)}),
        ("sqrt(a)*x + b", {"learn": 0.9, "start": (0.5, 1.0), "gradient": "analytic"}),
        (
            "line",
            {
                "optimizer": "adagrad",
                "hyperparameters": {"eps": 0.0},
                "x": (0, 0, 0),
                "y": (0, 1, 0),
            },
        ),
        ("x^k + b", {"x": (-2.0, 1.0, 3.0), "y": (1.0, 2.0, 3.0), "start": (2.0, 0.0)}),
        ("b + 0.5^(a*a)", {"start": (1.0, 1.0), "learn": 1e149, "y": (1e9, 2e9, 0, 1, 3)}),
        *(
            (model, {"start": (1.0, 0.1), "gradient": "analytic", "learn": 10.0})
            for model in (
                "a + exp(-exp(k*x))",
                "a*tanh(exp(k*x))",
                "max(a, -exp(k*x))",
                "min(20*a, exp(k*x))",
                "a/exp(k*x)",
                "a*0.5^exp(k*x)",
                "exp(k*x)^(-1) + a",
                "a*abs(exp(k*x))",
            )
        ),
    ],
)
def test_where_numbers_end_the_loop_goes_on_as_the_columns_say(
    model: str, choices: dict[str, Any]
) -> None:
    lesson = lesson_of(**{**LINE, "model": model, **choices})
    run, slow = descend(lesson, 60, exact=True), slowly(lesson, 61)
    for name, values in slow.columns.items():
        assert bits(run.columns[name]) == bits(values), name
    ends = [value for values in slow.columns.values() for value in values]
    assert not all(map(math.isfinite, ends)), "it was to show where numbers end"


def test_the_loop_holds_no_text_of_the_user() -> None:
    source, _ = literal._Source(  # noqa: SLF001  it is what is looked at
        Step(model=model_of("alpha*exp(import_*x) + exec_")), (), careful=False
    ).written()
    assert not any(word in source for word in ("alpha", "import_", "exec_"))


def test_an_epoch_that_changes_nothing_is_repeated() -> None:
    lesson = lesson_of(x=(1, 2, 3), y=(3, 5, 7), start=(2, 1), gradient="analytic", learn=0.01)
    passes = walk.RowwiseRun(lesson, exact=True).passes(1000)
    out = {"m": np.empty(3000), "new_b": np.empty(3000)}
    passes.fill(out)
    assert set(out["m"]) == {2.0}
    assert set(out["new_b"]) == {1.0}


# --- arrays


def expressions(generator: random.Random, depth: int) -> Expression:
    if depth == 0:
        return generator.choice(
            [Symbol("x"), Symbol("y"), Symbol("s"), Number(generator.uniform(-3, 3))]
        )
    function = generator.choice(["+", "-", "*", "/", "^", "negative", "abs", "max", "when>="])
    count = {"negative": 1, "abs": 1, "when>=": 4}.get(function, 2)
    operands = tuple(expressions(generator, depth - 1) for _ in range(count))
    return Operation(function, (operands[0], Number(2.0)) if function == "^" else operands)


@pytest.mark.parametrize("seed", range(60))
def test_arrays_give_the_bits_of_floats(seed: int) -> None:
    generator = random.Random(seed)  # noqa: S311  nothing is kept secret
    columns = {"p": expressions(generator, 3)}
    columns["q"] = Operation("+", (Symbol("p"), expressions(generator, 3)))
    x, y = ([generator.uniform(-2, 2) for _ in range(50)] for _ in range(2))
    assert same_on_arrays(columns.values())
    program = ArrayProgram(columns, ["q", "p"], ["s"])
    out = {"q": np.empty(50), "p": np.empty(50)}
    with np.errstate(all="ignore"):
        program({"x": np.array(x), "y": np.array(y), "s": 1.25}, out)
    for place in range(50):
        cells = (x[place], y[place], 1.25)
        p = evaluate(columns["p"], ("x", "y", "s"), cells)
        q = evaluate(columns["q"], ("x", "y", "s", "p"), (*cells, p))
        found = [float(out[name][place]) for name in ("p", "q")]
        for one, other in zip((p, q), found, strict=True):
            assert bits([one]) == bits([other]) or (math.isnan(one) and math.isnan(other))


# --- whole epochs


def test_which_steps_are_affine() -> None:
    for choices in itertools.product(
        ("forward", "central", "analytic"),
        OPTIMIZERS[:3],
        (False, True),
        ("line", "cubic", "a*sin(x)"),
    ):
        gradient, optimizer, batched, model = choices
        method = Step(
            gradient=gradient, optimizer=optimizer, batched=batched, model=model_of(model)
        )
        assert step_map(method) is not None, choices
    others: list[dict[str, Any]] = [
        {"loss": "mae"},
        {"metric": "mae"},
        {"gradient": "swapped"},
        {"model": model_of("a*exp(k*x)")},
        {"model": model_of("abs(m)*x + b")},
        {"model": model_of("m*m*x + b")},
        *({"optimizer": name} for name in OPTIMIZERS[3:]),
        *({"optimizer": name, "batched": True} for name in OPTIMIZERS[3:]),
    ]
    for each in others:
        assert step_map(Step(**each)) is None, each
    assert blocks_of(lesson_of(**LINE, shuffle=3)) is None


def random_lessons() -> Iterator[Lesson]:
    generator = random.Random(7)  # noqa: S311  nothing is kept secret
    models = ("line", "quadratic", "a*sin(x) + b", "w", "a*x + 3")
    for place in range(48):
        rows = generator.choice([1, 2, 3, 7, 20, 63, 64, 65, 200])
        model = models[place % len(models)] if rows > 2 else "w"
        points = [generator.uniform(-2, 3) for _ in range(rows)]
        yield lesson_of(
            x=points,
            y=[2.5 * x - 1 + generator.gauss(0, 1.0) for x in points],
            model=model,
            start=[generator.uniform(-3, 3) for _ in model_of(model).parameters],
            gradient=generator.choice(["forward", "central", "analytic"]),
            optimizer=generator.choice(OPTIMIZERS[:3]),
            batch="all" if place % 4 == 3 else generator.choice([1, 1, min(3, rows)]),
            metric=generator.choice(["rmse", "mse", "root_sse"]),
            learn=generator.uniform(0.0005, 0.02),
            nudge=generator.uniform(0.001, 0.1),
        )


@pytest.mark.usefixtures("_whole")
@pytest.mark.parametrize("lesson", list(random_lessons()))
def test_whole_epochs_agree_with_rows(lesson: Lesson) -> None:
    fast, exact = descend(lesson, 150), descend(lesson, 150, exact=True)
    if not exact.divergence:
        assert apart(fast, exact) < 1e-9
    assert fast.divergence == exact.divergence
    for table in ("steps_table", "epochs_table"):
        ours, theirs = getattr(fast, table)(), getattr(exact, table)()
        assert list(ours.columns) == list(theirs.columns)
        assert (ours.dtypes == theirs.dtypes).all()
        scale = np.maximum(abs(theirs).max(), 1e-300)
        with np.errstate(invalid="ignore"):
            different = (abs(ours - theirs) / scale).max().max()
        assert not different > 1e-9


@pytest.mark.slow
@pytest.mark.usefixtures("_never_by_row")
@pytest.mark.parametrize(
    ("optimizer", "gradient"),
    [
        ("sgd", "forward"),
        ("momentum", "analytic"),
        ("sgd", "central"),
        ("sgd", "analytic"),
        ("momentum", "forward"),
        ("momentum", "central"),
    ],
)
def test_long_converging_runs_agree(gradient: str, optimizer: str) -> None:
    lesson = noisy(20, gradient=gradient, optimizer=optimizer, learn=0.0005)
    fast = descend(lesson, 100_000)
    state = fast.states[-1]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trajectory, "RowwiseRun", walk.RowwiseRun)
        exact = descend(lesson, 100_000, exact=True)
        assert apart(fast, exact) < 1e-9
    assert state == fast.states[-1]


@pytest.mark.slow
@pytest.mark.usefixtures("_never_by_row")
@pytest.mark.parametrize("rows", [5001, 16_384, 70_000])
@pytest.mark.parametrize("epochs", [1, 2, 3, 7])
@pytest.mark.parametrize("part", [1_000, passes.AT_ONCE])
def test_long_data_agree_step_by_step(
    rows: int, epochs: int, part: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(epochs_module, "AT_ONCE", part)
    monkeypatch.setattr(passes, "AT_ONCE", part)
    lesson = noisy(rows)
    table = descend(lesson, epochs).steps_table()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trajectory, "RowwiseRun", walk.RowwiseRun)
        exact = descend(lesson, epochs, exact=True).steps_table()
    assert (table["epoch"] == exact["epoch"]).all()
    assert (table["row"] == exact["row"]).all()
    scale = abs(exact).max()
    assert (abs(table - exact).max() / scale).max() < 1e-9
    # What a row leaves is what the next one starts from, to the bit.
    assert (table["new_m"].to_numpy()[:-1] == table["m"].to_numpy()[1:]).all()


@pytest.mark.usefixtures("_whole")
@pytest.mark.parametrize(
    "choices", [{"learn": 3.0}, {"learn": 3.0, "gradient": "analytic"}, {"nudge": 1e-9, "batch": 7}]
)
@pytest.mark.parametrize("epochs", [1, 2])
def test_a_few_passes_that_do_not_hold_are_taken_row_by_row(
    choices: dict[str, Any], epochs: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(epochs_module, "AT_ONCE", 100)
    lesson = noisy(333, **choices)
    table, exact = (descend(lesson, epochs, exact=way).steps_table() for way in (False, True))
    pd.testing.assert_frame_equal(table, exact, check_exact=True)


DIVERGING = [
    {"learn": learn, "gradient": gradient, "nudge": nudge, "optimizer": optimizer}
    for learn, gradient, nudge, optimizer in (
        (0.2, "forward", 0.01, "sgd"),
        (0.3, "forward", 0.01, "sgd"),
        (0.5, "forward", 0.01, "sgd"),
        (5.0, "forward", 1e-6, "sgd"),
        (0.2, "central", 0.01, "sgd"),
        (0.2, "central", 1.0, "sgd"),
        (0.2, "analytic", 0.01, "sgd"),
        (0.5, "analytic", 0.01, "sgd"),
        (1e100, "analytic", 0.01, "sgd"),
        (0.1, "forward", 0.01, "momentum"),
        (0.3, "analytic", 0.01, "momentum"),
    )
]


@pytest.mark.usefixtures("_whole")
@pytest.mark.parametrize("choices", DIVERGING)
@pytest.mark.parametrize("rows", [6, 60])
def test_diverging_runs_end_alike(choices: dict[str, Any], rows: int) -> None:
    lesson = noisy(rows, **choices)
    fast, exact = descend(lesson, 600), descend(lesson, 600, exact=True)
    assert exact.divergence
    assert fast.divergence == exact.divergence
    assert (fast.standstill, fast.verdict) == (exact.standstill, Verdict.DIVERGING)
    ours, theirs = np.array(fast.states), np.array(exact.states)
    assert (np.isfinite(ours) == np.isfinite(theirs)).all()


@pytest.mark.usefixtures("_whole")
def test_without_the_check_for_growth_diverging_runs_end_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lesson = noisy(6, learn=0.5)
    exact = descend(lesson, 600, exact=True)
    assert exact.standstill is not None
    monkeypatch.setattr(rounding_error, "_MOST_GROWTH", math.inf)
    monkeypatch.setattr(rounding_error, "TOLERANCE", math.inf)
    with np.errstate(all="ignore"):
        assert descend(lesson, 600).standstill != exact.standstill


@pytest.mark.usefixtures("_whole")
@pytest.mark.parametrize("nudge", [1e-6, 1e-8])
def test_without_the_bound_small_nudges_lead_apart(
    nudge: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    lesson = noisy(30, nudge=nudge, start=(1000.0, -500.0))
    exact = descend(lesson, 600, exact=True)
    assert apart(descend(lesson, 600), exact) < 1e-9
    monkeypatch.setattr(rounding_error, "TOLERANCE", math.inf)
    assert apart(descend(lesson, 600), exact) > 1e-9


@pytest.mark.slow
@pytest.mark.usefixtures("_whole")
@pytest.mark.parametrize(
    ("model", "scale", "learn"),
    [
        ("polynomial 6", 3.0, 1e-8),
        ("polynomial 9", 1.0, 1e-3),
        ("quadratic", 300.0, 1e-11),
    ],
)
def test_ill_conditioned_runs_agree(model: str, scale: float, learn: float) -> None:
    generator = np.random.default_rng(3)
    x = scale * generator.uniform(-1, 1, 40)
    lesson = lesson_of(
        x=x.tolist(), y=(x * x + generator.normal(size=40)).tolist(), model=model, learn=learn
    )
    fast, exact = descend(lesson, 3000), descend(lesson, 3000, exact=True)
    assert not exact.divergence
    assert apart(fast, exact) < 1e-9


@pytest.mark.usefixtures("_whole")
@pytest.mark.parametrize("gradient", ["central", "analytic", "forward"])
def test_perfect_fits_agree_down_to_the_last_digits(gradient: str) -> None:
    lesson = lesson_of(x=(1, 2, 3, 4), y=(3, 5, 7, 9), gradient=gradient, learn=0.02)
    fast, exact = descend(lesson, 4000), descend(lesson, 4000, exact=True)
    assert apart(fast, exact) < 1e-9


@pytest.mark.usefixtures("_whole")
@pytest.mark.parametrize(
    ("choices", "epochs"),
    [
        ({"learn": 1e-300}, 40),
        ({"start": (2.0, 1.0), "gradient": "analytic"}, 40),
        ({"x": (0.0, 0.0, 0.0), "model": "w*x", "y": (1.0, 1.0, 1.0)}, 10),
    ],
)
def test_runs_that_rest_from_the_start_end_alike(choices: dict[str, Any], epochs: int) -> None:
    lesson = lesson_of(**{"x": (1, 2, 3), "y": (3, 5, 7), "learn": 0.01, **choices})
    fast, exact = descend(lesson, epochs), descend(lesson, epochs, exact=True)
    assert fast.divergence == exact.divergence
    assert fast.states == exact.states
    assert fast.metric_values_pass == exact.metric_values_pass


@pytest.mark.usefixtures("_whole")
@pytest.mark.parametrize(
    "choices",
    [
        {"min_delta": 0.01, "patience": 3},
        {"min_delta": 0.0, "patience": 1, "learn": 0.004},
        {"stop_diverging": True, "learn": 0.1},
        {"stop_diverging": True, "min_delta": 1e-4},
    ],
)
@pytest.mark.parametrize("through", [False, True])
def test_stop_rules_end_both_alike(choices: dict[str, Any], *, through: bool) -> None:
    lesson = noisy(30, **choices)
    fast = descend(lesson, 800, through=through)
    exact = descend(lesson, 800, exact=True, through=through)
    assert exact.stop is not None
    assert (fast.stop, fast.epochs, fast.logged) == (exact.stop, exact.epochs, exact.logged)
    assert fast.waited == exact.waited
    assert len(fast.steps_table()) == fast.epochs * lesson.n_rows
    assert fast.epochs == (800 if through else exact.stop.epoch)


# --- logs that leave lines out


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize(("epochs", "every"), [(1000, 100), (999, 100), (20_000, 7), (3, 50)])
def test_a_thinned_log_has_the_lines_of_the_full_one(
    epochs: int, every: int, *, exact: bool
) -> None:
    lesson = noisy(7, min_delta=1e-9, patience=epochs)
    full = descend(lesson, epochs, exact=exact)
    thin = descend(lesson, epochs, exact=exact, every=every)
    kept = [number for number in range(epochs + 1) if number % every == 0 or number == epochs]
    assert thin.logged == kept
    whole = full.epochs_table()
    assert thin.epochs_table().equals(whole.iloc[kept].reset_index(drop=True))
    assert thin.best == [full.best[number] for number in kept]
    assert thin.waited == [full.waited[number] for number in kept]
    assert (thin.divergence, thin.standstill) == (full.divergence, full.standstill)


def test_a_million_epochs_take_no_more_memory_than_a_hundred_thousand() -> None:
    peaks = []
    for epochs in (100_000, 1_000_000):
        lesson = noisy(1000, learn=0.001)
        descend(lesson, 10_000, every=1000).epochs_table()
        tracemalloc.start()
        table = descend(lesson, epochs, every=epochs // 100).epochs_table()
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert len(table) == 101
    assert peaks[1] < 1.1 * peaks[0]


def test_every_is_a_count() -> None:
    with pytest.raises(LessonError, match="every is 0"):
        descend(noisy(5), 3, every=0)


# --- maps


def test_maps_one_after_the_other() -> None:
    generator = np.random.default_rng(5)
    many = generator.normal(size=(3, 4, 11))
    state = generator.normal(size=3)
    run = maps.running(many)
    for lane in range(11):
        state_after = state
        for each in range(lane + 1):
            state_after = many[:, :3, each] @ state_after + many[:, 3, each]
        found = run[:, :3, lane] @ state + run[:, 3, lane]
        assert np.allclose(found, state_after, rtol=1e-12)


def test_triangle_measures_as_its_matrix_does() -> None:
    generator = np.random.default_rng(6)
    matrix = generator.normal(size=(30, 4))
    matrix[:, 2] = matrix[:, 0] * 2
    triangle = maps.triangle(matrix.T[:, :, None].copy())[..., 0]
    for _ in range(5):
        vector = generator.normal(size=4)
        assert np.isclose(np.linalg.norm(triangle @ vector), np.linalg.norm(matrix @ vector))


@pytest.mark.parametrize("rows", [*range(1, 30), 100, 1001])
def test_blocks_of_any_number_of_rows(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "_AT_ONCE", 64)
    lesson = noisy(rows, model="line" if rows > 1 else "w", batch=min(rows, 3))
    cut = blocks_of(lesson, keep_rows=True)
    assert cut is not None
    start = np.array(walk.first_state(lesson)) + 0.5
    after = (cut.maps.epoch[0] @ [*start, 1.0])[:-1]
    steps = walk.RowwiseRun(lesson, start.tolist())
    passes = steps.passes(1)
    assert np.allclose(after, steps.state, rtol=1e-11)
    begun = cut.begun(start[None])
    for place, states in enumerate(cut.in_rows(cut.states_of_pass(start))):
        column = np.empty((1, rows))
        list(passes.prepared.values())[place](column, slice(0, rows))
        assert np.allclose(states, column[0], rtol=1e-11)
        by_block = np.einsum("bs,bsl->bl", begun[:, 0], cut.rows[place]).ravel()[:rows]
        assert np.allclose(by_block, column[0], rtol=1e-11)
    end = maps.after(cut.maps.ends[..., 0], cut.maps.by_block[..., 0])
    assert np.allclose((end[:, :-1, 0] @ start) + end[:, -1, 0], steps.state, rtol=1e-11)
