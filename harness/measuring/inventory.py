"""The workloads, runners and implementations that are available on this machine."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from msgspec import structs

from harness.catalog import workload_file
from harness.catalog.contestant import DEFAULT_RUNTIME
from harness.catalog.workload import MODELS
from harness.measuring import plan
from harness.measuring.runners import external, manifest, runtimes
from harness.measuring.runners.find import find_runners
from harness.measuring.servers.cores import count_server_processors
from harness.measuring.trials import TrialRunner
from harness.paths import WORKLOADS
from harness.results.records import Absence, AbsentCell, RunnerFacts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from harness.catalog.contestant import Contestant
    from harness.catalog.workload import Workload
    from harness.measuring.plan import Profile, RunSelection
    from harness.measuring.runners.revision import Revision
    from harness.measuring.runners.runner import Offer, Runners
    from harness.results.records import Cell


def check_names(selection: RunSelection, runner_files: Iterable[Path] = ()) -> None:
    """Refuse names that do not exist, before anything is waited for or measured. Raises Problem.

    Files alone tell nearly always; runners are asked only for a model that is not one of ours. A
    runner that does not answer may have it: who opens the inventory for measuring says so.
    """
    runner_files = tuple(runner_files)
    declared = manifest.read_files(runner_files)
    workloads = external.add_workloads(declared, workload_file.load_folder(WORKLOADS))
    models: Sequence[str] = MODELS
    if not set(selection.models) <= set(models):
        runners = Inventory.open(runner_files, remembered=True).runners
        models = (*runners.models, *selection.models) if runners.left_out else runners.models
    plan.select_workloads(selection, workloads, models)


@dataclass(frozen=True)
class Inventory:
    """The available workloads and runners."""

    workloads: dict[str, Workload]
    runners: Runners
    runner_files: tuple[str, ...] = ()  # the loombench.toml files given by --runner
    external: frozenset[str] = frozenset()  # workloads defined by those files
    beside: Revision | None = None  # whose runners are among `runners`
    only: frozenset[Contestant] | None = None  # the contestants that take part; None: all
    passed: Mapping[str, str] = field(default_factory=dict)  # variables for all children
    runtimes: Mapping[str, str] = field(default_factory=dict)  # label -> as the user wrote it

    @classmethod
    def open(
        cls,
        runner_files: Iterable[Path] = (),
        passed: Mapping[str, str] | None = None,
        added: Iterable[str] = (),
        *,
        remembered: bool = False,
        tell: Callable[[str], None] = lambda _text: None,
    ) -> Inventory:
        """Read the workload files and describe all runners, including those of `runner_files`.

        `passed` are variables that the user passes to all children. `added` are runtimes, as the
        user wrote them; `tell` hears what takes long about them. With `remembered`, runners that
        have not changed are not asked again: enough for all but a run. Raises Problem for an
        invalid file or runtime.
        """
        passed, runner_files = passed or {}, tuple(runner_files)
        choices = runtimes.parse_choices(added, manifest.read_runtimes(runner_files))
        own_workloads = workload_file.load_folder(WORKLOADS)
        declared = [
            replace(runner, env={**runner.env, **passed})
            for runner in manifest.read_files(runner_files)
        ]
        workloads = external.add_workloads(declared, own_workloads)
        runners = find_runners(passed, remembered=remembered)
        runtimes.add_runtimes(runners, choices, passed, tell, remembered=remembered)
        external.add_runners(runners, declared, workloads, remembered=remembered)
        files = [runner.file for runner in declared]
        files += map(manifest.locate_file, runner_files)
        return cls(
            workloads,
            runners,
            tuple(dict.fromkeys(map(str, files))),
            frozenset(workloads.keys() - own_workloads.keys()),
            passed=passed,
            runtimes={choice.label: choice.text for choice in choices},
        )

    def with_revision(
        self, revision: Revision, theirs: Runners, contestants: Iterable[Contestant]
    ) -> Inventory:
        """Return an inventory in which these contestants alone take part, here and there."""
        runners = replace(self.runners, found=self.runners.found | theirs.found)
        pairs = {
            structs.replace(contestant, runtime=runtime)
            for contestant in contestants
            for runtime in (DEFAULT_RUNTIME, revision.label)
        }
        return replace(self, runners=runners, beside=revision, only=frozenset(pairs))

    def plan_cells(
        self, selection: RunSelection, profile: Profile | None
    ) -> tuple[list[Cell], list[AbsentCell]]:
        """Return the cells to measure and the absent ones; without a profile, the check cases."""
        left_out = self.runners.left_out_models(selection.models)
        models = (*self.runners.models, *left_out)
        present, absent = plan.plan_cells(
            plan.select_workloads(selection, self.workloads, models),
            selection,
            self._taking_part(),
            {**self.runners.missing_models, **left_out},
            profile,
            models,
            count_server_processors(),
            os.cpu_count(),
        )
        if not self.runners.load_command:
            servers = [cell for cell in present if self.workloads[cell.workload].shares_cores]
            present = [cell for cell in present if cell not in servers]
            absent += [
                AbsentCell(cell, Absence.UNAVAILABLE, self.runners.load_missing)
                for cell in servers
                if not cell.control
            ]
        if self._are_runtimes_narrowed(selection, profile):
            present = [cell for cell in present if self._is_measured_on_its_runtime(cell)]
            absent = [one for one in absent if self._is_measured_on_its_runtime(one.cell)]
        if self.only is not None:
            # The two sides of a pair are each other's control.
            present = [cell for cell in present if not cell.control]
            absent = [cell for cell in absent if cell.cell.contestant in self.only]
        # Our own models are not expected in external workloads, so they are not listed as missing
        # there unless they were selected.
        if not selection.models:
            absent = [cell for cell in absent if not self._is_expected_absence(cell)]
        return present, absent

    def _are_runtimes_narrowed(self, selection: RunSelection, profile: Profile | None) -> bool:
        """Return whether further runtimes are measured only where the runtime matters most.

        All cases on all runtimes would leave too little time for each.
        """
        is_chosen = selection.workloads or selection.cases
        return bool(self.runtimes and profile and not profile.thorough and not is_chosen)

    def _is_measured_on_its_runtime(self, cell: Cell) -> bool:
        if cell.contestant.runtime not in self.runtimes or cell.workload in self.external:
            return True
        cases = self.workloads[cell.workload].on_runtimes
        return not cell.contestant.variant and cell.case in cases

    def _taking_part(self) -> Iterable[Offer]:
        offers = self.runners.offers()
        only = self.only
        return offers if only is None else (one for one in offers if one.contestant in only)

    def _is_expected_absence(self, absent: AbsentCell) -> bool:
        return (
            absent.cell.workload in self.external
            and absent.cell.model in MODELS
            and absent.absence in (Absence.MISSING, Absence.UNAVAILABLE)
        )

    def trial_runner(
        self, seed: int, interrupted: Callable[[], bool], memory_bytes: int | None = None
    ) -> TrialRunner:
        """Return a runner of trials; `memory_bytes` replaces its default memory limit."""
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

    def to_document(
        self, workloads: list[Workload], cells: list[Cell], absent: list[AbsentCell]
    ) -> dict[str, object]:
        """Return workloads, implementations and absent cells as a JSON document."""
        offers = {offer.contestant: offer for offer in self.runners.offers()}
        return {
            "workloads": [
                {
                    "id": workload.id,
                    "title": workload.title,
                    "question": workload.question,
                    "shape": workload.shape,
                    "cases": {id_: case.params for id_, case in workload.cases.items()},
                }
                for workload in workloads
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
                    **structs.asdict(absent_cell.cell.contestant),
                    "why": absent_cell.absence.value,
                    "reason": absent_cell.reason,
                }
                for absent_cell in absent
            ],
        }

    def runner_facts(self, cells: list[Cell]) -> tuple[RunnerFacts, ...]:
        """Return the runners that these cells need, as they described themselves."""
        offers = self._offers_for(cells)
        return tuple(
            RunnerFacts(
                name=runner.name,
                language=runner.description.language,
                version=runner.description.version,
                models=tuple(
                    dict.fromkeys(offer.contestant.model for offer in offers if offer.runner == key)
                ),
                facts=runner.description.facts,
                runtime=runner.runtime,
            )
            for key, runner in self.runners.found.items()
            if any(offer.runner == key for offer in offers)
        )

    def source_digests(self, cells: list[Cell]) -> dict[str, str]:
        """Return path -> SHA-256 of each file that these cells run, sorted by path."""
        offers = self._offers_for(cells)
        digests: dict[str, str] = {}
        for runner in self.runners.found.values():
            files = {
                file
                for offer in offers
                if offer.runner == runner.key
                for file in (offer.source, *offer.files)
            }
            if files:
                digests |= runner.digests(files)
        return dict(sorted(digests.items()))

    def source_paths(self, cells: list[Cell]) -> dict[str, str]:
        """Return Contestant.key -> path of its source, a key of `source_digests`."""
        sources = {
            offer.contestant: self.runners.found[offer.runner].path_in_run(offer.source)
            for offer in self.runners.offers()
        }
        return {cell.contestant.key: sources[cell.contestant] for cell in cells}

    def _offers_for(self, cells: list[Cell]) -> list[Offer]:
        contestants = {cell.contestant for cell in cells}
        return [offer for offer in self.runners.offers() if offer.contestant in contestants]
