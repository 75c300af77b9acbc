"""The benchmarks run, compare what they time, and the documents show what they measured.

No test here looks at how long anything takes: where time matters, the clock is a made-up one.
"""

import json
import math
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from benchmarks import __main__ as command
from benchmarks import (
    compiled,
    engine,
    felt,
    harness,
    longtable,
    loops,
    problem,
    results,
    workbook,
)
from benchmarks.agreement import same_frames, same_numbers
from benchmarks.harness import (
    Contest,
    DisagreementError,
    Entrant,
    MissingPeerError,
    Peer,
    Result,
    Size,
    Target,
    Verdict,
    compare,
    interleaved,
    limited,
)
from benchmarks.longtable import Holds
from benchmarks.problem import STEP_HEADERS, lesson, points
from sheetgd.cli.output import Terminal
from sheetgd.engine import rowwise
from sheetgd.engine.rowwise import Loop
from sheetgd.engine.run import descend
from sheetgd.expression.tree import Symbol
from tests.support.markdown import ROOT


@pytest.mark.slow
@pytest.mark.parametrize("group", command.GROUPS)
def test_a_group_runs_in_small(tmp_path: Path, group: str) -> None:
    path = tmp_path / "results.json"
    options = ["--size", "small", "--rounds", "1", "--json", str(path)]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", group, *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith(f"== {group}\n")
    (found,) = json.loads(path.read_text(encoding="utf-8")).values()
    assert found["size"] == "small"
    assert found["rounds"] == 1
    assert found["results"]
    for each in found["results"]:
        assert each["title"] in done.stdout
        assert each["verdict"] in {"", "not measured"}, each
        # What was not measured says why; what was, has a figure.
        assert each["note"] if each["verdict"] else each["value"] > 0, each


class Clock:
    """A clock that goes on only when somebody works."""

    def __init__(self) -> None:
        self.now = 0.0
        self.turns: list[str] = []

    def entrant(self, name: str, seconds: list[float], units: int = 1, **how: Any) -> Entrant:  # noqa: ANN401  as Entrant takes them
        given = iter(seconds)

        def run(_: object) -> str:
            self.turns.append(name)
            self.now += next(given)
            return name

        return Entrant(run=run, units=units, **how)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(harness, "perf_counter", lambda: made.now)
    # What other tests keep takes seconds to look through.
    monkeypatch.setattr("gc.collect", lambda: 0)
    return made


def agreed(_: object, __: object) -> None:
    """Whatever the results are."""


def test_turns_are_interleaved_and_medians_are_compared_by_their_units(clock: Clock) -> None:
    # The first two turns are for the comparison and for the trial.
    ours = clock.entrant("ours", [9, 9, 1, 2, 6], units=10)
    theirs = clock.entrant("theirs", [9, 9, 3, 1, 2], units=1)
    peer = Peer(name="peer", make=lambda: theirs, agrees=agreed, target=Target(10))
    contest = Contest(title="work", unit="step", ours=ours, peers=(peer,))
    (result,) = compare(contest, rounds=3)
    turns = ["ours", "theirs", "theirs", "ours", "ours", "theirs"]
    assert clock.turns == ["ours", "theirs", "ours", "theirs", *turns]
    # Medians are 2 seconds each, but we did ten times as much; by rounds 30, 5 and 10/3 times.
    assert result.value == pytest.approx(10)
    assert (result.low, result.high) == pytest.approx((10 / 3, 30))
    assert (result.ours, result.theirs) == pytest.approx((0.2e9, 2e9))
    assert result.verdict is Verdict.MET


def test_quick_work_is_repeated_and_everything_is_made_before_the_clock_starts(
    clock: Clock,
) -> None:
    def prepare() -> None:
        clock.now += 100

    quick = clock.entrant("quick", [harness.LEAST_SECONDS / 4] * 9, prepare=prepare)
    long = clock.entrant("long", [7, 8], long=True)
    times = interleaved([quick, long], rounds=2)
    assert times == [pytest.approx([harness.LEAST_SECONDS / 4] * 2), pytest.approx([7, 8])]
    assert clock.turns.count("quick") == 9
    assert clock.turns.count("long") == 2


@pytest.mark.parametrize(
    ("target", "ratio", "verdict", "value"),
    [
        (Target(60), 60.0, Verdict.MET, 60.0),
        (Target(60), 59.9, Verdict.MISSED, 59.9),
        (Target(1.5, within=True), 1 / 1.5, Verdict.MET, 1.5),
        (Target(1.5, within=True), 0.5, Verdict.MISSED, 2.0),
        (Target(1.5, within=True), 4.0, Verdict.MET, 0.25),
    ],
)
def test_targets(target: Target, ratio: float, verdict: Verdict, value: float) -> None:
    assert target.verdict(ratio) is verdict
    assert target.of(ratio) == pytest.approx(value)


