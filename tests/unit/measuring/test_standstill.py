"""A harness that stood still makes no child late, and what it measured meanwhile is repeated."""

from __future__ import annotations

from itertools import chain, count
from typing import TYPE_CHECKING

import pytest

from harness.catalog.contestant import Contestant
from harness.catalog.workload import CHECK
from harness.measuring.plan import assign
from harness.measuring.processes import running_time
from harness.results.records import Cell, Status
from tests.support.planted.bench import bench

if TYPE_CHECKING:
    from collections.abc import Iterable

pytestmark = pytest.mark.usefixtures("quick_looks")

STOP_S = 68.0  # longer than any timeout
GOOD = Cell(Contestant("planted", "good"), CHECK)


def let_clock_say(monkeypatch: pytest.MonkeyPatch, readings: Iterable[float]) -> None:
    it = iter(readings)
    monkeypatch.setattr(running_time, "_read_clock", lambda: next(it))


def test_time_that_passes_while_nobody_runs_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    let_clock_say(monkeypatch, [0.0, 0.25, 0.5, 68.5, 69.0])
    time = running_time.RunningTime()
    assert [time.read() for _ in range(4)] == [0.25, 0.5, 0.5, 1.0]
    assert time.stood_still_s == STOP_S


def test_a_budget_lasts_longer_by_a_standstill(monkeypatch: pytest.MonkeyPatch) -> None:
    let_clock_say(monkeypatch, [1_000.0, 1_003.0, 1_071.0, 1_071.0, 1_078.0])
    budget = running_time.Budget(10)
    assert budget.spent_s == 3.0
    assert budget.is_spent
    budget.leave_out(STOP_S)
    assert not budget.is_spent
    assert budget.is_spent


@pytest.mark.parametrize(
    ("readings", "status", "attempts"),
    [
        (count(0.0, 0.01), Status.OK, 0),
        (chain([0.0], count(STOP_S, 0.01)), Status.OK, 1),
        (count(0.0, STOP_S), Status.UNSETTLED, 3),
    ],
    ids=["never", "once", "always"],
)
def test_a_trial_during_which_the_harness_stood_still_is_repeated(
    monkeypatch: pytest.MonkeyPatch,
    mark: str,
    readings: Iterable[float],
    status: Status,
    attempts: int,
) -> None:
    let_clock_say(monkeypatch, readings)
    it, told, left_out = bench(mark=mark), [], []
    runner = it.trial_runner
    runner.tell, runner.leave_out = told.append, left_out.append
    trial = runner.run(assign(GOOD, it.workloads), 0, 0)
    assert trial is not None
    assert (trial.status, len(told), len(left_out)) == (status, attempts, attempts)
    assert all(seconds >= STOP_S for seconds in left_out)
    assert all("stood still for" in text for text in told)
