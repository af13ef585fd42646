"""CPU time that something else took: steal and throttling, in a trial and in a round. Only reads.

The load average is no evidence: it lags by a minute, and contestants raise it themselves.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import psutil

from harness.measuring.machine.kernel_files import KernelFiles

if TYPE_CHECKING:
    from collections.abc import Callable

_STEAL_NOTED = 0.02  # fraction of the CPU time during a trial or a round
_STEAL_TICK_S = 0.01  # the kernel counts in ticks; a single tick is not evidence


@dataclass(frozen=True)
class Interference:
    """Counters of interference since the machine started; None if unknown."""

    steal_s: float | None  # CPU time that the hypervisor gave to other guests
    throttled_s: float | None  # time that cgroup quotas throttled our processes

    @classmethod
    def read(cls) -> Interference:
        """Read the counters: a few small files, in less than a millisecond."""
        times_ns = throttled_times_ns(KernelFiles())
        return cls(
            steal_s=getattr(psutil.cpu_times(), "steal", None),
            throttled_s=sum(times_ns) / 1e9 if times_ns else None,
        )

    def describe_since(self, before: Interference, wall_s: float, cores: int) -> tuple[str, ...]:
        """Describe what took CPU time between `before` and these counters."""
        descriptions = []
        stolen = _increase(before.steal_s, self.steal_s)
        if stolen > _STEAL_NOTED * wall_s * cores and stolen > _STEAL_TICK_S:
            share = 100 * stolen / (wall_s * cores)
            descriptions.append(f"{share:.0f}% of the CPU time was given to other guests (steal)")
        throttled = _increase(before.throttled_s, self.throttled_s)
        if throttled > 0:
            descriptions.append(f"throttled for {throttled * 1e3:.0f} ms by a cgroup quota")
        return tuple(descriptions)


def _increase(before: float | None, now: float | None) -> float:
    return 0.0 if before is None or now is None else max(0.0, now - before)


def throttled_times_ns(files: KernelFiles) -> list[int]:
    """Return how long each cgroup of this process was throttled by its own quota, in ns.

    A quota of a parent throttles the process too, so the parents are included. cgroup version 1
    counts `throttled_time` in ns, version 2 `throttled_usec` in µs (the kernel's sched-bwc.rst and
    cgroup-v2.rst). Empty if nothing can be read.
    """
    return [
        int(value) * (1_000 if name == "throttled_usec" else 1)
        for text in files.read_cgroup("cpu", "cpu.stat")
        for name, _, value in (line.partition(" ") for line in text.splitlines())
        if name in ("throttled_usec", "throttled_time")
    ]


@dataclass
class RoundWatch:
    """Notes during which rounds of a block steal or throttling took CPU time.

    Call `begin` before the first sample of each round and `end` after its last one.
    """

    read: Callable[[], Interference] = Interference.read
    clock: Callable[[], float] = time.perf_counter
    cores: int = field(default_factory=lambda: os.cpu_count() or 1)
    disturbed: tuple[int, ...] = ()  # rounds, counted from 0; for `Trial.disturbed_rounds`
    _count: int = 0
    _before: Interference = Interference(None, None)
    _began_s: float = 0.0

    def begin(self) -> None:
        """Note the counters before a round."""
        self._before, self._began_s = self.read(), self.clock()

    def end(self) -> bool:
        """Return whether the round that began last was disturbed."""
        wall_s = self.clock() - self._began_s
        is_disturbed = bool(self.read().describe_since(self._before, wall_s, self.cores))
        if is_disturbed:
            self.disturbed += (self._count,)
        self._count += 1
        return is_disturbed
