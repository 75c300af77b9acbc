"""All the runs that a lesson tells of: its own, its variants' and the published one."""

from dataclasses import dataclass

from sheetgd.descent import Descent, descend
from sheetgd.divergence import Divergence
from sheetgd.lesson import Lesson
from sheetgd.pages.book import AS_PUBLISHED


@dataclass(frozen=True, slots=True)
class Run:
    """A descent, and what it is called beside others."""

    label: str
    descent: Descent

    @property
    def divergence(self) -> Divergence | None:
        """The first way in which it diverges, if it does."""
        return next(iter(self.descent.divergence), None)

    @property
    def calm(self) -> int:
        """How many of its states, from the start on, come before it diverges."""
        epochs = len(self.descent.states)
        return epochs if self.divergence is None else max(1, self.divergence.epoch)


def runs_of(lesson: Lesson) -> tuple[Run, ...]:
    """Run a lesson, its variants and its published section, as far as each asks for.

    >>> from sheetgd.template import shipped_lesson
    >>> [run.label for run in runs_of(shipped_lesson("original"))]
    ['The lesson', 'As published']
    """
    labelled = [(lesson.label, lesson)]
    labelled += [(variant.title, lesson.varied(variant)) for variant in lesson.variants]
    if lesson.published is not None:
        labelled.append((AS_PUBLISHED, lesson.published))
    return tuple(Run(label, descend(each, exact=True)) for label, each in labelled)
