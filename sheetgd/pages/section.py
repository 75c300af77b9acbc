"""A lesson's three pages that belong together, and how formulas name their cells.

A section is the main page, its log and its steps. The main page keeps the original's
rows and columns, so these stand here once, for every page that points there.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

from sheetgd.cells import Address
from sheetgd.descent import Descent
from sheetgd.display import Display, display_of
from sheetgd.lesson import Lesson
from sheetgd.maths.formula import Formula
from sheetgd.maths.step import given_columns, step_columns
from sheetgd.surface import best_parameters, grid_of

FIRST_COLUMN: Final = 2
DATA_ROW: Final = 9
BEST_ROW: Final = 14
PREDICTION_ROW: Final = 18
GUESS_ROW: Final = 23
ERROR_ROW: Final = 27
EXAMPLE_COLUMN: Final = 10
GRID_ROW: Final = 46
GRID_COLUMN: Final = 3
CONTROL_ROW: Final = 84
HEADER_ROW: Final = 89
STEP_ROW: Final = 90

EXAMPLE_RMSE: Final = Address(33, 12)
EPOCHS: Final = Address(84, 5)
LEARN: Final = Address(85, 5)
CLICKS: Final = Address(86, 5)
NUDGE: Final = Address(87, 5)
START_COLUMN: Final = 6
ACTUAL_COLUMN: Final = 9
NOW_COLUMN: Final = 10
RMSE: Final = Address(84, 13)
EPOCHS_RUN: Final = Address(85, 13)

LOG_ROW: Final = 6
STEPS_ROW: Final = 5
STEPS_FIRST_COLUMN: Final = 3


@dataclass(frozen=True, kw_only=True)
class Section:
    """The main page of a lesson with its log and its steps.

    Attributes:
        descent: the run over the workbook's whole capacity.
        main: the title of the main page.
        epochs: the title of its log page.
        steps: the title of its steps page.
        suffix: what the section's defined names end with.
    """

    descent: Descent
    main: str
    epochs: str
    steps: str
    suffix: str = ""

    @property
    def lesson(self) -> Lesson:
        """The lesson that the section shows."""
        return self.descent.lesson

    @cached_property
    def display(self) -> Display:
        """The number formats of the section's pages."""
        return display_of(self.lesson)

    @cached_property
    def best(self) -> tuple[float, ...]:
        """The least-squares parameters."""
        return best_parameters(self.lesson)

    @cached_property
    def grid(self) -> tuple[tuple[float, ...], ...]:
        """The values down the side of the error grid and along its top."""
        return grid_of(self.lesson)

    @cached_property
    def headers(self) -> tuple[str, ...]:
        """The headers of the step table."""
        columns = step_columns(self.lesson.model, self.lesson.rule)
        return (*given_columns(self.lesson.model), *(column.name for column in columns))

    @property
    def last_step_row(self) -> int:
        """The main page's last row."""
        return STEP_ROW + self.lesson.rows - 1

    def name(self, name: str) -> Formula:
        """A defined name of this section, as formulas use it."""
        return Formula.name(name + self.suffix)

    def column_format(self, header: str) -> str:
        """The number format of a step column."""
        named = zip(self.lesson.model.parameters, self.display.parameters, strict=True)
        for parameter, number_format in named:
            if header in (parameter, f"new_{parameter}"):
                return number_format
        return self.display.column(header)

    def main_column(self, header: str) -> int:
        """The main page's column of a step column."""
        return FIRST_COLUMN + self.headers.index(header)

    def main_range(self, header: str, *, sheet: str = "") -> Formula:
        """A step column of the main page."""
        column = self.main_column(header)
        first, last = Address(STEP_ROW, column), Address(self.last_step_row, column)
        return Formula.range(first, last, sheet=sheet)

    def steps_cell(self, header: str, passed: int, row: int) -> Address:
        """The cell of the steps page for a pass and a data row, both counted from 1."""
        place = STEPS_ROW + (passed - 1) * self.lesson.rows + row - 1
        return Address(place, STEPS_FIRST_COLUMN + self.headers.index(header))

    def explained(self, text: str) -> str:
        """A text with the places and names filled in that it mentions in braces.

        These are {epochs}, {clicks}, {learn}, {nudge}, {epochs_run}, {start}, {guess} and
        {example_guess} for cells, {data_row} for the first row of the data, {x} and {y} for
        what these columns are called where the data comes from, {story} for how the
        gradient rule finds a derivative.
        """
        count = len(self.lesson.model.parameters)
        first, *_, last = [CONTROL_ROW + which for which in range(count)]
        example = Address(GUESS_ROW, EXAMPLE_COLUMN + 1)
        filled = {
            "epochs": EPOCHS,
            "clicks": CLICKS,
            "learn": LEARN,
            "nudge": NUDGE,
            "epochs_run": EPOCHS_RUN,
            "start": f"{Address(first, START_COLUMN)} and {Address(last, START_COLUMN)}",
            "guess": f"{Address(first, NOW_COLUMN)} and {Address(last, NOW_COLUMN)}",
            "example_guess": f"{example} and {example.moved(down=count - 1)}",
            "data_row": STEP_ROW,
            "x": self.lesson.x_name,
            "y": self.lesson.y_name,
            "story": self.lesson.rule.story,
        }
        for name, value in filled.items():
            text = text.replace("{" + name + "}", str(value))
        return text

    def text(self, key: str) -> str:
        """One of the lesson's explaining texts, filled in."""
        return self.explained(self.lesson.texts.get(key, ""))

    @cached_property
    def captions(self) -> dict[str, str]:
        """What each computed column computes, in the names of the columns.

        It is the step's one definition, called with names instead of numbers.
        """
        words = {name: Formula.name(name) for name in (*self.headers, "learn", "nudge")}
        columns = step_columns(self.lesson.model, self.lesson.rule)
        return {column.name: str(column.compute(words)) for column in columns}
