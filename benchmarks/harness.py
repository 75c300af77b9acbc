"""Contests: the same work done by us and by others, in turn, in one run.

First everybody's results are compared, for a benchmark of wrong results is worthless.
Then come rounds in which each takes its turn once, so that whatever else the machine does
meets all alike; medians count. Tables and data are made before the clock starts, and
thrown away after it stops.
"""

import gc
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from statistics import median
from time import perf_counter
from typing import Any

LEAST_SECONDS = 0.05
"""What is quicker than that is repeated within a round."""

MOST_REPEATS = 500


class MissingPeerError(Exception):
    """A peer cannot take part here; the message says why."""


class DisagreementError(Exception):
    """A peer computed something else; the message says what."""


class Size(StrEnum):
    """How much work there is: in full, as the targets are meant, or just to see it run."""

    SMALL = "small"
    FULL = "full"

    def pick(self, full: int, small: int) -> int:
        """Choose one of two numbers."""
        return full if self is Size.FULL else small


class Verdict(StrEnum):
    """What became of a target."""

    MET = "met"
    MISSED = "missed"
    NOT_MEASURED = "not measured"
    WRONG = "wrong"
    NONE = ""


@dataclass(frozen=True, slots=True)
class Target:
    """How many times as fast as a peer we are to be, or within how many times its time."""

    factor: float
    within: bool = False

    def __str__(self) -> str:
        return f"within {self.factor:g}x its time" if self.within else f"{self.factor:,g}x as fast"

    def of(self, ratio: float) -> float:
        """Return the ratio as the target has it; `ratio` is how many times as fast we are."""
        return 1 / ratio if self.within else ratio

    def verdict(self, ratio: float) -> Verdict:
        """Tell whether a ratio meets it."""
        value = self.of(ratio)
        met = value <= self.factor if self.within else value >= self.factor
        return Verdict.MET if met else Verdict.MISSED


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrant:
    """Somebody who does the work.

    Attributes:
        run: does it, with what `prepare` returned, and returns the result.
        units: how much work that is: row-steps, cells.
        prepare: makes what a run needs, anew for each; the clock does not see it.
        long: whether a run is long enough to be timed by itself, without a trial.
    """

    run: Callable[[Any], Any]
    units: int
    prepare: Callable[[], Any] = lambda: None
    long: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """Somebody to be measured by.

    Attributes:
        name: what to call it.
        make: makes the entrant, or raises MissingPeerError.
        agrees: takes our result and theirs; raises DisagreementError where they differ.
        target: how fast we are to be beside it.
        note: what there is to know about it.
    """

    name: str
    make: Callable[[], Entrant]
    agrees: Callable[[Any, Any], None]
    target: Target | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """The same work done by us and by peers; `unit` is what work is counted in."""

    title: str
    unit: str
    ours: Entrant
    peers: Sequence[Peer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One line of the table.

    Attributes:
        title: what was done.
        against: the peer; empty where something is measured on its own.
        value: what the target speaks of: a ratio, or a figure of its own.
        measure: what the value is in: ``x as fast``, ``x its time``, ``s``, ``MB`` ...
        low: the value in the round where it was lowest.
        high: the value in the round where it was highest.
        ours: what one unit costs us, in nanoseconds.
        theirs: the same for the peer.
        unit: what work is counted in.
        target: the target in words.
        verdict: what became of it.
        note: what there is to know about it.
    """

    title: str
    against: str = ""
    value: float | None = None
    measure: str = ""
    low: float | None = None
    high: float | None = None
    ours: float | None = None
    theirs: float | None = None
    unit: str = ""
    target: str = ""
    verdict: Verdict = Verdict.NONE
    note: str = ""


def imported(name: str) -> Any:  # noqa: ANN401  some have no types, none need be installed
    """Import a module of a peer's.

    Raises:
        MissingPeerError: when it is not installed.
    """
    try:
        return import_module(name)
    except ImportError:
        raise MissingPeerError(f"{name.partition('.')[0]} is not installed") from None


def limited(
    title: str,
    value: float | None,
    measure: str,
    limit: float | None = None,
    *,
    low: float | None = None,
    high: float | None = None,
    note: str = "",
) -> Result:
    """Return a figure measured on its own, and the limit that it must keep.

    Args:
        title: what is measured.
        value: the figure; None where it could not be measured.
        measure: what it is in.
        limit: at most so much; None for no limit.
        low: the lowest of its rounds.
        high: the highest.
        note: what there is to know about it.
    """
    verdict = Verdict.NONE
    if value is None:
        verdict = Verdict.NOT_MEASURED
    elif limit is not None:
        verdict = Verdict.MET if value <= limit else Verdict.MISSED
    return Result(
        title=title,
        value=value,
        measure=measure,
        low=low,
        high=high,
        target="" if limit is None else f"at most {limit:,g} {measure}",
        verdict=verdict,
        note=note,
    )


def compare(contest: Contest, rounds: int) -> Iterator[Result]:
    """Hold a contest: a result for each peer, in their order."""
    running: dict[str, Entrant] = {}
    failed: dict[str, tuple[Verdict, str]] = {}
    ours = contest.ours.run(contest.ours.prepare())
    for peer in contest.peers:
        try:
            entrant = peer.make()
            peer.agrees(ours, entrant.run(entrant.prepare()))
            running[peer.name] = entrant
        except MissingPeerError as error:
            failed[peer.name] = (Verdict.NOT_MEASURED, str(error))
        except DisagreementError as error:
            failed[peer.name] = (Verdict.WRONG, str(error))
    del ours
    times = interleaved([contest.ours, *running.values()], rounds) if running else []
    by_name = dict(zip(running, times[1:], strict=True)) if running else {}
    for peer in contest.peers:
        if peer.name in by_name:
            entrant = running[peer.name]
            yield _result(contest, peer, entrant, times[0], by_name[peer.name])
            continue
        verdict, reason = failed[peer.name]
        yield Result(
            title=contest.title,
            against=peer.name,
            unit=contest.unit,
            target="" if peer.target is None else str(peer.target),
            verdict=verdict,
            note=reason,
        )


def interleaved(entrants: Sequence[Entrant], rounds: int) -> list[list[float]]:
    """Time each entrant's turns, one a round; somebody else begins each round."""
    repeats = [_repeats(each) for each in entrants]
    times: list[list[float]] = [[] for _ in entrants]
    for number in range(rounds):
        for place in range(len(entrants)):
            which = (place + number) % len(entrants)
            times[which].append(_seconds(entrants[which], repeats[which]))
    return times


def _repeats(entrant: Entrant) -> int:
    if entrant.long:
        return 1
    seconds = _seconds(entrant, 1)
    if seconds >= LEAST_SECONDS:
        return 1
    return min(MOST_REPEATS, math.ceil(LEAST_SECONDS / max(seconds, 1e-9)))


def _seconds(entrant: Entrant, repeats: int) -> float:
    """Time one run, as the mean of several."""
    given = [entrant.prepare() for _ in range(repeats)]
    run, whole = entrant.run, 0.0
    gc.collect()
    for each in given:
        start = perf_counter()
        result = run(each)
        whole += perf_counter() - start
        del result
    return whole / repeats


def _result(
    contest: Contest, peer: Peer, entrant: Entrant, ours: Sequence[float], theirs: Sequence[float]
) -> Result:
    target = Target(1) if peer.target is None else peer.target
    scale = contest.ours.units / entrant.units
    ratio = scale * median(theirs) / median(ours)
    each = [target.of(scale * their / our) for our, their in zip(ours, theirs, strict=True)]
    return Result(
        title=contest.title,
        against=peer.name,
        value=target.of(ratio),
        measure="x its time" if target.within else "x as fast",
        low=min(each),
        high=max(each),
        ours=median(ours) / contest.ours.units * 1e9,
        theirs=median(theirs) / entrant.units * 1e9,
        unit=contest.unit,
        target="" if peer.target is None else str(peer.target),
        verdict=Verdict.NONE if peer.target is None else target.verdict(ratio),
        note=peer.note,
    )


Group = Callable[[Size, int], Iterator[Result]]
"""Contests that belong together: from size and rounds to results."""

Groups = Mapping[str, Group]
