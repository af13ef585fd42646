"""Read monotonic time, and the CPU time of this process and its descendants, in nanoseconds."""

from __future__ import annotations

import os
import sys
import time

now_ns = time.perf_counter_ns

_TICK_NS = 1_000_000_000 // os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 0


def cpu_ns() -> int | None:
    """Return the CPU time, user and system, that this process and its descendants have used.

    Returns None if there are descendants whose time cannot be read (outside Linux): unknown is
    not zero.
    """
    own = time.process_time_ns()
    if sys.platform != "linux":
        import multiprocessing

        return None if multiprocessing.active_children() else own
    times = os.times()
    reaped = int((times.children_user + times.children_system) * 1e9)
    return own + reaped + sum(_process_cpu_ns(pid) for pid in descendants(os.getpid()))


def descendants(pid: int) -> list[int]:
    """Return the ids of the processes below `pid`, without those that end in the meantime."""
    found: list[int] = []
    queue = [pid]
    while queue:
        for child in _children(queue.pop()):
            found.append(child)
            queue.append(child)
    return found


def _children(pid: int) -> list[int]:
    children: list[int] = []
    if pid == os.getpid() and not _has_children():
        return children  # a process may have thousands of threads to ask
    try:
        # The kernel lists children by the thread that started them.
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children", "rb") as file:
                children += map(int, file.read().split())
    except OSError:
        pass
    return children


def _has_children() -> bool:
    """Return whether this process has children, of any of its threads."""
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def _process_cpu_ns(pid: int) -> int:
    """Return the CPU time of another process and of the children it has waited for."""
    try:
        # clock_getcpuclockid(3) builds the clock id of a process this way. This clock counts
        # nanoseconds; /proc/PID/stat counts ticks of 10 ms.
        own = time.clock_gettime_ns((~pid << 3) | 2)
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields_after_name = file.read().rpartition(b")")[2].split()
    except OSError:
        return 0
    # cutime and cstime: proc_pid_stat(5)
    reaped_ticks = int(fields_after_name[13]) + int(fields_after_name[14])
    return own + reaped_ticks * _TICK_NS
