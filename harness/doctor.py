"""What on this machine disturbs measuring, with advice. Reads only; changes nothing.

Unknown is said, and never guessed: on a system without /proc and /sys most of it is. Every such
file is read below a root folder, so that a test can plant a machine.
"""

from __future__ import annotations

import os
import platform
import re
import resource
import sys
import sysconfig
from pathlib import Path, PurePath, PurePosixPath
from typing import TYPE_CHECKING

from harness import runners, units
from harness.machine import Finding, machine
from harness.protocol import ProtocolError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from harness.records import Machine

UNKNOWN = "unknown"
_FEW_FILES = 4_096
_FEW_PROCESSES = 16_384  # threads count too, and a sweep goes up to ten thousand of them
_BUSY = 0.5  # of the cores
_STEAL_NOTED = 0.005  # of the time since the machine started
_USUAL_SLACK_NS = 50_000
_LONG_WAKING_US = 10  # beside it, a message over the loopback takes about as long
_QUICK_CLOCKS = ("tsc", "arch_sys_counter")  # read without asking the kernel or a hypervisor
_CPU = "sys/devices/system/cpu"


def findings(root: Path = Path("/")) -> list[Finding]:
    """Look at what is known to disturb measuring; below `root` are the files of the kernel."""
    about = machine()
    files = _Files(root)
    return [
        Finding("cpu", f"{about.cpu}, {about.logical_cores} logical cores"),
        _affinity(about),
        Finding("memory", f"{about.memory_bytes / 2**30:.1f} GiB"),
        Finding("system", about.system),
        Finding(
            "virtualisation",
            about.virtualisation or "none found",
            "neighbours may take the processor; trust ratios more than absolute times"
            if _virtual(about)
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
        Finding("python", f"{sys.version.split()[0]} ({platform.python_implementation()})"),
        _build(sysconfig.get_config_vars()),
        _gil(sysconfig.get_config_vars()),
        _jit(sysconfig.get_config_vars()),
        _go(about),
    ]


class _Files:
    """The files of the kernel, below a root folder."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def read(self, path: str | PurePath) -> str:
        """Return what a file holds, without the space around it; empty if it cannot be read."""
        try:
            return (self._root / path).read_text(encoding="utf-8", errors="replace").strip()
        except OSError:
            return ""

    def each(self, pattern: str) -> list[str]:
        """Return what each file of a pattern holds, if anything."""
        found = sorted(self._root.glob(pattern))
        return [text for path in found if (text := self.read(path.relative_to(self._root)))]

    def of_cgroup(self, controller: str, name: str, old_name: str = "") -> Iterator[str]:
        """Yield what a file says in the cgroup of this process, and in each that holds that one.

        `old_name` is the file's name in version 1, where each controller has a tree of its own.
        """
        for line in self.read("proc/self/cgroup").splitlines():
            _, _, of = line.partition(":")
            controllers, _, path = of.partition(":")
            if not controllers:
                tops, file = ["sys/fs/cgroup", "sys/fs/cgroup/unified"], name
            elif controller in controllers.split(","):
                tops, file = [f"sys/fs/cgroup/{controller}"], old_name or name
            else:
                continue
            own = PurePosixPath(path.lstrip("/"))
            for top in tops:
                for folder in (own, *own.parents):
                    if text := self.read(PurePosixPath(top) / folder / file):
                        yield text


def _virtual(about: Machine) -> bool:
    return about.virtualisation not in (None, "none")


def _affinity(about: Machine) -> Finding:
    try:
        allowed = len(os.sched_getaffinity(0))
    except (AttributeError, OSError):
        return Finding("cores allowed", UNKNOWN)
    fewer = allowed < about.logical_cores
    advice = "this process is kept to some of the cores; parallel models have fewer than it seems"
    return Finding("cores allowed", str(allowed), advice if fewer else "")


def _load(about: Machine) -> Finding:
    load = about.load_1min or 0.0
    busy = load > _BUSY * about.logical_cores
    advice = "something else is running; stop it before measuring" if busy else ""
    return Finding("load", f"{load:.2f} in the last minute", advice)


def _steal(files: _Files) -> Finding:
    """Tell the share of the processor's time that a hypervisor gave to others: proc_stat(5)."""
    name, *ticks = (files.read("proc/stat").splitlines() or [""])[0].split() or [""]
    if name != "cpu" or len(ticks) < 8:  # noqa: PLR2004 - user, nice, ..., softirq, steal
        return Finding("steal", UNKNOWN)
    counted = [int(tick) for tick in ticks[:8]]  # what follows is counted in `user` already
    share = counted[7] / max(1, sum(counted))
    advice = "neighbours take the processor now and then; measure when it is quiet, or elsewhere"
    return Finding(
        "steal", f"{100 * share:.2f}% since it started", advice if share > _STEAL_NOTED else ""
    )


def _governor(files: _Files) -> Finding:
    governors = sorted(set(files.each(f"{_CPU}/cpu*/cpufreq/scaling_governor")))
    advice = ""
    if governors and governors != ["performance"]:
        advice = "the clock speed follows the load; `performance` is steadier"
    return Finding("governor", ", ".join(governors) or UNKNOWN, advice)


def _turbo(files: _Files) -> Finding:
    no_turbo, boost = (
        files.read(f"{_CPU}/{file}") for file in ("intel_pstate/no_turbo", "cpufreq/boost")
    )
    if not no_turbo and not boost:
        return Finding("turbo", UNKNOWN)
    on = no_turbo == "0" or boost == "1"
    advice = "the clock speed depends on heat; switch it off for steadier figures" if on else ""
    return Finding("turbo", "on" if on else "off", advice)


def _smt(files: _Files) -> Finding:
    value = {"1": "on", "0": "off"}.get(files.read(f"{_CPU}/smt/active"), UNKNOWN)
    advice = "two logical cores share a real one; parallel models gain less than their number"
    return Finding("SMT", value, advice if value == "on" else "")


def _sleep(files: _Files, about: Machine) -> Finding:
    """Name the states that an idle core falls into, and how long it takes to leave the deepest."""
    names = [name for name in files.each(f"{_CPU}/cpu0/cpuidle/state*/name") if name != "POLL"]
    waking = [int(text) for text in files.each(f"{_CPU}/cpu0/cpuidle/state*/latency")]
    if not names or not waking:
        return Finding("sleep states", UNKNOWN)
    advice = ""
    if _virtual(about) or max(waking) > _LONG_WAKING_US:
        advice = (
            "where cores idle between messages (echo and http at few connections), their waking is"
            " part of what is measured"
        )
    return Finding("sleep states", f"{', '.join(names)} ({max(waking)} µs to wake)", advice)


def _huge_pages(files: _Files) -> Finding:
    text = files.read("sys/kernel/mm/transparent_hugepage/enabled")
    mode = text.partition("[")[2].partition("]")[0] or UNKNOWN
    advice = "a parked thread may then hold 2 MiB, not 16 KiB" if mode == "always" else ""
    return Finding("transparent huge pages", mode, advice)


def _quota(files: _Files) -> Finding:
    """Tell the smallest quota of all the cgroups that this process is in."""
    known, cores = False, float("inf")
    for text in files.of_cgroup("cpu", "cpu.max"):
        quota, _, period = text.partition(" ")
        if quota == "max" or (quota.isdigit() and period.isdigit()):
            known = True
            cores = cores if quota == "max" else min(cores, int(quota) / int(period))
    quotas = files.of_cgroup("cpu", "", "cpu.cfs_quota_us")
    periods = files.of_cgroup("cpu", "", "cpu.cfs_period_us")
    for quota, period in zip(quotas, periods, strict=False):
        known = True
        if int(quota) > 0:  # -1: none
            cores = min(cores, int(quota) / int(period))
    if not known:
        return Finding("cgroup quota", UNKNOWN)
    if cores == float("inf"):
        return Finding("cgroup quota", "none")
    return Finding("cgroup quota", f"{cores:g} cores", "a trial that uses more is throttled")


def _throttled(files: _Files) -> Finding:
    held_ns = [
        int(value) * (1_000 if name == "throttled_usec" else 1)
        for text in files.of_cgroup("cpu", "cpu.stat")
        for name, _, value in (line.partition(" ") for line in text.splitlines())
        if name in ("throttled_usec", "throttled_time")
    ]
    if not held_ns:
        return Finding("throttled so far", UNKNOWN)
    most = max(held_ns)
    advice = "a cgroup quota has held processes back; raise it, or use fewer cores" if most else ""
    return Finding("throttled so far", units.nanoseconds(most) if most else "never", advice)


def _clock(files: _Files) -> Finding:
    source = files.read("sys/devices/system/clocksource/clocksource0/current_clocksource")
    slow = source not in ("", *_QUICK_CLOCKS)
    advice = "reading the time may take long; tsc is quicker, if the kernel trusts it here"
    return Finding("clock source", source or UNKNOWN, advice if slow else "")


def _slack(files: _Files) -> Finding:
    text = files.read("proc/self/timerslack_ns")
    if not text.isdigit():
        return Finding("timer slack", UNKNOWN)
    slack = int(text)
    advice = "sleeps end up to that much late; start from a shell that has the usual 50 µs"
    return Finding(
        "timer slack", units.nanoseconds(slack), advice if slack > _USUAL_SLACK_NS else ""
    )


def _open_files() -> Finding:
    return _limit("open files", resource.RLIMIT_NOFILE, _FEW_FILES, "raise it: ulimit -n 20000")


def _processes() -> Finding:
    number = getattr(resource, "RLIMIT_NPROC", None)
    if number is None:
        return Finding("processes and threads", UNKNOWN)
    return _limit("processes and threads", number, _FEW_PROCESSES, "raise it: ulimit -u 32768")


def _limit(name: str, number: int, few: int, advice: str) -> Finding:
    soft, _ = resource.getrlimit(number)
    if soft == resource.RLIM_INFINITY:
        return Finding(name, "no limit")
    return Finding(name, f"at most {soft:,}", advice if soft < few else "")


def _pids(files: _Files) -> Finding:
    texts = list(files.of_cgroup("pids", "pids.max"))
    limits = [int(text) for text in texts if text.isdigit()]
    if not texts:
        return Finding("cgroup processes and threads", UNKNOWN)
    if not limits:
        return Finding("cgroup processes and threads", "no limit")
    least = min(limits)
    advice = "large cases of threads and processes will fail; raise pids.max (--pids-limit)"
    return Finding(
        "cgroup processes and threads",
        f"at most {least:,}",
        advice if least < _FEW_PROCESSES else "",
    )


def _build(config: Mapping[str, object]) -> Finding:
    """Tell how this interpreter, which is that of the Python runner too, was compiled."""
    asked = config.get("CONFIG_ARGS")
    if not isinstance(asked, str):
        return Finding("python build", UNKNOWN)
    debug = bool(config.get("Py_DEBUG"))
    profiled, linked = "--enable-optimizations" in asked, "--with-lto" in asked
    levels = re.findall(r"-O\w+", f"{config.get('PY_CFLAGS') or ''} {config.get('OPT') or ''}")
    parts = [
        "debug" if debug else "release",
        *levels[-1:],
        "PGO" if profiled else "no PGO",
        "LTO" if linked and "--with-lto=no" not in asked else "no LTO",
    ]
    advice = ""
    if debug:
        advice = "a debug build is several times as slow; use another"
    elif not profiled:
        advice = "built without --enable-optimizations: Python is slower than as it is mostly used"
    return Finding("python build", ", ".join(parts), advice)


def _gil(config: Mapping[str, object]) -> Finding:
    free_threaded = bool(config.get("Py_GIL_DISABLED"))
    asked = getattr(sys, "_is_gil_enabled", None)
    enabled = bool(asked()) if asked is not None else not free_threaded
    if enabled and free_threaded:
        advice = "a free-threaded build that has the GIL switched on: an extension, or PYTHON_GIL"
        return Finding("GIL", "on", advice)
    return Finding("GIL", "on" if enabled else "off")


def _jit(config: Mapping[str, object]) -> Finding:
    if platform.python_implementation() != "CPython":
        return Finding("JIT", UNKNOWN)
    jit = getattr(sys, "_jit", None)  # since 3.14
    if jit is not None:
        if not jit.is_available():
            return Finding("JIT", "none")
        return Finding("JIT", "on" if jit.is_enabled() else "off")
    if "--enable-experimental-jit" in str(config.get("CONFIG_ARGS") or ""):
        return Finding("JIT", "built in, experimental", "Python's figures are of an experiment")
    return Finding("JIT", "none")


def _go(about: Machine) -> Finding:
    """Ask the Go runner if it is built, since only Go knows its GOMAXPROCS; else the Go command."""
    binary = runners.ROOT / "go" / "bin" / "runner"
    if binary.is_file():
        try:
            said = runners.describe([str(binary)], {})
        except (OSError, ProtocolError) as error:
            return Finding("go", UNKNOWN, units.printable(f"its runner does not answer: {error}"))
        version = said.version.removeprefix("go")
        processors = said.facts.get("gomaxprocs")
        if type(processors) is not int:
            return Finding("go", version)
        advice = ""
        if processors != about.logical_cores:
            why = "GOMAXPROCS is set" if "GOMAXPROCS" in os.environ else "a quota, or affinity"
            advice = f"Go does not use as many processors as there are: {why}"
        return Finding("go", f"{version}, GOMAXPROCS {processors}", advice)
    wanted = runners.ROOT / "go" / "go.mod"
    if not wanted.is_file():
        return Finding("go", "none found", "the Go sources are not here; run from a clone")
    found, reason = runners.find_go(wanted)
    version_found = None if found is None else runners.go_version(found)
    if version_found is None:
        return Finding("go", "none found", reason)
    return Finding("go", ".".join(map(str, version_found)), "its runner is not built: make setup")
