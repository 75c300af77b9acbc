"""Guide: how to use the workbook, what it found, what its colours mean."""

from collections.abc import Sequence

from sheetgd.expression.excel import Address, named_in_sheets
from sheetgd.lesson.lesson import Lesson
from sheetgd.sheets.cells import Look
from sheetgd.sheets.printing import printed
from sheetgd.sheets.run_data import MESSAGES, message_of
from sheetgd.sheets.section import GUIDE, Section
from sheetgd.sheets.sheet import Draft, Page, text_height
from sheetgd.sheets.words import listed
from sheetgd.version import MAKER

TITLE = GUIDE
NAME_WIDTH, TEXT_WIDTH = 30.0, 85.0
WIDTH = NAME_WIDTH + TEXT_WIDTH

_MOST_SHEETS = 2
"""So many sheets of paper the page is printed on at most."""

_USE = """
Begin on the page Play: all that one changes and all that moves stands there on one screen. The
first page explains it, step by step.

Yellow cells are inputs. Change one and every number, colour and chart that depends on it
follows. Nothing else needs to be touched, and there are no macros.

To run epochs, {arrows}add 1 to the cell clicks ({clicks}). Each click runs as many epochs as the
cell epochs ({epochs}) says. To start over, set clicks to 0.

Try the learning rate ({learn}): ten times smaller, and ten times larger. Small steps take long,
large ones may jump too far. Then try other starts ({start}), or change a point of the data (from
row {data_row} on).

Choose any cell to see its formula. Headers tell what their column holds when you choose them; the
line above the headers says how it is computed.

If a trial goes wrong, undo it, or build the workbook again.
"""

_ARROWS = "click the arrow beside clicks; or, where a program shows no arrows, "


def _use(lesson: Lesson) -> str:
    return _USE.replace("{arrows}", _ARROWS if lesson.display.controls else "")


_SHOW = (
    "The others are computed and drawn from these. To see one, click any tab with the right mouse "
    "button and choose Unhide or Show Sheet."
)

_HEAT = """
the heat map: blue is a small {metric}, red a large one; outlined is the cell nearest to where the
descent stands
"""

_WORDS = {
    "model": "the formula that predicts y from {inputs}: y_pred = {model}",
    "parameter": "a number in the model that the descent looks for: {parameters}",
    "error": "how far off a row's prediction is: y_pred - y",
    "loss": "what steps are to lower: of a row it is {loss}, of a batch the mean over its rows",
    "metric": "what an epoch is judged by, one number for all rows: {metric}, {metric_explanation}",
    "partial derivative": "how fast a row's loss changes when one parameter moves and the others "
    "are held: {derivatives}. Above 0, the loss grows with the parameter; below 0, it falls",
    "gradient": "the partial derivatives of all parameters together. It points to where the loss "
    "grows fastest; descent goes the other way",
    "nudge": "a small change of one parameter, made to see how the loss changes",
    "step": "one change of the parameters",
    "learning rate": "learn, how far steps go: a plain step is learn times the derivative",
    "batch": "the rows that make a step together, by the mean of their derivatives",
    "epoch": "once through all rows of the data",
    "of the pass": "measured row by row on the way through an epoch, while the parameters move",
    "held": "measured over all rows with the parameters held still",
    "converge, diverge": "to come to rest at some parameters, or to move away further and further",
    "best fit": "the parameters with the smallest sum of squared errors",
}
"""The words that the pages use, in the order in which one needs the other."""

_BEST_OF_CLASSES = (
    "the parameters with the smallest log loss; where a boundary parts the classes there are none"
)

_SHADES = (
    ("nothing", "lines and rows of epochs that are still to come"),
    ("red", "a number that differs from the published one, or a run that diverges or stops"),
)
_OTHERWISE = {
    "learn": "the learning rate",
    "nudge": "how far a finite difference moves a parameter",
    "eps": "a tiny number that keeps steps from being divided by 0",
}
"""Settings that the guide tells of in other words than their cells' messages."""

_PLACES = (
    ("epochs, clicks", "epochs a click runs, and how often it was clicked ({epochs}, {clicks})"),
    ("epochs_run", "epochs x clicks, but no more than there is room for ({epochs_run})"),
    ("capacity", "for how many epochs the log and the steps have room"),
    ("gradient_nudge", "the nudge of the page Gradient"),
)


def guide_page(
    section: Section,
    others: Sequence[Section],
    pages: Sequence[tuple[Page, str]],
    published: Section | None,
    *,
    differ: str = "",
) -> Page:
    """Make the guide to a workbook.

    Args:
        section: the lesson.
        others: its variants.
        pages: the workbook's other pages, and what is on them.
        published: the lesson as it was published, if the workbook mirrors that.
        differ: why the first page differs from the published one, if it does.
    """
    draft, lesson = Draft(), section.lesson
    draft.title("B1", TITLE)
    row = _put_list(
        draft, 3, "How to use this workbook", _paragraphs(section.explained(_use(lesson)))
    )
    of_classes = {"best fit": _BEST_OF_CLASSES} if lesson.step.classifies else {}
    meanings = {**_WORDS, **of_classes}.items()
    words = [(word, section.explained(text)) for word, text in meanings]
    row = _put_rows(draft, row, "The words", words)
    row = _put_rows(draft, row, "The choices this lesson makes", _choices(section))
    contents = [(page.title, text) for page, text in pages if not page.hidden]
    if differ:
        contents.append(("Why they differ", differ))
    row = _put_rows(draft, row, "The pages", contents)
    helpers = [(page.title, text) for page, text in pages if page.hidden]
    draft.put(Address(row, 2), "Hidden pages", Look.HEADING)
    draft.paragraph(f"B{row + 1}:C{row + 1}", _SHOW, WIDTH)
    row = _put_rows(draft, row + 1, None, helpers)
    if published is not None and lesson.display.findings:
        row = _put_list(
            draft,
            row,
            "What the original does that its text does not say",
            lesson.display.findings,
        )
    if lesson.data.reconstructed:
        text = _paragraphs(section.text("reconstructed"))
        row = _put_list(draft, row, "What is reconstructed", text, numbered=False)
    row = _put_legend(draft, row, section, others)
    draft.put(Address(row, 2), f"Made by {MAKER}", Look.NOTE)
    return printed(
        Page(
            title=TITLE,
            widths={"A": 2.0, "B": NAME_WIDTH, "C": TEXT_WIDTH},
            cells=tuple(draft.cells),
            heights=draft.heights,
            merged=tuple(draft.merged),
            tab="FFC000",
            sheets=_MOST_SHEETS,
        )
    )


