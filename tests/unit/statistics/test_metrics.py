"""harness.metrics: what a trial says as a whole, by the names that formulas of its shape use."""

from __future__ import annotations

from typing import Any

import pytest

from harness.analysis.analyse import analyse
from harness.catalog.contestant import Contestant
from harness.errors import Problem
from harness.results.records import Cell, Parked, Phase, Sample
from harness.statistics.metrics import memory_bytes, whole_trial_values
from tests.support.factories import WORKLOAD, cell, run, trial, workload
from tests.support.histograms import encoded
from tests.support.metric_values import metric_value
from tests.support.planted.served import DRAINED, SERVED
from tests.support.workload_texts import CLIMBED

MS = 1_000_000


def told(text: str = SERVED, case: str = "headline", **more: Any) -> dict[str, float]:
    return whole_trial_values(
        trial(Cell(Contestant("demo", "trio"), case), **more), workload(text).cases[case]
    )


def test_an_empty_trial_has_no_values() -> None:
    assert told() == {}


def test_percentiles_come_from_the_latencies() -> None:
    found = told(latency=encoded(*range(MS, 1_001 * MS, MS)))
    names = {"p50_ns", "p90_ns", "p99_ns", "p999_ns", "worst_ns", "early_share"}
    assert set(found) == names
    assert found["early_share"] == 0
    assert found["p50_ns"] == pytest.approx(500 * MS, rel=0.001)
    assert found["worst_ns"] == pytest.approx(1_000 * MS, rel=0.001)


def test_an_early_timer_counts_by_how_far_off_it_was_and_as_early() -> None:  # W4
    found = told(latency=encoded(MS, MS, MS, 3 * MS), early=encoded(MS, 3 * MS))
    assert found["worst_ns"] == pytest.approx(3 * MS, rel=0.001)
    assert found["early_share"] == 0.5


def test_an_empty_histogram_gives_no_values() -> None:
    assert told(latency=encoded()) == {}


@pytest.mark.parametrize(
    ("parked", "expected"),
    [
        ([Parked(10, 5_010, 90_020), Parked(20, 5_020, 90_040)], (1.0, 2.0)),
        ([Parked(0, 100), Parked(1, 110), Parked(2, 140), Parked(3, 130)], (12.0, None)),
        ([Parked(1, 9, 5), Parked(2, 8, 4)], (-1.0, -1.0)),  # noise: it must not be hidden
        ([Parked(1, 9, 5), Parked(2, 8)], (-1.0, None)),
        ([Parked(5, 9, 5), Parked(5, 10, 6)], (None, None)),
        ([Parked(5, 9, 5)], (None, None)),
        ([], (None, None)),
    ],
)
def test_bytes_of_a_task_are_the_slope_over_the_points(
    parked: list[Parked], expected: tuple[float | None, float | None]
) -> None:
    found = told(parked=tuple(parked))
    names = ("bytes_per_task", "virtual_bytes_per_task")
    assert tuple(found.get(name) for name in names) == pytest.approx(expected)


def test_the_memory_of_a_task_is_that_of_the_process_and_of_the_kernel() -> None:  # W6
    points = [Parked(10, 5_010, None, 700), Parked(20, 5_020, None, 740)]
    found = told(parked=tuple(points))
    parts = [found[f"{part}bytes_per_task"] for part in ("", "user_", "kernel_")]
    assert parts == pytest.approx([5.0, 1.0, 4.0])
    unknown = told(parked=(Parked(10, 5_010, None, 700), Parked(20, 5_020)))
    assert "kernel_bytes_per_task" not in unknown


def step(requests: int, *, loop: str = "ladder", elapsed_ns: int = 10**9, **more: Any) -> Phase:
    return Phase(loop, elapsed_ns, requests, **more)


@pytest.mark.parametrize(
    ("phases", "capacity"),
    [
        ([step(100), step(140), step(150, saturated=True)], 140),
        ([step(100), step(90), step(95, saturated=True)], 100),
        ([step(900, loop="closed", warmup=True), step(100)], 100),
        ([step(100, elapsed_ns=5 * 10**8)], 200),
        ([step(100, saturated=True)], None),  # below what was asked for: how much, nobody knows
        ([step(900, loop="closed", warmup=True)], None),
        ([step(0, elapsed_ns=0)], None),
        ([], None),
    ],
)
def test_capacity_is_the_highest_sustained_rate(
    phases: list[Phase], capacity: float | None
) -> None:
    assert told(CLIMBED, "ladder", phases=tuple(phases)).get("capacity_per_s") == capacity


