"""A run from its plan: what is decided before the first trial, and what may go on later."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from harness.errors import Exit, Problem
from harness.measuring import campaign, inventory
from harness.measuring.campaign import Campaign
from harness.measuring.plan import PROFILES, RunSelection
from harness.measuring.runners import find
from harness.paths import ROOT, WORKLOADS
from harness.results import store
from harness.results.records import Absence, Cell, Run, RunnerFacts, Status, Trial

pytestmark = pytest.mark.usefixtures("asked_once")

NO_GO = "no Go found; install Go, or run `make setup` with a network"
NOOP = RunSelection(("noop",), ("sequential",))


def begin(
    out: Path,
    selection: RunSelection = NOOP,
    profile: str = "quick",
    budget_s: float | None = None,
    seed: int | None = 7,
    precision: float = 0.03,
) -> Campaign:
    """Begin a run that is never measured."""
    it = campaign.begin(out, selection, PROFILES[profile], budget_s, seed, precision)
    it.writer.close()
    return it


def resume(folder: Path, budget_s: float | None = None) -> tuple[Campaign, list[str]]:
    warnings: list[str] = []
    it = campaign.resume(folder, budget_s, warnings.append)
    it.writer.close()
    return it, warnings


def rewrite(folder: Path, **changes: Any) -> None:
    """Have a run say something else of the time when it began."""
    run = msgspec.structs.replace(store.read_run(folder), **changes)
    (folder / store.RUN_FILE).write_bytes(msgspec.json.encode(run))


def a_trial(cell: Cell, block: int) -> Trial:
    return Trial(cell, block, 0, Status.OK, "2026-01-02T03:04:05.678+00:00", 10**9)


@pytest.fixture
def no_go(asked_once: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(find, "build_go", lambda: (None, NO_GO))
    monkeypatch.setattr(inventory, "find_runners", find.find_runners)


@pytest.mark.parametrize(
    ("profile", "planned"),
    [
        ("quick", 2 * 5 + 3 * 5),  # asyncio twice in five blocks, and with its variant
        ("standard", 2 * 5 + 3 * 5 + 2 * 3),  # and one of 10, 100 and 10,000 tasks
        ("thorough", 2 * 10 + 3 * 10 + 2 * 5),  # and one of 100,000 and of a million
    ],
)
def test_the_minimum_is_the_blocks_of_headlines_and_one_block_of_each_sweep_case(
    tmp_path: Path, profile: str, planned: int
) -> None:
    it = begin(tmp_path, RunSelection(("fanout",), ("asyncio",)), profile)
    assert it.planned == planned


def test_a_run_is_written_before_its_first_trial(tmp_path: Path) -> None:
    it = begin(tmp_path)
    assert store.read_run(it.folder) == it.run
    assert (tmp_path / "latest").resolve() == it.folder
    assert list(store.read_trials(it.folder, [])) == []


def test_a_run_is_named_after_the_time_and_the_host(tmp_path: Path) -> None:
    it = begin(tmp_path)
    assert re.fullmatch(r"\d{8}T\d{6}Z-[\w-]+", it.run.id)
    assert it.run.id.startswith(re.sub(r"[-:]", "", it.run.started_at)[:15])


def test_a_given_seed_is_stored(tmp_path: Path) -> None:
    assert store.read_run(begin(tmp_path, seed=2**31 - 1).folder).seed == 2**31 - 1


def test_zero_is_a_valid_seed(tmp_path: Path) -> None:
    assert begin(tmp_path, seed=0).run.seed == 0


def test_a_missing_seed_is_drawn_and_stored(tmp_path: Path) -> None:
    drawn = {begin(tmp_path / str(n), seed=None).run.seed for n in range(3)}
    assert len(drawn) > 1
    assert all(0 <= seed < 2**31 for seed in drawn)


def test_the_budget_is_that_of_the_profile_unless_one_is_given(tmp_path: Path) -> None:
    assert begin(tmp_path / "a").run.budget_s == PROFILES["quick"].budget_s
    assert begin(tmp_path / "b", budget_s=12.5).run.budget_s == 12.5


def test_the_precision_is_stored_and_used_when_the_run_is_resumed(tmp_path: Path) -> None:
    first = begin(tmp_path, precision=0.015)
    assert store.read_run(first.folder).precision == 0.015
    assert resume(first.folder)[0].run.precision == 0.015


def test_a_run_has_the_control_of_its_headline_case_among_its_cells(tmp_path: Path) -> None:
    run = begin(tmp_path, RunSelection(("noop",), ("sequential", "asyncio"))).run
    assert [cell.name for cell in run.cells] == ["sequential", "asyncio", "asyncio (again)"]


def test_a_control_is_run_from_the_source_of_its_contestant(tmp_path: Path) -> None:
    it = begin(tmp_path)
    cell, control = it.run.cells
    runner_of = it.inventory.trial_runner(7, lambda: False).runner_of
    assert runner_of(control.contestant) is runner_of(cell.contestant)
    assert list(it.run.sources) == ["python/workloads/noop/on_sequential.py"]


def test_a_run_stores_the_text_of_its_workloads_only(tmp_path: Path) -> None:
    run = begin(tmp_path).run
    assert run.workloads == {"noop": (WORKLOADS / "noop.toml").read_text("utf-8")}


def test_a_run_stores_the_digest_of_every_source_it_runs(tmp_path: Path) -> None:
    run = begin(tmp_path, RunSelection(("pingpong",), ("asyncio",))).run
    ends = ("", "__futures", "__nowait")
    names = [*(f"on_asyncio{end}" for end in ends), "turns"]
    files = [f"python/workloads/pingpong/{name}.py" for name in names]
    assert run.sources == {
        file: hashlib.sha256((ROOT / file).read_bytes()).hexdigest() for file in files
    }


def test_code_that_implementations_share_is_among_the_sources(tmp_path: Path) -> None:
    first = begin(tmp_path, RunSelection(("heartbeat",), ("threads",)))
    shared = "python/workloads/heartbeat/background.py"
    assert set(first.run.sources) == {"python/workloads/heartbeat/on_threads.py", shared}
    assert shared not in first.run.implementations.values()
    rewrite(first.folder, sources={**first.run.sources, shared: "0" * 64})
    with pytest.raises(Problem, match=f"source {shared} has changed"):
        resume(first.folder)


def test_only_runners_and_models_that_take_part_are_stored(
    tmp_path: Path,
) -> None:
    (runner,) = begin(tmp_path, RunSelection(("noop",), ("trio", "threads"))).run.runners
    assert (runner.name, set(runner.models)) == ("python", {"trio", "threads"})


def test_nothing_to_measure_is_a_problem_with_the_reasons(tmp_path: Path) -> None:
    with pytest.raises(Problem) as caught:
        begin(tmp_path / "out", RunSelection(("fanout", "pingpong"), ("sequential",)))
    assert caught.value.code is Exit.NOT_POSSIBLE
    assert str(caught.value).startswith("nothing to measure: sequential: ")
    assert "no second task to hand a value to" in str(caught.value)
    assert "stops at 10 tasks" in str(caught.value)
    assert not (tmp_path / "out").exists()


@pytest.mark.usefixtures("no_go")
def test_without_go_its_models_are_unavailable_and_python_is_planned(tmp_path: Path) -> None:
    run = begin(tmp_path, RunSelection(("noop",), ("trio", "go", "go-1cpu"))).run
    assert [cell.name for cell in run.cells] == ["trio", "trio (again)"]
    assert [(one.cell.model, one.absence, one.reason) for one in run.absent] == [
        ("go-1cpu", Absence.UNAVAILABLE, NO_GO),
        ("go", Absence.UNAVAILABLE, NO_GO),
    ]


@pytest.mark.usefixtures("no_go")
def test_only_go_without_go_is_a_problem_that_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(Problem, match=f"nothing to measure: go: {NO_GO}") as caught:
        begin(tmp_path, RunSelection(("noop",), ("go",)))
    assert caught.value.code is Exit.NOT_POSSIBLE


def test_a_resumed_run_is_the_same_run_with_its_trials_done(tmp_path: Path) -> None:
    first = begin(tmp_path)
    cell, control = first.run.cells
    stored = [a_trial(cell, 0), a_trial(control, 0), a_trial(cell, 2)]
    writer = store.RunWriter(first.folder)
    for trial in stored:
        writer.append(trial)
    writer.close()
    again, warnings = resume(first.folder)
    assert again.run == first.run
    assert first.allocator.trials == 0
    assert again.allocator.trials == len(stored)
    assert all(again.allocator.has_trial(one.block, one.cell) for one in stored)
    assert not again.allocator.has_trial(2, control)
    assert again.planned == first.planned
    assert warnings == []


@pytest.mark.parametrize(("given", "expected"), [(None, 90.0), (5.0, 5.0)])
def test_a_resumed_run_has_its_own_budget_unless_another_is_given(
    tmp_path: Path, given: float | None, expected: float
) -> None:
    first = begin(tmp_path, budget_s=90.0)
    assert resume(first.folder, given)[0].budget.seconds == expected


def test_resuming_warns_about_a_torn_last_line_and_removes_it(tmp_path: Path) -> None:
    first = begin(tmp_path)
    cell, _ = first.run.cells
    path = first.folder / store.TRIALS_FILE
    whole = msgspec.json.encode(a_trial(cell, 0)) + b"\n"
    path.write_bytes(whole + whole[:40])
    again, warnings = resume(first.folder)
    assert again.allocator.trials == 1
    assert again.allocator.has_trial(0, cell)
    assert warnings == ["trials.jsonl:2: the last line is torn and was ignored"]
    assert path.read_bytes() == whole


@pytest.mark.parametrize(
    ("field", "before", "found"),
    [
        ("cpu", "an older one", "machine cpu was an older one, is "),
        ("host", "elsewhere", "machine host was elsewhere, is "),
        ("system", "Linux 2.6", "machine system was Linux 2.6, is "),
        ("logical_cores", 4_096, f"machine logical_cores was 4096, is {os.cpu_count()}"),
        ("allowed_cores", (4_095,), "machine allowed_cores was 4095, is 0"),
        ("cpu_quota", 0.001, "machine cpu_quota was 0.001, is "),
    ],
)
def test_a_run_cannot_be_resumed_on_another_machine(
    tmp_path: Path, field: str, before: object, found: str
) -> None:
    first = begin(tmp_path)
    rewrite(first.folder, machine=msgspec.structs.replace(first.run.machine, **{field: before}))
    with pytest.raises(Problem) as caught:
        resume(first.folder)
    assert caught.value.code is Exit.NOT_POSSIBLE
    assert f"what it measures has changed: {found}" in str(caught.value)
    assert str(caught.value).endswith("; start a new run instead")


def test_load_and_memory_may_change_before_a_run_is_resumed(tmp_path: Path) -> None:
    first = begin(tmp_path)
    machine = msgspec.structs.replace(first.run.machine, load_1min=17.5, memory_bytes=2**30)
    rewrite(first.folder, machine=machine)
    assert resume(first.folder)[0].run.machine == machine


def python_runner(run: Run, **changes: Any) -> tuple[RunnerFacts, ...]:
    return tuple(msgspec.structs.replace(one, **changes) for one in run.runners)


def test_a_run_cannot_be_resumed_with_another_version_of_the_language(tmp_path: Path) -> None:
    first = begin(tmp_path)
    rewrite(first.folder, runners=python_runner(first.run, version="3.4.0"))
    with pytest.raises(Problem, match=r"runner python was 3\.4\.0, is 3\.") as caught:
        resume(first.folder)
    assert caught.value.code is Exit.NOT_POSSIBLE


def test_a_run_cannot_be_resumed_with_another_version_of_a_library(tmp_path: Path) -> None:
    first = begin(tmp_path, RunSelection(("noop",), ("trio",)))
    (python,) = first.run.runners
    assert "trio" in python.facts
    rewrite(first.folder, runners=python_runner(first.run, facts={**python.facts, "trio": "0.1.0"}))
    with pytest.raises(Problem, match=r"trio was 0\.1\.0, is ") as caught:
        resume(first.folder)
    assert caught.value.code is Exit.NOT_POSSIBLE


def test_a_missing_runner_is_named_when_a_run_is_resumed(tmp_path: Path) -> None:
    first = begin(tmp_path)
    gone = RunnerFacts("cobol", "cobol", "85", ("sequential",))
    rewrite(first.folder, runners=(*first.run.runners, gone))
    with pytest.raises(Problem, match="runner cobol was 85, is absent"):
        resume(first.folder)


@pytest.mark.parametrize(("digest", "said"), [("0" * 64, "has changed"), (None, "was absent")])
def test_a_run_cannot_be_resumed_with_another_source(
    tmp_path: Path, digest: str | None, said: str
) -> None:
    first = begin(tmp_path)
    ((file, _),) = first.run.sources.items()
    rewrite(first.folder, sources={} if digest is None else {file: digest})
    with pytest.raises(Problem, match=f"source {file} {said}") as caught:
        resume(first.folder)
    assert caught.value.code is Exit.NOT_POSSIBLE


def test_a_run_cannot_be_resumed_with_another_text_of_a_workload(tmp_path: Path) -> None:
    first = begin(tmp_path)
    rewrite(first.folder, workloads={"noop": first.run.workloads["noop"] + "\n# by the way\n"})
    with pytest.raises(Problem, match="workload noop has changed") as caught:
        resume(first.folder)
    assert caught.value.code is Exit.NOT_POSSIBLE


def test_every_change_since_the_run_began_is_named(tmp_path: Path) -> None:
    first = begin(tmp_path)
    rewrite(
        first.folder,
        machine=msgspec.structs.replace(first.run.machine, cpu="an older one"),
        runners=python_runner(first.run, version="3.4.0"),
    )
    with pytest.raises(Problem, match=r"machine cpu was .*; runner python was "):
        resume(first.folder)


def test_runners_of_two_runtimes_are_checked_apart() -> None:
    ours = RunnerFacts("python", "python", "3.11", ("asyncio",), {"uvloop": "1"})
    theirs = msgspec.structs.replace(ours, runtime="1a2b3c4d", version="3.14")
    assert campaign.list_versions((ours, theirs)) == {
        "runner python": "3.11",
        "python: uvloop": "1",
        "runner python @ 1a2b3c4d": "3.14",
        "python @ 1a2b3c4d: uvloop": "1",
    }
