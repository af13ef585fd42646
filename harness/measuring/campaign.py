"""Start, resume and measure a run."""

from __future__ import annotations

import random
import shlex
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from msgspec import structs

from harness.errors import Exit, Problem, unknown_name
from harness.measuring import against, plan, trials
from harness.measuring.allocate import Allocator
from harness.measuring.blocks import Ended
from harness.measuring.executor import LocalExecutor
from harness.measuring.inventory import Inventory
from harness.measuring.machine import facts
from harness.measuring.machine.measuring_alone import ANOTHER_RUN
from harness.measuring.processes.running_time import Budget
from harness.measuring.runners import manifest
from harness.results import store
from harness.results.configuration import find_changes, find_machine_changes, list_versions
from harness.results.hosts import kinds, lead_ids
from harness.results.records import SCHEMA_VERSION, Run

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from pathlib import Path

    from harness.measuring.executor import Executor
    from harness.measuring.plan import Profile, RunSelection
    from harness.results.records import AbsentCell, Cell, Host, RunnerFacts, Trial


@dataclass
class Campaign:
    """A new or resumed run, ready to measure."""

    run: Run
    inventory: Inventory
    writer: store.RunWriter
    budget: Budget
    allocator: Allocator

    @property
    def folder(self) -> Path:
        """The run directory."""
        return self.writer.folder

    @property
    def planned(self) -> int:
        """How many trials the run has at least, regardless of precision."""
        return self.allocator.planned

    def measure(
        self,
        observer: trials.Observer,
        interrupted: Callable[[], bool],
        memory_bytes: int | None = None,
        *,
        is_alone: bool = True,
        executor: Executor | None = None,
    ) -> Ended:
        """Measure until the budget is spent or Ctrl-C is pressed. Returns why it ended.

        `is_alone` tells whether no other run is measured on this machine. If one is, every trial
        counts as disturbed. `executor` measures the blocks; None: this process does.
        """

        def store_trial(trial: Trial) -> str:
            if not is_alone:
                trial = structs.replace(trial, disturbed=(*trial.disturbed, ANOTHER_RUN))
            # The trials of a block come at once from a host, and are synced together.
            self.writer.append(trial, sync=not trial.host)
            remark = self.allocator.record(trial)
            if trial.host and self.allocator.is_complete(trial):
                self.writer.sync()
            return remark

        executor = executor or LocalExecutor(self.run, self.inventory, memory_bytes)
        self.budget.begin()
        try:
            ended = executor.run(
                self.allocator.blocks(),
                self.allocator.has_trial,
                self.budget,
                store_trial,
                observer,
                interrupted,
            )
        finally:
            self.writer.close()
        is_all = ended is Ended.PRECISE and self.allocator.has_retired_all
        return Ended.NO_CONTESTANT if is_all else ended

    def add_host(self, host: Host) -> None:
        """Describe one more host in the run, before any of its trials. Raises Problem."""
        if host not in self.run.hosts:
            self.run = structs.replace(self.run, hosts=(*self.run.hosts, host))
            self.writer.replace_run(self.run)
            self.allocator.kind_of = kinds(self.run.hosts)


def begin(
    out: Path,
    selection: RunSelection,
    profile: Profile,
    budget_s: float | None,
    seed: int | None,
    precision: float,
    inventory: Inventory | None = None,
    *,
    alone: bool = False,
    urgent: Collection[Cell] = (),
    hosts: Sequence[Host] = (),
) -> Campaign:
    """Plan a new run and create its directory. Raises Problem.

    `urgent` are the cells that claims need, measured before others; `hosts` those of a fleet.
    """
    inventory = inventory or Inventory.open()
    cells, absent = _plan_cells(inventory, selection, profile)
    machine = facts.describe_machine()
    lead = next((host for host in hosts if host.id in lead_ids(hosts)), None)
    now, all_cells = datetime.now(UTC), (*cells, *(absent_cell.cell for absent_cell in absent))
    run = Run(
        schema_version=SCHEMA_VERSION,
        id=f"{now:%Y%m%dT%H%M%SZ}-{_to_file_name(machine.host)}",
        started_at=now.isoformat(timespec="seconds"),
        seed=random.SystemRandom().getrandbits(31) if seed is None else seed,
        profile=profile.name,
        budget_s=budget_s or profile.budget_s,
        alone=alone,
        precision=precision,
        blocks=profile.blocks,
        machine=machine if lead is None else lead.machine,
        runners=_choose_runners(inventory.runner_facts(cells), lead),
        workloads={cell.workload: inventory.workloads[cell.workload].text for cell in all_cells},
        cells=tuple(cells),
        absent=tuple(absent),
        sources=inventory.source_digests(cells),
        implementations=inventory.source_paths(cells),
        runner_files=inventory.runner_files,
        env=dict(inventory.passed),
        runtimes=dict(inventory.runtimes),
        revision=inventory.beside.commit if inventory.beside else "",
        hosts=tuple(hosts),
    )
    writer = store.RunWriter.create(out, run)
    allocator = _create_allocator(run, inventory, urgent)
    return Campaign(run, inventory, writer, Budget(run.budget_s), allocator)


