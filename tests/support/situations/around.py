"""Situations around a process: its environment, what is built, machine, locks, runners, output."""

from __future__ import annotations

import os

from harness.measuring.machine.limits import read_allowed_cores
from tests.support.situations.meeting import (
    CANNOT,
    CLAIM,
    CLAIMS,
    FIRST,
    NO,
    OK,
    SECOND,
    SHOW,
    USAGE,
    Make,
    Situation,
    has,
    has_full_device,
    has_go,
    has_taskset,
    locked,
    may_unshare,
    replaced_by_folder,
    runner,
    says,
)

LIST = "list --workload noop --model sequential"
PLANTED = f"{LIST} --runner {{root}}"
NOWHERE = "run --resume nowhere --out {out}"  # ends after it has got the lock of the machine
RESUME = f"run --resume {FIRST} --no-figures --out {{out}} --budget 1s"
LONG = "long" * 30
CACHE_AT_HOME = {"XDG_CACHE_HOME": None, "MPLCONFIGDIR": None}
CORE = min(read_allowed_cores(), default=0)
FULL = "the output cannot be written: No space left on device"
# What a runner gets of a user's settings, counted by itself.
COUNT = 'echo "$(env | grep -cE "^({names})") arrived" >&2; exit 1'


def counts(*names: str) -> Make:
    return runner(command=["sh", "-c", COUNT.replace("{names}", "|".join(names))])


