"""What machine this is, and what on it disturbs measuring. Reads only; changes nothing."""

from __future__ import annotations

import os
import platform
import resource
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import psutil

from harness.records import Machine

_FEW_FILES = 4_096
_STEAL_NOTED = 0.02  # of the machine's time during a trial
_STEAL_TICK_S = 0.01  # the kernel counts in ticks; one of them says nothing
_LOAD_NOTED = 1.0  # our own child counts for one
_CPU = Path("/sys/devices/system/cpu")


def machine() -> Machine:
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
    for line in _read(Path("/proc/cpuinfo")).splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _virtualisation() -> str | None:
    try:
        done = subprocess.run(
            ["systemd-detect-virt"], capture_output=True, text=True, timeout=5, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return "yes" if "hypervisor" in _read(Path("/proc/cpuinfo")).split() else None
    return done.stdout.strip() or None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


@dataclass(frozen=True)
class Weather:
    """What the machine has done besides our work, counted since it started; None: not known."""

    steal_s: float | None  # processor time that a hypervisor gave to others
    throttled_s: float | None  # time that a cgroup's quota held its processes back
    load_1min: float

    @classmethod
    def now(cls) -> Weather:
        """Read the counters; two small files and one call."""
        return cls(
            steal_s=getattr(psutil.cpu_times(), "steal", None),
            throttled_s=_throttled_s(),
            load_1min=os.getloadavg()[0],
        )

    def since(self, before: Weather, wall_s: float, cores: int) -> tuple[str, ...]:
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
    for line in _read(Path("/sys/fs/cgroup/cpu.stat")).splitlines():
        name, _, value = line.partition(" ")
        if name == "throttled_usec":
            return int(value) / 1e6
    return None


@dataclass(frozen=True)
class Finding:
    """One thing about the machine; advice where it disturbs measuring, empty where it does not."""

    name: str
    value: str
    advice: str = ""


def findings() -> list[Finding]:
    """Look at what is known to disturb measuring. Unknown is said, not guessed."""
    about = machine()
    return [
        Finding("cpu", f"{about.cpu}, {about.logical_cores} logical cores"),
        Finding("memory", f"{about.memory_bytes / 2**30:.1f} GiB"),
        Finding("system", about.system),
        Finding(
            "virtualisation",
            about.virtualisation or "none found",
            ""
            if about.virtualisation in (None, "none")
            else "neighbours may take the processor; trust ratios more than absolute times",
        ),
        _load(about),
        _governor(),
        _turbo(),
        _huge_pages(),
        _quota(),
        Finding(
            "clock source",
            _read(_CPU.parent / "clocksource/clocksource0/current_clocksource") or "unknown",
        ),
        _open_files(),
        Finding("python", f"{sys.version.split()[0]} ({platform.python_implementation()})"),
    ]


def _load(about: Machine) -> Finding:
    load = about.load_1min or 0.0
    busy = load > 0.5 * about.logical_cores
    advice = "something else is running; stop it before measuring" if busy else ""
    return Finding("load", f"{load:.2f} in the last minute", advice)


def _governor() -> Finding:
    governor = _read(_CPU / "cpu0/cpufreq/scaling_governor") or "unknown"
    advice = ""
    if governor not in ("performance", "unknown"):
        advice = "the clock speed follows the load; `performance` is steadier"
    return Finding("governor", governor, advice)


def _turbo() -> Finding:
    no_turbo, boost = _read(_CPU / "intel_pstate/no_turbo"), _read(_CPU / "cpufreq/boost")
    if not no_turbo and not boost:
        return Finding("turbo", "unknown")
    on = no_turbo == "0" or boost == "1"
    advice = "the clock speed depends on heat; switch it off for steadier figures" if on else ""
    return Finding("turbo", "on" if on else "off", advice)


def _huge_pages() -> Finding:
    text = _read(Path("/sys/kernel/mm/transparent_hugepage/enabled"))
    mode = text.partition("[")[2].partition("]")[0] or "unknown"
    advice = "a parked thread may then hold 2 MiB, not 16 KiB" if mode == "always" else ""
    return Finding("transparent huge pages", mode, advice)


def _quota() -> Finding:
    quota, _, period = _read(Path("/sys/fs/cgroup/cpu.max")).partition(" ")
    if not quota:
        return Finding("cgroup quota", "unknown")
    if quota == "max":
        return Finding("cgroup quota", "none")
    cores = int(quota) / int(period)
    return Finding("cgroup quota", f"{cores:g} cores", "a trial that uses more is throttled")


def _open_files() -> Finding:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return Finding("open files", "no limit")
    few = soft < _FEW_FILES
    return Finding("open files", f"at most {soft:,}", "raise it: ulimit -n 20000" if few else "")
