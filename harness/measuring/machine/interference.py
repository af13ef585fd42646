"""What the machine does beside our work: steal, throttling, load. Reads only."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import psutil

from harness.measuring.machine.facts import read_text

_STEAL_NOTED = 0.02  # of the machine's time during a trial
_STEAL_TICK_S = 0.01  # the kernel counts in ticks; one of them says nothing
_LOAD_NOTED = 1.0  # our own child counts for one


@dataclass(frozen=True)
class Interference:
    """What the machine has done besides our work, counted since it started; None: not known."""

    steal_s: float | None  # processor time that a hypervisor gave to others
    throttled_s: float | None  # time that a cgroup's quota held its processes back
    load_1min: float

    @classmethod
    def now(cls) -> Interference:
        """Read the counters; two small files and one call."""
        return cls(
            steal_s=getattr(psutil.cpu_times(), "steal", None),
            throttled_s=_throttled_s(),
            load_1min=os.getloadavg()[0],
        )

    def since(self, before: Interference, wall_s: float, cores: int) -> tuple[str, ...]:
        """Return in words what disturbed a trial between `before` and now."""
        found = []
        stolen = _grown(before.steal_s, self.steal_s)
        if stolen > _STEAL_NOTED * wall_s * cores and stolen > _STEAL_TICK_S:
            share = 100 * stolen / (wall_s * cores)
            found.append(f"{share:.0f}% of the processor was given to others (steal)")
        throttled = _grown(before.throttled_s, self.throttled_s)
        if throttled > 0:
            found.append(f"held back for {throttled * 1e3:.0f} ms by a cgroup quota")
        if before.load_1min > cores + _LOAD_NOTED:
            found.append(f"load {before.load_1min:.1f} before it began")
        return tuple(found)


def _grown(before: float | None, now: float | None) -> float:
    return 0.0 if before is None or now is None else max(0.0, now - before)


def _throttled_s() -> float | None:
    for line in read_text(Path("/sys/fs/cgroup/cpu.stat")).splitlines():
        name, _, value = line.partition(" ")
        if name == "throttled_usec":
            return int(value) / 1e6
    return None
