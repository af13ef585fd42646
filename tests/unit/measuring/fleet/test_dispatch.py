"""Blocks are handed to hosts that come, go, fail and lie: nothing twice, nothing lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from harness.analysis.analyse import analyse
from harness.catalog.workload import HEADLINE
from harness.errors import Problem
from harness.measuring.allocate import Allocator
from harness.measuring.blocks import Ended
from harness.measuring.campaign import Campaign
from harness.measuring.fleet.dispatch import MOST_FAILURES, Fleet
from harness.measuring.fleet.messages import Settings
from harness.measuring.fleet.source import MOST_TRIES
from harness.measuring.plan import Block, Profile
from harness.results.hosts import kinds
from harness.results.records import Host, Status, Trial
from harness.results.store import RunWriter, read_run, read_trials
from tests.support import factories
from tests.support.factories import cell, examples, workload
from tests.support.simulated_fleet import MadeUpHost, SimulatedCluster, Told, host, named

PROFILE = Profile("test", budget_s=1, min_blocks=10, sweeps=False, thorough=False)
CELLS = [cell("asyncio"), cell("threads"), cell("go")]
BLOCKS = 12


class Budget:
    """So much time of the clock of a cluster."""

    def __init__(self, cluster: SimulatedCluster, seconds: float = 1e9) -> None:
        self.cluster, self.seconds = cluster, seconds

    @property
    def is_spent(self) -> bool:
        return self.cluster.now >= self.seconds


@dataclass
class Outcome:
    """What a run on a made-up fleet has stored."""

    ended: Ended
    trials: list[Trial]
    told: list[str]
    fleet: Fleet
    allocator: Allocator = field(repr=False)

    @property
    def blocks(self) -> set[int]:
        return {trial.block for trial in self.trials}


def allocator(stored: list[Trial] = [], precision: float = 1e-9) -> Allocator:  # noqa: B006
    made = Allocator(CELLS, {"demo": workload()}, 7, PROFILE, precision)
    for trial in stored:
        made.record(trial)
    return made


def run(
    cluster: SimulatedCluster,
    *,
    most: int = BLOCKS,
    budget_s: float = 1e9,
    stored: list[Trial] = [],  # noqa: B006
    known: tuple[object, ...] = (),
    interrupted: Callable[[], bool] = lambda: False,
    beside: bool = False,
) -> Outcome:
    told, kept, plan = Told(), list(stored), allocator(stored)

    def keep(trial: Trial) -> str:
        kept.append(trial)
        return plan.record(trial)

    fleet = Fleet(cluster, Settings(beside=beside), told.told, known, cluster.clock)  # type: ignore[arg-type]
    fleet.assemble(lambda: False)
    plan.kind_of = kinds(fleet.roster.hosts)
    fleet.on_lost = plan.give_up
    blocks: Iterator[Block] = islice(plan.blocks(), most)
    ended = fleet.run(
        blocks,
        plan.has_trial,
        Budget(cluster, budget_s),
        keep,
        told,
        interrupted,  # type: ignore[arg-type]
    )
    return Outcome(ended, kept, told.texts, fleet, plan)


def check_once(of: Outcome) -> None:
    """Every block that was stored is whole, was measured on one host, and is there once."""
    counts = Counter((trial.block, trial.cell) for trial in of.trials)
    assert set(counts.values()) == {1}
    assert set(counts) == {(block, one) for block in of.blocks for one in {c for _, c in counts}}
    hosts = {(trial.block, trial.host) for trial in of.trials}
    assert len(hosts) == len(of.blocks)


def test_equal_hosts_share_the_blocks_and_have_one_at_a_time() -> None:
    cluster = SimulatedCluster(named(["alpha", "beta", "gamma", "delta"]))
    done = run(cluster)
    check_once(done)
    assert done.blocks == set(range(BLOCKS))
    assert cluster.most_at_once == 1
    assert Counter(t.host for t in done.trials if t.position == 0) == dict.fromkeys(
        ["alpha", "beta", "gamma", "delta"], 3
    )
    assert cluster.now == pytest.approx(3.0, abs=0.1)  # of the made-up clock: a quarter


def test_a_block_of_a_host_that_dies_is_done_elsewhere_and_the_host_may_come_back() -> None:
    cluster = SimulatedCluster(named(["alpha", "beta"]))
    alpha = cluster.hosts["tcp://alpha"]
    cluster.events += [
        (1.5, lambda: cluster.kill("tcp://alpha")),
        (4.0, lambda: cluster.hosts.update({"tcp://alpha-again": alpha})),
    ]
    done = run(cluster)
    check_once(done)
    assert done.blocks == set(range(BLOCKS))
    assert [one.id for one in done.fleet.roster.hosts] == ["alpha", "beta"]
    assert "alpha" in {trial.host for trial in done.trials if trial.block > 6}
    assert any("is done elsewhere" in text for text in done.told)


def test_a_host_that_hangs_loses_its_block_to_another() -> None:
    cluster = SimulatedCluster(named(["alpha", "beta"]))
    cluster.events.append((2.5, lambda: setattr(cluster.hosts["tcp://alpha"], "hangs", True)))
    done = run(cluster)
    check_once(done)
    assert done.blocks == set(range(BLOCKS))
    assert any(text.startswith("host alpha: no answer for") for text in done.told)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"failure": "disk: No space left on device"}, "No space left on device"),
        ({"garbles": True}, "cannot be read"),
    ],
)
def test_a_host_that_always_fails_gets_no_more_blocks(
    wrong: dict[str, object], reason: str
) -> None:
    hosts = named(["alpha"]) | named(["beta"], **wrong)
    cluster = SimulatedCluster(hosts)
    done = run(cluster)
    check_once(done)
    assert done.blocks == set(range(BLOCKS))
    assert {trial.host for trial in done.trials} == {"alpha"}
    assert sum(worker == "tcp://beta" for worker, _ in cluster.measured) == MOST_FAILURES
    assert any("gets no more" in text and reason in text for text in done.told)


def test_a_host_that_failed_is_asked_again_later_and_told_of_once() -> None:
    cluster = SimulatedCluster(named(["alpha"]) | named(["beta"], failure="the disk is full"))
    beta = cluster.hosts["tcp://beta"]
    cluster.events.append((50.0, lambda: setattr(beta, "failure", "")))
    done = run(cluster, most=80)
    check_once(done)
    assert "beta" in {trial.host for trial in done.trials}
    assert sum("gets no more for now" in text for text in done.told) == 1


@pytest.mark.slow
def test_a_host_that_has_measured_again_backs_off_as_long_as_the_first_time() -> None:
    cluster = SimulatedCluster(named(["alpha"]) | named(["beta"], failure="the disk is full"))
    beta = cluster.hosts["tcp://beta"]
    episodes = 5
    for start in range(0, 100 * episodes, 100):  # full for 30 s, and a backoff of 60 s has its end
        cluster.events += [
            (start + 0.0, lambda: setattr(beta, "failure", "the disk is full")),
            (start + 30.0, lambda: setattr(beta, "failure", "")),
        ]
    done = run(cluster, most=550)
    check_once(done)
    assert sum("gets no more for now" in text for text in done.told) == episodes
    assert sum(trial.host == "beta" for trial in done.trials) > 100


def test_a_worker_that_was_left_out_takes_the_place_of_one_that_is_gone() -> None:
    one, two = (MadeUpHost(host("alpha"), boot="the same") for _ in range(2))
    cluster = SimulatedCluster({"tcp://a": one, "tcp://b": two})
    cluster.events.append((2.5, lambda: cluster.kill("tcp://a")))
    done = run(cluster)
    check_once(done)
    assert done.blocks == set(range(BLOCKS))
    assert {trial.host for trial in done.trials} == {"alpha"}


def test_a_block_that_no_host_can_do_is_named() -> None:
    cluster = SimulatedCluster(named(["alpha", "beta", "gamma"], failure="it hurts"))
    done = run(cluster, most=1)
    assert done.trials == []
    assert len(cluster.measured) == MOST_TRIES
    assert {worker for worker, _ in cluster.measured} == set(cluster.hosts)
    assert done.ended is Ended.BLOCKS_MISSING
    [missing] = [text for text in done.told if "is missing" in text]
    assert "alpha: it hurts; beta: it hurts; gamma: it hurts" in missing


def test_blocks_that_no_host_could_do_are_not_counted_as_running() -> None:
    cluster = SimulatedCluster(named(["alpha", "beta", "gamma"], failure="it hurts"))
    cluster.events.append((3.5, lambda: cluster.hosts.update(named(["delta"]))))
    done = run(cluster)
    check_once(done)
    lost = {int(text.split()[1]) for text in done.told if "is missing" in text}
    assert len(lost) >= 1
    assert done.blocks == set(range(BLOCKS)) - lost
    assert done.allocator._running == {}


def test_the_only_host_is_waited_for_while_it_backs_off() -> None:
    cluster = SimulatedCluster(named(["alpha"], failure="the disk is full"))
    alpha = cluster.hosts["tcp://alpha"]
    cluster.events.append((10.0, lambda: setattr(alpha, "failure", "")))
    done = run(cluster)
    check_once(done)
    assert done.blocks == set(range(1, BLOCKS))
    assert done.ended is Ended.BLOCKS_MISSING  # the first, which it failed three times
    assert "no host is left; waiting 61 s for one" in done.told


def test_the_only_host_goes_away_while_it_backs_off() -> None:
    cluster = SimulatedCluster(named(["alpha"], failure="the disk is full"))
    cluster.events.append((10.0, lambda: cluster.kill("tcp://alpha")))
    done = run(cluster)
    assert done.trials == []
    assert done.ended is Ended.NO_HOST


def test_when_all_hosts_are_gone_the_run_ends_and_says_so() -> None:
    cluster = SimulatedCluster(named(["alpha"]))
    cluster.events.append((2.5, lambda: cluster.kill("tcp://alpha")))
    done = run(cluster)
    check_once(done)
    assert done.ended is Ended.NO_HOST
    assert done.blocks == {0, 1}


def test_blocks_that_run_when_the_budget_is_spent_are_finished_and_no_others_begun() -> None:
    cluster = SimulatedCluster(named(["alpha", "beta"]))
    done = run(cluster, budget_s=2.5)
    check_once(done)
    assert done.ended is Ended.BUDGET_SPENT
    assert done.blocks == {index for _, index in cluster.measured} == set(range(6))


def test_an_interrupt_ends_what_the_hosts_do() -> None:
    cluster = SimulatedCluster(named(["alpha", "beta"]))
    done = run(cluster, interrupted=lambda: cluster.now > 1.5)
    assert done.ended is Ended.INTERRUPTED
    assert done.blocks == {0, 1}
    assert len(cluster.forgotten) == 2  # the blocks 2 and 3


def test_a_resumed_run_does_the_blocks_that_were_lost_in_between() -> None:
    cluster = SimulatedCluster(named(["alpha", "beta"]))
    first = run(cluster)
    stored = [trial for trial in first.trials if trial.block not in (3, 7)]
    again = run(cluster, stored=stored, most=2, known=tuple(first.fleet.roster.hosts))
    check_once(again)
    assert again.blocks == set(range(BLOCKS))


def test_a_block_that_was_stored_in_part_is_named_and_never_finished_elsewhere() -> None:
    cluster = SimulatedCluster(named(["alpha"]))
    first = run(cluster, most=3)
    stored = [t for t in first.trials if (t.block, t.position) != (1, 2)]
    again = run(cluster, stored=stored, most=2)
    assert {index for _, index in cluster.measured} == {0, 1, 2, 3}
    assert sum(index == 1 for _, index in cluster.measured) == 1
    assert any(text.startswith("block 1 was stored in part") for text in again.told)


def test_a_host_without_go_says_so_in_every_block_and_retires_nobody() -> None:
    cluster = SimulatedCluster(named(["alpha"]) | named(["beta"], missing=("go",)))
    done = run(cluster)
    check_once(done)
    by_host = {(t.host, t.status) for t in done.trials if t.cell.model == "go"}
    assert by_host == {("alpha", Status.OK), ("beta", Status.UNSUPPORTED)}
    assert done.blocks == set(range(BLOCKS))


def test_two_workers_on_one_machine_are_two_hosts_only_if_asked() -> None:
    def pair() -> SimulatedCluster:
        one, two = (MadeUpHost(host("alpha"), boot="the same") for _ in range(2))
        return SimulatedCluster({"tcp://a": one, "tcp://b": two})

    refused = run(pair())
    assert {trial.host for trial in refused.trials} == {"alpha"}
    assert any("start one for each machine" in text for text in refused.told)
    assert {trial.host for trial in run(pair(), beside=True).trials} == {"alpha", "alpha-2"}


def test_a_host_whose_go_builds_other_programs_is_refused() -> None:
    hosts = {
        "tcp://a": MadeUpHost(host("alpha", **{"go/runner": "1"})),
        "tcp://b": MadeUpHost(host("beta", **{"go/runner": "2"})),
    }
    done = run(SimulatedCluster(hosts))
    assert {trial.host for trial in done.trials} == {"alpha"}
    assert any("has built other programs" in text for text in done.told)


def test_without_a_host_that_can_measure_nothing_begins() -> None:
    cluster = SimulatedCluster({})
    with pytest.raises(Problem, match="no worker that measures"):
        run(cluster)


def test_precision_is_that_of_each_class_of_hosts_and_not_of_their_mixture() -> None:
    """A class of other machines with another ratio must not keep the run from being precise."""
    here = named(["alpha"])
    there = {
        "tcp://beta": MadeUpHost(host("beta", cpu="another cpu"), effect=1.0),
    }
    cluster = SimulatedCluster(here | there, noise=0.001)
    told = Told()
    plan = allocator(precision=0.03)
    fleet = Fleet(cluster, Settings(), told.told, clock=cluster.clock)
    fleet.assemble(lambda: False)
    plan.kind_of = kinds(fleet.roster.hosts)
    ended = fleet.run(
        islice(plan.blocks(), 100),
        plan.has_trial,
        Budget(cluster),
        plan.record,
        told,
        lambda: False,  # type: ignore[arg-type]
    )
    assert ended is Ended.PRECISE
    assert len(told.blocks) < 40


Moment = tuple[float, str, str]
MOMENTS = st.lists(
    st.tuples(
        st.floats(0.0, 20.0),
        st.sampled_from(["alpha", "beta", "gamma"]),
        st.sampled_from(["dies", "comes back", "hangs", "garbles", "fails", "recovers"]),
    ),
    max_size=8,
)


@given(MOMENTS)
@examples(40)
def test_whatever_happens_nothing_is_lost_or_there_twice(moments: list[Moment]) -> None:
    cluster = SimulatedCluster(named(["alpha", "beta", "gamma", "steady"]))

    def happen(name: str, what: str) -> Callable[[], None]:
        def now() -> None:
            worker = f"tcp://{name}"
            if what == "comes back":
                cluster.hosts.setdefault(f"{worker}/{cluster.now}", MadeUpHost(host(name)))
            for address in [one for one in cluster.hosts if one.startswith(worker)]:
                changed = {
                    "hangs": {"hangs": True},
                    "garbles": {"garbles": True},
                    "fails": {"failure": "the disk is full"},
                    "recovers": {"hangs": False, "garbles": False, "failure": ""},
                }.get(what, {})
                cluster.hosts[address] = replace(cluster.hosts[address], **changed)  # type: ignore[arg-type]
                if what == "dies":
                    cluster.kill(address)

        return now

    cluster.events = [(at, happen(name, what)) for at, name, what in moments]
    done = run(cluster)
    check_once(done)
    missing = {int(text.split()[1]) for text in done.told if "is missing" in text}
    assert done.blocks | missing == set(range(BLOCKS))
    assert not done.blocks & missing
    assert all(trial.cell.case == HEADLINE for trial in done.trials)


def test_a_host_that_comes_later_is_in_the_run_before_its_trials(tmp_path: Path) -> None:
    cluster = SimulatedCluster(named(["alpha"]))
    cluster.events.append((2.5, lambda: cluster.hosts.update(named(["beta"]))))
    told, plan = Told(), allocator()
    fleet = Fleet(cluster, Settings(), told.told, clock=cluster.clock)
    fleet.assemble(lambda: False)
    header = structs.replace(factories.run(CELLS), hosts=tuple(fleet.roster.hosts))
    current = Campaign(
        header,
        None,  # type: ignore[arg-type]
        RunWriter.create(tmp_path, header),
        Budget(cluster),  # type: ignore[arg-type]
        plan,
    )
    seen: list[bool] = []

    def add(one: Host) -> None:
        seen.append(any(trial.host == one.id for trial in read_trials(current.folder, [])))
        current.add_host(one)

    fleet.on_host = add
    cluster_blocks = islice(plan.blocks(), BLOCKS)
    fleet.run(
        cluster_blocks,
        plan.has_trial,
        current.budget,
        lambda trial: current.writer.append(trial) or plan.record(trial),  # type: ignore[func-returns-value]
        told,
        lambda: False,
    )
    current.writer.close()
    stored = list(read_trials(current.folder, []))
    assert {trial.host for trial in stored} == {"alpha", "beta"}
    assert [one.id for one in read_run(current.folder).hosts] == ["alpha", "beta"]
    assert seen == [False]
    assert analyse(read_run(current.folder), stored).trials == len(stored)
