"""The rows of a main page.

The original's page fixes them: for a line, and five rows in the worked example, they are its own.
What a lesson has more of moves the rest down.
"""

from dataclasses import dataclass
from typing import Final

from sheetgd.lesson.lesson import Lesson

EXAMPLE_ROWS: Final = 5
CHART_ROWS: Final = 20
GRID_ROWS: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The rows of a main page.

    Attributes:
        data: the example's first data row.
        best: the first of the best parameters.
        prediction: the example's first prediction.
        guess: the first of the example's parameters.
        error: the example's first error.
        metric: what sums these errors up.
        surface: the text on the error surface; 0 where there is none.
        grid: the first row of its values.
        descent: the heading of the descent.
        chart: the first row of its chart.
        closing: the text under it.
        control: the first row of the controls.
        beyond: the row that says when more epochs are asked for than there is room for.
        header: the headers of the step table.
        step: its first row.
    """

    data: int
    best: int
    prediction: int
    guess: int
    error: int
    metric: int
    surface: int
    grid: int
    descent: int
    chart: int
    closing: int
    control: int
    beyond: int
    header: int
    step: int


def layout_of(lesson: Lesson, *, settings: int, example: bool) -> Layout:
    """Choose the rows for a lesson.

    Args:
        lesson: what the page shows.
        settings: how many settings the controls list.
        example: whether the page has the worked example of the upper half.

    >>> layout = layout_of(Lesson(x=(1, 2), y=(3, 5)), settings=4, example=True)
    >>> layout.guess, layout.error, layout.grid, layout.control, layout.step
    (23, 27, 46, 84, 90)
    """
    parameters = len(lesson.model.parameters)
    shown = max(lesson.shown, EXAMPLE_ROWS)
    data = 9
    best = data + shown
    prediction = best + 4
    guess = prediction + shown
    error = guess + max(parameters, 2) + 2
    metric = error + shown + 1
    surface = metric + 2 if parameters == 2 else 0  # noqa: PLR2004  a grid has two sides
    grid = surface + 11
    descent = metric + 2
    if surface:
        down = len(lesson.display.grid[0]) if lesson.display.grid else GRID_ROWS
        descent = grid + max(down, GRID_ROWS) + 1
    if not example:
        descent = 5
    chart = descent + 3
    control = chart + CHART_ROWS + 6
    beyond = control + max(3, parameters)
    header = max(beyond, control + settings - 1) + 2
    return Layout(
        data=data,
        best=best,
        prediction=prediction,
        guess=guess,
        error=error,
        metric=metric,
        surface=surface if example else 0,
        grid=grid,
        descent=descent,
        chart=chart,
        closing=chart + CHART_ROWS + 2,
        control=control,
        beyond=beyond,
        header=header,
        step=header + 1,
    )