def _choices(section: Section) -> list[tuple[str, str]]:
    lesson, method = section.lesson, section.lesson.step
    steps, rates = "after every row", method.schedule_rule
    if method.batched:
        whole = lesson.batch_size == lesson.n_rows
        steps = (
            f"after {'all' if whole else lesson.batch_size} rows, by the mean of their derivatives"
        )
    return [
        ("model", f"y_pred = {method.model.text}"),
        ("loss of a row", f"{section.explained('{loss}')}, the {method.loss_function.summary}"),
        ("derivatives", method.gradient_rule.summary),
        ("a step", steps),
        ("optimiser", method.optimizer_rule.summary),
        *([("penalty", _penalty(method.penalized))] if method.penalized else []),
        *([("learning rate", rates.summary)] if rates.varies else []),
        (f"metric: {lesson.metric_name}", method.metric_function.summary),
        *(
            [(f"score: {method.score.name}", f"{method.score.summary}; shown, not judged by")]
            if method.score
            else []
        ),
    ]


def _penalty(names: Sequence[str]) -> str:
    return (
        "steps lower the mean loss plus l_2/2 times the squares and l_1 times the sizes of "
        f"{listed(names)}: each step pulls them towards 0"
    )


def _paragraphs(text: str) -> list[str]:
    """Split a text into paragraphs, each on one line."""
    return [" ".join(paragraph.split()) for paragraph in text.strip().split("\n\n")]


def _put_list(
    draft: Draft, row: int, heading: str, items: Sequence[str], *, numbered: bool = True
) -> int:
    draft.put(Address(row, 2), heading, Look.HEADING)
    for number, item in enumerate(items, start=1):
        row += 1
        text = f"{number}. {item}" if numbered else item
        draft.paragraph(f"B{row}:C{row}", text, WIDTH)
    return row + 2


def _put_rows(draft: Draft, row: int, heading: str | None, items: Sequence[tuple[str, str]]) -> int:
    if heading is not None:
        draft.put(Address(row, 2), heading, Look.HEADING)
    for name, text in items:
        row += 1
        draft.put(Address(row, 2), name, Look.TEXT)
        draft.put(Address(row, 3), text, Look.TEXT)
        draft.heights[row] = max(text_height(name, NAME_WIDTH), text_height(text, TEXT_WIDTH))
    return row + 2


def _put_legend(draft: Draft, row: int, section: Section, others: Sequence[Section]) -> int:
    caption = section.captions["y_pred"]
    samples: list[tuple[Look, int | str, str]] = [
        (Look.INPUT, 1, "an input: yours to change"),
        (Look.RESULT, 1, "a formula: it follows by itself"),
        (Look.KEY_RESULT, 1, "a result worth watching"),
        (Look.HEADER, "x", "what the column below holds; choose it to read more"),
        (Look.CAPTION, caption, "how the column below is computed, in the names of the columns"),
    ]
    if section.lesson.data.reconstructed:
        samples.append((Look.RECONSTRUCTED, 1, "an input that is a reconstruction"))
    draft.put(Address(row, 2), "Colours", Look.HEADING)
    for look, sample, text in samples:
        row += 1
        draft.put(Address(row, 2), sample, look)
        draft.put(Address(row, 3), "  " + text, Look.TEXT)
        draft.heights[row] = text_height(text, TEXT_WIDTH)
    text = section.explained(" ".join(_HEAT.split()))
    heat = [("blue to red", text)] if section.layout.surface else []
    row = _put_rows(draft, row, None, [*heat, *_SHADES])
    return _put_rows(draft, row, "Names used in formulas", _names(section, others))


def _meaning(setting: str) -> str:
    """Return what a setting is: the first part of its message."""
    text = message_of(setting)[2].rstrip(".").partition(":")[0]
    return _OTHERWISE.get(setting, text[0].lower() + text[1:])


def _names(section: Section, others: Sequence[Section]) -> list[tuple[str, str]]:
    settings = [
        (named_in_sheets(name), f"{_meaning(name)} ({{{name}}})")
        for name in dict.fromkeys([*MESSAGES, *section.settings])
        if name in section.settings and name not in ("epochs", "clicks")
    ]
    parameters = section.lesson.model.parameters

    def each(word: str) -> str:
        return ", ".join(f"{word}_{name}" for name in parameters)

    places = [
        *settings,
        *_PLACES,
        (each("start"), "where the descent starts ({start})"),
        (each("now"), "where it stands after epochs_run epochs ({guess})"),
        (each("guess"), "the guess of the worked example ({example_guess})"),
    ]
    if others:
        first = others[0]
        places.append((f"learn{first.suffix} and so on", f"the same for the page {first.main}"))
    return [(name, section.explained(text)) for name, text in places]
