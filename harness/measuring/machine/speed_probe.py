"""The speed probe: fixed work that shows whether the machine gets slower or faster over a run."""

from __future__ import annotations

import time
from typing import NamedTuple

# About 5 ms on a machine of 2025. Never change it, nor the loop below: a run that is resumed by a
# later version would seem to be on another machine.
_ROUNDS = 50_000
_WARMUP_ROUNDS = 10_000  # an idle processor is slow, and so is a loop before it is specialised


class SpeedProbe(NamedTuple):
    """How long the work took, in nanoseconds."""

    wall_ns: int
    cpu_ns: int  # less than `wall_ns` where it waited for the processor


def run_probe() -> SpeedProbe:
    """Do the work once, in this process.

    It is a plain loop of the interpreter, so memory, disk and libraries play no part: only how fast
    this process runs, with the clock speed, the heat and the neighbours of this moment.
    """
    _work(_WARMUP_ROUNDS)
    cpu, wall = time.process_time_ns(), time.perf_counter_ns()
    _work(_ROUNDS)
    return SpeedProbe(time.perf_counter_ns() - wall, time.process_time_ns() - cpu)


def _work(rounds: int) -> None:
    value = 1
    for _ in range(rounds):
        value = (value * 1_103_515_245 + 12_345) & 0x7FFFFFFF
