"""heartbeat, footprint and timers: what their check cases cannot see."""

from __future__ import annotations

import gc
import importlib
import inspect
import pickle
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from harness.catalog.contestant import Contestant
from harness.catalog.workload import CHECK, HEADLINE
from harness.results import histograms
from harness.results.records import Cell, Status
from runner.models import MODELS, why_unavailable
from runner.work import Params, Probe, Transport
from tests.support.implementations import GREENLETS, check_cells
from tests.support.planted.bench import Bench
from workloads.heartbeat import background

if TYPE_CHECKING:
    from collections.abc import Callable

    from hdrh.histogram import HdrHistogram

    from harness.measuring.inventory import Inventory
    from harness.results.records import Trial

    Run = Callable[..., Trial]

MS = 1_000_000
EARLY_NS = 3 * MS  # what a loop that counts whole milliseconds may be early
HERE = [name for name, model in MODELS.items() if why_unavailable(model) is None]
LOOPS = [name for name in HERE if MODELS[name].boot is not None]
BRIDGED = [*(name for name in LOOPS if name != "scratch"), *GREENLETS]  # to threads and processes
PARKING = [
    (cell.model, cell.contestant.variant)
    for cell in check_cells()
    if cell.workload == "footprint" and cell.model in HERE
]


@pytest.fixture
def trial(inventory: Inventory) -> Run:
    """Run a case of these parameters in a real child."""

    def run(workload: str, model: str, variant: str = "", **params: int | str) -> Trial:
        shipped = inventory.workloads[workload]
        case = replace(shipped.cases[HEADLINE], params=params)
        cases = {CHECK: shipped.cases[CHECK], HEADLINE: case}
        bench = replace(Bench.of(inventory), workloads={workload: replace(shipped, cases=cases)})
        done = bench.trial(Cell(Contestant(workload, model, variant), HEADLINE), 0, 0)
        assert done is not None
        assert (done.status, done.message) == (Status.OK, ""), done.stderr_end
        return done

    return run


def here(
    workload: str, model: str, variant: str = "", transport: Transport | None = None, **params: int
) -> tuple[int, Probe]:
    """Run an implementation in this process; returns its answer and what it has said."""
    stem = f"on_{MODELS[model].base}" + (f"__{variant}" if variant else "")
    module = importlib.import_module(f"workloads.{workload}.{stem}")
    probe, answers = Probe(transport), []
    boot = MODELS[model].boot
    if boot is None:
        return module.run(Params(params), probe), probe

    async def main() -> None:
        answers.append(await module.run(Params(params), probe))

    boot(main)
    return answers[0], probe


# --- heartbeat


def counted(done: Trial, at_least_ns: int) -> int:
    histogram: HdrHistogram = histograms.decode(done.latency)
    return sum(
        one.count_added_in_this_iter_step
        for one in histogram.get_recorded_iterator()
        if one.value_iterated_to >= at_least_ns
    )


@pytest.mark.parametrize("model", [*LOOPS, *GREENLETS])
def test_blocking_the_loop_delays_every_tick_that_is_due(trial: Run, model: str) -> None:
    """The work begins after tick 4 has come and lasts for 50 ms: 5 to 7 are late by 40, 30, 20."""
    done = trial("heartbeat", model, ticks=20, beside="block", on="loop", amount=50 * MS)
    for tick in range(1, 4):
        assert counted(done, (50 - 10 * tick) * MS - EARLY_NS) >= tick
    assert counted(done, 0) == 20


@pytest.mark.parametrize("on", ["thread", "process"])
@pytest.mark.parametrize("model", BRIDGED)
def test_no_tick_is_lost_while_the_work_is_done_elsewhere(trial: Run, model: str, on: str) -> None:
    done = trial("heartbeat", model, ticks=10, beside="block", on=on, amount=20 * MS)
    assert counted(done, 0) == 10


# Each model with one kind of work, and each kind of work, which all models share, on one model.
BESIDE = [(model, "cpu", 20 * MS) for model in HERE if model != "sequential"] + [
    ("asyncio", what, amount) for what, amount in (("nothing", 0), ("read", 100_000), ("read", 0))
]


@pytest.mark.parametrize(("model", "what", "amount"), BESIDE)
def test_every_kind_of_work_is_done_beside_all_ticks(
    trial: Run, model: str, what: str, amount: int
) -> None:
    done = trial("heartbeat", model, ticks=5, beside=what, on="loop", amount=amount)
    assert counted(done, 0) == 5


@pytest.mark.parametrize("model", BRIDGED)
def test_a_file_is_read_in_another_process_too(trial: Run, model: str) -> None:
    trial("heartbeat", model, ticks=5, beside="read", on="process", amount=100_000)


def amounts(what: str, amount: int) -> Params:
    return Params({"beside": what, "amount": amount})


@pytest.mark.parametrize(
    ("what", "amount"), [("nothing", 0), ("cpu", 1_000), ("block", 1_000), ("read", 1_000)]
)
def test_a_job_travels_to_another_process(what: str, amount: int) -> None:
    with background.make_jobs(amounts(what, amount)) as (job,):
        assert pickle.loads(pickle.dumps(job))() is True


@pytest.mark.parametrize("what", ["cpu", "block"])
def test_a_job_takes_the_requested_time(what: str) -> None:
    with background.make_jobs(amounts(what, 3 * MS)) as (job,):
        start = time.perf_counter_ns()
        assert job()
        assert time.perf_counter_ns() - start >= 3 * MS


