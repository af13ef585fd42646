"""Report what on this machine disturbs measuring, with advice. Only reads; changes nothing.

Unknown values are reported as unknown, never guessed: without /proc and /sys that is most of them.
All kernel files are read below a root folder, so that tests can provide their own.
"""

from __future__ import annotations

import os
import platform
import resource
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

from harness import units
from harness.measuring.machine.essentials import diagnose_essentials
from harness.measuring.machine.facts import describe_machine
from harness.measuring.machine.interference import throttled_times_ns
from harness.measuring.machine.kernel_files import KernelFiles
from harness.measuring.machine.limits import (
    MANY_TASKS,
    NO_QUOTA,
    read_cpu_quota,
    read_pid_limits,
)
from harness.measuring.toolchains import UNKNOWN, check_build, check_gil, check_go, check_jit
from harness.results.records import Diagnosis

if TYPE_CHECKING:
    from harness.results.records import Machine

_MIN_OPEN_FILES = 4_096
_BUSY = 0.5  # load per core
_STEAL_NOTED = 0.005  # fraction of the CPU time since the machine started
_USUAL_SLACK_NS = 50_000
_LONG_WAKE_US = 10  # about as long as sending a message over the loopback
_FAST_CLOCKS = ("tsc", "arch_sys_counter")  # read without a system call or the hypervisor
_CPU = "sys/devices/system/cpu"


def diagnose(root: Path = Path("/")) -> list[Diagnosis]:
    """Check everything known to disturb measuring. `root` contains the kernel's files."""
    about = describe_machine()
    files = KernelFiles(root)
    return [
        Diagnosis("cpu", f"{about.cpu}, {about.logical_cores} logical cores"),
        _affinity(about),
        Diagnosis("memory", f"{about.memory_bytes / 2**30:.1f} GiB"),
        Diagnosis("system", about.system),
        Diagnosis(
            "virtualisation",
            about.virtualisation or "none found",
            "other guests may take CPU time; trust ratios more than absolute times"
            if _is_virtual(about)
            else "",
        ),
        _load(about),
        _steal(files),
        _governor(files),
        _turbo(files),
        _smt(files),
        _sleep(files, about),
        _huge_pages(files),
        _quota(files),
        _throttled(files),
        _clock(files),
        _slack(files),
        _open_files(),
        _processes(),
        _pids(files),
        *diagnose_essentials(),
        Diagnosis("python", f"{sys.version.split()[0]} ({platform.python_implementation()})"),
        check_build(sysconfig.get_config_vars()),
        check_gil(sysconfig.get_config_vars()),
        check_jit(sysconfig.get_config_vars()),
        check_go(about),
    ]


def _is_virtual(about: Machine) -> bool:
    return about.virtualisation not in (None, "none")


def _affinity(about: Machine) -> Diagnosis:
    try:
        allowed = len(os.sched_getaffinity(0))
    except (AttributeError, OSError):
        return Diagnosis("cores allowed", UNKNOWN)
    fewer = allowed < about.logical_cores
    advice = (
        "this process may use only some of the cores; parallel models have fewer than shown above"
    )
    return Diagnosis("cores allowed", str(allowed), advice if fewer else "")


def _load(about: Machine) -> Diagnosis:
    load = about.load_1min or 0.0
    busy = load > _BUSY * about.logical_cores
    advice = "other programs are running; stop them before measuring" if busy else ""
    return Diagnosis("load", f"{load:.2f} in the last minute", advice)


def _steal(files: KernelFiles) -> Diagnosis:
    """Return the share of CPU time that the hypervisor gave to other guests: proc_stat(5)."""
    name, *ticks = (files.read("proc/stat").splitlines() or [""])[0].split() or [""]
    if name != "cpu" or len(ticks) < 8:  # noqa: PLR2004 - user, nice, ..., softirq, steal
        return Diagnosis("steal", UNKNOWN)
    counts = [int(tick) for tick in ticks[:8]]  # later fields are already included in `user`
    share = counts[7] / max(1, sum(counts))
    advice = "other guests sometimes take CPU time; measure at a quiet time or on another machine"
    return Diagnosis(
        "steal", f"{100 * share:.2f}% since boot", advice if share > _STEAL_NOTED else ""
    )


def _governor(files: KernelFiles) -> Diagnosis:
    governors = sorted(set(files.read_all(f"{_CPU}/cpu*/cpufreq/scaling_governor")))
    advice = ""
    if governors and governors != ["performance"]:
        advice = "the clock speed follows the load; use `performance` for steadier results"
    return Diagnosis("governor", ", ".join(governors) or UNKNOWN, advice)


