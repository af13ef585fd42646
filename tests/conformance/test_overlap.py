"""fanout and timers: every task waits at the same moment, in every model and at several sizes.

Sizes that take long are left to `make bench`, and to every run: fewer make a trial unsettled.
For processes, that is all but the smallest.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from harness.catalog.contestant import Contestant
from harness.catalog.workload import HEADLINE
from harness.results.records import Cell, Status
from runner.models import MODELS, why_unavailable
from tests.support.planted.bench import Bench, waiting_longer

if TYPE_CHECKING:
    from harness.measuring.inventory import Inventory
    from harness.results.records import Trial

PYTHON = [name for name, model in MODELS.items() if why_unavailable(model) is None]
ALL = [model for model in (*PYTHON, "go-1cpu", "go") if model != "sequential"]
SLOW_TO_START = ("processes", "interpreters")
LONGER = (1, 1, 1, 4, 16)  # times the waits of a case, where the machine is busy
SIZES = [
    (model, case)
    for model in ALL
    for case in ("tasks-10", "tasks-100", HEADLINE)
    if model not in SLOW_TO_START or case == "tasks-10"
]


def measured(inventory: Inventory, workload: str, model: str, case: str) -> Trial:
    """Take one sample of a case."""
    shipped = inventory.workloads[workload]
    sampling = replace(shipped.cases[case].sampling, warmup=0, iterations=1)
    once = replace(shipped.cases[case], sampling=sampling)
    changed = replace(shipped, cases={**shipped.cases, case: once})
    bench = Bench.of(inventory)
    for block, factor in enumerate(LONGER):  # a busy machine may keep tasks from waiting at once
        patient = waiting_longer(changed, case, model, factor)
        bench = replace(bench, workloads={workload: patient})
        done = bench.trial(Cell(Contestant(workload, model), case), block, 0)
        assert done is not None
        if done.status is not Status.UNSETTLED:
            break
    return done


@pytest.mark.parametrize(("model", "case"), SIZES)
def test_all_tasks_of_fanout_wait_at_once(inventory: Inventory, model: str, case: str) -> None:
    """W3: the share of its tasks that were in flight at once is 100%."""
    shipped = inventory.workloads["fanout"]
    if shipped.find_limit(shipped.cases[case], model):
        pytest.skip(f"{model} stops below {case}")
    done = measured(inventory, "fanout", model, case)
    assert (done.status, done.message) == (Status.OK, ""), done.stderr_end
    assert done.observed == {"in_flight": shipped.cases[case].params["tasks"]}


@pytest.mark.parametrize(
    ("model", "case", "timers"),
    [
        *((model, "timers-100", 100) for model in ALL if model not in SLOW_TO_START),
        ("asyncio", "timers-10000", 10_000),
    ],
)
def test_all_timers_start_before_they_are_due(
    inventory: Inventory, model: str, case: str, timers: int
) -> None:
    """W5: where the lead did not grow, the last of many tasks began after its own due time."""
    done = measured(inventory, "timers", model, case)
    assert (done.status, done.message) == (Status.OK, ""), done.stderr_end
    assert done.observed == {"started_in_time": timers}


def test_a_timer_that_starts_too_late_makes_the_trial_unsettled(inventory: Inventory) -> None:  # W5
    shipped = inventory.workloads["timers"]
    fixed = replace(shipped.params["lead_ns"], grown=None, grown_of={})
    params: dict[str, int | str] = {"timers": 5_000, "lead_ns": 1_000_000, "span_ns": 1_000_000}
    case = replace(shipped.cases[HEADLINE], params=params)
    late = replace(
        shipped,
        params={**shipped.params, "lead_ns": fixed},
        cases={**shipped.cases, HEADLINE: case},
    )
    bench = replace(Bench.of(inventory), workloads={"timers": late})
    done = bench.trial(Cell(Contestant("timers", "asyncio"), HEADLINE), 0, 0)
    assert done is not None
    assert done.status is Status.UNSETTLED
    assert re.fullmatch(r"started_in_time: found \d.*, expected at least 5,000", done.message)


def test_tasks_that_end_before_others_start_make_the_trial_unsettled(inventory: Inventory) -> None:
    """W3: with a wait that does not grow, most of 1,000 threads had ended before the last began."""
    shipped = inventory.workloads["fanout"]
    fixed = replace(shipped.params["wait_ns"], grown=None, grown_of={})
    headline = shipped.cases[HEADLINE]
    case = replace(headline, params={"tasks": 1_000, "wait_ns": 5_000_000})
    wrong = replace(
        shipped,
        params={**shipped.params, "wait_ns": fixed},
        cases={**shipped.cases, HEADLINE: case},
    )
    bench = replace(Bench.of(inventory), workloads={"fanout": wrong})
    done = bench.trial(Cell(Contestant("fanout", "threads"), HEADLINE), 0, 0)
    assert done is not None
    assert done.status is Status.UNSETTLED
    assert re.fullmatch(r"in_flight: found \d+, expected at least 1,000", done.message)
