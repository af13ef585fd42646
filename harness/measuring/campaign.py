"""A run from its plan to its last trial: where the parts of measuring come together."""

from __future__ import annotations

import random
import shlex
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from harness.errors import Exit, Problem
from harness.measuring import plan, trials
from harness.measuring.allocate import Allocator
from harness.measuring.inventory import Inventory
from harness.measuring.machine import facts
from harness.measuring.runners import external
from harness.results import store
from harness.results.records import SCHEMA_VERSION, AbsentCell, Run, RunnerFacts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from harness.measuring.plan import Profile, RunSelection
    from harness.results.records import Cell, Trial


@dataclass
class Campaign:
    """A run that is about to be measured, or to go on."""

    run: Run
    inventory: Inventory
    writer: store.RunWriter
    budget_s: float
    allocator: Allocator

    @property
    def folder(self) -> Path:
        """The run directory."""
        return self.writer.folder

    @property
    def planned(self) -> int:
        """How many trials the least program has: the least blocks of headlines, one of sweeps."""
        return plan.count_min_trials(self.run.cells, plan.PROFILES[self.run.profile])

    def measure(
        self,
        observer: trials.Observer,
        interrupted: Callable[[], bool],
        memory_bytes: int | None = None,
    ) -> str:
        """Measure until the budget is spent or somebody interrupts. Returns why it ended."""

        def keep(trial: Trial) -> None:
            self.writer.append(trial)
            self.allocator.take(trial)

        try:
            return trials.run_blocks(
                self.inventory.trial_runner(self.run.seed, interrupted, memory_bytes),
                self.allocator.blocks(),
                self.allocator.has,
                time.monotonic() + self.budget_s,
                keep,
                observer,
            )
        finally:
            self.writer.close()


def begin(
    out: Path,
    selection: RunSelection,
    profile: Profile,
    budget_s: float | None,
    seed: int | None,
    precision: float,
    inventory: Inventory | None = None,
) -> Campaign:
    """Plan a new run and make its directory. Raises Problem."""
    inventory = inventory or Inventory.open()
    cells, absent = inventory.cells(selection, profile)
    if not cells:
        reasons = {f"{one.cell.model}: {one.reason}" for one in absent}
        raise Problem(
            f"nothing to measure: {'; '.join(sorted(reasons)) or 'nothing was asked for'}",
            Exit.NOT_POSSIBLE,
        )
    about = facts.describe_machine()
    now = datetime.now(UTC)
    runners, sources = inventory.facts(cells)
    run = Run(
        schema_version=SCHEMA_VERSION,
        id=f"{now:%Y%m%dT%H%M%SZ}-{_plain(about.host)}",
        started_at=now.isoformat(timespec="seconds"),
        seed=random.SystemRandom().getrandbits(31) if seed is None else seed,
        profile=profile.name,
        budget_s=budget_s or profile.budget_s,
        precision=precision,
        machine=about,
        runners=runners,
        workloads={
            cell.workload: inventory.workloads[cell.workload].text
            for cell in (*cells, *_of(absent))
        },
        cells=tuple(cells),
        absent=tuple(absent),
        sources=sources,
        implementations=inventory.implementations(cells),
        runner_files=inventory.runner_files,
    )
    return Campaign(
        run, inventory, store.RunWriter.create(out, run), run.budget_s, _allocator(run, inventory)
    )


def _allocator(run: Run, inventory: Inventory) -> Allocator:
    return Allocator(
        run.cells, inventory.workloads, run.seed, plan.PROFILES[run.profile], run.precision
    )


def _of(absent: list[AbsentCell]) -> list[Cell]:
    return [one.cell for one in absent]


def resume(
    folder: Path,
    budget_s: float | None,
    warn: Callable[[str], None],
    named: Iterable[Path] = (),
) -> Campaign:
    """Go on with a run. Raises Problem when the machine or what is measured has changed.

    `named` are the runners' files that the user names now; they must be those of the run.
    """
    run = store.read_run(folder)
    if run.schema_version != SCHEMA_VERSION:
        raise Problem(
            f"{folder.name} cannot go on: found schema_version {run.schema_version}, expected"
            f" {SCHEMA_VERSION}; it can be shown and drawn, but begin a new run to measure",
            Exit.NOT_POSSIBLE,
        )
    named = tuple(named)
    _same_runner_files(folder.name, run, named)
    inventory = Inventory.open(named)
    for problem in inventory.runners.problems:
        warn(problem)
    runners, sources = inventory.facts(list(run.cells))
    about = facts.describe_machine()
    changes = [
        *_changes("machine", _identity(run.machine), _identity(about)),
        *_changes("", _versions(run.runners), _versions(runners)),
        *_changes("source", run.sources, sources),
        *_changes("implementation", _needed(run), _offered(inventory, run)),
        *_changes(
            "workload",
            run.workloads,
            {
                id_: workload.text
                for id_, workload in inventory.workloads.items()
                if id_ in run.workloads
            },
        ),
    ]
    if changes:
        raise Problem(
            f"{folder.name} cannot go on, since what it measured is no longer the same:"
            f" {'; '.join(changes)}; begin a new run instead",
            Exit.NOT_POSSIBLE,
        )
    warnings: list[str] = []
    allocator = _allocator(run, inventory)
    for trial in store.read_trials(folder, warnings):  # one at a time: a run may be gigabytes
        allocator.take(trial)
    for warning in warnings:
        warn(warning)
    return Campaign(run, inventory, store.RunWriter(folder), budget_s or run.budget_s, allocator)


def _same_runner_files(name: str, run: Run, named: Iterable[Path]) -> None:
    """Raise Problem unless the user names what the run was begun with.

    What the run itself says is not enough to start a program: a run directory can be anybody's.
    """
    now = {str(external.locate(one)) for one in named}
    missing = [file for file in run.runner_files if file not in now]
    if missing:
        again = " ".join(f"--runner {shlex.quote(file)}" for file in missing)
        raise Problem(
            f"{name} was begun with runners from outside; repeat {again} to go on with it"
        )
    if strange := sorted(now - set(run.runner_files)):
        raise Problem(
            f"{name} was begun without {', '.join(strange)}; go on without it, or begin a new run"
        )


def _needed(run: Run) -> dict[str, str]:
    return {cell.contestant.key: "present" for cell in run.cells}


def _offered(inventory: Inventory, run: Run) -> dict[str, str]:
    offers = {offer.contestant for offer in inventory.runners.offers()}
    return {cell.contestant.key: "present" for cell in run.cells if cell.contestant in offers}


def _identity(about: object) -> dict[str, str]:
    return {name: str(getattr(about, name)) for name in ("host", "system", "cpu", "logical_cores")}


def _versions(runners: tuple[RunnerFacts, ...]) -> dict[str, str]:
    """Return what each runner said of itself: its version, its libraries, its settings."""
    return {
        name: str(value)
        for one in runners
        for name, value in (
            (f"runner {one.name}", one.version),
            *((f"{one.name}: {fact}", value) for fact, value in one.facts.items()),
        )
    }


def _changes(what: str, before: dict[str, str], now: dict[str, str]) -> list[str]:
    short = 60
    changed = []
    for name in sorted(before.keys() | now.keys()):
        old, new = before.get(name, "absent"), now.get(name, "absent")
        if old != new:
            detail = f" was {old}, is {new}" if len(old) + len(new) < short else " has changed"
            changed.append(f"{what} {name}{detail}".strip())
    return changed


def _plain(host: str) -> str:
    return "".join(c if c.isalnum() or c == "-" else "-" for c in host)[:40].strip("-") or "host"
