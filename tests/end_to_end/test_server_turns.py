"""harness.measuring.turns with servers: the load alternates between servers that are all alive."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from harness.catalog.contestant import Contestant
from harness.catalog.workload import HEADLINE
from harness.measuring import trials, turns
from harness.measuring.inventory import Inventory
from harness.measuring.live_contestant import LiveContestant, Stop
from harness.measuring.plan import assign
from harness.measuring.processes.child import Handle
from harness.measuring.servers.cores import Cores
from harness.results import histograms
from harness.results.records import Cell, Status, Trial
from tests.support.implementations import GREENLETS
from tests.support.planted.bench import Bench, in_any_time, patiently, workload
from tests.support.planted.served import DRAINED, SERVED, bench_of_servers, cell
from tests.support.waiting_turns import used_beside

pytestmark = pytest.mark.usefixtures("quick_looks", "all_rounds")
STOP = Stop(lambda: False, lambda: None)


def run_turns(bench: Bench, cells: list[Cell]) -> list[Trial] | None:
    assignments = [(place, assign(cell, bench.workloads)) for place, cell in enumerate(cells)]
    with patiently():
        return turns.run_turns(bench.trial_runner, assignments, 0, in_any_time(3))


@pytest.fixture
def generator(inventory: Inventory) -> tuple[str, ...]:
    if not inventory.runners.load_command:
        pytest.skip("there is no load generator here")
    return inventory.runners.load_command


def test_every_server_is_loaded_once_in_each_round(mark: str, generator: tuple[str, ...]) -> None:
    bench = bench_of_servers(mark, generator)
    trials = run_turns(bench, [cell("good"), cell("leave_a_process")])
    assert trials is not None
    assert [(trial.status, trial.message) for trial in trials] == [(Status.OK, "")] * 2
    assert len({trial.rounds for trial in trials}) == 1
    for trial in trials:
        loops = [(phase.loop, phase.warmup) for phase in trial.phases]
        turn = [("closed", True), ("closed", False), ("open", False)]
        assert loops == [("closed", True), *turn * trial.rounds]
        assert sum(not sample.warmup for sample in trial.samples) == trial.rounds
        assert {phase.reconnects for phase in trial.phases} == {0}
        open_requests = sum(phase.requests for phase in trial.phases if phase.loop == "open")
        assert histograms.decode(trial.latency).get_total_count() == open_requests


def test_servers_start_on_all_cores_and_are_loaded_on_their_own(
    mark: str, generator: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    if not hasattr(os, "sched_getaffinity") or len(os.sched_getaffinity(0)) < 2:
        pytest.skip("there are no two processors to choose from")
    own, spare = sorted(os.sched_getaffinity(0))[:2]
    cores = Cores(frozenset({own}), frozenset({spare}))
    monkeypatch.setattr(trials, "split_allowed_cores", lambda: cores)
    monkeypatch.setattr(turns.os, "cpu_count", lambda: 2)
    started_on, loaded_on = set(), set()
    start, take_turn = LiveContestant.start, LiveContestant.take_turn

    def noted_start(contestant: LiveContestant) -> None:
        started_on.add(contestant.attempt.start_cores)
        start(contestant)

    def noted_turn(contestant: LiveContestant, stop: Stop, processor: int | None) -> None:
        server = contestant.attempt.handle.list_processes()
        loaded_on.update(frozenset(os.sched_getaffinity(process)) for process in server)
        take_turn(contestant, stop, processor)

    monkeypatch.setattr(LiveContestant, "start", noted_start)
    monkeypatch.setattr(LiveContestant, "take_turn", noted_turn)
    found = run_turns(bench_of_servers(mark, generator), [cell("good"), cell("leave_a_process")])
    assert found is not None
    assert [trial.status for trial in found] == [Status.OK] * 2
    assert started_on == {cores.server, cores.spare}
    assert loaded_on == {cores.server}


def test_a_turn_ends_when_its_load_has_ended(mark: str, generator: tuple[str, ...]) -> None:
    bench = bench_of_servers(mark, generator)
    contestant = LiveContestant.of(bench.trial_runner, assign(cell(), bench.workloads), 0, 0)
    contestant.start()
    contestant.await_message(STOP)
    driver = contestant.attempt.driver
    assert driver is not None
    report = driver.loads[HEADLINE].report
    for turns_given in range(1, 4):
        assert (report.is_ready, report.turns_taken) == (True, turns_given - 1)
        contestant.take_turn(STOP)
        assert report.turns_taken == turns_given
    contestant.end_turns()
    contestant.await_end(STOP)
    assert contestant.judge().status is Status.OK


@pytest.mark.parametrize("way", ["die_after_a_pause", "die_midway", "return_midway"])
def test_a_server_that_dies_ends_its_own_part_of_the_block_only(
    mark: str, generator: tuple[str, ...], way: str
) -> None:
    trials = run_turns(bench_of_servers(mark, generator), [cell("good"), cell(way), cell("good")])
    assert trials is not None
    assert [trial.status for trial in trials] == [Status.OK, Status.CRASH, Status.OK]
    assert trials[0].rounds == trials[2].rounds > 0


def test_a_server_that_never_listens_is_a_timeout(mark: str, generator: tuple[str, ...]) -> None:
    bench = bench_of_servers(mark, generator)
    # It alone has a short timeout: a busy machine lets others start late.
    workloads = {**bench.workloads, "hurried": workload(1, SERVED, "hurried")}
    never_listens = Cell(Contestant("hurried", "never_listen"), HEADLINE)
    trials = run_turns(replace(bench, workloads=workloads), [cell("good"), never_listens])
    assert trials is not None
    assert [trial.status for trial in trials] == [Status.OK, Status.TIMEOUT]


@pytest.mark.parametrize("after_turns", [0, 1, 4])
def test_an_interrupt_gives_no_trials_and_leaves_no_process(
    mark: str, generator: tuple[str, ...], after_turns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The fixture `mark` fails if a server is left.
    taken = []
    take_turn = LiveContestant.take_turn

    def counted(contestant: LiveContestant, stop: Stop, processor: int | None) -> None:
        taken.append(contestant)
        take_turn(contestant, stop, processor)

    monkeypatch.setattr(LiveContestant, "take_turn", counted)
    bench = replace(
        bench_of_servers(mark, generator), interrupted=lambda: len(taken) >= after_turns
    )
    assert run_turns(bench, [cell("good"), cell("good")]) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (SERVED, True),
        (DRAINED, False),
        (SERVED.replace("rate_per_s = 400", "ladder = true"), False),
    ],
    ids=["load", "drain", "ladder"],
)
def test_which_servers_take_turns(mark: str, text: str, *, expected: bool) -> None:
    bench = bench_of_servers(mark, (), text)
    case = assign(cell(), bench.workloads)
    assert turns.takes_turns(bench.trial_runner, case) is expected


# --- our own servers


@pytest.mark.usefixtures("asked_once", "generator")
def test_servers_and_load_generators_that_wait_use_no_cpu() -> None:
    if not Path("/proc/self/schedstat").exists():
        pytest.skip("the kernel does not count the CPU time of a process in ns")
    loops = ("asyncio", "uvloop", "trio", "anyio-asyncio", "scratch")
    models = (*loops, *GREENLETS, "threads", "processes", "go")
    with parked_servers(models) as (active, *parked):
        used, most = used_beside(active, parked, cpu_ns, STOP, turns=3)
    assert max(used) < most, dict(zip(models[1:], used, strict=True))


@contextmanager
def parked_servers(models: tuple[str, ...]) -> Iterator[list[LiveContestant]]:
    """Start servers of echo that wait for their turns; they must end well."""
    bench = Bench.of(Inventory.open())
    cells = [Cell(Contestant("echo", model), HEADLINE) for model in models]
    with ExitStack() as ending:
        contestants = [
            LiveContestant.of(bench.trial_runner, assign(cell, bench.workloads), 0, position)
            for position, cell in enumerate(cells)
        ]
        for contestant in contestants:
            ending.callback(contestant.await_end, STOP)
        for contestant in contestants:
            ending.callback(contestant.end_turns)
        for contestant in contestants:
            contestant.start()
        for contestant in contestants:
            contestant.await_message(STOP)
        yield contestants
    assert [contestant.judge().status for contestant in contestants] == [Status.OK] * len(models)


def cpu_ns(contestant: LiveContestant) -> int:
    """Return the CPU time of a server and of its load generator, with all their processes."""
    driver = contestant.attempt.driver
    assert driver is not None
    return sum(map(process_cpu_ns, (driver.server, driver._generator)))


def process_cpu_ns(handle: Handle) -> int:
    assert handle._process is not None
    return family_cpu_ns(handle._process.pid)


def family_cpu_ns(pid: int) -> int:
    """Return the CPU time of all threads of a process and of its descendants."""
    total = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        total += int((task / "schedstat").read_text().split()[0])
        for child in (task / "children").read_text().split():
            total += family_cpu_ns(int(child))
    return total