ENVIRONMENT = [
    Situation("development mode of Python", SHOW, OK, env={"PYTHONDEVMODE": "1"}, shows="noop"),
    Situation("warnings are errors", SHOW, OK, env={"PYTHONWARNINGS": "error"}, shows="noop"),
    Situation("an ASCII terminal", "doctor", OK, env={"PYTHONIOENCODING": "ascii"}, shows=" us"),
    Situation("a Latin-1 terminal", SHOW, OK, env={"PYTHONIOENCODING": "latin-1"}, shows="noop"),
    Situation(
        "a terminal of Windows",
        CLAIMS,
        NO,
        "A no-op takes a day.",
        env={"PYTHONIOENCODING": "cp1252"},
        make=has("claims.toml", CLAIM),
    ),
    Situation(
        "a locale without UTF-8",
        SHOW,
        OK,
        env={"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        shows="noop",
    ),
    Situation("an unknown locale", SHOW, OK, env={"LC_ALL": "xx_XX.none"}, shows="noop"),
    Situation("a dumb terminal", SHOW, OK, env={"TERM": "dumb"}, shows="noop"),
    Situation("a narrow terminal", SHOW, OK, env={"COLUMNS": "40"}, shows="noop"),
    Situation("a terminal without width", SHOW, OK, env={"COLUMNS": "0"}, shows="noop"),
    Situation("colours into a pipe", SHOW, OK, env={"FORCE_COLOR": "1"}, shows="\x1b["),
    Situation("no home", SHOW, OK, env={"HOME": None, **CACHE_AT_HOME}, shows="noop"),
    Situation(
        "a home that is not there",
        SHOW,
        OK,
        env={"HOME": "{root}/none", **CACHE_AT_HOME},
        shows="noop",
    ),
    Situation("an empty PATH", "doctor", OK, env={"PATH": ""}, shows="cpu"),
    Situation("an unknown time zone", SHOW, OK, env={"TZ": "No/Where"}, shows="noop"),
    Situation(
        "settings of Python",
        PLANTED,
        CANNOT,
        "0 arrived",
        env={"PYTHONDEVMODE": "1", "PYTHONASYNCIODEBUG": "1", "PYTHONHASHSEED": "1"},
        make=counts("PYTHON"),
    ),
    Situation(
        "settings of Go, allocators, loaders, libraries and languages",
        PLANTED,
        CANNOT,
        "0 arrived",
        env={
            "GODEBUG": "gctrace=1",
            "GOMAXPROCS": "1",
            "MALLOC_ARENA_MAX": "1",
            "LD_BIND_NOW": "1",
            "OMP_NUM_THREADS": "1",
            "TZ": "UTC",
            "LANG": "C",
        },
        make=counts("GO", "MALLOC", "LD_", "OMP", "TZ", "LANG"),
    ),
    Situation(
        "a variable that is passed on purpose",
        f"{PLANTED} --env OMP_NUM_THREADS",
        CANNOT,
        "1 arrived",
        env={"OMP_NUM_THREADS": "3"},
        make=counts("OMP_NUM_THREADS=3"),
    ),
    Situation(
        "a variable to pass that is not set", f"{LIST} --env NOT_SET", USAGE, "write NOT_SET=VALUE"
    ),
    Situation(
        "other variables than the run had", f"{RESUME} --env A=1", USAGE, "expected no --env"
    ),
]

BUILD = [
    Situation(
        "flags of Go",
        "list --workload noop --model go",
        OK,
        shows="models go",
        needs=has_go,
        env={"GOFLAGS": "-race", "GOOS": "plan9", "GO111MODULE": "off", "GOWORK": "{root}/go.work"},
        make=has("go.work", "nonsense"),
    ),
    Situation(
        "an old Go in PATH",
        "doctor",
        OK,
        shows="go",
        make=lambda place: place.program("go", "echo go version go1.4 linux/amd64"),
    ),
    Situation(
        "a broken Go in PATH",
        "list --workload noop --model go",
        OK,
        shows="models go",
        needs=has_go,
        make=lambda place: place.program("go", "exit 1"),
    ),
    Situation(
        "no such Python to set up with",
        "",
        CANNOT,
        "found no such command, expected Python 3.11 or later",
        env={"PYTHON": "{root}/python"},
        program=(".ci/setup",),
    ),
    Situation(
        "an old Python to set up with",
        "",
        CANNOT,
        "found Python 2.7, expected Python 3.11 or later",
        env={"PYTHON": "{root}/bin/python-old"},
        make=lambda place: place.program("python-old", '[ "$1" = -c ] && exit 1\necho Python 2.7'),
        program=(".ci/setup",),
    ),
]

MACHINE = [
    Situation(
        "no loopback",
        "doctor",
        OK,
        shows="loopback does not work",
        shell='exec unshare --net "$@"',
        needs=may_unshare,
    ),
    Situation(
        "no loopback for a server",
        "validate echo --model asyncio",
        CANNOT,
        shows="ip link set lo up",
        env={"COLUMNS": "400"},
        shell='exec unshare --net "$@"',
        needs=may_unshare,
    ),
    Situation(
        "too long a path for sockets",
        "doctor",
        OK,
        shows="too long a path for a socket",
        env={"TMPDIR": f"{{root}}/{LONG}", "COLUMNS": "400"},
        make=lambda place: (place.root / LONG).mkdir(),
    ),
    Situation(
        "a working directory that was deleted",
        SHOW,
        OK,
        shows="noop",
        shell='mkdir "{root}/gone"; cd "{root}/gone"; rmdir "{root}/gone"; exec "$@"',
    ),
    Situation(
        "one core is allowed",
        "doctor",
        OK,
        shows="cores allowed 1",
        shell=f'exec taskset -c {CORE} "$@"',
        needs=has_taskset,
    ),
    Situation(
        "few open files",
        "doctor",
        OK,
        shows="open files at most 256",
        shell='ulimit -n 256; exec "$@"',
    ),
    Situation(
        "other cores than the run had",
        RESUME,
        CANNOT,
        "machine allowed_cores was 4095, is ",
        make=says(machine={"allowed_cores": [4095]}),
    ),
    Situation(
        "runs of two machines",
        f"compare {FIRST} {SECOND} --out {{out}}",
        CANNOT,
        "the runs are of different machines (cpu: an abacus and ",
        make=says(machine={"cpu": "an abacus"}),
    ),
    Situation(
        "runs with two quotas",
        f"compare {FIRST} {SECOND} --out {{out}}",
        CANNOT,
        "cpu_quota: 0.125 and ",
        make=says(machine={"cpu_quota": 0.125}),
    ),
    Situation("one run twice", f"compare {FIRST} latest --out {{out}}", USAGE, "2 times, expected"),
]

MACHINE_LOCK = f"loombench-{os.getuid()}.lock"
LOCK = [
    Situation(
        "another run is being measured",
        NOWHERE,
        CANNOT,
        "another run is being measured by process ",
        during=lambda place: locked(place.root / MACHINE_LOCK),
    ),
    Situation(
        "beside another run that is being measured",
        f"{NOWHERE} --beside",
        USAGE,
        "no run at ",
        during=lambda place: locked(place.root / MACHINE_LOCK),
    ),
    Situation(
        "the lock of a process that is gone",
        NOWHERE,
        USAGE,
        "no run at ",
        make=has(MACHINE_LOCK, "process 1 since 2026-01-01 00:00:00\n"),
    ),
    Situation(
        "a folder in the place of the lock",
        NOWHERE,
        USAGE,
        "no run at ",
        make=replaced_by_folder(MACHINE_LOCK),
    ),
    Situation(
        "nowhere to lock", NOWHERE, USAGE, "no run at ", env={"XDG_RUNTIME_DIR": "{root}/none"}
    ),
    Situation(
        "this run is being measured",
        RESUME,
        CANNOT,
        f"{FIRST} is being measured by process ",
        during=lambda place: locked(place.first / ".lock"),
    ),
    Situation(
        "a run to merge is being measured",
        f"merge {FIRST} {SECOND} --out {{out}}/both",
        CANNOT,
        f"{FIRST} is being measured by process ",
        during=lambda place: locked(place.first / ".lock"),
    ),
]

RUNNER = [
    Situation("no file of a runner", PLANTED, USAGE, "found no loombench.toml, expected one"),
    Situation(
        "a file of a runner that is no TOML",
        PLANTED,
        USAGE,
        "not valid TOML",
        make=has("loombench.toml", "[runners"),
    ),
    Situation(
        "a misspelt key",
        PLANTED,
        USAGE,
        "unknown key, expected 'command'",
        make=runner(command=["true"], comand=["true"]),
    ),
    Situation(
        "a runner with the name of ours",
        PLANTED,
        USAGE,
        "runners.go: found the name of a built-in runner",
        make=has("loombench.toml", '[runners.go]\ncommand = ["true"]\n'),
    ),
    Situation(
        "a runner whose workload is broken",
        PLANTED,
        USAGE,
        "planted.toml: work: found nothing, expected a table",
        make=lambda place: (
            runner(command=["true"], workloads=["w"])(place),
            place.write("w/planted.toml", "question = 'What?'"),
        ),
    ),
    Situation(
        "a runner that is not installed",
        PLANTED,
        CANNOT,
        "found no 'loombench-none', expected a program in PATH",
        make=runner(command=["loombench-none"]),
    ),
    Situation(
        "a runner that forges a line",
        PLANTED,
        CANNOT,
        "ended with exit code 1: one loombench: two\N{REPLACEMENT CHARACTER}[2J",
        make=runner(command=["sh", "-c", "printf 'one\\nloombench: two\\033[2J' >&2; exit 1"]),
    ),
    Situation(
        "a runner that hangs",
        PLANTED,
        CANNOT,
        "describe timed out after 5 s",
        make=runner(command=["sh", "-c", "sleep 60"]),
    ),
]

OUTPUT = [
    Situation(
        "nobody reads a verdict",
        CLAIMS,
        NO,
        "A no-op takes a day.",
        make=has("claims.toml", CLAIM),
        shell='set -o pipefail; "$@" | true',
    ),
    Situation(
        "a verdict to a full device",
        CLAIMS,
        NO,
        f"A no-op takes a day.\n{FULL}",
        make=has("claims.toml", CLAIM),
        shell='exec "$@" >/dev/full',
        needs=has_full_device,
    ),
    Situation("nobody reads", SHOW, OK, shell='set -o pipefail; "$@" | true'),
    Situation(
        "a full device", SHOW, CANNOT, FULL, shell='exec "$@" >/dev/full', needs=has_full_device
    ),
    Situation("no standard output", SHOW, OK, shell='exec "$@" >&-'),
    Situation("no standard error", NOWHERE, USAGE, shell='exec "$@" 2>&-'),
    Situation(
        "a full device for errors",
        NOWHERE,
        USAGE,
        shell='exec "$@" 2>/dev/full',
        needs=has_full_device,
    ),
    Situation("no standard input", SHOW, OK, shows="noop", shell='exec "$@" <&-'),
    Situation(
        "an export to a full device",
        f"export {FIRST} --format csv --out {{out}} --output /dev/full",
        CANNOT,
        "/dev/full: cannot be written: No space left on device",
        needs=has_full_device,
    ),
    Situation(
        "an export in the place of a folder",
        f"export {FIRST} --format csv --out {{out}} --output {{root}}",
        CANNOT,
        "cannot be written: Is a directory",
    ),
    Situation(
        "an export over what a run has stored",
        f"export {FIRST} --format csv --out {{out}} --output {{out}}/{SECOND}/trials.jsonl",
        USAGE,
        "found what a run has stored, expected another file",
    ),
    Situation(
        "an export to a folder that is not there",
        f"export {FIRST} --format csv --out {{out}} --output {{root}}/none/file",
        CANNOT,
        "cannot be written: No such file or directory",
    ),
    Situation(
        "no file may grow",
        f"export {FIRST} --format csv --out {{out}} --output {{root}}/file",
        CANNOT,
        "cannot be written: File too large",
        shell='ulimit -f 0; exec "$@"',
    ),
]


ROWS = (*ENVIRONMENT, *BUILD, *MACHINE, *LOCK, *RUNNER, *OUTPUT)
