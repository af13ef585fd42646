"""Which workers are hosts of a run, and by which names. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import structs

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from harness.measuring.fleet.messages import Described
    from harness.results.records import Host


class Roster:
    """The hosts that are there, those that were, and the workers that cannot measure."""

    def __init__(self, known: Iterable[Host] = (), *, beside: bool = False) -> None:
        """Take in the hosts of earlier sessions. With `beside`, a machine may be several hosts."""
        self.hosts: list[Host] = list(known)
        self.refused: dict[str, str] = {}  # worker -> why
        self._beside = beside
        self._expected: set[str] = set()  # workers that were asked to describe themselves
        self._names: dict[str, str] = {}  # worker -> Host.id, also of workers that are gone
        self._boots: dict[str, str] = {}  # worker that is there -> machine

    @property
    def usable(self) -> Mapping[str, str]:
        """Worker -> Host.id of those that are there and measure."""
        return {worker: self._names[worker] for worker in self._boots}

    def knows(self, worker: str) -> bool:
        """Return whether a worker is there, as far as it is known."""
        return worker in self._boots or worker in self._expected

    def name(self, worker: str) -> str:
        """Return the id of the host that a worker is or was, or its address."""
        return self._names.get(worker, worker)

    def find_new(self, workers: Iterable[str]) -> list[str]:
        """Return the workers that have not been seen."""
        known = self._boots.keys() | self._expected | self.refused.keys()
        return sorted(set(workers) - known)

    def find_gone(self, workers: Iterable[str]) -> list[str]:
        """Return the workers that are no longer there."""
        return sorted((self._boots.keys() | self._expected | self.refused.keys()) - set(workers))

    def expect(self, worker: str) -> None:
        """Note that a worker was asked to describe itself."""
        self._expected.add(worker)

    def remove(self, worker: str) -> str:
        """Forget a worker that is gone; returns the id of its host if it was one."""
        self.refused.pop(worker, None)
        self._expected.discard(worker)
        return self.name(worker) if self._boots.pop(worker, None) is not None else ""

    def refuse(self, worker: str, reason: str) -> None:
        """Give a worker nothing more to do as long as it is there."""
        self._expected.discard(worker)
        self._boots.pop(worker, None)
        self.refused[worker] = reason

    def enrol(self, worker: str, described: Described) -> tuple[Host | None, str]:
        """Make a worker a host. Returns it, or None and why it cannot be one."""
        host = described.host
        reason = self._find_obstacle(host, described.boot)
        if reason:
            self.refuse(worker, f"{host.id}: {reason}")
            return None, reason
        self._expected.discard(worker)
        host = self._find_same(host) or self._add(host)
        self._names[worker] = host.id
        self._boots[worker] = described.boot
        return host, ""

    def _find_obstacle(self, host: Host, boot: str) -> str:
        if boot in self._boots.values() and not self._beside:
            return (
                "another worker measures on the same machine; start one for each machine, or"
                " measure anyway with --beside, which marks the run"
            )
        for other in self.hosts:
            if _builds_with(other) == _builds_with(host) and _programs(other) != _programs(host):
                return (
                    f"the same Go has built other programs from the same sources than on {other.id}"
                )
        return ""

    def _find_same(self, host: Host) -> Host | None:
        """Return the host that this one is, if it is not there: a worker that has come back."""
        there = set(self.usable.values())
        for known in self.hosts:
            if known.id not in there and _base(known) == _base(host) and known.kind == host.kind:
                return known
        return None

    def _add(self, host: Host) -> Host:
        ids = {known.id for known in self.hosts}
        names = (host.id, *(f"{host.id}-{number}" for number in range(2, len(ids) + 3)))
        host = structs.replace(host, id=next(name for name in names if name not in ids))
        self.hosts.append(host)
        return host


def _base(host: Host) -> str:
    """Return the name of the machine, which does not tell workers on one machine apart."""
    return host.machine.host


def _builds_with(host: Host) -> tuple[object, ...]:
    go = next((runner for runner in host.runners if runner.name == "go"), None)
    return () if go is None else (go.version, go.facts.get("arch"), go.facts.get("os"))


def _programs(host: Host) -> dict[str, str]:
    return {name: digest for name, digest in host.builds.items() if name.startswith("go/")}
