"""The speed probe: fixed work that shows whether the machine's speed changes during a run."""

from __future__ import annotations

import time
from typing import NamedTuple

# About 5 ms on a machine of 2025. Never change this number or the loop below: a run resumed by a
# later version would appear to be on another machine.
_ROUNDS = 50_000
_WARMUP_ROUNDS = 10_000  # an idle CPU is slow, and so is a loop before CPython specialises it


class SpeedProbe(NamedTuple):
    """The duration of the work, in nanoseconds."""

    wall_ns: int
    cpu_ns: int  # less than `wall_ns` if the process had to wait for a CPU


def run_probe() -> SpeedProbe:
    """Run the work once, in this process.

    The work is a plain interpreter loop, so memory, disk and libraries do not matter. It shows only
    how fast this process runs now, given clock speed, temperature and other guests.
    """
    _work(_WARMUP_ROUNDS)
    cpu, wall = time.process_time_ns(), time.perf_counter_ns()
    _work(_ROUNDS)
    return SpeedProbe(time.perf_counter_ns() - wall, time.process_time_ns() - cpu)


def _work(rounds: int) -> None:
    value = 1
    for _ in range(rounds):
        value = (value * 1_103_515_245 + 12_345) & 0x7FFFFFFF
