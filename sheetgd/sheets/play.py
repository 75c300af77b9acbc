"""Play: on one screen all that one changes, and all that moves.

To the left what one changes, where the descent stands, and the step that comes next, in words; in
the middle the map with the path on it; to the right the fit and the metric by epoch.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sheetgd.expression.excel import Address
from sheetgd.expression.sheet_cells import (
    Given,
    compared,
    if_error,
    joined,
    rounded,
    value_of,
    when,
)
from sheetgd.expression.tree import Expression, Leaf
from sheetgd.lesson.values import USUAL_STEPS
from sheetgd.sheets.cells import Block, Look
from sheetgd.sheets.controls import clicks_scroll, spins
from sheetgd.sheets.curve import curve_chart
from sheetgd.sheets.epochs import metric_chart
from sheetgd.sheets.fit import fit_chart, has_fit
from sheetgd.sheets.heat_map import ACROSS, DOWN, HeatMap
from sheetgd.sheets.heat_map import TITLE as SURFACE
from sheetgd.sheets.play_data import DECIMALS, MOST_PARAMETERS, NAME, NEW, STEP, NextStep, filled
from sheetgd.sheets.printing import printed
from sheetgd.sheets.section import GUIDE, PLAY, Section
from sheetgd.sheets.sheet import (
    Chart,
    Condition,
    Draft,
    Link,
    Page,
    Prompt,
    nothing_where_missing,
    too_wide,
)
from sheetgd.sheets.status import put_links, put_status
from sheetgd.sheets.surface import marks_of_path
from sheetgd.sheets.words import far_apart

_GAP, _LABEL, _NUMBER, _SIDE, _SQUARE = 1.4, 12.5, 10.6, 6.0, 2.7
_CHART = 9.3
"""How many characters wide the columns are: gaps, labels, numbers, the map's side and cells, and
those below the charts."""

_LEFT, _MAP_COLUMN = 2, 9
_RIGHT_COLUMNS = 6
_FIRST_ROW, _LAST_ROW = 3, 23
_TABLE_ROW, _WORDS_ROW = 8, 17
_TOLD = 2
_LONGEST_LINE = 108
"""So many characters of a sentence stand on a line."""

"""So many parameters' steps are told in words."""


@dataclass(frozen=True)
class _Screen:
    """Where the parts of the page stand."""

    section: Section
    heat_map: HeatMap | None

    @property
    def squares(self) -> int:
        """How many columns the map has."""
        return USUAL_STEPS[ACROSS] + 1

    @property
    def map_columns(self) -> tuple[int, int]:
        """The first and the last column of the map's cells."""
        return _MAP_COLUMN, _MAP_COLUMN + self.squares - 1

    @property
    def right(self) -> int:
        """The first column of the charts to the right."""
        return self.map_columns[1] + 2

    @property
    def map(self) -> Block:
        """The cells of the map."""
        first = Address(_FIRST_ROW + 1, _MAP_COLUMN)
        return Block(first, first.moved(down=USUAL_STEPS[DOWN], right=self.squares - 1))

    def widths(self) -> dict[str, float]:
        """Return the columns' widths."""
        first, last = self.map_columns
        found = {"A": _GAP, "B": _LABEL, "G": _GAP, "H": _SIDE}
        found |= dict.fromkeys("CDEF", _NUMBER)
        found |= {Address(1, column).letters: _SQUARE for column in range(first, last + 1)}
        found |= {Address(1, last + 1).letters: _GAP}
        return found | {
            Address(1, self.right + each).letters: _CHART for each in range(_RIGHT_COLUMNS)
        }


