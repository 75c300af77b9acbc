"""The engine's contests: full traces, epoch logs and sweeps, with numba and without."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd

import sheetgd
from benchmarks import byhand, compiled, libraries, loops, problem, targets
from benchmarks.agreement import same_frames, same_numbers
from benchmarks.harness import Contest, Entrant, Peer, Result, Size, Target, compare, imported
from benchmarks.problem import Choices, Points, lesson, points
from sheetgd.engine import rowwise
from sheetgd.engine.run import descend

Work = Callable[[Points, int], Any]
"""From data and a number of epochs to a result."""

PLAIN, NUMBA, C = "plain Python loop", "numba, written by hand", "C loop"
ENDS = ["learn", "rmse", "m", "b"]

LOGS: Mapping[str, tuple[compiled.Log, Choices, str]] = {
    "line": (byhand.line, problem.LINE, "m b"),
    "Adam": (byhand.adam, problem.ADAM, "m b t v_m s_m v_b s_b"),
    "absolute error": (byhand.absolute, problem.ABSOLUTE, "m b"),
    "two ReLUs": (byhand.net, problem.NET, "w1 a1 b1 w2 a2 b2 c"),
    "sigmoid, RMSprop": (byhand.sigmoid, problem.SIGMOID, "a b c s_a s_b s_c"),
}
"""Of each method the log by hand, the lesson, and what its state is called."""

_COMPILED = partial(patch.object, rowwise, "WORTH_COMPILING", 0)
"""Has our loops compiled where numba is there, however little there is to do."""

_INTERPRETED = partial(patch.object, rowwise, "compiler", lambda: None)
"""Has Python run our loops, whatever is there."""


@dataclass(frozen=True)
class _Contestants:
    """Who takes some rows through some epochs by a method, once or several times."""

    rows: int
    epochs: int
    choices: Choices
    times: int = 1

    @classmethod
    def sized(
        cls, size: Size, rows: int, epochs: int, choices: Choices = problem.LINE
    ) -> "_Contestants":
        """In small, neither is left with nothing to do."""
        few = max(10, rows // 1000), max(2, epochs // 100)
        return cls(size.pick(rows, few[0]), size.pick(epochs, few[1]), choices)

    def given(self) -> tuple[sheetgd.Lesson, Points]:
        """Make what a run needs, for everybody alike: making lessons stirs the memory up."""
        return lesson(self.rows, self.choices), points(self.rows)

    def contest(self, title: str, run: Callable[..., Any], *peers: Peer) -> Contest:
        """Make a contest; every run of ours has a lesson that nobody has seen before."""
        ours = Entrant(
            run=lambda given: run(given[0], epochs=self.epochs),
            units=self.rows * self.epochs * self.times,
            prepare=self.given,
        )
        epochs = "epoch" if self.epochs == 1 else "epochs"
        title = f"{title}, {self.rows:,} rows x {self.epochs:,} {epochs}"
        return Contest(title=title, unit="row-step", ours=ours, peers=peers)

    def peer(
        self,
        name: str,
        make: Callable[[], Work],
        target: Target,
        agrees: Callable[[Any, Any], None] = same_frames,
        *,
        needs_numba: bool = True,
        epochs: int | None = None,
        note: str = "",
    ) -> Peer:
        """Make a peer that does this work, or fewer epochs of it."""
        taken = epochs or self.epochs

        def entrant() -> Entrant:
            if needs_numba:
                imported("numba")  # without it, we are not what is to be measured
            work = make()
            return Entrant(
                run=lambda given: work(given[1], taken),
                units=self.rows * taken * self.times,
                prepare=self.given,
            )

        return Peer(name=name, make=entrant, agrees=agrees, target=target, note=note)


def traces(size: Size, rounds: int) -> Iterator[Result]:
    """Time the full trace as a DataFrame, with numba."""
    for rows, epochs in targets.TRACES:
        who = _Contestants.sized(size, rows, epochs)
        peer = who.peer(C, compiled.c_trace, targets.TRACE)
        with _COMPILED():
            yield from compare(who.contest("full trace, line", _trace, peer), rounds)


def interpreted(size: Size, rounds: int) -> Iterator[Result]:
    """Time the full trace as a DataFrame, without numba."""
    long = partial(_Contestants.sized, size, 1000, 200)
    short = _Contestants(20, 5, problem.LINE)
    for name, who, loop, target in (
        ("line", long(), loops.line, targets.INTERPRETED),
        ("absolute error", long(problem.ABSOLUTE), loops.absolute, targets.INTERPRETED),
        ("Adam", long(problem.ADAM), loops.adam, targets.INTERPRETED_LONG),
        ("two ReLUs", long(problem.NET), loops.net, targets.INTERPRETED_LONG),
        ("line", short, loops.line, targets.INTERPRETED_SHORT),
    ):
        peer = who.peer(PLAIN, partial(_just, loop), target, needs_numba=False)
        with _INTERPRETED():
            title = f"full trace without numba, {name}"
            yield from compare(who.contest(title, _trace, peer), rounds)


def logs(size: Size, rounds: int) -> Iterator[Result]:
    """Time the epoch log as a DataFrame, with numba."""
    for name, (log, choices, state) in LOGS.items():
        who = _Contestants.sized(size, 1000, 1000, choices)
        learn = choices.get("learn", problem.LEARN)
        make = partial(compiled.numba_log, log, state.split(), learn)
        with _COMPILED():
            peer = who.peer(NUMBA, make, targets.LOG)
            yield from compare(who.contest(f"epoch log, {name}", _log, peer), rounds)


def today(size: Size, rounds: int) -> Iterator[Result]:
    """Time the epoch log beside the libraries that people use today."""
    who, few = _Contestants.sized(size, 1000, 1000, problem.CLOSED), size.pick(5, 2)
    torch = who.peer(
        "PyTorch autograd, row by row",
        libraries.torch_autograd,
        targets.TORCH,
        partial(_same_state, few),
        epochs=few,
        note=f"the peer runs {few} epochs; its cost is per row-step",
    )
    sklearn = who.peer(
        "scikit-learn SGDRegressor",
        libraries.sklearn_sgd,
        targets.SKLEARN,
        partial(_same_state, who.epochs),
    )
    with _COMPILED():
        contest = who.contest("epoch log, closed-form gradient", _log, torch, sklearn)
        yield from compare(contest, rounds)


def sweeps(size: Size, rounds: int) -> Iterator[Result]:
    """Time many rates at once, beside one after the other."""
    for rows, epochs, count in targets.SWEEPS:
        who = _Contestants(
            size.pick(rows, 20), size.pick(epochs, 10), problem.LINE, size.pick(count, 5)
        )
        rates = np.geomspace(1e-5, 4e-3, who.times).tolist()
        peer = who.peer(f"{NUMBA}, one by one", partial(_one_by_one, rates), targets.SWEEP)
        title = f"sweep of {who.times:,} rates"
        with _COMPILED():
            yield from compare(who.contest(title, partial(_swept, rates=rates), peer), rounds)


def _just(work: Work) -> Work:
    return work


def _trace(given: sheetgd.Lesson, *, epochs: int) -> pd.DataFrame:
    return descend(given, epochs).steps_table()


def _log(given: sheetgd.Lesson, *, epochs: int) -> pd.DataFrame:
    return descend(given, epochs).epochs_table()


def _swept(given: sheetgd.Lesson, *, rates: Sequence[float], epochs: int) -> pd.DataFrame:
    return sheetgd.sweep(given, rates, epochs).table()[ENDS]


def _one_by_one(rates: Sequence[float]) -> Work:
    run = compiled.compiled(byhand.line)

    def work(data: Points, epochs: int) -> pd.DataFrame:
        lines = []
        for rate in rates:
            m, b, rmse, _ = log = np.empty((4, epochs + 1))
            run(data.x, data.y, rate, log)
            lines.append((rate, rmse[-1], m[-1], b[-1]))
        return pd.DataFrame(lines, columns=ENDS)

    return work


def _same_state(epoch: int, ours: pd.DataFrame, theirs: libraries.Ends) -> None:
    """Check where a peer ends, for it may run fewer epochs than we do."""
    same_numbers(f"m, b after epoch {epoch}", ours[["m", "b"]].to_numpy()[epoch], theirs)