def test_a_block_that_ends_early_is_not_done(monkeypatch: pytest.MonkeyPatch) -> None:
    stopped = SimpleNamespace(sleep=lambda _seconds: None, perf_counter_ns=lambda: 0)
    monkeypatch.setattr(background, "time", stopped)
    assert not background.block(MS)


def test_a_file_of_another_length_is_not_done(tmp_path: Path) -> None:
    file = tmp_path / "short"
    file.write_bytes(b"12")
    assert background.read_file(file, 2)
    assert not background.read_file(file, 3)


def test_the_file_is_there_for_as_long_as_the_job_and_no_longer() -> None:
    with background.make_jobs(amounts("read", 10)) as (job,):
        path: Path = job.args[0]  # type: ignore[attr-defined]
        assert path.stat().st_size == 10
    assert not path.parent.exists()


def test_unknown_work_is_refused() -> None:
    with (
        pytest.raises(ValueError, match="beside: found 'dance', expected nothing, cpu"),
        background.make_jobs(amounts("dance", 1)),
    ):
        pass


# --- footprint


@pytest.mark.parametrize(("model", "variant"), PARKING)
def test_memory_is_read_in_four_steps_up_to_all_tasks(trial: Run, model: str, variant: str) -> None:
    """Also where the number is not one that can be divided by four."""
    done = trial("footprint", model, variant, tasks=10)
    assert [one.tasks for one in done.parked] == [2, 5, 7, 10]
    assert all(one.bytes > 0 for one in done.parked)


class Seen(Transport):
    """Notes how many of the tasks wait whenever it is told that they do."""

    def __init__(self, waiting: Callable[[], int]) -> None:
        self.waiting = waiting
        self.noted: list[tuple[int, int]] = []

    def parked(self, tasks: int) -> None:
        self.noted.append((tasks, self.waiting()))


def coroutines_that_wait() -> int:
    return sum(
        inspect.getcoroutinestate(one) == inspect.CORO_SUSPENDED
        for one in gc.get_objects()
        if inspect.iscoroutine(one) and one.__qualname__ == "run.<locals>.wait"
    )


def threads_that_wait() -> int:
    return sum(
        frame.f_code is threading.Condition.wait.__code__
        for frame in sys._current_frames().values()
    )


@pytest.mark.parametrize(
    ("model", "variant"), [(model, variant) for model, variant in PARKING if model in LOOPS]
)
def test_tasks_reported_as_waiting_do_wait(model: str, variant: str) -> None:
    seen = Seen(coroutines_that_wait)
    answer, _ = here("footprint", model, variant, seen, tasks=400)
    assert answer == 400
    assert seen.noted == [(n, n) for n in (100, 200, 300, 400)]
    assert coroutines_that_wait() == 0


def greenlets_that_wait() -> int:
    from gevent import Greenlet

    return sum(
        bool(one) and one.gr_frame is not None
        for one in gc.get_objects()
        if isinstance(one, Greenlet)
    )


@pytest.mark.parametrize(
    ("model", "variant"), [(model, variant) for model, variant in PARKING if model in GREENLETS]
)
def test_greenlets_reported_as_waiting_do_wait(model: str, variant: str) -> None:
    seen = Seen(greenlets_that_wait)
    answer, _ = here("footprint", model, variant, seen, tasks=400)
    assert answer == 400
    assert seen.noted == [(n, n) for n in (100, 200, 300, 400)]
    assert greenlets_that_wait() == 0


def test_threads_reported_as_waiting_do_wait() -> None:
    before = threads_that_wait()
    seen = Seen(threads_that_wait)
    answer, _ = here("footprint", "threads", transport=seen, tasks=40)
    assert answer == 40
    assert seen.noted == [(n, n + before) for n in (10, 20, 30, 40)]


# --- timers


TIMED = [*LOOPS, *GREENLETS, "threads"]
PLAIN = [*GREENLETS, "threads"]
SLEEPS_OF = {"scratch": "runner.scratch", "threads": "time"}  # the others' have their own name


@pytest.mark.parametrize("model", TIMED)
def test_each_timer_reports_its_lateness_once_and_whether_it_was_started_in_time(
    model: str,
) -> None:
    answer, probe = here("timers", model, timers=50, lead_ns=50 * MS, span_ns=20 * MS)
    assert answer == len(probe.latencies_ns) == 50
    assert probe.observed.keys() == {"started_in_time"}  # all, unless the machine is busy


@pytest.mark.parametrize("model", TIMED)
def test_an_overdue_timer_fires_with_its_full_lateness(model: str) -> None:
    answer, probe = here("timers", model, timers=5, lead_ns=-50 * MS, span_ns=MS)
    assert answer == 5
    assert probe.observed == {"started_in_time": 0}  # W5: the trial will be invalid
    assert min(probe.latencies_ns) >= 49 * MS


@pytest.mark.parametrize("model", TIMED)
def test_a_timer_that_fires_early_does_not_count(
    model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def awaited(_seconds: float) -> None:
        pass

    base = MODELS[model].base
    monkeypatch.setattr(
        importlib.import_module(SLEEPS_OF.get(base, base)),
        "sleep",
        (lambda _seconds: None) if base in PLAIN else awaited,
    )
    answer, probe = here("timers", model, timers=5, lead_ns=3_600_000 * MS, span_ns=MS)
    assert answer == 0
    assert probe.observed == {"started_in_time": 5}
    assert max(probe.latencies_ns) < -3_000_000 * MS  # W4: early by nearly an hour, and not on time