def play_page(
    section: Section,
    step: NextStep,
    heat_map: HeatMap | None,
    *,
    with_curve: bool,
    how_long: Leaf | None,
) -> Page:
    """Make the page.

    Args:
        section: the lesson's section.
        step: the step that comes next.
        heat_map: the map, where the workbook has one.
        with_curve: whether it has the curve of a single parameter.
        how_long: the sentence on how long the learning rate takes, if there is one.
    """
    draft, screen = Draft(), _Screen(section, heat_map)
    status = put_status(draft, section, Block(Address(1, 2), Address(1, screen.map_columns[1] - 2)))
    draft.heights[2] = 6.0
    links = [*_put_links(draft, screen), *_put_settings(draft, section)]
    links += _put_parameters(draft, section, step)
    below = _put_words(draft, screen, step)
    free = _TABLE_ROW + len(step.names) + 2
    if how_long is not None and free < _WORDS_ROW - 2:
        draft.tell(Block.parse(f"B{free}:F{_WORDS_ROW - 1}"), how_long, Look.REMARK)
    conditions = [status, *_formats(section)]
    coloured = None
    if heat_map is not None and heat_map.capacity == USUAL_STEPS:
        coloured = screen.map
        _put_map(draft, screen, heat_map)
        conditions += marks_of_path(coloured, number_format="")
    clicks = Block(Address(_FIRST_ROW + 3, 3), Address(_FIRST_ROW + 3, 6))
    controls = spins(
        section,
        Block.cell(Address(_FIRST_ROW + 1, 4)),
        Block.cell(Address(_FIRST_ROW + 2, 4)),
    )
    return printed(
        Page(
            title=PLAY,
            widths=screen.widths(),
            cells=tuple(draft.cells),
            heights=draft.heights,
            merged=tuple(draft.merged),
            heat_map=coloured,
            conditions=tuple(conditions),
            charts=tuple(_charts(screen, with_curve=with_curve)),
            controls=(*controls, *clicks_scroll(section, clicks)),
            links=tuple(links),
            prompts=tuple(_follow(draft, links)),
            onward=Address(max(_LAST_ROW + 1, below), _LEFT),
            frozen=Address(2, 1),
            landscape=True,
            tab="2F75B5",
            sheets=1,
        )
    )


def _put_links(draft: Draft, screen: _Screen) -> Iterator[Link]:
    main = screen.section.main
    place = Address(1, screen.right)
    yield from put_links(draft, place, [("First page", main, Address(1, 1))])
    yield from put_links(draft, place.moved(right=2), [("Guide", GUIDE, Address(1, 1))])


def _put_settings(draft: Draft, section: Section) -> Iterator[Link]:
    """Put what one changes, with links to the yellow cells where it is typed in."""
    row = _FIRST_ROW
    hint = "type in the yellow cells that these lead to:"
    clicked = "Click the arrows, or " if section.lesson.display.controls else "To change a number, "
    draft.put(Address(row, _LEFT), clicked + hint, Look.NOTE)
    titles = {"epochs": "epochs a click", "clicks": "clicks", "learn": "learn", "nudge": "nudge"}
    rows = {"epochs": row + 1, "clicks": row + 2, "learn": row + 4}
    for name, there in rows.items():
        yield from _put_setting(draft, section, Address(there, _LEFT), name, titles[name])
    if "nudge" in section.settings:
        place = Address(rows["learn"], _LEFT + 3)
        yield from _put_setting(draft, section, place, "nudge", titles["nudge"], linked=False)


def _follow(draft: Draft, links: Sequence[Link]) -> Iterator[Prompt]:
    """Keep numbers that follow the first page from being typed over, and say where to type."""
    linked = {each.address for each in draft.cells if each.style and each.style.look is Look.LINKED}
    for link in links:
        if link.address in linked:
            yield Prompt(
                link.address,
                f"Follows {link.target}",
                f"This number follows the yellow cell {link.target} on the first page. Click it to "
                "go there (in LibreOffice with Ctrl), and type.",
                refuses=True,
            )


def _put_setting(
    draft: Draft, section: Section, place: Address, name: str, title: str, *, linked: bool = True
) -> Iterator[Link]:
    draft.put(place, title, Look.LABEL)
    draft.show(place.moved(right=1), section.named(name), Look.LINKED)
    yield Link(place.moved(right=1), section.main, section.setting(name))
    if linked and name != "learn":
        words = f"{section.setting(name)} on the first page"
        yield from put_links(
            draft, place.moved(right=3), [(words, section.main, section.setting(name))]
        )


