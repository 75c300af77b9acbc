"""What is said of a rate that was chosen: how far it leads, and if scaled inputs would help."""

import re
from typing import Any

import pytest

from sheetgd.engine.chosen import chosen_words
from sheetgd.lesson.lesson import Lesson


def _said(**settings: Any) -> str:  # noqa: ANN401  a lesson's settings
    x = range(30, 50)
    return chosen_words(Lesson(x=x, y=[2 * each + each % 3 for each in x], **settings)) or ""


def test_the_epochs_that_are_named_lead_where_such_steps_lead() -> None:
    by_row, at_once = _said(), _said(batch="all")
    assert "to where such steps come to rest" in by_row
    assert "to the best fit" not in by_row
    assert "to the best fit" in at_once
    assert "come to rest" not in at_once


@pytest.mark.parametrize("batch", [1, "all"])
def test_the_epochs_with_scaled_inputs_are_those_that_scaled_inputs_are_then_told(
    batch: int | str,
) -> None:
    epochs = r"about (\d+) epochs? leave"
    plain, scaled = _said(batch=batch), _said(batch=batch, scale="standard")
    (many,), (few,) = (re.findall(epochs, each) for each in (plain, scaled))
    assert f"and about {few} with the inputs scaled" in plain
    assert f"and about {many} if the inputs were not scaled" in scaled


def test_where_the_epochs_are_not_known_a_steep_valley_is_told() -> None:
    classes: dict[str, Any] = {"y": [0, 0, 1, 0, 1, 1], "loss": "log-loss", "nudge": 1e-6}
    steep = chosen_words(Lesson(x=[1000, 1010, 1020, 1030, 1040, 1050], **classes)) or ""
    assert re.search(r"the valley is about [\d,]+ times as steep across as along", steep)
    assert steep.endswith('with the inputs scaled: scale="standard"')
    level = chosen_words(Lesson(x=[-3, -2, -1, 1, 2, 3], **classes)) or ""
    assert "chosen" in level
    assert "valley" not in level
