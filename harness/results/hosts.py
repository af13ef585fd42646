"""Hosts of a run by kind: equal ones have the same processor, kernel and toolchains. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.results.records import Host


@dataclass(frozen=True)
class HostClass:
    """Hosts of one kind."""

    label: str  # "A", "B" in a run with several
    hosts: tuple[Host, ...]

    @property
    def ids(self) -> frozenset[str]:
        """The ids of its hosts."""
        return frozenset(host.id for host in self.hosts)


def classify(hosts: Iterable[Host]) -> list[HostClass]:
    """Return the classes, the one with the most hosts first, which is the lead; then as seen."""
    by_kind: dict[tuple[tuple[str, str], ...], list[Host]] = {}
    for host in hosts:
        by_kind.setdefault(host.kind, []).append(host)
    largest_first = sorted(by_kind.values(), key=len, reverse=True)
    return [
        HostClass(_label(position), tuple(found)) for position, found in enumerate(largest_first)
    ]


def lead_ids(hosts: Iterable[Host]) -> frozenset[str]:
    """Return the ids of the hosts whose trials are the results of a run; empty without hosts.

    Machines of different kinds are never pooled.
    """
    classes = classify(hosts)
    return classes[0].ids if classes else frozenset()


def kinds(hosts: Iterable[Host]) -> dict[str, str]:
    """Return Host.id -> the id of the first host of its class, which stays as more come."""
    return {host.id: one.hosts[0].id for one in classify(hosts) for host in one.hosts}


def list_differences(one: HostClass, other: HostClass) -> list[str]:
    """Return the properties in which two classes differ: `processor`, `kernel`."""
    mine, theirs = dict(one.hosts[0].kind), dict(other.hosts[0].kind)
    return [name for name in {**mine, **theirs} if mine.get(name) != theirs.get(name)]


def _label(position: int) -> str:
    letter = chr(ord("A") + position % 26)
    return letter * (position // 26 + 1)
