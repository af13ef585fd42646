"""Runs merged into one: everything is there once, and what differs is said."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from msgspec import structs

from harness.errors import Exit, Problem
from harness.results import store
from harness.results.merge import merge_runs
from harness.results.records import SCHEMA_VERSION, Absence, AbsentCell, Run, Trial
from tests.support.factories import cell, run, trial
from tests.support.simulated_fleet import host

FIRST, SECOND = "20260102T030405Z-host", "20260103T030405Z-host"
EARLY = (trial("asyncio", 0, 51), trial("trio", 0, 52), trial("asyncio", 2, 53))
LATE = (trial("trio", 0, 61, probe_ns=5), trial("asyncio", 0, 62))


def keep(out: Path, trials: tuple[Trial, ...], id_: str = FIRST, **changes: object) -> Path:
    """Store a run with these trials; `changes` are of its header."""
    header = run([cell("asyncio"), cell("trio")], id_=id_)
    began = f"{id_[:4]}-{id_[4:6]}-{id_[6:8]}T00:00:00+00:00"
    header = structs.replace(header, started_at=began, sources={"a.py": "0"})
    with closing(store.RunWriter.create(out, structs.replace(header, **changes))) as writer:
        for one in trials:
            writer.append(one)
        return writer.folder


def merge(tmp_path: Path, *folders: Path) -> tuple[Run, list[Trial], list[str]]:
    warnings: list[str] = []
    count = merge_runs(folders, tmp_path / "merged", warnings.append)
    trials = list(store.read_trials(tmp_path / "merged", warnings))
    assert len(trials) == count
    return store.read_run(tmp_path / "merged"), trials, warnings


def refusal(tmp_path: Path, *folders: Path) -> Problem:
    """Return why runs are not merged, after a look that nothing was written."""
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(Problem) as caught:
        merge_runs(folders, tmp_path / "merged", print)
    assert sorted(tmp_path.rglob("*")) == before
    return caught.value


def test_every_trial_is_in_the_merged_run_once_and_blocks_follow_each_other(
    tmp_path: Path,
) -> None:
    first, second = keep(tmp_path, EARLY), keep(tmp_path, LATE, SECOND)
    before = [(one / store.TRIALS_FILE).read_bytes() for one in (first, second)]
    merged, trials, warnings = merge(tmp_path, second, first)  # the order given is no matter
    assert trials == [*EARLY, *(structs.replace(one, block=3) for one in LATE)]
    assert (merged.id, merged.merged) == (f"{FIRST}-and-1-more", (FIRST, SECOND))
    assert (merged.budget_s, warnings) == (240, [])
    assert before == [(one / store.TRIALS_FILE).read_bytes() for one in (first, second)]


def test_a_merged_run_can_be_merged_again_but_no_trial_comes_in_twice(tmp_path: Path) -> None:
    parts = [keep(tmp_path, EARLY), keep(tmp_path, LATE, SECOND)]
    merge_runs(parts, tmp_path / "both", print)
    third = keep(tmp_path, LATE, "20260104T030405Z-host")
    merged, trials, _ = merge(tmp_path, tmp_path / "both", third)
    assert (merged.id, len(trials)) == (f"{FIRST}-and-2-more", 7)
    (tmp_path / "merged").rename(tmp_path / "all")
    for twice in ((parts[0], parts[0]), (tmp_path / "all", parts[1])):
        assert " 2 times, expected each run once" in str(refusal(tmp_path, *twice))


def test_a_torn_last_line_is_left_out_and_said(tmp_path: Path) -> None:
    first, second = keep(tmp_path, EARLY), keep(tmp_path, LATE, SECOND)
    with (first / store.TRIALS_FILE).open("ab") as file:
        file.write(b'{"cell"')
    _, trials, warnings = merge(tmp_path, first, second)
    assert len(trials) == 5
    assert warnings == [f"{FIRST}: trials.jsonl:4: the last line is torn and was ignored"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"machine": structs.replace(run().machine, cpu="abacus")}, "machine cpu was a cpu, is "),
        ({"runners": run().runners[:1]}, "runner go was 1.26, is absent"),
        ({"sources": {"a.py": "1"}}, "source a.py was 0, is 1"),
        ({"sources": {}}, "source a.py was 0, is absent"),
        ({"implementations": {"demo/trio": "b.py"}}, "implementation demo/trio was absent, is b"),
        ({"workloads": {}}, "workload demo is absent"),
        ({"workloads": {"demo": "other" * 20}}, "workload demo has changed"),
        ({"cells": (cell("asyncio"),)}, "contestant demo trio (headline) was measured, is absent"),
        (
            {"absent": (AbsentCell(cell("go"), Absence.MISSING, ""),)},
            "contestant demo go (headline) was absent, is missing",
        ),
        ({"profile": "thorough"}, "setting --profile was quick, is thorough"),
        ({"precision": 0.01}, "setting --precision was 3%, is 1%"),
        ({"alone": True}, "setting --alone was off, is on"),
        ({"env": {"A": "b"}}, "setting --env A was absent, is b"),
        ({"revision": "abc"}, "setting revision was none, is abc"),
        ({"runner_files": ("/x.toml",)}, "setting --runner was none, is /x.toml"),
        ({"hosts": (host("alpha"),)}, "setting host alpha was absent"),
    ],
)
def test_runs_that_measured_different_things_are_refused_with_the_difference(
    tmp_path: Path, changes: dict[str, object], said: str
) -> None:
    problem = refusal(tmp_path, keep(tmp_path, EARLY), keep(tmp_path, LATE, SECOND, **changes))
    assert problem.code is Exit.NOT_POSSIBLE
    assert f"because they measured different things: {said}" in str(problem)


def test_many_differences_are_cut(tmp_path: Path) -> None:
    sources = {f"{number}.py": "1" for number in range(20)}
    problem = refusal(
        tmp_path, keep(tmp_path, EARLY), keep(tmp_path, LATE, SECOND, sources=sources)
    )
    assert "5.py" not in str(problem)
    assert " and 15 more; compare them instead: loombench compare" in str(problem)


def test_memory_may_be_added_to_the_machine(tmp_path: Path) -> None:
    more = structs.replace(run().machine, memory_bytes=2**40)
    first, second = keep(tmp_path, EARLY), keep(tmp_path, LATE, SECOND, machine=more)
    merged, trials, warnings = merge(tmp_path, first, second)
    assert (len(trials), warnings) == (len(EARLY) + len(LATE), [])
    assert merged.machine == store.read_run(first).machine != more


def test_one_run_an_old_one_and_one_that_is_being_measured_are_refused(tmp_path: Path) -> None:
    first = keep(tmp_path, EARLY)
    assert "found 1 run, expected at least two" in str(refusal(tmp_path, first))
    second = keep(tmp_path, LATE, SECOND)
    with closing(store.RunWriter(second)):
        assert f"{SECOND} is being measured by process " in str(refusal(tmp_path, first, second))
    old = structs.replace(store.read_run(second), schema_version=SCHEMA_VERSION + 1)
    (second / store.RUN_FILE).write_bytes(store.encode_run(old))
    assert "schema_version: found" in str(refusal(tmp_path, first, second))


def test_a_trial_that_cannot_be_read_leaves_nothing_half_merged(tmp_path: Path) -> None:
    first, second = keep(tmp_path, EARLY), keep(tmp_path, LATE, SECOND)
    (second / store.TRIALS_FILE).write_bytes(b"[]\n")
    assert f"{second}/trials.jsonl:1: not a trial" in str(refusal(tmp_path, first, second))
    (second / store.TRIALS_FILE).unlink()
    (tmp_path / "merged").mkdir()
    assert "merged: found it already, expected no such folder" in str(
        refusal(tmp_path, first, second)
    )
