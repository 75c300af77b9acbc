"""The engine's contests: full traces, epoch logs, literal arithmetic, the libraries of today."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pandas as pd

import sheetgd
from benchmarks import compiled, libraries, loops, targets
from benchmarks.agreement import same_frames, same_logs, same_numbers
from benchmarks.harness import Contest, Entrant, Peer, Result, Size, Target, compare
from benchmarks.problem import Points, lesson, points
from sheetgd.engine.run import descend

Maker = Callable[[], Callable[[Points, int], Any]]
"""Makes a peer's work, or raises MissingPeerError."""

PLAIN, NUMBA, C = "plain Python loop", "numba loop", "C loop"
UNIT = "row-step"


def shape(rows: int, epochs: int) -> str:
    """Say how much data there is, and for how many epochs."""
    return f"{rows:,} rows x {epochs:,} {'epoch' if epochs == 1 else 'epochs'}"


def _sized(size: Size, rows: int, epochs: int) -> tuple[int, int]:
    """Return rows and epochs; in small, such that neither is left with nothing to do."""
    return size.pick(rows, max(10, rows // 1000)), size.pick(epochs, max(2, epochs // 100))


def traces(size: Size, rounds: int) -> Iterator[Result]:
    """Time the full trace as a DataFrame."""
    for (rows, epochs), (plain, close) in targets.TRACE.items():
        n, k = _sized(size, rows, epochs)
        work = _Work(n, k, same_frames)
        peers = (
            work.peer(PLAIN, partial(_just, loops.trace), plain),
            work.peer(NUMBA, compiled.numba_trace, close),
            work.peer(C, compiled.c_trace, close),
        )
        contest = work.contest(f"full trace, {shape(n, k)}", partial(_trace, epochs=k), peers)
        yield from compare(contest, rounds)
    work = _Work(20, 5, same_frames)
    peer = work.peer(PLAIN, partial(_just, loops.trace), targets.SHORT_TRACE)
    contest = work.contest(f"full trace, {shape(20, 5)}", partial(_trace, epochs=5), (peer,))
    yield from compare(contest, rounds)


def literal(size: Size, rounds: int) -> Iterator[Result]:
    """Time literal arithmetic: asked for, and where a rule leaves no other way."""
    n, k = _sized(size, 1000, 1000)
    work = _Work(n, k, partial(same_frames, exact=True))
    peer = work.peer(
        PLAIN, partial(_just, loops.trace), targets.LITERAL_TRACE, note="the same bit for bit"
    )
    title = f"full trace, {shape(n, k)}"
    yield from compare(work.contest(title, partial(_trace, epochs=k), (peer,)), rounds)
    n, k = _sized(size, 1000, 200)
    adam = {"optimizer": "adam", "learn": loops.ADAM_LEARN}
    for name, choices, loop, target in (
        ("Adam", adam, loops.adam_trace, targets.ADAM_TRACE),
        ("absolute error", {"loss": "mae"}, loops.absolute_trace, targets.ABSOLUTE_TRACE),
    ):
        work = _Work(n, k, same_frames, choices)
        peer = work.peer(PLAIN, partial(_just, loop), target)
        title = f"full trace, {name}, {shape(n, k)}"
        yield from compare(work.contest(title, partial(_trace, epochs=k), (peer,)), rounds)


def logs(size: Size, rounds: int) -> Iterator[Result]:
    """Time the epoch log as a DataFrame."""
    for (rows, epochs), (plain, close) in targets.LOG.items():
        n, k = _sized(size, rows, epochs)
        work = _Work(n, k, same_logs)
        peers = (
            work.peer(PLAIN, partial(_just, loops.log), plain),
            work.peer(NUMBA, compiled.numba_log, close),
            work.peer(C, compiled.c_log, close),
        )
        contest = work.contest(f"epoch log, {shape(n, k)}", partial(_log, epochs=k), peers)
        yield from compare(contest, rounds)


def today(size: Size, rounds: int) -> Iterator[Result]:
    """Time the epoch log beside the libraries that people use today."""
    n, k = _sized(size, 1000, 1000)
    few = size.pick(5, 2)
    choices = {"gradient": "analytic"}
    work = _Work(n, k, _same_ends, choices)
    short = _Work(n, few, partial(_same_ends_after, n, few), choices)
    peers = (
        short.peer(
            "PyTorch autograd, row by row",
            libraries.torch_autograd,
            targets.TORCH,
            note=f"the peer runs {few} epochs; its cost is per row-step",
        ),
        work.peer("scikit-learn SGDRegressor", libraries.sklearn_sgd, targets.SKLEARN),
    )
    title = f"epoch log, closed-form gradient, {shape(n, k)}"
    yield from compare(work.contest(title, partial(_log, epochs=k), peers), rounds)


class _Work:
    """Some rows and epochs, and how results are compared."""

    def __init__(
        self,
        rows: int,
        epochs: int,
        agrees: Callable[[Any, Any], None],
        choices: dict[str, Any] | None = None,
    ) -> None:
        self.rows, self.epochs, self.agrees = rows, epochs, agrees
        self.choices = choices or {}

    def contest(
        self, title: str, run: Callable[[sheetgd.Lesson], Any], peers: tuple[Peer, ...]
    ) -> Contest:
        """Make a contest; every run of ours has a lesson that nobody has seen before."""
        prepare = partial(lesson, self.rows, **self.choices)
        ours = Entrant(run=run, units=self.rows * self.epochs, prepare=prepare)
        return Contest(title=title, unit=UNIT, ours=ours, peers=peers)

    def peer(self, name: str, maker: Maker, target: Target | None, note: str = "") -> Peer:
        """Make a peer that does this work."""

        def make() -> Entrant:
            work = maker()
            return Entrant(
                run=lambda data: work(data, self.epochs),
                units=self.rows * self.epochs,
                prepare=partial(points, self.rows),
            )

        return Peer(name=name, make=make, agrees=self.agrees, target=target, note=note)


def _just(work: Callable[[Points, int], Any]) -> Callable[[Points, int], Any]:
    return work


def _trace(given: sheetgd.Lesson, *, epochs: int) -> pd.DataFrame:
    return descend(given, epochs).steps_table()


def _log(given: sheetgd.Lesson, *, epochs: int) -> pd.DataFrame:
    return descend(given, epochs).epochs_table()


def _same_ends(ours: pd.DataFrame, theirs: libraries.Ends) -> None:
    same_numbers("the last m, b", ours[["m", "b"]].to_numpy()[-1], theirs)


def _same_ends_after(rows: int, epochs: int, _: object, theirs: libraries.Ends) -> None:
    """Check the end states of a peer that runs fewer epochs than we do."""
    _same_ends(_log(lesson(rows, gradient="analytic"), epochs=epochs), theirs)
