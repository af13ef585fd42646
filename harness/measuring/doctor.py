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

from harness import units
from harness.measuring.machine.facts import machine
from harness.measuring.runners import find, go_build
from harness.measuring.runners.protocol import ProtocolError
from harness.paths import ROOT
from harness.results.records import Diagnosis

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from harness.results.records import Machine

UNKNOWN = "unknown"
_FEW_FILES = 4_096
_FEW_PROCESSES = 16_384  # threads count too, and a sweep goes up to ten thousand of them
_BUSY = 0.5  # of the cores
_STEAL_NOTED = 0.005  # of the time since the machine started
_USUAL_SLACK_NS = 50_000
_LONG_WAKING_US = 10  # beside it, a message over the loopback takes about as long
_QUICK_CLOCKS = ("tsc", "arch_sys_counter")  # read without asking the kernel or a hypervisor
_CPU = "sys/devices/system/cpu"


def diagnoses(root: Path = Path("/")) -> list[Diagnosis]:
    """Look at what is known to disturb measuring; below `root` are the files of the kernel."""
    about = machine()
    files = _Files(root)
    return [
        Diagnosis("cpu", f"{about.cpu}, {about.logical_cores} logical cores"),
        _affinity(about),
        Diagnosis("memory", f"{about.memory_bytes / 2**30:.1f} GiB"),
        Diagnosis("system", about.system),
        Diagnosis(
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
        Diagnosis("python", f"{sys.version.split()[0]} ({platform.python_implementation()})"),
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


def _affinity(about: Machine) -> Diagnosis:
    try:
        allowed = len(os.sched_getaffinity(0))
    except (AttributeError, OSError):
        return Diagnosis("cores allowed", UNKNOWN)
    fewer = allowed < about.logical_cores
    advice = "this process is kept to some of the cores; parallel models have fewer than it seems"
    return Diagnosis("cores allowed", str(allowed), advice if fewer else "")


def _load(about: Machine) -> Diagnosis:
    load = about.load_1min or 0.0
    busy = load > _BUSY * about.logical_cores
    advice = "something else is running; stop it before measuring" if busy else ""
    return Diagnosis("load", f"{load:.2f} in the last minute", advice)


def _steal(files: _Files) -> Diagnosis:
    """Tell the share of the processor's time that a hypervisor gave to others: proc_stat(5)."""
    name, *ticks = (files.read("proc/stat").splitlines() or [""])[0].split() or [""]
    if name != "cpu" or len(ticks) < 8:  # noqa: PLR2004 - user, nice, ..., softirq, steal
        return Diagnosis("steal", UNKNOWN)
    counted = [int(tick) for tick in ticks[:8]]  # what follows is counted in `user` already
    share = counted[7] / max(1, sum(counted))
    advice = "neighbours take the processor now and then; measure when it is quiet, or elsewhere"
    return Diagnosis(
        "steal", f"{100 * share:.2f}% since it started", advice if share > _STEAL_NOTED else ""
    )


def _governor(files: _Files) -> Diagnosis:
    governors = sorted(set(files.each(f"{_CPU}/cpu*/cpufreq/scaling_governor")))
    advice = ""
    if governors and governors != ["performance"]:
        advice = "the clock speed follows the load; `performance` is steadier"
    return Diagnosis("governor", ", ".join(governors) or UNKNOWN, advice)


def _turbo(files: _Files) -> Diagnosis:
    no_turbo, boost = (
        files.read(f"{_CPU}/{file}") for file in ("intel_pstate/no_turbo", "cpufreq/boost")
    )
    if not no_turbo and not boost:
        return Diagnosis("turbo", UNKNOWN)
    on = no_turbo == "0" or boost == "1"
    advice = "the clock speed depends on heat; switch it off for steadier figures" if on else ""
    return Diagnosis("turbo", "on" if on else "off", advice)


def _smt(files: _Files) -> Diagnosis:
    value = {"1": "on", "0": "off"}.get(files.read(f"{_CPU}/smt/active"), UNKNOWN)
    advice = "two logical cores share a real one; parallel models gain less than their number"
    return Diagnosis("SMT", value, advice if value == "on" else "")


def _sleep(files: _Files, about: Machine) -> Diagnosis:
    """Name the states that an idle core falls into, and how long it takes to leave the deepest."""
    names = [name for name in files.each(f"{_CPU}/cpu0/cpuidle/state*/name") if name != "POLL"]
    waking = [int(text) for text in files.each(f"{_CPU}/cpu0/cpuidle/state*/latency")]
    if not names or not waking:
        return Diagnosis("sleep states", UNKNOWN)
    advice = ""
    if _virtual(about) or max(waking) > _LONG_WAKING_US:
        advice = (
            "where cores idle between messages (echo and http at few connections), their waking is"
            " part of what is measured"
        )
    return Diagnosis("sleep states", f"{', '.join(names)} ({max(waking)} µs to wake)", advice)


def _huge_pages(files: _Files) -> Diagnosis:
    text = files.read("sys/kernel/mm/transparent_hugepage/enabled")
    mode = text.partition("[")[2].partition("]")[0] or UNKNOWN
    advice = "a parked thread may then hold 2 MiB, not 16 KiB" if mode == "always" else ""
    return Diagnosis("transparent huge pages", mode, advice)


def _quota(files: _Files) -> Diagnosis:
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
        return Diagnosis("cgroup quota", UNKNOWN)
    if cores == float("inf"):
        return Diagnosis("cgroup quota", "none")
    return Diagnosis("cgroup quota", f"{cores:g} cores", "a trial that uses more is throttled")


def _throttled(files: _Files) -> Diagnosis:
    held_ns = [
        int(value) * (1_000 if name == "throttled_usec" else 1)
        for text in files.of_cgroup("cpu", "cpu.stat")
        for name, _, value in (line.partition(" ") for line in text.splitlines())
        if name in ("throttled_usec", "throttled_time")
    ]
    if not held_ns:
        return Diagnosis("throttled so far", UNKNOWN)
    most = max(held_ns)
    advice = "a cgroup quota has held processes back; raise it, or use fewer cores" if most else ""
    return Diagnosis("throttled so far", units.format_time(most) if most else "never", advice)


def _clock(files: _Files) -> Diagnosis:
    source = files.read("sys/devices/system/clocksource/clocksource0/current_clocksource")
    slow = source not in ("", *_QUICK_CLOCKS)
    advice = "reading the time may take long; tsc is quicker, if the kernel trusts it here"
    return Diagnosis("clock source", source or UNKNOWN, advice if slow else "")


def _slack(files: _Files) -> Diagnosis:
    text = files.read("proc/self/timerslack_ns")
    if not text.isdigit():
        return Diagnosis("timer slack", UNKNOWN)
    slack = int(text)
    advice = "sleeps end up to that much late; start from a shell that has the usual 50 µs"
    return Diagnosis(
        "timer slack", units.format_time(slack), advice if slack > _USUAL_SLACK_NS else ""
    )


def _open_files() -> Diagnosis:
    return _limit("open files", resource.RLIMIT_NOFILE, _FEW_FILES, "raise it: ulimit -n 20000")


def _processes() -> Diagnosis:
    number = getattr(resource, "RLIMIT_NPROC", None)
    if number is None:
        return Diagnosis("processes and threads", UNKNOWN)
    return _limit("processes and threads", number, _FEW_PROCESSES, "raise it: ulimit -u 32768")


def _limit(name: str, number: int, few: int, advice: str) -> Diagnosis:
    soft, _ = resource.getrlimit(number)
    if soft == resource.RLIM_INFINITY:
        return Diagnosis(name, "no limit")
    return Diagnosis(name, f"at most {soft:,}", advice if soft < few else "")


def _pids(files: _Files) -> Diagnosis:
    texts = list(files.of_cgroup("pids", "pids.max"))
    limits = [int(text) for text in texts if text.isdigit()]
    if not texts:
        return Diagnosis("cgroup processes and threads", UNKNOWN)
    if not limits:
        return Diagnosis("cgroup processes and threads", "no limit")
    least = min(limits)
    advice = "large cases of threads and processes will fail; raise pids.max (--pids-limit)"
    return Diagnosis(
        "cgroup processes and threads",
        f"at most {least:,}",
        advice if least < _FEW_PROCESSES else "",
    )


def _build(config: Mapping[str, object]) -> Diagnosis:
    """Tell how this interpreter, which is that of the Python runner too, was compiled."""
    asked = config.get("CONFIG_ARGS")
    if not isinstance(asked, str):
        return Diagnosis("python build", UNKNOWN)
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
    return Diagnosis("python build", ", ".join(parts), advice)


def _gil(config: Mapping[str, object]) -> Diagnosis:
    free_threaded = bool(config.get("Py_GIL_DISABLED"))
    asked = getattr(sys, "_is_gil_enabled", None)
    enabled = bool(asked()) if asked is not None else not free_threaded
    if enabled and free_threaded:
        advice = "a free-threaded build that has the GIL switched on: an extension, or PYTHON_GIL"
        return Diagnosis("GIL", "on", advice)
    return Diagnosis("GIL", "on" if enabled else "off")


def _jit(config: Mapping[str, object]) -> Diagnosis:
    if platform.python_implementation() != "CPython":
        return Diagnosis("JIT", UNKNOWN)
    jit = getattr(sys, "_jit", None)  # since 3.14
    if jit is not None:
        if not jit.is_available():
            return Diagnosis("JIT", "none")
        return Diagnosis("JIT", "on" if jit.is_enabled() else "off")
    if "--enable-experimental-jit" in str(config.get("CONFIG_ARGS") or ""):
        return Diagnosis("JIT", "built in, experimental", "Python's figures are of an experiment")
    return Diagnosis("JIT", "none")


def _go(about: Machine) -> Diagnosis:
    """Ask the Go runner if it is built, since only Go knows its GOMAXPROCS; else the Go command."""
    binary = ROOT / "go" / "bin" / "runner"
    if binary.is_file():
        try:
            said = find.describe([str(binary)], {})
        except (OSError, ProtocolError) as error:
            return Diagnosis("go", UNKNOWN, units.printable(f"its runner does not answer: {error}"))
        version = said.version.removeprefix("go")
        processors = said.facts.get("gomaxprocs")
        if type(processors) is not int:
            return Diagnosis("go", version)
        advice = ""
        if processors != about.logical_cores:
            why = "GOMAXPROCS is set" if "GOMAXPROCS" in os.environ else "a quota, or affinity"
            advice = f"Go does not use as many processors as there are: {why}"
        return Diagnosis("go", f"{version}, GOMAXPROCS {processors}", advice)
    wanted = ROOT / "go" / "go.mod"
    if not wanted.is_file():
        return Diagnosis("go", "none found", "the Go sources are not here; run from a clone")
    found, reason = go_build.find_go(wanted)
    version_found = None if found is None else go_build.go_version(found)
    if version_found is None:
        return Diagnosis("go", "none found", reason)
    return Diagnosis("go", ".".join(map(str, version_found)), "its runner is not built: make setup")
