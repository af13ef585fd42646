"""A table of situations: environments, builds, machines, locks, runners, outputs, clocks, disks.

Each row is a real process in a real situation. It ends with the exit code of the row and its one
message, never with a traceback; nothing that was measured is lost, and no process is left.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.errors import Exit
from harness.results import store
from tests.support.command import command
from tests.support.planted.bench import left_of, new_mark
from tests.support.situations import (
    FIRST,
    SECOND,
    Place,
    Situation,
    has,
    locked,
    meet,
    replaced_by_folder,
    runner,
    says,
    trials_end_with,
)

OK, NO, USAGE, CANNOT = Exit.SUCCESS, Exit.FAILED, Exit.USAGE, Exit.NOT_POSSIBLE
SHOW = f"show {FIRST} --out {{out}}"
LIST = "list --workload noop --model sequential"
PLANTED = f"{LIST} --runner {{root}}"
NOWHERE = "run --resume nowhere --out {out}"  # ends after it has got the lock of the machine
RESUME = f"run --resume {FIRST} --no-figures --out {{out}} --budget 1s"
CLAIM = """
[documents]
D = "A document"
[claims.never]
says = "A no-op takes a day."
reading = "Time of a call."
sources = ["D: 1"]
workload = "noop"
this = "sequential"
measure = "call"
range = "at least 86,400 s"
"""
CLAIMS = f"claims {FIRST} --only --must-hold --ledger {{root}}/claims.toml --out {{out}}"
FULL = "the output cannot be written: No space left on device"
# What a runner gets of a user's settings, counted by itself.
COUNT = 'echo "$(env | grep -cE "^({names})") arrived" >&2; exit 1'


def counts(*names: str) -> object:
    return runner(command=["sh", "-c", COUNT.replace("{names}", "|".join(names))])


def set_back(place: Place) -> None:
    """Have each trial start an hour before the one that it follows."""
    lines = place.trials.read_bytes().splitlines()
    trials = [
        {**json.loads(line), "started_at": f"2026-01-01T{20 - n}:00:00+00:00", "block": n}
        for n, line in enumerate(lines[:1] * 9)
    ]
    place.trials.write_text("".join(f"{json.dumps(trial)}\n" for trial in trials), encoding="utf-8")


ENVIRONMENT = [
    Situation("development mode of Python", SHOW, OK, env={"PYTHONDEVMODE": "1"}, shows="noop"),
    Situation("warnings are errors", SHOW, OK, env={"PYTHONWARNINGS": "error"}, shows="noop"),
    Situation("assertions are left out", SHOW, OK, env={"PYTHONOPTIMIZE": "2"}, shows="noop"),
    Situation("an ASCII terminal", SHOW, OK, env={"PYTHONIOENCODING": "ascii"}, shows="noop"),
    Situation("a Latin-1 terminal", SHOW, OK, env={"PYTHONIOENCODING": "latin-1"}, shows="noop"),
    Situation(
        "a locale without UTF-8",
        SHOW,
        OK,
        env={"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        shows="noop",
    ),
    Situation("an unknown locale", SHOW, OK, env={"LC_ALL": "xx_XX.none"}, shows="noop"),
    Situation("a dumb terminal", SHOW, OK, env={"TERM": "dumb"}, shows="noop"),
    Situation("no kind of terminal", SHOW, OK, env={"TERM": None}, shows="noop"),
    Situation("a narrow terminal", SHOW, OK, env={"COLUMNS": "40"}, shows="noop"),
    Situation("a terminal without width", SHOW, OK, env={"COLUMNS": "0"}, shows="noop"),
    Situation("a width that is no number", SHOW, OK, env={"COLUMNS": "wide"}, shows="noop"),
    Situation("colours into a pipe", SHOW, OK, env={"FORCE_COLOR": "1"}, shows="\x1b["),
    Situation("no home", SHOW, OK, env={"HOME": None}, shows="noop"),
    Situation("a home that is not there", SHOW, OK, env={"HOME": "{root}/none"}, shows="noop"),
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
        "settings of Go",
        PLANTED,
        CANNOT,
        "0 arrived",
        env={"GODEBUG": "gctrace=1", "GOGC": "off", "GOMAXPROCS": "1", "GOMEMLIMIT": "1GiB"},
        make=counts("GO"),
    ),
    Situation(
        "settings of allocators, loaders, libraries and languages",
        PLANTED,
        CANNOT,
        "0 arrived",
        env={"MALLOC_ARENA_MAX": "1", "LD_BIND_NOW": "1", "OMP_NUM_THREADS": "1", "TZ": "UTC"},
        make=counts("MALLOC", "LD_", "OMP", "TZ", "LANG"),
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
        "a variable without a name", f"{LIST} --env =1", USAGE, "expected NAME or NAME=VALUE"
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
        "one core is allowed", "doctor", OK, shows="cores allowed 1", shell='taskset -c 0 "$@"'
    ),
    Situation(
        "few open files",
        "doctor",
        OK,
        shows="open files at most 256",
        shell='ulimit -n 256; exec "$@"',
    ),
    Situation(
        "another processor than the run had",
        RESUME,
        CANNOT,
        "machine cpu was an abacus, is ",
        make=says(machine={"cpu": "an abacus"}),
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
        "a file of a runner that is no text",
        PLANTED,
        USAGE,
        "not valid TOML",
        make=has("loombench.toml", b"\xff\xfe"),
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
        "a runner that says something else",
        PLANTED,
        CANNOT,
        "warning: the runner planted cannot be used: ",
        make=runner(command=["echo", "hello"]),
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
    Situation("nobody reads", SHOW, OK, shell='set -o pipefail; "$@" | true'),
    Situation("a full device", SHOW, CANNOT, FULL, shell='exec "$@" >/dev/full'),
    Situation("no standard output", SHOW, OK, shell='exec "$@" >&-'),
    Situation("no standard error", NOWHERE, USAGE, shell='exec "$@" 2>&-'),
    Situation("a full device for errors", NOWHERE, USAGE, shell='exec "$@" 2>/dev/full'),
    Situation("no standard input", SHOW, OK, shows="noop", shell='exec "$@" <&-'),
    Situation(
        "an export to a full device",
        f"export {FIRST} --format csv --out {{out}} --output /dev/full",
        CANNOT,
        "/dev/full: cannot be written: No space left on device",
    ),
    Situation(
        "an export in the place of a folder",
        f"export {FIRST} --format csv --out {{out}} --output {{root}}",
        CANNOT,
        "cannot be written: Is a directory",
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

CLOCK = [
    Situation(
        "the clock was set back", f"plot {FIRST} --out {{out}}", OK, shows="Report: ", make=set_back
    ),
    Situation(
        "a run from the future",
        SHOW,
        OK,
        shows="noop",
        make=says(started_at="9999-01-01T00:00:00+00:00"),
    ),
]

DISK = [
    Situation("no run", "show --out {root}", USAGE, "make one with: loombench run"),
    Situation("no such run", "show none --out {out}", USAGE, f"there is: {FIRST}, {SECOND}"),
    Situation(
        "a file for results", "show --out {root}/file", USAGE, "is a file", make=has("file", "")
    ),
    Situation(
        "a place where nothing can be made",
        "run --workload noop --model sequential --out /dev/null/results",
        CANNOT,
        "cannot be written: Not a directory; choose another directory with --out",
    ),
    Situation(
        "a folder in the place of the latest run",
        "run --workload noop --model sequential --out {out}",
        USAGE,
        "latest: found a directory, expected a link; move it away",
        make=replaced_by_folder("results/latest"),
    ),
    Situation(
        "a latest run that was deleted",
        "show --out {out}",
        USAGE,
        f"there is: {SECOND}",
        make=lambda place: shutil.rmtree(place.first),
    ),
    Situation(
        "an empty run file",
        SHOW,
        USAGE,
        "not a run file",
        make=has(f"results/{FIRST}/run.json", ""),
    ),
    Situation(
        "a torn run file",
        SHOW,
        USAGE,
        "not a run file",
        make=has(f"results/{FIRST}/run.json", '{"id": "x'),
    ),
    Situation(
        "a run file that is no text",
        SHOW,
        USAGE,
        "not a run file",
        make=has(f"results/{FIRST}/run.json", b'{"schema_version": 2, "id": "\xff"}'),
    ),
    Situation(
        "a run file that is nested too deep",
        SHOW,
        USAGE,
        "not a run file",
        make=has(f"results/{FIRST}/run.json", "[" * 100_000),
    ),
    Situation(
        "a run of a later version",
        SHOW,
        CANNOT,
        "schema_version: found 99, expected at most 2",
        make=says(schema_version=99),
    ),
    Situation(
        "a run with a workload that cannot be read",
        SHOW,
        USAGE,
        "not valid TOML",
        make=says(workloads={"noop": "[work"}),
    ),
    Situation(
        "a torn last line",
        SHOW,
        OK,
        "the last line is torn and was ignored",
        shows="noop",
        make=trials_end_with(b'{"cell":'),
    ),
    Situation("a line that is no trial", SHOW, USAGE, "not a trial", make=trials_end_with(b"{}\n")),
    Situation(
        "a line that is no text", SHOW, USAGE, "not a trial", make=trials_end_with(b'{"\xff":1}\n')
    ),
    Situation(
        "a line that is nested too deep",
        SHOW,
        USAGE,
        "not a trial",
        make=trials_end_with(b'{"cell":' + b"[" * 100_000 + b"\n"),
    ),
    Situation(
        "a trial that is there twice",
        SHOW,
        USAGE,
        "expected each trial once; delete one of the two lines",
        make=lambda place: trials_end_with(place.trials.read_bytes())(place),
    ),
    Situation("no trials", SHOW, OK, shows="0 trials", make=lambda place: place.trials.unlink()),
    Situation(
        "a folder in the place of the trials",
        SHOW,
        USAGE,
        "cannot be read: Is a directory",
        make=replaced_by_folder(f"results/{FIRST}/trials.jsonl"),
    ),
    Situation("no ledger", CLAIMS, USAGE, "claims.toml: cannot be read: "),
    Situation(
        "a claim that does not hold",
        CLAIMS,
        NO,
        "A no-op takes a day.",
        make=has("claims.toml", CLAIM),
    ),
]

MERGE = [
    Situation(
        "two runs to merge",
        f"merge {FIRST} {SECOND} --out {{out}}/both",
        OK,
        shows="trials of 2 runs: ",
    ),
    Situation(
        "two runs that differ",
        f"merge {FIRST} {SECOND} --out {{out}}/both",
        CANNOT,
        "because they measured different things: setting --env A was b, is absent;",
        make=says(env={"A": "b"}),
    ),
    Situation(
        "one run to merge", f"merge {FIRST} --out {{out}}/both", USAGE, "expected at least two"
    ),
    Situation(
        "a merged run that is there already",
        f"merge {FIRST} {SECOND} --out {{out}}/{FIRST}",
        USAGE,
        "found it already, expected no such folder",
    ),
    Situation(
        "no place for a merged run",
        f"merge {{out}}/{FIRST} {{out}}/{SECOND} --out /dev/null/both",
        CANNOT,
        "/dev/null/both: cannot be written: Not a directory; the runs are unchanged",
    ),
]

TABLE = (*ENVIRONMENT, *BUILD, *MACHINE, *LOCK, *RUNNER, *OUTPUT, *CLOCK, *DISK, *MERGE)


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with two runs of a no-op, of which one was measured."""
    out = tmp_path_factory.mktemp("measured") / "results"
    tiny = ("run", "--workload", "noop", "--model", "sequential", "--no-figures", "--beside")
    subprocess.run(
        command(*tiny, "--budget", "300ms", "--out", out), capture_output=True, check=True
    )
    measured = store.find_run(out).rename(out / FIRST)
    shutil.copytree(measured, out / SECOND)
    (out / "latest").unlink()
    (out / "latest").symlink_to(FIRST)
    place = Place(out.parent)
    place.edit(id=FIRST)
    place.edit(SECOND, id=SECOND, started_at="2099-01-01T00:00:00+00:00")
    return out


@pytest.fixture(scope="module")
def mark() -> Iterator[str]:
    """The mark of all processes of the table; none of them may be left at its end."""
    mark = new_mark()
    yield mark
    assert left_of(mark) == []


def test_the_table_is_long_enough_and_names_each_situation_once() -> None:
    assert len({row.what for row in TABLE}) == len(TABLE) >= 60


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.what)
def test_a_situation_ends_as_the_table_says(
    row: Situation, measured: Path, tmp_path: Path, mark: str
) -> None:
    place = Place(tmp_path)
    shutil.copytree(measured, place.out, symlinks=True)
    row.make(place)
    kept = {path: path.read_bytes() for path in place.out.rglob("trials.jsonl") if path.is_file()}
    with row.during(place):
        ended = meet(row, place, mark)
    assert "Traceback" not in ended.text
    assert (ended.code, len(ended.messages)) == (row.code, bool(row.says)), ended.text
    assert all(row.says in message for message in ended.messages), ended.messages
    assert row.shows in ended.shown, ended.text
    for path, data in kept.items():
        assert path.read_bytes().startswith(data)
    assert list(place.root.rglob("*.part")) == []
