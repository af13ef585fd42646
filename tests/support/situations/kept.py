"""Situations of what is kept: clocks, stored runs, ledgers, and runs that are merged."""

from __future__ import annotations

import json
import shutil

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
    Place,
    Situation,
    has,
    replaced_by_folder,
    says,
    trials_end_with,
)


def set_back(place: Place) -> None:
    """Have each trial start an hour before the one that it follows."""
    lines = place.trials.read_bytes().splitlines()
    trials = [
        {**json.loads(line), "started_at": f"2026-01-01T{20 - n}:00:00+00:00", "block": n}
        for n, line in enumerate(lines[:1] * 9)
    ]
    place.trials.write_text("".join(f"{json.dumps(trial)}\n" for trial in trials), encoding="utf-8")


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
    Situation(
        "a name that is too long",
        f"show {'x' * 300} --out {{out}}",
        CANNOT,
        "File name too long; choose a shorter name",
    ),
    Situation(
        "a loop of links",
        f"export {FIRST} --format csv --out {{out}} --output {{root}}/loop",
        CANNOT,
        "loop: cannot be written: ",
        make=lambda place: (place.root / "loop").symlink_to("loop"),
    ),
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
        "a torn run file",
        SHOW,
        USAGE,
        "not a run file",
        make=has(f"results/{FIRST}/run.json", '{"id": "x'),
    ),
    Situation(
        "a run without its file",
        SHOW,
        USAGE,
        f"{FIRST}: found no file run.json, expected a run; there is: {SECOND}",
        make=lambda place: (place.first / "run.json").unlink(),
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


ROWS = (*CLOCK, *DISK, *MERGE)
