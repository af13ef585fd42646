"""Runs against each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from msgspec import structs

from harness.analysis.analyse import analyse
from harness.analysis.changes import CellChange, Change, regressions
from harness.analysis.run_comparison import _differences, check_comparable, compare_runs
from harness.analysis.run_results import Analysis
from harness.catalog.contestant import Contestant
from harness.catalog.workload import HEADLINE
from harness.errors import Exit, Problem
from harness.results.records import Absence, AbsentCell, Cell, Machine, Status
from harness.statistics import estimates
from tests.support.factories import WORKLOAD, cell, run, trial

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

BLOCKS = 12
CONTROL = Cell(Contestant("demo", "asyncio"), HEADLINE, control=True)


def measured(
    factors: Mapping[str, float],
    seed: int,
    noise: float = 0.01,
    blocks: int = BLOCKS,
    speed: float = 1.0,
    text: str = WORKLOAD,
    failed: str = "",
    between: float = 0.0,
    sources: Mapping[str, str] | None = None,
) -> Analysis:
    """Return the analysis of a made-up run: asyncio takes 100 ms, others a factor of that.

    `between` is the deviation of a cell between runs.
    """
    draw = np.random.default_rng(seed)
    factors = {model: factor * np.exp(draw.normal(0, between)) for model, factor in factors.items()}
    contestants = {cell(model): factor for model, factor in factors.items()} | {CONTROL: 1.0}
    found = [
        trial(contestant_cell, block, round(1e8 * speed * factor * np.exp(draw.normal(0, noise))))
        for block in range(blocks)
        for contestant_cell, factor in contestants.items()
    ]
    if failed:
        found.append(trial(failed, blocks, status=Status.CRASH))
    about = run(list(contestants), workloads={"demo": text}, id_=f"run-{seed}")
    return analyse(structs.replace(about, sources=dict(sources or {})), found)


def rows(first: Analysis, second: Analysis) -> list[CellChange]:
    return compare_runs([first], [second]).changes


def verdicts(
    first: Sequence[Analysis], second: Sequence[Analysis], *, across: bool = False
) -> dict[str, Change]:
    found = compare_runs(first, second, across_machines=across)
    return {row.cell.name: row.change for row in found.changes}


def refused(first: Sequence[Analysis], second: Sequence[Analysis]) -> None:
    check_comparable([one.run for one in first], [one.run for one in second])


def several(factors: Mapping[str, float], seeds: range, between: float) -> list[Analysis]:
    return [measured(factors, seed, between=between) for seed in seeds]


BEFORE = {"asyncio": 1.0, "trio": 2.0, "go": 0.1}


def test_with_one_run_a_side_large_changes_are_found_and_equality_is_not_claimed() -> None:
    after = {"asyncio": 1.0, "trio": 4.0, "go": 0.04}
    found = verdicts([measured(BEFORE, 1)], [measured(after, 2)])
    assert found == {"asyncio": Change.UNDECIDED, "trio": Change.SLOWER, "go": Change.FASTER}


def test_with_one_run_a_side_a_change_that_runs_of_unchanged_code_show_too_is_undecided() -> None:
    after = {"asyncio": 1.0, "trio": 2.3, "go": 0.08}
    assert set(verdicts([measured(BEFORE, 1)], [measured(after, 2)]).values()) == {Change.UNDECIDED}


def test_several_runs_a_side_find_smaller_changes_and_say_what_is_tied() -> None:
    after = {"asyncio": 1.0, "trio": 2.4, "go": 0.08}
    found = verdicts(several(BEFORE, range(6), 0.02), several(after, range(6, 12), 0.02))
    assert found == {"asyncio": Change.TIED, "trio": Change.SLOWER, "go": Change.FASTER}


@pytest.mark.slow
@pytest.mark.parametrize("runs", [1, 3])
def test_equals_are_called_different_in_few_of_many_comparisons(runs: int) -> None:
    alarms = 0
    for number in range(20):
        first, second = (
            several(BEFORE, range(seed, seed + runs), between=0.05)
            for seed in (100 * number, 100 * number + 50)
        )
        found = verdicts(first, second)
        alarms += any(change in (Change.SLOWER, Change.FASTER) for change in found.values())
    assert alarms <= 1


def test_too_few_processes_are_undecided_and_say_so() -> None:
    found = rows(measured(BEFORE, 1, blocks=3), measured(BEFORE, 2, blocks=3))
    assert {row.change for row in found} == {Change.UNDECIDED}
    assert all("too few" in row.reason for row in found)


def test_the_ratio_is_the_second_over_the_first() -> None:
    (trio,) = (
        row
        for row in rows(measured(BEFORE, 1), measured({**BEFORE, "trio": 3.0}, 2))
        if row.cell.model == "trio"
    )
    assert trio.ratio is not None
    assert trio.ratio.value == pytest.approx(1.5, rel=0.03)


def test_only_cells_slower_by_more_than_the_tolerance_are_regressions() -> None:
    found = rows(measured(BEFORE, 1), measured({"asyncio": 1, "trio": 4.0, "go": 0.05}, 2))
    assert [row.cell.model for row in regressions(found, 0.05)] == ["trio"]
    assert regressions(found, 1.5) == []


def test_a_run_that_is_named_twice_is_refused() -> None:
    one = measured(BEFORE, 1)
    with pytest.raises(Problem, match="found the run run-1 2 times, expected each run once"):
        refused([one], [measured(BEFORE, 2), one])


# --- what else the sides differ in


def test_cells_of_one_side_and_changed_sources_are_listed() -> None:
    first = measured(BEFORE, 1, sources={"on_trio.py": "a", "on_asyncio.py": "b"})
    second = measured(
        {"asyncio": 1.0, "trio": 2.0, "threads": 3.0},
        2,
        sources={"on_trio.py": "c", "on_asyncio.py": "b"},
    )
    notes = compare_runs([first], [second]).notes
    assert "Only in the first, so not compared: demo go (headline)." in notes
    assert "Only in the second, so not compared: demo threads (headline)." in notes
    assert "Sources that changed: on_trio.py." in notes


def test_one_run_a_side_gets_advice_and_several_runs_of_the_same_code_none() -> None:
    one = compare_runs([measured(BEFORE, 1)], [measured(BEFORE, 2)])
    assert any("a deviation of 5% between runs" in note for note in one.notes)
    more = compare_runs(several(BEFORE, range(2), 0), several(BEFORE, range(2, 4), 0))
    assert more.notes == ("No source file of an implementation changed.",)


def test_runs_of_one_side_that_differ_in_code_are_named() -> None:
    side = [measured(BEFORE, seed, sources={"on_trio.py": str(seed)}) for seed in (1, 2)]
    (note,) = (
        note for note in compare_runs(side, [measured(BEFORE, 3)]).notes if "same code:" in note
    )
    assert note == "The first runs are not of the same code: on_trio.py differ."


def test_a_cell_with_failures_is_not_compared() -> None:
    found = rows(measured(BEFORE, 1), measured(BEFORE, 2, failed="trio"))
    (trio,) = (row for row in found if row.cell.model == "trio")
    assert trio.change is Change.NOT_COMPARABLE
    assert trio.reason == "in the second run 1 of 13 trials failed"


def test_a_cell_that_is_absent_in_one_run_has_a_reason() -> None:
    with_go = measured(BEFORE, 1)
    gone = AbsentCell(cell("go"), Absence.UNAVAILABLE, "no Go found")
    without = analyse(
        run([cell("asyncio")], [gone]), [trial("asyncio", block) for block in range(BLOCKS)]
    )
    (go,) = (row for row in rows(with_go, without) if row.cell.model == "go")
    assert (go.change, go.reason) == (
        Change.NOT_COMPARABLE,
        "in the second run it is unavailable",
    )


def test_a_workload_whose_file_has_changed_is_not_compared() -> None:
    changed = measured(BEFORE, 2, text=WORKLOAD.replace('title = "Demo"', 'title = "Other"'))
    found = rows(measured(BEFORE, 1), changed)
    assert {row.reason for row in found} == {"the workload file has changed"}


def elsewhere(analysis: Analysis) -> Analysis:
    machine = structs.replace(analysis.run.machine, host="elsewhere", cpu="another cpu")
    return Analysis(
        run=structs.replace(analysis.run, machine=machine),
        workloads=analysis.workloads,
        blocks=analysis.blocks,
        trials=analysis.trials,
    )


def test_runs_of_different_machines_are_refused_with_the_differences() -> None:
    with pytest.raises(Problem, match="cpu: a cpu and another cpu") as caught:
        refused([measured(BEFORE, 1)], [elsewhere(measured(BEFORE, 2))])
    assert caught.value.code is Exit.NOT_POSSIBLE


def test_fewer_allowed_cores_or_a_quota_are_another_machine_and_what_is_unknown_is_not() -> None:
    usual = Machine("host", "Linux", "a cpu", 2, 2**33)
    all_cores = structs.replace(usual, allowed_cores=(0, 1))
    one_core = structs.replace(usual, allowed_cores=(0,))
    half = structs.replace(all_cores, cpu_quota=0.5)
    assert _differences(usual, one_core) == []
    assert _differences(all_cores, one_core) == ["allowed_cores: 0,1 and 0"]
    assert _differences(all_cores, half) == ["cpu_quota: none and 0.5"]


def test_across_machines_ratios_to_the_baseline_are_compared() -> None:
    after = elsewhere(measured({**BEFORE, "trio": 4.0}, 2, speed=5.0))
    found = verdicts([measured(BEFORE, 1)], [after], across=True)
    assert found == {"trio": Change.SLOWER, "go": Change.UNDECIDED}


def test_runs_without_a_common_cell_are_refused() -> None:
    other = analyse(run([], workloads={}), [])
    with pytest.raises(Problem, match="no cell in common"):
        refused([measured(BEFORE, 1)], [other])


def test_a_control_is_no_cell_in_common() -> None:
    these, those = (run([cell(model), CONTROL], id_=model) for model in ("trio", "go"))
    with pytest.raises(Problem, match="no cell in common"):
        check_comparable([these], [those])


def test_what_was_planned_may_be_compared_though_one_run_could_not_measure_it() -> None:
    gone = AbsentCell(cell("go"), Absence.UNAVAILABLE, "no Go found")
    check_comparable([run([cell("go")], id_="one")], [run([], [gone], id_="two")])


@pytest.mark.parametrize(("these", "those"), [([], [1.0]), ([1.0], []), ([0.0], [1.0])])
def test_groups_that_are_empty_or_not_positive_have_no_ratio(
    these: list[float], those: list[float]
) -> None:
    assert estimates.unpaired_ratio(these, those) is None


@pytest.mark.slow
def test_the_interval_of_two_groups_has_its_nominal_coverage() -> None:
    draw = np.random.default_rng(5)
    held = 0
    for _ in range(1_000):
        these, those = np.exp(draw.normal(0.1, 0.05, 10)), np.exp(draw.normal(0, 0.02, 14))
        found = estimates.unpaired_ratio(list(these), list(those))
        assert found is not None
        assert found.low is not None
        assert found.high is not None
        held += found.low <= np.exp(0.1) <= found.high
    assert 0.93 <= held / 1_000 <= 0.97


def of_metric(unit: str, better: str) -> str:
    """Return the good file with a headline metric that is as large as the time is."""
    return WORKLOAD.replace(
        'unit = "ns"\nbetter = "lower"', f'unit = "{unit}"\nbetter = "{better}"'
    )


@pytest.mark.parametrize(
    ("unit", "better", "word"),
    [
        ("ns", "lower", "slower"),
        ("ns/switch", "lower", "slower"),
        ("messages/s", "higher", "faster"),
        ("bytes/task", "lower", "worse"),
        ("requests", "lower", "worse"),
        ("cores", "higher", "better"),
    ],
)
def test_a_larger_value_is_slower_worse_or_better_by_its_unit(
    unit: str, better: str, word: str
) -> None:
    text = of_metric(unit, better)
    first = measured({"asyncio": 1.0, "trio": 1.0}, 1, text=text)
    second = measured({"asyncio": 1.0, "trio": 2.0}, 2, text=text)
    (trio,) = (row for row in rows(first, second) if row.cell.name == "trio")
    assert trio.word == word
    assert trio.ratio is not None
    assert (trio.ratio.value > 1) == (better == "lower")  # a cost: above 1 is worse
    assert bool(regressions([trio], 0.05)) == (better == "lower")
