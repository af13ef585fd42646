"""A fixed piece of work, to see whether the machine itself becomes slower or faster over a run."""

from __future__ import annotations

import time
from typing import NamedTuple

# Some 5 ms on a machine of 2025. Never change it, nor the loop below: a run that is gone on with
# by a later version would seem to be on another machine.
_ROUNDS = 50_000
_TO_WARM_UP = 10_000  # a processor that was idle, and a loop that is not specialised yet, are slow


class Spin(NamedTuple):
    """How long the piece of work took, in nanoseconds."""

    wall_ns: int
    cpu_ns: int  # less than `wall_ns` where it waited for the processor


def spin() -> Spin:
    """Do the work once, in this process.

    A plain loop of the interpreter: what memory, disk or a library do is not in it, only how fast
    this process gets on, be it for the clock speed, for heat or for its neighbours.
    """
    _work(_TO_WARM_UP)
    cpu, wall = time.process_time_ns(), time.perf_counter_ns()
    _work(_ROUNDS)
    return Spin(time.perf_counter_ns() - wall, time.process_time_ns() - cpu)


def _work(rounds: int) -> None:
    value = 1
    for _ in range(rounds):
        value = (value * 1_103_515_245 + 12_345) & 0x7FFFFFFF