def _plan_cells(
    inventory: Inventory, selection: RunSelection, profile: Profile
) -> tuple[list[Cell], list[AbsentCell]]:
    """Return the cells of a run, and those that it lacks. Raises Problem if there are none."""
    cells, absent = inventory.plan_cells(selection, profile)
    if not cells:
        reasons = {f"{absent_cell.cell.model}: {absent_cell.reason}" for absent_cell in absent}
        raise Problem(
            f"nothing to measure: {'; '.join(sorted(reasons)) or 'the selection is empty'}",
            Exit.NOT_POSSIBLE,
        )
    return cells, absent


def resume(
    folder: Path,
    budget_s: float | None,
    warn: Callable[[str], None],
    runner_files: Iterable[Path] = (),
    urgent: Collection[Cell] = (),
    passed: Mapping[str, str] | None = None,
    runtimes: Iterable[str] = (),
    hosts: Sequence[Host] = (),
) -> Campaign:
    """Continue a run. Raises Problem if the machine or the measured programs have changed.

    `runner_files` are the files given by --runner now, `passed` the variables given by --env, and
    `runtimes` those given by --runtime; they must be the same as those of the run. `hosts` are
    those of the run, then new ones.
    """
    runner_files, passed = tuple(runner_files), passed or {}
    run = store.read_run(folder)
    _check_schema(folder.name, run)
    _check_runner_files(folder.name, run, runner_files)
    _check_passed(folder.name, run, passed)
    inventory = Inventory.open(runner_files, passed, runtimes, tell=warn)
    _check_runtimes(folder.name, run, inventory.runtimes)
    if run.revision:
        inventory = against.reopen(inventory, run, folder.parent)
    for problem in inventory.runners.problems:
        warn(problem)
    _check_unchanged(folder.name, run, inventory)
    allocator = _create_allocator(run, inventory, urgent)
    lock = store.lock_run(folder)
    try:
        _record_stored_trials(folder, allocator, warn)
        writer = store.RunWriter(folder, lock)
    except BaseException:
        lock.release()
        raise
    current = Campaign(run, inventory, writer, Budget(budget_s or run.budget_s), allocator)
    for host in hosts:
        current.add_host(host)
    return current


def _create_allocator(run: Run, inventory: Inventory, urgent: Collection[Cell]) -> Allocator:
    profile = replace(plan.PROFILES[run.profile], blocks=run.blocks)
    allocator = Allocator(run.cells, inventory.workloads, run.seed, profile, run.precision, urgent)
    allocator.kind_of = kinds(run.hosts)
    return allocator


def _choose_runners(here: tuple[RunnerFacts, ...], lead: Host | None) -> tuple[RunnerFacts, ...]:
    """Return the runners as they are where the trials are measured."""
    there = {runner.key: runner for runner in lead.runners} if lead else {}
    return tuple(
        structs.replace(there.get(runner.key, runner), models=runner.models) for runner in here
    )


def _check_schema(name: str, run: Run) -> None:
    if run.schema_version != SCHEMA_VERSION:
        raise Problem(
            f"{name} cannot be resumed: found schema_version {run.schema_version}, expected"
            f" {SCHEMA_VERSION}; it can be shown and drawn, but measuring needs a new run",
            Exit.NOT_POSSIBLE,
        )
    if run.profile not in plan.PROFILES:
        raise unknown_name("profile", run.profile, plan.PROFILES)


