"""Situations in which the machine lacks something that measuring needs."""

from __future__ import annotations

import shutil
import subprocess
import time
from functools import cache

from harness.paths import ROOT
from tests.support.planted.bench import HERE, WORKLOAD, planted
from tests.support.situations.meeting import (
    CANNOT,
    FIRST,
    OK,
    Make,
    Place,
    Situation,
    has_go,
    runner,
)

SUSPENDED_S = 3_600
# Only in the harness: what it starts gets no PYTHONPATH. The trace is there once a trial runs.
SUSPENDING = f"""
import os, time
read = time.clock_gettime
def clock_gettime(clock):
    is_later = clock == time.CLOCK_BOOTTIME and os.path.exists(os.environ["TRACE"])
    return read(clock) + (is_later and {SUSPENDED_S})
time.clock_gettime = clock_gettime
"""
WORKLOAD_OF_4_S = WORKLOAD.replace("expect = 0", "expect = 0\ntimeout_s = 4")
VALIDATE = "validate planted --runner {root} --model"
MEASURE = "run --workload planted --runner {root} --case headline --no-figures --out {out} --model"


@cache
def has_namespaces() -> bool:
    """Return whether a process may be given a network and mounts of its own."""
    command = ["unshare", "--net", "--mount", "true"]
    return (
        shutil.which("unshare") is not None and not subprocess.run(command, check=False).returncode
    )


def has_server() -> bool:
    return has_namespaces() and has_go()


def stopping(trace: str = "trace") -> Make:
    """Have a runner whose models meet the machine's faults."""

    def make(place: Place) -> None:
        place.write("w/planted.toml", WORKLOAD_OF_4_S)
        place.write("stopping.py", (HERE / "stopping.py").read_bytes())
        command = [*planted(str(place.root / trace), "stopping")]
        runner(command=command, workloads=["w"])(place)

    return make


def throttling(membership: str, path: str, line: str) -> Make:
    """Have files of the kernel that say which cgroup this is, and for how long it was throttled."""

    def make(place: Place) -> None:
        place.write("membership", membership)
        place.write(f"cgroup/{path}/cpu.stat", line)
        stopping(f"cgroup/{path}/cpu.stat")(place)

    return make


def nowhere(name: str) -> str:
    """Return a folder that cannot be made."""
    return f"/dev/null/{name}"


def read_only(path: str) -> str:
    """Return what starts a command where a folder is empty and cannot be written."""
    mount = f'mount -t tmpfs -o ro none {path} && exec "$@"'
    return f"exec unshare --mount sh -c '{mount}' sh \"$@\""


# Only the folder of the situation can be written.
NO_TEMPORARY_FOLDER = """exec unshare --mount sh -c '
mount --bind "{root}" "{root}" && for place in /tmp /var/tmp; do
    mount --rbind $place $place && mount -o remount,bind,ro $place || exit
done
cd /proc && exec "$@"' sh "$@\""""
# The kernel's files of this process and of its children, which `exec` keeps.
IN_CGROUP = """exec unshare --mount sh -c '
mount --bind {root}/membership /proc/$$/cgroup && mount --bind {root}/cgroup /sys/fs/cgroup &&
exec "$@"' sh "$@\""""
NO_PORTS = """exec unshare --net sh -c '
ip link set lo up && echo 60001 60001 >/proc/sys/net/ipv4/ip_local_port_range &&
exec "$@"' sh "$@\""""

ROWS = (
    Situation(
        "few open files for a server",
        "validate echo --model go",
        CANNOT,
        shows="open files: found a limit of 30",
        env={"COLUMNS": "400"},
        shell='ulimit -n 30; exec "$@"',
        needs=has_go,
    ),
    Situation(
        "shared memory that cannot be written",
        "doctor",
        OK,
        shows="/dev/shm cannot be written",
        env={"COLUMNS": "400"},
        shell=read_only("/dev/shm"),
        needs=has_namespaces,
    ),
    Situation(
        "a read-only clone without the Go programs",
        "list --workload noop --model go",
        OK,
        shows="go/bin cannot be written",
        env={"COLUMNS": "400"},
        shell=read_only(str(ROOT / "go" / "bin")),
        needs=has_server,
    ),
    Situation(
        "no free ports for a server",
        "validate echo --model asyncio",
        CANNOT,
        shows="local ports: none is free",
        env={"COLUMNS": "400"},
        shell=NO_PORTS,
        needs=has_server,
    ),
    Situation(
        "no /proc",
        "doctor",
        CANNOT,
        "; mount the kernel's files: mount -t proc proc /proc",
        shell="""exec unshare --mount sh -c 'mount -t tmpfs none /proc; exec "$@"' sh "$@\"""",
        needs=has_namespaces,
    ),
    Situation(
        "no place for a cache of matplotlib",
        f"plot {FIRST} --out {{out}}",
        CANNOT,
        "matplotlib found no folder for its cache",
        shows="report.html",
        env={
            "HOME": nowhere("home"),
            "XDG_CACHE_HOME": nowhere("cache"),
            "XDG_CONFIG_HOME": nowhere("config"),
            "MPLCONFIGDIR": nowhere("matplotlib"),
        },
        shell=NO_TEMPORARY_FOLDER,
        needs=has_namespaces,
    ),
    Situation(
        "the harness was stopped for longer than a timeout",
        f"{VALIDATE} stops-harness",
        OK,
        "stood still for ",
        shows="1 conform",
        make=stopping(),
    ),
    Situation(
        "a contestant was stopped for longer than a timeout",
        f"{VALIDATE} stops-itself",
        OK,
        "stood still for ",
        shows="1 conform",
        make=stopping(),
    ),
    Situation(
        "a suspended machine",
        f"{VALIDATE} suspended",
        OK,
        f"stood still for {SUSPENDED_S} s",
        shows="1 conform",
        env={"PYTHONPATH": "{root}/site", "TRACE": "{root}/trace"},
        make=lambda place: (
            stopping()(place),
            place.write("site/sitecustomize.py", SUSPENDING),
        ),
        needs=lambda: hasattr(time, "CLOCK_BOOTTIME"),
    ),
    Situation(
        "throttled by cgroup version 2",
        f"{MEASURE} throttled --budget 300ms",
        OK,
        shows="disturbed",
        shell=IN_CGROUP,
        make=throttling("0::/box", "box", "throttled_usec 5\n"),
        needs=has_namespaces,
    ),
    Situation(
        "throttled by cgroup version 1",
        f"{MEASURE} throttled --budget 300ms",
        OK,
        shows="disturbed",
        shell=IN_CGROUP,
        make=throttling("4:cpu,cpuacct:/box", "cpu,cpuacct/box", "throttled_time 5\n"),
        needs=has_namespaces,
    ),
    Situation(
        "a contestant that always fails",
        f"{MEASURE} good,failing --precision 90% --budget 20s",
        OK,
        shows="failing failed 3 times in the same way (crash); the run goes on without it",
        make=stopping(),
    ),
)
