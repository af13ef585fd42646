"""What this process may use of the machine: processors, and CPU time by quota. Only reads."""

from __future__ import annotations

import math
import os
import resource
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.measuring.machine.kernel_files import KernelFiles

NO_QUOTA = float("inf")
MANY_TASKS = 16_384  # processes and threads: a sweep has up to ten thousand


def read_allowed_cores() -> tuple[int, ...]:
    """Return the processors that this process may run on; empty if the system does not tell."""
    try:
        return tuple(sorted(os.sched_getaffinity(0)))
    except (AttributeError, OSError):
        return ()


def read_cpu_quota(files: KernelFiles) -> float | None:
    """Return the smallest CPU quota of all cgroups of this process, in cores; None if unknown."""
    quotas = [
        *_parse_pairs(text.partition(" ") for text in files.read_cgroup("cpu", "cpu.max")),
        *_parse_pairs(
            (quota, "", period)
            for quota, period in zip(
                files.read_cgroup("cpu", "", "cpu.cfs_quota_us"),
                files.read_cgroup("cpu", "", "cpu.cfs_period_us"),
                strict=False,
            )
        ),
    ]
    return min(quotas, default=None)


def raise_open_files(needed: int) -> float:
    """Let this process and its children have so many files open, or as many as it can.

    Returns the limit.
    """
    soft, hard = (
        math.inf if limit == resource.RLIM_INFINITY else limit
        for limit in resource.getrlimit(resource.RLIMIT_NOFILE)
    )
    if soft >= min(needed, hard):
        return soft
    # Not to the hard limit: some systems report an infinite one and accept only smaller numbers.
    raised = int(min(needed, hard))
    _, number = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (raised, number))
    except (ValueError, OSError):  # more than the system allows, whatever the hard limit says
        return soft
    return raised


def count_open_files() -> int:
    """Return how many files this process has open; 0 if the system does not tell."""
    try:
        return len(os.listdir("/dev/fd"))  # noqa: PTH208 - shorter than iterating
    except OSError:
        return 0


def read_pid_limits(files: KernelFiles) -> list[int]:
    """Return how many processes and threads each cgroup of this process may have, if limited."""
    texts = files.read_cgroup("pids", "pids.max")
    return [int(text) for text in texts if text.isdigit()]


def _parse_pairs(pairs: Iterable[tuple[str, str, str]]) -> list[float]:
    """Return quota / period of each pair; `max` (version 2) and -1 (version 1) mean none."""
    found = []
    for quota, _, period in pairs:
        if quota in ("max", "-1"):
            found.append(NO_QUOTA)
        elif quota.isdigit() and period.isdigit() and int(period):
            found.append(int(quota) / int(period))
    return found