def test_limits() -> None:
    assert limited("memory", 16.0, "MB", 16.0).verdict is Verdict.MET
    assert limited("memory", 16.1, "MB", 16.0).verdict is Verdict.MISSED
    assert limited("memory", None, "MB", 16.0).verdict is Verdict.NOT_MEASURED
    assert limited("memory", 99.0, "MB").verdict is Verdict.NONE


@pytest.mark.parametrize(
    ("name", "ours", "theirs", "verdict"),
    [
        ("opening", 0.8, 1.0, Verdict.MET),
        ("opening", 0.081, 0.1, Verdict.MISSED),  # opening has no time that is quick enough
        ("nudge", 0.4, 1.0, Verdict.MET),
        ("nudge", 0.41, 1.0, Verdict.MISSED),
        ("nudge", 0.15, 0.1, Verdict.MET),
        ("nudge", 0.16, 0.1, Verdict.MISSED),
    ],
)
def test_what_people_feel_is_held_against_the_larger_of_two_targets(
    name: str, ours: float, theirs: float, verdict: Verdict
) -> None:
    result = felt.beside(name, [9 * ours, ours, ours], [theirs, theirs, theirs / 9])
    assert result.verdict is verdict
    assert result.value == pytest.approx(ours / theirs)
    assert (result.low, result.high) == pytest.approx((ours / theirs, 9 * ours / theirs))


def test_without_the_history_only_sizes_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(felt, "OLD", "ce13750:outputs/there_is_none.xlsx")
    first, *sizes = felt.felt(Size.FULL, 1)
    assert (first.verdict, first.note) == (
        Verdict.NOT_MEASURED, "the project's history is not here"
    )  # fmt: skip
    assert len(sizes) == 3
    assert all(each.value and each.target for each in sizes)


def test_a_missed_target_fails_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def group(limit: float) -> Callable[[Size, int], Iterator[Result]]:
        return lambda _, __: iter([limited("work", 2.0, "s", limit)])

    monkeypatch.setattr(command, "GROUPS", {"trace": group(2.0)})
    assert command.main([]) == 0
    monkeypatch.setattr(command, "GROUPS", {"trace": group(1.0)})
    assert command.main([]) == 1
    assert "missed: work: 2.00 s, not at most 1 s\n" in capsys.readouterr().err
    # There is too little work in small for a target to mean anything.
    assert command.main(["--size", "small"]) == 0


def missing() -> Entrant:
    raise MissingPeerError("it is not installed")


def nobody(agrees: Callable[[Any, Any], None], make: Callable[[], Entrant]) -> Contest:
    peer = Peer(name="peer", make=make, agrees=agrees, target=Target(2))
    ours = Entrant(run=lambda _: 1.0, units=1)
    return Contest(title="work", unit="step", ours=ours, peers=(peer,))


def test_a_missing_peer_is_reported_and_its_target_is_not_met() -> None:
    (result,) = compare(nobody(agreed, missing), rounds=1)
    assert result.verdict is Verdict.NOT_MEASURED
    assert result.value is None
    assert result.target == "2x as fast"
    assert result.note == "it is not installed"
    told = "\n".join(results.lines([result], Terminal()))
    assert "not measured" in told
    assert "peer: it is not installed" in told


def test_a_wrong_peer_is_not_timed_and_the_command_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    contest = nobody(partial(same_numbers, "m"), lambda: Entrant(run=lambda _: 1.0 + 1e-8, units=1))
    (result,) = compare(contest, rounds=1)
    assert (result.verdict, result.value) == (Verdict.WRONG, None)

    def group(_: Size, rounds: int) -> Iterator[Result]:
        return compare(contest, rounds)

    def kept(_: object) -> None:
        pytest.fail("wrong results must not be kept")

    monkeypatch.setattr(command, "GROUPS", {"trace": group})
    monkeypatch.setattr(command, "keep", kept)
    assert command.main(["--write-readme"]) == 1
    assert "wrong" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["numba", "torch", "sklearn.linear_model", "xlsxwriter"])
def test_what_is_not_installed_is_called_by_its_name(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingPeerError, match=f"{name.partition('.')[0]} is not installed"):
        harness.imported(name)


