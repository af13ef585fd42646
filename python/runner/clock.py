"""Clocks: monotonic time, and CPU time of this process and its descendants; in nanoseconds."""

from __future__ import annotations

import os
import sys
import time

now_ns = time.perf_counter_ns

_TICK_NS = 1_000_000_000 // os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 0


def cpu_ns() -> int | None:
    """Return the CPU time, user and system, that this process and its descendants have used.

    None where descendants exist whose time cannot be read (not on Linux): unknown is not zero.
    """
    own = time.process_time_ns()
    if sys.platform != "linux":
        import multiprocessing

        return None if multiprocessing.active_children() else own
    times = os.times()
    reaped = int((times.children_user + times.children_system) * 1e9)
    return own + reaped + sum(_other_ns(pid) for pid in descendants(os.getpid()))


def descendants(pid: int) -> list[int]:
    """Return the process ids below `pid`; processes that end meanwhile are left out."""
    found: list[int] = []
    queue = [pid]
    while queue:
        for child in _children(queue.pop()):
            found.append(child)
            queue.append(child)
    return found


def _children(pid: int) -> list[int]:
    children: list[int] = []
    try:
        # The kernel lists children by the thread that started them.
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children", "rb") as file:
                children += map(int, file.read().split())
    except OSError:
        pass
    return children


def _other_ns(pid: int) -> int:
    """Return the CPU time of another process and of what it has waited for."""
    try:
        # clock_getcpuclockid(3) builds the clock id of a process this way; it counts nanoseconds,
        # where /proc/PID/stat counts ticks of 10 ms.
        alive = time.clock_gettime_ns((~pid << 3) | 2)
        with open(f"/proc/{pid}/stat", "rb") as file:
            after_name = file.read().rpartition(b")")[2].split()
    except OSError:
        return 0
    reaped_ticks = int(after_name[13]) + int(after_name[14])  # cutime, cstime: proc_pid_stat(5)
    return alive + reaped_ticks * _TICK_NS
