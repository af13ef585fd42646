"""Real traces of every base: sound, of the right work, and parallel where a model is parallel."""

from __future__ import annotations

import os

import pytest

from harness.measuring import recording, trace_plan
from harness.measuring.inventory import Inventory
from harness.traces import checks
from harness.traces.lanes import State, Trace

BASES = (
    *("sequential", "asyncio", "uvloop", "trio", "anyio-asyncio", "gevent", "scratch", "threads"),
    *("processes", "go", "go-1cpu"),
)
TRIES = 5  # to be seen on two processors at once, on a machine that does other things


def traced(
    inventory: Inventory, model: str, program: str = "threetasks", case: str | None = None
) -> Trace:
    planned = trace_plan.plan(inventory, program, (model,), case)
    return recording.record(planned.subjects[0], pairs=1).trace


def skip_missing(inventory: Inventory, model: str) -> None:
    missing = {
        one.model
        for runner in inventory.runners.found.values()
        for one in runner.description.unavailable
    }
    if model in missing or model in inventory.runners.missing_models:
        pytest.skip(f"{model} cannot run here")


@pytest.mark.parametrize("model", BASES)
def test_a_trace_is_sound(inventory: Inventory, model: str) -> None:
    skip_missing(inventory, model)
    trace = traced(inventory, model)
    assert checks.find_overlaps(trace) == []
    names = {lane.name for lane in trace.lanes}
    if model != "sequential":
        assert names >= {"A", "B", "C"}
        sleeps = [
            span
            for lane in trace.lanes
            for span in lane.spans
            if lane.name in "ABC" and span.state is State.WAITING and "sleep" in span.text
        ]
        assert len(sleeps) >= 9
    if model not in ("go", "processes"):
        assert checks.count_parallel(trace) == 1


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="one processor")
@pytest.mark.parametrize("model", ["go", "processes"])
def test_what_is_parallel_is_seen_to_overlap(inventory: Inventory, model: str) -> None:
    skip_missing(inventory, model)
    assert any(checks.count_parallel(traced(inventory, model)) > 1 for _ in range(TRIES))


@pytest.mark.parametrize("model", ["asyncio", "scratch", "uvloop"])
def test_a_ready_queue_is_first_in_first_out(inventory: Inventory, model: str) -> None:
    skip_missing(inventory, model)
    assert checks.count_overtakes(traced(inventory, model, "pingpong", "check")) == 0
