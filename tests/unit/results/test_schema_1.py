"""Runs of schema 1 are read as runs of schema 2, but measuring cannot continue in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.analysis.analyse import analyse
from harness.analysis.drift import ProbeReading
from harness.catalog.contestant import DEFAULT_RUNTIME, Contestant
from harness.errors import Exit, Problem
from harness.results import store
from harness.results.records import Absence, AbsentCell, Cell, Run, Sample, Status, Trial
from tests.support import schema_1

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.command import Invoke

ASYNCIO = Contestant("demo", "asyncio")
FUTURES = Contestant("demo", "asyncio", "futures")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return schema_1.write(tmp_path / "results")


@pytest.fixture
def run(folder: Path) -> Run:
    return store.read_run(folder)


@pytest.fixture
def trials(folder: Path) -> list[Trial]:
    return list(store.read_trials(folder, []))


# --- the run


def test_flat_cells_become_contestants_in_cases(run: Run) -> None:
    assert run.cells == (
        Cell(ASYNCIO, "headline"),
        Cell(FUTURES, "headline"),
        Cell(ASYNCIO, "headline", control=True),
    )
    assert {cell.contestant.runtime for cell in run.cells} == {DEFAULT_RUNTIME}
    assert [cell.name for cell in run.cells] == [
        "asyncio",
        "asyncio · futures",
        "asyncio (again)",
    ]


def test_an_absent_cell_keeps_its_reason(run: Run) -> None:
    uvloop = Cell(Contestant("demo", "uvloop"), "headline")
    assert run.absent == (AbsentCell(uvloop, Absence.UNAVAILABLE, "it is not installed"),)


def test_implementations_are_found_by_the_keys_of_contestants(run: Run) -> None:
    assert run.implementations == {
        ASYNCIO.key: "python/workloads/demo/on_asyncio.py",
        FUTURES.key: "python/workloads/demo/on_asyncio__futures.py",
    }


def test_everything_else_is_read_as_it_was_written(run: Run) -> None:
    assert type(run) is Run
    assert run.schema_version == 1
    assert (run.id, run.seed, run.budget_s) == ("20250102T030405Z-old", 7, 60.0)
    assert run.machine.host == "old"
    (runner,) = run.runners
    assert (runner.version, runner.facts) == ("3.11.7", {"trio": "0.30.0"})
    assert runner.runtime == DEFAULT_RUNTIME
    assert run.sources == {"python/workloads/demo/on_asyncio.py": "00ff"}


@pytest.mark.parametrize("key", ["demo", "demo/asyncio/futures/more", ""])
def test_an_implementation_with_an_invalid_key_is_a_problem(folder: Path, key: str) -> None:
    path = folder / store.RUN_FILE
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"demo/asyncio/futures"', f'"{key}"'), encoding="utf-8")
    with pytest.raises(Problem) as caught:
        store.read_run(folder)
    assert str(caught.value).startswith(f"{path}: not a run file: ")
    assert repr(key) in str(caught.value)


# --- its trials


def test_trials_have_the_cells_of_the_run(run: Run, trials: list[Trial]) -> None:
    assert {type(trial) for trial in trials} == {Trial}
    assert tuple(trial.cell for trial in trials) == run.cells


def test_the_spin_of_a_block_is_its_speed_probe(trials: list[Trial]) -> None:
    readings = [(trial.probe_ns, trial.probe_cpu_ns) for trial in trials]
    assert readings == [(5_100_000, 5_000_000), (None, None), (None, None)]


def test_the_other_fields_of_a_trial_are_read_as_they_were_written(trials: list[Trial]) -> None:
    first, second, third = trials
    assert first.samples == (Sample(50_000_000, 10),)
    assert (second.block, second.position, second.observed) == (0, 1, {"in_flight": 3})
    assert (third.status, third.message) == (Status.TIMEOUT, "not finished after 40 s")


def test_a_bad_line_is_a_problem_with_its_number(folder: Path) -> None:
    path = folder / store.TRIALS_FILE
    lines = path.read_text(encoding="utf-8").replace('"model":"asyncio","variant"', '"variant"')
    path.write_text(lines, encoding="utf-8")
    with pytest.raises(Problem) as caught:
        list(store.read_trials(folder, []))
    assert str(caught.value).startswith(f"{path}:2: not a trial: ")


def test_a_torn_last_line_is_ignored_with_a_warning(folder: Path) -> None:
    path = folder / store.TRIALS_FILE
    path.write_bytes(path.read_bytes()[:-10])
    warnings: list[str] = []
    assert len(list(store.read_trials(folder, warnings))) == 2
    assert warnings == ["trials.jsonl:3: the last line is torn and was ignored"]


# --- what can be done with it


def test_it_is_analysed_like_any_other_run(run: Run, trials: list[Trial]) -> None:
    found = analyse(run, trials)
    assert found.probes == (ProbeReading("2025-01-02T03:04:06.000+00:00", 5_100_000, 5_000_000),)
    names = {cell.name: cell for cell in found.workloads["demo"].headline}
    assert list(names) == ["asyncio", "asyncio · futures", "uvloop"]
    ratio = names["asyncio · futures"].ratio
    assert ratio is not None
    assert ratio.value == pytest.approx(2)


def test_it_cannot_be_resumed_and_the_message_says_what_can_be_done(
    folder: Path, invoke: Invoke
) -> None:
    before = [path.read_bytes() for path in sorted(folder.iterdir())]
    code, out, err = invoke("run", "--resume", folder, "--out", folder.parent)
    assert (code, out) == (Exit.NOT_POSSIBLE, "")
    assert err == (
        f"loombench: {folder.name} cannot be resumed: found schema_version 1, expected 2;"
        " it can be shown and drawn, but measuring needs a new run\n"
    )
    assert [path.read_bytes() for path in sorted(folder.iterdir())] == before


def test_it_can_be_shown(folder: Path, invoke: Invoke) -> None:
    code, out, err = invoke("show", folder)
    assert (code, err) == (Exit.SUCCESS, "")
    assert "3 trials" in out
    assert "uvloop: unavailable: it is not installed" in out
