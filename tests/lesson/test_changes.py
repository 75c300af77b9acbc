"""What a change of a setting resets, and what it leaves."""

from typing import Any

import pytest

from sheetgd.errors import LessonError
from sheetgd.lesson.changes import reset_by, validated_changes
from tests.support.given import lesson_of

BASE = lesson_of(
    x=(1, 2, 3), y=(3, 5, 8), optimizer="momentum", hyperparameters={"beta": 0.5}, l2=0.1,
    penalize=("m",), optimizer_state={"v_m": 2}, schedule="StepLR",
    schedule_parameters={"step_size": 3},
)  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "gone"),
    [
        ({"model": "quadratic"}, {"start", "guess", "grid", "surface", "rates", "penalize",
                                  "optimizer_state"}),
        ({"optimizer": "adam"}, {"hyperparameters", "rates", "optimizer_state"}),
        ({"schedule": "constant"}, {"schedule_parameters", "rates"}),
        ({"model": "line", "optimizer": "momentum"}, set()),
    ],
    ids=lambda each: str(each) if isinstance(each, dict) else str(sorted(each)),
)  # fmt: skip
def test_what_hung_on_an_old_choice_goes_with_it(changes: dict[str, Any], gone: set[str]) -> None:
    found = reset_by(BASE.by_name(), changes)
    assert set(found) - {"guess", "patience"} == gone - {"guess"}
    for name in gone:
        assert not getattr(BASE.changed(**changes).training, name, ()) or name == "start"


def test_other_settings_stay() -> None:
    other = BASE.changed(epochs=3)
    assert other.method.penalize == ("m",)
    assert dict(other.training.optimizer_state) == {"v_m": 2, "v_b": 0}
    assert dict(other.training.schedule_parameters) == {"step_size": 3, "gamma": 0.1}


def test_the_changes_of_a_variant_are_checked() -> None:
    assert validated_changes({"lr": "auto", "l2": 1}) == {"learning_rate": "auto", "l2": 1.0}
    with pytest.raises(LessonError, match="l2 is -1"):
        validated_changes({"l2": -1})
