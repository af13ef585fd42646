"""A run from its plan to its last trial: where the parts of measuring come together."""

from __future__ import annotations

import random
import shlex
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from harness import catalog, external, machine, measure, plan, store
from harness.allocate import Allocator
from harness.errors import Exit, Problem
from harness.records import SCHEMA_VERSION, Absence, AbsentCell, Run, RunnerFacts
from harness.runners import ROOT, Runners, find
from harness.workload import MODELS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from harness.plan import Profile, Selection
    from harness.records import Cell, Trial
    from harness.runners import Runner
    from harness.workload import Workload

WORKLOADS = ROOT / "harness" / "workloads"


@dataclass(frozen=True)
class Workshop:
    """What there is to measure, and with what: the workload files and this machine's runners."""

    workloads: dict[str, Workload]
    runners: Runners
    runner_files: tuple[str, ...] = ()  # each loombench.toml that the user named
    from_outside: frozenset[str] = frozenset()  # workloads that those bring

    @classmethod
    def open(cls, named: Iterable[Path] = ()) -> Workshop:
        """Read the workload files and ask the runners, also those of the files that are named.

        Raises Problem for a bad file.
        """
        ours = catalog.load_folder(WORKLOADS)
        declared = external.read(named)
        workloads = external.workloads(declared, ours)
        runners = find()
        external.join(runners, declared, workloads)
        return cls(
            workloads,
            runners,
            tuple(dict.fromkeys(str(one.file) for one in declared)),
            frozenset(workloads.keys() - ours.keys()),
        )

    def cells(
        self, selection: Selection, profile: Profile | None
    ) -> tuple[list[Cell], list[AbsentCell]]:
        """Return what would be measured and what would not; without a profile, the check cases."""
        present, absent = plan.cells(
            plan.select(selection, self.workloads, self.runners.models),
            selection,
            self.runners.offers(),
            self.runners.missing_models,
            profile,
            self.runners.models,
        )
        if not self.runners.load_command:
            unasked = [cell for cell in present if self.workloads[cell.workload].load]
            present = [cell for cell in present if cell not in unasked]
            absent += [
                AbsentCell(cell, Absence.UNAVAILABLE, self.runners.load_missing)
                for cell in unasked
                if not cell.control
            ]
        # Nobody expects our models in a workload from outside: that they are not in it goes
        # without saying, unless they were asked for.
        unsaid = (Absence.MISSING, Absence.UNAVAILABLE)
        if not selection.models:
            absent = [
                one
                for one in absent
                if one.cell.workload not in self.from_outside
                or one.cell.model not in MODELS
                or one.absence not in unsaid
            ]
        return present, absent

    def bench(
        self, seed: int, interrupted: Callable[[], bool], memory_bytes: int | None = None
    ) -> measure.Bench:
        """Return a bench on which trials can be run; its own memory limit unless one is given."""
        by_model: dict[tuple[str, str, str], Runner] = {
            (offer.workload, offer.model, offer.variant): self.runners.found[offer.runner]
            for offer in self.runners.offers()
        }
        bench = measure.Bench(
            workloads=self.workloads,
            runner_of=lambda cell: by_model[cell.workload, cell.model, cell.variant],
            seed=seed,
            interrupted=interrupted,
            load_command=self.runners.load_command,
        )
        return bench if memory_bytes is None else replace(bench, memory_bytes=memory_bytes)

    def document(
        self, workloads: list[Workload], cells: list[Cell], absent: list[AbsentCell]
    ) -> dict[str, object]:
        """Return for programs what there is, and what there is not, with the reasons."""
        offers = {(one.workload, one.model, one.variant): one for one in self.runners.offers()}
        return {
            "workloads": [
                {
                    "id": one.id,
                    "title": one.title,
                    "question": one.question,
                    "shape": one.shape,
                    "cases": {id_: case.params for id_, case in one.cases.items()},
                }
                for one in workloads
            ],
            "implementations": [
                {
                    "workload": cell.workload,
                    "model": cell.model,
                    "variant": cell.variant,
                    "runner": offers[cell.workload, cell.model, cell.variant].runner,
                    "source": offers[cell.workload, cell.model, cell.variant].source,
                }
                for cell in cells
            ],
            "absent": [
                {
                    "workload": one.cell.workload,
                    "model": one.cell.model,
                    "variant": one.cell.variant,
                    "why": one.absence.value,
                    "reason": one.reason,
                }
                for one in absent
            ],
        }

    def facts(self, cells: list[Cell]) -> tuple[tuple[RunnerFacts, ...], dict[str, str]]:
        """Return the runners that these cells need, and the digest of each source they run."""
        wanted = {(cell.workload, cell.model, cell.variant) for cell in cells}
        offers = [
            offer
            for offer in self.runners.offers()
            if (offer.workload, offer.model, offer.variant) in wanted
        ]
        sources = {
            name: digest
            for runner in self.runners.found.values()
            if (own := [one.source for one in offers if one.runner == runner.name])
            for name, digest in runner.digests(own).items()
        }
        runners = tuple(
            RunnerFacts(
                name=name,
                language=runner.description.language,
                version=runner.description.version,
                models=tuple(dict.fromkeys(one.model for one in offers if one.runner == name)),
                facts=runner.description.facts,
            )
            for name, runner in self.runners.found.items()
            if any(one.runner == name for one in offers)
        )
        return runners, dict(sorted(sources.items()))

    def implementations(self, cells: list[Cell]) -> dict[str, str]:
        """Return the source that each contestant runs, by the name that it has in a run."""
        names = {}
        for offer in self.runners.offers():
            source = self.runners.found[offer.runner].named(offer.source)
            names[offer.workload, offer.model, offer.variant] = source
        return {one.implementation: names[one.workload, one.model, one.variant] for one in cells}