def _turbo(files: KernelFiles) -> Diagnosis:
    no_turbo, boost = (
        files.read(f"{_CPU}/{file}") for file in ("intel_pstate/no_turbo", "cpufreq/boost")
    )
    if not no_turbo and not boost:
        return Diagnosis("turbo", UNKNOWN)
    on = no_turbo == "0" or boost == "1"
    advice = (
        "the clock speed depends on temperature; switch turbo off for steadier results"
        if on
        else ""
    )
    return Diagnosis("turbo", "on" if on else "off", advice)


def _smt(files: KernelFiles) -> Diagnosis:
    value = {"1": "on", "0": "off"}.get(files.read(f"{_CPU}/smt/active"), UNKNOWN)
    advice = (
        "two logical cores share one physical core; parallel models speed up less than the count"
    )
    return Diagnosis("SMT", value, advice if value == "on" else "")


def _sleep(files: KernelFiles, about: Machine) -> Diagnosis:
    """Return the sleep states of an idle core and the time to wake up from the deepest one."""
    names = [name for name in files.read_all(f"{_CPU}/cpu0/cpuidle/state*/name") if name != "POLL"]
    wake_us = [int(text) for text in files.read_all(f"{_CPU}/cpu0/cpuidle/state*/latency")]
    if not names or not wake_us:
        return Diagnosis("sleep states", UNKNOWN)
    advice = ""
    if _is_virtual(about) or max(wake_us) > _LONG_WAKE_US:
        advice = (
            "if cores idle between messages (echo and http with few connections), waking them is"
            " part of the measured time"
        )
    return Diagnosis("sleep states", f"{', '.join(names)} ({max(wake_us)} µs to wake)", advice)


def _huge_pages(files: KernelFiles) -> Diagnosis:
    text = files.read("sys/kernel/mm/transparent_hugepage/enabled")
    mode = text.partition("[")[2].partition("]")[0] or UNKNOWN
    advice = "a parked thread may take 2 MiB instead of 16 KiB" if mode == "always" else ""
    return Diagnosis("transparent huge pages", mode, advice)


def _quota(files: KernelFiles) -> Diagnosis:
    cores = read_cpu_quota(files)
    if cores is None:
        return Diagnosis("cgroup quota", UNKNOWN)
    if cores == NO_QUOTA:
        return Diagnosis("cgroup quota", "none")
    return Diagnosis("cgroup quota", f"{cores:g} cores", "trials that use more are throttled")


def _throttled(files: KernelFiles) -> Diagnosis:
    times_ns = throttled_times_ns(files)
    if not times_ns:
        return Diagnosis("throttled so far", UNKNOWN)
    longest_ns = max(times_ns)
    advice = (
        "a cgroup quota has throttled processes; raise it, or use fewer cores" if longest_ns else ""
    )
    return Diagnosis(
        "throttled so far", units.format_time(longest_ns) if longest_ns else "never", advice
    )


def _clock(files: KernelFiles) -> Diagnosis:
    source = files.read("sys/devices/system/clocksource/clocksource0/current_clocksource")
    slow = source not in ("", *_FAST_CLOCKS)
    advice = "reading the time may be slow; tsc is faster, if the kernel considers it reliable here"
    return Diagnosis("clock source", source or UNKNOWN, advice if slow else "")


def _slack(files: KernelFiles) -> Diagnosis:
    text = files.read("proc/self/timerslack_ns")
    if not text.isdigit():
        return Diagnosis("timer slack", UNKNOWN)
    slack = int(text)
    advice = "sleeps may end late by this much; start from a shell with the usual 50 µs"
    return Diagnosis(
        "timer slack", units.format_time(slack), advice if slack > _USUAL_SLACK_NS else ""
    )


def _open_files() -> Diagnosis:
    return _resource_limit(
        "open files", resource.RLIMIT_NOFILE, _MIN_OPEN_FILES, "raise it: ulimit -n 20000"
    )


def _processes() -> Diagnosis:
    number = getattr(resource, "RLIMIT_NPROC", None)
    if number is None:
        return Diagnosis("processes and threads", UNKNOWN)
    return _resource_limit("processes and threads", number, MANY_TASKS, "raise it: ulimit -u 32768")


def _resource_limit(name: str, number: int, wanted: int, advice: str) -> Diagnosis:
    soft, _ = resource.getrlimit(number)
    if soft == resource.RLIM_INFINITY:
        return Diagnosis(name, "no limit")
    return Diagnosis(name, f"at most {soft:,}", advice if soft < wanted else "")


def _pids(files: KernelFiles) -> Diagnosis:
    limits = read_pid_limits(files)
    if not limits:
        is_known = any(files.read_cgroup("pids", "pids.max"))
        return Diagnosis("cgroup processes and threads", "no limit" if is_known else UNKNOWN)
    lowest = min(limits)
    advice = "large cases of threads and processes will fail; raise pids.max (--pids-limit)"
    return Diagnosis(
        "cgroup processes and threads",
        f"at most {lowest:,}",
        advice if lowest < MANY_TASKS else "",
    )
