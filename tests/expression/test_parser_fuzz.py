"""Formulas of users by the thousand: a number or one clear line, and nothing is ever run."""

import contextlib
import io
import keyword
import re
import subprocess
import sys
import tokenize
import warnings

import pytest

from sheetgd.descent.gradient import GRADIENT_RULES
from sheetgd.descent.model import MOST_PARAMETERS, model_of
from sheetgd.descent.optimizer import OPTIMIZERS
from sheetgd.descent.step import Step
from sheetgd.engine.rowwise import HELD, loop_of
from sheetgd.engine.stability import largest_stable_rate
from sheetgd.errors import LessonError
from sheetgd.expression import derivative as calculus
from sheetgd.expression.python import MATHEMATICS, operations_of
from sheetgd.expression.tree import Expression
from sheetgd.sheets.book import book_of
from tests.support.formula_fuzz import LONGEST_REFUSAL, fuzz
from tests.support.formula_strings import HARMFUL, NAMES
from tests.support.given import lesson_of

AUDITED = """
import sys, warnings
from sheetgd.errors import LessonError
from sheetgd.descent.model import model_of
from tests.support.formula_strings import formula_strings

texts = [*formula_strings(3, 1500)]
try:
    model_of("quadratc")  # it suggests another name, and imports what that takes
except LessonError:
    pass
seen = set()
watching = True
def hook(event, arguments):
    if watching:
        seen.add(event if event != "compile" else f"compile {arguments[1]}")
sys.addaudithook(hook)
for text in texts:
    try:
        model_of(text)
    except LessonError:
        pass
watching = False
print(*sorted(seen), sep="\\n")
watching, seen = True, set()
eval("1 + 1")
open("/dev/null").close()
assert {"exec", "open"} <= seen, seen
"""


@pytest.mark.slow
@pytest.mark.parametrize("count", [3000])
def test_strings_by_the_thousand_do_nothing_unforeseen(count: int) -> None:
    tally = fuzz(20, count, run_every=20, build_every=count // 7)
    assert not tally.failures
    counts = tally.counts
    assert counts["accepted, and compared"] > count // 5
    assert counts["refused as a formula"] > count // 2
    assert counts["run"] > count // 150
    assert counts["built"]


def test_reading_formulas_runs_imports_and_opens_nothing() -> None:
    done = subprocess.run(
        [sys.executable, "-c", AUDITED], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    # Python's parser, which makes a tree of a text and no code.
    assert set(done.stdout.split("\n")) <= {"compile <unknown>", ""}
    assert not done.stderr


@pytest.mark.parametrize(
    "name", sorted({*NAMES, "exec", "zip", "float", "len", "data", "t", "nan"})
)
def test_no_name_of_a_user_gets_into_the_source_of_the_loop(name: str) -> None:
    """The engine compiles loops: what stands in them is ours, whatever parameters are called."""
    try:
        model = model_of(f"{name}*x + other")
    except LessonError:
        return
    if name not in model.parameters:
        return
    for gradient in set(GRADIENT_RULES) - {"swapped"}:
        for optimizer in OPTIMIZERS:
            method = Step(model=model, gradient=gradient, optimizer=optimizer, batched=True)
            ours = {"passes", "epochs", "epoch", "n", "row", "rates", "lane", "carried"}
            ours |= {"state", "data", "order", "ordered", "settings", "constants"}
            ours |= {"kept", "logged", *MATHEMATICS}
            for lanes in (False, True):
                loop = loop_of(method, () if lanes else ("y_pred",), (HELD,), lanes=lanes)
                for token in tokenize.generate_tokens(io.StringIO(loop.source).readline):
                    if token.type == tokenize.NAME and not keyword.iskeyword(token.string):
                        assert token.string in ours or re.fullmatch(r"[dvstle]\d+", token.string)
                    assert token.type != tokenize.STRING


def test_the_loop_has_nothing_of_pythons_own_but_what_it_is_given() -> None:
    found = loop_of(Step()).interpreted.__globals__
    assert found.keys() == {*MATHEMATICS, "carried", "passes"}
    assert found["__builtins__"] == {}


@pytest.mark.parametrize("text", ["1if x else a", "0x", "1 is a", '"a"(x)', "'\\d'*x", "1_000*a*x"])
def test_python_warns_of_nothing(text: str) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with contextlib.suppress(LessonError):
            model_of.__wrapped__(text)
    assert not caught


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("polynomial " + "9" * 5000, "the degree of a polynomial"),
        ("polynomial \u0663", "polynomial and its degree, a whole number from 0"),
        ("1_000*a", "write it in decimals"),
        ("a*x*.2_5", "write it in decimals"),
        ("0x10*a", "write it in decimals"),
        ("a*x # b", "leave out what is no formula"),
        ("9" * 400 + "*a", "too large"),
        ("+".join(f"p{each}" for each in range(MOST_PARAMETERS + 1)), f"at most {MOST_PARAMETERS}"),
        ("0*a + b*x", "does not change with a"),
        ("a^0", "does not change with a"),
    ],
)
def test_what_is_beyond_bounds_is_refused(text: str, says: str) -> None:
    with pytest.raises(LessonError, match=says):
        model_of(text)


@pytest.mark.parametrize("text", HARMFUL)
def test_a_refusal_does_not_grow_with_what_is_refused(text: str) -> None:
    long = text * 100
    if long.strip() and not long.isidentifier():
        with pytest.raises(LessonError) as caught:
            model_of(long)
        assert len(caught.value.args[0]) < LONGEST_REFUSAL


def nested(pattern: str, times: int, core: str) -> str:
    for _ in range(times):
        core = pattern.replace("@", core)
    return core


@pytest.mark.slow
def test_max_within_max_is_refused_before_it_fills_the_memory() -> None:
    """Over all rows each max stands for three of its operands."""
    lesson = lesson_of(x=(1, 2, 3), y=(1, 2, 4), model=nested("max(@,a*x)", 38, "a"), epochs=1)
    with pytest.raises(LessonError, match="so deep within each other"):
        book_of(lesson)


@pytest.mark.parametrize(
    ("pattern", "times"),
    [("max(@,a*x)", 38), ("(@)^a", 19), ("x/(a+@)", 19), ("tanh(@*a)", 18), ("(@)*(a+x)", 19)],
)
def test_derivatives_of_deep_formulas_stay_small(pattern: str, times: int) -> None:
    """The size of a second derivative grows like a power of the depth, and not with 2^n."""
    model = model_of(nested(pattern, times, "a*x"))
    second = calculus.derivative(model.partials[0], "a")
    assert _size(second) < 200_000


def _size(expression: Expression) -> int:
    return sum(1 for _ in operations_of([expression]))


def test_a_rate_is_known_where_only_other_x_have_no_number() -> None:
    # 0^x is 0 in these rows, so that b moves nothing; a is their mean.
    lesson = lesson_of(x=(1, 2, 3), y=(2, 3, 4), model="b*0^x + a")
    assert largest_stable_rate(lesson) == pytest.approx(1)