def _check_runner_files(name: str, run: Run, runner_files: Iterable[Path]) -> None:
    """Raise Problem unless the user names the runner files that the run was started with.

    The names in the run are not enough to start programs: a run directory can come from anybody.
    """
    given = {str(manifest.locate_file(path)) for path in runner_files}
    missing = [file for file in run.runner_files if file not in given]
    if missing:
        options = " ".join(f"--runner {shlex.quote(file)}" for file in missing)
        raise Problem(f"{name} was started with external runners; repeat {options} to resume it")
    if added := sorted(given - set(run.runner_files)):
        raise Problem(
            f"{name} was started without {', '.join(added)}; resume it without, or start a new run"
        )


def _check_passed(name: str, run: Run, passed: Mapping[str, str]) -> None:
    """Raise Problem unless the user passes the variables that the run was started with.

    Those in the run are not used: a run directory can come from anybody.
    """
    if dict(passed) != run.env:
        found, expected = (
            " ".join(f"--env {shlex.quote(f'{key}={value}')}" for key, value in sorted(env.items()))
            for env in (passed, run.env)
        )
        raise Problem(
            f"{name} cannot be resumed with other variables: found {found or 'no --env'}, expected"
            f" {expected or 'no --env'}"
        )


def _check_runtimes(name: str, run: Run, runtimes: Mapping[str, str]) -> None:
    """Raise Problem unless the user names the runtimes that the run was started with.

    Those in the run are not used: a run directory can come from anybody.
    """
    if dict(runtimes) != run.runtimes:
        found, expected = (
            " ".join(f"--runtime {shlex.quote(f'{label}={text}')}" for label, text in one.items())
            for one in (runtimes, run.runtimes)
        )
        raise Problem(
            f"{name} cannot be resumed with other runtimes: found {found or 'no --runtime'},"
            f" expected {expected or 'no --runtime'}"
        )


def _check_unchanged(name: str, run: Run, inventory: Inventory) -> None:
    """Raise Problem if the machine, a runner, a source or a workload differs from the run."""
    cells = list(run.cells)
    here = [] if run.hosts else _find_changes_here(run, inventory, cells)
    workloads = {
        id_: workload.text for id_, workload in inventory.workloads.items() if id_ in run.workloads
    }
    changes = [
        *here,
        *find_changes("source", run.sources, inventory.source_digests(cells)),
        *find_changes("implementation", *_compare_implementations(run, inventory)),
        *find_changes("workload", run.workloads, workloads),
    ]
    if changes:
        raise Problem(
            f"{name} cannot be resumed, because what it measures has changed:"
            f" {'; '.join(changes)}; start a new run instead",
            Exit.NOT_POSSIBLE,
        )


def _find_changes_here(run: Run, inventory: Inventory, cells: list[Cell]) -> list[str]:
    """Return what differs in the machine and its runners; of a fleet, its hosts are compared."""
    return [
        *find_machine_changes(run.machine, facts.describe_machine()),
        *find_changes("", list_versions(run.runners), list_versions(inventory.runner_facts(cells))),
    ]


def _record_stored_trials(folder: Path, allocator: Allocator, warn: Callable[[str], None]) -> None:
    """Record the trials of earlier sessions, one in memory at a time: a run may be gigabytes."""
    warnings: list[str] = []
    for trial in store.read_trials(folder, warnings):
        allocator.record(trial)
    for warning in warnings:
        warn(warning)


def _compare_implementations(
    run: Run, inventory: Inventory
) -> tuple[dict[str, str], dict[str, str]]:
    """Return the needed and the existing contestants, in the form that find_changes compares."""
    contestants = {offer.contestant for offer in inventory.runners.offers()}
    needed = {cell.contestant.key: "present" for cell in run.cells}
    existing = {
        cell.contestant.key: "present" for cell in run.cells if cell.contestant in contestants
    }
    return needed, existing


def _to_file_name(host: str) -> str:
    return "".join(c if c.isalnum() or c == "-" else "-" for c in host)[:40].strip("-") or "host"
