"""What the surface page looks at: two parameters, from where to where, and how finely."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from sheetgd.checks import check_choice, check_numbers, check_whole
from sheetgd.errors import LessonError

USUAL_STEPS = (12, 16)
MOST_STEPS = 40
SIDES = 2


@dataclass(frozen=True, kw_only=True)
class View:
    """The part of the surface that is shown: the metric over two parameters.

    Attributes:
        over: the parameters down the side and along the top; none: the two with the dearest start.
        ranges: from where to where each parameter goes; those left out are chosen.
        steps: into how many steps the side and the top are parted.
    """

    over: Sequence[str] = ()
    ranges: Mapping[str, Sequence[float]] = field(default_factory=lambda: MappingProxyType({}))
    steps: Sequence[int] = USUAL_STEPS

    def check(self, parameters: Sequence[str]) -> None:
        """Raise LessonError unless the view suits a model of these parameters."""
        for name in (*self.over, *self.ranges):
            check_choice("surface", name, parameters)
        if (self.over and len({*self.over}) != len(self.over)) or len(self.over) not in {0, SIDES}:
            raise LessonError(
                f"surface.over names {', '.join(self.over)}: it needs two different parameters"
            )
        for name, ends in self.ranges.items():
            check_numbers(f"surface.{name}", ends)
            if len(ends) != SIDES or not ends[0] < ends[1]:
                raise LessonError(
                    f"surface.{name} is {list(ends)}: give two numbers, the lower one first"
                )
        if len(self.steps) != SIDES:
            raise LessonError(
                f"surface.steps is {list(self.steps)}: give two, for the side and the top"
            )
        for steps in self.steps:
            if check_whole("surface.steps", steps, 1) > MOST_STEPS:
                raise LessonError(f"surface.steps is {steps}: more than {MOST_STEPS} do not fit")

    @property
    def room(self) -> tuple[int, int]:
        """For how many steps the page has room: the usual number at least."""
        down, across = (
            max(steps, usual) for steps, usual in zip(self.steps, USUAL_STEPS, strict=True)
        )
        return down, across
