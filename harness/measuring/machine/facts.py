"""Properties of this machine. Only reads; changes nothing."""

from __future__ import annotations

import os
import platform
import subprocess
from pathlib import Path

import psutil

from harness.results.records import Machine


def describe_machine() -> Machine:
    """Describe this machine."""
    return Machine(
        host=platform.node() or "unknown",
        system=f"{platform.system()} {platform.release()}",
        cpu=_cpu_name(),
        logical_cores=psutil.cpu_count() or 1,
        memory_bytes=psutil.virtual_memory().total,
        load_1min=round(os.getloadavg()[0], 2),
        virtualisation=_virtualisation(),
    )


def _cpu_name() -> str:
    for line in read_text(Path("/proc/cpuinfo")).splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _virtualisation() -> str | None:
    try:
        done = subprocess.run(
            ["systemd-detect-virt"], capture_output=True, text=True, timeout=5, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return "yes" if "hypervisor" in read_text(Path("/proc/cpuinfo")).split() else None
    return done.stdout.strip() or None


def read_text(path: Path) -> str:
    """Return the stripped text of a file; empty if it cannot be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
