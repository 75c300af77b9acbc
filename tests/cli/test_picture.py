"""The command picture: it draws what the library draws."""

import builtins
from pathlib import Path
from typing import Any

import pytest

from sheetgd.cli.main import main
from sheetgd.lesson.template import shipped_lesson
from sheetgd.plot.picture import draw_picture

ORIGINAL = shipped_lesson("original")


def test_without_matplotlib_it_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real = builtins.__import__

    def without(name: str, *arguments: Any, **others: Any) -> Any:  # noqa: ANN401  as the real one
        if name == "sheetgd.plot.figure":
            raise ImportError("No module named 'matplotlib'", name="matplotlib")
        return real(name, *arguments, **others)

    monkeypatch.setattr(builtins, "__import__", without)
    path = tmp_path / "none.png"
    assert main(["picture", "parabola", "-o", str(path)]) == 2
    said = capsys.readouterr().err
    assert "pip install 'sheetgd[plot]'" in said
    assert said.count("\n") == 1
    assert not path.exists()


def test_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["picture", "--epochs", "9", "--kind", "curves"]) == 0
    assert capsys.readouterr().out.split() == ["outputs/gradient_descent.png"]
    drawn = tmp_path / "expected.png"
    draw_picture(ORIGINAL.replaced(epochs=9), drawn, kind="curves")
    assert (tmp_path / "outputs/gradient_descent.png").read_bytes() == drawn.read_bytes()
    assert main(["picture", "quadratic", "--over", "a", "c", "-o", "land.svg", "-q"]) == 0
    assert capsys.readouterr().out == ""
    assert main(["picture", "--kind", "nothing"]) == 2
    assert "kind 'nothing' is not known" in capsys.readouterr().err
