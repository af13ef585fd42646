"""What this process may use of the machine: processors, and CPU time by quota. Only reads."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.measuring.machine.kernel_files import KernelFiles

NO_QUOTA = float("inf")


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


def _parse_pairs(pairs: Iterable[tuple[str, str, str]]) -> list[float]:
    """Return quota / period of each pair; `max` (version 2) and -1 (version 1) mean none."""
    found = []
    for quota, _, period in pairs:
        if quota in ("max", "-1"):
            found.append(NO_QUOTA)
        elif quota.isdigit() and period.isdigit() and int(period):
            found.append(int(quota) / int(period))
    return found
