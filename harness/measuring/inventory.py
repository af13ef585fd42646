"""What there is to measure on this machine, and with what."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from msgspec import structs

from harness.catalog import workload_file
from harness.catalog.workload import MODELS
from harness.measuring import plan
from harness.measuring.runners import external
from harness.measuring.runners.find import find
from harness.measuring.trials import TrialRunner
from harness.paths import WORKLOADS
from harness.results.records import Absence, AbsentCell, RunnerFacts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from harness.catalog.workload import Workload
    from harness.measuring.plan import Profile, RunSelection
    from harness.measuring.runners.runner import Runners
    from harness.results.records import Cell


@dataclass(frozen=True)
class Inventory:
    """What there is to measure, and with what: the workload files and this machine's runners."""

    workloads: dict[str, Workload]
    runners: Runners
    runner_files: tuple[str, ...] = ()  # each loombench.toml that the user named
    from_outside: frozenset[str] = frozenset()  # workloads that those bring

    @classmethod
    def open(cls, named: Iterable[Path] = ()) -> Inventory:
        """Read the workload files and ask the runners, also those of the files that are named.

        Raises Problem for a bad file.
        """
        ours = workload_file.load_folder(WORKLOADS)
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
        self, selection: RunSelection, profile: Profile | None
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

    def trial_runner(
        self, seed: int, interrupted: Callable[[], bool], memory_bytes: int | None = None
    ) -> TrialRunner:
        """Return what runs trials; with its own memory limit unless one is given."""
        runner = TrialRunner(
            runner_of={
                offer.contestant: self.runners.found[offer.runner]
                for offer in self.runners.offers()
            }.__getitem__,
            seed=seed,
            interrupted=interrupted,
            load_command=self.runners.load_command,
        )
        return runner if memory_bytes is None else replace(runner, memory_bytes=memory_bytes)

    def document(
        self, workloads: list[Workload], cells: list[Cell], absent: list[AbsentCell]
    ) -> dict[str, object]:
        """Return for programs what there is, and what there is not, with the reasons."""
        offers = {offer.contestant: offer for offer in self.runners.offers()}
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
                    **structs.asdict(cell.contestant),
                    "runner": offers[cell.contestant].runner,
                    "source": offers[cell.contestant].source,
                }
                for cell in cells
            ],
            "absent": [
                {
                    **structs.asdict(one.cell.contestant),
                    "why": one.absence.value,
                    "reason": one.reason,
                }
                for one in absent
            ],
        }

    def facts(self, cells: list[Cell]) -> tuple[tuple[RunnerFacts, ...], dict[str, str]]:
        """Return the runners that these cells need, and the digest of each source they run."""
        wanted = {cell.contestant for cell in cells}
        offers = [offer for offer in self.runners.offers() if offer.contestant in wanted]
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
                models=tuple(
                    dict.fromkeys(
                        offer.contestant.model for offer in offers if offer.runner == name
                    )
                ),
                facts=runner.description.facts,
                runtime=runner.runtime,
            )
            for name, runner in self.runners.found.items()
            if any(one.runner == name for one in offers)
        )
        return runners, dict(sorted(sources.items()))

    def implementations(self, cells: list[Cell]) -> dict[str, str]:
        """Return the source that each contestant runs, by the name that it has in a run."""
        sources = {
            offer.contestant: self.runners.found[offer.runner].named(offer.source)
            for offer in self.runners.offers()
        }
        return {cell.contestant.key: sources[cell.contestant] for cell in cells}
