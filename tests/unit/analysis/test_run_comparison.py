"""Two runs against each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from msgspec import structs

from harness.analysis import run_comparison
from harness.analysis.analyse import Analysis, analyse
from harness.analysis.run_comparison import Change
from harness.catalog.contestant import Contestant
from harness.catalog.workload import HEADLINE
from harness.errors import Exit, Problem
from harness.results.records import Absence, AbsentCell, Cell, Status
from harness.statistics import estimates
from tests.support.factories import WORKLOAD, cell, run, trial

if TYPE_CHECKING:
    from collections.abc import Mapping

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
) -> Analysis:
    """Return the analysis of a made-up run: asyncio takes 100 ms, others a factor of that."""
    draw = np.random.default_rng(seed)
    contestants = {cell(model): factor for model, factor in factors.items()} | {CONTROL: 1.0}
    found = [
        trial(contestant_cell, block, round(1e8 * speed * factor * np.exp(draw.normal(0, noise))))
        for block in range(blocks)
        for contestant_cell, factor in contestants.items()
    ]
    if failed:
        found.append(trial(failed, blocks, status=Status.CRASH))
    return analyse(run(list(contestants), workloads={"demo": text}), found)


def verdicts(first: Analysis, second: Analysis, *, across: bool = False) -> dict[str, Change]:
    rows = run_comparison.compare_runs(first, second, across_machines=across)
    return {row.cell.name: row.change for row in rows}


BEFORE = {"asyncio": 1.0, "trio": 2.0, "go": 0.1}


def test_a_cell_that_takes_longer_is_slower_and_one_that_takes_less_is_faster() -> None:
    after = {"asyncio": 1.0, "trio": 2.4, "go": 0.08}
    found = verdicts(measured(BEFORE, 1), measured(after, 2))
    assert found == {"asyncio": Change.SAME, "trio": Change.SLOWER, "go": Change.FASTER}


def test_a_run_against_itself_is_the_same_everywhere() -> None:
    analysis = measured(BEFORE, 1)
    rows = run_comparison.compare_runs(analysis, analysis)
    assert {row.change for row in rows} == {Change.SAME}
    assert all(row.ratio is not None and row.ratio.value == pytest.approx(1) for row in rows)


def test_equals_are_called_different_in_few_of_many_comparisons() -> None:
    alarms = 0
    for seed in range(40):
        found = verdicts(measured(BEFORE, 2 * seed), measured(BEFORE, 2 * seed + 1))
        alarms += any(change in (Change.SLOWER, Change.FASTER) for change in found.values())
    assert alarms <= 4


def test_a_difference_within_the_noise_is_undecided() -> None:
    after = {"asyncio": 1.0, "trio": 2.15, "go": 0.1}
    found = verdicts(measured(BEFORE, 1, noise=0.3), measured(after, 2, noise=0.3))
    assert found["trio"] is Change.UNDECIDED


def test_too_few_processes_are_undecided_and_say_so() -> None:
    rows = run_comparison.compare_runs(measured(BEFORE, 1, blocks=3), measured(BEFORE, 2, blocks=3))
    assert {row.change for row in rows} == {Change.UNDECIDED}
    assert all("too few" in row.reason for row in rows)


def test_the_ratio_is_the_second_over_the_first() -> None:
    rows = run_comparison.compare_runs(measured(BEFORE, 1), measured({**BEFORE, "trio": 3.0}, 2))
    (trio,) = (row for row in rows if row.cell.model == "trio")
    assert trio.ratio is not None
    assert trio.ratio.value == pytest.approx(1.5, rel=0.03)


def test_only_cells_slower_by_more_than_the_tolerance_are_regressions() -> None:
    rows = run_comparison.compare_runs(
        measured(BEFORE, 1), measured({"asyncio": 1, "trio": 2.4, "go": 0.05}, 2)
    )
    assert [row.cell.model for row in run_comparison.regressions(rows, 0.05)] == ["trio"]
    assert run_comparison.regressions(rows, 0.5) == []


def test_a_cell_with_failures_is_not_compared() -> None:
    rows = run_comparison.compare_runs(measured(BEFORE, 1), measured(BEFORE, 2, failed="trio"))
    (trio,) = (row for row in rows if row.cell.model == "trio")
    assert trio.change is Change.NOT_COMPARABLE
    assert trio.reason == "in the second run 1 of 13 trials failed"


def test_a_cell_that_is_absent_in_one_run_has_a_reason() -> None:
    with_go = measured(BEFORE, 1)
    gone = AbsentCell(cell("go"), Absence.UNAVAILABLE, "no Go found")
    without = analyse(
        run([cell("asyncio")], [gone]), [trial("asyncio", block) for block in range(BLOCKS)]
    )
    rows = run_comparison.compare_runs(with_go, without)
    (go,) = (row for row in rows if row.cell.model == "go")
    assert (go.change, go.reason) == (
        Change.NOT_COMPARABLE,
        "in the second run it is unavailable",
    )


def test_a_workload_whose_file_has_changed_is_not_compared() -> None:
    changed = measured(BEFORE, 2, text=WORKLOAD.replace('title = "Demo"', 'title = "Other"'))
    rows = run_comparison.compare_runs(measured(BEFORE, 1), changed)
    assert {row.reason for row in rows} == {"the workload file has changed"}


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
        run_comparison.compare_runs(measured(BEFORE, 1), elsewhere(measured(BEFORE, 2)))
    assert caught.value.code is Exit.NOT_POSSIBLE


def test_across_machines_ratios_to_the_baseline_are_compared() -> None:
    after = elsewhere(measured({**BEFORE, "trio": 3.0}, 2, speed=5.0))
    found = verdicts(measured(BEFORE, 1), after, across=True)
    assert found == {"trio": Change.SLOWER, "go": found["go"]}
    assert found["go"] in (Change.SAME, Change.UNDECIDED)


def test_runs_without_a_common_cell_are_refused() -> None:
    other = analyse(run([], workloads={}), [])
    with pytest.raises(Problem, match="no cell in common"):
        run_comparison.compare_runs(measured(BEFORE, 1), other)


@pytest.mark.parametrize(("these", "those"), [([], [1.0]), ([1.0], []), ([0.0], [1.0])])
def test_groups_that_are_empty_or_not_positive_have_no_ratio(
    these: list[float], those: list[float]
) -> None:
    assert estimates.unpaired_ratio(these, those) is None


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
    second = measured({"asyncio": 1.0, "trio": 1.3}, 2, text=text)
    (trio,) = (row for row in run_comparison.compare_runs(first, second) if row.cell.name == "trio")
    assert trio.word == word
    assert trio.ratio is not None
    assert (trio.ratio.value > 1) == (better == "lower")  # a cost: above 1 is worse
    assert bool(run_comparison.regressions([trio], 0.05)) == (better == "lower")