def test_only_ladders_have_a_capacity() -> None:
    assert "capacity_per_s" not in told(phases=(step(100, loop="closed"),))


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"exit_ns": 5}, (5, 0)),
        ({"exit_ns": 5, "phases": (step(9, loop="drain", errors={"lost": 2}),)}, (5, 2)),
        (
            {
                "exit_ns": 5,
                "phases": (
                    step(9, loop="closed", warmup=True, errors={"reset": 9}),
                    step(9, loop="drain", errors={"lost": 2, "wrong": 1}),
                ),
            },
            (5, 3),
        ),
        ({"phases": (step(9, loop="drain", errors={"lost": 2}),)}, (None, None)),
    ],
)
def test_drained_servers_have_lost_requests_and_an_exit_time(
    more: dict[str, Any], expected: tuple[float | None, float | None]
) -> None:
    found = told(DRAINED, **more)
    assert (found.get("exit_ns"), found.get("lost")) == expected


@pytest.mark.parametrize(
    ("usage", "requests", "expected"),
    [({"server_cpu_ns": 600}, (1, 2), 200), ({}, (1, 2), None), ({"server_cpu_ns": 6}, (0,), None)],
)
def test_the_cpu_time_of_a_server_is_per_request(
    usage: dict[str, int], requests: tuple[int, ...], expected: float | None
) -> None:
    phases = tuple(step(count, loop="closed") for count in requests)
    assert told(usage=usage, phases=phases).get("server_cpu_ns") == expected


# --- metrics


def test_a_whole_trial_metric_needs_no_samples() -> None:
    served = workload(SERVED)
    measured = trial("trio", samples=(), latency=encoded(5 * MS))
    assert metric_value(served, "p50", measured) == pytest.approx(5 * MS, rel=0.001)
    assert metric_value(served, "throughput", measured) is None


def test_a_sample_metric_does_not_use_the_latencies() -> None:
    measured = trial("trio", elapsed_ns=10**9, latency="damaged")
    assert metric_value(workload(SERVED), "throughput", measured) == 10


@pytest.mark.parametrize("formula", ["p50_ns / (connections - 4)", "exit_ns", "p50_ns + exit_ns"])
def test_a_value_that_cannot_be_computed_is_none(formula: str) -> None:
    served = workload(SERVED.replace('"p50_ns"', f'"{formula}"'))
    assert metric_value(served, "p50", trial("trio", latency=encoded(5 * MS))) is None


def test_a_metric_may_combine_samples_and_whole_trial_values() -> None:
    served = workload(SERVED.replace('"p50_ns"', '"elapsed_ns / worst_ns + connections"'))
    samples = (Sample(10 * MS, 1, warmup=True), Sample(30 * MS, 1))
    measured = trial("trio", samples=samples, latency=encoded(10 * MS))
    assert metric_value(served, "p50", measured) == pytest.approx(7, rel=0.001)


def test_a_metric_may_use_a_counter() -> None:
    demo = workload(WORKLOAD.replace('"cpu_ns / elapsed_ns"', '"in_flight / operations"'))
    assert metric_value(demo, "cores", trial("trio", observed={"in_flight": 3})) == 0.3
    assert (
        metric_value(demo, "cores", trial("trio")) is None
    )  # of a run before there was the counter


def test_a_clamped_model_uses_its_clamped_parameters() -> None:
    limit = WORKLOAD.replace('reason = "the', 'clamps = true\nreason = "the')
    demo = workload(limit.replace('"cpu_ns / elapsed_ns"', '"elapsed_ns / tasks"'))
    for model, tasks in (("threads", 10), ("trio", 100)):
        measured = trial(Cell(Contestant("demo", model), "tasks-100"), elapsed_ns=1_000)
        assert metric_value(demo, "cores", measured) == 1_000 / tasks


def test_a_damaged_histogram_is_one_clear_message() -> None:
    damaged = trial("trio", 3, latency="HISTnoneofit")
    with pytest.raises(Problem) as caught:
        analyse(run([damaged.cell], workloads={"demo": SERVED}), [damaged])
    message = str(caught.value)
    assert message.startswith(
        "the trial of demo headline, trio, in block 3 is damaged: latency: not an HdrHistogram: "
    )
    assert message.endswith("its line must be removed from trials.jsonl")


# --- memory


@pytest.mark.parametrize(
    ("usage", "memory"),
    [
        ({}, None),
        ({"peak_bytes": 30}, 30),
        ({"pss_bytes": 40}, None),  # of one process, at one moment: not its peak
        ({"peak_bytes": 30, "pss_bytes": 40, "pss_processes": 1}, 30),
        ({"peak_bytes": 30, "pss_bytes": 40, "pss_processes": 4}, 40),
        ({"peak_bytes": 30, "pss_bytes": 20, "pss_processes": 4}, 30),
        ({"pss_bytes": 20, "pss_processes": 4}, 20),
        ({"peak_bytes": 0}, None),
    ],
)
def test_the_memory_of_workers_counts_if_they_live_beside_the_process(
    usage: dict[str, int], memory: int | None
) -> None:
    assert memory_bytes(trial(usage=usage)) == memory


def test_the_memory_of_a_cell_counts_its_workers() -> None:
    usage = {"peak_bytes": 30, "pss_bytes": 40, "pss_processes": 4}
    analysis = analyse(run([cell()]), [trial(usage=usage)])
    assert analysis.workloads["demo"].headline[0].peak_bytes == 40