def test_without_a_compiler_there_is_no_loop_in_c(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.compiled.shutil.which", lambda _: None)
    compiled.c_loop.cache_clear()
    with pytest.raises(MissingPeerError, match="there is no C compiler"):
        compiled.c_trace()


@pytest.mark.parametrize("group", [engine.traces, engine.logs, engine.today, engine.sweeps])
def test_without_numba_nothing_is_measured_that_needs_it(
    monkeypatch: pytest.MonkeyPatch, group: harness.Group
) -> None:
    monkeypatch.setitem(sys.modules, "numba", None)
    monkeypatch.setattr(rowwise, "compiler", lambda: None)
    told = {(each.verdict, each.note) for each in group(Size.SMALL, 1)}
    assert told == {(Verdict.NOT_MEASURED, "numba is not installed")}


@pytest.mark.parametrize(
    ("group", "with_numba"),
    [
        (engine.traces, True),
        (engine.logs, True),
        (engine.today, True),
        (engine.sweeps, True),
        (engine.interpreted, False),
    ],
)
def test_a_group_has_our_loops_compiled_or_interpreted(
    monkeypatch: pytest.MonkeyPatch, group: harness.Group, *, with_numba: bool
) -> None:
    pytest.importorskip("numba")
    asked: list[Loop] = []

    def compiled_loop(loop: Loop) -> Callable[..., int]:
        asked.append(loop)
        return loop.interpreted

    monkeypatch.setattr(Loop, "compiled", property(compiled_loop))
    monkeypatch.setattr(compiled, "compiled", lambda log: log)
    if not with_numba:
        monkeypatch.setattr(rowwise, "WORTH_COMPILING", 0)
    assert all(each.value or each.verdict is Verdict.NOT_MEASURED for each in group(Size.SMALL, 1))
    assert bool(asked) is with_numba


def frame() -> pd.DataFrame:
    return pd.DataFrame({"epoch": [1, 2], "m": [1.0, -2000.0]})


def changed(line: int, by: float) -> pd.DataFrame:
    made = frame()
    moved = np.where(made.index == line, by, 0.0)
    return made.assign(m=made["m"].to_numpy() + moved)


def test_numbers_are_the_same_up_to_rounding_and_tables_bit_for_bit() -> None:
    same_numbers("m", [1.0, -2000.0], [1.0 + 0.9e-9, -2000.0 + 1.9e-6])
    for wrong in ([1.0 + 1.1e-9, -2000.0], [1.0, -2000.0 + 2.1e-6]):
        with pytest.raises(DisagreementError, match="m is"):
            same_numbers("m", [1.0, -2000.0], wrong)
    same_frames(frame(), frame())


@pytest.mark.parametrize(
    "other",
    [
        changed(0, 1e-15),
        changed(0, math.nan),
        frame().rename(columns={"m": "b"}),
        frame()[["m", "epoch"]],
        frame().head(1),
    ],
)
def test_tables_that_differ_are_told_apart(other: pd.DataFrame) -> None:
    with pytest.raises(DisagreementError):
        same_frames(frame(), other)


def made_or_skipped(make: Callable[[], compiled.Work]) -> compiled.Work:
    try:
        return make()
    except MissingPeerError as error:
        pytest.skip(str(error))


def test_the_trace_in_c_is_the_plain_loop_bit_for_bit() -> None:
    same_frames(loops.line(points(30), 4), made_or_skipped(compiled.c_trace)(points(30), 4))


@pytest.mark.parametrize("name", engine.LOGS)
def test_a_log_by_hand_is_ours_bit_for_bit(name: str) -> None:
    log, choices, state = engine.LOGS[name]
    learn, names = choices.get("learn", problem.LEARN), state.split()
    columns = np.empty((len(names) + 2, 5))
    # It is Python, too, and need not be compiled.
    log(points(30).x, points(30).y, learn, columns)
    ours = descend(lesson(30, choices), 4).epochs_table()
    same_frames(ours, problem.log_frame(names, columns, learn))


def test_every_run_has_a_lesson_of_its_own() -> None:
    given = lesson(30)
    assert lesson(30) is not given
    assert lesson(30) == given


@pytest.fixture
def written(tmp_path: Path) -> Path:
    path = tmp_path / "ours.xlsx"
    longtable.save(longtable.book(longtable.steps(60), Holds.BOTH), path)
    return path


def their_workbook(path: Path, made: longtable.Steps, holds: Holds) -> Path:
    write, given = workbook._write_only(made, holds)  # noqa: SLF001  the peer as it is
    write(given, path)
    return path


@pytest.mark.parametrize("name", STEP_HEADERS)
def test_a_workbook_with_another_formula_is_told_apart(
    written: Path, tmp_path: Path, name: str
) -> None:
    made = longtable.steps(60)
    path = their_workbook(tmp_path / "theirs.xlsx", made, Holds.BOTH)
    workbook.same_workbooks(written, path, holds=Holds.BOTH, rows=60, our_rows=60)
    first, below = made.patterns[name]
    other = replace(made, patterns={**made.patterns, name: (first, below + Symbol("x"))})
    path = their_workbook(tmp_path / "wrong.xlsx", other, Holds.BOTH)
    with pytest.raises(DisagreementError):
        workbook.same_workbooks(written, path, holds=Holds.BOTH, rows=60, our_rows=60)


def test_a_workbook_with_another_value_is_told_apart(written: Path, tmp_path: Path) -> None:
    made = longtable.steps(60)
    wrong = [*made.shown["b"][:-1], made.shown["b"][-1] + 1e-6]
    other = replace(made, shown={**made.shown, "b": wrong})
    ours = tmp_path / "values.xlsx"
    longtable.save(longtable.book(made, Holds.VALUES), ours)
    right = their_workbook(tmp_path / "theirs.xlsx", made, Holds.VALUES)
    workbook.same_workbooks(ours, right, holds=Holds.VALUES, rows=60, our_rows=60)
    path = their_workbook(tmp_path / "wrong.xlsx", other, Holds.VALUES)
    with pytest.raises(DisagreementError, match="their value in row 60"):
        workbook.same_workbooks(ours, path, holds=Holds.VALUES, rows=60, our_rows=60)
    longtable.save(longtable.book(other, Holds.BOTH), written)
    formulas = their_workbook(tmp_path / "formulas.xlsx", made, Holds.BOTH)
    with pytest.raises(DisagreementError, match="our value in row 60"):
        workbook.same_workbooks(written, formulas, holds=Holds.BOTH, rows=60, our_rows=60)


@pytest.mark.parametrize(("rows", "our_rows"), [(60, 59), (61, 60)])
def test_a_workbook_with_too_few_rows_is_told_apart(
    written: Path, tmp_path: Path, rows: int, our_rows: int
) -> None:
    path = their_workbook(tmp_path / "theirs.xlsx", longtable.steps(60), Holds.BOTH)
    with pytest.raises(DisagreementError, match="rows, not"):
        workbook.same_workbooks(written, path, holds=Holds.BOTH, rows=rows, our_rows=our_rows)


def test_one_thread_each() -> None:
    code = "import benchmarks.__main__, os; print(os.environ['OPENBLAS_NUM_THREADS'])"
    said = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "2"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.strip() == "1"


def test_the_documents_show_the_results_that_are_kept() -> None:
    content = results.kept()
    assert set(content) == set(command.GROUPS)
    assert {each["size"] for each in content.values()} == {"full"}
    kept = results.results_of(content)
    assert not [each for each in kept if each.verdict is Verdict.WRONG]
    for path, (name, table) in command.DOCUMENTS.items():
        text = path.read_text(encoding="utf-8")
        assert results.filled(text, name, table(content)) == text, (
            "run: python -m benchmarks --write-readme"
        )
        first = next(each for each in kept if each.target and each.value is not None)
        other = [replace(first, value=(first.value or 0) * 1.1), *kept[1:]]
        # A figure that differs would be seen.
        changed_content = results.document(Size.FULL, 5, {"trace": other})
        assert results.filled(text, name, table(changed_content)) != text


def test_only_what_stands_between_the_marks_is_replaced() -> None:
    place = "<!-- benchmarks: table -->\n{}<!-- benchmarks: end -->\n"
    text = "a\n" + place + "b\n"
    made = results.filled(text.format("old\n"), "table", r"new \1")
    assert made == text.format("new \\1\n")
    assert results.filled(text.format(""), "table", "new") == text.format("new\n")
    for wrong in ("a", (place + place).format("", "")):
        with pytest.raises(ValueError, match="not one"):
            results.filled(wrong, "table", "new")


def test_the_readme_beside_the_benchmarks_is_true() -> None:
    path = ROOT / "benchmarks" / "README.md"
    text = path.read_text(encoding="utf-8")
    assert not [group for group in command.GROUPS if f"`{group}`" not in text]


@pytest.mark.parametrize("options", [["--size", "small"], ["--rounds", "4"]])
def test_the_readme_takes_full_results_of_five_rounds_only(
    capsys: pytest.CaptureFixture[str], options: list[str]
) -> None:
    assert command.main(["--write-readme", *options]) == 2
    assert options[0] in capsys.readouterr().err


def test_numbers_of_all_sizes() -> None:
    assert np.all(np.isfinite(points(1000).x))
    texts = [results.number(each) for each in (0.5, 20_000.0, 999.6, 16.0)]
    assert texts == ["0.500", "20,000", "1,000", "16.0"]
    costs = [results.cost(each) for each in (0.5, 1500.0, 2.5e7, 1.9e9, 3e12, None)]
    assert costs == ["0.500 ns", "1.50 µs", "25.0 ms", "1.90 s", "3,000 s", ""]