@dataclass
class Campaign:
    """A run that is about to be measured, or to go on."""

    run: Run
    workshop: Workshop
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
        return plan.least_trials(self.run.cells, plan.PROFILES[self.run.profile])

    def measure(
        self,
        observer: measure.Observer,
        interrupted: Callable[[], bool],
        memory_bytes: int | None = None,
    ) -> str:
        """Measure until the budget is spent or somebody interrupts. Returns why it ended."""

        def keep(trial: Trial) -> None:
            self.writer.append(trial)
            self.allocator.take(trial)

        try:
            return measure.run_blocks(
                self.workshop.bench(self.run.seed, interrupted, memory_bytes),
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
    selection: Selection,
    profile: Profile,
    budget_s: float | None,
    seed: int | None,
    precision: float,
    workshop: Workshop | None = None,
) -> Campaign:
    """Plan a new run and make its directory. Raises Problem."""
    workshop = workshop or Workshop.open()
    cells, absent = workshop.cells(selection, profile)
    if not cells:
        reasons = {f"{one.cell.model}: {one.reason}" for one in absent}
        raise Problem(
            f"nothing to measure: {'; '.join(sorted(reasons)) or 'nothing was asked for'}",
            Exit.NOT_POSSIBLE,
        )
    about = machine.machine()
    now = datetime.now(UTC)
    runners, sources = workshop.facts(cells)
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
            cell.workload: workshop.workloads[cell.workload].text for cell in (*cells, *_of(absent))
        },
        cells=tuple(cells),
        absent=tuple(absent),
        sources=sources,
        implementations=workshop.implementations(cells),
        runner_files=workshop.runner_files,
    )
    return Campaign(
        run, workshop, store.RunWriter.create(out, run), run.budget_s, _allocator(run, workshop)
    )


def _allocator(run: Run, workshop: Workshop) -> Allocator:
    return Allocator(
        run.cells, workshop.workloads, run.seed, plan.PROFILES[run.profile], run.precision
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
    named = tuple(named)
    _same_runner_files(folder.name, run, named)
    workshop = Workshop.open(named)
    for problem in workshop.runners.problems:
        warn(problem)
    runners, sources = workshop.facts(list(run.cells))
    about = machine.machine()
    changes = [
        *_changes("machine", _identity(run.machine), _identity(about)),
        *_changes("", _versions(run.runners), _versions(runners)),
        *_changes("source", run.sources, sources),
        *_changes("implementation", _needed(run), _offered(workshop, run)),
        *_changes(
            "workload",
            run.workloads,
            {
                id_: workload.text
                for id_, workload in workshop.workloads.items()
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
    allocator = _allocator(run, workshop)
    for trial in store.read_trials(folder, warnings):  # one at a time: a run may be gigabytes
        allocator.take(trial)
    for warning in warnings:
        warn(warning)
    return Campaign(run, workshop, store.RunWriter(folder), budget_s or run.budget_s, allocator)


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
    return {f"{cell.workload} {cell.contestant}": "there" for cell in run.cells}


def _offered(workshop: Workshop, run: Run) -> dict[str, str]:
    offers = {(one.workload, one.model, one.variant) for one in workshop.runners.offers()}
    return {
        f"{cell.workload} {cell.contestant}": "there"
        for cell in run.cells
        if (cell.workload, cell.model, cell.variant) in offers
    }


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
