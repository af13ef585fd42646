"""What the workload `ceiling` may take of a machine, and when it stops."""

from __future__ import annotations

from threading import Thread

import pytest

from runner.work import Params, Probe, Transport, Unsupported
from workloads.ceiling import budget, on_threads, system_limits
from workloads.ceiling.budget import Budget

MIB = 1 << 20
NEEDS_PROC = pytest.mark.skipif(
    not system_limits.Path("/proc/loadavg").exists(), reason="this system has no /proc"
)


class Holding(Transport):
    """A process that holds 10 MiB and 1 MiB for each task."""

    def parked(self, tasks: int) -> int:
        return (10 + tasks) * MIB


def steps(params: dict[str, int], monkeypatch: pytest.MonkeyPatch) -> tuple[list[int], Probe]:
    """Return the numbers of tasks that waited; starting one takes a millisecond."""
    now_ns = 0
    monkeypatch.setattr(budget.time, "perf_counter_ns", lambda: now_ns)
    monkeypatch.setattr(budget, "_check_free_memory", lambda _: None)
    probe = Probe(Holding())
    grown = Budget(
        Params({"time_ns": 10**12, "memory_bytes": 10**12, "at_most": 10**6} | params), probe
    )
    waited = [0]
    while (target := grown.grow(waited[-1])) > waited[-1]:
        now_ns += (target - waited[-1]) * 1_000_000
        waited.append(target)
    return waited, probe


def test_tasks_double_until_all_that_are_allowed_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    waited, probe = steps({"at_most": 100}, monkeypatch)
    assert waited == [0, 1, 2, 4, 8, 16, 32, 64, 100]
    assert (probe.observed["most"], probe.observed["allowed"]) == (100, 100)


def test_time_stops_them(monkeypatch: pytest.MonkeyPatch) -> None:
    _, probe = steps({"time_ns": 1_000_000_000}, monkeypatch)
    assert 950 <= probe.observed["most"] <= 1_000
    assert probe.observed["spent_ns"] == probe.observed["most"] * 1_000_000


def test_memory_stops_them(monkeypatch: pytest.MonkeyPatch) -> None:
    _, probe = steps({"memory_bytes": 500 * MIB}, monkeypatch)
    assert 440 <= probe.observed["most"] <= 490
    assert probe.observed["held_bytes"] == (10 + probe.observed["most"]) * MIB


def test_a_step_beyond_a_budget_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    _, probe = steps({"memory_bytes": 11 * MIB - 1}, monkeypatch)
    assert probe.observed["most"] == 0
    assert probe.observed["held_bytes"] == 11 * MIB, "so that it is seen what has stopped it"


def test_where_the_system_allows_no_more_that_is_the_limit() -> None:
    probe = Probe()
    grown = Budget(Params({"time_ns": 10**12, "memory_bytes": MIB, "at_most": 10**6}), probe)
    assert grown.grow(0) == 1
    grown.refuse(1)
    assert grown.grow(1) == 1
    assert (probe.observed["most"], probe.observed["allowed"]) == (1, 1)


@NEEDS_PROC
def test_threads_that_the_system_refuses_end_the_growth(monkeypatch: pytest.MonkeyPatch) -> None:
    started = 0

    class Refused(Thread):
        def start(self) -> None:
            nonlocal started
            if started == 11:
                raise RuntimeError("can't start new thread")
            started += 1
            super().start()

    monkeypatch.setattr(on_threads, "Thread", Refused)
    probe = Probe()
    params = Params({"time_ns": 10**12, "memory_bytes": MIB, "at_most": 10**6})
    assert on_threads.run(params, probe) == 0
    assert (probe.observed["most"], probe.observed["allowed"]) == (11, 11)


@NEEDS_PROC
def test_no_more_than_half_of_the_free_memory_is_taken() -> None:
    with pytest.raises(Unsupported, match=r"free memory: found [\d,]+ MiB, expected at least"):
        Budget(Params({"time_ns": 1, "memory_bytes": 2**60, "at_most": 1}), Probe())


@NEEDS_PROC
def test_half_of_the_threads_that_are_left_are_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system_limits, "_limits", lambda: iter([(1_000, 900), (300, 260)]))
    assert system_limits.allowed_threads() == 20
    monkeypatch.setattr(system_limits.resource, "getrlimit", lambda _: (40, 40))
    assert system_limits.allowed_processes() == 10


@NEEDS_PROC
def test_every_limit_of_this_system_is_above_what_is_in_use() -> None:
    limits = list(system_limits._limits())
    assert len(limits) >= 2
    assert all(0 <= used < limit for limit, used in limits)
