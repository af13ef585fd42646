"""harness.measuring.turns with planted runners: one that misbehaves spoils no other's trial."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain, count
from pathlib import Path
from typing import Any

import pytest

from harness.catalog.contestant import Contestant
from harness.catalog.workload import HEADLINE
from harness.measuring import blocks, live_contestant, turns
from harness.measuring.inventory import Inventory
from harness.measuring.live_contestant import LiveContestant, Stop, await_first
from harness.measuring.machine.interference import Interference, RoundWatch
from harness.measuring.plan import assign
from harness.measuring.processes import running_time
from harness.measuring.processes.running_time import Budget
from harness.results.records import Cell, Status, Trial
from harness.statistics.rounds import DEFAULT_ROUNDS, RoundLimits
from tests.support.implementations import GREENLETS
from tests.support.planted.bench import (
    MARK,
    Bench,
    Silent,
    in_any_time,
    patiently,
    planted,
    runner,
    workload,
)
from tests.support.waiting_turns import used_beside

pytestmark = pytest.mark.usefixtures("all_rounds")

GOOD = ("good", "good_too", "good_as_well")
VERSION_1 = "good_without_last_line_end"  # a runner of misbehaving.py
ROUNDS = 5
# These alone have a short timeout: a busy machine lets others start late.
HURRIED = dict.fromkeys(("hang_in_a_turn", "never_ready", "stop_in_a_turn"), "hurried")


@dataclass
class Setup:
    """A bench whose runners take turns and log them."""

    mark: str
    log: Path

    def bench(self, seed: int = 1) -> Bench:
        env = {MARK: self.mark, "TURNS_LOG": str(self.log)}

        def runner_of(contestant: Contestant) -> object:
            if contestant.model == VERSION_1:
                return runner(planted(VERSION_1), env)
            return runner(planted(contestant.model, "taking_turns"), env, version=2)

        workloads = {"planted": workload(), "hurried": workload(1, id_="hurried")}
        return Bench(workloads, runner_of, seed)  # type: ignore[arg-type]

    def turns(self) -> list[str]:
        return self.log.read_text().split() if self.log.exists() else []


@pytest.fixture
def setup(mark: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quick_looks: None) -> Setup:
    monkeypatch.setattr(live_contestant, "_TICK_S", 0.02)
    return Setup(mark, tmp_path / "turns")


def cell(way: str) -> Cell:
    return Cell(Contestant(HURRIED.get(way, "planted"), way), HEADLINE)


def run_turns(bench: Bench, *ways: str, limits: RoundLimits | None = None) -> list[Trial] | None:
    assignments = [(place, assign(cell(way), bench.workloads)) for place, way in enumerate(ways)]
    with patiently():
        return turns.run_turns(bench.trial_runner, assignments, 3, limits or in_any_time(ROUNDS))


def run_block(
    bench: Bench, *ways: str, done: frozenset[Cell] = frozenset(), alone: bool = False
) -> list[Trial]:
    stored: list[Trial] = []
    with patiently():
        blocks.run_blocks(
            bench.trial_runner,
            [bench.block(3, [cell(way) for way in ways])],
            lambda _, cell: cell in done,
            Budget(3600),
            stored.append,
            Silent(),
            alone=alone,
        )
    return stored


def test_every_contestant_gives_one_sample_in_each_round(setup: Setup) -> None:
    trials = run_turns(setup.bench(), *GOOD)
    assert trials is not None
    assert [(trial.status, trial.message) for trial in trials] == [(Status.OK, "")] * 3
    assert [(trial.cell.model, trial.block, trial.position) for trial in trials] == [
        (way, 3, position) for position, way in enumerate(GOOD)
    ]
    for trial in trials:
        assert trial.rounds == sum(not sample.warmup for sample in trial.samples) == ROUNDS
    assert all(
        sorted(setup.turns()[start : start + 3]) == sorted(GOOD)
        for start in range(0, 3 * ROUNDS, 3)
    )


def test_one_that_starts_slowly_does_not_keep_others_from_starting(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns.os, "cpu_count", lambda: 1)
    trials = run_turns(setup.bench(), "wait_for_the_announcement", "good", "announce_itself")
    assert trials is not None
    assert [(trial.status, trial.message) for trial in trials] == [(Status.OK, "")] * 3


def test_processes_whose_start_is_timed_start_one_by_one(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once: list[int] = []

    def note(starting: list[LiveContestant], stop: Stop) -> None:
        at_once.append(len(starting))
        await_first(starting, stop)

    monkeypatch.setattr(turns, "await_first", note)
    bench = setup.bench()
    bench.workloads["planted"] = replace(workload(), starts_alone=True)
    assert run_turns(bench, *GOOD) is not None
    assert at_once == [1] * len(GOOD)


def test_a_block_during_which_the_harness_stood_still_is_measured_again(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = chain([0.0], count(68.0, 0.001))
    monkeypatch.setattr(running_time, "_read_clock", lambda: next(clock))
    trials = run_turns(setup.bench(), *GOOD)
    assert trials is not None
    assert [(trial.status, trial.rounds) for trial in trials] == [(Status.OK, ROUNDS)] * 3
    assert len(setup.turns()) == 2 * 3 * ROUNDS


def test_the_order_of_turns_differs_between_rounds_and_depends_on_the_seed_alone(
    setup: Setup,
) -> None:
    orders = []
    for seed in (1, 1, 2):
        run_turns(setup.bench(seed=seed), *GOOD)
        orders.append(setup.turns())
        setup.log.unlink()
    first, again, other = orders
    assert first == again != other
    assert len({tuple(first[start : start + 3]) for start in range(0, len(first), 3)}) > 1


def test_a_long_round_is_repeated_less_often(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "_LONG_ROUND_S", 1e-9)
    trials = run_turns(setup.bench(), "good", "good_too", limits=RoundLimits(ROUNDS, 1e-9))
    assert trials is not None
    assert [trial.rounds for trial in trials] == [1, 1]


def test_contestants_that_do_not_fit_into_memory_are_measured_in_groups_with_the_baseline(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = iter(range(10**15, 0, -(2**40)))  # every look finds 1 TiB less
    monkeypatch.setattr(turns, "_free_bytes", lambda: next(free))
    trials = run_turns(setup.bench(), *GOOD)
    assert trials is not None
    assert [(trial.status, trial.first_round, trial.rounds) for trial in trials] == [
        (Status.OK, 0, 2 * ROUNDS),  # no model is called asyncio, so the first is the baseline
        (Status.OK, 0, ROUNDS),
        (Status.OK, ROUNDS, ROUNDS),
    ]
    taken = setup.turns()
    half = 2 * ROUNDS
    assert (set(taken[:half]), set(taken[half:])) == ({GOOD[0], GOOD[1]}, {GOOD[0], GOOD[2]})


def test_many_contestants_take_their_rounds_in_parts_each_with_the_baseline(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "_SMALLEST_PART", 1)
    trials = run_turns(setup.bench(), *GOOD, limits=RoundLimits(ROUNDS, 3600.0, parts=2))
    assert trials is not None
    assert [trial.status for trial in trials] == [Status.OK] * 3
    assert [trial.rounds for trial in trials] == [2 * ROUNDS, ROUNDS, ROUNDS]
    first, second = sorted(trials[1:], key=lambda trial: trial.first_round)
    assert (first.first_round, second.first_round) == (0, ROUNDS)
    taken = setup.turns()
    half = 2 * ROUNDS
    base = GOOD[0]
    assert set(taken[:half]) == {base, first.cell.model}
    assert set(taken[half:]) == {base, second.cell.model}


def test_few_contestants_are_not_split(setup: Setup) -> None:
    trials = run_turns(setup.bench(), *GOOD, limits=RoundLimits(ROUNDS, 3600.0, parts=2))
    assert trials is not None
    assert [(trial.first_round, trial.rounds) for trial in trials] == [(0, ROUNDS)] * 3


def test_each_trial_has_its_own_disturbed_rounds(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    throttled_s = iter(range(10**6))  # every look finds a second more
    monkeypatch.setattr(
        turns,
        "RoundWatch",
        lambda: RoundWatch(read=lambda: Interference(None, float(next(throttled_s)))),
    )
    trials = run_turns(setup.bench(), *GOOD[:2])
    assert trials is not None
    assert [trial.disturbed_rounds for trial in trials] == [tuple(range(ROUNDS))] * 2


BAD = {
    # way: (status, part of the message, samples that count)
    "crash_in_a_turn": (Status.CRASH, "ended with exit code 3 before it had finished", 1),
    "killed_in_a_turn": (Status.CRASH, "ended by signal 9", 1),
    "nonsense_in_a_turn": (Status.CRASH, "'hello, world'", 1),
    "two_samples_in_a_turn": (Status.CRASH, "sample of case 'headline' without a turn", 2),
    "leave_in_a_turn": (Status.CRASH, "finished before the turns of case 'headline'", 2),
    "fail_in_a_turn": (Status.CRASH, "no more", 1),
    "wrong_at_the_end": (Status.WRONG_ANSWER, "found 1, expected 0", ROUNDS),
    "crash_before_ready": (Status.CRASH, "ended with exit code 3 before it had finished", 0),
    "never_wait": (Status.CRASH, "sample of case 'headline' without a turn", 0),
}


def run_beside_good(bench: Bench, way: str) -> Trial:
    """Measure a bad contestant between two good ones; return its trial."""
    trials = run_turns(bench, "good", way, "good_too")
    assert trials is not None
    good, bad, also_good = trials
    assert [trial.status for trial in (good, also_good)] == [Status.OK] * 2
    assert [trial.rounds for trial in (good, also_good)] == [ROUNDS] * 2
    return bad


@pytest.mark.parametrize("way", BAD)
def test_a_failure_ends_its_own_part_of_the_block_only(setup: Setup, way: str) -> None:
    status, message, counted = BAD[way]
    bad = run_beside_good(setup.bench(), way)
    assert bad.status is status
    assert message in bad.message
    assert sum(not sample.warmup for sample in bad.samples) == counted
    assert setup.turns().count("good") == ROUNDS


@pytest.mark.parametrize("way", ["hang_in_a_turn", "never_ready"])
def test_a_contestant_that_hangs_is_a_timeout(setup: Setup, way: str) -> None:
    assert run_beside_good(setup.bench(), way).status is Status.TIMEOUT


def test_a_contestant_that_stops_itself_is_a_timeout_and_no_standstill(setup: Setup) -> None:
    bench = setup.bench()
    left_out: list[float] = []
    bench.trial_runner.leave_out = left_out.append
    stopped = run_beside_good(bench, "stop_in_a_turn")
    assert stopped.status is Status.TIMEOUT
    assert stopped.message == "it was stopped by a signal, and nobody continued it"
    assert not left_out


def test_a_contestant_that_does_not_end_is_a_timeout(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_contestant, "_END_TIMEOUT_S", 2)
    assert run_beside_good(setup.bench(), "hang_at_the_end").status is Status.TIMEOUT


def test_the_one_that_eats_memory_is_stopped_and_not_its_neighbours(setup: Setup) -> None:
    small = replace(setup.bench(), memory_bytes=300 * 2**20)
    assert run_beside_good(small, "eat_memory_in_a_turn").status is Status.OUT_OF_MEMORY


@pytest.mark.parametrize("turns_before", [0, 1, 4])
def test_an_interrupt_gives_no_trials_and_leaves_no_process(
    setup: Setup, turns_before: int
) -> None:
    # The fixture `mark` fails if a process is left.
    bench = replace(setup.bench(), interrupted=lambda: len(setup.turns()) >= turns_before)
    assert run_turns(bench, *GOOD) is None
    assert len(setup.turns()) == turns_before


def test_an_interrupt_while_one_hangs_ends_all(setup: Setup) -> None:
    hangs = "hang_in_a_turn"
    bench = replace(setup.bench(), interrupted=lambda: setup.turns().count(hangs) == 2)
    assert run_turns(bench, "good", hangs) is None


def test_a_contestant_that_cannot_be_started_is_a_crash(setup: Setup) -> None:
    bench = setup.bench()
    absent = runner(("loombench-no-such-command",), version=2)
    real = bench.runner_of
    bench = replace(bench, runner_of=lambda of: absent if of.model == "gone" else real(of))
    assert "cannot be started" in run_beside_good(bench, "gone").stderr_end


# --- blocks


def test_a_runner_of_version_1_is_measured_alone_in_the_same_block(setup: Setup) -> None:
    trials = run_block(setup.bench(), "good", VERSION_1, "good_too")
    assert [(trial.cell.model, trial.position, trial.rounds) for trial in trials] == [
        ("good", 0, DEFAULT_ROUNDS),
        ("good_too", 2, DEFAULT_ROUNDS),
        (VERSION_1, 1, 0),
    ]
    assert {trial.status for trial in trials} == {Status.OK}


def test_alone_measures_every_trial_alone(setup: Setup) -> None:
    trials = run_block(setup.bench(), "good", "good_too", alone=True)
    assert [(trial.status, trial.rounds) for trial in trials] == [(Status.OK, 0)] * 2
    assert setup.turns() == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"shape": "rate"}, True),
        ({"shape": "latency"}, True),
        ({"shape": "footprint"}, False),
        ({"alone": {"all": "a reason"}}, False),
        ({"alone": {"check": "a reason"}}, True),
    ],
)
def test_what_takes_turns(setup: Setup, change: dict[str, Any], *, expected: bool) -> None:
    bench = setup.bench()
    workloads = {"planted": replace(bench.workloads["planted"], **change)}
    assert turns.takes_turns(bench.trial_runner, assign(cell("good"), workloads)) is expected


def test_a_resumed_block_measures_only_what_is_missing(setup: Setup) -> None:
    trials = run_block(setup.bench(), *GOOD, done=frozenset({cell("good_too")}))
    assert [(trial.cell.model, trial.position) for trial in trials] == [
        ("good", 0),
        ("good_as_well", 2),
    ]
    assert set(setup.turns()) == {"good", "good_as_well"}


def test_only_the_first_trial_of_a_block_has_the_speed_probe(setup: Setup) -> None:
    trials = run_block(setup.bench(), "good", "good_too")
    assert [trial.probe_ns is not None for trial in trials] == [True, False]


# --- our own runners


@pytest.mark.usefixtures("asked_once")
def test_a_contestant_that_waits_for_its_turn_uses_no_cpu() -> None:
    if not Path("/proc/self/schedstat").exists():
        pytest.skip("the kernel does not count the CPU time of a process in ns")
    bench = Bench.of(Inventory.open())
    models = ("sequential", "asyncio", "trio", *GREENLETS, "threads", "processes", "go")
    # The no-op of gevent starts no hub, which could be what does not sleep.
    works = {model: "pingpong" if model in GREENLETS else "noop" for model in models}
    cells = [Cell(Contestant(works[model], model), HEADLINE) for model in models]
    stop = Stop(lambda: False, lambda: None)
    active, *parked = [
        LiveContestant.of(bench.trial_runner, assign(cell, bench.workloads), 0, position)
        for position, cell in enumerate(cells)
    ]
    for seat in (active, *parked):
        seat.start()
    for seat in (active, *parked):
        seat.await_message(stop)
    used, most = used_beside(active, parked, cpu_ns, stop, turns=5)
    for seat in (active, *parked):
        seat.end_turns()
    for seat in (active, *parked):
        seat.await_end(stop)
    assert [seat.judge().status for seat in (active, *parked)] == [Status.OK] * len(models)
    assert max(used) < most, dict(zip(models[1:], used, strict=True))


def cpu_ns(seat: LiveContestant) -> int:
    """Return the CPU time of all threads of a contestant."""
    process = seat.attempt.handle._process
    assert process is not None
    return sum(
        int((task / "schedstat").read_text().split()[0])
        for task in Path(f"/proc/{process.pid}/task").iterdir()
    )


@pytest.mark.usefixtures("asked_once")
def test_our_own_runners_take_turns() -> None:
    bench = Bench.of(Inventory.open())
    models = ("asyncio", "trio", "anyio-trio", "scratch", "threads", "go")
    cells = [Cell(Contestant("pingpong", model), HEADLINE) for model in models]
    assignments = [(place, assign(cell, bench.workloads)) for place, cell in enumerate(cells)]
    trials = turns.run_turns(bench.trial_runner, assignments, 0, in_any_time(ROUNDS))
    assert trials is not None
    assert [(trial.status, trial.message, trial.rounds) for trial in trials] == [
        (Status.OK, "", ROUNDS)
    ] * len(models)