def _put_parameters(draft: Draft, section: Section, step: NextStep) -> Iterator[Link]:
    """Put where each parameter starts, stands and goes."""
    top = Address(_TABLE_ROW, _LEFT)
    for right, header in enumerate(("", "start", "now", "step", "new")):
        draft.put(top.moved(right=right), header or None, Look.HEADER)
    for which, name in enumerate(step.names):
        place, number_format = top.moved(down=1 + which), section.formats.parameters[which]
        draft.put(place, name, Look.LABEL)
        draft.show(place.moved(right=1), section.named(f"start_{name}"), Look.LINKED)
        yield Link(place.moved(right=1), section.main, section.start(which))
        draft.show(
            place.moved(right=2), section.named(f"now_{name}"), Look.KEY_RESULT, number_format
        )
        draft.show(place.moved(right=3), _moved(step, name), Look.RESULT)
        draft.show(place.moved(right=4), step.number(name, NEW), Look.RESULT, number_format)


def _moved(step: NextStep, name: str) -> Expression:
    """Compute by how much a parameter moves."""
    moved: Expression = -step.number(name, STEP) if step.plain else step.number(name, STEP)
    return if_error(rounded(moved, step.number(name, DECIMALS)), moved)


def _formats(section: Section) -> Iterator[Condition]:
    first = Address(_TABLE_ROW + 1, _LEFT + 2)
    names = section.lesson.model.parameters[:MOST_PARAMETERS]
    # Where a setting is wrong nothing is run.
    yield nothing_where_missing(Block(first, first.moved(down=len(names) - 1, right=2)))
    for down, _ in enumerate(names):
        for right in (0, 2):
            place = Block.cell(first.moved(down=down, right=right))
            yield from too_wide(place, [section.formats.parameters[down]], _NUMBER)


# The step in words


def _put_words(draft: Draft, screen: _Screen, step: NextStep) -> int:
    """Put the step that comes next in words, with its numbers; return the row below."""
    right = Address(1, screen.map_columns[1]).letters
    draft.put(Address(_WORDS_ROW, _LEFT), "The next step, in words", Look.HEADING)
    names = [name for name in _told_parameters(screen) if name in step.names]
    # What is said of the row may take two lines; a step does where the nudge has many decimals.
    lines = [(_of_the_row(step), 2)]
    lines += ((line, 1) for name in names for line in _step_of(step, name))
    row = _WORDS_ROW + 1
    for line, least in lines:
        word = when(screen.section.ready, if_error(line, ""), "")
        rows = max(least, 1 + (len(str(value_of(word))) > _LONGEST_LINE))
        draft.tell(Block.parse(f"B{row}:{right}{row + rows - 1}"), word, Look.TEXT)
        row += rows
    return row


def _told_parameters(screen: _Screen) -> Sequence[str]:
    heat_map = screen.heat_map
    if heat_map is None:
        return screen.section.lesson.model.parameters[:_TOLD]
    return [heat_map.names[which] for which in heat_map.pair]


def _of_the_row(step: NextStep) -> Expression:
    """Say what the model gives for the row, and how far off that is; or what a batch is."""
    section = step.section
    if not step.told_of_row:
        rows = section.used.count
        size = section.named("batch")
        together = joined(
            "All ", rows, " rows together make the one step of an epoch, by the mean of their ",
            "derivatives.",
        )  # fmt: skip
        if section.by_epoch:
            return together
        return when(
            compared(size, "<", rows),
            joined(
                "Each batch of ", size, " rows makes a step, by the mean of their derivatives. ",
                "The next batch ends with row ", step.row, " of the pass.",
            ),
            together,
        )  # fmt: skip
    model: Given = "y_pred"
    if step.can_be_filled:
        equation = joined(section.lesson.model.text, " = ", *_filled(step))
        model = when(compared(step.word(filled(step.inputs[0])), "=", ""), model, equation)
    of_the_pass = "" if section.lesson.method.shuffle is None else " of the pass"
    given: list[Given] = []
    for name in step.inputs:
        given += [f"{', ' if given else ''}{name} = ", step.word(name)]
    said = joined(
        "Row ", step.row, f"{of_the_pass} has ", *given, " and y = ", step.word("y"),
        ". ", model, " = ", step.word("y_pred"), ": ", step.word("off"), f", {step.error} = ",
        step.word("error"), ".",
    )  # fmt: skip
    return when(compared(step.word("off"), "=", ""), "", said)


