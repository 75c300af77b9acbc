"""Form controls for those who want to click: they change epochs and clicks without a macro."""

from sheetgd.pages.block import Block
from sheetgd.pages.page import Control, ControlKind, Draft
from sheetgd.pages.section import Section

SPIN_HEIGHT = 22.0
"""So many points a row with a spin button is high, for its arrows to be hit."""

LEAP = 10
"""So many clicks a scroll bar moves by where it is clicked beside its handle."""


def put_main_spins(draft: Draft, section: Section) -> tuple[Control, ...]:
    """Make room on the first page for the spin buttons, left of their labels, and return them."""
    if section.suffix or not section.lesson.controls:
        return ()
    areas = []
    for name in ("epochs", "clicks"):
        place = section.setting(name)
        draft.heights[place.row] = SPIN_HEIGHT
        areas.append(Block.cell(place.moved(right=-2)))
    return spins(section, *areas)


def spins(section: Section, epochs: Block, clicks: Block) -> tuple[Control, ...]:
    """Return spin buttons for the first page's epochs and clicks.

    Args:
        section: whose they are; a variant's are those of its base.
        epochs: the empty cells that the one for epochs covers, on whatever page.
        clicks: those of the one for clicks.

    Returns:
        The two, or none for a lesson that is to have no controls.
    """
    return (
        *_controls(section, ControlKind.SPIN, "epochs", epochs, "How many epochs a click runs"),
        *_controls(section, ControlKind.SPIN, "clicks", clicks, "Run Epoch: one more click"),
    )


def clicks_scroll(section: Section, area: Block) -> tuple[Control, ...]:
    """Return a scroll bar for the first page's clicks, or none as with `spins`.

    Args:
        section: whose they are.
        area: the empty cells that it covers, wider than they are high.
    """
    return _controls(section, ControlKind.SCROLL, "clicks", area, "How often Run Epoch was clicked")


def _controls(
    section: Section, kind: ControlKind, name: str, area: Block, label: str
) -> tuple[Control, ...]:
    source = section.source
    lesson = source.lesson
    if not lesson.controls:
        return ()
    return (
        Control(
            kind=kind,
            area=area,
            sheet=source.main,
            linked=source.setting(name),
            value=int(source.settings[name]),
            most=lesson.room,
            leap=LEAP,
            label=label,
        ),
    )
