"""Split the cores of this machine between a server and its load generator."""

from __future__ import annotations

import contextlib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.measuring.machine.kernel_files import KernelFiles

if TYPE_CHECKING:
    from collections.abc import Iterable

_MANY_CORES = 4  # physical; from this number on, the load generator gets half of them
_SIBLINGS = "sys/devices/system/cpu/cpu*/topology/thread_siblings_list"
_CPU_RANGE = re.compile(r"(\d+)(?:-(\d+))?")


@dataclass(frozen=True)
class Cores:
    """The logical cores of a server and of its load generator; empty: the system decides."""

    server: frozenset[int] = frozenset()
    client: frozenset[int] = frozenset()

    @property
    def spare(self) -> frozenset[int]:
        """Where a server may start while another one does: as many cores; empty if there are none.

        A program that counts its cores finds the same number there.
        """
        return self.client if len(self.client) == len(self.server) else frozenset()


def split_cores(available: frozenset[int], siblings: Iterable[frozenset[int]] = ()) -> Cores:
    """Split logical cores into disjoint sets, by physical cores; empty if there is only one.

    The load generator gets half of the physical cores if there are four or more, otherwise one. A
    physical core is `siblings`, the logical cores that share it, or a logical core without any.
    Programs on one physical core slow each other down, so only a single one is divided.

    With two cores every server has a single one, even if it could use both. Otherwise the load
    generator would take CPU time from some servers and not from others.
    """
    physical = _group(available, siblings)
    if len(physical) == 1:
        physical = [frozenset({core}) for core in sorted(available)]
    if len(physical) < 2:  # noqa: PLR2004
        return Cores()
    size = len(physical) // 2 if len(physical) >= _MANY_CORES else 1
    server, client = physical[:-size], physical[-size:]
    return Cores(frozenset().union(*server), frozenset().union(*client))


def _group(available: frozenset[int], siblings: Iterable[frozenset[int]]) -> list[frozenset[int]]:
    """Return the available logical cores by physical core, in order of their first one."""
    of_core = {core: frozenset({core}) for core in available}
    for together in siblings:
        allowed = together & available
        of_core.update(dict.fromkeys(allowed, allowed))
    return sorted(set(of_core.values()), key=min)


def find_siblings(files: KernelFiles) -> list[frozenset[int]]:
    """Return the logical cores of each physical core, as Linux lists them; empty if unknown."""
    return [_parse_cpu_list(text) for text in files.read_all(_SIBLINGS)]


def _parse_cpu_list(text: str) -> frozenset[int]:
    """Parse a list such as `0-1,8` of sysfs; parts that are not numbers are left out."""
    ranges = filter(None, map(_CPU_RANGE.fullmatch, text.split(",")))
    return frozenset(
        core
        for first, last in (it.groups() for it in ranges)
        for core in range(int(first), int(last or first) + 1)
    )


def split_allowed_cores() -> Cores:
    """Split the cores of this process; empty if the system does not support pinning."""
    if not hasattr(os, "sched_setaffinity"):
        return Cores()
    siblings = find_siblings(KernelFiles())
    return split_cores(frozenset(os.sched_getaffinity(0)), siblings)


def move_processes(processes: Iterable[int], cores: frozenset[int]) -> None:
    """Move processes with all their threads to cores; they keep them, and so does what they start.

    What has ended meanwhile is left out.
    """
    for process in processes:
        with contextlib.suppress(OSError):
            for thread in Path(f"/proc/{process}/task").iterdir():
                with contextlib.suppress(OSError):
                    os.sched_setaffinity(int(thread.name), cores)


def count_server_processors() -> int:
    """Return how many processors a server may use on this machine."""
    return len(split_allowed_cores().server) or os.cpu_count() or 1