def _filled(step: NextStep) -> Iterator[Given]:
    """Write the model with the row's numbers in place of names."""
    text, end = step.section.lesson.model.text, 0
    for found in NAME.finditer(text):
        if found[0] in {*step.inputs, *step.names}:
            if text[end : found.start()]:
                yield text[end : found.start()]
            yield step.word(filled(found[0]))
            end = found.end()
    if text[end:]:
        yield text[end:]


def _step_of(step: NextStep, name: str) -> tuple[Expression, Expression]:
    """Write a derivative and its step; nothing where the sums would not come out right."""
    old, new, told_slope = (step.word(f"{which} {name}") for which in ("old", "new", "slope by"))
    slope = f"de/d{name}"
    if step.section.lesson.step.batched:
        slope = f"The mean of {slope}, g_{name},"
    if name in step.section.lesson.step.penalized:
        slope = f"The slope of the penalised loss, dL/d{name},"
    opening = joined(f"{slope} is ", told_slope, ".")
    if step.plain:
        said = joined(f"{name}: ", old, " - ", step.word("learn"), " x ", told_slope, " = ", new)
    else:
        sign = when(compared(step.number(name, STEP), "<", 0), " - ", " + ")
        said = joined(
            f"{_optimiser(step)} makes a step of it. {name}: ", old, sign,
            step.word(f"step of {name}"), " = ", new,
        )  # fmt: skip
    if step.nudged:
        nudged, nudge = step.word(f"nudged {name}"), step.word("nudge")
        found = joined(
            f"With {name} nudged by ", nudge, f" {step.error} is ", nudged, f": {slope} = (",
            nudged, " - ", step.word(f"loss by {name}"), ") / ", nudge, " = ", told_slope, ".",
        )  # fmt: skip
        opening = when(compared(nudged, "=", ""), opening, found)
    unknown = compared(new, "=", "")
    return when(unknown, "", opening), when(unknown, "", said)


def _optimiser(step: NextStep) -> str:
    name = step.section.lesson.step.optimizer_rule.summary.partition(":")[0]
    return name[:1].upper() + name[1:]


# The map and the charts


def _put_map(draft: Draft, screen: _Screen, heat_map: HeatMap) -> None:
    """Put the surface page's map in small, without its numbers."""
    area = screen.map
    for down in range(heat_map.capacity[DOWN] + 1):
        side = area.first.moved(down=down, right=-1)
        draft.show(side, heat_map.side_leaf(DOWN, down), Look.SIDE)
        for right in range(heat_map.capacity[ACROSS] + 1):
            place = area.first.moved(down=down, right=right)
            draft.show(place, heat_map.metric_leaf(down, right), Look.MAP, ";;;")
    row, (first, last) = area.first.row - 1, screen.map_columns
    low, high, _ = heat_map.extent(ACROSS, sheet=SURFACE)
    name = joined(
        heat_map.name(ACROSS, sheet=SURFACE),
        " along, ",
        heat_map.name(DOWN, sheet=SURFACE),
        " down",
    )
    middle = Block(Address(row, first + 4), Address(row, last - 4))
    for block, word in (
        (Block(Address(row, first), Address(row, first + 3)), low),
        (middle, name),
        (Block(Address(row, last - 3), Address(row, last)), high),
    ):
        draft.tell(block, word, Look.SIDE)


def _charts(screen: _Screen, *, with_curve: bool) -> Iterator[Chart]:
    section = screen.section
    lesson = section.lesson
    right = screen.right, screen.right + _RIGHT_COLUMNS - 1
    half = (_FIRST_ROW + _LAST_ROW) // 2
    run = list(section.descent.metric_values[: section.epochs_run + 1])
    top = _FIRST_ROW
    if has_fit(lesson):
        yield fit_chart(section, _area(right, _FIRST_ROW, half))
        top = half + 1
    yield metric_chart((section,), _area(right, top, _LAST_ROW), held=True, log_y=far_apart(run))
    first, last = screen.map_columns
    if with_curve:
        yield curve_chart(section, _area((first - 1, last), _FIRST_ROW, _WORDS_ROW - 1))


def _area(columns: tuple[int, int], first: int, last: int) -> Block:
    return Block(Address(first, columns[0]), Address(last, columns[1]))
