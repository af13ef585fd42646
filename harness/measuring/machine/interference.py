"""Interference by other work on the machine: steal, throttling, load. Only reads."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import psutil

from harness.measuring.machine.facts import read_text

_STEAL_NOTED = 0.02  # fraction of the CPU time during a trial
_STEAL_TICK_S = 0.01  # the kernel counts in ticks; a single tick is not evidence
_LOAD_NOTED = 1.0  # our own child contributes one


@dataclass(frozen=True)
class Interference:
    """Counters of interference since the machine started; None if unknown."""

    steal_s: float | None  # CPU time that the hypervisor gave to other guests
    throttled_s: float | None  # time that a cgroup quota throttled our processes
    load_1min: float

    @classmethod
    def read(cls) -> Interference:
        """Read the counters: two small files and one system call."""
        return cls(
            steal_s=getattr(psutil.cpu_times(), "steal", None),
            throttled_s=_throttled_s(),
            load_1min=os.getloadavg()[0],
        )

    def describe_since(self, before: Interference, wall_s: float, cores: int) -> tuple[str, ...]:
        """Describe what disturbed a trial between `before` and these counters."""
        descriptions = []
        stolen = _increase(before.steal_s, self.steal_s)
        if stolen > _STEAL_NOTED * wall_s * cores and stolen > _STEAL_TICK_S:
            share = 100 * stolen / (wall_s * cores)
            descriptions.append(f"{share:.0f}% of the CPU time was given to other guests (steal)")
        throttled = _increase(before.throttled_s, self.throttled_s)
        if throttled > 0:
            descriptions.append(f"throttled for {throttled * 1e3:.0f} ms by a cgroup quota")
        if before.load_1min > cores + _LOAD_NOTED:
            descriptions.append(f"load {before.load_1min:.1f} before the trial")
        return tuple(descriptions)


def _increase(before: float | None, now: float | None) -> float:
    return 0.0 if before is None or now is None else max(0.0, now - before)


def _throttled_s() -> float | None:
    for line in read_text(Path("/sys/fs/cgroup/cpu.stat")).splitlines():
        name, _, value = line.partition(" ")
        if name == "throttled_usec":
            return int(value) / 1e6
    return None
