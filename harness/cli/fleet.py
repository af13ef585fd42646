"""Run blocks on a fleet: connect, describe the hosts, say what is there."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click
from msgspec import structs

from harness import units
from harness.cli.console import warn
from harness.errors import Exit, Problem
from harness.interrupts import interruptible
from harness.measuring.machine.measuring_alone import measuring_alone
from harness.results.hosts import classify
from harness.results.records import Diagnosis

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from harness.measuring.campaign import Campaign
    from harness.measuring.executor import Executor
    from harness.measuring.fleet.dispatch import Fleet
    from harness.measuring.fleet.messages import Settings
    from harness.measuring.progress import Display
    from harness.results.records import Host, Run


@dataclass
class Place:
    """Where the blocks of a run are measured: here, or on the hosts of a fleet."""

    is_alone: bool = True  # no other run is measured here
    fleet: Fleet | None = None

    @property
    def hosts(self) -> Sequence[Host]:
        """All hosts of the run, those that are not there too; none if it is measured here."""
        return self.fleet.roster.hosts if self.fleet else ()

    @property
    def executor(self) -> Executor | None:
        """What measures the blocks; None: this process does."""
        return self.fleet

    @property
    def is_deserted(self) -> bool:
        """Whether the run ended because no host was left."""
        return self.fleet is not None and not self.fleet.roster.usable

    def begin(self, current: Campaign, display: Display) -> None:
        """Let the hosts know the run, and the run know later hosts."""
        if self.fleet is None:
            return
        settings = self.fleet.settings
        run = current.run
        self.fleet.settings = structs.replace(settings, seed=run.seed, alone=run.alone)
        self.fleet.tell = display.told
        self.fleet.on_host = current.add_host
        self.fleet.on_lost = current.allocator.give_up


@contextmanager
def open_place(
    scheduler: str | None,
    passed: Mapping[str, str],
    memory_bytes: int | None = None,
    read_resumed: Callable[[], Run | None] = lambda: None,
    *,
    beside: bool = False,
) -> Iterator[Place]:
    """Be the only one who measures here, or connect to a scheduler and its hosts.

    `read_resumed` returns the run that goes on, if one does. Raises Problem.
    """
    if scheduler is None:
        with measuring_alone(beside=beside) as is_alone:
            _check_place(scheduler, read_resumed())
            yield Place(is_alone)
        return
    resumed = read_resumed()
    _check_place(scheduler, resumed)
    from harness.measuring.fleet.messages import Settings

    settings = Settings(env=dict(passed), beside=beside, memory_bytes=memory_bytes)
    with _open_fleet(scheduler, settings, resumed.hosts if resumed else ()) as fleet:
        if resumed:
            _tell_changed_hosts(fleet, resumed)
        yield Place(fleet=fleet)


def diagnose_hosts(scheduler: str) -> dict[str, list[Diagnosis]]:
    """Return what disturbs measuring on each host, and what kind it is. Raises Problem."""
    from harness.measuring.fleet.messages import Settings

    with _open_fleet(scheduler, Settings(beside=True)) as fleet:
        hosts = {host.id: host for host in fleet.roster.hosts}
        labels = {host.id: one.label for one in classify(hosts.values()) for host in one.hosts}
        with interruptible() as interrupted:
            found = fleet.diagnose(interrupted)
        return {
            id_: [Diagnosis("class of equal hosts", labels[id_]), *_describe(hosts[id_]), *own]
            for id_, own in found.items()
        }


@contextmanager
def _open_fleet(scheduler: str, settings: Settings, known: Iterable[Host] = ()) -> Iterator[Fleet]:
    from harness.measuring.fleet.dask_cluster import START, DaskCluster
    from harness.measuring.fleet.dispatch import Fleet
    from harness.measuring.fleet.parcel import pack

    with DaskCluster(scheduler, pack()) as cluster:
        with interruptible() as interrupted:
            workers = cluster.await_workers(interrupted)
            if not workers:
                others = cluster.count_others()
                also = f" ({units.format_count(others, 'worker')} without the resource)"
                raise Problem(
                    f"--scheduler {scheduler}: found no worker with the resource loombench"
                    f"{also if others else ''}; start one on each machine: {START}",
                    Exit.INTERRUPTED if interrupted() else Exit.NOT_POSSIBLE,
                )
            count = units.format_count(len(workers), "worker")
            click.echo(f"found {count}; hosts that are new build the Go programs first", err=True)
            fleet = Fleet(cluster, settings, warn, known)
            fleet.assemble(interrupted)
        yield fleet


def _describe(host: Host) -> list[Diagnosis]:
    runners = [Diagnosis(f"runner {runner.key}", runner.summary) for runner in host.runners]
    missing: dict[str, list[str]] = {}
    for model, reason in host.missing.items():
        missing.setdefault(reason, []).append(model)
    return [
        *runners,
        *(Diagnosis(", ".join(models), "missing", why) for why, models in missing.items()),
    ]


def _check_place(scheduler: str | None, resumed: Run | None) -> None:
    if resumed is None or bool(scheduler) == bool(resumed.hosts):
        return
    if scheduler:
        raise Problem(
            f"{resumed.id} was measured on one machine and goes on there; resume it without"
            " --scheduler, or start a new run"
        )
    names = ", ".join(host.id for host in resumed.hosts)
    raise Problem(
        f"{resumed.id} was measured on a fleet ({names}); resume it with --scheduler ADDRESS"
    )


def _tell_changed_hosts(fleet: Fleet, resumed: Run) -> None:
    there = set(fleet.roster.usable.values())
    before = {host.id for host in resumed.hosts}
    if gone := sorted(before - there):
        warn(f"hosts of {resumed.id} that are not there: {', '.join(gone)}")
    if added := sorted(there - before):
        warn(f"hosts that are new in {resumed.id}: {', '.join(added)}")
