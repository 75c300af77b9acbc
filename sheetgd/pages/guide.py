"""The guide page: how to use the workbook, what it found, what its colours mean."""

from collections.abc import Sequence

from sheetgd.cells import Address, Look
from sheetgd.original import published_cells
from sheetgd.pages.check import TITLE as CHECK
from sheetgd.pages.page import Draft, Page, text_height
from sheetgd.pages.section import STEP_ROW, Section

TITLE = "Guide"
NAME_WIDTH, TEXT_WIDTH = 30.0, 85.0
WIDTH = NAME_WIDTH + TEXT_WIDTH

_USE = """
Yellow cells are inputs. Change one and every number, colour and chart that depends on it
follows. Nothing else needs to be touched, and there are no macros.

To run epochs, add 1 to the cell clicks ({clicks}). Each click runs as many epochs as the cell
epochs ({epochs}) says. To start over, set clicks to 0.

Try the learning rate ({learn}): ten times smaller and the descent crawls, ten times larger and it
may overshoot. Then try other starts ({start}), or change a point of the data (from row {data_row}
on).

Choose any cell to see its formula. Headers tell what their column holds when you choose them; the
line above the headers says how it is computed.

If a trial goes wrong, undo it, or build the workbook again.
"""

_RECONSTRUCTED = """
Rows {first} to {last} of the data could not be seen in the published copy. The x values there are
a reconstruction: one of many choices with which the published rule reaches every published digit.
Wherever they stand they are in italics, and on the main pages in another colour.
"""

_HEAT = """
the error grid: blue is a small error, red a large one; outlined is the cell nearest to where the
descent stands
"""

_SHADES = (
    ("blue to red", " ".join(_HEAT.split())),
    ("grey", "not run yet; #N/A in the log makes the line of the chart stop there"),
    ("red", "on the page Check: a number that differs from the published one"),
)
_NAMES = (
    ("learn", "the learning rate ({learn})"),
    ("nudge", "how far a finite difference moves a parameter ({nudge})"),
    ("epochs, clicks", "epochs a click runs, and how often it was clicked ({epochs}, {clicks})"),
    ("epochs_run", "epochs x clicks, but no more than there is room for ({epochs_run})"),
    ("capacity", "for how many epochs the log and the steps have room"),
    ("m_start, b_start", "where the descent starts ({start})"),
    ("m_now, b_now", "where it stands after epochs_run epochs ({guess})"),
    ("m_guess, b_guess", "the guess of the worked example ({example_guess})"),
)


def guide_page(section: Section, published: Section | None) -> Page:
    """The guide to a workbook; its findings and reconstruction only where they apply."""
    draft, lesson = Draft(), section.lesson
    draft.title("B1", TITLE)
    row = _put_list(draft, 3, "How to use this workbook", _paragraphs(section.explained(_USE)))
    row = _put_pages(draft, row, section, published)
    if published is not None:
        row = _put_list(
            draft,
            row,
            "What the original does that its text does not say",
            lesson.findings,
        )
    if lesson.reconstructed:
        first, last = (STEP_ROW + end(lesson.reconstructed) - 1 for end in (min, max))
        row = _put_list(
            draft,
            row,
            "What is reconstructed",
            (_RECONSTRUCTED.format(first=first, last=last),),
            numbered=False,
        )
    _put_legend(draft, row, section)
    return Page(
        title=TITLE,
        widths={"A": 2.0, "B": NAME_WIDTH, "C": TEXT_WIDTH},
        cells=tuple(draft.cells),
        heights=draft.heights,
        merged=tuple(draft.merged),
        tab="FFC000",
    )


def _paragraphs(text: str) -> list[str]:
    """The paragraphs of a text, each on one line."""
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


def _put_pages(draft: Draft, row: int, section: Section, published: Section | None) -> int:
    rule = section.lesson.rule.summary
    items = [
        (section.main, f"the lesson: data, prediction, error, landscape and descent ({rule})"),
        (section.epochs, "the log: parameters and rmse after each epoch, with a chart"),
        (section.steps, "every row of every epoch"),
    ]
    if published is not None:
        items += [
            (published.main, "the same page with the rule that reproduces the published numbers"),
            (published.epochs, "its log"),
            (published.steps, "its steps"),
            (CHECK, f"the {len(published_cells())} published cells beside the live ones"),
        ]
        why = (
            f"The numbers on {section.main} differ from the published ones, and that is right: "
            "it steps by the derivatives that the original's text describes, not by the swapped "
            "ones its cells hold (see 4 below)."
        )
        items.append(("Why they differ", why))
    return _put_rows(draft, row, "The pages", items)


def _put_legend(draft: Draft, row: int, section: Section) -> None:
    samples: list[tuple[Look, int | str, str]] = [
        (Look.INPUT, 1, "an input: yours to change"),
        (Look.RESULT, 1, "a formula: it follows by itself"),
        (Look.KEY_RESULT, 1, "a result worth watching"),
        (Look.HEADER, "x", "what the column below holds; choose it to read more"),
        (Look.CAPTION, "m*x+b", "how the column below is computed, in the names of the columns"),
    ]
    if section.lesson.reconstructed:
        samples.append((Look.RECONSTRUCTED, 1, "an input that is a reconstruction"))
    draft.put(Address(row, 2), "Colours", Look.HEADING)
    for look, sample, text in samples:
        row += 1
        draft.put(Address(row, 2), sample, look)
        draft.put(Address(row, 3), "  " + text, Look.TEXT)
        draft.heights[row] = text_height(text, TEXT_WIDTH)
    row = _put_rows(draft, row, None, _SHADES)
    names = [(name, section.explained(text)) for name, text in _NAMES]
    _put_rows(draft, row, "Names used in formulas", names)
