"""Properties of this machine. Only reads; changes nothing."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

import psutil

from harness.measuring.machine.kernel_files import KernelFiles
from harness.measuring.machine.limits import NO_QUOTA, read_allowed_cores, read_cpu_quota
from harness.results.records import Machine


def describe_machine() -> Machine:
    """Describe this machine, and what this process may use of it."""
    quota = read_cpu_quota(KernelFiles())
    return Machine(
        host=platform.node() or "unknown",
        system=f"{platform.system()} {platform.release()}",
        cpu=_cpu_name(),
        logical_cores=psutil.cpu_count() or 1,
        memory_bytes=psutil.virtual_memory().total,
        load_1min=round(os.getloadavg()[0], 2),
        virtualisation=_virtualisation(),
        allowed_cores=read_allowed_cores(),
        cpu_quota=None if quota is None or quota == NO_QUOTA else round(quota, 3),
    )


def _cpu_name() -> str:
    for line in read_text(Path("/proc/cpuinfo")).splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    on_macos = _ask("sysctl", "-n", "machdep.cpu.brand_string") if sys.platform == "darwin" else ""
    return on_macos or platform.processor() or platform.machine()


def _virtualisation() -> str | None:
    said = _ask("systemd-detect-virt")
    if said is None:
        return "yes" if "hypervisor" in read_text(Path("/proc/cpuinfo")).split() else None
    return said or None


def _ask(*command: str) -> str | None:
    """Return what a command of the system prints; None if it cannot be run."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=5, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip()


def read_text(path: Path) -> str:
    """Return the stripped text of a file; empty if it cannot be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
