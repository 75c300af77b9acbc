"""The loop that docs/student.md shows in PyTorch does what it says, where torch is installed."""

import contextlib
import io

import pytest

from tests.support.lesson_numbers import gathered, torch_told
from tests.support.markdown import DOCS, fenced_blocks


def printed(code: str) -> list[float]:
    """What the program prints."""
    pytest.importorskip("torch")
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(code, "<student.md>", "exec"), {})  # noqa: S102  our own document
    return [float(each) for each in out.getvalue().split()]


def program() -> str:
    (block,) = (
        each
        for each in fenced_blocks((DOCS / "student.md").read_text(encoding="utf-8"))
        if each.language == "torch"
    )
    return block.text


def test_the_loop_ends_where_the_lesson_does() -> None:
    # It computes in single precision.
    assert printed(program()) == pytest.approx(torch_told()[:2], rel=1e-5)


def test_without_a_reset_the_gradients_gather() -> None:
    (line,) = (each for each in program().splitlines(keepends=True) if "zero_grad" in each)
    assert printed(program().replace(line, "")) == pytest.approx(gathered(5)[-1][:2], rel=1e-4)


def test_each_of_the_seven_steps_is_named_in_it() -> None:
    named = [part.split(":")[0].strip() for part in program().split("#")[1:]]
    told = " ".join(named) + program()
    for step in ("initialise", "predict", "loss", "gradient", "step", "repeat", "stop"):
        assert f"{step}:" in told
