"""What was chosen for the data, in words: how far a rate leads, and if scaled inputs would help.

`sheetgd.engine.automatic` chooses.
"""

import math
from collections.abc import Sequence

import numpy as np

from sheetgd.descent.scaling import NO_SCALE
from sheetgd.engine.automatic import rate_scale
from sheetgd.engine.stability import epochs_needed, quickest_rate
from sheetgd.lesson.checks import counted
from sheetgd.lesson.fields import CHOOSABLE, SHEET_NAMES
from sheetgd.lesson.lesson import Lesson
from sheetgd.lesson.values import AUTO, Auto


def chosen_words(lesson: Lesson, *, rate: bool = True) -> str | None:
    """Say what was chosen for the data; None where all is given.

    Args:
        lesson: the lesson.
        rate: whether the lesson's own learning rate makes a difference.

    >>> lesson = Lesson(x=(1, 2, 3), y=(3, 5, 7), nudge=0.01)
    >>> chosen_words(lesson)
    'learning_rate 0.1 was chosen for these data; at this rate about ... epochs leave 1 % of the \
way to where such steps come to rest'
    >>> chosen_words(lesson.with_settings({"chosen": {"learning_rate": Auto.SMALLEST}}))
    'learning_rate 0.1 was chosen for these data: no rate tried lowers the rmse from this start, \
and this is the smallest of them'
    """
    names = [name for name in _found(lesson) if rate or name != "learning_rate"]
    words = _chosen(lesson, [f"{name} {getattr(lesson.training, name):g}" for name in names])
    if words is None or not rate or lesson.training.chosen.get("learning_rate") is not Auto.CHOSEN:
        return words
    return f"{words}{_epochs_words(lesson)}"


def _found(lesson: Lesson) -> list[str]:
    """Return the settings that were chosen, and that the lesson's steps read."""
    found = (Auto.CHOSEN, Auto.SMALLEST)
    names = [each for each in CHOOSABLE if lesson.training.chosen.get(each) in found]
    return [name for name in names if SHEET_NAMES[name] in lesson.settings]


def _chosen(lesson: Lesson, named: Sequence[str]) -> str | None:
    if not named:
        return None
    words = f"{' and '.join(named)} {'was' if len(named) == 1 else 'were'} chosen for these data"
    if lesson.training.chosen.get("learning_rate") is not Auto.SMALLEST:
        return words
    what = "this" if len(named) == 1 else "this rate"
    return (
        f"{words}: no rate tried lowers the {lesson.metric_name} from this start, and {what} is "
        "the smallest of them"
    )


MANY_EPOCHS = 200
"""So many epochs are many, where scaled inputs need a tenth of them or less."""


def _epochs_words(lesson: Lesson) -> str:
    """Say how many epochs a chosen rate needs, and whether fewer would do with scaled inputs."""
    needed = epochs_needed(lesson)
    if needed is None:
        return _steep_words(lesson)
    whole = lesson.batch_size == lesson.n_rows
    where = "to the best fit" if whole else "to where such steps come to rest"
    leave = "leaves" if needed == 1 else "leave"
    told = f"; at this rate about {counted(needed, 'epoch')} {leave} 1 % of the way {where}"
    other = lesson.with_settings({"scale": NO_SCALE if lesson.arrays.scaling else "standard"})
    then = epochs_needed(other, quickest_rate(other) or rate_scale(other) / 2)
    if not _far_fewer(lesson, needed, then):
        return told
    # Only now it is looked for what would be chosen there.
    chosen = (name for name in CHOOSABLE if lesson.training.chosen.get(name) is Auto.CHOSEN)
    then = epochs_needed(other.with_settings(dict.fromkeys(chosen, AUTO)).with_chosen())
    if not _far_fewer(lesson, needed, then):
        return told
    if lesson.arrays.scaling:
        return f"{told}, and about {then} if the inputs were not scaled"
    return f'{told}, and about {then} with the inputs scaled: scale="standard"'


def _far_fewer(lesson: Lesson, needed: int, then: int | None) -> bool:
    """Tell whether scaled inputs need a tenth of the epochs or less, where these are many."""
    few, many = (then, needed) if not lesson.arrays.scaling else (needed, then)
    return few is not None and many is not None and 10 * few <= many >= MANY_EPOCHS


def _steep_words(lesson: Lesson) -> str:
    """Say that scaled inputs would help where the epochs needed are not known."""
    score = lesson.model.score
    plain = lesson.method.optimizer in {"sgd", "momentum", "momentum-ema", "nesterov"}
    if lesson.arrays.scaling or not score.linear or not plain:
        return ""
    before, after = (
        _steepness(lesson.with_settings({"scale": scale})) for scale in (NO_SCALE, "standard")
    )
    if not MANY_EPOCHS < before < math.inf or 10 * after > before:
        return ""
    return (
        f"; the valley is about {float(f'{before:.2g}'):,.0f} times as steep across as along, and "
        f'{after:.2g} times with the inputs scaled: scale="standard"'
    )


def _steepness(lesson: Lesson) -> float:
    """Compute the condition number of J'J, with J how predictions (or logits) change."""
    partials = lesson.model.score.jacobian(lesson.arrays.inputs, lesson.training.start)
    if not np.isfinite(partials).all():
        return math.inf
    with np.errstate(all="ignore"):
        sizes = np.linalg.svd(partials, compute_uv=False)
        ratio = float(sizes[0] / sizes[-1]) if sizes[-1] > 0 else math.inf
    return ratio * ratio


def built_words(lesson: Lesson) -> str | None:
    """Say what was chosen for a workbook, in which it does not follow changes.

    >>> print(built_words(Lesson(x=(1e3, 2e3), y=(3, 5), difference_step=1e-8)))
    learn 5E-08 was chosen for these data when the workbook was built; it does not follow later \
changes.
    """
    named = [f"{SHEET_NAMES[name]} {getattr(lesson.training, name):G}" for name in _found(lesson)]
    words = _chosen(lesson, named)
    if words is None:
        return None
    them = "it does" if len(named) == 1 else "they do"
    before, chosen, reason = words.partition(" chosen for these data")
    built = f"{before}{chosen} when the workbook was built"
    return f"{built}{reason}; {them} not follow later changes."
