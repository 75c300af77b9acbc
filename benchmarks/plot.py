"""The plot of how cost grows with the work."""

import re
from collections.abc import Iterable
from pathlib import Path

from benchmarks.harness import MissingPeerError, Result, imported

PLOT = Path(__file__).with_name("growth.png")
_TITLE = re.compile(r"(?P<curve>.+), (?P<count>[\d,]+) (?P<unit>row-step|cell)s")


def draw(results: Iterable[Result], path: Path) -> bool:
    """Draw the lines of the table that tell of growth; False where there is no matplotlib."""
    curves: dict[str, list[tuple[float, float]]] = {}
    for result in results:
        found = _TITLE.fullmatch(result.title)
        if found is None or result.value is None or not result.measure.startswith("ns a "):
            continue
        name = f"{found['curve']} (a {found['unit']})"
        count = float(found["count"].replace(",", ""))
        curves.setdefault(name, []).append((count, result.value))
    try:
        figures = imported("matplotlib.figure")
        style = imported("sheetgd.plot.panels")
    except MissingPeerError:
        return False
    with style.house_style():
        figure = figures.Figure(figsize=(8, 4.5), layout="constrained")
        axes = figure.add_subplot(xscale="log", yscale="log")
        for place, (name, dots) in enumerate(curves.items()):
            axes.plot(*zip(*dots, strict=True), marker="o", label=name, **style.run_look(place))
        axes.set_xlabel("row-steps, or cells")
        axes.set_ylabel("nanoseconds each")
        style.put_title(axes, "What a row-step and a cell cost as the work grows")
        axes.legend()
        figure.savefig(path, dpi=120, metadata={"Software": None})
    return True
